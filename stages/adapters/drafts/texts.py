"""What the texts of a file say: SQL that reads numbers, instants and words, else null."""

from collections.abc import Sequence

_SIGN = r"[-+−(]?\s*"
_CURRENCY = r"(?:\p{L}{1,3}\.?\p{Sc}?|\p{Sc})?\s*"  # $, EUR, Kč, R$, Rs.
_CREDIT = r"(?:(?i:CR)\.?|C|H)"
_BELOW = rf"^\D*[-−(]|[^.,][-−]$|(?:^|[^\p{{L}}]){_CREDIT}$|^{_CREDIT}(?:[\s\d]|$)"
_THOUSANDS = r"(?i)\d\s*[KMB]$"
_DAY = r"^\d{4}[-/]\d{1,2}[-/]\d{1,2}"
_BASIC = "['%Y%m%d', '%Y%m%dT%H%M%S', '%Y%m%d%H%M%S']"
_BANDS = {65: "65+", 55: "55-64", 45: "45-54", 35: "35-44", 25: "25-34", 19: "19-24", 0: "under 19"}
_SECONDS_END = 1e11  # an epoch of more is in milliseconds


def literal(value: object) -> str:
    """`value` as a SQL text."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(column: str) -> str:
    """`column` as a SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def among(text: str, values: Sequence[object]) -> str:
    """Whether `text` is one of `values`."""
    return f"{text} IN ({', '.join(map(literal, values))})" if values else "false"


def words(text: str, missing: Sequence[object]) -> str:
    """`text` without blanks around it; null where it is empty or one of `missing`."""
    trimmed = f"trim({text}::VARCHAR, ' \t\r\n\u00a0')"
    return f"CASE WHEN NOT ({among(trimmed, ['', *missing])}) THEN {trimmed} END"


def number(text: str, decimal: str) -> str:
    """The double that `text` writes: `-12.50`, `$1,234.50`, `1.234,50 €`, `(5)`, `5-`, `5 Cr`.

    A credit, `Cr`, `C` or `H`, is below 0; thousands, `5K`, are no number; `5,-` has no cents.
    Groups of digits must be of three, so that `12,50` is no number where `decimal` is a point.
    """
    group = {".": r"[,'\s\x{A0}\x{202F}]", ",": r"[.'\s\x{A0}\x{202F}]"}[decimal]
    digits = rf"(?:\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|\d*)(?:[{decimal}]\d*)?"
    pattern = literal(f"{_SIGN}{_CURRENCY}{_SIGN}{digits}\\s*{_CURRENCY}[-−)]?")
    found = f"regexp_replace({text}, '\\p{{L}}+\\.?|[^0-9{decimal}]', '', 'g')"
    sign = f"CASE WHEN regexp_matches({text}, {literal(_BELOW)}) THEN -1 ELSE 1 END"
    value = f"{sign} * TRY_CAST(replace({found}, '{decimal}', '.') AS DOUBLE)"
    amount = f"regexp_full_match({text}, {pattern}) AND NOT regexp_matches({text}, '{_THOUSANDS}')"
    written = f"CASE WHEN {amount} THEN {value} END"
    plain = f"TRY_CAST({text} AS DOUBLE)"  # most numbers, and quickly
    return f"coalesce({plain}, {written})" if decimal == "." else written


def instant(text: str, date_format: str | Sequence[str] | None) -> str:
    """The timestamp, UTC, that `text` writes in `date_format` (strptime's, one or several).

    None: ISO 8601, also without its signs (19970101), and with an offset if it has one. `epoch`:
    seconds or milliseconds since 1970.
    """
    if date_format == "epoch":
        since = f"TRY_CAST({text} AS DOUBLE)"
        seconds = f"CASE WHEN abs({since}) < {_SECONDS_END} THEN 1e6 ELSE 1e3 END * {since}"
        return f"make_timestamp(TRY_CAST({seconds} AS BIGINT))"
    if date_format is not None:
        formats = [date_format] if isinstance(date_format, str) else date_format
        # With %z it is a timestamp with a zone: the cast brings it to UTC.
        read = f"try_strptime({text}, [{', '.join(map(literal, formats))}])::TIMESTAMP"
        return f"CASE WHEN regexp_matches({text}, '\\d') THEN {read} END"  # `epoch` is no date
    return f"""CASE
        WHEN regexp_matches({text}, '{_DAY}([T ][\\d:.]+)?$') THEN TRY_CAST({text} AS TIMESTAMP)
        WHEN regexp_matches({text}, '{_DAY}') THEN TRY_CAST({text} AS TIMESTAMPTZ)::TIMESTAMP
        WHEN regexp_matches({text}, '^\\d{{8}}') THEN try_strptime({text}, {_BASIC}) END"""


def age_band(age: str) -> str:
    """The band, Complete Journey's for every source, of an age in whole years; null for none."""
    cases = [f"WHEN {age} >= {least} THEN '{name}'" for least, name in _BANDS.items()]
    return f"CASE {' '.join(cases)} END"
