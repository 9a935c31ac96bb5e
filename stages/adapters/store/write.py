"""Rows into the store: batches of the same replicas, many in flight; twice changes nothing."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from queue import SimpleQueue
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from cassandra.cluster import Session
from cassandra.query import PreparedStatement

from stages.adapters.store import encode
from stages.adapters.store.keyspace import qualified
from stages.adapters.store.replicas import Replicas
from stages.adapters.store.retry import PASSING, PAUSES, gave_up
from stages.adapters.store.wire import Batch, Rows, Wire, row_head
from stages.domain.shards import partitioned
from stages.domain.tables import TRANSACTIONS, Table

log = logging.getLogger(__name__)

BATCH_ROWS = 150
BATCH_PARTITIONS = 10  # where each row is one: Cassandra warns of batches of more,
BATCH_BYTES = 20_000  # and refuses such ones above 50 KiB, as it comes
ANY = 1 << 62  # bytes of a batch
IN_FLIGHT = 64  # most batches sent and not answered; fewer while the store falls behind
SLICE_ROWS = 1 << 17  # rows encoded at a time, which bounds memory


def write_transactions(
    session: Session, keyspace: str, table: pa.Table, shards: int, on_rows: Callable[[int], None]
) -> None:
    """Write `table`, of TRANSACTIONS.schema; `on_rows` hears of each number of rows written.

    A null leaves a cell as it is: nothing is written and no tombstone either. Raises UserError
    when the store does not answer.
    """
    with Wire(session) as wire:
        partition = TRANSACTIONS.partition
        columns = [*TRANSACTIONS.schema.names, *partition]
        statement = wire.prepare(_insert(keyspace, TRANSACTIONS, columns))
        batches = (
            batch
            for rows in _by_partition(table, shards)
            for batch in _batches(
                statement, keyspace, partition, rows, _bounds(rows.select(partition), BATCH_ROWS)
            )
        )
        _send(wire, batches, on_rows)


def write_rows(session: Session, keyspace: str, table_def: Table, table: pa.Table) -> None:
    """Write `table` into `customers` or `scores`.

    A null empties its cell; a column that `table` lacks is left as it is.
    """
    known = [name for name in table_def.schema.names if name in table.column_names]
    with writing(session, keyspace, table_def, known) as write:
        write(table)


@contextmanager
def writing(
    session: Session, keyspace: str, table_def: Table, columns: Sequence[str]
) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that writes rows with `columns`, and returns when the store has them all.

    For `customers` and `scores`, where each row is a partition: those of the same replicas travel
    together.
    """
    schema = pa.schema([table_def.schema.field(name) for name in columns])
    replicas, key = Replicas(session, keyspace), table_def.partition
    with Wire(session) as wire:
        statement = wire.prepare(_insert(keyspace, table_def, columns))

        def write(rows: pa.Table) -> None:
            for at in range(0, rows.num_rows, SLICE_ROWS):
                part = rows.slice(at, SLICE_ROWS).select(columns).cast(schema)
                part, sets = replicas.together(part, key[0])
                bounds = _bounds(sets, BATCH_PARTITIONS)
                batches = _batches(statement, keyspace, key, part, bounds, encode.NULL, BATCH_BYTES)
                _send(wire, batches, lambda count: None)

        yield write


def _by_partition(table: pa.Table, shards: int) -> Iterator[pa.Table]:
    """Yield slices of transactions with their month and shard, partition after partition."""
    for at in range(0, table.num_rows, SLICE_ROWS):
        rows = table.slice(at, SLICE_ROWS).cast(TRANSACTIONS.schema)
        yield partitioned(rows, shards).sort_by([("month", "ascending"), ("shard", "ascending")])


def _insert(keyspace: str, table_def: Table, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    names = ", ".join(columns)
    return f"INSERT INTO {qualified(keyspace, table_def.name)} ({names}) VALUES ({marks})"


def _batches(
    statement: PreparedStatement,
    keyspace: str,
    partition: Sequence[str],
    rows: pa.Table,
    bounds: Iterator[tuple[int, int]],
    null: int = encode.UNSET,
    most_bytes: int = ANY,
) -> Iterator[Batch]:
    """Yield the batches of `rows` that lie within `bounds`, each of one row or of so many bytes."""
    rows = rows.combine_chunks()
    columns = {name: encode.column(rows[name].chunk(0)) for name in rows.column_names}
    offsets, content = encode.rows(list(columns.values()), row_head(statement, len(columns)), null)
    for start, last in bounds:
        while start < last:
            fits = int(np.searchsorted(offsets, offsets[start] + most_bytes, side="right")) - 1
            end = min(max(fits, start + 1), last)
            part = Rows(end - start, content[offsets[start] : offsets[end]])
            yield Batch(part, keyspace, [columns[name][start].as_py() for name in partition])
            start = end


def _bounds(keys: pa.Table, most: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of runs of at most `most` equal rows of `keys`."""
    count = keys.num_rows
    new = np.zeros(count, bool)
    new[0] = True
    for key in keys.columns:
        changes = pc.not_equal(key.slice(1), key.slice(0, count - 1))
        new[1:] |= changes.to_numpy()
    edges = [*np.flatnonzero(new).tolist(), count]
    for run, following in pairwise(edges):
        for start in range(run, following, most):
            yield start, min(start + most, following)


def _send(wire: Wire, batches: Iterator[Batch], on_rows: Callable[[int], None]) -> None:
    """Send batches side by side; what fails for now waits and is sent again.

    Each failure halves how many are under way at a time, each answer allows one more.
    """
    answers: SimpleQueue[tuple[Batch, int, float, Exception | None]] = SimpleQueue()
    flying, most = 0, IN_FLIGHT

    def launch(batch: Batch, attempt: int) -> None:
        first = Lock()  # two nodes asked for one batch are one batch: the later answer is dropped

        def hear(error: Exception | None) -> None:
            if first.acquire(blocking=False):
                answers.put((batch, attempt, time.monotonic(), error))

        wire.send(batch).add_callbacks(lambda _: hear(None), hear)

    def land() -> int:
        """Take one answer; return how many batches it ends."""
        nonlocal most
        batch, attempt, heard_at, error = answers.get()
        if error is None:
            on_rows(len(batch))
            most = min(most + 1, IN_FLIGHT)
            return 1
        if not isinstance(error, PASSING):
            raise error
        if attempt == len(PAUSES):
            raise gave_up(error) from error
        most = max(most // 2, 1)
        log.info("%s: sending %d rows again", type(error).__name__, len(batch))
        time.sleep(max(0.0, heard_at + PAUSES[attempt] - time.monotonic()))
        launch(batch, attempt + 1)
        return 0

    for batch in batches:
        while flying >= most:
            flying -= land()
        launch(batch, 0)
        flying += 1
    while flying:
        flying -= land()
