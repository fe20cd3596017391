"""What a planner reads of rounds: waits, crew days, fixed places, the curve, and that it stands everywhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import icalendar
import matplotlib.pyplot as plt
import numpy as np
import pytest

from tests import pocket
from tests.circuits.grounds import ground, planned, scenario
from workbench.circuits import CircuitsResult, plan_circuits
from workbench.coverage import assess_coverage
from workbench.plot import load_by_crew, presence_calendar, rounds_map, waiting_curve
from workbench.progress import Stopwatch
from workbench.report.timetables import write_round_calendars
from workbench.routing.rounds import Option, RoundPlan, Route
from workbench.study import study_district


@pytest.fixture(scope="module")
def result() -> CircuitsResult:
    return planned()


def test_every_stop_is_visited_regularly(result: CircuitsResult) -> None:
    table = result.by_trade.set_index("trade")
    assert table["missed"].tolist() == [0, 0]
    assert table.loc["cobbler", ["visits", "longest"]].tolist() == [8, 7]
    assert table.loc["barber", ["visits", "wait", "longest"]].tolist() == [2, 7.0, 14]


def test_calendars_hold_every_visit_for_its_station_and_its_crew(result: CircuitsResult, tmp_path: Path) -> None:
    paths = write_round_calendars(tmp_path, result)
    events = {path.stem: icalendar.Calendar.from_ical(path.read_bytes()).walk("VEVENT") for path in paths}
    visits = result.calendar
    for by, rows in (("station", visits), *visits.assign(station=visits["crew"]).groupby("kind")):
        counted = rows["station"].value_counts().to_dict()
        assert {name: len(events[f"round_{by}_{name}"]) for name in counted} == counted
    told = {
        at: {str(one["uid"]) for name, own in events.items() if at == ("_station_" in name) for one in own}
        for at in (True, False)
    }
    assert told[True] == told[False]
    assert len(told[True]) == len(visits)
    first = visits.iloc[0]
    begun = events[f"round_crew_{first['crew']}"][0]["dtstart"].dt
    assert (begun.date().isoformat(), begun.hour * 60 + begun.minute) == (first["date"], round(first["begin"]))
    before = {path: path.read_bytes() for path in paths}
    assert {path: path.read_bytes() for path in write_round_calendars(tmp_path, result)} == before


def test_both_stops_of_a_crew_are_on_one_day(result: CircuitsResult) -> None:
    cobbler = result.by_trade.set_index("trade").loc["cobbler"]
    assert cobbler["crew_days"] == 4  # S1 goes along on the Wednesdays of S2
    walk = 520 / result.coverage.default_manner.pace_m_s
    assert cobbler["road"] == pytest.approx(4 * 2 * np.ceil(walk) / 3600)
    found = result.answers[1].found
    assert 0 < found.bound <= found.worth == 4 * (2 * np.ceil(walk) + 7200)


def test_residents_wait_at_the_nearest_stop_in_reach(result: CircuitsResult) -> None:
    waits = dict(zip(result.district.demand["id"], result.waits(result.answers[1]), strict=True))
    assert (waits["D1"], waits["D4"], waits["D6"]) == (3.5, 3.5, np.inf)
    nearest = dict(zip(result.district.demand["id"], result.nearest_stop(result.answers[1]), strict=True))
    assert (nearest["D1"], nearest["D4"], nearest["D6"]) == (0, 1, -1)


def test_a_plan_is_measured_as_it_is(result: CircuitsResult) -> None:
    """Somebody else's plan: S1 on two days in a row, S2 never."""
    one = result.answers[1]
    days = (0, 1)
    bad = RoundPlan((Option(0, days), None), tuple(Route(one.round.crew_day_of[0, day], (0,)) for day in days))
    other = replace(result, answers=(replace(one, found=replace(one.found, plan=bad), others={}),))
    row = other.by_trade.iloc[0]
    assert (row["visits"], row["missed"], row["longest"]) == (2, 6, 27)
    assert row["wait"] == pytest.approx((1 + 27**2) / 56)
    assert other.by_stop["left"].tolist() == [pytest.approx(other.by_stop["cases"][0] - 12), 30.0]


def test_a_fixed_place_is_better_where_a_round_has_no_time(result: CircuitsResult) -> None:
    table = result.by_stop.set_index(["trade", "station"])
    assert table.loc[("cobbler", "S2"), "left"] == 6  # 30 cases of 10 min in four visits of 60 min
    assert table.loc[("barber", "S1"), "left"] == pytest.approx(11 - 2 * 5)  # 11 of 80 and over, five at a visit
    assert table.loc[("cobbler", "S1"), "left"] == 0
    assert table["fixed"].tolist() == [True, False, True]
    assert table.loc[("barber", "S1"), "hours"] == pytest.approx(
        2 * (10 + 100 + 2 * result.answers[0].round.travel[0, 1] / 60) / 60 / 4, abs=0.02
    )


