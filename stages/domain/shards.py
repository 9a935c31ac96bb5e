"""Which partition of the store a transaction belongs to: its month and its customer's shard."""

import zlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

Partition = tuple[str, int]  # month (YYYY-MM), shard
Values: TypeAlias = pa.Array | pa.ChunkedArray


@dataclass(frozen=True)
class Summary:
    """A partition as the database sums it up."""

    rows: int
    amount: Decimal  # exact sum
    written: int  # sum of the write times of all cells (microseconds): moves with any of them


def stem(partition: Partition) -> str:
    """The name of a partition's file, without its ending."""
    return f"{partition[0]}_{partition[1]}"


def shard_of(customer_ids: Values, shards: int) -> Values:
    """Return CRC-32 of each id's UTF-8 bytes modulo `shards`, int16.

    CRC-32 is the same on every machine and in every language, and spreads ids that count upwards.
    """
    unique = pc.unique(customer_ids)
    shard = pa.array((_shard(i, shards) for i in unique.to_pylist()), pa.int16())
    return shard.take(pc.index_in(customer_ids, unique))


def _shard(customer_id: str, shards: int) -> int:
    return zlib.crc32(customer_id.encode()) % shards


def drawn(customer_ids: pa.Array, share: float) -> pa.Array:
    """Whether each customer is in a draw of so large a `share` of all: by CRC-32's upper end.

    A shard is its lower end, so that all shards have their share of a draw.
    """
    last = share * 2**32
    return pa.array(zlib.crc32(i.encode()) < last for i in customer_ids.to_pylist())


def month_of(instants: Values) -> Values:
    """Return the month of each instant as text, YYYY-MM in UTC."""
    first_day = pc.floor_temporal(instants, unit="month")
    unique = pc.unique(first_day)
    name = pc.strftime(unique, format="%Y-%m")
    return name.take(pc.index_in(first_day, unique))


def partitioned(transactions: pa.Table, shards: int) -> pa.Table:
    """Return canonical transactions with their `month` and `shard` behind the other columns."""
    return transactions.append_column("month", month_of(transactions["booked_at"])).append_column(
        "shard", shard_of(transactions["customer_id"], shards)
    )


def misplaced(transactions: pa.Table, partition: Partition, shards: int) -> int:
    """How many of a partition's rows belong in another one."""
    month, shard = partition
    # Nearly always none, which shows at a tenth of the cost, and without loading pandas.
    ends = pc.min_max(transactions["booked_at"])
    months = {str(np.datetime64(ends[end].value, "ms").astype("M8[M]")) for end in ("min", "max")}
    ids = pc.unique(transactions["customer_id"]).to_pylist()
    if months == {month} and all(_shard(i, shards) == shard for i in ids):
        return 0
    placed = partitioned(transactions.select(["customer_id", "booked_at"]), shards)
    here = placed.filter((pc.field("month") == month) & (pc.field("shard") == shard))
    return placed.num_rows - here.num_rows
