"""The best gate of each compound: the one new or opened gate that brings most residents within five minutes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.coverage import gate_reading
from workbench.coverage.gate_links import GateLinks, gate_links
from workbench.coverage.gate_trials import Trial, gains_of, trials_of
from workbench.coverage.posts import compounds_of
from workbench.coverage.result import CoverageResult
from workbench.district import District, node_places
from workbench.errors import GeodataError, Problem
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import GateMeasure, NoGate, label

_GAINS = ["compliance", "own", "experience", "connected", "shortened", "saved", "mean_saved"]
_PEOPLE_DIGITS = 6  # sums over groups are not whole


@dataclass(frozen=True, eq=False, repr=False)
class GateGains:
    """What gates would gain, each by itself; made by :func:`best_gates`.

    Attributes
    ----------
    coverage
        The five-minute circle before any gate is opened.
    trials
        Everything that was tried.
    gains
        One row a trial, in their order: ``compound``, ``measure``, ``gate``, ``x`` and ``y``, and the columns of
        :func:`workbench.coverage.gate_trials.gains_of`.
    by_compound
        One row a walled compound, by identifier: ``id``, ``name``, ``community``, ``residents``, ``gap_compliance``
        and ``gap_experience`` (residents not covered), ``gates`` and ``open_gates``, ``tried`` (number of trials);
        of the best gate the columns of ``gains``, missing where none helps; and then ``reason``, a
        :class:`workbench.terms.NoGate`.
    """

    coverage: CoverageResult
    trials: tuple[Trial, ...]
    gains: pd.DataFrame
    by_compound: pd.DataFrame
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        helped = int(self.by_compound["gate"].notna().sum())
        return f"<GateGains {self.scenario.name}: one gate helps {helped} of {len(self.by_compound)} walled compounds>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    @cached_property
    def best(self) -> pd.DataFrame:
        """The compounds that a gate helps, those with most residents gained first."""
        table = self.by_compound[self.by_compound["gate"].notna()]
        order = ["compliance", "experience", "saved", "id"]
        return table.sort_values(order, ascending=[False, False, False, True], kind="stable", ignore_index=True)

    def with_gate(self, gate: str) -> District:
        """Return the district with one of the tried gates opened, as an edit that can be measured anew.

        Parameters
        ----------
        gate
            Identifier of a trial.

        Raises
        ------
        GeodataError
            If no such gate was tried.
        """
        trial = next((t for t in self.trials if t.gate == gate), None)
        if trial is None:
            raise GeodataError(
                Problem("gates", "no such gate was tried", gate, "id", "a gate of the column 'gate' of gains")
            )
        district = self.coverage.district
        if trial.measure is GateMeasure.NEW:
            nodes = {"inside": trial.inside, "outside": trial.outside}
            return district.with_new_gate(trial.gate, trial.compound, access=trial.access, **nodes)
        return district.with_gate(trial.gate, trial.access, trial.hours)

    def kpis(self) -> list[Kpi]:
        """Return the numbers: compounds that one gate helps, residents gained, and why others gain nothing."""
        return gate_reading.gain_kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return gate_reading.gain_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: the best gates as points, the ways of new ones as lines."""
        best, crs = self.best, self.coverage.district.crs
        columns = pd.DataFrame(
            {
                "id": best["gate"],
                "compound": best["id"],
                "measure": best["measure"],
                "label": [label(measure) for measure in best["measure"]],
                **{name: best[name] for name in _GAINS},
            }
        )
        found = {"best_gates": gpd.GeoDataFrame(columns, geometry=gpd.points_from_xy(best["x"], best["y"]), crs=crs)}
        places, by_gate = node_places(self.coverage.district.ways), {t.gate: t for t in self.trials}
        new = columns[columns["measure"] == GateMeasure.NEW]
        ends = [(by_gate[gate].outside, by_gate[gate].inside) for gate in new["id"]]
        lines = [shapely.LineString([places[outside], places[inside]]) for outside, inside in ends]
        ways = gpd.GeoDataFrame(new.reset_index(drop=True), geometry=gpd.GeoSeries(lines, crs=crs), crs=crs)
        ways["length_m"] = ways.length.round(2)
        found["new_gate_ways"] = ways
        return {name: layer for name, layer in found.items() if len(layer)}


