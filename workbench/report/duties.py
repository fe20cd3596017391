"""Duty tables of a roster: a workbook with one A4 page a centre and month, and a calendar for each person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pandas as pd
from icalendar import Event
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbench.calendars import DayKind
from workbench.catalogue.terms import label, printable
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm
from workbench.office import save_workbook
from workbench.report.timetables import dated_calendar, safe_name
from workbench.report.workbook import sheet_title
from workbench.roster.problem import shifts_of
from workbench.roster.result import RosterResult
from workbench.rostering.problem import Hall, Shift

_PRODUCT: Final = "-//yijia workbench//roster//ZH"
_THIN: Final = Side(style="thin", color="BBB5A8")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_FILLS: Final = {
    "head": PatternFill("solid", fgColor="DCE6E4"), "weekend": PatternFill("solid", fgColor="F3EBD9"),
    "leave": PatternFill("lightUp", fgColor="8A857B", bgColor="FFFFFF"),
    "night": PatternFill("solid", fgColor="E3DCEF"),
}  # fmt: skip
_MIDDLE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_HEADS, _DAY_WIDTH, _NAME_WIDTH = 4, 4.6, 16.0


def write_duties(path: Path, result: RosterResult, notes: Sequence[str]) -> None:
    """Write the duty tables: people by days, one sheet a centre and month, on one landscape page of A4 each."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = "说明"
    short = {shift.name: _short(shift.name) for shift in shifts_of(result.scenario)}
    for line in [
        "值班表",
        *notes,
        "",
        *(f"{sign}：{name}（{_spans(shift)}）" for name, sign, shift in _legend(result, short)),
    ]:
        first.append([printable(line)])
    first["A1"].font = Font(bold=True, size=16)
    first.column_dimensions["A"].width = 110
    table = result.by_duty
    for station in dict.fromkeys(plan.hall.id for plan in result.solved):
        halls = [plan.hall for plan in result.solved if plan.hall.id == station]
        own = table[table["station"] == station]
        for month in sorted({day.date.replace(day=1) for hall in halls for day in hall.days}):
            name = result.names.get(station, station)
            sheet = book.create_sheet(sheet_title(f"{station} {month:%Y-%m}"))
            _page(sheet)
            _fill(sheet, result, (name, month), halls, own, short)
    save_workbook(book, path)


def _legend(result: RosterResult, short: dict[str, str]) -> list[tuple[str, str, Shift]]:
    return [(shift.name, short[shift.name], shift) for shift in shifts_of(result.scenario)]


def _short(name: str) -> str:
    """Return two signs for a shift: its first and its last but the word for shift itself."""
    core = name.removesuffix("班") or name
    return core if len(core) <= 2 else core[0] + core[-1]


def _spans(shift: Shift) -> str:
    return "；".join(f"{post} {_clock(a)}–{_clock(b)}" for post, a, b in sorted(shift.parts, key=lambda part: part[1]))


def _clock(minute: int) -> str:
    return hhmm(minute) if minute <= DAY_MINUTES else f"次日 {hhmm(minute - DAY_MINUTES)}"


def _page(sheet: Worksheet) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.5)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.sheet_view.showGridLines = False
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&A　&P / &N"


def _fill(
    sheet: Worksheet,
    result: RosterResult,
    title: tuple[str, dt.date],
    halls: Sequence[Hall],
    table: pd.DataFrame,
    short: dict[str, str],
) -> None:
    name, month = title
    sheet["A1"] = printable(f"{name} · {month.year}年{month.month}月值班表")
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A2"] = "；".join(f"{sign} {own}" for own, sign, _ in _legend(result, short)) + "；斜纹 请假"
    sheet["A3"] = result.district.manifest.notice
    sheet["A2"].font, sheet["A3"].font = Font(size=9, color="444444"), Font(size=10, color="B03A2E")
    days = [day for hall in halls for day in hall.days if day.date.replace(day=1) == month]
    held = {(row.staff, row.date): str(row.shift) for row in table.itertuples()}
    away = {(person.id, hall.date(d)) for hall in halls for person in hall.people for d in person.leave}
    nights = {shift.name for shift in halls[0].shifts if shift.night}
    heads = [
        "人员（AB岗）",
        *(f"{day.date.day}\n{label(WEEKDAYS[day.date.weekday()])[1:]}" for day in days),
        "班次",
        "工时",
    ]
    for column, text in enumerate(heads, 1):
        cell = sheet.cell(_HEADS, column, text)
        cell.font, cell.fill, cell.alignment, cell.border = Font(bold=True, size=9), _FILLS["head"], _MIDDLE, _BOX
        sheet.column_dimensions[get_column_letter(column)].width = _DAY_WIDTH
    sheet.column_dimensions["A"].width = _NAME_WIDTH
    sheet.row_dimensions[_HEADS].height = 28
    minutes = {shift.name: shift.minutes for shift in halls[0].shifts}
    for row, person in enumerate(halls[0].people, _HEADS + 1):
        sheet.cell(row, 1, printable(f"{person.id}  {person.pair}")).border = _BOX
        own = [held.get((person.id, day.date.isoformat()), "") for day in days]
        for column, (day, shift) in enumerate(zip(days, own, strict=True), 2):
            cell = sheet.cell(row, column, short.get(shift, "") or None)
            cell.alignment, cell.border, cell.font = _MIDDLE, _BOX, Font(size=9)
            if (person.id, day.date.isoformat()) in away:
                cell.fill = _FILLS["leave"]
            elif shift in nights:
                cell.fill = _FILLS["night"]
            elif day.kind in (DayKind.WEEKEND, DayKind.HOLIDAY):
                cell.fill = _FILLS["weekend"]
        work = [shift for shift in own if shift]
        for column, value in (
            (len(days) + 2, len(work)),
            (len(days) + 3, round(sum(minutes[s] for s in work) / 60, 1)),
        ):
            cell = sheet.cell(row, column, value)
            cell.alignment, cell.border, cell.font = _MIDDLE, _BOX, Font(size=9)


def write_duty_calendars(folder: Path, result: RosterResult) -> list[Path]:
    """Write a calendar for each person who is on duty at all (iCalendar, RFC 5545); the same roster, the same bytes."""
    shifts = {shift.name: shift for shift in shifts_of(result.scenario)}
    manifest, table, paths = result.district.manifest, result.by_duty, []
    zone = None if manifest.zone is None else ZoneInfo(manifest.zone)
    for staff, own in table.groupby("staff", sort=True):
        dates = [dt.date.fromisoformat(date) for date in own["date"]]
        made = dated_calendar(_PRODUCT, f"值班 {staff}", manifest.zone, dates)
        for row, date in zip(own.itertuples(), dates, strict=True):
            shift, midnight = shifts[str(row.shift)], dt.datetime.combine(date, dt.time(), zone)
            event = Event()
            event.add("uid", f"{staff}-{row.date}@{manifest.key}.yijia")
            event.add("dtstamp", dt.datetime.combine(manifest.day or dates[0], dt.time(), dt.UTC))
            event.add("dtstart", midnight + dt.timedelta(minutes=shift.begin))
            event.add("dtend", midnight + dt.timedelta(minutes=shift.end))
            event.add("summary", printable(shift.name))
            event.add("location", printable(result.names.get(str(row.station), str(row.station))))
            event.add("description", printable(f"{_spans(shift)}；{manifest.notice}"))
            made.add_component(event)
        path = folder / f"duty_{safe_name(str(staff))}.ics"
        path.write_bytes(made.to_ical())
        paths.append(path)
    return paths
