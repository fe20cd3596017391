"""Fictional districts of any size from a seed."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.arrays import apportioned
from workbench.catalogue.terms import StationKind
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.ground.synthetic import character as naming
from workbench.ground.synthetic.assembly import (
    Numbering,
    buildings_layer,
    candidates_layer,
    communities_layer,
    compounds_layer,
    demand_layer,
    gates_layer,
    homes_of,
    identifiers,
    stations_layer,
    ways_layer,
)
from workbench.ground.synthetic.character import (
    CALIBRATED_COMMUNITIES,
    CRS,
    DATE,
    LATTICE,
    MOST_COMMUNITIES,
    TOTALS,
    Totals,
    settle,
)
from workbench.ground.synthetic.community import Bank, Community, build_community
from workbench.ground.synthetic.halls import write_halls
from workbench.ground.synthetic.ledgers import write_ledgers
from workbench.ground.synthetic.plan import Plan, draw_plan
from workbench.ground.synthetic.rounds import write_rounds
from workbench.ground.synthetic.season import write_season
from workbench.ground.synthetic.staff import write_staff
from workbench.ground.synthetic.stations import Site, Station, place_centre, place_posts, place_sites
from workbench.ground.synthetic.tracts import Point
from workbench.ground.synthetic.week import furnished, write_week

# ----------------------------------------------------------------------------------------------------------------------
# The ledger of rooms: what the sign says, what the room is used for, and what it could bear.


@dataclass(frozen=True)
class _Kind:
    """A kind of room: area from and to (m²), m² a person, equipment, water, what its walls bear, privacy."""

    sign: str
    area_m2: tuple[int, int]
    each_m2: float
    equipment: str
    water: bool
    sound: str
    private: bool


_KINDS = (
    _Kind("多功能厅", (70, 140), 1.6, "projector;audio;stacking_chairs", False, "loud", False),
    _Kind("党员活动室", (45, 90), 1.8, "projector;tables", False, "ordinary", False),
    _Kind("图书阅览室", (40, 80), 2.6, "bookshelves;tables", False, "quiet", False),
    _Kind("儿童活动室", (36, 70), 2.5, "mats;toys;low_tables", True, "ordinary", False),
    _Kind("老年活动室", (40, 80), 2.4, "card_tables;kettle", True, "ordinary", False),
    _Kind("人民调解室", (16, 28), 2.6, "tables", False, "quiet", True),
    _Kind("心理咨询室", (14, 24), 4.0, "sofa", False, "quiet", True),
    _Kind("健身室", (45, 90), 4.0, "treadmills;mirrors", False, "loud", False),
    _Kind("书画室", (30, 56), 2.6, "tables;sink", True, "quiet", False),
    _Kind("舞蹈室", (50, 90), 3.0, "mirrors;audio", False, "loud", False),
    _Kind("会议室", (30, 60), 1.8, "projector;tables", False, "ordinary", True),
    _Kind("四点半课堂", (36, 66), 2.0, "tables;whiteboard", False, "quiet", False),
    _Kind("日间照料室", (40, 76), 5.0, "beds;call_bell", True, "quiet", True),
    _Kind("手工坊", (30, 56), 2.6, "workbench;sink", True, "ordinary", False),
    _Kind("直播间", (18, 32), 5.0, "camera;lights", False, "quiet", False),
    _Kind("办公室", (18, 36), 5.0, "desks", False, "ordinary", True),
    _Kind("档案室", (14, 26), 9.0, "cabinets", False, "ordinary", True),
)

_INSTEAD = ("储物间", "办公室", "闲置", "会议室", "多功能厅", "棋牌室")
"""What a room is really used for where the sign does not tell the truth."""

_MISNAMED = 0.24
_MERGE_CHANCE = 0.55
_ROOM_SHARE = 0.62
"""Share of a station's floor area that all its rooms together may take."""


