"""Figures of what stations are worth: the marginal curve, each new station's part in the plan, and what it costs."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from workbench.coverage.measure import MISSING
from workbench.planning import CurveResult, SitingResult
from workbench.planning.result import objective_unit
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    GREY,
    add_foot,
    axes_for,
    cite_standards,
    house_style,
    mark_ground,
)
from workbench.solving import Status
from workbench.terms import Mode, label

Floats = npt.NDArray[np.float64]

_PROVEN, _OPEN = ACCENT, "#c8463d"
_BAR, _KNEE, _TODAY = "#9fb4d6", "#b7791f", "#2c8c6a"
_ADDS, _OVERLAP, _ALONE, _SWAP = "#0b7a4b", "#cfd8d3", "#1f3f8f", "#d9480f"
THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")


def marginal_curve(result: CurveResult, ax: Axes | None = None) -> Axes:
    """Draw the objective for every number of new stations above what each further station is worth.

    Proven points are filled; where a proof is missing the ring is hollow and a line leads from it to the bound. Today,
    the number that the scenario asks for and the knee are marked.

    Parameters
    ----------
    result
        The curve.
    ax
        Axes whose place the two panels take; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 6.6))
        ax.set_axis_off()
        upper, lower = ax.inset_axes((0.0, 0.42, 1.0, 0.55)), ax.inset_axes((0.0, 0.0, 1.0, 0.30))
        question, unit = result.siting.question, objective_unit(result.siting.question)
        _draw_curve(upper, result)
        _draw_steps(lower, result)
        for panel in (upper, lower):
            panel.yaxis.set_major_formatter(THOUSANDS)
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel.grid(axis="y", color="#e5e2dc", zorder=0)
            panel.set_xlim(*_span(result))
        total = f"{question.demand.total:,.0f} {question.demand.unit}"
        what = f"覆盖的{'居民' if question.wish.who == 'residents' else '住户'}" if result.maximises else "步行总量"
        upper.set_ylabel(f"{what}（{unit}）")
        free = int((question.rules.barred == "").sum())
        lower.set(
            xlabel=f"新增阵地（处；可用候选 {free:,} 处）",
            ylabel=f"再增一处{'可得' if result.maximises else '可省'}（{unit}）",
        )
        ax.set_title(f"边际曲线：每种数量的最优方案（{label(question.mode)}；分母：{total}）", pad=20)
        mark_ground(ax, result.siting.before.district)
        _cite_limit(ax, result.siting)
        add_foot(ax, ["拐点＝离首末连线最远处（Satopää 等，2011），只说明曲线在何处变缓，不是应建数量"])
    return ax


def _span(result: CurveResult) -> tuple[float, float]:
    first, last = (float(result.new.min()), float(result.new.max())) if len(result.new) else (0.0, 1.0)
    return first - 0.7, last + 0.7


def _draw_curve(ax: Axes, result: CurveResult) -> None:
    new, worth, bound = result.new.astype(np.float64), result.objective, result.bound
    proven = np.array([plan.status is Status.OPTIMAL for plan in result.plans], bool)
    known = np.isfinite(worth)
    open_ = known & ~proven
    ax.plot(new[known], worth[known], color=_PROVEN, linewidth=1.1, zorder=2)
    if proven.any():
        ax.scatter(new[proven], worth[proven], s=16, color=_PROVEN, zorder=3, label=f"已证最优（{proven.sum()} 点）")
    if open_.any():
        widest = max(plan.gap for plan, one in zip(result.plans, open_, strict=True) if one)
        text = f"未证最优（{open_.sum()} 点）：竖线到界，差距最大 {widest:.2%}"
        look: dict[str, Any] = {"s": 26, "facecolors": "white", "edgecolors": _OPEN, "linewidths": 1.1, "zorder": 3}
        ax.scatter(new[open_], worth[open_], label=text, **look)
        bounded = open_ & np.isfinite(bound)
        ax.vlines(new[bounded], worth[bounded], bound[bounded], color=_OPEN, linewidth=0.9, zorder=2)
        ax.scatter(new[bounded], bound[bounded], marker="_", s=26, color=_OPEN, linewidths=1.0, zorder=2)
    for number, words, colour, marker in _marked(result):
        at = np.flatnonzero(known & (result.new == number))
        if len(at):
            text = f"{words}：{number} 处，{worth[at[0]]:,.0f}"
            ring: dict[str, Any] = {"s": 110, "marker": marker, "facecolors": "none", "edgecolors": colour}
            ax.scatter(new[at], worth[at], linewidths=1.6, zorder=4, label=text, **ring)
    ax.legend(loc="lower right" if result.maximises else "upper right", fontsize=8.5)


