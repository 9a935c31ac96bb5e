"""How the page Segments writes a figure of a habit."""

import pytest

from stages.ui import segments


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (0.1234, "share", "12.3%"),
        (-0.61351, segments.SIGNED, "-0.6135"),  # its name says from where to where
        (12_345.6, "money", "12,346"),
        (2.3456, "visits/horizon", "2.346 visits in 90 days"),
        (0.0, "days", "0 days"),
    ],
)
def test_a_figure_is_written_for_people(value, unit, written):
    assert segments.figure(value, unit, 90) == written


def test_the_bounds_of_an_interval_have_no_unit():
    assert segments.figure(2.3456, "visits/horizon") == "2.346"
    assert segments.figure(1_234_567.8, "money/horizon") == "1,234,568"
