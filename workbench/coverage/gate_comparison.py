"""Gates as they are, at night and all open: three coverages of one district side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.calendars import Moment
from workbench.coverage import gate_reading
from workbench.coverage.measure import assess_coverage
from workbench.coverage.posts_reading import MODES
from workbench.coverage.result import CoverageResult
from workbench.district import District
from workbench.progress import Tell, silent
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.scenario.gates import Gates
from workbench.terms import GateState, Mode, label


@dataclass(frozen=True, eq=False, repr=False)
class GateComparison:
    """Three coverages that differ in nothing but the gates; made by :func:`compare_gates`.

    Attributes
    ----------
    district, scenario
        What was measured; what the scenario itself says of open gates is not used.
    coverages
        The five-minute circle under each state of the gates.
    """

    district: District
    scenario: Scenario
    coverages: Mapping[GateState, CoverageResult]
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        parts = ", ".join(f"{state} {self.covered(state, Mode.COMPLIANCE):,.0f}" for state in GateState)
        return f"<GateComparison {self.scenario.name}: residents within five minutes: {parts}>"

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version; that of the coverage by day."""
        return self.coverages[GateState.DAY].fingerprint

    def covered(self, state: GateState, mode: Mode) -> float:
        """Return the residents that are covered under one state of the gates."""
        return float(self.coverages[state].covered_residents(mode).sum())

    def by_area(self, area: Literal["community", "compound"]) -> pd.DataFrame:
        """Compare the residents covered in each area.

        Parameters
        ----------
        area
            ``community`` or ``compound``.

        Returns
        -------
        pandas.DataFrame
            One row an area with residents: ``id``, ``residents``, and by mode ``{mode}_{state}`` for each state of
            the gates, and ``{mode}_lost`` and ``{mode}_won``: residents no longer covered at night, and covered
            besides with all gates open, both against the gates as they are.
        """
        by_state = {
            state: result.by_community if area == "community" else result.by_compound
            for state, result in self.coverages.items()
        }
        table = by_state[GateState.DAY].reindex(columns=["id", "residents"]).reset_index(drop=True)
        for mode in MODES:
            for state in GateState:
                column = by_state[state].reindex(columns=[f"covered_{mode}"])[f"covered_{mode}"]
                table[f"{mode}_{state}"] = column.to_numpy(np.float64)
            table[f"{mode}_lost"] = table[f"{mode}_{GateState.DAY}"] - table[f"{mode}_{GateState.NIGHT}"]
            table[f"{mode}_won"] = table[f"{mode}_{GateState.OPEN}"] - table[f"{mode}_{GateState.DAY}"]
        return table

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """Residents covered in each community; see :meth:`by_area`."""
        return self.by_area("community")

    @cached_property
    def by_compound(self) -> pd.DataFrame:
        """Residents covered in each compound; see :meth:`by_area`."""
        return self.by_area("compound")

    def kpis(self) -> list[Kpi]:
        """Return the numbers: by mode residents and compounds covered under each state, and the differences."""
        return gate_reading.comparison_kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return gate_reading.comparison_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: demand points with their walk under each state, metres."""
        demand = self.district.demand
        columns = {"id": demand["id"], "residents": demand["residents"]}
        for state, result in self.coverages.items():
            walk = pd.Series(result.points["distance_m_any"].to_numpy(np.float64))
            columns[f"distance_m_{state}"] = walk
        return {"gate_states": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}


def compare_gates(district: District, scenario: Scenario, *, progress: Tell = silent) -> GateComparison:
    """Measure a district three times: gates as they are at the clock, at night, and all open.

    As they are at the hour of the scenario's clock; as they are at night, at ``gate_study.night``; and all open, to
    residents and visitors. Nothing else differs: stations, people and paces are those of the clock's hour, so that the
    differences are what the gates alone do. What gates and stations together give at night says a scenario whose
    ``clock`` is set to it, and the week of :func:`workbench.coverage.assess_space_time`.

    Parameters
    ----------
    district
        The ground.
    scenario
        The intent; its section ``gates`` is replaced.
    progress
        Told of each state.

    Returns
    -------
    GateComparison
        Of the coverages, each with a scenario of its own title, for :func:`workbench.study.compare`.

    Raises
    ------
    GeodataError
        If the district has no demand layer, or opening hours of gates do not parse.
    """
    rules, clock = scenario.gate_study, scenario.moment
    night = Moment.at(rules.weekday, rules.night, scenario.hours.calendar)
    states = {
        GateState.DAY: (f"{label(GateState.DAY)} {clock.title}", Gates(), clock),
        GateState.NIGHT: (f"{label(GateState.NIGHT)} {night.title}", Gates(), night),
        GateState.OPEN: (label(GateState.OPEN), Gates(policy="all_open"), clock),
    }
    found = {}
    for step, (state, (title, gates, then)) in enumerate(states.items()):
        progress("gates", step, len(states))
        found[state] = assess_coverage(district, scenario.model_copy(update={"gates": gates, "title": title}), then)
    progress("gates", len(states), len(states))
    return GateComparison(district, scenario, MappingProxyType(found))
