"""The ablation says what knowing protected attributes would have changed."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.ablation import ablation
from stages.domain.capability import CapabilityRegressor

QUICK = CapabilityRegressor(max_iter=30)
RNG = np.random.default_rng(4)
SEX = RNG.choice(["f", "m"], 600)
ROWS = pd.DataFrame(
    {
        "customer_id": [f"c{i}" for i in range(600)],
        "spend_rate": RNG.gamma(2.0, 50.0, 600),
        "target": np.where(SEX == "f", 300.0, 30.0) * RNG.lognormal(0, 0.2, 600),
    }
)
GROUPS = pd.DataFrame({"sex": SEX}, index=pd.Index(ROWS["customer_id"], name="customer_id"))


def gain(groups, target=None):
    held = ROWS if target is None else ROWS.assign(target=target)
    return ablation(QUICK, ROWS, held, ["spend_rate"], groups, rounds=50, seed=0)


def test_an_attribute_that_decides_spend_would_have_gained_much():
    found = gain(GROUPS)
    assert 0.3 < found["low"] < found["gini"] < found["high"]


def test_an_attribute_that_says_nothing_gains_nothing():
    same = GROUPS.assign(sex="f")
    assert gain(same) == {"gini": pytest.approx(0), "low": pytest.approx(0), "high": 0}


def test_customers_of_whom_nothing_is_known_take_part():
    assert gain(GROUPS.iloc[:300].assign(age_band=[None, "30-39"] * 150))["gini"] > 0


def test_where_nothing_is_known_or_nobody_spends_there_is_no_figure():
    assert gain(GROUPS[[]]) is None
    assert gain(GROUPS.iloc[:0]) is None
    assert gain(GROUPS, target=0.0) is None
