"""The features of domain/features.py at one cutoff as one would write them for one engine alone.

For bench/scale.py: in SQL for DuckDB, and in pandas. A test holds both to the expression.
"""

from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from stages.domain.spec import Spec

NEW = ("category", "merchant", "region")
SUMMED = ["spend", "income", "other", "cash", "discount"]
SUMMED += ["transactions", "bought", "discounted", "evening"]

SQL = """
COPY (
WITH t AS (
    SELECT customer_id, booked_at, booked_at::DATE AS day, amount, discount, kind,
        kind IN ({kinds}) AS spends, category, merchant, region
    FROM read_parquet('{files}/*.parquet') WHERE booked_at::DATE < DATE '{cutoff}'
), firsts AS (
    SELECT customer_id, min(day) AS day, 1 AS category, 0 AS merchant, 0 AS region FROM t
    WHERE category IS NOT NULL GROUP BY customer_id, t.category
    UNION ALL SELECT customer_id, min(day), 0, 1, 0 FROM t
    WHERE merchant IS NOT NULL GROUP BY customer_id, t.merchant
    UNION ALL SELECT customer_id, min(day), 0, 0, 1 FROM t
    WHERE region IS NOT NULL GROUP BY customer_id, t.region
), new AS (
    SELECT customer_id, day, sum(category) AS categories, sum(merchant) AS merchants,
        sum(region) AS regions
    FROM firsts GROUP BY customer_id, day
), days AS (
    SELECT customer_id, day, sum(CASE WHEN spends THEN amount ELSE 0 END) AS spend,
        sum(CASE WHEN kind = 'income' THEN -amount ELSE 0 END) AS income,
        sum(CASE WHEN spends OR kind = 'income' THEN 0 ELSE amount END) AS other,
        sum(CASE WHEN kind = 'cash' THEN amount ELSE 0 END) AS cash,
        sum(discount) AS discount, count(*) AS transactions, count(*) FILTER (spends) > 0 AS visit,
        count(*) FILTER (discount > 0) AS discounted,
        count(*) FILTER (hour(booked_at) >= 18) AS evening
    FROM t GROUP BY customer_id, day
), d AS (
    SELECT days.*, DATE '{cutoff}' - day AS age, categories, merchants, regions,
        day - lag(day) OVER (PARTITION BY customer_id, visit ORDER BY day) AS gap
    FROM days LEFT JOIN new USING (customer_id, day)
), s AS (
    SELECT customer_id, max(age)::DOUBLE AS tenure, max(age) FILTER (visit) AS first,
        coalesce(min(age) FILTER (visit), max(age))::DOUBLE AS recency,
        (count(*) FILTER (visit))::DOUBLE AS visits,
        count(*) FILTER (visit AND (gap IS NULL OR (age - 1) // 7 <> (age + gap - 1) // 7))
            AS weeks, max(gap) FILTER (visit) AS gap_longest,
        floor(median((spend * 100)::DOUBLE) FILTER (visit)) / 100 AS ticket_median,
        max(spend) FILTER (visit) AS ticket_largest,
        sum(spend)::DOUBLE AS spend, sum(spend * spend)::DOUBLE AS squared,
        count(*) FILTER (visit AND isodow(day) >= 6) AS weekend,
        sum(transactions)::DOUBLE AS transactions,
        sum(discounted) AS discounted, sum(evening) AS evening, sum(discount)::DOUBLE AS discount,
        sum(cash)::DOUBLE AS cash, sum(income)::DOUBLE AS income, sum(other)::DOUBLE AS other,
        sum(regions) AS regions, count(*) FILTER (visit AND categories > 0) AS category_days,
        count(*) FILTER (visit AND merchants > 0) AS merchant_days,
        coalesce(sum(income) FILTER (age <= {h}), 0)::DOUBLE AS income_recent,
        coalesce(sum(other) FILTER (age <= {h}), 0)::DOUBLE AS other_recent,
        coalesce(sum(spend) FILTER (age > {h} AND age <= 2 * {h}), 0)::DOUBLE AS before,
        {sums}
    FROM d GROUP BY customer_id
), r AS (
    SELECT *, greatest(tenure, {shortest}) AS observed,
        CASE WHEN visits > 0 THEN spend / visits ELSE 0 END AS mean,
        CASE WHEN visits > 1 THEN (first - recency) / (visits - 1) ELSE tenure END AS gap_mean,
        least(tenure - {h}, {h}) AS seen, greatest(spend_{h}, 0) AS latest FROM s
)
SELECT customer_id, tenure, recency, recency / greatest(gap_mean, 1) AS recency_in_gaps, gap_mean,
    coalesce(gap_longest, 0)::DOUBLE AS gap_longest, weeks / ceil(tenure / 7) AS active_weeks,
    mean AS ticket_mean, coalesce(ticket_median, 0) AS ticket_median,
    coalesce(ticket_largest, 0)::DOUBLE AS ticket_largest,
    CASE WHEN mean > 0 THEN sqrt(greatest(squared / visits - mean * mean, 0)) / mean ELSE 0 END
        AS ticket_variation,
    spend * {h} / observed AS spend_rate, visits * {h} / observed AS visit_rate,
    transactions * {h} / observed AS transaction_rate, income * {h} / observed AS income_rate,
    income_recent * {h} / least(observed, {h}) AS income_rate_recent,
    other * {h} / observed AS other_rate,
    other_recent * {h} / least(observed, {h}) AS other_rate_recent,
    CASE WHEN greatest(spend, cash) > 0 THEN cash / greatest(spend, cash) ELSE 0 END AS cash_share,
    CASE WHEN discount + greatest(spend, 0) > 0
        THEN discount / (discount + greatest(spend, 0)) ELSE 0 END AS discount_share,
    discounted / transactions AS promotion_share, evening / transactions AS evening_share,
    weekend / greatest(visits, 1) AS weekend_share,
    category_days / greatest(visits, 1) AS variety,
    1 - merchant_days / greatest(visits, 1) AS loyalty, coalesce(regions, 0)::DOUBLE AS regions,
    {rates},
    CASE WHEN seen < {shortest} THEN 0
        WHEN latest + greatest(before, 0) * {h} / greatest(seen, 1) > 0
        THEN (latest - greatest(before, 0) * {h} / greatest(seen, 1))
            / (latest + greatest(before, 0) * {h} / greatest(seen, 1))
        ELSE -1 END AS trend
FROM r
) TO '{result}' (FORMAT parquet)
"""
WINDOW_SUMS = """coalesce(sum(spend) FILTER (age <= {w}), 0)::DOUBLE AS spend_{w},
        count(*) FILTER (visit AND age <= {w}) AS visits_{w}"""
