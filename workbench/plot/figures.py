"""Every figure of a run: declared where it is drawn, written as PNG and SVG."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.coverage import CoverageResult
from workbench.ground.district import District
from workbench.plot.style import close, house_style
from workbench.processes import side_by_side
from workbench.study import Study

_MARGIN_IN = 0.1
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
    """

    draws: type
    draw: Callable[..., Axes]
    layers: tuple[str, ...]
    columns: tuple[str, ...]
    groups: int
    when: Callable[[Any], bool]
    slow: bool

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
) -> Callable[[Draw], Draw]:
    """Declare that a run draws this figure of what it has found; parameters as in :class:`_RunFigure`."""

    def declared(draw: Draw) -> Draw:
        FIGURES[name] = _RunFigure(draws, draw, layers, columns, groups, when, slow)
        return draw

    return declared


def save_figure(ax: Axes, folder: Path, name: str) -> list[Path]:
    """Save the figure of these axes as PNG and SVG, the same bytes for the same content."""
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    paths = []
    with house_style():
        figure.draw_without_rendering()
        box = figure.get_tightbbox().padded(_MARGIN_IN)
        figure.set_layout_engine(None)  # laid out and measured once for both: with an engine, each would draw twice
        for suffix, options in _FORMATS.items():
            path = folder / f"{name}.{suffix}"
            figure.savefig(path, bbox_inches=box, **options)
            paths.append(path)
    close(ax)
    return paths


def coverage_figures(result: CoverageResult, *, workers: int | None = None) -> Callable[[Path], list[Path]]:
    """Return what draws every figure of a coverage result into a folder.

    Figures whose data the district lacks are left out.

    Parameters
    ----------
    result
        What was measured.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    """
    return _drawer(_drawings(result, (result.district, result)), workers)


def study_figures(study: Study, *, workers: int | None = None) -> Callable[[Path], list[Path]]:
    """Return what draws every figure of a study into a folder.

    Figures whose data the district lacks are left out.

    Parameters
    ----------
    study
        What was studied.
    workers
        Most processes that draw at a time; all usable CPUs when not given. The bytes are the same.
    """
    shown = (study.district, study.coverage, study.appraisal, *study.parts.values())
    return _drawer(_drawings(study.coverage, shown), workers)


def _drawings(coverage: CoverageResult, shown: Iterable[object]) -> dict[str, Callable[[], Axes]]:
    """Return what can be drawn of all that was found, those that take longest first."""
    for file in sorted(Path(__file__).parent.glob("*.py")):
        importlib.import_module(f"{__package__}.{file.stem}")
    groups, found = len(coverage.populace.groups), list(shown)
    drawings = {
        name: partial(drawn.draw, one)
        for name, drawn in FIGURES.items()
        for one in found
        if drawn.fits(one, coverage.district, groups)
    }
    return dict(sorted(drawings.items(), key=lambda item: not FIGURES[item[0]].slow))


def _drawer(drawings: dict[str, Callable[[], Axes]], workers: int | None) -> Callable[[Path], list[Path]]:
    def draw(folder: Path) -> list[Path]:
        tasks = [partial(_drawn, drawing, folder, name) for name, drawing in drawings.items()]
        return [path for paths in side_by_side(tasks, workers=workers) for path in paths]

    return draw


def _drawn(drawing: Callable[[], Axes], folder: Path, name: str) -> list[Path]:
    return save_figure(drawing(), folder, name)
