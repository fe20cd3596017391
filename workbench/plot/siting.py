"""Maps of siting: who is newly covered, where the new stations stand, and what became of the candidates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import matplotlib.patches as mpatches
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from workbench.arrays import Floats
from workbench.catalogue.terms import Mode, label
from workbench.coverage.doors import share
from workbench.locate import Membership
from workbench.locate.regret import SiteRegret
from workbench.plot.figures import figure
from workbench.plot.ground import apart, draw_backdrop, draw_stations, draw_ways, name_areas
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    CLASSES,
    GREY,
    MAP_SIZE,
    ClassStyle,
    add_foot,
    axes_for,
    cite_standards,
    furnish_map,
    house_style,
    map_legend,
    mark_ground,
)
from workbench.results import MISSING, rounded
from workbench.siting import CurveResult, FrontiersResult, OptionsResult, PhasesResult, SensitivityResult, SitingResult
from workbench.siting.question import people_of_each
from workbench.siting.result import money_range, name_stations, objective_unit, proof_words, who_is
from workbench.solving import Status

# ----------------------------------------------------------------------------------------------------------------------
# Figures of alternatives: options side by side, a plan under other assumptions, and sites that good plans share.


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


@figure("siting_options", OptionsResult, page=True)
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


@figure("siting_regrets", SensitivityResult, page=True)
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


_STANDINGS: Final[Mapping[Membership, tuple[str, str, str]]] = MappingProxyType(  # words, colour, hatch
    {
        Membership.ALL: ("必选：每个近似最优方案都有", "#0b7a4b", ""),
        Membership.SOME: ("可换：有的近似最优方案有，有的没有", "#f0c24b", "////"),
        Membership.NONE: ("不入选：任何近似最优方案都没有", "#c8463d", "xxxx"),
        Membership.UNKNOWN: ("未知：未查明", "#b5b5b5", "...."),
    }
)
_MOST_SITES = 40


@figure("siting_standings", SensitivityResult)
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
    table = table[table["chosen"].astype(bool) | (table["standing"] == Membership.SOME)]
    rank = table["regret"].where(~table["chosen"].astype(bool), -np.inf)
    order = table.assign(rank=rank, last=~table["chosen"].astype(bool))
    return order.sort_values(["last", "rank", "site"], kind="stable", ignore_index=True)


def _row(result: SensitivityResult, ledger: pd.DataFrame, one: SiteRegret) -> dict[str, object]:
    place = ledger.iloc[one.site - result.siting.question.first_candidate]
    return {
        "name": result.siting.question.titles[place["id"]],
        "chosen": one.chosen,
        "standing": one.membership,
        "frequency": float(result.under.frequency[one.site]),
        "regret": one.regret,
        "site": one.site,
    }


# ----------------------------------------------------------------------------------------------------------------------
# Figures of a plan in terms and of its trade-offs: what is built when, and coverage against money and fairness.


_TERMS: Final = (
    ("#1d6b50", ""),
    ("#d08a1d", "////"),
    ("#3b5ea8", "...."),
    ("#8c1515", "xxxx"),
    ("#6b6b6b", "\\\\\\\\"),
)
_PLAN = "#d9480f"


@figure("siting_phases", PhasesResult, when=lambda phases: bool(phases.terms), page=True)
def phase_gantt(result: PhasesResult, ax: Axes | None = None) -> Axes:
    """Draw which station is built in which term, with cost and cumulative coverage at the end of each.

    A bar is the term in which a station is built, the thin line after it the years in which it serves.

    Parameters
    ----------
    result
        A plan in terms.
    ax
        Axes whose place the two panels take; new ones when not given.
    """
    with house_style():
        stations = sum(len(term.new) for term in result.terms)
        height = 3.9 + 0.23 * max(stations, 6)
        ax = axes_for(ax, (CHART_SIZE[0] + 1.6, height))
        ax.set_axis_off()
        low, gap = 1.5 / height, 0.4 / height
        upper, lower = ax.inset_axes((0.0, low + gap, 1.0, 1.0 - low - gap)), ax.inset_axes((0.0, 0.0, 1.0, low))
        end = max((term.years[1] for term in result.terms), default=1.0)
        _draw_terms(upper, result, end)
        _draw_growth(lower, result, end)
        for panel in (upper, lower):
            panel.set_xlim(0, end)
            for term in result.terms:
                panel.axvline(term.years[1], color="#c9c4ba", linewidth=0.9, zorder=0)
        lower.set_xlabel("自计划起算（年）")
        count = f"{len(result.terms)} 期、{stations} 处新站" if result.terms else f"没有方案（{result.status}）"
        ax.set_title(f"分期建设计划：{count}{_proof(result)}", pad=20)
        mark_ground(ax, result.siting.before.district)
        _cite_terms(ax, result.siting, result.siting.question.wish.cost_spread)
    return ax


def _proof(result: PhasesResult) -> str:
    widest = max((term.step.gap for term in result.terms), default=0.0)
    if result.plan.status is Status.OPTIMAL or not result.terms:
        return ""
    return f"（未证最优，差距至多 {widest:.2%}）" if np.isfinite(widest) else "（未证最优，差距未知）"


def _draw_terms(ax: Axes, result: PhasesResult, end: float) -> None:
    """Draw one row a station, one block a term."""
    ledger = result.siting.question.candidates.ledger
    row, names = 0, []
    for number, term in enumerate(result.terms):
        colour, hatch = _TERMS[number % len(_TERMS)]
        begins, ends = term.years
        cost = money_range(result.siting, result.cost(term))
        words = f"{term.name}　新增 {len(term.new)} 处　投资 {cost} 万元"
        box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none"}
        ax.annotate(words, xy=(0, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9,
                    color=colour, bbox=box, zorder=4)  # fmt: skip
        names.append("")
        places = ledger.iloc[term.new - result.siting.question.first_candidate]
        for place, identifier in enumerate(places["id"], row + 1):
            ax.barh(place, ends - begins, 0.62, left=begins, color=colour, hatch=hatch, edgecolor="white", linewidth=0,
                    zorder=3)  # fmt: skip
            ax.hlines(place, ends, end, color=colour, linewidth=1.6, alpha=0.55, zorder=2)
            names.append(result.siting.question.titles[identifier])
        row = len(names)
    ax.set_yticks(range(len(names)), names, fontsize=8)
    ax.tick_params(axis="y", length=0)
    ax.tick_params(labelbottom=False)
    ax.set_ylim(max(len(names), 1) - 0.4, -0.7)
    ax.set_ylabel("建设（色条）与启用（细线）")


def _draw_growth(ax: Axes, result: PhasesResult, end: float) -> None:
    """Draw coverage as it steps up at the end of each term."""
    question = result.siting.question
    table, total = result.table(), question.demand.total
    today = result.siting.before.covered_residents(question.mode, question.level).sum()
    if question.wish.who == "households":
        today = np.nan  # residents are no households
    shares = [np.nan if share(float(today), total) is None else 100 * float(today) / total]
    shares += [np.nan if value is None else float(value) for value in (table["share"] if len(table) else [])]
    years = [0.0, *(term.years[1] for term in result.terms)]
    ax.step([*years, end], [*shares, shares[-1]], where="post", color=ACCENT, linewidth=1.4)
    ax.scatter(years, shares, s=28, c=ACCENT, zorder=3, clip_on=False)
    for place, (year, value) in enumerate(zip(years, shares, strict=True)):
        if np.isfinite(value):
            last = place == len(years) - 1 and place > 0
            ax.annotate(f"{'现状 ' if place == 0 else ''}{value:.1f}%", xy=(year, value), xytext=(-4 if last else 5, 5),
                        textcoords="offset points", fontsize=8.5, ha="right" if last else "left")  # fmt: skip
    known = [value for value in shares if np.isfinite(value)] or [0.0, 100.0]
    ax.set_ylim(min(known) - 3, max(known) + 7)
    ax.set_ylabel(f"期末覆盖率\n（%；分母 {total:,.0f} {question.demand.unit}）", fontsize=8.5)


def _cite_terms(ax: Axes, siting: SitingResult, *more: str | None) -> None:
    rules = siting.scenario.coverage
    limit = rules.time if siting.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, siting.scenario.register, limit, *more)


_NO_CURVE = 2
"""So many points make no curve: the table says it."""


@figure(
    "siting_cost_frontier",
    FrontiersResult,
    when=lambda found: found.cost is not None and len(found.cost.points) > _NO_CURVE,
)
def cost_frontier(result: FrontiersResult, ax: Axes | None = None) -> Axes:
    """Draw the plans that nothing beats in coverage and cost, and the plan of the scenario among them.

    Parameters
    ----------
    result
        Frontiers, the one against cost among them.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        question, table = result.siting.question, result.cost_table()
        if len(table):
            x, y = table["capex"].to_numpy(np.float64), table["share"].to_numpy(np.float64)
            bound = 100 * table["bound"].to_numpy(np.float64) / question.demand.total
            _draw_points(ax, x, y, (table["status"] == "OPTIMAL").to_numpy(bool), where="post")
            _draw_bounds(ax, x, y, bound, (table["status"] == "OPTIMAL").to_numpy(bool))
            for place in {0, len(table) - 1}:
                ax.annotate(f"{table['new'].iloc[place]} 处", xy=(x[place], y[place]), xytext=(4, -13),
                            textcoords="offset points", fontsize=8.5)  # fmt: skip
        invested = result.siting.investment[0]
        if invested is not None:
            _draw_plan(ax, invested, _plan_share(result.siting))
        ax.set(xlabel="新站投资（万元，台账估值）", ylabel=_share_words(result))
        ax.set_title(f"覆盖与投资的取舍：{_points(len(table), result.cost)}", pad=20)
        ax.legend(loc="lower right", fontsize=8.5)
        ax.grid(color="#e5e2dc", zorder=0)
        mark_ground(ax, result.siting.before.district)
        _cite_terms(ax, result.siting, question.wish.cost_spread)
        if result.cost is not None and not result.cost.complete:
            add_foot(ax, ["取样的点之间还有方案，折线是它们至少可达的覆盖，★ 可在折线之上"])
    return ax


