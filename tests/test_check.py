"""The dry run says what ingest would do with a file, by line, and writes nothing."""

import pytest

from stages import check
from stages.adapters import config
from stages.domain.errors import UserError

dry_run = check.main.__wrapped__

COLUMNS = ("customer_id=Kunde Nr", "booked_at=Datum", "amount=Größe")
MAPPED = ("source=csv", "source.decimal=,", *(f"source.columns.{column}" for column in COLUMNS))


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A file of five lines, mapped as a user would from a shell."""
    monkeypatch.setattr(config, "PARAMS", tmp_path / "params.yaml")
    path = tmp_path / "tx.csv"
    path.write_text(
        "Kunde Nr;Datum;Größe\n7;2020-01-05;12,50\n7;2020-02-05;-2\n8;soon;1\n9;2020-01-05;x\n8\n"
    )
    config.compose([*MAPPED, f"source.path={path}"])
    return path


def test_it_names_the_first_lines_counts_the_reasons_and_says_what_would_be_loaded(file, caplog):
    caplog.set_level("INFO")
    with pytest.raises(UserError, match=r"3 of 5 rows would be refused, above most_rejected=0\.01"):
        dry_run()
    assert caplog.messages[:3] == [
        "tx.csv, line 4: booked_at is missing or not a date",
        "tx.csv, line 5: amount is missing or not a finite number",
        "tx.csv, line 6: the line has 1 cells, expected 3",
    ]
    assert "1 refused: booked_at is missing or not a date (source.date_format" in caplog.text
    assert (
        "2 rows would be loaded, 3 refused: 1 customers, 2020-01-05 to 2020-02-05, spend 10.50"
        in caplog.text
    )
    assert "purchase 1, refund 1" in caplog.text


def test_a_mapping_that_reads_nothing_fails(file):
    file.write_text("Kunde Nr;Datum;Größe\n7;05.01.2020;1\n")
    with pytest.raises(UserError, match="no row would be loaded"):
        dry_run()


def test_money_out_below_zero_is_pointed_at(file, caplog):
    file.write_text("Kunde Nr;Datum;Größe\n7;2020-01-05;-1\n")
    dry_run()
    assert "should source.negate be true" in caplog.text


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("source.separator=;", "separator", ";"),
        ("source.separator=','", "separator", ","),
        ("source.path=~/a=b (1).csv", "path", "~/a=b (1).csv"),
        ("source.path=it's, here", "path", "it's, here"),
        ("source.date_format=%d/%m/%Y %H:%M", "date_format", "%d/%m/%Y %H:%M"),
        ("source.header=false", "header", False),
    ],
)
def test_a_value_whose_quotes_the_shell_took_is_text(override, key, value, tmp_path, monkeypatch):
    monkeypatch.setattr(config, "PARAMS", tmp_path / "params.yaml")
    config.compose(["source=csv", override])
    assert config.load().source[key] == value


def test_another_file_or_another_mapping_of_it_has_a_keyspace_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(config, "PARAMS", tmp_path / "params.yaml")

    def keyspace(*overrides: str) -> str:
        config.compose(list(overrides))
        return config.load().store.keyspace

    first = keyspace("source=csv", "source.path=a.csv")
    assert first == keyspace("source=csv", "source.path=a.csv", "horizon=30")
    assert first.startswith("purchasing_csv_")
    assert keyspace("source=csv", "source.path=b.csv") != first
    assert keyspace("source=csv", "source.path=a.csv", "source.negate=true") != first
    assert keyspace() == "purchasing_complete_journey"
    assert keyspace("source=csv", "store.keyspace=mine") == "mine"


def test_descriptions_of_nobody_who_has_transactions_are_pointed_at(file, caplog, tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("id,age\n7,30\n")
    caplog.set_level("INFO")
    file.write_text("Kunde Nr;Datum;Größe\n007;2020-01-05;1\n")
    described = (f"source.customers.path={people}", "source.customers.columns.customer_id=id")
    config.compose([*MAPPED, f"source.path={file}", *described])
    dry_run()
    assert "1 customers are described, 0 of them have transactions" in caplog.text
    assert "are the ids written alike in both?" in caplog.text
