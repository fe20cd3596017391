"""The ledgers of service halls: the weeks that profiles of arrivals tell of, and what is wrong with all of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Floats
from workbench.catalogue.functions import parts_of
from workbench.errors import Problem, unknown
from workbench.hours import DAY_MINUTES, WEEKDAYS

QUARTER: Final = 15
"""Minutes of a cell of the week."""
DAY_CELLS: Final = DAY_MINUTES // QUARTER
CELLS: Final = DAY_CELLS * len(WEEKDAYS)
YEAR_WEEKS: Final = 52
_MOST_WEEKS = 53.5
_MOST_NAMED = 5

_Row = Mapping[Any, Any]


@dataclass(frozen=True, eq=False)
class Season:
    """A part of the year: its weeks, and people who would come in each quarter-hour of one of them, shape (672,)."""

    name: str
    weeks: float
    rate: Floats

    @property
    def people(self) -> float:
        """People who would come in a week."""
        return float(self.rate.sum())


_SOMEBODY = Season("", 1.0, np.ones(1))


def clock_of(cell: int) -> str:
    """Return day and time of a cell of the week, such as Mo 09:15."""
    day, place = divmod(cell, DAY_CELLS)
    return f"{WEEKDAYS[day]} {place * QUARTER // 60:02d}:{place * QUARTER % 60:02d}"


def profiles_of(arrivals: pd.DataFrame) -> tuple[dict[str, tuple[Season, ...]], list[Problem]]:
    """Read the profiles of arrivals, and list what is wrong with them.

    Each day of a season must have every quarter-hour that lies between the first and the last of any of its days.
    """
    found: dict[tuple[str, str], dict[int, _Row]] = {}
    problems: list[Problem] = []
    for row in arrivals.to_dict("records"):
        cell = _cell_of(row)
        if cell is None:
            mend = "Midnight is 00:00 of the day that begins; there is no 24:00."
            what, expected = "the clock is not right", 'the beginning of a quarter-hour, "HH:MM"'
            problems.append(Problem("arrivals", what, row["id"], "start", expected, repr(row["start"]), mend))
            continue
        own = found.setdefault((str(row["profile"]), str(row["season"])), {})
        cell += DAY_CELLS * WEEKDAYS.index(row["day"])
        if cell in own:
            what = f"the quarter-hour stands twice in profile {row['profile']}, season {row['season']}"
            problems.append(Problem("arrivals", what, row["id"], "start", found=f"{own[cell]['id']} has it too"))
        own[cell] = row
    profiles: dict[str, tuple[Season, ...]] = {}
    for (profile, name), own in sorted(found.items()):
        season, wrong = _season(profile, name, own)
        problems += wrong
        profiles[profile] = (*profiles.get(profile, ()), season)
    for profile, seasons in profiles.items():
        weeks = sum(season.weeks for season in seasons)
        if not 0 < weeks <= _MOST_WEEKS:
            what, expected = f"the seasons of profile {profile} are no year", f"more than 0 and at most {YEAR_WEEKS}"
            problems.append(Problem("arrivals", what, "", "weeks", expected, f"{weeks:g} together"))
    return profiles, problems


def _cell_of(row: _Row) -> int | None:
    """Return the cell of the day at which a row begins; None where its clock is none, or between quarter-hours."""
    try:
        begin = dt.time.fromisoformat(str(row["start"]))
    except ValueError:
        return None
    fits = begin.strftime("%H:%M") == row["start"] and begin.minute % QUARTER == 0
    return (60 * begin.hour + begin.minute) // QUARTER if fits else None


def _season(profile: str, name: str, rows: Mapping[int, _Row]) -> tuple[Season, list[Problem]]:
    where, problems = f"profile {profile}, season {name}", []
    hours = [cell % DAY_CELLS for cell in rows]
    span = [day + cell for day in range(0, CELLS, DAY_CELLS) for cell in range(min(hours), max(hours) + 1)]
    if lack := [cell for cell in span if cell not in rows]:
        what, mend = (
            f"{len(lack)} quarter-hours are missing in {where}",
            "Write 0 where nobody comes: missing is not zero.",
        )
        expected, first = "every quarter-hour of every day", f"none at {clock_of(lack[0])}"
        problems.append(Problem("arrivals", what, "", "start", expected, first, mend))
    weeks = sorted({float(row["weeks"]) for row in rows.values()})
    if len(weeks) > 1:
        told = ", ".join(f"{value:g}" for value in weeks)
        problems.append(Problem("arrivals", f"the weeks of {where} differ", "", "weeks", "one number", told))
    rate = np.zeros(CELLS)
    rate[list(rows)] = [float(row["cases"]) for row in rows.values()]
    return Season(name, weeks[0], rate), problems


def hall_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List everything wrong with and between the ledgers of service halls; those that are absent are not judged."""
    names = ("matters", "halls", "windows", "clerks")
    rows = {name: tables[name].to_dict("records") for name in names if name in tables}
    profiles, found = profiles_of(tables["arrivals"]) if "arrivals" in tables else (None, [])
    found += _matters(rows.get("matters", []))
    found += _halls(rows.get("halls", []), profiles)
    if "matters" in rows:
        for ledger, column in (("windows", "departments"), ("clerks", "skills")):
            found += _served(ledger, column, rows.get(ledger, []), rows["matters"])
    return found


