"""Style: how customers buy, whatever they spend; clusters of their habits, named by a lexicon."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from stages.domain.columns import stack

NUMBERS = (3, 4, 5)  # of styles to choose from
ROUNDS = 5  # of the bootstrap that chooses
MOST_ROWS = 5_000  # that the clusters are found on
FARTHEST = 3.0  # standard deviations: an outlier counts as so far away
ALIKE = 1.0  # standard deviations between centres, at most, for a style to be the former one
ONE = "One style"

# Habit: its word where a style has more of it than most, and where it has less.
LEXICON = {
    "discount_share": ("price-minded", "full-price"),
    "promotion_share": ("promotion-led", "promotion-averse"),
    "variety": ("exploring", "settled"),
    "loyalty": ("loyal", "many-shop"),
    "evening_share": ("evening", "daytime"),
    "weekend_share": ("weekend", "weekday"),
    "cash_share": ("cash", "cashless"),
}


@dataclass(frozen=True)
class Styles:
    """Centres of habits, in standard deviations from the mean customer, and their names."""

    columns: tuple[str, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    centres: tuple[tuple[float, ...], ...]
    names: tuple[str, ...]

    @classmethod
    @threadpool_limits.wrap(limits=1)
    def fit(cls, features: pd.DataFrame, seed: int) -> Self:
        """Find 3 to 5 styles in rows of features; the number is the most stable under resampling.

        One style where hardly any habits differ, or there are hardly any customers.
        """
        habits = features[[c for c in LEXICON if c in features and features[c].std() > 1e-9]]
        mean, deviation = habits.mean(), habits.std()
        if habits.shape[1] == 0 or len(habits) < 10 * max(NUMBERS):
            return cls((), (), (), ((),), (ONE,))
        rng = np.random.default_rng(seed)
        some = rng.permutation(len(habits))[:MOST_ROWS]
        z = _standard(habits.to_numpy()[some], mean.to_numpy(), deviation.to_numpy())
        different = len(np.unique(z, axis=0))
        if different < max(NUMBERS):
            return cls((), (), (), ((),), (ONE,))
        best = max(NUMBERS, key=lambda k: _stability(z, k, rng))
        centres = KMeans(best, n_init=5, random_state=seed).fit(z).cluster_centers_
        order = np.lexsort(centres.T[::-1])
        centres = centres[order]
        return cls(
            tuple(habits.columns),
            tuple(mean.tolist()),
            tuple(deviation.tolist()),
            tuple(map(tuple, centres.tolist())),
            _names(tuple(habits.columns), centres),
        )

    def of(self, features: Mapping[str, NDArray[np.float64]]) -> NDArray[np.object_]:
        """The name of each one's style [n], from their features [n]: that of the nearest centre."""
        if not self.columns:
            return np.full(len(features[next(iter(features))]), self.names[0], dtype=object)
        values = stack(features, self.columns)
        z = _standard(values, np.array(self.mean), np.array(self.deviation))
        distance = ((z[:, np.newaxis, :] - np.array(self.centres)) ** 2).sum(axis=2)
        return np.array(self.names, dtype=object)[distance.argmin(axis=1)]

    def matched(self, former: "Styles") -> "Styles":
        """These styles under the names of those of `former` that they continue.

        Centres are paired so that all pairs together are nearest (Kuhn, 1955); a pair farther
        apart than a standard deviation a habit is no continuation.
        """
        if self.columns != former.columns or not self.columns:
            return self
        mean, deviation = np.array(former.mean), np.array(former.deviation)
        ours = np.array(self.centres) * np.array(self.deviation) + np.array(self.mean)
        ours = (ours - mean) / deviation
        apart = np.sqrt(((ours[:, np.newaxis] - np.array(former.centres)) ** 2).mean(axis=2))
        names: dict[int, str] = {
            i: former.names[j]
            for i, j in zip(*linear_sum_assignment(apart), strict=True)
            if apart[i, j] <= ALIKE
        }
        for i, name in enumerate(self.names):
            while i not in names and name in names.values():
                name += " (new)"
            names.setdefault(i, name)
        return replace(self, names=tuple(names[i] for i in range(len(self.names))))


def _standard(values: NDArray, mean: NDArray, deviation: NDArray) -> NDArray[np.float64]:
    return ((values - mean) / deviation).clip(-FARTHEST, FARTHEST)


def _stability(z: NDArray[np.float64], k: int, rng: np.random.Generator) -> float:
    """Mean adjusted Rand index between the clusters of all rows and those of resamples."""

    def labels(rows: NDArray[np.float64]) -> NDArray[np.int32]:
        return KMeans(k, n_init=1, random_state=0).fit(rows).predict(z)

    whole = labels(z)
    draws = (rng.integers(0, len(z), len(z)) for _ in range(ROUNDS))
    return float(np.mean([adjusted_rand_score(whole, labels(z[draw])) for draw in draws]))


def _names(columns: Sequence[str], centres: NDArray[np.float64]) -> tuple[str, ...]:
    """A name for each centre from its most distinctive habits: two, or more to tell them apart."""
    words = [
        [LEXICON[columns[j]][0 if centre[j] > 0 else 1] for j in np.argsort(-np.abs(centre))]
        for centre in centres
    ]
    for length in range(min(2, len(columns)), len(columns) + 1):
        names = [" · ".join(w[:length]).capitalize() for w in words]
        if len(set(names)) == len(names):
            return tuple(names)
    return tuple(f"{name} {number}" for number, name in enumerate(names, 1))
