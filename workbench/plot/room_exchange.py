"""Figures of 以场地换服务: what each operator asks, gets and owes, and what is left of the rooms hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import matplotlib.patches as mpatches
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import MaxNLocator

from workbench.hours import WEEKDAYS
from workbench.plot.style import GREY, ClassStyle, add_foot, axes_for, house_style, mark_ground
from workbench.rooms import ExchangeResult
from workbench.solving import Status
from workbench.terms import label

BARS: Final[Mapping[str, ClassStyle]] = MappingProxyType(
    {
        "asked": ClassStyle("#dedad2", "", ""),
        "granted": ClassStyle("#2c8c6a", "", ""),
        "owed": ClassStyle("#f0c24b", "////", ""),
    }
)
"""What stands in the bars; they differ by colour and hatch."""
_NAMES: Final = {"asked": "申请自用", "granted": "获得自用", "owed": "承诺公益（获准者足额排入）"}
_VERDICTS = {
    "met": ("o", "#2c8c6a"),
    "poor": ("X", "#c8463d"),
    "unknown": ("D", "#9a9a9a"),
    "nothing": ("P", "#9a9a9a"),
}
_SHADES = LinearSegmentedColormap.from_list("leftover", ["#f6f1e7", "#bcd7e8", "#5b8fb9", "#1f3f8f"])
_GRID_SIZE = (11.6, 4.8)
_BAR, _STEP = 0.27, 0.52  # height of a bar, and of an operator on the page, inches
_GIVEN, _STRIP = "#a3440f", 0.34  # colour of what is given, and its part of a cell
_DARK = 0.55  # share of the scale above which figures in cells are white


def exchange_bars(result: ExchangeResult, ax: Axes | None = None) -> Axes:
    """Draw for each operator the hours it asks, those it gets, and the service it owes; last week's fulfilment beside.

    Admitted operators come first, each in the order of the ledger; marks of fulfilment differ by shape and colour.
    """
    with house_style():
        table = _ordered(result)
        ax = axes_for(ax, (9.6, 2.1 + _STEP * max(len(table), 3)))
        place = np.arange(len(table))
        for shift, key in zip((-_BAR, 0.0, _BAR), BARS, strict=True):
            _bars(ax, table, key, place + shift)
        most = float(max(table["asked"].max(), table["owed"].max(), 1.0))
        _mark_fulfilment(ax, table, 1.1 * most)
        names = [_named(result, number) for number in range(len(table))]
        ax.set_yticks(place, names, fontsize=8.5)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        ax.set(xlim=(0, 1.28 * most), ylim=(len(table) - 0.4, -0.6), xlabel="h/周")
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, fontsize=8, frameon=False, columnspacing=1.2)
        ax.set_title(_title(table), pad=26)
        mark_ground(ax, result.district, lift=22)
        least = result.problem.terms.least_fulfilment
        add_foot(ax, [f"公益服务另排，不占自用；上周履约率低于 {least:.0%} 者不予受理【推】", _proof(result)])
    return ax


def _ordered(result: ExchangeResult) -> pd.DataFrame:
    return result.by_operator.sort_values("admitted", ascending=False, kind="stable", ignore_index=True)


def _bars(ax: Axes, table: pd.DataFrame, key: str, place: np.ndarray) -> None:
    style = BARS[key]
    widths = table[key].fillna(0.0).to_numpy(np.float64)
    bars = ax.barh(
        place, widths, _BAR, label=_NAMES[key], color=style.colour, hatch=style.hatch, edgecolor="white", linewidth=0.4,
        zorder=2,
    )  # fmt: skip
    there = table["admitted"] | (key != "granted")
    texts = [f"{value:g}" if known else "未匹配" for value, known in zip(widths, there, strict=True)]
    ax.bar_label(bars, labels=texts, padding=2, fontsize=7.5, color=GREY)


def _title(table: pd.DataFrame) -> str:
    admitted, owed = int(table["admitted"].sum()), float(table["owed"].sum())
    service = float(table.loc[table["admitted"], "owed"].sum())
    return f"以场地换服务：{admitted}/{len(table)} 家运营方获准，公益足额排入 {service:g}/{owed:g} h"


def _named(result: ExchangeResult, number: int) -> str:
    row = _ordered(result).loc[number]
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    name = f"{row['name']}（{row['operator']}）"
    return f"{name}\n{stations[row['station']]} {row['rooms']}" if row["admitted"] else name


def _mark_fulfilment(ax: Axes, table: pd.DataFrame, where: float) -> None:
    """Write last week's fulfilment at the right of each operator, with a mark for the verdict."""
    for verdict, (marker, colour) in _VERDICTS.items():
        rows = np.flatnonzero(table["verdict"] == verdict)
        if not len(rows):
            continue
        text = f"上周履约{label(f'fulfilment.{verdict}')}"
        ax.scatter(np.full(len(rows), where), rows, s=34, marker=marker, color=colour, label=text, zorder=3)
        for row in rows.tolist():
            share = float(table["fulfilment"].iloc[row])
            said = label(f"fulfilment.{verdict}") if np.isnan(share) else f"{share:.0%}"
            ax.annotate(
                said, xy=(where, row), xytext=(8, 0), textcoords="offset points", va="center", fontsize=8.5,
                color=colour,
            )  # fmt: skip


