"""Linked centres: never worse, within the bounds, by hand and by brute force; every planted fault is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests import pocket
from tests.depth import draws
from tests.ground.grounds import small
from tests.ledgers import activities, bookings, district, rooms
from tests.listeners import Steps
from tests.rooms.cases import NINE, activity, hours, room
from tests.rooms.linked import WALKS, at, drawn, every, planned, walks, worth
from workbench.coverage import assess_coverage, station_walks
from workbench.errors import CheckError, ScenarioError
from workbench.results import Result
from workbench.rooms import (
    Centre,
    CentrePlan,
    LinkedResult,
    RoomsError,
    Session,
    Timetable,
    link_centres,
    linking,
    timetable_rooms,
)
from workbench.rooms.linking import (
    Linked,
    in_use,
    linked_faults,
    links_between,
    plan_linked,
    walks_by_pair,
)
from workbench.rooms.week import week_of
from workbench.scenario.rooms import Linking
from workbench.solving import Interrupt

FREE = Linking(rooms_kept=0)
"""A centre may stand empty."""
NEEDS = ["need_1", "need_2", "need_3"]
STAGES = [*NEEDS, "floors", "release", "changes", "preferences"]


def searched(
    centres: list[Centre], said: Linking, interrupt: Interrupt | None = None
) -> tuple[list[CentrePlan], Linked]:
    base = planned(centres)
    links = links_between(centres, said, walks_by_pair(walks(), 10))
    return base, plan_linked(links, {plan.centre.id: plan for plan in base}, said, 20.0, interrupt)


def linked_worth(found: Linked) -> tuple[int, ...]:
    return worth(list(found.plans.values()))


def where(found: Linked) -> dict[str, str]:
    """Station of each activity."""
    return {a.id: name for name, plan in found.plans.items() for a in plan.centre.activities}


@pytest.mark.parametrize("seed", range(draws(24)))
def test_never_worse_and_best_in_need_by_brute_force(seed: int) -> None:
    organisers = ("along", "local", "stay")[seed % 3]
    centres, said = drawn(seed), Linking.model_validate({"organisers": organisers, "rooms_kept": 0})
    base, found = searched(centres, said)
    linked = [found.plans[centre.id] for centre in centres]
    assert linked_faults(base, linked, said, walks_by_pair(walks(), 10)) == []
    all_worth, value = every(centres, WALKS, organisers), linked_worth(found)
    best = min(all_worth)
    assert best <= value <= worth(base)
    assert value in all_worth
    assert value[:3] == best[:3]
    by_stage = dict(zip(STAGES, best, strict=True))
    assert all(found.bounds[name] == by_stage[name] for name in NEEDS)
    assert found.bounds["release"] <= min(w[4] for w in all_worth if w[:3] == best[:3])


def test_the_seeds_cover_what_matters() -> None:
    """So that the comparison above cannot pass by drawing nothing of interest."""
    better = optimal = moved = met = 0
    for seed in range(0, 24, 3):
        centres = drawn(seed)
        base, found = searched(centres, FREE)
        value = linked_worth(found)
        better += value < worth(base)
        moved += where(found) != {a.id: centre.id for centre in centres for a in centre.activities}
        optimal += value == min(every(centres, WALKS, "along"))
        met += found.bounds["release"] == value[4]
    print(better, moved, optimal, met)
    assert min(better, moved) >= 3
    assert min(optimal, met) >= 6


def two(**said: Any) -> list[Centre]:
    """S1 has no water; its cookery class needs it. S2 has water, and half of its hour is free."""
    first = at("S1", [room("R1", water=False)], [activity("A1", water=True, **said), activity("A2")])
    second = at("S2", [room("R2")], [activity("A3", length=2)])
    return [first, second]


def test_what_is_not_served_goes_where_it_is() -> None:
    base, found = searched(two(), FREE)
    assert worth(base)[:5] == (75, 0, 0, 0, 2)
    assert linked_worth(found)[:5] == (0, 0, 0, 0, 1)
    assert where(found)["A1"] == "S2"


def test_a_group_that_accepts_no_walk_stays() -> None:
    _, found = searched(two(group="children"), FREE)
    assert linked_worth(found)[0] == 75


def test_where_too_many_are_linked_those_that_go_without_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A1 goes from S1 to S2 and sets its sessions free; S2 and S3 could do with one room, but are not looked at."""
    centres = [*two(), at("S3", [room("R3")], [activity("A4")])]
    links = links_between(centres, FREE, walks_by_pair(walks(), 10))
    first = sum(
        links.options[name, to].count
        for name in ("A1", "A2", "A3")
        for to in ("S1", "S2")
        if (name, to) in links.options
    )
    assert links.cut(set()).parts() == links.parts()
    monkeypatch.setattr(linking, "MOST_CHOICES", first)
    assert [part for part in links.cut({"A1"}).parts() if len(part) > 1] == [("S1", "S2")]
    base, found = searched(centres, FREE)
    assert found.apart == ("S1", "S2", "S3")
    assert (where(found)["A1"], where(found)["A4"]) == ("S2", "S3")
    assert found.bounds == {"need_1": 0, "need_2": 0, "need_3": 0, "release": 0}
    monkeypatch.setattr(linking, "MOST_CHOICES", 0)
    base, found = searched(centres, Linking())
    assert linked_worth(found) == worth(base)
    assert found.bounds == {"need_1": 0, "need_2": 0, "need_3": 0, "release": 3}


