"""What many customers are expected to spend together, with its 80 % interval."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stages.domain.styles import UNKNOWN

OWN = 1.2816  # standard deviations to either side that hold 80 % of a normal sum


@dataclass(frozen=True)
class Total:
    """Money over the horizon; `low` and `high` are None where the level's error is not known."""

    expected: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Totals:
    """What a model knows of the errors of its expectations."""

    band: float | None  # of the level, which all customers share; see level.py
    edges: Sequence[float]  # money: the lower ends of all bins of expected spend but the first
    deviation: Sequence[float]  # of a customer's spend over its expectation, in each bin
    newcomers: float = 0.0  # the same of customers without history

    def of(self, scores: pd.DataFrame) -> Total:
        """The total of `scores` (expected_spend, style).

        Two errors are squared and added on either side, as by Zou and Donner (2008, Statistics in
        Medicine 27): each customer's own, independent of the next one's, and the level's, which
        all share. Many customers even out the first and never the second. The band is taken
        whole, two standard deviations: the totals that it was learnt from are few, and overlap.
        """
        each = scores["expected_spend"].to_numpy(np.float64)
        expected = float(each.sum())
        if self.band is None:
            return Total(expected, None, None)
        deviation = np.take(self.deviation, np.searchsorted(self.edges, each, side="right"))
        deviation = np.where(scores["style"] == UNKNOWN, self.newcomers, deviation)
        own = OWN * np.sqrt(((each * deviation) ** 2).sum())
        low = expected - np.hypot(own, expected * (1 - np.exp(-self.band)))
        high = expected + np.hypot(own, expected * (np.exp(self.band) - 1))
        return Total(expected, max(0.0, float(low)), float(high))
