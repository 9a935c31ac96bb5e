"""Whole numbers, such as cents, that are added without rounding, as the engines add decimals."""

import numpy as np
from numpy.typing import NDArray

SAFE = 2**62  # sums of whole numbers below it fit 64 bits; above, Python's integers are used
Whole = NDArray[np.int64] | NDArray[np.object_]
Floats = NDArray[np.float64]


def safe(units: NDArray[np.int64]) -> Whole:
    """`units` so that sums of them stay exact."""
    bound = float(np.abs(units).astype(np.float64).sum())
    return units if bound < SAFE else units.astype(object)


def rounded(units: Floats) -> Whole:
    """`units` [r, n] to the next whole ones, halves away from 0, as a cast to a decimal does."""
    units = np.copysign(np.floor(np.abs(units) + 0.5), units)
    if np.abs(units).sum() < SAFE:
        return units.astype(np.int64)
    return np.array([[int(u) for u in row] for row in units], dtype=object)


def number(units: int, scale: int) -> float:
    """Whole `units` over `scale`, just as DuckDB casts a decimal: in two parts beyond 2^53."""
    if -(2**53) < units < 2**53:
        return units / scale
    return float(units // scale) + float(units % scale) / scale
