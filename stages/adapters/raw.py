"""data/raw: one Parquet file a partition, the customers, and the manifest that vouches for them.

Write times differ from one load to the next, so they stay outside, in an ignored file that is
trusted only while the Parquet files are the ones it names, in the format that is written today.
What DVC hashes depends on content alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from stages.adapters.files import digest, read_json, write_json
from stages.adapters.paths import DATA, RAW
from stages.domain.errors import UserError
from stages.domain.shards import Partition, Summary, stem

TRANSACTIONS = RAW / "transactions"
CUSTOMERS = RAW / "customers.parquet"
MANIFEST = RAW / "_manifest.json"
SEEN = DATA / ".raw_seen.json"
LOCK = DATA / ".raw.lock"  # held while data/raw changes, and while it must not
FROM = DATA / ".raw_from.json"  # which keyspace the manifest is of: like write times, no content


@dataclass(frozen=True)
class Held:
    """A partition on disk: the summary that it was read under, and the digest of its file."""

    summary: Summary
    digest: str


def path(partition: Partition) -> Path:
    """The file of a partition."""
    return TRANSACTIONS / f"{stem(partition)}.parquet"


def held(form: str) -> dict[Partition, Held]:
    """What is on disk as it was read, in the format `form`, without files changed since."""
    seen = read_json(SEEN) if SEEN.exists() else {}
    if not isinstance(seen, dict) or seen.get("format") != form:
        return {}
    entries = {
        (e["month"], e["shard"]): Held(
            Summary(e["rows"], Decimal(e["amount"]), e["written"]), e["digest"]
        )
        for e in seen["partitions"]
    }
    return {
        p: entry
        for p, entry in entries.items()
        if path(p).exists() and digest(path(p)) == entry.digest
    }


def remember(entries: dict[Partition, Held], form: str) -> None:
    """Write down what is on disk, in this format: the next extraction goes on from here."""
    partitions = [_entry(p, e) | {"written": e.summary.written} for p, e in sorted(entries.items())]
    write_json(SEEN, {"format": form, "partitions": partitions})


def unseal() -> None:
    """Take the manifest away: until the next `seal` what is on disk is of no one time."""
    MANIFEST.unlink(missing_ok=True)


def seal(entries: dict[Partition, Held], shards: int, keyspace: str) -> None:
    """Write the manifest of what is on disk; partitions that are no more, and halves, go."""
    whole = {path(p) for p in entries}
    for file in [*TRANSACTIONS.glob("*"), *RAW.glob("*.part")]:
        if file not in whole:
            file.unlink()
    write_json(
        MANIFEST,
        {
            "shards": shards,
            "rows": sum(e.summary.rows for e in entries.values()),
            "amount": str(sum((e.summary.amount for e in entries.values()), Decimal(0))),
            "partitions": [_entry(p, e) for p, e in sorted(entries.items())],
            "customers": digest(CUSTOMERS),
        },
    )
    write_json(FROM, {"keyspace": keyspace, "manifest": digest(MANIFEST)})


def manifest() -> dict[str, Any]:
    """The manifest; UserError where extraction has not ended well."""
    if not MANIFEST.exists():
        raise UserError(f"{MANIFEST} is missing: data/raw is not whole; `dvc repro extract` first")
    return read_json(MANIFEST)


def check_keyspace(keyspace: str) -> None:
    """UserError unless what is on disk was read from `keyspace`: scores go where data came from."""
    if not FROM.exists() or read_json(FROM) != {"keyspace": keyspace, "manifest": digest(MANIFEST)}:
        raise UserError(
            f"data/raw is not known to come from keyspace {keyspace}: `make rebuild` first"
        )


def parts(most_rows: int | None) -> list[list[Path]]:
    """The files of all transactions, in parts of whole customers: shards, joined while they fit.

    A part has at most `most_rows`, or a single shard; one part where there is no such bound.
    """
    files = sorted(TRANSACTIONS.glob("*.parquet"))
    if most_rows is None:
        return [files]
    found: list[list[Path]] = [[]]
    taken = 0
    for _, shard in groupby(sorted(files, key=_shard), key=_shard):
        shard_files = list(shard)
        more = rows(shard_files)
        if found[-1] and taken + more > most_rows:
            found.append([])
            taken = 0
        found[-1] += shard_files
        taken += more
    return found


def rows(files: Sequence[Path]) -> int:
    """How many transactions some files hold."""
    return sum(pq.read_metadata(file).num_rows for file in files)


def _shard(file: Path) -> int:
    return int(file.stem.rpartition("_")[2])


def _entry(partition: Partition, held: Held) -> dict[str, Any]:
    return {
        "month": partition[0],
        "shard": partition[1],
        "rows": held.summary.rows,
        "amount": str(held.summary.amount),
        "digest": held.digest,
    }
