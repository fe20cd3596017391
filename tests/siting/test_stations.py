"""Plans on the pocket district by hand: every goal, both modes, what is measured again, and Ctrl-C."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests import pocket
from tests.listeners import Steps
from tests.siting.grounds import HOUSEHOLDS, RESIDENTS, Stopper, asked, candidates, district, planned, scenario, sited
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import assess_coverage
from workbench.errors import CheckError, GeodataError, NoSolutionError
from workbench.ground.district import District
from workbench.siting import SitingResult, answer, site_next, site_stations
from workbench.siting.answer import covered_by, nearest_walk, remeasured, stations_of

METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE


@pytest.fixture(scope="module")
def two() -> SitingResult:
    return sited(stations=2)


def covered(result: SitingResult, mode: Mode = METRES, level: ServiceLevel = ServiceLevel.ANY) -> tuple[float, float]:
    return tuple(float(at.covered_residents(mode, level).sum()) for at in (result.before, result.after))  # type: ignore[return-value]


def test_who_is_covered_by_whom() -> None:
    question = asked(stations=1)
    assert question.ids.tolist() == ["S1", "S2", "a1", "a2", "a3", "v1", "z1"]
    assert question.cover.toarray().astype(int).tolist() == [
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [1, 1, 1, 0, 0, 0],
        [0, 1, 0, 1, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0, 1],
    ]
    walks = question.walks.toarray()
    assert walks[:, 0].tolist() == pytest.approx([65, 0, 165, 0, 75, 0, 0])
    assert walks[:, 1].tolist() == pytest.approx([185, 0, 85, 285, 175, 0, 0])


@pytest.mark.parametrize(
    ("stations", "opened", "objective"), [(1, ["z1"], 130), (2, ["a1", "z1"], 160), (4, ["a1", "z1"], 160)]
)
def test_most_residents(stations: int, opened: list[str], objective: float) -> None:
    """A third and a fourth station would add nobody: they are not built."""
    assert planned(stations=stations) == (opened, objective)


def test_before_and_after_are_measured(two: SitingResult) -> None:
    assert covered(two) == (70, 160)
    assert (two.opened, two.closed, two.status) == (["a1", "z1"], [], "OPTIMAL")
    assert (two.plan.objective, two.plan.bound, two.plan.canonical) == (160, 160, True)
    assert repr(two) == "<SitingResult pocket: 2 new stations, OPTIMAL>"
    assert set(two.after.district.stations["id"]) == {"S1", "S2", "a1", "z1"}
    assert two.before.district is two.question.coverage.district
    anew = assess_coverage(district().with_stations(two.question.stations.iloc[two.new_sites]), two.scenario)
    assert anew.covered_residents(METRES).tolist() == two.after.covered_residents(METRES).tolist()


def test_minutes_at_the_pace_of_each_group() -> None:
    """D3 to a1 are 290 m: pupils (4) and adults (15) make it in five minutes at 1.2 m/s, the others do not."""
    result = sited(stations=2, mode="experience")
    assert (result.opened, result.plan.objective) == (["a1", "z1"], 70 + 60 + 19)
    assert covered(result, MINUTES) == (70, 149)
    assert covered(result, METRES) == (70, 160)
    assert len(result.question.demand) == 5 * 6


def test_households() -> None:
    """At the default pace D3 reaches a1 in 290 / 1.2 s."""
    every = 5 + 10 + 15 + 20 + 30
    assert planned(stations=2, who="households") == (["a1", "z1"], every)
    result = sited(stations=2, who="households", mode="experience")
    assert (result.opened, result.plan.objective, result.question.demand.total) == (["a1", "z1"], every, HOUSEHOLDS)


def test_only_centres_count_where_the_level_is_full() -> None:
    result = sited(stations=1, level="full", candidates={"opens": "community_centre"})
    assert result.question.ids.tolist() == ["S1", "a1", "a2", "a3", "v1", "z1"]
    assert (result.opened, result.plan.objective) == (["z1"], 30 + 60)
    assert covered(result, level=ServiceLevel.FULL) == (30, 90)
    second = planned(stations=2, level="full", candidates={"opens": "community_centre"})
    assert second == (["a2", "z1"], 30 + 40 + 60)


def test_weights_of_groups_change_the_choice_and_not_the_people() -> None:
    """70 of 60 to 79 at D3, whom only a1 could cover, against the 60 residents of D6, 7 of them as old."""
    ages = {"age_60_79": [1.0, 4.0, 70.0, 7.0, 6.0, 7.0]}
    demand = pocket.demand().assign(**ages)
    demand["residents"] = demand[pocket.BANDS].sum(axis=1)
    ground = district(demand=demand)
    assert planned(ground, stations=1, group_weights={"older": 0.1})[0] == ["z1"]  # 24 + 7 against 53 + 0.7
    tilted = sited(ground, stations=1, group_weights={"older": 10.0})
    assert (tilted.opened, tilted.plan.objective) == (["a1"], (70 - 12) + 10 * 12 + 24 + 10 * 70)
    assert tilted.question.demand.total == demand["residents"].sum()
    minutes = planned(ground, stations=1, mode="experience", group_weights={"older": 10.0})
    assert minutes[0] == ["z1"]  # at 0.95 m/s the older of D3 do not reach a1 in five minutes


def test_cover_that_fades() -> None:
    """D3 walks 390 m to S1: (500 − 390) / 200 = 0.55 of its 30 residents count already, and D3 to a1 counts in full."""
    today = asked(stations=1, decay="linear")
    assert covered_by(today, today.today).tolist() == pytest.approx([1, 1, 0.55, 1, 0, 0])
    assert planned(stations=2, decay="linear") == (["a1", "z1"], 160)
    assert planned(stations=1, decay="linear") == (["z1"], pytest.approx(70 + 16.5 + 60))
    minutes = sited(stations=1, decay="linear", mode="experience")
    assert minutes.plan.objective > sited(stations=1, mode="experience").plan.objective


def test_backup() -> None:
    """With two stations each: a1 backs up D1 and D2, a2 D4; with three each: a1 and a3 for D1 and D2."""
    twice = sited(stations=2, backup=2)
    assert (twice.opened, twice.plan.objective) == (["a1", "a2"], 70)
    assert planned(stations=2, backup=3) == (["a1", "a3"], 30)
    minutes = sited(stations=1, backup=2, mode="experience")
    assert (minutes.opened, minutes.plan.objective) == (
        ["a2"],
        3 + 10 + 4 + 37,
    )  # D2: 285 m, too far with a child and at 80; D4: 250 m
    full = sited(stations=1, backup=2, level="full", candidates={"opens": "community_centre"})
    assert (full.opened, full.plan.objective) == (["a1"], 30)


@pytest.mark.parametrize(
    ("share", "opened"),
    [(1.0, ["a1", "z1"]), (0.9, ["a1", "z1"]), (0.8, ["z1"]), (0.5, ["a1"]), (0.4, [])],
)
def test_fewest_stations_for_a_share_of_those_who_can_be_reached(share: float, opened: list[str]) -> None:
    """D5 (50) no site reaches: 160 of 210 can be covered, 70 = 44 % of them are."""
    assert planned(goal="set_cover", share=share) == (opened, len(opened))


def test_least_cost_for_all() -> None:
    lifted = district(candidates=candidates(veto=[None] * 5))
    result = sited(lifted, goal="set_cover", count_cost="capex")
    assert (result.opened, result.plan.objective) == (["a1", "v1"], 20 + 5)  # v1 is cheaper than z1
    assert planned(lifted, goal="set_cover", candidates={"forbidden": ["v1"]}) == (["a1", "z1"], 2)


def test_at_least_two_stations_for_all_who_have_two_within_reach() -> None:
    result = sited(goal="set_cover", backup=2)
    assert (result.opened, result.plan.objective) == (["a1", "a2"], 2)  # D1, D2: a1; D4: a2; nobody else can have two


def test_the_whole_cover_with_as_many_stations_as_may_be_new() -> None:
    assert planned(goal="set_cover", stations=2) == (["a1", "z1"], 2)
    assert sited(goal="set_cover", stations=1).conflict == ["所有可达需求点都要覆盖", "新增至多 1 处"]


def test_least_walking_in_all() -> None:
    """Today 10 × 65 + 20 × 185 + 30 × 390 + 40 × 50, and 1000 m for D5 and D6 whom nobody reaches."""
    today = 650 + 3700 + 11_700 + 2000 + 50_000 + 60_000
    assert planned(goal="p_median", stations=1) == (["z1"], today - 60 * 990)
    two = sited(goal="p_median", stations=2)
    assert (two.opened, two.plan.objective) == (["a1", "z1"], today - 60 * 990 - 20 * 100 - 30 * 100)
    assert len(planned(goal="p_median", stations=3)[0]) == 3  # exactly so many, though the third saves nothing
    assert planned(goal="p_median", budget=60) == (["a1", "z1"], two.plan.objective)
    assert planned(goal="p_median", budget=59.9)[0] == ["a3", "z1"]  # 50 万元: a3 saves D2 ten metres
    assert two.plan.allocation.tolist() == [0, 2, 2, 1, -1, 6]


def test_the_far_cap_of_least_walking_is_a_standard() -> None:
    near = {"standards": {"gb50180.fifteen_minute.walk_distance": 350}}
    result = sited(goal="p_median", stations=1, rest=near)
    today = 650 + 3700 + 30 * 350 + 2000 + 110 * 350
    assert (result.opened, result.plan.objective) == (["z1"], today - 60 * 340)


def test_the_farthest_walk_as_short_as_can_be() -> None:
    assert planned(goal="p_center", stations=1) == (["z1"], 390)  # D3 to S1
    assert planned(goal="p_center", stations=2) == (["a1", "z1"], 290)
    assert planned(goal="p_center", budget=60) == (["a1", "z1"], 290)
    minutes = sited(goal="p_center", stations=1, mode="experience")
    assert minutes.plan.objective == pytest.approx(390 / 0.8 / 60)  # the slowest


def test_the_farthest_walk_has_an_end() -> None:
    """Without stations of today two pieces of ground need a station each."""
    ground = district(stations=pocket.stations().iloc[:0])
    result = sited(ground, goal="p_center", stations=1)
    assert (result.status, set(result.conflict)) == ("INFEASIBLE", {"新增 1 处"})


def test_a_district_without_stations_has_no_before() -> None:
    tables = {name: table for name, table in pocket.tables().items() if name != "stations"}
    ground = District.from_tables(pocket.MANIFEST, {**tables, "candidates": candidates()})
    result = sited(ground, stations=2)
    assert (result.opened, result.plan.objective) == (["a1", "z1"], 120)
    assert covered(result) == (0, 120)


def test_nobody_to_cover() -> None:
    ground = district(demand=pocket.demand().iloc[4:5], stations=pocket.stations().iloc[:0])
    result = sited(ground, stations=1)
    assert (result.opened, result.plan.objective, covered(result)) == ([], 0, (0, 0))
    assert planned(ground, goal="p_median", stations=1)[1] == 50 * 1000


def test_a_district_without_people_is_refused() -> None:
    tables = {name: table for name, table in pocket.tables().items() if name != "demand"}
    ground = District(pocket.MANIFEST, {**tables, "candidates": candidates()})
    with pytest.raises(GeodataError, match="demand"):
        sited(ground, stations=1)


def test_an_answer_without_a_plan_says_why() -> None:
    result = sited(stations=2, floors=[{"each": "community", "share": 0.9}])
    assert (result.status, result.measured) == ("INFEASIBLE", None)
    assert result.conflict == ["东社区（C1）至少覆盖 90.0%（可用场所全部启用也只到 66.7%）"]
    assert repr(result) == "<SitingResult pocket: INFEASIBLE>"
    for look in (lambda: result.after, lambda: result.sites, lambda: result.opened, result.to_frame):
        with pytest.raises(
            NoSolutionError, match="siting found no plan; its status is INFEASIBLE: .*东社区（C1）至少覆盖 90.0%"
        ):
            look()


# --- the model against the measurement -------------------------------------------------------


def test_a_wrong_cover_entry_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    question = asked(stations=2)
    wrong = question.cover.tolil()
    wrong[2, 2] = False  # a1 no longer covers D3
    wrong[3, 2] = True  # a2 does
    monkeypatch.setattr("workbench.siting.question.cover_of", lambda *_: wrong.tocsr())
    with pytest.raises(CheckError) as found:
        site_stations(district(), scenario(stations=2))
    assert (
        str(found.value)
        == "siting, row D3: the plan as measured covers other people than the model claims; expected 1; found 0, 1 rows in all."
    )


@pytest.mark.parametrize("goal", ["p_median", "p_center"])
def test_a_wrong_walk_is_found_out(goal: str, monkeypatch: pytest.MonkeyPatch) -> None:
    right = answer.walk_to_nearest
    monkeypatch.setattr(answer, "walk_to_nearest", lambda *given: right(*given) * np.array([1, 1, 1.02, 1, 1, 1]))
    with pytest.raises(
        CheckError, match=f"siting, key {goal}: the plan as measured is not worth what the model claims"
    ):
        site_stations(district(), scenario(goal=goal, stations=1, candidates={"forbidden": ["a1"]}))


@pytest.mark.parametrize("mode", ["compliance", "experience"])
def test_every_set_of_sites_is_measured_as_the_model_says(mode: str) -> None:
    question = asked(stations=3, mode=mode)
    for sites in ([0, 1], [0, 1, 2, 3], [0, 1, 5], [0, 1, 2, 3, 4, 5, 6]):
        chosen = np.array(sites, np.int64)
        measured = remeasured(question, chosen)
        assert measured.covered.tolist() == covered_by(question, chosen).tolist()
        near = np.where(np.isfinite(nearest_walk(question, chosen)), nearest_walk(question, chosen), 999.0)
        assert (measured.covered > 0).tolist() == (near <= question.limit).tolist()


# --- stopped ---------------------------------------------------------------------------------


def test_ctrl_c_gives_the_incumbent_with_its_bound() -> None:
    """The first plan looked at leaves D3 380 m to walk; that nobody needs more than 290 m is not ruled out yet."""
    stopper = Stopper()
    result = site_next(assess_coverage(district(), scenario(goal="p_center", stations=2)), progress=stopper)
    assert (result.status, result.plan.objective, result.plan.bound) == ("FEASIBLE", 380, 290)
    assert (result.opened, result.measured is None) == (["a3", "z1"], False)
    assert stopper.bounds[0] == ("siting/radius", 380, 290)
    assert stopper.steps[-1] == ("siting", 3, 3)
    words = dict(result.tables()["选址结论"].to_numpy().tolist())
    assert words["证明"] == "未证最优：界值 290，差距 23.68%"
    gap = {kpi.key: kpi for kpi in result.kpis()}["siting.gap"]
    assert (round(gap.value or 0, 2), gap.of) == (23.68, 380)


def test_ctrl_c_before_there_is_a_plan_says_so() -> None:
    """Fading cover goes to a solver straight away."""
    result = site_next(assess_coverage(district(), scenario(stations=2, decay="linear")), progress=Stopper())
    assert (result.status, result.measured) == ("UNKNOWN", None)
    assert result.tables()["选址结论"]["内容"].tolist()[-1] == "时限内未得到方案"
    with pytest.raises(NoSolutionError, match="its status is UNKNOWN"):
        result.to_frame()


def test_progress_tells_the_stage() -> None:
    told: list[tuple[str, int, int]] = []
    site_stations(district(), scenario(stations=1), progress=Steps(lambda *step: told.append(step)))
    assert [step for step in told if step[0] == "siting"] == [("siting", n, 3) for n in range(4)]


def test_two_runs_are_equal_to_the_byte(two: SitingResult) -> None:
    again = site_stations(district(), scenario(stations=2))
    assert again.fingerprint == two.fingerprint != sited(stations=1).fingerprint
    assert again.kpis() == two.kpis()
    assert {title: table.to_csv() for title, table in again.tables().items()} == {
        title: table.to_csv() for title, table in two.tables().items()
    }
    assert again.layers()["siting_sites"].to_csv() == two.layers()["siting_sites"].to_csv()
    assert two.question.demand.total == RESIDENTS


# --- stations that move ----------------------------------------------------------------------


def test_a_station_that_closes_is_gone_and_may_be_replaced() -> None:
    result = sited(stations=1, standing={"close": ["S1"]}, candidates={"forbidden": ["z1"]})
    assert (result.opened, result.closed, result.plan.objective) == (["a1"], ["S1"], 60 + 40)
    assert covered(result) == (70, 100)
    assert set(result.after.district.stations["id"]) == {"S2", "a1"}


def test_a_station_moves_where_it_is_worth_more() -> None:
    """S1 serves 30; with a1 besides it adds nothing, and its place goes to z1."""
    result = sited(stations=1, standing={"may_move": ["S1"], "moves": 1})
    assert (result.opened, result.closed, result.plan.objective) == (["a1", "z1"], ["S1"], 160)
    assert planned(stations=1, standing={"may_move": "post", "moves": 1}) == (["z1"], 130)  # S2 to a2 would gain nobody


def test_no_more_stations_move_than_may() -> None:
    """All who live on the street could be served by a1 and z1 and a2 in the place of S1 and S2."""
    for moves in (1, 2):
        result = sited(stations=1, standing={"may_move": ["S1", "S2"], "moves": moves})
        assert len(result.closed) <= moves
        assert len(result.opened) - len(result.closed) <= 1


def test_a_station_that_a_plan_drops_for_nothing_stays() -> None:
    question = asked(stations=1, standing={"may_move": ["S1", "S2"], "moves": 2})
    assert stations_of(question, np.array([6])).tolist() == [0, 1, 6]
    assert stations_of(question, np.array([2, 6])).tolist() == [0, 2, 6]  # there is room for three
    near = asked(stations=1, spacing_m=110, standing={"may_move": ["S1"], "moves": 1})
    assert stations_of(near, np.array([1, 4])).tolist() == [1, 4]  # a3 is 10 m from S1
    assert stations_of(near, np.array([1, 6])).tolist() == [0, 1, 6]


def test_an_incumbent_that_drops_a_station_for_nothing_is_worth_what_is_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plan that is not proven may leave out S1 though nothing takes its place: it stays, and counts."""

    right = answer.max_cover

    def hasty(*given, **words):  # type: ignore[no-untyped-def]
        plan = right(*given, **words)
        assert plan.plan is not None
        return replace(plan, plan=replace(plan.plan, sites=np.array([1, 6]), objective=100.0))

    monkeypatch.setattr(answer, "max_cover", hasty)
    result = site_stations(district(), scenario(stations=1, standing={"may_move": ["S1"], "moves": 1}))
    assert (result.opened, result.closed, result.plan.objective) == (["z1"], [], 130)
