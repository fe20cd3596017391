"""季度活动安排: what is on when and where, why not the rest, and whom it reaches."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Ints, apportioned
from workbench.catalogue.scenes import catalogue
from workbench.catalogue.terms import label
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.hours import WEEKDAYS, hhmm
from workbench.programme.check import worth
from workbench.programme.problem import Candidate, ProgrammeProblem, Why, programme_problem
from workbench.programme.solve import Schedule, schedule
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, Value, amount, present
from workbench.scenario.programme import Programme
from workbench.solving import Status

_NAMED: Final = 3
"""Places or reasons that a sentence names."""
TAKEN: Final = "taken"
"""Reason where a day and place were left, and others took them: organisers, places, distance, days between, orders."""


@dataclass(frozen=True, eq=False, repr=False)
class ProgrammeResult(CoverageStudy):
    """The programme of a season; made by :func:`plan_programme`.

    Attributes
    ----------
    problem
        Who asks for what, and what could be when and where.
    plan
        What is on, and how far that is proven to be best.
    """

    coverage: CoverageResult
    problem: ProgrammeProblem
    plan: Schedule
    study: ClassVar[str] = "programme"
    answer: ClassVar[str] = "by_event"
    on_terminal: ClassVar[tuple[str, ...]] = ("活动类别与排期", "未排上的申请")

    @property
    def status(self) -> str:
        """OPTIMAL where each stage is proven; else FEASIBLE, with the gaps in the table of stages."""
        return "OPTIMAL" if all(stage.status is Status.OPTIMAL for stage in self.plan.stages) else "FEASIBLE"

    @property
    def proof(self) -> str:
        """How far the plan is proven to be best."""
        proven = sum(stage.status is Status.OPTIMAL for stage in self.plan.stages)
        return f"{len(self.plan.stages)} 个阶段中 {proven} 个已证最优"

    @property
    def said(self) -> Programme:
        """The section of the scenario."""
        return self.problem.said

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of stations, communities and organisers by identifier."""
        tables = [self.district.stations, self.district.ledger("organisers")]
        tables += [self.district.layer("communities")] if self.district.has("communities") else []
        return {key: name for table in tables for key, name in zip(table["id"], table["name"], strict=True)}

    @cached_property
    def given(self) -> Ints:
        """Sessions that each request is given, shape (requests,)."""
        count = Counter(one.request for one in self.plan.events)
        return np.array([count[place] for place in range(len(self.problem.requests))], np.int64)

    @cached_property
    def by_event(self) -> pd.DataFrame:
        """One row an event, in order; without room in a yard, without organiser where it is the community's own."""
        rows = [self._row(one) for one in self.plan.events]
        columns = [
            "date", "weekday", "start", "end", "community", "station", "room", "event", "audience", "organiser",
            "attendance", "rain",
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def _row(self, one: Candidate) -> dict[str, object]:
        problem, kind = self.problem, self.problem.type_of(one)
        day = problem.days[one.day]
        return {
            "date": str(day),
            "weekday": WEEKDAYS[day.weekday()],
            "start": one.start,
            "end": one.start + kind.minutes,
            "community": problem.requests[one.request].community,
            "station": problem.stations[one.station],
            "room": one.room or np.nan,
            "event": kind.name,
            "audience": kind.audience,
            "organiser": kind.organiser or np.nan,
            "attendance": kind.attendance,
            "rain": str(day + dt.timedelta(problem.rain)) if kind.yard else np.nan,
        }

    @cached_property
    def by_type(self) -> pd.DataFrame:
        """One row a kind of event: sessions asked for and given, people, cost in yuan, places ordered."""
        found: dict[str, dict[str, Any]] = {}
        for request, given in zip(self.problem.requests, self.given.tolist(), strict=True):
            kind = request.type
            row = found.setdefault(
                kind.id, {"event": kind.name, "asked": 0, "given": 0, "ordered": kind.orders or np.nan}
            )
            row["asked"] += request.sessions
            row["given"] += given
            row["people"] = row["given"] * kind.attendance
            row["cost"] = row["given"] * kind.cost
        table = pd.DataFrame(list(found.values()))
        return table.assign(share=100 * table["given"] / table["asked"])

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """One row a community that asks: ``community``, ``asked``, ``given``, ``lacks``; those that lack most first."""
        rows: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        for request, given in zip(self.problem.requests, self.given.tolist(), strict=True):
            rows[request.community][0] += request.sessions
            rows[request.community][1] += given
        table = pd.DataFrame([(key, *own) for key, own in rows.items()], columns=["community", "asked", "given"])
        table["lacks"] = table["asked"] - table["given"]
        return table.sort_values(["lacks", "community"], ascending=[False, True], ignore_index=True)

    @cached_property
    def unmet(self) -> pd.DataFrame:
        """One row a request that lacks something, with the reason.

        That is :data:`TAKEN` where it has days and places left; else what rules out most of those in season; else that
        none is.
        """
        rows, left = [], Counter(one.request for one in self.problem.candidates)
        for place, (request, given) in enumerate(zip(self.problem.requests, self.given.tolist(), strict=True)):
            if given < request.sessions:
                most = TAKEN if left[place] > given else _main(self.problem.barred[place])
                row = {"community": request.community, "event": request.type.name, "priority": request.priority}
                row |= {"asked": request.sessions, "lacks": request.sessions - given, "left": left[place]}
                rows.append({**row, "reason": str(most)})
        columns = ["community", "event", "priority", "asked", "lacks", "left", "reason"]
        return pd.DataFrame(rows, columns=columns).sort_values(["priority", "community", "event"], ignore_index=True)

    @cached_property
    def by_audience(self) -> pd.DataFrame:
        """One row an audience: ``audience``, ``events``, ``residents``, ``served`` (something within five minutes)."""
        problem, rows = self.problem, []
        for place, name in enumerate(problem.audiences):
            own = [one for one in self.plan.events if problem.type_of(one).audience == name]
            hosts = sorted({one.station for one in own})
            near = np.asarray(problem.reach[hosts].sum(axis=0)).ravel() > 0
            people = problem.people[place]
            rows.append(
                {
                    "audience": name,
                    "events": len(own),
                    "residents": int(people.sum()),
                    "served": int(people[near].sum()),
                }
            )
        table = pd.DataFrame(rows, columns=["audience", "events", "residents", "served"])
        return table.assign(share=100 * table["served"] / table["residents"].where(table["residents"] > 0))

    @cached_property
    def relief(self) -> pd.DataFrame:
        """One row a community: its places of work relief (以工代赈), by residents of working age; none if not known."""
        people = self.district.demand.groupby("community")["age_18_59"].sum()
        if not people.sum():
            return pd.DataFrame(columns=["community", "residents", "places"])
        places = apportioned(self.said.relief_places, people.to_numpy(np.float64))
        return pd.DataFrame({"community": people.index, "residents": people.to_numpy(), "places": places})

    def activities(self) -> pd.DataFrame:
        """Return what the programme asks of rooms as rows of the ledger ``activities``.

        Returns
        -------
        pandas.DataFrame
            One row a station and kind of event, with the most sessions that one week of the season has of it, and the
            weekdays and hours at which they are.
        """
        weeks: dict[tuple[int, str], dict[int, list[Candidate]]] = defaultdict(lambda: defaultdict(list))
        for one in self.plan.events:
            if one.room:
                weeks[one.station, self.problem.type_of(one).id][one.day // len(WEEKDAYS)].append(one)
        rows = []
        for number, ((station, _), by_week) in enumerate(sorted(weeks.items()), 1):
            events = [one for own in by_week.values() for one in own]
            kind = self.problem.type_of(events[0])
            hours = sorted({(self.problem.days[one.day].weekday(), one.start) for one in events})
            windows = "; ".join(f"{WEEKDAYS[day]} {hhmm(at)}-{hhmm(at + kind.minutes)}" for day, at in hours)
            rows.append(
                {
                    "id": f"season{number:03d}",
                    "station": self.problem.stations[station],
                    "name": kind.name,
                    "function": kind.function,
                    "group": kind.audience,
                    "attendance": kind.attendance,
                    "duration_min": kind.minutes,
                    "sessions": max(len(own) for own in by_week.values()),
                    "priority": 2,
                    "windows": windows,
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def by_stage(self) -> pd.DataFrame:
        """One row a stage: ``stage``, ``value``, ``bound``, ``gap`` in percent."""
        return pd.DataFrame(
            [
                {"stage": stage.name, "value": stage.value, "bound": stage.bound, "gap": 100 * stage.gap}
                for stage in self.plan.stages
            ]
        )

    def values(self) -> Iterator[Value]:
        """Measure what is asked for and given, whom it reaches, and what it costs."""
        asked = sum(request.sessions for request in self.problem.requests)
        yield Value("programme.met", 100 * float(self.given.sum()) / asked if asked else None, asked)
        for priority in sorted({request.priority for request in self.problem.requests}):
            own = np.array([request.priority == priority for request in self.problem.requests])
            part = sum(request.sessions for request in self.problem.requests if request.priority == priority)
            share = 100 * float(self.given[own].sum()) / part
            yield Value("programme.met_{priority}", share, part, priority=str(priority))
        yield Value("programme.least", worth(self.problem, self.plan.events)["least"], len(self.by_community))
        people, served = (float(self.by_audience[name].sum()) for name in ("residents", "served"))
        yield Value("programme.served", 100 * served / people if people else None, people)
        yield Value("programme.events", len(self.plan.events), asked)
        yield Value("programme.people", float(self.by_type["people"].sum()), len(self.plan.events))
        yield Value("programme.cost", float(self.by_type["cost"].sum()) / 1e4, len(self.plan.events))
        orders = self.by_type.dropna(subset=["ordered"])
        if len(orders):
            filled = float(np.minimum(orders["people"], orders["ordered"]).sum())
            yield Value(
                "programme.orders", 100 * filled / float(orders["ordered"].sum()), float(orders["ordered"].sum())
            )
        proven = sum(stage.status is Status.OPTIMAL for stage in self.plan.stages)
        yield Value("programme.proven", proven, len(self.plan.stages))

    def conclusion(self) -> tuple[str, ...]:
        """Return what is on and what not and why, and whom it reaches."""
        return tuple(filter(None, (self._planned_said(), self._reach_said())))

    def _planned_said(self) -> str:
        asked, given = sum(request.sessions for request in self.problem.requests), int(self.given.sum())
        proven = "" if self.status == "OPTIMAL" else f"（{self.proof}）"
        told = f"{self.said.weeks} 周申请 {asked} 场，排上 {given} 场{proven}"
        if self.unmet.empty:
            return f"{told}，同晚大型活动不相邻、室外活动均有雨天备用日。"
        why = self.unmet.groupby("reason")["lacks"].sum().sort_values(ascending=False, kind="stable").head(_NAMED)
        reasons = "、".join(f"{label(f'why.{name}')} {count} 场" for name, count in why.items())
        return f"{told}；未排上的多因{reasons}。"

    def _reach_said(self) -> str:
        table = self.by_audience.dropna(subset=["share"]).sort_values("share", kind="stable")
        if table.empty:
            return ""
        row = table.iloc[0]
        group = _audience(row["audience"])
        share = amount(row["share"], "%")
        return f"各人群中 5 分钟内有活动的占比最低的是{group}：{share}（分母为 5 分钟内有阵地的居民）。"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        found: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {
            "活动日历": (self.by_event, _EVENTS),
            "活动类别与排期": (self.by_type, _TYPES),
            "社区轮次": (self.by_community, ("community@season", "asked@season", "given@season", "lacks@season")),
            "未排上的申请": (self.unmet, _UNMET),
            "人群与活动": (
                self.by_audience,
                ("audience@season", "events", "residents@near", "served@near", "share@near"),
            ),
            "排期的阶段与证明": (self.by_stage, ("stage@season", "value@season", "bound@season", "gap@season")),
        }
        if self.said.relief_places:
            found["以工代赈岗位"] = (self.relief, ("community@season", "residents@working", "places@relief"))
        shown = {**_SHOWN, **dict.fromkeys(_NAMES, self._name)}
        return {
            title: present(table, columns, shown, blank="—", missing=MISSING).infer_objects()
            for title, (table, columns) in found.items()
            if len(table)
        }

    def _name(self, key: Any) -> object:
        return self.names.get(key, key) if isinstance(key, str) else "—"

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: stations with what is on there."""
        events = self.by_event.groupby("station").agg(events=("event", "size"), people=("attendance", "sum"))
        stations = self.district.stations[["id", "name", "kind", "geometry"]].merge(
            events, left_on="id", right_index=True, how="inner"
        )
        return {"programme_by_station": gpd.GeoDataFrame(stations, geometry="geometry", crs=self.district.crs)}


def plan_programme(coverage: CoverageResult, *, progress: Progress = SILENT) -> ProgrammeResult:
    """Plan what is on in a season.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario has the section ``programme``, its district the ledgers ``event_types`` and
        ``event_requests``, and, where they are known, ``organisers`` and ``yards``.
    progress
        Told of each stage.

    Raises
    ------
    ScenarioError
        If the scenario asks for no programme.
    GeodataError
        With everything that is wrong with the ledgers.
    """
    problem = programme_problem(coverage)
    return ProgrammeResult(coverage, problem, schedule(problem, progress=progress))


# ----------------------------------------------------------------------------------------------------------------------
# How the answers are read.


_EVENTS: Final = (
    "date@season", "weekday", "start", "end", "community@season", "station@season", "room@season", "event",
    "audience@season", "organiser@season", "attendance@season", "rain",
)  # fmt: skip
_TYPES: Final = ("event", "asked@season", "given@season", "share@season", "people@season", "cost@season", "ordered")
_UNMET: Final = (
    "community@season",
    "event",
    "priority@season",
    "asked@season",
    "lacks@season",
    "left@season",
    "reason@season",
)
_NAMES: Final = ("community@season", "station@season", "organiser@season")


def _main(why: Mapping[str, int]) -> str:
    """Return what rules out most days and places; that a day is out of season only where nothing else does."""
    days = (Why.SEASON, Why.FESTIVAL)
    other = {name: count for name, count in why.items() if name not in days} or why
    return max(other, key=lambda name: (other[name], name), default=Why.NO_PLACE)


def _audience(name: str) -> str:
    return catalogue().audiences[name].label


_SHOWN: Final[Mapping[str, Callable[[Any], object]]] = {
    "audience@season": _audience,
    "start": hhmm,
    "end": hhmm,
    "stage@season": lambda name: label(f"season.{name}"),
    "reason@season": lambda name: label(f"why.{name}"),
}
