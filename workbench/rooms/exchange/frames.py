"""The exchange as exact tables: one row an operator, a session, a refusal, a stage, a station, an hour of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.hours import WEEKDAYS
from workbench.rooms.exchange.problem import ExchangeProblem, Stay
from workbench.rooms.exchange.reasons import why_refused
from workbench.rooms.frames import clock
from workbench.rooms.measures import HOUR_CELLS
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, DAYS

if TYPE_CHECKING:
    from workbench.rooms.exchange.result import ExchangeResult

_TENTHS = 10.0
HOURS = DAY_CELLS // HOUR_CELLS


def operators(result: ExchangeResult) -> pd.DataFrame:
    """Return one row an operator: what it asks, owes and gave last week, what it is given, and what that is worth.

    Hours a week, ㎡·h a week, yuan a week. ``verdict`` on last week is ``met``, ``poor`` (below the least fulfilment),
    ``unknown`` (no record) or ``nothing`` (it owes nothing). What an operator is not given is missing unless it is
    admitted.
    """
    problem, said = result.problem, result.said
    names = dict(zip(*(result.district.ledger("operators")[key] for key in ("id", "name")), strict=True))
    rows = []
    for o, operator in enumerate(problem.operators):
        own = [stay for stay in result.plan.stays if stay.operator == o]
        row: dict[str, object] = {
            "operator": operator.id,
            "name": names[operator.id],
            "function": operator.use.function,
            "asked_station": operator.station or None,
            "least_area_m2": operator.least_area_dm2 / _TENTHS,
            "asked": operator.asked / 60,
            "owed": operator.owed / 60,
            "fulfilled": np.nan if operator.fulfilled is None else operator.fulfilled / 60,
            "fulfilment": np.nan if operator.fulfilment is None else operator.fulfilment,
            "verdict": _verdict(problem, o),
            "admitted": bool(own),
        }
        if own:
            value = said.service_values.get(operator.use.function, said.service_value)
            row |= _given(problem, own, value, said.space_value)
        rows.append(row)
    return pd.DataFrame(rows).reindex(columns=_OPERATOR_COLUMNS)


_OPERATOR_COLUMNS = [
    "operator", "name", "function", "asked_station", "least_area_m2", "asked", "owed", "fulfilled", "fulfilment",
    "verdict", "admitted", "station", "rooms", "granted", "share", "service", "own_m2h", "service_m2h", "service_value",
    "space_value", "value_per_m2h", "balance",
]  # fmt: skip


def _verdict(problem: ExchangeProblem, operator: int) -> str:
    asked = problem.operators[operator]
    if not asked.owed:
        return "nothing"
    if asked.fulfilment is None:
        return "unknown"
    return "poor" if problem.barred(operator) == "fulfilment" else "met"


def _given(problem: ExchangeProblem, own: list[Stay], hour: float, space: float) -> dict[str, object]:
    """Return what an admitted operator is given, at a value of an hour of service and of a ㎡·h.

    Service counts as far as it is owed, though its last block may be longer.
    """
    asked, block = problem.operators[own[0].operator], problem.terms.block / 60
    centre = problem.centres[own[0].centre]
    service = block * sum(stay.service for stay in own)
    granted = block * len(own) - service
    amounts = {True: 0.0, False: 0.0}
    for stay in own:
        amounts[stay.service] += block * problem.area(stay.centre, stay.place) / _TENTHS
    worth, price = hour * asked.owed / 60, space * amounts[False]
    return {
        "station": centre.id,
        "rooms": ";".join(centre.name(place) for place in sorted({stay.place for stay in own})),
        "granted": granted,
        "share": 60 * granted / asked.asked if asked.asked else np.nan,
        "service": service,
        "own_m2h": amounts[False],
        "service_m2h": amounts[True],
        "service_value": worth,
        "space_value": price,
        "value_per_m2h": worth / amounts[False] if amounts[False] else np.nan,
        "balance": worth - price,
    }


def sessions(result: ExchangeResult) -> pd.DataFrame:
    """Return one row a session: blocks of one operator, in one place and of one kind, that follow each other on a day.

    ``kind`` is ``own`` or ``service``.
    """
    problem = result.problem
    names = dict(zip(result.by_operator["operator"], result.by_operator["name"], strict=True))
    rows: list[dict[str, object]] = []
    last: tuple[object, ...] = ()
    for stay in sorted(result.plan.stays, key=lambda s: (s.operator, s.start)):
        stop = stay.start + problem.terms.length
        key = (stay.operator, stay.centre, stay.place, stay.service, stay.start // DAY_CELLS, stay.start)
        if rows and key == last:
            rows[-1]["end"] = _end(stop)
            rows[-1]["hours"] = float(str(rows[-1]["hours"])) + problem.terms.block / 60
        else:
            operator, centre = problem.operators[stay.operator], problem.centres[stay.centre]
            rows.append(
                {
                    "operator": operator.id,
                    "name": names[operator.id],
                    "function": operator.use.function,
                    "station": centre.id,
                    "room": centre.name(stay.place),
                    "day": WEEKDAYS[stay.start // DAY_CELLS],
                    "start": clock(stay.start),
                    "end": _end(stop),
                    "kind": "service" if stay.service else "own",
                    "hours": problem.terms.block / 60,
                }
            )
        last = (*key[:-1], stop)
    columns = ["operator", "name", "function", "station", "room", "day", "start", "end", "kind", "hours"]
    return pd.DataFrame(rows, columns=columns)


def _end(stop: int) -> str:
    minute = CELL_MIN * ((stop - 1) % DAY_CELLS + 1)
    return f"{minute // 60:02d}:{minute % 60:02d}"


def refused(result: ExchangeResult) -> pd.DataFrame:
    """Return one row an operator that is not admitted: what bars it, or the rules that stand in the way.

    ``fits``: none do, since the matching stopped before its proof.
    """
    table = result.by_operator.set_index("operator")
    rows = []
    for reason in why_refused(result.problem, result.plan.stays, result.scenario.rooms.effort):
        name = result.problem.operators[reason.operator].id
        own = table.loc[name]
        rows.append(
            {
                "operator": name,
                "name": own["name"],
                "function": own["function"],
                "asked_station": own["asked_station"],
                "asked": own["asked"],
                "owed": own["owed"],
                "barred": None if reason.barred is None else str(reason.barred),
                "rules": ";".join(reason.rules),
                "together": ";".join(reason.together),
                "fits": reason.fits,
            }
        )
    columns = ["operator", "name", "function", "asked_station", "asked", "owed", "barred", "rules", "together", "fits"]
    return pd.DataFrame(rows, columns=columns)


def stages(result: ExchangeResult) -> pd.DataFrame:
    """Return one row a stage: value, bound, gap, status."""
    rows = [
        (stage.name, stage.value, stage.bound, stage.gap, str(stage.status), stage.seconds)
        for stage in result.plan.stages
    ]
    return pd.DataFrame(rows, columns=["stage", "value", "bound", "gap", "status", "seconds"])


def stations(result: ExchangeResult) -> pd.DataFrame:
    """Return one row a station with a timetable: open, leftover and given ㎡·h a week, and operators."""
    problem = result.problem
    rows = []
    for c, centre in enumerate(problem.centres):
        own = [stay for stay in result.plan.stays if stay.centre == c]
        given = sum(problem.area(c, stay.place) * problem.terms.length for stay in own)
        left = problem.left[c]
        whole = int(left.area @ left.open.sum(axis=1))
        amounts = (whole, left.space, given)
        rows.append((centre.id, *(m / _TENTHS / HOUR_CELLS for m in amounts), len({stay.operator for stay in own})))
    return pd.DataFrame(rows, columns=["station", "open_m2h", "left_m2h", "given_m2h", "operators"])


def hours(result: ExchangeResult) -> pd.DataFrame:
    """Return one row an hour of the week, Monday first: leftover ㎡ on average, and ㎡ of it that are given."""
    problem = result.problem
    left = sum(part.area @ part.free for part in problem.left)
    given = sum(part.area @ part.taken for part in problem.leftover(result.plan.stays))
    table = {
        name: np.asarray(cells, np.float64).reshape(DAYS * HOURS, HOUR_CELLS).mean(axis=1) / _TENTHS
        for name, cells in (("left_m2", left), ("given_m2", given))
    }
    day, hour = np.divmod(np.arange(DAYS * HOURS), HOURS)
    return pd.DataFrame({"day": [WEEKDAYS[d] for d in day], "hour": hour, **table})
