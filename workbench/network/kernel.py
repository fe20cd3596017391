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
search that wanders to :func:`workbench.network.kernel.finish`.

All node numbers in this module are internal (along the Z-curve) unless they are called the caller's.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numba.core import event
from numpy.typing import NDArray

from workbench.arrays import Floats, Ints

# ----------------------------------------------------------------------------------------------------------------------
# How this package compiles its inner loops: one decorator, so that every kernel is built alike.
#
# Two habits keep the compiled code honest:
#
# * A compiled function calls only compiled functions of *its own module*. numba notices a stale cache by the date of
#   the file that holds the function, and would miss a change in another one.
# * Array positions are unsigned (`np.uint32`, `np.uint64`). A signed position makes numba check each access for
#   Python's counting from the end, which costs the search about a tenth of its time.


Function = TypeVar("Function", bound=Callable[..., Any])

Positions = NDArray[np.uint32]
Counts = NDArray[np.uint64]
Owners = NDArray[np.int32]


def compiled(function: Function) -> Function:
    """Compile a function on its first call, keep the machine code on disk, and run it without the GIL.

    Parameters
    ----------
    function
        Plain Python over NumPy arrays. It stays available as ``.py_func``.

    Returns
    -------
    Function
        The compiled function, with the type of the original.
    """
    return cast("Function", numba.njit(nogil=True, cache=True)(function))


def inlined(function: Function) -> Function:
    """Compile a function into each compiled function of its module that calls it.

    For what is called once a source: handing over half a dozen arrays costs as much as a quarter of a
    five-minute search.

    Parameters
    ----------
    function
        Plain Python over NumPy arrays.

    Returns
    -------
    Function
        The function, with the type of the original.
    """
    return cast("Function", numba.njit(nogil=True, forceinline=True)(function))


class _FirstCompile(event.Listener):
    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell, self._told = tell, False

    def on_start(self, event: object) -> None:
        if not self._told and multiprocessing.parent_process() is None:  # a child stays silent: its parent tells
            self._told = True
            self._tell()

    def on_end(self, event: object) -> None:
        """Say nothing."""


@contextmanager
def told_of_compiling(tell: Callable[[], object]) -> Iterator[None]:
    """Call a function once, when a kernel is compiled that is not on disk yet: after installing, that takes a while."""
    with event.install_listener("numba:compile", _FirstCompile(tell)):
        yield


# ----------------------------------------------------------------------------------------------------------------------
# The bounded search: every node within a walk, source by source.


INFINITE = np.inf

DONE = 0
LOG_FULL = 1
_ROWS_FULL = 2

# Where a kernel that stopped is to go on: fields of its cursor.
SOURCE, HEAD, TAIL, OUT = range(4)
CURSOR_SIZE = 4

_NO_NODE = np.uint32(2**32 - 1)

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
def _plant(starts: Starts, source: np.uint64, limit: float, label: Floats, log: Log) -> np.uint64:
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
        log.node[i] = _NO_NODE
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
            tail = _plant(starts, source, limit, label, log)
        head, tail = spread(arcs, limit, label, log, head, tail, np.uint64(room))
        if head < tail:
            status = LOG_FULL
            break
        if out + tail > np.uint64(found.node.size):
            status = _ROWS_FULL
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


# ----------------------------------------------------------------------------------------------------------------------
# The nearest source of every node: all sources spread at once, each node goes to who comes first.
#
# The search is that of kernel, with one common set of labels, and with an owner beside each label: the source whose
# walk it is.
#
# Two walks may be equal, or differ by so little that rounding makes them equal further on. Then the source of lower
# position owns what lies beyond, but the search, which follows the shorter walk, or of equal ones the first, may have
# turned it away. So whenever a source loses a node by next to nothing to one of higher position, this is noted, and
# those few sources are asked again (claim_near).


