"""Backup, closures and sensitivity on the pocket district by hand, and against measuring anew.

Walks to S1 and S2, metres (residents): D1 65 / 565 (10), D2 185 / 485 (20), D3 390 / 690 (30), D4 550 / 50 (40);
D5 (50) and D6 (60) reach none.
"""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from tests.ground.grounds import small
from workbench.catalogue.terms import Mode
from workbench.coverage import CoverageResult, RobustnessResult, appraise, assess_coverage, assess_robustness
from workbench.coverage.draws import headline, with_standards
from workbench.errors import ScenarioError
from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.results import Kpi, Result
from workbench.scenario import Scenario

METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE
OPEN = {"privacy.smallest_cell": 1}  # the pocket is so small that most of it would be withheld
FAR = {**OPEN, "gb50180.five_minute.walk_distance": 600, "gb50180.five_minute.walk_time": 8}
FEW = {"draws": 20}


def looked_at(district: District | None = None, **scenario: object) -> RobustnessResult:
    scenario = {"standards": OPEN, "robustness": FEW, **scenario}
    return assess_robustness(assess_coverage(district or pocket.district(), pocket.scenario(**scenario)))


@pytest.fixture(scope="module")
def result() -> RobustnessResult:
    return looked_at()


@pytest.fixture(scope="module")
def far() -> RobustnessResult:
    return looked_at(standards=FAR, targets={"coverage.residents": 40})


def kpi(result: RobustnessResult, key: str, mode: Mode) -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode) == (key, mode)]
    assert len(found) == 1
    return found[0]


def row(table: pd.DataFrame, **where: object) -> pd.Series:
    for column, value in where.items():
        table = table[table[column] == value]
    assert len(table) == 1
    return table.iloc[0]


def bare() -> District:
    """No compounds, communities or ages."""
    ways = pocket.ways()
    tables = {
        "demand": pocket.demand().assign(compound=None, community=None).drop(columns=pocket.BANDS),
        "ways": ways[ways["compound"].isna()],
        "stations": pocket.stations().assign(community=None),
    }
    return District.from_tables(pocket.MANIFEST, tables)


# --- backup ----------------------------------------------------------------------------------


def test_a_second_station_within_the_limit_by_hand(result: RobustnessResult, far: RobustnessResult) -> None:
    assert kpi(result, "backup.2", METRES).value == 0
    assert kpi(result, "backup.single.share", METRES).value == pytest.approx(100 * 70 / 210)
    # 600 m: D1, D2 and D4 have both, D3 only S1
    assert (kpi(far, "backup.2", METRES).value, kpi(far, "backup.2", METRES).of) == (70, 210)
    assert kpi(far, "backup.3", METRES).value == 0
    assert kpi(far, "backup.single.share", METRES).value == pytest.approx(100 * 30 / 210)


def test_in_time_each_group_has_its_own_choice(far: RobustnessResult) -> None:
    # 8 min: 576 m for pupils and adults, who are 7 + 13 + 26 at D1, D2 and D4; less than 485 m for all others
    assert kpi(far, "backup.2", MINUTES).value == 46
    # D1 10, D2 20, D4 40, and all of D3 but the 2 oldest, who walk 384 m
    assert row(far.by_depth, mode="experience", stations=1)["residents"] == 98


def test_backup_by_community(far: RobustnessResult) -> None:
    table = far.by_area().set_index("id")
    assert table.loc["C1", ["residents", "within1_compliance", "within2_compliance"]].tolist() == [150, 100, 70]
    assert table.loc["C2", ["within1_experience", "share2_compliance"]].tolist() == [0, 0]
    assert far.by_area("compound").set_index("id").loc["K1", "share2_compliance"] == pytest.approx(100 * 20 / 50)


def test_the_first_station_of_the_choice_is_coverage(far: RobustnessResult) -> None:
    for mode in (METRES, MINUTES):
        covered = far.coverage.covered_residents(mode).sum()
        assert row(far.by_depth, mode=str(mode), stations=1)["residents"] == covered


# --- closures --------------------------------------------------------------------------------


