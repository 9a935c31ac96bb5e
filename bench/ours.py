"""Our side of the store's benchmark, one operation a process: load, unload, and what limits them.

`python -m bench.ours load|unload|receive|count KEYSPACE [FOLDER]` prints JSON: the rows, their
exact sum where it is known, and the seconds from connecting to done, without the start of Python.
With `--several` a lone node is read as if it were one of several.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Session
from cassandra.concurrent import execute_concurrent_with_args

from stages.adapters import config, sources
from stages.adapters.logs import stage
from stages.adapters.store import read, summary, write
from stages.adapters.store.alone import read_level
from stages.adapters.store.keyspace import qualified
from stages.adapters.store.session import connect
from stages.adapters.store.wire import PAGE_ROWS, Wire
from stages.domain.shards import Partition, stem
from stages.domain.tables import TRANSACTIONS

Counted = dict[str, Any]


def load(session: Session, name: str) -> Counted:
    """Write the configured source, read from its files and held to the contract, as ingest does."""
    params = config.load()
    counts: list[int] = []
    amount = Decimal(0)
    source = sources.module(params.source.name)
    sources.check(source, params.source, params.most_rejected)
    for accepted, _ in sources.contract(source, params.source):
        write.write_transactions(session, name, accepted, params.store.shards, counts.append)
        amount += pc.sum(accepted["amount"]).as_py()
    return {"rows": sum(counts), "amount": str(amount)}


def unload(session: Session, name: str, folder: str) -> Counted:
    """Read every partition to zstd Parquet, as a full extract does."""
    done = list(
        read.extract(
            session,
            name,
            summary.partitions(session, name),
            config.load().store.shards,
            lambda partition: Path(folder) / f"{stem(partition)}.parquet",
        )
    )
    amount = sum((amount for _, _, amount in done), Decimal(0))
    return {"rows": sum(rows for _, rows, _ in done), "amount": str(amount)}


def receive(session: Session, name: str) -> Counted:
    """Ask for the same pages, as many at a time, and drop their bytes: the limit of `unload`."""
    with Wire(session) as wire, ThreadPoolExecutor(read.SIDE_BY_SIDE) as threads:

        def rows(partition: Partition) -> int:
            return sum(page.rows for page in read.pages(wire, name, TRANSACTIONS, partition))

        return {"rows": sum(threads.map(rows, summary.partitions(session, name)))}


def count(session: Session, name: str) -> Counted:
    """Have the store count the rows of every partition: less than this shows no change."""
    table = qualified(name, TRANSACTIONS.name)
    select = session.prepare(f"SELECT count(*) FROM {table} WHERE month = ? AND shard = ?")
    select.fetch_size = PAGE_ROWS
    partitions = summary.partitions(session, name)
    level = session.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, **read_level(session))
    answers = execute_concurrent_with_args(
        session, select, partitions, summary.SIDE_BY_SIDE, execution_profile=level
    )
    return {"rows": sum(answer.result_or_exc.one()[0] for answer in answers)}


@stage
def main() -> None:
    """Do what the command line says."""
    operations: dict[str, Callable[..., Counted]]
    operations = {"load": load, "unload": unload, "receive": receive, "count": count}
    arguments = argparse.ArgumentParser()
    arguments.add_argument("operation", choices=operations)
    arguments.add_argument("rest", nargs="+", help="the keyspace, and for unload a folder")
    arguments.add_argument("--several", action="store_true")
    asked = arguments.parse_args()
    operation, store = operations[asked.operation], config.load().store
    if asked.several:
        store.consistency = "ONE"
    began = time.perf_counter()
    with connect(store) as session:
        counted = operation(session, *asked.rest)
    print(json.dumps(counted | {"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
