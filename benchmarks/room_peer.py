"""The model of a centre that one would write by hand: optional intervals, one solve, a weighted sum.

The same rules and the same sessions that could be, so that what it finds can be held against the plan stage by stage.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from ortools.sat.python import cp_model

from workbench.rooms.check import outside, possible_sessions
from workbench.rooms.problem import DAY_CELLS, LOUD, WEEK_CELLS, Centre, Choices, Session, Timetable, choices
from workbench.solving import Status, solve_cp

NEED = {1: 1_000_000, 2: 10_000, 3: 100}
"""Weights of a quarter of a person-hour that is not served; a sum that kept all stages apart would overflow."""
FLOORS, ROOM, CHANGE, MINUTE = 1_000, 500, 20, 1
QUARTER = 15


@dataclass
class _Held:
    """One session that may take place: whether it does, when, and where."""

    activity: int
    there: cp_model.IntVar
    start: cp_model.IntVar
    places: dict[int, cp_model.IntVar] = field(default_factory=dict)
    intervals: dict[int, cp_model.IntervalVar] = field(default_factory=dict)


def weighted(centre: Centre, work: float) -> tuple[Timetable | None, Status]:
    """Timetable a centre by one model, with so much deterministic work at most."""
    model, made = cp_model.CpModel(), choices(centre)
    held = [one for a in range(len(centre.activities)) for one in _sessions(model, made, a)]
    given = {r: model.new_bool_var("") for r in centre.offices}
    _rooms(model, centre, held)
    _people(model, centre, held)
    _walls(model, centre, held)
    used = [model.new_bool_var("") for _ in centre.rooms]
    for one in held:
        for place, literal in one.places.items():
            for room in centre.places[place]:
                model.add_implication(literal, used[room])
    for room, literal in given.items():
        model.add_implication(used[room], literal)
    if given:
        kept = sum(centre.rooms[r].area_dm2 * (1 - g) for r, g in given.items())
        model.add(kept <= centre.most_office_dm2)
        model.add(sum(1 - g for g in given.values()) >= centre.fewest_offices)
    costs = [*_need(model, made, held), *(ROOM * literal for literal in used), *(CHANGE * g for g in given.values())]
    model.minimize(sum(costs) + sum(_habits(model, centre, held)))
    wanted = [v for one in held for v in (one.there, one.start, *one.places.values())] + list(given.values())
    answer = solve_cp(model, wanted, max_deterministic_time=work)
    if answer.values is None:
        return None, answer.status
    value = dict(zip((v.index for v in wanted), np.rint(answer.values).astype(int).tolist(), strict=True))
    sessions = [
        Session(one.activity, value[one.start.index], place)
        for one in held
        if value[one.there.index]
        for place, literal in one.places.items()
        if value[literal.index]
    ]
    offices = tuple(r for r, g in given.items() if value[g.index])
    return Timetable(tuple(sorted(sessions)), offices), answer.status


def _sessions(model: cp_model.CpModel, made: Choices, a: int) -> list[_Held]:
    """Return the sessions of an activity, in the order of their days, the last ones left out first."""
    asked, own = made.centre.activities[a], made.activity == a
    if not own.any():
        return []
    whole = cp_model.Domain.from_values(np.unique(made.start[own]).tolist())
    length = asked.setup + asked.length + asked.clear
    found = []
    for _ in range(asked.sessions):
        one = _Held(a, model.new_bool_var(""), model.new_int_var_from_domain(whole, ""))
        for place in np.unique(made.place[own]).tolist():
            literal = model.new_bool_var("")
            starts = cp_model.Domain.from_values(made.start[own & (made.place == place)].tolist())
            model.add_linear_expression_in_domain(one.start, starts).only_enforce_if(literal)
            one.places[place] = literal
            begin = one.start - asked.setup
            one.intervals[place] = model.new_optional_fixed_size_interval_var(begin, length, literal, "")
        model.add(sum(one.places.values()) == one.there)
        found.append(one)
    days = [model.new_int_var(0, 6, "") for _ in found]
    for one, day in zip(found, days, strict=True):
        model.add_division_equality(day, one.start, DAY_CELLS)
    for (one, day), (other, later) in pairwise(zip(found, days, strict=True)):
        model.add_implication(other.there, one.there)
        model.add(later >= day + asked.days_apart).only_enforce_if(other.there)
    return found


def _rooms(model: cp_model.CpModel, centre: Centre, held: list[_Held]) -> None:
    """Use a room for one thing at a time; what may share it takes its seats only."""
    for room in range(len(centre.rooms)):
        capacity = centre.rooms[room].capacity
        intervals, seats, words = [], [], defaultdict(list)
        for one in held:
            asked = centre.activities[one.activity]
            for place, interval in one.intervals.items():
                if room in centre.places[place]:
                    shares = asked.shares if len(centre.places[place]) == 1 else ""
                    intervals.append(interval)
                    seats.append(asked.attendance if shares else capacity)
                    words[shares].append(interval)
        if set(words) <= {""}:
            model.add_no_overlap(intervals)
        elif intervals:
            model.add_cumulative(intervals, seats, capacity)
            names = sorted(set(words) - {""})
            for n, word in enumerate(names):
                for other in names[n + 1 :]:
                    for x in words[word]:
                        for y in words[other]:
                            model.add_no_overlap([x, y])


def _people(model: cp_model.CpModel, centre: Centre, held: list[_Held]) -> None:
    """Let no organiser be in two places at once."""
    groups = defaultdict(list)
    for one in held:
        name = centre.activities[one.activity].organiser
        if name:
            groups[name] += list(one.intervals.values())
    for intervals in groups.values():
        model.add_no_overlap(intervals)


def _walls(model: cp_model.CpModel, centre: Centre, held: list[_Held]) -> None:
    """Let nothing loud take place behind the wall of what wants quiet."""

    def within(room: int, loud: bool) -> list[Any]:
        acts = centre.activities
        fits = [one for one in held if (acts[one.activity].noise == LOUD if loud else acts[one.activity].wants_quiet)]
        return [i for one in fits for place, i in one.intervals.items() if room in centre.places[place]]

    for wall in centre.walls:
        for here, there in (wall, wall[::-1]):
            noisy, still = within(here, True), within(there, False)
            if noisy and still:
                most = len(still) + 1
                model.add_cumulative([*noisy, *still], [most] * len(noisy) + [1] * len(still), most)


def _need(model: cp_model.CpModel, made: Choices, held: list[_Held]) -> list[Any]:
    """Return the costs of what is not served, and of the group that is served worst."""
    centre, most = made.centre, model.new_int_var(0, 1000, "")
    possible = possible_sessions(made)
    lacking, asked = defaultdict(list), defaultdict(int)
    costs: list[Any] = [FLOORS * most]
    for one in held:
        activity = centre.activities[one.activity]
        costs.append(NEED[activity.priority] * (activity.weight // QUARTER) * (1 - one.there))
        lacking[activity.group].append((activity.weight, one.there))
    for a, activity in enumerate(centre.activities):
        asked[activity.group] += possible[a] * activity.weight
    for group, parts in lacking.items():
        if asked[group]:
            served = sum(weight * there for weight, there in parts)
            model.add(asked[group] * most >= 1000 * (asked[group] - served))
    return costs


def _habits(model: cp_model.CpModel, centre: Centre, held: list[_Held]) -> list[Any]:
    """Return the costs of published sessions that are not kept, and of minutes outside preferred hours."""
    costs: list[Any] = []
    own = defaultdict(list)
    for one in held:
        own[one.activity].append(one)
        minutes = [outside(centre, Session(one.activity, start, 0)) for start in range(WEEK_CELLS)]
        if any(minutes):
            late = model.new_int_var(0, max(minutes), "")
            model.add_element(one.start, minutes, late)
            both = model.new_int_var(0, max(minutes), "")
            model.add(both >= late).only_enforce_if(one.there)
            costs.append(MINUTE * both)
    for session in centre.today:
        kept = []
        for one in own[session.activity]:
            if session.place in one.places:
                same = model.new_bool_var("")
                model.add(one.start == session.start).only_enforce_if(same)
                model.add_implication(same, one.places[session.place])
                kept.append(same)
        stays = model.new_bool_var("")
        model.add(sum(kept) >= 1).only_enforce_if(stays)
        costs.append(CHANGE * (1 - stays))
    return costs
