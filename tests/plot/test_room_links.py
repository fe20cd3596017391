"""The map of linked centres: what its words count, on ground that helps and on ground that does not."""

from __future__ import annotations

import pandas as pd
import pytest

from tests import pocket
from tests.ledgers import activities, district, rooms
from tests.plot.said import said
from workbench import plot
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.rooms import TimetableResult, link_centres, timetable_rooms

WALKS = pd.DataFrame(
    [("S1", "S2", group, 6.0) for group in ("elders", "everyone")], columns=["from", "to", "group", "minutes"]
)


def base(**rules: str) -> TimetableResult:
    ground = district(
        stations=pocket.stations().assign(opening_hours="Mo-Fr 08:30-17:30"),
        rooms=rooms({}, {"station": "S2", "equipment": "mirrors"}),
        activities=activities(
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "group": "elders"}, {}, {"station": "S2"}
        ),
    )
    return timetable_rooms(ground, pocket.scenario(rooms={"linking": {"rooms_kept": 0}, **rules}))


def test_the_map_counts_what_moves_and_says_the_bound() -> None:
    words = said(plot.links_map(link_centres(base(), WALKS)))
    for part in (
        "中心间调剂 2/3 项活动：增排 1/1 场，再释放 1/2 室",
        "步行 ≤ 10 min（1 对，示意连线）",
        "含现可排上的活动（1 项）",
        "数字：活动数（共 2 项）",
        "使用 1 室，需求满足不减时不少于 1 室",
        "GB 50180-2018",
        "东中心",
        "西驿家",
        FICTIONAL_NOTE,
    ):
        assert part in words


@pytest.mark.parametrize("release", ["rooms", "area"])
def test_a_map_without_walks_shows_the_district(release: str) -> None:
    words = said(plot.links_map(link_centres(base(release=release), WALKS.iloc[:0])))
    assert "中心间调剂：无（分母：3 项活动）" in words
    assert "示意连线" not in words
    assert ("使用 80 ㎡" if release == "area" else "使用 2 室") in words
