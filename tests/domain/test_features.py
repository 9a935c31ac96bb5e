"""Features see only what was booked before the cutoff; rows are (days before, amount, kind)."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import ibis
import ibis.expr.operations as ops
import pyarrow as pa
import pytest

from stages.adapters import engine
from stages.domain.audit import PROTECTED
from stages.domain.catalogue import CATALOGUE, FAMILIES, feature
from stages.domain.features import CLOCK, daily, features, targets, usable
from stages.domain.spec import Spec
from stages.domain.style_fitting import LEXICON
from stages.domain.tables import CUSTOMERS, TRANSACTIONS

CUTOFF = date(2020, 6, 1)  # a Monday
SPEC = Spec(30, (14, 60), (15,), 7, ("purchase", "refund", "cash"))
BACKEND = engine.connect()


def table(*rows):
    """Transactions of customer "a" at noon; a row's last part, if any, has what differs."""
    records = [
        {
            "customer_id": "a",
            "booked_at": datetime(2020, 6, 1, 12, tzinfo=UTC) - timedelta(days=before),
            "transaction_id": str(i),
            "amount": Decimal(amount),
            "kind": kind,
            "discount": Decimal(0),
        }
        | dict(*own)
        for i, (before, amount, kind, *own) in enumerate(rows)
    ]
    return ibis.memtable(pa.Table.from_pylist(records, TRANSACTIONS.schema))


def of(*rows, cutoffs=(CUTOFF,)):
    """The features of the first customer at the first cutoff."""
    found = BACKEND.to_pandas(features(daily(table(*rows), SPEC), cutoffs, SPEC))
    return found.sort_values(["cutoff", "customer_id"]).iloc[0]


def numbers(row):
    """The features alone."""
    return row.drop(["customer_id", "cutoff"]).astype(float)


def test_what_is_booked_on_the_cutoff_day_or_later_is_future():
    seen = of((1, "10", "purchase"), (0, "99", "purchase"), (-3, "99", "purchase"))
    assert seen["spend_rate_14"] == 10 * 30 / 7  # one day of tenure counts as a week


def test_a_customer_looks_the_same_whatever_else_is_asked():
    rows = [(40, "60", "purchase"), (10, "30", "purchase"), (2, "-5", "refund")]
    others = [(5, "7", "purchase", {"customer_id": "b", "merchant": "m"})]
    alone = of(*rows)
    assert of(*rows, *others, cutoffs=(CUTOFF, date(2020, 7, 1))).equals(alone)


def test_a_rate_is_over_the_days_observed_of_its_window():
    seen = of((40, "60", "purchase"), (10, "30", "purchase"), (20, "12", "purchase"))
    assert seen["spend_rate_14"] == pytest.approx(30 * 30 / 14)
    assert seen["spend_rate_30"] == pytest.approx(42)
    assert seen["spend_rate_60"] == pytest.approx(102 * 30 / 40)
    assert seen["visit_rate"] == pytest.approx(3 * 30 / 40)


def test_a_refund_lowers_spend_and_income_is_no_spend():
    seen = of((20, "50", "purchase"), (10, "-20", "refund"), (5, "-900", "income"))
    assert seen["spend_rate"] == pytest.approx(30 * 30 / 20)
    assert seen["income_rate"] == pytest.approx(900 * 30 / 20)
    assert seen["other_rate"] == 0


def test_a_transfer_is_neither_spend_nor_income():
    seen = of((30, "50", "purchase"), (10, "70", "transfer"))
    assert (seen["spend_rate"], seen["other_rate"]) == (50, 70)


def test_income_of_the_last_horizon_is_told_from_that_of_all_history():
    seen = of((60, "-900", "income"), (10, "-300", "income"))
    assert (seen["income_rate"], seen["income_rate_recent"]) == (600, 300)


def test_recency_is_measured_in_the_customers_own_gaps():
    seen = of((40, "1", "purchase"), (30, "1", "purchase"), (20, "1", "purchase"))
    assert (seen["recency"], seen["gap_mean"], seen["recency_in_gaps"]) == (20, 10, 2)
    assert seen["gap_longest"] == 10


