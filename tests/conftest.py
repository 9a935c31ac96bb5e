"""What tests share: a real Cassandra, a copy of the whole chain, an engine of Jenkins."""

import os
from collections.abc import Iterator

import pytest

from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig
from tests.integration.project import Project
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


@pytest.fixture(scope="session")
def project(cassandra: node.Address, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A fresh copy after all that `make run` does."""
    project = Project.copy(tmp_path_factory.mktemp("chain"), cassandra)
    project.stage("params")
    project.stage("node", "up")
    project.stage("ingest")
    project.run("dvc", "repro")
    project.stage("promote")
    summary = project.stage("score")
    (project.root / "summary.txt").write_text(summary)
    return project
