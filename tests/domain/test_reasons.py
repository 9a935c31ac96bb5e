"""Reasons are exact Shapley values: they add up, and are fair to every family of features."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from stages.domain.reasons import sentences, shapley
from tests.domain.crowd import SPEC

COLUMNS = ["spend_rate", "visit_rate", "spend_rate_30", "recency"]  # three families
FAMILIES = {"spend": [0, 2], "frequency": [1], "recency": [3]}
REFERENCE = np.array([10.0, 2.0, 8.0, 20.0])


def expected(X):
    """Families that work together, none of them alone."""
    return 5 + X[:, 0] * X[:, 1] + X[:, 2] ** 2 / (1 + X[:, 3]) + X[:, 1] * np.sqrt(X[:, 3])


def by_permutations(x):
    """Shapley's own definition: what a family adds, over all orders of joining."""
    parts = dict.fromkeys(FAMILIES, 0.0)
    orders = list(permutations(FAMILIES))
    for order in orders:
        row = REFERENCE.copy()
        for family in order:
            before = np.log(expected(row[None])[0])
            row[FAMILIES[family]] = x[FAMILIES[family]]
            parts[family] += (np.log(expected(row[None])[0]) - before) / len(orders)
    return parts


def test_they_are_what_shapley_defined():
    X = np.random.default_rng(0).gamma(2.0, 5.0, (6, 4))
    _, parts = shapley(expected, X, REFERENCE, COLUMNS)
    assert list(parts) == list(FAMILIES)
    for number, x in enumerate(X):
        for family, part in by_permutations(x).items():
            assert parts[family][number] == pytest.approx(part, abs=1e-14)


def test_families_that_do_the_same_get_the_same_and_one_that_does_nothing_gets_nothing():
    _, parts = shapley(
        lambda X: 1 + X[:, 0] * X[:, 1],
        np.array([[7.0, 7.0, 99.0]]),
        np.array([2.0, 2.0, 1.0]),
        ["spend_rate", "visit_rate", "recency"],
    )
    assert parts["spend"][0] == pytest.approx(parts["frequency"][0], abs=1e-15)
    assert parts["spend"][0] == pytest.approx(np.log(50 / 5) / 2)
    assert parts["recency"][0] == 0


def test_the_reference_customer_has_no_reasons():
    _, parts = shapley(expected, REFERENCE[None], REFERENCE, COLUMNS)
    assert all(part[0] == pytest.approx(0, abs=1e-15) for part in parts.values())


def test_many_customers_are_explained_as_each_alone():
    X = np.random.default_rng(1).gamma(2.0, 5.0, (7000, 4))  # more rows than fit at a time
    _, alone = shapley(expected, X[-1:], REFERENCE, COLUMNS)
    _, together = shapley(expected, X, REFERENCE, COLUMNS)
    for family, part in together.items():
        assert part[-1] == pytest.approx(alone[family][0], abs=1e-14)


def test_where_nothing_is_expected_reasons_are_still_figures():
    _, parts = shapley(lambda X: 0 * X[:, 0], np.ones((2, 4)), REFERENCE, COLUMNS)
    assert np.isfinite(list(parts.values())).all()


FIGURES = {  # of one customer, and of the typical one
    "spend_rate_30": (618.9, 289.4),
    "spend_rate": (120.0, 250.0),
    "visit_rate_30": (4.0, 9.0),
    "recency": (7.0, 7.2),
    "tenure": (56.0, 360.0),
    "ticket_mean": (12.0, 20.0),
    "discount_share": (0.3, 0.1),
    "variety": (0.2, 0.25),
}
ROW = {name: own for name, (own, _) in FIGURES.items()}
TYPICAL = {name: typical for name, (_, typical) in FIGURES.items()}


def said(row=None, **parts):
    """The sentences for one customer, of families' parts on the log scale."""
    arrays = {family.replace("_", " "): np.array([part]) for family, part in parts.items()}
    return sentences(arrays, pd.DataFrame([ROW | (row or {})]), TYPICAL, SPEC)[0]


def test_the_two_strongest_reasons_are_said_strongest_first_with_their_figures():
    assert said(spend=np.log(1.66), habit=0.01, frequency=np.log(0.3)) == [
        "frequency lowers it by 70%: visits in the last 30 days 4, typically 9",
        "spend raises it by 66%: spend of the last 30 days 619, typically 289",
    ]


def test_of_habits_the_one_farthest_from_the_typical_customers_is_named():
    assert said(habit=0.1, spend=0.05)[0] == (
        "habit raises it by 11%: discount in prices 30%, typically 10%"
    )


def test_a_reason_never_shows_a_figure_that_speaks_against_it():
    assert said(spend=np.log(0.7), habit=0.01)[0] == (
        "spend lowers it by 30%: spend over all history for each 30 days 120,"
        " typically 250"  # that of 30 days rose
    )
    assert said(recency=np.log(0.8))[0] == (
        "recency lowers it by 20%: since the first transaction 56 days, typically 360 days"
    )
    short = said(recency=np.log(1.2), row={"recency": 2.0, "tenure": 359.0})
    assert short[0].endswith("since the last visit 2 days, typically 7 days")
    assert said(ticket=np.log(1.2))[0] == "ticket raises it by 20%: taken together with all else"


def test_what_is_reckoned_up_from_a_few_days_is_said_to_be():
    assert said(spend=np.log(1.5), row={"tenure": 13.0})[0] == (
        "spend raises it by 50%: spend of the last 30 days 619 at the pace of 13 days so far,"
        " typically 289"
    )
