"""Periodic routing on arrays: on which days each stop is visited, by whom, in which order; knows no district.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.routing.periodic import RoundAnswer, plan_round
    from workbench.routing.presences import HalfDays, PresencePlan, PresenceProblem, plan_presences, presence_faults
    from workbench.routing.rounds import CrewDay, Option, Round, RoundPlan, RoundRule, Route, faults, regular_days

__all__ = [
    "CrewDay",
    "HalfDays",
    "Option",
    "PresencePlan",
    "PresenceProblem",
    "Round",
    "RoundAnswer",
    "RoundPlan",
    "RoundRule",
    "Route",
    "faults",
    "plan_presences",
    "plan_round",
    "presence_faults",
    "regular_days",
]

__getattr__ = lazy_names(
    __name__,
    {
        "periodic": ("RoundAnswer", "plan_round"),
        "presences": ("HalfDays", "PresencePlan", "PresenceProblem", "plan_presences", "presence_faults"),
        "rounds": ("CrewDay", "Option", "Round", "RoundPlan", "RoundRule", "Route", "faults", "regular_days"),
    },
)
