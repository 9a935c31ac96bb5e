"""What compose starts, started here: a node with passwords, MLflow with one."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
import yaml
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from omegaconf import OmegaConf

from stages.adapters.local import node
from stages.adapters.local.listening import free_port
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.paths import CONF, ROOT
from stages.adapters.store import keyspace
from stages.adapters.store.session import connect

DEPLOY = ROOT / "deploy"
OF_THE_CONTAINER = ("seed_provider", "listen_address", "rpc_address", "native_transport_port")
SECONDS = 300


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory):
    """The address of a node with deploy/cassandra/cassandra.yaml, at places of its own."""
    given = yaml.safe_load((DEPLOY / "cassandra/cassandra.yaml").read_text())
    extra = {
        key: value
        for key, value in given.items()
        if key not in OF_THE_CONTAINER and not key.endswith(("_directory", "_directories"))
    }
    folder = tmp_path_factory.mktemp("guarded")
    try:
        yield node.up(NodeConfig(folder, heap="512m", extra=extra))
    finally:
        node.down(folder)


def roles(where: node.Address, **passwords: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"CASSANDRA_CONTACT_POINTS": str(where)} | passwords
    command = [sys.executable, str(DEPLOY / "cassandra/roles.py")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def refused(where: node.Address, user: str, password: str) -> bool:
    given = PlainTextAuthProvider(user, password)
    with Cluster([where.host], port=where.port, auth_provider=given) as cluster:
        try:
            cluster.connect()
        except NoHostAvailable:
            return True
    return False


def test_the_pipeline_has_a_role_and_nobody_has_the_password_of_a_new_node(guarded, monkeypatch):
    given = {
        "CASSANDRA_ADMIN_PASSWORD": "an admin's",
        "CASSANDRA_USERNAME": "purchasing",
        "CASSANDRA_PASSWORD": "the pipeline's",
    }
    for _ in range(2):  # again changes nothing
        done = roles(guarded, **given)
        assert done.returncode == 0, done.stderr
    deadline = time.monotonic() + 30  # a node knows a former password for some seconds more
    while not refused(guarded, "cassandra", "cassandra"):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    other = roles(guarded, **given | {"CASSANDRA_ADMIN_PASSWORD": "guessed"})
    assert other.returncode == 1
    assert "takes neither CASSANDRA_ADMIN_PASSWORD nor a new node's" in other.stderr
    monkeypatch.setenv("CASSANDRA_CONTACT_POINTS", str(guarded))
    monkeypatch.setenv("CASSANDRA_USERNAME", "purchasing")
    monkeypatch.setenv("CASSANDRA_PASSWORD", "the pipeline's")
    store = OmegaConf.load(CONF / "store/local.yaml")
    store.keyspace = "purchasing_deployed"
    with connect(store) as session:
        keyspace.ensure(session, store.keyspace, store.shards, dict(store.replication))
        keyspace.check(session, store.keyspace, store.shards)


def test_mlflow_asks_for_the_password_and_takes_it(tmp_path: Path):
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["mlflow"]
    port = free_port("127.0.0.1")
    given = shlex.split(service["command"])
    given[given.index("--host") + 1], given[given.index("--port") + 1] = "127.0.0.1", str(port)
    process = subprocess.Popen(
        [str(Path(sys.executable).parent / given[0]), *given[1:], "--workers", "1"],
        cwd=tmp_path,
        env=os.environ
        | {
            name: "a-long-enough-secret" if value.startswith("${") else value
            for name, value in service["environment"].items()
        },
        stdout=(tmp_path / "log").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        await_health(process, f"{url}/health", tmp_path / "log")
        ask = {"json": {"max_results": 5}, "timeout": 30}
        search = f"{url}/api/2.0/mlflow/experiments/search"
        assert requests.post(search, **ask).status_code == 401
        assert requests.post(search, auth=("purchasing", "password1234"), **ask).status_code == 401
        known = requests.post(search, auth=("purchasing", "a-long-enough-secret"), **ask)
        assert json.loads(known.text)["experiments"][0]["name"] == "Default"
        elsewhere = requests.get(url, headers={"Host": "evil.example"}, timeout=30)
        assert elsewhere.status_code == 403
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def await_health(process: subprocess.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            if requests.get(url, timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.3)
