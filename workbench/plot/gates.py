"""Figures of gates: three states side by side, and the best gate of each compound."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.catalogue.terms import GateMeasure, GateState, Mode, Post, ServiceLevel, label
from workbench.coverage import CoverageResult, GateComparison, GateGains, PostsResult
from workbench.coverage.doors import share
from workbench.coverage.gates import state_label
from workbench.coverage.posts import status_column
from workbench.plot.coverage import clock_note
from workbench.plot.figures import figure
from workbench.plot.ground import apart, draw_backdrop, draw_stations, draw_walls, draw_ways, name_areas
from workbench.plot.style import (
    ACCENT,
    CLASSES,
    GREY,
    MAP_SIZE,
    ClassStyle,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)

# ----------------------------------------------------------------------------------------------------------------------
# Figures of 一小区一阵地: the three-colour map of compounds, and how many there are in each subdistrict.


POSTS: Final[Mapping[Post, ClassStyle]] = MappingProxyType(
    {
        Post.OWN: CLASSES["within"],
        Post.SHARED: CLASSES["near"],
        Post.NONE: CLASSES["beyond"],
        Post.EMPTY: ClassStyle("#d9d9d9", "....", ""),
    }
)
"""Own, shared and none differ by colour and hatch."""


@figure("posts", PostsResult, layers=("compounds",), page=True)
def posts_map(
    result: PostsResult,
    ax: Axes | None = None,
    *,
    mode: Mode = Mode.COMPLIANCE,
    level: ServiceLevel = ServiceLevel.ANY,
) -> Axes:
    """Map the compounds in three colours: a station of their own, one shared within five minutes, none.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    mode
        What five minutes are: metres along the network, or minutes at each group's own pace.
    level
        Which stations count; only these are drawn.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district = result.coverage.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        handles = _draw_compounds(ax, result, mode, level)
        stations = district.stations
        handles += draw_stations(ax, stations[(stations["level"] == str(level)) | (level is ServiceLevel.ANY)])
        ax.autoscale_view()
        name_areas(ax, district)
        count = result.counts(mode, level)
        total = sum(count.values()) - count[Post.EMPTY]
        percent = share(count[Post.OWN] + count[Post.SHARED], total)
        said = "无小区" if percent is None else f"{percent:.1f}%"
        ax.set_title(f"一小区一阵地：自有或共享 {said}（有居民的小区 {total:,} 个）")
        furnish_map(ax, district, note=_note(result, mode))
        _cite_posts(ax, result, mode)
        map_legend(ax, handles, title=f"小区的阵地（{label(mode)}；{label(level)}）")
    return ax


def _draw_compounds(ax: Axes, result: PostsResult, mode: Mode, level: ServiceLevel) -> list[Artist]:
    compounds = result.coverage.district.compounds
    status = compounds["id"].map(result.by_compound.set_index("id")[status_column(mode, level)].to_dict())
    residents = result.by_compound["residents"].to_numpy(np.float64)
    handles: list[Artist] = []
    for post, style in POSTS.items():
        mask = (status == post).to_numpy()
        look: dict[str, Any] = {"facecolor": style.colour, "hatch": style.hatch, "edgecolor": "#5e5e5e"}
        if mask.any():
            compounds[mask].plot(ax=ax, alpha=0.55, linewidth=0.5, zorder=2, aspect=None, **look)
        elif post is Post.EMPTY:
            continue
        text = f"{label(post)}\n{mask.sum()} 个，居民 {residents[mask].sum():,.0f} 人"
        handles.append(mpatches.Patch(label=text, alpha=0.55, **look))
    return handles


def _note(result: PostsResult, mode: Mode) -> str:
    coverage = result.coverage
    how = (
        f"{coverage.time_limit_min:g} min，各人群步速"
        if mode is Mode.EXPERIENCE
        else f"{coverage.distance_limit_m:g} m"
    )
    return f"自有＝阵地在小区内；共享＝≥ {result.least_share:.0%} 居民步行 {how} 内有可用阵地；{clock_note(coverage)}"


def _cite_posts(ax: Axes, result: PostsResult, mode: Mode) -> None:
    rules = result.scenario.coverage
    limit = rules.time if mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, result.scenario.register, limit, rules.compound_share)


