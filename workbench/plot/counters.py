"""Figures of the service halls: who is served in time, when the windows are busy, and where two of them break."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from workbench.catalogue.halls import DAY_CELLS, QUARTER
from workbench.catalogue.terms import label
from workbench.counters.result import CountersResult
from workbench.counters.sizing import MOST_TIMES, load
from workbench.hours import WEEKDAYS
from workbench.plot.figures import figure
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    CLASSES,
    GREY,
    add_foot,
    axes_for,
    cite_standards,
    house_style,
    mark_ground,
)

_STATES = {"separate": ("#8d99a6", "s"), "pooled": ("#d9480f", "o"), "plan": (ACCENT, "D")}
_COLUMNS = {"separate": "prompt_separate", "pooled": "prompt_pooled", "plan": "prompt_plan"}
_TALL = (8.6, 9.2)
_SHORT = 12  # letters of a hall's name
_NAME_SIZE = 7.5


def _names(result: CountersResult) -> list[str]:
    """Return the names of the halls, the least robust first, without what all of them share."""
    return [result.names[key].removesuffix("党群服务中心")[:_SHORT] for key in result.by_hall["station"]]


def _foot(ax: Axes, result: CountersResult, *keys: str) -> None:
    mark_ground(ax, result.district)
    cite_standards(ax, result.scenario.register, *(getattr(result.said, key) for key in keys))
    if any(one.hall.assumed for one in result.answers):
        add_foot(ax, ["只知全年件数的大厅，到达时刻为假设【推】"])


@figure("counters_halls", CountersResult, page=True)
def share_in_time(result: CountersResult, ax: Axes | None = None) -> Axes:
    """Draw for each hall the share that is served in time in its worst season: separate, pooled, and with the plan.

    Parameters
    ----------
    result
        The halls.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _TALL)
        table, terms = result.by_hall, result.problem.terms
        y = np.arange(len(table))
        shares = {state: 100 * table[column].to_numpy(np.float64) for state, column in _COLUMNS.items()}
        known = np.vstack(list(shares.values()))
        ax.hlines(y, np.nanmin(known, axis=0), np.nanmax(known, axis=0), color="#d0ccc4", linewidth=2, zorder=1)
        handles = []
        for state, (colour, marker) in _STATES.items():
            if np.isfinite(shares[state]).any():
                size = 84 if state == "pooled" else 26  # seen where the plan is the same
                ax.scatter(shares[state], y, color=colour, marker=marker, s=size, zorder=2 if state == "pooled" else 3)
                words = f"{label(f'counters.{state}')}"
                handles.append(Line2D([], [], color=colour, marker=marker, linestyle="", label=words))
        ax.axvline(100 * terms.served, color=CLASSES["beyond"].colour, linewidth=1, linestyle="--", zorder=2)
        handles.append(Line2D([], [], color=CLASSES["beyond"].colour, linestyle="--", label=f"应 ≥ {terms.served:.0%}"))
        ax.set_yticks(y, _names(result), fontsize=_NAME_SIZE)
        ax.set(
            ylim=(len(table) - 0.4, -0.6), xlabel=f"最差一季 {terms.target:g} 分钟内得到接待的占比（%），分母：到厅的人"
        )
        ax.set_xlim(right=101)
        ax.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=4, frameon=False, fontsize=8.5
        )
        ax.set_title(f"逐厅：合并窗口够用的 {len(table) - len(result.short)} 个，不够的 {len(result.short)} 个")
        _foot(ax, result, "target", "served", "slowdown")
    return ax


