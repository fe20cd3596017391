"""Figures of a week of opening hours: the week grid, its bands, and what longer hours would add."""

from __future__ import annotations

from typing import Any

import matplotlib.patches as mpatches
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from workbench.coverage import LongerHours, SpaceTimeResult, longer_hours_gains, station_gains
from workbench.coverage.space_time import rest_of, week_title
from workbench.hours import DAY_MINUTES
from workbench.plot.style import ACCENT, axes_for, cite_standards, house_style, mark_ground
from workbench.terms import Mode, label

_WIDE = (11.6, 4.6)
_BARS = (9.6, 5.0)
_SHADES = LinearSegmentedColormap.from_list("onsite", ["#f6f1e7", "#a9c9a4", "#2c8c6a", "#0f4a3a"])
_BANDS = {  # colour, hatch: bands differ by both
    "onsite": ("#2c8c6a", ""),
    "online": ("#bcd7e8", "...."),
    "unserved": ("#dedad2", "////"),
}
_DARK = 0.6  # share of the scale above which figures in cells are white
_MODES = ((Mode.COMPLIANCE, ACCENT, ""), (Mode.EXPERIENCE, "#f0c24b", "////"))


def _within(result: SpaceTimeResult, mode: Mode) -> str:
    coverage = result.coverage
    if mode is Mode.COMPLIANCE:
        return f"合规口径：沿路网 ≤ {coverage.distance_limit_m:g} m"
    return f"体验口径：各人群本人步速 ≤ {coverage.time_limit_min:g} min"


def _cite(ax: Axes, result: SpaceTimeResult, *modes: Mode, access: bool = False) -> None:
    """Cite the limits that a figure stands on, and the paces of the experience mode."""
    scenario, populace = result.scenario, result.coverage.populace
    keys: list[str | None] = []
    if Mode.COMPLIANCE in modes:
        keys.append(scenario.coverage.distance)
    if Mode.EXPERIENCE in modes:
        walking = scenario.walking
        keys += [scenario.coverage.time, *(populace.groups[name].pace for name in populace.whole)]
        keys += [walking.pace_factor, walking.crossing_delay, walking.steps_factor]
    if access:
        keys.append(scenario.hours.accessible)
    cite_standards(ax, scenario.register, *keys)


def week_grid(result: SpaceTimeResult, ax: Axes | None = None, *, mode: Mode = Mode.COMPLIANCE) -> Axes:
    """Draw the share of residents with an open station within reach: one row a day, one column a cell of the week.

    Figures say the share in percent, hour by hour; dots mark cells in which the online service answers the others,
    crosses cells in which nobody is served on site and nothing answers online. A ring marks the hour of the clock, a
    square the worst minute of the day hours.
    """
    with house_style():
        ax = axes_for(ax, _WIDE)
        shares = np.nan_to_num(result.share(mode))
        cells = shares.shape[1]
        edges = np.linspace(0, 24, cells + 1)
        peak = max(10.0, float(np.ceil(shares.max() / 10) * 10))
        mesh = ax.pcolormesh(edges, np.arange(8) - 0.5, shares, cmap=_SHADES, vmin=0, vmax=peak, rasterized=True)
        _write_shares(ax, shares, peak)
        _mark_cells(ax, result, shares, edges, mode)
        ax.set_yticks(range(7), [day.label for day in result.calendar.days])
        ax.set_xticks(range(0, 25, 2), [f"{hour:02d}:00" for hour in range(0, 25, 2)])
        ax.invert_yaxis()
        ax.set_xlabel(f"{week_title(result)}；{_within(result, mode)}")
        figure = ax.get_figure()
        if figure is not None:
            bar = figure.colorbar(mesh, ax=ax, pad=0.01, shrink=0.9)
            bar.set_label("现场覆盖率（%）")
        total = result.residents(mode)
        ax.set_title(f"一周逐时现场覆盖率（分母：全体居民 {total:,.0f} 人）", pad=30)
        mark_ground(ax, result.coverage.district, lift=22)
        _cite(ax, result, mode)
    return ax


