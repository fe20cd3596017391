"""What a plan with, or without, a given site is worth at the most: bounds for all sites from one relaxation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workbench.siting import model
from workbench.siting.canonical import EQUAL, with_row
from workbench.siting.certificate import certified_bound, reduced_costs
from workbench.siting.general import merged_demand, whole_objective
from workbench.siting.problem import CoverProblem
from workbench.siting.rules import Floats
from workbench.siting.sealing import in_units
from workbench.solving import Limits, LinearProgram, solve_lp


@dataclass(frozen=True, eq=False)
class SiteBounds:
    """Bounds on the weight that a plan covers.

    Parameters
    ----------
    having
        Shape (sites,): no plan that has the site open covers more; infinite when nothing is known.
    lacking
        Shape (sites,): no plan without the site covers more.
    """

    having: Floats
    lacking: Floats


def site_bounds(problem: CoverProblem, limits: Limits) -> SiteBounds:
    """Bound what plans with and without each site are worth.

    The multipliers of the linear relaxation give a bound by weak duality; a site that leaves the side it has in that
    bound makes it worse by its reduced cost. Both are recomputed without a solver.

    Parameters
    ----------
    problem
        Maximal covering with any rules.
    limits
        When to stop.

    Returns
    -------
    SiteBounds
        Of a site that is required or forbidden it says what holds for all plans.
    """
    problem, unit = in_units(problem, solver=True)
    program = model.build(problem, merged_demand(problem), frozenset(model.rule_names(problem)) - {"p"})
    if problem.p is not None:
        program = with_row(program, (np.arange(len(program.cost)) < problem.sites).astype(np.float64), float(problem.p))
    duals = solve_lp(program, limits).duals
    having, lacking = np.full(problem.sites, np.inf), np.full(problem.sites, np.inf)
    if duals is None:
        return SiteBounds(having, lacking)
    duals = _no_dearer_than_needed(program, duals, problem.sites)
    for one in [duals] if problem.p is None else _prices_of_a_site(program, duals, problem):
        base = certified_bound(program, one)
        most = EQUAL * max(1.0, abs(base)) - base
        free = program.lower[: problem.sites] < program.upper[: problem.sites]
        reduced = np.where(free, reduced_costs(program, one)[: problem.sites], 0.0)
        having = np.minimum(having, most - np.maximum(reduced, 0.0))
        lacking = np.minimum(lacking, most - np.maximum(-reduced, 0.0))
    if whole_objective(problem):
        having, lacking = np.floor(having), np.floor(lacking)
    factor = 1.0 if unit is None else unit.factor
    return SiteBounds(having / factor, lacking / factor)


def narrowed(problem: CoverProblem, bounds: SiteBounds, least: float) -> CoverProblem:
    """Settle the sites on which every plan that covers enough agrees.

    Parameters
    ----------
    problem
        The problem of the bounds, or one with more rules.
    bounds
        What :func:`site_bounds` says.
    least
        Weight that some plan of the problem is known to cover; minus infinity when none is known.

    Returns
    -------
    CoverProblem
        With the same best plans, equal ones included: sites that no plan as good has are forbidden, sites that no plan
        as good lacks are required.
    """
    rules = problem.rules
    enough = least - EQUAL * abs(least) if np.isfinite(least) else -np.inf
    free = np.ones(problem.sites, bool)
    free[rules.required] = free[rules.forbidden] = False
    forbidden = np.union1d(rules.forbidden, np.flatnonzero(free & (bounds.having < enough)))
    required = np.union1d(rules.required, np.flatnonzero(free & (bounds.lacking < enough)))
    return replace(problem, rules=replace(rules, forbidden=forbidden, required=required))


def _prices_of_a_site(program: LinearProgram, duals: Floats, problem: CoverProblem) -> list[Floats]:
    """Return the multipliers with the two ends of what the last row, on the number of sites, may cost.

    The one is the loss of the last site that is let in, which those pay that have to be let in; the other the gain of
    the first that is left out, which may come in for one that has to leave.
    """
    prices: list[Floats] = []
    free = program.lower[: problem.sites] < program.upper[: problem.sites]
    without = duals.copy()
    without[-1] = 0.0
    earns = np.sort(-reduced_costs(program, without)[: problem.sites][free])[::-1]
    places = int(program.row_upper[-1] - program.lower[: problem.sites].sum())
    for place in (places - 1, places):
        price = without.copy()
        price[-1] = -max(0.0, float(earns[place])) if 0 <= place < len(earns) else 0.0
        prices.append(price)
    return prices


def _no_dearer_than_needed(program: LinearProgram, duals: Floats, sites: int) -> Floats:
    """Lower the multipliers of cover to what cover is worth; the bounds only get better.

    An interior point leaves them anywhere between that and what keeps a site shut. The first rows of the program are
    one for each variable that is no site, and hold it below the sites that cover it.
    """
    covers = np.arange(len(program.cost) - sites)
    beyond = np.maximum(reduced_costs(program, duals)[sites:], 0.0)
    own = program.rows[covers][:, covers + sites].diagonal()
    lower = duals.copy()
    lower[covers] = np.where(own * duals[covers] < 0.0, duals[covers] + beyond / own, duals[covers])
    lower[covers] = np.where(lower[covers] * duals[covers] > 0.0, lower[covers], 0.0)
    return lower
