"""A week on the pocket district, by hand and minute by minute; invariants on random hours."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import opening_hours
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.calendars import ORDINARY_MONDAY, Calendar
from workbench.catalogue.terms import Mode, ServiceLevel
from workbench.coverage import (
    CoverageResult,
    LongerHours,
    SpaceTimeResult,
    assess_coverage,
    assess_space_time,
    longer_hours_gains,
    station_gains,
    with_longer_hours,
)  # fmt: skip
from workbench.coverage.timetable import NOT_KNOWN, SHUT, Timetable
from workbench.errors import GeodataError, ScenarioError
from workbench.ground.district import District
from workbench.ground.synthetic import pocket as walled_pocket
from workbench.hours import DAY_MINUTES
from workbench.results import Kpi, Result
from workbench.scenario import load_scenario

COMPLIANCE, EXPERIENCE = Mode.COMPLIANCE, Mode.EXPERIENCE
ANY, FULL, LITE = ServiceLevel.ANY, ServiceLevel.FULL, ServiceLevel.LITE
ROOT = Path(__file__).parents[2]
WEDNESDAY, SATURDAY = 2, 5


def measured(district: District | None = None, free: dict[str, str] | None = None, **hours: object) -> SpaceTimeResult:
    coverage = assess_coverage(district or pocket.district(), pocket.scenario(hours=hours))
    return assess_space_time(coverage, free=free)


def with_hours(*texts: str | None, access: list[str] | None = None) -> District:
    stations = pocket.stations().assign(opening_hours=list(texts))
    return pocket.district(stations=stations.assign(access=access) if access else stations)


@pytest.fixture(scope="module")
def week() -> SpaceTimeResult:
    """S1 (Mo-Fr 08:30-17:30) serves D1 and D2, 30 residents; S2 (24/7) serves D4, 40; 210 residents in all."""
    return measured()


def kpi(
    result: SpaceTimeResult, key: str, mode: Mode = COMPLIANCE, level: ServiceLevel = ANY, group: str = "全体居民"
) -> Kpi:
    found = [k for k in result.kpis() if (k.key, k.mode, k.level, k.group) == (key, mode, level, group)]
    assert len(found) == 1
    return found[0]


def test_person_hours_by_hand(week: SpaceTimeResult) -> None:
    assert week.person_hours(COMPLIANCE) == 30 * 45 + 40 * 168
    assert week.person_hours(COMPLIANCE, level=FULL) == 30 * 45
    assert week.person_hours(COMPLIANCE, level=LITE) == 40 * 168
    assert week.person_hours(EXPERIENCE) == pytest.approx(30 * 45 + 40 * 168)
    assert week.person_hours(EXPERIENCE, "oldest") == (1 + 1) * 45 + 3 * 168


def test_cells_by_hand(week: SpaceTimeResult) -> None:
    onsite = week.onsite(COMPLIANCE)
    assert onsite.shape == (7, 48)
    assert onsite[WEDNESDAY, [16, 17, 34, 35]].tolist() == [40, 70, 70, 40]  # 08:00, 08:30, 17:00, 17:30
    assert (onsite[SATURDAY] == 40).all()
    assert week.share(COMPLIANCE)[WEDNESDAY, 20] == pytest.approx(100 * 70 / 210)


def test_a_cell_is_the_mean_of_its_minutes_and_the_step_changes_no_sum() -> None:
    texts = ("Mo-Fr 08:45-17:15", "24/7")
    coarse, fine = measured(with_hours(*texts), step=60), measured(with_hours(*texts), step=5)
    assert coarse.onsite(COMPLIANCE)[0, 8] == 40 + 30 / 4
    assert coarse.person_hours(COMPLIANCE) == fine.person_hours(COMPLIANCE) == 30 * 42.5 + 40 * 168
    assert coarse.onsite(COMPLIANCE).sum() == pytest.approx(fine.onsite(COMPLIANCE).sum() / 12)


def test_hours_a_resident_by_hand(week: SpaceTimeResult) -> None:
    assert week.without_service(COMPLIANCE) == 140
    assert week.hours_quantile(0.5, COMPLIANCE) == 0  # most of the 210 have none
    assert [week.hours_quantile(q, COMPLIANCE, served=True) for q in (0.1, 0.5)] == [45, 168]
    assert kpi(week, "hours.served.p50").of == 70
    assert kpi(week, "hours.p50").of == 210


def test_online_is_counted_beside_and_never_as_on_site() -> None:
    online = measured(online="Mo-Fr 17:30-08:30; Sa,Su 08:30-08:30")
    plain = measured()
    assert np.array_equal(online.onsite(COMPLIANCE), plain.onsite(COMPLIANCE))
    assert online.online_only(COMPLIANCE)[WEDNESDAY, [17, 35]].tolist() == [0, 170]
    assert online.unserved(COMPLIANCE)[WEDNESDAY, [17, 35]].tolist() == [140, 0]
    parts = online.onsite(EXPERIENCE) + online.online_only(EXPERIENCE) + online.unserved(EXPERIENCE)
    assert parts == pytest.approx(np.full((7, 48), 210.0))
    shares = [kpi(online, f"hours.{key}.share").value for key in ("onsite", "online", "unserved")]
    assert sum(shares) == pytest.approx(100)


def test_an_online_service_that_is_not_declared_is_missing(week: SpaceTimeResult) -> None:
    assert kpi(week, "hours.online.share").value is None
    assert not week.online_only(COMPLIANCE).any()
    assert kpi(week, "hours.unserved.share").label == "无现场开放（线上未声明）时间占比（居民加权）"
    assert "缺数据" in week.summary(COMPLIANCE)["数值"].tolist()


def test_parts_of_the_week_by_hand(week: SpaceTimeResult) -> None:
    shares = {key: kpi(week, f"hours.share.{key}").value for key in ("day", "lunch", "evening", "weekend")}
    assert shares == pytest.approx(
        {"day": 100 / 3, "lunch": 100 / 3, "evening": 100 * 40 / 210, "weekend": 100 * 40 / 210}
    )


def test_access_in_time_by_hand() -> None:
    # adults: 6 at D1, 10 at D2, 20 at D4 of 117
    weekend = measured(free={"adults": "Sa,Su 09:00-17:00"})
    assert weekend.accessible(COMPLIANCE, "adults") == 20
    assert weekend.accessible(EXPERIENCE, "adults") == 20
    assert weekend.accessible(COMPLIANCE, "adults", FULL) == 0
    assert weekend.accessible(COMPLIANCE) == 70 - 16  # the others can come at any time
    record = kpi(weekend, "hours.accessible.share", EXPERIENCE, group="成人")
    assert (record.value, record.of) == (pytest.approx(100 * 20 / 117), 117)
    assert "≥ 1 h" in record.clause
    assert "未声明空闲时间的人群按全周计" in kpi(weekend, "hours.accessible.share").clause


@pytest.mark.parametrize(
    ("text", "reached"), [("Mo 17:00-18:00", 20), ("Mo 16:30-18:00", 36), ("Mo,Tu 17:00-18:00", 36)]
)
def test_an_hour_of_overlap_is_enough_and_half_is_not(text: str, reached: int) -> None:
    assert measured(free={"adults": text}).accessible(COMPLIANCE, "adults") == reached


def test_six_days_in_both_readings_lunch_and_evening_by_hand(week: SpaceTimeResult) -> None:
    table = longer_hours_gains(week).set_index("longer")
    assert table["person_hours_compliance"].to_dict() == {
        "sat_sun": 30 * 16, "six_days": 30 * 8, "lunch": 0, "evening": 30 * 15,
    }  # fmt: skip
    assert table["station_h"].to_dict() == {"sat_sun": 16, "six_days": 8, "lunch": 0, "evening": 15}
    assert table["stations"].to_dict() == {"sat_sun": 1, "six_days": 1, "lunch": 0, "evening": 1}
    assert table["per_hour"].iloc[0] == 30
    assert np.isnan(table["per_hour"].loc["lunch"])


def test_newly_accessible_by_hand() -> None:
    table = longer_hours_gains(measured(free={"adults": "Sa,Su 09:00-17:00"})).set_index("longer")
    assert table["accessible_compliance"].to_dict() == {"sat_sun": 16, "six_days": 16, "lunch": 0, "evening": 0}
    of_adults = longer_hours_gains(measured(free={"adults": "Sa,Su 09:00-17:00"}), ["sat_sun"], group="adults")
    assert of_adults[["person_hours_compliance", "accessible_compliance"]].iloc[0].tolist() == [16 * 16, 16]


def test_lunch_fills_the_gap_or_adds_the_window() -> None:
    """s1 (Mo-Fr 08:30-12:00,14:30-17:30) serves the 40 residents of d6, s2 its own compound."""
    gap, window = (measured(walled_pocket(), lunch_fill=fill) for fill in ("gap", "window"))
    gained = [longer_hours_gains(result, ["lunch"])["person_hours_compliance"].item() for result in (gap, window)]
    assert gained == [40 * 5 * 2.5, 40 * 5 * 1.5]


def test_lunch_leaves_other_gaps_and_half_days_alone() -> None:
    result = measured(with_hours("Mo 08:00-09:00,10:00-12:00,14:00-17:00,19:00-21:00; Sa 09:00-12:00", "off"))
    longer = with_longer_hours(result, "lunch")
    assert (longer.onsite(COMPLIANCE) - result.onsite(COMPLIANCE)).sum() == 30 * 4  # Monday 12:00-14:00


def test_six_days_opens_working_days_without_any_opening() -> None:
    result = measured(with_hours("Tu-Su 10:00-18:00", "off"))
    gained = with_longer_hours(result, "six_days").onsite(COMPLIANCE) - result.onsite(COMPLIANCE)
    assert gained[0].sum() / 2 == 30 * 8  # Monday 09:00-17:00
    assert gained[1:5].sum() == 0
    assert gained[SATURDAY].sum() / 2 == 30 * 1  # 09:00-10:00


def test_longer_hours_promise_no_public_holiday() -> None:
    """5 to 7 October 2026 are holidays, Saturday the 10th is worked."""
    table = longer_hours_gains(measured(week="2026-10-05")).set_index("longer")
    assert table["person_hours_compliance"].to_dict() == {
        "sat_sun": 30 * 8,
        "six_days": 0,
        "lunch": 0,
        "evening": 30 * 9,
    }


def test_a_holiday_week_by_hand() -> None:
    holiday = measured(week="2026-10-05")
    assert holiday.person_hours(COMPLIANCE) == 30 * 27 + 40 * 168
    as_weekend = measured(week="2026-10-05", make_up_days="as_weekend")
    assert as_weekend.person_hours(COMPLIANCE) == 30 * 18 + 40 * 168
    assert list(holiday.tables()["逐时现场覆盖率·合规"].columns[[1, 6]]) == [
        "周一 10月5日 国庆节",
        "周六 10月10日 调休上班",
    ]
    assert "2026年10月5日–10月11日" in kpi(holiday, "hours.onsite").clause


def test_a_scenario_takes_longer_hours_as_given(week: SpaceTimeResult) -> None:
    taken = measured(extend=["weekend"], six_days="six_days")
    assert taken.longer == (LongerHours.SIX_DAYS,)
    assert taken.person_hours(COMPLIANCE) == with_longer_hours(week, "six_days").person_hours(COMPLIANCE)
    assert taken.fingerprint != week.fingerprint
    assert "六日不打烊（一周六天）" in kpi(taken, "hours.onsite").clause


def test_the_six_days_scenario(week: SpaceTimeResult) -> None:
    scenario = load_scenario(ROOT / "scenarios" / "six-days.yaml")
    result = assess_space_time(assess_coverage(pocket.district(), scenario))
    assert result.person_hours(COMPLIANCE) == week.person_hours(COMPLIANCE) + 30 * 16
    # online 168 - 45 hours; in 16 of them S1 is open now
    assert kpi(result, "hours.online.share").value == pytest.approx(100 * (140 * 123 + 30 * 107) / (210 * 168))
    assert (
        result.onsite(COMPLIANCE)[0, :17] + result.online_only(COMPLIANCE)[0, :17] == 210
    ).all()  # Monday before 08:30


def test_missing_hours_are_not_known_and_never_open() -> None:
    result = measured(with_hours(None, "24/7"))
    assert result.timetable.of_station.tolist() == [NOT_KNOWN, 0]
    assert result.person_hours(COMPLIANCE) == 40 * 168
    assert kpi(result, "hours.stations.missing").value == 1
    assert kpi(result, "hours.not_known").value == 30
    assert kpi(result, "hours.not_known", EXPERIENCE).value == 30
    assert result.tables()["阵地开放时长"]["本周开放（h）"].tolist() == ["缺数据", 168]
    assert not longer_hours_gains(result, keeping="all")["station_h"].any()  # nobody knows what they would add


@pytest.mark.parametrize("case", ["hours", "access", "none"])
def test_nothing_open_is_an_answer(case: str) -> None:
    district = {
        "hours": lambda: with_hours("off", "off"),
        "access": lambda: with_hours("24/7", "24/7", access=["closed", "closed"]),
        "none": lambda: pocket.district(stations=pocket.stations().iloc[:0]),
    }[case]()
    result = measured(district)
    assert result.person_hours(COMPLIANCE) == 0
    assert not result.onsite(EXPERIENCE).any()
    assert result.without_service(EXPERIENCE) == pytest.approx(210)
    assert kpi(result, "hours.onsite.share").value == 0
    assert kpi(result, "hours.served.p50").value is None
    assert kpi(result, "hours.unserved.share").value == 100
    assert len(longer_hours_gains(result)) == 4
    assert len(station_gains(result, "sat_sun", keeping="all")) == (2 if case == "hours" else 0)
    assert result.tables()
    assert (result.timetable.of_station == SHUT).all() or case != "access"


def test_where_no_hours_are_known_nothing_is_said_of_the_week() -> None:
    result = measured(with_hours(None, None))
    values = {k.key: k.value for k in result.kpis() if k.mode == COMPLIANCE}
    assert {key for key, value in values.items() if value is not None} == {"hours.not_known", "hours.stations.missing"}
    assert (values["hours.not_known"], values["hours.stations.missing"]) == (70, 2)
    assert set(result.tables()["逐时现场覆盖率·体验"]["周一"]) == {"缺数据"}
    assert set(result.tables()["时空分人群"]["每周现场可及（人时）"]) == {"缺数据"}
    assert result.layers()["space_time_points"]["onsite_h_week"].isna().all()
    assert "2 处阵地开放时间缺数据，不计入" in kpi(result, "hours.onsite").clause


def test_nobody_lives_there() -> None:
    zero = dict.fromkeys(["residents", "households", *pocket.BANDS], 0.0)
    result = measured(pocket.district(demand=pocket.demand().assign(**zero)))
    assert kpi(result, "hours.onsite.share").value is None
    assert np.isnan(result.share(COMPLIANCE)).all()
    assert result.summary()["数值"].str.contains("缺数据").any()


def test_nobody_within_reach() -> None:
    far = pocket.demand().assign(residents=0.0, **dict.fromkeys(pocket.BANDS, 0.0))
    far.loc[5, ["residents", "age_18_59"]] = 60.0
    result = measured(pocket.district(demand=far))
    assert result.person_hours(COMPLIANCE) == 0
    assert result.without_service(COMPLIANCE) == 60


def test_two_on_one_post_are_one_opening() -> None:
    """AB岗: a second station at the same door with the same hours adds no person-hour."""
    twin = pd.concat(
        [pocket.stations(), pocket.station("S3", 100, 10, opening_hours="Mo-Fr 08:30-17:30", kind="community_centre")]
    )
    assert measured(pocket.district(stations=twin)).person_hours(COMPLIANCE) == measured().person_hours(COMPLIANCE)


def test_a_walk_of_nothing_counts() -> None:
    """A station on the very spot of a demand point: the walk is 0 m, and it is served."""
    demand, stations = pocket.demand(), pocket.stations()
    demand.loc[3, "geometry"] = stations.loc[1, "geometry"] = shapely.Point(550, 0)
    result = measured(pocket.district(demand=demand, stations=stations))
    assert 0.0 in result.walks[COMPLIANCE, None][0].data
    assert result.person_hours(COMPLIANCE) == 30 * 45 + 40 * 168


def test_small_groups_are_not_published() -> None:
    result = measured(free={"oldest": "Sa,Su"})
    table = result.tables()["时空分人群"].set_index("人群")
    assert table.loc["高龄", "居民（人）"] == 16
    assert table.loc["高龄", "时间可达居民（人）"] == "<10"  # 3 at D4
    assert table.loc["高龄", "时间可达覆盖率（%）"] == "不公布"
    assert table.loc["成人", "时间可达居民（人）"] == 36
    record = kpi(result, "hours.accessible.share", group="高龄")
    assert (record.value, record.of, record.withheld) == (None, 16, "不公布")


def test_free_time_that_fits_nothing() -> None:
    with pytest.raises(ScenarioError) as caught:
        measured(free={"night_owls": "24/7", "adults": "after work"})
    texts = [str(p) for p in caught.value.problems]
    assert "there is no such group" in texts[0]
    assert "one of infants, pupils" in texts[0]
    assert "free, key adults: the hours do not parse" in texts[1]
    assert "'after work'" in texts[1]


def test_a_station_that_does_not_exist(week: SpaceTimeResult) -> None:
    with pytest.raises(GeodataError, match="stations, row S9, column id: there is no such station"):
        with_longer_hours(week, "evening", ["S1", "S9"])


def test_the_result_speaks(week: SpaceTimeResult) -> None:
    assert isinstance(week, Result)
    assert week.status == "MEASURED"
    assert "on pocket: 22.9 % of residents served" in repr(week)
    assert set(week.tables()) == {
        "时空指标",
        "逐时现场覆盖率·合规",
        "逐时现场覆盖率·体验",
        "时空分人群",
        "阵地开放时长",
    }
    (layer,) = week.layers().values()
    assert layer["onsite_h_week"].tolist() == [45, 45, 0, 168, 0, 0]
    assert week.tables()["逐时现场覆盖率·合规"].loc[10, "周三"] == 33.3


# -- against a count minute by minute ------------------------------------------------------------------------------


TEXTS = ["24/7", "off", "Mo-Fr 08:30-12:00,14:30-17:30", "Mo-Fr 08:30-17:30; Sa 09:10-12:05", "Mo-Su 06:30-22:00", "Sa,Su 10:00-16:00; PH off",
         "Tu-Su 12:00-20:00", "We 23:00-24:00"]  # fmt: skip
_MOMENTS = [dt.datetime.combine(ORDINARY_MONDAY, dt.time()) + dt.timedelta(minutes=m) for m in range(7 * DAY_MINUTES)]


@cache
def _open(text: str) -> np.ndarray:
    return np.array([opening_hours.OpeningHours(text).is_open(m) for m in _MOMENTS])


def counted(result: SpaceTimeResult, texts: list[str], mode: Mode) -> np.ndarray:
    """Residents with an open station within reach, minute by minute, straight from the walks."""
    total = np.zeros(len(_MOMENTS))
    populace = result.coverage.populace
    crowds = [(None, populace.residents)] if mode is COMPLIANCE else [(n, populace.weight[n]) for n in populace.whole]
    for group, weight in crowds:
        matrix = result.coverage.cost_matrix(mode, group)
        for point in range(matrix.shape[1]):
            near = [
                s for s in range(matrix.shape[0]) if point in matrix.indices[matrix.indptr[s] : matrix.indptr[s + 1]]
            ]
            if near:
                total += weight[point] * np.any([_open(texts[s]) for s in near], axis=0)
    return total.reshape(7, DAY_MINUTES)


@cache
def _crowd() -> CoverageResult:
    """Four stations, two of which share their circle."""
    more = [pocket.station("S3", 250, 5), pocket.station("S4", 400, 5, kind="community_centre")]
    return assess_coverage(pocket.district(stations=pd.concat([pocket.stations(), *more])), pocket.scenario())


def crowded(texts: list[str], free: dict[str, str] | None = None) -> SpaceTimeResult:
    """The crowd's week under these hours; walks do not depend on them."""
    coverage = _crowd()
    tables = {**coverage.district.tables, "stations": coverage.district.layer("stations").assign(opening_hours=texts)}
    return assess_space_time(replace(coverage, district=District(coverage.district.manifest, tables)), free=free)


