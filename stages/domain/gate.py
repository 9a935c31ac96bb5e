"""The gate: whether a challenger may become champion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

ZEROS_MARGIN = 0.06  # an interval from 0 up holds all who spend nothing, and a few more


@dataclass(frozen=True)
class Decision:
    """Passed only if every check did; the checks say what was compared, with figures."""

    checks: tuple[tuple[str, bool], ...]

    @property
    def passed(self) -> bool:
        """Whether all checks passed, and there was at least one."""
        return bool(self.checks) and all(ok for _, ok in self.checks)

    def to_json(self) -> dict[str, Any]:
        """For the report and MLflow."""
        return {
            "passed": self.passed,
            "checks": [{"check": text, "passed": ok} for text, ok in self.checks],
        }


def most_coverage(highest: float, zeros: float) -> float:
    """The most that coverage may be where a share `zeros` spent nothing."""
    return max(highest, zeros + ZEROS_MARGIN)


def decide(
    metrics: Mapping[str, Any],
    champion: Mapping[str, Any] | None,
    fewest_customers: int,
    most_bias: float,
    coverage: Sequence[float],
) -> Decision:
    """Judge reports/metrics.json; a figure that is missing or no number fails its check.

    `champion` is the gain in Gini over the champion on the same holdout ({over, gini, low, high}),
    None where there is none or it answers another question (source, horizon or target).
    """
    holdout = metrics.get("holdout") or {}
    customers, zeros = _figure(metrics, "customers"), _figure(metrics, "zeros")
    bias, inside = _figure(holdout, "bias"), _figure(holdout, "coverage")
    lowest, highest = coverage
    highest = most_coverage(highest, zeros or 0)
    checks = [
        (
            f"customers in the holdout {metrics.get('customers')}, at least {fewest_customers}",
            customers is not None and customers >= fewest_customers,
        ),
        _not_worse("the best baseline", metrics.get("gain") or {}),
        (
            f"total bias {_show(bias)}, between {1 / most_bias:.2f} and {most_bias:.2f}",
            bias is not None and 1 / most_bias <= bias <= most_bias,
        ),
        (
            f"coverage of the 80 % interval {_show(inside)}, between {lowest} and {highest:.2f}",
            inside is not None and lowest <= inside <= highest,
        ),
    ]
    if champion is not None:
        checks.append(_not_worse("the champion", champion))
    return Decision(tuple(checks))


def _not_worse(than: str, gain: Mapping[str, Any]) -> tuple[str, bool]:
    """Whether the gain in Gini may be 0 or more: its interval does not lie below 0."""
    more, low, high = (_figure(gain, name) for name in ("gini", "low", "high"))
    return (
        f"Gini over {than} ({gain.get('over')}) {_show(more)}, 95 % interval "
        f"{_show(low)} to {_show(high)}, not all of it below 0",
        more is not None and low is not None and high is not None and high >= 0,
    )


def _figure(figures: Mapping[str, Any], name: str) -> float | None:
    """A figure by name; None where it is missing or no number."""
    value = figures.get(name)
    return value if isinstance(value, int | float) and isfinite(value) else None


def _show(figure: float | None) -> str:
    return "missing" if figure is None else f"{figure:.4f}"
