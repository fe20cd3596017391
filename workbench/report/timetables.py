"""The weekly timetables of the rooms as a workbook: one page a centre, then one page a room, on A4."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from icalendar import Calendar, Event, Timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from workbench.catalogue.terms import label, printable
from workbench.fonts import display_width
from workbench.hours import WEEKDAYS, hhmm
from workbench.office import save_workbook
from workbench.report.workbook import sheet_title
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Room
from workbench.rooms.result import TimetableResult
from workbench.rooms.week import Block, week_of

if TYPE_CHECKING:
    from workbench.circuits.result import CircuitsResult
    from workbench.ground.district import District
    from workbench.programme.result import ProgrammeResult

# ----------------------------------------------------------------------------------------------------------------------
# One calendar a room and one a centre, as phones and offices read them (iCalendar, RFC 5545).


_PRODUCT, _SEASON, _ROUNDS = (f"-//yijia workbench//{kind}//ZH" for kind in ("rooms", "season", "rounds"))
_HOLIDAYS_OUT: Final = "法定节假日与调休日不开放的已除去"
_NO_HOLIDAYS: Final = "未除去当地公共假日，以中心通知为准"


def write_calendars(folder: Path, result: TimetableResult) -> list[Path]:
    """Write a calendar for each room that the plan uses, and one of all rooms of a centre, sessions repeating weekly.

    They end with the last week for which the timetable holds, and leave out the public holidays and make-up days on
    which a room is closed. Where the time zone of the district is not known, hours are those of the clock on the wall.

    The same plan gives the same bytes: a session has one identifier, in the calendars of its room and its centre, as
    long as its activity stays in its room; every stamp is the date of the ground, the sequence is the edition of the
    scenario. Nobody is named in them.
    """
    signs = dict(zip(*(result.district.ledger("rooms")[c] for c in ("id", "sign")), strict=True))
    paths = []
    for centre, _ in result.planned:
        blocks = week_of(result, centre.id)
        used = sorted({block.room for block in blocks})
        for name, rooms in [*((f"_{safe_name(room)}", [room]) for room in used), *([(_WHOLE, used)] if used else [])]:
            own = [block for block in blocks if block.room in rooms]
            path = folder / f"{safe_name(centre.id)}{name}.ics"
            path.write_bytes(_calendar(result, own, signs, whole=name == _WHOLE).to_ical())
            paths.append(path)
    return paths


_WHOLE: Final = ".all"  # no name of a room ends so: safe_name() leaves no dot


def dated_calendar(product: str, name: str, zone: str | None, dates: Sequence[dt.date]) -> Calendar:
    """Return a calendar without events, for dates in order, in the time zone of a district where it is known."""
    made = Calendar()
    for key, value in {"prodid": product, "version": "2.0", "x-wr-calname": printable(name)}.items():
        made.add(key, value)
    if zone is not None:
        made.add("x-wr-timezone", zone)
        made.add_component(Timezone.from_tzid(zone, first_date=dates[0], last_date=dates[-1]))
    return made


def safe_name(name: str) -> str:
    """Return a name that any file system takes; different names stay different."""
    return re.sub(r"[^\w-]", lambda sign: f"%{ord(sign[0]):02x}", name)


def _calendar(result: TimetableResult, blocks: Iterable[Block], signs: Mapping[Any, Any], *, whole: bool) -> Calendar:
    own = list(blocks)
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    station = str(names.get(own[0].station, own[0].station))
    made, weeks, manifest = Calendar(), result.dates.weeks, result.district.manifest
    ground = manifest.notice if manifest.fictional else f"{manifest.name}；{manifest.notice}"
    days = _HOLIDAYS_OUT if weeks.dated else _NO_HOLIDAYS
    head: Mapping[str, Any] = {
        "prodid": _PRODUCT,
        "version": "2.0",
        "x-wr-calname": f"{station} · {'全部房间' if whole else f'{own[0].room} {signs[own[0].room]}'}",
        "x-wr-caldesc": f"{ground}；{_shown(weeks.monday)}至{_shown(weeks.last)}每周重复；{days}",
    }
    for key, value in head.items():
        made.add(key, value)
    if manifest.zone is not None:
        made.add("x-wr-timezone", manifest.zone)
        made.add_component(Timezone.from_tzid(manifest.zone, first_date=weeks.monday, last_date=weeks.last))
    turn: Counter[tuple[str, str]] = Counter()
    for block in own:
        turn[block.activity, block.room] += 1
        uid = f"{block.activity}-{turn[block.activity, block.room]}-{block.room}@{manifest.key}.yijia"
        made.add_component(_event(result, block, (uid, f"{station} {block.room} {signs[block.room]}")))
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
    made.add("dtstamp", dt.datetime.combine(result.district.manifest.day or weeks.monday, dt.time(), dt.UTC))
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


# ----------------------------------------------------------------------------------------------------------------------
# The weekly timetables of the rooms as a workbook: one page a centre, then one page a room, on A4.


INDEX = "目录"
_THIN, _STRONG = Side(style="thin", color="BBB5A8"), Side(style="medium", color="333333")
_BOX = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_CLOSED = PatternFill("solid", fgColor="E9E5DB")
_TURNOVER = PatternFill("lightUp", fgColor="8A857B", bgColor="FFFFFF")
_HEAD = PatternFill("solid", fgColor="DCE6E4")
_MIDDLE = Alignment(horizontal="center", vertical="center", wrap_text=True)
_HOUR = 60
_PAGE_ROWS = 450  # points of an A4 page, landscape, that the rows of a week share
_DAYS_WIDTH, _TIMES_WIDTH = 128.0, 8.0  # of the seven days together and of the hours, in letters
_MOST_ROW = 24.0
_TEXT, _SMALL = 10, 9  # points
_SIZES = (_SMALL, 8, 7, 6)  # of the words of a block, the largest that fits
_OWN_SIZE, _LEADING = 11, 1.25  # points of the letters that widths are counted in; height of a line in its own points
_LEAST_SCALE = 0.8  # to which a page of a centre may shrink
_HIGHEST_ROW = 409.0  # points that Excel lets a row have
_TOP = 4
"""Rows above the days."""


@dataclass(frozen=True)
class _Grid:
    """Where a week stands on a sheet: rows are steps of the day, each day is as wide as its busiest moment."""

    first: int
    last: int
    step: int
    lanes: tuple[int, ...]

    @property
    def row_height(self) -> float:
        """Points of a row, so that the day fills no more than a page."""
        return min(_MOST_ROW, _PAGE_ROWS * self.step / (self.last - self.first))

    def height_of(self, block: Block) -> float:
        """Return the points of a block from its begin to its end."""
        return (block.clear_from - block.begin) / self.step * self.row_height

    def columns_of(self, block: Block) -> range:
        """Return the columns of a block."""
        left = self.column(block.day, block.lane, block.lanes)
        return range(left, max(left + 1, self.column(block.day, block.lane + 1, block.lanes)))

    def width_of(self, block: Block) -> float:
        """Return the letters of the workbook's own size that stand side by side in a block."""
        return _DAYS_WIDTH / len(WEEKDAYS) / self.lanes[block.day] * len(self.columns_of(block))

    def row(self, minute: int) -> int:
        """Return the row that begins at a minute of the day."""
        return _TOP + 2 + (minute - self.first) // self.step

    def column(self, day: int, lane: int, lanes: int) -> int:
        """Return the column at which a lane of a day begins."""
        return 2 + sum(self.lanes[:day]) + lane * self.lanes[day] // lanes


