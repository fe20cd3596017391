"""The command line: what it says, what it writes, how it exits."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import openpyxl
import pyogrio
import pytest
from PIL import Image

from tests import pocket
from tests.command import called
from tests.ground import builders
from tests.siting import grounds
from workbench import __main__ as door
from workbench import cli
from workbench.ground.sources import read_district, write_district
from workbench.plot import figures as drawing
from workbench.plot import study_figures
from workbench.progress import Progress
from workbench.results import DrawnFigure
from workbench.scenario import load_scenario
from workbench.study import run_study

ROOT = Path(__file__).parents[1]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_district(pocket.district(), tmp_path_factory.mktemp("pocket") / "ground")


@pytest.fixture
def workplace(ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ground, tmp_path / "ground")
    (tmp_path / "pocket.yaml").write_text(pocket.TEXT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process; exit code, what it printed, what it complained of."""

    def call(*arguments: str) -> tuple[int, str, str]:
        return called(monkeypatch, capsys, *arguments)

    return call


def test_run_prints_and_writes_everything_and_twice_the_same(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "usable_cpus", lambda: 1)
    code, out, _ = run("run", "pocket.yaml", "--out", "result", "--full")
    assert code == 0
    assert "33.3 %" in out
    assert "需求图层全体居民 210" in out
    assert "GB 50180-2018 2.0.4" in out
    assert "示意图 · 合成数据 · 非法定边界" in out
    folder = workplace / "result"
    kpis = json.loads((folder / "kpi.json").read_text(encoding="utf-8"))
    assert {"key", "value", "unit", "denominator", "mode", "group", "clause"} <= set(kpis[0])
    assert (kpis[0]["key"], kpis[0]["value"], kpis[0]["of"]) == ("residents.covered.share", 33.3, 210)
    record = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert record["scenario"]["name"] == "pocket"
    assert record["origins"]["title"] == "pocket.yaml"
    assert record["fingerprint"][:16] in out
    assert str(workplace) not in json.dumps(record)
    assert set(gpd.list_layers(folder / "layers.gpkg")["name"]) >= {"coverage_points", "stations"}
    sheet = openpyxl.load_workbook(folder / "tables.xlsx")["指标"]
    assert sheet["A2"].value == "示意图 · 合成数据 · 非法定边界"

    monkeypatch.setattr(drawing, "usable_cpus", lambda: 2)  # drawn side by side
    assert run("run", "pocket.yaml", "--out", "again")[0] == 0
    first, again = (
        {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        for root in (folder, workplace / "again")
    )
    assert {Path("figures/coverage_map.png"), Path("figures/qualities.png"), Path("report.docx")} <= first.keys()
    assert first.keys() == again.keys()
    assert [str(name) for name in first if first[name] != again[name]] in ([], ["timings.json"])


def test_a_run_draws_the_figures_that_answer_unless_asked_for_others(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blank = io.BytesIO()
    Image.new("1", (1, 1)).save(blank, "png")

    def empty(drawn: drawing._Drawing, folder: Path, *, svg: bool) -> list[DrawnFigure]:
        paths = [folder / f"{drawn.name}.{suffix}" for suffix in ("png", *(["svg"] if svg else []))]
        for path in paths:
            path.write_bytes(blank.getvalue())
        return [DrawnFigure(drawn.name, drawn.study, drawn.name, path) for path in paths]

    monkeypatch.setattr(drawing, "_drawn", empty)  # which are drawn is asked here, not what is on them
    for other in ("workbook.write_workbook", "word.write_word", "page.write_page"):
        monkeypatch.setattr(f"workbench.report.{other}", lambda *_, **__: None)  # nor what is written beside
    monkeypatch.setenv("WORKBENCH_CACHE", str(workplace / "cache"))

    def drawn(name: str, *arguments: str) -> set[str]:
        assert run("run", "pocket.yaml", "--out", name, *arguments)[0] == 0
        return {path.name for path in (workplace / name).glob("figures/*")}

    page = drawn("page")
    assert {"coverage_map.png", "qualities.png"} <= page
    assert {path.rpartition(".")[2] for path in page} == {"png"}
    assert all(drawing.FIGURES[path.removesuffix(".png")].page for path in page)
    both = drawn("both", "--svg")
    assert both == page | {path.replace(".png", ".svg") for path in page}
    every = drawn("all", "--figures", "all")
    assert {"qualities.png", "service_areas.png", "week.png", "lorenz.png", "posts.png", "draws.png"} <= every
    assert {"communities.png", "worst_compounds.png"} <= every
    assert not {"scenes.png", "area_within_reach.png"} & every  # the ledger says nothing of services and areas
    assert drawn("none", "--figures", "none") == drawn("old", "--no-figures") == set()
    assert run("run", "pocket.yaml", "--figures", "some")[0] == 2


def test_figures_are_told_of_by_name(workplace: Path) -> None:
    told: list[str] = []

    class Names(Progress):
        def note(self, stage: str, words: str) -> None:
            told.append(f"{stage} {words}")

    study = run_study(load_scenario(workplace / "pocket.yaml"), workplace / "ground")
    (workplace / "drawn").mkdir()
    with study_figures(study, page=True, svg=False, workers=1, progress=Names())(workplace / "drawn") as finished:
        assert told == [f"figures {figure.name}" for figure in finished()]


def test_an_impossible_wish_is_an_answer(run: Run, workplace: Path) -> None:
    write_district(grounds.district(), workplace / "sites")
    wish = "siting:\n  stations: 1\n  floors: [{each: community, share: 0.99}]\n"
    (workplace / "wish.yaml").write_text(
        pocket.TEXT.replace("district: ground", "district: sites") + wish, encoding="utf-8"
    )
    code, out, _ = run("run", "wish.yaml", "--no-figures", "--out", "wish", "--full")
    assert code == 0
    assert "没有选址方案（无解：所列规则互相矛盾" in out
    full = out[out.index("选址结论") :]
    assert full.index("无解：所列规则互相矛盾") < full.index("居民覆盖率")
    assert "至少覆盖 99.0%" in out
    assert "新增阵地" not in out  # there is no number of a plan that does not exist
    rules = openpyxl.load_workbook(workplace / "wish" / "tables.xlsx")
    assert {"选址结论", "规则冲突"} <= set(rules.sheetnames)


def test_a_plan_is_printed_with_its_numbers(run: Run, workplace: Path) -> None:
    write_district(grounds.district(), workplace / "sites")
    wish = "siting: {stations: 1, sensitivity: false, alternatives: {count: 0}}\n"
    (workplace / "wish.yaml").write_text(
        pocket.TEXT.replace("district: ground", "district: sites") + wish, encoding="utf-8"
    )
    code, out, _ = run("run", "wish.yaml", "--no-figures", "--out", "wish", "--full")
    assert code == 0
    assert "（z1）" in out
    assert "新增覆盖居民" in out
    assert "60 人" in out
    kpis = json.loads((workplace / "wish" / "kpi.json").read_text(encoding="utf-8"))
    assert next(kpi["value"] for kpi in kpis if kpi["key"] == "siting.covered.gain") == 60


def test_dates_and_dotted_targets_can_be_set_at_the_call(run: Run) -> None:
    code, out, _ = run(
        "validate", "pocket.yaml", "--set", "hours.week=2026-10-05", "--set", "targets.coverage.residents=70"
    )
    assert code == 0
    assert "2026-10-05" in out
    assert "targets.coverage.residents" in out
    code, _, err = run("validate", "pocket.yaml", "--set", "hours.week=2035-10-01")
    assert (code, "2035" in err) == (2, True)
    code, _, err = run("validate", "pocket.yaml", "--set", "targets.posts.shares=70")
    assert (code, "Did you mean posts.share" in err) == (2, True)


def test_several_runs_print_no_numbers(run: Run) -> None:
    code, _, err = run("run", "pocket.yaml", "--sweep", "title=甲,乙", "--full")
    assert (code, "--full: it prints the numbers of one run" in err) == (2, True)


def test_options_reach_the_scenario(run: Run) -> None:
    Path("pocket.yaml").write_text(pocket.TEXT.replace("district: ground", "district: nowhere"), encoding="utf-8")
    options = ["--set", "gates.policy=all_open", "--district", "ground", "--no-figures", "--full"]
    code, out, _ = run("run", "pocket.yaml", *options)
    assert code == 0
    assert "47.6 %" in out  # D3 walks through the gate that was closed
    assert Path("output/pocket/kpi.json").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "nothing.yaml"], "nothing.yaml: there is no such file"),
        (["run", "pocket.yaml", "--district", "nowhere"], "nowhere: there is no such folder"),
        (["run", "pocket.yaml", "--set", "gates"], "expected KEY=VALUE"),
        (
            ["run", "pocket.yaml", "--set", "gates.policy=[a"],
            "--set, line 1, column 3, key gates.policy: the file is not valid YAML",
        ),
        (["run", "pocket.yaml", "--set", "gates.policy=ajar"], "call, key gates.policy: the value does not fit"),
        (["run", "pocket.yaml", "--overlay", "snow"], "there is no such overlay"),
        (["run", "pocket.yaml", "--out", "ground"], "the folder holds something else, and would be lost"),
        (["run", "pocket.yaml", "--out", "pocket.yaml"], "there is a file where the folder should go"),
        (["run", "pocket.yaml", "--out", "."], ".: the folder is the one you are in, or holds it"),
        (["run", "pocket.yaml", "--out", "/"], "/: the folder is the one you are in, or holds it"),
        (["run", "pocket.yaml", "--out", "长" * 100], "a name in the path is too long"),
        (["synthesize", "--out", f"a/{'x' * 300}/b"], "a name in the path is too long"),
        (["run", "x" * 300], "File name too long"),
        (["validate", "x" * 300], "x: File name too long."),
        (["run", "pocket.yaml", "--district", "x" * 300], "x: File name too long."),
        (["import", "nothing.yaml", "--out", "x"], "nothing.yaml"),
        (["validate", "nothing.yaml"], "there is no such file"),
        (["seal", "nowhere"], "there is no such folder"),
        (["synthesize", "--communities", "0", "--out", "x"], "communities"),
        (["run"], "Missing argument"),
        (["frobnicate"], "No such command"),
    ],
)
def test_bad_input_is_one_message_and_exit_2(run: Run, workplace: Path, arguments: list[str], message: str) -> None:
    before = sorted(p.name for p in workplace.rglob("*"))
    code, _, err = run(*arguments)
    assert code == 2
    assert message in " ".join(err.split())
    assert "Traceback" not in err
    assert sorted(p.name for p in workplace.rglob("*")) == before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "grid.osm",
            b"%PDF-1.4",
            "grid.osm: the file is not an OSM file; expected OSM PBF (.osm.pbf) or OSM XML (.osm)",
        ),
        ("grid.osm", b"", "grid.osm: the file is empty"),
        ("demand.csv", b"id,lon,lat,residents\n", "demand.csv: the table is empty"),
        ("demand.csv", b"id,lon,lat,residents\na,110,40.6,5,9\n", "demand.csv, row on line 2: the row has more cells"),
        (
            "demand.csv",
            "id,lon,lat\na,110,40.6\n人".encode("gbk"),
            "demand.csv, row on line 3: the row has fewer cells",
        ),
        ("recipe.yaml", b"name: x\nname: y\n", "recipe.yaml, line 2, column 1, key name: a key stands twice"),
        ("recipe.yaml", "name: 区".encode("gbk"), "recipe.yaml: the file is not text in UTF-8"),
    ],
)
def test_a_broken_source_is_one_message_and_exit_2(
    run: Run, workplace: Path, name: str, content: bytes, message: str
) -> None:
    builders.pocket(workplace)
    (workplace / name).write_bytes(content)
    before = sorted(p.name for p in workplace.rglob("*"))
    code, _, err = run("import", "recipe.yaml", "--out", "deep/made")
    assert code == 2
    assert message in " ".join(err.split())
    assert "Traceback" not in err
    assert sorted(p.name for p in workplace.rglob("*")) == before


