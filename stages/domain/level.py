"""The level: what the total of all expected spend is corrected by, and how far it may be off."""

import numpy as np

FEWEST_TOTALS = 3  # for a standard deviation worth telling
WEIGHT = 0.5  # half way, on the log scale, from what was learnt to what was last seen


def level(expected: np.ndarray, last_horizon: np.ndarray) -> float:
    """The factor for `expected` [n], money: the square root of (total last seen / total expected).

    `last_horizon` [n] is each customer's rate of spend in the last horizon, which scales newcomers
    up; below 0 it counts as nothing. 1 where either total is nothing.
    """
    total, last = float(expected.sum()), float(last_horizon.clip(min=0).sum())
    return float((last / total) ** WEIGHT) if total > 0 and last > 0 else 1.0


def band(actual: np.ndarray, expected: np.ndarray) -> float | None:
    """Two standard deviations of log(actual / expected) over totals of cutoffs left out [c].

    A season that a history of less than a year cannot know shows here. None below three cutoffs.
    """
    known = (actual > 0) & (expected > 0)
    if known.sum() < FEWEST_TOTALS:
        return None
    return float(2 * np.std(np.log(actual[known] / expected[known]), ddof=1))
