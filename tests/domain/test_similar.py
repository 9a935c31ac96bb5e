"""Similar customers are those whose habits lie nearest, whatever their units."""

import numpy as np
import pandas as pd

from stages.domain.similar import nearest

HABITS = pd.DataFrame(
    {
        "spend_rate": [1000.0, 1010.0, 990.0, 10.0, 12.0],
        "discount_share": [0.1, 0.1, 0.5, 0.1, 0.5],
        "cash_share": [0.0] * 5,  # the same for all: tells nobody apart
    }
)


def test_the_nearest_comes_first_and_never_the_customer():
    found = nearest(HABITS, customer=0, most=4)
    assert found["place"].iloc[0] == 1
    assert sorted(found["place"]) == [1, 2, 3, 4]
    assert (np.diff(found["distance"]) >= 0).all()


def test_a_twin_is_at_no_distance():
    twins = pd.concat([HABITS, HABITS.iloc[[3]]], ignore_index=True)
    found = nearest(twins, customer=3, most=1)
    assert found["place"].tolist() == [5]
    assert found["distance"].tolist() == [0]


def test_the_unit_of_a_habit_does_not_matter():
    in_percent = HABITS.assign(discount_share=-HABITS["discount_share"])
    assert nearest(HABITS, 4, 4).equals(nearest(in_percent, 4, 4))


def test_an_unknown_habit_counts_as_average():
    unknown = HABITS.astype(float).copy()
    unknown.loc[1, "discount_share"] = np.nan
    assert nearest(unknown, 0, 4)["distance"].notna().all()


def test_no_more_are_found_than_there_are():
    assert len(nearest(HABITS, 0, 50)) == 4
    assert nearest(HABITS.head(1), 0, 5).empty
