"""What a scenario says of space given for services (以场地换服务): who is admitted, on what terms, at what value.

The shares and values are assumptions of this workbench 【推】; a district sets its own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText

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
