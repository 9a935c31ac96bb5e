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
    row = {"recency_in_gaps": [away], "trend": [trend], "visit_rate": [visits]}
    assert RULE.of(pd.DataFrame(row)).tolist() == [name]
    assert name in MOMENTA


def test_a_segment_is_named_by_tier_and_momentum():
    named = segment(np.array(["Top", "Base"]), np.array(["steady", "fading"]))
    assert named.tolist() == ["Top · steady", "Base · fading"]
