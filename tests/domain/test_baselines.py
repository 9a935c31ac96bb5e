"""The baselines are plain arithmetic on the frame."""

from dataclasses import replace

import pandas as pd

from stages.domain.baselines import baselines
from tests.domain.crowd import SPEC


def test_last_horizon_is_what_was_spent_in_it_and_rate_the_rate_of_all_history():
    frame = pd.DataFrame(
        {"tenure": [300.0, 15.0], "spend_rate_30": [90.0, 60.0], "spend_rate": [70.0, 60.0]}
    )
    simple = baselines(frame, SPEC)
    assert simple["last_horizon"].tolist() == [90, 30]  # 15 days at 60 a month are 30
    assert simple["rate"].tolist() == [70, 60]


def test_a_horizon_shorter_than_a_newcomers_rate_takes_no_more_than_itself():
    frame = pd.DataFrame({"tenure": [300.0], "spend_rate_3": [30.0], "spend_rate": [30.0]})
    assert baselines(frame, replace(SPEC, horizon=3))["last_horizon"].tolist() == [30]


def test_a_first_statement_speaks_of_the_half_month_before_it():
    frame = pd.DataFrame({"tenure": [15.0], "spend_rate_30": [100.0], "spend_rate": [100.0]})
    assert baselines(frame, replace(SPEC, lead=15))["last_horizon"].tolist() == [100]


def test_a_customer_with_more_refunds_than_purchases_is_forecast_nothing():
    frame = pd.DataFrame({"tenure": [90.0], "spend_rate_30": [-5.0], "spend_rate": [-1.0]})
    assert baselines(frame, SPEC)["rate"].tolist() == [0]
