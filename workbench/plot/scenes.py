"""Figures of a scene matrix: groups × scenes, and communities × scenes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import matplotlib as mpl
import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from workbench.coverage.scenes import EMPTY, WHOLE, Reason, SceneMatrix, group_label, needs_of
from workbench.plot.style import GREY, axes_for, cite_standards, house_style, mark_ground
from workbench.privacy import WITHHELD
from workbench.terms import label

_HATCHES: Final = {
    Reason.OFFERED_NOWHERE: ("xxxx", "无阵地"),
    Reason.OUT_OF_REACH: ("////", "不可及"),
    Reason.WRONG_HOURS: ("....", "时段\n不合"),
}
_EMPTY_FILL, _EMPTY_LINE, _EMPTY_INK, _UNKNOWN_FILL = "#f6ddd8", "#b03a2e", "#5c1810", "#e4e4e4"
_PALE_FILL, _PALE_LINE, _PALE_INK = "#fafafa", "#e6e6e6", "#9a9a9a"
_LEAST_SHOWN = 0.05  # percent by which two shares differ when rounded
_SHADES = "YlGn"
_DARK = 0.62  # part of the colour scale beyond which text is white
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
    return to_hex(mpl.colormaps[_SHADES](0.08 + 0.8 * part)), "white" if part > _DARK else "black"


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
        _cite(ax, matrix, groups, matrix.scenario.scenes.least_overlap)
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


def _cite(ax: Axes, matrix: SceneMatrix, groups: Iterable[str], *keys: str) -> None:
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
        _cite(ax, matrix, matrix.coverage.populace.whole)
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
