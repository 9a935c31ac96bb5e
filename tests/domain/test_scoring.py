"""A customer's score is theirs alone; from transactions to scores, none is dropped."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from stages.adapters import engine, models
from stages.domain import frame, frame_contract
from stages.domain.features import daily, features, targets
from stages.domain.scoring import features_at, score, stream, unseen
from stages.domain.tables import INSTANT, SCORES, TRANSACTIONS
from stages.domain.training import fit
from tests.domain.crowd import FIRST, RECIPE, SPEC

AS_OF = date(2020, 7, 1)
BACKEND = engine.connect()


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


def odd(customer: str, *rows: tuple[str, str]) -> pa.Table:
    """A customer with so few transactions of the last day, as (amount, kind)."""
    records = [
        {
            "customer_id": customer,
            "booked_at": datetime(2020, 6, 30, tzinfo=UTC),
            "transaction_id": str(number),
            "amount": Decimal(amount),
            "kind": kind,
            "discount": Decimal(0),
        }
        for number, (amount, kind) in enumerate(rows)
    ]
    return pa.Table.from_pylist(records, TRANSACTIONS.schema)


@pytest.fixture(scope="module")
def model():
    days = daily(ibis.memtable(bank(200)), SPEC)
    cutoffs = [date(2020, 4, 1), date(2020, 5, 1), date(2020, 6, 1)]
    past = features(days, [*cutoffs, AS_OF], SPEC)
    rows = frame.join(past, targets(days, cutoffs, 30, 30), cutoffs).order_by("customer_id")
    table = BACKEND.to_pyarrow(rows)
    framed = frame_contract.validate(table.cast(frame.schema(table.column_names)).to_pandas())
    return fit(framed, cutoffs, AS_OF, FIRST, 30, RECIPE)


def scored(model, table: pa.Table, known=(), published=None) -> pd.DataFrame:
    rows = score(BACKEND, ibis.memtable(table), model, AS_OF, known, published)
    return rows.set_index("customer_id")


def test_who_spends_more_every_week_is_expected_to_spend_more(model):
    rows = scored(model, bank(200))
    assert rows["expected_spend"].corr(pd.Series(np.arange(200.0), rows.index)) > 0.95
    assert set(rows.loc["190":, "segment"]) == {"Top · steady"}
    assert set(rows.loc[:"090", "segment"]) == {"Base · steady"}


def test_a_customers_score_does_not_depend_on_who_else_is_asked_about(model):
    table = bank(200)
    alone = table.filter(pc.equal(table["customer_id"], "123"))
    # ONNX adds up a row alone in another order than a row among many: the last digit may differ.
    pd.testing.assert_series_equal(
        scored(model, alone).loc["123"], scored(model, table).loc["123"], rtol=1e-13, atol=0
    )


def test_a_saved_model_scores_the_same_to_the_bit(model, tmp_path):
    models.save(model, tmp_path)
    assert scored(models.load(tmp_path), bank(20)).equals(scored(model, bank(20)))


def test_customers_with_little_or_nothing_are_scored_with_a_word_of_caution(model):
    table = pa.concat_tables(
        [
            bank(3),
            odd("refunds", ("-5", "refund"), ("-7", "refund")),
            odd("salary", ("-900", "income")),
            odd("once", ("12", "purchase")),
        ]
    )
    rows = scored(model, table, known=["never", "001"])
    assert list(rows.index) == ["000", "001", "002", "never", "once", "refunds", "salary"]
    assert np.isfinite(rows[["expected_spend", "low", "high", "percentile"]]).all(axis=None)
    caution = rows["confidence"].str.removesuffix("200 customers, below 500")
    assert caution.drop(["000", "001", "002"]).to_dict() == {
        "never": "low: no history yet; ",
        "once": "low: a single visit; ",
        "refunds": "low: no spend yet; ",
        "salary": "low: no spend yet; ",
    }


def test_transactions_on_the_day_of_the_score_are_not_seen(model):
    later = bank(2)
    days = pc.add(later["booked_at"], pa.scalar(timedelta(days=182))).cast(INSTANT)
    later = later.set_column(1, "booked_at", days).cast(TRANSACTIONS.schema)
    assert pc.min(days).as_py().date() == AS_OF
    assert scored(model, pa.concat_tables([bank(2), later])).equals(scored(model, bank(2)))


def test_a_published_tier_is_that_of_its_customer_whatever_the_order(model):
    plain = scored(model, bank(200))
    cut = model.ranking.cuts[0]
    near = plain.index[plain["expected_spend"].between(0.92 * cut, 1.08 * cut)]
    assert len(near) > 3
    published = {name: "Top" if name == "000" else "Base" for name in reversed(near)}
    assert set(scored(model, bank(200), published=published).loc[near, "tier"]) == {"Base"}


def test_batches_are_scored_as_all_at_once_and_keep_their_order(model):
    rows = BACKEND.to_pyarrow(features_at(ibis.memtable(bank(200)), model, AS_OF))
    rows = rows.sort_by("customer_id")
    former = pa.table({"customer_id": ["007", "000"], "tier": ["Middle", "Top"]})
    stamp = {"model_version": "3", "data_version": "d", "as_of": AS_OF}
    found = pa.Table.from_batches(stream(model, former, stamp, rows.to_batches(30), 2))
    assert found.schema == SCORES.schema
    whole = score(BACKEND, ibis.memtable(bank(200)), model, AS_OF, (), {"007": "Middle"})
    again = found.to_pandas()[whole.columns]
    pd.testing.assert_frame_equal(again, whole, rtol=1e-12, check_dtype=False)


def test_customers_who_were_not_seen_have_rows_without_features():
    schema = pa.schema([("customer_id", pa.string()), ("tenure", pa.float64())])
    rows = unseen(pa.chunked_array([["a", "b"]]), pa.chunked_array([["b"]]), schema)
    assert rows.to_pylist() == [{"customer_id": "a", "tenure": None}]