@figure("counters_edge", CountersResult)
def what_two_windows_bear(result: CountersResult, ax: Axes | None = None) -> Axes:
    """Draw how many times as many people the pooled windows of each hall bear, the least robust at the top."""
    with house_style():
        ax = axes_for(ax, _TALL)
        times = result.by_hall["times"].to_numpy(np.float64)
        y = np.arange(len(times))
        looks = [CLASSES["within" if value >= 2 else "near" if value >= 1 else "beyond"] for value in times]
        for place, (value, look) in enumerate(zip(times, looks, strict=True)):
            ax.barh(place, value, color=look.colour, hatch=look.hatch, edgecolor="white", linewidth=0.3, height=0.72)
            words = f"> {MOST_TIMES:g}" if value >= MOST_TIMES else f"{value:.2f}"
            ax.text(value + 0.06, place, words, va="center", fontsize=_NAME_SIZE, color=GREY)
        ax.axvline(1, color="#333333", linewidth=1)
        ax.set_yticks(y, _names(result), fontsize=_NAME_SIZE)
        ax.set(ylim=(len(times) - 0.4, -0.6), xlim=(0, max(2.0, float(times.max())) * 1.1))
        ax.set_xlabel("合并窗口可承受的来人，本情景来人的倍数（1 = 本情景）")
        rows = (("beyond", "已不够（< 1）"), ("near", "余量不足一倍"), ("within", "可承受两倍及以上"))
        handles = [
            Patch(facecolor=CLASSES[key].colour, hatch=CLASSES[key].hatch, edgecolor="white", label=words)
            for key, words in rows
        ]
        ax.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3, frameon=False, fontsize=8.5
        )
        ax.set_title("来人增至几倍，合并窗口就不够")
        _foot(ax, result, "target", "served")
    return ax


@figure("counters_tide", CountersResult, page=True)
def busy_week(result: CountersResult, ax: Axes | None = None) -> Axes:
    """Draw the busiest week of the least robust hall: windows kept busy by the quarter-hour, and the tidal window."""
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, CHART_SIZE[1]))
        first = result.by_hall["station"][0]
        one = next(answer for answer in result.answers if answer.hall.station == first)
        season = max(one.hall.seasons, key=lambda s: s.people)
        busy = load(result.problem, one.hall, season, one.hall.open).reshape(-1, DAY_CELLS)
        shut = ~one.hall.open.reshape(-1, DAY_CELLS)
        cells = np.flatnonzero((busy > 0).any(axis=0) | (season.rate.reshape(-1, DAY_CELLS) > 0).any(axis=0))
        low, high = int(cells.min()), int(cells.max()) + 1
        windows = result.said.general + result.said.assist
        shown = np.ma.masked_where(shut, busy)[:, low:high]
        extent = (low / 4, high / 4, len(WEEKDAYS) - 0.5, -0.5)
        image = ax.imshow(
            shown, aspect="auto", extent=extent, cmap="YlOrBr", vmin=0, vmax=max(windows, float(busy.max()))
        )
        ax.set_facecolor("#ece9e3")
        for cell in one.tide.tidal.get(season.name, ()):
            day, place = divmod(cell, DAY_CELLS)
            box = Rectangle(
                (place * QUARTER / 60, day - 0.5), QUARTER / 60, 1, fill=False, hatch="////", edgecolor=ACCENT
            )
            box.set_linewidth(0)
            ax.add_patch(box)
        bar = ax.figure.colorbar(image, ax=ax, fraction=0.04, pad=0.02)
        bar.ax.axhline(windows, color="black", linewidth=1.5)
        bar.set_label(f"同时在办所需窗口（横线：{windows} 窗）", fontsize=8.5)
        ax.set_yticks(range(len(WEEKDAYS)), [label(day) for day in WEEKDAYS])
        ticks = np.arange(-(-low // 4), high // 4 + 1)
        ax.set_xticks(ticks, [f"{hour}:00" for hour in ticks], fontsize=8.5)
        handles = [Patch(facecolor="#ece9e3", label="未开放")]
        if one.tide.tidal.get(season.name):
            handles.append(Patch(facecolor="white", hatch="////", edgecolor=ACCENT, label="潮汐窗口开放"))
        ax.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.08), ncols=2, frameon=False, fontsize=8.5
        )
        why = "、".join(label(f"counters.{name}") for name in one.reasons)
        because = f"\n不够因{why}" if why else ""
        ax.set_title(f"{result.names[first]}最忙的一周（{label(season.name)}）：几个窗口在忙{because}")
        _foot(ax, result, "target", "served", "slowdown")
    return ax
