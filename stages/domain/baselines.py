"""The baselines: simple rules that a model has to beat."""

import numpy as np
import pandas as pd

# What people are told of the model and of each baseline.
LABELS = {"model": "this model", "last_horizon": "last horizon", "rate": "daily rate"}


def baselines(frame: pd.DataFrame, horizon: int, shortest_tenure: int) -> dict[str, np.ndarray]:
    """Forecasts of spend over the next `horizon` days, one value a row of `frame`.

    last_horizon: what the customer spent in the last horizon. rate: their daily rate over all
    their history, times the horizon. Both are never below 0.
    """
    observed = frame["tenure"].clip(lower=shortest_tenure).clip(upper=horizon)
    last = frame[f"spend_rate_{horizon}"] * observed / horizon
    return {
        "last_horizon": last.clip(lower=0).to_numpy(),
        "rate": frame["spend_rate"].clip(lower=0).to_numpy(),
    }