@inlined
def _note_rival(gap: float, mine: int, other: int, rival: Floats) -> None:
    """Note by how little a source lost a node to one of higher position.

    ``mine`` came ``gap`` later than ``other``, which holds the node; negative: earlier, and takes it.
    """
    loser, winner = (other, mine) if gap < 0.0 else (mine, other)
    if 0 <= loser < winner:
        rival[loser] = min(rival[loser], abs(gap))


@inlined
def _plant_owned(
    starts: Starts,
    source: np.uint64,
    mine: int,
    limit: float,
    slack: float,
    label: Floats,
    owner: Owners,
    rival: Floats,
    log: Log,
    tail: np.uint64,
) -> np.uint64:
    """Log the start nodes of one source behind those of others; return the end of the log."""
    for i in range(starts.first[source], starts.first[source + np.uint64(1)]):
        node = starts.node[i]
        offset = starts.offset[i]
        gap = offset - label[node]
        if abs(gap) <= slack:
            _note_rival(gap, mine, owner[node], rival)
        if gap < 0.0 and offset <= limit:
            label[node] = offset
            owner[node] = np.int32(mine)
            log.node[tail] = node
            log.distance[tail] = offset
            tail += np.uint64(1)
    return tail


@inlined
def _spread_owned(
    arcs: Arcs,
    limit: float,
    slack: float,
    label: Floats,
    owner: Owners,
    rival: Floats,
    log: Log,
    head: np.uint64,
    tail: np.uint64,
    room: np.uint64,
) -> tuple[np.uint64, np.uint64]:
    """Do what :func:`spread` does, and pass on who owns each label."""
    while head < tail and tail < room:
        here = log.node[head]
        so_far = log.distance[head]
        head += np.uint64(1)
        if so_far > label[here]:
            continue
        mine = owner[here]
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            distance = so_far + arcs.length[arc]
            old, other = label[node], owner[node]
            gap = distance - old  # minus infinity on a node not met yet
            better = (gap < 0.0) & (distance <= limit)
            if abs(gap) <= slack:  # one rare branch; two comparisons here would cost a tenth
                _note_rival(gap, mine, other, rival)
            log.node[tail] = node
            log.distance[tail] = distance
            tail += np.uint64(better)
            label[node] = distance if better else old
            owner[node] = mine if better else other
    return head, tail


@compiled
def flood(
    arcs: Arcs,
    starts: Starts,
    position: Owners,
    batch: int,
    limit: float,
    slack: float,
    label: Floats,
    owner: Owners,
    rival: Floats,
    log: Log,
    room: int,
    cursor: Counts,
) -> int:
    """Let all sources spread into one common set of labels, ``batch`` of them at a time.

    Labels end exact. The owner of a node is a source at exactly that distance; of several such it may
    not yet be the lowest, but then ``rival`` holds the least gap, up to ``slack``, by which the lowest
    lost a node (see :meth:`workbench.network.search.Search.nearest`). The log ends with every node met. Stops with
    ``LOG_FULL`` like :func:`reach_rows`.
    """
    source, head, tail = cursor[SOURCE], cursor[HEAD], cursor[TAIL]
    sources = np.uint64(position.size)
    status = LOG_FULL
    while True:
        head, tail = _spread_owned(arcs, limit, slack, label, owner, rival, log, head, tail, np.uint64(room))
        if source == sources and head == tail:
            status = DONE
            break
        if tail >= np.uint64(room):
            break
        stop = min(source + np.uint64(batch), sources)
        while source < stop and tail < np.uint64(room):
            tail = _plant_owned(starts, source, position[source], limit, slack, label, owner, rival, log, tail)
            source += np.uint64(1)
    cursor[SOURCE], cursor[HEAD], cursor[TAIL] = source, head, tail
    return status


