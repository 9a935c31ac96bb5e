"""Drafts out of DuckDB in pieces that fit into memory, whatever the size of the whole."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa

from stages.adapters.leftovers import own_folder
from stages.adapters.paths import DRAFTS
from stages.domain.errors import UserError

MEMORY = "1GB"  # of DuckDB's own; what does not fit goes to the temporary folder
LARGEST = 1_000_000  # rows a draft; a month of more comes in several, split by customer
OF_CELLS = (  # errors whose words may show a cell
    duckdb.BinderException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
    duckdb.OutOfRangeException,
)

_SIZES = """
SELECT date_trunc('month', booked_at) AS month, count(*) FROM draft GROUP BY month ORDER BY month
"""
_PART = """
SELECT {columns} FROM draft
WHERE date_trunc('month', booked_at) IS NOT DISTINCT FROM $month
  AND hash(customer_id) % $parts = $part
ORDER BY {order}
"""


@contextmanager
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB of its own on disk, within MEMORY, gone when the block ends.

    What it finds wrong is a UserError that shows no cell, as DuckDB's own words do.
    """
    try:
        with (
            TemporaryDirectory(dir=own_folder(DRAFTS)) as folder,
            duckdb.connect(Path(folder) / "drafts.duckdb") as db,
        ):
            db.execute(f"SET memory_limit = '{MEMORY}'; SET TimeZone = 'UTC'")
            yield db
    except OF_CELLS as error:
        raise UserError(
            "source: a file is not as it should be, or the configuration does not fit it"
            f" ({type(error).__name__}): look for a number or a date that is none, or a line with"
            " other columns"
        ) from error


def by_month(
    db: duckdb.DuckDBPyConnection, columns: str = "*", order: str = "ALL"
) -> Iterator[pa.Table]:
    """Yield `columns` of the table `draft`, a month at a time, in the same order every time.

    The same customer and instant never span two pieces. Rows without a date come last.
    """
    for month, rows in db.sql(_SIZES).fetchall():
        parts = -(-rows // LARGEST)
        for part in range(parts):
            asked = {"month": month, "parts": parts, "part": part}
            query = _PART.format(columns=columns, order=order)
            yield db.sql(query, params=asked).to_arrow_table()
