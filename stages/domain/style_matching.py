"""How styles keep their names from one model to the next."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from stages.domain.styles import Styles

ALIKE = 1.0  # standard deviations between centres, at most, for a style to be the former one


def matched(styles: Styles, former: Styles) -> Styles:
    """`styles` under the names of those of `former` that they continue.

    Centres are paired so that all pairs together are nearest (Kuhn, 1955); a pair farther
    apart than a standard deviation a habit is no continuation, nor one whose former centre was on
    the other side of the mean customer in what stood out most.
    """
    if styles.columns != former.columns or not styles.columns:
        return styles
    mean, deviation = np.array(former.mean), np.array(former.deviation)
    ours = np.array(styles.centres) * np.array(styles.deviation) + np.array(styles.mean)
    ours = (ours - mean) / deviation
    apart = np.sqrt(((ours[:, np.newaxis] - np.array(former.centres)) ** 2).mean(axis=2))
    names: dict[int, str] = {
        i: former.names[j]
        for i, j in zip(*linear_sum_assignment(apart), strict=True)
        if apart[i, j] <= ALIKE and _holds(ours[i], np.array(former.centres[j]))
    }
    for i, name in enumerate(styles.names):
        while i not in names and name in names.values():
            name += " (new)"
        names.setdefault(i, name)
    return replace(styles, names=tuple(names[i] for i in range(len(styles.names))))


def _holds(ours: NDArray[np.float64], former: NDArray[np.float64]) -> bool:
    """Whether what names the `former` centre [c], its two strongest habits, is still so."""
    named = np.argsort(-np.abs(former))[:2]
    return bool((ours[named] * former[named] > 0).all())
