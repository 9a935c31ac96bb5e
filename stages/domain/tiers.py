"""Tiers and percentiles: where a customer stands among all, by cuts frozen in the model."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

TIERS = ("Base", "Middle", "Top")
RESOLUTION = 1001  # quantiles kept: a percentile to a tenth
_NAMES = np.array(TIERS)
_RANKS = np.arange(RESOLUTION, dtype=float)
MARGIN = 0.1  # past a cut, before a customer leaves the tier that was published last


@dataclass(frozen=True)
class Ranking:
    """Frozen from the capabilities of all customers that the model was made for."""

    cuts: tuple[float, ...]  # money: the lower ends of Middle and Top
    quantiles: tuple[float, ...]  # money: the capability at each tenth of a percent

    @classmethod
    def freeze(cls, capability: np.ndarray, shares: tuple[float, ...]) -> "Ranking":
        """Cut `capability` [n] at the quantiles `shares`, for example (.5, .8).

        Customers alike are of one tier: that of the middle of their block.
        """
        grid = np.quantile(capability, np.linspace(0, 1, RESOLUTION))
        cuts = np.quantile(capability, shares)
        ordered = np.sort(capability)
        below, upto = (ordered.searchsorted(cuts, side) for side in ("left", "right"))
        lower = (below + upto) / 2 < np.asarray(shares) * len(ordered)
        cuts = np.where(lower & (upto - below > 1), np.nextafter(cuts, np.inf), cuts)
        return cls(tuple(cuts.tolist()), tuple(grid.tolist()))

    def tier(self, capability: np.ndarray, published: np.ndarray | None = None) -> np.ndarray:
        """The name of each capability's tier [n].

        `published` [n] names the tier of each customer's last published score, None for who had
        none: they leave it only when they are past its cut by a tenth (hysteresis), so that a new
        model or a small change moves few.
        """
        place = np.searchsorted(self.cuts, capability, side="right")
        if published is not None:
            cuts = np.asarray(self.cuts)
            lowest = np.searchsorted(cuts * (1 + MARGIN), capability, side="right")
            highest = np.searchsorted(cuts * (1 - MARGIN), capability, side="right")
            before = pd.Index(TIERS).get_indexer(published)  # -1: none
            place = np.where(before < 0, place, np.clip(before, lowest, highest))
        return _NAMES[place]

    def percentile(self, capability: np.ndarray) -> np.ndarray:
        """The share of customers with a lower capability, 0 to 100 [n].

        Customers alike stand in the middle of their block.
        """
        grid = self._grid
        below = grid.searchsorted(capability, side="left")
        upto = grid.searchsorted(capability, side="right")
        place = np.interp(capability, grid, _RANKS)
        tied = upto - below > 1  # many customers alike
        place = np.where(tied, (below + upto - 1) / 2, place)
        return place * 100 / (RESOLUTION - 1)

    @cached_property
    def _grid(self) -> np.ndarray:
        return np.asarray(self.quantiles)
