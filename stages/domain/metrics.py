"""How good a forecast of spend is: ranking first, then level, then detail by decile."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, roc_auc_score

DECILES = 10


def gini(actual: np.ndarray, predicted: np.ndarray) -> float:
    """Normalised Gini: 1 for the true order of customers, 0 for a random one.

    Frees et al. (2011), Summarizing insurance scores using a Gini index: the area between the
    curve of cumulative spend, best customers first, and the diagonal, over that of the true order.
    NaN where nobody spent; a figure of no meaning where all spent the same.
    """
    weight = np.ones(len(actual))
    return _area(actual, _order(predicted), weight) / _area(actual, _order(actual), weight)


def _rankable(actual: np.ndarray) -> bool:
    """Whether some spent more than others, so that there is a true order."""
    return len(actual) > 0 and bool(actual.min() < actual.max())


def _order(by: np.ndarray) -> np.ndarray:
    return np.argsort(-by, kind="stable")


def _area(actual: np.ndarray, order: np.ndarray, weight: np.ndarray) -> float:
    """The area above the diagonal; `weight` counts a customer more than once, or not at all."""
    w = weight[order]
    spend = np.cumsum(actual[order] * w)
    before = np.concatenate([[0.0], spend[:-1]])
    return float(np.sum(w * (spend + before)) / (2 * w.sum() * spend[-1]) - 0.5)


def gini_gain(
    actual: np.ndarray, ours: np.ndarray, theirs: np.ndarray, rounds: int, seed: int
) -> dict[str, float]:
    """Gini of `ours` minus Gini of `theirs` with its 95 % interval.

    Paired bootstrap over customers: both forecasts are judged on the same resampled customers.
    Resamples without a difference to rank are left out; empty where `actual` has none.
    """
    if not _rankable(actual):
        return {}
    rng = np.random.default_rng(seed)
    n = len(actual)
    best, our_order, their_order = _order(actual), _order(ours), _order(theirs)

    def gain(weight: np.ndarray) -> float:
        ahead = _area(actual, our_order, weight) - _area(actual, their_order, weight)
        return ahead / _area(actual, best, weight)

    weights = (np.bincount(rng.integers(0, n, n), minlength=n) for _ in range(rounds))
    draws = [gain(weight.astype(float)) for weight in weights if _rankable(actual[weight > 0])]
    low, high = np.quantile(draws, [0.025, 0.975])
    return {"gini": gain(np.ones(n)), "low": float(low), "high": float(high)}


def judge(
    actual: np.ndarray, predicted: np.ndarray, inside: np.ndarray | None = None
) -> dict[str, float | None]:
    """All figures of one forecast; None where a figure does not apply (see `notes`).

    mae in money over the horizon; bias is total predicted over total actual; auc is of spending
    anything at all; coverage is the share of customers `inside` their interval [n].
    """
    spends = actual > 0
    spread = actual.std() > 0 and predicted.std() > 0
    return {
        "gini": gini(actual, predicted) if _rankable(actual) else None,
        "spearman": float(spearmanr(actual, predicted).statistic) if spread else None,
        "mae": float(mean_absolute_error(actual, predicted)),
        "bias": float(predicted.sum() / actual.sum()) if spends.any() else None,
        "auc": float(roc_auc_score(spends, predicted)) if 0 < spends.mean() < 1 else None,
        "coverage": None if inside is None else float(inside.mean()),
    }


def notes(figures: dict[str, float | None]) -> dict[str, str]:
    """Why a figure of `judge` is None."""
    reasons = {
        "gini": "nobody spent in the holdout, or all the same",
        "spearman": "all customers have the same actual or predicted spend",
        "bias": "nobody spent in the holdout",
        "auc": "all customers spent, or none did",
    }
    return {name: reasons[name] for name, value in figures.items() if value is None}


def report(
    actual: np.ndarray,
    scores: pd.DataFrame,
    simple: dict[str, np.ndarray],
    rounds: int,
    seed: int,
) -> dict[str, Any]:
    """The figures of `scores` and of the `simple` forecasts, and the gain over the best of them.

    `scores` has expected_spend, low and high; `zeros` is the share of customers who spent nothing.
    """
    predicted = scores["expected_spend"].to_numpy()
    holdout = judge(actual, predicted, covered(actual, scores))
    of_simple = {name: judge(actual, forecast) for name, forecast in simple.items()}
    gain: dict[str, Any] = {}
    if holdout["gini"] is not None:
        best = max(of_simple, key=lambda name: of_simple[name]["gini"] or 0.0)
        gain = {"over": best, **gini_gain(actual, predicted, simple[best], rounds, seed)}
    return {
        "holdout": holdout,
        "baselines": of_simple,
        "gain": gain,
        "zeros": float((actual == 0).mean()),
        "notes": notes(holdout) | {"baselines.coverage": "a simple forecast has no interval"},
    }


def headline(report: dict[str, Any]) -> str:
    """The outcome of a `report` in one line."""
    gain = report["gain"]
    if not gain:
        return "nothing to rank: " + "; ".join(report["notes"].values())
    return (
        f"out-of-time Gini {report['holdout']['gini']:.4f}, {gain['gini']:+.4f} over "
        f"{gain['over']} [{gain['low']:.4f}, {gain['high']:.4f}]"
    )


def covered(actual: np.ndarray, scores: pd.DataFrame) -> np.ndarray:
    """Whether each customer's spend lies in their interval [n]; a cent of rounding is inside."""
    low, high = scores["low"].to_numpy(), scores["high"].to_numpy()
    return (actual >= low - 0.01) & (actual <= high + 0.01)


def calibration(actual: np.ndarray, scores: pd.DataFrame) -> pd.DataFrame:
    """Each tenth of customers, lowest predicted first.

    Mean predicted and actual spend, the coverage of their intervals, the share `zeros` who spent
    nothing, and how many customers.
    """
    frame = pd.DataFrame(
        {
            "actual": actual,
            "predicted": scores["expected_spend"].to_numpy(),
            "coverage": covered(actual, scores),
            "zeros": actual == 0,
        }
    )
    place = frame["predicted"].rank(method="first")
    frame["decile"] = np.ceil(place * DECILES / len(frame)).astype(int)
    means = frame.groupby("decile").mean()
    return means.assign(customers=frame.groupby("decile").size()).reset_index()


def cumulative_gain(actual: np.ndarray, forecasts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Share of all spend held by the best customers by each forecast, at every hundredth."""
    share = np.linspace(0, 1, 101)
    columns = {"customers": share}
    for name, predicted in forecasts.items():
        spend = np.concatenate([[0], np.cumsum(actual[_order(np.asarray(predicted))])])
        columns[name] = spend[np.round(share * len(actual)).astype(int)] / spend[-1]
    return pd.DataFrame(columns)
