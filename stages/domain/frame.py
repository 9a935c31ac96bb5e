"""The training frame: features and target of every customer at every cutoff."""

from collections.abc import Sequence
from datetime import date

import pandas as pd
import pandera.errors
import pandera.pandas as pa

from stages.domain.catalogue import feature
from stages.domain.errors import UserError

IDENTITY = ("customer_id", "cutoff", "target")


def feature_columns(frame: pd.DataFrame) -> list[str]:
    """The columns of `frame` that are features."""
    return [c for c in frame.columns if c not in IDENTITY]


def join(features: pd.DataFrame, targets: pd.DataFrame, complete: Sequence[date]) -> pd.DataFrame:
    """Give each row of `features` its `target`: 0 without spend, null where the future is open.

    `complete` are the cutoffs whose whole horizon lies in the data.
    """
    frame = features.merge(targets, on=["cutoff", "customer_id"], how="left")
    known = pd.to_datetime(frame["cutoff"]).isin(pd.to_datetime(list(complete)))
    frame["target"] = frame["target"].fillna(0.0).where(known)
    frame["cutoff"] = frame["cutoff"].astype("datetime64[s]")
    return frame.sort_values(["cutoff", "customer_id"], ignore_index=True)


def contract(features: Sequence[str]) -> pa.DataFrameSchema:
    """What preprocess promises: finite features, one row a customer and cutoff, no target < 0."""
    finite = pa.Check(lambda s: s.abs() < float("inf"), error="is not finite")
    columns = {name: pa.Column(float, finite) for name in features}
    columns["customer_id"] = pa.Column(str)
    columns["cutoff"] = pa.Column("datetime64[s]")
    columns["target"] = pa.Column(float, pa.Check.ge(0), nullable=True)
    return pa.DataFrameSchema(columns, strict=True, unique=["customer_id", "cutoff"])


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
