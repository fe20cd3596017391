"""What is left of maximal covering when some sites are settled: rows, sites, and the program over them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from workbench.siting.lagrangian import weight_bits, whole_weights
from workbench.siting.merging import Merged, merge
from workbench.siting.odd_cycles import Cut, cuts_of
from workbench.siting.problem import CoverProblem
from workbench.siting.rules import Floats, Ints
from workbench.solving import LinearProgram


@dataclass(frozen=True, eq=False)
class Rest:
    """What is left to decide.

    Parameters
    ----------
    merged
        Rows that are not covered for sure, by the sites that are not settled; weights are whole units.
    sites
        Shape (k,), their positions in the problem.
    p
        How many of them may open.
    always
        Positions of sites that are open in every plan worth looking at.
    won
        Units that those cover.
    row_of
        Which row here each row of what was left before went into; -1 where it is no question any more.
    """

    merged: Merged
    sites: Ints
    p: int
    always: Ints
    won: float
    row_of: Ints

    @property
    def empty(self) -> bool:
        """Whether there is nothing left to decide."""
        return self.p == 0 or len(self.sites) == 0 or self.merged.rows == 0

    @property
    def weight(self) -> float:
        """Units that may still be won."""
        return float(self.merged.weights[0].sum())

    def settle(self, opened: Ints, shut: Ints) -> Rest:
        """Return what is left when some of the sites (by their place here) are open, and some are shut."""
        cover, weight = self.merged.cover, self.merged.weights[0]
        covered = np.zeros(self.merged.rows, bool)
        covered[cover[opened].indices] = True
        stays = np.ones(len(self.sites), bool)
        stays[opened] = stays[shut] = False
        part = sp.csr_array(cover[np.flatnonzero(stays)][:, np.flatnonzero(~covered)])
        merged = merge(part, weight[None, ~covered])
        row_of = np.full(self.merged.rows, -1, np.int64)
        row_of[~covered] = merged.group
        return Rest(
            merged=merged,
            sites=self.sites[stays],
            p=self.p - len(opened),
            always=np.union1d(self.always, self.sites[opened]),
            won=self.won + float(weight[covered].sum()),
            row_of=row_of,
        )


def whole_rest(problem: CoverProblem) -> Rest:
    """Merge the demand of a problem, open what is required and shut what is forbidden.

    Parameters
    ----------
    problem
        A problem that is plain.

    Returns
    -------
    Rest
        With all weights in whole units.
    """
    rules = problem.rules
    merged = merge(problem.cover, whole_weights(problem.weight, weight_bits(problem.weight))[None])
    nothing = np.empty(0, np.int64)
    rest = Rest(merged, np.arange(problem.sites), problem.p or 0, nothing, 0.0, nothing)
    return rest.settle(rules.required, rules.forbidden) if len(rules.required) + len(rules.forbidden) else rest


def relaxation(rest: Rest, bits: int, cuts: Sequence[Cut] = ()) -> LinearProgram:
    """Build what is left as a program: the least weight left uncovered by p sites.

    Parameters
    ----------
    rest
        What is left.
    bits
        By how many bits its weights were scaled up.
    cuts
        Odd-cycle inequalities to add.

    Returns
    -------
    LinearProgram
        Sites first, then one variable for each row that is not covered; rows first, then cuts, then the number of
        sites.
    """
    sites, rows = len(rest.sites), rest.merged.rows
    count = sp.csr_array((np.ones(sites), (np.zeros(sites, np.int64), np.arange(sites))), shape=(1, sites + rows))
    cover = sp.hstack([rest.merged.by_row, sp.eye_array(rows)])
    odd = cuts_of(rest.merged.by_row, cuts)
    parts = [cover, sp.hstack([odd.sites, odd.rows]), count] if len(odd) else [cover, count]
    return LinearProgram(
        cost=np.concatenate([np.zeros(sites), np.ldexp(rest.merged.weights[0], -bits)]),
        rows=sp.csr_array(sp.vstack(parts)),
        row_lower=np.concatenate([np.ones(rows), odd.half + 1.0, [-np.inf]]),
        row_upper=np.append(np.full(rows + len(odd), np.inf), float(rest.p)),
        lower=np.zeros(sites + rows),
        upper=np.ones(sites + rows),
        integer=np.arange(sites + rows) < sites,
    )


def plan_values(rest: Rest, plan: Ints) -> Floats:
    """Return a plan as values of the variables of :func:`relaxation`."""
    opened = np.isin(rest.sites, plan).astype(np.float64)
    return np.concatenate([opened, (rest.merged.by_row @ opened < 0.5).astype(np.float64)])
