"""The model card and the data card, written from the figures."""

import math
from typing import Any

import pandas as pd

from stages.domain.catalogue import feature

FIGURES = ("gini", "spearman", "mae", "bias", "auc", "coverage")


def model_card(report: dict[str, Any], model: dict[str, Any], fairness: pd.DataFrame) -> str:
    """Markdown; `report` is reports/metrics.json, `model` the description of a Model."""
    rows = {"this model": report["holdout"], **report["baselines"]}
    gain, without = report["gain"], report["ablation"]
    lines = [
        "# Model card: purchasing capability",
        "",
        f"Expected spend of each customer over {report['horizon']} days, with an 80 % interval, a",
        "percentile, a tier, a momentum and a style. Written by `dvc repro evaluate` from",
        "reports/metrics.json, models/holdout/model.json and reports/fairness.csv.",
        "",
        "## How good",
        "",
        f"Source {report['source']}, holdout of {report['horizon']} days from {report['cutoff']},"
        f" {report['customers']:,} customers, of whom {report['zeros']:.1%} spent nothing.",
        "",
        _table(["", *FIGURES], [[n, *(cell(f[k]) for k in FIGURES)] for n, f in rows.items()]),
        "",
        f"Gain in Gini over {gain['over']}: {gain['gini']:+.4f}, 95 % interval {gain['low']:+.4f}"
        f" to {gain['high']:+.4f}."
        if gain
        else "Nobody spent in the holdout, or all the same: nothing to rank.",
        "",
        "## How",
        "",
        "The weighted mean of a Poisson regression and two boosted models, trained on customers at"
        " past cutoffs; the level is half way between what was learnt and what was last seen"
        f" (factor {model['level']:.3f}); intervals from customers left out of the fit.",
        f"{len(model['columns'])} features, all from transactions:",
        "",
        _table(
            ["feature", "kind", "unit", "meaning"],
            [
                [f.name.format("n"), f.kind, f.unit, f.meaning.format("n")]
                for f in dict.fromkeys(map(feature, model["columns"]))
            ],
        ),
        "",
        "## Fairness",
        "",
        "Demographic and other protected attributes describe and audit; they never enter the score."
        + (
            f" A model that saw them would gain {without['gini']:+.4f} in Gini (95 % interval"
            f" {without['low']:+.4f} to {without['high']:+.4f})."
            if without
            else " What they would add is not known: the source has none, or nothing to rank."
        ),
        "",
        _table(list(fairness.columns), [[cell(v) for v in row] for row in fairness.to_numpy()])
        if len(fairness)
        else "No group of ten customers or more is known.",
        "",
        "## Limits",
        "",
        f"- Low confidence: {model['caution']}." if model["caution"] else "- Confidence: normal.",
        _band(model["band"]),
        "- It tells what customers of this kind spend, not why; a reason is a habit, no cause.",
        "- A reason may change after a refit even where the score hardly does: two are shown.",
        "",
    ]
    return "\n".join(lines)


def data_card(report: dict[str, Any], manifest: dict[str, Any], customers: pd.DataFrame) -> str:
    """Markdown; `manifest` is that of data/raw, `customers` the table of that name."""
    known = customers.drop(columns="customer_id").notna().sum()
    months = sorted({p["month"] for p in manifest["partitions"]})
    return "\n".join(
        [
            f"# Data card: {report['source']}",
            "",
            "Written by `dvc repro evaluate` from data/raw/_manifest.json.",
            "",
            _table(
                ["", ""],
                [
                    ["transactions", f"{manifest['rows']:,}"],
                    ["exact sum of amounts", manifest["amount"]],
                    ["months", f"{months[0]} to {months[-1]}"],
                    ["customers with history at the holdout", f"{report['customers']:,}"],
                    ["scored as of", report["as_of"]],
                    *([f"customers with {name}", f"{n:,}"] for name, n in known.items()),
                ],
            ),
            "",
        ]
    )


def _band(band: float | None) -> str:
    if band is None:
        return "- Too few cutoffs to say how far the total may be off."
    return (
        f"- The total of all customers may be off by a factor of {math.exp(band):.2f} either"
        " way; what a season does to all customers alike, the model does not know."
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([str(value).replace("|", "\\|") for value in line] for line in lines)
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def cell(value: Any) -> str:
    """A figure as people read it; – where there is none."""
    if value is None or value != value:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}" if abs(value) >= 10 else f"{value:.3f}"
    return str(value)
