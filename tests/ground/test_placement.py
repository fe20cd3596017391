"""Where coordinates are: axes, zones, datum, extent."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from workbench.errors import GeodataError
from workbench.ground.sources.placement import outside_problem, placed, swapped_rows, wgs84_to_bd09, wgs84_to_gcj02
from workbench.ground.sources.reading import Reading

DISTRICT = pyproj.CRS.from_user_input("EPSG:4546")
PLACE = (109.97, 40.62)
METRES = (412844.0, 4498884.0)


def reading(points, crs):
    shapes = shapely.points(np.atleast_2d(np.array(points, float)))
    lines = [f"on line {i}" for i in range(len(shapes))]
    return Reading(Path("poi.csv"), pd.DataFrame(index=range(len(shapes))), shapes, crs, lines)


def coordinates(points, crs, datum="wgs84"):
    return shapely.get_coordinates(placed(reading(points, crs), DISTRICT, datum))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490"])
def test_degrees_are_projected(crs):
    assert coordinates(PLACE, crs)[0] == pytest.approx(METRES, abs=1)


def test_metres_stay_as_they_are():
    assert np.array_equal(coordinates(METRES, "EPSG:4546"), [METRES])


def test_the_zone_with_prefix_is_the_same_place():
    assert coordinates((37_000_000 + METRES[0], METRES[1]), "EPSG:4525")[0] == pytest.approx(METRES, abs=1e-3)


@pytest.mark.parametrize(("datum", "shift"), [("gcj02", wgs84_to_gcj02), ("bd09", wgs84_to_bd09)])
def test_shifts_are_undone(datum, shift):
    right = coordinates(PLACE, "EPSG:4326")
    there = shift(np.array([PLACE]))
    assert coordinates(there, "EPSG:4326", datum) == pytest.approx(right, abs=0.001)
    # also when somebody projected the shifted degrees
    projected = coordinates(there, "EPSG:4326")
    assert coordinates(projected, "EPSG:4546", datum) == pytest.approx(right, abs=0.001)


@pytest.mark.parametrize(
    ("point", "crs", "words"),
    [
        (PLACE[::-1], "EPSG:4490", "longitude and latitude are swapped; expected longitude as x; found 40.62, 109.97"),
        (METRES, "EPSG:4490", "the coordinates are metres, the CRS is in degrees; .* State the projected CRS"),
        (
            PLACE,
            "EPSG:4546",
            "the coordinates are degrees, the CRS is in metres; .* such as crs: EPSG:4490 or EPSG:4326",
        ),
        (
            (37412844, 4498884),
            "EPSG:4546",
            "carry a zone number .* found 37412844, 4498884 .* zone 37: state .* EPSG:4525",
        ),
        ((4498884, 37412844), "EPSG:4546", "carry a zone number .* zone 37"),
        ((19412844, 4498884), "EPSG:4508", "carry a zone number .* zone 19: state .* EPSG:4497 .*6-degree"),
        ((99412844, 4498884), "EPSG:4546", "zone 99: state a CRS with zone prefix"),
        ((412844, 4498884), "EPSG:4525", "lack the zone number .* begin with 37 .* EPSG:4546 .*central meridian 111E"),
        ((412844, 4498884), "EPSG:4497", "lack the zone number .* begin with 19 .* EPSG:4508 .*central meridian 111E"),
    ],
)
def test_coordinates_that_cannot_be_what_they_claim(point, crs, words):
    with pytest.raises(GeodataError, match=words) as caught:
        placed(reading(point, crs), DISTRICT)
    assert str(caught.value).startswith("poi.csv: ")


def test_a_point_off_the_earth():
    points = [PLACE] * 3 + [(500.0, 40.0)]
    with pytest.raises(GeodataError, match=r"coordinates lie off the earth; .* found 1, the first: \(500, 40\)"):
        placed(reading(points, "EPSG:4326"), DISTRICT)


def check(points, crs, extent):
    read = reading(points, crs)
    shapes = placed(read, DISTRICT)
    names = [f"p{i}" for i in range(len(shapes))]
    return outside_problem("demand", names, shapes, extent, read, DISTRICT, "wgs84")


EXTENT = shapely.box(METRES[0] - 1000, METRES[1] - 1000, METRES[0] + 1000, METRES[1] + 1000)


def test_one_in_a_hundred_may_lie_outside():
    points = [METRES] * 99 + [(METRES[0] + 5000, METRES[1])]
    assert check(points, "EPSG:4546", EXTENT) == (None, 1)


def test_more_may_not():
    points = [METRES] * 97 + [(METRES[0] + 5000, METRES[1])] * 3
    problem, outside = check(points, "EPSG:4546", EXTENT)
    assert outside == 3
    text = str(problem)
    assert "too many points lie outside the extent; expected at least 99% of the points inside" in text
    assert "97.0% of 100 inside; the first outside: p97 (417844, 4498884), p98" in text
    assert "Check crs and datum of poi.csv" in text


@pytest.mark.parametrize(("crs", "hint"), [("EPSG:4546", True), ("EPSG:25830", False)])
def test_shifted_datums_are_only_named_where_there_are_some(crs, hint):
    points = [METRES] * 97 + [(METRES[0] + 5000, METRES[1])] * 3
    read, district = reading(points, crs), pyproj.CRS.from_user_input(crs)
    names = [str(i) for i in range(len(points))]
    problem, _ = outside_problem("demand", names, placed(read, district), EXTENT, read, district, "wgs84")
    assert ("GCJ-02" in str(problem)) is hint


def test_swapped_northing_and_easting():
    problem, _ = check([METRES[::-1]], "EPSG:4546", EXTENT)
    assert "are swapped: exchanged, the points lie inside" in str(problem)
    assert "Exchange the columns x and y of poi.csv" in str(problem)


@pytest.mark.parametrize("place", [METRES, (440_000.0, 4_428_000.0)])
def test_single_rows_that_are_swapped_are_named(place):
    extent = shapely.box(place[0] - 1000, place[1] - 1000, place[0] + 1000, place[1] + 1000)
    points = [place] * 199 + [place[::-1]]
    read = reading(points, "EPSG:4546")
    inside = shapely.intersects(extent, read.shapes)
    (problem,) = swapped_rows(read, inside, extent, DISTRICT, "wgs84")
    assert (problem.row, problem.mend) == ("on line 199", "Exchange the two cells.")
    assert swapped_rows(reading([place] * 3, "EPSG:4546"), np.ones(3, bool), extent, DISTRICT, "wgs84") == []


def test_a_row_swapped_where_both_are_on_earth():
    there = pyproj.CRS.from_user_input("EPSG:4533")  # Kashgar: 76 E, 39 N
    points = [(75.99, 39.47)] * 4 + [(39.47, 75.99)]
    read = reading(points, "EPSG:4490")
    shapes = placed(read, there, "cgcs2000")
    inside = shapely.intersects(shapely.buffer(shapes[0], 500), shapes)
    (problem,) = swapped_rows(read, inside, shapely.buffer(shapes[0], 500), there, "cgcs2000")
    assert problem.row == "on line 4"
    assert problem.found == "39.47, 75.99"


@pytest.mark.parametrize(
    ("point", "words"),
    [
        ((109.5812, 40.3712), r"minutes and seconds \(D.MMSS\) or minutes \(D.MMmmm\)"),  # 109 degrees 58 minutes 12
        ((109.5870, 40.3770), r"minutes \(D.MMmmm\)"),
    ],
)
def test_minutes_written_as_decimals_of_degrees(point, words):
    problem, _ = check([point], "EPSG:4490", EXTENT)
    assert re.search(f"degrees are {words}: read so, the points lie inside", str(problem))


def test_degrees_and_minutes_in_one_number():
    with pytest.raises(GeodataError, match=r"degrees and minutes in one number, write degrees: 109.970000, 40.620000"):
        placed(reading([(10958.2, 4037.2)], "EPSG:4490"), DISTRICT)


def test_no_shift_of_a_datum_is_named_for_what_is_far_away():
    problem, _ = check([(METRES[0] - 700_000, METRES[1])], "EPSG:4546", EXTENT)
    assert "Check crs of poi.csv, and whether" in str(problem)
