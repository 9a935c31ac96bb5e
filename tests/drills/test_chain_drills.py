"""Faults on the chain: whatever fails when, running it again completes to the same dvc.lock.

In full on a small bank with a node of its own; with all tests a kill and a full disk, on a twin of
the session's bank.
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
import yaml

from stages.adapters.local import node, node_state
from stages.adapters.local.listening import free_port
from stages.adapters.local.node_config import NodeConfig
from tests.drills.outcomes import drilled
from tests.integration.project import BANK, Project

pytestmark = pytest.mark.xdist_group("bank")  # which the small form takes for its chain

SECONDS = 300
# Where each stage dies: its first result is beside its place, not yet in it.
PLACES = {
    "extract": "stages.adapters.raw:remember",
    "preprocess": "pathlib:Path.replace",
    "train": "pathlib:Path.replace",
    "evaluate": "pathlib:Path.replace",
    "track": "mlflow:MlflowClient.set_registered_model_alias=challenger",
}
SMALL = 100_000  # bytes, of room on a disk that is about to be full


def in_full_but(always: str) -> list[Any]:
    """All stages; only `always` in the small form."""
    return [s if s == always else pytest.param(s, marks=pytest.mark.full) for s in PLACES]


@dataclass(frozen=True)
class Chain:
    """A finished project, the folder of its node, and what its results must always be."""

    project: Project
    node: Path
    lock: dict[str, str]

    def empty(self, stage: str) -> None:
        """Take the results of a stage away, so that there is all to do."""
        stages = yaml.safe_load((self.project.root / "dvc.yaml").read_text())["stages"]
        entry = stages[stage]
        outs = [out for kind in ("outs", "metrics", "plots") for out in entry.get(kind, [])]
        for out in outs:
            path = self.project.root / (next(iter(out)) if isinstance(out, dict) else out)
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if stage == "extract":
            (self.project.root / "data/.raw_seen.json").unlink()
        if stage == "track":
            (self.project.root / "mlflow.db").unlink()

    def untrack(self) -> None:
        """Take the result of track alone away: the run and its version are there to be found."""
        (self.project.root / "reports/tracked.json").unlink()

    def halted(self, number: str, place: str, stage: str) -> subprocess.Popen[str]:
        """Start a stage that gets a signal at a place."""
        return self.project.start("python", "-m", "tests.drills.halted", number, place, stage)

    def complete(self) -> None:
        """Run it again: everything is as it was, nothing is half-written or left over."""
        self.project.run("dvc", "repro", "--no-run-cache")
        assert self.project.lock() == self.lock
        results = [self.project.root / name for name in ("data/raw", "data/processed", "models")]
        assert [file for folder in results for file in folder.rglob("*.part")] == []


@pytest.fixture(scope="module")
def chain(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Chain]:
    root, folder = tmp_path_factory.mktemp("bank"), tmp_path_factory.mktemp("node")
    if not request.config.option.full:
        project = request.getfixturevalue("bank")
        yield Chain(project.twin(root), folder, project.lock())
        return
    try:
        project = Project.copy(root, node.up(NodeConfig(folder, heap="512m")))
        project.stage("params", *BANK)
        project.stage("ingest")
        project.run("dvc", "repro")
        project.stage("promote")
        yield Chain(project, folder, project.lock())
    finally:
        node.down(folder)


@pytest.mark.parametrize("stage", in_full_but("train"))
def test_a_stage_is_killed(chain: Chain, stage: str) -> None:
    with drilled(f"SIGKILL of {stage}") as outcome:
        chain.empty(stage)
        process = chain.halted("SIGKILL", PLACES[stage], stage)
        told = process.communicate(timeout=SECONDS)[0]
        assert process.returncode == -signal.SIGKILL, told
        chain.complete()
        outcome.said = "dead before its first result; again: the same bytes"


@pytest.mark.full
def test_dvc_is_killed_with_its_stage(chain: Chain) -> None:
    with drilled("SIGKILL of dvc repro and train") as outcome:
        chain.empty("train")
        process = chain.project.start("dvc", "repro", "--no-run-cache")
        until(lambda: list((chain.project.root / "models").rglob("*.onnx")))
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=SECONDS)
        chain.project.run("make", "extract", "--old-file", ".venv/bin/.ready")  # mends DVC's lock
        chain.complete()
        outcome.said = "dead between two models; again: the same bytes"


@pytest.mark.parametrize("stage", in_full_but("preprocess"))
def test_the_disk_is_full(chain: Chain, stage: str, tmp_path: Path) -> None:
    with drilled(f"disk full in {stage}") as outcome, disk(tmp_path) as (resize, limit):
        project = chain.project.twin(tmp_path / "project")
        small = replace(chain, project=project)
        small.empty(stage)
        resize(SMALL)
        output = project.run(*limit, "python", "-m", f"stages.{stage}", status=1)
        told = [line for line in output.splitlines() if line[9:].startswith(stage)]
        assert "the disk is full" in told[-1] or "may not become so large" in told[-1], output
        assert "Traceback" not in output
        resize(1 << 30)
        small.complete()
        outcome.said = f"“{told[-1][20:].split(';')[0]}”, exit 1; again: the same bytes"


@pytest.mark.full
def test_another_program_holds_the_tracking_database(chain: Chain) -> None:
    with drilled("mlflow.db locked by a writer during track") as outcome:
        chain.untrack()
        with closing(sqlite3.connect(chain.project.root / "mlflow.db")) as writer:
            writer.execute("BEGIN IMMEDIATE")
            output = chain.project.stage("track", status=1)
        assert "holds mlflow.db locked" in output
        assert "Traceback" not in output
        chain.complete()
        outcome.said = "one line, exit 1; again: the same bytes"


@pytest.mark.full
@pytest.mark.parametrize(
    ("stage", "place"),
    [("extract", PLACES["extract"]), ("score", "stages.adapters.store.write:writing")],
)
def test_cassandra_dies_midway(chain: Chain, stage: str, place: str) -> None:
    with drilled(f"SIGKILL of Cassandra during {stage}") as outcome:
        chain.project.stage("promote")
        if stage == "extract":
            chain.empty(stage)
        else:
            (chain.project.root / "data/scores/scores.parquet").unlink(missing_ok=True)
        process = stopped(chain.halted("SIGSTOP", place, stage))
        database = node_state.find(chain.node).process
        database.kill()
        database.wait()
        told = resumed(process)
        assert process.returncode == 1, told
        assert "did not answer" in told.splitlines()[-1]
        assert "Traceback" not in told
        port = int(chain.project.environment["CASSANDRA_CONTACT_POINTS"].rpartition(":")[2])
        assert node.up(NodeConfig(chain.node, heap="512m", port=port)).port == port
        chain.complete()
        chain.project.stage("score")
        outcome.said = f"“{told.splitlines()[-1][20:]}”, exit 1; again: the same bytes"


def test_mlflow_dies_midway(chain: Chain, tmp_path: Path) -> None:
    with drilled("SIGKILL of MLflow's server during track") as outcome:
        port = free_port("127.0.0.1")
        address = f"http://127.0.0.1:{port}"
        impatient = {"MLFLOW_TRACKING_URI": address, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
        environment = chain.project.environment | impatient
        away = replace(chain, project=replace(chain.project, environment=environment))
        away.untrack()
        with mlflow_server(chain.project, tmp_path, port):
            process = stopped(away.halted("SIGSTOP", "mlflow.pyfunc:log_model", "track"))
        told = resumed(process)
        assert process.returncode == 1, told
        assert "MLflow does not answer" in told.splitlines()[-1]
        assert "Traceback" not in told
        with mlflow_server(chain.project, tmp_path, port):
            away.complete()
            asked = requests.post(
                f"{address}/api/2.0/mlflow/runs/search", json={"experiment_ids": ["1"]}, timeout=60
            ).json()
            assert len(asked["runs"]) == 1
        outcome.said = "one line, exit 1; again: the same run goes on, the same bytes"


def until(happened: Callable[[], object]) -> None:
    """Wait until `happened()` is true."""
    deadline = time.monotonic() + SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def stopped(process: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Wait until a process has stopped itself."""
    until(lambda: psutil.Process(process.pid).status() in (psutil.STATUS_STOPPED, "zombie"))
    assert process.poll() is None, process.communicate()[0]
    return process


