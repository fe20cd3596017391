"""The season's programme, free of any solver: who asks for what, and every evening and place at which it could be.

A candidate is one request on one day at one place. What rules out all candidates of a day and place is kept, so that a
request that is not met can be told why.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd
import scipy.sparse as sp
import shapely
from lunardate import LunarDate

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import DayKind, Weeks, refuse_unknown_years
from workbench.catalogue.functions import day_start
from workbench.catalogue.scenes import catalogue as scene_catalogue
from workbench.catalogue.tables import NOISE
from workbench.catalogue.terms import AGE_BANDS, Access, Mode
from workbench.coverage.measure import CoverageResult
from workbench.coverage.timetable import declared_timetable
from workbench.errors import GeodataError, Problem, ScenarioError, did_you_mean
from workbench.ground.district import District
from workbench.hours import WEEKDAYS, minute_of
from workbench.scenario import Scenario
from workbench.scenario.programme import Programme
from workbench.scenario.roster import spans_of

LUNAR: Final = {
    "春节": (1, 1), "元宵节": (1, 15), "端午节": (5, 5),
    "七夕": (7, 7), "中秋节": (8, 15), "重阳节": (9, 9), "腊八节": (12, 8),
}  # fmt: skip
"""Festivals by month and day of the lunar calendar."""
SOLAR: Final = {"元旦": (1, 1), "妇女节": (3, 8), "劳动节": (5, 1), "儿童节": (6, 1), "国庆节": (10, 1)}
"""Festivals by month and day of the year."""
AGES: Final[Mapping[str, tuple[str, ...]]] = {
    "everyone": AGE_BANDS,
    "elders": ("age_60_79", "age_80_plus"),
    "children": ("age_0_6", "age_7_17"),
    "office_workers": ("age_18_59",),
    "youth": ("age_18_59",),
    "gig_workers": ("age_18_59",),
}
"""Age bands of each audience: of those of working age nobody knows more."""


class Why(StrEnum):
    """Why a request cannot be on a day at a place."""

    SEASON = "season"
    LATE = "late"
    SCHOOL_NIGHT = "school_night"
    SCHOOL_RUN = "school_run"
    FESTIVAL = "festival"
    NO_PLACE = "no_place"
    NO_ROOM = "no_room"
    SHUT = "shut"
    BOOKED = "booked"


@dataclass(frozen=True)
class EventType:
    """A kind of event; times in minutes, ``orders`` are places ordered by employers, 0 = none."""

    id: str
    name: str
    yard: bool
    function: str
    hours: str
    minutes: int
    noise: str
    audience: str
    organiser: str
    attendance: int
    big: bool
    training: bool
    orders: int
    festival: str
    cost: float


@dataclass(frozen=True)
class Request:
    """A community that asks for some events of a kind."""

    id: str
    community: str
    type: EventType
    sessions: int
    priority: int


@dataclass(frozen=True)
class Candidate:
    """One request on one day at one place: positions of request, station and day, minute of the day, and the room."""

    request: int
    station: int
    day: int
    start: int
    room: str = ""


@dataclass(frozen=True, eq=False)
class ProgrammeProblem:
    """Who asks for what, and what could be when and where.

    Attributes
    ----------
    said
        The section of the scenario.
    requests
        Those of the ledger, in order.
    stations
        Identifiers of the stations layer.
    days
        Dates of the season.
    candidates
        All that no rule on a single event forbids, by request, day and station.
    barred
        By request how often which of :class:`Why` rules out a day and place.
    teams
        Places at which each organiser can be on one day.
    near
        Pairs of stations nearer than ``apart``, the lower position first.
    reach
        Which station a group of demand points with the same stations in reach gets to, shape (stations, groups).
    people
        Residents of each audience in each group, shape (audiences, groups); whole numbers.
    audiences
        Names of the rows of ``people``.
    gap, rain
        Fewest days between two events of a request; days after a yard's event on which it is kept free.
    """

    said: Programme
    requests: tuple[Request, ...]
    stations: tuple[str, ...]
    days: tuple[dt.date, ...]
    candidates: tuple[Candidate, ...]
    barred: tuple[Mapping[str, int], ...]
    teams: Mapping[str, int]
    near: frozenset[tuple[int, int]]
    reach: sp.csr_array
    people: Ints
    audiences: tuple[str, ...]
    gap: int
    rain: int

    def type_of(self, candidate: Candidate) -> EventType:
        """Return the kind of event of a candidate."""
        return self.requests[candidate.request].type

    @cached_property
    def ordered(self) -> Mapping[str, int]:
        """Most sessions of a kind that employers ordered: what the places fill."""
        kinds = {request.type.id: request.type for request in self.requests}
        return {key: -(-kind.orders // kind.attendance) for key, kind in kinds.items() if kind.orders}


# ----------------------------------------------------------------------------------------------------------------------
# Days: festivals and school.


def festival_day(name: str, year: int) -> dt.date:
    """Return the day of a festival of a year; of the lunar year that begins in it, where it is a lunar one.

    Raises
    ------
    ValueError
        If the lunar calendar does not know the year.
    """
    if name in SOLAR:
        return dt.date(year, *SOLAR[name])
    month, day = LUNAR[name]
    return LunarDate(year, month, day).to_solar_date()  # type: ignore[no-any-return]


def _gaps(name: str, date: dt.date) -> Iterator[int]:
    """Yield the days from a date to a festival: it may be that of the year before, or of the year to come."""
    yield from ((festival_day(name, year) - date).days for year in (date.year - 1, date.year, date.year + 1))


def _festival_problems(types: pd.DataFrame, season: Weeks) -> Iterator[Problem]:
    known = [*LUNAR, *SOLAR]
    for row in types.to_dict("records"):
        name = row["festival"]
        if not isinstance(name, str):
            continue
        where = ("event_types", row["id"], "festival")
        if name not in known:
            what, expected = "the festival is not known", "one of " + "、".join(known)
            yield Problem(where[0], what, where[1], where[2], expected, name, did_you_mean(name, known))
            continue
        try:
            for day in (season.monday, season.last):
                list(_gaps(name, day))
        except ValueError:
            what, mend = "the day of the festival is not known in that year", "Move the season."
            yield Problem(where[0], what, where[1], where[2], "a year of the lunar calendar", str(season.monday), mend)


# ----------------------------------------------------------------------------------------------------------------------
# From ledgers and scenario to the instance; all that is wrong with them at once.


def programme_problem(coverage: CoverageResult) -> ProgrammeProblem:
    """Read the programme of a season.

    Raises
    ------
    ScenarioError
        If the scenario asks for no programme.
    CalendarError
        If the public holidays of the season are not known.
    GeodataError
        With everything that is wrong with the ledgers of the season.
    """
    district, scenario = coverage.district, coverage.scenario
    said, season = checked(district, scenario)
    stations = district.stations
    days = tuple(season.monday + dt.timedelta(n) for n in range(7 * season.count))
    types = {row["id"]: _type(row) for row in district.ledger("event_types").to_dict("records")}
    requests = tuple(
        Request(row["id"], row["community"], types[row["type"]], int(row["sessions"]), int(row["priority"]))
        for row in district.ledger("event_requests").to_dict("records")
    )
    organisers = district.ledger("organisers")
    finder = _Finder(district, scenario, said, season, days)
    found = [finder.of(place, request) for place, request in enumerate(requests)]
    xy = shapely.get_coordinates(stations.geometry.to_numpy())
    metres = np.hypot(*(xy[:, None, :] - xy[None, :, :]).transpose(2, 0, 1))
    pairs = np.argwhere(np.triu(metres < scenario.standard(said.apart), 1)).tolist()
    reach, people, audiences = _audiences(coverage, requests)
    return ProgrammeProblem(
        said=said,
        requests=requests,
        stations=tuple(stations["id"]),
        days=days,
        candidates=tuple(candidate for own, _ in found for candidate in own),
        barred=tuple(why for _, why in found),
        teams=dict(zip(organisers["id"], organisers["teams"].astype(int), strict=True)),
        near=frozenset((i, j) for i, j in pairs),
        reach=reach,
        people=people,
        audiences=audiences,
        gap=round(scenario.standard(said.gap)),
        rain=round(scenario.standard(said.rain_days)),
    )


def checked(district: District, scenario: Scenario) -> tuple[Programme, Weeks]:
    """Return what the scenario says and its season; raise what is wrong, all at once: see :func:`programme_problem`."""
    said = scenario.programme
    if said is None:
        what, mend = "the scenario asks for no programme", "Say 'programme: {monday: \"2026-07-06\"}'."
        raise ScenarioError(Problem(scenario.name, what, key="programme", mend=mend))
    hours = scenario.hours
    monday = dt.date.fromisoformat(said.monday)
    season = Weeks(monday, said.weeks, True, hours.make_up_days, hours.holidays)
    refuse_unknown_years([monday, season.last], monday, "programme.monday", "Or begin earlier, or plan fewer weeks.")
    names = ("event_types", "event_requests")
    problems = [
        Problem(name, "the ledger has no rows", expected="at least one row", mend=f"Add {name}.csv to the district.")
        for name in names
        if district.ledger(name).empty
    ]
    types = district.ledger("event_types")
    audiences = scene_catalogue().audiences
    for row in types.to_dict("records"):
        if row["audience"] not in AGES:
            known = ", ".join(audiences)
            mend = did_you_mean(row["audience"], AGES)
            what = "the audience is not known"
            problems.append(Problem("event_types", what, row["id"], "audience", known, row["audience"], mend))
        if row["place"] == "room" and not isinstance(row["function"], str):
            what, mend = "an event in a room has no function", "Name the function of the room that it takes."
            problems.append(Problem("event_types", what, row["id"], "function", mend=mend))
        if not _runs(season, row["hours"], int(row["duration_min"])):
            what, mend = "the event is longer than its evening", "Begin earlier, end later, or make it shorter."
            expected = f"an opening of {row['duration_min']} minutes"
            problems.append(Problem("event_types", what, row["id"], "hours", expected, row["hours"], mend))
    problems += _festival_problems(types, season)
    if problems:
        raise GeodataError(problems)
    return said, season


def _runs(season: Weeks, hours: str, minutes: int) -> bool:
    """Whether an event fits into its hours in some week of the year."""
    year = Weeks(season.monday, 53, dated=False)
    return any(_start(day, minutes) is not None for day in year.open_ever(hours))


def _start(open_: Flags, minutes: int) -> int | None:
    """Return the first minute of a day from which on it is open for so long."""
    turns = np.flatnonzero(np.diff(open_, prepend=False, append=False)).reshape(-1, 2)
    return next((int(begin) for begin, end in turns if end - begin >= minutes), None)


def _type(row: Mapping[Any, Any]) -> EventType:
    def word(name: str) -> str:
        return str(row[name]) if isinstance(row[name], str) else ""

    orders = row["orders"]
    return EventType(
        id=row["id"],
        name=row["name"],
        yard=row["place"] == "yard",
        function=word("function"),
        hours=row["hours"],
        minutes=int(row["duration_min"]),
        noise=row["noise"],
        audience=row["audience"],
        organiser=word("organiser"),
        attendance=int(row["attendance"]),
        big=bool(row["big"]),
        training=bool(row["training"]),
        orders=0 if pd.isna(orders) else int(orders),
        festival=word("festival"),
        cost=float(row["cost_yuan"]),
    )


class _Finder:
    """Finds when and where a request could be, and counts why not."""

    def __init__(
        self, district: District, scenario: Scenario, said: Programme, season: Weeks, days: tuple[dt.date, ...]
    ) -> None:
        self._season, self._days, self._said = season, days, said
        kinds = {day.date: day.kind for day in season.special_days}
        usual = [
            DayKind.WORKDAY if day.weekday() < 5 else DayKind.WEEKEND for day in [*days, days[-1] + dt.timedelta(1)]
        ]
        after = [*days, days[-1] + dt.timedelta(1)]
        works = (DayKind.WORKDAY, DayKind.MAKE_UP)
        self._school = [
            kinds.get(day, kind) in works and day.month not in said.school_breaks
            for day, kind in zip(after, usual, strict=True)
        ]
        stations = district.stations
        open_ = (stations["access"] != Access.CLOSED).to_numpy()
        self._stations: dict[str, list[int]] = {}
        for row, community in enumerate(stations["community"]):
            if open_[row] and isinstance(community, str):
                self._stations.setdefault(community, []).append(row)
        place = {name: row for row, name in enumerate(stations["id"])}
        self._yards: dict[int, int] = {}
        for yard in district.ledger("yards").to_dict("records"):
            own = place[yard["station"]]
            self._yards[own] = max(self._yards.get(own, 0), int(yard["capacity"]))
        self._rooms: dict[int, list[Mapping[Any, Any]]] = {}
        for room in district.ledger("rooms").sort_values(["capacity", "id"]).to_dict("records"):
            self._rooms.setdefault(place[room["station"]], []).append(room)
        self._booked = _booked(district)
        self._timetable = declared_timetable(stations, scenario.hours)
        self._told: dict[tuple[str, int], tuple[int | None, str]] = {}
        self._festival_days = round(scenario.standard(said.festival_days))

    def of(self, place: int, request: Request) -> tuple[list[Candidate], Mapping[str, int]]:
        """Return the candidates of a request, and how often what rules out a day and place."""
        found, why = list[Candidate](), Counter[str]()
        for day, date in enumerate(self._days):
            start, fault = self._when(request.type, day)
            for station in self._stations.get(request.community, []):
                if fault or start is None:
                    why[fault] += 1
                    continue
                room = self._place(request.type, station, date, start)
                if room in (Why.NO_PLACE, Why.NO_ROOM, Why.SHUT, Why.BOOKED):
                    why[room] += 1
                else:
                    found.append(Candidate(place, station, day, start, room))
        return found, dict(why)

    def _when(self, kind: EventType, day: int) -> tuple[int | None, str]:
        """Return when an event begins on a day, as early as may be, or why it cannot be; once a kind and day."""
        if (kind.id, day) not in self._told:
            self._told[kind.id, day] = self._begins(kind, day)
        return self._told[kind.id, day]

    def _begins(self, kind: EventType, day: int) -> tuple[int | None, str]:
        open_ = self._season.open_on(kind.hours, self._days[day])
        if _start(open_, kind.minutes) is None:
            return None, Why.SEASON
        if kind.training and self._school[day]:
            open_ = open_.copy()
            for first, last in spans_of(self._said.school_run):
                open_[first:last] = False
        start = _start(open_, kind.minutes)
        return start, Why.SCHOOL_RUN if start is None else self._fault(kind, day, start)

    def _fault(self, kind: EventType, day: int, start: int) -> str:
        end, date = start + kind.minutes, self._days[day]
        if end > minute_of(self._said.latest):
            return Why.LATE
        if kind.noise == NOISE[-1] and self._school[day + 1] and end > minute_of(self._said.loud_latest):
            return Why.SCHOOL_NIGHT
        if kind.festival and all(abs(gap) > self._festival_days for gap in _gaps(kind.festival, date)):
            return Why.FESTIVAL
        return ""

    def _place(self, kind: EventType, station: int, date: dt.date, start: int) -> str:
        """Return the smallest room that is free then, nothing for a yard, or why there is none."""
        if kind.yard:
            return "" if self._yards.get(station, 0) >= kind.attendance else Why.NO_PLACE
        bears = NOISE.index(kind.noise)
        large = [
            room
            for room in self._rooms.get(station, [])
            if room["capacity"] >= kind.attendance and NOISE.index(room["sound"]) >= bears and room["use"] != "office"
        ]
        if not large:
            return Why.NO_ROOM
        minutes = slice(start, start + kind.minutes)
        open_ = [room for room in large if self._open(room, station, date)[minutes].all()]
        if not open_:
            return Why.SHUT
        for room in open_:
            taken = self._booked.get((room["id"], date.weekday()), ())
            if all(start >= last or start + kind.minutes <= first for first, last in taken):
                return str(room["id"])
        return Why.BOOKED

    def _open(self, room: Mapping[Any, Any], station: int, date: dt.date) -> Flags:
        """Return the minutes of a date in which a room is open: its own hours, else those of its station."""
        if isinstance(room["opening_hours"], str):
            return self._season.open_on(room["opening_hours"], date)
        week = self._timetable.of_station[station]
        hours: Flags = self._timetable.weeks[week].reshape(len(WEEKDAYS), -1)[date.weekday()]
        return hours if week >= 0 else np.zeros_like(hours)


def _booked(district: District) -> dict[tuple[str, int], list[tuple[int, int]]]:
    """Return by room and weekday the minutes in which activities of every week take place."""
    table = district.ledger("bookings").merge(district.ledger("activities"), left_on="activity", right_on="id")
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for row in table.to_dict("records"):
        begin = day_start(row["start"]) or 0
        found.setdefault((row["room"], WEEKDAYS.index(row["day"])), []).append(
            (begin, begin + int(row["duration_min"]))
        )
    return found


def _audiences(coverage: CoverageResult, requests: Iterable[Request]) -> tuple[sp.csr_array, Ints, tuple[str, ...]]:
    """Merge demand points with the same stations in reach; return reach, residents by audience, and the audiences."""
    demand = coverage.district.demand
    walks = coverage.cost_matrix(Mode.EXPERIENCE)
    columns = sp.csc_array(walks)
    ends = columns.indptr
    keys = [tuple(sorted(columns.indices[ends[k] : ends[k + 1]].tolist())) for k in range(columns.shape[1])]
    names = tuple(sorted({request.type.audience for request in requests}))
    groups = {key: place for place, key in enumerate(sorted({key for key in keys if key}))}
    of = np.array([groups.get(key, -1) for key in keys], np.int64)
    people: Floats = np.zeros((len(names), len(groups)))
    for row, name in enumerate(names):
        bands = ["residents"] if name == "everyone" else list(AGES[name])
        count = demand[bands].sum(axis=1).to_numpy(np.float64)
        np.add.at(people[row], of[of >= 0], count[of >= 0])
    places = [(station, place) for key, place in groups.items() for station in key]
    at = np.array(places, np.int64).reshape(-1, 2).T
    reach = sp.csr_array((np.ones(at.shape[1], bool), tuple(at)), shape=(len(coverage.district.stations), len(groups)))
    return reach, np.rint(people).astype(np.int64), names
