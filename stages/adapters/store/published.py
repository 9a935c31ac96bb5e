"""Published scores, customer by customer."""

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from stages.adapters.store import read
from stages.adapters.store.keyspace import qualified
from stages.adapters.store.retry import patiently
from stages.domain.errors import UserError
from stages.domain.tables import SCORES, STAMP

_TELLING = ("customer_id", *STAMP)


def published(
    session: Session, keyspace: str, customer_id: str | None = None
) -> dict[str, Any] | None:
    """The row of `scores` of a customer, else any row, by column; None where there is none."""
    names, values = SCORES.schema.names, [] if customer_id is None else [customer_id]
    which = "LIMIT 1" if customer_id is None else "WHERE customer_id = %s"
    select = f"SELECT {', '.join(names)} FROM {qualified(keyspace, SCORES.name)} {which}"
    found = patiently(lambda: session.execute(select, values).one())
    if found is None:
        return None
    row = dict(zip(names, found, strict=True))
    return row | {"as_of": row["as_of"].date()}


def verify(session: Session, keyspace: str, scores: pa.Table) -> None:
    """UserError unless the store holds just these customers' scores, each of the same stamp."""
    own = replace(SCORES, columns=tuple(c for c in SCORES.columns if c.name in _TELLING))
    there = read.read_table(session, keyspace, own)
    if not there.equals(scores.select(there.schema.names).cast(there.schema).combine_chunks()):
        raise UserError(
            f"{keyspace}.{SCORES.name} does not hold the scores that were written: some"
            " were lost, or are older than rows by a clock ahead of this machine's: set that clock"
            " right, and run it again when this one has passed it"
        )


def withdraw(session: Session, keyspace: str, before: pa.ChunkedArray, now: pa.ChunkedArray) -> int:
    """Delete from `scores` the customers of `before` who are not among those of `now`; how many.

    To do so again changes nothing.
    """
    left = before.filter(pc.invert(pc.is_in(before, now))).to_pylist()
    delete = f"DELETE FROM {qualified(keyspace, SCORES.name)} WHERE customer_id = ?"
    prepared = patiently(lambda: session.prepare(delete))
    prepared.is_idempotent = True
    keys = [(customer,) for customer in left]
    patiently(lambda: execute_concurrent_with_args(session, prepared, keys))
    return len(left)
