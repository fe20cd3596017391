"""Figures of a fairness result: the Lorenz curve, one question at several scales, gaps between groups."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage import FairnessResult, RobustnessResult
from workbench.coverage.doors import quantile
from workbench.coverage.fairness import MODES, SCALE_LABELS, worst_words
from workbench.coverage.robustness import NOT_KNOWN, draw_words, range_words, total_residents
from workbench.plot.figures import figure
from workbench.plot.ground import draw_backdrop, draw_stations, draw_ways, name_areas
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
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
from workbench.privacy import WITHHELD

# ----------------------------------------------------------------------------------------------------------------------
# Figures of a robustness result: who has a second station, one assumption at a time, all of them at once.


_DEPTHS: Final[tuple[tuple[str, ClassStyle], ...]] = (
    ("无", ClassStyle("#c8463d", "xxxx", "X")),
    ("1 处", ClassStyle("#f0c24b", "////", "s")),
    ("2 处", ClassStyle("#7fb99b", "....", "o")),
    ("3 处及以上", ClassStyle("#1d6b50", "", "D")),
)
_LOOKS: Final[Mapping[Mode, tuple[str, str]]] = MappingProxyType(  # colour, hatch
    {Mode.COMPLIANCE: ("#8c1515", "////"), Mode.EXPERIENCE: (ACCENT, "")}
)
_LIMITS = {Mode.COMPLIANCE: "合规口径，沿路网", Mode.EXPERIENCE: "体验口径，各人群按本人群步速"}
_CROWD = 7_000  # points² of ink that the demand points of one map share
_BINS = 40
_COARSE = 0.05  # percentage points from which one decimal is enough
_FLAT = 0.005  # percentage points that are written as zero
_NAMED = 12  # critical stations that are named on the map


@figure("backup", RobustnessResult, slow=True, page=True)
def backup_map(result: RobustnessResult, ax: Axes | None = None) -> Axes:
    """Map how many stations are within the limit of each demand point, compliance mode, and the critical stations.

    Compounds take the class in which most of their residents are, and differ by hatch as well; a ring marks
    stations without which many residents lose coverage.

    Parameters
    ----------
    result
        What was measured.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        coverage = result.coverage
        district, register = coverage.district, result.scenario.register
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        depth = np.minimum(result.choices[Mode.COMPLIANCE][0].count, len(_DEPTHS) - 1)
        _draw_compounds(ax, result, depth)
        handles = [*_draw_points(ax, result, depth), *draw_stations(ax, district.stations)]
        handles += _draw_critical(ax, result)
        ax.autoscale_view()
        name_areas(ax, district)
        total, table = total_residents(result), result.by_depth
        second = table.loc[(table["mode"] == Mode.COMPLIANCE) & (table["stations"] == 2), "share"].iloc[0]
        shown = f"居民 {second:.1f}%" if np.isfinite(second) else "无居民"
        limit = f"{coverage.distance_limit_m:g} m"
        ax.set_title(f"步行 {limit} 内不止一处阵地：{shown}（分母：{total:,.0f} 人）")
        furnish_map(ax, district, note=f"合规口径：沿路网 ≤ {limit}")
        rules = result.scenario
        cite_standards(ax, register, rules.coverage.distance, rules.robustness.critical_loss, rules.walking.snap_limit)
        map_legend(ax, handles, title=f"{limit} 内的阵地")
    return ax


def _draw_compounds(ax: Axes, result: RobustnessResult, depth: npt.NDArray[np.int64]) -> None:
    district = result.coverage.district
    if district.compounds.empty:
        return
    demand = district.demand
    frame = pd.DataFrame({"compound": demand["compound"], "depth": depth, "residents": demand["residents"]})
    total = frame[frame["compound"].notna()].groupby(["compound", "depth"])["residents"].sum().reset_index()
    main = total.sort_values(["residents", "depth"], ascending=[False, True], kind="stable").drop_duplicates("compound")
    compounds = district.compounds.merge(main, left_on="id", right_on="compound")
    for number, (_, style) in enumerate(_DEPTHS):
        group = compounds[compounds["depth"] == number]
        if len(group):
            group.plot(
                ax=ax, facecolor=style.colour, edgecolor="#5e5e5e", hatch=style.hatch, alpha=0.35, linewidth=0.5,
                zorder=2, aspect=None,
            )  # fmt: skip


