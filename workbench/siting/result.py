"""What siting found: a plan with its proof, measured on the ground."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import scipy.sparse as sp

from workbench.arrays import Ints
from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage import CoverageResult, assess_coverage
from workbench.coverage.doors import quantile, share
from workbench.coverage.measure import compounds_covered
from workbench.errors import NoSolutionError
from workbench.ground.district import District
from workbench.ground.places import name_with_code
from workbench.locate import DemandReasons, Floor, Reason, SitingPlan, demand_reasons, site_reasons
from workbench.locate.problem import broken_rules, cover_problem, covered
from workbench.locate.result import Certificate
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, Result, Value, present, rounded
from workbench.scenario import Scenario
from workbench.scenario.siting import Siting
from workbench.siting.answer import Remeasured, check_objective, covered_by, district_with, remeasured, solved
from workbench.siting.question import (
    MOVED,
    NEAR,
    NEW,
    UNPRICED,
    StationQuestion,
    reachable_rows,
    station_question,
    unsolvable,
)
from workbench.solving import Status

# ----------------------------------------------------------------------------------------------------------------------
# What a planner reads of a siting plan: goals, proofs, and rules that contradict each other, in words.


_GOALS = {
    "max_cover": "覆盖的{who}最多",
    "set_cover": "以最少{what}覆盖可达{who}的 {share:.0%}",
    "floors": "以最少{what}满足各项下限",
    "p_median": "步行总{walk}最小",
    "p_center": "最远{walk}最小",
}


def goal_words(question: StationQuestion) -> str:
    """Return what is wanted, with the mode and the limit it is measured by."""
    wish = question.wish
    walk = "时间" if question.mode is Mode.EXPERIENCE else "距离"
    who = question.demand.who
    what = "新站" if wish.count_cost == "stations" else "投资"
    goal = "floors" if wish.goal == "set_cover" and wish.share == 0 else wish.goal
    text = _GOALS[goal].format(who=who, what=what, share=wish.share, walk=walk)
    unit = _walk_unit(question)
    wishes = []
    if wish.most_stations is not None:
        wishes.append(f"新增{_exactly(wish)} {wish.most_stations} 处")
    if wish.most_cost is not None:
        wishes.append(f"投资至多 {wish.most_cost:g} 万元")
    if wish.standing.moves:
        wishes.append(f"可迁址 {wish.standing.moves} 处")
    head = f"{text}（{label(question.mode)}，{question.limit:g} {unit}，{label(question.level)}）"
    return "；".join([head, *wishes])


def _exactly(wish: Siting) -> str:
    return "" if wish.goal in ("p_median", "p_center") else "至多"


def _walk_unit(question: StationQuestion) -> str:
    """Return the unit of walks."""
    return "min" if question.mode is Mode.EXPERIENCE else "m"


def objective_unit(question: StationQuestion) -> str:
    """Return the unit of the objective."""
    wish, walk = question.wish, _walk_unit(question)
    if wish.goal == "set_cover":
        return "处" if wish.count_cost == "stations" else "万元"
    if wish.goal == "p_center":
        return walk
    return question.demand.unit if wish.goal == "max_cover" else f"{question.demand.unit}·{walk}"


def proof_words(plan: SitingPlan) -> str:
    """Return how sure a plan is: proven and by whom, or how far the bound is off."""
    if plan.status is Status.INFEASIBLE:
        return "无解：所列规则互相矛盾"
    if plan.plan is None:
        return "时限内未得到方案"
    if plan.status is Status.OPTIMAL:
        who = "界值由本工作台复算" if plan.certificate is Certificate.RECOMPUTED else "由求解器证明"
        return f"已证最优（{who}）" + ("；同优方案取编号最小者" if plan.canonical else "；或有同优方案")
    if math.isnan(plan.gap):
        return "未证最优：尚无界值"
    return f"未证最优：界值 {significant(plan.bound)}，差距 {plan.gap:.2%}"


def significant(value: float) -> str:
    """Return an objective or a bound for reading: whole from a thousand on, else with four digits that count."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:,.4g}"


_WHOLE_FROM = 1000


def conflict_words(question: StationQuestion, rule: str) -> str:
    """Return a rule of a conflict, by its key, in the words of a planner."""
    kind, _, name = rule.partition(".")
    if kind not in _RULES:
        return rule
    words = _RULES[kind]
    if callable(words):
        return words(question, name)
    return words.format(wish=question.wish, exactly=_exactly(question.wish))


