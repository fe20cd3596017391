"""Real places, end to end. Skipped where the shared data are absent."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tests.shared_data import ROOT, shared
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage, assess_space_time, scene_matrix
from workbench.coverage.service_areas import service_areas
from workbench.ground.district import District
from workbench.ground.sources import import_district, read_district, write_district
from workbench.ground.sources.osm import read_osm_features
from workbench.network import WalkNetwork
from workbench.network.streets import Streets, build_streets
from workbench.network.walking import Walks
from workbench.report import write_run
from workbench.scenario import Scenario, load_scenario
from workbench.study import walk_through

SCENARIOS = Path(__file__).parents[1] / "scenarios"

RESIDENTS = 812_935


@pytest.fixture(scope="module")
def porto_alegre(tmp_path_factory: pytest.TempPathFactory) -> District:
    shared("real/porto-alegre/poa_osm.pbf")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBENCH_SHARED_DATA", str(ROOT))
        made = import_district(SCENARIOS / "recipes" / "porto-alegre.yaml")
    return read_district(write_district(made, tmp_path_factory.mktemp("ground") / "poa"))


@pytest.fixture(scope="module")
def result(porto_alegre: District) -> CoverageResult:
    return assess_coverage(porto_alegre, load_scenario(SCENARIOS / "porto-alegre.yaml"))


@pytest.fixture(scope="module")
def streets(porto_alegre: District) -> Streets:
    return build_streets(porto_alegre.ways, porto_alegre.compounds, porto_alegre.gates)


def test_what_the_data_lack_is_missing_in_the_indicator_table(result: CoverageResult) -> None:
    _, appraisal = walk_through(result)
    values = {line.indicator.key: line.indicator.value for line in appraisal.lines}
    missing = {key for key, value in values.items() if value is None}
    assert missing >= {"coverage.households", "coverage.compounds", "groups.least", "hours.onsite", "scenes.share"}
    assert values["access.residents"] == pytest.approx(99.9, abs=0.1)  # 99.6 before doors went to what leads somewhere
    table = appraisal.table()
    assert (table["现状"] == "缺数据").sum() == len(missing)
    assert (table["达标"] == "缺数据").sum() == sum(
        line.target is not None for line in appraisal.lines if line.indicator.value is None
    )
    diverse = appraisal.axis_table().set_index("四化").loc["多元化"]
    assert (diverse["得分"], diverse["有得分"]) == ("缺数据", 0)


def test_nobody_is_lost(result: CoverageResult) -> None:
    headline = result.kpis()[0]
    assert (headline.key, headline.of) == ("residents.covered.share", RESIDENTS)
    residents = result.populace.residents
    reached = np.isfinite(result.distance[ServiceLevel.ANY].walk)
    parts = [residents[mask].sum() for mask in (reached, result.unreachable, result.unsnapped)]
    assert sum(parts) == RESIDENTS
    assert len(residents) == 1_227
    lost = result.lost
    assert set(lost["reason"]) == {
        "too far from any way open to it",
        "no way leads to a station",
        "its ways hang together with nothing else",
    }
    assert lost["residents"].sum() == parts[1] + parts[2]


def test_both_modes_are_reported(result: CoverageResult) -> None:
    shares = {mode: result.covered_residents(mode).sum() / RESIDENTS for mode in Mode}
    # at 1.2 m/s five minutes are 360 m less what the crossings cost; the buffer circle claims the most
    assert 0.05 < shares[Mode.COMPLIANCE] < shares[Mode.EXPERIENCE] < 0.35
    assert shares[Mode.COMPLIANCE] <= shares[Mode.STRAIGHT_LINE]


def test_service_areas_are_nested_and_valid(result: CoverageResult) -> None:
    areas = service_areas(result)
    assert len(areas) == 3 * len(result.district.stations)
    assert areas.is_valid.all()
    for shorter, longer in ((300, 500), (500, 1000)):
        inner, outer = (areas[areas["limit"] == limit].geometry.reset_index(drop=True) for limit in (shorter, longer))
        assert outer.covers(inner).all()


def test_what_the_data_lack_is_missing_not_zero(result: CoverageResult) -> None:
    missing = {kpi.key for kpi in result.kpis() if kpi.value is None}
    assert missing == {"households.covered.share", "compounds.covered.share", "land.covered.share"}
    assert result.by_community.empty


def test_scenes_of_a_city_without_services_are_missing(result: CoverageResult) -> None:
    matrix = scene_matrix(result)
    assert matrix.cells[["reached", "share", "timely", "share_timely"]].isna().all(axis=None)
    assert set(matrix.cells["reason"]) == {"not_known"}
    assert {kpi.value for kpi in matrix.kpis() if kpi.key in {"scenes.offered", "scenes.share"}} == {None}
    assert matrix.layers() == {}


def test_a_week_of_stations_without_hours_is_missing_and_not_shut(result: CoverageResult) -> None:
    week = assess_space_time(result)
    kpis = {kpi.key: kpi for kpi in week.kpis() if kpi.mode == Mode.COMPLIANCE and kpi.level == ServiceLevel.ANY}
    assert kpis["hours.onsite"].value is None
    assert kpis["hours.stations.missing"].value == kpis["hours.stations.missing"].of == len(result.station_rows)
    assert kpis["hours.not_known"].value == pytest.approx(result.covered_residents(Mode.COMPLIANCE).sum())
    assert kpis["hours.not_known"].of == RESIDENTS


def test_the_run_folder_of_a_real_city(porto_alegre: District, result: CoverageResult, tmp_path: Path) -> None:
    folder = write_run(tmp_path / "out", porto_alegre, result.scenario, result)
    records = json.loads((folder / "kpi.json").read_text(encoding="utf-8"))
    assert records[0]["of"] == RESIDENTS
    assert {record["mode"] for record in records} == {"compliance", "experience", "straight_line"}


def neighbours(edges: np.ndarray, length: np.ndarray, n: int) -> list[list[tuple[int, float]]]:
    found: list[list[tuple[int, float]]] = [[] for _ in range(n)]
    for (u, v), metres in zip(edges.tolist(), length.tolist(), strict=True):
        found[u].append((v, metres))
        found[v].append((u, metres))
    return found


def dijkstra(graph: list[list[tuple[int, float]]], sources: Iterable[int], limit: float) -> dict[int, float]:
    found: dict[int, float] = {}
    heap = [(0.0, source) for source in sources]
    heapq.heapify(heap)
    while heap:
        here, node = heapq.heappop(heap)
        if node in found:
            continue
        found[node] = here
        for other, metres in graph[node]:
            if here + metres <= limit and other not in found:
                heapq.heappush(heap, (here + metres, other))
    return found


def test_reach_equals_dijkstra_bit_for_bit(streets: Streets) -> None:
    graph = neighbours(streets.edges, streets.length_m, streets.n_nodes)
    network = WalkNetwork.from_edges(streets.xy, streets.edges, streets.length_m)
    sources = np.arange(0, streets.n_nodes, 7)
    reach = network.reach(sources, 400.0)
    reach.sort_indices()
    for row, source in enumerate(sources.tolist()):
        expected = dijkstra(graph, [source], 400.0)
        part = slice(reach.indptr[row], reach.indptr[row + 1])
        assert reach.indices[part].tolist() == sorted(expected)
        assert reach.data[part].tolist() == [expected[node] for node in sorted(expected)]


@pytest.mark.parametrize("limit", [400.0, math.inf])
def test_nearest_equals_dijkstra_bit_for_bit(streets: Streets, limit: float) -> None:
    graph = neighbours(streets.edges, streets.length_m, streets.n_nodes)
    network = WalkNetwork.from_edges(streets.xy, streets.edges, streets.length_m)
    sources = np.random.default_rng(7).choice(streets.n_nodes, 150, replace=False)
    distance, index = network.nearest(sources, limit)
    expected = dijkstra(graph, sources.tolist(), limit)
    assert distance.tolist() == [expected.get(node, math.inf) for node in range(streets.n_nodes)]
    assert ((index >= 0) == np.isfinite(distance)).all()
    each = {position: dijkstra(graph, [source], limit) for position, source in enumerate(sources[:20].tolist())}
    for position, found in each.items():
        ties = [node for node, metres in found.items() if metres == distance[node]]
        assert (index[ties] <= position).all()
        assert all(distance[node] <= metres for node, metres in found.items())


def test_the_network_agrees_with_published_counts(porto_alegre: District, streets: Streets) -> None:
    """A plain graph of the walkable highways has about 1,834 km, 98.5 % of its nodes in one piece."""
    ways = porto_alegre.ways
    open_ways = ways[(ways["access"] != "closed") & (ways["kind"] != "square")]  # no plain graph crosses squares
    assert open_ways.length.sum() / 1000 == pytest.approx(1_834, rel=0.05)
    whole = np.bincount(streets.components)
    assert whole[0] / streets.n_nodes == pytest.approx(0.985, abs=0.02)


def held_on_islands(district: District, result: CoverageResult) -> tuple[list[int], list[int]]:
    """Doors on pieces of fewer than 1 % of the nodes, and those of them that could have been on a piece that leads on.

    By other code than the doors' own: pieces from the layer's node numbers, ways near a door by plain distance.
    """
    on = result.doors.streets
    _, place = np.unique(on.node, return_inverse=True)
    links = coo_array((np.ones(len(on.edges), bool), tuple(place[on.edges].T)), shape=(place.max() + 1,) * 2)
    _, piece = connected_components(links, directed=False)
    whole = np.bincount(piece)[piece[place[on.edges[:, 0]]]] >= 0.01 * len(piece)
    limit = result.scenario.standard(result.scenario.walking.snap_limit)
    tree = shapely.STRtree(on.lines[whole & on.door & (on.zone == -1)])
    stations = district.stations.iloc[result.station_rows]
    islanders, misplaced = [], []
    for frame, doors in ((district.demand, result.demand_doors), (stations, result.doors.stations)):
        small = doors.joined & ~whole[doors.edge]
        near = np.unique(tree.query(np.asarray(frame.geometry.array, object), predicate="dwithin", distance=limit)[0])
        walled = np.isin(doors.edge, np.flatnonzero(on.zone >= 0))
        islanders.append(int(small.sum()))
        misplaced.append(int((small & ~walled & np.isin(np.arange(len(frame)), near)).sum()))
    return islanders, misplaced


def with_doors(district: District, homes: np.ndarray, places: np.ndarray) -> District:
    """A network with one resident at each home and a facility at each place, for want of real ones."""
    people = {"residents": 1.0, "households": np.nan, "compound": None, "community": None}
    sites = {"name": "-", "kind": "facility", "access": "public", "community": None, "compound": None}
    demand, stations = (
        gpd.GeoDataFrame(
            {"id": [f"{n:05d}" for n in range(len(points))], **rest}, geometry=list(points), crs=district.crs
        )
        for points, rest in ((homes, people), (places, {**sites, "opening_hours": None}))
    )
    kept = {name: table for name, table in district.tables.items() if len(table)}
    return District.from_tables(district.manifest, {**kept, "demand": demand, "stations": stations})


def test_nobody_stands_on_an_island_who_need_not(porto_alegre: District, result: CoverageResult) -> None:
    islanders, misplaced = held_on_islands(porto_alegre, result)
    assert misplaced == [0, 0]
    assert islanders == [result.on_island.sum(), result.stations_on_island.sum()]
    listed = result.doubtful_doors
    assert len(listed) == sum(islanders)
    assert set(listed["reason"]) == {"its ways hang together with nothing else"}
    residents = result.populace.residents
    assert residents[result.unreachable].sum() == 257  # 3,143 before doors went to what leads somewhere


def test_facilities_and_buildings_of_beijing_stand_on_the_main_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    path = shared("real/beijing-tsinghua-osm/tsinghua_map.osm")
    monkeypatch.setenv("WORKBENCH_SHARED_DATA", str(ROOT))
    district = import_district(SCENARIOS / "recipes" / "beijing-tsinghua.yaml")
    places, _ = read_osm_features(path, "stations", ["amenity"])
    spots = shapely.point_on_surface(places[places["amenity"].notna()].to_crs(district.crs).geometry.to_numpy())
    spots = spots[shapely.intersects(shapely.box(*district.ways.total_bounds), spots)]
    homes = shapely.point_on_surface(district.layer("buildings").geometry.to_numpy())
    ground = with_doors(district, homes, spots)
    found = assess_coverage(ground, Scenario.model_validate({"name": "doors"}))
    islanders, _ = held_on_islands(ground, found)
    assert islanders == [2, 2]
    listed = found.doubtful_doors.groupby(["layer", "reason"]).size()
    assert listed.to_dict() == {
        ("demand", "all ways near it lie behind a wall"): 1,
        ("demand", "its ways hang together with nothing else"): 2,
        ("stations", "all ways near it lie behind a wall"): 1,
        ("stations", "its ways hang together with nothing else"): 2,
    }
    for doors, frame in ((found.demand_doors, ground.demand), (found.doors.stations, ground.stations)):
        stay = np.flatnonzero(found.doors.on_island(doors))
        points = np.asarray(frame.geometry.array, object)[stay]
        main = found.doors.streets.lines[found.doors.streets.leads & found.doors.streets.door]
        pairs = shapely.STRtree(main).query(points, predicate="dwithin", distance=50)
        assert (found.doors.streets.barriers.crossed(points[pairs[0]], main[pairs[1]]) > 0).all()


def test_a_lattice_of_doors_in_shenzhen_stands_on_the_main_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    shared("real/shenzhen-futian-walk")
    monkeypatch.setenv("WORKBENCH_SHARED_DATA", str(ROOT))
    district = import_district(SCENARIOS / "recipes" / "shenzhen-futian.yaml")
    west, south, east, north = district.ways.total_bounds
    x, y = np.meshgrid(np.arange(west, east, 40), np.arange(south, north, 40))
    homes = shapely.points(x.ravel(), y.ravel())
    ground = with_doors(district, homes, homes[::23])
    found = assess_coverage(ground, Scenario.model_validate({"name": "doors"}))
    islanders, misplaced = held_on_islands(ground, found)
    assert (islanders, misplaced) == ([26, 0], [0, 0])  # 38 and 3 before
    assert len(found.doubtful_doors) == 26


@pytest.mark.parametrize(("recipe", "km"), [("shenzhen-futian", 226), ("beijing-tsinghua", 123)])
def test_chinese_networks_can_be_walked(recipe: str, km: float, monkeypatch: pytest.MonkeyPatch) -> None:
    shared("real/shenzhen-futian-walk")
    monkeypatch.setenv("WORKBENCH_SHARED_DATA", str(ROOT))
    district = import_district(SCENARIOS / "recipes" / f"{recipe}.yaml")
    assert not district.has("demand")
    made = build_streets(district.ways, district.compounds, district.gates)
    assert made.length_m.sum() / 1000 == pytest.approx(km, rel=0.35)
    walks = Walks(made).network
    distance, _ = walks.nearest(np.arange(0, made.n_nodes, 50), np.inf)
    assert np.isfinite(distance).mean() > 0.9
