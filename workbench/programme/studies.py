"""The season's programme, as a run meets them; what plans them is imported where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _check(district: District, scenario: Scenario) -> None:
    from workbench.programme.problem import checked

    checked(district, scenario)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.programme.result import plan_programme

    return {"programme": plan_programme(coverage, progress=progress)}


STUDIES = (
    StudyKind("programme", _run, lambda scenario: scenario.programme is not None, _check, order=6, decides=True),
)
