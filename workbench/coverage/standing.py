"""The nearest station of every demand point in one manner of walking, kept true under edits."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.coverage.doors import Doors
from workbench.network.kernel import compiled
from workbench.network.live import LiveNearest
from workbench.network.streets import PUBLIC
from workbench.network.walking import Walks
from workbench.terms import ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NOBODY = np.iinfo(np.int64).max
"""Stands for no station while stations are compared by key."""

Pairs = tuple[Ints, Floats]
"""Demand points and costs of walks that the network search does not see."""


@dataclass(frozen=True)
class Place:
    """A station as the network sees it.

    Attributes
    ----------
    key
        Decides ties, the lowest first.
    level
        Full or lite.
    edge, along_m, leg_m
        Where its door opens; an edge of −1 is off the network.
    public
        Whether it serves everybody.
    compound
        Number of the compound it stands in, −1 for none.
    """

    key: int
    level: ServiceLevel
    edge: int
    along_m: float
    leg_m: float
    public: bool
    compound: int


@dataclass(frozen=True, eq=False)
class Points:
    """Demand points by the nodes and edges at which their doors open.

    Attributes
    ----------
    node
        Nodes at both ends of each point's edge, shape (k, 2).
    first, point
        Points by node: those of node n are ``point[first[n]:first[n + 1]]``.
    on_edge
        Points by edge.
    """

    node: Ints
    first: Ints
    point: Ints
    on_edge: Mapping[int, Ints]

    @classmethod
    def of(cls, doors: Doors) -> Points:
        """Index the demand points of a district."""
        snap, n = doors.demand, doors.streets.n_nodes
        joined = np.flatnonzero(snap.joined)
        node = doors.streets.edges[np.where(snap.joined, snap.edge, 0)]
        ends, owner = node[joined].ravel(), np.repeat(joined, 2)
        order = np.argsort(ends, kind="stable")
        first = np.zeros(n + 1, np.int64)
        np.cumsum(np.bincount(ends, minlength=n), out=first[1:])
        by_edge = joined[np.argsort(snap.edge[joined], kind="stable")]
        edges, begin = np.unique(snap.edge[by_edge], return_index=True)
        parts = np.split(by_edge, begin[1:]) if len(edges) else []
        return cls(node, first, owner[order], {int(e): part for e, part in zip(edges, parts, strict=True)})


@compiled
def _settle(
    touched: Ints,
    first: Ints,
    point: Ints,
    node: Ints,
    leg: Floats,
    distance: Floats,
    index: Ints,
    extra: Floats,
    extra_key: Ints,
    cost: Floats,
    key: Ints,
) -> None:
    """Compute anew the answer of every point at a touched node: cheapest walk, of equal ones the lowest key."""
    for here in touched:
        for place in range(first[here], first[here + 1]):
            p = point[place]
            best, who = extra[p], extra_key[p]
            for end in range(2):
                at = node[p, end]
                walk = distance[at] + leg[p, end]
                if walk < best or (walk == best and np.isfinite(walk) and index[at] < who):
                    best, who = walk, index[at]
            cost[p] = best
            key[p] = who


@dataclass(eq=False)
class _Frame:
    """How things stood before one edit: what :meth:`Standing.undo` goes back to."""

    marks: dict[ServiceLevel, int]
    starts: dict[tuple[ServiceLevel, int], tuple[Ints, Floats] | None] = field(default_factory=dict)
    pairs: dict[tuple[ServiceLevel, int], Pairs | None] = field(default_factory=dict)
    passages: dict[int, tuple[float, float]] = field(default_factory=dict)


@dataclass(eq=False)
class Answer:
    """Cost and key of the nearest station of every demand point, for one level of service."""

    live: LiveNearest
    points: Points
    leg: Floats
    pairs: dict[int, Pairs] = field(default_factory=dict)
    _at: dict[int, dict[int, float]] = field(default_factory=dict, init=False)
    extra: Floats = field(init=False)
    extra_key: Ints = field(init=False)
    cost: Floats = field(init=False)
    key: Ints = field(init=False)

    def __post_init__(self) -> None:
        k = len(self.leg)
        self.extra, self.extra_key = np.full(k, np.inf), np.full(k, NOBODY)
        self.cost, self.key = np.full(k, np.inf), np.full(k, NOBODY)

    def settle_all(self) -> None:
        """Compute every point's answer."""
        for key, (point, cost) in self.pairs.items():
            for p, walk in zip(point.tolist(), cost.tolist(), strict=True):
                self._at.setdefault(p, {})[key] = walk
        self._weigh(np.array(sorted(self._at), np.int64))
        self.settle(np.unique(self.points.node))

    def exchange(self, key: int, pairs: Pairs | None) -> None:
        """Replace the walks that the search does not see of one station; None if it is to have none."""
        old = self.pairs.pop(key, None)
        changed = []
        if old is not None:
            changed.append(old[0])
            for p in old[0].tolist():
                del self._at[p][key]
        if pairs is not None and len(pairs[0]):
            self.pairs[key] = pairs
            changed.append(pairs[0])
            for p, walk in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True):
                self._at.setdefault(p, {})[key] = walk
        if changed:
            points = np.concatenate(changed)
            self._weigh(points)
            self.settle(self.points.node[points].ravel())

    def _weigh(self, points: Ints) -> None:
        """Compute anew the cheapest walk that the search does not see, of equal ones that of the lowest key."""
        for p in points.tolist():
            known = self._at.get(p)
            self.extra[p], self.extra_key[p] = min(
                ((walk, key) for key, walk in known.items()) if known else (), default=(np.inf, NOBODY)
            )

    def settle(self, touched: Ints) -> None:
        """Compute anew the answers of the points at these nodes."""
        if len(touched):
            points, live = self.points, self.live
            _settle(
                touched, points.first, points.point, points.node, self.leg, live.distance, live.index,
                self.extra, self.extra_key, self.cost, self.key,
            )  # fmt: skip


