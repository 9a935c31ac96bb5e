"""From one new month of transactions to a promoted model that serves, by the Jenkinsfile's steps.

In its own order, with real commands on the real project; only what a command of TO_COME will do
is said by a line of shell.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import mlflow
import pandas as pd
import pytest

from stages.adapters.local.listening import free_port
from stages.adapters.local.node import Address
from stages.adapters.paths import ROOT
from stages.adapters.sources import complete_journey
from tests.integration.project import Project
from tests.jenkins.test_commands import TO_COME

BASKETS = f"""
COPY (
    SELECT household_id::VARCHAR AS customer_id, min(transaction_timestamp) AS booked_at,
        sum(sales_value) AS amount
    FROM '{complete_journey._DATA}/transactions.parquet' GROUP BY household_id, basket_id
    HAVING booked_at >= '{{since}}' AND booked_at < '{{until}}' ORDER BY booked_at, customer_id
) TO '{{file}}'
"""


@dataclass(frozen=True)
class Job:
    """The Jenkins job of a checkout of its own, fed by a folder of files."""

    project: Project
    feed: Path

    @property
    def overrides(self) -> str:
        """The configuration for the feed."""
        return f"source.path={self.feed}/*.parquet store.keyspace=purchasing_jenkins"

    def arrive(self, since: str, until: str) -> None:
        """The baskets from `since` to before `until` are in the feed."""
        file = self.feed / f"{since}.parquet"
        duckdb.execute(BASKETS.format(since=since, until=until, file=file))

    def champion(self) -> str:
        """The version that the alias names."""
        client = mlflow.MlflowClient(f"sqlite:///{self.project.root}/mlflow.db")
        return str(client.get_model_version_by_alias("purchasing-capability", "champion").version)


@pytest.fixture(scope="module")
def job(cassandra: Address, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    """A job where a person made the first champion, of the data up to November."""
    root = tmp_path_factory.mktemp("workspace")
    project = Project.copy(root, cassandra)
    (root / ".venv").symlink_to(ROOT / ".venv")  # set up already
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(root / name, (0, 0))
    with (root / "Makefile").open("a") as makefile:
        makefile.writelines(f"\n{target}:\n\t@{line}\n" for target, line in TO_COME.items())
    job = Job(project, tmp_path_factory.mktemp("feed"))
    job.arrive("2017-01-01", "2017-12-01")
    settings = f"SET=source=csv {job.overrides}"
    project.run("make", "params", "ingest", "rebuild", "promote", settings)
    assert job.champion() == "1"
    yield job
    pid = root / "logs/serve.pid"
    if pid.exists():
        os.killpg(int(pid.read_text()), signal.SIGTERM)


def test_a_new_month_becomes_a_champion_that_serves(job, controller):
    job.arrive("2017-12-01", "2018-02-01")
    root, port, remote = job.project.root, free_port("127.0.0.1"), job.feed / "remote"
    done = controller.build(
        root,
        job.project.environment
        | {
            "CASSANDRA_USERNAME": "purchasing",
            "DVC_REMOTE_URL": str(remote),
            "SERVE_URL": f"http://127.0.0.1:{port}",
            "SERVE_PORT": str(port),
            "PYTEST_ADDOPTS": "tests/domain/test_gate.py",  # not this test again
            "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"),
        },
        parameters={"SOURCE": "csv", "OVERRIDES": job.overrides},
        cause="Started by timer",
    )
    assert (done.result, done.mismatches) == ("SUCCESS", []), done.log
    assert set(done.stages.values()) == {"ran"}
    assert job.champion() == "2"
    scores = pd.read_parquet(root / "data/scores/scores.parquet")
    assert set(scores["model_version"]) == {"2"}
    assert scores["as_of"].min().isoformat() == "2018-01-02"
    assert f"http://127.0.0.1:{port} serves version 2 as it should" in done.log
    assert list(remote.rglob("*.dir")) != []
    assert "Version 2 (Gini" in (done.description or "")
    assert (root / "logs/junit.xml").exists()
