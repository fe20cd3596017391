"""The layer of service areas: rows, limits, groups and levels on the pocket district."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from tests import pocket
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.service_areas import service_area_limits, service_areas
from workbench.errors import NetworkError, ScenarioError, StandardError

CAP = np.pi * 25**2 / 1e4
"""Hectares of the two half circles at the ends of a street."""


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario())


def test_one_row_a_station_and_limit(result: CoverageResult) -> None:
    areas = service_areas(result)
    assert areas["station"].tolist() == ["S1"] * 3 + ["S2"] * 3
    assert areas["limit"].tolist() == [300, 500, 1000] * 2
    assert set(areas["unit"]) == {"m"}
    assert set(areas["mode"]) == {"compliance"}
    assert areas["on_network"].all()
    assert areas.crs == pocket.CRS
    # S2, 10 m above the end of w5: 290 m of street w5 and w4, the rest behind node 4 not reached yet
    assert areas["area_ha"].iloc[3] == pytest.approx(290 * 50 / 1e4 + CAP, abs=0.06)
    assert areas["area_ha"].tolist() == areas["area_ha"].round(2).tolist()


def test_minutes_at_the_pace_of_a_group(result: CoverageResult) -> None:
    # 0.8 m/s: 2.5 min are 120 m, 10 of them the leg; 1.2 m/s, the default: 180 m
    slow = service_areas(result, Mode.EXPERIENCE, "oldest", level=ServiceLevel.LITE, limits=[2.5])
    assert slow[["station", "group", "level", "unit"]].iloc[0].tolist() == ["S2", "oldest", "lite", "min"]
    assert slow["area_ha"].tolist() == pytest.approx([110 * 50 / 1e4 + CAP], abs=0.02)
    usual = service_areas(result, Mode.EXPERIENCE, level=ServiceLevel.LITE, limits=[2.5])
    assert usual["group"].isna().all()
    assert usual["area_ha"].tolist() == pytest.approx([170 * 50 / 1e4 + CAP], abs=0.02)
    assert service_area_limits(result, Mode.EXPERIENCE) == [5, 10, 15]


def test_all_stations_together(result: CoverageResult) -> None:
    whole = service_areas(result, together=True)
    each = service_areas(result)
    assert whole["station"].isna().all()
    assert whole["limit"].tolist() == [300, 500, 1000]
    for limit in (300, 500, 1000):
        union = each[each["limit"] == limit].union_all()
        assert whole.set_index("limit").geometry[limit].symmetric_difference(union).area < 1
    full = service_areas(result, level=ServiceLevel.FULL, together=True)
    assert shapely.equals(full.geometry, each[each["station"] == "S1"].geometry.array).all()


def test_the_exact_union_is_near_the_field(result: CoverageResult) -> None:
    exact = service_areas(result, method="exact")
    assert exact["area_ha"].to_numpy() == pytest.approx(service_areas(result)["area_ha"].to_numpy(), rel=0.02)


def test_covered_residents_live_beside_the_area_but_the_area_does_not_decide(result: CoverageResult) -> None:
    [area] = service_areas(result, together=True, limits=[300]).geometry
    points = result.district.demand.geometry
    # D4 is covered, by 50 m of walk, and stands 40 m from its way, outside the area
    assert result.covered(Mode.COMPLIANCE).tolist() == [True, True, False, True, False, False]
    assert shapely.covers(area, points).tolist() == [True, True, False, False, False, False]


def test_stations_off_the_network_are_listed_and_closed_ones_are_not() -> None:
    added = pd.concat(
        [pocket.stations(), pocket.station("S3", 400, 100), pocket.station("S4", 500, 5, access="closed")],
        ignore_index=True,
    )
    district = pocket.district(stations=gpd.GeoDataFrame(added, crs=pocket.CRS))
    areas = service_areas(assess_coverage(district, pocket.scenario()), limits=[300])
    assert areas["station"].tolist() == ["S1", "S2", "S3"]
    assert areas["on_network"].tolist() == [True, True, False]
    assert areas["area_ha"].iloc[2] == 0
    assert areas.geometry.iloc[2].is_empty


def test_no_stations_at_all() -> None:
    poor = assess_coverage(pocket.district(stations=pocket.stations().iloc[:0]), pocket.scenario())
    assert len(service_areas(poor)) == 0
    together = service_areas(poor, together=True)
    assert together["area_ha"].tolist() == [0, 0, 0]
    assert not together["on_network"].any()


def test_the_scenario_says_how_far_and_how_fine() -> None:
    rules = {
        "distances": ["gb50180.five_minute.walk_distance"],
        "buffer": "service_area.cell",
        "cell": "service_area.cell_fine",
    }
    result = assess_coverage(pocket.district(), pocket.scenario(service_areas=rules))
    areas = service_areas(result, level=ServiceLevel.LITE)
    assert areas["limit"].tolist() == [300]
    assert areas["area_ha"].tolist() == pytest.approx([290 * 20 / 1e4 + np.pi * 10**2 / 1e4], abs=0.03)


def test_the_layer_is_written_as_any_other(result: CoverageResult, tmp_path: Path) -> None:
    service_areas(result).to_file(tmp_path / "areas.gpkg", layer="service_areas")
    read = gpd.read_file(tmp_path / "areas.gpkg")
    assert read["area_ha"].tolist() == service_areas(result)["area_ha"].tolist()


def test_what_is_no_walk_is_refused(result: CoverageResult) -> None:
    with pytest.raises(ValueError, match="a straight line is no walk"):
        service_areas(result, Mode.STRAIGHT_LINE)
    with pytest.raises(ScenarioError, match="no such group; expected one of infants, .*; found 'elderly'"):
        service_areas(result, Mode.EXPERIENCE, "elderly")
    with pytest.raises(NetworkError, match="column limits: no limits"):
        service_areas(result, limits=[500, 300])


def test_standards_that_do_not_exist_are_named() -> None:
    wrong = pocket.scenario(service_areas={"buffer": "service_area.depth"})
    with pytest.raises(StandardError, match=r"service_area\.depth"):
        service_areas(assess_coverage(pocket.district(), wrong))


@pytest.mark.parametrize("stations", [[0], [0, 1], []])
def test_land_within_the_walk_is_what_the_exact_area_and_the_compounds_share(stations: list[int]) -> None:
    blocks = [shapely.box(x, y, x + 90, y + 70) for x in range(-300, 700, 110) for y in range(-200, 200, 80)]
    row = pocket.compounds().iloc[[0] * len(blocks)]
    compounds = row.assign(id=[f"B{i}" for i in range(len(blocks))], enclosed=False, geometry=blocks)
    compounds = pd.concat([pocket.compounds(), compounds], ignore_index=True)
    district = pocket.district(stations=pocket.stations().iloc[stations], compounds=compounds)
    result = assess_coverage(district, pocket.scenario())
    limit = result.distance_limit_m
    [area] = service_areas(result, together=True, limits=[limit], method="exact").geometry
    shared = shapely.area(shapely.intersection(np.asarray(compounds.geometry.array, object), area)).sum()
    assert result.land[0] == pytest.approx(shared, rel=1e-6, abs=1e-6)
    assert bool(shared) == bool(stations)