def test_what_keeps_a_room_open_goes_where_one_is_open_anyway() -> None:
    """One session each in S1 and S2: one of the two rooms is enough; the published session counts as changed."""
    asked = activity("A1"), activity("A2", length=2)
    centres = [at("S1", [room("R1")], [asked[0]], today=(Session(0, NINE, 0),)), at("S2", [room("R2")], [asked[1]])]
    base, found = searched(centres, FREE)
    assert worth(base)[4:6] == (2, 0)
    assert linked_worth(found)[4:6] == (1, 0), "A2 moves, which is not published"
    assert where(found) == {"A1": "S1", "A2": "S1"}
    assert found.bounds["release"] == 1


def test_a_chain_makes_room() -> None:
    """A1 is too large for S1 and fits S2, which A2 fills; A2 can go to S3, which A1 cannot reach."""
    short = hours(NINE, NINE + 1)
    centres = [
        at("S1", [room("R1", capacity=4, open=short)], [activity("A1")]),
        at("S2", [room("R2", open=short)], [activity("A2", group="elders")]),
        at("S3", [room("R3", open=short)], []),
    ]
    _, found = searched(centres, FREE)
    assert linked_worth(found)[0] == 0
    assert where(found) == {"A1": "S2", "A2": "S3"}


def test_an_organiser_takes_all_her_activities_along() -> None:
    held = [activity("A1", water=True, organiser="O"), activity("A2", organiser="O", group="children")]
    centres = [at("S1", [room("R1", water=False)], held), at("S2", [room("R2")], [])]
    near = walks_by_pair(walks(), 10)
    assert links_between(centres, FREE, near).units == ()
    assert [u.activities for u in links_between(centres, Linking(rooms_kept=0, organisers="local"), near).units] == [
        ("A1",)
    ]
    assert links_between(centres, Linking(rooms_kept=0, organisers="stay"), near).units == ()


def test_who_may_move_is_for_the_scenario_to_say() -> None:
    near = walks_by_pair(walks(), 10)
    centres = two(priority=2, function="cookery")

    def moving(**said: Any) -> list[str]:
        units = links_between(centres, Linking.model_validate(said), near).units
        return [name for unit in units for name in unit.activities]

    assert moving() == ["A1", "A2", "A3"]
    assert "A1" not in moving(priorities=[1])
    assert moving(functions=["cookery"]) == ["A1"]


# --- planted faults -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def linked() -> tuple[list[CentrePlan], list[CentrePlan]]:
    base, found = searched(two(), Linking(rooms_kept=0, functions=("meeting",)))
    return base, [found.plans[name] for name in ("S1", "S2")]


def keys(base: list[CentrePlan], plans: list[CentrePlan], said: Linking | None = None, **pairs: Any) -> set[str]:
    near = pairs.get("near", walks_by_pair(walks(), 10))
    return {problem.key for problem in linked_faults(base, plans, said or FREE, near)}


def test_an_activity_moved_beyond_the_walk_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    assert keys(base, plans) == set()
    assert keys(base, plans, near={}) == {"walk"}
    assert keys(base, plans, near=walks_by_pair(walks(minutes=11), 10)) == {"walk"}


