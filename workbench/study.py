"""One scenario walked through the studies, in order."""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.cache import Cache, packed, unpacked
from workbench.catalogue.terms import Mode, label
from workbench.coverage import (
    Appraisal,
    CoverageResult,
    appraise,
    assess_coverage,
)
from workbench.coverage.service_areas import service_areas
from workbench.errors import Problem, ScenarioError, SnapWarning
from workbench.ground.ahead import ground_keys
from workbench.ground.district import District
from workbench.ground.edits import with_edits
from workbench.ground.manifest import content_checksum
from workbench.ground.sources.package import read_district
from workbench.network.graph import load_kernels
from workbench.processes import can_fork, side_by_side
from workbench.progress import SILENT, Progress, Stopwatch
from workbench.results import MISSED, Headline, Kpi, Result, StudyKind, kpi_table, kpi_value, rounded
from workbench.scenario import Scenario
from workbench.scenario.load import aim_problems

_EVERY_NUMBER = "全部指标"
_MOST_NAMED = 10  # stations of a warning that are listed singly


@dataclass(frozen=True, eq=False)
class State:
    """A district in one state, measured: as it is, or with a plan in place.

    Attributes
    ----------
    coverage
        The five-minute circle.
    parts
        The studies that only measure, by name.
    appraisal
        All indicators against standards and aims.
    """

    coverage: CoverageResult
    parts: Mapping[str, Result]
    appraisal: Appraisal


@dataclass(frozen=True, eq=False, repr=False)
class Study(Result):
    """What one scenario gave on one district: a result made of results.

    Attributes
    ----------
    district, scenario
        What was studied.
    coverage
        The five-minute circle, of the district as the scenario's edits have it.
    parts
        The studies that stand on it, by name, in the order in which they are shown.
    appraisal
        All indicators against standards and aims: with the plan in place where there is one, today's beside them.
    seconds
        How long each stage took.
    today
        The district as its ledgers have it, where the scenario edits it, sets longer hours or opens gates; else that is
        what ``coverage`` shows.
    planned
        The district with what was decided; None where nothing was that changes what is measured.
    """

    district: District
    scenario: Scenario
    coverage: CoverageResult
    parts: Mapping[str, Result]
    appraisal: Appraisal
    seconds: Mapping[str, float]
    today: State | None = None
    planned: State | None = None

    def __repr__(self) -> str:
        return f"<Study {self.scenario.name} on {self.district.manifest.key}: coverage, {', '.join(self.parts)}>"

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    def kpis(self) -> list[Kpi]:
        """Return the numbers of all studies, coverage first."""
        return [*self.coverage.kpis(), *(kpi for part in self.parts.values() for kpi in part.kpis())]

    @property
    def before_after(self) -> tuple[CoverageResult, CoverageResult] | None:
        """The five-minute circle as it is and with all that is planned; None where nothing is."""
        before = self.coverage if self.today is None else self.today.coverage
        after = self.coverage if self.planned is None else self.planned.coverage
        return None if before is after else (before, after)

    @property
    def decided(self) -> list[Result]:
        """The studies that decide something, in order."""
        return [part for part in self.parts.values() if part.decides]

    def headlines(self) -> tuple[Headline, ...]:
        """Return the rows of the first answer: what is decided, who loses by it, then what is measured.

        Indicators that ``kpis.yaml`` names for it are held against standards and aims, those that miss them first
        where there are too many.
        """
        measured = self.appraisal.headlines()
        first = [row for part in self.decided for row in part.headlines()]
        first += [row for part in self.parts.values() if not part.decides for row in part.headlines()]
        first += self._losses()
        room = max(_MOST_HEADLINES - len(first), 0)
        missed = [row for row in measured if row.verdict == MISSED]
        kept = measured if len(measured) <= room else [*missed, *(row for row in measured if row not in missed)][:room]
        return (*first, *(row for row in measured if row in kept))[:_MOST_HEADLINES]

    def _losses(self) -> list[Headline]:
        """Return how many residents lose by the plan what they have today, in the mode that standards are set in."""
        if self.before_after is None:
            return []
        before, after = (one.covered_residents(Mode.COMPLIANCE) for one in self.before_after)
        if np.array_equal(before, after):
            return []  # the plan changes something else
        everybody = self.coverage.populace.residents.sum()
        lost = float(np.maximum(before - after, 0.0).sum())
        of, basis = f"需求图层全体居民 {everybody:,.0f}", "现状覆盖而方案不再覆盖；不涉及标准"
        return [Headline("residents.lost", "因方案失去覆盖的居民", "人", None, lost, None, "lower", "", of, basis)]

    @property
    def proposal(self) -> str:
        """What is proposed, in one sentence, whatever decides; empty where nothing is, or nothing is said of it."""
        said = [sentence for part in self.decided if part.proposes for sentence in part.conclusion()[:1]]
        return "；".join([*(sentence.removesuffix("。") for sentence in said[:-1]), *said[-1:]])

    def conclusion(self) -> tuple[str, ...]:
        """Return what follows, three sentences at most: what is, what is proposed, where that leaves the district."""
        circle = self.coverage if self.today is None else self.today.coverage
        first, *others = circle.conclusion()
        changes = "" if self.before_after is None else self.appraisal.changes
        second = self.proposal or changes or "".join(others[:1])
        return tuple(filter(None, (first, second, self.appraisal.verdict)))

    def summary(self) -> pd.DataFrame:
        """Return the indicator table: value, standard, gap, verdict, denominator, clause."""
        return self.appraisal.table()

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title: of what is decided, the indicators and every number, then what is measured."""
        decided = {name: part for name, part in self.parts.items() if part.decides}
        measured = {name: part for name, part in self.parts.items() if not part.decides}
        summary = {**self.appraisal.tables(), _EVERY_NUMBER: self._every_number()}
        return _joined(_joined({}, decided) | summary | dict(self.coverage.known_tables), measured)

    def asked_tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables of what the scenario asks for: where something is decided, without those that measure."""
        if not self.decided:
            return self.tables()
        decided = {name: part for name, part in self.parts.items() if part.decides}
        return _joined({}, decided) | self.appraisal.tables() | {_EVERY_NUMBER: self._every_number()}

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