def _marked(result: CurveResult) -> list[tuple[int, str, str, str]]:
    """Return the numbers that are marked, with words, colour and marker."""
    wish = result.siting.question.wish
    found = [(0, "现状", _TODAY, "s")]
    if wish.most_stations is not None:
        found.append((wish.most_stations, "本情景", "black", "o"))
    if result.knee is not None:
        found.append((result.knee, "拐点", _KNEE, "D"))
    return found


def _draw_steps(ax: Axes, result: CurveResult) -> None:
    """Draw what each station adds; hatched where one of the two plans is not proven."""
    gain = result.marginal
    sure = np.array([plan.status is Status.OPTIMAL for plan in result.plans], bool)
    sure &= np.concatenate([[True], sure[:-1]])[: len(sure)]
    for mask, hatch, words in ((sure, "", "两端均已证"), (~sure, "////", "未证：只是现有方案之差")):
        shown = mask & np.isfinite(gain)
        if shown.any():
            look: dict[str, Any] = {"color": _BAR, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.bar(result.new[shown], gain[shown], 0.8, zorder=2, label=words, **look)
    if not sure.all():
        ax.legend(loc="upper right", fontsize=8)
    if result.knee is not None:
        ax.axvline(result.knee + 0.5, color=_KNEE, linewidth=0.9, linestyle="--", zorder=3)


def _cite_limit(ax: Axes, siting: SitingResult, *more: str | None) -> None:
    rules = siting.scenario.coverage
    limit = rules.time if siting.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, siting.scenario.register, limit, *more)