@settings(max_examples=draws(6))
@given(st.lists(st.sampled_from(TEXTS), min_size=4, max_size=4))
def test_minute_by_minute(texts: list[str]) -> None:
    result = crowded(texts, {"adults": "Mo-Fr 18:00-22:00; Sa 09:00-12:00"})
    for mode in (COMPLIANCE, EXPERIENCE):
        expected = counted(result, texts, mode)
        assert result.by_minute(mode) == pytest.approx(expected)
        assert result.onsite(mode) == pytest.approx(expected.reshape(7, 48, 30).mean(axis=2))
        assert result.person_hours(mode) == pytest.approx(expected.sum() / 60)


@settings(max_examples=draws(6))
@given(st.lists(st.sampled_from(TEXTS), min_size=4, max_size=4), st.sampled_from(list(LongerHours)))
def test_the_ranking_is_what_measuring_anew_would_say(texts: list[str], longer: LongerHours) -> None:
    result = crowded(texts, {"adults": "Mo-Fr 12:30-13:15; Sa 09:00-09:45", "older": "Mo-Fr 09:00-11:00"})
    ranked = station_gains(result, longer, keeping="all").set_index("id")
    for station in ("S1", "S2", "S3", "S4"):
        (alone,) = longer_hours_gains(result, [longer], keeping=[station]).to_dict("records")
        if alone["station_h"] == 0:
            assert station not in ranked.index
            continue
        for column in (
            "station_h",
            "person_hours_compliance",
            "person_hours_experience",
            "accessible_compliance",
            "accessible_experience",
        ):
            assert ranked.loc[station, column] == pytest.approx(alone[column]), column
    assert ranked["person_hours_compliance"].is_monotonic_decreasing


