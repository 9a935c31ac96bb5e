"""dvc.yaml names what each stage reads: its code, its parameters, its files."""

from pathlib import Path

import grimp
import pytest
import yaml

from stages.adapters import paths

STAGES = yaml.safe_load((paths.ROOT / "dvc.yaml").read_text())["stages"]
GRAPH = grimp.build_graph("stages", cache_dir=None)
# They decide how a run is told and where things lie, not what is written.
SILENT = {"stages.adapters.logs", "stages.adapters.paths", "stages.domain.errors"}


def file_of(module: str) -> Path:
    path = Path(*module.split("."))
    return path / "__init__.py" if (paths.ROOT / path).is_dir() else path.with_suffix(".py")


def imports(stage: str) -> list[str]:
    module = f"stages.{stage}"
    found = {module, *GRAPH.find_upstream_modules(module)}
    return sorted(str(file_of(m)) for m in found - SILENT if not is_package(m))


def is_package(module: str) -> bool:
    return file_of(module).name == "__init__.py" and module != "stages.adapters.sources"


@pytest.mark.parametrize("stage", STAGES)
def test_the_deps_cover_all_that_the_stage_imports(stage):
    deps = [Path(dep) for dep in STAGES[stage]["deps"]]
    uncovered = [
        file
        for file in imports(stage)
        if not any(Path(file) == dep or dep in Path(file).parents for dep in deps)
    ]
    assert uncovered == []


@pytest.mark.parametrize("stage", STAGES)
def test_no_dep_on_code_is_idle(stage):
    deps = [dep for dep in STAGES[stage]["deps"] if dep.endswith(".py")]
    # What a version is made from includes the code of the stages before it.
    before = [f"stages/{name}.py" for name in STAGES] if stage == "track" else []
    assert [dep for dep in deps if dep not in [*imports(stage), *before]] == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_is_one_command_of_its_own_name(stage):
    assert STAGES[stage]["cmd"] == f"python -m stages.{stage}"


def test_the_stages_stand_in_the_order_in_which_they_run():
    assert list(STAGES) == ["extract", "preprocess", "train", "evaluate", "track"]
