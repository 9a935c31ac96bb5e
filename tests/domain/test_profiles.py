"""Profiles describe segments by figures with intervals, none of fewer than ten customers."""

from datetime import UTC, date, datetime
from decimal import Decimal

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import norm

from stages.adapters import engine
from stages.domain.playbook import playbook
from stages.domain.profiles import EVERYBODY, groups, habits, mix, shares
from stages.domain.tables import TRANSACTIONS

BACKEND = engine.connect()
TOP, BASE = "Top · steady", "Base · fading"


def segments(top: int, base: int) -> pd.DataFrame:
    ids = [f"c{i}" for i in range(top + base)]
    return pd.DataFrame({"customer_id": ids, "segment": [TOP] * top + [BASE] * base})


def features(n: int, **columns) -> pd.DataFrame:
    """All shown features of `n` customers, unknown but for `columns`."""
    shown = ["visit_rate", "recency", "ticket_mean", "trend", "tenure", "variety", "loyalty"]
    shares = [f"{s}_share" for s in ("discount", "promotion", "evening", "weekend", "cash")]
    return pd.DataFrame(dict.fromkeys([*shown, *shares], np.nan), index=range(n)).assign(**columns)


def test_a_habit_is_the_mean_of_the_segment_with_its_interval():
    visits = [1.0, 3.0] * 5 + [5.0] * 10
    table = habits(segments(10, 10), features(20, visit_rate=visits, cash_share=0.1))
    own = table.set_index(["segment", "figure"])
    varies = np.std(visits, ddof=1)  # of all: ten who are alike may be so by chance
    half = norm.ppf(1 - 0.05 / 2 / 2) * varies / np.sqrt(10)  # of two figures together
    row = own.loc[(TOP, "visit_rate")]
    assert (row["value"], row["low"], row["high"]) == pytest.approx((2, 2 - half, 2 + half))
    assert (row["n"], row["kind"], row["unit"]) == (10, "behavioural", "days/horizon")
    assert own.loc[(EVERYBODY, "visit_rate"), "value"] == 3.5
    assert own.loc[(BASE, "cash_share"), "kind"] == "psychographic"
    assert set(table["figure"]) == {"visit_rate", "cash_share"}  # nothing is known of the others


def test_segments_drawn_by_lot_hardly_ever_have_a_habit_of_their_own():
    rng, found = np.random.default_rng(0), 0
    drawn = pd.DataFrame({"discount_share": (rng.random(1000) < 0.12) * rng.random(1000)})
    for _ in range(50):
        lot = segments(10, 990).assign(segment=rng.permutation([TOP] * 10 + [BASE] * 990))
        table = habits(lot, drawn).set_index("segment")
        own, overall = table.loc[TOP], table.loc[EVERYBODY, "value"]
        found += not own["low"] <= overall <= own["high"]
    assert found <= 5


def test_a_segment_of_nine_is_not_shown_nor_a_figure_known_of_nine():
    known = [1.0] * 9 + [np.nan] * 3
    table = habits(segments(12, 9), features(21, visit_rate=2.0, trend=[*known, *[0.5] * 9]))
    assert set(zip(table["segment"], table["figure"], strict=True)) == {
        (EVERYBODY, "visit_rate"),
        (EVERYBODY, "trend"),
        (TOP, "visit_rate"),
    }


def test_of_nine_customers_in_all_nothing_is_shown():
    table = habits(segments(9, 0), features(9, visit_rate=2.0))
    assert (len(table), "segment" in table) == (0, True)


def test_where_no_habit_is_known_of_anybody_none_is_shown():
    scores = pd.DataFrame({"segment": ["Top"] * 20})
    assert habits(scores, pd.DataFrame({"tenure": [np.nan] * 20})).empty
    assert habits(scores, pd.DataFrame(index=range(20))).empty


