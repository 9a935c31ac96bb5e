"""Fit the capability model on the frame, and freeze with it all that a score needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, cross_val_predict

from stages.domain import confidence, frame, level, style_fitting
from stages.domain.baselines import spent
from stages.domain.capability import CapabilityRegressor
from stages.domain.errors import UserError
from stages.domain.features import usable
from stages.domain.inference import scorer
from stages.domain.intervals import Intervals, tails
from stages.domain.model import Model, Momentum, Prior
from stages.domain.portable import to_onnx
from stages.domain.spec import Spec
from stages.domain.tiers import Ranking

FOLDS = 3  # over customers, to learn the intervals from customers not seen
ENOUGH_ROWS = 20_000  # for intervals, a thousand a bin, and band: more would not narrow them
ENOUGH_BEGUN = 30  # to say what those spend who begin


@dataclass(frozen=True)
class Recipe:
    """What decides a model beside its data."""

    spec: Spec
    regressor: CapabilityRegressor
    shares: tuple[float, ...]  # of customers below each tier but the lowest
    momentum: Momentum
    seed: int


def fit(
    rows: pd.DataFrame,
    cutoffs: Sequence[date],
    as_of: date,
    first: date,
    target_days: int,
    recipe: Recipe,
    silent: int = 0,
) -> Model:
    """Fit on the rows of `cutoffs`, stacked; freeze level, ranking and styles of `as_of`.

    `rows` is the frame; `first` is where the history begins, which tells what windows exist at
    every cutoff; the targets are of `target_days`, per horizon. `silent` is how many customers are
    known at `as_of` without a transaction.
    """
    spec = recipe.spec
    past, now = frame.at(rows, cutoffs), frame.at(rows, [as_of])
    if past["customer_id"].nunique() < FOLDS:
        raise UserError(f"fewer than {FOLDS} customers before {max(cutoffs)}: load more customers")
    columns = usable(frame.feature_columns(rows), (min(cutoffs) - first).days)
    columns = [c for c in columns if past[c].min() < past[c].max()] or columns[:1]
    fitted = clone(recipe.regressor).fit(past[columns].to_numpy(), past["target"].to_numpy())
    ensemble = to_onnx(fitted, columns)
    some = past.sample(min(len(past), ENOUGH_ROWS), random_state=recipe.seed)
    X, spend = some[columns].to_numpy(), some["target"].to_numpy()
    unseen = cross_val_predict(
        recipe.regressor, X, spend, groups=some["customer_id"], cv=GroupKFold(FOLDS)
    )
    learnt = scorer(ensemble)(now[columns].to_numpy())
    factor = level.level(learnt, now[f"spend_rate_{spec.horizon}"].to_numpy())
    return Model(
        as_of=as_of,
        spec=spec,
        columns=tuple(columns),
        level=factor,
        band=_band(recipe.regressor, X, spend, some["cutoff"].to_numpy()),
        intervals=Intervals.fit(unseen, spend),
        ranking=Ranking.freeze(factor * learnt, recipe.shares),
        momentum=recipe.momentum,
        styles=style_fitting.fit(now[now["ticket_largest"] > 0], recipe.seed),
        reference=now[frame.feature_columns(now)].median().to_dict(),
        prior=_prior(
            pd.concat(_begun(rows, first, spec) for rows in (past, now)),
            past["target"],
            _share_begun(now, spec.horizon, silent),
        ),
        caution=confidence.of_model(now, target_days, spec.horizon, len(cutoffs)),
        ensemble=ensemble,
    )


def _band(
    regressor: CapabilityRegressor, X: NDArray, spend: NDArray, cutoff: NDArray
) -> float | None:
    """The band of totals, from each cutoff forecast by the others; None for too few.

    A third of the trees will do: totals settle long before single customers.
    """
    names = np.unique(cutoff)
    if len(names) < level.FEWEST_TOTALS:
        return None
    quick = clone(regressor).set_params(max_iter=-(-regressor.max_iter // 3))
    left_out = cross_val_predict(quick, X, spend, groups=cutoff, cv=LeaveOneGroupOut())
    totals = [(spend[cutoff == c].sum(), left_out[cutoff == c].sum()) for c in names]
    actual, expected = np.array(totals).T
    return level.band(actual, expected)


def _share_begun(now: pd.DataFrame, horizon: int, silent: int) -> float:
    """Of those who were silent a horizon ago, the share who have begun since; 1 if none are left.

    One is added to those who have, so that of few no chance is nothing.
    """
    begun = int((now["tenure"] <= horizon).sum()) + 1
    return begun / (begun + silent)


def _begun(rows: pd.DataFrame, first: date, spec: Spec) -> pd.Series:
    """What was spent in the horizon that they began in by those who began in it, at any cutoff.

    Before a cutoff that comes soon after `first` everybody has begun: the history has, not they.
    """
    known = rows["cutoff"] >= pd.Timestamp(first) + pd.Timedelta(days=2 * spec.horizon)
    return spent(rows[known & (rows["tenure"] <= spec.horizon)], spec)


def _prior(begun: pd.Series, otherwise: pd.Series, share: float) -> Prior:
    """What a `share` spends as those did who have `begun`, others nothing.

    Of few who have begun nothing is known: then they spend as all did, `otherwise`.
    """
    spend = begun if len(begun) >= ENOUGH_BEGUN else otherwise
    nothing = 1 - share * float((spend != 0).mean())
    within = [(q - 1) / share + 1 for q in tails(nothing)]  # among those who begin
    low, high = (float(spend.quantile(q)) if q >= 0 else 0.0 for q in within)
    mean = share * float(spend.mean())
    variance = share * float((spend**2).mean()) - mean**2
    return Prior(mean, low, high, sqrt(max(variance, 0.0)) / mean if mean > 0 else 0.0)
