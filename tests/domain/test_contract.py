"""Rows that break the contract are rejected with the reason; the others become canonical."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from stages.domain.contract import split
from stages.domain.errors import UserError

NOW = datetime(2020, 6, 1, tzinfo=UTC)


def draft(**columns):
    """One row, with what the test is about replaced."""
    row = {
        "customer_id": ["a"],
        "booked_at": [datetime(2020, 5, 1)],
        "transaction_id": ["1"],
        "amount": [10.0],
    }
    return pa.table(row | columns)


def reasons(table):
    return split(table, NOW)[1]["reason"].to_pylist()


def test_money_is_exact_to_the_cent():
    accepted, _ = split(draft(amount=[19.99]), NOW)
    assert accepted["amount"].to_pylist() == [Decimal("19.99")]


def test_without_a_kind_money_out_is_a_purchase_and_money_in_a_refund():
    rows = draft(
        customer_id=["a", "b", "c"],
        booked_at=[datetime(2020, 5, 1)] * 3,
        transaction_id=["1"] * 3,
        amount=[5.0, -5.0, 0.0],
    )
    assert split(rows, NOW)[0]["kind"].to_pylist() == ["purchase", "refund", "purchase"]


def test_an_unknown_discount_is_zero():
    assert split(draft(discount=pa.array([None], pa.float64())), NOW)[0][
        "discount"
    ].to_pylist() == [0]


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"customer_id": [""]}, "customer_id is missing"),
        ({"customer_id": pa.array([None], pa.string())}, "customer_id is missing"),
        ({"amount": [float("nan")]}, "amount is missing or not a finite number"),
        ({"amount": [float("inf")]}, "amount is missing or not a finite number"),
        ({"amount": [1e15]}, "amount is too large"),
        ({"amount": [1e13 - 0.002]}, "amount is too large"),
        ({"amount": [-1e308]}, "amount is too large"),
        ({"booked_at": [datetime(2020, 6, 2)]}, "booked_at is in the future"),
        ({"booked_at": [datetime(24, 1, 3)]}, "booked_at is before 1900"),
        (
            {"booked_at": pa.array([None], pa.timestamp("ms"))},
            "booked_at is missing or not a date",
        ),
        ({"kind": ["gift"]}, "kind is none of purchase, refund, cash, transfer, fee, income"),
        ({"merchant": ["m" * 2000]}, "merchant is longer than 1024 characters"),
        ({"discount": [float("nan")]}, "discount is not a finite number"),
        ({"discount": [-1e30]}, "discount is too large"),
        ({"discount": [-0.01]}, "discount is below 0"),
    ],
)
def test_a_row_that_breaks_the_contract_is_rejected_with_the_reason(columns, reason):
    assert reasons(draft(**columns)) == [reason]


def test_the_same_key_twice_rejects_the_later_row():
    rows = pa.concat_tables([draft(), draft(amount=[11.0]), draft(transaction_id=["2"])])
    accepted, rejected = split(rows, NOW)
    assert accepted["amount"].to_pylist() == [Decimal("10.00"), Decimal("10.00")]
    assert rejected["reason"].to_pylist() == [
        "the same customer, instant and transaction_id came before"
    ]


def test_a_row_that_is_refused_takes_no_other_with_it():
    broken = draft(amount=pa.array([None], pa.float64()))
    accepted, rejected = split(pa.concat_tables([broken, draft(amount=[11.0]), draft()]), NOW)
    assert accepted["amount"].to_pylist() == [Decimal("11.00")]
    assert rejected["reason"].to_pylist() == [
        "amount is missing or not a finite number",
        "the same customer, instant and transaction_id came before",
    ]


def test_a_missing_column_is_named():
    with pytest.raises(UserError, match="no column for booked_at, amount"):
        split(draft().drop(["booked_at", "amount"]), NOW)


def test_a_column_of_another_type_is_named():
    with pytest.raises(UserError, match="column amount is string"):
        split(draft(amount=["ten"]), NOW)
