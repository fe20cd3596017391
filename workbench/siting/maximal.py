"""The fast way to maximal covering: search, multipliers, fixing, merging again, and branch and bound on the rest.

Sites whose reduced cost says that no plan at least as good as the incumbent has them, or lacks them, are settled;
rows become equal then and merge, the problem shrinks, and its bound, computed in whole numbers, is the proof as
long as it meets the incumbent. Plans that are as good as the incumbent are never cut off, so the first among
equals is among what is left.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.siting.branching import Equals, Tree
from workbench.siting.canonical import EQUAL
from workbench.siting.course import Course
from workbench.siting.lagrangian import Bound, lagrangian_bound, weight_bits
from workbench.siting.local_search import LocalSearch
from workbench.siting.odd_cycles import Cut, cuts_of, followed, violated
from workbench.siting.problem import CoverProblem
from workbench.siting.rest import Rest, plan_values, relaxation, whole_rest
from workbench.siting.result import SitingPlan
from workbench.siting.rules import Floats, Ints
from workbench.siting.sealing import sealed
from workbench.solving import Status, solve_lp, solve_mip

QUICK_ROUNDS, ROUNDS, LONG_ROUNDS = 100, 800, 8000
"""Kicks before the relaxation, after it, and before branch and bound."""
CHUNK = 400
"""Kicks between two looks at the clock."""
MANY = 400
"""Sites left to the tree that make a long search beforehand worth its time."""
WORK, BITE = 2_000_000_000, 50_000_000
"""What a tree of our own may cost before the solver is asked, and between two looks at the clock, in entries read."""
HOPELESS = 10
"""By how much the tree is cut short where many sites are left: such trees seldom close."""
WORTHWHILE = 0.1
"""Share of the sites that a round has to settle for another one."""
CUT_ROUNDS, CUTS_WORTHWHILE = 30, 0.02
"""Rounds of cuts on one relaxation, and the share of its gap that a round has to close to be worth it."""
STALE = 3
"""Rounds in a row that are not worth it, after which there is no other."""
LARGE = {"mip_lp_solver": "ipx", "presolve": "off"}
"""Options of the solver for what is left where that is much: a simplex alone takes longer than all the rest, and there
is nothing to presolve."""


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A bound on what is left, the multipliers that make it, in units a row, and the cuts that sharpen it."""

    bound: Bound
    prices: Floats
    cuts: tuple[Cut, ...] = ()