def test_more_visits_cost_crew_days_and_save_waiting(result: CircuitsResult) -> None:
    for _, own in result.curve.groupby("trade"):
        once, twice = own.to_dict("records")
        assert (once["times"], twice["times"]) == (1, 2)
        assert twice["visits"] > once["visits"]
        assert twice["wait"] < once["wait"]
        assert twice["crew_days"] >= once["crew_days"]


def test_the_calendar_keeps_to_the_hours(result: CircuitsResult) -> None:
    table = result.calendar
    assert table["kind"].value_counts().to_dict() == {"crew": 10, "adviser": 4}
    assert (table["begin"] >= 8.5 * 60).all()
    assert (table.loc[table["trade"] == "cobbler", "end"] <= 17 * 60).all()
    assert set(table.loc[table["trade"] == "barber", "weekday"]) <= {1, 3}


def test_an_adviser_sits_at_the_centre_once_a_week(result: CircuitsResult) -> None:
    """C1 is open from half past eight to half past five; C2 has no station, and so no adviser."""
    [seat] = result.presences.to_dict("records")
    assert (seat["community"], seat["station"], seat["adviser"], seat["wanted"], seat["longest"]) == (
        "C1",
        "S1",
        "v1",
        4,
        7,
    )
    rows = result.calendar.query("kind == 'adviser'")
    assert rows["station"].unique().tolist() == ["S1"]
    assert len(set(rows["weekday"])) == 1
    assert set(zip(rows["begin"], rows["end"], strict=True)) <= {(540, 720), (870, 1050)}
    assert result.tables()["顾问驻点半天"]["日期"].tolist() == [
        "、".join(f"{int(date[5:7])}-{int(date[8:])}" for date in rows["date"])
    ]
    assert "驻点 4 个半天全部排上，同一天最多 1 处" in result.conclusion()[-1]


def test_half_days_that_cannot_be_are_counted_as_missing() -> None:
    """The centre shuts before the only half day ends; where its hours are not known it is said."""
    stations = pocket.stations()
    late = scenario(half_days="15:00-18:00", steps=0, tries=[], effort=100)
    shut = plan_circuits(assess_coverage(ground(), late))
    assert "驻点 4 个半天排上 0 个，同一天最多 0 处。" in shut.conclusion()[-1]
    assert shut.tables()["顾问驻点半天"][["排上（半天）", "开始", "结束"]].values.tolist() == [[0, "", ""]]
    assert {kpi.key: kpi.value for kpi in shut.kpis()}["circuits.presences"] == 0
    assert set(shut.calendar["kind"]) == {"crew"}
    unknown = plan_circuits(assess_coverage(ground(stations=stations.assign(opening_hours=None)), late))
    assert "驻点 4 个半天全部排上，同一天最多 1 处，1 处开放时间不明，按开门排。" in unknown.conclusion()[-1]


def test_numbers_tables_and_layers(result: CircuitsResult) -> None:
    kpis = {kpi.key: kpi for kpi in result.kpis()}
    assert (kpis["circuits.advised"].value, kpis["circuits.advised"].of) == (1, 2)
    assert kpis["circuits.missed"].value == 0
    assert kpis["circuits.crew_days"].value == result.by_trade["crew_days"].sum()
    oldest = pocket.demand()["age_80_plus"]
    reached = oldest[np.isfinite(result.waits(result.answers[1]))].sum()
    assert kpis["circuits.elders"].value == pytest.approx(100 * reached / oldest.sum())
    assert {"逐业态巡回", "等候与出工", "巡回日历", "法律顾问分配", "顾问驻点半天"} <= set(result.tables())
    assert "C2 " not in "".join(result.conclusion())
    assert any("1 个社区没有顾问" in said for said in result.conclusion())
    layers = result.layers()
    assert len(layers["circuits_stops"]) == 3
    assert len(layers["circuits_routes"]) == result.by_trade["crew_days"].sum()
    assert result.with_plan(result.district) is result.district


@pytest.mark.parametrize("draw", [rounds_map, waiting_curve, load_by_crew, presence_calendar])
def test_figures_are_drawn(result: CircuitsResult, draw) -> None:
    ax = draw(result)
    assert ax.get_title(loc="left")
    plt.close(ax.figure)


def test_identical_runs_give_identical_answers(result: CircuitsResult) -> None:
    again = plan_circuits(assess_coverage(ground(), scenario()))
    assert again.kpis() == result.kpis()
    assert again.calendar.equals(result.calendar)


def test_a_run_meets_it_where_it_is_asked_for() -> None:
    found = study_district(ground(), scenario(tries=[], trades=["barber"], steps=0), Stopwatch())
    assert found.parts["circuits"].decides
    assert "circuits" not in study_district(ground(), pocket.scenario(), Stopwatch()).parts


def test_two_processes_plan_what_one_plans(result: CircuitsResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.circuits.result.usable_cpus", lambda: 2)
    assert plan_circuits(result.coverage).calendar.equals(result.calendar)
