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
    mark, origin = sources.fingerprint(source, params.source), _origin(source, params.source)
    with connect(store) as session:
        keyspace.ensure(session, name, store.shards, dict(store.replication))
        if control.loaded(session, name) == mark:
            log.info("%s is in keyspace %s already", params.source.name, name)
            return
        done = control.begun(session, name, mark)
        if done:
            log.info("%d tables were written before an interruption: going on from there", done)
        totals = control.Totals(store.shards)
        control.admit(session, name, origin)
        _check(source, params)
        with tqdm(total=source.rows(params.source), unit=" rows", disable=None) as bar:
            for number, (accepted, _) in enumerate(_contract(source, params.source), 1):
                totals.add(accepted)
                if number <= done or not accepted.num_rows:
                    bar.update(accepted.num_rows)
                    continue
                control.claim(session, name, origin)
                write.write_transactions(session, name, accepted, store.shards, bar.update)
                control.advance(session, name, mark, number)
        control.advance(session, name, mark, 0)  # what fails below is written again, all of it
        write.write_rows(session, name, CUSTOMERS, source.customers(params.source))
        control.verify(
            session, name, totals, (rows for rows, _ in _contract(source, params.source))
        )
        control.remember(session, name, mark)
    log.info("%s rows in the store, sum %s, as in the source", f"{totals.rows:,}", totals.amount)


def _origin(source: sources.Source, group: DictConfig) -> control.Origin:
    """The files that the configuration names, below the checkout or absolute; and how it reads."""
    files = [path.absolute() for path in source.inputs(group)] if "path" in group else []
    return control.Origin(
        group.name,
        [str(f.relative_to(ROOT) if f.is_relative_to(ROOT) else f) for f in files],
        sources.mapping(group),
    )


def _contract(source: sources.Source, group: DictConfig) -> Iterator[tuple[pa.Table, pa.Table]]:
    now = datetime.now(UTC)
    return (split(draft, now) for draft in source.transactions(group))


def _check(source: sources.Source, params: DictConfig) -> None:
    """Write the rows that break the contract beside the data; UserError where they are too many.

    More than `most_rejected` of all are the sign of a wrong mapping, not of some bad rows.
    """
    name, rejects, rows = params.source.name, [], 0
    for accepted, rejected in _contract(source, params.source):
        rejects += [rejected] if rejected.num_rows else []
        rows += accepted.num_rows + rejected.num_rows
    path, count = REJECTS / f"{name}.csv", sum(table.num_rows for table in rejects)
    if not rows:
        raise UserError(f"{name} has no row: nothing was loaded")
    if not count:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as beside:
        pa.csv.write_csv(pa.concat_tables(rejects), beside)
    told = f"{count:,} of {rows:,} rows broke the contract: see {path} for each and its reason"
    if count > params.most_rejected * rows:
        raise UserError(
            f"{told}; nothing was loaded: correct the mapping, or allow as many by most_rejected"
        )
    log.warning("%s; the others are loaded", told)


if __name__ == "__main__":
    main()
