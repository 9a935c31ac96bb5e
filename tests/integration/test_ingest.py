"""What a file of one's own may do to the store: bad rows, other files, late and older data."""

import re
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from cassandra.cluster import Session

from stages.adapters.files import digest
from stages.adapters.local.node import Address
from tests.integration.project import Project

KEYSPACE = "test_ingest"
HEADER = "customer_id,booked_at,amount,transaction_id"
GOOD = ["a,2017-01-01,10.50,1", "a,2017-02-01,-3.25,2", "b,2017-01-31 23:59:59,0.01,3"]
TOMORROW = (datetime.now(UTC) + timedelta(days=2)).date()  # also if midnight comes between


@pytest.fixture(scope="module")
def shop(cassandra: Address, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with a file of three good rows, in the store."""
    project = Project.copy(tmp_path_factory.mktemp("shop"), cassandra)
    write(project, *GOOD)
    configure(project)
    project.stage("ingest")
    return project


def write(project: Project, *lines: str, header: str = HEADER) -> None:
    (project.root / "shop.csv").write_text("\n".join([header, *lines, ""]))


def configure(project: Project, *more: str) -> None:
    project.stage(
        "params", "source=csv", "source.path=shop.csv", f"store.keyspace={KEYSPACE}",
        "source.columns.transaction_id=transaction_id", *more,
    )  # fmt: skip


def stored(session: Session) -> list[str]:
    """The ids of all transactions in the store."""
    return sorted(row.transaction_id for row in session.execute("SELECT * FROM transactions"))


def refused(project: Project, stage: str) -> str:
    """The one line of a stage that fails."""
    said = project.stage(stage, status=1)
    assert len(said.splitlines()) == 1
    return said


def files(project: Project) -> dict[str, str]:
    return {p.name: digest(p) for p in (project.root / "data/raw").rglob("*.parquet")}


def test_bad_rows_are_refused_each_with_its_reason_and_the_good_ones_are_loaded(shop, session):
    write(
        shop,
        *GOOD,
        "c,yesterday,1,4",
        "c,2017-01-01,NaN,5",
        "a,2017-01-01,10.50,1",
        f"c,{TOMORROW},1,6",
        f"c,2017-01-01,1,{'x' * 10_000_000}",
        "good,2017-03-01,1.00,7",
    )
    before = stored(session)
    broke = r"5 of 9 rows broke the contract, most often: \w.+; see .+/csv\.csv for each"
    assert re.search(broke, said := refused(shop, "ingest"))
    assert "nothing was loaded" in said
    assert stored(session) == before
    configure(shop, "most_rejected=0.6")
    assert re.search(broke, shop.stage("ingest"))
    assert stored(session) == ["1", "2", "3", "7"]
    rejects = (shop.root / "data/rejects/csv.csv").read_text().splitlines()[1:]
    assert sorted(line.rpartition(',"')[2].strip('"') for line in rejects) == [
        "amount is missing or not a finite number",
        "booked_at is in the future",
        "booked_at is missing or not a date",
        "the same customer, instant and transaction_id came before",
        "transaction_id is longer than 1024 characters",
    ]


def test_a_file_without_a_good_row_or_without_a_column_loads_nothing(shop, session):
    before = stored(session)
    write(shop, "c,yesterday,1,8")
    said = shop.stage("ingest", status=1)
    assert "1 of 1 rows broke the contract, most often: booked_at is missing" in said
    write(shop)
    assert "nothing was loaded" in refused(shop, "ingest")
    write(shop, "c,2017-01-01,9", header="customer_id,booked_at,transaction_id")
    said = refused(shop, "ingest")
    assert "source.columns.amount=amount: the file has no such column; it has customer_id," in said
    assert stored(session) == before


def test_customers_that_do_not_fit_are_said_before_anything_is_loaded(shop, session):
    before = stored(session)
    write(shop, *GOOD, "c,2017-01-01,9.00,10")
    people = shop.root / "people.txt"
    people.write_text("id,region\nc,North\n")
    sizes = f"source.customers.path={people} source.customers.columns.customer_id=nobody"
    configure(shop, "store.keyspace=shop", *sizes.split())
    assert "customer_id=nobody: the file has no such column" in refused(shop, "ingest")
    assert stored(session) == before
    configure(shop)


def test_a_file_read_in_another_way_does_not_mix_with_what_was_loaded(shop, session):
    before = stored(session)
    write(shop, *GOOD, "a,2017-02-03,1.00,8")
    configure(shop, "source.date_format=%Y-%d-%m", "most_rejected=0.6")
    assert f"{KEYSPACE} holds csv as read with another source.date_format" in refused(
        shop, "ingest"
    )
    assert stored(session) == before
    configure(shop)


def test_a_file_that_grew_is_loaded_and_another_file_is_refused(shop, session):
    write(shop, *GOOD, "a,2017-01-02,1.00,9")
    assert "4 rows of the source are in the store" in shop.stage("ingest")
    assert "9" in stored(session)
    write(shop, *GOOD[1:], "a,2017-01-02,1.00,9")
    more = len(stored(session)) - 3
    assert f"{KEYSPACE} holds {more} more rows: where rows of this source" in shop.stage("ingest")
    write(shop, *GOOD, "a,2017-01-02,1.00,9", "a,2016-01-02,1.00,8")
    assert "5 rows of the source" in shop.stage("ingest")
    write(shop, *GOOD, "a,2017-01-02,1.00,9")  # a whole month is gone
    assert f"{KEYSPACE} holds {more} more rows: where rows of this source" in shop.stage("ingest")
    other = shop.root / "other.csv"
    other.write_text(f"{HEADER}\nz,2017-01-01,1.00,10\n")
    configure(shop, "source.path=other.csv")
    assert f"{KEYSPACE} holds the source csv shop.csv, with which this one" in refused(
        shop, "ingest"
    )
    assert "10" not in stored(session)
    configure(shop, "source.path='*.csv'")  # that file and another: the source has grown
    shop.stage("ingest")
    assert "10" in stored(session)
    configure(shop)
    assert "holds the source csv other.csv and 1 more" in refused(shop, "ingest")


def test_another_number_of_shards_and_no_node_are_one_line(shop, session):
    before = stored(session)
    configure(shop, "store.shards=8")
    for stage in ("ingest", "extract"):
        assert "has store.shards=4, not 8: set store.shards=4" in refused(shop, stage)
    configure(shop)
    node = shop.environment["CASSANDRA_CONTACT_POINTS"]
    shop.environment["CASSANDRA_CONTACT_POINTS"] = "127.0.0.1:1"
    for stage in ("ingest", "extract"):
        assert "no Cassandra node answers at 127.0.0.1:1" in refused(shop, stage)
    shop.environment["CASSANDRA_CONTACT_POINTS"] = node
    assert stored(session) == before
    assert not (shop.root / "data/raw").exists()


def test_older_data_checked_out_is_noticed_and_only_it_is_read_again(shop, session):
    shop.run("dvc", "repro", "extract")
    lock, older = shop.root / "dvc.lock", files(shop)
    kept = lock.read_text()
    session.execute(
        "INSERT INTO transactions (month, shard, customer_id, booked_at, transaction_id, amount,"
        " kind, discount) VALUES ('2016-12', 0, 'd', '2016-12-31 10:00:00Z', 'late', 9.99,"
        " 'purchase', 0)"
    )
    session.execute(
        "UPDATE transactions SET amount = 11.00 WHERE month = '2017-02' AND shard = %s"
        " AND customer_id = 'a' AND booked_at = '2017-02-01 00:00:00Z' AND transaction_id = '2'",
        [shard(session, "2017-02")],
    )
    assert "reading 2 of" in shop.run("dvc", "repro", "extract")
    newer = files(shop)
    lock.write_text(kept)
    shop.run("dvc", "checkout", "--force", "data/raw")
    assert files(shop) == older
    assert "reading 2 of" in shop.stage("extract")
    assert files(shop) == newer
    assert "reading" not in shop.stage("extract")


def test_data_in_another_format_is_read_again_whole(shop):
    before = files(shop)
    seen = shop.root / "data/.raw_seen.json"
    seen.write_text(seen.read_text().replace("zstd", "snappy"))
    said = shop.stage("extract")
    assert f"reading {len(before) - 1} of {len(before) - 1} partitions" in said
    assert files(shop) == before


def shard(session: Session, month: str) -> int:
    rows = session.execute("SELECT DISTINCT month, shard FROM transactions")
    return next(row.shard for row in rows if row.month == month)


BERT = (
    f" WHERE month = '2024-02' AND shard = {zlib.crc32(b'bert') % 4} AND customer_id = 'bert'"
    " AND booked_at = '2024-02-05 10:00:00+0000' AND transaction_id = '1'"
)


def test_a_feed_of_ones_own_has_tables_made_for_it(shop, session):
    configure(shop, "store.keyspace=test_feed")
    assert "has its tables; 4 shards" in shop.stage("tables")
    assert "has no transactions: run `make ingest`, or write to it" in refused(shop, "extract")
    for customer in ("anna", "bert"):
        session.execute(
            "INSERT INTO test_feed.transactions (month, shard, customer_id, booked_at,"
            " transaction_id, amount, kind, discount)"
            " VALUES (%s, %s, %s, %s, '1', 2.5, 'purchase', 0)",
            ["2024-02", zlib.crc32(customer.encode()) % 4, customer, "2024-02-05 10:00:00+0000"],
        )
    assert "2 rows in" in shop.stage("extract")
    assert "has a feed of its own: no source is loaded" in shop.stage("ingest")
    session.execute("UPDATE test_feed.transactions SET kind = 'Purchase', discount = -1" + BERT)
    shop.stage("extract")
    said = refused(shop, "preprocess")
    assert "1 whose kind is none of purchase, refund" in said
    assert "1 whose discount is below 0" in said
    assert "bert" not in said


def test_rows_that_the_store_has_lost_are_loaded_again_by_the_same_command(shop, session):
    write(shop, *GOOD)
    configure(shop, "store.keyspace=test_lost")
    shop.stage("ingest")
    assert "already" in shop.stage("ingest")
    session.execute("TRUNCATE test_lost.transactions")
    assert "3 rows of the source are in the store" in shop.stage("ingest")
    assert session.execute("SELECT count(*) FROM test_lost.transactions").one()[0] == 3
