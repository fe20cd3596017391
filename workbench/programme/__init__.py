"""What is on this season: events by evening and place, why not the rest, and whether those who came came back."""

from workbench.programme.check import broken_rules, worth
from workbench.programme.problem import Candidate, EventType, ProgrammeProblem, Request, festival_day, programme_problem
from workbench.programme.result import ProgrammeResult, plan_programme
from workbench.programme.solve import STAGES, Schedule, schedule
from workbench.programme.visits import VisitSums, measure_likes, measure_visits

__all__ = [
    "STAGES",
    "Candidate",
    "EventType",
    "ProgrammeProblem",
    "ProgrammeResult",
    "Request",
    "Schedule",
    "VisitSums",
    "broken_rules",
    "festival_day",
    "measure_likes",
    "measure_visits",
    "plan_programme",
    "programme_problem",
    "schedule",
    "worth",
]
