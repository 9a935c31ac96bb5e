"""One side of a drift check: the customers of some transactions at a date."""

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pyarrow as pa
from ibis.backends.sql import SQLBackend

from stages.domain import scoring
from stages.domain.drift import MOST_CUSTOMERS, PLACES, Side
from stages.domain.model import Model
from stages.domain.shards import drawn


def side(backend: SQLBackend, transactions: ir.Table, model: Model, as_of: date) -> Side:
    """Features at `as_of`, and spend by place over the horizon before it, of about 20,000.

    They are drawn by the hash of their id, so that two sides have the same customers, as far as
    both know them: between others, chance would be larger than resampling one side tells.
    """
    features = scoring.at(backend, transactions, model, as_of)
    if len(features) > MOST_CUSTOMERS:
        ids = pa.array(features["customer_id"], pa.string())
        chosen = drawn(ids, MOST_CUSTOMERS / len(features))
        features = features[chosen.to_numpy(zero_copy_only=False)]
    day = transactions.booked_at.date()
    past = transactions.filter(day < as_of, transactions.kind.isin(model.spec.kinds))
    recent = past.filter(day >= as_of - timedelta(days=model.spec.horizon))
    mine = recent.semi_join(ibis.memtable(features[["customer_id"]]), "customer_id")
    return Side(
        features.reset_index(drop=True),
        {p: _spend(backend, mine, p, features["customer_id"]) for p in PLACES},
        {p: _names(backend, past, p) for p in PLACES},
    )


def _names(backend: SQLBackend, past: ir.Table, place: str) -> frozenset[str]:
    known = past.filter(past[place].notnull()).select(place).distinct()
    return frozenset(backend.to_pandas(known)[place])


def _spend(backend: SQLBackend, mine: ir.Table, place: str, customers: pd.Series) -> pd.DataFrame:
    """Spend of `customers`, a row each, by name of `place`, a column each."""
    known = mine.filter(mine[place].notnull())
    grouped = known.group_by("customer_id", name=known[place])
    sums = backend.to_pandas(grouped.aggregate(spend=known.amount.sum().cast("float64")))
    wide = sums.pivot_table(index="customer_id", columns="name", values="spend", fill_value=0.0)
    return wide.reindex(customers, fill_value=0.0).clip(lower=0).astype(np.float64)
