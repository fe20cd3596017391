"""The exchange stage by stage: service owed, fair shares, own hours, rooms; then the earliest in the week, one of many.

The stages are lexicographic, as those of a timetable (``rooms/stages.py``): what a stage reaches binds all later ones,
in whole numbers. The whole district is one program, because an operator that would go anywhere joins all stations.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.progress import Tell, silent
from workbench.rooms.check import opened
from workbench.rooms.exchange.check import Stays, objectives, refuse_faults
from workbench.rooms.exchange.choices import choices
from workbench.rooms.exchange.model import Columns, places_used, program, stays
from workbench.rooms.exchange.problem import ExchangeProblem
from workbench.rooms.model import costs_at_most, stacked
from workbench.rooms.reduction import with_rows
from workbench.rooms.search import SETTINGS, Stage, looks_for
from workbench.solving import Answer, IntegerModel, Interrupt, LinearProgram, Status, solve_mip

Floats = npt.NDArray[np.float64]

_MOST_WEIGHT = 1 << 20
_EFFORTS = 2.0
"""How many times the effort of one search of a centre each engine has for a stage: it is the whole district."""
_LAST = 10.0
"""How many times it has where nothing comes after it."""
_ROUNDING = 1e-3
"""How far a bound of HiGHS may be off; what is bounded is whole."""


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


class _Search:
    """The incumbent, and the rows that earlier stages have added."""

    def __init__(self, problem: ExchangeProblem, effort: float, interrupt: Interrupt) -> None:
        self.problem, self._effort, self._interrupt = problem, effort, interrupt
        self.made = Columns(choices(problem), problem.left)
        self.program = program(self.made)
        self._model = IntegerModel(self.program)
        self.values: Floats = np.zeros(self.made.count)  # nobody is admitted: always allowed
        self.stages: list[Stage] = []

    def ask(self, cost: Floats, times: float = _LAST) -> Answer:
        """Minimise with CP-SAT, starting from the incumbent, with so many times the effort; take in what is found."""
        answer = self.solve(self._model, cost, self.values, times)
        if answer.values is not None and cost @ answer.values < cost @ self.values - 0.5:
            self.values = answer.values
        return answer

    def solve(self, model: IntegerModel, cost: Floats, start: Floats, times: float = _LAST) -> Answer:
        """Minimise with CP-SAT from a start, with so many times the effort."""
        if self._interrupt.asked:
            return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0, interrupted=True)
        settings = {**SETTINGS, "max_deterministic_time": times * self._effort}
        return model.minimise(cost, start=start, **settings)

    def prove(self, cost: Floats) -> float:
        """Minimise; return a bound: CP-SAT answers the easy and finds, HiGHS proves what is left as far as it comes."""
        quick = self.ask(cost, _EFFORTS)
        if quick.status is Status.OPTIMAL or self._interrupt.asked:
            return quick.bound
        looks = looks_for(self.program, _EFFORTS * self._effort)
        if not looks:
            return quick.bound
        slow = solve_mip(replace(self.program, cost=cost), start=self.values, looks=looks)
        if slow.values is not None and slow.objective < cost @ self.values - 0.5:
            self.values = np.rint(slow.values)
        return max(quick.bound, slow.bound)

    def worth(self) -> dict[str, int]:
        """Return what the incumbent is worth, recomputed."""
        return objectives(self.problem, stays(self.made, self.values))

    def minimise(self, name: str, cost: Floats, offset: int, least: int = 0) -> None:
        """Go through one stage: search unless the incumbent meets ``least``, then bind the later stages."""
        began, bound = time.perf_counter(), least
        if self.worth()[name] > least:
            proven = self.prove(cost)
            if math.isfinite(proven):
                bound = max(least, math.ceil(proven - _ROUNDING) + offset)
        value = self.worth()[name]
        stage = Stage(name, value, min(bound, value), time.perf_counter() - began)
        self.stages.append(stage)
        if stage.status is not Status.OPTIMAL:  # as in rooms/search.py: what is hard once is mostly hard again
            self._effort /= 2
        self.bind(cost, value - offset)

    def bind(self, cost: Floats, most: int) -> None:
        """Let no later stage be worse."""
        if cost.any():
            self.add(*stacked([costs_at_most(cost, most)], self.made.count))

    def add(self, rows: sp.csr_array, upper: Floats) -> None:
        """Add rows that bind from now on."""
        self._model.add(rows, upper)
        self.program = with_rows(self.program, rows, upper)


def match_operators(
    problem: ExchangeProblem, effort: float = 1.0, interrupt: Interrupt | None = None, *, progress: Tell = silent
) -> ExchangePlan:
    """Match operators with what a timetable leaves.

    Parameters
    ----------
    problem
        The problem.
    effort
        Most work of one search of a centre, in CP-SAT's deterministic seconds; a stage here has several times as much.
    interrupt
        Whether Ctrl-C was pressed; then no further search is begun.
    progress
        Told of each stage that is done.

    Returns
    -------
    ExchangePlan

    Raises
    ------
    CheckError
        If the matching does not survive its own check.
    """
    search = _Search(problem, effort, interrupt or Interrupt())
    _start(search)
    steps = (_service, _fairness, _own, *((_busy_rooms,) if problem.terms.released_first else ()), _rooms, _places)
    for done, step in enumerate(steps):
        progress("exchange", done, len(steps) + 1)
        step(search)
    canonical = _one_of_many(search)
    progress("exchange", len(steps) + 1, len(steps) + 1)
    found = stays(search.made, search.values)
    refuse_faults(problem, found)
    worth = objectives(problem, found)
    stages = tuple(replace(stage, value=worth[stage.name]) for stage in search.stages)
    return ExchangePlan(problem, found, stages, canonical)


def _start(search: _Search) -> None:
    """Look for a start that is good in several stages at once: what meets a bound needs no search of its own."""
    cost = np.zeros(search.made.count)
    cost[: search.made.choices.count] = -1.0
    for n, (operator, _) in enumerate(search.made.choices.pairs):
        cost[search.made.admit(n)] = -search.problem.operators[operator].owed
    search.ask(cost, _EFFORTS)


def _service(search: _Search) -> None:
    made, operators = search.made, search.problem.operators
    cost = np.zeros(made.count)
    for n, (operator, _) in enumerate(made.choices.pairs):
        cost[made.admit(n)] = -operators[operator].owed
    never = sum(operator.owed for o, operator in enumerate(operators) if o not in made.operators)
    search.minimise("service", cost, sum(operator.owed for operator in operators), never)


def _fairness(search: _Search) -> None:
    made = search.made
    search.values[made.shortfall] = search.worth()["fairness"]
    cost = np.zeros(made.count)
    cost[made.shortfall] = 1.0
    search.minimise("fairness", cost, 0)


def _own(search: _Search) -> None:
    made, problem = search.made, search.problem
    cost = np.zeros(made.count)
    cost[: made.choices.count] = -problem.terms.block
    for n, (operator, _) in enumerate(made.choices.pairs):
        cost[made.admit(n)] = problem.terms.block * problem.service_blocks(operator)
    asked = [operator.asked for operator in problem.operators]
    most = sum(problem.terms.block * problem.most_own(o) for o in made.operators)
    search.minimise("own", cost, sum(asked), sum(asked) - most)


def _busy_rooms(search: _Search) -> None:
    problem = search.problem
    used = [set(opened(*pair)) for pair in zip(problem.centres, problem.timetables, strict=True)]
    search.minimise("busy_rooms", _touching(search, [r in used[c] for c, r in search.made.rooms]), 0)


def _rooms(search: _Search) -> None:
    search.minimise("shared_rooms", _touching(search, [True] * len(search.made.rooms)), 0)


def _places(search: _Search) -> None:
    """Let operators stay in one room as far as they can; the flags of places bind only from here on."""
    made = search.made
    for n, own in enumerate(made.of_use):
        search.values[made.use(n)] = float(search.values[own].max() > 0.5)
    search.add(*stacked(places_used(made), made.count))
    cost = np.zeros(made.count)
    cost[[made.use(n) for n in range(len(made.of_use))]] = 1.0
    cost[[made.admit(n) for n in range(len(made.choices.pairs))]] = -1.0
    search.minimise("places", cost, 0)


def _touching(search: _Search, counted: Sequence[bool]) -> Floats:
    cost = np.zeros(search.made.count)
    cost[[search.made.touch(n) for n, counts in enumerate(counted) if counts]] = 1.0
    return cost


def _one_of_many(search: _Search) -> bool:
    """Choose among equals, first who goes where, then which blocks; tell whether both are proven.

    Who is admitted where, which rooms are given and how many blocks each operator gets are chosen by fixed weights; two
    choices have one least sum with a chance of n/2^20 at most, n being the flags that are weighed (isolation lemma:
    Mulmuley, Vazirani and Vazirani 1987). The stations are then independent of each other, and each takes the blocks
    that are earliest in the week, then again the least sum of weights.
    """
    made, count = search.made, search.made.choices.count
    draw = np.random.Generator(np.random.PCG64(count))
    weights = draw.integers(1, _MOST_WEIGHT, made.count).astype(np.float64)
    weights[made.shortfall] = 0.0
    by_operator = draw.integers(1, _MOST_WEIGHT, len(search.problem.operators)).astype(np.float64)
    structure = np.concatenate((by_operator[made.choices.operator], weights[count:]))
    proven = search.ask(structure).status is Status.OPTIMAL
    for centre in sorted({stay.centre for stay in stays(made, search.values)}):
        proven &= _earliest(search, centre, weights)
    return proven


def _earliest(search: _Search, centre: int, weights: Floats) -> bool:
    """Choose the blocks of one centre, all else staying as it is; tell whether the choice is proven."""
    made, part = search.made, search.made.choices
    stands = search.values > 0.5
    admitted = stands[part.count + part.pair] if part.count else np.empty(0, bool)
    free = np.flatnonzero((part.centre == centre) & admitted)
    pairs = np.unique(part.pair[free])
    belongs = (part.pair[free][None, :] == pairs[:, None]).astype(np.float64)
    given = belongs @ stands[free]
    rest = np.ones(made.count, bool)
    rest[free] = False
    whole = search.program
    room = whole.row_upper - whole.rows[:, rest] @ search.values[rest]
    rows = sp.csr_array(whole.rows[:, free])
    bound = np.diff(rows.indptr) > 0
    local = LinearProgram(
        np.zeros(len(free)),
        sp.csr_array(sp.vstack([rows[bound], belongs, -belongs])),
        np.full(int(bound.sum()) + 2 * len(pairs), -np.inf),
        np.concatenate((room[bound], given, -given)),
        np.zeros(len(free)),
        np.ones(len(free)),
    )
    model, early, start = IntegerModel(local), part.start[free].astype(np.float64), search.values[free]
    first = search.solve(model, early, start)
    start = start if first.values is None else first.values
    model.add(sp.csr_array(early[None, :]), np.array([early @ start]))
    last = search.solve(model, weights[free], start)
    search.values[free] = start if last.values is None else last.values
    return first.status is Status.OPTIMAL and last.status is Status.OPTIMAL
