"""What a measurement of coverage found."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array

from workbench.coverage import areas, groups, indicators
from workbench.coverage.costs import SECONDS_A_MINUTE, walks_within
from workbench.coverage.doors import Doors
from workbench.coverage.gate_hours import WeekWalks, week_walks
from workbench.coverage.quantities import within
from workbench.district import District
from workbench.network.service_areas import areas_within
from workbench.network.streets import Snap
from workbench.network.walking import METRES, Manner
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.scenario.schema import Group
from workbench.terms import Mode, ServiceLevel
from workbench.version import __version__

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


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


@dataclass(frozen=True, eq=False, repr=False)
class CoverageResult:
    """The five-minute circle as measured; made by :func:`workbench.coverage.assess_coverage`.

    Attributes
    ----------
    district, scenario
        The ground and the intent that were measured.
    populace
        Who lives where.
    ground
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
    ground: Doors
    manners: Mapping[str, Manner]
    default_manner: Manner
    distance: Mapping[ServiceLevel, Reach]
    minutes: Mapping[str, Mapping[ServiceLevel, Reach]]
    default_minutes: Mapping[ServiceLevel, Reach]
    straight: Mapping[ServiceLevel, Reach]
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        share = next(k.rounded for k in indicators.covered(self, Mode.COMPLIANCE) if k.unit == "%")
        ground = self.district.manifest.key
        limit = f"{self.distance_limit_m:g} m"
        return f"<CoverageResult {self.scenario.name} on {ground}: {share} % of residents within {limit}>"

    @property
    def doors(self) -> Snap:
        """Where the demand points stand on the network."""
        return self.ground.demand

    @property
    def station_rows(self) -> Ints:
        """Rows of the open stations in the stations layer."""
        return self.ground.station_rows

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
        compounds, ground = np.asarray(self.district.compounds.geometry.array, dtype=object), self.ground
        inside = areas_within(
            ground.walks(METRES), ground.stations, ground.audience.public, self.distance_limit_m, compounds,
            buffer_m=self.scenario.standard(self.scenario.service_areas.buffer),
        )  # fmt: skip
        return float(inside.sum()), float(shapely.area(compounds).sum())

    @cached_property
    def week(self) -> WeekWalks:
        """Every walk within the limit through the gates that are open then, hour by hour of the scenario's week."""
        return week_walks(self)

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
            return walks_within(self.ground, METRES, longest, stations)
        manner = self.manners[group] if group else self.default_manner
        return walks_within(self.ground, manner, longest, stations, SECONDS_A_MINUTE)

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
        return self.ground.on_island(self.doors)

    @cached_property
    def stations_on_island(self) -> Flags:
        """Stations joined to such ways, whatever their hours, in the order of ``ground.at_any_hour``."""
        return self.ground.on_island(self.ground.at_any_hour.stations)

    @cached_property
    def unreachable(self) -> Flags:
        """Demand points on the network from which no station can be reached, shape (k,)."""
        return self.doors.joined & ~np.isfinite(self.distance[ServiceLevel.ANY].walk)

    @cached_property
    def unsnapped(self) -> Flags:
        """Demand points on no way: those open to them are too far, or across water, rail or motorway; (k,)."""
        return ~self.doors.joined

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
        return areas.point_layer(self)

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Coverage of each group, experience mode, by level of service; exact, not for publication."""
        return groups.by_group(self)

    @cached_property
    def withheld(self) -> groups.Withheld:
        """Numbers of groups that are too small to publish; :meth:`tables` and :meth:`kpis` leave them out."""
        return groups.withheld_groups(self)

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """Coverage of each community, both modes."""
        return areas.by_area(self, "community")

    @cached_property
    def by_subdistrict(self) -> pd.DataFrame:
        """Coverage of each subdistrict, both modes."""
        return areas.by_area(self, "subdistrict")

    @cached_property
    def by_compound(self) -> pd.DataFrame:
        """Coverage of each compound, both modes."""
        return areas.by_area(self, "compound")

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """Residents for whom each station is the nearest, within the limit and in all."""
        return areas.by_station(self)

    @cached_property
    def lost(self) -> pd.DataFrame:
        """Demand points that are not on the network or cannot reach a station, with the reason."""
        return areas.lost_points(self)

    @cached_property
    def doubtful_doors(self) -> pd.DataFrame:
        """Doors of demand points and stations on islands, behind a wall, or across what nobody crosses."""
        return areas.doubtful_doors(self)

    def worst_compounds(self, most: int = 10) -> pd.DataFrame:
        """Return the compounds with the most residents beyond the compliance limit."""
        table = self.by_compound
        gap = table["residents"] - table["covered_compliance"]
        order = table.assign(gap=gap).sort_values(["gap", "id"], ascending=[False, True], kind="stable")
        return order[order["gap"] > 0].head(most).reset_index(drop=True)

    def kpis(self) -> list[Kpi]:
        """Return the numbers, compliance first."""
        return indicators.kpis(self)

    def summary(self, mode: Mode | None = None) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese; of one mode only when it is given."""
        return kpi_table(kpi for kpi in self.kpis() if mode is None or kpi.mode == mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return areas.reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name."""
        return areas.map_layers(self)