@figure(
    "posts_by_subdistrict",
    PostsResult,
    layers=(
        "communities",
        "compounds",
    ),
)
def posts_by_subdistrict(
    result: PostsResult,
    ax: Axes | None = None,
    *,
    mode: Mode = Mode.COMPLIANCE,
    level: ServiceLevel = ServiceLevel.ANY,
) -> Axes:
    """Draw what the compounds of each subdistrict have, as shares of them with their numbers.

    Subdistricts with the greatest share without a post come first; the last bar is the whole district.
    """
    with house_style():
        table = result.by_area("subdistrict", mode, level)
        table = table[table["compounds"] > 0]
        table = table.assign(none=table[str(Post.NONE)] / table["compounds"])
        table = table.sort_values(["none", "id"], ascending=[False, True], kind="stable")
        count = result.counts(mode, level)
        rows = [
            *((str(row["id"]), {post: int(row[str(post)]) for post in Post}) for row in table.to_dict("records")),
            ("全区", {post: count[post] for post in Post}),
        ]
        ax = axes_for(ax, (8.6, 1.9 + 0.44 * max(len(rows), 3)))
        totals = [sum(found.values()) - found[Post.EMPTY] for _, found in rows]
        _stack(ax, rows, totals)
        ax.set_yticks(np.arange(len(rows)), [f"{name}（{n}）" for (name, _), n in zip(rows, totals, strict=True)])
        ax.set(
            xlim=(0, 100),
            ylim=(len(rows) - 0.4, -0.6),
            xlabel="小区占比（%；分母：本街道有居民的小区，个数见括号；条上为小区数）",
        )
        ax.set_title(f"各街道一小区一阵地（{label(level)}，{label(mode)}）", pad=34)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8.5, frameon=False)
        mark_ground(ax, result.coverage.district, lift=14)
        _cite_posts(ax, result, mode)
    return ax


def _stack(ax: Axes, rows: list[tuple[str, dict[Post, int]]], totals: list[int]) -> None:
    """Draw own, shared and none of each row one after the other."""
    start = np.zeros(len(rows))
    whole = np.maximum(np.array(totals, np.float64), 1.0)
    for post in (Post.OWN, Post.SHARED, Post.NONE):
        number = np.array([found[post] for _, found in rows], np.float64)
        width = 100 * number / whole
        style = POSTS[post]
        bars = ax.barh(
            np.arange(len(rows)), width, 0.66, left=start, color=style.colour, hatch=style.hatch, edgecolor="white",
            linewidth=0.6, label=label(post), zorder=2,
        )  # fmt: skip
        box = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85}
        texts = [f"{n:.0f}" if n else "" for n in number]
        for text in ax.bar_label(bars, labels=texts, label_type="center", fontsize=8.5, zorder=3):
            if text.get_text():
                text.set_bbox(box)
        start += width


# ----------------------------------------------------------------------------------------------------------------------
# Figures of gates: three states side by side, and the best gate of each compound.


_STATES: Final[Mapping[GateState, ClassStyle]] = MappingProxyType(
    {
        GateState.NIGHT: ClassStyle("#3b2f63", "", "v"),
        GateState.DAY: ClassStyle("#d08a1d", "", "o"),
        GateState.OPEN: ClassStyle("#2c8c6a", "", "^"),
    }
)
_WON = ClassStyle(ACCENT, "", "^")
_MEASURES: Final[Mapping[GateMeasure, ClassStyle]] = MappingProxyType(
    {
        GateMeasure.OPEN: ClassStyle("#2c8c6a", "", "D"),
        GateMeasure.LONGER: ClassStyle("#3b2f63", "....", "h"),
        GateMeasure.VISITORS: ClassStyle("#d08a1d", "xxxx", "P"),
        GateMeasure.NEW: ClassStyle("#1f6fb2", "////", "o"),
    }
)
_CROWD = 2_500  # points² of ink that the demand points of one panel share
_WORD = {Mode.COMPLIANCE: "合规", Mode.EXPERIENCE: "体验"}


