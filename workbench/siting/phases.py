"""Plans in phases: what is built first stays, and the price of that is told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from workbench.errors import Problem
from workbench.siting import phase_model
from workbench.siting.canonical import EQUAL, Optimum, canonical, settled, with_row
from workbench.siting.certificate import certified_bound, rounded_up
from workbench.siting.check import allocate, worth
from workbench.siting.course import Course, read_limits
from workbench.siting.covering import solve_cover
from workbench.siting.general import whole_objective
from workbench.siting.phase_check import added, check_phases
from workbench.siting.phase_problem import WHERE, Phase, PhaseProblem, phase_problem
from workbench.siting.phase_result import PhasedPlan, PhaseStep, Priority
from workbench.siting.problem import SitingError
from workbench.siting.result import Certificate, Plan, Progress, SitingPlan, Stage, close
from workbench.siting.rules import Floats
from workbench.siting.sealing import CLEARLY, in_units
from workbench.solving import Interrupt, Limits, LinearProgram, Status, heeded_interrupt, solve_lp, solve_mip


def phased_cover(
    cover: Any,
    weight: ArrayLike | None,
    phases: Sequence[Phase],
    *,
    site_cost: ArrayLike | None = None,
    priority: str = Priority.HORIZON,
    carry: bool = True,
    required_counts: bool = False,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    seed: int = 0,
    progress: Progress | None = None,
    **rules: Any,
) -> PhasedPlan:
    """Find what to build in which phase, so that what was built stays (multi-period maximal covering).

    All phases are one program, so that an end that no order of building could pay for is never chosen. By ``horizon``
    it is solved once for each phase, every one with what ranks before it held fast; by ``years`` once.

    Parameters
    ----------
    cover, weight, site_cost, gap, seed, progress
        As :func:`workbench.siting.max_cover` takes them.
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
    time_limit_s
        Wall time for each of the programs.
    **rules
        ``required``, ``forbidden``, ``capacity``, ``floors``, ``cover_at_least``, ``at_most``, ``at_least``,
        ``spacing``. These floors hold at the end of the last phase, those of a phase from its end on.

    Returns
    -------
    PhasedPlan

    Raises
    ------
    SitingError
        With everything that is wrong with the problem.
    CheckError
        If the plan does not survive its check.
    """
    if priority not in list(Priority):
        expected = " or ".join(Priority)
        what = "there is no such priority"
        raise SitingError(Problem(WHERE, what, expected=expected, found=str(priority), key="priority"))
    limits = read_limits(WHERE, time_limit_s, gap, seed)
    problem = phase_problem(
        cover, weight, phases, site_cost=site_cost, carry=carry, required_counts=required_counts, rules=dict(rules)
    )
    with heeded_interrupt() as interrupt:
        return _PhaseSearch(problem, Priority(priority), limits, interrupt, progress).run()


class _PhaseSearch:
    """One run: the programs in their order, ties, the check, and each phase by itself."""

    def __init__(
        self, problem: PhaseProblem, priority: Priority, limits: Limits, interrupt: Interrupt, progress: Progress | None
    ) -> None:
        self.problem, self.priority, self.limits = problem, priority, limits
        self.interrupt, self.progress = interrupt, progress
        counted = [in_units(step, solver=True) for step in problem.steps]  # of one weight, so in one unit
        self.unit = counted[0][1]
        self.counted = replace(problem, steps=tuple(step for step, _ in counted))
        self.joint = phase_model.build(self.counted, frozenset(phase_model.rule_names(problem)))
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
        answer = solve_mip(program, self.course.left, start=self.values, news=self.course.news(stage, True))
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
        kept = list(phase_model.rule_names(self.problem))
        self.course = self._course()
        for name in tuple(kept):
            if self.course.over:
                break
            program = phase_model.build(self.problem, frozenset(kept) - {name}).program
            answer = solve_mip(replace(program, cost=np.zeros(len(program.cost))), self.course.left)
            if answer.status is Status.INFEASIBLE:
                kept.remove(name)
        self._close("conflict", note=f"{len(kept)} rules")
        return tuple(kept)
