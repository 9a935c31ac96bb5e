"""Three real Cassandra nodes on this machine, to be killed, paused and brought back."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from cassandra import ConsistencyLevel, InvalidRequest
from cassandra.cluster import Cluster
from cassandra.policies import RoundRobinPolicy
from cassandra.query import SimpleStatement

from stages.adapters.local import node, node_state
from stages.adapters.local.listening import free_port
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.store.retry import PASSING

HOSTS = ("127.0.0.1", "127.0.0.2", "127.0.0.3")
THREE = "{'class': 'SimpleStrategy', 'replication_factor': 3}"
SETTLE_SECONDS = 180


class Nodes:
    """A cluster of three, of which each node holds every row."""

    def __init__(self, folder: Path, heap: str) -> None:
        storage = free_port(HOSTS[0])
        self.port = _common_port()
        self._configs = [
            NodeConfig(
                folder / host,
                host=host,
                port=self.port,
                heap=heap,
                seeds=(f"{HOSTS[0]}:{storage}",),
                extra={"storage_port": storage},
            )
            for host in HOSTS
        ]

    @property
    def contact_points(self) -> str:
        """What CASSANDRA_CONTACT_POINTS is to be."""
        return ",".join(f"{host}:{self.port}" for host in HOSTS)

    def process(self, number: int) -> psutil.Process:
        """The process of node 1, 2 or 3."""
        return node_state.find(self._configs[number - 1].folder).process

    def kill(self, number: int) -> None:
        """End a node at once."""
        process = self.process(number)
        process.kill()
        process.wait()

    def up(self) -> None:
        """Start what does not run; return when each node reads and writes on all three."""
        for config in self._configs:
            assert node.up(config).port == self.port
        deadline = time.monotonic() + SETTLE_SECONDS
        while not self._agree():
            assert time.monotonic() < deadline, "the three nodes do not find one another"
            time.sleep(0.5)

    def down(self) -> None:
        """End all nodes, at once: nothing of theirs is needed again."""
        for number, config in enumerate(self._configs, 1):
            if node_state.find(config.folder):
                self.kill(number)
            node.down(config.folder)

    def _agree(self) -> bool:
        """Whether every node, asked itself, reaches all three."""
        try:
            with Cluster(
                HOSTS,
                port=self.port,
                protocol_version=5,
                load_balancing_policy=RoundRobinPolicy(),
            ) as cluster:
                session = cluster.connect()
                hosts = cluster.metadata.all_hosts()
                # A node that still believes itself alone would make a schema of its own.
                for host in hosts:
                    peers = session.execute("SELECT peer FROM system.peers", host=host).all()
                    if 1 + len(peers) < len(HOSTS):
                        return False
                session.execute(f"CREATE KEYSPACE IF NOT EXISTS alive WITH replication = {THREE}")
                session.execute("CREATE TABLE IF NOT EXISTS alive.once (id int PRIMARY KEY)")
                insert = SimpleStatement(
                    "INSERT INTO alive.once (id) VALUES (1)",
                    consistency_level=ConsistencyLevel.ALL,
                )
                for host in hosts:
                    session.execute(insert, host=host, timeout=5)
        except (*PASSING, InvalidRequest):  # invalid: the schema has yet to reach the node
            return False
        return True


def _common_port() -> int:
    """A port that is free on all three addresses."""
    while True:
        port = free_port(HOSTS[0])
        if all(free_port(host, port) == port for host in HOSTS):
            return port


@contextmanager
def three_nodes(folder: Path, heap: str) -> Iterator[Nodes]:
    """Yield the running cluster; end it whatever happens."""
    nodes = Nodes(folder, heap)
    try:
        nodes.up()
        yield nodes
    finally:
        nodes.down()
