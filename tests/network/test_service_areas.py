"""Service areas as polygons: by hand on the pocket district, beside the exact union on the embedded one."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from tests.ground.grounds import EMBEDDED
from tests.network.test_walking import doors, streets
from workbench.errors import NetworkError
from workbench.ground.sources import read_district
from workbench.network.service_areas import Method, ServiceAreas, reached_pieces, service_areas
from workbench.network.streets import OPEN_GROUND, GateRule, Streets, build_streets, snap
from workbench.network.walking import Walks

SIZES = {"cell_m": 10.0, "buffer_m": 25.0}
METHODS: tuple[Method, ...] = ("field", "exact")


def areas_of(
    stations: gpd.GeoDataFrame, limits: list[float], on: Streets | None = None, **options: object
) -> ServiceAreas:
    on = streets() if on is None else on
    public = (stations["access"] == "public").to_numpy()
    return service_areas(Walks(on), doors(on, stations), public, limits, **{**SIZES, **options})  # type: ignore[arg-type]


def both(*stations: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(pd.concat(stations, ignore_index=True), crs=pocket.CRS)


@pytest.mark.parametrize("method", METHODS)
def test_a_straight_street_by_hand(method: Method) -> None:
    # 100 m either side of (500, 0), the leg of 5 m counted; the crossing at x = 400 has no other street
    [shape] = areas_of(pocket.station("S3", 500, 5), [95], method=method).shape
    assert shape.area == pytest.approx(180 * 50 + np.pi * 25**2, rel=0.006)
    assert shape.bounds == pytest.approx((385, -25, 615, 25), abs=0.5)


def test_a_cross_of_streets_by_hand() -> None:
    ends = {1: (-200, 0), 2: (200, 0), 3: (0, -200), 4: (0, 200), 5: (0, 0)}
    ways = pocket.ways().iloc[:4].assign(u=5, v=[1, 2, 3, 4])
    lines = [shapely.LineString([ends[5], ends[v]]) for v in (1, 2, 3, 4)]
    on = build_streets(
        ways.set_geometry(gpd.GeoSeries(lines, crs=pocket.CRS)), pocket.compounds().iloc[:0], pocket.gates().iloc[:0]
    )
    areas = areas_of(pocket.station("S3", 0, 0), [100, 150], on, cell_m=5.0)
    # four arms of 100 m by 50 m, half a circle at the end of each, less the middle counted twice
    for shape, limit in zip(areas.shape, areas.limit, strict=True):
        assert shape.area == pytest.approx(2 * 2 * limit * 50 - 50**2 + 2 * np.pi * 25**2, rel=0.005)
        assert shape.bounds == pytest.approx((-limit - 25, -limit - 25, limit + 25, limit + 25), abs=0.5)


def test_one_area_a_station_and_limit_in_that_order() -> None:
    areas = areas_of(pocket.stations(), [65, 200])
    assert areas.station.tolist() == [0, 0, 1, 1]
    assert areas.limit.tolist() == [65, 200, 65, 200]
    assert len(areas) == 4
    together = areas_of(pocket.stations(), [65, 200], together=True)
    assert together.station.tolist() == [-1, -1]
    for band in range(2):
        whole = shapely.union_all(areas.shape[band::2])
        assert together.shape[band].symmetric_difference(whole).area < 1


@pytest.mark.parametrize("method", METHODS)
def test_walls_are_respected_but_for_the_buffer(method: Method) -> None:
    compound = pocket.compounds().geometry.iloc[0]
    shut = streets(gates=pocket.gates().iloc[:0])
    [outside] = areas_of(pocket.stations().iloc[[0]], [400], shut, method=method).shape
    inside = outside.intersection(compound)
    # the streets end at the wall, y = 20: the area reaches in by the buffer and no further
    assert inside.bounds[3] <= 20 + 25 + 0.01
    assert not outside.covers(shapely.Point(200, 70))
    [entered] = areas_of(pocket.stations().iloc[[0]], [400], method=method).shape
    assert entered.covers(shapely.Point(200, 70))


@pytest.mark.parametrize("method", METHODS)
def test_a_station_off_the_network_has_an_empty_area(method: Method) -> None:
    stations = both(pocket.station("S3", 400, 100), pocket.station("S4", 500, 5))
    areas = areas_of(stations, [95, 190], method=method)
    assert [shape.is_empty for shape in areas.shape] == [True, True, False, False]
    assert {shape.geom_type for shape in areas.shape} == {"MultiPolygon"}
    assert len(areas_of(stations.iloc[:0], [95], method=method)) == 0
    [none] = areas_of(stations.iloc[:1], [95], method=method, together=True).shape
    assert none.is_empty


def test_many_stations_are_taken_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    stations = both(*(pocket.station(f"S{i}", 40 * i, 5) for i in range(5)))
    whole = areas_of(stations, [65, 200])
    monkeypatch.setattr("workbench.network.service_areas._BATCH", 2)
    assert [a.wkb for a in areas_of(stations, [65, 200]).shape] == [a.wkb for a in whole.shape]


def test_all_that_is_wrong_is_said_at_once() -> None:
    on = streets()
    placed = doors(on, pocket.stations())
    with pytest.raises(NetworkError) as caught:
        service_areas(Walks(on), placed, [True], [300, 300], method="hull", cell_m=0, buffer_m=np.nan)  # type: ignore[arg-type]
    said = str(caught.value)
    for part in (
        "column serves_public: wrong shape; expected (2,); found (1,)",
        "column limits: no limits; expected finite numbers above 0, rising; found [300, 300]",
        'column method: no such method; expected "field" or "exact"; found \'hull\'',
        "column cell_m: no length; expected metres above 0; found 0",
        "column buffer_m: no length; expected metres above 0; found nan",
    ):
        assert part in said


@pytest.mark.parametrize("limits", [[], [0], [-1, 5], [np.inf], [[300]]])
def test_limits_must_be_rising_numbers(limits: list[float]) -> None:
    with pytest.raises(NetworkError, match="no limits"):
        areas_of(pocket.stations(), limits)


@given(
    st.integers(0, 600),
    st.lists(st.integers(20, 700), min_size=2, max_size=4, unique=True).map(sorted),
    st.sampled_from(["as_is", "all_open"]),
)
@settings(max_examples=draws(40))
def test_a_longer_walk_never_reaches_less(x: int, limits: list[float], policy: str) -> None:
    on, station = streets(GateRule(policy)), pocket.station("S3", x, 10)  # type: ignore[arg-type]
    field = areas_of(station, limits, on).shape
    exact = areas_of(station, limits, on, method="exact").shape
    assert all(larger.covers(smaller) for smaller, larger in itertools.pairwise(field))
    assert all(larger.buffer(1e-6).covers(smaller) for smaller, larger in itertools.pairwise(exact))
    assert all(shape.is_valid for shape in [*field, *exact])


def test_the_field_is_as_good_as_the_union_on_a_real_web_of_streets() -> None:
    district = read_district(EMBEDDED)
    on = build_streets(district.ways, district.compounds, district.gates)
    stations = district.stations.iloc[::12]
    placed = snap(on, np.asarray(stations.geometry.array, object), np.full(len(stations), OPEN_GROUND), 50.0)
    walks, public = Walks(on), np.full(len(stations), True)
    areas = {m: service_areas(walks, placed, public, [300, 500, 1000], method=m, **SIZES).shape for m in METHODS}
    shared = shapely.area(shapely.intersection(areas["field"], areas["exact"]))
    ratio = shared / shapely.area(shapely.union(areas["field"], areas["exact"]))
    assert len(ratio) == 18
    assert ratio.min() >= 0.98
    assert shapely.is_valid(areas["field"]).all()
    assert all(shapely.covers(areas["field"][b + 1 :: 3], areas["field"][b::3]).all() for b in range(2))
    # every piece lies in the area
    pieces = reached_pieces(walks, placed, public, [300])
    middle = shapely.line_interpolate_point(on.lines[pieces.edge], (pieces.begin_m + pieces.end_m) / 2)
    assert shapely.covers(areas["field"][::3][pieces.source], middle).all()
