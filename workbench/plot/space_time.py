"""Figures of a week of opening hours: the week grid, its bands, and what longer hours would add."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_hex

from workbench.catalogue.terms import Mode, label
from workbench.coverage import LongerHours, SpaceTimeResult, longer_hours_gains, station_gains
from workbench.coverage.scenes import EMPTY, WHOLE, Reason, SceneMatrix, group_label, needs_of
from workbench.coverage.space_time import rest_of, week_title
from workbench.hours import DAY_MINUTES
from workbench.plot.figures import figure
from workbench.plot.style import ACCENT, GREY, axes_for, cite_standards, house_style, mark_ground
from workbench.privacy import WITHHELD

# ----------------------------------------------------------------------------------------------------------------------
# Figures of a scene matrix: groups × scenes, and communities × scenes.


_HATCHES: Final = {
    Reason.OFFERED_NOWHERE: ("xxxx", "无阵地"),
    Reason.OUT_OF_REACH: ("////", "不可及"),
    Reason.WRONG_HOURS: ("....", "时段\n不合"),
}
_EMPTY_FILL, _EMPTY_LINE, _EMPTY_INK, _UNKNOWN_FILL = "#f6ddd8", "#b03a2e", "#5c1810", "#e4e4e4"
_PALE_FILL, _PALE_LINE, _PALE_INK = "#fafafa", "#e6e6e6", "#9a9a9a"
_LEAST_SHOWN = 0.05  # percent by which two shares differ when rounded
_SHADES_SCENES = "YlGn"
_DARK_SCENES = 0.62  # part of the colour scale beyond which text is white
_HEADING = 2  # signs of a scene's short name on one line
_LIFT = 28.0  # points that the headings take above the table
_WIDTH, _ROW, _FRAME = 12.6, 0.5, 2.3


def _two_lines(text: str) -> str:
    """Break a short name in the middle, where it is longer than one line."""
    half = max(_HEADING, (len(text) + 1) // 2)
    return text[:half] + ("\n" + text[half:] if text[half:] else "")


def _grid(ax: Axes, rows: Sequence[str], columns: Sequence[str]) -> None:
    """Set up a table of cells of size one, its headings above it."""
    ax.set(xlim=(0, len(columns)), ylim=(max(len(rows), 1), 0))
    ax.set_xticks(np.arange(len(columns)) + 0.5, [_two_lines(text) for text in columns], fontsize=9)
    ax.set_yticks(np.arange(len(rows)) + 0.5, list(rows), fontsize=9)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _fill(value: float, top: float) -> tuple[str, str]:
    """Return the colour of a share, and the colour of text that can be read on it."""
    part = min(value / top, 1.0) if top > 0 else 0.0
    return to_hex(mpl.colormaps[_SHADES_SCENES](0.08 + 0.8 * part)), "white" if part > _DARK_SCENES else "black"


@dataclass(frozen=True)
class _Look:
    """How one cell is drawn: colours, words, and a second line where there is one."""

    fill: str
    ink: str
    text: str
    edge: str = "white"
    hatch: str = ""
    beneath: str = ""
    size: float = 9.0


@figure("scenes", SceneMatrix, columns=("services",), slow=True, page=True)
def scene_grid(matrix: SceneMatrix, ax: Axes | None = None) -> Axes:
    """Draw groups × scenes: the share of each group that a scene serves, and why needed cells are empty.

    A cell holds the share that reaches the scene within five minutes at hours at which the group is
    free; beneath it, where it differs, the share that reaches it at any hour. Scenes that the group
    does not need are pale. Cells that it needs and that are empty are hatched and say why.

    Parameters
    ----------
    matrix
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        groups = [group for group in matrix.people if needs_of(matrix, group)] or list(matrix.coverage.populace.whole)
        rows = [*groups, WHOLE]
        ax = axes_for(ax, (_WIDTH, _FRAME + _ROW * len(rows)))
        _grid(ax, [group_label(matrix, group) for group in rows], [scene.short for scene in matrix.catalogue.values()])
        cells = {(cell["group"], cell["scene"]): cell for cell in matrix.cells.to_dict("records")}
        top = max(float(np.nan_to_num(cells[group, scene]["share"])) for group in rows for scene in matrix.catalogue)
        for row, group in enumerate(rows):
            for column, scene in enumerate(matrix.catalogue):
                cell = cells[group, scene]
                asked = bool(cell["needed"]) or group == WHOLE
                _draw_cell(ax, (row, column), _look(cell, top, asked=asked))
        limit = f"{matrix.coverage.time_limit_min:g} 分钟"
        ax.set_title(f"人群 × 场景：{limit}内可及且时段相合的居民占比（%；分母：各人群居民）", pad=_LIFT + 4)
        _legend(ax, matrix)
        mark_ground(ax, matrix.coverage.district, lift=_LIFT)
        _cite_scenes(ax, matrix, groups, matrix.scenario.scenes.least_overlap)
    return ax


def _look(cell: Mapping[Hashable, Any], top: float, *, asked: bool) -> _Look:
    """Choose how a cell of group and scene is drawn."""
    reason, timely, reached = Reason(cell["reason"]), float(cell["share_timely"]), float(cell["share"])
    if reason is Reason.NOT_KNOWN or reason is Reason.NOBODY:
        return _Look(_UNKNOWN_FILL, GREY, label(reason))
    if reason in EMPTY and asked:
        hatch, word = _HATCHES[reason]
        return _Look(_EMPTY_FILL, _EMPTY_INK, word, edge=_EMPTY_LINE, hatch=hatch)
    if cell["share_timely_withheld"]:
        return _Look(_UNKNOWN_FILL, GREY, WITHHELD)
    fill, ink = _fill(timely, top) if asked else (_PALE_FILL, _PALE_INK)
    differs = reached - timely >= _LEAST_SHOWN and not cell["share_withheld"]
    edge = "white" if asked else _PALE_LINE
    return _Look(fill, ink, f"{timely:.1f}", edge=edge, beneath=f"可及 {reached:.1f}" if differs else "")


