"""How styles are found and named: clusters of customers' habits, and a lexicon."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from threadpoolctl import threadpool_limits

from stages.domain.styles import Styles, standard

NUMBERS = (3, 4, 5)  # of styles to choose from
ROUNDS = 5  # of the bootstrap that chooses
MOST_ROWS = 5_000  # that the clusters are found on
ONE = Styles((), (), (), ((),), ("One style",))

# Habit: its word where a style has more of it than most, and where it has less.
LEXICON = {
    "discount_share": ("more discounts", "fewer discounts"),
    "promotion_share": ("more promotions", "fewer promotions"),
    "variety": ("exploring", "settled"),
    "loyalty": ("loyal", "many-shop"),
    "evening_share": ("evening", "daytime"),
    "weekend_share": ("weekend", "weekday"),
    "cash_share": ("cash", "cashless"),
}


@threadpool_limits.wrap(limits=1)
def fit(features: pd.DataFrame, seed: int) -> Styles:
    """Find 3 to 5 styles in rows of features; the number is the most stable under resampling.

    One style where hardly any habits differ, or there are hardly any customers.
    """
    habits = features[[c for c in LEXICON if c in features and features[c].std() > 1e-9]]
    mean, deviation = habits.mean(), habits.std()
    if habits.shape[1] == 0 or len(habits) < 10 * max(NUMBERS):
        return ONE
    rng = np.random.default_rng(seed)
    some = rng.permutation(len(habits))[:MOST_ROWS]
    z = standard(habits.to_numpy()[some], mean.to_numpy(), deviation.to_numpy())
    different = len(np.unique(z, axis=0))
    if different < max(NUMBERS):
        return ONE
    best = max(NUMBERS, key=lambda k: _stability(z, k, rng))
    centres = KMeans(best, n_init=5, random_state=seed).fit(z).cluster_centers_
    order = np.lexsort(centres.T[::-1])
    centres = centres[order]
    return Styles(
        tuple(habits.columns),
        tuple(mean.tolist()),
        tuple(deviation.tolist()),
        tuple(map(tuple, centres.tolist())),
        _names(tuple(habits.columns), centres),
    )


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
