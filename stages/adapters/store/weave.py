"""Cells of the CQL protocol, `[int32 length][bytes]`, put together by compiled loops.

The bytes of a column's cells are `content[offsets[i]:offsets[i + 1]]`; nothing here needs to be a
valid cell where a value is null, since `put` does not look there.
"""

import numpy as np
from numpy.typing import NDArray

from stages.adapters.store.compiled import compiled

_UNSET = -2  # the length of a value that is left as it is: no tombstone, unlike a null


@compiled
def _put_int32(out: NDArray, at: int, value: int) -> None:
    for place in range(4):
        out[at + place] = value >> (24 - 8 * place) & 255


@compiled
def put(
    out: NDArray, cursor: NDArray, offsets: NDArray, content: NDArray, present: NDArray
) -> None:
    """Put one cell a row into `out` where `cursor` (rows) says, and move the cursor behind it."""
    for row in range(cursor.size):
        at, start = cursor[row], offsets[row]
        size = offsets[row + 1] - start if present[row] else 0
        _put_int32(out, at, size if present[row] else _UNSET)
        for place in range(size):
            out[at + 4 + place] = content[start + place]
        cursor[row] = at + 4 + size


@compiled
def decimals(unscaled: NDArray, scale: int) -> tuple[NDArray, NDArray]:
    """Return offsets and bytes of `[int32 scale][varint]`, each varint as short as it can be."""
    offsets = np.zeros(unscaled.size + 1, np.int64)
    content = np.empty(unscaled.size * 12, np.uint8)
    for cell in range(unscaled.size):
        at, value = offsets[cell], unscaled[cell]
        _put_int32(content, at, scale)
        size = 1
        while size < 8 and not -(1 << (8 * size - 1)) <= value < 1 << (8 * size - 1):
            size += 1
        for place in range(size):
            content[at + 4 + place] = value >> (8 * (size - 1 - place)) & 255
        offsets[cell + 1] = at + 4 + size
    return offsets, content


@compiled
def maps(
    starts: NDArray,
    key_offsets: NDArray,
    keys: NDArray,
    value_offsets: NDArray,
    values: NDArray,
) -> tuple[NDArray, NDArray]:
    """Return offsets and bytes of `[int32 count]` and that many pairs of cells.

    Map i has the entries from `starts[i]` to `starts[i + 1]`.
    """
    offsets = np.zeros(starts.size, np.int64)
    content = np.empty(4 * starts.size + 8 * key_offsets.size + keys.size + values.size, np.uint8)
    for cell in range(starts.size - 1):
        at = offsets[cell]
        _put_int32(content, at, starts[cell + 1] - starts[cell])
        at += 4
        for entry in range(starts[cell], starts[cell + 1]):
            at = _put_text(content, at, key_offsets, keys, entry)
            at = _put_text(content, at, value_offsets, values, entry)
        offsets[cell + 1] = at
    return offsets, content


@compiled
def _put_text(out: NDArray, at: int, offsets: NDArray, content: NDArray, entry: int) -> int:
    """Put one cell at `at`; return where it ends."""
    size = offsets[entry + 1] - offsets[entry]
    _put_int32(out, at, size)
    for place in range(size):
        out[at + 4 + place] = content[offsets[entry] + place]
    return at + 4 + size
