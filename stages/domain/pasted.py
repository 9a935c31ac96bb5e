"""Transactions as a person types them, CSV or JSON, as the records that the endpoint takes."""

import csv
import io
import json
import math
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from stages.domain.errors import UserError
from stages.domain.tables import NUMBERS, OPTIONAL, REQUIRED

MOST = 20_000  # rows that a person types or uploads


def example(as_of: date) -> pd.DataFrame:
    """Transactions of two made-up customers: one who comes every third week, one who hardly does.

    The newest is three weeks old at `as_of`, which for monthly statements lies half a month ahead:
    none is in the future.
    """
    noon = datetime(as_of.year, as_of.month, as_of.day, 12)
    rows = [("anna", 21 * visit, 40.0 + visit) for visit in range(8, 0, -1)]
    rows += [("ben", 150, 25.5), ("ben", 90, 19.0)]
    dated = [(who, (noon - timedelta(days=age)).isoformat(), amount) for who, age, amount in rows]
    return pd.DataFrame(dated, columns=list(REQUIRED))


def parse(text: str) -> list[dict[str, Any]]:
    """The records of `text`: CSV with a header, or JSON (rows, or the body of a request).

    Empty fields are left out; so are columns that the endpoint does not know. UserError, which
    names the row and the field but never shows them, where something is missing, no number or
    more than the header has.
    """
    text = _plain(text)
    rows = _from_json(text) if text[:1] in ("[", "{") else _from_csv(text)
    if not rows:
        raise UserError("There are no transactions: give a header and at least one row.")
    if len(rows) > MOST:
        raise UserError(f"{len(rows):,} rows are too many for one request: give at most {MOST:,}.")
    return [_record(row, number) for number, row in enumerate(rows, 1)]


def as_of(text: str) -> str | None:
    """The date in the params of `text`, where that is the body of a request; else None."""
    try:
        return str(json.loads(_plain(text))["params"]["as_of"] or "") or None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _plain(text: str) -> str:
    return text.strip().removeprefix("\ufeff")


def _from_csv(text: str) -> list[Any]:
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
    try:
        found = list(rows)
    except csv.Error:
        raise UserError(f"This is no CSV: see line {rows.line_num + 1}.") from None
    header = len(rows.fieldnames or ())
    for number, row in enumerate(found, 1):
        if None in row:  # fields beyond the header
            raise UserError(
                f"Row {number} has {header + len(row[None])} fields, the header has {header}"
                " (a decimal comma?)."
            )
    return found


def _from_json(text: str) -> list[Any]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        at = getattr(error, "lineno", 1)
        raise UserError(f"This is no JSON: see line {at}.") from None
    if isinstance(content, dict):
        content = content.get("dataframe_records", [content])
    return content if isinstance(content, list) else [content]


def _record(row: Any, number: int) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise UserError(f"Row {number} is no object with fields.")
    given = {str(k).strip(): v for k, v in row.items() if v is not None and str(v).strip() != ""}
    known = {name: given[name] for name in (*REQUIRED, *OPTIONAL) if name in given}
    if missing := [name for name in REQUIRED if name not in known]:
        raise UserError(f"Row {number} has no {', '.join(missing)}.")
    for name in NUMBERS:
        if name in known:
            known[name] = _number(known[name], f"Row {number}: {name}")
    return {name: v if name in NUMBERS else str(v).strip() for name, v in known.items()}


def _number(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise UserError(f"{where} is no number (a decimal point, no thousands).") from None
    if not math.isfinite(number):
        raise UserError(f"{where} is no finite number.")
    return number
