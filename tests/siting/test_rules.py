"""Side rules on the pocket district by hand: spacing, caps, floors, moves, money, room."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from tests.siting.grounds import asked, candidates, district, planned, sited
from workbench.errors import ScenarioError
from workbench.ground.district import District
from workbench.locate import AtMost
from workbench.siting import StationQuestion
from workbench.siting.answer import covered_by, solved
from workbench.siting.question import unsolvable

IMPOSSIBLE = "东社区（C1）至少覆盖 90.0%（可用场所全部启用也只到 66.7%）"
APART = float(np.hypot(100, 20))  # a1 from S1, a1 and a2 from one another 200 m


# --- spacing ---------------------------------------------------------------------------------


def test_exactly_the_distance_is_far_enough() -> None:
    assert asked(stations=1, spacing_m=APART).rules.barred[0] == ""
    more = asked(stations=1, spacing_m=float(np.nextafter(APART, np.inf))).rules
    assert more.barred[0] == f"距既有阵地不足 {APART:g} m"


def test_too_near_to_a_standing_station_is_barred_with_the_reason() -> None:
    result = sited(stations=2, spacing_m=100)
    assert result.question.rules.barred.tolist() == ["", "", "距既有阵地不足 100 m", "产权不清", ""]
    table = result.tables()["候选场所取舍"].set_index("编号")
    assert table.loc["a3"].tolist()[-2:] == ["不可用", "距既有阵地不足 100 m"]
    assert table.loc["a1"].tolist()[-2:] == ["推荐", ""]
    assert result.opened == ["a1", "z1"]


def test_two_new_stations_keep_their_distance() -> None:
    """v1 and z1 are 51 m apart, a1 and a2 exactly 200 m."""
    lifted = district(candidates=candidates(veto=[None] * 5), stations=pocket.stations().iloc[:0])
    three = {"goal": "p_median", "stations": 3, "candidates": {"forbidden": ["a3"]}}
    assert planned(lifted, **three, spacing_m=200)[0] == ["a1", "a2", "z1"]
    question = asked(lifted, **three, spacing_m=200)
    assert question.ids[question.rules.verb["spacing"]].tolist() == [["a1", "a3"], ["v1", "z1"]]
    assert planned(lifted, **three, spacing_m=201)[0] == ["a1", "z1"]  # exactly three where the rules leave room


def test_stations_of_today_stand_as_they_stand() -> None:
    """S1 and S2 are 500 m apart; a spacing of 600 m bars who is near them, and not them."""
    question = asked(budget=100, spacing_m=600)
    assert (question.rules.barred != "").tolist() == [True, True, True, True, False]
    assert solved(question).sites.tolist() == [0, 1, 6]


def test_a_new_station_may_be_near_one_that_moves_away_for_it() -> None:
    """a1 is 102 m from S1, for which it can stand in; D3 is worth it, and z1 has the other place."""
    result = sited(stations=1, spacing_m=110, standing={"may_move": ["S1"], "moves": 1})
    assert (result.opened, result.closed, result.plan.objective) == (["a1", "z1"], ["S1"], 160)
    assert "spacing" in result.question.rules.verb


def test_spacing_drives_out_no_more_stations_than_may_move() -> None:
    either = {"stations": 1, "spacing_m": 450, "standing": {"may_move": ["S1", "S2"], "moves": 1}}
    question = asked(**either)
    assert [(one.name, one.least) for one in question.rules.verb["at_least"]] == [("moves", 1)]
    with pytest.raises(ScenarioError) as refused:
        asked(**either, goal="p_median")
    assert str(refused.value) == (
        "siting, key siting.standing.may_move: with p_median, candidates within the spacing may drive out more stations "
        "than may move; expected at most 1 such stations; found 2. "
        "Name fewer under 'may_move', or raise 'moves', or take max_cover."
    )
    assert asked(stations=1, spacing_m=450, standing={"may_move": ["S1", "S2"], "moves": 2}).movable.sum() == 2


@cache
def unpriced() -> District:
    return district(candidates=candidates(capex=[np.nan] * 5))


def by_hand(question: StationQuestion) -> float | None:
    """The most people that any choice of sites covers, every rule read literally; None where no site may open."""
    wish, new = question.wish, question.first_candidate
    xy = shapely.get_coordinates(question.stations.geometry.to_numpy())
    cover = question.cover.toarray() > 0
    vetoed = np.append(np.zeros(new, bool), question.candidates.ledger["veto"] != "")
    price = np.append(np.zeros(new), question.candidates.ledger["capex"])
    best: float | None = None
    for count in range(len(xy) + 1):
        for chosen in map(list, combinations(range(len(xy)), count)):
            opened = [site for site in chosen if site >= new]
            gone = new - (count - len(opened))
            near = [np.hypot(*(xy[a] - xy[b])) < (wish.spacing_m or 0.0) for a in opened for b in chosen if a != b]
            if (
                any(near)
                or vetoed[opened].any()
                or gone > wish.standing.moves
                or not all(question.movable[site] or site in chosen for site in range(new))
                or (wish.most_stations is not None and len(opened) > wish.most_stations + gone)
                or (wish.most_cost is not None and not price[opened].sum() <= wish.most_cost)
            ):
                continue
            won = float(question.demand.people[cover[chosen].any(axis=0)].sum())
            best = won if opened and (best is None or won > best) else best
    return best


@settings(max_examples=draws(40), derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([1, 2, 3, 5, 9]),
    st.sampled_from([None, 50.0, 110.0, 200.0, 450.0, 700.0, 1e9]),
    st.sampled_from([None, 5.0, 30.0, 200.0]),
    st.sampled_from([None, (["S1"], 1), (["S1", "S2"], 1), (["S1", "S2"], 2)]),
    st.sampled_from([False, True]),
)
def test_a_wish_is_refused_only_where_nothing_can_open(
    stations: int, spacing: float | None, budget: float | None, moves: tuple[list[str], int] | None, priced: bool
) -> None:
    ground = district() if priced else unpriced()
    wish: dict[str, Any] = {"stations": stations, "spacing_m": spacing, "budget": budget}
    if moves:
        wish["standing"] = {"may_move": moves[0], "moves": moves[1]}
    question = asked(ground, **{key: value for key, value in wish.items() if value is not None})
    truth, refusal = by_hand(question), unsolvable(question)
    if refusal is None:
        today = float(question.demand.people[covered_by(question, question.today) > 0].sum())
        assert solved(question).objective == pytest.approx(max(truth or 0.0, today))
        return
    assert truth is None
    named = {problem.key.removeprefix("siting.") for problem in refusal.problems}
    assert named <= {"budget", "spacing_m"}
    without = {name: value for name, value in wish.items() if value is not None and name not in named}
    assert unsolvable(asked(ground, **without)) is None


# --- caps ------------------------------------------------------------------------------------


def test_at_most_so_many_in_each_community_and_subdistrict() -> None:
    lifted = district(candidates=candidates(veto=[None] * 5))
    assert planned(lifted, stations=3, at_most=[{"each": "community", "stations": 0}]) == ([], 70)
    assert planned(stations=3, at_most=[{"each": "subdistrict", "stations": 1}]) == (["z1"], 130)
    both = asked(lifted, stations=3, at_most=[{"each": "community", "stations": 1}])
    assert [(cap.name, cap.sites.tolist(), cap.most) for cap in both.rules.verb["at_most"]] == [
        ("community C1", [2, 3, 4], 1), ("community C2", [5, 6], 1)
    ]  # fmt: skip


def test_places_outside_of_all_communities_are_in_no_cap() -> None:
    outside = district(candidates=candidates(community=["C1", "C1", "C1", "C2", None]))
    assert planned(outside, stations=3, at_most=[{"each": "community", "stations": 0}]) == (["z1"], 130)


# --- floors ----------------------------------------------------------------------------------


def test_a_floor_that_can_be_met_may_cost_coverage() -> None:
    """K1 wants a1, worth 30, and z1 with 60 has to wait."""
    assert planned(stations=1, floors=[{"each": "compound", "share": 1.0}]) == (["a1"], 100)
    assert planned(stations=1, floors=[{"each": "compound", "share": 0.4}]) == (["z1"], 130)
    named = {"standards": {"privacy.smallest_cell": 1, "compound.covered_share": 0.41}}
    assert planned(stations=1, floors=[{"each": "compound", "share": "compound.covered_share"}], rest=named)[0] == [
        "a1"
    ]


def test_a_floor_that_cannot_be_met_is_refused_in_words() -> None:
    result = sited(stations=2, floors=[{"each": "community", "share": 0.9}])
    assert (result.status, result.conflict) == ("INFEASIBLE", [IMPOSSIBLE])
    titles = result.tables()
    assert titles["规则冲突"].to_numpy().tolist() == [[IMPOSSIBLE]]
    assert ["矛盾", IMPOSSIBLE] in titles["选址结论"].to_numpy().tolist()
    assert "推荐站点（人）" not in titles
    values = {kpi.key: kpi.value for kpi in result.kpis()}
    assert values["siting.new"] is None
    assert values["siting.bound"] is None
    assert "siting.covered.after" not in values


def test_a_floor_that_cannot_be_met_is_lowered_and_listed() -> None:
    lower = [{"each": "community", "share": 0.9, "impossible": "lower"}]
    result = sited(stations=2, floors=lower)
    assert (result.opened, result.status) == (["a1", "z1"], "OPTIMAL")
    table = result.tables()["放宽到可能的下限"]
    assert table.to_numpy().tolist() == [["东社区（C1）", 90.0, 66.7]]  # D5 no candidate reaches: 100 of 150
    one = sited(stations=1, floors=lower)
    assert one.conflict == [
        "新增至多 1 处",
        "既有阵地与必选场所保留",
        "东社区（C1）至少覆盖 66.7%",
        "远社区（C2）至少覆盖 90.0%",
    ]
    assert "放宽到可能的下限" in one.tables()


def test_floors_of_groups_in_minutes() -> None:
    """Of the adults (117) z1 and today's stations cover 6 + 10 + 20 + 36; half of them, and of all other groups."""
    half = planned(stations=1, mode="experience", floors=[{"each": "group", "share": 0.5}])
    assert half == (["z1"], 130)
    result = sited(stations=1, mode="experience", floors=[{"each": "group", "share": 0.615}])
    assert result.status == "INFEASIBLE"
    assert result.conflict == ["老人至少覆盖 61.5%（可用场所全部启用也只到 61.3%）"]  # 19 of 31: not D3, not D5


