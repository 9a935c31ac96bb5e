"""From one new month of data in Cassandra to a champion that serves, by the Jenkinsfile's steps.

In its own order, with real commands on the real project, beside a serving endpoint.
"""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mlflow
import pandas as pd
import pytest

from stages.adapters.local.listening import free_port
from stages.adapters.paths import ROOT
from tests.integration.project import BANK, Project

ANOTHER_MONTH = (  # which make ingest loads, into a keyspace of its own: the bank's stays as it is
    *(v for v in BANK[1:] if not v.startswith(("source.last_day", "store.keyspace"))),
    *("source.last_day=2024-07-31", "store.keyspace=bank_in_july"),
)
SCORED = "data/scores/scores.parquet"


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


def test_a_new_month_becomes_a_champion_that_serves(controller, workspace, port, tmp_path):
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
            "TEST_WORKERS": "0",
            "MYPY_CACHE_DIR": str(ROOT / ".mypy_cache"),
        },
        parameters={"SOURCE": "synthetic", "OVERRIDES": " ".join(ANOTHER_MONTH)},
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
    assert "stand in for it" not in done.log  # the champion's own data came from DVC's cache
    realised = json.loads((workspace.root / "reports/drift.json").read_text())["realised"]
    came = {past["version"]: past for past in realised}[former]
    assert 0.6 < came["coverage"] < 0.95
    assert 0.5 < came["bias"] < 2


def champion(project: Project) -> str:
    """The version that the alias names."""
    client = mlflow.MlflowClient(f"sqlite:///{project.root}/mlflow.db")
    return str(client.get_model_version_by_alias("purchasing-capability", "champion").version)
