"""One measured step of bench/scale.py, in a checkout whose data/raw is the synthetic bank.

`python -m bench.steps NAME`: features, sql and pandas print the seconds of the features at one
cutoff, without Python's start; score scores all customers into data/scores; crowd N makes features
of N customers, many scores them, and publish writes those scores, printing its seconds.
"""

import gc
import sys
import time
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset  # pandas would load it at its first use, which is on the clock
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from bench import by_hand
from stages.adapters import config, engine, models, raw
from stages.adapters.batch import SLICE_ROWS, Batch
from stages.adapters.files import write_batches
from stages.adapters.paths import MODELS, SCORED, SCORES
from stages.adapters.store import keyspace, write
from stages.adapters.store.session import connect
from stages.domain import scoring
from stages.domain.tables import SCORES as TABLE

ASKED = 1000  # customers who get their reasons
CROWD = SCORES / "crowd.parquet"
RESULT = SCORES / "features"


def features() -> None:
    """By the expression, part by part, as the stage score makes them."""
    params, model = config.load(), models.load(MODELS / "capability")
    began = time.perf_counter()
    backend = engine.connect(**params.engine)
    RESULT.mkdir(exist_ok=True)
    for number, files in enumerate(raw.parts(params.engine.part_rows)):
        rows = scoring.features_at(engine.read(backend, files), model, model.as_of)
        backend.to_parquet(rows, RESULT / f"{number}.parquet")
    print(time.perf_counter() - began)


def sql() -> None:
    """By SQL written by hand."""
    params, model = config.load(), models.load(MODELS / "capability")
    began = time.perf_counter()
    backend = engine.connect(**params.engine)
    result = SCORES / "sql.parquet"
    by_hand.sql(backend.con, raw.TRANSACTIONS, model.spec, model.as_of, result)
    print(time.perf_counter() - began)


def pandas() -> None:
    """By pandas; its Parquet reader and groupby are all that it takes."""
    model = models.load(MODELS / "capability")
    began = time.perf_counter()
    rows = by_hand.pandas(raw.TRANSACTIONS, model.spec, model.as_of)
    rows.to_parquet(SCORES / "pandas.parquet")
    print(time.perf_counter() - began)


def score() -> None:
    """All customers of the bank, part by part."""
    params = config.load()
    backend = engine.connect(**params.engine)
    batch = _batch("score", backend)
    as_of = batch.model.as_of
    parts = raw.parts(params.engine.part_rows)
    for number, files in enumerate(parts):
        rows = scoring.features_at(engine.read(backend, files), batch.model, as_of)
        kept = engine.keep(backend, "features", rows)
        ordered = partial(engine.batches, backend, kept.order_by("customer_id"))
        batch.score(number, ordered)
    batch.finish(SCORED)


def crowd(customers: str) -> None:
    """The features of the bank's customers as often as needed, under ids of their own."""
    rows = pq.read_table(RESULT)
    count = int(customers)

    def some(at: int) -> pa.RecordBatch:
        numbers = np.arange(at, min(at + SLICE_ROWS, count))
        ids = pc.binary_join_element_wise("customer ", pa.array(numbers).cast(pa.string()), "")
        part = rows.take(numbers % rows.num_rows)
        place = part.schema.get_field_index("customer_id")
        return part.set_column(place, "customer_id", ids).combine_chunks().to_batches()[0]

    write_batches(CROWD, rows.schema, map(some, range(0, count, SLICE_ROWS)))


def many() -> None:
    """The crowd from Parquet to Parquet, and the reasons of a thousand."""
    batch = _batch("many", engine.connect())
    with pq.ParquetFile(CROWD) as file:
        batch.score(0, lambda: file.iter_batches(SLICE_ROWS))
        asked = next(file.iter_batches(ASKED))
    columns = {n: asked[n].to_numpy(zero_copy_only=False) for n in asked.schema.names}
    said = batch.model.explained(columns)[1]
    assert len(said) == asked.num_rows
    batch.finish(SCORES / "many.parquet")


def publish() -> None:
    """The crowd's scores into the store."""
    params, scores = config.load(), pq.ParquetFile(SCORES / "many.parquet")
    name, one = params.store.keyspace, {"class": "SimpleStrategy", "replication_factor": 1}
    with connect(params.store) as session:
        keyspace.ensure(session, name, params.store.shards, one)
        began = time.perf_counter()
        with write.writing(session, name, TABLE, TABLE.schema.names) as rows:
            for batch in scores.iter_batches(SLICE_ROWS):
                rows(pa.Table.from_batches([batch]))
        print(time.perf_counter() - began)


def _batch(name: str, backend: SQLBackend) -> Batch:
    """A new scoring, by the model made for scoring."""
    model = models.load(MODELS / "capability")
    stamp = {"model_version": "1", "data_version": "bench", "as_of": model.as_of, "name": name}
    return Batch.begin(
        SCORES / f".{name}", model, stamp, lambda: pa.Table.from_batches([], TABLE.schema), backend
    )


if __name__ == "__main__":
    SCORES.mkdir(parents=True, exist_ok=True)
    gc.freeze()  # as a stage does
    engine.connect()  # ibis imports its engine only now; pandas, too, is imported before the clock
    globals()[sys.argv[1]](*sys.argv[2:])