def test_floors_beside_the_whole_cover() -> None:
    """All who can be reached are covered anyway: floors below that change nothing, floors above contradict it."""
    assert planned(goal="set_cover", floors=[{"each": "community", "share": 0.6}]) == (["a1", "z1"], 2)
    above = sited(goal="set_cover", floors=[{"each": "community", "share": 0.9}])
    assert (above.status, above.conflict) == ("INFEASIBLE", [IMPOSSIBLE])
    lowered = sited(goal="set_cover", floors=[{"each": "community", "share": 0.9, "impossible": "lower"}])
    assert (lowered.opened, lowered.status) == (["a1", "z1"], "OPTIMAL")
    nobody = sited(goal="set_cover", candidates={"forbidden": ["z1"]}, floors=[{"each": "community", "share": 0.1}])
    assert (nobody.status, nobody.conflict) == (
        "INFEASIBLE",
        ["远社区（C2）至少覆盖 10.0%（可用场所全部启用也只到 0.0%）"],
    )


def test_floors_alone() -> None:
    floors = {"goal": "set_cover", "share": 0, "floors": [{"each": "compound", "share": 1.0}]}
    result = sited(**floors)
    assert (result.opened, result.plan.objective) == (["a1"], 1)
    assert result.tables()["选址结论"]["内容"].iloc[0].startswith("以最少新站满足各项下限")


