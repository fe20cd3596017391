"""替换芯: who could stand in when somebody is ill, what stays empty, and who should learn what.

The roster of the other days stands. Whoever is ill leaves a shift; it matters where a need then lacks somebody. Another
takes it who can hold it without breaking a rule on her or his own days: somebody off, somebody whose own shift can be
spared, or somebody whose shift a third one takes (an augmenting path: Berge 1957), so that nothing is empty that could
be held.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np

from workbench.arrays import Flags
from workbench.rostering.problem import Duties, Duty, Hall, Need, RosterRule
from workbench.solving import LinearProgram, at_most, isolating_weights, solve_mip, stacked

_ONE: Final = float(1 << 27)
"""What a training weighs; above all weights that choose among equals."""
Training = tuple[int, str]
"""A person, by position, and a post that she or he learns to hold."""


@dataclass(frozen=True, eq=False)
class StandIns:
    """Who could take which duty beside a roster.

    Parameters
    ----------
    hall
        The centre.
    duties
        Its roster.
    """

    hall: Hall
    duties: Duties

    @cached_property
    def held(self) -> Mapping[tuple[int, int], int]:
        """The shift of each person and day."""
        return {(duty.person, duty.day): duty.shift for duty in self.duties}

    @cached_property
    def there(self) -> Counter[tuple[int, int]]:
        """How many hold each shift, by day and shift."""
        return Counter((duty.day, duty.shift) for duty in self.duties)

    @cached_property
    def _of_duty(self) -> Mapping[tuple[int, int], list[Need]]:
        found: dict[tuple[int, int], list[Need]] = {}
        for need in self.hall.needs:
            for pair in self.hall.covers(need):
                found.setdefault(pair, []).append(need)
        return found

    def _spare(self, need: Need, there: Mapping[tuple[int, int], int]) -> int:
        """Return how many more people hold a post than are needed, or than do in the roster where it lacks some."""
        pairs = self.hall.covers(need)
        least = min(need.staff, sum(self.there[pair] for pair in pairs))
        return sum(there[pair] for pair in pairs) - least

    def empty(self, pairs: Iterable[tuple[int, int]], there: Mapping[tuple[int, int], int]) -> list[Need]:
        """Return the needs of some shifts that lack somebody whom they do not lack in the roster."""
        needs = dict.fromkeys(need for pair in pairs for need in self._of_duty.get(pair, ()))
        return [need for need in needs if self._spare(need, there) < 0]

    @cached_property
    def spared(self) -> frozenset[tuple[int, int]]:
        """Days and shifts of which one person could be spared."""
        return frozenset((day, shift) for day, shift in self.there if self._given_up(day, shift, self.there))

    @cached_property
    def _able(self) -> Flags:
        """Whether somebody could hold a shift on a day, skills aside, the roster of the other days standing."""
        hall = self.hall
        able = np.zeros((len(hall.people), len(hall.days), len(hall.shifts)), bool)
        for p, person in enumerate(hall.people):
            own = self._own[p]
            minutes = np.zeros(hall.weeks, np.int64)
            for day, s in own.items():
                minutes[day // 7] += hall.shifts[s].minutes
            for day in range(hall.fixed, len(hall.days)):
                if day in person.leave or not self.may_work(p, day):
                    continue
                left = hall.weekly_most(p, day // 7) - minutes[day // 7]
                left += hall.shifts[own[day]].minutes if day in own else 0
                for s, shift in enumerate(hall.shifts):
                    able[p, day, s] = (
                        shift.minutes <= left
                        and set(hall.refused(p, day, s)) <= {RosterRule.SKILL}
                        and not (day - 1 in own and hall.clash(own[day - 1], s))
                        and not (day + 1 in own and hall.clash(s, own[day + 1]))
                    )
        return able

    @cached_property
    def _own(self) -> tuple[dict[int, int], ...]:
        """The shifts of each person, by day."""
        found: tuple[dict[int, int], ...] = tuple({} for _ in self.hall.people)
        for person, day, shift in self.duties:
            found[person][day] = shift
        return found

    def may_work(self, person: int, day: int) -> bool:
        """Tell whether a day of duty more breaks no rule on days in a row."""
        own, before, after = self._own[person], day - 1, day + 1
        while before in own:
            before -= 1
        while after in own:
            after += 1
        run = after - before - 1 + (self.hall.people[person].run if before < 0 else 0)
        return run <= self.hall.terms.consecutive

    def can(self, person: int, day: int, shift: int) -> bool:
        """Tell whether somebody could hold a shift on a day, the roster of the other days standing."""
        skilled = self.hall.shifts[shift].posts <= self.hall.people[person].skills
        return bool(self._able[person, day, shift]) and skilled

    def to_spare(self, day: int) -> Iterator[int]:
        """Go through the people who are off on a day, or whose shift could be spared."""
        for p, own in enumerate(self._own):
            if day not in own or (day, own[day]) in self.spared:
                yield p

    # --- absences of one day ---

    def empties(self, day: int, absent: frozenset[int]) -> list[Need]:
        """Return the needs that stay empty, whoever stands in, when some people are ill on a day."""
        held = {p: s for (p, d), s in self.held.items() if d == day and p not in absent}
        left = [self.held[p, day] for p in sorted(absent) if (p, day) in self.held]
        there = Counter({(day, s): self.there[day, s] for s in range(len(self.hall.shifts))})
        there |= Counter({(day - 1, s): self.there[day - 1, s] for s in self.hall.nights})
        there |= Counter({(day + 1, s): self.there[day + 1, s] for s in range(len(self.hall.shifts))})
        for s in left:
            there[day, s] -= 1
        pairs = {(day, s) for s in left}
        for s in left:
            if not self.empty(pairs, there):
                return []
            moves = self._path(day, s, held, absent, there)
            for p, taken in moves:
                if p in held:
                    there[day, held[p]] -= 1
                    pairs.add((day, held[p]))
                held[p] = taken
                there[day, taken] += 1
        return self.empty(pairs, there)

    def _path(
        self,
        day: int,
        shift: int,
        held: Mapping[int, int],
        absent: frozenset[int],
        there: Mapping[tuple[int, int], int],
    ) -> list[tuple[int, int]]:
        """Return who takes which shift so that one is held and none that is needed is left; empty where nobody can."""
        came: dict[int, tuple[int, int] | None] = {shift: None}
        queue = [shift]
        for vacant in queue:
            for p in range(len(self.hall.people)):
                if p in absent or held.get(p) == vacant or not self.can(p, day, vacant):
                    continue
                own = held.get(p)
                if own is None or self._given_up(day, own, there):
                    moves, step = [(p, vacant)], vacant
                    while (last := came[step]) is not None:
                        moves.append((last[0], last[1]))
                        step = last[1]
                    return moves
                if own not in came:
                    came[own] = (p, vacant)
                    queue.append(own)
        return []

    def _given_up(self, day: int, shift: int, there: Mapping[tuple[int, int], int]) -> bool:
        return all(self._spare(need, there) > 0 for need in self._of_duty.get((day, shift), ()))

    @cached_property
    def critical(self) -> tuple[tuple[Duty, tuple[str, ...]], ...]:
        """Duties whose holder nobody could stand in for, with the posts that are empty then; exact."""
        found = []
        for duty in sorted(self.duties):
            if (duty.day, duty.shift) in self.spared or duty.day < self.hall.fixed:
                continue
            needs = self.empties(duty.day, frozenset({duty.person}))
            if needs:
                found.append((duty, tuple(sorted({need.post for need in needs}))))
        return tuple(found)

    def two_ill(self, draws: int, seed: int) -> tuple[float, float, int]:
        """Return the share of cases of two ill on one day that leave a post empty, its standard error, and the cases.

        All cases are looked at where there are no more than draws; then there is no error.
        """
        of_day: dict[int, list[int]] = {}
        for person, day, _ in sorted(self.duties):
            of_day.setdefault(day, []).append(person)
        cases = [(day, frozenset(two)) for day, who in sorted(of_day.items()) for two in combinations(who, 2)]
        exact = len(cases) <= draws
        if not exact:
            rng = np.random.Generator(np.random.PCG64(seed))
            cases = [cases[k] for k in rng.integers(0, len(cases), draws).tolist()]
        if not cases:
            return 0.0, 0.0, 0
        share = sum(bool(self.empties(*case)) for case in cases) / len(cases)
        return share, 0.0 if exact else math.sqrt(share * (1 - share) / len(cases)), len(cases)

    def expected_days(self, chance: float, two: float) -> float:
        """Return on how many days a post is empty if anybody on duty is ill by chance; three ill are left out."""
        on_duty, alone = Counter(duty.day for duty in self.duties), Counter(duty.day for duty, _ in self.critical)
        total = 0.0
        for day, people in on_duty.items():
            one = chance * (1 - chance) ** (people - 1) * alone[day]
            total += one + math.comb(people, 2) * chance**2 * (1 - chance) ** max(people - 2, 0) * two
        return total

    # --- training ---

    def options(self, duty: Duty) -> list[frozenset[Training]]:
        """Return every set of trainings after which somebody could stand in for a duty, no set within another."""
        reached, queue = {duty.shift}, [duty.shift]
        found: set[frozenset[Training]] = set()
        for vacant in queue:
            posts = self.hall.shifts[vacant].posts
            for p in range(len(self.hall.people)):
                own = self.held.get((p, duty.day))
                if p == duty.person or own == vacant or not self._able[p, duty.day, vacant]:
                    continue
                lacking = posts - self.hall.people[p].skills
                if own is None or (duty.day, own) in self.spared:
                    found.add(frozenset((p, post) for post in lacking))
                elif not lacking and own not in reached:
                    reached.add(own)
                    queue.append(own)
        return sorted((one for one in found if not any(other < one for other in found)), key=sorted)

    def cheapest_training(self) -> tuple[tuple[Training, ...], tuple[Duty, ...]]:
        """Return the fewest trainings after which nobody is a single point of failure, and duties that none mends."""
        options = {duty: self.options(duty) for duty, _ in self.critical}
        hopeless = tuple(duty for duty, sets in options.items() if not sets)
        wanted = sorted({one for sets in options.values() for own in sets for one in own})
        if not wanted:
            return (), hopeless
        column = {training: n for n, training in enumerate(wanted)}
        rows, count = [], len(wanted)
        for sets in {tuple(sets) for sets in options.values() if sets}:
            ways = range(count, count + len(sets))
            count += len(sets)
            rows.append(at_most(list(ways), -1.0, -1.0))
            rows += [
                at_most([way, column[one]], [1.0, -1.0], 0.0)
                for way, own in zip(ways, sets, strict=True)
                for one in own
            ]
        matrix, most = stacked(rows, count)
        cost = np.zeros(count)
        cost[: len(wanted)] = _ONE + isolating_weights(len(wanted), len(wanted))
        low, whole = np.zeros(count), np.ones(count, np.bool_)
        answer = solve_mip(LinearProgram(cost, matrix, np.full(len(most), -np.inf), most, low, np.ones(count), whole))
        assert answer.values is not None, "all trainings together mend what any of them can"
        return tuple(one for one, n in column.items() if answer.values[n] > 0.5), hopeless
