"""The rooms walked through the studies that a scenario asks for, in order.

What plans rooms is imported where it is asked for: most runs ask for none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from workbench.cache import Cache
from workbench.catalogue.functions import catalogue
from workbench.coverage import CoverageResult, station_walks
from workbench.coverage.measure import walking_groups
from workbench.coverage.station_walks import walker_problems
from workbench.errors import Problem, ScenarioError
from workbench.ground.district import District
from workbench.progress import SILENT, Progress
from workbench.results import Result, StudyKind
from workbench.scenario import Scenario

Walks = Callable[[], pd.DataFrame]


def check_rooms(district: District, scenario: Scenario, found: Sequence[Problem] = ()) -> None:
    """Find out before long work whether the rooms can be planned as the scenario has them."""
    rooms = scenario.rooms
    if not rooms.plan:
        return
    from workbench.rooms.exchange.problem import refuse_nobody, unknown_in_exchange
    from workbench.rooms.instance import asked_district, centres_of
    from workbench.rooms.linking import unknown_functions
    from workbench.rooms.replanning.instance import event_problems, eventful_district
    from workbench.rooms.works.problem import unknown_in_works

    ground, known = asked_district(district, scenario), catalogue()
    centres = centres_of(ground, scenario, known)
    problems = [*found, *unknown_functions(scenario, known)]
    if rooms.works is not None:
        problems += unknown_in_works(scenario, ground, known)
    if rooms.exchange is not None:
        problems += unknown_in_exchange(scenario.name, rooms.exchange, known)
    if rooms.events is not None:
        problems += event_problems(rooms.events, scenario, centres, ground.ledger("activities")["id"])
    if problems:
        raise ScenarioError(problems)
    if rooms.exchange is not None:
        refuse_nobody(ground)
    if rooms.events is not None:
        eventful_district(ground, rooms.events)


def room_studies(
    district: District,
    scenario: Scenario,
    walks: Walks | None = None,
    *,
    progress: Progress = SILENT,
    cache: Cache | None = None,
) -> dict[str, Result]:
    """Timetable the rooms, and walk the timetable through what the scenario asks for besides."""
    if not scenario.rooms.plan:
        return {}
    from workbench.rooms.exchange import exchange_space
    from workbench.rooms.linking import link_centres
    from workbench.rooms.replanning import replan
    from workbench.rooms.result import timetable_rooms
    from workbench.rooms.works import plan_works

    base = timetable_rooms(district, scenario, progress=progress, cache=cache)
    found: dict[str, Result] = {"rooms": base}
    if not base.solved:
        return found
    rooms, published = scenario.rooms, base
    if rooms.works is not None:
        works = plan_works(published, progress=progress)
        found["room_works"], published = works, works.timetable
    known = walks() if walks is not None and rooms.linking is not None else None
    if known is not None:
        linked = link_centres(published, known, progress=progress)
        found["room_links"], published = linked, linked.timetable
    found["rooms"] = published
    if rooms.exchange is not None:
        found["room_exchange"] = exchange_space(published, progress=progress)
    if rooms.events is not None:
        found["room_replan"] = replan(published, rooms.events, walks=known, progress=progress)
    return found


def _checked(district: District, scenario: Scenario) -> None:
    check_rooms(district, scenario, walker_problems(scenario, walking_groups(district, scenario)[0]))


def _run(coverage: CoverageResult, progress: Progress, cache: Cache | None) -> dict[str, Result]:
    ground, scenario = coverage.district, coverage.scenario
    return room_studies(ground, scenario, lambda: station_walks(coverage), progress=progress, cache=cache)


STUDIES = (StudyKind("rooms", _run, lambda scenario: scenario.rooms.plan, _checked, order=2, decides=True),)