def test_an_import_says_what_came_of_every_source_and_validate_repeats_it(run: Run, workplace: Path) -> None:
    builders.pocket(workplace)
    for arguments in (["import", "recipe.yaml", "--out", "made"], ["validate", "made"]):
        code, out, _ = run(*arguments)
        assert code == 0
        assert "demand: 10 rows came of 10 held · a test, 2024-01-01, none\n  read      read as utf-8" in out


def test_a_scenario_without_district(run: Run, workplace: Path) -> None:
    (workplace / "bare.yaml").write_text("name: bare\n", encoding="utf-8")
    code, _, err = run("run", "bare.yaml")
    assert (code, "names no district" in err) == (2, True)


def test_validate_lists_every_problem_of_a_district(run: Run, workplace: Path) -> None:
    code, out, _ = run("validate", "ground")
    assert (code, "no problems" in out) == (0, True)
    broken = pocket.demand().assign(residents=-1.0)
    broken.to_file(workplace / "ground" / "ground.gpkg", layer="demand", driver="GPKG")
    code, out, _ = run("validate", "ground")
    assert code == 2
    assert "6 problems" in out
    assert "residents, at least 0" in " ".join(out.split())


def test_validate_names_the_key_of_a_manifest(run: Run, workplace: Path) -> None:
    manifest = workplace / "ground" / "manifest.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace("ground: fictional", "ground: imagined").replace("licence:", "license:", 1), encoding="utf-8"
    )
    code, out, _ = run("validate", "ground")
    assert code == 2
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in out.splitlines() if "│" in line]
    assert {"ground", "licence", "license"} <= {row[2] for row in rows}
    (workplace / "ground" / "manifest.yaml").write_text(text, encoding="utf-8")


