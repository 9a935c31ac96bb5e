"""The capability model as it is saved and served: inert bytes and a description."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from stages.domain.inference import scorer
from stages.domain.spec import Spec
from stages.domain.tiers import Ranking


@dataclass(frozen=True)
class Model:
    """What it takes to score a customer: the ensemble (ONNX), its features, its frozen ranking."""

    as_of: date  # that it was made for
    spec: Spec
    columns: tuple[str, ...]  # the features that the ensemble takes, in order
    ranking: Ranking
    ensemble: bytes

    @cached_property
    def _expected(self) -> Callable[[np.ndarray], np.ndarray]:
        return scorer(self.ensemble)

    def score(self, features: pd.DataFrame) -> pd.DataFrame:
        """Score rows of features: customer_id, expected_spend (over the horizon), percentile, tier.

        `features` has customer_id and at least `columns`; the order of rows is kept.
        """
        expected = self._expected(features[list(self.columns)].to_numpy(np.float64))
        return pd.DataFrame(
            {
                "customer_id": features["customer_id"],
                "expected_spend": expected,
                "percentile": self.ranking.percentile(expected),
                "tier": self.ranking.tier(expected),
            }
        )

    def description(self) -> dict[str, Any]:
        """All but the ensemble, as JSON."""
        return {
            "as_of": self.as_of.isoformat(),
            "spec": dataclasses.asdict(self.spec),
            "columns": list(self.columns),
            "ranking": dataclasses.asdict(self.ranking),
        }

    @classmethod
    def restore(cls, description: dict[str, Any], ensemble: bytes) -> "Model":
        """The inverse of `description`."""
        spec, ranking = description["spec"], description["ranking"]
        return cls(
            date.fromisoformat(description["as_of"]),
            Spec(
                horizon=spec["horizon"],
                windows=tuple(spec["windows"]),
                half_lives=tuple(spec["half_lives"]),
                shortest_tenure=spec["shortest_tenure"],
                kinds=tuple(spec["kinds"]),
            ),
            tuple(description["columns"]),
            Ranking(tuple(ranking["cuts"]), tuple(ranking["quantiles"])),
            ensemble,
        )
