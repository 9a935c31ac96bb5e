"""Momentum: whether a customer's habit grows, holds or fades; with the tier, the segment."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

MOMENTA = ("fading", "steady", "growing")
EVERYBODY = "All customers"  # stands beside the segments in every report


@dataclass(frozen=True)
class Momentum:
    """Where momentum changes its name."""

    gaps: float  # of the customer's own, on average
    change: float  # of spend, as a share of both horizons
    visits: float = 2.0  # a horizon, by habit: of fewer, a change is as likely chance

    def of(self, features: Mapping[str, np.ndarray]) -> np.ndarray:
        """The name of each one's momentum [n], by `recency_in_gaps`, `trend`, `visit_rate` [n].

        Fading: away for more than `gaps` of the customer's own mean gap, or the last horizon's
        spend fell by more than `change` against the former. Growing: it rose by more than `change`,
        and the customer is not away. Who comes less than `visits` times a horizon is told by
        absence alone: one purchase more or less makes all of a change.
        """
        often = np.asarray(features["visit_rate"]) >= self.visits
        trend = np.where(often, features["trend"], 0.0)
        away = np.asarray(features["recency_in_gaps"]) > self.gaps
        held = np.where(trend > self.change, "growing", "steady")
        return np.where(away | (trend < -self.change), "fading", held).astype(object)


def segment(tier: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """The name of each customer's segment [n]: "Top · steady"."""
    return np.array([f"{t} · {m}" for t, m in zip(tier, momentum, strict=True)], dtype=object)
