"""Score customers from their transactions: the one path of the batch and of the endpoint."""

from datetime import date

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from stages.domain.features import daily, features
from stages.domain.model import Model


def score(backend: Backend, transactions: ir.Table, model: Model, as_of: date) -> pd.DataFrame:
    """Score every customer with a transaction before `as_of`, ordered by customer_id.

    `transactions` has the canonical columns. Returns what `Model.score` returns, and `as_of`.
    """
    rows = features(daily(transactions, model.spec), [as_of], model.spec)
    table = backend.to_pandas(rows.order_by("customer_id"))
    return model.score(table).assign(as_of=as_of)
