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
    held: dict[str, list[Key]] = {
        TRANSACTIONS.name: [(*p, customer_id) for p in summary.partitions(session, keyspace)],
        CUSTOMERS.name: [(customer_id,)],
        SCORES.name: [(customer_id,)],
    }
    found = {t: sum(_delete(session, keyspace, t, key) for key in held[t]) for t in held}
    left = sum(_count(session, keyspace, table, key) for table in held for key in held[table])
    if left:
        raise UserError(
            f"{left} rows of this customer were written by a clock ahead of this machine's, and"
            " stay: set that clock right, and erase again when this one has passed it"
        )
    return found


def _delete(session: Session, keyspace: str, table: str, key: Key) -> int:
    """Delete the rows below a key; return how many there were."""
    rows = _count(session, keyspace, table, key)
    if rows:
        session.execute(f"DELETE {_where(keyspace, table, key)}", key)
    return rows


def _count(session: Session, keyspace: str, table: str, key: Key) -> int:
    return int(session.execute(f"SELECT count(*) {_where(keyspace, table, key)}", key).one()[0])


def _where(keyspace: str, table: str, key: Key) -> str:
    columns = ("month", "shard", "customer_id")[-len(key) :]
    return f"FROM {qualified(keyspace, table)} WHERE " + " AND ".join(f"{c} = %s" for c in columns)
