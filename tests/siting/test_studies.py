"""A wish walked through all that stands on it, and from the command line: files, Ctrl-C, broken wishes."""

from __future__ import annotations

import io
import json
import math
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pytest
from rich.console import Console

from tests import pocket
from tests.command import called
from tests.listeners import Steps
from tests.siting.grounds import district, scenario
from tests.siting.test_rules import YINCHUAN, roomy
from workbench import progress
from workbench.coverage import assess_coverage
from workbench.ground.sources import write_district
from workbench.progress import SILENT, Stopwatch, shown_progress
from workbench.results import Result
from workbench.siting import plan_studies, site_stations
from workbench.siting.result import PlanStudy, worst_status

SCENARIO = """\
name: siting
title: 袖珍选址
district: ground
groups:
  all: {label: 全体, ages: {age_0_6: 1, age_7_17: 1, age_18_59: 1, age_60_79: 1, age_80_plus: 1}, steps: walk}
robustness: {draws: 20}
siting: {stations: 2, curve: 3, phases: {terms: [{name: 近期, stations: 1}, {name: 远期, stations: 1}]},
         frontiers: {cost_points: 5, equity_points: 3}}
"""


def studied(ground: object = None, **wish: object) -> dict[str, Result]:
    return plan_studies(assess_coverage(ground or district(), scenario(**wish)))  # type: ignore[arg-type]


# --- which studies ---------------------------------------------------------------------------


def test_a_scenario_without_a_wish() -> None:
    assert plan_studies(assess_coverage(district(), pocket.scenario())) == {}


def test_each_goal_has_its_studies() -> None:
    every = studied(
        stations=2, curve=3, phases={"terms": [{"name": "近期", "stations": 1}]}, frontiers={"cost_points": 3}
    )  # fmt: skip
    assert list(every) == [
        "siting",
        "siting_curve",
        "siting_options",
        "siting_phases",
        "siting_frontiers",
        "siting_sensitivity",
    ]
    assert {name: result.status for name, result in every.items()} == dict.fromkeys(every, "OPTIMAL")
    prints = [result.fingerprint for result in every.values()]
    assert len(set(prints)) == len(prints)
    assert list(studied(stations=1, sensitivity=False)) == ["siting", "siting_options"]
    assert list(studied(goal="p_median", stations=1, curve=2)) == ["siting", "siting_curve", "siting_options"]
    assert list(studied(goal="set_cover")) == ["siting", "siting_options"]
    assert list(studied(roomy(3, 6, 3), stations=1, who="households", capacity=YINCHUAN)) == [
        "siting",
        "siting_options",
    ]


def test_where_there_is_no_plan_there_is_only_the_reason() -> None:
    found = studied(stations=1, curve=3, floors=[{"each": "community", "share": 0.9}])
    assert list(found) == ["siting"]
    assert found["siting"].status == "INFEASIBLE"


def test_the_least_sure_of_some() -> None:
    assert worst_status(["OPTIMAL", "FEASIBLE", "OPTIMAL"]) == "FEASIBLE"
    assert worst_status(["UNKNOWN", "FEASIBLE"]) == "UNKNOWN"
    assert worst_status(["UNKNOWN", "INFEASIBLE"]) == "INFEASIBLE"
    assert worst_status([]) == "OPTIMAL"


def test_a_study_has_nothing_to_show_of_itself() -> None:
    siting = site_stations(district(), scenario(stations=1))
    bare = PlanStudy(siting)
    assert (bare.kpis(), bare.tables(), bare.layers(), bare.status) == ([], {}, {}, "OPTIMAL")
    assert bare.scenario is siting.scenario
    assert bare.summary().empty


# --- progress --------------------------------------------------------------------------------


def test_a_solver_tells_its_course_beside_its_stage() -> None:
    console = Console(file=io.StringIO(), width=100)
    with shown_progress(console) as bars:
        watch = Stopwatch(bars)
        watch.step("siting", 0, 1)
        search = watch.within("siting")
        for stage, incumbent, bound in [("search", 160.0, 200.0), ("merge", math.nan, 7.0), ("plan", 1.0, math.inf)]:
            search.bound(stage, incumbent, bound)
            watch.bound("elsewhere", 1.0, 1.0)  # not a stage that is shown
            said = {
                "search": "search · incumbent 160 · bound 200 · gap 25.00%",
                "merge": "merge · bound 7",
                "plan": "plan · incumbent 1",
            }
            assert [task.fields["note"] for task in bars._progress.tasks] == [said[stage]]
        watch.note("siting", "coverage_map")
        watch.note("elsewhere", "nothing")
        assert [task.fields["note"] for task in bars._progress.tasks] == ["coverage_map"]
    SILENT.within("siting").bound("search", 1.0, 1.0)  # nobody to tell
    stages: list[str] = []
    plan_studies(
        assess_coverage(district(), scenario(stations=1, curve=1)),
        progress=Steps(lambda stage, *_: stages.append(stage)),
    )
    assert list(dict.fromkeys(stages)) == ["siting", "siting_curve", "siting_options", "siting_sensitivity"]


