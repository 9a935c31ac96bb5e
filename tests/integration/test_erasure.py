"""An erased customer is gone from the store, from data/ and reports/, and from DVC's cache."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stages.adapters.store.keyspace import ensure
from stages.domain.shards import shard_of
from tests.integration.project import Project, ran

CUSTOMER = "erase-$me's-7f3a9c"  # signs that make and shells know
SHARD = shard_of(pa.array([CUSTOMER]), 4)[0].as_py()
REFUSED = f"customer_id,transaction_id,reason\n{CUSTOMER},1,amount\nother,0012,amount\n"


def traces(root: Path) -> list[str]:
    """The files that hold the customer's id, in plain bytes or inside Parquet's compression."""
    found = []
    files = [root / "mlflow.db"]
    for folder in ("data", "models", "reports", "logs", "mlartifacts", ".dvc"):
        files += (p for p in (root / folder).rglob("*") if p.is_file())
    for file in files:
        content = file.read_bytes()
        if content[:4] == b"PAR1":
            content = "\n".join(map(str, pq.read_table(file).to_pylist())).encode()
        if CUSTOMER.encode() in content:
            found.append(str(file.relative_to(root)))
    return found


def test_no_byte_of_the_customer_is_left(bank: Project, session):
    before = bank.lock()
    for month in ("2024-02", "2024-05"):
        session.execute(
            "INSERT INTO transactions (month, shard, customer_id, booked_at, transaction_id, "
            "amount, kind, discount) VALUES (%s, %s, %s, %s, '1', 20.5, 'purchase', 0)",
            [month, SHARD, CUSTOMER, f"{month}-05 10:00:00+0000"],
        )
    session.execute("INSERT INTO customers (customer_id, age_band) VALUES (%s, '45')", [CUSTOMER])
    rebuilt = bank.run("dvc", "repro")
    assert "reading 2 of 24 partitions" in rebuilt
    assert "train" in ran(rebuilt)
    assert bank.lock()["data/raw"] != before["data/raw"]
    bank.stage("promote")
    bank.stage("score")
    asked = bank.root.parent / "asked.txt"
    asked.write_text(CUSTOMER)
    bank.stage("reasons", str(asked))
    rejects = bank.root / "data/rejects/synthetic.csv"
    rejects.parent.mkdir(exist_ok=True)
    rejects.write_text(REFUSED)
    strange = bank.root / "data/rejects/strange.csv"  # a line break, a cell of 10 MB
    strange.write_text(f'customer_id,reason\n"a\nb",{"x" * 10_000_000}\n"{CUSTOMER}",amount\n')
    assert {Path(t).parts[0] for t in traces(bank.root)} == {"data", ".dvc"}

    ensure(session, "loaded_before", 4, {"class": "SimpleStrategy", "replication_factor": 1})
    output = bank.make("erase", f"CUSTOMER={CUSTOMER}")
    session.execute("DROP KEYSPACE loaded_before")
    said = next(line for line in output.splitlines() if "other keyspaces may hold them" in line)
    assert "loaded_before" in said.rpartition(":")[2].strip().split(", ")
    assert "'transactions': 2, 'customers': 1, 'scores': 1" in output
    assert CUSTOMER not in output
    assert "'rejects': 2, 'reasons': 1" in output
    assert rejects.read_text().splitlines()[1:] == ['"other","0012","amount"']
    rejects.unlink()
    strange.unlink()
    (receipt,) = (bank.root / "reports/erasures").glob("*.json")
    assert json.loads(receipt.read_text())["rows"] == {
        **{"transactions": 2, "customers": 1, "scores": 1, "rejects": 2, "reasons": 1}
    }
    rebuilt = bank.make("rebuild")
    assert "reading 2 of 24 partitions" in rebuilt
    assert ran(rebuilt) == ["extract"]
    for step in ("promote", "score", "forget"):
        bank.make(step)

    assert traces(bank.root) == []
    assert bank.lock() == before
    for table in ("customers", "scores"):
        left = session.execute(f"SELECT * FROM {table} WHERE customer_id = %s", [CUSTOMER])
        assert left.one() is None


def test_an_unknown_customer_is_an_error_that_does_not_name_them(bank: Project):
    output = bank.stage("erase", "nobody-55aa", status=1)
    assert "hold anything of this customer" in output
    assert "nobody-55aa" not in output
