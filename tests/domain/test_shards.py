"""Which partition a transaction belongs to."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from stages.domain.shards import drawn, misplaced, month_of, partitioned, shard_of
from stages.domain.tables import INSTANT


def test_a_customer_is_always_in_the_same_shard() -> None:
    ids = pa.chunked_array([["123456789", "42"], ["müller", "42", ""]])
    # CRC-32's own check value: "123456789" is 0xCBF43926, which is 6 modulo 8.
    assert shard_of(ids, 8).to_pylist() == [6, 0, 1, 0, 0]
    assert shard_of(ids, 8).type == pa.int16()


def test_one_shard_holds_everybody() -> None:
    assert shard_of(pa.array(["a", "b", "c"]), 1).to_pylist() == [0, 0, 0]


def test_the_month_is_that_of_utc_to_the_millisecond() -> None:
    instants = pa.array(
        [
            datetime(2017, 1, 31, 23, 59, 59, 999000, UTC),
            datetime(2017, 2, 1, tzinfo=UTC),
            datetime(1969, 12, 31, 23, 59, 59, 999000, UTC),
            datetime(2017, 2, 28, tzinfo=UTC),
        ],
        INSTANT,
    )
    assert month_of(instants).to_pylist() == ["2017-01", "2017-02", "1969-12", "2017-02"]


def test_no_rows_have_no_partition() -> None:
    assert shard_of(pa.array([], pa.string()), 4).to_pylist() == []
    assert month_of(pa.array([], INSTANT)).to_pylist() == []


def test_month_and_shard_stand_behind_the_other_columns() -> None:
    rows = pa.table(
        {
            "customer_id": ["123456789", "müller"],
            "booked_at": pa.array([datetime(2017, 1, 31, tzinfo=UTC)] * 2, INSTANT),
        }
    )
    found = partitioned(rows, 8)
    assert found.column_names == ["customer_id", "booked_at", "month", "shard"]
    assert found["month"].to_pylist() == ["2017-01", "2017-01"]
    assert found["shard"].to_pylist() == [6, 1]


def test_a_larger_draw_of_customers_holds_the_smaller_one_and_all_shards_have_their_share():
    ids = pa.array([f"c{i:05}" for i in range(20_000)])
    tenth, third = (drawn(ids, share).to_numpy(False) for share in (0.1, 1 / 3))
    assert tenth.mean() == pytest.approx(0.1, abs=0.01)
    assert third[tenth].all()
    shards = shard_of(ids, 4).to_numpy()
    assert all(third[shards == s].mean() == pytest.approx(1 / 3, abs=0.02) for s in range(4))


def test_rows_in_a_partition_of_another_month_or_shard_are_counted() -> None:
    rows = pa.table(
        {
            "customer_id": ["123456789", "123456789", "42"],  # shards 6, 6 and 0 of 8
            "booked_at": pa.array([datetime(2017, m, 1, tzinfo=UTC) for m in (1, 2, 1)], INSTANT),
        }
    )
    assert misplaced(rows, ("2017-01", 6), 8) == 2
    assert misplaced(rows.slice(0, 1), ("2017-01", 6), 8) == 0
    assert misplaced(rows.slice(0, 1), ("2017-1", 6), 8) == 1
    assert misplaced(rows.slice(0, 1), ("January 2017", 6), 8) == 1
    assert misplaced(rows.slice(0, 0), ("2017-01", 6), 8) == 0
