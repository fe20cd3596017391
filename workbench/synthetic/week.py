"""A plausible week: what takes place in the rooms of each centre, and where it is booked today.

Today one room has one function: an activity is booked only in rooms whose actual function hosts it, first come,
first served. What finds no such room has no booking; that is the need that sharing rooms could serve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.calendars import Calendar
from workbench.functions import Catalogue, catalogue, parts_of
from workbench.hours import WEEKDAYS
from workbench.synthetic.people import apportioned
from workbench.synthetic.week_kinds import KINDS, OPERATORS, Kind
from workbench.tables.room_ledgers import NOISE

ROOM_ACTIVITIES = 600 / 156
"""Activities a week for each room."""

_STEP_MIN = 30
_STRANGERS = 0.02
"""Chance that an activity is asked for although no room of its centre is fit for it."""
_NEW = 0.35
"""Chance that an activity is asked for although no room of its centre hosts its function today."""
_MOST_OF_A_KIND = 2
_DRAWS = 500
_TEACHERS = 0.35
"""Chance that one organiser holds an activity after another of its centre."""

Flags = npt.NDArray[np.bool_]
Row = dict[str, Any]


def furnished(rooms: pd.DataFrame) -> pd.DataFrame:
    """Return the rooms ledger with electric supply, use and neighbours: those next to each other on one storey."""
    known = catalogue()
    strong = {"直播间", "手工坊", "健身室", "多功能厅"}
    rows = rooms.to_dict("records")
    beside: list[list[str]] = [[] for _ in rows]
    for place in range(len(rows) - 1):
        here, there = rows[place], rows[place + 1]
        if (here["station"], here["storey"]) == (there["station"], there["storey"]):
            beside[place].append(there["id"])
            beside[place + 1].append(here["id"])
    shared: list[Any] = [";".join(names) or None for names in beside]
    return rooms.assign(
        power=["strong" if row["sign"] in strong else "ordinary" for row in rows],
        use=[known.use_of(str(row["function"])) for row in rows],
        neighbours=shared,
    )


def write_week(
    stations: pd.DataFrame, rooms: pd.DataFrame, rng: np.random.Generator, *, fold: int = 1
) -> dict[str, pd.DataFrame]:
    """Return the ledgers ``activities``, ``bookings`` and ``operators``.

    Parameters
    ----------
    stations
        Stations with ``id`` and ``opening_hours``.
    rooms
        The rooms ledger, furnished.
    rng
        Source of all chance.
    fold
        How many times as many activities as usual are asked for, and of one kind in one centre at most.
    """
    hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
    groups = [(str(i), cast("list[Row]", group.to_dict("records"))) for i, group in rooms.groupby("station")]
    sizes = np.array([len(group) for _, group in groups], np.float64)
    counts = apportioned(round(fold * ROOM_ACTIVITIES * sizes.sum()), sizes * rng.uniform(0.7, 1.3, len(sizes)))
    activities: list[Row] = []
    bookings: list[Row] = []
    for (station, group), count in zip(groups, counts, strict=True):
        centre = Centre(station, group, str(hours[station]), catalogue(), fold * _MOST_OF_A_KIND)
        for _ in range(int(count)):
            activity = centre.wish(rng)
            activity["id"] = f"v{len(activities) + 1:04d}"
            activities.append(activity)
            bookings += centre.book(activity)
    for number, booking in enumerate(bookings, 1):
        booking["id"] = f"y{number:04d}"
    return {
        "activities": pd.DataFrame(activities, columns=_ACTIVITY_COLUMNS),
        "bookings": pd.DataFrame(bookings, columns=_BOOKING_COLUMNS),
        "operators": _operators([station for station, _ in groups], rng),
    }


_ACTIVITY_COLUMNS = (
    "id", "station", "name", "function", "group", "attendance", "duration_min", "sessions", "priority", "windows",
    "prefers", "days_apart", "equipment", "needs", "setup_min", "clear_min", "organiser",
)  # fmt: skip
_BOOKING_COLUMNS = ("id", "activity", "room", "day", "start", "fixed")


class Centre:
    """The rooms of one station while its week is written.

    Parameters
    ----------
    station
        Its identifier.
    rooms
        Its rooms.
    hours
        Its opening hours.
    functions
        The catalogue of functions.
    most
        Most activities of one kind.
    """

    def __init__(self, station: str, rooms: list[Row], hours: str, functions: Catalogue, most: int) -> None:
        self.station, self.rooms, self.functions, self.most = station, rooms, functions, most
        week = Calendar.ordinary()
        texts = [room["opening_hours"] if isinstance(room["opening_hours"], str) else hours for room in rooms]
        self.open: list[Flags] = [week.open_grid(text, _STEP_MIN) for text in texts]
        self.free: list[Flags] = [grid.copy() for grid in self.open]
        self.busy: dict[str, Flags] = {}
        self.count: Counter[str] = Counter()
        self._week = week

    def _fit(self, kind: Kind, length: int) -> list[int]:
        """Return the rooms that are fit for a kind of activity and open long enough in its windows."""
        function = self.functions[kind.function]
        wanted = self._week.open_grid(kind.windows, _STEP_MIN)
        found = []
        for place, room in enumerate(self.rooms):
            fit = (
                set(parts_of(kind.equipment)) <= set(parts_of(room["equipment"]))
                and (room["water"] or "water" not in function.needs)
                and (room["private"] or "private" not in function.needs)
                and (room["power"] == "strong" or "power" not in function.needs)
                and room["storey"] <= (function.highest_storey or 99)
                and NOISE.index(str(room["sound"])) >= NOISE.index(function.noise)
                and room["use"] == "resident"
            )
            if fit and starts(self.open[place] & wanted, length).any():
                found.append(place)
        return found

    def wish(self, rng: np.random.Generator) -> Row:
        """Ask for one more activity, mostly of a kind that the rooms host, seldom of one that none is fit for."""
        for _ in range(_DRAWS):
            kind = KINDS[int(rng.integers(len(KINDS)))]
            duration = int(rng.choice(kind.minutes))
            length = _cells(kind.setup_min) + _cells(duration + kind.clear_min)
            fit = self._fit(kind, length)
            hosted = any(kind.function in self.functions.hosts(str(room["function"])) for room in self.rooms)
            likely = _STRANGERS if not fit else 1.0 if hosted else _NEW
            wanted = self._week.open_grid(kind.windows, _STEP_MIN)
            held = any(starts(grid & wanted, length).any() for grid in self.open)
            if held and self.count[kind.name] < self.most and rng.uniform() < likely:
                break
        self.count[kind.name] += 1
        most = max(int(self.rooms[place]["capacity"]) for place in (fit or range(len(self.rooms))))
        attendance = max(1, min(int(rng.integers(kind.people[0], kind.people[1] + 1)), most))
        teacher = f"{self.station}-{int(rng.integers(1, 4))}" if rng.uniform() < _TEACHERS else None
        return {
            "station": self.station,
            "name": kind.name + _again(self.count[kind.name]),
            "function": kind.function,
            "group": kind.group,
            "attendance": attendance,
            "duration_min": duration,
            "sessions": min(int(rng.choice(kind.sessions)), self._days(wanted, length)),
            "priority": kind.priority,
            "windows": kind.windows,
            "prefers": kind.prefers or None,
            "days_apart": 1,
            "equipment": kind.equipment or None,
            "needs": None,
            "setup_min": kind.setup_min,
            "clear_min": kind.clear_min,
            "organiser": teacher,
        }

    def _days(self, wanted: Flags, length: int) -> int:
        """Return on how many days some room is open long enough."""
        return int(np.any([starts(grid & wanted, length).any(axis=1) for grid in self.open], axis=0).sum())

    def book(self, activity: Mapping[str, Any]) -> list[Row]:
        """Book sessions in a room whose function hosts them, as early as may be and on different days."""
        duration = int(activity["duration_min"])
        length = _cells(activity["setup_min"]) + _cells(duration + activity["clear_min"])
        wanted = self._week.open_grid(activity["windows"], _STEP_MIN)
        held: list[Row] = []
        for place, room in enumerate(self.rooms):
            hosts = activity["function"] in self.functions.hosts(str(room["function"]))
            if not hosts or activity["attendance"] > room["capacity"]:
                continue
            if not set(parts_of(activity["equipment"])) <= set(parts_of(room["equipment"])):
                continue
            for day in range(len(WEEKDAYS)):
                if len(held) == activity["sessions"]:
                    return held
                if any(row["day"] == WEEKDAYS[day] for row in held):
                    continue
                cells = self.free[place][day] & wanted[day] & ~self._busy(activity)[day]
                at = np.flatnonzero(starts(cells[None, :], length)[0])
                if len(at):
                    self._take(activity, place, day, int(at[0]), length)
                    minute = (int(at[0]) + _cells(activity["setup_min"])) * _STEP_MIN
                    held.append(_booking(activity, room, day, minute))
        return held

    def _busy(self, activity: Mapping[str, Any]) -> Flags:
        none = np.zeros_like(self.free[0])
        return self.busy.get(activity["organiser"], none) if activity["organiser"] else none

    def _take(self, activity: Mapping[str, Any], place: int, day: int, first: int, length: int) -> None:
        self.free[place][day, first : first + length] = False
        if activity["organiser"]:
            busy = self.busy.setdefault(activity["organiser"], np.zeros_like(self.free[0]))
            busy[day, first : first + length] = True


def _booking(activity: Mapping[str, Any], room: Row, day: int, minute: int) -> Row:
    start = f"{minute // 60:02d}:{minute % 60:02d}"
    return {"activity": activity["id"], "room": room["id"], "day": WEEKDAYS[day], "start": start, "fixed": False}


def _again(count: int) -> str:
    """Return what tells the first, second, third … activity of a kind apart."""
    return "" if count == 1 else f"（{'二三四五六七八九十'[count - 2]}）" if count <= 10 else f"（{count}）"


def _cells(minutes: int) -> int:
    """Return how many cells of the grid so many minutes take."""
    return -(-minutes // _STEP_MIN)


def starts(cells: Flags, length: int) -> Flags:
    """Return at which cells ``length`` free ones begin on the same day, shape as ``cells``."""
    out = cells.copy()
    for step in range(1, length):
        out[:, :-step] &= cells[:, step:]
        out[:, -step:] = False
    return out


def _operators(stations: list[str], rng: np.random.Generator) -> pd.DataFrame:
    """Return operators that would give services for space: about one for every third station."""
    rows = []
    for number in range(max(1, len(stations) // 3)):
        name, function = OPERATORS[number % len(OPERATORS)]
        hours = float(rng.integers(4, 17))
        owed = float(max(1, round(hours * float(rng.uniform(0.2, 0.5)))))
        rows.append(
            {
                "id": f"o{number + 1:02d}",
                "name": f"{name}{'' if number < len(OPERATORS) else number // len(OPERATORS) + 1}",
                "function": function,
                "hours": hours,
                "owed_hours": owed,
                "least_area_m2": float(rng.integers(3, 9) * 5),
                "station": stations[int(rng.integers(len(stations)))] if rng.uniform() < 0.4 else None,
                "windows": ("Mo-Fr 09:00-17:00", "Mo-Su 14:00-17:30", "Mo-Fr 09:00-12:00")[int(rng.integers(3))],
                "fulfilled_hours": float(round(owed * float(rng.uniform(0.5, 1.2)))),
            }
        )
    return pd.DataFrame(rows)
