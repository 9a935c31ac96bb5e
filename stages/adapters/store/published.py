"""One published score."""

from typing import Any

from cassandra.cluster import Session

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
