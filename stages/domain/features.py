"""Features and targets: one ibis expression for every engine.

Money is summed as exact decimals, so that a result does not depend on the order in which an
engine's threads add; float64 begins where a sum is divided. Rates are per horizon: what the
customer did in a window, divided by the days observed of it, times the horizon.
"""

import math
from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import ifelse

from stages.domain.spec import Spec

WEIGHTED = "decimal(38, 10)"  # of an exponentially weighted term: exact to add, in any order


def daily(transactions: ir.Table, spec: Spec) -> ir.Table:
    """One row a customer and day (UTC): exact sums, counts, and days since the day before."""
    t = transactions
    spends = t.kind.isin(spec.kinds)
    days = t.group_by(t.customer_id, day=t.booked_at.date()).aggregate(
        spend=ifelse(spends, t.amount, 0).sum(),
        income=ifelse(t.kind == "income", -t.amount, 0).sum(),
        other=ifelse(spends | (t.kind == "income"), 0, t.amount).sum(),
        discount=t.discount.sum(),
        transactions=t.count(),
        categories=t.category.nunique(),
        merchants=t.merchant.nunique(),
    )
    before = days.day.lag().over(group_by=days.customer_id, order_by=days.day)
    return days.mutate(gap=days.day.delta(before, unit="day"))


def features(daily: ir.Table, cutoffs: Sequence[date], spec: Spec) -> ir.Table:
    """One row a cutoff and customer seen before it: `customer_id`, `cutoff` and the features."""
    ends = ibis.memtable({"cutoff": list(cutoffs)}, schema={"cutoff": "date"})
    past = daily.join(ends, daily.day < ends.cutoff)
    past = past.mutate(age=past.cutoff.delta(past.day, unit="day"))
    return _ratios(past.group_by("cutoff", "customer_id").aggregate(**_sums(past, spec)), spec)


def targets(daily: ir.Table, cutoffs: Sequence[date], horizon: int) -> ir.Table:
    """One row a cutoff and customer who spent in [cutoff, cutoff + horizon): `target`, never < 0.

    A customer without a row spent nothing.
    """
    ends = ibis.memtable({"cutoff": list(cutoffs)}, schema={"cutoff": "date"})
    age = ends.cutoff.delta(daily.day, unit="day")
    future = daily.join(ends, (age <= 0) & (age > -horizon))
    sums = future.group_by("cutoff", "customer_id").aggregate(target=future.spend.sum())
    return sums.mutate(target=ibis.greatest(sums.target.cast("float64"), 0.0))


def _sums(past: ir.Table, spec: Spec) -> dict[str, ir.Value]:
    """What a customer's days add up to, before any division."""
    age, spend = past.age, past.spend
    sums = {
        "tenure": age.max(),
        "recency": age.min(),
        "visits": past.count(),
        "weeks": ((age - 1) // 7).nunique(),
        "gap_longest": past.gap.max(),
        "ticket_median": spend.median().cast("float64"),
        "ticket_largest": spend.max().cast("float64"),
        "spend": spend.sum(),
        "spend_squared": (spend * spend).cast("decimal(38, 4)").sum(),
        "discount": past.discount.sum(),
        "transactions": past.transactions.sum(),
        "categories": past.categories.sum(),
        "merchants": past.merchants.sum(),
        "income": past.income.sum(),
        "other": past.other.sum(),
        "income_recent": past.income.sum(where=age <= spec.horizon),
        "other_recent": past.other.sum(where=age <= spec.horizon),
    }
    for w in spec.all_windows:
        sums[f"spend_{w}"] = spend.sum(where=age <= w)
        sums[f"visits_{w}"] = past.count(where=age <= w)
    for h in spec.half_lives:
        weight = (age * (-math.log(2) / h)).exp()
        sums[f"spend_half_{h}"] = (spend.cast("float64") * weight).cast(WEIGHTED).sum()
        sums[f"visits_half_{h}"] = weight.cast(WEIGHTED).sum()
    return sums


def _ratios(t: ir.Table, spec: Spec) -> ir.Table:
    """The features, each finite for every customer: float64, named by what they are."""

    def number(name: str) -> ir.FloatingValue:
        return t[name].cast("float64").coalesce(0.0)

    def share(part: ir.Value, whole: ir.Value) -> ir.Value:
        return ifelse(whole > 0, part / whole, 0.0)

    tenure, visits, spend = number("tenure"), number("visits"), number("spend")
    observed = ibis.greatest(tenure, float(spec.shortest_tenure))
    mean = spend / visits
    variance = ibis.greatest(number("spend_squared") / visits - mean * mean, 0.0)
    gap = ifelse(visits > 1, (tenure - number("recency")) / (visits - 1), tenure)
    recent = ibis.least(observed, float(spec.horizon))
    columns = {
        "tenure": tenure,
        "recency": number("recency"),
        "recency_in_gaps": number("recency") / ibis.greatest(gap, 1.0),
        "gap_mean": gap,
        "gap_longest": number("gap_longest"),
        "active_weeks": number("weeks") / (tenure / 7).ceil(),
        "ticket_mean": mean,
        "ticket_median": number("ticket_median"),
        "ticket_largest": number("ticket_largest"),
        "ticket_variation": share(variance.sqrt(), mean),
        "spend_rate": spend * spec.horizon / observed,
        "visit_rate": visits * spec.horizon / observed,
        "transaction_rate": number("transactions") * spec.horizon / observed,
        "income_rate": number("income") * spec.horizon / observed,
        "income_rate_recent": number("income_recent") * spec.horizon / recent,
        "other_rate": number("other") * spec.horizon / observed,
        "other_rate_recent": number("other_recent") * spec.horizon / recent,
        "categories_per_visit": number("categories") / visits,
        "merchants_per_visit": number("merchants") / visits,
        "discount_share": share(number("discount"), number("discount") + spend),
    }
    for w in spec.all_windows:
        days = ibis.least(observed, float(w))
        columns[f"spend_rate_{w}"] = number(f"spend_{w}") * spec.horizon / days
        columns[f"visit_rate_{w}"] = number(f"visits_{w}") * spec.horizon / days
    for h in spec.half_lives:
        days = (1 - (-observed * (math.log(2) / h)).exp()) * (h / math.log(2))
        columns[f"spend_rate_half_{h}"] = number(f"spend_half_{h}") * spec.horizon / days
        columns[f"visit_rate_half_{h}"] = number(f"visits_half_{h}") * spec.horizon / days
    latest, overall = columns[f"spend_rate_{spec.horizon}"], columns["spend_rate"]
    columns["trend"] = share(latest - overall, latest.abs() + overall.abs())
    return t.select("customer_id", "cutoff", **columns)


def usable(columns: Sequence[str], shortest_history: int) -> list[str]:
    """The feature columns that exist at a cutoff with `shortest_history` days before it.

    A window longer than the history repeats the whole history's rate, so it is left out.
    """
    lengths = {c: c.rpartition("_rate_")[2] for c in columns}
    return [c for c in columns if not lengths[c].isdigit() or int(lengths[c]) <= shortest_history]