@figure(
    "siting_equity_frontier",
    FrontiersResult,
    when=lambda found: found.equity is not None and len(found.equity.points) > _NO_CURVE,
)
def equity_frontier(result: FrontiersResult, ax: Axes | None = None) -> Axes:
    """Draw the plans that nothing beats in coverage and in the least share covered, with who is worst off in each.

    Parameters
    ----------
    result
        Frontiers, the one against the least share among them.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, CHART_SIZE)
        question, table = result.siting.question, result.equity_table()
        each = question.wish.frontiers.each
        if len(table):
            x, y = table["least"].to_numpy(np.float64), table["share"].to_numpy(np.float64)
            order = np.argsort(x, kind="stable")
            proven = (table["status"] == "OPTIMAL").to_numpy(bool)
            _draw_points(ax, x[order], y[order], proven[order], where="pre")
            for place, row in enumerate(table.to_dict("records")):
                text = f"{who_is(question, each, str(row['worst']))}"
                ax.annotate(text, xy=(x[place], y[place]), xytext=(6, 5), textcoords="offset points", fontsize=8,
                            color=GREY)  # fmt: skip
        _draw_plan(ax, _least_share(result.siting), _plan_share(result.siting))
        ax.set(xlabel=f"最低者的覆盖率（%；分母：各{_EACH[each]}自己的人）", ylabel=_share_words(result))
        ax.set_title(f"覆盖与最弱者的取舍：{_points(len(table), result.equity)}", pad=20)
        ax.margins(x=0.2, y=0.14)
        _at_least(ax, _NARROWEST)
        ax.legend(loc="lower left", fontsize=8.5)
        ax.grid(color="#e5e2dc", zorder=0)
        mark_ground(ax, result.siting.before.district)
        _cite_terms(ax, result.siting)
        notes = ["点旁为该方案下覆盖率最低者；此线不受各项下限约束"]
        if result.equity is not None and not result.equity.complete:
            notes.append("取样的点之间还有方案，折线是它们至少可达的覆盖，★ 可在折线之上")
        add_foot(ax, notes)
    return ax


_EACH: Final = {"community": "社区", "subdistrict": "街道", "compound": "小区", "group": "人群"}


def _share_words(result: FrontiersResult) -> str:
    question = result.siting.question
    who = "居民" if question.wish.who == "residents" else "住户"
    total = f"{question.demand.total:,.0f} {question.demand.unit}"
    return f"{who}覆盖率（%，{label(question.mode)}；分母：{total}）"


def _points(count: int, frontier: Any) -> str:
    if not count or frontier is None:
        return "没有方案"
    return f"{count} 个互不占优的方案{'（已是全部）' if frontier.complete else '（取样）'}"


def _draw_points(ax: Axes, x: Floats, y: Floats, proven: npt.NDArray[np.bool_], *, where: str) -> None:
    ax.step(x, y, where=where, color="#c9c4ba", linewidth=1.2, zorder=1)  # type: ignore[arg-type]
    if proven.any():
        ax.scatter(x[proven], y[proven], s=34, color=ACCENT, zorder=3, label=f"已证最优（{proven.sum()} 点）")
    if (~proven).any():
        ax.scatter(x[~proven], y[~proven], s=38, facecolors="white", edgecolors="#c8463d", linewidths=1.3, zorder=3,
                   label=f"未证最优（{(~proven).sum()} 点）")  # fmt: skip


def _draw_bounds(ax: Axes, x: Floats, y: Floats, bound: Floats, proven: npt.NDArray[np.bool_]) -> None:
    shown = ~proven & np.isfinite(bound)
    ax.vlines(x[shown], y[shown], bound[shown], color="#c8463d", linewidth=0.9, zorder=2)


_NARROWEST = 1.0  # percentage points that an axis of shares shows at least: less would make much of nothing


def _at_least(ax: Axes, span: float) -> None:
    """Widen the vertical axis to a least span."""
    low, high = ax.get_ylim()
    more = max(0.0, span - (high - low)) / 2
    ax.set_ylim(low - more, high + more)


def _draw_plan(ax: Axes, x: float, y: float) -> None:
    ax.scatter([x], [y], marker="*", s=240, facecolors="none", edgecolors=_PLAN, linewidths=1.6, zorder=5,
               label=f"本情景的方案（{y:.1f}%）")  # fmt: skip


def _plan_share(siting: SitingResult) -> float:
    """Return the share of the people that the plan covers, %."""
    if siting.measured is None:
        return float("nan")
    people, total = siting.question.demand.people, siting.question.demand.total
    return 100 * float((people * siting.measured.covered).sum()) / total if total else float("nan")


def _least_share(siting: SitingResult) -> float:
    """Return the least share that the plan covers among those whom the frontier asks for, %."""
    question = siting.question
    if siting.measured is None:
        return float("nan")
    people = people_of_each(siting.before, question.wish.frontiers.each, question.demand, "siting.frontiers.each")
    covered = siting.measured.covered
    return 100 * min(float((one * covered).sum() / one.sum()) for _, one in people)


# ----------------------------------------------------------------------------------------------------------------------
# Figures of what stations are worth: the marginal curve, each new station's part in the plan, and what it costs.


_PROVEN, _OPEN = ACCENT, "#c8463d"
_BAR, _KNEE, _TODAY = "#9fb4d6", "#b7791f", "#2c8c6a"
_ADDS, _OVERLAP, _ALONE, _SWAP = "#0b7a4b", "#cfd8d3", "#1f3f8f", "#d9480f"
_THOUSANDS = FuncFormatter(lambda value, _: f"{value:,.0f}")


@figure("siting_curve", CurveResult, page=True)
def marginal_curve(result: CurveResult, ax: Axes | None = None) -> Axes:
    """Draw the objective for every number of new stations above what each further station is worth.

    Proven points are filled; where a proof is missing the ring is hollow and a line leads from it to the bound. Today,
    the number that the scenario asks for and the knee are marked.

    Parameters
    ----------
    result
        The curve.
    ax
        Axes whose place the two panels take; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 6.6))
        ax.set_axis_off()
        if result.none:
            ax.text(0.5, 0.5, result.none, transform=ax.transAxes, ha="center", va="center", color=GREY)
            mark_ground(ax, result.siting.before.district)
            return ax
        upper, lower = ax.inset_axes((0.0, 0.42, 1.0, 0.55)), ax.inset_axes((0.0, 0.0, 1.0, 0.30))
        question, unit = result.siting.question, objective_unit(result.siting.question)
        _draw_curve(upper, result)
        _draw_steps(lower, result)
        for panel in (upper, lower):
            panel.yaxis.set_major_formatter(_THOUSANDS)
            panel.xaxis.set_major_locator(MaxNLocator(integer=True))
            panel.grid(axis="y", color="#e5e2dc", zorder=0)
            panel.set_xlim(*_span(result))
        total = f"{question.demand.total:,.0f} {question.demand.unit}"
        what = f"覆盖的{'居民' if question.wish.who == 'residents' else '住户'}" if result.maximises else "步行总量"
        upper.set_ylabel(f"{what}（{unit}）")
        free = int((question.rules.barred == "").sum())
        lower.set(
            xlabel=f"新增阵地（处；可用候选 {free:,} 处）",
            ylabel=f"再增一处{'可得' if result.maximises else '可省'}（{unit}）",
        )
        ax.set_title(f"边际曲线：每种数量的最优方案（{label(question.mode)}；分母：{total}）", pad=20)
        mark_ground(ax, result.siting.before.district)
        _cite_limit(ax, result.siting)
        add_foot(ax, ["拐点＝离首末连线最远处（Satopää 等，2011），只说明曲线在何处变缓，不是应建数量"])
    return ax


