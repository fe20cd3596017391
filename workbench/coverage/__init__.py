"""五分钟便民生活圈: who lives within five minutes of a station, when one is open, how fairly and how surely."""

from workbench.coverage.appraisal import Appraisal, appraise
from workbench.coverage.capacity import CapacityResult, assess_capacity
from workbench.coverage.fairness import FairnessResult, assess_fairness
from workbench.coverage.gates import GateComparison, GateGains, best_gates, compare_gates
from workbench.coverage.measure import CoverageResult, assess_coverage
from workbench.coverage.posts import PostsResult, assess_posts
from workbench.coverage.robustness import RobustnessResult, assess_robustness
from workbench.coverage.scenes import SceneMatrix, scene_matrix
from workbench.coverage.space_time import (
    SpaceTimeResult,
    assess_space_time,
    longer_hours_gains,
    station_gains,
    with_longer_hours,
)
from workbench.coverage.station_walks import station_walks
from workbench.coverage.timetable import LongerHours
from workbench.coverage.whatif import WhatIf

__all__ = [
    "Appraisal",
    "CapacityResult",
    "CoverageResult",
    "FairnessResult",
    "GateComparison",
    "GateGains",
    "LongerHours",
    "PostsResult",
    "RobustnessResult",
    "SceneMatrix",
    "SpaceTimeResult",
    "WhatIf",
    "appraise",
    "assess_capacity",
    "assess_coverage",
    "assess_fairness",
    "assess_posts",
    "assess_robustness",
    "assess_space_time",
    "best_gates",
    "compare_gates",
    "longer_hours_gains",
    "scene_matrix",
    "station_gains",
    "station_walks",
    "with_longer_hours",
]
