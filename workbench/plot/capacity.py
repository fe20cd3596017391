"""Figures of a capacity result: area for 100 households by community, ㎡ within reach on the map."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, Literal

import geopandas as gpd
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.arrays import Floats
from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage import CapacityResult
from workbench.coverage import capacity as area
from workbench.coverage.capacity import answer_label, demand_words, known_demand, mean_access, method_clause
from workbench.plot.figures import figure
from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways
from workbench.plot.style import (
    CLASSES,
    GREY,
    MAP_SIZE,
    ClassStyle,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)

_ANSWERS: Final[Mapping[str, ClassStyle]] = MappingProxyType(
    {
        area.TARGET: ClassStyle("#1d6b50", "", ""),
        area.STANDARD: ClassStyle("#7fb99b", "////", ""),
        area.SHORT: CLASSES["beyond"],
    }
)
_LITE = ClassStyle("#d9d9d9", "....", "")

_LINES: Final[tuple[Literal["-", "--"], ...]] = ("-", "--")

_NOTHING, _UNKNOWN = "nothing", "unknown"
_REACH: Final[Mapping[str, ClassStyle]] = MappingProxyType(
    {
        _NOTHING: ClassStyle("#c8463d", "xxxx", "X"),
        "under_half": ClassStyle("#f3d9a4", "////", "v"),
        "under_mean": ClassStyle("#cfe0c3", "....", "o"),
        "over_mean": ClassStyle("#6fae8c", "", "s"),
        "over_twice": ClassStyle("#1d6b50", "\\\\\\\\", "D"),
        _UNKNOWN: ClassStyle("#9a9a9a", "++", "P"),
    }
)


@figure(
    "area_by_community",
    CapacityResult,
    layers=("communities",),
    columns=("floor_area_m2", "resident_area_m2"),
    slow=True,
)
def area_by_community(result: CapacityResult, ax: Axes | None = None) -> Axes:
    """Draw floor area for 100 households of each community against the two standards.

    The solid part is full centres, coloured and hatched by their own answer; posts (驿家) are added
    to it in grey and never change it. Communities without households, or with data missing, say so.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        table = result.by_community
        order = ["per_100_full", "per_100_any", "id"]
        table = table.sort_values(order, ascending=[False, False, True], na_position="last", ignore_index=True)
        ax = axes_for(ax, (8.4, 1.8 + 0.2 * max(len(table), 6)))
        rules, register = result.scenario.capacity, result.scenario.register
        handles = [*_full_bars(ax, table), *_lite_bars(ax, table)]
        for key, line in zip((rules.area, rules.area_target), _LINES, strict=True):
            standard = register[key]
            ax.axvline(standard.value, color="black", linewidth=1, linestyle=line, zorder=4)
            text = f"{standard.value:g} {standard.unit}"
            handles.append(Line2D([], [], color="black", linewidth=1, linestyle=line, label=text))
        _write_values(ax, table)
        widest = np.nanmax([*table["per_100_any"], *table["per_100_full"], register[rules.area_target].value])
        ax.set_yticks(np.arange(len(table)), list(table["name"]), fontsize=8)
        ax.set(
            xlim=(0, 1.16 * float(widest)),
            ylim=(len(table) - 0.4, -0.6),
            xlabel="每百户设施建筑面积（㎡/百户；分母：本社区全部户；不含区级中心）",
        )
        ax.set_title("各社区每百户设施面积：中心与驿家分列", pad=20)
        ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8.5, frameon=False)
        mark_ground(ax, result.coverage.district)
        cite_standards(ax, register, rules.area, rules.area_target)
    return ax