def _forbidden_words(question: StationQuestion, _: str) -> str:
    barred = "；".join(question.rules.barred)
    price = "、造价不详" if UNPRICED in barred else ""
    near = f"、{NEAR} {question.wish.spacing_m:g} m " if NEAR in barred else ""
    return f"否决、排除{near}{price}的场所不得启用".replace(" 、", "、")


def _floor_words(question: StationQuestion, name: str) -> str:
    floor = next(one for one in question.rules.verb["floors"] if one.name == name)
    return f"{who_is(question, *name.split(' ', 1))}至少覆盖 {floor.share:.1%}{_at_best(question, floor)}"


def _at_most_words(question: StationQuestion, name: str) -> str:
    if name == MOVED:
        return _MOVES.format(wish=question.wish)
    if name == NEW:
        return f"新增至多 {question.wish.stations} 处"
    cap = next(one for one in question.rules.verb["at_most"] if one.name == name)
    return f"{who_is(question, *name.split(' ', 1))}新增至多 {cap.most} 处"


def _term_words(question: StationQuestion, name: str) -> str:
    which, _, what = name.rpartition(".")
    term = next(one for one in question.wish.phases.terms if one.name == which)
    return f"{which}至多 {f'{term.stations} 处' if what == 'p' else f'{term.budget or 0:g} 万元'}"


_MOVES = "迁址至多 {wish.standing.moves} 处"
_RULES: Final[dict[str, str | Callable[[StationQuestion, str], str]]] = {
    "cover": "所有可达需求点都要覆盖",
    "share": "覆盖可达人口的 {wish.share:.0%}",
    "p": "新增{exactly} {wish.most_stations} 处",
    "budget": "投资至多 {wish.most_cost:g} 万元",
    "required": "既有阵地与必选场所保留",
    "forbidden": _forbidden_words,
    "capacity": "每处接纳不超过其面积",
    "cover_at_least": "至少 {wish.backup} 处可达才算覆盖",
    "spacing": "新站与其他阵地相距至少 {wish.spacing_m:g} m",
    "at_most": _at_most_words,
    "at_least": _MOVES,
    "floors": _floor_words,
    "phases": _term_words,
}
"""What a rule is called, by the kind that its key begins with: words, or what makes them of the rest of the key."""


def _at_best(question: StationQuestion, floor: Floor) -> str:
    """Return what all sites that may be used reach together of a floor, where that is too little."""
    usable = np.setdiff1d(np.arange(len(question.stations)), question.rules.verb["forbidden"])
    people = np.asarray(floor.weight, np.float64)
    possible = float((people * covered_by(question, usable)).sum() / people.sum())
    return f"（可用场所全部启用也只到 {possible:.1%}）" if possible < floor.share else ""


def who_is(question: StationQuestion, each: str, identifier: str) -> str:
    """Return the name of a community, subdistrict, compound or group, with its identifier."""
    coverage = question.coverage
    if each == "group":
        return coverage.populace.label(identifier)
    layers = {"community": coverage.district.communities, "compound": coverage.district.compounds}
    return str(name_with_code(layers[each])(identifier)) if each in layers else identifier


# ----------------------------------------------------------------------------------------------------------------------
# Why these sites, and why not elsewhere: reasons by site and by community.


_WORDS: Final = {
    Reason.NO_CANDIDATE: "步行限值内没有候选场所",
    Reason.ONLY_FORBIDDEN: "只有被否决或排除的候选",
    Reason.BEATEN: "候选可达，但新增人数少于入选各站",
    Reason.BARRED: "最可取的候选受规则限制：{rule}",
    Reason.OTHER_AIM: "候选新增更多，但其他规则（下限、预算等）优先",
}

_NOT_ASKED: Final = "候选可达，但目标只求最少，未要求覆盖"


def _reasons_of(result: SitingResult) -> pd.DataFrame:
    """Return what each new station does for the plan, in people, one row each in the order of the sites."""
    question, sites = result.question, result.sites
    free = question.first_candidate + np.flatnonzero(question.rules.barred == "")
    found = site_reasons(
        question.cover, question.demand.people, sites, standing=sites[sites < question.first_candidate], allowed=free,
        cover_at_least=question.wish.backup, keeps=_keeping(result),
    )  # fmt: skip
    named = [str(question.ids[site]) if site >= 0 else "" for site in found.replacement]
    return pd.DataFrame(
        {
            "adds_alone": found.alone,
            "lost_without": found.lost,
            "overlap": found.overlap,
            "replacement": named,
            "replacement_loss": found.loss,
        }
    )


