"""容量: is there room enough, for as many as live within reach? Covered is not yet served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from workbench.arrays import Flags, Floats
from workbench.catalogue.terms import Mode, ServiceLevel, StationKind
from workbench.coverage.doors import LIMIT_TOLERANCE, quantile, share, within
from workbench.coverage.fairness import gini, means
from workbench.coverage.measure import Area, CoverageResult, CoverageStudy, area_of_points
from workbench.errors import Problem, StandardError
from workbench.ground.places import name_with_code
from workbench.results import Value, present
from workbench.scenario.sections import Decay

# ----------------------------------------------------------------------------------------------------------------------
# Floor area against the standards: ㎡ for 100 households, the residents' share, the load of each station.
#
# Missing is not zero anywhere here: an area or a number of households that is not known makes the number that needs
# it missing, and the stations to blame are named.


PER: Final = 100
"""Households, or residents, to which areas are related: ㎡ for 100 of them."""

TARGET, STANDARD, SHORT, NOBODY, UNKNOWN = "area_target", "area_standard", "area_short", "no_households", "no_data"
"""Answers of a community: 80 ㎡, 30 ㎡, less, no households at all, or data missing."""

ROUNDING: Final = 1e-9
"""By how much a number may miss a limit for the rounding of sums alone."""


def _local_stations(coverage: CoverageResult) -> pd.DataFrame:
    """Return the open stations that count as facilities of a community, with ``full`` told apart.

    The district centre is left out: a facility of a higher level does not replace one of a lower
    level (GB 50180-2018, notes on chapter 5).
    """
    stations = coverage.district.stations.iloc[coverage.doors.at_any_hour.station_rows]
    local = stations[stations["kind"] != StationKind.DISTRICT_CENTRE]
    return pd.DataFrame(local.assign(full=local["level"] == ServiceLevel.FULL))


def _households_of(coverage: CoverageResult) -> Floats:
    """Return the households at each demand point, shape (k,); NaN where people live and nobody counted."""
    residents, households = coverage.populace.residents, coverage.populace.households
    return np.where(np.isnan(households) & (residents == 0), 0.0, households)


def by_community(coverage: CoverageResult) -> pd.DataFrame:
    """Return floor area for 100 households of each community, full centres and all stations apart.

    Returns
    -------
    pandas.DataFrame
        One row a community: ``households`` (NaN if not known for every inhabited point), ``m2_full``,
        ``m2_any``, ``per_100_full``, ``per_100_any``, ``answer_full``, ``answer_any`` and ``unknown``,
        the stations whose floor area is missing. Empty without a communities layer.
    """
    communities = coverage.district.communities
    table = pd.DataFrame(communities[["id", "name", "subdistrict"]])
    demand, stations = coverage.district.demand, _local_stations(coverage)
    table["households"] = _sums(pd.Series(_households_of(coverage)), demand["community"], table["id"])
    full = stations["full"]
    for level, part in (("full", stations[full]), ("any", stations)):
        table[f"m2_{level}"] = _sums(part["floor_area_m2"], part["community"], table["id"])
    blank = stations[stations["floor_area_m2"].isna() & stations["community"].notna()]
    names = {area: "、".join(part) for area, part in blank.groupby("community")["name"]}
    table["unknown"] = [names.get(i, "") for i in table["id"]]
    for level in ("full", "any"):
        area, households = table[f"m2_{level}"], table["households"]
        table[f"per_100_{level}"] = PER * area / households.where(households > 0)
        table[f"answer_{level}"] = answers(coverage, area, households)
    return table


def _sums(values: pd.Series, area: pd.Series, ids: pd.Series) -> pd.Series:
    """Sum by area; NaN where any part is missing, 0 where there is no part."""
    total = values.groupby(area).agg(lambda part: part.sum(skipna=False))
    return ids.map(total).where(ids.isin(total.index), 0.0).astype("float64")


def answers(coverage: CoverageResult, area: pd.Series, households: pd.Series) -> pd.Series:
    """Return the answer of each community (:data:`TARGET` …) to its floor area, ㎡, and its households."""
    rules, scenario = coverage.scenario.capacity, coverage.scenario
    ratio = PER * area / households.where(households > 0)
    found = np.select(
        [
            households.isna(),
            households == 0,
            area.isna(),
            ratio >= scenario.standard(rules.area_target) - ROUNDING,
            ratio >= scenario.standard(rules.area) - ROUNDING,
        ],
        [UNKNOWN, NOBODY, UNKNOWN, TARGET, STANDARD],
        SHORT,
    )
    return pd.Series(found, index=area.index).astype("str")


def by_station(coverage: CoverageResult) -> pd.DataFrame:
    """Return area, residents' share and load of each open station.

    A station serves the residents for whom it is the nearest and within the limit of the mode that
    the scenario measures capacity in.

    Returns
    -------
    pandas.DataFrame
        ``resident_share`` (percent), ``residents``, ``households`` (NaN where not known),
        ``residents_per_m2``, ``households_per_m2``, ``to_mean`` (its residents for one ㎡ ÷ those of all
        stations with a known area), ``over_standard`` (more households for one ㎡ than the standard
        leaves) and ``rank``, 1 = most residents for one ㎡; NaN where not known. Sorted by rank.
    """
    stations = coverage.district.stations.iloc[coverage.station_rows]
    table = pd.DataFrame(stations[["id", "name", "kind", "level", "community", "floor_area_m2", "resident_area_m2"]])
    area = table["floor_area_m2"].where(table["floor_area_m2"] > 0)
    table["resident_share"] = 100 * table["resident_area_m2"] / area
    table["residents"], table["households"] = served(coverage)
    table["residents_per_m2"] = table["residents"] / area
    table["households_per_m2"] = table["households"] / area
    mean = table["residents"].where(area.notna()).sum() / area.sum() if area.notna().any() else np.nan
    table["to_mean"] = table["residents_per_m2"] / mean if mean > 0 else np.nan
    most = PER / coverage.scenario.standard(coverage.scenario.capacity.area)
    over = (table["households_per_m2"] > most + ROUNDING).astype("boolean")
    table["over_standard"] = over.mask(table["households_per_m2"].isna())
    table["rank"] = table["residents_per_m2"].rank(method="min", ascending=False)
    return table.sort_values(["rank", "id"], na_position="last", kind="stable", ignore_index=True)


def served(coverage: CoverageResult) -> tuple[Floats, Floats]:
    """Return residents and households for whom each open station is the nearest, within the limit."""
    mode, size = Mode(coverage.scenario.capacity.mode), len(coverage.district.stations)
    reach = (coverage.default_minutes if mode is Mode.EXPERIENCE else coverage.distance)[ServiceLevel.ANY]
    on = (reach.station >= 0) & within(reach.walk, coverage.limit(mode))
    counts = [
        np.asarray(np.bincount(reach.station[on], what[on], minlength=size)[coverage.station_rows], np.float64)
        for what in (coverage.populace.residents, _households_of(coverage))
    ]
    return counts[0], counts[1]


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of a capacity result, each with its denominator and clause.


_ANY, _FULL = ServiceLevel.ANY, ServiceLevel.FULL
_DECAYS = {"gaussian": "高斯", "exponential": "指数", "linear": "线性"}


def _district_area(result: CapacityResult) -> Iterator[Value]:
    stations = _local_stations(result.coverage)
    households = float(_households_of(result.coverage).sum())
    of, size = ("需求图层全部户", households) if np.isfinite(households) else ("缺户数", None)
    for level, part in ((_FULL, stations[stations["full"]]), (_ANY, stations)):
        floor = part["floor_area_m2"].sum(skipna=False) if len(part) else 0.0
        value = PER * floor / households if households > 0 else None
        lost = int(part["floor_area_m2"].isna().sum())
        whose = f"{of}（{lost} 处阵地缺面积）" if lost else of
        yield Value("area.per_100_households", value, size, level=level, whose=whose)


def _communities(result: CapacityResult) -> Iterator[Value]:
    table, keys = result.by_community, ("area_standard.share", "area_target.share", "area.unknown", "area.nobody")
    for level in (_FULL, _ANY):
        if table.empty:
            yield from (Value(f"communities.{key}", None, level=level) for key in keys)
            continue
        count = {answer: float((table[f"answer_{level}"] == answer).sum()) for answer in _ANSWERS}
        judged, whole = count[TARGET] + count[STANDARD] + count[SHORT], len(table)
        standard, target = share(count[TARGET] + count[STANDARD], judged), share(count[TARGET], judged)
        values = ((standard, judged), (target, judged), (count[UNKNOWN], whole), (count[NOBODY], whole))
        for key, (value, of) in zip(keys, values, strict=True):
            yield Value(f"communities.{key}", value, of, level=level)


def _centres(result: CapacityResult) -> Iterator[Value]:
    """Measure the residents' share and the floor area of the centres, which is what the clauses ask of a facility."""
    scenario, table, stations = result.scenario, result.by_station, _local_stations(result.coverage)
    known = table[table["id"].isin(stations.query("full")["id"]) & table["resident_share"].notna()]
    least = 100 * scenario.standard(scenario.capacity.resident_share) - ROUNDING
    floor, number = float(known["floor_area_m2"].sum()), float(len(known))
    yield Value("area.resident.share", share(float(known["resident_area_m2"].sum()), floor), floor or None)
    met = float((known["resident_share"] >= least).sum())
    yield Value("centres.resident_share.met.share", share(met, number), number or None)
    sized = stations[stations["full"] & stations["floor_area_m2"].notna()]
    enough = float((sized["floor_area_m2"] >= scenario.standard(scenario.capacity.centre_area) - ROUNDING).sum())
    yield Value("centres.area.met.share", share(enough, len(sized)), len(sized) or None)
    yield Value("stations.area.unknown", table["floor_area_m2"].isna().sum(), len(table))


