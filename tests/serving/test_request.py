"""What a request may say: plain ones are read quickly, all others are judged by the contract."""

from datetime import UTC, datetime

import numpy as np
import pytest

from stages.domain.errors import UserError
from stages.serving import request
from stages.serving.request import NO_INSTANT, instants, transactions

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NOON = 1_513_764_000_000  # 2017-12-20T10:00:00Z in milliseconds


def columns(**replaced):
    """Three transactions of two customers; a column given as None is left out."""
    plain = {
        "customer_id": ["ben", "anna", "ben"],
        "booked_at": ["2017-12-20T10:00:00", "2017-12-01T18:30:00", "2017-06-02T00:00:00"],
        "amount": [62.4, -12, 0.015],
    }
    return {k: v for k, v in (plain | replaced).items() if v is not None}


@pytest.mark.parametrize(
    "text",
    [
        "2017-12-20T10:00:00",
        "2017-12-20T10:00:00Z",
        "2017-12-20T10:00:00.000",
        "2017-12-20T11:00:00+01:00",
        "2017-12-20T04:30:00-05:30",
        "2017-12-20 10:00",
        "20171220T100000Z",
    ],
)
def test_an_instant_is_iso_and_utc_unless_it_has_an_offset(text):
    assert instants([text]).tolist() == [NOON]
    assert instants([text, "2017-12-20"]).tolist() == [NOON, NOON - 10 * 3_600_000]


@pytest.mark.parametrize(
    "value",
    [
        *("now", "NaT", "today", "2017", "", "20/12/2017", "2017-02-30T10:00:00"),
        *("-017-12-20T10:00:00", " 017-12-20T10:00:00", "2017-12-20T10:00+01:0", None, 17, True),
        *("2017-12-20T10:00:00é", "２０17-12-20T10:00:0", [], {}),
    ],
)
def test_what_is_no_instant_is_none(value):
    assert instants([value]).tolist() == [NO_INSTANT]
    assert instants(["2017-12-20T10:00:00", value]).tolist() == [NOON, NO_INSTANT]


def test_what_may_be_left_out_of_all_may_be_left_out_of_some():
    some = columns(kind=[None, None, "cash"], transaction_id=[None, "1", None])
    all_given = columns(kind=["purchase", "refund", "cash"], transaction_id=["0", "1", "2"])
    found, expected = transactions(some, NOW), transactions(all_given, NOW)
    assert found.kind.tolist() == expected.kind.tolist()
    assert found.money.tolist() == expected.money.tolist()


def test_an_id_that_lacks_is_never_one_that_is_given():
    same = {"customer_id": ["ben"] * 3, "booked_at": ["2017-12-20"] * 3}
    rows = transactions(columns(**same, transaction_id=["1", None, "0"], amount=[1, 2, 3]), NOW)
    assert rows.money[0].tolist() == [100, 200, 300]


def test_a_truth_value_is_no_amount():
    with pytest.raises(UserError, match="refused: amount: numbers are expected"):
        transactions(columns(amount=[True, 1.0, 2.0]), NOW)


def test_a_request_has_at_most_so_many_transactions(monkeypatch):
    monkeypatch.setattr(request, "MOST", 2)
    with pytest.raises(UserError, match="refused: 3 transactions; send at most 2 at a time"):
        transactions(columns(), NOW)


def test_customers_are_answered_in_order_and_money_is_whole_cents():
    rows = transactions(columns(), NOW)
    assert rows.customers == ["anna", "ben"]
    assert rows.customer.tolist() == [1, 0, 1]
    assert rows.money[0].tolist() == [6240, -1200, 2]


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"kind": ["cash", "income", "fee"]},
        {"category": ["a", None, "b"], "merchant": ["m", "m", "m"], "region": [None] * 3},
        {"discount": [1, None, 0.25]},
        {"transaction_id": ["x", "x", "x"]},
        {"booked_at": ["2017-12-20T10:00:00Z", "2017-12-20T10:00:00+01:00", "2017-12-20"]},
        {"channel": ["web", 5, None]},  # not in the signature: not looked at
    ],
)
def test_the_quick_reading_is_what_the_contract_would_have_made(more):
    given = columns(**more)
    plain = request._plain(given, instants(given["booked_at"]), NOW)
    judged = request.of_table(request._judged(given, instants(given["booked_at"]), NOW))
    assert plain is not None
    for name in ("customers", "customer", "booked_at", "money", "kind", "names"):
        assert np.array_equal(getattr(plain, name), getattr(judged, name))


def test_the_same_transaction_twice_counts_once_and_without_an_id_each_is_one_of_its_own():
    same = columns(customer_id=["a"] * 3, booked_at=["2017-12-20"] * 3)
    assert transactions(same, NOW).money.shape == (2, 3)
    assert transactions(same | {"transaction_id": ["x", "x", "y"]}, NOW).money[0].tolist() == [
        6240,
        2,
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": None}, "every transaction needs amount"),
        ({"amount": [1.0, None, 2.0]}, "1 of 3 transactions: amount is missing"),
        ({"amount": [1.0, float("nan"), 2.0]}, "amount is missing or not a finite number"),
        ({"amount": [1.0, float("inf"), 2.0]}, "amount is missing or not a finite number"),
        ({"amount": [1.0, 1e13, 2.0]}, "amount is too large"),
        ({"amount": [1.0, 10**400, 2.0]}, "amount: numbers are expected"),
        ({"amount": ["1", "2", "3"]}, "amount: numbers are expected"),
        ({"amount": [[], {}, 1]}, "amount: numbers are expected"),
        ({"discount": ["a", None, 1]}, "discount: numbers are expected"),
        ({"discount": [float("nan"), None, 1]}, "discount is not a finite number"),
        ({"discount": [1e30, None, 1]}, "discount is too large"),
        ({"discount": [1, None, -0.25]}, "discount is below 0"),
        ({"customer_id": [5, 6, 7]}, "customer_id: texts are expected"),
        ({"customer_id": ["", "a", "b"]}, "customer_id is missing"),
        ({"customer_id": [None, "a", "b"]}, "customer_id is missing"),
        ({"customer_id": ["x" * 1025, "a", "b"]}, "customer_id is longer than 1024 characters"),
        ({"merchant": ["x" * 1025, "a", None]}, "merchant is longer than 1024 characters"),
        ({"kind": ["gift", "cash", "fee"]}, "kind is none of purchase, refund, cash"),
        ({"booked_at": ["soon", "2017-01-01", "2017-01-01"]}, "booked_at is missing or not a date"),
        ({"booked_at": ["0024-01-03"] * 3}, "3 of 3 transactions: booked_at is before 1900"),
        ({"booked_at": ["2030-01-01"] * 3}, "3 of 3 transactions: booked_at is in the future"),
        ({"customer_id": [], "booked_at": [], "amount": []}, "there is no transaction"),
    ],
)
def test_what_is_refused_is_said_by_its_field_and_never_by_its_value(wrong, said):
    with pytest.raises(UserError, match=r"^refused: ") as refused:
        transactions(columns(**wrong), NOW)
    assert said in str(refused.value)
    assert "anna" not in str(refused.value)
    assert "62.4" not in str(refused.value)
