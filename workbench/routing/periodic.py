"""How a round is planned: day patterns outside, PyVRP for each day inside, and the best mix of all routes met.

The search for patterns and crews (``kernel``) is begun several times. What it finds is routed anew day by day; all
routes go into a pool, and HiGHS chooses the options of all stops and the routes of all days together (set partition).
A bound that holds for every plan comes from the linear relaxation over all routes there could be (column generation
with routes that may pass a stop twice, Christofides, Mingozzi and Toth 1981; the bound of Lagrange at each step).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.progress import SILENT, Progress
from workbench.routing import kernel
from workbench.routing.rounds import CrewDay, Option, Round, RoundPlan, Route, refuse_faults
from workbench.solving import Interrupt, LinearProgram, Status, shortest_routes, solve_lp, solve_mip

_HOT, _COLD = 0.3, 0.003
"""Heat at the beginning and the end of a search, of the way out and back to a stop on average."""


class _Table:
    """A round as the arrays of the kernel."""

    def __init__(self, of: Round) -> None:
        self.of, self.options = of, [option for own in of.options for option in own]
        slots = [of.crew_days_on(option) for option in self.options]
        wanted = [sorted({g for option in own for g in of.crew_days_on(option)}) for own in of.options]
        self.facts = kernel.Facts(
            travel=of.travel,
            service=of.service,
            load=of.load,
            work=of.work,
            missed=of.missed,
            option_first=_firsts(len(own) for own in of.options),
            slot_first=_firsts(len(own) for own in slots),
            slot=np.array([g for own in slots for g in own], np.int64),
            owner=np.array([option.crew for option in self.options], np.int64),
            wanted_first=_firsts(len(own) for own in wanted),
            wanted=np.array([g for own in wanted for g in own], np.int64),
            depot=np.array([day.depot for day in of.crew_days], np.int64),
            capacity=np.array([day.capacity for day in of.crew_days], np.int64),
            longest=np.array([day.longest for day in of.crew_days], np.int64),
            route_first=_firsts(day.routes for day in of.crew_days),
            most=np.array(of.most, np.int64),
            day_cost=of.day_cost,
            near=np.argsort(of.travel[: of.stops, : of.stops], axis=1, kind="stable").astype(np.int64),
        )

    def search(self, rounds: int, seed: int) -> RoundPlan:
        """Search by so many rounds, from a plan without any visit."""
        of, f = self.of, self.facts
        out = of.travel[f.depot[0], : of.stops] + of.travel[: of.stops, f.depot[0]]
        scale = max(float(out.mean()), 1.0)
        best, rng = self._nothing(), np.random.Generator(np.random.PCG64(seed))
        kernel.search(f, self._nothing(), self._nothing(), best, rounds, _HOT * scale, _COLD * scale, rng)
        day_of = np.repeat(np.arange(len(of.crew_days)), np.diff(f.route_first))
        found = [Route(int(day_of[r]), tuple(best.seq[r, : best.size[r]].tolist())) for r in np.flatnonzero(best.size)]
        return RoundPlan(tuple(None if o < 0 else self.options[o] for o in best.choice), tuple(sorted(found)))

    def _nothing(self) -> kernel.State:
        stops, routes = self.of.stops, int(self.facts.route_first[-1])
        visits = int(np.diff(self.facts.slot_first).max(initial=1))
        return kernel.State(
            np.full(stops, -1, np.int64), np.full((stops, visits), -1, np.int64),
            np.zeros((routes, stops), np.int64), np.zeros(routes, np.int64), np.zeros(routes, np.int64),
            np.zeros(routes, np.int64), np.zeros(len(self.of.most), np.int64),
        )  # fmt: skip


def _firsts(counts: Iterable[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(list(counts), dtype=np.int64)]).astype(np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# All routes that were met, and the best choice among them.


_POOL_CALLBACKS: Final = 300
"""Times that HiGHS may look up from the choice among routes."""


class _Pool:
    """Routes by kind of crew day: days of one crew that are alike may take the same routes."""

    def __init__(self, of: Round) -> None:
        self.of = of
        self.kind = [day._replace(day=-1) for day in of.crew_days]
        self.routes: dict[CrewDay, dict[tuple[int, ...], None]] = defaultdict(dict)

    def take(self, routes: Iterable[Route]) -> None:
        """Take routes in."""
        for route in routes:
            self.routes[self.kind[route.crew_day]][route.stops] = None

    def mixed(self, plan: RoundPlan) -> RoundPlan:
        """Return the best plan whose routes are all in the pool, a plan being known."""
        of = self.of
        options = [(i, option) for i, own in enumerate(of.options) for option in own]
        able = [frozenset((o.crew, d) for o in own for d in o.days) for own in of.options]
        routes = [
            Route(g, stops)
            for g, day in enumerate(of.crew_days)
            for stops in self.routes[self.kind[g]]
            if all((day.crew, day.day) in able[i] for i in stops)
        ]
        row_of = {key: r for r, key in enumerate((i, g) for i in range(of.stops) for g in self._days_of(i))}
        n, m, first = len(options), len(routes), len(row_of)
        entries: list[tuple[int, int, float]] = []
        for column, (i, option) in enumerate(options):
            entries += [(row_of[i, g], column, -1.0) for g in of.crew_days_on(option)]
            entries.append((first + i, column, 1.0))
            entries.append((first + of.stops + len(of.crew_days) + option.crew, column, float(of.work[i])))
        for place, route in enumerate(routes):
            entries += [(row_of[i, route.crew_day], n + place, 1.0) for i in route.stops]
            entries.append((first + of.stops + route.crew_day, n + place, 1.0))
        entries += [(first + i, n + m + i, 1.0) for i in range(of.stops)]
        most = [*(day.routes for day in of.crew_days), *of.most]
        low = [np.zeros(first), np.ones(of.stops), np.full(len(most), -np.inf)]
        high = [np.zeros(first), np.ones(of.stops), np.array(most, np.float64)]
        cost = np.array([0.0] * n + [of.length(route) + of.day_cost for route in routes] + of.missed.tolist())
        width = len(cost)
        program = LinearProgram(
            cost, _matrix(entries, first + of.stops + len(most), width), np.concatenate(low), np.concatenate(high),
            np.zeros(width), np.ones(width), np.ones(width, np.bool_),
        )  # fmt: skip
        start = np.zeros(width)
        place_of = {route: n + place for place, route in enumerate(routes)}
        start[[place_of[route] for route in plan.routes]] = 1
        held = {(i, option) for i, option in enumerate(plan.choice)}
        start[:n] = [one in held for one in options]
        start[n + m :] = [option is None for option in plan.choice]
        found = solve_mip(program, start=start, callbacks=_POOL_CALLBACKS)
        if found.values is None or found.objective > of.worth(plan) - 0.5:
            return plan
        chosen = np.rint(found.values) > 0
        choice: list[Option | None] = [None] * of.stops
        for column in np.flatnonzero(chosen[:n]).tolist():
            choice[options[column][0]] = options[column][1]
        return RoundPlan(tuple(choice), tuple(sorted(routes[k] for k in np.flatnonzero(chosen[n : n + m]))))

    def _days_of(self, stop: int) -> list[int]:
        return sorted({g for option in self.of.options[stop] for g in self.of.crew_days_on(option)})


def _matrix(entries: Sequence[tuple[int, int, float]], rows: int, columns: int) -> sp.csr_array:
    at, of, value = (np.array(part) for part in zip(*entries, strict=True))
    return sp.csr_array(sp.coo_array((value, (at, of)), shape=(rows, columns)))


# ----------------------------------------------------------------------------------------------------------------------
# What no plan goes below: column generation over all routes, which day each is on set aside.


_BUCKETS: Final = 1600
"""Parts that the hours of a crew day are cut in; what a stop takes of them is rounded down."""
_UNBOUNDED: Final = 1 << 40
_SURE: Final = 1e-6


class _Bound:
    """The linear relaxation over all routes that there could be, priced in turn (Dantzig and Wolfe 1960)."""

    def __init__(self, pool: _Pool) -> None:
        self.of, of = pool.of, pool.of
        self.kinds = sorted(set(pool.kind))
        self.days = [
            sum(of.crew_days[g].routes for g, kind in enumerate(pool.kind) if kind == own) for own in self.kinds
        ]
        self.columns: list[tuple[int, tuple[int, ...]]] = [
            (k, stops) for k, kind in enumerate(self.kinds) for stops in sorted(pool.routes[kind])
        ]
        self.pairs = sorted({(i, option.crew) for i, own in enumerate(of.options) for option in own})
        self.row_of = {pair: r for r, pair in enumerate(self.pairs)}
        self.able = [np.array([i for i, crew in self.pairs if crew == kind.crew], np.int64) for kind in self.kinds]
        self.rooms = [self._room(kind) for kind in self.kinds]

    def _room(self, kind: CrewDay) -> tuple[int, Ints, Ints]:
        """Return the room of a route in whole units, and what stops take of it: load where it binds, else time."""
        of, n = self.of, self.of.stops
        if kind.capacity < _UNBOUNDED:
            room, use, out = kind.capacity, np.tile(of.load, (n, 1)), of.load
        else:
            use, out = of.travel[:n, :n] + of.service, of.travel[kind.depot, :n] + of.service
            longest = min(kind.longest, int(use.max(axis=0).sum() + out.max()))
            unit = max(1, longest // _BUCKETS)
            room, use, out = longest // unit, use // unit, out // unit
        if (out > 0).all() and (use + np.eye(n, dtype=np.int64) > 0).all():
            return room, use, out
        return room + n, use + 1, out + 1  # no route goes on for nothing; none has more stops than there are

    def best(self, steps: int, stop: Interrupt) -> float:
        """Return the best bound of so many steps."""
        bound = 0.0
        for _ in range(steps):
            if stop.asked:
                break
            program = self._master()
            answer = solve_lp(program, method="simplex")
            if answer.status is not Status.OPTIMAL or answer.duals is None:
                break
            duals = answer.duals
            own = len(self.pairs)
            found, saved = [], 0.0
            for k in range(len(self.kinds)):
                price = np.zeros(self.of.stops)
                price[self.able[k]] = [duals[self.row_of[i, self.kinds[k].crew]] for i in self.able[k]]
                least, routes = self._priced(k, price)
                less = least + self.of.day_cost - duals[own + self.of.stops + k]
                saved += self.days[k] * min(0.0, less)
                if less < -_SURE * max(1.0, abs(answer.objective)):
                    found += [(k, stops) for stops in routes]
            bound = max(bound, answer.objective + saved)
            known = set(self.columns)
            fresh = [column for column in dict.fromkeys(found) if column not in known]
            if not fresh:
                break
            self.columns += fresh
        return bound

    def _priced(self, k: int, price: Floats) -> tuple[float, list[tuple[int, ...]]]:
        """Return the least travel less prices of a route of one kind, and the best route to each last stop."""
        of, (room, use, out) = self.of, self.rooms[k]
        depot, shape = self.kinds[k].depot, (room + 1, self.of.stops, 2)
        value, came, left = np.empty(shape), np.empty(shape, np.int64), np.zeros(shape, np.int64)
        kernel.cheapest_routes(of.travel, depot, use, out, room, price, self.able[k], value, came, left)
        closed = value[:, :, 0] + of.travel[: of.stops, depot]
        ends = closed.argmin(axis=0)
        routes = []
        for last in np.argsort(closed.min(axis=0), kind="stable")[:_FRESH].tolist():
            if np.isfinite(closed[ends[last], last]):
                q, j, label, stops = int(ends[last]), last, 0, [last]
                while came[q, j, label] >= 0:
                    before = int(came[q, j, label])
                    q, label = int(left[q, j, label]), int(came[int(left[q, j, label]), before, 0] == j)
                    j = before
                    stops.append(j)
                routes.append(tuple(reversed(stops)))
        return float(closed.min(initial=np.inf)), routes

    def _master(self) -> LinearProgram:
        """Return the program over the columns that are known: routes, the crew of each stop, stops not visited."""
        of, own = self.of, len(self.pairs)
        m, z = len(self.columns), len(self.columns) + len(self.pairs)
        entries: list[tuple[int, int, float]] = []
        for column, (k, stops) in enumerate(self.columns):
            entries += [(self.row_of[i, self.kinds[k].crew], column, 1.0) for i in stops]
            entries.append((own + of.stops + k, column, 1.0))
        for place, (i, crew) in enumerate(self.pairs):
            entries.append((place, m + place, -float(of.visits[i])))
            entries.append((own + i, m + place, 1.0))
            entries.append((own + of.stops + len(self.kinds) + crew, m + place, float(of.work[i])))
        entries += [(own + i, z + i, 1.0) for i in range(of.stops)]
        lengths = [of.length(Route(self._any[k], stops)) + of.day_cost for k, stops in self.columns]
        cost = np.array(lengths + [0] * own + of.missed.tolist(), np.float64)
        low = np.concatenate([np.zeros(own), np.ones(of.stops), np.full(len(self.kinds) + len(of.most), -np.inf)])
        high = np.concatenate([np.full(own, np.inf), np.ones(of.stops), [*self.days, *of.most]])
        width = len(cost)
        rows = _matrix(entries, len(low), width)
        return LinearProgram(cost, rows, low, high, np.zeros(width), np.full(width, np.inf))

    @cached_property
    def _any(self) -> list[int]:
        """A crew day of each kind."""
        return [
            next(g for g, day in enumerate(self.of.crew_days) if day._replace(day=-1) == kind) for kind in self.kinds
        ]


_FRESH: Final = 12
"""Routes of each kind that come into the program in a step."""


# ----------------------------------------------------------------------------------------------------------------------
# The verb.


@dataclass(frozen=True)
class RoundAnswer:
    """A plan, and what no plan goes below.

    Parameters
    ----------
    plan
        The plan.
    worth, bound
        What it costs, recomputed; what every plan costs at least.
    """

    plan: RoundPlan
    worth: int
    bound: int

    @property
    def status(self) -> Status:
        """OPTIMAL where the bound meets the cost."""
        return Status.OPTIMAL if self.bound >= self.worth else Status.FEASIBLE

    @property
    def gap(self) -> float:
        """How far the bound is from the cost, as a share of the cost."""
        return 0.0 if self.bound >= self.worth else (self.worth - self.bound) / max(1, self.worth)


def plan_round(
    of: Round,
    *,
    rounds: int = 20_000,
    starts: int = 2,
    steps: int = 40,
    seed: int = 0,
    interrupt: Interrupt | None = None,
    progress: Progress = SILENT,
) -> RoundAnswer:
    """Plan a round.

    Parameters
    ----------
    of
        The round.
    rounds, starts
        Rounds of the search for day patterns, and how often it is begun.
    steps
        Most steps of the bound; 0 for none.
    seed
        Seed of all chance; the same one gives the same plan on every machine.
    interrupt
        Whether to stop: after the first start, with what is found and the bound that is known.
    progress
        Told of each start and of the bound.

    Returns
    -------
    RoundAnswer
        Its plan keeps all rules; stops that nothing is found for are left out, at the cost that they are missed by.

    Raises
    ------
    CheckError
        If the plan breaks a rule after all, which would be a fault of this package.
    """
    if not of.stops:
        return RoundAnswer(RoundPlan((), ()), 0, 0)
    table, pool, stop = _Table(of), _Pool(of), interrupt or Interrupt()
    best = RoundPlan((None,) * of.stops, ())
    for start in range(starts):
        plan = routed_anew(of, table.search(rounds, seed + start), seed)
        pool.take(plan.routes)
        best = min(best, plan, key=of.worth)
        progress.bound("round", of.worth(best), 0)
        if stop.asked:
            break
    best = best if stop.asked else pool.mixed(best)
    refuse_faults(of, best)
    worth = of.worth(best)
    bound = min(worth, int(np.ceil(_Bound(pool).best(steps, stop) - _SURE))) if steps else 0
    progress.bound("round", worth, bound)
    return RoundAnswer(best, worth, bound)


def routed_anew(of: Round, plan: RoundPlan, seed: int = 0, rounds: int = 200) -> RoundPlan:
    """Return a plan with the same visits on the same days, each day routed by PyVRP where that is shorter."""
    by_day: Mapping[int, list[Route]] = defaultdict(list)
    for route in plan.routes:
        by_day[route.crew_day].append(route)
    routes: list[Route] = []
    for g, own in sorted(by_day.items()):
        day, stops = of.crew_days[g], np.array(sorted(i for route in own for i in route.stops), np.int64)
        found = shortest_routes(
            of.travel, day.depot, stops, of.service[stops], of.load[stops], routes=day.routes, capacity=day.capacity,
            longest=day.longest, route_cost=of.day_cost, rounds=rounds, seed=seed,
        )  # fmt: skip
        anew = [] if found is None else [Route(g, own_stops) for own_stops in found]
        cost = of.day_cost * (len(anew) - len(own)) + sum(map(of.length, anew)) - sum(map(of.length, own))
        routes += anew if anew and cost < 0 else own
    return RoundPlan(plan.choice, tuple(sorted(routes)))
