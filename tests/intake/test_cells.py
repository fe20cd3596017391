"""One cell, as people write it, to one value; and what is said of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from workbench.catalogue.tables import TABLES
from workbench.ground.intake.cells import chinese_number, opening_hours, read_cell
from workbench.ground.sources.condition import Unread


def read(cell: Any, where: str, unit: str = "") -> tuple[Any, str]:
    table, column = where.split(".")
    found = read_cell(cell, TABLES[table].field(column), table, unit)
    assert bool(found.why) == bool(found.kind)
    return found.value, found.kind


AREA, COUNT, MONEY = "stations.floor_area_m2", "compounds.households", "candidates.capex"


@pytest.mark.parametrize(
    ("cell", "where", "value", "kind"),
    [
        (120, AREA, 120, ""),
        ("120", AREA, 120, ""),
        ("１２０．５", AREA, 120.5, "changed"),
        ("1,200", AREA, 1200, "changed"),
        ("120㎡", AREA, 120, "changed"),
        ("120 m²", AREA, 120, "changed"),
        ("120平米", AREA, 120, "changed"),
        ("3亩", AREA, 2000, "changed"),
        ("1.5公顷", AREA, 15000, "changed"),
        ("0.2平方公里", AREA, 200000, "changed"),
        ("约300", AREA, 300, "guessed"),
        ("约300㎡", AREA, 300, "guessed"),
        ("300左右", AREA, 300, "guessed"),
        ("300余平方米", AREA, 300, "guessed"),
        ("十多个", "rooms.capacity", 10, "guessed"),
        ("二十余人", "rooms.capacity", 20, "guessed"),
        ("30多人", "rooms.capacity", 30, "guessed"),
        ("三百二十户", COUNT, 320, "changed"),
        ("三千五", COUNT, 3500, "guessed"),
        ("一百二户", COUNT, 120, "guessed"),
        ("三千零五", COUNT, 3005, "changed"),
        ("1.2万", COUNT, 12000, "changed"),
        ("120户（含空置）", COUNT, 120, "guessed"),
        ("1.2万元", MONEY, 1.2, "changed"),
        ("12000元", MONEY, 1.2, "changed"),
        ("1亿元", MONEY, 10000, "changed"),
        ("1.2万元", "event_types.cost_yuan", 12000, "changed"),
        ("1.5小时", "activities.duration_min", 90, "changed"),
        ("半小时", "activities.duration_min", 30, "changed"),
        ("1小时30分", "activities.duration_min", 90, "changed"),
        ("85%", "matters.online_share", 0.85, "changed"),
        (85, "matters.online_share", 0.85, "guessed"),
        ("二层", "rooms.storey", 2, "changed"),
        ("3F", "rooms.storey", 3, "changed"),
        ("地下一层", "rooms.storey", -1, "changed"),
        ("B1", "rooms.storey", -1, "changed"),
        ("/", AREA, None, "changed"),
        ("待定", AREA, None, "changed"),
        ("几十", COUNT, None, "refused"),
        ("数百户", COUNT, None, "refused"),
        ("200-300", AREA, None, "refused"),
        ("二三十", COUNT, None, "refused"),
        ("120人", AREA, None, "refused"),
        ("很大", AREA, None, "refused"),
        ("-5", COUNT, None, "refused"),
        ("12.5", "rooms.capacity", None, "refused"),
        (True, AREA, None, "refused"),
        (Unread("#REF!"), AREA, None, "refused"),
        (dt.datetime(2026, 3, 2), AREA, None, "refused"),
        (dt.datetime(1900, 4, 29), AREA, 120, "guessed"),
        ("120①", AREA, None, "refused"),
        ("3#", AREA, None, "refused"),
    ],
)
def test_numbers(cell: Any, where: str, value: float | None, kind: str) -> None:
    assert read(cell, where) == (value, kind)


@pytest.mark.parametrize(
    ("cell", "where", "unit", "value"),
    [
        (3, AREA, "亩", 2000),
        ("3", AREA, "亩", 2000),
        ("120㎡", AREA, "亩", 120),
        (12000, MONEY, "元", 1.2),
        (5, MONEY, "万元", 5),
    ],
)
def test_the_unit_of_the_heading_counts_where_the_cell_names_none(
    cell: Any, where: str, unit: str, value: float
) -> None:
    assert read(cell, where, unit)[0] == value


@pytest.mark.parametrize(
    ("text", "number"),
    [("十", 10), ("十二", 12), ("二十", 20), ("一百零五", 105), ("两千", 2000), ("三万五千", 35000), ("一亿", 10**8), ("壹佰", 100),
     ("三千五", 3500), ("一百二", 120), ("二百五", 250), ("一千零五", 1005), ("两万五", 25000), ("三千五十", 3050),
     ("〇", 0), ("", None), ("二三", None), ("十a", None)],
)  # fmt: skip
def test_chinese_numerals(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("cell", "where", "value", "kind"),
    [
        ("东风驿家", "stations.name", "东风驿家", ""),
        ("东风\n驿家", "stations.name", "东风 驿家", "changed"),
        (5, "stations.name", "5", ""),
        ("００１", "stations.id", "001", "changed"),
        (1, "stations.id", "1", ""),
        (123456789012, "stations.id", "123456789012", ""),
        (123000000000, "stations.id", "123000000000", "doubtful"),
        ("1.23E+11", "stations.id", None, "refused"),
        (1.2345678901234568e17, "stations.id", None, "refused"),
        (dt.datetime(2026, 3, 2), "stations.id", "3-2", "guessed"),
        ("张三", "duties.staff", None, "refused"),
        ("李 四", "visits.visitor", None, "refused"),
        ("王小五", "clerks.id", None, "refused"),
        ("甲一", "duties.staff", "甲一", ""),
        ("高庄", "stations.id", "高庄", ""),
        ("是", "compounds.enclosed", True, ""),
        ("√", "compounds.enclosed", True, "changed"),
        ("封闭式", "compounds.enclosed", True, "changed"),
        ("敞开", "compounds.enclosed", False, "changed"),
        ("无", "rooms.water", False, "changed"),
        ("半开放", "compounds.enclosed", None, "refused"),
        ("不详", "compounds.enclosed", None, "changed"),
        ("社区党群服务中心", "stations.kind", "community_centre", "changed"),
        ("党群驿家", "stations.kind", "post", "changed"),
        ("驿站", "stations.kind", "post", "changed"),
        ("post", "stations.kind", "post", ""),
        ("饭店", "stations.kind", None, "refused"),
        ("对外开放", "stations.access", "public", "changed"),
        ("80岁以上老人", "trades.people", "age_80_plus", "changed"),
        ("60-79岁", "trades.people", "age_60_79", "changed"),
        ("高龄老人", "trades.people", "age_80_plus", "changed"),
        ("60岁以上", "trades.people", None, "refused"),
        ("投影、音响", "rooms.equipment", "projector;audio", "changed"),
        ("周三", "bookings.day", "We", "changed"),
        ("星期日", "bookings.day", "Su", "changed"),
        ("三", "bookings.day", "We", "changed"),
        ("周一至周五", "trades.days", "Mo;Tu;We;Th;Fr", "changed"),
        ("周一、三、五", "trades.days", "Mo;We;Fr", "changed"),
        ("Mo;Fr", "trades.days", "Mo;Fr", ""),
        ("8点半", "bookings.start", "08:30", "changed"),
        ("下午2:00", "bookings.start", "14:00", "changed"),
        ("09:00", "bookings.start", "09:00", ""),
        (0.375, "bookings.start", "09:00", "changed"),
        ("8:30", "requirements.start", 510, "changed"),
        (510, "requirements.start", 510, ""),
        ("480", "requirements.start", 480, ""),
        (8, "requirements.start", 8, "doubtful"),
        (830, "requirements.start", 830, "doubtful"),
        ("830", "requirements.start", 830, "doubtful"),
        (1020, "requirements.start", 1020, ""),
        ("8:75", "bookings.start", None, "refused"),
        ("25:00", "bookings.start", None, "refused"),
        ("24:00", "bookings.start", "24:00", ""),
        ("随时", "bookings.start", None, "refused"),
    ],
)
def test_words(cell: Any, where: str, value: Any, kind: str) -> None:
    assert read(cell, where) == (value, kind)


@pytest.mark.parametrize(
    ("cell", "value", "kind"),
    [
        (dt.datetime(2026, 3, 2), "2026-03-02", ""),
        ("2026-03-02", "2026-03-02", ""),
        ("2026年3月2日", "2026-03-02", "changed"),
        ("2026.3.2", "2026-03-02", "changed"),
        ("２０２６／３／２", "2026-03-02", "changed"),
        ("20260302", "2026-03-02", "changed"),
        ("2026-03-02 00:00:00", "2026-03-02", "changed"),
        (46083, "2026-03-02", "guessed"),
        ("3月2日", None, "refused"),
        ("2026年3月", None, "refused"),
        ("2026-02-30", None, "refused"),
        (dt.datetime(1900, 1, 5), None, "refused"),
    ],
)
def test_dates(cell: Any, value: str | None, kind: str) -> None:
    assert read(cell, "leave.first") == (value, kind)
    assert read(cell, "signs.made") == (value, kind)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("周一至周日 8:30—21:00", "Mo-Su 08:30-21:00"),
        ("8：30-17：30", "Mo-Su 08:30-17:30"),
        ("周一至周五8:30-12:00，14:00-17:30；周六9:00-12:00", "Mo-Fr 08:30-12:00,14:00-17:30; Sa 09:00-12:00"),
        ("工作日：上午8:30-11:30 下午2:00-5:30", "Mo-Fr 08:30-11:30,14:00-17:30"),
        ("每天早8点到晚9点", "Mo-Su 08:00-21:00"),
        ("8点半—21点", "Mo-Su 08:30-21:00"),
        ("全天", "24/7"),
        ("24小时", "24/7"),
        ("周一、三、五 9:00-11:00", "Mo,We,Fr 09:00-11:00"),
        ("周二至周日9:00～17:00（周一闭馆）", "Tu-Su 09:00-17:00; Mo off"),
        ("周一至周五 9:00-17:00，周末 10:00-16:00", "Mo-Fr 09:00-17:00; Sa-Su 10:00-16:00"),
        ("周一至周五9:00-17:00，节假日休息", "Mo-Fr 09:00-17:00; PH off"),
        ("星期一到星期六 上午九点开门", None),
        ("每日 18:00—次日2:00", "Mo-Su 18:00-02:00"),
        ("晚上7点至9点", "Mo-Su 19:00-21:00"),
        ("9:00-17:00（中午12:00-14:00休息）", None),
        ("周一至周五 8:30-12:00；14:00-17:30；节假日照常开放", "Mo-Fr 08:30-12:00,14:00-17:30"),
        ("按预约", None),
        ("夏季9:00-18:00", None),
        ("周八 9:00-17:00", None),
        ("周一至周五", None),
    ],
)
def test_opening_hours_in_words(text: str, hours: str | None) -> None:
    assert opening_hours(text) == hours


def test_opening_hours_of_a_cell() -> None:
    where = "stations.opening_hours"
    assert read("Mo-Su 08:00-18:00", where) == ("Mo-Su 08:00-18:00", "")
    assert read("周一至周日8:00-18:00", where) == ("Mo-Su 08:00-18:00", "changed")
    for shut in ("已关闭", "停用", "已撤销"):
        assert read(shut, where) == ("off", "changed")
        assert read(shut, "stations.access") == ("closed", "changed")
    assert read("看情况", where) == (None, "refused")
    assert read("8:75-17:30", where) == (None, "refused")
    assert read("周一至周日8:30-25:30分", where) == (None, "refused")
    for back in ("8:30-5:30", "12:00-1:30", "周一至周五 8:30-5:30", "Mo-Fr 08:30-12:00,14:00-05:30"):
        assert read(back, where)[1] == "doubtful"
    for over in ("8:30-0:00", "22:00-6:00", "10:00-次日2:00", "Mo-Su 20:00-02:00", "下午2:00-5:30", "8:30-24:00"):
        assert read(over, where)[1] in ("", "changed")
    assert read(dt.datetime(2026, 3, 2), where) == (None, "refused")