def _span(result: CurveResult) -> tuple[float, float]:
    first, last = (float(result.new.min()), float(result.new.max())) if len(result.new) else (0.0, 1.0)
    return first - 0.7, last + 0.7


def _draw_curve(ax: Axes, result: CurveResult) -> None:
    new, worth, bound = result.new.astype(np.float64), result.objective, result.bound
    proven = np.array([plan.status is Status.OPTIMAL for plan in result.plans], bool)
    known = np.isfinite(worth)
    open_ = known & ~proven
    ax.plot(new[known], worth[known], color=_PROVEN, linewidth=1.1, zorder=2)
    if proven.any():
        ax.scatter(new[proven], worth[proven], s=16, color=_PROVEN, zorder=3, label=f"已证最优（{proven.sum()} 点）")
    if open_.any():
        widest = max(plan.gap for plan, one in zip(result.plans, open_, strict=True) if one)
        text = f"未证最优（{open_.sum()} 点）：竖线到界，差距最大 {widest:.2%}"
        look: dict[str, Any] = {"s": 26, "facecolors": "white", "edgecolors": _OPEN, "linewidths": 1.1, "zorder": 3}
        ax.scatter(new[open_], worth[open_], label=text, **look)
        bounded = open_ & np.isfinite(bound)
        ax.vlines(new[bounded], worth[bounded], bound[bounded], color=_OPEN, linewidth=0.9, zorder=2)
        ax.scatter(new[bounded], bound[bounded], marker="_", s=26, color=_OPEN, linewidths=1.0, zorder=2)
    for number, words, colour, marker in _marked(result):
        at = np.flatnonzero(known & (result.new == number))
        if len(at):
            text = f"{words}：{number} 处，{worth[at[0]]:,.0f}"
            ring: dict[str, Any] = {"s": 110, "marker": marker, "facecolors": "none", "edgecolors": colour}
            ax.scatter(new[at], worth[at], linewidths=1.6, zorder=4, label=text, **ring)
    ax.legend(loc="lower right" if result.maximises else "upper right", fontsize=8.5)


