"""Every figure of a run: declared where it is drawn, written as PNG and SVG."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.catalogue.terms import Mode
from workbench.coverage import CoverageResult
from workbench.errors import NothingToShowError, Problem, WorkerError
from workbench.ground.district import District
from workbench.plot.style import close, house_style
from workbench.progress import SILENT, Progress
from workbench.results import DrawnFigure, Result
from workbench.study import Study

_MARGIN_IN = 0.1
_STAGE = "figures"
_FORMATS: dict[str, dict[str, Any]] = {  # without a clock; level 6 would save 2 % in twice the time
    "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 3}},
    "svg": {"metadata": {"Date": None, "Creator": "workbench"}},
}


Draw = TypeVar("Draw", bound=Callable[..., Axes])


@dataclass(frozen=True)
class _RunFigure:
    """A figure that a run draws; made by :func:`figure`.

    Attributes
    ----------
    draws
        The class of what it shows.
    draw
        Draws it.
    layers
        Layers of the district without which it would be empty.
    columns
        Columns of the stations of which one must be known somewhere.
    groups
        Fewest groups that it compares.
    when
        Whether there is anything to show, such as a plan.
    slow
        Whether it takes long, and is begun first.
    page
        Whether it is one of the few that answer what the study asks.
    """

    draws: type
    draw: Callable[..., Axes]
    layers: tuple[str, ...]
    columns: tuple[str, ...]
    groups: int
    when: Callable[[Any], bool]
    slow: bool
    page: bool

    def fits(self, shown: object, district: District, groups: int) -> bool:
        """Tell whether this can be drawn of what was found, and would not be empty."""
        if not isinstance(shown, self.draws) or groups < self.groups or not self.when(shown):
            return False
        if any(district.layer(layer).empty for layer in self.layers):
            return False
        known = district.stations[[column for column in self.columns if column in district.stations]]
        return not self.columns or bool(known.notna().to_numpy().any())


FIGURES: dict[str, _RunFigure] = {}
"""Every figure of a run by the name of its file."""


def _always(shown: object) -> bool:
    return True


def figure(
    name: str,
    draws: type,
    *,
    layers: tuple[str, ...] = (),
    columns: tuple[str, ...] = (),
    groups: int = 0,
    when: Callable[[Any], bool] = _always,
    slow: bool = False,
    page: bool = False,
) -> Callable[[Draw], Draw]:
    """Declare that a run draws this figure of what it has found; parameters as in :class:`_RunFigure`."""

    def declared(draw: Draw) -> Draw:
        FIGURES[name] = _RunFigure(draws, draw, layers, columns, groups, when, slow, page)
        return draw

    return declared


def save_figure(ax: Axes, folder: Path, name: str, *, svg: bool = True) -> list[Path]:
    """Save the figure of these axes as PNG, and as SVG unless told not to; the same bytes for the same content."""
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    paths = []
    with house_style():
        if (engine := figure.get_layout_engine()) is not None:
            engine.execute(figure)
        box = figure.get_tightbbox().padded(_MARGIN_IN)
        figure.set_layout_engine(None)  # laid out and measured once for both: with an engine, each would draw twice
        for suffix, options in _FORMATS.items():
            if suffix == "svg" and not svg:
                continue
            path = folder / f"{name}.{suffix}"
            figure.savefig(path, bbox_inches=box, **options)
            paths.append(path)
    close(ax)
    return paths


DrawFigures = Callable[[Path], AbstractContextManager[Callable[[], list[DrawnFigure]]]]
"""Begins to draw the figures of a run into a folder, and gives what waits for them."""


def coverage_figures(result: CoverageResult, *, workers: int | None = None) -> DrawFigures:
    """Return what draws every figure of a coverage result into a folder.

    Figures whose data the district lacks are left out.

    Parameters
    ----------
    result
        What was measured.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    """
    return _drawer(_drawings(result, {"": result.district, "coverage": result}), workers)


def study_figures(
    study: Study, *, page: bool = False, svg: bool = True, workers: int | None = None, progress: Progress = SILENT
) -> DrawFigures:
    """Return what draws the figures of a study into a folder.

    Figures whose data the district lacks are left out. Where something on the ground is planned, the figures that
    answer are those of the plan, and the map of the circle is drawn twice: as it is, and with the plan in place.

    Parameters
    ----------
    study
        What was studied.
    page
        Draw only the few figures that answer.
    svg
        Write SVG too, beside PNG.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    progress
        Told of each figure by name.
    """
    before, after = study.before_after or (study.coverage, None)
    of_plan = page and after is not None
    parts = {name: part for name, part in study.parts.items() if part.decides or not of_plan}
    shown = {"": study.district, "coverage": before, "indicators": study.appraisal, **parts}
    drawings = _drawings(before, shown)
    if page:
        drawings = [one for one in drawings if FIGURES[one.name].page]
    if after is not None and _moved(before, after):
        again = _drawings(after, {"coverage": after})
        drawings += [replace(one, name=f"{one.name}_planned") for one in again if one.name == _CIRCLE]
    return _drawer(drawings, workers, svg=svg, progress=progress)


def _moved(before: CoverageResult, after: CoverageResult) -> bool:
    """Tell whether a plan changes who is covered: a timetable of rooms does not, and would show one map twice."""
    return not np.array_equal(before.covered_residents(Mode.COMPLIANCE), after.covered_residents(Mode.COMPLIANCE))


_CIRCLE = "coverage_map"
"""The map of the circle, drawn again with a plan in place."""


@dataclass(frozen=True)
class _Drawing:
    """A figure that can be drawn: the name of its file, the study that it is a figure of, what draws it."""

    name: str
    study: str
    draw: Callable[[], Axes]


def _figures() -> Mapping[str, _RunFigure]:
    """Return every figure that a file of this package declares."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"{__package__}.{file.stem}")
    return FIGURES


