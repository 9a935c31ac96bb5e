"""Arrow columns encoded as rows of a CQL batch, column by column, no Python object for a cell."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stages.adapters.store.wire import DAY_ZERO

_BYTES = pa.large_binary()
NULL, UNSET = -1, -2  # lengths of no value: the cell is emptied, or left as it is (no tombstone)
_MONEY_DIGITS = 18  # what 64 bits hold of a decimal


def column(array: pa.Array) -> pa.Array:
    """Encode text, decimal (up to 18 digits), map of text to text, or a type of fixed width."""
    kind = array.type
    if pa.types.is_string(kind):
        return array.cast(_BYTES)
    if pa.types.is_map(kind):
        content = _maps(array)
    elif pa.types.is_decimal128(kind):
        content = _decimals(array)
    else:
        content = _of_width(_words(array))
    return pc.if_else(pc.is_valid(array), content, None)


def rows(
    columns: Sequence[pa.Array], head: bytes, null: int = UNSET
) -> tuple[NDArray[np.int64], memoryview]:
    """Return the offsets (rows + 1) and bytes of rows: `head`, then a cell of each column."""
    cells = [part for values in columns for part in _cells(values, null)]
    joined = _joined(pa.scalar(head, _BYTES), *cells)
    _, buffer, content = joined.buffers()
    offsets = np.frombuffer(buffer, np.int64)[: len(joined) + 1]
    return offsets, memoryview(content)[: offsets[-1]]


def _cells(values: pa.Array, null: int = NULL) -> tuple[pa.Array, pa.Array]:
    """`[int32 length][bytes]`, the two of them."""
    sizes = pc.fill_null(pc.binary_length(values), null)
    return _of_width(np.asarray(sizes).astype(">i4")), values.fill_null(b"")


def _joined(*parts: pa.Array | pa.Scalar) -> pa.Array:
    """One behind the other, row by row."""
    return pc.binary_join_element_wise(*parts, pa.scalar(b"", _BYTES))


def _words(array: pa.Array) -> NDArray[np.generic]:
    """Numbers, instants and dates [n], big-endian; 0 for nulls."""
    kind = array.type
    if pa.types.is_date32(kind):
        days = np.asarray(array.cast(pa.int32()).fill_null(0)).astype(np.int64)
        return (days + DAY_ZERO).astype(">u4")
    if pa.types.is_timestamp(kind):
        assert kind.unit == "ms", f"CQL's instants are milliseconds, not {kind}"
        array = array.cast(pa.int64())
    values = np.asarray(array.fill_null(0))
    return values.astype(values.dtype.newbyteorder(">"))


def _of_width(words: NDArray[np.generic]) -> pa.Array:
    """The bytes of each word [n]."""
    kind = pa.binary(words.dtype.itemsize)
    return pa.Array.from_buffers(kind, len(words), [None, pa.py_buffer(words)]).cast(_BYTES)


def _decimals(array: pa.Array) -> pa.Array:
    """`[int32 scale][varint]`, each varint as short as it can be."""
    assert array.type.precision <= _MONEY_DIGITS, f"{array.type} does not fit in 64 bits"
    low_words = np.frombuffer(array.buffers()[1], np.int64)[::2]
    own = low_words[array.offset : array.offset + len(array)]
    units = np.where(np.asarray(pc.is_valid(array)), own, 0)
    size = np.ones(len(units), np.int64)
    for bits in range(7, 63, 8):
        size += (units < -(1 << bits)) | (units >= 1 << bits)
    whole = np.empty((len(units), 12), np.uint8)
    whole[:, :4] = np.frombuffer(array.type.scale.to_bytes(4, "big"), np.uint8)
    whole[:, 4:] = units.astype(">i8").view(np.uint8).reshape(-1, 8)
    place = np.arange(12)
    kept = whole[(place < 4) | (place >= 12 - size[:, np.newaxis])]
    offsets = np.concatenate([[0], np.cumsum(4 + size)])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(kept)]
    return pa.Array.from_buffers(_BYTES, len(units), buffers)


def _maps(array: pa.Array) -> pa.Array:
    """`[int32 count]` and that many pairs of cells."""
    pairs = _joined(*_cells(column(array.keys)), *_cells(column(array.items)))
    offsets = array.offsets
    of_each = pa.LargeListArray.from_arrays(offsets.cast(pa.int64()), pairs)
    counts = np.diff(np.asarray(offsets)).astype(">i4")
    return _joined(_of_width(counts), pc.binary_join(of_each, pa.scalar(b"", _BYTES)))
