"""Figures of a coverage result: the three-colour map, distributions, straight line against network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle, pairwise
from typing import Any

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.arrays import Floats
from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage import CoverageResult
from workbench.coverage.appraisal import Appraisal, AxisScore
from workbench.coverage.doors import share, within
from workbench.coverage.measure import published
from workbench.coverage.service_areas import UNIT, service_area_limits, service_areas
from workbench.fonts import wrapped
from workbench.plot.figures import figure
from workbench.plot.ground import draw_backdrop, draw_stations, draw_walls, draw_ways, name_areas, one_path
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    CLASSES,
    DPI,
    GREY,
    MAP_SIZE,
    ClassStyle,
    add_foot,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)
from workbench.privacy import WITHHELD, is_small, stand_in

_ANY = ServiceLevel.ANY


_CROWD = 7_000  # points² of ink that the demand points of one map share

_GATES = {"as_is": "按此刻开放", "all_open": "全部开放"}


def clock_note(result: CoverageResult) -> str:
    """Say at what hour gates and stations are looked at, and how many stations count then."""
    counted, known = len(result.station_rows), len(result.doors.at_any_hour.station_rows)
    return f"{result.scenario.moment.title}；大门{_GATES[result.scenario.gates.policy]}；计入阵地 {counted}/{known} 处"


def _cite(ax: Axes, result: CoverageResult, *keys: str | None) -> None:
    cite_standards(ax, result.scenario.register, *keys)


def _cite_walking(ax: Axes, result: CoverageResult, groups: Iterable[str]) -> None:
    """Cite all that five minutes of these groups rest on, experience mode."""
    walking = result.scenario.walking
    paces = [result.populace.groups[name].pace for name in groups]
    _cite(
        ax,
        result,
        result.scenario.coverage.time,
        *paces,
        walking.pace_factor,
        walking.crossing_delay,
        walking.steps_factor,
    )


def _class_labels(result: CoverageResult) -> dict[str, str]:
    far = result.scenario.standard(result.scenario.coverage.distance_next)
    near = result.distance_limit_m
    return {
        "within": f"≤ {near:g} m",
        "near": f"{near:g}–{far:g} m",
        "beyond": f"> {far:g} m 或不可达",
        "unsnapped": "接不上道路",
    }


@figure("coverage_map", CoverageResult, page=True)
def coverage_map(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Map the compliance mode in three colours: within five minutes, within ten, beyond.

    Compounds take the class in which most of their residents are, and differ by hatch as well;
    demand points are drawn on top with a marker of their class.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        if len(district.compounds):
            _draw_compound_classes(ax, result)
        handles = [*_draw_points(ax, result), *draw_stations(ax, district.stations.iloc[result.station_rows])]
        ax.autoscale_view()
        name_areas(ax, district)
        total = float(result.populace.residents.sum())
        percent = share(float(result.covered_residents(Mode.COMPLIANCE).sum()), total)
        shown = "无居民" if percent is None else f"居民 {percent:.1f}%"
        when = result.scenario.moment.title
        ax.set_title(f"{when} 步行 {result.distance_limit_m:g} m 覆盖：{shown}（分母：全体居民 {total:,.0f} 人）")
        furnish_map(
            ax,
            district,
            note=f"合规口径：沿路网 ≤ {result.distance_limit_m:g} m；{clock_note(result)}",
        )
        rules = result.scenario.coverage
        _cite(ax, result, rules.distance, rules.distance_next, result.scenario.walking.snap_limit)
        map_legend(ax, handles, title="到最近阵地的步行距离")
    return ax


def _draw_compound_classes(ax: Axes, result: CoverageResult) -> None:
    points = result.points
    known = points[points["compound"].notna()]
    total = known.groupby(["compound", "class"], as_index=False)["residents"].sum()
    order = {name: rank for rank, name in enumerate(CLASSES)}
    total = total.assign(rank=total["class"].map(order))
    main = total.sort_values(["residents", "rank"], ascending=[False, True], kind="stable").drop_duplicates("compound")
    compounds = result.district.compounds.merge(main, left_on="id", right_on="compound")
    for name, style in CLASSES.items():
        group = compounds[compounds["class"] == name]
        if len(group):
            group.plot(
                ax=ax, facecolor=style.colour, edgecolor="#5e5e5e", hatch=style.hatch, alpha=0.35, linewidth=0.5,
                zorder=2, aspect=None,
            )  # fmt: skip


def _draw_points(ax: Axes, result: CoverageResult) -> list[Line2D]:
    names = _class_labels(result)
    points = result.points
    places = points.geometry.get_coordinates().to_numpy()
    colour = points["class"].to_numpy(object)
    residents = points["residents"].to_numpy(np.float64)
    peak = max(float(residents.max(initial=0)), 1.0)
    small = float(np.clip(_CROWD / max(len(points), 1), 2.5, 6.0))
    size = small * (1 + 6 * residents / peak)
    handles = []
    for name, style in CLASSES.items():
        mask = colour == name
        if not mask.any():
            continue
        x, y = places[mask, 0], places[mask, 1]
        look: dict[str, Any] = {
            "c": style.colour,
            "marker": style.marker,
            "linewidths": 0,
            "zorder": 5,
            "rasterized": True,
        }
        ax.scatter(x, y, s=size[mask], **look)
        people = f"{residents[mask].sum():,.0f} 人"
        handles.append(
            Line2D(
                [], [], marker=style.marker, color="none", markerfacecolor=style.colour, markeredgecolor="none",
                markersize=7, label=f"{names[name]}（{people}）",
            )
        )  # fmt: skip
    return handles


@figure("distance_distribution", CoverageResult)
def distance_distribution(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Draw the share of residents within a given walk, compliance mode, by level of service."""
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        residents = result.populace.residents
        longest = 4 * result.distance_limit_m
        styles = {_ANY: ("-", ACCENT), ServiceLevel.FULL: ("--", "#8c1515"), ServiceLevel.LITE: (":", "#2c8c6a")}
        for level, (line, colour) in styles.items():
            x, y = _cumulated(result.distance[level].walk, residents, longest)
            ax.step(x, y, where="post", linestyle=line, color=colour, label=label(level))
        x, y = _cumulated(result.straight[_ANY].walk, residents, longest)
        ax.step(x, y, where="post", color=GREY, linewidth=0.9, label="直线距离（仅作对照）")
        ax.axvline(result.distance_limit_m, color="black", linewidth=0.9)
        ax.annotate(f" {result.distance_limit_m:g} m", xy=(result.distance_limit_m, 2), fontsize=9)
        ax.set(xlim=(0, longest), ylim=(0, 100), xlabel="到最近阵地的步行距离（m，沿路网）", ylabel="居民累计占比（%）")
        ax.set_title(f"步行距离分布（合规口径；分母：全体居民 {residents.sum():,.0f} 人）", pad=20)
        ax.legend(loc="lower right", fontsize=9)
        mark_ground(ax, result.district)
        _cite(ax, result, result.scenario.coverage.distance)
    return ax


