"""What may move between centres, where to, and what each centre is then asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import Problem
from workbench.functions import Catalogue
from workbench.rooms.bounds import possible_sessions
from workbench.rooms.choices import Choices, choices
from workbench.rooms.hosting import guest_choices, hosting, published_sessions
from workbench.rooms.problem import Activity, Centre, RoomsError
from workbench.scenario import Scenario
from workbench.scenario.room_linking import Linking
from workbench.scenes.vocabulary import unknown

COLUMNS = ("from", "to", "group", "minutes")
"""Columns of a table of walks that are needed."""
ROUNDING_MIN = 1e-6
"""Minutes by which a walk may exceed its limit: the rounding of sums, no more."""
Assignment = tuple[str, ...]
"""Station of each unit."""
Walk = tuple[str, str, str]
"""From, to, group."""


@dataclass(frozen=True, eq=False)
class Unit:
    """Activities of one centre that move together or not at all.

    Parameters
    ----------
    activities
        Their identifiers, ascending.
    home
        Station at which they are asked for.
    reach
        Stations to which they may go, the nearest first, and the longest walk of one of their groups, minutes.
    """

    activities: tuple[str, ...]
    home: str
    reach: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Links:
    """The centres, and what may move between them.

    Parameters
    ----------
    centres
        By identifier of the station; those without a timetable take no part and are not among them.
    units
        Those that may move somewhere.
    options
        Sessions that each activity could have at each station where it may take place, as if it were alone.
    organisers
        What becomes of organisers, as in the scenario.
    """

    centres: Mapping[str, Centre]
    units: tuple[Unit, ...]
    options: Mapping[tuple[str, str], Choices]
    organisers: str
    _possible: dict[tuple[str, str], int] = field(init=False, repr=False)
    _made: dict[tuple[str, frozenset[int]], Centre] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        most = {key: possible_sessions(made)[0] for key, made in self.options.items()}
        object.__setattr__(self, "_possible", most)

    @property
    def home(self) -> Assignment:
        """Everything where it is asked for."""
        return tuple(unit.home for unit in self.units)

    def activity(self, station: str, identifier: str) -> Activity:
        """Return an activity of a centre as it is asked for there."""
        return next(a for a in self.centres[station].activities if a.id == identifier)

    def guests(self, unit: Unit) -> list[Activity]:
        """Return the activities of a unit as another centre has them."""
        own = [self.activity(unit.home, name) for name in unit.activities]
        return [replace(a, organiser="") for a in own] if self.organisers == "local" else own

    def there(self, station: str, assignment: Assignment) -> frozenset[int]:
        """Return which units of its own a station has given up, and which of others it has taken in."""
        pairs = enumerate(zip(self.units, assignment, strict=True))
        return frozenset(n for n, (unit, at) in pairs if (at == station) != (unit.home == station))

    def centre(self, station: str, assignment: Assignment) -> Centre:
        """Return what a centre is asked for under an assignment."""
        key = station, self.there(station, assignment)
        if key not in self._made:
            gone = [self.units[n] for n in key[1] if self.units[n].home == station]
            come = [self.units[n] for n in sorted(key[1]) if self.units[n].home != station]
            own = self.centres[station]
            published = sum(published_sessions(self.centres[u.home], a) for u in come for a in u.activities)
            without = {name for unit in gone for name in unit.activities}
            more = [guest for unit in come for guest in self.guests(unit)]
            made = hosting(own, without=without, more=more, published=published) if key[1] else own
            self._made[key] = made
        return self._made[key]

    def possible(self, activity: str, station: str) -> int:
        """Return how many sessions an activity could have at a station if it were alone there."""
        return self._possible[activity, station]

    def parts(self) -> list[tuple[str, ...]]:
        """Return the sets of stations between which something may move, each in order."""
        whole = {name: {name} for name in self.centres}
        for unit in self.units:
            joined = set().union(*(whole[name] for name in (unit.home, *unit.reach)))
            for name in joined:
                whole[name] = joined
        return sorted({tuple(sorted(names)) for names in whole.values()})


def unknown_functions(scenario: Scenario, functions: Catalogue) -> list[Problem]:
    """Return the words of ``rooms.linking.functions`` that no activity could be: they would let nothing move."""
    said = scenario.rooms.linking
    words = () if said is None else said.functions or ()
    key = "rooms.linking.functions"
    return [unknown(scenario.name, "function", word, functions, key=key) for word in words if word not in functions]


def walks_by_pair(walks: pd.DataFrame, limit_min: float) -> dict[Walk, float]:
    """Return the walks within a limit: minutes by from, to and group.

    Raises
    ------
    RoomsError
        If a column is missing, or a walk is no length; with all problems.
    """
    missing = [name for name in COLUMNS if name not in walks.columns]
    if missing:
        expected, found = ", ".join(COLUMNS), ", ".join(map(str, walks.columns))
        raise RoomsError([Problem("walks", "the column is missing", "", name, expected, found) for name in missing])
    rows: list[dict[Any, Any]] = walks.to_dict("records")
    lengths = pd.to_numeric(walks["minutes"], errors="coerce").tolist()
    wrong = [n for n, minutes in enumerate(lengths) if not minutes >= 0]
    if wrong:
        what, expected = "the walk is no length", "minutes, 0 or more"
        raise RoomsError([Problem("walks", what, str(n), "minutes", expected, str(rows[n]["minutes"])) for n in wrong])
    return {
        (str(row["from"]), str(row["to"]), str(row["group"])): float(row["minutes"])
        for row in rows
        if row["from"] != row["to"] and float(row["minutes"]) <= limit_min + ROUNDING_MIN
    }


def links_between(centres: Sequence[Centre], said: Linking, walks: Mapping[Walk, float]) -> Links:
    """Return what may move between some centres.

    An activity may go where each session that could be held at home could be held too, were it alone: it never goes
    where it can be held less.

    Parameters
    ----------
    centres
        The centres.
    said
        What may move, as the scenario has it.
    walks
        Minutes by from, to and group, within the limit.
    """
    known = {centre.id: centre for centre in centres}
    pairs = {(start, to) for start, to, _ in walks}
    near = {name: [to for to in known if (name, to) in pairs] for name in known}
    options: dict[tuple[str, str], Choices] = {}
    units = []
    for centre in centres:
        made = choices(centre)
        for a, activity in enumerate(centre.activities):
            options[activity.id, centre.id] = _only(made, a)
        for names in _bundles(centre, said):
            own = [a for a in centre.activities if a.id in names]
            reach: dict[str, float] = {}
            for to in near[centre.id]:
                minutes = [walks.get((centre.id, to, a.group), np.inf) for a in own]
                there = {(a.id, to): guest_choices(known[to], _guest(a, said)) for a in own}
                if max(minutes) < np.inf and all(_as_often(options[a.id, centre.id], there[a.id, to]) for a in own):
                    reach[to] = max(minutes)
                    options |= there
            if reach:
                units.append(Unit(names, centre.id, dict(sorted(reach.items(), key=lambda item: (item[1], item[0])))))
    return Links(known, tuple(units), options, said.organisers)


def _guest(activity: Activity, said: Linking) -> Activity:
    return replace(activity, organiser="") if said.organisers == "local" else activity


def _only(made: Choices, activity: int) -> Choices:
    """Return the choices of one activity as those of a centre that has no other."""
    own = made.activity == activity
    alone = replace(made.centre, activities=(made.centre.activities[activity],), today=(), fixed=())
    return Choices(alone, np.zeros(int(own.sum()), np.int64), made.start[own], made.place[own])


def _as_often(home: Choices, there: Choices) -> bool:
    most = possible_sessions(there)[0]
    return most > 0 and most >= possible_sessions(home)[0]


def may_move(centre: Centre, activity: int, said: Linking) -> bool:
    """Tell whether an activity may move at all, whoever holds it."""
    asked = centre.activities[activity]
    fixed = any(session.activity == activity for session in centre.fixed)
    wanted = said.functions is None or asked.function in said.functions
    held = bool(asked.organiser) and said.organisers == "stay"
    return asked.priority in said.priorities and wanted and not fixed and not held


def _bundles(centre: Centre, said: Linking) -> list[tuple[str, ...]]:
    """Return the activities that move together: those of one organiser where she goes along, else each by itself."""
    groups: dict[str, list[int]] = {}
    for a, activity in enumerate(centre.activities):
        along = said.organisers == "along" and activity.organiser
        groups.setdefault(f"held {activity.organiser}" if along else f"single {a}", []).append(a)
    free = [group for group in groups.values() if all(may_move(centre, a, said) for a in group)]
    return sorted(tuple(centre.activities[a].id for a in group) for group in free)
