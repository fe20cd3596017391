"""The rounds as a run meets them; what plans them is imported where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _checked(district: District, scenario: Scenario) -> None:
    from workbench.circuits.advisers import advice_problem
    from workbench.circuits.problem import circuits_problem

    circuits_problem(district, scenario)
    advice_problem(district, scenario)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.circuits.result import plan_circuits

    return {"circuits": plan_circuits(coverage, progress=progress)}


STUDIES = (
    StudyKind("circuits", _run, lambda scenario: scenario.circuits is not None, _checked, order=5, decides=True),
)
