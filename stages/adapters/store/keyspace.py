"""The keyspace and its tables: made where absent, checked where present, never altered."""

import re

from cassandra.cluster import Session

from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS, SCORES, TRANSACTIONS, Column, Table

SETTINGS = Table(
    "settings", ("name",), (), (Column("name", "text", None, False), Column("value", "text", None))
)
TABLES = (SETTINGS, TRANSACTIONS, CUSTOMERS, SCORES)
MOST_SHARDS = 2**15 - 1  # a smallint has its number
_NAME = re.compile(r"[a-z][a-z0-9_]{0,47}")


def quoted(keyspace: str) -> str:
    """The keyspace's name for CQL; UserError unless it is a plain lower-case name."""
    if not _NAME.fullmatch(keyspace):
        raise UserError(
            f"store.keyspace={keyspace!r}: give a lower-case letter, then letters, digits or _,"
            " at most 48 in all"
        )
    return f'"{keyspace}"'


def qualified(keyspace: str, table: str) -> str:
    """The table's full name for CQL."""
    return f'{quoted(keyspace)}."{table}"'


def ensure(session: Session, keyspace: str, shards: int, replication: dict) -> None:
    """Make the keyspace and its tables, and record the number of shards; keep what is there.

    `replication` is CQL's map, such as `{"class": "SimpleStrategy", "replication_factor": 1}`.
    Raises UserError where a table has another shape or the keyspace another number of shards.
    """
    if type(shards) is not int or not 1 <= shards <= MOST_SHARDS:
        raise UserError(f"store.shards={shards}: give a whole number from 1 to {MOST_SHARDS:,}")
    if not _exists(session, keyspace):  # making one takes a right that few users have
        options = ", ".join(f"'{name}': '{value}'" for name, value in replication.items())
        session.execute(
            f"CREATE KEYSPACE IF NOT EXISTS {quoted(keyspace)} WITH replication = {{{options}}}"
        )
    for table in TABLES:  # settings first: rows without a recorded number of shards cannot be
        columns = ", ".join(f'"{c.name}" {c.cql}' for c in table.columns)
        key = ", ".join([f"({', '.join(table.partition)})", *table.clustering])
        session.execute(
            f"CREATE TABLE IF NOT EXISTS {qualified(keyspace, table.name)}"
            f" ({columns}, PRIMARY KEY ({key}))"
        )
        _check_shape(session, keyspace, table)
        if table is SETTINGS:
            insert = f"INSERT INTO {qualified(keyspace, SETTINGS.name)} (name, value)"
            session.execute(f"{insert} VALUES ('shards', %s) IF NOT EXISTS", [str(shards)])
            _check_shards(session, keyspace, shards)


def others(session: Session, keyspace: str) -> list[str]:
    """The names of this cluster's other keyspaces with these tables: of other, or former, loads."""
    rows = session.execute("SELECT keyspace_name, table_name FROM system_schema.tables")
    tables: dict[str, set[str]] = {}
    for name, table in rows:
        tables.setdefault(name, set()).add(table)
    ours = {table.name for table in TABLES}
    return sorted(name for name, own in tables.items() if ours <= own and name != keyspace)


def check(session: Session, keyspace: str, shards: int) -> None:
    """Raise UserError unless the keyspace is there, in our shape and with this many shards."""
    if not _exists(session, keyspace):
        raise UserError(
            f"the store has no keyspace {keyspace}: fill it with `make ingest` or `make run`, or"
            " make it with `make tables` and write to it"
        )
    for table in TABLES:
        _check_shape(session, keyspace, table)
    _check_shards(session, keyspace, shards)


def _exists(session: Session, keyspace: str) -> bool:
    quoted(keyspace)
    select = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = %s"
    return session.execute(select, [keyspace]).one() is not None


def _check_shards(session: Session, keyspace: str, shards: int) -> None:
    settings = qualified(keyspace, SETTINGS.name)
    row = session.execute(f"SELECT value FROM {settings} WHERE name = 'shards'").one()
    if row is None:
        raise UserError(f"keyspace {keyspace} does not say its number of shards: run `make ingest`")
    if row[0] != str(shards):
        raise UserError(
            f"keyspace {keyspace} has store.shards={row[0]}, not {shards}: set"
            f" store.shards={row[0]}, or ingest into another store.keyspace"
        )


def _check_shape(session: Session, keyspace: str, table: Table) -> None:
    found = _found(session, keyspace, table)
    if not found:
        raise UserError(
            f"keyspace {keyspace} has no table {table.name}: fill it with `make ingest` or"
            " `make run`"
        )
    wanted = _wanted(table)
    differences = [
        f"{name} is {found.get(name, 'absent')}, not {wanted.get(name, 'absent')}"
        for name in sorted(wanted | found)
        if found.get(name) != wanted.get(name)
    ]
    if differences:
        raise UserError(
            f"table {keyspace}.{table.name} has another shape than this program's:"
            f" {'; '.join(differences)}. It was left as it is: ingest into another store.keyspace,"
            " or migrate it"
        )


def _wanted(table: Table) -> dict[str, str]:
    """What each column should be, in the words of `_found`."""
    role = {name: f", partition key {place}" for place, name in enumerate(table.partition, 1)}
    role |= {name: f", clustering {place} asc" for place, name in enumerate(table.clustering, 1)}
    return {c.name: c.cql + role.get(c.name, "") for c in table.columns}


def _found(session: Session, keyspace: str, table: Table) -> dict[str, str]:
    """What each column of the table in the store is; empty where there is no such table."""
    rows = session.execute(
        "SELECT column_name, type, kind, position, clustering_order FROM system_schema.columns"
        " WHERE keyspace_name = %s AND table_name = %s",
        [keyspace, table.name],
    )
    words = {
        "partition_key": ", partition key {place}",
        "clustering": ", clustering {place} {order}",
        "static": ", static",
        "regular": "",
    }
    return {
        name: cql + words[kind].format(place=position + 1, order=order)
        for name, cql, kind, position, order in rows
    }
