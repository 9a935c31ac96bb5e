"""Features of a few customers in a fraction of a millisecond each: the endpoint's evaluator.

The definition is the expression of domain/features.py; a test holds this to it on every customer
of three data sets. Money is whole cents, added exactly, as the engines add decimals; an
exponentially weighted term is rounded to 10 decimals before it is added, as there. Rows are
NumPy's, days and sums Python's: of so few, NumPy's calls take longer than what they do.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import accumulate, pairwise
from math import ceil, sqrt
from operator import mul, sub

import numpy as np
from numpy.typing import NDArray

from stages.domain import exact
from stages.domain.ratios import Arithmetic, ratios
from stages.domain.spec import EVENING, SATURDAY, Spec
from stages.domain.tables import KINDS

EPOCH = date(1970, 1, 1)
THURSDAY = 3  # the day of the week of the epoch, counted from Monday
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
NAMES = ("category", "merchant", "region")
NEW = ("new_categories_days", "new_merchants_days", "new_regions")  # what is counted of each
MONEY = ("spend", "income", "other", "cash")
NUMBERS = Arithmetic(
    least=min,
    most=max,
    ratio=lambda part, whole, otherwise: part / whole if whole > 0 else otherwise,
    where=lambda condition, value, otherwise: value if condition else otherwise,
    root=sqrt,
    up=ceil,
    half=lambda power: 0.5**power,
)


@dataclass(frozen=True)
class Transactions:
    """Canonical transactions as arrays [rows]."""

    customers: Sequence[str]  # in the order of the answer; each has a row
    customer: NDArray[np.int64]  # place in `customers`
    booked_at: NDArray[np.int64]  # milliseconds since 1970, UTC
    money: NDArray[np.int64]  # [amount and discount, rows], cents
    kind: NDArray[np.int64]  # place in KINDS
    names: NDArray[np.object_]  # [NAMES, rows], None where there is none


def features(rows: Transactions, as_of: date, spec: Spec) -> dict[str, NDArray[np.float64]]:
    """The features [customers] at `as_of`, in the order of domain/features.py.

    Rows booked on `as_of` or later are not looked at; who has no other gets NaN throughout.
    """
    cutoff = (as_of - EPOCH).days
    order = np.lexsort((rows.booked_at, rows.customer))
    order = order[rows.booked_at[order] < cutoff * DAY]
    customer = rows.customer[order]
    edges = [*_changes(customer), len(order)]
    names = _names(spec)
    columns = np.full((len(names), len(rows.customers)), np.nan)
    for begin, end in pairwise(edges):
        sums = _sums(rows, order[begin:end], cutoff, spec)
        own = ratios(sums.__getitem__, spec, NUMBERS)
        columns[:, customer[begin]] = list(own.values())
    return dict(zip(names, columns, strict=True))


@cache
def _names(spec: Spec) -> list[str]:
    return list(ratios(lambda name: 1.0, spec, NUMBERS))


def _sums(
    rows: Transactions, order: NDArray[np.int64], cutoff: int, spec: Spec
) -> dict[str, float]:
    """What a customer's days add up to, before any division; as _sums of domain/features.py.

    `order` has the places of the customer's rows, oldest first; one at least.
    """
    booked_at = rows.booked_at[order]
    day = booked_at // DAY
    amount, discount = exact.safe(rows.money[:, order])
    signs = _signs(spec.kinds)[:, rows.kind[order]]
    money = amount * signs
    begins = _changes(day)
    came = np.logical_or.reduceat(signs[0] != 0, begins)  # on a visit something counts as spend
    visited = day[begins[came]]
    days, tenure = visited.tolist(), cutoff - int(day[0])
    late = day.searchsorted(cutoff - spec.horizon)
    _, income_recent, other_recent, _ = money[:, late:].sum(axis=1).tolist()
    spend = np.add.reduceat(money[0], begins)[came].tolist()
    by_size, upto = sorted(spend) or [0], [0, *accumulate(spend)]
    lower, upper = by_size[(len(by_size) - 1) // 2], by_size[len(by_size) // 2]
    last = {w: bisect_left(days, cutoff - w) for w in (*spec.all_windows, 2 * spec.horizon)}
    cents = {
        **dict(zip(MONEY, money.sum(axis=1).tolist(), strict=True)),
        "discount": int(discount.sum()),
        "spend_before": upto[last[spec.horizon]] - upto[last[2 * spec.horizon]],
        "income_recent": income_recent,
        "other_recent": other_recent,
        "ticket_median": lower + (upper - lower) // 2,  # whole cents
        "ticket_largest": by_size[-1],
        **{f"spend_{w}": upto[-1] - upto[last[w]] for w in spec.all_windows},
    }
    sums = {name: exact.number(units, 100) for name, units in cents.items()}
    newest_first = day[::-1].tolist()
    for name, values in zip(NEW, rows.names[:, order[::-1]].tolist(), strict=True):
        first_day = dict(zip(values, newest_first, strict=True))
        first_day.pop(None, None)
        new = first_day if name == "new_regions" else set(first_day.values()).intersection(days)
        sums[name] = len(new)
    return {
        **sums,
        **_weighted(spend, cutoff - visited, spec),
        **{f"visits_{w}": len(days) - last[w] for w in spec.all_windows},
        "spend_squared": exact.number(sum(map(mul, spend, spend)), 10_000),
        "transactions": len(order),
        "discounted": int(np.count_nonzero(discount > 0)),
        "evening": int(np.count_nonzero(booked_at % DAY >= EVENING * HOUR)),
        "weekend": int(np.count_nonzero((visited + THURSDAY) % 7 >= SATURDAY)),
        "weeks": len({(cutoff - d - 1) // 7 for d in days}),
        "tenure": tenure,
        "first": cutoff - days[0] if days else 0,
        "recency": cutoff - days[-1] if days else tenure,
        "visits": len(days),
        "gap_longest": max(map(sub, days[1:], days), default=0),
    }


@cache
def _signs(kinds: tuple[str, ...]) -> NDArray[np.int64]:
    """How an amount counts in each of MONEY, by its kind [MONEY, KINDS]; `kinds` are spend."""
    spend = np.array([kind in kinds for kind in KINDS])
    income, cash = (np.array(KINDS) == kind for kind in ("income", "cash"))
    return np.array([spend, -income.astype(np.int64), ~(spend | income), cash])


def _weighted(spend: Sequence[int], age: NDArray[np.int64], spec: Spec) -> dict[str, float]:
    """Spend and visits by the weight of their day, for each half-life, in units of 1e-10."""
    money = np.array(spend, np.float64) / 100
    weights = np.power(0.5, age / np.array(spec.half_lives)[:, np.newaxis])
    terms = exact.rounded(np.concatenate([money * weights, weights]) * 1e10)
    names = [f"{what}_half_{h}" for what in ("spend", "visits") for h in spec.half_lives]
    sums = terms.sum(axis=1).tolist()
    return {n: exact.number(units, 10**10) for n, units in zip(names, sums, strict=True)}


def _changes(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The places where a value differs from the one before it; the first does."""
    changed = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return np.flatnonzero(changed)