@compiled
def hand_over(
    log: Log, tail: np.uint64, caller_id: Positions, label: Floats, owner: Owners, distance: Floats, index: Ints
) -> float:
    """Write all labels and owners under the caller's ids, and clear them; return the highest label."""
    highest = 0.0
    for i in range(tail):
        node = log.node[i]
        if log.distance[i] == label[node]:
            who = caller_id[node]
            distance[who] = label[node]
            index[who] = owner[node]
            highest = max(highest, label[node])
            label[node] = INFINITE
            owner[node] = -1
    return highest


# ----------------------------------------------------------------------------------------------------------------------
# Searches that take the nearest node first, for walks that wander; and the claim of one source.
#
# A binary heap does each node once, whatever the lengths, but costs some three times as much a node as the log of
# kernel. So it is used where the log does badly: to go on with a search (finish), or to begin a claim again
# (claim_far) that was too much for claim_near.
#
# The method is Dijkstra's (1959) with a heap that keeps overtaken entries and passes over them when they come up.


_FIRST_ROOM = 64


@compiled
def _push(heap: Log, size: int, node: np.uint32, distance: float) -> Log:
    """Add an entry to a heap of ``size`` entries; return the heap, moved to more room if it was full."""
    nodes, distances = heap
    if size == nodes.size:
        nodes = np.empty(2 * size, np.uint32)
        distances = np.empty(2 * size, np.float64)
        for i in range(size):  # a slice would do, and take three seconds longer to compile
            nodes[i] = heap.node[i]
            distances[i] = heap.distance[i]
    child = size
    while child > 0:
        parent = (child - 1) >> 1
        if distances[parent] <= distance:
            break
        nodes[child] = nodes[parent]
        distances[child] = distances[parent]
        child = parent
    nodes[child] = node
    distances[child] = distance
    return Log(nodes, distances)


@compiled
def _drop_first(heap: Log, size: int) -> None:
    """Take the first entry out of a heap of ``size`` entries."""
    nodes, distances = heap
    last = size - 1
    node, distance = nodes[last], distances[last]
    parent = 0
    while 2 * parent + 1 < last:
        child = 2 * parent + 1
        if child + 1 < last and distances[child + 1] < distances[child]:
            child += 1
        if distance <= distances[child]:
            break
        nodes[parent] = nodes[child]
        distances[parent] = distances[child]
        parent = child
    nodes[parent] = node
    distances[parent] = distance


@compiled
def finish(
    arcs: Arcs,
    limit: float,
    slack: float,
    label: Floats,
    owner: Owners,
    rival: Floats,
    log: Log,
    head: int,
    tail: int,
) -> int:
    """Finish a search that stopped with a full log, nearest node first; return the new tail.

    The log must have room for one more entry per node of the network. Entries before ``head`` stay,
    those from ``head`` to ``tail`` are the ones still to be worked off. Owners and rivals as in
    :func:`workbench.network.kernel.flood`; a search for one source has none, and a slack below zero.
    """
    heap = Log(np.empty(_FIRST_ROOM, np.uint32), np.empty(_FIRST_ROOM, np.float64))
    size = 0
    for i in range(head, tail):
        heap = _push(heap, size, log.node[i], log.distance[i])
        size += 1
    tail = head
    while size > 0:
        here, so_far = heap.node[0], heap.distance[0]
        _drop_first(heap, size)
        size -= 1
        if so_far > label[here]:
            continue
        log.node[tail] = here
        log.distance[tail] = so_far
        tail += 1
        mine = owner[here]
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            distance = so_far + arcs.length[arc]
            gap = distance - label[node]
            if abs(gap) <= slack:
                loser, winner = (owner[node], mine) if gap < 0.0 else (mine, owner[node])
                if 0 <= loser < winner:
                    rival[loser] = min(rival[loser], abs(gap))
            if gap < 0.0 and distance <= limit:
                label[node] = distance
                owner[node] = mine
                heap = _push(heap, size, node, distance)
                size += 1
    return tail


@compiled
def _may_win(offer: float, position: int, slack: float, distance: float, index: int) -> bool:
    """Whether a source may still win some node beyond one where it stands at ``offer``.

    It may not if a source of lower position is at least as near here, nor if any source is nearer by
    more than rounding could make up for later on.
    """
    if offer >= distance and index < position:
        return False
    return offer <= distance + slack


