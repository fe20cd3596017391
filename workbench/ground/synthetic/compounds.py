"""Residential compounds: walls, gates, the paths inside, and the buildings along them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from workbench.ground.synthetic.character import (
    AXIS_FROM_M,
    AXIS_GAP_M,
    BUILDING_INSET_M,
    COURTYARD,
    DOOR_SPACING_M,
    LANE_OFFSET_M,
    NEW,
    OLD,
    RING_INSET_M,
    Housing,
    Zone,
)
from workbench.ground.synthetic.tracts import (
    CLOSED,
    MEMBERS,
    PUBLIC,
    Frame,
    Point,
    Tract,
    Web,
    between,
    clipped,
    inset,
    span,
)

# ----------------------------------------------------------------------------------------------------------------------
# Rows of buildings that face south on a piece of land.


_STEEPEST = math.radians(16.0)  # rows follow the block, but never turn farther from the south


@dataclass(frozen=True, slots=True)
class Building:
    """A footprint in the (s, t) axes of its land."""

    west: float
    south: float
    length: float
    depth: float
    storeys: int
    flats: int

    @property
    def north(self) -> float:
        """``t`` of the north face, where the doors are."""
        return self.south + self.depth

    @property
    def middle(self) -> tuple[float, float]:
        """(s, t) of the middle."""
        return self.west + self.length / 2.0, self.south + self.depth / 2.0

    @property
    def doors(self) -> list[float]:
        """``s`` of the doors in the north face."""
        count = max(1, round(self.length / DOOR_SPACING_M))
        return [self.west + self.length * (k + 0.5) / count for k in range(count)]

    def corners(self, frame: Frame) -> tuple[Point, Point, Point, Point]:
        """Return the corners in the district, rounded to the centimetre."""
        east = self.west + self.length
        places = [(self.west, self.south), (east, self.south), (east, self.north), (self.west, self.north)]
        a, b, c, d = (frame.outside(*p) for p in places)
        return _rounded(a), _rounded(b), _rounded(c), _rounded(d)


def _rounded(p: Point) -> Point:
    return round(p[0], 2), round(p[1], 2)


def _facing_south(tract: Tract) -> Frame:
    """Return axes along the side of the land that runs most nearly from west to east, but within 16° of it."""
    best, weight = 0.0, 0.0
    for i in range(len(tract.corners)):
        (ax, ay), (bx, by) = tract.side(i)
        if bx < ax:
            ax, ay, bx, by = bx, by, ax, ay
        angle = math.atan2(by - ay, bx - ax)
        length = math.hypot(bx - ax, by - ay)
        if abs(angle) <= _STEEPEST * 1.5 and length > weight:
            best, weight = angle, length
    best = min(max(best, -_STEEPEST), _STEEPEST)
    return Frame(tract.middle, math.cos(best), math.sin(best))


def rows_of(
    land: list[Point], housing: Housing, axis: tuple[float, float] | None, north_room_m: float, rng: np.random.Generator
) -> list[list[Building]]:
    """Place rows of buildings on convex land."""
    low, top = min(t for _, t in land), max(t for _, t in land) - north_room_m
    pitch = float(rng.uniform(*housing.pitch_m))
    count = int((top - low - housing.depth_m) // pitch) + 1 if top - low > housing.depth_m else 0
    slack = (top - low - housing.depth_m) - (count - 1) * pitch
    rows: list[list[Building]] = []
    for k in range(count):
        south = low + k * pitch + slack * 0.5
        found = _row(land, south, housing, axis, rng)
        if found:
            rows.append(found)
    return rows


def _row(
    land: list[Point], south: float, housing: Housing, axis: tuple[float, float] | None, rng: np.random.Generator
) -> list[Building]:
    a, b = span(land, south + 1e-6), span(land, south + housing.depth_m - 1e-6)
    if a is None or b is None:
        return []
    west, east = max(a[0], b[0]), min(a[1], b[1])
    if axis is None:
        return _fill(west, east, south, housing, rng)
    middle, width = axis
    left = _fill(west, min(east, middle - width / 2.0), south, housing, rng)
    return left + _fill(max(west, middle + width / 2.0), east, south, housing, rng)


def _fill(west: float, east: float, south: float, housing: Housing, rng: np.random.Generator) -> list[Building]:
    """Fill one stretch with buildings of about one length and even gaps."""
    short, long = housing.length_m
    room = east - west
    if room < short:
        return []
    length, gap = float(rng.uniform(short, long)), float(rng.uniform(*housing.gap_m))
    count = max(1, int((room + gap) // (length + gap)))
    if count == 1:
        length = min(room, long)
    spare = room - count * length - (count - 1) * gap
    if count > 1:
        gap += 0.7 * spare / (count - 1) if spare < 2.0 * housing.gap_m[1] else 0.0
    start = west + (room - count * length - (count - 1) * gap) / 2.0
    storeys = int(rng.choice(housing.storeys))
    flats = max(1, round(length * housing.flats_per_metre)) * storeys
    return [Building(start + k * (length + gap), south, length, housing.depth_m, storeys, flats) for k in range(count)]


# ----------------------------------------------------------------------------------------------------------------------
# What blocks are used for besides housing, and how that looks on a map.


@dataclass(frozen=True)
class Patch:
    """A feature of the backdrop."""

    kind: str
    corners: tuple[Point, ...]
    name: str = ""


@dataclass(frozen=True)
class _Footprint:
    """A building without residents."""

    kind: str
    corners: tuple[Point, ...]
    levels: int


@dataclass(frozen=True)
class _Frontage:
    """A place on a public street where something could open."""

    place: Point
    use: str


@dataclass
class Ground:
    """What stands on the blocks of a community that are not residential."""

    patches: list[Patch] = field(default_factory=list)
    footprints: list[_Footprint] = field(default_factory=list)
    frontages: list[_Frontage] = field(default_factory=list)


HOUSES = ("shops", "public", "offices")
"""Uses that have rooms in which a station could open."""

OPEN = ("park", "square")
"""Uses without buildings."""
_FEWEST_BUILDINGS = 2

_USES: dict[str, tuple[tuple[str, float], ...]] = {
    "old": (("shops", 0.46), ("public", 0.18), ("school", 0.12), ("park", 0.12), ("offices", 0.12)),
    "ordinary": (("shops", 0.26), ("school", 0.24), ("park", 0.20), ("offices", 0.16), ("public", 0.14)),
    "new": (("shops", 0.28), ("school", 0.24), ("park", 0.24), ("offices", 0.24)),
}

_BLOCKS: dict[str, Housing] = {
    # depth, length, gap, pitch, storeys; the flats are not used
    "shops": Housing(30.0, (34.0, 60.0), (12.0, 20.0), (46.0, 60.0), (2, 3, 4, 5), 0.0),
    "public": Housing(18.0, (34.0, 56.0), (14.0, 24.0), (44.0, 60.0), (3, 4, 5), 0.0),
    "school": Housing(14.0, (46.0, 70.0), (14.0, 22.0), (36.0, 44.0), (4, 4, 5), 0.0),
    "offices": Housing(24.0, (36.0, 52.0), (22.0, 36.0), (58.0, 76.0), (8, 12, 16, 22), 0.0),
    "industry": Housing(32.0, (64.0, 104.0), (14.0, 22.0), (46.0, 56.0), (1, 1, 2), 0.0),
}
_OLD_SHOPS = Housing(14.0, (18.0, 30.0), (3.0, 6.0), (24.0, 30.0), (2, 2, 3), 0.0)

_PASSAGE_ROOM_M = 8.0
"""Room that stays free north of the last row."""
_PASSAGE_OFFSET_M = 5.0
_SMALLEST_SCHOOL_M = 105.0  # a shorter parcel has no room for a playing field

_KIND = {"shops": "commercial", "public": "public", "school": "school", "offices": "office", "industry": "industrial"}


def choose_use(zone: Zone, by_rail: bool, rng: np.random.Generator) -> str:
    """Choose what a block without housing is used for."""
    if by_rail and zone is not OLD and rng.uniform() < 0.45:
        return "industry"
    names, weights = zip(*_USES[zone.key], strict=True)
    return str(names[int(rng.choice(len(names), p=np.array(weights) / sum(weights)))])


def build_on(parcel: Tract, use: str, zone: Zone, web: Web, ground: Ground, rng: np.random.Generator) -> None:
    """Build up one parcel that is not residential; where hardly a building fits, lay out a park."""
    frame = _facing_south(parcel)
    rows: list[list[Building]] = []
    playground: Tract | None = None
    if use not in OPEN:
        room = inset(parcel, lambda _: 7.0 if zone is NEW else 4.0)
        if room is not None and use == "school":
            room, playground = _without_playground(room)
        if room is not None:
            kind = _OLD_SHOPS if use == "shops" and zone is OLD else _BLOCKS[use]
            rows = rows_of([frame.inside(p) for p in room.corners], kind, None, _PASSAGE_ROOM_M, rng)
        if sum(map(len, rows)) < _FEWEST_BUILDINGS:
            use, rows, playground = "park", [], None
    for i in range(len(parcel.corners)):
        if parcel.side_length(i) > 30.0:
            ground.frontages += [_frontage(parcel, i, f, use) for f in (0.25, 0.5, 0.75)]
    if use in OPEN:
        _open_space(parcel, use, web, ground, rng)
    if playground is not None:
        ground.patches.append(Patch("green", _rounded_corners(playground.corners), "操场"))
    for building in (b for row in rows for b in row):
        if rng.uniform() < 0.88:
            ground.footprints.append(_Footprint(_KIND[use], building.corners(frame), building.storeys))
    for row in rows[::2] if use in HOUSES else []:
        _lay_passage(parcel, frame, row, web)


def _frontage(parcel: Tract, i: int, fraction: float, use: str) -> _Frontage:
    (ax, ay), (bx, by) = parcel.side(i)
    length = parcel.side_length(i)
    x, y = parcel.along(i, fraction)
    return _Frontage((round(x - (by - ay) / length, 2), round(y + (bx - ax) / length, 2)), use)


def _rounded_corners(corners: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((round(x, 2), round(y, 2)) for x, y in corners)


def _open_space(parcel: Tract, use: str, web: Web, ground: Ground, rng: np.random.Generator) -> None:
    """Lay out a park or a square, crossed by paths from the middle of its sides."""
    ground.patches.append(Patch("green" if use == "park" else "square", _rounded_corners(parcel.corners)))
    centre = web.node(parcel.middle)
    hub = web.nodes[centre]
    count = len(parcel.corners)
    for i in range(count):
        if parcel.side_length(i) < 35.0:
            continue
        middle = parcel.along(i, 0.5 + float(rng.uniform(-0.1, 0.1)))
        gate = web.mark(parcel.sides[i], middle)
        bends = [gate, web.node(between(web.nodes[gate], hub, 0.45)), centre]
        web.line(bends, "path" if use == "park" else "footway")
    if use == "park" and parcel.area > 15_000.0:
        k = int(rng.integers(count))
        before, after = parcel.along(k - 1, 0.5), parcel.along(k, 0.5)
        corner = parcel.corners[k]
        heart = ((before[0] + after[0] + corner[0] + hub[0]) / 4.0, (before[1] + after[1] + corner[1] + hub[1]) / 4.0)
        reach = 0.25 * min(math.dist(heart, p) for p in (before, after, corner, hub))
        ground.patches.append(Patch("water", _pond(heart, reach, rng)))


def _pond(heart: Point, reach: float, rng: np.random.Generator) -> tuple[Point, ...]:
    radii = rng.uniform(0.75, 1.0, 12) * reach
    turns = [2.0 * math.pi * k / 12 for k in range(12)]
    return _rounded_corners(
        tuple((heart[0] + r * math.cos(a), heart[1] + r * math.sin(a)) for r, a in zip(radii, turns, strict=True))
    )


def _without_playground(room: Tract) -> tuple[Tract, Tract | None]:
    """Give the south of a school to its playing field; return what is left, and the field."""
    frame = _facing_south(room)
    heights = [frame.inside(p)[1] for p in room.corners]
    if max(heights) - min(heights) < _SMALLEST_SCHOOL_M:
        return room, None
    border = min(heights) + 0.42 * (max(heights) - min(heights))
    through, north = frame.outside(0.0, border), (-frame.sin, frame.cos)
    field_land = clipped(room, through, (-north[0], -north[1]), -1)
    rest = clipped(room, (through[0] + north[0] * 8.0, through[1] + north[1] * 8.0), north, -1)
    return (room, None) if rest is None else (rest, field_land)


def _lay_passage(parcel: Tract, frame: Frame, row: list[Building], web: Web) -> None:
    """Join the streets on both sides of a parcel by a public lane before the doors of a row."""
    outline = [frame.inside(p) for p in parcel.corners]
    height = row[0].north + _PASSAGE_OFFSET_M
    reach = span(outline, height)
    if reach is None:
        return
    west, east, left, right = reach
    doors = [s for b in row for s in b.doors if west + 3.0 < s < east - 3.0]
    begin = web.mark(parcel.sides[left], frame.outside(west, height))
    finish = web.mark(parcel.sides[right], frame.outside(east, height))
    if parcel.sides[left] != parcel.sides[right]:
        web.line([begin, *(web.node(frame.outside(s, height)) for s in doors), finish], "lane")


def courtyards(parcel: Tract, web: Web, rng: np.random.Generator) -> tuple[Frame, list[list[Building]]]:
    """Build low courtyards along public lanes that join the streets around a block."""
    frame = _facing_south(parcel)
    room = inset(parcel, lambda _: 1.5)
    if room is None:
        return frame, []
    rows = rows_of([frame.inside(p) for p in room.corners], COURTYARD, None, _PASSAGE_ROOM_M, rng)
    for row in rows[:-1:2] if len(rows) > 2 else rows[:1]:
        _lay_passage(parcel, frame, row, web)
    return frame, rows


# ----------------------------------------------------------------------------------------------------------------------
# Residential compounds: walls, gates, the paths inside, and the buildings along them.


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
    """Build a compound on a parcel."""
    path, room = inset(land, lambda _: RING_INSET_M), inset(land, lambda _: BUILDING_INSET_M)
    if path is None or room is None:
        return None
    frame = _facing_south(land)
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
