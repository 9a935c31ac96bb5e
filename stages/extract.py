"""Extract: what changed in Cassandra comes to data/raw; nothing else is read."""

import logging
import math
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from cassandra.cluster import Session
from omegaconf import DictConfig
from tqdm import tqdm

from stages.adapters import config, raw
from stages.adapters.files import digest, locked, write_parquet
from stages.adapters.logs import stage
from stages.adapters.store import keyspace, read, summary
from stages.adapters.store.session import connect
from stages.domain.errors import UserError
from stages.domain.shards import Partition, Summary
from stages.domain.tables import CUSTOMERS

log = logging.getLogger(__name__)
ATTEMPTS = 3  # at a partition that is written to while it is read
REMEMBER_EVERY = 5  # seconds: what is on disk is written down whole each time


@stage
def main() -> None:
    """Bring data/raw up to date with the store, and seal it with its manifest."""
    store = config.load().store
    with locked(raw.LOCK), connect(store) as session, ThreadPoolExecutor(1) as beside:
        keyspace.check(session, store.keyspace, store.shards)
        # The customers come while the store sums up.
        customers = beside.submit(read.read_table, session, store.keyspace, CUSTOMERS)
        # Summed up before the read: a write in between either shows in rows or sum, and the
        # partition is read again now, or moves the write times, and it is read again next time.
        database = summary.summaries(session, store.keyspace)
        if not database:
            raise UserError(
                f"keyspace {store.keyspace} has no transactions: run `make ingest`, or write to it"
            )
        held = {p: h for p, h in raw.held(read.FORMAT).items() if h.summary == database.get(p)}
        stale = sorted(database.keys() - held)
        for _ in range(ATTEMPTS):
            if not stale:
                break
            log.info("reading %d of %d partitions", len(stale), len(database))
            _read(session, store, stale, database, held)
            stale = [p for p in stale if p not in held]
            database |= summary.summaries(session, store.keyspace, stale)
        if stale:
            raise UserError(
                f"{len(stale)} partitions changed while they were read, {ATTEMPTS} times: "
                "extract when nobody writes to them"
            )
        raw.unseal()
        write_parquet(raw.CUSTOMERS, customers.result())
        raw.seal(held, store.shards, store.keyspace)
    totals = raw.manifest()
    log.info("%s rows in %d partitions, sum %s", f"{totals['rows']:,}", len(held), totals["amount"])


def _read(
    session: Session,
    store: DictConfig,
    stale: list[Partition],
    database: dict[Partition, Summary],
    held: dict[Partition, raw.Held],
) -> None:
    """Read the partitions `stale`; those that are what the database said become `held`."""
    raw.unseal()
    total = sum(database[p].rows for p in stale)
    with (  # after an error here, too, no thread goes on reading
        closing(read.extract(session, store.keyspace, stale, store.shards, raw.path)) as extracted,
        tqdm(total=total, unit=" rows", disable=None) as bar,
    ):
        remembered = -math.inf
        try:
            for partition, rows, amount in extracted:
                said = database[partition]
                if (rows, amount) == (said.rows, said.amount):
                    held[partition] = raw.Held(said, digest(raw.path(partition)))
                if time.monotonic() - remembered > REMEMBER_EVERY:
                    raw.remember(held, read.FORMAT)  # so that even a kill goes on from here
                    remembered = time.monotonic()
                bar.update(rows)
        finally:
            raw.remember(held, read.FORMAT)


if __name__ == "__main__":
    main()
