"""Published scores, customer by customer."""

from collections.abc import Sequence
from typing import Any

from cassandra.cluster import Session
from cassandra.concurrent import execute_concurrent_with_args

from stages.adapters.store.keyspace import qualified
from stages.adapters.store.retry import patiently
from stages.domain.tables import SCORES


def published(session: Session, keyspace: str, customer_id: str) -> dict[str, Any] | None:
    """The row of `scores` of a customer, by column; None where there is none."""
    names = SCORES.schema.names
    table = qualified(keyspace, SCORES.name)
    select = f"SELECT {', '.join(names)} FROM {table} WHERE customer_id = %s"
    found = patiently(lambda: session.execute(select, [customer_id]).one())
    if found is None:
        return None
    row = dict(zip(names, found, strict=True))
    return row | {"as_of": row["as_of"].date()}


def withdraw(session: Session, keyspace: str, customers: Sequence[str]) -> None:
    """Delete the rows of `customers` from `scores`; to do so again changes nothing."""
    delete = f"DELETE FROM {qualified(keyspace, SCORES.name)} WHERE customer_id = ?"
    prepared = patiently(lambda: session.prepare(delete))
    prepared.is_idempotent = True
    keys = [(customer,) for customer in customers]
    patiently(lambda: execute_concurrent_with_args(session, prepared, keys))
