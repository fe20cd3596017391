"""What a scenario says of the season's programme: the quarter, noise and school and how far apart."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import MondayText
from workbench.scenario.keys import Metres
from workbench.scenario.roster import Days, SpansText

_Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Programme(Frozen):
    """A season of events: what is on, where and when."""

    monday: MondayText
    """First day of the season, a Monday."""
    weeks: Annotated[int, Field(ge=1, le=26)] = 13
    """Weeks of the season."""
    latest: _Clock = "22:00"
    """When every event is over: the night of GB 22337 begins."""
    loud_latest: _Clock = "20:30"
    """When a loud event is over before a school day."""
    school_breaks: Annotated[tuple[Annotated[int, Field(ge=1, le=12)], ...], Field(strict=False)] = (2, 7, 8)
    """Months without school; else every working day, make-up days too, is a school day."""
    school_run: SpansText = "07:30-08:30,16:00-17:30"
    """Hours of school days at which no training takes place: parents bring and fetch their children."""
    apart: Metres = "programme.apart"
    """Nearest that two big events are on one evening, in a straight line."""
    gap: Days = "programme.gap"
    """Fewest days between two events of one request."""
    rain_days: Days = "programme.rain_days"
    """Days after an event in a yard on which the same place is kept free in case of rain."""
    festival_days: Days = "programme.festival_days"
    """How far from its festival an event may be, days."""
    relief_places: Annotated[int, Field(ge=0)] = 0
    """Places of work relief (以工代赈) to be shared out among communities."""
    effort: Annotated[float, Field(gt=0)] = 20.0
    """Most work on one stage, deterministic seconds of CP-SAT."""
