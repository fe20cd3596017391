"""Weekly timetables on A4: read again, they hold the sessions of the plan, and twice the same bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from tests import pocket
from tests.ledgers import activities, district, rooms
from tests.rooms import shown
from workbench.catalogue.terms import FICTIONAL_NOTE
from workbench.errors import NoSolutionError
from workbench.fonts import display_width
from workbench.report.timetables import INDEX, write_timetables
from workbench.rooms import TimetableResult, timetable_rooms
from workbench.rooms.week import week_of

DAYS = ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]


@pytest.fixture(scope="module")
def result() -> TimetableResult:
    return shown.planned()


@pytest.fixture(scope="module")
def path(result: TimetableResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sheets") / "timetables.xlsx"
    write_timetables(path, result, ["情景：试", "底数：袖珍区"])
    return path


@pytest.fixture(scope="module")
def book(path: Path) -> Workbook:
    return openpyxl.load_workbook(path)


def test_an_index_then_a_page_a_centre_and_one_a_room_in_use(result: TimetableResult, book: Workbook) -> None:
    used = [name for name, hours in result.by_room.set_index("id")["hours_after"].items() if hours > 0]
    assert book.sheetnames[:2] == [INDEX, "S1 东中心"]
    assert [title.split()[0] for title in book.sheetnames[2:]] == used
    rows = list(book[INDEX].iter_rows(values_only=True))
    assert rows[:3] == [("房间周课表", None, None), ("情景：试", None, None), ("底数：袖珍区", None, None)]
    assert rows[3:5] == [("中心", "房间", "场次"), ("东中心", "全部房间", None)]
    assert book[INDEX].print_title_rows == "$4:$4"
    links = [cell.hyperlink.location for cell in book[INDEX]["B"] if cell.hyperlink]
    assert links == [f"'{title}'!A1" for title in book.sheetnames[1:]]


def test_every_page_is_one_landscape_page_of_a4_and_says_where_it_is(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        setup = sheet.page_setup
        assert (setup.orientation, int(setup.paperSize), setup.fitToWidth, setup.fitToHeight) == ("landscape", 9, 1, 1)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet["A3"].value == FICTIONAL_NOTE
    assert book["R1 会议室"]["A1"].value == "东中心 · R1 · 会议室"
    assert book["R1 会议室"]["A2"].value == "功能：宣讲与讲座、议事会议；1 层，容纳 20 人；每周 2 场"


def placed(book: Workbook, title: str) -> set[tuple[str, str, str]]:
    """Return day, name and span of every block of a room's page, read from where it stands."""
    sheet = book[title]
    days = {column: cell.value for cell in sheet[5] if cell.value for column in _columns(sheet, cell.row, cell.column)}
    found = set()
    for row in sheet.iter_rows(min_row=6, min_col=2):
        for cell in row:
            if cell.value:
                name, _, span = cell.value.split("\n")
                found.add((days[cell.column], name, span))
    return found


def _columns(sheet: object, row: int, column: int) -> range:
    for part in sheet.merged_cells.ranges:  # type: ignore[attr-defined]
        if (part.min_row, part.min_col) == (row, column):
            return range(part.min_col, part.max_col + 1)
    return range(column, column + 1)


def test_the_pages_of_the_rooms_hold_the_sessions_of_the_plan(result: TimetableResult, book: Workbook) -> None:
    wanted: dict[str, set[tuple[str, str, str]]] = {}
    for block in week_of(result, "S1"):
        name = f"合 {block.joined}：{block.name}" if block.joined else block.name
        wanted.setdefault(block.room, set()).add((DAYS[block.day], name, block.span))
    assert wanted == {title.split()[0]: placed(book, title) for title in book.sheetnames[2:]}
    assert wanted["R1"] == {("周二", "合 R2：大讲堂", "09:00–10:30"), ("周三", "议事", "14:00–14:50")}
    assert wanted["R3"] == {("周一", "借阅", "09:00–10:00"), ("周一", "自习", "09:00–10:00")}


def test_blocks_are_as_long_as_their_sessions_coloured_and_set_up_is_hatched(
    result: TimetableResult, book: Workbook
) -> None:
    sheet = book["R1 会议室"]
    (block,) = [part for part in sheet.merged_cells.ranges if part.min_col == 3]  # Tuesday
    top = 6 + (9 * 60 - 8 * 60) // 15  # the page begins at eight, in quarter hours because of the clearing away
    assert (block.min_row, block.max_row, block.min_col) == (top, top + 5, 3)
    colour = result.functions.colour_of("lecture").lstrip("#").upper()
    assert sheet.cell(top, 3).fill.fgColor.rgb.endswith(colour)
    hatched = [row for row in range(6, sheet.max_row + 1) if sheet.cell(row, 3).fill.patternType == "lightUp"]
    assert hatched == [top - 2, top - 1, top + 6]
    closed = [row for row in range(6, top + 8) if sheet.cell(row, 3).fill.fgColor.rgb == "00E9E5DB"]
    assert closed == [6, 7], "until half past eight"


def test_a_centre_page_lists_each_room_and_day(book: Workbook) -> None:
    rows = {row[0]: row[1:] for row in book["S1 东中心"].iter_rows(min_row=6, values_only=True)}
    assert rows["R3 图书阅览室\n1 层 20 人"][0] == "09:00–10:00\n借阅\n09:00–10:00\n自习"
    assert rows["R4 会议室\n1 层 20 人 · 释放"][4] is None


