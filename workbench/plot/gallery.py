"""All figures of a run, as PNG and SVG."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workbench.coverage import CoverageResult
from workbench.plot.coverage import (
    community_map,
    coverage_map,
    distance_distribution,
    group_bars,
    straight_versus_network,
    time_distribution,
    worst_compounds,
)
from workbench.plot.ground import ground_map
from workbench.plot.style import close, house_style

_NO_CLOCK = {"png": {"Software": None}, "svg": {"Date": None, "Creator": "workbench"}}


def save_figure(ax: Axes, folder: Path, name: str) -> list[Path]:
    """Save the figure of these axes as PNG and SVG, the same bytes for the same content."""
    figure = ax.get_figure()
    if not isinstance(figure, Figure):
        raise TypeError("the axes belong to no figure")
    paths = []
    with house_style():
        for suffix, metadata in _NO_CLOCK.items():
            path = folder / f"{name}.{suffix}"
            figure.savefig(path, metadata=metadata)
            paths.append(path)
    close(ax)
    return paths


def coverage_figures(result: CoverageResult) -> Callable[[Path], list[Path]]:
    """Return what draws every figure of a coverage result into a folder.

    Figures whose data the district lacks are left out.
    """
    district = result.district
    drawings: dict[str, Callable[[], Axes]] = {
        "ground": lambda: ground_map(district),
        "coverage_map": lambda: coverage_map(result),
        "distance_distribution": lambda: distance_distribution(result),
        "time_distribution": lambda: time_distribution(result),
        "straight_versus_network": lambda: straight_versus_network(result),
        "groups": lambda: group_bars(result),
    }
    if len(district.communities):
        drawings["communities"] = lambda: community_map(result)
    if len(district.compounds):
        drawings["worst_compounds"] = lambda: worst_compounds(result)

    def draw(folder: Path) -> list[Path]:
        return [path for name, drawing in drawings.items() for path in save_figure(drawing(), folder, name)]

    return draw
