"""A file that no code knows becomes transactions by a mapping of its columns alone."""

import gzip
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from stages.adapters.drafts import mapping, months
from stages.adapters.paths import CONF
from stages.adapters.sources import csv
from stages.domain.contract import split
from stages.domain.errors import UserError

MAPPED = [
    "source.columns.customer_id=Id",
    "source.columns.booked_at=Date",
    "source.columns.amount=Price",
]
BY_NUMBER = ("customer_id=1", "booked_at=2", "amount=3")


@cache
def composed() -> DictConfig:
    """The configuration with source=csv."""
    with initialize_config_dir(str(CONF), version_base=None):
        return compose("config", ["source=csv"])


def source(path: Path | None, *overrides: str) -> DictConfig:
    """The configuration group with `overrides`, as the stages get it."""
    config = composed().copy()
    given = [] if path is None else [f"source.path={path}"]
    for override in OverridesParser.create().parse_overrides([*given, *overrides]):
        OmegaConf.update(config, override.key_or_group, override.value())
    return config.source


def loaded(path: Path | None, *overrides: str) -> tuple[pa.Table, list[tuple[int, str]]]:
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


def test_a_row_without_its_direction_is_refused(file):
    file.write_text("Id,Date,Price,Way\na,2020-01-05,1,out\na,2020-01-06,2,in\na,2020-01-07,4,\n")
    way = ["source.direction.column=Way", "source.direction.out=[out]"]
    good, refused = loaded(file, *MAPPED, *way)
    assert good["amount"].to_pylist() == [1, -2]
    assert refused == [(4, "amount is missing or not a finite number")]


def test_a_tab_may_be_written_as_in_a_shell(file):
    file.write_text("Id\tDate\tPrice\na\t2020-01-05\t1\n")
    assert loaded(file, *MAPPED, r"source.separator='\t'")[0]["amount"].to_pylist() == [1]


def test_money_out_below_zero_is_turned(file):
    file.write_text("Id,Date,Price\na,2020-01-05,-12.50\n")
    assert loaded(file, *MAPPED, "source.negate=true")[0]["amount"].to_pylist() == [Decimal("12.5")]


def test_parquet_is_read_like_csv(tmp_path):
    rows = pa.table({"Id": ["a"], "Date": [datetime(2020, 1, 5)], "Price": [12.5]})
    pq.write_table(rows, tmp_path / "tx.parquet")
    assert loaded(tmp_path / "tx.parquet", *MAPPED)[0]["amount"].to_pylist() == [Decimal("12.5")]


def test_a_glob_reads_all_its_files_and_names_the_one_with_a_bad_line(tmp_path):
    for month in ("01", "02"):
        (tmp_path / f"{month}.csv").write_text(f"Id,Date,Price\na,2020-{month}-05,1\na,x,1\n")
    drafts = list(csv.transactions(source(tmp_path / "*.csv", *MAPPED)))
    assert sum(draft.num_rows for draft in drafts) == 4
    undated = drafts[-1].select(["file", "line", "booked_at"]).to_pylist()
    assert [(r["file"], r["line"]) for r in undated] == [("01.csv", 3), ("02.csv", 3)]


def test_a_line_of_too_few_or_too_many_cells_is_refused_and_the_lines_after_it_count_on(file):
    file.write_text(
        "Id,Date,Price\na,2020-01-05,1\n\nb,2020-01-05\nc,2020-01-05,1,x\n"
        'd,2020-01-05,"1"\ne,soon,1\n'
    )
    good, bad = loaded(file, *MAPPED)
    assert good["customer_id"].to_pylist() == ["a", "d"]
    assert bad == [
        (4, "the line has 2 cells, expected 3"),
        (5, "the line has 4 cells, expected 3"),
        (7, "booked_at is missing or not a date"),
    ]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(file, separator):
    file.write_text("Id,Date,Price\na,2020-01-05,1\n".replace(",", separator))
    assert loaded(file, *MAPPED)[0].num_rows == 1