def _matters(rows: Iterable[_Row]) -> Iterator[Problem]:
    for row in rows:
        if not row["mean_min"] > 0:
            what, mend = "the handling time is zero", "Give the mean time of a case; a matter that takes none is none."
            yield Problem("matters", what, row["id"], "mean_min", "more than 0 minutes", f"{row['mean_min']:g}", mend)


def _halls(rows: Iterable[_Row], profiles: Mapping[str, tuple[Season, ...]] | None) -> Iterator[Problem]:
    """Yield halls of which nothing is known, or whose profile is not there; None = profiles are not judged."""
    for row in rows:
        profile, known = row["profile"], row["cases"] == row["cases"]
        if profiles is not None and isinstance(profile, str) and profile not in profiles:
            yield unknown("halls", "profile", profile, sorted(profiles), row=row["id"], column="profile")
        elif not isinstance(profile, str) and not known:
            what = "neither the cases of a year nor a profile is known"
            yield Problem("halls", what, row["id"], "cases", mend="Give one of them.")
        elif known and row["cases"] > 0 and not any(s.people for s in (profiles or {}).get(profile, (_SOMEBODY,))):
            yield Problem("halls", "nobody comes in its profile", row["id"], "profile", found=str(profile))
        if row["patience_min"] == 0:
            expected = "more than 0 minutes, or nothing"
            yield Problem("halls", "nobody would wait at all", row["id"], "patience_min", expected, "0")


def serves(words: Collection[str], department: str, name: str) -> bool:
    """Tell whether a window or clerk serves a matter: words are departments and matters, none = all."""
    return not words or department in words or name in words


def _served(ledger: str, column: str, rows: Iterable[_Row], matters: Iterable[_Row]) -> Iterator[Problem]:
    """Yield words that are no department and no matter, and matters that no window, or no clerk, of a hall serves."""
    one, asked = ledger.removesuffix("s"), [(str(row["department"]), str(row["name"])) for row in matters]
    known = sorted({department for department, _ in asked})
    names = {word for pair in asked for word in pair}
    served: dict[str, list[tuple[str, ...]]] = {}
    for row in rows:
        own = parts_of(row[column])
        served.setdefault(str(row["hall"]), []).append(own)
        for word in own:
            if word not in names:
                yield unknown(ledger, "department or matter", word, known, row=row["id"], column=column)
    for hall, all_ in served.items():
        lack = [name for department, name in asked if not any(serves(own, department, name) for own in all_)]
        if lack:
            more = f" and {len(lack) - _MOST_NAMED} more" if len(lack) > _MOST_NAMED else ""
            what, mend = (
                f"there are matters that no {one} serves",
                f"Add them, or their departments, to a {one} of the hall.",
            )
            found = f"none for {', '.join(lack[:_MOST_NAMED])}{more}"
            yield Problem(ledger, what, hall, column, f"each matter with one {one}", found, mend)
