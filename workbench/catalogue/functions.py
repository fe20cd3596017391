"""Loader of the catalogue of functions (``functions.yaml``)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from workbench.arrays import Flags
from workbench.calendars import ORDINARY_MONDAY, Weeks
from workbench.catalogue.scenes import Entries, EntryFile, Word
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.tables import MOST_PRIORITY, NOISE
from workbench.catalogue.validation import MOST_ROWS_NAMED
from workbench.documents import Frozen, build, read_yaml
from workbench.errors import Problem, ScenarioError, did_you_mean, unknown
from workbench.hours import DAY_MINUTES, WEEKDAYS, parses

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


def _work_problems(where: str, works: Mapping[str, WorkKind], equipment: Collection[str]) -> list[Problem]:
    """List the works that give what there is not."""
    better = NOISE[1:]  # every wall bears the least of them
    known: Mapping[str, Collection[str]] = {"equipment": equipment, "sound": better}
    found: list[Problem] = []
    for key, work in works.items():
        allowed = known.get(work.gives, ("",))
        if work.item not in allowed:
            expected = "one of " + ", ".join(allowed) if work.gives in known else "no item"
            mend = did_you_mean(work.item, allowed) if work.gives in known else "Leave the item out."
            what = f"the work gives {work.gives} that there is not"
            found.append(Problem(where, what, "", "", expected, repr(work.item), mend, f"works.{key}.item"))
    return found


# ----------------------------------------------------------------------------------------------------------------------
# Loader of the catalogue of functions (``functions.yaml``).


_Noise = Literal["quiet", "ordinary", "loud"]
Need = Literal["water", "power", "private"]
Colour = Annotated[str, Field(pattern="^#[0-9a-f]{6}$")]

_NO_COLOUR = "#e3ded3"


class Function(Word):
    """Something that takes place in a room."""

    key: str = ""
    """Its name in ledgers."""
    noise: _Noise
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
    """Read a catalogue from a YAML file."""
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
    problems += _work_problems(str(path), file.works, file.equipment)
    if problems:
        raise ScenarioError(problems)
    return Catalogue(file)


@cache
def catalogue() -> Catalogue:
    """Return the catalogue that comes with the workbench."""
    return read_catalogue(Path(__file__).with_name("functions.yaml"))


def parts_of(text: object) -> tuple[str, ...]:
    """Return the words of a column that separates them by ``;``; none where it is missing."""
    if not isinstance(text, str):
        return ()
    return tuple(part.strip() for part in text.replace("；", ";").split(";") if part.strip())


# ----------------------------------------------------------------------------------------------------------------------
# Sessions that no room could ever hold, bookings that contradict each other, operators that owe too much.


_WEEK_HOURS = 7 * 24.0


_YEAR = Weeks(ORDINARY_MONDAY, 53, dated=False)
_YEAR_NAMED = re.compile(r"\b\d{4}\b")


def week_minutes(text: str) -> Flags:
    """Return which minutes of the week are open at some time of the year, shape (7, 1440); not writable.

    Nothing is known here of when a plan runs: hours of a season, or of some weeks of a month, may be those of its
    weeks; hours that name a year may be any.
    """
    if _YEAR_NAMED.search(text):
        return np.ones((len(WEEKDAYS), DAY_MINUTES), bool)
    return _YEAR.open_ever(text)


def _longest_run(minutes: Flags) -> int:
    """Return the longest stretch of open minutes within one day."""
    padded = np.zeros((len(minutes), minutes.shape[1] + 2), bool)
    padded[:, 1:-1] = minutes
    turns = np.nonzero(padded[:, 1:] != padded[:, :-1])[1]  # a beginning, its end, the next beginning
    return int((turns[1::2] - turns[::2]).max(initial=0))


def _crosses_midnight(minutes: Flags, duration: int) -> bool:
    """Tell whether only midnight keeps a session out of open minutes: hours of the day it begins on are not enough."""
    whole = np.concatenate((minutes.ravel(), minutes.ravel()[:DAY_MINUTES]))  # Sunday night runs into Monday
    return _longest_run(minutes) < duration <= _longest_run(whole[None, :])


def day_start(text: str) -> int | None:
    """Return the minute of the day that "HH:MM" names; None if it names none."""
    try:
        time = dt.time.fromisoformat(text)
    except ValueError:
        return None
    return 60 * time.hour + time.minute if time.strftime("%H:%M") == text else None


@dataclass(frozen=True)
class _Station:
    """What all rooms of a station can do at best."""

    capacity: int
    open: tuple[Flags, ...]


def _stations(tables: Mapping[str, pd.DataFrame]) -> dict[str, _Station]:
    """Return the stations that have rooms, by identifier."""
    if "rooms" not in tables:
        return {}
    rooms, stations = tables["rooms"], tables["stations"]
    hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
    found: dict[str, _Station] = {}
    for station, group in rooms.groupby("station", sort=True):
        texts = {t if isinstance(t, str) else hours.get(station) for t in group["opening_hours"]}
        known = tuple(week_minutes(t) for t in sorted(t for t in texts if isinstance(t, str)))
        found[str(station)] = _Station(_largest(group.to_dict("records")), known)
    return found


def _largest(rooms: list[dict[Any, Any]]) -> int:
    """Return the most people that a room or a pair may hold, pairs that works could join (多室合一) among them."""
    by_id = {row["id"]: row for row in rooms}
    most = 0
    for row in rooms:
        partner = row["merges_with"]
        beside = [by_id[other] for other in parts_of(row["neighbours"]) if other in by_id]  # others are told of already
        free = [other for other in beside if not isinstance(other["merges_with"], str)]
        near = [by_id[partner]] if isinstance(partner, str) else free
        joined = [int(other["capacity"]) for other in near if other["storey"] == row["storey"]]
        most = max(most, int(row["capacity"]) + max(joined, default=0))
    return most


def _unholdable(tables: Mapping[str, pd.DataFrame], stations: Mapping[str, _Station]) -> list[Problem]:
    """List activities that no room of their station could hold, whatever else takes place."""
    if "activities" not in tables:
        return []
    found: list[Problem] = []
    for row in tables["activities"].to_dict("records"):
        station = stations.get(str(row["station"]))
        if station is None:
            mend = "Add its rooms to the rooms ledger, or move the activity."
            what = "the station has no rooms"
            found.append(
                Problem("activities", what, str(row["id"]), "station", "a station with rooms", row["station"], mend)
            )
            continue
        if row["attendance"] > station.capacity:
            what, expected = "more people come than any room holds", f"at most {station.capacity}, rooms joined"
            found.append(
                Problem(
                    "activities",
                    what,
                    str(row["id"]),
                    "attendance",
                    expected,
                    str(row["attendance"]),
                    "Split the group.",
                )
            )
        if station.open:
            found += _hours(row, station)
    return found


def _hours(row: dict[Any, Any], station: _Station) -> list[Problem]:
    name, duration, windows = str(row["id"]), int(row["duration_min"]), row["windows"]
    said = isinstance(windows, str) and parses(windows)  # others are told of already
    wanted = week_minutes(windows) if said else np.ones((len(WEEKDAYS), DAY_MINUTES), bool)
    fits = max(_longest_run(minutes & wanted) for minutes in station.open)
    if fits < duration and any(_crosses_midnight(minutes & wanted, duration) for minutes in station.open):
        what, expected = "the session would run across midnight", f"at most {fits} min, before midnight or after it"
        mend = "Let it end by midnight or begin at midnight: shorten it, or ask for two sessions."
        return [Problem("activities", what, name, "duration_min", expected, f"{duration} min", mend)]
    longest = max(_longest_run(minutes) for minutes in station.open)
    if duration > longest:
        what, expected = "a session is longer than the rooms are open", f"at most {longest} min"
        return [Problem("activities", what, name, "duration_min", expected, f"{duration} min")]
    if fits < duration:
        what, expected = "the windows lie outside the opening hours", f"{duration} min while a room is open"
        mend = "Move the windows, or open the station longer."
        return [Problem("activities", what, name, "windows", expected, repr(windows), mend)]
    return []


def _owed_too_much(tables: Mapping[str, pd.DataFrame], stations: Mapping[str, _Station]) -> list[Problem]:
    """List operators that owe more than their station, or the best of all, is open in a week or in their windows.

    An operator may change rooms: it counts when any room of the station is open.
    """
    if "operators" not in tables:
        return []
    hours = {i: float(np.logical_or.reduce(s.open).sum()) / 60 for i, s in stations.items() if s.open}
    found: list[Problem] = []
    for row in tables["operators"].to_dict("records"):
        named = isinstance(row["station"], str)
        most = hours.get(row["station"], _WEEK_HOURS) if named else max(hours.values(), default=_WEEK_HOURS)
        for column, value in (("owed_hours", row["owed_hours"]), ("hours", row["hours"])):
            if value > most:
                what = "the operator asks for, or owes, more hours than the week holds"
                found.append(Problem("operators", what, str(row["id"]), column, f"at most {most:g} h", f"{value:g} h"))
        if row["owed_hours"] <= most:
            found += _session_windows(row, stations)
    return found


def _session_windows(row: dict[Any, Any], stations: Mapping[str, _Station]) -> list[Problem]:
    """List what is wrong with where and when an operator would come."""
    name, asked, windows = str(row["id"]), row["station"], row["windows"]
    if stations and isinstance(asked, str) and asked not in stations:
        what, mend = "the station has no rooms", "Add its rooms to the rooms ledger, or let the operator go anywhere."
        return [Problem("operators", what, name, "station", "a station with rooms", asked, mend)]
    open_ = [s.open for i, s in stations.items() if s.open and (asked == i or not isinstance(asked, str))]
    if not open_ or not isinstance(windows, str) or not parses(windows):  # those are told of already
        return []
    wanted = week_minutes(windows)
    most = max(float((np.logical_or.reduce(texts) & wanted).sum()) / 60 for texts in open_)
    if not most:
        what, mend = "the windows lie outside the opening hours", "Move the windows, or open the station longer."
        return [Problem("operators", what, name, "windows", "hours in which a room is open", repr(windows), mend)]
    if row["owed_hours"] > most:
        what, expected = (
            "the operator owes more hours than its windows hold",
            f"at most {most:g} h while rooms are open",
        )
        mend = "Widen the windows, or let it owe less."
        return [Problem("operators", what, name, "owed_hours", expected, f"{row['owed_hours']:g} h", mend)]
    return []


@dataclass(frozen=True)
class _Held:
    """A fixed booking in one room: minutes of the week, from setting up to clearing away."""

    begin: int
    end: int
    booking: str
    activity: str
    shares: str


def _contradictions(tables: Mapping[str, pd.DataFrame], functions: Catalogue) -> list[Problem]:
    """List bookings that fit neither their activity nor their room, and fixed ones that overlap.

    Setting up and clearing away hold the room too; different activities whose functions share a room do not overlap.
    """
    rooms = {row["id"]: row for row in tables["rooms"].to_dict("records")}
    activities = {row["id"]: row for row in tables["activities"].to_dict("records")}
    found: list[Problem] = []
    taken: dict[str, list[_Held]] = {}
    for row in tables["bookings"].to_dict("records"):
        start, activity = day_start(str(row["start"])), activities[row["activity"]]
        if start is None:
            found.append(
                Problem("bookings", "the start is no time", str(row["id"]), "start", '"HH:MM"', repr(row["start"]))
            )
            continue
        if start + int(activity["duration_min"]) > DAY_MINUTES:
            what, mend = "the session runs across midnight", "Book it until midnight, and the rest as another session."
            over = f"{row['start']} and {activity['duration_min']} min"
            found.append(Problem("bookings", what, str(row["id"]), "start", "an end by 24:00", over, mend))
        if rooms[row["room"]]["station"] != activity["station"]:
            what, seen = "the room is in another station than the activity", str(rooms[row["room"]]["station"])
            found.append(Problem("bookings", what, str(row["id"]), "room", str(activity["station"]), seen))
        parts = [str(row["room"])]
        if isinstance(row["joined_with"], str):
            parts.append(str(row["joined_with"]))
            if rooms[row["room"]]["merges_with"] != row["joined_with"]:
                what, expected = "the rooms cannot be joined", str(rooms[row["room"]]["merges_with"])
                found.append(
                    Problem("bookings", what, str(row["id"]), "joined_with", expected, str(row["joined_with"]))
                )
        if row["fixed"]:
            begin = WEEKDAYS.index(str(row["day"])) * DAY_MINUTES + start
            shares = "" if len(parts) > 1 else _shared_word(activity, functions)
            spans = (begin - _minutes(activity.get("setup_min")), begin + int(activity["duration_min"]))
            held = _Held(
                spans[0], spans[1] + _minutes(activity.get("clear_min")), str(row["id"]), str(activity["id"]), shares
            )
            for part in parts:
                taken.setdefault(part, []).append(held)
    return found + _overlaps(taken) + _too_many(tables)


def _minutes(value: object) -> int:
    """Return minutes; none where they are missing."""
    return int(value) if isinstance(value, (int, float)) and value == value else 0


def _shared_word(activity: Mapping[Any, Any], functions: Catalogue) -> str:
    function = str(activity["function"])
    return functions[function].shares if function in functions else ""


def _overlaps(taken: Mapping[str, list[_Held]]) -> list[Problem]:
    """Name each booking that begins while another one holds its room, with the one that holds it longest."""
    found: list[Problem] = []
    for room, spans in taken.items():
        before: list[_Held] = []
        for held in sorted(spans, key=lambda one: (one.begin, one.end, one.booking)):
            clash = [one for one in before if held.begin < one.end and not _go_together(one, held)]
            if clash:
                what, mend = "two fixed bookings overlap", "Move one of them, or do not fix it."
                holder = max(clash, key=lambda one: one.end).booking
                found.append(Problem("bookings", what, held.booking, "start", f"{room} free", f"{holder} in it", mend))
            before.append(held)
    return found


def _go_together(one: _Held, other: _Held) -> bool:
    return bool(one.shares) and one.shares == other.shares and one.activity != other.activity


def _too_many(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    asked = dict(zip(tables["activities"]["id"], tables["activities"]["sessions"], strict=True))
    count = tables["bookings"]["activity"].value_counts(sort=False)
    return [
        Problem("bookings", "more sessions are booked than asked", str(i), "activity", f"at most {asked[i]}", str(n))
        for i, n in count.items()
        if n > asked[i]
    ]


NEEDS = ("water", "power", "private")
# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of rooms owe each other: known words, rooms that can be joined, sessions that can be held.


_HOURS = 'OSM opening_hours, such as "Mo-Fr 19:00-21:00"'


def room_problems(tables: Mapping[str, pd.DataFrame], functions: Catalogue | None = None) -> list[Problem]:
    """List everything wrong with and between the ledgers of rooms.

    Parameters
    ----------
    tables
        Tables by name, each free of problems of its own; those that are absent are not judged.
    functions
        Catalogue whose vocabulary counts; the one that comes with the workbench by default.

    Returns
    -------
    list of Problem
        Unknown words, joins that do not fit, sessions that no room could ever hold, bookings that contradict each
        other, operators that owe more than a week holds. At most twenty of one kind in one column are named singly.
    """
    known = catalogue() if functions is None else functions
    found: list[Problem] = []
    if "rooms" in tables:
        found += _rooms(tables["rooms"], known)
    if "activities" in tables:
        found += _activities(tables["activities"], known)
    if "operators" in tables:
        found += _operators(tables["operators"], known)
    if "stations" in tables:
        stations = _stations(tables) if {"activities", "operators"} & set(tables) else {}
        found += _unholdable(tables, stations) + _owed_too_much(tables, stations)
        if {"rooms", "activities", "bookings"} <= set(tables):
            found += _contradictions(tables, known)
    return _listed(found)


def _listed(problems: Iterable[Problem]) -> list[Problem]:
    """Keep the first twenty problems of each kind in each column, and count the rest."""
    kinds: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        kinds.setdefault((problem.where, problem.column, problem.what), []).append(problem)
    out: list[Problem] = []
    for (where, column, _), group in kinds.items():
        out += group[:MOST_ROWS_NAMED]
        if len(group) > MOST_ROWS_NAMED:
            rest = len(group) - MOST_ROWS_NAMED
            out.append(Problem(where, f"and {rest} more rows with the same problem", column=column))
    return out


def _words(table: str, frame: pd.DataFrame, column: str, kind: str, known: Collection[str]) -> list[Problem]:
    return [
        unknown(table, kind, word, known, row=str(row), column=column)
        for row, text in zip(frame["id"], frame[column], strict=True)
        for word in parts_of(text)
        if word not in known
    ]


def _windows(table: str, frame: pd.DataFrame, column: str) -> list[Problem]:
    return [
        Problem(table, f"the {column} do not parse", str(row), column, _HOURS, repr(text))
        for row, text in zip(frame["id"], frame[column], strict=True)
        if isinstance(text, str) and not parses(text)
    ]


def _activities(activities: pd.DataFrame, known: Catalogue) -> list[Problem]:
    found = _words("activities", activities, "function", "function", known)
    found += _words("activities", activities, "group", "group", scenes().audiences)
    found += _words("activities", activities, "equipment", "equipment", known.equipment)
    found += _words("activities", activities, "needs", "need", NEEDS)
    found += _windows("activities", activities, "windows") + _windows("activities", activities, "prefers")
    found += [
        Problem("activities", "the priority is not known", str(i), "priority", f"1 to {MOST_PRIORITY}", str(value))
        for i, value in zip(activities["id"], activities["priority"], strict=True)
        if value > MOST_PRIORITY
    ]
    return found


def _operators(operators: pd.DataFrame, known: Catalogue) -> list[Problem]:
    return _words("operators", operators, "function", "function", known) + _windows("operators", operators, "windows")


def _rooms(rooms: pd.DataFrame, known: Catalogue) -> list[Problem]:
    found = _words("rooms", rooms, "equipment", "equipment", known.equipment)
    table: dict[str, dict[Any, Any]] = {str(row["id"]): row for row in rooms.to_dict("records")}
    partner = {i: row["merges_with"] for i, row in table.items() if isinstance(row["merges_with"], str)}
    found += _joins(table, partner)
    for name, row in table.items():
        for other in parts_of(row["neighbours"]):
            if other == name or other not in table or table[other]["station"] != row["station"]:
                expected = "other rooms of its station"
                found.append(Problem("rooms", "the neighbour is no such room", name, "neighbours", expected, other))
    return found


def _joins(rooms: Mapping[str, dict[Any, Any]], partner: Mapping[str, str]) -> list[Problem]:
    """Judge who is joined with whom; chains that close are told once, at their first room."""
    found: list[Problem] = []

    def wrong(
        name: str, what: str, expected: str, seen: str, mend: str = "Two rooms are joined when each names the other."
    ) -> None:
        found.append(Problem("rooms", what, name, "merges_with", expected, seen, mend))

    in_circles: set[str] = set()
    for name, other in partner.items():
        circle = _circle(name, partner)
        if name == other:
            wrong(name, "the room merges with itself", "another room", other)
        elif len(circle) > 2:
            if name not in in_circles:
                wrong(name, "the rooms merge in a circle", "pairs", " → ".join((*circle, name)))
            in_circles.update(circle)
        elif partner.get(other) != name:
            wrong(name, "the room it merges with does not name it back", name, partner.get(other, "nothing"))
        elif name < other:
            for column, words in (("station", "stations"), ("storey", "storeys")):
                a, b = rooms[name][column], rooms[other][column]
                if a != b:
                    what, mend = (
                        f"the rooms that merge are on different {words}",
                        f"Correct the {column}, or part them.",
                    )
                    wrong(name, what, f"one {column}", f"{a} and {b}", mend)
    return found


def _circle(name: str, partner: Mapping[str, str]) -> tuple[str, ...]:
    """Return the rooms from this one until the chain comes back to it; empty if it does not."""
    chain, here = [name], partner[name]
    while here != name:
        if here in chain or here not in partner:
            return ()
        chain.append(here)
        here = partner[here]
    return tuple(chain)
