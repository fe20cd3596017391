"""Kinds of activities that a centre may hold in a week, and operators that would come for space."""

from __future__ import annotations

from dataclasses import dataclass


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
