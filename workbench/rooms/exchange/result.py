"""以场地换服务: operators matched with the space that a timetable leaves, for the public service that they owe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.catalogue.functions import parts_of
from workbench.catalogue.terms import label, unit
from workbench.hours import WEEKDAYS, hhmm
from workbench.progress import SILENT, Progress
from workbench.results import Value
from workbench.rooms.exchange.problem import ExchangeProblem, Stay, problem_of
from workbench.rooms.exchange.stages import ExchangePlan, match_operators, why_refused
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, DAYS
from workbench.rooms.result import (
    NOTHING,
    RoomStudy,
    Shown,
    TimetableResult,
    in_order,
    named,
    read,
    rules,
    station_layer,
    stations_of,
)
from workbench.rooms.week import HOUR_CELLS, clock
from workbench.solving import Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# The exchange as exact tables: one row an operator, a session, a refusal, a stage, a station, an hour of the week.


_TENTHS = 10.0
_HOURS = DAY_CELLS // HOUR_CELLS


def operators(result: ExchangeResult) -> pd.DataFrame:
    """Return one row an operator: what it asks, owes and gave last week, what it is given, and what that is worth.

    Hours a week, ㎡·h a week, yuan a week. ``verdict`` on last week is ``met``, ``poor`` (below the least fulfilment),
    ``unknown`` (no record) or ``nothing`` (it owes nothing). What an operator is not given is missing unless it is
    admitted.
    """
    problem, terms = result.problem, result.problem.terms
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
            value = terms.service_values.get(operator.use.function, terms.service_value)
            row |= _given(problem, own, value, terms.space_value)
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
        stop = stay.start + problem.length
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
    return hhmm(CELL_MIN * ((stop - 1) % DAY_CELLS + 1))


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
        given = sum(problem.area(c, stay.place) * problem.length for stay in own)
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
        name: np.asarray(cells, np.float64).reshape(DAYS * _HOURS, HOUR_CELLS).mean(axis=1) / _TENTHS
        for name, cells in (("left_m2", left), ("given_m2", given))
    }
    day, hour = np.divmod(np.arange(DAYS * _HOURS), _HOURS)
    return pd.DataFrame({"day": [WEEKDAYS[d] for d in day], "hour": hour, **table})


# ----------------------------------------------------------------------------------------------------------------------
# The exchange as a planner reads it: tables in Chinese, rounded, and numbers with their denominators.
#
# Jain's index of fairness is (Σx)² / (n Σx²) of the shares x of what each asked for: 1 when all are alike, 1/n when
# one has everything (Jain, Chiu and Hawe 1984).


_ASSUMED = "【推】"
"""What is printed beside a value that is an assumption."""


def jain(shares: Sequence[float]) -> float | None:
    """Return Jain's index of fairness of some shares; None when there is none, or all are 0."""
    values = np.asarray(shares, np.float64)
    squares = float(values @ values)
    return float(values.sum()) ** 2 / (len(values) * squares) if squares else None


