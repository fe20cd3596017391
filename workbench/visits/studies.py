"""Counted visits, as a run meets them; what measures them is imported where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _check(district: District, scenario: Scenario) -> None:
    from workbench.visits.result import refuse_visits

    refuse_visits(district, scenario)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.visits.result import assess_visits

    return {"visits": assess_visits(coverage)}


STUDIES = (StudyKind("visits", _run, lambda scenario: scenario.visits is not None, _check, order=8, decides=True),)