@compiled
def claim_near(
    arcs: Arcs,
    starts: Starts,
    source: int,
    position: int,
    limit: float,
    slack: float,
    label: Floats,
    caller_id: Positions,
    distance: Floats,
    index: Ints,
    log: Log,
    room: int,
) -> tuple[bool, Ints, Floats, Ints]:
    """Give one source every node it should own in an answer of ``nearest``, in place.

    Returns whether the log was long enough, and then the caller's ids of the nodes that changed, and the
    distance and index they had. If the log was not long enough, nothing has changed.
    """
    head, tail = np.uint64(0), np.uint64(0)
    for i in range(starts.first[source], starts.first[source + 1]):
        node, offer = starts.node[i], starts.offset[i]
        who = caller_id[node]
        if offer < label[node] and offer <= limit and _may_win(offer, position, slack, distance[who], index[who]):
            label[node] = offer
            log.node[tail], log.distance[tail] = node, offer
            tail += np.uint64(1)
    while head < tail and tail < np.uint64(room):
        here, so_far = log.node[head], log.distance[head]
        head += np.uint64(1)
        if so_far > label[here]:
            continue
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            offer = so_far + arcs.length[arc]
            if offer < label[node] and offer <= limit:
                who = caller_id[node]
                if _may_win(offer, position, slack, distance[who], index[who]):
                    label[node] = offer
                    log.node[tail], log.distance[tail] = node, offer
                    tail += np.uint64(1)
    if head < tail:
        for i in range(tail):
            label[log.node[i]] = np.inf
        return False, np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int64)
    nodes, distances, indices = _record(log, tail, position, label, caller_id, distance, index)
    return True, nodes, distances, indices


@compiled
def claim_far(
    arcs: Arcs,
    starts: Starts,
    source: int,
    position: int,
    limit: float,
    slack: float,
    label: Floats,
    caller_id: Positions,
    distance: Floats,
    index: Ints,
) -> tuple[Ints, Floats, Ints]:
    """Do what :func:`claim_near` does, with a heap, however far it leads."""
    heap = Log(np.empty(_FIRST_ROOM, np.uint32), np.empty(_FIRST_ROOM, np.float64))
    met = Log(np.empty(_FIRST_ROOM, np.uint32), np.empty(_FIRST_ROOM, np.float64))
    size = settled = 0
    for i in range(starts.first[source], starts.first[source + 1]):
        node, offer = starts.node[i], starts.offset[i]
        who = caller_id[node]
        if offer < label[node] and offer <= limit and _may_win(offer, position, slack, distance[who], index[who]):
            label[node] = offer
            heap = _push(heap, size, node, offer)
            size += 1
    while size > 0:
        here, so_far = heap.node[0], heap.distance[0]
        _drop_first(heap, size)
        size -= 1
        if so_far > label[here]:
            continue
        met = _push(met, settled, here, so_far)  # they come in rising order, so this only appends
        settled += 1
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            offer = so_far + arcs.length[arc]
            if offer < label[node] and offer <= limit:
                who = caller_id[node]
                if _may_win(offer, position, slack, distance[who], index[who]):
                    label[node] = offer
                    heap = _push(heap, size, node, offer)
                    size += 1
    nodes, distances, indices = _record(met, np.uint64(settled), position, label, caller_id, distance, index)
    return nodes, distances, indices


