"""The roster as a run meets it; what rosters is imported where it is asked for: most runs ask for none."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _checked(district: District, scenario: Scenario) -> None:
    from workbench.roster.problem import halls_of

    halls_of(district, scenario, to_come=scenario.counters is not None)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.roster.result import roster_staff

    ground, scenario = coverage.district, coverage.scenario
    return {"roster": roster_staff(ground, scenario, coverage=coverage, progress=progress, cache=cache)}


STUDIES = (
    StudyKind("roster", _run, lambda said: said.roster is not None, _checked, order=4, decides=True, on_plans=True),
)
