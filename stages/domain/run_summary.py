"""The summary of a run, for the terminal."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stages.domain.cards import cell
from stages.domain.tiers import TIERS

FIGURES = ("gini", "spearman", "mae", "bias")


def summary(metrics: dict[str, Any], manifest: dict[str, Any], scores: pa.Table) -> str:
    """Customers, rows, figures beside the baselines, tiers, and where to look next."""
    first = scores.slice(0, 1).to_pylist()[0]
    lines = [
        "",
        f"{scores.num_rows:,} customers, {manifest['rows']:,} transactions",
        f"as of {first['as_of']}: expected spend of the next {metrics['horizon']} days "
        f"{pc.sum(scores['expected_spend']).as_py():,.0f} in all (champion: version "
        f"{first['model_version']})",
        "",
        f"Out of time, holdout of {metrics['horizon']} days from {metrics['cutoff']}:",
        f"  {'':<14}" + "".join(f"{name:>10}" for name in FIGURES),
    ]
    for name, figures in {"this model": metrics["holdout"], **metrics["baselines"]}.items():
        lines.append(f"  {name:<14}" + "".join(f"{cell(figures[f]):>10}" for f in FIGURES))
    if (gain := metrics["gain"]) and gain["gini"] < 0:
        lines.append(f"  It ranks these customers no better than the simple {gain['over']}.")
    lines += ["", "Tiers:"]
    for tier in reversed(TIERS):
        members = scores.filter(pc.equal(scores["tier"], tier))
        spend = pc.mean(members["expected_spend"]).as_py()
        lines.append(f"  {tier:<8}{members.num_rows:>9,} customers, {spend or 0:>10,.0f} each")
    lines += [
        "",
        "Next: data/scores/scores.parquet   make serve (then the README's curl)   make mlflow",
        "      dvc exp run -S horizon=30    dvc plots show",
    ]
    return "\n".join(lines)
