"""The training frame: features and target of every customer at every cutoff."""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from stages.domain.cutoffs import Plan
from stages.domain.features import CLOCK, features, targets
from stages.domain.spec import Spec

IDENTITY = ("customer_id", "cutoff", "target")


def feature_columns(frame: pd.DataFrame) -> list[str]:
    """The columns of `frame` that are features."""
    return [c for c in frame.columns if c not in IDENTITY]


def join(past: ir.Table, future: ir.Table, complete: Sequence[date]) -> ir.Table:
    """Give each row of `past` its `target` of `future`: 0 without spend, null where it is open.

    `past` has the features, `future` the targets; `complete` are the cutoffs whose whole horizon
    lies in the data.
    """
    both = past.left_join(future, ["cutoff", "customer_id"])
    known = past.cutoff.isin(list(complete))
    spend = future.target.fill_null(0.0)
    return both.select(past, target=ibis.ifelse(known, spend, ibis.null("float64")))


def rows(daily: ir.Table, cutoffs: Sequence[date], plan: Plan, spec: Spec) -> ir.Table:
    """The frame at some `cutoffs` of `plan`, of the customers with the days `daily`."""
    trained, judged = ([c for c in cutoffs if c in some] for some in (plan.trained, [plan.cutoff]))
    future = targets(daily, trained, plan.target_days, spec.horizon).union(
        targets(daily, judged, spec.horizon, spec.horizon)
    )
    frame = join(features(daily, cutoffs, spec), future, [*trained, *judged])
    return frame.drop(*CLOCK) if plan.monthly else frame


def schema(names: Sequence[str]) -> pa.Schema:
    """The frame's columns in Arrow's types."""
    types = {"customer_id": pa.string(), "cutoff": pa.timestamp("s")}
    return pa.schema([(name, types.get(name, pa.float64())) for name in names])


def at(frame: pd.DataFrame, cutoffs: Sequence[date]) -> pd.DataFrame:
    """The rows of `frame` at `cutoffs`."""
    return frame[frame["cutoff"].isin(pd.to_datetime(list(cutoffs)))].reset_index(drop=True)
