"""What Jenkins shows of a retrain says who is champion and why it was made."""

import pytest

from stages.domain.build_summary import headline, paragraph

METRICS = {
    "customers": 2469,
    "holdout": {"gini": 0.869, "bias": 0.993},
    "gain": {"over": "last_horizon", "gini": 0.0124},
}
FIGURES = "Gini 0.869, +0.012 to last_horizon, bias 0.99, 2,469 customers"


def test_a_new_champion_is_named_with_its_figures_its_reasons_and_its_run():
    said = paragraph(["new data", "drift"], METRICS, "4", "4", "http://mlflow/run")
    assert said == (
        f"Retrained because: new data; drift. Version 4 ({FIGURES}) is champion. "
        "Run: http://mlflow/run"
    )


def test_where_nobody_spent_in_the_holdout_the_figures_are_not_known():
    metrics = {"customers": 50, "holdout": {"gini": None, "bias": None}, "gain": {}}
    assert "Gini not known, not known to any baseline, bias not known, 50" in paragraph(
        [], metrics, "4", "3", "run"
    )


def test_a_challenger_that_was_not_promoted_names_the_champion():
    said = paragraph(["new data"], METRICS, "4", "3", "run")
    assert f"Version 4 ({FIGURES}) did not become champion; version 3 stays." in said
    first = paragraph(["new data"], METRICS, "1", None, "run")
    assert "did not become champion; there is no champion yet." in first


def test_a_rebuild_that_failed_still_says_who_is_champion():
    said = paragraph([], {}, None, "3", None)
    assert said == "Retrained by hand. No result was tracked; version 3 is champion."


def test_before_the_first_champion_there_is_none():
    assert paragraph(["new data"], {}, None, None, None).endswith("there is no champion yet.")


@pytest.mark.parametrize(("gini", "said"), [(0.02, "0.0200 above"), (-0.005, "0.0050 BELOW")])
def test_the_headline_says_on_which_side_of_the_simple_forecast_it_is(gini, said):
    gain = {"over": "rate", "gini": gini, "low": -0.01, "high": 0.03}
    report = {"holdout": {"gini": 0.8}, "gain": gain}
    assert f"Gini 0.8000, {said} rate" in headline(report)