class MaximalSearch:
    """One run of the fast way.

    Parameters
    ----------
    problem
        A problem that is plain.
    course
        Where it is told, and when to stop.
    base
        What :func:`whole_rest` makes of the problem, if it was made before; ``p`` is taken from the problem.
    before
        Positions of the sites of a plan to start from.
    """

    def __init__(
        self, problem: CoverProblem, course: Course, base: Rest | None = None, before: Ints | None = None
    ) -> None:
        self._problem, self._course = problem, course
        self._base, self._before = base or whole_rest(problem), before
        self._bits = weight_bits(problem.weight)
        self._value, self._plan = -1.0, np.empty(0, np.int64)
        self._own_bound = np.inf
        self._solved = False

    def run(self) -> SitingPlan:
        """Find the plan.

        Returns
        -------
        SitingPlan

        Raises
        ------
        CheckError
            If the plan does not survive its check.
        """
        rest = self._beginning()
        relaxed: Relaxed | None = None
        while not self._enough and not rest.empty:
            relaxed = self._relaxed(rest)
            smaller = self._settled(rest, relaxed)
            if self._done or len(rest.sites) - len(smaller.sites) <= WORTHWHILE * len(rest.sites):
                break
            rest, relaxed = smaller, None
        if rest.empty:
            self._bounded(rest.won)
        elif relaxed is not None and not self._enough:
            rest, relaxed = self._sharpened(rest, relaxed)
            if not self._enough:
                self._grown(rest, relaxed)
            if not self._enough:
                self._branched(rest, relaxed)
        first = self._done and self._first(rest, relaxed)
        return sealed(
            self._problem,
            self._course,
            self._plan,
            claimed=self._real(self._value),
            own_bound=self._real(self._own_bound),
            proven=self._done,
            canonical=first,
        )

    @property
    def _done(self) -> bool:
        return self._solved or self._own_bound <= self._value

    @property
    def _enough(self) -> bool:
        return self._done or self._course.over or self._course.good_enough

    def _real(self, units: float) -> float:
        return float(np.ldexp(units, -self._bits))

    def _beginning(self) -> Rest:
        """Take what is left to p sites, and find a first plan."""
        assert self._problem.p is not None
        rest = replace(self._base, p=self._problem.p - len(self._base.always))
        self._bounded(rest.won + rest.weight)
        note = f"{rest.merged.rows:,} rows of {self._problem.demand:,}, {len(rest.sites):,} sites"
        self._course.close("merge", bound=self._real(self._own_bound), note=note)
        if self._before is not None:
            self._searched(rest, np.flatnonzero(np.isin(rest.sites, self._before)), 0)
        self._searched(rest, None, QUICK_ROUNDS)
        return rest

    def _searched(self, rest: Rest, ranking: Ints | None, rounds: int) -> None:
        """Look for a better plan among what is left."""
        search = LocalSearch(rest.merged, rest.p, self._course.left.seed)
        search.start(ranking)
        self._found(rest, search.sites, search.value)
        if ranking is not None and len(self._plan):
            search.start(np.flatnonzero(np.isin(rest.sites, self._plan)))
        for _ in range(0, rounds, CHUNK):
            if self._course.over or self._done:
                break
            search.improve(min(CHUNK, rounds))
            self._found(rest, search.sites, search.value)
        self._course.close("search", self._real(self._value))

    def _found(self, rest: Rest, places: Ints, units: float) -> None:
        """Take a plan in, if it is better."""
        if rest.won + units > self._value:
            self._value = rest.won + units
            self._plan = np.union1d(rest.always, rest.sites[places])
            self._course.learn(self._real(self._value))

    def _bounded(self, units: float) -> None:
        """Take a bound in; plans that are worse than the incumbent were cut off, so it is never below that."""
        self._own_bound = min(self._own_bound, max(units, self._value))

    def _relaxed(self, rest: Rest) -> Relaxed:
        """Bound what is left by the multipliers of its relaxation, and search from its solution."""
        answer = solve_lp(relaxation(rest, self._bits), self._course.left)
        rows = rest.merged.rows
        prices = np.zeros(rows) if answer.duals is None else np.ldexp(answer.duals[:rows], self._bits)
        bound = lagrangian_bound(rest.merged, rest.p, prices)
        self._bounded(rest.won + bound.value)
        note = f"{rows:,} rows, {len(rest.sites):,} sites"
        self._course.close("relaxation", bound=self._real(self._own_bound), note=note)
        if not self._done:
            ranking = bound.reward if answer.values is None else answer.values[: len(rest.sites)]
            self._searched(rest, np.argsort(-ranking, kind="stable"), ROUNDS)
        return Relaxed(bound, prices)

    def _undecided(self, rest: Rest, relaxed: Relaxed) -> tuple[Ints, Ints]:
        """Return the places of sites that are open, and shut, in every plan as good as the incumbent."""
        incumbent = int(self._value - rest.won)
        return np.flatnonzero(relaxed.bound.always(incumbent)), np.flatnonzero(relaxed.bound.never(incumbent))

    def _settled(self, rest: Rest, relaxed: Relaxed) -> Rest:
        """Return what is left when the bound has settled what it can."""
        opened, shut = self._undecided(rest, relaxed)
        return rest.settle(opened, shut) if len(opened) + len(shut) else rest

    def _sharpened(self, rest: Rest, relaxed: Relaxed) -> tuple[Rest, Relaxed]:
        """Where many sites are left, search long, then cut the relaxation until that settles little more."""
        if self._many(rest, relaxed):
            self._searched(rest, np.empty(0, np.int64), LONG_ROUNDS)
        while not self._enough and self._many(rest, relaxed):
            smaller = self._settled(rest, relaxed)
            if smaller.empty:
                return smaller, relaxed
            sharp = self._cut(smaller, followed(relaxed.cuts, smaller.row_of))
            settled = len(rest.sites) - len(self._settled(smaller, sharp).sites)
            rest, relaxed, before = smaller, sharp, len(rest.sites)
            if settled <= WORTHWHILE * before:
                break
        return rest, relaxed

    def _many(self, rest: Rest, relaxed: Relaxed) -> bool:
        opened, shut = self._undecided(rest, relaxed)
        return len(rest.sites) - len(opened) - len(shut) > MANY

    def _cut(self, rest: Rest, cuts: list[Cut]) -> Relaxed:
        """Bound what is left by a relaxation that is cut some times over; stop early where that settles many sites."""
        rows, before, stale = rest.merged.rows, np.inf, 0
        seen = set(cuts)
        best: Relaxed | None = None
        opened: Floats | None = None
        for _ in range(CUT_ROUNDS):
            answer = solve_lp(relaxation(rest, self._bits, cuts), self._course.left)
            if answer.duals is None or answer.values is None:
                break
            duals = np.ldexp(answer.duals, self._bits)
            worth = duals[rows : rows + len(cuts)]
            matrices = cuts_of(rest.merged.by_row, cuts) if cuts else None
            bound = lagrangian_bound(rest.merged, rest.p, duals[:rows], matrices, worth)
            cuts = [cut for cut, one in zip(cuts, worth, strict=True) if one > 0]
            if best is None or bound.value < best.bound.value:
                best = Relaxed(bound, duals[:rows], tuple(cuts))
            self._bounded(rest.won + bound.value)
            self._course.tell("cuts")
            left = rest.won + best.bound.value - self._value
            stale = stale + 1 if left > (1.0 - CUTS_WORTHWHILE) * before else 0
            if self._enough or stale == STALE or self._settles(rest, best):
                break
            before = min(before, left)
            opened = answer.values[: len(rest.sites)]
            fresh = [c for c in violated(rest.merged.by_row, rest.merged.weights[0], opened) if c not in seen]
            seen.update(fresh)
            cuts += fresh
            if not fresh:
                break
        note = f"{len(seen):,} cuts, {rows:,} rows, {len(rest.sites):,} sites"
        self._course.close("cuts", bound=self._real(self._own_bound), note=note)
        if opened is not None and not self._enough:
            self._searched(rest, np.argsort(-opened, kind="stable"), ROUNDS)
        return best or self._relaxed(rest)

    def _settles(self, rest: Rest, relaxed: Relaxed) -> bool:
        """Whether a bound settles so many sites that they had better go before it is sharpened on."""
        opened, shut = self._undecided(rest, relaxed)
        return len(opened) + len(shut) > WORTHWHILE * len(rest.sites)

    def _grown(self, rest: Rest, relaxed: Relaxed) -> None:
        """Close what is left by a tree of our own, if that can be done with some work."""
        opened, shut = self._undecided(rest, relaxed)
        tree = Tree(rest.merged, rest.p, relaxed.prices, int(self._value - rest.won))
        tree.settle(opened, shut)
        many = len(rest.sites) - len(opened) - len(shut) > MANY
        closed, quota = False, tree.affordable(WORK // HOPELESS if many else WORK)
        while tree.fits and not (closed or self._course.over) and tree.nodes < quota:
            closed = tree.grow(tree.affordable(BITE))
            if tree.found is not None:
                self._found(rest, tree.found, float(tree.value))
            self._course.tell("tree")
        if closed:
            self._own_bound = self._value
        self._course.close("tree", bound=self._real(self._own_bound), note=f"{tree.nodes:,} nodes")

    def _branched(self, rest: Rest, relaxed: Relaxed) -> None:
        """Leave what is left to the branch and bound of the solver, with what cuts there are."""
        smaller = self._settled(rest, relaxed)
        if smaller.empty:
            self._bounded(smaller.won)
            return
        cuts, many = relaxed.cuts, len(smaller.sites) > MANY
        if smaller is not rest:
            cuts = tuple(followed(cuts, smaller.row_of))
        rest = smaller
        program, offset = relaxation(rest, self._bits, cuts), self._real(rest.won + rest.weight)
        news = self._course.news("branch and bound", True, offset)
        start, options = plan_values(rest, self._plan), LARGE if many else None
        answer = solve_mip(program, self._course.left, start=start, news=news, options=options)
        if answer.values is not None:
            places = np.flatnonzero(answer.values[: len(rest.sites)] > 0.5)
            covered = np.unique(rest.merged.cover[places].indices)
            self._found(rest, places, float(rest.merged.weights[0][covered].sum()))
        self._solved = answer.status is Status.OPTIMAL and self._course.left.gap == 0.0
        highest = offset - answer.bound
        allowed = np.floor(highest + EQUAL) if self._bits == 0 else highest * (1 + EQUAL)
        note = f"{rest.merged.rows:,} rows, {len(rest.sites):,} sites"
        self._course.close("branch and bound", bound=max(float(allowed), self._real(self._value)), note=note)

    def _first(self, rest: Rest, relaxed: Relaxed | None) -> bool:
        """Put the first among equals in the place of the plan; say whether it is proven to be that."""
        if rest.empty:
            self._plan = rest.always
            return True
        relaxed = relaxed or self._relaxed(rest)
        opened, shut = self._undecided(rest, relaxed)
        equals = Equals(rest.merged, relaxed.prices, int(self._value - rest.won), (opened, shut))
        plan = np.flatnonzero(np.isin(rest.sites, self._plan))
        places, first = equals.first(plan, lambda: self._course.over)
        self._plan = np.union1d(rest.always, rest.sites[places])
        self._course.close("ties", note="first among equals" if first else "too many to look at all equals")
        return first
