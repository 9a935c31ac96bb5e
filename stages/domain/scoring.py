"""Score customers from their transactions: the one path of the batch and of the endpoint."""

from collections.abc import Iterable, Mapping
from datetime import date

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.sql import SQLBackend

from stages.domain.features import daily, features
from stages.domain.model import Model


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


def at(
    backend: SQLBackend,
    transactions: ir.Table,
    model: Model,
    as_of: date,
    known: Iterable[str] = (),
) -> pd.DataFrame:
    """The features of every customer at `as_of`, ordered by id; null where there is no history."""
    expression = features(daily(transactions, model.spec), [as_of], model.spec)
    rows = backend.to_pandas(expression).drop(columns="cutoff").set_index("customer_id")
    everybody = rows.index.union(pd.Index(list(known), dtype=rows.index.dtype), sort=True)
    return rows.reindex(everybody).rename_axis("customer_id").reset_index()
