"""From tables and scenario to the instances: one centre for each station with rooms."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from workbench.arrays import Flags
from workbench.calendars import Weeks
from workbench.catalogue.functions import Catalogue, Function, catalogue, day_start, parts_of
from workbench.catalogue.tables import NOISE
from workbench.errors import Problem, ScenarioError
from workbench.ground.district import District
from workbench.hours import DAY_MINUTES, WEEKDAYS
from workbench.rooms.dates import weeks_of
from workbench.rooms.problem import (
    CELL_MIN,
    WEEK_CELLS,
    Activity,
    Centre,
    Choices,
    Room,
    RoomsError,
    Rules,
    Session,
    choices,
)
from workbench.scenario import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# Centres that give up and take in activities, the rest of what is asked of them staying as it is.


def hosting(
    centre: Centre, *, without: Collection[str] = (), more: Sequence[Activity] = (), published: int = 0
) -> Centre:
    """Return a centre of which other activities are asked."""
    stay = [a for a in centre.activities if a.id not in without]
    both = tuple(sorted((*stay, *more), key=lambda a: a.id))
    place = {a.id: number for number, a in enumerate(both)}
    return replace(
        centre,
        activities=both,
        today=_moved_sessions(centre, centre.today, place),
        fixed=_moved_sessions(centre, centre.fixed, place),
        lost=centre.lost + published,
    )


def _moved_sessions(centre: Centre, sessions: Iterable[Session], place: dict[str, int]) -> tuple[Session, ...]:
    """Return sessions with the positions that their activities have elsewhere; those that it does not know fall out."""
    named = ((centre.activities[s.activity].id, s) for s in sessions)
    return tuple(sorted(replace(s, activity=place[name]) for name, s in named if name in place))


def guest_choices(centre: Centre, guest: Activity) -> Choices:
    """Return all sessions that an activity from elsewhere could have in a centre, as if nothing else were asked."""
    return choices(replace(centre, activities=(guest,), today=(), fixed=()))


def published_sessions(centre: Centre, activity: str) -> int:
    """Return how many sessions of an activity are published, those that may begin where no session can left out."""
    return sum(centre.activities[s.activity].id == activity for s in centre.today)


# ----------------------------------------------------------------------------------------------------------------------
# From tables and scenario to the instances: one centre for each station with rooms.


ANY_STOREY = 999
_EVERY_STATION = "all"
_HOURS, _ADDED = "rooms.opening_hours", "rooms.added"
Row = Mapping[Any, Any]


def centres_of(district: District, scenario: Scenario, functions: Catalogue | None = None) -> tuple[Centre, ...]:
    """Return the centres of a district, by identifier.

    Parameters
    ----------
    district
        With a ledger of rooms; one without activities asks for nothing.
    scenario
        The intent.
    functions
        Catalogue of functions; the one that comes with the workbench by default.

    Returns
    -------
    tuple of Centre
        One for each station that has rooms.

    Raises
    ------
    RoomsError
        If there are no rooms, or a fixed booking begins off the quarter hours.
    """
    rooms = district.ledger("rooms")
    if rooms.empty:
        mend = "Add rooms.csv to the district folder."
        raise RoomsError(
            Problem("rooms", "there are no rooms", expected="at least one room", found="0 rows", mend=mend)
        )
    known = catalogue() if functions is None else functions
    stations, weeks = district.stations, weeks_of(district, scenario)
    hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
    asked = _by(district.ledger("activities").to_dict("records"), "station")
    booked = _by(district.ledger("bookings").to_dict("records"), "activity")
    _refuse_off_grid(row for rows in booked.values() for row in rows)
    if scenario.rooms.need == "published":
        asked = {station: _published(rows, booked) for station, rows in asked.items()}
    rules = _rules_of(scenario)
    return tuple(
        _centre(station, own, asked.get(station, []), booked, hours.get(station), known, rules, weeks)
        for station, own in sorted(_by(rooms.to_dict("records"), "station").items())
    )


def asked_district(district: District, scenario: Scenario) -> District:
    """Return the district as the scenario has it: with the activities it adds and the hours it gives the rooms."""
    rules = scenario.rooms
    if not rules.added and not rules.opening_hours:
        return district
    rooms, activities = district.ledger("rooms"), district.ledger("activities")
    stations, taken = set(rooms["station"]), Counter([*activities["id"], *(added.id for added in rules.added)])
    problems = [
        Problem(
            scenario.name,
            "the station has no rooms",
            expected="a station with rooms",
            found=name,
            key=f"{_HOURS}.{name}",
        )
        for name in rules.opening_hours
        if name not in stations and name != _EVERY_STATION
    ]
    problems += [
        Problem(scenario.name, "the identifier is in use", found=added.id, mend="Choose another one.", key=_ADDED)
        for added in rules.added
        if taken[added.id] > 1
    ]
    if problems:
        raise ScenarioError(problems)
    changed: dict[str, pd.DataFrame] = {}
    if rules.added:
        more = pd.DataFrame([added.row for added in rules.added]).reindex(columns=activities.columns)
        changed["activities"] = pd.concat([activities, more.astype(activities.dtypes)], ignore_index=True)
    if rules.opening_hours:
        default = rules.opening_hours.get(_EVERY_STATION)
        kept = zip(rooms["station"], rooms["opening_hours"], strict=True)
        changed["rooms"] = rooms.assign(opening_hours=[rules.opening_hours.get(s, default) or own for s, own in kept])
    return district.with_ledgers(**changed)


def _rules_of(scenario: Scenario) -> Rules:
    """Return what a scenario decides, with the values of its standards."""
    rules = scenario.rooms
    share = scenario.standard(rules.resident_share)
    return Rules(rules.step, rules.turnover, rules.join, share, rules.offices_kept, rules.release)


def _by(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row[column]), []).append(row)
    return {key: sorted(group, key=lambda row: str(row["id"])) for key, group in found.items()}


def _published(asked: list[Row], booked: Mapping[str, list[Row]]) -> list[Row]:
    """Return the activities that are published, each asked as often as it is."""
    return [{**row, "sessions": len(booked[row["id"]])} for row in asked if row["id"] in booked]


def _refuse_off_grid(bookings: Iterable[Row]) -> None:
    expected = f"a multiple of {CELL_MIN} min"
    what, mend = "a fixed booking begins off the grid", "Move it to a quarter hour, or do not fix it."
    problems = [
        Problem("bookings", what, str(row["id"]), "start", expected, str(row["start"]), mend)
        for row in bookings
        if row["fixed"] and (day_start(str(row["start"])) or 0) % CELL_MIN
    ]
    if problems:
        raise RoomsError(problems)


def _centre(
    station: str,
    rooms: list[Row],
    asked: list[Row],
    booked: Mapping[str, list[Row]],
    hours: object,
    functions: Catalogue,
    rules: Rules,
    weeks: Weeks,
) -> Centre:
    place = {str(row["id"]): number for number, row in enumerate(rooms)}
    pairs = {_pair(place, row["id"], row["merges_with"]) for row in rooms if isinstance(row["merges_with"], str)}
    walls = {_pair(place, row["id"], other) for row in rooms for other in parts_of(row["neighbours"])}
    joins = tuple(sorted(pairs)) if rules.join else ()
    places: dict[tuple[int, ...], int] = {(r,): r for r in range(len(rooms))}
    places |= {pair: len(rooms) + number for number, pair in enumerate(joins)}
    today, fixed, lost = [], [], 0
    for number, row in enumerate(asked):
        for booking in booked.get(str(row["id"]), []):
            session = _session(number, booking, place, places)
            if session is None:
                lost += 1
                continue
            today.append(session)
            fixed += [session] if booking["fixed"] else []
    return Centre(
        station,
        tuple(_room(row, hours, functions, weeks) for row in rooms),
        tuple(_activity(row, functions[str(row["function"])], weeks) for row in asked),
        joins,
        tuple(sorted(walls | pairs)),
        tuple(sorted(today)),
        tuple(sorted(fixed)),
        rules,
        lost,
    )


def _pair(place: Mapping[str, int], one: object, other: object) -> tuple[int, int]:
    a, b = place[str(one)], place[str(other)]
    return min(a, b), max(a, b)


def _session(
    activity: int, booking: Row, place: Mapping[str, int], places: Mapping[tuple[int, ...], int]
) -> Session | None:
    """Return a booking as a session; None if no session can begin there, or the rooms may not be joined."""
    minute = day_start(str(booking["start"])) or 0
    rooms = [booking["room"]] + ([booking["joined_with"]] if isinstance(booking["joined_with"], str) else [])
    where = places.get(tuple(sorted(place[str(room)] for room in rooms)))
    if minute % CELL_MIN or where is None:
        return None
    return Session(activity, (WEEKDAYS.index(str(booking["day"])) * DAY_MINUTES + minute) // CELL_MIN, where)


def minutes(text: object, weeks: Weeks) -> Flags:
    """Return the minutes that lie in opening hours in every week, shape (10080,); all where there are none."""
    return weeks.open_always(text).ravel() if isinstance(text, str) else np.ones(CELL_MIN * WEEK_CELLS, bool)


def whole_cells(minutes: Flags) -> Flags:
    """Return the cells that lie in some minutes throughout, shape (672,)."""
    return np.asarray(minutes.reshape(WEEK_CELLS, CELL_MIN).all(axis=1))


def cells(text: object, weeks: Weeks) -> Flags:
    """Return the cells that lie in opening hours throughout, in every week, shape (672,); all where there are none."""
    return whole_cells(minutes(text, weeks))


def _room(row: Row, hours: object, functions: Catalogue, weeks: Weeks) -> Room:
    text = row["opening_hours"] if isinstance(row["opening_hours"], str) else hours
    use = row["use"] if isinstance(row["use"], str) else functions.use_of(str(row["function"]))
    # hours that are not known are no hours: nothing can be planned in them
    open_ = minutes(text, weeks) if isinstance(text, str) else np.zeros(CELL_MIN * WEEK_CELLS, bool)
    return Room(
        id=str(row["id"]),
        area_dm2=round(10 * float(row["area_m2"])),
        capacity=int(row["capacity"]),
        storey=int(row["storey"]),
        equipment=frozenset(parts_of(row["equipment"])),
        water=bool(row["water"]),
        strong_power=row["power"] == "strong",
        private=bool(row["private"]),
        sound=NOISE.index(str(row["sound"])),
        office=use == "office",
        open=whole_cells(open_),
        hours=open_,
    )


def _activity(row: Row, function: Function, weeks: Weeks) -> Activity:
    needs = {*parts_of(row["needs"]), *function.needs}
    noise = row["noise"] if isinstance(row["noise"], str) else function.noise
    windows = minutes(row["windows"], weeks)
    duration, setup, clear = (int(_or(row[key], 0)) for key in ("duration_min", "setup_min", "clear_min"))
    return Activity(
        id=str(row["id"]),
        function=function.key,
        group=str(row["group"]),
        attendance=int(row["attendance"]),
        minutes=duration,
        length=_cells_of(duration),
        setup=_cells_of(setup),
        clear=_cells_of(duration + clear) - _cells_of(duration),
        sessions=int(row["sessions"]),
        priority=int(row["priority"]),
        windows=whole_cells(windows),
        preferred=cells(row["prefers"], weeks),
        days_apart=int(_or(row["days_apart"], 1)),
        equipment=frozenset((*parts_of(row["equipment"]), *function.equipment)),
        water="water" in needs,
        strong_power="power" in needs,
        private="private" in needs,
        noise=NOISE.index(str(noise)),
        wants_quiet=function.wants_quiet,
        shares=function.shares,
        highest_storey=int(_or(row["highest_storey"], function.highest_storey or ANY_STOREY)),
        organiser=str(row["organiser"]) if isinstance(row["organiser"], str) else "",
        cooks=function.cooks,
        no_fire_beside=function.no_fire_beside,
        hours=windows,
        turnover=(setup, clear),
    )


def _or(value: float, otherwise: int) -> float:
    return otherwise if math.isnan(value) else value


def _cells_of(minutes: float) -> int:
    return math.ceil(minutes / CELL_MIN)
