"""The engine's dates are UTC on every machine."""

import os
import time
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.adapters import engine
from stages.domain.errors import UserError


def test_days_are_of_utc_wherever_the_machine_stands(tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    half_past_midnight = datetime(2020, 6, 1, 0, 30, tzinfo=UTC)
    rows = pa.table({"at": pa.array([half_past_midnight], pa.timestamp("ms", tz="UTC"))})
    pq.write_table(rows, tmp_path / "rows.parquet")
    backend = engine.connect()
    day = backend.to_pyarrow(engine.read(backend, tmp_path).at.date().max()).as_py()
    monkeypatch.undo()
    time.tzset()
    assert day == date(2020, 6, 1)


def test_of_the_spill_folder_only_what_a_dead_process_of_ours_left_goes(tmp_path):
    own = engine.spill_folder(str(tmp_path))
    left = own.with_name(own.name.replace(str(os.getpid()), "4194305"))  # above any process id
    for folder in (left, tmp_path / "2024", tmp_path / f"purchasing-elsewhere-{4194305}"):
        folder.mkdir()
    engine.spill_folder(str(tmp_path))
    assert {p.name for p in tmp_path.iterdir()} == {
        own.name,
        "2024",
        "purchasing-elsewhere-4194305",
    }


def test_an_unknown_engine_is_refused():
    with pytest.raises(UserError, match="give duckdb or spark"):
        engine.connect("abacus")
