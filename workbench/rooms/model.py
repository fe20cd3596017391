"""The timetable of one centre as a program of whole numbers, one function a rule.

The variables are flags for each session that could be, then for each room whether it is in use, for each office whether
it is given over, for each shared use whether it holds its room, and one number, the largest shortfall of a group in
‰. Time-indexed flags with a row for each maximal set of sessions that overlap (the maximal cliques of an interval
graph) describe one room exactly: their matrix is totally unimodular, so bounds are tight.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.rooms.problem import DAY_CELLS, DAYS, LOUD, MILLE, WEEK_CELLS, Centre, Choices, Rule, Timetable
from workbench.solving import LinearProgram, Row, at_most, stacked

# ----------------------------------------------------------------------------------------------------------------------
# The timetable of one centre as a program of whole numbers, one function a rule.


@dataclass(frozen=True, eq=False)
class _Shared:
    """One shared use of a room: at a cell, activities of one word may hold the room together."""

    room: int
    cell: int
    word: str
    choices: Ints


@dataclass(frozen=True, eq=False)
class Columns:
    """The variables, and how to find them."""

    choices: Choices
    shared: tuple[_Shared, ...] = field(default=())
    flags: int = 0
    """Further flags, for rows of somebody else."""

    @property
    def centre(self) -> Centre:
        """The centre."""
        return self.choices.centre

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.flag(self.flags)

    def flag(self, number: int) -> int:
        """Return a further flag."""
        return self.shortfall + 1 + number

    def open(self, room: int) -> int:
        """Whether a room is in use."""
        return self.choices.count + room

    def give(self, office: int) -> int:
        """Whether an office, by its number among the offices, is given over."""
        return self.choices.count + len(self.centre.rooms) + office

    def share(self, number: int) -> int:
        """Whether a shared use holds its room."""
        return self.give(len(self.centre.offices)) + number

    @property
    def shortfall(self) -> int:
        """Largest shortfall of a group, ‰."""
        return self.share(len(self.shared))

    @cached_property
    def word(self) -> npt.NDArray[np.object_]:
        """Word under which each choice may share its room, shape (n,); empty = it holds it alone."""
        choices, centre = self.choices, self.centre
        words = [a.shares if a.sessions else "" for a in centre.activities]
        single = len(centre.rooms)
        return np.array(
            [words[a] if p < single else "" for a, p in zip(choices.activity, choices.place, strict=True)], dtype=object
        )


def columns(choices: Choices) -> Columns:
    """Return the variables; shared uses stand only where two different activities could really meet."""
    bare = Columns(choices)
    shared = []
    for room in range(len(choices.centre.rooms)):
        here = choices.in_room(room)
        for word in sorted({w for w in bare.word[here] if w}):
            own = here[bare.word[here] == word]
            if len(set(choices.activity[own].tolist())) < 2:
                continue
            for cell in peaks(choices.begins[here], choices.ends[here]):
                at = own[(choices.begins[own] <= cell) & (cell < choices.ends[own])]
                if len(set(choices.activity[at].tolist())) > 1:
                    shared.append(_Shared(room, int(cell), word, at))
    return Columns(choices, tuple(shared))


def peaks(begins: Ints, ends: Ints) -> Ints:
    """Return cells at which intervals overlap in maximal sets: starts with an end before the next start."""
    first = np.unique(begins)
    last = np.sort(ends)
    upto = np.append(first[1:], WEEK_CELLS + 1)
    return first[np.searchsorted(last, upto, "right") > np.searchsorted(last, first, "right")]


def _no_more_than_asked(columns: Columns) -> list[Row]:
    """Hold no activity more often than it is asked for."""
    activity = columns.choices.activity
    return [at_most(np.flatnonzero(activity == a), 1.0, x.sessions) for a, x in enumerate(columns.centre.activities)]


def _one_use(columns: Columns) -> list[Row]:
    """Use a room for one thing at a time, or for one shared use; a room in use is open."""
    found, choices = [], columns.choices
    shared = {(s.room, s.cell, s.word): n for n, s in enumerate(columns.shared)}
    for room in range(len(columns.centre.rooms)):
        here = choices.in_room(room)
        for cell in peaks(choices.begins[here], choices.ends[here]).tolist():
            at = here[(choices.begins[here] <= cell) & (cell < choices.ends[here])]
            uses = {w: shared[room, cell, w] for w in set(columns.word[at]) if (room, cell, w) in shared}
            alone = at[[word not in uses for word in columns.word[at]]]
            held = [columns.share(number) for number in sorted(uses.values())]
            amounts = np.append(np.ones(len(alone) + len(held)), -1.0)
            found.append(at_most(np.concatenate((alone, held, [columns.open(room)])).astype(np.int64), amounts, 0.0))
    return found


def _shared_uses(columns: Columns) -> list[Row]:
    """Let activities share a room only while their shared use holds it, each once, and all have a seat."""
    found, activities = [], columns.centre.activities
    for number, use in enumerate(columns.shared):
        held = columns.share(number)
        activity = columns.choices.activity[use.choices]
        for a in np.unique(activity):
            at = np.append(use.choices[activity == a], held)
            found.append(at_most(at, np.append(np.ones(len(at) - 1), -1.0), 0.0))
        people = np.array([a.attendance for a in activities], np.int64)
        capacity = columns.centre.rooms[use.room].capacity
        fill = float(fullest(people[np.unique(activity)].tolist(), capacity))
        found.append(at_most(np.append(use.choices, held), np.append(people[activity].astype(np.float64), -fill), 0.0))
        for few, most in crowds(people, np.unique(activity), capacity):
            at = np.append(use.choices[np.isin(activity, few)], held)
            found.append(at_most(at, np.append(np.ones(len(at) - 1), -float(most)), 0.0))
    return found


def fullest(people: Sequence[int], capacity: int) -> int:
    """Return the most seats that some of these can take: a tighter side than the capacity itself."""
    reached = 1
    for count in people:
        reached |= reached << count & (1 << capacity + 1) - 1
    return reached.bit_length() - 1


def crowds(people: Ints, among: Ints, capacity: int) -> list[tuple[Ints, int]]:
    """Return activities of which only so many find a seat together: cover inequalities of the seats.

    They add nothing for whole sessions, but a room may not hold fractions of too many.
    """
    size = people[among]
    found = []
    for most in range(1, len(among)):
        large = among[(most + 1) * size > capacity]
        if len(large) > most:
            found.append((large, most))
    half = 2 * size > capacity
    for a in among[~half]:
        beside = among[half & (size + people[a] > capacity)]
        if len(beside):
            found.append((np.append(beside, a), 1))
    return found


def _one_place(columns: Columns) -> list[Row]:
    """Let no organiser be in two places at once, nor an activity with several sessions a day."""
    choices, activities = columns.choices, columns.centre.activities
    names = sorted({a.organiser for a in activities if a.organiser})
    groups = [[n for n, a in enumerate(activities) if a.organiser == name] for name in names]
    groups += [[n] for n, a in enumerate(activities) if a.days_apart == 0 and a.sessions > 1]
    return [row for group in groups for row in never_at_once(columns, np.flatnonzero(np.isin(choices.activity, group)))]


def never_at_once(columns: Columns, here: Ints) -> list[Row]:
    """Let no two of some sessions overlap, wherever they are."""
    begins, ends = columns.choices.begins[here], columns.choices.ends[here]
    return [at_most(here[(begins <= cell) & (cell < ends)], 1.0, 1.0) for cell in peaks(begins, ends)]


def _days_apart(columns: Columns) -> list[Row]:
    """Keep the sessions of an activity so many days apart, also from one week to the next, which repeats it."""
    choices, found = columns.choices, []
    for a, activity in enumerate(columns.centre.activities):
        if activity.sessions < 2 or activity.days_apart < 1:
            continue
        own = np.flatnonzero(choices.activity == a)
        day = choices.day[own]
        span = activity.days_apart
        firsts = range(DAYS if 2 * span <= DAYS else 1)  # beyond, no two days of a week are so far apart
        reach = span if len(firsts) > 1 else DAYS
        found += [at_most(own[(day - first) % DAYS < reach], 1.0, 1.0) for first in firsts]
    return found


def _quiet_beside(columns: Columns) -> list[Row]:
    """Let nothing loud take place behind the wall of what wants quiet."""
    activities = columns.centre.activities
    return _apart(columns, [a.noise == LOUD for a in activities], [a.wants_quiet for a in activities])


def _no_fire_beside(columns: Columns) -> list[Row]:
    """Let nothing cook behind the wall of small children or of people who rest."""
    activities = columns.centre.activities
    return _apart(columns, [a.cooks for a in activities], [a.no_fire_beside for a in activities])


def _apart(columns: Columns, disturbs: list[bool], disturbed: list[bool]) -> list[Row]:
    """Let no activity that disturbs take place behind the wall of one that is disturbed, at the same time."""
    choices = columns.choices
    loud, quiet = (np.array(flags, bool)[choices.activity] for flags in (disturbs, disturbed))
    found = []
    for wall in columns.centre.walls:
        sides = [choices.in_room(room) for room in wall]
        for here, there in (sides, sides[::-1]):
            noisy, still = here[loud[here]], there[quiet[there]]
            if not (len(noisy) and len(still)):
                continue
            both = np.concatenate((noisy, still))
            for cell in peaks(choices.begins[both], choices.ends[both]):
                found += _beside(columns, noisy, still, int(cell))
    return found


def _beside(columns: Columns, noisy: Ints, still: Ints, cell: int) -> list[Row]:
    """Return the rows of one wall at one cell; what may share its room is held against the noise singly."""
    choices = columns.choices
    noisy, still = (x[(choices.begins[x] <= cell) & (cell < choices.ends[x])] for x in (noisy, still))
    if not (len(noisy) and len(still)):
        return []
    shares = np.array([bool(word) for word in columns.word[still]])
    groups = [[still[~shares]], [still[[i]] for i in np.flatnonzero(shares)]]
    return [at_most(np.concatenate((noisy, part)), 1.0, 1.0) for group in groups for part in group if len(part)]


def _offices_open(columns: Columns) -> list[Row]:
    """Use an office only where it is given over."""
    return [
        at_most([columns.open(r), columns.give(n)], np.array([1.0, -1.0]), 0.0)
        for n, r in enumerate(columns.centre.offices)
    ]


def _resident_share(columns: Columns) -> list[Row]:
    """Keep no more area as offices than the standard allows."""
    centre = columns.centre
    if not centre.offices:
        return []
    area = np.array([centre.rooms[r].area_dm2 for r in centre.offices], np.float64)
    at = [columns.give(n) for n in range(len(area))]
    return [at_most(at, -area, centre.most_office_dm2 - float(area.sum()))]


def _offices_kept(columns: Columns) -> list[Row]:
    """Keep as many offices as are needed."""
    offices = len(columns.centre.offices)
    return (
        [at_most([columns.give(n) for n in range(offices)], 1.0, offices - columns.centre.fewest_offices)]
        if offices
        else []
    )


def _fixed_kept(columns: Columns) -> list[Row]:
    """Hold every fixed session; one that cannot be held makes the centre infeasible."""
    found = []
    for session in columns.centre.fixed:
        at = columns.choices.find(session)
        found.append(at_most([] if at is None else [at], -1.0, -1.0))
    return found


def floors(columns: Columns, possible: Sequence[int]) -> list[Row]:
    """Let the shortfall be at least that of every group, of what could be served at all."""
    activities, found = columns.centre.activities, []
    for group in sorted({a.group for a in activities}):
        weight = np.array([a.weight if a.group == group else 0 for a in activities], np.float64)
        asked = float(weight @ np.asarray(possible, np.float64))
        served = weight[columns.choices.activity]
        at = np.flatnonzero(served)
        if asked:
            amounts = np.append(-MILLE * served[at], -asked)
            found.append(at_most(np.append(at, columns.shortfall), amounts, -MILLE * asked))
    return found


RULES: Mapping[Rule, Callable[[Columns], list[Row]]] = MappingProxyType(
    {
        Rule.SESSIONS: _no_more_than_asked,
        Rule.ONE_USE: _one_use,
        Rule.CAPACITY: _shared_uses,
        Rule.ORGANISER: _one_place,
        Rule.DAYS_APART: _days_apart,
        Rule.NEIGHBOURS: _quiet_beside,
        Rule.FIRE: _no_fire_beside,
        Rule.OFFICE: _offices_open,
        Rule.RESIDENT_SHARE: _resident_share,
        Rule.OFFICES_KEPT: _offices_kept,
        Rule.FIXED: _fixed_kept,
    }
)
"""Rules on sessions together; those on single sessions are kept by the choices."""


def program(columns: Columns, relaxed: Collection[Rule] = ()) -> LinearProgram:
    """Put the rules together; the objective is left empty."""
    rows = [row for rule, build in RULES.items() if rule not in relaxed for row in build(columns)]
    return of_flags(rows, columns.count, columns.shortfall)


def of_flags(rows: list[Row], count: int, shortfall: int) -> LinearProgram:
    """Return the program of rows over flags and one number, the largest shortfall in ‰; the objective is left empty."""
    matrix, most = stacked(rows, count)
    upper = np.ones(count)
    upper[shortfall] = MILLE
    lowest = np.full(len(most), -np.inf)
    every = np.ones(count, np.bool_)
    return LinearProgram(np.zeros(count), matrix, lowest, most, np.zeros(count), upper, every)


def timetable(columns: Columns, values: Floats) -> Timetable:
    """Return the timetable that values of the variables stand for."""
    chosen = np.flatnonzero(values[: columns.choices.count] > 0.5)
    given = tuple(r for n, r in enumerate(columns.centre.offices) if values[columns.give(n)] > 0.5)
    return Timetable(columns.choices.sessions(chosen), given)


# ----------------------------------------------------------------------------------------------------------------------
# Days that are alike, folded into one: a smaller program whose optimum bounds that of the week.
#
# Two days are alike where the same sessions could be at the same hours. To exchange them changes neither rules nor
# need, so that flags of such days may be added up: one whole number says on how many of them a session takes place.
# The rows of these days are added up as well. What is left is a relaxation (which session is on which day is
# forgotten), as tight as the linear one of the week at least, far smaller, and free of the symmetry that keeps a
# search from its proof.


_SAME = 1e-9


def alike(choices: Choices) -> Ints:
    """Return for each day of the week the first day that is like it, shape (7,)."""
    first: dict[tuple[bytes, bytes, bytes], int] = {}
    found = []
    for day in range(DAYS):
        own = choices.day == day
        key = (
            choices.activity[own].tobytes(),
            (choices.start[own] % DAY_CELLS).tobytes(),
            choices.place[own].tobytes(),
        )
        found.append(first.setdefault(key, day))
    return np.array(found, np.int64)


@dataclass(frozen=True, eq=False)
class Folding:
    """Which variables of the week are one variable of the folded week.

    Parameters
    ----------
    orbit
        Shape (n,), the folded variable of each.
    size
        Shape (k,), how many variables each folded one stands for.
    """

    orbit: Ints
    size: Ints

    @classmethod
    def of(cls, columns: Columns) -> Folding | None:
        """Return how the week of a centre folds; None if no two days on which anything could be are alike."""
        like = alike(columns.choices)
        days = np.unique(columns.choices.day)
        if len(np.unique(like[days])) == len(days):
            return None
        found = columns.choices
        at = np.arange(columns.count)
        keys = np.stack([np.full(columns.count, -1), at, np.zeros_like(at), np.zeros_like(at)], axis=1)
        keys[: found.count] = np.stack([found.activity, found.start % DAY_CELLS, found.place, like[found.day]], axis=1)
        words = {word: n for n, word in enumerate(sorted({s.word for s in columns.shared}))}
        for number, use in enumerate(columns.shared):
            day, cell = divmod(use.cell, DAY_CELLS)
            keys[columns.share(number)] = (-2 - words[use.word], use.room, cell, like[day])
        _, orbit, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        return cls(orbit.reshape(-1).astype(np.int64), size.astype(np.int64))

    @property
    def count(self) -> int:
        """How many folded variables there are."""
        return len(self.size)

    def cost(self, cost: Floats) -> Floats:
        """Return the least cost of the variables of each folded one, shape (k,)."""
        least = np.full(self.count, np.inf)
        np.minimum.at(least, self.orbit, cost)
        return least

    def fold(self, program: LinearProgram) -> LinearProgram:
        """Return the program of the folded week; its cost is empty.

        Rows that are the same once folded are added up. A variable of a row takes the least amount of those that it
        stands for: as none is negative, the row holds for every solution of the week.
        """
        onto = sp.csr_array((np.ones(len(self.orbit)), (np.arange(len(self.orbit)), self.orbit)))
        folded = sp.csr_array(program.rows @ onto)
        folded.sort_indices()
        group, sides = _groups(folded, program.row_upper)
        adding = sp.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(sides), len(group)))
        total = sp.csr_array(adding @ program.rows)
        rows = sp.csr_array(total @ onto)
        rows.data = rows.data / self.size[rows.indices]
        uneven = abs(sp.csr_array(total - rows @ onto.T)).max(axis=1).toarray().ravel() > _SAME
        if uneven.any():
            least = [self.cost(total[[row]].toarray().ravel()) for row in np.flatnonzero(uneven)]
            rows = sp.csr_array(sp.vstack([rows[np.flatnonzero(~uneven)], sp.csr_array(np.array(least))]))
            sides = np.concatenate((sides[~uneven], sides[uneven]))
        rows.eliminate_zeros()
        upper = np.bincount(self.orbit, program.upper, self.count).astype(np.float64)
        none, every = np.zeros(self.count), np.ones(self.count, np.bool_)
        return LinearProgram(none, rows, np.full(len(sides), -np.inf), sides, none, upper, every)


def _groups(rows: sp.csr_array, most: Floats) -> tuple[Ints, Floats]:
    """Return the group of each row, rows alike being one group, and the sides of each group added up."""
    known: dict[tuple[bytes, bytes, float], int] = {}
    group = np.empty(rows.shape[0], np.int64)
    ends = rows.indptr.tolist()
    for row, side in enumerate(most.tolist()):
        here = slice(ends[row], ends[row + 1])
        key = (rows.indices[here].tobytes(), rows.data[here].tobytes(), side)
        group[row] = known.setdefault(key, len(known))
    return group, np.bincount(group, most, len(known)).astype(np.float64)
