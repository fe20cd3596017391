"""One calendar a room, as phones and offices read them (iCalendar, RFC 5545)."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneStandard

from workbench.calendars import ORDINARY_MONDAY
from workbench.district import District
from workbench.rooms.result import TimetableResult
from workbench.rooms.week import Block, week_of
from workbench.terms import FICTIONAL_NOTE

ZONE: Final = "Asia/Shanghai"
_OFFSET, _SINCE = dt.timedelta(hours=8), dt.datetime(1992, 1, 1)  # no summer time since
_PRODUCT = "-//yijia workbench//rooms//ZH"
_WEEK = 7
_ORDINARY_NOTE: Final = "按普通周每周重复；法定节假日与调休日的安排以中心通知为准"
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")


def write_calendars(folder: Path, result: TimetableResult) -> list[Path]:
    """Write a calendar for each room that the plan uses, its sessions repeating weekly.

    The week is an ordinary one: calendars do not know public holidays, most of which are announced later, and say so.

    The same plan gives the same bytes: a session keeps its identifier as long as its activity stays in its room, and
    every stamp is the first Monday. Nobody is named in them.

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
    monday = first_monday(result)
    signs = dict(zip(*(result.district.ledger("rooms")[c] for c in ("id", "sign")), strict=True))
    paths = []
    for centre, _ in result.planned:
        blocks = week_of(result, centre.id)
        for room in sorted({block.room for block in blocks}):
            own = [block for block in blocks if block.room == room]
            path = folder / f"{safe_name(centre.id)}_{safe_name(room)}.ics"
            path.write_bytes(_calendar(result, own, str(signs[room]), monday).to_ical())
            paths.append(path)
    return paths


def first_monday(result: TimetableResult) -> dt.date:
    """Return the Monday of the first week: the scenario's, or the first one after the date of the ground."""
    said = result.scenario.rooms.first_week
    if said is not None:
        return dt.date.fromisoformat(said)
    date = _date_of(result.district)
    return ORDINARY_MONDAY if date is None else date + dt.timedelta(_WEEK - date.weekday())


def _date_of(district: District) -> dt.date | None:
    """Return the date of the ground; the first day of it where it is only a month or a year."""
    found = _DATE.match(district.manifest.date)
    if found is None:
        return None
    try:
        return dt.date(*(int(part or 1) for part in found.groups()))
    except ValueError:
        return None


def safe_name(name: str) -> str:
    """Return a name that any file system takes; different names stay different."""
    return re.sub(r"[^\w-]", lambda sign: f"%{ord(sign[0]):02x}", name)


def _calendar(result: TimetableResult, blocks: Iterable[Block], sign: str, monday: dt.date) -> Calendar:
    own = list(blocks)
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    station = str(names.get(own[0].station, own[0].station))
    made = Calendar()
    fictional = result.district.manifest.fictional
    head: Mapping[str, Any] = {
        "prodid": _PRODUCT,
        "version": "2.0",
        "x-wr-calname": f"{station} · {own[0].room} {sign}",
        "x-wr-timezone": ZONE,
        "x-wr-caldesc": f"{FICTIONAL_NOTE if fictional else result.district.manifest.name}；{_ORDINARY_NOTE}",
    }
    for key, value in head.items():
        made.add(key, value)
    made.add_component(_zone())
    turn: Counter[str] = Counter()
    for block in own:
        turn[block.activity] += 1
        uid = f"{block.activity}-{turn[block.activity]}-{block.room}@{result.district.manifest.key}.yijia"
        made.add_component(_event(result, block, (uid, f"{station} {block.room} {sign}"), monday))
    return made


def _zone() -> Timezone:
    zone, standard = Timezone(), TimezoneStandard()
    zone.add("tzid", ZONE)
    standard.add("dtstart", _SINCE)
    standard.add("tzoffsetfrom", _OFFSET)
    standard.add("tzoffsetto", _OFFSET)
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _event(result: TimetableResult, block: Block, place: tuple[str, str], monday: dt.date) -> Event:
    zone = ZoneInfo(ZONE)
    midnight = dt.datetime.combine(monday + dt.timedelta(block.day), dt.time(), zone)
    function = result.functions[block.function].label
    words = [f"{function}；{block.audience}；{block.attendance} 人"]
    if block.held_from < block.begin:
        words.append(f"提前 {block.begin - block.held_from} 分钟布置")
    if block.held_to > block.clear_from:
        words.append(f"之后 {block.held_to - block.clear_from} 分钟清场")
    words += [f"与 {block.joined} 合用"] if block.joined else []
    words += [FICTIONAL_NOTE] if result.district.manifest.fictional else []
    made = Event()
    made.add("uid", place[0])
    made.add("dtstamp", dt.datetime.combine(monday, dt.time(), dt.UTC))
    made.add("dtstart", midnight + dt.timedelta(minutes=block.begin))
    made.add("dtend", midnight + dt.timedelta(minutes=block.end))
    made.add("rrule", {"freq": "weekly"})
    made.add("summary", block.name)
    made.add("location", place[1])
    made.add("categories", [function])
    made.add("description", "；".join(words))
    return made
