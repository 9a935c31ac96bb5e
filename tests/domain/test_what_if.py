"""Other habits: more or fewer visits, more or less spent on each, and nothing else changed."""

from datetime import date

import pandas as pd
import pytest

from stages.domain.what_if import changed, visits

AS_OF, DAYS, KINDS = date(2024, 4, 1), 30, ("purchase", "refund")
ROWS = pd.DataFrame(
    [
        ("2024-01-05 10:00", 99.0, "purchase", 0.0),  # long before
        ("2024-03-05 10:00", 40.0, "purchase", 4.0),
        ("2024-03-05 11:00", 10.0, "purchase", 0.0),  # the same visit
        ("2024-03-13 10:00", 30.0, "purchase", 0.0),
        ("2024-03-21 10:00", 20.0, "purchase", 2.0),
        ("2024-03-25 09:00", -2000.0, "income", 0.0),  # no spend
        ("2024-03-29 10:00", 50.0, "purchase", 0.0),
    ],
    columns=["booked_at", "amount", "kind", "discount"],
)
ROWS = ROWS.assign(
    booked_at=pd.to_datetime(ROWS["booked_at"], utc=True), transaction_id=list("abcdefg")
)


def other(frequency=0.0, ticket=0.0, rows=ROWS, today=date(2024, 6, 1)):
    return changed(rows, KINDS, AS_OF, DAYS, frequency, ticket, today)


def days(table):
    return sorted(visits(table, KINDS, AS_OF, DAYS).dropna().dt.strftime("%m-%d").unique())


def test_a_visit_is_a_day_with_spend_in_the_last_days():
    assert days(ROWS) == ["03-05", "03-13", "03-21", "03-29"]


def test_no_change_changes_nothing():
    assert other().equals(ROWS)


def test_a_quarter_fewer_visits_leaves_one_of_four_out_with_all_its_rows():
    table = other(frequency=-0.25)
    assert days(table) == ["03-05", "03-13", "03-29"]
    assert set(ROWS["transaction_id"]) - set(table["transaction_id"]) == {"e"}


def test_half_more_visits_copies_every_second_to_days_without_one():
    table = other(frequency=0.5)
    assert days(table) == ["03-05", "03-11", "03-13", "03-21", "03-25", "03-29"]
    again = table[table["transaction_id"].str.endswith("again")]
    assert again["amount"].tolist() == [30, 50]
    assert set(again["booked_at"].dt.hour) == {10}
    assert table["transaction_id"].is_unique


@pytest.mark.parametrize(("every", "now", "then"), [(1, 30, 30), (2, 15, 23), (7, 5, 7)])
def test_as_many_visits_are_added_as_there_are_days_for(every, now, then):
    dates = pd.date_range("2024-03-31 09:00", periods=30 // every + 1, freq=f"-{every}D", tz="UTC")
    rows = pd.DataFrame({"booked_at": dates, "amount": 10.0, "kind": "purchase", "discount": 0.0})
    rows["transaction_id"] = rows.index.astype(str)
    assert len(days(rows)) == now
    table = other(frequency=0.5, rows=rows)
    assert len(days(table)) == then
    spend = table[visits(table, KINDS, AS_OF, DAYS).notna()]
    assert (spend.groupby(spend["booked_at"].dt.date)["amount"].sum() == 10).all()


def test_nothing_is_booked_in_the_future_where_the_score_is_made_for_tomorrow():
    table = other(frequency=1.0, today=date(2024, 3, 31))
    assert days(table)[-1] <= "03-30"
    assert len(days(table)) == 8


def test_twice_the_visits_is_twice_the_spend():
    spend = other(frequency=1.0)
    spend = spend[spend["booked_at"] >= "2024-03-02"]
    assert spend.loc[spend["kind"] == "purchase", "amount"].sum() == 2 * 150


def test_a_tenth_more_on_each_visit_scales_spend_and_discount_of_the_last_days_alone():
    table = other(ticket=0.1)
    assert table["amount"].tolist() == pytest.approx([99, 44, 11, 33, 22, -2000, 55])
    assert table["discount"].tolist() == pytest.approx([0, 4.4, 0, 0, 2.2, 0, 0])


def test_nothing_is_booked_on_or_after_the_date_of_the_score():
    assert (other(frequency=1.0)["booked_at"] < pd.Timestamp(AS_OF, tz="UTC")).all()


def test_who_has_no_visit_has_none_to_change():
    old = ROWS.head(1)
    assert other(0.5, 0.5, old).equals(old)
