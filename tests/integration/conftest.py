"""What tests of the chain share."""

from collections.abc import Iterator

import pytest
from cassandra.cluster import Cluster, Session

from stages.adapters.local.node import Address
from tests.integration.project import BANK_KEYSPACE


@pytest.fixture(scope="module")
def session(cassandra: Address, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session in the module's KEYSPACE, else in that of the fixture `bank`."""
    with Cluster([cassandra.host], port=cassandra.port) as cluster:
        yield cluster.connect(getattr(request.module, "KEYSPACE", BANK_KEYSPACE))
