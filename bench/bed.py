"""What the store's benchmark works on: a node of its own, loaded, its rows and sum known."""

import json
import logging
import os
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

from bench.dsbulk import DSBulk
from bench.process import Ran, run
from stages.adapters import config
from stages.adapters.local import node, node_state
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.paths import ROOT
from stages.adapters.store import keyspace, summary
from stages.adapters.store.session import CONTACT_POINTS, connect
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
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
        """Run an operation of bench.ours; its JSON with the seconds of the `whole` process.

        Also the processor seconds, of all cores together: what it `worked` and what the `node` did.
        """
        before = self._node_worked()
        ran = run([sys.executable, "-m", "bench.ours", *command], os.environ, ROOT)
        spent = {"worked": ran.worked, "node": self._node_worked() - before}
        return json.loads(ran.output) | {"whole": ran.seconds} | spent

    def _node_worked(self) -> float:
        node = node_state.find(self.folder / "node")
        assert node is not None, "the node has ended"
        times = node.process.cpu_times()
        return float(times.user + times.system)

    def run_dsbulk(self, command: list[str]) -> Ran:
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


@contextmanager
def bed() -> Iterator[Bench]:
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


def counted(files: str) -> tuple[int, Decimal]:
    """Rows and exact sum of what a side wrote."""
    query = f"SELECT count(*), sum(amount::DECIMAL(18, 2)) FROM {files}"
    with duckdb.connect() as db:
        rows, amount = db.execute(query).fetchall()[0]
    return rows, amount


def repeated(
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
