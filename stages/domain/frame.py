"""The training frame: features and target of every customer at every cutoff."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
import pandas as pd
import pandera.errors
import pandera.pandas as checks
import pyarrow as pa

from stages.domain.catalogue import feature
from stages.domain.cutoffs import Plan
from stages.domain.errors import UserError
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


def checked(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches of the frame, ordered by cutoff and customer, each held to the contract."""
    last: list[pa.Table] = []
    for batch in batches:
        table = pa.Table.from_batches([batch]).cast(schema(batch.schema.names))
        validate(pa.concat_tables([*last, table]).to_pandas())  # with the row before: none twice
        last = [table.slice(table.num_rows - 1)]
        yield from table.combine_chunks().to_batches()


def contract(features: Sequence[str]) -> checks.DataFrameSchema:
    """What preprocess promises: finite features, one row a customer and cutoff, no target < 0."""
    finite = checks.Check(lambda s: s.abs() < float("inf"), error="is not finite")
    columns = {name: checks.Column(float, finite) for name in features}
    columns["customer_id"] = checks.Column(str)
    columns["cutoff"] = checks.Column("datetime64[s]")
    columns["target"] = checks.Column(float, checks.Check.ge(0), nullable=True)
    return checks.DataFrameSchema(columns, strict=True, unique=["customer_id", "cutoff"])


def validate(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` if it keeps its contract; UserError, without any row, if it does not.

    A column that the catalogue does not have, such as a protected attribute, is a KeyError.
    """
    for name in feature_columns(frame):
        feature(name)
    try:
        return contract(feature_columns(frame)).validate(frame)
    except pandera.errors.SchemaError as error:
        raise UserError(
            f"the features break their contract ({error.reason_code.name}: "
            f"{error.schema.name or 'the frame'}): look at the rows in data/raw"
        ) from error


def at(frame: pd.DataFrame, cutoffs: Sequence[date]) -> pd.DataFrame:
    """The rows of `frame` at `cutoffs`."""
    return frame[frame["cutoff"].isin(pd.to_datetime(list(cutoffs)))].reset_index(drop=True)
