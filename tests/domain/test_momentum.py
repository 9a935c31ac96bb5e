"""Momentum is the customer's own habit against itself; with the tier it names the segment."""

import numpy as np
import pandas as pd
import pytest

from stages.domain.momentum import MOMENTA, momentum, segment


@pytest.mark.parametrize(
    ("away", "trend", "name"),
    [
        (1.0, 0.0, "steady"),
        (2.5, 0.4, "steady"),  # not past either
        (2.6, 0.0, "fading"),
        (0.5, -0.41, "fading"),
        (0.5, 0.41, "growing"),
        (2.6, 0.9, "fading"),  # bought more, but is gone
    ],
)
def test_fading_is_being_away_or_spending_less_and_growing_its_mirror(away, trend, name):
    row = pd.DataFrame({"recency_in_gaps": [away], "trend": [trend]})
    assert momentum(row, gaps=2.5, change=0.4).tolist() == [name]
    assert name in MOMENTA


def test_a_segment_is_named_by_tier_and_momentum():
    named = segment(np.array(["Top", "Base"]), np.array(["steady", "fading"]))
    assert named.tolist() == ["Top · steady", "Base · fading"]
