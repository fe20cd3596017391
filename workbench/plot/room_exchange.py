"""Figures of 以场地换服务: what each operator asks, gets and owes, and what is left of the rooms hour by hour."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from workbench.arrays import Floats
from workbench.catalogue.terms import label
from workbench.hours import WEEKDAYS
from workbench.plot.figures import figure
from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
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
from workbench.rooms import ExchangeResult, LinkedResult
from workbench.rooms.problem import PRIORITIES
from workbench.rooms.works import WorksResult
from workbench.scenario.rooms import Linking
from workbench.solving import Status

# ----------------------------------------------------------------------------------------------------------------------
# The map of linked centres: which activities go where, over the walks that would allow it.


_SERVED, _OTHER, _WALK = "#d9480f", "#1f5fa8", "#8d99a6"
_BEND = 0.22  # so that arrows to and fro lie side by side
_THIN, _THICK = 1.4, 5.0  # points
_MANY = 10  # activities from which on an arrow is at its thickest
_MARGIN_M = 250.0  # around the centres that could help each other out


@figure("room_links", LinkedResult, page=True)
def links_map(result: LinkedResult, ax: Axes | None = None) -> Axes:
    """Map the moves between centres: arrows by number of activities, over the walks within the limit.

    An arrow is in the colour of what is newly served as soon as one of its activities is; its number is that of the
    activities. The map shows the centres between which there is a walk, or the district where there is none.

    Parameters
    ----------
    result
        Linked centres.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        stations = district.stations[district.stations["id"].isin(list(result.links.centres))]
        places = {
            str(name): point
            for name, point in zip(stations["id"], stations.geometry.get_coordinates().to_numpy(), strict=True)
        }
        handles: list[Artist] = [*draw_stations(ax, stations)]
        handles += _draw_walks(ax, result, places)
        ax.autoscale_view()
        _look_at(ax, result.by_pair, places)
        handles += _draw_moves(ax, result, places)
        _name_centres(ax, result, places)
        ax.set_title(_headline(result))
        furnish_map(ax, district, note=_note(result))
        cite_standards(ax, result.scenario.register, _said(result).limit)
        map_legend(ax, handles, title="中心间调剂")
    return ax


def _said(result: LinkedResult) -> Linking:
    return result.scenario.rooms.linking or Linking()


def _draw_walks(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> list[Line2D]:
    """Draw every pair with a walk, once."""
    both = {tuple(sorted(pair)) for pair in zip(result.by_pair["from"], result.by_pair["to"], strict=True)}
    if not both:
        return []
    lines = [np.stack([places[a], places[b]]) for a, b in sorted(both)]
    look: dict[str, Any] = {"colors": _WALK, "linewidths": 1.1, "linestyles": [(0, (4, 3))], "zorder": 8}
    ax.add_collection(LineCollection(lines, **look), autolim=False)
    limit = result.scenario.standard(_said(result).limit)
    words = f"步行 ≤ {limit:g} min（{len(both)} 对，示意连线）"
    return [Line2D([], [], color=_WALK, linewidth=1.1, linestyle=(0, (4, 3)), label=words)]


def _look_at(ax: Axes, pairs: pd.DataFrame, places: dict[str, Floats]) -> None:
    """Show the centres that could help each other out, in a square: a narrow map has no room for its title."""
    names = sorted({*pairs["from"], *pairs["to"]})
    if not names:
        return
    points = np.stack([places[name] for name in names])
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2 + _MARGIN_M
    ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))


