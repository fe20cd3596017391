"""The studies that stand on the five-minute circle, as a run meets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.cache import Cache
from workbench.coverage.capacity import assess_capacity
from workbench.coverage.fairness import assess_fairness
from workbench.coverage.gates import best_gates, compare_gates
from workbench.coverage.measure import CoverageResult
from workbench.coverage.posts import assess_posts
from workbench.coverage.robustness import assess_robustness
from workbench.coverage.scenes import scene_matrix
from workbench.coverage.space_time import assess_space_time
from workbench.progress import Progress
from workbench.results import Result, StudyKind


def _kind(name: str, assess: Callable[[CoverageResult], Result]) -> StudyKind:
    def run(coverage: CoverageResult, progress: Progress, _: Cache | None) -> Mapping[str, Result]:
        progress.step(name, 0, 1)
        found = assess(coverage)
        progress.step(name, 1, 1)
        return {name: found}

    return StudyKind(name, run)


STUDIES = (
    _kind("posts", assess_posts),
    _kind("gate_states", lambda coverage: compare_gates(coverage.district, coverage.scenario, coverage)),
    _kind("best_gates", best_gates),
    _kind("capacity", assess_capacity),
    _kind("fairness", assess_fairness),
    _kind("space_time", assess_space_time),
    _kind("scenes", scene_matrix),
    _kind("robustness", assess_robustness),
)
