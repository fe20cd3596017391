"""One community: streets, housing and everything else on the land of its cell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.ground.synthetic.character import (
    FOOTWAY_VERGE_M,
    LANE_HOUSE_BLOCKS,
    NEW,
    OLD,
    SMALLEST_COMPOUND_M2,
    STREET_VERGE_M,
)
from workbench.ground.synthetic.compounds import (
    HOUSES,
    Building,
    Compound,
    Ground,
    build_compound,
    build_on,
    choose_use,
    courtyards,
)
from workbench.ground.synthetic.plan import EAST, NORTH, RAIL, RIVER, SOUTH, WEST, Cell, blocks_along
from workbench.ground.synthetic.tracts import Frame, Point, Tract, Web, between, divided, inset, opposite

# ----------------------------------------------------------------------------------------------------------------------
# The streets of one community: the footways around its cell, and the streets that divide it into blocks.


_SNAP_M = 14.0  # a street that would meet another so near to a junction meets it there


@dataclass(frozen=True)
class Streets:
    """What is laid out before anything is built.

    Attributes
    ----------
    ring
        Lines of the footways along the four sides of the cell.
    corners
        Nodes at the south-west, south-east, north-east and north-west.
    blocks
        Land between the streets, up to their centre lines.
    """

    ring: tuple[int, int, int, int]
    corners: tuple[int, int, int, int]
    blocks: tuple[Tract, ...]


def _lay_streets(
    cell: Cell, ports: list[tuple[int, float]], web: Web, names: Iterator[str], line_names: tuple[str, ...],
    rng: np.random.Generator,
) -> tuple[Streets, list[int]]:  # fmt: skip
    """Lay out the streets of a cell."""
    land, ring, corners = _ring(cell, web, line_names)
    nodes = [_port(cell, side, fraction, web, ring, corners) for side, fraction in ports]
    blocks = _grid_blocks(cell, land, web, ring, names, rng)
    if cell.diagonal:
        blocks = _along_diagonal(cell, blocks, web, corners, next(names))
    return Streets(ring, corners, tuple(blocks)), nodes


def _ring(
    cell: Cell, web: Web, names: tuple[str, ...]
) -> tuple[Tract, tuple[int, int, int, int], tuple[int, int, int, int]]:
    whole = Tract(tuple(cell.corners), (SOUTH, EAST, NORTH, WEST))
    land = inset(whole, lambda side: cell.borders[side].half_m)
    if land is None or len(land.corners) != 4:
        raise AssertionError("a cell of the plan is too small for its borders")
    place = {side: land.corners[k] for k, side in enumerate(land.sides)}
    corners = tuple(web.node(place[side]) for side in range(4))
    ring = tuple(
        web.line([corners[side], corners[(side + 1) % 4]], "footway", name=names[side], half_m=FOOTWAY_VERGE_M)
        for side in range(4)
    )
    tract = Tract(tuple(web.nodes[n] for n in corners), ring)
    return tract, (ring[0], ring[1], ring[2], ring[3]), (corners[0], corners[1], corners[2], corners[3])


def _centre_line(cell: Cell, side: int) -> tuple[Point, Point]:
    """Return the centre line of a border, from west to east or from south to north."""
    sw, se, ne, nw = cell.corners
    return {SOUTH: (sw, se), NORTH: (nw, ne), WEST: (sw, nw), EAST: (se, ne)}[side]


_AT_ENDS = {
    (SOUTH, 0): 0,
    (SOUTH, 1): 1,
    (NORTH, 0): 3,
    (NORTH, 1): 2,
    (WEST, 0): 0,
    (WEST, 1): 3,
    (EAST, 0): 1,
    (EAST, 1): 2,
}


def _port(cell: Cell, side: int, fraction: float, web: Web, ring: tuple[int, ...], corners: tuple[int, ...]) -> int:
    if fraction in (0.0, 1.0):
        return corners[_AT_ENDS[side, int(fraction)]]
    return web.mark(ring[side], between(*_centre_line(cell, side), fraction))


def _joints(
    cell: Cell, side: int, blocks: int, web: Web, ring: tuple[int, ...], rng: np.random.Generator
) -> list[Point]:
    """Where streets meet a side: at its crossings if they are as many, else evenly with some chance."""
    border = cell.borders[side]
    if len(border.crossings) == blocks - 1 and border.kind not in (RIVER, RAIL):
        return [between(*_centre_line(cell, side), f) for f in border.crossings]
    a, b = web.ends(ring[side])
    if side in (NORTH, WEST):
        a, b = b, a  # the ring runs counter-clockwise
    wobble = 0.14 / blocks
    return [between(a, b, k / blocks + float(rng.uniform(-wobble, wobble))) for k in range(1, blocks)]


def _street(web: Web, a: int, b: int, half_m: float, kind: str, name: str) -> int:
    return web.line([a, b], kind, name=name, half_m=half_m + STREET_VERGE_M)


@dataclass(frozen=True)
class _Raster:
    """How a cell is cut: into strips from ``start`` to ``end``, and each strip from ``low`` to ``top``."""

    low: int
    end: int
    top: int
    start: int
    strips: int
    pieces: int


def _raster(cell: Cell, web: Web, ring: tuple[int, ...], rng: np.random.Generator) -> _Raster:
    lengths = [math.dist(*web.ends(line)) for line in ring]
    wide = blocks_along((lengths[SOUTH] + lengths[NORTH]) / 2.0, cell.zone)
    high = blocks_along((lengths[WEST] + lengths[EAST]) / 2.0, cell.zone)
    if rng.uniform() < 0.5:
        return _Raster(SOUTH, EAST, NORTH, WEST, wide, high)
    return _Raster(WEST, NORTH, EAST, SOUTH, high, wide)


def _grid_blocks(
    cell: Cell, land: Tract, web: Web, ring: tuple[int, ...], names: Iterator[str], rng: np.random.Generator
) -> list[Tract]:
    """Cut the land into strips, and the strips into blocks whose streets do not quite meet."""
    r = _raster(cell, web, ring, rng)
    lows, tops = _joints(cell, r.low, r.strips, web, ring, rng), _joints(cell, r.top, r.strips, web, ring, rng)
    lines, slabs, rest = [ring[r.start]], [], land
    for p, q in zip(lows, tops, strict=True):
        cut = _cut(rest, web, (ring[r.low], p), (ring[r.top], q), (cell.zone.street_half_m, "street"), next(names))
        if cut is None:
            continue
        line, one, other = cut
        near, rest = (one, other) if lines[-1] in one.sides else (other, one)
        slabs.append(near)
        lines.append(line)
    slabs.append(rest)
    lines.append(ring[r.end])
    begins, ends = _joints(cell, r.start, r.pieces, web, ring, rng), _joints(cell, r.end, r.pieces, web, ring, rng)
    across = [(p, q, next(names)) for p, q in zip(begins, ends, strict=True)]
    blocks: list[Tract] = []
    for k, slab in enumerate(slabs):
        blocks += _cut_strip(cell, slab, web, ring[r.low], (lines[k], lines[k + 1]), (k, len(slabs)), across, rng)
    return blocks


def _cut_strip(
    cell: Cell,
    slab: Tract,
    web: Web,
    first: int,
    lines: tuple[int, int],
    place: tuple[int, int],
    across: list[tuple[Point, Point, str]],
    rng: np.random.Generator,
) -> list[Tract]:
    """Cut one strip into blocks; its streets aim at those of the strip before, and here and there one is missing."""
    kind = (cell.zone.lane_half_m, "lane") if cell.zone is OLD else (cell.zone.street_half_m * 0.8, "street")
    number, count = place
    (ax, ay), (bx, by) = web.ends(lines[0])
    length = math.hypot(bx - ax, by - ay)
    rest, last = slab, first
    blocks: list[Tract] = []
    for p, q, name in across:
        if count > 2 and rng.uniform() < cell.zone.merged:
            continue
        shift = float(rng.uniform(-1.0, 1.0)) * cell.zone.stagger_m if number else 0.0
        dx, dy = (bx - ax) / length * shift, (by - ay) / length * shift
        a, b = between(p, q, number / count), between(p, q, (number + 1) / count)
        cut = _cut(rest, web, (lines[0], (a[0] + dx, a[1] + dy)), (lines[1], (b[0] + dx, b[1] + dy)), kind, name)
        if cut is None:
            continue
        line, one, other = cut
        done, rest = (one, other) if last in one.sides else (other, one)
        blocks.append(done)
        last = line
    return [*blocks, rest]


def _cut(
    tract: Tract,
    web: Web,
    begin: tuple[int, Point],
    finish: tuple[int, Point],
    what: tuple[float, str],
    name: str,
    least_m: float = 25.0,
) -> tuple[int, Tract, Tract] | None:
    """Lay a street across land between two of its sides; None if it would be no street."""
    (line_a, p), (line_b, q) = begin, finish
    if line_a not in tract.sides or line_b not in tract.sides or line_a == line_b:
        return None
    a, b = web.mark(line_a, p, _SNAP_M), web.mark(line_b, q, _SNAP_M)
    p, q = web.nodes[a], web.nodes[b]
    if math.dist(p, q) < least_m:
        return None
    one, other = divided(tract, tract.sides.index(line_a), p, tract.sides.index(line_b), q, len(web.kind))
    if one is None or other is None:
        return None
    return _street(web, a, b, what[0], what[1], name), one, other


def _along_diagonal(cell: Cell, blocks: list[Tract], web: Web, corners: tuple[int, ...], name: str) -> list[Tract]:
    """Lay a boulevard from corner to corner over blocks that are there already."""
    i, j = (0, 2) if cell.diagonal > 0 else (1, 3)
    (ax, ay), (bx, by) = web.nodes[corners[i]], web.nodes[corners[j]]
    out: list[Tract] = []
    for block in blocks:
        depth = [(x - ax) * (by - ay) - (y - ay) * (bx - ax) for x, y in block.corners]
        hits: list[tuple[int, Point]] = []
        for k, line in enumerate(block.sides):
            d, e = depth[k], depth[(k + 1) % len(depth)]
            if (d >= 0.0) != (e >= 0.0):
                hits.append((line, block.along(k, d / (d - e))))
        cut = None
        if len(hits) == 2:
            cut = _cut(block, web, hits[0], hits[1], (cell.zone.street_half_m + 2.0, "street"), name, 3.0)
        out += [block] if cut is None else [cut[1], cut[2]]
    return out


def halved(
    tract: Tract, web: Web, largest_m2: float, what: tuple[float, str], names: Iterator[str], rng: np.random.Generator
) -> list[Tract]:
    """Halve land by streets at right angles to its longest side until no piece is larger than asked."""
    if tract.area <= largest_m2:
        return [tract]
    i = max(range(len(tract.corners)), key=tract.side_length)
    p = tract.along(i, 0.5 + float(rng.uniform(-0.06, 0.06)))
    (ax, ay), (bx, by) = tract.side(i)
    length = tract.side_length(i)
    far = opposite(tract, i, p, (-(by - ay) / length, (bx - ax) / length))
    if far is None:
        return [tract]
    cut = _cut(tract, web, (tract.sides[i], p), (tract.sides[far[0]], far[1]), what, next(names))
    if cut is None:
        return [tract]
    return [piece for part in cut[1:] for piece in halved(part, web, largest_m2, what, names, rng)]


# ----------------------------------------------------------------------------------------------------------------------
# One community: streets, housing and everything else on the land of its cell.


_LARGEST_PUBLIC_M2 = 30_000.0


@dataclass(frozen=True)
class _Home:
    """A residential building: its compound (-1: none), axes and footprint."""

    compound: int
    frame: Frame
    building: Building


@dataclass(frozen=True)
class Bank:
    """A stretch of river bank: its grid line, and both ends of the footway along it."""

    column: int
    begin: Point
    end: Point


@dataclass
class Community:
    """Everything that stands in one cell; nodes and compounds are numbered within it."""

    cell: Cell
    web: Web
    ports: list[int]
    compounds: list[Compound]
    homes: list[_Home]
    ground: Ground
    banks: list[Bank]


def build_community(
    cell: Cell, ports: list[tuple[int, float]], street_names: Iterator[str], line_names: tuple[str, ...],
    rng: np.random.Generator,
) -> Community:  # fmt: skip
    """Build one community on its cell."""
    web = Web()
    streets, nodes = _lay_streets(cell, ports, web, street_names, line_names, rng)
    ground = Ground()
    banks = [_bank(cell, side, streets, web) for side in range(4) if cell.borders[side].kind == RIVER]
    blocks = list(streets.blocks)
    housing, others = _share_out(cell, blocks, rng)
    compounds: list[Compound] = []
    homes: list[_Home] = []
    for block in housing:
        for piece in _halves(cell, block, web, street_names, rng):
            parcel = inset(piece, lambda line: web.half[line])
            if parcel is None:
                continue
            built = None
            if parcel.area >= SMALLEST_COMPOUND_M2:
                built = build_compound(len(compounds), parcel, web, cell.zone, rng)
            if built is None:
                build_on(parcel, "park", cell.zone, web, ground, rng)
                continue
            homes += [_Home(len(compounds), built.frame, b) for b in built.buildings]
            compounds.append(built)
    homes += _build_others(cell, others, web, ground, street_names, rng)
    return Community(cell, web, nodes, compounds, homes, ground, banks)


def _share_out(cell: Cell, blocks: list[Tract], rng: np.random.Generator) -> tuple[list[Tract], list[Tract]]:
    """Choose the blocks for housing among those of a fair size and shape."""
    fair = [k for k, b in enumerate(blocks) if b.area > 1.35 * SMALLEST_COMPOUND_M2 and _compact(b) > 0.34]
    wanted = int(rng.integers(cell.zone.compounds[0], cell.zone.compounds[1] + 1))
    chosen = {int(k) for k in rng.permutation(fair)[:wanted]} if fair else set()
    return [blocks[k] for k in sorted(chosen)], [b for k, b in enumerate(blocks) if k not in chosen]


def _compact(block: Tract) -> float:
    longest = max(block.side_length(i) for i in range(len(block.corners)))
    return block.area / longest**2


def _halves(cell: Cell, block: Tract, web: Web, names: Iterator[str], rng: np.random.Generator) -> list[Tract]:
    if rng.uniform() >= cell.zone.halved:
        return [block]
    return halved(block, web, 0.7 * block.area, (cell.zone.lane_half_m, "lane"), names, rng)


def _build_others(
    cell: Cell, blocks: list[Tract], web: Web, ground: Ground, names: Iterator[str], rng: np.random.Generator
) -> list[_Home]:
    homes: list[_Home] = []
    by_rail = any(border.kind == RAIL for border in cell.borders)
    if cell.zone is NEW:
        what = (cell.zone.lane_half_m, "street")
        blocks = [piece for block in blocks for piece in halved(block, web, 60_000.0, what, names, rng)]
    order = [int(k) for k in rng.permutation(len(blocks))]
    for rank, k in enumerate(order):
        parcel = inset(blocks[k], lambda line: web.half[line])
        if parcel is None or parcel.area < 1_200.0:
            continue
        if cell.zone is OLD and rank < LANE_HOUSE_BLOCKS:
            frame, rows = courtyards(parcel, web, rng)
            homes += [_Home(-1, frame, b) for row in rows for b in row]
            continue
        use = choose_use(cell.zone, by_rail, rng)
        if cell.zone is OLD and rank == LANE_HOUSE_BLOCKS and cell.market:
            use = "square"
        elif _compact(parcel) < 0.18 or parcel.area < 3_000.0:
            use = "park"
        elif rank == len(order) - 1 and not any(f.use in HOUSES for f in ground.frontages):
            use = "public"  # a community needs a house for its centre
        elif use == "public" and parcel.area > _LARGEST_PUBLIC_M2:
            use = "shops"
        build_on(parcel, use, cell.zone, web, ground, rng)
    return homes


def _bank(cell: Cell, side: int, streets: Streets, web: Web) -> Bank:
    """Lay a path between the footway and the water; the park around it is drawn with the river."""
    line = streets.ring[side]
    a, b = web.ends(line)
    length = math.dist(a, b)
    outward = ((b[1] - a[1]) / length, -(b[0] - a[0]) / length)  # the ring runs counter-clockwise
    count = max(3, round(length / 110.0))
    walk: list[int] = []
    for k in range(count + 1):
        x, y = between(a, b, 0.03 + 0.94 * k / count)
        off = 16.0 + 3.0 * (k % 2)
        walk.append(web.node((x + outward[0] * off, y + outward[1] * off)))
        if k in (0, count) or k % 2 == 0:
            web.line([web.mark(line, (x, y)), walk[-1]], "path")
    for here, there in itertools.pairwise(walk):
        web.line([here, there], "path", name="滨河步道")
    return Bank(cell.column if side == WEST else cell.column + 1, a, b)
