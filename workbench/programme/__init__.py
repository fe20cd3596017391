"""What is on this season: events by evening and place, and why not the rest."""

from workbench.programme.check import broken_rules, worth
from workbench.programme.problem import Candidate, EventType, ProgrammeProblem, Request, festival_day, programme_problem
from workbench.programme.result import ProgrammeResult, plan_programme
from workbench.programme.solve import STAGES, Schedule, schedule

__all__ = [
    "STAGES",
    "Candidate",
    "EventType",
    "ProgrammeProblem",
    "ProgrammeResult",
    "Request",
    "Schedule",
    "broken_rules",
    "festival_day",
    "plan_programme",
    "programme_problem",
    "schedule",
    "worth",
]
