"""Rows that a stray quote has made part of a cell: found before they are lost."""

import re
from collections.abc import Collection

import pyarrow as pa
import pyarrow.compute as pc

MOST_LINES = 100  # of a cell
COLUMNS = 4  # of as many or more, a whole line with so many within a cell is a row that went astray
DATE = re.compile(r"\d+(\D+\d+)+")  # or a number with a point


def swallowed(rows: pa.Table, separator: str) -> int:
    """How many lines that look like rows a cell of `rows` holds, at most."""
    lost = 0
    for place, column in enumerate(rows.columns):
        several = pc.fill_null(pc.match_substring(column, "\n"), False)
        if pc.any(several).as_py():
            for row in rows.filter(several).select(range(place + 1)).to_pylist():
                *before, text = row.values()
                lost = max(lost, astray(text, separator, rows.num_columns, place, before))
    return lost


def astray(
    text: str, separator: str, columns: int, place: int, before: Collection[str | None] = ()
) -> int:
    """How many lines after its first `text` holds, where one looks like a row; else 0.

    `text` is the cell at `place` of so many columns, after the cells `before`. A row's line has all
    separators, or the last one those before `place`; of few columns, and the last one, it also has
    a date as those before it are written: texts have commas, too.
    """
    first, *lines = text.rstrip("\r\n").split("\n")
    if not lines:
        return 0
    dates = {_shape(cell) for cell in (*before, *first.split(separator)) if cell} - {None}
    whole = [line for line in lines if line.count(separator) == columns - 1]
    rows = whole + [line for line in lines[-1:] if line.count(separator) == place]
    alike = any(dates & {_shape(cell) for cell in line.split(separator)} for line in rows)
    many = columns >= COLUMNS and any(line.count(separator) == columns - 1 for line in lines[:-1])
    return len(lines) if alike or many or len(lines) > MOST_LINES else 0


def _shape(cell: str) -> str | None:
    """How a date is written, whichever it is; None where the cell is none."""
    found = DATE.fullmatch(cell.strip(' "\r'))
    return re.sub(r"\d+", "9", found[0]) if found else None
