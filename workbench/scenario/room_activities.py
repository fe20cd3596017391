"""Activities that a scenario adds to those of the ledger, such as the night school that is to come."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText

Count = Annotated[int, Field(ge=1)]
Minutes = Annotated[int, Field(ge=0)]


class AddedActivity(Frozen):
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
    setup_min: Minutes = 0
    """Minutes to set up."""
    clear_min: Minutes = 0
    """Minutes to clear away."""
    organiser: str | None = None
    """Who holds it."""

    @property
    def row(self) -> dict[str, Any]:
        """The activity as a row of the ledger."""
        return self.model_dump()
