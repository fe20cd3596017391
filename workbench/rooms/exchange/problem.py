"""Operators who would give public service for space (以场地换服务), free of any solver: who asks, on what terms.

The timetable stands; operators get only what it leaves. Space is given in blocks of one length. An operator is admitted
at one station or not at all; if it is, all the service that it owes is scheduled there, and a part of the hours that it
asks for. Which of its blocks are service follows from the blocks: those that lie first in the week within the hours
when residents can come.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final

import numpy as np

from workbench.rooms.fitness import run
from workbench.rooms.problem import CELL_MIN, LOUD, WEEK_CELLS, Activity, Centre, Flags, Ints, Timetable

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


@dataclass(frozen=True)
class Terms:
    """What the scenario decides; see :class:`workbench.scenario.room_exchange.Exchange`. Minutes and shares."""

    block: int = 60
    step: int = 30
    least_share: float = 0.5
    least_fulfilment: float = 0.8
    room_share: float = 0.5
    operator_share: float = 0.4
    released_first: bool = True

    @property
    def length(self) -> int:
        """Cells of a block."""
        return self.block // CELL_MIN


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
    terms
        What the scenario decides.
    """

    centres: tuple[Centre, ...]
    timetables: tuple[Timetable, ...]
    operators: tuple[Operator, ...]
    residents: Flags
    terms: Terms = field(default_factory=Terms)

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
        return range(stay.start, stay.start + self.terms.length)

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
        return run(self.residents, self.terms.length)

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
