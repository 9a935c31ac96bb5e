"""Benchmark figures: what was measured against what, as JSON for programs and a table for people.

`reports/bench/NAME.json` is `{machine, when, rounds, rows: [{what, anchor, value, unit, ratio,
goal, holds}]}`. `value` is the median over the rounds; `anchor` names the row that this one is
held against and `ratio` is value to value; a goal is about the ratio, or about the value where
there is no anchor. What was not asked for (no anchor, no goal) is null.
"""

import argparse
import operator
import platform
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import psutil

from docsite import figures
from stages.adapters.files import write_bytes, write_json
from stages.adapters.paths import REPORTS, ROOT
from stages.domain.errors import UserError

PAGE = ROOT / "docs" / "benchmarks.md"
_SIGNS = {"≥": operator.ge, "≤": operator.le, "<": operator.lt, "=": operator.eq}


@dataclass(frozen=True)
class Goal:
    """A bound on a figure: `sign` is one of ≥ ≤ < =."""

    sign: str
    figure: float

    def holds(self, figure: float) -> bool:
        """Whether `figure` is within the bound."""
        return bool(_SIGNS[self.sign](figure, self.figure))

    def __str__(self) -> str:
        return f"{self.sign} {_number(self.figure)}"


@dataclass(frozen=True)
class Measure:
    """One figure, measured once a round, perhaps held against another and to a goal."""

    what: str
    unit: str
    rounds: Sequence[float]
    anchor: "Measure | None" = None
    goal: Goal | None = None

    @property
    def value(self) -> float:
        """The median over the rounds."""
        return median(self.rounds)

    @property
    def ratio(self) -> float | None:
        """The value to the anchor's value."""
        return self.value / self.anchor.value if self.anchor else None

    def row(self) -> dict[str, Any]:
        """This figure's row of the JSON document."""
        judged = self.value if self.ratio is None else self.ratio
        return {
            "what": self.what,
            "anchor": self.anchor.what if self.anchor else None,
            "value": self.value,
            "unit": self.unit,
            "ratio": self.ratio,
            "goal": str(self.goal) if self.goal else None,
            "holds": self.goal.holds(judged) if self.goal else None,
        }


def arguments(what: str, rounds: int = 3) -> argparse.ArgumentParser:
    """The command line of a benchmark, which measures `what` in so many rounds unless told."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--rounds", type=int, default=rounds)
    return parser


def document(measures: Sequence[Measure], rounds: int) -> dict[str, Any]:
    """The JSON document of a benchmark that ran just now on this machine."""
    return {
        "machine": _machine(),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "rounds": rounds,
        "rows": [measure.row() for measure in measures],
    }


def table(document: dict[str, Any]) -> str:
    """The document as Markdown: a line on how it came about, and a table that shows misses."""
    times = "one round" if document["rounds"] == 1 else f"the median of {document['rounds']} rounds"
    lines = [
        f"{document['when'][:10]}, {times}, on {document['machine']}:",
        "",
        "| what | value | against | ratio | goal | |",
        "| --- | ---: | --- | ---: | ---: | --- |",
    ]
    for row in document["rows"]:
        verdict = {True: "holds", False: "**missed**", None: ""}[row["holds"]]
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        cells = [row["what"], f"{_number(row['value'])} {row['unit']}", row["anchor"] or "", ratio]
        lines.append(f"| {' | '.join([*cells, row['goal'] or '', verdict])} |")
    return "\n".join(lines)


def publish(
    name: str,
    document: dict[str, Any],
    page: Path = PAGE,
    as_table: Callable[[dict[str, Any]], str] = table,
) -> None:
    """Write reports/bench/NAME.json, and the table between NAME's two markers of `page`.

    The JSON goes to docs/figures/ too, and with it every figure of the documents from there.
    """
    text = page.read_text()
    begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise UserError(f"{page.name} has no place for the table: add {begin} and {end}")
    block = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    write_json(REPORTS / "bench" / f"{name}.json", document)
    write_json(figures.FOLDER / f"{name}.json", document)
    generated = f"{begin}\n{as_table(document)}\n{end}"
    write_bytes(page, block.sub(lambda _: generated, text).encode())
    figures.refresh()


def _machine() -> str:
    """Cores, memory, system and Python: what decides speed, and nothing that names the machine."""
    memory = round(psutil.virtual_memory().total / 2**30)
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{psutil.cpu_count()} cores, {memory} GB, {system}"


def _number(figure: float) -> str:
    """Figures of a thousand and more in whole numbers, smaller ones to three digits."""
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.3g}"
