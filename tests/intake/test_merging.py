"""Sheets that come back: what changed is taken, what both sides changed is listed, nothing is lost unlisted."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests import ledgers
from tests.depth import draws
from workbench.catalogue.sheets import heading, title
from workbench.documents import read_yaml
from workbench.errors import GeodataError, SourceError
from workbench.ground.district import District
from workbench.ground.intake.merging import merge_ledgers, write_merged
from workbench.ground.intake.templates import BASE, write_ledgers, write_sheet
from workbench.ground.sources import read_district, write_district
from workbench.ground.sources.package import folder_problems

ROOMS = ({"area_m2": 40.5}, {"sign": "多功能厅", "merges_with": None}, {"opening_hours": "Mo-Fr 08:00-12:00"})


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the district, and the sheets that were handed out."""
    place = tmp_path_factory.mktemp("sent")
    district = ledgers.district(rooms=ledgers.rooms(*ROOMS))
    write_district(district, place / "ground")
    write_ledgers(district, place / "out")
    return place


@pytest.fixture
def desk(sent: Path, tmp_path: Path) -> Path:
    shutil.copytree(sent, tmp_path / "desk")
    return tmp_path / "desk"


def sheet_of(desk: Path, table: str) -> Path:
    return desk / "out" / f"{title(table)}.xlsx"


def edited(desk: Path, table: str, edit: Callable[[Any], None]) -> Path:
    """Let somebody edit the sheet of a table."""
    path = sheet_of(desk, table)
    book = openpyxl.load_workbook(path)
    edit(book[title(table)])
    book.save(path)
    return path


def column(sheet: Any, table: str, name: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == heading(table, name))


def put(table: str, line: int, name: str, value: object) -> Callable[[Any], None]:
    def edit(sheet: Any) -> None:
        sheet.cell(line, column(sheet, table, name)).value = value

    return edit


def merged(desk: Path, *paths: Path, **how: bool) -> Any:
    return merge_ledgers(read_district(desk / "ground"), paths, **how)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_sheets_that_come_back_as_they_went_change_nothing(desk: Path) -> None:
    before = content(desk / "ground")
    one = merged(desk, *sorted((desk / "out").iterdir()))
    assert (one.changes, one.tables, one.counted()) == ((), (), "没有改动")
    write_merged(one, desk / "ground")
    assert content(desk / "ground") == before


def test_a_changed_cell_is_taken_and_all_else_stays_to_the_byte(desk: Path) -> None:
    before = content(desk / "ground")
    path = edited(desk, "rooms", put("rooms", 2, "area_m2", "４５㎡"))
    (desk / "ground" / "note.txt").write_text("mine", encoding="utf-8")
    (desk / "ground" / "ground.html").write_text("as it was", encoding="utf-8")
    one = merged(desk, path)
    assert [change.told() for change in one.changes] == [
        f"已改  {path.name} 第 2 行 R1 “面积（㎡）”：“40.5” → “45”（单位“平方米”已去掉）"
    ]
    write_merged(one, desk / "ground")
    after = content(desk / "ground")
    assert {name for name in after if after[name] != before.get(name)} == {"rooms.csv", "manifest.yaml", "note.txt"}
    assert "ground.html" not in after  # it tells of the ground as it was
    back = read_district(desk / "ground")
    assert back.tables["rooms"]["area_m2"].tolist() == [45.0, 40.0, 40.0]
    assert folder_problems(desk / "ground") == []
    note = read_yaml(desk / "ground" / "manifest.yaml")["sources"][-1]
    assert (note["layer"], note["changed"]) == ("rooms", ["1 cells changed, 0 rows added, 0 taken out"])
    assert merged(desk, path).changes == ()  # the second time


def test_attributes_of_a_layer_change_and_its_geometry_stays(desk: Path) -> None:
    before = read_district(desk / "ground")
    path = edited(desk, "stations", put("stations", 3, "opening_hours", "周一至周五 9:00-17:00"))
    one = merged(desk, path)
    write_merged(one, desk / "ground")
    after = read_district(desk / "ground")
    assert after.stations["opening_hours"].tolist() == ["Mo-Fr 08:30-17:30", "Mo-Fr 09:00-17:00"]
    assert after.stations.geometry.geom_equals(before.stations.geometry).all()
    assert [name for name in after.tables if after.checksums[name] != before.checksums[name]] == ["stations"]


