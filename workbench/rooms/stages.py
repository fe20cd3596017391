"""One centre, stage by stage: need by priority, floors of groups, rooms, changes, preferences; then one of many.

The stages are lexicographic: what a stage reaches binds all later ones, exactly, in whole numbers. A stage whose
incumbent meets a bound that is known without search needs no solve. The last step chooses among the timetables that are
alike in every stage the one with the least sum of fixed weights; two different ones with one least sum are as good as
impossible (isolation lemma: Mulmuley, Vazirani and Vazirani 1987), so the plan depends neither on the machine nor on
the version of the solver.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.rooms.bounds import least_unserved, possible_sessions
from workbench.rooms.check import objectives, refuse_faults
from workbench.rooms.choices import choices
from workbench.rooms.model import RULES, Columns, columns, floors, program, stacked, timetable
from workbench.rooms.problem import CELL_MIN, PRIORITIES, Centre, Rule, Timetable
from workbench.solving import Answer, IntegerModel, Interrupt, LinearProgram, Status, solve_integers, solve_mip

Floats = npt.NDArray[np.float64]

_MOST_WEIGHT = 1 << 20
_QUICK = 0.05
"""Share of the effort on a stage that CP-SAT has before HiGHS takes over."""
_NODES = 50
"""Branches that HiGHS may search for each unit of effort: a count, because a time would depend on the machine."""
_ROUNDING = 1e-3
"""How far a bound of HiGHS may be off; what is bounded is whole."""
_SETTINGS: dict[str, Any] = {  # most of the time is presolve: one round of it is enough for models as tight as these
    "cp_model_probing_level": 0,
    "find_big_linear_overlap": False,
    "linearization_level": 2,
    "max_presolve_iterations": 1,
    "symmetry_level": 0,
}


@dataclass(frozen=True)
class Stage:
    """One stage of a plan.

    Parameters
    ----------
    name
        As :func:`workbench.rooms.check.objectives` calls it.
    value
        What the timetable is worth, recomputed without the solver.
    bound
        No timetable that is as good in the earlier stages is worth less.
    seconds
        Wall time.
    """

    name: str
    value: int
    bound: int
    seconds: float

    @property
    def status(self) -> Status:
        """OPTIMAL when the bound meets the value."""
        return Status.OPTIMAL if self.bound >= self.value else Status.FEASIBLE

    @property
    def gap(self) -> float:
        """How far the bound is from the value, as a share of the value."""
        return 0.0 if self.bound >= self.value else (self.value - self.bound) / self.value


@dataclass(frozen=True, eq=False)
class CentrePlan:
    """The plan of one centre.

    Parameters
    ----------
    centre
        The centre.
    status
        OPTIMAL: every stage is proven. FEASIBLE: some stage stopped before its proof; mind its gap. INFEASIBLE: the
        rules contradict each other. UNKNOWN: stopped before any timetable was found.
    timetable
        The timetable; None when there is none.
    stages
        The stages in their order.
    canonical
        Whether the last step was proven, so that the timetable is the one chosen among its equals.
    conflict
        Rules that contradict each other, as few as possible; empty unless INFEASIBLE.
    """

    centre: Centre
    status: Status
    timetable: Timetable | None
    stages: tuple[Stage, ...] = ()
    canonical: bool = False
    conflict: tuple[Rule, ...] = ()


class _Search:
    """The incumbent, and the rows that earlier stages have added."""

    def __init__(self, centre: Centre, effort: float, interrupt: Interrupt) -> None:
        self.centre, self._effort, self._interrupt = centre, effort, interrupt
        self.made: Columns = columns(choices(centre))
        self._program: LinearProgram = program(self.made)
        self._model = IntegerModel(self._program)
        self.possible = possible_sessions(self.made.choices)
        self.values: Floats | None = None
        self.stages: list[Stage] = []

    def ask(self, cost: Floats, share: float = 1.0) -> Answer:
        """Minimise with CP-SAT, starting from the incumbent, with a share of the effort; take in what is found."""
        if self._interrupt.asked:
            return Answer(Status.UNKNOWN, None, math.inf, -math.inf, None, 0.0, interrupted=True)
        settings = {**_SETTINGS, "max_deterministic_time": share * self._effort}
        answer = self._model.minimise(cost, start=self.values, **settings)
        if answer.values is not None:
            self.values = answer.values
        return answer

    def prove(self, cost: Floats) -> float:
        """Minimise; return a bound: CP-SAT answers the easy and finds, HiGHS proves what is left, as was measured."""
        quick = self.ask(cost, _QUICK)
        if quick.status is Status.OPTIMAL or self._interrupt.asked:
            return quick.bound
        nodes = max(1, round(_NODES * self._effort))
        slow = solve_mip(replace(self._program, cost=cost), start=self.values, options={"mip_max_nodes": nodes})
        if slow.values is not None and (self.values is None or slow.objective < cost @ self.values - 0.5):
            self.values = np.rint(slow.values)
        return max(quick.bound, slow.bound)

    def worth(self) -> dict[str, int]:
        """Return what the incumbent is worth, recomputed."""
        if self.values is None:
            raise AssertionError("a stage was asked before there was a timetable")
        return objectives(self.centre, timetable(self.made, self.values), self.possible)

    def minimise(self, name: str, cost: Floats, offset: int, least: int = 0) -> None:
        """Go through one stage: search unless the incumbent meets ``least``, then bind the later stages."""
        began, bound = time.perf_counter(), least
        if self.worth()[name] > least:
            proven = self.prove(cost)
            if math.isfinite(proven):
                bound = max(least, math.ceil(proven - _ROUNDING) + offset)
        value = self.worth()[name]
        self.stages.append(Stage(name, value, min(bound, value), time.perf_counter() - began))
        self.bind(cost, value - offset)

    def bind(self, cost: Floats, most: int) -> None:
        """Let no later stage be worse."""
        at = np.flatnonzero(cost)
        if len(at):
            self.add(*stacked([(at, cost[at], float(most))], self.made.count))

    def add(self, rows: sp.csr_array, most: Floats) -> None:
        """Add rows that bind from now on."""
        self._model.add(rows, most)
        old = self._program
        self._program = replace(
            old,
            rows=sp.csr_array(sp.vstack([old.rows, rows])),
            row_lower=np.append(old.row_lower, np.full(len(most), -np.inf)),
            row_upper=np.append(old.row_upper, most),
        )


def plan_centre(
    centre: Centre, effort: float = 20.0, interrupt: Interrupt | None = None, *, course: Course = "reuse"
) -> CentrePlan:
    """Timetable one centre.

    Parameters
    ----------
    centre
        The centre.
    effort
        Most work on one stage, in CP-SAT's deterministic seconds.
    interrupt
        Whether Ctrl-C was pressed; then no further search is begun.
    course
        ``reuse``: need, floors, rooms, changes, preferences. ``replan``: a published timetable is mended, so that
        changes count before everything but need.

    Returns
    -------
    CentrePlan

    Raises
    ------
    CheckError
        If the timetable does not survive its own check.
    """
    search = _Search(centre, effort, interrupt or Interrupt())
    first = search.ask(-_weights(search.made, PRIORITIES), _QUICK)
    if search.values is None:
        first = search.ask(np.zeros(search.made.count))
    if search.values is None:
        if first.status is Status.INFEASIBLE:
            return CentrePlan(centre, Status.INFEASIBLE, None, conflict=conflict(search.made))
        return CentrePlan(centre, Status.UNKNOWN, None)
    for step in COURSES[course]:
        step(search)
    canonical = _one_of_many(search)
    found = timetable(search.made, search.values)
    refuse_faults(centre, found)
    worth = objectives(centre, found)
    stages = tuple(replace(stage, value=worth[stage.name]) for stage in search.stages)
    proven = all(stage.status is Status.OPTIMAL for stage in stages)
    return CentrePlan(centre, Status.OPTIMAL if proven else Status.FEASIBLE, found, stages, canonical)


def _weights(made: Columns, priorities: tuple[int, ...]) -> Floats:
    """Return the person-minutes that each session serves, of some priorities, shape (n,)."""
    weight = np.array([a.weight if a.priority in priorities else 0 for a in made.centre.activities], np.float64)
    return _over(made, weight[made.choices.activity] if len(weight) else np.empty(0))


def _over(made: Columns, of_choices: Floats) -> Floats:
    """Return a cost of choices as one of all variables."""
    return np.concatenate((of_choices, np.zeros(made.count - made.choices.count)))


def _need(search: _Search) -> None:
    least = least_unserved(search.centre, search.possible)
    for priority in PRIORITIES:
        asked = [a.weight * a.sessions for a in search.centre.activities if a.priority == priority]
        search.minimise(f"need_{priority}", -_weights(search.made, (priority,)), sum(asked), least[priority])


def _floors(search: _Search) -> None:
    shortfall = search.worth()["floors"]
    if shortfall and search.values is not None:
        search.values[search.made.shortfall] = shortfall
        search.add(*stacked(floors(search.made, search.possible), search.made.count))
    cost = np.zeros(search.made.count)
    cost[search.made.shortfall] = 1.0
    search.minimise("floors", cost, 0)


def _release(search: _Search) -> None:
    made = search.made
    cost = np.zeros(made.count)
    for r, room in enumerate(search.centre.rooms):
        cost[made.open(r)] = room.area_dm2 if search.centre.rules.release == "area" else 1.0
    search.minimise("release", cost, 0)


def _changes(search: _Search) -> None:
    made, centre = search.made, search.centre
    cost = np.zeros(made.count)
    kept = [made.choices.find(session) for session in centre.today]
    cost[[position for position in kept if position is not None]] = -1.0
    for number in range(len(centre.offices)):
        cost[made.give(number)] = 1.0
    search.minimise("changes", cost, len(centre.today) + centre.lost, kept.count(None) + centre.lost)


Course = Literal["reuse", "replan"]
COURSES: Mapping[Course, tuple[Callable[[_Search], None], ...]] = MappingProxyType(
    {"reuse": (_need, _floors, _release, _changes), "replan": (_need, _changes, _floors, _release)}
)
"""The stages in their order; preferences come last in all."""


def _one_of_many(search: _Search) -> bool:
    """Go through the last stage, and choose among equals in the same solve; tell whether both are proven.

    One more minute outside preferred hours weighs more than all the weights that choose among equals.
    """
    made, began = search.made, time.perf_counter()
    draw = np.random.Generator(np.random.PCG64(made.choices.count))
    cost = _over(made, draw.integers(1, _MOST_WEIGHT, made.choices.count).astype(np.float64))
    for number in range(len(made.centre.offices)):
        cost[made.give(number)] = float(draw.integers(1, _MOST_WEIGHT))
    most = sum(a.sessions for a in made.centre.activities) + len(made.centre.offices)
    unit = most * _MOST_WEIGHT // CELL_MIN + 1
    answer = search.ask(cost + unit * _preferences(made))
    value = search.worth()["preferences"]
    bound = math.floor(answer.bound / (unit * CELL_MIN)) * CELL_MIN if math.isfinite(answer.bound) else 0
    search.stages.append(Stage("preferences", value, min(max(bound, 0), value), time.perf_counter() - began))
    return answer.status is Status.OPTIMAL


def _preferences(made: Columns) -> Floats:
    """Return the minutes outside preferred hours of each choice, over all variables."""
    activities = made.centre.activities
    totals = [np.concatenate(([0], np.cumsum(~a.preferred))) for a in activities]
    pairs = zip(made.choices.activity.tolist(), made.choices.start.tolist(), strict=True)
    minutes = [CELL_MIN * int(totals[a][s + activities[a].length] - totals[a][s]) for a, s in pairs]
    return _over(made, np.array(minutes, np.float64))


def conflict(made: Columns) -> tuple[Rule, ...]:
    """Return rules that contradict each other, as few as possible, by leaving out one after the other."""
    needed: list[Rule] = list(RULES)
    for rule in RULES:
        rest = [r for r in needed if r is not rule]
        answer = solve_integers(program(made, [r for r in RULES if r not in rest]), **_SETTINGS)
        if answer.status is Status.INFEASIBLE:
            needed = rest
    return tuple(needed)
