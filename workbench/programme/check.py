"""Whether a season's programme keeps its rules, told without a solver and from the instance alone."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from workbench.hours import WEEKDAYS
from workbench.programme.problem import Candidate, ProgrammeProblem

Plan = Collection[Candidate]


def broken_rules(problem: ProgrammeProblem, plan: Plan) -> list[str]:
    """Name the rules that a plan breaks, in order; nothing when it keeps all.

    ``candidate`` (not one of the instance), ``sessions`` (more than asked for), ``organiser`` (at more places on a day
    than it has teams), ``place`` (two on one evening), ``near`` (two big ones near each other on one evening), ``gap``
    (a request again too soon), ``rain`` (the place is taken when a yard's event would be made up), ``orders`` (more
    training than was ordered).
    """
    known, found = set(problem.candidates), set[str]()
    evenings: dict[tuple[int, int], list[Candidate]] = defaultdict(list)
    own: dict[int, list[int]] = defaultdict(list)
    sent, trained = Counter[tuple[str, int]](), Counter[str]()
    for one in plan:
        kind = problem.type_of(one)
        if one not in known:
            found.add("candidate")
        evenings[one.station, one.day].append(one)
        own[one.request].append(one.day)
        sent[kind.organiser, one.day] += bool(kind.organiser)
        trained[kind.id] += 1
    if any(len(days) > problem.requests[request].sessions for request, days in own.items()):
        found.add("sessions")
    if any(count > problem.teams.get(name, 0) for (name, _), count in sent.items() if name):
        found.add("organiser")
    if any(len(events) > 1 for events in evenings.values()):
        found.add("place")
    big = {(station, day) for (station, day), events in evenings.items() if any(problem.type_of(e).big for e in events)}
    if any((other, day) in big for station, day in big for other in _neighbours(problem, station)):
        found.add("near")
    if any(b - a < problem.gap for days in own.values() for a, b in _pairs(sorted(days))):
        found.add("gap")
    yards = [one for one in plan if problem.type_of(one).yard]
    if any((one.station, one.day + problem.rain) in evenings for one in yards):
        found.add("rain")
    if any(trained[key] > most for key, most in problem.ordered.items()):
        found.add("orders")
    names = ("candidate", "sessions", "organiser", "place", "near", "gap", "rain", "orders")
    return [name for name in names if name in found]


def _neighbours(problem: ProgrammeProblem, station: int) -> Iterable[int]:
    return (b for a, b in problem.near if a == station)


def _pairs(days: list[int]) -> Iterable[tuple[int, int]]:
    return itertools.pairwise(days)


def worth(problem: ProgrammeProblem, plan: Plan) -> dict[str, int]:
    """Return what a plan comes to, stage by stage, the less the better.

    ``unmet_1`` … ``unmet_3``: sessions that are lacking of each priority; ``least``: most that one community lacks;
    ``unserved``: residents, counted once for each audience, for whom nothing is on within five minutes; ``crowd``: most
    events of one week.
    """
    given = Counter(one.request for one in plan)
    lack = [max(request.sessions - given[place], 0) for place, request in enumerate(problem.requests)]
    found = {
        f"unmet_{priority}": sum(n for n, r in zip(lack, problem.requests, strict=True) if r.priority == priority)
        for priority in (1, 2, 3)
    }
    by_community = Counter[str]()
    for count, request in zip(lack, problem.requests, strict=True):
        by_community[request.community] += count
    hosts: dict[str, set[int]] = defaultdict(set)
    for one in plan:
        hosts[problem.type_of(one).audience].add(one.station)
    unserved = 0
    for row, audience in enumerate(problem.audiences):
        served = set()
        for station in hosts[audience]:
            served |= set(problem.reach.indices[problem.reach.indptr[station] : problem.reach.indptr[station + 1]])
        unserved += int(problem.people[row].sum()) - sum(int(problem.people[row][k]) for k in served)
    weeks = Counter(one.day // len(WEEKDAYS) for one in plan)
    most = {"least": max(by_community.values(), default=0), "unserved": unserved}
    return {**found, **most, "crowd": max(weeks.values(), default=0)}
