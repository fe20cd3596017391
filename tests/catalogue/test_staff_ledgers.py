"""Bad ledgers of people on duty: what the gate says of each, and all at once."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

from tests.roster.grounds import ground, requirements, staff, table
from tests.rostering.cases import ONLINE, WINDOW
from workbench.errors import GeodataError

LEAVE, WISHES = "staff first last", "staff date shift"


def said(**ledgers: pd.DataFrame) -> list[str]:
    with pytest.raises(GeodataError) as caught:
        ground(**ledgers)
    return [str(problem) for problem in caught.value.problems]


def test_pairs_that_are_none() -> None:
    one, three = said(staff=staff(pair=["p1", "p2", "p2", "p2"]))
    assert one.startswith("staff, row a, column pair: an A/B pair is not of two; expected two people; found 'p1'.")
    assert three.startswith("staff, row b, c, d, column pair: an A/B pair is not of two")
    (two,) = said(staff=staff(station=["S1", "S2", "S1", "S1"]))
    assert "a, b, column pair: an A/B pair is of two centres; expected two people of one centre; found S1 and S2" in two


def test_a_person_in_two_centres() -> None:
    found = said(staff=staff(id=["a", "a", "c", "d"], station=["S1", "S2", "S1", "S1"], pair=[None] * 4))
    assert all("the identifier stands more than once" in one for one in found)


def test_dates_that_are_none() -> None:
    leave = table(LEAVE, ("a", "2026-11-05", "2026-11-31"), ("b", "2026-11-03", "2026-11-05"))
    wishes = table(WISHES, ("b", "4.11.2026", None), ("b", "20261104", None))
    expected = ("leave, row i0, column last", "wishes, row i0, column date", "wishes, row i1, column date")
    found = said(leave=leave, wishes=wishes)
    assert [one.partition(":")[0] for one in found] == list(expected)
    assert all("expected a date, YYYY-MM-DD" in one for one in found)


def test_dates_of_a_workbook_are_dates() -> None:
    leave = table(LEAVE, ("a", dt.date(2026, 11, 3), dt.datetime(2026, 11, 5)), ("b", "2026-11-03", "2026-11-05"))
    assert ground(leave=leave).ledger("leave")["last"].tolist() == ["2026-11-05"] * 2


def test_all_that_is_wrong_between_rows_at_once() -> None:
    found = said(
        staff=staff(last_days=["X", "DN-", None, None]),
        leave=table(LEAVE, ("a", "2026-11-05", "2026-11-03")),
        requirements=requirements(((WINDOW, "Mo", 700, 600, 1), (WINDOW, "Mo", 700, 700, 1))),
    )
    ends = [f"requirements, row q{n}, column end" for n in (29, 30)]
    expected = ["staff, row a, column last_days", "leave, row i0, column last", *ends]
    assert [one.partition(":")[0] for one in found] == expected
    assert "expected 701 to 1440; found 600" in found[2]


def test_midnight_ends_a_span_as_1440() -> None:
    assert len(ground(requirements=requirements(((ONLINE, "Mo", 1380, 1440, 1),))).ledger("requirements")) == 30
    for end, words in ((0, "too small"), (1500, "too large")):
        (one,) = said(requirements=requirements(((ONLINE, "Mo", 1380, end, 1),)))
        assert words in one
