"""Features of a few customers by NumPy, in well under a millisecond: the endpoint's evaluator.

The definition is the expression of domain/features.py; a test holds this to it on every customer
of three data sets. Money is whole cents, added exactly, as the engines add decimals; an
exponentially weighted term is rounded to 10 decimals before it is added, as there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import log

import numpy as np
from numpy.typing import NDArray

from stages.domain import exact
from stages.domain.exact import Floats, Whole
from stages.domain.spec import EVENING, SATURDAY, Spec
from stages.domain.tables import KINDS

EPOCH = date(1970, 1, 1)
THURSDAY = 3  # the day of the week of the epoch, counted from Monday
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
UNKNOWN = -1  # the number of a category, merchant or region that a row does not name
NAMES = ("category", "merchant", "region")
INCOME, CASH = KINDS.index("income"), KINDS.index("cash")


@dataclass(frozen=True)
class Transactions:
    """Canonical transactions as arrays [rows]; a name is its place in a list of names."""

    customers: Sequence[str]  # in the order of the answer; each has a row
    customer: NDArray[np.int64]  # place in `customers`
    booked_at: NDArray[np.int64]  # milliseconds since 1970, UTC
    amount: NDArray[np.int64]  # cents
    discount: NDArray[np.int64]  # cents
    kind: NDArray[np.int64]  # place in KINDS
    names: NDArray[np.int64]  # [NAMES, rows]: a number for each name, or UNKNOWN


def features(rows: Transactions, as_of: date, spec: Spec) -> dict[str, Floats]:
    """The features [customers] at `as_of`, in the order of domain/features.py.

    Rows booked on `as_of` or later are not looked at; who has no other gets NaN throughout.
    """
    cutoff = (as_of - EPOCH).days
    day = rows.booked_at // DAY
    order = np.lexsort((day, rows.customer))
    order = order[day[order] < cutoff]
    customer, day = rows.customer[order], day[order]
    begins = _changes(customer) | _changes(day)  # another customer's day
    days, first = _days(rows, order, day, begins, spec), np.flatnonzero(begins)
    starts = _changes(customer[first])  # another customer
    with np.errstate(divide="ignore", invalid="ignore"):  # of values that are not chosen
        known = _ratios(_sums(days, cutoff - day[first], starts, spec), spec)
    columns = np.full((len(known), len(rows.customers)), np.nan)
    columns[:, customer[first[starts]]] = list(known.values())
    return dict(zip(known, columns, strict=True))


def _days(
    rows: Transactions, order: NDArray, day: NDArray, begins: NDArray[np.bool_], spec: Spec
) -> dict[str, Whole]:
    """What happened on each customer's day [days]: exact sums in cents, and counts.

    `order` sorts the rows by customer and day, which `begins` where it is true.
    """
    first, group = np.flatnonzero(begins), np.cumsum(begins) - 1
    booked_at, kind = rows.booked_at[order], rows.kind[order]
    amount, discount = exact.safe(rows.amount[order]), exact.safe(rows.discount[order])
    spends = np.array([k in spec.kinds for k in KINDS])[kind]
    income = kind == INCOME
    terms = {
        "spend": np.where(spends, amount, 0),
        "income": np.where(income, -amount, 0),
        "other": np.where(spends | income, 0, amount),
        "cash": np.where(kind == CASH, amount, 0),
        "discount": discount,
        "discounted": discount > 0,
        "evening": booked_at % DAY >= EVENING * HOUR,
        "transactions": np.ones(len(order), np.int64),
    }
    added = np.add.reduceat(np.array(list(terms.values())), first, axis=1)
    new = _new(rows.customer[order], rows.names[:, order], group, len(first))
    weekend = (day[first] + THURSDAY) % 7 >= SATURDAY
    return {
        **dict(zip(terms, added, strict=True)),
        **dict(zip(NAMES, new, strict=True)),
        "weekend": weekend,
    }


def _sums(
    days: dict[str, Whole], age: NDArray[np.int64], starts: NDArray[np.bool_], spec: Spec
) -> dict[str, Floats]:
    """What a customer's days add up to, before any division; as _sums of domain/features.py.

    `age` [days] is counted back from the cutoff; a customer's oldest day is where it `starts`.
    """
    start, spend = np.flatnonzero(starts), days["spend"]
    visits = np.append(start[1:], len(age)) - start
    last = start + visits - 1
    gap = np.append(0, age[:-1] - age[1:])
    gap[start] = 0
    by_size = np.argsort(spend, kind="stable")
    by_size = by_size[np.argsort(np.repeat(start, visits)[by_size], kind="stable")]
    lower = spend[by_size[start + (visits - 1) // 2]]
    upper = spend[by_size[start + visits // 2]]
    windows = np.array(spec.all_windows)[:, np.newaxis]
    recent, inside = age <= spec.horizon, age <= windows
    money = {
        **{name: days[name] for name in ("spend", "income", "other", "cash", "discount")},
        "spend_before": np.where(recent | (age > 2 * spec.horizon), 0, spend),
        "income_recent": np.where(recent, days["income"], 0),
        "other_recent": np.where(recent, days["other"], 0),
    }
    counts = {
        **{name: days[name] for name in ("transactions", "discounted", "evening", "weekend")},
        **{name: days[name] > 0 for name in ("category", "merchant")},
        "region": days["region"],
        "weeks": starts | _changes((age - 1) // 7),
    }
    units = np.array([*money.values(), *np.where(inside, spend, 0)])
    cents = exact.number(np.add.reduceat(units, start, axis=1), 100)
    counted = np.array([*counts.values(), *inside]).astype(np.float64)
    counted = np.add.reduceat(counted, start, axis=1)  # far below 2^53: exact
    units = np.add.reduceat(_weighted(spend, age, spec), start, axis=1)
    halves, rounded = len(spec.half_lives), exact.number(units, 10**10)
    squares = exact.safe(spend, bound=float(abs(spend).max(initial=0)) ** 2 * len(age)) ** 2
    return {
        **dict(zip(money, cents, strict=False)),
        **dict(zip(counts, counted, strict=False)),
        "spend_windows": cents[len(money) :],
        "visits_windows": counted[len(counts) :],
        "spend_halves": rounded[:halves],
        "visits_halves": rounded[halves:],
        "spend_squared": exact.number(np.add.reduceat(squares, start), 10_000),
        "ticket_median": exact.number(lower + (upper - lower) // 2, 100),  # cents, as in a decimal
        "ticket_largest": exact.number(np.maximum.reduceat(spend, start), 100),
        "tenure": age[start].astype(np.float64),
        "recency": age[last].astype(np.float64),
        "visits": visits.astype(np.float64),
        "gap_longest": np.maximum.reduceat(gap, start).astype(np.float64),
    }


def _ratios(number: dict[str, Floats], spec: Spec) -> dict[str, Floats]:
    """The features; as _ratios of domain/features.py, line by line."""

    def share(part: Floats, whole: Floats) -> Floats:
        return np.where(whole > 0, part / whole, 0.0)

    horizon = float(spec.horizon)
    tenure, visits, spend = number["tenure"], number["visits"], number["spend"]
    transactions = number["transactions"]
    observed = np.maximum(tenure, float(spec.shortest_tenure))
    mean = spend / visits
    variance = np.maximum(number["spend_squared"] / visits - mean * mean, 0.0)
    gap = np.where(visits > 1, (tenure - number["recency"]) / (visits - 1), tenure)
    recent = np.minimum(observed, horizon)
    columns = {
        "tenure": tenure,
        "recency": number["recency"],
        "recency_in_gaps": number["recency"] / np.maximum(gap, 1.0),
        "gap_mean": gap,
        "gap_longest": number["gap_longest"],
        "active_weeks": number["weeks"] / np.ceil(tenure / 7),
        "ticket_mean": mean,
        "ticket_median": number["ticket_median"],
        "ticket_largest": number["ticket_largest"],
        "ticket_variation": share(np.sqrt(variance), mean),
        "spend_rate": spend * horizon / observed,
        "visit_rate": visits * horizon / observed,
        "transaction_rate": transactions * horizon / observed,
        "income_rate": number["income"] * horizon / observed,
        "income_rate_recent": number["income_recent"] * horizon / recent,
        "other_rate": number["other"] * horizon / observed,
        "other_rate_recent": number["other_recent"] * horizon / recent,
        "cash_share": share(number["cash"], np.maximum(spend, number["cash"])),
        "discount_share": share(number["discount"], number["discount"] + spend),
        "promotion_share": number["discounted"] / transactions,
        "evening_share": number["evening"] / transactions,
        "weekend_share": number["weekend"] / visits,
        "variety": number["category"] / visits,
        "loyalty": 1.0 - number["merchant"] / visits,
        "regions": number["region"],
    }
    days = np.minimum(observed, np.array(spec.all_windows, np.float64)[:, np.newaxis])
    spends, visited = (number[f"{what}_windows"] * horizon / days for what in ("spend", "visits"))
    for i, w in enumerate(spec.all_windows):
        columns |= {f"spend_rate_{w}": spends[i], f"visit_rate_{w}": visited[i]}
    half = np.array(spec.half_lives, np.float64)[:, np.newaxis]
    days = (1 - np.power(0.5, observed / half)) * (half / log(2))
    weighted, weights = (number[f"{what}_halves"] * horizon / days for what in ("spend", "visits"))
    for i, h in enumerate(spec.half_lives):
        columns |= {f"spend_rate_half_{h}": weighted[i], f"visit_rate_half_{h}": weights[i]}
    latest = np.maximum(number["spend_windows"][spec.all_windows.index(spec.horizon)], 0.0)
    seen = np.minimum(tenure - horizon, horizon)
    before = np.maximum(number["spend_before"], 0.0) * horizon / np.maximum(seen, 1.0)
    both = latest + before
    trend = np.where(both > 0, (latest - before) / both, -1.0)
    columns["trend"] = np.where(seen >= float(spec.shortest_tenure), trend, 0.0)
    return columns


def _changes(values: NDArray) -> NDArray[np.bool_]:
    """Whether each value differs from the one before it; the first does."""
    changed = np.ones(len(values), bool)
    np.not_equal(values[1:], values[:-1], out=changed[1:])
    return changed


def _new(
    customer: NDArray[np.int64], names: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> NDArray[np.int64]:
    """How many names [NAMES, groups] each customer's day brings that no day before it had."""
    span = names.max(initial=UNKNOWN) + 2
    of_kind = (customer.max(initial=0) + 1) * span * np.arange(len(NAMES))[:, np.newaxis]
    key = (of_kind + customer * span + (names - UNKNOWN)).ravel()
    order = key.argsort(kind="stable")
    first = order[_changes(key[order])]
    first = first[names.ravel()[first] != UNKNOWN]
    kind, row = np.divmod(first, max(len(customer), 1))
    counted = np.bincount(kind * groups + group[row], minlength=len(NAMES) * groups)
    return counted.reshape(len(NAMES), groups)


def _weighted(spend: Whole, age: NDArray[np.int64], spec: Spec) -> Whole:
    """Spend and visits [2 · half-lives, days] by the weight of their day, in units of 1e-10.

    Each is rounded, halves away from 0, as a cast to a decimal does.
    """
    weights = np.power(0.5, age / np.array(spec.half_lives)[:, np.newaxis])
    return exact.rounded(np.concatenate([exact.number(spend, 100) * weights, weights]) * 1e10)
