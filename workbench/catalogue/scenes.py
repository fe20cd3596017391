"""Loader of the catalogue of scenes (``scenes.yaml``)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import pandas as pd
from pydantic import Field

from workbench.arrays import Flags, Ints
from workbench.calendars import Calendar
from workbench.documents import Frozen, build, read_yaml
from workbench.errors import Problem, ScenarioError, did_you_mean
from workbench.hours import parses

# ----------------------------------------------------------------------------------------------------------------------
# Vocabularies in files: words with their labels, entries by key.


_Entry = TypeVar("_Entry", bound=Frozen)


class Word(Frozen):
    """A word of one of the vocabularies."""

    label: str
    """What planners call it, in Chinese."""
    label_en: str
    """The same in English."""


class EntryFile(Frozen):
    """What every file of entries says."""

    note: str
    """What kind of list it is."""


class Entries(Mapping[str, _Entry]):
    """Entries by key, in the order of their file.

    Parameters
    ----------
    file
        Content of a file that holds no problem.
    entries
        Those of the file; each has a field ``key``, which is filled in here.

    Attributes
    ----------
    note
        What kind of list it is; printed wherever it is used.
    """

    def __init__(self, file: EntryFile, entries: Mapping[str, _Entry]) -> None:
        self._file = file
        self._entries = {key: entry.model_copy(update={"key": key}) for key, entry in entries.items()}
        self.note = file.note

    def __getitem__(self, key: str) -> _Entry:
        return self._entries[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def document(self) -> dict[str, Any]:
        """The file as plain values, for a fingerprint."""
        return self._file.model_dump(mode="json")


# ----------------------------------------------------------------------------------------------------------------------
# When scenes take place and groups are free: opening hours that have to say something.


def hours_fault(text: str) -> str:
    """Say what is wrong with opening hours: they do not parse, or are never open in an ordinary week; else nothing."""
    if not parses(text):
        return "does not parse"
    return "" if Calendar.ordinary().open_minutes(text).any() else "is never open"


# ----------------------------------------------------------------------------------------------------------------------
# Loader of the catalogue of scenes (``scenes.yaml``).


Names = Annotated[tuple[str, ...], Field(strict=False)]


class Service(Word):
    """Something a station may offer."""


class _Needed(Frozen):
    """The services that a scene takes at one station."""

    all_of: Names = ()
    """Services that are all needed."""
    any_of: Names = ()
    """Services of which one is enough; empty = none is asked."""


class Held(Frozen):
    """The sessions in rooms that are a scene, if they lie in its window; none where it needs no room."""

    functions: Names = ()
    """Functions of which one is enough."""
    groups: Names = ()
    """Audiences of which one is enough; empty = whoever comes."""


class Scene(Frozen):
    """One scene (场景): what is done, for whom, when, where, and how it is judged."""

    key: str = ""
    """Its name in scenarios."""
    label: str
    """Its name, in Chinese; where the speech names it, the speech's own."""
    short: Annotated[str, Field(max_length=6)]
    """Its name where room is scarce."""
    label_en: str
    """Its name in English."""
    audience: Names
    """For whom it is."""
    window: str
    """When it takes place in a week in which it is on, OSM opening_hours."""
    season: str = ""
    """When it is on, in words, where that is not every week."""
    services: _Needed
    """What it takes at a station."""
    sessions: Held = Held()
    """What takes place in a room when it is held there."""
    spaces: Names
    """Kinds of space in which it can be held."""
    conflicts: Names = ()
    """Scenes that cannot share a room or a wall with it at the same time."""
    indicator: str
    """By what it is judged, in words."""
    speech: str = ""
    """Words of the speech on which it rests; empty when the speech does not name it."""
    note: str = ""
    """What to mind when it is arranged."""

    def offered_by(self, services: Collection[str]) -> bool:
        """Tell whether a station with these services can hold the scene."""
        enough = not self.services.any_of or any(name in services for name in self.services.any_of)
        return enough and all(name in services for name in self.services.all_of)

    def held_by(self, function: str, group: str, starts: Ints, minutes: int) -> Flags:
        """Tell which sessions in a room are this scene: in function and group, and at least half of it in its window.

        Parameters
        ----------
        function, group
            What takes place, and for whom.
        starts
            Minutes of the ordinary week at which it would begin, shape (n,).
        minutes
            How long it lasts.

        Returns
        -------
        numpy.ndarray of bool
            Shape (n,).
        """
        if function not in self.sessions.functions or (self.sessions.groups and group not in self.sessions.groups):
            return np.zeros(len(starts), bool)
        passed = _minutes_passed(self.window)
        ends = np.minimum(starts + minutes, len(passed) - 1)
        return np.asarray(2 * (passed[ends] - passed[starts]) >= minutes)


