"""What coverage puts into the indicator table."""

from __future__ import annotations

import numpy as np

from workbench.coverage.measure import EVERYONE
from workbench.coverage.quantities import quantile, share
from workbench.coverage.result import CoverageResult
from workbench.results import Indicator, Kpi
from workbench.terms import Mode, Quality, ServiceLevel

_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL
_READING = "条文只定步行距离与时间，不设分位数，用作分位数上限为工作台口径【推】"
_SHARES = (  # key, KPI, level, label
    ("coverage.residents", "residents.covered.share", _ANY, "居民覆盖率"),
    ("coverage.residents_full", "residents.covered.share", _FULL, "居民覆盖率（只计中心）"),
    ("coverage.households", "households.covered.share", _ANY, "住户覆盖率"),
    ("coverage.compounds", "compounds.covered.share", _ANY, "小区覆盖率"),
    ("coverage.land", "land.covered.share", _ANY, "居住用地覆盖率"),
)


def coverage_indicators(result: CoverageResult) -> tuple[Indicator, ...]:
    """Return the indicators of coverage, all of them on every district; None where its data are missing.

    Standardised: who lives within the clause's walk. Regulated: who and what is on the network at
    all. Diverse: how the groups fare beside one another. Efficient: how long the walk is.
    """
    return (*_shares(result), *_connected(result), *_groups(result), *_walks(result))


def _shares(result: CoverageResult) -> list[Indicator]:
    found: dict[tuple[str, str], Kpi] = {}
    for kpi in result.kpis():
        if kpi.mode == Mode.COMPLIANCE:
            found.setdefault((kpi.key, kpi.level), kpi)
    indicators = []
    for key, name, level, title in _SHARES:
        kpi = found[name, level]
        text = f"{title}（合规 {result.distance_limit_m:g} m，{result.scenario.moment.title}）"
        axis = Quality.STANDARDISED
        indicators.append(Indicator(key, text, kpi.value, "%", "higher", kpi.denominator, kpi.of, axis=axis))
    return indicators


def _connected(result: CoverageResult) -> list[Indicator]:
    residents = result.populace.residents
    total, reached = float(residents.sum()), float(residents[~(result.unsnapped | result.unreachable)].sum())
    islands, doors = int(result.stations_on_island.sum()), result.ground.at_any_hour.stations
    stations, joined = float(len(doors)), float(doors.joined.sum() - islands)
    opened = f"未关闭的阵地（另有 {islands:,} 处只接在孤立路段上）" if islands else "未关闭的阵地"
    of, axis = "需求图层全体居民", Quality.REGULATED
    people = share(reached, total)
    places = share(joined, stations)
    return [
        Indicator("access.residents", "有路可达阵地的居民占比", people, "%", "higher", of, total, axis=axis),
        Indicator("access.stations", "接入路网的阵地占比", places, "%", "higher", opened, stations, axis=axis),
    ]


def _groups(result: CoverageResult) -> list[Indicator]:
    shares: dict[str, float] = {}
    hidden = result.withheld
    for name in result.populace.groups:
        weight = result.populace.weight[name]
        total = float(weight.sum())
        percent = share(float(weight[result.covered(Mode.EXPERIENCE, _ANY, name)].sum()), total)
        if name != EVERYONE and percent is not None and name not in hidden.residents | hidden.covered[_ANY]:
            shares[name] = percent
    least, gap, worst, of = None, None, "", "缺分人群人口"
    if len(shares) > 1:
        low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        least, gap = shares[low], shares[high] - shares[low]
        worst = f"：{result.populace.label(low)}"
        of = f"各人群居民，{len(shares)} 个可公布的人群（计数不少于 {hidden.smallest:g} 人）"
    minutes, axis = f"体验 {result.time_limit_min:g} 分钟", Quality.DIVERSE
    title = f"最低人群覆盖率（{minutes}）{worst}"
    difference = f"人群覆盖率之差（{minutes}，最高－最低）"
    return [
        Indicator("groups.least", title, least, "%", "higher", of, axis=axis),
        Indicator("groups.gap", difference, gap, "百分点", "lower", of, axis=axis),
    ]


def _walks(result: CoverageResult) -> list[Indicator]:
    rules, register = result.scenario.coverage, result.scenario.register
    populace, axis = result.populace, Quality.EFFICIENT
    walk, of = result.distance[_ANY].walk, "能到达阵地的居民"
    reached = float(populace.residents[np.isfinite(walk)].sum())
    found = []
    for q in (50, 90):
        value = quantile(walk, populace.residents, q / 100)
        title = f"到最近阵地步行距离 P{q}（合规）"
        key, standard = f"walk.distance.p{q}", register[rules.distance]
        found.append(Indicator(key, title, value, "m", "lower", of, reached, standard, axis, _READING))
    minutes = np.concatenate([result.minutes[name][_ANY].walk for name in populace.whole])
    weight = np.concatenate([populace.weight[name] for name in populace.whole])
    value, title = quantile(minutes, weight, 0.9), "到最近阵地步行时间 P90（体验，各人群步速）"
    reached = float(weight[np.isfinite(minutes)].sum())
    standard = register[rules.time]
    found.append(Indicator("walk.time.p90", title, value, "min", "lower", of, reached, standard, axis, _READING))
    return found
