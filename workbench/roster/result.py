"""The roster of a district: who is on duty, what is lacking and why, who stands in, what weekend opening costs."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import chain
from typing import Any, ClassVar, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Flags, Floats
from workbench.cache import Cache
from workbench.calendars import DayKind
from workbench.catalogue.numbers import CASE
from workbench.catalogue.terms import Mode, label
from workbench.coverage import CoverageResult, SpaceTimeResult, assess_space_time, station_walks
from workbench.coverage.space_time import measured, staff_cost
from workbench.coverage.timetable import Timetable
from workbench.errors import NoSolutionError
from workbench.ground.district import District
from workbench.hours import DAY_MINUTES, WEEKDAYS, hhmm, week_text
from workbench.progress import SILENT, Progress
from workbench.results import PLANNED_ROW, Result, Value, amount, present
from workbench.roster.problem import added_minutes, halls_of, roster_of
from workbench.rostering.check import both_away, broken_wishes, burdens, changes, minutes_of, spreads, unmet
from workbench.rostering.problem import KINDS, PRIORITIES, Duties, Duty, Hall, RosterRule
from workbench.rostering.reasons import NO_SHIFT, Lack, Loan, in_the_way, lacks, loans, one_more
from workbench.rostering.solve import REPAIR, HallPlan, plan_hall
from workbench.rostering.standins import StandIns, Training
from workbench.scenario import Scenario
from workbench.solving import Interrupt, Status, heeded_interrupt
from workbench.version import __version__

_WORKERS: Final = 2
"""Centres that are rostered at once; the rosters do not depend on it."""
_TRYING: Final = 1 / 3
"""Share of the effort for each thing that is tried where needs are not met: rules waived, one person more."""
_DAYS_A_YEAR: Final = 365.25
ON_SITE, ONLINE, NOBODY = 2, 1, 0
"""What there is in a minute: somebody at a post on site, online only, nobody."""


class Opening(NamedTuple):
    """What opening on more days gives and takes: weeks before and after, and the person-minutes it asks for."""

    before: SpaceTimeResult
    after: SpaceTimeResult
    asked: Mapping[str, int]


@dataclass(frozen=True, eq=False, repr=False)
class RosterResult(Result):
    """Who is on duty in a district; made by :func:`roster_staff`.

    Attributes
    ----------
    district, scenario
        Ground and intent.
    plans
        A roster for each centre and each stretch of weeks that is decided together.
    repaired
        Where the scenario has absences, the rosters that are mended for them.
    near
        Pairs of centres, lender and borrower, within a walk.
    opening
        The week of the district before and with the roster; None where it was not measured.
    """

    district: District
    scenario: Scenario
    plans: tuple[HallPlan, ...]
    repaired: tuple[HallPlan, ...] = ()
    near: tuple[tuple[str, str], ...] = ()
    opening: Opening | None = field(default=None)
    study: ClassVar[str] = "roster"
    on_terminal: ClassVar[tuple[str, ...]] = ("逐中心排班结果", "缺岗的补救", "无人可替的当班", "建议培训")

    @cached_property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def status(self) -> str:
        """OPTIMAL: every stage of every centre is proven; INFEASIBLE: no centre has a roster."""
        found = {plan.status for plan in self.plans}
        if not self.solved:
            return str(Status.INFEASIBLE if Status.INFEASIBLE in found else Status.UNKNOWN)
        return str(Status.OPTIMAL if found == {Status.OPTIMAL} else Status.FEASIBLE)

    @property
    def solved(self) -> tuple[HallPlan, ...]:
        """The plans that hold a roster."""
        return tuple(plan for plan in self.plans if plan.duties is not None)

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Names of the stations."""
        return dict(zip(self.district.stations["id"], self.district.stations["name"], strict=True))

    @cached_property
    def standins(self) -> tuple[StandIns, ...]:
        """Who could stand in for whom, plan by plan."""
        return tuple(StandIns(plan.hall, plan.duties) for plan in self.solved if plan.duties is not None)

    @cached_property
    def by_station(self) -> Mapping[str, tuple[StandIns, ...]]:
        """The same by station, one stretch of weeks after the other."""
        stations = dict.fromkeys(one.hall.id for one in self.standins)
        return {station: tuple(one for one in self.standins if one.hall.id == station) for station in stations}

    @cached_property
    def _two_ill(self) -> tuple[tuple[float, float, int], ...]:
        said = roster_of(self.scenario)
        return tuple(one.two_ill(said.draws, said.seed + n) for n, one in enumerate(self.standins))

    @cached_property
    def trainings(self) -> Mapping[str, tuple[tuple[Training, ...], tuple[Duty, ...]]]:
        """By station, the fewest trainings after which nobody is irreplaceable, and duties that none mends."""
        found = {}
        for station, ones in self.by_station.items():
            learn, hopeless = zip(*(one.cheapest_training() for one in ones), strict=True)
            found[station] = tuple(dict.fromkeys(chain(*learn))), tuple(chain(*hopeless))
        return found

    @cached_property
    def lacking(self) -> tuple[tuple[Hall, Lack], ...]:
        """Every need that is not met, and why."""
        return tuple((one.hall, lack) for one in self.standins for lack in lacks(one))

    @cached_property
    def loans(self) -> tuple[Loan, ...]:
        """Who could help out at a neighbouring centre; in the first stretch of weeks."""
        first = {plan.hall.id: plan for plan in reversed(self.solved)}
        return loans(first, self.near)

    # --- exact tables ---

    @cached_property
    def by_duty(self) -> pd.DataFrame:
        """One row a duty: station, staff, date, shift, in order; as repaired where somebody is away."""
        if not self.solved:
            raise NoSolutionError("there is no roster: the rules contradict each other")
        mended = {(plan.hall.id, plan.hall.days[0]): plan for plan in self.repaired if plan.duties is not None}
        rows = [
            (plan.hall.id, plan.hall.people[p].id, plan.hall.date(d), plan.hall.shifts[s].name)
            for own in self.solved
            for plan in [mended.get((own.hall.id, own.hall.days[0]), own)]
            for p, d, s in sorted(plan.duties or ())
        ]
        columns = ["station", "staff", "date", "shift"]
        return pd.DataFrame(rows, columns=columns).sort_values(["station", "date", "staff"], ignore_index=True)

    @cached_property
    def by_hall(self) -> pd.DataFrame:
        """One row a centre: what is asked and lacking, who is irreplaceable, how fair it is, and the proof."""
        rows = [self._hall(station) for station in dict.fromkeys(plan.hall.id for plan in self.plans)]
        return pd.DataFrame(rows, columns=[key.partition(CASE)[0] for key in _HALLS])

    def _hall(self, station: str) -> dict[str, object]:
        own = [plan for plan in self.plans if plan.hall.id == station]
        row: dict[str, object] = {"station": station, "people": len(own[0].hall.people), "status": _worst(own)}
        ones = self.by_station.get(station, ())
        if len(ones) < len(own):
            return row
        lack = [lack for hall, lack in self.lacking if hall.id == station]
        posts = {duty.person for one in ones for duty, _ in one.critical}
        return row | {
            "asked_h": sum(sum(_asked(one.hall).values()) for one in ones) / 60,
            "lacking_h": sum(one.minutes for one in lack) / 60,
            "both_away": sum(len(both_away(one.hall, one.duties)) for one in ones),
            "duties": sum(len(one.duties) for one in ones),
            "alone": sum(len(one.critical) for one in ones),
            "single_points": len(posts),
            "trainings": len(self.trainings[station][0]),
            **dict(zip(KINDS, spreads(ones[-1].hall, ones[-1].duties), strict=True)),
        }

    @cached_property
    def by_person(self) -> pd.DataFrame:
        """One row a person: hours a week, weekends, nights and holidays of the quarter, and whether she shares them."""
        rows = []
        for station, ones in self.by_station.items():
            shared = burdens(ones[-1].hall, ones[-1].duties)
            minutes: Counter[int] = Counter()
            for one in ones:
                for who, _, shift in one.duties:
                    minutes[who] += one.hall.shifts[shift].minutes
            weeks = sum(one.hall.weeks for one in ones)
            for p, person in enumerate(ones[0].hall.people):
                own: dict[str, object] = dict(zip(KINDS, shared[p], strict=True))
                own |= {f"shares_{kind}": p in ones[-1].hall.sharing[n] for n, kind in enumerate(KINDS)}
                rows.append({"station": station, "staff": person.id, "weekly_h": minutes[p] / 60 / weeks, **own})
        return pd.DataFrame(rows)

    def week_of(self, station: str) -> Flags:
        """Return when somebody is at a post that is asked for on site in every one of the weeks, shape (7, 1440)."""
        open_ = np.ones((len(WEEKDAYS), DAY_MINUTES), bool)
        seen = np.zeros(len(WEEKDAYS), bool)
        for one in self.by_station[station]:
            for day, minutes in zip(one.hall.days, there(one.hall, one.duties), strict=True):
                if day.kind in (DayKind.WORKDAY, DayKind.WEEKEND):
                    open_[day.date.weekday()] &= minutes == ON_SITE
                    seen[day.date.weekday()] = True
        return np.asarray(open_ & seen[:, None])

    @cached_property
    def round_the_clock(self) -> Floats:
        """Share of the centres and weeks with nobody, online only, somebody on site; shape (3, 7, 24)."""
        hours = np.zeros((3, len(WEEKDAYS), 24))
        for one in self.standins:
            for day, minutes in zip(one.hall.days, there(one.hall, one.duties), strict=True):
                for what in (NOBODY, ONLINE, ON_SITE):
                    hours[what, day.date.weekday()] += (minutes == what).reshape(24, 60).mean(axis=1)
        return np.asarray(hours / np.maximum(hours.sum(axis=0), 1e-12), np.float64)

    # --- what a planner reads ---

    def words(self) -> Mapping[str, str]:
        """Return where the requirements come from."""
        return {"requirements": f"{self._planned}与岗位需求台账" if self._planned else "岗位需求台账"}

    @property
    def _planned(self) -> str:
        """Whose plan asks for people beside the ledger, and where; empty where none does."""
        asked = self.district.ledger("requirements")
        halls = asked.loc[asked["id"].str.startswith(PLANNED_ROW), "station"].nunique()
        return f"一窗受理方案（{halls} 个中心的窗口）" if halls else ""

    def values(self) -> Iterator[Value]:
        """Measure needs, AB岗, hours round the clock, stand-ins, fairness, proof, and what weekend opening gives."""
        yield Value("roster.proven", sum(plan.status is Status.OPTIMAL for plan in self.plans), len(self.plans))
        if not self.solved:
            return
        yield from self._needs()
        yield from self._stand_ins()
        table = self.by_hall
        for kind in KINDS:
            yield Value(f"roster.spread_{kind}", float(table[kind].max()), int(table[kind].notna().sum()))
        wishes = sum(len(person.wishes) for one in self.standins for person in one.hall.people)
        broken = sum(len(broken_wishes(one.hall, one.duties)) for one in self.standins)
        yield Value("roster.wishes", _percent(wishes - broken, wishes), wishes)
        yield Value("roster.hours", float(self.by_person["weekly_h"].mean()), len(self.by_person))
        if self.repaired:
            moved = sum(len(changes(plan.hall, plan.duties)) for plan in self.repaired if plan.duties is not None)
            yield Value("roster.changes", moved, sum(len(plan.hall.published or ()) for plan in self.repaired))
        if self.opening is not None:
            yield from self._opening(self.opening)

    def _needs(self) -> Iterator[Value]:
        asked = float(self.by_hall["asked_h"].sum())
        lacking = float(self.by_hall["lacking_h"].sum())
        yield Value("roster.met", _percent(asked - lacking, asked), asked)
        by_post = sum((_asked(one.hall) for one in self.standins), Counter[str]())
        short = Counter[str]()
        for _, lack in self.lacking:
            short[lack.need.post] += lack.minutes
        for post, minutes in sorted(by_post.items()):
            yield Value("roster.met_post", _percent(minutes - short[post], minutes), minutes / 60, post=post)
        yield Value("roster.lacking", lacking, asked)
        days = sum(len(one.hall.pairs) * len(one.hall.pair_days) for one in self.standins)
        yield Value("roster.both_away", float(self.by_hall["both_away"].sum()), days)
        halls = self.by_station
        open_ = sum(bool(self.week_of(station)[5:].any(axis=1).all()) for station in halls)
        yield Value("roster.open_weekends", open_, len(halls))
        share = self.round_the_clock.mean(axis=(1, 2))
        yield Value("roster.on_site", 100 * share[ON_SITE], 168 * len(halls))
        yield Value("roster.answered", 100 * (share[ON_SITE] + share[ONLINE]), 168 * len(halls))

    def _stand_ins(self) -> Iterator[Value]:
        said, table = roster_of(self.scenario), self.by_hall
        duties = float(table["duties"].sum())
        yield Value("roster.alone", _percent(float(table["alone"].sum()), duties), duties)
        cases = sum(n for _, _, n in self._two_ill)
        share = sum(share * n for share, _, n in self._two_ill) / max(cases, 1)
        yield Value("roster.two", 100 * share, cases)
        error = np.sqrt(sum((error * n) ** 2 for _, error, n in self._two_ill)) / max(cases, 1)
        yield Value("roster.two_error", 100 * error, cases)
        chance = self.scenario.standard(said.absence)
        days = sum(
            one.expected_days(chance, two) for one, (two, _, _) in zip(self.standins, self._two_ill, strict=True)
        )
        rostered = sum(len(one.hall.days) for one in self.standins)
        yield Value("roster.empty_days", _DAYS_A_YEAR * days / rostered, len(table))
        yield Value("roster.single_points", float(table["single_points"].sum()), float(table["people"].sum()))
        learn = sum(len(learn) for learn, _ in self.trainings.values())
        yield Value("roster.trainings", learn, float(table["people"].sum()))
        hours = learn * self.scenario.standard(said.training)
        wage = self.scenario.standard(self.scenario.hours.staff_cost)
        yield Value("roster.training_cost", hours * wage / 10_000, learn)
        yield Value("roster.hopeless", sum(len(rest) for _, rest in self.trainings.values()), duties)

    def _opening(self, opening: Opening) -> Iterator[Value]:
        said = roster_of(self.scenario)
        before, after = (week.person_hours(Mode.COMPLIANCE) for week in (opening.before, opening.after))
        yield Value("opening.person_hours", after - before, before, mode=Mode.COMPLIANCE)
        hours = sum(opening.asked.values()) / 60 / said.weeks
        yield Value("opening.staff_hours", hours, len(opening.asked))
        cost = staff_cost(hours, self.scenario)
        yield Value("opening.cost", cost, hours)
        weekly = cost * 10_000 / (_DAYS_A_YEAR / 7)
        yield Value(
            "opening.per_person_hour", 1000 * weekly / (after - before) if after > before else None, after - before
        )
        ids = opening.after.coverage.district.stations["id"]
        own = ids.isin(list(opening.asked)).to_numpy()
        longer = np.nan_to_num(opening.after.timetable.open_hours - opening.before.timetable.open_hours)[own]
        share = np.maximum(longer, 0) / np.nan_to_num(opening.after.timetable.open_hours, nan=1.0)[own]
        cases = self.scenario.standard(said.cases) * float(share.sum())
        yield Value("opening.per_case", 10_000 * cost / cases if cases else None, cases)

    def conclusion(self) -> tuple[str, ...]:
        """Return what the roster meets, who is irreplaceable, what weekend opening costs, and how sure that is."""
        if not self.solved:
            clash = {rule for plan in self.plans for rules in plan.conflict.values() for rule in rules}
            why = f"互相矛盾的规则：{_words(sorted(clash))}" if clash else "时限内未得到方案"
            return (f"没有一个中心排得出班（{why}）。",)
        of = {kpi.key: kpi for kpi in self.kpis()}
        lacking = of["roster.lacking"].value or 0.0
        met = (
            "岗位需求全部满足"
            if not lacking
            else f"岗位需求满足 {amount(of['roster.met'].value, '%')}，缺 {amount(lacking, '人时')}"
        )
        away = round(of["roster.both_away"].value or 0)
        paired = "AB岗从不同时离岗" if not away else f"AB岗同时离岗 {away} 次"
        alone = of["roster.alone"].value or 0.0
        learn = round(of["roster.trainings"].value or 0)
        left = round(of["roster.hopeless"].value or 0)
        stands = "任何一人缺勤都有人可替" if not alone else f"一人缺勤即空岗的当班占 {amount(alone, '%')}"
        mend = f"，培训 {learn} 人次可消除{'大部分' if left else ''}单点" if alone and learn else ""
        proven = sum(plan.status is Status.OPTIMAL for plan in self.plans)
        said = f"按{self._planned or '方案'}排班，{met}；{paired}；{stands}{mend}；"
        said += f"{len(self.plans)} 份排班中 {proven} 份已证最优。"
        failed = len({plan.hall.id for plan in self.plans}) - len(self.by_station)
        said += f"{failed} 个中心因规则矛盾排不出班。" if failed else ""
        if self.opening is None or not of["opening.staff_hours"].value:
            return (said,)
        gained = of["opening.person_hours"].value or 0.0
        hours, year = amount(of["opening.staff_hours"].value, "h"), amount(of["opening.cost"].value, "万元")
        change = "，步行可达的开放时间每周增加" if gained >= 0 else "；缺岗之处不开门，步行可达的开放时间每周反而减少"
        return (f"{said}周末多开每周用工 {hours}，一年 {year}{change} {amount(abs(gained), '人时')}。",)

    def with_plan(self, district: District) -> District:
        """Return a district whose centres open as the roster has somebody on site, and whose published roster it is."""
        stations = district.layer("stations")
        rostered = set(self.by_station) & set(stations["id"])
        hours = {station: week_text(self.week_of(station)) for station in sorted(rostered)}
        stations["opening_hours"] = [
            hours.get(key, text) for key, text in zip(stations["id"], stations["opening_hours"], strict=True)
        ]
        own = self.by_duty[self.by_duty["station"].isin(rostered)].drop(columns="station")
        duties = own.reset_index(drop=True)
        duties.insert(0, "id", [f"{PLANNED_ROW}{number:05d}" for number in range(1, len(duties) + 1)])
        return district.with_stations(stations, replacing=True).with_ledgers(duties=duties)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        names = self.names
        shown: dict[str, Any] = {
            "station@duty": lambda key: names.get(key, key),
            "borrower": lambda key: names.get(key, key),
            "status@proof": lambda status: "已证最优" if status == Status.OPTIMAL else label(f"proof.{status}"),
            "stage@duty": lambda name: label(f"roster.{name}"),
            "change@duty": lambda change: label(f"duty.{change}"),
            "rules@mend": lambda rules: _words(rules) or "放宽两条规则仍不够",
            "rules@clash": _words,
            "one_more": lambda posts: "、".join(posts) or "增一人无改善",
            "posts@empty": "、".join,
            "members": "、".join,
        }
        found: dict[str, tuple[Sequence[str], pd.DataFrame | Iterable[tuple[object, ...]]]] = {
            "逐中心排班结果": (_HALLS, self.by_hall),
            "缺岗及原因": (_LACKS, self._lacks()),
            "缺岗的补救": (_MENDS, self._mends),
            "可向邻近中心借调": (_LOANS, self._loans()),
            "规则矛盾的人员": (_CONFLICTS, self._conflicts()),
            "AB岗同时离岗": (_AWAY, self._both_away()),
            "无人可替的当班": (_CRITICAL, self._critical()),
            "建议培训": (_TRAININGS, self._trainings()),
            "临时顶岗": (_REPAIRS, self._repairs()),
            "值班公平": (_FAIR, self.by_person),
            "排班逐阶段证明": (_STAGES, self._stages()),
        }
        tables = {title: present(_frame(rows, keys), keys, shown) for title, (keys, rows) in found.items()}
        return {title: table for title, table in tables.items() if len(table)}

    def _lacks(self) -> Iterator[tuple[object, ...]]:
        for hall, (need, people, why) in self.lacking:
            told = "；".join(label(f"duty.{rule}") + (f" {count} 人" if count else "") for rule, count in why)
            yield hall.id, hall.date(need.day), need.post, f"{hhmm(need.begin)}-{hhmm(need.end)}", people, told

    @cached_property
    def _mends(self) -> tuple[tuple[object, ...], ...]:
        return tuple(self._tried())

    def _tried(self) -> Iterator[tuple[object, ...]]:
        effort = _TRYING * roster_of(self.scenario).effort
        weekly = round(60 * self.scenario.standard(roster_of(self.scenario).weekly_hours))
        for plan in self.solved:
            own = unmet(plan.hall, plan.duties or frozenset())
            if own:
                no_shift = sum(not plan.hall.covers(need) for need in own)
                posts, left = one_more(plan, weekly, effort) or ((), np.nan)
                yield plan.hall.id, minutes_of(own) / 60, no_shift, in_the_way(plan, effort), posts, left / 60

    def _loans(self) -> Iterator[tuple[object, ...]]:
        hall = self.plans[0].hall
        for one in self.loans:
            shift = hall.shifts[one.shift].name
            yield one.lender, one.person, one.borrower, hall.date(one.day), shift, one.minutes / 60

    def _conflicts(self) -> Iterator[tuple[object, ...]]:
        for plan in self.plans:
            yield from ((plan.hall.id, person, rules) for person, rules in plan.conflict.items())

    def _both_away(self) -> Iterator[tuple[object, ...]]:
        for one in self.standins:
            for pair, day in both_away(one.hall, one.duties):
                two = [one.hall.people[p] for p in one.hall.pairs[pair]]
                on_leave = sum(day in person.leave for person in two)
                yield one.hall.id, pair, [person.id for person in two], one.hall.date(day), on_leave

    def _critical(self) -> Iterator[tuple[object, ...]]:
        found: dict[tuple[str, str], list[tuple[str, ...]]] = defaultdict(list)
        for one in self.standins:
            for duty, posts in one.critical:
                found[one.hall.id, one.hall.people[duty.person].id].append(posts)
        for who, empty in sorted(found.items(), key=lambda item: (-len(item[1]), item[0])):
            yield *who, sorted({post for posts in empty for post in posts}), len(empty)

    def _trainings(self) -> Iterator[tuple[object, ...]]:
        for station, (learn, _) in self.trainings.items():
            people = self.by_station[station][0].hall.people
            yield from ((station, people[p].id, post) for p, post in learn)

    def _repairs(self) -> Iterable[tuple[object, ...]]:
        rows = []
        for plan in self.repaired:
            hall, before, after = plan.hall, plan.hall.published or frozenset(), plan.duties or frozenset()
            for change, duties in (("gone", before - after), ("new", after - before)):
                rows += [(hall.id, hall.date(d), hall.people[p].id, hall.shifts[s].name, change) for p, d, s in duties]
        return sorted(rows)

    def _stages(self) -> Iterator[tuple[object, ...]]:
        for stages in zip(*(plan.stages for plan in self.solved), strict=True):
            proven = sum(stage.status is Status.OPTIMAL for stage in stages)
            value, bound = sum(stage.value for stage in stages), sum(stage.bound for stage in stages)
            yield stages[0].name, value, bound, proven, len(stages)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the centres, and what their rosters come to."""
        table = self.by_hall.assign(status=self.by_hall["status"].astype(str))
        stations = self.district.layer("stations")[["id", "name", "geometry"]]
        return {"roster_by_station": stations.merge(table, left_on="id", right_on="station").drop(columns="station")}


_HALLS: Final = (
    "station@duty", "people@duty", "asked_h", "lacking_h", "both_away", "duties", "alone", "single_points", "trainings",
    "weekends", "nights", "holidays", "status@proof",
)  # fmt: skip
_LACKS: Final = ("station@duty", "date", "post@duty", "span", "lacking", "why@duty")
_MENDS: Final = ("station@duty", "lacking_h", "no_shift", "rules@mend", "one_more", "left_h")
_LOANS: Final = ("station@duty", "staff@duty", "borrower", "date", "shift", "met_h")
_CONFLICTS: Final = ("station@duty", "staff@duty", "rules@clash")
_AWAY: Final = ("station@duty", "pair", "members", "date", "on_leave")
_CRITICAL: Final = ("station@duty", "staff@duty", "posts@empty", "alone")
_TRAININGS: Final = ("station@duty", "staff@duty", "post@learn")
_REPAIRS: Final = ("station@duty", "date", "staff@duty", "shift", "change@duty")
_FAIR: Final = ("station@duty", "staff@duty", "weekly_h", "weekends@own", "nights@own", "holidays@own")
_STAGES: Final = ("stage@duty", "value", "bound@stage", "proven@duty", "of@duty")


def _frame(rows: pd.DataFrame | Iterable[tuple[object, ...]], keys: Sequence[str]) -> pd.DataFrame:
    """Return rows as a table of some columns; a table as it is."""
    columns = [key.partition(CASE)[0] for key in keys]
    return rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(list(rows), columns=columns)


def _words(rules: Iterable[RosterRule]) -> str:
    return "、".join(label(f"duty.{rule}") for rule in rules)


def there(hall: Hall, duties: Duties) -> Iterator[np.ndarray]:
    """Go through the days: whether somebody is on site, online only, or nobody in each minute, shape (1440,).

    On site is only where a post is asked for and held: who is in the house besides does not open it.
    """
    held = Counter((duty.day, duty.shift) for duty in duties)
    minutes = np.zeros((len(hall.days) + 1) * DAY_MINUTES, np.int8)
    online = {post for shift in hall.shifts if shift.online for post in shift.posts}
    for day, s in held:
        for _, begin, end in hall.shifts[s].parts if hall.shifts[s].online else ():
            minutes[day * DAY_MINUTES + begin : day * DAY_MINUTES + end] = ONLINE
    for need in hall.needs:
        if need.post not in online and any(held[pair] for pair in hall.covers(need)):
            minutes[need.day * DAY_MINUTES + need.begin : need.day * DAY_MINUTES + need.end] = ON_SITE
    by_day = minutes.reshape(-1, DAY_MINUTES)
    by_day[0] = np.maximum(by_day[0], by_day[-1])  # the night before stands for the last one, which runs out of them
    yield from by_day[:-1]


def _asked(hall: Hall) -> Counter[str]:
    """Return the person-minutes that are asked for, by post."""
    found: Counter[str] = Counter()
    for need in hall.needs:
        found[need.post] += need.staff * (need.end - need.begin)
    return found


def _worst(plans: Sequence[HallPlan]) -> Status:
    order = (Status.INFEASIBLE, Status.UNKNOWN, Status.FEASIBLE, Status.OPTIMAL)
    return min((plan.status for plan in plans), key=order.index)


def _percent(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


# ----------------------------------------------------------------------------------------------------------------------
# Rostering the people of a district.


def roster_staff(
    district: District,
    scenario: Scenario,
    *,
    coverage: CoverageResult | None = None,
    progress: Progress = SILENT,
    cache: Cache | None = None,
) -> RosterResult:
    """Say who is on duty when at every centre with staff.

    Each centre is a problem of its own; centres are solved side by side, and the rosters depend neither on how many at
    once nor on the speed of the machine.

    Parameters
    ----------
    district
        With the ledgers ``staff`` and ``requirements``, and ``leave``, ``wishes``, ``duties`` where there are any.
    scenario
        With the section ``roster``.
    coverage
        The five-minute circle, where it is to be said what the opening hours give and who is near.
    progress
        Told of each centre that is done.
    cache
        Where the rosters of centres are kept, and found again while nothing changes of a centre and what is asked of
        it; nowhere when not given. What is mended for an absence starts from them.

    Returns
    -------
    RosterResult
        A centre with somebody whose rules contradict each other has no roster but the names of these rules.

    Raises
    ------
    RosterError
        With everything that is wrong with ledgers and shifts.
    CalendarError
        If the public holidays of the weeks are not known.
    """
    said, halls = roster_of(scenario), halls_of(district, scenario)
    plans: list[HallPlan] = []
    progress.step("roster", 0, len(halls))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(_WORKERS) as pool:
        for done, own in enumerate(pool.map(lambda hall: _in_a_row(hall, said.effort, interrupt, cache), halls), 1):
            plans += own
            progress.step("roster", done, len(halls))
        away = {absence.staff for absence in said.absences}
        touched = [plan for plan in plans if plan.duties is not None and away & {p.id for p in plan.hall.people}]
        repaired = tuple(pool.map(lambda plan: repaired_plan(plan, scenario, interrupt), touched))
    result = RosterResult(district, scenario, tuple(plans), repaired)
    if coverage is None or not result.solved:
        return result
    walks = station_walks(coverage)
    near = sorted({(a, b) for a, b in zip(walks["from"], walks["to"], strict=True)})
    before = assess_space_time(coverage)
    stations = result.with_plan(district).stations
    after = measured(coverage, before.calendar, Timetable.of(stations, before.calendar), before.free, before.longer)
    opening = Opening(before, after, added_minutes(district, scenario))
    return replace(result, near=tuple(near), opening=opening)


def _in_a_row(halls: Iterable[Hall], effort: float, interrupt: Interrupt, cache: Cache | None) -> list[HallPlan]:
    """Roster one stretch of weeks after the other; what one leaves goes into the next."""
    plans: list[HallPlan] = []
    for hall in halls:
        last = plans[-1] if plans else None
        if last is not None and last.duties is not None:
            hall = last.hall.followed(last.duties, hall)  # noqa: PLW2901
        plans.append(_found_or_planned(hall, effort, interrupt, cache))
    return plans


def _found_or_planned(hall: Hall, effort: float, interrupt: Interrupt, cache: Cache | None) -> HallPlan:
    """Find the roster of a centre where all that it depends on is as it was, or make it and keep it."""
    if cache is None:
        return plan_hall(hall, effort, interrupt)
    key = cache.key("roster", json.dumps(asdict(hall), default=_plainly), effort)
    found: HallPlan | None = cache.find(key, {"hall": hall})
    if found is None:
        found = plan_hall(hall, effort, interrupt)
        if not interrupt.asked:
            cache.put(key, found, {"hall": hall})
    return found


def _plainly(value: Any) -> object:
    return sorted(value) if isinstance(value, frozenset) else str(value)


def repaired_plan(plan: HallPlan, scenario: Scenario, interrupt: Interrupt | None = None) -> HallPlan:
    """Return the roster that is mended, with the fewest changes, for those whom the scenario has away after all.

    What needs ask for still comes first; days before the first absence stay as they are.
    """
    hall, said = plan.hall, roster_of(scenario)
    away: dict[str, set[int]] = defaultdict(set)
    for absence in said.absences:
        away[absence.staff] |= {
            d for d, day in enumerate(hall.days) if absence.first <= day.date.isoformat() <= absence.last
        }
    days = [min(own) for p in hall.people if (own := away.get(p.id))]
    if plan.duties is None or not days:
        return replace(plan, hall=replace(hall, published=plan.duties))
    people = tuple(replace(person, leave=person.leave | away.get(person.id, set())) for person in hall.people)
    asked = replace(hall, people=people, published=plan.duties, fixed=min(days))
    return plan_hall(asked, said.effort, interrupt, stages=REPAIR, near=plan.duties)


__all__ = ["NO_SHIFT", "PRIORITIES", "Opening", "RosterResult", "RosterRule", "repaired_plan", "roster_staff", "there"]