def _draw_points(ax: Axes, result: RobustnessResult, depth: npt.NDArray[np.int64]) -> list[Line2D]:
    places = result.coverage.district.demand.geometry.get_coordinates().to_numpy()
    residents = result.coverage.populace.residents
    small = float(np.clip(_CROWD / max(len(places), 1), 2.5, 6.0))
    size = small * (1 + 6 * residents / max(float(residents.max(initial=0)), 1.0))
    handles = []
    for number, (words, style) in enumerate(_DEPTHS):
        mask = depth == number
        look: dict[str, Any] = {"marker": style.marker, "c": style.colour, "linewidths": 0}
        ax.scatter(places[mask, 0], places[mask, 1], s=size[mask], zorder=5 + 0.1 * number, rasterized=True, **look)
        handles.append(
            Line2D(
                [], [], marker=style.marker, color="none", markerfacecolor=style.colour, markeredgecolor="none",
                markersize=7, label=f"{words}（{residents[mask].sum():,.0f} 人）",
            )
        )  # fmt: skip
    return handles


def _draw_critical(ax: Axes, result: RobustnessResult) -> list[Line2D]:
    """Ring the critical stations and write what hangs on them."""
    table = result.by_closure
    table = table[(table["mode"] == Mode.COMPLIANCE) & table["critical"]]
    if table.empty:
        return []
    stations = result.coverage.district.stations.set_index("id")
    places = stations.loc[table["id"]].geometry.get_coordinates().to_numpy()
    ring: dict[str, Any] = {"facecolors": "none", "edgecolors": "black", "linewidths": 1.3, "zorder": 11}
    ax.scatter(places[:, 0], places[:, 1], s=230, **ring)
    named = table.head(_NAMED)
    box = {"boxstyle": "circle,pad=0.15", "fc": "black", "ec": "none"}
    for (x, y), rank in zip(places[:_NAMED], named["rank"], strict=True):
        ax.annotate(
            str(rank), xy=(x, y), xytext=(9, 9), textcoords="offset points", ha="center", va="center", fontsize=7.5,
            color="white", bbox=box, zorder=12,
        )  # fmt: skip
    least = 100 * result.critical_loss
    ringed = f"关键阵地 {len(table)} 处：单独停用，\n全体居民的 {least:g}% 及以上失去覆盖"
    handles = [
        Line2D(
            [], [], marker="o", color="none", markerfacecolor="none", markeredgecolor="black", markersize=12,
            label=ringed,
        )
    ]  # fmt: skip
    for rank, name, lost in zip(named["rank"], named["name"], named["lost"], strict=True):
        handles.append(Line2D([], [], color="none", label=f"{rank}  {name}：{lost:,.0f} 人"))
    return handles


@figure("sensitivity", RobustnessResult, slow=True)
def tornado_bars(result: RobustnessResult, ax: Axes | None = None) -> Axes:
    """Draw what the headline share does at both ends of each assumption, both modes side by side.

    Bars start from each mode's own share; a mode that does not know an assumption says so.
    """
    with house_style():
        table = result.by_parameter
        widest = table.groupby("key", sort=False)["swing"].max().fillna(-1.0).to_dict()
        order = sorted(widest, key=lambda key: -round(float(widest[key]), 9))
        ax = axes_for(ax, (CHART_SIZE[0] + 2.2, 1.9 + 0.5 * len(order)))
        names = []
        for place, key in enumerate(order):
            rows = table[table["key"] == key].set_index("mode")
            for shift, mode in zip((-0.19, 0.19), MODES, strict=True):
                _draw_bar(ax, mode, place + shift, {str(k): v for k, v in rows.loc[str(mode)].items()})
            first = {str(k): v for k, v in rows.iloc[0].items()}
            names.append(f"{first['label']}\n{range_words(first)}")
        ax.axvline(0, color="black", linewidth=0.9, zorder=4)
        reach = float(np.nanmax(np.abs(table[["effect_low", "effect_high"]].to_numpy()), initial=0.5))
        ax.set_yticks(range(len(order)), names, fontsize=8.5)
        ax.set(
            xlim=(-1.28 * reach, 1.28 * reach),
            ylim=(len(order) - 0.45, -0.6),
            xlabel="居民覆盖率的变化（百分点；其余参数取现值；左右端所注为参数的低、高值）",
        )
        ax.set_title("单参数敏感性：一次只改一个参数，逐一复算", pad=20)
        ax.legend(handles=_mode_handles(result), loc="lower right", fontsize=8.5, frameon=False)
        mark_ground(ax, result.coverage.district)
        cite_standards(ax, result.scenario.register, *_range_keys(result))
    return ax


