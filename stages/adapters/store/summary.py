"""What the store itself says of each partition of `transactions`: the measure of every reading."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.query import tuple_factory

from stages.adapters.store.alone import read_level
from stages.adapters.store.keyspace import qualified
from stages.adapters.store.retry import patiently
from stages.adapters.store.wire import PAGE_ROWS
from stages.domain.shards import Partition, Summary
from stages.domain.tables import TRANSACTIONS

SIDE_BY_SIDE = 8  # partitions that the store counts at a time
COUNT_SECONDS = 600.0  # the store reads a whole partition before it answers


def partitions(session: Session, keyspace: str) -> list[Partition]:
    """Return all partitions that have rows, in order."""
    select = f"SELECT DISTINCT month, shard FROM {qualified(keyspace, TRANSACTIONS.name)}"
    return sorted(
        patiently(lambda: list(session.execute(select, execution_profile=_profile(session))))
    )


def summaries(
    session: Session, keyspace: str, among: Sequence[Partition] | None = None
) -> dict[Partition, Summary]:
    """Sum up all partitions, or those in `among`, of which one without rows counts 0.

    `written` is the sum of the write times of all cells, modulo 2**63. Unlike the newest write
    time, which costs the store the same, it also moves when a cell is deleted, or written by a
    client whose clock is behind.
    """
    key = TRANSACTIONS.partition + TRANSACTIONS.clustering
    cells = [c.name for c in TRANSACTIONS.columns if c.name not in key]
    times = ", ".join(f"sum(writetime({name}))" for name in cells)
    table = qualified(keyspace, TRANSACTIONS.name)
    query = f"SELECT count(*), sum(amount), {times} FROM {table} WHERE month = ? AND shard = ?"
    select = patiently(lambda: session.prepare(query))
    select.fetch_size = PAGE_ROWS  # the store sums a partition page by page, too
    profile = _profile(session)

    def summed(partition: Partition) -> Summary:
        def asked() -> tuple:
            return session.execute(select, partition, execution_profile=profile).one()

        rows, amount, *times = patiently(asked)
        # The store sums in 64 bits and wraps; so do we, one bit short to stay positive.
        return Summary(rows, amount, written=sum(times) % (1 << 63))

    wanted = partitions(session, keyspace) if among is None else among
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        return dict(zip(wanted, threads.map(summed, wanted), strict=True))


def _profile(session: Session) -> Any:
    """The session's own, with rows as plain tuples and the time that counting takes."""
    return session.execution_profile_clone_update(
        EXEC_PROFILE_DEFAULT,
        request_timeout=COUNT_SECONDS,
        row_factory=tuple_factory,
        **patiently(lambda: read_level(session)),
    )