def _cite(ax: Axes, result: GateComparison | GateGains, mode: Mode, *more: str) -> None:
    rules = result.scenario.coverage
    limit = rules.time if mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, result.scenario.register, limit, *more)


@figure("gate_states", GateComparison, layers=("compounds",), page=True)
def gate_states(result: GateComparison, ax: Axes | None = None, *, mode: Mode = Mode.COMPLIANCE) -> Axes:
    """Draw the share of residents covered in each community with gates by day, at night and all open.

    The communities that lose most at night come first; the last row is the whole district.

    Parameters
    ----------
    result
        What was compared.
    ax
        Axes to draw on; new ones when not given.
    mode
        Metres along the network, or minutes at each group's own pace.
    """
    with house_style():
        table = result.by_community
        table = table[table["residents"] > 0].assign(loss=table[f"{mode}_lost"] / table["residents"])
        table = table.sort_values(["loss", "id"], ascending=[False, True], kind="stable")
        names = result.district.communities.set_index("id")["name"].to_dict()
        residents = float(result.coverages[GateState.DAY].populace.residents.sum())
        labels = [str(names.get(i, i)) for i in table["id"]] + ["全区"]
        ax = axes_for(ax, (8.4, 1.9 + 0.22 * max(len(labels), 8)))
        shares = {
            state: np.append(
                100 * (table[f"{mode}_{state}"] / table["residents"]).to_numpy(np.float64),
                100 * result.covered(state, mode) / residents if residents else np.nan,
            )
            for state in GateState
        }
        _dots(ax, result, shares)
        ax.axhline(len(labels) - 1.5, color=GREY, linewidth=0.7)
        ax.set_yticks(np.arange(len(labels)), labels, fontsize=8.5)
        ax.grid(axis="x", color="#e5e2dc", zorder=0)
        ax.set(
            xlim=(-2, 102),
            ylim=(len(labels) - 0.4, -0.6),
            xlabel=f"居民覆盖率（%，{label(mode)}；分母：本社区居民；全区 {residents:,.0f} 人）",
        )
        ax.set_title("大门现状、夜间与全部开放时的居民覆盖率", pad=34)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8.5, frameon=False)
        mark_ground(ax, result.district, lift=14)
        _cite(ax, result, mode)
    return ax


def _dots(ax: Axes, result: GateComparison, shares: Mapping[GateState, npt.NDArray[np.float64]]) -> None:
    """Draw the three states of each row on one line; the day is a ring, so that equal shares do not hide each other."""
    places = np.arange(len(shares[GateState.DAY]))
    ax.hlines(places, shares[GateState.NIGHT], shares[GateState.OPEN], color="#c9c4ba", linewidth=2, zorder=1)
    for state, style in _STATES.items():
        whole, ring = shares[state][-1], state is GateState.DAY
        text = f"{state_label(result, state)}：全区{f' {whole:.1f}%' if np.isfinite(whole) else '无居民'}"
        look: dict[str, Any] = {"s": 70 if ring else 26, "facecolors": "none" if ring else style.colour}
        look["linewidths"] = 1.5 if ring else 0.5
        ax.scatter(shares[state], places, marker=style.marker, edgecolors=style.colour, label=text, zorder=3, **look)