def write_timetables(path: Path, result: TimetableResult, notes: Sequence[str]) -> None:
    """Write the weekly timetables of all rooms in use: an index, then for each centre a page and one for each room."""
    book = Workbook()
    index = book.worksheets[0]
    index.title = INDEX
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    ledger = result.district.ledger("rooms").set_index("id")
    lines: list[tuple[str, str, str, str]] = []
    for centre, _ in result.planned:
        blocks, name = week_of(result, centre.id), str(names.get(centre.id, centre.id))
        sheet = _sheet(book, f"{centre.id} {name}")
        _fill_centre(sheet, result, name, [(room, str(ledger.loc[room.id, "sign"])) for room in centre.rooms], blocks)
        lines.append((sheet.title, name, "全部房间", ""))
        for room in centre.rooms:
            own = [block for block in blocks if block.room == room.id]
            if own:
                sign = str(ledger.loc[room.id, "sign"])
                sheet = _sheet(book, f"{room.id} {sign}")
                _fill_room(sheet, result, (name, sign), room, own)
                lines.append((sheet.title, name, f"{room.id} {sign}", f"{len(own)} 场/周"))
    _fill_index(index, lines, notes)
    save_workbook(book, path)


def _sheet(book: Workbook, title: str) -> Worksheet:
    """Return a new sheet that prints on one landscape page of A4."""
    sheet: Worksheet = book.create_sheet(sheet_title(title))
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.4, bottom=0.5)
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.sheet_view.showGridLines = False
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "&A　&P / &N"
    return sheet


