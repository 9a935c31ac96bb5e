"""A bank whose customers' futures are known as a law, drawn alike however it is asked for."""

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from omegaconf import DictConfig, OmegaConf

from bench.bank import rows_each
from stages.adapters.paths import CONF
from stages.adapters.sources import synthetic
from stages.domain import bank, bank_rows
from stages.domain.contract import split
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS, INSTANT


def bank_of(customers: int, **settings) -> DictConfig:
    """The source with so many customers, over two months unless said otherwise."""
    usual = {"customers": customers, "first_day": "2024-03-01", "last_day": "2024-04-30"}
    return OmegaConf.merge(OmegaConf.load(CONF / "source/synthetic.yaml"), usual, settings)


def drawn(source: DictConfig) -> pa.Table:
    """All its transactions, in order, as one piece."""
    return pa.concat_tables(synthetic.transactions(source)).combine_chunks()


def test_the_same_rows_come_however_many_blocks_a_draft_takes(monkeypatch):
    source = bank_of(2_500)
    whole = drawn(source)
    monkeypatch.setattr(synthetic, "BLOCKS", 1)
    synthetic._habits.cache_clear()
    assert drawn(source).equals(whole)
    assert not drawn(bank_of(2_500, seed=1)).equals(whole)


def test_a_larger_bank_and_a_longer_time_contain_the_smaller_and_the_shorter():
    def rows(source: DictConfig) -> set:
        return set(map(tuple, (r.values() for r in drawn(source).to_pylist())))

    small = rows(bank_of(300, last_day="2024-04-10"))
    assert small < rows(bank_of(300))
    assert small < rows(bank_of(400, last_day="2024-04-10"))


def test_the_contract_takes_every_row_and_a_customer_shows_all_sides():
    good, bad = split(drawn(bank_of(1_000)), datetime(2026, 1, 1, tzinfo=UTC))
    assert bad.num_rows == 0
    assert set(good["kind"].to_pylist()) == set(bank_rows.KINDS)
    money_in = good.filter(pc.field("amount").cast(pa.float64()) < 0)
    assert set(money_in["kind"].to_pylist()) == {"refund", "income"}
    assert pc.sum(good["discount"]).as_py() > 0
    assert len(good["category"].unique()) == len(bank_rows.CATEGORIES)
    days = pc.min_max(good["booked_at"]).as_py()
    assert (days["min"].date(), days["max"].date()) == (date(2024, 3, 1), date(2024, 4, 30))


def test_about_as_many_rows_come_as_a_benchmark_counts_on():
    source = bank_of(2_048)
    assert 2_048 * rows_each(source) == pytest.approx(drawn(source).num_rows, rel=0.1)


def test_customers_are_described_from_the_day_they_come():
    people = synthetic.customers(bank_of(1_000))
    assert 650 < people.num_rows < 1_000  # the others have not come yet
    seen = set(drawn(bank_of(1_000))["customer_id"].to_pylist())
    assert seen <= set(people["customer_id"].to_pylist())
    assert set(people.column_names) == set(CUSTOMERS.schema.names)
    assert people["income_band"].null_count == people["age_band"].null_count == 0


def test_what_was_spent_is_what_the_law_says():
    """All spent within 2 % of the expectation; 80 % of customers inside their interval."""
    source = bank_of(4_096, first_day="2024-01-01", last_day="2024-06-30")
    start = datetime(2024, 4, 2, tzinfo=UTC)
    true = synthetic.truth(source, start.date(), 90)
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
    law = (bank.habits(0, 0), date(2024, 1, 1), date(2024, 6, 1), 90, 0.02)
    mean = bank.futures(*law, 400, np.random.default_rng(1)).mean(axis=0)
    assert mean.sum() == pytest.approx(bank.expected(*law).sum(), rel=0.005)


def test_the_fading_spend_less_the_growing_more_and_the_others_the_same():
    habits, first = bank.habits(0, 0), date(2021, 1, 1)
    year = (bank.expected(habits, first, date(y, 1, 1), 365, 0.02) for y in (2021, 2024))
    before, after = year
    for direction, lowest, highest in ((-1, 0.0, 0.5), (0, 0.99, 1.01), (1, 1.3, 2.0)):
        alike = (habits.direction == direction) & (habits.start < 0)
        assert lowest < after[alike].sum() / before[alike].sum() < highest


def test_nobody_spends_before_they_have_come():
    habits, first = bank.habits(0, 0), date(2024, 1, 1)
    spend = bank.expected(habits, first, first, 30, 0.02)
    assert (spend[habits.start >= 30] == 0).all()
    assert (spend[habits.start < 0] > 0).all()


@pytest.mark.parametrize("period", [{"last_day": "2024-02-01"}, {"first_day": "soon"}])
def test_a_period_that_is_none_is_one_clear_error(period):
    with pytest.raises(UserError, match=r"last.day"):
        list(synthetic.transactions(bank_of(10, **period)))
