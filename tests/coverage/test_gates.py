"""Gates as they are, at night and all open, on the pocket district by hand.

Walks to S1, metres (residents): D1 65 (10), D2 185 (20), D3 390 (30); D4 50 m to S2 (40). With G2 open D3 walks 270.
G1 gets hours here, so that at night nobody leaves K1.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pocket
from workbench.catalogue.terms import GateState, Mode
from workbench.coverage import GateComparison, appraise, assess_coverage, best_gates, compare_gates
from workbench.errors import GeodataError, ScenarioError
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.results import Kpi, Result
from workbench.scenario import load_scenario
from workbench.study import compare

METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE
DAY, NIGHT, OPEN = GateState.DAY, GateState.NIGHT, GateState.OPEN


def timed(hours: str = "06:00-22:00") -> District:
    return pocket.district(gates=pocket.gates().assign(opening_hours=[hours, None]))


@pytest.fixture(scope="module")
def result() -> GateComparison:
    return compare_gates(timed(), pocket.scenario())


def kpi(result: GateComparison, key: str, mode: Mode = METRES) -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode) == (key, mode)]
    assert len(found) == 1
    return found[0]


def test_three_states_by_hand(result: GateComparison) -> None:
    assert isinstance(result, Result)
    covered = {state: result.covered(state, METRES) for state in GateState}
    assert covered == {DAY: 70, NIGHT: 50, OPEN: 100}
    # at their own pace nobody of D3 walks 390 m in five minutes, and all but the 2 oldest walk 270
    assert result.covered(OPEN, MINUTES) - result.covered(DAY, MINUTES) == 28
    assert (kpi(result, "gates.night.lost").value, kpi(result, "gates.all_open.won").value) == (20, 30)
    assert kpi(result, "gates.night.lost.share").value == pytest.approx(100 * 20 / 210)
    assert kpi(result, "gates.night.lost.share").unit == "百分点"
    assert kpi(result, "gates.all_open.won").of == 210
    assert kpi(result, "gates.by_night.residents.covered.share").value == pytest.approx(100 * 50 / 210)
    assert kpi(result, "gates.by_night.residents.covered.share").label == "居民覆盖率 · 大门夜间 周三 22:30"
    assert [kpi(result, f"gates.{s}.compounds.covered").value for s in (DAY, NIGHT, OPEN)] == [0, 0, 1]
    assert repr(result).endswith("by_day 70, by_night 50, all_open 100>")


def test_what_is_measured_already_is_not_measured_again(result: GateComparison) -> None:
    for gates in ({}, {"policy": "all_open"}):
        scenario = pocket.scenario(gates=gates)
        circle = assess_coverage(timed(), scenario)
        again = compare_gates(circle.district, scenario, circle)
        assert [kpi.as_record() for kpi in again.kpis()] == [kpi.as_record() for kpi in result.kpis()]
        assert (again.coverages[DAY].doors is circle.doors) == (not gates)


def test_areas_add_up(result: GateComparison) -> None:
    communities = result.by_community.set_index("id")
    columns = [
        "residents",
        "compliance_by_day",
        "compliance_by_night",
        "compliance_all_open",
        "compliance_lost",
        "compliance_won",
    ]
    assert communities.loc["C1", columns].tolist() == [150, 70, 50, 100, 20, 30]
    assert communities.loc["C2", columns].tolist() == [60, 0, 0, 0, 0, 0]
    assert result.by_compound[columns].to_numpy().tolist() == [[50, 20, 0, 50, 20, 30]]


def test_the_table_sets_them_side_by_side(result: GateComparison) -> None:
    table = result.tables()["三种大门状态"]
    people = table[(table["指标"] == "覆盖居民") & (table["口径"] == "合规口径")].iloc[0]
    assert people[["大门现状 周三 10:00", "大门夜间 周三 22:30", "大门全部开放", "大门夜间－现状", "大门全部开放－现状"]].tolist() == [
        70, 50, 100, "-20", "+30",
    ]  # fmt: skip
    assert people["分母"] == "需求图层全体居民 210"
    assert {"分社区", "分小区"} <= set(result.tables())
    heads = compare(*result.coverages.values()).columns
    assert "大门夜间 周三 22:30－大门现状 周三 10:00" in heads


def test_the_hour_of_the_night_is_the_scenarios() -> None:
    early = compare_gates(timed(), pocket.scenario(gate_study={"night": "21:30"}))
    assert early.covered(NIGHT, METRES) == 70
    sunday = compare_gates(timed("Mo-Sa 00:00-24:00"), pocket.scenario(gate_study={"weekday": "Su"}))
    assert sunday.covered(NIGHT, METRES) == 50


def test_what_the_scenario_says_of_gates_makes_no_difference(result: GateComparison) -> None:
    other = compare_gates(timed(), pocket.scenario(gates={"policy": "all_open"}))
    assert [other.covered(s, METRES) for s in GateState] == [result.covered(s, METRES) for s in GateState]


def test_layers_hold_the_walk_of_each_state(result: GateComparison) -> None:
    layer = result.layers()["gate_states"].set_index("id")
    assert layer.loc["D3", ["distance_m_by_day", "distance_m_all_open"]].tolist() == [390, 270]
    assert layer["distance_m_by_night"].isna().loc[["D2", "D3", "D5", "D6"]].all()


def test_a_district_without_areas_is_still_compared() -> None:
    ways = pocket.ways()
    demand = pocket.demand().assign(compound=None, community=None)
    tables = {
        "demand": demand,
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    result = compare_gates(District.from_tables(pocket.MANIFEST, tables), pocket.scenario())
    assert kpi(result, "gates.night.lost").value == 0
    assert set(result.tables()) == {"三种大门状态"}
    assert "缺小区图层" in result.tables()["三种大门状态"]["分母"].tolist()


def test_open_gates_never_lower_coverage_and_shut_ones_never_raise_it() -> None:
    result = compare_gates(synthetic.district(11, communities=1), pocket.scenario())
    for mode in (METRES, MINUTES):
        night, day, opened = (result.coverages[s].covered_residents(mode) for s in (NIGHT, DAY, OPEN))
        assert (night <= day).all()
        assert (day <= opened).all()


def test_hours_that_do_not_parse_are_refused() -> None:
    with pytest.raises(GeodataError, match="row G1, column opening_hours: the opening hours do not parse"):
        compare_gates(timed("6 to 10"), pocket.scenario())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "night: 10pm",
            "key gate_study.night: the value does not fit; expected a time of day, \"HH:MM\"; found '10pm'",
        ),
        ("weekday: Sunday", "key gate_study.weekday: the value does not fit; expected 'Mo', 'Tu'"),
        ("link: 30", "key gate_study.link: the value does not fit; expected the key of a standard"),
        ("link: pace.adult", "gate_study.link"),
        ("nights: 2", "key gate_study.nights: the key is not known"),
    ],
)
def test_what_a_scenario_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "s.yaml"
    path.write_text(f"name: s\ngate_study: {{{text}}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as refused:
        load_scenario(path)
    assert said in str(refused.value)


def test_indicators(result: GateComparison) -> None:
    gains = best_gates(result.coverages[DAY])
    coverage = result.coverages[DAY]
    found = {
        line.indicator.key: line.indicator
        for line in appraise(coverage, [*result.indicators(), *gains.indicators()]).lines
    }
    assert found["gates.night"].value == pytest.approx(100 * 20 / 210)
    assert found["gates.closed"].value == pytest.approx(100 * 30 / 210)
    assert (found["gates.helped"].value, found["gates.helped"].of) == (100, 1)
