"""The capability model as it is saved and served: inert bytes and a description."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stages.domain import confidence, reasons
from stages.domain.columns import Columns, select, spread, stack
from stages.domain.inference import scorer
from stages.domain.intervals import Intervals
from stages.domain.momentum import momentum, segment
from stages.domain.spec import Spec
from stages.domain.styles import NO_HISTORY, Styles
from stages.domain.tiers import Ranking
from stages.domain.totals import Totals


@dataclass(frozen=True)
class Prior:
    """What a customer without history is expected to spend: as newcomers did."""

    expected: float
    low: float
    high: float
    deviation: float = 0.0  # over `expected`


@dataclass(frozen=True)
class Momentum:
    """Where momentum changes its name; see domain/momentum.py."""

    gaps: float
    change: float


@dataclass(frozen=True)
class Model:
    """What it takes to score a customer: the ensemble (ONNX) and all that is frozen with it."""

    as_of: date  # that it was made for
    spec: Spec
    columns: tuple[str, ...]  # the features that the ensemble takes, in order
    level: float  # factor of all expectations; see domain/level.py
    band: float | None  # of the log of their total
    intervals: Intervals
    ranking: Ranking
    momentum: Momentum
    styles: Styles
    reference: dict[str, float]  # features of the median customer, for reasons
    prior: Prior
    caution: str | None  # why all its scores are of low confidence
    ensemble: bytes

    def __getstate__(self) -> dict[str, Any]:
        """What goes to Spark's workers: the fields, without what was made of them."""
        return {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}

    @cached_property
    def _learnt(self) -> Callable[[np.ndarray], np.ndarray]:
        return scorer(self.ensemble)

    def expected(self, X: np.ndarray) -> np.ndarray:
        """Expected spend [n] over the horizon of features X [n, f] in the order of `columns`."""
        return self.level * self._learnt(X)

    def score(self, features: pd.DataFrame, published: np.ndarray | None = None) -> pd.DataFrame:
        """Score rows of features, in their order; one without history has null features.

        `features` has customer_id and all features, not only `columns`; `published` [n] names the
        tier of each one's last published score, or None. Returns the columns of the table
        `scores` from customer_id to confidence; money is over the horizon.
        """
        columns = {name: features[name].to_numpy() for name in features}
        identity = pd.DataFrame({"customer_id": columns["customer_id"]})
        return identity.assign(**self.figures(columns, published))

    def figures(
        self, features: Columns, published: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """What `score` returns, without customer_id, of columns [n]: no table is made."""
        known = ~np.isnan(features["tenure"])
        rows = select(features, self._needed, known)
        learnt = self._learnt(stack(rows, self.columns)) if known.any() else np.empty(0)
        return self._figures(features, known, rows, learnt, published)

    def explained(self, features: Columns) -> tuple[dict[str, np.ndarray], list[list[str]]]:
        """The figures of columns [n], and the strongest reasons of each; none without history."""
        known = ~np.isnan(features["tenure"])
        if not known.any():
            return self.figures(features), [[] for _ in known]
        rows = select(features, {*self._needed, *self.reference}, known)
        reference = np.array([self.reference[c] for c in self.columns])
        X = stack(rows, self.columns)
        learnt, parts = reasons.shapley(self._learnt, X, reference, self.columns)
        said = iter(reasons.sentences(parts, rows, self.reference, self.spec.horizon))
        told = [next(said) if is_known else [] for is_known in known]
        return self._figures(features, known, rows, learnt), told

    def _figures(
        self,
        features: Columns,
        known: np.ndarray,
        rows: Columns,
        learnt: np.ndarray,
        published: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """The figures, where `rows` are those of `features` [n] that are `known`."""
        low, high = self.intervals.of(learnt)
        expected = self.level * spread(learnt, known, self.prior.expected)
        tier = self.ranking.tier(expected, published)
        pace = momentum(rows, self.momentum.gaps, self.momentum.change)
        pace = spread(pace, known, "steady")
        return {
            "expected_spend": expected,
            "low": self.level * spread(low, known, self.prior.low),
            "high": self.level * spread(high, known, self.prior.high),
            "percentile": self.ranking.percentile(expected),
            "tier": tier,
            "momentum": pace,
            "segment": segment(tier, pace),
            "style": spread(self.styles.of(rows), known, NO_HISTORY),
            "confidence": confidence.of_customers(features, self.caution),
        }

    @cached_property
    def _needed(self) -> set[str]:
        return {*self.columns, *self.styles.columns, "recency_in_gaps", "trend"}

    @property
    def totals(self) -> Totals:
        """How far sums of expectations may be off."""
        edges = tuple(self.level * edge for edge in self.intervals.edges)
        own = self.intervals.deviation
        return Totals(self.band if own else None, edges, own, self.prior.deviation)

    def description(self) -> dict[str, Any]:
        """All but the ensemble, as JSON."""
        content = dataclasses.asdict(self)
        del content["ensemble"]
        return content | {"as_of": self.as_of.isoformat()}

    @classmethod
    def restore(cls, description: dict[str, Any], ensemble: bytes) -> "Model":
        """The inverse of `description`."""
        parts = {
            "spec": Spec,
            "intervals": Intervals,
            "ranking": Ranking,
            "momentum": Momentum,
            "styles": Styles,
            "prior": Prior,
        }
        content = {
            name: parts[name](**{k: _tuples(v) for k, v in value.items()})
            if name in parts
            else _tuples(value)
            for name, value in description.items()
        }
        as_of = date.fromisoformat(description["as_of"])
        return cls(**content | {"as_of": as_of, "ensemble": ensemble})


def _tuples(value: Any) -> Any:
    """JSON's lists as the tuples that they were."""
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
