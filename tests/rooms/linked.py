"""Small centres that are linked, and brute force over all assignments of activities to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from tests.rooms.cases import NINE, activity, hours, room
from workbench.rooms import Activity, Centre, CentrePlan, Room, Session, plan_centre
from workbench.rooms.check import possible_sessions
from workbench.rooms.linking import worth as worth_of
from workbench.rooms.problem import Rules, choices

WALKS = {
    (a, b, group)
    for a, b in (("S1", "S2"), ("S2", "S1"), ("S2", "S3"), ("S3", "S2"))
    for group in ("elders", "everyone")
}


def walks(pairs: set[tuple[str, str, str]] = WALKS, minutes: float = 5.0) -> pd.DataFrame:
    """A table of walks; S1 — S2 — S3 in a row, and children walk nowhere."""
    return pd.DataFrame([(*pair, minutes) for pair in sorted(pairs)], columns=["from", "to", "group", "minutes"])


def at(station: str, rooms: list[Room], asked: list[Activity], **said: Any) -> Centre:
    """A centre on a grid of a quarter of an hour."""
    rules = Rules(**{"step": 15, "resident_share": 0.0, **said.pop("rules", {})})
    ordered = sorted(asked, key=lambda a: a.id)
    return Centre(station, tuple(rooms), tuple(ordered), rules=rules, **said)


def drawn(seed: int) -> list[Centre]:
    """Two or three random centres that are small enough for brute force, some with sessions that are published."""
    draw = np.random.default_rng(seed)

    def coin(chance: float) -> bool:
        return bool(draw.uniform() < chance)

    found = []
    area = coin(0.3)
    for number in range(1, 4 if coin(0.4) else 3):
        name = f"S{number}"
        rooms = [
            room(
                f"{name}R{r}",
                area_dm2=int(draw.integers(100, 400)),
                capacity=int(draw.integers(4, 12)),
                storey=int(draw.integers(1, 3)),
                water=coin(0.6),
                open=hours(NINE, NINE + int(draw.integers(1, 4)), (0, 1) if coin(0.3) else (0,)),
            )
            for r in range(int(draw.integers(1, 3)))
        ]
        asked = [
            activity(
                f"{name}A{a}",
                attendance=int(draw.integers(2, 10)),
                length=int(draw.integers(1, 3)),
                sessions=int(draw.integers(1, 3)),
                priority=int(draw.integers(1, 4)),
                group=("elders", "everyone", "children")[int(draw.integers(3))],
                windows=hours(NINE + int(draw.integers(0, 2)), NINE + 4, (0, 1)),
                preferred=hours(NINE + int(draw.integers(0, 3)), NINE + 4, (0, 1)),
                days_apart=int(draw.integers(0, 2)),
                water=coin(0.3),
                shares="desks" if coin(0.2) else "",
                organiser="O" if coin(0.3) else "",
            )
            for a in range(int(draw.integers(1, 4)))
        ]
        rules = {"release": "area" if area else "rooms", "turnover": "outside" if coin(0.3) else "inside"}
        centre = at(name, rooms, asked, rules=rules)
        made = choices(centre)
        first = made.sessions(np.array([int(draw.integers(made.count))])) if made.count and coin(0.7) else ()
        found.append(replace(centre, today=first, fixed=first if coin(0.3) else ()))
    return found


def planned(centres: list[Centre]) -> list[CentrePlan]:
    return [plan_centre(centre) for centre in centres]


def assignments(centres: list[Centre], pairs: set[tuple[str, str, str]], organisers: str) -> Iterator[list[Centre]]:
    """Every way to place the activities within the walks, from the words of the rules alone."""
    home = {a.id: centre for centre in centres for a in centre.activities}
    known = {centre.id: centre for centre in centres}
    goals = [[c for c in known if _may_go(home[a], a, known[c], pairs, organisers)] for a in home]
    for chosen in product(*goals):
        where = dict(zip(home, chosen, strict=True))
        held: dict[tuple[str, str], set[str]] = {}
        for a, centre in home.items():
            organiser = _activity(centre, a).organiser
            if organiser and organisers == "along":
                held.setdefault((centre.id, organiser), set()).add(where[a])
        if all(len(names) == 1 for names in held.values()):
            yield [_asked(known[name], home, where, organisers) for name in known]


def _activity(centre: Centre, name: str) -> Activity:
    return next(a for a in centre.activities if a.id == name)


def _alone(centre: Centre, asked: Activity) -> int:
    return possible_sessions(choices(replace(centre, activities=(asked,), today=(), fixed=())))[0]


def _may_go(home: Centre, name: str, to: Centre, pairs: set[tuple[str, str, str]], organisers: str) -> bool:
    asked = _activity(home, name)
    if home.id == to.id:
        return True
    fixed = any(home.activities[s.activity].id == name for s in home.fixed)
    at_home = possible_sessions(choices(home))[home.activities.index(asked)]
    there = _alone(to, asked)
    near = (home.id, to.id, asked.group) in pairs
    return near and not fixed and there >= max(1, at_home) and not (organisers == "stay" and asked.organiser)


def _asked(centre: Centre, home: dict[str, Centre], where: dict[str, str], organisers: str) -> Centre:
    """What a centre is asked for when activities are where they are."""
    own, lost = [], centre.lost
    for name, at_home in home.items():
        if where[name] != centre.id:
            continue
        asked = _activity(at_home, name)
        if at_home.id != centre.id:
            lost += sum(at_home.activities[s.activity].id == name for s in at_home.today)
            asked = replace(asked, organiser="") if organisers == "local" else asked
        own.append(asked)
    own.sort(key=lambda a: a.id)
    place = {a.id: n for n, a in enumerate(own)}

    def kept(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
        named = [(centre.activities[s.activity].id, s) for s in sessions]
        return tuple(sorted(replace(s, activity=place[a]) for a, s in named if a in place))

    return replace(centre, activities=tuple(own), today=kept(centre.today), fixed=kept(centre.fixed), lost=lost)


def worth(plans: list[CentrePlan]) -> tuple[int, ...]:
    return tuple(worth_of(plans).values())


def every(centres: list[Centre], pairs: set[tuple[str, str, str]], organisers: str) -> list[tuple[int, ...]]:
    """What every assignment is worth for which all centres have a timetable."""
    known: dict[tuple[str, tuple[str, ...]], CentrePlan] = {}
    found = []
    for asked in assignments(centres, pairs, organisers):
        plans = []
        for centre in asked:
            key = centre.id, tuple(a.id for a in centre.activities)
            if key not in known:
                known[key] = plan_centre(centre)
            plans.append(known[key])
        found.append(worth(plans))
    return found
