"""The bounded search: every node within a walk, source by source.

A five-minute ball holds a few dozen nodes, so a search costs what its bookkeeping costs. This one
keeps only two things:

``label``
    One distance per node, infinite outside the running search.
``log``
    The (node, distance) pairs in the order in which labels fell. It is the queue while the search
    runs, the list of what was touched when it ends, and the row that is written out.

The log is worked off first in, first out, and an entry whose node has since got a lower label is
passed over. When nothing is left, each touched node has exactly one entry that equals its label, and
walking the log once more writes the row and makes the labels infinite again. So there is no visited
array to clear and no epoch that could wrap. The inner loop has no branch that depends on the data:
an entry is always written, and kept by moving the end of the log or not.

The method is label-correcting (Bellman 1958, Ford 1956, Moore 1959; with a queue: Pape 1974). Adding a
non-negative length never lowers a float64 and keeps order, so its fixed point is that of Dijkstra to the
last bit. It lacks Dijkstra's bound on work; the caller watches it whenever the log is full, and hands a
search that wanders to :func:`workbench.network.heap.finish`.

All node numbers in this module are internal (along the Z-curve) unless they are called the caller's.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.network.compiled import Counts, Floats, Ints, Positions, compiled, inlined

INFINITE = np.inf

DONE = 0
LOG_FULL = 1
ROWS_FULL = 2

# Where a kernel that stopped is to go on: fields of its cursor.
SOURCE, HEAD, TAIL, OUT = range(4)
CURSOR_SIZE = 4

NO_NODE = np.uint32(2**32 - 1)

MOST_COUNTED = 64
"""Rows up to this length are sorted by counting, longer ones by radix (measured)."""


class Arcs(NamedTuple):
    """Arcs by tail node: those of node u are ``start[u]:start[u + 1]``."""

    start: Positions
    head: Positions
    length: Floats


class Starts(NamedTuple):
    """Where searches start: source i at ``node[first[i]:first[i + 1]]``, already ``offset`` metres out."""

    first: Ints
    node: Positions
    offset: Floats


class Log(NamedTuple):
    """Room for (node, distance) pairs."""

    node: Positions
    distance: Floats


@inlined
def plant(starts: Starts, source: np.uint64, limit: float, label: Floats, log: Log) -> np.uint64:
    """Log the start nodes of one source; return the end of the log."""
    tail = np.uint64(0)
    for i in range(starts.first[source], starts.first[source + np.uint64(1)]):
        node = starts.node[i]
        offset = starts.offset[i]
        if offset < label[node] and offset <= limit:
            label[node] = offset
            log.node[tail] = node
            log.distance[tail] = offset
            tail += np.uint64(1)
    return tail


@inlined
def spread(
    arcs: Arcs, limit: float, label: Floats, log: Log, head: np.uint64, tail: np.uint64, room: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """Work off the log until it is done (head meets tail) or full (tail reaches room)."""
    while head < tail and tail < room:
        here = log.node[head]
        so_far = log.distance[head]
        head += np.uint64(1)
        if so_far > label[here]:
            continue  # a shorter way was found after this entry was written
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            distance = so_far + arcs.length[arc]
            old = label[node]
            better = (distance < old) & (distance <= limit)
            log.node[tail] = node
            log.distance[tail] = distance
            tail += np.uint64(better)
            label[node] = distance if better else old
    return head, tail


@compiled
def compact(label: Floats, log: Log, head: np.uint64, tail: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Drop the entries that a lower label has overtaken; return the new head and tail."""
    kept = np.uint64(0)
    kept_head = np.uint64(0)
    for i in range(tail):
        if np.uint64(i) == head:
            kept_head = kept
        node = log.node[i]
        distance = log.distance[i]
        log.node[kept] = node
        log.distance[kept] = distance
        kept += np.uint64(distance == label[node])
    return kept if head == tail else kept_head, kept


@inlined
def _close_row(label: Floats, log: Log, tail: np.uint64, caller_id: Positions) -> np.uint64:
    """Leave in the log one entry per node, under the caller's id, and make the labels infinite again."""
    count = np.uint64(0)
    for i in range(tail):
        node = log.node[i]
        distance = log.distance[i]
        final = distance == label[node]
        label[node] = INFINITE if final else label[node]
        log.node[count] = caller_id[node]
        log.distance[count] = distance
        count += np.uint64(final)
    return count


