"""Many runs on Dask: the same bytes as single runs, and what is finished stays whatever goes wrong; real processes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests import pocket
from tests.command import called
from tests.depth import DEEP
from tests.same import differences
from tests.siting import grounds
from workbench import cluster
from workbench.catalogue.terms import Mode
from workbench.cluster import Cell, cells_of
from workbench.coverage import assess_coverage
from workbench.errors import ScenarioError
from workbench.ground.sources import write_district
from workbench.province import cut_district, write_parts
from workbench.scenario import load_scenario

ROOT = Path(__file__).parents[1]

deep = pytest.mark.skipif(not DEEP, reason="some minutes of whole processes: make deep")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    write_district(pocket.district(), tmp_path / "ground")
    (tmp_path / "pocket.yaml").write_text(pocket.TEXT, encoding="utf-8")
    return tmp_path


def begun(place: Path, *arguments: str, path: Path = ROOT) -> subprocess.Popen[str]:
    """Start the command line as a process, with the leader of a group of its own."""
    environment = {**os.environ, "PYTHONPATH": str(path), "WORKBENCH_CACHE": "", "COLUMNS": "200"}
    return subprocess.Popen(
        [sys.executable, "-m", *arguments], cwd=place, env=environment, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def ran(place: Path, *arguments: str) -> tuple[int, str, str]:
    process = begun(place, "workbench", "run", *arguments)
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture
def scheduler(place: Path) -> Iterator[str]:
    """A scheduler in a process of its own."""
    file = place / "scheduler.json"
    asked = ("--scheduler-file", str(file), "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    process = begun(place, "distributed.cli.dask_scheduler", *asked)
    until(lambda: file.is_file() and bool(file.read_text()))
    (place / "scheduler.pid").write_text(str(process.pid))
    yield str(json.loads(file.read_text())["address"])
    process.kill()
    process.communicate()


def worker(place: Path, address: str, name: str, path: Path = ROOT) -> subprocess.Popen[str]:
    asked = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name, "--memory-limit", "0")
    return begun(place, "distributed.cli.dask_worker", *asked, path=path)


def until(met: object, seconds: float = 300.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not met():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came"
        time.sleep(0.1)


def test_names_say_what_differs(place: Path) -> None:
    shutil.copytree(place / "ground", place / "other")
    (place / "second.yaml").write_text(pocket.TEXT.replace("name: pocket", "name: second"), encoding="utf-8")

    def named(files: list[str], districts: list[str], sweep: dict[str, list[tuple[str, object]]]) -> list[str]:
        cells = cells_of([place / file for file in files], [place / one for one in districts], sweep)
        return [cell.name for cell in cells]

    hours = {"clock.at": [("10:30", "10:30"), ("20:00", "20:00")]}
    assert named(["pocket.yaml"], ["ground"], {}) == ["pocket"]
    assert named(["pocket.yaml"], ["ground", "other"], {}) == ["pocket~ground", "pocket~other"]
    assert named(["pocket.yaml"], ["ground"], hours) == ["clock.at=10_30", "clock.at=20_00"]
    assert named(["pocket.yaml", "second.yaml"], ["ground"], hours)[::3] == [
        "pocket~clock.at=10_30",
        "second~clock.at=20_00",
    ]
    with pytest.raises(ScenarioError, match="two cells have one name"):
        named(["pocket.yaml", "pocket.yaml"], ["ground"], {})
    with pytest.raises(ScenarioError, match="colck"):
        named(["pocket.yaml"], ["ground"], {"colck.at": [("1", 1)]})


def test_what_only_decides_is_measured_alike(place: Path) -> None:
    sweep = {"title": [("甲", "甲"), ("乙", "乙")], "clock.at": [("10:30", "10:30"), ("20:00", "20:00")]}
    cells: list[Cell] = cells_of([place / "pocket.yaml"], [place / "ground"], sweep)
    assert [cells[0].measured_alike == cell.measured_alike for cell in cells] == [True, False, True, False]


def test_what_is_done_takes_the_place_of_what_failed_and_is_known_by_what_was_asked(place: Path) -> None:
    cell = cells_of([place / "pocket.yaml"], [place / "ground"])[0]
    made, root = place / "made", place / "cells"
    made.mkdir()
    (made / "run.json").write_text('{"fingerprint": "abc"}')
    folder = cluster._Folder(root, cluster.Outputs("none"))
    root.mkdir()
    assert folder.put(cell, cluster._Came(wrong={"error": "OSError"})) == "failed"
    assert ([file.name for file in (root / "pocket").iterdir()], folder.holds(cell)) == (["failed.json"], False)
    assert folder.put(cell, cluster._Came(cluster._zipped(made))) == "done"
    assert ([file.name for file in (root / "pocket").iterdir()], folder.holds(cell)) == (["run.json"], True)
    again = [cluster._Folder(root, cluster.Outputs(figures)).holds(cell) for figures in ("none", "all")]
    assert again == [True, False]
    folder.conclude([cell])
    assert [cluster._Folder(root, cluster.Outputs(figures)).concluded([cell]) for figures in ("none", "all")] == again
    folder.put(cell, cluster._Came(cluster._zipped(made)))
    assert not folder.concluded([cell])


def test_on_a_worker_a_ground_that_cannot_be_written_is_why_its_cell_failed(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither half there for the next cell, nor taken for a scheduler that went."""
    cell = cells_of([place / "pocket.yaml"], [place / "ground"])[0]
    asker = cluster._Asker(cluster._own_code())
    bench = cluster._Bench(asker)
    files = {**cell.ground.files(), "layer/absent": b""}
    came = cluster._caught(bench, cell.ground, files, lambda _: pytest.fail("there is no ground"))
    assert came.wrong is not None
    assert (came.wrong["error"], bench.place(cell.ground).exists()) == ("OutputError", False)
    assert str(bench.root) not in json.dumps(came.wrong)
    monkeypatch.setitem(cluster._benches, asker, bench)
    broken = cluster._Came(wrong={"error": "SolveError"})
    run = cluster._run(asker, cell.ground, cell.ground.files(), broken, cell, cluster.Outputs("none"))
    assert run.wrong is None  # what it shares could not be measured: it does so itself
    bench._folder.cleanup()


