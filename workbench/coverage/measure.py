"""Who lives within five minutes of a station? Measured, never modelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from workbench.calendars import Moment
from workbench.coverage.costs import SECONDS_A_MINUTE
from workbench.coverage.doors import Doors, place_doors
from workbench.coverage.result import CoverageResult, Populace, Reach
from workbench.district import District
from workbench.errors import GeodataError, Problem
from workbench.network.walking import METRES, Manner
from workbench.progress import Tell, silent
from workbench.scenario import Scenario
from workbench.scenario.schema import Group
from workbench.terms import AGE_BANDS, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

EVERYONE = "everyone"
"""Name of the group of residents whose age is not known; it walks at the scenario's default pace."""


def assess_coverage(
    district: District, scenario: Scenario, gates_at: Moment | None = None, *, progress: Tell = silent
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
    progress("network", 0, 1)
    doors = place_doors(district, scenario, gates_at)
    progress("network", 1, 1)
    return measured(district, scenario, doors, lambda manner: _reach(doors, manner), progress=progress)


def measured(
    district: District,
    scenario: Scenario,
    doors: Doors,
    reach_of: Callable[[Manner], Mapping[ServiceLevel, Reach]],
    *,
    progress: Tell = silent,
) -> CoverageResult:
    """Make a result of the walks of every manner of walking.

    Parameters
    ----------
    district, scenario
        Ground and intent.
    doors
        Where demand points and stations stand.
    reach_of
        Returns the walks of one manner, metres for :data:`METRES` and seconds for any other, by level of service.
    progress
        Told of each manner.
    """
    groups, whole = walking_groups(district, scenario)
    manners = {name: manner_of(scenario, group) for name, group in groups.items()}
    default = manner_of(scenario, Group(label="", ages={}, pace=scenario.walking.pace, steps="walk"))
    distinct = [METRES, *dict.fromkeys([*manners.values(), default])]
    reach: dict[Manner, Mapping[ServiceLevel, Reach]] = {}
    for step, manner in enumerate(distinct):
        progress("walks", step, len(distinct))
        reach[manner] = reach_of(manner)
    progress("walks", len(distinct), len(distinct))
    return CoverageResult(
        district=district,
        scenario=scenario,
        populace=populace(district.demand, groups, whole),
        ground=doors,
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
    walking = scenario.walking
    factor = scenario.standard(walking.pace_factor) if walking.pace_factor else 1.0
    return Manner(
        pace_m_s=scenario.standard(group.pace) * factor,
        steps=group.steps,
        steps_factor=scenario.standard(walking.steps_factor) if group.steps == "slow" else 1.0,
        crossing_delay_s=scenario.standard(walking.crossing_delay),
    )


def populace(demand: pd.DataFrame, groups: Mapping[str, Group], whole: tuple[str, ...]) -> Populace:
    """Count the residents of each group at each demand point."""
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