@lru_cache(maxsize=256)
def _minutes_passed(window: str) -> Ints:
    """Return how many minutes of a window have passed at each minute of the ordinary week, shape (10081,)."""
    return np.concatenate(([0], np.cumsum(Calendar.ordinary().open_minutes(window), dtype=np.int64)))


class _File(EntryFile):
    services: dict[str, Service]
    spaces: dict[str, Word]
    audiences: dict[str, Word]
    scenes: dict[str, Scene]


class Catalogue(Entries[Scene]):
    """The scenes by key, in the order of the file, with the vocabularies they draw on.

    Parameters
    ----------
    file
        Content of a catalogue file that holds no problem.

    Attributes
    ----------
    services, spaces, audiences
        The vocabularies.
    """

    def __init__(self, file: _File) -> None:
        super().__init__(file, file.scenes)
        self.services: Mapping[str, Service] = dict(file.services)
        self.spaces: Mapping[str, Word] = dict(file.spaces)
        self.audiences: Mapping[str, Word] = dict(file.audiences)


def read_catalogue(path: Path) -> Catalogue:
    """Read a catalogue from a YAML file."""
    file = build(_File, read_yaml(path), str(path))
    problems = [
        problem for key, scene in file.scenes.items() for problem in _scene_problems(str(path), file, key, scene)
    ]
    if problems:
        raise ScenarioError(problems)
    return Catalogue(file)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the workbench."""
    return read_catalogue(Path(__file__).with_name("scenes.yaml"))


def _scene_problems(where: str, file: _File, key: str, scene: Scene) -> list[Problem]:
    base = f"scenes.{key}"
    named: list[tuple[str, str, tuple[str, ...], Collection[str]]] = [
        ("services.all_of", "service", scene.services.all_of, file.services),
        ("services.any_of", "service", scene.services.any_of, file.services),
        ("spaces", "space", scene.spaces, file.spaces),
        ("audience", "audience", scene.audience, file.audiences),
        ("sessions.groups", "audience", scene.sessions.groups, file.audiences),
        ("conflicts", "scene", scene.conflicts, file.scenes),
    ]
    found = [
        Problem(
            where,
            f"the {kind} is not known",
            key=f"{base}.{field}",
            expected="one of " + ", ".join(known),
            found=word,
            mend=did_you_mean(word, known),
        )
        for field, kind, words, known in named
        for word in words
        if word not in known
    ]
    if not (scene.services.all_of or scene.services.any_of):
        found.append(Problem(where, "the scene needs no service", key=f"{base}.services", expected="all_of or any_of"))
    found += [
        Problem(
            where,
            "a conflict is told of one side only",
            key=f"{base}.conflicts",
            found=other,
            mend=f"Name {key} there.",
        )
        for other in scene.conflicts
        if other in file.scenes and key not in file.scenes[other].conflicts
    ]
    fault = hours_fault(scene.window)
    if fault:
        what, expected = f"the window {fault}", 'OSM opening_hours, such as "Mo-Fr 19:00-21:00"'
        found.append(Problem(where, what, key=f"{base}.window", expected=expected, found=repr(scene.window)))
    return found


# ----------------------------------------------------------------------------------------------------------------------
# The services that stations declare, read and judged by the catalogue's vocabulary.


_SEPARATORS = re.compile(r"[;；]")


def services_of(text: object) -> frozenset[str] | None:
    """Return the services a station declares; None where the column is missing, which is not the same as none.

    Parameters
    ----------
    text
        Value of the column ``services``: names separated by ``;``.
    """
    if not isinstance(text, str):
        return None
    return frozenset(part.strip() for part in _SEPARATORS.split(text) if part.strip())


def service_problems(stations: pd.DataFrame, scenes: Catalogue | None = None) -> list[Problem]:
    """List the services of stations that the vocabulary does not hold, one problem each.

    Parameters
    ----------
    stations
        The stations layer; the column ``services`` may be absent.
    scenes
        Catalogue whose vocabulary counts; the one that comes with the workbench by default.
    """
    if "services" not in stations:
        return []
    known = (catalogue() if scenes is None else scenes).services
    return [
        Problem(
            "stations",
            "the service is not known",
            str(name),
            "services",
            "services of the catalogue: " + ", ".join(known),
            service,
            did_you_mean(service, known),
        )
        for name, text in zip(stations["id"], stations["services"], strict=True)
        for service in sorted(services_of(text) or ())
        if service not in known
    ]