def _loads(result: CapacityResult) -> Iterator[Value]:
    table, standard = result.by_station, result.scenario.register[result.scenario.capacity.area]
    known = table["over_standard"].dropna()
    over, most = known.sum() if len(known) else None, f"{PER / standard.value:.2f}"
    yield Value("stations.overloaded", over, len(known) or None, mode=result.mode, most=most)
    sized = table[table["residents_per_m2"].notna()]
    floor = float(sized["floor_area_m2"].sum())
    mean = float(sized["residents"].sum()) / floor if floor else None
    yield Value("stations.load.mean", mean, floor or None, mode=result.mode)


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


def _access(result: CapacityResult, method: str, level: ServiceLevel, access: Floats) -> Iterator[Value]:
    """Measure ㎡ within reach by one method; what nobody is known to have says why."""
    asking, how = known_demand(result, access), method_clause(result, method)
    mean = median = inequality = size = None
    if asking.any():
        mean, median, inequality = mean_access(access, asking), quantile(access, asking, 0.5), gini(access, asking)
        size = float(asking.sum())
    lack = "缺面积" if np.isnan(access).any() else f"无{demand_words(result)[0]}"
    nothing, everybody = float(result.demand[access == 0].sum()), float(result.demand.sum())
    for key, value, of in (
        ("mean", mean, size),
        ("p50", median, size),
        ("gini", inequality, size),
        ("none.share", share(nothing, everybody), everybody),
    ):
        yield Value(
            f"access.{{method}}.{key}", value, of, mode=result.mode, level=level,
            method=method, name=method.upper(), lack=lack, how=how,
        )  # fmt: skip


