"""The engine that evaluates the feature expression: DuckDB on this machine."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from stages.domain.errors import UserError


def connect(name: str = "duckdb", memory_limit: str | None = None) -> Backend:
    """Open an in-memory database whose dates are UTC; UserError for an unknown engine."""
    if name != "duckdb":
        raise UserError(f"engine.name={name}: there is only duckdb")
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
    if memory_limit:
        backend.raw_sql(f"SET memory_limit = '{memory_limit}'")
    return backend


def read(backend: Backend, folder: Path) -> ir.Table:
    """All Parquet files of a folder as one table."""
    return backend.read_parquet(f"{folder}/*.parquet")
