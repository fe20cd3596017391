"""The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import pandas as pd

from workbench.district import District
from workbench.errors import NoSolutionError
from workbench.functions import Catalogue, catalogue
from workbench.progress import Tell, silent
from workbench.results import Kpi, kpi_table
from workbench.rooms import frames, reading, totals
from workbench.rooms.dates import Dates
from workbench.rooms.ground import asked_district, centres_of
from workbench.rooms.measures import today_of
from workbench.rooms.problem import Centre, Timetable
from workbench.rooms.scene_use import scene_use
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.scenario import Scenario
from workbench.solving import Status, heeded_interrupt
from workbench.version import __version__

WORKERS = 2
"""Centres that are solved at once; the plans do not depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class TimetableResult:
    """The rooms of a district as timetabled; made by :func:`timetable_rooms`.

    Attributes
    ----------
    district, scenario
        What was planned; the district holds what the scenario adds.
    functions
        The catalogue of functions that was used.
    plans
        The plan of each centre, by identifier of its station.
    asked
        Centres as they are today, by station, where works or moves between centres have changed what the plans are
        made for; others are today as their plans have them.
    """

    district: District
    scenario: Scenario
    functions: Catalogue
    plans: tuple[CentrePlan, ...]
    asked: Mapping[str, Centre] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        proven = sum(plan.status is Status.OPTIMAL for plan in self.plans)
        return f"<TimetableResult {self.scenario.name}: {proven} of {len(self.plans)} centres proven, {self.status}>"

    @property
    def status(self) -> str:
        """The least that is true of every centre: INFEASIBLE, UNKNOWN, FEASIBLE or OPTIMAL."""
        found = {plan.status for plan in self.plans}
        order = (Status.INFEASIBLE, Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL)
        return str(next(status for status in order if status in found))

    @cached_property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and catalogue of functions."""
        listed = json.dumps(self.functions.document, sort_keys=True, ensure_ascii=False)
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__, listed)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def plan(self, station: str) -> CentrePlan:
        """Return the plan of one centre; KeyError if the station has no rooms."""
        for plan in self.plans:
            if plan.centre.id == station:
                return plan
        raise KeyError(station)

    def planned_at(self, station: str) -> tuple[Centre, Timetable]:
        """Return one centre with its timetable.

        Raises
        ------
        KeyError
            If the station has no rooms.
        NoSolutionError
            If it has no timetable.
        """
        plan = self.plan(station)
        if plan.timetable is None:
            rules = ", ".join(plan.conflict) or "none found"
            raise NoSolutionError(f"{station} has no timetable: {plan.status}; rules in conflict: {rules}")
        return plan.centre, plan.timetable

    def today(self, station: str) -> tuple[Centre, Timetable]:
        """Return one centre as it is today, and its published timetable; KeyError if the station has no rooms."""
        centre = self.asked[station] if station in self.asked else self.plan(station).centre
        return centre, today_of(centre)

    @cached_property
    def booked(self) -> Counter[str]:
        """How many sessions of each activity are published, wherever it takes place in the plan."""
        today = [self.today(plan.centre.id)[0] for plan in self.plans]
        return Counter(centre.activities[session.activity].id for centre in today for session in centre.today)

    @property
    def solved(self) -> bool:
        """Whether any centre has a timetable."""
        return any(plan.timetable is not None for plan in self.plans)

    @property
    def planned(self) -> Iterator[tuple[Centre, Timetable]]:
        """The centres that have a timetable, with it.

        Raises
        ------
        NoSolutionError
            If no centre has one.
        """
        found = [(plan.centre, plan.timetable) for plan in self.plans if plan.timetable is not None]
        if not found:
            rules = ", ".join(sorted({str(rule) for plan in self.plans for rule in plan.conflict})) or "none found"
            raise NoSolutionError(f"no centre has a timetable; its status is {self.status}; rules in conflict: {rules}")
        return iter(found)

    @cached_property
    def dates(self) -> Dates:
        """The weeks that the timetable runs through, and the dates on which a session does not take place."""
        return Dates.of(self.district, self.scenario)

    @cached_property
    def activities(self) -> pd.DataFrame:
        """The ledger of activities."""
        return self.district.ledger("activities")

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row a session of the plan; see :func:`workbench.rooms.frames.sessions`."""
        return frames.sessions(self)

    @cached_property
    def days_out(self) -> pd.DataFrame:
        """One row a session and date of it on which it does not take place, its room being closed."""
        return frames.days_out(self)

    @cached_property
    def by_room(self) -> pd.DataFrame:
        """One row a room, before and after; see :func:`workbench.rooms.frames.rooms`."""
        return frames.rooms(self)

    @cached_property
    def by_centre(self) -> pd.DataFrame:
        """One row a centre, with load bound and proof; see :func:`workbench.rooms.frames.centres`."""
        return frames.centres(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a centre and stage, with bound and gap; see :func:`workbench.rooms.frames.stages`."""
        return frames.stages(self)

    @cached_property
    def by_group(self) -> pd.DataFrame:
        """One row a group: person-hours and ㎡·h, before and after; see :func:`workbench.rooms.frames.groups`."""
        return frames.groups(self)

    @cached_property
    def by_scene(self) -> pd.DataFrame:
        """One row a service scene: what its functions ask and get; see :mod:`workbench.rooms.scene_use`."""
        return scene_use(self)

    @cached_property
    def unserved(self) -> pd.DataFrame:
        """One row an activity that is not served in full, with reasons."""
        return frames.unserved_activities(self)

    @cached_property
    def losses(self) -> pd.DataFrame:
        """One row a function and group that loses what it has today; see :func:`workbench.rooms.frames.losses`."""
        return frames.losses(self)

    @cached_property
    def breaches_today(self) -> pd.DataFrame:
        """One row a centre and rule that the published timetable breaks."""
        return frames.breaches_today(self)

    @cached_property
    def released(self) -> pd.DataFrame:
        """One row a released room, and what would bring it back."""
        return frames.released_rooms(self)

    @cached_property
    def signs(self) -> pd.DataFrame:
        """One row a room: its sign against its actual function and against the plan."""
        return frames.signs(self, self.functions)

    def kpis(self) -> list[Kpi]:
        """Return the numbers; where no centre has a timetable, only how many are proven."""
        return totals.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out.

        Where no centre has a timetable there is only what each centre came to, with its rules in conflict.
        """
        return reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, and what their plan gives."""
        return {"rooms_by_station": frames.station_layer(self.district, self.by_centre)}


def timetable_rooms(
    district: District, scenario: Scenario, *, functions: Catalogue | None = None, progress: Tell = silent
) -> TimetableResult:
    """Timetable the rooms of all centres for an ordinary week.

    Each centre is a problem of its own: its rooms serve its activities, in lexicographic stages
    (:func:`workbench.rooms.stages.plan_centre`). Centres are solved side by side; every solve is deterministic, so the
    plans depend neither on the number of workers nor on the speed of the machine.

    Parameters
    ----------
    district
        With the ledgers ``rooms``, ``activities`` and, where there is a published timetable, ``bookings``.
    scenario
        The intent; its section ``rooms``.
    functions
        Catalogue of functions; the one that comes with the workbench by default.
    progress
        Told of each centre that is done.

    Returns
    -------
    TimetableResult
        A centre whose rules contradict each other has no timetable but the names of these rules. After Ctrl-C, what is
        found so far, with its bounds.

    Raises
    ------
    RoomsError
        If there are no rooms, or a fixed booking begins off the grid.
    ScenarioError, GeodataError
        If what the scenario adds does not fit (:func:`workbench.rooms.ground.asked_district`).
    """
    known = catalogue() if functions is None else functions
    ground = asked_district(district, scenario)
    centres = centres_of(ground, scenario, known)
    effort = scenario.rooms.effort
    plans: list[CentrePlan] = []
    progress("rooms", 0, len(centres))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(WORKERS) as pool:
        for done, plan in enumerate(pool.map(lambda centre: plan_centre(centre, effort, interrupt), centres), 1):
            plans.append(plan)
            progress("rooms", done, len(centres))
    return TimetableResult(ground, scenario, known, tuple(plans))