# --- the command line ------------------------------------------------------------------------

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_district(district(), tmp_path_factory.mktemp("siting") / "ground")


@pytest.fixture
def run(ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a scenario of this text in this process; exit code, what it printed, what it complained of."""
    shutil.copytree(ground, tmp_path / "ground")
    monkeypatch.chdir(tmp_path)

    def call(text: str, *arguments: str) -> tuple[int, str, str]:
        Path("siting.yaml").write_text(text, encoding="utf-8")
        return called(monkeypatch, capsys, "run", "siting.yaml", "--no-figures", *arguments)

    return call


def test_a_run_writes_the_plan_and_twice_the_same_bytes(run: Run) -> None:
    code, out, _ = run(SCENARIO, "--out", "one", "--full")
    assert code == 0
    assert "街角铺（a1）" in out
    assert run(SCENARIO, "--out", "two")[0] == 0
    names = sorted(p.relative_to("one") for p in Path("one").rglob("*") if p.is_file())
    differ = [str(n) for n in names if (Path("one") / n).read_bytes() != (Path("two") / n).read_bytes()]
    assert differ == ["timings.json"]
    kpis = {record["key"]: record for record in json.loads(Path("one/kpi.json").read_text(encoding="utf-8"))}
    assert (kpis["siting.objective"]["value"], kpis["siting.objective"]["of"]) == (160, 210)
    assert {"siting.knee", "siting.options", "siting.phases.price", "siting.equity.price", "siting.regret"} <= set(kpis)
    sites = gpd.read_file("one/layers.gpkg", layer="siting_sites").set_index("id")
    assert sites.loc[["a1", "v1", "z1"], "part"].tolist() == ["new", "barred", "new"]
    assert {"选址结论", "边际曲线", "方案比选矩阵", "分期建设计划"} <= set(
        openpyxl.load_workbook("one/tables.xlsx").sheetnames
    )


def test_ctrl_c_in_a_run_keeps_the_incumbent_and_writes_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    right = progress._Bars.bound

    def bound(bars: progress._Bars, stage: str, incumbent: float, bound: float) -> None:
        right(bars, stage, incumbent, bound)
        told.append(stage)
        if len(told) == 1:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(progress._Bars, "bound", bound)
    wish = SCENARIO[: SCENARIO.index("siting: {")] + "siting: {goal: p_center, stations: 2}\n"
    code, _, _ = run(wish, "--out", "stopped")
    assert (code, told[0]) == (0, "siting/radius")
    kpis = {
        record["key"]: record["value"] for record in json.loads(Path("stopped/kpi.json").read_text(encoding="utf-8"))
    }
    assert (kpis["siting.objective"], kpis["siting.bound"], kpis["siting.gap"]) == (380, 290, 23.7)


def test_an_impossible_wish_is_an_answer(run: Run) -> None:
    wish = SCENARIO[: SCENARIO.index("siting: {")] + "siting: {stations: 1, floors: [{each: community, share: 0.9}]}\n"
    code, out, _ = run(wish)
    assert code == 0
    assert "东社区（C1）至少覆盖 90.0%" in out
    kpis = {
        record["key"]: record["value"]
        for record in json.loads(Path("output/siting/kpi.json").read_text(encoding="utf-8"))
    }
    assert kpis["siting.objective"] is None


@pytest.mark.parametrize(
    ("siting", "said"),
    [
        ("{stations: 9, spacing_m: 9000}", "siting, key siting.spacing_m: every candidate that is left is within the spacing of a station that stays; expected at most 672 m; found 9000 m."),
        ("{stations: 1, candidates: {required: [a9]}}", "siting, key siting.candidates.required: there is no such candidate; expected one of a1, a2, a3, v1, z1; found a9."),
        ("{stations: 1, candidates: {sources: [shopfronts]}}", "the district has no candidate from shopfronts."),
        ("[1]", "siting.yaml, key siting: the value does not fit"),
        ("12", "siting.yaml, key siting: the value does not fit"),
        ("{stations: 1, stations: 2}", "a key stands twice"),
    ],
)  # fmt: skip
def test_a_broken_wish_exits_with_its_message_and_writes_nothing(run: Run, siting: str, said: str) -> None:
    code, _, err = run(SCENARIO[: SCENARIO.index("siting: {")] + f"siting: {siting}\n")
    assert code == 2
    assert said in err
    assert not Path("output").exists()