def test_online_retail_ii(file):
    """Cancellations have a quantity below 0; some lines have no customer."""
    file.write_text(
        "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
        '489434,85048,"BALL, 20 LIGHTS",12,12/1/2009 7:45,6.95,13085,United Kingdom\n'
        '489434,85048,"BALL, 20 LIGHTS",12,12/1/2009 7:45,6.95,13085,United Kingdom\n'
        "C489449,22087,PAPER BUNTING,-12,12/1/2009 10:33,2.95,16321,Australia\n"
        "489464,21733,85123a mixed,-96,12/1/2009 10:52,0.0,,United Kingdom\n"
    )
    good, bad = loaded(
        file,
        "source.columns.customer_id='Customer ID'",
        "source.columns.booked_at=InvoiceDate",
        "source.date_format='%m/%d/%Y %H:%M'",
        "source.columns.amount=null",
        "source.columns.quantity=Quantity",
        "source.columns.unit_price=Price",
        "source.columns.category=[StockCode,Description]",
        "source.columns.region=Country",
    )
    assert [float(a) for a in good["amount"].to_pylist()] == [83.4, 83.4, -35.4]
    assert good["kind"].to_pylist() == ["purchase", "purchase", "refund"]
    assert good["category"][0].as_py() == "85048 BALL, 20 LIGHTS"
    assert bad == [(5, "customer_id is missing")]


def test_the_quotes_of_a_header_are_those_of_its_rows(file):
    file.write_text("'Id';'Date';'Price'\n'a;b';'2020-01-31';'1,50'\n")
    settings = ('source.quote="\'"', "source.separator=';'", 'source.decimal=","')
    rows, rejected = loaded(file, *MAPPED, *settings)
    assert rejected == []
    assert rows["customer_id"].to_pylist() == ["a;b"]


def test_cdnow_has_blanks_between_its_columns_and_no_header(file):
    file.write_text(" 00001 19970101  1  11.77\n 00002 19970112  5  77.00\n")
    good, bad = loaded(
        file,
        "source.separator=blanks",
        "source.header=false",
        "source.columns.customer_id=1",
        "source.columns.booked_at=2",
        "source.columns.quantity=3",
        "source.columns.amount=4",
    )
    assert bad == []
    assert good["customer_id"].to_pylist() == ["00001", "00002"]
    assert good["booked_at"][0].as_py() == datetime(1997, 1, 1, tzinfo=UTC)
    assert [float(a) for a in good["amount"].to_pylist()] == [11.77, 77.0]


def test_card_transactions_with_a_date_in_four_columns(file):
    file.write_text(
        "User,Year,Month,Day,Time,Amount\n0,2002,9,1,06:21,$134.09\n0,2002,9,1,06:42,$-38.48\n"
    )
    good, _ = loaded(
        file,
        "source.columns.customer_id=User",
        "source.columns.booked_at=[Year,Month,Day,Time]",
        "source.date_format='%Y %m %d %H:%M'",
        "source.columns.amount=Amount",
    )
    assert good["booked_at"][0].as_py() == datetime(2002, 9, 1, 6, 21, tzinfo=UTC)
    assert [float(a) for a in good["amount"].to_pylist()] == [134.09, -38.48]


def test_a_statement_with_debit_and_credit_a_preamble_and_two_currencies(file):
    file.write_text(
        "Statement of May\n;\nKonto;Tag;Debit;Credit;Cur\n"
        "a;05.01.2020;1.234,50;;EUR\n"
        "a;06.01.2020;;2.000,00 €;EUR\n"
        "a;07.01.2020;-12,00;;EUR\n"  # some banks write debits below 0
        "a;08.01.2020;1;;USD\n"
        "a;09.01.2020;;;EUR\n"
    )
    good, bad = loaded(
        file,
        "source.skip=2",
        "source.decimal=','",
        "source.date_format='%d.%m.%Y'",
        "source.money_in=income",
        "source.columns.customer_id=Konto",
        "source.columns.booked_at=Tag",
        "source.columns.amount=null",
        "source.columns.debit=Debit",
        "source.columns.credit=Credit",
        "source.columns.currency=Cur",
        "source.currency=EUR",
    )
    assert [float(a) for a in good["amount"].to_pylist()] == [1234.5, -2000.0, 12.0]
    assert good["kind"].to_pylist() == ["purchase", "income", "purchase"]
    assert bad == [
        (7, "the currency is not EUR"),
        (8, "amount is missing or not a finite number"),
    ]


def test_the_words_of_a_file_become_kinds(file):
    file.write_text(
        "Id,Date,Price,Type\na,2020-01-05,1,POS\na,2020-01-06,1,ATM\na,2020-01-07,1,?\n"
    )
    kinds = ["source.kinds.purchase=[POS]", "source.kinds.cash=[ATM]", "source.columns.kind=Type"]
    good, bad = loaded(file, *MAPPED, *kinds)
    assert good["kind"].to_pylist() == ["purchase", "cash"]
    assert bad == [(4, "kind is none of purchase, refund, cash, transfer, fee, income")]


