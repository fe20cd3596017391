"""Parts of a district: nobody twice, nobody lost, and every walk that counts is as in the whole."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests import pocket
from tests.command import called
from tests.depth import DEEP
from tests.province.towns import boxes, by_point, town
from tests.shared_data import ROOT, shared
from workbench.catalogue.terms import ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.measure import halo_needed
from workbench.errors import GeodataError
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.ground.sources import import_district, read_district, write_district
from workbench.province.cut import cut_district, read_parts
from workbench.province.tally import added, tally
from workbench.scenario import Scenario, load_scenario

HOUSE = Path(__file__).parents[2]


def measured(district: District, scenario: Scenario, by: gpd.GeoDataFrame | None) -> Iterator[CoverageResult]:
    for part in cut_district(district, by, halo_m=halo_needed(scenario)):
        yield assess_coverage(part, scenario)


def refused(district: District, by: gpd.GeoDataFrame | None = None) -> str:
    with pytest.raises(GeodataError) as error:
        list(cut_district(district, by, halo_m=100.0))
    return str(error.value)


def test_every_row_of_a_ledger_goes_with_one_part() -> None:
    """Of a made-up district, which has all ledgers; parts pass the gate, or they could not be made."""
    whole = synthetic.district(11, communities=3)
    parts = list(cut_district(whole, None, halo_m=550.0))
    said = {note.layer: note.left_out for part in parts for note in part.manifest.sources if note.left_out}
    for name in (
        "signs",
        "volunteers",
        "tools",
        "visits",
        "likes",
        "event_requests",
        "yards",
        "stops",
        "crews",
        "advisers",
    ):
        ids = [key for part in parts for key in part.ledger(name)["id"]]
        assert sorted(ids) == sorted(whole.ledger(name)["id"]), name
    kept = sum(len(part.ledger("study_classes")) for part in parts)
    assert kept == len(whole.ledger("study_classes")) or "beyond the edge" in said["study_classes"][0]


def test_the_halo_holds_the_walks_of_classes_and_to_rounds_where_they_are_asked_for() -> None:
    plain = halo_needed(pocket.scenario())
    assert halo_needed(pocket.scenario(ledgers={})) > plain
    assert halo_needed(pocket.scenario(circuits={})) >= plain


@pytest.mark.parametrize("seed", range(10 if DEEP else 3))
def test_every_walk_that_counts_in_a_random_town_is_as_in_the_whole(seed: int) -> None:
    """Barriers, private ways and islands are told apart as before, however they are cut."""
    shorter = {"walk.island_share": 0.08, "gb50180.ten_minute.walk_distance": 300.0}
    whole, scenario = town(seed), pocket.scenario(standards=shorter)
    parts = list(measured(whole, scenario, boxes(whole, np.random.default_rng(seed), 2, 2)))
    assert min(len(part.district.ways) for part in parts) < len(whole.ways)
    undivided = assess_coverage(whole, scenario)
    pd.testing.assert_frame_equal(by_point(parts), by_point([undivided]))
    assert added([tally(part) for part in parts]) == pytest.approx(tally(undivided), rel=1e-12)


@pytest.mark.skipif(not DEEP, reason="a minute and a half: make deep")
@pytest.mark.parametrize("seed", range(10))
def test_the_embedded_district_cut_at_random_is_the_whole(seed: int) -> None:
    scenario = load_scenario(HOUSE / "scenarios" / "baseline.yaml")
    whole = read_district(HOUSE / "geodata" / "x-district")
    parts = list(measured(whole, scenario, boxes(whole, np.random.default_rng(seed), 2, 2)))
    undivided = assess_coverage(whole, scenario)
    pd.testing.assert_frame_equal(by_point(parts), by_point([undivided]))
    assert added([tally(part) for part in parts]) == pytest.approx(tally(undivided), rel=1e-12)
    ledgers = ("rooms", "activities", "staff", "windows", "leave")
    for name in ledgers:
        rows = pd.concat([part.district.ledger(name) for part in parts])
        assert sorted(rows["id"]) == sorted(whole.ledger(name)["id"])


@pytest.mark.skipif(not DEEP, reason="a real city, imported: make deep")
def test_porto_alegre_cut_around_its_landmarks_is_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data hold no polygons of neighbourhoods: each part is what lies nearest to one of 15 landmarks."""
    points = pd.read_csv(shared("real/porto-alegre/poa_points_of_interest.csv"))
    monkeypatch.setenv("WORKBENCH_SHARED_DATA", str(ROOT))
    whole = import_district(HOUSE / "scenarios" / "recipes" / "porto-alegre.yaml")
    scenario = load_scenario(HOUSE / "scenarios" / "porto-alegre.yaml")
    marks = gpd.GeoSeries.from_xy(points["lon"], points["lat"], crs="EPSG:4326").to_crs(whole.crs)
    ground = shapely.box(*whole.demand.total_bounds)
    cells = list(
        shapely.voronoi_polygons(shapely.MultiPoint(marks.get_coordinates().to_numpy()), extend_to=ground).geoms
    )
    ids = [str(k) for k in range(len(cells))]
    parts = list(measured(whole, scenario, gpd.GeoDataFrame({"id": ids, "name": ids}, geometry=cells, crs=whole.crs)))
    assert len(parts) > 10
    undivided = assess_coverage(whole, scenario)
    pd.testing.assert_frame_equal(by_point(parts), by_point([undivided]))
    assert added([tally(part) for part in parts]) == tally(undivided)


