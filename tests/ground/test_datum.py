"""The datums of Chinese internet maps."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.ground.sources import placement
from workbench.ground.sources.placement import suspicion

GEOD = pyproj.Geod(ellps="WGS84")


def metres(one, other):
    return GEOD.inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])[2]


def test_points_that_others_publish():
    tiananmen = np.array([[116.404, 39.915]])
    assert placement.wgs84_to_gcj02(tiananmen)[0] == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)
    assert placement.gcj02_to_bd09(tiananmen)[0] == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)


@pytest.mark.parametrize(
    ("place", "gcj", "bd"),
    [((110.0, 40.6), 514, 1317), ((116.404, 39.915), 556, 1377), ((114.02, 22.53), 605, 1238)],
)
def test_how_far_the_shifts_go(place, gcj, bd):
    point = np.array([place])
    assert metres(point, placement.wgs84_to_gcj02(point))[0] == pytest.approx(gcj, abs=1)
    assert metres(point, placement.wgs84_to_bd09(point))[0] == pytest.approx(bd, abs=1)


# a little inside the box, where a shift does not lead out of it
china = st.tuples(st.floats(73.0, 137.0), st.floats(1.5, 55.0))


@settings(max_examples=draws(200))
@given(st.lists(china, min_size=1, max_size=20))
def test_undoing_gives_back_what_was_shifted(places):
    points = np.array(places)
    assert metres(points, placement.gcj02_to_wgs84(placement.wgs84_to_gcj02(points))).max() < 0.001
    assert metres(points, placement.bd09_to_wgs84(placement.wgs84_to_bd09(points))).max() < 0.001
    assert metres(points, placement.wgs84_to_gcj02(placement.gcj02_to_wgs84(points))).max() < 0.001


@given(st.lists(st.tuples(st.floats(-180, 70), st.floats(-80, 80)), min_size=1))
def test_outside_china_nothing_moves(places):
    points = np.array(places)
    for move in (*placement.TO_WGS84.values(), placement.wgs84_to_gcj02, placement.wgs84_to_bd09):
        assert np.array_equal(move(points), points)


def test_cgcs2000_is_wgs84_for_planning():
    points = np.array([[110.0, 40.6]])
    assert placement.TO_WGS84["cgcs2000"](points) is points


def test_the_input_is_not_changed():
    points = np.array([[110.0, 40.6]])
    placement.gcj02_to_wgs84(points)
    placement.bd09_to_wgs84(points)
    assert points.tolist() == [[110.0, 40.6]]


# the search, over the embedded district put at 40.8 degrees north (it lies on the open sea, at the equator)

NORTH_M = 4.5e6
TO_DEGREES = pyproj.Transformer.from_crs("EPSG:4545", "EPSG:4326", always_xy=True)


@pytest.fixture(scope="module")
def ground():
    folder = Path(__file__).resolve().parents[2] / "geodata" / "x-district" / "ground.gpkg"

    def shapes(name):
        return shapely.transform(
            gpd.read_file(folder, layer=name).geometry.to_numpy(), lambda xy: xy + np.array([0.0, NORTH_M])
        )

    walls, buildings = shapely.boundary(shapes("compounds")), shapely.boundary(shapes("buildings"))
    return shapes("stations"), [shapes("ways"), walls, buildings, shapes("demand")]


def found(ground, count, seed, shift=None, layers=4, **more):
    """Look at some of the stations, after a shift that nobody knows of."""
    stations, beside = ground
    some = stations[np.random.default_rng(seed).choice(len(stations), count, replace=False)]
    if shift is not None:
        xy = shapely.get_coordinates(some)
        moved = shift(np.column_stack(TO_DEGREES.transform(*xy.T)))
        some = shapely.points(np.column_stack(TO_DEGREES.transform(*moved.T, direction="INVERSE")))
    return suspicion(some, beside[:layers], pyproj.CRS("EPSG:4545"), of_ways=False, **more)


@pytest.mark.parametrize(("count", "least"), [(15, 5), (38, 6), (50, 6)])
@pytest.mark.parametrize("code", ["gcj02", "bd09"])
def test_shifted_layers_of_few_points_are_found(ground, count, least, code):
    doubts = [found(ground, count, seed, placement.FROM_WGS84[code]) for seed in range(6)]
    assert sum(doubt is not None and doubt.datum == code for doubt in doubts) >= least


@pytest.mark.parametrize("count", [5, 15, 38, 50])
def test_layers_that_are_right_raise_no_doubt(ground, count):
    assert [found(ground, count, seed, layers=layers) for seed in range(6) for layers in (1, 4)] == [None] * 12


def test_a_shift_undone_by_mistake_is_found(ground):
    doubt = found(ground, 50, 1, placement.gcj02_to_wgs84, stated="gcj02")
    assert (doubt.datum, doubt.of_ways, round(doubt.shift_m, -1)) == ("wgs84", False, 470)
    assert found(ground, 4, 1, placement.wgs84_to_gcj02) is None  # four points say nothing
