"""Figures of the season's programme: its calendar, and whom it reaches."""

from __future__ import annotations

import datetime as dt

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from workbench.catalogue.scenes import catalogue
from workbench.plot.figures import figure
from workbench.plot.style import ACCENT, GREY, axes_for, cite_standards, house_style, mark_ground
from workbench.programme.result import ProgrammeResult

_TALL = (9.0, 9.2)
_NAME_SIZE = 7.5
_COLOURS = (
    "#1f3f8f",
    "#d9480f",
    "#2c8c6a",
    "#b8860b",
    "#7a4fa0",
    "#5b6770",
    "#c2568c",
    "#3b8ea5",
    "#8c6d31",
    "#444444",
)
_HATCHES = ("", "///", "\\\\\\", "xxx", "...", "---", "+++", "ooo", "**", "||")


@figure("programme_calendar", ProgrammeResult, page=True)
def season_calendar(result: ProgrammeResult, ax: Axes | None = None) -> Axes:
    """Draw what is on when in which community; on one day side by side.

    Parameters
    ----------
    result
        The programme.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _TALL)
        table, first = result.by_event, result.problem.days[0]
        kinds = {name: place % len(_COLOURS) for place, name in enumerate(dict.fromkeys(result.by_type["event"]))}
        order = {name: place for place, name in enumerate(result.by_community["community"].sort_values())}
        for (community, date), own in table.groupby(["community", "date"], sort=True):
            day = (dt.date.fromisoformat(str(date)) - first).days
            for place, event in enumerate(own["event"]):
                height = 0.84 / len(own)
                ax.barh(
                    order[str(community)] - 0.42 + height * (place + 0.5), 1.6, left=day - 0.3, height=height,
                    color=_COLOURS[kinds[event]], hatch=_HATCHES[kinds[event]], edgecolor="white", linewidth=0.2,
                )  # fmt: skip
        weeks = range(0, len(result.problem.days), 7)
        for week in weeks:
            ax.axvline(week - 0.5, color="#e4e0d8", linewidth=0.6, zorder=0)
        labels = [f"{day.month}/{day.day}" for day in result.problem.days[::7]]
        ax.set_xticks(list(weeks), labels, fontsize=_NAME_SIZE)
        names = [result.names.get(key, key) for key in order]
        ax.set_yticks(range(len(order)), names, fontsize=_NAME_SIZE)
        ax.set(xlim=(-1, len(result.problem.days)), ylim=(len(order) - 0.4, -0.6), xlabel="周一的日期")
        handles = [
            Patch(facecolor=_COLOURS[place], hatch=_HATCHES[place], edgecolor="white", label=name)
            for name, place in kinds.items()
        ]
        ax.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=4, frameon=False, fontsize=8.5
        )
        ax.set_title(f"季度活动日历：{len(table)} 场")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.said.apart, result.said.gap, result.said.rain_days)
    return ax


@figure("programme_audiences", ProgrammeResult)
def served_audiences(result: ProgrammeResult, ax: Axes | None = None) -> Axes:
    """Draw for each audience the share of residents near a station that have something for them within five minutes.

    Called as :func:`season_calendar` is.
    """
    with house_style():
        ax = axes_for(ax, (7.6, 3.6))
        table = result.by_audience.sort_values("share", kind="stable")
        y = np.arange(len(table))
        ax.barh(y, np.full(len(table), 100.0), color="#ece8df", height=0.6)
        ax.barh(y, table["share"], color=ACCENT, height=0.6)
        for place, row in enumerate(table.to_dict("records")):
            words = f"{row['share']:.0f}%  {row['served']:,} / {row['residents']:,} 人，{row['events']} 场"
            ax.text(101, place, words, va="center", fontsize=8.5, color=GREY)
        ax.set_yticks(y, [catalogue().audiences[name].label for name in table["audience"]])
        ax.set(xlim=(0, 100), xlabel="5 分钟内有活动的占比（%），分母：5 分钟内有阵地的居民")
        ax.set_title("各人群够得着活动的占比")
        mark_ground(ax, result.district, lift=14)
        cite_standards(ax, result.scenario.register, result.scenario.coverage.time)
    return ax
