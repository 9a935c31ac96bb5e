"""What tests share: one real Cassandra and one engine of Jenkins for the whole session."""

import os
from collections.abc import Iterator

import pytest

from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig
from tests.jenkins.controller import Controller

# A tester's own cluster and tracking server, or those of a Jenkins build, are not for the tests.
for name in [n for n in os.environ if n.startswith(("CASSANDRA_", "MLFLOW_", "SERVE_"))]:
    del os.environ[name]


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[node.Address]:
    """The address of a node of this session's own, ended with it whatever happens."""
    folder = tmp_path_factory.mktemp("cassandra")
    try:
        yield node.up(NodeConfig(folder))
    finally:
        node.down(folder)


@pytest.fixture(scope="session")
def controller() -> Iterator[Controller]:
    """Jenkins' engine, started once."""
    controller = Controller()
    yield controller
    controller.stop()
