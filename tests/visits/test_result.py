"""Counted visits and likes, by hand, without a trace of anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from tests import ledgers, pocket
from tests.programme import season
from workbench.coverage import assess_coverage
from workbench.coverage.measure import CoverageResult
from workbench.errors import GeodataError, ScenarioError
from workbench.ground.sources import write_district
from workbench.scenario.visits import Visits
from workbench.study import run_study
from workbench.visits import VisitSums, assess_visits, measure_likes, measure_visits


def _coverage(*, smallest: int = 10, since: str | None = None, **tables: pd.DataFrame) -> CoverageResult:
    scenario = pocket.scenario(visits={"since": since}, standards={"privacy.smallest_cell": smallest})
    return assess_coverage(ledgers.district(event_types=season.types({}), **tables), scenario)


def _sums(*rows: Mapping[str, object], horizon: int = 30, smallest: int = 1) -> VisitSums:
    coverage = _coverage(visits=season.visits(*rows), smallest=smallest)
    return measure_visits(coverage, Visits(), horizon)


def test_return_is_estimated_as_kaplan_and_meier_did() -> None:
    # four come on the first day; one again after 2 days, one after 4; counting ends after 10 days for the others
    rows = [{"visitor": name, "date": "2026-07-01"} for name in "abcd"]
    rows += [{"visitor": "a", "date": "2026-07-03"}, {"visitor": "b", "date": "2026-07-05"}]
    # one who came first on the last day but three leaves the risk set then
    rows += [{"visitor": "e", "date": "2026-07-08"}, {"visitor": "f", "date": "2026-07-11"}]
    found = _sums(*rows, horizon=10)
    assert (found.visits, found.visitors, found.returned) == (8, 6, 2)
    # at risk: 6 at first, 5 after 0 days (f ends), 1/5 come back at 2; e ends at 3; of the 3 left 1 at 4
    assert found.again[0] == pytest.approx(1 - (4 / 5) * (2 / 3))
    assert found.again[1] < found.again[0] < found.again[2]
    assert found.curve["again"].is_monotonic_increasing


def test_somebody_who_comes_twice_on_a_day_to_one_place_is_counted_once() -> None:
    found = _sums({}, {}, {"station": "S2"})
    assert (found.visits, found.visitors, found.returned) == (2, 1, 0)


def _visitors(count: int, first: int = 0, **said: object) -> list[dict[str, object]]:
    return [{"visitor": f"secret{number}", **said} for number in range(first, first + count)]


def test_few_people_are_withheld_and_nobody_is_named() -> None:
    found = _sums(*_visitors(24), *_visitors(9, station="S2", date="2026-07-09"), smallest=10)
    table = found.by_station.set_index("station")
    assert table.loc["S2", ["visits", "visitors", "returned"]].isna().all()
    assert table["few"].to_dict() == {"S1": False, "S2": True}
    # 33 visits are told, so the one other sum would give the nine away; and nine came back
    assert table.loc["S1", ["visits", "visitors"]].isna().all()
    assert (found.visits, found.visitors) == (33, 24)
    assert pd.isna(found.returned)
    for value in vars(found).values():
        assert "secret" not in (value.to_string() if isinstance(value, pd.DataFrame) else str(value))


def test_sums_of_enough_people_are_told() -> None:
    rows = [*_visitors(30), *_visitors(10, station="S2", date="2026-07-09"), *_visitors(12, 30, compound="K1")]
    found = _sums(*rows, smallest=10)
    assert (found.visits, found.visitors, found.returned) == (52, 42, 10)
    table = found.by_station.set_index("station")
    assert table["visitors"].to_dict() == {"S1": 42, "S2": 10}
    assert table["returned"].to_dict() == {"S1": 10, "S2": 10}
    assert found.by_origin.set_index("origin")["visits"].to_dict() == {"untold": 40, "within": 12}


def test_a_log_of_few_people_tells_nothing() -> None:
    coverage = _coverage(visits=season.visits(*_visitors(5), *_visitors(3, date="2026-07-10")))
    result = assess_visits(coverage)
    assert "到访的人太少，不公布流量与留量。" in result.conclusion()
    told = {kpi.key: kpi.value for kpi in result.kpis() if kpi.key.startswith("visits")}
    assert set(told.values()) == {None}
    assert result.sums is not None
    assert result.sums.curve.empty
    assert set(result.tables()["流量与留量"]["数"]) == {"不公布"}


@pytest.mark.parametrize("number", ["13812345678", "+8613812345678", "110101199003071234", "11010119900307123X"])
def test_a_pseudonym_that_is_a_number_of_somebody_is_refused_and_not_repeated(number: str) -> None:
    with pytest.raises(GeodataError, match="1 pseudonyms look like") as told:
        _sums({"visitor": number}, {"visitor": "fine"})
    assert number not in str(told.value)


def test_visits_before_the_opening_and_days_that_are_none_are_refused() -> None:
    coverage = _coverage(visits=season.visits({"date": "2026-07-01"}, {"date": "2026-7-41"}))
    with pytest.raises(GeodataError) as told:
        measure_visits(coverage, Visits(since="2026-07-02"), 30)
    assert [(problem.row, problem.what) for problem in told.value.problems] == [
        ("V2", "the day is none"),
        ("V1", "a visit before the opening"),
    ]


def test_where_visits_come_from_is_told_by_the_circle() -> None:
    # the compound lies within five minutes of the centre and not of the post
    rows = [{"compound": "K1"}, {"visitor": "b", "compound": "K1", "station": "S2"}, {"visitor": "c"}]
    assert _sums(*rows).by_origin.set_index("origin")["visits"].to_dict() == {"beyond": 1, "untold": 1, "within": 1}


def test_tables_say_of_small_sums_that_they_are_small() -> None:
    rows = [{"visitor": f"p{n}", "date": f"2026-07-{6 + n:02d}"} for n in range(12)]
    found = assess_visits(_coverage(visits=season.visits(*rows, {"visitor": "p0", "date": "2026-07-20"})))
    tables = found.tables()
    assert tables["各阵地的到访"]["再次到访的人（人）"].tolist() == ["不公布"]
    assert tables["流量与留量"]["数"].tolist() == [13, 12, "不公布"]
    assert tables["到访的来处"]["来处"].tolist() == ["未说明来处"]


def test_a_run_measures_them_where_it_is_asked_for_and_refuses_before(tmp_path: Path) -> None:
    coverage = _coverage(visits=season.visits({"date": "2026-07-01"}), since="2026-07-02")
    write_district(coverage.district, tmp_path / "ground")
    with pytest.raises(GeodataError, match="a visit before the opening"):
        run_study(coverage.scenario, tmp_path / "ground")
    study = run_study(coverage.scenario.model_copy(update={"visits": Visits()}), tmp_path / "ground")
    assert (study.parts["visits"].answered, study.parts["visits"].proof) == (True, "无须求解")
    assert study.proposal == "", "what is counted proposes nothing"
    with pytest.raises(ScenarioError, match="the scenario asks nothing of visits"):
        assess_visits(replace(coverage, scenario=pocket.scenario()))


# ----------------------------------------------------------------------------------------------------------------------
# Likes, which are no visits.


def test_likes_stand_beside_visits_month_by_month() -> None:
    liked = season.likes(
        {}, {"date": "2026-07-31", "likes": 80}, {"date": "2026-08-01", "views": None}, {"date": "2026-09-01"}
    )
    visits = season.visits(*_visitors(30), *_visitors(12, date="2026-08-02"))
    table = measure_likes(_coverage(visits=visits, likes=liked)).set_index("month")
    assert table["shown"].to_dict() == {"2026-07": 2, "2026-08": 1, "2026-09": 1}
    assert table["likes"].to_dict() == {"2026-07": 100, "2026-08": 20, "2026-09": 20}
    assert table.loc["2026-07", ["views", "visits", "visitors", "returned"]].tolist() == [20, 30, 30, 12]
    assert table.loc["2026-08", ["visits", "visitors", "returned"]].tolist() == [12, 12, 12]
    assert pd.isna(table.loc["2026-08", "views"]), "one was not counted, so that the sum is not known"
    assert table.loc["2026-09", ["visits", "visitors", "returned"]].isna().all()


def test_likes_are_told_as_what_they_are() -> None:
    liked = season.likes({"likes": 70_000}, {"date": "2026-09-01"})
    result = assess_visits(_coverage(visits=season.visits(*_visitors(9)), likes=liked))
    [said] = [line for line in result.conclusion() if line.startswith("点赞")]
    assert all(part in said for part in ("2 场", "70,020 次", "不是人数", "不相加", "不相除", "没有数据对得上"))
    kpis = {kpi.key: kpi for kpi in result.kpis()}
    assert (kpis["visits.likes"].value, kpis["visits.likes"].of) == (70_020, 2)
    table = result.tables()["点赞与到访"]
    assert table["点赞（次）"].tolist() == [70_000, 20]
    assert table["当月到访的人（人）"].tolist() == ["<10", "缺数据"]


def test_likes_without_counted_visits_are_told_alone() -> None:
    result = assess_visits(_coverage(likes=season.likes({})))
    assert result.tables()["点赞与到访"]["到访（人次）"].tolist() == ["缺数据"]
    assert "到访台账缺数据，不说流量与留量。" in result.conclusion()


def test_who_liked_is_refused_and_not_repeated() -> None:
    named = season.likes({"date": "2026-7-41"}, {}).assign(visitor="p0c724bf991e0", id=["L1", "13812345678"])
    coverage = _coverage(likes=named)
    with pytest.raises(GeodataError) as told:
        measure_likes(coverage)
    assert [(problem.where, problem.column) for problem in told.value.problems] == [
        ("likes", "date"), ("likes", "visitor"), ("likes", "id"),
    ]  # fmt: skip
    assert not any(secret in str(told.value) for secret in ("p0c724bf991e0", "13812345678"))
    with pytest.raises(GeodataError, match="tells who liked"):
        assess_visits(coverage)
