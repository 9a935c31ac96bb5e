"""Figures of a forecast, checked against what can be worked out by hand."""

import numpy as np
import pytest

from stages.domain import metrics

ACTUAL = np.array([0.0, 10.0, 30.0, 60.0])


def test_the_true_order_has_gini_one_and_the_reverse_minus_one():
    assert metrics.gini(ACTUAL, np.array([1, 2, 3, 4])) == pytest.approx(1)
    assert metrics.gini(ACTUAL, np.array([4, 3, 2, 1])) == pytest.approx(-1)


def test_gini_of_a_half_right_order():
    # best first 30, 60, 10, 0: under the curve (.3/2 + (.3+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .175
    # and of the true order (.6/2 + (.6+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .25
    assert metrics.gini(ACTUAL, np.array([0, 1, 9, 8])) == pytest.approx(0.175 / 0.25)


def test_a_customer_of_weight_two_counts_as_two():
    doubled = np.array([0.0, 10.0, 30.0, 60.0, 60.0])
    predicted = np.array([1.0, 3.0, 2.0, 4.0])
    expected = metrics.gini(doubled, np.append(predicted, 4.0))
    assert metrics.gini(ACTUAL, predicted, np.array([1.0, 1, 1, 2])) == pytest.approx(expected)


def test_a_forecast_gains_nothing_over_itself():
    gain = metrics.gini_gain(ACTUAL, ACTUAL, ACTUAL, rounds=50, seed=0)
    assert gain == {"gini": 0, "low": 0, "high": 0}


def test_a_better_order_gains_with_an_interval_above_zero():
    rng = np.random.default_rng(1)
    actual = rng.gamma(1, 100, 400)
    noisy = actual * rng.lognormal(0, 1.5, 400)
    gain = metrics.gini_gain(actual, actual * rng.lognormal(0, 0.2, 400), noisy, 200, seed=0)
    assert 0 < gain["low"] < gain["gini"] < gain["high"]


def test_figures_that_do_not_apply_are_none_and_say_why():
    figures = metrics.judge(np.array([5.0, 7.0]), np.array([6.0, 6.0]))
    assert figures["auc"] is None
    assert figures["spearman"] is None
    assert metrics.notes(figures)["auc"] == "all customers spent, or none did"


def test_bias_is_total_predicted_over_total_actual():
    figures = metrics.judge(ACTUAL, ACTUAL * 1.1)
    assert figures["bias"] == pytest.approx(1.1)
    assert figures["mae"] == pytest.approx(2.5)


def test_the_gain_is_over_the_best_of_the_baselines():
    simple = {"good": ACTUAL + 1, "bad": -ACTUAL}
    assert metrics.report(ACTUAL, ACTUAL, simple, 20, 0)["gain"]["over"] == "good"


def test_calibration_has_a_row_for_each_tenth():
    table = metrics.calibration(np.arange(100.0), np.arange(100.0))
    assert table["customers"].tolist() == [10] * 10
    assert table["actual"].iloc[[0, -1]].tolist() == [4.5, 94.5]


def test_the_best_half_by_the_true_order_holds_nine_tenths_of_spend():
    gain = metrics.cumulative_gain(ACTUAL, {"model": ACTUAL})
    assert gain.set_index("customers").loc[0.5, "model"] == pytest.approx(0.9)
    assert gain["model"].iloc[[0, -1]].tolist() == [0, 1]
