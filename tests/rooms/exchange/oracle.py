"""Brute force over all matchings of a tiny exchange, from the words of the rules and nothing of the package's logic."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from tests.rooms.oracle import suits
from workbench.rooms import Centre, Room, Timetable
from workbench.rooms.exchange.problem import ExchangeProblem, Operator

DAY = 96
Block = tuple[int, int, int]
"""Centre, place, start."""


def fits(asked: Operator, rooms: list[Room]) -> bool:
    return suits(asked.use, rooms) and sum(r.area_dm2 for r in rooms) >= asked.least_area_dm2


def held(centre: Centre, timetable: Timetable, room: int, cell: int) -> list[int]:
    """Activities that hold a room at a cell."""
    found = []
    for s in timetable.sessions:
        a = centre.activities[s.activity]
        if room in centre.places[s.place] and s.start - a.setup <= cell < s.start + a.length + a.clear:
            found.append(s.activity)
    return found


def free(problem: ExchangeProblem, c: int, room: int, cell: int) -> bool:
    centre, timetable = problem.centres[c], problem.timetables[c]
    own = centre.rooms[room]
    kept = own.office and room not in timetable.given
    return bool(own.open[cell]) and not kept and not held(centre, timetable, room, cell)


def single(problem: ExchangeProblem, o: int) -> list[Block]:
    """Every block that breaks no rule by itself."""
    asked, found = problem.operators[o], []
    length = problem.terms.block // 15
    for c, centre in enumerate(problem.centres):
        if asked.station and asked.station != centre.id:
            continue
        for p, place in enumerate(centre.places):
            rooms = [centre.rooms[r] for r in place]
            if not fits(asked, rooms) or (len(rooms) > 1 and any(fits(asked, [r]) for r in rooms)):
                continue
            beside = {b for w in centre.walls for b in w if set(w) & set(place)} - set(place)
            for start in range(2 * DAY):
                cells = range(start, start + length)
                if (15 * start) % problem.step or cells[0] // DAY != cells[-1] // DAY:
                    continue
                if not all(asked.use.windows[t] and all(free(problem, c, r, t) for r in place) for t in cells):
                    continue
                near = [
                    centre.activities[a]
                    for b in beside
                    for t in cells
                    for a in held(centre, problem.timetables[c], b, t)
                ]
                if asked.use.noise == 2 and any(a.wants_quiet for a in near):
                    continue
                if asked.use.wants_quiet and any(a.noise == 2 for a in near):
                    continue
                found.append((c, p, start))
    return found


def barred(problem: ExchangeProblem, o: int) -> bool:
    asked = problem.operators[o]
    poor = (
        asked.owed > 0 and asked.fulfilled is not None and asked.fulfilled / asked.owed < problem.terms.least_fulfilment
    )
    return poor or asked.owed == 0 or (bool(asked.station) and asked.station not in {c.id for c in problem.centres})


def counts(problem: ExchangeProblem, o: int, blocks: tuple[Block, ...]) -> tuple[int, int]:
    """Blocks of service and of own use."""
    service = -(-problem.operators[o].owed // problem.terms.block)
    return service, len(blocks) - service


def allowed(problem: ExchangeProblem, o: int, blocks: tuple[Block, ...]) -> bool:
    """Whether what one operator is given is right by itself."""
    asked, terms, length = problem.operators[o], problem.terms, problem.terms.block // 15
    if len({c for c, _, _ in blocks}) > 1:
        return False
    if any(abs(a[2] - b[2]) < length for a, b in combinations(blocks, 2)):
        return False
    service, own = counts(problem, o, blocks)
    coming = sum(all(problem.residents[t] for t in range(s, s + length)) for _, _, s in blocks)
    if (
        coming < service
        or own < 0
        or own * terms.block > asked.asked
        or own * terms.block < terms.least_share * asked.asked
    ):
        return False
    c = blocks[0][0]
    rooms = problem.centres[c].rooms
    left = sum(free(problem, c, r, t) * rooms[r].area_dm2 for r in range(len(rooms)) for t in range(2 * DAY))
    area = sum(length * rooms[r].area_dm2 for _, p, _ in blocks for r in problem.centres[c].places[p])
    return area <= terms.operator_share * left + 1e-6


def options(problem: ExchangeProblem, o: int) -> list[tuple[Block, ...]]:
    """Everything that an operator could be given; nothing comes first."""
    if barred(problem, o):
        return [()]
    own = single(problem, o)
    most = problem.operators[o].asked // problem.terms.block + -(-problem.operators[o].owed // problem.terms.block)
    sets = [s for n in range(1, most + 1) for s in combinations(own, n)]
    return [(), *(s for s in sets if allowed(problem, o, s))]


def together(problem: ExchangeProblem, given: list[tuple[Block, ...]]) -> bool:
    """Whether what operators are given is right together."""
    length = problem.terms.block // 15
    flat = [(o, *block) for o, blocks in enumerate(given) for block in blocks]
    for (o, c, p, s), (q, d, r, t) in combinations(flat, 2):
        if o == q or c != d or abs(s - t) >= length:
            continue
        centre = problem.centres[c]
        here, there = centre.places[p], centre.places[r]
        if set(here) & set(there):
            return False
        a, b = problem.operators[o].use, problem.operators[q].use
        touch = any({x, y} == set(w) for w in centre.walls for x in here for y in there)
        if touch and ((a.noise == 2 and b.wants_quiet) or (b.noise == 2 and a.wants_quiet)):
            return False
    for c, centre in enumerate(problem.centres):
        for r, room in enumerate(centre.rooms):
            used = sum(length for _, d, p, _ in flat if d == c and r in centre.places[p])
            if used > problem.terms.room_share * room.open.sum() + 1e-6:
                return False
    return True


def worth(problem: ExchangeProblem, given: list[tuple[Block, ...]]) -> dict[str, int]:
    operators = problem.operators
    own = [counts(problem, o, g)[1] * problem.terms.block if g else 0 for o, g in enumerate(given)]
    short = [
        -(-1000 * (operators[o].asked - own[o]) // operators[o].asked)
        for o, g in enumerate(given)
        if g and operators[o].asked
    ]
    rooms = {(c, r) for g in given for c, p, _ in g for r in problem.centres[c].places[p]}
    used = {
        (c, r)
        for c, (centre, timetable) in enumerate(zip(problem.centres, problem.timetables, strict=True))
        for s in timetable.sessions
        for r in centre.places[s.place]
    }
    return {
        "service": sum(x.owed for x, g in zip(operators, given, strict=True) if not g),
        "fairness": max(short, default=0),
        "own": sum(x.asked for x in operators) - sum(own),
        "busy_rooms": len(rooms & used),
        "shared_rooms": len(rooms),
        "places": sum(len({(c, p) for c, p, _ in g}) - 1 for g in given if g),
    }


def best(problem: ExchangeProblem) -> dict[str, int]:
    """The lexicographic optimum of all stages."""
    first = problem.terms.released_first
    names = ["service", "fairness", "own", *(["busy_rooms"] if first else []), "shared_rooms", "places"]
    found = [worth(problem, given) for given in _product(problem, 0, [])]
    least = min(found, key=lambda w: [w[name] for name in names])
    return {name: least[name] for name in names}


def _product(problem: ExchangeProblem, o: int, given: list[tuple[Block, ...]]) -> Iterator[list[tuple[Block, ...]]]:
    if o == len(problem.operators):
        yield given
        return
    for part in options(problem, o):
        if together(problem, [*given, part]):
            yield from _product(problem, o + 1, [*given, part])
