"""Ledgers with every kind of mess: the right value, and every line and column accounted for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from tests.intake.sheets import HEAD, ROWS, book, of, said, stations, text
from workbench.errors import SourceError
from workbench.ground.intake.ledger import PLACES, read_ledger, told


def test_a_tidy_sheet_is_read_without_a_word_but_of_what_is_missing(tmp_path: Path) -> None:
    ledger = stations(tmp_path, *ROWS)
    assert (ledger.table, ledger.sheet, ledger.held) == ("stations", "阵地", 2)
    assert of(ledger, "id") == ["s1", "s2"]
    assert of(ledger, "floor_area_m2") == [120, 80]
    assert of(ledger, "_x") == ["116.31", "116.32"]
    assert of(ledger, "_line") == [2, 3]
    assert set(PLACES) <= set(ledger.rows)
    assert [column.column for column in ledger.columns] == [
        "id",
        "name",
        "community",
        "_x",
        "_y",
        "floor_area_m2",
        "opening_hours",
    ]
    assert ledger.columns[1].examples == ("东风驿家", "西苑驿家")
    supposed, only = ledger.findings
    assert (only.kind, only.line) == ("doubtful", 0)
    assert "阵地类型（kind）" in only.why
    assert "access" not in only.why
    assert (supposed.kind, supposed.why) == ("guessed", "没有“服务范围”一列：都当作“公众可通行”")
    assert of(ledger, "access") == ["public", "public"]
    assert ledger.counted() == {"doubtful": 1, "guessed": 1}


# lines that are no entries


def test_titles_totals_notes_groups_and_headers_are_listed_and_left_out(tmp_path: Path) -> None:
    rows = [
        ("x区党群服务阵地台账",),
        ("填报单位：x区委组织部", None, None, "坐标为高德"),
        HEAD,
        ("一、东街道",),
        ROWS[0],
        ("小计", None, None, None, None, 120),
        ("二、西街道",),
        ROWS[1],
        ("东风街道小计", None, None, None, None, 80),
        HEAD,
        ("合 计", None, None, None, None, 200),
        (),
        ("备注：面积以房产证为准",),
        ("填表人：某某", None, None, "审核人：某某"),
    ]
    ledger = read_ledger(book(tmp_path / "a.xlsx", rows))
    assert of(ledger, "_line") == [5, 8]
    assert ledger.held == 10
    left = {finding.line: finding.why for finding in said(ledger, "left_out") if not finding.column}
    assert sorted(left) == [4, 6, 7, 9, 10, 11, 13, 14]
    assert left[4] == "分组标题，不是数据"
    assert left[6] == "小计行，不作一条记录"
    assert left[10] == "重复的表头"
    assert left[13] == "备注或落款，不是数据"
    titles = [finding.line for finding in said(ledger, "read")]
    assert titles == [1, 2]
    assert of(ledger, "_datum") == ["高德", "高德"]
    assert any("坐标来源" in finding.why for finding in said(ledger, "guessed"))


@pytest.mark.parametrize(
    ("title", "datum"),
    [("本表坐标由高德转为WGS84", "WGS84"), ("坐标：高德、百度", None), ("西安80坐标，GPS测量", None)],
)
def test_a_title_that_names_several_datums(tmp_path: Path, title: str, datum: str | None) -> None:
    rows = [(title,), ("名称", "经度", "纬度", "建筑面积"), ("甲", 116.4, 39.9, 80)]
    ledger = read_ledger(book(tmp_path / "a.xlsx", rows), "stations")
    assert of(ledger, "_datum") == [datum]


def test_totals_are_compared_with_the_sum(tmp_path: Path) -> None:
    ledger = stations(tmp_path, *ROWS, ("合计", None, None, None, None, 210))
    (finding,) = [f for f in said(ledger, "doubtful") if f.line == 4]
    assert finding.column == "建筑面积（㎡）"
    assert "合计写的是 210，2 行相加是 200" in finding.why


def test_an_example_row_is_refused(tmp_path: Path) -> None:
    ledger = stations(tmp_path, ("示例", "示例驿家", "x社区", 116, 40, 1, "全天"), *ROWS)
    (refused,) = said(ledger, "refused")
    assert (refused.line, refused.why) == (2, "模板的示例行，不是数据；请删去")
    assert of(ledger, "id") == ["s1", "s2"]


def test_all_rows_refused(tmp_path: Path) -> None:
    ledger = stations(tmp_path, ("示例",), ("合计",), (None, None, None, None, None, "很大", "看情况"))
    assert ledger.rows.empty
    assert ledger.held == 3
    assert "3 行一行也没有采用" in next(f.why for f in said(ledger, "refused") if not f.line)
    assert any(f.line == 4 and not f.column and "一格也读不出" in f.why for f in said(ledger, "refused"))


# merged cells, the same as above, hidden rows and columns


def test_merged_text_stands_for_every_line_and_a_merged_number_for_none(tmp_path: Path) -> None:
    rows = [("s1", "甲", "东风社区", 1, 2, 300), ("s2", "乙", None, 1, 2, None), ("s3", "丙", "西苑社区", 1, 2, 50)]
    ledger = stations(tmp_path, *rows, merged=("C2:C3", "F2:F3"))
    assert of(ledger, "community") == ["东风社区", "东风社区", "西苑社区"]
    assert of(ledger, "floor_area_m2") == [None, None, 50]
    filled = [f for f in said(ledger, "changed") if f.column == "社区"]
    assert [(f.line, f.took) for f in filled] == [(3, "东风社区")]
    assert [(f.line, "合并在 F2:F3 上" in f.why) for f in said(ledger, "refused")] == [(2, True), (3, True)]


def test_the_same_as_above(tmp_path: Path) -> None:
    ledger = stations(
        tmp_path, ROWS[0], ("s2", "乙", "同上", 116, 40, "〃", None), ("s3", "丙", "〃", 116, 40, 9, None)
    )
    assert of(ledger, "community") == ["东风社区"] * 3
    assert of(ledger, "floor_area_m2") == [120, 120, 9]
    assert {(f.line, f.took) for f in said(ledger, "changed")} >= {(3, "东风社区"), (3, "120"), (4, "东风社区")}


def test_hidden_rows_columns_and_sheets(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS])
    made = load_workbook(path)
    made["阵地"].row_dimensions[3].hidden = True
    made["阵地"].column_dimensions["C"].hidden = True
    made.create_sheet("旧表").append(["阵地名称", "作废"])
    made["旧表"].sheet_state = "hidden"
    made.save(path)
    ledger = read_ledger(path)
    assert of(ledger, "id") == ["s1", "s2"]
    assert any(f.line == 3 and f.why.startswith("隐藏行") for f in said(ledger, "doubtful"))
    assert any(f.column == "社区" and f.why.startswith("隐藏列") for f in said(ledger, "doubtful"))
    assert any("隐藏的工作表“旧表”没有读" in f.why for f in said(ledger, "read"))


# columns


def test_serials_private_columns_and_remarks_are_left_out_and_named(tmp_path: Path) -> None:
    head = ("序号", "阵地名称", "联系人", "备注", "星级", None)
    ledger = read_ledger(
        book(tmp_path / "阵地台账.xlsx", [head, (1, "甲", "张某", "新", 3, "附"), (2, "乙", "李某", None, 4, None)])
    )
    how = {column.heading: column for column in ledger.columns}
    assert how["序号"].column is None
    assert how["联系人"].examples == ()
    assert how["星级"].examples == ("3", "4")
    left = {f.column: f for f in said(ledger, "left_out")}
    assert set(left) == {"序号", "联系人", "备注", "星级", "（F列，无标题）"}
    assert left["联系人"].found == ""
    assert of(ledger, "id") == ["st001", "st002"]
    assert any("没有编号列" in f.why for f in said(ledger, "guessed"))


def test_nothing_personal_is_shown(tmp_path: Path) -> None:
    rows = [("阵地名称", "负责人及电话", "社区"), ("甲", "张某 138", "a"), ("合计", "李某 139", None)]
    ledger = read_ledger(book(tmp_path / "阵地.xlsx", rows), "stations")
    shown = " ".join((*told(ledger)[1], *(example for column in ledger.columns for example in column.examples)))
    assert "个人信息，一律不读" in shown
    assert not {"张某", "138", "李某", "139"} & set(shown.replace("，", " ").split())
    assert "某" not in shown


@pytest.mark.parametrize(
    ("head", "columns"),
    [
        (("名称", "经度", "纬度"), ["name", "_x", "_y"]),
        (("阵地名称", "X", "Y"), ["name", "_x", "_y"]),
        (("站点", "lng", "lat"), ["name", "_x", "_y"]),
        (("驿家名称", "经纬度", "详细地址"), ["name", "_xy", "_address"]),
        (("name", "东坐标", "坐标系"), ["name", "_x", "_datum"]),
        (("名　称", "建筑面积/㎡", "面积平方米"), ["name", "floor_area_m2", None]),
    ],
)
def test_headings_of_many_words(tmp_path: Path, head: tuple[str, ...], columns: list[str | None]) -> None:
    ledger = read_ledger(text(tmp_path / "a.csv", [head, ("甲", 116.3, 40.0)]), "stations")
    assert [column.column for column in ledger.columns] == columns


PEOPLE = ("编号", "小区名称")


@pytest.mark.parametrize(
    ("parent", "children", "columns", "kinds"),
    [
        ("常住人口", ("男", "女"), [None, None], ["refused", "refused"]),
        ("常住人口", ("合计", "男", "女"), ["residents", None, None], ["left_out", "left_out"]),
        ("常住人口", ("合计", "党员"), ["residents", None], ["left_out"]),
        ("常住人口", ("户籍", "外来"), [None, None], ["refused", "refused"]),
        ("常住人口", ("户籍",), ["residents"], ["guessed"]),
        ("人口", ("户数", "常住人口"), ["households", "residents"], []),
        ("人口", ("0-6岁", "总数（人）"), ["age_0_6", "residents"], []),
        ("人口", ("5岁以下", "小计"), [None, "residents"], ["left_out"]),
        ("户数", ("户",), ["households"], []),
    ],
)
def test_a_part_is_not_read_as_the_whole(
    tmp_path: Path, parent: str, children: tuple[str, ...], columns: list[str | None], kinds: list[str]
) -> None:
    head = [(*PEOPLE, parent, *[None] * (len(children) - 1)), (None, None, *children)]
    right = "CDEFG"[len(children) - 1]
    merged = ["A1:A2", "B1:B2", *([f"C1:{right}1"] if right != "C" else [])]
    row = ("1", "甲", *range(100, 100 + len(children)))
    ledger = read_ledger(book(tmp_path / "楼栋人口.xlsx", [*head, row], merged=merged), "demand")
    assert [column.column for column in ledger.columns[2:]] == columns
    assert [f.kind for f in ledger.findings if f.column.startswith(parent)] == kinds


@pytest.mark.parametrize(
    ("heading", "column", "kind"),
    [
        ("户数（空置）", None, "refused"),
        ("人数（其中党员）", None, "refused"),
        ("其中：男（人数）", None, "refused"),
        ("人口（60岁以上）", None, "left_out"),
        ("人口（80岁以上）", "age_80_plus", ""),
        ("学龄前（0-3岁）", None, "left_out"),
        ("常住人口（户籍）", "residents", "guessed"),
        ("人口（含流动人口）", "residents", "guessed"),
        ("常住人口男", None, "left_out"),
        ("常住人口（人）", "residents", ""),
        ("人口（必填，单位：人）", "residents", ""),
    ],
)
def test_what_stands_in_brackets_changes_the_meaning(
    tmp_path: Path, heading: str, column: str | None, kind: str
) -> None:
    ledger = read_ledger(text(tmp_path / "楼栋人口.csv", [(*PEOPLE, heading), ("1", "甲", 30)]), "demand")
    assert ledger.columns[2].column == column
    assert [f.kind for f in ledger.findings if f.column == heading] == ([kind] if kind else [])


def test_a_line_with_more_cells_than_headings_is_refused(tmp_path: Path) -> None:
    rows = [("编号", "名称", "户数", "是否封闭"), ("1", "甲", "1,480", "是"), ("2", "乙", 480, "是")]
    ledger = read_ledger(text(tmp_path / "小区.csv", rows), "compounds")
    assert of(ledger, "households") == [480]
    assert [(f.line, f.why[:9]) for f in said(ledger, "refused")] == [(2, "比表头的 4 列还")]


def test_a_banner_of_ages_leaves_text_columns_alone(tmp_path: Path) -> None:
    head = [("60岁以上老人统计", None, None), ("编号", "小区名称", "人数")]
    ledger = read_ledger(book(tmp_path / "a.xlsx", [*head, ("1", "甲", 30)], merged=["A1:C1", "A3:A3"]), "demand")
    assert [column.column for column in ledger.columns[:2]] == ["id", "compound"]
    head = [("编号", "名称", "位置", None), (None, None, "路名", "门牌号")]
    ledger = read_ledger(
        book(tmp_path / "b.xlsx", [*head, ("1", "甲", "青山路", "1号")], merged=["A1:A2", "B1:B2", "C1:D1"]), "stations"
    )
    assert [f.why for f in said(ledger, "refused")] == ["只是“地址”的一部分，表里没有总的一列：请加一列“地址”"] * 2


def test_names_below_a_known_heading_are_private(tmp_path: Path) -> None:
    head = [("编号", "小区", None), (None, "名称", "楼长姓名")]
    ledger = read_ledger(
        book(tmp_path / "a.xlsx", [*head, ("1", "甲", "张三")], merged=["A1:A2", "B1:C1"]), "compounds"
    )
    assert [column.column for column in ledger.columns] == ["id", "name", None]
    assert ledger.columns[2].how == "个人信息，一律不读"
    assert "张三" not in repr((ledger.columns, ledger.findings))


def test_a_unit_behind_a_note_counts(tmp_path: Path) -> None:
    head = (*PEOPLE, "人口（必填，单位：万人）")
    assert of(read_ledger(text(tmp_path / "a.csv", [head, ("1", "甲", 1.2)]), "demand"), "residents") == [12000]


def test_numbers_of_people_are_nowhere(tmp_path: Path) -> None:
    rows = [
        ("填表人张三 13800001111",),
        ("编号", "阵地名称", "建筑面积", "星级"),
        ("1", "甲（李四 138-0000-1111）", 120, 13800001111),
        ("2", "乙 11010119800101123X", "王五 13800001111", 4),
        (13800001111, "丙", 80, 5),
        ("合计", "１３８００００１１１１", 200, None),
    ]
    ledger = read_ledger(book(tmp_path / "阵地.xlsx", rows), "stations")
    assert of(ledger, "name") == ["甲（李四 （手机号略））", "乙 （身份证号略）", "丙"]
    assert of(ledger, "id") == ["1", "2", None]
    assert of(ledger, "floor_area_m2") == [120, None, 80]
    assert [f.line for f in said(ledger, "refused")] == [4, 5]
    everything = repr((ledger.rows.to_dict(), ledger.columns, ledger.findings)).replace("-", "")
    assert "0000" not in everything
    assert "1980" not in everything
    assert "００００" not in everything


def test_names_of_people_are_not_taken_for_codes(tmp_path: Path) -> None:
    head = ("编号", "来访者", "居住小区", "日期")
    ledger = read_ledger(text(tmp_path / "到访记录.csv", [head, ("1", "张三", "甲", "2026-03-02")]), "visits")
    assert ledger.columns[1].column is None
    assert "张三" not in repr((ledger.columns, ledger.findings, ledger.rows.to_dict()))


def test_a_column_that_occurs_twice(tmp_path: Path) -> None:
    head = ("编号", "名称", "名称", "阵地名称", "面积", "建筑面积")
    ledger = read_ledger(
        book(tmp_path / "阵地.xlsx", [head, ("1", "甲", "甲", "甲", 10, 12), ("2", "乙", "乙", "丙", 20, None)]),
        "stations",
    )
    assert of(ledger, "name") == ["甲", "丙"]
    assert of(ledger, "floor_area_m2") == [12, None]
    doubts = {(f.line, f.column, f.took) for f in said(ledger, "doubtful") if f.line > 1}
    assert doubts == {(3, "名称（B列）", "丙"), (3, "名称（C列）", "丙"), (2, "面积", "12"), (3, "面积", "")}


def test_a_heading_with_a_slip_is_guessed_and_said(tmp_path: Path) -> None:
    ledger = read_ledger(book(tmp_path / "阵地台账.xlsx", [("阵地名陈", "经度", "纬度"), ("甲", 116, 40)]))
    assert of(ledger, "name") == ["甲"]
    (guess,) = [f for f in said(ledger, "guessed") if f.column == "阵地名陈"]
    assert (guess.took, "75 分" in guess.why) == ("name", True)


def test_ids_that_lost_their_zeros(tmp_path: Path) -> None:
    ledger = stations(tmp_path, ("001", "甲"), (2, "乙"), ("003", "丙"), ("003", "丁"), (None, "戊"))
    assert of(ledger, "id") == ["001", "002", "003", "003", None]
    assert [(f.line, f.took) for f in said(ledger, "guessed") if f.line > 1] == [(3, "002")]
    assert [(f.line, f.why) for f in said(ledger, "doubtful") if f.line > 1] == [
        (5, "编号重复：第 4 行已有"), (6, "编号是空的；导入前请补上")
    ]  # fmt: skip


def test_residents_of_sixty_and_more(tmp_path: Path) -> None:
    head = ("楼栋编号", "人口", "60岁以上", "80岁及以上", "0-6岁", "0-14岁")
    ledger = read_ledger(
        book(tmp_path / "人口台账.xlsx", [head, ("b1", 100, 30, 8, 5, 12), ("b2", 50, 3, 8, 1, 2)]), "demand"
    )
    assert of(ledger, "age_60_79") == [22, None]
    assert of(ledger, "age_80_plus") == [8, 8]
    assert of(ledger, "age_0_6") == [5, 1]
    assert [f.line for f in said(ledger, "refused")] == [3]
    assert next(c.how for c in ledger.columns if c.heading == "0-14岁").startswith("0–14 岁与本系统的年龄段")


def test_units_in_titles_and_headings(tmp_path: Path) -> None:
    rows = [("闲置资产台账", None, "单位：元"), ("场所名称", "面积（亩）", "改造投资"), ("甲", 3, 12000)]
    ledger = read_ledger(book(tmp_path / "a.xlsx", rows))
    assert ledger.table == "candidates"
    assert of(ledger, "floor_area_m2") == [2000]
    assert of(ledger, "capex") == [1.2]
    assert any("单位：元" in f.found for f in said(ledger, "guessed"))


def test_units_of_counts_in_titles(tmp_path: Path) -> None:
    head, row = ("编号", "小区名称", "户数", "人口"), ("1", "甲", 0.4, 1.2)
    for unit, households, residents in (("万人", 0.4, 12000), ("万户", 4000, 1.2), ("千", 400, 1200), ("人", 0.4, 1.2)):
        rows = [(f"楼栋人口（单位：{unit}）",), head, row]
        ledger = read_ledger(book(tmp_path / "楼栋人口.xlsx", rows), "demand")
        assert (of(ledger, "households"), of(ledger, "residents")) == ([households], [residents])
        assert any(unit in f.why for f in said(ledger, "guessed")) == (unit != "人")


def test_shares_are_percent_or_not_once_a_column(tmp_path: Path) -> None:
    def shares(*cells: object) -> tuple[list[object], list[int]]:
        rows = [("编号", "事项名称", "网办率"), *((str(k), f"事项{k}", cell) for k, cell in enumerate(cells))]
        ledger = read_ledger(book(tmp_path / "事项台账.xlsx", rows), "matters")
        return of(ledger, "online_share"), [f.line for f in said(ledger, "doubtful") if f.column == "网办率"]

    assert shares(95, 1, 0.8, 0, "60%") == ([0.95, 0.01, 0.008, 0, 0.6], [3, 4])
    assert shares(0.95, 1, 0.8) == ([0.95, 1, 0.8], [])


# headers of several lines


def test_a_header_of_two_lines_with_merged_cells(tmp_path: Path) -> None:
    rows = [
        ("编号", "阵地名称", "坐标", None, "面积（㎡）", None),
        (None, None, "经度", "纬度", "建筑面积", "居民活动面积"),
        ("s1", "甲", 116.3, 40.0, 100, 60),
    ]
    ledger = read_ledger(book(tmp_path / "a.xlsx", rows, merged=("A1:A2", "B1:B2", "C1:D1", "E1:F1")))
    assert [c.column for c in ledger.columns] == ["id", "name", "_x", "_y", "floor_area_m2", "resident_area_m2"]
    assert of(ledger, "_line") == [3]


def test_a_header_of_two_lines_in_a_text_file(tmp_path: Path) -> None:
    rows = [("编号", "阵地名称", "位置信息", "", "面积"), ("", "", "经度", "纬度", ""), ("s1", "甲", 116.3, 40.0, 100)]
    ledger = read_ledger(text(tmp_path / "a.csv", rows))
    assert of(ledger, "_x") == ["116.3"]
    assert of(ledger, "_line") == [3]


def test_headings_over_two_lines_of_one_cell(tmp_path: Path) -> None:
    ledger = read_ledger(
        book(tmp_path / "a.xlsx", [("阵地\n名称", "经　度", "纬 度", "*开放时间（必填）"), ("甲", 116, 40, "全天")])
    )
    assert [c.column for c in ledger.columns] == ["name", "_x", "_y", "opening_hours"]


# which ledger, which sheet


def test_the_ledger_is_told_by_its_columns_or_asked_for(tmp_path: Path) -> None:
    path = book(tmp_path / "表.xlsx", [("名称", "地址"), ("甲", "东路1号")], name="Sheet1")
    with pytest.raises(SourceError, match="看不出这是哪一种台账.*请用 --as 指明"):
        read_ledger(path)
    assert read_ledger(path, "stations").rows["_address"].tolist() == ["东路1号"]
    with pytest.raises(SourceError, match=r"没有“station”这种台账。 Did you mean stations\?"):
        read_ledger(path, "station")


def test_other_sheets_are_named(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    path = book(tmp_path / "a.xlsx", [HEAD, *ROWS], name="😀阵地")
    made = load_workbook(path)
    made.create_sheet("小区").append(["小区名称", "户数", "是否封闭"])
    made["小区"].append(["东风里", 300, "是"])
    made.save(path)
    ledger = read_ledger(path)
    assert ledger.sheet == "😀阵地"
    assert any("另有工作表“小区”没有读，看起来是小区台账" in f.why for f in said(ledger, "read"))
    assert read_ledger(path, sheet="小区").table == "compounds"
    with pytest.raises(SourceError, match="没有工作表“无”。 有的是：“😀阵地”、“小区”"):
        read_ledger(path, sheet="无")


def test_a_sheet_without_a_header(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="找不到表头.*首行是“甲、1”"):
        read_ledger(book(tmp_path / "a.xlsx", [("甲", 1), ("乙", 2)]))
    with pytest.raises(SourceError, match="工作表是空的"):
        read_ledger(book(tmp_path / "b.xlsx", []))


# cells


def test_cells_of_all_kinds_in_one_sheet(tmp_path: Path) -> None:
    ledger = stations(
        tmp_path,
        ("s1", "甲", "a", "116°18′", 40, "约300", "每天8:30-21:00"),
        ("s2", "乙", "b", None, None, "#REF!", "看情况"),
        ("s3", "丙", "c", "116.3,40.0", None, dt.datetime(2026, 3, 2), dt.time(8, 30)),
    )
    assert of(ledger, "floor_area_m2") == [300, None, None]
    assert of(ledger, "opening_hours") == ["Mo-Su 08:30-21:00", None, None]
    assert of(ledger, "_x") == ["116°18′", None, "116.3,40.0"]
    assert {(f.line, f.column) for f in said(ledger, "refused")} == {
        (3, "建筑面积（㎡）"), (3, "开放时间"), (4, "建筑面积（㎡）"), (4, "开放时间")
    }  # fmt: skip
    assert ledger.rows["floor_area_m2"].dtype == np.float64


def test_formulas_that_were_never_computed(tmp_path: Path) -> None:
    ledger = stations(tmp_path, ("s1", "甲", "a", 1, 2, "=100+20", None))
    (refused,) = said(ledger, "refused")
    assert (refused.line, refused.column) == (2, "建筑面积（㎡）")
    assert "公式 =100+20 从未计算" in refused.why


def test_the_report_puts_like_findings_together(tmp_path: Path) -> None:
    ledger = stations(tmp_path, *((f"s{n}", "甲", "a", 1, 2, "约300", None) for n in range(3)))
    title, lines = told(ledger)
    assert "读作阵地台账（stations） · 有内容 3 行，采用 3 行" in title
    assert "推测（4 处）" in lines
    assert "  第 2、3、4 行 “建筑面积（㎡）”：“约”表示约数，取 300。约300 → 300" in lines