def site_reasons(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Draw for each new station whom only it covers, whom others cover too, what it adds alone, and its replacement.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        table = result.to_frame()
        unit = result.question.demand.unit
        ax = axes_for(ax, (CHART_SIZE[0] + 2.4, 2.0 + 0.3 * max(len(table), 4)))
        places = np.arange(len(table))
        lost, overlap = table["lost_without"].to_numpy(np.float64), table["overlap"].to_numpy(np.float64)
        ax.barh(places, lost, 0.62, color=_ADDS, edgecolor="white", linewidth=0, zorder=2)
        look: dict[str, Any] = {"color": _OVERLAP, "hatch": "////", "edgecolor": "#8a9a92", "linewidth": 0}
        ax.barh(places, overlap, 0.62, left=lost, zorder=2, **look)
        alone = table["adds_alone"].to_numpy(np.float64)
        ax.scatter(alone, places, marker="D", s=26, c=_ALONE, edgecolors="white", linewidths=0.6, zorder=4)
        swap = table["replacement_loss"].to_numpy(np.float64)
        ax.vlines(swap, places - 0.38, places + 0.38, color=_SWAP, linewidth=2.2, zorder=5)
        _write_replacements(ax, table, lost + overlap)
        ax.set_yticks(places, _site_names(result))
        right = float(np.nanmax([1.0, *(lost + overlap), *alone]))
        left = min(0.0, float(np.nanmin([0.0, *swap])))
        ax.set(
            xlim=(1.05 * left, 1.42 * right),
            ylim=(max(len(table), 1) - 0.4, -0.6),
            xlabel=f"{label(result.question.mode)}可及的{unit}数（各站之间不可直接相加）",
        )
        ax.xaxis.set_major_formatter(THOUSANDS)
        ax.axvline(0, color="black", linewidth=0.7)
        ax.set_title(f"为什么是这 {len(table)} 处：每处新站在方案里的作用", pad=38)
        ax.legend(
            handles=_reason_handles(), loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, fontsize=8.5, frameon=False
        )
        mark_ground(ax, result.before.district, lift=18)
        _cite_limit(ax, result)
    return ax


def _reason_handles() -> list[Any]:
    return [
        Patch(facecolor=_ADDS, label="缺它损失（只有它覆盖）"),
        Patch(facecolor=_OVERLAP, hatch="////", edgecolor="#8a9a92", label="与其他站重叠"),
        Line2D([], [], marker="D", color="none", markerfacecolor=_ALONE, markersize=6, label="单独新增（只建它）"),
        Line2D([], [], marker="|", color="none", markeredgecolor=_SWAP, markeredgewidth=2.2, markersize=11,
               label="换成最佳替代的损失"),
    ]  # fmt: skip


def _write_replacements(ax: Axes, table: pd.DataFrame, ends: Floats) -> None:
    for place, row in enumerate(table.to_dict("records")):
        end = max(float(ends[place]), float(row["adds_alone"]))
        other, words = row["replacement"], "无可替代（规则不许或无候选）"
        if other:
            loss = float(row["replacement_loss"])
            words = f"替代 {other}：{'损失' if loss >= 0 else '反多'} {abs(loss):,.0f}"
        ax.annotate(
            f"缺它 {row['lost_without']:,.0f}　{words}", xy=(end, place), xytext=(7, 0), textcoords="offset points",
            va="center", fontsize=8, color="black" if other else GREY,
        )  # fmt: skip


def _site_names(result: SitingResult) -> list[str]:
    """Return number, identifier and name of each new station, numbered as on the map."""
    ledger = result.question.candidates.ledger.iloc[result.new_sites - result.question.first_candidate]
    rows = zip(ledger["id"], ledger["name"], strict=True)
    return [f"{number}  {identifier} {name}" for number, (identifier, name) in enumerate(rows, 1)]


_RANGE: Final = "#e7c9a5"
_MIDDLE: Final = "#7a4a12"


def investment_ranges(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Draw what each new station costs as a range, and all of them together in the title.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        table = result.to_frame()
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 1.9 + 0.28 * max(len(table), 4)))
        spread = result.scenario.standard(result.question.wish.cost_spread)
        capex, places = table["capex"].to_numpy(np.float64), np.arange(len(table))
        low, high = capex * (1 - spread), capex * (1 + spread)
        look: dict[str, Any] = {"color": _RANGE, "hatch": "\\\\\\", "edgecolor": "white", "linewidth": 0}
        ax.barh(places, high - low, 0.5, left=low, zorder=2, label=f"投资区间（±{spread:.0%}）", **look)
        ax.vlines(capex, places - 0.32, places + 0.32, color=_MIDDLE, linewidth=1.8, zorder=3, label="台账估值")
        for place, row in enumerate(table.to_dict("records")):
            known = np.isfinite(capex[place])
            area = f"{row['floor_area_m2']:,.0f} ㎡" if np.isfinite(row["floor_area_m2"]) else f"面积{MISSING}"
            text = f"{low[place]:,.0f}–{high[place]:,.0f}（{area}）" if known else f"{MISSING}（{area}）"
            ax.annotate(text, xy=(high[place] if known else 0.0, place), xytext=(5, 0), textcoords="offset points",
                        va="center", fontsize=8)  # fmt: skip
        ax.set_yticks(places, _site_names(result))
        ax.set(
            xlim=(0, 1.3 * float(np.nanmax([1.0, *high]))),
            ylim=(max(len(table), 1) - 0.4, -0.6),
            xlabel="新站投资（万元；不含年运行费）",
        )
        total, least, most = result.investment
        said = f"合计{MISSING}（有的场所造价不详）" if total is None else f"合计 {least:,.0f}–{most:,.0f} 万元"
        ax.set_title(f"投资估算：{len(table)} 处，{said}", pad=20)
        ax.legend(loc="lower right", fontsize=8.5)
        mark_ground(ax, result.before.district)
        cite_standards(ax, result.scenario.register, result.question.wish.cost_spread)
    return ax
