"""The 80 % interval of a customer's spend: what customers of like expectation really spent."""

from dataclasses import dataclass
from typing import Self

import numpy as np

MOST_BINS = 20
FEWEST_ROWS = 150  # of a bin
TAIL = 0.1  # left out on either side; all of it above where so many spend nothing


@dataclass(frozen=True)
class Intervals:
    """Bins of expected spend, each with two ratios of spend to expectation."""

    edges: tuple[float, ...]  # money: the lower ends of all bins but the first
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def fit(cls, expected: np.ndarray, actual: np.ndarray) -> Self:
        """Learn from `expected` [n] of customers that the model had not seen, and their `actual`.

        At most 20 bins of like expectation with 150 rows or more, each with the 10th and 90th
        percentile of the ratio; where a tenth or more spent nothing, 0 and the 80th.
        """
        bins = int(np.clip(len(expected) // FEWEST_ROWS, 1, MOST_BINS))
        cuts = np.unique(np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]))
        place = np.searchsorted(cuts, expected, side="right")
        ratio = actual / np.maximum(expected, np.finfo(float).tiny)
        low, high = np.zeros(len(cuts) + 1), np.zeros(len(cuts) + 1)
        for number in range(len(cuts) + 1):
            inside = ratio[place == number]
            if not len(inside):  # ties put all of its rows into the next one
                inside = ratio
            some_spend_nothing = (inside == 0).mean() >= TAIL
            tails = (0, 1 - 2 * TAIL) if some_spend_nothing else (TAIL, 1 - TAIL)
            low[number], high[number] = np.quantile(inside, tails)
            if some_spend_nothing:
                low[number] = 0
        return cls(tuple(cuts.tolist()), tuple(low.tolist()), tuple(high.tolist()))

    def of(self, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high [n], money, of customers with `expected` [n]."""
        place = np.searchsorted(self.edges, expected, side="right")
        return expected * np.take(self.low, place), expected * np.take(self.high, place)
