"""What a scenario says of activities that may go to another centre, a short walk away."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.keys import Minutes

Priority = Annotated[int, Field(ge=1, le=3)]
Names = Annotated[tuple[str, ...], Field(strict=False)]


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
    trials: Annotated[int, Field(ge=0)] = 400
    """Most changes that are tried out by planning the centres they touch anew: a count, the same on every machine."""
