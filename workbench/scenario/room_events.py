"""What happens to a published timetable: rooms out of use, activities that come and go, other hours for a week."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText
from workbench.scenario.room_activities import AddedActivity

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
    added: Annotated[tuple[AddedActivity, ...], Field(strict=False)] = ()
    """Activities that ask for sessions."""
    called_off: Names = ()
    """Activities that do not take place, by identifier."""
    station_hours: dict[str, HoursText] = Field(default_factory=dict)
    """Hours that all rooms of a station keep instead of their own, by station."""
