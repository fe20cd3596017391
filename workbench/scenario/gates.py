"""What a scenario says of gates: which are open, and what is tried with them."""

from __future__ import annotations

from typing import Annotated, Literal

from workbench.documents import Frozen, written
from workbench.scenario.keys import Metres

ClockTime = Annotated[str, written("([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day, "HH:MM"')]
Weekday = Literal["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]


class Gates(Frozen):
    """Which gates are open."""

    policy: Literal["as_is", "all_open"] = "as_is"
    """Gates as the ledger has them, or every gate open to residents and visitors alike."""
    at: ClockTime | None = None
    """Time of day at which opening hours of gates are read, "HH:MM"; null = by day, all hours hold."""
    weekday: Weekday = "We"
    """Day of the week that goes with ``at``."""


class GateStudy(Frozen):
    """What is tried with gates: an hour of the night beside the day, and new gates."""

    night: ClockTime = "22:30"
    """Time of day that stands for the night when gates by day, at night and all open are compared, "HH:MM"."""
    weekday: Weekday = "We"
    """Day of the week that goes with ``night``."""
    link: Metres = "gate.link_limit"
    """Longest straight way from a new gate to the street, metres."""
