"""五分钟便民生活圈: who lives within five minutes of a station."""

from workbench.coverage.capacity import CapacityResult, assess_capacity
from workbench.coverage.fairness import FairnessResult, assess_fairness
from workbench.coverage.indicator_table import Appraisal, appraise
from workbench.coverage.measure import assess_coverage
from workbench.coverage.result import CoverageResult
from workbench.coverage.scenes import SceneMatrix, scene_matrix

__all__ = [
    "Appraisal",
    "CapacityResult",
    "CoverageResult",
    "FairnessResult",
    "appraise",
    "assess_capacity",
    "assess_coverage",
    "assess_fairness",
]
__all__ = ["Appraisal", "CoverageResult", "SceneMatrix", "appraise", "assess_coverage", "scene_matrix"]
