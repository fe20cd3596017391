"""Rooms that serve the whole week: who uses which room when, what is released, and why something is not served.

Names are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.lazy import lazy_names

if TYPE_CHECKING:
    from workbench.rooms.exchange import ExchangeResult, exchange_space
    from workbench.rooms.linking import LinkedResult, link_centres
    from workbench.rooms.problem import Activity, Centre, Room, RoomsError, Rule, Session, Timetable
    from workbench.rooms.replanning import ReplanResult, replan
    from workbench.rooms.result import TimetableResult, timetable_rooms
    from workbench.rooms.stages import CentrePlan, plan_centre
    from workbench.rooms.works import WorksResult, plan_works
    from workbench.solving import Stage

__all__ = [
    "Activity",
    "Centre",
    "CentrePlan",
    "ExchangeResult",
    "LinkedResult",
    "ReplanResult",
    "Room",
    "RoomsError",
    "Rule",
    "Session",
    "Stage",
    "Timetable",
    "TimetableResult",
    "WorksResult",
    "exchange_space",
    "link_centres",
    "plan_centre",
    "plan_works",
    "replan",
    "timetable_rooms",
]

__getattr__ = lazy_names(
    __name__,
    {
        "exchange": ("ExchangeResult", "exchange_space"),
        "linking": ("LinkedResult", "link_centres"),
        "problem": ("Activity", "Centre", "Room", "RoomsError", "Rule", "Session", "Timetable"),
        "replanning": ("ReplanResult", "replan"),
        "result": ("TimetableResult", "timetable_rooms"),
        "stages": ("CentrePlan", "Stage", "plan_centre"),
        "works": ("WorksResult", "plan_works"),
    },
)