# --- money -----------------------------------------------------------------------------------


def test_a_budget_pays_for_so_much() -> None:
    assert planned(budget=60) == (["a1", "z1"], 160)
    assert planned(budget=59) == (["z1"], 130)
    assert planned(budget=39) == (["a1"], 100)
    assert planned(budget=100, stations=1) == (["z1"], 130)


def test_a_budget_below_the_cheapest_site_builds_nothing_and_says_so() -> None:
    result = sited(budget=9)
    assert (result.opened, result.status, result.plan.objective) == ([], "OPTIMAL", 70)
    words = dict(result.tables()["选址结论"].to_numpy().tolist())
    assert words["新增"] == "0 处：预算 9 万元不足以启用最便宜的可用候选 甲小区 西 40 m 中心隔壁（a3），10 万元"
    assert result.investment == (0, 0, 0)
    infeasible = sited(budget=4, floors=[{"each": "compound", "share": 1.0}])
    assert infeasible.conflict == ["投资至多 4 万元", "甲小区（K1）至少覆盖 100.0%"]


def test_who_has_no_price_is_barred_where_money_counts() -> None:
    unpriced = district(candidates=candidates(capex=[20.0, 25.0, 10.0, 5.0, None]))
    asking = (
        {"budget": 100}, {"goal": "set_cover", "count_cost": "capex"},
        {"phases": {"terms": [{"name": "近期", "budget": 50}]}}, {"stations": 1, "frontiers": {"cost_points": 3}},
    )  # fmt: skip
    for wish in asking:
        assert asked(unpriced, **wish).rules.barred.tolist() == ["", "", "", "产权不清", "造价不详，无法列入预算"]
    assert planned(unpriced, budget=100)[0] == ["a1"]
    free = sited(unpriced, stations=2)
    assert (free.opened, free.investment[0]) == (["a1", "z1"], None)
    assert free.tables()["投资估算"]["投资（万元，区间）"].tolist() == ["16–24", "缺数据", "缺数据"]


