"""Tiers by frozen cuts, percentiles by the customers that the model was made for."""

import numpy as np

from stages.domain.tiers import Ranking

RANKING = Ranking.freeze(np.arange(1, 101, dtype=float), (0.5, 0.8))


def test_half_are_base_a_fifth_are_top():
    tiers = RANKING.tier(np.arange(1, 101, dtype=float)).tolist()
    assert (tiers.count("Base"), tiers.count("Middle"), tiers.count("Top")) == (50, 30, 20)


def test_the_median_customer_stands_at_the_fiftieth_percentile():
    assert RANKING.percentile(np.array([50.5])) == 50


def test_capabilities_beyond_all_known_ones_stand_at_the_ends():
    assert RANKING.percentile(np.array([-5.0, 1e9])).tolist() == [0, 100]


def test_customers_alike_share_a_percentile_in_the_middle_of_their_block():
    ranking = Ranking.freeze(np.array([0.0] * 60 + [1.0] * 40), (0.5, 0.8))
    low, high = ranking.percentile(np.array([0.0, 1.0]))
    assert 29 < low < 31
    assert 79 < high < 81


def test_percentiles_never_fall_as_capability_rises():
    place = RANKING.percentile(np.linspace(0, 120, 500))
    assert (np.diff(place) >= 0).all()
