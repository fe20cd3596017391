"""The ground: backdrop, ways, compounds, stations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.path import Path

from workbench.arrays import Floats
from workbench.catalogue.terms import label
from workbench.ground.district import District
from workbench.plot.figures import figure
from workbench.plot.style import (
    BACKDROP,
    BUILDINGS,
    MAP_SIZE,
    STATIONS,
    WALLS,
    WAYS,
    axes_for,
    furnish_map,
    house_style,
    map_legend,
)

# ----------------------------------------------------------------------------------------------------------------------
# Labels that keep apart on a map.


_POINTS_PER_INCH = 72
_TURNS: Final = 12  # directions that are tried around a place
_RINGS: Final = (12.0, 20.0, 29.0, 39.0, 50.0)  # distances from it, points
_FILL = 0.75  # share of a figure's width that a map takes up beside its legend


def apart(ax: Axes, places: Floats, *, size: float = 13.0) -> Floats:
    """Return where to put a round label beside each place so that labels cover neither places nor one another.

    Greedy, in order: the first spot that is free, near before far, from the upper right on anticlockwise (Imhof 1975
    prefers the upper right); where none is free, the one that is least crowded.
    """
    here = np.asarray(places, np.float64).reshape(-1, 2) / _unit(ax)
    spots = _spots()
    taken = np.empty((0, 2))
    shifts = np.zeros_like(here)
    for number, place in enumerate(here):
        tried = place + spots
        room = np.minimum(_nearest(tried, taken) - size, _nearest(tried, np.delete(here, number, 0)) - 0.8 * size)
        free = np.flatnonzero(room >= 0)
        best = int(free[0]) if len(free) else int(np.argmax(room))
        shifts[number] = spots[best]
        taken = np.vstack([taken, tried[best]])
    return shifts


def _spots() -> Floats:
    """Return the offsets that are tried, in order of preference, shape (t, 2)."""
    turns = math.pi / 4 + 2 * math.pi * np.arange(_TURNS) / _TURNS
    circle = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    return np.vstack([radius * circle for radius in _RINGS])


def _nearest(spots: Floats, others: Floats) -> Floats:
    if not len(others):
        return np.full(len(spots), np.inf)
    return np.asarray(np.linalg.norm(spots[:, None, :] - others[None, :, :], axis=2).min(axis=1), np.float64)


def _unit(ax: Axes) -> float:
    """Return how many data units a point of the page is, if the map fills its share of the figure."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return 1.0
    width, height = figure.get_size_inches() * _POINTS_PER_INCH
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    return float(max((right - left) / (_FILL * width), (high - low) / (_FILL * height)))


# ----------------------------------------------------------------------------------------------------------------------
# The ground: backdrop, ways, compounds, stations.


_WIDTHS = {"street": 0.55, "lane": 0.4, "interior": 0.25, "crossing": 0.35, "steps": 0.8, "bridge": 1.0}


def draw_backdrop(ax: Axes, district: District) -> None:
    """Draw water, green, squares and rail beneath everything."""
    backdrop = district.layer("backdrop")
    for kind, group in backdrop.groupby("kind", sort=False):
        colour, order = BACKDROP[str(kind)]
        polygons = group[group.geom_type.isin(["Polygon", "MultiPolygon"])]
        lines = group[group.geom_type.isin(["LineString", "MultiLineString"])]
        if len(polygons):
            polygons.plot(ax=ax, color=colour, zorder=order, aspect=None)
        if len(lines):
            lines.plot(ax=ax, color=colour, linewidth=1.6, linestyle=(0, (5, 2)), zorder=order, aspect=None)


def draw_ways(ax: Axes, district: District, *, colour: str = WAYS, scale: float = 1.0) -> None:
    """Draw the walkable ways, wider for streets than for paths inside compounds."""
    ways = district.ways
    width = ways["kind"].map(_WIDTHS).fillna(0.4).to_numpy()
    lines = np.asarray(ways.geometry.array, dtype=object)
    for each in np.unique(width):
        path = one_path(lines[width == each])
        look = {"edgecolor": colour, "facecolor": "none", "linewidth": each * scale, "zorder": 1, "rasterized": True}
        ax.add_artist(mpatches.PathPatch(path, **look))  # add_patch would walk every segment for the limits
        ax.update_datalim(np.asarray(path.vertices))


