"""Reasons: what each family of features adds to a customer's expectation, against the median's.

Exact Shapley values (Shapley, 1953; Lundberg and Lee, 2017) on the log scale: over all coalitions
of families, a family in the coalition has the customer's values and any other the reference's.
They add up to log(expected / expected of the reference).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from math import expm1, factorial, log1p

import numpy as np
from numpy.typing import NDArray

from stages.domain.catalogue import FAMILIES, feature
from stages.domain.spec import Spec

ROWS_AT_A_TIME = 25_600  # of the model's input, which bounds memory
SHOWN = 2  # after a refit even the first is the same for only two thirds of customers

WRITTEN = {
    "money/horizon": "{:,.0f}",
    "days/horizon": "{:,.0f}",
    "money": "{:,.2f}",
    "days": "{:,.0f} days",
    "share": "{:.0%}",
    "-1 to 1": "{:+.2f}",
}

# What stands for a family but for habits, of which each may; {} is the horizon.
TOLD = {
    "spend": ("spend_rate_{}", "spend_rate"),
    "frequency": ("visit_rate_{}", "visit_rate", "active_weeks", "gap_mean", "gap_longest"),
    "recency": ("recency", "tenure"),
    "ticket": ("ticket_mean", "ticket_median", "ticket_largest"),
    "trend": ("trend",),
    "money in": ("income_rate_recent", "income_rate"),
}
LESS_RAISES = {"recency", "gap_mean", "gap_longest"}

Expected = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def shapley(
    expected: Expected,
    X: NDArray[np.float64],
    reference: NDArray[np.float64],
    columns: Sequence[str],
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """expected(X) [n], and each family's part [n] of log(expected(X) / expected(reference)).

    Calls `expected` with n × 2^families rows. Families without a feature have no part.
    """
    families, own, weights = _game(tuple(columns))
    values = np.empty((len(X), len(own)))
    step = max(1, ROWS_AT_A_TIME // len(own))
    for at in range(0, len(X), step):
        part = X[at : at + step]
        mixed = np.where(own, part[:, np.newaxis, :], reference).reshape(-1, len(columns))
        values[at : at + step] = expected(mixed).reshape(len(part), -1)
    logs = np.log(np.maximum(values, np.finfo(float).tiny))
    parts = logs @ weights.T
    return values[:, -1], dict(zip(families, parts.T, strict=True))


@cache
def _game(columns: tuple[str, ...]) -> tuple[list[str], NDArray[np.bool_], NDArray[np.float64]]:
    """The families of `columns` [f]; whose value each coalition has [coalitions, f]; weights."""
    kinds = [feature(column).family for column in columns]
    places = {f: [i for i, k in enumerate(kinds) if k == f] for f in FAMILIES if f in kinds}
    coalitions = np.arange(2 ** len(places))[:, np.newaxis] >> np.arange(len(places)) & 1
    own = np.zeros((len(coalitions), len(columns)), bool)
    for number, where in enumerate(places.values()):
        own[:, where] = coalitions[:, [number]] == 1
    return list(places), own, _weights(coalitions)


def _weights(coalitions: NDArray[np.int64]) -> NDArray[np.float64]:
    """The weight [families, coalitions] of each coalition's value in each family's part."""
    families = coalitions.shape[1]
    size = coalitions.sum(axis=1)
    joined = [factorial(s - 1) * factorial(families - s) if s else 0 for s in size]
    without = [factorial(s) * factorial(families - s - 1) if s < families else 0 for s in size]
    return np.where(coalitions.T == 1, joined, -np.array(without)) / factorial(families)


def sentences(
    parts: dict[str, NDArray[np.float64]],
    features: Mapping[str, NDArray[np.float64]],
    reference: dict[str, float],
    spec: Spec,
) -> list[list[str]]:
    """The strongest reasons of each one in `features` [n], in plain words, strongest first."""
    families, effects = list(parts), np.array(list(parts.values())).T
    strongest = np.argsort(-np.abs(effects), axis=1, kind="stable")[:, :SHOWN].tolist()
    return [
        [_sentence(families[i], features, row, reference, spec, effects[row, i]) for i in chosen]
        for row, chosen in enumerate(strongest)
    ]


def _sentence(
    family: str,
    figures: Mapping[str, NDArray[np.float64]],
    row: int,
    reference: dict[str, float],
    spec: Spec,
    effect: float,
) -> str:
    """What the family does, and the first of its figures that differs the way the effect goes.

    Which way that is for a habit, the model alone knows: there the farthest from typical is told.
    """
    said = f"{family} {'raises' if effect > 0 else 'lowers'} it by {abs(expm1(effect)):.0%}"
    columns = _told(tuple(reference), family, spec.horizon)
    own = {c: float(np.asarray(figures[c])[row]) for c in columns}
    if family == "habit":
        columns = sorted(columns, key=lambda c: -abs(own[c] - reference[c]))
    if family == "recency":  # days: the farthest from the typical ones, as a multiple
        columns = sorted(columns, key=lambda c: -abs(log1p(own[c]) - log1p(reference[c])))
    for column in columns:
        what, typical = feature(column), reference[column]
        supports = ((own[column] > typical) == (effect > 0)) != (column in LESS_RAISES)
        figure, usual = map(WRITTEN[what.unit].format, (own[column], typical))
        if figure != usual and (supports or family == "habit"):
            meaning = what.meaning.partition(":")[0].format(column.rpartition("_")[2])
            if column.endswith("_rate"):
                meaning += f" for each {spec.horizon} days"
            if what.unit.endswith("/horizon"):
                seen = float(np.asarray(figures["tenure"])[row]) + spec.lead
                if seen < spec.horizon:  # no figure of that long yet
                    figure += f" at the pace of {seen:.0f} days so far"
            return f"{said}: {meaning} {figure}, typically {usual}"
    return f"{said}: taken together with all else"


@cache
def _told(columns: tuple[str, ...], family: str, horizon: int) -> list[str]:
    """The columns that stand for a family, best known first."""
    if family == "habit":
        return [c for c in columns if feature(c).family == family and feature(c).unit == "share"]
    return [name for told in TOLD[family] if (name := told.format(horizon)) in columns]
