"""A figure in the documents that names its JSON is the figure in that JSON, where there is one.

A figure names its file by a comment right after it: `0.870<!-- reports/metrics.json: a.b -->`,
with `%` at the end where it is a share shown in per cent. It is compared to as many decimals as
it shows. Figures of reports/metrics.json are those of the default configuration, so they are
compared where that is what params.yaml has.
"""

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench import report
from stages.adapters import config
from stages.adapters.files import read_json
from stages.adapters.paths import REPORTS, ROOT

TABLE = re.compile(r"<!-- (\w+): generated -->\n(.*?)\n<!-- \1: end -->", re.DOTALL)
FIGURE = re.compile(r"(-?[\d,]+(?:\.\d+)?)<!-- (reports/[\w./-]+\.json): ([\w.-]+)( %)? -->")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@dataclass(frozen=True)
class Figure:
    """A figure as it is written, and where it is from."""

    shown: str
    file: str
    key: str
    percent: bool

    def of(self, content: dict) -> str:
        """The figure in the JSON, written as this one is."""
        value = content
        for part in self.key.split("."):
            value = value[int(part)] if isinstance(value, list) else value[part]
        decimals = len(self.shown.partition(".")[2])
        return f"{value * (100 if self.percent else 1):,.{decimals}f}"


def figures(text: str) -> Iterator[Figure]:
    """The figures of a page that name their JSON."""
    for shown, file, key, percent in FIGURE.findall(text):
        yield Figure(shown, file, key, bool(percent))


def is_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether params.yaml is what conf/ composes."""
    current = config.PARAMS.read_text()
    monkeypatch.setattr(config, "PARAMS", tmp_path / "params.yaml")
    config.compose([])
    return current == (tmp_path / "params.yaml").read_text()


def test_a_figure_is_read_with_its_decimals_and_as_a_share():
    text = "2,447<!-- reports/a.json: n --> and 81.0<!-- reports/a.json: b.0.c % --> %"
    count, share = figures(text)
    content = {"n": 2447, "b": [{"c": 0.80956}]}
    assert count.of(content) == count.shown == "2,447"
    assert (share.of(content), share.shown) == ("81.0", "81.0")


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_figures_are_those_of_the_json_that_they_name(page, tmp_path, monkeypatch):
    named = list(figures(page.read_text()))
    assert len(named) == page.read_text().count("<!-- reports/")
    default = is_default(tmp_path, monkeypatch) if named else True
    for figure in named:
        file = ROOT / figure.file
        if file.exists() and (default or file != REPORTS / "metrics.json"):
            said = f"{figure.shown} <!-- {figure.file}: {figure.key} -->"
            assert figure.shown == figure.of(read_json(file)), said


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_generated_table_is_that_of_the_json_of_its_command(page):
    for name, shown in TABLE.findall(page.read_text()):
        file = REPORTS / "bench" / f"{name}.json"
        if file.exists():
            as_table = getattr(importlib.import_module(f"bench.{name}"), "table", report.table)
            assert shown == as_table(read_json(file)), f"{page.name} was changed by hand"
