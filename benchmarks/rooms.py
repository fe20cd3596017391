"""Weeks of rooms: how many centres are proven, and the model that one would write by hand beside it.

Processor time of both workers together; wall time is in the notes. The peer has the same sessions to choose from, and
its timetable is checked by the same rules.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.clock import Row
from benchmarks.room_peer import weighted
from benchmarks.weeks import district_of, said
from workbench.rooms import TimetableResult, timetable_rooms
from workbench.rooms.check import faults, objectives
from workbench.solving import Status

OURS, PEER = "**timetable_rooms**", "one CP-SAT model a centre, weighted sum"
WORK = 2.0
"""Deterministic seconds that the peer has for a centre: twice what one search has here."""
WEEKS = ((None, 1), (1, 1), (2, 1), (1, 3))
"""Seed of the week, none for the embedded one, and how many times as many activities as usual."""


def room_races(quick: bool = False) -> Iterator[Row]:
    """Timetable the embedded week, others, and one of three times as many activities."""
    for seed, fold in WEEKS[:1] if quick else WEEKS:
        yield from _week(seed, fold)


def _week(seed: int | None, fold: int) -> Iterator[Row]:
    district, scenario = district_of(seed, fold), said()
    asked, rooms = len(district.ledger("activities")), len(district.ledger("rooms"))
    task = f"{asked:,} activities, {rooms} rooms, {'embedded week' if seed is None else f'seed {seed}'}"
    began, wall = time.process_time(), time.perf_counter()
    result = timetable_rooms(district, scenario)
    seconds, wall = time.process_time() - began, time.perf_counter() - wall
    yield Row(task, OURS, seconds, 1.0, note=f"{_told(result)}; {wall:.1f} s of wall clock")
    yield _peer(task, result, seconds)


def _told(result: TimetableResult) -> str:
    plans, table = result.plans, result.by_centre
    proven = sum(plan.status is Status.OPTIMAL for plan in plans)
    alone = sum(plan.canonical for plan in plans)
    numbers = {kpi.key: kpi.value for kpi in result.kpis()}
    before, after = (numbers[f"use.frequency_{when}"] or 0.0 for when in ("before", "after"))
    used = f"rooms in use {table['rooms_before'].sum()} → {table['rooms_after'].sum():.0f}"
    bound = f"load bound {table['load_bound'].sum():.0f}"
    share = 100 * proven / len(plans)
    words = f"{share:.4g} % proven: {proven} of {len(plans)}, {alone} of them chosen among equals"
    frequency = f"frequency of use {before:.1f} % → {after:.1f} %"
    open_stages = [
        f"{plan.centre.id} {stage.name} {stage.value:,} ≥ {stage.bound:,} ({100 * stage.gap:.0f} %)"
        for plan in plans
        for stage in plan.stages
        if stage.status is not Status.OPTIMAL
    ]
    return "; ".join([words, used, bound, frequency, *(["open: " + ", ".join(open_stages)] if open_stages else [])])


def _peer(task: str, result: TimetableResult, ours: float) -> Row:
    """Ask the peer for every centre, and hold its timetables against the plans, the first stage that differs first."""
    proven = none = broken = 0
    better = equal = worse = 0
    began = time.process_time()
    found = [(plan, *weighted(plan.centre, WORK)) for plan in result.plans]
    seconds = time.process_time() - began
    for plan, timetable, status in found:
        proven += status is Status.OPTIMAL
        if timetable is None or plan.timetable is None:
            none += 1
            continue
        broken += bool(faults(plan.centre, timetable))
        theirs, own = (list(objectives(plan.centre, t).values()) for t in (timetable, plan.timetable))
        better, equal, worse = better + (theirs < own), equal + (theirs == own), worse + (theirs > own)
    note = f"{proven} of {len(found)} proven for its sum; stage by stage {equal} alike, {worse} worse, {better} better"
    note += f", {none} without a timetable; {broken} break a rule; at most {WORK:g} deterministic s a centre"
    return Row(task, PEER, seconds, seconds / ours, note=note)
