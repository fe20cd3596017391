"""What a wish cannot mean, one case each: the message names key, found and what to do; all problems at once."""

from __future__ import annotations

from typing import Any

import pytest

from tests import pocket
from tests.siting.grounds import asked, candidates, district, sited
from workbench.coverage import assess_coverage
from workbench.errors import ScenarioError
from workbench.siting import station_question

AGAINST: list[tuple[dict[str, Any], str]] = [
    ({"stations": 1, "spacing_m": 1e9}, "siting, key siting.spacing_m: every candidate that is left is within the spacing of a station that stays; expected at most 672 m; found 1e+09 m. Lower it, or take candidates farther away."),
    ({"stations": 9, "candidates": {"forbidden": ["a1", "a2", "a3", "z1"]}}, "siting, key siting.candidates: every candidate that is left is vetoed or forbidden; found "),
    ({"stations": 1, "candidates": {"required": ["a1", "a2"]}}, "siting, key siting.candidates.required: more sites are required than stations may open; expected at most 1; found 2. Require fewer, or raise 'stations'."),
    ({"budget": 9, "candidates": {"required": ["a1"]}}, "siting, key siting.budget: the budget does not pay for the required sites; expected at least 20 万元; found 9. Require fewer, or raise the budget."),
    ({"stations": 1, "candidates": {"required": ["a1"], "forbidden": ["a1"]}}, "siting, key siting.candidates: a required site is also forbidden; found a1. Drop it once."),
    ({"stations": 1, "candidates": {"required": ["v1"]}}, "siting, key siting.candidates.required: a required site is vetoed; found v1: 产权不清. Lift the veto in the ledger, or require another."),
    ({"stations": 1, "spacing_m": 50, "candidates": {"required": ["a3"]}}, "siting, key siting.candidates.required: a required site cannot be chosen; found a3: 距既有阵地不足 50 m. Drop it from the required ones, or drop the rule."),
    ({"stations": 1, "candidates": {"required": ["a11"]}}, "siting, key siting.candidates.required: there is no such candidate; expected one of a1, a2, a3, v1, z1; found a11. Did you mean a1?"),
    ({"stations": 1, "candidates": {"forbidden": ["b"]}}, "siting, key siting.candidates.forbidden: there is no such candidate; expected one of a1, a2, a3, v1, z1; found b."),
    ({"stations": 1, "standing": {"close": ["S3"]}}, "siting, key siting.standing.close: there is no such station; expected one of S1, S2; found S3."),
    ({"stations": 1, "standing": {"may_move": ["S3"], "moves": 1}}, "siting, key siting.standing.may_move: there is no such station; expected one of S1, S2; found S3."),
    ({"stations": 1, "standing": {"close": ["S1"], "may_move": ["S1"], "moves": 1}}, "siting, key siting.standing.may_move: a station that closes cannot move too; found S1."),
    ({"stations": 1, "level": "full", "candidates": {"opens": "community_centre"}, "standing": {"may_move": ["S2"], "moves": 1}}, "siting, key siting.standing.may_move: no such station counts today; found S2. Only stations that are open and of the level that counts can move."),
    ({"stations": 1, "level": "full", "candidates": {"opens": "community_centre"}, "standing": {"may_move": "post", "moves": 1}}, "siting, key siting.standing.may_move: no such station counts today; found post."),
    ({"stations": 1, "group_weights": {"oder": 2.0}}, "siting, key siting.group_weights: there is no such group of the population; expected one of adults, infants, older, oldest, pupils; found oder. Did you mean older"),
    ({"stations": 1, "floors": [{"each": "group", "share": 0.5}]}, "siting, key siting.floors: groups are not told apart here. Take mode: experience and who: residents, by which each group walks at its own pace."),
    ({"stations": 1, "mode": "experience", "who": "households", "floors": [{"each": "group", "share": 0.5}]}, "siting, key siting.floors: groups are not told apart here."),
    ({"stations": 1, "candidates": {"sources": ["rooms"]}}, "siting, key siting.candidates.sources: the district has no candidate from rooms. Add a room ledger, or name under 'vacant' how it says that a room stands vacant."),
    ({"stations": 1, "candidates": {"sources": ["shopfronts"]}}, "siting, key siting.candidates.sources: the district has no candidate from shopfronts. Add buildings, or name under 'shopfront_kinds' how their layer calls shops."),
]  # fmt: skip