@compiled
def _record(
    met: Log,
    tail: np.uint64,
    position: int,
    label: Floats,
    caller_id: Positions,
    distance: Floats,
    index: Ints,
) -> tuple[Ints, Floats, Ints]:
    """Write what a source won, clear its labels, and return what was there before."""
    nodes = np.empty(tail, np.int64)
    distances = np.empty(tail, np.float64)
    indices = np.empty(tail, np.int64)
    changed = np.uint64(0)
    for i in range(tail):
        node, reached = met.node[i], met.distance[i]
        if reached != label[node]:
            continue  # overtaken
        label[node] = np.inf
        who = caller_id[node]
        if reached < distance[who] or (reached == distance[who] and position < index[who]):
            nodes[changed], distances[changed], indices[changed] = who, distance[who], index[who]
            changed += np.uint64(1)
            distance[who] = reached
            index[who] = position
    return nodes[:changed], distances[:changed], indices[:changed]


# ----------------------------------------------------------------------------------------------------------------------
# Inner loops of service areas: edges met, edges split at doors, lines cut, distances drawn.


@compiled
def edges_met(
    row: Ints,
    column: Ints,
    cost: Floats,
    slot_start: Ints,
    slot: Ints,
    ends: Ints,
    door_start: Ints,
    door_edge: Ints,
    edges: int,
) -> tuple[Ints, Ints, Floats, Floats]:
    """List the edges with a reached end for each source: source, edge, cost at its first and last node.

    ``slot`` holds 2 × edge + end by node. Edges with a door of the source are left out.
    """
    room = 0
    for node in column:
        room += slot_start[node + 1] - slot_start[node]
    source, edge_met = np.empty(room, np.int64), np.empty(room, np.int64)
    cost_begin, cost_end = np.empty(room), np.empty(room)
    label = np.full(slot_start.size - 1, INFINITE)
    apart = np.zeros(edges, np.bool_)
    count = 0
    for i in range(row.size - 1):
        for j in range(row[i], row[i + 1]):
            label[column[j]] = cost[j]
        for d in range(door_start[i], door_start[i + 1]):
            apart[door_edge[d]] = True
        for j in range(row[i], row[i + 1]):
            for s in range(slot_start[column[j]], slot_start[column[j] + 1]):
                edge, end = slot[s] >> 1, slot[s] & 1
                first, last = label[ends[edge, 0]], label[ends[edge, 1]]
                if not apart[edge] and (end == 0 or first == INFINITE):
                    source[count], edge_met[count] = i, edge
                    cost_begin[count], cost_end[count] = first, last
                    count += 1
        for j in range(row[i], row[i + 1]):
            label[column[j]] = INFINITE
        for d in range(door_start[i], door_start[i + 1]):
            apart[door_edge[d]] = False
    return source[:count], edge_met[:count], cost_begin[:count], cost_end[:count]


@compiled
def split_at_doors(
    source: Ints, edge: Ints, along: Floats, cost: Floats, ends: Floats, length: Floats, rate: Floats
) -> tuple[Ints, Ints, Floats, Floats, Floats, Floats]:
    """Split edges at doors sorted by source, edge and place; a door may be nearer to another door than to its own.

    ``cost`` of the doors is lowered in place to that of the shortest walk there.
    """
    doors = source.size
    at = np.empty(2 * doors, np.int64)  # the door that each span belongs to
    begin, end = np.empty(2 * doors), np.empty(2 * doors)
    cost_begin, cost_end = np.empty(2 * doors), np.empty(2 * doors)
    count, low = 0, 0
    while low < doors:
        high = low + 1
        while high < doors and source[high] == source[low] and edge[high] == edge[low]:
            high += 1
        place, so_far = 0.0, ends[low, 0]
        for d in range(low, high):
            cost[d] = min(cost[d], so_far + (along[d] - place) * rate[d])
            place, so_far = along[d], cost[d]
        place, so_far = length[low], ends[low, 1]
        for d in range(high - 1, low - 1, -1):
            cost[d] = min(cost[d], so_far + (place - along[d]) * rate[d])
            place, so_far = along[d], cost[d]
        for k in range(low, high + 1):
            at[count] = low
            begin[count] = 0.0 if k == low else along[k - 1]
            cost_begin[count] = ends[low, 0] if k == low else cost[k - 1]
            end[count] = length[low] if k == high else along[k]
            cost_end[count] = ends[low, 1] if k == high else cost[k]
            count += 1
        low = high
    return source[at[:count]], edge[at[:count]], begin[:count], end[:count], cost_begin[:count], cost_end[:count]


