"""Low confidence is said with its reasons, for a whole model and for single customers."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.confidence import of_customers, of_model


def customers(n=600, tenure=None, last=100.0):
    return pd.DataFrame(
        {
            "tenure": np.linspace(1, 300, n) if tenure is None else tenure,
            "spend_rate": np.full(n, 100.0),
            "spend_rate_90": np.full(n, last),
        }
    )


def test_nothing_speaks_against_many_customers_with_a_long_history():
    assert of_model(customers(), 90, 90, 4) is None


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ((customers(499), 90, 90, 4), "499 customers, below 500"),
        ((customers(), 60, 90, 3), "a history too short for 90 days: learnt 60 and scaled"),
        ((customers(), 90, 90, 1), "a history with one cutoff to learn from"),
        (
            (customers(tenure=300.0, last=70.0), 90, 90, 4),
            "a single cohort that fades: no newcomers to learn from",
        ),
    ],
)
def test_what_speaks_against_a_model_is_said(case, why):
    assert of_model(*case) == why


def test_a_cohort_that_holds_and_newcomers_that_fade_are_no_reason():
    assert of_model(customers(tenure=300.0), 90, 90, 4) is None
    assert of_model(customers(last=70.0), 90, 90, 4) is None


def test_reasons_are_joined():
    assert of_model(customers(50), 60, 90, 1) == (
        "50 customers, below 500; a history too short for 90 days: learnt 60 and scaled"
    )


FEATURES = pd.DataFrame(
    {
        "tenure": [np.nan, 40, 40, 300],
        "ticket_largest": [np.nan, -5, 10, 10],
        "gap_longest": [np.nan, 9, 0, 9],
    }
)


def test_customers_of_whom_little_is_known_are_marked_and_others_are_normal():
    assert of_customers(FEATURES, None).tolist() == [
        "low: no history yet",
        "low: no spend yet",
        "low: a single visit",
        "normal",
    ]


def test_a_caution_of_the_model_is_every_customers():
    said = of_customers(FEATURES, "9 customers, below 500")
    assert said[0] == "low: no history yet; 9 customers, below 500"
    assert said[3] == "low: 9 customers, below 500"
