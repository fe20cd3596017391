"""The roster of the pocket district: numbers by hand, every sentence, and the files that a run writes."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pandas as pd
import pytest

from tests.counters import halls
from tests.roster.grounds import ground, requirements, scenario, staff, table
from tests.rostering.cases import AGENCY, ONLINE, WINDOW
from workbench.cache import Cache
from workbench.coverage import assess_coverage
from workbench.errors import NoSolutionError
from workbench.ground.sources import write_district
from workbench.plot.roster import fairness_bars, round_the_clock, stand_ins
from workbench.plot.style import close
from workbench.progress import Stopwatch
from workbench.report import write_run
from workbench.roster.problem import RosterError
from workbench.roster.result import NOBODY, ON_SITE, Opening, RosterResult, roster_staff
from workbench.roster.result import ONLINE as ONLINE_ONLY
from workbench.roster.studies import STUDIES
from workbench.rostering.problem import Hall
from workbench.rostering.solve import HallPlan, plan_hall
from workbench.study import run_study, study_district

FEW = {"draws": 20}
WEEKEND = {"opens": "sat_sun", "opens_with": {WINDOW: "09:00-11:30"}}


@cache
def plain() -> RosterResult:
    return roster_staff(ground(), scenario())


@cache
def weekend() -> RosterResult:
    shifts = {
        "综合班": {"posts": {WINDOW: "08:30-11:30,12:30-17:30"}},
        "帮办班": {"posts": {AGENCY: "08:30-11:30,13:30-17:30", WINDOW: "11:30-12:30"}},
        "夜班": {"posts": {ONLINE: "17:30-08:30"}},
    }
    said = scenario(roster={"shifts": shifts, **WEEKEND})
    return roster_staff(ground(), said, coverage=assess_coverage(ground(), said))


def numbers(result: RosterResult) -> dict[str, Any]:
    return {kpi.key: kpi.value for kpi in result.kpis()}


def test_numbers_by_hand() -> None:
    """45 h of the window, 35 h of the agency; the nights but the one before: 6 × 15 h, and 6.5 h of the last."""
    result, found = plain(), numbers(plain())
    assert result.status == "OPTIMAL"
    assert found["roster.lacking"] == 0
    assert found["roster.met"] == 100
    asked = float(result.by_hall["asked_h"].sum())
    assert asked == 45 + 35 + 6 * 15 + 6.5
    assert found["roster.both_away"] == 0
    assert found["roster.proven"] == 1
    assert found["roster.on_site"] == pytest.approx(100 * 45 / 168)
    night = 6 * 15 + 6.5
    assert found["roster.answered"] == pytest.approx(100 * (45 + night + 8.5) / 168)  # and the morning before
    assert "opening.cost" not in found
    assert set(result.by_duty["station"]) == {"S1"}
    assert (result.by_duty.groupby(["staff", "date"]).size() == 1).all()


def test_the_week_that_is_open_follows_from_what_is_asked_and_held() -> None:
    week = plain().week_of("S1")
    assert week[:5, 510:1050].all()
    assert not week[5:].any()
    planned = weekend().with_plan(ground())
    hours = dict(zip(planned.stations["id"], planned.stations["opening_hours"], strict=True))
    assert hours["S1"] == "Mo,Tu,We,Th,Fr 08:30-17:30; Sa,Su 09:00-11:30"
    assert hours["S2"] == "24/7"
    assert len(planned.ledger("duties")) == len(weekend().by_duty)


def test_what_weekend_opening_gives_and_takes() -> None:
    """D1 alone is nearer than 300 m to S1: ten residents gain five hours a week for five hours of work."""
    found = numbers(weekend())
    assert found["opening.staff_hours"] == 5
    assert found["opening.cost"] == pytest.approx(5 * 365.25 / 7 * 40 / 10_000)
    assert found["opening.person_hours"] > 0
    assert found["opening.per_case"] == pytest.approx(10_000 * found["opening.cost"] / (2200 * 5 / 50))
    assert "周末多开每周用工 5.0 h" in weekend().conclusion()[0]
    assert "每周增加" in weekend().conclusion()[0]
    after, before, asked = weekend().opening or pytest.fail("not measured")
    lost = replace(weekend(), opening=Opening(before, after, asked))
    assert "缺岗之处不开门，步行可达的开放时间每周反而减少" in lost.conclusion()[0]


def test_round_the_clock_adds_up() -> None:
    shares = plain().round_the_clock
    assert shares.sum(axis=0) == pytest.approx(1)
    assert shares[ON_SITE, 0, 10] == 1
    assert shares[ONLINE_ONLY, 1, 3] == 1
    assert shares[NOBODY, 5, 12] == 1


def test_every_sentence() -> None:
    assert "岗位需求全部满足；AB岗从不同时离岗" in plain().conclusion()[0]
    thin = staff(skills=[WINDOW, WINDOW, ONLINE, ONLINE], pair=["p1", "p1", None, None])
    leave = table("staff first last", ("a", "2026-11-02", "2026-11-02"), ("b", "2026-11-02", "2026-11-02"))
    result = roster_staff(ground(staff=thin, leave=leave), scenario())
    said = result.conclusion()[0]
    assert "缺" in said
    assert "AB岗同时离岗 1 次" in said
    assert "一人缺勤即空岗的当班占" in said
    assert "培训" in said
    titles = result.tables()
    assert {"缺岗及原因", "缺岗的补救", "AB岗同时离岗", "无人可替的当班", "建议培训", "值班公平"} <= set(titles)
    assert set(titles["AB岗同时离岗"]["其中请假（人）"]) == {2}
    assert "本中心无人会此岗" in set(titles["缺岗及原因"]["原因（每人一条）"])
    assert titles["缺岗的补救"]["增加一人须会的岗位"].iloc[0] == f"{AGENCY}、{WINDOW}"


def test_no_roster_at_all() -> None:
    clash = staff(weekly_hours=[40.0] * 4, least_hours=[40.0] * 4, last_days=["DDDDDD"] * 4)
    off = table("staff first last", *((who, "2026-11-07", "2026-11-08") for who in "abcd"))
    result = roster_staff(ground(staff=clash, leave=off), scenario())
    if result.status != "INFEASIBLE":
        pytest.skip("the rules leave a way")
    assert "没有一个中心排得出班（互相矛盾的规则：" in result.conclusion()[0]
    assert [row.verdict for row in result.headlines()] == ["无解"]
    assert "规则矛盾的人员" in result.tables()
    assert list(numbers(result)) == ["roster.proven"]
    with pytest.raises(NoSolutionError):
        _ = result.by_duty


def test_absences_are_mended_and_shown() -> None:
    first = plain().by_duty
    who, date = first.loc[first["shift"] == "综合班", ["staff", "date"]].iloc[2]
    said = scenario(roster={"absences": [{"staff": who, "first": date, "last": date}]})
    result = roster_staff(ground(), said)
    assert numbers(result)["roster.changes"] >= 1
    mended = result.by_duty
    assert not ((mended["staff"] == who) & (mended["date"] == date)).any()
    before = first[first["date"] < date]
    assert before.equals(mended[mended["date"] < date])
    assert set(result.tables()["临时顶岗"]["变动"]) <= {"取消", "新增"}


def test_what_is_mended_starts_from_the_roster_that_was_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    def heard(hall: Hall, *asked: Any, **more: Any) -> HallPlan:
        made.append("mended" if more else "made")
        return plan_hall(hall, *asked, **more)

    monkeypatch.setattr("workbench.roster.result.plan_hall", heard)
    kept = Cache(tmp_path)
    for _ in range(2):
        found = roster_staff(ground(), scenario(), cache=kept)
        assert found.by_duty.equals(plain().by_duty)
        assert found.tables()["排班逐阶段证明"].equals(plain().tables()["排班逐阶段证明"])
    assert made == ["made"]
    who, date = plain().by_duty[["staff", "date"]].iloc[2]
    ill = scenario(roster={"absences": [{"staff": who, "first": date, "last": date}]})
    assert roster_staff(ground(), ill, cache=kept).by_duty.equals(roster_staff(ground(), ill).by_duty)
    assert made == ["made", "mended", "made", "mended"]
    roster_staff(ground(staff=staff(weekly_hours=[40.0, 40.0, 40.0, 36.0])), scenario(), cache=kept)
    assert made[4:] == ["made"]  # it is asked of other people


def test_a_published_roster_stays_where_it_can() -> None:
    plan = plain().with_plan(ground())
    again = roster_staff(plan, scenario())
    stages = {stage.name: stage.value for stage in again.plans[0].stages}
    assert stages["changes"] == 0
    assert again.by_duty.equals(plain().by_duty)


def test_stretches_follow_each_other() -> None:
    result = roster_staff(ground(), scenario(roster={"weeks": 2, "at_once": 1}))
    assert len(result.plans) == 2
    assert result.plans[1].hall.people[0].last
    assert result.by_duty["date"].max() > "2026-11-08"
    assert len(result.by_hall) == 1


def test_reruns_are_identical() -> None:
    again = roster_staff(ground(), scenario())
    assert again.by_duty.equals(plain().by_duty)
    for title, shown in plain().tables().items():
        pd.testing.assert_frame_equal(shown, again.tables()[title])
    assert again.fingerprint == plain().fingerprint


@pytest.mark.parametrize("workers", [1, 3])
def test_rosters_do_not_depend_on_how_many_are_made_at_once(monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    other = staff(id=["e", "f", "g", "h"], station=["S2"] * 4, pair=["p3", "p3", "p4", "p4"])
    two = ground(staff=pd.concat([staff(), other]), requirements=_for_two(requirements()))
    usual = roster_staff(two, scenario())
    monkeypatch.setattr("workbench.roster.result._WORKERS", workers)
    assert roster_staff(two, scenario()).by_duty.equals(usual.by_duty)
    assert set(usual.by_duty["station"]) == {"S1", "S2"}


def _for_two(rows: pd.DataFrame) -> pd.DataFrame:
    online = rows[rows["post"] == ONLINE]
    return pd.concat([rows, online.assign(station="S2", id=[f"{name}-2" for name in online["id"]])])


def test_figures_are_drawn() -> None:
    for draw in (round_the_clock, fairness_bars, stand_ins):
        ax = draw(plain())
        assert ax.get_title("left") or ax.get_title()
        close(ax)
    close(fairness_bars(plain(), station="S1"))
    with pytest.raises(KeyError):
        fairness_bars(plain(), station="S9")


def test_a_run_writes_duty_tables_calendars_and_the_page(tmp_path: Path) -> None:
    folder = write_district(ground(), tmp_path / "ground")
    study = run_study(scenario(roster=WEEKEND, robustness=FEW), folder)
    assert "roster" in study.parts
    assert study.planned is not None
    assert any(row.key == "roster.met" for row in study.headlines())
    out = write_run(tmp_path / "out", study.district, study.scenario, study)
    book = openpyxl.load_workbook(out / "duties.xlsx")
    assert book.sheetnames == ["说明", "S1 2026-11"]
    sheet = book["S1 2026-11"]
    assert sheet.page_setup.paperSize == 9
    roster = study.parts["roster"]
    assert isinstance(roster, RosterResult)
    total = sum(int(sheet.cell(row, 9).value) for row in range(5, 9))
    assert total == len(roster.by_duty)
    for staff_id, own in roster.by_duty.groupby("staff"):
        read = icalendar.Calendar.from_ical((out / "calendars" / f"duty_{staff_id}.ics").read_bytes())
        assert len(read.walk("VEVENT")) == len(own)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "排班" in page
    assert "岗位需求满足率" in page
    answer = json.loads((out / "answer.json").read_text(encoding="utf-8"))
    assert any("排班" in sentence for sentence in answer["conclusion"])


def test_a_run_that_sizes_windows_rosters_their_plan() -> None:
    """The ledger asks for nobody at weekends; the plan of windows does, in a run as by hand."""
    busy = halls.arrivals(*halls.week(dict.fromkeys(range(8, 18), 0.5), weekend=2.0))
    said = scenario(counters={"weeks": 64, "tries": ["weekend"], "most_windows": 2}, robustness=FEW)
    district = halls.district(arrivals=busy, staff=staff(), requirements=requirements())
    study = study_district(district, said, Stopwatch())
    windows, roster = study.parts["counters"], study.parts["roster"]
    assert isinstance(roster, RosterResult)
    assert list(study.parts).index("counters") < list(study.parts).index("roster")
    assert {need.day for need in roster.plans[0].hall.needs if need.post == WINDOW} == set(range(7))
    assert roster.by_duty.equals(roster_staff(windows.handing_on(district), said).by_duty)
    assert "按一窗受理方案（1 个中心的窗口）排班" in roster.conclusion()[0]
    assert {kpi.clause for kpi in roster.kpis() if kpi.key == "roster.met"} == {
        "一窗受理方案（1 个中心的窗口）与岗位需求台账"
    }
    assert study.planned is not None
    assert "Sa,Su" in study.planned.coverage.district.stations.set_index("id")["opening_hours"]["S1"]


def test_what_windows_will_require_need_not_stand_in_the_ledger_before() -> None:
    (kind,) = STUDIES
    empty = ground(requirements=requirements().iloc[:0])
    kind.check(empty, scenario(counters={}))
    with pytest.raises(RosterError, match="requirements: there are no rows to make a roster of"):
        kind.check(empty, scenario())


def test_nobody_is_named_in_a_result() -> None:
    assert repr(plain()) == "<RosterResult pocket: OPTIMAL>"
    assert replace(plain(), plans=()).status == "UNKNOWN"
    assert len(requirements()) == 29
