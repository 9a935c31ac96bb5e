"""The method's quality: every data set at an out-of-time cutoff, figures beside their goals.

`python -m bench.quality` writes reports/bench/quality.json and the table of docs/quality.md. Needs
no store: sources are read straight through the contract. Data that the project does not ship is
looked for in QUALITY_DATA (berka/, taiwan_cards/); what is not there is said to be absent.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from omegaconf import DictConfig, OmegaConf
from scipy.stats import spearmanr

from bench import law, report
from bench.report import Goal
from stages.adapters import config, engine, sources
from stages.adapters.paths import CONF, ROOT
from stages.adapters.recipes import recipe
from stages.domain import calibration, cutoffs, frame, frame_contract, metrics, ranking, training
from stages.domain.baselines import baselines
from stages.domain.contract import split
from stages.domain.features import daily
from stages.domain.gate import most_coverage
from stages.domain.model import Model

DATA = Path(os.environ.get("QUALITY_DATA") or ROOT.parent / "shared" / "data")
ROUNDS = 300  # of the bootstrap over customers
PAGE = ROOT / "docs" / "quality.md"


@dataclass(frozen=True)
class Origin:
    """A data set, where its past ends, and the figures to reach."""

    name: str
    source: str
    horizon: int
    cutoff: date | None
    as_of: date | None
    goals: tuple[tuple[str, Goal], ...]
    settings: dict[str, Any] = field(default_factory=dict)
    coverage: tuple[float, float] = (0.75, 0.85)


@dataclass(frozen=True)
class Row:
    """A figure with its 95 % interval, null where none is known, and its goal."""

    what: str
    figure: str
    value: float
    low: float | None = None
    high: float | None = None
    goal: str | None = None
    holds: bool | None = None


BIAS = (("bias", Goal("≤", 1.07)), ("bias", Goal("≥", 0.93)))
ORIGINS = (
    Origin(
        "Complete Journey, 90 days",
        "complete_journey",
        90,
        date(2017, 10, 3),
        None,
        (
            ("gini", Goal("≥", 0.865)),
            ("spearman", Goal("≥", 0.825)),
            ("mae", Goal("≤", 172)),
            *BIAS,
        ),
    ),
    Origin(
        "Complete Journey, 30 days",
        "complete_journey",
        30,
        date(2017, 12, 2),
        None,
        (("gini", Goal("≥", 0.845)), ("spearman", Goal("≥", 0.785)), ("mae", Goal("≤", 74)), *BIAS),
    ),
    Origin(
        "Berka, 90 days",
        "berka",
        90,
        date(1994, 1, 1),
        date(1994, 4, 1),
        (
            ("gini", Goal("≥", 0.78)),
            ("spearman", Goal("≥", 0.83)),
            ("mae / baseline", Goal("≤", 0.8)),
        ),
        {"path": str(DATA / "berka")},
    ),
    Origin(
        "Taiwan cards, next month",
        "taiwan_cards",
        30,
        None,
        None,
        (
            ("gini", Goal("≥", 0.565)),
            ("spearman", Goal("≥", 0.64)),
            ("bias", Goal("≥", 0.88)),
            ("bias", Goal("≤", 1.12)),
        ),
        {"path": str(DATA / "taiwan_cards" / "UCI_Credit_Card.csv")},
    ),
    Origin(
        "Synthetic bank, 20,000 customers",
        "synthetic",
        90,
        None,
        None,
        (("bias", Goal("≥", 0.97)), ("bias", Goal("≤", 1.03))),
        coverage=(0.78, 0.82),
    ),
)


def main() -> None:
    """Judge every origin that is here, and publish."""
    rows: list[Row] = []
    absent = []
    for origin in ORIGINS:
        path = origin.settings.get("path")
        if path and not Path(path).exists():
            absent.append(origin.name)
            continue
        print(f"{origin.name} …", flush=True)
        rows += judged(origin)
    document = report.document([], 1) | {"absent": absent, "rows": [vars(row) for row in rows]}
    report.publish("quality", document, PAGE, table)
    print(table(document))


def judged(origin: Origin) -> Iterator[Row]:
    """The figures of one origin."""
    params = config.load()
    params.horizon = origin.horizon
    made = recipe(params)
    plan, rows = framed(origin, made)
    made = replace(made, spec=plan.spec(made.spec))
    held = frame.at(rows, [plan.cutoff])
    began = time.process_time()
    model = training.fit(rows, plan.training, plan.cutoff, plan.first, plan.target_days, made)
    seconds = time.process_time() - began
    actual, scores = held["target"].to_numpy(), model.score(held)
    figures = metrics.judge(
        actual, scores["expected_spend"].to_numpy(), calibration.covered(actual, scores)
    )
    simple = baselines(held, made.spec)
    best = min(metrics.judge(actual, forecast)["mae"] or np.inf for forecast in simple.values())
    figures["mae / baseline"] = (figures["mae"] or 0) / best
    bounds = _intervals(actual, scores["expected_spend"].to_numpy())
    for figure, goal in origin.goals:
        value = figures[figure]
        assert value is not None
        low, high = bounds.get(figure, (None, None))
        yield Row(origin.name, figure, value, low, high, str(goal), goal.holds(value))
    if origin.source == "synthetic":
        yield from _against_truth(origin, plan, scores)
    yield from _coverage(origin, actual, scores, figures["coverage"] or 0.0)
    yield _row(origin, "seconds of training, one core", seconds, Goal("<", 10))
    yield _row(origin, "seconds of reasons, 1,000 customers", _reasons(model, held), Goal("≤", 2))
    moved = _moved(rows, plan, made, model, held)
    yield _row(origin, "segment changed by a refit", moved, Goal("≤", 0.03))


def _against_truth(origin: Origin, plan: cutoffs.Plan, scores: pd.DataFrame) -> Iterator[Row]:
    """The expected spend beside the expectation of the law that the bank's customers follow."""
    truth = law.truth(_group(origin), plan.cutoff, origin.horizon).to_pandas()
    both = scores.merge(truth, on="customer_id", suffixes=("", "_true"))
    bias = both["expected_spend"].sum() / both["expected"].sum()
    yield Row(origin.name, "bias to the true expectation", bias)
    rank = spearmanr(both["expected_spend"], both["expected"]).statistic
    yield Row(origin.name, "spearman with the true expectation", float(rank))


