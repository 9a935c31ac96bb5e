"""What knowing protected attributes would have changed; they are left out of the score."""

import numpy as np
import pandas as pd
from sklearn.base import clone

from stages.domain.capability import CapabilityRegressor
from stages.domain.ranking import gini_gain


def ablation(
    regressor: CapabilityRegressor,
    past: pd.DataFrame,
    held: pd.DataFrame,
    columns: list[str],
    groups: pd.DataFrame,
    rounds: int,
    seed: int,
) -> dict[str, float] | None:
    """Gain in Gini on `held` of a model that also sees `groups`, over the same one without.

    `past` and `held` are rows of the frame; `groups` has protected attributes, index customer_id.
    {gini, low, high}; None where nothing is known of anybody, or there is nothing to rank.
    """
    if groups.empty or groups.shape[1] == 0:
        return None
    known = pd.get_dummies(groups.fillna("unknown"), dtype=float)

    def table(rows: pd.DataFrame, protected: bool) -> np.ndarray:
        own = rows[columns].to_numpy()
        if not protected:
            return own
        return np.hstack([own, known.reindex(rows["customer_id"]).fillna(0.0).to_numpy()])

    with_them, without = (
        clone(regressor)
        .set_params(max_features=1.0)  # drawing among more would make another model by itself
        .fit(table(past, protected), past["target"].to_numpy())
        .predict(table(held, protected))
        for protected in (True, False)
    )
    return gini_gain(held["target"].to_numpy(), with_them, without, rounds, seed) or None
