"""How many windows, and when: the smallest plan that serves in time, the tidal window, and where two windows break.

Every plan of a hall meets the same people (common random numbers), batch by batch, until its confidence interval is
narrow enough, or is clear of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations
from typing import Final, Literal

import numpy as np

from workbench.arrays import Flags, Floats
from workbench.counters.kernel import CELLS, QUARTER
from workbench.counters.problem import DAY_CELLS, CountersProblem, Hall, Season
from workbench.counters.queueing import BATCH, Crowd, Outcome, Staffing, draw, outcome, quantile, trace
from workbench.scenario.hours import Trial

Of = Literal["came", "wished"]
"""Of whom the share served in time is taken: of those who came, or of all who would come, the hall shut or open."""


@dataclass(frozen=True)
class Plan:
    """Windows and hours of a hall.

    Attributes
    ----------
    general, assist
        Windows for all matters, and for those that need help.
    longer
        Longer hours that the hall keeps.
    extra
        Windows that are open in them; those for all matters first.
    tidal
        Cells of the week in which one window more is open, by season.
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
    """What a plan comes to, by season.

    Attributes
    ----------
    hall
        The hall.
    outcomes
        One for each season of the hall, in their order.
    """

    hall: Hall
    outcomes: tuple[Outcome, ...]

    @property
    def by_weeks(self) -> tuple[tuple[float, Outcome], ...]:
        """Each outcome with its weeks a year."""
        weeks = (season.weeks for season in self.hall.seasons)
        return tuple(zip(weeks, self.outcomes, strict=True))

    def least(self, of: Of = "came") -> float:
        """Return the least share served in time, over the seasons."""
        return min(one.share(wished=of == "wished") for one in self.outcomes)

    def year(self, name: str) -> float:
        """Return people, or minutes, of a year."""
        return sum(weeks * float(getattr(one, name).mean()) for weeks, one in self.by_weeks)

    @property
    def staff_hours(self) -> float:
        """Hours of windows a week, mean of the year."""
        return sum(weeks * one.hours for weeks, one in self.by_weeks) / sum(weeks for weeks, _ in self.by_weeks)

    @property
    def utilisation(self) -> float:
        """Share of the hours of windows in which they serve; work after closing counts too."""
        open_ = sum(weeks * 60 * one.hours for weeks, one in self.by_weeks)
        return self.year("busy") / open_ if open_ else 0.0

    def wait(self, share: float) -> float | None:
        """Return a quantile of the wait, minutes."""
        return quantile(self.by_weeks, share)

    @property
    def half_width(self) -> float:
        """The widest half of a confidence interval of 95 % of the share of those who came, over the seasons."""
        return max(one.half_width(_TOLD) for one in self.outcomes)


_TOLD: Final = 0.95
MOST_TIMES, LEAST_TIMES = 8.0, 0.125
"""How many times as many people, and how slow a clerk, are tried at the most and at the least."""
_STEPS: Final = 9  # of a bisection
_SURE: Final = 1.5  # times the half width that a share must be off what is asked to be settled early


