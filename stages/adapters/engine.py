"""The engine that evaluates the feature expression: DuckDB on this machine, or Spark."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend
from omegaconf import DictConfig

from stages.adapters import spark
from stages.adapters.leftovers import own_folder
from stages.adapters.paths import ROOT
from stages.domain.errors import UserError

CORES = len(os.sched_getaffinity(0))
Mapped = Callable[..., Iterator[pa.RecordBatch]]  # of batches, and perhaps `side_by_side`


@ibis.udf.scalar.builtin(signature=(("timestamp('UTC')",), "int64"))
def epoch_us(instant: ir.TimestampValue) -> ir.IntegerValue:
    """DuckDB's: microseconds since 1970."""


@ibis.udf.scalar.builtin(signature=(("int64",), "timestamp"))
def make_timestamp(microseconds: ir.IntegerValue) -> ir.TimestampValue:
    """DuckDB's: the instant of so many microseconds since 1970, without a zone."""


def connect(
    name: str = "duckdb",
    spill: str | None = None,
    memory_limit: str | None = None,
    part_rows: int | None = None,  # for raw.parts
    **of_spark: str | DictConfig,
) -> SQLBackend:
    """Open the engine of conf/engine; its dates are UTC. UserError for one that there is not.

    In the folder `spill` it leaves what its memory has no room for.
    """
    folder = own_folder(ROOT / spill) if spill else None
    if name == "spark":
        return spark.connect(folder=folder, **of_spark)  # type: ignore[arg-type]
    if name != "duckdb":
        raise UserError(f"engine.name={name}: give duckdb or spark")
    from ibis.backends import duckdb  # after logs.stage froze what was imported

    backend = duckdb.Backend().connect()  # ibis.duckdb looks through all that is installed
    backend.raw_sql("SET TimeZone = 'UTC'; SET parquet_metadata_cache = true")
    if folder:
        backend.raw_sql(f"SET temp_directory = '{folder}'")
    if memory_limit:
        backend.raw_sql(f"SET memory_limit = '{memory_limit}'")
    return backend


def read(backend: SQLBackend, files: Path | Sequence[Path]) -> ir.Table:
    """Parquet files, or all those of a folder, as one table; instants are UTC.

    From DuckDB they come without a zone, whose arithmetic takes it ten times as long.
    """
    if backend.name == "pyspark":
        return spark.read(backend, files)
    every = f"{files}/*.parquet" if isinstance(files, Path) else [str(file) for file in files]
    rows = backend.read_parquet(every)
    zoned = [name for name, kind in rows.schema().items() if kind.is_timestamp() and kind.timezone]
    utc = rows.mutate(**{name: make_timestamp(epoch_us(rows[name])) for name in zoned})
    # A view, since what is used several times would else be kept whole for it.
    return backend.create_view(f"{rows.get_name()}_utc", utc)


def keep(backend: SQLBackend, name: str, rows: ir.Table) -> ir.Table:
    """The rows, evaluated now and kept by the engine until another `name` takes their place."""
    if backend.name == "pyspark":
        return spark.keep(backend, name, rows)
    backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
    return backend.create_table(name, rows, temp=True)


def batches(backend: SQLBackend, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """The rows of an expression over what is kept or read, as they come, in its order."""
    if backend.name == "pyspark":
        return spark.batches(backend, rows)
    relation = backend.con.sql(backend.compile(rows))  # ibis's own way is not DuckDB 2's
    return iter(relation.to_arrow_reader(spark.BATCH_ROWS))


def apply(
    backend: SQLBackend, file: Path, function: Mapped, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """What `function` makes, of `schema`, of a Parquet file's batches, each by itself.

    On Spark its workers run it; else threads of this process, as many as `side_by_side` says.
    """
    if backend.name == "pyspark":
        yield from spark.apply(backend, file, function, schema)
        return
    with pq.ParquetFile(file) as rows:
        yield from function(rows.iter_batches(spark.BATCH_ROWS), side_by_side=CORES)
