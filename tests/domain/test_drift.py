"""Drift fires for what changes decisions, says why in a sentence, and is quiet otherwise."""

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from stages.adapters.paths import CONF
from stages.domain import frame
from stages.domain.drift import PLACES, Finding, Side, drift, importance
from stages.domain.model import Model
from stages.domain.training import fit
from tests.domain.crowd import AS_OF, CUTOFFS, FIRST, RECIPE, crowd

N = 600
ROWS = crowd(N)
NOW = frame.at(ROWS, [AS_OF])
POLICY = OmegaConf.load(CONF / "policy" / "calm.yaml")
MONEY = [c for c in NOW if c.startswith(("spend_rate", "ticket"))]
CHANCE_ALONE = dict.fromkeys(["total", "tiers", "feature", "mix", "unseen"], 0.0)


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(ROWS, CUTOFFS, AS_OF, FIRST, 30, RECIPE)


def spend() -> dict[str, pd.DataFrame]:
    """What each customer spent on food, clothes and travel, in the north; channels are unknown."""
    habit = NOW["spend_rate_30"].to_numpy()[:, np.newaxis]
    categories = pd.DataFrame(habit * [0.6, 0.3, 0.1], columns=["food", "clothes", "travel"])
    regions = pd.DataFrame({"north": habit[:, 0]})
    return dict(zip(PLACES, (categories, regions, pd.DataFrame(index=NOW.index)), strict=True))


NAMES = {place: frozenset(table.columns) for place, table in spend().items()}


def side(**changed: pd.DataFrame) -> Side:
    return Side(changed.pop("features", NOW), spend() | changed, NAMES)


def resampled(seed: int) -> Side:
    """The same bank, as it might as well have been: its customers drawn anew."""
    some = np.random.default_rng(seed).integers(0, N, N)
    return Side(
        NOW.iloc[some].reset_index(drop=True),
        {p: table.iloc[some].reset_index(drop=True) for p, table in spend().items()},
        NAMES,
    )


def fired(model: Model, current: Side, policy=POLICY) -> list[Finding]:
    return [f for f in drift(model, side(), current, policy, seed=0) if f.fires]


def test_an_unchanged_bank_is_quiet(model):
    assert fired(model, side()) == []


def test_of_a_hundred_resamples_at_least_95_are_quiet_whatever_the_policy_allows(model):
    alarms = sum(bool(fired(model, resampled(seed), CHANCE_ALONE)) for seed in range(100))
    assert alarms <= 5


def test_prices_up_by_a_fifth_fire_and_say_by_how_much(model):
    dearer = NOW.assign(**{c: NOW[c] * 1.2 for c in MONEY})
    total = next(f for f in fired(model, side(features=dearer)) if f.what == "total")
    assert total.sentence.startswith("expected spend a customer changed by +1")


def test_a_third_of_customers_fading_fires(model):
    third = np.arange(N) % 3 == 0
    recent = ["spend_rate_14", "spend_rate_30", "visit_rate_30"]
    faded = NOW.assign(**{c: NOW[c].where(~third, 0.0) for c in recent})
    total = next(f for f in fired(model, side(features=faded)) if f.what == "total")
    assert total.sentence.startswith("expected spend a customer changed by -")


def test_a_category_that_vanishes_fires_and_is_named(model):
    category = spend()["category"].assign(travel=0.0)
    sentences = [f.sentence for f in fired(model, side(category=category))]
    assert sentences == ["category travel had 10.0% of spend and has 0.0%"]


def test_a_new_region_fires_and_is_named(model):
    north = spend()["region"]["north"]
    region = pd.DataFrame({"north": north * 0.97, "islands": north * 0.03})
    sentences = [f.sentence for f in fired(model, side(region=region))]
    assert sentences == ["new region: islands, 3.0% of spend"]


def test_a_place_of_few_customers_is_counted_and_not_named(model):
    habit = spend()["region"]["north"].to_numpy()
    few = np.arange(N) < 9
    region = pd.DataFrame({"north": np.where(few, 0, habit), "a clinic": np.where(few, 50_000, 0)})
    said = [f.sentence for f in fired(model, side(region=region)) if "region" in f.sentence]
    assert any(s.startswith("new region: 1 of few customers each, ") for s in said)
    assert any(s.startswith("region of few customers had 0.0% of spend and has ") for s in said)
    assert "a clinic" not in " ".join(said)


def test_a_column_that_no_decision_hangs_on_may_move_as_it_likes(model):
    assert fired(model, side(features=NOW.assign(weekend_share=1.0, income_rate=9.9))) == []


def test_spend_is_among_what_matters_most(model):
    assert set(importance(model, NOW).index[:3]) & {"spend_rate", "spend_rate_14", "spend_rate_30"}
