"""Figure of service areas: bands of 5, 10 and 15 minutes around the stations."""

from __future__ import annotations

from itertools import cycle

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from workbench.coverage import CoverageResult
from workbench.coverage.doors import share, within
from workbench.coverage.service_areas import UNIT, service_area_limits, service_areas
from workbench.plot.coverage import clock_note
from workbench.plot.ground import draw_backdrop, draw_stations, draw_walls, draw_ways, one_path
from workbench.plot.style import (
    DPI,
    MAP_SIZE,
    ClassStyle,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
)
from workbench.privacy import WITHHELD, is_small, stand_in
from workbench.terms import Mode, ServiceLevel, label

Floats = npt.NDArray[np.float64]

BANDS = (
    ClassStyle("#2c8c6a", "", ""),
    ClassStyle("#8cc5a2", "////", ""),
    ClassStyle("#f0d48a", "....", ""),
    ClassStyle("#e0a96d", "\\\\\\\\", ""),
    ClassStyle("#c9b8ad", "xxxx", ""),
)
"""From the nearest band outwards; they begin again after the last."""


def service_area_map(
    result: CoverageResult,
    ax: Axes | None = None,
    *,
    mode: Mode = Mode.COMPLIANCE,
    group: str | None = None,
    level: ServiceLevel = ServiceLevel.ANY,
) -> Axes:
    """Map what can be walked to from the stations, band by band, all stations taken together.

    The polygons are for looking. The shares in the legend are those of residents whose walk from door to door is
    within the limit; they are not read off the polygons.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    mode
        Compliance (metres) or experience (minutes at the pace of ``group``).
    group
        For experience the group that walks; the default pace when not given.
    level
        Which stations count.

    Raises
    ------
    ValueError
        If the mode is the straight line, which is no walk.
    ScenarioError
        If the scenario has no such group.
    """
    group = group if mode is Mode.EXPERIENCE else None
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        areas = service_areas(result, mode, group, level=level, together=True)
        handles: list[Artist] = _draw_bands(ax, areas, _shares(result, mode, group, level))
        handles += draw_walls(ax, district.compounds, width=0.5)
        stations = district.stations
        shown = stations[(stations["level"] == str(level)) | (level is ServiceLevel.ANY)]
        signs = draw_stations(ax, shown)
        ax.autoscale_view()
        walks = "／".join(f"{limit:,g}" for limit in areas["limit"])
        ax.set_title(f"服务范围：从阵地步行 {walks} {UNIT[mode]}（{label(mode)}）")
        furnish_map(ax, district, note=_note(result, mode, group))
        _cite(ax, result, mode, group)
        map_legend(ax, [*handles, *signs], title=f"步行可达范围（累计）\n分母：{_denominator(result, group)}")
    return ax


def _draw_bands(ax: Axes, areas: gpd.GeoDataFrame, shares: list[str]) -> list[Artist]:
    """Draw each band without those inside it, so that hatches do not lie upon each other."""
    handles: list[Artist] = []
    detail = half_a_pixel(ax)
    inner: list[shapely.LinearRing] = []
    columns = (areas["limit"], areas["unit"], areas["area_ha"], areas.geometry, shares)
    rows = zip(*columns, cycle(BANDS), strict=False)
    for limit, unit, hectares, shape, known, style in rows:
        look = {"facecolor": style.colour, "hatch": style.hatch, "edgecolor": "#4f7a62", "alpha": 0.6}
        outer = outline(shape, detail)
        edges = rings_between(inner, outer)
        if edges:
            path = one_path(edges)
            ax.add_artist(mpatches.PathPatch(path, linewidth=0.4, zorder=0.8, **look))
            ax.update_datalim(np.asarray(path.vertices))
        handles.append(mpatches.Patch(label=f"≤ {limit:,g} {unit}：{hectares:,.0f} ha，{known}", **look))
        inner = outer
    return handles


