"""Tiers and percentiles: where a customer stands among all, by cuts frozen in the model."""

from dataclasses import dataclass

import numpy as np

TIERS = ("Base", "Middle", "Top")
RESOLUTION = 1001  # quantiles kept: a percentile to a tenth


@dataclass(frozen=True)
class Ranking:
    """Frozen from the capabilities of all customers that the model was made for."""

    cuts: tuple[float, ...]  # money: the lower ends of Middle and Top
    quantiles: tuple[float, ...]  # money: the capability at each tenth of a percent

    @classmethod
    def freeze(cls, capability: np.ndarray, shares: tuple[float, ...]) -> "Ranking":
        """Cut `capability` [n] at the quantiles `shares`, for example (.5, .8)."""
        grid = np.quantile(capability, np.linspace(0, 1, RESOLUTION))
        return cls(tuple(np.quantile(capability, shares).tolist()), tuple(grid.tolist()))

    def tier(self, capability: np.ndarray) -> np.ndarray:
        """The name of each capability's tier [n]."""
        return np.array(TIERS)[np.searchsorted(self.cuts, capability, side="right")]

    def percentile(self, capability: np.ndarray) -> np.ndarray:
        """The share of customers with a lower capability, 0 to 100 [n]."""
        grid = np.asarray(self.quantiles)
        below = np.searchsorted(grid, capability, side="left")
        upto = np.searchsorted(grid, capability, side="right")
        place = np.interp(capability, grid, np.arange(RESOLUTION))
        tied = upto - below > 1  # many customers alike stand in the middle of their block
        place = np.where(tied, (below + upto - 1) / 2, place)
        return place * 100 / (RESOLUTION - 1)
