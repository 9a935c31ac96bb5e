"""Gini and its gain, checked against what can be worked out by hand."""

import numpy as np
import pytest

from stages.domain import ranking
from tests.domain.forecasts import ACTUAL


def test_the_true_order_has_gini_one_and_the_reverse_minus_one():
    assert ranking.gini(ACTUAL, np.array([1, 2, 3, 4])) == pytest.approx(1)
    assert ranking.gini(ACTUAL, np.array([4, 3, 2, 1])) == pytest.approx(-1)


def test_gini_of_a_half_right_order():
    # best first 30, 60, 10, 0: under the curve (.3/2 + (.3+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .175
    # and of the true order (.6/2 + (.6+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .25
    assert ranking.gini(ACTUAL, np.array([0, 1, 9, 8])) == pytest.approx(0.175 / 0.25)


def test_of_customers_with_the_same_forecast_none_comes_first_whatever_their_place_in_the_table():
    predicted = np.array([0.0, 0.0, 5.0, 0.0])
    curve = ranking.cumulative_gain(ACTUAL, {"model": predicted})["model"]
    for order in ([0, 1, 2, 3], [3, 1, 2, 0], [2, 0, 3, 1]):
        # the best 30, then three who hold 70 together: (.3/2 + 3 * (.3 + 1)/2) / 4 - .5 = .025
        figure = ranking.gini(ACTUAL[order], predicted[order])
        assert figure == pytest.approx(0.025 / 0.25)
        again = ranking.cumulative_gain(ACTUAL[order], {"model": predicted[order]})["model"]
        np.testing.assert_allclose(again, curve)


def test_a_forecast_gains_nothing_over_itself():
    gain = ranking.gini_gain(ACTUAL, ACTUAL, ACTUAL, rounds=50, seed=0)
    assert gain == {"gini": 0, "low": 0, "high": 0}


def test_a_better_order_gains_with_an_interval_above_zero():
    rng = np.random.default_rng(1)
    actual = rng.gamma(1, 100, 400)
    noisy = actual * rng.lognormal(0, 1.5, 400)
    gain = ranking.gini_gain(actual, actual * rng.lognormal(0, 0.2, 400), noisy, 200, seed=0)
    assert 0 < gain["low"] < gain["gini"] < gain["high"]


def test_the_gain_is_what_both_ginis_differ_by():
    ours, theirs = np.array([0, 1, 9, 8]), np.array([4, 3, 2, 1])
    expected = ranking.gini(ACTUAL, ours) - ranking.gini(ACTUAL, theirs)
    assert ranking.gini_gain(ACTUAL, ours, theirs, 20, 0)["gini"] == pytest.approx(expected)


def test_one_spender_among_many_still_gives_a_gain_with_an_interval():
    actual = np.array([0.0] * 30 + [50.0])  # every third resample is without the spender
    gain = ranking.gini_gain(actual, actual, -actual, 200, 0)
    assert gain == {"gini": 2, "low": pytest.approx(2), "high": pytest.approx(2)}


def test_the_best_half_by_the_true_order_holds_nine_tenths_of_spend():
    gain = ranking.cumulative_gain(ACTUAL, {"model": ACTUAL})
    assert gain.set_index("customers").loc[0.5, "model"] == pytest.approx(0.9)
    assert gain["model"].iloc[[0, -1]].tolist() == [0, 1]
