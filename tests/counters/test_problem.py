"""What is read of the ledgers of halls, by hand; and everything that can be wrong with them, all at once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.counters import halls
from workbench.catalogue.halls import hall_problems, profiles_of
from workbench.counters import counters_problem
from workbench.counters.problem import ASSUMED, assumed_season
from workbench.errors import GeodataError, ScenarioError
from workbench.scenario.counters import Counters

FULL = halls.week(dict.fromkeys(range(8, 20), 1.0))


def test_a_hall_by_hand() -> None:
    district = halls.district(
        matters=halls.matters(
            {"weight": 3.0, "online_share": 0.5},
            {"department": "社保", "weight": 1.0, "mean_min": 20.0},
            {"weight": 0.0},
        ),
        halls=halls.halls({"cases": 1000.0, "elder_share": None}),
        arrivals=halls.arrivals(
            *halls.week({8: 1.0, 9: 3.0}, season="a", weeks=40.0), *halls.week({8: 2.0, 9: 2.0}, season="b", weeks=12.0)
        ),
    )
    problem = counters_problem(district, halls.scenario(arrivals="counters.arrivals_with_enquiries"))
    (hall,) = problem.halls
    assert problem.kinds == (("民政", "", False), ("社保", "", False))
    assert problem.mix.tolist() == pytest.approx([0.6, 0.4, 0.0])
    assert problem.work == pytest.approx(1.15 * (0.6 * 10 + 0.4 * 20))
    year = 2 * 1000 * (3 * 0.5 + 1) / 4  # twice as many come as there are cases, those aside who are online
    assert problem.people == pytest.approx(year)
    assert [s.people for s in hall.seasons] == pytest.approx([year / 52] * 2)
    assert hall.seasons[0].rate[32:40].tolist() == pytest.approx(np.repeat([1.0, 3.0], 4) * year / 52 / 80)
    assert hall.open.reshape(7, 96).sum(axis=1).tolist() == [36] * 5 + [0] * 2
    assert hall.longer["weekend"].reshape(7, 96).sum(axis=1).tolist() == [36] * 5 + [32] * 2
    assert hall.reached(hall.open, 0.6) == pytest.approx(
        6 / 8 + 0.6 * 2 / 8
    )  # it opens at 08:30; season b has less then
    assert hall.elders == pytest.approx(35 / 150)  # of 60 and over in C1
    assert hall.windows == (frozenset({"民政"}), frozenset({"社保"}))


def test_clerks_are_seated_so_that_the_first_handle_most() -> None:
    district = halls.district(
        matters=halls.matters(
            {"name": "甲", "weight": 3.0}, {"name": "乙", "weight": 2.0},
            {"name": "丙", "department": "社保", "weight": 4.0}, {"name": "丁", "department": "医保", "weight": 1.5},
        ),
        clerks=halls.clerks({"skills": "甲"}, {"skills": "社保"}, {"skills": "民政；丁"}, {"skills": "民政"}),
        windows=halls.windows({}),
    )  # fmt: skip
    problem = counters_problem(district, halls.scenario())
    # 6.5 of the cases, then 社保 with 4; then anew: all is handled, 民政 has 5 and 甲 3
    assert problem.halls[0].clerks == ({"民政", "丁"}, {"社保"}, {"民政"}, {"甲"})
    assert problem.kinds == (("医保", "丁", False), ("民政", "", False), ("民政", "甲", False), ("社保", "", False))
    assert [matter.single for matter in problem.matters] == ["甲", "", "", "丁"]
    assert counters_problem(halls.district(), halls.scenario()).halls[0].clerks == ()


def test_only_the_cases_of_a_year_make_an_assumed_week() -> None:
    district = halls.district(halls=halls.halls({"cases": 520.0, "profile": None}))
    (hall,) = counters_problem(district, halls.scenario()).halls
    assert hall.assumed
    assert [s.name for s in hall.seasons] == [ASSUMED]
    assert hall.seasons[0].people == pytest.approx(10)
    week = assumed_season(Counters()).rate.reshape(7, 96)
    assert week[0, [32, 36, 48, 70, 80]].tolist() == [1.0, 2.0, 1.5, 1.5, 0.0]


def test_packages_are_fewer_visits_and_less_work() -> None:
    district = halls.district(
        matters=halls.matters(
            {"package": "出生", "weight": 2.0}, {"package": "出生", "weight": 4.0, "department": "社保", "mean_min": 20.0},
            {"weight": 4.0}, {"package": "独", "weight": 1.0},
        )
    )  # fmt: skip
    problem = counters_problem(district, halls.scenario())
    assert list(problem.packages) == ["出生"]  # one of a single matter is none
    after = problem.packaged
    assert [m.comes for m in after.matters] == pytest.approx([1, 3, 4, 1, 1])
    assert after.matters[-1].mean == pytest.approx(0.75 * 30)
    assert after.matters[-1].department == "社保"
    assert after.people / problem.people == pytest.approx(10 / 11)


def test_hours_are_those_of_an_ordinary_week_whatever_week_is_measured() -> None:
    district = halls.district()
    ordinary = counters_problem(district, halls.scenario()).halls[0].open
    festival = pocket.scenario(counters={}, hours={"week": "2026-02-17"})
    assert np.array_equal(counters_problem(district, festival).halls[0].open, ordinary)


def spoiled(**ledgers: pd.DataFrame) -> list[str]:
    with pytest.raises(GeodataError) as error:
        halls.district(**ledgers)
    return [str(problem) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("ledgers", "said"),
    [
        ({"arrivals": halls.arrivals(*FULL, {"start": "20:00", "cases": -1.0})}, "the value is too small"),
        ({"arrivals": halls.arrivals(*FULL[:-1])}, "1 quarter-hours are missing in profile P, season year.*none at Su 19:45"),
        ({"arrivals": halls.arrivals(*FULL[:-48])}, "48 quarter-hours are missing"),
        ({"arrivals": halls.arrivals(*FULL, {"start": "24:00"})}, "row N337.*the clock is not right.*there is no 24:00"),
        ({"arrivals": halls.arrivals(*FULL, {"start": "09:10"})}, "the clock is not right"),
        ({"arrivals": halls.arrivals(*FULL, {"start": "9:15"})}, "the clock is not right"),
        ({"arrivals": halls.arrivals(*FULL, {})}, "stands twice in profile P, season year.*N5 has it too"),
        ({"arrivals": halls.arrivals(*FULL[:-1], {**FULL[-1], "weeks": 3.0})}, "the weeks of profile P, season year differ"),
        ({"arrivals": halls.arrivals(*[{**row, "weeks": 60.0} for row in FULL])}, "the seasons of profile P are no year"),
        ({"matters": halls.matters({"mean_min": 0.0}, {"department": "社保"})}, "row M1.*the handling time is zero"),
        ({"halls": halls.halls({"profile": "Q"})}, "the profile is not known.*one of P"),
        ({"halls": halls.halls({"profile": None})}, "neither the cases of a year nor a profile"),
        ({"halls": halls.halls({"patience_min": 0.0})}, "nobody would wait at all"),
        ({"halls": halls.halls({"station": "S9"})}, "S9"),
        ({"halls": halls.halls({}, {})}, "stands more than once"),
        ({"halls": halls.halls({"cases": 9.0}), "arrivals": halls.arrivals(*[{**r, "cases": 0.0} for r in FULL])}, "nobody comes in its profile"),
        ({"windows": halls.windows({"departments": "民政"})}, "row H1.*there are matters that no window serves.*none for 补贴"),
        ({"clerks": halls.clerks({"skills": "民政"}, {"skills": "证明"})}, "clerks, row H1.*there are matters that no clerk serves.*none for 补贴"),
        ({"clerks": halls.clerks({}, {"skills": "社保；证朋"})}, "clerks, row K2.*the department or matter is not known"),
        ({"clerks": halls.clerks({"hall": "H9"})}, "H9"),
        ({"windows": halls.windows({}, {"departments": "民攻"})}, "the department or matter is not known.*one of 民政, 社保"),
    ],
)  # fmt: skip
def test_the_gate_names_what_is_wrong(ledgers: dict[str, pd.DataFrame], said: str) -> None:
    problems = spoiled(**ledgers)
    assert len(problems) == (2 if "stands more than once" in said else 1)
    with pytest.raises(AssertionError, match=said):
        raise AssertionError(problems[0])


def test_all_problems_of_all_ledgers_are_told_at_once() -> None:
    found = hall_problems(
        halls.ledgers(
            matters=halls.matters({"mean_min": 0.0}, {"department": "社保"}),
            halls=halls.halls({"patience_min": 0.0, "cases": 9.0}),
            windows=halls.windows({"departments": "民政"}),
            arrivals=halls.arrivals(*FULL[1:]),
        )
    )
    assert [problem.where for problem in found] == ["arrivals", "matters", "halls", "windows"]


def test_of_many_matters_that_nobody_handles_some_are_named() -> None:
    names = [{"name": f"事{n}", "department": "社保"} for n in range(7)]
    (problem,) = spoiled(
        matters=halls.matters({}, *names), windows=halls.windows({}), clerks=halls.clerks({"skills": "民政"})
    )
    assert "none for 事0, 事1, 事2, 事3, 事4 and 2 more" in problem


def test_midnight_is_the_first_quarter_of_the_day_that_begins() -> None:
    seasons, problems = profiles_of(halls.arrivals(*halls.week({0: 1.0, 23: 1.0})))
    assert [problem.what for problem in problems] == ["616 quarter-hours are missing in profile P, season year"]
    rate = seasons["P"][0].rate.reshape(7, 96)
    assert rate[:5, [0, 95]].tolist() == [[1.0, 1.0]] * 5


def test_the_study_refuses_what_it_cannot_stand_on() -> None:
    with pytest.raises(ScenarioError, match="counters: {}"):
        counters_problem(halls.district(), pocket.scenario())
    with pytest.raises(GeodataError, match=r"(?s)matters: the ledger has no rows.*halls: the ledger has no rows"):
        counters_problem(pocket.district(), halls.scenario())
    stations = pocket.stations().assign(opening_hours=[None, "24/7"])
    with pytest.raises(GeodataError, match="stations, row S1.*hours of a hall's station are not known"):
        counters_problem(halls.district(stations=stations), halls.scenario())


def test_a_closed_station_takes_its_hall_and_windows_along() -> None:
    left = halls.district(clerks=halls.clerks({})).without_stations(["S1"])
    assert left.ledger("halls").empty
    assert left.ledger("windows").empty
    assert left.ledger("clerks").empty
    assert len(left.ledger("matters")) == 3
