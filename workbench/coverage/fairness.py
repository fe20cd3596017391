"""公平: how unevenly walks are spread, who walks farthest, and how the answer moves with the unit one looks at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import Mode, ServiceLevel, StationKind
from workbench.coverage.doors import quantile, share, within
from workbench.coverage.measure import (
    EVERYONE,
    Area,
    CoverageResult,
    CoverageStudy,
    area_of_points,
)
from workbench.privacy import WITHHELD, is_small, withheld
from workbench.results import Value, present

# ----------------------------------------------------------------------------------------------------------------------
# How unevenly something is spread over people: Lorenz curve, Gini, Theil and the worst-off tail.
#
# Every function takes values and the number of people who have them. Only people whose value is finite and whose
# number is positive are looked at: who has none is reported apart, by the caller.


def lorenz(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Return the Lorenz curve (Lorenz 1905): what share of the total the lowest share of people has."""
    value, weight = _counted(value, weight)
    order = np.lexsort((weight, value))  # equal values by weight: the order of rows changes no bit
    people = np.concatenate([[0.0], np.cumsum(weight[order])])
    total = np.concatenate([[0.0], np.cumsum((weight * value)[order])])
    people = people / people[-1] if len(value) else people
    return people, total / total[-1] if total[-1] > 0 else people


def gini(value: Floats, weight: Floats) -> float | None:
    """Return the Gini coefficient: twice the area between the diagonal and the Lorenz curve.

    Of weighted values it is what the unweighted formula gives for a list in which each value stands
    once for each person. None when there is nobody.
    """
    people, total = lorenz(value, weight)
    if len(people) == 1:
        return None
    area = float(np.sum(np.diff(people) * (total[1:] + total[:-1])))
    return max(0.0, 1 - area)


def theil(value: Floats, weight: Floats) -> float | None:
    """Return Theil's T (Theil 1967); None when there is nobody, 0 when nobody has anything."""
    value, weight = _counted(value, weight)
    if not len(value):
        return None
    mean = float(np.average(value, weights=weight))
    if mean == 0:
        return 0.0
    ratio = value / mean
    logs = np.log(ratio, out=np.zeros_like(ratio), where=ratio > 0)  # 0 ln 0 = 0
    return max(0.0, float(np.average(ratio * logs, weights=weight)))


def means(value: Floats, weight: Floats, area: Ints) -> tuple[Floats, Floats]:
    """Return the mean value and the number of people of each area."""
    used = np.isfinite(value) & (weight > 0) & (area >= 0)
    size = int(area.max(initial=-1)) + 1
    people = _sums(area[used], weight[used], size)
    total = _sums(area[used], weight[used] * value[used], size)
    return np.divide(total, people, out=np.full(size, np.nan), where=people > 0), people


def tail(value: Floats, weight: Floats, share: float) -> Floats:
    """Return how many of each entry's people belong to the share that has most.

    Where the tail ends among people of one value, each entry of this value gives the same fraction
    of its people, so that the answer does not depend on the order of rows.
    """
    used = np.isfinite(value) & (weight > 0)
    found = np.zeros(len(value))
    if not used.any():
        return found
    levels, place = np.unique(value[used], return_inverse=True)
    at = _sums(place, weight[used], len(levels))
    above = at[::-1].cumsum()[::-1] - at
    wanted = share * float(at.sum())
    fraction = np.clip((wanted - above) / at, 0.0, 1.0)
    found[used] = weight[used] * fraction[place]
    return found


def _sums(place: Ints, what: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(place, what, minlength=size), np.float64)


def _counted(value: Floats, weight: Floats) -> tuple[Floats, Floats]:
    used = np.isfinite(value) & (weight > 0)
    return value[used], weight[used]


# ----------------------------------------------------------------------------------------------------------------------
# Who walks how far: the one list of people from which every question of fairness is answered.


MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)
"""The two ways to measure a walk; never mixed."""


