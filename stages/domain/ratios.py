"""Features from sums: one definition, for an engine's columns and for plain numbers."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import Any

from stages.domain.spec import Spec


@dataclass(frozen=True)
class Arithmetic:
    """What columns and plain numbers do each in their own way."""

    least: Callable[[Any, Any], Any]
    most: Callable[[Any, Any], Any]
    ratio: Callable[[Any, Any, Any], Any]  # first over second where that is above 0, else third
    where: Callable[[Any, Any, Any], Any]  # second where the first is true, else third
    root: Callable[[Any], Any]
    up: Callable[[Any], Any]  # to the next whole number
    half: Callable[[Any], Any]  # 0.5 to that power


def ratios(number: Callable[[str], Any], spec: Spec, do: Arithmetic) -> dict[str, Any]:
    """The features by name, each finite for every customer, of sums that `number` gives by name."""
    horizon = float(spec.horizon)
    tenure, visits, spend = number("tenure"), number("visits"), number("spend")
    transactions = number("transactions")
    history = tenure + float(spec.lead)
    observed = do.most(history, float(spec.shortest_tenure))
    some = do.most(visits, 1.0)  # to divide by: who never came spent nothing
    mean = spend / some
    variance = do.most(number("spend_squared") / some - mean * mean, 0.0)
    gap = do.ratio(number("first") - number("recency"), visits - 1, tenure)
    recent = do.least(observed, horizon)
    with_cash = spend if "cash" in spec.kinds else spend + number("cash")
    discount, before_discount = number("discount"), number("discount") + do.most(spend, 0.0)
    columns = {
        "tenure": tenure,
        "recency": number("recency"),
        "recency_in_gaps": number("recency") / do.most(gap, 1.0),
        "gap_mean": gap,
        "gap_longest": number("gap_longest"),
        "active_weeks": number("weeks") / do.up(tenure / 7),
        "ticket_mean": mean,
        "ticket_median": number("ticket_median"),
        "ticket_largest": number("ticket_largest"),
        "ticket_variation": do.ratio(do.root(variance), mean, 0.0),
        "spend_rate": spend * horizon / observed,
        "visit_rate": visits * horizon / observed,
        "transaction_rate": transactions * horizon / observed,
        "income_rate": number("income") * horizon / observed,
        "income_rate_recent": number("income_recent") * horizon / recent,
        "other_rate": number("other") * horizon / observed,
        "other_rate_recent": number("other_recent") * horizon / recent,
        "cash_share": do.ratio(number("cash"), do.most(with_cash, number("cash")), 0.0),
        "discount_share": do.ratio(discount, before_discount, 0.0),
        "promotion_share": number("discounted") / transactions,
        "evening_share": number("evening") / transactions,
        "weekend_share": number("weekend") / some,
        "variety": number("new_categories_days") / some,
        "loyalty": 1.0 - number("new_merchants_days") / some,
        "regions": number("new_regions"),
    }
    for w in spec.all_windows:
        days = do.least(observed, float(w))
        columns[f"spend_rate_{w}"] = number(f"spend_{w}") * horizon / days
        columns[f"visit_rate_{w}"] = number(f"visits_{w}") * horizon / days
    for h in spec.half_lives:
        days = (1 - do.half(observed / h)) * (h / log(2))
        columns[f"spend_rate_half_{h}"] = number(f"spend_half_{h}") * horizon / days
        columns[f"visit_rate_half_{h}"] = number(f"visits_half_{h}") * horizon / days
    latest, before = number(f"spend_{spec.horizon}"), number("spend_before")
    columns["trend"] = _trend(latest, before, history, spec, do)
    return columns


def _trend(latest: Any, before: Any, history: Any, spec: Spec, do: Arithmetic) -> Any:
    """(latest − before) / (latest + before): spend of the last horizon and of the one before it.

    Between -1 and 1; a horizon before that was seen in part counts as if seen whole; 0 for
    newcomers, seen for less than a week of it (or than all of a shorter one); -1 for who spent
    nothing in both.
    """
    horizon = float(spec.horizon)
    seen = do.least(history - horizon, horizon)
    latest = do.most(latest, 0.0)
    before = do.most(before, 0.0) * horizon / do.most(seen, 1.0)
    known = do.ratio(latest - before, latest + before, -1.0)
    return do.where(seen >= min(float(spec.shortest_tenure), horizon), known, 0.0)
