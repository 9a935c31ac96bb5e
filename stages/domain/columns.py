"""Features of some customers: a mapping from names to columns [n], with no table around."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[np.float64]]


def stack(features: Columns, names: Sequence[str]) -> NDArray[np.float64]:
    """The columns `names` [f] side by side [n, f]; np.column_stack takes longer."""
    return np.array([features[name] for name in names]).T


def select(features: Columns, names: Iterable[str], chosen: NDArray[np.bool_]) -> Columns:
    """The columns `names` of the `chosen` [n]; the features as they are if that is everybody."""
    return features if chosen.all() else {name: features[name][chosen] for name in names}


def spread(values: NDArray, known: NDArray[np.bool_], otherwise: float | str) -> NDArray:
    """`values` at the places [n] that are `known`, `otherwise` at all others."""
    if len(values) == len(known):
        return values
    everybody = np.full(len(known), otherwise, values.dtype)
    everybody[known] = values
    return everybody
