"""Figures of rooms as timetabled: how many are in use when, how well each is used, and how near the bound."""

from __future__ import annotations

from typing import Any

import matplotlib.patches as mpatches
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from workbench.hours import WEEKDAYS
from workbench.plot.style import ACCENT, GREY, axes_for, house_style, mark_ground
from workbench.rooms.problem import CELL_MIN, DAY_CELLS
from workbench.rooms.result import HOUR_CELLS, TimetableResult, hhmm, use_of
from workbench.solving import Status
from workbench.terms import label

_SHADES = LinearSegmentedColormap.from_list("rooms", ["#f6f1e7", "#f0c24b", "#c8463d", "#6b1420"])
_DARK = 0.55  # share of the scale above which figures in cells are white
_BEFORE, _AFTER, _RELEASED = "#c9c4ba", ACCENT, "#2c8c6a"
_GRID = (11.6, 6.2)
_TITLES = {"before": "现状", "after": "规划"}
_OFFICES = {"before": ("office", "given", "given_idle"), "after": ("office",)}
"""Fates of the rooms that are not the residents', before and after."""


def use_grid(result: TimetableResult, ax: Axes | None = None) -> Axes:
    """Draw how many rooms of the district are in use, hour by hour of the week: today above, the plan below.

    A cell says the most rooms in use at once within the hour; the frame marks the peak of the week, with its quarter
    hour.

    Parameters
    ----------
    result
        The rooms as timetabled.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If no centre has a timetable.
    """
    held = {
        when: np.sum(
            [use_of(*(result.today(c.id) if when == "before" else (c, t))).at_once for c, t in result.planned], axis=0
        )
        for when in _TITLES
    }
    rooms = sum(len(centre.rooms) for centre, _ in result.planned)
    with house_style():
        ax = axes_for(ax, _GRID)
        ax.set_axis_off()
        hours = np.concatenate([cells.reshape(7, 24, HOUR_CELLS).max(axis=2) for cells in held.values()])
        busy = np.flatnonzero(hours.any(axis=0))
        first, last = (int(busy[0]), int(busy[-1]) + 1) if len(busy) else (8, 18)
        most = max(1, int(hours.max(initial=0)))
        for place, (when, cells) in enumerate(held.items()):
            panel = ax.inset_axes((0.035, 0.52 * (1 - place), 0.965, 0.40))
            by_hour = cells.reshape(7, 24, HOUR_CELLS).max(axis=2)[:, first:last]
            _draw_grid(panel, by_hour, first, most)
            _mark_peak(panel, cells, _TITLES[when], (first, rooms))
        ax.set_title(f"同时使用的房间数，逐小时（分母：有方案的中心的房间 {rooms} 个）", pad=12)
        mark_ground(ax, result.district)
    return ax


