"""What blocks are used for besides housing, and how that looks on a map."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from workbench.synthetic.buildings import Building, facing_south, rows_of
from workbench.synthetic.character import COURTYARD, NEW, OLD, Housing, Zone
from workbench.synthetic.tracts import Frame, Point, Tract, between, clipped, inset, span
from workbench.synthetic.web import Web


@dataclass(frozen=True)
class Patch:
    """A feature of the backdrop."""

    kind: str
    corners: tuple[Point, ...]
    name: str = ""


@dataclass(frozen=True)
class Footprint:
    """A building without residents."""

    kind: str
    corners: tuple[Point, ...]
    levels: int


@dataclass(frozen=True)
class Frontage:
    """A place on a public street where something could open."""

    place: Point
    use: str


@dataclass
class Ground:
    """What stands on the blocks of a community that are not residential."""

    patches: list[Patch] = field(default_factory=list)
    footprints: list[Footprint] = field(default_factory=list)
    frontages: list[Frontage] = field(default_factory=list)


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
    frame = facing_south(parcel)
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
        ground.patches.append(Patch("green", _rounded(playground.corners), "操场"))
    for building in (b for row in rows for b in row):
        if rng.uniform() < 0.88:
            ground.footprints.append(Footprint(_KIND[use], building.corners(frame), building.storeys))
    for row in rows[::2] if use in HOUSES else []:
        lay_passage(parcel, frame, row, web)


def _frontage(parcel: Tract, i: int, fraction: float, use: str) -> Frontage:
    (ax, ay), (bx, by) = parcel.side(i)
    length = parcel.side_length(i)
    x, y = parcel.along(i, fraction)
    return Frontage((round(x - (by - ay) / length, 2), round(y + (bx - ax) / length, 2)), use)


def _rounded(corners: tuple[Point, ...]) -> tuple[Point, ...]:
    return tuple((round(x, 2), round(y, 2)) for x, y in corners)


def _open_space(parcel: Tract, use: str, web: Web, ground: Ground, rng: np.random.Generator) -> None:
    """Lay out a park or a square, crossed by paths from the middle of its sides."""
    ground.patches.append(Patch("green" if use == "park" else "square", _rounded(parcel.corners)))
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
    return _rounded(
        tuple((heart[0] + r * math.cos(a), heart[1] + r * math.sin(a)) for r, a in zip(radii, turns, strict=True))
    )


def _without_playground(room: Tract) -> tuple[Tract, Tract | None]:
    """Give the south of a school to its playing field; return what is left, and the field."""
    frame = facing_south(room)
    heights = [frame.inside(p)[1] for p in room.corners]
    if max(heights) - min(heights) < _SMALLEST_SCHOOL_M:
        return room, None
    border = min(heights) + 0.42 * (max(heights) - min(heights))
    through, north = frame.outside(0.0, border), (-frame.sin, frame.cos)
    field_land = clipped(room, through, (-north[0], -north[1]), -1)
    rest = clipped(room, (through[0] + north[0] * 8.0, through[1] + north[1] * 8.0), north, -1)
    return (room, None) if rest is None else (rest, field_land)


def lay_passage(parcel: Tract, frame: Frame, row: list[Building], web: Web) -> None:
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
    """Build low courtyards along public lanes that join the streets around a block.

    Returns
    -------
    tuple
        Axes and rows of the buildings.
    """
    frame = facing_south(parcel)
    room = inset(parcel, lambda _: 1.5)
    if room is None:
        return frame, []
    rows = rows_of([frame.inside(p) for p in room.corners], COURTYARD, None, _PASSAGE_ROOM_M, rng)
    for row in rows[:-1:2] if len(rows) > 2 else rows[:1]:
        lay_passage(parcel, frame, row, web)
    return frame, rows
