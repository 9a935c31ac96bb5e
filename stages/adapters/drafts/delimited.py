"""Delimited files, CSV and its kin, as tables of texts: any encoding and size, lines counted."""

import csv
import io
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from omegaconf import DictConfig

from stages.adapters.drafts import stray
from stages.adapters.drafts.mapping import LINE, PROBLEM
from stages.domain.errors import UserError

LONGEST_LINE = 32 << 20  # bytes
BLANKS = "blanks"
SEPARATORS = ",;\t|"


@dataclass(frozen=True)
class Head:
    """How a file is to be read: what separates its cells, and the names of its columns."""

    separator: str
    names: list[str]


def head(path: Path, form: DictConfig, wanted: Collection[str]) -> Head:
    """Look at the first line; `wanted` are the columns that it should name.

    `form` has separator, quote, encoding, header and skip as in conf/source/csv.yaml. Raises
    UserError where the file cannot be read.
    """
    if form.quote is not None and len(form.quote) != 1:
        raise UserError(f"source.quote={form.quote}: give one character, or null")
    if not isinstance(form.skip, int) or form.skip < 0:
        raise UserError(f"source.skip={form.skip}: give a whole number of lines, 0 or more")
    with (
        _clear_errors(path, form),
        io.TextIOWrapper(_open(path, form), encoding=form.encoding, newline="") as lines,
    ):
        first = next(islice(lines, form.skip, None), "").lstrip("\ufeff")
    if not first.strip():
        raise UserError(f"{path} is empty" + (f" after {form.skip} lines" if form.skip else ""))

    def cells(separator: str) -> list[str]:
        quotes = {"quotechar": form.quote} if form.quote else {"quoting": csv.QUOTE_NONE}
        return [c.strip() for c in next(csv.reader([first], delimiter=separator, **quotes))]

    separator = "\t" if form.separator == r"\t" else form.separator
    if separator not in (None, BLANKS) and len(separator) != 1:
        raise UserError(f"source.separator={separator}: give one character, \\t or {BLANKS}")
    if separator == BLANKS:
        separator = "\t"
    elif separator is None:
        separator = max(SEPARATORS, key=lambda s: (len({*wanted} & {*cells(s)}), len(cells(s))))
    found = cells(separator) if form.header else [""] * len(cells(separator))
    # A name that lacks or repeats is the column's number.
    return Head(
        separator,
        [name if name and name not in found[:i] else str(i + 1) for i, name in enumerate(found)],
    )


def rows(path: Path, form: DictConfig, head: Head) -> Iterator[pa.Table]:
    """Yield the rows as tables of texts, null where a cell is empty, with LINE and PROBLEM.

    A line of too few or too many cells is a row of nulls but for LINE and PROBLEM, what is wrong
    with it. LINE counts records: a cell of two lines is in one. Raises UserError where the file
    cannot be read on.
    """
    with _clear_errors(path, form):
        yield from _rows(path, form, head.separator, head.names)


@contextmanager
def _clear_errors(path: Path, form: DictConfig) -> Iterator[None]:
    """What a library says of a file may quote its rows: say it in our own words."""
    try:
        yield
    except (pa.ArrowInvalid, UnicodeError, LookupError) as error:
        if "straddling" in str(error):
            why = f"a line is longer than {LONGEST_LINE >> 20} MB; is a quote never closed?"
        else:
            why = f"source.encoding={form.encoding} does not fit; try latin-1"
        raise UserError(f"{path} cannot be read: {why}") from error
    except OSError as error:
        why = error.strerror or "it is damaged, or not compressed as its ending says"
        raise UserError(f"{path} cannot be read: {why}") from error


def _rows(path: Path, form: DictConfig, separator: str, names: list[str]) -> Iterator[pa.Table]:
    broken: dict[int, str] = {}  # line: what is wrong, of lines not yet yielded
    lost = 0  # lines that look like rows, within a cell

    def refuse(row: pa.csv.InvalidRow) -> str:
        nonlocal lost
        lost = max(lost, stray.astray(row.text or "", separator, len(names), len(names) - 1))
        broken[row.number] = f"the line has {row.actual_columns} cells, expected {len(names)}"
        return "skip"

    before = form.skip + (1 if form.header else 0)
    batches = pa.csv.open_csv(
        _open(path, form),
        pa.csv.ReadOptions(
            use_threads=False,  # else a broken row has no number
            block_size=LONGEST_LINE,
            skip_rows=before,
            column_names=names,
            encoding=form.encoding,
        ),
        pa.csv.ParseOptions(
            delimiter=separator,
            quote_char=form.quote or False,
            newlines_in_values=True,
            ignore_empty_lines=False,  # they count as lines
            invalid_row_handler=refuse,
        ),
        pa.csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            strings_can_be_null=True,
            null_values=[""],
        ),
    )
    line = before + 1
    for batch in batches:
        rows = pa.Table.from_batches([batch])
        _check_quotes(path, max(lost, stray.swallowed(rows, separator)))
        candidates = np.arange(line, line + rows.num_rows + len(broken))
        lines = np.setdiff1d(candidates, list(broken))[: rows.num_rows]
        line = int(lines[-1]) + 1 if len(lines) else line
        passed = {number: broken.pop(number) for number in sorted(broken) if number < line}
        yield _with_refused(_without_empty_lines(rows.append_column(LINE, pa.array(lines))), passed)
    _check_quotes(path, lost)
    yield _with_refused(pa.table({name: pa.array([], pa.string()) for name in names}), broken)


def _check_quotes(path: Path, lost: int) -> None:
    """UserError where rows would be lost within a cell."""
    if lost:
        raise UserError(
            f"{path} cannot be read: a cell holds whole lines ({lost:,}); is a quote never closed?"
            " Close it, or give source.quote=null"
        )


def _without_empty_lines(rows: pa.Table) -> pa.Table:
    empty = pa.scalar(True)
    for name in rows.column_names[:-1]:
        empty = pc.and_(empty, pc.is_null(rows[name]))
        if not pc.any(empty).as_py():
            return rows
    return rows.filter(pc.invert(empty))


def _with_refused(rows: pa.Table, problems: dict[int, str]) -> pa.Table:
    refused = {
        LINE: pa.array(problems, pa.int64()),
        PROBLEM: pa.array(problems.values(), pa.string()),
    }
    return pa.concat_tables([rows, pa.table(refused)], promote_options="default")


def _open(path: Path, form: DictConfig) -> BinaryIO:
    """The file's bytes, decompressed by its ending; between blanks a tab where they separate."""
    file = cast(BinaryIO, pa.input_stream(str(path), compression="detect"))
    return io.BufferedReader(_Tabbed(file)) if form.separator == BLANKS else file


class _Tabbed(io.RawIOBase):
    """The lines of a file, each run of blanks made one tab."""

    def __init__(self, file: BinaryIO) -> None:
        self._lines = io.BufferedReader(cast(io.RawIOBase, file))
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, into: memoryview) -> int:  # type: ignore[override]
        if not self._rest:
            lines = islice(self._lines, 10_000)
            self._rest = b"".join(b"\t".join(line.split()) + b"\n" for line in lines)
        size = min(len(into), len(self._rest))
        into[:size], self._rest = self._rest[:size], self._rest[size:]
        return size
