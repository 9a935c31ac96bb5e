"""What tests of the chain share."""

from collections.abc import Iterator

import pytest
from cassandra.cluster import Cluster, Session

from stages.adapters.local.node import Address
from tests.integration.project import BANK_KEYSPACE


@pytest.fixture
def session(cassandra: Address) -> Iterator[Session]:
    """A session in the keyspace of the fixture `bank`."""
    with Cluster([cassandra.host], port=cassandra.port) as cluster:
        yield cluster.connect(BANK_KEYSPACE)
