"""Cutoffs split past from future; no training target reaches past the cutoff it serves."""

from datetime import date, timedelta

import pytest

from stages.domain.cutoffs import Plan, plan, training_cutoffs
from stages.domain.errors import UserError

FIRST, NEWEST = date(2017, 1, 1), date(2017, 12, 31)


def test_scores_are_made_for_the_day_after_the_newest_transaction():
    laid = plan(FIRST, NEWEST, 90)
    assert laid.as_of == date(2018, 1, 1)
    assert laid.cutoff == date(2017, 10, 3)


def test_training_steps_back_a_fifth_of_the_spare_history_but_at_least_a_third_of_the_horizon():
    # 275 days of history − 90 of horizon − 90 that a cutoff needs leave 95: a fifth is 19, below 30
    assert plan(FIRST, NEWEST, 90).training == (
        date(2017, 7, 5),
        date(2017, 6, 5),
        date(2017, 5, 6),
        date(2017, 4, 6),
    )


def test_a_long_history_gives_six_cutoffs_a_horizon_apart():
    days = training_cutoffs(date(2010, 1, 1), date(2018, 1, 1), 30)
    assert days == tuple(date(2017, 12, 2) - timedelta(days=30 * i) for i in range(6))


@pytest.mark.parametrize("horizon", [7, 30, 60, 90, 120])
def test_no_training_target_ends_after_the_cutoff(horizon):
    laid = plan(FIRST, NEWEST, horizon)
    assert all(c + timedelta(days=horizon) <= laid.cutoff for c in laid.training)
    assert all(c + timedelta(days=horizon) <= laid.as_of for c in laid.refit)


def test_a_history_too_short_for_the_horizon_says_what_to_do():
    with pytest.raises(UserError, match="choose a shorter horizon, for example horizon=60"):
        plan(FIRST, NEWEST, 180)


def test_a_cutoff_whose_future_is_not_over_is_refused():
    with pytest.raises(UserError, match="ends after as_of 2018-01-01"):
        plan(FIRST, NEWEST, 90, cutoff=date(2017, 11, 1))


def test_a_plan_survives_json():
    laid = plan(FIRST, NEWEST, 30, as_of=date(2017, 12, 1))
    assert Plan.from_json(laid.to_json()) == laid
