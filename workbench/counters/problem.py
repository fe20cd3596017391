"""Service halls free of any simulation: who would come when, with what, and which windows there are.

Who comes is told by the quarter-hour of a week of each season: people who would come then, whether the hall is open or
not, those aside who handle their matter online. Where only the cases of a year are known, the week is assumed 【推】.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from workbench.arrays import Flags, Floats, Ints
from workbench.calendars import Calendar
from workbench.catalogue.functions import parts_of
from workbench.catalogue.halls import CELLS, QUARTER, YEAR_WEEKS, Season, hall_problems, profiles_of, serves
from workbench.coverage.timetable import LongerHours, declared_timetable, widening
from workbench.errors import GeodataError, Problem, ScenarioError
from workbench.ground.district import District
from workbench.scenario import Scenario
from workbench.scenario.counters import Counters
from workbench.scenario.hours import Trial

ASSUMED: Final = "assumed"
"""Season of a hall of which only the cases of a year are known."""


@dataclass(frozen=True)
class Matter:
    """A matter: handling time in minutes, cases online too in proportion to others, share that comes to the hall."""

    name: str
    department: str
    mean: float
    spread: float
    weight: float
    onsite: float
    assist: bool
    package: str = ""
    single: str = ""
    """Its name, where a window or a clerk serves it without the others of its department."""

    @property
    def kind(self) -> tuple[str, str, bool]:
        """What decides who may serve it."""
        return self.department, self.single, self.assist

    @property
    def comes(self) -> float:
        """Its cases at the window, in proportion to those of the other matters."""
        return self.weight * self.onsite


@dataclass(frozen=True, eq=False)
class Hall:
    """A service hall.

    ``open`` and, by what is tried, ``longer`` are cells of the week, shape (672,). ``windows`` are the departments and
    matters of each window of today, none = all; no window where the ledger has none. ``patience`` is a mean, minutes;
    ``elders`` a share of those who come; ``cases`` are of a year, online ones too. ``assumed``: its week is not known.
    ``clerks`` are what each can handle, in the order in which pooled windows are staffed; none = everybody everything.
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
    clerks: tuple[frozenset[str], ...] = ()

    def hours(self, tried: Iterable[Trial]) -> Flags:
        """Return the cells in which it is open with some longer hours, shape (672,)."""
        return np.asarray(np.any([self.open, *(self.longer[trial] for trial in tried)], axis=0), bool)

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
    patience: float
    visits: float
    visit_time: float
    package_share: float
    package_saving: float

    @classmethod
    def of(cls, scenario: Scenario) -> Terms:
        """Look the standards up; raise where the scenario asks nothing of halls."""
        said = scenario.counters
        if said is None:
            what, mend = "the scenario asks nothing of halls", "Say 'counters: {}' for the defaults."
            raise ScenarioError(Problem(scenario.name, what, key="counters", mend=mend))
        names = list(cls.__dataclass_fields__)[1:]
        return cls(said, *(scenario.standard(getattr(said, name)) for name in names))


