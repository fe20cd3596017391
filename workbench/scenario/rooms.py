"""What a scenario says of rooms: the grid of the week, what may be done with rooms, and how hard a plan is sought."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText, MondayText
from workbench.scenario.keys import Minutes, Ratio

# ----------------------------------------------------------------------------------------------------------------------
# Activities that a scenario adds to those of the ledger, such as the night school that is to come.


Count = Annotated[int, Field(ge=1)]
_WholeMinutes = Annotated[int, Field(ge=0)]


class _AddedActivity(Frozen):
    """One activity; its fields are the columns of the ledger of activities, and the gate judges them alike."""

    id: Annotated[str, Field(min_length=1)]
    """Identifier; not that of an activity of the ledger."""
    station: str
    """Station at which it is asked for."""
    name: str
    """Its name, in Chinese."""
    function: str
    """Its function, by key of the catalogue of functions."""
    group: str
    """For whom it is, by key of the catalogue of scenes."""
    attendance: Count
    """People who come."""
    duration_min: Count
    """Length of one session, minutes."""
    sessions: Count = 1
    """Sessions a week."""
    priority: Annotated[int, Field(ge=1, le=3)] = 2
    """1 is served first."""
    windows: HoursText | None = None
    """When it may take place, OSM opening_hours; null = whenever open."""
    prefers: HoursText | None = None
    """When it had best take place."""
    days_apart: Annotated[int, Field(ge=0)] = 1
    """Least days from one session to the next."""
    equipment: str | None = None
    """Equipment it takes, separated by ';'."""
    needs: str | None = None
    """``water``, ``power``, ``private``, separated by ';', besides what its function needs."""
    setup_min: _WholeMinutes = 0
    """Minutes to set up."""
    clear_min: _WholeMinutes = 0
    """Minutes to clear away."""
    organiser: str | None = None
    """Who holds it."""

    @property
    def row(self) -> dict[str, Any]:
        """The activity as a row of the ledger."""
        return self.model_dump()


# ----------------------------------------------------------------------------------------------------------------------
# What happens to a published timetable: rooms out of use, activities that come and go, other hours for a week.


Names = Annotated[tuple[str, ...], Field(strict=False)]


class Closure(Frozen):
    """A room that is out of use."""

    room: str
    """Identifier of the room."""
    hours: HoursText | None = None
    """When it is out of use, OSM opening_hours, such as ``Tu,We`` or ``Mo 09:00-12:00``; null = the whole week."""


class Events(Frozen):
    """What has come up since the timetable was published."""

    rooms_closed: Annotated[tuple[Closure, ...], Field(strict=False)] = ()
    """Rooms that are out of use."""
    added: Annotated[tuple[_AddedActivity, ...], Field(strict=False)] = ()
    """Activities that ask for sessions."""
    called_off: Names = ()
    """Activities that do not take place, by identifier."""
    station_hours: dict[str, HoursText] = Field(default_factory=dict)
    """Hours that all rooms of a station keep instead of their own, by station."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of space given for services (以场地换服务): who is admitted, on what terms, at what value.
#
# The shares and values are assumptions of this workbench 【推】; a district sets its own.


Share = Annotated[float, Field(ge=0, le=1, strict=False)]
Yuan = Annotated[float, Field(ge=0, strict=False, allow_inf_nan=False)]
Block = Annotated[int, Field(ge=15, le=720, multiple_of=15)]


class Exchange(Frozen):
    """On what terms operators get the space that a timetable leaves, and owe public service for it."""

    block: Block = 60
    """Length of the blocks in which space is given, minutes; they begin on the grid of ``rooms.step``."""
    service_hours: HoursText = "Mo-Su 08:30-20:30"
    """When residents can come: public service lies within these hours, OSM opening_hours."""
    least_share: Share = 0.5
    """Least share of the hours it asks for that an admitted operator gets for its own use."""
    least_fulfilment: Share = 0.8
    """Operators that gave less than this share of the service they owed last week are not admitted."""
    room_share: Share = 0.5
    """Most of a room's open hours that operators get, so that something is left for whoever asks at short notice."""
    operator_share: Share = 0.4
    """Most of the leftover ㎡·h of a station that a single operator gets."""
    released_first: bool = True
    """Whether rooms that the timetable does not use are given before those that it uses."""
    space_value: Yuan = 0.2
    """Value of a ㎡·h, yuan."""
    service_value: Yuan = 40.0
    """Value of an hour of public service, yuan, for functions that are not named below."""
    service_values: dict[str, Yuan] = Field(default_factory=dict)
    """The same by function, by key of the catalogue of functions."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of activities that may go to another centre, a short walk away.


Priority = Annotated[int, Field(ge=1, le=3)]


class Linking(Frozen):
    """Which activities may go to another centre, and how far."""

    limit: Minutes = "gb50180.ten_minute.walk_time"
    """Longest walk from the centre where an activity is asked for to the one where it takes place, minutes at the
    pace of its own group."""
    walkers: dict[str, str] = Field(default_factory=dict)
    """Group of the scenario whose pace an audience walks at, by key of the catalogue of scenes. An audience that is not
    named walks as the group of its own name, or, where the scenario has none, at ``walking.pace``."""
    priorities: Annotated[tuple[Priority, ...], Field(strict=False, min_length=1)] = (1, 2, 3)
    """Priorities of the activities that may move."""
    functions: Names | None = None
    """Functions of the activities that may move, by key of the catalogue of functions; null = all."""
    organisers: Literal["along", "local", "stay"] = "along"
    """``along``: whoever holds an activity goes with it, and with it go all the activities she holds there, so that she
    never is in two centres. ``local``: somebody of the other centre holds it. ``stay``: what is held by an organiser
    does not move."""
    rooms_kept: Annotated[int, Field(ge=0)] = 1
    """Rooms that every centre keeps in use at the least, as far as it uses so many by itself: none is emptied."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of works on rooms: the money, what may be done, and where nothing may.