def _draw_moves(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> list[Line2D]:
    moves = result.moves
    if moves.empty:
        return []
    served = moves[moves["why"] == "served"]
    newly = set(zip(served["from"], served["to"], strict=True))
    used = result.by_pair[result.by_pair["activities"] > 0]
    for a, b, count in zip(used["from"], used["to"], used["activities"], strict=True):
        colour = _SERVED if (a, b) in newly else _OTHER
        width = _THIN + (_THICK - _THIN) * min(1.0, float(count) / _MANY)
        ax.add_patch(
            FancyArrowPatch(
                tuple(places[a]), tuple(places[b]), connectionstyle=f"arc3,rad={_BEND}", arrowstyle="-|>",
                mutation_scale=9 + 2 * width, shrinkA=5, shrinkB=6, linewidth=width, color=colour, alpha=0.9, zorder=9,
            )
        )  # fmt: skip
        _number(ax, places[a], places[b], int(count), colour)
    found = [(_SERVED, f"含现可排上的活动（{len(served)} 项）"), (_OTHER, "仅为腾房、让位或随行")]
    kinds = [(colour, words) for colour, words in found if colour == _OTHER or len(served)]
    handles = [Line2D([], [], color=colour, linewidth=3, label=words) for colour, words in kinds]
    return [*handles, Line2D([], [], color="none", label=f"数字：活动数（共 {len(moves)} 项）")]


def _number(ax: Axes, start: Floats, end: Floats, count: int, colour: str) -> None:
    """Write a number on the middle of a bent arrow."""
    along = end - start
    middle = (start + end) / 2 + _BEND / 2 * np.array([along[1], -along[0]])
    box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": colour, "lw": 1.0}
    ax.annotate(
        str(count), xy=(middle[0], middle[1]), ha="center", va="center", fontsize=8, color=colour, bbox=box, zorder=12
    )


def _name_centres(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> None:
    table = result.district.stations
    rows = zip(table["id"], table["name"], table["kind"], strict=True)
    names = {key: str(name).removesuffix(label(kind)) or str(name) for key, name, kind in rows}
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75}
    used = result.by_pair[result.by_pair["activities"] > 0]
    for name in sorted({*used["from"], *used["to"]}):
        ax.annotate(
            names[name], xy=(places[name][0], places[name][1]), xytext=(0, -11), textcoords="offset points",
            ha="center", va="top", fontsize=7, color="#333333", bbox=box, zorder=11,
        )  # fmt: skip


def _headline(result: LinkedResult) -> str:
    found = {kpi.key: kpi for kpi in result.kpis()}
    moved, gained = found["links.moved"], found["links.sessions_gained"]
    rooms = found["links.rooms_released"]
    if not moved.value:
        return f"中心间调剂：无（分母：{moved.of:,.0f} 项活动）"
    return (
        f"中心间调剂 {moved.value:,.0f}/{moved.of:,.0f} 项活动：增排 {gained.value:,.0f}/{gained.of:,.0f} 场，"
        f"再释放 {rooms.value:,.0f}/{rooms.of:,.0f} 室"
    )


def _note(result: LinkedResult) -> str:
    """Say how far the result is from its bounds; lines are drawn straight, walks are not."""
    stages = result.by_stage.set_index("stage")
    scale, unit = (10.0, "㎡") if result.scenario.rooms.release == "area" else (1.0, "室")
    value, bound = (stages[column].to_dict()["release"] / scale for column in ("after", "bound"))
    proof = f"使用 {value:,.0f} {unit}，需求满足不减时不少于 {bound:,.0f} {unit}"
    return f"{proof}；步行按各活动人群步速沿路网计，连线仅示意"


# ----------------------------------------------------------------------------------------------------------------------
# Figures of works on rooms: what each amount of money serves, and what the chosen works cost.


_BUDGET, _CHOSEN = "#b7791f", "#c8463d"
_UNSERVED: Final = {1: ("#1f3f8f", ""), 2: ("#7f97cb", "////"), 3: ("#d5dcec", "....")}
"""Colour and hatch of need that is not served, by priority."""
_GIVES: Final = {
    "join": ("合室", "#1f3f8f", ""),
    "sound": ("隔声", "#b7791f", "////"),
    "water": ("上下水", "#2c8c6a", "\\\\\\\\"),
    "power": ("动力电", "#8c1515", "xxxx"),
    "private": ("私密", "#6b5b95", "...."),
    "equipment": ("设备", "#9fb4d6", "----"),
}
"""Label, colour and hatch of what works give."""
_ASSUMED = "单价与工期为整理假设【推】，以实际报价为准"
_MOST_BARS = 40
_THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")


@figure("room_works_budget", WorksResult, page=True)
def works_curve(result: WorksResult, ax: Axes | None = None) -> Axes:
    """Draw the need that is served for each amount of money, above the need that is not, by priority.

    The budget is a line, and the works that were chosen are a ring; where a proof is missing, the ring is hollow.

    Parameters
    ----------
    result
        The works.
    ax
        Axes whose place the two panels take; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 6.4))
        ax.set_axis_off()
        upper, lower = ax.inset_axes((0.0, 0.44, 1.0, 0.52)), ax.inset_axes((0.0, 0.0, 1.0, 0.33))
        table, budget = result.frontier, float(result.limits.budget)
        last = max(budget, float(table["cost"].max()), 1.0)
        most = 1.04 * last
        money = np.append(table["cost"].to_numpy(np.float64), most)
        _draw_served(upper, result, money)
        _draw_unserved(lower, table, money)
        for panel in (upper, lower):
            panel.axvline(budget, color=_BUDGET, linewidth=1.0, linestyle="--", zorder=3)
            panel.set_xlim(0, most)
            panel.xaxis.set_major_formatter(_THOUSANDS)
            panel.yaxis.set_major_formatter(_THOUSANDS)
            panel.grid(axis="y", color="#e5e2dc", zorder=0)
        asked = float(table["served"].iloc[0]) + float(table[[f"need_{p}" for p in PRIORITIES]].iloc[0].sum())
        upper.set_ylabel("每周满足的需求（人时）")
        lower.set(xlabel="改造费用（元）", ylabel="仍未满足（人时）")
        ax.set_title(f"改造预算曲线（分母：每周需求 {asked:,.0f} 人时）", pad=20)
        mark_ground(ax, result.district)
        add_foot(ax, [_ASSUMED, "逐级优先：先少缺优先级 1，再 2、3，最后省钱；故总人时可能随预算略降"])
    return ax


def _draw_served(ax: Axes, result: WorksResult, money: np.ndarray) -> None:
    table, budget = result.frontier, result.limits.budget
    served = table["served"].to_numpy(np.float64)
    ax.step(money, np.append(served, served[-1]), where="post", color=ACCENT, linewidth=1.6, zorder=2)
    ax.scatter(table["cost"], served, s=10, color=ACCENT, zorder=3)
    proven, spent = result.status == Status.OPTIMAL, result.spent
    gained = float((result.by_centre["unserved_before"] - result.by_centre["unserved_after"]).sum())
    ring: dict[str, Any] = {"s": 95, "facecolors": _CHOSEN if proven else "none", "edgecolors": _CHOSEN, "zorder": 4}
    proof = "已证最优" if proven else "未证最优"
    words = f"本情景：{len(result.works)} 项，{spent:,} 元，多满足 {gained:,.0f} 人时（{proof}）"
    ax.scatter([spent], [served[0] + gained], linewidths=1.6, label=words, **ring)
    ax.plot([], [], color=_BUDGET, linewidth=1.0, linestyle="--", label=f"预算 {budget:,} 元")
    low, high = float(served.min()), max(float(served.max()), served[0] + gained)
    pad = 0.08 * max(high - low, 1.0)
    ax.set_ylim(low - pad, high + 2 * pad)
    ax.legend(loc="lower right", fontsize=8.5, framealpha=1)


def _draw_unserved(ax: Axes, table: pd.DataFrame, money: np.ndarray) -> None:
    """Stack what is not served, the first priority at the bottom."""
    floor = np.zeros(len(money))
    for priority in PRIORITIES:
        need = table[f"need_{priority}"].to_numpy(np.float64)
        top = floor + np.append(need, need[-1])
        colour, hatch = _UNSERVED[priority]
        look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
        ax.fill_between(money, floor, top, step="post", zorder=2, label=f"优先级 {priority}", **look)
        floor = top
    ax.set_ylim(0, max(1.25 * float(floor.max()), 1.0))
    ax.legend(loc="upper right", fontsize=8.5, ncols=3, framealpha=1)


@figure("room_works", WorksResult)
def works_bars(result: WorksResult, ax: Axes | None = None) -> Axes:
    """Draw what each of the chosen works costs, the dearest first, with its days and whom it serves.

    Parameters
    ----------
    result
        The works.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        table = result.works.sort_values(["cost", "station", "room", "work"], ascending=[False, True, True, True])
        shown = table.head(_MOST_BARS)
        ax = axes_for(ax, (CHART_SIZE[0] + 3.2, 1.9 + 0.3 * max(len(shown), 4)))
        places = np.arange(len(shown))
        for place, row in enumerate(shown.to_dict("records")):
            _, colour, hatch = _GIVES[row["gives"]]
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.barh(place, row["cost"], 0.62, zorder=2, **look)
            text = f"{row['cost']:,} 元 · {row['days']} 天 · {_served(result, row['activities'])}"
            text += f" {row['person_hours']:,.0f} 人时/周"
            ax.annotate(
                text, xy=(row["cost"], place), xytext=(5, 0), textcoords="offset points", va="center", fontsize=8
            )
        ax.set_yticks(places, _names(result, shown), fontsize=8.5)
        dearest = float(shown["cost"].max()) if len(shown) else 1.0
        ax.set(xlim=(0, 1.75 * dearest), ylim=(max(len(shown), 1) - 0.4, -0.6), xlabel="改造费用（元）")
        ax.xaxis.set_major_formatter(_THOUSANDS)
        ax.set_title(_heading(result, len(shown)), pad=20)
        kinds = [key for key in _GIVES if key in set(shown["gives"])]
        handles = [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", linewidth=0, label=words)
            for words, colour, hatch in (_GIVES[key] for key in kinds)
        ]
        if handles:
            ax.legend(handles=handles, loc="lower right", fontsize=8.5)
        else:
            ax.text(0.5, 0.5, "预算内没有值得做的改造", transform=ax.transAxes, ha="center", va="center", color=GREY)
        mark_ground(ax, result.district)
        add_foot(ax, [_ASSUMED, "人时＝缺此项即无处安排的活动；一场活动可能同时靠几项改造，各行不可相加"])
    return ax


def _heading(result: WorksResult, shown: int) -> str:
    said = f"改造清单：{len(result.works)} 项，{result.spent:,} 元（预算 {result.limits.budget:,} 元）"
    return said if shown == len(result.works) else f"{said}，示最贵的 {shown} 项"


def _served(result: WorksResult, activities: str) -> str:
    """Return the first activity that a work lets in, and how many more there are."""
    names = dict(zip(result.base.activities["id"], result.base.activities["name"], strict=True))
    own = list(dict.fromkeys(names[key] for key in activities.split(";")))
    return own[0] if len(own) == 1 else f"{own[0]}等 {len(own)} 种"


def _names(result: WorksResult, table: pd.DataFrame) -> list[str]:
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    kinds = result.base.functions.works
    return [
        f"{kinds[row['work']].label}  {row['room']}  {stations[row['station']]}" for row in table.to_dict("records")
    ]


# ----------------------------------------------------------------------------------------------------------------------
# Figures of 以场地换服务: what each operator asks, gets and owes, and what is left of the rooms hour by hour.


_BARS: Final[Mapping[str, ClassStyle]] = MappingProxyType(
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


@figure("room_exchange", ExchangeResult, page=True)
def exchange_bars(result: ExchangeResult, ax: Axes | None = None) -> Axes:
    """Draw for each operator the hours it asks, those it gets, and the service it owes; last week's fulfilment beside.

    Admitted operators come first, each in the order of the ledger; marks of fulfilment differ by shape and colour.
    """
    with house_style():
        table = _ordered(result)
        ax = axes_for(ax, (9.6, 2.1 + _STEP * max(len(table), 3)))
        place = np.arange(len(table))
        for shift, key in zip((-_BAR, 0.0, _BAR), _BARS, strict=True):
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
    style = _BARS[key]
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


@figure("room_leftover", ExchangeResult)
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
