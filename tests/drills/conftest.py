"""The drills' two forms: a small one with all tests, the full one by `make drill`."""

from collections.abc import Iterator

import pytest

from tests.drills.drill import Drill
from tests.drills.nodes import Nodes, three_nodes


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="all drills, on 1.5 million rows")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: a drill of the full form only")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _full(config):
        left_out = [item for item in items if item.get_closest_marker("full")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


@pytest.fixture(scope="module")
def nodes(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Nodes]:
    # With half of it a node that also keeps hints for a dead one does little but collect garbage.
    heap = "1g" if _full(request.config) else "512m"
    with three_nodes(tmp_path_factory.mktemp("nodes"), heap) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def drill(
    nodes: Nodes, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Drill:
    monthly, whale = (100_000, 300_000) if _full(request.config) else (2_000, 12_000)
    return Drill(tmp_path_factory.mktemp("drill"), nodes, monthly, whale)


def _full(config: pytest.Config) -> bool:
    return bool(config.getoption("--full", default=False))