def test_moves_that_break_a_rule_are_refused(result: LinkedResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linking, "plan_linked", lambda *_: Linked({p.centre.id: p for p in result.timetable.plans}, {}))
    with pytest.raises(CheckError, match="there is no walk within the limit for its group"):
        link_centres(result.base, near_by().iloc[:0])


def test_an_activity_that_may_not_move_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    assert keys(base, plans, Linking(rooms_kept=0, priorities=(2,))) == {"movable"}
    assert keys(base, plans, Linking(rooms_kept=0, functions=("dance",))) == {"movable"}


def test_an_activity_in_two_centres_or_in_none_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    empty = replace(plans[1], centre=replace(plans[1].centre, activities=()), timetable=Timetable(()))
    assert "once" in keys(base, [plans[0], empty])
    assert "once" in keys(base, [base[0], plans[1]])


def test_an_activity_that_is_made_smaller_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    cut = [
        replace(p, centre=replace(p.centre, activities=tuple(replace(a, attendance=1) for a in p.centre.activities)))
        for p in plans
    ]
    assert "same" in keys(base, cut)


def test_published_sessions_that_are_forgotten_are_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    assert keys([replace(base[0], centre=replace(base[0].centre, lost=1)), base[1]], plans) == {"published"}


def test_a_district_that_is_worse_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    nothing = [replace(plan, timetable=Timetable(())) for plan in plans]
    assert keys(base, nothing) == {"worse"}


def test_a_centre_that_keeps_too_few_rooms_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    gone = [
        replace(plans[0], centre=replace(plans[0].centre, activities=()), timetable=Timetable(())),
        replace(
            plans[1],
            centre=replace(plans[1].centre, activities=(*plans[1].centre.activities, *plans[0].centre.activities)),
        ),
    ]
    assert "kept" not in keys(base, gone, FREE)
    assert "kept" in keys(base, gone, Linking())


def test_no_centre_is_emptied_unless_it_may() -> None:
    """Each of two centres holds one class that the other could hold beside its own."""
    centres = [at("S1", [room("R1")], [activity("A1")]), at("S2", [room("R2")], [activity("A2")])]
    for said, used in ((FREE, 1), (Linking(), 2)):
        base, found = searched(centres, said)
        linked = [found.plans[centre.id] for centre in centres]
        assert sum(in_use(plan) for plan in linked) == used
        assert linked_faults(base, linked, said, walks_by_pair(walks(), 10)) == []


def test_an_organiser_in_two_centres_is_found() -> None:
    held = [activity("A1", water=True, organiser="O"), activity("A2", organiser="O")]
    centres = [at("S1", [room("R1", water=False)], held), at("S2", [room("R2")], [])]
    base, found = searched(centres, Linking(rooms_kept=0, organisers="local", functions=("meeting",)))
    assert where(found) == {"A1": "S2", "A2": "S2"}
    torn = [
        replace(base[0], centre=replace(base[0].centre, activities=(held[1],)), timetable=Timetable(())),
        replace(base[1], centre=replace(base[1].centre, activities=(held[0],)), timetable=Timetable(())),
    ]
    assert "along" in keys(base, torn)


# --- the result -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result() -> LinkedResult:
    """A dance class that needs mirrors goes from S1 to S2; a meeting of S1 goes too, so that R1 is released."""
    ground = district(
        stations=pocket.stations().assign(opening_hours="Mo-Fr 08:30-17:30"),
        rooms=rooms({}, {"station": "S2", "equipment": "mirrors"}),
        activities=activities(
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "group": "elders"},
            {},
            {"station": "S2", "duration_min": 120, "name": "培训", "function": "training"},
        ),
        bookings=bookings({"activity": "A3", "room": "R2"}),
    )
    return link_centres(timetable_rooms(ground, pocket.scenario(rooms={"linking": {"rooms_kept": 0}})), near_by())


def near_by() -> pd.DataFrame:
    return pd.DataFrame(
        [("S1", "S2", group, 6.0) for group in ("elders", "everyone")] + [("S2", "S1", "elders", 6.0)],
        columns=["from", "to", "group", "minutes"],
    )


