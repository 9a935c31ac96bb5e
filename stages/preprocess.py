"""Preprocess: raw transactions become features and targets at every cutoff."""

import logging
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir

from stages.adapters import config, engine, frames, raw
from stages.adapters.files import write_batches
from stages.adapters.logs import stage
from stages.domain import cutoffs, frame, frame_contract
from stages.domain.features import daily

log = logging.getLogger(__name__)
TOGETHER = 10  # cutoffs, of a part that is as large as parts may be


@stage
def main() -> None:
    """Write data/processed/: the frame and its plan of cutoffs."""
    params = config.load()
    spec = config.spec(params)
    backend = engine.connect(**params.engine)
    transactions = engine.read(backend, raw.TRANSACTIONS)
    frame_contract.check_stored(backend, transactions, datetime.now(UTC).date())
    history = cutoffs.history(backend, transactions)
    if history.strays:
        log.warning(
            "%d transactions lie months before or after all others, %s to %s: a wrong date?",
            history.strays,
            history.first,
            history.newest,
        )
    plan = cutoffs.plan(
        history, spec.horizon, config.day(params, "as_of"), config.day(params, "cutoff")
    )
    own, most = plan.spec(spec), params.engine.part_rows
    parts: list[ir.Table] = []
    for files in raw.parts(most):
        days = engine.keep(backend, "daily", daily(engine.read(backend, files), own))
        together = max(1, TOGETHER * most // raw.rows(files)) if most else len(plan.all)
        for at in range(0, len(plan.all), together):
            rows = frame.rows(days, plan.all[at : at + together], plan, own)
            parts.append(engine.keep(backend, f"frame_{len(parts)}", rows))
    rows = ibis.union(*parts).order_by("cutoff", "customer_id")
    count = write_batches(
        frames.FRAME,
        frame.schema(rows.columns),
        frame_contract.checked(engine.batches(backend, rows)),
    )
    frames.write_plan(plan, spec)
    log.info(
        "%d rows at %d cutoffs, %d features; holdout cutoff %s, as of %s",
        count,
        len(plan.all),
        len(rows.columns) - len(frame.IDENTITY),
        plan.cutoff,
        plan.as_of,
        extra={"rows": count},
    )
    if plan.target_days < spec.horizon:
        log.warning(
            "the history is short: targets of %d days, scaled to the horizon of %d",
            plan.target_days,
            spec.horizon,
        )


if __name__ == "__main__":
    main()