@dataclass(frozen=True, eq=False)
class CountersProblem:
    """The matters, the halls and the terms."""

    matters: tuple[Matter, ...]
    halls: tuple[Hall, ...]
    terms: Terms

    @cached_property
    def kinds(self) -> tuple[tuple[str, str, bool], ...]:
        """What decides who may serve a matter, ascending: department, name where that counts, need of help."""
        return tuple(sorted({matter.kind for matter in self.matters}))

    @cached_property
    def kind_of(self) -> Ints:
        """Kind of each matter, shape (matters,)."""
        return np.array([self.kinds.index(matter.kind) for matter in self.matters], np.int64)

    @cached_property
    def mix(self) -> Floats:
        """Share of each matter among those who come, shape (matters,); zeros where nobody comes."""
        comes = np.array([matter.comes for matter in self.matters])
        return comes / comes.sum() if comes.any() else comes

    @cached_property
    def work(self) -> float:
        """Mean handling time of those who come, by clerks who handle everything, minutes."""
        return self.terms.slowdown * float(self.mix @ np.array([matter.mean for matter in self.matters]))

    @property
    def people(self) -> float:
        """People who would come to all halls in a year."""
        return sum(season.weeks * season.people for hall in self.halls for season in hall.seasons)

    @cached_property
    def packages(self) -> dict[str, tuple[list[int], float]]:
        """Matters of each package, by place, and how often they are handled together, in proportion to all cases.

        Of the rarest matter of a package a share comes with all others of it.
        """
        places: dict[str, list[int]] = {}
        for place, matter in enumerate(self.matters):
            if matter.package:
                places.setdefault(matter.package, []).append(place)
        share = self.terms.package_share
        return {
            name: (own, share * min(self.matters[place].comes for place in own))
            for name, own in sorted(places.items())
            if len(own) > 1
        }

    @cached_property
    def packaged(self) -> CountersProblem:
        """The problem with packages handled in one visit, which takes less time than one by one."""
        matters, before = list(self.matters), sum(matter.comes for matter in self.matters)
        for name, (own, together) in self.packages.items():
            parts = [self.matters[place] for place in own]
            mean = (1 - self.terms.package_saving) * sum(part.mean for part in parts)
            spread = float(np.sqrt(sum(part.spread**2 for part in parts)))
            longest = max(parts, key=lambda part: part.mean)
            for place in own:
                matters[place] = replace(matters[place], weight=matters[place].comes - together, onsite=1.0)
            helped = any(part.assist for part in parts)
            own_of = (longest.department, mean, spread, together, 1.0, helped, name, longest.single)
            matters.append(Matter(name, *own_of))
        scale = sum(matter.comes for matter in matters) / before if before else 1.0
        halls = tuple(scaled(hall, scale) for hall in self.halls)
        return replace(self, matters=tuple(matters), halls=halls)


def scaled(hall: Hall, times: float) -> Hall:
    """Return a hall to which so many times as many people come."""
    return replace(hall, seasons=tuple(replace(season, rate=times * season.rate) for season in hall.seasons))


# ----------------------------------------------------------------------------------------------------------------------
# From the ledgers and the scenario to the instance; all that is wrong with them at once.


_Hours = Mapping[str, tuple[Flags, Mapping[Trial, Flags]]]


def counters_problem(district: District, scenario: Scenario) -> CountersProblem:
    """Read the halls of a district as a scenario has them.

    Raises
    ------
    ScenarioError
        If the scenario asks nothing of halls.
    GeodataError
        With everything that is wrong with the ledgers of halls, or the hours of their stations.
    """
    terms = Terms.of(scenario)
    ledgers = {name: district.ledger(name) for name in ("matters", "halls", "arrivals", "windows", "clerks")}
    mend = "Add {name}.csv to the district folder."
    problems = [
        Problem(name, "the ledger has no rows", expected="at least one row", mend=mend.format(name=name))
        for name in ("matters", "halls")
        if ledgers[name].empty
    ]
    hours, shut = _hours_of(district, scenario, terms.said, ledgers["halls"]["station"])
    problems += [*hall_problems(ledgers), *shut]
    if problems:
        raise GeodataError(problems)
    windows, clerks = _words(ledgers["windows"], "departments"), _words(ledgers["clerks"], "skills")
    named = {word for own in (*windows.values(), *clerks.values()) for words in own for word in words}
    problem = CountersProblem(tuple(_matter(row, named) for row in ledgers["matters"].to_dict("records")), (), terms)
    whole = sum(matter.weight for matter in problem.matters)
    onsite = terms.arrivals * sum(matter.comes for matter in problem.matters) / whole if whole else 0.0
    profiles, elders = profiles_of(ledgers["arrivals"])[0], _elders(district)
    halls = []
    for row in ledgers["halls"].to_dict("records"):
        assumed = not isinstance(row["profile"], str)
        seasons = (assumed_season(terms.said),) if assumed else profiles[row["profile"]]
        year = sum(season.weeks * season.people for season in seasons)
        cases = _known(row["cases"], year)
        hall = Hall(
            id=str(row["id"]),
            station=str(row["station"]),
            seasons=seasons,
            open=hours[row["station"]][0],
            longer=hours[row["station"]][1],
            windows=windows.get(row["id"], ()),
            patience=_known(row["patience_min"], terms.patience),
            elders=_known(row["elder_share"], elders[row["station"]]),
            cases=cases,
            assumed=assumed,
            clerks=_seated(clerks.get(row["id"], ()), problem),
        )
        halls.append(scaled(hall, onsite * cases / year if year else 0.0))
    return replace(problem, halls=tuple(halls))


