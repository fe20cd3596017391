"""Linked centres: never worse, within the bounds, by hand and by brute force; every planted fault is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from tests import pocket
from tests.ground.grounds import small
from tests.ledgers import activities, bookings, district, rooms
from tests.rooms.cases import NINE, activity, hours, room
from tests.rooms.linking.cases import WALKS, at, drawn, every, planned, walks, worth
from workbench.coverage import assess_coverage, station_walks
from workbench.errors import CheckError, ScenarioError
from workbench.results import Result
from workbench.rooms import LinkedResult, RoomsError, Timetable, link_centres, timetable_rooms
from workbench.rooms.ground import guest_choices
from workbench.rooms.linking.result import linked_faults, refuse_linked_faults
from workbench.rooms.linking.search import NEEDS, Gaps, Search, district_bounds, in_use, links_between, walks_by_pair
from workbench.rooms.problem import Activity, Centre, Session
from workbench.rooms.result import week_of
from workbench.rooms.stages import CentrePlan
from workbench.scenario.rooms import Linking
from workbench.solving import Interrupt

FREE = Linking(rooms_kept=0)
"""A centre may stand empty."""
STAGES = [*NEEDS, "floors", "release", "changes", "preferences"]


def searched(centres: list[Centre], said: Linking, trials: int = 60) -> tuple[list[CentrePlan], Search]:
    base = planned(centres)
    links = links_between(centres, said, walks_by_pair(walks(), 10))
    search = Search(links, {plan.centre.id: plan for plan in base}, 20.0, trials, said.rooms_kept)
    search.run()
    return base, search


@pytest.mark.parametrize("seed", range(24))
def test_never_worse_and_never_below_the_bounds(seed: int) -> None:
    organisers = ("along", "local", "stay")[seed % 3]
    centres, said = drawn(seed), Linking.model_validate({"organisers": organisers, "rooms_kept": 0})
    base, search = searched(centres, said)
    linked = [search.plans[centre.id] for centre in centres]
    assert linked_faults(base, linked, said, walks_by_pair(walks(), 10)) == []
    all_worth = every(centres, WALKS, organisers)
    assert min(all_worth) <= search.vector <= worth(base)
    assert search.vector in all_worth
    bounds, found = district_bounds(search.links, search.plans), dict(zip(STAGES, search.vector, strict=True))
    for place, name in enumerate([*NEEDS, "release"]):
        needs = NEEDS[:place]
        as_good = [w for w in all_worth if all(w[STAGES.index(n)] <= found[n] for n in needs)]
        assert bounds[name] <= min(w[STAGES.index(name)] for w in as_good)


def test_the_seeds_cover_what_matters() -> None:
    """So that the comparison above cannot pass by drawing nothing of interest."""
    better = optimal = moved = 0
    for seed in range(0, 24, 3):
        centres = drawn(seed)
        base, search = searched(centres, FREE)
        better += search.vector < worth(base)
        moved += search.assignment != search.links.home
        optimal += search.vector == min(every(centres, WALKS, "along"))
    assert min(better, moved) >= 3
    assert optimal >= 6


def two(**said: Any) -> list[Centre]:
    """S1 has no water; its cookery class needs it. S2 has water, and half of its hour is free."""
    first = at("S1", [room("R1", water=False)], [activity("A1", water=True, **said), activity("A2")])
    second = at("S2", [room("R2")], [activity("A3", length=2)])
    return [first, second]


def test_what_is_not_served_goes_where_it_is() -> None:
    base, search = searched(two(), FREE)
    assert worth(base)[:5] == (75, 0, 0, 0, 2)
    assert search.vector[:5] == (0, 0, 0, 0, 1)
    assert dict(zip([unit.activities[0] for unit in search.links.units], search.assignment, strict=True))["A1"] == "S2"


def test_a_group_that_accepts_no_walk_stays() -> None:
    _, search = searched(two(group="children"), FREE)
    assert search.vector[0] == 75


def test_without_trials_everything_stays() -> None:
    base, search = searched(two(), FREE, trials=0)
    assert (search.tried, search.vector) == (0, worth(base))


def test_what_keeps_a_room_open_goes_where_one_is_open_anyway() -> None:
    """One session each in S1 and S2: one of the two rooms is enough; the published session counts as changed."""
    asked = activity("A1"), activity("A2", length=2)
    centres = [at("S1", [room("R1")], [asked[0]], today=(Session(0, NINE, 0),)), at("S2", [room("R2")], [asked[1]])]
    base, search = searched(centres, FREE)
    assert worth(base)[4:6] == (2, 0)
    assert search.vector[4:6] == (1, 0), "A2 moves, which is not published"
    assert search.assignment == ("S1", "S1")
    assert district_bounds(search.links, search.plans)["release"] == 1


def test_a_chain_makes_room() -> None:
    """A1 is too large for S1 and fits S2, which A2 fills; A2 can go to S3, which A1 cannot reach."""
    short = hours(NINE, NINE + 1)
    centres = [
        at("S1", [room("R1", capacity=4, open=short)], [activity("A1")]),
        at("S2", [room("R2", open=short)], [activity("A2", group="elders")]),
        at("S3", [room("R3", open=short)], []),
    ]
    _, search = searched(centres, FREE)
    assert search.vector[0] == 0
    assert dict(zip([u.activities[0] for u in search.links.units], search.assignment, strict=True)) == {
        "A1": "S2",
        "A2": "S3",
    }


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
    base, search = searched(two(), Linking(rooms_kept=0, functions=("meeting",)))
    return base, [search.plans[name] for name in ("S1", "S2")]


def keys(base: list[CentrePlan], plans: list[CentrePlan], said: Linking | None = None, **pairs: Any) -> set[str]:
    near = pairs.get("near", walks_by_pair(walks(), 10))
    return {problem.key for problem in linked_faults(base, plans, said or FREE, near)}


def test_an_activity_moved_beyond_the_walk_is_found(linked: tuple[list[CentrePlan], list[CentrePlan]]) -> None:
    base, plans = linked
    assert keys(base, plans) == set()
    assert keys(base, plans, near={}) == {"walk"}
    assert keys(base, plans, near=walks_by_pair(walks(minutes=11), 10)) == {"walk"}
    with pytest.raises(CheckError, match="there is no walk within the limit for its group"):
        refuse_linked_faults(base, plans, FREE, {})


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
        base, search = searched(centres, said)
        linked = [search.plans[centre.id] for centre in centres]
        assert sum(in_use(plan) for plan in linked) == used
        assert linked_faults(base, linked, said, walks_by_pair(walks(), 10)) == []


def test_an_organiser_in_two_centres_is_found() -> None:
    held = [activity("A1", water=True, organiser="O"), activity("A2", organiser="O")]
    centres = [at("S1", [room("R1", water=False)], held), at("S2", [room("R2")], [])]
    base, search = searched(centres, Linking(rooms_kept=0, organisers="local", functions=("meeting",)))
    assert set(search.assignment) == {"S2"}
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
    again = link_centres(result.base, near_by(), progress=lambda *step: told.append(step))
    assert again.moves.equals(result.moves)
    assert again.timetable.sessions.equals(result.timetable.sessions)
    assert told[0] == ("links", 1, 400)


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
    assert (alone.status, alone.tried, len(alone.moves), len(alone.by_pair)) == (result.base.status, 0, 0, 0)
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


def test_ctrl_c_begins_no_further_step() -> None:
    interrupt = Interrupt()
    interrupt.asked = True
    base = planned(two())
    links = links_between(two(), FREE, walks_by_pair(walks(), 10))
    search = Search(links, {plan.centre.id: plan for plan in base}, 20.0, 9, 0, interrupt)
    search.run()
    assert (search.tried, search.vector) == (0, worth(base))


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


# --- gaps -----------------------------------------------------------------------------------------------------------


def held(place: Centre, asked: Activity, *sessions: Session, rooms: tuple[int, ...] = (0, 1)) -> list[tuple[int, int]]:
    gaps = Gaps(place, Timetable(sessions), rooms)
    return [(s.start - NINE, s.place) for s in gaps.put_in(asked, guest_choices(place, asked), asked.sessions)]


def test_gaps_keep_every_rule_of_sessions_together() -> None:
    """Two rooms with a wall between them, an hour from nine; something quiet is in R1 at nine, by organiser O."""
    inside = activity("A1", wants_quiet=True, organiser="O")
    place = at("S1", [room("R1"), room("R2")], [inside], walls=((0, 1),))
    here = Session(0, NINE, 0)
    assert held(place, activity("A9"), here) == [(0, 1)]
    assert held(place, activity("A9", organiser="O"), here) == [(1, 0)]
    assert held(place, activity("A9", noise=2), here) == [(1, 0)]
    assert held(place, activity("A9"), here, rooms=(0,)) == [(1, 0)]
    assert held(place, activity("A9", length=4), here, rooms=(0,)) == []
    loud = at("S1", [room("R1"), room("R2")], [activity("A1", noise=2)], walls=((0, 1),))
    assert held(loud, activity("A9", wants_quiet=True), here) == [(1, 0)]
    twice = activity("A9", sessions=2, days_apart=0)
    assert held(place, twice, here) == [(0, 1), (1, 0)], "never beside itself"
    assert held(place, replace(twice, days_apart=1), here) == [(0, 1)]


def test_what_leaves_makes_a_gap() -> None:
    place = at("S1", [room("R1")], [activity("A1", length=4)])
    gaps = Gaps(place, Timetable((Session(0, NINE, 0),)), [0])
    asked = activity("A9")
    assert gaps.put_in(asked, guest_choices(place, asked), 1) == []
    gaps.take_out(place.activities[0], [Session(0, NINE, 0)])
    assert gaps.put_in(asked, guest_choices(place, asked), 1) == [Session(0, NINE, 0)]
