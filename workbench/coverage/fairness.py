"""公平: how unevenly walks are spread, who walks farthest, and how the answer moves with the unit one looks at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import boundary, fairness_reading, gaps, scales
from workbench.coverage.areas import Area
from workbench.coverage.boundary import Bounded
from workbench.coverage.inequality import lorenz
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES, Walkers, all_numbers, walkers
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import Mode, ServiceLevel

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class FairnessResult:
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

    coverage: CoverageResult
    worst_share: float
    bounded: Bounded
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        return f"<FairnessResult {self.scenario.name}: Gini of walk time {self.kpis()[0].rounded}>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

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
        return all_numbers(pd.DataFrame(rows))

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """Gap between each group at its own pace and everybody; see :func:`workbench.coverage.gaps.by_group`."""
        return gaps.by_group(self.coverage, self.worst_share)

    @cached_property
    def worst_by_group(self) -> pd.DataFrame:
        """Who the worst-off residents are; small counts are not published."""
        return gaps.worst_by_group(self.coverage, self.worst_share)

    def worst_by_area(self, area: Area, mode: Mode = Mode.EXPERIENCE) -> pd.DataFrame:
        """Return where the worst-off residents live, most first."""
        return gaps.worst_by_area(self.coverage, self.worst_share, area, mode)

    @cached_property
    def by_scale(self) -> pd.DataFrame:
        """The same question at every scale, both modes; see :func:`workbench.coverage.scales.by_scale`."""
        return scales.by_scale(self.coverage, self.worst_share)

    def units(self, mode: Mode, scale: str) -> pd.DataFrame:
        """Return the mean walk and the residents of each unit of a scale."""
        return scales.units(self.coverage, mode, scale)

    @cached_property
    def by_boundary(self) -> pd.DataFrame:
        """Walks with stations across the boundary and without, both modes, over the same residents."""
        return boundary.by_boundary(self.coverage, self.worst_share, self.bounded)

    @cached_property
    def across(self) -> pd.DataFrame:
        """Residents of each community who are covered across the boundary only."""
        return boundary.across(self.coverage, self.bounded)

    def to_frame(self) -> pd.DataFrame:
        """Return the answer at every scale, numbers unrounded."""
        return self.by_scale.copy()

    def kpis(self) -> list[Kpi]:
        """Return the numbers: Gini first, then the worst off, gaps, scales, boundaries."""
        return fairness_reading.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return fairness_reading.tables(self)

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
    return FairnessResult(coverage, worst, boundary.bounded(coverage))
