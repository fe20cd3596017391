"""The program of one centre with its works, asked with some amount of money for the best need at the least cost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from zlib import crc32

import numpy as np

from workbench.arrays import Flags, Floats, Ints
from workbench.rooms.check import least_unserved, possible_sessions, unserved
from workbench.rooms.model import Columns, columns, peaks, program, timetable
from workbench.rooms.problem import PRIORITIES, Centre, Choices, Timetable, choices
from workbench.rooms.search import Search
from workbench.rooms.stages import CentrePlan
from workbench.rooms.works.problem import Lot, Work, WorkedChoices, Worth, worked, worked_choices
from workbench.solving import (
    SETTINGS,
    Interrupt,
    LinearProgram,
    Row,
    StagedSearch,
    Status,
    at_most,
    costs_at_most,
    solve_integers,
    stacked,
    with_rows,
)
from workbench.solving.staged import MOST_WEIGHT, rounded_up

# ----------------------------------------------------------------------------------------------------------------------
# What works could do if no activity stood in another's way: a small program, whose answer bounds every timetable.
#
# Each place lets an activity take place so many times, if it is alone and the works of one lot after the other are
# done; no timetable holds more of it than all its places together. Where rooms are not crowded, the bound is met.


@dataclass(frozen=True)
class _Alone:
    """The bound, and works that meet it if any do.

    Parameters
    ----------
    least
        Person-minutes that no works can serve, each priority by itself.
    floor
        No works within the limits are worth more.
    works
        Works that come to it at the least cost, were each activity alone, and one set of them among its equals; none
        where that is not known.
    """

    least: Worth
    floor: Worth
    works: tuple[Work, ...] = ()


@dataclass(frozen=True, eq=False)
class _Way:
    """A place that works open to an activity: how often it may take place there, and the lots it takes."""

    activity: int
    times: int
    lots: tuple[Lot, ...]


def _alone(options: WorkedChoices, money: int, most_days: int | None, effort: float) -> _Alone:
    """Bound what works can do."""
    centre = options.choices.centre
    most = possible_sessions(options.choices)
    least = least_unserved(centre, most)
    floor: Worth = (0, least[1], least[2], least[3])
    taken = np.zeros(options.choices.count, bool)
    for _, at in options.lots:
        taken[at] = True
    today = possible_sessions(_only(options.choices, ~taken))
    short = [a for a, (now, then) in enumerate(zip(today, most, strict=True)) if now < then]
    if not short:
        return _Alone(floor, floor)
    program = _Program(options, [way for a in short for way in _ways(options, a, taken)], short, today, most)
    answer = program.solved(money, most_days, effort)
    return _Alone(floor, floor) if answer is None else _Alone(floor, *answer)


def _choosing(works: Sequence[Work]) -> list[int]:
    """Return what to minimise so as to choose one set of works among its equals: days first, then fixed weights.

    Every weight is positive, so that nothing is done in vain, and a work's own, whatever else could be done.
    """
    weights = [1 + crc32(f"{work.rooms} {work.key}".encode()) % MOST_WEIGHT for work in works]
    unit = len(works) * MOST_WEIGHT + 1
    return [unit * work.days + weight for work, weight in zip(works, weights, strict=True)]


def _only(choices: Choices, kept: Flags) -> Choices:
    return Choices(choices.centre, choices.activity[kept], choices.start[kept], choices.place[kept])


def _ways(options: WorkedChoices, activity: int, taken: Flags) -> Iterator[_Way]:
    """Go through the places that works open to an activity."""
    every = options.choices
    own = (every.activity == activity) & taken
    for place in np.unique(every.place[own]).tolist():
        here = own & (every.place == place)
        first = int(np.flatnonzero(here)[0])
        lots = tuple(lot for lot, at in options.lots if bool((at == first).any()))
        yield _Way(activity, possible_sessions(_only(every, here))[activity], lots)


class _Program:
    """Flags for works and ways, then how often each activity takes place that works would let take place more often."""

    def __init__(
        self, options: WorkedChoices, ways: list[_Way], short: list[int], today: list[int], most: list[int]
    ) -> None:
        self._works, self._activities, self._short = options.works, options.choices.centre.activities, short
        self._first = len(options.works) + len(ways)
        self._most, self._asked = most, [a.sessions for a in self._activities]
        rows: list[Row] = []
        for number, way in enumerate(ways, len(options.works)):
            rows += [at_most([number, *lot], [1.0, *[-1.0] * len(lot)], 0.0) for lot in way.lots]
        for number, a in enumerate(short, self._first):
            own = [(n, way.times) for n, way in enumerate(ways, len(options.works)) if way.activity == a]
            rows.append(at_most([number, *(n for n, _ in own)], [1.0, *(-float(t) for _, t in own)], float(today[a])))
        joins = [(n, w.rooms) for n, w in enumerate(options.works) if w.gives == "join"]
        for room in sorted({r for _, rooms in joins for r in rooms}):
            at = [n for n, rooms in joins if room in rooms]
            rows.append(at_most(at, 1.0, 1.0))
        self._rows = rows

    @property
    def _count(self) -> int:
        return self._first + len(self._short)

    def solved(self, money: int, most_days: int | None, effort: float) -> tuple[Worth, tuple[Work, ...]] | None:
        """Return the bound and the works, stage by stage; None where a stage is not proven."""
        price = np.zeros(self._count)
        price[: len(self._works)] = [work.cost for work in self._works]
        days = np.zeros(self._count)
        days[: len(self._works)] = [work.days for work in self._works]
        rows = [*self._rows, costs_at_most(price, money)]
        if most_days is not None:
            rows.append(costs_at_most(days, most_days))
        upper = np.ones(self._count)
        upper[self._first :] = [self._most[a] for a in self._short]
        matrix, most = stacked(rows, self._count)
        none, every = np.zeros(self._count), np.ones(self._count, np.bool_)
        sides = np.full(len(most), -np.inf), most
        search = StagedSearch(LinearProgram(none, matrix, *sides, none, upper, every), effort=effort)
        worth, values = [0], none
        one = np.zeros(self._count)
        one[: len(self._works)] = _choosing(self._works)
        for stage, cost in [*((p, self._served(p)) for p in PRIORITIES), (0, price), (0, one)]:
            if not search.choose(cost):
                return None
            values = search.found
            if stage:
                worth.append(self._unserved(stage, values))
            search.add(*stacked([costs_at_most(cost, round(float(cost @ values)))], self._count))
        done = tuple(work for n, work in enumerate(self._works) if values[n] > 0.5)
        return (0, worth[1], worth[2], worth[3]), done

    def _served(self, priority: int) -> Floats:
        """Return the cost that counts what a priority is served, negative."""
        cost = np.zeros(self._count)
        for number, a in enumerate(self._short, self._first):
            cost[number] = -self._activities[a].weight * (self._activities[a].priority == priority)
        return cost

    def _unserved(self, priority: int, values: Floats) -> int:
        """Return the person-minutes of a priority that are not served."""
        held = list(self._most)
        for number, a in enumerate(self._short, self._first):
            held[a] = round(values[number])
        rows = zip(self._activities, self._asked, held, strict=True)
        return sum((asked - times) * a.weight for a, asked, times in rows if a.priority == priority)


# ----------------------------------------------------------------------------------------------------------------------
# The timetable and the works of one centre as one program: a flag for each work, and rows that sessions wait in.
#
# A session takes one work of each of its lots. Sessions of one lot are all in one room, so that those that overlap
# share a row; and an activity takes place no more often than asked, so that its sessions of one lot share a row too.
# Both are needed: the first bounds the use of a room, the second keeps a fraction of a work from serving whole
# activities.


def _of_works(columns: Columns, values: list[int]) -> Floats:
    """Return a cost of works as one of all variables."""
    return np.concatenate((np.zeros(columns.flag(0)), np.array(values, np.float64)))


def _work_program(options: WorkedChoices, columns: Columns, most_days: int | None) -> LinearProgram:
    """Put the rules of the timetable and of the works together; budget and objective are left open."""
    rows = [*_wait(options, columns), *_one_pair(options, columns)]
    if most_days is not None and options.works:
        rows.append(costs_at_most(_of_works(columns, [work.days for work in options.works]), most_days))
    return with_rows(program(columns), *stacked(rows, columns.count))


def _wait(options: WorkedChoices, columns: Columns) -> list[Row]:
    """Let a session take place only when a work of each of its lots is done."""
    choices, found = options.choices, []
    shares = np.array([bool(word) for word in columns.word], bool)
    for lot, at in options.lots:
        found += [_waiting(columns, here, lot, 1) for here in _cliques(columns, at[~shares[at]])]
        for a in np.unique(choices.activity[at]):
            own = at[choices.activity[at] == a]
            found.append(_waiting(columns, own, lot, columns.centre.activities[a].sessions))
            found += [_waiting(columns, here, lot, 1) for here in _cliques(columns, own[shares[own]])]
    return found


def _cliques(columns: Columns, at: Ints) -> list[Ints]:
    """Return the maximal sets of choices that overlap."""
    begins, ends = columns.choices.begins[at], columns.choices.ends[at]
    return [at[(begins <= cell) & (cell < ends)] for cell in peaks(begins, ends)]


def _waiting(columns: Columns, at: Ints, lot: Lot, times: int) -> Row:
    """Let sessions take place so many times together if a work of the lot is done, else not at all."""
    works = [columns.flag(n) for n in sorted(lot)]
    amounts = np.append(np.ones(len(at)), np.full(len(works), -float(times)))
    return at_most(np.append(at, works), amounts, 0.0)


def _one_pair(options: WorkedChoices, columns: Columns) -> list[Row]:
    """Join no room with two others."""
    joins = [(n, w.rooms) for n, w in enumerate(options.works) if w.gives == "join"]
    found: list[Row] = []
    for room in sorted({r for _, rooms in joins for r in rooms}):
        at = [columns.flag(n) for n, rooms in joins if room in rooms]
        if len(at) > 1:
            found.append(at_most(at, 1.0, 1.0))
    return found


# ----------------------------------------------------------------------------------------------------------------------
# The program of one centre with its works, asked with some amount of money for the best need at the least cost.


_EFFORTS = 2.0
"""How many times the effort of one search of a timetable a question has: it answers all stages of need at once."""
_SHARE = 0.5
"""Of that effort, what all stages at once may take: what is not proven soon is sooner proven stage by stage."""
_FOLDED = 0.25
"""Of that effort, what the folded week may take."""
_MOST_AT_ONCE = 2.0**50
"""Largest objective of several stages at once: beyond it, stages are told apart by solving them one by one."""


@dataclass(frozen=True)
class Point:
    """Works of one centre that are worth their money.

    Parameters
    ----------
    cost
        Yuan.
    worth
        What is not served then.
    works
        The works.
    canonical
        Whether they are the ones chosen among their equals.
    """

    cost: int
    worth: Worth
    works: tuple[Work, ...] = ()
    canonical: bool = False


@dataclass(frozen=True)
class _Found:
    """What was found for some money.

    Parameters
    ----------
    point
        The best works; None where there is no timetable, or none was found in time.
    floor
        No works for so much money are worth more.
    """

    point: Point | None
    floor: Worth

    @property
    def settled(self) -> bool:
        """Whether nothing could be worth more."""
        return self.point is not None and self.point.worth <= self.floor


def worth_of(centre: Centre, held: Timetable | None) -> Worth:
    """Return what a timetable does not serve; everything where there is none."""
    missing = [a.sessions for a in centre.activities] if held is None else unserved(centre, held)
    need = [
        sum(n * a.weight for n, a in zip(missing, centre.activities, strict=True) if a.priority == priority)
        for priority in PRIORITIES
    ]
    return int(held is None), need[0], need[1], need[2]


class _Week(Search):
    """The week of a centre with its works; CP-SAT alone goes through its folded days, for HiGHS would take longer."""

    unsettled = False
    """Whether the folded days were not settled: then the week, which is larger, is sooner gone through in stages."""

    def settle(self, program: LinearProgram, start: Floats | None) -> tuple[Floats | None, float]:
        """Minimise the program of the folded days; return the best that is known and a bound."""
        answer = self.solve(program, _FOLDED, start)
        self.unsettled = answer.status is not Status.OPTIMAL
        return answer.values, -math.inf if answer.values is None else answer.bound


class WorkSearch:
    """The program of one centre for at most some money.

    Parameters
    ----------
    centre
        The centre as it is.
    works
        Works that are possible there.
    money
        Most money, yuan.
    most_days
        Most days of work; None for as many as it takes.
    effort
        Most work on one stage, in CP-SAT's deterministic seconds.
    interrupt
        Whether Ctrl-C was pressed.
    """

    def __init__(
        self,
        centre: Centre,
        works: Sequence[Work],
        money: int,
        most_days: int | None,
        effort: float,
        interrupt: Interrupt,
    ) -> None:
        self._centre, self._money, self._days = centre, money, most_days
        self._effort, self._interrupt = effort, interrupt
        self.hard = False
        """Whether a question could not be settled, neither with all stages at once nor stage by stage."""
        self.options = worked_choices(centre, works, money, most_days)
        self._asked = worth_of(centre, None)
        self._alone = _alone(self.options, money, most_days, _EFFORTS * effort)
        self.floor: Worth = self._alone.floor

    @cached_property
    def columns(self) -> Columns:
        """The variables of the timetable, then a flag for each work; made when asked for, as many need no search."""
        return replace(columns(self.options.choices), flags=len(self.options.works))

    @cached_property
    def _served(self) -> dict[int, Floats]:
        """Costs that count what each priority is served, negative."""
        activities, activity = self._centre.activities, self.options.choices.activity
        weight = np.array([a.weight for a in activities], np.float64)[activity]
        priority = np.array([a.priority for a in activities], np.int64)[activity]
        others = np.zeros(self.columns.count - len(activity))
        return {p: np.concatenate((-weight * (priority == p), others)) for p in PRIORITIES}

    @cached_property
    def _price(self) -> Floats:
        return _of_works(self.columns, [work.cost for work in self.options.works])

    def uncrowded(self) -> _Found | None:
        """Return the works that would do best if each activity were alone, with what they serve in truth.

        Much faster than a search. Where the floor is met, nothing is worth more, nor as much for less. None where there
        are no such works, or no timetable is found in time.
        """
        works = self._alone.works
        if not works:
            return None
        variables = columns(choices(worked(self._centre, works)))
        weight = np.array([a.weight for a in variables.centre.activities], np.float64)[variables.choices.activity]
        served = np.concatenate((-weight, np.zeros(variables.count - variables.choices.count)))
        settings = {**SETTINGS, "max_deterministic_time": _EFFORTS * self._effort}
        answer = solve_integers(replace(program(variables), cost=served), **settings)
        if answer.values is None:
            return None
        worth = worth_of(variables.centre, timetable(variables, answer.values))
        return _Found(Point(sum(work.cost for work in works), worth, works, worth == self.floor), self.floor)

    def best(self, today: Worth) -> _Found:
        """Return the best need that can be had for the money, at the least cost."""
        self._begin()
        for priority in PRIORITIES:  # where today is as good as can be, there is nothing to weigh
            if today[: priority + 1] == self.floor[: priority + 1]:
                self._bind(self._served[priority], today[priority] - self._asked[priority])
        weighed = self._lexicographic()
        status = self._search.begin() if weighed is None else self._at_once(weighed)
        if weighed is not None and status is Status.OPTIMAL:
            return _Found(self._point(), self._worth())
        if self._search.values is None:
            nothing = worth_of(self.columns.centre, None)
            return _Found(None, nothing if status is Status.INFEASIBLE else self.floor)
        return self._stage_by_stage()

    def settle(self, point: Point) -> tuple[Work, ...]:
        """Return the one set of works among those of one cost and worth: the fewest days, then fixed weights."""
        if point.canonical:
            return point.works
        self._begin()
        for priority in PRIORITIES:
            self._bind(self._served[priority], point.worth[priority] - self._asked[priority])
        self._search.ask(_of_works(self.columns, _choosing(self.options.works)))
        return point.works if self._search.values is None else self._done(self._search.values)

    def _begin(self) -> None:
        week = self.columns, _work_program(self.options, self.columns, self._days)
        self._search = _Week(self.columns.centre, _EFFORTS * self._effort, self._interrupt, week)
        self._bind(self._price, self._money)

    def _point(self) -> Point:
        works = self._done(self._search.found)
        return Point(sum(work.cost for work in works), self._worth(), works)

    def _done(self, values: Floats) -> tuple[Work, ...]:
        """Return the works that values of the variables stand for."""
        return tuple(work for n, work in enumerate(self.options.works) if values[self.columns.flag(n)] > 0.5)

    def _worth(self) -> Worth:
        return worth_of(self.columns.centre, timetable(self.columns, self._search.found))

    def _lexicographic(self) -> Floats | None:
        """Return all stages as one objective, each weighed so that the later ones cannot outweigh a step of it.

        None where the numbers would be too large to be told apart.
        """
        activities, works = self.columns.centre.activities, self.options.works
        unit = math.gcd(*(work.cost for work in works)) or 1
        total, step = self._price / unit, float(self._money // unit + 1)
        for priority in reversed(PRIORITIES):
            size = math.gcd(*(a.weight for a in activities if a.priority == priority)) or 1
            total = total + step * (self._served[priority] / size)
            step *= (self._asked[priority] - self._alone.least[priority]) // size + 1
        return total if step < _MOST_AT_ONCE else None

    def _stage_by_stage(self) -> _Found:
        """Go through the stages one by one, from what is found already; a stage that is not proven has its bound."""
        bound: list[int] = [0]
        for priority in PRIORITIES:
            at_floor = tuple(bound) == self.floor[:priority]
            proven = least = (self.floor if at_floor else self._alone.least)[priority]
            if self._worth()[priority] > least:
                reached = self._search.ask(self._served[priority]).bound + self._asked[priority]
                proven = max(least, math.ceil(reached)) if math.isfinite(reached) else least
            value = self._worth()[priority]
            before = tuple(bound) == self._worth()[:priority]
            bound.append(min(value, proven) if before else least)
            self._bind(self._served[priority], value - self._asked[priority])
        if self._price @ self._search.found > 0:
            self._search.ask(self._price)
        found = _Found(self._point(), (0, bound[1], bound[2], bound[3]))
        self.hard = not found.settled
        return found

    def _at_once(self, cost: Floats) -> Status:
        """Ask for all stages at once: the folded week, whose plan is mostly one of the week, else the week itself."""
        search = self._search
        bound = rounded_up(search.foreseen(cost), cost)
        if search.values is not None and cost @ search.values <= bound:
            return Status.OPTIMAL
        if search.values is not None and search.unsettled:
            return Status.FEASIBLE
        return search.ask(cost, _SHARE).status

    def _bind(self, cost: Floats, most: int) -> None:
        """Let an objective be no worse from now on."""
        self._search.add(*stacked([costs_at_most(cost, most)], self.columns.count))


# ----------------------------------------------------------------------------------------------------------------------
# What each amount of money can do for one centre: all combinations of works of which none is better for less.
#
# The trace goes down from the most money: the best need within it, by priority, then the least cost of that need;
# then the same for one yuan less than that cost, until today's need is reached. What is left untried, or unproven, is
# told by bounds: no works that cost as much as a step, and less than the one before it, come to better than its
# bound.


_MOST_HARD = 2
"""Searches of one centre that may go on once they are found to be hard; then works are only tried and bounded."""


@dataclass(frozen=True)
class Frontier:
    """What each amount of money can do for one centre.

    Parameters
    ----------
    points
        By cost, ascending; each dearer one is worth more. The first is the centre as it is.
    bounds
        Cost and worth, ascending: works that cost at least as much are never better, as far as they cost less than the
        next.
    works
        Works that some session could take, whatever they cost.
    """

    points: tuple[Point, ...]
    bounds: tuple[tuple[int, Worth], ...]
    works: tuple[Work, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether no other works could be better for the same money."""
        return all(any(p.cost <= cost and p.worth <= worth for p in self.points) for cost, worth in self.bounds)


