"""五分钟便民生活圈: who lives within five minutes of a station."""

from workbench.coverage.capacity import CapacityResult, assess_capacity
from workbench.coverage.fairness import FairnessResult, assess_fairness
from workbench.coverage.indicator_table import Appraisal, appraise
from workbench.coverage.measure import assess_coverage
from workbench.coverage.result import CoverageResult

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
