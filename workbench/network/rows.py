"""Rows of an answer, put in order: columns rising, rows as the caller asked for them."""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Floats, Ints, Positions, compiled, inlined
from workbench.network.kernel import Log

MOST_COUNTED = 64
"""Rows up to this length are sorted by counting, longer ones by radix (measured)."""

SPARE = 8
"""Entries that must be there beyond the last row; what they hold does not matter."""


@inlined
def _write_counted(
    found: Log, begin: np.uint64, count: np.uint64, place: Positions, column: Positions, metres: Floats, out: np.uint64
) -> None:
    """Write a short row, sorted: the place of an entry is the number of smaller columns.

    No branch depends on the data, and the processor compares eight columns at a time; hence the count
    is rounded up to eights, and what stands beyond the row is compared and not used.
    """
    eights = (count + np.uint64(7)) & ~np.uint64(7)
    for i in range(eights):
        place[i] = np.uint32(0)
    for j in range(count):
        node = found.node[begin + np.uint64(j)]
        for i in range(eights):
            place[i] += np.uint32(node < found.node[begin + np.uint64(i)])
    for i in range(count):
        to = out + np.uint64(place[i])
        column[to] = found.node[begin + np.uint64(i)]
        metres[to] = found.distance[begin + np.uint64(i)]


@compiled
def _write_radix(
    found: Log, begin: np.uint64, count: np.uint64, column: Positions, metres: Floats, out: np.uint64, digit_bits: int
) -> None:
    """Write a long row, sorted by radix: three digits, there, back and there again."""
    from_node, from_metres = found.node[begin : begin + count], found.distance[begin : begin + count]
    to_node, to_metres = column[out : out + count], metres[out : out + count]
    mask = (np.uint32(1) << np.uint32(digit_bits)) - np.uint32(1)
    for step in range(3):
        shift = np.uint32(step * digit_bits)
        place = np.zeros(np.int64(mask) + 2, np.uint64)
        for i in range(count):
            place[((from_node[i] >> shift) & mask) + np.uint32(1)] += np.uint64(1)
        for digit in range(mask):
            place[np.uint32(digit) + np.uint32(1)] += place[np.uint32(digit)]
        for i in range(count):
            digit = (from_node[i] >> shift) & mask
            to = place[digit]
            to_node[to] = from_node[i]
            to_metres[to] = from_metres[i]
            place[digit] = to + np.uint64(1)
        from_node, to_node = to_node, from_node
        from_metres, to_metres = to_metres, from_metres


@compiled
def arranged(place: Positions, row_end: Ints, found: Log, digit_bits: int) -> tuple[Ints, Positions, Floats]:
    """Copy rows in the caller's order, each with rising columns: row i is row ``place[i]`` of those found.

    Returns where each row starts, the columns, and the metres. No column has more than three times
    ``digit_bits`` bits. What was found is spoilt.
    """
    start = np.zeros(place.size + 1, np.int64)
    pairs = row_end[-1] if place.size else 0
    column, metres = np.empty(pairs, np.uint32), np.empty(pairs, np.float64)
    counts = np.empty(MOST_COUNTED, np.uint32)
    out = np.uint64(0)
    for i in range(place.size):
        row = place[i]
        begin = np.uint64(row_end[row - np.uint32(1)]) if row else np.uint64(0)
        count = np.uint64(row_end[row]) - begin
        if count <= np.uint64(MOST_COUNTED):
            _write_counted(found, begin, count, counts, column, metres, out)
        else:
            _write_radix(found, begin, count, column, metres, out, digit_bits)
        out += count
        start[i + 1] = out
    return start, column, metres
