"""Real places, end to end. Skipped where the shared data are absent."""

from __future__ import annotations

import heapq
import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from tests.shared_data import ROOT, shared
from workbench.coverage import CoverageResult, assess_coverage, assess_space_time, scene_matrix
from workbench.coverage.service_areas import service_areas
from workbench.district import District
from workbench.network import WalkNetwork
from workbench.network.streets import Streets, build_streets
from workbench.network.walking import Walks
from workbench.report import write_run
from workbench.scenario import load_scenario
from workbench.sources import import_district, read_district, write_district
from workbench.study import walk_through
from workbench.terms import Mode, ServiceLevel

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
    assert values["access.residents"] == pytest.approx(99.6, abs=0.1)
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
    assert set(lost["reason"]) == {"too far from any way open to it", "no way leads to a station"}
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
    assert missing == {"households.covered.share", "compounds.covered.share"}
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
    open_ways = porto_alegre.ways[porto_alegre.ways["access"] != "closed"]
    assert open_ways.length.sum() / 1000 == pytest.approx(1_834, rel=0.05)
    whole = np.bincount(streets.components)
    assert whole[0] / streets.n_nodes == pytest.approx(0.985, abs=0.02)


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
