"""The frame on disk is read as far as it is needed; above a size, customers are drawn."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.adapters import frames
from stages.domain.cutoffs import History, plan
from stages.domain.errors import UserError
from stages.domain.spec import Spec

SPEC = Spec(30, (14, 90), (15,), 7, ("purchase", "cash"))
MAY, JUNE, JULY = date(2020, 5, 1), date(2020, 6, 1), date(2020, 7, 1)


@pytest.fixture(autouse=True)
def frame(tmp_path, monkeypatch):
    """A thousand customers at three cutoffs."""
    rows = [(f"c{i:04}", day, 1.0) for day in (MAY, JUNE, JULY) for i in range(1000)]
    columns = dict(zip(("customer_id", "cutoff", "tenure"), zip(*rows, strict=True), strict=True))
    table = pa.table(columns)
    table = table.set_column(1, "cutoff", table["cutoff"].cast(pa.timestamp("s")))
    monkeypatch.setattr(frames, "FRAME", tmp_path / "frame.parquet")
    pq.write_table(table, frames.FRAME, row_group_size=700)


def sizes(rows: pd.DataFrame) -> dict[date, int]:
    return {day.date(): len(part) for day, part in rows.groupby("cutoff")}


@pytest.mark.parametrize("days", [365, 12])  # a year day by day, or of statements
def test_a_plan_is_read_as_it_was_written(tmp_path, monkeypatch, days):
    monkeypatch.setattr(frames, "PLAN", tmp_path / "plan.json")
    laid = plan(History(date(2017, 1, 31), date(2017, 12, 31), days), 30)
    frames.write_plan(laid, SPEC)
    assert frames.plan() == frames.plan(SPEC) == laid


def test_features_of_another_configuration_are_not_learnt_from(tmp_path, monkeypatch):
    monkeypatch.setattr(frames, "PLAN", tmp_path / "plan.json")
    year = History(date(2017, 1, 1), date(2017, 12, 31), 365)
    frames.write_plan(plan(year, 30), SPEC)
    with pytest.raises(UserError, match="make it again with `dvc repro`"):
        frames.plan(replace(SPEC, horizon=60))


def test_only_the_cutoffs_asked_for_are_read():
    assert sizes(frames.read([MAY], JULY, 10_000)) == {MAY: 1000, JULY: 1000}


def test_above_a_size_customers_are_drawn_with_all_their_rows_but_not_where_all_are_needed():
    rows = frames.read([MAY, JUNE], JULY, 500)
    found = sizes(rows)
    assert found[JULY] == 1000
    assert found[MAY] + found[JUNE] == pytest.approx(500, rel=0.15)
    may, june = (set(rows.loc[rows["cutoff"] == str(d), "customer_id"]) for d in (MAY, JUNE))
    assert may == june
    fewer = frames.read([MAY], JULY, 100)
    assert set(fewer.loc[fewer["cutoff"] == str(MAY), "customer_id"]) < may
