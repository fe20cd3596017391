"""Loader of the catalogue of functions (``catalogue.yaml``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen, build, read_yaml
from workbench.errors import Problem, ScenarioError
from workbench.scenes.catalogue import Entries, EntryFile, Word, near, unknown
from workbench.tables.catalogue import NOISE

# ----------------------------------------------------------------------------------------------------------------------
# Kinds of works: what can be done to a room, or to two that share a wall, and what that costs.


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


Noise = Literal["quiet", "ordinary", "loud"]
Need = Literal["water", "power", "private"]
Colour = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]

_NO_COLOUR = "#e3ded3"


class Function(Word):
    """Something that takes place in a room."""

    key: str = ""
    """Its name in ledgers."""
    noise: Noise
    """Noise it makes."""
    wants_quiet: bool = False
    """Whether nothing loud may take place behind the wall at the same time."""
    needs: Annotated[tuple[Need, ...], Field(strict=False)] = ()
    """What the room must have: running water, strong power, privacy."""
    equipment: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Equipment it always takes, besides what an activity's own row says."""
    cooks: bool = False
    """Whether it works with fire or strong heat."""
    no_fire_beside: bool = False
    """Whether nothing that cooks may take place behind the wall at the same time."""
    highest_storey: Annotated[int, Field(ge=1)] | None = None
    """Highest storey on which it may take place; null = any."""
    shares: str = ""
    """Functions that share this word may use one room at the same time; empty = it needs the room to itself."""


class RoomWord(Frozen):
    """A word for a room, as it stands on signs and in ledgers."""

    use: Literal["resident", "office"]
    """For whom such a room is."""
    hosts: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Functions that take place in it as long as one room has one function."""


class _File(EntryFile):
    equipment: dict[str, Word]
    functions: dict[str, Function]
    rooms: dict[str, RoomWord]
    colours: dict[str, Colour] = Field(default_factory=dict)
    works: dict[str, WorkKind] = Field(default_factory=dict)


class Catalogue(Entries[Function]):
    """The functions by key, in the order of the file.

    Parameters
    ----------
    file
        Content of a catalogue file that holds no problem.

    Attributes
    ----------
    equipment
        What rooms may hold, by key.
    rooms
        Words for rooms, as signs have them.
    works
        What can be done to rooms, by key.
    """

    def __init__(self, file: _File) -> None:
        super().__init__(file, file.functions)
        self.equipment: Mapping[str, Word] = dict(file.equipment)
        self.rooms: Mapping[str, RoomWord] = dict(file.rooms)
        self.works: Mapping[str, WorkKind] = dict(file.works)
        self._colours: Mapping[str, str] = dict(file.colours)

    def use_of(self, room: str) -> str:
        """Return for whom a room of this actual function is; a word that is not known means residents."""
        word = self.rooms.get(room)
        return word.use if word else "resident"

    def hosts(self, room: str) -> tuple[str, ...]:
        """Return what a room of this actual function hosts as long as one room has one function."""
        word = self.rooms.get(room)
        return word.hosts if word else ()

    def colour_of(self, function: str) -> str:
        """Return the colour of a function on timetables, "#rrggbb"; a pale one where the catalogue gives none."""
        return self._colours.get(function, _NO_COLOUR)


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue from a YAML file.

    Raises
    ------
    ScenarioError
        If the file is missing or not valid, names a function or equipment that is not known, or a work gives
        what there is not; with all problems.
    """
    file = build(_File, read_yaml(path), str(path))
    problems = [
        unknown(str(path), "function", name, file.functions, key=f"rooms.{word}.hosts")
        for word, room in file.rooms.items()
        for name in room.hosts
        if name not in file.functions
    ]
    problems += [
        unknown(str(path), "equipment", name, file.equipment, key=f"functions.{key}.equipment")
        for key, function in file.functions.items()
        for name in function.equipment
        if name not in file.equipment
    ]
    problems += [
        unknown(str(path), "function", name, file.functions, key="colours")
        for name in file.colours
        if name not in file.functions
    ]
    problems += work_problems(str(path), file.works, file.equipment)
    if problems:
        raise ScenarioError(problems)
    return Catalogue(file)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the workbench."""
    return read_catalogue(Path(__file__).with_name("catalogue.yaml"))


def parts_of(text: object) -> tuple[str, ...]:
    """Return the words of a column that separates them by ``;``; none where it is missing."""
    if not isinstance(text, str):
        return ()
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())
