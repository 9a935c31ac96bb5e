"""What a person pastes becomes a request, or a message that says where it is wrong."""

import json
from datetime import date

import pytest

from stages.domain.errors import UserError
from stages.domain.pasted import MOST, as_of, example, parse

ROW = {"customer_id": "anna", "booked_at": "2024-03-01T10:00:00", "amount": 62.4}


@pytest.mark.parametrize(
    "text",
    [
        "customer_id,booked_at,amount\nanna,2024-03-01T10:00:00,62.40\n",
        "\ufeffcustomer_id;booked_at;amount\nanna;2024-03-01T10:00:00;62.4",
        "customer_id\tbooked_at\tamount\r\nanna\t2024-03-01T10:00:00\t62.4\r\n",
        "customer_id, booked_at, amount, colour, kind\nanna, 2024-03-01T10:00:00, 62.4, red,",
        json.dumps([ROW]),
        json.dumps(ROW),
        json.dumps({"dataframe_records": [ROW]}),
        json.dumps([{**ROW, "kind": None, "colour": "red", "amount": "62.4"}]),
    ],
)
def test_csv_and_json_of_any_usual_shape_say_the_same(text):
    assert parse(text) == [ROW]


def test_an_id_of_digits_stays_a_text():
    assert parse("customer_id,booked_at,amount\n0042,2024-03-01,1")[0]["customer_id"] == "0042"


def test_what_is_known_besides_goes_along():
    text = "customer_id,booked_at,amount,kind,discount\nanna,2024-03-01,5,purchase,0.5"
    assert parse(text)[0] | {"amount": 0} == {
        "customer_id": "anna",
        "booked_at": "2024-03-01",
        "amount": 0,
        "kind": "purchase",
        "discount": 0.5,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "There are no transactions"),
        ("customer_id,booked_at,amount\n", "There are no transactions"),
        ("[1]", "Row 1 is no object"),
        ('[{"customer_id": ', "This is no JSON: see line 1"),
        ("customer_id,amount\nsecret,5", "Row 1 has no booked_at"),
        ("customer_id,booked_at,amount\na,2024-03-01,5\nsecret,2024-03-01,x", "Row 2: amount"),
        ("customer_id,booked_at,amount\nsecret,2024-03-01,NaN", "Row 1: amount is no finite"),
        (
            "customer_id,booked_at,amount\na,2024-03-01,5\n\nsecret,2024-03-01,1,50",
            "Row 2 has 4 fields, the header has 3 .a decimal comma",
        ),
        (json.dumps([ROW] * (MOST + 1)), "are too many"),
        ("customer_id,booked_at,amount\nsecret,2024-03-01\r,5\n", "This is no CSV: see line 2"),
        (json.dumps([ROW | {"amount": 10**400}]), "Row 1: amount is no number"),
        ("[" * 100_000, "This is no JSON"),
    ],
)
def test_a_mistake_is_named_by_row_and_field_without_the_row(text, message):
    with pytest.raises(UserError, match=message) as raised:
        parse(text)
    assert "secret" not in str(raised.value)


def test_the_example_is_a_request_of_two_customers_before_the_date():
    rows = parse(example(date(2024, 4, 1)).to_csv(index=False))
    assert {row["customer_id"] for row in rows} == {"anna", "ben"}
    assert all(row["booked_at"] < "2024-04-01" for row in rows)


def test_the_date_of_a_requests_body_is_taken_along():
    body = {"dataframe_records": [ROW], "params": {"as_of": "2024-04-01"}}
    assert as_of(json.dumps(body)) == as_of("\ufeff" + json.dumps(body)) == "2024-04-01"
    for none in ("", "a,b", "[]", json.dumps([ROW]), json.dumps(body | {"params": None})):
        assert as_of(none) is None
