"""The expected spend of many customers together has an honest interval."""

import pandas as pd
import pytest

from stages.domain.totals import total


def scores(*rows):
    return pd.DataFrame(rows, columns=["expected_spend", "low", "high"])


def test_without_an_error_of_the_level_independent_customers_even_each_other_out():
    whole = total(scores((100, 70, 140), (100, 60, 130)), band=0.0)
    assert (whole.customers, whole.expected) == (2, 200)
    assert whole.low == pytest.approx(200 - 50)  # 30 and 40 squared, added, rooted
    assert whole.high == pytest.approx(200 + 50)


def test_the_error_of_the_level_is_shared_and_never_evens_out():
    many = scores(*[(100, 50, 150)] * 10_000)
    whole = total(many, band=0.1)
    assert whole.expected == 1_000_000
    assert whole.low == pytest.approx(938_000, rel=0.001)  # exp(-1.2816 × half of .1)
    assert whole.high == pytest.approx(1_066_200, rel=0.001)


def test_one_customers_total_is_at_least_as_uncertain_as_the_customer():
    whole = total(scores((100, 60, 150)), band=0.1)
    assert whole.low < 60
    assert whole.high > 150


def test_a_total_is_never_below_nothing():
    assert total(scores((10, 0, 90)), band=0.5).low == 0


def test_a_history_too_short_to_know_the_level_gives_no_interval():
    whole = total(scores((100, 60, 150)), band=None)
    assert (whole.expected, whole.low, whole.high) == (100, None, None)


def test_nobody_is_expected_to_spend_nothing():
    whole = total(scores(), band=0.1)
    assert (whole.customers, whole.expected, whole.low, whole.high) == (0, 0, 0, 0)
