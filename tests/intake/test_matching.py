"""Names and addresses against known places: what is taken, what is a tie, what is left for the hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely

from workbench.ground.intake.matching import Places, by_name, core, matched

NAMES = {
    "锦绣社区": (0, 0), "锦绣苑": (500, 0), "鸿翔家园": (1000, 0), "鸿翔花园": (1400, 0),
    "和平小区": (2000, 0), "和平社区居委会": (2050, 0), "第一小学": (3000, 0), "幸福里": (4000, 0), "青山小区": (5000, 0),
    "青山社区": (9000, 0),
}  # fmt: skip


@pytest.fixture(scope="module")
def places():
    shapes = np.array([shapely.Point(place) for place in NAMES.values()], object)
    return Places.of([("地图地名", pd.Series(list(NAMES)), shapes)])


def one(places, name="", address=""):
    (match,) = matched([name], [address], places)
    return match


@pytest.mark.parametrize(
    ("name", "address", "place"),
    [
        ("锦绣社区", "", "锦绣社区"),
        ("锦绣社区党群服务中心", "", "锦绣社区"),
        ("鸿翔家园驿家", "", "鸿翔家园"),
        ("党群驿家", "人民路12号鸿翔花园3号楼底商", "鸿翔花园"),
        ("", "青山区幸福里小区门口", "幸福里"),
        ("", "青山区鸿翔家园幸福里3号", "幸福里"),
        ("和平社区党群服务中心", "", "和平社区居委会"),
    ],
)
def test_what_is_taken(places, name, address, place):
    match = one(places, name, address)
    assert places.names[match.place] == place
    assert match.score >= 85


def test_two_that_are_as_like_and_far_apart_are_left_open(places):
    match = one(places, "青山驿家")
    assert match.tie
    assert match.place == -1
    assert {places.names[place] for place in match.offered} == {"青山小区", "青山社区"}


def test_what_is_a_little_like_is_offered(places):
    match = one(places, "鸿福家园")
    assert (match.place, match.tie) == (-1, False)
    assert places.names[match.offered[0]] == "鸿翔家园"
    assert 55 <= match.score < 85


def test_what_is_like_nothing_is_left(places):
    assert one(places, "xyz").offered == ()
    assert one(places).place == -1
    assert one(Places.of([]), "锦绣社区").place == -1


def test_places_without_a_name_are_none_and_areas_are_a_point_within():
    square = np.array([shapely.box(0, 0, 10, 10), shapely.Point(1, 1)], object)
    places = Places.of([("小区", pd.Series(["锦绣苑", None]), square)])
    assert (places.names, places.kinds) == (("锦绣苑",), ("小区",))
    assert square[0].contains(places.points[0])


@pytest.mark.parametrize(
    ("name", "left"), [("锦绣社区党群服务中心", "锦绣"), ("锦绣小区", "锦绣"), ("社区", "社区"), ("A-1 小区", "A1")]
)
def test_the_words_of_a_kind_come_off(name, left):
    assert core(name) == left


def test_columns_that_name_another_row():
    told = by_name(
        pd.Series(["c01", "锦绣社区", "锦绣", "鸿祥社区", None, "外地", "双"]),
        {"c01": "和平社区", "c02": "锦绣社区", "c03": "鸿翔社区", "c04": "双社区", "c05": "双社区"},
    )
    assert told.values.tolist() == ["c01", "c02", "c02", None, None, None, None]
    assert [(text, name) for text, name, _ in told.guessed] == [("锦绣", "锦绣社区")]
    assert told.unknown == ("鸿祥社区", "外地", "双")