def one_path(lines: Sequence[shapely.Geometry] | npt.NDArray[np.object_]) -> Path:
    """Join many lines into one path: a city has tens of thousands, and one is drawn as fast as the next."""
    points, owner = shapely.get_coordinates(lines, return_index=True)
    codes = np.full(len(points), Path.LINETO, Path.code_type)
    codes[np.flatnonzero(np.diff(owner, prepend=-1))] = Path.MOVETO
    return Path(points, codes)


def _draw_buildings(ax: Axes, district: District, colour: str = BUILDINGS) -> None:
    """Draw building footprints."""
    buildings = district.layer("buildings")
    if len(buildings):
        buildings.plot(ax=ax, color=colour, linewidth=0, zorder=1.5, aspect=None, rasterized=True)


def draw_walls(ax: Axes, compounds: gpd.GeoDataFrame, *, width: float = 0.7) -> list[Line2D]:
    """Draw the walls of enclosed compounds; return their legend handle, if there are compounds."""
    if compounds.empty:
        return []
    walled = compounds[compounds["enclosed"].astype(bool)]
    walled.boundary.plot(ax=ax, color=WALLS, linewidth=width, zorder=3, aspect=None)
    return [Line2D([], [], color=WALLS, linewidth=1, label=f"封闭小区围墙（{len(walled)}）")]


def draw_stations(ax: Axes, stations: gpd.GeoDataFrame) -> list[Line2D]:
    """Draw stations by kind; return the legend handles of the kinds that are there."""
    handles = []
    for kind, (marker, colour, size) in STATIONS.items():
        group = stations[stations["kind"] == kind]
        if group.empty:
            continue
        points = group.geometry.get_coordinates().to_numpy()
        ax.scatter(
            points[:, 0], points[:, 1], s=size, marker=marker, c=colour, edgecolors="white", linewidths=0.7, zorder=10
        )
        handles.append(
            Line2D(
                [], [], marker=marker, color="none", markerfacecolor=colour, markeredgecolor="white",
                markersize=float(np.sqrt(size)) * 0.95, label=f"{label(kind)}（{len(group)}）",
            )
        )  # fmt: skip
    return handles


@figure("ground", District, slow=True)
def ground_map(district: District, ax: Axes | None = None) -> Axes:
    """Map a district as it is: backdrop, ways, buildings, compounds with their gates, stations.

    Parameters
    ----------
    district
        The ground.
    ax
        Axes to draw on; new ones when not given.

    Returns
    -------
    matplotlib.axes.Axes
        Never shown; the caller saves or shows it.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        draw_backdrop(ax, district)
        draw_ways(ax, district)
        _draw_buildings(ax, district)
        handles = [*_draw_compounds(ax, district), *draw_stations(ax, district.stations)]
        _name_subdistricts(ax, district)
        ax.autoscale_view()
        ax.set_title(f"{district.manifest.name}：底数")
        furnish_map(ax, district)
        map_legend(ax, handles)
    return ax


def _draw_compounds(ax: Axes, district: District) -> list[mpatches.Patch | Line2D]:
    compounds, gates = district.compounds, district.gates
    handles: list[mpatches.Patch | Line2D] = []
    handles += draw_walls(ax, compounds)
    in_walls = gates[gates["compound"].notna()]
    for access, colour in (("public", "#2c8c6a"), ("members", "#d08a1d"), ("closed", "#c8463d")):
        group = in_walls[in_walls["access"] == access]
        if len(group):
            points = group.geometry.get_coordinates().to_numpy()
            ax.scatter(points[:, 0], points[:, 1], s=9, c=colour, marker="D", linewidths=0, zorder=6)
            name = f"大门：{label(access)}（{len(group)}）"
            handles.append(Line2D([], [], marker="D", color="none", markerfacecolor=colour, markersize=4.5, label=name))
    return handles


def _name_subdistricts(ax: Axes, district: District) -> None:
    communities = district.communities
    if communities.empty:
        return
    communities.boundary.plot(ax=ax, color="#b7a6c9", linewidth=0.6, linestyle=":", zorder=2, aspect=None)
    areas = communities.dissolve("subdistrict")
    areas.boundary.plot(ax=ax, color="#7b5ea7", linewidth=1.2, zorder=4, aspect=None)
    middle = areas.representative_point().get_coordinates()
    for name, x, y in zip(areas.index, middle["x"], middle["y"], strict=True):
        ax.annotate(
            str(name),
            xy=(x, y),
            ha="center",
            fontsize=10,
            color="#4d3a73",
            bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.7},
            zorder=12,
        )
