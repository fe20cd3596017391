"""Where the demand points and open stations of a district stand on its network."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.district import District
from workbench.network.barriers import Barriers
from workbench.network.gates import GateRule
from workbench.network.snap import Snap, compound_at, home_zones, snap
from workbench.network.streets import IslandRule, Streets, build_streets
from workbench.network.walking import Audience, Manner, Walks
from workbench.scenario import Scenario
from workbench.terms import LEVEL_OF_KIND, Access, ServiceLevel

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


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
        Doors of the stations that are not closed.
    audience
        Whom each of these stations serves.
    station_rows
        Their rows in the stations layer.
    station_levels
        Level of service of each, full or lite.
    """

    streets: Streets
    demand: Snap
    stations: Snap
    audience: Audience
    station_rows: Ints
    station_levels: npt.NDArray[np.object_]
    _walks: dict[Manner, Walks] = field(default_factory=dict, init=False, repr=False)

    def of_level(self, level: ServiceLevel) -> Ints:
        """Return positions among the open stations that offer this level of service."""
        return np.flatnonzero((self.station_levels == level) | (level == ServiceLevel.ANY))

    def on_island(self, places: Snap) -> Flags:
        """Tell which of these doors are joined to ways that lead nowhere, shape (k,)."""
        return places.joined & ~self.streets.leads[places.edge]

    def walks(self, manner: Manner) -> Walks:
        """Return the network as one manner of walking sees it; made once for each."""
        return self._walks.setdefault(manner, Walks(self.streets, manner))


def place_doors(district: District, scenario: Scenario) -> Doors:
    """Join demand points and open stations to the network.

    Stations whose access is ``closed`` are left out. A station that names no compound but stands in
    the polygon of an enclosed one is behind its wall.

    Parameters
    ----------
    district
        The ground.
    scenario
        Says which gates are open and how far a door may lie from its way.

    Raises
    ------
    GeodataError
        If opening hours of gates do not parse.
    NetworkError
        If there is no way to walk on.
    """
    rule = GateRule(scenario.gates.policy, scenario.gates.at, scenario.gates.weekday)
    walking = scenario.walking
    islands = IslandRule(scenario.standard(walking.island_share), scenario.standard(walking.island_length))
    barriers = Barriers.of(district.layer("backdrop"), district.compounds)
    streets = build_streets(district.ways, district.compounds, district.gates, rule, islands, barriers)
    return doors_on(streets, district, scenario.standard(walking.snap_limit))


def doors_on(streets: Streets, district: District, snap_limit_m: float) -> Doors:
    """Join demand points and open stations to a network that is there already.

    Parameters
    ----------
    streets
        The network of the district.
    district
        The ground.
    snap_limit_m
        Farthest a door may lie from its way, metres.
    """
    compounds, demand, stations = district.compounds, district.demand, district.stations
    rows = np.flatnonzero((stations["access"] != Access.CLOSED).to_numpy())
    opened = stations.iloc[rows]
    walled = compounds[compounds["enclosed"].astype(bool)]
    opened = opened.assign(compound=compound_at(opened, walled))
    zones = streets.zone_of_compound
    number = {name: place for place, name in enumerate(sorted(compounds["id"]))}
    return Doors(
        streets,
        snap(streets, _places(demand), home_zones(demand, zones), snap_limit_m),
        snap(streets, _places(opened), home_zones(opened, zones), snap_limit_m),
        Audience(
            (opened["access"] == Access.PUBLIC).to_numpy(),
            _numbers(opened["compound"], number),
            _numbers(demand["compound"], number),
        ),
        rows,
        np.array([LEVEL_OF_KIND[kind] for kind in opened["kind"]], object),
    )


def _places(frame: pd.DataFrame) -> npt.NDArray[np.object_]:
    return np.asarray(frame["geometry"].array, dtype=object)


def _numbers(names: pd.Series, number: dict[str, int]) -> Ints:
    return np.asarray(names.map(number).fillna(-1), np.int64)
