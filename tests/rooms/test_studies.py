"""The rooms in a run: what is studied, written and printed, twice alike, impossible, and stopped."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests import pocket
from tests.command import called
from tests.ledgers import activities, district, rooms
from tests.listeners import Steps
from tests.rooms import shown
from workbench.errors import ScenarioError
from workbench.ground.sources import write_district
from workbench.plot import figures
from workbench.report.run_folder import planned_rooms
from workbench.rooms import RoomsError, TimetableResult
from workbench.rooms.studies import check_rooms, room_studies
from workbench.study import run_study

ROOT = Path(__file__).parents[2]

SCENARIO = """\
name: rooms
title: 袖珍房间
district: ground
groups:
  all: {label: 全体, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}, steps: walk}
robustness: {draws: 20}
rooms: {plan: true}
"""

FORCED = district(rooms=rooms({}, {"use": "office", "area_m2": 400.0}), activities=activities({}))
"""The office must be given over, because it is most of the area, and kept, if the scenario says so."""

FEW_DRAWS = {"draws": 20}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def grounds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("grounds")
    for name, ground in {"ground": shown.ground(), "forced": FORCED, "bare": pocket.district()}.items():
        write_district(ground, folder / name)
    return folder


@pytest.fixture
def run(grounds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a scenario of this text in this process; exit code, what it printed, what it complained of."""
    shutil.copytree(grounds, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)

    def call(text: str, *arguments: str) -> tuple[int, str, str]:
        Path("rooms.yaml").write_text(text, encoding="utf-8")
        return called(monkeypatch, capsys, "run", "rooms.yaml", *arguments)

    return call


def test_what_cannot_be_asked_is_told_before_long_work() -> None:
    wrong = {"works": {"budget": 1, "kinds": ["joyn"], "forbidden": ["R9"]}, "exchange": {"service_values": {"x": 1}}}
    with pytest.raises(ScenarioError) as caught:
        check_rooms(shown.ground(), pocket.scenario(rooms={"plan": True, **wrong}))
    assert [problem.key for problem in caught.value.problems] == [
        "rooms.works.kinds",
        "rooms.works.forbidden",
        "rooms.exchange.service_values.x",
    ]
    with pytest.raises(RoomsError, match="there are no operators"):
        check_rooms(shown.ground(), pocket.scenario(rooms={"plan": True, "exchange": {}}))
    check_rooms(shown.ground(), pocket.scenario(rooms={"plan": True, "works": {"budget": 1}}))
    check_rooms(shown.ground(), pocket.scenario(rooms={"plan": False, **wrong}))


def test_rooms_are_planned_only_where_that_is_asked(grounds: Path) -> None:
    assert room_studies(shown.ground(), pocket.scenario()) == {}
    folder = grounds / "ground"
    told: list[str] = []
    study = run_study(
        pocket.scenario(rooms={"plan": True}, robustness=FEW_DRAWS),
        folder,
        progress=Steps(lambda stage, *_: told.append(stage)),
    )
    assert list(study.parts)[-1] == "rooms"
    assert told[-1] == "planned"  # what only measures is asked again with the timetable in place
    assert isinstance(study.parts["rooms"], TimetableResult)
    assert planned_rooms(study) is study.parts["rooms"]
    assert planned_rooms(study.coverage) is None
    assert {"房间整合前后对照表", "房间周课表", "未满足需求及原因"} <= set(study.tables())
    assert "rooms_by_station" in study.layers()
    assert "rooms.used_after" in {kpi.key for kpi in study.kpis()}


