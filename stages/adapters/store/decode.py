"""Cassandra's result pages decoded into Arrow, column by column, no Python object for a cell.

A page is rows of cells, a cell is `[int32 length][bytes]`, big-endian, length -1 for null: section
4.2.5.2 of the CQL binary protocol v5. As in the driver, a cell of no bytes is null, but for text.
"""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from stages.adapters.store import cells
from stages.adapters.store.wire import DAY_ZERO
from stages.domain.errors import UserError
from stages.domain.tables import Column


def record_batch(columns: Sequence[Column], rows: int, page: bytes) -> pa.RecordBatch:
    """Decode a page of `rows` rows of `columns`, in their order.

    Raises UserError where a cell breaks what its column promises (a null that must not be, money
    that is not whole cents or too large), ValueError where the page is not what it should be.
    """
    content = np.frombuffer(page, np.uint8)
    starts, lengths, end = cells.locate(content, rows, len(columns))
    if end != len(page):
        raise ValueError(f"a page of {len(page)} bytes is not {rows} rows of {len(columns)} cells")
    arrays = [
        _array(column, content, start, length)
        for column, start, length in zip(columns, starts, lengths, strict=True)
    ]
    fields = [pa.field(c.name, c.arrow, c.nullable) for c in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _array(column: Column, page: NDArray, starts: NDArray, lengths: NDArray) -> pa.Array:
    """The cells of one column."""
    to = column.arrow
    assert to is not None, f"column {column.name} is not one of Parquet"
    if pa.types.is_string(to):
        array = _text(page, starts, lengths)
    elif pa.types.is_decimal128(to):
        array = _money(column.name, to, page, starts, lengths)
    elif pa.types.is_map(to):
        array = _map(to, page, starts, lengths)
    else:
        array = _fixed(to, page, starts, lengths)
    if array.null_count and not column.nullable:
        raise UserError(
            f"column {column.name} is null in {array.null_count} rows and must not be:"
            " correct or delete these rows where they were written"
        )
    return array


def _text(page: NDArray, starts: NDArray, lengths: NDArray) -> pa.Array:
    return _built(pa.string(), lengths >= 0, cells.gather(page, starts, lengths))


def _fixed(to: pa.DataType, page: NDArray, starts: NDArray, lengths: NDArray) -> pa.Array:
    """Timestamps, dates, doubles and small integers: a fixed number of bytes."""
    width = to.bit_width // 8
    bits, fits = cells.unsigned(page, starts, lengths, width)
    if not fits:
        raise ValueError(f"a cell for {to} does not have {width} bytes")
    if pa.types.is_date32(to):
        bits -= np.uint64(DAY_ZERO)
    # Two's complement: the low bytes of the word are the value, whatever its sign.
    return _built(to, lengths > 0, [bits.astype(f"u{width}")])


def _money(
    name: str, to: pa.Decimal128Type, page: NDArray, starts: NDArray, lengths: NDArray
) -> pa.Array:
    words, fits = cells.rescaled(page, starts, lengths, to.scale, 10**to.precision)
    if not fits:
        raise UserError(
            f"column {name} holds a number that is not exact in {to.scale} decimals and"
            f" {to.precision} digits, and is not rounded: correct it where it was written"
        )
    return _built(to, lengths > 0, [words])


def _map(to: pa.MapType, page: NDArray, starts: NDArray, lengths: NDArray) -> pa.Array:
    """Maps of text to text."""
    offsets, places, sizes, fits = cells.entries(page, starts, lengths)
    if not fits:
        raise ValueError("a cell for a map does not hold the entries that it announces")
    keys, items = (_text(page, places[side], sizes[side]) for side in (0, 1))
    pairs = pa.StructArray.from_arrays([keys, items], fields=[to.key_field, to.item_field])
    return _built(to, lengths > 0, [offsets], [pairs])


def _built(
    to: pa.DataType,
    present: NDArray,
    content: Sequence[NDArray],
    children: list[pa.Array] | None = None,
) -> pa.Array:
    """An Arrow array over `content`, its buffers after the validity; null where not `present`."""
    nulls = len(present) - int(np.count_nonzero(present))
    validity = pa.py_buffer(np.packbits(present, bitorder="little")) if nulls else None
    buffers = [validity, *(pa.py_buffer(buffer) for buffer in content)]
    return pa.Array.from_buffers(to, len(present), buffers, nulls, children=children)
