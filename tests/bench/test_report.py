"""The report of a benchmark: what is better, what was reached, and misses in plain sight."""

import json
from pathlib import Path

import pytest

from bench import report
from bench.report import Goal, Measure
from docsite import figures
from stages.domain.errors import UserError

OTHER = Measure("unload, the other", "rows/s", [100_000, 120_000, 80_000])
OURS = Measure("unload", "rows/s", [400_000, 90_000, 350_000], OTHER, Goal("≥", 4))
PEAK = Measure("peak memory", "MB", [612], goal=Goal("<", 1000))


def document(*measures: Measure) -> dict:
    made = report.document(measures, rounds=3)
    return made | {"when": "2026-01-31T10:00:00+00:00", "machine": "2 cores"}


def test_a_figure_is_the_median_of_its_rounds_and_its_ratio_that_of_the_medians():
    assert OURS.row() == {
        "what": "unload",
        "anchor": "unload, the other",
        "value": 350_000,
        "unit": "rows/s",
        "ratio": 3.5,
        "goal": "≥ 4",
        "holds": False,
    }


def test_without_an_anchor_the_goal_is_about_the_value():
    assert (PEAK.row()["ratio"], PEAK.row()["holds"]) == (None, True)


def test_without_a_goal_nothing_holds_or_fails():
    assert (OTHER.row()["goal"], OTHER.row()["holds"]) == (None, None)


@pytest.mark.parametrize(
    ("goal", "below", "at", "above"),
    [
        (Goal("≥", 4), False, True, True),
        (Goal("≤", 4), True, True, False),
        (Goal("<", 4), True, False, False),
        (Goal("=", 4), False, True, False),
    ],
)
def test_a_goal_holds_on_its_side_of_the_bound(goal, below, at, above):
    assert [goal.holds(figure) for figure in (3.99, 4, 4.01)] == [below, at, above]


def test_the_table_shows_a_miss_as_a_miss():
    assert report.table(document(OTHER, OURS, PEAK)).splitlines() == [
        "2026-01-31, the median of 3 rounds, on 2 cores:",
        "",
        "| what | value | against | ratio | goal | |",
        "| --- | ---: | --- | ---: | ---: | --- |",
        "| unload, the other | 100,000 rows/s |  |  |  |  |",
        "| unload | 350,000 rows/s | unload, the other | 3.50 | ≥ 4 | **missed** |",
        "| peak memory | 612 MB |  |  | < 1,000 | holds |",
    ]


def test_only_the_text_between_the_markers_is_replaced(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(report, "REPORTS", tmp_path)
    monkeypatch.setattr(figures, "FOLDER", tmp_path / "figures")
    refreshed = []
    monkeypatch.setattr(figures, "refresh", lambda: refreshed.append(page.read_text()))
    page = tmp_path / "benchmarks.md"
    page.write_text(
        "before\n<!-- store: generated -->\nearlier figures\n<!-- store: end -->\nafter\n"
    )
    report.publish("store", document(PEAK), page)
    text = page.read_text()
    assert text.startswith("before\n<!-- store: generated -->\n2026-01-31")
    assert text.endswith("| holds |\n<!-- store: end -->\nafter\n")
    assert "earlier figures" not in text
    written = json.loads((tmp_path / "bench" / "store.json").read_text())
    assert list(written) == ["machine", "when", "rounds", "rows"]
    assert written["rows"] == [PEAK.row()]
    assert json.loads((tmp_path / "figures" / "store.json").read_text()) == written
    assert refreshed == [text]


def test_a_page_without_the_markers_says_what_to_add(tmp_path: Path):
    page = tmp_path / "benchmarks.md"
    page.write_text("nothing here\n")
    with pytest.raises(UserError, match="add <!-- serve: generated -->"):
        report.publish("serve", document(PEAK), page)
    assert page.read_text() == "nothing here\n"
