"""A figure in the documents names the command that makes it, and is the figure of its JSON."""

import hashlib
import importlib
import re
import subprocess

import pytest
import yaml

from bench import report
from docsite import figures
from docsite.figures import COMMANDS, FOLDER
from stages.adapters.files import read_json, write_json
from stages.adapters.paths import DVC_LOCK, ROOT
from stages.domain.errors import UserError

TABLE = re.compile(r"<!-- (\w+): generated -->\n(.*?)\n<!-- \1: end -->", re.DOTALL)
MARKS = re.compile(r"<!-- (?:make [\w-]+(?:, before)?: (?!its end)|reports/)")
PAGES = pytest.mark.parametrize("page", figures.pages(), ids=lambda p: str(p.relative_to(ROOT)))


def test_a_figure_keeps_its_decimals_and_may_be_a_share_or_of_a_benchmarks_row(tmp_path):
    write_json(tmp_path / "metrics.json", {"n": 2447, "b": {"c": 0.80956}})
    write_json(tmp_path / "run.json", {"end": ["2,447 customers"]})
    for file, ratio in (("store", 3.0174), ("store-before", 1.5)):
        rows = [{"what": "load, ours", "ratio": ratio}]
        write_json(tmp_path / f"{file}.json", {"rows": rows})
    row = {"what": "A bank", "figure": "gini", "value": 0.7}
    write_json(tmp_path / "quality.json", {"rows": [row]})
    page = (
        "1<!-- make run: n -->, 81.1<!-- make run: b.c % --> %, 0.81<!-- make run: b.c -->,"
        " 9.00<!-- make bench-store: ratio of load, ours -->,"
        " 9.0<!-- make bench-store, before: ratio of load, ours -->,"
        " 0.1<!-- make quality: value of A bank: gini -->,\n"
        "<!-- make run: its end -->\n```\nold\n```\n<!-- end -->"
    )
    now = figures.current(page, tmp_path)
    assert re.sub("<!-- .*? -->", "", now) == (
        "2,447, 81.0 %, 0.81, 3.02, 1.5, 0.7,\n\n```\n2,447 customers\n```\n"
    )
    assert figures.current(now, tmp_path) == now


def test_a_figure_that_its_json_no_longer_has_is_named(tmp_path):
    write_json(tmp_path / "serve.json", {"rows": []})
    (figure,) = figures.figures("1.5<!-- make bench-serve: value of an answer -->")
    with pytest.raises(UserError, match=r"serve.json has no value of an answer: .* mark of 1\.5"):
        figure.now(tmp_path)


@PAGES
def test_every_figure_is_that_of_the_json_of_the_command_that_it_names(page):
    text = page.read_text()
    named = list(figures.figures(text))
    assert len(named) == len(MARKS.findall(text)), "a mark that cannot be read"
    for figure in named:
        assert figure.shown == figure.now(), f"{figure.file}: {figure.key} of {figure.row}"
    assert figures.current(text) == text


@PAGES
def test_a_generated_table_is_that_of_the_json_of_its_command(page):
    text = page.read_text()
    for name, shown in TABLE.findall(text):
        as_table = getattr(importlib.import_module(f"bench.{name}"), "table", report.table)
        assert shown == as_table(read_json(FOLDER / f"{name}.json")), "it was changed by hand"
        command = next(command for command, file in COMMANDS.items() if file == name)
        assert f"`{command}`" in text, f"{page.name} does not say that {command} makes the table"


def test_the_figures_of_make_run_are_those_of_the_committed_result():
    head = ["git", "show", "HEAD:dvc.lock"]
    shown = subprocess.run(head, cwd=ROOT, capture_output=True, text=True).stdout
    locks = [yaml.safe_load(lock) for lock in (DVC_LOCK.read_text(), shown) if lock]
    results = [
        out["md5"]
        for lock in locks
        for out in lock["stages"]["evaluate"]["outs"]
        if out["path"] == "reports/metrics.json"
    ]
    ours = hashlib.md5((FOLDER / "metrics.json").read_bytes()).hexdigest()
    assert ours in results, "`make run` and `make docs` take the result over"


def test_the_end_of_make_run_has_the_figures_of_its_metrics():
    metrics = read_json(FOLDER / "metrics.json")
    end = "\n".join(read_json(FOLDER / "run.json")["end"])
    for name, judged in {"this model": metrics["holdout"], **metrics["baselines"]}.items():
        shown = re.search(rf"^ *{name} +(\S+) +(\S+) +(\S+) +(\S+)$", end, re.MULTILINE)
        assert shown is not None
        gini, spearman, mae, bias = shown.groups()
        assert (gini, spearman) == (f"{judged['gini']:.3f}", f"{judged['spearman']:.3f}")
        assert (mae, bias) == (f"{judged['mae']:.1f}", f"{judged['bias']:.3f}")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_that_makes_figures_is_one_of_make(command):
    target = command.removeprefix("make ")
    assert re.search(rf"^{target}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