def resumed(process: subprocess.Popen[str]) -> str:
    """Let a stopped process go on; return all it wrote."""
    process.send_signal(signal.SIGCONT)
    return process.communicate(timeout=SECONDS)[0]


@contextmanager
def mlflow_server(project: Project, folder: Path, port: int) -> Iterator[None]:
    """MLflow's own server with a database and artifacts in `folder`; killed in the end."""
    store = ("--backend-store-uri", f"sqlite:///{folder}/mlflow.db")
    files = ("--artifacts-destination", str(folder / "artifacts"))
    where = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    without_jobs = ("env", "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false")
    process = project.start(*without_jobs, "mlflow", "server", *store, *files, *where)
    try:
        until(lambda: answers(f"http://127.0.0.1:{port}/health"))
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.ConnectionError:
        return False


@contextmanager
def disk(folder: Path) -> Iterator[tuple]:
    """A disk of its own at `folder`: how to leave it so many bytes, and what stands before a stage.

    Where this user may not mount one, no file may become larger than that.
    """
    mount = ("mount", "-t", "tmpfs", "-o", "size=1g", "tmpfs", str(folder))
    if os.getuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        yield lambda room: None, ("prlimit", f"--fsize={SMALL}")
        return

    def resize(room: int) -> None:
        size = shutil.disk_usage(folder).used + room
        subprocess.run(("mount", "-o", f"remount,size={size}", str(folder)), check=True)

    try:
        yield resize, ()
    finally:
        subprocess.run(("umount", str(folder)), check=True)
