"""The store on a real Cassandra: what is written is what is read, counted and summed."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from cassandra import ConsistencyLevel, OperationTimedOut
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile, Session
from omegaconf import OmegaConf

from stages import extract
from stages.adapters import raw
from stages.adapters.store import alone, control, erasure, keyspace, read, summary, write
from stages.adapters.store.wire import Wire
from stages.domain.errors import UserError
from stages.domain.shards import Partition, Summary, month_of, shard_of
from stages.domain.tables import CUSTOMERS, SCORES, TRANSACTIONS

SHARDS = 4
ONE_NODE = {"class": "SimpleStrategy", "replication_factor": 1}
KEY = [(name, "ascending") for name in ("customer_id", "booked_at", "transaction_id")]


@pytest.fixture(scope="module")
def session(cassandra: Any) -> Iterator[Session]:
    cluster = Cluster([cassandra.host], port=cassandra.port, protocol_version=5)
    yield cluster.connect()
    cluster.shutdown()


@pytest.fixture(scope="module")
def shared(session: Session) -> str:
    return made(session, "test_store")


@pytest.fixture
def ks(session: Session, shared: str) -> str:
    """A keyspace without transactions."""
    for partition in summary.partitions(session, shared):
        session.execute(
            f"DELETE FROM {shared}.transactions WHERE month = %s AND shard = %s", partition
        )
    return shared


@pytest.fixture
def new_ks(session: Session) -> str:
    """A keyspace just made, for what empties or reshapes other tables; it takes seconds."""
    return made(session, "test_store_new")


def made(session: Session, name: str) -> str:
    session.execute(f"DROP KEYSPACE IF EXISTS {name}", timeout=60)
    keyspace.ensure(session, name, SHARDS, ONE_NODE)
    return name


def transaction(customer: str, when: datetime, name: str, amount: str, **more: Any) -> dict:
    plain = {"kind": "purchase", "category": "food", "merchant": "m1", "discount": Decimal("0.00")}
    key = {"customer_id": customer, "booked_at": when, "transaction_id": name}
    return {**plain, **key, "amount": Decimal(amount), **more}


JANUARY, FEBRUARY = datetime(2017, 1, 5, 12, 30, 15, 250000, UTC), datetime(2017, 2, 1, tzinfo=UTC)
ROWS = pa.Table.from_pylist(
    [
        transaction("7", JANUARY, "a", "10.50", quantity=2.0, channel="web", region="north"),
        transaction("7", JANUARY, "b", "-3.25", kind="refund"),
        transaction("7", FEBRUARY, "a", "9999999999999999.99", category=None, merchant=None),
        transaction("müller", JANUARY, "ß人", "0.01", category="", merchant="Bäckerei 🥨"),
        transaction("8", datetime(1969, 12, 31, tzinfo=UTC), "x", "-9999999999999999.99"),
        transaction("8", FEBRUARY, "y", "0.00", discount=Decimal("-1.10"), quantity=-0.5),
    ],
    TRANSACTIONS.schema,
)


def load(session: Session, ks: str, rows: pa.Table) -> int:
    """Write transactions; return how many were reported as written."""
    reported: list[int] = []
    write.write_transactions(session, ks, rows, SHARDS, reported.append)
    return sum(reported)


def unload(session: Session, ks: str, page_rows: int = 5000) -> pa.Table:
    """All transactions, by key; each partition must come in clustering order."""
    tables = [pa.Table.from_batches([], TRANSACTIONS.schema)]
    with Wire(session, page_rows) as wire:
        for partition in summary.partitions(session, ks):
            pages = read.batches(wire, ks, TRANSACTIONS, partition)
            tables.append(pa.Table.from_batches(pages, TRANSACTIONS.schema))
            assert tables[-1].equals(tables[-1].sort_by(KEY))
    return pa.concat_tables(tables).sort_by(KEY)


def changed(session: Session, ks: str, before: dict[Partition, Summary]) -> list[Partition]:
    """The partitions that the store sums up otherwise now."""
    now = summary.summaries(session, ks)
    return [partition for partition, said in now.items() if before.get(partition) != said]


def many(count: int) -> pa.Table:
    """Purchases of one customer in one month, a second apart, of 0.00, 0.01, 0.02 ..."""
    start = datetime(2017, 3, 1, tzinfo=UTC)
    return pa.Table.from_pylist(
        [
            transaction("42", start + timedelta(seconds=i), f"t{i}", f"{i}E-2", category=None)
            for i in range(count)
        ],
        TRANSACTIONS.schema,
    )


def test_what_is_written_is_what_is_read(session: Session, ks: str) -> None:
    assert load(session, ks, ROWS) == 6
    assert unload(session, ks).equals(ROWS.sort_by(KEY))


def test_a_row_is_in_the_partition_of_its_month_and_shard(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    months, shards = month_of(ROWS["booked_at"]), shard_of(ROWS["customer_id"], SHARDS)
    expected = sorted(set(zip(months.to_pylist(), shards.to_pylist(), strict=True)))
    assert summary.partitions(session, ks) == expected
    assert {month for month, _ in expected} == {"1969-12", "2017-01", "2017-02"}


def test_writing_twice_changes_nothing(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    load(session, ks, ROWS)
    assert unload(session, ks).equals(ROWS.sort_by(KEY))


def test_nulls_leave_no_tombstones(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    load(session, ks, ROWS.set_column(5, "category", pa.nulls(6, pa.string())))
    assert unload(session, ks)["category"].equals(ROWS.sort_by(KEY)["category"])


def test_the_same_rows_whatever_the_pages(session: Session, ks: str, tmp_path: Path) -> None:
    rows = many(1000)
    assert load(session, ks, rows) == 1000
    partition = ("2017-03", shard_of(rows["customer_id"], SHARDS)[0].as_py())
    digests = set()
    for page_rows in (13, 500, 1000, 5000):
        assert unload(session, ks, page_rows).equals(rows.sort_by(KEY))
        with Wire(session, page_rows) as wire:
            path = tmp_path / f"{page_rows}.parquet"
            extracted = read.extract_partition(wire, ks, partition, SHARDS, path)
        assert extracted == (1000, Decimal("4995.00"))
        digests.add(path.read_bytes())
    assert len(digests) == 1


def test_a_lone_node_answers_from_its_storage_with_the_same_rows(
    session: Session, ks: str, cassandra: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = many(1000)
    load(session, ks, rows)
    assert alone.read_level(session) == {"consistency_level": alone.NODE_LOCAL}
    at_once, summed = unload(session, ks, 300), summary.summaries(session, ks)
    assert at_once.equals(rows.sort_by(KEY))
    one = {EXEC_PROFILE_DEFAULT: ExecutionProfile(consistency_level=ConsistencyLevel.ONE)}
    with Cluster([cassandra.host], port=cassandra.port, execution_profiles=one) as cluster:
        packed = cluster.connect()
        assert alone.read_level(packed) == {}
        assert unload(packed, ks, 300).equals(at_once)
        assert summary.summaries(packed, ks) == summed
    monkeypatch.setattr(alone, "PERMISSION", "cassandra.no_such_permission")
    assert alone.read_level(session) == {}


def test_row_groups_do_not_depend_on_pages(
    session: Session, ks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read, "ROW_GROUP", 300)
    load(session, ks, many(1000))
    digests = set()
    for page_rows in (299, 300, 700):
        with Wire(session, page_rows) as wire:
            path = tmp_path / f"{page_rows}.parquet"
            read.extract_partition(wire, ks, summary.partitions(session, ks)[0], SHARDS, path)
        file = pq.ParquetFile(path)
        groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
        assert groups == [300, 300, 300, 100]
        digests.add(path.read_bytes())
    assert len(digests) == 1


def test_extraction_writes_a_file_a_partition(session: Session, ks: str, tmp_path: Path) -> None:
    load(session, ks, ROWS)
    partitions = [*summary.partitions(session, ks), ("2030-01", 0)]
    extracted = read.extract(
        session, ks, partitions, SHARDS, lambda p: tmp_path / f"{p[0]}_{p[1]}.parquet"
    )
    done = {partition: (rows, amount) for partition, rows, amount in extracted}
    assert sorted(done) == partitions
    assert done["2030-01", 0] == (0, Decimal("0.00"))
    assert len(list(tmp_path.iterdir())) == len(partitions)  # and nothing half written
    files = [pq.read_table(file) for file in tmp_path.iterdir()]
    assert pa.concat_tables(files).sort_by(KEY).equals(ROWS.sort_by(KEY))
    said = summary.summaries(session, ks, partitions)
    assert done == {p: (s.rows, s.amount) for p, s in said.items()}


def test_an_error_leaves_no_file(session: Session, ks: str, tmp_path: Path) -> None:
    load(session, ks, many(10))
    partition = summary.partitions(session, ks)[0]
    session.execute(
        f"UPDATE {ks}.transactions SET amount = 0.001 WHERE month = %s AND shard = %s"
        " AND customer_id = '42' AND booked_at = '2017-03-01 00:00:03Z' AND transaction_id = 't3'",
        partition,
    )
    with pytest.raises(
        UserError, match=r"^test_store.transactions 2017-03 \d: column amount holds"
    ):
        list(read.extract(session, ks, [partition], SHARDS, lambda p: tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []


def test_a_row_in_the_wrong_partition_is_refused_and_erased_all_the_same(
    session: Session, ks: str, tmp_path: Path
) -> None:
    session.execute(
        f"INSERT INTO {ks}.transactions (month, shard, customer_id, booked_at, transaction_id,"
        " amount, kind, discount) VALUES ('2017-03', -1, '42', '2017-03-01', 't', 1, 'fee', 0)"
    )
    with pytest.raises(UserError, match="2017-03 -1 has 1 rows of another month"):
        list(read.extract(session, ks, [("2017-03", -1)], SHARDS, lambda p: tmp_path / "x"))
    assert list(tmp_path.iterdir()) == []
    assert erasure.erase(session, ks, "42")["transactions"] == 1
    assert summary.partitions(session, ks) == []


def test_the_store_counts_and_sums_exactly(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    said = summary.summaries(session, ks)
    assert sorted(said) == summary.partitions(session, ks)
    assert sum(s.rows for s in said.values()) == 6
    assert sum(s.amount for s in said.values()) == Decimal("7.26")  # the two largest cancel out
    december = said["1969-12", shard_of(pa.array(["8"]), SHARDS)[0].as_py()]
    assert (december.rows, december.amount) == (1, Decimal("-9999999999999999.99"))
    assert summary.summaries(session, ks, [("2030-01", 1)])["2030-01", 1].rows == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE {t} SET amount = 10.51 {w}",
        "UPDATE {t} SET kind = 'fee' {w}",
        "UPDATE {t} SET category = 'toys' {w}",
        "UPDATE {t} SET merchant = 'm2' {w}",
        "UPDATE {t} SET channel = 'shop' {w}",
        "UPDATE {t} SET region = 'south' {w}",
        "UPDATE {t} SET discount = 0.50 {w}",
        "UPDATE {t} SET quantity = 3 {w}",
        "DELETE category FROM {t} {w}",
        "DELETE FROM {t} {w}",
        "UPDATE {t} USING TIMESTAMP {behind} SET category = 'toys' {w}",
    ],
)
def test_any_change_of_a_partition_shows(session: Session, ks: str, change: str) -> None:
    load(session, ks, ROWS.filter(pc.equal(ROWS["transaction_id"], "a")))
    load(session, ks, ROWS)  # so that other cells of the partition are newer
    partition = ("2017-01", shard_of(pa.array(["7"]), SHARDS)[0].as_py())
    where = (
        f"WHERE month = '{partition[0]}' AND shard = {partition[1]} AND customer_id = '7'"
        " AND booked_at = '2017-01-05 12:30:15.250Z' AND transaction_id = 'a'"
    )
    written = session.execute(f"SELECT writetime(category) FROM {ks}.transactions {where}").one()
    before = summary.summaries(session, ks)
    assert changed(session, ks, before) == []
    behind = written[0] + 1  # microseconds: a client whose clock is behind that of others
    session.execute(
        f"UPDATE {ks}.transactions USING TIMESTAMP {behind + 10**6} SET kind = 'refund'"
        f" {where[:-3]}'b'"
    )
    before = summary.summaries(session, ks)
    session.execute(change.format(t=f"{ks}.transactions", w=where, behind=behind))
    assert changed(session, ks, before) == [partition]


def test_what_expires_shows(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    shard, table = shard_of(pa.array(["7"]), SHARDS)[0].as_py(), f"{ks}.transactions"
    where = (
        f"WHERE month = '2017-01' AND shard = {shard} AND customer_id = '7'"
        " AND booked_at = '2017-01-05 12:30:15.250Z' AND transaction_id = 'a'"
    )
    a_cell = f"UPDATE {table} USING TTL 8 SET category = 'toys' {where}"
    a_row = (
        f"INSERT INTO {table} (month, shard, customer_id, booked_at, transaction_id, amount)"
        f" VALUES ('2017-02', {shard}, '7', '2017-02-06Z', 'c', 1.00) USING TTL 8"
    )
    session.execute(a_cell)
    session.execute(a_row)
    before = summary.summaries(session, ks)
    expired, deadline = [("2017-01", shard), ("2017-02", shard)], time.monotonic() + 60
    while changed(session, ks, before) != expired:
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.fixture
def disturbed(session: Session, ks: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The stage extract into `tmp_path`; a row comes in before each of its first reads."""
    for name in ("TRANSACTIONS", "CUSTOMERS", "MANIFEST", "SEEN"):
        monkeypatch.setattr(raw, name, tmp_path / getattr(raw, name).name)
    store = OmegaConf.create({"store": {"keyspace": ks, "shards": SHARDS}})
    monkeypatch.setattr(extract.config, "load", lambda: store)
    monkeypatch.setattr(extract, "connect", lambda _: nullcontext(session))
    load(session, ks, ROWS)
    quiet = read.extract

    def run(times: int) -> None:
        coming = iter(range(times))

        def disturbed(*given: Any) -> Iterator[Any]:
            if (number := next(coming, None)) is not None:
                row = transaction("7", JANUARY, f"late {number}", "1.00")
                load(session, ks, pa.Table.from_pylist([row], TRANSACTIONS.schema))
            yield from quiet(*given)

        monkeypatch.setattr(extract.read, "extract", disturbed)
        extract.main.__wrapped__()

    return run


