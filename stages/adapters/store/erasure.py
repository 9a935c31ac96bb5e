"""A customer taken out of the store, for good."""

from cassandra.cluster import Session

from stages.adapters.store import summary
from stages.adapters.store.keyspace import qualified
from stages.domain.tables import CUSTOMERS, SCORES, TRANSACTIONS


def erase(session: Session, keyspace: str, customer_id: str) -> dict[str, int]:
    """Delete all rows of a customer; return how many there were, by table.

    One range delete a partition of `transactions` that holds the customer, whatever its shard:
    repeating it after an interruption deletes what is left.
    """
    found = {}
    keys = [(*partition, customer_id) for partition in summary.partitions(session, keyspace)]
    found[TRANSACTIONS.name] = sum(
        _delete(session, keyspace, TRANSACTIONS.name, ["month", "shard", "customer_id"], key)
        for key in keys
    )
    for table in (CUSTOMERS.name, SCORES.name):
        found[table] = _delete(session, keyspace, table, ["customer_id"], (customer_id,))
    return found


def _delete(
    session: Session, keyspace: str, table: str, columns: list[str], key: tuple[str | int, ...]
) -> int:
    """Delete the rows below a key; return how many there were."""
    where = f"FROM {qualified(keyspace, table)} WHERE " + " AND ".join(f"{c} = %s" for c in columns)
    rows = session.execute(f"SELECT count(*) {where}", key).one()[0]
    if rows:
        session.execute(f"DELETE {where}", key)
    return int(rows)
