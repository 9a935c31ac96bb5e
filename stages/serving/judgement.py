"""The gate at work: the challenger's holdout, beside the champion on the same customers."""

import logging
from datetime import timedelta
from typing import Any

import mlflow
import numpy as np
from mlflow.entities.model_registry import ModelVersion
from omegaconf import DictConfig

from stages.adapters import aliases, config, engine, frames, models, origin, raw, registry
from stages.adapters.files import read_json, write_json
from stages.adapters.paths import MODELS, REPORTS
from stages.domain import ranking, scoring
from stages.domain.errors import UserError
from stages.domain.gate import Decision, decide
from stages.domain.model import Model

log = logging.getLogger(__name__)
REPORT = REPORTS / "gate.json"


def judge(client: mlflow.MlflowClient, challenger: ModelVersion, params: DictConfig) -> Decision:
    """Decide on `challenger`, the version of the result on disk; write and log the decision."""
    champion = aliases.find(client, "champion")
    report = read_json(REPORTS / "metrics.json")
    # The champion's own result, registered again because its files were lost, is no other model.
    same = champion is None or champion.tags[registry.CONTENT] == challenger.tags[registry.CONTENT]
    gain = None if champion is None or same else _gain(client, champion, params)
    decision = decide(report, gain, **params.gate)
    for check, passed in decision.checks:
        log.info("%s %s", "pass" if passed else "FAIL", check)
    judged = {"version": str(challenger.version), "content": challenger.tags[registry.CONTENT]}
    write_json(REPORT, judged | decision.to_json() | {"against": gain})
    registry.note(client, challenger, {"gate": "passed" if decision.passed else "failed"}, [REPORT])
    return decision


def _gain(
    client: mlflow.MlflowClient, champion: ModelVersion, params: DictConfig
) -> dict[str, Any] | None:
    """The challenger's gain in Gini over `champion`; empty, which fails, where it is not known."""
    name = f"version {champion.version}"
    try:
        theirs = registry.load(champion).unwrap_python_model().holdout
        ours = models.load(MODELS / "holdout")
        alike = (
            origin.may_be_of(client, champion, params.source)
            and theirs.spec.horizon == ours.spec.horizon
            and set(theirs.spec.kinds) == set(ours.spec.kinds)
        )
        if not alike:
            log.info("the champion has another source, horizon or target: it is not compared")
            return None
        return {"over": name} | _paired(ours, theirs, params)
    except Exception as error:
        why = error if isinstance(error, UserError) else type(error).__name__
        log.warning("the champion, %s, cannot be judged: %s", name, why)
        log.info("why it cannot", exc_info=True)  # a traceback is for the file alone
        return {"over": name}


def _paired(ours: Model, theirs: Model, params: DictConfig) -> dict[str, float]:
    """Both models on the holdout; the champion's saw nothing after its own holdout's cutoff."""
    plan = frames.plan(config.spec(params))
    rows = frames.read([], plan.cutoff, params.most_rows)
    backend = engine.connect(**params.engine)
    transactions = engine.read(backend, raw.TRANSACTIONS)
    other = scoring.score(backend, transactions, theirs, plan.cutoff).set_index("customer_id")
    if theirs.as_of > plan.cutoff + timedelta(days=1):
        log.warning("the champion has seen part of this holdout: it is judged with that advantage")
    forecast = other["expected_spend"].reindex(rows["customer_id"]).to_numpy(np.float64)
    if np.isnan(forecast).any():
        log.warning("data/raw and data/processed are not of one time: rebuild with `dvc repro`")
        return {}
    return ranking.gini_gain(
        rows["target"].to_numpy(),
        ours.score(rows)["expected_spend"].to_numpy(),
        forecast,
        params.evaluation.rounds,
        params.seed,
    )