def _keeping(result: SitingResult) -> Callable[[Ints], bool] | None:
    """Return what says whether a set of sites keeps the rules; None where all sets of so many sites do."""
    question = result.question
    rules = {name: rule for name, rule in question.rules.verb.items() if name not in ("required", "capacity")}
    if question.wish.most_cost is None and not set(rules) - {"forbidden", "cover_at_least"}:
        return None
    problem = cover_problem(
        "site_reasons", question.cover, question.demand.people, budget=question.wish.most_cost,
        site_cost=question.site_cost, **rules,
    )  # fmt: skip
    none = sp.csr_array((0, problem.demand))
    rows = [sp.csr_array(np.asarray(floor.weight)[None, :]) for floor in problem.rules.floors]
    floors = sp.csr_array(sp.vstack([none, *rows], format="csr"))
    least = np.array([floor.share for floor in problem.rules.floors]) * floors.sum(axis=1) * (1 - _CLEARLY)

    def keeps(sites: Ints) -> bool:
        short = (floors @ covered(problem, sites) < least).any()  # most sets fail here, and this is fast
        return not short and not broken_rules(problem, sites)

    return keeps


_CLEARLY: Final = 1e-6  # by so much, relative, a floor is missed beyond all rounding


def left_behind(result: SitingResult) -> pd.DataFrame:
    """Return for each community with people left out how many there are, why most of them, and what would help most."""
    question = result.question
    found = _demand_reasons(result)
    community = question.coverage.district.demand["community"].fillna("").to_numpy(object)[question.demand.point]
    reason, people = found.reason, question.demand.people
    out = (reason != Reason.COVERED) & (people > 0)
    rows = []
    for name in sorted(set(community[out])):
        here = community == name
        left = here & out
        total = float(people[left].sum())
        rows.append(
            {
                "community": name,
                "people": total,
                "share": 100 * (1 - total / float(people[here].sum())),
                "why": _main_reason(result, found, left, people),
                **_best(result, found, left),
            }
        )
    table = pd.DataFrame(rows, columns=["community", "people", "share", "why", "best", "best_adds"])
    return table.sort_values(["people", "community"], ascending=[False, True], kind="stable", ignore_index=True)


def _demand_reasons(result: SitingResult) -> DemandReasons:
    question, sites = result.question, result.sites
    rules = question.rules.verb
    words: dict[str, Any] = {name: rules[name] for name in ("forbidden", "at_most", "spacing") if name in rules}
    if question.wish.most_cost is not None:
        words |= {"budget": question.wish.most_cost, "site_cost": question.site_cost}
    return demand_reasons(
        question.cover, question.demand.people, sites, standing=sites[sites < question.first_candidate],
        cover_at_least=question.wish.backup, **words,
    )  # fmt: skip


def _main_reason(result: SitingResult, found: DemandReasons, rows: np.ndarray, people: np.ndarray) -> str:
    """Return the reason of most of the people who are left out, and their share of them."""
    by_reason = {reason: float(people[rows & (found.reason == reason)].sum()) for reason in _WORDS}
    reason = max(_WORDS, key=lambda one: (by_reason[one], -one))
    rule = ""
    if reason is Reason.BARRED:
        barred = rows & (found.reason == reason)
        count = np.bincount(found.barrier[barred], weights=people[barred], minlength=len(found.barriers))
        rule = conflict_words(result.question, found.barriers[int(count.argmax())])
    share = by_reason[reason] / float(people[rows].sum())
    words = _NOT_ASKED if reason is Reason.OTHER_AIM and result.question.wish.goal == "set_cover" else _WORDS[reason]
    return f"{words.format(rule=rule)}（{share:.0%}）"


def _best(result: SitingResult, found: DemandReasons, rows: np.ndarray) -> dict[str, Any]:
    """Return the candidate that would add most to the plan among those that reach the people left out."""
    spoken = rows & (found.candidate >= 0)
    if not spoken.any():
        return {"best": "", "best_adds": np.nan}
    places = np.flatnonzero(spoken)
    order = np.lexsort((found.candidate[places], -found.adds[places]))
    best = places[order[0]]
    return {"best": str(result.question.ids[found.candidate[best]]), "best_adds": float(found.adds[best])}


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of a siting plan, each with its denominator.


_MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)


def _planned(result: SitingResult) -> Iterator[Value]:
    """Measure the plan and its proof."""
    of_plan = partial(Value, mode=str(result.question.mode), level=str(result.question.level))
    whose, total = _whole(result)
    unit, planned = objective_unit(result.question), result.measured is not None
    optimum, gap = (result.plan.objective, 100 * result.plan.gap) if planned else (None, None)
    new, closed = (len(result.opened), len(result.closed)) if planned else (None, None)
    yield of_plan("siting.new", new, _free(result))
    yield of_plan("siting.closed", closed, len(result.question.coverage.district.stations))
    yield of_plan("siting.objective", optimum, total, in_unit=unit, whose=whose)
    yield of_plan("siting.bound", result.plan.bound, total, in_unit=unit, whose=whose)
    yield of_plan("siting.gap", gap, optimum)
    yield of_plan("siting.capex", result.investment[0] if planned else None, new)


def _whole(result: SitingResult) -> tuple[str, float]:
    """Return what the objective is a part of, or is about, and how much that is."""
    question, wish = result.question, result.question.wish
    who = question.demand.who
    if wish.goal == "set_cover":
        return "可用候选场所", float(_free(result))
    if wish.goal == "p_center":
        return f"候选可达的{who}", float(question.demand.people[reachable_rows(question)].sum())
    return f"需求图层全体{who}{'（加权）' if wish.group_weights else ''}", float(question.demand.weight.sum())


def _free(result: SitingResult) -> int:
    return int((result.question.rules.barred == "").sum())


def _measured(result: SitingResult, mode: Mode) -> Iterator[Value]:
    """Measure what was covered before and is after, in a mode."""
    before, level = result.before, result.question.level
    of_plan = partial(Value, mode=mode, level=level)
    everybody, communities = float(before.populace.residents.sum()), len(before.district.communities)
    was, now = (float(at.covered_residents(mode, level).sum()) for at in (before, result.after))
    yield of_plan("siting.covered.before", was, everybody)
    yield of_plan("siting.covered.after", now, everybody)
    yield of_plan("siting.covered.gain", now - was, everybody)
    yield of_plan("siting.share.before", share(was, everybody), everybody)
    yield of_plan("siting.share.after", share(now, everybody), everybody)
    yield of_plan("siting.worst.before", worst_community(before, mode, level), communities)
    yield of_plan("siting.worst.after", worst_community(result.after, mode, level), communities)


