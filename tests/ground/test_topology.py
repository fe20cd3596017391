"""Making a network of drawn lines: nothing is lost, and lines meet where they touch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, Point

from tests.depth import draws
from workbench.ground.sources.topology import NOWHERE, SNAP_M, Pieces, cut, land, node_lines, places_of


def lines(*shapes):
    return np.array([LineString(xy) for xy in shapes], dtype=object)


def degree(pieces):
    return np.bincount(np.concatenate([pieces.u, pieces.v]))


def test_ends_that_touch_the_middle_of_a_line_cut_it():
    made = node_lines(lines([(0, 0), (10, 0)], [(5, 0), (5, 5)]))
    assert len(made.lines) == 3
    assert sorted(degree(made)) == [1, 1, 1, 3]


def test_lines_that_cross_without_a_vertex_do_not_meet():
    made = node_lines(lines([(0, 0), (10, 0)], [(5, -5), (5, 5)]))
    assert len(made.lines) == 2
    assert sorted(degree(made)) == [1, 1, 1, 1]


def test_lines_that_share_a_vertex_meet_on_one_level_only():
    cross = lines([(0, 0), (5, 0), (10, 0)], [(5, -5), (5, 0), (5, 5)])
    assert sorted(degree(node_lines(cross))) == [1, 1, 1, 1, 4]
    bridge = node_lines(cross, np.array([0.0, 1.0]))
    assert sorted(degree(bridge)) == [1, 1, 1, 1]
    unknown = node_lines(cross, np.array([0.0, np.nan]))
    assert sorted(degree(unknown)) == [1, 1, 1, 1, 4]


def test_the_foot_of_a_bridge_meets_the_ground():
    made = node_lines(lines([(0, 0), (5, 0), (10, 0)], [(5, 0), (5, 9)]), np.array([0.0, 1.0]))
    assert sorted(degree(made)) == [1, 1, 1, 3]


def test_small_gaps_close_and_large_ones_stay_open():
    near, far = SNAP_M * 0.9, SNAP_M * 1.1
    assert len(np.unique(node_lines(lines([(0, 0), (5, 0)], [(5 + near, 0), (9, 0)])).u)) == 2
    joined = node_lines(lines([(0, 0), (5, 0)], [(5, near), (5, 9)]))
    assert sorted(degree(joined)) == [1, 1, 2]
    apart = node_lines(lines([(0, 0), (5, 0)], [(5, far), (5, 9)]))
    assert sorted(degree(apart)) == [1, 1, 1, 1]


def test_a_gap_across_the_border_of_a_rounding_grid_closes():
    for x in np.linspace(1.0, 1.1, 41):
        made = node_lines(lines([(0, 0), (x - 0.004, 0)], [(x + 0.004, 0), (9, 0)]))
        assert sorted(degree(made)) == [1, 1, 2]


def test_a_ring_with_a_junction_is_cut_there():
    ring = [(0, 0), (4, 0), (4, 4), (0, 4), (0, 0)]
    made = node_lines(lines(ring, [(4, 4), (9, 9)]))
    assert sorted(made.owner.tolist()) == [0, 0, 1]
    assert sorted(degree(made)) == [1, 2, 3]


def test_a_line_that_crosses_itself_at_a_vertex():
    eight = [(0, 0), (2, 2), (4, 4), (4, 0), (2, 2), (0, 4)]
    assert sorted(degree(node_lines(lines(eight)))) == [1, 1, 4]


def test_nothing_in_nothing_out():
    made = node_lines(np.empty(0, object))
    assert len(made.lines) == len(made.u) == len(made.v) == 0


def test_ends_lie_exactly_on_their_node():
    made = node_lines(lines([(0, 0), (5, 0)], [(5.01, 0.01), (9, 1)], [(5.005, -0.005), (5, -7)]))
    places = {}
    for node, point in itertools.chain(
        zip(made.u, shapely.get_point(made.lines, 0), strict=True),
        zip(made.v, shapely.get_point(made.lines, -1), strict=True),
    ):
        places.setdefault(int(node), set()).add((point.x, point.y))
    assert all(len(found) == 1 for found in places.values())


coordinate = st.integers(0, 12).map(float)
polyline = st.lists(st.tuples(coordinate, coordinate), min_size=2, max_size=6).filter(
    lambda xy: all(a != b for a, b in itertools.pairwise(xy))
)


@settings(max_examples=draws(50))
@given(st.lists(polyline, min_size=1, max_size=8))
def test_length_is_kept_and_every_meeting_is_a_node(shapes):
    drawn = lines(*shapes)
    made = node_lines(drawn)
    assert shapely.length(made.lines).sum() == pytest.approx(shapely.length(drawn).sum(), abs=0.1)
    for owner, line in enumerate(drawn):
        own = made.lines[made.owner == owner]
        assert shapely.length(own).sum() == pytest.approx(line.length, abs=0.1)
    # wherever an end touches a line, a node stands there and no piece runs through it
    nodes = np.concatenate([shapely.get_point(made.lines, 0), shapely.get_point(made.lines, -1)])
    ends = np.concatenate([shapely.get_point(drawn, 0), shapely.get_point(drawn, -1)])
    assert (shapely.distance(ends[:, None], nodes[None, :]).min(axis=1) <= SNAP_M).all()
    rims = shapely.multipoints(
        np.stack([shapely.get_point(made.lines, 0), shapely.get_point(made.lines, -1)], axis=1).tolist()
    )
    through = shapely.distance(ends[:, None], made.lines[None, :]) < SNAP_M / 2
    assert (shapely.distance(ends[:, None], rims[None, :])[through] <= 2 * SNAP_M).all()


@settings(max_examples=draws(60))
@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=1, max_size=40))
def test_places_are_the_pieces_of_the_neighbourhood_graph(points):
    xy = np.array(points)
    place = places_of(xy, 0.3)
    for i, j in itertools.combinations(range(len(xy)), 2):
        if np.hypot(*(xy[i] - xy[j])) < 0.3 - 1e-9:
            assert place[i] == place[j]
    assert place[0] == 0
    assert set(place) == set(range(place.max() + 1))


def test_cut_keeps_the_order_of_lines():
    from workbench.ground.sources.topology import Chain

    xy = np.array([(0, 0), (1, 0), (2, 0), (0, 1), (1, 1), (5, 5)], float)
    chain = Chain(xy, np.array([0, 0, 0, 1, 1, 2]), np.array([1, 2, 3, 4, 5, 6]))
    made = cut(chain, np.array([False, True, False, False, False, False]))
    assert made.u.tolist() == [1, 2, 4]
    assert made.v.tolist() == [2, 3, 5]
    assert made.owner.tolist() == [0, 0, 1]


def counter(start=-1):
    numbers = itertools.count(start, -1)
    return lambda: next(numbers)


def one_line(*xy):
    return Pieces(lines(xy), np.array([1]), np.array([2]), np.array([0]))


def test_points_land_on_the_nearest_way_and_cut_it():
    spots = np.array([Point(3, 1), Point(7, -1), Point(10, 0.5), Point(50, 50)], dtype=object)
    landed = land(one_line((0, 0), (5, 0), (10, 0)), spots, 2.0, counter())
    assert landed.node.tolist() == [-1, -2, 2, NOWHERE]
    assert landed.gap_m.tolist() == [1.0, 1.0, 0.5, np.inf]
    assert shapely.length(landed.pieces.lines).sum() == pytest.approx(10)
    assert sorted(zip(landed.pieces.u.tolist(), landed.pieces.v.tolist(), strict=True)) == [(-2, 2), (-1, -2), (1, -1)]
    assert landed.pieces.owner.tolist() == [0, 0, 0]


def test_two_points_in_one_place_share_a_node():
    spots = np.array([Point(3, 1), Point(3, -1), Point(0, 1)], dtype=object)
    landed = land(one_line((0, 0), (10, 0)), spots, 2.0, counter())
    assert landed.node.tolist() == [-1, -1, 1]


def test_landing_on_a_vertex_keeps_the_line_whole():
    landed = land(one_line((0, 0), (5, 0), (10, 0)), np.array([Point(5, 1)], dtype=object), 2.0, counter())
    assert sorted(line.wkt for line in landed.pieces.lines) == ["LINESTRING (0 0, 5 0)", "LINESTRING (5 0, 10 0)"]


def test_landing_with_nothing():
    none = land(one_line((0, 0), (1, 0)), np.empty(0, object), 1.0, counter())
    assert len(none.node) == 0
    empty = Pieces(np.empty(0, object), *(np.empty(0, np.int64) for _ in range(3)))
    assert land(empty, np.array([Point(0, 0)], dtype=object), 1.0, counter()).node.tolist() == [NOWHERE]
