"""A published timetable after something has come up: need first, then the fewest changes, then the rest."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import pandas as pd

from workbench.progress import Tell, silent
from workbench.results import Kpi
from workbench.rooms.linking.units import Walk, walks_by_pair
from workbench.rooms.part import RoomStudy
from workbench.rooms.replanning import frames, reading
from workbench.rooms.replanning.ground import Touched, as_published, event_ground
from workbench.rooms.result import WORKERS, TimetableResult
from workbench.rooms.stages import plan_centre
from workbench.scenario import Scenario
from workbench.scenario.room_events import Events
from workbench.scenario.room_linking import Linking
from workbench.solving import heeded_interrupt


@dataclass(frozen=True, eq=False, repr=False)
class ReplanResult(RoomStudy):
    """A published timetable after something has come up; made by :func:`replan`.

    Attributes
    ----------
    base
        The timetable that is published.
    events
        What has come up.
    timetable
        The timetable of the week with the events. In every centre, touched or not, today (现状) is what is published
        by ``base``, not what was booked before it, and offices that are given over are rooms for residents. Centres
        that the events do not touch keep all their sessions.
    touched
        The centres that they touch, by station.
    walks
        Minutes by from, to and group, within the limit of ``rooms.linking``; None where no walks were given.
    """

    events: Events
    timetable: TimetableResult
    touched: Mapping[str, Touched]
    walks: Mapping[Walk, float] | None
    part: ClassVar[str] = "replan"

    @property
    def status(self) -> str:
        """The least that is true of every centre: INFEASIBLE, UNKNOWN, FEASIBLE or OPTIMAL."""
        return self.timetable.status

    @cached_property
    def notices(self) -> pd.DataFrame:
        """One row a session that changes; see :func:`workbench.rooms.replanning.frames.notices`."""
        return frames.notices(self)

    @cached_property
    def not_kept(self) -> pd.DataFrame:
        """One row a session that is not kept, and why; see :func:`workbench.rooms.replanning.frames.not_kept`."""
        return frames.not_kept(self)

    @cached_property
    def conflicts(self) -> pd.DataFrame:
        """One row a centre without a timetable; see :func:`workbench.rooms.replanning.frames.conflicts`."""
        return frames.conflicts(self)

    @cached_property
    def nearby(self) -> pd.DataFrame:
        """Where else what is not held would find a place; see :func:`workbench.rooms.replanning.frames.nearby`."""
        return frames.nearby(self)

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return reading.kpis(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return reading.tables(self)


def replan(
    base: TimetableResult, events: Events, *, walks: pd.DataFrame | None = None, progress: Tell = silent
) -> ReplanResult:
    """Mend a published timetable when something has come up.

    Only the centres that are touched are planned anew: need by priority first, then the fewest published sessions that
    are not kept, then the floors of groups, rooms and preferences (``plan_centre(..., course="replan")``), proven. A
    session is kept if it takes place at its hour in its room. Sessions of activities that are called off are not to be
    kept.

    Parameters
    ----------
    base
        The timetable that is published.
    events
        What has come up, such as ``scenario.rooms.events``.
    walks
        Walks between centres, as for :func:`workbench.rooms.linking.link_centres`; then the result says where else what
        is not held would find a place.
    progress
        Told of each centre that is done.

    Returns
    -------
    ReplanResult
        A centre in which the events contradict fixed sessions has no timetable, but the names of the rules.

    Raises
    ------
    ScenarioError
        If an event names a room, activity or station that is not known; with all problems.
    GeodataError
        If an added activity does not fit the ledgers.
    RoomsError
        If the table of walks cannot be read.
    """
    said = base.scenario.rooms.linking or Linking()
    near = None if walks is None else walks_by_pair(walks, base.scenario.standard(said.limit))
    ground, touched = event_ground(base, events)
    effort, done = base.scenario.rooms.effort, {}
    progress("replan", 0, len(touched))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(WORKERS) as pool:
        centres = [each.centre for each in touched.values()]
        plans = pool.map(lambda centre: plan_centre(centre, effort, interrupt, course="replan"), centres)
        for number, plan in enumerate(plans, 1):
            done[plan.centre.id] = plan
            progress("replan", number, len(touched))
    mended = tuple(done.get(plan.centre.id) or as_published(plan) for plan in base.plans)
    timetable = replace(base, district=ground, scenario=_next_edition(base.scenario), plans=mended, asked={})
    return ReplanResult(base, events, timetable, touched, near)


def _next_edition(scenario: Scenario) -> Scenario:
    """Return the scenario of a timetable that replaces the published one."""
    rooms = scenario.rooms.model_copy(update={"edition": scenario.rooms.edition + 1})
    return scenario.model_copy(update={"rooms": rooms})
