"""The nearest source of every node, kept true while sources come and go and one-way openings open and close.

For what-if without a horizon: the answer reaches as far as the ways do, as that of
:meth:`workbench.network.graph.WalkNetwork.nearest_from` with an infinite limit, and equals it to the last bit
after every edit.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.arrays import Flags, Floats, Ints
from workbench.network.graph import WalkNetwork
from workbench.network.kernel import Arcs, Positions, Starts, compiled
from workbench.network.search import Search
from workbench.network.topology import Seeds, against

# ----------------------------------------------------------------------------------------------------------------------
# A hole in an answer of `nearest`, filled again from its border.


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


NOBODY = -1


@dataclass(frozen=True, eq=False)
class _Step:
    """Nodes that one claim or surrender changed, and what they held before."""

    node: Ints
    distance: Floats
    index: Ints


class LiveNearest:
    """An answer of ``nearest`` without a limit, and how it changes.

    Sources are known by keys: whole numbers, not negative, that decide ties, the lowest first.

    Parameters
    ----------
    network
        The network. Its ways stay; its openings may be opened and closed here without changing it.
    openings
        Edges of the network, as given to ``from_edges``, that may be opened and closed: one-way, and sharing
        their ends with no other kind of edge.
    lengths
        Length of every edge of the network as it stands, shape (m,); infinite where closed.

    Attributes
    ----------
    distance
        Shape (n,), float64: the walk to the nearest source; infinite where there is none. Read only.
    index
        Shape (n,), int64: its key, −1 where there is none. Read only.
    """

    def __init__(self, network: WalkNetwork, openings: Ints, lengths: Floats) -> None:
        search = network.search
        arcs = Arcs(search.arcs.start, search.arcs.head, search.arcs.length.copy())
        self._search: Search = dataclasses.replace(search, arcs=arcs)
        self._arc = {int(edge): int(search.topology.outward[edge]) for edge in openings}
        self._length = {int(edge): float(lengths[edge]) for edge in openings}
        self._sharing: dict[int, list[int]] = {}
        for edge, arc in self._arc.items():
            self._sharing.setdefault(arc, []).append(edge)
        self._back: tuple[Search, npt.NDArray[np.int64]] | None = None
        self._starts: dict[int, Starts] = {}
        self._roll: tuple[Ints, Ints, Floats] = np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0)
        self._rivals: set[int] = set()
        self._journal: list[_Step] = []
        self.distance: Floats = np.full(network.n_nodes, np.inf)
        self.index: Ints = np.full(network.n_nodes, NOBODY, np.int64)
        longest = search.furthest + sum(x for x in self._length.values() if math.isfinite(x))
        self._slack = 2 * network.n_nodes * math.ulp(2 * longest + 1.0)

    def begin(self, sources: Mapping[int, tuple[Ints, Floats]]) -> None:
        """Let all sources in at once, before any edit.

        Parameters
        ----------
        sources
            Start nodes and what it costs to get there, by key.
        """
        keys = sorted(sources)
        ptr = np.cumsum([0] + [len(sources[key][0]) for key in keys])
        flat = [np.concatenate([sources[key][part] for key in keys]) if keys else np.empty(0) for part in (0, 1)]
        seeds = Seeds(ptr, flat[0].astype(np.int64), flat[1].astype(float))
        distance, index, rivals = self._search.nearest_with_rivals(seeds, np.inf)
        self._rivals = {keys[place] for place in rivals}
        self.distance[:] = distance
        self.index[:] = np.where(index >= 0, np.array([*keys, NOBODY])[index], NOBODY)
        for place, key in enumerate(keys):
            part = slice(ptr[place], ptr[place + 1])
            self._starts[key] = self._internal(seeds.node[part], seeds.offset_m[part])
        internal = self._search.topology.internal_id[seeds.node].astype(np.int64)
        self._roll = np.repeat(np.array(keys, np.int64), np.diff(ptr)), internal, seeds.offset_m

    def add(self, key: int, node: Ints, offset: Floats) -> Ints:
        """Let one source in.

        Parameters
        ----------
        key
            Its key; not in use.
        node, offset
            Start nodes and what it costs to get there, shape (s,) each.

        Returns
        -------
        numpy.ndarray
            Nodes whose answer changed.
        """
        self._enrol(key, node, offset)
        return self._claim([key])

    def remove(self, key: int) -> Ints:
        """Take one source out, and return the nodes whose answer changed."""
        self._enrol(key, None, None)
        return self._repair(np.flatnonzero(self.index == key))

    def starts(self, key: int) -> tuple[Ints, Floats]:
        """Return where a source starts: nodes and offsets."""
        starts = self._starts[key]
        return self._search.topology.caller_id[starts.node].astype(np.int64), starts.offset

    def open(self, edge: int, length: float) -> Ints:
        """Open a closed opening, and return the nodes whose answer changed."""
        self._lay(edge, length)
        outer = self._tail(edge)
        if not np.isfinite(self.distance[outer]):
            return np.empty(0, np.int64)
        offer, owner = self.distance[outer] + length, int(self.index[outer])
        step = self._internal(np.array([self._head(edge)]), np.array([offer]))
        touched = self._claim_from(step, owner)
        return np.concatenate([touched, self._settle_rivals(np.array([outer]))])

    def shut(self, edge: int) -> Ints:
        """Close an opening, and return the nodes that lay behind it.

        What lies behind is all that can be walked to through it: with openings that only lead inwards
        that is one compound, and what hangs on it.
        """
        behind = self.behind(edge)
        self._lay(edge, np.inf)
        return self._repair(behind)

    def behind(self, edge: int) -> Ints:
        """Find all nodes that can be walked to from the inner end of an opening."""
        _, column, _ = self._search.reach(Seeds.at_nodes([self._head(edge)]), np.inf)
        return column.astype(np.int64)

    def reach(self, node: Ints, offset: Floats) -> tuple[Ints, Floats]:
        """Walk from one source to wherever one can, the network as it stands now: nodes and costs."""
        _, column, cost = self._search.reach(Seeds(np.array([0, len(node)]), node, offset), np.inf)
        return column.astype(np.int64), cost

    @property
    def mark(self) -> int:
        """How many changes were made: a point to which :meth:`undo` can go back."""
        return len(self._journal)

    def undo(self, mark: int) -> Ints:
        """Restore the answer as it was at a mark, and return the nodes that changed, some perhaps twice.

        Sources and openings are restored by the caller with :meth:`restore`.
        """
        undone = self._journal[mark:]
        for step in reversed(undone):
            self.distance[step.node] = step.distance
            self.index[step.node] = step.index
        del self._journal[mark:]
        return np.concatenate([np.empty(0, np.int64), *(step.node for step in undone)])

    def restore(
        self, starts: dict[int, tuple[Ints, Floats] | None] | None = None, openings: dict[int, float] | None = None
    ) -> None:
        """Set sources and openings without touching the answer; None forgets a source."""
        for key, given in (starts or {}).items():
            self._enrol(key, *(given or (None, None)))
        for edge, length in (openings or {}).items():
            self._lay(edge, length)

    def length(self, edge: int) -> float:
        """Return the length of an opening as it stands; infinite where closed."""
        return self._length[edge]

    def _internal(self, node: Ints, offset: Floats) -> Starts:
        return Starts(np.array([0, len(node)]), self._search.topology.internal_id[node], np.array(offset, np.float64))

    def _enrol(self, key: int, node: Ints | None, offset: Floats | None) -> None:
        """Note where a source starts, or forget it."""
        if self._starts.pop(key, None) is not None:
            stay = self._roll[0] != key
            self._roll = self._roll[0][stay], self._roll[1][stay], self._roll[2][stay]
        if node is not None and offset is not None:
            starts = self._starts[key] = self._internal(node, offset)
            keys = np.full(len(starts.node), key)
            roll = zip(self._roll, (keys, starts.node.astype(np.int64), starts.offset), strict=True)
            keys, nodes, offsets = (np.concatenate(both) for both in roll)
            self._roll = keys, nodes, offsets

    def _tail(self, edge: int) -> int:
        arc = self._arc[edge]
        inner = int(np.searchsorted(self._search.arcs.start, arc, "right")) - 1
        return int(self._search.topology.caller_id[inner])

    def _head(self, edge: int) -> int:
        return int(self._search.topology.caller_id[self._search.arcs.head[self._arc[edge]]])

    def _lay(self, edge: int, length: float) -> None:
        """Give an opening a length; of several that share an arc the shortest counts."""
        self._length[edge] = length
        arc = self._arc[edge]
        shortest = min(self._length[other] for other in self._sharing[arc])
        self._search.arcs.length[arc] = shortest
        if self._back is not None:
            back, place = self._back
            back.arcs.length[place[arc]] = shortest

    def _backward(self) -> Search:
        """Return the same network walked the other way, opened and closed with it."""
        if self._back is None:
            arcs, place = against(self._search.arcs)
            topology = dataclasses.replace(self._search.topology, start=arcs.start, head=arcs.head)
            self._back = dataclasses.replace(self._search, topology=topology, arcs=arcs), place
        return self._back[0]

    def _claim(self, keys: Iterable[int]) -> Ints:
        """Let sources take what they should own, from where they start."""
        return np.concatenate([np.empty(0, np.int64), *(self._claim_from(self._starts[key], key) for key in keys)])

    def _claim_from(self, starts: Starts, key: int) -> Ints:
        """Let one source take what it should own beyond some place that it reaches."""
        changed, narrow = self._search.claim_one(starts, 0, key, np.inf, self._slack, self.distance, self.index)
        node, distance, index = changed
        if narrow:
            lost = index[(index != NOBODY) & (distance - self.distance[node] <= self._slack)]
            self._rivals |= {key, *lost.tolist()}
        if len(node):
            self._journal.append(_Step(node, distance, index))
        return node

    def _repair(self, given_up: Ints) -> Ints:
        """Give nodes that nobody owns any more to whoever should own them.

        Who comes to them comes over their border, or starts among them: the answers on the border are right, and
        spread inwards.
        """
        if not len(given_up):
            return given_up
        self._journal.append(_Step(given_up, self.distance[given_up], self.index[given_up]))
        self.distance[given_up] = np.inf
        self.index[given_up] = NOBODY
        topology = self._search.topology
        back = self._backward().arcs
        inside = np.zeros(len(self.distance), np.bool_)
        here = topology.internal_id[given_up]
        inside[here] = True
        key, start, offset = self._roll
        among = np.flatnonzero(inside[start])
        narrow = refill(
            self._search.arcs, back, here, inside, key[among], start[among].astype(np.uint32), offset[among],
            self._slack, topology.caller_id, self.distance, self.index,
        )  # fmt: skip
        self._rivals |= set(narrow.tolist())
        self._settle_rivals(given_up)
        return given_up

    def _settle_rivals(self, nodes: Ints) -> Ints:
        """Let those claim anew that may have been turned away by rounding on their way to some nodes."""
        known = sorted(self._rivals & self._starts.keys())
        if not known:
            return np.empty(0, np.int64)
        reached = nodes[np.isfinite(self.distance[nodes])]
        return self._claim(self._able(reached, known)) if len(reached) else reached

    def _able(self, nodes: Ints, keys: list[int]) -> list[int]:
        """Choose the sources that may come to one of the nodes by a walk no longer than its answer, but for rounding.

        One search against the arcs from all nodes at once; each starts late by as much as its walk is shorter
        than the longest.
        """
        walk = self.distance[nodes]
        longest = float(walk.max())
        bound = longest + 2 * self._slack
        late = Seeds(np.array([0, len(nodes)]), nodes, longest - walk)
        _, column, back = self._backward().reach(late, bound)
        near = np.full(len(self.distance), np.inf)
        near[self._search.topology.internal_id[column]] = back
        key, start, offset = self._roll
        able = np.unique(key[near[start] + offset <= bound])
        found: list[int] = np.intersect1d(able, np.array(keys, np.int64)).tolist()
        return found
