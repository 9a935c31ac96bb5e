"""Make the pipeline's role, and give the superuser that every new node has another password.

Cassandra comes with cassandra/cassandra. Run again it changes nothing; see compose.yaml.
"""

import os
import sys

from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable, Session
from cassandra.encoder import cql_quote
from cassandra.metadata import escape_name

SUPERUSER = "cassandra"


def main() -> None:
    """Read the passwords from the environment; exit with one line where the node refuses both."""
    admin = os.environ["CASSANDRA_ADMIN_PASSWORD"]
    name, password = os.environ["CASSANDRA_USERNAME"], os.environ["CASSANDRA_PASSWORD"]
    for known in (admin, SUPERUSER):
        try:
            with _cluster(known) as cluster:
                _prepare(cluster.connect(), name, password, admin)
            return
        except NoHostAvailable:
            continue
    sys.exit("no node answers, or it takes neither CASSANDRA_ADMIN_PASSWORD nor a new node's")


def _cluster(password: str) -> Cluster:
    host, _, port = os.environ["CASSANDRA_CONTACT_POINTS"].partition(":")
    login = PlainTextAuthProvider(SUPERUSER, password)
    return Cluster([host], port=int(port), auth_provider=login)


def _prepare(session: Session, name: str, password: str, admin: str) -> None:
    role = escape_name(name)
    session.execute(f"CREATE ROLE IF NOT EXISTS {role} WITH LOGIN = true")
    session.execute(f"ALTER ROLE {role} WITH PASSWORD = {cql_quote(password)}")
    session.execute(f"GRANT CREATE ON ALL KEYSPACES TO {role}")  # and all rights on what it makes
    session.execute(f"ALTER ROLE {SUPERUSER} WITH PASSWORD = {cql_quote(admin)}")


if __name__ == "__main__":
    main()
