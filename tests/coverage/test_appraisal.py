"""The indicator table on the pocket district, by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import pocket
from workbench.catalogue.standards import register
from workbench.catalogue.terms import Quality
from workbench.coverage import Appraisal, CoverageResult, appraise, assess_coverage
from workbench.errors import ScenarioError, StandardError, StandardWarning
from workbench.ground.district import District
from workbench.results import Indicator, IndicatorLine
from workbench.scenario import Scenario, load_scenario

TARGETS = {"coverage.residents": 80, "coverage.compounds": 50, "groups.gap": 10, "access.stations": 100}


@pytest.fixture(scope="module")
def result() -> CoverageResult:
    return assess_coverage(pocket.district(), pocket.scenario(targets=TARGETS))


@pytest.fixture(scope="module")
def appraisal(result: CoverageResult) -> Appraisal:
    return appraise(result)


def measured(**changes: object) -> CoverageResult:
    """Coverage under another intent; the walks do not depend on targets and axes."""
    return assess_coverage(pocket.district(), pocket.scenario(**changes))


def indicator(result: CoverageResult, key: str) -> Indicator:
    return next(item for item in result.indicators() if item.key == key)


def line(appraisal: Appraisal, key: str) -> IndicatorLine:
    return next(item for item in appraisal.lines if item.indicator.key == key)


def row(appraisal: Appraisal, key: str) -> dict[str, object]:
    place = [item.indicator.key for item in appraisal.lines].index(key)
    return {str(name): value for name, value in appraisal.table().iloc[place].items()}


def other(**changes: object) -> Indicator:
    values: dict[str, object] = {
        "key": "area.per_100",
        "label": "每百户面积",
        "value": 24.0,
        "unit": "㎡/百户",
        "better": "higher",
        "denominator": "户",
        "of": 105.0,
    }
    return Indicator(**{**values, **changes})  # type: ignore[arg-type]


def test_indicators_of_coverage_by_hand(result: CoverageResult) -> None:
    values = {item.key: item.value for item in result.indicators()}
    # 70 of 210 residents within 300 m, 30 of them of the centre; 35 of 105 households; K1 is not covered
    assert values["coverage.residents"] == pytest.approx(100 * 70 / 210)
    assert values["coverage.residents_full"] == pytest.approx(100 * 30 / 210)
    assert values["coverage.households"] == pytest.approx(100 * 35 / 105)
    assert values["coverage.compounds"] == 0
    # D5 (50) is off every way, D6 (60) on the far piece
    assert values["access.residents"] == pytest.approx(100 * 100 / 210)
    assert values["access.stations"] == 100
    # within five minutes: D1, D2, D4 of each group; adults 36 of 117, oldest 5 of 16
    shares = {"infants": 7 / 21, "pupils": 10 / 25, "adults": 36 / 117, "older": 12 / 31, "oldest": 5 / 16}
    assert values["groups.least"] == pytest.approx(100 * shares["adults"])
    assert values["groups.gap"] == pytest.approx(100 * (shares["pupils"] - shares["adults"]))
    assert (values["walk.distance.p50"], values["walk.distance.p90"]) == (65, 390)
    # 100 residents reach a station; ranked from the slowest, the 10th from the end is one of D3 at 390 m at 1.2 m/s
    # or slower: oldest 2 at 8.1, infants 3 at 7.2, older 6 at 6.8 min
    assert values["walk.time.p90"] == pytest.approx(390 / 0.95 / 60)


def test_the_worst_group_is_named_with_the_number_of_groups(result: CoverageResult) -> None:
    assert indicator(result, "groups.least").label.endswith("：成人")
    assert indicator(result, "groups.least").denominator == "各人群居民，3 个可公布的人群（计数不少于 10 人）"


def test_groups_too_small_to_publish_are_left_out() -> None:
    few = measured(standards={"privacy.smallest_cell": 100})
    assert indicator(few, "groups.gap").value is None  # only the adults are 100 or more: nothing to compare
    assert appraise(few).table().query("指标.str.startswith('人群')")["现状"].tolist() == ["缺数据"]


def test_a_row_states_value_aim_gap_verdict_denominator_and_basis(appraisal: Appraisal) -> None:
    assert row(appraisal, "coverage.residents") == {
        "指标": "居民覆盖率（合规 300 m，周三 10:00）",
        "现状": "33.3",
        "标准": "—",
        "规划目标": "≥ 80.0",
        "差距": "-46.7",
        "单位": "%",
        "达标": "否",
        "分母": "需求图层全体居民 210",
        "依据": "规划目标（pocket），非标准",
        "四化": "标准化",
    }
    distance = row(appraisal, "walk.distance.p90")
    assert (distance["标准"], distance["规划目标"]) == ("≤ 300", "—")
    assert (distance["差距"], distance["达标"]) == ("+90", "否")
    # the clause defines a walk and sets no percentile of it
    assert distance["依据"].startswith("GB 50180-2018 2.0.4 【证】；")
    assert distance["依据"].endswith("工作台口径【推】")
    assert row(appraisal, "walk.distance.p50")["达标"] == "是"
    assert row(appraisal, "groups.gap")["达标"] == "是"
    assert row(appraisal, "access.stations")["差距"] == "0"


def test_without_standard_and_aim_there_is_no_verdict(appraisal: Appraisal) -> None:
    unset = row(appraisal, "access.residents")
    assert (unset["标准"], unset["差距"], unset["达标"], unset["依据"]) == ("—", "—", "—", "无标准，未设目标")


def test_missing_data_are_missing_and_never_zero() -> None:
    demand = pocket.demand()
    demand["households"] = float("nan")
    poor = assess_coverage(pocket.district(demand=demand), pocket.scenario(targets={"coverage.households": 80}))
    found = row(appraise(poor), "coverage.households")
    assert [found[name] for name in ("现状", "差距", "达标", "分母")] == ["缺数据", "缺数据", "缺数据", "缺户数"]
    assert line(appraise(poor), "coverage.households").score is None


def test_without_ages_there_are_no_groups_to_compare() -> None:
    ageless = assess_coverage(pocket.district(demand=pocket.demand().drop(columns=pocket.BANDS)), pocket.scenario())
    assert indicator(ageless, "groups.least").value is None
    assert indicator(ageless, "groups.least").denominator == "缺分人群人口"
    assert indicator(ageless, "coverage.residents").value == pytest.approx(100 * 70 / 210)


def test_the_district_without_compounds_or_stations() -> None:
    bare = {
        "demand": pocket.demand().assign(compound=None),
        "ways": pocket.ways().query("compound.isna()"),
        "stations": pocket.stations().iloc[:0],
    }
    tables = {**pocket.tables(), **bare}
    del tables["compounds"], tables["gates"]
    values = {
        i.key: i.value
        for i in assess_coverage(District.from_tables(pocket.MANIFEST, tables), pocket.scenario()).indicators()
    }
    assert values["coverage.compounds"] is None
    assert values["access.stations"] is None
    assert (values["coverage.residents"], values["access.residents"]) == (0, 0)
    assert values["walk.distance.p90"] is None


def test_indicators_of_other_studies_join_through_the_same_door(result: CoverageResult) -> None:
    standard = register()["guobanfa_2021_56.area_per_100_households"]
    found = appraise(result, [other(standard=standard, axis=Quality.STANDARDISED)])
    area = row(found, "area.per_100")
    assert (area["现状"], area["标准"], area["差距"], area["达标"]) == ("24.0", "≥ 30.0", "-6.0", "否")
    assert area["依据"] == standard.citation
    assert line(found, "area.per_100").score == pytest.approx(0.8)


def test_a_share_may_be_given_in_percent(result: CoverageResult) -> None:
    standard = register()["guobanfa_2021_56.resident_area_share"]
    found = appraise(result, [other(value=55.0, unit="%", standard=standard)])
    assert line(found, "area.per_100").target == pytest.approx(60)
    assert line(found, "area.per_100").axis is None


def test_a_doubtful_standard_warns(result: CoverageResult) -> None:
    standard = register()["jianbiao143.day_care.floor_area_small"]
    with pytest.warns(StandardWarning, match="【疑】"):
        found = appraise(result, [other(unit="㎡", standard=standard)])
    assert str(row(found, "area.per_100")["依据"]).endswith("【疑】须核对原文")


def test_a_miss_too_small_for_its_decimals_is_still_seen(result: CoverageResult) -> None:
    found = appraise(measured(targets={"area.per_100": 60}), [other(value=59.98, unit="%")])
    assert [row(found, "area.per_100")[name] for name in ("现状", "差距", "达标")] == ["60.0", "-0.02", "否"]
    met = appraise(measured(targets={"area.per_100": 60}), [other(value=60 - 1e-12, unit="%")])
    assert row(met, "area.per_100")["达标"] == "是"


def test_a_workbook_gets_numbers(appraisal: Appraisal) -> None:
    table = appraisal.tables()["指标达标"]
    assert table["现状"].iloc[0] == 33.3
    assert table["差距"].iloc[0] == -46.7


def test_axes_follow_their_proposals_and_the_scenario(appraisal: Appraisal) -> None:
    axes = {item.axis: item for item in appraisal.axes}
    # 33.3 of 80 and 0 of 50; two more have no aim
    assert axes[Quality.STANDARDISED].score == pytest.approx((100 * 70 / 210 / 80 + 0) / 2)
    assert axes[Quality.EFFICIENT].score == pytest.approx((1 + 300 / 390 + 5 / (390 / 0.95 / 60)) / 3)
    moved = appraise(
        measured(
            targets=TARGETS,
            axes={"indicators": {"groups.gap": {"axis": "regulated", "weight": 3}, "walk.time.p90": {"weight": 0}}},
        )
    )
    regulated = next(item for item in moved.axes if item.axis is Quality.REGULATED)
    assert [(part.key, part.weight) for part in regulated.parts] == [
        ("access.residents", 1),
        ("access.stations", 1),
        ("groups.gap", 3),
    ]
    assert row(moved, "walk.time.p90")["四化"] == "—"
    assert next(item for item in moved.axes if item.axis is Quality.EFFICIENT).score == pytest.approx(
        (1 + 300 / 390) / 2
    )


def test_the_axis_table_states_weights_and_how_far_the_score_follows_them(appraisal: Appraisal) -> None:
    table = appraisal.axis_table().set_index("四化")
    assert list(table.index) == ["标准化", "规范化", "多元化", "高效化"]
    # standardised: 0.4167 and 0 at weights 1 and 1; half or one and a half of either
    assert table.loc["标准化"].tolist() == ["0.21", 5, 2, "2", "0.14", "0.28", "居民覆盖率（合规 300 m，周三 10:00）"]
    assert "权重±50%：最低" in table.columns
    local = appraise(measured(standards={"axes.weight_step": 0.2})).axis_table()
    assert "权重±20%：最低" in local.columns


def test_an_aim_names_the_file_that_set_it(tmp_path: Path) -> None:
    path = tmp_path / "aims.yaml"
    path.write_text("name: aims\ntargets: {coverage.residents: 90}\n", encoding="utf-8")
    found = appraise(assess_coverage(pocket.district(), load_scenario(path)))
    assert line(found, "coverage.residents").basis == "规划目标（aims.yaml），非标准"


def test_targets_and_weights_that_go_nowhere_are_named_together() -> None:
    wrong = measured(
        targets={"coverage.resident": 80, "walk.distance.p90": 400}, axes={"indicators": {"group.gap": {"weight": 2}}}
    )
    with pytest.raises(ScenarioError) as error:
        appraise(wrong)
    said = [str(problem) for problem in error.value.problems]
    assert (
        "key targets.coverage.resident: no study measures such an indicator. Did you mean coverage.residents" in said[0]
    )
    assert "key targets.walk.distance.p90: a standard sets this indicator; found a target. Set a local value" in said[1]
    assert "gb50180.five_minute.walk_distance" in said[1]
    assert "key axes.indicators.group.gap: no study measures such an indicator. Did you mean groups.gap" in said[2]


def test_two_indicators_of_one_key_are_refused(result: CoverageResult) -> None:
    with pytest.raises(ScenarioError, match=r"key area\.per_100: two indicators have one key"):
        appraise(result, [other(), other()])


def test_an_indicator_in_another_unit_than_its_standard_is_refused(result: CoverageResult) -> None:
    with pytest.raises(StandardError, match="expected ㎡/百户; found ㎡"):
        appraise(result, [other(unit="㎡", standard=register()["guobanfa_2021_56.area_per_100_households"])])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"targets": {"a.b": 0}}, "greater than 0"),
        ({"targets": {"a.b": float("inf")}}, "finite"),
        ({"axes": {"indicators": {"a.b": {"weight": -1}}}}, "greater than or equal to 0"),
        ({"axes": {"indicators": {"a.b": {"axis": "fast"}}}}, "standardised"),
    ],
)
def test_targets_and_weights_that_make_no_sense_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scenario.model_validate({"name": "x", **changes})
