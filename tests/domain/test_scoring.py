"""A saved model scores like the one that was trained; a customer's score is theirs alone."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stages.adapters import engine, models
from stages.domain import frame
from stages.domain.capability import CapabilityRegressor
from stages.domain.features import daily, features, targets
from stages.domain.scoring import score
from stages.domain.spec import Spec
from stages.domain.tables import TRANSACTIONS
from stages.domain.training import fit

FIRST, AS_OF = date(2020, 1, 1), date(2020, 7, 1)
SPEC = Spec(30, (14, 90), (15,), 7, ("purchase", "refund"))


def bank(customers: int) -> pa.Table:
    """Customer i spends 1 + i every week, to the end."""
    rows = [
        {
            "customer_id": f"{i:03}",
            "booked_at": datetime(2020, 1, 1 + i % 7, 12, tzinfo=UTC) + timedelta(weeks=week),
            "transaction_id": "1",
            "amount": Decimal(1 + i),
            "kind": "purchase",
            "discount": Decimal(0),
        }
        for i in range(customers)
        for week in range(26)
    ]
    return pa.Table.from_pylist(rows, TRANSACTIONS.schema)


@pytest.fixture(scope="module")
def model():
    days = daily(ibis.memtable(bank(200)), SPEC)
    cutoffs = [date(2020, 4, 1), date(2020, 5, 1), date(2020, 6, 1)]
    past = features(days, [*cutoffs, AS_OF], SPEC).to_pandas()
    rows = frame.join(past, targets(days, cutoffs, 30).to_pandas(), cutoffs)
    rows["cutoff"] = rows["cutoff"].astype("datetime64[s]")
    return fit(rows, cutoffs, AS_OF, FIRST, SPEC, CapabilityRegressor(), (0.5, 0.8))


def scored(model, table: pa.Table) -> pd.DataFrame:
    return score(engine.connect(), ibis.memtable(table), model, AS_OF).set_index("customer_id")


def test_who_spends_more_every_week_is_expected_to_spend_more(model):
    rows = scored(model, bank(200))
    assert rows["expected_spend"].corr(pd.Series(np.arange(200.0), rows.index)) > 0.95
    assert set(rows.loc["190":, "tier"]) == {"Top"}
    assert set(rows.loc[:"090", "tier"]) == {"Base"}


def test_a_customers_score_does_not_depend_on_who_else_is_asked_about(model):
    table = bank(200)
    alone = table.filter(pa.compute.equal(table["customer_id"], "123"))
    assert scored(model, alone).loc["123"].equals(scored(model, table).loc["123"])


def test_a_saved_model_scores_the_same_to_the_bit(model, tmp_path):
    models.save(model, tmp_path)
    assert scored(models.load(tmp_path), bank(20)).equals(scored(model, bank(20)))
