"""Features and targets: one ibis expression for every engine.

Money is summed as exact decimals, so that a result does not depend on the order in which an
engine's threads add; float64 begins where a sum is divided. Rates are per horizon: what the
customer did in a window, divided by the days observed of it, times the horizon. Days are UTC.
What each column means, its unit and its family: domain/catalogue.py.
"""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir
from ibis import ifelse

from stages.domain.ratios import Arithmetic, ratios
from stages.domain.spec import EVENING, SATURDAY, Spec

# Exponentially weighted terms, of money and of visits: exact to add, in any order.
WEIGHTED, WEIGHT = "decimal(38, 10)", "decimal(18, 10)"
CLOCK = ("evening_share", "weekend_share")  # features that a monthly statement does not have
COUNTS = ("transactions", "discounted", "evening")
# What a customer's day adds up to, in half the bytes of a sum, which are sorted and joined; the
# contract's largest amount fits a thousand times.
DAY = {
    **dict.fromkeys(("spend", "income", "other", "cash", "discount"), "decimal(18, 2)"),
    **dict.fromkeys((*COUNTS, "bought"), "int32"),
}
NEW = {"new_categories": "category", "new_merchants": "merchant", "new_regions": "region"}
COLUMNS = Arithmetic(
    least=ibis.least,
    most=ibis.greatest,
    ratio=lambda part, whole, otherwise: ifelse(whole > 0, part / whole, otherwise),
    where=ifelse,
    root=lambda value: value.sqrt(),
    up=lambda value: value.ceil(),
    half=lambda power: ibis.literal(0.5).pow(power),
)


def daily(transactions: ir.Table, spec: Spec) -> ir.Table:
    """One row a customer and day: exact sums, counts, what is new, days since the visit before.

    A visit is a day with a transaction of the kinds that count as spend: `bought` of them.

    A category, merchant or region is new on the day of its first use by the customer, so that
    their sum up to any day is how many different ones there were until then.
    """
    t = transactions
    spends = t.kind.isin(spec.kinds)
    days = t.group_by(t.customer_id, day=t.booked_at.date()).aggregate(
        spend=ifelse(spends, t.amount, 0).sum(),
        income=ifelse(t.kind == "income", -t.amount, 0).sum(),
        other=ifelse(spends | (t.kind == "income"), 0, t.amount).sum(),
        cash=ifelse(t.kind == "cash", t.amount, 0).sum(),
        discount=t.discount.sum(),
        transactions=t.count(),
        bought=t.count(where=spends),
        discounted=t.count(where=t.discount > 0),
        evening=t.count(where=t.booked_at.hour() >= EVENING),
    )
    days = days.cast(DAY)
    alike = [days.customer_id, days.bought > 0]  # visits follow visits
    before = days.day.lag().over(group_by=alike, order_by=days.day)
    days = days.mutate(gap=days.day.delta(before, unit="day"))
    firsts = ibis.union(*(_firsts(t, name, column) for name, column in NEW.items()))
    new = firsts.group_by("customer_id", "day").aggregate(
        **{name: firsts.count(where=firsts.new == name) for name in NEW}
    )
    return days.left_join(new, ["customer_id", "day"]).select(
        days, **{name: new[name].fill_null(0) for name in NEW}
    )


def _firsts(transactions: ir.Table, name: str, column: str) -> ir.Table:
    """The day of each customer's first use of each value of `column`: a row each, under `name`."""
    known = transactions.filter(transactions[column].notnull())
    first = known.group_by("customer_id", column).aggregate(day=known.booked_at.min().date())
    return first.select("customer_id", "day", new=ibis.literal(name))