def test_a_column_that_is_mapped_later_changes_the_same_rows(file):
    file.write_text("Id,Date,Price,Shop\na,2020-01-05,12.5,x\na,2020-01-05,12.5,y\n")
    first = loaded(file, *MAPPED)[0]
    later = loaded(file, *MAPPED, "source.columns.merchant=Shop")[0]
    assert first["transaction_id"].to_pylist() == later["transaction_id"].to_pylist()
    assert later["merchant"].to_pylist() == ["x", "y"]


def test_words_for_nothing_are_no_customer(file):
    file.write_text("Id,Date,Price\nNULL,2020-01-05,1\nnan,2020-01-05,1\n b ,2020-01-05,1\n")
    good, bad = loaded(file, *MAPPED)
    assert good["customer_id"].to_pylist() == ["b"]
    assert [reason for _, reason in bad] == ["customer_id is missing"] * 2


def test_demographics_from_the_file_of_transactions_itself(file):
    file.write_text(
        "Id,Date,Price,Born,Sex,State\n"
        "a,2020-06-30,1,1995-07-01,F,NC\nb,2020-06-01,2,,M,WA\na,2020-06-29,1,1995-07-01,F,NY\n"
    )
    group = source(
        file,
        *MAPPED,
        f"source.customers.path={file}",
        "source.customers.columns.customer_id=Id",
        "source.customers.columns.birth_date=Born",
        "source.customers.columns.region=State",
        "source.customers.attributes=[Sex]",
    )
    first, second = csv.customers(group).to_pylist()
    assert first["customer_id"] == "a"
    assert first["age_band"] == "19-24"  # 24 on 30 June 2020, a day before the birthday
    assert first["region"] == "NY"  # the last row counts
    assert first["attributes"] == [("Sex", "F")]
    assert (second["age_band"], second["region"]) == (None, "WA")


def test_birth_dates_of_two_digits_lie_in_the_past(file):
    file.write_text("Id,Date,Price,Born\na,2020-06-30,1,02.06.90\nb,2020-06-30,1,01.01.54\n")
    group = source(
        file,
        *MAPPED,
        f"source.customers.path={file}",
        "source.customers.columns.customer_id=Id",
        "source.customers.columns.birth_date=Born",
        "source.customers.date_format='%d.%m.%y'",
    )
    bands = [customer["age_band"] for customer in csv.customers(group).to_pylist()]
    assert bands == ["25-34", "65+"]


def test_a_file_of_customers_with_ages(file, tmp_path):
    file.write_text("Id,Date,Price\na,2020-01-05,1\n")
    (tmp_path / "people.csv").write_text("No;Age;Income\na;71;high\n;30;low\nb;;\n")
    group = source(
        file,
        *MAPPED,
        f"source.customers.path={tmp_path / 'people.csv'}",
        "source.customers.columns.customer_id=No",
        "source.customers.columns.age=Age",
        "source.customers.columns.income_band=Income",
    )
    rows = csv.customers(group).to_pylist()
    assert [(r["customer_id"], r["age_band"], r["income_band"]) for r in rows] == [
        ("a", "65+", "high"),
        ("b", None, None),
    ]
    assert csv.inputs(group) == [file, tmp_path / "people.csv"]


def test_ages_that_are_numbers_already_have_no_decimal_comma(file, tmp_path):
    file.write_text("Id;Date;Price\na;2020-01-05;1,5\n")
    pq.write_table(pa.table({"No": ["a"], "Age": [71.0]}), tmp_path / "people.parquet")
    group = source(
        file,
        *MAPPED,
        "source.decimal=','",
        f"source.customers.path={tmp_path / 'people.parquet'}",
        "source.customers.columns.customer_id=No",
        "source.customers.columns.age=Age",
    )
    assert csv.customers(group)["age_band"].to_pylist() == ["65+"]


