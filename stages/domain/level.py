"""The level: what the total of all expected spend is corrected by, and how far it may be off."""

import numpy as np
import pandas as pd

FEWEST_TOTALS = 3  # for a standard deviation worth telling
WEIGHT = 0.5  # half way, on the log scale, from what was learnt to what was last seen


def level(expected: np.ndarray, last_horizon: np.ndarray, seen: np.ndarray) -> float:
    """The factor for `expected` [n], money: the square root of (total last seen / total expected).

    `last_horizon` [n] is what each customer spent in the last horizon, `seen` [n] the share of it,
    0 to 1, since their first transaction: newcomers are scaled up. 1 where either total is nothing.
    """
    total, last = float(expected.sum()), float((last_horizon / seen).sum())
    return float((last / total) ** WEIGHT) if total > 0 and last > 0 else 1.0


def last_horizon(
    frame: pd.DataFrame, horizon: int, shortest_tenure: int
) -> tuple[np.ndarray, np.ndarray]:
    """What each row of `frame` spent in the last horizon, not below 0, and the share seen of it."""
    seen = frame["tenure"].clip(shortest_tenure, horizon).to_numpy() / horizon
    rate = frame[f"spend_rate_{horizon}"].clip(lower=0).to_numpy()
    return rate * seen, seen


def band(actual: np.ndarray, expected: np.ndarray) -> float | None:
    """Two standard deviations of log(actual / expected) over totals of cutoffs left out [c].

    A season that a history of less than a year cannot know shows here. None below three cutoffs.
    """
    known = (actual > 0) & (expected > 0)
    if known.sum() < FEWEST_TOTALS:
        return None
    return float(2 * np.std(np.log(actual[known] / expected[known]), ddof=1))
