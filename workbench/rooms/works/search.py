"""The program of one centre with its works, asked with some amount of money for the best need at the least cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from workbench.rooms.check import unserved
from workbench.rooms.choices import choices
from workbench.rooms.model import columns, costs_at_most, program, stacked, timetable
from workbench.rooms.problem import PRIORITIES, Centre, Timetable
from workbench.rooms.search import SETTINGS
from workbench.rooms.works.alone import alone, choosing
from workbench.rooms.works.choices import worked_choices
from workbench.rooms.works.model import WorkColumns, work_program
from workbench.rooms.works.problem import Work, Worth, worked
from workbench.solving import Answer, IntegerModel, Interrupt, Status, solve_integers

Floats = npt.NDArray[np.float64]
_EFFORTS = 2.0
"""How many times the effort of one search of a timetable a question has: it answers all stages of need at once."""
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
class Found:
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
        """Whether a question could not be settled with all stages at once."""
        self.could = worked_choices(centre, works, money, most_days)
        self._asked = worth_of(centre, None)
        self._alone = alone(self.could, money, most_days, _EFFORTS * effort)
        self.floor: Worth = self._alone.floor

    @cached_property
    def made(self) -> WorkColumns:
        """The variables; made when they are first asked for, since many centres need no search."""
        return WorkColumns(self.could)

    @cached_property
    def _served(self) -> dict[int, Floats]:
        """Costs that count what each priority is served, negative."""
        activities, activity = self._centre.activities, self.could.choices.activity
        weight = np.array([a.weight for a in activities], np.float64)[activity]
        priority = np.array([a.priority for a in activities], np.int64)[activity]
        return {p: self.made.over(-weight * (priority == p)) for p in PRIORITIES}

    @cached_property
    def _price(self) -> Floats:
        return self.made.of_works([work.cost for work in self.made.works])

    def uncrowded(self) -> Found | None:
        """Return the works that would do best if each activity were alone, with what they serve in truth.

        Much faster than a search. Where the floor is met, nothing is worth more, nor as much for less. None where there
        are no such works, or no timetable is found in time.
        """
        works = self._alone.works
        if not works:
            return None
        made = columns(choices(worked(self._centre, works)))
        weight = np.array([a.weight for a in made.centre.activities], np.float64)[made.choices.activity]
        served = np.concatenate((-weight, np.zeros(made.count - made.choices.count)))
        settings = {**SETTINGS, "max_deterministic_time": _EFFORTS * self._effort}
        answer = solve_integers(replace(program(made), cost=served), **settings)
        if answer.values is None:
            return None
        worth = worth_of(made.centre, timetable(made, answer.values))
        return Found(Point(sum(work.cost for work in works), worth, works, worth == self.floor), self.floor)

    def best(self, today: Worth) -> Found:
        """Return the best need that can be had for the money, at the least cost.

        Parameters
        ----------
        today
            What is served without works, so that no less need be looked for.
        """
        self._begin()
        for priority in PRIORITIES:  # where today is as good as can be, there is nothing to weigh
            if today[: priority + 1] == self.floor[: priority + 1]:
                self._bind(self._served[priority], today[priority] - self._asked[priority])
        first = self._ask((self._money + 1) * sum(self._served.values()) + self._price)
        if first.status is Status.OPTIMAL and self._worth() == self.floor:
            return Found(self._point(), self.floor)
        weighed = None if first.status is Status.INFEASIBLE else self._lexicographic()
        if weighed is not None and self._ask(weighed).status is Status.OPTIMAL:
            return Found(self._point(), self._worth())
        if self._values is None:
            nothing = worth_of(self.made.timetable.centre, None)
            return Found(None, nothing if first.status is Status.INFEASIBLE else self.floor)
        return self._stage_by_stage()

    def settle(self, point: Point) -> tuple[Work, ...]:
        """Return the one set of works among those of one cost and worth: the fewest days, then fixed weights."""
        if point.canonical:
            return point.works
        self._begin()
        for priority in PRIORITIES:
            self._bind(self._served[priority], point.worth[priority] - self._asked[priority])
        self._ask(self.made.of_works(choosing(self.made.works)))
        return point.works if self._values is None else self.made.done(self._values)

    def _begin(self) -> None:
        self._model = IntegerModel(work_program(self.made, self._days))
        self._values: Floats | None = None
        self._bind(self._price, self._money)

    def _point(self) -> Point:
        works = self.made.done(self._found)
        return Point(sum(work.cost for work in works), self._worth(), works)

    @property
    def _found(self) -> Floats:
        if self._values is None:
            raise AssertionError("asked before there was a timetable")
        return self._values

    def _worth(self) -> Worth:
        made = self.made.timetable
        return worth_of(made.centre, timetable(made, self._found))

    def _lexicographic(self) -> Floats | None:
        """Return all stages as one objective, each weighed so that the later ones cannot outweigh a step of it.

        None where the numbers would be too large to be told apart.
        """
        activities, works = self.made.timetable.centre.activities, self.made.works
        unit = math.gcd(*(work.cost for work in works)) or 1
        total, step = self._price / unit, float(self._money // unit + 1)
        for priority in reversed(PRIORITIES):
            size = math.gcd(*(a.weight for a in activities if a.priority == priority)) or 1
            total = total + step * (self._served[priority] / size)
            step *= (self._asked[priority] - self._alone.least[priority]) // size + 1
        return total if step < _MOST_AT_ONCE else None

    def _stage_by_stage(self) -> Found:
        """Go through the stages one by one, from what is found already; a stage that is not proven has its bound."""
        self.hard = True
        bound: list[int] = [0]
        for priority in PRIORITIES:
            at_floor = tuple(bound) == self.floor[:priority]
            proven = least = (self.floor if at_floor else self._alone.least)[priority]
            if self._worth()[priority] > least:
                reached = self._ask(self._served[priority]).bound + self._asked[priority]
                proven = max(least, math.ceil(reached)) if math.isfinite(reached) else least
            value = self._worth()[priority]
            before = tuple(bound) == self._worth()[:priority]
            bound.append(min(value, proven) if before else least)
            self._bind(self._served[priority], value - self._asked[priority])
        if self._price @ self._found > 0:
            self._ask(self._price)
        return Found(self._point(), (0, bound[1], bound[2], bound[3]))

    def _ask(self, cost: Floats) -> Answer:
        if self._interrupt.asked:
            return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0, interrupted=True)
        settings = {**SETTINGS, "max_deterministic_time": _EFFORTS * self._effort}
        answer = self._model.minimise(cost, start=self._values, **settings)
        if answer.values is not None:
            self._values = answer.values
        return answer

    def _bind(self, cost: Floats, most: int) -> None:
        """Let an objective be no worse from now on."""
        self._model.add(*stacked([costs_at_most(cost, most)], self.made.count))