@inlined
def _write_counted(log: Log, count: np.uint64, place: Positions, found: Log, out: np.uint64) -> None:
    """Write a short row, sorted: the place of an entry is the number of smaller columns.

    No branch depends on the data, and the processor compares eight columns with four at a time; hence
    the row is filled up to eights with a number that no node has and that is smaller than none.
    """
    eights = (count + np.uint64(7)) & ~np.uint64(7)
    for i in range(count, eights):
        log.node[i] = NO_NODE
    for i in range(eights):
        place[i] = np.uint32(0)
    for four in range((count + np.uint64(3)) >> np.uint64(2)):
        j = np.uint64(four) << np.uint64(2)
        a, b = log.node[j], log.node[j + np.uint64(1)]
        c, d = log.node[j + np.uint64(2)], log.node[j + np.uint64(3)]
        for i in range(eights):
            node = log.node[i]
            place[i] += np.uint32(a < node) + np.uint32(b < node) + np.uint32(c < node) + np.uint32(d < node)
    for i in range(count):
        to = out + np.uint64(place[i])
        found.node[to] = log.node[i]
        found.distance[to] = log.distance[i]


@compiled
def _write_radix(log: Log, count: np.uint64, digit_bits: int, found: Log, out: np.uint64) -> None:
    """Write a long row, sorted by radix: three digits, to and fro between the log and the row."""
    from_node, from_distance = log.node[:count], log.distance[:count]
    to_node, to_distance = found.node[out : out + count], found.distance[out : out + count]
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
            to_distance[to] = from_distance[i]
            place[digit] = to + np.uint64(1)
        from_node, to_node = to_node, from_node
        from_distance, to_distance = to_distance, from_distance


@compiled
def reach_rows(
    arcs: Arcs,
    starts: Starts,
    limit: float,
    label: Floats,
    log: Log,
    room: int,
    caller_id: Positions,
    digit_bits: int,
    cursor: Counts,
    row_end: Ints,
    found: Log,
) -> int:
    """Append the row of every source: the caller's ids, rising, and metres.

    Stops with ``LOG_FULL`` or ``ROWS_FULL`` when it needs room, and goes on from ``cursor`` when
    called again. No id of the caller's has more than three times ``digit_bits`` bits.
    """
    place = np.empty(MOST_COUNTED, np.uint32)
    source, head, tail, out = cursor[SOURCE], cursor[HEAD], cursor[TAIL], cursor[OUT]
    status = DONE
    while source < np.uint64(row_end.size):
        if tail == np.uint64(0):
            tail = plant(starts, source, limit, label, log)
        head, tail = spread(arcs, limit, label, log, head, tail, np.uint64(room))
        if head < tail:
            status = LOG_FULL
            break
        if out + tail > np.uint64(found.node.size):
            status = ROWS_FULL
            break
        count = _close_row(label, log, tail, caller_id)
        if count <= np.uint64(MOST_COUNTED):
            _write_counted(log, count, place, found, out)
        else:
            _write_radix(log, count, digit_bits, found, out)
        out += count
        row_end[source] = out
        head = tail = np.uint64(0)
        source += np.uint64(1)
    cursor[SOURCE], cursor[HEAD], cursor[TAIL], cursor[OUT] = source, head, tail, out
    return status


@compiled
def arrange(place: Positions, row_end: Ints, found: Log, start: Ints, column: Positions, metres: Floats) -> None:
    """Copy rows into the caller's order: row i of the answer is row ``place[i]`` of what was found.

    Fills where each row starts, the columns, and the metres.
    """
    out = np.uint64(0)
    for i in range(place.size):
        row = place[i]
        begin = np.uint64(row_end[row - np.uint32(1)]) if row else np.uint64(0)
        for j in range(begin, np.uint64(row_end[row])):
            column[out] = found.node[j]
            metres[out] = found.distance[j]
            out += np.uint64(1)
        start[i + 1] = out
