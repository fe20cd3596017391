"""From communities to the tables of a district: numbers become identifiers, points become geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from workbench.catalogue.terms import AGE_BANDS, Access
from workbench.ground.synthetic.character import CRS, People, Zone
from workbench.ground.synthetic.community import Community
from workbench.ground.synthetic.plan import Link, Plan
from workbench.ground.synthetic.stations import Site, Station
from workbench.ground.synthetic.tracts import KINDS, Point, Web, between

# ----------------------------------------------------------------------------------------------------------------------
# Ways across arterials, the river and the railway, drawn between cells that are already built.


_STAIR_M = 9.0
"""Length on the map of a flight of steps up to an overpass."""

_PLAIN = {"crossing": "crossing", "level": "crossing", "bridge": "bridge", "underpass": "underpass"}


def draw_link(web: Web, link: Link, a: Point, b: Point) -> tuple[int, int]:
    """Draw one link into a web of its own nodes."""
    begin, finish = web.node(a), web.node(b)
    if link.form in _PLAIN:
        web.line([begin, finish], _PLAIN[link.form], level=link.level)
        return begin, finish
    share = min(_STAIR_M / math.dist(a, b), 0.4)
    up, down = web.node(between(a, b, share)), web.node(between(a, b, 1.0 - share))
    web.line([begin, up], "steps", level=link.level)
    web.line([up, down], "bridge", level=link.level)
    web.line([down, finish], "steps", level=link.level)
    return begin, finish


# ----------------------------------------------------------------------------------------------------------------------
# From communities to the tables of a district: numbers become identifiers, points become geometry.


_ACCESS = tuple(Access)


def identifiers(letter: str, count: int) -> npt.NDArray[np.object_]:
    """Return identifiers of one letter and a number, all of one width."""
    width = len(str(max(count, 1)))
    return np.array([f"{letter}{k:0{width}d}" for k in range(1, count + 1)], dtype=object)


def chosen(ids: npt.NDArray[np.object_], numbers: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return an identifier for each number, None for -1."""
    out = np.empty(len(numbers), dtype=object)
    known = numbers >= 0
    out[known] = ids[numbers[known]]
    return out


@dataclass
class Numbering:
    """How things that are numbered within their community are numbered in the district."""

    communities: npt.NDArray[np.object_]
    compounds: npt.NDArray[np.object_]
    first_compound: npt.NDArray[np.int64]
    first_node: npt.NDArray[np.int64]
    nodes: int = 0
    home_zones: list[Zone] = field(default_factory=list)

    @classmethod
    def of(cls, built: list[Community]) -> Numbering:
        """Return the numbers of what was built."""
        compounds = np.array([len(c.compounds) for c in built], np.int64)
        nodes = np.array([len(c.web.nodes) for c in built], np.int64)
        return cls(
            identifiers("c", len(built)),
            identifiers("x", int(compounds.sum())),
            np.concatenate([[0], np.cumsum(compounds)[:-1]]).astype(np.int64),
            np.concatenate([[0], np.cumsum(nodes)[:-1]]).astype(np.int64),
            int(nodes.sum()),
            [c.cell.zone for c in built for _ in c.homes],
        )

    def compound(self, community: int, number: int) -> str | None:
        """Return the identifier of a compound of a community, None for -1."""
        return None if number < 0 else str(self.compounds[self.first_compound[community] + number])


def communities_layer(plan: Plan, numbering: Numbering, names: list[str], subdistricts: list[str]) -> gpd.GeoDataFrame:
    """Return the communities."""
    rings = shapely.linearrings(np.array([[*cell.corners, cell.corners[0]] for cell in plan.cells]))
    return gpd.GeoDataFrame(
        {"id": numbering.communities, "name": names, "subdistrict": subdistricts},
        geometry=shapely.polygons(rings),
        crs=CRS,
    )


def compounds_layer(
    built: list[Community], numbering: Numbering, names: list[str], homes_of: npt.NDArray[np.int64], people: People
) -> gpd.GeoDataFrame:
    """Return the compounds with the households in them."""
    households = np.zeros(len(numbering.compounds), np.int64)
    inside = homes_of >= 0
    np.add.at(households, homes_of[inside], people.households[inside])
    lands = [x.land for c in built for x in c.compounds]
    return gpd.GeoDataFrame(
        {
            "id": numbering.compounds,
            "name": names,
            "community": [numbering.communities[k] for k, c in enumerate(built) for _ in c.compounds],
            "enclosed": np.array([x.enclosed for c in built for x in c.compounds], bool),
            "households": households,
        },
        geometry=_polygons([[(round(x, 2), round(y, 2)) for x, y in land.corners] for land in lands]),
        crs=CRS,
    )


