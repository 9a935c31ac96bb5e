"""Rows out of the store: pages decoded into Arrow as they come, partitions side by side."""

from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cassandra.cluster import Session

from stages.adapters.files import replacing
from stages.adapters.store.keyspace import qualified
from stages.adapters.store.retry import answer
from stages.adapters.store.wire import Page, Wire
from stages.domain.errors import UserError
from stages.domain.shards import Partition, misplaced
from stages.domain.tables import TRANSACTIONS, Table

ROW_GROUP = 1 << 17  # rows of Parquet, the same however the pages were cut
SIDE_BY_SIDE = 4  # partitions at a time; each holds a row group and two pages
# Text that repeats is kept once; of these two hardly any value does: a dictionary would cost a
# quarter of the writing, and room as well.
_REPEATED = [n for n in TRANSACTIONS.schema.names if n not in ("booked_at", "transaction_id")]
_PARQUET = {
    "compression": "zstd",
    "use_dictionary": _REPEATED,
    "write_statistics": ["customer_id", "booked_at"],  # what readers leave out rows by
}
_POOL = pa.system_memory_pool()  # pages come and go: other pools give memory back and ask anew
# All that decides the bytes of a file beside its rows.
FORMAT = f"Arrow {pa.__version__}, {ROW_GROUP} rows a group, {_PARQUET}"


def extract(
    session: Session,
    keyspace: str,
    partitions: Sequence[Partition],
    shards: int,
    path_of: Callable[[Partition], Path],
) -> Generator[tuple[Partition, int, Decimal], None, None]:
    """Write each partition to its own Parquet file; yield each as it is done: rows, exact sum.

    A file is whole or absent. After an error no further partition is begun.
    """
    with Wire(session) as wire, ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        futures = {
            threads.submit(extract_partition, wire, keyspace, p, shards, path_of(p)): p
            for p in partitions
        }
        try:
            for future in as_completed(futures):
                yield futures[future], *future.result()
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


def extract_partition(
    wire: Wire, keyspace: str, partition: Partition, shards: int, path: Path
) -> tuple[int, Decimal]:
    """Write a partition, in clustering order, to zstd Parquet: the same rows, the same bytes.

    Returns how many rows, and the exact sum of their amounts. Raises UserError where a row belongs
    in another partition: neither a month's totals nor a customer's part would be whole.
    """
    rows, amount = 0, Decimal("0.00")
    with (
        replacing(path) as beside,
        pq.ParquetWriter(beside, TRANSACTIONS.schema, **_PARQUET, memory_pool=_POOL) as file,
    ):
        for group in _regrouped(batches(wire, keyspace, TRANSACTIONS, partition)):
            if other := misplaced(group, partition, shards):
                raise UserError(
                    f"{keyspace}.{TRANSACTIONS.name} {partition[0]} {partition[1]} has {other} rows"
                    " of another month (YYYY-MM in UTC) or shard (CRC-32 of customer_id modulo"
                    f" {shards}): correct what writes them, and them"
                )
            file.write_table(group, row_group_size=ROW_GROUP)
            rows += group.num_rows
            amount += pc.sum(group["amount"]).as_py()
    return rows, amount


def read_table(session: Session, keyspace: str, table: Table) -> pa.Table:
    """Read a whole table, `customers` or `scores`, sorted by its key."""
    with Wire(session) as wire:
        rows = pa.Table.from_batches(batches(wire, keyspace, table), table.schema)
    key = [(name, "ascending") for name in table.partition + table.clustering]
    return rows.combine_chunks().sort_by(key)


def pages(wire: Wire, keyspace: str, table: Table, key: Sequence[Any] = ()) -> Iterator[Page]:
    """Yield the pages of a partition, or of a whole table where no `key` is given.

    The next page travels while the last one is used.
    """
    names = ", ".join(table.schema.names)
    only = " AND ".join(f"{name} = ?" for name in table.partition)
    where = f" WHERE {only}" if key else ""
    select = wire.prepare(f"SELECT {names} FROM {qualified(keyspace, table.name)}{where}")
    ask = partial(wire.page, select, key)
    state, future = None, ask(None)
    while future is not None:
        result = answer(future, partial(ask, state))
        state = result.paging_state
        future = ask(state) if result.has_more_pages else None
        yield result.one()


def batches(
    wire: Wire, keyspace: str, table: Table, key: Sequence[Any] = ()
) -> Iterator[pa.RecordBatch]:
    """Yield the same pages in Arrow's form, a partition's in clustering order."""
    columns = [column for column in table.columns if column.arrow is not None]
    for page in pages(wire, keyspace, table, key):
        from stages.adapters.store import decode  # numba takes its time: pages travel meanwhile

        try:
            yield decode.record_batch(columns, page.rows, page.content)
        except UserError as error:
            place = " ".join(map(str, [f"{keyspace}.{table.name}", *key]))
            raise UserError(f"{place}: {error}") from error


def _regrouped(pages: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the same rows in whole row groups, the last one shorter."""
    held: list[pa.RecordBatch] = []
    for page in pages:
        held.append(page)
        while (surplus := sum(batch.num_rows for batch in held) - ROW_GROUP) >= 0:
            keep = held[-1].num_rows - surplus
            yield pa.Table.from_batches([*held[:-1], held[-1].slice(0, keep)]).combine_chunks(_POOL)
            held = [held[-1].slice(keep)]
    if sum(batch.num_rows for batch in held):
        yield pa.Table.from_batches(held).combine_chunks(_POOL)
