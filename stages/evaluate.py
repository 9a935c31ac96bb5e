"""Evaluate: the holdout model against the baselines, strictly out of time."""

import logging

import pandas as pd

from stages.adapters import config, frames, models, plots, raw
from stages.adapters.evidently_report import report as evidently
from stages.adapters.files import write_bytes, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import MODELS, REPORTS
from stages.adapters.recipes import recipe
from stages.domain import calibration, cards, frame, metrics, ranking
from stages.domain.ablation import ablation
from stages.domain.audit import attributes, fairness
from stages.domain.baselines import baselines
from stages.domain.build_summary import headline

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write reports/: metrics, the data of the plots, fairness, the cards, Evidently's page."""
    params = config.load()
    made = recipe(params)
    plan = frames.plan(made.spec)
    rows = frames.read(plan.training, plan.cutoff, params.most_rows)
    past, held = frame.at(rows, plan.training), frame.at(rows, [plan.cutoff])
    customers = pd.read_parquet(raw.CUSTOMERS)
    groups = attributes(customers)
    model = models.load(MODELS / "holdout")
    columns, actual, scores = list(model.columns), held["target"].to_numpy(), model.score(held)
    simple = baselines(held, plan.spec(made.spec))
    rounds, seed = params.evaluation.rounds, params.seed
    found = metrics.report(actual, scores, simple, rounds, seed)
    report = {
        "source": params.source.name,
        "customers": len(held),
        "as_of": plan.as_of.isoformat(),
        "cutoff": plan.cutoff.isoformat(),
        "horizon": params.horizon,
        "target_days": plan.target_days,
        **found,
        "ablation": ablation(made.regressor, past, held, columns, groups, rounds, seed),
    }
    tables = {
        "calibration": calibration.by_decile(actual, scores),
        "gain": ranking.cumulative_gain(actual, {"model": scores["expected_spend"], **simple}),
    }
    fair = fairness(actual, scores, groups)
    for name, table in {**tables, "fairness": fair}.items():
        write_bytes(REPORTS / f"{name}.csv", table.to_csv(index=False).encode())
    write_bytes(REPORTS / "result.svg", plots.result(**tables))
    model_card = cards.model_card(report, model.description(), fair)
    write_bytes(REPORTS / "model-card.md", model_card.encode())
    data_card = cards.data_card(report, raw.manifest(), customers)
    write_bytes(REPORTS / "data-card.md", data_card.encode())
    newest = frame.at(rows, plan.training[:1])
    current, reference = (
        side[[*columns, "target"]].assign(prediction=model.score(side)["expected_spend"])
        for side in (held, newest)
    )
    write_bytes(REPORTS / "evidently.html", evidently(current, reference, seed))
    write_json(REPORTS / "metrics.json", report)
    log.info("%s", headline(report), extra={"customers": len(held)})


if __name__ == "__main__":
    main()
