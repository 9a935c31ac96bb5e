"""Source http: any paged JSON endpoint, by the mapping that csv has (conf/source/http.yaml).

All pages are fetched into one file of texts, which then is the source: what it holds decides
whether anything is new, and it is read as often as needed. It is gone when the process ends.
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from omegaconf import DictConfig, OmegaConf
from tqdm import tqdm

from stages.adapters.drafts import mapping, months, pages
from stages.adapters.drafts.mapping import FILE, LINE, PROBLEM
from stages.adapters.leftovers import own_folder
from stages.adapters.paths import DRAFTS
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS

FETCHED = "pages.parquet"


def inputs(source: DictConfig) -> list[Path]:
    """The file of all pages, fetched once a process."""
    return [Path(_fetched(OmegaConf.to_yaml(source)).name) / FETCHED]


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield draft tables; a row's `file` is its page and `line` its place there, from 1."""
    (file,) = inputs(source)
    with months.database() as db:
        batches = pq.ParquetFile(file).iter_batches()
        yield from mapping.drafts(db, source, (pa.Table.from_batches([b]) for b in batches))


def customers(source: DictConfig) -> pa.Table:
    """No rows: an endpoint of transactions knows no demographics."""
    return CUSTOMERS.schema.empty_table()


@cache
def _fetched(settings: str) -> TemporaryDirectory[str]:
    """Fetch all pages: of each record the fields that the mapping names, and its place."""
    source = OmegaConf.create(settings)
    assert isinstance(source, DictConfig)
    if source.url is None:
        raise UserError('name the endpoint: SET="source=http source.url=https://…"')
    mapping.check(source)
    entries = mapping.entries(source)
    fields = sorted({name for given in entries.values() for name in mapping.names(given)})
    texts = [pa.field(name, pa.string()) for name in (*fields, FILE, PROBLEM)]
    schema = pa.schema([*texts, pa.field(LINE, pa.int64())])
    seen: set[str] = set()
    folder = TemporaryDirectory(dir=own_folder(DRAFTS))
    with pq.ParquetWriter(Path(folder.name) / FETCHED, schema) as writer:
        fetched = tqdm(pages.records(source), unit=" pages", disable=None)
        for number, records in enumerate(fetched, 1):
            place = {FILE: f"page {number}"}
            rows = [
                {**_row(record, fields, seen), **place, LINE: line}
                for line, record in enumerate(records, 1)
            ]
            writer.write_table(pa.Table.from_pylist(rows, schema))
    if not seen:
        raise UserError(f"{pages.place(source.url)}: there are no records")
    mapping.check_columns(entries, sorted(seen), nested=True)
    return folder


def _row(record: Any, fields: list[str], seen: set[str]) -> dict[str, str]:
    """The texts of the `fields` that a record has; the names of all it has are added to `seen`."""
    if not isinstance(record, dict):
        return {PROBLEM: "the record is no object"}
    flat = _flat(record)
    seen |= set(flat)
    row = {name: str(flat[name]) for name in fields if flat.get(name) is not None}
    if any("\ud800" <= sign <= "\udfff" for text in row.values() for sign in text):
        return {PROBLEM: "a text of the record is no Unicode"}
    return row


def _flat(record: dict[str, Any], before: str = "") -> dict[str, Any]:
    """The values of a record and of the objects in it, by their names with points between."""
    values: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            values |= _flat(value, f"{before}{name}.")
        else:
            values[before + name] = value
    return values
