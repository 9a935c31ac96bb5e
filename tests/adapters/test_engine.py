"""The engine's dates are UTC on every machine."""

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


def test_an_unknown_engine_is_refused():
    with pytest.raises(UserError, match="give duckdb or spark"):
        engine.connect("abacus")
