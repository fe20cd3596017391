"""Areas from their centres and people by floor area: hand-made squares, exact sums, no overlap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from workbench.errors import GeodataError
from workbench.ground.intake.assumed import (
    agreeing,
    areas_around,
    communities_around,
    homes_in,
    only_inside,
    overlaps,
    refuse_uncounted,
    rescaled,
    same_centres,
    scaled,
    settle,
    shares_inside,
    spread_out,
    storeys,
    uses,
)
from workbench.ground.sources.reading import Reading

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


@settings(max_examples=draws(60))
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


# the layers that are made of it


def reading(rows, shapes=None):
    lines = [f"on line {2 + row}" for row in range(len(rows))]
    return Reading(Path("社区.xlsx"), rows, shapes, "", lines)


def test_two_communities_of_one_centre_are_refused_by_line():
    rows = pd.DataFrame({"id": ["c1", "c2", "c3"], "name": ["锦绣社区", "鸿翔社区", "和平社区"]})
    found = reading(rows, points((0, 0), (500, 0), (0, 0)))
    with pytest.raises(GeodataError) as caught:
        communities_around(rows, found, SQUARE, "区界")
    assert [problem.row for problem in caught.value.problems] == ["on line 2", "on line 4"]
    assert "两个社区的中心点在同一处" in str(caught.value)


def test_a_community_with_no_part_of_the_district_is_left_out():
    rows = pd.DataFrame({"id": ["c1", "c2"], "name": ["锦绣社区", "远处社区"]})
    kept, found, areas, (remark,) = communities_around(
        rows, reading(rows, points((500, 500), (9000, 0))), SQUARE, "区界"
    )
    assert (kept["id"].tolist(), len(areas)) == (["c1"], 1)
    assert [remark.rows for remark in found.remarks] == [1]
    assert remark.words == "社区边界：1 个社区按离中心点最近划分（泰森多边形，裁到区界），不是法定边界"


BANDS = {"age_0_6": 1.0, "age_7_17": 2.0, "age_18_59": 5.0, "age_60_79": 3.0, "age_80_plus": 1.0}


def test_areas_without_a_number_or_with_bands_that_do_not_add_up_are_refused():
    rows = pd.DataFrame({"residents": [12.0, np.nan, 30.0], **{band: [n] * 3 for band, n in BANDS.items()}})
    with pytest.raises(GeodataError) as caught:
        refuse_uncounted(rows, reading(rows))
    assert [(p.row, p.what) for p in caught.value.problems] == [
        ("on line 3", "没有居民数，无从分摊"),
        ("on line 4", "各年龄段之和与居民数不符"),
    ]
    refuse_uncounted(rows[:1], reading(rows[:1]))
    with pytest.raises(GeodataError, match="没有居民数"):
        refuse_uncounted(rows[["age_0_6"]], reading(rows))


def test_bands_that_were_rounded_apart_follow_the_stated_residents():
    """2,009 in bands of 2,000 residents: 2,000 come; the bands keep their proportions; others stay as they are."""
    counts = [200.0, 300.0, 1009.0, 400.0, 100.0]
    rows = pd.DataFrame({"id": ["c1", "c2", "c3"], "residents": [2000.0, 12.5, 7.0]})
    rows = rows.assign(**{band: [n, m, np.nan] for band, n, m in zip(BANDS, counts, BANDS.values(), strict=True)})
    mended, (said,) = agreeing(rows)
    assert mended[list(BANDS)].to_numpy().tolist()[:2] == [[199, 299, 1004, 398, 100], [1, 2, 5.5, 3, 1]]
    assert (said.kind, said.words) == ("changed", "2 行各年龄段之和与居民数略有出入，以居民数为准，年龄段按比例调整")
    assert agreeing(mended) == (mended, ())
    assert agreeing(rows[["residents"]])[1] == ()
    zones = boxes((0, 0, 100, 100), (100, 0, 200, 100), (300, 0, 400, 100))
    settled = settle(mended, homes_in(zones, *houses()[1:]), ["c1", "c1", "c1", "c2", "c3"]).rows
    assert settled.groupby("community")["residents"].sum().to_dict() == {"c1": 2000, "c2": 12.5, "c3": 7}


def test_bands_and_households_are_settled_beside_residents():
    """Each band by itself; the residents of a house are the sum of its bands."""
    rows = pd.DataFrame({"id": ["c1", "c2", "c3"], "residents": [12.0, 7.0, 0.0], "households": [5.0, 3.0, 0.0]})
    rows = rows.assign(**{band: [n, np.nan, np.nan] for band, n in BANDS.items()})
    settled = settle(rows, homes_in(*houses()), ["c1", "c1", "c1", "c2", None]).rows
    assert settled["id"].tolist() == ["c1-1", "c1-2", "c1-3", "c2-1"]  # none where nobody lives
    assert settled.groupby("community")[["residents", "households"]].sum().to_numpy().tolist() == [[12, 5], [7, 3]]
    of_first = settled[settled["community"] == "c1"]
    assert of_first[list(BANDS)].sum(axis=1).tolist() == of_first["residents"].tolist()
    assert of_first[list(BANDS)].sum().tolist() == list(BANDS.values())


def test_storeys_that_nobody_says_are_those_of_the_others():
    levels, unsaid = storeys(pd.DataFrame({"levels": [6, None, 18, 0, 6]}))
    assert levels.tolist() == [6, 6, 18, 6, 6]
    assert unsaid.tolist() == [False, True, False, True, False]
    assert storeys(pd.DataFrame({"kind": ["residential"]}))[0].tolist() == [1]


def test_buildings_of_unknown_use_are_lived_in_where_they_stand_on_residential_land():
    buildings = pd.DataFrame({"kind": ["residential", "unknown", None, "public"]})
    shapes = boxes((0, 0, 1, 1), (10, 0, 11, 1), (20, 0, 21, 1), (10, 2, 11, 3))
    lived, possible = uses(buildings, shapes, boxes((9, 0, 12, 5)))
    assert lived.tolist() == [True, True, False, False]
    assert possible.tolist() == [False, True, True, False]
    assert uses(buildings, shapes, np.empty(0, object))[0].tolist() == [True, False, False, False]


def test_scaled_and_cut_areas_keep_their_bands_whole():
    rows = pd.DataFrame(
        {"residents": [12.0, 8.0], "households": [6.0, 4.0], **{b: [n, np.nan] for b, n in BANDS.items()}}
    )
    twice = rescaled(rows, 40)
    assert twice["residents"].tolist() == [24, 16]
    assert twice["households"].tolist() == [12, 8]
    assert twice[list(BANDS)].iloc[0].tolist() == [2, 4, 10, 6, 2]
    half = only_inside(rows, np.array([0.5, 1.0]))
    assert half["residents"].tolist() == [6, 8]
    assert half[list(BANDS)].iloc[0].sum() == 6
