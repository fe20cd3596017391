"""Where the demand points and open stations of a district stand on its network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Moment
from workbench.catalogue.terms import LEVEL_OF_KIND, Access, ServiceLevel
from workbench.coverage.timetable import counts_at_clock
from workbench.ground.district import District
from workbench.network.streets import (
    Barriers,
    GateRule,
    IslandRule,
    Snap,
    Streets,
    build_streets,
    compound_at,
    home_zones,
    snap,
)
from workbench.network.walking import Audience, Manner, Walks
from workbench.scenario import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# Sums, shares and quantiles over residents.


LIMIT_TOLERANCE = 1e-6
"""Metres or seconds by which a walk may exceed its limit: the rounding of sums, no more."""


def within(walk: Floats, limit: float) -> Flags:
    """Tell which walks are not longer than the limit (≤, with :data:`LIMIT_TOLERANCE`)."""
    return walk <= limit + LIMIT_TOLERANCE


def share(part: float, whole: float) -> float | None:
    """Return ``part`` of ``whole`` in percent; None when there is no whole."""
    return 100 * part / whole if whole > 0 else None


def quantile(walk: Floats, weight: Floats, q: float) -> float | None:
    """Return the shortest walk that a share ``q`` of the weight does not exceed.

    Walks that are infinite are left out, they are reported apart; None when nothing is left.

    Parameters
    ----------
    walk
        Walks, shape (k,).
    weight
        Residents that take them, shape (k,).
    q
        Share, 0 < q ≤ 1.
    """
    used = np.isfinite(walk) & (weight > 0)
    if not used.any():
        return None
    reached = q * (1 - 1e-12)  # ten tenths of a resident are one, however they are added up
    order = np.argsort(walk[used])
    summed = weight[used][order].cumsum()
    return float(walk[used][order[np.searchsorted(summed / summed[-1], reached)]])  # numpy's inverted_cdf, in short


# ----------------------------------------------------------------------------------------------------------------------
# Where the demand points and open stations of a district stand on its network.


@dataclass(frozen=True, eq=False)
class Doors:
    """Demand points and open stations on the network of one district.

    Attributes
    ----------
    streets
        The network.
    demand
        Doors of the demand points, in the order of their layer.
    stations
        Doors of the stations that count at the hour of the scenario's clock: open then, or of hours that are not known.
    audience
        Whom each of these stations serves.
    station_rows
        Their rows in the stations layer.
    station_levels
        Level of service of each, full or lite.
    rest
        The same with all stations that are not closed, where some of them are shut at that hour.
    """

    streets: Streets
    demand: Snap
    stations: Snap
    audience: Audience
    station_rows: Ints
    station_levels: npt.NDArray[np.object_]
    rest: Doors | None = None
    _walks: dict[Manner, Walks] = field(default_factory=dict, init=False, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the networks of the manners of walking out of a cache: they are large, and soon made again."""
        return {**self.__dict__, "_walks": {}}

    @property
    def at_any_hour(self) -> Doors:
        """The same with every station that is not closed, whatever its hours; gates as at the clock."""
        return self if self.rest is None else self.rest

    def of_level(self, level: ServiceLevel) -> Ints:
        """Return positions among the open stations that offer this level of service."""
        return np.flatnonzero((self.station_levels == level) | (level == ServiceLevel.ANY))

    def on_island(self, places: Snap) -> Flags:
        """Tell which of these doors are joined to ways that lead nowhere, shape (k,)."""
        found = places.joined.copy()
        found[found] = ~self.streets.leads[places.edge[found]]
        return found

    def walks(self, manner: Manner) -> Walks:
        """Return the network as one manner of walking sees it; made once for each."""
        return self._walks.setdefault(manner, Walks(self.streets, manner))


def place_doors(district: District, scenario: Scenario, moment: Moment | None = None) -> Doors:
    """Join demand points and open stations to the network, at the hour of the scenario's clock.

    Stations whose access is ``closed`` are left out, and those that are shut at that hour; one whose hours are not
    known counts. A station that names no compound but stands in the polygon of an enclosed one is behind its wall.

    Parameters
    ----------
    district
        The ground.
    scenario
        Says what time it is, which gates are open and how far a door may lie from its way.
    moment
        Another minute of the week, at which gates alone are asked for; stations stay those of the clock.

    Raises
    ------
    GeodataError
        If opening hours of gates do not parse.
    NetworkError
        If there is no way to walk on.
    """
    rule = GateRule(scenario.gates.policy, moment or scenario.moment)
    barriers = Barriers.of(district.layer("backdrop"), district.compounds)
    return doors_on(_streets(district, scenario, rule, barriers), district, scenario)


