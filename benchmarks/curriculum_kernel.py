"""Simulated annealing for curriculum timetabling: one lecture to another slot, or two that exchange theirs.

A slot is a period in a room. Who holds a slot, how many lectures are in conflict with a course in a period, on which
days and in which rooms a course is, and in which periods of a day a curriculum is taught (a word of bits) are kept
as counters, so that a move is priced without being made. Rooms hold one lecture at a time and closed periods stay
empty throughout; conflicts of courses are a penalty that the search may pay on its way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from workbench.network.compiled import Floats, Ints, compiled, inlined


class Ground(NamedTuple):
    """An instance in flat arrays.

    ``course`` of each lecture; ``apart`` (courses, courses), 1 where two cannot be at once; the open periods of a course
    ``open_start``, ``open_period``, and ``open`` (courses, periods); ``over`` (courses, rooms), students without a
    seat; ``fewest`` days; ``part_start``, ``part`` curricula of a course, and ``inside`` (curricula, courses);
    ``enemy_start``, ``enemy`` courses in conflict with a course, itself among them; ``alone`` by word of bits, periods
    taught that have no neighbour; ``day`` of each period and its ``bit``.
    """

    course: Ints
    apart: Ints
    open_start: Ints
    open_period: Ints
    open: Ints
    over: Ints
    fewest: Ints
    part_start: Ints
    part: Ints
    inside: Ints
    enemy_start: Ints
    enemy: Ints
    alone: Ints
    day: Ints
    bit: Ints


class State(NamedTuple):
    """A timetable, and what follows from it.

    ``period`` and ``room`` of each lecture; ``holder`` (periods, rooms), the lecture or -1; ``foes`` (courses,
    periods), lectures in conflict with a course, its own among them; ``taught`` (curricula, periods), lectures, and
    ``word`` (curricula, days), their bits; ``on_day`` (courses, days), ``days`` of a course, ``in_room`` (courses,
    rooms), ``rooms`` of a course.
    """

    period: Ints
    room: Ints
    holder: Ints
    foes: Ints
    taught: Ints
    word: Ints
    on_day: Ints
    days: Ints
    in_room: Ints
    rooms: Ints


SEATS, DAY, ALONE = 1, 5, 2
"""Costs of a student without a seat (and of a further room), of a missing day, of a lecture alone."""
DRAWS = 4096
"""Quantiles of the exponential distribution that stand for its draws."""


@compiled
def put(lecture: int, period: int, room: int, ground: Ground, state: State) -> None:
    """Hold a lecture that is not held yet."""
    course, day = ground.course[lecture], ground.day[period]
    state.period[lecture], state.room[lecture] = period, room
    state.holder[period, room] = lecture
    for k in range(ground.enemy_start[course], ground.enemy_start[course + 1]):
        state.foes[ground.enemy[k], period] += 1
    for k in range(ground.part_start[course], ground.part_start[course + 1]):
        q = ground.part[k]
        state.taught[q, period] += 1
        state.word[q, day] |= ground.bit[period]
    state.days[course] += state.on_day[course, day] == 0
    state.on_day[course, day] += 1
    state.rooms[course] += state.in_room[course, room] == 0
    state.in_room[course, room] += 1


@compiled
def take(lecture: int, ground: Ground, state: State) -> None:
    """Hold a lecture no longer."""
    course, period, room = ground.course[lecture], state.period[lecture], state.room[lecture]
    day = ground.day[period]
    state.holder[period, room] = -1
    for k in range(ground.enemy_start[course], ground.enemy_start[course + 1]):
        state.foes[ground.enemy[k], period] -= 1
    for k in range(ground.part_start[course], ground.part_start[course + 1]):
        q = ground.part[k]
        state.taught[q, period] -= 1
        if state.taught[q, period] == 0:
            state.word[q, day] ^= ground.bit[period]
    state.on_day[course, day] -= 1
    state.days[course] -= state.on_day[course, day] == 0
    state.in_room[course, room] -= 1
    state.rooms[course] -= state.in_room[course, room] == 0


@inlined
def room_change(course: int, room: int, goal: int, ground: Ground, state: State) -> Any:
    """Price another room for one lecture."""
    if room == goal:
        return 0
    change = ground.over[course, goal] - ground.over[course, room]
    change += (state.in_room[course, goal] == 0) - (state.in_room[course, room] == 1)
    return change


@inlined
def time_change(course: int, period: int, goal: int, other: int, ground: Ground, state: State) -> Any:
    """Price another period for one lecture, conflicts apart; curricula with course ``other`` stay as they are."""
    day, to = ground.day[period], ground.day[goal]
    change = 0
    if day != to:
        days = state.days[course] + (state.on_day[course, to] == 0) - (state.on_day[course, day] == 1)
        change += DAY * (max(0, ground.fewest[course] - days) - max(0, ground.fewest[course] - state.days[course]))
    gone, come = ground.bit[period], ground.bit[goal]
    alone = 0
    for k in range(ground.part_start[course], ground.part_start[course + 1]):
        q = ground.part[k]
        if other >= 0 and ground.inside[q, other]:
            continue
        before = state.word[q, day]
        after = before ^ gone if state.taught[q, period] == 1 else before
        if day == to:
            alone += ground.alone[after | come] - ground.alone[before]
        else:
            there = state.word[q, to]
            alone += ground.alone[after] - ground.alone[before] + ground.alone[there | come] - ground.alone[there]
    return change + ALONE * alone


@inlined
def clash_change(course: int, period: int, goal: int, other: int, ground: Ground, state: State) -> Any:
    """Count conflicts more or less if one lecture takes another period, which one of course ``other`` leaves."""
    if period == goal:
        return 0
    change = state.foes[course, goal] - state.foes[course, period] + 1
    if other >= 0:
        change -= ground.apart[course, other]
    return change


@compiled
def change_of(lecture: int, period: int, room: int, penalty: int, ground: Ground, state: State) -> int:
    """Price a move of a lecture into a slot, whose holder takes its place."""
    holder = state.holder[period, room]
    course, old, place = ground.course[lecture], state.period[lecture], state.room[lecture]
    other = ground.course[holder] if holder >= 0 else -1
    change = penalty * clash_change(course, old, period, other, ground, state)
    change += room_change(course, place, room, ground, state)
    if period != old:
        change += time_change(course, old, period, other, ground, state)
    if holder >= 0:
        change += penalty * clash_change(other, period, old, course, ground, state)
        change += room_change(other, room, place, ground, state)
        if period != old:
            change += time_change(other, period, old, course, ground, state)
    return int(change)


@compiled
def exchange(lecture: int, period: int, room: int, ground: Ground, state: State) -> None:
    """Move a lecture into a slot, whose holder takes its place."""
    holder, old, place = state.holder[period, room], state.period[lecture], state.room[lecture]
    take(lecture, ground, state)
    if holder >= 0:
        take(holder, ground, state)
        put(holder, old, place, ground, state)
    put(lecture, period, room, ground, state)


@compiled
def value(ground: Ground, state: State) -> tuple[int, int]:
    """Count the conflicts and the costs of a timetable anew."""
    clashes, cost = 0, 0
    for lecture in range(state.period.size):
        course = ground.course[lecture]
        clashes += state.foes[course, state.period[lecture]] - 1
        cost += ground.over[course, state.room[lecture]]
    for course in range(state.days.size):
        cost += DAY * max(0, ground.fewest[course] - state.days[course]) + max(0, state.rooms[course] - 1)
    for q in range(state.word.shape[0]):
        for day in range(state.word.shape[1]):
            cost += ALONE * ground.alone[state.word[q, day]]
    return clashes // 2, cost


@compiled
def anneal(
    ground: Ground, state: State, best: Ints, chance: Ints, heat: Floats, moves: int, penalty: int, least: int
) -> tuple[int, int]:
    """Try so many moves at each temperature of ``heat``; keep the best timetable without conflicts.

    ``best`` (2, lectures) takes periods and rooms; ``chance`` (1,) is the state of the dice (xorshift, Marsaglia
    2003), never 0. Stops at once when the cost is ``least``. Returns the cost of the best, -1 when there is none, and how many
    moves were tried.
    """
    lectures, rooms = state.period.size, state.holder.shape[1]
    draws = np.empty(DRAWS)
    for k in range(DRAWS):
        draws[k] = -np.log((k + 0.5) / DRAWS)
    clashes, cost = value(ground, state)
    found, tried = -1, 0
    word = np.uint64(chance[0])
    for step in range(heat.size):
        warm = heat[step]
        for _ in range(moves):
            tried += 1
            word ^= word << np.uint64(13)
            word ^= word >> np.uint64(7)
            word ^= word << np.uint64(17)
            bits = np.int64(word >> np.uint64(1))
            lecture = ((bits & 0xFFFF) * lectures) >> 16
            course, old, place = ground.course[lecture], state.period[lecture], state.room[lecture]
            first = ground.open_start[course]
            spread = ground.open_start[course + 1] - first
            period = ground.open_period[first + ((((bits >> 16) & 0xFFFF) * spread) >> 16)]
            room = (((bits >> 32) & 0xFFFF) * rooms) >> 16
            bar = warm * draws[(bits >> 48) & (DRAWS - 1)]
            holder = state.holder[period, room]
            other = -1
            change = room_change(course, place, room, ground, state)
            shift = clash_change(course, old, period, -1, ground, state)
            if holder >= 0:
                other = ground.course[holder]
                if other == course or ground.open[other, old] == 0:
                    continue
                change += room_change(other, room, place, ground, state)
                shift += clash_change(other, period, old, -1, ground, state)
                if period != old:
                    shift -= 2 * ground.apart[course, other]
            change += penalty * shift
            if period != old:
                if shift > 0 and change > bar + 60.0:
                    continue
                change += time_change(course, old, period, other, ground, state)
                if holder >= 0:
                    change += time_change(other, period, old, course, ground, state)
            if change > bar:
                continue
            exchange(lecture, period, room, ground, state)
            clashes += shift
            cost += change - penalty * shift
            if clashes == 0 and (found < 0 or cost < found):
                found = cost
                best[0, :] = state.period
                best[1, :] = state.room
                if found <= least:
                    chance[0] = np.int64(word)
                    return found, tried
    chance[0] = np.int64(word)
    return found, tried
