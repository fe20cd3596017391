"""Running the kernels: room to work in, room for the answer, and what to do when either runs out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from workbench.arrays import Floats, Ints
from workbench.network import kernel
from workbench.network.kernel import Arcs, Counts, Log, Owners, Positions, Starts
from workbench.network.topology import Seeds, Topology, ranks, sorting_order


@dataclass(frozen=True)
class Tuning:
    """What the search assumes before it knows better. It changes the speed, never the answer.

    Parameters
    ----------
    log_room
        Entries of the log at first; it doubles when full.
    flood_room
        Entries of the log at first in ``nearest``, per node of the network; memory that is not used is not
        taken.
    batch
        Sources of ``nearest`` let loose together where walks are short.
    claim_room
        Entries of the log beyond which the claim of one source is made with a heap.
    row_room
        Pairs per source of ``reach`` at first; it doubles when full.
    kept_pairs
        Pairs for which room is kept for the next ``reach``, at 12 bytes each.
    patience
        Entries overtaken by a lower label, per node met, above which a search whose log is full goes on
        with a heap.
    """

    log_room: int = 4096
    flood_room: float = 1.5
    batch: int = 256
    claim_room: int = 4096
    row_room: int = 32
    kept_pairs: int = 4_000_000
    patience: float = 4.0


@dataclass
class _Workspace:
    """Arrays of one running search. Between searches all labels are infinite and nothing is owned."""

    label: Floats
    owner: Owners
    log: Log
    found: Log
    """Rows before they are put in order; kept, because memory that is used again costs nothing."""


def _no_log() -> Log:
    """Make a log without room."""
    return Log(np.empty(0, np.uint32), np.empty(0))


def _roomier(log: Log, entries: int) -> Log:
    """Let a log hold at least so many entries, a multiple of eight, and keep what it holds."""
    room = len(log.node)
    if room >= entries:
        return log
    entries = -(-entries // 8) * 8  # short rows are sorted in eights
    grown = Log(np.empty(entries, np.uint32), np.empty(entries))
    grown.node[:room], grown.distance[:room] = log
    return grown


@dataclass
class Desk:
    """Workspaces that are free. Threads take one each; one whose search was broken off is not put back."""

    nodes: int
    free: list[_Workspace] = field(default_factory=list)

    def __reduce__(self) -> tuple[type[Desk], tuple[int]]:
        """Travel to another process without the workspaces."""
        return Desk, (self.nodes,)

    @contextmanager
    def workspace(self, log_room: int) -> Iterator[_Workspace]:
        """Lend a workspace whose log holds at least ``log_room`` entries."""
        try:
            work = self.free.pop()
        except IndexError:
            label, owner = np.full(self.nodes, np.inf), np.full(self.nodes, -1, np.int32)
            work = _Workspace(label, owner, _no_log(), _no_log())
        work.log = _roomier(work.log, log_room)
        yield work
        self.free.append(work)


@dataclass(frozen=True, eq=False)
class Search:
    """A network ready to be searched: arcs with lengths, and the desk to work at."""

    topology: Topology
    arcs: Arcs
    desk: Desk
    tuning: Tuning
    furthest: float
    """Metres that no walk exceeds: all open arcs together."""

    @classmethod
    def over(cls, topology: Topology, length: Floats, desk: Desk, tuning: Tuning) -> Self:
        """Make ready: lengths are per edge of the topology, checked."""
        arcs = topology.arcs(length)
        return cls(topology, arcs, desk, tuning, float(arcs.length.sum(where=np.isfinite(arcs.length))))

    def starts(self, seeds: Seeds) -> tuple[Starts, Positions | None]:
        """Put sources under internal numbers and along the Z-curve, and say which source each one is.

        The second is None where the caller's order is the curve's already.
        """
        home = np.zeros(len(seeds), np.uint32)
        if len(seeds.node):
            home = self.topology.internal_id[seeds.node[np.minimum(seeds.ptr[:-1], len(seeds.node) - 1)]]
        order = sorting_order(home)
        if (order[1:] > order[:-1]).all():
            return self._internal(seeds), None
        if len(home) == len(seeds.node) and (np.diff(seeds.ptr) == 1).all():  # the usual case, made short
            return Starts(seeds.ptr.copy(), home[order], seeds.offset_m[order]), order
        return self._internal(seeds.take(order)), order

    def _internal(self, seeds: Seeds) -> Starts:
        """Put sources under internal numbers, in the caller's order."""
        return Starts(seeds.ptr.copy(), self.topology.internal_id[seeds.node], seeds.offset_m.copy())

    def slack(self, seeds: Seeds, limit: float) -> float:
        """Bound on the difference that rounding can make up between two walks over the same way."""
        return self._rounding(min(limit, self.furthest + float(seeds.offset_m.max(initial=0.0))))

    def _rounding(self, longest: float) -> float:
        # Fewer than n additions, each off by at most half a unit in the last place, in both walks; and
        # as much again, so that the bound itself need not be computed exactly.
        return 2 * self.topology.n_nodes * math.ulp(longest) if longest < np.inf else np.inf

    def _log_room(self, starts: Starts) -> int:
        """Entries that the log must hold for any source to be planted and any node to be worked off."""
        seeds = int(np.diff(starts.first).max(initial=0))
        return max(self.tuning.log_room, seeds + self.topology.most_arcs + 1)

    def reach(self, seeds: Seeds, limit: float) -> tuple[Ints, Positions, Floats]:
        """Rows of every source in the given order: start (k + 1,), columns and metres (pairs,)."""
        starts, order = self.starts(seeds)
        row_end = np.zeros(len(seeds), np.int64)
        digit_bits = -(-max(self.topology.n_nodes - 1, 1).bit_length() // 3)
        cursor = np.zeros(kernel.CURSOR_SIZE, np.uint64)
        with self.desk.workspace(self._log_room(starts)) as work:
            work.found = _roomier(work.found, self.tuning.row_room * len(seeds))
            watch = _Watch(self, starts, work, limit, -1.0, np.empty(0))
            while (
                stopped := kernel.reach_rows(
                    self.arcs, starts, limit, work.label, work.log, watch.room, self.topology.caller_id,
                    digit_bits, cursor, row_end, work.found,
                )
            ) != kernel.DONE:  # fmt: skip
                if stopped == kernel.LOG_FULL:
                    watch.relieve(cursor)
                else:
                    needed = int(cursor[kernel.OUT] + cursor[kernel.TAIL])
                    work.found = _roomier(work.found, max(needed, 2 * len(work.found.node)))
            pairs = int(cursor[kernel.OUT])
            place = np.arange(len(seeds), dtype=np.uint32) if order is None else ranks(order)
            answer = np.zeros(len(seeds) + 1, np.int64), np.empty(pairs, np.uint32), np.empty(pairs)
            kernel.arrange(place, row_end, work.found, *answer)
            if len(work.found.node) > self.tuning.kept_pairs:
                work.found = _no_log()
        return answer

    def nearest(self, seeds: Seeds, limit: float) -> tuple[Floats, Ints]:
        """Distance (n,) and index (n,) of the nearest source, ties to the lowest.

        All sources spread together, and each node goes to who comes there with the shortest walk. Where
        two walks are equal, or so nearly that rounding may make them equal further on, the source of
        lower position may have been turned away wrongly. The kernel notes those few, and they claim
        what is theirs.
        """
        n, sources = self.topology.n_nodes, len(seeds)
        distance, index = np.full(n, np.inf), np.full(n, -1, np.int64)
        starts, order = self.starts(seeds)
        position = np.arange(sources, dtype=np.int32) if order is None else order.astype(np.int32)
        slack = self.slack(seeds, limit)
        rival = np.full(sources, np.inf)
        batch = self._batch(sources, limit)
        cursor = np.zeros(kernel.CURSOR_SIZE, np.uint64)
        with self.desk.workspace(max(self._log_room(starts), int(self.tuning.flood_room * n))) as work:
            watch = _Watch(self, starts, work, limit, slack, rival)
            while (
                kernel.flood(
                    self.arcs, starts, position, batch, limit, slack, work.label, work.owner, rival, work.log,
                    watch.room, cursor,
                )
                == kernel.LOG_FULL
            ):  # fmt: skip
                watch.relieve(cursor)
            highest = kernel.hand_over(
                work.log, cursor[kernel.TAIL], self.topology.caller_id, work.label, work.owner, distance, index
            )
        # Rounding only matters up to the longest walk there is, now that it is known.
        slack = self._rounding(highest)
        again = np.flatnonzero(rival <= slack)
        if len(again):
            self.claim(seeds.take(again), again, limit, slack, distance, index)
        return distance, index

    def _batch(self, sources: int, limit: float) -> int:
        """How many sources to let loose together.

        Few at a time keep to one corner of the memory. But a later batch takes back nodes that an
        earlier one had, so this only pays where a walk is short beside the ground that a batch covers.
        """
        steps = limit * len(self.arcs.length) / self.furthest if self.furthest else np.inf
        ball = 3.0 * steps * steps  # nodes within so many steps on a plane
        ground = self.tuning.batch * self.topology.n_nodes / max(sources, 1)
        return self.tuning.batch if 4.0 * ball <= ground else max(sources, 1)

    def claim(
        self, seeds: Seeds, positions: Ints | Sequence[int], limit: float, slack: float, distance: Floats, index: Ints
    ) -> list[tuple[Ints, Floats, Ints]]:
        """Let sources take what they should own, in place.

        Returns for each of them the caller's ids of the nodes that changed, and the distance and index
        they had.
        """
        starts = self._internal(seeds)
        needed = max(self.tuning.log_room, int(np.diff(seeds.ptr).max(initial=0)) + self.topology.most_arcs + 1)
        won = []
        for source, position in enumerate(positions):
            with self.desk.workspace(needed) as work:
                room = max(0, min(len(work.log.node), self.tuning.claim_room) - self.topology.most_arcs)
                answer = (work.label, self.topology.caller_id, distance, index)
                walk = (self.arcs, starts, source, int(position), limit, slack)
                enough, node, metres, owner = kernel.claim_near(*walk, *answer, work.log, room)
                if not enough:
                    node, metres, owner = kernel.claim_far(*walk, *answer)
            won.append((node, metres, owner))
        return won


class _Watch:
    """Decides, when the log of a search is full, whether it gets more room or a heap.

    The search has no bound on its work. So it is looked at each time the log is full, which costs
    nothing as long as it is not: entries that a lower label has overtaken are dropped and counted, and
    if there were too many per node met, the heap takes over, which does every node once.
    """

    def __init__(
        self, search: Search, starts: Starts, work: _Workspace, limit: float, slack: float, rival: Floats
    ) -> None:
        self._search = search
        self._work = work
        self._limit = limit
        self._slack = slack
        self._rival = rival
        self._spare = max(search.topology.most_arcs, int(np.diff(starts.first).max(initial=0)))
        self._source = -1
        self._overtaken = 0

    @property
    def room(self) -> int:
        """Entries the log may hold before one more node is worked off, or one more source planted."""
        return len(self._work.log.node) - self._spare

    def relieve(self, cursor: Counts) -> None:
        """Make room in the log, or finish the search of this source."""
        work, search = self._work, self._search
        if self._source != int(cursor[kernel.SOURCE]):
            self._source, self._overtaken = int(cursor[kernel.SOURCE]), 0
        full = int(cursor[kernel.TAIL])
        head, tail = (
            int(end) for end in kernel.compact(work.label, work.log, cursor[kernel.HEAD], cursor[kernel.TAIL])
        )
        self._overtaken += full - tail
        if self._overtaken > search.tuning.patience * tail:
            work.log = _roomier(work.log, tail + search.topology.n_nodes)
            head = tail = kernel.finish(
                search.arcs, self._limit, self._slack, work.label, work.owner, self._rival, work.log, head, tail
            )
        if 2 * tail > self.room:
            work.log = _roomier(work.log, 2 * len(work.log.node))
        cursor[kernel.HEAD], cursor[kernel.TAIL] = head, tail
