"""One scenario walked through the studies, in order."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.catalogue.terms import Mode, label
from workbench.coverage import (
    Appraisal,
    CoverageResult,
    appraise,
    assess_coverage,
)
from workbench.coverage.service_areas import service_areas
from workbench.errors import Problem, ScenarioError, SnapWarning
from workbench.ground.district import District
from workbench.ground.sources import read_district
from workbench.progress import SILENT, Progress, Stopwatch
from workbench.results import Kpi, Result, StudyKind, kpi_table, kpi_value, rounded
from workbench.scenario import Scenario
from workbench.scenario.load import aim_problems

_EVERY_NUMBER = "全部指标"
_MOST_NAMED = 10  # stations of a warning that are listed singly


@dataclass(frozen=True, eq=False, repr=False)
class Study(Result):
    """What one scenario gave on one district: a result made of results.

    Attributes
    ----------
    district, scenario
        What was studied.
    coverage
        The five-minute circle.
    parts
        The studies that stand on it, by name, in the order in which they are shown.
    appraisal
        All indicators against standards and aims.
    seconds
        How long each stage took.
    """

    district: District
    scenario: Scenario
    coverage: CoverageResult
    parts: Mapping[str, Result]
    appraisal: Appraisal
    seconds: Mapping[str, float]

    def __repr__(self) -> str:
        return f"<Study {self.scenario.name} on {self.district.manifest.key}: coverage, {', '.join(self.parts)}>"

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    def kpis(self) -> list[Kpi]:
        """Return the numbers of all studies, coverage first."""
        return [*self.coverage.kpis(), *(kpi for part in self.parts.values() for kpi in part.kpis())]

    def summary(self) -> pd.DataFrame:
        """Return the indicator table: value, standard, gap, verdict, denominator, clause."""
        return self.appraisal.table()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, the indicator table first."""
        found = {**self.appraisal.tables(), _EVERY_NUMBER: self._every_number(), **self.coverage.tables()}
        for name, part in self.parts.items():
            for title, table in part.tables().items():
                found[f"{label(name)}·{title}" if title in found else title] = table
        return found

    def _every_number(self) -> pd.DataFrame:
        """Return the numbers of all studies, each with the name of its study."""
        numbers = {"coverage": self.coverage.kpis(), **{name: part.kpis() for name, part in self.parts.items()}}
        table = kpi_table([kpi for kpis in numbers.values() for kpi in kpis], as_text=False)
        table.insert(0, "研究", [label(name) for name, kpis in numbers.items() for _ in kpis])
        return table

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return all map layers by name, service areas among them."""
        found = {"service_areas": service_areas(self.coverage, Mode.COMPLIANCE), **self.coverage.layers()}
        for name, part in self.parts.items():
            for title, layer in part.layers().items():
                found[f"{name}_{title}" if title in found else title] = layer
        return found


def study_kinds() -> tuple[StudyKind, ...]:
    """Return every kind of study, in order: whatever the packages declare as ``STUDIES`` in their ``studies.py``."""
    files = sorted(Path(__file__).parent.glob("*/studies.py"))
    modules = [importlib.import_module(f"{__package__}.{file.parent.name}.studies") for file in files]
    kinds: list[StudyKind] = [kind for module in modules for kind in module.STUDIES]
    return tuple(sorted(kinds, key=lambda kind: kind.order))


def walk_through(coverage: CoverageResult, *, progress: Progress = SILENT) -> tuple[dict[str, Result], Appraisal]:
    """Walk a measurement through the studies that its scenario asks for, and appraise what they found.

    Parameters
    ----------
    coverage
        The measurement.
    progress
        Told of each study.

    Returns
    -------
    parts : dict
        Results by name.
    appraisal : Appraisal
        Indicators of all of them.
    """
    parts: dict[str, Result] = {}
    for kind in study_kinds():
        if kind.wanted(coverage.scenario):
            parts |= kind.run(coverage, progress)
    return parts, appraise(coverage, [item for part in parts.values() for item in part.indicators()])


def ground_of(scenario: Scenario, folder: Path | None = None) -> District:
    """Read the district a scenario names, or another one instead.

    Raises
    ------
    ScenarioError
        If the scenario names none and none is given.
    GeodataError
        If the district is not valid.
    """
    place = folder if folder is not None else Path(scenario.district) if scenario.district else None
    if place is None:
        mend = "Name a district folder there, or with --district."
        raise ScenarioError(Problem(scenario.name, "the scenario names no district", key="district", mend=mend))
    return read_district(place)


def compare(*results: Result) -> pd.DataFrame:
    """Set results side by side: one row a number, one column a scenario, and what each gains on the first.

    Parameters
    ----------
    *results
        Results of one kind on one district, the baseline first.

    Returns
    -------
    pandas.DataFrame
        Rounded, in Chinese; numbers that only some results have are missing in the others.

    Raises
    ------
    ScenarioError
        If two scenarios have one title, so that their columns could not be told apart.
    """
    titles = [result.scenario.title or result.scenario.name for result in results]
    if len(set(titles)) < len(titles):
        mend = "Give each scenario a title of its own."
        raise ScenarioError(Problem("compare", "two scenarios have one title", found=", ".join(titles), mend=mend))
    rows: dict[tuple[str, str, str, str, str], dict[str, Kpi]] = {}
    for title, result in zip(titles, results, strict=True):
        for kpi in result.kpis():
            who = (kpi.label, kpi.unit, label(kpi.mode), kpi.group, label(kpi.level))
            rows.setdefault(who, {})[title] = kpi
    heads = ["指标", "单位", "口径", "人群", "阵地"]
    table = []
    for who, found in rows.items():
        row: dict[str, str] = dict(zip(heads, who, strict=True))
        row |= {title: kpi_value(found[title]) if title in found else "缺数据" for title in titles}
        row |= {f"{title}－{titles[0]}": _gain(found, titles[0], title) for title in titles[1:]}
        table.append(row)
    return pd.DataFrame(table)


def _gain(found: dict[str, Kpi], base: str, title: str) -> str:
    first, second = (found.get(name) for name in (base, title))
    if first is None or second is None or first.rounded is None or second.rounded is None:
        return "—"
    return f"{rounded((second.value or 0.0) - (first.value or 0.0), first.unit):+,}"


def run_study(scenario: Scenario, folder: Path | None = None, *, progress: Progress = SILENT) -> Study:
    """Read the ground and walk the scenario through the studies.

    Parameters
    ----------
    scenario
        The intent.
    folder
        District folder to use instead of the scenario's own.
    progress
        Told of each stage.

    Raises
    ------
    ScenarioError
        If a target or weight goes nowhere, or what the rooms ask for names something that is not there, before
        anything is measured; or if there is no district.
    GeodataError
        If the district is not valid.
    RoomsError
        If rooms are to be planned where there are none.
    """
    misplaced = aim_problems(scenario)
    if misplaced:
        raise ScenarioError(misplaced)
    watch = Stopwatch(progress)
    watch.step("ground", 0, 1)
    district = ground_of(scenario, folder)
    for kind in study_kinds():
        if kind.wanted(scenario):
            kind.check(district, scenario)
    watch.step("ground", 1, 1)
    coverage = assess_coverage(district, scenario, progress=watch)
    _warn_of_far_stations(coverage)
    parts, appraisal = walk_through(coverage, progress=watch)
    return Study(district, scenario, coverage, parts, appraisal, watch.seconds)


def _warn_of_far_stations(coverage: CoverageResult) -> None:
    """Name the open stations that serve nobody, or hardly anybody, because no way near them leads anywhere."""
    ground = coverage.doors.at_any_hour
    doors, ids = ground.stations, coverage.by_station["id"].to_numpy(object)[ground.station_rows]
    limit = coverage.scenario.standard(coverage.scenario.walking.snap_limit)
    across = f"have all ways within {limit:g} m across water, a railway or a motorway and serve nobody"
    far = f"are farther than {limit:g} m from any way that is open to them and serve nobody"
    island = "stand on ways that hang together with nothing else and serve nobody beyond them"
    for mask, what in (
        (doors.across, across),
        (~doors.joined & ~doors.across, far),
        (coverage.stations_on_island, island),
    ):
        named = [
            f"{i} ({leg:,.0f} m)" if np.isfinite(leg) else f"{i} (no way at all)"
            for i, leg in zip(ids[mask], doors.leg_m[mask], strict=True)
        ]
        if not named:
            continue
        more = f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
        warnings.warn(
            f"stations: {len(named)} of {len(doors)} open stations {what}: "
            f"{', '.join(named[:_MOST_NAMED])}{more}. Check their coordinates, or draw the way that leads there.",
            SnapWarning,
            stacklevel=3,
        )
