"""Many scenarios on many districts, on Dask: the cores of this machine, or a scheduler that runs already.

A cell is one scenario on one district, and writes what ``workbench run`` writes of it alone, to the byte. Nothing is
taken for granted but the scheduler: the files of a district travel to workers as one key of the graph, by the hash of
what they hold; what cells measure alike is worked out by one task and travels as stages of the cache; what a cell wrote
travels back, and is put in its place by whoever asked, complete or not at all. So no file system need be shared, a
worker may go at any time, and what is finished stays.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import io
import json
import logging
import re
import tempfile
import threading
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import pandas as pd

from workbench.cache import Cache, code_fingerprint, of_files, user_cache
from workbench.coverage.measure import Area
from workbench.errors import Problem, ScenarioError, WorkbenchError, WorkbenchWarning, WorkerError
from workbench.folder import check_target, put_file, staged_folder
from workbench.ground.sources.package import MANIFEST, files_of
from workbench.processes import RARELY, usable_cpus
from workbench.progress import SILENT, Progress, Stopwatch
from workbench.scenario import Scenario, load_scenario
from workbench.study import Study, as_measured, run_study
from workbench.version import __version__

INDEX: Final = "cells.json"
"""The file that every folder of cells holds: which there are, what was asked of each, and what came of it."""

RECORD: Final = "run.json"
"""The file of a cell that says how it was run (:data:`workbench.report.RECORD`; naming it here loads no report)."""

FAILED: Final = "failed.json"
"""The only file in the folder of a cell that failed: why."""

DONE, KEPT, WRONG = "done", "kept", "failed"

MOST_COMPARED: Final = 12
"""Plans that one page of comparison holds; of more cells, those with the most residents covered."""

_RANKED_BY = "residents.covered.share"
_PATIENCE_S = 15  # for a scheduler to answer, and for its first worker
_ALONE = threading.Lock()  # figures and warnings are shared by a process: its threads do one cell at a time
_SHORT = 24  # letters of a hash in the name of a key
_LONGEST = 120  # letters in the name of a cell, before it ends in a hash


@dataclass(frozen=True)
class Outputs:
    """What a run writes beside numbers.

    Attributes
    ----------
    figures
        ``page`` for the few that answer, ``all``, or ``none``.
    svg
        Write figures as SVG too.
    slides
        Write the page for leaders as slides too.
    every_table
        Write the tables of all studies.
    atlas
        Of what there is a page each in an atlas.
    """

    figures: str = "page"
    svg: bool = False
    slides: bool = False
    every_table: bool = False
    atlas: Area | None = None

    def write(self, folder: Path, study: Study, progress: Progress = SILENT, workers: int | None = None) -> Path:
        """Write a study into a folder; figures in so many processes, as many as there are CPUs when not given."""
        from workbench.report import write_run

        watch = Stopwatch(progress)
        drawn: dict[str, Any] = {}
        if self.figures != "none":
            from workbench import plot

            page = self.figures == "page"
            drawn["draw"] = plot.study_figures(study, page=page, svg=self.svg, workers=workers, progress=watch)
            drawn["district_map"] = lambda: plot.map_item(study)  # loads Bokeh while figures are drawn
            drawn["draw_areas"] = partial(plot.atlas_maps, study, workers=workers, progress=watch)
        drawn |= {"slides": self.slides, "atlas": self.atlas, "every_table": self.every_table}
        return write_run(folder, study.district, study.scenario, study, seconds=study.seconds, progress=watch, **drawn)


# ----------------------------------------------------------------------------------------------------------------------
# What is asked: cells, and the ground that they stand on.


@dataclass(frozen=True)
class Ground:
    """The files of a district, to travel.

    Attributes
    ----------
    place
        Where they lie, for messages.
    name
        Short name of the district: that of its folder.
    print
        Hash of what they hold.
    """

    place: str
    name: str
    print: str

    @classmethod
    def at(cls, place: Path) -> Ground:
        """Look at a district folder."""
        print_ = hashlib.sha256(json.dumps(of_files(files_of(place))).encode()).hexdigest()
        return cls(str(place), place.resolve().name, print_)

    def files(self) -> dict[str, bytes]:
        """Read the files."""
        return {path.name: path.read_bytes() for path in files_of(Path(self.place)) if path.is_file()}


@dataclass(frozen=True)
class Cell:
    """One scenario on one district.

    Attributes
    ----------
    name
        Name of its folder: of scenario, district and settings, what is not the same in all cells.
    scenario
        The intent.
    ground
        Where.
    settings
        The keys that the sweep sets, as written.
    """

    name: str
    scenario: Scenario
    ground: Ground
    settings: Mapping[str, str] = field(default_factory=dict)

    def asked(self, outputs: Outputs) -> str:
        """Return the hash of all that its files depend on."""
        said = [self.scenario.model_dump(mode="json", exclude={"district"}), sorted(self.scenario.origins.items())]
        return _hashed(_own_code(), self.ground.print, *said, astuple(outputs))

    @property
    def measured_alike(self) -> str:
        """Return the hash of what it measures of the ground as it is: cells that share it share the stages."""
        plain = as_measured(self.scenario)
        said = plain.model_dump(mode="json", exclude={"district"})
        return _hashed(self.ground.print, said, sorted(plain.origins.items()))


@cache
def _own_code() -> str:
    return code_fingerprint()


def _hashed(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def cells_of(
    files: Sequence[Path],
    districts: Sequence[Path] = (),
    sweep: Mapping[str, Sequence[tuple[str, Any]]] | None = None,
    *,
    overlays: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> list[Cell]:
    """Return the product of scenarios, districts and swept values as cells.

    Parameters
    ----------
    files
        Scenario files.
    districts
        District folders instead of the scenarios' own.
    sweep
        By dotted key, its values: as written, and as read.
    overlays, settings
        As in :func:`workbench.scenario.load_scenario`.

    Raises
    ------
    ScenarioError
        With the problems of all cells; or if a scenario names no district and none is given.
    """
    problems: list[Problem] = []
    found: list[tuple[Scenario, Ground, dict[str, str]]] = []
    grounds: dict[Path, Ground] = {}
    for file in files:
        for chosen in _choices(sweep or {}):
            try:
                swept = {key: value for key, (_, value) in chosen.items()}
                scenario = load_scenario(file, overlays=overlays, settings={**(settings or {}), **swept})
            except ScenarioError as error:
                problems += [problem for problem in error.problems if problem not in problems]
                continue
            places = list(districts) or ([Path(scenario.district)] if scenario.district else [])
            if not places:
                mend = "Name a district folder there, or with --district."
                problems.append(Problem(str(file), "the scenario names no district", key="district", mend=mend))
            said = {key: text for key, (text, _) in chosen.items()}
            for place in places:
                ground = grounds.setdefault(place, Ground.at(place))
                found.append((scenario, ground, said))
    if problems:
        raise ScenarioError(problems)
    return _named(found)


def _choices(sweep: Mapping[str, Sequence[tuple[str, Any]]]) -> Iterator[dict[str, tuple[str, Any]]]:
    if not sweep:
        yield {}
        return
    key, *rest = sweep
    for value in sweep[key]:
        for others in _choices({name: sweep[name] for name in rest}):
            yield {key: value, **others}


def _named(found: Sequence[tuple[Scenario, Ground, dict[str, str]]]) -> list[Cell]:
    """Name cells by what is not the same in all; one that is asked twice, or cannot be told apart, is refused."""
    several = len({scenario.name for scenario, *_ in found}) > 1
    many = len({ground.place for _, ground, _ in found}) > 1
    cells: dict[str, Cell] = {}
    for scenario, ground, said in found:
        settings = [f"{key}={value}" for key, value in said.items()]
        parts = [*([scenario.name] if several or not said else []), *([ground.name] if many else []), *settings]
        name = re.sub(r"[^\w.=+\-~]+", "_", "~".join(parts)).strip("._")
        if len(name) > _LONGEST:
            name = f"{name[:_LONGEST]}-{_hashed(name)[:8]}"
        if name in cells:
            mend = (
                "Name each scenario, district and value once; scenarios and district folders need names of their own."
            )
            raise ScenarioError(Problem("run", "two cells have one name", found=name, mend=mend))
        cells[name] = Cell(name, scenario, ground, said)
    return list(cells.values())


# ----------------------------------------------------------------------------------------------------------------------
# What a worker does.


@dataclass(frozen=True)
class _Came:
    """What came of a task: the files that it wrote, or why it failed; what adds up of it; and what it warned of."""

    files: bytes = b""
    wrong: Mapping[str, Any] | None = None
    stages: Mapping[str, bytes] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    warned: tuple[tuple[str, type[Warning]], ...] = ()


class _ForeignWorkerError(Exception):
    """A worker runs other code than who asked; its task gave nothing."""


@dataclass(frozen=True)
class _Asker:
    """Who asks.

    Attributes
    ----------
    code
        Fingerprint of what it runs.
    keep
        Whether a worker keeps stages in the cache of its user; else for as long as it lives.
    shared
        A folder of this machine in which all workers keep them instead.
    """

    code: str
    keep: bool = False
    shared: Path | None = None


class _Bench:
    """Where a worker keeps districts and stages, for as long as its process lives; see :func:`_bench`."""

    def __init__(self, asker: _Asker) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True)
        self.root = Path(self._folder.name)
        self.root.chmod(0o700)
        gc.set_threshold(RARELY)
        kept = user_cache() if asker.keep else None
        self.cache = kept or Cache(asker.shared or self.root / "stages")

    def place(self, ground: Ground) -> Path:
        """Return where the folder of a district is, or will be."""
        return self.root / ground.print[:_SHORT] / ground.name

    def settle(self, ground: Ground, files: Mapping[str, bytes]) -> None:
        """Write the folder of a district when it first comes; whole or not at all."""
        place = self.place(ground)
        if not place.exists():
            with staged_folder(place, marker=MANIFEST) as staging:
                for name, content in files.items():
                    (staging / name).write_bytes(content)


_benches: dict[_Asker, _Bench] = {}


@contextlib.contextmanager
def _bench(asker: _Asker) -> Iterator[_Bench]:
    """Give one cell at a time the place of this process, if it runs the same code as who asked."""
    if asker.code != _own_code():
        from distributed import get_worker

        raise _ForeignWorkerError(f"{get_worker().name} ({get_worker().address}) runs workbench {__version__}")
    with _ALONE:
        if asker not in _benches:
            _benches[asker] = _Bench(asker)
        yield _benches[asker]


def _caught(bench: _Bench, ground: Ground, files: Mapping[str, bytes], work: Callable[[Path], _Came]) -> _Came:
    """Do work on a district; return why it failed instead of raising, and its warnings, in the names of its asker."""
    place = bench.place(ground)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            bench.settle(ground, files)
            came = work(place)
        except Exception as error:  # noqa: BLE001 - whatever it is, other cells go on, and this one says why
            problems = [asdict(one) for one in error.problems] if isinstance(error, WorkbenchError) else []
            trace = [] if problems else traceback.format_exc().splitlines()
            said = {"error": type(error).__name__, "message": str(error), "problems": problems, "trace": trace}
            text = json.dumps(said, default=str, ensure_ascii=False)
            here, there = (json.dumps(str(one), ensure_ascii=False)[1:-1] for one in (place, ground.place))
            came = _Came(wrong=json.loads(text.replace(here, there)))
    told = [(str(w.message).replace(str(place), ground.place), w.category) for w in caught
            if issubclass(w.category, WorkbenchWarning)]  # fmt: skip
    return replace(came, warned=tuple(dict.fromkeys(told)))


def _measure(asker: _Asker, ground: Ground, files: Mapping[str, bytes], scenario: Scenario) -> _Came:
    """Work out what many cells measure alike; return it as stages of the cache, where that is not shared."""
    with _bench(asker) as bench:

        def work(place: Path) -> _Came:
            bench.cache.asked.clear()
            run_study(as_measured(scenario), place, cache=bench.cache)
            return _Came(stages={} if asker.shared else bench.cache.contents())

        return _caught(bench, ground, files, work)


def _run(
    asker: _Asker,
    ground: Ground,
    files: Mapping[str, bytes],
    shared: _Came | None,
    cell: Cell,
    outputs: Outputs,
) -> _Came:
    """Run a cell; return what it wrote. Where what it shares could not be measured, it says itself why."""
    with _bench(asker) as bench:

        def work(place: Path) -> _Came:
            from workbench.province.tally import counted

            for key, content in shared.stages.items() if shared is not None else ():
                bench.cache.accept(key, content)
            study = run_study(cell.scenario, place, cache=bench.cache)
            with tempfile.TemporaryDirectory(dir=bench.root) as made:
                files = _zipped(outputs.write(Path(made) / "cell", study, workers=1))
            return _Came(files, counts=counted(study))

        return _caught(bench, ground, files, work)


def _compare(asker: _Asker, ground: Ground, files: Mapping[str, bytes], cells: Sequence[Cell], *, draw: bool) -> _Came:
    """Set cells on one district side by side; what they worked out is found in the cache, as far as it is here."""
    with _bench(asker) as bench:

        def work(place: Path) -> _Came:
            from workbench.comparison import compare_scenarios
            from workbench.plot import save_comparison
            from workbench.report.comparison import write_comparison

            names = {cell.scenario.fingerprint: cell.name for cell in cells}
            scenarios = [cell.scenario for cell in cells if names[cell.scenario.fingerprint] == cell.name]
            compared = compare_scenarios(scenarios, place, cache=bench.cache, names=names)
            with tempfile.TemporaryDirectory(dir=bench.root) as made:
                maps = partial(save_comparison, compared) if draw else None
                return _Came(_zipped(write_comparison(Path(made) / "comparison", compared, draw=maps)))

        return _caught(bench, ground, files, work)


def _zipped(folder: Path) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return stream.getvalue()


# ----------------------------------------------------------------------------------------------------------------------
# What is finished, on disk.


class _Folder:
    """The folder of all cells, and its index."""

    def __init__(self, root: Path, outputs: Outputs) -> None:
        self.root, self.outputs = root, outputs
        path = root / INDEX
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            self._index: dict[str, Any] = content["cells"]
            self._concluded: str = content["concluded"]
        except (OSError, ValueError, KeyError):
            self._index, self._concluded = {}, ""

    def holds(self, cell: Cell) -> bool:
        """Tell whether what is asked of a cell is there, by its fingerprint."""
        said, found = self._index.get(cell.name, {}), self._fingerprint(cell)
        return bool(found) and (said.get("asked"), said.get("fingerprint")) == (cell.asked(self.outputs), found)

    def _fingerprint(self, cell: Cell) -> str:
        try:
            return str(json.loads((self.root / cell.name / RECORD).read_text(encoding="utf-8"))["fingerprint"])
        except (OSError, ValueError, KeyError):
            return ""

    def put(self, cell: Cell, came: _Came) -> str:
        """Put what came of a cell in its place; return how it stands."""
        place = self.root / cell.name
        with staged_folder(place, marker=FAILED if (place / FAILED).is_file() else RECORD) as staging:
            if came.wrong is None:
                with zipfile.ZipFile(io.BytesIO(came.files)) as archive:
                    archive.extractall(staging)
            else:
                (staging / FAILED).write_text(_json(came.wrong), encoding="utf-8")
        state = DONE if came.wrong is None else WRONG
        self._index[cell.name] = {
            "scenario": cell.scenario.name, "district": cell.ground.name, "settings": dict(cell.settings),
            "state": state, "asked": cell.asked(self.outputs), "fingerprint": self._fingerprint(cell),
            "counts": dict(came.counts),
        }  # fmt: skip
        self._concluded = ""
        self._write()
        return state

    def concluded(self, cells: Sequence[Cell]) -> bool:
        """Tell whether tables and comparison are there, and of just these cells."""
        return self._concluded == self._whole(cells)

    def conclude(self, cells: Sequence[Cell]) -> None:
        """Note that tables and comparison are there."""
        self._concluded = self._whole(cells)
        self._write()

    def _whole(self, cells: Sequence[Cell]) -> str:
        return _hashed([(cell.name, cell.asked(self.outputs)) for cell in cells])

    def _write(self) -> None:
        content = {"workbench": __version__, "concluded": self._concluded, "cells": dict(sorted(self._index.items()))}
        put_file(self.root / INDEX, lambda file: file.write_text(_json(content), encoding="utf-8"))


def _json(content: object) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def table_of(root: Path, cells: Sequence[Cell]) -> pd.DataFrame:
    """Return one row a cell that is done, one column a number; with the plan in place where there is one.

    Parameters
    ----------
    root
        Folder of the cells.
    cells
        Which.
    """
    rows = []
    for cell in cells:
        path = root / cell.name / "kpi.json"
        if not path.is_file():
            continue
        row: dict[str, Any] = {"cell": cell.name, "scenario": cell.scenario.name, "district": cell.ground.name}
        row |= cell.settings
        records = json.loads(path.read_text(encoding="utf-8"))
        for state in ("scenario", "planned"):  # the second stands above the first
            for one in (one for one in records if one["state"] == state):
                told = [str(one[name]) for name in ("key", "mode", "group", "level") if one.get(name)]
                row["·".join(told)] = one["value"]
        rows.append(row)
    return pd.DataFrame(rows)


def _write_tables(root: Path, table: pd.DataFrame) -> None:
    from workbench.report.workbook import write_workbook

    numbers = table.columns[3:]
    for name in numbers:
        with contextlib.suppress(ValueError, TypeError):
            table[name] = pd.to_numeric(table[name])
    table.to_parquet(root / "cells.parquet", index=False)
    notes = ["一行一格，一列一个指标；有方案者为方案实施后的数值。", f"工作台 {__version__}"]
    write_workbook(root / "cells.xlsx", {"各格指标": table.astype(object).where(table.notna(), None)}, notes)


# ----------------------------------------------------------------------------------------------------------------------
# The whole, on an engine.


@dataclass(frozen=True)
class Outcome:
    """What came of all cells.

    Attributes
    ----------
    states
        How each cell stands, by name: done, kept from an earlier call, or failed.
    table
        One row a cell, one column a number.
    notes
        What is to be said beside, such as that a page shows only some of the cells.
    """

    states: Mapping[str, str]
    table: pd.DataFrame
    notes: tuple[str, ...] = ()


def run_cells(
    cells: Sequence[Cell],
    folder: Path,
    *,
    outputs: Outputs = Outputs(),
    scheduler: str | None = None,
    workers: int | None = None,
    again: bool = False,
    keep: bool = True,
    progress: Progress = SILENT,
) -> Outcome:
    """Run cells on Dask; each is on disk as soon as it is done.

    Parameters
    ----------
    cells
        Made by :func:`cells_of`.
    folder
        Where to: a folder a cell, tables over all, and a page of comparison a district.
    outputs
        What each cell writes.
    scheduler
        Address of one that runs; processes of this machine when not given.
    workers
        How many of these; as many as there are CPUs when not given.
    again
        Run cells whose files are there as well.
    keep
        Whether workers use the cache of their user; else one for as long as they live.
    progress
        Told of cells.

    Raises
    ------
    WorkerError
        If Dask is not installed, no scheduler answers or it goes away, or a worker runs another version.
    OutputError
        If the folder cannot be written.
    """
    _refuse_without_dask()
    check_target(folder, marker=INDEX)
    folder.mkdir(parents=True, exist_ok=True)
    place = _Folder(folder, outputs)
    states = {cell.name: KEPT for cell in cells if not again and place.holds(cell)}
    lacking = [cell for cell in cells if cell.name not in states]
    notes: list[str] = []
    compared = folder / "comparison"
    if lacking or not place.concluded(cells):
        with _engine(scheduler, workers) as (client, shared):
            graph = _Graph(client, _Asker(_agreed(client), keep, shared), place)
            told = _Told(progress, len(cells), len(states), client)
            states |= graph.run(lacking, told)
            table = table_of(folder, cells)
            if len(table):
                _write_tables(folder, table)
            said, whole = graph.compare([cell for cell in cells if states[cell.name] != WRONG], table, compared)
            notes += said
            if whole:
                place.conclude(cells)
    return Outcome({cell.name: states[cell.name] for cell in cells}, table_of(folder, cells), tuple(notes))


def _refuse_without_dask() -> None:
    try:
        import distributed  # noqa: F401 - asked whether it is there
    except ImportError as error:
        mend = "Install it in the folder of the workbench with: .venv/bin/pip install -e '.[cluster]'"
        raise WorkerError(Problem("run", "several cells run on Dask, which is not installed", mend=mend)) from error


@contextlib.contextmanager
def _engine(scheduler: str | None, workers: int | None) -> Iterator[tuple[Any, Path | None]]:
    """Give a client of a scheduler, or of processes of this machine and a folder that they share, while this lasts."""
    import dask
    from distributed import Client, LocalCluster

    for name in [name for name in logging.root.manager.loggerDict if name.startswith(("distributed", "tornado"))]:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)  # what matters is said once, in plain words
    if scheduler is None:
        count = workers or usable_cpus()
        with (
            dask.config.set({"distributed.worker.profile.enabled": False}),  # it would take a twentieth of each cell
            tempfile.TemporaryDirectory(prefix="workbench-", ignore_cleanup_errors=True) as shared,
            LocalCluster(
                n_workers=count, threads_per_worker=1, processes=True, dashboard_address=None, memory_limit=None,
                silence_logs=logging.CRITICAL,
            ) as cluster,
            Client(cluster) as client,
        ):  # fmt: skip
            yield client, Path(shared)
        return
    try:
        client = Client(scheduler, timeout=_PATIENCE_S)
    except (OSError, ValueError) as error:
        mend = "Start one with 'dask scheduler', and workers with 'dask worker ADDRESS --nthreads 1'."
        raise WorkerError(Problem(scheduler, "no scheduler answers there", found=str(error), mend=mend)) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE_S)
        except TimeoutError as error:
            mend = f"Start one with 'dask worker {scheduler} --nthreads 1'."
            raise WorkerError(Problem(scheduler, "the scheduler has no workers", mend=mend)) from error
        yield client, None


def _agreed(client: Any) -> str:
    """Return the fingerprint of the code here, if all workers run the same."""

    def said() -> tuple[str, str]:  # travels as it stands: a worker of another version has not this module
        try:
            from workbench.cache import code_fingerprint
            from workbench.version import __version__
        except ImportError:
            return "none, or one before there were clusters", ""
        return __version__, code_fingerprint()

    own = _own_code()
    names = {address: one["name"] for address, one in client.scheduler_info(n_workers=-1)["workers"].items()}
    mend = "Install the same version of the package, of Python and of the libraries there."
    problems = [
        Problem(f"worker {names.get(address, address)} ({address})", "it runs another version of the workbench",
                expected=f"{__version__}, code {own[:12]}", found=f"{version}, code {code[:12] or 'unknown'}",
                mend=mend)
        for address, (version, code) in sorted(client.run(said).items()) if code != own
    ]  # fmt: skip
    if problems:
        raise WorkerError(problems)
    return own


class _Told:
    """Tells of the whole: cells done, running, failed, and the time that is left."""

    def __init__(self, progress: Progress, total: int, done: int, client: Any) -> None:
        self._progress, self._total, self.done, self.failed = progress, total, done, 0
        self._kept, self._client, self._began = done, client, time.perf_counter()
        self.tell()

    def came(self, state: str) -> None:
        """Hear of one more cell."""
        self.done += 1
        self.failed += state == WRONG
        self.tell()

    def tell(self) -> None:
        """Say how far it is."""
        left = self._total - self.done
        running = 0
        with contextlib.suppress(OSError):  # a scheduler that went is heard of by who waits for the next cell
            running = min(left, sum(self._client.nthreads().values()))
        words = [f"running {running}", f"failed {self.failed}"]
        if self.done > self._kept and left:
            seconds = (time.perf_counter() - self._began) / (self.done - self._kept) * left
            words.append(f"left {int(seconds // 60)}:{int(seconds % 60):02d}")
        self._progress.step("cells", self.done, self._total)
        self._progress.note("cells", " · ".join(words))


class _Graph:
    """Cells as a graph: the files of districts, what cells measure alike, the cells."""

    def __init__(self, client: Any, asker: _Asker, place: _Folder) -> None:
        self._client, self._asker, self._place = client, asker, place
        self._mark = f"{asker.code[:8]}-{time.time_ns():x}"  # of this call: what another asks of the scheduler is apart
        self._grounds: dict[str, Any] = {}

    def _submit(self, key: str, task: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with warnings.catch_warnings():  # the files of a district are large on purpose, and travel once
            warnings.filterwarnings("ignore", "(?s).*[Ll]arge (graph|object)", UserWarning)
            return self._client.submit(task, *arguments, **named, key=f"{key}-{self._mark}", pure=False)

    def _ground(self, ground: Ground) -> Any:
        if ground.print not in self._grounds:
            key = f"district-{ground.print[:_SHORT]}"
            self._grounds[ground.print] = self._submit(key, _as_it_came, ground.files())
        return self._grounds[ground.print]

    def run(self, cells: Sequence[Cell], told: _Told) -> dict[str, str]:
        """Run cells; put each in its place when it comes."""
        from distributed import as_completed

        alike = Counter(cell.measured_alike for cell in cells)
        measured: dict[str, Any] = {}
        futures: dict[Any, Cell] = {}
        for cell in cells:
            ground, key = self._ground(cell.ground), cell.measured_alike
            if alike[key] > 1 and key not in measured:
                given = (self._asker, cell.ground, ground, cell.scenario)
                measured[key] = self._submit(f"measure-{key[:_SHORT]}", _measure, *given)
            given_too = (self._asker, cell.ground, ground, measured.get(key), cell, self._place.outputs)
            futures[self._submit(f"cell-{cell.name}", _run, *given_too)] = cell
        states: dict[str, str] = {}
        try:
            for future in as_completed(list(futures)):
                came, cell = self._came(future), futures.pop(future)
                future.release()
                for text, category in came.warned:
                    warnings.warn(text, category, stacklevel=2)
                states[cell.name] = self._place.put(cell, came)
                told.came(states[cell.name])
        except BaseException:
            self._client.cancel([*futures, *measured.values(), *self._grounds.values()], force=True)
            raise
        return states

    def _came(self, future: Any) -> _Came:
        """Return what came of a task; a worker that does not belong, and a scheduler that went, end all."""
        from distributed import KilledWorker
        from distributed.client import FutureCancelledError

        try:
            came: _Came = future.result()
        except KilledWorker as error:
            why = "its worker ended without an answer, several times; a lack of memory is the usual cause"
            return _Came(wrong={"error": "KilledWorker", "message": f"{why}. {error}", "problems": [], "trace": []})
        except (_ForeignWorkerError, ImportError) as error:
            mend = "Take it away or install the same version there; what is done is kept, the same call goes on."
            raise WorkerError(
                Problem("worker", "one that joined runs another version", found=str(error), mend=mend)
            ) from error
        except (FutureCancelledError, OSError) as error:
            mend = "What is done is kept; when a scheduler answers again, the same call goes on."
            raise WorkerError(Problem("scheduler", "it went away", found=str(error), mend=mend)) from error
        return came

    def compare(self, cells: Sequence[Cell], table: pd.DataFrame, folder: Path) -> tuple[list[str], bool]:
        """Write a page of comparison for each district of several cells; return what to say of it, and if all are."""
        from workbench.comparison import NOTHING
        from workbench.report.comparison import COMPARISON

        notes, whole = [], True
        by_ground: dict[Ground, list[Cell]] = {}
        for cell in cells:
            by_ground.setdefault(cell.ground, []).append(cell)
        asked = {ground: _shown(those, table) for ground, those in by_ground.items() if len(those) > 1}
        draw = self._place.outputs.figures != "none"
        futures = {
            ground: self._submit(f"compare-{ground.print[:_SHORT]}-{ground.name}", _compare, self._asker,
                                 ground, self._ground(ground), those, draw=draw)
            for ground, those in asked.items()
        }  # fmt: skip
        for ground, future in futures.items():
            came, shown, of = self._came(future), len(asked[ground]), len(by_ground[ground])
            if came.wrong is not None:
                notes.append(f"{ground.name}: 未能对比：{came.wrong['message']}")
                whole = False
                continue
            with (
                staged_folder(folder / ground.name, marker=COMPARISON) as staging,
                zipfile.ZipFile(io.BytesIO(came.files)) as archive,
            ):
                archive.extractall(staging)
            which = f"；{of} 格中列居民覆盖率最高的 {shown} 格，全部见 cells.xlsx" if shown < of else ""
            notes.append(f"对比 {folder / ground.name}（另加“{NOTHING}”，若各格中没有{which}）")
        return notes, whole


def _shown(cells: Sequence[Cell], table: pd.DataFrame) -> list[Cell]:
    """Return the cells that a page compares: all, or those with the most residents covered."""
    ranked = [name for name in table.columns if name.startswith(f"{_RANKED_BY}·compliance")]
    if len(cells) <= MOST_COMPARED or not ranked:
        return list(cells)[:MOST_COMPARED]
    share = dict(zip(table["cell"], pd.to_numeric(table[ranked[0]]).fillna(-1.0), strict=True))
    best = {cell.name for cell in sorted(cells, key=lambda cell: -share[cell.name])[:MOST_COMPARED]}
    return [cell for cell in cells if cell.name in best]


def _as_it_came(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Hold the files of a district, for workers to fetch from each other."""
    return files
