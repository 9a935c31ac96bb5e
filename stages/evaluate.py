"""Evaluate: the holdout model against the baselines, strictly out of time."""

import logging

import pandas as pd

from stages.adapters import config, models, plots
from stages.adapters.files import read_json, write_bytes, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import MODELS, PROCESSED, REPORTS
from stages.domain import frame, metrics
from stages.domain.baselines import baselines
from stages.domain.cutoffs import Plan

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write reports/: metrics.json and the data of the plots."""
    params = config.load()
    plan = Plan.from_json(read_json(PROCESSED / "plan.json"))
    rows = frame.at(pd.read_parquet(PROCESSED / "frame.parquet"), [plan.cutoff])
    actual = rows["target"].to_numpy()
    predicted = models.load(MODELS / "holdout").score(rows)["expected_spend"].to_numpy()
    simple = baselines(rows, params.horizon, params.features.shortest_tenure)
    report = metrics.report(actual, predicted, simple, params.evaluation.rounds, params.seed)
    context = {
        "source": params.source.name,
        "customers": len(rows),
        "as_of": plan.as_of.isoformat(),
        "cutoff": plan.cutoff.isoformat(),
        "horizon": params.horizon,
    }
    write_json(REPORTS / "metrics.json", context | report)
    tables = {
        "calibration": metrics.calibration(actual, predicted),
        "gain": metrics.cumulative_gain(actual, {"model": predicted, **simple}),
    }
    for name, table in tables.items():
        write_bytes(REPORTS / f"{name}.csv", table.to_csv(index=False).encode())
    write_bytes(REPORTS / "result.svg", plots.result(**tables))
    log.info("%s", metrics.headline(report), extra={"customers": len(rows)})


if __name__ == "__main__":
    main()
