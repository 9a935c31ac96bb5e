"""The level is half way between what was learnt and what was last seen."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.level import band, last_horizon, level


def test_the_factor_is_the_square_root_of_last_seen_over_expected():
    seen = np.array([1.0, 1.0])
    assert level(np.array([40.0, 60.0]), np.array([100.0, 21.0]), seen) == pytest.approx(1.1)


def test_a_newcomer_seen_for_half_a_horizon_counts_twice():
    expected, spent = np.array([100.0, 100.0]), np.array([100.0, 50.0])
    assert level(expected, spent, np.array([1.0, 0.5])) == 1


@pytest.mark.parametrize(("expected", "spent"), [(0.0, 5.0), (5.0, 0.0), (0.0, 0.0)])
def test_of_nothing_there_is_no_ratio(expected, spent):
    assert level(np.array([expected]), np.array([spent]), np.array([1.0])) == 1


def test_the_last_horizon_is_the_money_spent_in_it_and_the_share_seen():
    frame = pd.DataFrame({"tenure": [300.0, 15.0, 2.0, 60.0], "spend_rate_30": [90, 60, 30, -9.0]})
    spent, seen = last_horizon(frame, horizon=30, shortest_tenure=7)
    assert seen == pytest.approx([1, 1 / 2, 7 / 30, 1])
    assert spent == pytest.approx([90, 30, 7, 0])  # never below nothing


def test_the_band_is_two_standard_deviations_of_the_log_of_totals():
    actual = np.array([100.0, 110.0, 90.909090909])
    assert band(actual, np.full(3, 100.0)) == pytest.approx(2 * np.log(1.1))


def test_two_totals_are_too_few_for_a_band():
    assert band(np.array([100.0, 110.0]), np.array([100.0, 100.0])) is None
    assert band(np.array([100.0, 110.0, 0.0]), np.array([100.0, 100.0, 5.0])) is None
