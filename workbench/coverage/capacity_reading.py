"""The numbers and tables of a capacity result, each with its denominator and clause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import floor_area as area
from workbench.coverage.inequality import gini
from workbench.coverage.quantities import quantile, share
from workbench.coverage.reading import Column, for_reading
from workbench.results import Kpi
from workbench.terms import Mode, ServiceLevel

if TYPE_CHECKING:
    from workbench.coverage.capacity import CapacityResult

Floats = npt.NDArray[np.float64]

_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL
_HOUSEHOLDS, _WHO = "全部住户", "全体居民"
_LOCAL = "不含区级中心"
_DECAYS = {"gaussian": "高斯", "exponential": "指数", "linear": "线性"}


def kpis(result: CapacityResult) -> list[Kpi]:
    """Return the numbers: area by the standard, residents' share, centres, load, ㎡ within reach."""
    return [
        *_district_area(result),
        *_communities(result),
        *_shares(result),
        *_loads(result),
        *_within_reach(result),
    ]


def clause(result: CapacityResult, key: str) -> str:
    """Return value, unit and citation of a standard of the scenario's register."""
    standard = result.scenario.register[key]
    value = f"{standard.value:.0%}" if standard.unit == "1" else f"{standard.value:g} {standard.unit}"
    return f"{value}；{standard.citation}"


def _area_clause(result: CapacityResult) -> str:
    rules = result.scenario.capacity
    return f"≥ {clause(result, rules.area)}；有条件的 ≥ {clause(result, rules.area_target)}；{_LOCAL}"


def _district_area(result: CapacityResult) -> list[Kpi]:
    stations = area.local_stations(result.coverage)
    households = float(area.households_of(result.coverage).sum())
    of, size = ("需求图层全部户", households) if np.isfinite(households) else ("缺户数", None)
    found = []
    for level, part in ((_FULL, stations[stations["full"]]), (_ANY, stations)):
        floor = part["floor_area_m2"].sum(skipna=False) if len(part) else 0.0
        value = float(area.PER * floor / households) if households > 0 else None
        lost = int(part["floor_area_m2"].isna().sum())
        name = f"{of}（{lost} 处阵地缺面积）" if lost else of
        label = "每百户设施建筑面积"
        found.append(_area_kpi(result, "area.per_100_households", label, value, "㎡/百户", name, size, level))
    return found


def _area_kpi(
    result: CapacityResult,
    key: str,
    label: str,
    value: float | None,
    unit: str,
    of: str,
    size: float | None,
    level: ServiceLevel,
) -> Kpi:
    known = value if value is not None and np.isfinite(value) else None
    return Kpi(key, label, known, unit, of, size, Mode.COMPLIANCE, _HOUSEHOLDS, level, _area_clause(result))


def _communities(result: CapacityResult) -> list[Kpi]:
    table = result.by_community
    found = []
    for level in (_FULL, _ANY):
        answer = table[f"answer_{level}"]
        judged = int(answer.isin([area.TARGET, area.STANDARD, area.SHORT]).sum())
        of = "户数与面积已知、有住户的社区" if len(table) else "缺社区图层"
        size = float(judged) if len(table) else None
        for key, label, good in (
            ("communities.area_standard.share", "每百户面积达标社区占比", [area.TARGET, area.STANDARD]),
            ("communities.area_target.share", "每百户面积达到较高目标的社区占比", [area.TARGET]),
        ):
            value = share(float(answer.isin(good).sum()), judged)
            found.append(_area_kpi(result, key, label, value, "%", of, size, level))
        for key, label, which in (
            ("communities.area.unknown", "户数或面积缺数据的社区", area.UNKNOWN),
            ("communities.area.nobody", "无户的社区", area.NOBODY),
        ):
            number = float((answer == which).sum()) if len(table) else None
            whole = float(len(table)) if len(table) else None
            found.append(_area_kpi(result, key, label, number, "个", "社区" if len(table) else of, whole, level))
    return found


def _counted(words: str, missing: str, number: float) -> tuple[str, float | None]:
    """Return a denominator in words and its size, or what is missing and no size."""
    return (words, number) if number else (missing, None)