@dataclass(frozen=True)
class TraceLimits:
    """How far a trace goes.

    Parameters
    ----------
    money
        Most money, yuan.
    most_days
        Most days of work in the centre; None for as many as it takes.
    points
        Most amounts of money that are tried.
    effort
        Most work on one stage of one of them, in CP-SAT's deterministic seconds.
    """

    money: int
    most_days: int | None = None
    points: int = 40
    effort: float = 20.0


def trace(plan: CentrePlan, works: Sequence[Work], limits: TraceLimits, interrupt: Interrupt | None = None) -> Frontier:
    """Trace what each amount of money can do for one centre."""
    stop = interrupt or Interrupt()
    today = Point(0, worth_of(plan.centre, plan.timetable))
    found: list[Point] = []
    search = WorkSearch(plan.centre, works, limits.money, limits.most_days, limits.effort, stop)
    bounds = [(0, _floor_of(plan, search.floor))]
    cheapest = min((work.cost for work in search.options.works), default=limits.money + 1)
    money, hard = limits.money, 0
    for _ in range(limits.points):
        if today.worth <= search.floor or money < cheapest:
            break
        answer = _Found(None, search.floor) if stop.asked else _answered(search, today, hard < _MOST_HARD)
        hard += search.hard
        if answer.point is None or (answer.settled and answer.point.worth >= today.worth):
            bounds.append((cheapest, answer.floor))
            break
        bounds.append((answer.point.cost, answer.floor))
        found.append(answer.point)
        money = answer.point.cost - 1
        search = WorkSearch(plan.centre, works, money, limits.most_days, limits.effort, stop)
    else:
        bounds.append((cheapest, search.floor))
    better = [p for p in found if p.works and all(q.worth > p.worth for q in (today, *found) if _before(q, p))]
    return Frontier((today, *reversed(better)), tuple(sorted(bounds)), worked_choices(plan.centre, works).works)


