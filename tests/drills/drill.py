"""A project to drill: rows of a known sum go in and out, and are held against it afterwards."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import duckdb
from cassandra import ConsistencyLevel
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import RoundRobinPolicy

from stages.adapters.files import digest
from stages.adapters.store import summary
from tests.drills import source
from tests.drills.nodes import HOSTS, Nodes
from tests.drills.run import Run
from tests.integration.project import Project

_KEY = "customer_id, booked_at, transaction_id"


class Figures(NamedTuple):
    """Rows, each counted once, and the exact sum of their amounts."""

    rows: int
    amount: Decimal

    def __str__(self) -> str:
        return f"{self.rows:,} rows, sum {self.amount:,}"


class Drill:
    """A copy of the project on three nodes, with the source `drill`."""

    def __init__(self, root: Path, nodes: Nodes, monthly: int, whale: int) -> None:
        self.nodes = nodes
        self.project = Project.copy(root, nodes.contact_points)
        shutil.copy(source.__file__, root / "stages/adapters/sources/drill.py")
        (root / "conf/source/drill.yaml").write_text(
            f"name: drill\nmonthly: {monthly}\nwhale: {whale}\n"
        )
        rows = monthly * source.MONTHS + whale
        self.written = Figures(rows, source.total(rows))
        self._keyspace = self._full = ""  # in use; known to hold everything
        self._files = ""  # the digest of the first extraction; every other must be alike

    def use(self, keyspace: str) -> None:
        """Go on with a keyspace of this name; forget what was extracted."""
        if keyspace != self._keyspace:
            named, three = f"store.keyspace={keyspace}", "store.replication.replication_factor=3"
            self.project.stage("params", "source=drill", named, three)
            self._keyspace = keyspace
        shutil.rmtree(self.project.root / "data/raw", ignore_errors=True)
        (self.project.root / "data/.raw_seen.json").unlink(missing_ok=True)

    def start(self, stage: str) -> Run:
        """Start a stage."""
        return Run(stage, self.project.root, self.project.environment)

    def stock(self) -> None:
        """Go on with a keyspace that holds everything, and nothing extracted."""
        self.use(self._full or "drill_stock")
        if not self._full:
            self.finish("ingest")
            self.check("ingest")

    def finish(self, stage: str) -> Run:
        """Run a stage undisturbed."""
        run = self.start(stage)
        assert run.end() == 0, run.text
        return run

    def stored(self) -> Figures:
        """What the store holds."""
        profile = ExecutionProfile(
            load_balancing_policy=RoundRobinPolicy(),
            consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        )
        with Cluster(
            HOSTS,
            port=self.nodes.port,
            protocol_version=5,
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
        ) as cluster:
            found = summary.summaries(cluster.connect(), self._keyspace).values()
        return Figures(sum(s.rows for s in found), sum((s.amount for s in found), Decimal(0)))

    def extracted(self) -> Figures:
        """What data/raw holds; a row that is there twice is no row."""
        folder = self.project.root / "data/raw/transactions"
        count, rows, amount = duckdb.sql(
            f"SELECT count(*), count(DISTINCT ({_KEY})), sum(amount) FROM '{folder}/*.parquet'"
        ).fetchall()[0]
        assert count == rows, f"{count - rows} rows are in data/raw twice"
        return Figures(rows, amount)

    def check(self, stage: str) -> None:
        """Assert that all is where the stage brings it, once, and say so."""
        after = self.stored() if stage == "ingest" else self.extracted()
        tell(f"  after:  {after}, of {self.written}")
        assert after == self.written
        if stage == "ingest":
            self._full = self._keyspace
        else:
            assert list((self.project.root / "data/raw").rglob("*.part")) == []
            files = digest(self.project.root / "data/raw")
            self._files = self._files or files
            assert files == self._files, "the same rows gave other files"


def tell(line: str) -> None:
    """Print a line of the drill's report."""
    print(line, flush=True)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Say what is drilled, and how long it took."""
    began = time.monotonic()
    tell(f"\n{what}")
    yield
    tell(f"  took {time.monotonic() - began:.0f} s")
