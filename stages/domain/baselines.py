"""The baselines: simple rules that a model has to beat."""

import numpy as np
import pandas as pd

from stages.domain.spec import Spec

# What people are told of the model and of each baseline.
LABELS = {"model": "this model", "last_horizon": "last horizon", "rate": "daily rate"}


def spent(frame: pd.DataFrame, spec: Spec) -> pd.Series:
    """What each customer spent in the last horizon, never below 0: a rate over the days observed.

    One value a row of `frame`.
    """
    observed = (frame["tenure"] + spec.lead).clip(lower=spec.shortest_tenure)
    rate = frame[f"spend_rate_{spec.horizon}"]
    return (rate * observed.clip(upper=spec.horizon) / spec.horizon).clip(lower=0)


def baselines(frame: pd.DataFrame, spec: Spec) -> dict[str, np.ndarray]:
    """Forecasts of spend over the next horizon, one value a row of `frame`.

    last_horizon: what the customer spent in the last horizon. rate: their daily rate over all
    their history, times the horizon. Both are never below 0.
    """
    return {
        "last_horizon": spent(frame, spec).to_numpy(),
        "rate": frame["spend_rate"].clip(lower=0).to_numpy(),
    }