def tables(result: ExchangeResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    station = stations_of(result.district)
    shown: dict[str, Shown] = {
        "function": named({key: one.label for key, one in result.base.functions.items()}),
        "station@rooms": station,
        "asked_station": lambda key: station(key) if isinstance(key, str) else "不限",
        "rooms@names": lambda text: "、".join(parts_of(text)),
        "verdict": lambda key: label(f"fulfilment.{key}"),
        "admitted": lambda admitted: "已匹配" if admitted else "未匹配",
        "kind@use": lambda key: label(f"exchange.{key}"),
        "stage": lambda name: _LACK.get(name, "") + label(f"exchange.{name}"),
        "status@proof": lambda status: "已证最优" if status == Status.OPTIMAL else "未证完",
        **dict.fromkeys(("barred@rules", "rules@match", "together"), rules),
    }
    matched = result.by_operator[result.by_operator["admitted"]]
    kept = result.by_operator.assign(fulfilment=100 * result.by_operator["fulfilment"])
    stages = result.by_stage.assign(unit=[unit(f"exchange.{name}") for name in result.by_stage["stage"]])
    week = in_order(result.sessions, "operator", "place", "start")
    found = {
        "场地置换匹配表": read(_with_sum(matched), _MATCHES, shown),
        "履约跟踪": read(kept, _FULFILMENT, shown),
        "未匹配的运营方及原因": read(_reasons(result.refused), _REFUSED, shown),
        "运营方周时段": read(week, _SESSIONS, shown),
        "场地置换逐阶段证明": read(stages.assign(gap=100 * stages["gap"]), _STAGES, shown),
    }
    return {title: table for title, table in found.items() if len(table)}


def _reasons(refused: pd.DataFrame) -> pd.DataFrame:
    """Say where no rule need be relaxed."""
    return refused.assign(rules=refused["rules"].mask(refused["fits"].astype(bool), "none"))


_MATCHES: Final = (
    "name@operator", "function", "station@rooms", "rooms@names", "asked", "granted", "owed", "service", "own_m2h",
    "service_value", "space_value", "value_per_m2h", "balance",
)  # fmt: skip
_FULFILMENT: Final = ("name@operator", "function", "owed@last", "fulfilled", "fulfilment", "verdict", "admitted")
_REFUSED: Final = (
    "name@operator", "function", "asked_station", "asked", "owed", "barred@rules", "rules@match", "together",
)  # fmt: skip
_SESSIONS: Final = (
    "name@operator", "function", "station@rooms", "room", "day", "start", "end", "hours", "kind@use",
)  # fmt: skip
_STAGES: Final = ("stage", "unit@stage", "value", "bound@stage", "gap@stage", "status@proof")
_SUMMED = ("asked", "granted", "owed", "service", "own_m2h", "service_value", "space_value", "balance")


def _with_sum(table: pd.DataFrame) -> pd.DataFrame:
    """Add the sum of the values as the last row."""
    if not len(table):
        return table
    total: dict[str, object] = {key: float(table[key].sum()) for key in _SUMMED}
    own = float(table["own_m2h"].sum())
    total["value_per_m2h"] = float(table["service_value"].sum()) / own if own else np.nan
    last = {**dict.fromkeys(("name", "function", "station", "rooms"), NOTHING), "name": "合计", **total}
    found = pd.concat([table.astype(object), pd.DataFrame([last], dtype=object)], ignore_index=True)
    return found.assign(value_per_m2h=found["value_per_m2h"].where(found["value_per_m2h"].notna(), NOTHING))


_LACK = {"service": "未排入的", "own": "未给予的"}
"""Stages that count what is lacking of a thing that the glossary names."""


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _space(result: ExchangeResult) -> Iterator[Value]:
    table = result.by_station
    whole, left, given = (float(table[key].sum()) for key in ("open_m2h", "left_m2h", "given_m2h"))
    yield Value("exchange.left", left, whole)
    yield Value("exchange.given", _percent(given, left), left)
    table = result.by_operator
    yield Value("exchange.service", table.loc[table["admitted"], "owed"].sum(), table["owed"].sum())
    yield Value("exchange.granted", table["granted"].sum(), table["asked"].sum())


def _operators(result: ExchangeResult) -> Iterator[Value]:
    table = result.by_operator
    admitted = table[table["admitted"]]
    shares = admitted["share"].dropna().tolist()
    yield Value("exchange.admitted", len(admitted), len(table))
    yield Value("exchange.least_share", 100 * min(shares) if shares else None, len(shares))
    yield Value("exchange.jain", jain(shares), len(shares))
    known = table[table["fulfilment"].notna()]
    owed, kept = float(known["owed"].sum()), float(np.minimum(known["fulfilled"], known["owed"]).sum())
    yield Value("exchange.fulfilment", _percent(kept, owed), owed)


def _value(result: ExchangeResult) -> Iterator[Value]:
    table = result.by_operator
    own, worth, price = (float(table[key].sum()) for key in ("own_m2h", "service_value", "space_value"))
    yield Value("exchange.value", worth / own if own else None, own, assumed=_ASSUMED)
    yield Value("exchange.balance", worth - price, price, assumed=_ASSUMED)


# ----------------------------------------------------------------------------------------------------------------------
# 以场地换服务: operators matched with the space that a timetable leaves, for the public service that they owe.


@dataclass(frozen=True, eq=False, repr=False)
class ExchangeResult(RoomStudy):
    """Operators matched with leftover space; made by :func:`exchange_space`.

    Attributes
    ----------
    plan
        Which operator gets which blocks, with the proof of each stage.
    """

    plan: ExchangePlan
    study: ClassVar[str] = "exchange"
    answer: ClassVar[str] = "by_operator"
    on_terminal: ClassVar[tuple[str, ...]] = (
        "场地置换匹配表",
        "未匹配的运营方及原因",
    )

    @property
    def problem(self) -> ExchangeProblem:
        """The rooms as they are timetabled, and who asks for what is left."""
        return self.plan.problem

    @property
    def status(self) -> str:
        """OPTIMAL: every stage is proven. FEASIBLE: some stage stopped before its proof; mind its gap."""
        return str(self.plan.status)

    @cached_property
    def by_operator(self) -> pd.DataFrame:
        """One row an operator; see :func:`workbench.rooms.exchange.result.operators`."""
        return operators(self)

    @cached_property
    def sessions(self) -> pd.DataFrame:
        """One row a session of an operator; see :func:`workbench.rooms.exchange.result.sessions`."""
        return sessions(self)

    @cached_property
    def refused(self) -> pd.DataFrame:
        """One row an operator that is not admitted: see :func:`workbench.rooms.exchange.result.refused`."""
        return refused(self)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a stage: value, bound, gap, status."""
        return stages(self)

    @cached_property
    def by_station(self) -> pd.DataFrame:
        """One row a station: leftover ㎡·h, what is given of it, operators."""
        return stations(self)

    @cached_property
    def by_hour(self) -> pd.DataFrame:
        """One row an hour of the week: leftover ㎡, and what is given of it."""
        return hours(self)

    def values(self) -> Iterator[Value]:
        """Measure leftover space, service, operators, fairness, fulfilment, value."""
        yield from (*_space(self), *_operators(self), *_value(self))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, what is left there and what is given of it."""
        return {"exchange_by_station": station_layer(self.district, self.by_station)}


def exchange_space(base: TimetableResult, *, progress: Progress = SILENT) -> ExchangeResult:
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
