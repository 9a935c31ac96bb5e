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


def test_a_habit_of_small_figures_weighs_as_much_as_one_of_money():
    habits = HABITS.assign(spend_rate=[1000.0, 1200.0, 1010.0, 10.0, 12.0])
    assert nearest(habits, 0, 1)["place"].tolist() == [1]  # by money alone it is 2


def test_spend_is_compared_by_its_ratio():
    habits = HABITS.assign(spend_rate=[100.0, 50.0, 160.0, 1000.0, 1.0], discount_share=0.1)
    assert nearest(habits, 0, 1)["place"].tolist() == [2]  # by the difference it is 1


def test_an_unknown_habit_counts_as_average():
    habits = pd.DataFrame({"a": [1.0, 2.0, 3.0, np.nan], "b": [5.0, 5.0, 5.0, 6.0]})
    logs = np.log1p(habits["a"]).mean()
    known = habits.fillna({"a": np.expm1(logs)})
    distances = nearest(habits, 3, 3).set_index("place")["distance"]
    assert distances.idxmin() == nearest(known, 3, 3)["place"].iloc[0] == 1


def test_no_more_are_found_than_there_are():
    assert len(nearest(HABITS, 0, 50)) == 4
    assert nearest(HABITS.head(1), 0, 5).empty
