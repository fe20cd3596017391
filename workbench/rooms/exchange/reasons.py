"""Why an operator is not admitted: which single rule, relaxed for it, would let it in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from workbench.rooms.exchange.check import Stays
from workbench.rooms.exchange.choices import choices
from workbench.rooms.exchange.model import Columns, program
from workbench.rooms.exchange.problem import ExchangeProblem, ExchangeRule
from workbench.rooms.problem import CELL_MIN
from workbench.solving import solve_integers

RELAXABLE = (
    ExchangeRule.STATION, ExchangeRule.AREA, ExchangeRule.SUPPLY, ExchangeRule.PRIVACY, ExchangeRule.STOREY,
    ExchangeRule.WALLS, ExchangeRule.OPENING, ExchangeRule.OFFICE, ExchangeRule.PLAN, ExchangeRule.NEIGHBOURS,
    ExchangeRule.WINDOWS, ExchangeRule.BLOCKS, ExchangeRule.SERVICE_HOURS, ExchangeRule.LEAST_SHARE,
    ExchangeRule.ONE_STATION, ExchangeRule.ROOM_SHARE, ExchangeRule.OPERATOR_SHARE, ExchangeRule.OTHERS,
)  # fmt: skip
"""Rules that can keep an operator out, in the order in which they are tried."""
_EFFORTS = 20.0
"""How many times the effort of one search of a centre has the question whether a rule helps: what is not answered by
then counts as no help, so that the answer had better come."""


@dataclass(frozen=True)
class Refused:
    """Why an operator is not admitted.

    Parameters
    ----------
    operator
        Its position.
    barred
        Rule that keeps it out whatever space there is; None when there is none.
    rules
        Rules each of which, relaxed by itself for this operator, would let it in, all others staying as they are.
    together
        Two rules that would help only together; empty when a single one helps, or when not even two do.
    fits
        Whether it fits beside the others as it is: the matching stopped before its proof, and no rule keeps it out.
    """

    operator: int
    barred: ExchangeRule | None
    rules: tuple[ExchangeRule, ...]
    together: tuple[ExchangeRule, ...]
    fits: bool = False


def why_refused(problem: ExchangeProblem, stays: Stays, effort: float = 1.0) -> tuple[Refused, ...]:
    """Say why operators are not admitted, by relaxing one rule at a time.

    Parameters
    ----------
    problem
        The problem.
    stays
        A matching that breaks no rule.
    effort
        Most work on one try, in CP-SAT's deterministic seconds; a rule whose try is not decided then is not named.

    Returns
    -------
    tuple of Refused
        In the order of the operators.
    """
    admitted = {stay.operator for stay in stays}
    found = []
    for operator in range(len(problem.operators)):
        if operator in admitted:
            continue
        barred = problem.barred(operator)
        rules: tuple[ExchangeRule, ...] = ()
        together: tuple[ExchangeRule, ...] = ()
        fits = barred is None and admissible(problem, operator, stays, (), effort)
        if barred is None and not fits:
            rules = tuple(r for r in RELAXABLE if admissible(problem, operator, stays, {r}, effort))
            together = () if rules else _pair(problem, operator, stays, effort)
        found.append(Refused(operator, barred, rules, together, fits))
    return tuple(found)


def _pair(problem: ExchangeProblem, operator: int, stays: Stays, effort: float) -> tuple[ExchangeRule, ...]:
    pairs = combinations(RELAXABLE, 2)
    return next((pair for pair in pairs if admissible(problem, operator, stays, set(pair), effort)), ())


def admissible(
    problem: ExchangeProblem,
    operator: int,
    others: Stays,
    relaxed: Collection[ExchangeRule] = (),
    effort: float = 1.0,
) -> bool:
    """Tell whether an operator could be admitted if some rules did not hold for it.

    Parameters
    ----------
    problem
        The problem.
    operator
        Position of the operator.
    others
        Blocks of other operators, which stay as they are unless ``others`` is relaxed.
    relaxed
        Rules that do not hold. Without ``blocks`` space is given by the quarter of an hour.
    effort
        Most work of one search of a centre, in CP-SAT's deterministic seconds; this question has many times as much.
    """
    stays = () if ExchangeRule.OTHERS in relaxed else others
    left = tuple(part.eased(relaxed) for part in problem.leftover(stays))
    if ExchangeRule.BLOCKS in relaxed:
        problem = replace(problem, terms=replace(problem.terms, block=CELL_MIN, step=CELL_MIN))
    made = Columns(choices(problem, left=left, only=operator, relaxed=relaxed), left)
    if not made.choices.count:
        return False
    cost = np.zeros(made.count)
    cost[[made.admit(n) for n in range(len(made.choices.pairs))]] = -1.0
    asked = replace(program(made, [r for r in relaxed if r is not ExchangeRule.ONE_STATION]), cost=cost)
    answer = solve_integers(asked, max_deterministic_time=_EFFORTS * effort)
    return answer.values is not None and bool(cost @ answer.values < -0.5)
