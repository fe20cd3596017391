"""Residential compounds: walls, gates, the paths inside, and the buildings along them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from workbench.synthetic.buildings import Building, facing_south, rows_of
from workbench.synthetic.character import (
    AXIS_FROM_M,
    AXIS_GAP_M,
    BUILDING_INSET_M,
    LANE_OFFSET_M,
    RING_INSET_M,
    Zone,
)
from workbench.synthetic.tracts import Frame, Point, Tract, inset, span
from workbench.synthetic.web import CLOSED, MEMBERS, PUBLIC, Web

_NARROWEST_GATE_SIDE_M = 40.0
_NIGHT_HOURS = ("06:00-22:00", "06:30-09:00,16:30-21:00", "05:30-23:00")


@dataclass(frozen=True)
class Gate:
    """A gate: its node, who may pass, when (empty: always), and the way it looks out."""

    node: int
    access: int
    hours: str
    outward: Point


@dataclass(frozen=True)
class Compound:
    """A compound as it is built; the first gate is the main one.

    ``land`` reaches up to the wall, its sides carry the numbers of the streets outside. ``inner_nodes`` are the
    nodes just inside the gates, in their order.
    """

    land: Tract
    frame: Frame
    enclosed: bool
    rows: list[list[Building]]
    gates: list[Gate]
    inner_nodes: list[int]

    @property
    def buildings(self) -> list[Building]:
        """All buildings, row by row."""
        return [b for row in self.rows for b in row]


@dataclass
class _Lane:
    """The path before the doors of one row: its height and ends, and the nodes along it."""

    t: float
    west: float
    east: float
    sides: tuple[int, int]
    row: list[Building]
    nodes: dict[float, int] = field(default_factory=dict)

    def reaches(self, s: float) -> bool:
        """Whether a node may stand there, clear of both ends."""
        return self.west + 5.0 < s < self.east - 5.0


@dataclass
class _Works:
    """A compound under construction."""

    number: int
    land: Tract
    path: Tract
    frame: Frame
    enclosed: bool
    axis: float | None
    web: Web
    ring: list[int] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    inner_nodes: list[int] = field(default_factory=list)

    @property
    def outline(self) -> list[Point]:
        """Corners of the path behind the wall, in (s, t)."""
        return [self.frame.inside(p) for p in self.path.corners]

    def draw(self, nodes: list[int]) -> int:
        """Draw a path inside."""
        access = MEMBERS if self.enclosed else PUBLIC
        return self.web.line(nodes, "interior", access=access, compound=self.number)

    def place(self, s: float, t: float) -> Point:
        """Return the point of the district at (s, t)."""
        return self.frame.outside(s, t)


def build_compound(number: int, land: Tract, web: Web, zone: Zone, rng: np.random.Generator) -> Compound | None:
    """Build a compound on a parcel.

    Parameters
    ----------
    number
        Its number within the community, for the web.
    land
        The parcel, up to the wall; sides carry the numbers of the streets outside.
    web
        Takes the paths.
    zone
        What this part of the city is like.
    rng
        Source of all chance.

    Returns
    -------
    Compound or None
        None if the parcel is too small for two buildings and a gate; the web is then as it was.
    """
    path, room = inset(land, lambda _: RING_INSET_M), inset(land, lambda _: BUILDING_INSET_M)
    if path is None or room is None:
        return None
    frame = facing_south(land)
    housing = zone.housing[int(rng.integers(len(zone.housing)))]
    works = _Works(number, land, path, frame, bool(rng.uniform() < zone.enclosed), None, web)
    works.axis = _axis(works.outline, rng)
    free = None if works.axis is None else (works.axis, AXIS_GAP_M)
    rows = rows_of([frame.inside(p) for p in room.corners], housing, free, LANE_OFFSET_M, rng)
    if sum(map(len, rows)) < 2 or not _gate_sides(works):
        return None
    _lay_paths(works, rows)
    _open_gates(works, zone, rng)
    return Compound(land, frame, works.enclosed, rows, works.gates, works.inner_nodes)


def _axis(outline: list[Point], rng: np.random.Generator) -> float | None:
    low, high = min(s for s, _ in outline), max(s for s, _ in outline)
    if high - low < AXIS_FROM_M:
        return None
    return (low + high) / 2.0 + float(rng.uniform(-0.08, 0.08)) * (high - low)


def _lay_paths(works: _Works, rows: list[list[Building]]) -> None:
    """Draw the path behind the wall, one before the doors of each row, garden paths between, one down the middle."""
    web = works.web
    corners = [web.node(p) for p in works.path.corners]
    works.ring = [works.draw([a, b]) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]
    lanes = _lanes(works.outline, rows)
    gardens = _gardens(lanes, works.axis)
    for k, lane in enumerate(lanes):
        places = {s for b in lane.row for s in b.doors} | set(gardens[k]) | set(gardens[k + 1])
        if works.axis is not None:
            places.add(works.axis)
        _put_nodes(works, lane, sorted(places))
        begin, finish = (
            web.mark(works.ring[side], works.place(s, lane.t))
            for side, s in zip(lane.sides, (lane.west, lane.east), strict=True)
        )
        works.draw([begin, *lane.nodes.values(), finish])
    for k in range(1, len(lanes)):
        for s in gardens[k]:
            works.draw([lanes[k - 1].nodes[s], lanes[k].nodes[s]])
    if works.axis is not None:
        _lay_axis(works, works.axis, [lane.nodes[works.axis] for lane in lanes if works.axis in lane.nodes])


def _lanes(outline: list[Point], rows: list[list[Building]]) -> list[_Lane]:
    lanes: list[_Lane] = []
    for row in rows:
        t = row[0].north + LANE_OFFSET_M
        reach = span(outline, t)
        if reach is not None:
            lanes.append(_Lane(t, reach[0], reach[1], (reach[2], reach[3]), row))
    return lanes


def _gardens(lanes: list[_Lane], axis: float | None) -> list[list[float]]:
    """Where garden paths pass through every second gap of a row, from the lane to its south to its own.

    One list for each lane; the first and the one beyond the last are empty. Where the middle path runs, no other does.
    """
    found: list[list[float]] = [[]]
    for k in range(1, len(lanes)):
        south, north = lanes[k - 1], lanes[k]
        gaps = [
            (a.west + a.length + b.west) / 2.0
            for a, b in zip(north.row, north.row[1:], strict=False)
            if axis is None or not a.west + a.length < axis < b.west
        ]
        found.append([s for s in gaps[k % 2 :: 2] if south.reaches(s) and north.reaches(s)])
    return [*found, []]


def _put_nodes(works: _Works, lane: _Lane, places: list[float]) -> None:
    """Put down a node at each of the sorted places along a lane; close neighbours share one."""
    last = -math.inf
    for s in filter(lane.reaches, places):
        if s - last < 2.0:
            lane.nodes[s] = lane.nodes[last]
        else:
            lane.nodes[s] = works.web.node(works.place(s, lane.t))
            last = s


def _lay_axis(works: _Works, axis: float, crossed: list[int]) -> None:
    # The vertical at the axis is a horizontal of the outline turned by a quarter.
    reach = span([(t, -s) for s, t in works.outline], -axis)
    if reach is None:
        return
    south, north, low, top = reach
    begin = works.web.mark(works.ring[low], works.place(axis, south))
    finish = works.web.mark(works.ring[top], works.place(axis, north))
    works.draw([begin, *crossed, finish])


def _gate_sides(works: _Works) -> list[int]:
    """Sides of the wall along which a gate can stand."""
    land = works.land
    return [
        i
        for i in range(len(land.corners))
        if land.side_length(i) > _NARROWEST_GATE_SIDE_M and land.sides[i] in works.path.sides
    ]


def _open_gates(works: _Works, zone: Zone, rng: np.random.Generator) -> None:
    """Open the main gate on a long side of the wall, rather the south, and others on the other sides."""
    land = works.land
    wanted = int(rng.integers(zone.gates[0], zone.gates[1] + 1)) + (0 if works.enclosed else 1)
    order = [int(i) for i in rng.permutation(_gate_sides(works))]
    main = max(order, key=lambda i: land.side_length(i) * (1.3 if _faces_south(works, i) else 1.0))
    others = [i for i in order if i != main]
    for rank, i in enumerate([main, *others, main][:wanted]):
        fraction = 0.5 + float(rng.uniform(-0.16, 0.16))
        if rank and i == main:
            fraction = 0.12 if fraction > 0.5 else 0.88
        elif rank == 0 and works.axis is not None:
            fraction = _at_axis(works, i, works.axis, fraction)
        _open_gate(works, i, fraction, rank, rng)


def _faces_south(works: _Works, i: int) -> bool:
    a, b = (works.frame.inside(p) for p in works.land.side(i))
    return b[0] - a[0] > 2.0 * abs(b[1] - a[1])


def _at_axis(works: _Works, i: int, axis: float, fraction: float) -> float:
    """Where the middle path meets a side, if the side runs across it."""
    a, b = (works.frame.inside(p) for p in works.land.side(i))
    if abs(b[0] - a[0]) < 1.5 * abs(b[1] - a[1]):
        return fraction
    return min(max((axis - a[0]) / (b[0] - a[0]), 0.15), 0.85)


def _open_gate(works: _Works, i: int, fraction: float, rank: int, rng: np.random.Generator) -> None:
    land, web = works.land, works.web
    (ax, ay), (bx, by) = land.side(i)
    length = land.side_length(i)
    place = land.along(i, fraction)
    gate = web.node(place)
    inner = web.mark(works.ring[works.path.sides.index(land.sides[i])], place)
    works.draw([gate, inner])
    web.line([gate, web.mark(land.sides[i], place)], "footway")
    access, hours = _right_of_way(works.enclosed, rank, rng)
    works.gates.append(Gate(gate, access, hours, ((by - ay) / length, -(bx - ax) / length)))
    works.inner_nodes.append(inner)


def _right_of_way(enclosed: bool, rank: int, rng: np.random.Generator) -> tuple[int, str]:
    """Who may pass a gate and when; the first two are never closed for good."""
    chance = float(rng.uniform())
    if not enclosed:
        return PUBLIC, ""
    if rank == 0:
        return (PUBLIC if chance < 0.35 else MEMBERS), ""
    if rank == 1:
        return MEMBERS, _NIGHT_HOURS[0] if chance < 0.55 else ""
    if chance < 0.28:
        return CLOSED, ""
    return MEMBERS, _NIGHT_HOURS[int(rng.integers(len(_NIGHT_HOURS)))] if chance < 0.75 else ""