def test_validate_names_the_key_of_a_scenario(run: Run, workplace: Path) -> None:
    (workplace / "bad.yaml").write_text("name: bad\ngates: {policy: ajar}\nwalking: {pace: 1.2}\n", encoding="utf-8")
    code, _, err = run("validate", "bad.yaml")
    assert code == 2
    assert "bad.yaml, key gates.policy: the value does not fit; expected 'as_is' or 'all_open'; found 'ajar'" in err
    assert "bad.yaml, key walking.pace: the value does not fit; expected the key of a standard" in err


def test_validate_prints_values_with_their_origin(run: Run) -> None:
    code, out, _ = run("validate", "pocket.yaml", "--set", "gates.policy=all_open")
    assert code == 0
    assert [line for line in out.splitlines() if "gates.policy" in line and "all_open" in line and "call" in line]


def test_an_edit_in_qgis_is_noticed_and_sealed(run: Run, workplace: Path) -> None:
    edited = pocket.stations().assign(name=["新中心", "西驿家"])
    edited.to_file(workplace / "ground" / "ground.gpkg", layer="stations", driver="GPKG")
    code, _, err = run("run", "pocket.yaml", "--no-figures", "--out", "a")
    assert code == 0
    assert "the stations table differs from the manifest's checksum" in " ".join(err.split())
    assert "differs" in run("validate", "ground")[2]
    (workplace / "ground" / "ground.html").write_text("stale", encoding="utf-8")
    assert run("seal", "ground")[1].startswith("sealed; changed: stations")
    assert "底数质量" in (workplace / "ground" / "ground.html").read_text(encoding="utf-8")
    assert run("seal", "ground")[1].startswith("sealed; changed: nothing")
    assert "differs" not in run("validate", "ground")[2]


