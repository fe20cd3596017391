"""Fictional districts of any size from a seed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from workbench.district import District
from workbench.errors import GeodataError, Problem
from workbench.manifest import Manifest
from workbench.synthetic import names as naming
from workbench.synthetic.assembly import (
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
from workbench.synthetic.backdrop import draw_backdrop
from workbench.synthetic.character import CALIBRATED_COMMUNITIES, CRS, DATE, MOST_COMMUNITIES, TOTALS, Totals
from workbench.synthetic.community import Community, build_community
from workbench.synthetic.ledger import write_ledger
from workbench.synthetic.people import apportioned, settle
from workbench.synthetic.plan import Plan, draw_plan
from workbench.synthetic.stations import Site, Station, place_centre, place_posts, place_sites
from workbench.synthetic.week import furnished, write_week
from workbench.terms import StationKind

X_DISTRICT_SEED = 146
"""Seed of the district in ``geodata/x-district``."""

_STREET_NAMES = 14  # stems set aside for the streets of one community
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
    _check(seed, communities)
    totals = TOTALS.scaled(communities)
    parts = np.random.SeedSequence(seed).spawn(6)
    plan = draw_plan(communities, np.random.default_rng(parts[0]))
    names = naming.Names(np.random.default_rng(parts[1]))
    groups = _subdistricts(plan)
    subdistricts = names.subdistricts(max(groups) + 1)
    titles = names.communities(groups)
    grid_names = {key: names.arterial(key[0]) for key in sorted({b.line for c in plan.cells for b in c.borders})}
    streams = [np.random.default_rng(child) for child in parts[2].spawn(communities)]
    built = _build(plan, names, grid_names, streams)
    numbering = Numbering.of(built)
    tables = _housing_tables(plan, built, numbering, names, totals, np.random.default_rng(parts[3]))
    tables["communities"] = communities_layer(plan, numbering, titles, [subdistricts[g] for g in groups])
    tables |= _service_tables(built, numbering, titles, list(tables["compounds"]["name"]), totals, streams, parts[4])
    tables["rooms"] = furnished(tables["rooms"])
    # a stream of its own: what was drawn before this ledger existed stays as it was
    tables |= write_week(tables["stations"], tables["rooms"], np.random.default_rng(parts[5]))
    tables["backdrop"] = draw_backdrop(plan, built)
    return District.from_tables(_manifest(seed, communities), tables).sealed


def _check(seed: object, communities: object) -> None:
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
        stems = [names.stem() for _ in range(_STREET_NAMES)]
        own: Iterator[str] = naming.streets(stems, rng)
        around = tuple(grid_names[border.line] for border in cell.borders)
        built.append(build_community(cell, ports[cell.number], own, around, rng))
    return built


def _housing_tables(
    plan: Plan,
    built: list[Community],
    numbering: Numbering,
    names: naming.Names,
    totals: Totals,
    rng: np.random.Generator,
) -> dict[str, pd.DataFrame]:
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


def _service_tables(
    built: list[Community],
    numbering: Numbering,
    titles: list[str],
    compound_names: list[str],
    totals: Totals,
    streams: list[np.random.Generator],
    sequence: np.random.SeedSequence,
) -> dict[str, pd.DataFrame]:
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
    rooms = write_ledger(halls, [int(n) for n in spread], list(identifiers("r", totals.rooms)), rng)
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