def _seated(skills: Iterable[frozenset[str]], problem: CountersProblem) -> tuple[frozenset[str], ...]:
    """Return what the clerks of a hall can handle: always next who adds most of those who come, then the first."""
    left, lack, found = list(skills), list(problem.matters), list[frozenset[str]]()
    while left:
        added = [sum(m.comes for m in lack if serves(own, m.department, m.name)) for own in left]
        found.append(left.pop(added.index(max(added))))
        lack = [m for m in lack if not serves(found[-1], m.department, m.name)] or list(problem.matters)
    return tuple(found)


def _known(value: float, otherwise: float) -> float:
    return otherwise if np.isnan(value) else float(value)


def _words(ledger: pd.DataFrame, column: str) -> dict[str, tuple[frozenset[str], ...]]:
    """Return by hall what each of its windows, or clerks, serves."""
    return {str(hall): tuple(frozenset(parts_of(text)) for text in own) for hall, own in ledger.groupby("hall")[column]}


def _matter(row: Mapping[Any, Any], named: Collection[str]) -> Matter:
    package = str(row["package"]) if isinstance(row["package"], str) else ""
    mean, spread, weight, online = (float(row[n]) for n in ("mean_min", "spread_min", "weight", "online_share"))
    name, single = str(row["name"]), str(row["name"]) if row["name"] in named else ""
    return Matter(name, row["department"], mean, spread, weight, 1 - online, bool(row["assist"]), package, single)


def _hours_of(
    district: District, scenario: Scenario, said: Counters, asked: Iterable[str]
) -> tuple[_Hours, list[Problem]]:
    """Read when stations are open, and would be with what is tried, in an ordinary week."""
    hours, stations = scenario.hours.model_copy(update={"week": None}), district.stations
    timetable = declared_timetable(stations, hours)
    tried = {trial: LongerHours(hours.six_days if trial == "weekend" else trial) for trial in said.tries}
    longer = {
        trial: timetable.widened(widening(kind, hours, Calendar.ordinary()), np.ones(len(stations), bool))
        for trial, kind in tried.items()
    }
    found, problems = {}, []
    for name in asked:
        row = int(np.flatnonzero(stations["id"] == name)[0])
        week = timetable.of_station[row]
        if week < 0 or not (open_ := _cells(timetable.weeks[week])).any():
            what, mend = "the hours of a hall's station are not known, or it never opens", "Give it hours of a week."
            problems.append(Problem("stations", what, name, "opening_hours", mend=mend))
        else:
            found[name] = open_, {trial: _cells(one.weeks[one.of_station[row]]) for trial, one in longer.items()}
    return found, problems


def _cells(minutes: Flags) -> Flags:
    return np.asarray(minutes.reshape(CELLS, QUARTER).all(axis=1))


def _elders(district: District) -> Mapping[str, float]:
    """Return the share of residents of 60 and over in the community of each station; 0 where it is not known."""
    people = district.demand.groupby("community")[["residents", "age_60_79", "age_80_plus"]].sum()
    share = (people["age_60_79"] + people["age_80_plus"]) / people["residents"].where(people["residents"] > 0)
    known = district.stations["community"].map(share).astype(np.float64).fillna(0.0)
    return dict(zip(district.stations["id"], known, strict=True))


def assumed_season(said: Counters) -> Season:
    """Return the week that is assumed where only the cases of a year are known: even, but for the peaks."""
    week = Calendar.ordinary()
    rate = _cells(week.open_minutes(said.wishes)).astype(np.float64)
    for text, times in said.peaks.items():
        rate[_cells(week.open_minutes(text))] *= times
    return Season(ASSUMED, YEAR_WEEKS, rate)
