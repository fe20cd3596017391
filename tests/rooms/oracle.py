"""Brute force over all timetables of a tiny centre, from the words of the rules and nothing of the package's logic."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations

from workbench.rooms import Activity, Centre, Room, Session, Timetable

DAY = 96


def cells_of(asked: Activity, start: int) -> set[int]:
    return set(range(start - asked.setup, start + asked.length + asked.clear))


def suits(asked: Activity, rooms: list[Room]) -> bool:
    return (
        asked.attendance <= sum(r.capacity for r in rooms)
        and all(any(item in r.equipment for r in rooms) for item in asked.equipment)
        and (not asked.water or any(r.water for r in rooms))
        and (not asked.strong_power or any(r.strong_power for r in rooms))
        and (not asked.private or all(r.private for r in rooms))
        and max(r.storey for r in rooms) <= asked.highest_storey
        and asked.noise <= min(r.sound for r in rooms)
    )


def single(centre: Centre, a: int) -> list[Session]:
    """Every session that breaks no rule by itself, offices aside."""
    asked = centre.activities[a]
    found = []
    for p, place in enumerate(centre.places):
        rooms = [centre.rooms[r] for r in place]
        published = any((s.activity, s.place) == (a, p) for s in centre.today)
        if not suits(asked, rooms):
            continue
        if len(rooms) > 1 and not published and any(suits(asked, [r]) for r in rooms):
            continue
        for start in range(7 * DAY):
            own = any(s.activity == a and s.start == start for s in centre.today)
            if (15 * start) % centre.rules.step and not own:
                continue
            itself, held = set(range(start, start + asked.length)), cells_of(asked, start)
            if len({c // DAY for c in held}) > 1 or min(held) < 0 or max(held) >= 7 * DAY:
                continue
            needed = itself if centre.rules.turnover == "outside" else held
            if all(r.open[c] for r in rooms for c in needed) and all(asked.windows[c] for c in itself):
                found.append(Session(a, start, p))
    return found


def together(centre: Centre, sessions: tuple[Session, ...]) -> bool:
    """Whether sessions that are right singly are right together."""
    for one, other in combinations(sessions, 2):
        a, b = centre.activities[one.activity], centre.activities[other.activity]
        way = abs(one.start // DAY - other.start // DAY)
        if one.activity == other.activity and min(way, 7 - way) < a.days_apart:
            return False
        if not cells_of(a, one.start) & cells_of(b, other.start):
            continue
        here, there = centre.places[one.place], centre.places[other.place]
        share = a.shares and a.shares == b.shares and a is not b and here == there and len(here) == 1
        if set(here) & set(there) and not share:
            return False
        if a is b or (a.organiser and a.organiser == b.organiser):
            return False
        walls = {frozenset(w) for w in centre.walls}
        touch = any(frozenset((r, q)) in walls for r in here for q in there)
        if touch and ((a.cooks and b.no_fire_beside) or (b.cooks and a.no_fire_beside)):
            return False
        if touch and ((a.noise == 2 and b.wants_quiet) or (b.noise == 2 and a.wants_quiet)):
            return False
    for cell in {c for s in sessions for c in cells_of(centre.activities[s.activity], s.start)}:
        for r, room in enumerate(centre.rooms):
            inside = [
                centre.activities[s.activity].attendance
                for s in sessions
                if centre.places[s.place] == (r,) and cell in cells_of(centre.activities[s.activity], s.start)
            ]
            if sum(inside) > room.capacity:
                return False
    return True


def alone(centre: Centre, a: int) -> int:
    """Most sessions of an activity by itself."""
    options, asked = usable(centre, single(centre, a)), centre.activities[a].sessions
    return max(n for n in range(asked + 1) if any(together(centre, c) for c in combinations(options, n)))


def usable(centre: Centre, sessions: list[Session]) -> list[Session]:
    """Sessions whose offices could ever be given over."""
    spare = len(centre.offices) - min(centre.rules.offices_kept, len(centre.offices))
    return [s for s in sessions if sum(centre.rooms[r].office for r in centre.places[s.place]) <= spare]


def offices(centre: Centre) -> Iterator[tuple[int, ...]]:
    """Every choice of offices to give over that the rules allow."""
    own = [r for r, room in enumerate(centre.rooms) if room.office]
    total = sum(room.area_dm2 for room in centre.rooms)
    for given in chain.from_iterable(combinations(own, n) for n in range(len(own) + 1)):
        kept = [r for r in own if r not in given]
        area = sum(centre.rooms[r].area_dm2 for r in kept)
        enough = len(kept) >= min(centre.rules.offices_kept, len(own))
        if enough and area <= (1 - centre.rules.resident_share) * total + 1e-6:
            yield given


def worth(centre: Centre, timetable: Timetable, could: list[int]) -> tuple[int, ...]:
    acts = centre.activities
    held = [sum(s.activity == a for s in timetable.sessions) for a in range(len(acts))]
    need = [
        sum((x.sessions - h) * x.attendance * x.minutes for x, h in zip(acts, held, strict=True) if x.priority == p)
        for p in (1, 2, 3)
    ]
    short = []
    for group in {x.group for x in acts}:
        own = [(x, h, c) for x, h, c in zip(acts, held, could, strict=True) if x.group == group]
        whole = sum(c * x.attendance * x.minutes for x, _, c in own)
        lost = sum((c - h) * x.attendance * x.minutes for x, h, c in own)
        short.append(-(-1000 * lost // whole) if whole else 0)
    used = {r for s in timetable.sessions for r in centre.places[s.place]}
    release = sum(centre.rooms[r].area_dm2 for r in used) if centre.rules.release == "area" else len(used)
    changes = len(set(centre.today) - set(timetable.sessions)) + len(timetable.given)
    outside = sum(
        15 * int((~acts[s.activity].preferred[s.start : s.start + acts[s.activity].length]).sum())
        for s in timetable.sessions
    )
    return (*need, max(short, default=0), release, changes, outside)


def best(centre: Centre) -> tuple[int, ...] | None:
    """The lexicographic optimum of all stages; None if no timetable is allowed."""
    could = [alone(centre, a) for a in range(len(centre.activities))]
    found: list[tuple[int, ...]] = []
    for given in offices(centre):
        kept = {r for r, room in enumerate(centre.rooms) if room.office} - set(given)
        options = []
        for a, asked in enumerate(centre.activities):
            own = [s for s in single(centre, a) if not kept & set(centre.places[s.place])]
            sets = chain.from_iterable(combinations(own, n) for n in range(asked.sessions + 1))
            options.append([c for c in sets if together(centre, c)])
        held = [
            Timetable(tuple(sorted(c)), given) for c in _product(centre, options, ()) if set(centre.fixed) <= set(c)
        ]
        found += [worth(centre, timetable, could) for timetable in held]
    return min(found, default=None)


def _product(
    centre: Centre, options: list[list[tuple[Session, ...]]], chosen: tuple[Session, ...]
) -> Iterator[tuple[Session, ...]]:
    if not options:
        yield chosen
        return
    for part in options[0]:
        if together(centre, chosen + part):
            yield from _product(centre, options[1:], chosen + part)
