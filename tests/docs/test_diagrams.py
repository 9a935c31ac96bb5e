"""The architecture's diagrams are the code's packages and imports, dvc.yaml's stages and files."""

import re
from itertools import pairwise
from pathlib import Path

import grimp
import yaml

from stages.adapters.paths import PIPELINE, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()
BOX = re.compile(r"(\w+)\[+\(?\"?([^\]\")<]+)")
FILES = ("data/raw", "data/processed", "models", "reports")


def diagram(name: str) -> str:
    marked = PAGE.split(f"<!-- diagram: {name} -->\n```mermaid\n")[1]
    return marked.split("\n```")[0]


def drawn(name: str) -> tuple[set[str], set[tuple[str, str]]]:
    """The labels of the boxes, and the arrows between them."""
    text = diagram(name)
    labels = {key: label.strip() for key, label in BOX.findall(text)}
    arrows = set()
    for line in text.splitlines():
        ends = [re.match(r"\s*(\w+)", part) for part in line.split("-->")]
        keys = [labels[end.group(1)] for end in ends if end] if "-->" in line else []
        arrows |= set(pairwise(keys))
    return set(labels.values()), arrows


def packages() -> set[str]:
    return {
        str(file.parent.relative_to(ROOT / "stages")) for file in ROOT.glob("stages/**/__init__.py")
    } - {"."}


def box(module: str) -> str:
    """The package of a module; an entry point is in `stages`."""
    path = Path(*module.split(".")[1:])
    known = [p for p in (path, *path.parents) if str(p) in packages()]
    return str(known[0]) if known else "stages"


def test_boxes_and_arrows_are_the_packages_and_their_imports():
    graph = grimp.build_graph("stages", cache_dir=None)
    imports = {
        (box(module), box(other))
        for module in graph.modules
        for other in graph.find_modules_directly_imported_by(module)
    }
    boxes, arrows = drawn("components")
    assert boxes == packages() | {"stages"}
    assert arrows == {(a, b) for a, b in imports if a != b}


def test_the_data_flow_is_that_of_dvc_yaml():
    stages = yaml.safe_load(PIPELINE.read_text())["stages"]
    flows = set()
    for name, stage in stages.items():
        flows |= {(top(dep), name) for dep in stage["deps"] if top(dep)}
        for kind in ("outs", "metrics", "plots"):
            outs = [out if isinstance(out, str) else next(iter(out)) for out in stage.get(kind, [])]
            flows |= {(name, top(out)) for out in outs}
    boxes, arrows = drawn("pipeline")
    assert boxes == {*stages, *FILES}
    assert arrows == flows


def top(path: str) -> str | None:
    """The box that a file of the pipeline is in, None for code."""
    return next((f for f in FILES if path == f or path.startswith(f"{f}/")), None)


def test_every_step_and_every_module_of_domain_and_serving_is_in_the_low_level_design():
    text = (ROOT / "docs" / "lld.md").read_text()
    files = [
        f for part in (".", "domain", "serving") for f in (ROOT / "stages" / part).glob("*.py")
    ]
    names = {f.stem for f in files} - {"__init__"}
    assert sorted(n for n in names if f"`{n}`" not in text and f"`{n}.py`" not in text) == []
