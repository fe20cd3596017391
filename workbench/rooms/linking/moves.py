"""Steps that are worth trying between centres, by quick tests: gaps in the timetables, and loads of the rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from workbench.rooms.check import opened, unserved
from workbench.rooms.linking.gaps import Gaps, usable_rooms
from workbench.rooms.linking.loads import Loads, Place
from workbench.rooms.linking.units import Assignment, Links, Unit
from workbench.rooms.model import Row
from workbench.rooms.problem import PRIORITIES, Activity, Centre, Session, Timetable
from workbench.rooms.stages import CentrePlan
from workbench.solving import Interrupt, solve_mip

Moves = dict[int, str]
"""Units by number, and the stations to which they go."""
_SHARES = (0.85, 1.0)
"""Shares of a room's open hours that may be filled when a room is to be emptied: tight weeks seldom work out."""
_NODES = 200
"""Branches that HiGHS may search for one step: a count, because a time would depend on the machine."""


@dataclass(frozen=True, eq=False)
class Standing:
    """Where everything is now.

    Parameters
    ----------
    links
        What may move.
    assignment
        Where each unit is.
    plans
        The plan of each centre.
    """

    links: Links
    assignment: Assignment
    plans: Mapping[str, CentrePlan]

    def where(self, name: str) -> tuple[Centre, Timetable]:
        """Return a centre as it is asked now, and its timetable."""
        plan = self.plans[name]
        if plan.timetable is None:
            raise AssertionError("a centre without a timetable takes no part")
        return plan.centre, plan.timetable

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Sessions that do not take place, by activity; those that are served in full are left out."""
        found: dict[str, int] = {}
        for name in self.links.centres:
            centre, timetable = self.where(name)
            pairs = zip(centre.activities, unserved(centre, timetable), strict=True)
            found |= {activity.id: absent for activity, absent in pairs if absent}
        return found

    @cached_property
    def urgent(self) -> list[int]:
        """Units with sessions that do not take place, the most urgent first."""
        found = []
        for n, unit in enumerate(self.links.units):
            own = [a for a in self.links.guests(unit) if a.id in self.lacking]
            if own:
                first = min(a.priority for a in own)
                found.append((first, -sum(self.lacking[a.id] * a.weight for a in own if a.priority == first), n))
        return [n for _, _, n in sorted(found)]

    def goals(self, n: int) -> list[str]:
        """Return the stations to which a unit could go from where it is, the nearest first, home last."""
        unit = self.links.units[n]
        return [to for to in (*unit.reach, unit.home) if to != self.assignment[n]]

    def could_gain(self, n: int, to: str) -> bool:
        """Tell whether an activity of a unit that lacks sessions could have more of them at a station."""
        own = [a for a in self.links.guests(self.links.units[n]) if a.id in self.lacking]
        return any(self.links.possible(a.id, to) > a.sessions - self.lacking[a.id] for a in own)

    def gaps(self, name: str, rooms: Sequence[int] | None = None) -> Gaps:
        """Return the gaps of a centre, in some rooms or in all that are no offices."""
        centre, timetable = self.where(name)
        usable = np.flatnonzero(usable_rooms(centre, timetable)).tolist() if rooms is None else rooms
        return Gaps(centre, timetable, usable)

    def sessions(self, name: str, identifier: str) -> list[Session]:
        """Return the sessions of an activity at a station."""
        centre, timetable = self.where(name)
        return [s for s in timetable.sessions if centre.activities[s.activity].id == identifier]

    def asked(self, unit: Unit, to: str) -> list[Activity]:
        """Return the activities of a unit as a station has them."""
        at_home = [self.links.activity(unit.home, name) for name in unit.activities]
        return at_home if to == unit.home else self.links.guests(unit)

    def fits(self, n: int, gaps: Gaps, to: str) -> bool:
        """Tell whether all possible sessions of a unit fit into gaps; those that do are put in."""
        done = True
        for asked in self.asked(self.links.units[n], to):
            wanted = self.links.possible(asked.id, to)
            done &= len(gaps.put_in(asked, self.links.options[asked.id, to], wanted)) == wanted
        return done


def serving(standing: Standing) -> Iterator[Moves]:
    """Yield single moves of what is not served to where it could be held more often, into gaps first."""
    for n in standing.urgent:
        targets = [to for to in standing.goals(n) if standing.could_gain(n, to)]
        fits = {to: standing.fits(n, standing.gaps(to), to) for to in targets}
        yield from ({n: to} for to in sorted(targets, key=lambda to: not fits[to]))


def making_room(standing: Standing) -> Iterator[Moves]:
    """Yield pairs of moves: a unit goes where another one leaves, which fits into the gaps of some other centre."""
    for n in standing.urgent:
        for to in standing.goals(n):
            if not standing.could_gain(n, to):
                continue
            for other, unit in enumerate(standing.links.units):
                if standing.assignment[other] != to or other == n:
                    continue
                gaps = standing.gaps(to)
                for asked in standing.asked(unit, to):
                    gaps.take_out(asked, standing.sessions(to, asked.id))
                if standing.fits(n, gaps, to):
                    goals = standing.goals(other)
                    yield from ({n: to, other: at} for at in goals if standing.fits(other, standing.gaps(at), at))


def emptying(standing: Standing) -> Iterator[Moves]:
    """Yield moves after which the gaps of other open rooms hold all that one room holds.

    Rooms in which the fewest sessions take place as published come first, of these the least used.
    """
    rooms = []
    linked = {name for unit in standing.links.units for name in (unit.home, *unit.reach)}
    for name in sorted(linked):
        centre, timetable = standing.where(name)
        for room in opened(centre, timetable):
            inside = [s for s in timetable.sessions if room in centre.places[s.place]]
            load = sum(len(centre.activities[s.activity].occupied(s.start)) for s in inside)
            rooms.append((sum(s in centre.today for s in inside), load, name, room))
    for *_, name, room in sorted(rooms):
        moves = _emptied(standing, name, room)
        if moves:
            yield moves


def _emptied(standing: Standing, name: str, room: int) -> Moves | None:
    """Return the moves after which the gaps of other open rooms hold all that a room holds; None if they do not."""
    centre, timetable = standing.where(name)
    unit_of = {a: n for n, unit in enumerate(standing.links.units) for a in unit.activities}
    inside = {s.activity for s in timetable.sessions if room in centre.places[s.place]}
    gaps = {name: standing.gaps(name, [r for r in opened(centre, timetable) if r != room])}
    moves: Moves = {}
    for a in sorted(inside, key=lambda a: (-len(centre.activities[a].occupied(0)), a)):
        asked = centre.activities[a]
        n, own = unit_of.get(asked.id), standing.sessions(name, asked.id)
        if n in moves:
            continue
        gaps[name].take_out(asked, own)
        if len(gaps[name].put_in(asked, standing.links.options[asked.id, name], len(own))) == len(own):
            continue
        to = None if n is None else _taken_in(standing, n, gaps)
        if n is None or to is None:
            return None
        moves[n] = to
    return moves


def _taken_in(standing: Standing, n: int, gaps: dict[str, Gaps]) -> str | None:
    """Return the nearest station whose open rooms take a unit in, and let its gaps be taken."""
    for to in standing.goals(n):
        fresh = to not in gaps
        if fresh:
            gaps[to] = standing.gaps(to, opened(*standing.where(to)))
        if standing.fits(n, gaps[to], to):
            return to
        if fresh:
            del gaps[to]
        else:
            return None
    return None


def returning(standing: Standing) -> Iterator[Moves]:
    """Yield moves home of what fits into the gaps of rooms that are open there anyway."""
    for n, unit in enumerate(standing.links.units):
        if standing.assignment[n] != unit.home:
            rooms = opened(*standing.where(unit.home))
            if standing.fits(n, standing.gaps(unit.home, rooms), unit.home):
                yield {n: unit.home}


class Clearance:
    """Ways to empty a room of some linked centres that the loads of their rooms allow.

    Parameters
    ----------
    links
        What may move.
    part
        Identifiers of the stations.
    """

    def __init__(self, links: Links, part: Sequence[str]) -> None:
        self._part = part
        self._loads = {share: Loads(links, part, share) for share in _SHARES}
        self._barred: dict[tuple[float, Place], frozenset[Place]] = {}

    def closing(self, standing: Standing, interrupt: Interrupt) -> list[Moves]:
        """Return for each open room the moves after which its load could be borne, the least change first.

        The rooms that are closed now stay closed, and no need is served less.
        """
        if not self._loads[1.0].units:
            return []
        open_ = frozenset((name, r) for name in self._part for r in opened(*standing.where(name)))
        found: list[tuple[int, Place, float, Moves]] = []
        for room in [] if interrupt.asked else sorted(open_):
            for share, loads in self._loads.items():
                moves = self._closed(standing, loads, open_ - {room}, (share, room))
                if moves:
                    found.append((len(moves), room, share, moves))
        ordered = [moves for *_, moves in sorted(found, key=lambda item: item[:3])]
        return [moves for place, moves in enumerate(ordered) if moves not in ordered[:place]]

    def _closed(
        self, standing: Standing, loads: Loads, left: frozenset[Place], key: tuple[float, Place]
    ) -> Moves | None:
        """Return the moves of least change with which some rooms could bear all loads; None if they could not."""
        if left <= self._barred.get(key, frozenset()):
            return None  # fewer rooms bear no more
        need = {
            priority: sum(s.value for n in self._part for s in standing.plans[n].stages if s.name == f"need_{priority}")
            for priority in PRIORITIES
        }
        rows: list[Row] = [loads.need_at_most(priority, most) for priority, most in need.items()]
        rows.append(loads.only_rooms(left))
        answer = solve_mip(
            loads.program(loads.changed_from(standing.assignment), rows), options={"mip_max_nodes": _NODES}
        )
        if answer.values is None:
            self._barred[key] = left
            return None
        return {n: to for n, to in loads.goals_of(answer.values).items() if standing.assignment[n] != to}
