"""The ibis expression and the NumPy evaluator side by side."""

from datetime import date

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa

from stages.adapters import engine
from stages.domain import online
from stages.domain.features import daily, features
from stages.domain.spec import Spec
from stages.serving.request import of_table

CLOSE = 1e-12  # relative


def assert_same(transactions: pa.Table, as_of: date, spec: Spec) -> int:
    """Every feature of every customer agrees; how many customers have any."""
    backend = engine.connect()
    expression = features(daily(ibis.memtable(transactions), spec), [as_of], spec)
    batch = backend.to_pandas(expression).drop(columns="cutoff").set_index("customer_id")
    rows = of_table(transactions)
    found = pd.DataFrame(online.features(rows, as_of, spec), index=list(rows.customers))
    assert list(found.columns) == list(batch.columns)
    found = found.dropna(how="all")
    assert sorted(found.index) == sorted(batch.index)
    found = found.loc[batch.index]
    apart = (found - batch).abs().to_numpy()
    assert (apart <= CLOSE * np.abs(batch.to_numpy())).all()
    return len(found)
