"""What is said of halls: numbers, tables, sentences, requirements, and the plan in place."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.counters import halls
from tests.roster import grounds
from tests.rostering.cases import ONLINE
from workbench.comparison import _changes_nothing, _nothing, compare_scenarios
from workbench.counters import CountersResult, size_windows
from workbench.counters.result import POSTS, cell_words, plan_words
from workbench.counters.sizing import MOST_TIMES, Plan
from workbench.coverage import assess_coverage
from workbench.ground.sources import write_district
from workbench.hours import WEEKDAYS
from workbench.progress import Stopwatch
from workbench.results import PLANNED_ROW, amount
from workbench.roster.problem import RosterError, halls_of
from workbench.scenario import Scenario
from workbench.study import study_district

DAY = dict.fromkeys(range(8, 18), 0.5)
PEAK = {**DAY, 9: 2.6, 10: 2.6}


def sized(
    said: dict[str, object] | None = None, scenario: Scenario | None = None, **ledgers: pd.DataFrame
) -> CountersResult:
    asked = scenario or halls.scenario(
        **{"weeks": 64, "tries": ["lunch", "weekend"], "most_windows": 3, **(said or {})}
    )
    return size_windows(assess_coverage(halls.district(**ledgers), asked))


@cache
def enough() -> CountersResult:
    """A hall of two windows that are enough."""
    return sized(matters=halls.matters({"package": "出生"}, {"package": "出生", "department": "社保"}, {"assist": True}),
                 arrivals=halls.arrivals(*halls.week(DAY, weekend=0.5)))  # fmt: skip


@cache
def short(tidal: bool) -> CountersResult:
    """A hall of two windows that are not enough on Monday to Friday morning."""
    return sized({"tidal": tidal}, arrivals=halls.arrivals(*halls.week(PEAK)))


def number(result: CountersResult, key: str) -> float | None:
    return next(kpi.value for kpi in result.kpis() if kpi.key == key)


def test_the_numbers_belong_together() -> None:
    result = enough()
    assert number(result, "counters.enough") == 1
    assert number(result, "counters.prompt_before") == number(result, "counters.separate.prompt")
    assert number(result, "counters.prompt_after") == number(result, "counters.plan.prompt")
    assert number(result, "counters.hours_before") == 90.0
    state = result.of_state["pooled"]
    assert state["came"] == pytest.approx(52 * 0.5 * (5 * 36 + 0.6 * (5 * 4 + 0.5 * 2 * 40)))
    assert state["hours"] == pytest.approx(90)
    assert state["idle"] + state["utilisation"] * state["hours"] == pytest.approx(90)
    assert state["wished"] == pytest.approx(state["prompt"] * state["came"] / state["wishes"])
    people = result.problem.people
    assert number(result, "counters.visits") == pytest.approx(0.3 * people / 3)
    assert number(result, "counters.visit_hours") == pytest.approx(0.3 * people / 3 * 50 / 60)
    assert number(result, "counters.package_visits") == pytest.approx(0.5 * people / 3)
    assert number(result, "counters.package_hours") == pytest.approx(0.5 * people / 3 * 0.25 * 1.15 * 20 / 60)


def test_longer_hours_cost_what_they_take_for_what_they_serve() -> None:
    table = enough().by_longer.set_index("longer")
    assert table.index.tolist() == ["weekend"]  # it is open at midday
    row = table.loc["weekend"]
    assert row["staff_hours"] == 16
    gained = 52 * 0.5 * 0.5 * 2 * 32 * 0.4  # those who would not come back
    assert row["cases"] == pytest.approx(gained, rel=0.05)
    assert row["price"] == pytest.approx(52 * 16 / row["cases"])
    assert row["yuan"] == pytest.approx(40 * row["price"])


def test_lunch_that_is_kept_already_has_no_price() -> None:
    assert set(enough().answers[0].longer) == {"weekend"}
    assert "午间" not in "".join(enough().conclusion())


@pytest.mark.parametrize("tidal", [False, True])
def test_requirements_are_the_windows_of_the_plan(tidal: bool) -> None:
    result = short(tidal)
    table = result.requirements()
    assert table.columns.tolist() == ["station", "post", "weekday", "start", "end", "staff"]
    assert set(table["weekday"]) <= set(WEEKDAYS)
    assert (table["start"] < table["end"]).all()
    (one,) = result.answers
    assert one.plan is not None
    assert one.planned is not None
    minutes = ((table["end"] - table["start"]) * table["staff"]).sum()
    assert minutes / 60 == pytest.approx(one.planned.outcomes[0].hours)
    assert (set(table["post"]) == {"综合窗口", "帮办代办"}) or one.plan.assist == 0
    if tidal:
        extra = table[table["staff"] == 2]
        assert set(extra["post"]) == {"综合窗口"}
        assert result.requirements("unknown")["staff"].max() == 1


def test_the_tide_is_told_by_the_clock() -> None:
    result = short(True)
    table = result.tables()["潮汐窗口"]
    assert set(table["开始"]) <= {f"{h:02d}:{m}" for h in range(8, 18) for m in ("00", "30")}
    assert result.tide["end"].sub(result.tide["start"]).min() >= 60
    assert number(result, "counters.tidal") == pytest.approx((result.tide["end"] - result.tide["start"]).sum() / 60)


def test_sentences_of_a_hall_that_has_enough() -> None:
    first, pooling, plan, prices = enough().conclusion()
    assert first.startswith(
        "1 个大厅各设 2 窗（综合 1、帮办 1）均够用（各季 15 分钟内得到接待 ≥ 90%）；余量最小的是东中心"
    )
    assert pooling.endswith("合并省的是等候，不是人。")  # two windows before and after
    assert "90% 按时办上" in plan
    assert prices.startswith("延时开放每多接待一件：周末开放 ")


@pytest.mark.parametrize(
    ("hours", "prompt", "said"),
    [(9.0, 0.5, "：合并省的是人，不是等候"), (9.0, 0.7, "：合并既省人，又少等候"), (10.0, 0.7, "：合并省的是等候，不是人"),
     (10.0, 0.6, "由 60.0% 变为 60.0%")],
)  # fmt: skip
def test_what_pooling_saves(hours: float, prompt: float, said: str) -> None:
    result = dataclasses.replace(enough())
    vars(result)["of_state"] = {
        **enough().of_state,
        "separate": {"hours": 10.0, "prompt": 0.6},
        "pooled": {"hours": hours, "prompt": prompt},
    }
    assert result.conclusion()[1].endswith(f"{said}。")


def test_sentences_of_a_hall_that_has_not() -> None:
    first, _, plan, over = short(True).conclusion()
    assert first.startswith("1 个大厅中 1 个 2 窗（综合 1、帮办 1）不够")
    assert "多因来人过于集中" in first
    assert first.endswith("小时即可。")
    assert plan.startswith("潮汐方案：1 个大厅达标，全年平均每周在岗 ")
    assert over.startswith(
        "1 个大厅有时来人超过 2 窗所能办（利用率 ≥ 100%），排队越积越长：最甚的东中心（year）自周一 09:00 起"
    )
    fixed = short(False).conclusion()[2]
    assert "1 窗即够" in fixed


def test_a_hall_whose_clerks_do_not_know_everything_says_so() -> None:
    quiet = halls.arrivals(*halls.week(dict.fromkeys(range(8, 18), 0.1)))
    clerks = halls.clerks({"skills": "民政"}, {"skills": "社保"})
    result = sized({"general": 1, "assist": 0, "tries": []}, arrivals=quiet, clerks=clerks)
    first = result.conclusion()[0]
    assert "多因窗口人员技能不全；" in first
    assert first.endswith("；其中 1 个补齐窗口人员的技能即够。")
    assert result.tables()["逐厅窗口与时段"]["不够的原因（单独消除即够）"].tolist() == ["窗口人员技能不全"]


def test_sentences_where_nothing_helps_or_nothing_is_known() -> None:
    flood = halls.arrivals(*halls.week(dict.fromkeys(range(8, 20), 4.0)))
    result = sized(
        {"tidal": True, "weeks": 32, "tries": [], "most_windows": 2}, arrivals=flood, windows=halls.windows()
    )
    first, pooling, plan, over = result.conclusion()
    assert "自周一 08:30 起，每周共 45 小时，最忙时须 " in over
    assert first.endswith("仍有 1 个不足。")
    assert "多因" not in first
    assert pooling == "窗口台账缺数据，不作分设与合并的对照。"
    assert plan == "所试的窗口与时段都不能使 90% 的人按时得到接待。"
    assert number(result, "counters.prompt_before") is None
    assert number(result, "counters.hours_after") is None
    over = result.by_peak.iloc[0]
    assert (over["since"], over["over"]) == (34, 45.0)  # from Monday 08:30 on, all week
    assert np.isfinite(result.by_peak.drop(columns=["station", "season"]).to_numpy(float)).all()
    table = result.tables()["高峰与稳态公式对照（Erlang）"]
    assert table["超负荷自"].tolist() == ["周一 08:30"]
    assert "在岗需求" not in result.tables()
    assert "所试范围内没有" in result.tables()["逐厅窗口与时段"]["建议方案"].tolist()


def test_halls_without_a_plan_are_counted_beside_those_with_one() -> None:
    result = short(False)
    (one,) = result.answers
    without = dataclasses.replace(one, plan=None, planned=None)
    both = dataclasses.replace(result, answers=(one, without))
    assert both.conclusion()[2].endswith("（1 个大厅在所试范围内没有方案，按合并窗口计）。")
    kept, planned = (short(False).of_state[state] for state in ("pooled", "plan"))
    assert both.of_state["plan"]["hours"] == kept["hours"] + planned["hours"]
    assert kept["prompt"] < both.of_state["plan"]["prompt"] < planned["prompt"]
    calm = dataclasses.replace(enough(), answers=(dataclasses.replace(enough().answers[0], times=MOST_TIMES),))
    assert f"来人增至 {MOST_TIMES:g} 倍仍够" in calm.conclusion()[0]
    assert calm.tables()["逐厅窗口与时段"]["可承受来人（倍）"].tolist() == [f"> {MOST_TIMES:g}"]


def test_assumed_arrivals_are_marked_and_bent() -> None:
    result = sized(halls=halls.halls({"cases": 4000.0, "profile": None}))
    table = result.tables()["到达假设的影响【推】"]
    assert table.columns.tolist() == [
        "大厅",
        "全年件数（件）",
        "均匀到达按时（%）",
        "设定高峰按时（%）",
        "高峰加倍按时（%）",
    ]
    assert number(result, "counters.assumed") == 1
    said = result.conclusion()[-1]
    assert said.startswith("1 个大厅只知全年件数，到达时刻为假设【推】：由均匀到高峰加倍，按时占比在 ")
    assert said.endswith("够不够用都不变。")
    calm = dataclasses.replace(result.answers[0].pooled, outcomes=enough().answers[0].pooled.outcomes)
    hard = dataclasses.replace(calm, outcomes=short(False).answers[0].pooled.outcomes)
    turned = dataclasses.replace(result.answers[0], pooled=calm, assumed={"even": calm, "sharper": hard})
    assert "其中 1 个够不够用随之而变" in dataclasses.replace(result, answers=(turned,)).conclusion()[-1]
    assert "到达假设的影响【推】" not in enough().tables()


def test_words_of_plans_and_clocks() -> None:
    assert plan_words(None) == "所试范围内没有"
    assert plan_words(Plan(2, 1, ("lunch", "weekend"), 1)) == "综合 2、帮办 1；午间延时、周末开放开 1 窗"
    assert plan_words(Plan(1, 1, tidal={"a": frozenset({1})})) == "综合 1、帮办 1；潮汐加 1 窗"
    assert [cell_words(cell) for cell in (-1, 0, 671)] == ["—", "周一 00:00", "周日 23:45"]


def test_the_plan_in_place_is_open_longer() -> None:
    result = sized({"tries": ["weekend"]}, arrivals=halls.arrivals(*halls.week(DAY, weekend=2.0)))
    (one,) = result.answers
    assert one.plan is not None
    assert one.plan.longer == ("weekend",)
    planned = result.with_plan(result.district)
    hours = planned.stations.set_index("id")["opening_hours"]
    assert hours["S1"] == "Mo-Fr 08:30-17:30, Sa,Su 09:00-17:00"
    assert hours["S2"] == "24/7"
    assert short(True).with_plan(short(True).district) is short(True).district


def test_the_hours_of_the_plan_can_be_rostered_where_it_is_in_place() -> None:
    result = sized({"tries": ["weekend"]}, arrivals=halls.arrivals(*halls.week(DAY, weekend=2.0)))
    ledgers = {"staff": grounds.staff(), "requirements": grounds.requirements()}
    staffed, wish = result.district.with_ledgers(**ledgers), grounds.scenario()
    asked = result.requirements().assign(id=lambda rows: rows.index.astype(str))
    with pytest.raises(RosterError, match="people are asked for while the centre is shut"):
        halls_of(staffed.with_ledgers(requirements=asked), wish)
    ((hall,),) = halls_of(result.handing_on(staffed), wish)
    assert {need.day for need in hall.needs if need.post in POSTS} == set(range(7))
    ledger, before = (one.ledger("requirements") for one in (result.handing_on(staffed), staffed))
    planned = ledger["id"].str.startswith(PLANNED_ROW)
    assert ledger.loc[~planned, "id"].tolist() == before.loc[before["post"] == ONLINE, "id"].tolist()
    rows = ledger[planned].drop(columns="id").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows[result.requirements().columns], result.requirements())


def test_a_run_holds_the_study_and_measures_the_plan_again() -> None:
    asked = halls.scenario(weeks=64, tries=["weekend"], most_windows=2)
    district = halls.district(arrivals=halls.arrivals(*halls.week(DAY, weekend=2.0)))
    study = study_district(district, asked, Stopwatch())
    part = study.parts["counters"]
    assert (part.status, part.decides, part.proof) == ("SIMULATED", True, "仿真估计")
    assert study.planned is not None
    rows = {row.key: row for row in study.headlines()}
    assert rows["counters.prompt_after"].today is not None
    first = rows["counters.prompt_after"]
    assert first.planned is not None
    assert (first.label, first.target, first.verdict) == ("等候 15 min 内得到接待的占比", 90.0, "达标")
    assert first.gap == pytest.approx(first.planned - 90, abs=0.051)
    assert "窗口服务水平" in first.basis
    assert study.conclusion()[1] == part.conclusion()[0]
    assert part.layers()["counters_by_station"]["id"].tolist() == ["S1"]
    assert amount(rows["counters.enough"].planned, "个") == "1 个"


def test_plans_for_halls_are_compared_by_what_they_are_held_against(tmp_path: Path) -> None:
    folder = write_district(halls.district(arrivals=halls.arrivals(*halls.week(PEAK))), tmp_path / "ground")
    said = {"weeks": 64, "tries": [], "tidal": True}
    plans = [
        pocket.scenario(name=name, title=name, counters=counters)
        for name, counters in (("none", None), ("one", {**said, "assist": 0}), ("two", said))
    ]
    line = compare_scenarios(plans, folder).indicators().set_index("指标").loc["等候 15 min 内得到接待的占比"]
    assert (line["none"], line["one 达标"], line["two 达标"]) == ("缺数据", "未达标", "达标")
    assert line["two"] >= 90 > line["one"]
    assert [_changes_nothing(one) for one in plans] == [True, False, False]
    assert _nothing(plans[1]).counters is None


def test_the_same_again_to_the_last_bit_in_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for processes in (1, 2):
        monkeypatch.setattr("workbench.counters.result.usable_cpus", lambda count=processes: count)
        both = {"halls": halls.halls({}, {"station": "S2"}), "windows": halls.windows({}, {"hall": "H2"})}
        found.append(sized(arrivals=halls.arrivals(*halls.week(PEAK)), **both))
    one, other = found
    for title, table in one.tables().items():
        pd.testing.assert_frame_equal(table, other.tables()[title])
    assert [kpi.value for kpi in one.kpis()] == [kpi.value for kpi in other.kpis()]


def test_a_scenario_without_the_section_is_as_it_was() -> None:
    plain = pocket.scenario()
    assert "counters" not in plain.model_dump(mode="json")
    assert pocket.scenario(counters={}).fingerprint != plain.fingerprint
