"""Cutoffs split past from future; no training target reaches past the cutoff it serves."""

from datetime import date, timedelta
from itertools import pairwise

import pandas as pd
import pytest

from stages.domain.cutoffs import History, plan, training_cutoffs
from stages.domain.errors import UserError

YEAR = History(date(2017, 1, 1), date(2017, 12, 31), 365)


def statements(first: str, months: int) -> tuple[History, list[date]]:
    """The history of monthly statements, and their dates."""
    days = [day.date() for day in pd.date_range(first, periods=months, freq="MS")]
    return History(days[0], days[-1], months), days


def test_scores_are_made_for_the_day_after_the_newest_transaction():
    laid = plan(YEAR, 90)
    assert laid.as_of == date(2018, 1, 1)
    assert laid.cutoff == date(2017, 10, 3)
    assert (laid.target_days, laid.monthly) == (90, False)


def test_training_steps_back_a_fifth_of_the_spare_history_but_at_least_a_third_of_the_horizon():
    # 275 days of history − 90 of horizon − 90 that a cutoff needs leave 95: a fifth is 19, below 30
    assert plan(YEAR, 90).training == (
        date(2017, 7, 5),
        date(2017, 6, 5),
        date(2017, 5, 6),
        date(2017, 4, 6),
    )


def test_a_long_history_gives_six_cutoffs_a_horizon_apart():
    days = training_cutoffs(date(2010, 1, 1), date(2018, 1, 1), 30)
    assert days == tuple(date(2017, 12, 2) - timedelta(days=30 * i) for i in range(6))


@pytest.mark.parametrize("horizon", [7, 30, 60, 90, 120, 180])
def test_no_training_target_ends_after_the_cutoff_and_none_are_crowded(horizon):
    laid = plan(YEAR, horizon)
    days = timedelta(days=laid.target_days)
    for cutoffs, end in ((laid.training, laid.cutoff), (laid.refit, laid.as_of)):
        assert 1 <= len(cutoffs) <= 6
        assert all(c + days <= end for c in cutoffs)
        gaps = [(a - b).days for a, b in pairwise(cutoffs)]
        assert all(gap >= laid.target_days // 3 for gap in gaps)


def test_a_short_history_learns_the_longest_target_with_three_cutoffs():
    laid = plan(YEAR, 120)
    assert len(laid.training) == 3
    assert laid.target_days < 120
    longer = training_cutoffs(laid.first, laid.cutoff, laid.target_days + 1)
    assert len(longer) < 3
    assert laid.cutoff + timedelta(days=120) == laid.as_of  # the holdout is judged on all of it


def test_the_holdouts_own_target_is_never_the_shortened_one():
    laid = plan(YEAR, 120)
    assert laid.cutoff not in laid.trained
    assert set(laid.all) == {laid.as_of, laid.cutoff, *laid.trained}


@pytest.mark.parametrize(
    ("horizon", "near"), [(14, "30 or 61"), (45, "30 or 61"), (76, "30 or 61 or 91")]
)
def test_a_horizon_beside_whole_months_is_none_for_monthly_statements(horizon, near):
    history, _ = statements("2020-01-01", 12)
    with pytest.raises(UserError, match=f"horizon {horizon} is not whole months.*: give .*{near}"):
        plan(history, horizon)


@pytest.mark.parametrize("newest", ["2005-10-01", "2019-03-01", "2020-03-01", "2020-02-01"])
@pytest.mark.parametrize("horizon", [21, 30, 40, 51, 60, 70, 82, 90, 101])
def test_monthly_statements_are_cut_midway_and_none_of_the_future_is_seen(newest, horizon):
    history, days = statements(str(pd.Timestamp(newest) - pd.DateOffset(months=11))[:10], 12)
    laid = plan(history, horizon)
    assert laid.monthly
    assert all(cutoff.day in (15, 16) for cutoff in laid.all)
    months = round(horizon / 30)

    def within(cutoff: date) -> list[date]:
        return [d for d in days if cutoff <= d < cutoff + timedelta(days=laid.target_days)]

    assert len([d for d in days if d >= laid.cutoff]) == months
    for cutoffs, end in ((laid.training, laid.cutoff), (laid.refit, laid.as_of)):
        for cutoff in cutoffs:
            assert len(within(cutoff)) == round(laid.target_days / 30)
            assert max(within(cutoff)) < end


@pytest.mark.parametrize("horizon", [21, 37, 40, 67, 70, 97, 101, 180, 365])
@pytest.mark.parametrize("more", [2, 3, 4, 6, 12])
def test_targets_of_statements_hold_whole_ones_however_short_the_history(horizon, more):
    history, days = statements("2019-01-01", round(horizon / 30.4) + more)
    laid = plan(history, horizon)
    for cutoff in laid.trained:
        held = sum(cutoff <= d < cutoff + timedelta(days=laid.target_days) for d in days)
        assert held / laid.target_days == pytest.approx(round(horizon / 30.4) / horizon, rel=0.02)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"as_of": date(2020, 12, 2)}, "as_of 2020-12-02 .*: give as_of=2020-12-16"),
        ({"as_of": date(2020, 9, 2)}, "as_of 2020-09-02 .*: give as_of=2020-09-16"),
        ({"cutoff": date(2020, 9, 1)}, "cutoff 2020-09-01 .*: give cutoff=2020-09-16"),
    ],
)
def test_statements_are_not_cut_beside_midway_where_a_month_more_or_less_would_count(given, said):
    history, _ = statements("2020-01-01", 12)
    with pytest.raises(UserError, match=said):
        plan(history, 90, **given)
    assert plan(history, 90, date(2020, 11, 16), date(2020, 7, 16)).monthly


