"""Where points are, in words, on ground small enough to read off: eight directions, ties, and what may be missing."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tests import pocket
from workbench.ground.district import District
from workbench.ground.places import gate_sides, name_with_code, where_is

BARE = {"ways": pocket.ways(), "demand": pocket.demand().assign(compound=None, community=None)}


def at(*places: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(place) for place in places], crs=pocket.CRS)


def with_streets(**names: str | None) -> District:
    ways = pocket.ways()
    return pocket.district(ways=ways.assign(name=[names.get(i) for i in ways["id"]]))


def bare(**tables: pd.DataFrame) -> District:
    """Ways without compounds and demand alone, and these tables."""
    ways = pocket.ways()
    return District.from_tables(pocket.MANIFEST, {**BARE, "ways": ways.assign(compound=None), **tables})


def compounds(*rows: tuple[str, str, shapely.Geometry]) -> gpd.GeoDataFrame:
    columns: dict[str, Any] = {
        "id": [i for i, _, _ in rows],
        "name": [name for _, name, _ in rows],
        "community": None,
        "enclosed": False,
        "households": None,
    }
    return gpd.GeoDataFrame(columns, geometry=[shape for _, _, shape in rows], crs=pocket.CRS)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ((470, 120), "甲小区 东 120 m"),
        ((470, 340), "甲小区 东北 170 m"),  # 120 √2 from the corner
        ((250, 340), "甲小区 北 120 m"),
        ((30, 340), "甲小区 西北 170 m"),
        ((30, 120), "甲小区 西 120 m"),
        ((30, -100), "甲小区 西南 170 m"),
        ((250, -100), "甲小区 南 120 m"),
        ((470, -100), "甲小区 东南 170 m"),
        ((450, 230), "甲小区 东 100 m"),  # six degrees off
        ((1360, 120), "甲小区 东 1,010 m"),
        ((355, 120), "甲小区 东 10 m"),
        ((354.9, 120), "甲小区旁"),
        ((350, 120), "甲小区内"),  # on the wall
        ((250, 120), "甲小区内"),
    ],
)
def test_a_point_by_its_compound(place: tuple[float, float], words: str) -> None:
    assert where_is(pocket.district(), at(place)) == [words]


def test_many_at_once_keep_their_order_and_none_gives_none() -> None:
    assert where_is(pocket.district(), at((250, 340), (250, 120))) == ["甲小区 北 120 m", "甲小区内"]
    assert where_is(pocket.district(), at()) == []
    assert gate_sides(pocket.district(), [], at()) == []


def test_the_street_and_the_crossing() -> None:
    """w1 and w2 are one street; w4 meets w5 at (400, 0); a street 101 m away says nothing."""
    named = with_streets(w1="人民路", w2="人民路", w4="解放路", w5="河西街")
    assert where_is(named, at((100, -100), (100, -101), (100, 0), (400, 0), (420, -10))) == [
        "甲小区 西南 130 m，近人民路",
        "甲小区 南 130 m",
        "甲小区 西 50 m，近人民路",
        "甲小区 东 50 m，解放路与河西街路口",
        "甲小区 东南 80 m，近河西街",
    ]


def test_equally_near_ones_are_taken_by_identifier() -> None:
    west, east = shapely.box(0, 0, 100, 100), shapely.box(300, 0, 400, 100)
    for first, second in (("a", "b"), ("b", "a")):
        ground = bare(compounds=compounds((first, f"{first}园", west), (second, f"{second}园", east)))
        side = "东" if first == "a" else "西"
        assert where_is(ground, at((200, 50))) == [f"a园 {side} 100 m"]
    ground = bare(compounds=compounds(("b", "内园", west), ("a", "外园", shapely.box(-100, -100, 200, 200))))
    assert where_is(ground, at((50, 50))) == ["外园内"]
    streets = with_streets(w1="甲路", w2="乙路", w3="甲路")
    assert where_is(streets, at((200, 0)))[0].endswith("，乙路与甲路路口")


def test_a_street_without_a_name_is_none() -> None:
    assert where_is(with_streets(w1="  "), at((50, 0))) == ["甲小区 西 100 m"]
    assert where_is(with_streets(w1=None, w2="人民路"), at((50, 0))) == ["甲小区 西 100 m，近人民路"]


def test_a_compound_that_is_a_point_has_no_inside() -> None:
    ground = bare(compounds=compounds(("a", "点园", shapely.Point(0, 0))))
    assert where_is(ground, at((0, 0), (0, 30))) == ["点园旁", "点园 北 30 m"]


def test_without_compounds_stations_then_communities_then_coordinates() -> None:
    stations = pocket.stations().assign(community=None)
    assert where_is(bare(stations=stations, communities=pocket.communities()), at((100, 40), (100, 10))) == [
        "东中心 北 30 m",
        "东中心旁",
    ]
    assert where_is(bare(communities=pocket.communities()), at((0, 0), (0, -150))) == ["东社区内", "东社区 南 100 m"]
    assert where_is(bare(), at((12.4, -7.6))) == ["X 12 Y -8"]


@pytest.mark.parametrize("name", ['"甲"小区', "<script>alert(1)</script>", "=cmd|' /C calc'!A0", "🏠园"])
def test_a_name_is_data(name: str) -> None:
    ground = bare(compounds=compounds(("a", name, shapely.box(0, 0, 9, 9))))
    assert where_is(ground, at((5, 5))) == [f"{name}内"]
    assert name_with_code(ground.compounds)("a") == f"{name}（a）"


def test_gates_by_the_side_of_their_compound() -> None:
    """The middle is (250, 120); G1 at (200, 20) lies 27° west of south."""
    named = with_streets(w2="人民路")
    points = at((200, 20), (350, 120), (350, 220))
    assert gate_sides(named, ["K1", "K1", "K1"], points) == ["西南侧，近人民路", "东侧", "东北侧"]


def test_names_beside_codes() -> None:
    said = name_with_code(pocket.communities())
    assert [said(i) for i in ("C1", "C9", "", None, float("nan"))] == ["东社区（C1）", "C9", "", "", ""]
    assert name_with_code(pocket.communities(), blank=None)(None) is None
    assert name_with_code(pocket.communities().iloc[:0])("C1") == "C1"
