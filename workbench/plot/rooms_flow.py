"""Which functions take place in which kind of room: today on the left, in the plan on the right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import matplotlib.patches as mpatches
import numpy as np
from matplotlib.axes import Axes
from matplotlib.path import Path as Outline

from workbench.plot.style import GREY, axes_for, house_style, mark_ground
from workbench.rooms.result import TimetableResult, When, week_of

Measure = Literal["space", "hours"]
Flows = Mapping[tuple[str, str], float]
"""Amount by room kind and function."""

_SIZE, _SMALL = (10.4, 8.0), (9.2, 5.2)
_UNITS = {"space": "㎡·h", "hours": "室·h"}
_KINDS, _FUNCTIONS, _PLANNED = 0.20, 0.5, 0.80  # where the three columns stand, shares of the width
_THICK = 0.012  # of a column
_GAP, _WIDE_GAP = 0.009, 0.02  # between the bars of a column, of the height; of a whole district, and of one centre
_MUTED = "#8a857b"


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
    flows: dict[When, Flows] = {when: flows_of(result, when, measure, station) for when in ("before", "after")}
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


def _sums(flows: Flows, part: Literal[0, 1]) -> dict[str, float]:
    """Return amounts by room kind (0) or by function (1)."""
    found: dict[str, float] = {}
    for pair, amount in flows.items():
        found[pair[part]] = found.get(pair[part], 0.0) + amount
    return found


def _kinds_of(flows: Flows, result: TimetableResult) -> dict[str, float]:
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
    flows: Flows,
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