def test_standards_are_listed(run: Run) -> None:
    code, out, _ = run("standards")
    assert code == 0
    assert "gb50180.five_minute.walk_distance" in out


def test_standards_are_searched_by_text_and_certainty(run: Run) -> None:
    code, out, _ = run("standards", "--find", "GB50437")
    assert (code, "gb50437.day_care.radius" in out, "pace.adult" in out) == (0, True, False)
    code, out, _ = run("standards", "--certainty", "疑")
    assert (code, "jianbiao143" in out, "gb50180" in out) == (0, True, False)
    code, _, err = run("standards", "--certainty", "sure")
    assert (code, "is not one of" in err) == (2, True)


def test_standards_of_a_scenario_show_local_values_with_their_origin(run: Run, workplace: Path) -> None:
    local = f"{pocket.TEXT}standards: {{guobanfa_2021_56.area_per_100_households: 35}}\n"
    (workplace / "local.yaml").write_text(local, encoding="utf-8")
    code, out, _ = run("standards", "--scenario", "local.yaml")
    assert code == 0
    assert [
        line
        for line in out.splitlines()
        if "guobanfa" in line and " 35 " in line and " 30 " in line and "local.yaml" in line
    ]
    (workplace / "local.yaml").write_text(f"{pocket.TEXT}standards: {{pace.adlt: 1}}\n", encoding="utf-8")
    code, _, err = run("standards", "--scenario", "local.yaml")
    assert code == 2
    assert "the register holds no such standard" in " ".join(err.split())
    assert "pace.adult" in err


