"""The rooms walked through the studies that a scenario asks for, in order."""

from __future__ import annotations

import pandas as pd

from workbench.district import District
from workbench.progress import Tell, silent
from workbench.results import Result
from workbench.rooms.ground import asked_district, centres_of
from workbench.rooms.result import timetable_rooms
from workbench.scenario import Scenario


def check_rooms(district: District, scenario: Scenario) -> None:
    """Find out before long work whether the rooms can be planned as the scenario has them.

    Raises
    ------
    RoomsError, ScenarioError, GeodataError
        As :func:`room_studies`.
    """
    if scenario.rooms.plan:
        centres_of(asked_district(district, scenario), scenario)


def room_studies(
    district: District, scenario: Scenario, walks: pd.DataFrame | None = None, *, progress: Tell = silent
) -> dict[str, Result]:
    """Timetable the rooms, and walk the timetable through what the scenario asks for besides.

    Parameters
    ----------
    district
        With the ledgers of rooms.
    scenario
        The intent; its section ``rooms``.
    walks
        Walks between stations, where they are known; what goes from one centre to another needs them.
    progress
        Told of each study.

    Returns
    -------
    dict
        Results by name; empty when the scenario plans no rooms. Where no centre has a timetable there is nothing but
        the answer that says why.

    Raises
    ------
    RoomsError, ScenarioError, GeodataError
        As :func:`workbench.rooms.result.timetable_rooms`.
    """
    if not scenario.rooms.plan:
        return {}
    base = timetable_rooms(district, scenario, progress=progress)
    found: dict[str, Result] = {"rooms": base}
    if not base.solved:
        return found
    # What stands on the timetable comes here, one line each: works, links, exchange, re-plan.
    return found
