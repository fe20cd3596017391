"""Gates as they are, at night and all open: three coverages of one district side by side."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import ClassVar, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.calendars import Moment
from workbench.catalogue.terms import GateMeasure, GateState, Mode, NoGate, ServiceLevel, label
from workbench.coverage.doors import share, with_gates_at
from workbench.coverage.gate_trials import GateLinks, Trial, gains_of, gate_links, trials_of
from workbench.coverage.measure import CoverageResult, CoverageStudy, assess_coverage, compounds_covered, measured
from workbench.coverage.measure import covered as residents_covered
from workbench.coverage.posts import MODES, compounds_of
from workbench.errors import GeodataError, Problem
from workbench.ground.district import District, node_places
from workbench.ground.places import gate_sides, name_with_code
from workbench.progress import SILENT, Progress
from workbench.results import Kpi, Result, Value, present, rounded
from workbench.scenario import Scenario
from workbench.scenario.sections import Gates

# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of what gates do, each with its denominator and clause.


def state_label(result: GateComparison, state: GateState) -> str:
    """Name a state of the gates, with its hour at night."""
    return result.coverages[state].scenario.title


# --- three states side by side -----------------------------------------------------------------


def _differences(result: GateComparison, mode: Mode) -> Iterator[Value]:
    """Measure residents and compounds covered under each state, then the differences."""
    for state, coverage in result.coverages.items():
        title = state_label(result, state)
        for v in _of_state(coverage, mode):
            yield Value(f"gates.{{state}}.{v.key}", v.value, v.of, mode=mode, state=state, title=title)
    total = float(result.coverages[GateState.DAY].populace.residents.sum())
    covered = {state: result.covered(state, mode) for state in GateState}
    weekday = label(result.scenario.gate_study.weekday)
    for key, residents in (
        ("gates.night.lost", covered[GateState.DAY] - covered[GateState.NIGHT]),
        ("gates.all_open.won", covered[GateState.OPEN] - covered[GateState.DAY]),
    ):
        yield Value(key, residents, total, mode=mode)
        yield Value(f"{key}.share", share(residents, total), total, mode=mode, weekday=weekday)


def _of_state(coverage: CoverageResult, mode: Mode) -> Iterator[Value]:
    """Return residents and compounds covered under one state, as its own coverage has them."""
    yield from (value for value in residents_covered(coverage, mode) if value.level == ServiceLevel.ANY)
    yield from compounds_covered(coverage, mode)


def _comparison_tables(result: GateComparison) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    communities, compounds = result.district.communities, result.district.compounds
    found = {"三种大门状态": _state_table(result)}
    for title, table, layer in (
        ("分社区", result.by_community, communities),
        ("分小区", result.by_compound, compounds),
    ):
        names = layer.set_index("id")["name"].to_dict()
        words = {str(state): state_label(result, state) for state in GateState}
        found[title] = present(table.assign(name=table["id"].map(names)), _COMPARISON, **words)
    return {title: table for title, table in found.items() if len(table)}


def _state_table(result: GateComparison) -> pd.DataFrame:
    """Return one row a number and mode, one column a state of the gates, and the differences from how they are."""
    rows: dict[tuple[str, str], dict[GateState, Kpi]] = {}
    for mode in MODES:
        for state, coverage in result.coverages.items():
            for kpi in map(coverage.as_kpi, _of_state(coverage, mode)):
                rows.setdefault((kpi.key, mode), {})[state] = kpi
    return pd.DataFrame([_state_row(result, by_state) for by_state in rows.values()], dtype=object)


def _state_row(result: GateComparison, found: Mapping[GateState, Kpi]) -> dict[str, object]:
    day = found[GateState.DAY]
    row: dict[str, object] = {
        "指标": day.label,
        "单位": day.unit,
        "口径": label(day.mode),
        "分母": day.denominator if day.of is None else f"{day.denominator} {day.of:,.0f}",
    }
    row |= {state_label(result, state): _shown(kpi.rounded) for state, kpi in found.items()}
    for state in (GateState.NIGHT, GateState.OPEN):
        then, now = found[state].rounded, day.rounded
        gain = "—" if then is None or now is None else f"{rounded(then - now, day.unit):+,}"
        row[f"{label(state)}－现状"] = gain
    return row


def _shown(value: float | None) -> float | str:
    return "缺数据" if value is None else value


_COMPARISON: Final = (
    "id", "name", "residents",
    "compliance_by_day", "compliance_by_night", "compliance_all_open", "compliance_lost", "compliance_won",
    "experience_by_day", "experience_by_night", "experience_all_open", "experience_lost", "experience_won",
)  # fmt: skip


# --- the best gate of each compound --------------------------------------------------------------


def _gained(result: GateGains) -> Iterator[Value]:
    """Measure what the best gates gain, each by itself, summed up, and the greatest of them."""
    coverage, table = result.coverage, result.by_compound
    everybody = float(coverage.populace.residents.sum())
    for mode in MODES:
        gap, gains = everybody - float(coverage.covered_residents(mode).sum()), table[str(mode)]
        yield Value("gates.best.sum", np.nan_to_num(gains.sum()), gap, mode=mode)
        yield Value("gates.best.most", np.nan_to_num(gains.max()), gap, mode=mode)


_BEST: Final = (
    "id", "name@compound", "community", "residents", "gap_compliance", "gates", "open_gates", "tried", "measure",
    "gate", "where", "x", "y", "way_m", "compliance", "own@gate", "experience", "shortened", "mean_saved", "connected",
)  # fmt: skip
_UNHELPED: Final = (
    "id", "name@compound", "community", "residents", "gap_compliance", "gates", "open_gates", "tried", "reason@gate",
)  # fmt: skip


def _gain_tables(result: GateGains) -> dict[str, pd.DataFrame]:
    """Return all tables by title: the best gates, most gained first, and the compounds that none helps."""
    unhelped = result.by_compound[result.by_compound["gate"].isna()]
    walk_saved = result.best.assign(mean_saved=result.best["mean_saved"].astype(object).fillna("—"))
    named = {"community": name_with_code(result.coverage.district.communities)}
    found = {
        "各小区最佳一门": present(walk_saved, _BEST, named),
        "无门可增加覆盖的小区": present(unhelped, _UNHELPED, named),
    }
    return {title: table for title, table in found.items() if len(table)}


# ----------------------------------------------------------------------------------------------------------------------
# The best gate of each compound: the one new or opened gate that brings most residents within five minutes.


_GAINS = ["compliance", "own", "experience", "connected", "shortened", "saved", "mean_saved"]
_PEOPLE_DIGITS = 6  # sums over groups are not whole


@dataclass(frozen=True, eq=False, repr=False)
class GateGains(CoverageStudy):
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
        :class:`workbench.catalogue.terms.NoGate`.
    """

    trials: tuple[Trial, ...]
    gains: pd.DataFrame
    by_compound: pd.DataFrame
    study: ClassVar[str] = "best_gates"
    answer: ClassVar[str] = "best"

    def __repr__(self) -> str:
        helped = int(self.by_compound["gate"].notna().sum())
        return f"<GateGains {self.scenario.name}: one gate helps {helped} of {len(self.by_compound)} walled compounds>"

    @cached_property
    def best(self) -> pd.DataFrame:
        """The compounds that a gate helps, those with most residents gained first; ``where`` in words the gate is."""
        table = self.by_compound[self.by_compound["gate"].notna()]
        order = ["compliance", "experience", "saved", "id"]
        best = table.sort_values(order, ascending=[False, False, False, True], kind="stable", ignore_index=True)
        points = gpd.GeoSeries(gpd.points_from_xy(best["x"], best["y"]), crs=self.coverage.district.crs)
        return best.assign(where=gate_sides(self.coverage.district, best["id"], points))

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

    def values(self) -> Iterator[Value]:
        """Measure the compounds that one gate helps, by measure; residents gained; why others gain nothing."""
        if not self.coverage.district.has("compounds"):
            yield Value("gates.helped", None)
            return
        table, walled = self.by_compound, len(self.by_compound)
        yield Value("gates.helped", table["gate"].notna().sum(), walled)
        yield from _gained(self)
        for measure in GateMeasure:
            number, name = (table["measure"] == measure).sum(), measure.name.lower()
            yield Value("gates.best.{measure}", number, walled, measure=name, words=label(measure))
        for reason in NoGate:
            number, name = (table["reason"] == reason).sum(), reason.name.lower()
            yield Value("gates.none.{reason}", number, walled, reason=name, words=label(reason))
        yield Value("gates.walled_in", (table["gates"] == 0).sum(), walled)
        yield Value("gates.tried", len(self.trials), walled)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return _gain_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: the best gates as points, the ways of new ones as lines."""
        best, crs = self.best, self.coverage.district.crs
        columns = pd.DataFrame(
            {
                "id": best["gate"],
                "compound": best["id"],
                "measure": best["measure"],
                "label": [label(measure) for measure in best["measure"]],
                "where": best["where"],
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
    links = gate_links(district, coverage.doors, coverage.scenario.standard(coverage.scenario.gate_study.link))
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


# ----------------------------------------------------------------------------------------------------------------------
# Gates as they are, at night and all open: three coverages of one district side by side.


@dataclass(frozen=True, eq=False, repr=False)
class GateComparison(Result):
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
    study: ClassVar[str] = "gate_states"
    answer: ClassVar[str] = "by_community"

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

    def values(self) -> Iterator[Value]:
        """Measure by mode residents and compounds covered under each state, and the differences."""
        for mode in MODES:
            yield from _differences(self, mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return _comparison_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: demand points with their walk under each state, metres."""
        demand = self.district.demand
        columns = {"id": demand["id"], "residents": demand["residents"]}
        for state, result in self.coverages.items():
            walk = pd.Series(result.points["distance_m_any"].to_numpy(np.float64))
            columns[f"distance_m_{state}"] = walk
        return {"gate_states": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}


def compare_gates(
    district: District, scenario: Scenario, circle: CoverageResult | None = None, *, progress: Progress = SILENT
) -> GateComparison:
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
    circle
        The five-minute circle of both, where it is measured already: it is that of the gates as they are, unless the
        scenario says otherwise of gates.
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
    if circle is None or scenario.gates != Gates():
        circle = assess_coverage(district, scenario.model_copy(update={"gates": Gates()}))
    found: dict[GateState, CoverageResult] = {}
    for step, (state, (title, gates, then)) in enumerate(states.items()):
        progress.step("gates", step, len(states))
        titled = scenario.model_copy(update={"gates": gates, "title": title})
        if state is GateState.DAY:
            found[state] = replace(circle, scenario=titled)
        else:
            found[state] = measured(district, titled, with_gates_at(circle.doors, district, titled, then))
    progress.step("gates", len(states), len(states))
    return GateComparison(district, scenario, MappingProxyType(found))