def _fill_heading(sheet: Worksheet, result: TimetableResult, title: str, line: str) -> None:
    sheet["A1"] = printable(title)
    sheet["A1"].font = Font(bold=True, size=16)
    sheet["A2"] = printable(line)
    sheet["A2"].font = Font(size=10, color="444444")
    sheet["A3"] = result.district.manifest.notice
    sheet["A3"].font = Font(size=10, color="B03A2E")


def _fill_index(sheet: Worksheet, lines: Sequence[tuple[str, str, str, str]], notes: Sequence[str]) -> None:
    sheet.append(["房间周课表"])
    sheet["A1"].font = Font(bold=True, size=16)
    for note in notes:
        sheet.append([printable(note)])
        sheet.cell(sheet.max_row, 1).font = Font(size=_SMALL, color="666666")
    head = sheet.max_row + 1
    for number, text in enumerate(("中心", "房间", "场次"), 1):
        above = sheet.cell(head, number, text)
        above.font, above.fill = Font(bold=True, size=_TEXT), _HEAD
    sheet.print_title_rows = f"{head}:{head}"
    for target, *texts in lines:
        sheet.append([printable(text) for text in texts])
        cell = sheet.cell(sheet.max_row, 2)
        there = "'" + target.replace("'", "''") + "'!A1"
        cell.hyperlink = Hyperlink(ref=cell.coordinate, location=there)
        cell.font = Font(size=_TEXT, color="1F3F8F", underline="single")
    for column, width in zip("ABC", (34, 28, 14), strict=True):
        sheet.column_dimensions[column].width = width
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _fill_centre(
    sheet: Worksheet, result: TimetableResult, name: str, rooms: Sequence[tuple[Room, str]], blocks: Sequence[Block]
) -> None:
    """Write one row a room and one column a day, in words.

    A day is coloured where one function has all of it. Rooms without a session say what becomes of them.
    """
    fates = result.by_room.set_index("id")["fate"]
    _fill_heading(sheet, result, f"{name} · 全部房间", f"每周 {len(blocks)} 场；一格一天，按时间排列")
    sheet.column_dimensions["A"].width = 18
    for day, key in enumerate(WEEKDAYS):
        cell = sheet.cell(_TOP + 1, day + 2, label(key))
        cell.font, cell.fill, cell.alignment, cell.border = Font(bold=True, size=_TEXT), _HEAD, _MIDDLE, _BOX
        sheet.column_dimensions[get_column_letter(day + 2)].width = _DAYS_WIDTH / 7
    total = 0.0
    for row, (room, sign) in enumerate(rooms, _TOP + 2):
        own = [block for block in blocks if block.room == room.id]
        fate = "" if own else f" · {label(f'fate.{fates[room.id]}')}"
        head = sheet.cell(row, 1, f"{printable(room.id)} {sign}\n{room.storey} 层 {room.capacity} 人{fate}")
        head.alignment, head.border, head.font = _MIDDLE, _BOX, Font(bold=True, size=_TEXT)
        highest = 30.0
        for day in range(7):
            today = sorted((b for b in own if b.day == day), key=lambda b: (b.begin, b.activity))
            text = "\n".join(f"{b.span}\n{printable(b.name)}" for b in today)
            heights = {size: _height(text, _DAYS_WIDTH / len(WEEKDAYS), size) for size in _SIZES}
            size = next((size for size in _SIZES if heights[size] <= _HIGHEST_ROW), _SIZES[-1])
            highest = max(highest, heights[size])
            cell = sheet.cell(row, day + 2, text or None)
            cell.alignment, cell.border, cell.font = _MIDDLE, _BOX, Font(size=size)
            if len({block.function for block in today}) == 1:
                cell.fill = _colour(result, today[0].function)
            elif not today and not room.open[day * DAY_CELLS : (day + 1) * DAY_CELLS].any():
                cell.fill = _CLOSED
        sheet.row_dimensions[row].height = min(highest, _HIGHEST_ROW)
        total += min(highest, _HIGHEST_ROW)
    if total > _PAGE_ROWS / _LEAST_SCALE:  # rather several pages than letters that nobody reads
        sheet.page_setup.fitToHeight = 0
        sheet.print_title_rows = f"{_TOP + 1}:{_TOP + 1}"


