"""The summary at the end of a run shows the figures beside the baselines."""

from datetime import date

import pyarrow as pa

from stages.domain.run_summary import summary

METRICS = {
    "cutoff": "2020-05-01",
    "horizon": 30,
    "holdout": {"gini": 0.87, "spearman": 0.83, "mae": 170.04, "bias": 0.99},
    "baselines": {"rate": {"gini": 0.85, "spearman": None, "mae": 180.0, "bias": 1.0}},
    "gain": {"over": "rate", "gini": 0.02},
}
SCORES = pa.table(
    {
        "expected_spend": [100.0, 50.5],
        "tier": ["Top", "Base"],
        "model_version": ["7", "7"],
        "as_of": [date(2020, 6, 1)] * 2,
    }
)


def test_it_shows_customers_the_model_beside_the_baselines_and_the_tiers():
    lines = summary(METRICS, {"rows": 1234}, SCORES).splitlines()
    assert "2 customers, 1,234 transactions" in lines
    assert any("version 7" in line for line in lines)
    assert [line.split() for line in lines if line.startswith(("  this", "  rate"))] == [
        ["this", "model", "0.870", "0.830", "170.0", "0.990"],
        ["rate", "0.850", "–", "180.0", "1.000"],
    ]
    assert any(line.split()[:2] == ["Middle", "0"] for line in lines)


def test_it_says_where_the_simple_forecast_does_as_well():
    worse = METRICS | {"gain": {"over": "rate", "gini": -0.005}}
    said = "It ranks these customers no better than the simple rate."
    assert said in summary(worse, {"rows": 1234}, SCORES)
    assert said not in summary(METRICS, {"rows": 1234}, SCORES)
