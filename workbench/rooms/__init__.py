"""Rooms that serve the whole week: who uses which room when, what is released, and why something is not served."""

from workbench.rooms.problem import Activity, Centre, Room, RoomsError, Rule, Session, Timetable
from workbench.rooms.result import TimetableResult, timetable_rooms
from workbench.rooms.stages import CentrePlan, Stage, plan_centre

__all__ = [
    "Activity",
    "Centre",
    "CentrePlan",
    "Room",
    "RoomsError",
    "Rule",
    "Session",
    "Stage",
    "Timetable",
    "TimetableResult",
    "plan_centre",
    "timetable_rooms",
]