def test_shutting_each_station_by_hand(result: RobustnessResult) -> None:
    first = row(result.by_closure, id="S1", mode="compliance")
    # D1 and D2 lose it and walk 500 and 300 m farther; D3, beyond the limit before, 300
    assert first[["lost", "kept", "nearest", "cut_off"]].tolist() == [30, 0, 60, 0]
    assert first["extra_lost"] == pytest.approx((10 * 500 + 20 * 300) / 30)
    assert first["extra_all"] == pytest.approx((10 * 500 + 50 * 300) / 60)
    assert np.isnan(first["extra_kept"])
    second = row(result.by_closure, id="S2", mode="compliance")
    assert second[["rank", "lost", "extra_lost"]].tolist() == [1, 40, 500]
    assert second["lost_share"] == pytest.approx(100 * 40 / 210)
    assert kpi(result, "closures.worst", METRES).value == 40
    assert result.critical(METRES) == ["S2", "S1"]


def test_who_stays_covered_walks_farther_too(far: RobustnessResult) -> None:
    first = row(far.by_closure, id="S1", mode="compliance")
    assert first[["lost", "kept", "extra_lost"]].tolist() == [30, 30, 300]
    assert first["extra_kept"] == pytest.approx((10 * 500 + 20 * 300) / 30)
    second = row(far.by_closure, id="S2", mode="compliance")
    assert second[["lost", "kept", "extra_kept", "critical"]].tolist() == [0, 40, 500, False]
    assert far.critical(METRES) == ["S1"]
    # in time: 3 of D1, 7 of D2 and 28 of D3 lose it; 14 of D4 lose S2
    assert row(far.by_closure, id="S1", mode="experience")["lost"] == 38
    assert row(far.by_closure, id="S2", mode="experience")["lost"] == 14


def test_who_then_reaches_none_is_counted_apart() -> None:
    alone = looked_at(pocket.district(stations=pocket.stations().iloc[:1]))
    only = row(alone.by_closure, id="S1", mode="compliance")
    assert only[["lost", "nearest", "cut_off"]].tolist() == [30, 100, 100]
    assert np.isnan(only["extra_all"])
    assert alone.tables()["停用影响·合规"].loc[0, "全部平均多走（m）"] == "—"


@pytest.mark.parametrize("case", ["pocket", "far", "members", "town"])
def test_the_loss_is_what_measuring_without_the_station_gives(case: str) -> None:
    if case == "members":
        district, scenario, step = synthetic.pocket(), pocket.scenario(robustness=FEW), 1
    elif case == "town":
        district, scenario, step = small(7, 6), pocket.scenario(robustness=FEW), 5
    else:
        district, step = pocket.district(), 1
        scenario = pocket.scenario(standards=FAR if case == "far" else OPEN, robustness=FEW)
    coverage = assess_coverage(district, scenario)
    table = assess_robustness(coverage).by_closure
    for name in district.stations["id"][::step]:
        without = assess_coverage(district.without_stations([name]), scenario)
        for mode in (METRES, MINUTES):
            one = row(table, id=name, mode=str(mode))
            lost = coverage.covered_residents(mode) - without.covered_residents(mode)
            assert one["lost"] == pytest.approx(lost.sum())
            _same_extra(one, coverage, without, name, mode)


def _same_extra(one: pd.Series, coverage: CoverageResult, without: CoverageResult, name: str, mode: Mode) -> None:
    people = walked = gone = 0.0
    place = list(coverage.district.stations["id"]).index(name)
    for group in coverage.populace.whole if mode is MINUTES else (None,):
        before = coverage.minutes[group]["any"] if group else coverage.distance["any"]
        after = without.minutes[group]["any"] if group else without.distance["any"]
        weight = coverage.populace.weight[group] if group else coverage.populace.residents
        mine = before.station == place
        there = mine & np.isfinite(after.walk)
        people += weight[there].sum()
        gone += weight[mine & ~np.isfinite(after.walk)].sum()
        walked += (weight[there] * (after.walk[there] - before.walk[there])).sum()
    assert one["cut_off"] == pytest.approx(gone)
    assert (one["extra_all"] == pytest.approx(walked / people)) if people else np.isnan(one["extra_all"])


# --- one assumption at a time ----------------------------------------------------------------