_ANSWERS: Final = {
    TARGET: "达到较高目标",
    STANDARD: "达标",
    SHORT: "不足",
    NOBODY: "无户",
    UNKNOWN: "缺数据",
}

_COMMUNITY: Final = (
    "id", "name@community", "subdistrict", "households", "m2_full", "per_100_full", "answer_full", "m2_any",
    "per_100_any", "answer_any", "unknown",
)  # fmt: skip
_REACH: Final = ("2sfca_any", "2sfca_full", "e2sfca_any", "e2sfca_full")
_STATION: Final = (
    "rank@load", "id", "name", "kind", "community", "floor_area_m2", "resident_share", "residents@nearest",
    "households@nearest", "residents_per_m2", "to_mean", "households_per_m2", "over@standard",
)  # fmt: skip
_BLANK: Final = ("id", "name", "kind", "community", "floor_area_m2", "resident_area_m2")


def answer_label(answer: str) -> str:
    """Return the Chinese word for the answer of a community."""
    return _ANSWERS[answer]


def tables(result: CapacityResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    _, unit = demand_words(result)
    communities = result.by_community.copy()
    for level in ("full", "any"):
        communities[f"answer_{level}"] = communities[f"answer_{level}"].map(_ANSWERS)
        nobody = communities["households"] == 0
        communities[f"per_100_{level}"] = communities[f"per_100_{level}"].astype(object).mask(nobody, "无户")
    stations, named = result.by_station, {"community": name_with_code(result.coverage.district.communities)}
    words = stations["over_standard"].map({True: "是", False: "否"})
    found = {
        "社区设施面积": present(communities, (*_COMMUNITY, *_REACH), unit=unit),
        "小区可达面积": present(result.by_compound, ("id", "name@compound", "community", *_REACH), named, unit=unit),
        "阵地负荷": present(stations.assign(over=words.fillna("缺数据")), _STATION, named),
        "缺面积的阵地": present(result.missing, _BLANK, named),
    }
    return {title: table for title, table in found.items() if len(table)}


# ----------------------------------------------------------------------------------------------------------------------
# Floating catchments: how much supply there is within a walk, for as many as share it.
#
# The two-step method (2SFCA: Radke and Mu 2000; Luo and Wang 2003) first divides the supply of each station by
# everybody in its catchment, then adds up for each resident what the stations in reach offer. The enhanced method
# (E2SFCA: Luo and Qi 2009) lets a longer walk count less in both steps.


def decayed(decay: Decay, walk: Floats, catchment: float) -> Floats:
    """Return what walks count under a decay, 0 … 1.

    Parameters
    ----------
    decay
        As the scenario declares it.
    walk
        Walks within the catchment, metres or minutes, shape (n,).
    catchment
        Longest walk, in the same unit.
    """
    x = walk / catchment
    if decay.shape == "gaussian":
        return np.exp(-0.5 * (x / decay.bandwidth) ** 2)
    if decay.shape == "exponential":
        return np.exp(-x / decay.bandwidth)
    if decay.shape == "linear":
        return np.clip(1.0 - x, 0.0, 1.0)
    edges = np.array([step.upto for step in decay.steps]) + LIMIT_TOLERANCE / catchment
    weights = np.array([*(step.weight for step in decay.steps), 0.0])
    return np.asarray(weights[np.searchsorted(edges, x, side="left")], np.float64)


def catchment_weights(cost: sparse.csr_array, catchment: float, decay: Decay | None = None) -> sparse.csr_array:
    """Return what each resident counts in the catchment of each station.

    Parameters
    ----------
    cost
        Walks within the catchment, shape (s, k), as
        :meth:`workbench.coverage.CoverageResult.cost_matrix` gives them.
    catchment
        Longest walk, in the same unit.
    decay
        How a longer walk counts less; without it every walk within the catchment counts 1.

    Returns
    -------
    scipy.sparse.csr_array, shape (s, k)
        Entries that count nothing are left out.
    """
    data = np.ones(cost.nnz) if decay is None else decayed(decay, cost.data, catchment)
    weights = sparse.csr_array((data, cost.indices.copy(), cost.indptr.copy()), shape=cost.shape)
    weights.eliminate_zeros()
    return weights


def supply_ratios(weights: sparse.csr_array, supply: Floats, demand: Floats) -> Floats:
    """Return the first step: the supply of each station for one unit of demand in its catchment.

    Parameters
    ----------
    weights
        What each resident counts, shape (s, k).
    supply
        Supply of each station, shape (s,); NaN where it is not known.
    demand
        Demand at each point, shape (k,); NaN where it is not known.

    Returns
    -------
    ndarray of float64, shape (s,)
        0 for a station that nobody can use; NaN where its supply, or the demand of somebody in its
        catchment, is not known.
    """
    asked = np.asarray(weights @ demand, np.float64)
    return np.divide(supply, asked, out=np.zeros(len(supply)), where=asked != 0)


def accessibility(weights: sparse.csr_array, ratio: Floats, counted: Flags) -> Floats:
    """Return the second step: what the stations within reach of each point offer one resident.

    Parameters
    ----------
    weights
        What each resident counts, shape (s, k).
    ratio
        Supply of each station for one unit of demand, shape (s,).
    counted
        Which stations count, shape (s,).

    Returns
    -------
    ndarray of float64, shape (k,)
        Supply for one unit of demand; 0 where nothing is within reach, NaN where a station within
        reach has an unknown ratio. Over all points, its product with the demand sums to the supply
        of the stations that anybody can use.
    """
    rows = np.flatnonzero(counted)
    return np.asarray(weights[rows].T @ ratio[rows], np.float64)


# ----------------------------------------------------------------------------------------------------------------------
# 容量: is there room enough, for as many as live within reach? Covered is not yet served.


METHODS: Final = ("2sfca", "e2sfca")
"""The plain floating catchment, and the one in which longer walks count less."""

_UNITS = {Mode.COMPLIANCE: "m", Mode.EXPERIENCE: "min"}


@dataclass(frozen=True, eq=False, repr=False)
class CapacityResult(CoverageStudy):
    """Room of the stations, measured by :func:`assess_capacity`.

    Attributes
    ----------
    coverage
        The five-minute circle in which room is looked for.
    supply
        What each station of the layer offers, ㎡, shape (s,); NaN where it is not known or it is closed.
    stood_in
        Stations whose floor area stands in for their resident area, shape (s,).
    demand
        Residents or households at each demand point, shape (k,); NaN where not known.
    catchment
        Longest walk of the floating catchments, metres or minutes.
    ratio
        First step by method: ㎡ of each station for one unit of demand, shape (s,).
    access
        Second step by method and level: ㎡ within reach for one unit of demand, shape (k,); 0 where
        nothing is within reach, NaN where something of unknown area is.
    """

    supply: Floats
    stood_in: Flags
    demand: Floats
    catchment: float
    ratio: Mapping[str, Floats]
    access: Mapping[str, Mapping[ServiceLevel, Floats]]
    study: ClassVar[str] = "capacity"
    answer: ClassVar[str] = "by_community"

    def __repr__(self) -> str:
        share = self.kpis()[0]
        return f"<CapacityResult {self.scenario.name}: {share.rounded} {share.unit} in full centres>"

    @property
    def mode(self) -> Mode:
        """Metres or minutes: how catchments and loads are drawn."""
        return Mode(self.scenario.capacity.mode)

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """Floor area for 100 households of each community, and ㎡ within reach of its residents."""
        return self._with_access(by_community(self.coverage), "community")

    @cached_property
    def by_compound(self) -> pd.DataFrame:
        """㎡ within reach of the residents of each compound."""
        compounds = self.coverage.district.compounds
        return self._with_access(pd.DataFrame(compounds[["id", "name", "community"]]), "compound")

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """Area, residents' share and load of each open station, the most loaded first."""
        return by_station(self.coverage)

    @cached_property
    def missing(self) -> pd.DataFrame:
        """Open stations whose floor area or supply is not known."""
        stations = self.coverage.district.stations
        columns = ["id", "name", "kind", "community", "floor_area_m2", "resident_area_m2"]
        table = stations.loc[stations["floor_area_m2"].isna() | np.isnan(self.supply), columns]
        return pd.DataFrame(table[table.index.isin(self.coverage.station_rows)]).reset_index(drop=True)

    @cached_property
    def points(self) -> gpd.GeoDataFrame:
        """One row for each demand point: ㎡ within reach for 100 residents or households."""
        demand = self.coverage.district.demand
        columns: dict[str, object] = {
            "id": demand["id"],
            "compound": demand["compound"],
            "community": demand["community"],
            "residents": demand["residents"],
            "households": demand["households"],
        }
        for method, levels in self.access.items():
            for level, found in levels.items():
                columns[f"{method}_{level}"] = np.round(PER * found, 2)
        return gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)

    def _with_access(self, table: pd.DataFrame, area: Area) -> pd.DataFrame:
        """Put beside each area the mean ㎡ within reach, weighted by demand; NaN where it is not known."""
        place = area_of_points(self.coverage, area).map({i: n for n, i in enumerate(table["id"])})
        rows = place.fillna(-1).to_numpy(np.int64)
        inhabited = self.demand != 0
        for method, levels in self.access.items():
            for level, found in levels.items():
                mean, _ = means(found, self.demand, rows)
                whole = np.full(len(table), np.nan)
                whole[: len(mean)] = mean
                unknown = inhabited & (np.isnan(found) | np.isnan(self.demand)) & (rows >= 0)
                whole[rows[unknown]] = np.nan
                table[f"{method}_{level}"] = PER * whole
        return table

    def words(self) -> Mapping[str, str]:
        """Return who asks for room, and the unit of ㎡ within reach."""
        people, per = demand_words(self)
        return {"people": people, "per": per}

    def values(self) -> Iterator[Value]:
        """Measure the numbers: area, residents' share, load, ㎡ within reach.

        Area is held against the standards in full centres only: with posts (驿家) it is shown, not judged.
        """
        yield from (*_district_area(self), *_communities(self), *_centres(self), *_loads(self))
        for method, levels in self.access.items():
            for level in (_ANY, _FULL):
                yield from _access(self, method, level, PER * levels[level])

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name."""
        return {"capacity_points": self.points}


def assess_capacity(coverage: CoverageResult) -> CapacityResult:
    """Measure the room of the stations against the standards and against who lives within reach.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario says by which standards and in which catchments.

    Returns
    -------
    CapacityResult
        Full centres and all stations apart: a post never stands in for a centre.

    Raises
    ------
    StandardError
        If the catchment's standard is not in the unit of the mode.

    References
    ----------
    Luo, W. and Wang, F. (2003): Measures of spatial accessibility to health care in a GIS
    environment. Environment and Planning B 30, 865–884. Luo, W. and Qi, Y. (2009): An enhanced
    two-step floating catchment area method. Health & Place 15, 1100–1107.
    """
    rules = coverage.scenario.capacity
    supply, stood_in = _supply(coverage)
    demand = coverage.populace.residents if rules.demand == "residents" else _households_of(coverage)
    catchment = _catchment(coverage)
    cost = coverage.cost_matrix(Mode(rules.mode), limit=catchment)
    weights = {
        "2sfca": catchment_weights(cost, catchment),
        "e2sfca": catchment_weights(cost, catchment, rules.decay),
    }
    ratio = {method: supply_ratios(w, supply, demand) for method, w in weights.items()}
    levels = coverage.district.stations["level"].to_numpy(object)
    access = {
        method: {
            level: accessibility(weights[method], ratio[method], (levels == level) | (level == ServiceLevel.ANY))
            for level in ServiceLevel
        }
        for method in METHODS
    }
    return CapacityResult(coverage, supply, stood_in, demand, catchment, ratio, access)


def _supply(coverage: CoverageResult) -> tuple[Floats, Flags]:
    """Return what each station shares out, and where its floor area stands in."""
    stations, rules = coverage.district.stations, coverage.scenario.capacity
    own = stations[rules.supply].to_numpy(np.float64)
    floor = stations["floor_area_m2"].to_numpy(np.float64)
    stood_in = np.isnan(own) & ~np.isnan(floor) & (rules.fallback == "floor_area_m2")
    supply = np.where(stood_in, floor, own)
    opened = np.zeros(len(stations), bool)
    opened[coverage.station_rows] = True
    return np.where(opened, supply, np.nan), stood_in & opened


def _catchment(coverage: CoverageResult) -> float:
    scenario, rules = coverage.scenario, coverage.scenario.capacity
    mode = Mode(rules.mode)
    if rules.catchment is None:
        return coverage.limit(mode)
    standard = scenario.register[rules.catchment]
    if standard.unit != _UNITS[mode]:
        raise StandardError(
            Problem(
                scenario.origins.get("capacity.catchment", scenario.name),
                "the catchment is not in the unit of the mode",
                key="capacity.catchment",
                expected=f"a standard in {_UNITS[mode]}, for capacity.mode is {mode}",
                found=f"{rules.catchment}, in {standard.unit}",
                mend="Name another standard, or change capacity.mode.",
            )
        )
    return scenario.standard(rules.catchment)
