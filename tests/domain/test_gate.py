"""The gate fails closed: a challenger passes only on figures that are there and good."""

from math import inf, nan

import pytest

from stages.domain.gate import decide

GOOD = {
    "customers": 500,
    "zeros": 0.05,
    "holdout": {"bias": 1.02, "coverage": 0.8},
    "gain": {"over": "rate", "gini": 0.02, "low": 0.01, "high": 0.03},
}
LIMITS = {"fewest_customers": 100, "most_bias": 1.25, "coverage": (0.65, 0.92)}
LEVEL = {"over": "version 3", "gini": -0.002, "low": -0.01, "high": 0.006}


def gain(**figures):
    return {"gain": GOOD["gain"] | figures}


def holdout(**figures):
    return {"holdout": GOOD["holdout"] | figures}


def test_a_model_better_than_the_baseline_passes():
    assert decide(GOOD, None, **LIMITS).passed


@pytest.mark.parametrize(
    "flaw",
    [
        *({"customers": n} for n in (99, None, nan)),
        *(holdout(bias=b) for b in (1.3, 0.7, None, nan, inf, "1.0")),
        *(holdout(coverage=c) for c in (0.6, 0.95, None, nan)),
        {"holdout": {"coverage": 0.8}},
        gain(gini=-0.02, low=-0.03, high=-0.01),
        *(gain(**{name: value}) for name in ("gini", "low", "high") for value in (None, nan)),
        {"gain": {}},
    ],
)
def test_a_bad_or_missing_figure_does_not_pass(flaw):
    decision = decide(GOOD | flaw, None, **LIMITS)
    assert not decision.passed
    assert sum(not passed for _, passed in decision.checks) == 1


@pytest.mark.parametrize("metrics", [{}, {"holdout": None, "gain": None}])
def test_no_figures_at_all_do_not_pass(metrics):
    assert [passed for _, passed in decide(metrics, None, **LIMITS).checks] == [False] * 4


def test_a_gain_that_may_be_none_passes_and_a_sure_loss_does_not():
    assert decide(GOOD | gain(gini=0.001, low=-0.01, high=0.012), None, **LIMITS).passed


def test_a_challenger_on_a_level_with_the_champion_passes():
    assert decide(GOOD, LEVEL, **LIMITS).passed


@pytest.mark.parametrize(
    "champion",
    [
        LEVEL | {"high": -0.001},  # the champion is better, and that is no chance
        LEVEL | {"low": None},
        LEVEL | {"high": nan},
        {"over": "version 3"},  # it could not be judged
        {},
    ],
)
def test_a_champion_that_is_better_or_cannot_be_judged_keeps_its_place(champion):
    decision = decide(GOOD, champion, **LIMITS)
    assert [passed for _, passed in decision.checks] == [True, True, True, True, False]


def test_where_many_spend_nothing_the_interval_may_hold_all_of_them_and_a_few_more():
    many = {"zeros": 0.9}
    assert decide(GOOD | many | holdout(coverage=0.955), None, **LIMITS).passed
    assert not decide(GOOD | many | holdout(coverage=0.965), None, **LIMITS).passed


def test_the_decision_shows_its_figures():
    decision = decide(GOOD | holdout(bias=None), LEVEL, **LIMITS).to_json()
    checks = [c["check"] for c in decision["checks"]]
    assert decision["passed"] is False
    assert "500, at least 100" in checks[0]
    assert "the best baseline (rate) 0.0200" in checks[1]
    assert "bias missing, between 0.80 and 1.25" in checks[2]
    assert "0.8000, between 0.65 and 0.92" in checks[3]
    assert "the champion (version 3) -0.0020, 95 % interval -0.0100 to 0.0060" in checks[4]