def test_a_partition_that_is_written_to_while_it_is_read_is_read_again(disturbed, session, ks):
    disturbed(times=2)
    found = pq.read_table(raw.TRANSACTIONS)
    assert found.num_rows == raw.manifest()["rows"] == len(ROWS) + 2
    there = summary.summaries(session, ks).values()
    assert pc.sum(found["amount"]).as_py() == sum(s.amount for s in there)


def test_one_that_does_not_rest_ends_the_extraction_without_a_manifest(disturbed):
    with pytest.raises(UserError, match="1 partitions changed while they were read, 3 times"):
        disturbed(times=3)
    assert not raw.MANIFEST.exists()


def test_after_an_error_no_thread_goes_on_reading(disturbed, session, ks, monkeypatch):
    def full(*_: Any) -> None:
        raise OSError("the disk is full")

    def slow(*given: Any) -> Any:
        begun.append(given)
        time.sleep(0.3)
        return quick(*given)

    begun, quick = [], read.extract_partition
    monkeypatch.setattr(read, "SIDE_BY_SIDE", 1)
    monkeypatch.setattr(read, "extract_partition", slow)
    monkeypatch.setattr(raw, "remember", full)
    with pytest.raises(OSError, match="full") as raised:
        disturbed(times=0)
    by_then = len(begun)
    time.sleep(0.5)
    assert len(begun) == by_then < len(summary.partitions(session, ks)), raised


