"""The ledgers of order, as a run meets them; what audits them is imported where it is asked for."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.cache import Cache
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.progress import Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario


def _check(district: District, scenario: Scenario) -> None:
    from workbench.ledgers.result import day_of, refuse_unknown

    refuse_unknown(scenario)
    day_of(district, scenario)


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> Mapping[str, Result]:
    from workbench.ledgers.result import audit_ledgers

    return {"ledgers": audit_ledgers(coverage)}


STUDIES = (StudyKind("ledgers", _run, lambda scenario: scenario.ledgers is not None, _check, order=7, decides=True),)
