"""Figures of works on rooms: what each amount of money serves, and what the chosen works cost."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter

from workbench.plot.style import ACCENT, CHART_SIZE, GREY, add_foot, axes_for, house_style, mark_ground
from workbench.rooms.problem import PRIORITIES
from workbench.rooms.works import WorksResult
from workbench.solving import Status

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