def test_a_column_of_ages_may_be_named_by_its_number(file, tmp_path):
    file.write_text("a;2020-01-05;1,5\n")
    (tmp_path / "people.csv").write_text("a;71,0\n")
    columns = ("customer_id=1", "booked_at=2", "amount=3")
    group = source(
        file,
        *(f"source.columns.{column}" for column in columns),
        "source.header=false",
        "source.separator=';'",
        "source.decimal=','",
        f"source.customers.path={tmp_path / 'people.csv'}",
        "source.customers.columns.customer_id=1",
        "source.customers.columns.age=2",
    )
    assert csv.customers(group)["age_band"].to_pylist() == ["65+"]


def test_a_file_whose_name_holds_signs_of_a_glob_is_read(tmp_path):
    file = tmp_path / "tx[1].csv"
    file.write_text("Id,Date,Price\na,2020-01-05,1\n")
    assert loaded(None, f"source.path='{file}'", *MAPPED)[0].num_rows == 1


def test_without_a_file_of_customers_nothing_is_known_of_them(file):
    file.write_text("Id,Date,Price\na,2020-01-05,1\n")
    assert csv.customers(source(file, *MAPPED)).num_rows == 0


def test_a_compressed_file_is_read(tmp_path):
    (tmp_path / "tx.csv.gz").write_bytes(gzip.compress(b"Id,Date,Price\na,2020-01-05,1\n"))
    assert loaded(tmp_path / "tx.csv.gz", *MAPPED)[0].num_rows == 1


def test_a_month_of_many_rows_comes_in_several_drafts_of_whole_customers(file, monkeypatch):
    rows = "".join(f"c{i % 9},2020-01-05,{i}\n" for i in range(90))
    file.write_text(f"Id,Date,Price\n{rows}")
    monkeypatch.setattr(months, "LARGEST", 30)
    drafts = list(csv.transactions(source(file, *MAPPED)))
    assert [d.num_rows for d in drafts] != [90]
    assert sum(d.num_rows for d in drafts) == 90
    customers = [set(d["customer_id"].to_pylist()) for d in drafts]
    assert sum(map(len, customers)) == 9


def test_a_quote_that_is_never_closed_loses_no_row_in_silence(tmp_path):
    file = tmp_path / "shop.csv"
    rows = [f"c{i % 9},Ann,2020-01-05,{i},Joe" for i in range(300)]
    for where in ([7], [7, 290]):  # to the end of the file, or to the next one
        for good, stray in (("Ann", '"Ann'), ("Joe", '"Joe')):
            strays = [row.replace(good, stray) if i in where else row for i, row in enumerate(rows)]
            file.write_text("\n".join(["Id,Clerk,Date,Price,Note", *strays, ""]))
            with pytest.raises(UserError, match=r"whole lines \(\d+\); is a quote never closed"):
                loaded(file, *MAPPED)
            assert loaded(file, *MAPPED, "source.quote=null")[0].num_rows == 300
    note = '"Joe\nasked, twice,\nand went"'
    file.write_text("\n".join(["Id,Clerk,Date,Price,Note", *rows, f"d,Ann,2020-01-05,1,{note}"]))
    assert loaded(file, *MAPPED)[0].num_rows == 301


@pytest.mark.parametrize(
    "rows",
    [
        '1,2020-01-02,6,"Bar\n2,2020-01-03,7,"Pub',
        '1,2020-01-02,6,"Bar\n2,2020-01-03,7,Pub"',
        '1,2020-01-02,"6,Bar\n2,2020-01-03,"7,Pub',
    ],
)
def test_two_rows_that_stray_quotes_make_one_are_not_taken_for_one(file, rows):
    file.write_text(f"Id,Date,Price,Shop\n{rows}\n3,2020-01-04,8,X\n")
    with pytest.raises(UserError, match="is a quote never closed"):
        loaded(file, *MAPPED)
    note = '1,2020-01-02,6,"Bar, since 2020-01-01\nat Main Street 5, upstairs, to the left"'
    file.write_text(f"Id,Date,Price,Shop\n{note}\n3,2020-01-04,8,X\n")
    assert loaded(file, *MAPPED)[0].num_rows == 2


def test_a_quote_that_swallows_rows_of_three_columns_is_no_single_bad_row(file):
    rows = "\n".join(f"c{i},2020-01-{i % 28 + 1:02d},{i}" for i in range(60))
    file.write_text(f'Id,Date,Price\n"{rows}"\n')
    with pytest.raises(UserError, match="is a quote never closed"):
        loaded(file, *MAPPED)