def gate_state_maps(result: GateComparison, ax: Axes | None = None) -> Axes:
    """Map who is covered with gates by day, at night and all open, side by side, compliance mode.

    Residents who are lost at night or won with all gates open differ by marker as well.

    Parameters
    ----------
    result
        What was compared.
    ax
        Axes whose place the three maps take; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, (13.2, 6.1))
        ax.set_axis_off()
        inside = {s: result.coverages[s].covered(Mode.COMPLIANCE) for s in GateState}
        day = inside[GateState.DAY]
        handles: dict[str, Artist] = {}
        for place, state in enumerate(GateState):
            panel = ax.inset_axes((place / 3, 0.02, 0.325, 0.86))
            draw_backdrop(panel, result.district)
            draw_ways(panel, result.district, scale=0.5)
            lost, won = day & ~inside[state], inside[state] & ~day
            parts = (
                ("未覆盖", ~inside[state] & ~lost, ClassStyle("#b3aea4", "", ".")),
                ("覆盖", inside[state] & ~won, CLASSES["within"]),
                ("现状覆盖、夜间不覆盖", lost, CLASSES["beyond"]),
                ("全部开放后新覆盖", won, _WON),
            )
            handles |= draw_parts(panel, result.coverages[GateState.DAY], parts)
            _name_panel(panel, result, state, inside[state])
        ax.set_title(f"大门状态与步行 {result.coverages[GateState.DAY].distance_limit_m:g} m 覆盖（合规口径）")
        ax.legend(
            handles=list(handles.values()),
            loc="upper left",
            ncols=len(handles) or 1,
            fontsize=9,
            frameon=False,
            borderpad=0,
        )
        _cite(ax, result, Mode.COMPLIANCE)
    return ax


def _name_panel(panel: Axes, result: GateComparison, state: GateState, inside: npt.NDArray[np.bool_]) -> None:
    residents = result.coverages[state].populace.residents
    percent = share(float(residents[inside].sum()), float(residents.sum()))
    said = "无居民" if percent is None else f"{percent:.1f}%"
    panel.autoscale_view()
    name_areas(panel, result.district, kinds=("subdistrict",))
    furnish_map(panel, result.district, note=f"居民 {said}（分母：全体居民 {residents.sum():,.0f} 人）")
    panel.set_title(state_label(result, state), fontsize=11, pad=6)


def draw_parts(
    ax: Axes, result: CoverageResult, parts: Sequence[tuple[str, npt.NDArray[np.bool_], ClassStyle]]
) -> dict[str, Artist]:
    """Draw demand points in parts, each in its own style; return the legend handles by name."""
    places = result.district.demand.geometry.get_coordinates().to_numpy()
    residents = result.populace.residents
    small = float(np.clip(_CROWD / max(len(places), 1), 1.2, 5.0))
    size = small * (1 + 6 * residents / max(float(residents.max(initial=0)), 1.0))
    handles: dict[str, Artist] = {}
    for name, mask, style in parts:
        if mask.any():
            look: dict[str, Any] = {
                "c": style.colour,
                "marker": style.marker,
                "linewidths": 0,
                "zorder": 5,
                "rasterized": True,
            }
            ax.scatter(places[mask, 0], places[mask, 1], s=size[mask], **look)
            handles[name] = Line2D(
                [], [], marker=style.marker, color="none", markerfacecolor=style.colour, markeredgecolor="none",
                markersize=7, label=name,
            )  # fmt: skip
    return handles


@figure("best_gates", GateGains, layers=("compounds",), page=True)
def best_gate_bars(result: GateGains, ax: Axes | None = None, *, mode: Mode = Mode.COMPLIANCE, most: int = 15) -> Axes:
    """Draw the compounds whose best gate gains most residents, with what is to be done.

    Parameters
    ----------
    result
        What was found.
    ax
        Axes to draw on; new ones when not given.
    mode
        In which mode the gain is drawn; the order is that of compliance.
    most
        Most bars.
    """
    with house_style():
        table = result.best.head(most)
        ax = axes_for(ax, (8.8, 1.9 + 0.32 * max(len(table), 4)))
        ends = table[str(mode)].to_numpy(np.float64)
        measure = table["measure"].to_numpy(object)
        for name, style in _MEASURES.items():
            where = np.flatnonzero(measure == name)
            if len(where):
                ax.barh(
                    where, ends[where], 0.66, color=style.colour, hatch=style.hatch, edgecolor="white", linewidth=0.4,
                    label=label(name), zorder=2,
                )  # fmt: skip
        _write_gains(ax, table, mode)
        ax.set_yticks(
            np.arange(len(table)),
            [_gate_words(place, row) for place, row in enumerate(table.to_dict("records"), 1)],
        )
        ax.set(
            xlim=(0, 1.45 * float(ends.max(initial=1.0))),
            ylim=(max(len(table), 1) - 0.4, -0.6),
            xlabel=f"新增覆盖居民（人，{label(mode)}；每处单独计算，不可直接相加）",
        )
        ax.set_title(f"每个小区最有效的一处门：新增覆盖最多的 {len(table)} 个（{label(mode)}）", pad=34)
        if len(table):
            ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, fontsize=8.5, frameon=False)
        mark_ground(ax, result.coverage.district, lift=14)
        _cite(ax, result, mode, result.scenario.gate_study.link)
    return ax


def _gate_words(number: int, row: Mapping[Hashable, Any]) -> str:
    """Return compound, side and identifier of a gate."""
    return f"{number}  {row['name']} {str(row['where']).partition('，')[0]}（{row['gate']}）"


def _write_gains(ax: Axes, table: pd.DataFrame, mode: Mode) -> None:
    for place, row in enumerate(table.to_dict("records")):
        others = row["compliance"] - row["own"] if mode is Mode.COMPLIANCE else 0.0
        more = f"，新增中外院 {others:,.0f}" if others > 0 else ""
        text = f" {row[str(mode)]:,.0f} 人（本小区未覆盖 {row[f'gap_{mode}']:,.0f}{more}）"
        ax.text(row[str(mode)], place, text, va="center", fontsize=8.5)


@figure("best_gates_map", GateGains, layers=("compounds",))
def best_gate_map(result: GateGains, ax: Axes | None = None, *, most: int = 15) -> Axes:
    """Map the best gate of each compound; those that gain most are numbered as in :func:`best_gate_bars`.

    Parameters
    ----------
    result
        What was found.
    ax
        Axes to draw on; new ones when not given.
    most
        Gates that are numbered.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district, best = result.coverage.district, result.best
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        handles: list[Artist] = [*draw_walls(ax, district.compounds, width=0.6)]
        if "new_gate_ways" in (layers := result.layers()):
            layers["new_gate_ways"].plot(
                ax=ax, color=_MEASURES[GateMeasure.NEW].colour, linewidth=2, zorder=7, aspect=None
            )
        handles += _mark_gates(ax, best, most)
        handles += draw_stations(ax, district.stations)
        ax.autoscale_view()
        name_areas(ax, district)
        helped, walled = len(best), len(result.by_compound)
        ax.set_title(f"各小区最有效的一处门：{helped} 个可增加覆盖（封闭小区 {walled} 个）")
        furnish_map(ax, district, note="符号大小＝新增覆盖居民（合规口径）；序号＝新增由多到少；每处单独计算")
        _cite(ax, result, Mode.COMPLIANCE, result.scenario.gate_study.link)
        map_legend(ax, handles, title="最佳措施")
    return ax


