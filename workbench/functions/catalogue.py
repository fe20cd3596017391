"""Loader of the catalogue of functions (``catalogue.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from workbench.documents import Frozen, build, read_yaml
from workbench.errors import ScenarioError
from workbench.functions.works import WorkKind, work_problems
from workbench.scenes.vocabulary import Entries, EntryFile, Word, unknown

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
