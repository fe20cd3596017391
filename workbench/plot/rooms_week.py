"""The coloured week of a room or of a centre (周课表): who is where and when, today and in the plan."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib.patches as mpatches
import numpy as np
from matplotlib.axes import Axes

from workbench.fonts import display_width
from workbench.hours import DAY_MINUTES, WEEKDAYS
from workbench.plot.style import add_foot, axes_for, house_style, mark_ground, wrapped
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Room
from workbench.rooms.result import Block, TimetableResult, When, week_of
from workbench.terms import label

_WHENS: dict[str, tuple[When, ...]] = {"before": ("before",), "after": ("after",), "both": ("before", "after")}
_TITLES: dict[str, str] = {"before": "现状", "after": "规划"}
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
        what = "与".join(_TITLES[one] for one in _WHENS[when])
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
    return f"{room.id} {row['sign']}（{_TITLES[week]}）{row['storey']} 层 · {room.capacity} 人 · {used}{fate}"


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
