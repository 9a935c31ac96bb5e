"""A campaign contacts the highest expected spend that the budget pays, of those who fit."""

import pandas as pd
import pytest

from stages.domain.audit import PROTECTED
from stages.domain.campaign import CHOICES, EXPORTED, gain_curve, plan
from stages.domain.errors import UserError

SCORES = pd.DataFrame(
    [
        ("anna", 900.0, "Top", "Top · steady", "Loyal", "north"),
        ("ben", 300.0, "Middle", "Middle · fading", "Loyal", "south"),
        ("cara", 50.0, "Base", "Base · steady", "Exploring", "north"),
        ("dan", 300.0, "Middle", "Middle · steady", "Exploring", None),
    ],
    columns=["customer_id", "expected_spend", "tier", "segment", "style", "region"],
).assign(
    low=0.0,
    high=1000.0,
    percentile=50.0,
    momentum="steady",
    confidence="normal",
    age_band="35-44",
    sex="f",
)


def contacted(chosen=None, budget=100.0, cost=1.0):
    return plan(SCORES, chosen or {}, budget, cost).chosen["customer_id"].tolist()


def test_the_budget_pays_the_highest_expected_spend_first():
    assert contacted(budget=2.5) == ["anna", "ben"]
    assert contacted() == ["anna", "ben", "dan", "cara"]


def test_a_budget_of_thirty_cents_pays_three_contacts_of_ten():
    assert len(contacted(budget=0.3, cost=0.1)) == 3


def test_no_budget_is_too_large():
    assert len(contacted(budget=1e308, cost=0.01)) == 4


@pytest.mark.parametrize(
    ("chosen", "who"),
    [
        ({"tier": ["Middle"]}, ["ben", "dan"]),
        ({"tier": ["Middle"], "style": ["Loyal"]}, ["ben"]),
        ({"segment": ["Top · steady", "Base · steady"]}, ["anna", "cara"]),
        ({"region": ["north"]}, ["anna", "cara"]),
        ({"region": []}, ["anna", "ben", "dan", "cara"]),
    ],
)
def test_only_who_fits_all_choices_is_contacted(chosen, who):
    assert contacted(chosen) == who


@pytest.mark.parametrize("attribute", PROTECTED)
def test_no_protected_attribute_chooses_or_is_exported(attribute):
    assert attribute not in CHOICES
    assert attribute not in EXPORTED
    with pytest.raises(UserError, match=f"does not choose by {attribute}"):
        contacted({attribute: ["35-44"]})
    assert list(plan(SCORES, {}, 10, 1).chosen) == list(EXPORTED)


@pytest.mark.parametrize(
    ("budget", "cost"), [(10, 0), (10, -1), (-1, 1), (float("nan"), 1), (float("inf"), 1)]
)
def test_a_budget_or_cost_without_sense_is_refused(budget, cost):
    with pytest.raises(UserError, match="above 0"):
        contacted(budget=budget, cost=cost)


def test_the_gain_curve_begins_at_nothing_and_ends_with_all_whichever_way():
    curve = gain_curve(plan(SCORES, {}, 1, 1))
    assert curve["contacts"].tolist() == [0, 1, 2, 3, 4]
    assert curve["ranked"].tolist() == [0, 900, 1200, 1500, 1550]
    assert curve["random"].tolist() == [0, 387.5, 775, 1162.5, 1550]


def test_random_choice_is_among_all_customers_not_only_those_who_fit():
    top = plan(SCORES, {"tier": ["Top"]}, 10, 1)
    assert top.at_random == 387.5  # reached: 900
    assert gain_curve(top)["random"].tolist() == [0, 387.5]
    assert plan(SCORES, {"tier": ["Middle"]}, 10, 1).at_random == 775


def test_nobody_who_fits_gives_an_empty_campaign():
    empty = plan(SCORES, {"tier": ["Silver"]}, 10, 1)
    assert empty.chosen.empty
    assert gain_curve(empty)["ranked"].tolist() == [0]
