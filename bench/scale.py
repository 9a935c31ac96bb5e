"""The synthetic bank, larger and larger: preprocess, train and score, and how their time grows.

`make bench-scale` writes reports/bench/scale.json, the table of docs/benchmarks.md and its picture;
`--small` takes a small bank and another folder for all that. Each measurement is a process of its
own (bench/steps.py); the stages are the real ones, in a copy of the checkout whose data/raw is the
bank. A million customers are scored from features made of the largest bank's, and published to a
Cassandra node of the benchmark's own.
"""

import json
import logging
import os
import shutil
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib.figure import Figure

from bench import report
from bench.process import Ran, run
from bench.report import Goal, Measure
from stages.adapters.files import replacing
from stages.adapters.local import node
from stages.adapters.local.node_config import NodeConfig
from stages.adapters.logs import stage
from stages.adapters.paths import ROOT
from stages.adapters.store.session import CONTACT_POINTS

log = logging.getLogger(__name__)
PICTURE = ROOT / "docs" / "images" / "scale.svg"
# Transactions, and how often the features are made of as many: a short measurement is a noisy one.
SIZES, MANY = {1_000_000: 5, 5_000_000: 3, 20_000_000: 1, 50_000_000: 1}, 1_000_000
SMALL, FEW = {10_000: 1, 40_000: 1}, 2_000
PANDAS_ROWS = 20_000_000  # more do not fit beside the rest
STAGES = ("preprocess", "train")
SIDES = ("features", "sql", "pandas")
NAMES = {"features": "features, ibis", "sql": "features, SQL by hand", "pandas": "features, pandas"}


@dataclass
class Figures:
    """Seconds and peak memory by what ran and on how many rows, a list over the rounds."""

    seconds: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))
    peak: dict[tuple[str, int], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, what: str, rows: int, ran: Ran, inside: float | None = None) -> None:
        """Keep a process's figures; `inside` are its own seconds, without Python's start."""
        seconds = ran.seconds if inside is None else inside
        self.seconds[what, rows].append(seconds)
        self.peak[what, rows].append(ran.peak_mb)
        log.info("%s, %s rows: %.1f s, %.0f MB", what, f"{rows:,}", seconds, ran.peak_mb)

    def growth(self, what: str) -> float:
        """The exponent of the seconds in the rows, by least squares of the logarithms."""
        found = sorted((n, np.median(s)) for (name, n), s in self.seconds.items() if name == what)
        rows, seconds = np.log(np.array(found)).T
        return float(np.polyfit(rows, seconds, 1)[0])


@stage
def main() -> None:
    """Measure, then write JSON, table and picture."""
    parser = report.arguments("the synthetic bank, larger and larger", rounds=1)
    parser.add_argument("--small", action="store_true", help="a few thousand rows")
    parser.add_argument("--most", type=int, default=max(SIZES), help="rows of the largest bank")
    given = parser.parse_args()
    times = SMALL if given.small else {n: often for n, often in SIZES.items() if n <= given.most}
    many = FEW if given.small else MANY
    figures = Figures()
    with TemporaryDirectory(prefix="bench-scale-") as name:
        folder = Path(name)
        rows = {size: _copy(folder / str(size), size) for size in times}
        for _ in range(given.rounds):
            for size, often in times.items():
                _measure(figures, folder / str(size), rows[size], often)
            _score(figures, folder / str(max(times)), many)
        document = report.document(_measures(figures, sorted(rows.values()), many), given.rounds)
    if not given.small:
        report.publish("scale", document)
        _draw(figures)
    print(report.table(document))


def _copy(folder: Path, size: int) -> int:
    """A checkout of the code alone, with a bank of about so many rows; the exact number."""
    for name in ("stages", "bench", "conf"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "dvc.lock", "requirements.txt"):
        shutil.copy2(ROOT / name, folder / name)
    rows = json.loads(_run(folder, "bench.bank", str(folder / "data" / "raw"), str(size)).output)
    _run(folder, "stages.params", "source=synthetic")
    return int(rows)


