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


def test_customers_alike_are_of_the_tier_of_the_middle_of_their_block():
    dormant = np.array([5.0] * 85 + list(range(10, 25)))
    ranking = Ranking.freeze(dormant, (0.5, 0.8))
    tiers = ranking.tier(dormant).tolist()
    assert (tiers.count("Base"), tiers.count("Top")) == (85, 15)
    nobody = np.zeros(100)
    assert set(Ranking.freeze(nobody, (0.5, 0.8)).tier(nobody)) == {"Middle"}


def test_percentiles_never_fall_as_capability_rises():
    place = RANKING.percentile(np.linspace(0, 120, 500))
    assert (np.diff(place) >= 0).all()


def published(*tiers):
    return np.array(tiers, dtype=object)


def test_a_customer_leaves_the_published_tier_only_past_its_cut_by_a_tenth():
    low, high = RANKING.cuts  # 50.5 and 80.2
    spend = np.array([low * 1.09, low * 1.11, low * 0.91, low * 0.89, high * 1.09, high * 0.91])
    before = published("Base", "Base", "Middle", "Middle", "Middle", "Top")
    after = ["Base", "Middle", "Middle", "Base", "Middle", "Top"]
    assert RANKING.tier(spend, before).tolist() == after


def test_a_leap_over_two_cuts_is_made_at_once():
    spend = np.array([200.0, 1.0, 85.0])
    assert RANKING.tier(spend, published("Base", "Top", "Base")).tolist() == [
        "Top",
        "Base",
        "Middle",  # past the cut of Top, but not by a tenth
    ]


def test_who_was_not_published_before_gets_the_tier_of_the_cuts():
    spend = np.array([51.0, 51.0, 51.0])
    assert RANKING.tier(spend, published(None, np.nan, "Base")).tolist() == [
        "Middle",
        "Middle",
        "Base",
    ]
