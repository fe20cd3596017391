"""How many windows, and when: the smallest plan that serves in time, the tidal window, and where two windows break.

Every plan of a hall meets the same people (common random numbers), batch by batch, until its confidence interval is
narrow enough, or is clear of what is asked.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Final

import numpy as np

from workbench.arrays import Flags, Floats
from workbench.catalogue.halls import CELLS, DAY_CELLS, QUARTER, Season, serves
from workbench.counters.problem import CountersProblem, Hall
from workbench.queueing.check import refuse_faults
from workbench.queueing.windows import BATCH, Crowd, Outcome, Staffing, outcome, quantile, trace
from workbench.scenario.hours import Trial

MOST_TIMES: Final = 8.0
"""How many times as many people, and how slow a clerk, are tried at the most; and one over this at the least."""
_STEPS: Final = 9  # of a bisection
_EDGE_WEEKS: Final = 64  # of each of its trials
_SURE: Final = 1.5  # times the half width that a share must be off what is asked to be settled early
_POWERS: Final = {"even": 0.0, "sharper": 2.0}
"""Power to which the peaks of an assumed week are raised, to see how much the answer hangs on them."""


@dataclass(frozen=True)
class Plan:
    """Windows for all matters, and for those that need help; longer hours, and how many windows are open in them.

    ``tidal`` are the cells of the week in which one window more is open, by season.
    """

    general: int
    assist: int
    longer: tuple[Trial, ...] = ()
    extra: int = 0
    tidal: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def windows(self) -> int:
        """Windows at the usual hours, the tidal one aside."""
        return self.general + self.assist


@dataclass(frozen=True, eq=False)
class State:
    """What windows come to: one outcome for each season of a hall, in their order."""

    hall: Hall
    outcomes: tuple[Outcome, ...]

    @property
    def by_weeks(self) -> tuple[tuple[float, Outcome], ...]:
        """Each outcome with its weeks a year."""
        return tuple(zip((season.weeks for season in self.hall.seasons), self.outcomes, strict=True))

    def least(self, *, wished: bool = False) -> float:
        """Return the least share served in time over the seasons, of those who came, or of all who would come."""
        return min(one.share(wished=wished) for one in self.outcomes)

    def half_width(self, confidence: float) -> float:
        """Return the widest half of a confidence interval of that share of those who came."""
        return max(one.half_width(confidence) for one in self.outcomes)

    def year(self, name: str) -> float:
        """Return people, or minutes, of a year: shares are simulated, how many come is known."""
        if name == "wished":
            return sum(weeks * one.expected[0] for weeks, one in self.by_weeks)
        shares = (float(getattr(one, name).sum()) / max(float(one.came.sum()), 1.0) for one in self.outcomes)
        return sum(weeks * one.expected[1] * share for share, (weeks, one) in zip(shares, self.by_weeks, strict=True))

    @property
    def hours(self) -> float:
        """Hours of windows in a year."""
        return sum(weeks * one.hours for weeks, one in self.by_weeks)

    @property
    def week_hours(self) -> float:
        """Hours of windows a week, mean of the year."""
        return self.hours / sum(weeks for weeks, _ in self.by_weeks)

    def wait(self, share: float) -> float | None:
        """Return a quantile of the wait, minutes; None where nobody comes."""
        return quantile(self.by_weeks, share)


def staffing(problem: CountersProblem, hall: Hall, plan: Plan, season: str, slowdown: float | None = None) -> Staffing:
    """Return the windows of a plan in a season: those for all matters, those for help, the tidal one."""
    helps = np.array([helped for *_, helped in problem.kinds])
    other = (1 if problem.terms.said.flexible else -1) if plan.assist else 0
    rank = np.where(helps, np.where(np.arange(plan.windows)[:, None] < plan.general, other, 0), 0)
    rank = np.where(~helps & (np.arange(plan.windows)[:, None] >= plan.general), other, rank)
    open_ = hall.hours(plan.longer)
    windows = np.tile(open_, (plan.windows, 1))
    windows[plan.extra :] &= hall.open
    leaves = np.zeros(plan.windows, bool)
    if tidal := plan.tidal.get(season):
        rank, leaves = np.vstack([rank, rank[:1]]), np.append(leaves, True)
        windows = np.vstack([windows, np.isin(np.arange(CELLS), list(tidal))])
    for place in range(len(rank) if hall.clerks else 0):  # of more windows than clerks, more clerks like them
        able = _able(problem, hall.clerks[place % len(hall.clerks)])
        rank[place] = np.where(able, rank[place], -1)
    factor = np.full(len(windows), problem.terms.slowdown if slowdown is None else slowdown)
    return Staffing(open_, windows, rank, factor, leaves)


def _able(problem: CountersProblem, words: frozenset[str]) -> Flags:
    """Return which kinds of matter a window, or a clerk, may serve, shape (kinds,)."""
    return np.array([serves(words, department, name) for department, name, _ in problem.kinds])


def draw(problem: CountersProblem, hall: Hall, season: Season, batch: int, times: float = 1.0) -> Crowd:
    """Draw the people of a batch of weeks, ``times`` as many as usual."""
    name = zlib.crc32(f"{hall.id}\n{season.name}".encode())
    rng = np.random.default_rng([problem.terms.said.seed, name, batch, round(1000 * times)])
    expected = np.cumsum(times * season.rate)
    week = np.repeat(np.arange(BATCH), rng.poisson(expected[-1], BATCH))
    size = len(week)
    place = np.searchsorted(expected, rng.random(size) * expected[-1], side="right")
    at = QUARTER * (np.minimum(place, CELLS - 1) + rng.random(size))
    matter = np.searchsorted(np.cumsum(problem.mix), rng.random(size), side="right").clip(max=len(problem.matters) - 1)
    mean, spread = (np.array([getattr(one, name) for one in problem.matters]) for name in ("mean", "spread"))
    sigma = np.sqrt(np.log1p((spread / mean) ** 2))
    work = np.exp(np.log(mean)[matter] - sigma[matter] ** 2 / 2 + sigma[matter] * rng.standard_normal(size))
    patience = hall.patience * rng.standard_exponential(size)
    elder = (rng.random(size) < hall.elders) & problem.terms.said.elders_first
    lots, order = rng.random((3, size)), np.lexsort((at, week))
    return Crowd(*(one[order] for one in (week, at, problem.kind_of[matter], work, patience, elder, *lots)))


class Simulator:
    """A hall whose people are drawn once and meet every plan."""

    def __init__(self, problem: CountersProblem, hall: Hall) -> None:
        self.problem, self.hall, self.terms = problem, hall, problem.terms
        self.two = Plan(self.terms.said.general, self.terms.said.assist)
        self._crowds: dict[tuple[str, int, float], Crowd] = {}

    def _crowd(self, season: Season, batch: int, times: float) -> Crowd:
        key = (season.name, batch, times)
        if key not in self._crowds:
            self._crowds[key] = draw(self.problem, self.hall, season, batch, times)
        return self._crowds[key]

    def season(
        self, season: Season, windows: Staffing, *, wished: bool = False, most: int = 0, times: float = 1.0
    ) -> Outcome:
        """Simulate weeks of a season until the share is known well enough, or surely on one side of what is asked."""
        terms, found = self.terms, None
        drawn = 1.0 if times == 1 else MOST_TIMES
        for batch in range((most or terms.said.weeks) // BATCH):
            crowd, keep = self._crowd(season, batch, drawn), times / drawn
            one = outcome(crowd, trace(crowd, season.rate, windows, terms.returns, keep), windows, terms.target, keep)
            found = one if found is None else found.joined(one)
            width = found.half_width(terms.confidence, wished=wished)
            off = abs(found.share(wished=wished) - terms.served)
            if batch and (width <= terms.precision or off > _SURE * width + 2 * terms.precision):
                break
        assert found is not None
        people, open_ = season.people, float(season.rate[windows.hall].sum())
        comes = open_ + (terms.returns * (people - open_) if open_ else 0.0)
        return replace(found, expected=(times * people, times * comes))

    def plan(self, plan: Plan, *, wished: bool = False, slowdown: float | None = None, most: int = 0) -> State:
        """Simulate all seasons of a plan."""
        found = []
        for season in self.hall.seasons:
            windows = staffing(self.problem, self.hall, plan, season.name, slowdown)
            found.append(self.season(season, windows, wished=wished, most=most))
        return State(self.hall, tuple(found))

    def check(self, plan: Plan, season: Season) -> None:
        """Judge the first week of a plan by the rules of the windows, without the simulation that made it."""
        windows = staffing(self.problem, self.hall, plan, season.name)
        refuse_faults(
            trace(self._crowd(season, 0, 1.0), season.rate, windows, self.terms.returns), windows, self.hall.id
        )

    @cached_property
    def pooled(self) -> State:
        """What the pooled windows of the scenario come to at the hours of the ledger."""
        return self.plan(self.two)

    def separate(self) -> State | None:
        """Simulate the windows of today, each for its departments; None where they are not known."""
        hall, departments = self.hall, np.array([name for name, *_ in self.problem.kinds])
        if not hall.windows:
            return None
        able = np.array([_able(self.problem, own) for own in hall.windows])
        rank = np.where(able, 0, -1)
        slow = np.array([1.0 if len(set(departments[own])) == 1 else self.terms.slowdown for own in able])
        windows = Staffing(hall.open, np.tile(hall.open, (len(slow), 1)), rank, slow, np.zeros(len(slow), bool))
        return State(hall, tuple(self.season(season, windows) for season in hall.seasons))

    def plans(self) -> list[Plan]:
        """Return the fixed plans that may be tried, those of the fewest hours of windows first."""
        said = self.terms.said
        found = [
            Plan(windows - min(said.assist, windows - 1), min(said.assist, windows - 1), longer, extra)
            for windows in range(1, said.most_windows + 1)
            for count in range(len(said.tries) + 1)
            for longer in combinations(said.tries, count)
            for extra in (range(1, windows + 1) if longer else [0])
        ]
        hours = [staffing(self.problem, self.hall, plan, "").hours for plan in found]
        order = sorted(range(len(found)), key=lambda n: (hours[n], found[n].windows, len(found[n].longer), n))
        return [found[n] for n in order]

    def smallest(self) -> tuple[Plan, State] | None:
        """Return the plan of fewest hours of windows that serves in time enough of all who would come; None if none.

        Hours that shut too many out are passed over without a simulation.
        """
        for plan in self.plans():
            if self.hall.reached(self.hall.hours(plan.longer), self.terms.returns) >= self.terms.served:
                state = self.plan(plan, wished=True)
                if state.least(wished=True) >= self.terms.served:
                    return plan, state
        return None

    def tide(self) -> tuple[Plan, State]:
        """Return the pooled windows with one window more where waiting asks for it, and what that comes to.

        Stretches are opened in the order of the minutes that people wait in them, as few as do; then each is closed
        again, the least first, as long as the others do without it; then what is open is opened later and closed
        earlier, quarter-hour by quarter-hour.
        """
        opened: dict[str, frozenset[int]] = {}
        outcomes: list[Outcome] = []
        for season, now in zip(self.hall.seasons, self.pooled.outcomes, strict=True):
            cells, after = (frozenset(), now) if now.share() >= self.terms.served else self._tide_of(season, now)
            opened |= {season.name: cells} if cells else {}
            outcomes.append(after)
        return replace(self.two, tidal=opened), State(self.hall, tuple(outcomes))

    def _tide_of(self, season: Season, now: Outcome) -> tuple[frozenset[int], Outcome]:
        tried: dict[frozenset[int], Outcome] = {}

        def after(cells: frozenset[int]) -> Outcome:
            if cells not in tried:
                plan = replace(self.two, tidal={season.name: cells})
                tried[cells] = self.season(season, staffing(self.problem, self.hall, plan, season.name))
            return tried[cells]

        def mended(cells: frozenset[int]) -> bool:
            return after(cells).share() >= self.terms.served

        stretches = sorted(self._stretches(), key=lambda one: (-now.backlog[list(one)].sum(), one))
        low, high = 1, len(stretches)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if mended(_cells_of(stretches[:middle])) else (middle + 1, high)
        cells = _cells_of(stretches[:low])
        if not mended(cells):
            return cells, after(cells)
        for stretch in reversed(stretches[:low]):
            fewer = cells - set(stretch)
            cells = fewer if fewer and mended(fewer) else cells
        least = self.terms.said.least_open // QUARTER
        for run in _runs(cells):
            while len(run) > least:
                end = min(run[0], run[-1], key=now.backlog.__getitem__)  # where fewer wait
                if not mended(cells - {end}):
                    break
                run.remove(end)
                cells -= {end}
        return cells, after(cells)

    def _stretches(self) -> list[list[int]]:
        """Return the stretches of the usual hours in which the tidal window may be open."""
        return _runs(np.flatnonzero(self.hall.open).tolist(), self.terms.said.least_open // QUARTER)

    def edge(self, what: str) -> float:
        """Return how many ``times`` as many people, or which ``slowdown``, the pooled windows bear in the worst season.

        The end of what is tried where it is beyond.
        """
        worst = min(range(len(self.hall.seasons)), key=lambda n: self.pooled.outcomes[n].share())
        season = self.hall.seasons[worst]

        def bears(value: float) -> bool:
            windows = staffing(self.problem, self.hall, self.two, season.name, value if what == "slowdown" else None)
            times = value if what == "times" else 1.0
            return self.season(season, windows, most=_EDGE_WEEKS, times=times).share() >= self.terms.served

        low, high = 1 / MOST_TIMES, MOST_TIMES
        if bears(high):
            return high
        for _ in range(_STEPS):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if bears(middle) else (low, middle)
        return low

    def reasons(self) -> tuple[str, ...]:
        """Return what alone would mend it where the pooled windows are not enough.

        The people of a week spread evenly over the usual hours; those of a year over its weeks; generalists as quick
        as others; clerks who handle everything.
        """
        open_, seasons = self.hall.open, self.hall.seasons
        mean = sum(s.weeks * s.people for s in seasons) / sum(s.weeks for s in seasons)
        even = [np.where(open_, s.rate[open_].sum() / open_.sum(), s.rate) for s in seasons]
        usual = [s.rate * (mean / max(s.people, _LEAST)) for s in seasons]
        tried = [("peaks", self._other(even), None), ("season", self._other(usual), None), ("slowdown", self, 1.0)]
        if self.hall.clerks:
            tried.append(("skills", Simulator(self.problem, replace(self.hall, clerks=())), None))
        return tuple(
            name
            for name, other, slowdown in tried
            if other.plan(self.two, slowdown=slowdown, most=_EDGE_WEEKS).least() >= self.terms.served
        )

    def _other(self, rates: Sequence[Floats]) -> Simulator:
        seasons = (replace(season, rate=rate) for season, rate in zip(self.hall.seasons, rates, strict=True))
        return Simulator(self.problem, replace(self.hall, seasons=tuple(seasons)))

    def bent(self, power: float) -> State:
        """Return what the pooled windows come to if the peaks were raised to a power, with as many people."""
        rates = [np.where(s.rate > 0, s.rate / max(s.rate.max(), _LEAST), 0.0) for s in self.hall.seasons]
        raised = [np.where(rate > 0, rate**power, 0.0) for rate in rates]
        scale = [s.people / max(rate.sum(), _LEAST) for s, rate in zip(self.hall.seasons, raised, strict=True)]
        return self._other([times * rate for times, rate in zip(scale, raised, strict=True)]).pooled


_LEAST: Final = 1e-300


def _cells_of(stretches: Iterable[Iterable[int]]) -> frozenset[int]:
    return frozenset(cell for stretch in stretches for cell in stretch)


def _runs(cells: Iterable[int], most: int = CELLS) -> list[list[int]]:
    """Return the runs of cells of one day, cut where they are longer than ``most``."""
    found: list[list[int]] = []
    for cell in sorted(cells):
        if found and found[-1][-1] == cell - 1 and cell % DAY_CELLS and len(found[-1]) < most:
            found[-1].append(cell)
        else:
            found.append([cell])
    return found


def load(problem: CountersProblem, hall: Hall, season: Season, open_: Flags) -> Floats:
    """Return how many windows those who come would keep busy in each cell of the week, shape (672,)."""
    wanted = np.where(open_, season.rate, 0.0)
    back = problem.terms.returns * float(season.rate[~open_].sum()) / max(wanted.sum(), _LEAST)
    return np.asarray((1 + back) * wanted * problem.work / QUARTER)


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found of a hall.

    ``separate`` are the windows of today (None where they are not known), ``pooled`` those of the scenario at the hours
    of the ledger, ``tidal`` the same with the one window more of ``tide``, ``planned`` what the proposed ``plan`` comes
    to (None where no plan that was tried serves enough in time). ``times`` and ``slowdown`` are what the pooled windows
    bear, ``reasons`` what alone would mend them. ``longer``: some of them open longer, by what is tried; ``packaged``:
    packages handled together; ``assumed``: other peaks, where the week is assumed.
    """

    hall: Hall
    separate: State | None
    pooled: State
    tide: Plan
    tidal: State
    plan: Plan | None
    planned: State | None
    times: float
    slowdown: float
    reasons: tuple[str, ...]
    longer: Mapping[Trial, State]
    packaged: State
    assumed: Mapping[str, State]
    enough: bool


def size_hall(problem: CountersProblem, packaged: CountersProblem, place: int) -> Answer:
    """Answer all that is asked of the hall at a place of the problem, and of the same with packages."""
    hall, terms = problem.halls[place], problem.terms
    own, said = Simulator(problem, hall), terms.said
    tide, tidal = own.tide()
    fits = (tide, tidal) if tidal.least() >= terms.served else None
    plan, planned = (fits if said.tidal else own.smallest()) or (None, None)
    for season in hall.seasons:
        own.check(plan or own.two, season)
    enough = own.pooled.least() >= terms.served
    extra = min(said.extra_windows, own.two.windows)
    longer = {
        trial: own.plan(replace(own.two, longer=(trial,), extra=extra))
        for trial in said.tries
        if (hall.longer[trial] & ~hall.open).any()
    }
    together = Simulator(packaged, packaged.halls[place]).pooled
    assumed = {name: own.bent(power) for name, power in _POWERS.items()} if hall.assumed else {}
    return Answer(
        hall, own.separate(), own.pooled, tide, tidal, plan, planned, own.edge("times"), own.edge("slowdown"),
        () if enough else own.reasons(), longer, together, assumed, enough,
    )  # fmt: skip
