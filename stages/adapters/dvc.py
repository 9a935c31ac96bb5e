"""What DVC knows of the data, and where it keeps former versions."""

import hashlib
import json
from pathlib import Path

import yaml

from stages.adapters.paths import DVC_LOCK, RAW, ROOT
from stages.adapters.raw import MANIFEST, TRANSACTIONS
from stages.domain.errors import UserError


def data_version() -> str:
    """DVC's hash of data/raw: the same data, the same version, on every machine.

    Raises UserError where the files on disk are others, by their manifest, number or size: DVC
    has not heard of an extraction that was killed just before its end.
    """
    if not DVC_LOCK.exists():
        raise UserError("dvc.lock is missing: rebuild with `dvc repro`")
    (out,) = yaml.safe_load(DVC_LOCK.read_text())["stages"]["extract"]["outs"]
    if MANIFEST.exists():
        sizes = [file.stat().st_size for file in RAW.rglob("*") if file.is_file()]
        known = (len(sizes), sum(sizes)) == (out["nfiles"], out["size"])
        manifest = hashlib.md5(MANIFEST.read_bytes(), usedforsecurity=False).hexdigest()
        if not known or _manifest_of(out["md5"]) not in (None, manifest):
            raise UserError("data/raw is not what dvc.lock says: `make rebuild` first")
    return str(out["md5"])


def _manifest_of(version: str) -> str | None:
    """The MD5 of a version's manifest; None where DVC's cache is elsewhere or has it no more."""
    listing = ROOT / ".dvc" / "cache" / "files" / "md5" / version[:2] / version[2:]
    if not listing.exists():
        return None
    entries = json.loads(listing.read_text())
    return next((e["md5"] for e in entries if e["relpath"] == MANIFEST.name), None)


def transactions_of(version: str) -> list[Path]:
    """The Parquet files of a version of data/raw, on disk where that is whole, or in DVC's cache.

    Raises UserError where they are in neither.
    """
    if version == data_version() and MANIFEST.exists():  # else data/raw is not whole
        return sorted(TRANSACTIONS.glob("*.parquet"))
    from dvc.repo import Repo  # slow to import, and hardly ever needed

    cache = Repo(str(ROOT)).cache.local
    listing = Path(cache.oid_to_path(version))
    if not listing.exists():
        raise UserError(
            f"data version {version} is gone from DVC's cache: `dvc pull` it where a remote has it"
        )
    files = [
        Path(cache.oid_to_path(entry["md5"]))
        for entry in json.loads(listing.read_text())
        if Path(entry["relpath"]).parent.name == TRANSACTIONS.name
    ]
    if lacking := sum(not file.exists() for file in files):
        raise UserError(f"{lacking} files of data version {version} are gone from DVC's cache")
    return files
