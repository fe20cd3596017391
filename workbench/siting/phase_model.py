"""Phases as one mixed-integer program: the program of each phase, tied together by what stands staying open.

The sites of all phases come first, phase by phase, then what each phase covers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from workbench.siting import model
from workbench.siting.general import merged_demand
from workbench.siting.merging import Merged
from workbench.siting.phase_problem import PhaseProblem
from workbench.siting.rules import Floats, Ints
from workbench.solving import LinearProgram


@dataclass(frozen=True, eq=False)
class Joint:
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

    def aimed(self, aim: Floats) -> LinearProgram:
        """Return the program with another objective."""
        return replace(self.program, cost=aim)


def rule_names(problem: PhaseProblem) -> tuple[str, ...]:
    """Return the names of all rules that a problem holds, as a conflict would name them."""
    names: dict[str, None] = {}
    for step in range(len(problem.steps)):
        names.update(dict.fromkeys(_joint_name(problem, step, name) for name in model.rule_names(problem.steps[step])))
    return tuple(names)


def build(problem: PhaseProblem, rules: frozenset[str]) -> Joint:
    """Build the program.

    Parameters
    ----------
    problem
        What to model.
    rules
        Names of the rules that are to hold; the others are left out.

    Returns
    -------
    Joint
    """
    merged = tuple(merged_demand(step) for step in problem.steps)
    parts: list[LinearProgram] = []
    for number, (step, rows) in enumerate(zip(problem.steps, merged, strict=True)):
        own = {name for name in model.rule_names(step) if _joint_name(problem, number, name) in rules}
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
    return Joint(problem, merged, program, aims, columns)


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


def _added(problem: PhaseProblem, columns: int, rules: frozenset[str]) -> tuple[sp.csr_array, Floats]:
    """Let each phase but the first add no more than its own, where nothing is carried over."""
    rows = model.Rows(columns)
    sites = problem.sites
    for step in range(1, 0 if problem.carry else len(problem.steps)):
        here = np.arange(step * sites, (step + 1) * sites)
        both = np.concatenate([here, here - sites])
        count, budget = problem.may_add(step)
        spent = model.spending(problem.steps[step].cost, budget)
        for name, amount, limit in (("p", np.ones(sites), count), ("budget", *spent)):
            if f"phases.{problem.phases[step].name}.{name}" in rules:
                rows.line(both, np.concatenate([amount, -amount]), upper=float(limit))
    if not rows.parts:
        return sp.csr_array((0, columns)), np.empty(0)
    return sp.csr_array(sp.vstack(rows.parts)), np.concatenate(rows.upper)
