"""The store's benchmark: load and unload beside DSBulk and beside what the driver can receive.

Each operation is a process of its own, as its user would start it, on a Cassandra node of the
benchmark's own. One round does each side once, every other round in reverse order; a round before
the first is not counted: it warms up node, page cache and compiled code.
"""

import argparse
import json
import logging
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from cassandra.cluster import Session

from bench import report
from bench.dsbulk import VERSION, DSBulk
from bench.process import Ran, run
from bench.report import Goal, Measure
from stages.adapters import config
from stages.adapters.files import read_json
from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.logs import stage
from stages.adapters.paths import PARAMS, PIPELINE, ROOT
from stages.adapters.store import keyspace, summary
from stages.adapters.store.session import CONTACT_POINTS, connect
from stages.domain.errors import UserError
from stages.domain.tables import TRANSACTIONS

log = logging.getLogger(__name__)
DSBULK = f"DSBulk {VERSION}"
WARM_ROWS = 200_000  # rows of DSBulk's load before the first round
Figures = dict[str, list[float]]


@dataclass
class Bench:
    """A node with the configured source in it, and a folder to work in."""

    folder: Path
    session: Session
    dsbulk: DSBulk
    keyspace: str
    shards: int
    rows: int = 0
    amount: Decimal = Decimal(0)

    def ours(self, *command: str) -> dict:
        """Run an operation of bench.ours; its JSON with the seconds of the `whole` process."""
        ran = run([sys.executable, "-m", "bench.ours", *command], os.environ, ROOT)
        return json.loads(ran.output) | {"whole": ran.seconds}

    def other(self, command: list[str]) -> Ran:
        """Run DSBulk."""
        return run(command, os.environ, self.folder)

    def fresh(self, name: str) -> None:
        """Make an empty keyspace."""
        self.session.execute(f"DROP KEYSPACE IF EXISTS {keyspace.quoted(name)}")
        one_node = {"class": "SimpleStrategy", "replication_factor": 1}
        keyspace.ensure(self.session, name, self.shards, one_node)

    def check(self, what: str, rows: int, amount: Decimal) -> None:
        """Stop unless a side moved every row, with its amount: fast and wrong is no figure."""
        if (rows, amount) != (self.rows, self.amount):
            raise UserError(
                f"{what}: {rows} rows, sum {amount}; expected {self.rows}, {self.amount}"
            )

    def check_store(self, what: str, name: str) -> None:
        """The same for what is in the keyspace `name`, by the database's own count."""
        there = summary.summaries(self.session, name).values()
        self.check(what, sum(s.rows for s in there), sum((s.amount for s in there), Decimal(0)))


@stage
def main() -> None:
    """Measure, then write reports/bench/store.json and the table of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(description="load and unload beside DSBulk")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    with _bench() as bench:
        figures = _unload(bench, rounds) | _extract(bench, rounds) | _load(bench, rounds)
        measures = _measures(bench.rows, figures)
    document = report.document(measures, rounds)
    report.publish("store", document)
    print(report.table(document))


@contextmanager
def _bench() -> Iterator[Bench]:
    """Start a node and load it; all is gone at the end."""
    params = config.load()
    if params.store.kind != "local":
        raise UserError("the benchmark has a node of its own: run it with SET=store=local")
    with TemporaryDirectory(prefix="bench-store-") as name:
        folder = Path(name)
        # A dropped keyspace is gone: Cassandra would keep a copy on disk.
        address = node.up(NodeConfig(folder / "node", extra={"auto_snapshot": False}))
        os.environ[CONTACT_POINTS] = str(address)
        try:
            dsbulk = DSBulk(folder / "dsbulk", address)
            with connect(params.store) as session:
                bench = Bench(folder, session, dsbulk, params.store.keyspace, params.store.shards)
                bench.fresh(bench.keyspace)
                log.info("loading %s", params.source.name)
                loaded = bench.ours("load", bench.keyspace)
                bench.rows, bench.amount = loaded["rows"], Decimal(loaded["amount"])
                bench.check_store("the first load", bench.keyspace)
                yield bench
        finally:
            node.down(folder / "node")


def _rounds(
    what: str, sides: Sequence[Callable[[], Mapping[str, float]]], rounds: int, warm: bool = False
) -> Figures:
    """The sides' figures, a list over the rounds; unless they are `warm`, a round goes before."""
    figures: Figures = defaultdict(list)
    for number in range(1 if warm else 0, rounds + 1):
        order = sides if number % 2 else sides[::-1]
        for side in order:
            found = side()
            said = ", ".join(f"{name} {figure:.2f}" for name, figure in found.items())
            log.info("%s, %s: %s", what, f"round {number}" if number else "warm-up", said)
            for name, figure in found.items():
                if number:
                    figures[name].append(figure)
    return figures


def _unload(bench: Bench, rounds: int) -> Figures:
    """Seconds of each way out of the store. Whole processes but for what is held to the limit."""
    csv, parquet = bench.folder / "csv", bench.folder / "parquet"

    def dsbulk() -> dict[str, float]:
        shutil.rmtree(csv, ignore_errors=True)
        ran = bench.other(bench.dsbulk.unload(bench.keyspace, TRANSACTIONS.name, csv))
        bench.check("DSBulk's unload", *_counted(f"read_csv('{csv}/*.csv', all_varchar = true)"))
        return {"dsbulk unload": ran.seconds}

    def ours() -> dict[str, float]:
        shutil.rmtree(parquet, ignore_errors=True)
        said = bench.ours("unload", bench.keyspace, str(parquet))
        bench.check("our unload", *_counted(f"'{parquet}/*.parquet'"))
        return {"unload": said["whole"], "unload inside": said["seconds"]}

    def limit() -> dict[str, float]:
        said = bench.ours("receive", bench.keyspace)
        bench.check("receiving", said["rows"], bench.amount)
        return {"receive inside": said["seconds"]}

    return _rounds("unload", [dsbulk, ours, limit], rounds)


