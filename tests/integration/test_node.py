"""A node starts from nothing but Python packages, once, survives a kill and ends when told."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from cassandra.cluster import Cluster

from stages.adapters.local import node, node_state
from stages.adapters.local.listening import free_port
from stages.adapters.local.node_config import NodeConfig, identity
from stages.domain.errors import UserError


@dataclass
class Started:
    """A node of this module's own, started eight times at once while its port was taken."""

    config: NodeConfig
    taken: int
    addresses: set[node.Address]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder = tmp_path_factory.mktemp("node")
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.MonkeyPatch.context() as env:
        env.setenv("PATH", "")  # no java but the one from pip
        config = NodeConfig(folder, port=other.getsockname()[1], heap="512m")
        try:
            with ThreadPoolExecutor(8) as pool:
                addresses = set(pool.map(node.up, [config] * 8))
            yield Started(config, config.port, addresses)
        finally:
            node.down(folder)


def running(folder: Path) -> psutil.Process:
    node = node_state.find(folder)
    assert node is not None
    return node.process


def processes(config: NodeConfig) -> list[int]:
    word = identity(config.folder)
    everyone = psutil.process_iter(["cmdline"])
    return [process.pid for process in everyone if word in (process.info["cmdline"] or [])]


def ask(address: node.Address, question: str) -> list[tuple]:
    with Cluster([address.host], port=address.port, control_connection_timeout=20) as cluster:
        return [tuple(row) for row in cluster.connect().execute(question, timeout=30)]


def test_the_node_is_cassandra_5_0_5(cassandra: node.Address) -> None:
    assert ask(cassandra, "SELECT release_version FROM system.local") == [("5.0.5",)]


def test_eight_starts_at_once_make_one_node(started: Started) -> None:
    assert len(started.addresses) == 1
    assert processes(started.config) == [running(started.config.folder).pid]


def test_a_nodes_two_ports_are_never_the_same() -> None:
    port = free_port("127.0.0.1")
    assert free_port("127.0.0.1", preferred=port) == port
    assert free_port("127.0.0.1", preferred=port, but=port) != port


def test_a_taken_port_is_left_to_its_owner(started: Started) -> None:
    (address,) = started.addresses
    assert address.port != started.taken
    assert ask(address, "SELECT cluster_name FROM system.local") == [("purchasing",)]


def test_starting_what_runs_returns_at_once(started: Started) -> None:
    before = processes(started.config)
    assert node.up(started.config) in started.addresses
    assert processes(started.config) == before


def test_it_listens_on_loopback_only(started: Started) -> None:
    (pid,) = processes(started.config)
    sockets = psutil.Process(pid).net_connections("inet")
    listening = {s.laddr.ip for s in sockets if s.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_a_killed_node_is_noticed_and_has_kept_what_it_acknowledged(started: Started) -> None:
    (address,) = started.addresses
    process = running(started.config.folder)
    with Cluster([address.host], port=address.port) as cluster:
        session = cluster.connect()
        session.execute(
            "CREATE KEYSPACE shop WITH replication = "
            "{'class': 'SimpleStrategy', 'replication_factor': 1}"
        )
        session.execute("CREATE TABLE shop.sale (id int PRIMARY KEY)")
        for sale in range(100):
            session.execute("INSERT INTO shop.sale (id) VALUES (%s)", [sale])
        process.kill()
        process.wait()
    assert node.address(started.config.folder) is None
    assert node_state.find(started.config.folder) is None

    address = node.up(started.config)
    assert ask(address, "SELECT count(*) FROM shop.sale") == [(100,)]

    assert node.down(started.config.folder)
    assert processes(started.config) == []
    assert node.address(started.config.folder) is None
    assert not node.down(started.config.folder)


def test_another_programs_process_is_never_taken_for_the_node(tmp_path) -> None:
    state = {"pid": os.getpid(), "host": "127.0.0.1", "port": 9042, "ready": True}
    (tmp_path / "node.json").write_text(json.dumps(state))
    assert node.address(tmp_path) is None
    assert not node.down(tmp_path)
    assert not (tmp_path / "node.json").exists()


def test_a_node_that_answers_no_more_is_ended_not_vouched_for(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(node, "START_SECONDS", 1)
    config = NodeConfig(tmp_path)
    config.log.parent.mkdir()
    config.log.write_text("main ERROR of the disk")
    word = identity(tmp_path)
    deaf = psutil.Popen([sys.executable, "-c", "import time; time.sleep(600)", word])
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = node.Address(*nobody.getsockname())
        node_state.write(tmp_path, node.Node(deaf, address, ready=True))
        with pytest.raises(UserError, match="ERROR of the disk"):
            node.up(config)
    assert deaf.wait(5) != 0
    assert node_state.find(tmp_path) is None


def test_a_failed_start_names_its_log_and_the_reason(tmp_path) -> None:
    with pytest.raises(UserError, match=r"node\.log.*Please remove properties \[no_such_key\]"):
        node.up(NodeConfig(tmp_path, extra={"no_such_key": 1}))
    assert processes(NodeConfig(tmp_path)) == []
    assert not (tmp_path / "node.json").exists()
