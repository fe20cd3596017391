"""Service halls: what is handled there, who would come when, the windows of today, one a department, and the clerks.

About 2,200 cases a year for 7,500 people, 76 matters, peaks in the morning, at lunch, after work, on Saturday, and in
the weeks before deadlines. Of a few halls only the cases of a year are known, as it is in many a real district.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from workbench.catalogue.terms import StationKind
from workbench.hours import WEEKDAYS

_MATTERS: dict[str, str] = {  # name mean spread weight online(%); * needs help; [package]
    "民政": (
        "城乡低保申请 28 14 3 10* · 特困人员供养 30 15 1 10* · 临时救助 22 11 3 15* · 高龄津贴申请 14 7 8 30* · "
        "经济困难老年人补贴 16 8 4 20* · 孤儿基本生活费 25 12 1 10* · 慈善帮扶申请 18 9 2 20 · "
        "婚姻状况指引 6 3 3 40 [结婚] · 殡葬惠民补贴 15 7 2 20 [身后]"
    ),
    "社保": (
        "养老保险参保登记 12 6 7 55 · 养老待遇资格认证 7 4 14 60* · 灵活就业参保 14 7 6 50 · "
        "社保缴费查询 5 3 9 65 · 社保卡申领 11 5 8 35 [新生儿] · 社保卡激活 7 3 7 30 · "
        "丧葬抚恤待遇 18 9 2 15 [身后] · 退休预审指引 16 8 4 30 [退休]"
    ),
    "医保": (
        "居民医保参保 9 5 16 55 · 居民医保缴费 6 3 18 60 · 新生儿医保登记 11 5 4 40 [新生儿] · "
        "异地就医备案 9 4 7 60 · 医疗费用零星报销 19 9 5 20 · 门诊慢特病申请 17 8 4 25* · "
        "医疗救助申请 21 10 2 15*"
    ),
    "卫健": (
        "生育登记 9 4 5 55 [新生儿] · 独生子女父母奖励 13 6 4 25 [退休] · 计划生育家庭扶助 16 8 2 20* · "
        "流动人口婚育证明 8 4 2 40 · 健康档案查询 6 3 3 45 · 献血证明指引 5 2 1 50"
    ),
    "残联": (
        "残疾人证申领 18 9 3 20* · 残疾人证换领 11 5 2 30* · 残疾人两项补贴 15 7 4 25* · "
        "辅助器具申请 14 7 2 20* · 无障碍改造申请 17 8 1 15* · 残疾人就业登记 14 7 1 30*"
    ),
    "就业": (
        "失业登记 11 5 6 50 · 就业困难认定 17 8 3 20 · 求职登记 10 5 6 45 · 创业担保贷款指引 20 10 2 25 · "
        "公益性岗位申请 18 9 2 20 · 社保补贴申请 16 8 3 35 · 技能培训报名 8 4 5 50"
    ),
    "住建": (
        "公租房申请 24 12 3 20 · 租赁补贴申请 19 9 3 25 · 房屋维修资金指引 12 6 3 30 · "
        "老旧小区改造意见 10 5 3 30 · 物业矛盾受理 21 12 5 10 · 加装电梯咨询 15 8 2 25"
    ),
    "退役军人": (
        "退役军人信息采集 14 6 3 30 · 优待证申领 12 5 3 35 · 优抚对象认定 20 10 1 15* · 立功受奖登记 9 4 1 20 · "
        "光荣牌申请 8 3 1 35"
    ),
    "公安": (
        "居住证受理 11 5 7 45 · 居住登记 8 4 7 50 · 户口事项指引 9 4 6 30 [新生儿] · 无犯罪记录指引 6 3 3 55 · "
        "注销户口指引 9 4 2 20 [身后]"
    ),
    "教育": (
        "入学信息登记 11 5 6 45 · 学区房产核验 13 6 4 30 · 家庭困难学生证明 12 6 3 25 · "
        "校外托管备案 14 7 1 30 · 托育机构咨询 8 4 2 40"
    ),
    "党建": (
        "党组织关系转接 10 5 6 50 · 流动党员登记 9 4 3 45 · 志愿者注册 7 3 4 55 · "
        "在职党员报到 6 3 5 55 [退休] · 群众诉求受理 16 9 9 25"
    ),
    "综治": (
        "矛盾纠纷调解登记 24 14 4 5 · 法律援助指引 17 9 3 20 · 网格事项受理 9 5 7 35 · 养犬登记 8 4 3 40 · "
        "出租房屋登记 9 4 4 40 · 社区活动场地预约 5 2 4 60 · 居住证明 6 3 8 25"
    ),
}

_SEASONS = {"常日": 46, "期限前": 6}
_RUSH = 5.0
"""How many times as many come in the weeks before deadlines."""
_DAYS = (1.45, 1.1, 1.0, 0.95, 1.05, 0.75, 0.45)
_PROFILES: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {  # by hour from 8 to 20: workdays, weekend
    "老城": ((1.2, 2.6, 2.4, 1.3, 0.7, 0.6, 1.3, 1.5, 1.1, 0.8, 0.3, 0.2),
             (0.8, 1.6, 1.7, 1.1, 0.5, 0.4, 0.9, 1.0, 0.7, 0.4, 0.2, 0.1)),
    "新区": ((0.8, 1.6, 1.6, 1.3, 1.5, 0.9, 0.9, 1.1, 1.2, 1.7, 1.2, 0.5),
             (0.4, 1.4, 2.0, 1.5, 0.9, 0.7, 1.2, 1.3, 1.0, 0.7, 0.4, 0.2)),
}  # fmt: skip
_HOURS = (8, 20)
_CASES, _PEOPLE = 2200, 7500
_ONLY_YEARLY = 11
"""Of every so many halls, one knows the cases of a year only."""
_OLD = 0.24
"""Share of residents of 60 and over from which on people come as in the old town."""
_JOINED = 0.25
"""Chance that a hall has two departments at one window."""
_CLERKS, _GENERALISTS = 6, 3
"""Clerks of a hall, and those of them who handle everything; the others know some departments."""
_UNTRAINED = 8
"""Of every so many halls, one has no such clerk yet."""
_KNOWN = (5, 8)
"""Departments that a clerk knows who does not handle everything."""


def write_halls(stations: pd.DataFrame, demand: pd.DataFrame, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return the ledgers of matters, halls, arrivals, windows and clerks."""
    people = demand.groupby("community")[["residents", "age_60_79", "age_80_plus"]].sum()
    centres = stations[stations["kind"] == StationKind.COMMUNITY_CENTRE]
    halls, windows = [], []
    for number, (station, community) in enumerate(zip(centres["id"], centres["community"], strict=True), 1):
        own = people.loc[community]
        old = (own["age_60_79"] + own["age_80_plus"]) / own["residents"] >= _OLD
        cases = 10.0 * round(float(own["residents"]) * _CASES / _PEOPLE * float(rng.uniform(0.85, 1.15)) / 10)
        profile = None if number % _ONLY_YEARLY == 0 else "老城" if old else "新区"
        halls.append({"id": f"h{number:0{_width(centres)}d}", "station": station, "cases": cases, "profile": profile})
        windows += [
            {"hall": halls[-1]["id"], "name": f"{'、'.join(served)}窗口", "departments": ";".join(served)}
            for served in _served(rng)
        ]
    arrivals = pd.DataFrame(list(_week(rng)))
    return {
        "matters": pd.DataFrame(list(_matters(rng))),
        "halls": pd.DataFrame(halls),
        "arrivals": _numbered("n", arrivals),
        "windows": _numbered("w", pd.DataFrame(windows)),
        "clerks": _numbered("k", pd.DataFrame(list(_clerks([hall["id"] for hall in halls], rng)))),
    }


