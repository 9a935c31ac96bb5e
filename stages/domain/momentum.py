"""Momentum: whether a customer's habit grows, holds or fades; with the tier, the segment."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

NEARLY = 0.8  # of all statements: whose spend of two horizons can be compared
MOMENTA = ("fading", "steady", "growing")
EVERYBODY = "All customers"  # stands beside the segments in every report


@dataclass(frozen=True)
class Momentum:
    """Where momentum changes its name."""

    gaps: float  # of the customer's own, on average
    change: float  # of spend, as a share of both horizons
    visits: float = 2.0  # a horizon, by habit: of fewer, a change is as likely chance

    def of_statements(self, months: int) -> Self:
        """The same for monthly statements, a visit each, of which a horizon holds `months`."""
        return replace(self, visits=min(self.visits, NEARLY * months))

    def of(self, features: Mapping[str, np.ndarray], horizon: int) -> np.ndarray:
        """The name of each one's momentum [n], by features [n] for a `horizon` of days.

        Fading: away for more than `gaps` of the customer's own mean gap, or the last horizon's
        spend fell by more than `change` against the former. Growing: it rose by more than `change`,
        and the customer is not away. Who comes less than `visits` times a horizon is told by
        absence alone: one purchase more or less makes all of a change. Of who came once no gap is
        known: the horizon stands for it.
        """
        visits = np.asarray(features["visit_rate"])
        trend = np.where(visits >= self.visits, features["trend"], 0.0)
        once = (visits > 0) & (np.asarray(features["gap_longest"]) == 0)
        absent = np.where(
            once, np.asarray(features["recency"]) / horizon, features["recency_in_gaps"]
        )
        away = absent > self.gaps
        held = np.where(trend > self.change, "growing", "steady")
        return np.where(away | (trend < -self.change), "fading", held).astype(object)


def segment(tier: np.ndarray, momentum: np.ndarray) -> np.ndarray:
    """The name of each customer's segment [n]: "Top · steady"."""
    return np.array([f"{t} · {m}" for t, m in zip(tier, momentum, strict=True)], dtype=object)
