"""The truth about linked centres, without a solver: who may be where, and whether the district is no worse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from workbench.errors import CheckError, Problem
from workbench.rooms.check import faults, objectives, opened
from workbench.rooms.linking.units import Walk
from workbench.rooms.problem import Activity, Centre
from workbench.rooms.stages import CentrePlan
from workbench.scenario.room_linking import Linking


def linked_faults(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> list[Problem]:
    """Return every rule that a move of activities between centres breaks, and every fault of the timetables.

    Parameters
    ----------
    base
        The plans with everything at home.
    linked
        The plans after the moves.
    said
        What may move.
    walks
        Minutes by from, to and group, within the limit.

    Returns
    -------
    list of Problem
        ``key`` names what is broken: ``once`` (each activity in one centre), ``walk``, ``movable``, ``along``,
        ``same`` (nothing but the place changes), ``published`` (no published session is forgotten), ``worse``,
        ``kept`` (rooms in use), or a rule of the timetable.
    """
    found = [*_broken_moves(base, linked, said, walks), *_emptied(base, linked, said), *_broken_counts(base, linked)]
    for plan in linked:
        if plan.timetable is not None:
            found += faults(plan.centre, plan.timetable)
    return found


def refuse_linked_faults(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> None:
    """Raise when our own moves break a rule.

    Raises
    ------
    CheckError
        With every breach.
    """
    found = linked_faults(base, linked, said, walks)
    if found:
        raise CheckError(found)


def where_asked(plans: Sequence[CentrePlan]) -> dict[str, tuple[Centre, int]]:
    """Return the centre and the position of each activity, by identifier."""
    return {a.id: (plan.centre, n) for plan in plans for n, a in enumerate(plan.centre.activities)}


def _broken_moves(
    base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking, walks: Mapping[Walk, float]
) -> Iterator[Problem]:
    before, after = where_asked(base), where_asked(linked)
    count = Counter(a.id for plan in linked for a in plan.centre.activities)
    for name in sorted({*before, *count}):
        if count[name] != 1 or name not in before:
            yield Problem("links", "an activity is not in one centre", name, "", "1", str(count[name]), key="once")
            continue
        (home, a), (there, b) = before[name], after[name]
        asked, held = home.activities[a], there.activities[b]
        if not _same(asked, held, said.organisers == "local" and home.id != there.id):
            yield Problem("links", "an activity has changed besides its place", name, key="same")
        if home.id == there.id:
            continue
        if (home.id, there.id, asked.group) not in walks:
            what = "there is no walk within the limit for its group"
            yield Problem("links", what, name, found=f"{home.id} → {there.id}, {asked.group}", key="walk")
        if not _movable(home, a, said):
            yield Problem("links", "the activity may not move", name, found=f"{home.id} → {there.id}", key="movable")
        yield from _left_behind(home, asked, after, said)


def _left_behind(
    home: Centre, asked: Activity, after: Mapping[str, tuple[Centre, int]], said: Linking
) -> Iterator[Problem]:
    """Look for activities of one organiser, who goes along, in different centres."""
    if said.organisers != "along" or not asked.organiser:
        return
    goals = {after[a.id][0].id for a in home.activities if a.organiser == asked.organiser and a.id in after}
    if len(goals) > 1:
        what = "the activities of an organiser are in different centres"
        yield Problem("links", what, asked.id, found=", ".join(sorted(goals)), key="along")


def _movable(home: Centre, activity: int, said: Linking) -> bool:
    asked = home.activities[activity]
    return (
        asked.priority in said.priorities
        and (said.functions is None or asked.function in said.functions)
        and not (said.organisers == "stay" and asked.organiser)
        and all(session.activity != activity for session in home.fixed)
    )


def _same(one: Activity, other: Activity, local: bool) -> bool:
    """Tell whether two activities are alike in every field; somebody else may hold one that moves."""
    wanted = replace(one, organiser="") if local else one
    return all(np.array_equal(value, getattr(other, name)) for name, value in vars(wanted).items())


def _emptied(base: Sequence[CentrePlan], linked: Sequence[CentrePlan], said: Linking) -> Iterator[Problem]:
    """Look for centres that use fewer rooms than they have to keep."""
    for before, after in zip(base, linked, strict=True):
        used, least = (0 if p.timetable is None else len(opened(p.centre, p.timetable)) for p in (after, before))
        least = min(said.rooms_kept, least)
        if used < least:
            what = "the centre keeps too few rooms in use"
            yield Problem("links", what, after.centre.id, "", f"at least {least}", str(used), key="kept")


def _broken_counts(base: Sequence[CentrePlan], linked: Sequence[CentrePlan]) -> Iterator[Problem]:
    """Look at what is published, and whether the district is worse than with everything at home."""
    published = [sum(len(p.centre.today) + p.centre.lost for p in plans) for plans in (base, linked)]
    if published[0] != published[1]:
        what, expected, seen = "published sessions are forgotten", str(published[0]), str(published[1])
        yield Problem("links", what, expected=expected, found=seen, key="published")
    before, after = (list(_worth(plans).items()) for plans in (base, linked))
    if [value for _, value in after] > [value for _, value in before]:
        stage = next(name for (name, old), (_, new) in zip(before, after, strict=True) if new != old)
        what = "the district is worse than with everything at home"
        values = str(dict(before)[stage]), str(dict(after)[stage])
        yield Problem("links", what, stage, "", f"at most {values[0]}", values[1], key="worse")


def _worth(plans: Sequence[CentrePlan]) -> dict[str, int]:
    """Return what the plans are worth together, recomputed."""
    found: dict[str, int] = {}
    for plan in plans:
        if plan.timetable is not None:
            for name, value in objectives(plan.centre, plan.timetable).items():
                old = found.get(name, 0)
                found[name] = max(old, value) if name == "floors" else old + value
    return found