@pytest.mark.parametrize(
    "given",
    [
        {"horizon": 1_000_000},
        {"horizon": 90, "as_of": date(1, 1, 5)},
        {"horizon": 90, "cutoff": date(1, 1, 5)},
    ],
)
@pytest.mark.parametrize("history", [YEAR, statements("2020-01-01", 12)[0]])
def test_dates_beyond_every_calendar_are_a_history_too_short(history, given):
    with pytest.raises(UserError, match=r"too short|whole months"):
        plan(history, **given)


def test_six_statements_are_enough_for_a_month():
    history, _ = statements("2005-04-01", 6)
    laid = plan(history, 30)
    assert [c.month for c in laid.training] == [7, 6, 5, 4]
    assert laid.cutoff == date(2005, 8, 16)


def test_two_bookings_a_month_are_no_statements():
    assert not History(date(2020, 1, 1), date(2020, 12, 15), 24).monthly
    assert History(date(2020, 1, 31), date(2020, 12, 31), 12).monthly


@pytest.mark.parametrize(
    ("before", "after"),
    [([date(1970, 1, 1)], []), ([date(1900, 1, 1), date(1970, 1, 1)], [date(2024, 2, 29)])],
)
def test_a_row_of_another_century_is_not_where_the_history_begins_or_ends(before, after):
    days = [date(2017, 1, 1) + timedelta(days=i) for i in range(365)]
    rows = [1] * len(before) + [20] * 365 + [1] * len(after)
    history = History.of([*before, *days, *after], rows)
    assert history == History(days[0], days[-1], 365, strays=len(before + after))
    assert plan(history, 30) == plan(YEAR, 30)


def test_a_first_year_with_few_customers_is_history():
    days = [date(2016, 1, 1), date(2017, 1, 1), date(2017, 1, 2)]
    assert History.of(days, [10, 900, 900]).first == days[0]  # more than one in a thousand
    early = [date(2016, 1, 1), date(2016, 3, 1), date(2016, 5, 1)]  # never long without any
    assert History.of(early, [1, 1, 5000]).first == early[0]
    assert History.of(early, [5000, 1, 1]).newest == early[-1]


def test_a_history_too_short_to_learn_from_says_what_to_do():
    few_weeks = History(date(2017, 1, 1), date(2017, 2, 20), 51)
    with pytest.raises(UserError, match="choose a shorter horizon, for example horizon=7"):
        plan(few_weeks, 30)
    assert plan(few_weeks, 7).training


def test_a_cutoff_whose_future_is_not_over_is_refused():
    with pytest.raises(UserError, match="ends after as_of 2018-01-01"):
        plan(YEAR, 90, cutoff=date(2017, 11, 1))


def test_a_date_after_the_data_is_refused():
    with pytest.raises(UserError, match="as_of 2018-02-01 lies after 2018-01-01, where the data"):
        plan(YEAR, 30, as_of=date(2018, 2, 1))