def test_it_is_a_result(result: LinkedResult) -> None:
    assert isinstance(result, Result)
    assert result.status == "FEASIBLE"
    assert result.fingerprint != result.base.fingerprint
    assert repr(result) == "<LinkedResult pocket: FEASIBLE>"


def test_moves_and_stages_by_hand(result: LinkedResult) -> None:
    moves = result.moves.set_index("activity")
    assert moves["why"].to_dict() == {"A1": "served", "A2": "released"}
    assert moves["to"].tolist() == ["S2", "S2"]
    stages = result.by_stage.set_index("stage")
    assert stages.loc["need_1", ["before", "after", "bound"]].tolist() == [600, 0, 0]
    assert stages.loc["release", ["before", "after", "bound", "status"]].tolist() == [2, 1, 1, "OPTIMAL"]
    assert stages["bound"].isna().sum() == 3


def test_the_numbers_by_hand(result: LinkedResult) -> None:
    found = {kpi.key: kpi for kpi in result.kpis()}
    wanted = {
        "links.pairs": (1, 1),
        "links.movable": (2, 3),
        "links.moved": (2, 3),
        "links.walk": (6, 2),
        "links.sessions_gained": (1, 1),
        "links.person_hours_gained": (10, 10),
        "links.rooms_released": (1, 2),
        "links.rooms_used": (1, 2),
        "links.proven": (4, 4),
        "links.rooms_bound": (1, 2),
    }
    assert {key: (kpi.value, kpi.of) for key, kpi in found.items()} == wanted
    assert all(kpi.denominator for kpi in found.values())


def test_tables_in_chinese(result: LinkedResult) -> None:
    tables = result.tables()
    assert list(tables) == ["中心间调剂", "调剂前后", "可调剂的中心"]
    assert tables["中心间调剂"].loc[0, ["活动", "人群", "原中心", "调剂到", "原因"]].tolist() == [
        "舞蹈", "一老", "东中心", "西驿家", "原中心排不下，调剂后排上",
    ]  # fmt: skip
    proof = tables["调剂前后"].set_index("阶段（依次优先）")
    assert proof.loc["启用房间", ["各中心自排", "调剂后", "下界", "证明"]].tolist() == [2, 1, 1, "已证最优"]
    assert proof.loc["与现状的变动", "下界"] == "—"
    for table in tables.values():
        assert not table.astype(str).map(lambda text: "nan" in text.lower() or text == "None").any().any()


def test_the_linked_timetable_has_all_its_tables(result: LinkedResult) -> None:
    assert result.timetable.sessions["station"].tolist() == ["S2"] * 3
    assert "房间整合前后对照表" in result.timetable.tables()
    assert result.timetable.by_centre["sessions_before"].sum() == result.base.by_centre["sessions_before"].sum()
    layer = result.layers()["room_links"]
    assert layer[["from", "to", "activities"]].to_numpy().tolist() == [["S1", "S2", 2]]
    assert layer.crs == result.district.crs


def test_what_moves_was_before_where_it_is_published() -> None:
    """A1 is held in R1 today and goes to R2; whatever is told of today still holds it in R1."""
    ground = district(
        rooms=rooms({"area_m2": 30.0}, {"station": "S2"}),
        activities=activities({"name": "议事"}, {"station": "S2", "duration_min": 120, "sessions": 2}),
        bookings=bookings({"activity": "A1", "room": "R1"}, {"activity": "A2", "room": "R2", "day": "Tu"}),
    )
    linked = link_centres(timetable_rooms(ground, pocket.scenario(rooms={"linking": {"rooms_kept": 0}})), near_by())
    assert linked.moves["activity"].tolist() == ["A1"]
    old, new = linked.base, linked.timetable
    columns = ["id", "functions_before", "hours_before", "frequency_before", "occupancy_before"]
    assert new.by_room[columns].equals(old.by_room[columns])
    assert new.by_room.set_index("id")["fate"].to_dict() == {"R1": "released", "R2": "kept"}
    assert new.released["room"].tolist() == ["R1"]
    assert new.by_centre[["rooms_before", "sessions_before"]].equals(old.by_centre[["rooms_before", "sessions_before"]])
    before = [{k.key: k.value for k in each.kpis() if "before" in k.key} for each in (old, new)]
    assert before[0] == before[1]
    assert {k.key: k.value for k in new.kpis()}["plan.dropped"] == 0
    standing = set(zip(new.sessions["activity"], new.sessions["standing"], strict=True))
    assert standing == {("A1", "moved"), ("A2", "kept"), ("A2", "moved")}
    assert [block.activity for block in week_of(new, "S1", "before")] == ["A1"]
    assert new.by_scene.equals(old.by_scene)


