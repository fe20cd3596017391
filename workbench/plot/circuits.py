"""Figures of rounds: a map of the routes of a trade, waiting against crew days, loads, and half days of advisers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke

from workbench.circuits.result import CircuitsResult
from workbench.hours import hhmm
from workbench.plot.figures import figure
from workbench.plot.ground import draw_backdrop, draw_ways, name_areas
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    GREY,
    MAP_SIZE,
    add_foot,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)

_CREWS = ("#d9480f", "#1b6ca8", "#2b8a3e", "#7048a8", "#8a6100", "#c2255c")
_DASHES: Any = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 2)))
_MARKS = ("o", "s", "D", "^", "v", "P")


@figure("circuits_map", CircuitsResult, layers=("communities",), page=True)
def rounds_map(result: CircuitsResult, ax: Axes | None = None, *, trade: str = "") -> Axes:
    """Map the routes of one trade, a colour and a dash for each crew; marks are as large as waits are long.

    Parameters
    ----------
    result
        The rounds.
    ax
        Axes to draw on; new ones when not given.
    trade
        Identifier of the trade; the one with most visits when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        table = result.by_trade
        key = trade or str(table["trade"][int(table["visits"].to_numpy().argmax())])
        one = next(answer for answer in result.answers if answer.trade.id == key)
        draw_backdrop(ax, result.district)
        draw_ways(ax, result.district, scale=0.8)
        layers, handles = result.layers(), list[Line2D]()
        stops, routes = (layers[name][layers[name]["trade"] == key] for name in ("circuits_stops", "circuits_routes"))
        for c, crew in enumerate(one.trade.crews):
            colour, dash = _CREWS[c % len(_CREWS)], _DASHES[c % len(_DASHES)]
            own = routes[routes["crew"] == crew.id]
            for line in own.geometry:
                ax.plot(*line.xy, color=colour, linestyle=dash, linewidth=1.1, alpha=0.7, zorder=4)
            there = stops[stops["crew"] == crew.id]
            size = 14 + 5 * there["wait"].to_numpy(np.float64)
            at = shapely.get_coordinates(there.geometry)
            look: dict[str, Any] = {"color": colour, "marker": _MARKS[c % len(_MARKS)]}
            ax.scatter(at[:, 0], at[:, 1], s=size, edgecolor="white", linewidth=0.6, zorder=6, **look)
            words = f"{crew.id}：{len(there)} 站，出工 {len(own)} 天"
            handles.append(Line2D([], [], linestyle=dash, label=words, **look))
        bases = result.district.stations.set_index("id").geometry[[crew.station for crew in one.trade.crews]]
        at = shapely.get_coordinates(np.asarray(bases.array, dtype=object))
        ax.scatter(at[:, 0], at[:, 1], s=150, facecolor="none", edgecolor="black", linewidth=1.3, zorder=7)
        base: dict[str, Any] = {"markerfacecolor": "none", "markeredgecolor": "black", "markersize": 11}
        handles.append(Line2D([], [], linestyle="", marker="o", label="出发处", **base))
        ax.autoscale_view()
        name_areas(ax, result.district)
        row = table[table["trade"] == key].iloc[0]
        ax.set_title(f"{one.trade.name}：{row['visits']} 次到站，居民平均等 {row['wait']:.1f} 天")
        furnish_map(ax, result.district, note="连线示意站序，不是走的路；点越大等得越久")
        map_legend(ax, handles, title="巡回队")
    return ax


