"""Where transactions come from: one small module a source, named as its `source.name`."""

import hashlib
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module, util
from pathlib import Path
from typing import Any, Protocol, cast

import pyarrow as pa
import pyarrow.csv
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from stages.adapters.files import digest, replacing
from stages.adapters.paths import REJECTS
from stages.domain import contract as rules
from stages.domain.errors import UserError

log = logging.getLogger(__name__)
MOST_REJECTS = 100_000  # rows that are written down; the others are counted
MAY_CHANGE = {"name", "path", "query", "headers", "paging", "timeout", "retries", "last_day"}
SHARED_CODE = Path(__file__).parents[1] / "drafts"


class Source(Protocol):
    """What a source module has; each function takes the configuration group `source`."""

    __file__: str

    def inputs(self, source: DictConfig) -> list[Path]:
        """The files that decide what the source yields."""

    def transactions(self, source: DictConfig) -> Iterator[pa.Table]:
        """Draft tables (see domain/contract.py); the same key twice never spans two of them."""

    def customers(self, source: DictConfig) -> pa.Table:
        """The customers, in the shape of the table `customers` as far as the source knows them."""


def module(name: str) -> Source:
    """The module of a source; UserError when there is none of that name."""
    if util.find_spec(f"{__name__}.{name}") is None:
        raise UserError(f"source.name={name}: there is no such module in stages/adapters/sources")
    return cast(Source, import_module(f"{__name__}.{name}"))


def settings(group: DictConfig) -> dict[str, Any]:
    """Those of a source that decide what its rows are, not how much there is or how it is asked.

    A source that describes its customers in files of their own may be told of them later.
    """
    given = cast(dict[str, Any], OmegaConf.to_container(group))
    described = isinstance(given.get("customers"), dict)
    left_out = MAY_CHANGE | ({"customers"} if described else set())
    return {key: value for key, value in given.items() if key not in left_out}


def fingerprint(source: Source, group: DictConfig) -> str:
    """A digest of all that decides what the source yields: its files, settings and code."""
    code = [Path(source.__file__), Path(rules.__file__), *sorted(SHARED_CODE.glob("*.py"))]
    files = [*code, *source.inputs(group)]
    parts = [OmegaConf.to_yaml(group, sort_keys=True), *map(digest, files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def contract(source: Source, group: DictConfig) -> Iterator[tuple[pa.Table, pa.Table]]:
    """The source's tables, each as (canonical rows, rejected rows)."""
    now = datetime.now(UTC)
    return (rules.split(draft, now) for draft in source.transactions(group))


def too_many(rejected: int, rows: int, most_rejected: float) -> bool:
    """Whether so many of the rows break the contract that none is loaded.

    A share above `most_rejected` is the sign of a wrong mapping, not of some bad rows.
    """
    if not isinstance(most_rejected, int | float):
        raise UserError(f"most_rejected={most_rejected}: give a share from 0 to 1, such as 0.01")
    return rejected == rows or rejected > most_rejected * rows


def check(source: Source, group: DictConfig, most_rejected: float) -> int:
    """Write the rows that break the contract beside the data; return how many do not.

    UserError where there are too many.
    """
    path, rejects = REJECTS / f"{group.name}.csv", []
    reasons: Counter[str] = Counter()
    count = rows = 0
    with tqdm(desc="check", unit=" rows", disable=None) as bar:
        for accepted, rejected in contract(source, group):
            if rejected.num_rows and count < MOST_REJECTS:
                rejects.append(rejected.slice(0, MOST_REJECTS - count))
            count += rejected.num_rows
            reasons.update(rejected["reason"].to_pylist())
            rows += accepted.num_rows + rejected.num_rows
            bar.update(accepted.num_rows + rejected.num_rows)
    if not rows:
        raise UserError(f"{group.name} has no row: nothing was loaded")
    if not count:
        path.unlink(missing_ok=True)
        return rows
    with replacing(path) as beside:
        pa.csv.write_csv(pa.concat_tables(rejects), beside)
    ((most, _),) = reasons.most_common(1)
    which = "each" if count <= MOST_REJECTS else f"the first {MOST_REJECTS:,}"
    told = (
        f"{count:,} of {rows:,} rows broke the contract, most often: {most}; see {path} for {which}"
        " and its reason"
    )
    if too_many(count, rows, most_rejected):
        raise UserError(
            f"{told}; nothing was loaded: correct the mapping, or allow as many by most_rejected"
        )
    log.warning("%s; the others are loaded", told)
    return rows - count
