"""The service halls, as a run meets them; what simulates them is imported where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _check(district: District, scenario: Scenario) -> None:
    from workbench.counters.problem import counters_problem

    counters_problem(district, scenario)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.counters.result import size_windows

    return {"counters": size_windows(coverage, progress=progress)}


STUDIES = (StudyKind("counters", _run, lambda scenario: scenario.counters is not None, _check, order=3, decides=True),)
