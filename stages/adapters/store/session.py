"""A session with Cassandra: the cluster that the environment or conf/store names."""

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from cassandra import ConsistencyLevel, DriverException, Unauthorized, UnresolvableContactPoints
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    Session,
)
from cassandra.policies import DCAwareRoundRobinPolicy, TokenAwarePolicy
from omegaconf import DictConfig

from stages.adapters.local import node_state
from stages.adapters.paths import NODE
from stages.adapters.store import security
from stages.adapters.store.alone import NEAR
from stages.adapters.store.refusal import refusal
from stages.adapters.store.retry import PASSING, gone
from stages.domain.errors import UserError

CONTACT_POINTS = "CASSANDRA_CONTACT_POINTS"  # environment: host[:port], separated by commas
TIMEOUT = 120.0  # seconds; a count over a large partition takes its time
CONTROL_TIMEOUT = 20.0  # seconds; the driver's own 2 are too few for a busy node's schema
# Those that serve reads as well as writes.
CONSISTENCY = ("ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_ONE", "LOCAL_QUORUM", "EACH_QUORUM")


@contextmanager
def connect(store: DictConfig) -> Iterator[Session]:
    """Yield a session with the cluster of `store`, the group of params.yaml.

    CASSANDRA_CONTACT_POINTS comes before what `store` names. The driver negotiates the protocol:
    5 with Cassandra 4 and later, else 4. Raises UserError, one line, for all that keeps us out.
    """
    driver = logging.getLogger("cassandra")
    driver.setLevel(logging.CRITICAL)  # what keeps us out is said once, in our words
    cluster = _cluster(store)
    try:
        try:
            session = cluster.connect()
        except (NoHostAvailable, DriverException) as error:
            _check_datacenters(cluster, store)
            raise refusal(cluster, error) from error
        _check_datacenters(cluster, store)
        driver.setLevel(logging.ERROR)  # a node that goes down is said once
        yield session
    except Unauthorized as error:
        raise UserError(
            f"the cluster does not let this user work in keyspace {store.keyspace}: grant CREATE"
            " on all keyspaces, and CREATE, SELECT and MODIFY on this one"
        ) from error
    except PASSING as error:
        raise gone(error) from error
    finally:
        cluster.shutdown()
        driver.setLevel(logging.ERROR)


def _cluster(store: DictConfig) -> Cluster:
    datacenter = store.datacenter or ""  # none given: the driver takes the first contact point's
    level = _consistency(store.consistency)
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(DCAwareRoundRobinPolicy(datacenter)),
        consistency_level=level,
        # of IF NOT EXISTS, which else asks a quorum of all datacenters
        serial_consistency_level=ConsistencyLevel.LOCAL_SERIAL
        if level in NEAR
        else ConsistencyLevel.SERIAL,
        request_timeout=TIMEOUT,
    )
    settings: dict[str, Any] = {
        "execution_profiles": {EXEC_PROFILE_DEFAULT: profile},
        "control_connection_timeout": CONTROL_TIMEOUT,
    }
    given = os.environ.get(CONTACT_POINTS)
    if store.kind == "astra" and not given:
        return security.astra(**settings)
    hosts, port = _contact_points(given or _configured(store))
    try:
        return Cluster(
            hosts,
            port=port,
            ssl_context=security.tls(store.tls),
            auth_provider=security.credentials(),
            **settings,
        )
    except UnresolvableContactPoints as error:
        raise UserError(
            f"no host is known by the name {' or '.join(hosts)}: correct store.contact_points or"
            f" {CONTACT_POINTS}"
        ) from error


def _consistency(name: str) -> int:
    if name not in CONSISTENCY:
        raise UserError(f"store.consistency={name}: give one of {', '.join(CONSISTENCY)}")
    return int(ConsistencyLevel.name_to_value[name])


def _configured(store: DictConfig) -> str | Sequence[str]:
    """The contact points of `store`, those of the node on this machine for the kind `local`."""
    if store.kind == "cluster":
        if not store.contact_points:
            raise UserError(
                "store.contact_points is empty: name some nodes of your cluster in"
                f" conf/store/cluster.yaml or in {CONTACT_POINTS}"
            )
        return store.contact_points
    if store.kind != "local":
        raise UserError(f"store.kind={store.kind}: give local, cluster or astra")
    node = node_state.find(NODE)
    if node is None or not node.ready:
        raise UserError(
            f"no Cassandra runs here: start one with `make up`, or set {CONTACT_POINTS}"
        )
    return str(node.address)


def _contact_points(given: str | Sequence[str]) -> tuple[list[str], int]:
    """The hosts of what is `given`, each host[:port], and the port that all share."""
    points = given.split(",") if isinstance(given, str) else given
    try:
        parts = [urlsplit(f"//{point.strip()}") for point in points]
        hosts = [part.hostname or "" for part in parts]
        ports = {part.port or 9042 for part in parts}
    except ValueError:
        hosts, ports = [], set()
    if not all(hosts) or not ports or any("@" in point for point in points):
        raise UserError(
            f"store.contact_points or {CONTACT_POINTS}: give host or host:port, separated by commas"
        )
    if len(ports) > 1:
        raise UserError(
            f"store.contact_points or {CONTACT_POINTS} names several ports; all nodes need the same"
        )
    return hosts, ports.pop()


def _check_datacenters(cluster: Cluster, store: DictConfig) -> None:
    """Raise UserError where `store` names a datacenter that the cluster does not have."""
    there = {host.datacenter for host in cluster.metadata.all_hosts()} - {None}
    replicated = store.replication.keys() - {"class", "replication_factor"}
    named = [("datacenter", store.datacenter), *(("replication", dc) for dc in sorted(replicated))]
    for key, datacenter in named:
        if there and datacenter and datacenter not in there:
            raise UserError(
                f"store.{key} names the datacenter {datacenter}, which the cluster does not have:"
                f" it has {', '.join(sorted(there))}"
            )