@pytest.mark.parametrize(("siting", "said"), AGAINST)
def test_what_the_district_does_not_bear(siting: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        sited(**siting)
    assert str(refused.value).startswith(said)


def test_all_names_that_are_wrong_at_once() -> None:
    with pytest.raises(ScenarioError) as refused:
        asked(
            stations=1, who="residents", group_weights={"oder": 2.0}, standing={"close": ["S3"], "may_move": ["X"], "moves": 1},
            candidates={"required": ["a7", "v1", "a1"], "forbidden": ["a1", "b2"]},
        )  # fmt: skip
    assert [(problem.key, problem.found) for problem in refused.value.problems] == [
        ("siting.candidates", "a1"),
        ("siting.candidates.required", "a7"),
        ("siting.candidates.forbidden", "b2"),
        ("siting.candidates.required", "v1: 产权不清"),
        ("siting.standing.close", "S3"),
        ("siting.standing.may_move", "X"),
        ("siting.group_weights", "oder"),
    ]


def test_all_that_makes_no_sense_at_once() -> None:
    with pytest.raises(ScenarioError) as refused:
        sited(stations=1, budget=9, candidates={"required": ["a1", "a2"], "forbidden": ["a3", "z1"]}, spacing_m=1)
    assert [problem.key for problem in refused.value.problems] == ["siting.candidates.required", "siting.budget"]


def test_no_candidates_layer() -> None:
    with pytest.raises(
        ScenarioError, match="the district has no candidate from ledger. Add a candidates layer, or take corners"
    ):
        asked(pocket.district(), stations=1)


def test_no_wish() -> None:
    coverage = assess_coverage(district(), pocket.scenario())
    with pytest.raises(ScenarioError) as refused:
        station_question(coverage)
    assert (
        str(refused.value)
        == "pocket, key siting: the scenario sites nothing. Add a section 'siting', such as siting: {stations: 12}."
    )


def test_households_that_are_not_known() -> None:
    demand = pocket.demand()
    demand.loc[[0, 3], "households"] = None
    with pytest.raises(ScenarioError) as refused:
        asked(district(demand=demand), stations=1, who="households", standing={"close": ["S3"]})
    assert (
        "demand, column households, key siting.who: households are not known everywhere; found missing at 2 of 6 demand points. Fill them in, or take who: residents."
        in str(refused.value)
    )
    assert "key siting.standing.close" in str(refused.value)


def test_floors_of_what_the_people_do_not_tell() -> None:
    demand = pocket.demand().assign(compound=None)
    with pytest.raises(ScenarioError, match="key siting.floors: the demand points tell no compound. Import that layer"):
        asked(district(demand=demand), stations=1, floors=[{"each": "compound", "share": 0.5}])


def test_identifiers_of_candidates_are_their_own() -> None:
    with pytest.raises(ScenarioError) as refused:
        asked(district(candidates=candidates(id=["S1", "a2", "a3", "v1", "z1"])), stations=1)
    assert (
        str(refused.value)
        == "candidates, row S1, column id: a station has the same identifier. Identifiers of candidates are their own: rename one of the two."
    )


def test_nobody_within_reach_of_any_site() -> None:
    lonely = district(demand=pocket.demand().iloc[4:5])
    with pytest.raises(ScenarioError, match="key siting.candidates: no site reaches anybody. Take more candidates"):
        sited(lonely, goal="p_center", stations=1)
    assert sited(lonely, goal="set_cover").opened == []
