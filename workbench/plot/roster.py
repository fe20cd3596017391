"""Figures of who is on duty: what there is round the clock, how fair it is, and who has no stand-in."""

from __future__ import annotations

from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Patch

from workbench.catalogue.terms import label
from workbench.hours import WEEKDAYS
from workbench.plot.figures import figure
from workbench.plot.style import CHART_SIZE, add_foot, axes_for, house_style, mark_ground
from workbench.roster.problem import roster_of
from workbench.roster.result import NOBODY, ON_SITE, ONLINE, RosterResult
from workbench.rostering.problem import KINDS

_SHADES: Final = LinearSegmentedColormap.from_list("duty", ["#eef3f8", "#9fb9d6", "#1f3f8f"])
_ONLINE, _NOBODY, _ALONE = "#b7791f", "#c8463d", "#c8463d"
_COLOURS: Final = {"weekends": ("#1f3f8f", ""), "nights": ("#b7791f", "////"), "holidays": ("#2c8c6a", "....")}
_LABELS: Final = {"weekends": "周末", "nights": "夜班", "holidays": "节假日"}
_GRID_SIZE, _ROW_IN, _LEAST_IN = (10.4, 4.6), 0.24, 3.6
_LIGHT, _SURE = 0.55, 0.995
_POINT = 0.12  # days; where all have the same


