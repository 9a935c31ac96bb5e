"""One customer online has the features that the batch gives them; rows are (days before, …)."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from stages.domain.spec import Spec
from stages.domain.tables import KINDS, TRANSACTIONS
from tests.adapters.real_data import group, loaded, real
from tests.domain.parity import assert_same

AS_OF = date(2020, 6, 1)
SPECS = [
    Spec(90, (14, 30, 60, 90, 180, 365), (15, 45, 120), 7, ("purchase", "refund", "cash")),
    Spec(30, (14, 60), (15, 7), 7, ("purchase", "refund")),
    Spec(30, (60,), (15,), 7, ("purchase",), lead=15),
]


def table(rows):
    """Transactions: customer, days before, hour, amount, kind, category, merchant, region, …"""
    names = ("amount", "kind", "category", "merchant", "region", "discount")
    records = [
        {
            "customer_id": customer,
            "booked_at": datetime(2020, 6, 1, hour, tzinfo=UTC) - timedelta(days=before),
            "transaction_id": str(number),
            "discount": Decimal(0),
            **dict(zip(names, more, strict=False)),
        }
        for number, (customer, before, hour, *more) in enumerate(rows)
    ]
    for record in records:
        record |= {name: Decimal(record[name]) for name in ("amount", "discount")}
    return pa.Table.from_pylist(records, TRANSACTIONS.schema)


EDGES = [
    ("one transaction", 3, 12, "5.55", "purchase", "c", "m", "r", "1"),
    ("only refunds", 9, 1, "-5", "refund"),
    ("only refunds", 20, 1, "-7.01", "refund"),
    ("only income", 9, 19, "-800", "income"),
    ("only income", 40, 19, "-800.33", "income", None, "x"),
    ("only future", 0, 0, "9", "purchase", "c", "m", "r"),
    ("only future", -3, 0, "9", "purchase", "c", "m", "r"),
    ("all kinds", 0, 0, "9", "purchase", "c", "m", "r"),
    ("all kinds", 1, 23, "9", "cash", "c", None, "r2", "3.3"),
    ("all kinds", 400, 23, "9.01", "fee", "d", None, "r"),
    ("all kinds", 400, 3, "-9.01", "transfer", "d", None, "r"),
    ("spent nothing", 2, 1, "0", "purchase"),
    ("spent nothing", 200, 1, "0", "purchase"),
    ("brought it all back", 2, 1, "100", "purchase"),
    ("brought it all back", 12, 1, "-100", "refund"),
    ("always the same", 2, 1, "33.33", "purchase"),
    ("always the same", 12, 1, "33.33", "purchase"),
    ("always the same", 22, 1, "33.33", "purchase"),
    ("beyond 64 bits", 2, 1, "9999999999999.99", "purchase", None, None, None, "9999999999999"),
    ("beyond 64 bits", 12, 1, "9999999999999.98", "purchase"),
    ("beyond 64 bits", 165, 1, "-9999999999998.99", "refund"),
    ("for decades", 20000, 1, "5", "purchase"),
    ("for decades", 5, 1, "5", "purchase"),
]


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("customer", sorted({edge[0] for edge in EDGES}))
def test_an_odd_customer_has_the_same_features(customer, spec):
    alone = table([edge for edge in EDGES if edge[0] == customer])
    assert assert_same(alone, AS_OF, spec) == (customer != "only future")


@pytest.mark.parametrize("spec", SPECS)
def test_many_customers_have_the_same_features_as_each_alone(spec):
    assert assert_same(table(EDGES), AS_OF, spec) == 9


@pytest.mark.parametrize("spec", SPECS)
def test_customers_of_any_size_have_the_same_features(spec):
    draw = random.Random(0)
    rows = []
    for customer in range(200):
        size = 10 ** draw.randint(0, 13)
        for _ in range(draw.randint(1, 40)):
            amount, discount = draw.uniform(-0.3, 1) * size, max(0, draw.uniform(-1, 1))
            names = [draw.choice(["a", "b", "c", None]) for _ in range(3)]
            when = int(draw.random() ** 3 * 500) - 5, draw.randint(0, 23)
            kind, money = draw.choice(KINDS), (f"{amount:.2f}", f"{discount:.2f}")
            rows.append((str(customer), *when, money[0], kind, *names, money[1]))
    assert assert_same(table(rows), AS_OF, spec) > 150


@pytest.mark.parametrize("spec", SPECS)
def test_every_account_of_a_czech_bank_has_the_same_features(spec):
    transactions, _ = loaded(group("berka", real("berka")))
    assert assert_same(transactions, date(1994, 1, 1), spec) == 1139


def test_every_card_holder_of_a_taiwanese_bank_has_the_same_features():
    cards = real("taiwan_cards") / "UCI_Credit_Card.csv"
    transactions, _ = loaded(group("taiwan_cards", cards))
    assert assert_same(transactions, date(2005, 9, 1), SPECS[1]) == 28536
