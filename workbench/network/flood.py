"""The nearest source of every node: all sources spread at once, each node goes to who comes first.

The search is that of :mod:`workbench.network.kernel`, with one common set of labels, and with an owner
beside each label: the source whose walk it is.

Two walks may be equal, or differ by so little that rounding makes them equal further on. Then the source
of lower position owns what lies beyond, but the search, which follows the shorter walk, or of equal ones
the first, may have turned it away. So whenever a source loses a node by next to nothing to one of higher
position, this is noted, and those few sources are asked again (:func:`workbench.network.heap.claim_near`).
"""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Counts, Floats, Ints, Owners, Positions, compiled, inlined
from workbench.network.kernel import DONE, HEAD, INFINITE, LOG_FULL, SOURCE, TAIL, Arcs, Log, Starts


@inlined
def note_rival(gap: float, mine: int, other: int, rival: Floats) -> None:
    """Note by how little a source lost a node to one of higher position.

    ``mine`` came ``gap`` later than ``other``, which holds the node; negative: earlier, and takes it.
    """
    loser, winner = (other, mine) if gap < 0.0 else (mine, other)
    if 0 <= loser < winner:
        rival[loser] = min(rival[loser], abs(gap))


@inlined
def plant_owned(
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
            note_rival(gap, mine, owner[node], rival)
        if gap < 0.0 and offset <= limit:
            label[node] = offset
            owner[node] = np.int32(mine)
            log.node[tail] = node
            log.distance[tail] = offset
            tail += np.uint64(1)
    return tail


@inlined
def spread_owned(
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
                note_rival(gap, mine, other, rival)
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
        head, tail = spread_owned(arcs, limit, slack, label, owner, rival, log, head, tail, np.uint64(room))
        if source == sources and head == tail:
            status = DONE
            break
        if tail >= np.uint64(room):
            break
        stop = min(source + np.uint64(batch), sources)
        while source < stop and tail < np.uint64(room):
            tail = plant_owned(starts, source, position[source], limit, slack, label, owner, rival, log, tail)
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