def _polygons(rings: list[list[tuple[float, float]]]) -> npt.NDArray[np.object_]:
    closed = [[*ring, ring[0]] for ring in rings]
    if not closed:
        return np.empty(0, dtype=object)
    points = np.array([p for ring in closed for p in ring])
    owner = np.repeat(np.arange(len(closed)), [len(ring) for ring in closed])
    return np.asarray(shapely.polygons(shapely.linearrings(points, indices=owner)), dtype=object)


def gates_layer(built: list[Community], numbering: Numbering) -> gpd.GeoDataFrame:
    """Return the gates."""
    rows = [(k, n, g) for k, c in enumerate(built) for n, x in enumerate(c.compounds) for g in x.gates]
    places = np.array([built[k].web.nodes[g.node] for k, _, g in rows]).reshape(-1, 2)
    return gpd.GeoDataFrame(
        {
            "id": identifiers("g", len(rows)),
            "compound": [numbering.compound(k, n) for k, n, _ in rows],
            "access": [str(_ACCESS[g.access]) for _, _, g in rows],
            "opening_hours": [g.hours or None for _, _, g in rows],
            "node": np.array([numbering.first_node[k] + g.node for k, _, g in rows], np.int64),
        },
        geometry=shapely.points(places),
        crs=CRS,
    )


def homes_of(built: list[Community], numbering: Numbering) -> npt.NDArray[np.int64]:
    """Return the number of the compound of each residential building, -1 for none."""
    return np.array(
        [
            h.compound + numbering.first_compound[k] if h.compound >= 0 else -1
            for k, c in enumerate(built)
            for h in c.homes
        ],
        np.int64,
    )


def demand_layer(
    built: list[Community], numbering: Numbering, compound: npt.NDArray[np.int64], people: People
) -> gpd.GeoDataFrame:
    """Return one demand point for each residential building, in its middle."""
    middles = [h.frame.outside(*h.building.middle) for c in built for h in c.homes]
    columns: dict[str, object] = {
        "id": identifiers("d", len(middles)),
        "compound": chosen(numbering.compounds, compound),
        "community": [numbering.communities[k] for k, c in enumerate(built) for _ in c.homes],
        "households": people.households,
        "residents": people.residents,
    }
    columns |= {band: people.bands[:, k] for k, band in enumerate(AGE_BANDS)}
    return gpd.GeoDataFrame(columns, geometry=shapely.points(np.round(np.array(middles), 2)), crs=CRS)


def buildings_layer(
    built: list[Community], numbering: Numbering, compound: npt.NDArray[np.int64], names: dict[int, str]
) -> gpd.GeoDataFrame:
    """Return all buildings: the residential ones first, in the order of the demand points."""
    homes = [h for c in built for h in c.homes]
    others = [f for c in built for f in c.ground.footprints]
    rings = [list(h.building.corners(h.frame)) for h in homes] + [list(f.corners) for f in others]
    none = np.full(len(others), -1, np.int64)
    columns = {
        "id": identifiers("b", len(rings)),
        "kind": ["residential"] * len(homes) + [f.kind for f in others],
        "levels": np.array([h.building.storeys for h in homes] + [f.levels for f in others], np.int64),
        "compound": chosen(numbering.compounds, np.concatenate([compound, none])),
        "name": [None] * len(homes) + [names.get(k) for k in range(len(others))],
    }
    return gpd.GeoDataFrame(columns, geometry=_polygons(rings), crs=CRS)


def ways_layer(plan: Plan, built: list[Community], numbering: Numbering) -> gpd.GeoDataFrame:
    """Return all ways: those of the communities, then the links between them."""
    places = [np.array(c.web.nodes) for c in built]
    parts: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], _Lines, npt.NDArray[np.int64]]] = []
    for k, community in enumerate(built):
        found = community.web.segments()
        first = numbering.first_node[k]
        lines = _Lines.of(community.web, int(numbering.first_compound[k]))
        parts.append((found.u + first, found.v + first, lines, found.line))
    links, renumbered, fresh = _links(plan, built, numbering)
    found = links.segments()
    parts.append((renumbered[found.u], renumbered[found.v], _Lines.of(links, 0), found.line))
    xy = np.concatenate([*places, fresh])
    u, v = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
    lines = _Lines.joined([p[2].taken(p[3]) for p in parts])
    kinds = np.array(KINDS, dtype=object)
    return gpd.GeoDataFrame(
        {
            "id": identifiers("w", len(u)),
            "u": u,
            "v": v,
            "kind": kinds[lines.kind],
            "access": np.array([str(a) for a in _ACCESS], dtype=object)[lines.access],
            "level": lines.level,
            "steps": lines.kind == KINDS.index("steps"),
            "compound": chosen(numbering.compounds, lines.compound),
            "name": lines.name,
        },
        geometry=shapely.linestrings(np.stack([xy[u], xy[v]], axis=1)),
        crs=CRS,
    )


