"""Trades, crews and stops of a district free of any solver: who could come where on which days, and how long ways are.

Cases of a stop are those of its ledger, or of the people of its community, shared evenly among its stops of the trade.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Floats
from workbench.calendars import ORDINARY_MONDAY, Day, DayKind, Weeks, refuse_unknown_years
from workbench.catalogue.functions import parts_of
from workbench.catalogue.terms import Access
from workbench.coverage.doors import Doors, doors_on
from workbench.errors import GeodataError, Problem, ScenarioError, unknown
from workbench.ground.district import District
from workbench.ground.manifest import CHINA_ZONE
from workbench.hours import WEEKDAYS, minute_of
from workbench.network.streets import build_streets
from workbench.network.walking import Audience, Manner, Walks
from workbench.routing.rounds import CrewDay, Option, Round, regular_days
from workbench.scenario import Scenario
from workbench.scenario.circuits import Circuits

_UNLIMITED: Final = 1 << 50
FOUR: Final = 28
"""Days that visits of the ledger are counted in."""


@dataclass(frozen=True)
class Crew:
    """A crew: where it sets out from, and the days of the horizon on which it works."""

    id: str
    station: str
    days: frozenset[int]


@dataclass(frozen=True)
class Stop:
    """A station at which a trade is wanted: cases and visits in the horizon, days of it on which it may come."""

    id: str
    station: str
    cases: float
    visits: int
    days: frozenset[int]


@dataclass(frozen=True)
class Trade:
    """A trade, its crews and its stops; times in minutes, ``start`` and ``end`` from midnight.

    ``service`` is for a case, ``setup`` for a visit, ``longest`` the most for the cases of one visit.
    """

    id: str
    name: str
    drives: bool
    people: str
    start: int
    end: int
    service: float
    setup: float
    longest: float
    crews: tuple[Crew, ...]
    stops: tuple[Stop, ...]

    def visit(self, stop: Stop, visits: int) -> float:
        """Return the minutes of one visit of so many."""
        return self.setup + min(self.longest, self.service * stop.cases / visits)

    def served(self, stop: Stop, visits: int) -> float:
        """Return the cases of a stop that so many visits have time for."""
        return min(stop.cases, visits * self.longest / self.service) if self.service else stop.cases


@dataclass(frozen=True, eq=False)
class CircuitsProblem:
    """What is to be planned.

    Attributes
    ----------
    said
        The section of the scenario.
    days
        The days of the horizon, from a Monday on.
    trades
        In the order of the ledger.
    balance, day_cost
        How much more than an even share a crew may have; seconds of travel that a crew's day is worth.
    """

    said: Circuits
    days: tuple[Day, ...]
    trades: tuple[Trade, ...]
    balance: float
    day_cost: int

    def round(self, trade: Trade, seconds: Floats, place: Mapping[str, int], times: float = 1.0) -> Round:
        """Return what a trade has to plan.

        Parameters
        ----------
        trade
            The trade.
        seconds
            Table of travel from station to station, shape (s, s); infinite where there is no way.
        place
            Row of each station in it.
        times
            How many times as many visits as planned, at least one and at most as many as there are days.
        """
        horizon, n = len(self.days), len(trade.stops)
        rows = [place[one] for one in (*(s.station for s in trade.stops), *(c.station for c in trade.crews))]
        table = seconds[np.ix_(rows, rows)]
        reach = np.isfinite(table[:n, n:]) & np.isfinite(table[n:, :n].T)
        far = int(np.ceil(table[np.isfinite(table)].max(initial=0.0)))
        travel = np.where(np.isfinite(table), np.ceil(table), _UNLIMITED >> 8).astype(np.int64)
        visits = [visits_of(stop, trade, times) for stop in trade.stops]
        options = tuple(
            tuple(
                Option(c, days)
                for c, crew in enumerate(trade.crews)
                if reach[i, c]
                for days in regular_days(horizon, sorted(stop.days & crew.days), visits[i], self.said.slack)
            )
            for i, stop in enumerate(trade.stops)
        )
        longest = 60 * (trade.end - trade.start)
        minutes = [trade.visit(stop, count) for stop, count in zip(trade.stops, visits, strict=True)]
        service = np.array([round(60 * one) for one in minutes], np.int64)
        work = service * np.array(visits, np.int64)
        days = np.array([len(crew.days) for crew in trade.crews])
        most = (1 + self.balance) * work.sum() * days / max(1, days.sum()) + work.max(initial=0) * (len(days) == 1)
        crew_days = tuple(
            CrewDay(c, day, n + c, 1, _UNLIMITED, longest)
            for c, crew in enumerate(trade.crews)
            for day in sorted(crew.days)
        )
        missed = np.array([3 * count * (2 * far + self.day_cost + 1) for count in visits], np.int64)
        nothing, limits = np.zeros(n, np.int64), tuple(int(one) for one in most)
        return Round(horizon, travel, service, nothing, options, crew_days, limits, self.day_cost, missed)


def visits_of(stop: Stop, trade: Trade, times: float = 1.0) -> int:
    """Return how often a stop is visited, where so many times as many visits are planned."""
    most = max((len(stop.days & crew.days) for crew in trade.crews), default=0)
    return max(1, min(round(times * stop.visits), most))


# ----------------------------------------------------------------------------------------------------------------------
# Travel from station to station: on foot as residents walk, or on the drivable ways, as a table.


@dataclass(frozen=True, eq=False)
class _Drives(Walks):
    """Ways with a speed for each, m/s, shape (m,); from the kerb to the door one walks."""

    speed: Floats | None = None

    @cached_property
    def cost(self) -> Floats:
        assert self.speed is not None
        return np.asarray(self.streets.length_m / self.speed)


def walking_seconds(doors: Doors, manner: Manner, stations: int) -> Floats:
    """Return the seconds on foot from station to station, shape (s, s); infinite where there is no way."""
    return _between(doors.walks(manner), doors, stations)


def driving_seconds(district: District, scenario: Scenario, manner: Manner) -> Floats:
    """Return the seconds by vehicle from station to station on the ways whose kind has a speed, open to the public."""
    said = circuits_of(scenario)
    speeds = {kind: scenario.standard(key) / 3.6 for kind, key in said.speeds.items()}
    ways = district.ways
    beside = (ways["kind"] != "footway") | ways["name"].notna()  # along a street whose carriageway is not drawn
    ways = ways[ways["kind"].isin(list(speeds)) & (ways["access"] == Access.PUBLIC) & beside]
    none = district.compounds.iloc[:0], district.gates.iloc[:0]
    streets = build_streets(ways, *none)
    kinds = ways.sort_values("id", kind="stable")["kind"]
    doors = doors_on(streets, district, scenario, scenario.standard(said.kerb)).at_any_hour
    walks = _Drives(streets, manner, np.asarray(kinds.map(speeds), np.float64))
    return _between(walks, doors, len(district.stations))


def _between(walks: Walks, doors: Doors, stations: int) -> Floats:
    """Return the table of one manner; crews are let out through the gate that they came in by (Floyd 1962)."""
    count = len(doors.stations)
    everybody = Audience(np.ones(count, bool), np.full(count, -1), np.full(count, -1))
    found = walks.costs(doors.stations, doors.stations, everybody, np.inf).tocoo()
    table = np.full((stations, stations), np.inf)
    table[doors.station_rows[found.row], doors.station_rows[found.col]] = found.data
    np.fill_diagonal(table, 0.0)
    table = np.minimum(table, table.T)
    for k in range(stations):
        table = np.minimum(table, table[:, k, None] + table[None, k])
    return np.asarray(table, np.float64)


# ----------------------------------------------------------------------------------------------------------------------
# From the ledgers and the scenario to the instance; all that is wrong with them at once.


def circuits_of(scenario: Scenario) -> Circuits:
    """Return the section of a scenario."""
    if scenario.circuits is None:
        what, mend = "the scenario asks for no rounds", "Say 'circuits: {}' for the defaults."
        raise ScenarioError(Problem(scenario.name, what, key="circuits", mend=mend))
    return scenario.circuits


def circuits_problem(district: District, scenario: Scenario) -> CircuitsProblem:
    """Read the trades of a district as a scenario has them.

    Raises
    ------
    ScenarioError
        If the scenario asks for no rounds, or for a trade that is not known.
    GeodataError
        With everything that is wrong with the ledgers of rounds.
    CalendarError
        If the public holidays of the weeks are not known.
    """
    said = circuits_of(scenario)
    days = horizon_of(district, scenario).days
    ledgers = {name: district.ledger(name) for name in ("trades", "crews", "stops")}
    empty = [name for name, ledger in ledgers.items() if ledger.empty]
    if empty:
        mend = "Add {}.csv to the district folder, or leave out the section 'circuits'."
        raise GeodataError([Problem(name, "the ledger has no rows", mend=mend.format(name)) for name in empty])
    names = ledgers["trades"]["id"].tolist()
    lost = [
        unknown(scenario.name, "trade", one, names, key="circuits.trades") for one in said.trades if one not in names
    ]
    if lost:
        raise ScenarioError(lost)
    problems = [*_wrong_texts(district), *_wrong_stops(ledgers["stops"], district.stations)]
    if problems:
        raise GeodataError(problems)
    reader = Reader(district, said, days)
    trades = tuple(
        reader.trade(row) for row in ledgers["trades"].to_dict("records") if not said.trades or row["id"] in said.trades
    )
    problems = [problem for trade in trades for problem in _hopeless(trade)]
    if problems:
        raise GeodataError(problems)
    day_cost = round(60 * scenario.standard(said.crew_day))
    return CircuitsProblem(said, days, trades, scenario.standard(said.balance), day_cost)


def horizon_of(district: District, scenario: Scenario) -> Weeks:
    """Return the weeks that are planned; outside China all their days are ordinary, for no holidays are known there."""
    said, date, hours = circuits_of(scenario), district.manifest.day, scenario.hours
    if said.first_week is not None:
        first = dt.date.fromisoformat(said.first_week)
    else:
        first = ORDINARY_MONDAY if date is None else date + dt.timedelta(len(WEEKDAYS) - date.weekday())
    known = district.manifest.zone == CHINA_ZONE
    if known:
        dates = [first + dt.timedelta(day) for day in range(7 * said.weeks)]
        refuse_unknown_years(dates, first, "circuits.first_week", "Or set another first week, or fewer weeks.")
    return Weeks(first, said.weeks, known, hours.make_up_days, hours.holidays)


class Reader:
    """Reads trades, one after the other, and the days on which somebody may come."""

    def __init__(self, district: District, said: Circuits, days: tuple[Day, ...]) -> None:
        self.said, self.days = said, days
        self.rows = {name: district.ledger(name).to_dict("records") for name in ("crews", "stops", "blackouts")}
        columns = [name for name in district.demand.columns if name == "residents" or name.startswith("age_")]
        self.people = district.demand.groupby("community")[columns].sum()
        self.community = dict(zip(district.stations["id"], district.stations["community"], strict=True))

    def trade(self, row: Mapping[Any, Any]) -> Trade:
        """Return a trade with its crews and stops."""
        key = str(row["id"])
        days = self.allowed(row["days"], key)
        crews = tuple(
            Crew(str(one["id"]), str(one["station"]), days & self._named(one["days"]))
            for one in self.rows["crews"]
            if one["trade"] == key
        )
        own = [one for one in self.rows["stops"] if one["trade"] == key]
        service, longest = float(row["service_min"]), float(row["longest_min"])
        stops = []
        for one in own:
            cases = self._cases(one, row, own)
            scale = len(self.days) // FOUR
            may = days & self._named(one["days"])
            most = max((len(may & crew.days) for crew in crews), default=0) // scale
            visits = self._visits(one["visits"], cases * service, longest, most)
            stops.append(Stop(str(one["id"]), str(one["station"]), scale * cases, scale * visits, may))
        return Trade(
            key, str(row["name"]), row["travel"] == "drive", str(row["people"]), minute_of(row["start"]),
            minute_of(row["end"]), service, float(row["setup_min"]), longest, crews, tuple(stops),
        )  # fmt: skip

    def _named(self, text: object) -> frozenset[int]:
        """Return the days of the horizon on weekdays of a text; all where there is none."""
        if not isinstance(text, str):
            return frozenset(range(len(self.days)))
        weekdays = {WEEKDAYS.index(part) for part in parts_of(text)}
        return frozenset(d for d, day in enumerate(self.days) if day.date.weekday() in weekdays)

    def allowed(self, text: object, trade: str = "") -> frozenset[int]:
        """Return the days on which a trade, or somebody of none, may come: of its weekdays, no holiday, no day off."""
        off = {
            d
            for row in self.rows["blackouts"]
            if row["trade"] == trade or not isinstance(row["trade"], str)
            for d, day in enumerate(self.days)
            if row["first"] <= day.date.isoformat() <= row["last"]
        }
        return frozenset(d for d in self._named(text) - off if self.days[d].kind is not DayKind.HOLIDAY)

    def _cases(self, stop: Mapping[Any, Any], trade: Mapping[Any, Any], own: list[dict[Any, Any]]) -> float:
        if not pd.isna(stop["cases"]):
            return float(stop["cases"])
        home = self.community[stop["station"]]
        shared = sum(self.community[one["station"]] == home and pd.isna(one["cases"]) for one in own)
        people = float(self.people[trade["people"]].get(home, 0.0)) if isinstance(home, str) else 0.0
        return float(trade["cases_per_1000"]) * people / 1000 / int(shared)

    def _visits(self, said: float, minutes: float, longest: float, most: int) -> int:
        if not pd.isna(said):
            return int(said)
        often = sorted(count for count in self.said.frequencies if count <= most) or [1]
        return next((count for count in often if minutes <= count * longest), often[-1])


# ----------------------------------------------------------------------------------------------------------------------
# What is wrong with them.


def _is(reads: Any, text: object) -> bool:
    try:
        return bool(reads(str(text)).isoformat()[: len(str(text))] == text)
    except ValueError:
        return False


def wrong_weekdays(district: District, *ledgers: str) -> Iterator[Problem]:
    """Go through weekdays that there are not."""
    for name in ledgers:
        for row in district.ledger(name).to_dict("records"):
            parts = parts_of(row["days"]) if isinstance(row["days"], str) else ()
            for one in (part for part in parts if part not in WEEKDAYS):
                yield unknown(name, "weekday", one, WEEKDAYS, row=str(row["id"]), column="days")


def _wrong_texts(district: District) -> Iterator[Problem]:
    """Go through weekdays, clocks and dates that cannot be read, and those in the wrong order."""
    yield from wrong_weekdays(district, "trades", "crews", "stops")
    for name, columns, reads, form in (
        ("trades", ("start", "end"), dt.time.fromisoformat, "HH:MM"),
        ("blackouts", ("first", "last"), dt.date.fromisoformat, "YYYY-MM-DD"),
    ):
        for row in district.ledger(name).to_dict("records"):
            bad = [column for column in columns if not _is(reads, row[column]) or len(row[column]) != len(form)]
            for column in bad:
                yield Problem(name, "it cannot be read", str(row["id"]), column, form, repr(row[column]))
            begin, end = (row[column] for column in columns)
            if not bad and (end < begin or (end == begin and name == "trades")):
                what, mend = "it ends before it begins", "Correct one of the two."
                yield Problem(name, what, str(row["id"]), columns[1], f"after {begin}", end, mend)


def _wrong_stops(stops: pd.DataFrame, stations: pd.DataFrame) -> Iterator[Problem]:
    homeless = stations["id"][stations["community"].isna()]
    for name in stops["id"][stops["cases"].isna() & stops["station"].isin(homeless)]:
        what, mend = "how many cases it has cannot be told", "Give its cases, or the community of its station."
        yield Problem("stops", what, name, "cases", "a number, or a community whose people are counted", "", mend)
    for _, own in stops[stops.duplicated(["trade", "station"], keep=False)].groupby(["trade", "station"]):
        what, mend = "a trade is wanted twice at one station", "Make one row of them."
        yield Problem("stops", what, ", ".join(own["id"]), "station", "one row", str(own["station"].iloc[0]), mend)


def _hopeless(trade: Trade) -> Iterator[Problem]:
    """Go through what of a trade nobody could plan."""
    if trade.stops and not trade.crews:
        yield Problem("crews", "a trade is wanted, but has no crew", column="trade", expected="a row", found=trade.id)
    for crew in trade.crews:
        if not crew.days:
            what, mend = "the crew has no day on which it works", "Give it days of its trade that are not all off."
            yield Problem("crews", what, crew.id, "days", "a day of the trade in these weeks", "none", mend)
    room = trade.end - trade.start
    for stop in trade.stops:
        most = max((len(stop.days & crew.days) for crew in trade.crews), default=0)
        if trade.crews and most < stop.visits:
            what = "no crew may visit the stop so often" if most else "no crew may visit the stop"
            mend = "Give it more days, or a crew that works on them, or fewer visits."
            found = f"{most} days on which one crew and the stop agree"
            yield Problem("stops", what, stop.id, "days", f"at least {stop.visits}, its visits", found, mend)
        elif (takes := trade.visit(stop, stop.visits)) > room:
            what, mend = "a visit takes longer than the day of a crew", "Ask for more visits, or set longest_min lower."
            yield Problem("stops", what, stop.id, "cases", f"at most {room} min", f"{takes:.0f} min", mend)
