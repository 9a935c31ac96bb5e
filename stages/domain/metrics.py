"""How good a forecast of spend is: ranking first, then level; beside the baselines."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr
from sklearn.metrics import mean_absolute_error, roc_auc_score

from stages.domain.calibration import covered
from stages.domain.ranking import gini, gini_gain, rankable


def judge(
    actual: np.ndarray, predicted: np.ndarray, inside: np.ndarray | None = None
) -> dict[str, float | None]:
    """All figures of one forecast; None where a figure does not apply (see `notes`).

    mae in money over the horizon; bias is total predicted over total actual; auc is of spending
    anything at all; coverage is the share of customers `inside` their interval [n].
    """
    spends = actual > 0
    spread = rankable(actual) and rankable(predicted)
    return {
        "gini": gini(actual, predicted) if rankable(actual) else None,
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
    actual: np.ndarray, scores: pd.DataFrame, simple: dict[str, np.ndarray], rounds: int, seed: int
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
        "notes": notes(holdout) | {"baselines.coverage": "a baseline has no interval"},
    }