def _width(frame: pd.DataFrame) -> int:
    return max(2, len(str(len(frame))))


def _numbered(letter: str, frame: pd.DataFrame) -> pd.DataFrame:
    frame.insert(0, "id", [f"{letter}{n:0{_width(frame)}d}" for n in range(1, len(frame) + 1)])
    return frame


def _matters(rng: np.random.Generator) -> Iterator[Mapping[str, object]]:
    number = 0
    for department, texts in _MATTERS.items():
        for text in texts.split(" · "):
            name, mean, spread, weight, online, *package = text.split()
            number += 1
            yield {
                "id": f"m{number:02d}",
                "name": name,
                "department": department,
                "mean_min": float(mean),
                "spread_min": float(spread),
                "weight": round(float(weight) * float(rng.uniform(0.8, 1.2)), 2),
                "online_share": float(online.rstrip("*")) / 100,
                "assist": online.endswith("*"),
                "package": package[0].strip("[]") if package else None,
            }


def _served(rng: np.random.Generator) -> list[Sequence[str]]:
    """Return the departments of each window of a hall: one each, but for two that some halls have together."""
    departments = list(_MATTERS)
    found: list[Sequence[str]] = [[one] for one in departments]
    for first in (2, 8):
        if rng.uniform() < _JOINED:
            found[first] = departments[first : first + 2]
            found[first + 1] = []
    return [served for served in found if served]


def _clerks(halls: Sequence[object], rng: np.random.Generator) -> Iterator[Mapping[str, object]]:
    """Yield the clerks of each hall: generalists, then such as know neighbouring departments, all of them together."""
    departments = list(_MATTERS)
    for number, hall in enumerate(halls, 1):
        trained = _GENERALISTS if number % _UNTRAINED else 0
        for place in range(_CLERKS):
            first, count = len(departments) * place // _CLERKS, int(rng.integers(*_KNOWN))
            known = [departments[(first + more) % len(departments)] for more in range(count)]
            yield {"hall": hall, "skills": None if place < trained else ";".join(known)}


def _week(rng: np.random.Generator) -> Iterator[Mapping[str, object]]:
    for profile, (workday, weekend) in _PROFILES.items():
        for season, weeks in _SEASONS.items():
            for day, name in enumerate(WEEKDAYS):
                for place, hour in enumerate(weekend if day >= 5 else workday):
                    rate = hour * _DAYS[day] * (_RUSH if season == "期限前" else 1.0) / 8
                    for quarter in range(4):
                        clock = f"{_HOURS[0] + place:02d}:{15 * quarter:02d}"
                        cases = round(rate * float(rng.uniform(0.85, 1.15)), 3)
                        row = {"profile": profile, "season": season, "weeks": float(weeks)}
                        yield {**row, "day": name, "start": clock, "cases": cases}
