"""Drift, weighted by decisions: what a change of customers does to capability, tiers and mix.

Every statistic is a function of sums over customers, so that chance is known from resampling the
reference's customers: a statistic fires where it is larger than in all but 5 % of checks of an
unchanged bank (Bonferroni over the statistics) and larger than what matters by conf/policy.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stages.domain.audit import FEWEST
from stages.domain.model import Model
from stages.domain.tiers import TIERS

FALSE_ALARMS = 0.05  # of checks in which nothing has changed
ROUNDS = 1000  # of resampling
MOST_CUSTOMERS = 20_000  # looked at on either side, or hardly more
IMPORTANT = 5  # features
TENTHS = 10
ROUNDING = 1e-9  # a difference that is none
PLACES = ("category", "region", "channel")  # of transactions

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Finding:
    """One statistic: its value, what chance and the policy allow, and a sentence for people."""

    what: str
    value: float
    allowed: float
    sentence: str

    @property
    def fires(self) -> bool:
        """Whether it is larger than allowed."""
        return self.value > self.allowed


@dataclass(frozen=True)
class Side:
    """Customers at a date, and their spend by place of transaction."""

    features: pd.DataFrame  # a row a customer with history
    spend: Mapping[str, pd.DataFrame]  # by place: a row a customer in that order, a column a name
    names: Mapping[str, frozenset[str]]  # by place: all that any transaction before had


def drift(
    model: Model, reference: Side, current: Side, policy: Mapping[str, float], seed: int
) -> list[Finding]:
    """What has changed from `reference` to `current` in the eyes of `model`, worst first."""
    important = importance(model, reference.features).index[:IMPORTANT]
    sides = [_blocks(model, side, reference, current, important) for side in (reference, current)]
    rng = np.random.default_rng(seed)
    n = len(reference.features)
    weights = rng.multinomial(n, np.full(n, 1 / n), ROUNDS) / n
    found = []
    for name, block in sides[0].items():
        was, now = block.to_numpy().mean(axis=0), sides[1][name].to_numpy().mean(axis=0)
        chance = _distance(name, was, weights @ block.to_numpy())
        limit = float(np.quantile(chance, 1 - FALSE_ALARMS / len(sides[0]))) + ROUNDING
        kind = name.partition(" ")[0]
        allowed = max(limit, float(policy["mix" if kind in PLACES else kind]))
        value = float(_distance(name, was, now))
        names = block.columns
        if kind in PLACES:  # the name of few may be somebody's own
            customers = sum((side[name] > 0).sum() for side in sides)
            names = names.where(customers >= FEWEST, "of few customers")
        found.append(Finding(name, value, allowed, _sentence(name, names, was, now)))
    found += _unseen(reference, current, policy["unseen"])
    return sorted(found, key=lambda f: f.value / max(f.allowed, ROUNDING), reverse=True)


def importance(model: Model, features: pd.DataFrame) -> pd.Series:
    """Mean absolute change of log expected spend when a feature is the median customer's."""
    columns = list(model.columns)
    X = features[columns].to_numpy(np.float64)
    whole = np.log(np.maximum(model.expected(X), 1e-9))
    changes = []
    for place, column in enumerate(columns):
        without = X.copy()
        without[:, place] = model.reference[column]
        changes.append(np.abs(whole - np.log(np.maximum(model.expected(without), 1e-9))).mean())
    return pd.Series(changes, columns).sort_values(ascending=False)


def _blocks(
    model: Model, side: Side, reference: Side, current: Side, important: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Non-negative figures a customer, by statistic, whose sums tell it."""
    rows = side.features
    expected = model.expected(rows[list(model.columns)].to_numpy(np.float64))
    tier = model.ranking.tier(expected)
    blocks = {
        "total": pd.DataFrame({"expected": expected}),
        "tiers": pd.DataFrame({name: (tier == name).astype(float) for name in TIERS}),
    }
    for column in important:
        edges = np.unique(
            np.quantile(reference.features[column], np.linspace(0, 1, TENTHS + 1)[1:-1])
        )
        place = np.searchsorted(edges, rows[column], side="right")
        blocks[f"feature {column}"] = pd.DataFrame(np.eye(len(edges) + 1)[place])
    for place in PLACES:
        names = reference.spend[place].columns.union(current.spend[place].columns)
        if len(names):
            blocks[place] = side.spend[place].reindex(columns=names, fill_value=0.0)
    return blocks


def _distance(name: str, was: Floats, now: Floats) -> Floats:
    """How far the sums `now` [..., p] are from `was` [p].

    Of the total, on the log scale; of shares, half the sum of their differences.
    """
    if name == "total":
        return np.abs(np.log(np.maximum(now[..., 0], 1e-9) / max(was[0], 1e-9)))
    return np.abs(_shares(now) - _shares(was)).sum(axis=-1) / 2


def _shares(sums: Floats) -> Floats:
    whole = sums.sum(axis=-1, keepdims=True)
    return sums / np.where(whole > 0, whole, 1.0)


def _sentence(name: str, columns: pd.Index, was: Floats, now: Floats) -> str:
    if name == "total":
        return f"expected spend a customer changed by {now[0] / max(was[0], 1e-9) - 1:+.1%}"
    before, after = _shares(was), _shares(now)
    most = int(np.abs(after - before).argmax())
    kind, _, rest = name.partition(" ")
    if kind == "feature":
        return (
            f"{rest}: group {most + 1} of {len(columns)}, lowest first, had {before[most]:.1%} of "
            f"customers and has {after[most]:.1%}"
        )
    of = "customers" if kind == "tiers" else "spend"
    label = "tier" if kind == "tiers" else kind
    return f"{label} {columns[most]} had {before[most]:.1%} of {of} and has {after[most]:.1%}"


def _unseen(reference: Side, current: Side, allowed: float) -> Iterator[Finding]:
    """The share of spend under names that the reference never had."""
    for place in PLACES:
        customers = current.spend[place]
        spend = customers.sum()
        new = spend[[name for name in spend.index if name not in reference.names[place]]]
        if spend.sum() > 0 and reference.names[place]:
            share = float(new.sum() / spend.sum())
            many = (customers[new.index] > 0).sum() >= FEWEST
            named = ", ".join(map(str, new[many].nlargest(3).index))
            names = named or (f"{len(new)} of few customers each" if len(new) else "none")
            yield Finding(
                f"unseen {place}", share, allowed, f"new {place}: {names}, {share:.1%} of spend"
            )
