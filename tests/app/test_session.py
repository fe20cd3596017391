"""What is tried out without a page: every number is that of a measurement of the edited district."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from tests import pocket
from tests.siting import grounds
from workbench.app.session import MODES, Ground, Session, Settings
from workbench.catalogue.terms import Mode
from workbench.coverage import assess_coverage
from workbench.errors import OutputError, ScenarioError
from workbench.ground.district import District
from workbench.ground.sources import write_district
from workbench.progress import Stopwatch
from workbench.scenario import Scenario, load_scenario
from workbench.scenario.edits import NewStation
from workbench.study import ground_of, run_study, study_district


def session(ground: District | None = None, **scenario: Any) -> Session:
    return Session(Ground(ground or pocket.district(), pocket.scenario(standards=grounds.OPEN, **scenario)))


def assert_measured(found: Session) -> None:
    """The strip and the full result are those of a new measurement of the edited district."""
    anew = assess_coverage(found.district, found.scenario)
    for mode in MODES:
        assert found.what.covered_at(mode).tolist() == anew.covered_residents(mode).tolist()
    assert [kpi.value for kpi in found.what.result().kpis()] == [kpi.value for kpi in anew.kpis()]
    limit = f"{anew.limit(Mode.COMPLIANCE):g} m"
    strip = {one.label: one.now for one in found.headlines()}
    assert strip[f"覆盖居民 · 步行 {limit} 内（合规）"] == anew.covered_residents(Mode.COMPLIANCE).sum()


def test_edits_by_hand_and_back_again() -> None:
    tried = session()
    today = [one.now for one in tried.headlines()]
    name = tried.open_station(200, 0)
    assert name == "new-1"
    assert tried.can_undo == "新增 新驿家 1"
    covered = next(one for one in tried.headlines() if one.label.startswith("覆盖居民 · 步行 300 m"))
    assert (covered.today, covered.now, covered.whole) == (70, 100, 210)
    assert_measured(tried)
    tried.move_station(name, 400, 0)
    assert_measured(tried)
    tried.move_station("S2", 200, 100)
    assert [one.fate for one in tried.stations()] == ["standing", "moved", "new"]
    assert_measured(tried)
    tried.close_station("S1")
    assert tried.losers()
    assert_measured(tried)
    assert tried.set_gate("G1") == "closed"
    assert_measured(tried)
    assert tried.set_gate("G2", "public") == "public"
    assert_measured(tried)
    after = [one.now for one in tried.headlines()]
    for _ in range(6):
        assert tried.undo()
    assert not tried.undo()
    assert [one.now for one in tried.headlines()] == today
    for _ in range(6):
        assert tried.redo()
    assert not tried.redo()
    assert [one.now for one in tried.headlines()] == after
    assert tried.reset()
    assert not len(tried.edits)
    assert [one.now for one in tried.headlines()] == today
    assert tried.undo()
    assert [one.now for one in tried.headlines()] == after


def test_a_new_edit_after_undo_forgets_what_could_be_done_again() -> None:
    tried = session()
    tried.open_station(200, 0)
    tried.undo()
    assert tried.can_redo == "新增 新驿家 1"
    tried.close_station("S2")
    assert not tried.can_redo
    assert not tried.redo()
    assert not session().reset()


def test_gates_go_round_and_come_back_to_the_ledger() -> None:
    tried = session()
    assert [tried.set_gate("G1") for _ in range(3)] == ["closed", "public", "members"]
    assert not len(tried.edits)
    tried.set_gate("G2", "members", "Mo-Su 06:00-22:00")
    assert tried.gate_access() == {"G2": ("members", "Mo-Su 06:00-22:00")}
    assert_measured(tried)


def test_what_was_opened_here_goes_without_a_trace() -> None:
    tried = session()
    name = tried.open_station(200, 0, "community_centre", name="<b>新站</b>", opening_hours="24/7")
    assert [one.name for one in tried.stations() if one.id == name] == ["<b>新站</b>"]
    tried.close_station(name)
    assert not len(tried.edits)
    assert_measured(tried)
    assert tried.open_station(200, 0) == "new-2"  # undo may bring the first one back


@pytest.mark.parametrize(
    ("act", "what"),
    [
        (lambda tried: tried.open_station(5000, 0), "outside the district"),
        (lambda tried: tried.open_station(800, 250), "no way near"),
        (lambda tried: tried.open_station(200, 0, "kiosk"), "the value does not fit"),
        (lambda tried: tried.open_station(0, 0, access="members"), "names no compound"),
        (lambda tried: tried.open_station(float("nan"), 0), "the value does not fit"),
        (lambda tried: tried.move_station("S1", 800, 250), "no way near"),
        (lambda tried: tried.move_station("nobody", 0, 0), "there is no such station"),
        (lambda tried: tried.close_station("nobody"), "there is no such station"),
        (lambda tried: tried.set_gate("G9"), "there is no such gate"),
        (lambda tried: tried.set_gate("G1", "ajar"), "the value does not fit"),
        (lambda tried: tried.adopt([NewStation(id="a", x=200, y=0), NewStation(id="b", x=800, y=250)]), "no way"),
        (lambda tried: tried.adopt([NewStation(id="a", x=200, y=0)], ["nobody"]), "no such station"),
    ],
)
def test_what_cannot_be_changes_nothing(act: Any, what: str) -> None:
    tried = session()
    tried.open_station(200, 0)
    before, shown, revision = tried.edits, tried.headlines(), tried.revision
    with pytest.raises(ScenarioError, match=what):
        act(tried)
    assert (tried.edits, tried.headlines(), tried.revision) == (before, shown, revision)
    assert_measured(tried)


def test_another_hour_and_other_limits() -> None:
    tried = session()
    tried.open_station(200, 0, opening_hours="Mo-Fr 09:00-18:00")
    tried.set(Settings("Su", "23:00", {**grounds.OPEN, "gb50180.five_minute.walk_distance": 250.0, "pace.older": 0.5}))
    assert tried.base.limit(Mode.COMPLIANCE) == 250
    assert_measured(tried)
    tried.undo()
    assert_measured(tried)
    tried.redo()
    tried.set(Settings.of(pocket.scenario(standards=grounds.OPEN)))
    assert_measured(tried)


def test_today_is_what_the_ledgers_have() -> None:
    tried = session(gates={"policy": "all_open"})
    today = assess_coverage(pocket.district(), pocket.scenario(standards=grounds.OPEN))
    strip = next(one for one in tried.headlines() if one.label.startswith("覆盖居民 · 步行 300 m"))
    assert strip.today == today.covered_residents(Mode.COMPLIANCE).sum()
    assert strip.now != strip.today


def test_gaps_and_losses_have_names_and_denominators() -> None:
    tried = session()
    gaps = tried.gaps()
    assert [(one.where, one.people, one.of) for one in gaps] == [
        ("不在小区内的居民", 110, 160),
        ("甲小区（东社区）", 30, 50),
    ]
    assert tried.losers() == []
    tried.close_station("S2")
    assert [(one.where, one.people) for one in tried.losers()] == [("不在小区内的居民", 40)]
    bare = session(pocket.poor("bare"))
    assert {"旁", "m"} & {sign for one in bare.gaps() for sign in one.where}
    communities = pocket.district(demand=pocket.demand().assign(compound=None))
    assert session(communities).gaps()[0].where in ("东社区", "远社区")


@pytest.mark.parametrize("case", pocket.POOR)
def test_a_poor_district_can_be_tried_out(case: str) -> None:
    tried = session(pocket.poor(case))
    tried.open_station(200, 0)
    assert_measured_poor(tried)
    unknown = {one.key for one in tried.headlines() if math.isnan(one.now) or math.isnan(one.today)}
    nobody = not tried.base.populace.residents.sum()
    assert unknown == ({f"share.{mode}" for mode in MODES} if nobody else set())


def assert_measured_poor(tried: Session) -> None:
    anew = assess_coverage(tried.district, tried.scenario)
    assert tried.what.covered_at(Mode.COMPLIANCE).tolist() == anew.covered_residents(Mode.COMPLIANCE).tolist()


# --- the scenario that says it ----------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_district(grounds.district(), tmp_path / "ground")
    groups = {name: group.model_dump(mode="json", exclude_defaults=True) for name, group in pocket.GROUPS.items()}
    text = f"name: base\ntitle: 底\ndistrict: ground\nstandards: {{privacy.smallest_cell: 1}}\ngroups: {groups}\n"
    path = tmp_path / "base.yaml"
    path.write_text(text + "siting: {stations: 2, sensitivity: false}\nrobustness: {draws: 20}\n", encoding="utf-8")
    return path


def tried_out(file: Path) -> Session:
    scenario = load_scenario(file)
    tried = Session(Ground(ground_of(scenario), scenario, file))
    name = tried.open_station(201.234, 0.567, name='引号 " : # <script>')
    tried.move_station(name, 205.5, 1)
    tried.move_station("S2", 550, 10)
    tried.open_station(400, 0, "community_centre")
    tried.close_station("S1")
    tried.set_gate("G2", "members", "Mo-Su 06:00-23:00")
    tried.set(Settings("Sa", "12:30", {**tried.settings.standards, "gb50180.five_minute.walk_distance": 280.0}))
    return tried


def test_a_saved_scenario_runs_to_the_same_numbers(file: Path) -> None:
    tried = tried_out(file)
    path = tried.save("plan", "方案 {甲}")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("extends: base.yaml\nname: plan\n")
    again = load_scenario(path)
    assert (again.title, again.edits, again.siting) == ("方案 （甲）", tried.edits, None)
    study = run_study(again)
    assert study.before_after is not None
    before, after = study.before_after
    shown = tried.what.result()
    assert [(kpi.label, kpi.value) for kpi in after.kpis()] == [(kpi.label, kpi.value) for kpi in shown.kpis()]
    strip = {one.label: (one.today, one.now) for one in tried.headlines()}
    assert strip["居民覆盖率 · 步行 280 m 内（合规）"] == (before.kpis()[0].value, after.kpis()[0].value)
    with pytest.raises(OutputError, match="such a file already"):
        tried.save("plan")
    with pytest.raises(ScenarioError, match="small letters"):
        tried.save("../plan")


def test_a_saved_scenario_can_be_taken_up_again(file: Path) -> None:
    tried = tried_out(file)
    path = tried.save("plan")
    scenario = load_scenario(path)
    again = Session(Ground(ground_of(scenario), scenario, path))
    assert again.edits == tried.edits
    assert [one.now for one in again.headlines()] == [one.now for one in tried.headlines()]
    again.undo()
    assert not len(again.edits)
    again.redo()
    again.close_station("new-1")
    second = load_scenario(again.save("second"))
    assert [one.id for one in second.edits.open] == ["new-2"]
    assert second.edits == again.edits


def test_a_scenario_without_a_file_says_everything(tmp_path: Path, file: Path) -> None:
    scenario = load_scenario(file)
    tried = Session(Ground(ground_of(scenario), scenario))
    tried.open_station(200, 0)
    path = tried.save("whole", folder=tmp_path / "ground" / "..")
    again: Scenario = load_scenario(path)
    assert again.groups == scenario.groups
    shown = tried.what.result()
    study = run_study(again)
    assert [kpi.value for kpi in study.coverage.kpis()] == [kpi.value for kpi in shown.kpis()]
    by_hand = study_district(tried.ground.district, tried.scenario, Stopwatch())
    assert [kpi.value for kpi in by_hand.coverage.kpis()] == [kpi.value for kpi in shown.kpis()]


def test_a_long_meeting_keeps_its_last_states_and_every_undo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.app.session.MOST_STEPS", 2)
    tried = session()
    today = [one.now for one in tried.headlines()]
    seen = []
    for x in (200, 400, 100, 300):
        tried.open_station(x, 0)
        seen.append([one.now for one in tried.headlines()])
    for past in [*seen[-2::-1], today]:
        assert tried.undo()
        assert [one.now for one in tried.headlines()] == past
        assert_measured(tried)
    for later in seen:
        assert tried.redo()
        assert [one.now for one in tried.headlines()] == later
