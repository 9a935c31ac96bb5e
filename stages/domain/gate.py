"""The gate: whether a challenger may become champion."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Decision:
    """Passed only if every check did; the checks say what was compared, with figures."""

    checks: tuple[tuple[str, bool], ...]

    @property
    def passed(self) -> bool:
        """Whether all checks passed, and there was at least one."""
        return bool(self.checks) and all(ok for _, ok in self.checks)


def decide(metrics: dict[str, Any], fewest_customers: int, most_bias: float) -> Decision:
    """Judge reports/metrics.json; a missing figure fails its check, so the gate fails closed."""
    gain = metrics.get("gain") or {}
    low, gini = gain.get("low"), gain.get("gini")
    customers, bias = metrics.get("customers"), (metrics.get("holdout") or {}).get("bias")
    return Decision(
        (
            (
                f"customers in the holdout {customers}, at least {fewest_customers}",
                customers is not None and customers >= fewest_customers,
            ),
            (
                f"Gini over the best baseline ({gain.get('over')}) {_show(gini)}, "
                f"95 % interval from {_show(low)}, not below 0",
                low is not None and low >= 0,
            ),
            (
                f"total bias {_show(bias)}, between {1 / most_bias:.2f} and {most_bias:.2f}",
                bias is not None and 1 / most_bias <= bias <= most_bias,
            ),
        )
    )


def _show(figure: float | None) -> str:
    return "missing" if figure is None else f"{figure:.4f}"