def changed_here(desk: Path, table: str, row: str, name: str, value: object) -> None:
    """Change the district since the sheets went out."""
    district = read_district(desk / "ground")
    frame = district.tables[table].copy()
    frame.loc[frame["id"] == row, name] = value
    write_district(District.from_tables(district.manifest, {**district.tables, table: frame}), desk / "ground")


def test_what_both_sides_changed_is_a_conflict_and_nothing_is_overwritten(desk: Path) -> None:
    changed_here(desk, "rooms", "R1", "capacity", 33)
    changed_here(desk, "rooms", "R2", "capacity", 50)
    path = sheet_of(desk, "rooms")
    for line, value in ((2, 44), (3, 50), (4, 60)):  # a conflict, the same change, a change
        edited(desk, "rooms", put("rooms", line, "capacity", value))
    one = merged(desk, path)
    assert [(c.kind, c.row, c.was, c.here, c.came) for c in one.changes] == [
        ("conflict", "R1", 20, 33, 44),
        ("changed", "R3", 20, 20, 60),
    ]
    assert one.changes[0].told().endswith("：发出时 “20”，区里现为 “33”，交回 “44”")
    assert one.district.tables["rooms"]["capacity"].tolist() == [33, 50, 60]
    assert one.counted() == "已改 1 处，冲突，未改 1 处"
    taken = merged(desk, path, taking=True)
    assert [c.kind for c in taken.changes] == ["changed", "changed"]
    assert taken.district.tables["rooms"]["capacity"].tolist() == [44, 50, 60]


def test_two_sheets_that_contradict_each_other_are_a_conflict(desk: Path) -> None:
    first = edited(desk, "rooms", put("rooms", 2, "capacity", 21))
    second = desk / "out" / "乙.xlsx"
    shutil.copy(first, second)
    book = openpyxl.load_workbook(second)
    put("rooms", 2, "capacity", 22)(book[title("rooms")])
    book.save(second)
    one = merged(desk, first, second)
    assert [(c.kind, c.file, c.came) for c in one.changes] == [("changed", first.name, 21), ("conflict", "乙.xlsx", 22)]


def test_an_identifier_that_now_belongs_to_another_row_changes_nothing(desk: Path) -> None:
    """Ids that were made by row order shift when the source gains a row."""
    district = read_district(desk / "ground")
    shifted = district.tables["rooms"].iloc[[1, 0, 2]].assign(id=["R1", "R2", "R3"])
    write_district(District.from_tables(district.manifest, {**district.tables, "rooms": shifted}), desk / "ground")
    path = edited(desk, "rooms", put("rooms", 3, "capacity", 44))  # R2 多功能厅, which is R1 now
    for taking in (False, True):
        one = merged(desk, path, taking=taking)
        assert one.tables == ()
        assert [(c.kind, c.row, c.column) for c in one.changes] == [("conflict", "R2", "sign")]
        assert (
            one.changes[0]
            .told()
            .endswith(
                "“门牌名称”：发出时 “多功能厅”，区里现为 “会议室”，交回 “多功能厅”；这个编号现在像是另一处，整行未改：请重新发出再填"
            )
        )


def test_a_row_without_its_name_is_another_where_most_of_it_differs(desk: Path) -> None:
    district = read_district(desk / "ground")
    demand = district.demand
    bands = [column for column in demand if column.startswith("age_")]
    demand["residents"], demand["households"] = demand["residents"] * 2, 99
    demand[bands] = demand[bands] * 2
    write_district(District.from_tables(district.manifest, {**district.tables, "demand": demand}), desk / "ground")
    (one,) = merged(desk, edited(desk, "demand", put("demand", 2, "residents", 7))).changes
    assert (one.kind, one.row, one.why[:12]) == ("conflict", "D1", "这个编号现在像是另一处，")


def test_rows_that_are_gone_are_listed_and_deleted_only_when_said(desk: Path) -> None:
    path = edited(desk, "rooms", lambda sheet: sheet.delete_rows(3, 2))
    changed_here(desk, "rooms", "R3", "capacity", 9)
    one = merged(desk, path)
    assert [(c.kind, c.row) for c in one.changes] == [("gone", "R2"), ("gone", "R3")]
    assert len(one.district.tables["rooms"]) == 3
    two = merged(desk, path, removing=True)
    assert [(c.kind, c.row) for c in two.changes] == [("removed", "R2"), ("gone", "R3")]
    assert two.district.tables["rooms"]["id"].tolist() == ["R1", "R3"]


