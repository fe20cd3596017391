"""Who lives within five minutes of a station? Measured, never modelled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from workbench.coverage.result import CoverageResult, Populace, Reach
from workbench.district import District
from workbench.errors import GeodataError, Problem
from workbench.network.gates import GateRule
from workbench.network.snap import Snap, compound_at, home_zones, snap
from workbench.network.streets import Streets, build_streets
from workbench.network.walking import METRES, Manner, Walks
from workbench.progress import Tell, silent
from workbench.scenario import Scenario
from workbench.scenario.schema import Group
from workbench.terms import AGE_BANDS, LEVEL_OF_KIND, Access, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

EVERYONE = "everyone"
"""Name of the group of residents whose age is not known; it walks at the scenario's default pace."""


@dataclass(frozen=True, eq=False)
class Doors:
    """Demand points and open stations on the network of one district."""

    streets: Streets
    demand: Snap
    stations: Snap
    serves_public: Flags
    station_rows: Ints

    def of_level(self, level: ServiceLevel, kinds: npt.NDArray[np.object_]) -> Ints:
        """Return positions among the open stations that offer this level of service."""
        levels = np.array([LEVEL_OF_KIND[kind] for kind in kinds[self.station_rows]], object)
        return np.flatnonzero((levels == level) | (level == ServiceLevel.ANY))


def assess_coverage(district: District, scenario: Scenario, *, progress: Tell = silent) -> CoverageResult:
    """Measure the five-minute circle of a district, in both modes.

    Compliance is metres along the network against GB 50180; experience is minutes at each group's
    own pace, with steps and crossings. Network distance alone decides; the straight line is
    measured beside it only to show how wrong it is.

    Parameters
    ----------
    district
        The ground; a demand layer is needed, stations may be none.
    scenario
        Groups, paces, gates and the standards to measure by.
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
    progress("network", 0, 1)
    doors = place_doors(district, scenario)
    progress("network", 1, 1)
    groups, whole = walking_groups(district, scenario)
    manners = {name: manner_of(scenario, group) for name, group in groups.items()}
    default = manner_of(scenario, Group(label="", ages={}, pace=scenario.walking.pace, steps="walk"))
    distinct = [METRES, *dict.fromkeys([*manners.values(), default])]
    reach: dict[Manner, Mapping[ServiceLevel, Reach]] = {}
    for step, manner in enumerate(distinct):
        progress("walks", step, len(distinct))
        reach[manner] = _reach(district, doors, manner)
    progress("walks", len(distinct), len(distinct))
    return CoverageResult(
        district=district,
        scenario=scenario,
        populace=populace(district, groups, whole),
        doors=doors.demand,
        station_doors=doors.stations,
        station_rows=doors.station_rows,
        distance=reach[METRES],
        minutes={name: {level: _minutes(r) for level, r in reach[m].items()} for name, m in manners.items()},
        default_minutes={level: _minutes(r) for level, r in reach[default].items()},
        straight=_straight(district, doors),
    )


def place_doors(district: District, scenario: Scenario) -> Doors:
    """Join demand points and open stations to the network.

    Stations whose access is ``closed`` are left out. A station that names no compound but stands in
    the polygon of an enclosed one is behind its wall.
    """
    compounds, demand, stations = district.compounds, district.demand, district.stations
    rule = GateRule(scenario.gates.policy, scenario.gates.at, scenario.gates.weekday)
    streets = build_streets(district.ways, compounds, district.gates, rule)
    limit = scenario.standard(scenario.walking.snap_limit)
    rows = np.flatnonzero((stations["access"] != Access.CLOSED).to_numpy())
    opened = stations.iloc[rows]
    walled = compounds[compounds["enclosed"].astype(bool)]
    opened = opened.assign(compound=compound_at(opened, walled))
    zones = streets.zone_of_compound
    return Doors(
        streets,
        snap(streets, np.asarray(demand.geometry.array, dtype=object), home_zones(demand, zones), limit),
        snap(streets, np.asarray(opened.geometry.array, dtype=object), home_zones(opened, zones), limit),
        (opened["access"] == Access.PUBLIC).to_numpy(),
        rows,
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
    walking = scenario.walking
    factor = scenario.standard(walking.pace_factor) if walking.pace_factor else 1.0
    return Manner(
        pace_m_s=scenario.standard(group.pace) * factor,
        steps=group.steps,
        steps_factor=scenario.standard(walking.steps_factor) if group.steps == "slow" else 1.0,
        crossing_delay_s=scenario.standard(walking.crossing_delay),
    )


def populace(district: District, groups: Mapping[str, Group], whole: tuple[str, ...]) -> Populace:
    """Count the residents of each group at each demand point."""
    demand = district.demand
    bands = demand[list(AGE_BANDS)]
    residents = demand["residents"].to_numpy(np.float64)
    known = bands.notna().all(axis=1).to_numpy()
    counts = bands.fillna(0).to_numpy(np.float64)
    weight: dict[str, Floats] = {}
    for name, group in groups.items():
        if name == EVERYONE:
            weight[name] = residents if whole == (EVERYONE,) else np.where(known, 0.0, residents)
        else:
            shares = np.array([dict(group.ages).get(band, 0.0) for band in AGE_BANDS])
            weight[name] = counts @ shares
    return Populace(residents, demand["households"].to_numpy(np.float64), weight, dict(groups), whole)


def _reach(district: District, doors: Doors, manner: Manner) -> Mapping[ServiceLevel, Reach]:
    walks = Walks(doors.streets, manner)
    kinds = district.stations["kind"].to_numpy(object)
    found: dict[ServiceLevel, Reach] = {}
    for level in ServiceLevel:
        which = doors.of_level(level, kinds)
        part = Snap(doors.stations.edge[which], doors.stations.along_m[which], doors.stations.leg_m[which])
        cost, nearest = walks.nearest(doors.demand, part, doors.serves_public[which])
        rows = doors.station_rows[which]
        station = np.where(nearest >= 0, rows[nearest] if len(rows) else -1, -1)
        found[level] = Reach(cost, station)
    return found


def _minutes(reach: Reach) -> Reach:
    return Reach(reach.walk / 60, reach.station)


def _straight(district: District, doors: Doors) -> Mapping[ServiceLevel, Reach]:
    here = district.demand.geometry.get_coordinates().to_numpy()
    there = district.stations.geometry.get_coordinates().to_numpy().reshape(-1, 2)
    kinds = district.stations["kind"].to_numpy(object)
    found: dict[ServiceLevel, Reach] = {}
    for level in ServiceLevel:
        rows = doors.station_rows[doors.of_level(level, kinds)]
        if not len(rows):
            found[level] = Reach(np.full(len(here), np.inf), np.full(len(here), -1, np.int64))
            continue
        gap, nearest = cKDTree(there[rows]).query(here)
        found[level] = Reach(np.asarray(gap, np.float64), rows[np.asarray(nearest, np.int64)])
    return found