def test_cells_are_the_bytes_of_single_runs_are_kept_and_leave_one_that_fails_alone(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two variants share a measurement; a third ground cannot be read."""
    monkeypatch.chdir(place)
    shutil.copytree(place / "ground", place / "spoiled")
    (place / "spoiled" / "ground.gpkg").write_bytes(b"no database")
    asked = ("pocket.yaml", "--district", "ground", "--district", "spoiled", "--sweep", "title=甲,乙", "--out", "cells",
             "--figures", "none")  # fmt: skip
    code, out, err = ran(place, *asked, "--workers", "2")
    assert (code, "失败 2" in out) == (2, True), err
    failed = json.loads((place / "cells" / "spoiled~title=甲" / "failed.json").read_text())
    assert failed["error"] == "SourceError"
    assert failed["problems"][0]["where"].startswith("spoiled")
    single = ("pocket.yaml", "--district", "ground", "--set", "title=乙", "--figures", "none", "--out", "single")
    assert called(monkeypatch, capsys, "run", *single)[0] == 0
    assert differences(place / "single", place / "cells" / "ground~title=乙") == {}
    table = pd.read_parquet(place / "cells" / "cells.parquet")
    assert table["cell"].tolist() == ["ground~title=甲", "ground~title=乙"]
    assert table["residents.covered.share·compliance·全体居民·any"].tolist() == [33.3, 33.3]
    assert "各格指标" in openpyxl.load_workbook(place / "cells" / "cells.xlsx").sheetnames
    assert (place / "cells" / "comparison" / "ground" / "report.html").is_file()

    index = json.loads((place / "cells" / "cells.json").read_text())
    assert index["concluded"]
    assert {said["state"] for said in index["cells"].values()} == {"done", "failed"}

    stamps = {path: path.stat().st_mtime_ns for path in (place / "cells").glob("ground~*/run.json")}
    shutil.rmtree(place / "spoiled")
    shutil.copytree(place / "ground", place / "spoiled")
    code, out, err = ran(place, *asked, "--workers", "1")
    assert code == 0, err
    assert (out.count("kept "), out.count("done ")) == (2, 2)
    assert stamps == {path: path.stat().st_mtime_ns for path in stamps}


@deep
@pytest.mark.parametrize("workers", ["1", "4"])
def test_sited_cells_are_the_bytes_of_single_runs(place: Path, workers: str) -> None:
    write_district(grounds.district(), place / "sited")
    siting = (
        "siting: {stations: 1, sensitivity: false, alternatives: {count: 0}}\nstandards: {privacy.smallest_cell: 1}\n"
    )
    (place / "sited.yaml").write_text(pocket.TEXT.replace("ground", "sited") + siting, encoding="utf-8")
    code, _, err = ran(place, "sited.yaml", "--sweep", "siting.stations=1,2", "--workers", workers, "--out", "cells",
                       "--figures", "none")  # fmt: skip
    assert code == 0, err
    single = ("sited.yaml", "--set", "siting.stations=2", "--figures", "none", "--out", "single")
    assert ran(place, *single)[0] == 0
    assert differences(place / "single", place / "cells" / "siting.stations=2") == {}


def test_no_scheduler_is_one_message(place: Path) -> None:
    hasty = "from workbench import cli, cluster; cluster._PATIENCE_S = 1; cli.main()"
    asked = ("run", "pocket.yaml", "--scheduler", "tcp://127.0.0.1:9", "--out", "cells")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "WORKBENCH_CACHE": "", "COLUMNS": "200"}
    done = subprocess.run(
        [sys.executable, "-c", hasty, *asked], cwd=place, env=environment, text=True, capture_output=True
    )
    assert done.returncode == 2
    assert "tcp://127.0.0.1:9: no scheduler answers there" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_dask_one_line_says_how_to_get_it(place: Path) -> None:
    (place / "blind" / "distributed").mkdir(parents=True)
    (place / "blind" / "distributed" / "__init__.py").write_text("raise ImportError\n")
    environment = {**os.environ, "PYTHONPATH": f"{place / 'blind'}{os.pathsep}{ROOT}", "WORKBENCH_CACHE": ""}
    asked = [sys.executable, "-m", "workbench", "run", "pocket.yaml", "--workers", "1", "--out", "cells"]
    done = subprocess.run(asked, cwd=place, env=environment, text=True, capture_output=True)
    assert done.returncode == 2
    assert "pip install -e '.[cluster]'" in done.stderr


def test_a_worker_of_another_version_is_refused_by_name(place: Path, scheduler: str) -> None:
    other = place / "other"
    shutil.copytree(ROOT / "workbench", other / "workbench", ignore=shutil.ignore_patterns("*.nb?"))
    (other / "workbench" / "version.py").write_text('"""Another."""\n\n__version__ = "0.0.1"\n')
    foreign = worker(place, scheduler, "stranger", other)
    try:
        code, _, err = ran(place, "pocket.yaml", "--scheduler", scheduler, "--out", "cells")
    finally:
        foreign.kill()
        foreign.communicate()
    assert code == 2
    assert "worker stranger" in err
    assert "0.0.1" in err


@deep
def test_a_lost_worker_and_a_lost_client_lose_nothing_that_is_done(place: Path, scheduler: str) -> None:
    asked = ("pocket.yaml", "--sweep", "clock.at=09:30,10:30,11:30,20:00", "--out", "cells", "--figures", "none",
             "--scheduler", scheduler)  # fmt: skip
    workers = [worker(place, scheduler, name) for name in ("a", "b")]

    def done() -> list[Path]:
        return sorted((place / "cells").glob("clock*/run.json"))

    try:
        client = begun(place, "workbench", "run", *asked)
        until(lambda: bool(done()))
        client.kill()  # kill -9
        client.communicate()
        kept = {path: path.stat().st_mtime_ns for path in done()}
        client = begun(place, "workbench", "run", *asked)
        until(lambda: len(done()) > len(kept) or client.poll() is not None)
        workers[0].send_signal(signal.SIGKILL)
        out, err = client.communicate()
        assert client.returncode == 0, err
        assert out.count("kept ") == len(kept)
        assert len(done()) == 4
        assert kept == {path: path.stat().st_mtime_ns for path in kept}
    finally:
        for one in workers:
            one.kill()
            one.communicate()


@deep
def test_a_worker_killed_in_the_middle_of_a_cell_leaves_it_to_another(place: Path, scheduler: str) -> None:
    from distributed import Client

    asked = ("pocket.yaml", "--sweep", "clock.at=09:30,10:30,11:30,20:00", "--out", "cells", "--figures", "none")
    workers = {name: worker(place, scheduler, name) for name in ("a", "b")}
    busy: list[str] = []

    def at_work(client: Client) -> bool:
        known = client.scheduler_info(n_workers=-1)["workers"]
        busy[:] = [known[address]["name"] for address, keys in client.processing().items()
                   if address in known and any(str(key).startswith("cell-") for key in keys)]  # fmt: skip
        return bool(busy)

    try:
        with Client(scheduler) as client:
            run = begun(place, "workbench", "run", *asked, "--scheduler", scheduler)
            until(lambda: at_work(client))
            workers[busy[0]].send_signal(signal.SIGKILL)
            _, err = run.communicate()
        assert run.returncode == 0, err
        assert len(sorted((place / "cells").glob("clock*/run.json"))) == 4
        assert not list((place / "cells").glob("*/failed.json"))
    finally:
        for one in workers.values():
            one.kill()
            one.communicate()


@deep
def test_a_worker_of_another_version_that_joins_in_between_ends_it_and_loses_nothing(
    place: Path, scheduler: str
) -> None:
    other = place / "other"
    shutil.copytree(ROOT / "workbench", other / "workbench", ignore=shutil.ignore_patterns("*.nb?"))
    (other / "workbench" / "version.py").write_text('"""Another."""\n\n__version__ = "0.0.1"\n')
    hours = ",".join(f"{hour:02d}:10" for hour in range(9, 21))
    asked = ("pocket.yaml", "--sweep", f"clock.at={hours}", "--out", "cells", "--figures", "none")
    workers = [worker(place, scheduler, "a")]
    try:
        run = begun(place, "workbench", "run", *asked, "--scheduler", scheduler)
        until(lambda: any((place / "cells").glob("clock*/run.json")))
        workers.append(worker(place, scheduler, "stranger", other))
        _, err = run.communicate()
        kept = sorted((place / "cells").glob("clock*/run.json"))
        assert run.returncode == 2, err
        assert "one that joined runs another version" in err
        assert 0 < len(kept) < 12
        workers[1].kill()
        code, out, err = ran(place, *asked, "--scheduler", scheduler)
        assert code == 0, err
        assert out.count("kept ") == len(kept)
    finally:
        for one in workers:
            one.kill()
            one.communicate()


@deep
def test_districts_are_reported_together_and_add_up_to_the_whole(place: Path) -> None:
    parts = cut_district(pocket.district(), halo_m=550.0)
    folders = [word for one in write_parts(parts, place / "parts") for word in ("--district", str(one))]
    code, out, err = ran(place, "pocket.yaml", *folders, "--workers", "2", "--out", "cells", "--figures", "none")
    assert code == 0, err
    assert "2 个区居民 210 人" in out
    table = pd.read_parquet(place / "cells" / "districts" / "pocket" / "districts.parquet")
    whole = assess_coverage(pocket.district(), load_scenario(place / "pocket.yaml"))
    last = table.iloc[-1]
    assert last["residents"] == whole.populace.residents.sum()
    assert last["covered_compliance"] == whole.covered_residents(Mode.COMPLIANCE).sum()


@deep
def test_a_scheduler_that_goes_away_is_one_message(place: Path, scheduler: str) -> None:
    asked = ("--sweep", "clock.at=09:30,10:30,11:30", "--out", "cells", "--figures", "none", "--scheduler", scheduler)
    one = worker(place, scheduler, "a")
    try:
        client = begun(place, "workbench", "run", "pocket.yaml", *asked)
        until(lambda: any((place / "cells").glob("clock*/run.json")))
        one.kill()
        os.kill(int((place / "scheduler.pid").read_text()), signal.SIGKILL)
        _, err = client.communicate()
    finally:
        one.kill()
        one.communicate()
    assert client.returncode == 2, err
    assert "scheduler: it went away" in err
    assert "Traceback" not in err, err


@deep
def test_ctrl_c_keeps_what_is_done(place: Path) -> None:
    asked = ("pocket.yaml", "--sweep", "clock.at=09:30,10:30,11:30,20:00", "--out", "cells", "--figures", "none")
    client = begun(place, "workbench", "run", *asked, "--workers", "1")
    until(lambda: any((place / "cells").glob("clock*/run.json")))
    os.killpg(client.pid, signal.SIGINT)
    _, err = client.communicate()
    assert client.returncode == 130, err
    assert "the same call goes on" in err
    assert list((place / "cells").glob("clock*/run.json"))
