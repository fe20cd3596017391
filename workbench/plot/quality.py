"""The quality of the ground on a map: pieces that lead nowhere, doors on no way, walls without gate, places outside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.coverage.ground_quality import GroundQuality
from workbench.plot.figures import save_figure
from workbench.plot.ground import draw_backdrop, draw_stations, draw_walls, draw_ways, name_areas, one_path
from workbench.plot.style import MAP_SIZE, axes_for, furnish_map, house_style, map_legend
from workbench.results import DrawnFigure

_MARGIN = 0.03  # of the longer side
_ISLAND, _OFF, _SHUT, _OUT = "#c8463d", "#5b2a86", "#e0a030", "#000000"


def quality_map(quality: GroundQuality, ax: Axes | None = None) -> Axes:
    """Map what of a district should be looked at before a number of it is believed.

    Parameters
    ----------
    quality
        What was found of the ground.
    ax
        Axes to draw on; new ones when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Never shown; the caller saves or shows it.
    """
    district, compounds = quality.district, quality.district.compounds
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        draw_backdrop(ax, district)
        draw_ways(ax, district)
        handles = [
            *draw_walls(ax, compounds[compounds["enclosed"].astype(bool)]),
            *_shut(ax, quality.shut),
            *_islands(ax, quality),
            *draw_stations(ax, district.stations),
            *_marks(ax, quality.off, "x", _OFF, "接不上路网", 34),
            *_marks(ax, quality.outside, "o", _OUT, "在区外", 90),
        ]
        _look_at(ax, quality)
        name_areas(ax, district)
        ax.set_title(f"{district.manifest.name}：底数质量")
        furnish_map(ax, district)
        map_legend(ax, handles)
    return ax


def save_quality_map(quality: GroundQuality, folder: Path) -> list[DrawnFigure]:
    """Draw the map as a PNG into a folder."""
    ax = quality_map(quality)
    title = ax.get_title("left") or ax.get_title()
    return [DrawnFigure("quality", "ground", title, path) for path in save_figure(ax, folder, "quality", svg=False)]


def _look_at(ax: Axes, quality: GroundQuality) -> None:
    """Show ways, communities and what is marked: rivers and woods of the backdrop run far beyond them."""
    parts = (quality.way_piece, quality.district.stations, quality.district.communities, quality.off, quality.outside)
    bounds = np.array([part.total_bounds for part in parts if len(part)])
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    margin = _MARGIN * float((high - low).max())
    ax.set_xlim(low[0] - margin, high[0] + margin)
    ax.set_ylim(low[1] - margin, high[1] + margin)


def _islands(ax: Axes, quality: GroundQuality) -> list[Line2D]:
    ways = quality.way_piece[~quality.way_piece["leads"]]
    if ways.empty:
        return []
    path = one_path(np.asarray(ways.geometry.array, dtype=object))
    ax.add_artist(mpatches.PathPatch(path, edgecolor=_ISLAND, facecolor="none", linewidth=2.2, zorder=5))
    return [Line2D([], [], color=_ISLAND, linewidth=2.2, label=f"孤立路段（{ways['piece'].nunique():,} 片）")]


def _shut(ax: Axes, shut: gpd.GeoDataFrame) -> list[mpatches.Patch]:
    if shut.empty:
        return []
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": _SHUT, "hatch": "////", "linewidth": 1.4}
    shut.plot(ax=ax, zorder=4, aspect=None, **look)
    return [mpatches.Patch(label=f"没有可开大门的小区（{len(shut):,}）", **look)]


def _marks(ax: Axes, rows: gpd.GeoDataFrame, marker: str, colour: str, words: str, size: float) -> list[Line2D]:
    """Mark rows, each layer counted."""
    if rows.empty:
        return []
    points = shapely.get_coordinates(np.asarray(rows.geometry.array, dtype=object))
    look: dict[str, Any] = {"c": colour} if marker == "x" else {"facecolors": "none", "edgecolors": colour}
    ax.scatter(points[:, 0], points[:, 1], s=size, marker=marker, linewidths=1.3, zorder=11, **look)
    counts = "、".join(f"{layer} {count:,}" for layer, count in rows["layer"].value_counts(sort=False).items())
    return [Line2D([], [], marker=marker, color="none", markerfacecolor="none", markeredgecolor=colour, markersize=8,
                   label=f"{words}（{counts}）")]  # fmt: skip
