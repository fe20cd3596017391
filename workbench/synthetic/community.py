"""One community: streets, housing and everything else on the land of its cell."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from workbench.synthetic.buildings import Building
from workbench.synthetic.character import LANE_HOUSE_BLOCKS, NEW, OLD, SMALLEST_COMPOUND_M2
from workbench.synthetic.compounds import Compound, build_compound
from workbench.synthetic.landuse import HOUSES, Ground, build_on, choose_use, courtyards
from workbench.synthetic.plan import RAIL, RIVER, WEST, Cell
from workbench.synthetic.streets import Streets, halved, lay_streets
from workbench.synthetic.tracts import Frame, Point, Tract, between, inset
from workbench.synthetic.web import Web

_LARGEST_PUBLIC_M2 = 30_000.0


@dataclass(frozen=True)
class Home:
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
    homes: list[Home]
    ground: Ground
    banks: list[Bank]


def build_community(
    cell: Cell, ports: list[tuple[int, float]], street_names: Iterator[str], line_names: tuple[str, ...],
    rng: np.random.Generator,
) -> Community:  # fmt: skip
    """Build one community on its cell.

    Parameters
    ----------
    cell
        The cell.
    ports
        Side and fraction of each link across its border.
    street_names, line_names
        Names for its own streets, and for the arterials around it.
    rng
        Source of all chance.
    """
    web = Web()
    streets, nodes = lay_streets(cell, ports, web, street_names, line_names, rng)
    ground = Ground()
    banks = [_bank(cell, side, streets, web) for side in range(4) if cell.borders[side].kind == RIVER]
    blocks = list(streets.blocks)
    housing, others = _share_out(cell, blocks, rng)
    compounds: list[Compound] = []
    homes: list[Home] = []
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
            homes += [Home(len(compounds), built.frame, b) for b in built.buildings]
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
) -> list[Home]:
    homes: list[Home] = []
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
            homes += [Home(-1, frame, b) for row in rows for b in row]
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
