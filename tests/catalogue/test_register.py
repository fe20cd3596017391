"""The register: every value knows where it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.catalogue.standards import Certainty, read_register, register
from workbench.errors import ScenarioError, StandardError, StandardWarning


@pytest.mark.parametrize("key", list(register()))
def test_every_record_is_complete(key: str) -> None:
    item = register()[key]
    assert item.key == key
    assert item.document
    assert item.label
    assert item.certainty.value in item.citation


def test_five_minutes_are_three_hundred_metres() -> None:
    item = register()["gb50180.five_minute.walk_distance"]
    assert (item.value, item.unit, item.document, item.clause) == (300, "m", "GB 50180-2018", "2.0.4")


def test_an_unknown_key_names_what_comes_close() -> None:
    with pytest.raises(
        StandardError, match=r"pace\.adlt: the register holds no such standard. Did you mean pace\.adult"
    ):
        register()["pace.adlt"]
    assert "pace.adlt" not in register()
    assert len(register()) == len(list(register()))


def test_a_doubtful_value_warns_when_used() -> None:
    doubtful = register()["pace.adult"].model_copy(update={"certainty": Certainty.DOUBTFUL})
    with pytest.warns(StandardWarning, match=r"pace\.adult = 1.2 m/s is marked 【疑】"):
        assert doubtful.used() == 1.2


def test_an_override_keeps_its_origin() -> None:
    changed = register().overridden({"pace.adult": 1.0}, {"pace.adult": "local.yaml"})
    assert "local.yaml" in changed["pace.adult"].citation
    assert register()["pace.adult"].value == 1.2


@pytest.mark.parametrize(
    ("key", "value", "unit", "wording", "certainty"),
    [
        ("gb50180.five_minute.population_min", 5000, "人", "—", "证"),
        ("gb50180.five_minute.dwellings_max", 4000, "套", "—", "证"),
        ("gb50180.five_minute.land_max", 18, "ha", "—", "知"),
        ("gb50180.five_minute.station.floor_area_min", 600, "㎡", "应", "知"),
        ("gb50180.five_minute.facility_land_per_1000_min", 1710, "㎡/千人", "—", "知"),
        ("gb50180.street.spacing_preferred_max", 250, "m", "宜", "证"),
        ("guobanfa_2021_56.area_per_100_households", 30, "㎡/百户", "—", "证"),
        ("guobanfa_2021_56.resident_area_share", 0.6, "1", "—", "证"),
        ("guobanfa_2021_56.workers_per_10k", 18, "人/万人", "—", "证"),
        ("embedded_services.area_per_100_households", 80, "㎡/百户", "—", "证"),
        ("whole_community.station.floor_area", 800, "㎡", "宜", "知"),
        ("td1063.elder_care.walk_time", 5, "min", "—", "证"),
        ("jgj39_2016.kindergarten.radius_max", 500, "m", "宜", "证"),
        ("jgj39_earlier.kindergarten.radius", 300, "m", "—", "证"),
        ("gbt51439.crossing.to_entrance_max", 120, "m", "应", "证"),
        ("jianbiao143.day_care.floor_area_large", 1600, "㎡", "—", "疑"),
        ("local.shenzhen.centre_floor_area_min", 650, "㎡", "—", "证"),
        ("counter.wait_mean", 15, "min", "—", "推"),
        ("detour.superblock_max", 1.6, "1", "—", "知"),
    ],
)
def test_values_as_the_domain_brief_has_them(key: str, value: float, unit: str, wording: str, certainty: str) -> None:
    item = register()[key]
    assert (item.value, item.unit, item.wording, str(item.certainty)) == (value, unit, wording, certainty)


def test_ranges_do_not_cross() -> None:
    pairs = [
        (register()[key], register()[f"{key[:-4]}_max"])
        for key in register()
        if f"{key[:-4]}_max" in register() and key.endswith("_min")
    ]
    assert len(pairs) > 25
    assert not [low.key for low, high in pairs if low.value > high.value or low.unit != high.unit]


def test_computed_paces_follow_from_distance_and_time() -> None:
    def metres_per_second(distance: str, time: str) -> float:
        return round(register()[distance].value / register()[time].value / 60, 2)

    ten, fifteen = "gb50180.ten_minute.walk_time", "gb50180.fifteen_minute.walk_time"
    assert register()["pace.implied"].value == metres_per_second(
        "gb50180.five_minute.walk_distance", "gb50180.five_minute.walk_time"
    )
    assert register()["pace.implied_ten_minute"].value == metres_per_second("gb50180.ten_minute.walk_distance", ten)
    assert register()["pace.implied_fifteen_minute_min"].value == metres_per_second(
        "gb50180.fifteen_minute.walk_distance_min", fifteen
    )
    assert register()["pace.implied_fifteen_minute_max"].value == metres_per_second(
        "gb50180.fifteen_minute.walk_distance", fifteen
    )


def test_documents_know_their_date_and_what_they_say_without_a_number() -> None:
    assert register().documents["TD/T 1062-2021"].in_force == "2021-07-01"
    assert [rule for rule in register().documents["TD/T 1063-2021"].rules if "居住用地" in rule.text]
    assert register().overridden({"pace.adult": 1.0}, {}).documents == register().documents


def test_footnotes_are_numbered_once_each_in_order_of_mention() -> None:
    notes = register().cited(["pace.adult", "gb50180.five_minute.station.floor_area_min", "pace.adult"])
    assert [str(note) for note in notes] == [
        "[1] 健康成人步速 1.2 m/s：信号配时惯用步速 【证】",
        "[2] 社区服务站建筑面积（下限） 600 ㎡：GB 50180-2018 表 C.0.2（不得低于 600） “应” 【知】",
    ]


def test_footnotes_of_unknown_standards_name_them_all() -> None:
    with pytest.raises(StandardError, match=r"2 problems") as error:
        register().cited(["pace.adlt", "pace.adult", "gb50180.five_minutes.walk_time"])
    assert [p.key for p in error.value.problems] == ["pace.adlt", "gb50180.five_minutes.walk_time"]
    assert "gb50180.five_minute.walk_time" in error.value.problems[1].mend


def test_a_doubtful_value_says_so_in_its_footnote_and_warns() -> None:
    item = register()["jianbiao143.day_care.floor_area_small"]
    assert item.footnote.endswith("【疑】须核对原文")
    with pytest.warns(StandardWarning, match="check 建标 143-2010"):
        item.used()


def test_an_override_keeps_its_origin_in_the_footnote() -> None:
    changed = register().overridden({"pace.adult": 1.0}, {"pace.adult": "local.yaml"})
    (note,) = changed.cited(["pace.adult"])
    assert str(note) == "[1] 健康成人步速 1 m/s：信号配时惯用步速 【证】（取值由 local.yaml 改定）"


_RECORD = '{value: 1, unit: m, wording: "—", document: d, certainty: 推, label: l}'


def test_a_key_in_two_files_is_an_error_that_names_both(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(f"standards: {{a.b: {_RECORD}, a.c: {_RECORD}}}\n", encoding="utf-8")
    (tmp_path / "b.yaml").write_text(f"standards: {{a.b: {_RECORD}, a.c: {_RECORD}}}\n", encoding="utf-8")
    with pytest.raises(StandardError, match=r"b\.yaml, key a\.b: the key stands in two files; found a\.yaml") as error:
        read_register(tmp_path)
    assert [p.key for p in error.value.problems] == ["a.b", "a.c"]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(f"standards: {{a.b: {_RECORD}}}\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_text(f"standards: {{z.b: {_RECORD}}}\n", encoding="utf-8")
    assert list(read_register(tmp_path)) == ["z.b", "a.b"]


def test_a_key_that_is_not_dotted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.yaml"
    path.write_text(f"standards: {{Pace: {_RECORD}}}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="key standards.Pace"):
        read_register(path)


def test_a_record_without_certainty_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "register.yaml"
    path.write_text('standards: {a.b: {value: 1, unit: m, wording: "—", document: d, label: l}}\n', encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"key standards\.a\.b\.certainty: the key is missing"):
        read_register(path)