def _write_ledger(
    stations: pd.DataFrame, counts: list[int], identifiers: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Return the rooms ledger."""
    rows: list[dict[str, object]] = []
    for station, area, count in zip(stations["id"], stations["floor_area_m2"], counts, strict=True):
        rows += _rooms_of(str(station), float(area), count, identifiers[len(rows) : len(rows) + count], rng)
    return pd.DataFrame(rows, columns=_COLUMNS)


_COLUMNS = (
    "id", "station", "sign", "function", "storey", "area_m2", "capacity", "equipment", "water", "sound", "private",
    "merges_with", "opening_hours",
)  # fmt: skip


def _rooms_of(
    station: str, floor_area_m2: float, count: int, identifiers: list[str], rng: np.random.Generator
) -> list[dict[str, object]]:
    order = [int(k) for k in rng.permutation(len(_KINDS))]
    kinds = [_KINDS[order[k % len(order)]] for k in range(count)]
    wished = [float(rng.integers(k.area_m2[0], k.area_m2[1] + 1)) for k in kinds]
    shrink = min(1.0, _ROOM_SHARE * floor_area_m2 / max(sum(wished), 1.0))
    areas = [float(max(8, round(area * shrink))) for area in wished]
    rows: list[dict[str, object]] = []
    for place, (kind, area) in enumerate(zip(kinds, areas, strict=True)):
        function = kind.sign
        if rng.uniform() < _MISNAMED:
            function = next(f for f in np.roll(_INSTEAD, int(rng.integers(len(_INSTEAD)))).tolist() if f != kind.sign)
        rows.append(
            {
                "id": identifiers[place],
                "station": station,
                "sign": kind.sign,
                "function": function,
                "storey": 1 if place < (count + 1) // 2 else 2,
                "area_m2": area,
                "capacity": max(2, int(area / kind.each_m2)),
                "equipment": kind.equipment,
                "water": kind.water,
                "sound": kind.sound,
                "private": kind.private,
                "merges_with": None,
                "opening_hours": "Mo-Su 09:00-21:00" if rng.uniform() < 0.15 else None,
            }
        )
    _join_neighbours(rows, rng)
    return rows


def _join_neighbours(rows: list[dict[str, object]], rng: np.random.Generator) -> None:
    """Put a wall that can be opened between some neighbours of one storey; each then names the other."""
    k = 0
    while k + 1 < len(rows):
        here, there = rows[k], rows[k + 1]
        open_wall = not here["private"] and not there["private"] and rng.uniform() < _MERGE_CHANCE
        if here["storey"] == there["storey"] and open_wall:
            here["merges_with"], there["merges_with"] = there["id"], here["id"]
            k += 1
        k += 1


# ----------------------------------------------------------------------------------------------------------------------
# What maps draw beneath everything: extent, rivers, railways, parks and squares.


_STEPS = 12  # points of a curve for each cell it passes


def draw_backdrop(plan: Plan, communities: list[Community]) -> gpd.GeoDataFrame:
    """Return the backdrop layer."""
    shapes: list[shapely.Geometry] = [_extent(plan)]
    kinds, names = ["extent"], ["x区（虚构）"]
    for k, (column, river) in enumerate(plan.rivers):
        west, east = _shores(river)
        shapes.append(shapely.Polygon([*east, *reversed(west)]))
        kinds.append("water")
        names.append("澄溪河" if k == 0 else f"澄溪{k + 1}河")
        for bank in (b for c in communities for b in c.banks if b.column == column):
            park = _bank_park(bank, [*west, *reversed(east)])
            if park is not None:
                shapes.append(park)
                kinds.append("green")
                names.append("滨河公园")
    for k, railway in enumerate(plan.railways):
        line = [_rounded(p) for p in curve(railway)]
        shapes.append(shapely.LineString(line))
        kinds.append("rail")
        names.append("云渚铁路" if k == 0 else f"云渚{k + 1}线")
    for community in communities:
        for patch in community.ground.patches:
            shapes.append(shapely.Polygon(patch.corners))
            kinds.append(patch.kind)
            names.append(patch.name)
    width = len(str(len(shapes)))
    return gpd.GeoDataFrame(
        {
            "id": [f"f{k:0{width}d}" for k in range(1, len(shapes) + 1)],
            "kind": kinds,
            "name": [name or None for name in names],
        },
        geometry=np.array(shapes, dtype=object),
        crs=CRS,
    )


def _rounded(p: Point) -> Point:
    return round(p[0], 2), round(p[1], 2)


def _extent(plan: Plan) -> shapely.Geometry:
    """Return the outline of all cells; they share their corners, so that no corner is new."""
    return shapely.normalize(shapely.union_all([shapely.Polygon(cell.corners) for cell in plan.cells]))


def curve(through: tuple[Point, ...]) -> list[Point]:
    """Return a smooth line through points (Catmull-Rom)."""
    points = [_mirrored(through[1], through[0]), *through, _mirrored(through[-2], through[-1])]
    out: list[Point] = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:], strict=False):
        for k in range(_STEPS):
            u = k / _STEPS
            wa, wb = -u + 2 * u**2 - u**3, 2 - 5 * u**2 + 3 * u**3
            wc, wd = u + 4 * u**2 - 3 * u**3, -(u**2) + u**3
            out.append(
                (
                    (wa * a[0] + wb * b[0] + wc * c[0] + wd * d[0]) / 2.0,
                    (wa * a[1] + wb * b[1] + wc * c[1] + wd * d[1]) / 2.0,
                )
            )
    return [*out, through[-1]]


def _mirrored(p: Point, about: Point) -> Point:
    return 2.0 * about[0] - p[0], 2.0 * about[1] - p[1]


def _shores(river: tuple[Point, ...]) -> tuple[list[Point], list[Point]]:
    """Return the western and the eastern edge of the water, whose distance swells and shrinks a little."""
    line = curve(river)
    west: list[Point] = []
    east: list[Point] = []
    for k, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = line[max(k - 1, 0)], line[min(k + 1, len(line) - 1)]
        length = math.hypot(bx - ax, by - ay)
        nx, ny = -(by - ay) / length, (bx - ax) / length
        half = LATTICE.water_half_m * (1.0 + 0.14 * math.sin(k * 0.37) + 0.06 * math.sin(k * 1.1))
        west.append(_rounded((x + nx * half, y + ny * half)))
        east.append(_rounded((x - nx * half, y - ny * half)))
    return west, east


def _bank_park(bank: Bank, shore: list[Point]) -> shapely.Geometry | None:
    """Return the land between a footway and the water.

    ``shore`` is the whole edge of the river as a ring, western edge first; of it the points opposite the footway
    and on its side of the river are taken.
    """
    (ax, ay), (bx, by) = bank.begin, bank.end
    length = math.hypot(bx - ax, by - ay)
    ux, uy = (bx - ax) / length, (by - ay) / length
    opposite: list[tuple[float, Point]] = []
    for x, y in shore:
        along, off = (x - ax) * ux + (y - ay) * uy, (x - ax) * uy - (y - ay) * ux
        if 0.0 <= along <= length and 0.0 < off < LATTICE.river_half_m:
            opposite.append((along, (x, y)))
    if len(opposite) < 2:
        return None
    water = [p for _, p in sorted(opposite)]
    off = 4.0
    near = [_rounded((ax + uy * off, ay - ux * off)), _rounded((bx + uy * off, by - ux * off))]
    return shapely.Polygon([*near, *reversed(water)])


# ----------------------------------------------------------------------------------------------------------------------
# Fictional districts of any size from a seed.


X_DISTRICT_SEED = 146
"""Seed of the district in ``geodata/x-district``."""

STREET_NAMES = 14  # stems set aside for the streets of one community
_SUBDISTRICT_COLUMNS, _SUBDISTRICT_ROWS = 2, 3


def district(seed: int, *, communities: int = CALIBRATED_COMMUNITIES) -> District:
    """Make a fictional district.

    The ground is invented down to the last wall: grid, river, railway, compounds, people, stations. It lies near
    easting 500 000 m, northing 20 000 m of EPSG:4545, which is open sea at the equator, so that no map can place it
    in a real city.

    Parameters
    ----------
    seed
        A whole number, zero or more. The same seed gives the same content, another seed another district.
    communities
        Number of communities (社区), 1 to 3,000. Stations, rooms, people and sites are in proportion: 33 communities
        hold 1 district centre, 33 community centres, 38 posts, 156 rooms, 118,000 households, 248,000 residents.

    Returns
    -------
    District
        All layers and the ledgers of rooms; coordinates in metres, EPSG:4545, on a grid of 1 cm.

    Raises
    ------
    GeodataError
        If the seed or the number of communities is not such a number.
    """
    check(seed, communities)
    totals = TOTALS.scaled(communities)
    parts = np.random.SeedSequence(seed).spawn(11)
    plan = draw_plan(communities, np.random.default_rng(parts[0]))
    names = naming.Names(np.random.default_rng(parts[1]))
    groups = _subdistricts(plan)
    subdistricts = names.subdistricts(max(groups) + 1)
    titles = names.communities(groups)
    grid_names = {key: names.arterial(key[0]) for key in sorted({b.line for c in plan.cells for b in c.borders})}
    streams = [np.random.default_rng(child) for child in parts[2].spawn(communities)]
    built = _build(plan, names, grid_names, streams)
    numbering = Numbering.of(built)
    tables = housing_tables(plan, built, numbering, names, totals, np.random.default_rng(parts[3]))
    tables["communities"] = communities_layer(plan, numbering, titles, [subdistricts[g] for g in groups])
    tables |= service_tables(built, numbering, titles, list(tables["compounds"]["name"]), totals, streams, parts[4])
    tables["rooms"] = furnished(tables["rooms"])
    # a stream of its own: what was drawn before this ledger existed stays as it was
    tables |= write_week(tables["stations"], tables["rooms"], np.random.default_rng(parts[5]))
    tables |= write_halls(tables["stations"], tables["demand"], np.random.default_rng(parts[6]))
    stations = tables["stations"]
    halls = stations[stations["kind"] != StationKind.POST]
    date = dt.date.fromisoformat(DATE)
    tables |= write_staff(halls, tables["demand"], date, np.random.default_rng(parts[7]))
    tables |= write_rounds(stations, tables["demand"], date, np.random.default_rng(parts[8]))
    ledgers = np.random.default_rng(parts[9])
    tables |= write_ledgers(stations, tables["rooms"], tables["demand"], date, ledgers)
    tables |= write_season(stations, tables["demand"], date, np.random.default_rng(parts[10]))
    tables["backdrop"] = draw_backdrop(plan, built)
    return District.from_tables(_manifest(seed, communities), tables).sealed


def check(seed: object, communities: object) -> None:
    """Refuse what is no seed, or no number of communities."""
    where = "synthetic.district"
    problems: list[Problem] = []
    if not _is_whole(seed) or seed < 0:  # type: ignore[operator]
        expected = "a whole number, zero or more"
        problems.append(Problem(where, "the seed is not valid", "", "seed", expected, repr(seed)))
    if not _is_whole(communities) or not 1 <= communities <= MOST_COMMUNITIES:  # type: ignore[operator]
        what, expected = "the number of communities is not valid", f"a whole number from 1 to {MOST_COMMUNITIES:,}"
        problems.append(Problem(where, what, "", "communities", expected, repr(communities)))
    if problems:
        raise GeodataError(problems)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _manifest(seed: int, communities: int) -> Manifest:
    embedded = seed == X_DISTRICT_SEED and communities == CALIBRATED_COMMUNITIES
    return Manifest(
        name="x区（虚构）",
        key="x-district" if embedded else f"synthetic-{seed}-{communities}",
        crs=CRS,
        ground="fictional",
        date=DATE,
        source=(
            f"Invented by workbench.synthetic.district({seed}, communities={communities}); no survey, no real place. "
            "The coordinates lie on open sea at the equator. Totals follow the speech: 1 + 33 + 38 stations, 156 rooms."
        ),
        licence="CC0-1.0",
        seed=int(seed),
    )


def _subdistricts(plan: Plan) -> list[int]:
    """Return the number of the subdistrict of each cell: blocks of two columns and three rows."""
    places = [(cell.row // _SUBDISTRICT_ROWS, cell.column // _SUBDISTRICT_COLUMNS) for cell in plan.cells]
    order = {place: k for k, place in enumerate(sorted(set(places)))}
    return [order[place] for place in places]


def _build(
    plan: Plan, names: naming.Names, grid_names: dict[tuple[str, int], str], streams: list[np.random.Generator]
) -> list[Community]:
    ports: list[list[tuple[int, float]]] = [[] for _ in plan.cells]
    for link in plan.links:
        ports[link.cell_a].append((link.side_a, link.fraction))
        ports[link.cell_b].append((link.side_b, link.fraction))
    built: list[Community] = []
    for cell, rng in zip(plan.cells, streams, strict=True):
        stems = [names.stem() for _ in range(STREET_NAMES)]
        own: Iterator[str] = naming.streets(stems, rng)
        around = tuple(grid_names[border.line] for border in cell.borders)
        built.append(build_community(cell, ports[cell.number], own, around, rng))
    return built


def housing_tables(
    plan: Plan,
    built: list[Community],
    numbering: Numbering,
    names: naming.Names,
    totals: Totals,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
    """Return where people live: compounds, gates, demand, ways, buildings."""
    flats = np.array([h.building.flats for c in built for h in c.homes], np.int64)
    people = settle(flats, numbering.home_zones, totals.households, totals.residents, rng)
    compound = homes_of(built, numbering)
    titles = [naming.compound_name(names.stem(), c.cell.zone.key, rng) for c in built for _ in c.compounds]
    return {
        "compounds": compounds_layer(built, numbering, titles, compound, people),
        "gates": gates_layer(built, numbering),
        "demand": demand_layer(built, numbering, compound, people),
        "ways": ways_layer(plan, built, numbering),
        "buildings": buildings_layer(built, numbering, compound, _spoken_places(built)),
    }


def _spoken_places(built: list[Community]) -> dict[int, str]:
    """Give the two places of learning that the speech names to the first public buildings of two communities."""
    found: dict[int, str] = {}
    start = 0
    spoken = list(naming.SPOKEN_PLACES)
    for community in built:
        public = [k for k, f in enumerate(community.ground.footprints) if f.kind == "public"]
        if public and spoken:
            found[start + public[0]] = spoken.pop(0)
        start += len(community.ground.footprints)
    return found


def service_tables(
    built: list[Community],
    numbering: Numbering,
    titles: list[str],
    compound_names: list[str],
    totals: Totals,
    streams: list[np.random.Generator],
    sequence: np.random.SeedSequence,
) -> dict[str, pd.DataFrame]:
    """Return what serves them: stations, candidate sites, rooms."""
    rng = np.random.default_rng(sequence)
    weights = np.array([c.cell.zone.post_weight for c in built]) * rng.uniform(0.3, 1.7, len(built))
    posts = apportioned(totals.posts, weights)
    sites = apportioned(totals.candidates, rng.uniform(0.8, 1.2, len(built)))
    markets = sorted(range(len(built)), key=lambda k: (not built[k].cell.market, k))[: totals.district_centres]
    insiders = {int(k) for k in rng.permutation(len(built))[: len(built) // 16]}
    centres: list[tuple[int, Station]] = []
    others: list[tuple[int, Station]] = []
    places: list[tuple[int, Site]] = []
    for k, (community, own) in enumerate(zip(built, streams, strict=True)):
        here = [place_centre(community, StationKind.DISTRICT_CENTRE, False, [], own)] if k in markets else []
        taken = [s.place for s in here]
        here.append(place_centre(community, StationKind.COMMUNITY_CENTRE, k in insiders, taken, own))
        centres += [(k, s) for s in here]
        others += [(k, s) for s in place_posts(community, int(posts[k]), [s.place for s in here], own)]
        places += [(k, s) for s in place_sites(community, int(sites[k]), own)]
    centres.sort(key=lambda item: item[1].kind is not StationKind.DISTRICT_CENTRE)
    stations = stations_layer(
        centres + others, numbering, _station_names(centres + others, numbering, titles, compound_names)
    )
    halls = pd.DataFrame(stations.iloc[: len(centres)])
    spread = apportioned(
        totals.rooms, halls["floor_area_m2"].to_numpy(np.float64) ** 0.6, least=1 if totals.rooms >= len(centres) else 0
    )
    rooms = _write_ledger(halls, [int(n) for n in spread], list(identifiers("r", totals.rooms)), rng)
    return {"stations": stations, "candidates": candidates_layer(places, numbering), "rooms": rooms}


def _station_names(
    stations: list[tuple[int, Station]], numbering: Numbering, titles: list[str], compound_names: list[str]
) -> list[str]:
    out: list[str] = []
    for k, station in stations:
        if station.kind is StationKind.DISTRICT_CENTRE:
            out.append("x区党群服务中心")
        elif station.kind is StationKind.COMMUNITY_CENTRE:
            out.append(f"{titles[k]}党群服务中心")
        elif station.near >= 0:
            out.append(f"{compound_names[int(numbering.first_compound[k]) + station.near]}党群驿家")
        else:
            out.append(f"{titles[k]}党群驿家")
    return out