def test_nothing_within_reach_leaves_everything_as_it_is(result: LinkedResult) -> None:
    alone = link_centres(result.base, near_by().iloc[:0])
    assert alone.status == "OPTIMAL"
    assert alone.moves.empty
    assert list(alone.tables()) == ["调剂前后"]
    far = link_centres(result.base, near_by().assign(minutes=10.5))
    assert far.moves.empty


def test_two_runs_are_alike_and_tell_their_progress(result: LinkedResult) -> None:
    told: list[tuple[object, ...]] = []
    again = link_centres(result.base, near_by(), progress=Steps(lambda *step: told.append(step)))
    assert again.moves.equals(result.moves)
    assert again.timetable.sessions.equals(result.timetable.sessions)
    assert told == [("links", 1, 1)]


def test_walks_that_cannot_be_read() -> None:
    with pytest.raises(RoomsError) as refused:
        walks_by_pair(pd.DataFrame({"from": ["S1"]}), 10)
    assert [problem.column for problem in refused.value.problems] == ["to", "group", "minutes"]
    with pytest.raises(RoomsError, match="walks, row 1, column minutes: the walk is no length"):
        walks_by_pair(near_by().assign(minutes=[1.0, float("nan"), 2.0]), 10)


@pytest.mark.parametrize("word", ["soon", None])
def test_walks_that_are_no_numbers(word: object) -> None:
    table = near_by().astype({"minutes": object})
    table.loc[1, "minutes"] = word
    with pytest.raises(RoomsError, match="walks, row 1, column minutes: the walk is no length"):
        walks_by_pair(table, 10)


def test_no_walks_at_all_leave_everything_as_it_is(result: LinkedResult) -> None:
    alone = link_centres(result.base, near_by().iloc[:0])
    assert (alone.status, alone.apart, len(alone.moves), len(alone.by_pair)) == (result.base.status, (), 0, 0)
    assert [kpi.value for kpi in alone.kpis() if kpi.key in ("links.pairs", "links.moved", "links.walk")] == [
        0,
        0,
        None,
    ]
    assert alone.layers()["room_links"].empty


def test_functions_that_are_not_known_may_not_move(result: LinkedResult) -> None:
    said = pocket.scenario(rooms={"linking": {"functions": ["meeting", "meting", "flying"]}})
    with pytest.raises(ScenarioError) as refused:
        link_centres(replace(result.base, scenario=said), near_by())
    assert [(p.key, p.found) for p in refused.value.problems] == [
        ("rooms.linking.functions", "'meting'"),
        ("rooms.linking.functions", "'flying'"),
    ]
    assert "meeting" in refused.value.problems[0].mend


def test_ctrl_c_leaves_everything_as_it_is() -> None:
    interrupt = Interrupt()
    interrupt.asked = True
    base, found = searched(two(), FREE, interrupt)
    assert linked_worth(found) == worth(base)
    assert found.bounds["need_1"] <= worth(base)[0]


def test_a_made_up_district_is_linked_over_its_own_walks() -> None:
    ground = small(11, 3)
    scenario = pocket.scenario(rooms={"linking": {"limit": "gb50180.fifteen_minute.walk_time"}})
    measured = station_walks(assess_coverage(ground, scenario))
    found = link_centres(timetable_rooms(ground, scenario), measured)
    assert "served" in set(found.moves["why"])
    near = measured.set_index(["from", "to", "group"])["minutes"]
    moved = list(zip(found.moves["from"], found.moves["to"], found.moves["group"], strict=True))
    assert found.moves["minutes"].tolist() == near.loc[moved].tolist()
    stages = found.by_stage.set_index("stage")
    assert stages["after"].tolist() < stages["before"].tolist()
    assert (stages["bound"].dropna() <= stages["after"][stages["bound"].notna()]).all()
    assert stages.loc["need_1", "status"] == "OPTIMAL"
