"""The siting section of a scenario: what it refuses, in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.errors import ScenarioError, StandardError
from workbench.scenario import Scenario, load_scenario
from workbench.scenario.siting import Siting


def loaded(folder: Path, siting: str) -> Scenario:
    path = folder / "s.yaml"
    path.write_text(f"name: s\nsiting: {siting}\n", encoding="utf-8")
    return load_scenario(path)


TOGETHER: list[tuple[str, str]] = [
    ("{}", "'stations' or 'budget' for max_cover: without either everything would open"),
    ("{goal: p_median}", "'stations' or 'budget' for p_median: without either everything would open"),
    ("{stations: 1, share: 0.9}", "'share' with set_cover only"),
    ("{stations: 1, count_cost: capex}", "'count_cost' with set_cover only"),
    ("{goal: set_cover, budget: 10}", "'budget' not with set_cover, which asks for the least there is: take 'count_cost: capex'"),
    ("{goal: set_cover, curve: 3}", "'curve' with max_cover and p_median only"),
    ("{goal: p_median, stations: 1, decay: linear}", "'decay' with max_cover only"),
    ("{goal: p_median, stations: 1, backup: 2}", "'backup' with max_cover and set_cover only"),
    ("{goal: p_center, stations: 1, floors: [{each: community, share: 0.5}]}", "'floors' with max_cover and set_cover only"),
    ("{goal: p_center, stations: 1, who: households, capacity: local.yinchuan.elder_area_per_100_households_new}", "'capacity' with max_cover and set_cover only"),
    ("{stations: 1, backup: 2, decay: linear}", "'backup' without 'decay' and 'capacity', under which one station serves each"),
    ("{goal: set_cover, group_weights: {older: 2}}", "'group_weights' not with set_cover, where everybody counts the same"),
    ("{stations: 1, who: households, group_weights: {older: 2}}", "'who: residents' with 'group_weights', for households have no age"),
    ("{stations: 1, capacity: local.yinchuan.elder_area_per_100_households_new}", "'who: households' where 'capacity' is given, for it counts households"),
    ("{stations: 1, level: full}", "'opens: community_centre' where 'level: full': a post is lite and would not count"),
    ("{budget: 9, standing: {may_move: post, moves: 1}}", "'stations' where stations may move: how many new ones there may be besides"),
    ("{stations: 1, standing: {moves: 1}}", "'may_move' and 'moves' together: who may move, and how many of them"),
    ("{goal: set_cover, phases: {terms: [{name: 近期, stations: 1}]}}", "'phases' with max_cover only"),
    ("{phases: {terms: [{name: 近期}]}}", "'stations' or 'budget' in the term 近期"),
    ("{phases: {terms: [{name: 近期, stations: 1}, {name: 远期, budget: 9}]}}", "the same in every term: 'stations', 'budget', or both"),
    ("{stations: 1, phases: {terms: [{name: 近期, stations: 1}]}, standing: {may_move: post, moves: 1}}", "'phases' without stations that move: a term says what is built, not what is given up"),
]  # fmt: skip


@pytest.mark.parametrize(("siting", "expected"), TOGETHER)
def test_what_does_not_go_together(tmp_path: Path, siting: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loaded(tmp_path, siting)
    assert str(refused.value).startswith("s.yaml, key siting")
    assert f"the value does not fit; expected {expected}; found" in str(refused.value)


def test_all_that_does_not_go_together_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as refused:
        loaded(tmp_path, "{goal: p_median, backup: 2, share: 0.5, level: full}")
    for word in ("'stations' or 'budget'", "'backup' with", "'share' with", "'opens: community_centre'"):
        assert word in str(refused.value)


VALUES: list[tuple[str, str]] = [
    ("{stations: 0}", "key siting.stations: the value does not fit; expected greater than or equal to 1"),
    ("{stations: -3}", "key siting.stations: the value does not fit; expected greater than or equal to 1; found -3"),
    ("{stations: many}", "key siting.stations: the value does not fit"),
    ("{stations: 2.5}", "key siting.stations: the value does not fit"),
    ("{budget: -1}", "key siting.budget: the value does not fit; expected greater than or equal to 0; found -1"),
    ("{budget: .nan}", "key siting.budget: the value does not fit"),
    ("{stations: 1, spacing_m: 0}", "key siting.spacing_m: the value does not fit; expected greater than 0"),
    ("{goal: most_cover, stations: 1}", "key siting.goal: the value does not fit; expected 'max_cover', 'set_cover', 'p_median' or 'p_center'; found 'most_cover'"),
    ("{stations: 1, candidates: {sources: [ledgers]}}", "key siting.candidates.sources.0: the value does not fit; expected 'ledger', 'rooms', 'shopfronts', 'corners' or 'bends'"),
    ("{stations: 1, candidates: {sources: []}}", "key siting.candidates.sources: the value does not fit"),
    ("{stations: 1, floors: [{each: community, share: 1.5}]}", "key siting.floors.0.share"),
    ("{stations: 1, floors: [{each: street, share: 0.5}]}", "key siting.floors.0.each: the value does not fit; expected 'community', 'subdistrict', 'compound' or 'group'"),
    ("{stations: 1, station: 2}", "key siting.station: the key is not known"),
    ("{stations: 1, group_weights: {older: 0}}", "key siting.group_weights.older: the value does not fit; expected greater than 0"),
    ("{stations: 1, candidates: {opening_hours: 'Mo 25:00'}}", "key siting.candidates.opening_hours"),
    ("{stations: 1, time_limit_s: 0}", "key siting.time_limit_s: the value does not fit; expected greater than 0"),
]  # fmt: skip


@pytest.mark.parametrize(("siting", "said"), VALUES)
def test_values_that_do_not_fit(tmp_path: Path, siting: str, said: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        loaded(tmp_path, siting)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("siting", "said"),
    [
        ("{stations: 1, candidates: {least_area: gb50180.nothing}}", "key siting.candidates.least_area: the register holds no such standard; found gb50180.nothing. Did you mean"),
        ("{stations: 1, candidates: {least_area: pace.adult}}", "key siting.candidates.least_area: the standard has the wrong unit; expected a standard in ㎡; found pace.adult in m/s"),
        ("{stations: 1, who: households, capacity: nothing.at_all}", "key siting.capacity: the register holds no such standard; found nothing.at_all"),
        ("{stations: 1, floors: [{each: compound, share: compound.share}]}", "key siting.floors.0.share: the register holds no such standard; found compound.share. Did you mean compound.covered_share"),
        ("{stations: 1, near_optimal: pace.adult}", "key siting.near_optimal: the standard has the wrong unit"),
    ],
)  # fmt: skip
def test_standards_that_are_not_known(tmp_path: Path, siting: str, said: str) -> None:
    with pytest.raises(StandardError) as refused:
        loaded(tmp_path, siting)
    assert said in str(refused.value)


def test_what_terms_leave_open_is_their_sum() -> None:
    terms = [{"name": "近期", "stations": 2, "budget": 30}, {"name": "远期", "stations": 3, "budget": 50}]
    wish = Siting.model_validate({"phases": {"terms": terms}})
    assert (wish.most_stations, wish.most_cost) == (5, 80)
    said = Siting.model_validate({"stations": 4, "budget": 60, "phases": {"terms": terms}})
    assert (said.most_stations, said.most_cost) == (4, 60)
    paid = Siting.model_validate({"phases": {"terms": [{"name": "近期", "budget": 30}]}})
    assert (paid.most_stations, paid.most_cost) == (None, 30)
    assert Siting.model_validate({"budget": 9}).most_stations is None