def test_a_visit_is_a_day_and_its_ticket_all_that_was_bought():
    seen = of((3, "10", "purchase"), (3, "20", "purchase"), (1, "10", "purchase"))
    assert (seen["ticket_mean"], seen["ticket_median"], seen["ticket_largest"]) == (20, 20, 30)
    assert seen["ticket_variation"] == pytest.approx(0.5)
    assert seen["transaction_rate"] == pytest.approx(3 * 30 / 7)


def test_what_the_bank_books_is_no_visit():
    bought = [(30, "10", "purchase"), (20, "20", "purchase"), (10, "30", "purchase")]
    booked = [(40, "-900", "income"), (25, "1", "fee"), (2, "1", "fee"), (1, "-900", "income")]
    alone, among = of(*bought), of(*bought, *booked)
    told = ["recency", "recency_in_gaps", "gap_mean", "gap_longest", "ticket_mean"]
    told += ["ticket_median", "ticket_largest", "ticket_variation", "visit_rate_14"]
    assert among[told].tolist() == alone[told].tolist()
    assert among["visit_rate"] == 3 * 30 / 40
    assert (among["tenure"], among["transaction_rate"]) == (40, 7 * 30 / 40)


def test_who_never_bought_has_been_away_since_ever():
    seen = of((40, "-900", "income"), (10, "-900", "income"))
    assert (seen["recency"], seen["visit_rate"], seen["ticket_mean"]) == (40, 0, 0)


def test_recent_spend_weighs_twice_that_of_a_half_life_before():
    day = math.log(2) / 15
    norm = (1 - math.exp(-30 * day)) / day
    seen = of((30, "40", "purchase"), (15, "40", "purchase"))
    assert seen["spend_rate_half_15"] == pytest.approx((40 / 4 + 40 / 2) * 30 / norm, rel=1e-9)


@pytest.mark.parametrize(
    ("rows", "trend"),
    [
        ([(60, "10"), (30, "30")], 0.5),  # 30 against 10, of 40 together
        ([(40, "10"), (30, "30")], 0),  # 10 in 10 days are 30 a horizon
        ([(36, "10"), (30, "30")], 0),  # less than a week of the horizon before says nothing
        ([(90, "10"), (5, "30")], 1),
        ([(60, "10"), (5, "-30")], -1),
        ([(90, "10")], -1),  # nothing in either
        ([(25, "10")], 0),
    ],
)
def test_the_trend_is_the_last_horizon_against_the_one_before(rows, trend):
    assert of(*((*row, "purchase") for row in rows))["trend"] == pytest.approx(trend)


def test_a_horizon_shorter_than_a_week_has_a_trend_too():
    rows = table((10, "10", "purchase"), (3, "100", "purchase"))
    spec = replace(SPEC, horizon=5)
    seen = BACKEND.to_pandas(features(daily(rows, spec), (CUTOFF,), spec)).iloc[0]
    assert seen["trend"] > 0.5


@pytest.mark.parametrize("statements", [1, 2, 6])
def test_a_statement_that_is_always_the_same_is_the_rate_and_no_trend(statements):
    spec = replace(SPEC, lead=15)  # cut midway: each statement speaks of the month before it
    rows = table(*((15 + 30 * n, "100", "purchase") for n in range(statements)))
    seen = BACKEND.to_pandas(features(daily(rows, spec), (CUTOFF,), spec)).iloc[0]
    assert seen[["spend_rate", "spend_rate_30", "spend_rate_60"]].tolist() == [100] * 3
    assert seen["trend"] == 0


def test_cash_is_a_share_of_all_that_is_paid_whether_or_not_it_counts_as_spend():
    rows = table((10, "100", "purchase"), (5, "80", "cash"))
    for kinds in (("purchase",), ("purchase", "cash")):
        spec = replace(SPEC, kinds=kinds)
        seen = BACKEND.to_pandas(features(daily(rows, spec), (CUTOFF,), spec)).iloc[0]
        assert seen["cash_share"] == pytest.approx(80 / 180)


def test_variety_is_the_share_of_visits_with_something_new():
    bought = [(30, "bread"), (20, "bread"), (20, "wine"), (10, "wine"), (5, "bread")]
    seen = of(*((day, "1", "purchase", {"category": what}) for day, what in bought))
    assert seen["variety"] == 2 / 4


