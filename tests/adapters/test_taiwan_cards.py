"""Monthly card statements: what was bought follows from what was owed and paid."""

from datetime import UTC, datetime

import pyarrow.compute as pc
import pytest

from stages.adapters.sources import taiwan_cards
from stages.domain.errors import UserError
from tests.adapters.real_data import group, loaded, real

HEADER = (
    "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,"
    "BILL_AMT1,BILL_AMT2,BILL_AMT3,BILL_AMT4,BILL_AMT5,BILL_AMT6,"
    "PAY_AMT1,PAY_AMT2,PAY_AMT3,PAY_AMT4,PAY_AMT5,PAY_AMT6\n"
)


@pytest.fixture
def cards(tmp_path):
    file = tmp_path / "cards.csv"
    file.write_text(
        HEADER
        + "1,20000,2,2,1,24,3913,3102,689,0,0,0,0,689,0,0,0,50\n"
        + "2,90000,1,6,0,71,100,400,0,0,0,0,200,0,0,0,0,0\n"
    )
    return group("taiwan_cards", file)


def test_a_purchase_is_the_bill_less_the_last_one_plus_the_payment_and_never_below_0(cards):
    rows = loaded(cards)[0].to_pylist()
    assert [
        (r["customer_id"], r["booked_at"].month, r["kind"], int(r["amount"])) for r in rows
    ] == [
        ("1", 7, "purchase", 689),
        ("1", 8, "purchase", 3102),
        ("1", 8, "transfer", -689),
        ("2", 8, "purchase", 400),
        ("1", 9, "purchase", 811),
        ("2", 9, "transfer", -200),  # 100 − 400 + 200 is below 0
    ]
    assert rows[0]["booked_at"] == datetime(2005, 7, 15, 12, tzinfo=UTC)


def test_undocumented_codes_are_unknown(cards):
    first, second = taiwan_cards.customers(cards).to_pylist()
    assert (first["age_band"], first["marital_status"]) == ("19-24", "Married")
    assert dict(first["attributes"]) == {
        "sex": "female",
        "education": "university",
        "limit_balance": "20000",
    }
    assert (second["age_band"], second["marital_status"]) == ("65+", None)
    assert dict(second["attributes"])["education"] == "unknown"


def test_a_missing_file_is_one_clear_error(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        taiwan_cards.inputs(group("taiwan_cards", tmp_path / "none.csv"))


def test_the_real_cards_arrive_whole():
    source = group("taiwan_cards", real("taiwan_cards") / "UCI_Credit_Card.csv")
    good, bad = loaded(source)
    assert (good.num_rows, bad.num_rows) == (251_309, 0)
    bought = good.filter(pc.field("kind") == "purchase")
    assert (bought.num_rows, pc.sum(bought["amount"]).as_py()) == (131_033, 1_185_057_748)
    assert taiwan_cards.customers(source).num_rows == 30_000
