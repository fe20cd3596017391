"""The inner loops of planning a round, compiled: the search for day patterns, and routes priced by multipliers.

Slack induction by string removals (Christiaens and Vanden Berghe 2020), carried over to periodic routing: what is taken
out of one route is taken out of all days of its stop, and comes back with the option (crew and days) that costs least.
Numbers are whole and all chance comes from one generator, so that the same is found on every machine. The checker of
``rounds`` and a search by brute force are the oracles of the tests.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from workbench.arrays import Floats, Ints
from workbench.network.kernel import compiled

_BLINK, _SKIP = 0.01, 0.03
"""Chance that a place in a route, and an option of a stop, is passed over."""
_STRING, _REMOVED = 10, 12
"""Longest string that is taken out of a route; stops that are taken out at a time, on average."""
_NONE = 1 << 60


class Facts(NamedTuple):
    """A round as arrays.

    ``option_first`` is where the options of each stop begin, ``slot_first`` where the crew days (``slot``) of each
    option do, ``owner`` the crew of each option. ``wanted`` are the crew days of all options of a stop, from
    ``wanted_first`` on. ``route_first`` is where the routes of each crew day begin, ``near`` the stops by distance.
    """

    travel: Ints
    service: Ints
    load: Ints
    work: Ints
    missed: Ints
    option_first: Ints
    slot_first: Ints
    slot: Ints
    owner: Ints
    wanted_first: Ints
    wanted: Ints
    depot: Ints
    capacity: Ints
    longest: Ints
    route_first: Ints
    most: Ints
    day_cost: int
    near: Ints


class State(NamedTuple):
    """A plan as arrays.

    ``choice`` of each stop (-1 = none), ``at`` the route of each of its visits, ``seq`` and ``size`` the stops of each
    route; then seconds and load of each route, and the service of each crew, which ``search`` fills in.
    """

    choice: Ints
    at: Ints
    seq: Ints
    size: Ints
    spent: Ints
    loaded: Ints
    carried: Ints


@compiled
def _fill(f: Facts, s: State) -> None:
    """Work out what routes and crews of a plan come to."""
    s.spent[:], s.loaded[:], s.carried[:] = 0, 0, 0
    for g in range(len(f.depot)):
        for r in range(f.route_first[g], f.route_first[g + 1]):
            last = f.depot[g]
            for k in range(s.size[r]):
                i = s.seq[r, k]
                s.spent[r] += f.travel[last, i] + f.service[i]
                s.loaded[r] += f.load[i]
                last = i
            if s.size[r]:
                s.spent[r] += f.travel[last, f.depot[g]]
    for i in range(len(f.service)):
        if s.choice[i] >= 0:
            s.carried[f.owner[s.choice[i]]] += f.work[i]


@compiled
def _copy(a: State, b: State) -> None:
    """Copy a plan number by number: to copy arrays whole takes as long to run, and seconds to compile."""
    for i in range(len(a.choice)):
        b.choice[i] = a.choice[i]
        for k in range(a.at.shape[1]):
            b.at[i, k] = a.at[i, k]
    for r in range(len(a.size)):
        b.size[r], b.spent[r], b.loaded[r] = a.size[r], a.spent[r], a.loaded[r]
        for k in range(a.seq.shape[1]):
            b.seq[r, k] = a.seq[r, k]
    for crew in range(len(a.carried)):
        b.carried[crew] = a.carried[crew]


@compiled
def _place_in(s: State, r: int, i: int) -> int:
    k = 0
    while s.seq[r, k] != i:
        k += 1
    return k


@compiled
def _drop(f: Facts, s: State, i: int) -> int:
    """Take a stop out of all its days; return what that saves."""
    option, saved = int(s.choice[i]), 0
    for slot in range(f.slot_first[option], f.slot_first[option + 1]):
        r, home = s.at[i, slot - f.slot_first[option]], f.depot[f.slot[slot]]
        k = _place_in(s, r, i)
        before = s.seq[r, k - 1] if k > 0 else home
        after = s.seq[r, k + 1] if k + 1 < s.size[r] else home
        for j in range(k, s.size[r] - 1):
            s.seq[r, j] = s.seq[r, j + 1]
        s.size[r] -= 1
        less = f.travel[before, i] + f.travel[i, after] - f.travel[before, after]
        s.spent[r] -= less + f.service[i]
        s.loaded[r] -= f.load[i]
        saved += less + (0 if s.size[r] else f.day_cost)
    s.carried[f.owner[option]] -= f.work[i]
    s.choice[i] = -1
    return int(saved - f.missed[i])


@compiled
def _cut(f: Facts, s: State, centre: int, ruined: Ints, step: int, rng: np.random.Generator) -> int:
    """Take strings of stops near a centre out of their routes; return what that saves."""
    used, visits = 0, 0
    for size in s.size:
        used += size > 0
        visits += size
    longest = min(float(_STRING), visits / max(1, used))
    strings = int(rng.random() * (4.0 * _REMOVED / (1.0 + longest) - 1.0) + 1.0)
    string, saved = np.zeros(_STRING, np.int64), 0
    for c in f.near[centre]:
        if strings == 0:
            break
        if s.choice[c] < 0:
            continue
        first, last = f.slot_first[s.choice[c]], f.slot_first[s.choice[c] + 1]
        r = s.at[c, int(rng.random() * (last - first))]
        if ruined[r] == step:
            continue
        ruined[r] = step
        strings -= 1
        length = min(int(rng.random() * min(float(s.size[r]), longest) + 1.0), s.size[r])
        k = _place_in(s, r, c)
        low, high = max(0, k - length + 1), min(k, s.size[r] - length)
        begin = low + int(rng.random() * (high - low + 1))
        for j in range(length):
            string[j] = s.seq[r, begin + j]
        for j in range(length):
            saved += _drop(f, s, string[j])
    return saved


@compiled
def _absent(f: Facts, s: State, rng: np.random.Generator) -> Ints:
    """Return the stops that are not visited, in the order in which they come back."""
    absent = np.flatnonzero(s.choice < 0)
    way, key = int(4 * rng.random()), np.zeros(len(absent))
    for place in range(len(absent)):
        i, lot = absent[place], rng.random()
        far = f.travel[f.depot[0], i]
        key[place] = lot if way == 0 else lot - f.work[i] - f.load[i] if way == 1 else far if way == 2 else -far
    return absent[np.argsort(key)]


@compiled
def _place(f: Facts, s: State, i: int, g: int, rng: np.random.Generator) -> tuple[int, int, int]:
    """Return the cheapest place for a stop on a crew day: what it costs, the route, and where in it."""
    home, best, route, place = f.depot[g], _NONE, -1, -1
    fresh = True
    for r in range(f.route_first[g], f.route_first[g + 1]):
        size = s.size[r]
        if (size == 0 and not fresh) or s.loaded[r] + f.load[i] > f.capacity[g]:
            continue
        fresh = fresh and size > 0
        room = f.longest[g] - s.spent[r] - f.service[i]
        first, before = (0 if size else f.day_cost), home
        for k in range(size + 1):
            after = s.seq[r, k] if k < size else home
            more = f.travel[before, i] + f.travel[i, after] - (f.travel[before, after] if size else 0)
            if more <= room and more + first < best and rng.random() >= _BLINK:
                best, route, place = more + first, r, k
            before = after
    return best, route, place


@compiled
def _bring_back(
    f: Facts, s: State, i: int, cost: Ints, route: Ints, place: Ints, rng: np.random.Generator
) -> int:  # fmt: skip
    """Give a stop the option that costs least, if that is less than to miss it; return what that adds."""
    for g in f.wanted[f.wanted_first[i] : f.wanted_first[i + 1]]:
        cost[g], route[g], place[g] = _place(f, s, i, g, rng)
    cheapest, chosen = _NONE, -1
    for o in range(f.option_first[i], f.option_first[i + 1]):
        if s.carried[f.owner[o]] + f.work[i] > f.most[f.owner[o]] or rng.random() < _SKIP:
            continue
        total = 0
        for slot in range(f.slot_first[o], f.slot_first[o + 1]):
            total += cost[f.slot[slot]]
            if total >= cheapest:
                break
        if total < cheapest:
            cheapest, chosen = total, o
    if chosen < 0 or cheapest >= f.missed[i]:
        return 0
    for slot in range(f.slot_first[chosen], f.slot_first[chosen + 1]):
        g = f.slot[slot]
        r, k = route[g], place[g]
        s.spent[r] += cost[g] - (0 if s.size[r] else f.day_cost) + f.service[i]
        for j in range(s.size[r], k, -1):
            s.seq[r, j] = s.seq[r, j - 1]
        s.seq[r, k] = i
        s.size[r] += 1
        s.loaded[r] += f.load[i]
        s.at[i, slot - f.slot_first[chosen]] = r
    s.carried[f.owner[chosen]] += f.work[i]
    s.choice[i] = chosen
    return int(cheapest - f.missed[i])


@compiled
def search(
    f: Facts, now: State, kept: State, best: State, rounds: int, hot: float, cold: float, rng: np.random.Generator
) -> int:  # fmt: skip
    """Improve a plan by so many rounds of ruin and recreate, cooling down; return how much less ``best`` costs.

    ``kept`` and ``best`` are room for copies of ``now``.
    """
    groups = len(f.depot)
    cost, route, place = np.zeros(groups, np.int64), np.zeros(groups, np.int64), np.zeros(groups, np.int64)
    ruined = np.full(len(now.size), -1, np.int64)
    value, lowest, heat = 0, 0, hot
    _fill(f, now)
    _copy(now, kept)
    _copy(now, best)
    for step in range(rounds):
        then = value - _cut(f, now, int(rng.random() * len(f.service)), ruined, step, rng)
        for i in _absent(f, now, rng):
            then += _bring_back(f, now, i, cost, route, place, rng)
        if then < value - heat * np.log(max(rng.random(), 1e-300)):
            value = then
            _copy(now, kept)
            if value < lowest:
                lowest = value
                _copy(now, best)
        else:
            _copy(kept, now)
        heat *= (cold / hot) ** (1.0 / rounds)
    return -lowest


@compiled
def cheapest_routes(
    travel: Ints, depot: int, use: Ints, out: Ints, room: int, price: Floats, stops: Ints, value: Floats, came: Ints,
    left: Ints,
) -> None:  # fmt: skip
    """Fill in, for each use of a route's room and last stop, the least travel less prices.

    Stops may come again, but not at once after one other stop: two labels are kept, of different stops before (Houck et
    al. 1980).
    ``use`` (n, n) is what going from one stop to another and serving it takes of the ``room``, at least 1, ``out`` the
    same from the depot. ``value`` (room + 1, n, 2) is infinite where there is no such route; ``came`` is the stop
    before, -1 for the depot, and ``left`` the room used there.
    """
    value[:], came[:] = np.inf, -1
    for j in stops:
        if out[j] <= room:
            value[out[j], j, 0] = travel[depot, j] - price[j]
    for q in range(room + 1):
        for i in stops:
            if value[q, i, 0] == np.inf:
                continue
            for j in stops:
                then, label = q + use[i, j], 1 if came[q, i, 0] == j else 0
                if j == i or then > room:
                    continue
                reached = value[q, i, label] + travel[i, j] - price[j]
                if reached >= value[then, j, 1]:
                    continue
                rank = 0 if reached < value[then, j, 0] else 1
                if rank == 0 and came[then, j, 0] != i:
                    value[then, j, 1], came[then, j, 1] = value[then, j, 0], came[then, j, 0]
                    left[then, j, 1] = left[then, j, 0]
                if rank == 0 or came[then, j, 0] != i:
                    value[then, j, rank], came[then, j, rank], left[then, j, rank] = reached, i, q