def _marked(result: CurveResult) -> list[tuple[int, str, str, str]]:
    """Return the numbers that are marked, with words, colour and marker."""
    wish = result.siting.question.wish
    found = [(0, "现状", _TODAY, "s")]
    if wish.most_stations is not None:
        found.append((wish.most_stations, "本情景", "black", "o"))
    if result.knee is not None:
        found.append((result.knee, "拐点", _KNEE, "D"))
    return found


def _draw_steps(ax: Axes, result: CurveResult) -> None:
    """Draw what each station adds; hatched where one of the two plans is not proven."""
    gain = result.marginal
    sure = np.array([plan.status is Status.OPTIMAL for plan in result.plans], bool)
    sure &= np.concatenate([[True], sure[:-1]])[: len(sure)]
    for mask, hatch, words in ((sure, "", "两端均已证"), (~sure, "////", "未证：只是现有方案之差")):
        shown = mask & np.isfinite(gain)
        if shown.any():
            look: dict[str, Any] = {"color": _BAR, "hatch": hatch, "edgecolor": "white", "linewidth": 0}
            ax.bar(result.new[shown], gain[shown], 0.8, zorder=2, label=words, **look)
    if not sure.all():
        ax.legend(loc="upper right", fontsize=8)
    if result.knee is not None:
        ax.axvline(result.knee + 0.5, color=_KNEE, linewidth=0.9, linestyle="--", zorder=3)