def _draw_bar(ax: Axes, mode: Mode, place: float, row: Mapping[str, Any]) -> None:
    colour, hatch = _LOOKS[mode]
    if not row["known"] or row["hidden"] or not np.isfinite(row["swing"]):
        words = NOT_KNOWN if not row["known"] else WITHHELD if row["hidden"] else "缺数据"
        ax.annotate(words, xy=(0, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5,
                    color=GREY)  # fmt: skip
        return
    ends = {"低": float(row["effect_low"]), "高": float(row["effect_high"])}
    left, right = min(0.0, *ends.values()), max(0.0, *ends.values())
    ax.barh(place, right - left, 0.34, left=left, color=colour, hatch=hatch, edgecolor="white", linewidth=0, zorder=2)
    if max(right, -left) < _FLAT:  # nothing to see: say so rather than leave it blank
        ax.annotate(_signed(0.0), xy=(0, place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5)
        return
    for name, end, other in (("低", ends["低"], ends["高"]), ("高", ends["高"], ends["低"])):
        inner = end * other > 0 and abs(end) < abs(other)
        ax.vlines(end, place - 0.17, place + 0.17, color="white" if inner else colour, linewidth=1.2, zorder=3)
        outward = 1 if (other < 0 if abs(end) < _FLAT else end > 0) else -1  # an end at zero: away from the bar
        side = -outward if inner else outward
        look: dict[str, Any] = {"ha": "left" if side > 0 else "right", "color": "white" if inner else "black"}
        ax.annotate(
            f"{name} {_signed(end)}", xy=(end, place), xytext=(4 * side, 0), textcoords="offset points", va="center",
            fontsize=7.5, zorder=5, **look,
        )  # fmt: skip


def _signed(effect: float) -> str:
    """Write an effect with a sign, finer where it is small."""
    if abs(effect) < _FLAT:
        return "0.0"
    return f"{effect:+.1f}" if abs(effect) >= _COARSE else f"{effect:+.2f}"


def _mode_handles(result: RobustnessResult) -> list[mpatches.Patch]:
    handles = []
    for mode in MODES:
        colour, hatch = _LOOKS[mode]
        base = result.headline[mode]
        now = "无居民" if base is None else f"现值 {base:.1f}%"
        text = f"{label(mode)}（{now}）"
        handles.append(mpatches.Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=text))
    return handles


def _range_keys(result: RobustnessResult) -> list[str]:
    rules, coverage = result.scenario.robustness, result.scenario.coverage
    return [
        coverage.distance, coverage.time, rules.pace, rules.limit, rules.population,
        rules.winter_low, rules.winter_high, rules.crossing_delay_low, rules.crossing_delay_high,
        rules.steps_factor_low, rules.steps_factor_high, rules.snap_limit_low, rules.snap_limit_high,
    ]  # fmt: skip


@figure("draws", RobustnessResult)
def draw_histogram(result: RobustnessResult, ax: Axes | None = None, *, mode: Mode = Mode.EXPERIENCE) -> Axes:
    """Draw how the headline share spreads when all assumptions vary at once: P5 to P95, its own value, the target.

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
        ax = axes_for(ax, (CHART_SIZE[0] + 2.0, CHART_SIZE[1]))
        band, colour = result.band, _LOOKS[mode][0]
        shares = band.share[mode]
        low, middle, high = (band.quantile(mode, q) for q in (0.05, 0.5, 0.95))
        rules = result.scenario
        ax.set(xlabel=f"居民覆盖率（%；分母：全体居民 {total_residents(result):,.0f} 人，各社区随抽样增减）")
        ax.set_ylabel(f"抽样次数（共 {len(shares):,} 次）")
        if low is None or middle is None or high is None:
            ax.annotate("缺数据：无居民", xy=(0.5, 0.5), xycoords="axes fraction", ha="center")
        else:
            count, _, _ = ax.hist(shares, bins=_BINS, color="#cfc8ba", edgecolor="white", linewidth=0.4, zorder=1)
            ax.axvspan(low, high, facecolor=colour, alpha=0.13, hatch="///", edgecolor=colour, linewidth=0, zorder=0)
            top = float(np.max(count))
            ax.set_ylim(0, 1.32 * top)
            ax.annotate(
                f"P5–P95：{low:.1f}–{high:.1f}%，中位 {middle:.1f}%", xy=((low + high) / 2, 1.24 * top), ha="center",
                va="center", fontsize=9.5, color=colour,
            )  # fmt: skip
            _draw_values(ax, result, mode, top)
        limit, unit = result.coverage.limit(mode), "min" if mode is Mode.EXPERIENCE else "m"
        ax.set_title(f"覆盖率有多稳：全部参数同时变动（{_LIMITS[mode]} ≤ {limit:g} {unit}）", pad=20)
        mark_ground(ax, result.coverage.district)
        walking = [rules.robustness.pace, rules.robustness.crossing_delay_low, rules.robustness.crossing_delay_high]
        drawn = [rules.robustness.limit, rules.robustness.population, *(walking if mode is Mode.EXPERIENCE else [])]
        of_mode = rules.coverage.time if mode is Mode.EXPERIENCE else rules.coverage.distance
        cite_standards(ax, rules.register, of_mode, *drawn)
    return ax


def _draw_values(ax: Axes, result: RobustnessResult, mode: Mode, top: float) -> None:
    """Mark the share as the scenario has it, and the target with the part of the draws that reaches it."""
    base, target = result.headline[mode], result.target
    if base is not None:
        ax.plot([base, base], [0, 1.1 * top], color="black", linewidth=1.2, label=f"现值 {base:.1f}%", zorder=3)
    if target is not None:
        chance = result.band.probability(mode, target)
        whose = "合规口径的目标（对照）" if mode is Mode.EXPERIENCE else "目标"
        text = f"{whose} {target:g}%\n{chance:.1f}% 的抽样达到"
        ax.plot([target, target], [0, 1.1 * top], color="#8c1515", linestyle="--", linewidth=1.4, label=text, zorder=3)
    ax.plot([], [], linestyle="none", label=draw_words(result).replace("，", "\n"))
    ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize=8.5, frameon=False)


# ----------------------------------------------------------------------------------------------------------------------
# Figures of a fairness result: the Lorenz curve, one question at several scales, gaps between groups.


_MODE = {Mode.EXPERIENCE: ("体验口径，各人群按本人群步速", "min"), Mode.COMPLIANCE: ("合规口径，沿路网", "m")}
_NOUN = {Mode.EXPERIENCE: "步行时间", Mode.COMPLIANCE: "步行距离"}
_KEY = "点＝单元，大小＝居民数；横条＝居民 P10–P90，短竖线＝P50；横轴止于居民 P99；分母：有该归属且能到达阵地的居民"
_DIGITS = {Mode.EXPERIENCE: 1, Mode.COMPLIANCE: 0}
_EQUAL = {Mode.EXPERIENCE: "人人走得一样久", Mode.COMPLIANCE: "人人走得一样远"}
_FULL_COLOUR, _FAR_COLOUR = "#8c1515", "#c8463d"


@figure("lorenz", FairnessResult, page=True)
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


@figure("scales", FairnessResult, groups=2)
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


@figure("group_gaps", FairnessResult, groups=2)
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
