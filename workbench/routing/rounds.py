"""A round: stops that want to be visited regularly by crews, free of district and solver; and which plans are good.

Time is whole seconds (a benchmark may count anything else that is whole). A stop is visited by one crew, on all days of
one of its options; a crew goes out on a crew day at most once, from its depot and back.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from workbench.arrays import Ints
from workbench.errors import CheckError, Problem


class RoundRule(StrEnum):
    """The rules that no plan breaks; each is named in faults by this word."""

    OPTION = "option"
    CREW_DAY = "crew_day"
    ROUTES = "routes"
    CAPACITY = "capacity"
    HOURS = "hours"
    BALANCE = "balance"


class Option(NamedTuple):
    """A way to visit a stop: by which crew, on which days of the horizon, ascending."""

    crew: int
    days: tuple[int, ...]


class CrewDay(NamedTuple):
    """What a crew can do on a day.

    Attributes
    ----------
    crew, day
        Who and when.
    depot
        Where its routes begin and end: place in the travel matrix.
    routes
        Most routes of that day.
    capacity, longest
        Most load of a route, and its most seconds of travel and service.
    """

    crew: int
    day: int
    depot: int
    routes: int
    capacity: int
    longest: int


class Route(NamedTuple):
    """What is driven or walked on a crew day, by places of crew day and stops."""

    crew_day: int
    stops: tuple[int, ...]


@dataclass(frozen=True)
class RoundPlan:
    """A plan: the option of each stop (None = it is not visited), and the routes, in order."""

    choice: tuple[Option | None, ...]
    routes: tuple[Route, ...]


@dataclass(frozen=True, eq=False)
class Round:
    """Stops, crew days, and what counts.

    Parameters
    ----------
    horizon
        Days that are planned, and then repeated.
    travel
        Seconds from place to place, shape (m, m): the stops first, then the depots. Whole.
    service, load
        Seconds and load of one visit of each stop, shape (n,).
    options
        Options of each stop; all of one stop have as many days.
    crew_days
        What crews can do.
    most
        Most seconds of service of each crew over the horizon.
    day_cost
        Seconds of travel that a route is worth by itself: as much longer may ways be to spare a crew a day.
    missed
        Seconds that a stop that is not visited counts; more than any plan saves by it.
    """

    horizon: int
    travel: Ints
    service: Ints
    load: Ints
    options: tuple[tuple[Option, ...], ...]
    crew_days: tuple[CrewDay, ...]
    most: tuple[int, ...]
    day_cost: int
    missed: Ints

    @property
    def stops(self) -> int:
        """How many stops there are."""
        return len(self.service)

    @cached_property
    def crew_day_of(self) -> dict[tuple[int, int], int]:
        """Place of each crew day by crew and day."""
        return {(one.crew, one.day): place for place, one in enumerate(self.crew_days)}

    @cached_property
    def visits(self) -> Ints:
        """Visits that each stop asks for, shape (n,)."""
        return np.array([len(own[0].days) if own else 0 for own in self.options], np.int64)

    @cached_property
    def work(self) -> Ints:
        """Seconds of service of all visits of each stop, shape (n,)."""
        return self.service * self.visits

    def crew_days_on(self, option: Option) -> tuple[int, ...]:
        """Return the places of the crew days of an option."""
        return tuple(self.crew_day_of[option.crew, day] for day in option.days)

    def length(self, route: Route) -> int:
        """Return the seconds of travel of a route, from its depot and back."""
        depot = self.crew_days[route.crew_day].depot
        way = (depot, *route.stops, depot)
        return int(sum(self.travel[a, b] for a, b in itertools.pairwise(way)))

    def arrivals(self, route: Route) -> tuple[int, ...]:
        """Return when each stop of a route is reached, in seconds since the crew sets out."""
        at, last, found = 0, self.crew_days[route.crew_day].depot, []
        for stop in route.stops:
            at += int(self.travel[last, stop])
            found.append(at)
            at, last = at + int(self.service[stop]), stop
        return tuple(found)

    def road(self, plan: RoundPlan) -> int:
        """Return the seconds of travel of a plan."""
        return sum(self.length(route) for route in plan.routes)

    def worth(self, plan: RoundPlan) -> int:
        """Return what a plan costs: travel, crew days, and stops that it does not visit."""
        missed = sum(int(self.missed[i]) for i, option in enumerate(plan.choice) if option is None)
        return self.road(plan) + self.day_cost * len(plan.routes) + missed


def regular_days(horizon: int, allowed: Sequence[int], visits: int, slack: float = 0.0) -> tuple[tuple[int, ...], ...]:
    """Return the sets of days on which visits come as regularly as the allowed days let them.

    Parameters
    ----------
    horizon
        Days, after which the plan begins again.
    allowed
        Days on which a visit may be, ascending.
    visits
        How many there are in the horizon.
    slack
        By how many days more than needed gaps may differ from even ones.

    Returns
    -------
    tuple of tuple of int
        Ascending; none where there are fewer allowed days than visits.
    """
    if not 0 < visits <= len(allowed):
        return ()
    even = horizon / visits
    if visits > _SEARCHED:
        return tuple(dict.fromkeys(_about(horizon, allowed, visits, start) for start in allowed if start < even))
    off = 0.0
    while not any(True for _ in _spread(horizon, allowed, visits, even, off)):
        off += 0.5
    return tuple(_spread(horizon, allowed, visits, even, off + slack))


_SEARCHED: Final = 8
"""Visits up to which all sets of days are searched; of more, those are taken that lie about even ones."""


def _about(horizon: int, allowed: Sequence[int], visits: int, start: int) -> tuple[int, ...]:
    """Return a day of its own for each of the even days from a start on, as near as may be."""
    left, found = list(allowed), []
    for k in range(visits):
        wish = (start + k * horizon / visits) % horizon
        day = min(left, key=lambda one: (abs(one - wish), one))
        left.remove(day)
        found.append(day)
    return tuple(sorted(found))


def _spread(horizon: int, allowed: Sequence[int], visits: int, even: float, off: float) -> Iterator[tuple[int, ...]]:
    """Go through the sets of days whose gaps, the one round the end too, differ from even ones by no more."""

    def grown(days: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(days) == visits:
            if abs(days[0] + horizon - days[-1] - even) <= off or visits == 1:
                yield days
            return
        for day in allowed:
            if not days or (day > days[-1] and abs(day - days[-1] - even) <= off):
                yield from grown((*days, day))

    yield from grown(())


def mean_wait(horizon: int, days: Sequence[int]) -> float:
    """Return the days that somebody waits for the next visit whose need comes up at any time alike: Σ gap² / 2H."""
    return sum(gap * gap for gap in gaps(horizon, days)) / (2 * horizon)


def gaps(horizon: int, days: Sequence[int]) -> tuple[int, ...]:
    """Return the days between visits, the gap round the end of the horizon last."""
    return tuple(b - a for a, b in itertools.pairwise([*days, days[0] + horizon]))


# ----------------------------------------------------------------------------------------------------------------------
# The truth about a plan, without a solver.


def faults(of: Round, plan: RoundPlan) -> list[Problem]:
    """Return every rule that a plan breaks, once for each breach; ``key`` is the rule."""
    found = []

    def broken(rule: RoundRule, what: str) -> None:
        found.append(Problem("round", "a plan breaks a rule", what, key=str(rule)))

    for stop, option in enumerate(plan.choice):
        if option is not None and option not in of.options[stop]:
            broken(RoundRule.OPTION, f"stop {stop}, crew {option.crew}, days {option.days}")
    wanted = Counter(
        (stop, option.crew, day) for stop, option in enumerate(plan.choice) if option is not None for day in option.days
    )
    done = Counter(
        (stop, of.crew_days[route.crew_day].crew, of.crew_days[route.crew_day].day)
        for route in plan.routes
        for stop in route.stops
    )
    for stop, crew, day in sorted((wanted - done) | (done - wanted)):
        broken(RoundRule.CREW_DAY, f"stop {stop}, crew {crew}, day {day}: visited {done[stop, crew, day]} times")
    for place, count in sorted(Counter(route.crew_day for route in plan.routes).items()):
        if count > of.crew_days[place].routes:
            broken(RoundRule.ROUTES, f"crew day {place}: {count} routes")
    for number, route in enumerate(plan.routes):
        limits, stops = of.crew_days[route.crew_day], list(route.stops)
        if int(of.load[stops].sum()) > limits.capacity:
            broken(RoundRule.CAPACITY, f"route {number}: {int(of.load[stops].sum())}")
        if (seconds := of.length(route) + int(of.service[stops].sum())) > limits.longest:
            broken(RoundRule.HOURS, f"route {number}: {seconds}")
    for crew, carried in enumerate(carried_by(of, plan)):
        if carried > of.most[crew]:
            broken(RoundRule.BALANCE, f"crew {crew}: {carried}")
    return found


def carried_by(of: Round, plan: RoundPlan) -> tuple[int, ...]:
    """Return the seconds of service of each crew over the horizon."""
    carried = [0] * len(of.most)
    for route in plan.routes:
        carried[of.crew_days[route.crew_day].crew] += int(of.service[list(route.stops)].sum())
    return tuple(carried)


def refuse_faults(of: Round, plan: RoundPlan) -> None:
    """Raise when a plan of ours breaks a rule."""
    found = faults(of, plan)
    if found:
        raise CheckError(found)
