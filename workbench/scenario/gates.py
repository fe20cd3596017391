"""What a scenario says of gates: which are open, and what is tried with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from workbench.documents import Frozen, written
from workbench.scenario.keys import Metres

ClockTime = Annotated[str, written("([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day, "HH:MM"')]
Weekday = Literal["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]


class Clock(Frozen):
    """The one moment that every number holds at: gates, stations and the online service are open or shut as then.

    It lies in the week of ``hours.week``, an ordinary one by default.
    """

    weekday: Weekday = "We"
    """Day of the week."""
    at: ClockTime = "10:00"
    """Time of day, "HH:MM"."""


class Gates(Frozen):
    """Which gates are open, beside what their hours say."""

    moved: ClassVar[Mapping[str, str]] = {
        "at": 'Write clock: {at: "22:30"}: gates, stations and the online service follow one time.',
        "weekday": "Write clock: {weekday: Sa}: gates, stations and the online service follow one time.",
    }

    policy: Literal["as_is", "all_open"] = "as_is"
    """Gates as the ledger has them at the hour of the ``clock``, or every gate open to residents and visitors alike."""


class GateStudy(Frozen):
    """What is tried with gates: an hour of the night beside that of the clock, and new gates."""

    night: ClockTime = "22:30"
    """Time of day that stands for the night where it is compared with the ``clock``, "HH:MM"."""
    weekday: Weekday = "We"
    """Day of the week that goes with ``night``."""
    link: Metres = "gate.link_limit"
    """Longest straight way from a new gate to the street, metres."""
