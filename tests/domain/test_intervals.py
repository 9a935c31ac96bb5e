"""Intervals are what customers of like expectation really spent, as ratios to it."""

import numpy as np
import pytest

from stages.domain.intervals import Intervals

RNG = np.random.default_rng(3)


def test_a_tenth_lies_below_and_a_tenth_above():
    expected = np.full(1001, 100.0)
    low, high = Intervals.fit(expected, np.linspace(50, 150, 1001)).of(np.array([100.0, 10.0]))
    assert low == pytest.approx([60, 6])
    assert high == pytest.approx([140, 14])


def test_where_a_tenth_spends_nothing_the_interval_is_from_nothing_to_the_80th():
    actual = np.concatenate([np.zeros(20), np.linspace(1, 180, 180)])
    low, high = Intervals.fit(np.full(200, 100.0), actual).of(np.array([100.0]))
    assert low == 0
    assert high == pytest.approx(np.quantile(actual, 0.8))


def test_each_bin_has_its_own_spread_and_covers_four_fifths():
    expected = np.exp(RNG.normal(4, 1, 6000))
    noise = np.where(expected > 55, 0.2, 1.0)  # small spenders are harder to tell
    actual = expected * np.exp(RNG.normal(0, noise))
    intervals = Intervals.fit(expected, actual)
    assert len(intervals.low) == 20
    low, high = intervals.of(np.array([20.0, 200.0]))
    assert high[0] / low[0] > 5 * high[1] / low[1]
    low, high = intervals.of(expected)
    inside = (actual >= low) & (actual <= high)
    assert inside.mean() == pytest.approx(0.8, abs=0.01)
    assert inside[expected > 55].mean() == pytest.approx(0.8, abs=0.02)


def test_customers_expected_alike_share_a_bin_and_no_bin_is_of_a_few():
    expected = np.concatenate([[1.0], np.full(2000, 5.0), np.linspace(6, 9, 999)])
    actual = expected * RNG.uniform(0.5, 1.5, 3000)
    intervals = Intervals.fit(expected, actual)
    place = np.searchsorted(intervals.edges, expected, side="right")
    assert np.bincount(place).min() >= 150
    assert set(place[1:2001]) == {place[0]}
    low, high = intervals.of(np.array([1.0]))
    assert high - low > 0.5  # not the one customer's own spend


@pytest.mark.parametrize("n", [1, 2, 12, 149, 150, 301])
def test_few_customers_are_one_bin_or_two(n):
    expected = np.linspace(10, 20, n)
    intervals = Intervals.fit(expected, expected)
    assert len(intervals.low) == len(intervals.high) == len(intervals.edges) + 1 == 1 + n // 300
    low, high = intervals.of(expected)
    assert low == pytest.approx(expected)
    assert high == pytest.approx(expected)


def test_what_is_not_expected_at_all_makes_no_ratio():
    expected, actual = np.array([0.0, 0.0, 10.0, 10.0]), np.array([0.0, 99.0, 5.0, 15.0])
    low, high = Intervals.fit(expected, actual).of(np.array([0.0, 10.0]))
    assert low == pytest.approx([0, 6])
    assert high == pytest.approx([0, 14])
    assert Intervals.fit(expected[:2], actual[:2]).of(expected)[1].tolist() == [0, 0, 10, 10]