def test_columns_that_differ_in_case_alone_are_two(file):
    file.write_text("ID,Id,Date,PRICE,Price\nrow1,cust9,2020-01-05,1,999.50\n")
    good, _ = loaded(file, *MAPPED)
    assert (good["customer_id"][0].as_py(), good["amount"][0].as_py()) == (
        "cust9",
        Decimal("999.5"),
    )
    with pytest.raises(UserError, match=r"source\.columns\.merchant=ID: Id is named, too"):
        loaded(file, *MAPPED, "source.columns.merchant=ID")


def test_rows_of_overlapping_files_are_pointed_out(tmp_path, caplog):
    mapping._warn_of_overlap.cache_clear()  # it is said once a process
    both = "a,2020-02-05,3\n"
    for folder, own in (("q1", "a,2020-01-05,1\n"), ("q2", "b,2020-03-05,2\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "tx.csv").write_text(f"Id,Date,Price\n{own}{both}")
    assert loaded(tmp_path / "*" / "tx.csv", *MAPPED)[0].num_rows == 4
    assert "stand in several files alike count as often, of 1 different" in caplog.text
    caplog.clear()
    loaded(tmp_path / "q1" / "tx.csv", *MAPPED)
    assert not caplog.text


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            [*MAPPED, "source.columns.amount=Cost"],
            "source.columns.amount=Cost: the file has no such",
        ),
        ([*MAPPED, "source.skip=1"], "nor any other .* if its first line is a row, source.header="),
        (
            ["source.skip=1", *(f"source.columns.{c}" for c in BY_NUMBER)],
            "=2: the file has no such column; nor any other",  # though one cell of the row is 1
        ),
        ([*MAPPED, "source.columns.amount=null"], "give amount, or quantity and unit_price"),
        ([*MAPPED, "source.direction.column=Way"], "source.direction.column=Way: the file has no"),
        ([*MAPPED, "source.columns.booked_at=null"], "customer_id and booked_at are needed"),
        ([*MAPPED, "source.decimal=x"], "source.decimal=x: give a point or a comma"),
        ([*MAPPED, "source.currency=EUR"], "give both or none"),
        (
            [*MAPPED, "source.direction.out=[true]"],
            r"source.direction.out=\[True\]: give a list of",
        ),
        ([*MAPPED, "source.kinds.purchase=POS"], "source.kinds.purchase=POS: give a list of texts"),
        ([*MAPPED, "source.quote=ab"], "source.quote=ab: give one character"),
        ([*MAPPED, "source.skip=-1"], "source.skip=-1: give a whole number"),
        ([*MAPPED, "source.date_format='%Q'"], "source: .*%Q"),
        ([*MAPPED, "source.encoding=utf-1"], "source.encoding=utf-1 does not fit"),
        ([*MAPPED, "source.skip=9"], "is empty after 9 lines"),
        ([*MAPPED, "source.separator='::'"], "source.separator=::: give one character"),
    ],
)
def test_a_mapping_that_does_not_fit_is_one_clear_error(file, overrides, message):
    file.write_text("Id,Date,Price\na,2020-01-05,1\n")
    with pytest.raises(UserError, match=message):
        loaded(file, *overrides)


def test_a_file_of_another_encoding_is_one_clear_error_without_its_rows(file):
    file.write_bytes("Id,Date,Price\nMüller,2020-01-05,1\n".encode("latin-1"))
    with pytest.raises(UserError, match=r"source\.encoding=utf-8 does not fit") as error:
        loaded(file, *MAPPED)
    assert "ller" not in str(error.value)
    assert loaded(file, *MAPPED, "source.encoding=latin-1")[0].num_rows == 1


@pytest.mark.parametrize("name", ["f.csv.gz", "f.parquet"])
def test_a_damaged_file_is_one_clear_error(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"Id,Date,Price\na,2020-01-05,1\n" * 1000)[:-20])
    with pytest.raises(UserError, match=f"{name} cannot be read: it is damaged"):
        loaded(path, *MAPPED)


def test_a_workbook_is_one_clear_error(tmp_path):
    path = tmp_path / "f.XLSX"
    path.write_bytes(b"PK")
    with pytest.raises(UserError, match=r"f\.XLSX is no text: save its table as CSV"):
        loaded(path, *MAPPED)


def test_a_missing_file_and_a_missing_path_are_clear_errors(tmp_path):
    with pytest.raises(UserError, match="there is no such file"):
        csv.inputs(source(tmp_path / "none.csv"))
    with pytest.raises(UserError, match="name the file"):
        csv.inputs(source(None))
