"""Arrow columns encoded as rows of a CQL batch, column by column, no Python object for a cell."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stages.adapters.store import cells, weave

_MONEY_DIGITS = 18  # what 64 bits hold of a decimal


@dataclass(frozen=True)
class Cells:
    """A column in CQL's bytes: row i has `content[offsets[i]:offsets[i + 1]]` if `present[i]`."""

    offsets: NDArray
    content: NDArray
    present: NDArray

    def __getitem__(self, row: int) -> bytes:
        """The bytes of one value."""
        return self.content[self.offsets[row] : self.offsets[row + 1]].tobytes()


def column(array: pa.Array) -> Cells:
    """Encode text, decimal (up to 18 digits), map of text to text, or a type of fixed width."""
    kind = array.type
    present = pc.is_valid(array).to_numpy(zero_copy_only=False)
    if pa.types.is_string(kind):
        offsets, content = _text(array)
    elif pa.types.is_decimal128(kind):
        assert kind.precision <= _MONEY_DIGITS, f"{kind} does not fit in 64 bits"
        low_words = _buffer(array, np.int64).reshape(-1, 2)[:, 0]
        offsets, content = weave.decimals(np.where(present, low_words, 0), kind.scale)
    elif pa.types.is_map(kind):
        starts = _buffer(array, np.int32, extra=1)
        offsets, content = weave.maps(starts, *_text(array.keys), *_text(array.items))
    else:
        offsets, content = _fixed(array)
    return Cells(offsets, content, present)


def rows(columns: Sequence[Cells], head: bytes) -> tuple[NDArray, memoryview]:
    """Return the offsets (rows + 1) and bytes of rows: `head`, then a cell of each column."""
    count = len(columns[0].present)
    sizes = np.full(count, len(head) + 4 * len(columns), np.int64)
    for cell in columns:
        sizes += np.where(cell.present, np.diff(cell.offsets[: count + 1]), 0)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    out = np.empty(offsets[-1], np.uint8)
    for place, byte in enumerate(head):
        out[offsets[:-1] + place] = byte
    cursor = offsets[:-1] + len(head)
    for cell in columns:
        weave.put(out, cursor, cell.offsets, cell.content, cell.present)
    return offsets, out.data


def _buffer(array: pa.Array, word: type[np.generic], extra: int = 0) -> NDArray:
    """The words of an array's fixed-width buffer, from its first value to its last."""
    per_value = 2 if pa.types.is_decimal128(array.type) else 1
    words = np.frombuffer(array.buffers()[1], word)
    return words[array.offset * per_value : (array.offset + len(array) + extra) * per_value]


def _text(array: pa.Array) -> tuple[NDArray, NDArray]:
    """Offsets and bytes of text, as Arrow has them."""
    if len(array) == 0:  # Arrow may leave out the buffers
        return np.zeros(1, np.int32), np.zeros(0, np.uint8)
    content = array.buffers()[2]
    return _buffer(array, np.int32, 1), np.frombuffer(content or b"", np.uint8)


def _fixed(array: pa.Array) -> tuple[NDArray, NDArray]:
    """Offsets and big-endian bytes of numbers, instants and dates."""
    kind = array.type
    if pa.types.is_date32(kind):
        values = array.cast(pa.int32()).fill_null(0).to_numpy().astype(np.int64) + cells.DAY_ZERO
        code = ">u4"
    elif pa.types.is_timestamp(kind):
        assert kind.unit == "ms", f"CQL's instants are milliseconds, not {kind}"
        values, code = array.cast(pa.int64()).fill_null(0).to_numpy(), ">i8"
    else:
        values = array.fill_null(0).to_numpy()
        code = values.dtype.newbyteorder(">").str
    content = np.frombuffer(values.astype(code).tobytes(), np.uint8)
    width = kind.bit_width // 8
    return np.arange(0, (len(array) + 1) * width, width, dtype=np.int64), content