def _draw_grid(ax: Axes, by_hour: np.ndarray, first: int, most: int) -> None:
    edges = np.arange(first, first + by_hour.shape[1] + 1)
    ax.pcolormesh(edges, np.arange(8) - 0.5, by_hour, cmap=_SHADES, vmin=0, vmax=most, edgecolors="white", linewidth=1)
    for (day, hour), value in np.ndenumerate(by_hour):
        colour = "white" if value > _DARK * most else "#333333"
        text = f"{value}" if value else "·"
        ax.annotate(text, xy=(first + hour + 0.5, day), ha="center", va="center", fontsize=8, color=colour)
    ax.set_yticks(range(7), [label(day) for day in WEEKDAYS])
    ax.set_xticks(edges, [f"{hour:02d}:00" for hour in edges], fontsize=8)
    ax.invert_yaxis()
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _mark_peak(ax: Axes, cells: np.ndarray, name: str, view: tuple[int, int]) -> None:
    first, rooms = view
    at, most = int(cells.argmax()), int(cells.max())
    day, cell = divmod(at, DAY_CELLS)
    if most and first <= cell // HOUR_CELLS:
        look: dict[str, Any] = {"fill": False, "edgecolor": "black", "linewidth": 2.2, "zorder": 5}
        ax.add_patch(mpatches.Rectangle((cell // HOUR_CELLS, day - 0.5), 1, 1, **look))
    words = f"{label(WEEKDAYS[day])} {hhmm(cell * CELL_MIN)} {most} 个" if most else "无"
    hours = cells.sum() / HOUR_CELLS
    ax.set_title(
        f"{name}：高峰 {words}（占 {100 * most / rooms:.0f}%）；全周合计 {hours:,.0f} 室·h", fontsize=10.5, pad=5
    )


def before_after_rooms(result: TimetableResult, ax: Axes | None = None, *, station: str | None = None) -> Axes:
    """Draw utilisation today and in the plan: of each centre, or of each room of one.

    Utilisation is frequency × occupancy over all rooms of the residents, used or not. Released rooms are marked and
    counted.

    Parameters
    ----------
    result
        The rooms as timetabled.
    ax
        Axes to draw on; new ones when not given.
    station
        Identifier of the centre whose rooms are drawn; all centres when not given.

    Raises
    ------
    KeyError
        If the station has no rooms.
    NoSolutionError
        If no centre has a timetable, or this one has none.
    """
    rows, title = _utilisation_rows(result, station)
    with house_style():
        ax = axes_for(ax, (9.6, 1.8 + 0.3 * max(len(rows), 4)))
        places, height = np.arange(len(rows)), 0.38
        for when, colour, shift in (("before", _BEFORE, -0.5), ("after", _AFTER, 0.5)):
            values = np.nan_to_num([100 * row[when] for row in rows])
            ax.barh(places + shift * height, values, height * 0.94, color=colour, label=_TITLES[when])
        ends = [100 * max([0.0, *(row[when] for when in _TITLES if row[when] == row[when])]) for row in rows]
        for place, (row, end) in enumerate(zip(rows, ends, strict=True)):
            words = f"{_percent(row['before'])} → {_percent(row['after'])}　{row['note']}"
            colour = _RELEASED if row["released"] else "#333333"
            ax.annotate(words, xy=(end, place), xytext=(6, 0), textcoords="offset points", va="center",
                        fontsize=8, color=colour)  # fmt: skip
        ax.set_yticks(places, [row["name"] for row in rows], fontsize=8.5)
        ax.set(xlim=(0, max([1.0, *ends]) * 1.55), ylim=(max(len(rows), 1) - 0.4, -0.6))
        ax.set_xlabel("利用率（%）＝ 使用频率（占居民用房开放小时）× 上座率（占使用中的座位小时）；绿字：有释放")
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)
        ax.set_title(title, pad=20)
        mark_ground(ax, result.district)
    return ax


def _utilisation_rows(result: TimetableResult, station: str | None) -> tuple[list[dict[str, Any]], str]:
    """Return what is drawn, one row a centre or a room, and its title."""
    if station is not None:
        result.planned_at(station)
    table = result.by_room[result.by_room["fate"].notna()]
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    if station is None:
        rows = [_centre_row(names.get(key, str(key)), own) for key, own in table.groupby("station", sort=True)]
        return rows, f"各中心利用率（{len(rows)} 个中心，{len(table)} 间）"
    own = table[table["station"] == station]
    return [_room_row(row) for row in own.to_dict("records")], f"{names.get(station, station)}：每室利用率"


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%" if share == share else "—"


def _room_row(row: dict[Any, Any]) -> dict[str, Any]:
    released = row["fate"] == "released"
    return {
        "name": f"{row['id']} {row['sign']}",
        "before": row["utilisation_before"],
        "after": row["utilisation_after"],
        "released": released,
        "note": label(f"fate.{row['fate']}"),
    }


def _centre_row(name: str, table: pd.DataFrame) -> dict[str, Any]:
    released = table[table["fate"] == "released"]
    note = f"释放 {len(released)} 间 {released['area_m2'].sum():,.0f} ㎡" if len(released) else ""
    made = {when: _utilisation(table, when) for when in _TITLES}
    return {"name": name, **made, "released": len(released) > 0, "note": note}


def _utilisation(table: pd.DataFrame, when: str) -> float:
    """Return frequency × occupancy over the rooms of the residents; NaN where they are never open."""
    rooms = table[~table["fate"].isin(_OFFICES[when])]
    open_h, used = float(rooms["open_hours"].sum()), rooms[f"hours_{when}"]
    seats = float((used * rooms["capacity"]).sum())
    taken = float((used * rooms["capacity"] * rooms[f"occupancy_{when}"].fillna(0.0)).sum())
    if not open_h:
        return float("nan")
    return float(used.sum()) / open_h * (taken / seats if seats else 0.0)


def proof_bars(result: TimetableResult, ax: Axes | None = None) -> Axes:
    """Draw for each centre the rooms in use today and in the plan, the load bound, and whether the plan is proven.

    The load bound is Hall's condition on the sessions that the plan holds: no plan of them does with fewer rooms.

    Parameters
    ----------
    result
        The rooms as timetabled.
    ax
        Axes to draw on; new ones when not given.
    """
    table = result.by_centre
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    with house_style():
        ax = axes_for(ax, (8.6, 1.6 + 0.21 * max(len(table), 4)))
        places, height = np.arange(len(table)), 0.38
        after, bound = (table[c].to_numpy(np.float64) for c in ("rooms_after", "load_bound"))
        before = table["rooms_before"].to_numpy(np.float64)
        ax.barh(places, table["rooms"], 0.86, color="none", edgecolor="#b9b4aa", linewidth=0.7, label="全部房间")
        ax.barh(places - 0.5 * height, before, height * 0.94, color=_BEFORE, label="现状使用")
        ax.barh(places + 0.5 * height, np.nan_to_num(after), height * 0.94, color=_AFTER, label="规划使用")
        known = np.isfinite(bound)
        ax.vlines(bound[known], places[known] - 0.46, places[known] + 0.46, color="#c8463d", linewidth=2.4,
                  label="负荷下界（Hall）", zorder=4)  # fmt: skip
        for place, row in enumerate(table.to_dict("records")):
            words = _verdict(row)
            ax.annotate(words, xy=(row["rooms"], place), xytext=(6, 0), textcoords="offset points", va="center",
                        fontsize=8, color="#333333" if row["status"] == Status.OPTIMAL else "#b03a2e")  # fmt: skip
        ax.set_yticks(places, [names.get(key, key) for key in table["station"]], fontsize=8.5)
        most = int(table["rooms"].max()) if len(table) else 1
        ax.set(xlim=(0, most * 1.45), ylim=(max(len(table), 1) - 0.4, -0.6), xticks=range(most + 1))
        proven = int((table["status"] == Status.OPTIMAL).sum())
        ax.set_xlabel(
            f"房间（个）；分母：{len(table)} 个中心的房间 {int(table['rooms'].sum())} 个；右侧：安排场次/需求场次",
            color=GREY,
        )
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=9, frameon=False)
        sums = [int(np.nansum(values)) for values in (before, after, bound)]
        what = f"房间：现状 {sums[0]} → 规划 {sums[1]}（下界 {sums[2]}）"
        ax.set_title(f"{what}；{proven}/{len(table)} 个中心已证最优", pad=20)
        mark_ground(ax, result.district)
    return ax


def _verdict(row: dict[Any, Any]) -> str:
    if row["status"] == Status.OPTIMAL:
        return f"{row['sessions_after']:.0f}/{row['sessions']}"
    if row["conflict"]:
        return "无解：" + "、".join(label(f"rule.{rule}") for rule in row["conflict"].split(";"))
    return {Status.FEASIBLE: "未证最优"}.get(row["status"], "未得方案")
