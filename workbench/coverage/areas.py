"""Tables and layers of a coverage result: by point, area and station."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.coverage.groups import published
from workbench.coverage.quantities import quantile
from workbench.results import kpi_table, rounded
from workbench.terms import Mode, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.result import CoverageResult

Area = Literal["community", "subdistrict", "compound"]

_ANY = ServiceLevel.ANY


def station_names(result: CoverageResult, rows: np.ndarray, column: str = "id") -> np.ndarray:
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


def point_layer(result: CoverageResult) -> gpd.GeoDataFrame:
    """One row for each demand point."""
    demand = result.district.demand
    columns: dict[str, object] = {
        "id": demand["id"],
        "compound": demand["compound"],
        "community": demand["community"],
        "households": demand["households"],
        "residents": demand["residents"],
        "class": pd.Series(result.colour).astype("str"),
        "leg_m": np.round(result.doors.leg_m, 2),
        "straight_m": np.round(result.straight[_ANY].walk, 2),
    }
    for level in ServiceLevel:
        reach = result.distance[level]
        columns[f"distance_m_{level}"] = np.round(reach.walk, 2)
        columns[f"station_{level}"] = pd.Series(station_names(result, reach.station)).astype("str")
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
    frame = pd.DataFrame({"id": key, "residents": residents, "households": result.populace.households})
    for level in ServiceLevel:
        suffix = "" if level is _ANY else f"_{level}"
        for mode in (Mode.COMPLIANCE, Mode.EXPERIENCE):
            frame[f"covered_{mode}{suffix}"] = result.covered_residents(mode, level)
    frame["unreachable"] = np.where(result.unreachable, residents, 0.0)
    frame["unsnapped"] = np.where(result.unsnapped, residents, 0.0)
    known = frame[key.notna()]
    table = known.groupby("id", sort=True).sum(min_count=1)
    walk = result.distance[_ANY].walk
    groups = known.groupby("id", sort=True).indices
    positions = np.flatnonzero(key.notna())
    for q, column in ((0.5, "p50_m"), (0.9, "p90_m")):
        table[column] = [quantile(walk[positions[groups[i]]], residents[positions[groups[i]]], q) for i in table.index]
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
            "station": station_names(result, result.distance[_ANY].station),
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
    ground, joined = result.ground.at_any_hour, np.zeros(size, bool)
    leg[ground.station_rows] = np.where(np.isfinite(ground.stations.leg_m), ground.stations.leg_m, np.nan)
    joined[ground.station_rows] = ground.stations.joined & ~result.stations_on_island
    table["leg_m"] = leg
    table["on_network"] = joined
    return table


def lost_points(result: CoverageResult) -> pd.DataFrame:
    """Demand points that no walk connects to a station, with the reason."""
    demand = result.district.demand
    mask = result.unsnapped | result.unreachable
    reason = np.select(
        [result.doors.across, result.unsnapped, result.on_island],
        [_ACROSS, "too far from any way open to it", _ISLAND],
        "no way leads to a station",
    )
    leg = np.where(np.isfinite(result.doors.leg_m), result.doors.leg_m, np.nan)
    table = demand.loc[mask, ["id", "compound", "community", "residents"]].copy()
    table["reason"] = reason[mask]
    table["nearest_way_m"] = np.round(leg[mask], 1)
    return pd.DataFrame(table).sort_values(["residents", "id"], ascending=[False, True], ignore_index=True)


def doubtful_doors(result: CoverageResult) -> pd.DataFrame:
    """Doors of demand points and stations that stand on an island, behind a wall, or across what nobody crosses.

    One row a door; ``ways`` and ``metres`` are those of the island. Farthest-reaching first: most residents, then by
    identifier.
    """
    streets, district, stations = result.ground.streets, result.district, result.ground.at_any_hour
    ways, metres = np.bincount(streets.piece), np.bincount(streets.piece, streets.length_m)
    parts = []
    for what, frame, doors in (
        ("stations", district.stations.iloc[stations.station_rows], stations.stations),
        ("demand", district.demand, result.doors),
    ):
        points = np.asarray(frame.geometry.array, dtype=object)
        island, on = result.ground.on_island(doors), np.flatnonzero(doors.joined)
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

_HEADINGS = {
    "layer": "图层",
    "ways": "孤立路段（条）",
    "metres": "孤立路段总长（m）",
    "id": "编号",
    "name": "名称",
    "label": "人群",
    "level": "阵地",
    "kind": "类别",
    "community": "社区",
    "compound": "小区",
    "subdistrict": "街道",
    "station": "最近阵地",
    "residents": "居民（人）",
    "households": "户数",
    "covered": "覆盖居民（人）",
    "share": "覆盖率（%）",
    "covered_compliance": "覆盖居民·合规（人）",
    "covered_experience": "覆盖居民·体验（人）",
    "covered_compliance_full": "中心覆盖·合规（人）",
    "covered_experience_full": "中心覆盖·体验（人）",
    "covered_compliance_lite": "驿家覆盖·合规（人）",
    "covered_experience_lite": "驿家覆盖·体验（人）",
    "share_compliance": "覆盖率·合规（%）",
    "share_experience": "覆盖率·体验（%）",
    "p50_m": "P50 步行（m）",
    "p90_m": "P90 步行（m）",
    "p50_min": "P50 步行（min）",
    "p90_min": "P90 步行（min）",
    "unreachable": "不可达（人）",
    "unsnapped": "离路过远（人）",
    "residents_within": "300 m 内就近居民（人）",
    "residents_nearest": "就近居民合计（人）",
    "leg_m": "距道路（m）",
    "on_network": "在路网上",
    "reason": "原因",
    "nearest_way_m": "距最近道路（m）",
    "gap": "未覆盖居民（人）",
}

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
        signs = result.district.stations.set_index("id")["name"].to_dict()
        table["station"] = [f"{signs[i]}（{i}）" if isinstance(i, str) else None for i in table["station"]]
    return table


def _rounded(value: float, column: str) -> float | None:
    if not np.isfinite(value):
        return None
    unit = "min" if column.endswith("_min") else "%" if column.startswith("share") else "m"
    return rounded(value, unit)


def for_reading(table: pd.DataFrame) -> pd.DataFrame:
    """Round a table as its units ask and give it Chinese headings."""
    out = table.drop(columns=[c for c in ("group",) if c in table]).copy()
    for column in out.select_dtypes("number").columns:
        out[column] = [_rounded(float(value), str(column)) for value in out[column]]
    for column in ("level", "kind", "layer"):
        if column in out:
            out[column] = out[column].map(label)
    if "reason" in out:
        out["reason"] = out["reason"].map(_REASONS)
    return out.rename(columns=_HEADINGS)


def _group_table(result: CoverageResult) -> pd.DataFrame:
    """Coverage by group for reading; counts too small to publish are shown as such."""
    table = for_reading(result.by_group)
    for column, stand_ins in published(result).items():
        heading = _HEADINGS[column]
        table[heading] = table[heading].astype(object).where(stand_ins == "", stand_ins)
    return table


def reading_tables(result: CoverageResult) -> dict[str, pd.DataFrame]:
    """All tables by title."""
    found = {
        "指标": kpi_table(result.kpis(), as_text=False),
        "分人群": _group_table(result),
        "分街道": for_reading(result.by_subdistrict),
        "分社区": for_reading(_named(result, result.by_community, "community")),
        "分小区": for_reading(_named(result, result.by_compound, "compound")),
        "最差小区": for_reading(_named(result, result.worst_compounds(), "compound"))
        if len(result.by_compound)
        else None,
        "分阵地": for_reading(result.by_station),
        "未连通需求点": for_reading(result.lost),
        "存疑的门口": for_reading(result.doubtful_doors),
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
