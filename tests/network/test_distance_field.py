"""Outlines around lines: against exact buffers, over tiles, and where corners lie on the outline."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.network import service_areas
from workbench.network.service_areas import Lattice

LATTICE = Lattice(10.0, 25.0)
coordinate = st.integers(-120, 120).map(float)
lines = st.lists(
    st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=4, unique=True), min_size=1, max_size=6
)


def ragged(paths: list[list[tuple[float, float]]]) -> tuple[np.ndarray, np.ndarray]:
    xy = np.array([point for path in paths for point in path], float).reshape(-1, 2)
    return xy, np.concatenate([[0], np.cumsum([len(path) for path in paths])]).astype(np.int64)


def outline(*paths: list[tuple[float, float]], lattice: Lattice = LATTICE) -> shapely.MultiPolygon:
    [shape] = lattice.outlines(*ragged(list(paths)), [len(paths)])
    return shape


def test_one_street_is_a_capsule() -> None:
    shape = outline([(3, 4), (203, 4)])
    assert shape.area == pytest.approx(2 * 25 * 200 + np.pi * 25**2, rel=0.006)
    assert shape.bounds == pytest.approx((-22, -21, 228, 29), abs=0.5)
    assert len(shape.geoms) == 1


def test_a_block_keeps_its_hole_and_far_streets_their_own_parts() -> None:
    block = [(0, 0), (200, 0), (200, 200), (0, 200), (0, 0)]
    shape = outline(block, [(1000, 0), (1100, 0)])
    assert len(shape.geoms) == 2
    [hole] = [hole for part in shape.geoms for hole in part.interiors]
    assert shapely.Polygon(hole).area == pytest.approx(150 * 150, rel=0.005)


@pytest.mark.parametrize("buffer", [20.0, 25.0])
def test_corners_on_the_outline_break_nothing(buffer: float) -> None:
    # with a buffer of two cells every corner of rows -2 and 2 lies on the outline
    shape = outline([(0, 0), (100, 0)], [(0, 40), (100, 40)], [(140, 0), (140, 40)], lattice=Lattice(10.0, buffer))
    assert shape.is_valid
    assert shape.bounds[1] == pytest.approx(-buffer, abs=0.002)


def test_nothing_has_an_empty_outline() -> None:
    shapes = LATTICE.outlines(np.empty((0, 2)), np.zeros(1, np.int64), [0, 0])
    assert [shape.wkt for shape in shapes] == ["MULTIPOLYGON EMPTY"] * 2
    first, second = LATTICE.outlines(*ragged([[(0, 0), (50, 0)]]), [0, 1])
    assert (first.is_empty, second.is_empty) == (True, False)


def test_the_lattice_does_not_move_with_the_lines() -> None:
    alone, beside = outline([(3, 4), (203, 4)]), outline([(3, 4), (203, 4)], [(-577, -333), (-500, -333)])
    assert max(beside.geoms, key=lambda part: part.area).equals(alone.geoms[0])


@given(lines, st.sampled_from([3, 7, 16]))
@settings(max_examples=draws(40))
def test_tiles_change_nothing(paths: list[list[tuple[float, float]]], corners: int) -> None:
    whole = outline(*paths)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_areas, "_MOST_CORNERS", corners)
        tiled = outline(*paths)
    assert tiled.is_valid
    assert tiled.equals(whole)


@given(lines, st.sampled_from([4.0, 10.0]))
@settings(max_examples=draws(30))
def test_outlines_are_valid_nested_and_near_the_truth(paths: list[list[tuple[float, float]]], cell: float) -> None:
    bands = list(range(1, len(paths) + 1))
    shapes = Lattice(cell, 25.0).outlines(*ragged(paths), bands)
    assert all(shape.is_valid for shape in shapes)
    assert all(b.covers(a) for a, b in itertools.pairwise(shapes))
    truth = shapely.union_all([shapely.LineString(path) for path in paths])
    slack = cell * np.sqrt(0.5)  # between corners the field may be off by half the diagonal of a cell
    assert truth.buffer(25 + slack, quad_segs=64).covers(shapes[-1])
    assert shapes[-1].covers(truth.buffer(25 - slack, quad_segs=64))
