"""A plausible week: what takes place in the rooms of each centre, and where it is booked today.

Today one room has one function: an activity is booked only in rooms whose actual function hosts it. Days and hours are
those at which centres mostly hold such a thing, a class keeps its hour through the week, and days are
filled evenly. Some centres are livelier than others, so part of what could be held is not. What finds no such room has
no booking either; that is the need that sharing rooms could serve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from workbench.arrays import Flags, apportioned
from workbench.calendars import Calendar
from workbench.catalogue.functions import Catalogue, catalogue, parts_of
from workbench.catalogue.tables import NOISE
from workbench.hours import WEEKDAYS

# ----------------------------------------------------------------------------------------------------------------------
# Kinds of activities that a centre may hold in a week, and operators that would come for space.


@dataclass(frozen=True)
class Kind:
    """A kind of activity: people from and to, lengths and sessions a week to draw from, when, and what it takes.

    ``windows`` are hours at which it may take place, ``usual`` those at which centres mostly hold it. What is
    standing is asked for first where a room of its own is open for it, and only once: a room that stands open for
    whoever comes is one session, however many readers it has.
    """

    name: str
    function: str
    group: str
    people: tuple[int, int]
    minutes: tuple[int, ...]
    sessions: tuple[int, ...]
    windows: str
    priority: int
    equipment: str = ""
    prefers: str = ""
    setup_min: int = 0
    clear_min: int = 0
    usual: str = ""
    standing: bool = False


_DAY = "Mo-Su 08:30-17:30"
_LONG_DAY = "Mo-Su 08:30-21:00"
_MORNING = "Mo-Su 08:30-12:00"
_OFFICE = "Mo-Fr 08:30-17:30"
_SCHOOL = "Mo-Fr 15:30-18:30"
_NIGHT = "Mo-Fr 19:00-21:00"
_WEEKDAY_MORNING = "Mo-Fr 08:30-12:00"
_AFTERNOONS = "Mo-Su 14:00-17:30"
_LATE = "Mo-Su 14:00-21:00"
_AFTERNOON = "Mo-Fr 14:00-17:30"
_WEEKEND = "Sa,Su 09:00-17:30"
_AFTER_SCHOOL = "Mo-Fr 15:30-18:30; Sa,Su 09:00-17:30"
_EVENING = "Mo-Fr 18:00-21:00; Sa,Su 09:00-17:30"


def _open_door(
    name: str,
    function: str,
    group: str,
    people: tuple[int, int],
    minutes: tuple[int, ...],
    sessions: tuple[int, ...],
    windows: str,
    priority: int,
    equipment: str,
    usual: str = "",
) -> Kind:
    """Return a room that stands open for half a day, on most days."""
    more = ("", 0, 0, usual or windows, True)
    return Kind(name, function, group, people, minutes, sessions, windows, priority, equipment, *more)


KINDS = (
    _open_door("图书借阅（上午）", "reading", "everyone", (6, 16), (180,), (5, 6), _MORNING, 2, "bookshelves"),
    _open_door("图书借阅（下午）", "reading", "everyone", (8, 18), (150, 180), (5, 6), _AFTERNOONS, 2, "bookshelves"),
    _open_door("自习开放", "study", "youth", (6, 18), (150, 180), (3, 5), _LONG_DAY, 2, "tables", _EVENING),
    _open_door("棋牌休闲（上午）", "elder_games", "elders", (8, 20), (150, 180), (5, 6), _MORNING, 2, "card_tables"),
    _open_door(
        "棋牌休闲（下午）", "elder_games", "elders", (10, 24), (150, 180), (5, 6), _AFTERNOONS, 2, "card_tables"
    ),
    _open_door("日间照料（上午）", "day_care", "elders", (4, 8), (180,), (5,), _WEEKDAY_MORNING, 1, "beds"),
    _open_door("日间照料（下午）", "day_care", "elders", (4, 8), (150, 180), (5,), _AFTERNOON, 1, "beds"),
    _open_door("健身开放（上午）", "fitness", "everyone", (6, 14), (150, 180), (5, 6), _MORNING, 3, "treadmills"),
    _open_door(
        "健身开放（下午、晚间）", "fitness", "everyone", (6, 16), (150, 180), (5, 6), _LATE, 3, "treadmills", _EVENING
    ),
    Kind("四点半课堂", "homework_care", "children", (10, 24), (90, 120), (5,), _SCHOOL, 1, usual=_SCHOOL),
    Kind(
        "亲子绘本故事会",
        "picture_books",
        "young_mothers",
        (8, 18),
        (60, 90),
        (2, 3),
        "Tu-Su 09:00-17:30",
        2,
        "low_tables",
        usual="Tu-Fr 09:00-11:00,15:00-17:30; Sa,Su 09:00-17:30",
    ),
    Kind(
        "儿童活动",
        "child_play",
        "children",
        (8, 20),
        (60, 90),
        (2, 3),
        "Mo-Fr 15:30-18:30; Sa,Su 09:00-17:30",
        2,
        "mats",
        usual=_WEEKEND,
    ),
    Kind("老年健康讲堂", "elder_health", "elders", (6, 16), (60, 90), (1, 2), _MORNING, 1, usual=_WEEKDAY_MORNING),
    Kind("血压测量", "elder_health", "elders", (4, 10), (60, 90), (2, 3), _MORNING, 1, "", "", 0, 15, _WEEKDAY_MORNING),
    Kind("爱心义剪", "repair", "elders", (4, 10), (120,), (1, 2), _DAY, 2, "", "", 15, 15, _WEEKDAY_MORNING),
    Kind("小修小补", "repair", "everyone", (3, 8), (120, 180), (1, 2), _DAY, 2, usual=_DAY),
    Kind(
        "手工编织订单班",
        "craft",
        "young_mothers",
        (8, 15),
        (90,),
        (2, 3),
        "Mo-Fr 09:00-11:30,14:00-15:30",
        1,
        "workbench",
        usual="Mo-Fr 09:00-11:00,14:00-15:30",
    ),
    Kind("亲子手工", "craft", "children", (6, 14), (90,), (1, 2), _WEEKEND, 3, "workbench", usual=_WEEKEND),
    Kind("短视频公益培训", "livestream", "gig_workers", (3, 5), (90, 120), (1, 2), _DAY, 2, "camera", usual=_AFTERNOON),
    Kind("社区直播", "livestream", "everyone", (2, 4), (60, 90), (2, 3), _LONG_DAY, 3, "lights", usual=_EVENING),
    Kind("青年夜校·吉他", "music", "youth", (8, 16), (90,), (2, 3), _NIGHT, 2, "", "", 0, 0, _NIGHT, True),
    Kind("青年夜校·美妆", "night_school", "youth", (8, 18), (90, 120), (1, 2), _NIGHT, 2, "", "", 15, 0, _NIGHT, True),
    Kind("青年夜校·掐丝珐琅", "craft", "youth", (6, 14), (90,), (2,), _NIGHT, 2, "workbench", "", 0, 15, _NIGHT, True),
    Kind("合唱队", "music", "elders", (12, 28), (90, 120), (2, 3), _DAY, 2, usual=_WEEKDAY_MORNING),
    Kind(
        "广场舞排练", "dance", "elders", (10, 24), (90,), (2, 3), _DAY, 2, "mirrors", _MORNING, usual=_WEEKDAY_MORNING
    ),
    Kind(
        "儿童舞蹈",
        "dance",
        "children",
        (8, 18),
        (60, 90),
        (1, 2),
        "Mo-Fr 16:00-18:30; Sa,Su 09:00-17:30",
        3,
        "mirrors",
        usual=_AFTER_SCHOOL,
    ),
    Kind("书画班", "calligraphy", "elders", (6, 16), (90, 120), (2, 3), _DAY, 2, "tables", usual=_WEEKDAY_MORNING),
    Kind(
        "书记讲给群众听", "lecture", "everyone", (15, 40), (60, 90), (1,), _OFFICE, 1, "projector", "", 30, 15, _OFFICE
    ),
    Kind("党员讲给群众听", "lecture", "everyone", (12, 30), (60,), (1,), _DAY, 2, "projector", "", 15, 15, _AFTERNOON),
    Kind("居民议事会", "meeting", "everyone", (8, 20), (90, 120), (1,), _OFFICE, 1, usual=_AFTERNOON),
    Kind("网格例会", "meeting", "everyone", (6, 14), (60,), (1, 2), _OFFICE, 2, "", _MORNING, usual=_WEEKDAY_MORNING),
    Kind(
        "就业技能培训",
        "training",
        "gig_workers",
        (10, 24),
        (120, 180),
        (1, 2),
        _OFFICE,
        2,
        "projector",
        "",
        15,
        15,
        _AFTERNOON,
    ),
    Kind("人民调解", "mediation", "everyone", (3, 6), (60, 90), (2, 3), _OFFICE, 1, usual=_OFFICE),
    Kind("心理咨询", "counselling", "everyone", (2, 3), (60,), (2, 4), _OFFICE, 2, "", _MORNING, usual=_AFTERNOON),
    Kind("法律顾问驻点", "legal_advice", "everyone", (2, 5), (180,), (1,), _OFFICE, 1, usual=_OFFICE),
    Kind("志愿者例会", "volunteering", "everyone", (8, 20), (60,), (1,), _DAY, 3, usual=_WEEKEND),
)
"""What takes place; an evening course needs a centre with a room that is open in the evening."""

OPERATORS = (
    ("安心家政", "housekeeping"),
    ("乐龄健康驿站", "elder_health"),
    ("小禾托育", "child_play"),
    ("墨香书画社", "calligraphy"),
    ("晨光健身", "fitness"),
    ("青禾直播培训", "livestream"),
    ("巧手编织坊", "craft"),
    ("悦读书屋", "reading"),
)
"""Invented names of operators, and the function of what they do."""


# ----------------------------------------------------------------------------------------------------------------------
# A plausible week: what takes place in the rooms of each centre, and where it is booked today.


_ROOM_ACTIVITIES = 600 / 156
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
_HABIT = 0.6
"""Chance that a room goes on hosting what its storey is too high for."""
_LIVELY = (0.7, 1.0)
"""Chance that a centre holds an activity for which it has a room, least and most."""
_USUAL, _SAME = 12.0, 25.0
"""How much likelier a session is at usual hours, and at the hour of the one before."""

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
    counts = apportioned(round(fold * _ROOM_ACTIVITIES * sizes.sum()), sizes * rng.uniform(0.7, 1.3, len(sizes)))
    activities: list[Row] = []
    bookings: list[Row] = []
    for (station, group), count in zip(groups, counts, strict=True):
        centre = Centre(station, group, str(hours[station]), catalogue(), fold * _MOST_OF_A_KIND, rng)
        lively = rng.uniform(*_LIVELY)
        first = centre.standing()
        for number in range(int(count)):
            activity, kind = centre.wish(rng, first[number] if number < len(first) else None)
            activity["id"] = f"v{len(activities) + 1:04d}"
            activities.append(activity)
            if rng.uniform() < lively:
                bookings += centre.book(activity, kind, rng)
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
    rng
        Source of all chance.
    """

    def __init__(
        self, station: str, rooms: list[Row], hours: str, functions: Catalogue, most: int, rng: np.random.Generator
    ) -> None:
        self.station, self.rooms, self.functions, self.most = station, rooms, functions, most
        week = Calendar.ordinary()
        texts = [room["opening_hours"] if isinstance(room["opening_hours"], str) else hours for room in rooms]
        self.open: list[Flags] = [week.open_grid(text, _STEP_MIN) for text in texts]
        self.free: list[Flags] = [grid.copy() for grid in self.open]
        self.booked = np.zeros(len(WEEKDAYS))
        self.busy: dict[str, Flags] = {}
        self.count: Counter[str] = Counter()
        self._week = week
        self._habit = rng.uniform(size=len(rooms)) < _HABIT

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

    def standing(self) -> list[Kind]:
        """Return what a room of its own is there for and open for already."""
        return [kind for kind in KINDS if kind.standing and self._standing(kind)]

    def _standing(self, kind: Kind) -> bool:
        wanted = self._week.open_grid(kind.windows, _STEP_MIN)
        length = _cells(kind.setup_min) + _cells(min(kind.minutes) + kind.clear_min)
        return any(starts(self.open[place] & wanted, length).any() for place in self._at_home(kind, kind.people[0]))

    def _at_home(self, kind: Kind, people: int) -> list[int]:
        """Return the rooms in which so many of a kind take place as long as one room has one function."""
        function = self.functions[kind.function]
        return [
            place
            for place, room in enumerate(self.rooms)
            if kind.function in self.functions.hosts(str(room["function"]))
            and set(parts_of(kind.equipment)) <= set(parts_of(room["equipment"]))
            and people <= room["capacity"]
            and (room["storey"] <= (function.highest_storey or 99) or self._habit[place])
        ]

    def wish(self, rng: np.random.Generator, standing: Kind | None = None) -> tuple[Row, Kind]:
        """Ask for one more activity, mostly of a kind that the rooms host, seldom of one that none is fit for."""
        kinds = [kind for kind in KINDS if self.count[kind.name] < (1 if kind.standing else self.most)]
        for _ in range(_DRAWS):
            kind = standing or kinds[int(rng.integers(len(kinds)))]
            duration = int(rng.choice(kind.minutes))
            length = _cells(kind.setup_min) + _cells(duration + kind.clear_min)
            fit = self._fit(kind, length)
            hosted = any(kind.function in self.functions.hosts(str(room["function"])) for room in self.rooms)
            likely = _STRANGERS if not fit else 1.0 if hosted else _NEW
            wanted = self._week.open_grid(kind.windows, _STEP_MIN)
            held = any(starts(grid & wanted, length).any() for grid in self.open)
            if held and (standing or rng.uniform() < likely):
                break
        self.count[kind.name] += 1
        places = self._at_home(kind, kind.people[0]) or fit or range(len(self.rooms))
        most = max(int(self.rooms[place]["capacity"]) for place in places)
        attendance = max(1, min(int(rng.integers(kind.people[0], kind.people[1] + 1)), most))
        teacher = f"{self.station}-{int(rng.integers(1, 4))}" if rng.uniform() < _TEACHERS else None
        row: Row = {
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
        return row, kind

    def _days(self, wanted: Flags, length: int) -> int:
        """Return on how many days some room is open long enough."""
        return int(np.any([starts(grid & wanted, length).any(axis=1) for grid in self.open], axis=0).sum())

    def book(self, activity: Mapping[str, Any], kind: Kind, rng: np.random.Generator) -> list[Row]:
        """Book sessions on different days in rooms whose function hosts them, mostly at usual hours."""
        setup = _cells(activity["setup_min"])
        length = setup + _cells(int(activity["duration_min"]) + activity["clear_min"])
        wanted = self._week.open_grid(kind.windows, _STEP_MIN)
        usual = starts(self._week.open_grid(kind.usual, _STEP_MIN) & wanted, length)
        places = self._at_home(kind, int(activity["attendance"]))
        likely = np.where(usual, _USUAL, 1.0)
        held: list[Row] = []
        while len(held) < activity["sessions"]:
            weight = np.array([self._free(activity, place, wanted, length) * likely for place in places])
            if not weight.any():
                break
            weight /= (1.0 + self.booked)[None, :, None] ** 2
            drawn = rng.choice(weight.size, p=weight.ravel() / weight.sum())
            which, day, first = (int(k) for k in np.unravel_index(drawn, weight.shape))
            self._take(activity, places[which], day, first, length)
            held.append(_booking(activity, self.rooms[places[which]], day, (first + setup) * _STEP_MIN))
            likely[day] = 0.0
            likely[:, first] *= _SAME
        return held

    def _free(self, activity: Mapping[str, Any], place: int, wanted: Flags, length: int) -> Flags:
        """Return at which cells a session may begin in a room beside what is booked."""
        return starts(self.free[place] & wanted & ~self._busy(activity), length)

    def _busy(self, activity: Mapping[str, Any]) -> Flags:
        none = np.zeros_like(self.free[0])
        return self.busy.get(activity["organiser"], none) if activity["organiser"] else none

    def _take(self, activity: Mapping[str, Any], place: int, day: int, first: int, length: int) -> None:
        self.free[place][day, first : first + length] = False
        self.booked[day] += 1
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