_MOST_HEADLINES = 12  # what one screen of 24 lines holds, with a line for each denominator


def _joined(found: dict[str, pd.DataFrame], parts: Mapping[str, Result]) -> dict[str, pd.DataFrame]:
    """Return tables with those of more studies; the name of the study tells titles apart."""
    for name, part in parts.items():
        for title, table in part.known_tables.items():
            found = {**found, f"{label(name)}·{title}" if title in found else title: table}
    return found


def study_kinds() -> tuple[StudyKind, ...]:
    """Return every kind of study, in order: whatever the packages declare as ``STUDIES`` in their ``studies.py``."""
    places = sys.modules[str(__package__)].__path__
    files = [file for place in places for file in sorted(Path(place).glob("*/studies.py"))]
    modules = [importlib.import_module(f"{__package__}.{file.parent.name}.studies") for file in files]
    kinds: list[StudyKind] = [kind for module in modules for kind in module.STUDIES]
    return tuple(sorted(kinds, key=lambda kind: kind.order))


_TITLES = frozenset({"name", "title", "note"})  # of a scenario: a measurement is the same under any


@dataclass(frozen=True)
class _Stages:
    """Works stages out, or finds them in a cache where all that they read is as it was.

    Attributes
    ----------
    cache
        Where they are kept; nowhere when None.
    ground
        Fingerprint of the ground that they stand on.
    workers
        Most processes that measure at a time.
    """

    cache: Cache | None = None
    ground: tuple[str, ...] = ()
    workers: int = 1

    def coverage(self, district: District, scenario: Scenario, progress: Progress = SILENT) -> CoverageResult:
        """Measure the five-minute circle."""

        def measured() -> CoverageResult:
            found = assess_coverage(district, scenario, progress=progress)
            found.kpis()
            return found

        if self.cache is None:
            return measured()
        key = self._key(scenario, "coverage", deciding() | _TITLES)
        given = {"district": district, "scenario": scenario, **_tables(district)}
        coverage, found = self.cache.stage(key, measured, given)
        if found:
            progress.step("network", 1, 1)
        return coverage

    def parts(self, kinds: Sequence[StudyKind], coverage: CoverageResult, progress: Progress) -> dict[str, Result]:
        """Run studies, those that only measure side by side."""
        apart = self._apart([kind for kind in kinds if not kind.decides], coverage, progress)
        found: dict[str, Result] = {}
        for kind in kinds:
            stages, here = self._handed_on(coverage, found) if kind.on_plans else (self, coverage)
            run = apart.get(kind.name, partial(_run, kind, here, progress, self.cache))
            found |= stages._parts(kind, here, run, progress)  # noqa: SLF001 - of the same class
        return found

    def _handed_on(self, coverage: CoverageResult, decided: Mapping[str, Result]) -> tuple[_Stages, CoverageResult]:
        """Measure the district that plans hand on, and return its stages with it; the same where there are none."""
        district = coverage.district
        for part in decided.values():
            district = part.handing_on(district) if part.decides and part.answered else district
        if district is coverage.district:
            return self, coverage
        stages = self.on(district, coverage.district)
        return stages, stages.coverage(district, coverage.scenario)

    def _apart(
        self, kinds: Sequence[StudyKind], coverage: CoverageResult, progress: Progress
    ) -> dict[str, Callable[[], Mapping[str, Result]]]:
        """Run studies that are not kept in processes of their own; return what hands over what each gave."""
        lacking = [kind for kind in kinds if self.cache is None or not self.cache.holds(self._key_of(kind, coverage))]
        if min(self.workers, len(lacking)) < _SEVERAL or not can_fork():
            return {}
        given = _given(coverage)
        for kind in lacking:
            progress.step(kind.name, 0, 1)
        lacking.reverse()  # those that come last look at most, and take longest: no process is to wait for them
        tasks = [partial(_packed_run, kind, coverage, given) for kind in lacking]
        made = side_by_side(tasks, self.workers, lambda done: progress.step(lacking[done].name, 1, 1))
        return {kind.name: partial(_handed_over, *one, given) for kind, one in zip(lacking, made, strict=True)}

    def _parts(
        self, kind: StudyKind, coverage: CoverageResult, run: Callable[[], Mapping[str, Result]], progress: Progress
    ) -> Mapping[str, Result]:
        """Run a study, or find what it gave."""
        if self.cache is None:
            return run()
        parts, found = self.cache.stage(self._key_of(kind, coverage), run, _given(coverage), keep=_unbroken(kind))
        if found:
            progress.step(kind.name, 1, 1)
        return parts

    def _key_of(self, kind: StudyKind, coverage: CoverageResult) -> str:
        unread = deciding() - {kind.name} | (frozenset() if kind.decides else _TITLES)  # what others decide
        return self._key(coverage.scenario, kind.name, unread)

    def on(self, planned: District, today: District) -> _Stages:
        """Return the stages on the ground with what is decided: with what its tables hold, however they came about."""
        if self.cache is None or planned is today:
            return self
        changed = [name for name, table in planned.tables.items() if table is not today.tables.get(name)]
        return replace(self, ground=(*self.ground, *(content_checksum(name, planned.tables[name]) for name in changed)))

    def _key(self, scenario: Scenario, stage: str, unread: frozenset[str]) -> str:
        assert self.cache is not None
        said = scenario.model_dump(mode="json", exclude={"district", *unread})
        origins = [(key, file) for key, file in scenario.origins.items() if key.partition(".")[0] not in unread]
        return self.cache.key(stage, self.ground, said, sorted(origins))


