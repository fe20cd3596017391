"""Simulated annealing for curriculum timetabling: one lecture to another slot, or two that exchange theirs.

A slot is a period in a room. Who holds a slot, how many lectures are in conflict with a course in a period, on which
days and in which rooms a course is, and in which periods of a day a curriculum is taught (a word of bits) are kept
as counters, so that a move is priced without being made. Rooms hold one lecture at a time and closed periods stay
empty throughout; conflicts of courses are a penalty that the search may pay on its way.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from workbench.network.kernel import Flags, Floats, Ints, compiled, inlined


class Ground(NamedTuple):
    """An instance in flat arrays.

    ``course`` of each lecture; ``apart`` (courses, courses), 1 where two cannot be at once; the open periods of a
    course ``open_start``, ``open_period``, and ``open`` (courses, periods); ``over`` (courses, rooms), students without
    a seat; ``fewest`` days; ``part_start``, ``part`` curricula of a course, and ``inside`` (curricula, courses);
    ``enemy_start``, ``enemy`` courses in conflict with a course, itself among them; ``alone`` by word of bits, periods
    taught that have no neighbour; ``day`` of each period and its ``bit``; ``most``, what another period for one
    lecture of a course can save at most.
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
    most: Ints


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


DAY, ALONE = 5, 2
"""Costs of a missing day and of a lecture alone; a student without a seat and a further room cost 1."""
DRAWS = 4096
"""Quantiles of the exponential distribution that stand for its draws."""


@compiled
def put(lecture: int, period: int, room: int, ground: Ground, state: State) -> int:
    """Hold a lecture that is not held yet; return what that costs more, conflicts apart."""
    course, day = ground.course[lecture], ground.day[period]
    state.period[lecture], state.room[lecture] = period, room
    state.holder[period, room] = lecture
    for k in range(ground.enemy_start[course], ground.enemy_start[course + 1]):
        state.foes[ground.enemy[k], period] += 1
    alone = 0
    for k in range(ground.part_start[course], ground.part_start[course + 1]):
        q = ground.part[k]
        before = state.word[q, day]
        state.taught[q, period] += 1
        state.word[q, day] = before | ground.bit[period]
        alone += ground.alone[state.word[q, day]] - ground.alone[before]
    change = ALONE * alone + ground.over[course, room]
    if state.on_day[course, day] == 0:
        change -= DAY * (state.days[course] < ground.fewest[course])
        state.days[course] += 1
    state.on_day[course, day] += 1
    if state.in_room[course, room] == 0:
        change += state.rooms[course] > 0
        state.rooms[course] += 1
    state.in_room[course, room] += 1
    return int(change)


@compiled
def take(lecture: int, ground: Ground, state: State) -> int:
    """Hold a lecture no longer; return what that costs more, conflicts apart."""
    course, period, room = ground.course[lecture], state.period[lecture], state.room[lecture]
    day = ground.day[period]
    state.holder[period, room] = -1
    for k in range(ground.enemy_start[course], ground.enemy_start[course + 1]):
        state.foes[ground.enemy[k], period] -= 1
    alone = 0
    for k in range(ground.part_start[course], ground.part_start[course + 1]):
        q = ground.part[k]
        before = state.word[q, day]
        state.taught[q, period] -= 1
        if state.taught[q, period] == 0:
            state.word[q, day] = before ^ ground.bit[period]
            alone += ground.alone[state.word[q, day]] - ground.alone[before]
    change = ALONE * alone - ground.over[course, room]
    state.on_day[course, day] -= 1
    if state.on_day[course, day] == 0:
        state.days[course] -= 1
        change += DAY * (state.days[course] < ground.fewest[course])
    state.in_room[course, room] -= 1
    if state.in_room[course, room] == 0:
        state.rooms[course] -= 1
        change -= state.rooms[course] > 0
    return int(change)


@inlined
def chain(lecture: int, goal: int, links: Ints, marks: Flags, ground: Ground, state: State) -> Any:
    """Find what must change periods with a lecture so that no conflict is new; return how many, 0 = a period is closed.

    ``links`` (4, lectures) takes the lectures, and where they are; ``marks`` (lectures,) is False before and after.
    """
    here, count, fits = state.period[lecture], 1, True
    links[0, 0] = lecture
    marks[lecture] = True
    k = 0
    while k < count and fits:
        one = links[0, k]
        links[1, k], links[2, k] = state.period[one], state.room[one]
        there = goal if state.period[one] == here else here
        links[3, k] = there
        course = ground.course[one]
        fits = ground.open[course, there] != 0
        for room in range(state.holder.shape[1]):
            other = state.holder[there, room]
            if other >= 0 and not marks[other] and ground.apart[course, ground.course[other]]:
                marks[other] = True
                links[0, count] = other
                count += 1
        k += 1
    for k in range(count):
        marks[links[0, k]] = False
    return count if fits else 0