def test_a_demographic_group_is_a_share_of_those_known_with_wilsons_interval():
    ages = ["30-39"] * 10 + ["40-49"] * 10 + [None] * 5 + ["40-49"] * 9
    own = pd.DataFrame({"age_band": ages}, index=segments(25, 9)["customer_id"])
    table = groups(segments(25, 9), own).set_index(["segment", "group"])
    row = table.loc[(TOP, "30-39")]
    assert (row["value"], row["n"], row["attribute"]) == (0.5, 10, "age_band")
    assert (row["low"], row["high"]) == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert table.loc[(EVERYBODY, "40-49"), "value"] == pytest.approx(19 / 29)
    assert BASE not in table.index.get_level_values("segment")


def bought(*rows) -> ibis.Table:
    """Transactions as (customer, amount, kind, category, year)."""
    records = [
        {
            "customer_id": customer,
            "booked_at": datetime(year, 6, 1, tzinfo=UTC),
            "transaction_id": str(i),
            "amount": Decimal(amount),
            "kind": kind,
            "category": category,
            "discount": Decimal(0),
        }
        for i, (customer, amount, kind, category, year) in enumerate(rows)
    ]
    return ibis.memtable(pa.Table.from_pylist(records, TRANSACTIONS.schema))


def test_the_mix_is_the_spend_of_the_year_before_as_of_by_segment():
    table = bought(
        ("c0", "30", "purchase", "wine", 2020),
        ("c0", "10", "purchase", "wine", 2020),
        ("c1", "-5", "refund", "wine", 2020),
        ("c1", "20", "purchase", "bread", 2020),
        ("c2", "7", "purchase", "bread", 2020),
        ("c0", "99", "purchase", "wine", 2018),  # too long ago
        ("c0", "99", "purchase", "wine", 2021),  # not yet
        ("c0", "-99", "income", "salary", 2020),  # no spend
        ("c1", "99", "purchase", None, 2020),  # of no category
    )
    members = ibis.memtable(segments(2, 1))
    kinds, as_of = ("purchase", "refund"), date(2021, 1, 1)
    found = BACKEND.to_pandas(mix(table, members, kinds, "category", as_of))
    found = found.set_index(["segment", "name"]).T.to_dict("list")
    assert list(found[TOP, "wine"]) == [35, 2, 40**2 + 5**2, 40 * 40 - 5 * 15, 40**2 + 15**2]
    assert list(found[TOP, "bread"]) == [20, 1, 20**2, 20 * 15, 40**2 + 15**2]
    assert list(found[BASE, "bread"]) == [7, 1, 49, 49, 49]


def test_an_interval_is_as_wide_as_shares_of_resampled_customers_spread():
    rng = np.random.default_rng(0)
    wine, bread = rng.lognormal(2, 1, 400), rng.lognormal(2.5, 1, 400)
    squares = {"wine": (wine**2).sum(), "bread": (bread**2).sum()}
    own = wine + bread
    rows = [
        [TOP, name, spend.sum(), 400, squares[name], (spend * own).sum(), (own**2).sum()]
        for name, spend in (("wine", wine), ("bread", bread))
    ]
    table = shares(mixed(*rows)).set_index(["segment", "name"]).loc[TOP, "wine"]
    draws = [rng.integers(0, 400, 400) for _ in range(2000)]
    spread = np.std([wine[some].sum() / own[some].sum() for some in draws])
    assert (table["high"] - table["low"]) / 2 == pytest.approx(norm.ppf(0.9875) * spread, rel=0.1)


def mixed(*rows):
    """What `mix` returns: segment, name, spend, n, squares, cross, whole."""
    names = ["segment", "name", "spend", "n", "squares", "cross", "whole"]
    return pd.DataFrame([[*row, *[0.0] * (len(names) - len(row))] for row in rows], columns=names)