def test_a_day_of_two_functions_has_no_colour_of_one(result: TimetableResult, book: Workbook) -> None:
    sheet = book["S1 东中心"]
    colours = {
        (row[0].value or "").split()[0]: [cell.fill.fgColor.rgb[2:] for cell in row[1:]] for row in sheet["A6:H9"]
    }
    lecture, meeting = (result.functions.colour_of(key).lstrip("#").upper() for key in ("lecture", "meeting"))
    assert colours["R1"][1:3] == [lecture, meeting]
    assert sheet["B8"].value.count("\n") == 3, "the library holds two activities on Monday"
    assert colours["R3"][0] == "000000"
    assert sheet["B8"].fill.fill_type is None
    assert {cell.font.size for row in sheet["A5:H9"] for cell in row if cell.value} == {9, 10}


def test_names_are_no_formulas(result: TimetableResult, tmp_path: Path) -> None:
    ledger = result.activities.replace({"name": {"议事": "=1+1"}})
    named = replace(result, district=result.district.with_ledgers(activities=ledger))
    write_timetables(tmp_path / "named.xlsx", named, ["=note"])
    book = openpyxl.load_workbook(tmp_path / "named.xlsx")
    cells = [cell for sheet in book.worksheets for row in sheet.iter_rows() for cell in row]
    assert any(str(cell.value).startswith("=1+1") for cell in cells)
    assert "f" not in {cell.data_type for cell in cells}


def test_the_same_plan_gives_the_same_bytes(result: TimetableResult, path: Path, tmp_path: Path) -> None:
    write_timetables(tmp_path / "again.xlsx", result, ["情景：试", "底数：袖珍区"])
    assert (tmp_path / "again.xlsx").read_bytes() == path.read_bytes()


def test_without_a_plan_there_is_nothing_to_print(tmp_path: Path) -> None:
    barred = timetable_rooms(
        district(rooms=rooms({}, {"use": "office", "area_m2": 400.0})), pocket.scenario(rooms={"offices_kept": 1})
    )
    with pytest.raises(NoSolutionError):
        write_timetables(tmp_path / "none.xlsx", barred, [])


def fullness(path: Path) -> list[tuple[str, float, float]]:
    """Return of each block of the rooms' pages its words, and the points that these need and have."""
    book, found = openpyxl.load_workbook(path), []
    for sheet in book.worksheets[2:]:
        for part in (p for p in sheet.merged_cells.ranges if p.min_col > 1 and p.min_row > 5):
            cell = sheet.cell(part.min_row, part.min_col)
            width = sum(
                sheet.column_dimensions[get_column_letter(c)].width for c in range(part.min_col, part.max_col + 1)
            )
            has = sum(sheet.row_dimensions[row].height for row in range(part.min_row, part.max_row + 1))
            room = width * 11 / cell.font.size - 1
            lines = sum(-(-display_width(line) // room) for line in cell.value.split("\n"))
            found.append((cell.value, 1.25 * cell.font.size * lines, has))
    return found


@pytest.mark.parametrize("hours", ["Mo-Su 09:00-21:00", "24/7", "Mo-Su 06:00-24:00"])
@pytest.mark.parametrize("minutes", [30, 45, 60])
def test_words_find_room_on_blocks_that_begin_at_quarter_past(hours: str, minutes: int, tmp_path: Path) -> None:
    """Sessions at 10:15 and 19:15 in rooms that are open long."""
    names = ("社区书法基础班", "老年智能手机使用入门与防诈骗讲座")
    asked = [
        {
            "name": name,
            "windows": f"{day} {hour}:15-{(60 * hour + 15 + minutes) // 60}:{(15 + minutes) % 60:02d}",
            "duration_min": minutes,
        }
        for name, hour in zip(names, (10, 19), strict=True)
        for day in ("Mo", "Th")
    ]
    ground = district(rooms=rooms({"opening_hours": hours}), activities=activities(*asked))
    result = timetable_rooms(ground, pocket.scenario(rooms={"step": 15}))
    write_timetables(tmp_path / "t.xlsx", result, [])
    blocks = fullness(tmp_path / "t.xlsx")
    assert len(blocks) == 4
    for words, needs, has in blocks:
        assert needs <= has + 1e-6, words
        assert "…" not in words
        assert any(name in words for name in names)
    cells = [cell for row in openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[2]["B6:Z99"] for cell in row]
    assert min(cell.font.size for cell in cells if cell.value) >= 7


def test_a_centre_with_many_sessions_a_day_is_printed_on_several_pages(tmp_path: Path) -> None:
    asked = [{"name": "很长很长的活动名称要占两行", "windows": "Mo"} for _ in range(36)]
    ground = district(rooms=rooms({"opening_hours": "24/7"}, {"opening_hours": "24/7"}), activities=activities(*asked))
    write_timetables(tmp_path / "t.xlsx", timetable_rooms(ground, pocket.scenario()), [])
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx").worksheets[1]
    assert (sheet.page_setup.fitToHeight, sheet.print_title_rows) == (0, "$5:$5")
    for row in (6, 7):
        cell, has = sheet.cell(row, 2), sheet.row_dimensions[row].height
        room = sheet.column_dimensions["B"].width * 11 / cell.font.size - 1
        lines = sum(-(-display_width(line) // room) for line in cell.value.split("\n"))
        assert 1.25 * cell.font.size * lines <= has <= 409