def worst_community(coverage: CoverageResult, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> float | None:
    """Return the least share of residents covered among communities, %; None where they are not known."""
    community = coverage.district.demand["community"]
    if community.isna().all():
        return None
    covered = pd.Series(coverage.covered_residents(mode, level)).groupby(community.to_numpy()).sum()
    people = pd.Series(coverage.populace.residents).groupby(community.to_numpy()).sum()
    return float((100 * covered[people > 0] / people[people > 0]).min())


def walk_quantile(coverage: CoverageResult, q: float) -> float | None:
    """Return the walk that a share of the residents who can reach a station does not exceed, metres."""
    return quantile(coverage.distance[ServiceLevel.ANY].walk, coverage.populace.residents, q)


_CHOSEN: Final = (
    "id", "name@site", "where", "community", "subdistrict", "floor_area_m2@site", "capex_range", "adds_alone",
    "lost_without", "overlap", "replacement", "replacement_loss",
)  # fmt: skip


def chosen(result: SitingResult) -> pd.DataFrame:
    """Return the new stations, one row each, with their reasons."""
    question = result.question
    result.after  # noqa: B018  a plan is needed
    ledger = question.candidates.ledger.iloc[result.new_sites - question.first_candidate].reset_index(drop=True)
    ledger.insert(2, "where", ledger["id"].map(question.places))
    return pd.concat([ledger.drop(columns="veto"), result.reasons], axis=1)


def _proposed(result: SitingResult) -> str:
    """Say in a sentence what the plan is."""
    if result.measured is None:
        rules = "；".join(result.conflict)
        return f"按所列规则没有选址方案（{proof_words(result.plan)}{f'：{rules}' if rules else ''}）。"
    new, closed = len(result.opened), len(result.closed)
    if not new and not closed:
        return f"无需新增阵地：现有阵地已满足所求（{proof_words(result.plan)}）。"
    level = result.question.level
    mode = Mode.COMPLIANCE if result.question.mode is Mode.STRAIGHT_LINE else result.question.mode
    whole = float(result.before.populace.residents.sum())
    was, now = (float(at.covered_residents(mode, level).sum()) for at in (result.before, result.after))
    does = [f"新增 {new} 处" if new else "", f"停用或迁出 {closed} 处" if closed else ""]
    cost = result.investment[0]
    price = "，部分造价不详" if cost is None else f"，投资约 {significant(cost)} 万元" if new else ""
    return (
        f"建议{'、'.join(part for part in does if part)}阵地，覆盖居民{'增加' if now >= was else '减少'} "
        f"{abs(now - was):,.0f} 人，覆盖率 {100 * was / whole:.1f}% → {100 * now / whole:.1f}%"
        f"（{label(mode)}，{label(level)}）{price}；{proof_words(result.plan)}。"
    )


def tables(result: SitingResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    found = {"选址结论": _conclusion(result)}
    if result.measured is not None:
        found |= {
            f"推荐站点（{result.question.demand.unit}）": _recommended(result),
            "选址前后对比": _before_after(result),
            "仍未覆盖的社区与原因": _left(result),
            "投资估算": _investment(result),
        }
    found["规则冲突"] = pd.DataFrame({"互相矛盾的规则": result.conflict})
    found["放宽到可能的下限"] = pd.DataFrame(
        [
            {"对象": who_is(result.question, *item.name.split(" ", 1)), "要求（%）": rounded(100 * item.wanted, "%"),
             "可能（%）": rounded(100 * item.possible, "%")}
            for item in result.question.rules.lowered
        ]
    )  # fmt: skip
    found["候选场所取舍"] = _candidates(result)
    return {title: table for title, table in found.items() if not table.empty}


def _conclusion(result: SitingResult) -> pd.DataFrame:
    """Return the conclusion in sentences: what was wanted, what comes out, how sure it is."""
    question, plan = result.question, result.plan
    rows = [("目标", goal_words(question)), ("证明", proof_words(plan))]
    if result.measured is not None:
        rows += [
            ("新增", _named(result)),
            ("停用或迁出", "、".join(name_stations(result, result.closed)) or "无"),
            ("目标值", f"{significant(plan.objective)} {objective_unit(question)}"),
            ("复核", "已在新地块上重新测算覆盖，与模型逐点一致"),
        ]
    elif result.conflict:
        rows.append(("矛盾", "；".join(result.conflict)))
    return pd.DataFrame(rows, columns=["项目", "内容"])


_MOST_NAMED: Final = 40


def name_stations(result: SitingResult, identifiers: Iterable[str]) -> list[str]:
    """Return stations of today by their name, with their identifier."""
    return [str(name) for name in map(name_with_code(result.before.district.stations), identifiers)]


def _named(result: SitingResult) -> str:
    """Return how many stations are new and which; where none is, whether the budget pays for none."""
    names, question = result.opened, result.question
    if names:
        more = f" 等 {len(names)} 处" if len(names) > _MOST_NAMED else ""
        return f"{len(names)} 处：{'、'.join(map(question.titles.__getitem__, names[:_MOST_NAMED]))}{more}"
    free = question.candidates.ledger[question.rules.barred == ""].dropna(subset="capex")
    most = question.wish.most_cost
    if most is None or free.empty or free["capex"].min() <= most:
        return "0 处"
    least = free.loc[free["capex"].idxmin()]
    return f"0 处：预算 {most:g} 万元不足以启用最便宜的可用候选 {question.titles[least['id']]}，{least['capex']:g} 万元"


def _recommended(result: SitingResult) -> pd.DataFrame:
    table = chosen(result)
    none = table["replacement"] == ""
    table["replacement"] = [_site(result, name) or "无" for name in table["replacement"]]
    table["replacement_loss"] = table["replacement_loss"].astype(object).where(~none, "")
    table["capex_range"] = [money_range(result, value) for value in table["capex"]]
    return present(table, _CHOSEN, {"community": name_with_code(result.before.district.communities)})


def _site(result: SitingResult, identifier: str) -> str:
    """Return a site by its name, with its identifier and where it is; nothing where there is none."""
    question = result.question
    return f"{question.names[identifier]}：{question.places[identifier]}" if identifier else ""


def money_range(result: SitingResult, value: float) -> str:
    """Return a sum of 万元 as a range."""
    if not np.isfinite(value):
        return MISSING
    spread = result.scenario.standard(result.question.wish.cost_spread)
    return f"{value * (1 - spread):,.0f}–{value * (1 + spread):,.0f}"


def _before_after(result: SitingResult) -> pd.DataFrame:
    """Return what was measured before and after, both modes."""
    rows = []
    for mode in _MODES:
        old, new = _values(result.before, mode), _values(result.after, mode)
        for words, (unit, was) in old.items():
            now = new[words][1]
            apart = None if was is None or now is None else now - was
            row = {"指标": words, "口径": label(mode), "单位": unit, "现状": _cell(was, unit), "方案": _cell(now, unit)}
            rows.append(row | {"变化": _cell(apart, "百分点" if unit == "%" else unit, signed=True)})
    return pd.DataFrame(rows)


def _values(coverage: CoverageResult, mode: Mode) -> dict[str, tuple[str, float | None]]:
    everybody = float(coverage.populace.residents.sum())
    by_level = {level: float(coverage.covered_residents(mode, level).sum()) for level in ServiceLevel}
    found: dict[str, tuple[str, float | None]] = {
        "覆盖居民": ("人", by_level[ServiceLevel.ANY]),
        "居民覆盖率": ("%", share(by_level[ServiceLevel.ANY], everybody)),
        "居民覆盖率（只计中心）": ("%", share(by_level[ServiceLevel.FULL], everybody)),
        "最低社区覆盖率": ("%", worst_community(coverage, mode)),
        "小区覆盖率": ("%", _compounds_covered(coverage, mode)),
    }
    if mode is Mode.COMPLIANCE:
        found["步行距离中位数（可达居民）"] = ("m", walk_quantile(coverage, 0.5))
        found["步行距离 P90（可达居民）"] = ("m", walk_quantile(coverage, 0.9))
    return found


def _compounds_covered(coverage: CoverageResult, mode: Mode) -> float | None:
    return next(iter(compounds_covered(coverage, mode))).value


def _cell(value: float | None, unit: str, *, signed: bool = False) -> str:
    if value is None or not np.isfinite(value):
        return MISSING
    return f"{rounded(value, unit):{'+' if signed else ''},}"


def _left(result: SitingResult) -> pd.DataFrame:
    table = left_behind(result)
    table["community"] = [who_is(result.question, "community", name) or "社区不详" for name in table["community"]]
    table["best_adds"] = ["" if np.isnan(value) else round(value) for value in table["best_adds"]]
    table["best"] = [_site(result, name) for name in table["best"]]
    return present(table, ("community", "people", "share", "why", "best", "best_adds"))


def _investment(result: SitingResult) -> pd.DataFrame:
    table = chosen(result)
    total, low, high = result.investment
    ranges = [money_range(result, float(value)) for value in table["capex"]]
    sums = table[["floor_area_m2", "opex"]].sum(skipna=False)
    return pd.DataFrame(
        {
            "编号": [*table["id"], "合计"],
            "场所": [*table["name"], f"{len(table)} 处"],
            "位置": [*table["where"], ""],
            "面积（㎡）": [_plain(value, 0) for value in (*table["floor_area_m2"], sums["floor_area_m2"])],
            "投资（万元，区间）": [*ranges, MISSING if total is None else f"{low:,.0f}–{high:,.0f}"],
            "年运行费（万元）": [_plain(value, 1) for value in (*table["opex"], sums["opex"])],
        }
    )


def _plain(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if np.isfinite(value) else MISSING


def _candidates(result: SitingResult) -> pd.DataFrame:
    """Return what became of each candidate; of corners and the like only those that were chosen or barred."""
    question = result.question
    ledger, barred = question.candidates.ledger, question.rules.barred
    chosen_rows = np.zeros(len(ledger), bool)
    if result.measured is not None:
        chosen_rows[result.new_sites - question.first_candidate] = True
    what = np.where(chosen_rows, "推荐", np.where(barred != "", "不可用", "未选"))
    table = ledger.assign(what=what, why=barred, where=ledger["id"].map(question.places))
    table = table if len(table) <= _MOST_LISTED else table[table["what"] != "未选"].head(_MOST_LISTED)
    columns = ("id", "name@site", "where", "community", "floor_area_m2@site", "capex", "what", "why@barred")
    return present(table, columns, {"community": name_with_code(result.before.district.communities)})


_MOST_LISTED: Final = 2000


def _site_layer(result: SitingResult) -> gpd.GeoDataFrame:
    """Return every site as a point with its ``part``: standing, new, gone, candidate or barred."""
    question = result.question
    part = np.where(question.standing, "standing", "candidate").astype(object)
    part[question.first_candidate :][question.rules.barred != ""] = "barred"
    if result.measured is not None:
        part[result.new_sites] = "new"
        part[np.setdiff1d(question.today, result.sites)] = "gone"
    layer = question.stations[["id", "name", "kind", "community", "geometry"]].copy()
    layer.insert(4, "part", part)
    why = np.concatenate([np.full(question.first_candidate, ""), question.rules.barred])
    layer.insert(5, "barred", why)
    layer.insert(6, "where", list(question.places.values()))
    return layer


# ----------------------------------------------------------------------------------------------------------------------
# What siting found: a plan with its proof, measured on the ground.


@dataclass(frozen=True, eq=False, repr=False)
class SitingResult(Result):
    """The next stations; made by :func:`workbench.siting.site_stations`.

    Attributes
    ----------
    question
        Sites, demand and rules.
    plan
        What the solver found, with status, bound and gap; positions are those of the question's sites.
    measured
        The plan measured on the ground; None where there is no plan.
    """

    on_terminal: ClassVar[tuple[str, ...]] = (
        "选址结论",
        "规则冲突",
        "推荐站点",
    )
    workbook_only: ClassVar[tuple[str, ...]] = (
        "社区",
        "街道",
        "面积（㎡）",
        "单独新增",
        "与其他站重叠",
        "覆盖居民（合规）",
        "两站以上可及（%）",
        "时间可达覆盖率（%）",
    )
    question: StationQuestion
    plan: SitingPlan
    measured: Remeasured | None
    study: ClassVar[str] = "siting"
    answer: ClassVar[str] = "chosen"

    def __repr__(self) -> str:
        if self.measured is None:
            return f"<SitingResult {self.scenario.name}: {self.status}>"
        return f"<SitingResult {self.scenario.name}: {len(self.opened)} new stations, {self.status}>"

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.question.coverage.scenario

    @property
    def district(self) -> District:
        """The ground of today."""
        return self.question.coverage.district

    @property
    def status(self) -> str:
        """OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN."""
        return str(self.plan.status)

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return hashlib.sha256(f"siting\n{self.question.coverage.fingerprint}".encode()).hexdigest()

    @property
    def before(self) -> CoverageResult:
        """The five-minute circle of today."""
        return self.question.coverage

    @property
    def after(self) -> CoverageResult:
        """The five-minute circle with the plan.

        Raises
        ------
        NoSolutionError
            If there is no plan.
        """
        return self._found().coverage

    @property
    def sites(self) -> Ints:
        """Positions of the stations that are open in the plan, ascending."""
        self._found()
        return self.plan.sites

    @property
    def new_sites(self) -> Ints:
        """Positions of the new stations, ascending."""
        return self.sites[self.sites >= self.question.first_candidate]

    @property
    def opened(self) -> list[str]:
        """Identifiers of the new stations, in order."""
        return [str(name) for name in self.question.ids[self.new_sites]]

    @property
    def closed(self) -> list[str]:
        """Identifiers of the stations of today that close or move, in order."""
        question = self.question
        moved = question.ids[np.setdiff1d(question.today, self.sites)]
        return sorted([*question.wish.standing.close, *(str(name) for name in moved)])

    @property
    def conflict(self) -> list[str]:
        """The rules that contradict each other, in words, as few as possible; empty where there is a plan."""
        return [conflict_words(self.question, rule) for rule in self.plan.conflict]

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """What each new station does for the plan, one row each; see :func:`workbench.siting.result._reasons_of`."""
        self._found()
        return _reasons_of(self)

    @property
    def investment(self) -> tuple[float | None, float, float]:
        """Capex of the new stations, 万元: the sum, its low and its high end; None where one is not known."""
        capex = self.question.candidates.ledger["capex"].to_numpy(np.float64)
        total = float(capex[self.new_sites - self.question.first_candidate].sum())
        spread = self.scenario.standard(self.question.wish.cost_spread)
        if np.isnan(total):
            return None, np.nan, np.nan
        return total, total * (1 - spread), total * (1 + spread)

    def _found(self) -> Remeasured:
        if self.measured is None:
            why = f": {'；'.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"siting found no plan; its status is {self.status}{why}")
        return self.measured

    def values(self) -> Iterator[Value]:
        """Measure the numbers: the plan and its proof, then before and after in both modes."""
        yield from _planned(self)
        if self.measured is not None:
            for mode in _MODES:
                yield from _measured(self, mode)

    def with_plan(self, district: District) -> District:
        """Return a district with the new stations open and those that close or move gone."""
        return district_with(self.question, self.sites, district)

    def conclusion(self) -> tuple[str, ...]:
        """Return what is proposed, what it gains and costs, how sure that is; or which rules contradict each other."""
        return (_proposed(self),)

    @property
    def chosen(self) -> pd.DataFrame:
        """The new stations, one row each, with their reasons."""
        return chosen(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: every site with its part in the plan."""
        return {"siting_sites": _site_layer(self)}


# ----------------------------------------------------------------------------------------------------------------------
# What every study of a plan shares: its question, its scenario, its fingerprint.


@dataclass(frozen=True, eq=False, repr=False)
class PlanStudy(Result):
    """A study of a siting plan.

    Attributes
    ----------
    siting
        The plan that it starts from.
    """

    siting: SitingResult
    study: ClassVar[str] = ""

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.siting.scenario

    @property
    def district(self) -> District:
        """The ground of today."""
        return self.siting.district

    @property
    def status(self) -> str:
        """The worst status among the plans of the study."""
        return self.siting.status

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and the name of the study."""
        return hashlib.sha256(f"{self.study}\n{self.siting.question.coverage.fingerprint}".encode()).hexdigest()

    def of_plan(self, key: str, value: float | None, of: float | None, **words: Any) -> Value:
        """Return a number about all residents, in the mode and at the level of the plan."""
        question = self.siting.question
        return Value(key, value, of, mode=str(question.mode), level=str(question.level), **words)


_WORST = ("INFEASIBLE", "UNKNOWN", "FEASIBLE", "OPTIMAL")


def worst_status(statuses: list[str]) -> str:
    """Return the least sure of some statuses; OPTIMAL when there are none."""
    return next((status for status in _WORST if status in statuses), "OPTIMAL")


# ----------------------------------------------------------------------------------------------------------------------
# The planner's verb of siting.


def site_stations(district: District, scenario: Scenario, *, progress: Progress = SILENT) -> SitingResult:
    """Say where the next stations go.

    Candidates and stations of today are joined to the walking network as coverage joins them; the plan comes with a
    bound, and is measured again by :func:`workbench.coverage.assess_coverage` on the district it would make, which
    must agree with the model about every demand point.

    Parameters
    ----------
    district
        The ground.
    scenario
        The intent, with a section ``siting``.
    progress
        Told of each stage, with incumbent, bound and gap.

    Returns
    -------
    SitingResult
        OPTIMAL, FEASIBLE with a gap where time was up or Ctrl-C came, or INFEASIBLE with the rules in conflict.

    Raises
    ------
    ScenarioError
        If the scenario asks for what does not exist, or for more stations than there are candidates.
    GeodataError
        If the district has no demand layer.
    CheckError
        If the measurement does not confirm the plan.
    """
    return site_next(assess_coverage(district, scenario, progress=progress), progress=progress)


def site_next(coverage: CoverageResult, *, progress: Progress = SILENT) -> SitingResult:
    """Say where the next stations go, from a five-minute circle that has been measured.

    Parameters
    ----------
    coverage
        The five-minute circle of today.
    progress
        Told of each stage.
    """
    progress.step("siting", 0, 3)
    question = station_question(coverage)
    wrong = unsolvable(question)
    if wrong is not None:
        raise wrong
    progress.step("siting", 1, 3)
    plan = solved(question, progress.within("siting"))
    progress.step("siting", 2, 3)
    if plan.plan is None:
        progress.step("siting", 3, 3)
        return SitingResult(question, plan, None)
    measured = remeasured(question, plan.sites)
    check_objective(question, plan, measured)
    progress.step("siting", 3, 3)
    return SitingResult(question, plan, measured)
