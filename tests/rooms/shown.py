"""A district of four rooms whose plan shows everything there is to show of a week."""

from __future__ import annotations

from tests import pocket
from tests.ledgers import activities, bookings, district, rooms
from workbench.ground.district import District
from workbench.rooms import TimetableResult, timetable_rooms


def ground() -> District:
    """R1 and R2 can be joined, R3 is a library open one hour a week, R4 an idle room; S1 is open Mo-Fr 08:30-17:30.

    A1 fits R1 and R2 only together, Tuesday from nine, with half an hour to set up and 15 minutes to clear away; A2 and
    A3 share the library; A4 is held today in R4 and can move; A5 lacks mirrors.
    """
    return district(
        rooms=rooms(
            {"merges_with": "R2", "neighbours": "R2", "sign": "会议室"},
            {"merges_with": "R1", "neighbours": "R1", "sign": "书画室", "function": "书画室"},
            {
                "sign": "图书阅览室", "function": "图书阅览室", "equipment": "bookshelves",
                "opening_hours": "Mo 09:00-10:00",
            },
            {"function": "闲置"},
        ),
        activities=activities(
            {"name": "大讲堂", "function": "lecture", "attendance": 30, "duration_min": 90, "setup_min": 30,
             "clear_min": 15, "windows": "Tu 09:00-10:30"},
            {"name": "借阅", "function": "reading", "equipment": "bookshelves"},
            {"name": "自习", "function": "study", "equipment": "bookshelves", "group": "youth", "attendance": 8},
            {"name": "议事", "duration_min": 50, "windows": "We 14:00-15:00"},
            {"name": "舞蹈", "function": "dance", "equipment": "mirrors", "group": "elders"},
        ),
        bookings=bookings({"activity": "A4", "room": "R4", "day": "We", "start": "14:00"}),
    )  # fmt: skip


def planned(**rules: object) -> TimetableResult:
    """Its plan."""
    return timetable_rooms(ground(), pocket.scenario(rooms={"plan": True, **rules}))
