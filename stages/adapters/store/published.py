"""Published scores, customer by customer."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from stages.adapters.store.keyspace import qualified
from stages.adapters.store.retry import patiently
from stages.domain.tables import SCORES


def published(session: Session, keyspace: str, customer_id: str) -> dict[str, Any] | None:
    """The row of `scores` of a customer, by column; None where there is none."""
    return _row(session, keyspace, "WHERE customer_id = %s", [customer_id])


def some(session: Session, keyspace: str) -> dict[str, Any] | None:
    """Any row of `scores`; None where there is none."""
    return _row(session, keyspace, "LIMIT 1", [])


def _row(
    session: Session, keyspace: str, which: str, values: Sequence[str]
) -> dict[str, Any] | None:
    names = SCORES.schema.names
    select = f"SELECT {', '.join(names)} FROM {qualified(keyspace, SCORES.name)} {which}"
    found = patiently(lambda: session.execute(select, values).one())
    if found is None:
        return None
    row = dict(zip(names, found, strict=True))
    return row | {"as_of": row["as_of"].date()}


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
