"""Fit the capability model on the frame, and freeze its ranking."""

from collections.abc import Sequence
from datetime import date

import pandas as pd

from stages.domain import frame
from stages.domain.capability import CapabilityRegressor
from stages.domain.features import usable
from stages.domain.inference import scorer
from stages.domain.model import Model
from stages.domain.portable import to_onnx
from stages.domain.spec import Spec
from stages.domain.tiers import Ranking


def fit(
    rows: pd.DataFrame,
    cutoffs: Sequence[date],
    as_of: date,
    first: date,
    spec: Spec,
    regressor: CapabilityRegressor,
    shares: Sequence[float],
) -> Model:
    """Fit on the rows of `cutoffs`, stacked; rank by the capabilities at `as_of`.

    `rows` is the frame; `first` is the day of the oldest transaction, which tells what windows
    exist at every cutoff; `shares` are the shares of customers below each tier but the lowest.
    """
    past = frame.at(rows, cutoffs)
    columns = usable(frame.feature_columns(rows), (min(cutoffs) - first).days)
    regressor.fit(past[columns].to_numpy(), past["target"].to_numpy())
    ensemble = to_onnx(regressor, columns)
    capability = scorer(ensemble)(frame.at(rows, [as_of])[columns].to_numpy())
    return Model(as_of, spec, tuple(columns), Ranking.freeze(capability, tuple(shares)), ensemble)
