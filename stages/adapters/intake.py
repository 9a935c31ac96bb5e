"""What a source yields, held to the contract before anything of it is written."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.csv
from omegaconf import DictConfig
from tqdm import tqdm

from stages.adapters import sources
from stages.adapters.files import replacing
from stages.adapters.paths import REJECTS, ROOT
from stages.adapters.store import control
from stages.domain.contract import split
from stages.domain.errors import UserError

log = logging.getLogger(__name__)


def origin(source: sources.Source, group: DictConfig) -> control.Origin:
    """The files that the configuration names, below the checkout or absolute; and how it reads."""
    files = [path.absolute() for path in source.inputs(group)] if "path" in group else []
    return control.Origin(
        group.name,
        [str(f.relative_to(ROOT) if f.is_relative_to(ROOT) else f) for f in files],
        sources.mapping(group),
    )


def contract(source: sources.Source, group: DictConfig) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The source's tables, each as (canonical rows, rejected rows)."""
    now = datetime.now(UTC)
    return (split(draft, now) for draft in source.transactions(group))


def check(source: sources.Source, group: DictConfig, most_rejected: float) -> None:
    """Write the rows that break the contract beside the data; UserError where they are too many.

    A share above `most_rejected` is the sign of a wrong mapping, not of some bad rows.
    """
    path, rejects, rows = REJECTS / f"{group.name}.csv", [], 0
    with tqdm(total=source.rows(group), desc="check", unit=" rows", disable=None) as bar:
        for accepted, rejected in contract(source, group):
            rejects += [rejected] if rejected.num_rows else []
            rows += accepted.num_rows + rejected.num_rows
            bar.update(accepted.num_rows + rejected.num_rows)
    count = sum(table.num_rows for table in rejects)
    if not rows:
        raise UserError(f"{group.name} has no row: nothing was loaded")
    if not count:
        path.unlink(missing_ok=True)
        return
    with replacing(path) as beside:
        pa.csv.write_csv(pa.concat_tables(rejects), beside)
    told = f"{count:,} of {rows:,} rows broke the contract: see {path} for each and its reason"
    if count > most_rejected * rows:
        raise UserError(
            f"{told}; nothing was loaded: correct the mapping, or allow as many by most_rejected"
        )
    log.warning("%s; the others are loaded", told)
