"""Four customers and what may be said of them."""

import numpy as np
import pandas as pd

ACTUAL = np.array([0.0, 10.0, 30.0, 60.0])


def scores(expected, low, high):
    """What a model says of customers, in the columns that its figures are read from."""
    return pd.DataFrame({"expected_spend": expected, "low": low, "high": high})
