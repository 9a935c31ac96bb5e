"""The documents build strictly, hold what is generated, and need no network to be read."""

import logging
import re
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config

from docsite import cases, configuration
from stages.adapters.paths import ROOT

FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href)=\"?(https?:)?//[^\s>]*")
LINKS = re.compile(r'<link rel="?(?:canonical|next|prev)')


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it: a warning is a failure."""
    folder = tmp_path_factory.mktemp("site")
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


def test_no_page_fetches_anything_from_elsewhere(site):
    fetched = [
        found.group(0)
        for page in site.rglob("*.html")
        for found in FETCHED.finditer(page.read_text())
        if not LINKS.match(found.group(0))
    ]
    assert fetched == []


def test_diagrams_are_pictures_with_a_text_for_those_who_do_not_see_them(site):
    page = (site / "architecture.html").read_text()
    shown = re.findall(r'<img alt="([^"]+)" src="(images/diagrams/[^"]+\.svg)"', page)
    assert len(shown) == (ROOT / "docs" / "architecture.md").read_text().count("```mermaid")
    assert all((site / picture).read_text().startswith("<svg") for _, picture in shown)
    assert "```mermaid" not in page


def test_marks_of_figures_are_not_for_the_reader(site):
    page = (site / "latency.html").read_text()
    assert "make bench-serve: value" not in page
    assert "mlflow models serve</code>, features given" in page


def test_the_page_of_keys_is_up_to_date():
    assert configuration.PAGE.read_text() == configuration.page(), "`make docs` writes it anew"


def test_every_test_is_among_the_test_cases(site):
    page = (site / "test-cases.html").read_text()
    files = list((ROOT / "tests").rglob("test_*.py"))
    assert len(files) == page.count("<h3")
    _, listed = cases.cases(Path(__file__).read_text())
    assert all(case.expected in page for case in listed)


def test_a_case_has_its_purpose_its_steps_and_what_is_expected():
    purpose, (case,) = cases.cases(
        '"""Money is counted.\n\nMore."""\nfrom stages.domain import money\n\n'
        "def test_a_refund_lowers_spend(bank):\n    rows = money.read(bank)\n"
        "    assert money.total(rows) == sum([1])\n"
    )
    assert purpose == "Money is counted."
    assert case.expected == "A refund lowers spend"
    assert case.given == ("bank",)
    assert case.steps == ("money.read", "money.total")
