"""The roster of one centre, stage by stage, then one of many that are alike.

The stages: what posts ask for, AB岗, no weekend or night in vain, fairness, wishes, changes.

The variables are flags for each duty that could be, how many people each need lacks, whether both of a pair are away,
how much of each burden everybody has, and the most and the least of it. All rules that no roster breaks are rules on
one person, so that there is always a roster unless somebody's own rules contradict each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from types import MappingProxyType
from typing import Final

import numpy as np

from workbench.arrays import Floats
from workbench.rostering.check import both_away, burdens, objectives, refuse_faults, unmet
from workbench.rostering.problem import KINDS, PRIORITIES, Duties, Duty, Hall, RosterRule
from workbench.solving import (
    Interrupt,
    LinearProgram,
    Row,
    Stage,
    StagedSearch,
    Status,
    Way,
    at_most,
    isolating_weights,
    neighbourhoods,
    stacked,
)

UNMET: Final = tuple(f"unmet_{priority}" for priority in PRIORITIES)
STAGES: Final = (*UNMET, "pairs", "burdens", "fairness", "wishes", "changes")
"""What counts, the first most."""
REPAIR: Final = (*UNMET, "changes", "pairs", "burdens", "fairness", "wishes")
"""The same where a roster that is out has to be mended."""
_CHOSEN_TOGETHER: Final = 4
"""Days of which one roster is chosen at a time, among those that are alike."""
_NEAR: Final = 60
"""How many neighbourhoods of a roster are looked at where a stage is not proven."""
_LOOKING: Final = 0.05
"""Share of the effort for each."""
_QUICK: Final = 0.12
"""Share of the effort that CP-SAT has for a stage before HiGHS proves, where a roster to start from is known."""
_CHOOSING: Final = 0.01
"""Share of the effort for each of these choices: what is not proven by then is chosen all the same, and said so."""


@dataclass(frozen=True, eq=False)
class Columns:
    """The variables, and how to find them."""

    hall: Hall

    @cached_property
    def number(self) -> Mapping[Duty, int]:
        """The variable of each duty that could be."""
        return MappingProxyType({duty: n for n, duty in enumerate(self.hall.possible)})

    @cached_property
    def of_day(self) -> Mapping[tuple[int, int], list[int]]:
        """The variables of each person and day."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for duty, n in self.number.items():
            found[duty.person, duty.day].append(n)
        return MappingProxyType(found)

    @cached_property
    def of_shift(self) -> Mapping[tuple[int, int], list[int]]:
        """The variables of each day and shift."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for duty, n in self.number.items():
            found[duty.day, duty.shift].append(n)
        return MappingProxyType(found)

    @cached_property
    def pair_days(self) -> tuple[tuple[str, int], ...]:
        """Each pair on each day on which one of it is on site."""
        return tuple((pair, day) for pair in self.hall.pairs for day in sorted(self.hall.pair_days))

    def lacking(self, need: int) -> int:
        """How many people a need lacks."""
        return len(self.number) + need

    def away(self, pair: int) -> int:
        """Whether both of a pair are away."""
        return self.lacking(len(self.hall.needs)) + pair

    def most(self, kind: int) -> int:
        """Find the most of a burden that anybody has; the least is the next variable."""
        return self.away(len(self.pair_days)) + 2 * kind

    @cached_property
    def shares(self) -> tuple[tuple[int, int], ...]:
        """Each burden with each person who shares it."""
        return tuple((kind, p) for kind, sharing in enumerate(self.hall.sharing) for p in sharing)

    def burden(self, share: int) -> int:
        """How much of a burden somebody has in the quarter: CP-SAT proves fairness by splitting these."""
        return self.most(len(KINDS)) + share

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.burden(len(self.shares))

    @cached_property
    def minutes(self) -> Floats:
        """Minutes of work of each duty, shape (duties,)."""
        return np.array([self.hall.shifts[duty.shift].minutes for duty in self.number], np.float64)

    def values(self, duties: Duties) -> Floats:
        """Return a roster as values of the variables."""
        found = np.zeros(self.count)
        found[[self.number[duty] for duty in duties if duty in self.number]] = 1.0
        lacking, away = unmet(self.hall, duties), set(both_away(self.hall, duties))
        for n, need in enumerate(self.hall.needs):
            found[self.lacking(n)] = lacking.get(need, 0)
        for n, pair in enumerate(self.pair_days):
            found[self.away(n)] = pair in away
        shared = burdens(self.hall, duties)
        for kind, sharing in enumerate(self.hall.sharing):
            own = [shared[p][kind] for p in sharing] or [0]
            found[self.most(kind) : self.most(kind) + 2] = max(own), min(own)
        found[self.burden(0) :] = [shared[p][kind] for kind, p in self.shares]
        return found

    def duties(self, values: Floats) -> Duties:
        """Return the roster that values stand for."""
        return frozenset(duty for duty, n in self.number.items() if values[n] > 0.5)


# ----------------------------------------------------------------------------------------------------------------------
# One function a rule.


def _one_shift(columns: Columns) -> Iterator[Row]:
    """Hold one shift a day at most."""
    for own in columns.of_day.values():
        yield at_most(own, 1.0, 1.0)


def _rest(columns: Columns) -> Iterator[Row]:
    """Rest between a shift and one on the next day."""
    hall = columns.hall
    shifts = range(len(hall.shifts))
    alike: dict[frozenset[int], list[int]] = defaultdict(list)
    for s in shifts:
        alike[frozenset(t for t in shifts if hall.clash(s, t))].append(s)
    for (p, day), own in columns.of_day.items():
        if (p, day + 1) not in columns.of_day or day + 1 < hall.fixed:
            continue
        for after, before in alike.items():
            now = [n for n in own if hall.possible[n].shift in before]
            then = [n for n in columns.of_day[p, day + 1] if hall.possible[n].shift in after]
            if now and then:
                yield at_most(now + then, 1.0, 1.0)


def _consecutive(columns: Columns) -> Iterator[Row]:
    """Have a day off after so many days in a row, those before the roster among them."""
    hall, most = columns.hall, columns.hall.terms.consecutive
    for p, person in enumerate(hall.people):
        for last in range(max(0, hall.fixed), len(hall.days)):
            first = last - most
            before = max(0, -first)
            if before > person.run:
                continue
            days = range(max(0, first), last + 1)
            own = [n for day in days for n in columns.of_day.get((p, day), ())]
            yield at_most(own, 1.0, float(most - before))


def _hours(columns: Columns, days: range, person: int) -> list[int]:
    return [n for day in days for n in columns.of_day.get((person, day), ())]


def _weekly_hours(columns: Columns) -> Iterator[Row]:
    """Work no more hours in a week than the contract and the law have it."""
    hall = columns.hall
    for p in range(len(hall.people)):
        for week in range(hall.weeks):
            own = _hours(columns, range(7 * week, 7 * week + 7), p)
            yield at_most(own, columns.minutes[own], float(hall.weekly_most(p, week)))


def _least_hours(columns: Columns) -> Iterator[Row]:
    """Work no fewer hours, over all weeks, than the contract has it."""
    hall = columns.hall
    for p in range(len(hall.people)):
        if hall.least(p):
            own = _hours(columns, range(len(hall.days)), p)
            yield at_most(own, -columns.minutes[own], -float(hall.least(p)))


_RULES: Mapping[RosterRule, Callable[[Columns], Iterator[Row]]] = MappingProxyType(
    {
        RosterRule.ONE_SHIFT: _one_shift,
        RosterRule.REST: _rest,
        RosterRule.CONSECUTIVE: _consecutive,
        RosterRule.WEEKLY_HOURS: _weekly_hours,
        RosterRule.LEAST_HOURS: _least_hours,
    }
)
"""Rules on the duties of one person; those on a single duty are kept by listing."""


def _met(columns: Columns) -> Iterator[Row]:
    """Hold each post, or count who is lacking."""
    for n, need in enumerate(columns.hall.needs):
        there = [x for pair in columns.hall.covers(need) for x in columns.of_shift.get(pair, ())]
        yield at_most([*there, columns.lacking(n)], -1.0, -float(need.staff))


def _paired(columns: Columns) -> Iterator[Row]:
    """Have A or B of each pair on site, or count both as away."""
    hall = columns.hall
    for n, (pair, day) in enumerate(columns.pair_days):
        own = [x for p in hall.pairs[pair] for x in columns.of_day.get((p, day), ())]
        there = [x for x in own if not hall.shifts[hall.possible[x].shift].online]
        yield at_most([*there, columns.away(n)], -1.0, -1.0)


def _shared(columns: Columns) -> Iterator[Row]:
    """Count each burden of those who share it, and hold the most and the least that anybody has."""
    hall = columns.hall
    for share, (kind, p) in enumerate(columns.shares):
        duties = _hours(columns, range(len(hall.days)), p)
        own = [n for n in duties if hall.burdens(hall.possible[n].day, hall.possible[n].shift)[kind]]
        carried, has = float(hall.people[p].carried[kind]), columns.burden(share)
        yield at_most([*own, has], [*[1.0] * len(own), -1.0], -carried)
        yield at_most([*own, has], [*[-1.0] * len(own), 1.0], carried)
        yield at_most([has, columns.most(kind)], [1.0, -1.0], 0.0)
        yield at_most([has, columns.most(kind) + 1], [-1.0, 1.0], 0.0)


def program_of(columns: Columns) -> LinearProgram:
    """Return all rules on one centre as a program of whole numbers."""
    hall = columns.hall
    rows = [row for rule, of in _RULES.items() if hall.keeps(rule) for row in of(columns)]
    rows += [*_met(columns), *_paired(columns), *_shared(columns)]
    matrix, most = stacked(rows, columns.count)
    upper = np.ones(columns.count)
    upper[columns.lacking(0) : columns.away(0)] = [need.staff for need in hall.needs]
    carried = max((max(person.carried) for person in hall.people), default=0)
    upper[columns.most(0) :] = len(hall.days) + carried
    upper[[columns.most(kind) + n for kind, own in enumerate(hall.sharing) if not own for n in (0, 1)]] = 0
    low, whole = np.zeros(columns.count), np.ones(columns.count, np.bool_)
    return LinearProgram(low, matrix, np.full(len(most), -np.inf), most, low, upper, whole)


# ----------------------------------------------------------------------------------------------------------------------
# Stage by stage.


@dataclass(frozen=True, eq=False)
class HallPlan:
    """The roster of one centre, with its proof.

    Parameters
    ----------
    hall
        The centre.
    duties
        Who is on duty when; None where the rules on somebody contradict each other.
    stages
        Value and bound of each stage.
    canonical
        Whether it is proven to be the one that is chosen of all that are alike.
    conflict
        By person, the smallest set of rules that contradict each other.
    """

    hall: Hall
    duties: Duties | None
    stages: tuple[Stage, ...] = ()
    canonical: bool = False
    conflict: Mapping[str, tuple[RosterRule, ...]] = field(default_factory=dict)

    @property
    def status(self) -> Status:
        """OPTIMAL: every stage is proven. INFEASIBLE: the rules on somebody contradict each other."""
        if self.duties is None:
            return Status.INFEASIBLE if self.conflict else Status.UNKNOWN
        proven = all(stage.status is Status.OPTIMAL for stage in self.stages)
        return Status.OPTIMAL if proven else Status.FEASIBLE


class RosterSearch(StagedSearch):
    """The stages of one centre: HiGHS proves, CP-SAT finds what is easy."""

    def __init__(
        self, hall: Hall, effort: float, interrupt: Interrupt, near: Duties | None = None, quick: float = 1.0
    ) -> None:
        self.columns = Columns(hall)
        super().__init__(
            program_of(self.columns),
            effort=effort,
            interrupt=interrupt,
            worth=lambda values: objectives(hall, self.columns.duties(values)),
            start=None if near is None else self.columns.values(near),
            quick=quick,
        )

    def ways(self) -> Sequence[Way]:
        """Prove; where that stays open, look near what is found."""
        return self.prove, self.around

    def around(self, cost: Floats, bound: int) -> int:
        """Change the duties of some people, or of some days, at a time."""
        possible, who, when = self.columns.hall.possible, *np.full((2, self.columns.count), -1)
        who[: len(possible)] = [duty.person for duty in possible]
        when[: len(possible)] = [duty.day for duty in possible]
        self.improve(cost, bound, neighbourhoods(who, when, _NEAR), _LOOKING)
        return bound

    def stage(self, name: str) -> None:
        """Go through one stage."""
        self.minimise(name, *self._cost(name))
        self.values = self.columns.values(self.duties)  # most and least of burdens as they are

    @property
    def duties(self) -> Duties:
        """The roster that is known."""
        return self.columns.duties(self.found)

    def choose_by_days(self) -> bool:
        """Choose one of many, a few days at a time; tell whether each choice is proven."""
        hall, weights, step = self.columns.hall, np.zeros(self.columns.count), np.full(self.columns.count, -1)
        duties = slice(len(hall.possible))
        weights[duties] = isolating_weights(len(hall.possible), len(hall.possible))
        step[duties] = [duty.day // _CHOSEN_TOGETHER for duty in hall.possible]
        step[step < hall.fixed // _CHOSEN_TOGETHER] = -1
        return self.choose_in_steps(weights, step, _CHOOSING)

    def _cost(self, name: str) -> tuple[Floats, int]:
        """Return the cost of a stage, and what it is worth beyond that."""
        columns, hall = self.columns, self.columns.hall
        cost, offset = np.zeros(columns.count), 0
        if name in UNMET:
            for n, need in enumerate(hall.needs):
                if f"unmet_{need.priority}" == name:
                    cost[columns.lacking(n)] = need.end - need.begin
        elif name == "pairs":
            cost[columns.away(0) : columns.most(0)] = 1.0
        elif name == "burdens":
            cost[: len(hall.possible)] = [sum(hall.burdens(duty.day, duty.shift)) for duty in hall.possible]
        elif name == "fairness":
            ends = slice(columns.most(0), columns.burden(0), 2), slice(columns.most(0) + 1, columns.burden(0), 2)
            cost[ends[0]], cost[ends[1]] = 1.0, -1.0
        elif name == "wishes":
            for p, person in enumerate(hall.people):
                for day, shift in person.wishes:
                    own = columns.of_day.get((p, day), [])
                    kept = [n for n in own if hall.shifts[hall.possible[n].shift].name == shift]
                    cost[kept if shift else own] += -1.0 if shift else 1.0
                    offset += shift is not None
        elif hall.published is not None:
            for (p, day), own in columns.of_day.items():
                before = [n for n in own if hall.possible[n] in hall.published]
                gone = any(duty[:2] == (p, day) for duty in hall.published)
                cost[before if gone else own] = -1.0 if gone else 1.0
            offset = len(hall.published)
        return cost, offset


def plan_hall(
    hall: Hall,
    effort: float = 12.0,
    interrupt: Interrupt | None = None,
    *,
    stages: Sequence[str] = STAGES,
    near: Duties | None = None,
) -> HallPlan:
    """Roster the people of one centre.

    Parameters
    ----------
    hall
        The centre.
    effort
        Most work of one search in a stage, CP-SAT's deterministic seconds.
    interrupt
        Whether Ctrl-C was pressed.
    stages
        What counts, the first most: ``STAGES``, or ``REPAIR`` to mend a roster that is out.
    near
        A roster near which one is looked for first; it may break rules.

    Returns
    -------
    HallPlan
        After Ctrl-C, what is found so far, with its bounds.
    """
    search = RosterSearch(hall, effort, interrupt or Interrupt(), near, _QUICK if near is not None else 1.0)
    status = search.begin()
    if status is Status.INFEASIBLE:
        return HallPlan(hall, None, conflict=conflicts(hall, effort))
    if status is Status.UNKNOWN:
        return HallPlan(hall, None)
    for name in stages:
        search.stage(name)
    canonical = search.choose_by_days()
    refuse_faults(hall, search.duties)
    return HallPlan(hall, search.duties, tuple(search.stages), canonical)


def conflicts(hall: Hall, effort: float) -> dict[str, tuple[RosterRule, ...]]:
    """Return, by person, the smallest set of rules that contradict each other."""
    found = {}
    for p, person in enumerate(hall.people):
        own = frozenset(duty._replace(person=0) for duty in hall.published or () if duty.person == p)
        alone = replace(hall, people=(person,), needs=(), pair_days=frozenset(), published=own or None)
        if _consistent(alone, effort):
            continue
        sets = (rules for size in range(len(RosterRule) + 1) for rules in combinations(RosterRule, size))
        others = ((rules, frozenset(RosterRule) - set(rules)) for rules in sets)
        found[person.id] = next(rules for rules, rest in others if not _consistent(replace(alone, waived=rest), effort))
    return found


def _consistent(hall: Hall, effort: float) -> bool:
    return RosterSearch(hall, effort, Interrupt()).begin() is not Status.INFEASIBLE