def _shares(result: CapacityResult) -> list[Kpi]:
    """Return the residents' share of the floor area of the centres, which is what the clause asks of a facility."""
    rules, table = result.scenario.capacity, result.by_station
    basis = f"≥ {clause(result, rules.resident_share)}；占建筑面积，只判中心，{_LOCAL}与驿家"
    centre = table["id"].isin(area.local_stations(result.coverage).query("full")["id"])
    known = table[centre & table["resident_share"].notna()]
    least = 100 * result.scenario.standard(rules.resident_share) - area.ROUNDING
    floor, number = float(known["floor_area_m2"].sum()), float(len(known))
    value = share(float(known["resident_area_m2"].sum()), floor)
    met = share(float((known["resident_share"] >= least).sum()), number)
    room = _counted("两项面积均已知的中心的建筑面积（㎡）", "缺面积", floor)
    stations = _counted("两项面积均已知的中心", "缺面积", number)
    lost, opened = float(table["floor_area_m2"].isna().sum()), float(len(table))
    where: tuple[Mode, str, ServiceLevel] = (Mode.COMPLIANCE, "全部中心", _FULL)
    key, label = "centres.resident_share.met.share", "居民活动面积占比达标的中心"
    return [
        Kpi("area.resident.share", "居民活动面积占比", value, "%", *room, *where, basis),
        Kpi(key, label, met, "%", *stations, *where, basis),
        _centres(result),
        Kpi(
            "stations.area.unknown",
            "缺建筑面积的阵地",
            lost,
            "处",
            "开放的阵地",
            opened,
            Mode.COMPLIANCE,
            "全部阵地",
            _ANY,
            "不涉及标准",
        ),
    ]


def _centres(result: CapacityResult) -> Kpi:
    """Return the share of full centres that are large enough; posts are not asked."""
    key = result.scenario.capacity.centre_area
    stations = area.local_stations(result.coverage)
    sized = stations[stations["full"] & stations["floor_area_m2"].notna()]
    enough = float((sized["floor_area_m2"] >= result.scenario.standard(key) - area.ROUNDING).sum())
    basis = f"≥ {clause(result, key)}；只判中心，{_LOCAL}与驿家"
    of = _counted("面积已知的中心", "缺面积", float(len(sized)))
    name, value = "建筑面积达标的中心", share(enough, len(sized))
    return Kpi("centres.area.met.share", name, value, "%", *of, Mode.COMPLIANCE, "全部中心", _FULL, basis)


def _loads(result: CapacityResult) -> list[Kpi]:
    table, standard = result.by_station, result.scenario.register[result.scenario.capacity.area]
    each = f"折合每㎡ {area.PER / standard.value:.2f} 户（按单处阵地折合为工作台口径【推】）"
    basis = f"{standard.value:g} {standard.unit} {each}；{standard.citation}"
    known = table[table["over_standard"].notna()]
    over = float(known["over_standard"].fillna(value=False).sum()) if len(known) else None
    stations = _counted("面积与户数已知的阵地", "缺面积或户数", float(len(known)))
    sized = table[table["residents_per_m2"].notna()]
    floor = float(sized["floor_area_m2"].sum())
    mean = float(sized["residents"].sum()) / floor if floor else None
    room = _counted("面积已知的阵地的建筑面积（㎡）", "缺面积", floor)
    key, label, mode = "stations.overloaded", "每㎡住户多于标准的阵地", result.mode
    whom = "就近且在限内的居民"
    return [
        Kpi(key, label, over, "处", *stations, mode, "全部阵地", _ANY, basis),
        Kpi("stations.load.mean", "每㎡服务居民", mean, "人/㎡", *room, mode, whom, _ANY, "不涉及标准"),
    ]


def method_clause(result: CapacityResult, method: str) -> str:
    """Say how a floating catchment was drawn: method, radius, supply, decay."""
    rules = result.scenario.capacity
    unit = "min" if result.mode is Mode.EXPERIENCE else "m"
    supply = "居民活动面积" if rules.supply == "resident_area_m2" else "建筑面积"
    if rules.fallback != "none" and result.stood_in.any():
        supply += f"（{int(result.stood_in.sum())} 处以建筑面积代）"
    head = f"搜寻半径 {result.catchment:g} {unit}；供给＝{supply}"
    if method == "2sfca":
        return f"两步移动搜寻法 2SFCA（Luo、Wang 2003）；{head}；无衰减"
    decay = rules.decay
    if decay.shape == "steps":
        how = "分段 " + "、".join(f"≤{step.upto:.2g} 计 {step.weight:g}" for step in decay.steps)
    else:
        how = _DECAYS[decay.shape] + ("" if decay.shape == "linear" else f"，带宽 {decay.bandwidth:g}")
    return f"增强两步移动搜寻法 E2SFCA（Luo、Qi 2009）；{head}；衰减：{how}"


def demand_words(result: CapacityResult) -> tuple[str, str]:
    """Return who asks for room, in words, and the unit of ㎡ within reach."""
    return ("居民", "㎡/百人") if result.scenario.capacity.demand == "residents" else ("住户", "㎡/百户")


def _within_reach(result: CapacityResult) -> list[Kpi]:
    found: list[Kpi] = []
    for method, levels in result.access.items():
        for level in (_ANY, _FULL):
            found += _access(result, method, level, area.PER * levels[level])
    return found


def known_demand(result: CapacityResult, access: Floats) -> Floats:
    """Return the demand at the points whose ㎡ within reach are known, 0 elsewhere, shape (k,).

    Where all that is known is who has nothing within reach, nothing is known of what the others have: 0 everywhere.
    """
    known = np.isfinite(access) & (result.demand > 0)
    blind = np.isnan(access).any() and not (access[known] > 0).any()
    return np.zeros(len(access)) if blind else np.where(known, result.demand, 0.0)


