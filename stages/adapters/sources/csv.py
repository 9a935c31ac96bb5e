"""Source csv: any CSV or Parquet file(s), by a mapping of columns alone (conf/source/csv.yaml)."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from omegaconf import DictConfig

from stages.adapters.drafts import delimited, mapping, months, people
from stages.domain.errors import UserError
from stages.domain.tables import CUSTOMERS

NO_TEXT = (".xlsx", ".xls", ".ods", ".zip")


def inputs(source: DictConfig) -> list[Path]:
    """The files of transactions and of customers; UserError where there is none."""
    if source.path is None:
        raise UserError('name the file: SET="source=csv source.path=/data/transactions.csv"')
    files = _files("path", source.path)
    if source.customers.path is not None:
        files += _files("customers.path", source.customers.path)
    return files


def transactions(source: DictConfig) -> Iterator[pa.Table]:
    """Yield draft tables; a row knows its `file` and its `line`, the first of a file being 1."""
    inputs(source)
    mapping.check(source)
    with months.database() as db:
        tables = _tables(source, _files("path", source.path), mapping.entries(source))
        yield from mapping.drafts(db, source, tables)


def customers(source: DictConfig) -> pa.Table:
    """The customers of the file that source.customers maps; without one, no rows."""
    if source.customers.path is None:
        return CUSTOMERS.schema.empty_table()
    files = _files("customers.path", source.customers.path)
    with months.database() as db:
        tables = _tables(source, files, people.entries(source))
        return people.customers(db, source, tables, _newest(source))


def _newest(source: DictConfig) -> datetime:
    """The instant of the newest transaction, where a birth date is to become an age."""
    now = datetime.now(UTC).replace(tzinfo=None)
    if source.customers.columns.birth_date is None:
        return now
    instants = (draft["booked_at"] for draft in transactions(source))
    newest = (pc.max(i.filter(pc.less_equal(i, pa.scalar(now)))).as_py() for i in instants)
    return max((instant for instant in newest if instant is not None), default=now)


def _files(key: str, given: str) -> list[Path]:
    path = Path(given).expanduser().absolute()
    if path.is_file():  # whose name may hold signs of a glob
        return [path]
    there = Path(path.anchor).glob(str(path.relative_to(path.anchor)))
    found = sorted(file for file in there if file.is_file())
    if not found:
        raise UserError(f"source.{key}={given}: there is no such file")
    return found


def _tables(
    source: DictConfig, files: list[Path], entries: dict[str, object]
) -> Iterator[pa.Table]:
    """The rows of all files, in pieces; each file has the columns that `entries` name."""
    wanted = {name for given in entries.values() for name in mapping.names(given)}
    folder = Path(os.path.commonpath([file.parent for file in files]))
    for file in files:
        ending = file.suffix.lower()
        if ending in NO_TEXT:
            raise UserError(f"{file} is no text: save its table as CSV or Parquet")
        if ending == ".parquet":
            mapping.check_columns(entries, _opened(file).schema_arrow.names)
            tables = _parquet(file, wanted)
        else:
            head = delimited.head(file, source, wanted)
            mapping.check_columns(entries, head.names, first_line=True)
            tables = delimited.rows(file, source, head)
        place = pa.scalar(str(file.relative_to(folder)))
        for table in tables:
            # Others may differ from those in case alone, which the database takes for one.
            named = table.select([*sorted(wanted), mapping.LINE, mapping.PROBLEM])
            yield named.append_column(mapping.FILE, pa.repeat(place, table.num_rows))


def _opened(file: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{file} cannot be read: it is damaged, or no Parquet") from error


def _parquet(file: Path, wanted: set[str]) -> Iterator[pa.Table]:
    line = 1
    for batch in _opened(file).iter_batches(columns=sorted(wanted)):
        rows = pa.Table.from_batches([batch])
        lines = pa.array(range(line, line + rows.num_rows), pa.int64())
        problems = pa.nulls(rows.num_rows, pa.string())
        yield rows.append_column(mapping.LINE, lines).append_column(mapping.PROBLEM, problems)
        line += rows.num_rows
