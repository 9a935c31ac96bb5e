"""A session with Cassandra: the cluster of the environment, or the node on this machine."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from cassandra import ConsistencyLevel
from cassandra.cluster import (
    EXEC_PROFILE_DEFAULT,
    Cluster,
    ExecutionProfile,
    NoHostAvailable,
    Session,
)
from cassandra.policies import RoundRobinPolicy, TokenAwarePolicy

from stages.adapters.local import node
from stages.adapters.paths import NODE
from stages.domain.errors import UserError

CONTACT_POINTS = "CASSANDRA_CONTACT_POINTS"  # environment: host[:port], separated by commas
TIMEOUT = 120.0  # seconds; a count over a large partition takes its time


@contextmanager
def connect() -> Iterator[Session]:
    """Yield a session; UserError when no node answers."""
    hosts, port = _contact_points()
    logging.getLogger("cassandra").setLevel(logging.ERROR)  # a node that is down is said once
    profile = ExecutionProfile(
        load_balancing_policy=TokenAwarePolicy(RoundRobinPolicy()),
        consistency_level=ConsistencyLevel.LOCAL_QUORUM,
        request_timeout=TIMEOUT,
    )
    cluster = Cluster(
        hosts,
        port=port,
        protocol_version=5,  # Cassandra 4 and later; spares asking for a newer one
        execution_profiles={EXEC_PROFILE_DEFAULT: profile},
    )
    try:
        session = cluster.connect()
    except NoHostAvailable as error:
        cluster.shutdown()
        raise UserError(
            f"no Cassandra node answers at {', '.join(hosts)} port {port}: start one with "
            f"`make up`, or correct {CONTACT_POINTS}"
        ) from error
    try:
        yield session
    finally:
        cluster.shutdown()


def _contact_points() -> tuple[list[str], int]:
    given = os.environ.get(CONTACT_POINTS, "")
    if given:
        points = [point.strip().partition(":") for point in given.split(",")]
        ports = {int(port or 9042) for _, _, port in points}
        if len(ports) > 1:
            raise UserError(f"{CONTACT_POINTS} names several ports; all nodes need the same")
        return [host for host, _, _ in points], ports.pop()
    address = node.address(NODE)
    if address is None:
        raise UserError(
            f"no Cassandra runs here: start one with `make up`, or set {CONTACT_POINTS}"
        )
    return [address.host], address.port
