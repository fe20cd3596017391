"""Figures of alternatives: options side by side, a plan under other assumptions, and sites that good plans share."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes

from workbench.coverage.measure import MISSING
from workbench.planning import OptionsResult, SensitivityResult
from workbench.planning.result import money_range
from workbench.plot.style import ACCENT, CHART_SIZE, GREY, axes_for, cite_standards, house_style, mark_ground
from workbench.results import rounded
from workbench.siting import Standing
from workbench.siting.regret import SiteRegret
from workbench.terms import Mode

Floats = npt.NDArray[np.float64]

_COLUMNS: Final[Mapping[str, tuple[str, str, int]]] = MappingProxyType(  # head, unit, better: up, down, neither
    {
        "new": ("新增\n（处）", "处", 0),
        "capex": ("投资\n（万元，区间）", "万元", 0),
        "covered_compliance": ("覆盖居民\n（合规，人）", "人", 1),
        "share_compliance": ("覆盖率\n（合规，%）", "%", 1),
        "share_experience": ("覆盖率\n（体验，%）", "%", 1),
        "worst": ("最低社区\n（合规，%）", "%", 1),
        "p90": ("步行 P90\n（m）", "m", -1),
        "twice": ("两站以上\n（%）", "%", 1),
        "accessible": ("时间可达\n（%）", "%", 1),
        "person_hours": ("每周可及\n（人时）", "人时", 1),
        "staff_hours": ("增加在岗\n（人时/周【推】）", "人时", 0),
        "staff_cost": ("增加人员成本\n（万元/年【推】）", "万元", 0),
    }
)
_SHADES = colormaps["YlGn"]
_DEEPEST = 0.6  # of the colour map, so that black type stays legible


def option_matrix(result: OptionsResult, ax: Axes | None = None) -> Axes:
    """Draw the options as a heat table: each column shaded from its worst to its best, the best framed and starred.

    Money, staff and the number of stations are shaded by nothing: building nothing is always cheapest.

    Parameters
    ----------
    result
        The options.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        table = result.matrix()
        names = [_folded(name) for name in table["name"]]
        ax = axes_for(ax, (13.6, 1.7 + 0.5 * len(names)))
        for place, (column, (_, unit, better)) in enumerate(_COLUMNS.items()):
            values = np.array([np.nan if v is None else v for v in table[column]], np.float64)
            texts = [_cell(result, column, value, unit) for value in values]
            _draw_column(ax, place, texts, values, better)
        ax.set(xlim=(0, len(_COLUMNS)), ylim=(len(names), 0))
        ax.set_xticks(np.arange(len(_COLUMNS)) + 0.5, [head for head, _, _ in _COLUMNS.values()], fontsize=8.5)
        ax.set_yticks(np.arange(len(names)) + 0.5, names, fontsize=8.5)
        ax.xaxis.tick_top()
        ax.tick_params(length=0)
        for spine in ax.spines.values():
            spine.set_visible(False)
        everybody = result.siting.before.populace.residents.sum()
        ax.set_xlabel(
            "★ 与框＝本列最好（并列都标）；底色由浅到深＝由差到好；新增、投资与人员不评优。"
            f"分母：全体居民 {everybody:,.0f}",
            fontsize=8.5, color=GREY, loc="left",
        )  # fmt: skip
        ax.set_title(f"方案比选：{len(names)} 个方案", pad=42)
        mark_ground(ax, result.siting.before.district, lift=38)
        rules, hours = result.scenario.coverage, result.scenario.hours
        cite_standards(
            ax, result.scenario.register, rules.distance, rules.time, result.siting.question.wish.cost_spread,
            hours.staff_full, hours.staff_lite, hours.staff_cost,
        )  # fmt: skip
    return ax


def _folded(name: str) -> str:
    """Break a long name after its colon and before its bracket."""
    return name.replace("：", "：\n").replace("不打烊（", "不打烊\n（")


def _cell(result: OptionsResult, column: str, value: float, unit: str) -> str:
    if not np.isfinite(value):
        return MISSING
    if column == "capex":
        return money_range(result.siting, value) if value else "0"
    return f"{rounded(value, unit):,}"


