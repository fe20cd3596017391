"""What the ledgers of rooms must look like: rooms, the activities of a week, today's bookings, operators.

Where an activity leaves noise, storey or needs empty, its function decides (``workbench.functions``).
"""

from __future__ import annotations

from typing import Final

from workbench.hours import WEEKDAYS
from workbench.tables.fields import Field, Reference, Table

NOISE: Final = ("quiet", "ordinary", "loud")
"""What an activity makes and what the walls of a room bear, the least first."""

USES: Final = ("resident", "office")
"""For whom a room is."""

POWER: Final = ("ordinary", "strong")
"""Electric supply of a room: strong feeds cookers, kilns and studio lights."""

MOST_PRIORITY: Final = 3
"""Priorities run from 1, served first, to this."""

ROOMS: Final = Table(
    "rooms",
    "a room of a station",
    (
        Field("id", "text", "identifier of the room", unique=True),
        Field("station", "text", "station it belongs to"),
        Field("sign", "text", "name on the sign at the door"),
        Field("function", "text", "what it is actually used for"),
        Field("storey", "integer", "storey, 1 = ground floor"),
        Field("area_m2", "number", "floor area", at_least=0),
        Field("capacity", "integer", "people it may hold", at_least=0),
        Field("equipment", "text", "equipment, separated by ';'", nullable=True),
        Field("water", "flag", "whether it has running water"),
        Field("sound", "text", "what its walls bear", one_of=NOISE),
        Field("private", "flag", "whether one can speak in confidence there"),
        Field("merges_with", "text", "adjacent room it can be joined with", nullable=True),
        Field("opening_hours", "text", "OSM opening_hours syntax; missing = as the station", nullable=True),
        Field("power", "text", "electric supply; missing = ordinary", False, nullable=True, one_of=POWER),
        Field("use", "text", "for whom it is; missing = as its function says", False, nullable=True, one_of=USES),
        Field("neighbours", "text", "rooms that share a wall with it, separated by ';'", False, nullable=True),
    ),
    references=(Reference("station", "stations"), Reference("merges_with", "rooms")),
)

ACTIVITIES: Final = Table(
    "activities",
    "an activity that asks for a room, once or several times a week",
    (
        Field("id", "text", "identifier of the activity", unique=True),
        Field("station", "text", "station at which it is asked for"),
        Field("name", "text", "name of the activity"),
        Field("function", "text", "its function, by key of the catalogue of functions"),
        Field("group", "text", "for whom it is, by key of the catalogue of scenes"),
        Field("attendance", "integer", "people who come", at_least=1),
        Field("duration_min", "integer", "length of one session, minutes", at_least=1),
        Field("sessions", "integer", "sessions a week", at_least=1),
        Field("priority", "integer", f"1 (served first) to {MOST_PRIORITY}", at_least=1),
        Field("windows", "text", "when it may take place, OSM opening_hours; missing = whenever open", False, True),
        Field("prefers", "text", "when it had best take place, OSM opening_hours", False, nullable=True),
        Field("days_apart", "integer", "least days from one session to the next; missing = 1", False, True, False, 0),
        Field("equipment", "text", "equipment it takes, separated by ';'", False, nullable=True),
        Field("needs", "text", "water, power, private, separated by ';', besides what its function needs", False, True),
        Field("noise", "text", "noise it makes; missing = as its function", False, nullable=True, one_of=NOISE),
        Field("highest_storey", "integer", "highest storey; missing = as its function", False, True, False, 1),
        Field("setup_min", "integer", "minutes to set up; missing = none", False, nullable=True, at_least=0),
        Field("clear_min", "integer", "minutes to clear away; missing = none", False, nullable=True, at_least=0),
        Field("organiser", "text", "who holds it; one organiser is in one place at a time", False, nullable=True),
    ),
    references=(Reference("station", "stations"),),
)

BOOKINGS: Final = Table(
    "bookings",
    "a session of an activity as the published timetable has it",
    (
        Field("id", "text", "identifier of the booking", unique=True),
        Field("activity", "text", "activity it belongs to"),
        Field("room", "text", "room in which it takes place"),
        Field("day", "text", "day of the week", one_of=WEEKDAYS),
        Field("start", "text", 'when it begins, "HH:MM"'),
        Field("fixed", "flag", "whether it may not be moved"),
        Field("joined_with", "text", "room that is joined for it", False, nullable=True),
    ),
    references=(Reference("activity", "activities"), Reference("room", "rooms"), Reference("joined_with", "rooms")),
)

OPERATORS: Final = Table(
    "operators",
    "an operator who would give services for space (以场地换服务)",
    (
        Field("id", "text", "identifier of the operator", unique=True),
        Field("name", "text", "name of the operator"),
        Field("function", "text", "what it would do there, by key of the catalogue of functions"),
        Field("hours", "number", "hours of space asked for, a week", at_least=0),
        Field("owed_hours", "number", "hours of public service owed in return, a week", at_least=0),
        Field("least_area_m2", "number", "smallest room that will do", at_least=0),
        Field("station", "text", "station it asks for; missing = any", False, nullable=True),
        Field("windows", "text", "when it would come, OSM opening_hours; missing = whenever open", False, True),
        Field("fulfilled_hours", "number", "hours of public service given last week", False, True, False, 0),
    ),
    references=(Reference("station", "stations"),),
)
