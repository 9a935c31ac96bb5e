"""Cells of the CQL protocol, `[int32 length][bytes]`, taken apart by compiled loops.

`starts` and `lengths` say where the bytes of a column's cells are in a page; a length below 0 is a
null. Functions with a last result `fits` stop at the first cell that does not, and return False.
"""

import numpy as np
from numpy.typing import NDArray

from stages.adapters.store.compiled import compiled


@compiled
def _int32(page: NDArray, at: int) -> int:
    """The signed number in the four bytes from `at`."""
    high, low = int(page[at]) << 8 | page[at + 1], int(page[at + 2]) << 8 | page[at + 3]
    return int(np.int32(high << 16 | low))


@compiled
def locate(page: NDArray, rows: int, columns: int) -> tuple[NDArray, NDArray, int]:
    """Return starts and lengths, both (columns, rows), and where the last cell ends.

    The end is -1 where the page ends before its cells do.
    """
    starts = np.empty((columns, rows), np.int32)
    lengths = np.empty((columns, rows), np.int32)
    at = 0
    for row in range(rows):
        for column in range(columns):
            if at + 4 > page.size:
                return starts, lengths, -1
            length = _int32(page, at)
            at += 4
            starts[column, row] = at
            lengths[column, row] = length
            if length > 0:
                at += length
            if at > page.size:
                return starts, lengths, -1
    return starts, lengths, at


@compiled
def gather(page: NDArray, starts: NDArray, lengths: NDArray) -> tuple[NDArray, NDArray]:
    """Return Arrow's offsets (int32, one more than cells) and all the cells' bytes in a row."""
    offsets = np.zeros(starts.size + 1, np.int32)
    for cell in range(starts.size):
        offsets[cell + 1] = offsets[cell] + max(lengths[cell], 0)
    content = np.empty(offsets[-1], np.uint8)
    to = np.uint64(0)  # unsigned, it need not be looked at for a place from the end
    for cell in range(starts.size):
        at = np.uint64(starts[cell])
        while to < np.uint64(offsets[cell + 1]):  # cells are short: a call costs more
            content[to] = page[at]
            at, to = at + np.uint64(1), to + np.uint64(1)
    return offsets, content


@compiled
def unsigned(page: NDArray, starts: NDArray, lengths: NDArray, width: int) -> tuple[NDArray, bool]:
    """Return each cell's `width` bytes as an unsigned number, uint64; 0 for a null."""
    words = np.zeros(starts.size, np.uint64)
    for cell in range(starts.size):
        if lengths[cell] <= 0:
            continue
        if lengths[cell] != width:
            return words, False
        word = np.uint64(0)
        for place in range(starts[cell], starts[cell] + width):
            word = word << np.uint64(8) | np.uint64(page[place])
        words[cell] = word
    return words, True


@compiled
def rescaled(
    page: NDArray, starts: NDArray, lengths: NDArray, scale: int, limit: int
) -> tuple[NDArray, bool]:
    """Return decimals, `[int32 scale][varint]`, as 128-bit words (cells, 2) of one `scale`.

    A cell fits if it is exact at that scale and below `limit`, at most 10**18, there.
    """
    words = np.zeros((starts.size, 2), np.int64)
    digits = np.empty(max(lengths.max(), 0) if lengths.size else 0, np.uint8)
    for cell in range(starts.size):
        if lengths[cell] <= 0:
            continue
        if lengths[cell] < 5:
            return words, False
        given = _int32(page, starts[cell])
        size = lengths[cell] - 4
        negative = _magnitude(page, starts[cell] + 4, size, digits)
        first = 0
        while first < size and digits[first] == 0:
            first += 1
        # What exceeds 63 bits can only fit if it ends in decimal zeros below the scale.
        while size - first > 8 or (size - first == 8 and digits[first] >= 128):
            if given <= scale or _divided_by_ten(digits, first, size) != 0:
                return words, False
            given -= 1
            if digits[first] == 0:
                first += 1
        value = 0
        for place in range(first, size):
            value = value << 8 | int(digits[place])
        while given > scale and value != 0:
            if value % 10 != 0:
                return words, False
            value //= 10
            given -= 1
        while given < scale and value != 0:
            if value >= limit // 10:
                return words, False
            value *= 10
            given += 1
        if value >= limit:
            return words, False
        words[cell, 0] = -value if negative else value
        words[cell, 1] = -1 if negative and value != 0 else 0
    return words, True


@compiled
def _magnitude(page: NDArray, start: int, size: int, digits: NDArray) -> bool:
    """Put a two's complement number's size into `digits`, base 256; return if it is below 0."""
    negative = page[start] >= 128
    carry = 1
    for place in range(size - 1, -1, -1):
        digit = int(page[start + place])
        if negative:
            digit = (255 - digit) + carry
            carry = digit >> 8
        digits[place] = digit & 255
    return bool(negative)


@compiled
def _divided_by_ten(digits: NDArray, first: int, size: int) -> int:
    """Divide the number in `digits[first:size]`, base 256, by ten in place; return what is left."""
    left = 0
    for place in range(first, size):
        left = left << 8 | int(digits[place])
        digits[place] = left // 10
        left %= 10
    return left


@compiled
def entries(
    page: NDArray, starts: NDArray, lengths: NDArray
) -> tuple[NDArray, NDArray, NDArray, bool]:
    """Return where the entries of maps, `[int32 count]` and pairs of cells, are.

    Arrow's offsets of the maps, then starts and lengths of keys (0) and values (1): (2, entries).
    """
    offsets = np.zeros(starts.size + 1, np.int32)
    for cell in range(starts.size):
        count = _int32(page, starts[cell]) if lengths[cell] >= 4 else 0
        if not 0 <= count * 8 <= max(lengths[cell] - 4, 0) or 0 < lengths[cell] < 4:
            return offsets, np.zeros((2, 0), np.int64), np.zeros((2, 0), np.int64), False
        offsets[cell + 1] = offsets[cell] + count
    places = np.zeros((2, offsets[-1]), np.int64)
    sizes = np.zeros((2, offsets[-1]), np.int64)
    for cell in range(starts.size):
        at, end = starts[cell] + 4, starts[cell] + lengths[cell]
        for entry in range(offsets[cell], offsets[cell + 1]):
            for side in range(2):
                if at + 4 > end:
                    return offsets, places, sizes, False
                places[side, entry] = at + 4
                sizes[side, entry] = _int32(page, at)
                at += 4 + max(sizes[side, entry], 0)
        if lengths[cell] > 0 and at != end:
            return offsets, places, sizes, False
    return offsets, places, sizes, True
