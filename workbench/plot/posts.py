"""Figures of 一小区一阵地: the three-colour map of compounds, and how many there are in each subdistrict."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from workbench.coverage import PostsResult
from workbench.coverage.doors import share
from workbench.coverage.posts import INHABITED, status_column
from workbench.plot.coverage import clock_note
from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways
from workbench.plot.style import (
    CLASSES,
    MAP_SIZE,
    ClassStyle,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)
from workbench.terms import Mode, Post, ServiceLevel, label

POSTS: Final[Mapping[Post, ClassStyle]] = MappingProxyType(
    {
        Post.OWN: CLASSES["within"],
        Post.SHARED: CLASSES["near"],
        Post.NONE: CLASSES["beyond"],
        Post.EMPTY: ClassStyle("#d9d9d9", "....", ""),
    }
)
"""Own, shared and none differ by colour and hatch."""


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
        count = result.counts(mode, level)
        total = sum(count.values()) - count[Post.EMPTY]
        percent = share(count[Post.OWN] + count[Post.SHARED], total)
        said = "无小区" if percent is None else f"{percent:.1f}%"
        ax.set_title(f"一小区一阵地：自有或共享 {said}（{INHABITED} {total:,} 个）")
        furnish_map(ax, district, note=_note(result, mode))
        _cite(ax, result, mode)
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


def _cite(ax: Axes, result: PostsResult, mode: Mode) -> None:
    rules = result.scenario.coverage
    limit = rules.time if mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, result.scenario.register, limit, rules.compound_share)


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
            xlabel=f"小区占比（%；分母：本街道{INHABITED}，个数见括号；条上为小区数）",
        )
        ax.set_title(f"各街道一小区一阵地（{label(level)}，{label(mode)}）", pad=34)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8.5, frameon=False)
        mark_ground(ax, result.coverage.district, lift=14)
        _cite(ax, result, mode)
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