def _mark_gates(ax: Axes, best: pd.DataFrame, most: int) -> list[Artist]:
    """Mark the gates by what is to be done, larger where more is gained, and number the first."""
    handles: list[Artist] = []
    x, y, gained = (best[c].to_numpy(np.float64) for c in ("x", "y", "compliance"))
    size = 24 + 120 * gained / max(float(gained.max(initial=0)), 1.0)
    for name, style in _MEASURES.items():
        mask = (best["measure"] == name).to_numpy()
        if not mask.any():
            continue
        ax.scatter(
            x[mask], y[mask], s=size[mask], c=style.colour, marker=style.marker, edgecolors="white", linewidths=0.6,
            zorder=8,
        )  # fmt: skip
        handles.append(
            Line2D(
                [], [], marker=style.marker, color="none", markerfacecolor=style.colour, markeredgecolor="white",
                markersize=8, label=f"{label(name)}（{mask.sum()} 个小区）",
            )
        )  # fmt: skip
    ax.autoscale_view()  # numbers keep apart on the page: its scale must be known
    box = {"boxstyle": "circle,pad=0.12", "fc": "white", "ec": GREY, "lw": 0.5}
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "bbox": box, "zorder": 12}
    arrow = {"arrowstyle": "-", "color": GREY, "lw": 0.7, "shrinkA": 0, "shrinkB": 2}
    places = np.stack([x, y], axis=1)[:most]
    for number, (spot, shift) in enumerate(zip(places, apart(ax, places), strict=True), 1):
        beside: dict[str, Any] = {"xytext": tuple(shift), "textcoords": "offset points", "arrowprops": arrow}
        ax.annotate(str(number), xy=tuple(spot), **beside, **look)
    return handles
