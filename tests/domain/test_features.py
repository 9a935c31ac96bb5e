"""Features see only what was booked before the cutoff; rows are (days before, amount, kind)."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import pyarrow as pa
import pytest

from stages.domain.features import daily, features, targets, usable
from stages.domain.spec import Spec
from stages.domain.tables import TRANSACTIONS

CUTOFF = date(2020, 6, 1)
SPEC = Spec(30, (14, 60), (15,), 7, ("purchase", "refund"))


def table(*rows):
    """Transactions of customer "a", or of the customer named last in the row."""
    records = [
        {
            "customer_id": "".join(who) or "a",
            "booked_at": datetime(2020, 6, 1, 12, tzinfo=UTC) - timedelta(days=before),
            "transaction_id": str(i),
            "amount": Decimal(amount),
            "kind": kind,
            "category": f"c{i % 2}",
            "merchant": "m",
            "discount": Decimal("1.00"),
        }
        for i, (before, amount, kind, *who) in enumerate(rows)
    ]
    return ibis.memtable(pa.Table.from_pylist(records, TRANSACTIONS.schema))


def of(*rows, spec=SPEC):
    """The features of the first customer."""
    return features(daily(table(*rows), spec), [CUTOFF], spec).to_pandas().iloc[0]


def test_what_is_booked_on_the_cutoff_day_or_later_is_future():
    seen = of((1, "10", "purchase"), (0, "99", "purchase"), (-3, "99", "purchase"))
    assert seen["spend_rate_14"] == 10 * 30 / 7  # one day of tenure counts as a week


def test_a_rate_is_over_the_days_observed_of_its_window():
    seen = of((40, "60", "purchase"), (10, "30", "purchase"), (20, "12", "purchase"))
    assert seen["spend_rate_14"] == pytest.approx(30 * 30 / 14)
    assert seen["spend_rate_30"] == pytest.approx(42)
    assert seen["spend_rate_60"] == pytest.approx(102 * 30 / 40)
    assert seen["visit_rate"] == pytest.approx(3 * 30 / 40)


def test_a_refund_lowers_spend_and_income_is_no_spend():
    seen = of((20, "50", "purchase"), (10, "-20", "refund"), (5, "-900", "income"))
    assert seen["spend_rate"] == pytest.approx(30 * 30 / 20)
    assert seen["income_rate"] == pytest.approx(900 * 30 / 20)
    assert seen["other_rate"] == 0


def test_a_transfer_is_neither_spend_nor_income():
    seen = of((30, "50", "purchase"), (10, "70", "transfer"))
    assert (seen["spend_rate"], seen["other_rate"]) == (50, 70)


def test_recency_is_measured_in_the_customers_own_gaps():
    seen = of((40, "1", "purchase"), (30, "1", "purchase"), (20, "1", "purchase"))
    assert (seen["recency"], seen["gap_mean"], seen["recency_in_gaps"]) == (20, 10, 2)
    assert seen["gap_longest"] == 10


def test_a_visit_is_a_day_and_its_ticket_all_that_was_bought():
    seen = of((3, "10", "purchase"), (3, "20", "purchase"), (1, "10", "purchase"))
    assert (seen["ticket_mean"], seen["ticket_median"], seen["ticket_largest"]) == (20, 20, 30)
    assert seen["ticket_variation"] == pytest.approx(0.5)
    assert seen["categories_per_visit"] == 1.5


def test_recent_spend_weighs_twice_that_of_a_half_life_before():
    day = math.log(2) / 15
    norm = (1 - math.exp(-30 * day)) / day
    seen = of((30, "40", "purchase"), (15, "40", "purchase"))
    assert seen["spend_rate_half_15"] == pytest.approx((40 / 4 + 40 / 2) * 30 / norm, rel=1e-9)


def test_trend_is_between_minus_one_and_one():
    assert of((60, "50", "purchase"))["trend"] == -1
    assert of((25, "50", "purchase"))["trend"] == 0


def test_every_feature_is_finite_for_one_transaction_only_refunds_and_no_spend():
    for rows in ([(1, "5", "purchase")], [(3, "-5", "refund")], [(9, "-800", "income")]):
        assert of(*rows).drop(["customer_id", "cutoff"]).astype(float).map(math.isfinite).all()


def test_the_discount_share_is_of_the_price_before_discount():
    assert of((1, "9", "purchase"))["discount_share"] == pytest.approx(0.1)


def test_the_target_is_the_spend_of_the_horizon_and_never_negative():
    rows = table(
        (0, "10", "purchase"),
        (-29, "5", "purchase"),
        (-30, "99", "purchase"),
        (1, "99", "purchase"),
        (-1, "-7", "refund", "b"),
    )
    found = targets(daily(rows, SPEC), [CUTOFF], 30).to_pandas().set_index("customer_id")
    assert found["target"].to_dict() == {"a": 15, "b": 0}


def test_a_window_longer_than_the_shortest_history_is_left_out():
    columns = ["tenure", "spend_rate", "spend_rate_14", "visit_rate_365", "spend_rate_half_120"]
    assert usable(columns, 90) == ["tenure", "spend_rate", "spend_rate_14", "spend_rate_half_120"]