def added(table: str, **cells: object) -> Callable[[Any], None]:
    def edit(sheet: Any) -> None:
        line = sheet.max_row + 1
        for name, value in cells.items():
            sheet.cell(line, column(sheet, table, name)).value = value

    return edit


def test_a_new_row_of_a_ledger_is_added_and_one_of_a_layer_has_no_place(desk: Path) -> None:
    room = {"id": "R9", "station": "S1", "sign": "书画室", "function": "书画室", "storey": "二楼", "area_m2": 30, "capacity": 12,
            "water": "否", "sound": "一般", "private": "否"}  # fmt: skip
    rooms = edited(desk, "rooms", added("rooms", **room))
    stations = edited(desk, "stations", added("stations", id="S9", name="新驿家"))
    one = merged(desk, rooms, stations)
    assert [(c.kind, c.row) for c in one.changes] == [("added", "R9"), ("left_out", "S9")]
    assert "没有位置" in one.changes[1].told()
    last = one.district.tables["rooms"].iloc[-1]
    assert (last["id"], last["storey"], last["sound"], last["private"]) == ("R9", 2, "ordinary", False)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (put("rooms", 2, "area_m2", "很大"), "未采用  功能室台账.xlsx 第 2 行 R1 “面积（㎡）”：“很大”"),
        (put("rooms", 2, "id", None), "未采用  功能室台账.xlsx 第 2 行：没有编号：请填编号"),
        (put("rooms", 3, "id", "R1"), "未采用  功能室台账.xlsx 第 2 行 R1：编号重复，在第 2、3 行：都没有读"),
        (put("rooms", 2, "id", "示例（请删除此行）"), "示例行没有删掉"),
        (put("rooms", 1, "sign", "牌子"), "“门牌名称”一列不见了：该列保持原样"),
        (put("rooms", 1, "sign", "牌子"), "“牌子”一列不是发出的列：没有读"),
    ],
)
def test_what_cannot_be_taken_is_listed_and_the_district_stays(desk: Path, edit: Any, said: str) -> None:
    before = content(desk / "ground")
    one = merged(desk, edited(desk, "rooms", edit), removing="示例" not in said)
    assert any(said in change.told() for change in one.changes), [change.told() for change in one.changes]
    assert one.tables == ()
    assert {change.kind for change in one.changes} <= {"left_out", "gone"}
    assert content(desk / "ground") == before


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (put("rooms", 1, "sign", "面积（㎡）"), "列名重复，分不清以哪列为准：“面积（㎡）”"),
        (
            lambda sheet: sheet.parent.copy_worksheet(sheet),
            "有 2 张工作表都有“编号”这一列（功能室台账、功能室台账 Copy）",
        ),
    ],
)
def test_what_stands_twice_is_refused_for_nobody_knows_which_is_right(desk: Path, edit: Any, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        merged(desk, edited(desk, "rooms", edit))


def test_a_cell_without_a_heading_is_listed(desk: Path) -> None:
    def beside(sheet: Any) -> None:
        sheet.cell(3, sheet.max_column + 1).value = "面积不对"

    one = merged(desk, edited(desk, "rooms", beside))
    assert [change.told() for change in one.changes] == [
        "未采用  功能室台账.xlsx 第 3 行：没有列名的格里有内容：没有读"
    ]


def test_a_row_that_is_gone_here_and_changed_there_is_listed(desk: Path) -> None:
    district = read_district(desk / "ground")
    left = district.tables["rooms"].iloc[1:]
    write_district(District.from_tables(district.manifest, {**district.tables, "rooms": left}), desk / "ground")
    assert merged(desk, sheet_of(desk, "rooms")).changes == ()
    one = merged(desk, edited(desk, "rooms", put("rooms", 2, "capacity", 5)))
    assert [(c.kind, c.why) for c in one.changes] == [("left_out", "这一行改过，但区里已经删了")]


def test_what_does_not_pass_the_gate_is_named_with_its_line(desk: Path) -> None:
    path = edited(desk, "rooms", put("rooms", 2, "station", "S7"))
    with pytest.raises(GeodataError, match=rf"R1 \({path.name} 第 2 行\)"):
        merged(desk, path)


@pytest.mark.parametrize("seed", range(draws(24)))
def test_random_edits_on_both_sides_come_out_as_by_hand(seed: int, tmp_path: Path) -> None:
    draw = random.Random(seed)
    columns = ("capacity", "storey", "sign")
    base = {f"R{n}": {"capacity": 20, "storey": 1, "sign": "甲"} for n in range(1, 7)}
    sent = ledgers.district(rooms=ledgers.rooms(*base.values()))
    path = write_sheet(tmp_path / "rooms.xlsx", "rooms", sent.tables["rooms"], "pocket")
    here = {
        name: {**row, **{c: draw.choice((row[c], 2, 3)) for c in columns if c != "sign"}} for name, row in base.items()
    }
    there = {name: {**row, **{c: draw.choice((row[c], row[c], 2, 3)) for c in columns}} for name, row in base.items()}
    gone, cut = set(draw.sample(sorted(base), draw.randint(0, 2))), set(draw.sample(sorted(base), draw.randint(0, 2)))
    book = openpyxl.load_workbook(path)
    sheet = book[title("rooms")]
    for line in range(7, 1, -1):
        name = sheet.cell(line, 1).value
        for each in columns:
            sheet.cell(line, column(sheet, "rooms", each)).value = there[name][each]
        if name in gone:
            sheet.delete_rows(line)
    book.save(path)
    now = ledgers.rooms(*here.values())
    now = now[~now["id"].isin(cut)].astype({"sign": object})
    now["sign"] = now["sign"].astype(str)
    district = ledgers.district(rooms=now)
    one = merge_ledgers(district, [path], removing=True)

    expected, conflicts = {}, 0
    for name in sorted(set(base) - cut):
        if name in gone:
            if here[name] != base[name]:
                expected[name] = here[name]
            continue
        expected[name] = {}
        for c in columns:
            b, h, t = base[name][c], here[name][c], str(there[name][c]) if c == "sign" else there[name][c]
            expected[name][c] = h if t in (b, h) or h != b else t
            conflicts += t != b and h not in (b, t)
    rooms = one.district.tables["rooms"].set_index("id")
    assert {name: {c: rooms.loc[name, c] for c in columns} for name in rooms.index} == expected
    assert sum(change.kind == "conflict" for change in one.changes) == conflicts
    assert merge_ledgers(one.district, [path], removing=True).tables == ()


def test_sheets_of_others_are_refused_all_at_once(desk: Path) -> None:
    rooms, stations, gates = (sheet_of(desk, name) for name in ("rooms", "stations", "gates"))
    book = openpyxl.load_workbook(rooms)
    del book[BASE]
    book.save(rooms)
    book = openpyxl.load_workbook(stations)
    book[BASE]["A1"].value = book[BASE]["A1"].value.replace("pocket", "elsewhere")
    book.save(stations)
    edited(desk, "gates", lambda sheet: sheet.delete_rows(1))
    with pytest.raises(SourceError, match="3 problems") as caught:
        merged(desk, rooms, stations, gates)
    said = [problem.what for problem in caught.value.problems]
    assert ["不是本区发出的台账" in said[0], "另一个区（elsewhere）" in said[1], "找不到表头" in said[2]] == [True] * 3


@pytest.mark.parametrize("text", [None, "{", "[]", '{"table": "room", "district": "pocket", "columns": ["id"]}', "3"])
def test_a_copy_that_somebody_changed_is_no_copy(desk: Path, text: str | None) -> None:
    path = sheet_of(desk, "rooms")
    book = openpyxl.load_workbook(path)
    book[BASE]["A1"].value = text
    book.save(path)
    with pytest.raises(SourceError, match="“_底稿”被改动过，读不出来"):
        merged(desk, path)


def test_a_row_of_the_copy_that_was_cut_is_found(desk: Path) -> None:
    path = sheet_of(desk, "rooms")
    book = openpyxl.load_workbook(path)
    book[BASE]["A2"].value = '["R1"]'
    book.save(path)
    with pytest.raises(SourceError, match="“_底稿”被改动过"):
        merged(desk, path)
