"""Drift: the newest customers beside those that the champion was made for, and what came true."""

import logging
from datetime import date, timedelta
from typing import Any

import ibis.expr.types as ir
from ibis.backends.sql import SQLBackend
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from stages.adapters import aliases, config, dvc, engine, origin, raw, registry
from stages.adapters.evidently_report import report as evidently
from stages.adapters.files import write_bytes, write_json
from stages.adapters.logs import stage
from stages.adapters.paths import REPORTS
from stages.adapters.sides import side
from stages.domain import cutoffs, scoring
from stages.domain.calibration import covered
from stages.domain.drift import drift
from stages.domain.errors import UserError
from stages.domain.features import daily, targets
from stages.domain.model import Model

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write reports/drift.json and drift.html, and log both to the champion's MLflow run."""
    params, client = config.load(), registry.connect()
    champion = aliases.find(client, "champion")
    if champion is None:
        log.info("there is no champion yet to hold the data against")
        return
    model = registry.model(champion)
    backend = engine.connect(**params.engine)
    now = engine.read(backend, raw.TRANSACTIONS)
    history = cutoffs.history(backend, now)
    reference = side(backend, _former(backend, now, champion), model, model.as_of)
    if reference.features.empty:
        log.warning("nobody of today's data was there at %s: nothing to compare", model.as_of)
        (REPORTS / "drift.json").unlink(missing_ok=True)
        return
    current = side(backend, now, model, history.latest)
    found = drift(model, reference, current, params.policy, params.seed)
    realised = [
        past
        for version, own in _models(client, champion, model)
        if (past := _realised(version, own, backend, now, history.latest)) is not None
    ]
    columns = list(model.columns)
    page = evidently(current.features[columns], reference.features[columns], params.seed)
    write_bytes(REPORTS / "drift.html", page)
    report = {
        "champion": str(champion.version),
        "reference": model.as_of.isoformat(),
        "current": history.latest.isoformat(),
        "drift": any(f.fires for f in found),
        "findings": [vars(f) | {"fires": f.fires} for f in found],
        "realised": realised,
    }
    write_json(REPORTS / "drift.json", report)
    fired = [f for f in found if f.fires]
    tag = "; ".join(f.sentence for f in fired) or "none"
    registry.note(
        client, champion, {"drift": tag}, [REPORTS / "drift.json", REPORTS / "drift.html"]
    )
    for finding in fired or found[:1]:
        log.info("%s: %s", "drift" if finding.fires else "no drift; nearest", finding.sentence)
    for past in realised:
        log.info("version %(version)s: coverage %(coverage).3f, bias %(bias).3f since", past)


def _former(backend: SQLBackend, now: ir.Table, champion: ModelVersion) -> ir.Table:
    """The transactions that the champion was made from; those of now where they are gone."""
    try:
        files = dvc.transactions_of(champion.tags.get("data", ""))
        return engine.read(backend, files)
    except UserError as error:
        log.warning("%s; today's data before the champion's date stand in for it", error)
        return now


def _models(
    client: MlflowClient, champion: ModelVersion, model: Model
) -> list[tuple[ModelVersion, Model]]:
    """The champion and the one before it, where that is of this source and still loads."""
    found = [(champion, model)]
    try:
        former = aliases.former(client, champion)
        if former and origin.source_of(client, former) == origin.source_of(client, champion):
            found.append((former, registry.model(former)))
    except UserError as error:
        log.warning("%s; its forecast is not held against what came", error)
    return found


def _realised(
    version: ModelVersion, model: Model, backend: SQLBackend, now: ir.Table, latest: date
) -> dict[str, Any] | None:
    """How a version's forecast came true; None where its horizon has not passed."""
    horizon = model.spec.horizon
    if model.as_of + timedelta(days=horizon) > latest:
        return None
    scores = scoring.score(backend, now, model, model.as_of)
    if scores.empty:  # data of another time, or of another source
        return None
    came = backend.to_pandas(targets(daily(now, model.spec), [model.as_of], horizon, horizon))
    actual = came.set_index("customer_id")["target"].reindex(scores["customer_id"]).fillna(0.0)
    return {
        "version": str(version.version),
        "as_of": model.as_of.isoformat(),
        "customers": len(scores),
        "coverage": float(covered(actual.to_numpy(), scores).mean()),
        "zeros": float((actual == 0).mean()),
        "bias": float(scores["expected_spend"].sum() / max(actual.sum(), 0.01)),
    }


if __name__ == "__main__":
    main()