def _counted(files: str) -> tuple[int, Decimal]:
    """Rows and exact sum of what a side wrote."""
    query = f"SELECT count(*), sum(amount::DECIMAL(18, 2)) FROM {files}"
    with duckdb.connect() as db:
        rows, amount = db.execute(query).fetchall()[0]
    return rows, amount


def _extract(bench: Bench, rounds: int) -> Figures:
    """The extract stage in a copy of the project: everything, one month changed, unchanged."""
    project = bench.folder / "project"
    shutil.copytree(ROOT / "stages", project / "stages")
    for file in (PARAMS, PIPELINE):
        shutil.copy2(file, project)
    raw = project / "data" / "raw"
    months = defaultdict(list)
    for partition, said in summary.summaries(bench.session, bench.keyspace).items():
        months[partition[0]].append((said.rows, partition))
    changing = max(months.values(), key=lambda month: sum(rows for rows, _ in month))

    def extract() -> tuple[Ran, int]:
        """Extract; the process, and how many rows are in files that were written anew."""
        before = _written(raw)
        ran = run([sys.executable, "-m", "stages.extract"], os.environ, project)
        manifest = read_json(raw / "_manifest.json")
        bench.check("extract", manifest["rows"], Decimal(manifest["amount"]))
        anew = [file for file, inode in _written(raw).items() if before.get(file) != inode]
        return ran, _counted(f"read_parquet({anew})")[0] if anew else 0

    def increments() -> dict[str, float]:
        shutil.rmtree(project / "data", ignore_errors=True)
        full, rows = extract()
        bench.check("a full extract", rows, bench.amount)
        for _, partition in changing:
            _touch(bench, partition)
        one, rows = extract()
        if rows != sum(rows for rows, _ in changing):
            raise UserError(f"one month changed, but extract read {rows} rows")
        none, rows = extract()
        return {
            "extract": full.seconds,
            "extract peak": full.peak_mb,
            "extract one month": one.seconds,
            "extract nothing": none.seconds,
            "rows read": rows,
        }

    return _rounds("extract", [increments], rounds) | {"months": [len(months)]}


def _written(raw: Path) -> dict[str, int]:
    """The transactions' files by inode: a file written anew has another one."""
    return {str(file): file.stat().st_ino for file in (raw / "transactions").glob("*.parquet")}


def _touch(bench: Bench, partition: tuple[str, int]) -> None:
    """Write one row of a partition once more, as it is: its write time is all that changes."""
    table = keyspace.qualified(bench.keyspace, TRANSACTIONS.name)
    key = "month, shard, customer_id, booked_at, transaction_id"
    row = bench.session.execute(
        f"SELECT {key}, quantity FROM {table} WHERE month = %s AND shard = %s LIMIT 1", partition
    ).one()
    bench.session.execute(
        f"INSERT INTO {table} ({key}, quantity) VALUES (%s, %s, %s, %s, %s, %s)", row
    )


def _load(bench: Bench, rounds: int) -> Figures:
    """Seconds of each way in: ours from the source's files, DSBulk's from the CSV it unloaded."""
    name, csv = "bench_load", bench.folder / "csv"
    bench.fresh(name)  # our own warm-up was the first load
    bench.other(bench.dsbulk.load(name, TRANSACTIONS.name, csv, most=WARM_ROWS))

    def dsbulk() -> dict[str, float]:
        bench.fresh(name)
        ran = bench.other(bench.dsbulk.load(name, TRANSACTIONS.name, csv))
        bench.check_store("DSBulk's load", name)
        return {"dsbulk load": ran.seconds}

    def ours() -> dict[str, float]:
        bench.fresh(name)
        ran = bench.ours("load", name)
        bench.check_store("our load", name)
        return {"load": ran["whole"]}

    return _rounds("load", [dsbulk, ours], rounds, warm=True)


def _measures(rows: int, figures: Figures) -> list[Measure]:
    """The figures as rows of the report, with the goals that they are held to."""

    def speed(
        what: str, name: str, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        return Measure(what, "rows/s", [rows / each for each in figures[name]], anchor, goal)

    def took(
        what: str, name: str, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        return Measure(what, "s", figures[name], anchor, goal)

    dsbulk = speed(f"unload, {DSBULK} to CSV", "dsbulk unload")
    limit = speed("pages received, nothing decoded", "receive inside")
    dsbulk_load = speed(f"load, {DSBULK} from CSV", "dsbulk load")
    full = took("extract, everything", "extract")
    months = int(figures["months"][0])
    return [
        dsbulk,
        speed("unload to zstd Parquet", "unload", dsbulk, Goal("≥", 4)),
        limit,
        speed("unload, without Python's start", "unload inside", limit, Goal("≥", 0.75)),
        dsbulk_load,
        speed("load from the source's files", "load", dsbulk_load, Goal("≥", 1)),
        full,
        took(f"extract, one of {months} months changed", "extract one month", full, Goal("≤", 0.2)),
        took("extract, nothing changed", "extract nothing", full),
        Measure("rows read then", "rows", figures["rows read"], goal=Goal("=", 0)),
        Measure("extract's peak memory", "MB", figures["extract peak"], goal=Goal("<", 1000)),
    ]


if __name__ == "__main__":
    main()
