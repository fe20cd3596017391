"""一窗受理: whether two windows are enough, which plan is the smallest that serves in time, when a third is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Flags
from workbench.catalogue.halls import CELLS, DAY_CELLS, QUARTER, YEAR_WEEKS, clock_of
from workbench.catalogue.terms import label
from workbench.counters.problem import CountersProblem, counters_problem
from workbench.counters.sizing import MOST_TIMES, Answer, Plan, State, load, size_hall, staffing
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.ground.district import District
from workbench.hours import WEEKDAYS, hhmm, week_text
from workbench.processes import side_by_side, usable_cpus
from workbench.progress import SILENT, Progress
from workbench.queueing.windows import quantile, steady
from workbench.results import MISSING, PLANNED_ROW, Value, amount, present
from workbench.scenario.counters import Counters

_FIRST: Final = 10
"""Halls that are listed as the first that two windows do not serve."""
POSTS: Final = ("综合窗口", "帮办代办")
_WHEN: Final = {"before": ("separate", "现状"), "after": ("plan", "方案")}


@dataclass(frozen=True, eq=False, repr=False)
class CountersResult(CoverageStudy):
    """The halls of a district, their windows and their waits; made by :func:`size_windows`.

    Attributes
    ----------
    problem
        Matters, halls and terms.
    answers
        What was found of each hall, in the order of the ledger.
    """

    coverage: CoverageResult
    problem: CountersProblem
    answers: tuple[Answer, ...]
    study: ClassVar[str] = "counters"
    answer: ClassVar[str] = "by_hall"
    on_terminal: ClassVar[tuple[str, ...]] = (
        "分设、合并与方案对照",
        "两窗最先不够的大厅",
        "潮汐窗口",
        "延时开放的代价",
    )

    @property
    def status(self) -> str:
        """SIMULATED: plans are told apart by simulation, with a confidence interval and no proof."""
        return "SIMULATED"

    @property
    def said(self) -> Counters:
        """The section of the scenario."""
        return self.problem.terms.said

    @property
    def short(self) -> list[Answer]:
        """The halls that the pooled windows do not serve in time, the worst first."""
        return sorted((one for one in self.answers if not one.enough), key=lambda one: one.pooled.least())

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of stations."""
        return dict(zip(self.district.stations["id"], self.district.stations["name"], strict=True))

    @cached_property
    def states(self) -> Mapping[str, Sequence[State]]:
        """What the halls come to: with separate windows, pooled ones, the tidal one, packages, and with the plan.

        Halls of which no plan that was tried is enough keep the pooled windows.
        """
        return {
            "separate": [one.separate for one in self.answers if one.separate],
            "pooled": [one.pooled for one in self.answers],
            "tidal": [one.tidal for one in self.answers] if any(one.tide.tidal for one in self.answers) else [],
            "packaged": [one.packaged for one in self.answers] if self.problem.packages else [],
            "plan": [one.planned or one.pooled for one in self.answers]
            if any(one.plan for one in self.answers)
            else [],
        }

    @cached_property
    def by_hall(self) -> pd.DataFrame:
        """One row a hall, the least robust first.

        Shares are of those who came, in the season in which it is least, but ``wished_plan`` of all who would come.
        """
        rows = [
            {
                "station": one.hall.station,
                "cases": one.hall.cases,
                "people": max(season.people for season in one.hall.seasons),
                "windows": len(one.hall.windows) or np.nan,
                "prompt_separate": one.separate.least() if one.separate else np.nan,
                "prompt_pooled": one.pooled.least(),
                "half_width": one.pooled.half_width(self.problem.terms.confidence),
                "p90_pooled": _number(one.pooled.wait(0.9)),
                "enough": one.enough,
                "times": one.times,
                "slowdown": one.slowdown,
                "reasons": ";".join(one.reasons),
                "plan": plan_words(one.plan),
                "prompt_plan": one.planned.least() if one.planned else np.nan,
                "wished_plan": one.planned.least(wished=True) if one.planned else np.nan,
                "hours_plan": one.planned.week_hours if one.planned else np.nan,
            }
            for one in self.answers
        ]
        return pd.DataFrame(rows).sort_values(["times", "slowdown", "station"], kind="stable", ignore_index=True)

    @cached_property
    def of_state(self) -> dict[str, dict[str, float]]:
        """Numbers of all halls together by state, of a year, hours of windows of a week; shares of those who came."""
        found = {}
        for name, states in self.states.items():
            if not states:
                continue
            came, wishes, prompt, served, busy = (
                sum(one.year(part) for one in states) for part in ("came", "wished", "prompt", "served", "busy")
            )
            hours, waits = sum(one.week_hours for one in states), [part for one in states for part in one.by_weeks]
            used = _of(busy / 60, sum(one.hours for one in states))
            row = {"halls": float(len(states)), "came": came, "wishes": wishes}
            row |= {"prompt": _of(prompt, came), "wished": _of(prompt, wishes), "left": _of(came - served, came)}
            row |= {"p50": _number(quantile(waits, 0.5)), "p90": _number(quantile(waits, 0.9))}
            found[name] = {**row, "utilisation": used, "hours": hours, "idle": max(1 - used, 0.0) * hours}
        return found

    @property
    def by_state(self) -> pd.DataFrame:
        """The same, one row a state."""
        return pd.DataFrame([{"state": state, **row} for state, row in self.of_state.items()])

    @cached_property
    def tide(self) -> pd.DataFrame:
        """One row a stretch of the week in which one window more is open, by hall and season; minutes of the day."""
        rows = [
            {"station": one.hall.station, "season": season, **span}
            for one in self.answers
            for season, cells in one.tide.tidal.items()
            for span in _spans(np.isin(np.arange(CELLS), list(cells)))
        ]
        return pd.DataFrame(rows, columns=["station", "season", *_SPAN])

    def requirements(self, season: str | None = None) -> pd.DataFrame:
        """Return who must be at which post when: what the proposed plan asks of a roster.

        A roster finds them in the ledger of the district of :meth:`handing_on`, which is open as long as they ask.

        Parameters
        ----------
        season
            Season of the year; the one with most weeks of each hall when not given.

        Returns
        -------
        pandas.DataFrame
            Columns ``station``, ``post``, ``weekday``, ``start``, ``end`` (minutes from midnight) and ``staff``.
            Halls without a plan are left out.
        """
        rows = []
        for one in self.answers:
            if one.plan is None:
                continue
            usual = season or max(one.hall.seasons, key=lambda s: s.weeks).name
            windows = staffing(self.problem, one.hall, one.plan, usual).windows
            helps = np.arange(len(windows)) // max(one.plan.general, 1) > 0
            helps[one.plan.windows :] = False
            for post, own in zip(POSTS, (~helps, helps), strict=True):
                count = windows[own].sum(axis=0)
                for staff in range(1, int(count.max(initial=0)) + 1):
                    rows += [
                        {"station": one.hall.station, "post": post, **span, "staff": staff}
                        for span in _spans(count == staff)
                    ]
        table = pd.DataFrame(rows, columns=["station", "post", *_SPAN, "staff"])
        day = table["weekday"].map(WEEKDAYS.index)
        order = table.assign(day=day).sort_values(["station", "post", "day", "start"], kind="stable", ignore_index=True)
        return order.drop(columns="day")

    @cached_property
    def by_longer(self) -> pd.DataFrame:
        """One row a kind of longer hours: hours of windows a week, cases a year that it serves more, and the price."""
        cost = self.scenario.standard(self.scenario.hours.staff_cost)
        rows = []
        for trial in self.said.tries:
            own = [(one.longer[trial], one.pooled) for one in self.answers if trial in one.longer]
            hours = sum(after.week_hours - before.week_hours for after, before in own)
            cases = sum(after.year("served") - before.year("served") for after, before in own)
            price = YEAR_WEEKS * hours / cases if cases > 0 else np.nan
            row = {"longer": trial, "halls": len(own), "staff_hours": hours, "cases": cases, "price": price}
            rows += [{**row, "yuan": price * cost, "yuan_year": YEAR_WEEKS * hours * cost}] if own else []
        return pd.DataFrame(rows, columns=["longer", "halls", "staff_hours", "cases", "price", "yuan", "yuan_year"])

    @cached_property
    def by_package(self) -> pd.DataFrame:
        """One row a package of matters: visits and hours of windows a year that it saves where handled together."""
        problem, rows = self.problem, []
        comes = sum(matter.comes for matter in problem.matters)
        for name, (places, share) in problem.packages.items():
            own = [problem.matters[place] for place in places]
            together = _of(share * problem.people, comes)
            saved = problem.terms.package_saving * problem.terms.slowdown * sum(matter.mean for matter in own) / 60
            row = {"package": name, "matters": "、".join(matter.name for matter in own), "together": together}
            rows.append({**row, "visits": together * (len(own) - 1), "hours": together * saved})
        return pd.DataFrame(rows, columns=["package", "matters", "together", "visits", "hours"])

    @cached_property
    def by_peak(self) -> pd.DataFrame:
        """One row a hall and season: the busiest quarter-hour, what Erlang-A says if it went on, and any overload.

        ``load`` is how many windows those who come would keep busy; ``since`` is the first cell of the week in which
        that is no less than the pooled windows (-1 = none), ``over`` the hours a week of such.
        """
        problem, windows, rows = self.problem, self.said.general + self.said.assist, []
        for one in self.answers:
            for season in one.hall.seasons:
                busy = load(problem, one.hall, season, one.hall.open)
                over = np.flatnonzero(busy >= windows)
                found = steady(float(busy.max()), windows, problem.work, problem.terms.target, one.hall.patience)
                row = {"station": one.hall.station, "season": season.name, "busiest": int(busy.argmax())}
                row |= {"load": float(busy.max()), "over": len(over) * QUARTER / 60, "since": int([*over, -1][0])}
                rows.append(
                    {**row, "prompt": 1 - found.late if found else np.nan, "left": found.left if found else np.nan}
                )
        return pd.DataFrame(rows)

    @cached_property
    def by_assumption(self) -> pd.DataFrame:
        """One row a hall whose arrivals are assumed: what the pooled windows come to by how they are assumed."""
        rows = [
            {"station": one.hall.station, "cases": one.hall.cases, "prompt_pooled": one.pooled.least()}
            | {f"prompt_{name}": state.least() for name, state in one.assumed.items()}
            for one in self.answers
            if one.hall.assumed
        ]
        return pd.DataFrame(rows, columns=["station", "cases", "prompt_pooled", "prompt_even", "prompt_sharper"])

    def values(self) -> Iterator[Value]:
        """Measure shares, waits, hours, where two windows break, and what longer hours, packages and visits come to."""
        for when, (state, name) in _WHEN.items():
            row = self.of_state.get(state, {})
            yield Value("counters.prompt_{when}", _percent(row, "prompt"), row.get("came"), when=when, name=name)
            yield Value("counters.hours_{when}", row.get("hours"), row.get("halls"), when=when, name=name)
        yield Value("counters.enough", len(self.answers) - len(self.short), len(self.answers))
        for state, row in self.of_state.items():
            say = partial(Value, state=state, what=label(f"counters.{state}"))
            for part in ("prompt", "left", "wished"):
                of = row["wishes" if part == "wished" else "came"]
                yield say(f"counters.{{state}}.{part}", _percent(row, part), of)
            for part in ("p50", "p90"):
                yield say(f"counters.{{state}}.{part}", row[part], row["came"])
            yield say("counters.{state}.utilisation", _percent(row, "utilisation"), row["hours"])
            yield say("counters.{state}.idle", row["idle"], row["hours"])
        yield from self._edges()

    def _edges(self) -> Iterator[Value]:
        halls, terms, mix = self.by_hall, self.problem.terms, self.problem.mix
        yield Value("counters.times", halls["times"][0], len(halls), hall=self.names[halls["station"][0]])
        yield Value("counters.slowdown", halls["slowdown"].min(), len(halls))
        yield Value("counters.tidal", float((self.tide["end"] - self.tide["start"]).sum()) / 60, len(self.short))
        for row in self.by_longer.to_dict("records"):
            what = label(f"longer.{row['longer']}")
            yield Value("counters.price_{longer}", row["price"], row["cases"], longer=row["longer"], what=what)
        yield Value("counters.package_visits", self.by_package["visits"].sum(), self.problem.people)
        yield Value("counters.package_hours", self.by_package["hours"].sum(), len(self.by_package))
        helped = self.problem.people * float(mix[[matter.assist for matter in self.problem.matters]].sum())
        yield Value("counters.visits", terms.visits * helped, helped)
        yield Value("counters.visit_hours", terms.visits * helped * terms.visit_time / 60, terms.visits * helped)
        yield Value("counters.assumed", sum(one.hall.assumed for one in self.answers), len(halls))

    def conclusion(self) -> tuple[str, ...]:
        """Return whether the pooled windows are enough and who is first without, what pooling and the plan come to."""
        said = (self._enough(), self._pooling(), self._proposed(), self._prices(), self._overload(), self._assumed())
        return tuple(filter(None, said))

    def _enough(self) -> str:
        terms, said, short = self.problem.terms, self.said, self.short
        windows = f"{said.general + said.assist} 窗（综合 {said.general}、帮办 {said.assist}）"
        goal = f"各季 {terms.target:g} 分钟内得到接待 ≥ {terms.served:.0%}"
        if not short:
            times = self.by_hall["times"][0]
            edge = f"来人增至 {times:.2f} 倍即不足" if times < MOST_TIMES else f"来人增至 {times:g} 倍仍够"
            first = self.names[self.by_hall["station"][0]]
            return f"{len(self.answers)} 个大厅各设 {windows}均够用（{goal}）；余量最小的是{first}，{edge}。"
        told = "、".join(self.names[one.hall.station] for one in short[:3]) + ("等" if len(short) > 3 else "")
        alone = ("peaks", "season", "slowdown", "skills")
        untrained = sum("skills" in one.reasons for one in short)
        train = f"；其中 {untrained} 个补齐窗口人员的技能即够" if untrained else ""
        why = "、".join(
            label(f"counters.{k}") for k in alone if 2 * sum(k in one.reasons for one in short) > len(short)
        )
        most = max(len(cells) for one in short for cells in one.tide.tidal.values()) * QUARTER / 60
        lack = sum(one.tidal.least() < terms.served for one in short)
        mend = f"潮汐加开 1 窗，每厅每周至多 {most:g} 小时{f'，仍有 {lack} 个不足' if lack else '即可'}"
        reason = f"，多因{why}" if why else ""
        return f"{len(self.answers)} 个大厅中 {len(short)} 个 {windows}不够（{goal}）：{told}{reason}；{mend}{train}。"

    def _pooling(self) -> str:
        if "separate" not in self.of_state:
            return "窗口台账缺数据，不作分设与合并的对照。"
        pair = [self.of_state[state] for state in ("separate", "pooled")]
        hours = [amount(row["hours"], "h") for row in pair]
        shares = [amount(_percent(row, "prompt"), "%") for row in pair]
        saves, quicker = pair[1]["hours"] < pair[0]["hours"], pair[1]["prompt"] > pair[0]["prompt"]
        means = {(True, False): "：合并省的是人，不是等候", (False, True): "：合并省的是等候，不是人"}
        return (
            f"分设窗口合并为综合与帮办，每周在岗窗口时数由 {hours[0]} 变为 {hours[1]}，按时接待占比由 {shares[0]} 变为 "
            f"{shares[1]}{means.get((saves, quicker), '：合并既省人，又少等候' if saves else '')}。"
        )

    def _proposed(self) -> str:
        plans = [one.plan for one in self.answers if one.plan]
        lack, served = len(self.answers) - len(plans), f"{self.problem.terms.served:.0%}"
        if not plans:
            return f"所试的窗口与时段都不能使 {served} 的人按时得到接待。"
        hours = amount(sum(state.week_hours for state in self.states["plan"]), "h")
        none = f"（{lack} 个大厅在所试范围内没有方案，按合并窗口计）" if lack else ""
        if self.said.tidal:
            return f"潮汐方案：{len(plans)} 个大厅达标，全年平均每周在岗 {hours}{none}。"
        more, single = sum(bool(plan.longer) for plan in plans), sum(plan.windows == 1 for plan in plans)
        return (
            f"要使想来的人（含来时未开门者）有 {served} 按时办上，{more} 个大厅须延时开放，{single} 个大厅 1 窗即够，"
            f"每周在岗 {hours}{none}。"
        )

    def _prices(self) -> str:
        known = self.by_longer.dropna(subset=["price"])
        told = "，".join(f"{label(f'longer.{row.longer}')} {row.price:.1f} 人时" for row in known.itertuples())
        return f"延时开放每多接待一件：{told}。" if told else ""

    def _overload(self) -> str:
        """Say where more come than the windows bear, since when, and for how long; nothing infinite is said of it."""
        over = self.by_peak[self.by_peak["over"] > 0].sort_values("load", ascending=False, kind="stable")
        if over.empty:
            return ""
        row, windows = over.iloc[0], self.said.general + self.said.assist
        most = f"{self.names[row['station']]}（{label(row['season'])}）自{cell_words(row['since'])} 起"
        return (
            f"{over['station'].nunique()} 个大厅有时来人超过 {windows} 窗所能办（利用率 ≥ 100%），排队越积越长：最甚的"
            f"{most}，每周共 {row['over']:g} 小时，最忙时须 {row['load']:.1f} 窗。"
        )

    def _assumed(self) -> str:
        """Say how much hangs on arrivals that are assumed."""
        table, served = self.by_assumption, self.problem.terms.served
        if table.empty:
            return ""
        shares = table[["prompt_even", "prompt_pooled", "prompt_sharper"]]
        turns = int((shares.ge(served).nunique(axis=1) > 1).sum())
        low, high = (amount(100 * value, "%") for value in (shares.min().min(), shares.max().max()))
        change = f"，其中 {turns} 个够不够用随之而变" if turns else "，够不够用都不变"
        told = f"由均匀到高峰加倍，按时占比在 {low} 与 {high} 之间{change}"
        return f"{len(table)} 个大厅只知全年件数，到达时刻为假设【推】：{told}。"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        first = self.by_hall.head(_FIRST)
        found = {
            "逐厅窗口与时段": (self.by_hall, _HALLS),
            "分设、合并与方案对照": (self.by_state, _STATES),
            "两窗最先不够的大厅": (first.assign(rank=range(1, len(first) + 1)), _FIRSTS),
            "潮汐窗口": (self.tide, ("station@hall", "season", "weekday", "start", "end")),
            "延时开放的代价": (self.by_longer, _LONGER),
            "高效办成一件事": (self.by_package, ("package", "matters", "together@package", "visits", "hours@saved")),
            "高峰与稳态公式对照（Erlang）": (self.by_peak, _PEAKS),
            "到达假设的影响【推】": (self.by_assumption, _ASSUMED),
            "在岗需求": (self.requirements(), ("station@hall", "post", "weekday", "start", "end", "staff")),
        }
        shown = {**_SHOWN, "station@hall": lambda key: self.names[key]}
        return {
            title: present(_in_percent(table), columns, shown, blank=MISSING).infer_objects()
            for title, (table, columns) in found.items()
            if len(table)
        }

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with a hall, and what their windows come to."""
        table = self.by_hall.rename(columns={"station": "id"})
        stations = self.district.stations[["id", "name", "kind", "geometry"]].merge(table, on="id", how="inner")
        return {"counters_by_station": gpd.GeoDataFrame(stations, geometry="geometry", crs=self.district.crs)}

    def with_plan(self, district: District) -> District:
        """Return a district whose halls keep the longer hours of their plans."""
        stations = district.layer("stations")
        hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
        longer = [one for one in self.answers if one.plan and one.plan.longer]
        for one in longer:
            assert one.plan is not None
            added = np.repeat(one.hall.hours(one.plan.longer) & ~one.hall.open, QUARTER).reshape(len(WEEKDAYS), -1)
            hours[one.hall.station] = f"{hours[one.hall.station]}, {week_text(added).replace('; ', ', ')}"
        own = stations[stations["id"].isin([one.hall.station for one in longer])]
        kept = own.assign(opening_hours=own["id"].map(hours))
        return district.with_stations(kept, replacing=True) if len(own) else district

    def handing_on(self, district: District) -> District:
        """Return a district with the plan in place, and its requirements where the ledger had others for its windows.

        What the ledger asks of other posts, such as online duty, and of halls without a plan stays.
        """
        asked, ledger = self.requirements(), district.ledger("requirements")
        ours = ledger["station"].isin(asked["station"]) & ledger["post"].isin(POSTS)
        asked.insert(0, "id", [f"{PLANNED_ROW}{number:05d}" for number in range(1, len(asked) + 1)])
        return self.with_plan(district).with_ledgers(requirements=pd.concat([ledger[~ours], asked], ignore_index=True))


def size_windows(coverage: CoverageResult, *, progress: Progress = SILENT) -> CountersResult:
    """Say whether the pooled windows of the service halls are enough, and which plan is the smallest that is.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario has the section ``counters``, its district the ledgers ``matters`` and
        ``halls``, and, where they are known, ``arrivals`` and ``windows``.
    progress
        Told of each hall.

    Raises
    ------
    ScenarioError
        If the scenario asks nothing of halls.
    GeodataError
        With everything that is wrong with their ledgers.
    """
    problem = counters_problem(coverage.district, coverage.scenario)
    count, done, shared = len(problem.halls), [0], problem.packaged  # worked out before the halls part
    progress.step("counters", 0, count)

    def tell(place: int) -> None:
        done[0] += 1
        progress.step("counters", done[0], count)

    tasks = [partial(size_hall, problem, shared, place) for place in range(count)]
    answers = side_by_side(tasks, usable_cpus(), tell)
    return CountersResult(coverage, problem, tuple(answers))


# ----------------------------------------------------------------------------------------------------------------------
# How the answers are read: shares in percent, clocks, words.


_SPAN: Final = ("weekday", "start", "end")
_HALLS: Final = (
    "station@hall", "cases@hall", "people@hall", "windows@today", "prompt_separate", "prompt_pooled", "enough",
    "times", "slowdown@edge", "reasons@hall", "plan", "wished_plan", "hours_plan",
)  # fmt: skip
_FIRSTS: Final = (
    "rank", "station@hall", "people@hall", "prompt_pooled", "half_width", "times", "slowdown@edge", "reasons@hall",
)  # fmt: skip
_STATES: Final = (
    "state@windows", "halls", "came", "prompt", "wished", "p50@wait", "p90@wait", "left@queue", "utilisation",
    "hours@week", "idle",
)  # fmt: skip
_LONGER: Final = ("longer@hall", "halls", "staff_hours@added", "cases@more", "price", "yuan", "yuan_year")
_PEAKS: Final = ("station@hall", "season", "busiest", "load", "prompt@steady", "left@queue", "over@hours", "since")
_ASSUMED: Final = ("station@hall", "cases@hall", "prompt_even", "prompt_pooled@assumed", "prompt_sharper")
_SHARES: Final = frozenset(
    {"prompt", "wished", "left", "utilisation", "prompt_separate", "prompt_pooled", "half_width", "wished_plan",
     "prompt_even", "prompt_sharper"}
)  # fmt: skip


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _of(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _percent(row: Mapping[str, float], part: str) -> float | None:
    return 100 * row[part] if part in row else None


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(**{name: 100 * table[name] for name in table.columns if name in _SHARES})


def _spans(cells: Flags) -> Iterator[dict[str, object]]:
    """Yield day, begin and end, minutes from midnight, of what is open in a week."""
    for name, day in zip(WEEKDAYS, cells.reshape(-1, DAY_CELLS), strict=True):
        turns = np.flatnonzero(np.diff(day, prepend=False, append=False)).reshape(-1, 2)
        yield from (dict(zip(_SPAN, (name, begin, end), strict=True)) for begin, end in (QUARTER * turns).tolist())


def plan_words(plan: Plan | None) -> str:
    """Return a plan in a few Chinese words."""
    if plan is None:
        return "所试范围内没有"
    words = f"综合 {plan.general}、帮办 {plan.assist}"
    if plan.longer:
        words += f"；{'、'.join(label(f'longer.{trial}') for trial in plan.longer)}开 {plan.extra} 窗"
    return f"{words}；潮汐加 1 窗" if plan.tidal else words


def cell_words(cell: int) -> str:
    """Return day and time of a cell of the week in Chinese; a dash for none."""
    day, time = clock_of(cell).split()
    return f"{label(day)} {time}" if cell >= 0 else "—"


def _times(value: float) -> str:
    return f"> {value:g}" if value >= MOST_TIMES else f"{value:.2f}"


_SHOWN: Final[Mapping[str, Callable[[Any], object]]] = {
    "enough": lambda yes: "够用" if yes else "不够",
    "times": _times,
    "slowdown@edge": _times,
    "reasons@hall": lambda found: "、".join(label(f"counters.{one}") for one in found.split(";")) if found else "—",
    "state@windows": lambda name: label(f"counters.{name}"),
    "longer@hall": lambda trial: label(f"longer.{trial}"),
    "start": hhmm,
    "end": hhmm,
    "busiest": cell_words,
    "since": cell_words,
}
