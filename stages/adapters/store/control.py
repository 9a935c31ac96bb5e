"""Control totals: what was loaded is in the store, counted and summed exactly."""

import json
import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from cassandra.cluster import Session

from stages.adapters.store import read, summary
from stages.adapters.store.keyspace import SETTINGS, qualified
from stages.adapters.store.retry import patiently
from stages.adapters.store.wire import Wire
from stages.domain.contract import KEY
from stages.domain.errors import UserError
from stages.domain.shards import Partition, partitioned
from stages.domain.tables import TRANSACTIONS

log = logging.getLogger(__name__)
_SOURCE = "source"  # the setting that names the source whose rows these are
_LOADED = "loaded"  # the setting that names what was loaded last, whole
_LOADING = "loading"  # the setting that names what is being loaded, and how far


class Totals:
    """Rows and exact sum of amounts, by partition, of all tables added."""

    def __init__(self, shards: int) -> None:
        self.shards = shards
        self.by_partition: dict[Partition, tuple[int, Decimal]] = defaultdict(
            lambda: (0, Decimal(0))
        )

    def add(self, rows: pa.Table) -> None:
        """Count canonical transactions."""
        sums = partitioned(rows, self.shards).group_by(["month", "shard"])
        for row in sums.aggregate([("amount", "count"), ("amount", "sum")]).to_pylist():
            count, amount = self.by_partition[row["month"], row["shard"]]
            self.by_partition[row["month"], row["shard"]] = (
                count + row["amount_count"],
                amount + row["amount_sum"],
            )

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(count for count, _ in self.by_partition.values())

    @property
    def amount(self) -> Decimal:
        """The sum of all amounts."""
        return sum((amount for _, amount in self.by_partition.values()), Decimal(0))


def verify(session: Session, keyspace: str, totals: Totals, again: Iterator[pa.Table]) -> None:
    """Raise UserError unless the store holds every row loaded, with its amount.

    Count and sum of each partition decide. Where the store holds more (rows from elsewhere, or
    of a file that had other rows once), the rows loaded, given `again`, are looked up one by one.
    """
    there = {p: (s.rows, s.amount) for p, s in summary.summaries(session, keyspace).items()}
    differing = {p for p, expected in totals.by_partition.items() if there.get(p) != expected}
    if not differing and len(there) == len(totals.by_partition):
        return
    with Wire(session) as wire:
        lacking = sum(_lacking(wire, keyspace, rows, differing, totals.shards) for rows in again)
    if lacking:
        raise UserError(
            f"{lacking} rows that were loaded are not in keyspace {keyspace} as they were: "
            "run it again; the rows that are there stay"
        )
    more = sum(rows for rows, _ in there.values()) - totals.rows
    log.warning(
        "keyspace %s holds %s more rows: where rows of this source were corrected or taken out "
        "since they were loaded, the former ones stay; load into another store.keyspace to be "
        "without them",
        keyspace,
        f"{more:,}",
    )


def _lacking(
    wire: Wire, keyspace: str, rows: pa.Table, differing: set[Partition], shards: int
) -> int:
    """How many of `rows`, in the partitions `differing`, the store does not hold alike."""
    rows, lacking = partitioned(rows, shards), 0
    for month, shard in sorted(differing):
        ours = rows.filter((pc.field("month") == month) & (pc.field("shard") == shard))
        if ours.num_rows:
            pages = read.read_partition(wire, keyspace, (month, shard))
            there = pa.Table.from_batches(pages, TRANSACTIONS.schema)
            lacking += ours.join(there, [*KEY, "amount"], join_type="left anti").num_rows
    return lacking


@dataclass(frozen=True)
class Origin:
    """Where rows come from: a source's name, its files, and the settings that decide its rows."""

    name: str
    files: list[str]
    settings: dict[str, Any]


FEED = Origin("a feed of your own", [], {})  # of a keyspace that no source is loaded into


def fed(session: Session, keyspace: str) -> bool:
    """Whether the keyspace is that of a feed."""
    written = _setting(session, keyspace, _SOURCE)
    return written is not None and json.loads(written)["name"] == FEED.name


def claim(session: Session, keyspace: str, mine: Origin) -> None:
    """Make the keyspace that of this origin, once `admit` has let it in."""
    _set(session, keyspace, _SOURCE, json.dumps(asdict(mine)))


def admit(session: Session, keyspace: str, mine: Origin) -> None:
    """UserError where the keyspace's rows came from elsewhere, or were read in another way.

    The two would mix for good. Files may grow and others may join them; a source without files is
    known by its name.
    """
    written = _setting(session, keyspace, _SOURCE) or "{}"
    known = Origin(**{**asdict(mine), **json.loads(written)})
    if known.name != mine.name or not set(known.files) <= set(mine.files):
        theirs = " ".join([known.name, *known.files[:1]])
        more = f" and {len(known.files) - 1} more" if known.files[1:] else ""
        raise UserError(
            f"keyspace {keyspace} holds the source {theirs}{more}, with which this one would mix:"
            " choose another store.keyspace, or give a source.path that matches those files, too"
        )
    other = [f"source.{k}" for k, v in mine.settings.items() if v != known.settings.get(k)]
    if other:
        raise UserError(
            f"keyspace {keyspace} holds {mine.name} as read with another {', '.join(other)}, with"
            " which this would mix: choose another store.keyspace"
        )


def loaded(session: Session, keyspace: str) -> str | None:
    """The fingerprint of the source that was last loaded whole; None where there is none."""
    return _setting(session, keyspace, _LOADED)


def remember(session: Session, keyspace: str, fingerprint: str) -> None:
    """Write down that a source was loaded whole."""
    _set(session, keyspace, _LOADED, fingerprint)


def begun(session: Session, keyspace: str, fingerprint: str) -> int:
    """How many of this source's draft tables an interrupted load has written whole."""
    mark, _, tables = (_setting(session, keyspace, _LOADING) or "").partition(" ")
    return int(tables) if mark == fingerprint else 0


def advance(session: Session, keyspace: str, fingerprint: str, tables: int) -> None:
    """Write down how many draft tables are written; 0 lets the next load write all of them."""
    _set(session, keyspace, _LOADING, f"{fingerprint} {tables}")


def _setting(session: Session, keyspace: str, name: str) -> str | None:
    select = f"SELECT value FROM {qualified(keyspace, SETTINGS.name)} WHERE name = %s"
    row = patiently(lambda: session.execute(select, [name]).one())
    return row[0] if row else None


def _set(session: Session, keyspace: str, name: str, value: str) -> None:
    insert = f"INSERT INTO {qualified(keyspace, SETTINGS.name)} (name, value) VALUES (%s, %s)"
    patiently(lambda: session.execute(insert, [name, value]))
