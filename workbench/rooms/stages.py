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
from typing import Literal

import numpy as np

from workbench.arrays import Floats
from workbench.rooms.check import least_unserved, objectives, refuse_faults
from workbench.rooms.model import RULES, Columns, floors, program, timetable
from workbench.rooms.problem import CELL_MIN, PRIORITIES, Centre, Rule, Timetable, hours_broken, unfit
from workbench.rooms.search import Search
from workbench.solving import SETTINGS, Interrupt, Stage, Status, isolating_weights, solve_integers, stacked
from workbench.solving.staged import MOST_WEIGHT

_AT_ONCE = 0.5
"""Share of the effort that preferences and the choice among equals have in one solve, before they are split."""


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


def plan_centre(
    centre: Centre, effort: float = 1.0, interrupt: Interrupt | None = None, *, course: Course = "reuse"
) -> CentrePlan:
    """Timetable one centre.

    Parameters
    ----------
    centre
        The centre.
    effort
        Most work of one search, in CP-SAT's deterministic seconds; see
        :attr:`workbench.scenario.rooms.RoomRules.effort`.
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
    search = Search(centre, effort, interrupt or Interrupt())
    first = search.begin()
    if search.values is None:
        if first is Status.INFEASIBLE:
            return CentrePlan(centre, Status.INFEASIBLE, None, conflict=_conflict(search.columns, effort))
        return CentrePlan(centre, Status.UNKNOWN, None)
    least, worth = least_unserved(centre, search.possible), search.worth()
    if any(worth[f"need_{priority}"] > least[priority] for priority in PRIORITIES):
        search.foreseen(-_weights(search.columns, PRIORITIES))
    for step in _COURSES[course]:
        step(search)
    canonical = _one_of_many(search)
    found = timetable(search.columns, search.found)
    refuse_faults(centre, found)
    worth = objectives(centre, found)
    stages = tuple(replace(stage, value=worth[stage.name]) for stage in search.stages)
    proven = all(stage.status is Status.OPTIMAL for stage in stages)
    return CentrePlan(centre, Status.OPTIMAL if proven else Status.FEASIBLE, found, stages, canonical)


def _weights(columns: Columns, priorities: tuple[int, ...]) -> Floats:
    """Return the person-minutes that each session serves, of some priorities, shape (n,)."""
    weight = np.array([a.weight if a.priority in priorities else 0 for a in columns.centre.activities], np.float64)
    return _over(columns, weight[columns.choices.activity] if len(weight) else np.empty(0))


def _over(columns: Columns, of_choices: Floats) -> Floats:
    """Return a cost of choices as one of all variables."""
    return np.concatenate((of_choices, np.zeros(columns.count - columns.choices.count)))


def need(search: Search) -> None:
    """Go through need, priority by priority."""
    least = least_unserved(search.centre, search.possible)
    for priority in PRIORITIES:
        asked = [a.weight * a.sessions for a in search.centre.activities if a.priority == priority]
        search.minimise(f"need_{priority}", -_weights(search.columns, (priority,)), sum(asked), least[priority])


def _floors(search: Search) -> None:
    shortfall = search.worth()["floors"]
    if shortfall:
        search.found[search.columns.shortfall] = shortfall
        search.add(*stacked(floors(search.columns, search.possible), search.columns.count))
    cost = np.zeros(search.columns.count)
    cost[search.columns.shortfall] = 1.0
    search.minimise("floors", cost, 0)


def release(search: Search) -> None:
    """Go through the rooms in use."""
    columns = search.columns
    cost = np.zeros(columns.count)
    for r, room in enumerate(search.centre.rooms):
        cost[columns.open(r)] = room.area_dm2 if search.centre.rules.release == "area" else 1.0
    search.minimise("release", cost, 0)


def changes(search: Search) -> tuple[Floats, int]:
    """Return the cost of what changes, and how much of it no timetable spares."""
    columns, centre = search.columns, search.centre
    cost = np.zeros(columns.count)
    kept = [columns.choices.find(session) for session in centre.today]
    cost[[position for position in kept if position is not None]] = -1.0
    for number in range(len(centre.offices)):
        cost[columns.give(number)] = 1.0
    return cost, kept.count(None) + centre.lost


def _changes(search: Search) -> None:
    (cost, least), centre = changes(search), search.centre
    search.minimise("changes", cost, len(centre.today) + centre.lost, least, alike=False)


Course = Literal["reuse", "replan"]
_COURSES: Mapping[Course, tuple[Callable[[Search], None], ...]] = MappingProxyType(
    {"reuse": (need, _floors, release, _changes), "replan": (need, _changes, _floors, release)}
)
"""The stages in their order; preferences come last in all."""


def _one_of_many(search: Search) -> bool:
    """Go through the last stage, and choose among equals; tell whether the choice is proven.

    Both in one solve where that is easy: one more minute outside preferred hours weighs more than all the weights that
    choose among equals. Else one after the other.
    """
    columns, began = search.columns, time.perf_counter()
    sessions, offices = columns.choices.count, len(columns.centre.offices)
    weights = isolating_weights(sessions, sessions + offices)
    cost = _over(columns, weights[:sessions])
    cost[[columns.give(number) for number in range(offices)]] = weights[sessions:]
    most = sum(a.sessions for a in columns.centre.activities) + offices
    unit = most * MOST_WEIGHT // CELL_MIN + 1
    minutes = _preferences(columns)
    both = search.ask(cost + unit * minutes, _AT_ONCE)
    if both.status is Status.OPTIMAL:
        value = search.worth()["preferences"]
        search.record("preferences", value, value, began)
        return True
    bound = math.floor(both.bound / (unit * CELL_MIN)) * CELL_MIN if math.isfinite(both.bound) else 0
    stage = search.minimise("preferences", minutes, 0, max(0, bound), alike=False, tried=True)
    return stage.status is Status.OPTIMAL and search.choose(cost, 1.0 - _AT_ONCE)


def _preferences(columns: Columns) -> Floats:
    """Return the minutes outside preferred hours of each choice, over all variables."""
    activities = columns.centre.activities
    totals = [np.concatenate(([0], np.cumsum(~a.preferred))) for a in activities]
    pairs = zip(columns.choices.activity.tolist(), columns.choices.start.tolist(), strict=True)
    minutes = [CELL_MIN * int(totals[a][s + activities[a].length] - totals[a][s]) for a, s in pairs]
    return _over(columns, np.array(minutes, np.float64))


def _conflict(columns: Columns, effort: float) -> tuple[Rule, ...]:
    """Return rules that contradict each other, as few as possible, by leaving out one after the other.

    One that takes more effort than this to be found dispensable stays. Where fixed sessions are among them, the rules
    that one of these breaks by itself are named as well.
    """
    needed: list[Rule] = list(RULES)
    settings = {**SETTINGS, "max_deterministic_time": effort}
    for rule in RULES:
        rest = [r for r in needed if r is not rule]
        answer = solve_integers(program(columns, [r for r in RULES if r not in rest]), **settings)
        if answer.status is Status.INFEASIBLE:
            needed = rest
    if Rule.FIXED in needed:
        needed += sorted(_broken_by_fixed(columns.centre) - set(needed), key=list(Rule).index)
    return tuple(needed)


def _broken_by_fixed(centre: Centre) -> set[Rule]:
    """Return the rules that fixed sessions break each by itself, so that they could never be held."""
    broken = [(*unfit(centre, s.activity, s.place), *hours_broken(centre, s)) for s in centre.fixed]
    return {rule for rules in broken for rule in rules}
