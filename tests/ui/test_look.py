"""What the pages say of time and place, whatever today is."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pandas as pd
import pytest

from stages.ui import look

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def made_for(as_of: date) -> pd.DataFrame:
    return pd.DataFrame({"as_of": [as_of]})


@pytest.mark.parametrize(
    ("age", "left"),
    [(-15, 30), (0, 30), (1, 29), (29, 1), (30, 0), (400, -370)],  # days since as_of
)
def test_a_forecast_has_so_many_days_left_and_then_is_over(age, left, monkeypatch):
    warned = []
    monkeypatch.setattr(look, "datetime", SimpleNamespace(now=lambda zone: NOW.astimezone(zone)))
    monkeypatch.setattr(look.st, "warning", lambda text, **_: warned.append(text))
    scores = made_for(NOW.date() - timedelta(days=age))
    assert look.days_left(scores, 30) == left
    assert look.over(scores, 30) is bool(warned) is (left <= 0)


def test_the_time_that_scores_speak_of_ends_before_its_end():
    scores = made_for(date(2018, 1, 2))
    assert look.end(scores, 90) == date(2018, 4, 2)
    assert look.window(scores, 90).startswith("the 90 days from ")


@pytest.mark.parametrize(("value", "said"), [(100, 99.9), (99.96, 99.9), (50.19, 50.1), (0, 0)])
def test_nobody_is_said_to_spend_more_than_all(value, said):
    assert look.percentile(value) == said


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_a_spreadsheet_takes_no_name_for_a_formula(name):
    text = look.csv(pd.DataFrame({"customer_id": [name], "expected_spend": [-1.0]}))
    assert not text.splitlines()[1].startswith(("=", "+", "-", "@", "\t", '"='))
