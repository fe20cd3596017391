"""以场地换服务: operators matched with the space that a timetable leaves, for the public service that they owe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.catalogue.functions import parts_of
from workbench.catalogue.terms import label, unit
from workbench.hours import WEEKDAYS
from workbench.progress import Tell, silent
from workbench.results import Value
from workbench.rooms.exchange.problem import ExchangeProblem, Stay, problem_of
from workbench.rooms.exchange.stages import ExchangePlan, match_operators, why_refused
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, DAYS
from workbench.rooms.result import (
    NOTHING,
    Columns,
    RoomStudy,
    Shown,
    TimetableResult,
    for_reading,
    in_order,
    number,
    rules,
    same,
    station_layer,
)
from workbench.rooms.week import HOUR_CELLS, clock
from workbench.solving import Status, heeded_interrupt

# ----------------------------------------------------------------------------------------------------------------------
# The exchange as exact tables: one row an operator, a session, a refusal, a stage, a station, an hour of the week.


_TENTHS = 10.0
HOURS = DAY_CELLS // HOUR_CELLS


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
        name: np.asarray(cells, np.float64).reshape(DAYS * HOURS, HOUR_CELLS).mean(axis=1) / _TENTHS
        for name, cells in (("left_m2", left), ("given_m2", given))
    }
    day, hour = np.divmod(np.arange(DAYS * HOURS), HOURS)
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
    stations = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    functions = {key: function.label for key, function in result.base.functions.items()}
    words = (lambda key: stations.get(key, key), lambda key: functions.get(key, key))
    matched = result.by_operator[result.by_operator["admitted"]]
    found = {
        "场地置换匹配表": _with_sum(for_reading(matched, _matches(*words)), matched),
        "履约跟踪": for_reading(result.by_operator, _fulfilment(words[1])),
        "未匹配的运营方及原因": for_reading(_reasons(result.refused), _refused(*words)),
        "运营方周时段": for_reading(in_order(result.sessions, "operator", "place", "start"), _sessions(*words)),
        "场地置换逐阶段证明": for_reading(_units(result.by_stage), _stages()),
    }
    return {title: table for title, table in found.items() if len(table)}


def _reasons(refused: pd.DataFrame) -> pd.DataFrame:
    """Say where no rule need be relaxed."""
    return refused.assign(rules=refused["rules"].mask(refused["fits"].astype(bool), "none"))


def _matches(station: Shown, function: Shown) -> Columns:
    return {
        "name": ("运营方", same),
        "function": ("功能", function),
        "station": ("阵地", station),
        "rooms": ("房间", lambda text: "、".join(parts_of(text))),
        "asked": ("申请自用（h/周）", number(2)),
        "granted": ("获得自用（h/周）", number(2)),
        "owed": ("承诺公益（h/周）", number(2)),
        "service": ("排定公益（h/周）", number(2)),
        "own_m2h": ("自用（㎡·h/周）", number(1)),
        "service_value": (f"公益价值（元/周）{_ASSUMED}", number(0)),
        "space_value": (f"场地价值（元/周）{_ASSUMED}", number(0)),
        "value_per_m2h": ("公益价值/自用（元/㎡·h）", number(2, otherwise=NOTHING)),
        "balance": ("区里净得（元/周）", number(0)),
    }


_SUMMED = ("asked", "granted", "owed", "service", "own_m2h", "service_value", "space_value", "balance")


def _with_sum(table: pd.DataFrame, exact: pd.DataFrame) -> pd.DataFrame:
    """Add the sum of the exact values as the last row."""
    if not len(table):
        return table
    columns = _matches(str, str)
    total: dict[str, object] = dict.fromkeys(table.columns, NOTHING)
    total[columns["name"][0]] = "合计"
    for key in _SUMMED:
        name, shown = columns[key]
        total[name] = shown(float(exact[key].sum()))
    own = float(exact["own_m2h"].sum())
    name, shown = columns["value_per_m2h"]
    total[name] = shown(float(exact["service_value"].sum()) / own if own else np.nan)
    return pd.DataFrame([*table.to_dict("records"), total], columns=table.columns)


def _fulfilment(function: Shown) -> Columns:
    return {
        "name": ("运营方", same),
        "function": ("功能", function),
        "owed": ("上周承诺（h）", number(2)),
        "fulfilled": ("上周履行（h）", number(2)),
        "fulfilment": ("履约率（%）", number(1, 100.0)),
        "verdict": ("评定", lambda key: label(f"fulfilment.{key}")),
        "admitted": ("本周", lambda admitted: "已匹配" if admitted else "未匹配"),
    }


def _refused(station: Shown, function: Shown) -> Columns:
    return {
        "name": ("运营方", same),
        "function": ("功能", function),
        "asked_station": ("意向阵地", lambda key: station(key) if isinstance(key, str) else "不限"),
        "asked": ("申请自用（h/周）", number(2)),
        "owed": ("承诺公益（h/周）", number(2)),
        "barred": ("不予受理", rules),
        "rules": ("放宽任一即可匹配", rules),
        "together": ("须同时放宽", rules),
    }


def _sessions(station: Shown, function: Shown) -> Columns:
    return {
        "name": ("运营方", same),
        "function": ("功能", function),
        "station": ("阵地", station),
        "room": ("房间", same),
        "day": ("星期", label),
        "start": ("开始", same),
        "end": ("结束", same),
        "hours": ("时长（h）", number(2)),
        "kind": ("用途", lambda key: label(f"exchange.{key}")),
    }


_LACK = {"service": "未排入的", "own": "未给予的"}
"""Stages that count what is lacking of a thing that the glossary names."""


def _stages() -> Columns:
    return {
        "stage": ("阶段（依次优先）", lambda name: _LACK.get(name, "") + label(f"exchange.{name}")),
        "unit": ("单位", same),
        "value": ("取值", number(0)),
        "bound": ("下界", number(0)),
        "gap": ("差距（%）", number(1, 100.0)),
        "status": ("证明", lambda status: "已证最优" if status == Status.OPTIMAL else "未证完"),
    }


def _units(stages: pd.DataFrame) -> pd.DataFrame:
    return stages.assign(unit=[unit(f"exchange.{name}") for name in stages["stage"]])


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
