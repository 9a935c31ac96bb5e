"""What tests share: one real Cassandra for the whole session."""

from collections.abc import Iterator

import pytest

from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[node.Address]:
    """The address of a node of this session's own, ended with it whatever happens."""
    folder = tmp_path_factory.mktemp("cassandra")
    try:
        yield node.up(NodeConfig(folder))
    finally:
        node.down(folder)
