"""Score customers from their transactions: the path of all but the endpoint.

The endpoint's features, of few customers at a time, are domain/online.py's; a test holds them
together.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from ibis.backends.sql import SQLBackend
from numpy.typing import NDArray

from stages.domain.features import daily, features
from stages.domain.model import Model
from stages.domain.tables import SCORES


def score(
    backend: SQLBackend,
    transactions: ir.Table,
    model: Model,
    as_of: date,
    known: Iterable[str] = (),
    published: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Score every customer with a transaction before `as_of` and all of `known`, ordered by id.

    `transactions` has the canonical columns; `known` are customers who may not have bought yet;
    `published` gives the tier of a customer's last published score. Returns what `Model.score`
    returns, and `as_of`.
    """
    rows = at(backend, transactions, model, as_of, known)
    tiers = None if published is None else rows["customer_id"].map(published).to_numpy(object)
    return model.score(rows, tiers).assign(as_of=as_of)


def stream(
    model: Model,
    former: pa.Table,
    stamp: Mapping[str, Any],
    batches: Iterable[pa.RecordBatch],
    side_by_side: int = 1,
) -> Iterator[pa.RecordBatch]:
    """Score batches of features as they come, so many `side_by_side`; in their order.

    `former` has customer_id and tier of the scores published last; `stamp` the model_version,
    data_version and as_of of these. Yields batches with the columns of the table `scores`.
    """
    known = pd.Index(former["customer_id"].to_pandas())
    assert known.is_unique  # which makes its index, once for all batches
    tiers = np.array([*former["tier"].to_pylist(), None], object)  # the last: of nobody
    with ThreadPoolExecutor(side_by_side) as threads:
        ahead: deque[Future[pa.RecordBatch]] = deque()
        for rows in batches:
            ahead.append(threads.submit(_scored, model, rows, known, tiers, stamp))
            if len(ahead) > 2 * side_by_side:  # no more of them than that are in memory
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()


def _scored(
    model: Model, rows: pa.RecordBatch, known: pd.Index, tiers: NDArray, stamp: Mapping[str, Any]
) -> pa.RecordBatch:
    columns = {n: rows[n].to_numpy(zero_copy_only=False) for n in rows.schema.names}
    place = known.get_indexer(rows["customer_id"].to_pandas())  # -1 where there is none
    figures = model.figures(columns, tiers[place])
    values = {"customer_id": rows["customer_id"], **figures}
    values |= {name: pa.repeat(value, rows.num_rows) for name, value in stamp.items()}
    fields = SCORES.schema
    arrays = [pa.array(values[f.name]).cast(f.type) for f in fields]
    return pa.RecordBatch.from_arrays(arrays, schema=fields)


def unseen(known: pa.ChunkedArray, seen: pa.ChunkedArray, schema: pa.Schema) -> pa.Table:
    """Rows of features, all null, for the customers of `known` who are not among `seen`."""
    ids = pc.filter(known, pc.invert(pc.is_in(known, value_set=seen)))
    empty = {f.name: pa.nulls(len(ids), f.type) for f in schema}
    return pa.table(empty | {"customer_id": ids.cast(pa.string())}, schema)


def features_at(transactions: ir.Table, model: Model, as_of: date) -> ir.Table:
    """The features of every customer with a transaction before `as_of`."""
    return features(daily(transactions, model.spec), [as_of], model.spec).drop("cutoff")


def at(
    backend: SQLBackend,
    transactions: ir.Table,
    model: Model,
    as_of: date,
    known: Iterable[str] = (),
) -> pd.DataFrame:
    """The features of every customer at `as_of`, ordered by id; null where there is no history."""
    rows = backend.to_pandas(features_at(transactions, model, as_of)).set_index("customer_id")
    everybody = rows.index.union(pd.Index(list(known), dtype=rows.index.dtype), sort=True)
    return rows.reindex(everybody).rename_axis("customer_id").reset_index()
