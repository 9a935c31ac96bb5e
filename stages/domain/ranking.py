"""How well a forecast ranks customers: Gini, its gain over another, the curve behind it."""

import numpy as np
import pandas as pd


def gini(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Normalised Gini: 1 for the true order of customers, 0 for a random one.

    Frees et al. (2011), Summarizing insurance scores using a Gini index: the area between the
    curve of cumulative spend, best customers first, and the diagonal, over that of the true order.
    Of customers with the same forecast none comes first: each counts with the mean of them all.
    NaN where nobody spent; a figure of no meaning where all spent the same.
    """
    weight = np.ones(len(actual))
    return _area(actual, _places(predicted), weight) / _area(actual, _places(actual), weight)


def gini_gain(
    actual: np.ndarray, ours: np.ndarray, theirs: np.ndarray, rounds: int, seed: int
) -> dict[str, float]:
    """Gini of `ours` minus Gini of `theirs` with its 95 % interval.

    Paired bootstrap over customers: both forecasts are judged on the same resampled customers.
    Resamples without a difference to rank are left out; empty where `actual` has none.
    """
    if not rankable(actual):
        return {}
    rng = np.random.default_rng(seed)
    n = len(actual)
    best, our_places, their_places = _places(actual), _places(ours), _places(theirs)

    def gain(weight: np.ndarray) -> float:
        ahead = _area(actual, our_places, weight) - _area(actual, their_places, weight)
        return ahead / _area(actual, best, weight)

    weights = (np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(rounds))
    draws = [gain(weight.astype(float)) for weight in weights if rankable(actual[weight > 0])]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"gini": gain(np.ones(n)), "low": float(low), "high": float(high)}


def cumulative_gain(actual: np.ndarray, forecasts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Share of all spend held by the best customers by each forecast, at every hundredth."""
    share = np.linspace(0, 1, 101)
    columns = {"customers": share}
    for name, predicted in forecasts.items():
        places = _places(np.asarray(predicted))
        many, spend = np.cumsum(np.bincount(places)), np.cumsum(np.bincount(places, actual))
        reached = np.interp(share * len(actual), [0, *many], [0, *spend])
        columns[name] = reached / (spend[-1] or np.nan)  # of no spend there is no share
    return pd.DataFrame(columns)


def rankable(spend: np.ndarray) -> bool:
    """Whether some have more than others, so that there is an order."""
    return len(spend) > 0 and bool(spend.min() < spend.max())


def _places(by: np.ndarray) -> np.ndarray:
    """The place [n] of each one from the highest, 0, on; who is level shares a place."""
    return np.unique(-by, return_inverse=True)[1]


def _area(actual: np.ndarray, places: np.ndarray, weight: np.ndarray) -> float:
    """The area above the diagonal; `weight` counts a customer more than once, or not at all."""
    w = np.bincount(places, weight)
    spend = np.cumsum(np.bincount(places, actual * weight))
    before = np.concatenate([[0.0], spend[:-1]])
    return float(np.sum(w * (spend + before)) / (2 * w.sum() * spend[-1]) - 0.5)
