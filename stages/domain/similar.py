"""Similar customers: those whose habits lie nearest."""

import numpy as np
import pandas as pd

from stages.domain.styles import FARTHEST


def nearest(features: pd.DataFrame, customer: int, most: int) -> pd.DataFrame:
    """The `most` rows nearest to row number `customer`, nearest first.

    `features` [n, f] are numbers, null where unknown, which counts as average. Habits are compared
    as standardised signed logs, so that no unit weighs more than another. Returns `place`, the
    row's number, and `distance`, in standard deviations of a typical habit (root mean square).
    """
    values = features.to_numpy(np.float64)
    values = np.sign(values) * np.log1p(np.abs(values))
    deviation = np.nanstd(values, axis=0)
    varied = deviation > 0
    z = (values[:, varied] - np.nanmean(values[:, varied], axis=0)) / deviation[varied]
    z = np.nan_to_num(z).clip(-FARTHEST, FARTHEST)
    distance = np.sqrt(((z - z[customer]) ** 2).mean(axis=1)) if varied.any() else np.zeros(len(z))
    distance[customer] = np.inf
    place = np.argsort(distance, kind="stable")[: min(most, len(z) - 1)]
    return pd.DataFrame({"place": place, "distance": distance[place]})
