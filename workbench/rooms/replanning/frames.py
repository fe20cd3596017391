"""What a re-plan changes, as exact tables: each session, why it is not kept, and where else it would find a place."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.hours import WEEKDAYS
from workbench.rooms.check import clashes, unserved
from workbench.rooms.fitness import hours_broken, unfit
from workbench.rooms.frames import clock
from workbench.rooms.hosting import guest_choices
from workbench.rooms.linking.gaps import Gaps, usable_rooms
from workbench.rooms.linking.units import may_move
from workbench.rooms.problem import DAY_CELLS, Activity, Centre, Rule, Session, Timetable
from workbench.scenario.room_linking import Linking

if TYPE_CHECKING:
    from workbench.rooms.replanning.ground import Touched
    from workbench.rooms.replanning.result import ReplanResult

KINDS: Final = ("time", "room", "both", "cancelled", "new", "called_off")
"""What becomes of a session: it moves in time, to another room, both; it does not take place; it is new; its activity
is called off."""
Pair = tuple[Session | None, Session | None]


def pairs(centre: Centre, timetable: Timetable) -> list[Pair]:
    """Return each session that changes with what becomes of it, by activity and time.

    Sessions of one activity are alike, so that one that keeps its hour is paired first, then the others in their order.
    """
    found: list[Pair] = []
    for a in range(len(centre.activities)):
        old = [s for s in centre.today if s.activity == a and s not in timetable.sessions]
        new = [s for s in timetable.sessions if s.activity == a and s not in centre.today]
        for one in list(old):
            same = next((other for other in new if other.start == one.start), None)
            if same is not None:
                found.append((one, same))
                old.remove(one)
                new.remove(same)
        found += list(zip(old, new, strict=False))
        found += [(one, None) for one in old[len(new) :]] + [(None, one) for one in new[len(old) :]]
    return sorted(found, key=lambda pair: pair[0] or pair[1] or Session(0, 0, 0))


def kind_of(pair: Pair) -> str:
    """Return what becomes of a session, one of :data:`KINDS`."""
    old, new = pair
    if old is None or new is None:
        return "new" if old is None else "cancelled"
    if old.start == new.start:
        return "room"
    return "time" if old.place == new.place else "both"


def _told(centre: Centre, session: Session | None, when: str) -> dict[str, object]:
    if session is None:
        return {f"{when}_{part}": None for part in ("day", "start", "room")}
    return {
        f"{when}_day": WEEKDAYS[session.start // DAY_CELLS],
        f"{when}_start": clock(session.start),
        f"{when}_room": centre.name(session.place),
    }


def _mended(result: ReplanResult) -> Iterator[tuple[Touched, Timetable]]:
    for name, touched in result.touched.items():
        timetable = result.timetable.plan(name).timetable
        if timetable is not None:
            yield touched, timetable


def _names(result: ReplanResult) -> dict[str, str]:
    return dict(zip(result.timetable.activities["id"], result.timetable.activities["name"], strict=True))


def notices(result: ReplanResult) -> pd.DataFrame:
    """Return one row a session that changes: what was, what is, and of which kind (:data:`KINDS`) that is."""
    names = _names(result)
    rows = []
    for touched, timetable in _mended(result):
        centre, published = touched.centre, touched.published
        changed = [(centre, centre.activities, pair, kind_of(pair)) for pair in pairs(centre, timetable)]
        off = [s for s in published.today if published.activities[s.activity].id in touched.called_off]
        changed += [(published, published.activities, (s, None), "called_off") for s in off]
        for place, asked, (old, new), kind in changed:
            session = old or new
            if session is not None:
                name = asked[session.activity].id
                row = {"station": centre.id, "activity": name, "name": names[name], "kind": kind}
                rows.append({**row, **_told(place, old, "old"), **_told(place, new, "new")})
    columns = ["station", "activity", "name", "kind"]
    columns += [f"{when}_{part}" for when in ("old", "new") for part in ("day", "start", "room")]
    return pd.DataFrame(rows, columns=columns).astype(object)


def not_kept(result: ReplanResult) -> pd.DataFrame:
    """Return one row a published session that is not kept, with its kind and the rules that keep it out.

    ``rules`` are those that it breaks by itself in the week with the events; where there are none, those that it would
    break beside the rest of the new timetable.
    """
    names = _names(result)
    rows = []
    for touched, timetable in _mended(result):
        centre = touched.centre
        for pair in pairs(centre, timetable):
            old, new = pair
            if old is None:
                continue
            rest = Timetable(tuple(s for s in timetable.sessions if s != new), timetable.given)
            rules = _alone(centre, old) or _in_order(clashes(centre, rest, old))
            activity = centre.activities[old.activity].id
            row = {"station": centre.id, "activity": activity, "name": names[activity], "kind": kind_of(pair)}
            rows.append({**row, **_told(centre, old, "old"), "rules": ";".join(rules)})
    columns = ["station", "activity", "name", "kind", "old_day", "old_start", "old_room", "rules"]
    return pd.DataFrame(rows, columns=columns).astype(object)


def _alone(centre: Centre, session: Session) -> list[Rule]:
    """Return the rules that a session breaks by itself."""
    return [*unfit(centre, session.activity, session.place), *hours_broken(centre, session)]


def _in_order(rules: Collection[Rule]) -> list[Rule]:
    return [rule for rule in Rule if rule in rules]


def conflicts(result: ReplanResult) -> pd.DataFrame:
    """Return one row a touched centre without a timetable: the rules in conflict, and the fixed sessions that are hit.

    ``rules`` names the rules that contradict each other and, for each fixed session that cannot be held, those that it
    breaks.
    """
    rows = []
    for name, touched in result.touched.items():
        plan = result.timetable.plan(name)
        if plan.timetable is None:
            centre = touched.centre
            broken = {session: _alone(centre, session) for session in centre.fixed}
            hit = [session for session, rules in broken.items() if rules]
            rules = {*plan.conflict, *(rule for own in broken.values() for rule in own)}
            told = [f"{centre.activities[s.activity].id} {_when(s)} {centre.name(s.place)}" for s in hit]
            rows.append((name, str(plan.status), ";".join(_in_order(rules)), ";".join(told)))
    return pd.DataFrame(rows, columns=["station", "status", "rules", "fixed"])


def _when(session: Session) -> str:
    return f"{WEEKDAYS[session.start // DAY_CELLS]} {clock(session.start)}"


def nearby(result: ReplanResult) -> pd.DataFrame:
    """Return where else what is not held would find a place: one row an activity and station within a walk.

    ``fit`` sessions of the ``missing`` ones would fit into the gaps of the timetable there, each activity by itself.
    Activities that the scenario does not let move are left out. Empty where no walks were given.
    """
    columns = ["station", "activity", "name", "group", "missing", "to", "minutes", "fit"]
    names, said = _names(result), result.scenario.rooms.linking or Linking()
    others = {p.centre.id: (p.centre, p.timetable) for p in result.timetable.plans if p.timetable is not None}
    rows = []
    for touched, timetable in _mended(result) if result.walks else ():
        centre = touched.centre
        for a, missing in enumerate(unserved(centre, timetable)):
            asked = centre.activities[a]
            if not missing or not may_move(centre, a, said):
                continue
            guest = replace(asked, organiser="") if said.organisers == "local" else asked
            for to, (there, held) in others.items():
                minutes = (result.walks or {}).get((centre.id, to, asked.group))
                fit = 0 if minutes is None else _gaps_for(there, held, guest, missing)
                if fit:
                    rows.append((centre.id, asked.id, names[asked.id], asked.group, missing, to, minutes, fit))
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values(["station", "activity", "minutes", "to"], ignore_index=True, kind="stable")


def _gaps_for(centre: Centre, timetable: Timetable, guest: Activity, missing: int) -> int:
    """Return how many sessions of an activity from elsewhere would fit beside a timetable."""
    rooms = np.flatnonzero(usable_rooms(centre, timetable)).tolist()
    return len(Gaps(centre, timetable, rooms).put_in(guest, guest_choices(centre, guest), missing))