def test_a_part_on_paper() -> None:
    """The east of the pocket district: whose residents, stations and walls it holds, and what is not known of it."""
    east, far = cut_district(pocket.district(), halo_m=675.0)
    assert (east.manifest.key, east.manifest.name) == ("pocket-c1", "袖珍区（虚构） · 东社区")
    assert "袖珍区（虚构）的裁片" in east.manifest.credit_notes[0]
    assert (list(east.demand["id"]), list(far.demand["id"])) == (["D1", "D2", "D3", "D4", "D5"], ["D6"])
    assert list(far.stations["id"]) == ["S2"]  # 665 m from D6: of the halo
    assert list(far.stations["beyond"]) == [1.0]
    assert list(far.communities["id"]) == ["C1", "C2"]  # S2 names the first
    assert list(far.ways["id"]) == ["w5", "z1"]  # w5 ends 673 m from D6
    assert set(far.ways.set_index("id")["piece"]) == {0.0, 1.0}
    result = assess_coverage(far, pocket.scenario())
    kpis = {value.key: value.value for value in result.values()}
    assert (kpis["residents.unreachable"], kpis["access.residents"], kpis["walk.distance.p50"]) == (None, None, None)
    assert (kpis["stations.counted"], kpis["residents.covered"]) == (0, 0)
    assert not len(result.lost)


def test_a_private_way_keeps_what_it_leads_to() -> None:
    """P, 700 m long, leads from K to a street beyond the halo: a station at P serves those behind the wall."""
    place = {1: (0, 0), 2: (100, 0), 5: (100, 20), 6: (100, 100), 7: (100, 200), 8: (100, 900), 9: (200, 900)}
    rows = [
        ("a", 1, 2, "public", None), ("b", 2, 5, "public", None), ("i", 5, 6, "members", "K"),
        ("p", 6, 7, "members", None), ("q", 7, 8, "members", None), ("z", 8, 9, "public", None),
    ]  # fmt: skip
    ways = gpd.GeoDataFrame(
        [(*row[:3], "street", row[3], 0.0, False, row[4]) for row in rows],
        columns=["id", "u", "v", "kind", "access", "level", "steps", "compound"],
        geometry=[shapely.LineString([place[row[1]], place[row[2]]]) for row in rows], crs=pocket.CRS,
    )  # fmt: skip
    gates = pocket.gates().assign(compound="K", node=[5, 6], access="members", opening_hours=None)
    gates.geometry = [shapely.Point(place[5]), shapely.Point(place[6])]
    compounds = pocket.compounds().assign(id="K", community=None).set_geometry([shapely.box(50, 20, 150, 100)])
    demand = pocket.demand().iloc[:2].assign(compound=pd.Series(["K", None], dtype=object), community=None)
    demand.geometry = [shapely.Point(110, 60), shapely.Point(150, 910)]
    stations = pocket.stations().iloc[1:].assign(community=None)
    stations.geometry = [shapely.Point(110, 150)]
    tables = {"ways": ways, "gates": gates, "compounds": compounds, "demand": demand, "stations": stations}
    whole = District.from_tables(pocket.MANIFEST, tables)
    by = gpd.GeoDataFrame({"id": ["s", "n"], "name": ["南", "北"]}, crs=pocket.CRS,
                          geometry=[shapely.box(-9, -9, 300, 500), shapely.box(-9, 500, 300, 999)])  # fmt: skip
    scenario = pocket.scenario()
    south = next(cut_district(whole, by, halo_m=halo_needed(scenario)))
    assert assess_coverage(south, scenario).distance[ServiceLevel.ANY].walk == pytest.approx([110.0])
    assert "z" in set(south.ways["id"])


