"""The Lagrangian bound of maximal covering, in whole numbers.

Relax "a row is covered only if one of its sites is open" with a multiplier for each row, between 0 and its weight.
What is left falls apart: a row keeps its weight less its multiplier, a site earns the multipliers of its rows, and
the p best earners open. Any multipliers give a bound (Fisher 1981); those of the linear relaxation give its value.
Weights and multipliers are whole multiples of a unit, so that the bound is a sum of integers, without any rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.siting.merging import Merged
from workbench.siting.odd_cycles import Cuts
from workbench.siting.rules import Floats, Ints

WORD = 61
"""Bits that a sum over all rows may take in an int64, with room to spare."""
FINEST = 20
"""Bits by which a multiplier may be finer than a weight."""


def weight_bits(weight: Floats) -> int:
    """Return by how many bits weights are scaled up to become whole, 0 for those that are.

    Real weights are rounded up to multiples of 2**-bits, where the sum of all keeps below 2**52: so a bound on the
    rounded problem bounds the real one, and the two differ by less than 2**-51 of the total a row.

    Parameters
    ----------
    weight
        Shape (demand,).
    """
    if (weight == np.rint(weight)).all():
        return 0
    return 51 - math.ceil(math.log2(float(weight.sum())) if weight.sum() > 0 else 0)


def whole_weights(weight: Floats, bits: int) -> Floats:
    """Return weights as whole numbers of units of 2**-bits, rounded up."""
    return np.ceil(np.ldexp(weight, bits))


@dataclass(frozen=True, eq=False)
class Bound:
    """A bound, and what it says of each site.

    Parameters
    ----------
    fine
        By how many bits the multipliers are finer than weights.
    total
        The bound, in fine units.
    reward
        Shape (sites,), what each site earns, in fine units.
    inside
        Shape (sites,), whether it is among the p best.
    weakest, strongest
        Least reward inside, largest outside; the latter is 0 when all are inside.
    """

    fine: int
    total: int
    reward: Ints
    inside: NDArray[np.bool_]
    weakest: int
    strongest: int

    @property
    def value(self) -> int:
        """The bound in units of weight; as weights are whole, it is rounded down."""
        return self.total >> self.fine

    def never(self, incumbent: int) -> NDArray[np.bool_]:
        """Sites that no plan at least as good as the incumbent has open."""
        return ~self.inside & np.asarray(self.reward < (incumbent << self.fine) - self.total + self.weakest)

    def always(self, incumbent: int) -> NDArray[np.bool_]:
        """Sites that every plan at least as good as the incumbent has open."""
        return self.inside & np.asarray(self.reward > self.total + self.strongest - (incumbent << self.fine))


def lagrangian_bound(
    merged: Merged, p: int, multipliers: Floats, cuts: Cuts | None = None, worth: Floats | None = None
) -> Bound:
    """Compute the bound that multipliers give.

    Parameters
    ----------
    merged
        Rows with whole weights.
    p
        Most sites that may open, at least 1.
    multipliers
        Shape (rows,), any numbers; they are cut to what is allowed and rounded to fine units.
    cuts, worth
        Odd-cycle inequalities, and shape (cuts,) their multipliers, which take from the rows before the others do: a
        site earns them as often as it stands in an inequality, and everybody pays them for what is allowed anyway.

    Returns
    -------
    Bound
    """
    weight = merged.weights[0]
    fine = min(FINEST, WORD - max(1, int(weight.sum()).bit_length()))
    units = np.ldexp(weight, fine).astype(np.int64)
    cut = np.clip(np.nan_to_num(multipliers), 0.0, weight)
    pattern = merged.cover
    reward, given = np.zeros(pattern.shape[0], np.int64), 0
    if cuts is not None and worth is not None and len(cuts):
        charge = _charges(cuts, worth, units, fine)
        units = units - cuts.rows.T @ charge  # what rows pay to the cuts is not theirs any more
        reward += cuts.sites.T @ charge
        given = sum(int(one) for one in charge * cuts.half)
    price = np.minimum(np.rint(np.ldexp(cut, fine)).astype(np.int64), units)
    alone = np.diff(merged.by_row.indptr) == 1
    price[alone] = units[alone]  # such a row is its site's: no other multiplier is better
    np.add.at(reward, np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr)), price[pattern.indices])
    order = np.argsort(-reward, kind="stable")
    inside = np.zeros(len(reward), bool)
    inside[order[:p]] = True
    outside = reward[~inside]
    total = given + int((units - price).sum()) + sum(int(one) for one in reward[inside])
    return Bound(fine, total, reward, inside, int(reward[inside].min()), int(outside.max(initial=0)))


def _charges(cuts: Cuts, worth: Floats, units: Ints, fine: int) -> Ints:
    """Round multipliers of cuts down to fine units, so that no row pays more than it has."""
    charge = np.ldexp(np.maximum(np.nan_to_num(worth), 0.0), fine)
    load = cuts.rows.T @ charge
    share = np.divide(units, load, out=np.ones(len(units)), where=load > units)
    least = np.array([share[part].min() for part in np.split(cuts.rows.indices, cuts.rows.indptr[1:-1])])
    whole = np.floor(charge * least).astype(np.int64)
    short = cuts.rows.T @ whole > units  # by rounding of floats, if at all
    whole[np.unique(cuts.rows[:, short].nonzero()[0])] = 0
    return np.asarray(whole, np.int64)
