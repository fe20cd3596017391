"""Operators who would give public service for space (以场地换服务), free of any solver: who asks, on what terms.

The timetable stands; operators get only what it leaves. Space is given in blocks of one length. An operator is admitted
at one station or not at all; if it is, all the service that it owes is scheduled there, and a part of the hours that it
asks for. Which of its blocks are service follows from the blocks: those that lie first in the week within the hours
when residents can come.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np

from workbench.arrays import Flags, Ints
from workbench.calendars import Weeks
from workbench.catalogue.functions import Catalogue, Function
from workbench.catalogue.tables import NOISE
from workbench.errors import Problem, ScenarioError, unknown
from workbench.ground.district import District
from workbench.rooms.dates import weeks_of
from workbench.rooms.instance import ANY_STOREY, Row, cells
from workbench.rooms.problem import (
    CELL_MIN,
    LOUD,
    WEEK_CELLS,
    Activity,
    Centre,
    Rooms,
    RoomsError,
    Timetable,
    confidential,
    low_enough,
    rooms_of,
    run,
    supplied,
    walls_bear,
)
from workbench.scenario import Scenario
from workbench.scenario.rooms import Exchange

_ROUNDING: Final = 1e-9


class ExchangeRule(StrEnum):
    """The rules of the exchange; each is named in reasons and faults by this word."""

    FULFILMENT = "fulfilment"
    GIVES = "gives"
    TIMETABLED = "timetabled"
    STATION = "station"
    AREA = "area"
    SUPPLY = "supply"
    PRIVACY = "privacy"
    STOREY = "storey"
    WALLS = "walls"
    JOINING = "joining"
    OPENING = "opening"
    OFFICE = "office"
    PLAN = "plan"
    NEIGHBOURS = "neighbours"
    WINDOWS = "operator_windows"
    BLOCKS = "blocks"
    SERVICE_HOURS = "service_hours"
    OWED = "owed"
    ASKED = "asked"
    LEAST_SHARE = "least_share"
    ONE_STATION = "one_station"
    ONE_PLACE = "one_place"
    ONE_USE = "one_use"
    ROOM_SHARE = "room_share"
    OPERATOR_SHARE = "operator_share"
    OTHERS = "others"


@dataclass(frozen=True, eq=False)
class Operator:
    """An operator.

    Parameters
    ----------
    use
        What it does as an activity: identifier, function, windows, and what its room must be.
    asked, owed
        Minutes a week that it asks for, and of public service that it owes.
    fulfilled
        Minutes of public service that it gave last week; None when that is not known.
    least_area_dm2
        Smallest place that will do, tenths of a square metre.
    station
        The only station that will do; empty = any.
    """

    use: Activity
    asked: int
    owed: int
    fulfilled: int | None = None
    least_area_dm2: int = 0
    station: str = ""

    @property
    def id(self) -> str:
        """Its identifier."""
        return self.use.id

    @property
    def fulfilment(self) -> float | None:
        """Share of the service owed that it gave last week; None when that is not known."""
        return None if self.fulfilled is None or not self.owed else self.fulfilled / self.owed


@dataclass(frozen=True, order=True)
class Stay:
    """One block: positions of operator and centre, its first cell, its place, and whether it is service."""

    operator: int
    start: int
    centre: int
    place: int
    service: bool


@dataclass(frozen=True, eq=False)
class Leftover:
    """What a timetable, and operators that are there already, leave of the rooms of one centre.

    Parameters
    ----------
    area
        Shape (rooms,), areas, tenths of a square metre.
    open
        Shape (rooms, 672), when the rooms are open.
    office
        Shape (rooms,), which of them are kept as offices.
    busy
        Shape (rooms, 672), when the timetable holds them, setting up and clearing away included.
    taken
        Shape (rooms, 672), when operators hold them.
    loud, quiet
        Shape (rooms, 672), when something loud takes place in them, and something that wants quiet.
    """

    area: Ints
    open: Flags
    office: Flags
    busy: Flags
    taken: Flags
    loud: Flags
    quiet: Flags

    @property
    def free(self) -> Flags:
        """Shape (rooms, 672), open, no office, held by nobody in the timetable."""
        return np.asarray(self.open & ~self.office[:, None] & ~self.busy)

    @property
    def space(self) -> int:
        """Area that is free, tenths of a square metre times cells."""
        return int(self.area @ self.free.sum(axis=1))

    def eased(self, rules: Collection[ExchangeRule]) -> Leftover:
        """Return what would be left without some rules, of ``opening``, ``office`` and ``plan``."""
        return replace(
            self,
            open=self.open | (ExchangeRule.OPENING in rules),
            office=self.office & (ExchangeRule.OFFICE not in rules),
            busy=self.busy & (ExchangeRule.PLAN not in rules),
        )


@dataclass(frozen=True, eq=False)
class ExchangeProblem:
    """Rooms as they are timetabled, and the operators that ask for what is left.

    Parameters
    ----------
    centres, timetables
        The centres that have a timetable, with it.
    operators
        By identifier, ascending.
    residents
        Shape (672,), cells in which residents can come.
    step
        Minutes of the grid on which blocks begin.
    terms
        The section ``rooms.exchange`` of the scenario.
    """

    centres: tuple[Centre, ...]
    timetables: tuple[Timetable, ...]
    operators: tuple[Operator, ...]
    residents: Flags
    step: int = 30
    terms: Exchange = field(default_factory=Exchange)

    @property
    def length(self) -> int:
        """Cells of a block."""
        return self.terms.block // CELL_MIN

    @cached_property
    def left(self) -> tuple[Leftover, ...]:
        """What the timetables leave, by centre."""
        return self.leftover(())

    def leftover(self, stays: Sequence[Stay]) -> tuple[Leftover, ...]:
        """Return what the timetables and some blocks leave, by centre."""
        own: list[list[Stay]] = [[] for _ in self.centres]
        for stay in stays:
            own[stay.centre].append(stay)
        return tuple(
            self._leftover(centre, held, there)
            for centre, held, there in zip(self.centres, self.timetables, own, strict=True)
        )

    def _leftover(self, centre: Centre, held: Timetable, stays: Iterable[Stay]) -> Leftover:
        shape = (len(centre.rooms), WEEK_CELLS)
        busy, taken, loud, quiet = (np.zeros(shape, bool) for _ in range(4))
        for session in held.sessions:
            activity = centre.activities[session.activity]
            cells = [c for c in activity.occupied(session.start) if 0 <= c < WEEK_CELLS]
            for r in centre.places[session.place]:
                _hold(r, cells, activity, busy, loud, quiet)
        for stay in stays:
            for r in centre.places[stay.place]:
                _hold(r, list(self.cells(stay)), self.operators[stay.operator].use, taken, loud, quiet)
        office = np.array([room.office and r not in held.given for r, room in enumerate(centre.rooms)], bool)
        area = np.array([room.area_dm2 for room in centre.rooms], np.int64)
        return Leftover(area, np.array([room.open for room in centre.rooms]), office, busy, taken, loud, quiet)

    def cells(self, stay: Stay) -> range:
        """Return the cells of a block."""
        return range(stay.start, stay.start + self.length)

    def barred(self, operator: int) -> ExchangeRule | None:
        """Return the rule that keeps an operator out whatever space there is; None when it may ask."""
        asked = self.operators[operator]
        if asked.fulfilment is not None and asked.fulfilment < self.terms.least_fulfilment - _ROUNDING:
            return ExchangeRule.FULFILMENT
        if not asked.owed:
            return ExchangeRule.GIVES
        if asked.station and asked.station not in (centre.id for centre in self.centres):
            return ExchangeRule.TIMETABLED
        return None

    def service_blocks(self, operator: int) -> int:
        """Return the blocks that hold the service an operator owes."""
        return -(-self.operators[operator].owed // self.terms.block)

    def most_own(self, operator: int) -> int:
        """Return the most blocks of its own that an operator may have: no more hours than it asks for."""
        return self.operators[operator].asked // self.terms.block

    def least_own(self, operator: int) -> int:
        """Return the fewest blocks of its own that an admitted operator has."""
        return math.ceil(self.terms.least_share * self.operators[operator].asked / self.terms.block - _ROUNDING)

    @cached_property
    def serves(self) -> Flags:
        """Shape (672,), at which cells a block may begin that residents can come to throughout."""
        return run(self.residents, self.length)

    def most_cells(self, left: Leftover) -> Ints:
        """Return the most cells that operators may get of each room of a centre, shape (rooms,)."""
        return np.asarray(np.floor(self.terms.room_share * left.open.sum(axis=1) + _ROUNDING), np.int64)

    def most_space(self, left: Leftover) -> int:
        """Return the most tenths of a square metre, times cells, that one operator may get at a centre."""
        return math.floor(self.terms.operator_share * left.space + _ROUNDING)

    def area(self, centre: int, place: int) -> int:
        """Return the area of a place, tenths of a square metre."""
        own = self.centres[centre]
        return sum(own.rooms[r].area_dm2 for r in own.places[place])


def _hold(room: int, cells: Sequence[int], activity: Activity, held: Flags, loud: Flags, quiet: Flags) -> None:
    """Note that an activity holds a room."""
    held[room, cells] = True
    loud[room, cells] |= activity.noise == LOUD
    quiet[room, cells] |= activity.wants_quiet


# ----------------------------------------------------------------------------------------------------------------------
# Which operator could have which block where: everything that a single block must keep is kept by listing.
#
# The reductions are exact: a place that is unfit, hours that are not left, and stations at which an operator could
# not have as many blocks as it must, even if it were alone, are left out.


_ANYWHERE = -1
NOTHING: frozenset[ExchangeRule] = frozenset()
_Relaxed = Collection[ExchangeRule]


def _large_enough(operator: Operator, rooms: Rooms) -> bool:
    """Tell whether the place is as large as the operator needs."""
    return sum(room.area_dm2 for room in rooms) >= operator.least_area_dm2


_FITNESS: Mapping[ExchangeRule, Callable[[Operator, Rooms], bool]] = MappingProxyType(
    {
        ExchangeRule.AREA: _large_enough,
        ExchangeRule.SUPPLY: lambda operator, rooms: supplied(operator.use, rooms),
        ExchangeRule.PRIVACY: lambda operator, rooms: confidential(operator.use, rooms),
        ExchangeRule.STOREY: lambda operator, rooms: low_enough(operator.use, rooms),
        ExchangeRule.WALLS: lambda operator, rooms: walls_bear(operator.use, rooms),
    }
)
"""Rules on an operator and the rooms of its place, whatever the hour."""


def unfit(problem: ExchangeProblem, operator: int, centre: int, place: int) -> list[ExchangeRule]:
    """Return the rules that keep an operator out of a place at any hour."""
    asked, rooms = problem.operators[operator], rooms_of(problem.centres[centre], place)
    broken = [rule for rule, kept in _FITNESS.items() if not kept(asked, rooms)]
    if len(rooms) > 1 and not _may_join(asked, rooms):
        broken.append(ExchangeRule.JOINING)
    if asked.station not in ("", problem.centres[centre].id):
        broken.append(ExchangeRule.STATION)
    return broken


def _may_join(operator: Operator, rooms: Rooms, relaxed: _Relaxed = NOTHING) -> bool:
    """Tell whether rooms may be joined for an operator: only if none of them would do alone."""
    return not any(
        all(kept(operator, [room]) for rule, kept in _FITNESS.items() if rule not in relaxed) for room in rooms
    )


def _free_cells(
    problem: ExchangeProblem, operator: int, centre: int, place: int, left: Leftover, relaxed: _Relaxed = NOTHING
) -> Flags:
    """Return the cells in which an operator may be in a place, shape (672,); its fitness is not judged."""
    asked, own = problem.operators[operator].use, problem.centres[centre]
    rooms = list(own.places[place])
    cells = (left.free & ~left.taken)[rooms].all(axis=0)
    if ExchangeRule.WINDOWS not in relaxed:
        cells &= asked.windows
    if ExchangeRule.NEIGHBOURS not in relaxed:
        beside = sorted({r for wall in own.walls if set(wall) & set(rooms) for r in wall} - set(rooms))
        if asked.noise == LOUD:
            cells &= ~left.quiet[beside].any(axis=0)
        if asked.wants_quiet:
            cells &= ~left.loud[beside].any(axis=0)
    return np.asarray(cells)


@dataclass(frozen=True, eq=False)
class Choices:
    """All blocks that could be, in the order of operator, centre, start and place.

    Parameters
    ----------
    problem
        The problem.
    operator, centre, start, place
        Shape (n,) each.
    spread
        Whether an operator may be at several stations at different times.
    any_hour
        Whether residents can come at any time.
    """

    problem: ExchangeProblem
    operator: Ints
    centre: Ints
    start: Ints
    place: Ints
    spread: bool = False
    any_hour: bool = False

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.operator)

    @cached_property
    def ends(self) -> Ints:
        """First cell after each, shape (n,)."""
        return self.start + self.problem.length

    @cached_property
    def serves(self) -> Flags:
        """Which of them residents can come to, shape (n,)."""
        return np.asarray(self.problem.serves[self.start] | self.any_hour, bool)

    @cached_property
    def _own(self) -> list[tuple[int, int]]:
        centre = np.full(self.count, _ANYWHERE) if self.spread else self.centre
        return list(zip(self.operator.tolist(), centre.tolist(), strict=True))

    @cached_property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """Pairs of operator and centre that stand in them, ascending; of operator and -1 where operators may spread."""
        return tuple(sorted(set(self._own)))

    @cached_property
    def pair(self) -> Ints:
        """Number of the pair of each, shape (n,)."""
        number = {pair: n for n, pair in enumerate(self.pairs)}
        return np.array([number[pair] for pair in self._own], np.int64)

    def in_room(self, centre: int, room: int) -> Ints:
        """Return which of them take a room."""
        takes = np.array([room in place for place in self.problem.centres[centre].places], bool)
        here = np.flatnonzero(self.centre == centre)
        return np.asarray(here[takes[self.place[here]]], np.int64)


def choices(
    problem: ExchangeProblem,
    *,
    left: Sequence[Leftover] | None = None,
    only: int | None = None,
    relaxed: _Relaxed = NOTHING,
) -> Choices:
    """List every block that could be."""
    there = problem.left if left is None else left
    asking = [o for o in range(len(problem.operators)) if problem.barred(o) is None]
    parts: list[Ints] = []
    for o in asking if only is None else [only]:
        for c in range(len(problem.centres)):
            part = _at_centre(problem, o, c, there[c], relaxed)
            if ExchangeRule.ONE_STATION in relaxed or _enough(problem, o, part[2], relaxed):
                parts.append(part)
    table = np.concatenate(parts, axis=1) if parts else np.empty((4, 0), np.int64)
    spread = ExchangeRule.ONE_STATION in relaxed
    operator, centre, start, place = (np.asarray(row, np.int64) for row in table)
    any_hour = ExchangeRule.SERVICE_HOURS in relaxed
    return Choices(problem, operator, centre, start, place, spread, any_hour)


def _enough(problem: ExchangeProblem, operator: int, start: Ints, relaxed: _Relaxed) -> bool:
    """Tell whether blocks at some starts, ascending, could be as many as an operator must have: a necessary condition.

    One after the other, as early as possible, gives the most that do not overlap.
    """
    service = problem.service_blocks(operator)
    own = 0 if ExchangeRule.LEAST_SHARE in relaxed else problem.least_own(operator)
    coming = start if ExchangeRule.SERVICE_HOURS in relaxed else start[problem.serves[start]]
    length = problem.length
    return _one_by_one(coming, length) >= service and _one_by_one(start, length) >= service + own


def _one_by_one(start: Ints, length: int) -> int:
    """Return the most blocks of some starts, ascending, that do not overlap."""
    count, free_from = 0, 0
    for at in start.tolist():
        if at >= free_from:
            count, free_from = count + 1, at + length
    return count


def _at_centre(problem: ExchangeProblem, operator: int, centre: int, left: Leftover, relaxed: _Relaxed) -> Ints:
    """Return the blocks of one operator at one centre by start and place, shape (4, n)."""
    own = problem.centres[centre]
    grid = np.arange(WEEK_CELLS) % (problem.step // CELL_MIN) == 0
    starts, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for place in range(len(own.places)):
        if not _fit(problem, operator, centre, place, relaxed):
            continue
        cells = _free_cells(problem, operator, centre, place, left, relaxed)
        found = np.flatnonzero(run(cells, problem.length) & grid)
        starts.append(found)
        places.append(np.full(len(found), place))
    start, at = np.concatenate(starts), np.concatenate(places)
    order = np.lexsort((at, start))
    return np.stack([np.full(len(start), operator), np.full(len(start), centre), start[order], at[order]])


def _fit(problem: ExchangeProblem, operator: int, centre: int, place: int, relaxed: _Relaxed) -> bool:
    asked, rooms = problem.operators[operator], rooms_of(problem.centres[centre], place)
    if len(rooms) > 1 and ExchangeRule.JOINING not in relaxed and not _may_join(asked, rooms, relaxed):
        return False
    own = asked.station in ("", problem.centres[centre].id) or ExchangeRule.STATION in relaxed
    return own and all(rule in relaxed or kept(asked, rooms) for rule, kept in _FITNESS.items())


# ----------------------------------------------------------------------------------------------------------------------
# From the ledger of operators, a timetable and the scenario to the instance of the exchange.


_KEY = "rooms.exchange"


def problem_of(
    district: District, scenario: Scenario, planned: Iterable[tuple[Centre, Timetable]], functions: Catalogue
) -> ExchangeProblem:
    """Return the instance."""
    terms = _terms_of(scenario, functions)
    refuse_nobody(district)
    rows = district.ledger("operators").to_dict("records")
    centres, timetables = zip(*planned, strict=True)
    weeks = weeks_of(district, scenario)
    ordered = sorted(rows, key=lambda row: str(row["id"]))
    return ExchangeProblem(
        centres,
        timetables,
        tuple(_operator(row, functions[str(row["function"])], weeks) for row in ordered),
        cells(terms.service_hours, weeks),
        scenario.rooms.step,
        terms,
    )


def refuse_nobody(district: District) -> None:
    """Raise where nobody asks for space."""
    if district.ledger("operators").empty:
        mend = "Add operators.csv to the district folder."
        what, expected = "there are no operators", "at least one operator"
        raise RoomsError(Problem("operators", what, expected=expected, found="0 rows", mend=mend))


def _terms_of(scenario: Scenario, functions: Catalogue) -> Exchange:
    """Return the section of a scenario on the exchange."""
    terms = scenario.rooms.exchange
    if terms is None:
        mend = "Say 'exchange: {}' under 'rooms' for the defaults."
        raise ScenarioError(
            Problem(scenario.name, "the scenario asks for no exchange", expected="terms", mend=mend, key=_KEY)
        )
    wrong = unknown_in_exchange(scenario.name, terms, functions)
    if wrong:
        raise ScenarioError(wrong)
    return terms


def unknown_in_exchange(where: str, terms: Exchange, functions: Catalogue) -> list[Problem]:
    """List every function that is valued and not known."""
    return [
        unknown(where, "function", name, functions, key=f"{_KEY}.service_values.{name}")
        for name in terms.service_values
        if name not in functions
    ]


def _minutes(hours: float) -> int:
    return round(60 * hours)


def _operator(row: Row, function: Function, weeks: Weeks) -> Operator:
    fulfilled = float(row["fulfilled_hours"])
    use = Activity(
        id=str(row["id"]),
        function=function.key,
        group="",
        attendance=0,
        minutes=CELL_MIN,
        length=1,
        setup=0,
        clear=0,
        sessions=1,
        priority=1,
        windows=cells(row["windows"], weeks),
        preferred=np.ones(WEEK_CELLS, bool),
        days_apart=0,
        equipment=frozenset(),
        water="water" in function.needs,
        strong_power="power" in function.needs,
        private="private" in function.needs,
        noise=NOISE.index(function.noise),
        wants_quiet=function.wants_quiet,
        shares="",
        highest_storey=function.highest_storey or ANY_STOREY,
        organiser="",
    )
    return Operator(
        use,
        _minutes(row["hours"]),
        _minutes(row["owed_hours"]),
        None if np.isnan(fulfilled) else _minutes(fulfilled),
        round(10 * float(row["least_area_m2"])),
        str(row["station"]) if isinstance(row["station"], str) else "",
    )
