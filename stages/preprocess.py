"""Preprocess: raw transactions become features and targets at every cutoff."""

import logging

import pyarrow as pa

from stages.adapters import config, engine, raw
from stages.adapters.files import write_json, write_parquet
from stages.adapters.logs import stage
from stages.adapters.paths import PROCESSED
from stages.domain import cutoffs, frame
from stages.domain.features import daily, features, targets

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Write data/processed/: the frame and its plan of cutoffs."""
    params = config.load()
    spec = config.spec(params)
    backend = engine.connect(**params.engine)
    transactions = engine.read(backend, raw.TRANSACTIONS)
    days = backend.create_table("daily", daily(transactions, spec), temp=True)
    first, newest = (
        backend.to_pyarrow(days.aggregate(f=days.day.min(), n=days.day.max()))
        .to_pylist()[0]
        .values()
    )
    plan = cutoffs.plan(
        first, newest, spec.horizon, config.day(params, "as_of"), config.day(params, "cutoff")
    )
    rows = frame.join(
        backend.to_pandas(features(days, plan.all, spec)),
        backend.to_pandas(targets(days, plan.complete, spec.horizon)),
        plan.complete,
    )
    rows["cutoff"] = rows["cutoff"].astype("datetime64[s]")
    rows = frame.validate(rows)
    names = frame.feature_columns(rows)
    write_parquet(PROCESSED / "frame.parquet", pa.Table.from_pandas(rows, preserve_index=False))
    write_json(PROCESSED / "plan.json", plan.to_json())
    log.info(
        "%d rows at %d cutoffs, %d features; holdout cutoff %s, as of %s",
        len(rows),
        len(plan.all),
        len(names),
        plan.cutoff,
        plan.as_of,
        extra={"rows": len(rows), "features": len(names)},
    )


if __name__ == "__main__":
    main()
