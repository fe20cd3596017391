"""Figures of a fairness result: the Lorenz curve, one question at several scales, gaps between groups."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from workbench.coverage import FairnessResult
from workbench.coverage.doors import quantile
from workbench.coverage.fairness import SCALE_LABELS, worst_words
from workbench.plot.style import ACCENT, CHART_SIZE, GREY, axes_for, cite_standards, house_style, mark_ground
from workbench.terms import Mode, ServiceLevel, label

_MODE = {Mode.EXPERIENCE: ("体验口径，各人群按本人群步速", "min"), Mode.COMPLIANCE: ("合规口径，沿路网", "m")}
_NOUN = {Mode.EXPERIENCE: "步行时间", Mode.COMPLIANCE: "步行距离"}
_KEY = "点＝单元，大小＝居民数；横条＝居民 P10–P90，短竖线＝P50；横轴止于居民 P99；分母：有该归属且能到达阵地的居民"
_DIGITS = {Mode.EXPERIENCE: 1, Mode.COMPLIANCE: 0}
_EQUAL = {Mode.EXPERIENCE: "人人走得一样久", Mode.COMPLIANCE: "人人走得一样远"}
_FULL_COLOUR, _FAR_COLOUR = "#8c1515", "#c8463d"


def lorenz_curve(result: FairnessResult, ax: Axes | None = None, *, mode: Mode = Mode.EXPERIENCE) -> Axes:
    """Draw what share of all walking the residents with the shortest walks do, to any station and to centres.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    mode
        Minutes at each group's own pace, or metres along the network.
    """
    with house_style():
        ax = axes_for(ax, (7.2, 6.2))
        ax.plot([0, 100], [0, 100], color=GREY, linewidth=0.9, label=_EQUAL[mode])
        for level, line, colour in ((ServiceLevel.ANY, "-", ACCENT), (ServiceLevel.FULL, "--", _FULL_COLOUR)):
            people, total = result.lorenz(mode, level)
            gini, mean = (_figure(result, mode, level, name) for name in ("gini", "mean"))
            said = (
                f"基尼系数 {gini:.3f}，均值 {mean:,.{_DIGITS[mode]}f} {_MODE[mode][1]}"
                if np.isfinite(gini)
                else "缺数据"
            )
            name = f"{label(level)}：{said}"
            ax.plot(100 * people, 100 * total, line, color=colour, label=name)
        _mark_worst(ax, result, mode)
        reached, left = (_figure(result, mode, ServiceLevel.ANY, name) for name in ("reached", "unreachable"))
        ax.set(
            xlim=(0, 100),
            ylim=(0, 100),
            aspect="equal",
            xlabel=f"居民累计占比（%；由近及远；分母：能到达阵地的居民 {reached:,.0f} 人，另 {left:,.0f} 人无法到达）",
            ylabel=f"{_NOUN[mode]}累计占比（%）",
        )
        ax.set_title(f"到最近阵地{_NOUN[mode]}的洛伦兹曲线（{_MODE[mode][0]}）", pad=20)
        ax.legend(loc="upper left", fontsize=9, frameon=False)
        mark_ground(ax, result.coverage.district)
        _cite(ax, result, result.scenario.fairness.worst_share, *_walking(result, mode))
    return ax


def _mark_worst(ax: Axes, result: FairnessResult, mode: Mode) -> None:
    """Shade the residents with the longest walks, and say what part of the walking is theirs."""
    walked = _figure(result, mode, ServiceLevel.ANY, "worst_share")
    if not np.isfinite(walked):
        return
    start = 100 * (1 - result.worst_share)
    ax.axvspan(start, 100, facecolor=_FAR_COLOUR, alpha=0.12, hatch="///", edgecolor=_FAR_COLOUR, linewidth=0)
    mean = _figure(result, mode, ServiceLevel.ANY, "worst_mean")
    average = f"平均 {mean:,.{_DIGITS[mode]}f} {_MODE[mode][1]}"
    ax.annotate(
        f"{worst_words(result)}\n承担全部{_NOUN[mode]}的 {walked:.1f}%\n{average}",
        xy=(start + (100 - start) / 3, 12),
        xytext=(start - 6, 12),
        ha="right",
        va="center",
        fontsize=9,
        arrowprops={"arrowstyle": "->", "color": GREY},
    )


def _cite(ax: Axes, result: FairnessResult, *keys: str | None) -> None:
    cite_standards(ax, result.scenario.register, *keys)


def _walking(result: FairnessResult, mode: Mode, *, focus: bool = False) -> list[str | None]:
    """List the standards that walks rest on: in the experience mode paces, and what slows them."""
    walking, populace = result.scenario.walking, result.coverage.populace
    if mode is Mode.COMPLIANCE:
        return [walking.snap_limit]
    names = populace.groups if focus else populace.whole
    paces = [populace.groups[name].pace for name in names]
    return [*paces, walking.pace_factor, walking.crossing_delay, walking.steps_factor]


def _figure(result: FairnessResult, mode: Mode, level: ServiceLevel, name: str) -> float:
    table = result.by_level
    return float(table.loc[(table["mode"] == mode) & (table["level"] == level), name].iloc[0])


def scale_comparison(result: FairnessResult, ax: Axes | None = None, *, mode: Mode = Mode.EXPERIENCE) -> Axes:
    """Draw the mean walk of every unit at every scale, and how Gini and the share within the limit move.

    Points are units, their size residents; the bar spans P10 to P90 of residents, the tick is P50.
    Scales of which the district has no units are left out.
    """
    with house_style():
        table = result.by_scale[result.by_scale["mode"] == mode]
        rows = {str(row["scale"]): row for row in table.to_dict("records")}
        shown = [scale for scale in SCALE_LABELS if rows[scale]["units"] > 0]
        ax = axes_for(ax, (9.6, 2.0 + 0.58 * len(shown)))
        walk = result.walkers(mode)
        longest = max(quantile(walk.walk, walk.people, 0.99) or 0.0, 1.5 * walk.limit)
        for place, scale in enumerate(shown):
            _scale_row(ax, result, mode, scale, place, longest)
            row = rows[scale]
            text = f"基尼 {row['gini']:.3f} · 限内 {row['share_within']:.1f}%"
            ax.text(1.01, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
        ax.axvline(walk.limit, color="black", linewidth=0.9, zorder=1)
        unit = _MODE[mode][1]
        ax.annotate(f" {walk.limit:g} {unit}", xy=(walk.limit, -0.62), fontsize=9)
        names = [f"{SCALE_LABELS[s]}\n（{rows[s]['units']:,.0f} {'人' if s == 'residents' else '个'}）" for s in shown]
        ax.set_yticks(range(len(shown)), names)
        ax.set(
            ylim=(len(shown) - 0.4, -0.75),
            xlim=(0, longest),
            xlabel=f"单元内居民到最近阵地的平均{_NOUN[mode]}（{unit}）\n{_KEY}",
        )
        ax.set_title(f"同一问题，不同尺度（{_MODE[mode][0]}）", pad=20)
        mark_ground(ax, result.coverage.district)
        rules = result.scenario.coverage
        _cite(ax, result, rules.time if mode is Mode.EXPERIENCE else rules.distance, *_walking(result, mode))
    return ax


def _scale_row(ax: Axes, result: FairnessResult, mode: Mode, scale: str, place: int, longest: float) -> None:
    units = result.units(mode, scale)
    mean, people = units["mean"].to_numpy(np.float64), units["residents"].to_numpy(np.float64)
    low, middle, high = (quantile(mean, people, q) or 0.0 for q in (0.1, 0.5, 0.9))
    ax.barh(place + 0.3, high - low, left=low, height=0.09, color=GREY, linewidth=0, zorder=2)
    ax.plot([middle, middle], [place + 0.2, place + 0.4], color="black", linewidth=1.6, zorder=3)
    if scale == "residents":
        edges = np.linspace(0, longest, 60)
        count, _ = np.histogram(mean, edges, weights=people)
        height = 0.62 * count / max(float(count.max(initial=0)), 1e-300)
        ax.bar(edges[:-1], height, np.diff(edges), bottom=place + 0.2 - height, align="edge", color=ACCENT, alpha=0.5)
        return
    # units of one walk side by side: the same scatter for the same units
    rise = np.where(np.arange(len(mean)) % 2, 0.1, -0.1) * (np.arange(len(mean)) * 7 % 11) / 10
    size = 6 + 240 * people / max(float(people.max()), 1.0) / max(1.0, len(people) / 60)
    ax.scatter(
        mean, place + rise - 0.12, s=size, c=ACCENT, alpha=0.4, linewidths=0.4, edgecolors="white", rasterized=True
    )


def group_gaps(result: FairnessResult, ax: Axes | None = None) -> Axes:
    """Draw the mean and P90 walk of each group at its own pace against everybody.

    Groups too small to be published, or that reach no station, are named as such.
    """
    with house_style():
        table = result.by_group
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 1.6 + 0.42 * max(len(table), 4)))
        everybody = {name: _figure(result, Mode.EXPERIENCE, ServiceLevel.ANY, name) for name in ("mean", "p90")}
        places = np.arange(len(table))
        ax.hlines(places, table["mean"], table["p90"], color="#c9c4ba", linewidth=2, zorder=1)
        for name, marker, colour, words in (("mean", "o", ACCENT, "均值"), ("p90", "D", _FAR_COLOUR, "P90")):
            ax.scatter(table[name], places, marker=marker, c=colour, s=38, zorder=3, label=f"本人群{words}")
            if np.isfinite(everybody[name]):
                line = "--" if name == "mean" else ":"
                text = f"全体居民{words} {everybody[name]:.1f} min"
                ax.axvline(everybody[name], color=colour, linestyle=line, linewidth=1, zorder=0, label=text)
        for place, row in enumerate(table.to_dict("records")):
            known = np.isfinite(row["mean"])
            text = (
                f"{row['gap']:+.1f} min · {row['ratio']:.2f} 倍（距离 {row['ratio_m']:.2f} 倍）"
                if known
                else "人数过少不公布，或无法到达"
            )
            ax.text(1.01, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize=9)
        ax.set_yticks(places, list(table["label"]))
        ax.invert_yaxis()
        ax.set(xlim=(0, None), xlabel="到最近阵地的步行时间（min，本人群步速；分母：能到达阵地的本人群居民）")
        ax.set_title("各人群与全体的步行时间差距（体验口径；右列：均值之差与之比，其中距离之比）", pad=20)
        ax.legend(
            loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=4.6, ncols=4, fontsize=8.5, frameon=False
        )
        mark_ground(ax, result.coverage.district)
        _cite(ax, result, *_walking(result, Mode.EXPERIENCE, focus=True), result.scenario.coverage.smallest_cell)
    return ax
