"""低频刚需巡回: who comes where on which day, how long residents wait for the next visit, and what it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.arrays import Floats, Ints
from workbench.catalogue.terms import label
from workbench.circuits.advisers import AdvicePlan, AdviceProblem, advice_problem, assign_advisers
from workbench.circuits.problem import (
    CircuitsProblem,
    Trade,
    circuits_problem,
    driving_seconds,
    visits_of,
    walking_seconds,
)
from workbench.coverage.doors import SECONDS_A_MINUTE, quantile, walks_within
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.hours import WEEKDAYS, hhmm
from workbench.processes import side_by_side, usable_cpus
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, Value, amount, present
from workbench.routing.periodic import RoundAnswer, plan_round
from workbench.routing.rounds import Round, RoundPlan, gaps, mean_wait
from workbench.solving import Interrupt, Status, heeded_interrupt

_LONGEST: Final = 10
"""Stops that are listed as those where residents wait longest."""
_ELDERS: Final = "age_80_plus"
_HOUR: Final = 3600


@dataclass(frozen=True, eq=False)
class TradeAnswer:
    """What was planned for a trade: the round, the answer, and plans with other numbers of visits by how many times."""

    trade: Trade
    round: Round
    found: RoundAnswer
    others: Mapping[float, tuple[Round, RoundAnswer]]

    @property
    def plan(self) -> RoundPlan:
        """The plan."""
        return self.found.plan


@dataclass(frozen=True, eq=False, repr=False)
class CircuitsResult(CoverageStudy):
    """The rounds of a district's trades, and its legal advisers; made by :func:`plan_circuits`.

    Attributes
    ----------
    problem
        Days, trades, crews and stops.
    answers
        What was planned for each trade.
    advice, advisers
        Advisers and communities, and who advises which; None where there are no advisers.
    """

    coverage: CoverageResult
    problem: CircuitsProblem
    answers: tuple[TradeAnswer, ...]
    advice: AdviceProblem | None
    advisers: AdvicePlan | None
    study: ClassVar[str] = "circuits"
    answer: ClassVar[str] = "by_trade"
    on_terminal: ClassVar[tuple[str, ...]] = ("逐业态巡回", "等候与出工", "等得最久的站", "法律顾问分配")

    @property
    def status(self) -> str:
        """OPTIMAL where every bound meets its plan, else FEASIBLE."""
        proven = all(one.found.status is Status.OPTIMAL for one in self.answers)
        stages = self.advisers.stages if self.advisers else ()
        return str(Status.OPTIMAL if proven and all(s.status is Status.OPTIMAL for s in stages) else Status.FEASIBLE)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of stations."""
        return dict(zip(self.district.stations["id"], self.district.stations["name"], strict=True))

    @cached_property
    def _walks(self) -> tuple[Ints, Ints, Floats]:
        """Row of station, demand point and minutes of each walk to a station at which somebody is still reached."""
        limit = self.scenario.standard(self.problem.said.walk)
        doors, stations = self.coverage.doors.at_any_hour, len(self.district.stations)
        found = walks_within(doors, self.coverage.default_manner, limit, stations, SECONDS_A_MINUTE).tocoo()
        return found.row.astype(np.int64), found.col.astype(np.int64), found.data

    def nearest_stop(self, one: TradeAnswer, plan: RoundPlan | None = None) -> Ints:
        """Return the place of the nearest stop that is visited, for each demand point; -1 where none is reached."""
        station, point, minutes = self._walks
        place = {stop.station: k for k, stop in enumerate(one.trade.stops) if (plan or one.plan).choice[k] is not None}
        of_row = np.array([place.get(key, -1) for key in self.district.stations["id"]], np.int64)
        stop = of_row[station]
        kept = stop >= 0
        order = np.lexsort((stop[kept], minutes[kept], point[kept]))[::-1]  # the nearest of each point comes last
        nearest = np.full(len(self.district.demand), -1, np.int64)
        nearest[point[kept][order]] = stop[kept][order]
        return nearest

    def waits(self, one: TradeAnswer, plan: RoundPlan | None = None) -> Floats:
        """Return the mean days to the next visit at the nearest stop of each demand point; infinite where none is."""
        choice, horizon = (plan or one.plan).choice, one.round.horizon
        wait = np.array([np.inf if option is None else mean_wait(horizon, option.days) for option in choice] + [np.inf])
        return wait[self.nearest_stop(one, plan)]

    def people(self, one: TradeAnswer) -> Floats:
        """Return who needs a trade at each demand point."""
        return self.district.demand[one.trade.people].fillna(0.0).to_numpy(np.float64)

    @cached_property
    def by_trade(self) -> pd.DataFrame:
        """One row a trade: waits of those reached in days, crew days and hours of the horizon, visits, and proof."""
        rows = []
        for one in self.answers:
            waits, people = self.waits(one), self.people(one)
            reached = np.isfinite(waits)
            wanted = sum(visits_of(stop, one.trade) for stop in one.trade.stops)
            done = sum(len(option.days) for option in one.plan.choice if option)
            own = self.by_crew[self.by_crew["trade"] == one.trade.id]
            weight = people[reached]
            rows.append(
                {
                    "trade": one.trade.id,
                    "name": one.trade.name,
                    "crews": len(one.trade.crews),
                    "stops": one.round.stops,
                    "visits": done,
                    "missed": wanted - done,
                    "people": float(people.sum()),
                    "reached": float(weight.sum()),
                    "wait": float(weight @ waits[reached] / weight.sum()) if weight.sum() else np.nan,
                    "p90": _number(quantile(waits, np.where(reached, people, 0.0), 0.9)),
                    "longest": max(
                        (max(gaps(one.round.horizon, o.days)) for o in one.plan.choice if o), default=np.nan
                    ),
                    "crew_days": len(one.plan.routes),
                    "possible": len(one.round.crew_days),
                    "road": one.round.road(one.plan) / _HOUR,
                    "hours": float(own["hours"].sum()),
                    "spread": float(own["service"].max() / own["service"].mean() - 1) if own["service"].any() else 0.0,
                    "gap": one.found.gap,
                }
            )
        return pd.DataFrame(rows)

    @cached_property
    def calendar(self) -> pd.DataFrame:
        """One row a visit, in order: date, trade, crew, station, when it begins and ends in minutes of the day.

        So is each half day of an adviser; her or his code stands as the crew, and ``kind`` tells them apart.
        """
        rows = []
        for one in self.answers:
            for route in one.plan.routes:
                day = one.round.crew_days[route.crew_day]
                row: dict[str, Any] = {"day": day.day, "kind": "crew", "trade": one.trade.id, "name": one.trade.name}
                row["crew"] = one.trade.crews[day.crew].id
                for stop, at in zip(route.stops, one.round.arrivals(route), strict=True):
                    begin = one.trade.start + at / 60
                    own = {"station": one.trade.stops[stop].station, "begin": begin}
                    rows.append({**row, **own, "end": begin + float(one.round.service[stop]) / 60})
        for seat in self.presences.to_dict("records"):
            row = {"kind": "adviser", "trade": "", "name": label("circuits.presence"), "crew": seat["adviser"]}
            row |= {name: seat[name] for name in ("station", "begin", "end")}
            rows += [{**row, "day": day} for day in seat["at"]]
        by = ["day", "kind", "trade", "crew", "begin"]
        table = pd.DataFrame(rows, columns=[*by, "end", "name", "station"])
        table = table.sort_values(by, ascending=[True, False, True, True, True], ignore_index=True)
        dates = [self.problem.days[day].date.isoformat() for day in table["day"]]
        return table.assign(date=dates, weekday=table["day"] % 7, order=table.groupby(by[:-1]).cumcount() + 1)

    @cached_property
    def by_crew(self) -> pd.DataFrame:
        """One row a crew: days out, hours at stops and on the road in the horizon, and how full its days are."""
        rows = []
        for one in self.answers:
            for c, crew in enumerate(one.trade.crews):
                own = [route for route in one.plan.routes if one.round.crew_days[route.crew_day].crew == c]
                service = sum(int(one.round.service[list(route.stops)].sum()) for route in own) / _HOUR
                road = sum(map(one.round.length, own)) / _HOUR
                room = len(own) * (one.trade.end - one.trade.start) / 60
                row: dict[str, Any] = {
                    "trade": one.trade.id,
                    "name": one.trade.name,
                    "crew": crew.id,
                    "station": crew.station,
                }
                row |= {"stops": sum(o is not None and o.crew == c for o in one.plan.choice), "days": len(own)}
                row |= {"service": service, "road": road, "hours": service + road}
                rows.append({**row, "filled": (service + road) / room if room else np.nan})
        return pd.DataFrame(rows)

    @cached_property
    def by_stop(self) -> pd.DataFrame:
        """One row a stop: its days and crew, who waits how long, hours a week, and whether a fixed place does better.

        ``hours`` are those at the stop and of the way that it adds; ``left`` cases have no time in its visits.
        """
        fixed, weeks = self.scenario.standard(self.problem.said.fixed), len(self.problem.days) / 7
        rows = []
        for one in self.answers:
            people = self.people(one)
            reached = np.bincount(self.nearest_stop(one) + 1, weights=people, minlength=one.round.stops + 1)[1:]
            added = self._added(one)
            for k, (stop, option) in enumerate(zip(one.trade.stops, one.plan.choice, strict=True)):
                days = option.days if option else ()
                hours = (len(days) * int(one.round.service[k]) + added[k]) / _HOUR / weeks
                left = stop.cases - (one.trade.served(stop, len(days)) if days else 0.0)
                row: dict[str, Any] = {
                    "trade": one.trade.id,
                    "name": one.trade.name,
                    "station": stop.station,
                    "visits": len(days),
                }
                row |= {"days": self._said_days(days), "crew": one.trade.crews[option.crew].id if option else ""}
                row |= {"people": reached[k], "wait": mean_wait(one.round.horizon, days) if days else np.nan}
                row |= {"longest": max(gaps(one.round.horizon, days)) if days else np.nan, "cases": stop.cases}
                rows.append({**row, "left": left, "hours": hours, "fixed": hours >= fixed or left > 0.5})
        return pd.DataFrame(rows)

    def _added(self, one: TradeAnswer) -> Floats:
        """Return the seconds of travel that each stop adds to its routes."""
        added = np.zeros(one.round.stops)
        for route in one.plan.routes:
            for place, stop in enumerate(route.stops):
                without = route._replace(stops=route.stops[:place] + route.stops[place + 1 :])
                added[stop] += one.round.length(route) - (one.round.length(without) if without.stops else 0)
        return added

    def _said_days(self, days: tuple[int, ...]) -> str:
        return "、".join(f"{self.problem.days[d].date.month}-{self.problem.days[d].date.day}" for d in days)

    @cached_property
    def curve(self) -> pd.DataFrame:
        """One row a trade and number of visits: crew days, days that those reached wait, hours on the road, proof."""
        rows = []
        for one in self.answers:
            people = self.people(one)
            for times, (of, found) in sorted({**one.others, 1.0: (one.round, one.found)}.items()):
                waits = self.waits(one, found.plan)
                weight = np.where(np.isfinite(waits), people, 0.0)
                wait = float(weight @ np.where(weight > 0, waits, 0.0) / weight.sum()) if weight.any() else np.nan
                row: dict[str, Any] = {"trade": one.trade.id, "name": one.trade.name, "times": times}
                row |= {"visits": sum(len(o.days) for o in found.plan.choice if o), "crew_days": len(found.plan.routes)}
                row |= {"wait": wait, "road": of.road(found.plan) / _HOUR, "gap": found.gap}
                wanted = sum(visits_of(stop, one.trade, times) for stop in one.trade.stops)
                rows.append({**row, "missed": wanted - row["visits"]})
        return pd.DataFrame(rows)

    @cached_property
    def by_adviser(self) -> pd.DataFrame:
        """One row an adviser: communities, cases a month, changes from last year, hours of ways there and back."""
        rows = []
        if self.advice and self.advisers:
            names = dict(zip(self.district.communities["id"], self.district.communities["name"], strict=True))
            for a, adviser in enumerate(self.advice.advisers):
                own = [c for c, who in enumerate(self.advisers.adviser_of) if who == a]
                row: dict[str, Any] = {"adviser": adviser.id, "station": adviser.station, "count": len(own)}
                row |= {"communities": "、".join(names[self.advice.communities[c]] for c in own)}
                row |= {"cases": self.advice.cases[own].sum() / 10, "kept": len(adviser.last & set(own))}
                rows.append({**row, "road": self.advice.seconds[a, own].sum() / _HOUR})
        columns = ["adviser", "station", "count", "communities", "cases", "kept", "road"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def presences(self) -> pd.DataFrame:
        """One row a community that has an adviser: her or his half days there, those wanted, and when they are."""
        rows = []
        if self.advice and self.advisers:
            for c, (who, own) in enumerate(zip(self.advisers.adviser_of, self.advisers.half_days, strict=True)):
                if who is not None:
                    at, span = (own.days, self.advice.halves[own.half]) if own else ((), (np.nan, np.nan))
                    row: dict[str, Any] = {"community": self.advice.communities[c], "at": at, "count": len(at)}
                    row |= {"station": self.advice.stations[c], "adviser": self.advice.advisers[who].id}
                    row |= {"wanted": self.advice.wanted, "begin": span[0], "end": span[1]}
                    row |= {"weekday": "、".join(_weekday(day) for day in sorted({day % 7 for day in at}))}
                    row |= {"days": self._said_days(at)}
                    rows.append({**row, "longest": max(gaps(len(self.problem.days), at)) if at else np.nan})
        columns = ["community", "station", "adviser", "at", "count", "wanted", "weekday", "days", "begin", "end"]
        return pd.DataFrame(rows, columns=[*columns, "longest"])

    @cached_property
    def fullest_day(self) -> int:
        """Most half days of advisers that are on one day."""
        return max(Counter(day for at in self.presences["at"] for day in at).values(), default=0)

    def values(self) -> Iterator[Value]:
        """Measure waits, who is reached, what it takes, where a fixed place does better, and who is advised."""
        table, reached = self.by_trade, self.by_trade["reached"].to_numpy()
        total = float(reached.sum())
        weighed = float(np.nansum(reached * self.by_trade["wait"])) / total if total else np.nan
        yield Value("circuits.wait", weighed, total)
        elders = self.district.demand[_ELDERS].fillna(0.0).to_numpy(np.float64)
        near = np.zeros(len(elders), bool)
        for one in self.answers:
            near |= np.isfinite(self.waits(one))
        yield Value("circuits.elders", _percent(elders[near].sum(), elders.sum()), float(elders.sum()))
        yield Value("circuits.crew_days", table["crew_days"].sum(), table["possible"].sum())
        yield Value("circuits.missed", table["missed"].sum(), table["visits"].sum() + table["missed"].sum())
        yield Value("circuits.road", _percent(table["road"].sum(), table["hours"].sum()), table["hours"].sum())
        yield Value("circuits.fixed", self.by_stop["fixed"].sum(), len(self.by_stop))
        for row in table.to_dict("records"):
            say = partial(Value, trade=row["trade"], what=row["name"])
            yield say("circuits.{trade}.wait", row["wait"], row["reached"])
            yield say("circuits.{trade}.p90", row["p90"], row["reached"])
            yield say("circuits.{trade}.longest", row["longest"], row["stops"])
            yield say("circuits.{trade}.reached", _percent(row["reached"], row["people"]), row["people"])
            yield say("circuits.{trade}.crew_days", row["crew_days"], row["possible"])
            yield say("circuits.{trade}.road", row["road"], row["crew_days"])
            yield say("circuits.{trade}.spread", 100 * row["spread"], row["crews"])
            yield say("circuits.{trade}.gap", 100 * row["gap"], row["crew_days"])
        if self.advisers and self.advice:
            who, cases = self.advisers.adviser_of, self.by_adviser["cases"]
            covered = sum(one is not None for one in who)
            yield Value("circuits.advised", covered, len(who))
            yield Value("circuits.advice_most", cases.max(), len(cases))
            yield Value(
                "circuits.advice_kept", self.by_adviser["kept"].sum(), sum(len(a.last) for a in self.advice.advisers)
            )
            yield Value("circuits.advice_road", self.by_adviser["road"].sum(), len(cases))
            yield Value("circuits.presences", self.presences["count"].sum(), self.presences["wanted"].sum())
            yield Value("circuits.presences_day", self.fullest_day, self.presences["count"].sum())

    def conclusion(self) -> tuple[str, ...]:
        """Return how long residents wait and where longest, the curve, where a fixed place is better, and advisers."""
        said = (self._waiting(), self._curve_said(), self._fixed_said(), self._advised())
        return tuple(filter(None, said))

    def _waiting(self) -> str:
        worst = self.by_stop.sort_values(["wait", "people"], ascending=False, kind="stable").iloc[0]
        told = "，".join(
            f"{row.name_} {row.wait:.1f} 天" for row in self.by_trade.rename(columns={"name": "name_"}).itertuples()
        )
        missed, days = (int(self.by_trade[name].sum()) for name in ("missed", "crew_days"))
        lack = f"；{missed} 次没有排上" if missed else "，全部排上"
        return (
            f"{len(self.problem.days) // 7} 周出工 {days} 个队日，居民等下一次平均：{told}{lack}；等得最久的是"
            f"{self.names[worst['station']]}的{worst['name']}（平均 {worst['wait']:.1f} 天）。"
        )

    def _curve_said(self) -> str:
        table = self.curve.groupby("times")[["crew_days"]].sum()
        if len(table) < 2:
            return ""
        people = self.by_trade.set_index("trade")["reached"]
        weigh = self.curve.assign(weight=self.curve["trade"].map(people))
        told = []
        for times, own in weigh.groupby("times"):
            wait = float((own["wait"] * own["weight"]).sum() / own["weight"].sum())
            lack = f"（{int(own['missed'].sum())} 次没有排上）" if own["missed"].any() else ""
            told.append(f"{times:g} 倍次数 {int(own['crew_days'].sum())} 个队日、等 {wait:.1f} 天{lack}")
        return f"等候与出工：{'，'.join(told)}。"

    def _fixed_said(self) -> str:
        own = self.by_stop[self.by_stop["fixed"]]
        if own.empty:
            return "没有一站的巡回用时达到固定点（每周半天）的水平。"
        most = own.groupby("name").size().sort_values(ascending=False, kind="stable")
        told = "、".join(f"{name} {count} 站" for name, count in most.items())
        return f"{len(own)} 站不如设固定点（巡回用时达到每周半天，或来不及办完）：{told}。"

    def _advised(self) -> str:
        if self.advisers is None or self.advice is None:
            return ""
        lack = [self.advice.communities[c] for c, who in enumerate(self.advisers.adviser_of) if who is None]
        cases, kept = self.by_adviser["cases"], int(self.by_adviser["kept"].sum())
        before = sum(len(one.last) for one in self.advice.advisers)
        most = amount(float(cases.max()), "件")
        none = f"{len(lack)} 个社区没有顾问" if lack else "一社区一顾问全部落实"
        given, wanted = (int(self.presences[name].sum()) for name in ("count", "wanted"))
        seats = f"驻点 {wanted} 个半天" + ("全部排上" if given == wanted else f"排上 {given} 个")
        unknown = int(self.district.stations.set_index("id")["opening_hours"][self.presences["station"]].isna().sum())
        open_ = f"，{unknown} 处开放时间不明，按开门排" if unknown else ""
        return (
            f"{none}：{len(cases)} 名顾问，案量最多每月 {most}，上年 {before} 个社区中 {kept} 个不换人；{seats}，"
            f"同一天最多 {self.fullest_day} 处{open_}。"
        )

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        waiting = self.by_stop.sort_values(["wait", "people"], ascending=False, kind="stable", ignore_index=True)
        found = {
            "逐业态巡回": (_in_percent(self.by_trade, "spread", "gap"), _TRADES),
            "等候与出工": (_in_percent(self.curve, "gap"), _CURVE),
            "等得最久的站": (waiting.head(_LONGEST).assign(rank=range(1, min(_LONGEST, len(waiting)) + 1)), _WAITING),
            "逐站巡回": (self.by_stop, _STOPS),
            "逐队负荷": (_in_percent(self.by_crew, "filled"), _CREWS),
            "巡回日历": (self.calendar, _CALENDAR),
            "法律顾问分配": (self.by_adviser, _ADVISERS),
            "顾问驻点半天": (self.presences, _PRESENCES),
        }
        names = dict(zip(self.district.communities["id"], self.district.communities["name"], strict=True))
        shown = {**_SHOWN, "station@round": lambda key: self.names[key], "community": lambda key: names[key]}
        return {
            title: present(table, columns, shown, blank=MISSING).infer_objects()
            for title, (table, columns) in found.items()
            if len(table)
        }

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: stops with their waits, and routes as straight lines from stop to stop."""
        stations, crs = self.district.stations, self.district.crs
        point = dict(zip(stations["id"], stations.geometry, strict=True))
        stops = gpd.GeoDataFrame(self.by_stop, geometry=[point[key] for key in self.by_stop["station"]], crs=crs)
        rows, lines = [], []
        for one in self.answers:
            for route in one.plan.routes:
                day = one.round.crew_days[route.crew_day]
                home = one.trade.crews[day.crew]
                way = [home.station, *(one.trade.stops[k].station for k in route.stops), home.station]
                date = self.problem.days[day.day].date.isoformat()
                rows.append({"trade": one.trade.id, "crew": home.id, "date": date, "stops": len(route.stops)})
                lines.append(shapely.LineString([point[key] for key in way]))
        routes = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=lines, crs=crs)
        return {"circuits_stops": stops, "circuits_routes": routes}


_TRADES: Final = (
    "name@trade", "crews", "stops", "visits@round", "missed@round", "reached@round", "wait@round", "p90@round",
    "longest@round", "crew_days", "possible@round", "road@round", "spread@round", "gap@round",
)  # fmt: skip
_CURVE: Final = (
    "name@trade", "times@visits", "visits@round", "missed@round", "crew_days", "wait@round", "road@round", "gap@round",
)  # fmt: skip
_WAITING: Final = ("rank", "name@trade", "station@round", "wait@round", "longest@round", "people@round", "days@round")
_STOPS: Final = (
    "name@trade", "station@round", "crew", "visits@round", "days@round", "wait@round", "longest@round", "people@round",
    "cases@round", "left@round", "hours@round", "fixed@round",
)  # fmt: skip
_CREWS: Final = (
    "name@trade", "crew", "station@round", "stops", "days@crew", "service@round", "road@round", "filled",
)  # fmt: skip
_CALENDAR: Final = (
    "date@round", "weekday@round", "name@trade", "crew@round", "order", "station@round", "begin@round", "end@round",
)  # fmt: skip
_ADVISERS: Final = (
    "adviser",
    "station@round",
    "count@advice",
    "communities",
    "cases@advice",
    "kept@advice",
    "road@round",
)
_PRESENCES: Final = (
    "community", "station@round", "adviser", "wanted@presence", "count@presence", "weekday@presence", "days@round",
    "begin@presence", "end@presence", "longest@round",
)  # fmt: skip


def _weekday(day: int) -> str:
    return label(WEEKDAYS[day])


def _clock(minute: float) -> str:
    return "" if np.isnan(minute) else hhmm(minute)


_SHOWN: Final[Mapping[str, Any]] = {
    "weekday@round": _weekday,
    **dict.fromkeys(("begin@round", "end@round", "begin@presence", "end@presence"), _clock),
    "fixed@round": lambda yes: "是" if yes else "否",
}


def _in_percent(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.assign(**{name: 100 * table[name] for name in columns})


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _number(value: float | None) -> float:
    return np.nan if value is None else value


# ----------------------------------------------------------------------------------------------------------------------
# The verb.


def plan_circuits(coverage: CoverageResult, *, progress: Progress = SILENT) -> CircuitsResult:
    """Plan the rounds of all trades, and who advises which community.

    Every stop is visited by one crew, on days as regular as days off allow; crews carry alike much. First all stops are
    visited, then as few crew days and as short ways as are found, with a bound. Other numbers of visits are planned
    beside, for the curve of waiting against crew days.

    Parameters
    ----------
    coverage
        The measured circle: ground, scenario with the section ``circuits``, and the walking network.
    progress
        Told of each trade and stage.

    Returns
    -------
    CircuitsResult
        After Ctrl-C what is found so far, each trade with at least one plan.

    Raises
    ------
    ScenarioError
        If the scenario asks for no rounds.
    GeodataError
        With everything that is wrong with the ledgers, or stations that no crew can get to.
    """
    district, scenario = coverage.district, coverage.scenario
    problem = circuits_problem(district, scenario)
    place = {key: row for row, key in enumerate(district.stations["id"])}
    on_foot = walking_seconds(coverage.doors.at_any_hour, coverage.default_manner, len(place))
    driven = (
        driving_seconds(district, scenario, coverage.default_manner)
        if any(t.drives for t in problem.trades)
        else on_foot
    )
    said = problem.said

    def planned(trade: Trade, stop: Interrupt) -> TradeAnswer:
        seconds = driven if trade.drives else on_foot
        found: dict[float, tuple[Round, RoundAnswer]] = {}
        for times in (1.0, *said.tries):
            if found and stop.asked:
                break
            of = problem.round(trade, seconds, place, times)
            effort = {"rounds": said.effort, "starts": said.starts, "steps": said.steps, "seed": said.seed}
            found[times] = of, plan_round(of, **effort, interrupt=stop, progress=progress)
        return TradeAnswer(trade, *found.pop(1.0), found)

    progress.step("circuits", 0, len(problem.trades))
    with heeded_interrupt() as stop:
        tasks = [partial(planned, trade, stop) for trade in problem.trades]
        answers = side_by_side(tasks, usable_cpus(), lambda done: progress.step("circuits", done + 1, len(tasks)))
    advice = advice_problem(district, scenario, on_foot, place)
    plan = None if advice is None else assign_advisers(advice, seed=said.seed, progress=progress)
    return CircuitsResult(coverage, problem, tuple(answers), advice, plan)