class Simulator:
    """A hall whose people are drawn once and meet every plan.

    Parameters
    ----------
    problem, hall
        Matters, terms, and the hall.
    """

    def __init__(self, problem: CountersProblem, hall: Hall) -> None:
        self.problem, self.hall, self.terms = problem, hall, problem.terms
        self._crowds: dict[tuple[str, int, float], Crowd] = {}

    def _crowd(self, season: Season, batch: int, times: float) -> Crowd:
        key = (season.name, batch, times)
        if key not in self._crowds:
            self._crowds[key] = draw(self.problem, self.hall, season, batch, times)
        return self._crowds[key]

    def simulate(
        self, staffing: Callable[[Season], Staffing], of: Of = "came", *, most: int | None = None, times: float = 1.0
    ) -> State:
        """Simulate all seasons until the share is known well enough, or surely on one side of what is asked."""
        return State(self.hall, tuple(self._season(s, staffing(s), of, most, times) for s in self.hall.seasons))

    def _season(self, season: Season, staffing: Staffing, of: Of, most: int | None, times: float) -> Outcome:
        terms, found = self.terms, None
        batches = max(1, (most or terms.said.weeks) // BATCH)
        drawn = 1.0 if times == 1 else MOST_TIMES
        for batch in range(batches):
            crowd, keep = self._crowd(season, batch, drawn), times / drawn
            one = outcome(crowd, trace(crowd, season, staffing, terms.returns, keep), staffing, terms.target, keep)
            found = one if found is None else found.joined(one)
            wished = of == "wished"
            width = found.half_width(terms.confidence, wished=wished)
            off = abs(found.share(wished=wished) - terms.served)
            if batch and (width <= terms.precision or off > _SURE * width + terms.precision):
                break
        assert found is not None
        return found

    def plan(self, plan: Plan, of: Of = "came") -> State:
        """Simulate a plan."""
        return self.simulate(lambda season: self.staffing(plan, season), of)

    def staffing(self, plan: Plan, season: Season, slowdown: float | None = None) -> Staffing:
        """Return the windows of a plan in a season."""
        kinds, hall = self.problem.kinds, self.hall
        open_, tidal = hall.hours(plan.longer), plan.tidal.get(season.name, frozenset())
        windows = np.tile(open_, (plan.windows + 1, 1))
        windows[plan.extra : plan.windows, :] &= hall.open
        windows[-1] = np.isin(np.arange(CELLS), list(tidal))
        helps = np.array([helped for _, helped in kinds])
        other = 1 if self.terms.said.flexible or not plan.assist else -1
        rank = np.where(helps, other, np.zeros((plan.windows + 1, len(kinds)), np.int64))
        rank[plan.general : plan.windows] = np.where(helps, 0, 1 if self.terms.said.flexible else -1)
        factor = np.full(plan.windows + 1, self.terms.slowdown if slowdown is None else slowdown)
        rows = np.array([*range(plan.windows), *([plan.windows] if tidal else [])])
        leaves = rows == plan.windows
        return Staffing(open_, windows[rows], rank[rows], factor[rows], leaves)

    def separate(self) -> State | None:
        """Simulate the windows of today, each for its departments; None where they are not known."""
        hall, kinds = self.hall, self.problem.kinds
        if not hall.windows:
            return None
        rank = np.array([[0 if not own or name in own else -1 for name, _ in kinds] for own in hall.windows], np.int64)
        slow = np.array([1.0 if len(own) == 1 else self.terms.slowdown for own in hall.windows])
        windows = np.tile(hall.open, (len(hall.windows), 1))
        staffing = Staffing(hall.open, windows, rank, slow, np.zeros(len(slow), bool))
        return self.simulate(lambda season: staffing)

    @cached_property
    def two(self) -> Plan:
        """The pooled windows that the scenario has, at the hours of the ledger."""
        return Plan(self.terms.said.general, self.terms.said.assist)

    @cached_property
    def pooled(self) -> State:
        """What they come to."""
        return self.plan(self.two)

    @property
    def enough(self) -> bool:
        """Whether they serve in time what comes."""
        return self.pooled.least() >= self.terms.served

    def plans(self) -> list[Plan]:
        """Return the fixed plans that may be tried, those of the fewest hours of windows first."""
        said, found = self.terms.said, []
        for windows in range(1, said.most_windows + 1):
            assist = min(said.assist, windows - 1)
            for count in range(len(said.tries) + 1):
                for longer in combinations(said.tries, count):
                    for extra in range(1, windows + 1) if longer else [0]:
                        plan = Plan(windows - assist, assist, longer, extra)
                        found.append((self.staffing(plan, self.hall.seasons[0]).hours, plan))
        order = sorted(found, key=lambda one: (one[0], one[1].windows, len(one[1].longer), one[1].longer))
        return [plan for _, plan in order]

    def smallest(self) -> tuple[Plan, State] | None:
        """Return the plan of fewest hours of windows that serves in time enough of all who would come; None if none.

        Hours that shut too many out are passed over without a simulation.
        """
        terms = self.terms
        for plan in self.plans():
            if self.hall.reached(self.hall.hours(plan.longer), terms.returns) < terms.served:
                continue
            state = self.plan(plan, "wished")
            if state.least("wished") >= terms.served:
                return plan, state
        return None

    # ------------------------------------------------------------------------------------------------------------------
    # The tidal window: which stretches of the week need one window more.

    def tide(self) -> tuple[Plan, State]:
        """Return the pooled windows with one window more where waiting asks for it, and what that comes to.

        Stretches are opened in the order of the minutes that people wait in them, as few as do; then each is closed
        again, the least first, as long as the others do without it.
        """
        opened: dict[str, frozenset[int]] = {}
        outcomes = []
        for season, now in zip(self.hall.seasons, self.pooled.outcomes, strict=True):
            if now.share() >= self.terms.served:
                outcomes.append(now)
                continue
            cells, after = self._tide_of(season, now)
            opened[season.name] = cells
            outcomes.append(after)
        return replace(self.two, tidal=opened), State(self.hall, tuple(outcomes))

    def _tide_of(self, season: Season, now: Outcome) -> tuple[frozenset[int], Outcome]:
        stretches = sorted(self._stretches(), key=lambda one: (-now.backlog[list(one)].sum(), one))
        tried: dict[frozenset[int], Outcome] = {}

        def after(chosen: Sequence[tuple[int, ...]]) -> Outcome:
            cells = frozenset(cell for stretch in chosen for cell in stretch)
            if cells not in tried:
                plan = replace(self.two, tidal={season.name: cells})
                tried[cells] = self._season(season, self.staffing(plan, season), "came", None, 1.0)
            return tried[cells]

        def enough(chosen: Sequence[tuple[int, ...]]) -> bool:
            return after(chosen).share() >= self.terms.served

        low, high = 1, len(stretches)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(stretches[:middle]) else (middle + 1, high)
        chosen = stretches[:low]
        if enough(chosen):
            for stretch in reversed(chosen):
                fewer = [one for one in chosen if one != stretch]
                chosen = fewer if fewer and enough(fewer) else chosen
        return frozenset(cell for stretch in chosen for cell in stretch), after(chosen)

    def _stretches(self) -> list[tuple[int, ...]]:
        """Return the stretches of the hours of the ledger in which the tidal window may be open, whole or not at all."""
        length, found = self.terms.said.least_open // QUARTER, list[tuple[int, ...]]()
        for cell in np.flatnonzero(self.hall.open).tolist():
            last = found[-1] if found else ()
            follows = bool(last) and last[-1] == cell - 1 and cell % DAY_CELLS != 0
            if follows and len(last) < length:
                found[-1] = (*last, cell)
            else:
                found.append((cell,))
        return found

    # ------------------------------------------------------------------------------------------------------------------
    # Where the pooled windows break, and why they do.

    def most_arrivals(self) -> float:
        """Return how many times as many people the pooled windows bear; the end of what is tried where it is beyond."""
        return self._edge(lambda times: self._with(times=times))

    def most_slowdown(self) -> float:
        """Return the factor on the handling time of one department's clerk that the pooled windows bear."""
        return self._edge(lambda slow: self._with(slowdown=slow))

    def _with(self, *, times: float = 1.0, slowdown: float | None = None) -> bool:
        worst = min(range(len(self.hall.seasons)), key=lambda n: self.pooled.outcomes[n].share())
        season = self.hall.seasons[worst]
        staffing = self.staffing(self.two, season, slowdown)
        return self._season(season, staffing, "came", _EDGE_WEEKS, times).share() >= self.terms.served

    def _edge(self, bears: Callable[[float], bool]) -> float:
        low, high = LEAST_TIMES, MOST_TIMES
        if bears(high):
            return high
        for _ in range(_STEPS):
            middle = float(np.sqrt(low * high))
            low, high = (middle, high) if bears(middle) else (low, middle)
        return low

    def reasons(self) -> tuple[str, ...]:
        """Return what alone would mend it where the pooled windows are not enough; none where nothing alone does."""
        found = []
        for name, seasons, slowdown in (
            ("peaks", tuple(replace(s, rate=self._even(s.rate)) for s in self.hall.seasons), None),
            ("season", tuple(replace(s, rate=self._usual(s)) for s in self.hall.seasons), None),
            ("slowdown", self.hall.seasons, 1.0),
        ):
            other = Simulator(self.problem, replace(self.hall, seasons=seasons))
            state = other.simulate(lambda season, o=other, f=slowdown: o.staffing(o.two, season, f), most=_EDGE_WEEKS)  # type: ignore[misc]
            if state.least() >= self.terms.served:
                found.append(name)
        return tuple(found)

    def _even(self, rate: Floats) -> Floats:
        """Return a rate spread evenly over the hours in which the hall is open; outside them it is as it was."""
        open_ = self.hall.open
        return np.where(open_, rate[open_].sum() / open_.sum(), rate)

    def _usual(self, season: Season) -> Floats:
        """Return the rate of a season with as many people as in the mean week of the year."""
        mean = sum(s.weeks * s.people for s in self.hall.seasons) / sum(s.weeks for s in self.hall.seasons)
        return season.rate * (mean / season.people if season.people else 1.0)


_EDGE_WEEKS: Final = 64


def load(problem: CountersProblem, hall: Hall, season: Season, open_: Flags) -> Floats:
    """Return how many windows those who come would keep busy in each cell of the week, shape (672,)."""
    shut = float(season.rate[~open_].sum())
    wanted = np.where(open_, season.rate, 0.0)
    come_back = problem.terms.returns * shut * (wanted / wanted.sum() if wanted.any() else wanted)
    return np.asarray((wanted + come_back) * problem.mean_work * problem.terms.slowdown / QUARTER)


# ----------------------------------------------------------------------------------------------------------------------
# All that is asked of one hall.


@dataclass(frozen=True, eq=False)
class Answer:
    """What was found of a hall.

    Attributes
    ----------
    hall
        The hall.
    separate
        The windows of today, each for its departments; None where they are not known.
    pooled
        The pooled windows of the scenario at the hours of the ledger.
    tide, tidal
        The same with one window more where waiting asks for it; and what that comes to.
    plan, planned
        The plan that is proposed, and what it comes to; None where no plan that was tried serves enough in time.
    times, slowdown
        How many times as many people, and which factor on the handling time, the pooled windows bear.
    reasons
        What alone would mend it where they are not enough: ``peaks``, ``season``, ``slowdown``.
    longer
        The pooled windows with some of them open in longer hours, by what is tried.
    packaged
        The pooled windows where the matters of packages are handled together.
    assumed
        The pooled windows by how the assumed week is: ``even``, and with its peaks ``sharper``; empty where arrivals
        are known.
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

    def enough(self, served: float) -> bool:
        """Whether the pooled windows serve in time what comes, in every season."""
        return self.pooled.least() >= served


_POWERS: Final = {"even": 0.0, "sharper": 2.0}
"""Power to which the peaks of an assumed week are raised, to see how much the answer hangs on them."""


def size_hall(problem: CountersProblem, packaged: CountersProblem, place: int) -> Answer:
    """Answer all that is asked of the hall at a place of the problem."""
    hall, said = problem.halls[place], problem.terms.said
    simulator = Simulator(problem, hall)
    two = simulator.two
    tide, tidal = simulator.tide()
    kept = simulator.smallest() if not said.tidal else (tide, tidal) if tidal.least() >= problem.terms.served else None
    longer = {
        trial: simulator.plan(replace(two, longer=(trial,), extra=min(said.extra_windows, two.windows)))
        for trial in said.tries
        if (hall.longer[trial] & ~hall.open).any()
    }
    return Answer(
        hall,
        simulator.separate(),
        simulator.pooled,
        tide,
        tidal,
        *(kept or (None, None)),
        simulator.most_arrivals(),
        simulator.most_slowdown(),
        () if simulator.enough else simulator.reasons(),
        longer,
        Simulator(packaged, packaged.halls[place]).plan(two),
        {name: _bent(problem, hall, power) for name, power in _POWERS.items()} if hall.assumed else {},
    )


def _bent(problem: CountersProblem, hall: Hall, power: float) -> State:
    """Simulate the pooled windows of a hall whose week has other peaks, and as many people."""
    seasons = []
    for season in hall.seasons:
        rate = np.where(season.rate > 0, (season.rate / np.max(season.rate, initial=1e-300)) ** power, 0.0)
        seasons.append(replace(season, rate=rate * (season.people / rate.sum() if rate.any() else 0.0)))
    simulator = Simulator(problem, replace(hall, seasons=tuple(seasons)))
    return simulator.pooled
