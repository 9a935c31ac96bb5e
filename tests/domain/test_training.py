"""Training freezes a model that is honest out of sample and stable from one fit to the next."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from stages.domain import frame, training
from stages.domain.calibration import covered
from stages.domain.errors import UserError
from stages.domain.model import Model
from stages.domain.style_matching import matched
from stages.domain.training import fit
from tests.domain.crowd import AS_OF, CUTOFFS, FIRST, RECIPE, SPEC, crowd

ROWS = crowd(4000)
NOW = frame.at(ROWS, [AS_OF])
HALF = ROWS["customer_id"].astype(int) < 2000


def trained(rows: pd.DataFrame, recipe=RECIPE, cutoffs=CUTOFFS) -> Model:
    return fit(rows, cutoffs, AS_OF, FIRST, 30, recipe)


@pytest.fixture(scope="module")
def model() -> Model:
    return trained(ROWS[HALF])


@pytest.fixture(scope="module")
def refit() -> Model:
    return trained(ROWS[~HALF])


def test_the_same_data_and_seed_give_the_same_model_to_the_byte():
    few = ROWS[ROWS["customer_id"] < "00300"]
    first, again = trained(few), trained(few.copy())
    assert first.ensemble == again.ensemble
    assert first.description() == again.description()


def test_a_refit_on_other_customers_moves_few_to_another_segment(model, refit):
    published = model.score(NOW)
    again = refit.score(NOW, published["tier"].to_numpy(object))
    assert (again["segment"] != published["segment"]).mean() <= 0.03
    without_memory = refit.score(NOW)
    assert (without_memory["tier"] != published["tier"]).mean() > (
        again["tier"] != published["tier"]
    ).mean()


def test_a_refit_on_other_customers_finds_the_same_styles(model, refit):
    again = replace(refit, styles=matched(refit.styles, model.styles))
    assert (again.score(NOW)["style"] == model.score(NOW)["style"]).mean() > 0.99


def test_its_intervals_hold_four_fifths_of_customers_it_has_not_seen(model):
    past = frame.at(ROWS[~HALF], CUTOFFS)
    scores = replace(model, level=1.0).score(past)
    assert covered(past["target"].to_numpy(), scores).mean() == pytest.approx(0.8, abs=0.02)


def test_it_knows_no_target_of_the_date_that_it_scores(model):
    told = ROWS[HALF].assign(target=ROWS["target"].fillna(9e9))
    assert trained(told).ensemble == model.ensemble


def test_half_are_base_and_a_fifth_are_top(model):
    shares = model.score(frame.at(ROWS[HALF], [AS_OF]))["tier"].value_counts(normalize=True)
    assert shares.round(2).to_dict() == {"Base": 0.5, "Middle": 0.3, "Top": 0.2}


def test_who_begins_is_expected_what_was_spent_by_those_who_began(model):
    rows = ROWS[HALF]
    begun = rows[rows["tenure"] <= 30]
    spend = begun["spend_rate_30"] * begun["tenure"].clip(lower=7) / 30
    assert 30 <= len(begun) < len(rows)
    assert model.prior.expected == pytest.approx(spend.mean())
    assert (model.prior.low, model.prior.high) == pytest.approx(spend.quantile([0.1, 0.9]))


def test_nobody_has_begun_because_the_history_has():
    early = FIRST + timedelta(days=59)
    rows = ROWS.assign(cutoff=pd.Timestamp(early), tenure=10.0)
    assert not len(training._begun(rows, FIRST, SPEC))
    assert len(training._begun(rows, FIRST - timedelta(days=1), SPEC)) == len(rows)


def test_of_beginners_four_in_five_are_inside_though_a_quarter_spent_nothing():
    spend = np.r_[np.zeros(25), np.arange(1.0, 76.0)]
    prior = training._prior(pd.Series(spend), pd.Series(9e9), share=1)
    assert prior.low == 0
    assert ((spend >= prior.low) & (spend <= prior.high)).mean() == 0.8


@pytest.mark.parametrize("share", [0.02, 0.5, 0.95])
def test_of_the_silent_a_share_begins_and_four_in_five_are_inside(share):
    spend = np.arange(1.0, 101.0)
    prior = training._prior(pd.Series(spend), pd.Series(9e9), share)
    some = round(100 * share)
    everybody = np.r_[np.tile(spend, some), np.zeros(100 * (100 - some))]
    assert prior.expected == pytest.approx(everybody.mean())
    assert prior.deviation == pytest.approx(everybody.std() / everybody.mean())
    inside = (everybody >= prior.low) & (everybody <= prior.high)
    assert inside.mean() == pytest.approx(max(0.8, 1 - share), abs=0.015)


def test_who_has_been_silent_for_long_is_expected_to_begin_as_seldom_as_of_late():
    newest = frame.at(ROWS[HALF], [AS_OF])
    begun = int((newest["tenure"] <= 30).sum())
    silent = 9 * (begun + 1)
    few, none = (training._share_begun(newest, 30, n) for n in (silent, 0))
    assert (few, none) == (pytest.approx(0.1), 1)
    model = training.fit(ROWS[HALF], CUTOFFS, AS_OF, FIRST, 30, RECIPE, silent)
    assert model.prior.expected == pytest.approx(trained(ROWS[HALF]).prior.expected / 10)
    assert model.prior.low == 0


def test_a_few_beginners_speak_for_nobody():
    old = ROWS[HALF][ROWS[HALF]["tenure"] > 30]
    few = pd.concat([old, old.head(3).assign(tenure=5.0)])
    past = frame.at(few, CUTOFFS)
    assert trained(few).prior.expected == pytest.approx(past["target"].mean())


def test_columns_that_say_nothing_are_left_out_and_windows_too_long_as_well():
    few = ROWS[ROWS["customer_id"] < "00300"]
    model = trained(few.assign(spend_rate_365=few["spend_rate"]))
    assert "income_rate" not in model.columns
    assert "spend_rate_365" not in model.columns
    assert "spend_rate" in model.columns


@pytest.mark.parametrize(("customers", "cutoffs"), [(3, CUTOFFS), (20, CUTOFFS[:1])])
def test_a_handful_of_customers_is_enough_for_a_model_of_low_confidence(customers, cutoffs):
    few = ROWS[ROWS["customer_id"].astype(int) < customers]
    model = trained(few, cutoffs=cutoffs)
    scores = model.score(NOW.head(customers))
    assert scores.notna().all(axis=None)
    assert np.isfinite(scores[["expected_spend", "low", "high"]]).all(axis=None)
    assert scores["confidence"].str.startswith(f"low: {customers} customers, below 500").all()
    assert (model.band is None) == (len(cutoffs) < 3)


def test_two_customers_are_refused():
    with pytest.raises(UserError, match="fewer than 3 customers"):
        trained(ROWS[ROWS["customer_id"] < "00002"])


@pytest.mark.parametrize("spenders", [0, 1])
def test_a_crowd_that_hardly_spends_is_scored_with_figures(spenders):
    few = ROWS[ROWS["customer_id"] < "00060"]
    rows = few.assign(target=few["target"].where(few["customer_id"] < f"{spenders:05}", 0.0))
    scores = trained(rows).score(NOW.head(60))
    assert np.isfinite(scores[["expected_spend", "low", "high"]]).all(axis=None)
    assert (scores["expected_spend"].sum() > 0) == (spenders > 0)
