"""What the store holds, partition by partition, and which partitions to read again."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Partition = tuple[str, int]  # month (YYYY-MM), shard


@dataclass(frozen=True)
class Summary:
    """A partition as the database sums it up."""

    rows: int
    amount: Decimal  # exact sum
    written: int  # sum of the write times of all cells (microseconds): moves with any of them


def stem(partition: Partition) -> str:
    """The name of a partition's file, without its ending."""
    return f"{partition[0]}_{partition[1]}"


def changed(
    database: Mapping[Partition, Summary], on_disk: Mapping[Partition, Summary]
) -> list[Partition]:
    """The partitions whose summary on disk is absent or differs from the database's, in order."""
    return sorted(p for p, summary in database.items() if on_disk.get(p) != summary)