_SEVERAL = 2  # studies, and processes for them: else this one does them in turn


def _given(coverage: CoverageResult) -> dict[str, object]:
    """Return what the results of studies hold of the measurement that they stand on."""
    given = {field.name: getattr(coverage, field.name) for field in fields(coverage)} | {"coverage": coverage}
    return {**_tables(coverage.district), "streets": coverage.doors.streets, **given}


def _tables(district: District) -> dict[str, object]:
    """Return tables by name, which a district with more stations shares with this one."""
    return {f"table {name}": table for name, table in district.tables.items()}


def _run(
    kind: StudyKind, coverage: CoverageResult, progress: Progress, cache: Cache | None = None
) -> Mapping[str, Result]:
    parts = kind.run(coverage, progress, cache)
    for part in parts.values():
        part.kpis()
    return parts


def _packed_run(
    kind: StudyKind, coverage: CoverageResult, given: Mapping[str, object]
) -> tuple[bytes, list[warnings.WarningMessage]]:
    """Run a study in a process of its own; return what it gave, and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parts = _run(kind, coverage, SILENT)
    return packed(parts, given), caught


def _handed_over(
    content: bytes, caught: Sequence[warnings.WarningMessage], given: Mapping[str, object]
) -> Mapping[str, Result]:
    for one in caught:
        warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
    parts: Mapping[str, Result] = unpacked(content, given)
    return parts


def deciding() -> frozenset[str]:
    """Return the names of the studies that decide, which are those of their sections of a scenario."""
    return frozenset(kind.name for kind in study_kinds() if kind.decides)


def decides(scenario: Scenario) -> bool:
    """Tell whether a scenario asks a study to decide anything."""
    return any(kind.decides and kind.wanted(scenario) for kind in study_kinds())


def unset(sections: Iterable[str]) -> dict[str, Any]:
    """Return sections of a scenario as they are where nobody sets them."""
    return {name: Scenario.model_fields[name].get_default(call_default_factory=True) for name in sections}


def as_measured(scenario: Scenario) -> Scenario:
    """Return a scenario without what it decides and what it is called: those that share it measure alike."""
    unread = deciding() | (_TITLES - {"name"})
    measured = scenario.model_copy(update={**unset(unread), "name": "measured"})
    origins = {key: file for key, file in scenario.origins.items() if key.partition(".")[0] not in unread | _TITLES}
    measured._origins = origins  # noqa: SLF001 - a scenario has no other door for them
    return measured


def _unbroken(kind: StudyKind) -> Callable[[Mapping[str, Result]], bool]:
    """Return what tells whether a study ran to its end: neither Ctrl-C nor a time limit left anything unproven."""
    if not kind.decides:
        return lambda _: True
    from workbench.solving import Interrupt

    before = Interrupt.heard
    return lambda parts: (
        Interrupt.heard == before and all(part.status not in ("FEASIBLE", "UNKNOWN") for part in parts.values())
    )


def walk_through(
    coverage: CoverageResult, *, progress: Progress = SILENT, stages: _Stages = _Stages()
) -> tuple[dict[str, Result], Appraisal]:
    """Walk a measurement through the studies that its scenario asks for, and appraise what they found.

    Parameters
    ----------
    coverage
        The measurement.
    progress
        Told of each study.
    stages
        Where studies may be kept; nowhere when not given.

    Returns
    -------
    parts : dict
        Results by name.
    appraisal : Appraisal
        Indicators of all of them.
    """
    kinds = [kind for kind in study_kinds() if kind.wanted(coverage.scenario)]
    parts = stages.parts(kinds, coverage, progress)
    return parts, _appraised(coverage, parts)


def _appraised(coverage: CoverageResult, parts: Mapping[str, Result]) -> Appraisal:
    return appraise(coverage, [item for part in parts.values() for item in part.indicators()])


def _state(
    stage: str, coverage: CoverageResult, decided: Mapping[str, Result], progress: Progress, stages: _Stages
) -> State:
    """Measure a state of the district by all studies that only measure."""
    kinds = [kind for kind in study_kinds() if not kind.decides and kind.wanted(coverage.scenario)]
    progress.step(stage, 0, len(kinds))
    parts = stages.parts(kinds, coverage, SILENT)
    progress.step(stage, len(kinds), len(kinds))
    return State(coverage, parts, _appraised(coverage, {**parts, **decided}))


def ground_of(scenario: Scenario, folder: Path | str | None = None, *, cache: Cache | None = None) -> District:
    """Read the district a scenario names, or another one instead.

    Parameters
    ----------
    scenario
        The intent.
    folder
        District folder to use instead of the scenario's own.
    cache
        Where it is found as it was read from files of the same bytes, and kept; nowhere when not given.

    Raises
    ------
    ScenarioError
        If the scenario names none and none is given.
    GeodataError
        If the district is not valid.
    """
    return _kept_ground(scenario, folder, cache)[0]


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


def run_study(
    scenario: Scenario,
    folder: Path | str | None = None,
    *,
    progress: Progress = SILENT,
    cache: Cache | None = None,
    workers: int = 1,
    ahead: Callable[[], District | None] | None = None,
) -> Study:
    """Read the ground and walk the scenario through the studies.

    Parameters
    ----------
    scenario
        The intent.
    folder
        District folder to use instead of the scenario's own.
    progress
        Told of each stage.
    cache
        Where stages are found whose files and settings are unchanged, and kept; nowhere when not given.
    workers
        Most processes that measure at a time, where the system can fork. The numbers are the same.
    ahead
        Gives the district where it is being read already, see :func:`workbench.ground.ahead.ground_ahead`.

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
    if ahead is not None:
        load_kernels()  # meanwhile
    district, stages = _kept_ground(scenario, folder, cache, ahead, hold=True)
    edited = with_edits(district, scenario.edits)
    for kind in study_kinds():
        if kind.wanted(scenario):
            kind.check(edited, scenario)
    watch.step("ground", 1, 1)
    return study_district(district, scenario, watch, replace(stages, workers=workers))