def _colour(result: TimetableResult, function: str) -> PatternFill:
    return PatternFill("solid", fgColor=result.functions.colour_of(function).lstrip("#").upper())


def _fill_room(
    sheet: Worksheet, result: TimetableResult, place: tuple[str, str], room: Room, blocks: Sequence[Block]
) -> None:
    """Write a coloured week: one row a step of the day, one column a day, wider where activities share the room."""
    functions = "、".join(result.functions[key].label for key in sorted({block.function for block in blocks}))
    line = f"功能：{functions}；{room.storey} 层，容纳 {room.capacity} 人；每周 {len(blocks)} 场"
    _fill_heading(sheet, result, f"{place[0]} · {room.id} · {place[1]}", line)
    grid = _grid(room, blocks)
    if not all(_fits(block, grid) for block in blocks):
        grid = _grid(room, blocks, whole=False)
    _draw_frame(sheet, room, grid)
    for block in blocks:
        _draw_block(sheet, result, block, grid)


def _grid(room: Room, blocks: Sequence[Block], *, whole: bool = True) -> _Grid:
    """Return where a week stands: the whole day that the room is open, or no more than its sessions need."""
    cells = np.flatnonzero(room.touched.reshape(len(WEEKDAYS), DAY_CELLS).any(axis=0)).tolist() if whole else []
    first = min([CELL_MIN * min(cells, default=DAY_CELLS), *(b.held_from for b in blocks)])
    last = max([CELL_MIN * (max(cells, default=0) + 1), *(b.held_to for b in blocks)])
    edges = [m for b in blocks for m in (b.held_from, b.begin, b.clear_from, b.held_to)]
    step = 2 * CELL_MIN if all(edge % (2 * CELL_MIN) == 0 for edge in [first, last, *edges]) else CELL_MIN
    lanes = tuple(max([b.lanes for b in blocks if b.day == day], default=1) for day in range(7))
    return _Grid(first // _HOUR * _HOUR, -(-last // _HOUR) * _HOUR, step, lanes)


def _draw_frame(sheet: Worksheet, room: Room, grid: _Grid) -> None:
    sheet.column_dimensions["A"].width = _TIMES_WIDTH
    rows = range(grid.row(grid.first), grid.row(grid.last))
    for row in rows:
        sheet.row_dimensions[row].height = grid.row_height
    for minute in range(grid.first, grid.last, _HOUR):
        top, bottom = grid.row(minute), grid.row(minute + _HOUR) - 1
        sheet.merge_cells(start_row=top, end_row=bottom, start_column=1, end_column=1)
        cell = sheet.cell(top, 1, hhmm(minute))
        cell.alignment, cell.font = Alignment(horizontal="center", vertical="top"), Font(size=_SMALL)
    for day, key in enumerate(WEEKDAYS):
        left, right = grid.column(day, 0, 1), grid.column(day, 1, 1) - 1
        if right > left:
            sheet.merge_cells(start_row=_TOP + 1, end_row=_TOP + 1, start_column=left, end_column=right)
        head = sheet.cell(_TOP + 1, left, label(key))
        head.font, head.fill, head.alignment, head.border = Font(bold=True, size=_TEXT), _HEAD, _MIDDLE, _BOX
        for column in range(left, right + 1):
            sheet.column_dimensions[get_column_letter(column)].width = _DAYS_WIDTH / 7 / grid.lanes[day]
            for minute in range(grid.first, grid.last, grid.step):
                here = sheet.cell(grid.row(minute), column)
                hour = Side(style="thin", color="D8D3C8") if minute % _HOUR == 0 else None
                edge = _THIN if column == left else None
                here.border = Border(top=hour, left=edge)
                if not room.open[day * DAY_CELLS + minute // CELL_MIN]:
                    here.fill = _CLOSED


def _draw_block(sheet: Worksheet, result: TimetableResult, block: Block, grid: _Grid) -> None:
    left, right = grid.columns_of(block)[0], grid.columns_of(block)[-1]
    for begin, end in ((block.held_from, block.begin), (block.clear_from, block.held_to)):
        for row in range(grid.row(begin), grid.row(end)):
            for column in range(left, right + 1):
                sheet.cell(row, column).fill = _TURNOVER
    top, bottom = grid.row(block.begin), grid.row(block.clear_from) - 1
    side = _STRONG if block.joined else _THIN
    for row in range(top, bottom + 1):
        for column in range(left, right + 1):
            sheet.cell(row, column).border = Border(left=side, right=side, top=side, bottom=side)
    sheet.merge_cells(start_row=top, end_row=bottom, start_column=left, end_column=right)
    text, size = _words(block, grid.width_of(block), grid.height_of(block))
    cell = sheet.cell(top, left, text)
    cell.alignment, cell.fill, cell.font = _MIDDLE, _colour(result, block.function), Font(size=size)


def _texts(block: Block) -> tuple[str, ...]:
    """Return what may be written on a block, the most words first."""
    name = printable(f"合 {block.joined}：{block.name}" if block.joined else block.name)
    people = f"{block.audience} {block.attendance} 人"
    return f"{name}\n{people}\n{block.span}", f"{name} {people}\n{block.span}", f"{block.span} {name}"


def _height(text: str, width: float, size: float) -> float:
    """Return the points that a text takes in a cell so many letters wide, wrapped."""
    room = max(1.0, width * _OWN_SIZE / size - 1)
    return _LEADING * size * sum(max(1, math.ceil(display_width(line) / room)) for line in text.split("\n"))


def _fits(block: Block, grid: _Grid) -> bool:
    """Tell whether all words of a block find room on it, in letters that are no trouble to read."""
    return _height(_texts(block)[0], grid.width_of(block), _SIZES[1]) <= grid.height_of(block)


def _words(block: Block, width: float, height: float) -> tuple[str, int]:
    """Return the words of a block and the points of their letters: as many, then as large, as fit.

    Where not even hours and name fit, the name is cut.
    """
    for text in _texts(block):
        for size in _SIZES[:-1]:
            if _height(text, width, size) <= height:
                return text, size
    size, text = _SIZES[-1], _texts(block)[-1]
    while _height(f"{text}…", width, size) > height and len(text) > len(block.span):
        text = text[:-1]
    return (text if text == _texts(block)[-1] and _height(text, width, size) <= height else f"{text}…"), size


# ----------------------------------------------------------------------------------------------------------------------
# What is on in a season, and who comes round: dated events, a calendar a place and one a crew.


def write_season_calendars(folder: Path, result: ProgrammeResult) -> list[Path]:
    """Write a calendar for each station at which something is on; the same programme, the same bytes."""
    paths = []
    for station, own in result.by_event.groupby("station", sort=True):
        place, key, events = result.names[str(station)], safe_name(str(station)), []
        for row in own.to_dict("records"):
            words = [f"可容 {row['attendance']} 人"]
            words += [f"组织者：{result.names[row['organiser']]}"] if isinstance(row["organiser"], str) else []
            words += [f"雨天顺延至 {row['rain']}"] if isinstance(row["rain"], str) else []
            where = f"{place} {row['room'] if isinstance(row['room'], str) else '室外'}"
            uid, hours = f"{key}-{row['date']}", (row["start"], row["end"])
            events.append(_Dated(uid, row["date"], *hours, row["event"], where, words))
        paths.append(_write_dated(folder / f"season_{key}.ics", result.district, (_SEASON, f"{place} · 活动"), events))
    return paths


def write_round_calendars(folder: Path, result: CircuitsResult) -> list[Path]:
    """Write a calendar for each station of who comes, for each crew and adviser of where; same rounds, same bytes."""
    paths = []
    for by, title in (("station", "巡回服务"), ("crew", "出工"), ("adviser", "驻点")):
        of, rows = ("station", result.calendar) if by == "station" else ("crew", result.calendar.query("kind == @by"))
        for name, own in rows.groupby(of, sort=True):
            events = []
            for row in own.to_dict("records"):
                place = result.names[row["station"]]
                words = [f"{row['crew']}，当日第 {row['order']} 站"]
                summary = row["name"] if by == "station" else place
                uid = f"{safe_name(str(row['crew']))}-{row['date']}-{row['order']}"
                uid = uid if row["kind"] == "crew" else f"{row['kind']}-{uid}"
                events.append(_Dated(uid, row["date"], row["begin"], row["end"], summary, place, words))
            whose = result.names[str(name)] if by == "station" else str(name)
            path = folder / f"round_{by}_{safe_name(str(name))}.ics"
            paths.append(_write_dated(path, result.district, (_ROUNDS, f"{whose} · {title}"), events))
    return paths


class _Dated(NamedTuple):
    """An event on one date, its begin and end in minutes of the day."""

    uid: str
    date: str
    begin: float
    end: float
    summary: str
    location: str
    words: Sequence[str]


def _write_dated(path: Path, district: District, name: tuple[str, str], events: Sequence[_Dated]) -> Path:
    """Write a calendar of dated events, in order, for one product and under one title."""
    manifest, dates = district.manifest, [dt.date.fromisoformat(event.date) for event in events]
    zone = None if manifest.zone is None else ZoneInfo(manifest.zone)
    made = dated_calendar(*name, manifest.zone, dates)
    kind = name[0].split("//")[2]
    for one, date in zip(events, dates, strict=True):
        midnight, event = dt.datetime.combine(date, dt.time(), zone), Event()
        event.add("uid", f"{one.uid}@{manifest.key}.{kind}.yijia")
        event.add("dtstamp", dt.datetime.combine(manifest.day or dates[0], dt.time(), dt.UTC))
        event.add("dtstart", midnight + dt.timedelta(minutes=round(one.begin)))
        event.add("dtend", midnight + dt.timedelta(minutes=round(one.end)))
        event.add("summary", printable(one.summary))
        event.add("location", printable(one.location))
        event.add("description", printable(f"{'；'.join(one.words)}；{manifest.notice}"))
        made.add_component(event)
    path.write_bytes(made.to_ical())
    return path
