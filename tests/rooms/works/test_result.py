"""Works on the rooms of a district: by hand on a pocket district, on part of the embedded one, and what is refused."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest

from tests import pocket
from tests.ground.grounds import embedded
from tests.ledgers import activities, bookings, district, rooms
from tests.listeners import Steps
from workbench.errors import CheckError, ScenarioError
from workbench.results import Result
from workbench.rooms import WorksResult, plan_works, timetable_rooms
from workbench.rooms.check import faults
from workbench.rooms.instance import centres_of
from workbench.rooms.works.problem import worked
from workbench.rooms.works.result import refuse_work_faults
from workbench.solving import Interrupt, Status

MIRRORS, LOUD, JOIN = 4000 + 100 * 40, 10_000 + 320 * 30, 26_000 + 60 * 70


def ground() -> Any:
    """S1: a dance without mirrors (40 ㎡) and a lecture too large for either room; S2: a choir behind thin walls."""
    return district(
        rooms=rooms(
            {"neighbours": "R2", "capacity": 20, "equipment": "tables"},
            {"neighbours": "R1", "capacity": 12, "area_m2": 30.0, "sound": "ordinary"},
            {"station": "S2", "sound": "ordinary", "area_m2": 30.0},
        ),
        activities=activities(
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "sessions": 2, "attendance": 15},
            {"name": "大讲堂", "function": "lecture", "attendance": 30, "priority": 2},
            {"name": "合唱", "function": "music", "station": "S2", "priority": 2, "attendance": 20},
            {"name": "茶话", "function": "meeting", "attendance": 8},
        ),
        bookings=bookings({"activity": "A4", "room": "R2"}),
    )


def planned(budget: int, **works: Any) -> WorksResult:
    said = pocket.scenario(rooms={"works": {"budget": budget, **works}})
    return plan_works(timetable_rooms(ground(), said))


@pytest.fixture(scope="module")
def some() -> WorksResult:
    """Money for mirrors and one more; the choir (20 person-hours a week) asks less than the lecture (30)."""
    return planned(MIRRORS + JOIN - 1, curve_to=100_000)


@pytest.fixture(scope="module")
def part() -> WorksResult:
    """Four centres of the embedded district, in which some need cannot be served."""
    whole, stations = embedded(), ["s07", "s24", "s30", "s31"]
    own = {name: whole.ledger(name) for name in ("rooms", "activities", "bookings")}
    less = {name: table[table["station"].isin(stations)] for name, table in own.items() if name != "bookings"}
    held = own["bookings"][own["bookings"]["activity"].isin(less["activities"]["id"])]
    said = pocket.scenario(rooms={"works": {"budget": 40_000, "curve_to": 60_000}})
    none = {name: whole.ledger(name).iloc[:0] for name in ("operators", "signs")}
    return plan_works(timetable_rooms(whole.with_ledgers(**less, **none, bookings=held), said))


def test_it_is_a_result(some: WorksResult) -> None:
    assert isinstance(some, Result)
    assert some.status == "OPTIMAL"
    assert repr(some) == "<WorksResult pocket: OPTIMAL>"
    assert some.fingerprint != some.base.fingerprint
    assert some.layers()["works_by_station"]["works"].tolist() == [1, 1]


def test_priority_comes_first_then_what_the_money_still_pays_for(some: WorksResult) -> None:
    table = some.works.set_index("work")
    assert table["room"].to_dict() == {"add_mirrors": "R1", "soundproofing": "R3"}
    assert table["cost"].to_dict() == {"add_mirrors": MIRRORS, "soundproofing": LOUD}
    assert table["sessions"].to_dict() == {"add_mirrors": 2, "soundproofing": 1}
    assert table["person_hours"].to_dict() == {"add_mirrors": 30.0, "soundproofing": 20.0}
    assert table["activities"].to_dict() == {"add_mirrors": "A1", "soundproofing": "A3"}
    assert some.worth == some.bound == (0, 0, 30 * 60, 0)
    assert some.spent == some.least_cost == MIRRORS + LOUD


def test_a_little_more_money_and_the_larger_need_is_served_instead() -> None:
    more = planned(MIRRORS + JOIN)
    assert sorted(more.works["work"]) == ["add_mirrors", "join"]
    assert more.works.set_index("work").loc["join", ["room", "person_hours"]].tolist() == ["R1+R2", 30.0]
    assert more.worth == (0, 0, 20 * 60, 0)


def test_days_costs_kinds_and_forbidden_rooms_bind() -> None:
    assert sorted(planned(10**6).works["work"]) == ["add_mirrors", "join", "soundproofing"]
    assert sorted(planned(10**6, most_days=16).works["work"]) == ["add_mirrors", "soundproofing"]
    assert sorted(planned(10**6, kinds=["join"]).works["work"]) == ["join"]
    assert planned(10**6, forbidden=["R1"]).works["work"].tolist() == ["soundproofing"]
    other = {"add_mirrors": {"per_room": 5, "per_m2": 0}, "join": {"days": 1}}
    cheap = planned(5, costs=other)
    assert cheap.works[["work", "cost", "days"]].to_numpy().tolist() == [["add_mirrors", 5, 3]]
    assert planned(0).works.empty


def test_works_do_not_mend_what_is_published_today() -> None:
    """The dance is booked today in a room without mirrors: that stays a breach when the works put mirrors up."""
    booked = ground().with_ledgers(bookings=bookings({"activity": "A1", "room": "R1"}))
    said = pocket.scenario(rooms={"works": {"budget": MIRRORS}})
    result = plan_works(timetable_rooms(booked, said))
    assert result.works["work"].tolist() == ["add_mirrors"]
    assert result.base.breaches_today["rule"].tolist() == ["equipment"]
    assert result.timetable.breaches_today.equals(result.base.breaches_today)


def test_the_worked_rooms_are_timetabled_and_stand_in_the_ledger(some: WorksResult) -> None:
    table = some.timetable.district.ledger("rooms").set_index("id")
    assert table["equipment"].fillna("").to_dict() == {"R1": "tables;mirrors", "R2": "", "R3": ""}
    assert table["sound"].to_dict() == {"R1": "loud", "R2": "ordinary", "R3": "loud"}
    assert some.base.district.ledger("rooms")["sound"].tolist() == ["loud", "ordinary", "ordinary"]
    assert set(some.timetable.sessions["activity"]) == {"A1", "A3", "A4"}
    assert set(some.base.sessions["activity"]) == {"A4"}
    assert len(some.timetable.tables()) > 5


def test_numbers_name_their_denominators(some: WorksResult) -> None:
    found = {kpi.key: kpi for kpi in some.kpis()}
    assert (found["works.spent"].value, found["works.spent"].of) == (MIRRORS + LOUD, MIRRORS + JOIN - 1)
    assert (found["works.count"].value, found["works.days"].value, found["works.longest"].value) == (2, 18, 15)
    assert (found["works.sessions"].value, found["works.sessions"].of) == (3, 4)
    assert (found["works.person_hours"].value, found["works.person_hours"].of) == (50, 80)
    assert found["works.cost_per_hour"].value == pytest.approx((MIRRORS + LOUD) / 50)
    assert found["works.person_hours_after"].value == pytest.approx(100 * 58 / 88)
    assert all(kpi.denominator and kpi.label for kpi in found.values())
    nothing = {kpi.key: kpi.value for kpi in planned(0).kpis()}
    assert (nothing["works.cost_per_hour"], nothing["works.longest"]) == (None, None)


def test_the_tables_are_read_in_chinese(some: WorksResult) -> None:
    tables = some.tables()
    assert list(tables) == ["改造清单", "改造预算曲线", "逐中心改造", "未选改造"]
    for table in tables.values():
        assert not table.astype(str).map(lambda text: "nan" in text.lower() or text == "None").any().any()
    listed = tables["改造清单"].set_index("改造")
    assert listed.loc["装镜墙", "缺它即无处安排的活动"] == "舞蹈"
    curve = tables["改造预算曲线"].set_index("本情景预算")
    assert curve.loc["是", ["预算（元）", "实际费用（元）"]].tolist() == [MIRRORS + JOIN - 1, MIRRORS + LOUD]
    assert tables["未选改造"]["改造"].tolist() == ["打通隔墙（活动隔断）"]


def test_the_budget_curve_by_hand(some: WorksResult) -> None:
    table = some.frontier
    assert table["cost"].tolist() == [0, MIRRORS, MIRRORS + LOUD, MIRRORS + JOIN, MIRRORS + JOIN + LOUD]
    assert table["served"].tolist() == [8.0, 38.0, 58.0, 68.0, 88.0]
    assert table["gained"].tolist() == [0.0, 30.0, 50.0, 60.0, 80.0]
    assert table["need_2"].tolist() == [50.0, 50.0, 30.0, 20.0, 0.0]
    assert table["chosen"].tolist() == [False, False, True, False, False]


def test_works_that_are_not_done_say_why(some: WorksResult) -> None:
    table = some.unused
    assert table[table["standing"] == "outbid"][["work", "activities"]].to_numpy().tolist() == [["join", "A2"]]
    assert set(table["standing"]) == {"outbid", "needless"}
    assert not set(zip(table["room"], table["work"], strict=True)) & set(
        zip(some.works["room"], some.works["work"], strict=True)
    )


@pytest.mark.parametrize("budget", [0, 4999])
def test_works_that_cost_more_than_there_is_are_still_named(budget: int) -> None:
    """Otherwise a planner without money would read that no works could help."""
    poor = planned(budget)
    assert (poor.status, poor.works.empty, poor.spent) == ("OPTIMAL", True, 0)
    could = {kpi.key: kpi for kpi in poor.kpis()}["works.count"].of
    assert could == {kpi.key: kpi for kpi in planned(10**6).kpis()}["works.count"].of == len(poor.unused)
    listed = poor.unused[poor.unused["standing"] == "outbid"]
    assert {"add_mirrors", "join", "soundproofing"} <= set(listed["work"])
    assert poor.tables()["未选改造"].shape[0] == len(listed)


def test_what_a_room_has_by_better_works_is_needless() -> None:
    """The dance is asked more often than fits, and walls that bear loud noise bear ordinary noise too."""
    ground = district(
        rooms=rooms({"sound": "quiet", "opening_hours": "Mo 09:00-10:00"}),
        activities=activities({"function": "dance", "sessions": 2}, {"name": "茶话", "priority": 2}),
    )
    done = plan_works(timetable_rooms(ground, pocket.scenario(rooms={"works": {"budget": 100_000}})))
    assert done.works["work"].tolist() == ["soundproofing"]
    table = done.unused.set_index("work")
    assert table.loc["insulation", ["standing", "activities"]].tolist() == ["needless", ""]


def test_a_part_of_the_embedded_district(part: WorksResult) -> None:
    assert part.status == "OPTIMAL"
    assert 0 < part.spent <= 40_000
    assert part.spent == part.works["cost"].sum() == part.by_centre["cost"].sum()
    assert (part.by_centre["unserved_after"] <= part.by_centre["unserved_before"]).all()
    for own in part.centres:
        assert own.after.timetable is not None
        assert faults(worked(own.before.centre, own.works), own.after.timetable) == []
    row = part.frontier[part.frontier["chosen"]].iloc[0]
    assert row["cost"] == part.spent
    assert [row[f"need_{p}"] for p in (1, 2, 3)] == [need / 60 for need in part.worth[1:]]


def test_dropping_any_of_the_works_serves_less(part: WorksResult) -> None:
    without = []
    for own in part.centres:
        without += [(p.cost, p.worth) for p in own.frontier.points if p.cost < own.cost and p.worth <= own.worth]
    assert without == []


def test_the_ledger_of_worked_rooms_makes_the_same_centres(part: WorksResult) -> None:
    read = centres_of(part.timetable.district, part.scenario)
    for one, own in zip(read, part.centres, strict=True):
        made = own.after.centre
        assert (one.joins, one.walls, one.today, one.fixed) == (made.joins, made.walls, made.today, made.fixed)
        kept = [
            (r.id, r.equipment, r.water, r.strong_power, r.private, r.sound, r.area_dm2)
            for r in (*one.rooms, *made.rooms)
        ]
        assert kept[: len(one.rooms)] == kept[len(one.rooms) :]


def test_a_joined_pair_stands_in_the_ledger_both_ways() -> None:
    more = planned(MIRRORS + JOIN)
    assert more.timetable.district.ledger("rooms")["merges_with"].tolist()[:2] == ["R2", "R1"]
    read = centres_of(more.timetable.district, more.scenario)[0]
    assert read.joins == more.centres[0].after.centre.joins == ((0, 1),)


def test_two_runs_are_alike_and_tell_their_progress(some: WorksResult) -> None:
    told: list[tuple[str, int, int]] = []
    again = plan_works(some.base, progress=Steps(lambda *step: told.append(step)))
    assert told == [(stage, n, 2) for stage in ("works", "worked") for n in range(3)]
    assert again.works.equals(some.works)
    assert again.timetable.sessions.equals(some.timetable.sessions)
    assert again.fingerprint == some.fingerprint


def test_water_power_and_privacy_stand_in_the_ledger() -> None:
    bare = district(
        rooms=rooms({"private": False, "power": None}),
        activities=activities({"needs": "water;power;private"}),
    )
    done = plan_works(timetable_rooms(bare, pocket.scenario(rooms={"works": {"budget": 100_000}})))
    row = done.timetable.district.ledger("rooms").iloc[0]
    assert (bool(row["water"]), row["power"], bool(row["private"])) == (True, "strong", True)
    assert sorted(done.works["gives"]) == ["power", "private", "water"]
    assert done.works["sessions"].tolist() == [1, 1, 1], "one session takes all three"


def test_a_centre_without_a_timetable_stays_without_one_unless_works_mend_it() -> None:
    bare = {"rooms": rooms({}), "activities": activities({"equipment": "mirrors"})}
    held = bookings({"fixed": True})
    base = timetable_rooms(district(**bare, bookings=held), pocket.scenario(rooms={"works": {"budget": MIRRORS}}))
    assert base.status == "INFEASIBLE"
    done = plan_works(base)
    assert (done.status, done.works["work"].tolist()) == ("OPTIMAL", ["add_mirrors"])
    assert done.by_centre["sessions_before"].isna().all()
    assert {kpi.key: kpi.value for kpi in done.kpis()}["works.sessions"] == 1
    less = timetable_rooms(district(**bare, bookings=held), pocket.scenario(rooms={"works": {"budget": MIRRORS - 1}}))
    assert plan_works(less).status == "INFEASIBLE"
    assert plan_works(less).tables()["逐中心改造"].loc[0, "改造后安排场次"] == "缺数据"


def test_a_plan_that_is_not_proven_is_not_said_to_be(some: WorksResult) -> None:
    lower = replace(some, bounds=(*some.bounds[:2], replace(some.bounds[2], worth=(0, 0, 1799, 0))))
    assert lower.status == "FEASIBLE"
    cheaper = replace(some, bounds=(*some.bounds[:2], replace(some.bounds[2], cost=some.spent - 1)))
    assert cheaper.status == "FEASIBLE"
    plans = [replace(plan, status=Status.FEASIBLE) for plan in some.timetable.plans]
    assert replace(some, timetable=replace(some.timetable, plans=tuple(plans))).status == "FEASIBLE"


@pytest.mark.parametrize("stage", ["works", "worked"])
def test_after_an_interrupt_there_is_what_was_found_with_its_bounds(
    stage: str, some: WorksResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = Interrupt()
    monkeypatch.setattr("workbench.rooms.works.result.heeded_interrupt", lambda: nullcontext(stop))

    def pressed(now: str, done: int, _: int) -> None:
        stop.asked |= (now, done) == (stage, 0)

    found = plan_works(some.base, progress=Steps(pressed))
    assert (found.status, found.spent, found.works.empty) == ("FEASIBLE", 0, True)
    assert found.timetable.district is some.base.district
    assert found.bound <= some.bound < found.worth
    assert len(found.chain) == {"works": 1, "worked": len(some.chain)}[stage]


def test_our_own_faults_are_raised(some: WorksResult) -> None:
    with pytest.raises(CheckError, match="the works cost more than there is"):
        refuse_work_faults(replace(some, limits=replace(some.limits, budget=some.spent - 1)))
    first = some.centres[0]
    wrong = replace(first, works=tuple(replace(work, cost=1) for work in first.works))
    with pytest.raises(CheckError, match="the cost of a work is wrong"):
        refuse_work_faults(replace(some, centres=(wrong, *some.centres[1:])))


def test_words_that_are_not_known_are_told_all_at_once() -> None:
    with pytest.raises(ScenarioError) as caught:
        planned(1, kinds=["joyn"], costs={"watter": {"days": 2}}, forbidden=["R1", "R9"])
    told = [(p.key, p.what, p.found) for p in caught.value.problems]
    assert told == [
        ("rooms.works.kinds", "the work is not known", "'joyn'"),
        ("rooms.works.costs", "the work is not known", "'watter'"),
        ("rooms.works.forbidden", "the room is not known", "'R9'"),
    ]
    assert "Did you mean join?" in str(caught.value)


def test_a_scenario_without_works_is_refused() -> None:
    with pytest.raises(ScenarioError, match="key rooms.works: no works are asked for"):
        plan_works(timetable_rooms(ground(), pocket.scenario()))


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"budget": -1}, "budget"),
        ({}, "budget"),
        ({"budget": 1, "most_days": 0}, "most_days"),
        ({"budget": 1, "points": 0}, "points"),
    ],
)
def test_numbers_of_the_scenario_that_do_not_fit(wrong: dict[str, Any], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        pocket.scenario(rooms={"works": wrong})