def test_what_is_refused() -> None:
    part = next(cut_district(pocket.district(), halo_m=600.0))
    assert "the district is itself a part; found 袖珍区（虚构）" in refused(part)
    assert "no communities to cut it by" in refused(pocket.poor("bare"))
    with pytest.raises(GeodataError, match="expected at least 550 m; found 500 m. Cut the district again"):
        assess_coverage(next(cut_district(pocket.district(), halo_m=500.0)), pocket.scenario())


def test_a_barrier_whose_inner_side_depends_on_the_hour_is_refused() -> None:
    """T shuts at night; by day both ends of the ring lead to M, at night one of them only behind it."""
    square = {1: (0, 0), 2: (200, 0), 3: (200, 200), 4: (0, 200)}
    ring = [(1, 2), (2, 3), (3, 4), (4, 1)]
    ways = pocket.ways().iloc[:4].assign(u=[u for u, _ in ring], v=[v for _, v in ring])
    ways.geometry = [shapely.LineString([square[u], square[v]]) for u, v in ring]
    gates = pocket.gates().assign(id=["M", "T"], compound=None, access=["members", "public"], node=[1, 3])
    gates.geometry = [shapely.Point(square[1]), shapely.Point(square[3])]
    tables = {"ways": ways, "demand": pocket.demand().iloc[:1].assign(community=None)}
    by = boxes(pocket.district(), np.random.default_rng(0), 1, 1)

    def with_hours(hours: str | None) -> District:
        return District.from_tables(
            pocket.MANIFEST, tables | {"gates": gates.assign(opening_hours=pd.Series([None, hours], dtype=object))}
        )

    assert "row M, column opening_hours: what lies behind a barrier for members changes" in refused(
        with_hours("06:00-22:00"), by
    )
    assert len(list(cut_district(with_hours(None), by, halo_m=600.0))) == 1


def test_the_command_line_cuts_by_a_file_of_polygons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_district(pocket.district(), tmp_path / "ground")
    halves = gpd.GeoDataFrame(
        {"id": ["West", "Ost 2", "3"], "name": ["西", "东", "空"]}, crs=pocket.CRS,
        geometry=[shapely.box(-99, -99, 250, 300), shapely.box(250, -99, 1200, 600), shapely.box(5000, 0, 5001, 1)],
    )  # fmt: skip
    halves.to_file(tmp_path / "halves.gpkg")
    monkeypatch.chdir(tmp_path)
    code, out, _ = called(monkeypatch, capsys, "cut", "ground", "--by", "halves.gpkg", "--out", "parts")
    assert code == 0
    assert "2 districts of <District 袖珍区（虚构）" in out
    assert "halo 550 m, 1 left out where nobody lives" in out
    assert sorted(path.name for path in (tmp_path / "parts").iterdir()) == ["pocket-ost-2", "pocket-west"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        east = read_district(tmp_path / "parts" / "pocket-ost-2")
    assert list(east.demand["id"]) == ["D4", "D5", "D6"]  # the middle of K1, at 250 m, is in both: the first has it
    code, _, err = called(monkeypatch, capsys, "cut", "parts/pocket-ost-2", "--by", "communities", "--out", "again")
    assert (code, "the district is itself a part" in err) == (2, True)


def test_a_file_without_polygons_is_refused(tmp_path: Path) -> None:
    shapes = [shapely.Point(0, 0), shapely.box(0, 0, 1, 1), shapely.box(0, 0, 1, 1)]
    gpd.GeoDataFrame({"id": ["a", "b", "B"]}, geometry=shapes, crs=pocket.CRS).to_file(tmp_path / "x.geojson")
    with pytest.raises(GeodataError) as error:
        read_parts(tmp_path / "x.geojson", pocket.district())
    said = [str(problem) for problem in error.value.problems]
    assert len(said) == 2
    assert "the feature is no polygon; expected a polygon; found Point" in said[0]
    assert "row B, column id: two parts have one identifier" in said[1]
