"""Rows of any table become drafts by a mapping of columns (conf/source/mapping/columns.yaml)."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import duckdb
import pyarrow as pa
from omegaconf import DictConfig, ListConfig

from stages.adapters.drafts import months, texts
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
MOST_NAMES = 50  # that a message shows
FILE, LINE, PROBLEM = "#file", "#line", "#problem"  # a row's place, beside the table's own columns

_KEPT = ("customer_id", "transaction_id", "category", "merchant", "channel", "region")
# Position among the rows alike makes the id of a row that has none. Other columns stay out of
# it: mapped later, they change the same rows instead of adding them again.
_MADE_ID = """*, concat(round(amount, 2), '-',
    row_number() OVER (PARTITION BY customer_id, booked_at, round(amount, 2) ORDER BY file, line)
) AS transaction_id"""

_OVERLAP = """SELECT count(*) FROM (
    SELECT * EXCLUDE (file, line) FROM draft GROUP BY ALL HAVING min(file) < max(file)
)"""


def drafts(
    db: duckdb.DuckDBPyConnection, source: DictConfig, tables: Iterable[pa.Table]
) -> Iterator[pa.Table]:
    """Yield the drafts of all rows of `tables`, a month at a time.

    `tables` have the columns that source.columns names, and FILE, LINE and PROBLEM. A cell that
    cannot be read is null, for the contract to name. Beside the canonical columns a draft has
    `file` and `line`, the row's place, and `problem`, why it is none.
    """
    made, files = False, set()
    for rows in tables:
        files.update(rows[FILE].slice(0, 1).to_pylist())
        insert = "INSERT INTO draft" if made else "CREATE TABLE draft AS"
        db.register("rows", rows)
        try:
            db.execute(f"{insert} {_query(source, rows.schema)}")
        except duckdb.Error as error:
            raise UserError(f"source: {str(error).splitlines()[0]}") from error
        made = True
    if made:
        columns = _MADE_ID if source.columns.transaction_id is None else "*"
        if len(files) > 1 and source.columns.transaction_id is None:
            _warn_of_overlap(db.sql(_OVERLAP).fetchall()[0][0])
        yield from months.by_month(db, columns, "file, line")


@cache
def _warn_of_overlap(rows: int) -> None:
    """Say once how many rows stand in several files alike; nothing if none."""
    if rows:
        log.warning(
            "rows that stand in several files alike count as often, of %s different ones: where"
            " exports overlap, map source.columns.transaction_id, or give each period once",
            f"{rows:,}",
        )


def entries(source: DictConfig) -> dict[str, object]:
    """What names columns of the file, by its key in the configuration."""
    columns = {f"columns.{key}": given for key, given in source.columns.items()}
    return {**columns, "direction.column": source.direction.column}


def names(given: object) -> list[str]:
    """The columns that one entry names: none, one or several."""
    if given is None:
        return []
    return [str(name) for name in given] if isinstance(given, ListConfig) else [str(given)]


def check_columns(
    entries: dict[str, object], there: Iterable[str], first_line: bool = False, nested: bool = False
) -> None:
    """UserError for the first entry that names a column that is not `there`.

    Those of a `first_line` are shown where one of them was meant, and by no number: else they may
    be a row. Of `nested` names, of which any may be somebody's, only the outermost are. An error
    are also two names that differ in case alone, which the database takes for one.
    """
    wanted = [(key, name) for key, given in entries.items() for name in names(given)]
    folded: dict[str, str] = {}
    for key, name in wanted:
        if folded.setdefault(name.lower(), name) != name:
            raise UserError(
                f"source.{key}={name}: {folded[name.lower()]} is named, too, and differs in case"
                " alone: give one of the two another name in the file"
            )
    lacking = [(key, name) for key, name in wanted if name not in there]
    if not lacking:
        return
    shown = {name.partition(".")[0] if nested else name: None for name in there}
    has = f"it has {', '.join(list(shown)[:MOST_NAMES])}{' …' * (len(shown) > MOST_NAMES)}"
    by_number = any(name.isdigit() for _, name in wanted)
    if first_line and (by_number or len(lacking) == len(wanted)):
        has = "nor any other that is named: if its first line is a row, source.header=false"
    raise UserError("source.{}={}: the file has no such column; {}".format(*lacking[0], has))


def check(source: DictConfig) -> None:
    """UserError unless the mapping makes sense, whatever the file."""
    columns = source.columns
    if columns.customer_id is None or columns.booked_at is None:
        raise UserError("source.columns: customer_id and booked_at are needed")
    priced = columns.quantity is not None and columns.unit_price is not None
    if not priced and columns.amount is columns.debit is columns.credit is None:
        raise UserError(
            "source.columns: give amount, or quantity and unit_price, or debit and credit"
        )
    if source.decimal not in (".", ","):
        raise UserError(f"source.decimal={source.decimal}: give a point or a comma")
    values = {"direction.out": source.direction.out, "missing": source.missing}
    for key, given in (values | {f"kinds.{k}": v for k, v in source.kinds.items()}).items():
        if not isinstance(given, ListConfig) or not all(isinstance(v, str) for v in given):
            raise UserError(
                f"source.{key}={given}: give a list of texts in quotes, such as ['yes', '01']:"
                " yes and 01 alone are read as true and 1"
            )
    if (columns.currency is None) != (source.currency is None):
        raise UserError("source.currency and source.columns.currency: give both or none")


def cell(given: object, missing: ListConfig) -> str:
    """The text, in SQL, of the column or columns that one entry of a mapping names."""
    parts = [texts.identifier(name) for name in names(given)]
    return texts.words(
        f"concat_ws(' ', {', '.join(parts)})" if len(parts) > 1 else parts[0], missing
    )


def decimal(source: DictConfig, schema: pa.Schema, name: str) -> str:
    """The decimal sign in a column's texts: the file's, but of what are numbers already a point."""
    kind = schema.field(name).type
    typed = pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind)
    return "." if typed else source.decimal


def _query(source: DictConfig, schema: pa.Schema) -> str:
    """A query for the drafts of table `rows`."""
    given = {key: value for key, value in source.columns.items() if value is not None}
    if source.direction.column is not None:
        given["direction"] = source.direction.column
    cells = [f"{cell(value, source.missing)} AS {key}" for key, value in given.items()]
    place = [f'"{FILE}" AS file', f'"{LINE}" AS line', f'"{PROBLEM}" AS problem']

    def number(key: str) -> str:
        return texts.number(key, decimal(source, schema, names(given[key])[0]))

    draft = {key: key for key in _KEPT if key in given}
    if "quantity" in given:
        draft["quantity"] = number("quantity")
    if "discount" in given:
        draft["discount"] = f"abs({number('discount')})"  # files have it above 0 or below
    draft["booked_at"] = texts.instant("booked_at", source.date_format)
    draft["amount"] = amount = _amount(source, given, number)
    money_in = texts.literal(source.money_in)
    by_sign = f"CASE WHEN {amount} < 0 THEN {money_in} ELSE 'purchase' END"
    draft["kind"] = _kind(source.kinds) if "kind" in given else by_sign
    draft |= {"file": "file", "line": "line", "problem": "problem"}
    if "currency" in given:
        other = f"currency IS DISTINCT FROM {texts.literal(source.currency)}"
        reason = texts.literal(f"the currency is not {source.currency}")
        draft["problem"] = f"coalesce(problem, CASE WHEN {other} THEN {reason} END)"
    columns = ", ".join(f"{sql} AS {key}" for key, sql in draft.items())
    return f"SELECT {columns} FROM (SELECT {', '.join(cells + place)} FROM rows)"


def _amount(source: DictConfig, given: dict[str, object], number: Callable[[str], str]) -> str:
    """The amount, money out above 0."""
    if "amount" in given:
        amount = number("amount")
    elif "unit_price" in given:
        amount = f"({number('quantity')}) * ({number('unit_price')})"
    else:
        out, back = (
            f"CASE WHEN {key} IS NULL THEN 0 ELSE abs({number(key)}) END" if key in given else "0"
            for key in ("debit", "credit")
        )
        some = " OR ".join(f"{key} IS NOT NULL" for key in ("debit", "credit") if key in given)
        amount = f"CASE WHEN {some} THEN ({out}) - ({back}) END"
    if source.negate:
        amount = f"-({amount})"
    if "direction" in given:
        out = texts.among("direction", source.direction.out)
        sign = f"CASE WHEN direction IS NULL THEN NULL WHEN {out} THEN 1 ELSE -1 END"
        amount = f"({amount}) * {sign}"
    return amount


def _kind(kinds: DictConfig) -> str:
    """The canonical kind, or the file's own word where it has those already."""
    cases = [
        f"WHEN {texts.among('kind', values)} THEN {texts.literal(kind)}"
        for kind, values in kinds.items()
        if values
    ]
    return f"CASE {' '.join(cases)} END" if cases else "kind"