@inlined
def free_room(lecture: int, period: int, room: int, ground: Ground, state: State) -> Any:
    """Return the cheapest room that is free for a lecture, its own first; -1 when there is none."""
    if state.holder[period, room] < 0:
        return room
    course, best, least = ground.course[lecture], -1, 0
    for r in range(state.holder.shape[1]):
        if state.holder[period, r] < 0:
            cost = 2 * ground.over[course, r] + 2 * (state.in_room[course, r] == 0)
            if best < 0 or cost < least:
                best, least = r, cost
    return best


@compiled
def swing(
    lecture: int, goal: int, bar: float, penalty: int, links: Ints, marks: Flags, ground: Ground, state: State
) -> tuple[int, int]:
    """Move a lecture with its chain (Kempe) if that costs no more than ``bar``; return change of conflicts and cost."""
    count = 0 if state.period[lecture] == goal else chain(lecture, goal, links, marks, ground, state)
    if count == 0:
        return 0, 0
    shift, change, held = 0, 0, 0
    for k in range(count):
        shift -= state.foes[ground.course[links[0, k]], links[1, k]] - 1
        change += take(links[0, k], ground, state)
    for k in range(count):
        one, to = links[0, k], links[3, k]
        room = free_room(one, to, links[2, k], ground, state)
        if room < 0:
            break
        shift += state.foes[ground.course[one], to]
        change += put(one, to, room, ground, state)
        held += 1
    if held == count and change + penalty * shift <= bar:
        return shift, change
    for k in range(held):
        take(links[0, k], ground, state)
    for k in range(count):
        put(links[0, k], links[1, k], links[2, k], ground, state)
    return 0, 0


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
def clash_change(course: int, period: int, goal: int, ground: Ground, state: State) -> Any:
    """Count conflicts more or less if one lecture takes another period."""
    return 0 if period == goal else state.foes[course, goal] - state.foes[course, period] + 1


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


@inlined
def step(lecture: int, period: int, room: int, bar: float, penalty: int, ground: Ground, state: State) -> Any:
    """Move a lecture into a slot, whose holder takes its place, if that costs no more than ``bar``.

    Returns the change of conflicts and of cost; 0 and 0 when nothing moves. What conflicts alone make too
    dear, whatever else is saved, is not priced further.
    """
    course, old, place = ground.course[lecture], state.period[lecture], state.room[lecture]
    holder, other = state.holder[period, room], -1
    change, most = room_change(course, place, room, ground, state), ground.most[course]
    shift = clash_change(course, old, period, ground, state)
    if holder >= 0:
        other = ground.course[holder]
        if other == course or ground.open[other, old] == 0:
            return 0, 0
        change += room_change(other, room, place, ground, state)
        shift += clash_change(other, period, old, ground, state)
        most += ground.most[other]
        if period != old:
            shift -= 2 * ground.apart[course, other]
    if period != old:
        if change + penalty * shift - most > bar:
            return 0, 0
        change += time_change(course, old, period, other, ground, state)
        if holder >= 0:
            change += time_change(other, period, old, course, ground, state)
    if change + penalty * shift > bar:
        return 0, 0
    exchange(lecture, period, room, ground, state)
    return shift, change


@compiled
def walk(ground: Ground, state: State, best: Ints, chance: Ints, heat: Floats, settings: Ints) -> tuple[int, int]:
    """Anneal: try so many moves at each temperature of ``heat``; keep the best timetable without conflicts.

    ``best`` (2, lectures) takes periods and rooms; ``chance`` (1,) is the state of the dice (xorshift, Marsaglia
    2003), never 0. ``settings``: moves at a temperature, penalty of a conflict, moves of which one is a chain, and
    the cost at which to stop. Returns the cost of the best, -1 when there is none, and how many moves were tried.
    """
    lectures, rooms = state.period.size, state.holder.shape[1]
    moves, penalty, turn, least = settings[0], settings[1], settings[2], settings[3]
    draws = -np.log((np.arange(DRAWS) + 0.5) / DRAWS)
    links, marks = np.empty((4, lectures), np.int64), np.zeros(lectures, np.bool_)
    clashes, cost = value(ground, state)
    found, tried = -1, 0
    word = np.uint64(chance[0])
    for warm in heat:
        for _ in range(moves):
            tried += 1
            word ^= word << np.uint64(13)
            word ^= word >> np.uint64(7)
            word ^= word << np.uint64(17)
            bits = np.int64(word >> np.uint64(1))
            lecture = ((bits & 0xFFFF) * lectures) >> 16
            first = ground.open_start[ground.course[lecture]]
            spread = ground.open_start[ground.course[lecture] + 1] - first
            period = ground.open_period[first + ((((bits >> 16) & 0xFFFF) * spread) >> 16)]
            room = (((bits >> 32) & 0xFFFF) * rooms) >> 16
            bar = warm * draws[(bits >> 48) & (DRAWS - 1)]
            if tried % turn:
                shift, change = step(lecture, period, room, bar, penalty, ground, state)
            else:
                shift, change = swing(lecture, period, bar, penalty, links, marks, ground, state)
            clashes += shift
            cost += change
            if clashes == 0 and (found < 0 or cost < found):
                found = cost
                best[0, :], best[1, :] = state.period, state.room
                if found <= least:
                    return found, tried
    chance[0] = np.int64(word)
    return found, tried
