"""Figures of a forecast, checked against what can be worked out by hand."""

import numpy as np
import pytest

from stages.domain import metrics
from stages.domain.build_summary import headline
from stages.domain.ranking import gini_gain
from tests.domain.forecasts import ACTUAL, scores


@pytest.mark.parametrize("actual", [[0.0, 0.0], [5.0, 5.0], [7.0]])
def test_where_all_spend_the_same_there_is_nothing_to_rank(actual):
    same = np.array(actual)
    assert gini_gain(same, same, same, 20, 0) == {}
    report = metrics.report(same, scores(same, same, same), {"rate": same}, 20, 0)
    assert (report["holdout"]["gini"], report["gain"]) == (None, {})
    assert "nobody spent in the holdout, or all the same" in headline(report)


def test_figures_that_do_not_apply_are_none_and_say_why():
    figures = metrics.judge(np.array([5.0, 7.0]), np.array([6.0, 6.0]), np.array([True, False]))
    assert figures["auc"] is None
    assert figures["spearman"] is None
    assert metrics.notes(figures)["auc"] == "all customers spent, or none did"
    assert figures["coverage"] == 0.5
    assert metrics.judge(ACTUAL, ACTUAL)["coverage"] is None


def test_the_same_forecast_for_all_has_no_spearman_whatever_its_rounding():
    forecast = np.full(150, 59.97)  # whose standard deviation is not quite 0
    assert metrics.judge(np.arange(150.0), forecast)["spearman"] is None


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