def test_among_segments_drawn_by_lot_hardly_a_place_or_category_stands_out():
    rng = np.random.default_rng(1)
    customers = [f"c{n:04}" for n in range(2000)]
    records = pd.DataFrame(
        {
            "customer_id": np.repeat(customers, 20),
            "booked_at": pd.Timestamp("2020-06-01", tz="UTC"),
            "transaction_id": np.arange(40_000).astype(str),
            "amount": np.round(rng.lognormal(2, 1.5, 40_000), 2),
            "kind": "purchase",
            "category": np.char.add("k", (rng.zipf(1.5, 40_000) % 200).astype(str)),
        }
    )
    records.loc[records["customer_id"] < "c0600", "category"] = np.where(
        rng.random(600 * 20) < 0.3, "planted", records["category"][: 600 * 20]
    )
    lots = ["a", "b", "c", "d", "e"]
    drawn = pd.DataFrame({"customer_id": customers, "segment": rng.choice(lots, 2000)})
    drawn.loc[:599, "segment"] = TOP
    as_of, templates = date(2021, 1, 1), {"products": {"category": "{name}"}}
    whole = habits(
        drawn.assign(expected_spend=1.0), pd.DataFrame({"tenure": rng.normal(300, 9, 2000)})
    )
    rows = mix(ibis.memtable(records), ibis.memtable(drawn), ["purchase"], "category", as_of)
    book = playbook(whole, {"category": shares(BACKEND.to_pandas(rows))}, templates)
    assert book[TOP]["products"] == ["planted"]
    assert sum(len(book[name]["products"]) for name in lots) <= 1


def test_shares_are_of_the_segments_spend_and_beside_that_of_all():
    table = shares(
        mixed([TOP, "wine", 60.0, 20], [TOP, "bread", 40.0, 30], [BASE, "bread", 100.0, 12])
    )
    rows = {(r.segment, r.name): (r.value, r.index, r.n) for r in table.itertuples(index=False)}
    assert rows == {
        (EVERYBODY, "bread"): (0.7, 1, 42),
        (EVERYBODY, "wine"): (0.3, 1, 20),
        (TOP, "wine"): (0.6, pytest.approx(2), 20),
        (TOP, "bread"): (0.4, pytest.approx(0.4 / 0.7), 30),
        (BASE, "bread"): (1, pytest.approx(1 / 0.7), 12),
    }


def test_what_nine_customers_bought_is_not_shown_but_counts_in_the_whole():
    rows = [[TOP, "wine", 25.0, 9], [TOP, "bread", 75.0, 30]]
    table = shares(mixed(*rows))
    assert set(table["name"]) == {"bread"}
    assert (table["value"] == 0.75).all()


def test_no_share_is_above_the_whole_where_another_name_brought_more_back():
    rows = [[TOP, "bread", 100.0, 30], [TOP, "shoes", -60.0, 30], [BASE, "bread", 60.0, 30]]
    table = shares(mixed(*rows))
    assert set(table["name"]) == {"bread"}
    assert (table["value"] == 1).all()


def test_loyalty_is_not_told_where_no_merchant_is_known():
    people = pd.DataFrame({"customer_id": list(map(str, range(40))), "segment": TOP})
    known = pd.DataFrame({"loyalty": [1.0, 0.5] * 20, "variety": 0.2})
    told = habits(people, known)["figure"]
    assert set(told) == {"loyalty", "variety"}
    assert set(habits(people, known.assign(loyalty=1.0))["figure"]) == {"variety"}


def test_what_brought_back_as_much_as_it_took_has_no_share():
    rows = [
        [TOP, "bottles", 20.0, 30],
        [BASE, "bottles", -20.0, 30],
        [TOP, "bread", 80.0, 30],
        [BASE, "bread", 10.0, 30],  # the segment as a whole brought back more than it bought
    ]
    table = shares(mixed(*rows))
    assert set(zip(table["segment"], table["name"], strict=True)) == {
        (EVERYBODY, "bread"),
        (TOP, "bread"),
    }
    assert np.isfinite(table[["value", "index"]]).all(axis=None)