def best_gates(coverage: CoverageResult, measures: Iterable[GateMeasure] = tuple(GateMeasure)) -> GateGains:
    """Find for each walled compound the one gate that gains most residents: opened, open longer, to visitors, or new.

    Every gate that can be tried is tried, by itself; see :mod:`workbench.coverage.gate_trials`. The best one brings
    most residents within the limit in the compliance mode; then in the experience mode; then links most residents who
    reached no station, then saves most metres; then asks for the least work, then has the lowest identifier.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario says which gates are open, when, and how long a new gate's way may be.
    measures
        What may be done; anything when not given.

    Returns
    -------
    GateGains
        Exact: :meth:`GateGains.with_gate` gives the district whose measurement says the same.
    """
    district = coverage.district
    links = gate_links(district, coverage.ground, coverage.scenario.standard(coverage.scenario.gate_study.link))
    allowed = frozenset(measures)
    trials = [trial for trial in trials_of(coverage, links) if trial.measure in allowed]
    gains = _placed(district, links, trials).join(gains_of(coverage, links, trials))
    return GateGains(coverage, tuple(trials), gains, _by_compound(coverage, gains))


def _placed(district: District, links: GateLinks, trials: list[Trial]) -> pd.DataFrame:
    """Name the trials, and say where each is."""
    places = node_places(district.ways)
    xy = np.array([places[trial.inside] for trial in trials], np.float64).reshape(-1, 2)
    return pd.DataFrame(
        {
            "compound": pd.Series([trial.compound for trial in trials], dtype="str"),
            "measure": pd.Series([str(trial.measure) for trial in trials], dtype="str"),
            "gate": pd.Series([trial.gate for trial in trials], dtype="str"),
            "x": xy[:, 0].round(2),
            "y": xy[:, 1].round(2),
            "way_m": np.array([links.length_m[t.link] if t.link >= 0 else 0.0 for t in trials], np.float64).round(2),
        }
    )


def _by_compound(coverage: CoverageResult, gains: pd.DataFrame) -> pd.DataFrame:
    table = compounds_of(coverage)
    table = table[table["enclosed"].astype(bool)]
    columns = ["id", "name", "community", "residents", "gap_compliance", "gap_experience", "gates", "open_gates"]
    tried = gains["compound"].value_counts()
    left = (table["gap_compliance"] - table["unsnapped"]).round(_PEOPLE_DIGITS)
    table = table[columns].assign(tried=table["id"].map(tried).fillna(0).astype(np.int64), left=left)
    best = _best(gains).rename(columns={"compound": "id"})
    table = table.merge(best, on="id", how="left").reset_index(drop=True)
    table["reason"] = pd.Series([_reason(row) for row in table.to_dict("records")], dtype=object)
    return table.drop(columns="left")


def _best(gains: pd.DataFrame) -> pd.DataFrame:
    """Return the best trial of each compound, where one helps at all."""
    helps = gains[(gains["compliance"] > 0) | (gains["experience"] > 0)]
    order = ["compound", "compliance", "experience", "connected", "saved"]  # the trials are in the order of work and id
    ranked = helps.sort_values(order, ascending=[True, False, False, False, False], kind="stable")
    return ranked.drop_duplicates("compound")


def _reason(row: Mapping[Hashable, object]) -> str | None:
    """Say why no gate helps a compound; None where one does."""
    if isinstance(row["gate"], str):
        return None
    if not row["residents"]:
        return str(NoGate.EMPTY)
    if not row["gap_compliance"]:
        return str(NoGate.COVERED)
    if not row["left"]:
        return str(NoGate.OFF_NETWORK)
    return str(NoGate.TOO_FAR if row["tried"] else NoGate.NO_PLACE)
