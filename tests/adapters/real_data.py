"""Real data that the project does not ship: where it lies, and what ingest makes of it."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from omegaconf import DictConfig, OmegaConf

from stages.adapters import sources
from stages.adapters.paths import ROOT
from stages.domain.contract import split

FOLDER = Path(os.environ.get("QUALITY_DATA") or ROOT.parent / "shared" / "data")


def real(name: str) -> Path:
    """The file or folder of that name; the test is skipped, saying so, where it is not there."""
    if not (FOLDER / name).exists():
        pytest.skip(f"{name} is not in {FOLDER}: it is not shipped (QUALITY_DATA names it)")
    return FOLDER / name


def group(name: str, path: Path) -> DictConfig:
    """The configuration group `source` of a source that is a path alone."""
    return OmegaConf.create({"name": name, "path": str(path)})


def loaded(source: DictConfig) -> tuple[pa.Table, pa.Table]:
    """All that the contract accepts, and what it refuses."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    drafts = sources.module(source.name).transactions(source)
    good, bad = zip(*(split(draft, now) for draft in drafts), strict=True)
    return pa.concat_tables(good), pa.concat_tables(bad)
