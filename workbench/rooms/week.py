"""The week of each room, block by block: what figures, printed timetables and calendars show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from workbench.calendars import Day
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Centre, Session
from workbench.scenes.catalogue import catalogue as scenes

if TYPE_CHECKING:
    from workbench.rooms.result import TimetableResult

When = Literal["before", "after"]
"""The timetable that is published today, or the plan."""


def hhmm(minute: int) -> str:
    """Return a minute of the day as "HH:MM"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def standing_of(centre: Centre, session: Session, booked: Collection[str]) -> str:
    """Return how a session stands to today: ``kept``, ``moved`` (its activity is among the booked) or ``new``."""
    if session in centre.today:
        return "kept"
    return "moved" if centre.activities[session.activity].id in booked else "new"


@dataclass(frozen=True)
class Block:
    """One session in one room; a session in joined rooms is a block in each of them.

    Parameters
    ----------
    station, room
        Where.
    activity, name, function, group, attendance
        What, for whom and how many.
    day
        0 = Monday.
    begin, end
        When, minutes of the day.
    held_from, held_to
        From setting up to clearing away, minutes of the day, rounded outward to quarter hours.
    around
        Minutes to set up and to clear away.
    joined
        The other room that is joined for it; empty when none is.
    standing
        ``kept``, ``moved`` or ``new`` against today's timetable.
    lane, lanes
        Which of how many activities that share the room at that time.
    out
        Public holidays and make-up days on which it does not take place.
    """

    station: str
    room: str
    activity: str
    name: str
    function: str
    group: str
    attendance: int
    day: int
    begin: int
    end: int
    held_from: int
    held_to: int
    around: tuple[int, int] = (0, 0)
    joined: str = ""
    standing: str = "kept"
    lane: int = 0
    lanes: int = 1
    out: tuple[Day, ...] = ()

    @property
    def span(self) -> str:
        """When, such as "09:00–10:30"."""
        return f"{hhmm(self.begin)}–{hhmm(self.end)}"

    @property
    def clear_from(self) -> int:
        """When clearing away begins, minutes of the day: the end, rounded outward to a quarter hour."""
        return -(-self.end // CELL_MIN) * CELL_MIN

    @property
    def audience(self) -> str:
        """For whom, in Chinese."""
        known = scenes().audiences
        return known[self.group].label if self.group in known else self.group


def week_of(result: TimetableResult, station: str, when: When = "after") -> tuple[Block, ...]:
    """Return the blocks of a centre, by room, day and begin.

    Parameters
    ----------
    result
        The rooms as timetabled.
    station
        Identifier of the centre.
    when
        Which timetable. Sessions published off the quarter hours are in no timetable, and in no block.

    Returns
    -------
    tuple of Block
        Empty when the centre has no timetable.

    Raises
    ------
    KeyError
        If the station has no rooms.
    """
    plan = result.plan(station)
    centre, timetable = result.today(station) if when == "before" else (plan.centre, plan.timetable)
    if timetable is None:
        return ()
    names = dict(zip(result.activities["id"], result.activities["name"], strict=True))
    found = [
        replace(block, out=result.dates.out(centre, session))
        for session in timetable.sessions
        for block in _blocks(centre, session, names, result.booked)
    ]
    rooms = sorted({block.room for block in found})
    return tuple(block for room in rooms for block in _in_lanes(b for b in found if b.room == room))


def _blocks(centre: Centre, session: Session, names: dict[str, str], booked: Collection[str]) -> Iterable[Block]:
    activity, place = centre.activities[session.activity], centre.places[session.place]
    midnight = session.start // DAY_CELLS * DAY_CELLS
    held, begin = activity.occupied(session.start), CELL_MIN * (session.start - midnight)
    for r in place:
        yield Block(
            station=centre.id,
            room=centre.rooms[r].id,
            activity=activity.id,
            name=names[activity.id],
            function=activity.function,
            group=activity.group,
            attendance=activity.attendance,
            day=session.start // DAY_CELLS,
            begin=begin,
            end=begin + activity.minutes,
            held_from=CELL_MIN * (held.start - midnight),
            held_to=CELL_MIN * (held.stop - midnight),
            around=activity.around,
            joined="+".join(centre.rooms[other].id for other in place if other != r),
            standing=standing_of(centre, session, booked),
        )


def _in_lanes(blocks: Iterable[Block]) -> list[Block]:
    """Set blocks of one room that overlap beside each other, each cluster in as few lanes as it needs."""
    out: list[Block] = []
    cluster: list[Block] = []
    until = (-1, 0)
    for block in sorted(blocks, key=lambda b: (b.day, b.held_from, b.activity)):
        if (block.day, block.held_from) >= until:
            out += _spread(cluster)
            cluster = []
        cluster.append(block)
        until = max(until, (block.day, block.held_to))
    return out + _spread(cluster)


def _spread(cluster: list[Block]) -> list[Block]:
    ends: list[int] = []
    placed = []
    for block in cluster:
        lane = next((n for n, end in enumerate(ends) if end <= block.held_from), len(ends))
        ends[lane : lane + 1] = [block.held_to]
        placed.append(replace(block, lane=lane))
    return [replace(block, lanes=len(ends)) for block in placed]
