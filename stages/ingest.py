"""Ingest: a source's transactions and customers go to Cassandra, once, every row accounted for."""

import logging

from omegaconf import DictConfig
from tqdm import tqdm

from stages.adapters import config, sources
from stages.adapters.logs import stage
from stages.adapters.paths import ROOT
from stages.adapters.store import control, journal, keyspace, summary, write
from stages.adapters.store.session import connect
from stages.domain.tables import CUSTOMERS

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Load the source of params.yaml; the same source twice changes nothing."""
    params = config.load()
    store, name = params.store, params.store.keyspace
    source = sources.module(params.source.name)
    with connect(store) as session:
        keyspace.ensure(session, name, store.shards, dict(store.replication))
        if journal.fed(session, name):
            log.info("keyspace %s has a feed of its own: no source is loaded", name)
            return
        mark, origin = sources.fingerprint(source, params.source), _origin(source, params.source)
        if journal.loaded(session, name) == mark and summary.partitions(session, name):
            log.info("%s is in keyspace %s already", params.source.name, name)
            return
        done = journal.begun(session, name, mark)
        if done:
            log.info("%d tables were written before an interruption: going on from there", done)
        totals = control.Totals(store.shards)
        journal.admit(session, name, origin)
        rows = sources.check(source, params.source, params.most_rejected)
        customers = source.customers(params.source)  # what is wrong with them is said before a load
        journal.claim(session, name, origin)
        with tqdm(total=rows, desc="load", unit=" rows", disable=None) as bar:
            for number, (accepted, _) in enumerate(sources.contract(source, params.source), 1):
                totals.add(accepted)
                if number <= done or not accepted.num_rows:
                    bar.update(accepted.num_rows)
                    continue
                write.write_transactions(session, name, accepted, store.shards, bar.update)
                journal.advance(session, name, mark, number)
        journal.advance(session, name, mark, 0)  # what fails below is written again, all of it
        write.write_rows(session, name, CUSTOMERS, customers)
        control.verify(
            session, name, totals, (rows for rows, _ in sources.contract(source, params.source))
        )
        journal.remember(session, name, mark)
    log.info("%s rows of the source are in the store, sum %s", f"{totals.rows:,}", totals.amount)


def _origin(source: sources.Source, group: DictConfig) -> journal.Origin:
    """The files that the configuration names, below the checkout or absolute; and how it reads."""
    files = [path.absolute() for path in source.inputs(group)] if "path" in group else []
    return journal.Origin(
        group.name,
        [str(f.relative_to(ROOT) if f.is_relative_to(ROOT) else f) for f in files],
        sources.settings(group),
    )


if __name__ == "__main__":
    main()
