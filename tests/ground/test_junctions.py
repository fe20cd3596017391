"""Barriers on junctions, and ways that cross without one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from typer.testing import CliRunner

from tests.ground.builders import CRS, at, osm_xml, points_csv, recipe_file
from workbench.cli import app
from workbench.coverage import assess_coverage
from workbench.ground.district import District
from workbench.ground.sources import import_district, write_district
from workbench.ground.sources.topology import unmet_ways
from workbench.scenario import Scenario

HOUSE = {"highway": "residential"}
DRIVE = {"highway": "service", "service": "driveway"}
PATH = {"highway": "footway"}
GATE = {"barrier": "gate", "access": "private"}

# 1 —— 2 —— 3, with 4 north and 5 south of 2
PLACES = {1: at(-1, 0), 2: at(0, 0), 3: at(1, 0), 4: at(0, 1), 5: at(0, -1)}
PLAIN = Scenario.model_validate({"name": "plain"})


def town(tmp_path, ways, tags=GATE, places=PLACES) -> District:
    osm_xml(tmp_path / "m.osm", places, ways, node_tags={2: tags})
    points = [{"id": f"d{n}", "lon": places[n][0], "lat": places[n][1], "residents": 1} for n in sorted(places)]
    points_csv(tmp_path / "d.csv", points)
    points_csv(tmp_path / "s.csv", [{"id": "s1", "name": "S", "lon": places[3][0], "lat": places[3][1]}])
    table = {"format": "points", "crs": "EPSG:4326", "datum": "wgs84", "x": "lon", "y": "lat"}
    layers = {
        "ways": {"format": "osm", "path": "m.osm"},
        "demand": {**table, "path": "d.csv"},
        "stations": {**table, "path": "s.csv", "set": {"kind": "facility", "access": "public"}},
    }
    return import_district(recipe_file(tmp_path / "recipe.yaml", layers))


def reached(district: District) -> list[bool]:
    """Whether someone at each node comes to the station at node 3; who lives behind a gate for members may."""
    return np.isfinite(assess_coverage(district, PLAIN).distance["any"].walk).tolist()


def told(district: District) -> str:
    return district.manifest.sources[0].told()


NAMED = {**HOUSE, "name": "正街"}


@pytest.mark.parametrize(
    "ways",
    [
        {10: ([1, 2, 3], HOUSE), 11: ([2, 4], {**DRIVE, "access": "private"})},
        {10: ([1, 2, 3], HOUSE), 11: ([2, 4], DRIVE)},
        {10: ([1, 2], HOUSE), 12: ([2, 3], HOUSE), 11: ([4, 2], DRIVE)},  # the street is cut where the drive leaves
        {10: ([1, 2], NAMED), 12: ([3, 2], {**NAMED, "highway": "tertiary"}), 11: ([4, 2], DRIVE)},
        {10: ([1, 2], HOUSE), 12: ([2, 3], HOUSE), 11: ([2, 4], HOUSE)},  # a T of equals: the stem is the side
        {10: ([1, 2, 3], PATH), 11: ([2, 4], {**PATH, "access": "private"})},
        {10: ([1, 2, 3], DRIVE), 11: ([2, 4], PATH)},
    ],
)
@pytest.mark.parametrize("tags", [GATE, {"barrier": "gate", "access": "no"}, {"barrier": "fence"}])
def test_a_gate_on_a_junction_bars_the_side_way(tmp_path, ways, tags):
    district = town(tmp_path, ways, tags)
    assert reached(district)[:3] == [True, True, True]
    assert reached(district)[3] == (tags is GATE)
    assert district.gates["id"].tolist() == ["n2"]
    gate, junction = district.gates.geometry.iloc[0], shapely.Point(*metres(PLACES[2]))
    assert gate.distance(junction) == pytest.approx(1, abs=0.01)
    assert "1 barriers on a junction moved onto the side ways they bar, 1 m from it" in told(district)
    assert district.ways.length.sum() == pytest.approx(2 * 84.6 + 111, rel=0.01)


def metres(place):
    return gpd.GeoSeries([shapely.Point(place)], crs="EPSG:4326").to_crs(CRS).iloc[0].coords[0]


def test_each_side_way_has_a_gate_of_its_own(tmp_path):
    ways = {10: ([1, 2, 3], HOUSE), 11: ([2, 4], PATH), 12: ([5, 2], DRIVE)}
    district = town(tmp_path, ways, {"barrier": "gate", "access": "no"})
    assert reached(district) == [True, True, True, False, False]
    assert district.gates["id"].tolist() == ["n2", "n2.1"]


def test_a_gate_with_hours_bars_the_side_way_at_night(tmp_path):
    ways = {10: ([1, 2, 3], HOUSE), 11: ([2, 4], DRIVE)}
    tags = {"barrier": "gate", "access": "yes", "opening_hours": "08:00-20:00"}
    district = town(tmp_path, ways, tags)
    assert reached(district)[:4] == [True] * 4
    night = PLAIN.model_copy(update={"clock": PLAIN.clock.model_copy(update={"at": "22:30"})})
    walk = assess_coverage(district, night).distance["any"].walk
    assert np.isfinite(walk[:4]).tolist() == [True, True, True, False]


@pytest.mark.parametrize(
    "ways",
    [
        {10: ([1, 2, 3], HOUSE), 11: ([4, 2, 5], HOUSE)},  # crossroads of equals
        {10: ([1, 2], HOUSE), 12: ([2, 4], {**HOUSE, "name": "北街"}), 11: ([2, 5], PATH)},  # nothing goes straight on
    ],
)
def test_where_nothing_plainly_goes_through_the_barrier_stays(tmp_path, ways):
    district = town(tmp_path, ways, {"barrier": "gate", "access": "no"})
    assert district.gates.geometry.iloc[0].distance(shapely.Point(*metres(PLACES[2]))) < 0.01
    assert "1 barriers on a junction where no way plainly goes through cut all of them (n2)" in told(district)


def test_a_gate_across_one_way_stays(tmp_path):
    district = town(tmp_path, {10: ([1, 2, 3], HOUSE), 11: ([3, 4], PATH)}, {"barrier": "gate", "access": "no"})
    assert [reached(district)[n] for n in (0, 2, 3)] == [False, True, True]
    assert "junction moved" not in told(district)


def drawn(*lines, **columns) -> gpd.GeoDataFrame:
    base = {
        "id": [f"l{i}" for i in range(len(lines))],
        "u": [2 * i for i in range(len(lines))],
        "v": [2 * i + 1 for i in range(len(lines))],
        "kind": "street",
        "access": "public",
        "level": 0.0,
        **columns,
    }
    return gpd.GeoDataFrame(base, geometry=[shapely.LineString(line) for line in lines], crs=CRS)


CROSS = [[(0, 0), (10, 0)], [(5, -5), (5, 5)]]


@pytest.mark.parametrize(
    ("frame", "count"),
    [
        (drawn(*CROSS), 1),
        (drawn(CROSS[0], [(5, 0), (5, 5)]), 1),  # ends on the other, and is not joined to it
        (drawn(*CROSS, [(0, 3), (10, 3)]), 2),
        (drawn(CROSS[0], [(10, 0), (10, 5)], u=[1, 2], v=[2, 3]), 0),
        (drawn(*CROSS, level=[0.0, 1.0]), 0),
        (drawn(*CROSS, level=[np.nan, 0.0]), 1),
        (drawn(*CROSS, kind=["street", "bridge"]), 0),
        (drawn(*CROSS, kind=["tunnel", "street"]), 0),
        (drawn(*CROSS, access=["public", "closed"]), 0),
        (drawn([(0, 0), (10, 0)], [(0, 1), (10, 1)]), 0),
    ],
)
def test_crossings_without_a_junction_are_counted(frame, count):
    assert len(unmet_ways(frame)) == count
    if count:
        assert pd.Series(unmet_ways(frame)).map(lambda p: p.x).eq(5).all()


def test_the_manifest_and_validate_tell_of_them(tmp_path):
    ways = {10: ([1, 3], HOUSE), 11: ([4, 5], HOUSE)}
    district = town(tmp_path, ways, {})
    words = "ways cross at 1 places on one level without meeting, such as"
    assert words in told(district)
    folder = write_district(district, tmp_path / "ground")
    said = CliRunner().invoke(app, ["validate", str(folder)], env={"COLUMNS": "200"})
    assert said.exit_code == 0
    assert words in said.output


def test_a_network_without_crossings_says_nothing(tmp_path):
    district = town(tmp_path, {10: ([1, 2, 3], HOUSE), 11: ([4, 2, 5], HOUSE)}, {})
    assert "without meeting" not in told(district)
