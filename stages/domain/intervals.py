"""The 80 % interval of a customer's spend: what customers of like expectation really spent."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

MOST_BINS = 20
FEWEST_ROWS = 150  # of a bin
TAIL = 0.1  # left out on either side; all of it above where so many spend nothing


@dataclass(frozen=True)
class Intervals:
    """Bins of expected spend; in each two ratios of spend to expectation, and how they spread."""

    edges: tuple[float, ...]  # money: the lower ends of all bins but the first
    low: tuple[float, ...]
    high: tuple[float, ...]
    deviation: tuple[float, ...]  # over expectation, as it adds up

    @classmethod
    def fit(cls, expected: np.ndarray, actual: np.ndarray) -> Self:
        """Learn from `expected` [n] of customers that the model had not seen, and their `actual`.

        At most 20 bins of like expectation with 150 rows or more, each with two percentiles of the
        ratio: see `tails`.
        """
        expected, actual = expected[expected > 0], actual[expected > 0]  # to nothing is no ratio
        if not len(expected):
            return cls((), (1.0,), (1.0,), (0.0,))
        cuts = _cuts(expected)
        place = np.searchsorted(cuts, expected, side="right")
        low, high, deviation = np.zeros((3, len(cuts) + 1))
        for number in range(len(cuts) + 1):
            forecast, spend = expected[place == number], actual[place == number]
            low[number], high[number] = np.quantile(spend / forecast, tails((spend == 0).mean()))
            deviation[number] = np.sqrt(((spend - forecast) ** 2).sum() / (forecast**2).sum())
        return cls(tuple(cuts), *(tuple(each.tolist()) for each in (low, high, deviation)))

    def of(self, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Low and high [n], money, of customers with `expected` [n]."""
        edges, low, high = self._arrays
        place = edges.searchsorted(expected, side="right")
        return expected * low[place], expected * high[place]

    @cached_property
    def _arrays(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return np.array(self.edges), np.array(self.low), np.array(self.high)


def tails(nothing: float) -> tuple[float, float]:
    """The quantiles that 80 % of spends lie between: 10 % and 90 %.

    Where a share of a tenth or more spent `nothing`: 0 and 80 %.
    """
    return (0, 1 - 2 * TAIL) if nothing >= TAIL else (TAIL, 1 - TAIL)


def _cuts(expected: np.ndarray) -> list[float]:
    """Where the bins part; ties, all in one bin, may leave fewer and wider ones."""
    bins = int(np.clip(len(expected) // FEWEST_ROWS, 1, MOST_BINS))
    cuts: list[float] = []
    taken = 0
    for cut in np.quantile(expected, np.linspace(0, 1, bins + 1)[1:-1]):
        below = int((expected < cut).sum())
        if min(below - taken, len(expected) - below) >= FEWEST_ROWS:
            cuts.append(float(cut))
            taken = below
    return cuts
