"""What the tests of the whole chain share: one fresh copy, built once."""

import pytest

from stages.adapters.local.node import Address
from tests.integration.project import Project


@pytest.fixture(scope="session")
def project(cassandra: Address, tmp_path_factory: pytest.TempPathFactory) -> Project:
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
