"""The map of linked centres: which activities go where, over the walks that would allow it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways
from workbench.plot.style import MAP_SIZE, axes_for, cite_standards, furnish_map, house_style, map_legend
from workbench.rooms import LinkedResult
from workbench.scenario.rooms import Linking
from workbench.terms import label

Floats = npt.NDArray[np.float64]

_SERVED, _OTHER, _WALK = "#d9480f", "#1f5fa8", "#8d99a6"
_BEND = 0.22  # so that arrows to and fro lie side by side
_THIN, _THICK = 1.4, 5.0  # points
_MANY = 10  # activities from which on an arrow is at its thickest
_MARGIN_M = 250.0  # around the centres that could help each other out


def links_map(result: LinkedResult, ax: Axes | None = None) -> Axes:
    """Map the moves between centres: arrows by number of activities, over the walks within the limit.

    An arrow is in the colour of what is newly served as soon as one of its activities is; its number is that of the
    activities. The map shows the centres between which there is a walk, or the district where there is none.

    Parameters
    ----------
    result
        Linked centres.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        stations = district.stations[district.stations["id"].isin(list(result.links.centres))]
        places = {
            str(name): point
            for name, point in zip(stations["id"], stations.geometry.get_coordinates().to_numpy(), strict=True)
        }
        handles: list[Artist] = [*draw_stations(ax, stations)]
        handles += _draw_walks(ax, result, places)
        ax.autoscale_view()
        _look_at(ax, result.by_pair, places)
        handles += _draw_moves(ax, result, places)
        _name_centres(ax, result, places)
        ax.set_title(_headline(result))
        furnish_map(ax, district, note=_note(result))
        cite_standards(ax, result.scenario.register, _said(result).limit)
        map_legend(ax, handles, title="中心间调剂")
    return ax


def _said(result: LinkedResult) -> Linking:
    return result.scenario.rooms.linking or Linking()


def _draw_walks(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> list[Line2D]:
    """Draw every pair with a walk, once."""
    both = {tuple(sorted(pair)) for pair in zip(result.by_pair["from"], result.by_pair["to"], strict=True)}
    if not both:
        return []
    lines = [np.stack([places[a], places[b]]) for a, b in sorted(both)]
    look: dict[str, Any] = {"colors": _WALK, "linewidths": 1.1, "linestyles": [(0, (4, 3))], "zorder": 8}
    ax.add_collection(LineCollection(lines, **look), autolim=False)
    limit = result.scenario.standard(_said(result).limit)
    words = f"步行 ≤ {limit:g} min（{len(both)} 对，示意连线）"
    return [Line2D([], [], color=_WALK, linewidth=1.1, linestyle=(0, (4, 3)), label=words)]


def _look_at(ax: Axes, pairs: pd.DataFrame, places: dict[str, Floats]) -> None:
    """Show the centres that could help each other out, in a square: a narrow map has no room for its title."""
    names = sorted({*pairs["from"], *pairs["to"]})
    if not names:
        return
    points = np.stack([places[name] for name in names])
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2 + _MARGIN_M
    ax.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))


def _draw_moves(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> list[Line2D]:
    moves = result.moves
    if moves.empty:
        return []
    served = moves[moves["why"] == "served"]
    newly = set(zip(served["from"], served["to"], strict=True))
    used = result.by_pair[result.by_pair["activities"] > 0]
    for a, b, count in zip(used["from"], used["to"], used["activities"], strict=True):
        colour = _SERVED if (a, b) in newly else _OTHER
        width = _THIN + (_THICK - _THIN) * min(1.0, float(count) / _MANY)
        ax.add_patch(
            FancyArrowPatch(
                tuple(places[a]), tuple(places[b]), connectionstyle=f"arc3,rad={_BEND}", arrowstyle="-|>",
                mutation_scale=9 + 2 * width, shrinkA=5, shrinkB=6, linewidth=width, color=colour, alpha=0.9, zorder=9,
            )
        )  # fmt: skip
        _number(ax, places[a], places[b], int(count), colour)
    found = [(_SERVED, f"含现可排上的活动（{len(served)} 项）"), (_OTHER, "仅为腾房、让位或随行")]
    kinds = [(colour, words) for colour, words in found if colour == _OTHER or len(served)]
    handles = [Line2D([], [], color=colour, linewidth=3, label=words) for colour, words in kinds]
    return [*handles, Line2D([], [], color="none", label=f"数字：活动数（共 {len(moves)} 项）")]


def _number(ax: Axes, start: Floats, end: Floats, count: int, colour: str) -> None:
    """Write a number on the middle of a bent arrow."""
    along = end - start
    middle = (start + end) / 2 + _BEND / 2 * np.array([along[1], -along[0]])
    box = {"boxstyle": "circle,pad=0.2", "fc": "white", "ec": colour, "lw": 1.0}
    ax.annotate(
        str(count), xy=(middle[0], middle[1]), ha="center", va="center", fontsize=8, color=colour, bbox=box, zorder=12
    )


def _name_centres(ax: Axes, result: LinkedResult, places: dict[str, Floats]) -> None:
    table = result.district.stations
    rows = zip(table["id"], table["name"], table["kind"], strict=True)
    names = {key: str(name).removesuffix(label(kind)) or str(name) for key, name, kind in rows}
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.75}
    used = result.by_pair[result.by_pair["activities"] > 0]
    for name in sorted({*used["from"], *used["to"]}):
        ax.annotate(
            names[name], xy=(places[name][0], places[name][1]), xytext=(0, -11), textcoords="offset points",
            ha="center", va="top", fontsize=7, color="#333333", bbox=box, zorder=11,
        )  # fmt: skip


def _headline(result: LinkedResult) -> str:
    found = {kpi.key: kpi for kpi in result.kpis()}
    moved, gained = found["links.moved"], found["links.sessions_gained"]
    rooms = found["links.rooms_released"]
    if not moved.value:
        return f"中心间调剂：无（分母：{moved.of:,.0f} 项活动）"
    return (
        f"中心间调剂 {moved.value:,.0f}/{moved.of:,.0f} 项活动：增排 {gained.value:,.0f}/{gained.of:,.0f} 场，"
        f"再释放 {rooms.value:,.0f}/{rooms.of:,.0f} 室"
    )


def _note(result: LinkedResult) -> str:
    """Say how far the result is from its bounds; lines are drawn straight, walks are not."""
    stages = result.by_stage.set_index("stage")
    scale, unit = (10.0, "㎡") if result.scenario.rooms.release == "area" else (1.0, "室")
    value, bound = (stages[column].to_dict()["release"] / scale for column in ("after", "bound"))
    proof = f"使用 {value:,.0f} {unit}，需求满足不减时不少于 {bound:,.0f} {unit}"
    return f"{proof}；步行按各活动人群步速沿路网计，连线仅示意"
