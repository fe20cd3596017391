"""以场地换服务: operators matched with the space that a timetable leaves, for the public service that they owe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import geopandas as gpd
import pandas as pd

from workbench.progress import Tell, silent
from workbench.results import Kpi
from workbench.rooms.exchange import frames, reading
from workbench.rooms.exchange.ground import problem_of, said_of
from workbench.rooms.exchange.problem import ExchangeProblem
from workbench.rooms.exchange.stages import ExchangePlan, match_operators
from workbench.rooms.frames import station_layer
from workbench.rooms.part import RoomStudy
from workbench.rooms.result import TimetableResult
from workbench.scenario.room_exchange import Exchange
from workbench.solving import heeded_interrupt


@dataclass(frozen=True, eq=False, repr=False)
class ExchangeResult(RoomStudy):
    """Operators matched with leftover space; made by :func:`exchange_space`.

    Attributes
    ----------
    plan
        Which operator gets which blocks, with the proof of each stage.
    """

    plan: ExchangePlan
    part: ClassVar[str] = "exchange"

    @property
    def problem(self) -> ExchangeProblem:
        """The rooms as they are timetabled, and who asks for what is left."""
        return self.plan.problem

    @property
    def said(self) -> Exchange:
        """The terms of the scenario."""
        return said_of(self.scenario, self.base.functions)

    @property
    def status(self) -> str:
        """OPTIMAL: every stage is proven. FEASIBLE: some stage stopped before its proof; mind its gap."""
        return str(self.plan.status)

    @cached_property
    def by_operator(self) -> pd.DataFrame:
        """One row an operator; see :func:`workbench.rooms.exchange.frames.operators`."""
        return frames.operators(self)

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row a session of an operator; see :func:`workbench.rooms.exchange.frames.sessions`."""
        return frames.sessions(self)

    @cached_property
    def refused(self) -> pd.DataFrame:
        """One row an operator that is not admitted: see :func:`workbench.rooms.exchange.frames.refused`."""
        return frames.refused(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a stage: value, bound, gap, status."""
        return frames.stages(self)

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """One row a station: leftover ㎡·h, what is given of it, operators."""
        return frames.stations(self)

    @cached_property
    def by_hour(self) -> pd.DataFrame:
        """One row an hour of the week: leftover ㎡, and what is given of it."""
        return frames.hours(self)

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return reading.kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, what is left there and what is given of it."""
        return {"exchange_by_station": station_layer(self.district, self.by_station)}


def exchange_space(base: TimetableResult, *, progress: Tell = silent) -> ExchangeResult:
    """Match the operators of a district with the space that a timetable leaves (以场地换服务).

    The timetable stands as it is. An admitted operator gets, at one station, all the hours of public service that it
    owes and a part of the hours that it asks for. Stages, lexicographic: most service owed; the least share of what is
    asked for as large as can be; most own hours; fewest rooms that the timetable uses (if the scenario says so), fewest
    rooms, fewest changes of room; then the earliest in the week. See
    :func:`workbench.rooms.exchange.stages.match_operators`.

    Parameters
    ----------
    base
        The timetable, of a district with the ledger ``operators``; its scenario has the section ``rooms.exchange``.
    progress
        Told of each stage that is done.

    Returns
    -------
    ExchangeResult

    Raises
    ------
    ScenarioError
        If the scenario has no section ``rooms.exchange``, or values a function that is not known.
    RoomsError
        If there are no operators.
    NoSolutionError
        If no centre has a timetable.
    """
    problem = problem_of(base.district, base.scenario, base.planned, base.functions)
    with heeded_interrupt() as interrupt:
        plan = match_operators(problem, base.scenario.rooms.effort, interrupt, progress=progress)
    return ExchangeResult(base, plan)
