"""Figures of a plan in terms and of its trade-offs: what is built when, and coverage against money and fairness."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from workbench.coverage.doors import share
from workbench.planning import FrontiersResult, PhasesResult, SitingResult
from workbench.planning.question import people_of_each
from workbench.planning.result import money_range, who_is
from workbench.plot.style import (
    ACCENT,
    CHART_SIZE,
    GREY,
    add_foot,
    axes_for,
    cite_standards,
    house_style,
    mark_ground,
)
from workbench.solving import Status
from workbench.terms import Mode, label

Floats = npt.NDArray[np.float64]

_TERMS: Final = (
    ("#1d6b50", ""),
    ("#d08a1d", "////"),
    ("#3b5ea8", "...."),
    ("#8c1515", "xxxx"),
    ("#6b6b6b", "\\\\\\\\"),
)
_PLAN = "#d9480f"


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
        _cite(ax, result.siting, result.siting.question.wish.cost_spread)
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
        for place, (identifier, name) in enumerate(zip(places["id"], places["name"], strict=True), row + 1):
            ax.barh(place, ends - begins, 0.62, left=begins, color=colour, hatch=hatch, edgecolor="white", linewidth=0,
                    zorder=3)  # fmt: skip
            ax.hlines(place, ends, end, color=colour, linewidth=1.6, alpha=0.55, zorder=2)
            names.append(f"{identifier} {name}")
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


def _cite(ax: Axes, siting: SitingResult, *more: str | None) -> None:
    rules = siting.scenario.coverage
    limit = rules.time if siting.question.mode is Mode.EXPERIENCE else rules.distance
    cite_standards(ax, siting.scenario.register, limit, *more)


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
        _cite(ax, result.siting, question.wish.cost_spread)
        if result.cost is not None and not result.cost.complete:
            add_foot(ax, ["取样的点之间还有方案，折线是它们至少可达的覆盖，★ 可在折线之上"])
    return ax


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
        _cite(ax, result.siting)
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
