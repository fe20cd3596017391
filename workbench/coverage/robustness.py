"""稳健性: how surely residents are covered, if a station shuts or an assumption is off."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.coverage import choice, closures, robustness_reading
from workbench.coverage.areas import Area
from workbench.coverage.choice import Choice, choices
from workbench.coverage.draws import Band, band
from workbench.coverage.ranges import Ranges, ranges_of
from workbench.coverage.remeasure import Shares, headline
from workbench.coverage.result import CoverageResult
from workbench.coverage.tornado import Bar, by_parameter, tornado
from workbench.coverage.walkers import MODES
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import Mode

HEADLINE: Final = "coverage.residents"
"""Indicator whose target the draws are held against."""


@dataclass(frozen=True, eq=False, repr=False)
class RobustnessResult:
    """How robust the five-minute circle is; made by :func:`assess_robustness`.

    Everything is of any station, full or lite, and of all residents; each part is measured when first asked for.

    Attributes
    ----------
    coverage
        The five-minute circle that was looked at.
    ranges
        How far its assumptions may be off.
    critical_loss
        Share of all residents who lose coverage from which on a station is critical.
    critical_draws
        Share of the draws in which a station must be critical to be surely so.
    """

    coverage: CoverageResult
    ranges: Ranges
    critical_loss: float
    critical_draws: float
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        table = self.by_depth
        people = table.loc[(table["mode"] == Mode.COMPLIANCE) & (table["stations"] == 2), "residents"].iloc[0]
        return f"<RobustnessResult {self.scenario.name}: {people:,.0f} residents within the limit of two stations>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    @cached_property
    def headline(self) -> Shares:
        """Share of residents covered as the scenario has it, percent, by mode."""
        return headline(self.coverage)

    @property
    def target(self) -> float | None:
        """Aim of the plan for the headline share, percent; it is one for the compliance mode."""
        return self.scenario.targets.get(HEADLINE)

    @cached_property
    def choices(self) -> dict[Mode, list[Choice]]:
        """Which stations are within the limit of whom, both modes."""
        return {mode: choices(self.coverage, mode) for mode in MODES}

    @cached_property
    def by_depth(self) -> pd.DataFrame:
        """Residents with at least one, two, three stations within the limit, both modes."""
        return choice.by_depth(self.coverage, self.choices)

    def by_area(self, area: Area = "community") -> pd.DataFrame:
        """Return the same for each area; see :func:`workbench.coverage.choice.depth_by_area`."""
        return choice.depth_by_area(self.coverage, self.choices, area)

    @cached_property
    def by_closure(self) -> pd.DataFrame:
        """Each open station shut by itself, both modes; see :func:`workbench.coverage.closures.by_closure`."""
        return closures.by_closure(self.coverage, self.choices, self.critical_loss)

    def critical(self, mode: Mode) -> list[str]:
        """Return the critical stations, the gravest first."""
        table = self.by_closure
        return [str(name) for name in table.loc[(table["mode"] == mode) & table["critical"], "id"]]

    @cached_property
    def bars(self) -> list[Bar]:
        """One assumption at a time, at both ends of its range."""
        return tornado(self.coverage, self.ranges)

    @cached_property
    def by_parameter(self) -> pd.DataFrame:
        """The same as a table, widest first; see :func:`workbench.coverage.tornado.by_parameter`."""
        return by_parameter(self.coverage, self.bars)

    @cached_property
    def band(self) -> Band:
        """All assumptions at once, drawn at random."""
        return band(self.coverage, self.ranges, self.critical_loss)

    def to_frame(self) -> pd.DataFrame:
        """Return the closures, numbers unrounded."""
        return self.by_closure.copy()

    def kpis(self) -> list[Kpi]:
        """Return the numbers: backup, closures, sensitivity, draws; compliance first."""
        return robustness_reading.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return robustness_reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: stations with their loss, points with their choice."""
        demand, stations = self.coverage.district.demand, self.coverage.district.stations
        columns = {
            "id": demand["id"],
            "residents": demand["residents"],
            "stations_compliance": self.choices[Mode.COMPLIANCE][0].count,
            "stations_experience": self._at_default_pace,
        }
        layers = {"robustness_points": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}
        table = self.by_closure
        if len(table):
            sides = [
                table.loc[table["mode"] == mode, ["id", "lost", "lost_share", "extra_all", "cut_off", "critical"]]
                .set_index("id").round(2).add_suffix(f"_{mode}")
                for mode in MODES
            ]  # fmt: skip
            shut = stations[["id", "kind", "geometry"]].merge(sides[0].join(sides[1]).reset_index(), on="id")
            layers["robustness_stations"] = gpd.GeoDataFrame(shut, geometry="geometry", crs=stations.crs)
        return layers

    @property
    def _at_default_pace(self) -> np.ndarray:
        """Stations within the limit at the default pace: a point of the layer tells of no ages."""
        walks = self.coverage.cost_matrix(Mode.EXPERIENCE)
        return np.bincount(walks.indices, minlength=walks.shape[1])


def assess_robustness(coverage: CoverageResult) -> RobustnessResult:
    """Look at how far the five-minute circle depends on single stations and on assumptions.

    Parameters
    ----------
    coverage
        The five-minute circle; section ``robustness`` of its scenario says how far assumptions may be off.

    Returns
    -------
    RobustnessResult
        In both modes: metres along the network, and minutes with each group at its own pace.

    Raises
    ------
    ScenarioError
        If a spread or range of the scenario makes no sense; all problems at once.
    """
    scenario, rules = coverage.scenario, coverage.scenario.robustness
    return RobustnessResult(
        coverage,
        ranges_of(coverage),
        scenario.standard(rules.critical_loss),
        scenario.standard(rules.critical_draws),
    )
