"""A file that no code knows becomes transactions by a mapping of its columns alone."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from stages.adapters.paths import CONF
from stages.adapters.sources import csv
from stages.domain.contract import split
from stages.domain.errors import UserError

MAPPED = [
    "source.columns.customer_id=Id",
    "source.columns.booked_at=Date",
    "source.columns.amount=Price",
]


def source(path: Path | None, *overrides: str) -> DictConfig:
    """The configuration group, composed as the stages get it."""
    given = [] if path is None else [f"source.path={path}"]
    with initialize_config_dir(str(CONF), version_base=None):
        return compose("config", ["source=csv", *given, *overrides]).source


def loaded(path: Path, *overrides: str) -> tuple[pa.Table, list[tuple[int, str]]]:
    """What ingest would accept, and (line, reason) of what it would refuse."""
    parts = [
        split(draft, datetime(2021, 1, 1, tzinfo=UTC))
        for draft in csv.transactions(source(path, *overrides))
    ]
    rejected = [(r["line"], r["reason"]) for _, bad in parts for r in bad.to_pylist()]
    return pa.concat_tables(good for good, _ in parts), sorted(rejected)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tx.csv"


def test_three_mapped_columns_are_enough(file):
    file.write_text("Id,Date,Price,Other\n007,2020-01-05,12.50,x\n8,2020-02-06 10:30:00,3,y\n")
    good, bad = loaded(file, *MAPPED)
    assert bad == []
    assert good["customer_id"].to_pylist() == ["007", "8"]
    assert good["amount"].to_pylist() == [Decimal("12.50"), Decimal("3.00")]
    assert good["booked_at"].to_pylist()[1] == datetime(2020, 2, 6, 10, 30, tzinfo=UTC)


def test_bad_rows_are_refused_by_line_and_the_others_loaded(file):
    file.write_text(
        "Id,Date,Price\n"
        "a,2020-01-05,1\n"
        "b,soon,1\n"
        "c,2020-01-05,NaN\n"
        "d,2999-01-05,1\n"
        ",2020-01-05,1\n"
        "f,2020-01-05,much\n"
    )
    good, bad = loaded(file, *MAPPED)
    assert good["customer_id"].to_pylist() == ["a"]
    assert bad == [
        (3, "booked_at is missing or not a date"),
        (4, "amount is missing or not a finite number"),
        (5, "booked_at is in the future"),
        (6, "customer_id is missing"),
        (7, "amount is missing or not a finite number"),
    ]


def test_a_cell_of_ten_megabytes_is_refused(file):
    file.write_text(f"Id,Date,Price,Shop\na,2020-01-05,1,{'x' * 10_000_000}\nb,2020-01-05,1,y\n")
    good, bad = loaded(file, *MAPPED, "source.columns.merchant=Shop")
    assert good["customer_id"].to_pylist() == ["b"]
    assert bad == [(2, "merchant is longer than 1024 characters")]


def test_the_same_id_at_the_same_instant_is_refused_the_second_time(file):
    file.write_text("Id,Date,Price,No\na,2020-01-05,1,77\na,2020-01-05,2,77\n")
    good, bad = loaded(file, *MAPPED, "source.columns.transaction_id=No")
    assert good["amount"].to_pylist() == [1]
    assert bad == [(3, "the same customer, instant and transaction_id came before")]


def test_rows_without_an_id_keep_theirs_whatever_else_is_in_the_file(file, tmp_path):
    row = "a,2020-01-05,12.50\n"
    file.write_text("Id,Date,Price\n" + row + row)
    grown = tmp_path / "grown.csv"
    grown.write_text("Id,Date,Price\nb,2020-01-05,1\n" + row + row)
    first, later = loaded(file, *MAPPED)[0], loaded(grown, *MAPPED)[0]
    assert len(set(first["transaction_id"].to_pylist())) == 2
    assert set(first["transaction_id"].to_pylist()) < set(later["transaction_id"].to_pylist())


def test_a_bank_statement_with_its_own_conventions(file):
    file.write_bytes(
        "Konto;Tag;Menge;Stück;Art\nä;05.01.2020;2;4.5;S\nä;06.01.2020;1;9;H\n".encode("latin-1")
    )
    good, _ = loaded(
        file,
        "source.separator=';'",
        "source.encoding=latin-1",
        "source.date_format='%d.%m.%Y'",
        "source.columns.customer_id=Konto",
        "source.columns.booked_at=Tag",
        "source.columns.amount=null",
        "source.columns.quantity=Menge",
        "source.columns.unit_price='Stück'",
        "source.direction.column=Art",
        "source.direction.out=[S]",
    )
    assert good["amount"].to_pylist() == [9, -9]
    assert good["kind"].to_pylist() == ["purchase", "refund"]
    assert good["customer_id"].to_pylist() == ["ä", "ä"]


def test_money_out_below_zero_is_turned(file):
    file.write_text("Id,Date,Price\na,2020-01-05,-12.50\n")
    assert loaded(file, *MAPPED, "source.negate=true")[0]["amount"].to_pylist() == [Decimal("12.5")]


def test_parquet_is_read_like_csv(tmp_path):
    rows = pa.table({"Id": ["a"], "Date": [datetime(2020, 1, 5)], "Price": [12.5]})
    pq.write_table(rows, tmp_path / "tx.parquet")
    assert loaded(tmp_path / "tx.parquet", *MAPPED)[0]["amount"].to_pylist() == [Decimal("12.5")]


def test_a_glob_reads_all_its_files(tmp_path):
    for month in ("01", "02"):
        (tmp_path / f"{month}.csv").write_text(f"Id,Date,Price\na,2020-{month}-05,1\n")
    assert loaded(tmp_path / "*.csv", *MAPPED)[0].num_rows == 2


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            [*MAPPED, "source.columns.amount=Cost"],
            "source.columns.amount=Cost: the file has no such",
        ),
        ([*MAPPED, "source.columns.amount=null"], "give amount, or quantity and unit_price"),
        ([*MAPPED, "source.direction.column=Way"], "source.direction.column=Way: the file has no"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_clear_error(file, overrides, message):
    file.write_text("Id,Date,Price\na,2020-01-05,1\n")
    with pytest.raises(UserError, match=message):
        loaded(file, *overrides)


def test_a_missing_file_and_a_missing_path_are_clear_errors(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        csv.inputs(source(tmp_path / "none.csv"))
    with pytest.raises(UserError, match="name the file"):
        csv.inputs(source(None))
