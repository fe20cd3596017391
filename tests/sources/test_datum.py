"""The datums of Chinese internet maps."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.sources import datum

GEOD = pyproj.Geod(ellps="WGS84")


def metres(one, other):
    return GEOD.inv(one[:, 0], one[:, 1], other[:, 0], other[:, 1])[2]


def test_points_that_others_publish():
    tiananmen = np.array([[116.404, 39.915]])
    assert datum.wgs84_to_gcj02(tiananmen)[0] == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-12)
    assert datum.gcj02_to_bd09(tiananmen)[0] == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)


@pytest.mark.parametrize(
    ("place", "gcj", "bd"),
    [((110.0, 40.6), 514, 1317), ((116.404, 39.915), 556, 1377), ((114.02, 22.53), 605, 1238)],
)
def test_how_far_the_shifts_go(place, gcj, bd):
    point = np.array([place])
    assert metres(point, datum.wgs84_to_gcj02(point))[0] == pytest.approx(gcj, abs=1)
    assert metres(point, datum.wgs84_to_bd09(point))[0] == pytest.approx(bd, abs=1)


# a little inside the box, where a shift does not lead out of it
china = st.tuples(st.floats(73.0, 137.0), st.floats(1.5, 55.0))


@settings(max_examples=200)
@given(st.lists(china, min_size=1, max_size=20))
def test_undoing_gives_back_what_was_shifted(places):
    points = np.array(places)
    assert metres(points, datum.gcj02_to_wgs84(datum.wgs84_to_gcj02(points))).max() < 0.001
    assert metres(points, datum.bd09_to_wgs84(datum.wgs84_to_bd09(points))).max() < 0.001
    assert metres(points, datum.wgs84_to_gcj02(datum.gcj02_to_wgs84(points))).max() < 0.001


@given(st.lists(st.tuples(st.floats(-180, 70), st.floats(-80, 80)), min_size=1))
def test_outside_china_nothing_moves(places):
    points = np.array(places)
    for move in (*datum.TO_WGS84.values(), datum.wgs84_to_gcj02, datum.wgs84_to_bd09):
        assert np.array_equal(move(points), points)


def test_cgcs2000_is_wgs84_for_planning():
    points = np.array([[110.0, 40.6]])
    assert datum.TO_WGS84["cgcs2000"](points) is points


def test_the_input_is_not_changed():
    points = np.array([[110.0, 40.6]])
    datum.gcj02_to_wgs84(points)
    datum.bd09_to_wgs84(points)
    assert points.tolist() == [[110.0, 40.6]]
