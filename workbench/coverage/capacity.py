"""容量: is there room enough, for as many as live within reach? Covered is not yet served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import capacity_reading, floor_area
from workbench.coverage.areas import Area, area_of_points
from workbench.coverage.catchment import accessibility, catchment_weights, supply_ratios
from workbench.coverage.inequality import means
from workbench.coverage.result import CoverageResult
from workbench.errors import Problem, StandardError
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import Mode, ServiceLevel

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

METHODS: Final = ("2sfca", "e2sfca")
"""The plain floating catchment, and the one in which longer walks count less."""

_UNITS = {Mode.COMPLIANCE: "m", Mode.EXPERIENCE: "min"}


@dataclass(frozen=True, eq=False, repr=False)
class CapacityResult:
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

    coverage: CoverageResult
    supply: Floats
    stood_in: Flags
    demand: Floats
    catchment: float
    ratio: Mapping[str, Floats]
    access: Mapping[str, Mapping[ServiceLevel, Floats]]
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        share = self.kpis()[0]
        return f"<CapacityResult {self.scenario.name}: {share.rounded} {share.unit} in full centres>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def mode(self) -> Mode:
        """Metres or minutes: how catchments and loads are drawn."""
        return Mode(self.scenario.capacity.mode)

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """Floor area for 100 households of each community, and ㎡ within reach of its residents."""
        return self._with_access(floor_area.by_community(self.coverage), "community")

    @cached_property
    def by_compound(self) -> pd.DataFrame:
        """㎡ within reach of the residents of each compound."""
        compounds = self.coverage.district.compounds
        return self._with_access(pd.DataFrame(compounds[["id", "name", "community"]]), "compound")

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """Area, residents' share and load of each open station, the most loaded first."""
        return floor_area.by_station(self.coverage)

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
                columns[f"{method}_{level}"] = np.round(floor_area.PER * found, 2)
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
                table[f"{method}_{level}"] = floor_area.PER * whole
        return table

    def to_frame(self) -> pd.DataFrame:
        """Return the answer by community, numbers unrounded."""
        return self.by_community.copy()

    def kpis(self) -> list[Kpi]:
        """Return the numbers: area, residents' share, load, ㎡ within reach."""
        return capacity_reading.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return capacity_reading.tables(self)

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
    demand = coverage.populace.residents if rules.demand == "residents" else floor_area.households_of(coverage)
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
