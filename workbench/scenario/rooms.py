"""What a scenario says of rooms: the grid of the week, what may be done with rooms, and how hard a plan is sought."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText, MondayText
from workbench.scenario.keys import Ratio
from workbench.scenario.room_activities import AddedActivity
from workbench.scenario.room_events import Events
from workbench.scenario.room_exchange import Exchange
from workbench.scenario.room_linking import Linking
from workbench.scenario.room_works import RoomWorks


class RoomRules(Frozen):
    """How the rooms of the centres are timetabled."""

    plan: bool = False
    """Whether a run timetables the rooms."""
    added: Annotated[tuple[AddedActivity, ...], Field(strict=False)] = ()
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
