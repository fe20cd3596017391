"""One clock: gates, stations and the online service follow one time, and every hour of the week is a coverage.

Walks as in :mod:`tests.pocket`: D2 leaves K1 through G1 (185 m to S1), D3 through G1 (390 m) or G2 (270 m).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.catalogue.scenes import catalogue
from workbench.catalogue.terms import GateState, Mode
from workbench.coverage import (
    WhatIf,
    assess_coverage,
    assess_space_time,
    compare_gates,
    longer_hours_gains,
    scene_matrix,
    station_gains,
    station_walks,
    with_longer_hours,
)
from workbench.ground.district import District
from workbench.hours import WEEKDAYS
from workbench.results import Kpi

METRES, MINUTES = Mode.COMPLIANCE, Mode.EXPERIENCE
RUSH = "06:30-09:00,16:30-21:00"


def town(g1: str | None = RUSH, g2: str | None = None, s1: str | None = "24/7", s2: str | None = "24/7") -> District:
    gates = pocket.gates().assign(opening_hours=[g1, g2], access=["members", "members" if g2 else "closed"])
    return pocket.district(gates=gates, stations=pocket.stations().assign(opening_hours=[s1, s2]))


def covered(district: District, weekday: str = "We", at: str = "10:00", mode: Mode = METRES, **keys: object) -> float:
    scenario = pocket.scenario(clock={"weekday": weekday, "at": at}, **keys)
    return float(assess_coverage(district, scenario).covered_residents(mode).sum())


def kpi(kpis: list[Kpi], key: str, mode: Mode = METRES) -> Kpi:
    return next(k for k in kpis if (k.key, k.mode) == (key, mode))


def test_gates_and_stations_are_those_of_the_clock() -> None:
    assert covered(town(), at="08:00") == 10 + 20 + 40
    assert covered(town()) == 10 + 40  # at ten, G1 is shut
    assert covered(town(), at="22:30") == 10 + 40
    assert covered(town(s1="Mo-Fr 08:30-12:00"), at="08:00") == 40
    assert covered(town(s2="Mo-Fr 08:30-12:00"), "Sa") == 10
    assert covered(town(s1=None), "Su", "03:00") == 10 + 40  # a station of unknown hours counts
    assert covered(town(s1="Mo-Fr 08:30-12:00"), "Sa", hours={"extend": ["weekend"]}) == 10 + 40
    assert covered(town(), at="22:30", gates={"policy": "all_open"}) == 10 + 20 + 30 + 40


def test_numbers_name_their_hour_and_what_counts_then() -> None:
    district = town(s1=None, s2="Mo-Su 07:00-21:00")
    scenario = pocket.scenario(clock={"at": "22:30"}, hours={"online": "Mo-Fr 17:30-08:30"})
    result = assess_coverage(district, scenario)
    kpis = result.kpis()
    assert kpi(kpis, "residents.covered.share").clause.endswith("；周三 22:30")
    assert (kpi(kpis, "stations.counted").value, kpi(kpis, "stations.counted").of) == (1, 2)
    assert kpi(kpis, "stations.hours_unknown").value == 1
    assert kpi(kpis, "stations.counted").clause == "周三 22:30；线上服务此刻应答，不计入现场"
    assert kpi(kpis, "stations.unsnapped").of == 2  # whatever their hours
    assert result.by_station["on_network"].all()
    holiday = pocket.scenario(clock={"weekday": "Th"}, hours={"week": "2026-10-01"})
    assert holiday.moment.title == "周四 10月1日 国庆节 10:00"


def test_the_worst_hour_is_named_and_is_no_better_than_the_headline() -> None:
    district = town(s2="Mo-Sa 08:00-12:00,14:00-18:00")
    week = assess_space_time(assess_coverage(district, pocket.scenario()))
    moment, residents = week.worst(METRES)
    assert (moment.title, residents) == ("周一 12:00", 10)
    found = kpi(week.kpis(), "hours.worst.share")
    assert found.value == pytest.approx(100 * 10 / 210)
    assert found.clause.endswith("；最低于周一 12:00")
    assert week.indicators()[0].label == "一周最低时刻的现场覆盖率（每日 09:00-17:00）（合规，周一 12:00）"
    night = assess_space_time(
        assess_coverage(district, pocket.scenario(clock={"at": "03:00"}, hours={"day_hours": "10:00-11:00"}))
    )
    assert night.worst(METRES)[1] == 10  # the clock's own minute is asked too, and Sunday comes after it
    assert night.worst(METRES)[0].title == "周三 03:00"
    silent = assess_space_time(assess_coverage(town(s1=None, s2=None), pocket.scenario()))
    assert kpi(silent.kpis(), "hours.worst.share").value is None


def test_comparing_gates_changes_nothing_else() -> None:
    """At night S2 is shut as well, but what gates do by themselves is asked with the stations of the clock."""
    result = compare_gates(town("06:00-22:00", s2="Mo-Su 07:00-21:00"), pocket.scenario())
    assert [result.covered(state, METRES) for state in GateState] == [70, 50, 100]
    night = result.coverages[GateState.NIGHT]
    assert night.scenario.title == "大门夜间 周三 22:30"
    assert [w.nnz for w in night.week.walks[METRES, None]] == [
        w.nnz for w in result.coverages[GateState.DAY].week.walks[METRES, None]
    ]
    assert kpi(result.kpis(), "gates.night.lost").clause.endswith("阵地按周三 10:00")


GATE_TEXTS = [None, RUSH, "06:00-22:00", "Mo-Fr 08:00-20:00; Sa off", "Fr 18:00-02:00"]
STATION_TEXTS = ["24/7", "Mo-Fr 08:30-12:00,14:30-17:30", "Mo-Su 07:00-21:00", "Sa 22:00-04:00"]


@settings(max_examples=draws(6))
@given(
    st.sampled_from(GATE_TEXTS), st.sampled_from(GATE_TEXTS), st.sampled_from(STATION_TEXTS),
    st.sampled_from(STATION_TEXTS), st.sampled_from([None, "2026-10-01"]), st.data(),
)  # fmt: skip
def test_each_minute_of_the_week_is_the_coverage_of_that_clock(
    g1: str | None, g2: str | None, s1: str, s2: str, date: str | None, data: st.DataObject
) -> None:
    district, keys = town(g1, g2, s1, s2), {"hours": {"week": date}} if date else {}
    week = assess_space_time(assess_coverage(district, pocket.scenario(**keys)))
    states = np.unique(week.states.of_minute, return_index=True)[1].tolist()  # every state of the week
    for minute in [*states, *data.draw(st.lists(st.integers(0, 10079), min_size=2, max_size=2))]:
        day, of_day = divmod(minute, 1440)
        clock = {"weekday": WEEKDAYS[day], "at": f"{of_day // 60:02d}:{of_day % 60:02d}"}
        then = assess_coverage(district, pocket.scenario(clock=clock, **keys))
        for mode in (METRES, MINUTES):
            assert week.by_minute(mode)[day, of_day] == pytest.approx(then.covered_residents(mode).sum())
        for name, weight in then.populace.weight.items():
            expected = weight[then.covered(MINUTES, group=name)].sum()
            assert week.by_minute(MINUTES, name)[day, of_day] == pytest.approx(expected)


@settings(max_examples=draws(5))
@given(st.sampled_from(GATE_TEXTS), st.sampled_from(GATE_TEXTS), st.sampled_from(["lunch", "sat_sun", "evening"]))
def test_each_station_gains_what_the_week_measured_anew_says(g1: str | None, g2: str | None, longer: str) -> None:
    district = town(g1, g2, *STATION_TEXTS[1:3])
    week = assess_space_time(assess_coverage(district, pocket.scenario()))
    for row in station_gains(week, longer, keeping="all").itertuples():
        after = with_longer_hours(week, longer, [row.id])
        for mode in (METRES, MINUTES):
            assert getattr(row, f"person_hours_{mode}") == pytest.approx(
                after.person_hours(mode) - week.person_hours(mode)
            )
            assert getattr(row, f"accessible_{mode}") == pytest.approx(after.accessible(mode) - week.accessible(mode))
    assert longer_hours_gains(week, [longer]).loc[0, "person_hours_compliance"] >= 0


def test_scenes_are_reached_through_the_gates_of_their_hours() -> None:
    """Night school is on when G1 is open again, the counter when it is shut; D2 lives behind it, 185 m from S1."""
    services = ";".join(catalogue().services)
    district = town(g1="Mo-Su 18:00-24:00")
    stations = district.stations.assign(services=[services, None]).drop(columns="level")
    matrix = scene_matrix(assess_coverage(pocket.district(gates=district.gates, stations=stations), pocket.scenario()))
    cells = matrix.cells.set_index(["group", "scene"])
    assert cells.loc[("adults", "night_school"), "reached"] - cells.loc[("adults", "lunch_counter"), "reached"] == 10


def test_rooms_are_linked_whatever_the_hour_and_edits_follow_the_clock() -> None:
    district = town(s2="Mo-Su 07:00-21:00")
    night = assess_coverage(district, pocket.scenario(clock={"at": "22:30"}))
    assert len(night.station_rows) == 1
    assert len(station_walks(night)) == len(station_walks(assess_coverage(district, pocket.scenario())))
    what = WhatIf(night)
    what.open_station("S3", 590, 0, opening_hours="Mo-Su 07:00-21:00")
    assert what.covered_residents(METRES) == 10
    assert what.result().covered_residents(METRES).sum() == 10
    what.open_station("S4", 590, 0, opening_hours="24/7")
    what.open_station("S5", 590, 0)
    assert what.covered_residents(METRES) == 50
    assert what.result().covered_residents(METRES).sum() == 50
    assert pd.notna(what.district.stations["id"]).all()
