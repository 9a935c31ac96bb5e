"""Evidently's page is made of any holdout, the same bytes each time."""

import importlib

import numpy as np
import pandas as pd
import pytest


def side(seed: int, n: int = 1500) -> pd.DataFrame:
    """A holdout of `n` customers."""
    rng = np.random.default_rng(seed)
    spend = rng.gamma(2.0, 50.0, n)
    return pd.DataFrame(
        {
            "spend_rate": spend,
            "recency": rng.exponential(20.0, n),
            "target": spend * rng.lognormal(0, 0.3, n),
            "prediction": spend,
        }
    )


@pytest.fixture(scope="module")
def report():
    """Imported where it is used: that takes seconds, in each process that collects tests."""
    return importlib.import_module("stages.adapters.evidently_report").report


def test_the_same_holdout_gives_the_same_bytes_and_names_its_columns(report):
    page = report(side(1), side(2), seed=0)
    assert page == report(side(1), side(2), seed=0)
    assert b"spend_rate" in page
    assert b"recency" in page


@pytest.mark.parametrize(
    ("current", "reference"),
    [
        ({"recency": 5.0}, {"recency": np.nan}),  # constant, and not known of anybody
        ({"recency": np.nan}, {"target": 0.0}),
        ({"prediction": 7.0}, {"prediction": 7.0, "recency": 5.0}),
        ({"target": 0.0, "prediction": 0.0}, {"target": 0.0, "prediction": 0.0}),
    ],
)
def test_columns_that_are_constant_or_not_known_break_nothing(report, current, reference):
    page = report(side(1).assign(**current), side(2).assign(**reference), seed=0)
    assert b"spend_rate" in page


def test_where_all_are_alike_nothing_can_drift(report):
    assert b"nothing can drift" in report(side(1) * 0, side(2), seed=0)


@pytest.mark.parametrize(("current", "reference"), [(1, 1500), (1500, 1499)])
def test_of_few_customers_no_figure_is_shown(report, current, reference):
    page = report(side(1, current), side(2, reference), seed=0)
    assert b"fewer than 1,500 customers" in page
    assert b"spend_rate" not in page
