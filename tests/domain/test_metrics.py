"""Figures of a forecast, checked against what can be worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from stages.domain import metrics

ACTUAL = np.array([0.0, 10.0, 30.0, 60.0])


def scores(expected, low, high):
    """What a model says of customers, in the columns that its figures are read from."""
    return pd.DataFrame({"expected_spend": expected, "low": low, "high": high})


def test_the_true_order_has_gini_one_and_the_reverse_minus_one():
    assert metrics.gini(ACTUAL, np.array([1, 2, 3, 4])) == pytest.approx(1)
    assert metrics.gini(ACTUAL, np.array([4, 3, 2, 1])) == pytest.approx(-1)


def test_gini_of_a_half_right_order():
    # best first 30, 60, 10, 0: under the curve (.3/2 + (.3+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .175
    # and of the true order (.6/2 + (.6+.9)/2 + (.9+1)/2 + 1)/4 − .5 = .25
    assert metrics.gini(ACTUAL, np.array([0, 1, 9, 8])) == pytest.approx(0.175 / 0.25)


def test_a_forecast_gains_nothing_over_itself():
    gain = metrics.gini_gain(ACTUAL, ACTUAL, ACTUAL, rounds=50, seed=0)
    assert gain == {"gini": 0, "low": 0, "high": 0}


def test_a_better_order_gains_with_an_interval_above_zero():
    rng = np.random.default_rng(1)
    actual = rng.gamma(1, 100, 400)
    noisy = actual * rng.lognormal(0, 1.5, 400)
    gain = metrics.gini_gain(actual, actual * rng.lognormal(0, 0.2, 400), noisy, 200, seed=0)
    assert 0 < gain["low"] < gain["gini"] < gain["high"]


def test_the_gain_is_what_both_ginis_differ_by():
    ours, theirs = np.array([0, 1, 9, 8]), np.array([4, 3, 2, 1])
    expected = metrics.gini(ACTUAL, ours) - metrics.gini(ACTUAL, theirs)
    assert metrics.gini_gain(ACTUAL, ours, theirs, 20, 0)["gini"] == pytest.approx(expected)


def test_one_spender_among_many_still_gives_a_gain_with_an_interval():
    actual = np.array([0.0] * 30 + [50.0])  # every third resample is without the spender
    gain = metrics.gini_gain(actual, actual, -actual, 200, 0)
    assert gain == {"gini": 2, "low": pytest.approx(2), "high": pytest.approx(2)}


@pytest.mark.parametrize("actual", [[0.0, 0.0], [5.0, 5.0], [7.0]])
def test_where_all_spend_the_same_there_is_nothing_to_rank(actual):
    same = np.array(actual)
    assert metrics.gini_gain(same, same, same, 20, 0) == {}
    report = metrics.report(same, scores(same, same, same), {"rate": same}, 20, 0)
    assert (report["holdout"]["gini"], report["gain"]) == (None, {})
    assert "nobody spent in the holdout, or all the same" in metrics.headline(report)


def test_figures_that_do_not_apply_are_none_and_say_why():
    figures = metrics.judge(np.array([5.0, 7.0]), np.array([6.0, 6.0]), np.array([True, False]))
    assert figures["auc"] is None
    assert figures["spearman"] is None
    assert metrics.notes(figures)["auc"] == "all customers spent, or none did"
    assert figures["coverage"] == 0.5
    assert metrics.judge(ACTUAL, ACTUAL)["coverage"] is None


def test_bias_is_total_predicted_over_total_actual():
    figures = metrics.judge(ACTUAL, ACTUAL * 1.1)
    assert figures["bias"] == pytest.approx(1.1)
    assert figures["mae"] == pytest.approx(2.5)


def test_the_gain_is_over_the_best_of_the_baselines():
    simple = {"bad": -ACTUAL, "good": ACTUAL + 1}
    report = metrics.report(ACTUAL, scores(ACTUAL, 0 * ACTUAL, ACTUAL), simple, 20, 0)
    assert report["gain"]["over"] == "good"
    assert report["zeros"] == 1 / 4
    assert list(report["baselines"]) == ["bad", "good"]


def test_spend_on_the_edge_of_its_interval_is_inside_but_for_more_than_a_cent():
    said = scores(ACTUAL, [0.0, 10.0, 30.01, 30.0], [0.0, 20.0, 40.0, 59.98])
    assert metrics.covered(ACTUAL, said).tolist() == [True, True, True, False]


def test_calibration_has_a_row_for_each_tenth_with_its_coverage_and_zeros():
    actual = np.arange(100.0).clip(min=5)
    actual[:5] = 0
    table = metrics.calibration(actual, scores(np.arange(100.0), actual, actual + (actual > 90)))
    assert table["customers"].tolist() == [10] * 10
    assert table["predicted"].iloc[[0, -1]].tolist() == [4.5, 94.5]
    assert table["actual"].iloc[[0, -1]].tolist() == [3.5, 94.5]
    assert table["zeros"].tolist() == [0.5] + [0] * 9
    assert (table["coverage"] == 1).all()
    narrow = metrics.calibration(actual, scores(np.arange(100.0), actual + 1, actual + 2))
    assert (narrow["coverage"] == 0).all()


def test_a_handful_of_customers_still_has_its_calibration():
    assert metrics.calibration(ACTUAL, scores(ACTUAL, ACTUAL, ACTUAL))["actual"].sum() == 100


def test_the_best_half_by_the_true_order_holds_nine_tenths_of_spend():
    gain = metrics.cumulative_gain(ACTUAL, {"model": ACTUAL})
    assert gain.set_index("customers").loc[0.5, "model"] == pytest.approx(0.9)
    assert gain["model"].iloc[[0, -1]].tolist() == [0, 1]
