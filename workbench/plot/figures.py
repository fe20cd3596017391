"""Every figure of a run: declared where it is drawn, written as PNG and SVG."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from workbench.errors import NothingToShowError, Problem
from workbench.ground.district import District
from workbench.plot.style import close, house_style, laid_out
from workbench.processes import begun_side_by_side, usable_cpus
from workbench.progress import SILENT, Progress
from workbench.results import DrawnFigure, Result
from workbench.study import Study

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
        box = laid_out(figure)
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


_INTERACTIVE = "district_map"
"""The module without figures: the Bokeh that it needs is loaded while they are drawn."""


def _figures() -> Mapping[str, _RunFigure]:
    """Return every figure that a file of this package declares."""
    for name in sorted(file.stem for file in Path(__file__).parent.glob("*.py")):
        if name != _INTERACTIVE:
            importlib.import_module(f"{__package__}.{name}")
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
