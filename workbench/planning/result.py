"""What siting found: a plan with its proof, measured on the ground."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import CoverageResult
from workbench.errors import NoSolutionError
from workbench.planning import reading
from workbench.planning.answer import Remeasured
from workbench.planning.question import StationQuestion
from workbench.planning.reasons import reasons_of
from workbench.planning.words import conflict_words
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.siting import SitingPlan

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class SitingResult:
    """The next stations; made by :func:`workbench.planning.site_stations`.

    Attributes
    ----------
    question
        Sites, demand and rules.
    plan
        What the solver found, with status, bound and gap; positions are those of the question's sites.
    measured
        The plan measured on the ground; None where there is no plan.
    """

    question: StationQuestion
    plan: SitingPlan
    measured: Remeasured | None

    def __repr__(self) -> str:
        if self.measured is None:
            return f"<SitingResult {self.scenario.name}: {self.status}>"
        return f"<SitingResult {self.scenario.name}: {len(self.opened)} new stations, {self.status}>"

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.question.coverage.scenario

    @property
    def status(self) -> str:
        """OPTIMAL, FEASIBLE, INFEASIBLE or UNKNOWN."""
        return str(self.plan.status)

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return hashlib.sha256(f"siting\n{self.question.coverage.fingerprint}".encode()).hexdigest()

    @property
    def before(self) -> CoverageResult:
        """The five-minute circle of today."""
        return self.question.coverage

    @property
    def after(self) -> CoverageResult:
        """The five-minute circle with the plan.

        Raises
        ------
        NoSolutionError
            If there is no plan.
        """
        return self._found().coverage

    @property
    def sites(self) -> Ints:
        """Positions of the stations that are open in the plan, ascending."""
        self._found()
        return self.plan.sites

    @property
    def new_sites(self) -> Ints:
        """Positions of the new stations, ascending."""
        return self.sites[self.sites >= self.question.first_candidate]

    @property
    def opened(self) -> list[str]:
        """Identifiers of the new stations, in order."""
        return [str(name) for name in self.question.ids[self.new_sites]]

    @property
    def closed(self) -> list[str]:
        """Identifiers of the stations of today that close or move, in order."""
        question = self.question
        moved = question.ids[np.setdiff1d(question.today, self.sites)]
        return sorted([*question.wish.standing.close, *(str(name) for name in moved)])

    @property
    def conflict(self) -> list[str]:
        """The rules that contradict each other, in words, as few as possible; empty where there is a plan."""
        return [conflict_words(self.question, rule) for rule in self.plan.conflict]

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """What each new station does for the plan, one row each; see :func:`workbench.planning.reasons.reasons_of`."""
        self._found()
        return reasons_of(self)

    @property
    def investment(self) -> tuple[float | None, float, float]:
        """Capex of the new stations, 万元: the sum, its low and its high end; None where one is not known."""
        capex = self.question.candidates.ledger["capex"].to_numpy(np.float64)
        total = float(capex[self.new_sites - self.question.first_candidate].sum())
        spread = self.scenario.standard(self.question.wish.cost_spread)
        if np.isnan(total):
            return None, np.nan, np.nan
        return total, total * (1 - spread), total * (1 + spread)

    def _found(self) -> Remeasured:
        if self.measured is None:
            why = f": {'；'.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"siting found no plan; its status is {self.status}{why}")
        return self.measured

    def kpis(self) -> list[Kpi]:
        """Return the numbers, measured before and after."""
        return reading.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def to_frame(self) -> pd.DataFrame:
        """Return the new stations, one row each.

        Raises
        ------
        NoSolutionError
            If there is no plan.
        """
        return reading.chosen(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: every site with its part in the plan."""
        return {"siting_sites": reading.site_layer(self)}
