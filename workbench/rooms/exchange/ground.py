"""From the ledger of operators, a timetable and the scenario to the instance of the exchange."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from workbench.calendars import Weeks
from workbench.district import District
from workbench.errors import Problem, ScenarioError
from workbench.functions import Catalogue, Function
from workbench.rooms.dates import weeks_of
from workbench.rooms.exchange.problem import ExchangeProblem, Operator, Terms
from workbench.rooms.ground import ANY_STOREY, Row, cells
from workbench.rooms.problem import CELL_MIN, WEEK_CELLS, Activity, Centre, RoomsError, Timetable
from workbench.scenario import Scenario
from workbench.scenario.room_exchange import Exchange
from workbench.scenes.vocabulary import unknown
from workbench.tables.room_ledgers import NOISE

_KEY = "rooms.exchange"


def problem_of(
    district: District, scenario: Scenario, planned: Iterable[tuple[Centre, Timetable]], functions: Catalogue
) -> ExchangeProblem:
    """Return the instance.

    Parameters
    ----------
    district
        With a ledger of operators.
    scenario
        The intent; its section ``rooms.exchange``.
    planned
        The centres that have a timetable, with it.
    functions
        Catalogue of functions.

    Raises
    ------
    ScenarioError
        If the scenario has no section ``rooms.exchange``, or values a function that is not known.
    RoomsError
        If there are no operators.
    """
    said = said_of(scenario, functions)
    refuse_nobody(district)
    rows = district.ledger("operators").to_dict("records")
    centres, timetables = zip(*planned, strict=True)
    weeks = weeks_of(district, scenario)
    ordered = sorted(rows, key=lambda row: str(row["id"]))
    return ExchangeProblem(
        centres,
        timetables,
        tuple(_operator(row, functions[str(row["function"])], weeks) for row in ordered),
        cells(said.service_hours, weeks),
        terms_of(scenario, said),
    )


def refuse_nobody(district: District) -> None:
    """Raise where nobody asks for space.

    Raises
    ------
    RoomsError
        If there are no operators.
    """
    if district.ledger("operators").empty:
        mend = "Add operators.csv to the district folder."
        what, expected = "there are no operators", "at least one operator"
        raise RoomsError(Problem("operators", what, expected=expected, found="0 rows", mend=mend))


def said_of(scenario: Scenario, functions: Catalogue) -> Exchange:
    """Return the section of a scenario on the exchange.

    Raises
    ------
    ScenarioError
        If there is none, or it values a function that is not known.
    """
    said = scenario.rooms.exchange
    if said is None:
        mend = "Say 'exchange: {}' under 'rooms' for the defaults."
        raise ScenarioError(
            Problem(scenario.name, "the scenario asks for no exchange", expected="terms", mend=mend, key=_KEY)
        )
    wrong = unknown_in_exchange(scenario.name, said, functions)
    if wrong:
        raise ScenarioError(wrong)
    return said


def unknown_in_exchange(where: str, said: Exchange, functions: Catalogue) -> list[Problem]:
    """List every function that is valued and not known."""
    return [
        unknown(where, "function", name, functions, key=f"{_KEY}.service_values.{name}")
        for name in said.service_values
        if name not in functions
    ]


def terms_of(scenario: Scenario, said: Exchange) -> Terms:
    """Return what a scenario decides."""
    return Terms(
        said.block,
        scenario.rooms.step,
        said.least_share,
        said.least_fulfilment,
        said.room_share,
        said.operator_share,
        said.released_first,
    )


def _minutes(hours: float) -> int:
    return round(60 * hours)


def _operator(row: Row, function: Function, weeks: Weeks) -> Operator:
    fulfilled = float(row["fulfilled_hours"])
    use = Activity(
        id=str(row["id"]),
        function=function.key,
        group="",
        attendance=0,
        minutes=CELL_MIN,
        length=1,
        setup=0,
        clear=0,
        sessions=1,
        priority=1,
        windows=cells(row["windows"], weeks),
        preferred=np.ones(WEEK_CELLS, bool),
        days_apart=0,
        equipment=frozenset(),
        water="water" in function.needs,
        strong_power="power" in function.needs,
        private="private" in function.needs,
        noise=NOISE.index(function.noise),
        wants_quiet=function.wants_quiet,
        shares="",
        highest_storey=function.highest_storey or ANY_STOREY,
        organiser="",
    )
    return Operator(
        use,
        _minutes(row["hours"]),
        _minutes(row["owed_hours"]),
        None if np.isnan(fulfilled) else _minutes(fulfilled),
        round(10 * float(row["least_area_m2"])),
        str(row["station"]) if isinstance(row["station"], str) else "",
    )