def test_loyalty_is_the_share_of_visits_to_merchants_known_before():
    shops = [(30, "a"), (20, "a"), (10, "b"), (5, "a"), (1, "b")]
    seen = of(*((day, "1", "purchase", {"merchant": where}) for day, where in shops))
    assert seen["loyalty"] == pytest.approx(3 / 5)
    assert of((9, "1", "purchase", {"merchant": "a"}))["loyalty"] == 0


def test_regions_are_counted_once_each():
    where = [(30, "north"), (20, "south"), (10, "north"), (5, None)]
    assert of(*((d, "1", "purchase", {"region": r}) for d, r in where))["regions"] == 2


def test_the_discount_share_is_of_the_price_before_discount():
    rows = [(2, "9", "purchase", {"discount": Decimal(1)}), (1, "10", "purchase")]
    assert of(*rows)["discount_share"] == pytest.approx(1 / 20)
    assert of(*rows)["promotion_share"] == 1 / 2


def test_shares_of_evenings_weekends_and_cash():
    evening = {"booked_at": datetime(2020, 5, 31, 18, tzinfo=UTC)}  # a Sunday
    almost = {"booked_at": datetime(2020, 5, 29, 17, 59, tzinfo=UTC)}
    seen = of(
        (1, "10", "purchase", evening),
        (1, "20", "purchase"),  # the same visit
        (3, "40", "purchase", almost),
        (2, "30", "cash"),  # a Saturday
    )
    assert (seen["evening_share"], seen["weekend_share"]) == (1 / 4, pytest.approx(2 / 3))
    assert seen["cash_share"] == pytest.approx(0.3)


@pytest.mark.parametrize(
    "row",
    [(1, "5", "purchase"), (3, "-5", "refund"), (9, "-800", "income"), (2, "0", "purchase")],
)
def test_every_feature_is_finite_for_a_single_transaction_of_any_kind(row):
    assert numbers(of(row)).map(math.isfinite).all()


def test_the_target_is_the_spend_of_its_days_per_horizon_and_never_negative():
    rows = table(
        (0, "10", "purchase"),
        (-9, "5", "purchase"),
        (-10, "99", "purchase"),
        (-2, "-900", "income"),
        (1, "99", "purchase"),
        (-1, "-7", "refund", {"customer_id": "b"}),
    )
    found = BACKEND.to_pandas(targets(daily(rows, SPEC), [CUTOFF], 10, 30))
    assert found.set_index("customer_id")["target"].to_dict() == {"a": pytest.approx(45), "b": 0}


def test_a_window_longer_than_the_shortest_history_is_left_out():
    columns = ["tenure", "spend_rate", "spend_rate_14", "visit_rate_365", "spend_rate_half_120"]
    assert usable(columns, 90) == ["tenure", "spend_rate", "spend_rate_14", "spend_rate_half_120"]


def test_every_feature_is_in_the_catalogue_and_every_line_of_it_is_a_feature():
    columns = list(numbers(of((1, "5", "purchase"))).index)
    assert {feature(c) for c in columns} == set(CATALOGUE)
    assert {feature(column).family for column in columns} == set(FAMILIES)
    assert {f.kind for f in CATALOGUE} == {"behavioural", "psychographic", "geographical"}
    assert all(f.unit and f.meaning for f in CATALOGUE)


def test_styles_are_of_psychographic_habits_and_statements_have_no_clock():
    assert {feature(habit).kind for habit in LEXICON} == {"psychographic"}
    assert set(CLOCK) < set(LEXICON)


def test_no_protected_attribute_can_enter_the_features():
    transactions = ibis.table(ibis.Schema.from_pyarrow(TRANSACTIONS.schema), "transactions")
    expression = features(daily(transactions, SPEC), [CUTOFF], SPEC)
    tables = {t.name for t in expression.op().find(ops.UnboundTable)}
    assert tables == {"transactions"}  # beside the cutoffs, there is nothing else to read
    protected = {*PROTECTED, "attributes"}
    assert protected >= {c.name for c in CUSTOMERS.columns} - {"customer_id", "region"}
    assert not protected & set(TRANSACTIONS.schema.names)
    for name in protected:
        with pytest.raises(KeyError):
            feature(name)