# --- room ------------------------------------------------------------------------------------

YINCHUAN = "local.yinchuan.elder_area_per_100_households_new"  # 30 ㎡ for 100 households


def roomy(s1: float, s2: float, a1: float) -> object:
    return district(
        stations=pocket.stations().assign(floor_area_m2=[s1, s2]),
        candidates=candidates(floor_area_m2=[a1, 120.0, 60.0, 200.0, 80.0]),
    )


def test_a_station_serves_no_more_than_its_room() -> None:
    """S1 takes 10 of the 15 households at D1 and D2, a1 with 3 ㎡ ten of the 20 that are left with D3."""
    wish = {"who": "households", "capacity": YINCHUAN}
    assert planned(roomy(3, 6, 3), stations=2, **wish) == (["a1", "z1"], 10 + 20 + 10 + 30)
    assert planned(roomy(3, 6, 90), stations=2, **wish) == (["a1", "z1"], 80)
    result = sited(roomy(3, 6, 3), stations=1, **wish)
    assert (result.opened, result.plan.objective) == (["z1"], 60)
    assert {kpi.key: kpi.value for kpi in result.kpis()}["siting.objective"] == 60


def test_room_asks_for_areas() -> None:
    with pytest.raises(ScenarioError) as refused:
        asked(stations=1, who="households", capacity=YINCHUAN)
    assert str(refused.value) == (
        "siting, key siting.capacity: the floor area of some sites is not known; found S1, S2, 2 in all. "
        "Fill in floor_area_m2, or drop the capacity."
    )


# --- required --------------------------------------------------------------------------------


def test_a_required_site_opens_in_any_case() -> None:
    result = sited(stations=2, candidates={"required": ["a3"], "forbidden": ["z1"]})
    assert (result.opened, result.plan.objective) == (["a1", "a3"], 100)
    barred = sited(stations=2, candidates={"required": ["a1"]}, at_most=[{"each": "community", "stations": 0}])
    assert barred.conflict == ["既有阵地与必选场所保留", "东社区（C1）新增至多 0 处"]


def test_rules_are_positions_of_sites() -> None:
    verb = asked(stations=1, candidates={"required": ["a2"]}, standing={"may_move": ["S2"], "moves": 1}).rules.verb
    assert verb["required"].tolist() == [0, 3]
    assert verb["forbidden"].tolist() == [5]
    moves = verb["at_most"][-1]
    assert isinstance(moves, AtMost)
    assert (moves.name, moves.sites.tolist(), moves.most) == ("moves", [2, 3, 4, 5, 6], 2)


def test_a_candidate_in_the_same_place_as_a_station() -> None:
    twin = candidates().set_geometry(
        shapely.points([(100, 10), (400, -10), (110, 10), (1000, 500), (1050, 510)]), crs=pocket.CRS
    )
    assert asked(district(candidates=twin), stations=1, spacing_m=1).rules.barred[0] == "距既有阵地不足 1 m"