def _draw_cell(ax: Axes, place: tuple[int, int], look: _Look) -> None:
    row, column = place
    patch = mpatches.Rectangle(
        (column, row), 1, 1, facecolor=look.fill, edgecolor=look.edge, hatch=look.hatch, linewidth=0.8
    )
    ax.add_patch(patch)
    middle: dict[str, Any] = {"ha": "center", "va": "center", "color": look.ink}
    if look.hatch:  # so that the word can be read on the hatch
        middle["bbox"] = {"boxstyle": "round,pad=0.1", "fc": look.fill, "ec": "none"}
    number = look.text[:1].isdigit()
    ax.text(
        column + 0.5, row + (0.36 if look.beneath else 0.5), look.text, fontsize=look.size if number else 8, **middle
    )
    if look.beneath:
        ax.text(column + 0.5, row + 0.72, look.beneath, fontsize=6.5, **middle)


def _cite_scenes(ax: Axes, matrix: SceneMatrix, groups: Iterable[str], *keys: str) -> None:
    """Cite all that five minutes of these groups rest on, and these standards besides."""
    walking, known = matrix.scenario.walking, matrix.coverage.populace.groups
    cite_standards(
        ax,
        matrix.scenario.register,
        matrix.scenario.coverage.time,
        *(known[name].pace for name in groups),
        walking.pace_factor,
        walking.crossing_delay,
        walking.steps_factor,
        *keys,
    )


def _legend(ax: Axes, matrix: SceneMatrix) -> None:
    handles: list[mpatches.Patch] = [
        mpatches.Patch(facecolor=_EMPTY_FILL, edgecolor=_EMPTY_LINE, hatch=hatch, label=label(reason))
        for reason, (hatch, _) in _HATCHES.items()
    ]
    handles.append(mpatches.Patch(facecolor=_UNKNOWN_FILL, label=label(Reason.NOT_KNOWN)))
    handles.append(mpatches.Patch(facecolor=_PALE_FILL, edgecolor="#cccccc", label="非该人群所需"))
    ax.legend(handles=handles, loc="upper left", bbox_to_anchor=(0, -0.01), ncols=5, fontsize=8.5, frameon=False)
    week = matrix.scenario.hours.calendar.title
    note = (
        f"场景目录：{matrix.catalogue.note}。体验口径：本人群步速；时段相合：{week}内人群有空、场景进行、阵地开放三者重合够长；"
        "全体居民一行不计何时有空"
    )
    _note(ax, note, -32)


def _note(ax: Axes, text: str, below: float) -> None:
    """Write a note this many points under the table."""
    where: dict[str, Any] = {"xycoords": "axes fraction", "xytext": (0, below), "textcoords": "offset points"}
    ax.annotate(text, xy=(0, 0), va="top", fontsize=8, color=GREY, **where)


@figure("scene_gaps", SceneMatrix, layers=("communities",), columns=("services",), slow=True)
def scene_gaps(matrix: SceneMatrix, ax: Axes | None = None, *, most: int = 40) -> Axes:
    """Draw communities × scenes: the share of residents who reach each scene, the poorest community first.

    Parameters
    ----------
    matrix
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    most
        Communities drawn.
    """
    with house_style():
        table = matrix.by_community.sort_values(["scene_share", "id"], kind="stable", na_position="last")
        table = table[table["residents"] > 0].head(most)
        shares = matrix.community_shares().loc[table.index, list(matrix.catalogue)].to_numpy(np.float64)
        ax = axes_for(ax, (_WIDTH, _FRAME + 0.26 * max(len(table), 4)))
        columns = [*(scene.short for scene in matrix.catalogue.values()), "平均"]
        _grid(ax, [str(name) for name in table["name"]], columns)
        _draw_gaps(ax, np.column_stack([shares, table["scene_share"]]))
        limit = f"{matrix.coverage.time_limit_min:g} 分钟"
        ax.set_title(f"社区 × 场景：{limit}内可及各场景的居民占比（%；分母：本社区居民；缺口大者在上）", pad=_LIFT + 4)
        _note(ax, f"场景目录：{matrix.catalogue.note}。体验口径：本人群步速，不计时段；无：本社区无居民可及", -8)
        mark_ground(ax, matrix.coverage.district, lift=_LIFT)
        _cite_scenes(ax, matrix, matrix.coverage.populace.whole)
    return ax


def _draw_gaps(ax: Axes, shares: npt.NDArray[np.float64]) -> None:
    top = float(np.nan_to_num(shares).max(initial=0.0))
    for (row, column), value in np.ndenumerate(shares):
        if not np.isfinite(value):
            look = _Look(_UNKNOWN_FILL, GREY, "缺")
        elif value == 0:
            look = _Look(_EMPTY_FILL, _EMPTY_INK, "无")
        else:
            fill, ink = _fill(value, top)
            look = _Look(fill, ink, f"{value:.0f}" if value >= 1 else "<1", size=8.0)
        _draw_cell(ax, (row, column), look)


# ----------------------------------------------------------------------------------------------------------------------
# Figures of a week of opening hours: the week grid, its bands, and what longer hours would add.


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


@figure("week", SpaceTimeResult, columns=("opening_hours",), slow=True, page=True)
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


@figure("longer_hours", SpaceTimeResult, columns=("opening_hours",))
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
