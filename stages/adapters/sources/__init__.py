"""Where transactions come from: one small module a source, named as its `source.name`."""

import hashlib
from collections.abc import Iterator
from importlib import import_module, util
from pathlib import Path
from typing import Any, Protocol, cast

import pyarrow as pa
from omegaconf import DictConfig, OmegaConf

from stages.adapters.files import digest
from stages.adapters.paths import CONF
from stages.domain.errors import UserError

DRAFTS = Path(__file__).parents[1] / "drafts"  # code that several sources share


class Source(Protocol):
    """What a source module has; each function takes the configuration group `source`."""

    __file__: str

    def inputs(self, source: DictConfig) -> list[Path]:
        """The files that decide what the source yields."""

    def rows(self, source: DictConfig) -> int | None:
        """How many transactions to expect, for the progress bar; None where unknown."""

    def transactions(self, source: DictConfig) -> Iterator[pa.Table]:
        """Draft tables (see domain/contract.py); the same key twice never spans two of them."""

    def customers(self, source: DictConfig) -> pa.Table:
        """The customers, in the shape of the table `customers` as far as the source knows them."""


def module(name: str) -> Source:
    """The module of a source; UserError when there is none of that name."""
    if util.find_spec(f"{__name__}.{name}") is None:
        raise UserError(f"source.name={name}: there is no such module in stages/adapters/sources")
    return cast(Source, import_module(f"{__name__}.{name}"))


def mapping(group: DictConfig) -> dict[str, Any]:
    """Those settings of a source that say what its columns mean; a source without columns: none."""
    keys = OmegaConf.load(CONF / "source" / "mapping" / "columns.yaml")
    settings = cast(dict[str, Any], OmegaConf.to_container(group))
    return {str(key): settings[str(key)] for key in keys if key in settings}


def fingerprint(source: Source, group: DictConfig) -> str:
    """A digest of all that decides what the source yields: its files, settings and code."""
    code = [Path(source.__file__), *sorted(DRAFTS.glob("*.py"))]
    files = [*code, *source.inputs(group)]
    parts = [OmegaConf.to_yaml(group, sort_keys=True), *map(digest, files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
