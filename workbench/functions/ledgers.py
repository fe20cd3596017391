"""What the ledgers of rooms owe each other: known words, rooms that can be joined, sessions that can be held."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pandas as pd

from workbench.errors import Problem
from workbench.functions import session_limits
from workbench.functions.catalogue import Catalogue, catalogue, parts_of
from workbench.hours import parses
from workbench.scenes.catalogue import catalogue as scenes
from workbench.scenes.vocabulary import unknown
from workbench.tables.gate import MOST_ROWS_NAMED
from workbench.tables.room_ledgers import MOST_PRIORITY

NEEDS = ("water", "power", "private")
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
        found += session_limits.unholdable(tables) + session_limits.owed_too_much(tables)
        if {"rooms", "activities", "bookings"} <= set(tables):
            found += session_limits.contradictions(tables, known)
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
