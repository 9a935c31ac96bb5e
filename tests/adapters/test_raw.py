"""Parts of data/raw hold whole customers: a shard is never divided."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stages.adapters import raw


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Three shards of 20 rows each, in two months."""
    monkeypatch.setattr(raw, "TRANSACTIONS", tmp_path)
    for month in ("2024-01", "2024-02"):
        for shard in range(3):
            table = pa.table({"amount": range(10)})
            pq.write_table(table, tmp_path / f"{month}_{shard}.parquet")


def names(parts) -> list[list[str]]:
    return [[file.stem for file in part] for part in parts]


def test_without_a_bound_all_is_one_part():
    assert [len(part) for part in raw.parts(None)] == [6]


@pytest.mark.parametrize(("most", "sizes"), [(60, [6]), (59, [4, 2]), (40, [4, 2]), (1, [2, 2, 2])])
def test_shards_are_joined_while_they_fit(most, sizes):
    assert [len(part) for part in raw.parts(most)] == sizes


def test_a_part_has_all_months_of_its_shards():
    assert names(raw.parts(1))[1] == ["2024-01_1", "2024-02_1"]