def _cite_limit(ax: Axes, siting: SitingResult, *more: str | None) -> None:
    rules = siting.scenario.coverage
    limit = rules.time if siting.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, siting.scenario.register, limit, *more)


@figure("siting_reasons", SitingResult, when=lambda siting: siting.measured is not None and bool(siting.opened))
def site_reasons(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Draw for each new station whom only it covers, whom others cover too, what it adds alone, and its replacement.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        table = result.to_frame()
        unit = result.question.demand.unit
        ax = axes_for(ax, (CHART_SIZE[0] + 2.4, 2.0 + 0.36 * max(len(table), 4)))
        places = np.arange(len(table))
        lost, overlap = table["lost_without"].to_numpy(np.float64), table["overlap"].to_numpy(np.float64)
        ax.barh(places, lost, 0.62, color=_ADDS, edgecolor="white", linewidth=0, zorder=2)
        look: dict[str, Any] = {"color": _OVERLAP, "hatch": "////", "edgecolor": "#8a9a92", "linewidth": 0}
        ax.barh(places, overlap, 0.62, left=lost, zorder=2, **look)
        alone = table["adds_alone"].to_numpy(np.float64)
        ax.scatter(alone, places, marker="D", s=26, c=_ALONE, edgecolors="white", linewidths=0.6, zorder=4)
        swap = table["replacement_loss"].to_numpy(np.float64)
        ax.vlines(swap, places - 0.38, places + 0.38, color=_SWAP, linewidth=2.2, zorder=5)
        _write_replacements(ax, table, lost + overlap, result.question.names)
        ax.set_yticks(places, _site_names(result), fontsize=8)
        right = float(np.nanmax([1.0, *(lost + overlap), *alone]))
        left = min(0.0, float(np.nanmin([0.0, *swap])))
        ax.set(
            xlim=(1.05 * left, 1.55 * right),
            ylim=(max(len(table), 1) - 0.4, -0.6),
            xlabel=f"{label(result.question.mode)}可及的{unit}数（各站之间不可直接相加）",
        )
        ax.xaxis.set_major_formatter(_THOUSANDS)
        ax.axvline(0, color="black", linewidth=0.7)
        ax.set_title(f"为什么是这 {len(table)} 处：每处新站在方案里的作用", pad=38)
        ax.legend(
            handles=_reason_handles(), loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, fontsize=8.5, frameon=False
        )
        mark_ground(ax, result.before.district, lift=18)
        _cite_limit(ax, result)
    return ax


def _reason_handles() -> list[Any]:
    return [
        Patch(facecolor=_ADDS, label="缺它损失（只有它覆盖）"),
        Patch(facecolor=_OVERLAP, hatch="////", edgecolor="#8a9a92", label="与其他站重叠"),
        Line2D([], [], marker="D", color="none", markerfacecolor=_ALONE, markersize=6, label="单独新增（只建它）"),
        Line2D([], [], marker="|", color="none", markeredgecolor=_SWAP, markeredgewidth=2.2, markersize=11,
               label="换成最佳替代的损失"),
    ]  # fmt: skip


def _write_replacements(ax: Axes, table: pd.DataFrame, ends: Floats, names: Mapping[str, str]) -> None:
    for place, row in enumerate(table.to_dict("records")):
        end = max(float(ends[place]), float(row["adds_alone"]))
        other, words = row["replacement"], "无可替代（没有候选服务同一批居民）"
        if other:
            loss = float(row["replacement_loss"])
            words = f"替代 {names[other]}：{'损失' if loss >= 0 else '反多'} {abs(loss):,.0f}"
        ax.annotate(
            f"缺它 {row['lost_without']:,.0f}　{words}", xy=(end, place), xytext=(7, 0), textcoords="offset points",
            va="center", fontsize=8, color="black" if other else GREY,
        )  # fmt: skip


def _site_names(result: SitingResult) -> list[str]:
    """Return number, name and place of each new station, numbered as on the map."""
    question = result.question
    return [f"{number}  {question.names[i]}\n{question.places[i]}" for number, i in enumerate(result.opened, 1)]


_RANGE: Final = "#e7c9a5"
_MIDDLE: Final = "#7a4a12"


@figure(
    "siting_investment",
    SitingResult,
    when=lambda siting: siting.measured is not None and siting.to_frame()["capex"].notna().any(),
)
def investment_ranges(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Draw what each new station costs as a range, and all of them together in the title.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        table = result.to_frame()
        ax = axes_for(ax, (CHART_SIZE[0] + 1.2, 1.9 + 0.28 * max(len(table), 4)))
        spread = result.scenario.standard(result.question.wish.cost_spread)
        capex, places = table["capex"].to_numpy(np.float64), np.arange(len(table))
        low, high = capex * (1 - spread), capex * (1 + spread)
        look: dict[str, Any] = {"color": _RANGE, "hatch": "\\\\\\", "edgecolor": "white", "linewidth": 0}
        ax.barh(places, high - low, 0.5, left=low, zorder=2, label=f"投资区间（±{spread:.0%}）", **look)
        ax.vlines(capex, places - 0.32, places + 0.32, color=_MIDDLE, linewidth=1.8, zorder=3, label="台账估值")
        for place, row in enumerate(table.to_dict("records")):
            known = np.isfinite(capex[place])
            area = f"{row['floor_area_m2']:,.0f} ㎡" if np.isfinite(row["floor_area_m2"]) else f"面积{MISSING}"
            text = f"{low[place]:,.0f}–{high[place]:,.0f}（{area}）" if known else f"{MISSING}（{area}）"
            ax.annotate(text, xy=(high[place] if known else 0.0, place), xytext=(5, 0), textcoords="offset points",
                        va="center", fontsize=8)  # fmt: skip
        ax.set_yticks(places, _site_names(result), fontsize=8)
        ax.set(
            xlim=(0, 1.3 * float(np.nanmax([1.0, *high]))),
            ylim=(max(len(table), 1) - 0.4, -0.6),
            xlabel="新站投资（万元；不含年运行费）",
        )
        total, least, most = result.investment
        said = f"合计{MISSING}（有的场所造价不详）" if total is None else f"合计 {least:,.0f}–{most:,.0f} 万元"
        ax.set_title(f"投资估算：{len(table)} 处，{said}", pad=20)
        ax.legend(loc="lower right", fontsize=8.5)
        mark_ground(ax, result.before.district)
        cite_standards(ax, result.scenario.register, result.question.wish.cost_spread)
    return ax


# ----------------------------------------------------------------------------------------------------------------------
# Maps of siting: who is newly covered, where the new stations stand, and what became of the candidates.


_PARTS: Final[Mapping[str, tuple[str, ClassStyle]]] = MappingProxyType(  # in the order in which they are drawn
    {
        "beyond": ("仍未覆盖", CLASSES["beyond"]),
        "before": ("现状已覆盖", ClassStyle("#9db8ae", "", "o")),
        "lost": ("不再覆盖", ClassStyle("#5b2a86", "", "v")),
        "new": ("新覆盖", ClassStyle("#0b7a4b", "", "D")),
    }
)
_CROWD = 6_000  # points² of ink that the demand points of one map share
_MOST_NAMED = 16  # new stations that have a line of the legend each
_MOST_LISTED, _IN_A_LINE = 60, 2  # those that it lists, several in a line, where there are more
_NEW, _CHANCE, _BARRED, _GONE = "#d9480f", "#2b6cb0", "#8c8c8c", "#5b2a86"
_MANY = 1_500  # candidates from which on they are drawn as dots


@figure("siting", SitingResult, when=lambda siting: siting.measured is not None, page=True)
def before_after_map(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Map a plan against today: who is covered as before, newly, no longer, and still not, and the new stations.

    New stations are numbered, and named in the legend, with what is lost without each where there are few. Walks are
    those of the mode that the scenario sites by; in the experience mode a point takes the class of most of its
    residents, while the legend counts each of them.

    Parameters
    ----------
    result
        A plan.
    ax
        Axes to draw on; new ones when not given.

    Raises
    ------
    NoSolutionError
        If there is no plan.
    """
    with house_style():
        people = _people(result)
        ax = axes_for(ax, MAP_SIZE)
        district = result.before.district
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        handles: list[Artist] = [*_draw_people(ax, result, people)]
        stay = result.before.district.stations
        handles += draw_stations(ax, stay[~stay["id"].isin(result.closed)])
        handles += _draw_gone(ax, result)
        handles += _draw_barred(ax, result)
        ax.autoscale_view()
        handles += _draw_new(ax, result)
        name_areas(ax, district)
        ax.set_title(_headline(result))
        furnish_map(ax, district, note=f"{_limit_words(result)}；{proof_words(result.plan)}")
        _cite(ax, result)
        map_legend(ax, handles, title=f"居民（{label(result.question.mode)}）")
    return ax


def _people(result: SitingResult) -> dict[str, Floats]:
    """Return the residents of each demand point in each class, shape (k,)."""
    mode, level = result.question.mode, result.question.level
    old, new = (at.covered_residents(mode, level) for at in (result.before, result.after))
    kept = np.minimum(old, new)
    rest = result.before.populace.residents - kept
    return {"beyond": rest - np.abs(new - old), "before": kept, "lost": old - kept, "new": new - kept}


def _draw_people(ax: Axes, result: SitingResult, people: Mapping[str, Floats]) -> list[Line2D]:
    places = result.before.district.demand.geometry.get_coordinates().to_numpy()
    residents = result.before.populace.residents
    small = float(np.clip(_CROWD / max(len(places), 1), 2.0, 5.5))
    size = small * (1 + 6 * residents / max(float(residents.max(initial=0)), 1.0))
    most = np.argmax(np.stack([people[name] for name in _PARTS]), axis=0)
    handles = []
    for number, (name, (words, style)) in enumerate(_PARTS.items()):
        count = float(people[name].sum())
        if name == "lost" and not count:
            continue
        mask = most == number
        look: dict[str, Any] = {"c": style.colour, "marker": style.marker, "linewidths": 0, "rasterized": True}
        ax.scatter(places[mask, 0], places[mask, 1], s=size[mask], zorder=5 + 0.1 * number, **look)
        handles.append(_handle(style.marker, style.colour, f"{words}（{count:,.0f} 人）"))
    return handles


def _handle(marker: str, colour: str, words: str, **look: Any) -> Line2D:
    given = {"markersize": 7, "markerfacecolor": colour, "markeredgecolor": "none", **look}
    return Line2D([], [], marker=marker, color="none", label=words, **given)


def _draw_gone(ax: Axes, result: SitingResult) -> list[Line2D]:
    """Cross out the stations of today that close or move."""
    stations = result.before.district.stations
    gone = stations[stations["id"].isin(result.closed)]
    if gone.empty:
        return []
    points = gone.geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=90, marker="X", c=_GONE, edgecolors="white", linewidths=0.8, zorder=11)
    names = "、".join(name_stations(result, result.closed)) if len(gone) <= _FEW else f"{len(gone)} 处"
    return [_handle("X", _GONE, f"停用或迁出：{names}", markersize=9)]


_FEW = 4


def _draw_barred(ax: Axes, result: SitingResult) -> list[Line2D]:
    question = result.question
    barred = question.stations.iloc[question.first_candidate :][question.rules.barred != ""]
    if barred.empty or len(barred) > _MANY:
        return []
    points = barred.geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=11, marker="x", c=GREY, linewidths=0.8, zorder=7)
    return [_handle("x", GREY, f"不可用的候选（{len(barred)}）", markersize=5, markeredgecolor=GREY)]


def _draw_new(ax: Axes, result: SitingResult) -> list[Line2D]:
    """Mark the new stations, with numbers that keep apart, and name them in the legend."""
    question = result.question
    points = question.stations.iloc[result.new_sites].geometry.get_coordinates().to_numpy()
    ax.scatter(points[:, 0], points[:, 1], s=52, marker="P", c=_NEW, edgecolors="white", linewidths=0.8, zorder=12)
    box = {"boxstyle": "circle,pad=0.18", "fc": _NEW, "ec": "white", "lw": 0.8}
    arrow = {"arrowstyle": "-", "color": _NEW, "lw": 0.9, "shrinkA": 0, "shrinkB": 2}
    for number, (point, shift) in enumerate(zip(points, apart(ax, points), strict=True), 1):
        ax.annotate(
            str(number), xy=(point[0], point[1]), xytext=(shift[0], shift[1]), textcoords="offset points", ha="center",
            va="center", fontsize=7.5, color="white", bbox=box, arrowprops=arrow, zorder=13,
        )  # fmt: skip
    kind = label(question.wish.candidates.opens)
    handles = [_handle("P", _NEW, f"新增{kind}（{len(points)}）", markersize=9, markeredgecolor="white")]
    return handles + (_named(result) if len(points) <= _MOST_NAMED else _listed(result))


def _named(result: SitingResult) -> list[Line2D]:
    """Return a line of the legend for each new station."""
    question = result.question
    lost, unit = result.reasons["lost_without"].to_numpy(np.float64), question.demand.unit
    rows = ((question.names[i], question.places[i], lost[place]) for place, i in enumerate(result.opened))
    return [
        _handle("", _NEW, f"{number}  {name}：缺它损失 {people:,.0f} {unit}\n     {where}")
        for number, (name, where, people) in enumerate(rows, 1)
    ]


def _listed(result: SitingResult) -> list[Line2D]:
    """Return lines of the legend with several new stations each, in the order of their numbers."""
    where = result.question.places
    names = [f"{number} {where[i].partition('，')[0]}（{i}）" for number, i in enumerate(result.opened, 1)]
    starts = range(0, min(len(names), _MOST_LISTED), _IN_A_LINE)
    handles = [_handle("", _NEW, "　".join(names[start : start + _IN_A_LINE])) for start in starts]
    if len(names) > _MOST_LISTED:
        handles.append(_handle("", _NEW, f"……共 {len(names)} 处，见推荐站点表"))
    return handles


def _headline(result: SitingResult) -> str:
    mode, level = result.question.mode, result.question.level
    everybody = float(result.before.populace.residents.sum())
    shares = [share(float(at.covered_residents(mode, level).sum()), everybody) for at in (result.before, result.after)]
    if shares[0] is None or shares[1] is None:
        return f"选址前后：新增 {len(result.opened)} 处（无居民）"
    said = f"居民覆盖 {shares[0]:.1f}% → {shares[1]:.1f}%"
    return f"新增 {len(result.opened)} 处：{said}（分母：{everybody:,.0f} 人）"


def _limit_words(result: SitingResult) -> str:
    question = result.question
    if question.mode is Mode.EXPERIENCE:
        return f"体验口径：各人群按本人群步速 ≤ {question.limit:g} min，各点按多数居民归类；{label(question.level)}"
    return f"合规口径：沿路网 ≤ {question.limit:g} m；{label(question.level)}"


def _cite(ax: Axes, result: SitingResult, *more: str | None) -> None:
    rules = result.scenario.coverage
    limit = rules.time if result.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, result.scenario.register, limit, *more)


@figure("siting_candidates", SitingResult, when=lambda siting: siting.measured is not None)
def candidate_map(result: SitingResult, ax: Axes | None = None) -> Axes:
    """Map what became of each candidate: recommended, not chosen, or barred, with the reasons counted.

    Parameters
    ----------
    result
        An answer, with or without a plan.
    ax
        Axes to draw on; new ones when not given.
    """
    with house_style():
        ax = axes_for(ax, MAP_SIZE)
        district, question = result.before.district, result.question
        draw_backdrop(ax, district)
        draw_ways(ax, district, scale=0.8)
        layer = result.layers()["siting_sites"]
        handles: list[Artist] = [*draw_stations(ax, district.stations)]
        many = len(question.candidates) > _MANY
        for part, words, marker, colour, size in (
            ("barred", "不可用", "x", _BARRED, 22),
            ("candidate", "可用，未选", "o", _CHANCE, 20),
            ("new", "推荐", "P", _NEW, 62),
        ):
            group = layer[layer["part"] == part]
            if group.empty:
                continue
            points = group.geometry.get_coordinates().to_numpy()
            look: dict[str, Any] = {"c": colour, "marker": marker, "s": 3 if many and part != "new" else size}
            look |= {"linewidths": 0.9} if marker == "x" else {"linewidths": 0.6, "edgecolors": "white"}
            ax.scatter(points[:, 0], points[:, 1], zorder=8 if part == "new" else 7, rasterized=many, **look)
            edge = colour if marker == "x" else "white"
            handles.append(_handle(marker, colour, f"{words}（{len(group):,} 处）", markeredgecolor=edge))
            handles += _reasons(question.rules.barred) if part == "barred" else []
        ax.autoscale_view()
        name_areas(ax, district)
        total, usable = len(question.candidates), int((question.rules.barred == "").sum())
        ax.set_title(f"候选场所：{total:,} 处，可用 {usable:,} 处")
        furnish_map(ax, district, note=_origin(result))
        cite_standards(ax, result.scenario.register, question.wish.candidates.least_area)
        map_legend(ax, handles, title="阵地与候选场所")
    return ax


_PLACES: Final = {"ledger", "rooms"}  # sources that are places, and not only points


def _origin(result: SitingResult) -> str:
    """Return what is known, and what is not, of the candidates."""
    notes = []
    if (result.question.rules.barred != "").any():
        notes.append("一处可有几项否决原因；否决依台账与情景，未作现场核验")
    if set(result.question.wish.candidates.sources) - _PLACES:
        notes.append("路口、商铺等只表示位置，产权、消防、面积与造价未核")
    return "；".join(notes)


def _reasons(barred: npt.NDArray[np.object_]) -> list[Line2D]:
    """Return a line of the legend for each reason, the most frequent first."""
    count = Counter(reason for text in barred for reason in text.split("；") if reason)
    ranked = sorted(count.items(), key=lambda item: (-item[1], item[0]))
    return [_handle("", _BARRED, f"　{reason}：{number:,}") for reason, number in ranked]