def _write_shares(ax: Axes, shares: np.ndarray, peak: float) -> None:
    by_hour = shares.reshape(7, 24, -1).mean(axis=2)
    for (day, hour), value in np.ndenumerate(by_hour):
        colour = "white" if value > _DARK * peak else "#333333"
        ax.annotate(f"{value:.0f}", xy=(hour + 0.5, day), ha="center", va="center", fontsize=7.5, color=colour)


def _mark_cells(ax: Axes, result: SpaceTimeResult, shares: np.ndarray, edges: np.ndarray, mode: Mode) -> None:
    """Hatch cells by what answers those who are not served on site."""
    step = result.scenario.hours.step
    online = np.zeros((7, DAY_MINUTES), bool) if result.online is None else result.online
    answered = np.asarray(online.reshape(7, -1, step).all(axis=2), bool)
    nothing = (shares == 0) & ~answered
    handles: list[Artist] = []
    for mask, hatch, name in ((answered, "....", "其余居民有线上值守"), (nothing, "xxxx", label(rest_of(result)))):
        for day, first, last in _runs(mask):
            size = (edges[last] - edges[first], 1.0)
            look: dict[str, Any] = {"facecolor": "none", "edgecolor": "#8b8b8b", "hatch": hatch, "linewidth": 0}
            ax.add_patch(mpatches.Rectangle((edges[first], day - 0.5), *size, **look))
        if mask.any():
            handles.append(mpatches.Patch(facecolor="white", edgecolor="#8b8b8b", hatch=hatch, label=name))
    moments = [("o", "时点", result.scenario.moment, None), ("s", "最低", *result.worst(mode))]
    total = result.residents(mode)
    for marker, name, moment, residents in moments:
        day, minute = divmod(moment.minute, DAY_MINUTES)
        people = float(result.by_minute(mode)[day, minute]) if residents is None else residents
        words = f"{name} {moment.title}：{100 * people / total:.1f}%" if total > 0 else f"{name} {moment.title}"
        look = {"marker": marker, "facecolors": "none", "edgecolors": ACCENT, "linewidths": 1.6, "zorder": 4}
        handles.append(ax.scatter(minute / 60, day, s=260, label=words, **look))
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.3, 1.0), fontsize=8.5, frameon=False, ncols=4)


def _runs(mask: np.ndarray) -> list[tuple[int, int, int]]:
    """Return row, first and last column of every run of marked cells."""
    found = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line, [0]]).astype(int)))
        found += [(row, int(first), int(last)) for first, last in edges.reshape(-1, 2)]
    return found


def week_bands(result: SpaceTimeResult, ax: Axes | None = None, *, mode: Mode = Mode.COMPLIANCE) -> Axes:
    """Draw over the week who is served on site, who is only answered online, and who has neither."""
    with house_style():
        ax = axes_for(ax, _WIDE)
        total = result.residents(mode)
        parts = {
            "onsite": result.onsite(mode),
            "online": result.online_only(mode),
            "unserved": result.unserved(mode),
        }
        scale = 100 / total if total > 0 else 0.0
        values = {name: np.append(part.ravel(), part.ravel()[-1]) * scale for name, part in parts.items()}
        hours = np.linspace(0, 7 * 24, len(values["onsite"]))
        floor = np.zeros(len(hours))
        for name, part in values.items():
            colour, hatch = _BANDS[name]
            mean = float(part[:-1].mean())
            term = rest_of(result) if name == "unserved" else name
            words = f"{label(term)}（周均 {mean:.1f}%）" if name != "online" or result.online is not None else None
            look: dict[str, Any] = {"facecolor": colour, "hatch": hatch, "edgecolor": "#8b8b8b", "linewidth": 0.3}
            if words is not None:
                ax.fill_between(hours, floor, floor + part, step="post", label=words, **look)
            floor = floor + part
        ax.set_xticks(np.arange(7) * 24 + 12, [day.label.replace(" ", "\n") for day in result.calendar.days])
        ax.tick_params(axis="x", length=0)
        for midnight in range(0, 7 * 24 + 1, 24):
            ax.axvline(midnight, color="white", linewidth=1.2)
        ax.set(xlim=(0, 7 * 24), ylim=(0, 100), ylabel="居民占比（%）")
        ax.set_xlabel(f"{week_title(result)}；{_within(result, mode)}")
        ax.set_title(f"一周服务状态（分母：全体居民 {total:,.0f} 人）", pad=20)
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)
        mark_ground(ax, result.coverage.district)
        _cite(ax, result, mode)
    return ax


