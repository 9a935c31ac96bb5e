"""Coverage of intervals, in all and by decile."""

import numpy as np

from stages.domain.calibration import by_decile, covered
from tests.domain.forecasts import ACTUAL, scores


def test_spend_on_the_edge_of_its_interval_is_inside_but_for_more_than_a_cent():
    said = scores(ACTUAL, [0.0, 10.0, 30.01, 30.0], [0.0, 20.0, 40.0, 59.98])
    assert covered(ACTUAL, said).tolist() == [True, True, True, False]


def test_calibration_has_a_row_for_each_tenth_with_its_coverage_and_zeros():
    actual = np.arange(100.0).clip(min=5)
    actual[:5] = 0
    table = by_decile(actual, scores(np.arange(100.0), actual, actual + (actual > 90)))
    assert table["customers"].tolist() == [10] * 10
    assert table["predicted"].iloc[[0, -1]].tolist() == [4.5, 94.5]
    assert table["actual"].iloc[[0, -1]].tolist() == [3.5, 94.5]
    assert table["zeros"].tolist() == [0.5] + [0] * 9
    assert (table["coverage"] == 1).all()
    narrow = by_decile(actual, scores(np.arange(100.0), actual + 1, actual + 2))
    assert (narrow["coverage"] == 0).all()


def test_a_handful_of_customers_still_has_its_calibration():
    assert by_decile(ACTUAL, scores(ACTUAL, ACTUAL, ACTUAL))["actual"].sum() == 100