@dataclass(frozen=True)
class _Lines:
    kind: npt.NDArray[np.int64]
    access: npt.NDArray[np.int64]
    level: npt.NDArray[np.int64]
    compound: npt.NDArray[np.int64]
    name: npt.NDArray[np.object_]

    @classmethod
    def of(cls, web: Web, first_compound: int) -> _Lines:
        compound = np.array(web.compound, np.int64)
        return cls(
            np.array(web.kind, np.int64),
            np.array(web.access, np.int64),
            np.array(web.level, np.int64),
            np.where(compound >= 0, compound + first_compound, -1).astype(np.int64),
            np.array([name or None for name in web.name], dtype=object),
        )

    def taken(self, rows: npt.NDArray[np.int64]) -> _Lines:
        return _Lines(self.kind[rows], self.access[rows], self.level[rows], self.compound[rows], self.name[rows])

    @classmethod
    def joined(cls, parts: list[_Lines]) -> _Lines:
        return cls(
            np.concatenate([p.kind for p in parts]),
            np.concatenate([p.access for p in parts]),
            np.concatenate([p.level for p in parts]),
            np.concatenate([p.compound for p in parts]),
            np.concatenate([p.name for p in parts]),
        )


def _links(
    plan: Plan, built: list[Community], numbering: Numbering
) -> tuple[Web, npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw the links; return their web, the district's number of each of its nodes, and the nodes that are new."""
    web = Web()
    ports = [iter(c.ports) for c in built]
    known: dict[int, int] = {}
    for link in plan.links:
        ends = [(k, next(ports[k])) for k in (link.cell_a, link.cell_b)]
        a, b = (built[k].web.nodes[node] for k, node in ends)
        nodes = draw_link(web, link, a, b)
        for mine, (k, node) in zip(nodes, ends, strict=True):
            known[mine] = int(numbering.first_node[k]) + node
    numbers = np.empty(len(web.nodes), np.int64)
    fresh: list[tuple[float, float]] = []
    for node, place in enumerate(web.nodes):
        if node in known:
            numbers[node] = known[node]
        else:
            numbers[node] = numbering.nodes + len(fresh)
            fresh.append(place)
    return web, numbers, np.array(fresh, np.float64).reshape(-1, 2)


def stations_layer(stations: list[tuple[int, Station]], numbering: Numbering, names: list[str]) -> gpd.GeoDataFrame:
    """Return the stations, each with the number of its community."""
    return gpd.GeoDataFrame(
        {
            "id": identifiers("s", len(stations)),
            "name": names,
            "kind": [str(s.kind) for _, s in stations],
            "community": [numbering.communities[k] for k, _ in stations],
            "access": [str(s.access) for _, s in stations],
            "opening_hours": [s.hours for _, s in stations],
            "compound": [numbering.compound(k, s.compound) for k, s in stations],
            "floor_area_m2": [s.floor_area_m2 for _, s in stations],
            "resident_area_m2": [s.resident_area_m2 for _, s in stations],
            "services": [s.services for _, s in stations],
        },
        geometry=shapely.points(np.array([s.place for _, s in stations])),
        crs=CRS,
    )


def candidates_layer(sites: list[tuple[int, Site]], numbering: Numbering) -> gpd.GeoDataFrame:
    """Return the candidate sites."""
    return gpd.GeoDataFrame(
        {
            "id": identifiers("p", len(sites)),
            "name": [s.name for _, s in sites],
            "community": [numbering.communities[k] for k, _ in sites],
            "floor_area_m2": [s.floor_area_m2 for _, s in sites],
            "capex": [s.capex for _, s in sites],
            "opex": [s.opex for _, s in sites],
            "veto": [s.veto or None for _, s in sites],
            "compound": [numbering.compound(k, s.compound) for k, s in sites],
            "storey": np.array([s.storey for _, s in sites], np.int64),
        },
        geometry=shapely.points(np.array([s.place for _, s in sites])),
        crs=CRS,
    )
