"""From scenario and ledger to works, and back: what may be done at what cost, and the ledger of the rooms as worked."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pandas as pd

from workbench.district import District
from workbench.errors import Problem, ScenarioError
from workbench.functions import Catalogue, parts_of
from workbench.functions.works import WorkKind
from workbench.rooms.problem import Centre
from workbench.rooms.result import TimetableResult
from workbench.rooms.works.check import WorkLimits
from workbench.rooms.works.problem import Work
from workbench.scenario import Scenario
from workbench.scenario.room_works import RoomWorks
from workbench.scenes.vocabulary import unknown

_KEY = "rooms.works"


def said_of_works(scenario: Scenario) -> RoomWorks:
    """Return what a scenario says of works.

    Raises
    ------
    ScenarioError
        If it says nothing.
    """
    said = scenario.rooms.works
    if said is None:
        mend = "Set the budget, such as 'works: {budget: 300000}' under 'rooms'."
        raise ScenarioError(Problem(scenario.name, "no works are asked for", key=_KEY, mend=mend))
    return said


def unknown_in_works(scenario: Scenario, district: District, functions: Catalogue) -> list[Problem]:
    """List every work and every room of a scenario's section on works that is not known."""
    said, known = said_of_works(scenario), functions.works
    rooms = set(district.ledger("rooms")["id"])
    return [
        *_unknown(scenario.name, "work", said.kinds or (), known, f"{_KEY}.kinds"),
        *_unknown(scenario.name, "work", said.costs, known, f"{_KEY}.costs"),
        *_unknown(scenario.name, "room", said.forbidden, rooms, f"{_KEY}.forbidden"),
    ]


def work_limits(base: TimetableResult) -> WorkLimits:
    """Return what works may be done, and how much, as the scenario has it.

    Raises
    ------
    ScenarioError
        With every work and every room that is not known; or if the scenario says nothing of works.
    """
    said, known = said_of_works(base.scenario), base.functions.works
    problems = unknown_in_works(base.scenario, base.district, base.functions)
    if problems:
        raise ScenarioError(problems)
    kinds: dict[str, WorkKind] = {}
    for key in known if said.kinds is None else sorted(set(said.kinds)):
        other = said.costs.get(key)
        changed = {} if other is None else {k: v for k, v in other.model_dump().items() if v is not None}
        kinds[key] = known[key].model_copy(update=changed)
    return WorkLimits(kinds, said.budget, said.most_days, frozenset(said.forbidden))


def _unknown(where: str, kind: str, words: Iterable[str], known: Collection[str], key: str) -> list[Problem]:
    return [unknown(where, kind, word, sorted(known), key=key) for word in words if word not in known]


def worked_rooms(rooms: pd.DataFrame, done: Iterable[tuple[Centre, tuple[Work, ...]]]) -> pd.DataFrame:
    """Return a ledger of rooms in which works are done.

    Parameters
    ----------
    rooms
        The ledger.
    done
        Centres as they are, and their works.
    """
    table = rooms.copy()
    row = {str(name): number for number, name in zip(table.index, table["id"], strict=True)}
    for centre, works in done:
        for work in works:
            names = [centre.rooms[r].id for r in work.rooms]
            at = row[names[0]]
            if work.gives == "join":
                table.loc[at, "merges_with"], table.loc[row[names[1]], "merges_with"] = names[1], names[0]
            elif work.gives == "equipment":
                table.loc[at, "equipment"] = ";".join((*parts_of(table.loc[at, "equipment"]), work.item))
            elif work.gives == "sound":
                table.loc[at, "sound"] = work.item
            elif work.gives == "power":
                table.loc[at, "power"] = "strong"
            else:
                table.loc[at, work.gives] = True
    return table
