"""The gate fails closed: a challenger passes only on figures that are there and good."""

import pytest

from stages.domain.gate import decide

GOOD = {
    "customers": 500,
    "holdout": {"bias": 1.02},
    "gain": {"over": "rate", "gini": 0.02, "low": 0.01, "high": 0.03},
}
LIMITS = {"fewest_customers": 100, "most_bias": 1.25}


def test_a_model_better_than_the_baseline_passes():
    assert decide(GOOD, **LIMITS).passed


@pytest.mark.parametrize(
    "flaw",
    [
        {"customers": 99},
        {"customers": None},
        {"holdout": {"bias": 1.3}},
        {"holdout": {"bias": 0.7}},
        {"holdout": {}},
        {"gain": {"over": "rate", "gini": 0.01, "low": -0.001, "high": 0.02}},
        {"gain": {}},
    ],
)
def test_a_bad_or_missing_figure_does_not_pass(flaw):
    decision = decide(GOOD | flaw, **LIMITS)
    assert not decision.passed
    assert sum(not passed for _, passed in decision.checks) == 1


def test_no_figures_at_all_do_not_pass():
    assert not decide({}, **LIMITS).passed


def test_the_checks_show_their_figures():
    assert "0.0100" in decide(GOOD, **LIMITS).checks[1][0]
