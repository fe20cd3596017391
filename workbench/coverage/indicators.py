"""The numbers of a coverage result, each with its denominator, mode and clause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.coverage.quantities import quantile, share
from workbench.results import Kpi
from workbench.terms import Mode, ServiceLevel

if TYPE_CHECKING:
    from workbench.coverage.result import CoverageResult

_ANY = ServiceLevel.ANY
_ALL = "全体居民"
_DEFAULT_PACE = "住户（默认步速）"
_CHECKUP = "td1063.elder_care.walk_time"  # of the document that says what coverage is divided by
_HECTARE = 10_000


def kpis(result: CoverageResult) -> list[Kpi]:
    """Return all numbers: compliance, then experience, then what the straight line would have said."""
    return [*_compliance(result), *_experience(result), *_contrast(result)]


_NO_CLAUSE = "不涉及标准"


def covered(result: CoverageResult, mode: Mode) -> list[Kpi]:
    """Return residents and compounds covered in a mode."""
    return [*_residents(result, mode), *_compounds(result, mode)]


def _clause(result: CoverageResult, mode: Mode) -> str:
    rules = result.scenario.coverage
    key = rules.time if mode is Mode.EXPERIENCE else rules.distance
    standard = result.scenario.register[key]
    return f"{standard.value:g} {standard.unit}；{standard.citation}；{result.scenario.moment.title}"


def _at_the_clock(result: CoverageResult) -> list[Kpi]:
    """Say which stations count at the hour of the clock; the online service is said beside, it is on no site."""
    moment, text = result.scenario.moment, result.scenario.hours.online
    answers = "未声明" if text is None else "应答" if moment.holds(text) else "不应答"
    clause = f"{moment.title}；线上服务此刻{answers}，不计入现场"
    number = float(len(result.ground.at_any_hour.stations))
    unknown = float(result.district.stations["opening_hours"].iloc[result.station_rows].isna().sum())
    return [
        Kpi(key, label, value, "处", "未关闭的阵地", number, Mode.COMPLIANCE, _ALL, _ANY, clause)
        for key, label, value in (
            ("stations.counted", "此刻开放、计入的阵地", float(len(result.station_rows))),
            ("stations.hours_unknown", "其中开放时间缺数据、按开放计入的阵地", unknown),
        )
    ]


def _compliance(result: CoverageResult) -> list[Kpi]:
    mode, residents = Mode.COMPLIANCE, result.populace.residents
    found = [*_residents(result, mode), *_households(result, mode), *_compounds(result, mode), *_land(result)]
    walk = result.distance[_ANY].walk
    reached = float(residents[np.isfinite(walk)].sum())
    limit = result.scenario.register[result.scenario.walking.snap_limit]
    snap = f"{limit.value:g} {limit.unit}；{limit.citation}"
    for q in (50, 90):
        value = quantile(walk, residents, q / 100)
        label = f"到最近阵地步行距离 P{q}"
        found.append(
            Kpi(f"walk.distance.p{q}", label, value, "m", "能到达阵地的居民", reached, mode, _ALL, _ANY, _NO_CLAUSE)
        )
    total = float(residents.sum())
    for key, label, mask in (
        ("residents.unreachable", "在路网上而无路可达阵地的居民", result.unreachable),
        ("residents.unsnapped", "接不上道路的居民（过远或被阻隔）", result.unsnapped),
        ("residents.island", "只接在孤立路段上的居民", result.on_island),
    ):
        value = float(residents[mask].sum())
        basis = snap if key.endswith("unsnapped") else _NO_CLAUSE
        found.append(Kpi(key, label, value, "人", "需求图层全体居民", total, mode, _ALL, _ANY, basis))
    doors = result.ground.at_any_hour.stations
    for key, label, mask in (
        ("stations.unsnapped", "接不上道路的阵地（过远或被阻隔）", ~doors.joined),
        ("stations.island", "只接在孤立路段上的阵地", result.stations_on_island),
    ):
        basis, number = snap if key.endswith("unsnapped") else _NO_CLAUSE, float(mask.sum())
        found.append(Kpi(key, label, number, "处", "未关闭的阵地", float(len(doors)), mode, _ALL, _ANY, basis))
    return [*found, *_at_the_clock(result)]


def _residents(result: CoverageResult, mode: Mode) -> list[Kpi]:
    total = float(result.populace.residents.sum())
    clause = _clause(result, mode)
    found = []
    for level in ServiceLevel:
        covered = float(result.covered_residents(mode, level).sum())
        of = "需求图层全体居民"
        found += [
            Kpi("residents.covered", "覆盖居民", covered, "人", of, total, mode, _ALL, level, clause),
            Kpi(
                "residents.covered.share",
                "居民覆盖率",
                share(covered, total),
                "%",
                of,
                total,
                mode,
                _ALL,
                level,
                clause,
            ),
        ]
    order = {"residents.covered.share": 0, "residents.covered": 1}
    levels = [_ANY, ServiceLevel.FULL, ServiceLevel.LITE]
    return sorted(found, key=lambda k: (order[k.key], levels.index(ServiceLevel(k.level))))


def _households(result: CoverageResult, mode: Mode) -> list[Kpi]:
    households = result.populace.households
    known = ~np.isnan(households)
    covered = result.covered(mode)
    group = _ALL if mode is Mode.COMPLIANCE else _DEFAULT_PACE
    clause = _clause(result, mode)
    if not known.any():
        of = "缺户数"
        return [Kpi("households.covered.share", "住户覆盖率", None, "%", of, None, mode, group, _ANY, clause)]
    total = float(households[known].sum())
    value = share(float(households[known & covered].sum()), total)
    of = "需求图层全部户" if known.all() else "户数已知的需求点的户"
    return [Kpi("households.covered.share", "住户覆盖率", value, "%", of, total, mode, group, _ANY, clause)]


def _compounds(result: CoverageResult, mode: Mode) -> list[Kpi]:
    least = result.scenario.register[result.scenario.coverage.compound_share]
    clause = f"{_clause(result, mode)}；居民 ≥ {least.value:.0%} 被覆盖计为覆盖 {least.citation}"
    key, label = "compounds.covered.share", "小区覆盖率"
    if not result.district.has("compounds"):
        return [Kpi(key, label, None, "%", "缺小区图层", None, mode, _ALL, _ANY, clause)]
    table = result.by_compound
    inhabited = table[table["residents"] > 0] if len(table) else table
    number = float(len(inhabited))
    enough = inhabited[f"share_{mode}"] >= 100 * least.used() - 1e-9 if number else np.zeros(0, bool)
    covered = float(np.sum(enough))
    of = "有居民的小区"
    return [
        Kpi(key, label, share(covered, number), "%", of, number, mode, _ALL, _ANY, clause),
        Kpi("compounds.covered", "覆盖小区", covered, "个", of, number, mode, _ALL, _ANY, clause),
    ]


def _land(result: CoverageResult) -> list[Kpi]:
    """Return the residential land within the walk: the city check-up divides by land, not by people."""
    mode, register = Mode.COMPLIANCE, result.scenario.register
    document = register[_CHECKUP].document
    rule = register.documents[document].rules[0]
    buffer = register[result.scenario.service_areas.buffer]
    clause = f"{_clause(result, mode)}；{document} {rule.text} 【{rule.certainty}】；{buffer.footnote}"
    key, label = "land.covered.share", "居住用地覆盖率"
    within, land = result.land if result.district.has("compounds") else (0.0, 0.0)
    if not land:
        return [Kpi(key, label, None, "%", "缺小区图层（面）", None, mode, _ALL, _ANY, clause)]
    hectares = "小区用地（ha）"
    return [
        Kpi(key, label, share(within, land), "%", hectares, land / _HECTARE, mode, _ALL, _ANY, clause),
        Kpi(
            "land.covered", "覆盖居住用地", within / _HECTARE, "ha", hectares, land / _HECTARE, mode, _ALL, _ANY, clause
        ),
    ]


def _experience(result: CoverageResult) -> list[Kpi]:
    mode = Mode.EXPERIENCE
    found = [*_residents(result, mode), *_households(result, mode), *_compounds(result, mode)]
    clause = _clause(result, mode)
    for name in result.populace.groups:
        found += _group(result, name, clause)
    return found


def _group(result: CoverageResult, name: str, clause: str) -> list[Kpi]:
    """Return the numbers of one group; those too small to publish are withheld."""
    mode, hidden = Mode.EXPERIENCE, result.withheld
    pace = result.scenario.register[result.populace.groups[name].pace]
    speed = f"步速 {pace.value:g} m/s 【{pace.certainty}】"
    basis = f"{clause}；{speed}"
    weight, walk = result.populace.weight[name], result.minutes[name][_ANY].walk
    group = result.populace.label(name)
    total = float(weight.sum())
    covered = float(weight[result.covered(mode, _ANY, name)].sum())
    reached = float(weight[np.isfinite(walk)].sum())
    no_size = name in hidden.residents
    no_share = no_size or name in hidden.covered[_ANY]
    no_reached = no_size or name in hidden.unreachable[_ANY]
    of, some = f"人群：{group}", f"能到达阵地的{group}"
    found = [
        Kpi(
            "residents.covered.share", "居民覆盖率", share(covered, total), "%", of, total, mode, group, _ANY, basis
        ).without(no_share, no_size, hidden.smallest)
    ]
    for q in (50, 90):
        value = quantile(walk, weight, q / 100)
        key, label = f"walk.time.p{q}", f"步行时间 P{q}"
        kpi = Kpi(key, label, value, "min", some, reached, mode, group, _ANY, speed)
        found.append(kpi.without(no_size, no_reached, hidden.smallest))
    return found


def _contrast(result: CoverageResult) -> list[Kpi]:
    """Say what a buffer circle would have claimed."""
    mode, residents = Mode.STRAIGHT_LINE, result.populace.residents
    total = float(residents.sum())
    clause = _clause(result, mode)
    straight = float(result.covered_residents(mode).sum())
    network = float(result.covered_residents(Mode.COMPLIANCE).sum())
    of = "需求图层全体居民"
    found = [
        Kpi("residents.covered.share", "居民覆盖率", share(straight, total), "%", of, total, mode, _ALL, _ANY, clause),
        Kpi(
            "straight.overestimate",
            "直线圆高估",
            100 * (straight - network) / total if total else None,
            "百分点",
            of,
            total,
            mode,
            _ALL,
            _ANY,
            clause,
        ),
    ]
    walk, line = result.distance[_ANY].walk, result.straight[_ANY].walk
    both = np.isfinite(walk) & (line > 0) & (residents > 0)
    ratio = quantile(walk[both] / line[both], residents[both], 0.5) if both.any() else None
    reached = float(residents[both].sum())
    label = "绕行系数 λ 中位数（步行 ÷ 直线，各自最近阵地）"
    found.append(Kpi("detour.p50", label, ratio, "1", "能到达阵地的居民", reached, mode, _ALL, _ANY, "不涉及标准"))
    return found
