"""The plan of a district: the grid of arterials, the river, the railway, and the cell of every community.

A district is a grid of arterials bent by a few long waves. Between them lie the cells, one for each community; some
lines of the grid are not arterials but a river or a railway, which can only be crossed here and there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.ground.synthetic.character import LATTICE, NEW, OLD, ORDINARY, SOUTH_M, WEST_EAST_M, Zone
from workbench.ground.synthetic.tracts import Point

SOUTH, EAST, NORTH, WEST = 0, 1, 2, 3
"""Sides of a cell, counter-clockwise."""

ARTERIAL, AVENUE, RIVER, RAIL = "arterial", "avenue", "river", "rail"


@dataclass(frozen=True)
class Border:
    """One side of a cell: what runs there, and how wide its half is up to the footway, m."""

    kind: str
    half_m: float
    line: tuple[str, int]
    """Direction and number of the grid line, for its name."""
    crossings: tuple[float, ...]
    """Where it can be crossed between its ends, as fractions from west to east or from south to north."""


@dataclass(frozen=True)
class Cell:
    """The land of one community, from centre line to centre line."""

    number: int
    column: int
    row: int
    corners: tuple[Point, Point, Point, Point]
    """South-west, south-east, north-east, north-west."""
    borders: tuple[Border, Border, Border, Border]
    """South, east, north, west."""
    zone: Zone
    diagonal: int
    """1: a diagonal street from south-west to north-east; -1: from north-west to south-east; 0: none."""
    market: bool
    """Whether the market square of a town lies here."""


@dataclass(frozen=True)
class Link:
    """A way across a border, between two cells at one fraction of their common side."""

    cell_a: int
    side_a: int
    cell_b: int
    side_b: int
    fraction: float
    form: str
    """crossing, overpass, bridge, footbridge, underpass, level."""
    level: int = 0


@dataclass(frozen=True)
class Plan:
    """A whole district before anything is built."""

    cells: tuple[Cell, ...]
    links: tuple[Link, ...]
    rivers: tuple[tuple[int, tuple[Point, ...]], ...]
    """Grid line and centre line of each river, from south to north."""
    railways: tuple[tuple[Point, ...], ...]
    """Centre line of each railway, from west to east."""
    columns: int
    rows: int


def draw_plan(communities: int, rng: np.random.Generator) -> Plan:
    """Lay out a district."""
    columns = math.ceil(math.sqrt(communities))
    rows = math.ceil(communities / columns)
    grid = _grid(columns, rows, rng)
    taken = _taken(communities, columns, rows)
    zones = {at: _zone(*at, columns, rows, float(rng.uniform(-0.25, 0.25))) for at in taken}
    number = {at: k for k, at in enumerate(taken)}
    borders = _borders(taken, grid, zones, columns, rows, rng)
    cells = tuple(
        Cell(
            number[i, j],
            i,
            j,
            (grid[i][j], grid[i + 1][j], grid[i + 1][j + 1], grid[i][j + 1]),
            (borders["h", i, j], borders["v", i + 1, j], borders["h", i, j + 1], borders["v", i, j]),
            zones[i, j],
            _diagonal(i, j, zones[i, j]),
            _is_core(i, columns) and _is_core(j, rows),
        )
        for i, j in taken
    )
    rivers = tuple((i, tuple(grid[i])) for i in range(1, columns) if _is_river(i, columns))
    railways = tuple(tuple(grid[i][j] for i in range(columns + 1)) for j in range(1, rows) if _is_rail(j, rows))
    return Plan(cells, _links(number, borders, rng), rivers, railways, columns, rows)


def _is_river(i: int, columns: int) -> bool:
    return 0 < i < columns and i % LATTICE.corridor_period == LATTICE.river_line


def _is_rail(j: int, rows: int) -> bool:
    return 0 < j < rows and j % LATTICE.corridor_period == LATTICE.rail_line


def _core(count: int) -> float:
    """Return the position of the core within a town, in cells from its first line."""
    return 0.42 * min(count, LATTICE.town_cells)


def _is_core(i: int, count: int) -> bool:
    return i % LATTICE.town_cells == int(_core(count))


def _zone(i: int, j: int, columns: int, rows: int, noise: float) -> Zone:
    town = LATTICE.town_cells
    away = math.hypot(i % town + 0.5 - _core(columns), j % town + 0.5 - _core(rows)) + noise
    if away < LATTICE.old_within and columns > 2:
        return OLD
    return ORDINARY if away < LATTICE.ordinary_within else NEW


def _diagonal(i: int, j: int, zone: Zone) -> int:
    """Return how a boulevard crosses a cell: two lead out of each town, to the north-east and to the north-west."""
    i, j = i % LATTICE.town_cells, j % LATTICE.town_cells
    if zone is OLD:
        return 0
    if i - j == 1 and i >= 3:
        return 1
    return -1 if i + j == 4 and i <= 1 else 0


def _spacings(count: int, rng: np.random.Generator) -> list[float]:
    core = _core(count)
    out = []
    for i in range(count):
        away = abs(i % LATTICE.town_cells + 0.5 - core)
        size = min(LATTICE.core_spacing_m + LATTICE.spacing_growth_m * max(0.0, away - 0.5), LATTICE.widest_m)
        out.append(size + float(rng.uniform(-25.0, 25.0)))
    return out


def _grid(columns: int, rows: int, rng: np.random.Generator) -> list[list[Point]]:
    """Return the corners of all cells, ``[column][row]``, bent, turned and put in their place."""
    across, up = _spacings(columns, rng), _spacings(rows, rng)
    for i in range(columns):
        across[i] += LATTICE.river_half_m * (_is_river(i, columns) + _is_river(i + 1, columns))
    for j in range(rows):
        up[j] += LATTICE.rail_half_m * (_is_rail(j, rows) + _is_rail(j + 1, rows))
    xs, ys = [0.0], [0.0]
    for size in across:
        xs.append(xs[-1] + size)
    for size in up:
        ys.append(ys[-1] + size)
    rivers = [xs[i] for i in range(columns + 1) if _is_river(i, columns)]
    phase = [float(p) for p in rng.uniform(0.0, 2.0 * math.pi, 3)]
    angle = math.radians(LATTICE.rotation_deg)
    cos, sin = math.cos(angle), math.sin(angle)
    lift = SOUTH_M + (xs[-1] / 2.0) * abs(sin) + LATTICE.bend_m * 2.0
    grid: list[list[Point]] = []
    for x in xs:
        column: list[Point] = []
        for y in ys:
            jitter = [float(v) for v in rng.uniform(-LATTICE.jitter_m, LATTICE.jitter_m, 2)]
            follow = sum(math.exp(-(((x - r) / 1_100.0) ** 2)) for r in rivers)
            dx = LATTICE.bend_m * math.sin(2.0 * math.pi * y / 3_900.0 + phase[0]) + jitter[0]
            dx += follow * LATTICE.meander_m * math.sin(2.0 * math.pi * y / LATTICE.meander_length_m + phase[1])
            dy = LATTICE.bend_m * math.sin(2.0 * math.pi * x / 4_300.0 + phase[2]) + jitter[1]
            px, py = x - xs[-1] / 2.0 + dx, y + dy
            place = (WEST_EAST_M + px * cos - py * sin, lift + px * sin + py * cos)
            column.append((round(place[0], 2), round(place[1], 2)))
        grid.append(column)
    return grid


def _taken(communities: int, columns: int, rows: int) -> list[tuple[int, int]]:
    """Return the cells that exist: all but a few at the north-eastern and south-western corners."""
    spare = columns * rows - communities
    north = (spare + 1) // 2
    south = spare - north
    return [
        (i, j)
        for j in range(rows)
        for i in range(columns)
        if not (j == rows - 1 and i >= columns - north) and not (j == 0 and i < south)
    ]


def blocks_along(length_m: float, zone: Zone) -> int:
    """Return how many blocks of a zone stand along a side."""
    return max(2, round(length_m / zone.block_m))


def _borders(
    taken: list[tuple[int, int]],
    grid: list[list[Point]],
    zones: dict[tuple[int, int], Zone],
    columns: int,
    rows: int,
    rng: np.random.Generator,
) -> dict[tuple[str, int, int], Border]:
    wanted: set[tuple[str, int, int]] = set()
    for i, j in taken:
        wanted |= {("h", i, j), ("h", i, j + 1), ("v", i, j), ("v", i + 1, j)}
    made: dict[tuple[str, int, int], Border] = {}
    for way, i, j in sorted(wanted):
        line = j if way == "h" else i
        a, b = grid[i][j], grid[i + 1][j] if way == "h" else grid[i][j + 1]
        sides = [zones[at] for at in ((i, j), (i, j - 1) if way == "h" else (i - 1, j)) if at in zones]
        if way == "v" and _is_river(i, columns):
            # A footbridge stands halfway between every third pair of road bridges.
            made[way, i, j] = Border(RIVER, LATTICE.river_half_m, (way, line), (0.5,) if j % 3 == 2 else ())
        elif way == "h" and _is_rail(j, rows):
            made[way, i, j] = Border(RAIL, LATTICE.rail_half_m, (way, line), (0.5,) if i % 6 == 2 else ())
        else:
            wide = line % 3 == 0
            kind, half = (AVENUE, LATTICE.avenue_half_m) if wide else (ARTERIAL, LATTICE.arterial_half_m)
            made[way, i, j] = Border(kind, half, (way, line), _crossings(math.dist(a, b), sides, rng))
    return made


def _crossings(length_m: float, zones: list[Zone], rng: np.random.Generator) -> tuple[float, ...]:
    blocks = min(blocks_along(length_m, zone) for zone in zones)
    blocks = min(blocks, max(2, int(length_m / LATTICE.crossing_spacing_m)))
    return tuple(k / blocks + float(rng.uniform(-0.05, 0.05)) / blocks * 2.0 for k in range(1, blocks))


def _links(
    number: dict[tuple[int, int], int], borders: dict[tuple[str, int, int], Border], rng: np.random.Generator
) -> tuple[Link, ...]:
    links: list[Link] = []
    for (way, i, j), border in sorted(borders.items()):
        before, after = ((i, j - 1), (i, j)) if way == "h" else ((i - 1, j), (i, j))
        if before not in number or after not in number:
            continue
        sides = (NORTH, SOUTH) if way == "h" else (EAST, WEST)
        places = [(0.0, j if way == "v" else i), (1.0, (j if way == "v" else i) + 1)]
        forms = [(t, _form_at_node(border.kind, node)) for t, node in places]
        forms += [(t, _form_between(border.kind, float(rng.uniform()))) for t in border.crossings]
        for fraction, (form, level) in forms:
            if form:
                links.append(Link(number[before], sides[0], number[after], sides[1], fraction, form, level))
    return tuple(links)


def _form_at_node(kind: str, node: int) -> tuple[str, int]:
    """How a border is crossed where it meets another line of the grid."""
    if kind == RIVER:
        return ("bridge", 1) if node % 2 == 1 else ("", 0)
    if kind == RAIL:
        return {1: ("underpass", -1), 4: ("overpass", 1), 5: ("level", 0)}.get(node % 6, ("", 0))
    return "crossing", 0


def _form_between(kind: str, chance: float) -> tuple[str, int]:
    if kind == RIVER:
        return "footbridge", 1
    if kind == RAIL:
        return "underpass", -1
    return ("overpass", 1) if kind == AVENUE and chance < 2.5 * LATTICE.overpass_share else ("crossing", 0)