def _before(one: Point, other: Point) -> bool:
    """Tell whether a point stands before another one on a frontier: it costs less, or is what nothing is done for."""
    return one.cost < other.cost or (not one.works and bool(other.works))


def _answered(search: WorkSearch, today: Point, thorough: bool) -> _Found:
    """Ask for the best works: those that would do if each activity were alone, else by a search."""
    quick = search.uncrowded()
    if quick is not None and quick.settled:
        return quick
    if not thorough:
        return _Found(None, search.floor) if quick is None else quick
    found = search.best(today.worth)
    if quick is None or quick.point is None or (found.point is not None and found.point.worth <= quick.point.worth):
        return found
    return _Found(quick.point, found.floor)


def _floor_of(plan: CentrePlan, floor: Worth) -> Worth:
    """Return what a plan without works is worth at best, by its stages."""
    if plan.status is Status.INFEASIBLE:
        return worth_of(plan.centre, None)
    bound = [0]
    for stage in plan.stages[: len(PRIORITIES)]:
        bound.append(stage.bound)
        if stage.status is not Status.OPTIMAL:
            break
    whole = (*bound, *floor[len(bound) :])
    return 0, whole[1], whole[2], whole[3]


# ----------------------------------------------------------------------------------------------------------------------
# How money is shared out among centres: one step of each, the best need in all, by priority, for every amount.
#
# A multiple-choice knapsack, solved exactly by the merging of chains. Worth is added up and compared by priority, and
# that order survives adding; so a sum that costs as much as another, and is worth less, stays so whatever is added.


