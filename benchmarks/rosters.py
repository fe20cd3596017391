"""Rosters: the centres of the embedded district, and published instances beside HiGHS and CP-SAT alone.

The published ones (Curtois and Qu 2014) are of shifts with cover, requests and rules on days in a row.

``shift_program`` is the one 0/1 model that HiGHS proves; ``shift_cost`` recomputes a roster from the words of the
instance, without a solver.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.clock import Row
from workbench.ground import synthetic
from workbench.roster import RosterResult, roster_staff
from workbench.roster.result import repaired_plan
from workbench.rostering.check import changes
from workbench.scenario import load_scenario
from workbench.solving import (
    Answer,
    Limits,
    LinearProgram,
    Rows,
    StagedSearch,
    Status,
    neighbourhoods,
    solve_integers,
    solve_mip,
)

OPTIMA = {"Instance1": 607, "Instance2": 828, "Instance3": 1001, "Instance6": 1950, "Instance14": 1278}
"""Best known, proven for these."""
SMALL = ("Instance1", "Instance2", "Instance3")
SCENARIO = Path(__file__).parents[1] / "scenarios" / "weekend-opening.yaml"
SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data") / "benchmarks"
CENTRES = "**roster_staff**"
OURS, HIGHS, CP_SAT = "**a stage: CP-SAT finds, HiGHS proves**", "HiGHS alone", "CP-SAT alone"
FIRST_WEEK = "2026-09-28"
"""Monday of the last quarter whose public holidays are known."""
_MINUTE = Limits(60.0)
_EFFORT, _NEAR, _LOOKING = 3.0, 120, 0.1
Line = Callable[..., None]
"""Takes a row: columns, amounts, least, most."""


@dataclass(frozen=True)
class Employee:
    """Somebody of an instance: most shifts of each kind, minutes, days in a row and off, weekends, days off."""

    name: str
    most_shifts: dict[str, int]
    most_minutes: int
    least_minutes: int
    most_row: int
    least_row: int
    least_off: int
    most_weekends: int
    off: frozenset[int]


@dataclass(frozen=True)
class Shifts:
    """An instance."""

    days: int
    minutes: dict[str, int]
    not_after: dict[str, frozenset[str]]
    staff: tuple[Employee, ...]
    on: dict[tuple[str, int, str], int]
    off: dict[tuple[str, int, str], int]
    cover: dict[tuple[int, str], tuple[int, int, int]]


def shift_instance(path: Path) -> Shifts:
    """Read an instance."""
    sections: dict[str, list[list[str]]] = {}
    for line in path.read_text().splitlines():
        text = line.strip()
        if text.startswith("SECTION_"):
            own = sections.setdefault(text.removeprefix("SECTION_"), [])
        elif text and not text.startswith("#"):
            own.append(text.split(","))
    free = {row[0]: frozenset(map(int, row[1:])) for row in sections["DAYS_OFF"]}
    staff = tuple(
        Employee(
            row[0], {part.split("=")[0]: int(part.split("=")[1]) for part in row[1].split("|")},
            *map(int, row[2:8]), free.get(row[0], frozenset()),
        )
        for row in sections["STAFF"]
    )  # fmt: skip
    requests = [
        {(row[0], int(row[1]), row[2]): int(row[3]) for row in sections.get(f"SHIFT_{which}_REQUESTS", [])}
        for which in ("ON", "OFF")
    ]
    return Shifts(
        int(sections["HORIZON"][0][0]), {row[0]: int(row[1]) for row in sections["SHIFTS"]},
        {row[0]: frozenset(part for part in row[2].split("|") if part) for row in sections["SHIFTS"]},
        staff, requests[0], requests[1],
        {(int(row[0]), row[1]): (int(row[2]), int(row[3]), int(row[4])) for row in sections["COVER"]},
    )  # fmt: skip


class ShiftModel:
    """The variables of an instance: shifts held, weekends worked, people lacking and too many; and its program."""

    def __init__(self, instance: Shifts) -> None:
        self.instance = instance
        kinds = list(instance.minutes)
        cells = [
            (e, d, k)
            for e, who in enumerate(instance.staff)
            for d in range(instance.days)
            if d not in who.off
            for k in kinds
            if who.most_shifts[k]
        ]
        self.held = {cell: n for n, cell in enumerate(cells)}
        weekends = [(e, w) for e in range(len(instance.staff)) for w in range(instance.days // 7)]
        self.weekend = {pair: len(cells) + n for n, pair in enumerate(weekends)}
        first = len(cells) + len(weekends)
        self.cover = {pair: first + 2 * n for n, pair in enumerate(instance.cover)}
        self.count = first + 2 * len(instance.cover)

    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Return whose variable each is, and of which day; -1 for people lacking and too many."""
        found = np.full((2, self.count), -1)
        for (e, d, _), n in self.held.items():
            found[:, n] = e, d
        for (e, w), n in self.weekend.items():
            found[:, n] = e, 7 * w + 5
        return found[0], found[1]

    def _works(self, employee: int, day: int) -> list[int]:
        return [self.held[cell] for k in self.instance.minutes if (cell := (employee, day, k)) in self.held]

    def program(self) -> tuple[LinearProgram, int]:
        """Return the program, and what every roster costs besides."""
        instance, rows = self.instance, Rows(self.count)

        def line(at: list[int], amounts: list[float], low: float = -np.inf, high: float = np.inf) -> None:
            rows.line(np.array(at, np.int64), np.array(amounts, np.float64), low, high)

        for e, who in enumerate(instance.staff):
            works = [self._works(e, d) for d in range(instance.days)]
            self._shifts(e, who, works, line)
            self._runs(works, who, line)
            weeks = range(instance.days // 7)
            for w in weeks:
                for d in (7 * w + 5, 7 * w + 6):
                    line([*works[d], self.weekend[e, w]], [*[1.0] * len(works[d]), -1.0], high=0)
            line([self.weekend[e, w] for w in weeks], [1.0] * len(weeks), high=who.most_weekends)
        upper, (cost, fixed) = np.ones(self.count), self._cost()
        for (day, kind), (needed, _, _) in instance.cover.items():
            own = [n for (_, d, k), n in self.held.items() if (d, k) == (day, kind)]
            at = self.cover[day, kind]
            line([*own, at, at + 1], [*[1.0] * len(own), 1.0, -1.0], needed, needed)
            upper[at : at + 2] = needed, len(instance.staff)
        low, whole = np.zeros(self.count), np.ones(self.count, np.bool_)
        return LinearProgram(cost, rows.matrix, rows.lower, rows.upper, low, upper, whole), fixed

    def _cost(self) -> tuple[np.ndarray, int]:
        """Return the cost of lacking and too many people and of requests, and what every roster costs besides."""
        cost, fixed = np.zeros(self.count), 0
        for pair, (_, under, over) in self.instance.cover.items():
            cost[self.cover[pair] : self.cover[pair] + 2] = under, over
        number = {who.name: e for e, who in enumerate(self.instance.staff)}
        for sign, wishes in ((-1, self.instance.on), (1, self.instance.off)):
            for (name, day, kind), weight in wishes.items():
                fixed += weight if sign < 0 else 0
                if (cell := (number[name], day, kind)) in self.held:
                    cost[self.held[cell]] += sign * weight
        return cost, fixed

    def _shifts(self, e: int, who: Employee, works: list[list[int]], line: Line) -> None:
        """Let somebody hold one shift a day, in a fit order, so many minutes and so many of each kind."""
        instance = self.instance
        for own in works:
            line(own, [1.0] * len(own), high=1)
        for kind, after in instance.not_after.items():
            for d in range(instance.days - 1):
                now = [self.held[e, d, kind]] if (e, d, kind) in self.held else []
                then = [self.held[e, d + 1, k] for k in after if (e, d + 1, k) in self.held]
                if now and then:
                    line([*now, *then], [1.0] * (1 + len(then)), high=1)
        own = {cell: n for cell, n in self.held.items() if cell[0] == e}
        minutes = [float(instance.minutes[k]) for _, _, k in own]
        line(list(own.values()), minutes, who.least_minutes, who.most_minutes)
        for kind, most in who.most_shifts.items():
            of_kind = [n for (_, _, k), n in own.items() if k == kind]
            if of_kind and most < instance.days:
                line(of_kind, [1.0] * len(of_kind), high=most)

    def _runs(self, works: list[list[int]], who: Employee, line: Line) -> None:
        """Let no run of work be too long, and neither one of work nor of days off too short but at the ends."""
        for first in range(self.instance.days - who.most_row):
            own = [n for d in range(first, first + who.most_row + 1) for n in works[d]]
            line(own, [1.0] * len(own), high=who.most_row)
        for least, sign in ((who.least_row, 1.0), (who.least_off, -1.0)):
            for length in range(1, least):
                for first in range(1, self.instance.days - length):
                    inside = [n for d in range(first, first + length) for n in works[d]]
                    beside = [*works[first - 1], *works[first + length]]
                    amounts = [*[sign] * len(inside), *[-sign] * len(beside)]
                    line([*inside, *beside], amounts, high=length - 1 if sign > 0 else 1)

    def roster(self, values: np.ndarray) -> dict[tuple[str, int], str]:
        """Return who holds which shift on which day."""
        return {(self.instance.staff[e].name, d): k for (e, d, k), n in self.held.items() if values[n] > 0.5}


def shift_cost(instance: Shifts, roster: dict[tuple[str, int], str]) -> int | None:
    """Return what a roster costs by the words of the instance; None where it breaks a rule."""
    for who in instance.staff:
        own = [roster.get((who.name, d)) for d in range(instance.days)]
        text = "".join("1" if k else "0" for k in own)
        minutes = sum(instance.minutes[k] for k in own if k)
        runs, gaps = text.split("0"), text.split("1")
        inner = [part for part in text.strip("0").split("0") if part]
        broken = (
            any(own[d] for d in who.off)
            or not who.least_minutes <= minutes <= who.most_minutes
            or any(own.count(k) > most for k, most in who.most_shifts.items())
            or any(b in instance.not_after[a] for a, b in pairwise(own) if a and b)
            or any(len(run) > who.most_row for run in runs)
            or any(0 < len(gap) < who.least_off for gap in gaps[1:-1])
            or any(len(run) < who.least_row for run in _inner_runs(text, inner))
            or sum("1" in text[7 * w + 5 : 7 * w + 7] for w in range(instance.days // 7)) > who.most_weekends
        )
        if broken:
            return None
    cost = sum(weight for (name, d, k), weight in instance.on.items() if roster.get((name, d)) != k)
    cost += sum(weight for (name, d, k), weight in instance.off.items() if roster.get((name, d)) == k)
    for (day, kind), (needed, under, over) in instance.cover.items():
        there = sum(k == kind for (_, d), k in roster.items() if d == day)
        cost += under * max(needed - there, 0) + over * max(there - needed, 0)
    return cost


def _inner_runs(text: str, runs: list[str]) -> list[str]:
    """Return the runs of work that touch neither end of the horizon."""
    first = 1 if text.startswith("1") else 0
    return runs[first : len(runs) - (1 if text.endswith("1") else 0)]


def roster_races(quick: bool = False) -> Iterator[Row]:
    """Roster the centres of the embedded district, mend their rosters, and solve published instances."""
    yield from _centres((1,) if quick else (4, 13))
    yield from published_races(list(OPTIMA.items())[: 1 if quick else None])


def _centres(lengths: Sequence[int]) -> Iterator[Row]:
    """Roster all centres for so many weeks; mend each of the shortest rosters for somebody who is away."""
    ground = synthetic.district(synthetic.X_DISTRICT_SEED)
    mended: tuple[RosterResult, float] | None = None
    for weeks in lengths:
        said = load_scenario(SCENARIO, settings={"roster.weeks": weeks, "roster.first_week": FIRST_WEEK})
        result, seconds, wall = _timed(partial(roster_staff, ground, said))
        proven = sum(plan.status is Status.OPTIMAL for plan in result.plans)
        alone = sum(plan.canonical for plan in result.plans)
        note = f"{100 * proven / len(result.plans):.4g} % proven: {proven} of {len(result.plans)} rosters of "
        note += f"{len(ground.ledger('staff'))} people, {alone} chosen among equals; {wall:.1f} s of wall clock"
        yield Row(f"{len({plan.hall.id for plan in result.plans})} centres, {weeks} weeks", CENTRES, seconds, note=note)
        mended = mended or (result, seconds)
    if mended is not None:
        yield from _mended(*mended)


def _mended(result: RosterResult, anew: float) -> Iterator[Row]:
    """Let one person of each centre be away for three days from her or his third duty on; the slowest counts."""
    spent, moved = [], 0
    for plan in result.solved:
        duties = sorted(plan.duties or (), key=lambda duty: (duty.day, duty.person))
        third = [duty for duty in duties if duty.person == duties[0].person][2]
        who, first = plan.hall.people[third.person].id, plan.hall.days[third.day].date
        absence = {"staff": who, "first": first.isoformat(), "last": (first + dt.timedelta(2)).isoformat()}
        said = load_scenario(SCENARIO, settings={"roster.absences": [absence]})
        found, seconds, _ = _timed(partial(repaired_plan, plan, said))
        spent.append(seconds)
        moved += len(changes(found.hall, found.duties or frozenset()))
    note = f"the slowest of {len(spent)}, {sum(spent):.1f} s all together; {moved} changes; all anew took {anew:.1f} s"
    yield Row("a roster mended", CENTRES, max(spent), note=note)


T = TypeVar("T")


def _timed(work: Callable[[], T]) -> tuple[T, float, float]:
    """Return what some work gives, processor time of all workers, and wall time."""
    began, wall = time.process_time(), time.perf_counter()
    found = work()
    return found, time.process_time() - began, time.perf_counter() - wall


def published_races(instances: Sequence[tuple[str, int]]) -> Iterator[Row]:
    """Solve published instances: by stages of one, as rosters are solved here, beside HiGHS and CP-SAT alone."""
    contenders: dict[str, Callable[[LinearProgram], Answer]] = {
        HIGHS: lambda one: solve_mip(one, _MINUTE),
        CP_SAT: lambda one: solve_integers(one, _MINUTE),
    }
    spent: dict[str, float] = {}
    small: list[tuple[float, bool]] = []
    for name, best in instances:
        instance = shift_instance(SHARED / "shift" / f"{name}.txt")
        model = ShiftModel(instance)
        program, fixed = model.program()
        ours = partial(_staged, places=model.places())
        for contender, solve in {OURS: ours, **contenders}.items():
            answer, spent[contender], _ = _timed(partial(solve, program))
            cost = None if answer.values is None else shift_cost(instance, model.roster(answer.values))
            gap = "no roster" if cost is None else f"{max(0.0, 100 * (1 - (answer.bound + fixed) / cost)):.1f} % gap"
            proven = "proven" if answer.status is Status.OPTIMAL else "not proven"
            note = f"cost {cost}, bound {answer.bound + fixed:.0f}, {gap}, best known {best}; {proven}"
            size = f"{name}, {len(instance.staff)} people, {instance.days} days"
            yield Row(size, contender, spent[contender], spent[contender] / spent[OURS], note=note)
            if contender == OURS and name in SMALL:
                small.append((spent[contender], answer.status is Status.OPTIMAL))
    if len(small) == len(SMALL):
        note = f"{sum(proven for _, proven in small)} proven"
        yield Row("the three smallest together", OURS, sum(seconds for seconds, _ in small), note=note)


def _staged(program: LinearProgram, places: tuple[np.ndarray, np.ndarray]) -> Answer:
    """Solve it with what a stage of a roster has: near what is known CP-SAT finds, HiGHS proves."""
    search = StagedSearch(program, effort=_EFFORT, quick=0.1)
    search.begin()
    search.improve(program.cost, -(1 << 40), neighbourhoods(*places, _NEAR), _LOOKING)
    bound = search.prove(program.cost, -(1 << 40))
    value = float(program.cost @ search.found)
    return Answer(Status.OPTIMAL if bound >= value else Status.FEASIBLE, search.found, value, float(bound), None, 0.0)
