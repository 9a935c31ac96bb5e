"""A customer taken out of the store, for good."""

from cassandra.cluster import Session

from stages.adapters.store import summary
from stages.adapters.store.keyspace import qualified
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS, SCORES, TRANSACTIONS

Key = tuple[str | int, ...]


def erase(session: Session, keyspace: str, customer_id: str) -> dict[str, int]:
    """Delete all rows of a customer; return how many there were, by table.

    One range delete a partition of `transactions` that holds the customer, whatever its shard:
    repeating it after an interruption deletes what is left. Raises UserError where rows stay,
    because they were written with a later time than this deletion.
    """
    keys: list[tuple[str, Key]] = [
        *((TRANSACTIONS.name, (*p, customer_id)) for p in summary.partitions(session, keyspace)),
        (CUSTOMERS.name, (customer_id,)),
        (SCORES.name, (customer_id,)),
    ]
    found, left = dict.fromkeys((TRANSACTIONS.name, CUSTOMERS.name, SCORES.name), 0), 0
    for table, key in keys:
        if rows := _count(session, keyspace, table, key):
            session.execute(f"DELETE {_where(keyspace, table, key)}", key)
            found[table] += rows
            left += _count(session, keyspace, table, key)
    if left:
        raise UserError(
            f"{left} rows of this customer were written by a clock ahead of this machine's, and"
            " stay: set that clock right, and erase again when this one has passed it"
        )
    return found


def _count(session: Session, keyspace: str, table: str, key: Key) -> int:
    return int(session.execute(f"SELECT count(*) {_where(keyspace, table, key)}", key).one()[0])


def _where(keyspace: str, table: str, key: Key) -> str:
    columns = ("month", "shard", "customer_id")[-len(key) :]
    return f"FROM {qualified(keyspace, table)} WHERE " + " AND ".join(f"{c} = %s" for c in columns)