HALF_SUMS = """sum(spend::DOUBLE * pow(0.5, age / {w})) AS spend_half_{w},
        coalesce(sum(pow(0.5, age / {w})) FILTER (visit), 0) AS visits_half_{w}"""
WINDOW_RATES = """spend_{w} * {h} / least(observed, {w}) AS spend_rate_{w},
    visits_{w} * {h} / least(observed, {w}) AS visit_rate_{w}"""
HALF_RATES = """spend_half_{w} * {h} / ((1 - pow(0.5, observed / {w})) * {w} / ln(2))
        AS spend_rate_half_{w},
    visits_half_{w} * {h} / ((1 - pow(0.5, observed / {w})) * {w} / ln(2)) AS visit_rate_half_{w}"""


def sql(
    database: duckdb.DuckDBPyConnection, files: Path, spec: Spec, cutoff: date, result: Path
) -> None:
    """Write the features to `result` by DuckDB alone."""
    h = spec.horizon
    parts = [(WINDOW_SUMS, WINDOW_RATES, w) for w in spec.all_windows]
    parts += [(HALF_SUMS, HALF_RATES, w) for w in spec.half_lives]
    database.execute(
        SQL.format(
            kinds=", ".join(f"'{kind}'" for kind in spec.kinds),
            files=files,
            cutoff=cutoff,
            h=h,
            shortest=spec.shortest_tenure,
            sums=",\n        ".join(sums.format(w=w) for sums, _, w in parts),
            rates=",\n    ".join(rates.format(w=w, h=h) for _, rates, w in parts),
            result=result,
        )
    )


def pandas(files: Path, spec: Spec, cutoff: date) -> pd.DataFrame:
    """The features by pandas, a row a customer."""
    t = pd.read_parquet(
        files, columns=[*["customer_id", "booked_at", "amount", "kind"], *NEW, "discount"]
    )
    t["day"] = t["booked_at"].dt.tz_localize(None).dt.normalize()
    t = t[t["day"] < pd.Timestamp(cutoff)]
    amount, spends = t["amount"].astype(float), t["kind"].isin(spec.kinds)
    income = t["kind"] == "income"
    t = t.assign(
        spend=amount.where(spends, 0.0),
        income=(-amount).where(income, 0.0),
        other=amount.where(~spends & ~income, 0.0),
        cash=amount.where(t["kind"] == "cash", 0.0),
        discount=t["discount"].astype(float),
        transactions=1,
        bought=spends,
        discounted=t["discount"] > 0,
        evening=t["booked_at"].dt.hour >= 18,
    )
    key = ["customer_id", "day"]
    d = t.groupby(key)[SUMMED].sum().round(2)
    for name in NEW:
        first = t.groupby(["customer_id", name])["day"].min().reset_index()
        d[f"new_{name}"] = first.groupby(key).size()
    d = d.fillna(0).reset_index()
    d["visit"] = d["bought"] > 0
    d["gap"] = d.groupby(["customer_id", "visit"])["day"].diff().dt.days
    d["age"] = (pd.Timestamp(cutoff) - d["day"]).dt.days
    return _ratios(d, spec)