def mean_access(access: Floats, asking: Floats) -> float | None:
    """Return the mean ㎡ within reach, weighted by a known demand; None where there is none."""
    used = asking > 0
    return float(np.average(access[used], weights=asking[used])) if used.any() else None


def _access(result: CapacityResult, method: str, level: ServiceLevel, access: Floats) -> list[Kpi]:
    people, unit = demand_words(result)
    asking, everybody = known_demand(result, access), float(result.demand.sum())
    values: tuple[float | None, ...] = (None, None, None)
    of, size = "缺面积" if np.isnan(access).any() else f"无{people}", None
    if asking.any():
        of, size = f"可达面积已知的{people}", float(asking.sum())
        values = (mean_access(access, asking), quantile(access, asking, 0.5), gini(access, asking))
    nothing = share(float(result.demand[access == 0].sum()), everybody)
    whole = (f"全体{people}", everybody) if np.isfinite(everybody) else ("缺户数", None)
    rows = (
        ("mean", "可达面积均值", values[0], unit, of, size),
        ("p50", "可达面积 P50", values[1], unit, of, size),
        ("gini", "可达面积基尼系数", values[2], "1", of, size),
        ("none.share", f"半径内无阵地面积的{people}占比", nothing, "%", *whole),
    )
    name, clause = method.upper(), method_clause(result, method)
    return [
        Kpi(
            f"access.{method}.{key}", f"{words}（{name}）", value, in_unit, over, number,
            result.mode, f"全体{people}", level, clause,
        )
        for key, words, value, in_unit, over, number in rows
    ]  # fmt: skip


_ANSWERS: Final = {
    area.TARGET: "达到较高目标",
    area.STANDARD: "达标",
    area.SHORT: "不足",
    area.NOBODY: "无户",
    area.UNKNOWN: "缺数据",
}

_COMMUNITY: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("社区", None),
    "subdistrict": ("街道", None),
    "households": ("户数", 0),
    "m2_full": ("中心建筑面积（㎡）", 0),
    "per_100_full": ("中心每百户（㎡）", 1),
    "answer_full": ("中心判定", None),
    "m2_any": ("中心＋驿家建筑面积（㎡）", 0),
    "per_100_any": ("中心＋驿家每百户（㎡）", 1),
    "answer_any": ("中心＋驿家判定", None),
    "unknown": ("缺面积的阵地", None),
}
_REACH: Final[dict[str, tuple[str, int]]] = {
    "2sfca_any": ("2SFCA 中心＋驿家", 1),
    "2sfca_full": ("2SFCA 中心", 1),
    "e2sfca_any": ("E2SFCA 中心＋驿家", 1),
    "e2sfca_full": ("E2SFCA 中心", 1),
}
_STATION: Final[dict[str, Column]] = {
    "rank": ("名次", 0),
    "id": ("编号", None),
    "name": ("名称", None),
    "kind": ("类别", None),
    "community": ("社区", None),
    "floor_area_m2": ("建筑面积（㎡）", 0),
    "resident_share": ("居民活动面积占比（%）", 1),
    "residents": ("就近居民（人）", 0),
    "households": ("就近户数", 0),
    "residents_per_m2": ("每㎡居民（人）", 2),
    "to_mean": ("与全区均值之比", 2),
    "households_per_m2": ("每㎡户数", 2),
    "over": ("超标准", None),
}
_BLANK: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("名称", None),
    "kind": ("类别", None),
    "community": ("社区", None),
    "floor_area_m2": ("建筑面积（㎡）", 0),
    "resident_area_m2": ("居民活动面积（㎡）", 0),
}


def answer_label(answer: str) -> str:
    """Return the Chinese word for the answer of a community."""
    return _ANSWERS[answer]


def tables(result: CapacityResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    _, unit = demand_words(result)
    reach: dict[str, Column] = {key: (f"{name}（{unit}）", digits) for key, (name, digits) in _REACH.items()}
    communities = result.by_community.copy()
    for level in ("full", "any"):
        communities[f"answer_{level}"] = communities[f"answer_{level}"].map(_ANSWERS)
        nobody = communities["households"] == 0
        communities[f"per_100_{level}"] = communities[f"per_100_{level}"].astype(object).mask(nobody, "无户")
    stations = result.by_station
    words = stations["over_standard"].map({True: "是", False: "否"})
    found = {
        "社区设施面积": for_reading(communities, {**_COMMUNITY, **reach}),
        "小区可达面积": for_reading(
            result.by_compound, {"id": ("编号", None), "name": ("小区", None), "community": ("社区", None), **reach}
        ),
        "阵地负荷": for_reading(stations.assign(over=words.fillna("缺数据")), _STATION),
        "缺面积的阵地": for_reading(result.missing, _BLANK),
    }
    return {title: table for title, table in found.items() if len(table)}
