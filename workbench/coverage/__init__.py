"""五分钟便民生活圈: who lives within five minutes of a station."""

from workbench.coverage.indicator_table import Appraisal, appraise
from workbench.coverage.measure import assess_coverage
from workbench.coverage.result import CoverageResult

__all__ = ["Appraisal", "CoverageResult", "appraise", "assess_coverage"]
