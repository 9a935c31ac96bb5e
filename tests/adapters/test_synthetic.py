"""A bank whose customers' futures are known as a law, drawn alike however it is asked for."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from omegaconf import DictConfig, OmegaConf

from stages.adapters.paths import CONF
from stages.adapters.sources import synthetic
from stages.domain import bank_rows
from stages.domain.contract import split
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS


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


def test_customers_are_described_from_the_day_they_come():
    people = synthetic.customers(bank_of(1_000))
    assert 650 < people.num_rows < 1_000  # the others have not come yet
    seen = set(drawn(bank_of(1_000))["customer_id"].to_pylist())
    assert seen <= set(people["customer_id"].to_pylist())
    assert set(people.column_names) == set(CUSTOMERS.schema.names)
    assert people["income_band"].null_count == people["age_band"].null_count == 0


@pytest.mark.parametrize("period", [{"last_day": "2024-02-01"}, {"first_day": "soon"}])
def test_a_period_that_is_none_is_one_clear_error(period):
    with pytest.raises(UserError, match=r"last.day"):
        list(synthetic.transactions(bank_of(10, **period)))
