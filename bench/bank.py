"""The synthetic bank as data/raw, straight from its law: what extract would leave, without a store.

`python -m bench.bank FOLDER ROWS` writes about so many transactions below FOLDER/transactions, a
Parquet file a month and shard, and FOLDER/customers.parquet; it prints how many rows there are.
"""

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from omegaconf import DictConfig, OmegaConf

from bench.law import counts
from stages.adapters.files import write_parquet
from stages.adapters.paths import CONF
from stages.adapters.sources import synthetic
from stages.domain import bank
from stages.domain.contract import split
from stages.domain.shards import Partition, partitioned, stem
from stages.domain.tables import CUSTOMERS

SHARDS = 4  # as conf/store has it: 50 million rows make partitions of some 70 MB


def customers(rows: int) -> int:
    """How many customers have about so many rows, in the configured year and a half."""
    source = OmegaConf.load(CONF / "source" / "synthetic.yaml")
    return max(1, round(rows / rows_each(source)))  # type: ignore[arg-type]


def rows_each(source: DictConfig) -> float:
    """About so many rows has a customer: what the law says of the first block."""
    first, last = date.fromisoformat(source.first_day), date.fromisoformat(source.last_day)
    days = (last - first).days + 1
    habits = bank.habits(source.seed, 0)
    bought, drawn, subscriptions = counts(habits, first, first, days, source.season)
    monthly = 2.5 * (days - np.clip(habits.start, 0, days)) / bank.MONTH  # salary, fee, some rent
    return float(np.mean(bought * (1 + habits.refunds) + drawn + subscriptions + monthly))


def write(folder: Path, rows: int) -> int:
    """Write the bank; return its exact number of rows."""
    source = OmegaConf.load(CONF / "source" / "synthetic.yaml")
    source.customers = customers(rows)
    (folder / "transactions").mkdir(parents=True)
    files: dict[Partition, pq.ParquetWriter] = {}
    count = 0
    for draft in synthetic.transactions(source):  # type: ignore[arg-type]
        accepted, _ = split(draft, datetime.now(UTC))
        count += accepted.num_rows
        for partition, part in _partitions(accepted):
            if partition not in files and any(partition[0] > month for month, _ in files):
                _close(files)  # months come one after the other
            if partition not in files:
                path = folder / "transactions" / f"{stem(partition)}.parquet"
                files[partition] = pq.ParquetWriter(path, part.schema, compression="zstd")
            files[partition].write_table(part)
    _close(files)
    people = synthetic.customers(source).cast(CUSTOMERS.schema)  # type: ignore[arg-type]
    write_parquet(folder / "customers.parquet", people)
    return count


def _partitions(rows: pa.Table) -> list[tuple[Partition, pa.Table]]:
    """The rows by month and shard."""
    placed = partitioned(rows, SHARDS)
    keys = placed.select(["month", "shard"]).group_by(["month", "shard"]).aggregate([])
    return [
        (
            (key["month"], key["shard"]),
            rows.filter(
                pc.and_(
                    pc.equal(placed["month"], key["month"]), pc.equal(placed["shard"], key["shard"])
                )
            ),
        )
        for key in keys.to_pylist()
    ]


def _close(files: dict[Partition, pq.ParquetWriter]) -> None:
    for file in files.values():
        file.close()
    files.clear()


if __name__ == "__main__":
    print(write(Path(sys.argv[1]), int(sys.argv[2])))