def test_each_bar_is_what_measuring_anew_gives() -> None:
    district, scenario = small(7, 6), pocket.scenario(robustness=FEW)
    result = assess_robustness(assess_coverage(district, scenario))
    table = result.by_parameter
    walking = scenario.walking

    def measured(**standards: float) -> dict[Mode, float | None]:
        changed = with_standards(scenario, {key.replace("__", "."): value for key, value in standards.items()})
        return headline(assess_coverage(district, changed))

    slower = {key: each.low for key, each in result.ranges.pace.items()}
    ends = {
        ("pace", "low"): headline(assess_coverage(district, with_standards(scenario, slower))),
        ("limit", "high"): measured(
            gb50180__five_minute__walk_distance=1.1 * 300, gb50180__five_minute__walk_time=1.1 * 5
        ),
        ("crossing_delay", "low"): measured(walk__crossing_delay=20),
        ("steps_factor", "high"): measured(walk__steps_factor=2),
        ("snap_limit", "low"): measured(walk__snap_limit=30),
        ("winter", "low"): headline(
            assess_coverage(
                district,
                scenario.model_copy(
                    update={"walking": walking.model_copy(update={"pace_factor": "pace.winter_factor_min"})}
                ),
            )
        ),
    }
    for (key, end), shares in ends.items():
        for mode in (METRES, MINUTES):
            bar = row(table, key=key, mode=str(mode))
            if bar["known"]:
                assert bar[f"share_{end}"] == shares[mode], (key, mode)
            else:
                assert shares[mode] == bar["share_base"]
    moved = table[table["key"].isin(["pace", "limit", "winter"]) & table["known"]]
    assert (moved["swing"] > 0).all()


def test_what_a_mode_does_not_know_is_said_to_be_so(result: RobustnessResult) -> None:
    table = result.by_parameter
    unknown = set(table.loc[(table["mode"] == "compliance") & ~table["known"], "key"])
    assert unknown == {"pace", "winter", "crossing_delay", "steps_factor"}
    assert table.loc[table["mode"] == "experience", "known"].all()
    read = result.tables()["单参数敏感性"]
    pace = read[(read["参数"] == "步速（各人群同增减）") & (read["口径"] == "合规口径")].iloc[0]
    assert (pace["低时覆盖率（%）"], pace["摆幅（百分点）"]) == ("不适用", "不适用")


def test_counts_that_are_all_off_by_one_factor_move_no_share(result: RobustnessResult) -> None:
    for mode in ("compliance", "experience"):
        assert row(result.by_parameter, key="population", mode=mode)["swing"] == pytest.approx(0, abs=1e-12)


def test_one_age_band_off_by_hand(result: RobustnessResult) -> None:
    bar = row(result.by_parameter, key="population.age_18_59", mode="compliance")
    # 36 of the 70 covered and 117 of the 210 residents
    assert bar["share_high"] == pytest.approx(100 * (70 + 3.6) / (210 + 11.7))
    assert bar["share_low"] == pytest.approx(100 * (70 - 3.6) / (210 - 11.7))


def test_communities_off_in_opposite_directions(result: RobustnessResult) -> None:
    bar = row(result.by_parameter, key="population.community", mode="compliance")
    # C1 70 of 150, C2 none of 60
    assert bar["share_low"] == pytest.approx(100 * 63 / (0.9 * 150 + 1.1 * 60))
    assert bar["share_high"] == pytest.approx(100 * 77 / (1.1 * 150 + 0.9 * 60))


def test_no_other_combination_of_communities_goes_farther() -> None:
    coverage = assess_coverage(small(7, 6), pocket.scenario(robustness=FEW))
    table = assess_robustness(coverage).by_parameter
    home = coverage.district.demand["community"]
    for mode in (METRES, MINUTES):
        frame = pd.DataFrame({"home": home, "n": coverage.populace.residents, "c": coverage.covered_residents(mode)})
        sums = frame.groupby("home")[["n", "c"]].sum().to_numpy()
        factors = np.array(list(itertools.product((0.9, 1.1), repeat=len(sums))))
        shares = 100 * (factors @ sums[:, 1]) / (factors @ sums[:, 0])
        bar = row(table, key="population.community", mode=str(mode))
        assert bar[["share_low", "share_high"]].tolist() == pytest.approx([shares.min(), shares.max()])


def test_bands_of_too_few_people_are_withheld() -> None:
    closed = looked_at(standards={})
    table = closed.by_parameter
    hidden = table[table["hidden"]]
    assert set(hidden["key"]) >= {"population.age_80_plus"}
    assert hidden["share_low"].isna().all()
    read = closed.tables()["单参数敏感性"]
    assert (read.loc[read["参数"] == "人口：80岁及以上", "摆幅（百分点）"] == "不公布").all()