def test_a_run_prints_and_writes_the_rooms_and_twice_the_same_bytes(run: Run) -> None:
    code, out, _ = run(SCENARIO, "--out", "one", "--no-figures", "--full")
    assert code == 0
    out = out[out.index("逐阶段证明") :]
    assert out.index("逐阶段证明") < out.index("未满足需求及原因") < out.index(" · 方案") < out.index("居民覆盖率")
    (row,) = [line for line in out.splitlines() if "舞蹈" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")][-2:] == ["设备", "—"]
    assert "逐中心结果" not in out  # all are proven
    assert run(SCENARIO, "--out", "two", "--no-figures")[0] == 0
    names = {str(p.relative_to("one")) for p in Path("one").rglob("*") if p.is_file()}
    assert {"timetables.xlsx", "calendars/S1_R1.ics", "calendars/S1_R2.ics", "calendars/S1_R3.ics"} <= names
    assert names == {str(p.relative_to("two")) for p in Path("two").rglob("*") if p.is_file()}
    assert {name for name in names if (Path("one") / name).read_bytes() != (Path("two") / name).read_bytes()} == {
        "timings.json"
    }
    assert {"房间整合前后对照表", "释放房间及恢复条件"} <= set(openpyxl.load_workbook("one/tables.xlsx").sheetnames)


def test_rules_in_conflict_are_printed_as_an_answer(run: Run) -> None:
    wish = SCENARIO.replace("plan: true", "plan: true, offices_kept: 1")
    code, out, _ = run(wish, "--district", "forced", "--no-figures", "--full")
    assert code == 0
    assert "没有一个中心排得出课表（互相矛盾的规则：保留办公、居民用房面积下限）" in out.replace("\n  ", "")
    (row,) = [line for line in out.splitlines() if "INFEASIBLE" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")][-1] == "居民用房面积下限、保留办公"
    folder = Path("output/rooms")
    assert not (folder / "timetables.xlsx").exists()
    assert "逐中心结果" in openpyxl.load_workbook(folder / "tables.xlsx").sheetnames


def test_a_district_without_rooms_is_refused_before_anything_is_measured(run: Run) -> None:
    code, _, err = run(SCENARIO, "--district", "bare")
    assert code == 2
    assert "rooms: there are no rooms; expected at least one room" in " ".join(err.split())
    assert "walks" not in err
    assert not Path("output").exists()


def test_what_a_scenario_adds_is_judged_before_anything_is_measured(run: Run) -> None:
    added = "{id: b1, station: S7, name: 吉他, function: guitar, group: youth, attendance: 8, duration_min: 90}"
    wish = SCENARIO.replace("plan: true", f"plan: true, opening_hours: {{S9: 24/7}}, added: [{added}, {added}]")
    code, _, err = run(wish)
    said = " ".join(err.split())
    assert code == 2
    assert "key rooms.opening_hours.S9: the station has no rooms" in said
    assert "key rooms.added: the identifier is in use" in said
    assert "walks" not in said
    code, _, err = run(wish.replace("S9: 24/7", "all: 24/7").replace(f", {added}", ""))
    said = " ".join(err.split())
    assert code == 2
    assert "activities, row b1, column station" in said
    assert not Path("output").exists()


def test_what_events_and_links_name_is_judged_before_anything_is_measured(run: Run) -> None:
    events = "{rooms_closed: [{room: R9}], called_off: [A9], station_hours: {S9: Mo}}"
    code, _, err = run(
        SCENARIO.replace(
            "plan: true", f"plan: true, linking: {{functions: [flying], walkers: {{elders: aged}}}}, events: {events}"
        )
    )
    said = " ".join(err.split())
    assert code == 2
    for key in (
        "linking.functions",
        "linking.walkers.elders",
        "events.rooms_closed.0.room",
        "events.called_off.0",
        "events.station_hours.S9",
    ):
        assert f"key rooms.{key}" in said
    assert "walks" not in said
    added = "{id: b1, station: S1, name: 吉他, function: guitar, group: youth, attendance: 8, duration_min: 90}"
    code, _, err = run(SCENARIO.replace("plan: true", f"plan: true, events: {{added: [{added}]}}"))
    said = " ".join(err.split())
    assert code == 2
    assert "activities, row b1, column function" in said
    assert "walks" not in said
    assert not Path("output").exists()


def test_a_run_draws_the_figures_that_have_something_to_show(grounds: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_drawer", lambda drawings, _, **__: {one.name for one in drawings})
    study = run_study(pocket.scenario(rooms={"plan": True}, robustness=FEW_DRAWS), grounds / "ground")
    impossible = room_studies(FORCED, pocket.scenario(rooms={"plan": True, "offices_kept": 1}))
    for parts, expected in (
        (study.parts, {"rooms", "rooms_use", "rooms_flow", "rooms_proof"}),
        (impossible, {"rooms_proof"}),
    ):
        drawn: Any = figures.study_figures(replace(study, parts={**study.parts, **parts}))
        assert {name for name in drawn if name.startswith("rooms")} == expected


def test_ctrl_c_keeps_what_was_found_and_says_what_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pressed when the rooms begin: no centre has been asked for."""
    from workbench.rooms import result

    right = result.plan_centre

    def pressed(*arguments: object) -> object:
        os.kill(os.getpid(), signal.SIGINT)
        arguments[2].asked = True  # type: ignore[attr-defined]  # the signal reaches the main thread when it pleases
        return right(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(result, "plan_centre", pressed)
    code, out, _ = run(SCENARIO, "--no-figures", "--full")
    assert code == 0
    assert "UNKNOWN" in out
    assert "没有一个中心排得出课表" in out
    kpis = {k["key"]: k["value"] for k in json.loads(Path("output/rooms/kpi.json").read_text(encoding="utf-8"))}
    assert kpis["plan.proven"] == 0
    assert not Path("output/rooms/timetables.xlsx").exists()


PLAN = """
from tests.rooms import cases, shown
from workbench.rooms import plan_centre
print(shown.planned().sessions.to_csv())
for seed in range(12):
    found = plan_centre(cases.drawn(seed))
    print(found.status, found.timetable, [(s.name, s.value, s.bound) for s in found.stages], found.conflict)
"""


def test_another_process_with_another_hash_gives_identical_timetables() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PLAN], cwd=ROOT, env=environment, capture_output=True, check=True, text=True
    )
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(PLAN, {})
    assert done.stdout == here.getvalue()
    assert done.stdout.count("OPTIMAL") > 6
