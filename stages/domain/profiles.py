"""Segments described by the four kinds of data; nothing here enters a score."""

from collections.abc import Sequence
from datetime import date, timedelta

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm

from stages.domain.audit import FEWEST
from stages.domain.catalogue import feature
from stages.domain.momentum import EVERYBODY

PLACES = ("region", "merchant", "channel", "category")  # of a transaction
RECENT = 365  # days of transactions that the mix is taken from
# Shown of every segment; behavioural and psychographic features, each explained in the catalogue.
SHOWN = (
    *("visit_rate", "recency", "recency_in_gaps", "ticket_mean", "trend", "tenure"),
    *("discount_share", "promotion_share", "variety", "loyalty", "evening_share", "weekend_share"),
    "cash_share",
)
FIGURES = ["segment", "kind", "figure", "unit", "value", "low", "high", "n"]  # of habits
SHARES = ["segment", "name", "value", "low", "high", "index", "n"]  # of places


def habits(scores: pd.DataFrame, features: pd.DataFrame) -> pd.DataFrame:
    """Mean of each shown feature by segment, with its interval.

    `features` has a row a customer, as `scores` has; null without history. Columns: segment, kind,
    figure, unit, value, low, high, n. A figure of fewer than ten customers is not in it. The
    interval is 95 % for all figures of a segment together (Bonferroni); customers of a segment
    count as no more alike than all are, since of few it would be by chance.
    """
    columns = [c for c in SHOWN if c in features and features[c].notna().any()]
    if "loyalty" in columns and features["loyalty"].min() == 1:  # no merchant is known
        columns.remove("loyalty")
    if not columns:
        return pd.DataFrame(columns=FIGURES)
    everybody = np.full(len(scores), EVERYBODY)
    means = pd.concat(
        features[columns].groupby(by).agg(["mean", "std", "count"]).stack(0, future_stack=True)
        for by in (everybody, scores["segment"].to_numpy())
    )
    means = means[means["count"] >= FEWEST].rename_axis(["segment", "figure"]).reset_index()
    overall = means[means["segment"] == EVERYBODY].set_index("figure")["std"]
    varies = np.maximum(means["std"], means["figure"].map(overall))
    spread = norm.ppf(1 - 0.025 / len(columns)) * varies / np.sqrt(means["count"])
    what = [feature(name) for name in means["figure"]]
    table = means.assign(
        kind=[w.kind for w in what],
        unit=[w.unit for w in what],
        value=means["mean"],
        low=means["mean"] - spread,
        high=means["mean"] + spread,
        n=means["count"],
    )
    return table[FIGURES]


def groups(scores: pd.DataFrame, attributes: pd.DataFrame) -> pd.DataFrame:
    """Share of each demographic group by segment, among those known, with its 95 % interval.

    `attributes` is indexed by customer_id. Columns: segment, attribute, group, value, low, high
    (Wilson, 1927), n. A group of fewer than ten customers of a segment is not in it.
    """
    own = attributes.reindex(scores["customer_id"])
    found = []
    for name, rows in [(EVERYBODY, own), *own.groupby(scores["segment"].to_numpy())]:
        for attribute in attributes.columns:
            known = rows[attribute].dropna()
            for group, count in known.value_counts().items():
                if count >= FEWEST:
                    low, high = binomtest(count, len(known)).proportion_ci(method="wilson")
                    found.append([name, attribute, group, count / len(known), low, high, count])
    names = ["segment", "attribute", "group", "value", "low", "high", "n"]
    return pd.DataFrame(found, columns=names)


def mix(
    transactions: ir.Table, segments: ir.Table, kinds: Sequence[str], place: str, as_of: date
) -> ir.Table:
    """Spend of the year before `as_of` by segment and value of `place`, a column of transactions.

    `segments` has customer_id and segment. Columns: segment, name, spend, n (customers), and what
    tells how sure its share is, over customers: `squares` (of their spend there), `cross` (by their
    spend in all) and `whole` (squares of their spend in all, the same for all names of a segment).
    """
    t = transactions.filter(transactions.kind.isin(kinds), transactions[place].notnull())
    day = t.booked_at.date()
    t = t.filter(day < as_of, day >= as_of - timedelta(days=RECENT))
    t = t.join(segments, "customer_id")
    there = t.group_by("segment", "customer_id", name=t[place]).aggregate(
        spend=t.amount.sum().cast("float64")
    )
    each = there.group_by("segment", "customer_id").aggregate(own=there.spend.sum())
    whole = each.group_by("segment").aggregate(whole=(each.own * each.own).sum())
    there = there.join(each, ["segment", "customer_id"])
    named = there.group_by("segment", "name").aggregate(
        spend=there.spend.sum(),
        n=there.count(),
        squares=(there.spend * there.spend).sum(),
        cross=(there.spend * there.own).sum(),
    )
    return named.join(whole, "segment")


def shares(mix: pd.DataFrame) -> pd.DataFrame:
    """The rows of `mix` as shares of their segment's spend, and times as large as with all.

    Columns: segment, name, value, low, high, index, n. The interval is that of a ratio of sums over
    customers (Cochran, 1977), 95 % for all names of a segment together (Bonferroni): among many
    names some stand out by chance. A name that fewer than ten customers of a segment used is not in
    it, nor one that took in no money: of that there are no shares.
    """
    sums = ["spend", "n", "squares", "cross"]
    everybody = mix.groupby("name", as_index=False)[sums].sum().assign(segment=EVERYBODY)
    everybody["whole"] = mix.drop_duplicates("segment")["whole"].sum()
    table = pd.concat([mix, everybody], ignore_index=True)
    net = table.groupby("segment")["spend"].transform("sum")
    table["spend"] = table["spend"].clip(lower=0)  # where more came back than was sold: no share
    positive = table.groupby("segment")["spend"].transform("sum")
    table["value"] = (table["spend"] / positive).where(net > 0)
    overall = table[table["segment"] == EVERYBODY].set_index("name")["value"]
    table["index"] = table["value"] / table["name"].map(overall[overall > 0])
    spent = (table["spend"] > 0) & (table["value"] > 0) & table["index"].notna()
    shown = table[spent & (table["n"] >= FEWEST)]
    r = shown["value"]
    varies = (shown["squares"] - 2 * r * shown["cross"] + r**2 * shown["whole"]).clip(lower=0)
    names = shown.groupby("segment")["name"].transform("size")
    spread = norm.ppf(1 - 0.025 / names) * np.sqrt(varies) / positive[shown.index]
    shown = shown.assign(low=r - spread, high=r + spread)
    shown = shown.sort_values(["segment", "value", "name"], ascending=[True, False, True])
    return shown[SHARES].reset_index(drop=True)
