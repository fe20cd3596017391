"""Calendars of a season's programme: one for each station at which something is on (iCalendar, RFC 5545)."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone

from workbench.catalogue.terms import printable
from workbench.programme.result import ProgrammeResult
from workbench.report.timetables import safe_name

_PRODUCT: Final = "-//yijia workbench//season//ZH"


def write_season_calendars(folder: Path, result: ProgrammeResult) -> list[Path]:
    """Write a calendar for each station at which something is on; the same programme, the same bytes."""
    manifest, paths = result.district.manifest, []
    zone = None if manifest.zone is None else ZoneInfo(manifest.zone)
    for station, own in result.by_event.groupby("station", sort=True):
        made, place = Calendar(), result.names[str(station)]
        for key, value in {"prodid": _PRODUCT, "version": "2.0", "x-wr-calname": printable(f"{place} · 活动")}.items():
            made.add(key, value)
        dates = [dt.date.fromisoformat(date) for date in own["date"]]
        if manifest.zone is not None:
            made.add("x-wr-timezone", manifest.zone)
            made.add_component(Timezone.from_tzid(manifest.zone, first_date=dates[0], last_date=dates[-1]))
        for row, date in zip(own.to_dict("records"), dates, strict=True):
            midnight, event = dt.datetime.combine(date, dt.time(), zone), Event()
            words = [f"可容 {row['attendance']} 人"]
            words += [f"组织者：{result.names[row['organiser']]}"] if isinstance(row["organiser"], str) else []
            words += [f"雨天顺延至 {row['rain']}"] if isinstance(row["rain"], str) else []
            event.add("uid", f"{safe_name(str(station))}-{row['date']}@{manifest.key}.season.yijia")
            event.add("dtstamp", dt.datetime.combine(manifest.day or dates[0], dt.time(), dt.UTC))
            event.add("dtstart", midnight + dt.timedelta(minutes=int(row["start"])))
            event.add("dtend", midnight + dt.timedelta(minutes=int(row["end"])))
            event.add("summary", printable(row["event"]))
            event.add("location", printable(f"{place} {row['room'] if isinstance(row['room'], str) else '室外'}"))
            event.add("description", printable(f"{'；'.join(words)}；{manifest.notice}"))
            made.add_component(event)
        path = folder / f"season_{safe_name(str(station))}.ics"
        path.write_bytes(made.to_ical())
        paths.append(path)
    return paths