def _draw_column(ax: Axes, place: int, texts: list[str], values: Floats, better: int) -> None:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    best = {texts[i] for i in range(len(texts)) if values[i] == (high if better > 0 else low)}
    for row, (text, value) in enumerate(zip(texts, values, strict=True)):
        look: dict[str, Any] = {"facecolor": "white", "edgecolor": "#d8d3c8", "linewidth": 0.6}
        starred = False
        if not np.isfinite(value):
            look |= {"facecolor": "#efefef", "hatch": "...."}
        elif better and high > low:
            good = (value - low) / (high - low) if better > 0 else (high - value) / (high - low)
            look |= {"facecolor": _SHADES(_DEEPEST * good)}
            starred = text in best
        ax.add_patch(mpatches.Rectangle((place, row), 1, 1, **look))
        if starred:
            frame: dict[str, Any] = {"fill": False, "edgecolor": "black", "linewidth": 1.5, "zorder": 4}
            ax.add_patch(mpatches.Rectangle((place + 0.03, row + 0.06), 0.94, 0.88, **frame))
        ax.text(
            place + 0.5, row + 0.5, f"★ {text}" if starred else text, ha="center", va="center", fontsize=8.5, zorder=5
        )


def variant_regrets(result: SensitivityResult, ax: Axes | None = None) -> Axes:
    """Draw what a plan loses against the best plan of each variant of the assumptions, and how much of it stays.

    Parameters
    ----------
    result
        What was tried.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        question = result.siting.question
        outcomes, share = result.under.variants, result.regret_shares
        ax = axes_for(ax, (CHART_SIZE[0] + 1.8, 2.0 + 0.27 * max(len(outcomes), 4)))
        places = np.arange(len(outcomes))
        known = np.isfinite(share)
        ax.hlines(places[known], 0, share[known], color="#c9c4ba", linewidth=2.4, zorder=1)
        ax.scatter(share[known], places[known], s=34, c=ACCENT, zorder=3)
        base = set(result.siting.opened)
        for place, outcome in enumerate(outcomes):
            best = outcome.optimum
            if best.plan is None:
                words = f"{MISSING}（{best.status}）"
            else:
                kept = base & {str(question.ids[site]) for site in best.sites}
                words = f"{share[place]:.2f}%（{max(0.0, outcome.regret):,.0f} {question.demand.unit}），"
                words += f"仍入选 {len(kept)}/{len(base)}"
                words += "" if best.gap == 0 else f"；最优未证，差距 {best.gap:.2%}"
            at = share[place] if known[place] else 0.0
            ax.annotate(words, xy=(at, place), xytext=(7, 0), textcoords="offset points", va="center", fontsize=8)
        ax.set_yticks(places, [outcome.name for outcome in outcomes])
        ax.set(
            xlim=(0, 1.9 * max(0.25, float(np.nanmax(share, initial=0.0)))),
            ylim=(max(len(outcomes), 1) - 0.4, -0.6),
            xlabel="后悔（%）＝（该假设下最优 − 本方案）÷ 该假设下最优",
        )
        worst = result.worst_regret
        said = MISSING if worst is None else f"最大后悔 {worst:.1f}%"
        ax.set_title(f"假设变动时本方案还站得住吗：{said}", pad=20)
        mark_ground(ax, result.siting.before.district)
        rules, coverage = result.scenario.robustness, result.scenario.coverage
        timed = question.mode is Mode.EXPERIENCE
        limit, pace = (coverage.time, rules.pace) if timed else (coverage.distance, None)
        cite_standards(ax, result.scenario.register, limit, rules.limit, pace, rules.population)
    return ax


_STANDINGS: Final[Mapping[Standing, tuple[str, str, str]]] = MappingProxyType(  # words, colour, hatch
    {
        Standing.ALL: ("必选：每个近似最优方案都有", "#0b7a4b", ""),
        Standing.SOME: ("可换：有的近似最优方案有，有的没有", "#f0c24b", "////"),
        Standing.NONE: ("不入选：任何近似最优方案都没有", "#c8463d", "xxxx"),
        Standing.UNKNOWN: ("未知：未查明", "#b5b5b5", "...."),
    }
)
_MOST_SITES = 40


def site_standings(result: SensitivityResult, ax: Axes | None = None) -> Axes:
    """Draw how often each site is in the best plans of the variants, and whether all near-optimal plans have it.

    The sites of the plan come first; then those that could stand in for them, the cheapest change first.

    Parameters
    ----------
    result
        What was tried.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        rows = _sites(result)
        left = max(0, len(rows) - _MOST_SITES)
        rows = rows.head(_MOST_SITES)
        ax = axes_for(ax, (CHART_SIZE[0] + 2.0, 2.2 + 0.27 * max(len(rows), 4)))
        places = np.arange(len(rows))
        for standing, (words, colour, hatch) in _STANDINGS.items():
            mask = (rows["standing"] == standing).to_numpy(bool)
            if not mask.any():
                continue
            width = 100 * rows.loc[mask, "frequency"]
            text = f"{words}（{mask.sum()}）"
            ax.barh(places[mask], width, 0.62, color=colour, hatch=hatch, edgecolor="white", linewidth=0, label=text,
                    zorder=2)  # fmt: skip
            ax.scatter(np.zeros(mask.sum()), places[mask], marker="s", s=22, c=colour, zorder=3, clip_on=False)
        unit = result.siting.question.demand.unit
        for place, row in enumerate(rows.to_dict("records")):
            change = "去掉" if row["chosen"] else "换入"
            lost = f"{row['regret']:,.0f} {unit}" if np.isfinite(row["regret"]) else MISSING
            ax.annotate(
                f"{100 * row['frequency']:.0f}%　{change}损失 {lost}", xy=(100 * row["frequency"], place),
                xytext=(6, 0), textcoords="offset points", va="center", fontsize=8,
            )  # fmt: skip
        chosen = int(rows["chosen"].sum())
        if 0 < chosen < len(rows):
            ax.axhline(chosen - 0.5, color=GREY, linewidth=0.8)
        ax.set_yticks(places, rows["name"])
        xlabel = f"入选频率（%；分母：{len(result.under.variants)} 种假设各自的最优方案）"
        ax.set(xlim=(0, 150), ylim=(max(len(rows), 1) - 0.4, -0.6), xticks=range(0, 101, 20), xlabel=xlabel)
        more = f"；另 {left} 处见表" if left else ""
        ax.set_title(f"站点的去留余地：线上为入选 {chosen} 处，线下为可替补者{more}", pad=38)
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8.5, frameon=False)
        mark_ground(ax, result.siting.before.district, lift=18)
        rules = result.scenario.coverage
        limit = rules.time if result.siting.question.mode is Mode.EXPERIENCE else rules.distance
        cite_standards(ax, result.scenario.register, limit, result.siting.question.wish.near_optimal)
    return ax


def _sites(result: SensitivityResult) -> pd.DataFrame:
    """Return the new sites of the plan, then the others that some good plan has, the least loss first."""
    question = result.siting.question
    ledger = question.candidates.ledger
    found = [_row(result, ledger, one) for one in result.regrets.sites if one.site >= question.first_candidate]
    columns = ["name", "chosen", "standing", "frequency", "regret", "site"]
    table = pd.DataFrame(found, columns=columns)
    table = table[table["chosen"].astype(bool) | (table["standing"] == Standing.SOME)]
    rank = table["regret"].where(~table["chosen"].astype(bool), -np.inf)
    order = table.assign(rank=rank, last=~table["chosen"].astype(bool))
    return order.sort_values(["last", "rank", "site"], kind="stable", ignore_index=True)


def _row(result: SensitivityResult, ledger: pd.DataFrame, one: SiteRegret) -> dict[str, object]:
    place = ledger.iloc[one.site - result.siting.question.first_candidate]
    return {
        "name": f"{place['id']} {place['name']}",
        "chosen": one.chosen,
        "standing": one.standing,
        "frequency": float(result.under.frequency[one.site]),
        "regret": one.regret,
        "site": one.site,
    }
