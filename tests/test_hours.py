"""Opening hours: what parses, what runs past midnight, what the gate says of the rest."""

from __future__ import annotations

import datetime as dt

import numpy as np
import opening_hours
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import pocket
from tests.depth import draws
from workbench.calendars import ORDINARY_MONDAY, Calendar, Moment
from workbench.catalogue.tables import TABLES
from workbench.catalogue.validation import conform, problems_of
from workbench.errors import GeodataError
from workbench.hours import (
    DAY_MINUTES,
    MOST_TEXTS_NAMED,
    WEEKDAYS,
    day_minutes,
    hours_problems,
    names_holidays,
    names_unknown,
    parses,
    week_minutes,
    week_text,
)

FRIDAY = dt.date(2026, 9, 11)


def spells(minutes: np.ndarray) -> list[str]:
    """Open spells of one day, as a reader writes them."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], minutes.astype(int), [0]])))
    return [f"{a // 60:02d}:{a % 60:02d}-{b // 60:02d}:{b % 60:02d}" for a, b in edge.reshape(-1, 2)]


@pytest.mark.parametrize(
    ("text", "today", "night"),
    [
        ("Fr 18:00-02:00", ["18:00-24:00"], ["00:00-02:00"]),
        ("Fr 18:00-02:00; Sa 10:00-18:00", ["18:00-24:00"], ["00:00-02:00"]),  # the next day's rule does not cut it
        ("Fr 18:00-02:00; Sa off", ["18:00-24:00"], ["00:00-02:00"]),
        ("Mo-Th; Fr 18:00-26:00", ["18:00-24:00"], ["00:00-02:00"]),
        ("Fr 10:00-12:00,22:30-00:15", ["10:00-12:00", "22:30-24:00"], ["00:00-00:15"]),
        ("Fr 22:00-00:00", ["22:00-24:00"], []),
        ("Fr 22:00-24:00; Sa 00:00-02:00", ["22:00-24:00"], []),  # starts on Saturday
        ("Th 22:00-04:00", [], []),  # belongs to Thursday
        ("08:30-08:30", ["08:30-24:00"], ["00:00-08:30"]),
        ("24/7", ["00:00-24:00"], []),
        ("24/7; Fr 18:00-02:00", ["18:00-24:00"], ["00:00-02:00"]),
        ("Mo-Su 22:00-06:00; Fr off", [], []),
        ("Mo-Su 22:00-06:00; Sep 11 off", [], []),
        ('Fr 18:00-26:00 "; Sa off"', ["18:00-24:00"], ["00:00-02:00"]),
        ("Fr 20:00-02:00 unknown", [], []),
        ("Mo-Th 09:00-12:00 || 18:00-01:00", ["18:00-24:00"], ["00:00-01:00"]),
        ("off", [], []),
    ],
)
def test_what_starts_on_a_day_runs_to_its_end(text: str, today: list[str], night: list[str]) -> None:
    found = day_minutes(text, FRIDAY, 4)
    assert [spells(row) for row in found] == [today, night]


@pytest.mark.parametrize(
    "text",
    ["", "   ", "8.30-17.30", "周一至周五 8:30-17:30", "Mo-Fr 08:30–17:30", "08:30-17:30 Mo-Fr", "24/24", "Mo-Fr 25:00-26:00",
     "PH -1 day 10:00-12:00"],
)  # fmt: skip
def test_what_cannot_be_read(text: str) -> None:
    assert not parses(text)


@pytest.mark.parametrize(
    "text", ["24/7", "off", "Mo-Fr 8:30-17:30", "Su,PH 10:00-12:00", "Mo-Fr 09:00-17:00; PH off", "SH off"]
)
def test_what_can_be_read(text: str) -> None:
    assert parses(text)


@pytest.mark.parametrize(
    ("text", "hours", "unknown"),
    [
        ('Mo-Fr 09:00-17:00 || "by appointment"', 40, True),
        ("Mo-Fr 09:00-17:00 || unknown", 40, True),
        ('"by appointment"', 0, True),
        ('Mo-Fr "by appointment"', 0, True),
        ('Mo-Fr 09:00-17:00; Sa "on request"', 40, True),
        ('Mo-Fr 09:00-17:00, Sa "on request"', 40, True),
        ("Mo-Fr 09:00-17:00; Sa unknown", 40, True),
        ('Mo-Fr 09:00-17:00; Sa off "inventory"', 40, False),
        ('Mo-Fr 09:00-17:00; off "works till spring"', 0, False),
        ('Mo-Fr 09:00-17:00 "side entrance"', 40, False),
        ('Mo-Fr 09:00-12:00,13:00-17:00 "side entrance"', 35, False),
        ('24/7 "ring the bell"', 168, False),
        ('open "unknown; off"', 168, False),
        ('"a || b; c" || "d"', 0, True),
        ("Mo,We", 48, False),
    ],
)
def test_a_comment_without_times_is_unknown_and_not_open(text: str, hours: float, unknown: bool) -> None:
    assert parses(text)
    assert week_minutes(text).sum() == 60 * hours
    assert names_unknown(text) is unknown


@pytest.mark.parametrize(
    "text", ["Mo-Fr 08:30-12:00,14:30-17:30; Sa 09:00-16:00", "24/7", "off", "Fr 18:00-02:00", "Mo-Su 22:00-06:00", "Su 20:00-04:00"]
)  # fmt: skip
def test_a_week_that_is_written_is_the_week_that_was_read(text: str) -> None:
    week = week_minutes(text)
    assert (week_minutes(week_text(week)) == week).all()
    assert (week_minutes(week_text(~week)) == ~week).all()


@pytest.mark.parametrize("text", ["Nov-Mar 09:00-16:00", "Dec 24 off; 09:00-16:00", "week 1-10 Mo 09:00-16:00", "PH off",
                                  "Mo[1] 09:00-16:00", "2024 Mo 09:00-16:00", "no hours"])  # fmt: skip
def test_weeks_that_differ_are_no_week(text: str) -> None:
    assert week_minutes(text) is None


def test_which_texts_speak_of_holidays() -> None:
    assert [names_holidays(t) for t in ("24/7", "Mo-Su 08:00-20:00; PH off", "Mo-Su", 'Mo-Fr "PH by phone"')] == [
        True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize(("layer", "row"), [("stations", "S1"), ("gates", "G1")])
def test_hours_that_do_not_parse_stop_at_the_gate(layer: str, row: str) -> None:
    frame = {"stations": pocket.stations, "gates": pocket.gates}[layer]()
    with pytest.raises(GeodataError) as caught:
        pocket.district(**{layer: frame.assign(opening_hours=["8点半到下午5点半", None])})
    (problem,) = caught.value.problems
    assert (problem.where, problem.row, problem.column) == (layer, row, "opening_hours")
    assert problem.what == "the opening hours do not parse"
    assert "Mo-Fr 08:30-17:30" in problem.expected
    assert problem.found == "'8点半到下午5点半'"
    assert "leave them empty" in problem.mend


def test_hours_of_rooms_are_judged_too() -> None:
    room = {"id": "r1", "opening_hours": "by day"}
    found = problems_of(TABLES["rooms"], conform(TABLES["rooms"], pd.DataFrame([room])))
    assert [p.row for p in found if p.column == "opening_hours"] == ["r1"]


def test_many_bad_rows_are_counted() -> None:
    frame = pd.DataFrame({"id": [f"s{k}" for k in range(30)], "opening_hours": ["open sesame"] * 30})
    found = hours_problems("stations", frame)
    assert len(found) == MOST_TEXTS_NAMED + 1
    assert found[-1].what == "and 10 more rows with the same problem"


def test_missing_hours_are_not_judged() -> None:
    assert hours_problems("stations", pd.DataFrame({"id": ["a", "b"], "opening_hours": [None, np.nan]})) == []


def test_blanks_are_missing_and_never_always() -> None:
    """The parser takes blanks for 24/7; the gate makes them missing first."""
    blank = pocket.district(stations=pocket.stations().assign(opening_hours=["   ", "24/7"]))
    assert blank.stations["opening_hours"].isna().tolist() == [True, False]


def test_open_at_a_moment() -> None:
    assert Moment.at("We", "21:59").holds("06:00-22:00")
    assert not Moment.at("We", "22:00").holds("06:00-22:00")
    assert Moment.at("We", "02:59").holds("Tu 20:00-03:00")


spans = st.tuples(st.integers(0, 287), st.integers(1, 287)).map(lambda t: (5 * t[0], 5 * t[0] + 5 * t[1]))


def clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


@settings(max_examples=draws(60))
@given(st.dictionaries(st.integers(0, 6), spans, max_size=7))
def test_random_weeks_against_their_own_minutes(week: dict[int, tuple[int, int]]) -> None:
    text = (
        "; ".join(f"{WEEKDAYS[d]} {clock(a)}-{clock(b % 1440 if b > 1440 else b)}" for d, (a, b) in week.items())
        or "off"
    )
    minutes = np.zeros(7 * DAY_MINUTES, bool)
    for d, (a, b) in week.items():
        minutes[(np.arange(a, b) + d * DAY_MINUTES) % len(minutes)] = True
    assert np.array_equal(Calendar.ordinary().open_minutes(text).ravel(), minutes)


TEXTS = ["Mo-Fr 08:30-12:00,14:30-17:30; Sa,Su 09:00-16:00", "Mo-Sa 08:30-18:30; PH off", "24/7", "Mo-Su 06:30-22:00", "Su[2] 09:00-10:00",
         "Sep 07-Sep 09 10:00-11:00", "Mo-Fr 09:00-17:00; Sep 10 off"]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_minute_by_minute_against_the_parser(text: str) -> None:
    hours, start = opening_hours.OpeningHours(text), dt.datetime.combine(ORDINARY_MONDAY, dt.time())
    asked = [hours.is_open(start + dt.timedelta(minutes=m)) for m in range(7 * DAY_MINUTES)]
    assert Calendar.ordinary().open_minutes(text).ravel().tolist() == asked
