"""Trades of a district as they are planned, and everything that is wrong with their ledgers at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests import pocket
from tests.circuits.grounds import blackouts, crews, ground, scenario, stops, trades
from workbench.circuits import circuits_problem
from workbench.circuits.problem import driving_seconds, walking_seconds
from workbench.coverage import assess_coverage
from workbench.errors import CalendarError, GeodataError, ScenarioError
from workbench.network.walking import Manner


def test_cases_and_visits_follow_from_the_people() -> None:
    barber, cobbler = circuits_problem(ground(), scenario()).trades
    first, second = cobbler.stops
    assert first.cases == pytest.approx(0.1 * pocket.demand()["residents"][:5].sum())  # of C1, D6 is elsewhere
    assert first.visits == 4  # 150 min in visits of 60 min: 3, so the next that is allowed
    assert (second.cases, second.visits) == (30.0, 4)  # 300 min: 5, but there are four Wednesdays
    assert barber.stops[0].visits == 2
    assert (cobbler.visit(second, 4), cobbler.visit(second, 8)) == (15 + 60, 15 + 300 / 8)
    assert cobbler.served(second, 2) == 12


def test_days_are_those_of_trade_crew_and_stop_without_days_off() -> None:
    off = blackouts((None, "2026-11-03", "2026-11-05"), ("cobbler", "2026-11-02", "2026-11-02"))
    barber, cobbler = circuits_problem(ground(blackouts=off), scenario()).trades
    assert sorted(cobbler.crews[0].days)[:3] == [4, 7, 8]
    assert sorted(barber.crews[0].days) == [8, 10, 15, 17, 22, 24]
    assert sorted(cobbler.stops[1].days) == [9, 16, 23]


def test_holidays_and_other_weeks_count() -> None:
    problem = circuits_problem(ground(), scenario(first_week="2026-09-28", weeks=8))
    assert len(problem.days) == 56
    assert set(range(3, 9)) & problem.trades[1].crews[0].days == set()  # 国庆 from 1 October on
    assert problem.trades[0].stops[0].visits == 4


def test_only_named_trades_are_planned() -> None:
    assert [one.id for one in circuits_problem(ground(), scenario(trades=["barber"])).trades] == ["barber"]
    with pytest.raises(ScenarioError, match="barber"):
        circuits_problem(ground(), scenario(trades=["barbers"]))
    with pytest.raises(ScenarioError, match="circuits: {}"):
        circuits_problem(ground(), pocket.scenario())


def test_ways_are_walked_and_driven() -> None:
    coverage = assess_coverage(ground(), scenario())
    walked = walking_seconds(coverage.doors.at_any_hour, Manner(pace_m_s=2.0), 2)
    assert walked == pytest.approx(np.array([[0, 260], [260, 0]]))
    driven = driving_seconds(ground(), scenario(), Manner(pace_m_s=2.0))
    assert driven == pytest.approx(np.array([[0, 10 + 500 / (25 / 3.6)]] * 2) * [[1, 1], [0, 0]] + [[0, 0], [82, 0]])


def test_a_round_has_crew_days_options_and_an_even_share() -> None:
    problem = circuits_problem(ground(), scenario(slack=0))
    cobbler = problem.trades[1]
    of = problem.round(cobbler, np.array([[0, 250.4], [250.4, 0]]), {"S1": 0, "S2": 1})
    assert of.travel[0].tolist() == [0, 251, 0]
    assert len(of.crew_days) == 20
    assert {day.longest for day in of.crew_days} == {8 * 3600}
    assert of.options[0] == tuple((0, tuple(range(day, 28, 7))) for day in range(5))
    assert of.missed.min() > 2 * (2 * 251 + of.day_cost)


def _wrong(**ledgers: pd.DataFrame) -> str:
    with pytest.raises(GeodataError) as caught:
        circuits_problem(ground(**ledgers), scenario())
    return str(caught.value)


@pytest.mark.parametrize(
    ("ledgers", "said"),
    [
        ({"crews": crews(days=["Su", None])}, ("crews, row a", "no day on which it works")),
        ({"stops": stops(days=[None, "Sa", None], visits=[1, 1, 1])}, ("stops, row p2", "no crew may visit the stop")),
        ({"stops": stops(days=[None, "We", None], visits=[1, 5, 1])}, ("stops, row p2", "so often", "at least 5")),
        ({"stops": stops(visits=[None, None, 9])}, ("stops, row p3", "at least 9", "8 days")),
        ({"crews": crews(trade=["barber", "barber"])}, ("crews", "has no crew", "cobbler")),
        ({"trades": trades(end=["09:30", "12:30"])}, ("stops, row p1", "longer than the day of a crew")),
        ({"stops": stops(station=["S1", "S1", "S1"])}, ("stops, row p1, p2", "wanted twice")),
        (
            {"stops": stops(), "stations": pocket.stations().assign(community=[None, "C1"])},
            ("stops, row p1, column cases", "cannot be told", "the community of its station"),
        ),
        ({"trades": trades(days=["Mo;Xx", "Mo"])}, ("trades, row cobbler, column days", "Xx")),
        ({"trades": trades(start=["9:00", "08:30"])}, ("trades, row cobbler, column start", "HH:MM")),
        ({"trades": trades(start=["18:00", "08:30"])}, ("it ends before it begins", "after 18:00")),
        ({"blackouts": blackouts((None, "2026-02-30", "2026-03-01"))}, ("blackouts, row x0", "YYYY-MM-DD")),
        ({"blackouts": blackouts((None, "2026-03-02", "2026-03-01"))}, ("blackouts, row x0", "ends before")),
        (
            {"trades": trades().iloc[:0], "crews": crews().iloc[:0], "stops": stops().iloc[:0]},
            ("trades.csv", "stops.csv"),
        ),
    ],
)
def test_bad_ledgers_are_named(ledgers: dict[str, Any], said: tuple[str, ...]) -> None:
    if "stops" not in ledgers:
        ledgers = {"stops": stops(days=[None, None, None]), **ledgers}
    told = _wrong(**ledgers)
    assert all(part in told for part in said), told


def test_everything_wrong_is_told_at_once() -> None:
    told = _wrong(trades=trades(days=["Xx", "Yy"], start=["25:00", "08:30"]), stops=stops(station=["S1", "S1", "S1"]))
    assert all(part in told for part in ("Xx", "Yy", "25:00", "wanted twice"))


def test_an_unknown_year_is_refused() -> None:
    with pytest.raises(CalendarError, match=r"circuits\.first_week"):
        circuits_problem(ground(), scenario(first_week="2040-01-02"))
