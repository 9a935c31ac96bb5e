"""Tables: the keyspace and its tables, empty, for whoever writes transactions there themselves."""

import logging

from stages.adapters import config
from stages.adapters.logs import stage
from stages.adapters.store import journal, keyspace
from stages.adapters.store.session import connect

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Make what is absent, and mark the keyspace: no source is loaded into it.

    UserError where it holds a source's rows, or tables of another shape or number of shards.
    """
    store = config.load().store
    with connect(store) as session:
        keyspace.ensure(session, store.keyspace, store.shards, dict(store.replication))
        journal.admit(session, store.keyspace, journal.FEED)
        journal.claim(session, store.keyspace, journal.FEED)
    log.info("keyspace %s has its tables; %d shards a month", store.keyspace, store.shards)


if __name__ == "__main__":
    main()
