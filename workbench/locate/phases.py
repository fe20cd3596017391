"""Plans in phases: what is built first stays, and the price of that is told."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Floats, Ints
from workbench.errors import CheckError, NoSolutionError, Problem
from workbench.locate import covering as model
from workbench.locate.covering import merged_demand, solve_cover, whole_objective
from workbench.locate.problem import (
    SPLITTING,
    CoverProblem,
    Merged,
    SitingError,
    allocate,
    broken_rules,
    cover_problem,
    worth,
)
from workbench.locate.result import (
    CLEARLY,
    EQUAL,
    Certificate,
    Course,
    Optimum,
    Plan,
    SitingPlan,
    Stage,
    canonical,
    certified_bound,
    close,
    conflicting,
    from_arrays,
    in_units,
    rounded_up,
    settled,
    with_row,
)
from workbench.locate.rules import NO_SITES, ROUNDING, Budget, Floor, InputCheck, Number, SiteRule, read_floors
from workbench.progress import SILENT, Progress, relative_gap
from workbench.solving import UNLIMITED, Interrupt, Limits, LinearProgram, Status, heeded_interrupt, solve_lp, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# Building in phases, free of any solver: what each may add, and what its plan has to keep.


_WHERE = "phased_cover"


@dataclass(frozen=True, eq=False)
class Phase:
    """One phase of building.

    Parameters
    ----------
    name
        What it is called, such as near, mid or far term.
    p
        Most sites that it may add; given for every phase or for none.
    budget
        Most that the sites it adds may cost; given for every phase or for none.
    years
        How long its plan stands before the next one is complete.
    floors
        Least shares of groups at its end.
    """

    name: str
    p: int | None = None
    budget: float | None = None
    years: float = 1.0
    floors: Sequence[Floor] = ()


@dataclass(frozen=True, eq=False)
class PhaseProblem:
    """A covering problem in phases.

    Parameters
    ----------
    phases
        The phases, in their order.
    steps
        For each what holds at its end, taken alone: ``p`` and ``budget`` are those of all phases so far, with what
        stands counted in; floors are named ``phase.floor``, those of the whole hold at the end of the last one.
    carry
        Whether what a phase does not use is there for the next.
    stands
        Positions of the sites that stand from the beginning, ascending.
    """

    phases: tuple[Phase, ...]
    steps: tuple[CoverProblem, ...]
    carry: bool
    stands: Ints

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return self.steps[0].sites

    @property
    def years(self) -> Floats:
        """How long each phase stands, (phases,)."""
        return np.array([phase.years for phase in self.phases], np.float64)

    def may_add(self, steps: Iterable[int]) -> tuple[SiteRule, ...]:
        """Return the rules on what some phases may add together."""
        phases = [self.phases[step] for step in steps]
        found: list[SiteRule] = []
        if self.phases[0].p is not None:
            found.append(Number(sum(phase.p or 0 for phase in phases)))
        if self.phases[0].budget is not None:
            found.append(Budget(self.steps[0].cost, math.fsum(phase.budget or 0.0 for phase in phases)))
        return tuple(found)


def phase_problem(base: CoverProblem, phases: Sequence[Phase], *, carry: bool, required_counts: bool) -> PhaseProblem:
    """Check a problem in phases and bring it into one shape."""
    check = InputCheck(_WHERE, base.sites, base.demand)
    phases = check.records("phases", phases, Phase)
    floors = _read_phases(check, phases)
    for key, means in (("p", base.p), ("budget", base.budget)):
        if means is not None:
            check.wrong(key, "a phase has this, not the whole", mend="Give it to each Phase.")
    base = replace(base, name="max_cover")
    if not check.problems:
        _check_means(check, base, phases, carry, required_counts)
    if check.problems:
        raise SitingError(check.problems)
    if not required_counts:
        free = base.cost.copy()
        free[base.rules.required] = 0.0
        base = replace(base, cost=free)
    stands = 0 if required_counts else len(base.rules.required)
    steps: list[CoverProblem] = []
    for step, own in enumerate(floors):
        so_far, last = phases[: step + 1], step == len(phases) - 1
        steps.append(
            replace(
                base,
                p=None if phases[0].p is None else stands + sum(phase.p or 0 for phase in so_far),
                budget=None if phases[0].budget is None else math.fsum(phase.budget or 0.0 for phase in so_far),
                rules=replace(base.rules, floors=(*own, *(base.rules.floors if last else ()))),
            )
        )
    return PhaseProblem(tuple(phases), tuple(steps), carry, NO_SITES if required_counts else base.rules.required)


def _read_phases(check: InputCheck, phases: Sequence[Phase]) -> list[tuple[Floor, ...]]:
    """Look at each phase by itself; return its floors."""
    if not phases:
        check.wrong("phases", "there are none", mend="Give at least one Phase.")
    names = [phase.name for phase in phases]
    for name in sorted({name for name in names if names.count(name) > 1}):
        check.wrong("phases", "a name stands twice", found=name, mend="Names tell the rules of a conflict apart.")
    for key in ("p", "budget"):
        missing = [phase.name for phase in phases if getattr(phase, key) is None]
        if missing and len(missing) < len(phases):
            mend = "Give it for every phase or for none; 0 is a number too."
            check.wrong(f"phases.{missing[0]}.{key}", "only other phases have this", mend=mend)
    floors: list[tuple[Floor, ...]] = []
    for phase in phases:
        key = f"phases.{phase.name}"
        if phase.p is None and phase.budget is None:
            check.wrong(key, "neither a number of sites nor a budget is given", mend="Give p, budget, or both.")
        if phase.p is not None:
            check.count(f"{key}.p", phase.p, 0)
        for what, value in (("budget", phase.budget), ("years", phase.years)):
            if value is not None:
                check.number(f"{key}.{what}", value, "this is no amount", "a finite number ≥ 0")
        asked = check.records(f"{key}.floors", phase.floors, Floor)
        named = [Floor(f"{phase.name}.{floor.name}", floor.weight, floor.share) for floor in asked]
        floors.append(read_floors(check, named))
    return floors


def _problems_of_phases(cover: Any, phases: Sequence[Phase] = (), **_: object) -> list[Problem]:
    """List what is wrong with phases by themselves, beside a cover that may be wrong as well."""
    shape = np.shape(cover)
    if len(shape) != 2:  # no matrix of sites and demand
        return []
    check = InputCheck(_WHERE, *shape)
    _read_phases(check, check.records("phases", phases, Phase))
    return check.problems


def _check_means(
    check: InputCheck, base: CoverProblem, phases: Sequence[Phase], carry: bool, required_counts: bool
) -> None:
    """Look at what the phases may add together."""
    required, first = base.rules.required, phases[0]
    allowed = np.setdiff1d(np.arange(base.sites), base.rules.forbidden)
    new = allowed if required_counts else np.setdiff1d(allowed, required)
    if first.p is not None:
        total = sum(phase.p or 0 for phase in phases)
        if total < 1:
            check.wrong("phases", "no phase may add a site", "a p of at least 1 together", total)
        if total > base.sites - (0 if required_counts else len(required)):
            most = base.sites - (0 if required_counts else len(required))
            check.wrong("phases", "there are not so many sites to add", f"at most {most} together", total)
        if required_counts and first.p < len(required):
            check.wrong(f"phases.{first.name}.p", "more sites are required", f"at least {len(required)}", first.p)
    if first.budget is not None:
        budgets = [phase.budget or 0.0 for phase in phases]
        most_spent = math.fsum(budgets) if carry else max(budgets)
        cheapest = float(base.cost[new].min()) if len(new) else 0.0
        if most_spent < cheapest * (1 - ROUNDING):
            what = "the budgets do not pay for the cheapest site"
            check.wrong("phases", what, f"at least {cheapest:g} {'together' if carry else 'in one phase'}", most_spent)
        bound = math.fsum(base.cost[required])
        if required_counts and bound > first.budget * (1 + ROUNDING):
            what = "the budget does not pay for the required sites"
            check.wrong(f"phases.{first.name}.budget", what, f"at least {bound:g}", first.budget)


# ----------------------------------------------------------------------------------------------------------------------
# The truth about a plan in phases, without a solver: each phase by itself, what it adds, and what stays open.


def broken_phases(
    problem: PhaseProblem, plans: Sequence[Ints], served: Sequence[sp.csr_array | None] | None = None
) -> list[Problem]:
    """Return which rules a plan in phases breaks."""
    found: list[Problem] = []
    for number, (phase, step, plan) in enumerate(zip(problem.phases, problem.steps, plans, strict=True)):
        key = f"phases.{phase.name}"
        found += broken_rules(step, plan, None if served is None else served[number])
        if number and not np.isin(plans[number - 1], plan).all():
            shut = np.setdiff1d(plans[number - 1], plan)
            found.append(Problem(_WHERE, "a site of the phase before is shut", found=str(shut.tolist()), key=key))
        so_far = range(number + 1) if problem.carry else (number,)
        new = np.zeros(problem.sites, bool)
        for one in so_far:
            new[added(problem, plans, one)] = True
        for rule in problem.may_add(so_far):
            broken = rule.broken(_WHERE, new)
            if broken is not None:
                found.append(replace(broken, what=_ADDS[rule.key], key=key))
    return found


_ADDS = {"p": "the phase adds too many sites", "budget": "the phase adds sites that cost too much"}


def check_phases(
    problem: PhaseProblem,
    plans: Sequence[Ints],
    claims: Sequence[tuple[Floats, float]],
    served: Sequence[sp.csr_array | None] | None = None,
) -> tuple[float, ...]:
    """Recompute a plan in phases; trust no solver."""
    found = broken_phases(problem, plans, served)
    parts = served if served is not None else [None] * len(plans)
    values = tuple(worth(step, plan, part) for step, plan, part in zip(problem.steps, plans, parts, strict=True))
    for counts, claim in claims:
        value = math.fsum(counts * np.array(values))
        if abs(value - claim) > SPLITTING * max(abs(value), float(problem.steps[0].weight.max(initial=0.0))):
            what = "the objective is not what was claimed"
            found.append(Problem(_WHERE, what, expected=f"{value:g}", found=f"{claim:g}"))
    if found:
        raise CheckError(found)
    return values


def added(problem: PhaseProblem, plans: Sequence[Ints], step: int) -> Ints:
    """Return the positions of the sites that a phase adds; what stands from the beginning is added by none."""
    before = problem.stands if step == 0 else plans[step - 1]
    return np.setdiff1d(plans[step], before)


# ----------------------------------------------------------------------------------------------------------------------
# Phases as one mixed-integer program: the program of each phase, tied together by what stands staying open.
#
# The sites of all phases come first, phase by phase, then what each phase covers.


@dataclass(frozen=True, eq=False)
class _Joint:
    """The program, and what its columns mean.

    Parameters
    ----------
    problem
        What is modelled.
    merged
        Demand of each phase.
    program
        To be minimised; its cost is that of the last phase alone.
    aims
        Shape (phases, columns): minus the weight that each phase covers.
    columns
        For each phase the columns of its own program.
    """

    problem: PhaseProblem
    merged: tuple[Merged, ...]
    program: LinearProgram
    aims: Floats
    columns: tuple[Ints, ...]

    def sites(self, values: Floats, step: int) -> Ints:
        """Read the open sites of a phase out of a solution."""
        return np.flatnonzero(values[self.columns[step][: self.problem.sites]] > 0.5)

    def served(self, values: Floats, step: int) -> sp.csr_array | None:
        """Read who serves whom in a phase out of a solution; None where it does not matter."""
        return model.served(self.problem.steps[step], self.merged[step], values[self.columns[step]])


def _rule_names(problem: PhaseProblem) -> tuple[str, ...]:
    """Return the names of all rules that a problem holds, as a conflict would name them."""
    names: dict[str, None] = {}
    for step in range(len(problem.steps)):
        names.update(dict.fromkeys(_joint_name(problem, step, name) for name in problem.steps[step].keys))
    return tuple(names)


def build(problem: PhaseProblem, rules: frozenset[str]) -> _Joint:
    """Build the program."""
    merged = tuple(merged_demand(step) for step in problem.steps)
    parts: list[LinearProgram] = []
    for number, (step, rows) in enumerate(zip(problem.steps, merged, strict=True)):
        own = {name for name in step.keys if _joint_name(problem, number, name) in rules}
        if number and not problem.carry:
            own -= {"p", "budget"}  # what each phase may add by itself holds instead
        parts.append(model.build(step, rows, frozenset(own)))
    columns = _columns(parts, problem.sites)
    order = np.argsort(np.concatenate(columns))
    whole = sp.csr_array(sp.csr_array(sp.block_diag([part.rows for part in parts], format="csr"))[:, order])
    nested = _nested(problem, whole.shape[1])
    added, most = _added(problem, whole.shape[1], rules)
    aims = np.zeros((len(parts), whole.shape[1]))
    for number, part in enumerate(parts):
        aims[number, columns[number]] = part.cost
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts])[order] for name in ("lower", "upper", "integer")
    }
    program = LinearProgram(
        cost=aims[-1],
        rows=sp.csr_array(sp.vstack([whole, nested, added])),
        row_lower=np.concatenate([*(part.row_lower for part in parts), np.zeros(nested.shape[0]), most - np.inf]),
        row_upper=np.concatenate([*(part.row_upper for part in parts), np.full(nested.shape[0], np.inf), most]),
        **joined,
    )
    return _Joint(problem, merged, program, aims, columns)


def _joint_name(problem: PhaseProblem, step: int, name: str) -> str:
    return f"phases.{problem.phases[step].name}.{name}" if name in ("p", "budget") else name


def _columns(parts: list[LinearProgram], sites: int) -> tuple[Ints, ...]:
    """Return where the columns of each part go: all sites first, then the rest."""
    first = sites * len(parts)
    columns: list[Ints] = []
    for number, part in enumerate(parts):
        rest = len(part.cost) - sites
        columns.append(np.concatenate([np.arange(sites) + number * sites, np.arange(first, first + rest)]))
        first += rest
    return tuple(columns)


def _nested(problem: PhaseProblem, columns: int) -> sp.csr_array:
    """Keep open in each phase what was open in the one before: the rows are at least 0."""
    sites, later = problem.sites, len(problem.steps) - 1
    number = np.arange(later * sites)
    shape = (later * sites, columns)
    after = sp.csr_array((np.ones(len(number)), (number, number + sites)), shape=shape)
    return sp.csr_array(after - sp.csr_array((np.ones(len(number)), (number, number)), shape=shape))


def _added(problem: PhaseProblem, columns: int, keys: frozenset[str]) -> tuple[sp.csr_array, Floats]:
    """Let each phase but the first add no more than its own, where nothing is carried over."""
    parts, sides = [sp.csr_array((0, columns))], [np.empty(0)]
    sites = problem.sites
    for step in range(1, 0 if problem.carry else len(problem.steps)):
        for rule in problem.may_add((step,)):
            if _joint_name(problem, step, rule.key) in keys:
                rows = rule.rows(sites).in_units()
                left = sp.csr_array((len(rows.upper), (step - 1) * sites))
                right = sp.csr_array((len(rows.upper), columns - (step + 1) * sites))
                parts.append(sp.csr_array(sp.hstack([left, -rows.matrix, rows.matrix, right])))
                sides.append(rows.upper)
    return sp.csr_array(sp.vstack(parts)), np.concatenate(sides)


# ----------------------------------------------------------------------------------------------------------------------
# What a problem in phases gives back: a plan for each phase, its bound, and what phasing costs it.


class Priority(StrEnum):
    """What comes first in phases."""

    HORIZON = "horizon"
    """The plan at the end; given that, the first phase, then the second, and so on."""
    YEARS = "years"
    """The sum over phases of weight covered times years."""


@dataclass(frozen=True, eq=False)
class PhaseStep:
    """One phase of a plan.

    Parameters
    ----------
    phase
        The phase.
    plan
        What is open at its end, and whom it serves; its objective is the weight covered.
    added
        Positions of the sites that it adds, ascending.
    cost
        What those cost.
    bound
        No plan that keeps to what ranks before this phase covers more at its end; where years decide, no plan at all.
    alone
        The best plan with what all phases so far may add, if neither those before nor those after mattered; None if
        Ctrl-C came first.
    """

    phase: Phase
    plan: Plan
    added: Ints
    cost: float
    bound: float
    alone: SitingPlan | None

    @property
    def price(self) -> float:
        """Weight that phasing costs here: what the plan alone covers, less this; not a number when nobody knows."""
        known = self.alone is not None and self.alone.plan is not None
        return self.alone.objective - self.plan.objective if known and self.alone else math.nan

    @property
    def gap(self) -> float:
        """Relative gap of what is covered and the bound."""
        return relative_gap(self.plan.objective, self.bound)


@dataclass(frozen=True, eq=False)
class PhasedPlan:
    """Answer to a problem in phases.

    Parameters
    ----------
    priority
        What came first.
    status
        OPTIMAL: proven for every phase that ranks. FEASIBLE: stopped before; mind the gaps. INFEASIBLE: the rules
        contradict each other. UNKNOWN: stopped before any plan was found.
    found
        The phases in their order; empty when there is no plan. Read them as ``steps``, which then says why.
    objective
        Weight covered at the end, or the sum of weight times years; not a number when there is no plan.
    bound
        No plan is better than this.
    seconds
        Wall time.
    stages
        How it came about.
    certificate
        Who vouches for the bounds.
    canonical
        Whether it is proven to be the first among equals: fewest sites summed over phases, then the lowest positions of
        the first phase, of the second, and so on.
    conflict
        Names of the rules that contradict each other, as few as possible; empty unless INFEASIBLE.
    """

    priority: Priority
    status: Status
    found: tuple[PhaseStep, ...]
    objective: float
    bound: float
    seconds: float
    stages: tuple[Stage, ...] = ()
    certificate: Certificate = Certificate.NONE
    canonical: bool = False
    conflict: tuple[str, ...] = ()

    @property
    def steps(self) -> tuple[PhaseStep, ...]:
        """The phases in their order."""
        if not self.found:
            why = f": these rules contradict each other: {', '.join(self.conflict)}" if self.conflict else ""
            raise NoSolutionError(f"the problem {_WHERE} has no plan; its status is {self.status}{why}")
        return self.found

    @property
    def gap(self) -> float:
        """Relative gap of objective and bound, computed from the two; 0 only where they agree."""
        return relative_gap(self.objective, self.bound)


# ----------------------------------------------------------------------------------------------------------------------
# Plans in phases: what is built first stays, and the price of that is told.


@from_arrays(_WHERE, cover_problem, _problems_of_phases)
def phased_cover(
    problem: CoverProblem,
    limits: Limits = UNLIMITED,
    progress: Progress = SILENT,
    *,
    phases: Sequence[Phase],
    priority: str = Priority.HORIZON,
    carry: bool = True,
    required_counts: bool = False,
) -> PhasedPlan:
    """Find what to build in which phase, so that what was built stays (multi-period maximal covering).

    All phases are one program, so that an end that no order of building could pay for is never chosen. By ``horizon``
    it is solved once for each phase, every one with what ranks before it held fast; by ``years`` once.

    Parameters
    ----------
    problem
        As :func:`workbench.locate.max_cover` takes it, or arrays; without p and budget, which each phase has. Its
        floors hold at the end of the last phase, those of a phase from its end on.
    limits, progress
        As :func:`workbench.locate.max_cover` takes them; the wall time is for each of the programs.
    phases
        In their order.
    priority
        ``horizon``: the plan at the end is as good as can be; given that, the first phase is; then the second, and so
        on. ``years``: the sum of weight covered times years is.
    carry
        Whether sites and money that a phase does not use are there for the next; else they are lost.
    required_counts
        Whether required sites are built in the first phase, and count and cost there; else they stand from the
        beginning.

    Returns
    -------
    PhasedPlan

    Raises
    ------
    SitingError
        With everything that is wrong.
    CheckError
        If the plan does not survive its check.
    """
    if priority not in list(Priority):
        expected = " or ".join(Priority)
        what = "there is no such priority"
        raise SitingError(Problem(_WHERE, what, expected=expected, found=str(priority), key="priority"))
    asked = phase_problem(problem, phases, carry=carry, required_counts=required_counts)
    with heeded_interrupt() as interrupt:
        return _PhaseSearch(asked, Priority(priority), limits, interrupt, progress).run()


class _PhaseSearch:
    """One run: the programs in their order, ties, the check, and each phase by itself."""

    def __init__(
        self, problem: PhaseProblem, priority: Priority, limits: Limits, interrupt: Interrupt, progress: Progress
    ) -> None:
        self.problem, self.priority, self.limits = problem, priority, limits
        self.interrupt, self.progress = interrupt, progress
        counted = [in_units(step, solver=True) for step in problem.steps]  # of one weight, so in one unit
        self.unit = counted[0][1]
        self.counted = replace(problem, steps=tuple(step for step, _ in counted))
        self.joint = build(self.counted, frozenset(_rule_names(problem)))
        self.aims = self._aims()
        self.began = self.course = self._course()
        self.stages: list[Stage] = []
        self.values: Floats | None = None
        self.claims: list[float] = []
        self.bounds: list[float] = []
        self.own = True
        self.canonical = False

    def run(self) -> PhasedPlan:
        """Find the plan."""
        status = self._solved_in_turn()
        if self.values is not None:
            return self._sealed(self.values, status)
        return PhasedPlan(
            priority=self.priority,
            status=status,
            found=(),
            objective=math.nan,
            bound=self._real(self.bounds[0]) if self.bounds and status is Status.UNKNOWN else math.nan,
            seconds=self.began.seconds,
            conflict=self._conflict() if status is Status.INFEASIBLE else (),
            stages=tuple(self.stages),
        )

    def _aims(self) -> Floats:
        """Return how much each phase counts in each of the programs, (programs, phases)."""
        if self.priority is Priority.YEARS:
            return self.problem.years[None]
        phases = len(self.problem.steps)
        return np.eye(phases)[[phases - 1, *range(phases - 1)]]

    def _course(self) -> Course:
        return Course(True, self.limits, self.interrupt, self.progress, self.unit)

    def _real(self, value: float) -> float:
        return value if self.unit is None else self.unit.real(value)

    def _solved_in_turn(self) -> Status:
        """Solve for one aim after the other, with those before held fast."""
        program = self.joint.program
        optimum: Optimum | None = None
        for number, aim in enumerate(self.aims):
            self.course = self._course()
            optimum, status = self._solved(replace(program, cost=aim @ self.joint.aims), number)
            if optimum is None:
                return status if number == 0 else Status.FEASIBLE
            if status is not Status.OPTIMAL or (self.interrupt.asked and number < len(self.aims) - 1):
                return Status.FEASIBLE
            scale = float(np.abs(aim @ self.joint.aims).max()) or 1.0
            held = (aim @ self.joint.aims) / scale
            program = with_row(program, held, (optimum.objective + optimum.slack) / scale)
            if self.limits.gap == 0.0:
                lower, upper = settled(optimum)
                program = replace(program, lower=lower, upper=upper)
        if self.limits.gap > 0.0:
            return Status.FEASIBLE
        if optimum is not None and not self.capped:
            self._first_of_equals(optimum)
        return Status.OPTIMAL

    def _solved(self, program: LinearProgram, number: int) -> tuple[Optimum | None, Status]:
        """Solve for one aim; keep the plan, what it claims, and the bound."""
        whole = self._whole(number)
        name = Priority.YEARS if self.priority is Priority.YEARS else self.problem.phases[self._phase(number)].name
        relaxed = solve_lp(program, self.course.left)
        own = -math.inf if relaxed.duals is None else rounded_up(certified_bound(program, relaxed.duals), whole)
        self._close(f"relaxation of {name}", bound=-own)
        stage = f"branch and bound of {name}"
        answer = solve_mip(program, self.course.left, start=self.values, on_bound=self.course.listener(stage, True))
        bound = max(own, rounded_up(answer.bound - EQUAL * max(1.0, abs(answer.bound)), whole))
        self._close(stage, -answer.objective, -bound)
        if answer.values is None:
            self.bounds.append(-bound)
            return None, answer.status
        proven = answer.status is Status.OPTIMAL and self.limits.gap == 0.0
        self.values = answer.values
        self.claims.append(-answer.objective)
        self.bounds.append(-answer.objective if proven else -bound)
        self.own = self.own and abs(-own - self.bounds[-1]) <= EQUAL * max(1.0, abs(own))
        sites = len(self.problem.steps) * self.problem.sites
        exact = whole and not self.capped  # a split of demand may be off by parts, the best one is whole
        return Optimum(program, sites, answer.values, answer.objective, exact, relaxed.duals), answer.status

    @property
    def capped(self) -> bool:
        """Whether room is limited."""
        return self.problem.steps[0].rules.capped

    def _phase(self, number: int) -> int:
        """Return which phase an aim is about, where it is about one."""
        return int(np.argmax(self.aims[number]))

    def _whole(self, number: int) -> bool:
        """Whether all objectives of an aim are whole numbers."""
        aim = self.aims[number]
        return all(whole_objective(step) for step in self.counted.steps) and bool((aim == np.rint(aim)).all())

    def _close(self, stage: str, incumbent: float = math.nan, bound: float = math.nan, note: str = "") -> None:
        self.course.close(stage, incumbent, bound, note)
        self.stages.append(self.course.stages[-1])

    def _first_of_equals(self, optimum: Optimum) -> None:
        """Look for the first among equals; keep what there was if rounding made the other worse."""
        values, first = canonical(optimum, self.course)
        self._close("ties", note="first among equals" if first else "too many to look at all equals")
        before, after = self.aims @ self._covered(optimum.values), self.aims @ self._covered(values)
        if (after >= before).all():
            self.values, self.canonical = values, first

    def _covered(self, values: Floats) -> Floats:
        """Return what each phase covers, (phases,)."""
        steps = self.problem.steps
        return np.array(
            [worth(one, self.joint.sites(values, n), self.joint.served(values, n)) for n, one in enumerate(steps)]
        )

    def _sealed(self, values: Floats, status: Status) -> PhasedPlan:
        """Check the plan, hold each phase against the plan alone, and say no more than was proven."""
        steps = self.problem.steps
        plans = [self.joint.sites(values, number) for number in range(len(steps))]
        served = [self.joint.served(values, number) for number in range(len(steps))]
        claims = list(zip(self.aims, map(self._real, self.claims), strict=False))
        covered = check_phases(self.problem, plans, claims, served)
        alone = [None if self.interrupt.asked else solve_cover(one, self.limits, self.progress) for one in steps]
        found: list[PhaseStep] = []
        for number, (phase, step) in enumerate(zip(self.problem.phases, steps, strict=True)):
            plan = Plan(plans[number], covered[number], allocate(step, plans[number], served[number]), served[number])
            new = added(self.problem, plans, number)
            bound = self._bound(number, alone[number], covered[number])
            found.append(PhaseStep(phase, plan, new, math.fsum(step.cost[new]), bound, alone[number]))
        objective, bound = math.fsum(self.aims[0] * np.array(covered)), self._real(self.bounds[0])
        proven = status is Status.OPTIMAL and close(bound, objective, CLEARLY)
        return PhasedPlan(
            priority=self.priority,
            status=Status.OPTIMAL if proven else Status.FEASIBLE,
            found=tuple(found),
            objective=objective,
            bound=objective if proven else max(objective, bound),
            seconds=self.began.seconds,
            stages=tuple(self.stages),
            certificate=Certificate.RECOMPUTED if self.own else Certificate.SOLVER,
            canonical=self.canonical,
        )

    def _bound(self, number: int, alone: SitingPlan | None, covered: float) -> float:
        """Return the bound on one phase: of its own program, if it had one, and of the plan alone."""
        bounds = [] if alone is None or math.isnan(alone.bound) else [alone.bound]
        if self.priority is Priority.HORIZON:
            bounds += [self._real(bound) for aim, bound in enumerate(self.bounds) if self._phase(aim) == number]
        return max(covered, min(bounds)) if bounds else math.nan

    def _conflict(self) -> tuple[str, ...]:
        """Return rules that contradict each other, none of which could be left out of the contradiction."""
        self.course = self._course()

        def contradict(keys: frozenset[str]) -> bool:
            program = build(self.problem, keys).program
            return (
                solve_mip(replace(program, cost=np.zeros(len(program.cost))), self.course.left).status
                is Status.INFEASIBLE
            )

        kept = conflicting(_rule_names(self.problem), contradict, self.course)
        self._close("conflict", note=f"{len(kept)} rules")
        return kept
