"""The numbers and tables of a siting plan, each with its denominator."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.coverage import CoverageResult
from workbench.coverage.doors import quantile, share
from workbench.coverage.measure import MISSING, Column, covered, for_reading
from workbench.planning.question import reachable_rows
from workbench.planning.reasons import left_behind
from workbench.planning.words import amount, goal_words, objective_unit, proof_words, who_is
from workbench.results import Kpi, rounded
from workbench.terms import Mode, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.planning.result import SitingResult

_ALL: Final = "全体居民"
_NO_CLAUSE: Final = "不涉及标准"
_MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)


def kpis(result: SitingResult) -> list[Kpi]:
    """Return the numbers: the plan and its proof, then what was measured before and after in both modes."""
    question, level = result.question, result.question.level
    mode, unit = str(question.mode), objective_unit(question)
    of, total = _whole(result)
    planned = result.measured is not None
    optimum = result.plan.objective if planned else None
    bound = result.plan.bound if math.isfinite(result.plan.bound) else None
    gap = 100 * result.plan.gap if planned and math.isfinite(result.plan.gap) else None
    new = float(len(result.opened)) if planned else None
    invested = result.investment[0] if planned else None
    found = [
        Kpi("siting.new", "新增阵地", new, "处", "可用候选场所", float(_free(result)), mode, _ALL, level, _NO_CLAUSE),
        Kpi("siting.closed", "停用或迁出的阵地", float(len(result.closed)) if planned else None, "处", "现有阵地",
            float(len(question.coverage.district.stations)), mode, _ALL, level, _NO_CLAUSE),
        Kpi("siting.objective", "目标值", optimum, unit, of, total, mode, _ALL, level, _NO_CLAUSE),
        Kpi("siting.bound", "目标值的界", bound, unit, of, total, mode, _ALL, level, _NO_CLAUSE),
        Kpi("siting.gap", "与界的差距", gap, "%", "目标值", optimum, mode, _ALL, level, _NO_CLAUSE),
        Kpi("siting.capex", "新站投资", invested, "万元", "新增阵地", new, mode, _ALL, level, _NO_CLAUSE),
    ]  # fmt: skip
    if planned:
        for each in _MODES:
            found += _measured(result.before, result.after, each, level)
    return found


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


def _measured(before: CoverageResult, after: CoverageResult, mode: Mode, level: ServiceLevel) -> list[Kpi]:
    everybody = float(before.populace.residents.sum())
    rules, register = before.scenario.coverage, before.scenario.register
    limit = register[rules.time if mode is Mode.EXPERIENCE else rules.distance]
    clause = f"{limit.value:g} {limit.unit}；{limit.citation}"
    people = [float(at.covered_residents(mode, level).sum()) for at in (before, after)]
    worst = [worst_community(at, mode, level) for at in (before, after)]
    named = (
        ("siting.covered.before", "现状覆盖居民", people[0], "人"),
        ("siting.covered.after", "方案覆盖居民", people[1], "人"),
        ("siting.covered.gain", "新增覆盖居民", people[1] - people[0], "人"),
        ("siting.share.before", "现状居民覆盖率", share(people[0], everybody), "%"),
        ("siting.share.after", "方案居民覆盖率", share(people[1], everybody), "%"),
    )
    found = [
        Kpi(key, words, value, unit, "需求图层全体居民", everybody, mode, _ALL, level, clause)
        for key, words, value, unit in named
    ]
    for key, words, value in (
        ("siting.worst.before", "现状最低社区覆盖率", worst[0]),
        ("siting.worst.after", "方案最低社区覆盖率", worst[1]),
    ):
        communities = float(len(before.district.communities))
        found.append(Kpi(key, words, value, "%", "社区", communities, mode, _ALL, level, clause))
    return found


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


_CHOSEN: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("场所", None),
    "community": ("社区", None),
    "subdistrict": ("街道", None),
    "floor_area_m2": ("面积（㎡）", 0),
    "capex_range": ("投资（万元，区间）", None),
    "adds_alone": ("单独新增", 0),
    "lost_without": ("缺它损失", 0),
    "overlap": ("与其他站重叠", 0),
    "replacement": ("最佳替代", None),
    "replacement_loss": ("替代损失", 0),
}


def chosen(result: SitingResult) -> pd.DataFrame:
    """Return the new stations, one row each, with their reasons."""
    question = result.question
    result.after  # noqa: B018  a plan is needed
    ledger = question.candidates.ledger.iloc[result.new_sites - question.first_candidate].reset_index(drop=True)
    return pd.concat([ledger.drop(columns="veto"), result.reasons], axis=1)


def tables(result: SitingResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    found = {"选址结论": _conclusion(result)}
    if result.measured is not None:
        found |= {
            f"推荐站点（{result.question.demand.unit}）": _recommended(result),
            "选址前后对比": before_after(result),
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
            ("停用或迁出", "、".join(result.closed) or "无"),
            ("目标值", f"{amount(plan.objective)} {objective_unit(question)}"),
            ("复核", "已在新地块上重新测算覆盖，与模型逐点一致"),
        ]
    elif result.conflict:
        rows.append(("矛盾", "；".join(result.conflict)))
    return pd.DataFrame(rows, columns=["项目", "内容"])


_MOST_NAMED: Final = 40


def _named(result: SitingResult) -> str:
    """Return how many stations are new and which; where none is, whether the budget pays for none."""
    names, question = result.opened, result.question
    if names:
        more = f" 等 {len(names)} 处" if len(names) > _MOST_NAMED else ""
        return f"{len(names)} 处：{'、'.join(names[:_MOST_NAMED])}{more}"
    free = question.candidates.ledger[question.rules.barred == ""].dropna(subset="capex")
    most = question.wish.most_cost
    if most is None or free.empty or free["capex"].min() <= most:
        return "0 处"
    least = free.loc[free["capex"].idxmin()]
    return f"0 处：预算 {most:g} 万元不足以启用最便宜的可用候选（{least['id']}，{least['capex']:g} 万元）"


def _recommended(result: SitingResult) -> pd.DataFrame:
    table = chosen(result)
    none = table["replacement"] == ""
    table["replacement"] = table["replacement"].where(~none, "无（无候选、规则不许或于事无补）")
    table["replacement_loss"] = table["replacement_loss"].astype(object).where(~none, "")
    table["capex_range"] = [money_range(result, value) for value in table["capex"]]
    table["community"] = [who_is(result.question, "community", c) if c == c and c else "" for c in table["community"]]
    return for_reading(table, _CHOSEN)


def money_range(result: SitingResult, value: float) -> str:
    """Return a sum of 万元 as a range."""
    if not np.isfinite(value):
        return MISSING
    spread = result.scenario.standard(result.question.wish.cost_spread)
    return f"{value * (1 - spread):,.0f}–{value * (1 + spread):,.0f}"


def before_after(result: SitingResult) -> pd.DataFrame:
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
    return next((kpi.value for kpi in covered(coverage, mode) if kpi.key == "compounds.covered.share"), None)


def _cell(value: float | None, unit: str, *, signed: bool = False) -> str:
    if value is None or not np.isfinite(value):
        return MISSING
    return f"{rounded(value, unit):{'+' if signed else ''},}"


def _left(result: SitingResult) -> pd.DataFrame:
    table = left_behind(result)
    table["community"] = [who_is(result.question, "community", name) or "社区不详" for name in table["community"]]
    table["best_adds"] = ["" if np.isnan(value) else round(value) for value in table["best_adds"]]
    return for_reading(table, {**_LEFT, "best_adds": ("它可新增", 0)})


_LEFT: Final[dict[str, Column]] = {
    "community": ("社区", None),
    "people": ("未覆盖", 0),
    "share": ("覆盖率（%）", 1),
    "why": ("主要原因", None),
    "best": ("最可取的候选", None),
}


def _investment(result: SitingResult) -> pd.DataFrame:
    table = chosen(result)
    total, low, high = result.investment
    ranges = [money_range(result, float(value)) for value in table["capex"]]
    sums = table[["floor_area_m2", "opex"]].sum(skipna=False)
    return pd.DataFrame(
        {
            "编号": [*table["id"], "合计"],
            "场所": [*table["name"], f"{len(table)} 处"],
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
    table = ledger.assign(what=what, why=barred)
    table = table if len(table) <= _MOST_LISTED else table[table["what"] != "未选"].head(_MOST_LISTED)
    return for_reading(
        table,
        {
            "id": ("编号", None),
            "name": ("场所", None),
            "community": ("社区", None),
            "floor_area_m2": ("面积（㎡）", 0),
            "capex": ("投资（万元）", 1),
            "what": ("结论", None),
            "why": ("否决原因", None),
        },
    )


_MOST_LISTED: Final = 2000


def site_layer(result: SitingResult) -> gpd.GeoDataFrame:
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
    return layer