def answering_figure(result: Result, ax: Axes | None = None) -> Axes:
    """Draw the one figure that answers: the first of those declared for the page that fits.

    Of a study it is that of what is decided, else that of the five-minute circle.

    Parameters
    ----------
    result
        What was found.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NothingToShowError
        If no figure shows such a result, or the district lacks what it would show.
    """
    parts: list[Result] = [result]
    if isinstance(result, Study):
        _, after = result.before_after or (None, None)
        parts = [*(part for part in result.decided if part.answered), after or result.coverage]
    for part in parts:
        for drawn in _figures().values():
            if drawn.page and drawn.fits(part, result.district, groups=0):
                return drawn.draw(part, ax)
    what = "there is nothing to draw: no figure shows it, or the district lacks what one would show"
    raise NothingToShowError(Problem(repr(result), what, mend="Its numbers are in summary(), its tables in tables()."))


def _drawings(coverage: CoverageResult, shown: Mapping[str, object]) -> list[_Drawing]:
    """Return what can be drawn of all that was found, by study, those that take longest first."""
    groups = len(coverage.populace.groups)
    drawings = [
        _Drawing(name, study, partial(drawn.draw, one))
        for name, drawn in _figures().items()
        for study, one in shown.items()
        if drawn.fits(one, coverage.district, groups)
    ]
    return sorted(drawings, key=lambda one: not FIGURES[one.name].slow)


def _drawer(
    drawings: Sequence[_Drawing], workers: int | None, *, svg: bool = True, progress: Progress = SILENT
) -> DrawFigures:
    @contextmanager
    def draw(folder: Path) -> Iterator[Callable[[], list[DrawnFigure]]]:
        done: list[str] = []

        def tell(number: int) -> None:
            done.append(drawings[number].name)
            progress.step(_STAGE, len(done), len(drawings))
            progress.note(_STAGE, drawings[number].name)

        progress.step(_STAGE, 0, len(drawings))
        tasks = [partial(_drawn, drawing, folder, svg=svg) for drawing in drawings]
        with begun_side_by_side(tasks, usable_cpus() if workers is None else workers, tell) as finish:
            yield lambda: [one for each in finish() for one in each]

    return draw


def _drawn(drawing: _Drawing, folder: Path, *, svg: bool) -> list[DrawnFigure]:
    ax = drawing.draw()
    title = ax.get_title("left") or ax.get_title() or drawing.name
    return [
        DrawnFigure(drawing.name, drawing.study, title.replace("\n", "　"), path)
        for path in save_figure(ax, folder, drawing.name, svg=svg)
    ]


