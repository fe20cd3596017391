"""Rooms of a district as timetabled: tables, numbers, proof, and a small district by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests import pocket
from tests.ground.grounds import small
from tests.ledgers import activities, bookings, district, rooms
from tests.listeners import Steps
from workbench.cache import Cache
from workbench.errors import NoSolutionError
from workbench.results import Result
from workbench.rooms import TimetableResult, timetable_rooms
from workbench.rooms.check import faults
from workbench.rooms.problem import Centre
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.solving import Status

TITLES = [
    "房间整合前后对照表", "房间周课表", "逐中心结果", "逐阶段证明", "未满足需求及原因", "现行排期不合规之处", "释放房间及恢复条件",
    "人群用房", "场景用房", "门牌核对",
]  # fmt: skip


@pytest.fixture(scope="module")
def planned() -> TimetableResult:
    """Two meeting rooms, an idle one and an office; one talk and one class moved together, one class without a room."""
    ground = district(
        rooms=rooms(
            {"neighbours": "R2", "merges_with": "R2"},
            {"neighbours": "R1", "merges_with": "R1", "equipment": "tables"},
            {"function": "闲置"},
            {"sign": "图书阅览室", "function": "办公室", "area_m2": 90.0},
        ),
        activities=activities(
            {"duration_min": 90},
            {"name": "培训", "function": "training", "priority": 2, "sessions": 2},
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "group": "elders"},
        ),
        bookings=bookings(
            {},
            {"activity": "A2", "room": "R2", "day": "Mo", "start": "09:00"},
            {"activity": "A2", "room": "R2", "day": "Tu"},
        ),
    )
    return timetable_rooms(ground, pocket.scenario())


def test_it_is_a_result(planned: TimetableResult) -> None:
    assert isinstance(planned, Result)
    assert planned.status == "OPTIMAL"
    assert repr(planned) == "<TimetableResult pocket: 1 of 1 centres proven, OPTIMAL>"
    assert len(planned.fingerprint) == 64


def test_before_and_after_by_hand(planned: TimetableResult) -> None:
    table = planned.by_room.set_index("id")
    assert table["fate"].to_dict() == {"R1": "released", "R2": "kept", "R3": "idle", "R4": "given_idle"}
    assert table.loc["R2", ["functions_before", "functions_after"]].tolist() == ["training", "meeting;training"]
    assert table.loc["R2", ["hours_before", "hours_after", "open_hours"]].tolist() == [2.0, 3.5, 45.0]
    assert table.loc["R2", "occupancy_after"] == 0.5
    assert sorted(planned.sessions["standing"]) == ["kept", "kept", "moved"]
    moved = planned.sessions.set_index("standing").loc["moved"]
    assert (moved["name"], moved["start"], moved["end"], moved["room"]) == ("议事", moved["start"], moved["end"], "R2")


def test_numbers_name_their_denominators(planned: TimetableResult) -> None:
    found = {kpi.key: kpi for kpi in planned.kpis()}
    assert found["rooms.used_before"].value == 2
    assert found["rooms.used_after"].value == found["rooms.load_bound"].value == 1
    assert (found["rooms.released_area"].value, found["rooms.released_area"].of) == (40.0, 210.0)
    assert found["need.sessions_after"].value == pytest.approx(75.0)
    assert found["need.sessions_after"].of == 4
    assert found["offices.resident_share_before"].value == pytest.approx(100 * 120 / 210)
    assert found["offices.resident_share_after"].value == 100
    assert found["offices.resident_share_after"].clause == "不涉及标准"  # the clause is of the centre's floor area
    assert (found["offices.outside_ledger"].value, found["offices.outside_ledger"].of) == (None, None)
    assert found["plan.changes"].value == 2
    assert (found["scenes.held_after"].value, found["scenes.held_after"].of) == (0, 12)
    assert found["use.open_hours_after"].value == found["use.open_hours_after"].of == 180
    assert found["use.open_hours_before"].value == 135, "the office is none for residents"
    assert all(kpi.denominator and kpi.label for kpi in found.values())
    assert len(found) == len(planned.kpis())


def test_what_is_published_against_the_rules_is_told_and_may_be_dropped() -> None:
    """Elders meet upstairs today, beside a band: neither can stand, and both are named with their rules."""
    ground = district(
        rooms=rooms(
            {"neighbours": "R2", "storey": 2, "sound": "loud"}, {"neighbours": "R1", "storey": 2, "sound": "loud"}
        ),
        activities=activities(
            {"name": "棋牌", "function": "elder_games"},
            {"name": "乐队", "function": "music"},
            {"name": "自习", "function": "study", "windows": "Mo 10:00-11:00"},
        ),
        bookings=bookings({}, {"activity": "A2", "start": "10:00"}, {"activity": "A3", "room": "R2", "start": "10:00"}),
    )
    result = timetable_rooms(ground, pocket.scenario())
    table = result.breaches_today.set_index("rule")
    assert table["activities"].to_dict() == {"neighbours": "乐队;自习", "storey": "棋牌"}
    assert table["breaches"].to_dict() == {"neighbours": 1, "storey": 1}
    assert result.unserved[["activity", "today", "missing", "rules"]].to_numpy().tolist() == [["A1", 1, 1, "storey"]]
    found = {kpi.key: kpi for kpi in result.kpis()}
    assert (found["plan.dropped"].value, found["plan.dropped"].of) == (1, 3)
    assert found["plan.breaches_today"].value == 2
    assert result.losses.to_numpy().tolist() == [["elder_games", "everyone", 1, 0, 1, 10.0, 1, 0, "storey"]]


def test_who_loses_what_they_have_today_is_told_first() -> None:
    """One room, one hour: today a meal for ten; twenty young people ask for the same hour, and count more."""
    ground = district(
        rooms=rooms({"opening_hours": "Mo 11:00-12:00", "water": True, "power": "strong", "equipment": "cooker"}),
        activities=activities(
            {"name": "助餐", "function": "canteen", "group": "elders"},
            {"name": "夜校", "function": "night_school", "group": "youth", "attendance": 20},
        ),
        bookings=bookings({"start": "11:00"}),
    )
    result = timetable_rooms(ground, pocket.scenario())
    assert result.losses.to_numpy().tolist() == [["canteen", "elders", 1, 0, 1, 10.0, 0, 1, "one_use"]]
    total, meals, *_ = result.kpis()
    assert (total.key, total.value, total.of) == ("plan.dropped", 1, 1)
    assert (meals.key, meals.value, meals.of) == ("plan.dropped.canteen.elders", 1, 1)
    assert meals.label == "现有服务减少：助餐（一老），规划 0 场"
    assert result.summary().iloc[0]["指标"] == "现行排期中不再安排的场次"
    title, table = next(iter(result.tables().items()))
    assert title == "现有服务减少"
    assert table.iloc[0].tolist() == ["助餐", "一老", 1, 0, 1, 10, 0, 1, "一室一时一用"]


def test_nobody_loses_where_all_stays() -> None:
    ground = district(rooms=rooms({}), activities=activities({}), bookings=bookings({}))
    result = timetable_rooms(ground, pocket.scenario())
    assert (result.kpis()[0].value, "现有服务减少" in result.tables()) == (0, False)


def test_the_tables_are_read_in_chinese(planned: TimetableResult) -> None:
    tables = planned.tables()
    assert list(tables) == TITLES
    for table in tables.values():
        assert not table.astype(str).map(lambda text: "nan" in text.lower() or text == "None").any().any()
    unserved = tables["未满足需求及原因"].iloc[0]
    assert (unserved["活动"], unserved["人群"], unserved["放宽任一即可增排"]) == ("舞蹈", "一老", "设备")
    signs = tables["门牌核对"].set_index("房间")
    assert signs.loc["R4", "门牌与实际"] == "不符"
    assert signs.loc["R2", ["规划功能", "门牌与规划", "建议门牌"]].tolist() == ["议事会议、就业培训", "相符", "会议室"]
    scenes = tables["场景用房"].set_index("服务场景")
    assert len(scenes) == 16
    assert scenes.loc["午间快办", "规划场次"] == "缺数据", "it needs no room"
    assert scenes.loc["红色研学·讲堂·节庆", ["需求场次", "规划场次"]].tolist() == [1, 0], "the dance that finds no room"
    proof = tables["逐阶段证明"]
    assert (proof["取值"] == proof["下界"]).all()
    assert tables["释放房间及恢复条件"].loc[0, "房间"] == "R1"


def test_the_layer_holds_the_stations_with_rooms(planned: TimetableResult) -> None:
    layer = planned.layers()["rooms_by_station"]
    assert layer["id"].tolist() == ["S1"]
    assert layer.crs == planned.district.crs


def test_rules_in_conflict_are_an_answer() -> None:
    ground = district(rooms=rooms({}, {"use": "office", "area_m2": 400.0}), activities=activities({}))
    result = timetable_rooms(ground, pocket.scenario(rooms={"offices_kept": 1}))
    assert result.status == "INFEASIBLE"
    assert result.by_centre.loc[0, "conflict"] == "resident_share;offices_kept"
    with pytest.raises(NoSolutionError, match="rules in conflict: offices_kept, resident_share"):
        next(result.planned)
    assert list(result.tables()) == ["逐中心结果"]
    assert [(kpi.key, kpi.value, kpi.of) for kpi in result.kpis()] == [("plan.proven", 0, 1)]
    assert result.layers()["rooms_by_station"]["conflict"].tolist() == ["resident_share;offices_kept"]


def test_a_centre_in_conflict_does_not_hide_the_others() -> None:
    ground = district(
        rooms=rooms({"station": "S2"}, {"use": "office", "area_m2": 400.0}, {"area_m2": 10.0}),
        activities=activities({"station": "S2"}),
    )
    result = timetable_rooms(ground, pocket.scenario(rooms={"offices_kept": 1}))
    assert result.status == "INFEASIBLE"
    assert result.plan("S2").status == "OPTIMAL"
    assert result.by_room["fate"].isna().tolist() == [False, True, True]
    tables = result.tables()
    assert tables["房间整合前后对照表"]["处置"].tolist() == ["新启用", "缺数据", "缺数据"]
    assert tables["逐中心结果"]["矛盾的规则"].tolist() == ["居民用房面积下限、保留办公", "—"]
    with pytest.raises(KeyError):
        result.plan("S9")


def test_only_what_is_published_may_be_asked() -> None:
    ground = district(rooms=rooms({}), activities=activities({"sessions": 3}, {}), bookings=bookings({}, {"day": "We"}))
    (centre,) = (plan.centre for plan in timetable_rooms(ground, pocket.scenario(rooms={"need": "published"})).plans)
    assert [(a.id, a.sessions) for a in centre.activities] == [("A1", 2)]


def test_rooms_without_activities_are_all_idle() -> None:
    result = timetable_rooms(district(rooms=rooms({})), pocket.scenario())
    assert result.by_room["fate"].tolist() == ["idle"]
    assert result.tables()["房间整合前后对照表"]["规划利用率（%）"].tolist() == [0.0]
    assert {kpi.key: kpi.value for kpi in result.kpis()}["need.sessions_after"] is None


def test_a_made_up_district_is_planned_alike_twice_and_tells_its_progress() -> None:
    ground, told = small(7, 3), []
    first = timetable_rooms(ground, pocket.scenario(), progress=Steps(lambda *step: told.append(step)))
    second = timetable_rooms(ground, pocket.scenario())
    assert told[0] == ("rooms", 0, len(first.plans))
    assert told[-1] == ("rooms", len(first.plans), len(first.plans))
    assert first.sessions.equals(second.sessions)
    assert first.fingerprint == second.fingerprint
    for centre, timetable in first.planned:
        assert faults(centre, timetable) == []
    assert first.status == "OPTIMAL"


def test_only_the_centre_that_changed_is_planned_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans found again are those that were made; one in conflict is kept too, one that ran out of effort is not."""
    made: list[str] = []
    status: list[Status] = []

    def counted(centre: Centre, *rest: Any) -> CentrePlan:
        made.append(centre.id)
        plan = plan_centre(centre, *rest)
        return replace(plan, status=status[0]) if status else plan

    monkeypatch.setattr("workbench.rooms.result.plan_centre", counted)
    cache, scenario = Cache(tmp_path), pocket.scenario(rooms={"offices_kept": 1})

    def plan(area_m2: float, sessions: int) -> TimetableResult:
        ground = district(
            rooms=rooms(
                {"station": "S2", "equipment": "tables"}, {"use": "office", "area_m2": 400.0}, {"area_m2": area_m2}
            ),
            activities=activities({"station": "S2", "sessions": sessions}),
        )
        return timetable_rooms(ground, scenario, cache=cache)

    first = plan(10.0, 1)
    assert (made, first.plan("S1").status) == (["S1", "S2"], "INFEASIBLE")
    again = plan(10.0, 1)
    assert made == ["S1", "S2"]
    assert again.plan("S1").conflict == first.plan("S1").conflict
    assert again.sessions.equals(first.sessions)
    assert again.tables()["逐阶段证明"].equals(first.tables()["逐阶段证明"])
    plan(10.0, 2)
    assert made == ["S1", "S2", "S2"]
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    plan(10.0, 2)
    assert made[3:] == ["S1", "S2"], "what is damaged is planned anew"
    status.append(Status.FEASIBLE)
    plan(900.0, 3)
    plan(900.0, 3)
    assert made[5:] == ["S1", "S2"] * 2, "what is not proven is not kept"
