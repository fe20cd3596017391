"""Figures of rooms as timetabled: how many are in use when, how well each is used, and how near the bound."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import matplotlib.patches as mpatches
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.path import Path as Outline

from workbench.catalogue.terms import label
from workbench.fonts import display_width, wrapped
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm
from workbench.plot.figures import figure
from workbench.plot.style import ACCENT, GREY, add_foot, axes_for, house_style, mark_ground
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Room
from workbench.rooms.result import TimetableResult
from workbench.rooms.week import HOUR_CELLS, Block, When, use_of, week_of
from workbench.solving import Status

# ----------------------------------------------------------------------------------------------------------------------
# Which functions take place in which kind of room: today on the left, in the plan on the right.


Measure = Literal["space", "hours"]
_Flows = Mapping[tuple[str, str], float]
"""Amount by room kind and function."""

_SIZE, _SMALL = (10.4, 8.0), (9.2, 5.2)
_UNITS = {"space": "㎡·h", "hours": "室·h"}
_KINDS, _FUNCTIONS, _PLANNED = 0.20, 0.5, 0.80  # where the three columns stand, shares of the width
_THICK = 0.012  # of a column
_GAP, _WIDE_GAP = 0.009, 0.02  # between the bars of a column, of the height; of a whole district, and of one centre
_MUTED = "#8a857b"


@figure("rooms_flow", TimetableResult, when=lambda rooms: rooms.solved)
def function_flow(
    result: TimetableResult, ax: Axes | None = None, *, station: str | None = None, measure: Measure = "space"
) -> Axes:
    """Draw which functions take place in which kind of room: today on the left, in the plan on the right.

    The bar of a function is as long as the larger of its two sides, so that what it gains or loses shows as a blank.
    Rooms are told apart by their actual function today, so that the right side says what becomes of them; those of one
    centre, one by one.

    Parameters
    ----------
    result
        The rooms as timetabled.
    ax
        Axes to draw on; new ones when not given.
    station
        Identifier of the centre that is drawn; all when not given.
    measure
        Square-metre-hours or room-hours a week; a room that two activities share counts for each of them.

    Raises
    ------
    KeyError
        If the station has no rooms.
    NoSolutionError
        If no centre has a timetable, or this one has none.
    """
    if station is not None:
        result.planned_at(station)
    flows: dict[When, _Flows] = {when: flows_of(result, when, measure, station) for when in ("before", "after")}
    totals = {when: sum(flow.values()) for when, flow in flows.items()}
    with house_style():
        ax = axes_for(ax, _SMALL if station else _SIZE)
        ax.set(xlim=(0, 1), ylim=(1.004, 0))
        ax.set_axis_off()
        sizes = {when: _sums(flow, 1) for when, flow in flows.items()}
        most = {key: max(own.get(key, 0.0) for own in sizes.values()) for own in sizes.values() for key in own}
        order = [key for key in result.functions if most.get(key)]
        kinds = {when: _kinds_of(flow, result) for when, flow in flows.items()}
        gap = _WIDE_GAP if station else _GAP
        scale = _scale(gap, [[most[key] for key in order], *(list(part.values()) for part in kinds.values())])
        middle = _stacked(order, most, scale, gap)
        for key, span in middle.items():
            _bar(ax, _FUNCTIONS, span, result.functions.colour_of(key))
            words = " → ".join(f"{sizes[when].get(key, 0.0):,.0f}" for when in flows)
            at = _FUNCTIONS + _THICK + 0.004
            ax.text(at, sum(span) / 2, f"{result.functions[key].label} {words}", va="center", fontsize=7.5, zorder=6)
        _side(ax, result, flows["before"], kinds["before"], middle, (scale, gap))
        _side(ax, result, flows["after"], kinds["after"], middle, (scale, gap), planned=True)
        what = "房间" if station else "房间实际用途"
        heads = (f"现状：{what}", "功能（现状 → 规划）", f"规划：{what}")
        for at, head in zip((_KINDS, _FUNCTIONS, _PLANNED), heads, strict=True):
            ax.text(at, -0.012, head, ha="center", va="bottom", fontsize=9, color=GREY)
        unit = _UNITS[measure]
        names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
        place = f"{names.get(station, station)} " if station else ""
        ax.set_title(f"{place}功能与房间：每周 {totals['before']:,.0f} → {totals['after']:,.0f} {unit}", pad=24)
        mark_ground(ax, result.district, lift=14)
    return ax


def flows_of(
    result: TimetableResult, when: When, measure: Measure = "space", station: str | None = None
) -> dict[tuple[str, str], float]:
    """Return square-metre-hours or room-hours a week by room kind (its actual function today) and function.

    Those of one station are by room instead.
    """
    centres = [centre.id for centre, _ in result.planned] if station is None else [result.plan(station).centre.id]
    rooms = result.district.ledger("rooms").set_index("id")
    area = dict(zip(rooms.index, rooms["area_m2"].astype(float), strict=True))
    found: dict[tuple[str, str], float] = {}
    for centre in centres:
        for block in week_of(result, centre, when):
            amount = (block.end - block.begin) / 60 * (area[block.room] if measure == "space" else 1.0)
            room = rooms.loc[block.room]
            pair = f"{block.room} {room['sign']}" if station else str(room["function"]), block.function
            found[pair] = found.get(pair, 0.0) + amount
    return found


def _sums(flows: _Flows, part: Literal[0, 1]) -> dict[str, float]:
    """Return amounts by room kind (0) or by function (1)."""
    found: dict[str, float] = {}
    for pair, amount in flows.items():
        found[pair[part]] = found.get(pair[part], 0.0) + amount
    return found


def _kinds_of(flows: _Flows, result: TimetableResult) -> dict[str, float]:
    """Return amounts by room kind, in the order of the catalogue; kinds it does not know come last."""
    found = _sums(flows, 0)
    known = [kind for kind in result.functions.rooms if kind in found]
    return {kind: found[kind] for kind in [*known, *sorted(set(found) - set(known))]}


def _scale(gap: float, columns: list[list[float]]) -> float:
    """Return the height of one unit such that the longest column fills the figure."""
    fits = [(1 - gap * max(0, len(sizes) - 1)) / sum(sizes) for sizes in columns if sum(sizes) > 0]
    return min(fits, default=1.0)


def _stacked(order: list[str], sizes: Mapping[str, float], scale: float, gap: float) -> dict[str, tuple[float, float]]:
    """Return top and bottom of each bar of a column, centred."""
    height = scale * sum(sizes[key] for key in order) + gap * max(0, len(order) - 1)
    top, found = (1 - height) / 2, {}
    for key in order:
        found[key] = (top, top + scale * sizes[key])
        top = found[key][1] + gap
    return found


def _bar(ax: Axes, at: float, span: tuple[float, float], colour: str) -> None:
    look: dict[str, Any] = {"facecolor": colour, "edgecolor": "#6f6a60", "linewidth": 0.5, "zorder": 5}
    ax.add_patch(mpatches.Rectangle((at, span[0]), _THICK, span[1] - span[0], **look))


def _side(
    ax: Axes,
    result: TimetableResult,
    flows: _Flows,
    kinds: Mapping[str, float],
    middle: Mapping[str, tuple[float, float]],
    view: tuple[float, float],
    *,
    planned: bool = False,
) -> None:
    """Draw one side: the bars of the room kinds, and a ribbon for each pair of kind and function."""
    at, (scale, gap) = _PLANNED if planned else _KINDS, view
    bars = _stacked(list(kinds), kinds, scale, gap)
    total = sum(kinds.values())
    for kind, span in bars.items():
        _bar(ax, at, span, _MUTED)
        words = f"{kind} {kinds[kind]:,.0f}（{100 * kinds[kind] / total:.0f}%）"
        x, align = (at + _THICK + 0.006, "left") if planned else (at - 0.006, "right")
        ax.text(x, sum(span) / 2, words, ha=align, va="center", fontsize=8)
    here = {kind: span[0] for kind, span in bars.items()}
    there = {key: span[0] for key, span in middle.items()}
    for kind in kinds:
        for key in middle:
            size = scale * flows.get((kind, key), 0.0)
            if not size:
                continue
            colour = result.functions.colour_of(key)
            edges = (at, _FUNCTIONS + _THICK) if planned else (at + _THICK, _FUNCTIONS)
            ends = [(edges[0], here[kind]), (edges[1], there[key])]
            _ribbon(ax, ends, size, colour)
            here[kind] += size
            there[key] += size


def _ribbon(ax: Axes, ends: list[tuple[float, float]], size: float, colour: str) -> None:
    (x0, y0), (x1, y1) = ends
    half = (x0 + x1) / 2
    points = [(x0, y0), (half, y0), (half, y1), (x1, y1), (x1, y1 + size), (half, y1 + size), (half, y0 + size),
              (x0, y0 + size), (x0, y0)]  # fmt: skip
    codes = [Outline.MOVETO, *[Outline.CURVE4] * 3, Outline.LINETO, *[Outline.CURVE4] * 3, Outline.CLOSEPOLY]
    outline = Outline(np.array(points), codes)
    ax.add_patch(mpatches.PathPatch(outline, facecolor=colour, edgecolor="white", linewidth=0.2, alpha=0.8, zorder=2))


# ----------------------------------------------------------------------------------------------------------------------
# The coloured week of a room or of a centre (周课表): who is where and when, today and in the plan.


_WHENS: dict[str, tuple[When, ...]] = {"before": ("before",), "after": ("after",), "both": ("before", "after")}
_WEEK_TITLES: dict[str, str] = {"before": "现状", "after": "规划"}
_WIDTH, _HEIGHT = 11.6, 5.6
_PANEL_HEIGHT, _PANEL_COLUMNS = 3.5, 2
_HEAD = 0.7  # inches for title and foot
_LINE = 1.32  # height of a line of type, of its size
_POINTS = 72
_FILL = 0.86  # share of a panel that its days take, beside the hours
_PANEL_SHARE = 0.84  # of its height that a panel takes, beside its heading
_WORKDAYS = 5
_EDGE = "#6f6a60"
_SIZES = (7.5, 6.5, 5.5, 4.8)  # points, the largest that fits


def week_timetable(
    result: TimetableResult,
    ax: Axes | None = None,
    *,
    room: str | None = None,
    station: str | None = None,
    when: Literal["before", "after", "both"] = "after",
) -> Axes:
    """Draw the week of one room, or of all rooms of one centre side by side.

    Blocks are coloured by function and say what, for whom and when. Hatched strips are setting up and clearing away;
    a heavy frame and 合 mark rooms that are joined; grey hours are closed. A centre without a timetable can be drawn as
    it is today only.

    Parameters
    ----------
    result
        The rooms as timetabled.
    ax
        Axes to draw on; new ones when not given.
    room, station
        Identifier of the room or of the centre; one of them.
    when
        Today's timetable, the plan, or both.

    Raises
    ------
    ValueError
        If not just one of room and station is given.
    KeyError
        If the room or the station is not there, or has no rooms.
    NoSolutionError
        If the plan is to be drawn and the centre has none.
    """
    if (room is None) == (station is None):
        raise ValueError("give either a room or a station")
    ledger = result.district.ledger("rooms").set_index("id")
    centre = str(ledger.loc[room, "station"]) if room is not None else str(station)
    plan = result.plan(centre)
    if when != "before":
        result.planned_at(centre)
    blocks: dict[When, tuple[Block, ...]] = {one: week_of(result, centre, one) for one in _WHENS[when]}
    shown = [one for one in plan.centre.rooms if _is_shown(one, room, blocks)]
    panels = [(one, week) for one in shown for week in blocks]
    with house_style():
        columns = 1 if len(panels) == 1 else _PANEL_COLUMNS
        rows = max(1, math.ceil(len(panels) / columns))
        height = _HEIGHT if len(panels) < 2 else _PANEL_HEIGHT * rows
        ax = axes_for(ax, (_WIDTH, height + _HEAD))
        ax.set_axis_off()
        days, hours = _days(shown, blocks), _hours(shown, blocks)
        width = _WIDTH * _FILL / columns / len(days) * _POINTS
        scale = (width, height / rows * _PANEL_SHARE * _POINTS / (hours[1] - hours[0]))
        for number, (one, week) in enumerate(panels):
            panel = ax.inset_axes(_frame(number, columns, rows))
            own = [block for block in blocks[week] if block.room == one.id]
            _draw_week(panel, result, one, own, (days, hours, scale))
            panel.set_title(_heading(result, ledger.loc[one.id], one, week), fontsize=9.5, pad=16)
        names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
        what = "与".join(_WEEK_TITLES[one] for one in _WHENS[when])
        place = f"{names.get(centre, centre)} · {room}" if room else f"{names.get(centre, centre)}"
        ax.set_title(f"周课表 · {place}（{what}）", pad=10)
        mark_ground(ax, result.district)
        add_foot(ax, _foot(result, plan.centre.rooms, shown, blocks))
    return ax


def _is_shown(one: Room, room: str | None, blocks: dict[When, tuple[Block, ...]]) -> bool:
    if room is not None:
        return one.id == room
    return any(block.room == one.id for week in blocks.values() for block in week)


def _frame(number: int, columns: int, rows: int) -> tuple[float, float, float, float]:
    """Return where a panel stands, as shares of the axes: left, bottom, width, height."""
    row, column = divmod(number, columns)
    width, height = 1 / columns, 1 / rows
    return column * width + 0.035, 1 - (row + 1) * height + 0.02 * height, width - 0.045, height * _PANEL_SHARE


def _days(rooms: Sequence[Room], blocks: dict[When, tuple[Block, ...]]) -> list[int]:
    """Return the days that are shown: the weekend only when something is open or takes place."""
    open_ = {d for room in rooms for d in range(7) if room.open[d * DAY_CELLS : (d + 1) * DAY_CELLS].any()}
    held = {block.day for week in blocks.values() for block in week}
    return [day for day in range(7) if day < _WORKDAYS or day in open_ | held]


def _hours(rooms: Sequence[Room], blocks: dict[When, tuple[Block, ...]]) -> tuple[int, int]:
    """Return the first and last minute of the day that is shown, whole hours."""
    ends = [(b.held_from, b.held_to) for week in blocks.values() for b in week]
    for room in rooms:
        cells = np.flatnonzero(room.open.reshape(7, DAY_CELLS).any(axis=0))
        if len(cells):
            ends.append((int(cells[0]) * CELL_MIN, int(cells[-1] + 1) * CELL_MIN))
    if not ends:
        return 8 * 60, 18 * 60
    return min(a for a, _ in ends) // 60 * 60, min(DAY_MINUTES, -(-max(b for _, b in ends) // 60) * 60)


def _heading(result: TimetableResult, row: Any, room: Room, week: When) -> str:
    used, fate = "缺数据", ""
    if result.solved:
        table = result.by_room.set_index("id").loc[room.id]
        share = table[f"utilisation_{week}"]
        used = f"利用率 {100 * share:.0f}%" if share == share else used
        fate = f" · {label('fate.' + table['fate'])}" if week == "after" and isinstance(table["fate"], str) else ""
    return f"{room.id} {row['sign']}（{_WEEK_TITLES[week]}）{row['storey']} 层 · {room.capacity} 人 · {used}{fate}"


def _draw_week(
    ax: Axes,
    result: TimetableResult,
    room: Room,
    blocks: Sequence[Block],
    view: tuple[Sequence[int], tuple[int, int], tuple[float, float]],
) -> None:
    days, (first, last), scale = view
    for column, day in enumerate(days):
        for begin, end in _closed(room, day, first, last):
            look: dict[str, Any] = {"facecolor": "#efece5", "edgecolor": "#d8d3c8", "hatch": "////", "linewidth": 0}
            ax.add_patch(mpatches.Rectangle((column, begin), 1, end - begin, **look))
    for block in blocks:
        _draw_block(ax, result, block, days.index(block.day), scale)
    ax.set(xlim=(0, len(days)), ylim=(last, first))
    ax.set_xticks([d + 0.5 for d in range(len(days))], [label(WEEKDAYS[d]) for d in days], fontsize=8.5)
    ax.xaxis.tick_top()
    step = 120 if last - first > 8 * 60 else 60
    ticks = range(first, last + 1, step)
    ax.set_yticks(ticks, [f"{t // 60:02d}:00" for t in ticks], fontsize=7.5)
    ax.tick_params(length=0, pad=1)
    ax.hlines(range(first, last + 1, 60), 0, len(days), color="#e4dfd5", linewidth=0.5, zorder=0)
    ax.vlines(range(len(days) + 1), first, last, color="#b9b4aa", linewidth=0.7, zorder=1)
    for spine in ax.spines.values():
        spine.set_visible(False)


def _closed(room: Room, day: int, first: int, last: int) -> list[tuple[int, int]]:
    """Return the spans of a day, in minutes, in which a room is closed."""
    cells = room.open[day * DAY_CELLS : (day + 1) * DAY_CELLS]
    spans: list[tuple[int, int]] = []
    for minute in range(first, last, CELL_MIN):
        if cells[minute // CELL_MIN]:
            continue
        if spans and spans[-1][1] == minute:
            spans[-1] = (spans[-1][0], minute + CELL_MIN)
        else:
            spans.append((minute, minute + CELL_MIN))
    return spans


def _draw_block(ax: Axes, result: TimetableResult, block: Block, column: int, scale: tuple[float, float]) -> None:
    width = 0.96 / block.lanes
    left = column + 0.02 + block.lane * width
    colour = result.functions.colour_of(block.function)
    for begin, end in ((block.held_from, block.begin), (block.clear_from, block.held_to)):
        if end > begin:
            strip: dict[str, Any] = {"facecolor": "white", "edgecolor": _EDGE, "hatch": "xxxx", "linewidth": 0.4}
            ax.add_patch(mpatches.Rectangle((left, begin), width, end - begin, zorder=2, **strip))
    look: dict[str, Any] = {"facecolor": colour, "edgecolor": "black" if block.joined else _EDGE, "zorder": 3}
    look["linewidth"] = 1.8 if block.joined else 0.6
    ax.add_patch(mpatches.Rectangle((left, block.begin), width, block.end - block.begin, **look))
    room = (width * scale[0] - 3, (block.end - block.begin) * scale[1])
    lines, size = _fitted(block, room)
    middle = (block.begin + block.end) / 2
    place: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 4}
    ax.text(left + width / 2, middle, "\n".join(lines), fontsize=size, linespacing=1.1, **place)


def _fitted(block: Block, room: tuple[float, float]) -> tuple[list[str], float]:
    """Return the lines that fit into a block of this width and height, points, and their size."""
    name = f"合{block.joined} {block.name}" if block.joined else block.name
    for size in _SIZES:
        when = [block.span] if _fits(block.span, room[0], size) else block.span.replace("–", "–\n").split("\n")
        for words in ([name, block.audience], [name]):
            lines = [part for word in words for part in _folded(word, room[0], size)] + when
            if len(lines) * size * _LINE <= room[1] and _fits(when[-1], room[0], size):
                return lines, size
    size = _SIZES[-1]
    most = max(1, int(room[1] / (size * _LINE)))
    return _folded(name, room[0], size)[:most], size


def _fits(text: str, width: float, size: float) -> bool:
    return display_width(text) * size / 2 <= width


def _folded(text: str, width: float, size: float) -> list[str]:
    """Break a text into lines that are no wider than a width in points, where a line may break."""
    return wrapped(text, max(2, int(width / (size / 2)))).split("\n")


def _foot(
    result: TimetableResult, rooms: Sequence[Room], shown: Sequence[Room], blocks: dict[When, tuple[Block, ...]]
) -> list[str]:
    found = {block.function: "" for week in blocks.values() for block in week if block.room in {r.id for r in shown}}
    notes = ["斜线底：不开放；网线：布置与清场；粗框“合”：与邻室合用；同格并列：相容活动同时使用"]
    notes += ["功能：" + "、".join(result.functions[key].label for key in sorted(found))] if found else []
    left = [room.id for room in rooms if room not in shown]
    if left and len(shown) > 1:
        notes.append(f"未用的房间不画：{'、'.join(left)}")
    return notes


# ----------------------------------------------------------------------------------------------------------------------
# Figures of rooms as timetabled: how many are in use when, how well each is used, and how near the bound.


_SHADES = LinearSegmentedColormap.from_list("rooms", ["#f6f1e7", "#f0c24b", "#c8463d", "#6b1420"])
_DARK = 0.55  # share of the scale above which figures in cells are white
_BEFORE, _AFTER, _RELEASED = "#c9c4ba", ACCENT, "#2c8c6a"
_GRID = (11.6, 6.2)
_TITLES = {"before": "现状", "after": "规划"}
_OFFICES = {"before": ("office", "given", "given_idle"), "after": ("office",)}
"""Fates of the rooms that are not the residents', before and after."""


@figure("rooms_use", TimetableResult, when=lambda rooms: rooms.solved)
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


@figure("rooms", TimetableResult, when=lambda rooms: rooms.solved, page=True)
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


@figure("rooms_proof", TimetableResult)
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