@dataclass(frozen=True, eq=False)
class Walkers:
    """The residents of a district with their walks.

    In the compliance mode one entry is the residents of a demand point; in the experience mode it is
    those of one group at one demand point, at the group's own pace.

    Attributes
    ----------
    point
        Row of the demand layer, shape (n,).
    group
        Position of the group in ``Populace.whole``, shape (n,); 0 in the compliance mode.
    walk
        Metres or minutes to the nearest station, shape (n,); infinite where none can be reached.
    people
        Residents, shape (n,).
    limit
        Longest walk that is covered.
    """

    point: Ints
    group: Ints
    walk: Floats
    people: Floats
    limit: float

    def only(self, mask: Flags) -> Walkers:
        """Return some of them."""
        return Walkers(self.point[mask], self.group[mask], self.walk[mask], self.people[mask], self.limit)

    @property
    def reached(self) -> Flags:
        """Entries with people who can reach a station, shape (n,)."""
        return np.isfinite(self.walk) & (self.people > 0)

    def in_tail(self, worst: float) -> Floats:
        """Return how many people of each entry belong to the share with the longest walks, shape (n,)."""
        return tail(self.walk, self.people, worst)

    def figures(self, worst: float) -> dict[str, float | None]:
        """Return the numbers that sum these walks up; None where nobody can reach a station."""
        reached = self.reached
        walk, people = self.walk[reached], self.people[reached]
        total, everybody = float(people.sum()), float(self.people.sum())
        last = tail(walk, people, worst)
        walked = float(walk @ people)
        covered = float(people[within(walk, self.limit)].sum())
        return {
            "residents": everybody,
            "reached": total,
            "unreachable": everybody - total,
            "covered": covered,
            "share": share(covered, everybody),
            "mean": walked / total if total else None,
            "p50": quantile(walk, people, 0.5),
            "p90": quantile(walk, people, 0.9),
            "gini": gini(walk, people),
            "worst_mean": float(walk @ last) / float(last.sum()) if total else None,
            "worst_share": share(float(walk @ last), walked) if total else None,
        }