def _group(origin: Origin) -> DictConfig:
    group = OmegaConf.load(CONF / "source" / f"{origin.source}.yaml")
    assert isinstance(group, DictConfig)
    group.merge_with(origin.settings)
    return group


def framed(origin: Origin, made: training.Recipe) -> tuple[cutoffs.Plan, pd.DataFrame]:
    """The plan and the frame of a source, read straight from its files."""
    group = _group(origin)
    module = sources.module(origin.source)
    spec = made.spec
    with TemporaryDirectory() as folder:
        for number, draft in enumerate(module.transactions(group)):
            accepted, _ = split(draft, datetime.now(UTC))
            pq.write_table(accepted, f"{folder}/{number}.parquet")
        backend = engine.connect()
        transactions = engine.read(backend, Path(folder))
        days = engine.keep(backend, "daily", daily(transactions, spec))
        history = cutoffs.history(backend, transactions)
        plan = cutoffs.plan(history, spec.horizon, origin.as_of, origin.cutoff)
        rows = frame.rows(days, plan.all, plan, plan.spec(spec)).order_by("cutoff", "customer_id")
        kept = frame_contract.checked(engine.batches(backend, engine.keep(backend, "frame", rows)))
        return plan, pa.Table.from_batches(kept).to_pandas()


def _coverage(
    origin: Origin, actual: np.ndarray, scores: pd.DataFrame, coverage: float
) -> Iterator[Row]:
    """Coverage of all and by decile, held to METHOD's ranges."""
    zeros = float((actual == 0).mean())
    lowest, highest = origin.coverage
    highest = most_coverage(highest, zeros)
    spread = 1.96 * np.sqrt(coverage * (1 - coverage) / len(actual))
    inside = lowest <= coverage <= highest
    text = f"{lowest:.2f} to {highest:.2f}"
    yield Row(origin.name, "coverage", coverage, coverage - spread, coverage + spread, text, inside)
    tenths = calibration.by_decile(actual, scores)
    upper = np.maximum(0.9, tenths["zeros"] + 0.05)
    outside = int(((tenths["coverage"] < 0.7) | (tenths["coverage"] > upper)).sum())
    yield _row(origin, "deciles with coverage outside 0.70 to 0.90", outside, Goal("=", 0))


def _row(origin: Origin, figure: str, value: float, goal: Goal) -> Row:
    return Row(origin.name, figure, value, None, None, str(goal), goal.holds(value))


def _intervals(actual: np.ndarray, predicted: np.ndarray) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals over customers."""
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(ROUNDS):
        some = rng.integers(0, len(actual), len(actual))
        a, p = actual[some], predicted[some]
        errors = np.abs(a - p).mean()
        draws.append((ranking.gini(a, p), spearmanr(a, p).statistic, errors, p.sum() / a.sum()))
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    names = ("gini", "spearman", "mae", "bias")
    return {name: (low[i], high[i]) for i, name in enumerate(names)}


def _reasons(model: Model, held: pd.DataFrame) -> float:
    """Seconds for a thousand customers."""
    some = held.head(1000)
    began = time.process_time()
    model.explained({name: some[name].to_numpy() for name in some})
    return (time.process_time() - began) * 1000 / len(some)


def _moved(
    rows: pd.DataFrame, plan: cutoffs.Plan, made: training.Recipe, model: Model, held: pd.DataFrame
) -> float:
    """The share of customers whose segment changes when four fifths of them are fitted anew."""
    customers = rows["customer_id"].drop_duplicates()
    some = customers.sample(frac=0.8, random_state=1)
    again = training.fit(
        rows[rows["customer_id"].isin(some)],
        plan.training,
        plan.cutoff,
        plan.first,
        plan.target_days,
        made,
    )
    before = model.score(held)
    after = again.score(held, before["tier"].to_numpy(object))
    return float((before["segment"] != after["segment"]).mean())


def table(document: dict[str, Any]) -> str:
    """The document as Markdown; misses are shown as misses."""
    lines = [
        f"{document['when'][:10]}, on {document['machine']}:",
        "",
        "| data set | figure | value | 95 % interval | goal | |",
        "| --- | --- | ---: | --- | --- | --- |",
    ]
    for row in document["rows"]:
        verdict = {True: "holds", False: "**missed**", None: ""}[row["holds"]]
        between = "" if row["low"] is None else f"{row['low']:,.3f} to {row['high']:,.3f}"
        value = f"{row['value']:,.3f}"
        cells = [row["what"], row["figure"], value, between, row["goal"] or "", verdict]
        lines.append(f"| {' | '.join(cells)} |")
    if document["absent"]:
        lines += ["", f"Absent here, so not judged: {', '.join(document['absent'])}."]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