def with_gates_at(doors: Doors, district: District, scenario: Scenario, moment: Moment) -> Doors:
    """Return the same doors with a scenario's gates at a minute of the week: no door moves because a gate does."""
    streets = _streets(district, scenario, GateRule(scenario.gates.policy, moment), doors.streets.barriers)
    rest = None if doors.rest is None else replace(doors.rest, streets=streets)
    return replace(doors, streets=streets, rest=rest)


def _streets(district: District, scenario: Scenario, rule: GateRule, barriers: Barriers) -> Streets:
    walking = scenario.walking
    islands = IslandRule(scenario.standard(walking.island_share), scenario.standard(walking.island_length))
    return district.network(
        (rule, islands, len(barriers.firm), len(barriers.walls)),
        lambda: build_streets(district.ways, district.compounds, district.gates, rule, islands, barriers),
    )


def doors_on(streets: Streets, district: District, scenario: Scenario, snap_limit_m: float | None = None) -> Doors:
    """Join demand points and open stations to a network that is there already.

    Parameters
    ----------
    streets
        The network of the district.
    district
        The ground.
    scenario
        Says at what time stations are asked for, and how far a door may lie from its way.
    snap_limit_m
        Farthest a door may lie from its way, metres; that of the scenario when not given.
    """
    limit = scenario.standard(scenario.walking.snap_limit) if snap_limit_m is None else snap_limit_m
    compounds, demand, stations = district.compounds, district.demand, district.stations
    rows = np.flatnonzero((stations["access"] != Access.CLOSED).to_numpy())
    opened = stations.iloc[rows]
    walled = compounds[compounds["enclosed"].astype(bool)]
    opened = opened.assign(compound=compound_at(opened, walled))
    zones = streets.zone_of_compound
    number = {name: place for place, name in enumerate(sorted(compounds["id"]))}
    whole = Doors(
        streets,
        snap(streets, _places(demand), home_zones(demand, zones), limit),
        snap(streets, _places(opened), home_zones(opened, zones), limit),
        Audience(
            (opened["access"] == Access.PUBLIC).to_numpy(),
            _numbers(opened["compound"], number),
            _numbers(demand["compound"], number),
        ),
        rows,
        np.array([LEVEL_OF_KIND[kind] for kind in opened["kind"]], object),
    )
    counted = np.flatnonzero(counts_at_clock(opened, scenario))
    return whole if len(counted) == len(rows) else _only(whole, counted)


def _only(whole: Doors, counted: Ints) -> Doors:
    """Keep some of the stations, and the whole beside."""
    return Doors(
        whole.streets,
        whole.demand,
        whole.stations.take(counted),
        whole.audience.take(counted),
        whole.station_rows[counted],
        whole.station_levels[counted],
        whole,
    )


def _places(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    return np.asarray(frame["geometry"].array, dtype=object)


def _numbers(names: pd.Series, number: dict[str, int]) -> Ints:
    return np.asarray(names.map(number).fillna(-1), np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# Every walk from a demand point to a station, as a cost matrix.


SECONDS_A_MINUTE = 60.0


def walks_within(ground: Doors, manner: Manner, limit: float, stations: int, unit: float = 1.0) -> csr_array:
    """Return every walk from a demand point to a station that serves it.

    Parameters
    ----------
    ground
        Where demand points and open stations stand.
    manner
        How people walk.
    limit
        Longest walk kept, included up to rounding.
    stations
        Rows of the stations layer.
    unit
        What limit and walks are counted in: 1 metre, or :data:`SECONDS_A_MINUTE`.

    Returns
    -------
    scipy.sparse.csr_array
        Shape (stations, k): a row is empty where the station is closed or off the network.
    """
    longest = limit + LIMIT_TOLERANCE
    bound = np.nextafter(longest * unit, np.inf)  # the product may be rounded down
    found = ground.walks(manner).costs(ground.demand, ground.stations, ground.audience, bound)
    row = np.repeat(ground.station_rows, np.diff(found.indptr))
    cost = found.data / unit
    kept = cost <= longest
    ptr = np.concatenate([[0], np.cumsum(np.bincount(row[kept], minlength=stations))])
    return csr_array((cost[kept], found.indices[kept], ptr), shape=(stations, found.shape[1]))
