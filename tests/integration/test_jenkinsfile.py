"""From one new month of data in Cassandra to a champion that serves, by the Jenkinsfile's steps.

In its own order, with real commands on the real project, beside a serving endpoint.
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import mlflow
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from cassandra.cluster import Cluster

from stages.adapters.local.listening import free_port
from stages.adapters.local.node import Address
from stages.adapters.paths import ROOT
from stages.adapters.store import write
from stages.domain.tables import SCORES, TRANSACTIONS
from tests.integration.project import BANK, BANK_KEYSPACE, Project

SHARDS = 4
SCORED = "data/scores/scores.parquet"


@pytest.fixture
def new_month(bank: Project, cassandra: Address) -> Iterator[None]:
    """July in the store, bought like May; afterwards the store is as it was."""
    rows = ds.dataset(bank.root / "data/raw/transactions").to_table(TRANSACTIONS.schema.names)
    may = rows.filter(pc.equal(pc.strftime(rows["booked_at"], "%Y-%m"), "2024-05"))
    place = may.schema.get_field_index("booked_at")
    moved = pc.add(may["booked_at"], pa.scalar(timedelta(days=61), pa.duration("ms")))
    july = may.set_column(place, TRANSACTIONS.schema.field("booked_at"), moved)
    with Cluster([cassandra.host], port=cassandra.port) as cluster:
        session = cluster.connect(BANK_KEYSPACE)
        write.write_transactions(session, BANK_KEYSPACE, july, SHARDS, lambda rows: None)
        yield
        for shard in range(SHARDS):
            gone = f"DELETE FROM transactions WHERE month = '2024-07' AND shard = {shard}"
            session.execute(gone)
        write.write_rows(session, BANK_KEYSPACE, SCORES, pq.read_table(bank.root / SCORED))


@pytest.fixture
def workspace(bank: Project, tmp_path: Path) -> Project:
    """Jenkins' checkout after an earlier build: all that the bank has, and its champion."""
    workspace = bank.twin(tmp_path / "workspace")
    (workspace.root / ".venv").symlink_to(ROOT / ".venv")  # set up already
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(workspace.root / name, (0, 0))
    return workspace


@pytest.fixture
def port(workspace: Project) -> Iterator[int]:
    """That of an endpoint which serves the workspace's champion."""
    port = free_port("127.0.0.1")
    serving = replace(
        workspace, environment=workspace.environment | {"SERVE_PORT": str(port)}
    ).start("python", "-m", "stages.serve")
    yield port
    os.killpg(serving.pid, signal.SIGTERM)
    serving.wait()


def test_a_new_month_becomes_a_champion_that_serves(
    controller, workspace, port, new_month, tmp_path
):
    former, remote = champion(workspace), tmp_path / "remote"
    done = controller.build(
        workspace.root,
        workspace.environment
        | {
            "CASSANDRA_USERNAME": "purchasing",
            "DVC_REMOTE_URL": str(remote),
            "SERVE_URL": f"http://127.0.0.1:{port}",
            "SERVE_PORT": str(port),
            "PYTEST_ADDOPTS": "tests/domain/test_gate.py",  # not this test again
            "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"),
        },
        parameters={"SOURCE": "synthetic", "OVERRIDES": " ".join(BANK[1:])},
    )
    assert (done.result, done.mismatches) == ("SUCCESS", []), done.log
    assert set(done.stages.values()) == {"ran"}
    new = champion(workspace)
    assert new != former
    scores = pd.read_parquet(workspace.root / SCORED)
    assert set(scores["model_version"]) == {new}
    assert set(scores["as_of"].astype(str)) == {"2024-08-01"}
    assert f"http://127.0.0.1:{port} serves version {new} as it should" in done.log
    assert list(remote.rglob("*.dir")) != []
    assert f"Version {new} (Gini" in (done.description or "")
    assert (workspace.root / "logs/junit.xml").exists()


def champion(project: Project) -> str:
    """The version that the alias names."""
    client = mlflow.MlflowClient(f"sqlite:///{project.root}/mlflow.db")
    return str(client.get_model_version_by_alias("purchasing-capability", "champion").version)
