"""The capability model as it is saved and served: inert bytes and a description."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from stages.domain import confidence, reasons
from stages.domain.columns import Columns, stack
from stages.domain.inference import scorer
from stages.domain.intervals import Intervals
from stages.domain.momentum import Momentum, segment
from stages.domain.spec import Spec
from stages.domain.styles import UNKNOWN, Styles
from stages.domain.tiers import Ranking
from stages.domain.totals import Totals


@dataclass(frozen=True)
class Prior:
    """What a customer without history is expected to spend: who begins, as others did."""

    expected: float
    low: float
    high: float
    deviation: float  # over `expected`


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
        return self._figures(features, self._learnt(stack(features, self.columns)), published)

    def explained(self, features: Columns) -> tuple[dict[str, np.ndarray], list[list[str]]]:
        """The figures of columns [n], and the strongest reasons of each; none without history."""
        reference = np.array([self.reference[c] for c in self.columns])
        X = stack(features, self.columns)
        learnt, parts = reasons.shapley(self._learnt, X, reference, self.columns)
        told = reasons.sentences(parts, features, self.reference, self.spec)
        known = ~np.isnan(features["tenure"])
        said = [own if is_known else [] for own, is_known in zip(told, known, strict=True)]
        return self._figures(features, learnt), said

    def _figures(
        self, features: Columns, learnt: np.ndarray, published: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        """The figures; `learnt` is NaN, as all features are, where there is no history."""
        known = ~np.isnan(features["tenure"])

        def of(values: np.ndarray, otherwise: float | str) -> np.ndarray:
            return np.where(known, values, otherwise)

        low, high = self.intervals.of(learnt)
        expected = self.level * of(learnt, self.prior.expected)
        tier = self.ranking.tier(expected, published)
        pace = self.momentum.of(features, self.spec.horizon)  # of NaN: steady
        return {
            "expected_spend": expected,
            "low": self.level * of(low, self.prior.low),
            "high": self.level * of(high, self.prior.high),
            "percentile": self.ranking.percentile(expected),
            "tier": tier,
            "momentum": pace,
            "segment": segment(tier, pace),
            "style": of(self.styles.of(features), UNKNOWN),
            "confidence": confidence.of_customers(features, self.caution),
        }

    @property
    def totals(self) -> Totals:
        """How far sums of expectations may be off."""
        edges = tuple(self.level * edge for edge in self.intervals.edges)
        return Totals(self.band, edges, self.intervals.deviation, self.prior.deviation)

    def description(self) -> dict[str, Any]:
        """All but the ensemble, as JSON."""
        return _MODEL.dump_python(self, mode="json", exclude={"ensemble"})

    @classmethod
    def restore(cls, description: dict[str, Any], ensemble: bytes) -> "Model":
        """The inverse of `description`."""
        return _MODEL.validate_python(description | {"ensemble": ensemble})


_MODEL = TypeAdapter(Model)