@compiled
def trace(place: Ints, begin: Floats, end: Floats, first: Ints, xy: Floats, at: Floats) -> tuple[Floats, Ints]:
    """Cut lines: vertices of line i are ``first[i]:first[i + 1]``, ``at`` metres from its begin."""
    room = 0
    for line in place:
        room += first[line + 1] - first[line] + 2
    out, start = np.empty((room, 2)), np.zeros(place.size + 1, np.int64)
    count = 0
    for p in range(place.size):
        for v in range(first[place[p]], first[place[p] + 1] - 1):
            low, high = max(begin[p], at[v]), min(end[p], at[v + 1])
            if low < high:
                for axis in range(2):
                    slope = (xy[v + 1, axis] - xy[v, axis]) / (at[v + 1] - at[v])
                    if count == start[p]:
                        out[count, axis] = xy[v, axis] + (low - at[v]) * slope
                    out[count + (count == start[p]), axis] = xy[v, axis] + (high - at[v]) * slope
                count += 2 if count == start[p] else 1
        start[p + 1] = count
    return out[:count], start


@compiled
def draw(
    xy: Floats, start: Ints, first: int, last: int, cell: float, reach: float, column: int, row: int, field: Floats
) -> None:
    """Lower a field of squared distances to that from lines ``first:last``, where they are within reach.

    ``field[i, j]`` is the corner ``((column + j) * cell, (row + i) * cell)``.
    """
    rows, columns = field.shape
    for line in range(first, last):
        for v in range(start[line], start[line + 1] - 1):
            x, y = xy[v, 0], xy[v, 1]
            across, along = xy[v + 1, 0] - x, xy[v + 1, 1] - y
            square = across * across + along * along
            scale = 1.0 / square if square > 0.0 else 0.0
            left = max(int(np.ceil((min(x, x + across) - reach) / cell)) - column, 0)
            right = min(int(np.floor((max(x, x + across) + reach) / cell)) - column, columns - 1)
            bottom = max(int(np.ceil((min(y, y + along) - reach) / cell)) - row, 0)
            top = min(int(np.floor((max(y, y + along) + reach) / cell)) - row, rows - 1)
            for i in range(bottom, top + 1):
                up = (row + i) * cell - y
                for j in range(left, right + 1):
                    out = (column + j) * cell - x
                    t = min(max((out * across + up * along) * scale, 0.0), 1.0)
                    gap_x, gap_y = out - t * across, up - t * along
                    field[i, j] = min(field[i, j], gap_x * gap_x + gap_y * gap_y)


# ----------------------------------------------------------------------------------------------------------------------
# Edges turned into arcs by tail node.


NO_ARC = np.uint32(2**32 - 1)


@compiled
def stable_order(key: Positions, keys: int) -> Positions:
    """Positions that sort ``key``, equal keys in given order (counting sort)."""
    place = np.zeros(keys + 1, np.uint32)
    for value in key:
        place[value + np.uint32(1)] += np.uint32(1)
    for value in range(keys):
        place[value + 1] += place[value]
    order = np.empty(key.size, np.uint32)
    for i in range(key.size):
        value = key[i]
        order[place[value]] = i
        place[value] += np.uint32(1)
    return order


@compiled
def shortest_of_edges(arcs: int, outward: Positions, backward: Positions, length: Floats) -> Floats:
    """Length of each arc: that of the shortest edge that lies on it."""
    shortest = np.full(arcs, np.inf)
    for edge in range(length.size):
        arc = outward[edge]
        if arc != NO_ARC:
            shortest[arc] = min(shortest[arc], length[edge])
        arc = backward[edge]
        if arc != NO_ARC:
            shortest[arc] = min(shortest[arc], length[edge])
    return shortest