@figure("circuits_curve", CircuitsResult, page=True)
def waiting_curve(result: CircuitsResult, ax: Axes | None = None) -> Axes:
    """Draw for each trade the days that residents wait against the crew days that it takes.

    Parameters
    ----------
    result
        The rounds.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        for number, (name, own) in enumerate(result.curve.groupby("name", sort=False)):
            colour, mark = _CREWS[number % len(_CREWS)], _MARKS[number % len(_MARKS)]
            whole, part = own[own["missed"] == 0], own[own["missed"] > 0]
            ax.plot(whole["crew_days"], whole["wait"], color=colour, marker=mark, linewidth=1.6, label=str(name))
            ax.scatter(part["crew_days"], part["wait"], facecolor="none", edgecolor=colour, marker=mark)
            for row in own.to_dict("records"):
                lack = f"，缺 {row['missed']} 次" if row["missed"] else ""
                ax.annotate(
                    f"×{row['times']:g}{lack}", (row["crew_days"], row["wait"]), (5, 5), textcoords="offset points",
                    fontsize=8.5, color=GREY, path_effects=[withStroke(linewidth=2.5, foreground="white")], zorder=4,
                )  # fmt: skip
        ax.set(xlabel=f"{len(result.problem.days) // 7} 周出工（队日）", ylabel="居民平均等候（天）")
        ax.set_ylim(bottom=0)
        ax.set_xlim(left=0)
        ax.legend(frameon=False)
        ax.set_title("多出工换少等候：到站次数的倍数")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.problem.said.walk)
    return ax


@figure("circuits_load", CircuitsResult)
def load_by_crew(result: CircuitsResult, ax: Axes | None = None) -> Axes:
    """Draw the hours of each crew at stops and on the road.

    Parameters
    ----------
    result
        The rounds.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        table = result.by_crew
        ax = axes_for(ax, (CHART_SIZE[0], max(CHART_SIZE[1], 0.34 * len(table) + 1.6)))
        y = np.arange(len(table))
        ax.barh(y, table["service"], color=ACCENT, height=0.7, edgecolor="white")
        ax.barh(y, table["road"], left=table["service"], color="#d9480f", hatch="////", height=0.7, edgecolor="white")
        for place, row in enumerate(table.to_dict("records")):
            words = f"出工 {row['days']} 天，用满 {row['filled']:.0%}" if row["days"] else "不出工"
            ax.text(row["hours"] + 1, place, words, va="center", fontsize=8, color=GREY)
        ax.set_yticks(y, [f"{name} {crew}" for name, crew in zip(table["name"], table["crew"], strict=True)])
        ax.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, 1.3 * max(1.0, float(table["hours"].max()))))
        ax.set_xlabel("用时（h）")
        handles = [Patch(facecolor=ACCENT, label="驻点"), Patch(facecolor="#d9480f", hatch="////", label="路上")]
        ax.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False)
        ax.set_title(f"各队负荷：路上占 {_share(table):.0%}")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.problem.said.balance)
        add_foot(ax, ["同一业态各队驻点用时的上限按可出工天数摊"])
    return ax


def _seated(result: CircuitsResult) -> bool:
    return len(result.presences) > 0


@figure("circuits_advice", CircuitsResult, page=True, when=_seated)
def presence_calendar(result: CircuitsResult, ax: Axes | None = None) -> Axes:
    """Draw on which half days an adviser sits in which community, each adviser's communities together.

    Parameters
    ----------
    result
        The rounds.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        assert result.advice is not None
        table = result.presences.sort_values(["adviser", "community"], ignore_index=True)
        ax = axes_for(ax, (CHART_SIZE[0], max(CHART_SIZE[1], 0.22 * len(table) + 1.6)))
        days, halves = result.problem.days, [begin for begin, _ in result.advice.halves]
        numbers, width = pd.factorize(table["adviser"])[0], 1 / len(halves)
        for day in np.flatnonzero(~result.advice.free.any(axis=0)):
            ax.axvspan(day - 0.5, day + 0.5, color="#eceae4", zorder=0)
        for row, (number, seat) in enumerate(zip(numbers, table.to_dict("records"), strict=True)):
            for day in seat["at"]:
                left = day - 0.5 + width * halves.index(seat["begin"])
                ax.barh(row, width, left=left, align="center", height=0.8, color=_CREWS[number % len(_CREWS)])
        for row in np.flatnonzero(np.diff(numbers)).tolist():
            ax.axhline(row + 0.5, color="#bbb5a8", linewidth=0.6)
        names = dict(zip(result.district.communities["id"], result.district.communities["name"], strict=True))
        labels = [f"{names[seat.community]} {seat.adviser}" for seat in table.itertuples()]
        ax.set_yticks(range(len(table)), labels, fontsize=7.5)
        ax.set_xticks(range(0, len(days), 7), [f"{one.date.month}/{one.date.day}" for one in days[::7]])
        ax.set(xlim=(-0.5, len(days) - 0.5), ylim=(len(table) - 0.4, -0.6), xlabel="周一的日期")
        ax.set_title(f"法律顾问驻点：{table['count'].sum()} 个半天，同一天最多 {result.fullest_day} 处")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.problem.said.presences)
        spans = "、".join(f"{hhmm(begin)}–{hhmm(end)}" for begin, end in result.advice.halves)
        add_foot(ax, [f"一格一天，从左到右：{spans}；灰：没有顾问可来（休息日、节假日、停摆日）"])
    return ax


def _share(table: pd.DataFrame) -> float:
    hours = float(table["hours"].sum())
    return float(table["road"].sum()) / hours if hours else 0.0