# -- invariants ----------------------------------------------------------------------------------------------------


@settings(max_examples=draws(6))
@given(
    st.lists(st.sampled_from(TEXTS), min_size=4, max_size=4),
    st.sampled_from(list(LongerHours)),
    st.sampled_from(["full", "all"]),
)
def test_longer_hours_never_lower_any_cell(texts: list[str], longer: LongerHours, keeping: str) -> None:
    before = crowded(texts)
    after = with_longer_hours(before, longer, keeping)
    for mode in (COMPLIANCE, EXPERIENCE):
        assert (after.by_minute(mode) >= before.by_minute(mode)).all()
    assert (after.timetable.open_hours >= before.timetable.open_hours).all()


def test_open_day_and_night_every_cell_is_the_coverage() -> None:
    result = measured(with_hours("24/7", "Mo-Su 00:00-24:00"))
    coverage: CoverageResult = result.coverage
    for mode in (COMPLIANCE, EXPERIENCE):
        for level in ServiceLevel:
            expected = coverage.covered_residents(mode, level).sum()
            assert result.onsite(mode, level=level) == pytest.approx(np.full((7, 48), expected))
    assert len(result.timetable.weeks) == 1  # two ways to write one week


@settings(max_examples=3)
@given(st.permutations(range(6)), st.permutations(range(2)))
def test_row_order_changes_nothing(demand: list[int], stations: list[int]) -> None:
    shuffled = pocket.district(demand=pocket.demand().iloc[demand], stations=pocket.stations().iloc[stations])
    same, usual = measured(shuffled), measured()
    assert same.fingerprint == usual.fingerprint
    assert same.summary().equals(usual.summary())
    assert np.array_equal(same.onsite(EXPERIENCE), usual.onsite(EXPERIENCE))


def test_hours_that_say_nothing_but_by_appointment_are_not_known():
    texts = [
        "Mo-Fr 09:00-17:00",
        '"by appointment"',
        "unknown",
        'Mo-Fr 09:00-17:00 || "by appointment"',
        "off",
        None,
        '"by appointment"',
    ]
    stations = pd.DataFrame({"opening_hours": texts, "access": ["public"] * 6 + ["closed"]})
    timetable = Timetable.of(stations, Calendar(ORDINARY_MONDAY, dated=False))
    assert timetable.known.tolist() == [True, False, False, True, True, False, False]
    assert timetable.missing == 3
    assert timetable.of_station[0] == timetable.of_station[3]
