"""The truth about a matching, without a solver: which rules it breaks, and what each stage is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from workbench.errors import CheckError, Problem
from workbench.rooms.check import opened
from workbench.rooms.exchange.choices import unfit
from workbench.rooms.exchange.problem import ExchangeProblem, ExchangeRule, Stay
from workbench.rooms.frames import clock
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, LOUD, MILLE, WEEK_CELLS

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
        Problem("exchange", "a block breaks a rule", told(problem, stay), key=str(rule))
        for stay in stays
        for rule in _single(problem, stay)
    ]
    found += [
        Problem(
            "exchange", "two blocks break a rule together", f"{told(problem, a)}; {told(problem, b)}", key=str(rule)
        )
        for a, b in combinations(stays, 2)
        for rule in _together(problem, a, b)
    ]
    for operator in sorted({stay.operator for stay in stays}):
        own = [stay for stay in stays if stay.operator == operator]
        row = problem.operators[operator].id
        what = "what an operator is given breaks a rule"
        found += [Problem("exchange", what, row, key=str(rule)) for rule in _of_operator(problem, operator, own)]
    return found + _rooms(problem, stays)


def told(problem: ExchangeProblem, stay: Stay) -> str:
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
    if stay.start % (problem.terms.step // CELL_MIN):
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
    if abs(one.start - other.start) >= problem.terms.length:
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
    touching = any((min(r, q), max(r, q)) in centre.walls for r in here for q in there)
    if touching and ((a.noise == LOUD and b.wants_quiet) or (b.noise == LOUD and a.wants_quiet)):
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
        space[stay.centre] += problem.area(stay.centre, stay.place) * terms.length
    if any(amount > problem.most_space(problem.left[c]) for c, amount in space.items()):
        yield ExchangeRule.OPERATOR_SHARE


def _rooms(problem: ExchangeProblem, stays: Stays) -> list[Problem]:
    """Look at how much of each room operators get."""
    cells: Counter[tuple[int, int]] = Counter()
    for stay in stays:
        cells.update({(stay.centre, r): problem.terms.length for r in problem.centres[stay.centre].places[stay.place]})
    rule, what = str(ExchangeRule.ROOM_SHARE), "operators get too much of a room"
    return [
        Problem("exchange", what, problem.centres[c].rooms[r].id, key=rule)
        for (c, r), count in sorted(cells.items())
        if count > problem.most_cells(problem.left[c])[r]
    ]


def refuse_faults(problem: ExchangeProblem, stays: Stays) -> None:
    """Raise when a matching of ours breaks a rule.

    Raises
    ------
    CheckError
        With every breach.
    """
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
    """Return what each stage is worth; less is better, the first counts most.

    Returns
    -------
    dict
        ``service``: minutes of service owed by operators that are not admitted; ``fairness``: largest share of the
        hours asked for that an admitted operator does not get, ‰, rounded up; ``own``: minutes asked for, by all
        operators, that are not given; ``busy_rooms``: rooms given that the timetable uses too; ``shared_rooms``: rooms
        given; ``places``: places that operators use beyond the first of each; ``early``: first cells of the blocks,
        summed up.
    """
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
