"""The programme of a season, stage by stage: what is asked for, fair turns, and somebody for everybody within reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, Problem
from workbench.hours import WEEKDAYS
from workbench.programme.check import broken_rules, worth
from workbench.programme.problem import Candidate, ProgrammeProblem
from workbench.progress import SILENT, Progress
from workbench.solving import (
    LinearProgram,
    Row,
    Rows,
    Stage,
    StagedSearch,
    at_most,
    heeded_interrupt,
    isolating_weights,
)

STAGES = ("unmet_1", "unmet_2", "unmet_3", "least", "unserved", "crowd")
"""What is minimised, the first first: see :func:`workbench.programme.check.worth`."""
_SEED = 20261130
_AT_ONCE = 8
"""Requests whose evenings are chosen at once among equals."""


@dataclass(frozen=True, eq=False)
class Schedule:
    """A programme: what is on, in order of day and station, and the stages with their bounds.

    ``canonical`` tells whether it is proven to be the one that is chosen among its equals.
    """

    events: tuple[Candidate, ...]
    stages: tuple[Stage, ...]
    canonical: bool


@dataclass(frozen=True, eq=False)
class _Columns:
    """Candidates; what requests lack; the most a community lacks and a week holds; hosts; whom each audience misses."""

    problem: ProgrammeProblem

    @cached_property
    def first_lack(self) -> int:
        return len(self.problem.candidates)

    @cached_property
    def most(self) -> int:
        return self.first_lack + len(self.problem.requests)

    @property
    def crowd(self) -> int:
        return self.most + 1

    def hosts(self, audience: int, station: int) -> int:
        return self.crowd + 1 + audience * len(self.problem.stations) + station

    def misses(self, audience: int, group: int) -> int:
        first, groups = self.hosts(len(self.problem.audiences), 0), int(self.problem.people.shape[1])
        return first + audience * groups + group

    @property
    def count(self) -> int:
        return self.misses(len(self.problem.audiences), 0)

    def by(self, key: str) -> Mapping[int, Ints]:
        """Return the candidates by one of their fields."""
        found: dict[int, list[int]] = defaultdict(list)
        for place, one in enumerate(self.problem.candidates):
            found[getattr(one, key)].append(place)
        return {name: np.array(own, np.int64) for name, own in found.items()}


def _sessions(columns: _Columns) -> Iterator[Row]:
    """Give each request what it asks for, or count what it lacks."""
    own = columns.by("request")
    for place, request in enumerate(columns.problem.requests):
        at = np.append(own.get(place, np.empty(0, np.int64)), columns.first_lack + place)
        yield at_most(at, -1.0, -float(request.sessions))
        yield at_most(at[:-1], 1.0, float(request.sessions))


def _together(columns: _Columns) -> Iterator[Row]:
    """Keep organisers to their teams, places to one event an evening, big events apart, yards free for rain."""
    problem = columns.problem
    teams: dict[tuple[str, int], list[int]] = defaultdict(list)
    evenings: dict[tuple[int, int], list[int]] = defaultdict(list)
    big: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, one in enumerate(problem.candidates):
        kind = problem.type_of(one)
        evenings[one.station, one.day].append(place)
        if kind.organiser:
            teams[kind.organiser, one.day].append(place)
        if kind.big:
            big[one.station, one.day].append(place)
    for (name, _), own in teams.items():
        yield at_most(own, 1.0, float(problem.teams[name]))
    for own in evenings.values():
        yield at_most(own, 1.0, 1.0)
    days = range(len(problem.days))
    for a, b in sorted(problem.near):
        for day in days:
            if (a, day) in big and (b, day) in big:
                yield at_most(big[a, day] + big[b, day], 1.0, 1.0)
    for (station, day), own in evenings.items():
        yards = [place for place in own if problem.type_of(problem.candidates[place]).yard]
        later = evenings.get((station, day + problem.rain), [])
        if yards and later:
            yield at_most(yards + later, 1.0, 1.0)


def _apart(columns: _Columns) -> Iterator[Row]:
    """Keep events of a request some days apart, and training to what was ordered."""
    problem = columns.problem
    for own in columns.by("request").values():
        days = np.array([problem.candidates[place].day for place in own])
        for first in np.unique(days).tolist():
            window = own[(days >= first) & (days < first + problem.gap)]
            if len(window) > 1:
                yield at_most(window, 1.0, 1.0)
    for key, most in problem.ordered.items():
        training = [place for place, one in enumerate(problem.candidates) if problem.type_of(one).id == key]
        yield at_most(training, 1.0, float(most))


def _turns(columns: _Columns) -> Iterator[Row]:
    """Let no community lack more than the most."""
    lacks: dict[str, list[int]] = defaultdict(list)
    for place, request in enumerate(columns.problem.requests):
        lacks[request.community].append(columns.first_lack + place)
    for own in lacks.values():
        yield at_most([*own, columns.most], [*([1.0] * len(own)), -1.0], 0.0)


def _weeks(columns: _Columns) -> Iterator[Row]:
    """Let no week hold more than the most."""
    weeks: dict[int, list[int]] = defaultdict(list)
    for place, one in enumerate(columns.problem.candidates):
        weeks[one.day // len(WEEKDAYS)].append(place)
    for own in weeks.values():
        yield at_most([*own, columns.crowd], [*([1.0] * len(own)), -1.0], 0.0)


def _served(columns: _Columns) -> Iterator[Row]:
    """Let a station host an audience only with something for it; miss who reaches no host."""
    problem = columns.problem
    events: dict[tuple[int, int], list[int]] = defaultdict(list)
    for place, one in enumerate(problem.candidates):
        events[problem.audiences.index(problem.type_of(one).audience), one.station].append(place)
    groups = problem.reach.tocsc()
    for audience in range(len(problem.audiences)):
        for station in range(len(problem.stations)):
            own = events.get((audience, station), [])
            at = [columns.hosts(audience, station), *own]
            yield at_most(at, [1.0, *([-1.0] * len(own))], 0.0)
        for group in np.flatnonzero(problem.people[audience]).tolist():
            near = groups.indices[groups.indptr[group] : groups.indptr[group + 1]].tolist()
            hosts = [columns.hosts(audience, station) for station in near if (audience, station) in events]
            at = [columns.misses(audience, group), *hosts]
            yield at_most(at, [-1.0] * len(at), -1.0)


def _program(columns: _Columns) -> LinearProgram:
    problem = columns.problem
    rows = Rows(columns.count)
    for rule in (_sessions, _together, _apart, _turns, _weeks, _served):
        for at, amounts, most in rule(columns):
            rows.line(at, amounts, upper=most)
    upper = np.ones(columns.count)
    asked = np.array([request.sessions for request in problem.requests], np.float64)
    upper[columns.first_lack : columns.most] = asked
    upper[[columns.most, columns.crowd]] = asked.sum()
    none = np.zeros(columns.count)
    every = np.ones(columns.count, bool)
    return LinearProgram(none, rows.matrix, rows.lower, rows.upper, none, upper, every)


def _cost(columns: _Columns, stage: str) -> Floats:
    problem, cost = columns.problem, np.zeros(columns.count)
    if stage in ("least", "crowd"):
        cost[columns.most if stage == "least" else columns.crowd] = 1.0
    elif stage == "unserved":
        first = columns.misses(0, 0)
        cost[first:] = problem.people.ravel()
    else:
        priority = int(stage.rpartition("_")[2])
        cost[columns.first_lack : columns.most] = [request.priority == priority for request in problem.requests]
    return cost


def _plan(columns: _Columns, values: Floats) -> tuple[Candidate, ...]:
    chosen = [one for one, value in zip(columns.problem.candidates, values, strict=False) if value > 0.5]
    return tuple(sorted(chosen, key=lambda one: (one.day, one.station, one.request)))


def schedule(problem: ProgrammeProblem, *, progress: Progress = SILENT) -> Schedule:
    """Find the programme that is best stage by stage, and of its equals the one that fixed weights choose.

    Parameters
    ----------
    problem
        The instance.
    progress
        Told of each stage, its value and bound.

    Returns
    -------
    Schedule
        Ctrl-C leaves the best that is known, with the bounds that are known.

    Raises
    ------
    CheckError
        If the plan breaks a rule: told without the solver.
    """
    columns = _Columns(problem)
    with heeded_interrupt() as interrupt:
        search = StagedSearch(
            _program(columns),
            effort=problem.said.effort,
            interrupt=interrupt,
            start=_nothing(columns),
            worth=lambda values: worth(problem, _plan(columns, values)),
            progress=progress,
        )
        for stage in STAGES:
            search.minimise(stage, _cost(columns, stage))
        weights = np.zeros(columns.count)
        weights[: columns.first_lack] = isolating_weights(_SEED, columns.first_lack)
        steps = np.full(columns.count, -1)
        steps[: columns.first_lack] = [one.request // _AT_ONCE for one in problem.candidates]
        canonical = search.choose_in_steps(weights, steps)
    events = _plan(columns, search.found)
    broken = broken_rules(problem, events)
    if broken:
        raise CheckError([Problem("programme", "the plan breaks a rule", found=", ".join(broken))])
    return Schedule(events, tuple(search.stages), canonical)


def _nothing(columns: _Columns) -> Floats:
    """Return the programme with nothing on: everything is lacking."""
    problem, values = columns.problem, np.zeros(columns.count)
    lacks: dict[str, int] = defaultdict(int)
    for place, request in enumerate(problem.requests):
        values[columns.first_lack + place] = request.sessions
        lacks[request.community] += request.sessions
    values[columns.most] = max(lacks.values(), default=0)
    values[columns.misses(0, 0) :] = (problem.people > 0).ravel()
    return values
