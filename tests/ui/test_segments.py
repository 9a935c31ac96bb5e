"""How the page Segments writes a figure of a habit, and that it knows of none."""

import pandas as pd
import pytest

from stages.domain.catalogue import MIND
from stages.domain.momentum import EVERYBODY
from stages.domain.profiles import FIGURES
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


def test_habits_that_a_source_does_not_know_leave_the_page_whole(monkeypatch):
    said = []
    monkeypatch.setattr(segments.st, "markdown", said.append)
    nothing = (MIND, "discount_share", "share", 0.0, 0.0, 0.0, 20)
    habits = pd.DataFrame([("Top · steady", *nothing), (EVERYBODY, *nothing)], columns=FIGURES)
    segments._habits(habits, "Top · steady", 30)
    assert said == ["Nothing is known of these habits."]
