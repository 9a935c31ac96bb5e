"""Ingest: a source's transactions and customers go to Cassandra, once, every row accounted for."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.csv
from omegaconf import DictConfig
from tqdm import tqdm

from stages.adapters import config, sources
from stages.adapters.files import replacing
from stages.adapters.logs import stage
from stages.adapters.paths import REJECTS, ROOT
from stages.adapters.store import control, keyspace, write
from stages.adapters.store.session import connect
from stages.domain.contract import split
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS

log = logging.getLogger(__name__)


@stage
def main() -> None:
    """Load the source of params.yaml; the same source twice changes nothing."""
    params = config.load()
    store, name = params.store, params.store.keyspace
    source = sources.module(params.source.name)
    mark, files = sources.fingerprint(source, params.source), _files(source, params.source)
    with connect(store) as session:
        keyspace.ensure(session, name, store.shards, dict(store.replication))
        if control.loaded(session, name) == mark:
            log.info("%s is in keyspace %s already", params.source.name, name)
            return
        done = control.begun(session, name, mark)
        if done:
            log.info("%d tables were written before an interruption: going on from there", done)
        totals = control.Totals(store.shards)
        rejects: list[pa.Table] = []
        with tqdm(total=source.rows(params.source), unit=" rows", disable=None) as bar:
            for number, (accepted, rejected) in enumerate(_contract(source, params.source), 1):
                totals.add(accepted)
                rejects += [rejected] if rejected.num_rows else []
                if number <= done or not accepted.num_rows:
                    bar.update(accepted.num_rows)
                    continue
                control.claim(session, name, params.source.name, files)
                write.write_transactions(session, name, accepted, store.shards, bar.update)
                control.advance(session, name, mark, number)
        _report(rejects, params.source.name)
        if not totals.rows:
            raise UserError(f"{params.source.name} has no row that can be loaded: nothing was")
        control.advance(session, name, mark, 0)  # what fails below is written again, all of it
        write.write_rows(session, name, CUSTOMERS, source.customers(params.source))
        control.verify(
            session, name, totals, (rows for rows, _ in _contract(source, params.source))
        )
        control.remember(session, name, mark)
    log.info("%s rows in the store, sum %s, as in the source", f"{totals.rows:,}", totals.amount)


def _files(source: sources.Source, group: DictConfig) -> list[str]:
    """The files that the configuration names, below the checkout or absolute; a package's: none."""
    if "path" not in group:
        return []
    files = [path.absolute() for path in source.inputs(group)]
    return [str(f.relative_to(ROOT) if f.is_relative_to(ROOT) else f) for f in files]


def _contract(source: sources.Source, group: DictConfig) -> Iterator[tuple[pa.Table, pa.Table]]:
    now = datetime.now(UTC)
    return (split(draft, now) for draft in source.transactions(group))


def _report(rejects: list[pa.Table], name: str) -> None:
    """Write the rejected rows with their reasons beside the data, and say how many."""
    path = REJECTS / f"{name}.csv"
    if not rejects:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as beside:
        pa.csv.write_csv(pa.concat_tables(rejects), beside)
    count = sum(table.num_rows for table in rejects)
    log.warning("%d rows broke the contract: see %s for each and its reason", count, path)


if __name__ == "__main__":
    main()