def features(daily: ir.Table, cutoffs: Sequence[date], spec: Spec) -> ir.Table:
    """One row a cutoff and customer seen before it: `customer_id`, `cutoff` and the features."""
    ends = _ends(cutoffs)
    past = daily.join(ends, daily.day < ends.cutoff)
    past = past.mutate(age=past.cutoff.delta(past.day, unit="day"))
    exact = _sums(past, spec).items()
    numbers = {name: value.cast("float64").coalesce(0.0) for name, value in exact}
    sums = past.group_by("cutoff", "customer_id").aggregate(**numbers)
    return sums.select("customer_id", "cutoff", **ratios(sums.__getitem__, spec, COLUMNS))


def targets(daily: ir.Table, cutoffs: Sequence[date], days: int, horizon: int) -> ir.Table:
    """One row a cutoff and customer who spent in [cutoff, cutoff + days): `target`, never < 0.

    The target is that spend per `horizon` days. A customer without a row spent nothing.
    """
    ends = _ends(cutoffs)
    age = ends.cutoff.delta(daily.day, unit="day")
    future = daily.join(ends, (age <= 0) & (age > -days))
    sums = future.group_by("cutoff", "customer_id").aggregate(target=future.spend.sum())
    per_horizon = sums.target.cast("float64") * (horizon / days)
    return sums.mutate(target=ibis.greatest(per_horizon, 0.0))


def _ends(cutoffs: Sequence[date]) -> ir.Table:
    """A row each, perhaps none."""
    return ibis.literal(list(cutoffs), "array<date>").unnest().name("cutoff").as_table()


def _sums(past: ir.Table, spec: Spec) -> dict[str, ir.Value]:
    """What a customer's days add up to, before any division."""
    age, spend, recent = past.age, past.spend, past.age <= spec.horizon
    visit = past.bought > 0
    exact = spend.cast("decimal(38, 2)")  # room for its multiples
    cents, null = (exact * 100).cast("float64"), ibis.null("float64")
    another_week = past.gap.isnull() | ((age - 1) % 7 + past.gap >= 7)
    sums = {
        "tenure": age.max(),
        "first": age.max(where=visit),
        "recency": age.min(where=visit).coalesce(age.max()),  # of who never came: since ever
        "visits": past.count(where=visit),
        "weeks": past.count(where=visit & another_week),
        "gap_longest": past.gap.max(where=visit),
        "ticket_median": visit.ifelse(cents, null).median().floor() / 100.0,  # whole cents
        "ticket_largest": spend.max(where=visit).cast("float64"),
        "spend": spend.sum(),
        "spend_squared": (exact * exact).cast("decimal(38, 4)").sum(),
        "weekend": past.count(where=visit & (past.day.day_of_week.index() >= SATURDAY)),
        "spend_before": spend.sum(where=(age > spec.horizon) & (age <= 2 * spec.horizon)),
        "income_recent": past.income.sum(where=recent),
        "other_recent": past.other.sum(where=recent),
    }
    for name in (*COUNTS, "discount", "cash", "income", "other", "new_regions"):
        sums[name] = past[name].sum()
    for name in ("new_categories", "new_merchants"):
        sums[f"{name}_days"] = past.count(where=visit & (past[name] > 0))
    for w in spec.all_windows:
        sums[f"spend_{w}"] = spend.sum(where=age <= w)
        sums[f"visits_{w}"] = past.count(where=visit & (age <= w))
    for h in spec.half_lives:
        weight = ibis.literal(0.5).pow(age.cast("float64") / h)
        sums[f"spend_half_{h}"] = (spend.cast("float64") * weight).cast(WEIGHTED).sum()
        sums[f"visits_half_{h}"] = weight.cast(WEIGHT).sum(where=visit)
    return sums


def usable(columns: Sequence[str], shortest_history: int) -> list[str]:
    """The feature columns that exist at a cutoff with `shortest_history` days before it.

    A window longer than the history repeats the whole history's rate, so it is left out.
    """
    lengths = {c: c.rpartition("_rate_")[2] for c in columns}
    return [c for c in columns if not lengths[c].isdigit() or int(lengths[c]) <= shortest_history]
