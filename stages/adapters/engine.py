"""The engine that evaluates the feature expression: DuckDB on this machine, or Spark."""

import atexit
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from stages.adapters.paths import ROOT
from stages.domain.errors import UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig

BATCH_ROWS = 65_536  # that come out at a time, which bounds memory
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
    **of_spark: "str | DictConfig",
) -> SQLBackend:
    """Open the engine of conf/engine; its dates are UTC. UserError for one that there is not.

    In the folder `spill` it leaves what its memory has no room for.
    """
    folder = spill_folder(spill) if spill else None
    if name == "spark":
        from stages.adapters import spark  # optional: requirements-spark.txt

        return spark.connect(folder=folder, **of_spark)  # type: ignore[arg-type]
    if name != "duckdb":
        raise UserError(f"engine.name={name}: give duckdb or spark")
    backend = ibis.duckdb.connect()
    backend.raw_sql("SET TimeZone = 'UTC'")
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
        from stages.adapters import spark

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
        from stages.adapters import spark

        return spark.keep(backend, name, rows)
    backend.raw_sql(f'DROP TABLE IF EXISTS "{name}"')
    return backend.create_table(name, rows, temp=True)


def batches(backend: SQLBackend, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """The rows of an expression over what is kept or read, as they come, in its order."""
    if backend.name == "pyspark":
        from stages.adapters import spark

        return spark.batches(backend, rows)
    relation = backend.con.sql(backend.compile(rows))  # ibis's own way is not DuckDB 2's
    return iter(relation.to_arrow_reader(BATCH_ROWS))


def apply(
    backend: SQLBackend, file: Path, function: Mapped, schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """What `function` makes, of `schema`, of a Parquet file's batches, each by itself.

    On Spark its workers run it; else threads of this process, as many as `side_by_side` says.
    """
    if backend.name == "pyspark":
        from stages.adapters import spark

        yield from spark.apply(backend, file, function, schema)
        return
    with pq.ParquetFile(file) as rows:
        yield from function(rows.iter_batches(BATCH_ROWS), side_by_side=CORES)


def spill_folder(spill: str) -> Path:
    """A folder of this process below `spill`, gone with it; what killed processes left goes now."""
    mine = f"purchasing-{socket.gethostname()}-"  # other machines may see the folder, too
    own = ROOT / spill / f"{mine}{os.getpid()}"
    for left in own.parent.glob(f"{mine}*"):
        number = left.name.removeprefix(mine)
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    own.mkdir(parents=True, exist_ok=True)
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own