def test_bars_are_ordered_by_their_swing(result: RobustnessResult) -> None:
    for _, part in result.by_parameter.groupby("mode"):
        swings = part.loc[part["known"], "swing"].fillna(-1).round(9)
        assert swings.is_monotonic_decreasing
        assert part["known"].is_monotonic_decreasing


# --- the result as a whole -------------------------------------------------------------------


def test_the_surface_of_a_result(result: RobustnessResult) -> None:
    assert isinstance(result, Result)
    assert result.status == "MEASURED"
    assert repr(result) == "<RobustnessResult pocket: 0 residents within the limit of two stations>"
    assert result.to_frame().equals(result.by_closure)
    for number in result.kpis():
        assert number.denominator
        assert number.clause
    assert set(result.tables()) == {
        "备份覆盖", "备份覆盖·分社区", "停用影响·合规", "停用影响·体验", "单参数敏感性", "覆盖率抽样分布", "抽样参数",
    }  # fmt: skip
    assert result.tables()["停用影响·合规"]["社区"].tolist() == ["东社区", "东社区"]


def test_layers(far: RobustnessResult) -> None:
    layers = far.layers()
    points = layers["robustness_points"].set_index("id")
    assert points["stations_compliance"].tolist() == [2, 2, 1, 2, 0, 0]
    # at the default pace of 1.2 m/s 8 min are 576 m
    assert points["stations_experience"].tolist() == [2, 2, 1, 2, 0, 0]
    stations = layers["robustness_stations"].set_index("id")
    assert stations.loc["S1", ["lost_compliance", "lost_experience"]].tolist() == [30, 38]
    assert stations.crs == far.coverage.district.crs


def test_indicators(far: RobustnessResult) -> None:
    found = {item.key: item for item in far.indicators()}
    assert found["robustness.backup"].value == pytest.approx(100 * 70 / 210)
    assert found["robustness.worst_closure"].better == "lower"
    assert found["robustness.worst_closure"].value == pytest.approx(100 * 30 / 210)
    assert found["robustness.band_low"].value == far.band.quantile(METRES, 0.05)
    aim = {"targets": {"robustness.backup": 30}, "standards": FAR, "robustness": FEW}
    coverage = assess_coverage(pocket.district(), pocket.scenario(**aim))
    lines = appraise(coverage, assess_robustness(coverage).indicators()).lines
    assert [line.met for line in lines if line.indicator.key == "robustness.backup"] == [True]


@pytest.mark.parametrize("case", ["no stations", "nobody", "bare"])
def test_poor_data_have_honest_answers(case: str) -> None:
    if case == "no stations":
        poor = looked_at(pocket.district(stations=pocket.stations().iloc[:0]))
        assert poor.by_closure.empty
        assert kpi(poor, "closures.worst", METRES).value is None
        assert kpi(poor, "backup.2", METRES).value == 0
        assert kpi(poor, "band.p50", METRES).value == 0
        assert "停用影响·合规" not in poor.tables()
        assert "robustness_stations" not in poor.layers()
    elif case == "nobody":
        zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
        poor = looked_at(pocket.district(demand=pocket.demand().assign(**zero)), targets={"coverage.residents": 40})
        assert kpi(poor, "backup.2.share", METRES).value is None
        assert kpi(poor, "band.p50", MINUTES).value is None
        assert kpi(poor, "band.target", MINUTES).value is None
        assert kpi(poor, "closures.critical", METRES).value == 0
        assert kpi(poor, "tornado.swing", METRES).value is None
        assert poor.tables()["覆盖率抽样分布"].loc[0, "P50（%）"] == "缺数据"
    else:
        poor = looked_at(bare())
        assert poor.coverage.populace.whole == ("everyone",)
        assert set(poor.by_parameter["key"]) == {
            "pace", "limit", "winter", "crossing_delay", "steps_factor", "snap_limit", "population",
        }  # fmt: skip
        assert "备份覆盖·分社区" not in poor.tables()
        assert poor.band.drawn.communities == ()
        assert len(poor.tables()["抽样参数"]) == 3
    assert poor.summary()["数值"].notna().all()


