"""What is called true of the synthetic bank is what its transactions show."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench import law
from bench.bank import rows_each
from stages.domain import bank
from stages.domain.contract import split
from stages.domain.tables import INSTANT
from tests.adapters.test_synthetic import bank_of, drawn


def test_about_as_many_rows_come_as_a_benchmark_counts_on():
    source = bank_of(2_048)
    assert 2_048 * rows_each(source) == pytest.approx(drawn(source).num_rows, rel=0.1)


def test_what_was_spent_is_what_the_law_says():
    """All spent within 2 % of the expectation; 80 % of customers inside their interval."""
    source = bank_of(4_096, first_day="2024-01-01", last_day="2024-06-30")
    start = datetime(2024, 4, 2, tzinfo=UTC)
    true = law.truth(source, start.date(), 90)
    rows, _ = split(drawn(source), datetime(2026, 1, 1, tzinfo=UTC))
    future = rows.filter(
        (pc.field("booked_at") >= pa.scalar(start, INSTANT))
        & pc.field("kind").isin(["purchase", "refund", "cash"])
    )
    sums = future.group_by("customer_id").aggregate([("amount", "sum")]).to_pydict()
    spent = dict(zip(sums["customer_id"], map(float, sums["amount_sum"]), strict=True))
    actual = np.array([max(spent.get(c, 0.0), 0.0) for c in true["customer_id"].to_pylist()])
    expected, low, high = (true[name].to_numpy() for name in ("expected", "low", "high"))
    assert actual.sum() / expected.sum() == pytest.approx(1, abs=0.02)
    assert 0.78 < np.mean((actual >= low - 0.01) & (actual <= high + 0.01)) < 0.83
    assert np.corrcoef(actual, expected)[0, 1] > 0.9


def test_drawn_futures_are_on_average_what_is_expected():
    given = (bank.habits(0, 0), date(2024, 1, 1), date(2024, 6, 1), 90, 0.02)
    mean = law.futures(*given, 400, np.random.default_rng(1)).mean(axis=0)
    assert mean.sum() == pytest.approx(law.expected(*given).sum(), rel=0.005)


def test_the_fading_spend_less_the_growing_more_and_the_others_the_same():
    habits, first = bank.habits(0, 0), date(2021, 1, 1)
    year = (law.expected(habits, first, date(y, 1, 1), 365, 0.02) for y in (2021, 2024))
    before, after = year
    for direction, lowest, highest in ((-1, 0.0, 0.5), (0, 0.99, 1.01), (1, 1.3, 2.0)):
        alike = (habits.direction == direction) & (habits.start < 0)
        assert lowest < after[alike].sum() / before[alike].sum() < highest


def test_nobody_spends_before_they_have_come():
    habits, first = bank.habits(0, 0), date(2024, 1, 1)
    spend = law.expected(habits, first, first, 30, 0.02)
    assert (spend[habits.start >= 30] == 0).all()
    assert (spend[habits.start < 0] > 0).all()
