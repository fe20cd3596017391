"""The question of the p-center as a model for CP-SAT: does a plan reach every row? One function a rule."""

from __future__ import annotations

import math

import numpy as np
from ortools.sat.python import cp_model

from workbench.siting.center_cover import Reach
from workbench.siting.rules import Ints
from workbench.solving import Limits, Status, solve_cp

FINE = 2.0**40
"""Units in which a budget is counted, rounded so that a plan within the budget is never lost."""


def everybody_reached(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open some site near enough for each row."""
    cover = reach.cover
    for j in range(cover.shape[0]):
        model.add_bool_or([opened[i] for i in cover.indices[cover.indptr[j] : cover.indptr[j + 1]]])


def plan_size(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open as many sites as are asked."""
    fewest, most = reach.rules.size
    model.add_linear_constraint(sum(opened), fewest, most)


def required_and_forbidden(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Open some sites in any case, some never."""
    for i in reach.rules.rules.required:
        model.add(opened[i] == 1)
    for i in reach.rules.rules.forbidden:
        model.add(opened[i] == 0)


def rules_on_sites(model: cp_model.CpModel, opened: list[cp_model.IntVar], reach: Reach) -> None:
    """Keep budget, groups and spacing."""
    matrix, limit = reach.rules.rows()
    rows = matrix.tocsr()
    for r in range(len(limit)):
        part = slice(rows.indptr[r], rows.indptr[r + 1])
        heaviest = float(rows.data[part].max(initial=0.0)) or 1.0
        amounts = np.floor(rows.data[part] / heaviest * FINE).astype(np.int64)
        most = min(math.floor(limit[r] / heaviest * FINE), int(amounts.sum()))
        model.add(sum(int(a) * opened[i] for a, i in zip(amounts, rows.indices[part], strict=True)) <= most)


def plan_that_reaches(reach: Reach, limits: Limits) -> tuple[Status, Ints | None]:
    """Ask CP-SAT for a plan that reaches every row.

    Parameters
    ----------
    reach
        Who reaches whom.
    limits
        When to stop.

    Returns
    -------
    tuple
        OPTIMAL with the sites of a plan, INFEASIBLE, or UNKNOWN.
    """
    model = cp_model.CpModel()
    opened = [model.new_bool_var(f"open {i}") for i in range(reach.rules.sites)]
    for rule in (everybody_reached, plan_size, required_and_forbidden, rules_on_sites):
        rule(model, opened, reach)
    answer = solve_cp(model, opened, limits, linearization_level=2)
    return answer.status, None if answer.values is None else np.flatnonzero(answer.values > 0.5)