def longer_hours_bars(result: SpaceTimeResult, ax: Axes | None = None, *, group: str | None = None) -> Axes:
    """Draw what each kind of longer opening hours would add for a group, in person-hours a week, in both modes."""
    with house_style():
        ax = axes_for(ax, _BARS)
        table = longer_hours_gains(result, group=group)
        added = [
            f"{label(name)}\n{number} 处，共增开 {hours:,.0f} h/周"
            for name, number, hours in zip(table["longer"], table["stations"], table["station_h"], strict=True)
        ]
        _two_bars(ax, table, added)
        _say_whose(ax, result, group)
        who = {"full": "中心", "all": "全部阵地"}[result.scenario.hours.stations]
        ax.set_title(f"延长开放时间可新增多少（{who}延时）", pad=20)
        mark_ground(ax, result.coverage.district)
        _cite(ax, result, *(mode for mode, _, _ in _MODES), access=True)
    return ax


def station_gain_bars(
    result: SpaceTimeResult,
    ax: Axes | None = None,
    *,
    longer: LongerHours | str = LongerHours.SAT_SUN,
    group: str | None = None,
    most: int = 10,
) -> Axes:
    """Draw the stations that would add most if each alone kept longer hours."""
    with house_style():
        ax = axes_for(ax, (_BARS[0], 1.6 + 0.46 * most))
        table = station_gains(result, longer, group=group).head(most)
        added = [
            f"{name}（{i}）\n增开 {hours:,.1f} h/周"
            for name, i, hours in zip(table["name"], table["id"], table["station_h"], strict=True)
        ]
        _two_bars(ax, table, added)
        _say_whose(ax, result, group)
        ax.set_title(f"{label(LongerHours(longer))}：单独延时新增最多的 {len(table)} 处阵地", pad=20)
        mark_ground(ax, result.coverage.district)
        _cite(ax, result, *(mode for mode, _, _ in _MODES), access=True)
    return ax


def _say_whose(ax: Axes, result: SpaceTimeResult, group: str | None) -> None:
    total = result.residents(Mode.EXPERIENCE, group)
    who = "全体居民" if group is None else result.coverage.populace.label(group)
    ax.set_xlabel(f"新增现场可及（万人时/周；{who} {total:,.0f} 人 × 小时）；{week_title(result)}")


def _two_bars(ax: Axes, table: Any, names: list[str]) -> None:
    """Draw person-hours gained in both modes; words add how many residents newly have access in time, if any."""
    height, unit = 0.36, 10_000
    for shift, (mode, colour, hatch) in enumerate(_MODES):
        gained = table[f"person_hours_{mode}"].to_numpy(np.float64)
        where = np.arange(len(table)) + (shift - 0.5) * height
        look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": "white"}
        bars = ax.barh(where, gained / unit, height * 0.94, label=label(mode), **look)
        access = table[f"accessible_{mode}"].to_numpy(np.float64)
        words = [
            f"{people / unit:,.1f} 万人时" + (f" · 新增时间可达 {new:,.0f} 人" if round(new) else "")
            for people, new in zip(gained, access, strict=True)
        ]
        ax.bar_label(bars, labels=words, padding=3, fontsize=8.5)
    ax.set_yticks(np.arange(len(table)), names, fontsize=8.5, linespacing=1.3)
    ax.invert_yaxis()
    top = max((float(table[f"person_hours_{mode}"].max()) for mode, _, _ in _MODES), default=0) if len(table) else 0
    ax.set_xlim(0, max(top / unit, 0.1) * 1.4)
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)
