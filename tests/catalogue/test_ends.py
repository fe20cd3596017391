"""Ends of lines: as shapely has them, one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalogue.validation import line_ends

PLACE = st.tuples(st.integers(-9, 9), st.integers(-9, 9)).map(lambda xy: (float(xy[0]), float(xy[1])))


def ways(lines: list[list[tuple[float, float]]]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[shapely.LineString(line) for line in lines], crs="EPSG:4545")


def test_three_lines_by_hand() -> None:
    first, last = line_ends(ways([[(0, 0), (1, 2)], [(5, 5), (6, 5), (7, 9)], [(3, 3), (4, 4), (3, 3)]]))
    assert first.tolist() == [[0, 0], [5, 5], [3, 3]]
    assert last.tolist() == [[1, 2], [7, 9], [3, 3]]


@given(st.lists(st.lists(PLACE, min_size=2, max_size=4), max_size=5))
def test_any_lines(lines: list[list[tuple[float, float]]]) -> None:
    first, last = line_ends(ways(lines))
    assert first.shape == last.shape == (len(lines), 2)
    assert np.array_equal(first, np.reshape([line[0] for line in lines], (-1, 2)))
    assert np.array_equal(last, np.reshape([line[-1] for line in lines], (-1, 2)))


def test_heights_are_left_out() -> None:
    lines = gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 1, 2), (3, 4, 5)])])
    assert [end.tolist() for end in line_ends(lines)] == [[[0, 1]], [[3, 4]]]
