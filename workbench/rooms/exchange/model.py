"""The exchange as a program of whole numbers, one function a rule.

The variables are flags for each block that could be, for each pair of operator and station whether the operator is
admitted there, for each room whether operators get anything of it, for each operator and place whether it is used by
it, and one number, the largest shortfall in ‰. Which of the blocks of an operator are service need not be decided:
enough of them must lie in hours when residents can come.
Blocks of one length on a line that overlap in maximal sets give an interval matrix, as in ``rooms/model.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from workbench.rooms.exchange.choices import Choices
from workbench.rooms.exchange.problem import ExchangeProblem, ExchangeRule, Leftover, Stay
from workbench.rooms.model import Row, at_most, of_flags, peaks
from workbench.rooms.problem import LOUD, MILLE, Ints
from workbench.solving import LinearProgram

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Columns:
    """The variables, and how to find them.

    Parameters
    ----------
    choices
        Blocks that could be.
    left
        What there is at each centre: operators outside the model hold a part of it.
    """

    choices: Choices
    left: tuple[Leftover, ...]

    @property
    def problem(self) -> ExchangeProblem:
        """The problem."""
        return self.choices.problem

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.shortfall + 1

    def admit(self, pair: int) -> int:
        """Whether an operator is admitted at a station, by the number of the pair."""
        return self.choices.count + pair

    @cached_property
    def rooms(self) -> tuple[tuple[int, int], ...]:
        """Rooms that anybody could get, by positions of centre and room."""
        places = set(zip(self.choices.centre.tolist(), self.choices.place.tolist(), strict=True))
        return tuple(sorted({(c, r) for c, p in places for r in self.problem.centres[c].places[p]}))

    @cached_property
    def of_room(self) -> tuple[Ints, ...]:
        """Blocks that take each room."""
        return tuple(self.choices.in_room(*room) for room in self.rooms)

    @cached_property
    def of_pair(self) -> tuple[Ints, ...]:
        """Blocks of each pair of operator and station."""
        return tuple(np.flatnonzero(self.choices.pair == n) for n in range(len(self.choices.pairs)))

    def touch(self, room: int) -> int:
        """Whether anything of a room is given, by its number in ``rooms``."""
        return self.admit(len(self.choices.pairs)) + room

    @property
    def shortfall(self) -> int:
        """Largest shortfall of an admitted operator, ‰."""
        return self.use(len(self.of_use))

    def use(self, number: int) -> int:
        """Whether an operator uses a place, by its number in ``of_use``; only :func:`places_used` makes it so."""
        return self.touch(len(self.rooms)) + number

    @cached_property
    def of_use(self) -> tuple[Ints, ...]:
        """Blocks of each operator in each place of a station, by pair and place, ascending."""
        part = self.choices
        keys = np.stack([part.pair, part.centre, part.place]) if part.count else np.empty((3, 0), np.int64)
        uses, inverse = np.unique(keys, axis=1, return_inverse=True)
        return tuple(np.flatnonzero(inverse.ravel() == n) for n in range(uses.shape[1]))

    @property
    def operators(self) -> list[int]:
        """Positions of the operators that could be admitted anywhere."""
        return sorted({operator for operator, _ in self.choices.pairs})


def _with(at: Ints, amounts: float | Floats, column: int, amount: float, most: float = 0.0) -> Row:
    """Return a row of blocks and one more column."""
    own = np.broadcast_to(np.asarray(amounts, np.float64), at.shape)
    return np.append(at, column), np.append(own, amount), most


def one_station(made: Columns) -> list[Row]:
    """Admit an operator at one station at most."""
    pairs = made.choices.pairs
    return [
        at_most([made.admit(n) for n, (operator, _) in enumerate(pairs) if operator == o], 1.0, 1.0)
        for o in made.operators
    ]


def one_place(made: Columns) -> list[Row]:
    """Let an operator be in one place at a time, and only at the station where it is admitted."""
    found, choices = [], made.choices
    for n, own in enumerate(made.of_pair):
        found += [_with(at, 1.0, made.admit(n), -1.0) for at in _at_once(choices, own)]
    return found


def one_use(made: Columns) -> list[Row]:
    """Give a room to one operator at a time; a room of which anything is given is touched."""
    found, choices = [], made.choices
    for n, own in enumerate(made.of_room):
        found += [_with(at, 1.0, made.touch(n), -1.0) for at in _at_once(choices, own)]
    return found


def some_room(made: Columns) -> list[Row]:
    """Touch a room at least that would do for an operator at its station: implied, but it tightens bounds on rooms."""
    number, found = {room: n for n, room in enumerate(made.rooms)}, []
    for n, own in enumerate(made.of_pair):
        places = set(zip(made.choices.centre[own].tolist(), made.choices.place[own].tolist(), strict=True))
        rooms = sorted({number[c, r] for c, p in places for r in made.problem.centres[c].places[p]})
        touches = np.array([made.touch(room) for room in rooms], np.int64)
        found.append(_with(touches, -1.0, made.admit(n), 1.0))
    return found


def _at_once(choices: Choices, own: Ints) -> Iterator[Ints]:
    """Go through the maximal sets of blocks that overlap."""
    for cell in peaks(choices.start[own], choices.ends[own]).tolist():
        yield own[(choices.start[own] <= cell) & (cell < choices.ends[own])]


def owed_in_full(made: Columns) -> list[Row]:
    """Hold all the service that an admitted operator owes when residents can come."""
    return _at_least(made, made.problem.service_blocks, made.choices.serves)


def least_share(made: Columns) -> list[Row]:
    """Give an admitted operator at least a part of what it asks for, besides its service."""
    every, problem = np.ones(made.choices.count, bool), made.problem
    return _at_least(made, lambda operator: problem.service_blocks(operator) + problem.least_own(operator), every)


def _at_least(made: Columns, least: Callable[[int], int], counted: npt.NDArray[np.bool_]) -> list[Row]:
    found = []
    for n, ((operator, _), own) in enumerate(zip(made.choices.pairs, made.of_pair, strict=True)):
        found.append(_with(own[counted[own]], -1.0, made.admit(n), least(operator)))
    return found


def no_more_than_asked(made: Columns) -> list[Row]:
    """Give no operator more hours of its own than it asks for."""
    found, problem = [], made.problem
    for n, ((operator, _), own) in enumerate(zip(made.choices.pairs, made.of_pair, strict=True)):
        most = problem.service_blocks(operator) + problem.most_own(operator)
        found.append(_with(own, 1.0, made.admit(n), -most))
    return found


def room_share(made: Columns) -> list[Row]:
    """Leave a part of each room to whoever asks at short notice."""
    found, problem = [], made.problem
    for n, (c, r) in enumerate(made.rooms):
        most = int(problem.most_cells(made.left[c])[r] - made.left[c].taken[r].sum()) // problem.terms.length
        found.append(_with(made.of_room[n], 1.0, made.touch(n), -max(0, most)))
    return found


def operator_share(made: Columns) -> list[Row]:
    """Give no operator more than its share of the leftover space of a station."""
    found, problem, choices = [], made.problem, made.choices
    for n, own in enumerate(made.of_pair):
        for c in np.unique(choices.centre[own]).tolist():
            here = own[choices.centre[own] == c]
            area = np.array([problem.area(c, p) for p in choices.place[here].tolist()], np.float64)
            found.append(_with(here, area * problem.terms.length, made.admit(n), -problem.most_space(made.left[c])))
    return found


def quiet_beside(made: Columns) -> list[Row]:
    """Let no loud operator be behind the wall of one that wants quiet."""
    choices, uses = made.choices, [operator.use for operator in made.problem.operators]
    loud = np.array([use.noise == LOUD for use in uses], bool)[choices.operator]
    quiet = np.array([use.wants_quiet for use in uses], bool)[choices.operator]
    number, found = {room: n for n, room in enumerate(made.rooms)}, []
    for c, centre in enumerate(made.problem.centres):
        for wall in centre.walls:
            if not all((c, r) in number for r in wall):
                continue
            here, there = (made.of_room[number[c, r]] for r in wall)
            for noisy, still in ((here[loud[here]], there[quiet[there]]), (there[loud[there]], here[quiet[here]])):
                if len(noisy) and len(still):
                    both = np.unique(np.concatenate((noisy, still)))
                    found += [at_most(at, 1.0, 1.0) for at in _at_once(choices, both)]
    return found


def fairness(made: Columns) -> list[Row]:
    """Let the shortfall be at least that of every admitted operator, of what it asks for."""
    found, problem, choices = [], made.problem, made.choices
    for o in made.operators:
        asked, block = problem.operators[o].asked, problem.terms.block
        if not asked:
            continue
        blocks = np.flatnonzero(choices.operator == o)
        admits = np.array([made.admit(n) for n, (operator, _) in enumerate(choices.pairs) if operator == o], np.int64)
        at = np.concatenate((blocks, admits, [made.shortfall]))
        whole = MILLE * (asked + block * problem.service_blocks(o))
        amounts = (np.full(len(blocks), -MILLE * block), np.full(len(admits), whole), [-asked])
        found.append(at_most(at, np.concatenate(amounts).astype(np.float64), 0.0))
    return found


RULES: Mapping[ExchangeRule, Callable[[Columns], list[Row]]] = MappingProxyType(
    {
        ExchangeRule.ONE_STATION: one_station,
        ExchangeRule.ONE_PLACE: one_place,
        ExchangeRule.ONE_USE: one_use,
        ExchangeRule.OWED: owed_in_full,
        ExchangeRule.ASKED: no_more_than_asked,
        ExchangeRule.LEAST_SHARE: least_share,
        ExchangeRule.ROOM_SHARE: room_share,
        ExchangeRule.OPERATOR_SHARE: operator_share,
        ExchangeRule.NEIGHBOURS: quiet_beside,
    }
)
"""Rules on blocks together; those on single blocks are kept by the choices."""


def places_used(made: Columns) -> list[Row]:
    """Count a place as used by an operator that has a block in it."""
    found, problem = [], made.problem
    for n, own in enumerate(made.of_use):
        operator = int(made.choices.operator[own[0]])
        most = problem.service_blocks(operator) + problem.most_own(operator)
        found.append(_with(own, 1.0, made.use(n), -min(most, len(own))))
    return found


def program(made: Columns, relaxed: Collection[ExchangeRule] = ()) -> LinearProgram:
    """Put the rules together; the objective is left empty.

    Parameters
    ----------
    made
        The variables.
    relaxed
        Rules that do not hold.

    Returns
    -------
    LinearProgram
    """
    rows = [row for rule, build in RULES.items() if rule not in relaxed for row in build(made)]
    return of_flags([*rows, *fairness(made), *some_room(made)], made.count, made.shortfall)


def stays(made: Columns, values: Floats) -> tuple[Stay, ...]:
    """Return the blocks that values of the variables stand for; the service that is owed comes first in the week."""
    choices, problem = made.choices, made.problem
    chosen = np.flatnonzero(values[: choices.count] > 0.5)
    due = {operator: problem.service_blocks(operator) for operator in made.operators}
    found = []
    for n in chosen[np.argsort(choices.start[chosen], kind="stable")].tolist():
        operator = int(choices.operator[n])
        service = bool(choices.serves[n]) and due[operator] > 0
        due[operator] -= service
        found.append(Stay(operator, int(choices.start[n]), int(choices.centre[n]), int(choices.place[n]), service))
    return tuple(sorted(found))
