"""Control totals: what was loaded is in the store, counted and summed exactly."""

import logging
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
from cassandra.cluster import Session

from stages.adapters.store import read, summary
from stages.adapters.store.wire import Wire
from stages.domain.contract import KEY
from stages.domain.errors import UserError
from stages.domain.shards import Partition, partitioned
from stages.domain.tables import TRANSACTIONS

log = logging.getLogger(__name__)


class Totals:
    """Rows and exact sum of amounts, by partition, of all tables added."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self.by_partition: dict[Partition, tuple[int, Decimal]] = {}

    def add(self, rows: pa.Table) -> None:
        """Count canonical transactions."""
        sums = partitioned(rows, self.shards).group_by(["month", "shard"])
        for row in sums.aggregate([("amount", "count"), ("amount", "sum")]).to_pylist():
            place = row["month"], row["shard"]
            count, amount = self.by_partition.get(place, (0, Decimal(0)))
            self.by_partition[place] = count + row["amount_count"], amount + row["amount_sum"]

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(count for count, _ in self.by_partition.values())

    @property
    def amount(self) -> Decimal:
        """The sum of all amounts."""
        return sum((amount for _, amount in self.by_partition.values()), Decimal(0))


def verify(session: Session, keyspace: str, totals: Totals, again: Iterator[pa.Table]) -> None:
    """Raise UserError unless the store holds every row loaded, with its amount.

    Count and sum of each partition decide. Where the store holds more (rows from elsewhere, or
    of a file that had other rows once), the rows loaded, given `again`, are looked up one by one.
    """
    there = {p: (s.rows, s.amount) for p, s in summary.summaries(session, keyspace).items()}
    differing = {p for p, expected in totals.by_partition.items() if there.get(p) != expected}
    if not differing and len(there) == len(totals.by_partition):
        return
    with Wire(session) as wire:
        lacking = sum(_lacking(wire, keyspace, rows, differing, totals.shards) for rows in again)
    if lacking:
        raise UserError(
            f"{lacking} rows that were loaded are not in keyspace {keyspace} as they were: "
            "run it again; the rows that are there stay"
        )
    more = sum(rows for rows, _ in there.values()) - totals.rows
    log.warning(
        "keyspace %s holds %s more rows: where rows of this source were corrected or taken out "
        "since they were loaded, the former ones stay; load into another store.keyspace to be "
        "without them",
        keyspace,
        f"{more:,}",
    )


def _lacking(
    wire: Wire, keyspace: str, rows: pa.Table, differing: set[Partition], shards: int
) -> int:
    """How many of `rows`, in the partitions `differing`, the store does not hold alike."""
    rows, lacking = partitioned(rows, shards), 0
    for month, shard in sorted(differing):
        ours = rows.filter((pc.field("month") == month) & (pc.field("shard") == shard))
        if ours.num_rows:
            pages = read.batches(wire, keyspace, TRANSACTIONS, (month, shard))
            there = pa.Table.from_batches(pages, TRANSACTIONS.schema)
            lacking += ours.join(there, [*KEY, "amount"], join_type="left anti").num_rows
    return lacking
