"""Who lives within five minutes of a station? Measured, never modelled."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Calendar, Moment
from workbench.catalogue.terms import AGE_BANDS, Access, Mode, ServiceLevel
from workbench.coverage.doors import (
    SECONDS_A_MINUTE,
    Doors,
    place_doors,
    quantile,
    share,
    walks_within,
    with_gates_at,
    within,
)
from workbench.coverage.timetable import WEEK_MINUTES, distinct_rows
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District
from workbench.ground.places import name_with_code, where_is
from workbench.network.service_areas import areas_within
from workbench.network.streets import Snap
from workbench.network.walking import METRES, Manner
from workbench.privacy import WITHHELD, stand_in, withheld
from workbench.progress import SILENT, Progress
from workbench.results import Result, Value, kpi_table, present
from workbench.scenario import Scenario
from workbench.scenario.schema import Group
from workbench.version import __version__

# ----------------------------------------------------------------------------------------------------------------------
# Coverage by group of residents, and which of its numbers are too small to publish.


@dataclass(frozen=True)
class _Withheld:
    """Numbers of groups that are not published, see :func:`workbench.privacy.withheld`.

    Attributes
    ----------
    smallest
        Counts below this are withheld.
    residents
        Groups whose size is withheld, and with it everything else that is known of them.
    covered, unreachable
        Groups whose covered or unreachable residents are withheld, by level of service.
    """

    smallest: float
    residents: frozenset[str]
    covered: Mapping[ServiceLevel, frozenset[str]]
    unreachable: Mapping[ServiceLevel, frozenset[str]]


def by_group(result: CoverageResult) -> pd.DataFrame:
    """Coverage of each group at its own pace; exact, not for publication."""
    rows = []
    for name in result.populace.groups:
        weight = result.populace.weight[name]
        total = float(weight.sum())
        for level in ServiceLevel:
            walk = result.minutes[name][level].walk
            covered = float(weight[result.covered(Mode.EXPERIENCE, level, name)].sum())
            rows.append(
                {
                    "group": name,
                    "label": result.populace.label(name),
                    "level": str(level),
                    "residents": total,
                    "covered": covered,
                    "share": share(covered, total),
                    "p50_min": result.quantile(walk, weight, 0.5),
                    "p90_min": result.quantile(walk, weight, 0.9),
                    "unreachable": 0.0 if result.part else float(weight[~np.isfinite(walk)].sum()),
                }
            )
    return pd.DataFrame(rows).astype({"share": "float64", "p50_min": "float64", "p90_min": "float64"})


def _withheld_groups(result: CoverageResult) -> _Withheld:
    """Find the numbers of groups that are too small to publish, or would give such a number away."""
    smallest = result.scenario.standard(result.scenario.coverage.smallest_cell)
    makeup = result.populace.makeup
    table = result.by_group
    table = table[table["group"].isin(makeup)]
    sizes = dict(zip(table["group"], table["residents"], strict=True))
    of: dict[str, dict[ServiceLevel, frozenset[str]]] = {"covered": {}, "unreachable": {}}
    for level in ServiceLevel:
        part = table[table["level"] == level]
        for column, found in of.items():
            counts = dict(zip(part["group"], part[column], strict=True))
            found[level] = withheld(counts, smallest, makeup, wholes=sizes)
    return _Withheld(smallest, withheld(sizes, smallest, makeup), of["covered"], of["unreachable"])


def published(result: CoverageResult) -> dict[str, pd.Series]:
    """Return what stands for the withheld cells of :func:`by_group`, by column; empty text for all others."""
    table, hidden = result.by_group, result.withheld
    whole = table["group"].isin(hidden.residents)
    levels = [ServiceLevel(level) for level in table["level"]]
    rows = list(zip(table["group"], levels, strict=True))
    masks = {
        "residents": whole,
        "covered": whole | pd.Series([group in hidden.covered[level] for group, level in rows], dtype=bool),
        "unreachable": whole | pd.Series([group in hidden.unreachable[level] for group, level in rows], dtype=bool),
        "p50_min": whole,
        "p90_min": whole,
    }
    masks["share"] = masks["covered"]
    counts = ("residents", "covered", "unreachable")
    return {
        column: pd.Series(
            [
                "" if not hide else stand_in(value, hidden.smallest) if column in counts else WITHHELD
                for hide, value in zip(mask, table[column], strict=True)
            ],
            dtype=object,
        )
        for column, mask in masks.items()
    }


# ----------------------------------------------------------------------------------------------------------------------
# Tables and layers of a coverage result: by point, area and station.


Area = Literal["community", "subdistrict", "compound"]

_ANY = ServiceLevel.ANY


def _station_names(result: CoverageResult, rows: np.ndarray, column: str = "id") -> np.ndarray:
    """Return a column of the stations layer at these rows; None where the row is −1."""
    values = np.array([*result.district.stations[column], None], dtype=object)
    return np.asarray(values[rows], object)


def area_of_points(result: CoverageResult, area: Area) -> pd.Series:
    """Return the identifier of the area each demand point belongs to; missing where unknown."""
    demand, communities = result.district.demand, result.district.communities
    if area == "compound":
        return demand["compound"]
    if area == "community":
        return demand["community"]
    return demand["community"].map(communities.set_index("id")["subdistrict"].to_dict())


def _point_layer(result: CoverageResult) -> gpd.GeoDataFrame:
    """One row for each demand point."""
    demand = result.district.demand
    columns: dict[str, object] = {
        "id": demand["id"],
        "compound": demand["compound"],
        "community": demand["community"],
        "households": demand["households"],
        "residents": demand["residents"],
        "class": pd.Series(result.colour).astype("str"),
        "leg_m": np.round(result.demand_doors.leg_m, 2),
        "straight_m": np.round(result.straight[_ANY].walk, 2),
    }
    for level in ServiceLevel:
        reach = result.distance[level]
        columns[f"distance_m_{level}"] = np.round(reach.walk, 2)
        columns[f"station_{level}"] = pd.Series(_station_names(result, reach.station)).astype("str")
    for name in result.populace.groups:
        columns[f"walk_min_{name}"] = np.round(result.minutes[name][_ANY].walk, 2)
    frame = gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)
    numbers = frame.select_dtypes("number").columns
    frame[numbers] = frame[numbers].replace(np.inf, np.nan)  # files know no infinity: no walk, no number
    return frame


def by_area(result: CoverageResult, area: Area) -> pd.DataFrame:
    """Coverage of each area with residents, both modes; areas without residents have no share."""
    key = area_of_points(result, area)
    residents = result.populace.residents
    columns: dict[str, object] = {"id": key, "residents": residents, "households": result.populace.households}
    for level in ServiceLevel:
        suffix = "" if level is _ANY else f"_{level}"
        for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
            columns[f"covered_{mode}{suffix}"] = result.covered_residents(mode, level)
    columns["unreachable"] = np.where(result.unreachable, residents, 0.0)
    columns["unsnapped"] = np.where(result.unsnapped, residents, 0.0)
    grouped = pd.DataFrame(columns).groupby("id", sort=True)  # rows of no area are in no group
    table = grouped.sum(min_count=1)
    walk, groups = result.distance[_ANY].walk, grouped.indices
    for q, column in ((0.5, "p50_m"), (0.9, "p90_m")):
        table[column] = [result.quantile(walk[groups[i]], residents[groups[i]], q) for i in table.index]
    for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
        inhabited = table["residents"].where(table["residents"] > 0)
        table[f"share_{mode}"] = 100 * table[f"covered_{mode}"] / inhabited
    if area == "compound":
        table["station"] = _main_station(result, key)
    table = table.reset_index()
    return table.astype({"p50_m": "float64", "p90_m": "float64"}) if len(table) else table


def _main_station(result: CoverageResult, key: pd.Series) -> pd.Series:
    """Return the station nearest to most residents of each area; the lowest identifier on a tie."""
    nearest = pd.DataFrame(
        {
            "area": key,
            "station": _station_names(result, result.distance[_ANY].station),
            "residents": result.populace.residents,
        }
    ).dropna(subset=["area", "station"])
    total = nearest.groupby(["area", "station"])["residents"].sum().reset_index()
    best = total.sort_values(["area", "residents", "station"], ascending=[True, False, True], kind="stable")
    return pd.Series(best.drop_duplicates("area").set_index("area")["station"])


def by_station(result: CoverageResult) -> pd.DataFrame:
    """Residents for whom each open station is the nearest."""
    stations = result.district.stations
    reach = result.distance[_ANY]
    inside = result.covered(Mode.COMPLIANCE)
    residents = result.populace.residents
    on = reach.station >= 0
    size = len(stations)
    table = stations[["id", "name", "kind", "level", "community"]].copy()
    table["residents_within"] = np.bincount(reach.station[on & inside], residents[on & inside], minlength=size)
    table["residents_nearest"] = np.bincount(reach.station[on], residents[on], minlength=size)
    leg = np.full(size, np.nan)
    ground, joined = result.doors.at_any_hour, np.zeros(size, bool)
    leg[ground.station_rows] = np.where(np.isfinite(ground.stations.leg_m), ground.stations.leg_m, np.nan)
    joined[ground.station_rows] = ground.stations.joined & ~result.stations_on_island
    table["leg_m"] = leg
    table["on_network"] = joined
    return table


def _lost_points(result: CoverageResult) -> pd.DataFrame:
    """Demand points that no walk connects to a station, with the reason."""
    demand = result.district.demand
    mask = result.unsnapped | result.unreachable
    reason = np.select(
        [result.demand_doors.across, result.unsnapped, result.on_island],
        [_ACROSS, "too far from any way open to it", _ISLAND],
        "no way leads to a station",
    )
    leg = np.where(np.isfinite(result.demand_doors.leg_m), result.demand_doors.leg_m, np.nan)
    table = demand.loc[mask, ["id", "compound", "community", "residents"]].copy()
    table["reason"] = reason[mask]
    table["nearest_way_m"] = np.round(leg[mask], 1)
    return pd.DataFrame(table).sort_values(["residents", "id"], ascending=[False, True], ignore_index=True)


def doubtful_doors(result: CoverageResult) -> pd.DataFrame:
    """Doors of demand points and stations that stand on an island, behind a wall, or across what nobody crosses.

    One row a door; ``ways`` and ``metres`` are those of the island. Farthest-reaching first: most residents, then by
    identifier.
    """
    streets, district, stations = result.doors.streets, result.district, result.doors.at_any_hour
    ways, metres = np.bincount(streets.piece), np.bincount(streets.piece, streets.length_m)
    parts = []
    for what, frame, doors in (
        ("stations", district.stations.iloc[stations.station_rows], stations.stations),
        ("demand", district.demand, result.demand_doors),
    ):
        points = np.asarray(frame.geometry.array, dtype=object)
        island, on = result.doors.on_island(doors), np.flatnonzero(doors.joined)
        walled = np.zeros(len(doors), bool)
        walled[on] = streets.barriers.crossed(points[on], streets.lines[doors.edge[on]]) > 0
        rows = np.flatnonzero(island | walled | doors.across)
        piece = streets.piece[doors.edge[rows]]
        part = pd.DataFrame({"layer": what, "id": frame["id"].to_numpy(object)[rows]})
        part["residents"] = frame["residents"].to_numpy(float)[rows] if "residents" in frame else np.nan
        part["reason"] = np.select([doors.across[rows], island[rows]], [_ACROSS, _ISLAND], _WALLED)
        part["leg_m"] = np.round(doors.leg_m[rows], 1)
        part["ways"] = np.where(island[rows], ways[piece], np.nan)
        part["metres"] = np.where(island[rows], np.round(metres[piece]), np.nan)
        parts.append(part.sort_values(["residents", "id"], ascending=[False, True], kind="stable"))
    return pd.concat(parts, ignore_index=True)


_ISLAND = "its ways hang together with nothing else"
_ACROSS = "all ways near it lie across water, a railway or a motorway"
_WALLED = "all ways near it lie behind a wall"

_REASONS = {
    "too far from any way open to it": "距可用道路过远",
    "no way leads to a station": "无路可达任何阵地",
    _ISLAND: "只接在孤立路段上",
    _ACROSS: "附近道路都在水面、铁路或快速路对面",
    _WALLED: "到附近道路都须穿墙",
}


def _named(result: CoverageResult, table: pd.DataFrame, area: Area) -> pd.DataFrame:
    """Put names beside identifiers."""
    layer = {"community": result.district.communities, "compound": result.district.compounds}.get(area)
    if layer is None or layer.empty:
        return table
    names = layer.set_index("id")["name"].to_dict()
    table = table.copy()
    table.insert(1, "name", table["id"].map(names))
    if "station" in table:
        table["station"] = [*map(name_with_code(result.district.stations, blank=None), table["station"])]
    return table


def _placed(result: CoverageResult, table: pd.DataFrame) -> pd.DataFrame:
    """Put beside the identifiers of rows of a ``layer`` in words where they are."""
    district, said = result.district, {}
    for name in ("demand", "stations"):
        layer = district.layer(name)
        rows = layer[layer["id"].isin(table.loc[table["layer"] == name, "id"])]
        said[name] = dict(zip(rows["id"], where_is(district, rows.geometry), strict=True))
    where = [said[layer][identifier] for layer, identifier in zip(table["layer"], table["id"], strict=True)]
    table = table.copy()
    table.insert(list(table).index("id") + 1, "where", where)
    return table


def _read(result: CoverageResult, table: pd.DataFrame) -> pd.DataFrame:
    """Return all columns of a table as they are read; what is missing stays so."""
    columns, district = [str(column) for column in table if column != "group"], result.district
    shown: dict[str, Callable[[Any], object]] = {"reason": _REASONS.get}
    for column, layer in (("community", district.communities), ("compound", district.compounds)):
        shown[column] = name_with_code(layer, blank=None)
    return present(table, columns, shown, missing=None, blank=None).infer_objects()


def _group_table(result: CoverageResult) -> pd.DataFrame:
    """Coverage by group for reading; counts too small to publish are shown as such."""
    table = result.by_group.astype(object)
    for column, stand_ins in published(result).items():
        table[column] = table[column].where(stand_ins == "", stand_ins)
    return _read(result, table).astype(object)


def reading_tables(result: CoverageResult) -> dict[str, pd.DataFrame]:
    """All tables by title."""
    worst = result.worst_compounds() if len(result.by_compound) else None
    found = {
        "指标": kpi_table(result.kpis(), as_text=False),
        "分人群": _group_table(result),
        "分街道": _read(result, result.by_subdistrict),
        "分社区": _read(result, _named(result, result.by_community, "community")),
        "分小区": _read(result, _named(result, result.by_compound, "compound")),
        "最差小区": _read(result, _named(result, worst, "compound")) if worst is not None else None,
        "分阵地": _read(result, result.by_station),
        "未连通需求点": _read(result, _placed(result, result.lost.assign(layer="demand")).drop(columns="layer")),
        "存疑的门口": _read(result, _placed(result, result.doubtful_doors)),
    }
    return {title: table for title, table in found.items() if table is not None and len(table)}


def map_layers(result: CoverageResult) -> dict[str, gpd.GeoDataFrame]:
    """Map layers: demand points with their walks, areas with their shares, stations."""
    layers = {"coverage_points": result.points}
    for area, layer in (("community", result.district.communities), ("compound", result.district.compounds)):
        if len(layer):
            table = by_area(result, area)  # type: ignore[arg-type]
            joined = layer[["id", "name", "geometry"]].merge(table, on="id", how="left")
            layers[f"coverage_{area}"] = gpd.GeoDataFrame(joined, geometry="geometry", crs=layer.crs)
    if len(result.district.stations):
        stations = result.district.stations[["id", "geometry"]].merge(result.by_station, on="id")
        layers["stations"] = gpd.GeoDataFrame(stations, geometry="geometry", crs=result.district.crs)
    return layers


# ----------------------------------------------------------------------------------------------------------------------
# The numbers of a coverage result, each with its denominator, mode and clause.


_DEFAULT_PACE = "住户（默认步速）"
_CHECKUP = "td1063.elder_care.walk_time"  # of the document that says what coverage is divided by
_HECTARE = 10_000


def covered(result: CoverageResult, mode: Mode) -> Iterator[Value]:
    """Measure residents and compounds covered in a mode."""
    total = float(result.populace.residents.sum())
    number = {
        level: float(result.covered_residents(mode, level).sum())
        for level in (_ANY, ServiceLevel.FULL, ServiceLevel.LITE)
    }
    for level, people in number.items():
        yield Value("residents.covered.share", share(people, total), total, mode=mode, level=level)
    for level, people in number.items():
        yield Value("residents.covered", people, total, mode=mode, level=level)


def compounds_covered(result: CoverageResult, mode: Mode) -> Iterator[Value]:
    """Measure the compounds of which enough residents are covered in a mode."""
    if not result.district.has("compounds"):
        yield Value("compounds.covered.share", None, mode=mode)
        return
    enough = compounds_enough(result, mode)
    number = float(len(enough))
    yield Value("compounds.covered.share", share(float(np.sum(enough)), number), number, mode=mode)
    yield Value("compounds.covered", float(np.sum(enough)), number, mode=mode)


def compounds_enough(result: CoverageResult, mode: Mode) -> Flags:
    """Tell of which compounds with residents enough of these are covered in a mode, shape (inhabited compounds,)."""
    least = result.scenario.register[result.scenario.coverage.compound_share]
    compound, names = pd.factorize(area_of_points(result, "compound"), sort=True)
    known, residents = compound >= 0, result.populace.residents
    people, inside = (
        np.bincount(compound[known], number[known], minlength=len(names))
        for number in (residents, result.covered_residents(mode))
    )
    inhabited = people > 0
    return 100 * inside[inhabited] / people[inhabited] >= 100 * least.used() - 1e-9


def _households(result: CoverageResult, mode: Mode) -> Value:
    households = result.populace.households
    known = ~np.isnan(households)
    total = float(households[known].sum())
    value = share(float(households[known & result.covered(mode)].sum()), total)
    whose = "需求图层全部户" if known.all() else "户数已知的需求点的户"
    group = "" if mode is Mode.COMPLIANCE else _DEFAULT_PACE
    return Value("households.covered.share", value, total if known.any() else None, mode=mode, group=group, whose=whose)


def _compliance(result: CoverageResult) -> Iterator[Value]:
    mode, residents = Mode.COMPLIANCE, result.populace.residents
    yield from covered(result, mode)
    yield _households(result, mode)
    yield from compounds_covered(result, mode)
    yield from _land(result)
    walk = result.distance[_ANY].walk
    reached = float(residents[np.isfinite(walk)].sum())
    for q in (50, 90):
        yield Value(f"walk.distance.p{q}", result.quantile(walk, residents, q / 100), reached, mode=mode)
    total = float(residents.sum())
    lost = None if result.part else residents[result.unreachable].sum()
    yield Value("residents.unreachable", lost, total, mode=mode)
    yield Value("residents.unsnapped", residents[result.unsnapped].sum(), total, mode=mode)
    yield Value("residents.island", residents[result.on_island].sum(), total, mode=mode)
    whole = result.doors.at_any_hour
    own, ours = (result.own_stations[doors.station_rows] for doors in (whole, result.doors))
    counted = result.station_rows[ours]
    unknown = result.district.stations["opening_hours"].iloc[counted].isna().sum()
    for key, number in (
        ("unsnapped", (~whole.stations.joined & own).sum()),
        ("island", (result.stations_on_island & own).sum()),
        ("counted", len(counted)),
        ("hours_unknown", unknown),
    ):
        yield Value(f"stations.{key}", number, own.sum(), mode=mode)


def _land(result: CoverageResult) -> Iterator[Value]:
    """Measure the residential land within the walk: the city check-up divides by land, not by people."""
    within, land = result.land if result.district.has("compounds") else (0.0, 0.0)
    yield Value("land.covered.share", share(within, land), land / _HECTARE or None, mode=Mode.COMPLIANCE)
    if land:
        yield Value("land.covered", within / _HECTARE, land / _HECTARE, mode=Mode.COMPLIANCE)


def _experience(result: CoverageResult) -> Iterator[Value]:
    mode = Mode.EXPERIENCE
    yield from covered(result, mode)
    yield _households(result, mode)
    yield from compounds_covered(result, mode)
    for name in result.populace.groups:
        yield from _group(result, name)


def _group(result: CoverageResult, name: str) -> Iterator[Value]:
    """Measure one group; what is too small to publish is withheld."""
    hidden, pace = result.withheld, result.scenario.register[result.populace.groups[name].pace]
    weight, walk = result.populace.weight[name], result.minutes[name][_ANY].walk
    who, speed = result.populace.label(name), f"步速 {pace.value:g} m/s 【{pace.certainty}】"
    of_group = partial(Value, mode=Mode.EXPERIENCE, group=who, who=who, speed=speed)
    total, reached = float(weight.sum()), float(weight[np.isfinite(walk)].sum())
    value = share(float(weight[result.covered(Mode.EXPERIENCE, _ANY, name)].sum()), total)
    no_size = name in hidden.residents
    no_share, no_reached = no_size or name in hidden.covered[_ANY], no_size or name in hidden.unreachable[_ANY]
    small = (no_share, no_size, hidden.smallest)
    yield of_group("residents.covered.share@group", value, total, withheld=small)
    for q in (50, 90):
        small = (no_size, no_reached, hidden.smallest)
        yield of_group("walk.time.p{q}", result.quantile(walk, weight, q / 100), reached, q=q, withheld=small)


def _contrast(result: CoverageResult) -> Iterator[Value]:
    """Measure what a buffer circle would have claimed."""
    mode, residents = Mode.STRAIGHT_LINE, result.populace.residents
    total = float(residents.sum())
    straight = float(result.covered_residents(mode).sum())
    network = float(result.covered_residents(Mode.COMPLIANCE).sum())
    yield Value("residents.covered.share", share(straight, total), total, mode=mode)
    yield Value("straight.overestimate", share(straight - network, total), total, mode=mode)
    walk, line = result.distance[_ANY].walk, result.straight[_ANY].walk
    both = np.isfinite(walk) & (line > 0) & (residents > 0)
    ratio = result.quantile(walk[both] / line[both], residents[both], 0.5) if both.any() else None
    yield Value("detour.p50", ratio, residents[both].sum(), mode=mode)


def _connected(result: CoverageResult) -> Iterator[Value]:
    """Measure who and what is on the network at all."""
    residents = result.populace.residents
    total, reached = float(residents.sum()), float(residents[~(result.unsnapped | result.unreachable)].sum())
    yield Value("access.residents", None if result.part else share(reached, total), total)
    whole = result.doors.at_any_hour
    own = result.own_stations[whole.station_rows]
    islands, count = int((result.stations_on_island & own).sum()), int(own.sum())
    opened = f"未关闭的阵地（另有 {islands:,} 处只接在孤立路段上）" if islands else "未关闭的阵地"
    joined = float((whole.stations.joined & own).sum())
    yield Value("access.stations", share(joined - islands, count), count, opened=opened)


def _groups(result: CoverageResult) -> Iterator[Value]:
    """Measure how the groups fare beside one another; everybody at their own pace."""
    shares: dict[str, float] = {}
    populace, hidden = result.populace, result.withheld
    for name in populace.groups:
        weight = populace.weight[name]
        total = float(weight.sum())
        percent = share(float(weight[result.covered(Mode.EXPERIENCE, _ANY, name)].sum()), total)
        if name != EVERYONE and percent is not None and name not in hidden.residents | hidden.covered[_ANY]:
            shares[name] = percent
    least, gap, worst, whose = None, None, "", "缺分人群人口"
    if len(shares) > 1:
        low, high = min(shares, key=shares.__getitem__), max(shares, key=shares.__getitem__)
        least, gap = shares[low], shares[high] - shares[low]
        worst = f"：{populace.label(low)}"
        whose = f"各人群居民，{len(shares)} 个可公布的人群（计数不少于 {hidden.smallest:g} 人）"
    yield Value("groups.least", least, worst=worst, whose=whose)
    yield Value("groups.gap", gap, whose=whose)
    minutes = np.concatenate([result.minutes[name][_ANY].walk for name in populace.whole])
    weight = np.concatenate([populace.weight[name] for name in populace.whole])
    yield Value("walk.time.p90@all", result.quantile(minutes, weight, 0.9), weight[np.isfinite(minutes)].sum())


# ----------------------------------------------------------------------------------------------------------------------
# Which gates are open in which minutes of a week, and every walk through them.
#
# Minutes in which the same gates are open are one state. A district has few of them: gates share a handful of opening
# hours. The walks are found once for each state and manner of walking, those of the clock's own state on its network.


Walker = tuple[Mode, str | None]
"""A manner of walking: compliance, or a group at its own pace."""


@dataclass(frozen=True, eq=False)
class _GateHours:
    """The minutes of a week by the gates that are open in them.

    Attributes
    ----------
    moments
        One minute of each state, the first of the week.
    of_minute
        State of each minute of the week, shape (10080,).
    """

    moments: tuple[Moment, ...]
    of_minute: Ints

    @classmethod
    def of(cls, gates: pd.DataFrame, calendar: Calendar, policy: str) -> _GateHours:
        """Read the opening hours of gates; one state where no gate that may be open has any, or all are open."""
        matters = (gates["access"] != Access.CLOSED) & (policy == "as_is")
        texts = sorted(set(gates.loc[matters, "opening_hours"].dropna()))
        weeks = np.array([calendar.open_minutes(text).ravel() for text in texts], bool)
        first, state = distinct_rows(np.packbits(weeks.reshape(-1, WEEK_MINUTES), axis=0).T)
        return cls(tuple(Moment(calendar, int(minute)) for minute in first), state)


@dataclass(frozen=True, eq=False)
class _WeekWalks:
    """Every walk within the limit, hour by hour of a week; made by :func:`_week_walks`.

    Attributes
    ----------
    gates
        When which gates are open.
    walks
        By manner of walking, the walks under each state of the gates: metres or minutes, shape (s, k), one row for each
        row of the stations layer, whatever its hours.
    """

    gates: _GateHours
    walks: Mapping[Walker, tuple[csr_array, ...]]


def _week_walks(coverage: CoverageResult) -> _WeekWalks:
    """Find every walk within the limit under each state of the gates in the week of the scenario."""
    scenario, district = coverage.scenario, coverage.district
    rule = coverage.doors.streets.rule
    gates = _GateHours.of(district.gates, scenario.hours.calendar, rule.policy)
    manners = {(Mode.EXPERIENCE, name): manner for name, manner in coverage.manners.items()}
    stations, own = len(district.stations), -1 if rule.moment is None else int(gates.of_minute[rule.moment.minute])
    found: dict[Walker, list[csr_array]] = {(Mode.COMPLIANCE, None): [], **{walker: [] for walker in manners}}
    for state, then in enumerate(gates.moments):
        whole = coverage.doors.at_any_hour
        whole = whole if state == own else with_gates_at(whole, district, scenario, then)
        limit = coverage.limit(Mode.COMPLIANCE)
        found[Mode.COMPLIANCE, None].append(walks_within(whole, METRES, limit, stations))
        limit = coverage.limit(Mode.EXPERIENCE)
        timed = {m: walks_within(whole, m, limit, stations, SECONDS_A_MINUTE) for m in dict.fromkeys(manners.values())}
        for walker, manner in manners.items():
            found[walker].append(timed[manner])
    return _WeekWalks(gates, {walker: tuple(walks) for walker, walks in found.items()})


def pairs(walks: tuple[csr_array, ...]) -> tuple[Ints, Ints, Flags]:
    """Return every pair of a station and a demand point within reach of it at some time, and when.

    Parameters
    ----------
    walks
        The walks under each state of the gates, shape (s, k) each; what is stored counts, a walk of 0 included.

    Returns
    -------
    station, point : ndarray of int64, shape (n,)
        The pairs, each once, by station and point.
    state : ndarray of bool, shape (n, g)
        The states of the gates under which the walk is within the limit.
    """
    size = walks[0].shape[1]
    key = [np.repeat(np.arange(w.shape[0]), np.diff(w.indptr)) * size + w.indices for w in walks]
    found, place = np.unique(np.concatenate(key), return_inverse=True)
    state = np.zeros((len(found), len(walks)), bool)
    state[place, np.repeat(np.arange(len(walks)), [len(k) for k in key])] = True
    return (found // max(size, 1)).astype(np.int64), (found % max(size, 1)).astype(np.int64), state


# ----------------------------------------------------------------------------------------------------------------------
# What a measurement of coverage found.


@dataclass(frozen=True, eq=False)
class Reach:
    """The walk from each demand point to its nearest station.

    Attributes
    ----------
    walk
        Metres or minutes, shape (k,); infinite where no station can be reached.
    station
        Row of that station in the stations layer, shape (k,); −1 where none.
    """

    walk: Floats
    station: Ints


@dataclass(frozen=True, eq=False)
class Populace:
    """Who lives at each demand point.

    Attributes
    ----------
    residents, households
        Shape (k,); households may be missing (NaN).
    weight
        Residents of each group at each demand point, shape (k,).
    groups
        The groups by name.
    whole
        Names of the groups that together are the whole population.
    """

    residents: Floats
    households: Floats
    weight: Mapping[str, Floats]
    groups: Mapping[str, Group]
    whole: tuple[str, ...]

    def label(self, group: str) -> str:
        """Return the Chinese name of a group."""
        return self.groups[group].label

    @property
    def makeup(self) -> dict[str, dict[str, float]]:
        """Share of each age band that belongs to a group; a group without bands has nothing to withhold."""
        return {name: {str(b): s for b, s in group.ages.items()} for name, group in self.groups.items() if group.ages}


def _concluded(result: CoverageResult) -> tuple[str, ...]:
    """Say who is covered, and where most of those live who are not."""
    whole = float(result.populace.residents.sum())
    where, when, limit = result.district.manifest.name, result.scenario.moment.title, f"{result.distance_limit_m:g} m"
    if whole <= 0:
        return (f"{where}的需求图层没有居民，覆盖率无从谈起。",)
    covered = float(result.covered_residents(Mode.COMPLIANCE).sum())
    percent = 100 * covered / whole
    share = f"{where}居民 {whole:,.0f} 人；{when} 步行 {limit} 内有开放阵地的 {covered:,.0f} 人，占 {percent:.1f}%"
    aim = result.scenario.targets.get("coverage.residents")
    if aim is None:
        held = "（未设规划目标）"
    elif percent >= aim:
        held = f"，已达规划目标 {aim:g}%"
    else:
        short = aim / 100 * whole - covered
        held = f"，距规划目标 {aim:g}% 差 {aim - percent:.1f} 个百分点，合 {short:,.0f} 人"
    table = result.by_community
    if table.empty:
        return (f"{share}{held}。", "缺社区图层，不能说明未覆盖居民集中在哪里。")
    left = (table["residents"] - table["covered_compliance"]).to_numpy()
    most = np.lexsort((table["id"].to_numpy(), -left))[:_MOST_NAMED]
    communities = result.district.communities
    name = dict(zip(communities["id"], communities["name"], strict=True)) if len(communities) else {}
    ids = table["id"].to_numpy()
    named = "、".join(f"{name.get(ids[row], ids[row])}（{left[row]:,.0f} 人）" for row in most if left[row] >= 1)
    second = f"未覆盖的居民最多的社区是{named}。" if named else "每个社区的居民都在限内。"
    return (f"{share}{held}。", second)


_MOST_NAMED = 3  # communities in a sentence


@dataclass(frozen=True, eq=False, repr=False)
class CoverageResult(Result):
    """The five-minute circle as measured; made by :func:`workbench.coverage.assess_coverage`.

    Attributes
    ----------
    district, scenario
        The ground and the intent that were measured.
    populace
        Who lives where.
    doors
        Where demand points and open stations stand on the network.
    manners
        How each group walks.
    default_manner
        How residents walk whose age is not known.
    distance
        Compliance: metres to the nearest station, by level of service.
    minutes
        Experience: minutes to the nearest station, by group and level of service.
    default_minutes
        Experience at the scenario's default pace, for households, which have no age.
    straight
        Metres in a straight line, for contrast only.
    """

    district: District
    scenario: Scenario
    populace: Populace
    doors: Doors
    manners: Mapping[str, Manner]
    default_manner: Manner
    distance: Mapping[ServiceLevel, Reach]
    minutes: Mapping[str, Mapping[ServiceLevel, Reach]]
    default_minutes: Mapping[ServiceLevel, Reach]
    straight: Mapping[ServiceLevel, Reach]
    study: ClassVar[str] = "coverage"
    answer: ClassVar[str] = "by_compound"

    def __repr__(self) -> str:
        share = self.kpis()[0].rounded
        ground = self.district.manifest.key
        limit = f"{self.distance_limit_m:g} m"
        return f"<CoverageResult {self.scenario.name} on {ground}: {share} % of residents within {limit}>"

    @property
    def demand_doors(self) -> Snap:
        """Where the demand points stand on the network."""
        return self.doors.demand

    @property
    def station_rows(self) -> Ints:
        """Rows of the open stations in the stations layer."""
        return self.doors.station_rows

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @cached_property
    def distance_limit_m(self) -> float:
        """Longest walk that complies, metres."""
        return self.scenario.standard(self.scenario.coverage.distance)

    @cached_property
    def time_limit_min(self) -> float:
        """Longest walk that counts as five minutes, minutes."""
        return self.scenario.standard(self.scenario.coverage.time)

    @property
    def part(self) -> bool:
        """Whether the ground is a part of a district, where longer walks than those that count are not known."""
        return self.district.manifest.part is not None

    @cached_property
    def own_stations(self) -> Flags:
        """Stations of this district, not those beyond the edge of a part, shape (s,)."""
        return (self.district.stations["beyond"] != 1).to_numpy(np.bool_)

    def quantile(self, walk: Floats, weight: Floats, q: float) -> float | None:
        """Return a quantile of walks, see :func:`workbench.coverage.doors.quantile`; None for a part of a district."""
        return None if self.part else quantile(walk, weight, q)

    def covered(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY, group: str | None = None) -> Flags:
        """Tell which demand points are covered.

        Parameters
        ----------
        mode
            Compliance, experience or straight line.
        level
            Which stations count.
        group
            For experience the group that walks; the default pace when not given.

        Returns
        -------
        ndarray of bool, shape (k,)
        """
        if mode is Mode.EXPERIENCE:
            by_level = self.minutes[group] if group else self.default_minutes
            return within(by_level[level].walk, self.time_limit_min)
        reach = self.distance if mode is Mode.COMPLIANCE else self.straight
        return within(reach[level].walk, self.distance_limit_m)

    def limit(self, mode: Mode) -> float:
        """Return the longest walk that is covered: metres, or minutes in the experience mode."""
        return self.time_limit_min if mode is Mode.EXPERIENCE else self.distance_limit_m

    @cached_property
    def land(self) -> tuple[float, float]:
        """Residential land that can be walked to within the limit, and all of it, m²; compliance.

        The land is that of the compounds' polygons; what can be walked to is the exact service area of all stations
        together, ways and their buffer on either side.
        """
        own = self.district.compounds[self.district.compounds["beyond"] != 1]
        compounds, ground = np.asarray(own.geometry.array, dtype=object), self.doors
        inside = areas_within(
            ground.walks(METRES), ground.stations, ground.audience.public, self.distance_limit_m, compounds,
            buffer_m=self.scenario.standard(self.scenario.service_areas.buffer),
        )  # fmt: skip
        return float(inside.sum()), float(shapely.area(compounds).sum())

    @cached_property
    def week(self) -> _WeekWalks:
        """Every walk within the limit through the gates that are open then, hour by hour of the scenario's week."""
        return _week_walks(self)

    def cost_matrix(self, mode: Mode, group: str | None = None, *, limit: float | None = None) -> csr_array:
        """Return every walk from a demand point to a station that serves it at the hour of the clock.

        Parameters
        ----------
        mode
            Compliance (metres) or experience (minutes).
        group
            For experience the group that walks; the default pace when not given.
        limit
            Longest walk kept, included up to rounding; that of the mode when not given.

        Returns
        -------
        scipy.sparse.csr_array
            Shape (s, k): one row for each row of the stations layer, empty where the station is shut then or
            off the network; one column for each row of the demand layer. The stored entries are exactly
            the walks within the limit, walks of zero among them; the least of each column is the walk to
            the nearest station, to the last bit.

        Raises
        ------
        ValueError
            If the mode is the straight line, which is no walk.
        """
        if mode is Mode.STRAIGHT_LINE:
            raise ValueError("a straight line is no walk: ask for compliance or experience")
        longest, stations = self.limit(mode) if limit is None else limit, len(self.district.stations)
        if mode is Mode.COMPLIANCE:
            return walks_within(self.doors, METRES, longest, stations)
        manner = self.manners[group] if group else self.default_manner
        return walks_within(self.doors, manner, longest, stations, SECONDS_A_MINUTE)

    def covered_residents(self, mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> Floats:
        """Return how many residents of each demand point are covered, shape (k,).

        In the experience mode each group of the population walks at its own pace.
        """
        if mode is not Mode.EXPERIENCE:
            return np.where(self.covered(mode, level), self.populace.residents, 0.0)
        parts = [
            np.where(self.covered(mode, level, name), self.populace.weight[name], 0.0) for name in self.populace.whole
        ]
        return np.asarray(np.sum(parts, axis=0), np.float64)

    @cached_property
    def on_island(self) -> Flags:
        """Demand points joined to ways that hang together with hardly anything else, shape (k,)."""
        return self.doors.on_island(self.demand_doors)

    @cached_property
    def stations_on_island(self) -> Flags:
        """Stations joined to such ways, whatever their hours, in the order of ``ground.at_any_hour``."""
        return self.doors.on_island(self.doors.at_any_hour.stations)

    @cached_property
    def unreachable(self) -> Flags:
        """Demand points on the network from which no station can be reached, shape (k,); of a part none is known."""
        return self.demand_doors.joined & ~np.isfinite(self.distance[ServiceLevel.ANY].walk) & (not self.part)

    @cached_property
    def unsnapped(self) -> Flags:
        """Demand points on no way: those open to them are too far, or across water, rail or motorway; (k,)."""
        return ~self.demand_doors.joined

    @cached_property
    def colour(self) -> npt.NDArray[np.object_]:
        """Three-colour class of each demand point by compliance: near, far, beyond; or unsnapped."""
        walk = self.distance[ServiceLevel.ANY].walk
        next_limit = self.scenario.standard(self.scenario.coverage.distance_next)
        classes = np.where(
            within(walk, self.distance_limit_m), "within", np.where(within(walk, next_limit), "near", "beyond")
        )
        return np.where(self.unsnapped, "unsnapped", classes).astype(object)

    @cached_property
    def points(self) -> gpd.GeoDataFrame:
        """One row for each demand point: nearest stations, walks, class. No ages."""
        return _point_layer(self)

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Coverage of each group, experience mode, by level of service; exact, not for publication."""
        return by_group(self)

    @cached_property
    def withheld(self) -> _Withheld:
        """Numbers of groups that are too small to publish; :meth:`tables` and :meth:`kpis` leave them out."""
        return _withheld_groups(self)

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """Coverage of each community, both modes."""
        return by_area(self, "community")

    @cached_property
    def by_subdistrict(self) -> pd.DataFrame:
        """Coverage of each subdistrict, both modes."""
        return by_area(self, "subdistrict")

    @cached_property
    def by_compound(self) -> pd.DataFrame:
        """Coverage of each compound, both modes."""
        return by_area(self, "compound")

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """Residents for whom each station is the nearest, within the limit and in all."""
        return by_station(self)

    @cached_property
    def lost(self) -> pd.DataFrame:
        """Demand points that are not on the network or cannot reach a station, with the reason."""
        return _lost_points(self)

    @cached_property
    def doubtful_doors(self) -> pd.DataFrame:
        """Doors of demand points and stations on islands, behind a wall, or across what nobody crosses."""
        return doubtful_doors(self)

    def worst_compounds(self, most: int = 10) -> pd.DataFrame:
        """Return the compounds with the most residents beyond the compliance limit."""
        table = self.by_compound
        gap = table["residents"] - table["covered_compliance"]
        order = table.assign(gap=gap).sort_values(["gap", "id"], ascending=[False, True], kind="stable")
        return order[order["gap"] > 0].head(most).reset_index(drop=True)

    def words(self) -> Mapping[str, str]:
        """Return the rule of the city check-up, the width of ways, the online service at this hour, the minutes."""
        register, moment, text = self.scenario.register, self.scenario.moment, self.scenario.hours.online
        document = register[_CHECKUP].document
        rule = register.documents[document].rules[0]
        return {
            "checkup": f"{document} {rule.text} 【{rule.certainty}】",
            "buffer": register[self.scenario.service_areas.buffer].footnote,
            "online": "未声明" if text is None else "应答" if moment.holds(text) else "不应答",
            "limit_min": f"{self.time_limit_min:g}",
        }

    def values(self) -> Iterator[Value]:
        """Measure the numbers: compliance, then experience, then what the straight line would have said."""
        for part in (_compliance, _experience, _contrast, _connected, _groups):
            yield from part(self)

    def conclusion(self) -> tuple[str, ...]:
        """Return who lives within the limit, and where most of those live who do not."""
        return _concluded(self)

    def summary(self, mode: Mode | None = None) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese; of one mode only when it is given."""
        return kpi_table(kpi for kpi in self.kpis() if mode is None or kpi.mode == mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name."""
        return map_layers(self)


@dataclass(frozen=True, eq=False, repr=False)
class CoverageStudy(Result):
    """A study that stands on the five-minute circle.

    Attributes
    ----------
    coverage
        What was measured.
    """

    coverage: CoverageResult

    @property
    def district(self) -> District:
        """The ground."""
        return self.coverage.district

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint


# ----------------------------------------------------------------------------------------------------------------------
# Who lives within five minutes of a station? Measured, never modelled.


EVERYONE = "everyone"
"""Name of the group of residents whose age is not known; it walks at the scenario's default pace."""


def assess_coverage(
    district: District, scenario: Scenario, gates_at: Moment | None = None, *, progress: Progress = SILENT
) -> CoverageResult:
    """Measure the five-minute circle of a district at the hour of the scenario's clock, in both modes.

    Compliance is metres along the network against GB 50180; experience is minutes at each group's
    own pace, with steps and crossings. Network distance alone decides; the straight line is
    measured beside it only to show how wrong it is.

    Parameters
    ----------
    district
        The ground; a demand layer is needed, stations may be none.
    scenario
        The hour, groups, paces, gates and the standards to measure by.
    gates_at
        Another minute of the week at which gates alone are tried; everything else stays at the clock.
    progress
        Told of each stage.

    Returns
    -------
    CoverageResult
        Every resident of the demand layer is in the denominator, joined to the network or not.

    Raises
    ------
    GeodataError
        If the district has no demand layer, or opening hours do not parse.
    NetworkError
        If there is no way to walk on.
    StandardError
        If the scenario names a standard that the register does not hold.
    """
    if not district.has("demand") or district.demand.empty:
        mend = "Import one: a district without residents can be drawn, but not covered."
        raise GeodataError(Problem(district.manifest.key, "the district has no demand layer", mend=mend))
    part = district.manifest.part
    if part is not None and part.halo_m < halo_needed(scenario):
        raise GeodataError(
            Problem(
                district.manifest.key,
                "walks of the scenario lead beyond what was cut out",
                key="part.halo_m",
                expected=f"at least {halo_needed(scenario):g} m",
                found=f"{part.halo_m:g} m",
                mend="Cut the district again with 'workbench cut … --scenario' of this scenario.",
            )
        )
    progress.step("network", 0, 1)
    doors = place_doors(district, scenario, gates_at)
    progress.step("network", 1, 1)
    return measured(district, scenario, doors, progress=progress)


def measured(
    district: District,
    scenario: Scenario,
    doors: Doors,
    reach_of: Callable[[Manner], Mapping[ServiceLevel, Reach]] | None = None,
    *,
    progress: Progress = SILENT,
) -> CoverageResult:
    """Make a result of the walks of every manner of walking, from doors that stand on the network already.

    Parameters
    ----------
    district, scenario
        Ground and intent.
    doors
        Where demand points and stations stand.
    reach_of
        Returns the walks of one manner, metres for :data:`METRES` and seconds for any other, by level of service;
        they are searched for when not given.
    progress
        Told of each manner.
    """
    groups, whole = walking_groups(district, scenario)
    demand = pd.DataFrame(district.demand)
    manners = {name: manner_of(scenario, group) for name, group in groups.items()}
    default = _manner(scenario, scenario.walking.pace, "walk")
    distinct = [METRES, *dict.fromkeys([*manners.values(), default])]
    reach: dict[Manner, Mapping[ServiceLevel, Reach]] = {}
    for step, manner in enumerate(distinct):
        progress.step("walks", step, len(distinct))
        reach[manner] = reach_of(manner) if reach_of is not None else _reach(doors, manner)
    progress.step("walks", len(distinct), len(distinct))
    return CoverageResult(
        district=district,
        scenario=scenario,
        populace=populace_of(
            demand[list(AGE_BANDS)].to_numpy(np.float64),
            demand["residents"].to_numpy(np.float64),
            demand["households"].to_numpy(np.float64),
            groups,
            whole,
        ),
        doors=doors,
        manners=manners,
        default_manner=default,
        distance=reach[METRES],
        minutes={name: {level: _minutes(r) for level, r in reach[m].items()} for name, m in manners.items()},
        default_minutes={level: _minutes(r) for level, r in reach[default].items()},
        straight=_straight(district, doors),
    )


def walking_groups(district: District, scenario: Scenario) -> tuple[dict[str, Group], tuple[str, ...]]:
    """Return the groups that walk, by name, and which of them together are the whole population.

    Residents whose age is not known make a group of their own, :data:`EVERYONE`; where no age is
    known at all, or the scenario declares no groups, that is everybody.
    """
    known = district.demand[list(AGE_BANDS)].notna().all(axis=1)
    everyone = {EVERYONE: Group(label="全体居民（不分年龄）", ages={}, pace=scenario.walking.pace)}
    if not known.any():
        return everyone, (EVERYONE,)
    if not scenario.groups:
        return {**everyone, **scenario.focus}, (EVERYONE,)
    rest = {} if known.all() else everyone
    whole = {**scenario.groups, **rest}
    return {**whole, **scenario.focus}, tuple(whole)


def manner_of(scenario: Scenario, group: Group) -> Manner:
    """Return how a group walks under a scenario."""
    return _manner(scenario, group.pace, group.steps)


def halo_needed(scenario: Scenario) -> float:
    """Return how far around residents the ground must go on for every walk that counts to be in it, metres.

    The longest walk, at the fastest pace of anybody, and the leg of the station at its end: no straight line is longer
    than the way along it, and no way on which a door could open lies farther from the door than the longest leg.
    """
    groups = (*scenario.groups.values(), *scenario.focus.values())
    paces = [scenario.walking.pace, *(group.pace for group in groups)]
    fastest = max(_manner(scenario, pace, "walk").pace_m_s for pace in paces)
    rules = scenario.coverage
    metres = (rules.distance, rules.distance_next)
    minutes = [rules.time, *(part.class_walk for part in (scenario.ledgers,) if part)]
    minutes += [part.walk for part in (scenario.circuits,) if part]
    timed = fastest * SECONDS_A_MINUTE * max(map(scenario.standard, minutes))
    return max(timed, *map(scenario.standard, metres)) + scenario.standard(scenario.walking.snap_limit)


def _manner(scenario: Scenario, pace: str, steps: Literal["walk", "slow", "closed"]) -> Manner:
    """Return how somebody walks at the pace of a standard."""
    walking = scenario.walking
    factor = scenario.standard(walking.pace_factor) if walking.pace_factor else 1.0
    return Manner(
        pace_m_s=scenario.standard(pace) * factor,
        steps=steps,
        steps_factor=scenario.standard(walking.steps_factor) if steps == "slow" else 1.0,
        crossing_delay_s=scenario.standard(walking.crossing_delay),
    )


def populace_of(
    bands: Floats, residents: Floats, households: Floats, groups: Mapping[str, Group], whole: tuple[str, ...]
) -> Populace:
    """Count the residents of each group at each demand point.

    Parameters
    ----------
    bands
        Residents by age band, shape (k, bands); NaN where not known.
    residents, households
        All of them, shape (k,).
    groups
        Whom to count, by name.
    whole
        Names of the groups that everybody belongs to one of.
    """
    lacking = np.isnan(bands)
    known, counts = ~lacking.any(axis=1), np.where(lacking, 0.0, bands)
    weight: dict[str, Floats] = {}
    for name, group in groups.items():
        if name == EVERYONE:
            weight[name] = residents if whole == (EVERYONE,) else np.where(known, 0.0, residents)
        else:
            shares = np.array([dict(group.ages).get(band, 0.0) for band in AGE_BANDS])
            weight[name] = counts @ shares
    return Populace(residents, households, weight, dict(groups), whole)


def _reach(doors: Doors, manner: Manner) -> Mapping[ServiceLevel, Reach]:
    walks = doors.walks(manner)
    found: dict[ServiceLevel, Reach] = {}
    for level in ServiceLevel:
        which = doors.of_level(level)
        cost, nearest = walks.nearest(doors.demand, doors.stations.take(which), doors.audience.take(which))
        rows = doors.station_rows[which]
        station = np.where(nearest >= 0, rows[nearest] if len(rows) else -1, -1)
        found[level] = Reach(cost, station)
    return found


def _minutes(reach: Reach) -> Reach:
    return Reach(reach.walk / SECONDS_A_MINUTE, reach.station)


def _straight(district: District, doors: Doors) -> Mapping[ServiceLevel, Reach]:
    here = district.demand.geometry.get_coordinates().to_numpy()
    there = district.stations.geometry.get_coordinates().to_numpy().reshape(-1, 2)
    found: dict[ServiceLevel, Reach] = {}
    for level in ServiceLevel:
        rows = doors.station_rows[doors.of_level(level)]
        if not len(rows):
            found[level] = Reach(np.full(len(here), np.inf), np.full(len(here), -1, np.int64))
            continue
        gap, nearest = cKDTree(there[rows]).query(here)
        found[level] = Reach(np.asarray(gap, np.float64), rows[np.asarray(nearest, np.int64)])
    return found
