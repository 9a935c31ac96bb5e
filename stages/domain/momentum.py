"""Momentum: whether a customer's habit grows, holds or fades; with the tier, the segment."""

from collections.abc import Mapping

import numpy as np

MOMENTA = ("fading", "steady", "growing")
EVERYBODY = "All customers"  # stands beside the segments in every report


def momentum(features: Mapping[str, np.ndarray], gaps: float, change: float) -> np.ndarray:
    """The name of each one's momentum [n], from `recency_in_gaps` and `trend` [n].

    Fading: away for more than `gaps` of the customer's own mean gap, or the last horizon's spend
    fell by more than `change` against the former (as a share of both). Growing: it rose by more
    than `change`, and the customer is not away.
    """
    trend = np.asarray(features["trend"])
    away = np.asarray(features["recency_in_gaps"]) > gaps
    held = np.where(trend > change, "growing", "steady")
    return np.where(away | (trend < -change), "fading", held).astype(object)


def segment(tier: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """The name of each customer's segment [n]: "Top · steady"."""
    return np.array([f"{t} · {m}" for t, m in zip(tier, momentum, strict=True)], dtype=object)
