"""Fictional provinces: communities without end, made a few at a time.

The plan of the whole is drawn first: it is small. What is built in a cell depends on the seed, the plan and the number
of the cell alone, so that a community is the same whoever builds it, its own district or the one across the road.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.tables import TABLES
from workbench.catalogue.terms import Access, StationKind
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.ground.synthetic import character as naming
from workbench.ground.synthetic import generator as one
from workbench.ground.synthetic.assembly import Numbering, communities_layer, draw_link
from workbench.ground.synthetic.character import CRS, DATE, LATTICE, TOTALS
from workbench.ground.synthetic.community import Community, build_community
from workbench.ground.synthetic.halls import write_halls
from workbench.ground.synthetic.plan import Plan, draw_plan
from workbench.ground.synthetic.staff import write_staff
from workbench.ground.synthetic.tracts import KINDS, Web
from workbench.ground.synthetic.week import furnished, write_week

_NODES = 100_000  # node numbers set aside for a community
_LINK_NODES = 4  # and for a way across a border
_STREAM_OF_PLAN, _STREAM_OF_CELL, _STREAM_OF_LINE, _STREAM_OF_BLOCK, _STREAM_OF_TILE = range(5)
_VARIES = (0.75, 1.25)  # households of a community, beside the mean


@dataclass(frozen=True, eq=False)
class Window:
    """A district of a province with the communities around it.

    Attributes
    ----------
    ground
        All of these; ledgers of the district's own stations only.
    parts
        Its own land, then that around it where there is any: ``id``, ``name`` and polygon.
    """

    ground: District
    parts: gpd.GeoDataFrame


def windows(seed: int, communities: int, *, side: int = LATTICE.town_cells) -> Iterator[Window]:
    """Make the districts of a fictional province, one at a time.

    Parameters
    ----------
    seed
        A whole number, zero or more. The same seed gives the same content.
    communities
        Number of communities, 1 to 3,000.
    side
        Columns and rows of communities in a district.

    Yields
    ------
    Window
        A district, with one row of communities around it.

    Raises
    ------
    GeodataError
        If the seed or the number of communities is not such a number.
    """
    one.check(seed, communities)
    plan = draw_plan(communities, _stream(seed, _STREAM_OF_PLAN))
    links_at: dict[int, list[int]] = {}
    for place, link in enumerate(plan.links):
        for cell in (link.cell_a, link.cell_b):
            links_at.setdefault(cell, []).append(place)
    province = _Province(seed, plan, links_at, side)
    tiles = sorted({province.tile_of(cell.column, cell.row) for cell in province.plan.cells})
    for number, tile in enumerate(tiles, 1):
        yield province.window(number, tile)


def _stream(seed: int, *what: int) -> np.random.Generator:
    """Return the source of chance of one thing of a province."""
    return np.random.default_rng([int(seed), *what])


@dataclass(frozen=True, eq=False)
class _Province:
    """A plan, and the ways across the borders of each cell by its number."""

    seed: int
    plan: Plan
    links_at: dict[int, list[int]]
    side: int

    def tile_of(self, column: int, row: int) -> tuple[int, int]:
        return row // self.side, column // self.side

    def window(self, number: int, tile: tuple[int, int]) -> Window:
        """Build the cells of a tile and those that touch it, and put them together."""
        row, column = (place * self.side for place in tile)
        cells = [
            c.number for c in self.plan.cells
            if row - 1 <= c.row <= row + self.side and column - 1 <= c.column <= column + self.side
        ]  # fmt: skip
        own = {k for k in cells if self.tile_of(self.plan.cells[k].column, self.plan.cells[k].row) == tile}
        built = {k: self._community(k) for k in cells}
        parts = [self._tables(built[k]) for k in cells]
        parts.append({"ways": self._links(built)})
        tables: dict[str, pd.DataFrame] = {
            name: pd.concat([part[name] for part in parts if name in part], ignore_index=True) for name in parts[0]
        }
        drawn = replace(self.plan, cells=tuple(self.plan.cells[k] for k in cells))
        tables["backdrop"] = one.draw_backdrop(drawn, [*built.values()])
        names = tables["communities"]["id"]
        at_home = {name for name, k in zip(names, cells, strict=True) if k in own}
        tables |= self._ledgers(number, tables, at_home)
        size = len(self.plan.cells)
        manifest = Manifest(
            name="y省（虚构）", key=f"province-{self.seed}-{size}", crs=CRS, ground="fictional", date=DATE,
            source=f"Invented by workbench synthesize --tiles, seed {self.seed}, {size} communities; no survey, "
            "no real place. The coordinates lie on open sea at the equator.",
            licence="CC0-1.0", seed=int(self.seed),
        )  # fmt: skip
        rows = [(f"{number:03d}", f"{number:03d} 区", own), ("around", "", set(cells) - own)]
        parts_of = [
            (name, title, shapely.union_all([shapely.Polygon(self.plan.cells[k].corners) for k in sorted(those)]))
            for name, title, those in rows if those
        ]  # fmt: skip
        frame = gpd.GeoDataFrame(parts_of, columns=["id", "name", "geometry"], geometry="geometry", crs=CRS)
        return Window(District.from_tables(manifest, tables), frame)

    def _ports(self, number: int) -> list[tuple[int, tuple[int, float]]]:
        """Return where ways cross the borders of a cell: number of the link, side and fraction."""
        links = [(place, self.plan.links[place]) for place in self.links_at.get(number, [])]
        return [
            (place, (link.side_a if link.cell_a == number else link.side_b, link.fraction)) for place, link in links
        ]

    def _community(self, number: int) -> Community:
        cell, rng = self.plan.cells[number], _stream(self.seed, _STREAM_OF_CELL, number)
        names = naming.Names(rng)
        around = tuple(self._line_name(border.line) for border in cell.borders)
        stems = [names.stem() for _ in range(one.STREET_NAMES)]
        ports = [port for _, port in self._ports(number)]
        return build_community(cell, ports, naming.streets(stems, rng), around, rng)

    def _line_name(self, line: tuple[str, int]) -> str:
        number = 2 * line[1] + (line[0] == "v")
        return naming.Names(_stream(self.seed, _STREAM_OF_LINE, number)).arterial(line[0])

    def _tables(self, community: Community) -> dict[str, pd.DataFrame]:
        """Return the tables of one community, as of a district by itself, its identifiers with its number before."""
        cell = community.cell
        number = cell.number
        rng = _stream(self.seed, _STREAM_OF_CELL, number, 1)
        names = naming.Names(rng)
        share = float(rng.uniform(*_VARIES))
        mean = TOTALS.scaled(1)
        totals = replace(
            mean, district_centres=int(cell.market), households=round(mean.households * share),
            residents=round(mean.residents * share),
        )  # fmt: skip
        alone, numbering = replace(self.plan, cells=(cell,), links=()), Numbering.of([community])
        tables = one.housing_tables(alone, [community], numbering, names, totals, rng)
        tables["buildings"] = tables["buildings"].assign(name=None)
        title = f"{names.stem()}社区"
        block = _stream(self.seed, _STREAM_OF_BLOCK, cell.column // 2, cell.row // 3)
        subdistrict = f"{naming.Names(block).stem()}街道"
        tables["communities"] = communities_layer(alone, numbering, [title], [subdistrict])
        compounds = list(tables["compounds"]["name"])
        sequence = np.random.SeedSequence([self.seed, _STREAM_OF_CELL, number, 2])
        tables |= one.service_tables([community], numbering, [title], compounds, totals, [rng], sequence)
        for name, frame in tables.items():
            columns = ["id", *(ref.column for ref in TABLES[name].references if ref.column in frame)]
            for column in columns:
                frame[column] = [f"{number:04d}{value}" if isinstance(value, str) else None for value in frame[column]]
        tables["ways"][["u", "v"]] += number * _NODES
        tables["gates"]["node"] += number * _NODES
        return tables

    def _links(self, built: dict[int, Community]) -> gpd.GeoDataFrame:
        """Return the ways across borders between the communities that are built."""
        ends: dict[int, dict[int, int]] = {}
        for number, community in built.items():
            for (place, _), node in zip(self._ports(number), community.ports, strict=True):
                ends.setdefault(place, {})[number] = node
        rows: list[tuple[object, ...]] = []
        lines: list[shapely.LineString] = []
        for place, nodes in sorted(ends.items()):
            link = self.plan.links[place]
            if len(nodes) < len((link.cell_a, link.cell_b)):
                continue
            web = Web()
            here = [(k, nodes[k]) for k in (link.cell_a, link.cell_b)]
            begin, finish = draw_link(web, link, *(built[k].web.nodes[node] for k, node in here))
            first = (len(self.plan.cells) + 1) * _NODES + place * _LINK_NODES
            known = {mine: k * _NODES + node for mine, (k, node) in zip((begin, finish), here, strict=True)}
            found = web.segments()
            segments = zip(found.u.tolist(), found.v.tolist(), found.line.tolist(), strict=True)
            for step, (u, v, line) in enumerate(segments):
                kind = KINDS[web.kind[line]]
                rows.append(
                    (f"k{place:06d}-{step}", known.get(u, first + u), known.get(v, first + v), kind, str(Access.PUBLIC),
                     float(web.level[line]), kind == "steps", None, None)
                )  # fmt: skip
                lines.append(shapely.LineString([web.nodes[u], web.nodes[v]]))
        columns = ["id", "u", "v", "kind", "access", "level", "steps", "compound", "name"]
        return gpd.GeoDataFrame(rows, columns=columns, geometry=lines, crs=CRS)

    def _ledgers(self, number: int, tables: dict[str, pd.DataFrame], at_home: set[str]) -> dict[str, pd.DataFrame]:
        """Return the ledgers of the stations of the district's own communities."""
        streams = [_stream(self.seed, _STREAM_OF_TILE, number, k) for k in range(3)]
        stations = tables["stations"][tables["stations"]["community"].isin(at_home)]
        demand = tables["demand"][tables["demand"]["community"].isin(at_home)]
        rooms = furnished(tables["rooms"][tables["rooms"]["station"].isin(stations["id"])].reset_index(drop=True))
        ledgers: dict[str, pd.DataFrame] = {"rooms": rooms}
        ledgers |= write_week(stations.reset_index(drop=True), rooms, streams[0])
        ledgers |= write_halls(stations.reset_index(drop=True), demand.reset_index(drop=True), streams[1])
        halls = stations[stations["kind"] != StationKind.POST].reset_index(drop=True)
        return ledgers | write_staff(halls, demand.reset_index(drop=True), dt.date.fromisoformat(DATE), streams[2])
