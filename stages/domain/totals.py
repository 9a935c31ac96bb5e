"""What many customers are expected to spend together, with its 80 % interval."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

# A model's `band` is two standard deviations of the log of the total; this many make 80 %.
OF_BAND = 1.2816 / 2


@dataclass(frozen=True)
class Total:
    """Money over the horizon; `low` and `high` are None where the level's error is not known."""

    customers: int
    expected: float
    low: float | None
    high: float | None


def total(scores: pd.DataFrame, band: float | None) -> Total:
    """The total of `scores` (expected_spend, low, high) by a model with `band`; see level.py.

    Two errors are squared and added on either side, as by Zou and Donner (2008, Statistics in
    Medicine 27): each customer's own, independent of the next one's, and the level's, which all
    share. Many customers even out the first and never the second: it is most of the interval.
    """
    expected = float(scores["expected_spend"].sum())
    if band is None:
        return Total(len(scores), expected, None, None)
    own_low = float(((scores["expected_spend"] - scores["low"]) ** 2).sum())
    own_high = float(((scores["high"] - scores["expected_spend"]) ** 2).sum())
    level_low = expected * (1 - np.exp(-OF_BAND * band))
    level_high = expected * (np.exp(OF_BAND * band) - 1)
    low = expected - np.sqrt(own_low + level_low**2)
    high = expected + np.sqrt(own_high + level_high**2)
    return Total(len(scores), expected, max(0.0, float(low)), float(high))
