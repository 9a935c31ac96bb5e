"""Source drill: as many rows as asked for, every figure known beforehand; copied into a project.

Twelve months of many customers, and in the last one a single customer with very many rows.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
from omegaconf import DictConfig

MONTHS = 12

_MONTH = """
SELECT
    'c' || (i % 997) AS customer_id,
    make_timestamp($month::BIGINT * 1000000) + INTERVAL (i % 2000000) SECOND AS booked_at,
    't' || i AS transaction_id,
    (i * 7919 % 100000 - 20000) / 100 AS amount,
    'Käse ' || (i % 50) AS category
FROM range($first::BIGINT, $last::BIGINT) AS numbers(i)
"""
_STARTS = (
    "SELECT epoch(DATE '2023-01-01' + to_months(m::INTEGER))::BIGINT FROM range(12) AS months(m)"
)


def total(rows: int) -> Decimal:
    """The exact sum of the amounts of the first so many rows."""
    return Decimal(sum(i * 7919 % 100000 - 20000 for i in range(rows))).scaleb(-2)


def rows(source: DictConfig) -> int:
    """The number of rows."""
    return source.monthly * MONTHS + source.whale


def inputs(source: DictConfig) -> list[Path]:
    """No files: configuration and code decide."""
    return []


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield a month at a time."""
    with duckdb.connect() as db:
        for number, (month,) in enumerate(db.sql(_STARTS).fetchall()):
            first = number * source.monthly
            yield _some(db, month, first, first + source.monthly)
        whale = _some(db, month, rows(source) - source.whale, rows(source))
        yield whale.set_column(0, "customer_id", pa.array(["whale"] * whale.num_rows))


def customers(source: DictConfig) -> pa.Table:
    """Return the one customer that is known by more than an id."""
    return pa.table({"customer_id": ["whale"], "region": ["sea"]})


def _some(db: duckdb.DuckDBPyConnection, month: int, first: int, last: int) -> pa.Table:
    asked = {"month": month, "first": first, "last": last}
    return db.sql(_MONTH, params=asked).to_arrow_table()
