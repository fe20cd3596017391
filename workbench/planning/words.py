"""What a planner reads of a siting plan: goals, proofs, and rules that contradict each other, in words."""

from __future__ import annotations

import math

import numpy as np

from workbench.planning.answer import covered_by
from workbench.planning.question import StationQuestion
from workbench.planning.rules import MOVED, NEAR, NEW, UNPRICED
from workbench.scenario.siting import Siting
from workbench.siting import Floor, SitingPlan
from workbench.siting.result import Certificate
from workbench.solving import Status
from workbench.terms import Mode, label

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
    unit = walk_unit(question)
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


def walk_unit(question: StationQuestion) -> str:
    """Return the unit of walks."""
    return "min" if question.mode is Mode.EXPERIENCE else "m"


def objective_unit(question: StationQuestion) -> str:
    """Return the unit of the objective."""
    wish, walk = question.wish, walk_unit(question)
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
    return f"未证最优：界值 {amount(plan.bound)}，差距 {plan.gap:.2%}"


def amount(value: float) -> str:
    """Return an objective or a bound for reading: whole from a thousand on, else with four digits that count."""
    return f"{value:,.0f}" if abs(value) >= _WHOLE_FROM else f"{value:,.4g}"


_WHOLE_FROM = 1000


def conflict_words(question: StationQuestion, rule: str) -> str:
    """Return a rule of a conflict in the words of a planner."""
    wish = question.wish
    if rule == "forbidden":
        barred = "；".join(question.rules.barred)
        price = "、造价不详" if UNPRICED in barred else ""
        near = f"、{NEAR} {wish.spacing_m:g} m " if NEAR in barred else ""
        return f"否决、排除{near}{price}的场所不得启用".replace(" 、", "、")
    if rule in _RULES:
        return _RULES[rule].format(wish=wish, exactly=_exactly(wish))
    kind, _, name = rule.partition(".")
    if kind in ("at_most", "at_least") and name == MOVED:
        return f"迁址至多 {wish.standing.moves} 处"
    if kind == "at_most" and name == NEW:
        return f"新增至多 {wish.stations} 处"
    each, _, who = name.partition(" ")
    who = who_is(question, each, who)
    if kind == "floors":
        floor = next(f for f in question.rules.verb["floors"] if f.name == name)
        return f"{who}至少覆盖 {floor.share:.1%}{_at_best(question, floor)}"
    if kind == "at_most":
        cap = next(c for c in question.rules.verb["at_most"] if c.name == name)
        return f"{who}新增至多 {cap.most} 处"
    return rule


def _at_best(question: StationQuestion, floor: Floor) -> str:
    """Return what all sites that may be used reach together of a floor, where that is too little."""
    usable = np.setdiff1d(np.arange(len(question.stations)), question.rules.verb["forbidden"])
    people = np.asarray(floor.weight, np.float64)
    possible = float((people * covered_by(question, usable)).sum() / people.sum())
    return f"（可用场所全部启用也只到 {possible:.1%}）" if possible < floor.share else ""


_RULES = {
    "cover": "所有可达需求点都要覆盖",
    "share": "覆盖可达人口的 {wish.share:.0%}",
    "p": "新增{exactly} {wish.most_stations} 处",
    "budget": "投资至多 {wish.most_cost:g} 万元",
    "required": "既有阵地与必选场所保留",
    "capacity": "每处接纳不超过其面积",
    "cover_at_least": "至少 {wish.backup} 处可达才算覆盖",
    "spacing": "新站与其他阵地相距至少 {wish.spacing_m:g} m",
    "reach": "每个可达需求点都要有站可去",
}


def who_is(question: StationQuestion, each: str, identifier: str) -> str:
    """Return the name of a community, subdistrict, compound or group, with its identifier."""
    coverage = question.coverage
    if each == "group":
        return coverage.populace.label(identifier)
    layers = {"community": coverage.district.communities, "compound": coverage.district.compounds}
    if each in layers and len(layers[each]):
        found = layers[each].loc[layers[each]["id"] == identifier, "name"]
        if len(found):
            return f"{found.iloc[0]}（{identifier}）"
    return identifier
