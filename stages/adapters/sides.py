"""One side of a drift check: the customers of some transactions at a date."""

from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis.backends.sql import SQLBackend

from stages.domain import scoring
from stages.domain.drift import MOST_CUSTOMERS, PLACES, Side
from stages.domain.model import Model


def side(backend: SQLBackend, transactions: ir.Table, model: Model, as_of: date, seed: int) -> Side:
    """Features at `as_of`, and spend by place over the horizon before it, of up to 20,000."""
    features = scoring.at(backend, transactions, model, as_of)
    features = features.sample(min(len(features), MOST_CUSTOMERS), random_state=seed)
    day = transactions.booked_at.date()
    past = transactions.filter(day < as_of, transactions.kind.isin(model.spec.kinds))
    recent = past.filter(day >= as_of - timedelta(days=model.spec.horizon))
    return Side(
        features.reset_index(drop=True),
        {p: _spend(backend, recent, p, features["customer_id"]) for p in PLACES},
        {p: _names(backend, past, p) for p in PLACES},
    )


def _names(backend: SQLBackend, past: ir.Table, place: str) -> frozenset[str]:
    known = past.filter(past[place].notnull()).select(place).distinct()
    return frozenset(backend.to_pandas(known)[place])


def _spend(backend: SQLBackend, recent: ir.Table, place: str, customers: pd.Series) -> pd.DataFrame:
    """Spend of `customers`, a row each, by name of `place`, a column each."""
    known = recent.filter(recent[place].notnull())
    grouped = known.group_by("customer_id", name=known[place])
    sums = backend.to_pandas(grouped.aggregate(spend=known.amount.sum().cast("float64")))
    wide = sums.pivot_table(index="customer_id", columns="name", values="spend", fill_value=0.0)
    return wide.reindex(customers, fill_value=0.0).clip(lower=0).astype(np.float64)
