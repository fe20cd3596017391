"""Areas from their centres and people by floor area: hand-made squares, exact sums, no overlap."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.ground.intake.assumed import (
    areas_around,
    homes_in,
    overlaps,
    same_centres,
    scaled,
    shares_inside,
    spread_out,
)

SQUARE = shapely.box(0, 0, 1000, 1000)


def points(*places):
    return np.array([shapely.Point(place) for place in places], object)


def boxes(*sides):
    return np.array([shapely.box(*side) for side in sides], object)


def sizes(shapes):
    return shapely.area(shapes).tolist()


# areas from centres


def test_two_centres_share_a_square_along_the_line_between():
    west, east = areas_around(points((250, 500), (750, 500)), SQUARE)
    assert west.equals(shapely.box(0, 0, 500, 1000))
    assert east.equals(shapely.box(500, 0, 1000, 1000))


def test_the_order_of_the_centres_is_that_of_the_areas():
    places = points((900, 900), (100, 100), (900, 100), (100, 900))
    assert all(area.contains(place) for area, place in zip(areas_around(places, SQUARE), places, strict=True))


def test_one_centre_has_the_whole_district():
    (area,) = areas_around(points((1, 1)), SQUARE)
    assert area.equals(SQUARE)


def test_a_centre_far_outside_may_be_left_with_nothing():
    inside, outside = areas_around(points((500, 500), (5000, 500)), SQUARE)
    assert inside.equals(SQUARE)
    assert outside.is_empty


def test_a_district_in_two_parts():
    island = shapely.union(SQUARE, shapely.box(2000, 0, 2100, 100))
    west, east = areas_around(points((250, 500), (750, 500)), island)
    assert sizes([west, east]) == [500_000, 510_000]
    assert east.geom_type == "MultiPolygon"


@settings(max_examples=draws(60), deadline=None)
@given(st.lists(st.tuples(st.integers(-200, 1200), st.integers(-200, 1200)), min_size=2, max_size=40, unique=True))
def test_areas_cover_the_district_without_overlap(places):
    """And each point of it belongs to the centre nearest to it: the oracle is the distance itself."""
    centres = points(*places)
    areas = areas_around(centres, SQUARE)
    assert sum(sizes(areas)) == pytest.approx(1e6, abs=1e-3)
    assert shapely.area(shapely.union_all(areas)) == pytest.approx(1e6, abs=1e-3)
    rng = np.random.default_rng(len(places))
    for place in shapely.points(rng.uniform(0, 1000, (20, 2))):
        away = shapely.distance(centres, place)
        nearest = np.flatnonzero(away <= away.min() + 1e-6)
        assert shapely.distance(areas[nearest], place).min() < 1e-6


def test_two_centres_at_one_place_are_named():
    assert same_centres(points((0, 0), (10, 0), (0.2, 0))) == [(0, 2)]


# people by floor area


def houses():
    """Two zones side by side; the third house lies on their border, a quarter of it in the first."""
    zones = boxes((0, 0, 100, 100), (100, 0, 200, 100), (300, 0, 400, 100))
    buildings = boxes((10, 10, 20, 20), (30, 10, 50, 20), (95, 10, 115, 20), (150, 50, 160, 60))
    lived = np.array([True, True, True, False])
    return zones, buildings, lived, ~lived, np.array([6.0, 3.0, 2.0, 10.0])


def test_floor_area_is_footprint_times_storeys_within_the_zone():
    homes = homes_in(*houses())
    assert homes.zone.tolist() == [0, 0, 0, 1, 2]
    assert homes.building.tolist() == [0, 1, 2, 2, -1]
    assert homes.weight.tolist() == [600, 600, 100, 300, 1]
    assert homes.bare.tolist() == [2]
    assert homes.any_building.tolist() == []
    assert homes.points[4].equals(shapely.Point(350, 50))


def test_where_no_building_is_known_for_living_those_of_unknown_use_are_taken():
    zones, buildings, _, _, levels = houses()
    none = np.zeros(4, bool)
    homes = homes_in(zones, buildings, none, ~none, levels)
    assert homes.zone.tolist() == [0, 0, 0, 1, 1, 2]
    assert homes.any_building.tolist() == [0, 1]


def test_people_add_up_to_the_total():
    homes = homes_in(*houses())
    people = spread_out(np.array([131.0, 40.5, np.nan]), homes)
    assert people[:4].tolist() == [61, 60, 10, 40.5]  # 60.46, 60.46, 10.08: of equal remainders the first
    assert np.isnan(people[4])


@settings(max_examples=draws(80))
@given(
    st.lists(st.floats(0, 1e6), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 5), st.floats(0.01, 1e5)), min_size=0, max_size=60),
)
def test_any_number_of_people_is_kept_exactly(totals, built):
    built = [(zone % len(totals), weight) for zone, weight in built] + [(zone, 1.0) for zone in range(len(totals))]
    zone = np.array([zone for zone, _ in built])
    homes = homes_in(*houses())
    homes = type(homes)(zone, zone, np.array([weight for _, weight in built]), points(*[(0, 0)] * len(zone)), zone[:0])
    people = spread_out(np.array(totals), homes)
    for number, total in enumerate(totals):
        assert people[zone == number].sum() == total
        assert people[zone == number][::-1].sum() == total
    assert (people >= 0).all()


# grids


def test_cells_are_cut_where_areas_meet():
    cells, areas = boxes((0, 0, 100, 100), (500, 0, 600, 100)), boxes((-50, 0, 25, 100), (25, 0, 300, 100))
    parts = overlaps(cells, areas)
    assert (parts.zone.tolist(), parts.building.tolist()) == ([0, 0, 1], [0, 1, -1])
    assert spread_out(np.array([40.0, 7.0]), parts).tolist() == [10, 30, 7]


def test_a_cell_counts_with_the_share_of_it_that_lies_inside():
    cells = boxes((-50, 0, 50, 100), (0, 0, 100, 100), (-200, 0, -100, 100))
    assert shares_inside(cells, SQUARE).tolist() == [0.5, 1, 0]


def test_scaling_keeps_proportions_and_the_total():
    out = scaled(np.array([10.0, np.nan, 30.0]), 101)
    assert out[[0, 2]].tolist() == [25, 76]
    assert np.isnan(out[1])