@figure("roster_round_the_clock", RosterResult, when=lambda result: bool(result.solved), page=True)
def round_the_clock(result: RosterResult, ax: Axes | None = None) -> Axes:
    """Draw the hours of a week: in which share of the centres somebody is on site, is online only, or nobody is.

    Blue is the share on site; an hour in which no centre is, but all are online, is hatched; a frame marks hours with
    nobody at some centre.

    Parameters
    ----------
    result
        A roster.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _GRID_SIZE)
        shares = result.round_the_clock
        edges = np.arange(25)
        mesh = ax.pcolormesh(edges, np.arange(8) - 0.5, shares[ON_SITE], cmap=_SHADES, vmin=0, vmax=1)
        for day in range(len(WEEKDAYS)):
            for hour in range(24):
                on_site, online, nobody = (float(shares[what, day, hour]) for what in (ON_SITE, ONLINE, NOBODY))
                _write(ax, day, hour, on_site, online, nobody)
        ax.set_yticks(range(len(WEEKDAYS)), [label(day) for day in WEEKDAYS])
        ax.set_xticks(range(0, 25, 2), [f"{hour:02d}:00" for hour in range(0, 25, 2)])
        ax.set_ylim(len(WEEKDAYS) - 0.5, -0.5)
        if (canvas := ax.get_figure()) is not None:
            canvas.colorbar(mesh, ax=ax, pad=0.01, shrink=0.9).set_label("现场在岗的中心占比")
        marks = [
            Patch(facecolor="#eef3f8", edgecolor=_ONLINE, hatch="////", label="仅线上值守"),
            Patch(facecolor="none", edgecolor=_NOBODY, linewidth=1.6, label="有中心无人值守（数字：占比 %）"),
        ]
        ax.legend(handles=marks, loc="lower left", bbox_to_anchor=(0.42, 1.0), ncols=2, fontsize=8.5, frameon=False)
        halls = len({plan.hall.id for plan in result.solved})
        mean = shares.mean(axis=(1, 2))
        ax.set_xlabel(f"格内为现场在岗的中心占比（%）；有排班的中心 {halls} 处，逐时平均")
        ax.set_title(
            f"24 小时值守：现场 {mean[ON_SITE]:.0%}，仅线上 {mean[ONLINE]:.0%}，无人 {mean[NOBODY]:.0%}", pad=22
        )
        mark_ground(ax, result.district)
        add_foot(ax, ["线上值守不计为现场开放；岗位有人要求且有人在岗方计为现场"])
    return ax


def _write(ax: Axes, day: int, hour: int, on_site: float, online: float, nobody: float) -> None:
    """Write the share of one hour, and mark it where it is online only or somewhere nobody is."""
    if on_site < 1 - _SURE and online > 1 - _SURE:
        ax.bar(hour + 0.5, 1.0, 1.0, day - 0.5, facecolor="none", edgecolor=_ONLINE, hatch="////", linewidth=0)
    elif on_site > 1 - _SURE:
        colour = "white" if on_site > _LIGHT else "#333333"
        ax.annotate(f"{100 * on_site:.0f}", xy=(hour + 0.5, day), ha="center", va="center", fontsize=7, color=colour)
    if nobody > 1 - _SURE:
        ax.bar(hour + 0.5, 0.9, 0.94, day - 0.45, facecolor="none", edgecolor=_NOBODY, linewidth=1.4, zorder=4)
        box = {"boxstyle": "square,pad=0.12", "fc": "white", "ec": "none"}
        words = f"{100 * nobody:.0f}"
        at = (hour + 0.93, day + 0.41)
        ax.annotate(words, xy=at, ha="right", va="bottom", fontsize=6, color=_NOBODY, bbox=box, zorder=5)


@figure("roster_fairness", RosterResult, when=lambda result: bool(result.solved))
def fairness_bars(result: RosterResult, ax: Axes | None = None, *, station: str | None = None) -> Axes:
    """Draw weekends, nights and holidays of the quarter: from the least to the most that anybody of a centre has.

    Those of one centre are drawn person by person.

    Parameters
    ----------
    result
        A roster.
    ax
        Axes to draw on; new ones when not given.
    station
        Identifier of the centre that is drawn; all when not given.

    Raises
    ------
    KeyError
        If the centre has no roster.
    """
    table = result.by_person if station is None else result.by_person[result.by_person["station"] == station]
    if table.empty:
        raise KeyError(station)
    rows = [(key, own) for key, own in table.groupby("station" if station is None else "staff", sort=False)]
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0], max(_LEAST_IN, _ROW_IN * len(rows) + 1.6)))
        for place, (_, own) in enumerate(rows):
            for n, kind in enumerate(KINDS):
                colour, hatch = _COLOURS[kind]
                of = own.loc[own[f"shares_{kind}"], kind]
                if of.empty:
                    continue
                low, high = (0, of.iloc[0]) if station else (of.min(), of.max())
                at, wide = place + (n - 1) * 0.27, high - low if station else max(high - low, _POINT)
                ax.barh(at, wide, 0.23, low, color=colour, zorder=3, edgecolor="white", hatch=hatch, linewidth=0.0)
                if not station:
                    ax.plot(of.mean(), at, marker="|", color="black", markersize=5, zorder=4)
        names = [result.names.get(str(key), str(key)) if station is None else str(key) for key, _ in rows]
        ax.set_yticks(range(len(rows)), [name.removesuffix("党群服务中心") or name for name in names], fontsize=7.5)
        ax.set_ylim(len(rows) - 0.4, -0.6)
        ax.set_xlim(left=0)
        ax.grid(axis="x", color="#e5e2dc", zorder=0)
        marks = [Patch(facecolor=c, hatch=h, edgecolor="white", label=_LABELS[k]) for k, (c, h) in _COLOURS.items()]
        ax.legend(handles=marks, loc="lower left", bbox_to_anchor=(0.4, 1.0), ncols=3, fontsize=8.5, frameon=False)
        what = "每人" if station else "各中心最少者至最多者（竖线为平均）"
        ax.set_xlabel(f"本季累计当班（天，含此前累计；只计能担任者）：{what}")
        widest = int(np.nanmax(result.by_hall[list(KINDS)].to_numpy(np.float64)))
        head = f"值班公平：{len(rows)} 处中心 {len(table)} 人，同一中心内最多相差 {widest} 天"
        ax.set_title(f"{result.names.get(station, station)} {len(table)} 人的值班" if station else head, pad=20)
        mark_ground(ax, result.district)
    return ax


@figure("roster_standins", RosterResult, when=lambda result: bool(result.solved), page=True)
def stand_ins(result: RosterResult, ax: Axes | None = None) -> Axes:
    """Draw for each centre the share of its duties whose holder nobody could stand in for, the worst first.

    Parameters
    ----------
    result
        A roster.
    ax
        Axes to draw on; new ones when not given.
    """
    table = result.by_hall.dropna(subset="duties")
    share = 100 * table["alone"] / table["duties"].clip(lower=1)
    order = np.lexsort((table["station"].to_numpy(), -share.to_numpy()))
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0], max(_LEAST_IN, _ROW_IN * len(table) + 1.4)))
        for place, row in enumerate(order):
            value, own = float(share.iloc[row]), table.iloc[row]
            ax.barh(place, value, 0.62, color=_ALONE, edgecolor="white", hatch="////", linewidth=0, zorder=3)
            words = f"{value:.1f}%（单点 {own['single_points']:.0f} 人，培训 {own['trainings']:.0f} 人次）"
            ax.annotate(words, xy=(value, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7)
        names = [result.names.get(key, key).removesuffix("党群服务中心") for key in table["station"].iloc[order]]
        ax.set_yticks(range(len(order)), names, fontsize=7.5)
        ax.set_ylim(len(order) - 0.4, -0.6)
        ax.set_xlim(0, 1.45 * max(float(share.max()), 1.0))
        ax.grid(axis="x", color="#e5e2dc", zorder=0)
        ax.set_xlabel("一人缺勤即空岗的当班占比（%）")
        whole = 100 * float(table["alone"].sum()) / max(float(table["duties"].sum()), 1.0)
        ax.set_title(f"替换芯：一人缺勤即空岗的当班 {whole:.1f}%（分母：{table['duties'].sum():,.0f} 班次）", pad=20)
        mark_ground(ax, result.district)
        chance = result.scenario.standard(roster_of(result.scenario).absence)
        add_foot(ax, [f"其余日子的排班不变，依次顶班也算可替；缺勤概率 {chance:.0%}【推】只用于预期天数"])
    return ax