def walkers(coverage: CoverageResult, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> Walkers:
    """Return everybody with the walk to the nearest station of a level."""
    limit, populace = coverage.limit(mode), coverage.populace
    if mode is Mode.COMPLIANCE:
        return stacked([coverage.distance[level].walk], [populace.residents], limit)
    walks = [coverage.minutes[name][level].walk for name in populace.whole]
    return stacked(walks, [populace.weight[name] for name in populace.whole], limit)


def stacked(walks: Sequence[Floats], people: Sequence[Floats], limit: float) -> Walkers:
    """Make one list of the walks of several groups, each given for every demand point."""
    points = len(walks[0])
    return Walkers(
        np.tile(np.arange(points), len(walks)),
        np.repeat(np.arange(len(walks)), points),
        np.concatenate(walks),
        np.concatenate(people),
        limit,
    )


def _all_numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Make None a NaN in the columns that hold numbers."""
    text = {"mode", "level", "scale", "rule", "group", "label"}
    return table.astype({column: "float64" for column in table.columns if column not in text})


# ----------------------------------------------------------------------------------------------------------------------
# Gaps between groups, and who and where the worst off are.


_ANY = ServiceLevel.ANY
_COUNTS = ("residents", "reached", "unreachable")
_WALKS = ("mean", "p50", "p90", "share", "gini", "gap", "gap_p90", "gap_share", "ratio", "ratio_m")


def by_group(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Compare each group at its own pace with everybody, each at their own."""
    everybody = walkers(coverage, Mode.EXPERIENCE).figures(worst)
    metres = walkers(coverage, Mode.COMPLIANCE).figures(worst)
    rows = []
    for name in coverage.populace.groups:
        own = _of_group(coverage, name, Mode.EXPERIENCE).figures(worst)
        far = _of_group(coverage, name, Mode.COMPLIANCE).figures(worst)
        row = {key: own[key] for key in (*_COUNTS, "mean", "p50", "p90", "share", "gini")}
        row |= {
            "gap": _minus(own["mean"], everybody["mean"]),
            "gap_p90": _minus(own["p90"], everybody["p90"]),
            "gap_share": _minus(own["share"], everybody["share"]),
            "ratio": _over(own["mean"], everybody["mean"]),
            "ratio_m": _over(far["mean"], metres["mean"]),
        }
        row |= dict.fromkeys(_unpublished(coverage, name) & set(row))
        rows.append({"group": name, "label": coverage.populace.label(name), **row})
    return _all_numbers(pd.DataFrame(rows))


def _reached_residents(coverage: CoverageResult, group: str) -> float:
    """Return how many residents of a group can reach a station; exact, not for publication."""
    return float(coverage.populace.weight[group][np.isfinite(coverage.minutes[group][_ANY].walk)].sum())


def _unpublished(coverage: CoverageResult, group: str) -> frozenset[str]:
    """Return the columns of :func:`by_group` that are not published for a group."""
    hidden, reached = coverage.withheld, _reached_residents(coverage, group)
    if group in hidden.residents or (group != EVERYONE and is_small(reached, hidden.smallest)):
        return frozenset({*_COUNTS, *_WALKS})
    # beside the size of the group, one of the two gives the other away
    return frozenset({"reached", "unreachable"} if group in hidden.unreachable[_ANY] else ())


def _of_group(coverage: CoverageResult, name: str, mode: Mode) -> Walkers:
    weight = coverage.populace.weight[name]
    reach = coverage.minutes[name] if mode is Mode.EXPERIENCE else coverage.distance
    points = np.arange(len(weight))
    return Walkers(points, np.zeros_like(points), reach[_ANY].walk, weight, coverage.limit(mode))


def worst_by_group(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Say who the worst-off residents are, each group at its own pace."""
    everybody = walkers(coverage, Mode.EXPERIENCE)
    names = coverage.populace.whole
    last = _by_number(everybody.group, everybody.in_tail(worst), len(names))
    whole = _by_number(everybody.group, np.where(everybody.reached, everybody.people, 0.0), len(names))
    makeup = {n: {str(b): s for b, s in coverage.populace.groups[n].ages.items()} for n in names if n != EVERYONE}
    counts, wholes = (dict(zip(names, part.tolist(), strict=True)) for part in (last, whole))
    least = coverage.scenario.standard(coverage.scenario.coverage.smallest_cell)
    hidden = withheld({n: counts[n] for n in makeup}, least, makeup, wholes=wholes)
    shown = np.where([name in hidden for name in names], np.nan, last)
    of_worst, of_all = max(float(last.sum()), 1e-300), max(float(whole.sum()), 1e-300)
    table = pd.DataFrame(
        {
            "group": names,
            "label": [coverage.populace.label(name) for name in names],
            "residents": shown,
            "share": 100 * shown / of_worst,
            "share_of_all": np.where(np.isnan(shown), np.nan, 100 * whole / of_all),
        }
    )
    return table.assign(over=table["share"] / table["share_of_all"].where(table["share_of_all"] > 0))


def worst_by_area(coverage: CoverageResult, worst: float, area: Area, mode: Mode) -> pd.DataFrame:
    """Say where the worst-off residents live, most first."""
    everybody = walkers(coverage, mode)
    last = everybody.in_tail(worst)
    frame = pd.DataFrame(
        {
            "id": area_of_points(coverage, area).to_numpy(object)[everybody.point],
            "residents": last,
            "walked": last * np.where(last > 0, everybody.walk, 0.0),
            "all": everybody.people,
        }
    )
    table = frame.groupby("id", sort=True).sum().reset_index()
    table = table[table["residents"] > 0]
    table = table.assign(share=100 * table["residents"] / table["all"], mean=table["walked"] / table["residents"])
    table = table.sort_values(["residents", "id"], ascending=[False, True], kind="stable", ignore_index=True)
    return table.drop(columns="walked")


def _by_number(number: Ints, people: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(number, people, minlength=size), np.float64)


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _over(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b


# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of a fairness result, each with its denominator and clause.


_FULL = ServiceLevel.FULL
_ALL = "全体居民"
_WALK = {Mode.COMPLIANCE: ("distance", "步行距离", "m"), Mode.EXPERIENCE: ("time", "步行时间", "min")}

SCALE_LABELS: Final = {
    "residents": "居民",
    "demand": "需求点",
    "compound": "小区",
    "community": "社区",
    "subdistrict": "街道",
}
_RULE_LABELS: Final = {"any": "可跨界", "subdistrict": "限本街道", "community": "限本社区"}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def worst_words(result: FairnessResult) -> str:
    """Name the worst-off share in words: 步行最远的 10% 居民."""
    return f"步行最远的 {result.worst_share:.0%} 居民"


def _spread(result: FairnessResult, mode: Mode) -> Iterator[Value]:
    way, noun, unit = _WALK[mode]
    table = result.by_level
    for level in (_ANY, _FULL):
        row = _records(table[(table["mode"] == mode) & (table["level"] == level)])[0]
        of_walk = partial(Value, mode=mode, level=level, way=way, noun=noun, in_unit=unit)
        yield of_walk("walk.{way}.gini", row["gini"], row["reached"])
        yield of_walk("walk.{way}.mean", row["mean"], row["reached"])
        yield of_walk("walk.{way}.worst.mean", row["worst_mean"], row["reached"])
        yield of_walk("walk.{way}.worst.share", row["worst_share"], row["reached"])
        yield of_walk("walk.{way}.left_out", row["unreachable"], row["residents"])


def _scales(result: FairnessResult, mode: Mode) -> Iterator[Value]:
    way, noun, _ = _WALK[mode]
    table = result.by_scale
    for row in _records(table[(table["mode"] == mode) & (table["scale"] != "residents")]):
        scale, size = str(row["scale"]), row["residents"] if row["units"] else None
        of_scale = partial(Value, mode=mode, way=way, noun=noun, scale=scale, name=SCALE_LABELS[scale])
        yield of_scale("walk.{way}.gini.{scale}", row["gini"], size)
        yield of_scale("walk.{way}.within.share.{scale}", row["share_within"], size)


def _boundaries(result: FairnessResult, mode: Mode) -> Iterator[Value]:
    way, noun, _ = _WALK[mode]
    table = result.by_boundary
    if table.empty:
        yield Value("boundary.community.share", None, mode=mode, beyond="")
        return
    for row in _records(table[table["mode"] == mode]):
        rule = str(row["rule"])
        of_rule = partial(Value, mode=mode, way=way, noun=noun, rule=rule, name=_RULE_LABELS[rule])
        yield of_rule(f"boundary.{rule}.share", row["share"], row["residents"], beyond="；区级中心服务全区")
        yield of_rule("boundary.{rule}.{way}.gini", row["gini"], row["reached"])


def _gaps(result: FairnessResult) -> Iterator[Value]:
    coverage = result.coverage
    for row in _records(result.by_group):
        hidden, reached, small = _unpublished(coverage, row["group"]), row["reached"], None
        for key in ("gap", "ratio", "ratio_m"):
            if hidden:
                reached = _reached_residents(coverage, row["group"])
                small = (key in hidden, "reached" in hidden, coverage.withheld.smallest)
            who, mode = row["label"], Mode.EXPERIENCE
            yield Value(f"groups.{key}", row[key], reached, mode=mode, group=who, withheld=small, who=who)


_SUMS: Final = (
    "residents", "reached", "unreachable@spread", "share", "gini", "mean", "p50", "p90", "worst_mean", "worst_share",
)  # fmt: skip
_GROUP: Final = (
    "label", "residents", "reached", "mean@group", "gap@group", "ratio", "ratio_m", "p90@group", "gap_p90", "share",
    "gap_share",
)  # fmt: skip
_SCALE: Final = (
    "mode", "unit", "scale", "units", "residents", "left_out", "gini@scale", "gini_residents", "between", "p90@scale",
    "worst_mean", "units_within", "share_within",
)  # fmt: skip
_WHO: Final = ("label", "residents@worst", "share@worst", "share_of_all", "over@worst")
_WHERE: Final = ("id", "name", "residents@worst", "all", "share@place", "mean@worst")
_ACROSS: Final = (
    "id", "name@community", "subdistrict", "residents", "experience_any", "experience_own", "experience_across",
    "compliance_any", "compliance_own", "compliance_across",
)  # fmt: skip


def tables(result: FairnessResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    worst = worst_words(result)
    who = result.worst_by_group.copy()
    shown = who["residents"].notna()
    for column in ("residents", "share", "share_of_all", "over"):
        who[column] = who[column].astype(object).where(shown, WITHHELD)
    groups = result.by_group.astype(object)
    for place, name in enumerate(groups["group"]):
        groups.loc[place, list(_unpublished(result.coverage, name))] = WITHHELD
    scales = _with_unit(result.by_scale)
    scales = scales.assign(scale=scales["scale"].map(SCALE_LABELS))
    found = {
        "步行分布": present(_with_unit(result.by_level), ("mode", "unit", "level", *_SUMS)),
        "人群差距": present(groups, _GROUP),
        "不同尺度": present(scales, _SCALE),
        f"{worst}·人群": present(who, _WHO),
        f"{worst}·社区": present(_where(result, "community"), _WHERE),
        f"{worst}·小区": present(_where(result, "compound"), _WHERE),
        "跨界与行政口径": present(_rules(result), ("mode", "unit", "rule", *_SUMS)),
        "社区跨界": present(result.across, _ACROSS),
    }
    return {title: table for title, table in found.items() if len(table)}


def _with_unit(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(unit=table["mode"].map({str(mode): unit for mode, (_, _, unit) in _WALK.items()}))


def _rules(result: FairnessResult) -> pd.DataFrame:
    table = result.by_boundary
    return _with_unit(table.assign(rule=table["rule"].map(_RULE_LABELS))) if len(table) else table


def _where(result: FairnessResult, area: str) -> pd.DataFrame:
    table = result.worst_by_area(area)  # type: ignore[arg-type]
    layer = result.coverage.district.layer("communities" if area == "community" else "compounds")
    return table.assign(name=table["id"].map(layer.set_index("id")["name"].to_dict()))


# ----------------------------------------------------------------------------------------------------------------------
# 行政口径: what the answer would be if nobody crossed a boundary to the neighbours' station.


Rule = Literal["subdistrict", "community"]

RULES: Final[tuple[Rule, ...]] = ("subdistrict", "community")
"""Administrative readings: residents use stations of their own subdistrict, or community, only."""

_UNKNOWN, _EVERYWHERE = -1, -2
_MULTIPLES = (4.0, 6.0, 9.0, 16.0, np.inf)  # of the limit, searched in turn till all are served; never the answer

Areas = Mapping[Rule, tuple[Ints, Ints]]
_Bounded = Mapping[tuple[Mode, Rule], Walkers]


def bounded(coverage: CoverageResult) -> _Bounded:
    """Return the residents whose area is known, with the walk to the nearest station of their own area.

    The district centre serves the whole district; a station whose community is not known serves
    nobody under these readings. Empty where no community is known.
    """
    if not coverage.district.demand["community"].notna().any():
        return {}
    populace = coverage.populace
    areas = {rule: _areas(coverage, rule) for rule in RULES}
    found: dict[tuple[Mode, Rule], Walkers] = {}
    for mode in MODES:
        names = populace.whole if mode is Mode.EXPERIENCE else (None,)
        people = [populace.residents if name is None else populace.weight[name] for name in names]
        walks = [_own_walks(coverage, mode, name, areas) for name in names]
        for rule, (here, _) in areas.items():
            everybody = stacked([walk[rule] for walk in walks], people, coverage.limit(mode))
            found[mode, rule] = everybody.only(here[everybody.point] != _UNKNOWN)
    return found


def _areas(coverage: CoverageResult, rule: Rule) -> tuple[Ints, Ints]:
    """Return the number of the area of each demand point and of each station."""
    stations = coverage.district.stations
    home, own = area_of_points(coverage, rule), stations["community"]
    if rule == "subdistrict":
        own = own.map(coverage.district.communities.set_index("id")["subdistrict"].to_dict())
    names = {name: number for number, name in enumerate(sorted(set(home.dropna()) | set(own.dropna())))}
    here, there = (np.asarray(part.map(names).fillna(_UNKNOWN), np.int64) for part in (home, own))
    central = (stations["kind"] == StationKind.DISTRICT_CENTRE).to_numpy()
    return here, np.where(central, _EVERYWHERE, there)


def _own_walks(coverage: CoverageResult, mode: Mode, group: str | None, areas: Areas) -> dict[Rule, Floats]:
    """Return, by rule, the walk from each demand point to the nearest station of its own area; infinite where none."""
    walks = {rule: np.full(len(here), np.inf) for rule, (here, _) in areas.items()}
    for multiple in _MULTIPLES:
        cost = coverage.cost_matrix(mode, group, limit=multiple * coverage.limit(mode)).tocoo()
        for rule, (here, there) in areas.items():
            kept = (there[cost.row] == here[cost.col]) | (there[cost.row] == _EVERYWHERE)
            np.minimum.at(walks[rule], cost.col[kept], cost.data[kept])
        if all(np.isfinite(walks[rule][_servable(coverage, *areas[rule])]).all() for rule in areas):
            break
    return walks


def _servable(coverage: CoverageResult, here: Ints, there: Ints) -> Flags:
    """Tell which demand points are on the network and have a station of their own area, reachable or not."""
    own = np.isin(here, there) | (there == _EVERYWHERE).any()
    return np.asarray(coverage.demand_doors.joined & (here != _UNKNOWN) & own, bool)


def by_boundary(coverage: CoverageResult, worst: float, found: _Bounded) -> pd.DataFrame:
    """Sum up the walks with stations across the boundary and without, over the same residents."""
    known = coverage.district.demand["community"].notna().to_numpy()
    rows = []
    for mode in MODES if found else ():
        everybody = walkers(coverage, mode)
        readings: dict[str, Walkers] = {"any": everybody.only(known[everybody.point])}
        readings.update({rule: found[mode, rule] for rule in RULES})
        rows += [{"mode": str(mode), "rule": rule, **walk.figures(worst)} for rule, walk in readings.items()]
    return _all_numbers(pd.DataFrame(rows))


def across(coverage: CoverageResult, found: _Bounded) -> pd.DataFrame:
    """Count the residents of each community who are covered across the boundary only."""
    communities, demand = coverage.district.communities, coverage.district.demand
    table = pd.DataFrame(communities[["id", "name", "subdistrict"]])
    if not found:
        return table.iloc[:0]
    home = demand["community"].to_numpy(object)
    table["residents"] = table["id"].map(demand.groupby("community")["residents"].sum()).fillna(0.0)
    for mode in MODES:
        for name, walk in (("any", walkers(coverage, mode)), ("own", found[mode, "community"])):
            covered = np.where(within(walk.walk, walk.limit), walk.people, 0.0)
            total = pd.Series(covered).groupby(home[walk.point]).sum()
            table[f"{mode}_{name}"] = table["id"].map(total).fillna(0.0)
        table[f"{mode}_across"] = table[f"{mode}_any"] - table[f"{mode}_own"]
    order = ["experience_across", "id"]
    return table.sort_values(order, ascending=[False, True], kind="stable", ignore_index=True)


# ----------------------------------------------------------------------------------------------------------------------
# One question at several scales: what means of larger units hide (the modifiable areal unit problem).


Names = npt.NDArray[np.object_]

SCALES: Final = ("residents", "demand", "compound", "community", "subdistrict")
"""Units from the single resident up; at each the question is asked of the units' mean walks."""


def by_scale(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Ask how unevenly walks are spread between residents, demand points, compounds, communities, subdistricts.

    Every unit has the mean walk of its residents who can reach a station, and weighs as many as they
    are; residents who live in no such unit are left out of that row, and counted.
    """
    rows = [
        {"mode": str(mode), "scale": scale, **_row(coverage, mode, scale, worst)} for mode in MODES for scale in SCALES
    ]
    return _all_numbers(pd.DataFrame(rows))


def units(coverage: CoverageResult, mode: Mode, scale: str) -> pd.DataFrame:
    """Return ``id``, ``mean`` walk and ``residents`` who can reach a station, of each unit of a scale."""
    walk = walkers(coverage, mode)
    number, names = _units_of(coverage, walk, scale)
    mean, people = means(walk.walk, walk.people, number)
    table = pd.DataFrame({"id": names[: len(mean)], "mean": mean, "residents": people})
    return table[table["residents"] > 0].reset_index(drop=True)


def _units_of(coverage: CoverageResult, walk: Walkers, scale: str) -> tuple[Ints, Names]:
    """Return the number of each walker's unit, −1 for none, and the names of the units."""
    ids = coverage.district.demand["id"].to_numpy(object)
    if scale == "residents":
        return np.arange(len(walk.walk)), ids[walk.point]
    if scale == "demand":
        return walk.point, ids
    codes, names = pd.factorize(area_of_points(coverage, scale), sort=True)  # type: ignore[arg-type]
    return np.asarray(codes, np.int64)[walk.point], np.asarray(names, object)


def _row(coverage: CoverageResult, mode: Mode, scale: str, worst: float) -> dict[str, float | None]:
    walk = walkers(coverage, mode)
    number, _ = _units_of(coverage, walk, scale)
    mean, people = means(walk.walk, walk.people, number)
    everybody = float(walk.people[walk.reached].sum())
    total = float(people.sum())
    inside = walk.only((number >= 0) & walk.reached)
    near = (people > 0) & within(np.where(people > 0, mean, np.inf), walk.limit)
    place = np.arange(len(mean))
    spread = Walkers(place, np.zeros_like(place), mean, people, walk.limit).figures(worst)
    single = scale == "residents"
    return {
        "units": total if single else int((people > 0).sum()),
        "residents": total,
        "left_out": everybody - total,
        "gini": gini(mean, people),
        "gini_residents": gini(inside.walk, inside.people),
        "between": share(theil(mean, people) or 0.0, theil(inside.walk, inside.people) or 0.0),
        "worst_mean": spread["worst_mean"],
        "p90": quantile(mean, people, 0.9),
        "units_within": float(people[near].sum()) if single else int(near.sum()),
        "share_within": share(float(people[near].sum()), total),
    }


# ----------------------------------------------------------------------------------------------------------------------
# 公平: how unevenly walks are spread, who walks farthest, and how the answer moves with the unit one looks at.


@dataclass(frozen=True, eq=False, repr=False)
class FairnessResult(CoverageStudy):
    """How fairly the five-minute circle serves; made by :func:`assess_fairness`.

    Residents who cannot reach a station have no walk: they are in no mean and no curve, and are
    counted beside every number.

    Attributes
    ----------
    coverage
        The five-minute circle that was looked at.
    worst_share
        Share of the residents that is looked at as the worst off.
    bounded
        Walkers when stations across the boundary do not count, by mode and rule; empty where no
        community is known.
    """

    worst_share: float
    bounded: _Bounded
    study: ClassVar[str] = "fairness"
    answer: ClassVar[str] = "by_scale"

    def __repr__(self) -> str:
        return f"<FairnessResult {self.scenario.name}: Gini of walk time {self.kpis()[0].rounded}>"

    def walkers(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> Walkers:
        """Return everybody with the walk to the nearest station of a level."""
        return walkers(self.coverage, mode, level)

    def lorenz(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> tuple[Floats, Floats]:
        """Return the Lorenz curve of the walk: shares of residents and of all walking, from 0 to 1."""
        walk = self.walkers(mode, level)
        return lorenz(walk.walk, walk.people)

    @cached_property
    def by_level(self) -> pd.DataFrame:
        """Walks summed up by mode and level: Gini, mean, quantiles, the worst off."""
        rows = [
            {"mode": str(mode), "level": str(level), **self.walkers(mode, level).figures(self.worst_share)}
            for mode in MODES
            for level in ServiceLevel
        ]
        return _all_numbers(pd.DataFrame(rows))

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Gap between each group at its own pace and everybody; see :func:`workbench.coverage.fairness.by_group`."""
        return by_group(self.coverage, self.worst_share)

    @cached_property
    def worst_by_group(self) -> pd.DataFrame:
        """Who the worst-off residents are; small counts are not published."""
        return worst_by_group(self.coverage, self.worst_share)

    def worst_by_area(self, area: Area, mode: Mode = Mode.EXPERIENCE) -> pd.DataFrame:
        """Return where the worst-off residents live, most first."""
        return worst_by_area(self.coverage, self.worst_share, area, mode)

    @cached_property
    def by_scale(self) -> pd.DataFrame:
        """The same question at every scale, both modes; see :func:`workbench.coverage.fairness.by_scale`."""
        return by_scale(self.coverage, self.worst_share)

    def units(self, mode: Mode, scale: str) -> pd.DataFrame:
        """Return the mean walk and the residents of each unit of a scale."""
        return units(self.coverage, mode, scale)

    @cached_property
    def by_boundary(self) -> pd.DataFrame:
        """Walks with stations across the boundary and without, both modes, over the same residents."""
        return by_boundary(self.coverage, self.worst_share, self.bounded)

    @cached_property
    def across(self) -> pd.DataFrame:
        """Residents of each community who are covered across the boundary only."""
        return across(self.coverage, self.bounded)

    def values(self) -> Iterator[Value]:
        """Measure the numbers, walk time first: Gini, the worst off, scales, boundaries; then gaps of groups."""
        for mode in (Mode.EXPERIENCE, Mode.COMPLIANCE):
            for part in (_spread, _scales, _boundaries):
                yield from part(self, mode)
        yield from _gaps(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: demand points with their worst-off residents."""
        demand, walk = self.coverage.district.demand, self.walkers(Mode.EXPERIENCE)
        last = np.bincount(walk.point, walk.in_tail(self.worst_share), minlength=len(demand))
        columns = {"id": demand["id"], "residents": demand["residents"], "worst_off": np.round(last, 2)}
        return {"fairness_points": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}


def assess_fairness(coverage: CoverageResult) -> FairnessResult:
    """Look at how unevenly the walks of a five-minute circle are spread.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario says what share of residents counts as the worst off.

    Returns
    -------
    FairnessResult
        In both modes: metres along the network, and minutes with each group at its own pace.
    """
    worst = coverage.scenario.standard(coverage.scenario.fairness.worst_share)
    return FairnessResult(coverage, worst, bounded(coverage))
