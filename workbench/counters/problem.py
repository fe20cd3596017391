"""Service halls free of any simulation: who would come when, with what, and which windows there are.

Who comes is told by the quarter-hour of a week of each season: people who would come then, whether the hall is open or
not, those aside who handle their matter online. Where only the cases of a year are known, the week is assumed 【推】.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Calendar
from workbench.catalogue.functions import parts_of
from workbench.catalogue.standards import Register
from workbench.counters.kernel import CELLS, QUARTER
from workbench.coverage.timetable import LongerHours, declared_timetable, widening
from workbench.errors import GeodataError, Problem, ScenarioError, unknown
from workbench.ground.district import District
from workbench.hours import DAY_MINUTES, WEEKDAYS
from workbench.scenario import Scenario
from workbench.scenario.counters import Counters
from workbench.scenario.hours import Trial

DAY_CELLS: Final = DAY_MINUTES // QUARTER
YEAR_WEEKS: Final = 52
ASSUMED: Final = "assumed"
"""Season of a hall of which only the cases of a year are known."""
_MOST_WEEKS = 53.5
_ROUNDING = 1e-9

Kind = tuple[str, bool]
"""Department of a matter, and whether it needs help: what decides which window may serve it."""


@dataclass(frozen=True)
class Matter:
    """A matter as it is handled at a window.

    Attributes
    ----------
    id, name, department, assist, package
        As in the ledger; no package is empty.
    mean, spread
        Handling time, minutes.
    weight
        Its cases, in proportion to those of the other matters, online ones too.
    onsite
        Share of them that come to the hall.
    """

    id: str
    name: str
    department: str
    mean: float
    spread: float
    weight: float
    onsite: float
    assist: bool
    package: str = ""

    @property
    def comes(self) -> float:
        """Its cases at the window, in proportion to those of the other matters."""
        return self.weight * self.onsite


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


@dataclass(frozen=True, eq=False)
class Hall:
    """A service hall.

    Attributes
    ----------
    id, station
        Of the hall, and of the station that it belongs to.
    seasons
        The year, in the order of the alphabet.
    open
        Cells of the week in which it is open, shape (672,).
    longer
        Cells in which it would be open, by what is tried, shape (672,) each.
    windows
        Departments that each window of today serves; none = all. No window where the ledger has none of the hall.
    patience
        Mean time after which somebody who waits leaves, minutes.
    elders
        Share of elders among those who come.
    cases
        Cases a year, online ones too.
    assumed
        Whether only the cases of a year are known, and its week is assumed.
    """

    id: str
    station: str
    seasons: tuple[Season, ...]
    open: Flags
    longer: Mapping[Trial, Flags]
    windows: tuple[frozenset[str], ...]
    patience: float
    elders: float
    cases: float
    assumed: bool

    def hours(self, tried: Iterable[Trial]) -> Flags:
        """Return the cells in which it is open with some longer hours, shape (672,)."""
        return np.any([self.open, *(self.longer[trial] for trial in tried)], axis=0)

    def reached(self, open_: Flags, returns: float) -> float:
        """Return the least share over the seasons of those who would come for whom it can be open at all."""
        shares = [float(season.rate[open_].sum()) / season.people for season in self.seasons if season.people]
        return min((share + returns * (1 - share) * (share > 0) for share in shares), default=1.0)


@dataclass(frozen=True)
class Terms:
    """What the scenario sets, each standard by its value."""

    said: Counters
    target: float
    served: float
    arrivals: float
    slowdown: float
    returns: float
    precision: float
    confidence: float

    @classmethod
    def of(cls, said: Counters, register: Register) -> Terms:
        """Look the standards up."""
        names = ("target", "served", "arrivals", "slowdown", "returns", "precision", "confidence")
        return cls(said, *(register[getattr(said, name)].used() for name in names))


@dataclass(frozen=True, eq=False)
class CountersProblem:
    """The matters, the halls and the terms."""

    matters: tuple[Matter, ...]
    halls: tuple[Hall, ...]
    terms: Terms

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """Kinds of matters, ascending."""
        return tuple(sorted({(matter.department, matter.assist) for matter in self.matters}))

    @cached_property
    def kind_of(self) -> Ints:
        """Kind of each matter, shape (matters,)."""
        place = {kind: n for n, kind in enumerate(self.kinds)}
        return np.array([place[matter.department, matter.assist] for matter in self.matters], np.int64)

    @cached_property
    def mix(self) -> Floats:
        """Share of each matter among those who come, shape (matters,); zeros where nobody comes."""
        comes = np.array([matter.comes for matter in self.matters])
        return comes / comes.sum() if comes.any() else comes

    @cached_property
    def onsite(self) -> float:
        """Share of all cases that come to the hall."""
        whole = sum(matter.weight for matter in self.matters)
        return sum(matter.comes for matter in self.matters) / whole if whole else 0.0

    @property
    def mean_work(self) -> float:
        """Mean handling time of those who come, by clerks of one department, minutes."""
        return float(self.mix @ np.array([matter.mean for matter in self.matters]))

    def with_packages(self, share: float, saving: float) -> CountersProblem:
        """Return the problem with packages handled in one visit.

        Of the rarest matter of a package a share comes with all others of it, and takes less time than one by one.
        """
        matters, before = list(self.matters), sum(matter.comes for matter in self.matters)
        for name in sorted({matter.package for matter in self.matters} - {""}):
            own = [place for place, matter in enumerate(matters) if matter.package == name]
            together = share * min(matters[place].comes for place in own)
            if len(own) < 2 or not together:
                continue
            mean = (1 - saving) * sum(matters[place].mean for place in own)
            spread = float(np.sqrt(sum(matters[place].spread ** 2 for place in own)))
            assist = any(matters[place].assist for place in own)
            department = matters[max(own, key=lambda place: matters[place].mean)].department
            for place in own:
                left = matters[place].comes - together
                matters[place] = replace(matters[place], weight=left, onsite=1.0)
            matters.append(Matter(name, name, department, mean, spread, together, 1.0, assist, name))
        scale = sum(matter.comes for matter in matters) / before if before else 1.0
        halls = [
            replace(hall, seasons=tuple(replace(season, rate=scale * season.rate) for season in hall.seasons))
            for hall in self.halls
        ]
        return replace(self, matters=tuple(matters), halls=tuple(halls))


# ----------------------------------------------------------------------------------------------------------------------
# From the ledgers and the scenario to the instance; all that is wrong with them at once.


_Row = Mapping[str, Any]
_Profile = tuple[Season, ...]


def counters_problem(district: District, scenario: Scenario) -> CountersProblem:
    """Read the halls of a district as a scenario has them.

    Raises
    ------
    ScenarioError
        If the scenario asks nothing of halls.
    GeodataError
        With everything that is wrong with the ledgers of halls.
    """
    said = scenario.counters
    if said is None:
        mend = "Say 'counters: {}' for the defaults."
        raise ScenarioError(Problem(scenario.name, "the scenario asks nothing of halls", key="counters", mend=mend))
    terms = Terms.of(said, scenario.register)
    rows = {name: district.ledger(name).to_dict("records") for name in ("matters", "halls", "arrivals", "windows")}
    problems = [
        Problem(name, "the ledger has no rows", expected="at least one row", mend=f"Add {name}.csv to the district.")
        for name in ("matters", "halls")
        if not rows[name]
    ]
    profiles, wrong = _profiles(rows["arrivals"])
    departments = {str(row["department"]) for row in rows["matters"]}
    problems += [*wrong, *_matter_problems(rows["matters"]), *_hall_problems(rows["halls"], profiles, rows["arrivals"])]
    problems += _window_problems(rows["windows"], departments)
    open_, shut = _hours_of(district, scenario, rows["halls"])
    problems += shut
    if problems:
        raise GeodataError(problems)
    matters = tuple(_matter(row) for row in rows["matters"])
    problem = CountersProblem(matters, (), terms)
    patience = scenario.standard(said.patience)
    elders = _elders(district)
    halls = [
        _hall(row, problem, profiles, open_[row["station"]], rows["windows"], patience, elders) for row in rows["halls"]
    ]
    return replace(problem, halls=tuple(halls))


def _matter(row: _Row) -> Matter:
    package = str(row["package"]) if isinstance(row["package"], str) else ""
    numbers = (float(row[name]) for name in ("mean_min", "spread_min", "weight"))
    onsite, assist = 1 - float(row["online_share"]), bool(row["assist"])
    return Matter(str(row["id"]), str(row["name"]), str(row["department"]), *numbers, onsite, assist, package)


def _matter_problems(rows: Iterable[_Row]) -> Iterator[Problem]:
    for row in rows:
        if not row["mean_min"] > 0:
            mend = "Give the mean time of a case; a matter that takes none is none."
            expected = "more than 0 minutes"
            yield Problem(
                "matters", "the handling time is zero", row["id"], "mean_min", expected, f"{row['mean_min']:g}", mend
            )


def _hall_problems(halls: Iterable[_Row], profiles: Mapping[str, _Profile], arrivals: Iterable[_Row]) -> list[Problem]:
    found, named = [], {str(row["profile"]) for row in arrivals}
    for row in halls:
        profile, known = row["profile"], row["cases"] == row["cases"]
        if isinstance(profile, str) and profile not in named:
            found.append(unknown("halls", "profile", profile, sorted(named), row=row["id"], column="profile"))
        if not isinstance(profile, str) and not known:
            what = "neither the cases of a year nor a profile is known"
            found.append(Problem("halls", what, row["id"], "cases", mend="Give one of them."))
        if known and row["cases"] > 0 and profile in profiles and not sum(s.people for s in profiles[profile]):
            found.append(Problem("halls", "nobody comes in its profile", row["id"], "profile", found=str(profile)))
        if row["patience_min"] == 0:
            expected = "more than 0 minutes, or nothing"
            found.append(Problem("halls", "nobody would wait at all", row["id"], "patience_min", expected, "0"))
    return found


def _window_problems(windows: Iterable[_Row], departments: set[str]) -> list[Problem]:
    """List departments that have no matter, and of halls with windows matters that none of them serves."""
    found, served = [], dict[str, set[str]]()
    for row in windows:
        own = parts_of(row["departments"])
        served.setdefault(str(row["hall"]), set()).update(own or departments)
        known = sorted(departments)
        found += [
            unknown("windows", "department", one, known, row=row["id"], column="departments")
            for one in own
            if one not in departments
        ]
    for hall, own in served.items():
        if lack := sorted(departments - own):
            what, mend = "no window serves the matters of some departments", "Add them to a window of the hall."
            expected = "each department of the matters at one window"
            found.append(Problem("windows", what, hall, "departments", expected, f"none for {', '.join(lack)}", mend))
    return found


def _cell_of(row: _Row) -> int | None:
    """Return the cell of the day at which a row begins; None where its clock is none, or between quarter-hours."""
    try:
        begin = dt.time.fromisoformat(str(row["start"]))
    except ValueError:
        return None
    fits = begin.strftime("%H:%M") == row["start"] and begin.minute % QUARTER == 0
    return (60 * begin.hour + begin.minute) // QUARTER if fits else None


def _profiles(rows: Iterable[_Row]) -> tuple[dict[str, _Profile], list[Problem]]:
    """Read the profiles of arrivals; each day of a season must have every quarter-hour that any of its days has."""
    found: dict[tuple[str, str], dict[int, _Row]] = {}
    problems: list[Problem] = []
    for row in rows:
        cell = _cell_of(row)
        if cell is None:
            mend = "Midnight is 00:00 of the day that begins; there is no 24:00."
            expected = 'the beginning of a quarter-hour, "HH:MM"'
            problems.append(
                Problem("arrivals", "the clock is not right", row["id"], "start", expected, repr(row["start"]), mend)
            )
            continue
        own = found.setdefault((str(row["profile"]), str(row["season"])), {})
        cell += DAY_CELLS * WEEKDAYS.index(row["day"])
        if cell in own:
            what = f"the quarter-hour stands twice in profile {row['profile']}, season {row['season']}"
            problems.append(Problem("arrivals", what, row["id"], "start", found=f"{own[cell]['id']} has it too"))
        own[cell] = row
    profiles: dict[str, list[Season]] = {}
    for (profile, name), own in sorted(found.items()):
        season, wrong = _season(profile, name, own)
        problems += wrong
        profiles.setdefault(profile, []).append(season)
    for profile, seasons in profiles.items():
        weeks = sum(season.weeks for season in seasons)
        if not 0 < weeks <= _MOST_WEEKS:
            expected = f"together more than 0 and at most {YEAR_WEEKS}"
            problems.append(
                Problem("arrivals", f"the seasons of profile {profile} are no year", "", "weeks", expected, f"{weeks:g}")
            )
    return {profile: tuple(seasons) for profile, seasons in profiles.items()}, problems


def _season(profile: str, name: str, rows: Mapping[int, _Row]) -> tuple[Season, list[Problem]]:
    where, problems = f"profile {profile}, season {name}", []
    hours = [cell % DAY_CELLS for cell in rows]
    span = range(min(hours), max(hours) + 1)
    lack = [DAY_CELLS * day + cell for day in range(len(WEEKDAYS)) for cell in span if DAY_CELLS * day + cell not in rows]
    if lack:
        what, mend = f"{len(lack)} quarter-hours are missing in {where}", "Write 0 where nobody comes: missing is not zero."
        problems.append(
            Problem("arrivals", what, "", "start", "every quarter-hour of every day", f"none at {clock_of(lack[0])}", mend)
        )
    weeks = sorted({float(row["weeks"]) for row in rows.values()})
    if len(weeks) > 1:
        told = ", ".join(f"{value:g}" for value in weeks)
        problems.append(Problem("arrivals", f"the weeks of {where} differ", "", "weeks", "one number", told))
    rate = np.zeros(CELLS)
    rate[list(rows)] = [float(row["cases"]) for row in rows.values()]
    return Season(name, weeks[0], rate), problems


def clock_of(cell: int) -> str:
    """Return day and time of a cell of the week, such as Mo 09:15."""
    day, place = divmod(cell, DAY_CELLS)
    return f"{WEEKDAYS[day]} {place * QUARTER // 60:02d}:{place * QUARTER % 60:02d}"


def _hours_of(
    district: District, scenario: Scenario, halls: Iterable[_Row]
) -> tuple[dict[str, tuple[Flags, Mapping[Trial, Flags]]], list[Problem]]:
    """Read when the station of each hall is open, and would be with what is tried, in an ordinary week."""
    hours = scenario.hours.model_copy(update={"week": None})
    stations = district.stations
    timetable = declared_timetable(stations, hours)
    said = scenario.counters or Counters()
    tried = {trial: LongerHours(hours.six_days if trial == "weekend" else trial) for trial in said.tries}
    longer = {
        trial: timetable.widened(widening(kind, hours, Calendar.ordinary()), np.ones(len(stations), bool))
        for trial, kind in tried.items()
    }
    row_of = {name: row for row, name in enumerate(stations["id"])}
    found: dict[str, tuple[Flags, Mapping[Trial, Flags]]] = {}
    problems = []
    for hall in halls:
        row = row_of[hall["station"]]
        if timetable.of_station[row] < 0 or not (open_ := _cells(timetable.weeks[timetable.of_station[row]])).any():
            mend = "Give the station hours, or take the hall out."
            what = "the hours of a hall's station are not known, or it never opens"
            problems.append(Problem("stations", what, hall["station"], "opening_hours", mend=mend))
            continue
        found[hall["station"]] = open_, {t: _cells(w.weeks[w.of_station[row]]) for t, w in longer.items()}
    return found, problems


def _cells(minutes: Flags) -> Flags:
    return np.asarray(minutes.reshape(CELLS, QUARTER).all(axis=1))


def _elders(district: District) -> Mapping[str, float]:
    """Return the share of residents of 60 and over in the community of each station, where it is known."""
    people = district.demand.groupby("community")[["residents", "age_60_79", "age_80_plus"]].sum()
    share = (people["age_60_79"] + people["age_80_plus"]) / people["residents"].where(people["residents"] > 0)
    stations = district.stations
    known = stations["community"].map(share).astype(np.float64).fillna(0.0)
    return dict(zip(stations["id"], known, strict=True))


def _hall(
    row: _Row,
    problem: CountersProblem,
    profiles: Mapping[str, _Profile],
    hours: tuple[Flags, Mapping[Trial, Flags]],
    windows: Iterable[_Row],
    patience: float,
    elders: Mapping[str, float],
) -> Hall:
    assumed = not isinstance(row["profile"], str)
    seasons = (assumed_season(problem.terms.said),) if assumed else profiles[row["profile"]]
    whole = sum(season.weeks * season.people for season in seasons)
    cases = float(row["cases"]) if row["cases"] == row["cases"] else whole
    scale = problem.terms.arrivals * problem.onsite * cases / whole if whole else 0.0
    return Hall(
        id=str(row["id"]),
        station=str(row["station"]),
        seasons=tuple(replace(season, rate=scale * season.rate) for season in seasons),
        open=hours[0],
        longer=hours[1],
        windows=tuple(frozenset(parts_of(w["departments"])) for w in windows if w["hall"] == row["id"]),
        patience=float(row["patience_min"]) if pd.notna(row["patience_min"]) else patience,
        elders=float(row["elder_share"]) if pd.notna(row["elder_share"]) else elders[row["station"]],
        cases=cases,
        assumed=assumed,
    )


def assumed_season(said: Counters) -> Season:
    """Return the week that is assumed where only the cases of a year are known: even, but for the peaks."""
    week = Calendar.ordinary()
    rate = _cells(week.open_minutes(said.wishes).ravel()).astype(np.float64)
    for text, times in said.peaks.items():
        rate[_cells(week.open_minutes(text).ravel())] *= times
    return Season(ASSUMED, YEAR_WEEKS, rate)
