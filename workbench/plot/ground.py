"""The ground: backdrop, ways, compounds, stations."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib import patheffects
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D
from matplotlib.path import Path
from matplotlib.text import Annotation

from workbench.arrays import Floats
from workbench.catalogue.intake import intake
from workbench.catalogue.terms import label
from workbench.fonts import display_width, wrapped
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
# Subdistricts and communities with their names.


_BORDERS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "subdistrict": {"color": "#7b5ea7", "linewidth": 1.1, "zorder": 4},
        "community": {"color": "#b7a6c9", "linewidth": 0.6, "linestyle": ":", "zorder": 3.9},
    }
)
_TYPE: Final = MappingProxyType({"subdistrict": (9.5, "#3f2a6b"), "community": (6.6, "#4f4468")})
_ROOM = 16  # Latin letters in a line of a name
_LINE: Final = 1.25  # height of a line, in sizes of its type
_ALONG: Final = (0.0, -0.45, 0.45, -0.9, 0.9)  # how far a name moves aside, in its widths
_ACROSS: Final = (0.0, -1.0, 1.0, -2.0, 2.0, -3.0, 3.0)  # and up or down, in its heights
_OUTSIDE, _HIDDEN, _MOVED = 120.0, 60.0, 1.0  # what it costs to leave the area, to hide a mark, to move a point
_PARTS: Final = np.array([(0.5, 0.5), (0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)])  # of a box: middle, corners
_STANDS_OUT, _CARPET = 7, 1_500  # order from which on a drawing is a mark, and so many that they are none
_MARK: Final = 4.0  # radius of a mark, points


def name_areas(
    ax: Axes,
    district: District,
    words: Mapping[str, str] | None = None,
    *,
    kinds: Collection[str] = ("subdistrict", "community"),
) -> None:
    """Draw the borders of subdistricts and communities, and their names beside one another as far as there is room.

    Greedy, subdistricts first: each name takes the spot near the middle of its area where it hides least of other
    names and of the marks on the map, and leaves its area least.

    Parameters
    ----------
    ax
        A map with all its marks, whose view no longer changes.
    district
        The ground.
    words
        What is written in each community, by identifier; its name when not given.
    kinds
        What is named; a small map has no room for communities.
    """
    communities, unit = district.communities, _unit(ax)
    if communities.empty:
        return
    marks, view = _marks(ax, unit), np.array([ax.get_xlim(), ax.get_ylim()]) / unit
    taken = np.empty((0, 2, 2))
    whole, supposed = communities.dissolve("subdistrict"), intake().supposed["communities"]["subdistrict"]
    said = communities["name"] if words is None else communities["id"].map(words)
    for kind, areas, names in (("subdistrict", whole, whole.index), ("community", communities, said)):
        if kind not in kinds:
            continue
        areas.boundary.plot(ax=ax, aspect=None, **_BORDERS[kind])
        size, colour = _TYPE[kind]
        halo = [patheffects.withStroke(linewidth=0.3 * size, foreground="white")]
        for area, name in zip(areas.geometry, names, strict=True):
            if kind == "subdistrict" and name == supposed:
                continue
            text = "\n".join(wrapped(line, _ROOM) for line in str(name).split("\n"))
            box = _free_box(area, unit, _extent(text, size), taken, marks, view)
            taken = np.concatenate([taken, box[None]])
            x, y = box.mean(axis=1) * unit
            ax.text(x, y, text, ha="center", va="center", fontsize=size, color=colour, linespacing=1.1,
                    path_effects=halo, zorder=9.5 if kind == "subdistrict" else 9)  # fmt: skip


def _marks(ax: Axes, unit: float) -> Floats:
    """Return where the marks of a map and their numbers stand, points, shape (k, 2); what covers it all is no mark."""
    drawn = [c for c in ax.collections if isinstance(c, PathCollection) and c.get_zorder() >= _STANDS_OUT]
    found = [np.asarray(marks.get_offsets(), np.float64) / unit for marks in drawn]
    found += [np.array([note.xy]) / unit + note.xyann for note in ax.texts if isinstance(note, Annotation)]
    return np.vstack([np.empty((0, 2)), *(places for places in found if len(places) <= _CARPET)])


def _extent(text: str, size: float) -> Floats:
    """Return width and height of a text on the page, points."""
    lines = text.split("\n")
    return np.array([max(map(display_width, lines)) / 2, _LINE * len(lines)]) * size


def _free_box(
    area: shapely.Geometry, unit: float, extent: Floats, taken: Floats, marks: Floats, view: Floats
) -> Floats:
    """Return the best of the boxes near the middle of an area, as ((left, right), (low, high)), points."""
    middle = shapely.get_coordinates(shapely.point_on_surface(area))[0] / unit
    moves = np.array([(along, across) for across in _ACROSS for along in _ALONG]) * extent
    centres = middle + moves
    low, high = centres - extent / 2, centres + extent / 2
    common = np.minimum(high[:, None], taken[None, :, :, 1]) - np.maximum(low[:, None], taken[None, :, :, 0])
    overlap = np.clip(common, 0.0, None).prod(axis=2).sum(axis=1)
    hidden = (marks[None] > low[:, None] - _MARK) & (marks[None] < high[:, None] + _MARK)
    parts = low + extent * _PARTS[:, None]
    outside = ~shapely.contains_xy(area, *np.moveaxis(parts * unit, -1, 0))
    outside |= ((parts < view[:, 0]) | (parts > view[:, 1])).any(axis=2)
    cost = 10.0 * overlap + _HIDDEN * hidden.all(axis=2).sum(axis=1)
    cost += _OUTSIDE * outside.mean(axis=0) + _MOVED * np.linalg.norm(moves, axis=1)
    best = int(np.argmin(cost))
    return np.stack([low[best], high[best]], axis=1)


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
        ax.autoscale_view()
        name_areas(ax, district)
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
