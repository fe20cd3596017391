"""Edits of a scenario: what they make of the ground, what they may not say, and that a run says today → plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import pocket
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage
from workbench.documents import build
from workbench.errors import ScenarioError
from workbench.ground.edits import with_edits
from workbench.progress import Stopwatch
from workbench.scenario import Scenario, load_scenario
from workbench.scenario.edits import Edits
from workbench.study import study_district

PLAN: dict[str, Any] = {
    "open": [{"id": "N1", "x": 400, "y": 10, "opening_hours": "24/7"}],
    "move": [{"id": "S2", "x": 200, "y": 100}],
    "close": ["S1"],
    "gates": [{"id": "G2", "access": "members"}],
}


def refused(**edits: Any) -> list[str]:
    with pytest.raises(ScenarioError) as error:
        with_edits(pocket.district(), build(Edits, edits, "x.yaml"))
    return [str(problem) for problem in error.value.problems]


def test_no_edits_leave_the_district_as_it_is() -> None:
    ground = pocket.district()
    assert with_edits(ground, Edits()) is ground
    assert pocket.scenario().fingerprint == pocket.scenario(edits={}).fingerprint


def test_what_edits_make_of_the_ground() -> None:
    ground = with_edits(pocket.district(), build(Edits, PLAN, "x.yaml"))
    stations = ground.stations.set_index("id")
    assert list(stations.index) == ["N1", "S2"]
    new, moved = stations.loc["N1"], stations.loc["S2"]
    assert (new["name"], new["kind"], new["community"], new["opening_hours"]) == ("N1", "post", "C1", "24/7")
    assert (moved["name"], moved["compound"], moved.geometry.coords[0]) == ("西驿家", "K1", (200, 100))
    assert ground.gates.set_index("id").loc["G2", "access"] == "members"


def test_all_that_does_not_fit_is_said_at_once() -> None:
    said = refused(
        open=[{"id": "S1", "x": 5000, "y": 0}, {"id": "N1", "x": 0, "y": 0, "access": "members"}],
        move=[{"id": "S3", "x": 0, "y": 0}],
        close=["nobody"],
        gates=[{"id": "G3", "access": "public"}],
    )
    assert len(said) == 6
    assert "key edits.open.0.id: a station of the district has this identifier; found S1. Choose" in said[0]
    assert (
        "key edits.open.0: the place lies outside the district; expected x from -200 to 1,300, y from -200 to"
        in said[1]
    )
    assert "key edits.open.1.access: a station for members only stands in no compound" in said[2]
    assert "key edits.move: there is no such station; expected one of S1, S2; found S3." in said[3]
    assert "key edits.close: there is no such station; expected one of S1, S2; found nobody." in said[4]
    assert "key edits.gates: there is no such gate in a wall; expected one of G1, G2; found G3." in said[5]


@pytest.mark.parametrize(
    ("edits", "what"),
    [
        ({"open": [{"id": "N1", "x": 0}]}, "key open.0.y: the key is missing"),
        ({"open": [{"id": "N1", "x": 0, "y": float("inf")}]}, "key open.0.y: the value does not fit"),
        ({"open": [{"id": "", "x": 0, "y": 0}]}, "key open.0.id: the value does not fit"),
        ({"open": [{"id": "N1", "x": 0, "y": 0, "kind": "kiosk"}]}, "expected 'district_centre', 'community_centre'"),
        ({"open": [{"id": "N1", "x": 0, "y": 0, "opening_hours": "always"}]}, "key open.0.opening_hours"),
        ({"close": ["S1", "S1"]}, "key close: the value does not fit; expected each of them once; found 'S1'"),
        ({"move": [{"id": "S1", "x": 0, "y": 0}], "close": ["S1"]}, "Say one thing of it: open, move or close."),
        ({"gates": [{"id": "G1", "access": "ajar"}]}, "expected 'public', 'members' or 'closed'; found 'ajar'"),
        ({"shut": ["S1"]}, "Did you mean"),
    ],
)
def test_what_the_section_refuses(edits: dict[str, Any], what: str) -> None:
    with pytest.raises(ScenarioError) as error:
        build(Edits, edits, "x.yaml")
    assert what in str(error.value) or "the key is not known" in str(error.value)


def test_a_run_says_today_and_plan() -> None:
    scenario = pocket.scenario(edits=PLAN, standards={"privacy.smallest_cell": 1})
    assert scenario.as_today is not None
    study = study_district(pocket.district(), scenario, Stopwatch())
    assert study.before_after is not None
    before, after = study.before_after
    assert before.covered_residents(Mode.COMPLIANCE).sum() == 70
    anew = assess_coverage(with_edits(pocket.district(), scenario.edits), scenario)
    assert [kpi.value for kpi in after.kpis()] == [kpi.value for kpi in anew.kpis()]
    lost = next(row for row in study.headlines() if row.key == "residents.lost")
    assert lost.planned == 10  # D1; visitors do not come to S2 behind the wall
    assert study.district.stations["id"].tolist() == ["S1", "S2"]


def test_a_list_of_a_scenario_replaces_that_of_its_base(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("name: base\nedits: {close: [S1], gates: [{id: G1, access: public}]}\n")
    (tmp_path / "plan.yaml").write_text("extends: base.yaml\nname: plan\nedits: {close: []}\n")
    plan: Scenario = load_scenario(tmp_path / "plan.yaml")
    assert plan.edits.close == ()
    assert [gate.id for gate in plan.edits.gates] == ["G1"]
