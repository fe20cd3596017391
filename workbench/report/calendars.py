"""One calendar a room, as phones and offices read them (iCalendar, RFC 5545)."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from workbench.rooms.dates import date_of
from workbench.rooms.result import Block, TimetableResult, week_of
from workbench.terms import printable

_PRODUCT = "-//yijia workbench//rooms//ZH"
_HOLIDAYS_OUT: Final = "法定节假日与调休日不开放的已除去"
_NO_HOLIDAYS: Final = "未除去当地公共假日，以中心通知为准"


def write_calendars(folder: Path, result: TimetableResult) -> list[Path]:
    """Write a calendar for each room that the plan uses, its sessions repeating weekly.

    They end with the last week for which the timetable holds, and leave out the public holidays and make-up days on
    which a room is closed. Where the time zone of the district is not known, hours are those of the clock on the wall.

    The same plan gives the same bytes: a session keeps its identifier as long as its activity stays in its room, every
    stamp is the date of the ground, and the sequence is the edition of the scenario. Nobody is named in them.

    Parameters
    ----------
    folder
        Where to; it is there already.
    result
        The rooms as timetabled.

    Returns
    -------
    list of pathlib.Path
        By station and room.

    Raises
    ------
    NoSolutionError
        If no centre has a timetable.
    """
    signs = dict(zip(*(result.district.ledger("rooms")[c] for c in ("id", "sign")), strict=True))
    paths = []
    for centre, _ in result.planned:
        blocks = week_of(result, centre.id)
        for room in sorted({block.room for block in blocks}):
            own = [block for block in blocks if block.room == room]
            path = folder / f"{safe_name(centre.id)}_{safe_name(room)}.ics"
            path.write_bytes(_calendar(result, own, str(signs[room])).to_ical())
            paths.append(path)
    return paths


def safe_name(name: str) -> str:
    """Return a name that any file system takes; different names stay different."""
    return re.sub(r"[^\w-]", lambda sign: f"%{ord(sign[0]):02x}", name)


def _calendar(result: TimetableResult, blocks: Iterable[Block], sign: str) -> Calendar:
    own = list(blocks)
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    station = str(names.get(own[0].station, own[0].station))
    made, weeks, manifest = Calendar(), result.dates.weeks, result.district.manifest
    ground = manifest.notice if manifest.fictional else f"{manifest.name}；{manifest.notice}"
    days = _HOLIDAYS_OUT if weeks.dated else _NO_HOLIDAYS
    head: Mapping[str, Any] = {
        "prodid": _PRODUCT,
        "version": "2.0",
        "x-wr-calname": f"{station} · {own[0].room} {sign}",
        "x-wr-caldesc": f"{ground}；{_shown(weeks.monday)}至{_shown(weeks.last)}每周重复；{days}",
    }
    for key, value in head.items():
        made.add(key, value)
    if manifest.zone is not None:
        made.add("x-wr-timezone", manifest.zone)
        made.add_component(Timezone.from_tzid(manifest.zone, first_date=weeks.monday, last_date=weeks.last))
    turn: Counter[str] = Counter()
    for block in own:
        turn[block.activity] += 1
        uid = f"{block.activity}-{turn[block.activity]}-{block.room}@{manifest.key}.yijia"
        made.add_component(_event(result, block, (uid, f"{station} {block.room} {sign}")))
    return made


def _shown(date: dt.date) -> str:
    return f"{date.year}年{date.month}月{date.day}日"


def _event(result: TimetableResult, block: Block, place: tuple[str, str]) -> Event:
    manifest, weeks = result.district.manifest, result.dates.weeks
    zone = None if manifest.zone is None else ZoneInfo(manifest.zone)

    def at(date: dt.date, minute: int) -> dt.datetime:
        return dt.datetime.combine(date, dt.time(), zone) + dt.timedelta(minutes=minute)

    function = result.functions[block.function].label
    words = [f"{function}；{block.audience}；{block.attendance} 人"]
    before, after = block.around
    words += [f"提前 {before} 分钟布置"] if before else []
    words += [f"之后 {after} 分钟清场"] if after else []
    words += [f"与 {block.joined} 合用"] if block.joined else []
    words.append(manifest.notice)
    first, until = weeks.monday + dt.timedelta(block.day), at(weeks.last + dt.timedelta(1), -1)
    made = Event()
    made.add("uid", place[0])
    made.add("sequence", result.scenario.rooms.edition)
    made.add("dtstamp", dt.datetime.combine(date_of(result.district) or weeks.monday, dt.time(), dt.UTC))
    made.add("dtstart", at(first, block.begin))
    made.add("dtend", at(first, block.end))
    made.add("rrule", {"freq": "weekly", "until": until if zone is None else until.astimezone(dt.UTC)})
    if block.out:
        made.add("exdate", [at(day.date, block.begin) for day in block.out])
    made.add("summary", printable(block.name))
    made.add("location", place[1])
    made.add("categories", [function])
    made.add("description", "；".join(words))
    return made
