"""The level is half way between what was learnt and what was last seen."""

import numpy as np
import pytest

from stages.domain.level import band, level


def test_the_factor_is_the_square_root_of_last_seen_over_expected():
    assert level(np.array([40.0, 60.0]), np.array([100.0, 21.0])) == pytest.approx(1.1)


def test_more_brought_back_than_bought_counts_as_nothing():
    assert level(np.array([40.0, 60.0]), np.array([-50.0, 121.0])) == pytest.approx(1.1)


@pytest.mark.parametrize(("expected", "spent"), [(0.0, 5.0), (5.0, 0.0), (0.0, 0.0)])
def test_of_nothing_there_is_no_ratio(expected, spent):
    assert level(np.array([expected]), np.array([spent])) == 1


def test_the_band_is_two_standard_deviations_of_the_log_of_totals():
    actual = np.array([100.0, 110.0, 90.909090909])
    assert band(actual, np.full(3, 100.0)) == pytest.approx(2 * np.log(1.1))


def test_two_totals_are_too_few_for_a_band():
    assert band(np.array([100.0, 110.0]), np.array([100.0, 100.0])) is None
    assert band(np.array([100.0, 110.0, 0.0]), np.array([100.0, 100.0, 5.0])) is None
