"""The exchange stage by stage: service owed, fair shares, own hours, rooms; then the earliest in the week, one of many.

The stages are lexicographic, as those of a timetable (``rooms/stages.py``): what a stage reaches binds all later ones,
in whole numbers. The whole district is one program, because an operator that would go anywhere joins all stations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem
from workbench.progress import SILENT, Progress
from workbench.rooms.check import opened
from workbench.rooms.exchange.problem import Choices, ExchangeProblem, ExchangeRule, Leftover, Stay, choices, unfit
from workbench.rooms.model import of_flags, peaks
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, LOUD, MILLE, WEEK_CELLS, disturb
from workbench.rooms.week import clock
from workbench.solving import (
    Interrupt,
    LinearProgram,
    Row,
    Rows,
    Stage,
    StagedSearch,
    Status,
    at_most,
    costs_at_most,
    isolating_weights,
    only_if,
    solve_integers,
    stacked,
)

# ----------------------------------------------------------------------------------------------------------------------
# The truth about a matching, without a solver: which rules it breaks, and what each stage is worth.


Stays = tuple[Stay, ...]


def faults(problem: ExchangeProblem, stays: Stays) -> list[Problem]:
    """Return every rule that a matching breaks, once for each breach.

    Parameters
    ----------
    problem
        The problem.
    stays
        Blocks that operators are given; one without any is not admitted.

    Returns
    -------
    list of Problem
        ``key`` is the rule; empty when it breaks none.
    """
    found = [
        Problem("exchange", "a block breaks a rule", _in_words(problem, stay), key=str(rule))
        for stay in stays
        for rule in _single(problem, stay)
    ]
    found += [
        Problem(
            "exchange",
            "two blocks break a rule together",
            f"{_in_words(problem, a)}; {_in_words(problem, b)}",
            key=str(rule),
        )
        for a, b in combinations(stays, 2)
        for rule in _together(problem, a, b)
    ]
    for operator in sorted({stay.operator for stay in stays}):
        own = [stay for stay in stays if stay.operator == operator]
        row = problem.operators[operator].id
        what = "what an operator is given breaks a rule"
        found += [Problem("exchange", what, row, key=str(rule)) for rule in _of_operator(problem, operator, own)]
    return found + _room_faults(problem, stays)


def _in_words(problem: ExchangeProblem, stay: Stay) -> str:
    """Return a block in words: operator, place, day and hour."""
    place = problem.centres[stay.centre].name(stay.place)
    return f"{problem.operators[stay.operator].id} in {place}, day {stay.start // DAY_CELLS + 1} {clock(stay.start)}"


def _single(problem: ExchangeProblem, stay: Stay) -> Iterator[ExchangeRule]:
    """Go through the rules that a block breaks by itself, cell by cell."""
    yield from unfit(problem, stay.operator, stay.centre, stay.place)
    centre, left = problem.centres[stay.centre], problem.left[stay.centre]
    use, cells = problem.operators[stay.operator].use, list(problem.cells(stay))
    if cells[0] // DAY_CELLS != cells[-1] // DAY_CELLS or cells[0] < 0 or cells[-1] >= WEEK_CELLS:
        yield ExchangeRule.OPENING
        return
    rooms = centre.places[stay.place]
    if not all(centre.rooms[r].open[c] for r in rooms for c in cells):
        yield ExchangeRule.OPENING
    if any(left.office[r] for r in rooms):
        yield ExchangeRule.OFFICE
    if any(left.busy[r, c] for r in rooms for c in cells):
        yield ExchangeRule.PLAN
    if not all(use.windows[c] for c in cells):
        yield ExchangeRule.WINDOWS
    if stay.start % (problem.step // CELL_MIN):
        yield ExchangeRule.BLOCKS
    if stay.service and not all(problem.residents[c] for c in cells):
        yield ExchangeRule.SERVICE_HOURS
    beside = {b for r in rooms for wall in centre.walls if r in wall for b in wall if b not in rooms}
    disturbed = use.noise == LOUD and any(left.quiet[b, c] for b in beside for c in cells)
    if disturbed or (use.wants_quiet and any(left.loud[b, c] for b in beside for c in cells)):
        yield ExchangeRule.NEIGHBOURS


def _together(problem: ExchangeProblem, one: Stay, other: Stay) -> Iterator[ExchangeRule]:
    """Go through the rules that two blocks break together."""
    if one.operator == other.operator and one.centre != other.centre:
        yield ExchangeRule.ONE_STATION
    if abs(one.start - other.start) >= problem.length:
        return
    if one.operator == other.operator:
        yield ExchangeRule.ONE_PLACE
    if one.centre != other.centre:
        return
    centre = problem.centres[one.centre]
    here, there = centre.places[one.place], centre.places[other.place]
    if set(here) & set(there):
        yield ExchangeRule.ONE_USE
    a, b = problem.operators[one.operator].use, problem.operators[other.operator].use
    if centre.touching(one.place, other.place) and disturb(a, b):
        yield ExchangeRule.NEIGHBOURS


def _of_operator(problem: ExchangeProblem, operator: int, own: list[Stay]) -> Iterator[ExchangeRule]:
    """Go through the rules on all that one operator is given."""
    asked, terms = problem.operators[operator], problem.terms
    barred = problem.barred(operator)
    if barred is not None:
        yield barred
    service = sum(stay.service for stay in own)
    granted = terms.block * (len(own) - service)
    if terms.block * service < asked.owed:
        yield ExchangeRule.OWED
    if granted > asked.asked:
        yield ExchangeRule.ASKED
    if granted < terms.least_share * asked.asked - 1e-6:
        yield ExchangeRule.LEAST_SHARE
    space: Counter[int] = Counter()
    for stay in own:
        space[stay.centre] += problem.area(stay.centre, stay.place) * problem.length
    if any(amount > problem.most_space(problem.left[c]) for c, amount in space.items()):
        yield ExchangeRule.OPERATOR_SHARE


def _room_faults(problem: ExchangeProblem, stays: Stays) -> list[Problem]:
    """Look at how much of each room operators get."""
    cells: Counter[tuple[int, int]] = Counter()
    for stay in stays:
        cells.update({(stay.centre, r): problem.length for r in problem.centres[stay.centre].places[stay.place]})
    rule, what = str(ExchangeRule.ROOM_SHARE), "operators get too much of a room"
    return [
        Problem("exchange", what, problem.centres[c].rooms[r].id, key=rule)
        for (c, r), count in sorted(cells.items())
        if count > problem.most_cells(problem.left[c])[r]
    ]


def refuse_faults(problem: ExchangeProblem, stays: Stays) -> None:
    """Raise when a matching of ours breaks a rule."""
    found = faults(problem, stays)
    if found:
        raise CheckError(found)


def granted(problem: ExchangeProblem, stays: Stays) -> list[int]:
    """Return the minutes that each operator is given for its own use."""
    blocks = Counter(stay.operator for stay in stays if not stay.service)
    return [problem.terms.block * blocks[o] for o in range(len(problem.operators))]


def touched(problem: ExchangeProblem, stays: Stays) -> list[tuple[int, int]]:
    """Return the rooms that operators get, by positions of centre and room."""
    return sorted({(stay.centre, r) for stay in stays for r in problem.centres[stay.centre].places[stay.place]})


def objectives(problem: ExchangeProblem, stays: Stays) -> dict[str, int]:
    """Return what each stage is worth; less is better, the first counts most."""
    given = granted(problem, stays)
    admitted = {stay.operator for stay in stays}
    operators = problem.operators
    short = [-(-MILLE * (operators[o].asked - given[o]) // operators[o].asked) for o in admitted if operators[o].asked]
    rooms = touched(problem, stays)
    used = [set(opened(*pair)) for pair in zip(problem.centres, problem.timetables, strict=True)]
    return {
        "service": sum(operator.owed for o, operator in enumerate(operators) if o not in admitted),
        "fairness": max(short, default=0),
        "own": sum(operator.asked for operator in operators) - sum(given),
        "busy_rooms": sum(r in used[c] for c, r in rooms),
        "shared_rooms": len(rooms),
        "places": len({(stay.operator, stay.centre, stay.place) for stay in stays}) - len(admitted),
        "early": sum(stay.start for stay in stays),
    }


# ----------------------------------------------------------------------------------------------------------------------
# The exchange as a program of whole numbers, one function a rule.
#
# The variables are flags for each block that could be, for each pair of operator and station whether the operator is
# admitted there, for each room whether operators get anything of it, for each operator and place whether it is used
# by it, and one number, the largest shortfall in ‰. Which of the blocks of an operator are service need not be
# decided: enough of them must lie in hours when residents can come. Blocks of one length on a line that overlap in
# maximal sets give an interval matrix, as in `rooms/model.py`.


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
        """Whether an operator uses a place, by its number in ``of_use``; only :func:`_places_used` makes it so."""
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


def _one_station(columns: Columns) -> list[Row]:
    """Admit an operator at one station at most."""
    pairs = columns.choices.pairs
    return [
        at_most([columns.admit(n) for n, (operator, _) in enumerate(pairs) if operator == o], 1.0, 1.0)
        for o in columns.operators
    ]


def _one_place(columns: Columns) -> list[Row]:
    """Let an operator be in one place at a time, and only at the station where it is admitted."""
    found, choices = [], columns.choices
    for n, own in enumerate(columns.of_pair):
        found += [only_if(at, 1.0, columns.admit(n)) for at in _at_once(choices, own)]
    return found


def _one_use(columns: Columns) -> list[Row]:
    """Give a room to one operator at a time; a room of which anything is given is touched."""
    found, choices = [], columns.choices
    for n, own in enumerate(columns.of_room):
        found += [only_if(at, 1.0, columns.touch(n)) for at in _at_once(choices, own)]
    return found


def _some_room(columns: Columns) -> list[Row]:
    """Touch a room at least that would do for an operator at its station: implied, but it tightens bounds on rooms."""
    number, found = {room: n for n, room in enumerate(columns.rooms)}, []
    for n, own in enumerate(columns.of_pair):
        places = set(zip(columns.choices.centre[own].tolist(), columns.choices.place[own].tolist(), strict=True))
        rooms = sorted({number[c, r] for c, p in places for r in columns.problem.centres[c].places[p]})
        touches = np.array([columns.touch(room) for room in rooms], np.int64)
        found.append(only_if(touches, -1.0, columns.admit(n), -1.0))
    return found


def _at_once(choices: Choices, own: Ints) -> Iterator[Ints]:
    """Go through the maximal sets of blocks that overlap."""
    for cell in peaks(choices.start[own], choices.ends[own]).tolist():
        yield own[(choices.start[own] <= cell) & (cell < choices.ends[own])]


def _owed_in_full(columns: Columns) -> list[Row]:
    """Hold all the service that an admitted operator owes when residents can come."""
    return _at_least(columns, columns.problem.service_blocks, columns.choices.serves)


def _least_share(columns: Columns) -> list[Row]:
    """Give an admitted operator at least a part of what it asks for, besides its service."""
    every, problem = np.ones(columns.choices.count, bool), columns.problem
    return _at_least(columns, lambda operator: problem.service_blocks(operator) + problem.least_own(operator), every)


def _at_least(columns: Columns, least: Callable[[int], int], counted: npt.NDArray[np.bool_]) -> list[Row]:
    found = []
    for n, ((operator, _), own) in enumerate(zip(columns.choices.pairs, columns.of_pair, strict=True)):
        found.append(only_if(own[counted[own]], -1.0, columns.admit(n), -least(operator)))
    return found


def _no_more_than_asked(columns: Columns) -> list[Row]:
    """Give no operator more hours of its own than it asks for."""
    found, problem = [], columns.problem
    for n, ((operator, _), own) in enumerate(zip(columns.choices.pairs, columns.of_pair, strict=True)):
        most = problem.service_blocks(operator) + problem.most_own(operator)
        found.append(only_if(own, 1.0, columns.admit(n), most))
    return found


def _room_share(columns: Columns) -> list[Row]:
    """Leave a part of each room to whoever asks at short notice."""
    found, problem = [], columns.problem
    for n, (c, r) in enumerate(columns.rooms):
        most = int(problem.most_cells(columns.left[c])[r] - columns.left[c].taken[r].sum()) // problem.length
        found.append(only_if(columns.of_room[n], 1.0, columns.touch(n), max(0, most)))
    return found


def _operator_share(columns: Columns) -> list[Row]:
    """Give no operator more than its share of the leftover space of a station."""
    found, problem, choices = [], columns.problem, columns.choices
    for n, own in enumerate(columns.of_pair):
        for c in np.unique(choices.centre[own]).tolist():
            here = own[choices.centre[own] == c]
            area = np.array([problem.area(c, p) for p in choices.place[here].tolist()], np.float64)
            found.append(only_if(here, area * problem.length, columns.admit(n), problem.most_space(columns.left[c])))
    return found


def _quiet_beside(columns: Columns) -> list[Row]:
    """Let no loud operator be behind the wall of one that wants quiet."""
    choices, uses = columns.choices, [operator.use for operator in columns.problem.operators]
    loud = np.array([use.noise == LOUD for use in uses], bool)[choices.operator]
    quiet = np.array([use.wants_quiet for use in uses], bool)[choices.operator]
    number, found = {room: n for n, room in enumerate(columns.rooms)}, []
    for c, centre in enumerate(columns.problem.centres):
        for wall in centre.walls:
            if not all((c, r) in number for r in wall):
                continue
            here, there = (columns.of_room[number[c, r]] for r in wall)
            for noisy, still in ((here[loud[here]], there[quiet[there]]), (there[loud[there]], here[quiet[here]])):
                if len(noisy) and len(still):
                    both = np.unique(np.concatenate((noisy, still)))
                    found += [at_most(at, 1.0, 1.0) for at in _at_once(choices, both)]
    return found


def _shortfalls(columns: Columns) -> list[Row]:
    """Let the shortfall be at least that of every admitted operator, of what it asks for."""
    found, problem, choices = [], columns.problem, columns.choices
    for o in columns.operators:
        asked, block = problem.operators[o].asked, problem.terms.block
        if not asked:
            continue
        blocks = np.flatnonzero(choices.operator == o)
        admits = np.array(
            [columns.admit(n) for n, (operator, _) in enumerate(choices.pairs) if operator == o], np.int64
        )
        at = np.concatenate((blocks, admits, [columns.shortfall]))
        whole = MILLE * (asked + block * problem.service_blocks(o))
        amounts = (np.full(len(blocks), -MILLE * block), np.full(len(admits), whole), [-asked])
        found.append(at_most(at, np.concatenate(amounts).astype(np.float64), 0.0))
    return found


_RULES: Mapping[ExchangeRule, Callable[[Columns], list[Row]]] = MappingProxyType(
    {
        ExchangeRule.ONE_STATION: _one_station,
        ExchangeRule.ONE_PLACE: _one_place,
        ExchangeRule.ONE_USE: _one_use,
        ExchangeRule.OWED: _owed_in_full,
        ExchangeRule.ASKED: _no_more_than_asked,
        ExchangeRule.LEAST_SHARE: _least_share,
        ExchangeRule.ROOM_SHARE: _room_share,
        ExchangeRule.OPERATOR_SHARE: _operator_share,
        ExchangeRule.NEIGHBOURS: _quiet_beside,
    }
)
"""Rules on blocks together; those on single blocks are kept by the choices."""


def _places_used(columns: Columns) -> list[Row]:
    """Count a place as used by an operator that has a block in it."""
    found, problem = [], columns.problem
    for n, own in enumerate(columns.of_use):
        operator = int(columns.choices.operator[own[0]])
        most = problem.service_blocks(operator) + problem.most_own(operator)
        found.append(only_if(own, 1.0, columns.use(n), min(most, len(own))))
    return found


def _program(columns: Columns, relaxed: Collection[ExchangeRule] = ()) -> LinearProgram:
    """Put the rules together; the objective is left empty."""
    rows = [row for rule, build in _RULES.items() if rule not in relaxed for row in build(columns)]
    return of_flags([*rows, *_shortfalls(columns), *_some_room(columns)], columns.count, columns.shortfall)


def stays(columns: Columns, values: Floats) -> tuple[Stay, ...]:
    """Return the blocks that values of the variables stand for; the service that is owed comes first in the week."""
    choices, problem = columns.choices, columns.problem
    chosen = np.flatnonzero(values[: choices.count] > 0.5)
    due = {operator: problem.service_blocks(operator) for operator in columns.operators}
    found = []
    for n in chosen[np.argsort(choices.start[chosen], kind="stable")].tolist():
        operator = int(choices.operator[n])
        service = bool(choices.serves[n]) and due[operator] > 0
        due[operator] -= service
        found.append(Stay(operator, int(choices.start[n]), int(choices.centre[n]), int(choices.place[n]), service))
    return tuple(sorted(found))


# ----------------------------------------------------------------------------------------------------------------------
# Why an operator is not admitted: which single rule, relaxed for it, would let it in.


RELAXABLE = (
    ExchangeRule.STATION, ExchangeRule.AREA, ExchangeRule.SUPPLY, ExchangeRule.PRIVACY, ExchangeRule.STOREY,
    ExchangeRule.WALLS, ExchangeRule.OPENING, ExchangeRule.OFFICE, ExchangeRule.PLAN, ExchangeRule.NEIGHBOURS,
    ExchangeRule.WINDOWS, ExchangeRule.BLOCKS, ExchangeRule.SERVICE_HOURS, ExchangeRule.LEAST_SHARE,
    ExchangeRule.ONE_STATION, ExchangeRule.ROOM_SHARE, ExchangeRule.OPERATOR_SHARE, ExchangeRule.OTHERS,
)  # fmt: skip
"""Rules that can keep an operator out, in the order in which they are tried."""
_EFFORTS_REASONS = 20.0
"""How many times the effort of one search of a centre has the question whether a rule helps: what is not answered by
then counts as no help, so that the answer had better come."""


@dataclass(frozen=True)
class Refused:
    """Why an operator is not admitted.

    Parameters
    ----------
    operator
        Its position.
    barred
        Rule that keeps it out whatever space there is; None when there is none.
    rules
        Rules each of which, relaxed by itself for this operator, would let it in, all others staying as they are.
    together
        Two rules that would help only together; empty when a single one helps, or when not even two do.
    fits
        Whether it fits beside the others as it is: the matching stopped before its proof, and no rule keeps it out.
    """

    operator: int
    barred: ExchangeRule | None
    rules: tuple[ExchangeRule, ...]
    together: tuple[ExchangeRule, ...]
    fits: bool = False


def why_refused(problem: ExchangeProblem, stays: Stays, effort: float = 1.0) -> tuple[Refused, ...]:
    """Say why operators are not admitted, by relaxing one rule at a time."""
    admitted = {stay.operator for stay in stays}
    found = []
    for operator in range(len(problem.operators)):
        if operator in admitted:
            continue
        barred = problem.barred(operator)
        rules: tuple[ExchangeRule, ...] = ()
        together: tuple[ExchangeRule, ...] = ()
        fits = barred is None and admissible(problem, operator, stays, (), effort)
        if barred is None and not fits:
            rules = tuple(r for r in RELAXABLE if admissible(problem, operator, stays, {r}, effort))
            together = () if rules else _pair(problem, operator, stays, effort)
        found.append(Refused(operator, barred, rules, together, fits))
    return tuple(found)


def _pair(problem: ExchangeProblem, operator: int, stays: Stays, effort: float) -> tuple[ExchangeRule, ...]:
    pairs = combinations(RELAXABLE, 2)
    return next((pair for pair in pairs if admissible(problem, operator, stays, set(pair), effort)), ())


def admissible(
    problem: ExchangeProblem,
    operator: int,
    others: Stays,
    relaxed: Collection[ExchangeRule] = (),
    effort: float = 1.0,
) -> bool:
    """Tell whether an operator could be admitted if some rules did not hold for it."""
    stays = () if ExchangeRule.OTHERS in relaxed else others
    left = tuple(part.eased(relaxed) for part in problem.leftover(stays))
    if ExchangeRule.BLOCKS in relaxed:
        problem = replace(problem, step=CELL_MIN, terms=problem.terms.model_copy(update={"block": CELL_MIN}))
    columns = Columns(choices(problem, left=left, only=operator, relaxed=relaxed), left)
    if not columns.choices.count:
        return False
    cost = np.zeros(columns.count)
    cost[[columns.admit(n) for n in range(len(columns.choices.pairs))]] = -1.0
    asked = replace(_program(columns, [r for r in relaxed if r is not ExchangeRule.ONE_STATION]), cost=cost)
    answer = solve_integers(asked, max_deterministic_time=_EFFORTS_REASONS * effort)
    return answer.values is not None and bool(cost @ answer.values < -0.5)


# ----------------------------------------------------------------------------------------------------------------------
# The exchange stage by stage: service owed, fair shares, own hours, rooms; then the earliest in the week, one of .


_EFFORTS = 2.0
"""How many times the effort of one search of a centre each engine has for a stage: it is the whole district."""
_LAST = 5.0
"""How many times as much it has where nothing comes after it."""


@dataclass(frozen=True, eq=False)
class ExchangePlan:
    """Which operator gets which blocks.

    Parameters
    ----------
    problem
        The problem.
    stays
        The blocks, ascending.
    stages
        The stages in their order.
    canonical
        Whether the last step was proven, so that the matching is the one chosen among its equals.
    """

    problem: ExchangeProblem
    stays: Stays
    stages: tuple[Stage, ...]
    canonical: bool

    @property
    def status(self) -> Status:
        """OPTIMAL: every stage is proven. FEASIBLE: some stage stopped before its proof; mind its gap."""
        proven = all(stage.status is Status.OPTIMAL for stage in self.stages)
        return Status.OPTIMAL if proven else Status.FEASIBLE


class _Search(StagedSearch):
    """The matching so far, and the rows that earlier stages have added."""

    def __init__(self, problem: ExchangeProblem, effort: float, interrupt: Interrupt, progress: Progress) -> None:
        self.problem, self.columns = problem, Columns(choices(problem), problem.left)
        super().__init__(
            _program(self.columns),
            effort=_EFFORTS * effort,
            interrupt=interrupt,
            worth=lambda values: objectives(problem, stays(self.columns, values)),
            start=np.zeros(self.columns.count),  # nobody is admitted: always allowed
            quick=1.0,
            progress=progress.within("exchange"),
        )


def match_operators(
    problem: ExchangeProblem, effort: float = 1.0, interrupt: Interrupt | None = None, *, progress: Progress = SILENT
) -> ExchangePlan:
    """Match operators with what a timetable leaves."""
    search = _Search(problem, effort, interrupt or Interrupt(), progress)
    _start(search)
    steps = (_service, _fairness, _own, *((_busy_rooms,) if problem.terms.released_first else ()), _rooms, _places)
    for done, step in enumerate(steps):
        progress.step("exchange", done, len(steps) + 1)
        step(search)
    canonical = _one_of_many(search)
    progress.step("exchange", len(steps) + 1, len(steps) + 1)
    found = stays(search.columns, search.found)
    refuse_faults(problem, found)
    worth = objectives(problem, found)
    stages = tuple(replace(stage, value=worth[stage.name]) for stage in search.stages)
    return ExchangePlan(problem, found, stages, canonical)


def _start(search: _Search) -> None:
    """Look for a start that is good in several stages at once: what meets a bound needs no search of its own."""
    cost = np.zeros(search.columns.count)
    cost[: search.columns.choices.count] = -1.0
    for n, (operator, _) in enumerate(search.columns.choices.pairs):
        cost[search.columns.admit(n)] = -search.problem.operators[operator].owed
    search.ask(cost)


def _service(search: _Search) -> None:
    columns, operators = search.columns, search.problem.operators
    cost = np.zeros(columns.count)
    for n, (operator, _) in enumerate(columns.choices.pairs):
        cost[columns.admit(n)] = -operators[operator].owed
    never = sum(operator.owed for o, operator in enumerate(operators) if o not in columns.operators)
    search.minimise("service", cost, sum(operator.owed for operator in operators), never)


def _fairness(search: _Search) -> None:
    columns = search.columns
    search.found[columns.shortfall] = search.worth()["fairness"]
    cost = np.zeros(columns.count)
    cost[columns.shortfall] = 1.0
    search.minimise("fairness", cost, 0)


def _own(search: _Search) -> None:
    columns, problem = search.columns, search.problem
    cost = np.zeros(columns.count)
    cost[: columns.choices.count] = -problem.terms.block
    for n, (operator, _) in enumerate(columns.choices.pairs):
        cost[columns.admit(n)] = problem.terms.block * problem.service_blocks(operator)
    asked = [operator.asked for operator in problem.operators]
    most = sum(problem.terms.block * problem.most_own(o) for o in columns.operators)
    search.minimise("own", cost, sum(asked), sum(asked) - most)


def _busy_rooms(search: _Search) -> None:
    problem = search.problem
    used = [set(opened(*pair)) for pair in zip(problem.centres, problem.timetables, strict=True)]
    search.minimise("busy_rooms", _touching(search, [r in used[c] for c, r in search.columns.rooms]), 0)


def _rooms(search: _Search) -> None:
    search.minimise("shared_rooms", _touching(search, [True] * len(search.columns.rooms)), 0)


def _places(search: _Search) -> None:
    """Let operators stay in one room as far as they can; the flags of places bind only from here on."""
    columns = search.columns
    for n, own in enumerate(columns.of_use):
        search.found[columns.use(n)] = float(search.found[own].max() > 0.5)
    search.add(*stacked(_places_used(columns), columns.count))
    cost = np.zeros(columns.count)
    cost[[columns.use(n) for n in range(len(columns.of_use))]] = 1.0
    cost[[columns.admit(n) for n in range(len(columns.choices.pairs))]] = -1.0
    search.minimise("places", cost, 0)


def _touching(search: _Search, counted: Sequence[bool]) -> Floats:
    cost = np.zeros(search.columns.count)
    cost[[search.columns.touch(n) for n, counts in enumerate(counted) if counts]] = 1.0
    return cost


def _one_of_many(search: _Search) -> bool:
    """Choose among equals, first who goes where, then which blocks; tell whether both are proven.

    Who is admitted where, which rooms are given and how many blocks each operator gets are chosen by fixed weights; two
    choices have one least sum with a chance of n/2^20 at most, n being the flags that are weighed (isolation lemma:
    Mulmuley, Vazirani and Vazirani 1987). The stations are then independent of each other, and each takes the blocks
    that are earliest in the week, then again the least sum of weights.
    """
    columns, count, operators = search.columns, search.columns.choices.count, len(search.problem.operators)
    drawn = isolating_weights(count, columns.count + operators)
    weights, by_operator = drawn[: columns.count], drawn[columns.count :]
    weights[columns.shortfall] = 0.0
    structure = np.concatenate((by_operator[columns.choices.operator], weights[count:]))
    proven = search.choose(structure, _LAST)
    for centre in sorted({stay.centre for stay in stays(columns, search.found)}):
        proven &= _earliest(search, centre, weights)
    return proven


def _earliest(search: _Search, centre: int, weights: Floats) -> bool:
    """Choose the blocks of one centre, all else staying as it is; tell whether the choice is proven."""
    columns, part = search.columns, search.columns.choices
    stands = search.found > 0.5
    admitted = stands[part.count + part.pair] if part.count else np.empty(0, bool)
    free = np.flatnonzero((part.centre == centre) & admitted)
    pairs = np.unique(part.pair[free])
    belongs = (part.pair[free][None, :] == pairs[:, None]).astype(np.float64)
    given = belongs @ stands[free]
    rest = np.ones(columns.count, bool)
    rest[free] = False
    whole = search.program
    room = whole.row_upper - whole.rows[:, rest] @ search.found[rest]
    rows = sp.csr_array(whole.rows[:, free])
    bound = np.diff(rows.indptr) > 0
    local = Rows(len(free))
    local.add(sp.csr_array(rows[bound]), upper=room[bound])
    local.add(sp.csr_array(belongs), given, given)
    none, ones = np.zeros(len(free)), np.ones(len(free))
    blocks = LinearProgram(none, local.matrix, local.lower, local.upper, none, ones, ones > 0)
    within = StagedSearch(blocks, effort=search.effort, interrupt=search.interrupt, start=search.found[free])
    early = part.start[free].astype(np.float64)
    first = within.choose(early, _LAST)
    within.add(*stacked([costs_at_most(early, float(early @ within.found))], len(free)))
    last = within.choose(weights[free], _LAST)
    search.found[free] = within.found
    return first and last