def test_a_workbook_cites_limits_on_every_sheet_and_lists_the_rest(run: Run, workplace: Path) -> None:
    local = f"{pocket.TEXT}standards: {{gb50180.five_minute.walk_distance: 350, jianbiao143.day_care.floor_area_small: 700}}\n"
    (workplace / "local.yaml").write_text(local, encoding="utf-8")
    assert run("run", "local.yaml", "--no-figures", "--out", "result")[0] == 0
    book = openpyxl.load_workbook(workplace / "result" / "tables.xlsx")
    for sheet in book:
        notes = [str(row[0].value) for row in sheet.iter_rows(max_row=12)]
        assert (
            "依据 [1] 五分钟生活圈居住区步行距离 350 m：GB 50180-2018 2.0.4 【证】（取值由 local.yaml 改定）" in notes
        )
        assert "含【疑】值，须核对原文：日间照料中心建筑面积（三类中最小）" in notes
    rows = {row[-1]: row for row in book["依据"].iter_rows(values_only=True) if row[-1]}
    assert (
        rows["gb50180.five_minute.walk_distance"][1:10]
        == (
            350,
            "m",
            "—",
            "GB 50180-2018",
            "2.0.4",
            "【证】",
            "未核对原文",
            "local.yaml",
            "gb50180.five_minute.walk_distance",
        )[:9]
    )
    assert rows["walk.snap_limit"][8] == "标准台账"


def test_a_district_is_synthesized_and_read_again(run: Run, workplace: Path) -> None:
    code, out, _ = run("synthesize", "--communities", "1", "--seed", "5", "--out", "tiny")
    assert code == 0
    assert "示意图" in out
    assert len(read_district(workplace / "tiny").communities) == 1


