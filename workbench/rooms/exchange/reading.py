"""The exchange as a planner reads it: tables in Chinese, rounded, and numbers with their denominators.

Jain's index of fairness is (Σx)² / (n Σx²) of the shares x of what each asked for: 1 when all are alike, 1/n when one
has everything (Jain, Chiu and Hawe 1984).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.functions import parts_of
from workbench.results import Kpi
from workbench.rooms.shown import NOTHING, Columns, Shown, for_reading, in_order, number, rules, same
from workbench.solving import Status
from workbench.terms import label, unit

if TYPE_CHECKING:
    from workbench.rooms.exchange.result import ExchangeResult

ASSUMED = "【推】"
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
        "service_value": (f"公益价值（元/周）{ASSUMED}", number(0)),
        "space_value": (f"场地价值（元/周）{ASSUMED}", number(0)),
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


def kpis(result: ExchangeResult) -> list[Kpi]:
    """Return the numbers: leftover space, service, operators, fairness, fulfilment, value."""
    return [*_space(result), *_operators(result), *_value(result)]


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _space(result: ExchangeResult) -> list[Kpi]:
    table = result.by_station
    whole, left, given = (float(table[key].sum()) for key in ("open_m2h", "left_m2h", "given_m2h"))
    table = result.by_operator
    service, owed = (float(part["owed"].sum()) for part in (table[table["admitted"]], table))
    granted, asked = float(table["granted"].sum()), float(table["asked"].sum())
    return [
        result.kpi("left", "排期后剩余场地", left, "㎡·h", ("房间周开放（㎡·h）", whole)),
        result.kpi("given", "剩余场地给予运营方的占比", _percent(given, left), "%", ("剩余场地（㎡·h）", left)),
        result.kpi("service", "足额排入的公益服务", service, "h", ("各运营方承诺的公益服务（h）", owed)),
        result.kpi("granted", "给予运营方的自用时间", granted, "h", ("各运营方申请的自用时间（h）", asked)),
    ]


def _operators(result: ExchangeResult) -> list[Kpi]:
    table = result.by_operator
    admitted = table[table["admitted"]]
    shares = admitted["share"].dropna().tolist()
    known = table[table["fulfilment"].notna()]
    owed = float(known["owed"].sum())
    kept = float(np.minimum(known["fulfilled"], known["owed"]).sum())
    of = ("获准且申请自用的运营方", float(len(shares)))
    least = 100 * min(shares) if shares else None
    return [
        result.kpi("admitted", "获准的运营方", float(len(admitted)), "个", ("申请的运营方", float(len(table)))),
        result.kpi("least_share", "获准者中最低的自用满足率", least, "%", of),
        result.kpi("jain", "自用满足率的公平指数（Jain，1984）", jain(shares), "1", of),
        result.kpi(
            "fulfilment", "上周履约率（超额不抵）", _percent(kept, owed), "%", ("有履约记录者承诺的公益（h）", owed)
        ),
    ]


def _value(result: ExchangeResult) -> list[Kpi]:
    table = result.by_operator
    own, worth, price = (float(table[key].sum()) for key in ("own_m2h", "service_value", "space_value"))
    per = worth / own if own else None
    return [
        result.kpi(
            "value", f"每 ㎡·h 自用场地换得的公益价值{ASSUMED}", per, "元/㎡·h", ("给予自用的场地（㎡·h）", own)
        ),
        result.kpi("balance", f"公益价值减场地价值{ASSUMED}", worth - price, "元", ("给予自用的场地价值（元）", price)),
    ]
