"""The hours of a scenario: what it may say, and what is said when it does not fit."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from workbench.calendars import Calendar, known_years
from workbench.errors import ScenarioError
from workbench.scenario import load_scenario
from workbench.scenario.hours import Hours

ROOT = Path(__file__).parents[2]


def refused(tmp_path: Path, line: str) -> str:
    path = tmp_path / "s.yaml"
    path.write_text(f"name: s\nhours:\n  {line}\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path)
    (problem,) = caught.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("line", "key", "expected"),
    [
        ("online: after hours", "hours.online", 'OSM opening_hours, such as "Mo-Fr 08:30-17:30; Sa 09:00-12:00"'),
        ('online: ""', "hours.online", "OSM opening_hours"),
        ('online: "  "', "hours.online", "OSM opening_hours"),
        ("evening: 18-21", "hours.evening", "OSM opening_hours"),
        ("week: next week", "hours.week", 'a date, "YYYY-MM-DD"'),
        ('lunch: "13:30-11:30"', "hours.lunch", 'a span of one day, "HH:MM-HH:MM"'),
        ("lunch: noon", "hours.lunch", "a span of one day"),
        ('day_hours: "9:00-17:00"', "hours.day_hours", "a span of one day"),
        ("step: 45", "hours.step", "5, 10, 15, 20, 30 or 60"),
        ("extend: [weekends]", "hours.extend.0", "'weekend', 'lunch' or 'evening'"),
        ("accessible: time.no_such", "hours.accessible", "the register holds no such standard"),
    ],
)
def test_what_does_not_fit(tmp_path: Path, line: str, key: str, expected: str) -> None:
    said = refused(tmp_path, line)
    assert f"key {key}" in said
    assert expected in said


def test_a_year_without_known_holidays(tmp_path: Path) -> None:
    said = refused(tmp_path, 'week: "2099-05-01"')
    years = known_years()
    assert "key hours.week" in said
    assert f"a week in the years {years[0]} to {years[-1]}" in said
    assert "the public holidays of 2099 are not known" in said
    assert "Update the package chinesecalendar" in said


def test_the_calendar_of_a_scenario() -> None:
    assert Hours().calendar == Calendar.ordinary()
    named = Hours(week="2026-10-10", make_up_days="as_weekend", holidays="closed").calendar
    assert (named.monday, named.make_up_days, named.holidays) == (dt.date(2026, 10, 5), "as_weekend", "closed")


def test_six_days_says_who_set_what() -> None:
    scenario = load_scenario(ROOT / "scenarios" / "six-days.yaml")
    assert scenario.hours.extend == ("weekend",)
    assert scenario.origins["hours.extend"] == "overlays/open-weekends.yaml"
    assert scenario.origins["hours.online"] == "overlays/online-after-hours.yaml"


def test_hours_move_the_fingerprint() -> None:
    path = ROOT / "scenarios" / "baseline.yaml"
    changed = load_scenario(path, settings={"hours.week": "2026-10-01"})
    assert changed.fingerprint != load_scenario(path).fingerprint
