"""How honest a forecast's level and interval are, in all and by decile."""

import numpy as np
import pandas as pd

DECILES = 10


def covered(actual: np.ndarray, scores: pd.DataFrame) -> np.ndarray:
    """Whether each customer's spend lies in their interval [n]; a cent of rounding is inside."""
    low, high = scores["low"].to_numpy(), scores["high"].to_numpy()
    return (actual >= low - 0.01) & (actual <= high + 0.01)


def by_decile(actual: np.ndarray, scores: pd.DataFrame) -> pd.DataFrame:
    """Each tenth of customers, lowest predicted first.

    Mean predicted and actual spend, the coverage of their intervals, the share `zeros` who spent
    nothing, and how many customers.
    """
    frame = pd.DataFrame(
        {
            "actual": actual,
            "predicted": scores["expected_spend"].to_numpy(),
            "coverage": covered(actual, scores),
            "zeros": actual == 0,
        }
    )
    place = frame["predicted"].rank(method="first")
    frame["decile"] = np.ceil(place * DECILES / len(frame)).astype(int)
    tenths = frame.groupby("decile")
    return tenths.mean().assign(customers=tenths.size()).reset_index()