@given(limit=st.integers(20, 900), minutes=st.integers(1, 15))
@settings(max_examples=draws(20))
def test_invariants(limit: int, minutes: int) -> None:
    standards = {**OPEN, "gb50180.five_minute.walk_distance": limit, "gb50180.five_minute.walk_time": minutes}
    found = looked_at(standards=standards)
    for mode in (METRES, MINUTES):
        first, second, third = found.by_depth.loc[found.by_depth["mode"] == mode, "residents"]
        assert first >= second >= third >= 0
        shut = found.by_closure[found.by_closure["mode"] == mode]
        assert shut["lost"].sum() == pytest.approx(first - second)  # who has one, loses it with that one
        assert (shut["lost"] + shut["kept"] <= shut["nearest"] + 1e-9).all()
        assert (shut[["extra_lost", "extra_kept", "extra_all"]].fillna(0) >= 0).all(axis=None)


def test_the_order_of_rows_changes_nothing(far: RobustnessResult) -> None:
    turned = {name: table.iloc[::-1].reset_index(drop=True) for name, table in pocket.tables().items()}
    scenario = pocket.scenario(standards=FAR, robustness=FEW, targets={"coverage.residents": 40})
    other = assess_robustness(assess_coverage(District.from_tables(pocket.MANIFEST, turned), scenario))
    assert other.summary().equals(far.summary())
    for title, table in far.tables().items():
        key = [column for column in ("口径", "编号", "参数") if column in table]
        one, two = (t.sort_values(key).reset_index(drop=True) for t in (table, other.tables()[title]))
        assert one.equals(two), title


# --- what makes no sense ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("standards", "said"),
    [
        ({"robustness.pace_spread": 1}, "key robustness.pace: the spread would let the value vanish; expected a share from 0 to less than 1, such as 0.1; found robustness.pace_spread = 1"),
        ({"walk.crossing_delay_min": 50}, "key robustness.crossing_delay_low: the range is upside down; found walk.crossing_delay_min = 50 and walk.crossing_delay_max = 40"),
        ({"walk.crossing_delay": 45}, "the scenario's own value lies outside its range; expected walk.crossing_delay = 45 in between; found walk.crossing_delay_min = 20 and walk.crossing_delay_max = 40. Widen the range with robustness.crossing_delay_low and robustness.crossing_delay_high."),
        ({"walk.snap_limit": 200}, "expected walk.snap_limit = 200 in between"),
    ],
)  # fmt: skip
def test_ranges_that_make_no_sense_are_refused(standards: dict[str, float], said: str) -> None:
    chosen = {"snap_limit_low": "walk.snap_limit_min", "crossing_delay_high": "walk.crossing_delay_max"}
    coverage = assess_coverage(pocket.district(), pocket.scenario(standards=standards, robustness=chosen))
    with pytest.raises(ScenarioError) as refused:
        assess_robustness(coverage)
    assert said in str(refused.value)


def test_a_range_that_nobody_chose_stretches_to_the_value() -> None:
    scenario = pocket.scenario(standards={"walk.snap_limit": 200, "walk.crossing_delay": 10})
    ranges = assess_robustness(assess_coverage(pocket.district(), scenario)).ranges
    assert (ranges.snap_limit.low, ranges.snap_limit.base, ranges.snap_limit.high) == (30, 200, 200)
    assert (ranges.crossing_delay.low, ranges.crossing_delay.high) == (10, 40)


def test_all_problems_are_told_at_once() -> None:
    standards = {"robustness.pace_spread": 2, "robustness.limit_spread": 3, "walk.steps_factor_min": 3}
    coverage = assess_coverage(pocket.district(), pocket.scenario(standards=standards))
    with pytest.raises(ScenarioError) as refused:
        assess_robustness(coverage)
    assert [problem.key for problem in refused.value.problems] == [
        "robustness.pace", "robustness.limit", "robustness.steps_factor_low",
    ]  # fmt: skip


def test_a_winter_of_its_own_is_the_base_of_its_bar() -> None:
    scenario = pocket.scenario(standards=OPEN, robustness=FEW, walking={"pace_factor": "pace.winter_factor"})
    assert isinstance(scenario, Scenario)
    ranges = assess_robustness(assess_coverage(pocket.district(), scenario)).ranges
    assert (ranges.winter.low, ranges.winter.base, ranges.winter.high) == (0.8, 0.85, 0.9)
