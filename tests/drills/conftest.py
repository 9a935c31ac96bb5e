"""The store's drills have a cluster of three, small with all tests and full by `make drill`."""

from collections.abc import Iterator

import pytest

from tests.drills.drill import Drill
from tests.drills.nodes import Nodes, three_nodes


@pytest.fixture(scope="module")
def nodes(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Nodes]:
    # With half of it a node that also keeps hints for a dead one does little but collect garbage.
    heap = "1g" if request.config.option.full else "512m"
    with three_nodes(tmp_path_factory.mktemp("nodes"), heap) as nodes:
        yield nodes


@pytest.fixture(scope="module")
def drill(
    nodes: Nodes, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Drill:
    monthly, whale = (100_000, 300_000) if request.config.option.full else (2_000, 12_000)
    return Drill(tmp_path_factory.mktemp("drill"), nodes, monthly, whale)
