"""Kinds of works: what can be done to a room, or to two that share a wall, and what that costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import Field

from workbench.errors import Problem
from workbench.scenes.vocabulary import Word, near
from workbench.tables.room_ledgers import NOISE

Count = Annotated[int, Field(ge=0)]


class WorkKind(Word):
    """Something that can be done to a room; its costs are assumptions 【推】 until there are quotes."""

    gives: Literal["equipment", "water", "power", "private", "sound", "join"]
    """What the room has afterwards; ``join``: two rooms that share a wall can be joined."""
    item: str = ""
    """Key of the equipment, or the class of noise that the walls bear; empty otherwise."""
    per_room: Count
    """Cost of each room, or of each pair that is joined, yuan."""
    per_m2: Count = 0
    """Cost of each square metre besides, of both rooms where they are joined, yuan."""
    days: Annotated[int, Field(ge=1)]
    """Days of work on the spot."""


def work_problems(where: str, works: Mapping[str, WorkKind], equipment: Collection[str]) -> list[Problem]:
    """List the works that give what there is not.

    Parameters
    ----------
    where
        File to name.
    works
        The works by key.
    equipment
        Keys of equipment that are known.

    Returns
    -------
    list of Problem
    """
    better = NOISE[1:]  # every wall bears the least of them
    known: Mapping[str, Collection[str]] = {"equipment": equipment, "sound": better}
    found: list[Problem] = []
    for key, work in works.items():
        allowed = known.get(work.gives, ("",))
        if work.item not in allowed:
            expected = "one of " + ", ".join(allowed) if work.gives in known else "no item"
            mend = near(work.item, allowed) if work.gives in known else "Leave the item out."
            what = f"the work gives {work.gives} that there is not"
            found.append(Problem(where, what, "", "", expected, repr(work.item), mend, f"works.{key}.item"))
    return found