_WholeYuan = Annotated[int, Field(ge=0)]
Days = Annotated[int, Field(ge=1)]


class _WorkCost(Frozen):
    """Costs of one kind of works instead of those of the catalogue; null = as there."""

    per_room: _WholeYuan | None = None
    """Cost of each room, or of each pair that is joined, yuan."""
    per_m2: _WholeYuan | None = None
    """Cost of each square metre besides, yuan."""
    days: Days | None = None
    """Days of work on the spot."""


class RoomWorks(Frozen):
    """Works on the rooms of all centres: joining them (多室合一), and converting them."""

    budget: _WholeYuan
    """Most that all works may cost, whole district, yuan."""
    curve_to: _WholeYuan | None = None
    """How much money is tried at most for the budget curve, yuan; null, or less than the budget = the budget."""
    kinds: Names | None = None
    """Works that may be done, by key of the catalogue; null = all."""
    most_days: Days | None = None
    """Most days of work in one centre, one work after the other; null = as many as it takes."""
    costs: dict[str, _WorkCost] = Field(default_factory=dict)
    """Other costs and days, by key of the work."""
    forbidden: Names = ()
    """Rooms in which nothing may be done."""
    points: Annotated[int, Field(ge=1, le=1000)] = 40
    """Most amounts of money that are tried for one centre; what is left untried is told by the bound."""

    @property
    def most_money(self) -> int:
        """Most money that is tried, yuan."""
        return max(self.budget, self.curve_to or 0)


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of rooms: the grid of the week, what may be done with rooms, and how hard a plan is sought.


class RoomRules(Frozen):
    """How the rooms of the centres are timetabled."""

    plan: bool = False
    """Whether a run timetables the rooms."""
    added: Annotated[tuple[_AddedActivity, ...], Field(strict=False)] = ()
    """Activities asked for besides those of the ledger."""
    opening_hours: dict[str, HoursText] = Field(default_factory=dict)
    """Opening hours of all rooms of a station instead of its own, by station; ``all`` is for all not named."""
    step: Literal[15, 30] = 30
    """Sessions begin on a grid of so many minutes; a published session keeps its own start."""
    need: Literal["asked", "published"] = "asked"
    """What is to be served: every session that is asked for, or only as many as are published today."""
    turnover: Literal["inside", "outside"] = "inside"
    """Whether setting up and clearing away has to lie inside the opening hours, or may spill outside."""
    join: bool = True
    """Whether rooms that can be joined may be joined for what fits neither of them alone (多室合一)."""
    resident_share: Ratio = "guobanfa_2021_56.resident_area_share"
    """Least share of the area of a centre's rooms that is not kept as offices (办公最小化); the clause asks it of floor
    area, so that asking it of the rooms in the ledger is a rule of ours."""
    offices_kept: Annotated[int, Field(ge=0)] = 0
    """Offices and stores that a centre keeps at least, as far as it has so many."""
    release: Literal["rooms", "area"] = "rooms"
    """What is released once all possible need is served: as many rooms, or as much area, as can be."""
    first_week: MondayText | None = None
    """Monday of the first week in the calendars of the rooms; null = the first Monday after the date of the ground."""
    edition: Annotated[int, Field(ge=0)] = 0
    """How many timetables were published before this one: one more for each that replaces another. Calendars carry it
    (``SEQUENCE``), so that phones take the new hour of a session for the old one. A re-plan is the next edition."""
    weeks: Annotated[int, Field(ge=1, le=53)] = 13
    """Weeks for which the timetable holds, a quarter of a year by default 【推】. What repeats weekly relies only on
    hours that every one of these weeks has; in the calendars it ends with them, and leaves out dates that are closed.
    """
    exchange: Exchange | None = None
    """On what terms operators get leftover space for public service (以场地换服务); null = not asked."""
    works: RoomWorks | None = None
    """Which works on rooms there may be, for how much money; null = rooms stay as they are."""
    linking: Linking | None = None
    """Which activities may go to another centre; null = each stays where it is asked for."""
    events: Events | None = None
    """What has come up since the timetable was published; null = nothing."""
    effort: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] = 1.0
    """Most work of one search in a stage of a centre, in CP-SAT's deterministic seconds: the same on every machine.

    HiGHS may look up in proportion. A stage makes a few searches of this length at most, and short ones to mend its
    timetable by days; once a stage stays open all later ones have half the effort, so that a hard centre ends within
    bounds too, with value, bound and gap of each stage. The default proves every centre of the embedded district; more
    of it narrows the gaps of centres with three times as many activities.
    """