def _proof(result: ExchangeResult) -> str:
    open_ = [stage for stage in result.plan.stages if stage.status is not Status.OPTIMAL]
    if not open_:
        return "各阶段均已证最优"
    return "未证完的阶段：" + "、".join(f"{label(f'exchange.{s.name}')}（差距 {s.gap:.1%}）" for s in open_)


def leftover_grid(result: ExchangeResult, ax: Axes | None = None) -> Axes:
    """Draw the ㎡ that the timetable leaves, hour by hour, one row a day; in the hatched hours operators get a part.

    The upper figure of a cell is what is left, the figure in the hatched part is what operators get of it.
    """
    with house_style():
        ax = axes_for(ax, _GRID_SIZE)
        left, given = (
            result.by_hour[key].to_numpy(np.float64).reshape(len(WEEKDAYS), -1) for key in ("left_m2", "given_m2")
        )
        peak = max(1.0, float(left.max()))
        edges = np.arange(left.shape[1] + 1)
        mesh = ax.pcolormesh(edges, np.arange(len(WEEKDAYS) + 1) - 0.5, left, cmap=_SHADES, vmin=0, vmax=peak)
        for (day, hour), value in np.ndenumerate(left):
            _write_cell(ax, (day, hour), float(value), float(given[day, hour]), peak)
        ax.set_yticks(range(len(WEEKDAYS)), [label(day) for day in WEEKDAYS])
        ax.set_xticks(range(0, 25, 2), [f"{hour:02d}:00" for hour in range(0, 25, 2)])
        ax.set_ylim(len(WEEKDAYS) - 0.5, -0.5)
        rooms = sum(len(centre.rooms) for centre in result.problem.centres)
        ax.set_xlabel(
            f"格内为排期后剩余的 ㎡（逐时平均）；有排期的中心 {len(result.problem.centres)} 处、房间 {rooms} 间"
        )
        figure = ax.get_figure()
        if figure is not None:
            figure.colorbar(mesh, ax=ax, pad=0.01, shrink=0.9).set_label("剩余（㎡）")
        hatched = mpatches.Patch(facecolor="white", edgecolor=_GIVEN, hatch="/////", label="其中给予运营方（㎡）")
        ax.legend(handles=[hatched], loc="lower left", bbox_to_anchor=(0.5, 1.0), fontsize=8.5, frameon=False)
        whole, part = float(left.sum()), float(given.sum())
        share = f"{part / whole:.1%}" if whole else "—"
        ax.set_title(f"一周剩余场地 {whole:,.0f} ㎡·h，给予运营方 {share}", pad=20)
        mark_ground(ax, result.district)
        keep = result.problem.terms.room_share
        add_foot(
            ax,
            [
                f"剩余＝开放、非保留办公、未被活动（含布场清场）占用；每室至多出让开放时间的 {keep:.0%}【推】",
                _proof(result),
            ],
        )
    return ax


def _write_cell(ax: Axes, at: tuple[int, int], left: float, given: float, peak: float) -> None:
    """Write the ㎡ of one cell, and those that are given in a hatched part of it."""
    day, hour = at
    if left <= 0:
        return
    colour = "white" if left > _DARK * peak else "#333333"
    up = 0.14 if given > 0 else 0.0
    ax.annotate(f"{left:,.0f}", xy=(hour + 0.5, day - up), ha="center", va="center", fontsize=6.8, color=colour)
    if given > 0:
        size = (1.0, _STRIP)
        ax.add_patch(
            mpatches.Rectangle(
                (hour, day + 0.5 - _STRIP), *size, facecolor="white", edgecolor=_GIVEN, hatch="/////", linewidth=0.6
            )
        )
        box = {"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none"}
        middle = (hour + 0.5, day + 0.5 - _STRIP / 2)
        ax.annotate(
            f"{given:,.0f}", xy=middle, ha="center", va="center", fontsize=6.4, color=_GIVEN, bbox=box, zorder=4
        )
