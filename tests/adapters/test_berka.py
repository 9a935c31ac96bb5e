"""The accounts of a Czech bank: codes of 1993 become money out, money in and people."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from omegaconf import OmegaConf

from stages.adapters import sources
from stages.adapters.sources import berka
from stages.domain.errors import UserError
from tests.adapters.real_data import group, loaded, real

FILES = {
    "trans": """
"trans_id";"account_id";"date";"type";"operation";"amount";"balance";"k_symbol";"bank";"account"
1;7;930105;"PRIJEM";"VKLAD";900.00;900.00;"";;
2;7;930106;"VYDAJ";"VYBER";200.50;699.50;" ";;
3;7;930201;"VYBER";"VYBER";50.00;649.50;;;
4;7;930201;"VYDAJ";"VYBER KARTOU";20.00;629.50;"";;
5;7;930202;"VYDAJ";"PREVOD NA UCET";100.00;529.50;"SIPO";"QR";77
6;7;930203;"VYDAJ";"PREVOD NA UCET";10.00;519.50;"UVER";"ST";78
7;7;930204;"VYDAJ";"PREVOD NA UCET";5.00;514.50;" ";"ST";79
8;7;930205;"VYDAJ";"VYBER";14.60;499.90;"SLUZBY";;
9;7;930228;"PRIJEM";;3.10;503.00;"UROK";;
""",
    "account": """
"account_id";"district_id";"frequency";"date"
7;1;"POPLATEK MESICNE";930101
8;1;"POPLATEK TYDNE";980101
""",
    "client": """
"client_id";"birth_number";"district_id"
1;"706213";2
2;"450204";1
""",
    "disp": """
"disp_id";"client_id";"account_id";"type"
1;1;7;"OWNER"
2;2;7;"DISPONENT"
3;2;8;"OWNER"
""",
    "district": """
A1;A2;A3;A11;A12
1;"Benesov";"central Bohemia";8507;1.67
2;"Jesenik";"north Moravia";8187;?
""",
    "card": """
"card_id";"disp_id";"type";"issued"
1;1;"classic";930201 00:00:00
2;1;"gold";980201 00:00:00
""",
    "loan": """
"loan_id";"account_id";"date";"amount";"duration";"payments";"status"
1;7;930110;96396;12;8033.00;"B"
""",
}


@pytest.fixture
def bank(tmp_path):
    for name, content in FILES.items():
        (tmp_path / f"{name}.asc").write_text(content.lstrip())
    return group("berka", tmp_path)


def test_codes_become_kinds_and_money_in_is_negative(bank):
    good, bad = loaded(bank)
    assert bad.num_rows == 0
    rows = {r["transaction_id"]: r for r in good.to_pylist()}
    assert {i: (r["kind"], float(r["amount"])) for i, r in rows.items()} == {
        "1": ("income", -900.0),
        "2": ("cash", 200.5),
        "3": ("cash", 50.0),
        "4": ("purchase", 20.0),
        "5": ("purchase", 100.0),
        "6": ("transfer", 10.0),
        "7": ("transfer", 5.0),
        "8": ("fee", 14.6),
        "9": ("income", -3.1),
    }
    assert rows["5"]["merchant"] == "QR 77"
    assert rows["2"]["merchant"] is None
    assert rows["9"]["booked_at"] == datetime(1993, 2, 28, tzinfo=UTC)
    assert set(good["region"].to_pylist()) == {"Benesov"}


def test_a_cell_that_is_no_number_is_said_without_showing_it(bank, tmp_path):
    trans = tmp_path / "trans.asc"
    trans.write_text(trans.read_text().replace("200.50", "12 500,00 Jane Roe"))
    with pytest.raises(UserError, match="a file is not as it should be") as refused:
        loaded(bank)
    assert "Jane" not in str(refused.value)


def test_a_customer_is_the_account_with_its_owner_as_known_at_the_last_transaction(bank):
    (customer,) = berka.customers(bank).to_pylist()
    assert customer == {
        "customer_id": "7",
        "age_band": "19-24",  # born 1970-12-13
        "region": "Jesenik",
        "attributes": [
            ("sex", "female"),
            ("province", "north Moravia"),
            ("average_salary", "8187"),
            ("statements", "monthly"),
            ("card", "classic"),
            ("loan", "yes"),
            ("second_user", "yes"),
        ],
    }


def test_a_folder_without_one_of_the_files_is_one_clear_error(bank, tmp_path):
    (tmp_path / "disp.asc").unlink()
    with pytest.raises(UserError, match=r"there is no disp\.asc in it"):
        sources.fingerprint(berka, bank)
    with pytest.raises(UserError, match="name the folder"):
        berka.inputs(OmegaConf.create({"name": "berka", "path": None}))


def test_the_real_prefix_arrives_whole():
    source = group("berka", real("berka"))
    good, bad = loaded(source)
    assert (good.num_rows, bad.num_rows) == (49_102, 0)
    assert len(set(good["customer_id"].to_pylist())) == 1_229
    assert sum(good["amount"].to_pylist()) == Decimal("-39246142.80")
    people = berka.customers(source)
    assert people.num_rows == 1_229
    assert people["age_band"].null_count == people["region"].null_count == 0
