"""Searches that take the nearest node first, for walks that wander; and the claim of one source.

A binary heap does each node once, whatever the lengths, but costs some three times as much a node as
the log of :mod:`workbench.network.kernel`. So it is used where the log does badly: to go on with a search
(:func:`finish`), or to begin a claim again (:func:`claim_far`) that was too much for :func:`claim_near`.

The method is Dijkstra's (1959) with a heap that keeps overtaken entries and passes over them when they
come up.
"""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Floats, Ints, Owners, Positions, compiled
from workbench.network.kernel import Arcs, Log, Starts

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
    :func:`workbench.network.flood.flood`; a search for one source has none, and a slack below zero.
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
def _is_narrow(offer: float, position: int, slack: float, distance: float, index: int) -> bool:
    """Whether two sources come to a node by so nearly the same walk that rounding may decide between them."""
    return index != position and abs(offer - distance) <= slack


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
) -> tuple[bool, bool, Ints, Floats, Ints]:
    """Give one source every node it should own in an answer of ``nearest``, in place.

    Returns whether the log was long enough, whether it met another source by next to nothing, and then
    the caller's ids of the nodes that changed, and the distance and index they had. If the log was not
    long enough, nothing has changed.
    """
    head, tail = np.uint64(0), np.uint64(0)
    narrow = False
    for i in range(starts.first[source], starts.first[source + 1]):
        node, offer = starts.node[i], starts.offset[i]
        who = caller_id[node]
        narrow |= _is_narrow(offer, position, slack, distance[who], index[who])
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
                narrow |= _is_narrow(offer, position, slack, distance[who], index[who])
                if _may_win(offer, position, slack, distance[who], index[who]):
                    label[node] = offer
                    log.node[tail], log.distance[tail] = node, offer
                    tail += np.uint64(1)
    if head < tail:
        for i in range(tail):
            label[log.node[i]] = np.inf
        return False, narrow, np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int64)
    nodes, distances, indices = _record(log, tail, position, label, caller_id, distance, index)
    return True, narrow, nodes, distances, indices


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
) -> tuple[bool, Ints, Floats, Ints]:
    """Do what :func:`claim_near` does, with a heap, however far it leads."""
    heap = Log(np.empty(_FIRST_ROOM, np.uint32), np.empty(_FIRST_ROOM, np.float64))
    met = Log(np.empty(_FIRST_ROOM, np.uint32), np.empty(_FIRST_ROOM, np.float64))
    size = settled = 0
    narrow = False
    for i in range(starts.first[source], starts.first[source + 1]):
        node, offer = starts.node[i], starts.offset[i]
        who = caller_id[node]
        narrow |= _is_narrow(offer, position, slack, distance[who], index[who])
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
                narrow |= _is_narrow(offer, position, slack, distance[who], index[who])
                if _may_win(offer, position, slack, distance[who], index[who]):
                    label[node] = offer
                    heap = _push(heap, size, node, offer)
                    size += 1
    nodes, distances, indices = _record(met, np.uint64(settled), position, label, caller_id, distance, index)
    return narrow, nodes, distances, indices


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
