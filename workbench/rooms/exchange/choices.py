"""Which operator could have which block where: everything that a single block must keep is kept by listing.

The reductions are exact: a place that is unfit, hours that are not left, and stations at which an operator could not
have as many blocks as it must, even if it were alone, are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np

from workbench.rooms.exchange.problem import ExchangeProblem, ExchangeRule, Leftover, Operator
from workbench.rooms.fitness import Rooms, confidential, low_enough, rooms_of, run, supplied, walls_bear
from workbench.rooms.problem import CELL_MIN, LOUD, WEEK_CELLS, Flags, Ints

ANYWHERE = -1
NOTHING: frozenset[ExchangeRule] = frozenset()
Relaxed = Collection[ExchangeRule]


def large_enough(operator: Operator, rooms: Rooms) -> bool:
    """Tell whether the place is as large as the operator needs."""
    return sum(room.area_dm2 for room in rooms) >= operator.least_area_dm2


FITNESS: Mapping[ExchangeRule, Callable[[Operator, Rooms], bool]] = MappingProxyType(
    {
        ExchangeRule.AREA: large_enough,
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
    broken = [rule for rule, kept in FITNESS.items() if not kept(asked, rooms)]
    if len(rooms) > 1 and not may_join(asked, rooms):
        broken.append(ExchangeRule.JOINING)
    if asked.station not in ("", problem.centres[centre].id):
        broken.append(ExchangeRule.STATION)
    return broken


def may_join(operator: Operator, rooms: Rooms, relaxed: Relaxed = NOTHING) -> bool:
    """Tell whether rooms may be joined for an operator: only if none of them would do alone."""
    return not any(
        all(kept(operator, [room]) for rule, kept in FITNESS.items() if rule not in relaxed) for room in rooms
    )


def free_cells(
    problem: ExchangeProblem, operator: int, centre: int, place: int, left: Leftover, relaxed: Relaxed = NOTHING
) -> Flags:
    """Return the cells in which an operator may be in a place, shape (672,); its fitness is not judged.

    Parameters
    ----------
    problem
        The problem.
    operator, centre, place
        Positions.
    left
        What is left of the centre; what operators hold there is not free.
    relaxed
        Rules that do not hold, of ``neighbours`` and ``operator_windows``.
    """
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
        return self.start + self.problem.terms.length

    @cached_property
    def serves(self) -> Flags:
        """Which of them residents can come to, shape (n,)."""
        return np.asarray(self.problem.serves[self.start] | self.any_hour, bool)

    @cached_property
    def _own(self) -> list[tuple[int, int]]:
        centre = np.full(self.count, ANYWHERE) if self.spread else self.centre
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
    relaxed: Relaxed = NOTHING,
) -> Choices:
    """List every block that could be.

    Parameters
    ----------
    problem
        The problem.
    left
        What is left of each centre; by default what the timetables leave.
    only
        The only operator; all that may ask by default.
    relaxed
        Rules that do not hold; of ``opening``, ``office`` and ``plan`` it is ``left`` that tells.

    Returns
    -------
    Choices
        Stations are left out at which the operator could not have enough blocks, unless ``one_station`` is relaxed.
    """
    there = problem.left if left is None else left
    asking = [o for o in range(len(problem.operators)) if problem.barred(o) is None]
    parts: list[Ints] = []
    for o in asking if only is None else [only]:
        for c in range(len(problem.centres)):
            part = _at_centre(problem, o, c, there[c], relaxed)
            if ExchangeRule.ONE_STATION in relaxed or enough(problem, o, part[2], relaxed):
                parts.append(part)
    table = np.concatenate(parts, axis=1) if parts else np.empty((4, 0), np.int64)
    spread = ExchangeRule.ONE_STATION in relaxed
    operator, centre, start, place = (np.asarray(row, np.int64) for row in table)
    any_hour = ExchangeRule.SERVICE_HOURS in relaxed
    return Choices(problem, operator, centre, start, place, spread, any_hour)


def enough(problem: ExchangeProblem, operator: int, start: Ints, relaxed: Relaxed) -> bool:
    """Tell whether blocks at some starts, ascending, could be as many as an operator must have: a necessary condition.

    One after the other, as early as possible, gives the most that do not overlap.
    """
    service = problem.service_blocks(operator)
    own = 0 if ExchangeRule.LEAST_SHARE in relaxed else problem.least_own(operator)
    coming = start if ExchangeRule.SERVICE_HOURS in relaxed else start[problem.serves[start]]
    length = problem.terms.length
    return one_by_one(coming, length) >= service and one_by_one(start, length) >= service + own


def one_by_one(start: Ints, length: int) -> int:
    """Return the most blocks of some starts, ascending, that do not overlap."""
    count, free_from = 0, 0
    for at in start.tolist():
        if at >= free_from:
            count, free_from = count + 1, at + length
    return count


def _at_centre(problem: ExchangeProblem, operator: int, centre: int, left: Leftover, relaxed: Relaxed) -> Ints:
    """Return the blocks of one operator at one centre by start and place, shape (4, n)."""
    own = problem.centres[centre]
    grid = np.arange(WEEK_CELLS) % (problem.terms.step // CELL_MIN) == 0
    starts, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for place in range(len(own.places)):
        if not _fit(problem, operator, centre, place, relaxed):
            continue
        cells = free_cells(problem, operator, centre, place, left, relaxed)
        found = np.flatnonzero(run(cells, problem.terms.length) & grid)
        starts.append(found)
        places.append(np.full(len(found), place))
    start, at = np.concatenate(starts), np.concatenate(places)
    order = np.lexsort((at, start))
    return np.stack([np.full(len(start), operator), np.full(len(start), centre), start[order], at[order]])


def _fit(problem: ExchangeProblem, operator: int, centre: int, place: int, relaxed: Relaxed) -> bool:
    asked, rooms = problem.operators[operator], rooms_of(problem.centres[centre], place)
    if len(rooms) > 1 and ExchangeRule.JOINING not in relaxed and not may_join(asked, rooms, relaxed):
        return False
    own = asked.station in ("", problem.centres[centre].id) or ExchangeRule.STATION in relaxed
    return own and all(rule in relaxed or kept(asked, rooms) for rule, kept in FITNESS.items())
