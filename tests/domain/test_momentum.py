"""Momentum is the customer's own habit against itself; with the tier it names the segment."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.momentum import MOMENTA, Momentum, segment

RULE = Momentum(gaps=2.5, change=0.4, visits=2)


@pytest.mark.parametrize(
    ("away", "trend", "visits", "name"),
    [
        (1.0, 0.0, 9, "steady"),
        (2.5, 0.4, 9, "steady"),  # not past either
        (2.6, 0.0, 9, "fading"),
        (0.5, -0.41, 9, "fading"),
        (0.5, 0.41, 9, "growing"),
        (2.6, 0.9, 9, "fading"),  # bought more, but is gone
        (0.5, -1.0, 1.9, "steady"),  # comes so seldom that nothing can be told
        (0.5, 1.0, 1.9, "steady"),
        (2.6, 1.0, 1.9, "fading"),
    ],
)
def test_fading_is_being_away_or_spending_less_and_growing_its_mirror(away, trend, visits, name):
    row = {"recency_in_gaps": away, "trend": trend, "visit_rate": visits}
    some = pd.DataFrame([row | {"recency": 90.0, "gap_longest": 40.0}])
    assert RULE.of(some, horizon=30).tolist() == [name]
    assert name in MOMENTA


def test_of_who_came_once_the_horizon_stands_for_the_gap():
    once = {"recency_in_gaps": 1.0, "gap_longest": 0.0, "trend": -1.0, "visit_rate": 0.3}
    some = pd.DataFrame([once | {"recency": days} for days in (75.0, 76.0)])
    assert RULE.of(some, horizon=30).tolist() == ["steady", "fading"]
    assert RULE.of(some.assign(visit_rate=0.0), horizon=30).tolist() == ["steady", "steady"]


@pytest.mark.parametrize(("months", "often"), [(1, 0.8), (2, 1.6), (3, 2)])
def test_who_has_nearly_all_statements_comes_often(months, often):
    assert RULE.of_statements(months).visits == pytest.approx(often)


def test_a_segment_is_named_by_tier_and_momentum():
    named = segment(np.array(["Top", "Base"]), np.array(["steady", "fading"]))
    assert named.tolist() == ["Top · steady", "Base · fading"]