class Standing:
    """All answers of one manner of walking.

    Parameters
    ----------
    doors
        Demand points and stations; its openings may include closed ones to be opened.
    walks
        The network in this manner.
    points
        The demand points, indexed.
    """

    def __init__(self, doors: Doors, walks: Walks, points: Points) -> None:
        self._doors, self._points, self.walks = doors, points, walks
        streets = doors.streets
        edges, gates = len(streets.edges), len(streets.openings.nodes)
        self._inward = edges
        self._outward = edges + gates
        demand = doors.demand
        _, leg = walks.ends(demand)
        network, way_out = walks.network, walks.way_out
        ways_in = np.arange(gates) + self._inward
        self._out = LiveNearest(way_out, np.arange(gates) + self._outward, walks.lengths_out)
        self._through = walks.lengths_out[self._outward :].copy()
        self._frames: list[_Frame] = []
        self.answers: dict[ServiceLevel, Answer] = {}
        for level in ServiceLevel:
            self.answers[level] = Answer(LiveNearest(network, ways_in, walks.lengths), points, leg)

    def admit_all(self, stations: Collection[Place]) -> None:
        """Let all stations in at once, before any other."""
        starts = {s.key: self.starts(s) for s in stations if s.public}
        pairs = {s.key: self.pairs(s) for s in stations}
        for level, answer in self.answers.items():
            chosen = [s for s in stations if level in (s.level, ServiceLevel.ANY)]
            answer.live.begin({s.key: starts[s.key] for s in chosen if s.public})
            answer.pairs = {s.key: pairs[s.key] for s in chosen if len(pairs[s.key][0])}
            answer.settle_all()

    def starts(self, station: Place) -> tuple[Ints, Floats]:
        """Return where the search from a station starts: nodes and costs."""
        if station.edge < 0 or not self.walks.usable[station.edge]:
            return np.empty(0, np.int64), np.empty(0)
        streets, pace = self.walks.streets, self.walks.manner.pace_m_s
        length, along = float(streets.length_m[station.edge]), station.along_m
        rate = float(self.walks.cost[station.edge]) / length
        leg = station.leg_m / pace
        node = streets.edges[station.edge]
        cost = np.array([leg + along * rate, leg + (length - along) * rate])
        if not station.public or streets.zone[station.edge] == PUBLIC:
            return node, cost
        reached, walk = self._out.reach(node, cost)
        inside = np.full(streets.n_nodes, np.inf)
        inside[reached] = walk
        openings = streets.openings.nodes
        exit_cost = inside[openings[:, 1]] + self._through
        out = np.flatnonzero(np.isfinite(exit_cost))
        return np.concatenate([node, openings[out, 0]]), np.concatenate([cost, exit_cost[out]])

    def pairs(self, station: Place) -> Pairs:
        """Return the walks that the search does not see: along one edge, or to members only."""
        own = self._points.on_edge.get(station.edge, np.empty(0, np.int64))
        demand, walks = self._doors.demand, self.walks
        if station.edge < 0 or not walks.usable[station.edge]:
            return np.empty(0, np.int64), np.empty(0)
        rate = walks.cost[station.edge] / walks.streets.length_m[station.edge]
        legs = (demand.leg_m[own] + station.leg_m) / walks.manner.pace_m_s
        direct = legs + np.abs(demand.along_m[own] - station.along_m) * rate
        if station.public:
            return own, direct
        return self._members(station, own, direct)

    def _members(self, station: Place, own: Ints, direct: Floats) -> Pairs:
        """Return the walks to a station that serves the members of its compound only."""
        answer = self.answers[ServiceLevel.ANY]
        reached, walk = answer.live.reach(*self.starts(station))
        cost = np.full(self.walks.streets.n_nodes, np.inf)
        cost[reached] = walk
        member = np.flatnonzero((self._doors.audience.home == station.compound) & (station.compound >= 0))
        best = (cost[self._points.node[member]] + answer.leg[member]).min(axis=1, initial=np.inf)
        whole = np.full(len(self._doors.demand), np.inf)
        whole[member] = best
        whole[own] = np.minimum(whole[own], np.where(np.isin(own, member), direct, np.inf))
        point = np.flatnonzero(np.isfinite(whole))
        return point, whole[point]

    def begin(self) -> None:
        """Begin an edit, that can be undone as a whole."""
        self._frames.append(_Frame({level: answer.live.mark for level, answer in self.answers.items()}))

    @property
    def edits(self) -> int:
        """How many edits can be undone."""
        return len(self._frames)

    def undo(self) -> None:
        """Go back to before the last edit."""
        frame = self._frames.pop()
        for gate, (inward, outward) in frame.passages.items():
            self._out.restore(openings={self._outward + gate: outward})
            self._through[gate] = outward
            for answer in self.answers.values():
                answer.live.restore(openings={self._inward + gate: inward})
        for level, answer in self.answers.items():
            touched = answer.live.undo(frame.marks[level])
            answer.live.restore({key: old for (of, key), old in frame.starts.items() if of is level})
            for (of, key), old in frame.pairs.items():
                if of is level:
                    answer.exchange(key, old)
            answer.settle(touched)

    def lay(self, gate: int, inward: float, outward: float) -> None:
        """Open or close one opening: seconds or metres it takes residents out and visitors in."""
        edge = self._inward + gate
        was = self.answers[ServiceLevel.ANY].live.length(edge)
        if self._frames:
            self._frames[-1].passages.setdefault(gate, (was, float(self._through[gate])))
        self._out.restore(openings={self._outward + gate: outward})
        self._through[gate] = outward
        if was == inward:
            return
        for answer in self.answers.values():
            if np.isfinite(was):
                answer.settle(answer.live.shut(edge))
            if np.isfinite(inward):
                answer.settle(answer.live.open(edge, inward))

    def restart(self, station: Place) -> None:
        """Let a station begin anew where its way out has changed."""
        starts = self.starts(station)
        before = self.answers[station.level].live.starts(station.key)
        if all(np.array_equal(old, new) for old, new in zip(before, starts, strict=True)):
            return
        for level in (station.level, ServiceLevel.ANY):
            self._leave(level, station.key)
            self._enter(level, station.key, starts)

    def revise(self, station: Place) -> None:
        """Compute anew the walks to a station for members only, after gates have changed."""
        pairs = self.pairs(station)
        for level in (station.level, ServiceLevel.ANY):
            self._lay_pairs(level, station.key, pairs)

    def dismiss(self, station: Place) -> None:
        """Take a station out."""
        for level in (station.level, ServiceLevel.ANY):
            if station.public:
                self._leave(level, station.key)
            self._lay_pairs(level, station.key, None)

    def admit(self, station: Place) -> None:
        """Let a station in."""
        starts, pairs = self.starts(station), self.pairs(station)
        for level in (station.level, ServiceLevel.ANY):
            if station.public:
                self._enter(level, station.key, starts)
            self._lay_pairs(level, station.key, pairs)

    def _enter(self, level: ServiceLevel, key: int, starts: tuple[Ints, Floats]) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].starts.setdefault((level, key), None)
        answer.settle(answer.live.add(key, *starts))

    def _leave(self, level: ServiceLevel, key: int) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].starts.setdefault((level, key), answer.live.starts(key))
        answer.settle(answer.live.remove(key))

    def _lay_pairs(self, level: ServiceLevel, key: int, pairs: Pairs | None) -> None:
        answer = self.answers[level]
        if self._frames:
            self._frames[-1].pairs.setdefault((level, key), answer.pairs.get(key))
        answer.exchange(key, pairs)