@figure("time_distribution", CoverageResult)
def time_distribution(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Draw the share of each group within a given walk at its own pace, experience mode."""
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        longest = 4 * result.time_limit_min
        lines = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2))]
        for number, name in enumerate(result.populace.whole):
            line, who = lines[number % len(lines)], result.populace.label(name)
            if name in result.withheld.residents | result.withheld.covered[_ANY]:
                ax.plot([], [], linestyle="none", label=f"{who}（{WITHHELD}）")
                continue
            x, y = _cumulated(result.minutes[name][_ANY].walk, result.populace.weight[name], longest)
            ax.step(x, y, where="post", linestyle=line, label=who)
        ax.axvline(result.time_limit_min, color="black", linewidth=0.9)
        ax.annotate(f" {result.time_limit_min:g} min", xy=(result.time_limit_min, 2), fontsize=9)
        ax.set(
            xlim=(0, longest),
            ylim=(0, 100),
            xlabel="到最近阵地的步行时间（min，本人群步速）",
            ylabel="人群累计占比（%）",
        )
        ax.set_title("步行时间分布（体验口径；分母：各人群居民）", pad=20)
        ax.legend(loc="lower right", fontsize=8.5)
        mark_ground(ax, result.district)
        _cite_walking(ax, result, result.populace.whole)
    return ax


def _cumulated(walk: np.ndarray, weight: np.ndarray, longest: float) -> tuple[np.ndarray, np.ndarray]:
    """Cumulated share of the weight, percent, up to the longest walk shown."""
    order = np.argsort(walk, kind="stable")
    total = float(weight.sum())
    y = 100 * np.cumsum(weight[order]) / total if total > 0 else np.zeros(len(order))
    shown = walk[order] <= longest
    x, y = walk[order][shown], y[shown]
    last = float(y[-1]) if len(y) else 0.0
    return np.concatenate([[0.0], x, [longest]]), np.concatenate([[0.0], y, [last]])


@figure("straight_versus_network", CoverageResult)
def straight_versus_network(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Draw each demand point's walk against its straight line: what a buffer circle would have claimed.

    Points left of the vertical line and above the horizontal one are claimed by the circle and not
    within the walk.
    """
    with house_style():
        ax = axes_for(ax, (7.2, 6.2))
        limit, residents = result.distance_limit_m, result.populace.residents
        line, walk = result.straight[_ANY].walk, result.distance[_ANY].walk
        longest = 4 * limit
        shown = np.isfinite(walk) & (walk <= longest) & (residents > 0)
        wrong = (line <= limit) & ~result.covered(Mode.COMPLIANCE)
        right = shown & ~wrong
        size = 3 + 25 * residents / max(float(residents.max(initial=0)), 1.0)
        ax.scatter(
            line[right],
            walk[right],
            s=size[right],
            c=ACCENT,
            alpha=0.35,
            linewidths=0,
            label="判断一致",
            rasterized=True,
        )
        bad = shown & wrong
        people = f"{residents[wrong].sum():,.0f} 人"
        ax.scatter(
            line[bad], walk[bad], s=size[bad], c="#c8463d", marker="X", alpha=0.6, linewidths=0,
            label=f"圆内而步行超限（{people}）", rasterized=True,
        )  # fmt: skip
        for factor in (1.0, 1.3, 2.0):
            ax.plot([0, longest / factor], [0, longest], color=GREY, linewidth=0.8, linestyle=(0, (4, 3)))
            ax.annotate(
                f"λ={factor:g} ", xy=(longest * 0.93 / factor, longest * 0.93), fontsize=9, color=GREY, ha="right"
            )
        ax.axhline(limit, color="black", linewidth=0.9)
        ax.axvline(limit, color="black", linewidth=0.9)
        ax.set(
            xlim=(0, longest),
            ylim=(0, longest),
            xlabel="到最近阵地的直线距离（m）",
            ylabel="到最近阵地的步行距离（m，沿路网）",
        )
        ax.set_title("直线圆与真实步行（点大小 = 居民数）", pad=20)
        ax.legend(loc="lower right", fontsize=9)
        mark_ground(ax, result.district)
        _cite(ax, result, result.scenario.coverage.distance)
    return ax


@figure("groups", CoverageResult, groups=2)
def group_bars(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Draw the share of each group within five minutes at its own pace, by level of service."""
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        names = list(result.populace.groups)
        hidden = published(result)["share"] != ""
        table = result.by_group.assign(share=result.by_group["share"].mask(hidden))
        height = 0.26
        looks = {"any": (ACCENT, ""), "full": ("#8c1515", "////"), "lite": ("#2c8c6a", "....")}
        for shift, (level, (colour, hatch)) in enumerate(looks.items()):
            part = table[table["level"] == level].set_index("group").loc[names]
            where = np.arange(len(names)) + (shift - 1) * height
            values = part["share"].fillna(0).to_numpy()
            bars = ax.barh(
                where, values, height * 0.92, color=colour, hatch=hatch, edgecolor="white", label=label(level)
            )
            withheld = hidden[table["level"] == level].to_numpy()
            texts = [WITHHELD if hide else f"{value:.1f}" for value, hide in zip(values, withheld, strict=True)]
            ax.bar_label(bars, labels=texts, padding=2, fontsize=8)
        ax.set_yticks(np.arange(len(names)), [result.populace.label(name) for name in names])
        ax.invert_yaxis()
        top = max(10.0, float(table["share"].fillna(0).max()) * 1.15 if len(table) else 10.0)
        ax.set(xlim=(0, min(top, 105)), xlabel="覆盖率（%；分母：各人群居民）")
        ax.set_title(f"各人群 {result.time_limit_min:g} 分钟覆盖率（体验口径，本人群步速）", pad=20)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)
        mark_ground(ax, result.district)
        _cite_walking(ax, result, names)
    return ax


@figure("worst_compounds", CoverageResult, layers=("compounds",))
def worst_compounds(result: CoverageResult, ax: Axes | None = None, *, most: int = 10) -> Axes:
    """Draw the compounds with the most residents beyond the compliance limit."""
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        table = result.worst_compounds(most)
        names = result.district.compounds.set_index("id")["name"].to_dict()
        places = np.arange(len(table))
        bars = ax.barh(places, table["gap"], color=CLASSES["beyond"].colour, hatch="xx", edgecolor="white", height=0.62)
        texts = [
            f"{gap:,.0f} 人 · P50 {p50:,.0f} m" if np.isfinite(p50) else f"{gap:,.0f} 人 · 不可达"
            for gap, p50 in zip(table["gap"], table["p50_m"], strict=True)
        ]
        ax.bar_label(bars, labels=texts, padding=3, fontsize=8.5)
        ax.set_yticks(places, [f"{names.get(i, i)}" for i in table["id"]])
        ax.invert_yaxis()
        ax.set(xlim=(0, float(table["gap"].max()) * 1.3 if len(table) else 1), xlabel="未覆盖居民（人）")
        ax.set_title(f"未覆盖居民最多的 {len(table)} 个小区（合规口径 {result.distance_limit_m:g} m）", pad=20)
        mark_ground(ax, result.district)
        _cite(ax, result, result.scenario.coverage.distance)
    return ax


@figure("communities", CoverageResult, layers=("communities",))
def community_map(result: CoverageResult, ax: Axes | None = None) -> Axes:
    """Map the share of residents covered in each community, compliance mode."""
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.district
        draw_backdrop(ax, district)
        joined = district.communities.merge(result.by_community, on="id", how="left")
        bounds = [0, 20, 40, 60, 80, 100.0001]
        shades = ["#f2e6d8", "#d7d9b8", "#a9c9a4", "#6fae8c", "#2c8c6a"]
        hatches = ["xxx", "///", "..", "", ""]
        handles: list[mpatches.Patch] = []
        for low, high, shade, hatch in zip(bounds[:-1], bounds[1:], shades, hatches, strict=True):
            part = joined[(joined["share_compliance"] >= low) & (joined["share_compliance"] < high)]
            if len(part):
                part.plot(
                    ax=ax, facecolor=shade, hatch=hatch, edgecolor="#777777", linewidth=0.6, zorder=1, aspect=None
                )
            name = f"{low:g}–{min(high, 100):g}%（{len(part)} 个社区）"
            handles.append(mpatches.Patch(facecolor=shade, hatch=hatch, edgecolor="#777777", label=name))
        ax.autoscale_view()
        shares = [f"{percent:.0f}%" if percent == percent else "无居民" for percent in joined["share_compliance"]]
        rows = zip(joined["id"], joined["name"], shares, strict=True)
        name_areas(ax, district, {identifier: f"{name}\n{value}" for identifier, name, value in rows})
        ax.set_title("各社区居民覆盖率（合规口径；分母：本社区居民）")
        furnish_map(ax, district, note="阵地不以行政界切分：居民可去邻社区的阵地")
        _cite(ax, result, result.scenario.coverage.distance)
        map_legend(ax, handles, title="居民覆盖率")
    return ax


# ----------------------------------------------------------------------------------------------------------------------
# Figure of service areas: bands of 5, 10 and 15 minutes around the stations.


BANDS = (
    ClassStyle("#2c8c6a", "", ""),
    ClassStyle("#8cc5a2", "////", ""),
    ClassStyle("#f0d48a", "....", ""),
    ClassStyle("#e0a96d", "\\\\\\\\", ""),
    ClassStyle("#c9b8ad", "xxxx", ""),
)
"""From the nearest band outwards; they begin again after the last."""


@figure("service_areas", CoverageResult, slow=True)
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
        name_areas(ax, district)
        walks = "／".join(f"{limit:,g}" for limit in areas["limit"])
        ax.set_title(f"服务范围：从阵地步行 {walks} {UNIT[mode]}（{label(mode)}）")
        furnish_map(ax, district, note=_note(result, mode, group))
        _cite_service_areas(ax, result, mode, group)
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


def _cite_service_areas(ax: Axes, result: CoverageResult, mode: Mode, group: str | None) -> None:
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


# ----------------------------------------------------------------------------------------------------------------------
# The radar of the four qualities (四化).


_SIZE = (13.2, 5.4)
_KEYS = (2.35, 4.75)  # where the two columns of the key begin, in radii
_RIGHT = 7.0
_SPOKES = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]])
_RINGS = (0.25, 0.5, 0.75, 1.0)
_KEY_WIDTH = 46  # Latin letters
_TIP = 1.12  # where the name of a spoke stands
_ALIGN = (("center", "bottom"), ("left", "center"), ("center", "top"), ("right", "center"))


@figure("qualities", Appraisal, page=True)
def quality_radar(appraisal: Appraisal, ax: Axes | None = None) -> Axes:
    """Draw the score of each quality, with the indicators and weights it is made of.

    An axis without a score is drawn as missing, never as zero: dotted, and the outline stays open
    there. The bar on each spoke is the range of the score when the weight of one indicator at a
    time is moved.

    Parameters
    ----------
    appraisal
        The indicators held against standards and targets.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _SIZE)
        _draw_rings(ax)
        before = appraisal.axes if appraisal.today is None else appraisal.today.axes
        for spoke, axis, was, align in zip(_SPOKES, appraisal.axes, before, _ALIGN, strict=True):
            _draw_spoke(ax, spoke, axis, was, align)
        _draw_outline(ax, appraisal.axes)
        if appraisal.today is not None:
            _draw_outline(ax, before, today=True)
            add_foot(ax, ["实线为方案，虚线为现状"])
        ax.set(xlim=(-1.7, _RIGHT), ylim=(-1.45, 1.45), aspect="equal")
        ax.axis("off")
        for x, axes in zip(_KEYS, (appraisal.axes[:2], appraisal.axes[2:]), strict=True):
            ax.text(x, 1.45, _key(axes), va="top", fontsize=7.5, linespacing=1.3)
        scored = sum(axis.scored for axis in appraisal.axes)
        number = sum(len(axis.parts) for axis in appraisal.axes)
        ax.set_title(f"四化雷达图（{scored}/{number} 项指标有得分；得分＝达到标准或目标的比例，封顶 1）", pad=20)
        mark_ground(ax, appraisal.district)
        step = appraisal.weight_step
        add_foot(ax, [f"轴上粗线：单项权重上下浮动 {step.value:.0%}（{step.citation}）时得分的范围"])
        standards = {line.indicator.standard.key: None for line in appraisal.lines if line.indicator.standard}
        cite_standards(ax, appraisal.scenario.register, *standards)
        add_foot(ax, list(dict.fromkeys(line.indicator.reading for line in appraisal.lines if line.indicator.reading)))
    return ax


def _draw_rings(ax: Axes) -> None:
    for ring in _RINGS:
        corners = ring * np.vstack([_SPOKES, _SPOKES[:1]])
        ax.plot(corners[:, 0], corners[:, 1], color="#d5d5d5", linewidth=0.7, zorder=1)
        ax.annotate(f"{ring:g}", xy=(0.02, ring - 0.01), fontsize=7, color=GREY, va="top", zorder=6)


def _draw_spoke(ax: Axes, spoke: np.ndarray, axis: AxisScore, was: AxisScore, align: tuple[str, str]) -> None:
    known = axis.score is not None
    ax.plot(*np.outer(spoke, (0, 1)), color="#9a9a9a", linewidth=0.9, linestyle="-" if known else ":", zorder=2)
    if axis.low is not None and axis.high is not None:
        ax.plot(*np.outer(spoke, (axis.low, axis.high)), color=ACCENT, linewidth=5, alpha=0.35, zorder=3)
    if axis.score is not None:
        ax.plot(*(axis.score * spoke), marker="o", color=ACCENT, markersize=6, zorder=5)
    said = axis.said if was is axis else f"{was.said} → {axis.said}"
    name = f"{label(axis.axis)}  {said}\n{axis.scored}/{len(axis.parts)} 项有得分"
    colour = "black" if known else "#b03a2e"
    x, y = _TIP * spoke
    ax.text(x, y, name, ha=align[0], va=align[1], fontsize=9.5, color=colour)


def _draw_outline(ax: Axes, axes: Sequence[AxisScore], *, today: bool = False) -> None:
    """Join neighbouring scores; beside a missing one the outline stays open. Dashed and empty for today's."""
    around = [(axis.score, spoke) for axis, spoke in zip(axes, _SPOKES, strict=True)]
    for (first, one), (second, other) in pairwise([*around, around[0]]):
        if first is None or second is None:
            continue
        ends = np.array([first * one, second * other])
        if today:
            ax.plot(ends[:, 0], ends[:, 1], color=GREY, linewidth=1.4, linestyle="--", zorder=4)
            continue
        ax.plot(ends[:, 0], ends[:, 1], color=ACCENT, linewidth=1.6, zorder=4)
        ax.fill([0, ends[0, 0], ends[1, 0]], [0, ends[0, 1], ends[1, 1]], color=ACCENT, alpha=0.12, linewidth=0)


def _key(axes: Sequence[AxisScore]) -> str:
    """Say what each score is made of: weight, score, indicator; the others are counted."""
    blocks = []
    for axis in axes:
        head = f"{label(axis.axis)}  {axis.said}（有得分的权重合计 {axis.weight:g}）"
        scored = [part for part in axis.parts if part.score is not None and part.weight > 0]
        parts = [f"权重 {part.weight:g} · {part.said} · {part.label}" for part in scored]
        rest = len(axis.parts) - len(scored)
        parts += [f"另 {rest} 项未设目标、缺数据或权重为 0，见指标表"] if rest else []
        lines = [line for part in parts for line in _indented(part)]
        blocks.append("\n".join([head, *lines]))
    return "\n\n".join(blocks)


def _indented(text: str) -> list[str]:
    first, *rest = wrapped(text, _KEY_WIDTH).split("\n")
    return [f"   {first}", *(f"        {line}" for line in rest)]
