"""Figures of the ledgers in order: scenes by community, volunteers by community, where tools are lent."""

from __future__ import annotations

import numpy as np
import shapely
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from workbench.catalogue.terms import label
from workbench.ledgers.result import LedgersResult
from workbench.ledgers.scenes import Presence
from workbench.plot.figures import figure
from workbench.plot.style import (
    ACCENT,
    CLASSES,
    GREY,
    add_foot,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)

_TALL = (8.6, 9.2)
_NAME_SIZE = 7.5
_COLOURS = {
    Presence.MISSING: "#e8e4dc",
    Presence.UNKNOWN: "#c9c4ba",
    Presence.SHARED: "#9fc3d9",
    Presence.PRESENT: ACCENT,
}
_SIGNS = {Presence.MISSING: "", Presence.UNKNOWN: "?", Presence.SHARED: "○", Presence.PRESENT: "●"}
_HELP, _TRAINED = "#9fc3d9", "#d9480f"


def _has_communities(result: LedgersResult) -> bool:
    return len(result.presence) > 0


@figure("ledgers_scenes", LedgersResult, page=True, when=_has_communities)
def scenes_by_community(result: LedgersResult, ax: Axes | None = None) -> Axes:
    """Draw which community has which scene, shares it, or lacks it; those that lack most first.

    Parameters
    ----------
    result
        The ledgers as audited.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, _TALL)
        how, scenes = result.presence, list(result.scenes.catalogue.values())
        rows = np.argsort((how >= Presence.SHARED).sum(axis=1), kind="stable")
        ax.imshow(
            how[rows], cmap=ListedColormap(list(_COLOURS.values())), vmin=0, vmax=len(Presence) - 1, aspect="auto"
        )
        for y, row in enumerate(rows):
            for x, kind in enumerate(how[row]):
                ax.text(
                    x,
                    y,
                    _SIGNS[Presence(kind)],
                    ha="center",
                    va="center",
                    fontsize=6.5,
                    color="white" if kind == Presence.PRESENT else "#333333",
                )
        ax.set_xticks(
            range(len(scenes)), [scene.short for scene in scenes], rotation=60, ha="left", fontsize=_NAME_SIZE
        )
        ax.xaxis.tick_top()
        areas = [result.scenes.areas[row] for row in rows]
        names = [result.names.get(area, area) for area in areas]
        counts = (how[rows] >= Presence.SHARED).sum(axis=1)
        ax.set_yticks(
            range(len(rows)),
            [f"{n}  {c}/{len(scenes)}" for n, c in zip(names, counts, strict=True)],
            fontsize=_NAME_SIZE,
        )
        ax.set_xticks(np.arange(0.5, len(scenes)), minor=True)
        ax.set_yticks(np.arange(0.5, len(rows)), minor=True)
        ax.grid(which="minor", color="white", linewidth=1)
        ax.grid(which="major", visible=False)
        ax.tick_params(which="both", length=0)
        for spine in ax.spines.values():
            spine.set_visible(False)
        seen = [kind for kind in Presence if (how == kind).any()]
        handles = [
            Patch(facecolor=_COLOURS[kind], label=f"{_SIGNS[kind]} {label(f'presence.{kind.name.lower()}')}".strip())
            for kind in reversed(seen)
        ]
        ax.legend(
            handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.01), ncols=4, frameon=False, fontsize=8.5
        )
        ax.set_title("十六场景 × 社区：有、邻近可及、缺", pad=52)
        mark_ground(ax, result.district, lift=38)
        cite_standards(ax, result.scenario.register, result.said.scene_share)
        add_foot(ax, [result.scenes.catalogue.note])
    return ax


def _has_volunteers(result: LedgersResult) -> bool:
    return result.volunteers is not None


@figure("ledgers_volunteers", LedgersResult, when=_has_volunteers)
def volunteers_by_community(result: LedgersResult, ax: Axes | None = None) -> Axes:
    """Draw law-literate volunteers for 1,000 residents by community: today, sent from neighbours, trained.

    Called as :func:`scenes_by_community` is.
    """
    with house_style():
        ax = axes_for(ax, _TALL)
        problem, table = result.volunteers, result.by_volunteers
        assert problem is not None
        y, people = np.arange(len(table)), table["residents"].where(table["residents"] > 0) / 1000
        stays = (table["volunteers"] - table["sent"]) / people
        left = stays.to_numpy(np.float64)
        ax.barh(y, left, color=ACCENT, height=0.7, label="现有")
        for column, colour, hatch, words in (
            ("came", _HELP, "//", "邻近社区来援"),
            ("trained", _TRAINED, "xx", "新培训"),
        ):
            part = (table[column] / people).to_numpy(np.float64)
            ax.barh(
                y, part, left=left, color=colour, height=0.7, hatch=hatch, edgecolor="white", linewidth=0, label=words
            )
            left = left + part
        sent = (table["sent"] / people).to_numpy(np.float64)
        ax.barh(y, sent, left=stays, color="none", height=0.7, edgecolor=GREY, linewidth=0.8, label="支援外社区")
        ax.axvline(
            problem.floor, color=CLASSES["beyond"].colour, linestyle="--", linewidth=1, label=f"下限 {problem.floor:g}"
        )
        ax.set_yticks(y, [result.names[key] for key in table["community"]], fontsize=_NAME_SIZE)
        ax.set(ylim=(len(table) - 0.4, -0.6), xlabel="每千居民法律明白人（人）")
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=5, frameon=False, fontsize=8.5)
        ax.set_title("法律明白人：现状与补足到下限")
        mark_ground(ax, result.district)
        cite_standards(ax, result.scenario.register, result.said.volunteer_floor, result.said.volunteer_reach)
    return ax


def _has_tools(result: LedgersResult) -> bool:
    return bool(result.lent)


@figure("ledgers_tools", LedgersResult, when=_has_tools)
def where_tools_are_lent(result: LedgersResult, ax: Axes | None = None) -> Axes:
    """Draw which compounds have the tools within five minutes, and where tools should be lent besides.

    Called as :func:`scenes_by_community` is.
    """
    with house_style():
        ax = axes_for(ax, (9.0, 8.2))
        district, lent = result.district, result.lent
        assert lent
        served = np.sum([one.served for one in lent], axis=0)
        compounds = district.layer("compounds").set_index("id").loc[list(result.compounds)]
        classes = [
            ("beyond", "5 分钟内无阵地可借", ~result.reached),
            ("near", "缺若干工具", result.reached & (served < len(lent))),
            ("within", "全部工具借得到", served == len(lent)),
        ]
        if district.has("communities"):
            district.layer("communities").boundary.plot(ax=ax, color=GREY, linewidth=0.5, zorder=1)
        handles: list[Artist] = []
        for name, words, mask in classes:
            style = CLASSES[name]
            if mask.any():
                compounds[mask].plot(
                    ax=ax, color=style.colour, hatch=style.hatch, edgecolor="white", linewidth=0.3, zorder=2
                )
            count = int(mask.sum())
            handles.append(
                Patch(facecolor=style.colour, hatch=style.hatch, edgecolor="white", label=f"{words}（{count}）")
            )
        stations = district.stations
        x, y = shapely.get_coordinates(stations.geometry.to_numpy()).T
        now = np.unique(np.concatenate([one.points for one in lent]))
        more = np.bincount(np.concatenate([one.added for one in lent]), minlength=len(stations))
        for rows, marker, colour, words in (
            (now, "o", "#222222", "现有出借点"),
            (np.flatnonzero(more), "^", _TRAINED, "须增设（大小为种数）"),
        ):
            size = 14 if marker == "o" else 16 + 12 * more[rows]
            ax.scatter(
                x[rows], y[rows], s=size, marker=marker, color=colour, edgecolor="white", linewidth=0.5, zorder=4
            )
            handles.append(Line2D([], [], linestyle="", marker=marker, color=colour, label=f"{words}（{len(rows)}）"))
        map_legend(ax, handles)
        ax.set_title("小修小补：各小区 5 分钟内借得到的工具")
        furnish_map(ax, district)
        cite_standards(
            ax, result.scenario.register, result.scenario.coverage.time, result.scenario.coverage.compound_share
        )
    return ax
