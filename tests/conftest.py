"""What tests share, each made once: a real Cassandra, the whole chain, an engine of Jenkins."""

import os
import signal
from collections.abc import Iterator

import pytest

from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig
from tests.drills import outcomes
from tests.integration.project import BANK, Project
from tests.jenkins.controller import Controller

# The groups that take longest: begun first, the two workers end together.
LONGEST = ["project", "bank", "test_store_drills", "test_scale", "test_spark", "test_ingest"]
JAVA = "JAVA_TOOL_OPTIONS"

# A tester's own cluster and tracking server, or those of a Jenkins build, are not for the tests.
for name in [n for n in os.environ if n.startswith(("CASSANDRA_", "MLFLOW_", "SERVE_", "FORCE"))]:
    del os.environ[name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="all drills, on 1.5 million rows")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a drill of the full form only")
    # A run that is told to end, too, ends the servers that it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if not config.option.full:  # a node that lives for a minute never earns its second compiler
        os.environ[JAVA] = "-XX:TieredStopAtLevel=1"


@pytest.hookimpl(tryfirst=True)  # before the groups are read
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.option.full:
        left_out = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=_place)


def _group(item: pytest.Item) -> str:
    """Which tests one process runs one after another: those that share what is made once."""
    shared = [name for name in ("project", "bank") if name in getattr(item, "fixturenames", ())]
    return shared[0] if shared else item.path.stem


def _place(item: pytest.Item) -> int:
    marker = item.get_closest_marker("xdist_group")
    name = marker.args[0] if marker and marker.args else None
    return LONGEST.index(name) if name in LONGEST else len(LONGEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.config.option.full:
        terminalreporter.write(outcomes.table())


@pytest.fixture(scope="session")
def cassandra(tmp_path_factory: pytest.TempPathFactory) -> Iterator[node.Address]:
    """The address of a node of this session's own, ended with it whatever happens."""
    folder = tmp_path_factory.mktemp("cassandra")
    try:
        with pytest.MonkeyPatch.context() as this:  # much is loaded into it: both compilers
            this.delenv(JAVA, raising=False)
            address = node.up(NodeConfig(folder))
        yield address
    finally:
        node.down(folder)


@pytest.fixture(scope="session")
def project(cassandra: node.Address, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A fresh copy after all that `make run` does."""
    project = Project.copy(tmp_path_factory.mktemp("chain"), cassandra)
    project.build()
    return project


@pytest.fixture(scope="session")
def bank(cassandra: node.Address, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The same of a small bank, for tests that rebuild: each leaves store and result as found."""
    project = Project.copy(tmp_path_factory.mktemp("bank"), cassandra)
    project.build(*BANK)
    project.commit("the bank")
    return project


@pytest.fixture(scope="session")
def controller() -> Iterator[Controller]:
    """Jenkins' engine, started once."""
    controller = Controller()
    yield controller
    controller.stop()
