"""一窗受理: are two windows enough, which plan is the smallest that serves in time, when is a third needed?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Floats
from workbench.catalogue.terms import label
from workbench.counters.kernel import CELLS, QUARTER
from workbench.counters.problem import DAY_CELLS, YEAR_WEEKS, CountersProblem, Season, clock_of, counters_problem
from workbench.counters.queueing import quantile, steady
from workbench.counters.sizing import MOST_TIMES, Answer, Plan, State, load, size_hall
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.errors import CheckError, Problem
from workbench.ground.district import District
from workbench.hours import WEEKDAYS, week_text
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, Value, amount, present
from workbench.scenario.counters import Counters

_TOP: Final = 10
"""Halls that are listed as the first that two windows do not serve."""


# ----------------------------------------------------------------------------------------------------------------------
# The answers as exact tables.


def halls(result: CountersResult) -> pd.DataFrame:
    """Return one row a hall, the least robust first.

    Shares are of those who came, in the season in which it is least, but ``wished`` of all who would come. ``beyond``
    says that the pooled windows bear the most that was tried.
    """
    rows = []
    for one in result.answers:
        plan, planned = one.plan, one.planned
        peak = max(one.hall.seasons, key=lambda season: season.people)
        rows.append(
            {
                "hall": one.hall.id,
                "station": one.hall.station,
                "cases": one.hall.cases,
                "people": peak.people,
                "windows": len(one.hall.windows) or np.nan,
                "prompt_separate": one.separate.least() if one.separate else np.nan,
                "prompt_pooled": one.pooled.least(),
                "half_width": one.pooled.half_width,
                "wished_pooled": one.pooled.least("wished"),
                "p90_pooled": _number(one.pooled.wait(0.9)),
                "utilisation": one.pooled.utilisation,
                "enough": one.enough(result.problem.terms.served),
                "times": one.times,
                "beyond": one.times >= MOST_TIMES,
                "slowdown": one.slowdown,
                "reasons": one.reasons,
                "plan": plan_words(plan),
                "plan_windows": plan.windows if plan else np.nan,
                "prompt_plan": planned.least() if planned else np.nan,
                "wished_plan": planned.least("wished") if planned else np.nan,
                "hours_pooled": one.pooled.staff_hours,
                "hours_plan": planned.staff_hours if planned else np.nan,
                "assumed": one.hall.assumed,
            }
        )
    table = pd.DataFrame(rows)
    return table.sort_values(["times", "slowdown", "hall"], kind="stable", ignore_index=True)


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def plan_words(plan: Plan | None) -> str:
    """Return a plan in a few Chinese words."""
    if plan is None:
        return "试到上限仍不足"
    words = f"综合 {plan.general}、帮办 {plan.assist}"
    if plan.longer:
        words += f"；{'、'.join(label(f'longer.{trial}') for trial in plan.longer)}开 {plan.extra} 窗"
    return f"{words}；潮汐加 1 窗" if plan.tidal else words


def states(result: CountersResult) -> pd.DataFrame:
    """Return one row a state of all halls together: separate windows, pooled ones, the tidal window, the plan."""
    rows = []
    for name, found in result.states.items():
        if not found:
            continue
        came, wished = (sum(one.year(part) for one in found) for part in ("came", "wished"))
        hours, busy = sum(one.staff_hours for one in found), sum(one.year("busy") for one in found)
        open_ = sum(one.staff_hours * _weeks(one) for one in found)
        waits = [part for one in found for part in one.by_weeks]
        rows.append(
            {
                "state": name,
                "halls": len(found),
                "came": came,
                "prompt": sum(one.year("prompt") for one in found) / came if came else np.nan,
                "wished": sum(one.year("prompt") for one in found) / wished if wished else np.nan,
                "p50": _number(quantile(waits, 0.5)),
                "p90": _number(quantile(waits, 0.9)),
                "left": 1 - sum(one.year("served") for one in found) / came if came else np.nan,
                "utilisation": busy / 60 / open_ if open_ else np.nan,
                "staff_hours": hours,
                "idle_hours": max(hours - busy / 60 / open_ * hours, 0.0) if open_ else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _weeks(state: State) -> float:
    return sum(weeks for weeks, _ in state.by_weeks)


def tide(result: CountersResult) -> pd.DataFrame:
    """Return one row a stretch of the week in which one window more is open, by hall and season."""
    rows = [
        {"hall": one.hall.id, "station": one.hall.station, "season": season, **span}
        for one in result.answers
        for season, cells in one.tide.tidal.items()
        for span in _spans(np.isin(np.arange(CELLS), list(cells)))
    ]
    return pd.DataFrame(rows, columns=["hall", "station", "season", "weekday", "start", "end"])


def _spans(cells: Any) -> Iterator[dict[str, object]]:
    """Yield day, begin and end, minutes from midnight, of what is open in a week."""
    for name, day in zip(WEEKDAYS, np.asarray(cells, bool).reshape(-1, DAY_CELLS), strict=True):
        turns = np.flatnonzero(np.diff(day, prepend=False, append=False)).reshape(-1, 2)
        for begin, end in (QUARTER * turns).tolist():
            yield {"weekday": name, "start": begin, "end": end}


_POSTS: Final = ("综合窗口", "帮办代办")


def requirements(result: CountersResult, season: str | None = None) -> pd.DataFrame:
    """Return who must be at which post when: what the proposed plan asks of the roster.

    Parameters
    ----------
    result
        The answers.
    season
        Season of the year; the one with most weeks at each hall when not given.

    Returns
    -------
    pandas.DataFrame
        Columns ``station``, ``post``, ``weekday``, ``start``, ``end`` (minutes from midnight) and ``staff``. Halls
        without a plan are left out.
    """
    rows = []
    for one in result.answers:
        if one.plan is None:
            continue
        usual = max(one.hall.seasons, key=lambda s: s.weeks).name if season is None else season
        staffing = result.staffing(one, usual)
        general = np.r_[0 : one.plan.general, one.plan.windows : len(staffing)]
        assist = np.arange(one.plan.general, one.plan.windows)
        for post, own in zip(_POSTS, (general, assist), strict=True):
            count = staffing[own].sum(axis=0)
            for staff in range(1, int(count.max(initial=0)) + 1):
                rows += [
                    {"station": one.hall.station, "post": post, **span, "staff": staff}
                    for span in _spans(count == staff)
                ]
    columns = ["station", "post", "weekday", "start", "end", "staff"]
    table = pd.DataFrame(rows, columns=columns)
    order = table["weekday"].map({name: n for n, name in enumerate(WEEKDAYS)})
    table = table.assign(day=order).sort_values(["station", "post", "day", "start"], kind="stable", ignore_index=True)
    return table[columns]


def longer(result: CountersResult) -> pd.DataFrame:
    """Return one row a kind of longer hours: hours of windows a week, cases that it serves more, and their price."""
    cost = result.scenario.standard(result.scenario.hours.staff_cost)
    rows = []
    for trial in result.said.tries:
        own = [(one.longer[trial], one.pooled) for one in result.answers if trial in one.longer]
        hours = sum(after.staff_hours - before.staff_hours for after, before in own)
        cases = sum(after.year("served") - before.year("served") for after, before in own)
        price = YEAR_WEEKS * hours / cases if cases > 0 else np.nan
        rows.append(
            {"longer": trial, "halls": len(own), "staff_hours": hours, "cases": cases, "price": price,
             "yuan": price * cost, "yuan_year": YEAR_WEEKS * hours * cost}
        )  # fmt: skip
    return pd.DataFrame(rows)


def packages(result: CountersResult) -> pd.DataFrame:
    """Return one row a package of matters: visits and hours a year that it saves where they are handled together."""
    problem = result.problem
    share, saving = (result.scenario.standard(getattr(result.said, f"package_{n}")) for n in ("share", "saving"))
    comes = sum(matter.comes for matter in problem.matters)
    people = result.people
    rows = []
    for name in sorted({matter.package for matter in problem.matters} - {""}):
        own = [matter for matter in problem.matters if matter.package == name]
        together = share * min(matter.comes for matter in own) / comes * people if comes else 0.0
        minutes = saving * sum(matter.mean for matter in own) * problem.terms.slowdown
        rows.append(
            {
                "package": name,
                "matters": "、".join(matter.name for matter in own),
                "count": len(own),
                "together": together,
                "visits": together * (len(own) - 1),
                "hours": together * minutes / 60,
            }
        )
    return pd.DataFrame(rows, columns=["package", "matters", "count", "together", "visits", "hours"])


def help_at_home(result: CountersResult) -> dict[str, float]:
    """Return the cases a year that need help, visits at home, and hours that they take (帮办代办)."""
    share, minutes = (result.scenario.standard(getattr(result.said, n)) for n in ("visits", "visit_time"))
    mix = result.problem.mix
    cases = result.people * float(mix[[matter.assist for matter in result.problem.matters]].sum())
    return {"cases": cases, "visits": share * cases, "hours": share * cases * minutes / 60}


def peaks(result: CountersResult) -> pd.DataFrame:
    """Return one row a hall and season: the busiest quarter-hour, what Erlang says if it went on, and any overload.

    ``load`` is the windows that those who come would keep busy; ``from`` and ``over`` are the first quarter-hour in
    which that is no less than the pooled windows, and the hours a week of such.
    """
    problem, rows = result.problem, []
    for one in result.answers:
        windows = result.said.general + result.said.assist
        for season in one.hall.seasons:
            busy = load(problem, one.hall, season, one.hall.open)
            busiest, over = int(busy.argmax()), np.flatnonzero(busy >= windows)
            work = problem.mean_work * problem.terms.slowdown
            found = steady(float(busy.max()), windows, work, problem.terms.target, one.hall.patience)
            rows.append(
                {
                    "hall": one.hall.id,
                    "station": one.hall.station,
                    "season": season.name,
                    "busiest": busiest,
                    "load": float(busy[busiest]),
                    "prompt": 1 - found.late if found else np.nan,
                    "left": found.left if found else np.nan,
                    "over": len(over) * QUARTER / 60,
                    "from": int(over[0]) if len(over) else -1,
                }
            )
    return pd.DataFrame(rows)


def assumptions(result: CountersResult) -> pd.DataFrame:
    """Return one row a hall whose arrivals are assumed: what the pooled windows come to by how they are assumed."""
    rows = [
        {
            "hall": one.hall.id,
            "station": one.hall.station,
            "cases": one.hall.cases,
            "prompt_pooled": one.pooled.least(),
            **{f"prompt_{name}": state.least() for name, state in one.assumed.items()},
        }
        for one in result.answers
        if one.hall.assumed
    ]
    return pd.DataFrame(rows, columns=["hall", "station", "cases", "prompt_pooled", "prompt_even", "prompt_sharper"])


# ----------------------------------------------------------------------------------------------------------------------
# The answers as a planner reads them.


def _share(value: float) -> float:
    return 100 * value


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def cell_words(cell: int) -> str:
    """Return day and time of a cell of the week in Chinese; a dash for none."""
    if cell < 0:
        return "—"
    day, time = clock_of(cell).split()
    return f"{label(day)} {time}"


_HALLS: Final = (
    "station@hall", "cases@hall", "people@hall", "windows@today", "prompt_separate", "prompt_pooled", "enough",
    "times", "slowdown@edge", "reasons@hall", "plan", "wished_plan", "hours_plan",
)  # fmt: skip
_FIRST: Final = ("rank", "station@hall", "people@hall", "prompt_pooled", "half_width", "times", "slowdown@edge", "reasons@hall")
_STATES: Final = (
    "state@windows", "halls", "came", "prompt", "wished", "p50@wait", "p90@wait", "left@queue", "utilisation@windows",
    "staff_hours@week", "idle_hours",
)  # fmt: skip
_TIDE: Final = ("station@hall", "season", "day", "start", "end")
_NEEDS: Final = ("station@hall", "post", "day", "start", "end", "staff")
_LONGER: Final = ("longer@hall", "halls", "staff_hours@added", "cases@more", "price", "yuan", "yuan_year")
_PACKAGES: Final = ("package", "matters", "together@package", "visits", "hours@saved")
_PEAKS: Final = ("station@hall", "season", "busiest", "load", "prompt@steady", "left@queue", "over@hours", "from@over")
_ASSUMED: Final = ("station@hall", "cases@hall", "prompt_even", "prompt_pooled@assumed", "prompt_sharper")
_SHARES: Final = frozenset(
    {"prompt", "wished", "left", "utilisation", "prompt_separate", "prompt_pooled", "half_width", "wished_plan",
     "prompt_even", "prompt_sharper"}
)  # fmt: skip
_NO_HALL: Final = "—"


def tables(result: CountersResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    names = dict(zip(result.district.stations["id"], result.district.stations["name"], strict=True))
    shown: dict[str, Callable[[Any], object]] = {
        "station@hall": lambda key: names.get(key, key),
        "enough": lambda yes: "够用" if yes else "不够",
        "times": lambda times: _beyond(times),
        "slowdown@edge": lambda times: _beyond(times),
        "reasons@hall": lambda found: "、".join(label(f"counters.{one}") for one in found) or _NO_HALL,
        "state@windows": lambda name: label(f"counters.{name}"),
        "longer@hall": lambda trial: label(f"longer.{trial}"),
        "start": _clock,
        "end": _clock,
        "busiest": cell_words,
        "from@over": cell_words,
    }
    first = result.by_hall.head(_TOP)
    spans = result.tide.rename(columns={"weekday": "day"})
    needs = result.requirements().rename(columns={"weekday": "day"})
    found = {
        "逐厅窗口与时段": (result.by_hall, _HALLS),
        "分设、合并与方案对照": (result.by_state, _STATES),
        "两窗最先不够的大厅": (first.assign(rank=range(1, len(first) + 1)), _FIRST),
        "潮汐窗口": (spans, _TIDE),
        "延时开放的代价": (result.by_longer, _LONGER),
        "高效办成一件事": (result.by_package, _PACKAGES),
        "高峰与稳态公式对照（Erlang）": (result.by_peak, _PEAKS),
        "到达假设的影响【推】": (result.by_assumption, _ASSUMED),
        "在岗需求": (needs, _NEEDS),
    }
    return {
        title: present(_in_percent(table), columns, shown, blank=MISSING).infer_objects()
        for title, (table, columns) in found.items()
        if len(table)
    }


def _in_percent(table: pd.DataFrame) -> pd.DataFrame:
    shares = [name for name in table.columns if name in _SHARES]
    return table.assign(**{name: _share(table[name]) for name in shares})


def _beyond(times: float) -> str:
    return f"> {MOST_TIMES:g}" if times >= MOST_TIMES else f"{times:.2f}"


# ----------------------------------------------------------------------------------------------------------------------
# The result.


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
    on_terminal: ClassVar[tuple[str, ...]] = ("分设、合并与方案对照", "两窗最先不够的大厅", "潮汐窗口", "延时开放的代价")

    @property
    def status(self) -> str:
        """SIMULATED: plans are told apart by simulation, with a confidence interval and no proof."""
        return "SIMULATED"

    @property
    def said(self) -> Counters:
        """The section of the scenario."""
        return self.problem.terms.said

    @cached_property
    def by_hall(self) -> pd.DataFrame:
        """One row a hall, the least robust first; see :func:`halls`."""
        return halls(self)

    @cached_property
    def by_state(self) -> pd.DataFrame:
        """One row a state of all halls together; see :func:`states`."""
        return states(self)

    @cached_property
    def tide(self) -> pd.DataFrame:
        """One row a stretch of the tidal window; see :func:`tide`."""
        return tide(self)

    @cached_property
    def by_longer(self) -> pd.DataFrame:
        """One row a kind of longer hours; see :func:`longer`."""
        return longer(self)

    @cached_property
    def by_package(self) -> pd.DataFrame:
        """One row a package; see :func:`packages`."""
        return packages(self)

    @cached_property
    def by_peak(self) -> pd.DataFrame:
        """One row a hall and season; see :func:`peaks`."""
        return peaks(self)

    @cached_property
    def by_assumption(self) -> pd.DataFrame:
        """One row a hall whose arrivals are assumed; see :func:`assumptions`."""
        return assumptions(self)

    def requirements(self, season: str | None = None) -> pd.DataFrame:
        """Return who must be at which post when; see :func:`requirements`."""
        return requirements(self, season)

    @cached_property
    def states(self) -> Mapping[str, Sequence[State]]:
        """What all halls come to: with separate windows, pooled ones, the tidal one more, and with the plan."""
        return {
            "separate": [one.separate for one in self.answers if one.separate],
            "pooled": [one.pooled for one in self.answers],
            "tidal": [one.tidal for one in self.answers] if any(one.tide.tidal for one in self.answers) else [],
            "packaged": [one.packaged for one in self.answers] if len(self.by_package) else [],
            "plan": [one.planned for one in self.answers if one.planned],
        }

    @property
    def people(self) -> float:
        """People who would come in a year."""
        return sum(season.weeks * season.people for one in self.answers for season in one.hall.seasons)

    @property
    def short(self) -> list[Answer]:
        """The halls that the pooled windows do not serve in time."""
        return [one for one in self.answers if not one.enough(self.problem.terms.served)]

    def staffing(self, answer: Answer, season: str) -> Any:
        """Return the cells in which each window of the plan of a hall is open, shape (windows, 672)."""
        from workbench.counters.sizing import Simulator

        assert answer.plan is not None
        nobody = Season(season, 0.0, np.zeros(CELLS))
        return Simulator(self.problem, answer.hall).staffing(answer.plan, nobody).windows

    def values(self) -> Iterator[Value]:
        """Measure shares, waits, hours, where two windows break, and what longer hours, packages and visits come to."""
        table = self.by_state.set_index("state")
        for when, (state, name) in _WHEN.items():
            row = table.loc[state] if state in table.index else None
            known = row is not None
            yield Value("counters.prompt_{when}", _share(row["prompt"]) if known else None,
                        row["came"] if known else None, when=when, name=name)  # fmt: skip
            yield Value("counters.hours_{when}", row["staff_hours"] if known else None,
                        row["halls"] if known else None, when=when, name=name)  # fmt: skip
        two = table.loc["pooled"]
        yield Value("counters.two", _share(two["prompt"]), two["came"])
        yield Value("counters.enough", len(self.answers) - len(self.short), len(self.answers))
        for state, row in table.iterrows():
            words = {"state": str(state), "what": label(f"counters.{state}")}
            for name, scale in (("prompt", 100), ("wished", 100), ("p50", 1), ("p90", 1), ("left", 100),
                                ("utilisation", 100), ("idle_hours", 1)):  # fmt: skip
                of = row["came"] * row["prompt"] / row["wished"] if name == "wished" and row["wished"] else row["came"]
                whole = {"utilisation": row["staff_hours"], "idle_hours": row["staff_hours"]}.get(name, of)
                yield Value(f"counters.{{state}}.{name}", scale * row[name], whole, **words)
        yield from self._edges()

    def _edges(self) -> Iterator[Value]:
        first = self.by_hall.iloc[0]
        name = self._name(str(first["station"]))
        yield Value("counters.times", first["times"], len(self.answers), hall=name)
        yield Value("counters.slowdown", self.by_hall["slowdown"].min(), len(self.answers))
        spans = self.tide
        yield Value("counters.tidal", (spans["end"] - spans["start"]).sum() / 60, len(self.short))
        for row in self.by_longer.to_dict("records"):
            yield Value("counters.price_{longer}", row["price"], row["cases"], longer=str(row["longer"]),
                        what=label(f"longer.{row['longer']}"))  # fmt: skip
        yield Value("counters.package_visits", self.by_package["visits"].sum(), self.people)
        yield Value("counters.package_hours", self.by_package["hours"].sum(), len(self.by_package))
        helped = help_at_home(self)
        yield Value("counters.visits", helped["visits"], helped["cases"])
        yield Value("counters.visit_hours", helped["hours"], helped["visits"])
        yield Value("counters.assumed", sum(one.hall.assumed for one in self.answers), len(self.answers))

    def _name(self, station: str) -> str:
        stations = self.district.stations.set_index("id")
        return str(stations.loc[station, "name"])

    def conclusion(self) -> tuple[str, ...]:
        """Return whether the pooled windows are enough and who is first without, what pooling and the plan come to."""
        return tuple(sentence for sentence in (self._enough(), self._pooling(), self._plan(), self._prices()) if sentence)

    def _enough(self) -> str:
        terms, said = self.problem.terms, self.said
        windows = said.general + said.assist
        goal = f"各季 {terms.target:g} 分钟内得到接待 ≥ {terms.served:.0%}"
        first = self.by_hall.iloc[0]
        if not self.short:
            edge = f"来人增至 {first['times']:.2f} 倍时即不足" if not first["beyond"] else f"来人增至 {MOST_TIMES:g} 倍仍够"
            return (
                f"{len(self.answers)} 个大厅各设 {windows} 窗（综合 {said.general}、帮办 {said.assist}）均够用（{goal}）；"
                f"余量最小的是{self._name(first['station'])}，{edge}。"
            )
        names = [self._name(one.hall.station) for one in sorted(self.short, key=lambda one: one.pooled.least())]
        told = "、".join(names[:3]) + ("等" if len(names) > 3 else "")
        alone = [label(f"counters.{key}") for key in ("peaks", "season", "slowdown")
                 if sum(key in one.reasons for one in self.short) * 2 > len(self.short)]  # fmt: skip
        why = f"，多因{'、'.join(alone)}" if alone else ""
        spans = self.tide
        most = max(len(one.tide.tidal.get(s, ())) for one in self.short for s in one.tide.tidal) * QUARTER / 60
        left = sum(one.tidal.least() < terms.served for one in self.short)
        mend = f"潮汐加开 1 窗，每厅每周至多 {most:g} 小时" + (f"，仍有 {left} 个不足" if left else "即可")
        return (
            f"{len(self.answers)} 个大厅中 {len(self.short)} 个 {windows} 窗不够（{goal}）：{told}{why}；"
            f"{mend if len(spans) else '加开 1 窗也无时段可开'}。"
        )

    def _pooling(self) -> str:
        table = self.by_state.set_index("state")
        if "separate" not in table.index:
            return "窗口台账缺数据，不作分设与合并的对照。"
        before, after = table.loc["separate"], table.loc["pooled"]
        return (
            f"由分设窗口合并为综合与帮办，每周在岗窗口时数由 {amount(before['staff_hours'], 'h')} 降至 "
            f"{amount(after['staff_hours'], 'h')}，按时接待占比由 {amount(_share(before['prompt']), '%')} 变为 "
            f"{amount(_share(after['prompt']), '%')}：合并省的是人，不是等候。"
        )

    def _plan(self) -> str:
        terms = self.problem.terms
        lacking = sum(one.plan is None for one in self.answers)
        planned = [one for one in self.answers if one.plan is not None]
        none = f"；{lacking} 个大厅在所试范围内没有方案" if lacking else ""
        if not planned:
            return f"所试窗口与时段都不能使 {terms.served:.0%} 的人按时得到接待。"
        hours = sum(one.planned.staff_hours for one in planned if one.planned)
        if self.said.tidal:
            return f"潮汐方案：{len(planned)} 个大厅按时段加开后达标，全年平均每周在岗 {amount(hours, 'h')}{none}。"
        more = sum(bool(one.plan and one.plan.longer) for one in planned)
        one_window = sum(bool(one.plan and one.plan.windows == 1) for one in planned)
        return (
            f"要使想来的人（含来时未开门者）有 {terms.served:.0%} 按时办上，{more} 个大厅须延时开放，{one_window} 个大厅 "
            f"1 窗即够，每周在岗 {amount(hours, 'h')}{none}。"
        )

    def _prices(self) -> str:
        told = [
            f"{label('longer.' + row['longer'])} {row['price']:.1f} 人时"
            for row in self.by_longer.to_dict("records")
            if row["price"] == row["price"]
        ]
        return f"延时开放每多接待一件：{'，'.join(told)}。" if told else ""

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with a hall, and how near they are to needing a third window."""
        table = self.by_hall.drop(columns=["reasons", "hall"]).rename(columns={"station": "id"})
        stations = self.district.stations[["id", "name", "kind", "geometry"]].merge(table, on="id", how="inner")
        return {"counters_by_station": gpd.GeoDataFrame(stations, geometry="geometry", crs=self.district.crs)}

    def with_plan(self, district: District) -> District:
        """Return a district whose halls keep the longer hours of their plans."""
        stations = district.layer("stations")
        hours = dict(zip(stations["id"], stations["opening_hours"], strict=True))
        changed = False
        for one in self.answers:
            if one.plan is None or not one.plan.longer:
                continue
            added = np.repeat(one.hall.hours(one.plan.longer) & ~one.hall.open, QUARTER).reshape(len(WEEKDAYS), -1)
            hours[one.hall.station] = f"{hours[one.hall.station]}, {week_text(added).replace('; ', ', ')}"
            changed = True
        if not changed:
            return district
        own = stations[stations["id"].isin([one.hall.station for one in self.answers])]
        return district.with_stations(own.assign(opening_hours=own["id"].map(hours)), replacing=True)


def size_windows(coverage: CoverageResult, *, progress: Progress = SILENT) -> CountersResult:
    """Say whether the pooled windows of the service halls are enough, and which plan is the smallest that is.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario has the section ``counters``, its district the ledgers ``matters`` and
        ``halls``, and, where they are known, ``arrivals`` and ``windows``.
    progress
        Told of each hall.

    Returns
    -------
    CountersResult

    Raises
    ------
    ScenarioError
        If the scenario asks nothing of halls.
    GeodataError
        With everything that is wrong with their ledgers.
    """
    problem = counters_problem(coverage.district, coverage.scenario)
    terms, register = problem.terms.said, coverage.scenario.register
    packaged = problem.with_packages(*(register[getattr(terms, f"package_{n}")].used() for n in ("share", "saving")))
    answers = []
    for place in range(len(problem.halls)):
        progress.step("counters", place, len(problem.halls))
        answers.append(size_hall(problem, packaged, place))
    progress.step("counters", len(answers), len(answers))
    return CountersResult(coverage, problem, tuple(answers))