def test_a_row_that_was_loaded_and_is_not_there_is_counted(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    lost = transaction("7", JANUARY, "lost", "1.00")
    given = pa.concat_tables([ROWS, pa.Table.from_pylist([lost], TRANSACTIONS.schema)])
    totals = control.Totals(SHARDS)
    totals.add(given)
    with pytest.raises(UserError, match=f"1 rows that were loaded are not in keyspace {ks}"):
        control.verify(session, ks, totals, iter([given]))


def test_customers_and_scores_come_back_sorted(session: Session, new_ks: str) -> None:
    people = pa.table(
        {
            "customer_id": ["müller", "10", "9"],
            "age_band": ["35-44", None, "65+"],
            "attributes": pa.array(
                [[("kids", "2"), ("straße", "")], None, [("pet", "狗")]],
                pa.map_(pa.string(), pa.string()),
            ),
        }
    )
    write.write_rows(session, new_ks, CUSTOMERS, people)
    found = read.read_table(session, new_ks, CUSTOMERS)
    assert found.schema == CUSTOMERS.schema
    assert found["customer_id"].to_pylist() == ["10", "9", "müller"]
    assert found["age_band"].to_pylist() == [None, "65+", "35-44"]
    assert found["attributes"].to_pylist() == [
        None,
        [("pet", "狗")],
        [("kids", "2"), ("straße", "")],
    ]
    assert found["region"].null_count == 3

    session.execute(f"UPDATE {new_ks}.customers SET region = 'north' WHERE customer_id = '9'")
    moved = people.set_column(1, "age_band", pa.array([None, "25-34", "65+"]))
    write.write_rows(session, new_ks, CUSTOMERS, moved)
    found = read.read_table(session, new_ks, CUSTOMERS)
    assert found["age_band"].to_pylist() == ["25-34", "65+", None]  # what is no more known is gone
    assert found["region"].to_pylist() == [None, "north", None]

    scores = pa.Table.from_pylist(
        [
            {
                "customer_id": f"{i:04}",
                "expected_spend": i / 3,
                "low": i / 4,
                "high": i / 2,
                "percentile": 100 - i / 10,
                **dict.fromkeys(("tier", "momentum", "segment", "style", "confidence"), "höher"),
                "model_version": "1",
                "data_version": "d",
                "as_of": date(2018, 1, 1) - timedelta(days=i),
            }
            for i in range(500)
        ],
        SCORES.schema,
    )
    write.write_rows(session, new_ks, SCORES, scores)
    write.write_rows(session, new_ks, SCORES, scores)
    assert read.read_table(session, new_ks, SCORES).equals(scores)


def test_customers_with_much_to_say_of_them_are_written_all_the_same(session, new_ks) -> None:
    notes = [[("notes", "x" * size)] for size in (5_200, 60_000, 10) for _ in range(20)]
    people = pa.table(
        {
            "customer_id": [f"{i:03}" for i in range(len(notes))],
            "attributes": pa.array(notes, pa.map_(pa.string(), pa.string())),
        }
    )
    write.write_rows(session, new_ks, CUSTOMERS, people)
    assert read.read_table(session, new_ks, CUSTOMERS)["attributes"].to_pylist() == notes


def test_a_customer_whose_rows_a_clock_ahead_wrote_is_not_said_to_be_erased(session, new_ks):
    later = int((datetime.now(UTC) + timedelta(minutes=10)).timestamp() * 1e6)
    session.execute(
        f"INSERT INTO {new_ks}.customers (customer_id, region) VALUES ('42', 'north')"
        f" USING TIMESTAMP {later}"
    )
    with pytest.raises(UserError, match="1 rows of this customer were written by a clock ahead"):
        erasure.erase(session, new_ks, "42")


def test_no_rows_are_no_work(session: Session, new_ks: str) -> None:
    assert load(session, new_ks, ROWS.slice(0, 0)) == 0
    assert unload(session, new_ks).num_rows == 0
    assert read.read_table(session, new_ks, CUSTOMERS).num_rows == 0
    assert summary.summaries(session, new_ks) == {}


def test_a_passing_failure_is_sent_again(
    session: Session, ks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's own failures cannot be had on demand: every third request fails on its way."""
    asked = 0

    class Failing:
        def result(self) -> None:
            raise OperationTimedOut

        def add_callbacks(self, landed: Any, failed: Any) -> None:
            failed(OperationTimedOut())

    def flaky(request: Any) -> Any:
        def ask(*args: Any) -> Any:
            nonlocal asked
            asked += 1
            return Failing() if asked % 3 == 0 else request(*args)

        return ask

    monkeypatch.setattr(Wire, "send", flaky(Wire.send))
    monkeypatch.setattr(Wire, "page", flaky(Wire.page))
    rows = many(1000)
    assert load(session, ks, rows) == 1000
    assert unload(session, ks, page_rows=100).equals(rows.sort_by(KEY))
    assert asked > 7 + 10


def test_ensuring_twice_keeps_everything(session: Session, ks: str) -> None:
    load(session, ks, ROWS)
    keyspace.ensure(session, ks, SHARDS, ONE_NODE)
    keyspace.check(session, ks, SHARDS)
    assert unload(session, ks).num_rows == 6


def test_another_number_of_shards_is_an_error(session: Session, ks: str) -> None:
    for asked in (
        lambda: keyspace.check(session, ks, 8),
        lambda: keyspace.ensure(session, ks, 8, ONE_NODE),
    ):
        with pytest.raises(UserError, match=r"has store.shards=4, not 8: set store.shards=4"):
            asked()


@pytest.mark.parametrize("shards", [0, -4, 32_768, 4.5, "4", None])
def test_a_number_of_shards_that_is_none_makes_no_keyspace(session: Session, shards: Any) -> None:
    with pytest.raises(UserError, match="give a whole number from 1 to 32,767"):
        keyspace.ensure(session, "test_store_none", shards, ONE_NODE)
    assert "test_store_none" not in session.cluster.metadata.keyspaces


def test_a_table_of_another_shape_is_shown_and_left(session: Session, new_ks: str) -> None:
    session.execute(f"DROP TABLE {new_ks}.customers", timeout=60)
    session.execute(
        f"CREATE TABLE {new_ks}.customers (customer_id text, age_band int, region text, extra text,"
        " PRIMARY KEY (region, customer_id)) WITH CLUSTERING ORDER BY (customer_id DESC)",
        timeout=60,
    )
    with pytest.raises(UserError) as error:
        keyspace.ensure(session, new_ks, SHARDS, ONE_NODE)
    assert str(error.value) == (
        "table test_store_new.customers has another shape than this program's: age_band is int, not"
        " text; attributes is absent, not map<text, text>; customer_id is text, clustering 1 desc,"
        " not text, partition key 1; extra is text, not absent; home_owner is absent, not text;"
        " household_size is absent, not text; income_band is absent, not text; marital_status is"
        " absent, not text; region is text, partition key 1, not text. It was left as it is: ingest"
        " into another store.keyspace, or migrate it"
    )
    columns = session.execute(
        "SELECT column_name FROM system_schema.columns"
        f" WHERE keyspace_name = '{new_ks}' AND table_name = 'customers'"
    )
    assert {name for (name,) in columns} == {"customer_id", "age_band", "region", "extra"}


def test_a_keyspace_that_is_not_there_says_how_to_fill_it(session: Session) -> None:
    with pytest.raises(UserError, match="no keyspace test_absent: fill it with `make ingest`"):
        keyspace.check(session, "test_absent", SHARDS)


@pytest.mark.parametrize("name", ["", "Upper", "1a", "a-b", 'a"b', "a" * 49, "a b", "ä", "a\n"])
def test_a_keyspace_needs_a_plain_name(session: Session, name: str) -> None:
    with pytest.raises(UserError, match="give a lower-case letter"):
        keyspace.ensure(session, name, SHARDS, ONE_NODE)