def _ratios(d: pd.DataFrame, spec: Spec) -> pd.DataFrame:
    h, age, visit = spec.horizon, d["age"], d["visit"]
    d = d.assign(
        squared=d["spend"] ** 2,
        weekend=visit & (d["day"].dt.dayofweek >= 5),
        week=(age - 1) // 7,
        category_day=visit & (d["new_category"] > 0),
        merchant_day=visit & (d["new_merchant"] > 0),
        income_recent=d["income"].where(age <= h, 0.0),
        other_recent=d["other"].where(age <= h, 0.0),
        before=d["spend"].where((age > h) & (age <= 2 * h), 0.0),
        **{f"spend_{w}": d["spend"].where(age <= w, 0.0) for w in spec.all_windows},
        **{f"visits_{w}": visit & (age <= w) for w in spec.all_windows},
        **{f"spend_half_{w}": d["spend"] * 0.5 ** (age / w) for w in spec.half_lives},
        **{f"visits_half_{w}": (0.5 ** (age / w)).where(visit, 0.0) for w in spec.half_lives},
    )
    grouped = d.groupby("customer_id")
    left_out = {"customer_id", "day", "gap", "age", "week"}
    s = grouped[[c for c in d if c not in left_out]].sum()
    came = d[visit].groupby("customer_id")
    tenure, visits = grouped["age"].max().astype(float), s["visit"].astype(float)
    observed, some = tenure.clip(lower=spec.shortest_tenure), visits.clip(lower=1)
    weeks = came["week"].nunique().reindex(tenure.index).fillna(0)
    recency = came["age"].min().reindex(tenure.index).fillna(tenure)
    mean = s["spend"] / some
    gap = ((came["age"].max() - recency) / (visits - 1)).where(visits > 1, tenure)
    variance = (s["squared"] / some - mean**2).clip(lower=0)
    most, whole = np.maximum(s["spend"], s["cash"]), s["discount"] + s["spend"].clip(lower=0)
    columns = {
        "tenure": tenure,
        "recency": recency.astype(float),
        "recency_in_gaps": recency / gap.clip(lower=1),
        "gap_mean": gap,
        "gap_longest": came["gap"].max().reindex(tenure.index).fillna(0.0),
        "active_weeks": weeks / np.ceil(tenure / 7),
        "ticket_mean": mean,
        "ticket_median": np.floor((came["spend"].median() * 100).round(4)) / 100,
        "ticket_largest": came["spend"].max().reindex(tenure.index).fillna(0.0),
        "ticket_variation": (np.sqrt(variance) / mean).where(mean > 0, 0.0),
        "spend_rate": s["spend"] * h / observed,
        "visit_rate": visits * h / observed,
        "transaction_rate": s["transactions"] * h / observed,
        "income_rate": s["income"] * h / observed,
        "income_rate_recent": s["income_recent"] * h / observed.clip(upper=h),
        "other_rate": s["other"] * h / observed,
        "other_rate_recent": s["other_recent"] * h / observed.clip(upper=h),
        "cash_share": (s["cash"] / most).where(most > 0, 0.0),
        "discount_share": (s["discount"] / whole).where(whole > 0, 0.0),
        "promotion_share": s["discounted"] / s["transactions"],
        "evening_share": s["evening"] / s["transactions"],
        "weekend_share": s["weekend"] / some,
        "variety": s["category_day"] / some,
        "loyalty": 1 - s["merchant_day"] / some,
        "regions": s["new_region"],
    }
    for w in spec.all_windows:
        columns[f"spend_rate_{w}"] = s[f"spend_{w}"] * h / observed.clip(upper=w)
        columns[f"visit_rate_{w}"] = s[f"visits_{w}"] * h / observed.clip(upper=w)
    for w in spec.half_lives:
        days = (1 - 0.5 ** (observed / w)) * w / np.log(2)
        columns[f"spend_rate_half_{w}"] = s[f"spend_half_{w}"] * h / days
        columns[f"visit_rate_half_{w}"] = s[f"visits_half_{w}"] * h / days
    seen, latest = (tenure - h).clip(upper=h), s[f"spend_{h}"].clip(lower=0)
    before = s["before"].clip(lower=0) * h / seen.clip(lower=1)
    trend = ((latest - before) / (latest + before)).where(latest + before > 0, -1.0)
    columns["trend"] = trend.where(seen >= spec.shortest_tenure, 0.0)
    return pd.DataFrame(columns).fillna({"ticket_median": 0.0}).reset_index()