@dataclass(frozen=True)
class Step:
    """An amount of money, and the best that it can do.

    Parameters
    ----------
    cost
        Yuan.
    worth
        What is not served then, all centres together.
    chosen
        The option of each centre, by position.
    """

    cost: int
    worth: Worth
    chosen: tuple[int, ...]


_Trail = tuple["_Trail", int] | None


def steps(options: Sequence[Sequence[tuple[int, Worth]]], most: int) -> tuple[Step, ...]:
    """Return every amount of money that does more than any smaller one."""
    chain: list[tuple[int, Worth, _Trail]] = [(0, (0, 0, 0, 0), None)]
    for own in options:
        sums = [
            (cost + more, _plus(worth, then), (trail, number))
            for cost, worth, trail in chain
            for number, (more, then) in enumerate(own)
            if cost + more <= most
        ]
        sums.sort(key=lambda item: item[:2])
        chain = []
        for cost, worth, trail in sums:
            if not chain or worth < chain[-1][1]:
                chain.append((cost, worth, trail))
    return tuple(Step(cost, worth, _walked(trail)) for cost, worth, trail in chain)


def added(worths: Iterable[Worth]) -> Worth:
    """Add worths up."""
    total: Worth = (0, 0, 0, 0)
    for worth in worths:
        total = _plus(total, worth)
    return total


def _plus(one: Worth, other: Worth) -> Worth:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _walked(trail: _Trail) -> tuple[int, ...]:
    """Return the options along a trail, the first centre first."""
    found = []
    while trail is not None:
        trail, number = trail
        found.append(number)
    return tuple(reversed(found))


def best_within(chain: Sequence[Step], money: int) -> Step:
    """Return the best step of a chain that some money pays for."""
    return [step for step in chain if step.cost <= money][-1]
