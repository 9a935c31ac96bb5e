"""Preprocess: raw transactions become features and targets at every cutoff."""

import logging

import pandas as pd
import pyarrow as pa

from stages.adapters import config, engine, raw
from stages.adapters.files import write_json, write_parquet
from stages.adapters.logs import stage
from stages.adapters.paths import PROCESSED
from stages.domain import cutoffs, frame
from stages.domain.features import CLOCK, daily, features, targets

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write data/processed/: the frame and its plan of cutoffs."""
    params = config.load()
    spec = config.spec(params)
    backend = engine.connect(**params.engine)
    days = backend.create_table(
        "daily", daily(engine.read(backend, raw.TRANSACTIONS), spec), temp=True
    )
    seen = days.aggregate(first=days.day.min(), newest=days.day.max(), days=days.day.nunique())
    history = cutoffs.History(**backend.to_pyarrow(seen).to_pylist()[0])
    plan = cutoffs.plan(
        history, spec.horizon, config.day(params, "as_of"), config.day(params, "cutoff")
    )
    trained = targets(days, plan.trained, plan.target_days, spec.horizon)
    judged = targets(days, [plan.cutoff], spec.horizon, spec.horizon)
    rows = frame.join(
        backend.to_pandas(features(days, plan.all, spec)),
        pd.concat([backend.to_pandas(trained), backend.to_pandas(judged)]),
        [*plan.trained, plan.cutoff],
    )
    if plan.monthly:
        rows = rows.drop(columns=list(CLOCK))
    rows = frame.validate(rows)
    write_parquet(PROCESSED / "frame.parquet", pa.Table.from_pandas(rows, preserve_index=False))
    write_json(PROCESSED / "plan.json", plan.to_json())
    log.info(
        "%d rows at %d cutoffs, %d features; holdout cutoff %s, as of %s",
        len(rows),
        len(plan.all),
        len(frame.feature_columns(rows)),
        plan.cutoff,
        plan.as_of,
        extra={"rows": len(rows)},
    )
    if plan.target_days < spec.horizon:
        log.warning(
            "the history is short: targets of %d days, scaled to the horizon of %d",
            plan.target_days,
            spec.horizon,
        )


if __name__ == "__main__":
    main()
