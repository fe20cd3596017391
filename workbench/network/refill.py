"""A hole in an answer of ``nearest``, filled again from its border."""

from __future__ import annotations

import numpy as np

from workbench.network.compiled import Flags, Floats, Ints, Positions, compiled
from workbench.network.kernel import Arcs


@compiled
def _offer(
    node: int,
    walk: float,
    key: int,
    slack: float,
    caller_id: Positions,
    distance: Floats,
    index: Ints,
    waiting: Flags,
    queue: Positions,
    tail: int,
    narrow: Flags,
    rank: Ints,
) -> int:
    """Let a source come to a node of the hole; the shorter walk wins, of equal ones the lower key."""
    who = caller_id[node]
    held = distance[who]
    if index[who] >= 0 and index[who] != key and abs(walk - held) <= slack:
        narrow[rank[who]] = True
    if walk < held or (walk == held and key < index[who]):
        distance[who] = walk
        index[who] = key
        if not waiting[node]:
            waiting[node] = True
            queue[tail] = node
            tail = (tail + 1) % queue.size
    return tail


@compiled
def refill(
    arcs: Arcs,
    back: Arcs,
    hole: Positions,
    inside: Flags,
    key: Ints,
    start: Positions,
    offset: Floats,
    slack: float,
    caller_id: Positions,
    distance: Floats,
    index: Ints,
) -> Ints:
    """Give the nodes of a hole to the sources on its border, and to those that start inside it, in place.

    Parameters
    ----------
    arcs, back
        The network, and the same against its direction.
    hole
        Nodes without answer.
    inside
        Whether each node is one of them, shape (n,).
    key, start, offset
        Sources that start inside: key, node, and what was walked before.
    slack
        Difference between two walks that rounding can make up for.
    caller_id
        The caller's id of each node; all other nodes here are internal.
    distance, index
        The answer, under the caller's ids; outside the hole it is right, inside it is empty.

    Returns
    -------
    numpy.ndarray
        Keys of the sources that met another by next to nothing, either of the two, with repeats.
    """
    n = inside.size
    queue = np.empty(hole.size + 1, np.uint32)
    waiting = np.zeros(n, np.bool_)
    rank = np.empty(n, np.int64)
    for place in range(hole.size):
        rank[caller_id[hole[place]]] = place
    narrow = np.zeros(hole.size, np.bool_)
    head = tail = 0
    for i in range(start.size):
        tail = _offer(
            start[i], offset[i], key[i], slack, caller_id, distance, index, waiting, queue, tail, narrow, rank
        )
    for node in hole:
        for arc in range(back.start[node], back.start[node + np.uint32(1)]):
            other = back.head[arc]
            if not inside[other]:
                who = caller_id[other]
                walk = distance[who] + back.length[arc]
                if walk < np.inf:
                    tail = _offer(
                        node, walk, index[who], slack, caller_id, distance, index, waiting, queue, tail, narrow, rank
                    )
    while head != tail:
        here = queue[head]
        head = (head + 1) % queue.size
        waiting[here] = False
        so_far, owner = distance[caller_id[here]], index[caller_id[here]]
        for arc in range(arcs.start[here], arcs.start[here + np.uint32(1)]):
            node = arcs.head[arc]
            walk = so_far + arcs.length[arc]
            if inside[node] and walk < np.inf:
                tail = _offer(node, walk, owner, slack, caller_id, distance, index, waiting, queue, tail, narrow, rank)
    return _neighbours(back, hole[narrow], caller_id, index)


@compiled
def _neighbours(back: Arcs, nodes: Positions, caller_id: Positions, index: Ints) -> Ints:
    """Keys that hold some nodes or any node before them: among these are both who met there."""
    count = nodes.size
    for node in nodes:
        count += back.start[node + np.uint32(1)] - back.start[node]
    keys = np.empty(count, np.int64)
    at = 0
    for node in nodes:
        keys[at] = index[caller_id[node]]
        at += 1
        for arc in range(back.start[node], back.start[node + np.uint32(1)]):
            keys[at] = index[caller_id[back.head[arc]]]
            at += 1
    return keys[keys >= 0]
