"""The expected spend of many customers together has an honest interval."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.intervals import Intervals
from stages.domain.totals import Totals


def scores(*expected):
    return pd.DataFrame({"expected_spend": np.array(expected, float), "style": "Daytime"})


def share_inside(people):
    """The share of sums of a hundred `people` inside the interval learnt from many of them."""
    intervals = Intervals.fit(*people(20_000))
    totals = Totals(0.0, intervals.edges, intervals.deviation)
    inside = []
    for _ in range(1000):
        expected, spend = people(100)
        whole = totals.of(scores(*expected))
        inside.append(whole.low <= spend.sum() <= whole.high)
    return np.mean(inside)


def test_without_an_error_of_the_level_independent_customers_even_each_other_out():
    whole = Totals(0.0, [100.0], [0.5, 0.2]).of(scores(60, 200))
    assert whole.expected == 260
    apart = 1.2816 * 50  # 30 and 40 squared, added, rooted
    assert (whole.low, whole.high) == pytest.approx((260 - apart, 260 + apart))


def test_the_error_of_the_level_is_shared_and_never_evens_out():
    whole = Totals(0.1, [], [0.5]).of(scores(*[100] * 10_000))
    assert whole.expected == 1_000_000
    assert whole.low == pytest.approx(1_000_000 * np.exp(-0.1), rel=0.001)
    assert whole.high == pytest.approx(1_000_000 * np.exp(0.1), rel=0.001)


@pytest.mark.parametrize("spend_nothing", [0.0, 0.5, 0.85])
def test_four_of_five_sums_fall_inside_however_many_spend_nothing(spend_nothing):
    draw = np.random.default_rng(3)

    def people(count):
        rate = draw.lognormal(5, 1, count)
        spend = rate * draw.gamma(4, 1 / 4, count) / (1 - spend_nothing)
        return rate, np.where(draw.random(count) < spend_nothing, 0, spend)

    assert 0.75 < share_inside(people) < 0.85


def test_customers_of_whom_next_to_nothing_is_expected_do_not_widen_a_sum():
    draw = np.random.default_rng(5)

    def people(count):
        rate = np.where(draw.random(count) < 0.01, 0.01, draw.lognormal(4, 1, count))
        happens = draw.random(count) < 0.02
        return rate, np.where(rate == 0.01, happens * 40.0, rate * draw.gamma(2, 1 / 2, count))

    assert 0.75 < share_inside(people) < 0.85


def test_customers_without_history_have_the_deviation_of_newcomers():
    some = scores(100, 100).assign(style=["Daytime", "Unknown"])
    whole = Totals(0.0, [], [0.3], newcomers=0.4).of(some)
    assert whole.high == pytest.approx(200 + 1.2816 * 50)


def test_a_total_is_never_below_nothing():
    assert Totals(0.5, [], [2.0]).of(scores(10)).low == 0


def test_a_history_too_short_to_know_the_level_gives_no_interval():
    whole = Totals(None, [], [0.5]).of(scores(100))
    assert (whole.expected, whole.low, whole.high) == (100, None, None)


def test_nobody_is_expected_to_spend_nothing():
    whole = Totals(0.1, [], [0.5]).of(scores())
    assert (whole.expected, whole.low, whole.high) == (0, 0, 0)