def half_a_pixel(ax: Axes) -> float:
    """Return what is too small to be seen, in metres, if what was drawn so far fills the figure."""
    figure = ax.get_figure(root=True)
    if figure is None:
        return 0.0
    width, height = figure.get_size_inches() * DPI
    return 0.5 * max(float(ax.dataLim.width / width), float(ax.dataLim.height / height))


def outline(shape: shapely.Geometry, detail: float) -> list[shapely.LinearRing]:
    """Return the rings of polygons, simplified: outer ones run anticlockwise and holes clockwise."""
    polygons = shapely.orient_polygons(shapely.get_parts(shape))
    rings = shapely.simplify(shapely.get_rings(polygons), detail, preserve_topology=False)
    return list(rings[shapely.get_num_coordinates(rings) >= _FEWEST_CORNERS])


def rings_between(inner: list[shapely.LinearRing], outer: list[shapely.LinearRing]) -> list[shapely.LinearRing]:
    """Return rings that go round what lies within the outer and not the inner ones, and as often back round all else.

    So the fill needs no geometry: a figure fills what is gone round at all. Rings in both would go there and back.
    """
    both = {*inner} & {*outer}
    rings = [ring for ring in outer if ring not in both]
    return rings + [shapely.reverse(ring) for ring in inner if ring not in both]


_FEWEST_CORNERS = 4
"""Vertices of a triangle as a ring: what is simplified to fewer is too small to be seen."""


def _shares(result: CoverageResult, mode: Mode, group: str | None, level: ServiceLevel) -> list[str]:
    """Share of the residents whose walk from door to door is within each limit, for reading."""
    reach = result.distance[level]
    if mode is Mode.EXPERIENCE:
        reach = (result.minutes[group] if group else result.default_minutes)[level]
    weight = result.populace.weight[group] if group else result.populace.residents
    total = float(weight.sum())
    if not total > 0:
        return ["无居民"] * len(service_area_limits(result, mode))
    counts = [float(weight[within(reach.walk, limit)].sum()) for limit in service_area_limits(result, mode)]
    if group and _too_few(result, group, np.diff([0.0, *counts, total])):
        return [f"居民占比{WITHHELD}"] * len(counts)
    return [f"居民 {share(count, total):.1f}%" for count in counts]


def _too_few(result: CoverageResult, group: str, bands: Floats) -> bool:
    """Tell whether the shares of a group by age would give a count away that is too small to publish."""
    hidden = result.withheld
    of_age = bool(result.populace.groups[group].ages)
    return group in hidden.residents or (of_age and any(is_small(float(count), hidden.smallest) for count in bands))


def _denominator(result: CoverageResult, group: str | None) -> str:
    if group is None:
        return f"{label('everyone')} {result.populace.residents.sum():,.0f} 人"
    total, hidden = float(result.populace.weight[group].sum()), result.withheld
    number = stand_in(total, hidden.smallest) if group in hidden.residents else f"{total:,.0f} 人"
    return f"{result.populace.label(group)} {number}"


def _cite(ax: Axes, result: CoverageResult, mode: Mode, group: str | None) -> None:
    walking, rules = result.scenario.walking, result.scenario.service_areas
    keys: list[str | None] = [*rules.distances]
    if mode is Mode.EXPERIENCE:
        pace = result.populace.groups[group].pace if group else walking.pace
        keys = [*rules.times, pace, walking.pace_factor, walking.crossing_delay, walking.steps_factor]
    cite_standards(ax, result.scenario.register, *keys, rules.buffer)


def _note(result: CoverageResult, mode: Mode, group: str | None) -> str:
    scenario = result.scenario
    manner = result.manners[group] if group else result.default_manner
    how = "沿路网" if mode is Mode.COMPLIANCE else f"步速 {manner.pace_m_s:.3g} m/s"
    depth = f"道路两侧各计 {scenario.standard(scenario.service_areas.buffer):g} m，不因围墙裁切"
    looking = "范围仅供查看，覆盖率按门到门步行计算，不由面得出"
    return f"{label(mode)}：{how}；{clock_note(result)}；{depth}\n{looking}"