# ----------------------------------------------------------------------------------------------------------------------
# Drawing side by side, in forked processes where that is possible.


Answer = TypeVar("Answer")
Warned = tuple[Warning | str, type[Warning], str, int]

_tasks: list[Callable[[], Any]] = []
"""What a forked process was given to do; only numbers, answers and warnings travel."""


def usable_cpus() -> int:
    """Return how many CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def can_fork() -> bool:
    """Whether work may be given to forked processes: not on Windows, nor macOS, whose libraries do not survive it."""
    able = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    return able and multiprocessing.parent_process() is None  # one that was given a share does it alone


def _nobody(number: int) -> None:
    """Tell nobody that a task is done."""


def side_by_side(
    tasks: Sequence[Callable[[], Answer]], workers: int, tell: Callable[[int], None] = _nobody
) -> list[Answer]:
    """Do independent tasks side by side, and wait for them; see :func:`begun_side_by_side`."""
    with begun_side_by_side(tasks, workers, tell) as finish:
        return finish()


@contextmanager
def begun_side_by_side(
    tasks: Sequence[Callable[[], Answer]], workers: int, tell: Callable[[int], None] = _nobody
) -> Iterator[Callable[[], list[Answer]]]:
    """Begin independent tasks, in this order, in so many forked processes; in this one, at the end, if that cannot be.

    A forked process starts with all that this one knows, but without its other threads: tasks compute and write files
    of their own. What is given waits for all and returns their answers. The first error in order ends all, as Ctrl-C
    and any error of this process do. Each one that is done is told of by its number.
    """
    workers = min(len(tasks), workers)
    if workers <= 1 or not can_fork():
        yield partial(_in_turn, tasks, tell)
        return
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("fork"), _begin, (tasks, os.getpid()))
    try:
        with warnings.catch_warnings():  # of threads that may hold a lock; a child touches none of theirs
            warnings.filterwarnings("ignore", "(?s).*multi-threaded.*fork", DeprecationWarning)
            futures = [pool.submit(_done, number) for number in range(len(tasks))]
        yield partial(_answers, futures, tell)
    except BaseException as error:
        for child in set(multiprocessing.active_children()) - others:
            child.kill()
        if isinstance(error, BrokenProcessPool):
            mend = "A lack of memory is the usual cause: close other programs, or try a smaller district."
            raise WorkerError(Problem("worker process", "it ended without an answer", mend=mend)) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _in_turn(tasks: Sequence[Callable[[], Answer]], tell: Callable[[int], None]) -> list[Answer]:
    answers = []
    for number, task in enumerate(tasks):
        answers.append(task())
        tell(number)
    return answers


def _answers(futures: Sequence[Future[tuple[Any, list[Warned]]]], tell: Callable[[int], None]) -> list[Any]:
    """Wait for forked tasks; return their answers in order, and raise their warnings again."""
    answers: list[Any] = []
    seen: dict[Any, Any] = {}
    _tell_of_each(futures, tell)
    for future in futures:
        answer, warned = future.result()
        for message, category, file, line in warned:
            warnings.warn_explicit(message, category, file, line, registry=seen)
        answers.append(answer)
    return answers


def _tell_of_each(futures: Sequence[Future[Any]], tell: Callable[[int], None]) -> None:
    """Tell of tasks as they are done, until all are, or one has gone wrong."""
    number = {future: place for place, future in enumerate(futures)}
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in sorted(finished, key=number.__getitem__):
            if future.exception() is not None:
                return
            tell(number[future])


def _begin(tasks: Sequence[Callable[[], Any]], parent: int) -> None:  # pragma: no cover - runs in a child
    """Leave Ctrl-C to the parent, and end when it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _tasks[:] = tasks


def _end_with(parent: int) -> None:  # pragma: no cover - runs in a child
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _done(number: int) -> tuple[Any, list[Warned]]:  # pragma: no cover - runs in a child
    with warnings.catch_warnings(record=True) as caught:
        answer = _tasks[number]()
    return answer, [(w.message, w.category, w.filename, w.lineno) for w in caught]