def _run(folder: Path, module: str, *arguments: str) -> Ran:
    return run([sys.executable, "-m", module, *arguments], os.environ, folder)


def _measure(figures: Figures, folder: Path, rows: int, often: int) -> None:
    """Stages and scoring of one bank, and so often the features at one cutoff by each side."""
    for name in STAGES:
        figures.add(name, rows, _run(folder, f"stages.{name}"))
    figures.add("score", rows, _run(folder, "bench.steps", "score"))
    for side in SIDES * often:
        if side != "pandas" or rows <= PANDAS_ROWS:
            ran = _run(folder, "bench.steps", side)
            figures.add(NAMES[side], rows, ran, float(ran.output))


def _score(figures: Figures, folder: Path, many: int) -> None:
    """So many customers: scores from features on disk, reasons for some, into the store."""
    _run(folder, "bench.steps", "crowd", str(many))
    figures.add("score many", many, _run(folder, "bench.steps", "many"))
    with TemporaryDirectory(prefix="bench-node-") as home:
        address = node.up(NodeConfig(Path(home)))
        environment = os.environ | {CONTACT_POINTS: str(address)}
        try:
            command = [sys.executable, "-m", "bench.steps", "publish"]
            ran = run(command, environment, folder)
            figures.add("publish", many, ran, float(ran.output))
        finally:
            node.down(Path(home))


def _measures(figures: Figures, sizes: list[int], many: int) -> list[Measure]:
    """The figures as rows of the report, with the goals that they are held to."""

    def took(
        what: str, rows: int, anchor: Measure | None = None, goal: Goal | None = None
    ) -> Measure:
        said = f"{what}, {rows / 1e6:.3g} million rows"
        return Measure(said, "s", figures.seconds[what, rows], anchor, goal)

    ibis, sql, pandas = (NAMES[side] for side in SIDES)
    measures = [took(what, rows) for what in (*STAGES, "score") for rows in sizes]
    for rows in sizes:
        by_hand = took(sql, rows)
        ours = took(ibis, rows, by_hand, Goal("≤", 1.15))
        measures += [by_hand, ours]
        if (pandas, rows) in figures.seconds:
            measures.append(took(pandas, rows, ours, Goal("≥", 4)))
    largest = sizes[-1]
    for what, goal in (("preprocess", 1.05), ("train", None), ("score", 1.05), (ibis, 1.05)):
        bound = Goal("≤", goal) if goal else None
        name = f"{what}: exponent of the seconds in the rows"
        measures.append(Measure(name, "", [figures.growth(what)], goal=bound))
    for what, most in (("preprocess", 2560), ("train", None), ("score", 2560)):
        name = f"{what}, {largest / 1e6:.3g} million rows: peak memory"
        bound = Goal("<", most) if most else None
        measures.append(Measure(name, "MB", figures.peak[what, largest], goal=bound))
    customers, seconds = f"{many:,} customers", figures.seconds["score many", many]
    publish = [many / each for each in figures.seconds["publish", many]]
    return [
        *measures,
        Measure(f"score {customers}, reasons for 1,000", "s", seconds, goal=Goal("<", 60)),
        Measure(
            f"score {customers}: peak memory",
            "MB",
            figures.peak["score many", many],
            goal=Goal("<", 4096),
        ),
        Measure(f"publish {customers}", "customers/s", publish),
    ]


def _draw(figures: Figures) -> None:
    """Seconds and memory over rows, each on logarithmic axes."""
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, kept, what in (
        (left, figures.seconds, "seconds"),
        (right, figures.peak, "peak memory, MB"),
    ):
        for name in (*STAGES, "score", *NAMES.values()):
            found = sorted((n, np.median(v)) for (w, n), v in kept.items() if w == name)
            axes.loglog(*zip(*found, strict=True), "o-", markersize=4, label=name)
        axes.set(xlabel="transactions", ylabel=what)
        axes.spines[["top", "right"]].set_visible(False)
    left.legend(frameon=False, fontsize=8)
    with replacing(PICTURE) as beside:
        figure.savefig(beside, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