def _kept_ground(
    scenario: Scenario,
    folder: Path | str | None,
    cache: Cache | None,
    ahead: Callable[[], District | None] | None = None,
    *,
    hold: bool = False,
) -> tuple[District, _Stages]:
    """Read the ground, or find it as it was read from files of the same bytes."""
    place = folder if folder is not None else scenario.district or None
    if place is None:
        mend = "Name a district folder there, or with --district."
        raise ScenarioError(Problem(scenario.name, "the scenario names no district", key="district", mend=mend))

    def read() -> District:
        found = None if ahead is None else ahead()
        return read_district(place) if found is None else found

    if cache is None:
        return read(), _Stages()
    as_read, ground = ground_keys(cache, Path(place))
    district, _ = cache.stage(as_read, read, hold=hold)
    return district, _Stages(cache, (ground,))  # warnings name the place; no later stage reads it


def study_district(district: District, scenario: Scenario, watch: Stopwatch, stages: _Stages = _Stages()) -> Study:
    """Walk a scenario through the studies on a district; and again, as far as they measure, with the plan in place.

    Parameters
    ----------
    district, scenario
        Ground and intent.
    watch
        Told of each stage; its times are those of the study.
    stages
        Where stages may be kept; nowhere when not given.
    """
    edited = with_edits(district, scenario.edits)
    here = stages.on(edited, district)
    coverage = here.coverage(edited, scenario, watch)
    _warn_of_far_stations(coverage)
    parts, appraisal = walk_through(coverage, progress=watch, stages=here)
    decided = {name: part for name, part in parts.items() if part.decides}
    today = planned = None
    if (as_today := scenario.as_today) is not None:
        today = _state("today", stages.coverage(district, as_today), decided, watch, stages)
    ground = edited
    for part in decided.values():
        ground = part.with_plan(ground) if part.answered else ground
    if ground is not edited:
        stages = here.on(ground, edited)
        planned = _state("planned", stages.coverage(ground, scenario), decided, watch, stages)
    if today is not None or planned is not None:
        before = appraisal if today is None else today.appraisal
        appraisal = replace(appraisal if planned is None else planned.appraisal, today=before)
    return Study(district, scenario, coverage, parts, appraisal, watch.seconds, today, planned)


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
