"""Style: how customers buy, whatever they spend: the nearest of some named clusters of habits.

domain/style_fitting.py finds and names them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from stages.domain.columns import stack

UNKNOWN = "Unknown"  # style of a customer without history
NO_SPEND = "No spend yet"  # of one whose transactions are income or fees
FARTHEST = 3.0  # standard deviations: an outlier counts as so far away


@dataclass(frozen=True)
class Styles:
    """Centres of habits, in standard deviations from the mean customer, and their names."""

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]

    def of(self, features: Mapping[str, NDArray[np.float64]]) -> NDArray[np.object_]:
        """The name of each one's style [n], from their features [n]: that of the nearest centre."""
        named = self._nearest(features)
        return np.where(features["ticket_largest"] <= 0, NO_SPEND, named).astype(object)

    def _nearest(self, features: Mapping[str, NDArray[np.float64]]) -> NDArray[np.object_]:
        if not self.columns:
            return np.full(len(features["tenure"]), self.names[0], dtype=object)
        values = stack(features, self.columns)
        mean, deviation, centres, names = self._arrays
        z = standard(values, mean, deviation)
        distance = ((z[:, np.newaxis, :] - centres) ** 2).sum(axis=2)
        return names[distance.argmin(axis=1)]

    @cached_property
    def _arrays(self) -> tuple[NDArray, NDArray, NDArray, NDArray[np.object_]]:
        centres, names = np.array(self.centres), np.array(self.names, dtype=object)
        return np.array(self.mean), np.array(self.deviation), centres, names


def standard(values: NDArray, mean: NDArray, deviation: NDArray) -> NDArray[np.float64]:
    """Values [n, c] in standard deviations from the mean, outliers drawn in."""
    return ((values - mean) / deviation).clip(-FARTHEST, FARTHEST)