def _write_values(ax: Axes, table: pd.DataFrame) -> None:
    box = {"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.8}
    for place, row in enumerate(table.to_dict("records")):
        end = np.nanmax([0.0, row["per_100_full"], row["per_100_any"]])
        where: dict[str, Any] = {"xy": (end, place), "xytext": (3, 0), "textcoords": "offset points", "va": "center"}
        ax.annotate(_words(row), fontsize=7.5, zorder=5, bbox=box, **where)


def _full_bars(ax: Axes, table: pd.DataFrame) -> list[mpatches.Patch | Line2D]:
    handles: list[mpatches.Patch | Line2D] = []
    for answer, style in _ANSWERS.items():
        mask = (table["answer_full"] == answer).to_numpy()
        ax.barh(
            np.flatnonzero(mask), table.loc[mask, "per_100_full"], 0.72, color=style.colour, hatch=style.hatch,
            edgecolor="white", linewidth=0, zorder=2,
        )  # fmt: skip
        name = f"中心：{answer_label(answer)}（{int(mask.sum())} 个社区）"
        handles.append(mpatches.Patch(facecolor=style.colour, hatch=style.hatch, edgecolor="white", label=name))
    return handles


def _lite_bars(ax: Axes, table: pd.DataFrame) -> list[mpatches.Patch | Line2D]:
    extra = table["per_100_any"] - table["per_100_full"]
    shown = np.flatnonzero((extra > 0).to_numpy())
    ax.barh(
        shown, extra.iloc[shown], 0.72, left=table["per_100_full"].iloc[shown], color=_LITE.colour, hatch=_LITE.hatch,
        edgecolor="#8a8a8a", linewidth=0, zorder=2,
    )  # fmt: skip
    return [
        mpatches.Patch(facecolor=_LITE.colour, hatch=_LITE.hatch, edgecolor="#8a8a8a", label="另加驿家（不抵中心）")
    ]


def _words(row: Mapping[object, object]) -> str:
    if row["answer_full"] in (area.NOBODY, area.UNKNOWN):
        return answer_label(str(row["answer_full"]))
    full = f"{row['per_100_full']:.1f}"
    if row["answer_any"] == area.UNKNOWN:
        return f"{full}（驿家面积缺数据）"
    return f"{full} + {float(str(row['per_100_any'])) - float(str(row['per_100_full'])):.1f}"


@figure("area_within_reach", CapacityResult, columns=("floor_area_m2", "resident_area_m2"), page=True)
def access_map(
    result: CapacityResult,
    ax: Axes | None = None,
    *,
    method: Literal["2sfca", "e2sfca"] = "2sfca",
    level: ServiceLevel = ServiceLevel.ANY,
) -> Axes:
    """Map ㎡ within reach for 100 residents (or households), against half, once and twice the mean of the district.

    Compounds take the class of their mean, and differ by hatch as well; demand points are drawn on
    top with a marker of their own class.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    method
        Plain or enhanced floating catchments.
    level
        Which stations count.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district, column = result.coverage.district, f"{method}_{level}"
        access = area.PER * result.access[method][level]
        asking = known_demand(result, access)
        found = mean_access(access, asking)
        mean = found or 0.0
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        if len(district.compounds):
            _fill_compounds(ax, result, column, mean)
        handles = [*_mark_points(ax, result, access, mean), *draw_stations(ax, district.stations)]
        ax.autoscale_view()
        people, unit = demand_words(result)
        said = "缺数据" if found is None else f"均值 {mean:.1f} {unit}（分母：{people} {asking.sum():,.0f}）"
        ax.set_title(f"{method.upper()} 可达面积：{said}")
        grades = "" if found is None else "分级＝均值的一半、一倍、两倍；"
        clause = method_clause(result, method).replace("；衰减", "\n衰减")
        furnish_map(ax, district, note=f"{label(level)}；{grades}{clause}")
        rules, coverage = result.scenario.capacity, result.scenario.coverage
        limit = coverage.time if result.mode is Mode.EXPERIENCE else coverage.distance
        cite_standards(ax, result.scenario.register, rules.catchment or limit, result.scenario.walking.snap_limit)
        map_legend(ax, handles, title=f"半径内面积（{unit}）")
    return ax


def _classes(access: Floats, mean: float) -> npt.NDArray[np.object_]:
    names = list(_REACH)
    found = np.select(
        [np.isnan(access), access == 0, access < mean / 2, access < mean, access < 2 * mean],
        [_UNKNOWN, *names[:4]],
        names[4],
    )
    return found.astype(object)


def _labels(mean: float) -> dict[str, str]:
    half, twice = f"{mean / 2:.1f}", f"{2 * mean:.1f}"
    words = ["0（无）", f"< {half}", f"{half}–{mean:.1f}", f"{mean:.1f}–{twice}", f"≥ {twice}", "缺数据"]
    return dict(zip(_REACH, words, strict=True))


def _fill_compounds(ax: Axes, result: CapacityResult, column: str, mean: float) -> None:
    table = result.by_compound
    compounds = result.coverage.district.compounds[["id", "geometry"]].merge(table[["id", column]], on="id")
    compounds = gpd.GeoDataFrame(compounds, geometry="geometry")
    which = _classes(compounds[column].to_numpy(np.float64), mean)
    for name, style in _REACH.items():
        part = compounds[which == name]
        if len(part):
            part.plot(
                ax=ax, facecolor=style.colour, hatch=style.hatch, edgecolor="#5e5e5e", alpha=0.4, linewidth=0.5,
                zorder=2, aspect=None,
            )  # fmt: skip


def _mark_points(ax: Axes, result: CapacityResult, access: Floats, mean: float) -> list[mpatches.Patch | Line2D]:
    places = result.points.geometry.get_coordinates().to_numpy()
    which, names = _classes(access, mean), _labels(mean)
    demand = np.where(np.isfinite(result.demand), result.demand, 0.0)
    people, _ = demand_words(result)
    small = float(np.clip(7_000 / max(len(places), 1), 2.5, 6.0))
    size = small * (1 + 6 * demand / max(float(demand.max(initial=0)), 1.0))
    handles: list[mpatches.Patch | Line2D] = []
    for name, style in _REACH.items():
        mask = which == name
        if not mask.any():
            continue
        ax.scatter(
            places[mask, 0], places[mask, 1], s=size[mask], c=style.colour, marker=style.marker, linewidths=0.2,
            edgecolors="#4a4a4a", zorder=5, rasterized=True,
        )  # fmt: skip
        text = f"{names[name]}：{people} {demand[mask].sum():,.0f}"
        handles.append(
            Line2D(
                [],
                [],
                marker=style.marker,
                color="none",
                markerfacecolor=style.colour,
                markeredgecolor=GREY,
                label=text,
            )
        )
    return handles
