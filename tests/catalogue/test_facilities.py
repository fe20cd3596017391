"""The five-minute facilities: a table over the register, nothing of its own."""

from __future__ import annotations

from workbench.catalogue.standards import Facility, five_minute_facilities, register
from workbench.report import facility_table

PREFIX = "gb50180.five_minute."
SIZES = ("radius", "floor_area_min", "floor_area_max", "land_min", "land_max")


def facility(key: str) -> Facility:
    return next(item for item in five_minute_facilities() if item.key == key)


def sizes(item: Facility) -> tuple[float | None, ...]:
    return tuple(size.value if size else None for size in (getattr(item, name) for name in SIZES))


def test_rows_as_the_tables_have_them() -> None:
    assert sizes(facility("station")) == (300, 600, 1000, 500, 800)
    assert sizes(facility("culture_station")) == (500, 250, 1200, None, None)
    assert sizes(facility("fitness_ground")) == (300, None, None, 150, 750)
    assert sizes(facility("canteen")) == (None,) * 5
    assert facility("canteen").due == "△"
    assert (facility("station").due, facility("station").label) == ("▲", "社区服务站")


def test_due_and_as_needed() -> None:
    due = [item.key for item in five_minute_facilities() if item.due == "▲"]
    assert due == [
        "station", "culture_station", "ball_court", "fitness_ground", "kindergarten", "elder_day_care", "shops",
        "recycling_point", "waste_station", "toilet",
    ]  # fmt: skip
    assert len(five_minute_facilities()) == 16


def test_every_size_of_the_register_is_in_the_table() -> None:
    shown = {size.key for item in five_minute_facilities() for size in (getattr(item, name) for name in SIZES) if size}
    held = {key for key in register() if key.startswith(PREFIX) and key.count(".") == 3}
    assert shown == held


def test_a_post_is_no_facility_of_the_standard() -> None:
    assert not [item for item in five_minute_facilities() if "驿家" in item.label]


def test_every_row_is_cited_with_its_certainty() -> None:
    assert {item.citation for item in five_minute_facilities()} == {"GB 50180-2018 附录 B 表 B.0.2 【知】"}


def test_local_values_reach_the_table() -> None:
    key = f"{PREFIX}station.floor_area_min"
    local = register().overridden({key: 650}, {key: "shenzhen.yaml"})
    station = next(item for item in five_minute_facilities(local) if item.key == "station")
    assert station.floor_area_min is not None
    assert (station.floor_area_min.value, station.floor_area_min.origin) == (650, "shenzhen.yaml")


def test_facilities_as_a_table() -> None:
    table = facility_table(five_minute_facilities()).set_index("设施")
    assert table.loc["社区服务站", ["配建", "服务半径（m）", "建筑面积（㎡/处）", "用地（㎡/处）"]].tolist() == [
        "▲", "≤ 300", "600–1000", "500–800",
    ]  # fmt: skip
    assert table.loc["社区食堂", "服务半径（m）"] == table.loc["社区食堂", "用地（㎡/处）"] == "—"
    assert "B.0.2" in table.loc["公共厕所", "依据"]