def test_an_unwritable_folder_is_found_before_the_work(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("workbench.folder.tempfile.mkdtemp", denied)
    code, _, err = run("run", "pocket.yaml", "--out", "result")
    assert (code, "may not be written" in err) == (2, True)
    assert "ground" not in err  # nothing was begun


def test_a_full_disk_leaves_nothing_half_written(run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("workbench.report.workbook.write_workbook", full)
    code, _, err = run("run", "pocket.yaml", "--out", "result", "--no-figures")
    assert (code, "the disk is full" in err) == (2, True)
    assert not (workplace / "result").exists()
    assert not list(workplace.glob(".*"))


@pytest.mark.parametrize(
    ("slow", "arguments"),
    [
        ("workbench.study.run_study", ["run", "pocket.yaml", "--out", "deep/result"]),
        ("workbench.report.workbook.write_workbook", ["run", "pocket.yaml", "--no-figures", "--out", "deep/result"]),
        ("workbench.ground.sources.package.write_geopackage", ["import", "recipe.yaml", "--out", "deep/result"]),
    ],
)
def test_ctrl_c_exits_130_and_leaves_nothing(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch, slow: str, arguments: list[str]
) -> None:
    builders.pocket(workplace)
    before = sorted(p.name for p in workplace.rglob("*"))

    def pressed(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)
        time.sleep(60)

    monkeypatch.setattr(slow, pressed)
    code, _, err = run(*arguments)
    assert code == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert sorted(p.name for p in workplace.rglob("*")) == before


def test_ctrl_c_from_outside(workplace: Path) -> None:
    before = sorted(p.name for p in workplace.rglob("*"))
    script = (
        "import sys, time, unittest.mock as mock\n"
        "import workbench.cli, workbench.study\n"
        "def slow(*a, **k):\n    print('begun', flush=True); time.sleep(60)\n"
        "sys.argv = ['workbench', 'run', 'pocket.yaml', '--out', 'deep/result']\n"
        "with mock.patch('workbench.study.run_study', slow):\n    workbench.cli.main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=workplace, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert b"begun\n" in iter(process.stdout.readline, b"")
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"interrupted" in err
    assert b"Traceback" not in err
    assert sorted(p.name for p in workplace.rglob("*")) == before


def test_a_full_disk_is_noticed_behind_the_words_of_a_library(
    run: Run, workplace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise pyogrio.errors.DataSourceError("sqlite3_exec(CREATE TABLE x) failed: database or disk is full")

    monkeypatch.setattr("workbench.ground.sources.package.pyogrio.write_dataframe", failing)
    monkeypatch.setattr("workbench.report.workbook.write_workbook", lambda *_, **__: None)  # which comes before it
    monkeypatch.setenv("WORKBENCH_CACHE", str(workplace / "cache"))
    code, _, err = run("run", "pocket.yaml", "--out", "result", "--no-figures")
    said = "result/layers.gpkg: the GeoPackage cannot be written; found database or disk is full."
    assert (code, said in err) == (2, True)
    usage = shutil.disk_usage(workplace)
    monkeypatch.setattr("workbench.folder.shutil.disk_usage", lambda _: usage._replace(free=4096))
    code, _, err = run("run", "pocket.yaml", "--out", "result", "--no-figures")
    said = "result/layers.gpkg: the disk is full; found No space left on device. Free some space"
    assert (code, said in err) == (2, True)
    assert not (workplace / "result").exists()
    assert not list(workplace.glob(".*"))


def test_ctrl_c_while_the_command_line_is_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", stopped)
    with pytest.raises(SystemExit) as stop:
        door.main()
    assert stop.value.code == 130
    assert capsys.readouterr().err == "interrupted nothing was written\n"


def test_python_m_workbench_is_the_same_door(workplace: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "workbench", "validate", "ground"], cwd=workplace, env=environment, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()


def test_app_serves_the_page_of_a_scenario(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.app import server

    served: list[tuple[str, int, str]] = []

    def serve(ground: object, *, port: int, address: str, ready: Callable[[str], None]) -> None:
        served.append((ground.scenario.name, port, address))  # type: ignore[attr-defined]
        ready(f"http://{address}:{port}/")

    monkeypatch.setattr(server, "serve", serve)
    code, out, err = run("app", "pocket.yaml", "--port", "5011")
    assert (code, served) == (0, [("pocket", 5011, "127.0.0.1")])
    assert "http://127.0.0.1:5011/" in out
    assert "示意图" in out
    assert "warning" not in err
    code, _, err = run("app", "pocket.yaml", "--district", "ground", "--address", "0.0.0.0")
    assert code == 0
    assert "0.0.0.0 不限于本机" in err


def test_app_refuses_in_one_message(run: Run, workplace: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        code, _, err = run("app", "pocket.yaml", "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert "--port: the port is in use" in err
    assert run("app", "nowhere.yaml")[0] == 2
    assert run("app")[0] == 2  # scenarios/baseline.yaml is not here
    assert run("app", "pocket.yaml", "--district", "nowhere")[0] == 2
    (workplace / "bad.yaml").write_text("extends: pocket.yaml\nname: bad\nedits: {close: [s99]}\n", encoding="utf-8")
    code, _, err = run("app", "bad.yaml")
    assert code == 2
    assert "key edits.close: there is no such station" in err


def test_a_run_does_not_load_what_it_does_not_ask_for() -> None:
    """The page, rounds and counted visits each stand on something that is dear to load."""
    read = "import sys, workbench.cli, workbench.app, workbench.study, workbench.plot, workbench.programme"
    code = f"{read}; sys.exit(bool({{'panel', 'pyvrp', 'lifelines'}} & set(sys.modules)))"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
