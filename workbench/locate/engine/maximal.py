"""The fast way to maximal covering: search, multipliers, fixing, merging again, and branch and bound on the rest.

Sites whose reduced cost says that no plan at least as good as the incumbent has them, or lacks them, are settled;
rows become equal then and merge, the problem shrinks, and its bound, computed in whole numbers, is the proof as
long as it meets the incumbent. Plans that are as good as the incumbent are never cut off, so the first among
equals is among what is left.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from workbench.arrays import Floats, Ints
from workbench.locate.engine import branch_kernel as kernel
from workbench.locate.problem import CoverProblem, Merged, merge
from workbench.locate.result import EQUAL, Course, SitingPlan, sealed
from workbench.solving import LinearProgram, Status, solve_lp, solve_mip

# ----------------------------------------------------------------------------------------------------------------------
# Odd-cycle inequalities of maximal covering: what the linear relaxation does not know of rows that overlap.
#
# Take an odd number of rows T. One site covers several of them at most as often as it stands in them, so that half of
# all "a row is covered only if one of its sites is open", added up with half of "a row is covered once", rounds to
#
#     sum of z over T  <=  (|T| - 1) / 2  +  sum over sites of ceil(n / 2) x,    n = rows of T that the site covers
#
# (Chvátal 1973; the zero-half cuts of Caprara and Fischetti 1996). It is violated by half of what is missing to 1 of
#
#     sum over T of |x(row) - 1|  +  sum of x over sites in an odd number of the rows.
#
# Rows joined at shared sites to a closed walk of odd length have every inner site twice: the shortest such walk,
# found in a graph with two copies of each site (Grötschel, Lovász and Schrijver 1988), gives the most violated of
# them.


_FRACTIONAL = 1e-3
"""How far from 0 and 1 a site has to be to be a node of the graph."""
_LEAST = 0.02
"""Least that has to be missing to 1."""
_WIDEST = 8
"""Most fractional sites of a row that is looked at; wider rows cost too much to be in a short walk."""
_NEXT_TO_NOTHING = 1e-7
"""Length added to every edge, so that of walks as long the one of fewer rows is taken."""

DIGITS = 6
"""Decimals to which rows cost the same: an interior point is no more exact."""

Cut = tuple[int, ...]
"""Rows of an inequality, ascending, an odd number of them."""


@dataclass(frozen=True, eq=False)
class _Cuts:
    """Odd-cycle inequalities.

    Parameters
    ----------
    rows
        Shape (cuts, rows), which rows are in each.
    sites
        Shape (cuts, sites), the coefficient of each site.
    half
        Shape (cuts,), (|T| - 1) / 2.
    """

    rows: sp.csr_array
    sites: sp.csr_array
    half: Ints

    def __len__(self) -> int:
        return len(self.half)


def cuts_of(by_row: sp.csr_array, chosen: Sequence[Cut]) -> _Cuts:
    """Write inequalities as matrices."""
    size = np.array([len(cut) for cut in chosen], np.int64)
    ptr = np.concatenate([[0], np.cumsum(size)])
    rows = np.array([row for cut in chosen for row in cut], np.int64)
    inside = sp.csr_array((np.ones(len(rows), np.int64), rows, ptr), shape=(len(chosen), by_row.shape[0]))
    pattern = sp.csr_array((np.ones(by_row.nnz, np.int64), by_row.indices, by_row.indptr), shape=by_row.shape)
    sites = sp.csr_array(inside @ pattern)
    sites.data = (sites.data + 1) // 2
    return _Cuts(inside, sites, (size - 1) // 2)


def followed(cuts: Sequence[Cut], row_of: Ints) -> list[Cut]:
    """Return inequalities on rows that have merged, or gone, since."""
    found: dict[Cut, None] = {}
    for cut in cuts:
        times = Counter(row_of[list(cut)].tolist())
        if -1 not in times:
            rows = tuple(sorted(row for row, count in times.items() if count % 2))
            if len(rows) > 1:
                found.setdefault(rows)
    return list(found)


def violated(by_row: sp.csr_array, weight: Floats, opened: Floats) -> list[Cut]:
    """Find inequalities that a solution of the relaxation violates."""
    nodes = np.flatnonzero((opened > _FRACTIONAL) & (opened < 1.0 - _FRACTIONAL))
    row_of, length = _edges(by_row, weight, opened, nodes)
    if not row_of:
        return []
    count = len(nodes)
    ends = np.array(list(row_of), np.int64)
    start, end = ends[:, 0], ends[:, 1]
    heads = np.concatenate([start, end, start + count, end + count])
    tails = np.concatenate([end + count, start + count, end, start])
    graph = sp.csr_array((np.tile(length, 4), (heads, tails)), shape=(2 * count, 2 * count))
    far, before = dijkstra(graph, indices=np.arange(count), return_predecessors=True, limit=1.0 - _LEAST)
    found: dict[Cut, float] = {}
    for node in np.flatnonzero(np.isfinite(far[np.arange(count), np.arange(count) + count])):
        cut = _walk(before[node], int(node), count, row_of)
        if len(cut) > 1:
            found.setdefault(cut, float(far[node, node + count]))
    return sorted(found, key=lambda cut: (found[cut], cut))


def _edges(
    by_row: sp.csr_array, weight: Floats, opened: Floats, nodes: Ints
) -> tuple[dict[tuple[int, int], int], Floats]:
    """Join each two fractional sites by the row that costs least; return the rows, and what they cost."""
    place = np.full(by_row.shape[1], -1, np.int64)
    place[nodes] = np.arange(len(nodes))
    reached = np.asarray(by_row @ opened)
    apart = np.abs(reached - 1.0)
    width = np.asarray(by_row @ (place >= 0).astype(np.float64))
    best: dict[tuple[int, int], tuple[float, float, int]] = {}
    for row in np.flatnonzero((apart < 1.0 - _LEAST) & (width >= 2) & (width <= _WIDEST)).tolist():
        inside = place[by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]]
        inside = np.sort(inside[inside >= 0])
        shares = opened[nodes[inside]]
        for i, one in enumerate(inside[:-1].tolist()):
            for j, other in enumerate(inside[i + 1 :].tolist(), i + 1):
                cost = round(max(float(apart[row] + reached[row] - shares[i] - shares[j]), 0.0), DIGITS)
                if cost < 1.0 - _LEAST:
                    rank = (cost, -float(weight[row]), row)
                    best[one, other] = min(best.get((one, other), rank), rank)
    length = np.array([cost for cost, _, _ in best.values()]) + _NEXT_TO_NOTHING
    return {pair: row for pair, (_, _, row) in best.items()}, length


def _walk(before: Ints, node: int, count: int, row_of: dict[tuple[int, int], int]) -> Cut:
    """Return the rows that the walk from a site to its other copy passes an odd number of times."""
    passed: Counter[int] = Counter()
    at = node + count
    while at != node:
        last = int(before[at])
        passed[row_of[min(last % count, at % count), max(last % count, at % count)]] += 1
        at = last
    return tuple(sorted(row for row, times in passed.items() if times % 2))


# ----------------------------------------------------------------------------------------------------------------------
# The Lagrangian bound of maximal covering, in whole numbers.
#
# Relax "a row is covered only if one of its sites is open" with a multiplier for each row, between 0 and its weight.
# What is left falls apart: a row keeps its weight less its multiplier, a site earns the multipliers of its rows, and
# the p best earners open. Any multipliers give a bound (Fisher 1981); those of the linear relaxation give its value.
# Weights and multipliers are whole multiples of a unit, so that the bound is a sum of integers, without any rounding.


_WORD = 61
"""Bits that a sum over all rows may take in an int64, with room to spare."""
_FINEST = 20
"""Bits by which a multiplier may be finer than a weight."""


def weight_bits(weight: Floats) -> int:
    """Return by how many bits weights are scaled up to become whole, 0 for those that are.

    Real weights are rounded up to multiples of 2**-bits, where the sum of all keeps below 2**52: so a bound on the
    rounded problem bounds the real one, and the two differ by less than 2**-51 of the total a row.
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
    merged: Merged, p: int, multipliers: Floats, cuts: _Cuts | None = None, worth: Floats | None = None
) -> Bound:
    """Compute the bound that multipliers give."""
    weight = merged.weights[0]
    fine = min(_FINEST, _WORD - max(1, int(weight.sum()).bit_length()))
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


def _charges(cuts: _Cuts, worth: Floats, units: Ints, fine: int) -> Ints:
    """Round multipliers of cuts down to fine units, so that no row pays more than it has."""
    charge = np.ldexp(np.maximum(np.nan_to_num(worth), 0.0), fine)
    load = cuts.rows.T @ charge
    share = np.divide(units, load, out=np.ones(len(units)), where=load > units)
    least = np.array([share[part].min() for part in np.split(cuts.rows.indices, cuts.rows.indptr[1:-1])])
    whole = np.floor(charge * least).astype(np.int64)
    short = cuts.rows.T @ whole > units  # by rounding of floats, if at all
    whole[np.unique(cuts.rows[:, short].nonzero()[0])] = 0
    return np.asarray(whole, np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# What is left of maximal covering when some sites are settled: rows, sites, and the program over them.


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
    """Merge the demand of a problem, open what is required and shut what is forbidden."""
    rules = problem.rules
    merged = merge(problem.cover, whole_weights(problem.weight, weight_bits(problem.weight))[None])
    nothing = np.empty(0, np.int64)
    rest = Rest(merged, np.arange(problem.sites), problem.p or 0, nothing, 0.0, nothing)
    return rest.settle(rules.required, rules.forbidden) if len(rules.required) + len(rules.forbidden) else rest


def relaxation(rest: Rest, bits: int, cuts: Sequence[Cut] = ()) -> LinearProgram:
    """Build what is left as a program: the least weight left uncovered by p sites."""
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


def _plan_values(rest: Rest, plan: Ints) -> Floats:
    """Return a plan as values of the variables of :func:`relaxation`."""
    opened = np.isin(rest.sites, plan).astype(np.float64)
    return np.concatenate([opened, (rest.merged.by_row @ opened < 0.5).astype(np.float64)])


# ----------------------------------------------------------------------------------------------------------------------
# A good plan quickly: what the compiled search works on, and how it is started and continued.


_STRONGEST_KICK = 4
_SEED = 88172645463325252
"""Start of the xorshift of Marsaglia (2003); the seed of a caller is added."""
_LEAST_SWAP = 0.5
"""What a swap has to win, when weights are whole."""


class LocalSearch:
    """Iterated local search for maximal covering.

    Parameters
    ----------
    merged
        Rows with whole weights; their sum is below 2**53.
    p
        Most sites to open.
    seed
        Seed of the kicks.
    """

    def __init__(self, merged: Merged, p: int, seed: int) -> None:
        self._p, self._sites = p, merged.cover.shape[0]
        weighty = np.flatnonzero(merged.weights[0] > 0)
        by_row = merged.by_row[weighty]
        cover = by_row.T.tocsr()
        weight = merged.weights[0][weighty]
        self._instance = kernel.Instance(
            site_start=cover.indptr.astype(np.int64),
            site_row=cover.indices.astype(np.int64),
            row_start=by_row.indptr.astype(np.int64),
            row_site=by_row.indices.astype(np.int64),
            weight=weight,
        )
        self._gain: Floats = np.asarray(cover @ weight, np.float64)
        self._desk = kernel.SwapDesk(
            overlap=np.zeros(self._sites),
            met=np.empty(self._sites, np.int64),
            queue=np.empty(self._sites, np.int64),
            dirty=np.zeros(self._sites, bool),
            kept=np.zeros(self._sites, bool),
            tail=np.zeros(1, np.int64),
            chance=np.array([_SEED + seed], np.int64),
        )
        self._best = self._shut()
        self.value = 0.0

    @property
    def sites(self) -> Ints:
        """Positions of the open sites of the best plan so far."""
        return np.flatnonzero(self._best.opened)

    def start(self, ranking: Ints | None = None) -> float:
        """Start from a ranking of sites, or greedily; keep the result if it is better than what there was."""
        state, value = self._shut(), 0.0
        for site in () if ranking is None else ranking[: self._p]:
            value += state.gain[site]
            kernel.open_site(int(site), self._instance, state)
        value += kernel.greedy(self._instance, state, self._p - int(state.opened.sum()))
        for site in range(self._sites):
            self._desk.queue[site], self._desk.dirty[site] = site, True
        self._desk.tail[0] = self._sites
        value += kernel.swaps(self._instance, state, self._desk, _LEAST_SWAP)
        if value > self.value:
            self.value = value
            kernel.copy(state, self._best)
        return self.value

    def improve(self, rounds: int) -> float:
        """Kick the best plan and mend it, some times over."""
        opened = int(self._best.opened.sum())
        if 0 < opened < self._sites and len(self._instance.weight):
            state = self._shut()
            kernel.copy(self._best, state)
            strongest = min(_STRONGEST_KICK, opened)  # a kick shuts as many of the sites that were open as it opens
            self.value += kernel.iterated(self._instance, state, self._best, self._desk, rounds, strongest, _LEAST_SWAP)
        return self.value

    def _shut(self) -> kernel.State:
        rows = len(self._instance.weight)
        return kernel.State(
            opened=np.zeros(self._sites, bool),
            depth=np.zeros(rows, np.int64),
            only=np.zeros(rows, np.int64),
            gain=self._gain.copy(),
            loss=np.zeros(self._sites),
        )


# ----------------------------------------------------------------------------------------------------------------------
# Branch and bound of our own: what the compiled tree works on, and how it is asked.


_ROOT_STEPS, STEPS = 60, 20
"""Steps of the subgradient at the root, and at every other node."""
ENDLESS = 2**62
ASKED, _EACH = 1_000_000_000, 200_000_000
"""What all questions about equals may cost together, and what each, in entries of the cover that are looked at."""


class Tree:
    """A tree that looks for a plan that is better than the incumbent.

    Parameters
    ----------
    merged
        Rows with whole weights.
    p
        Most sites that may open.
    multipliers
        Shape (rows,), where the root starts from.
    incumbent
        Weight of the plan that is to be beaten, in units.
    """

    def __init__(self, merged: Merged, p: int, multipliers: Floats, incumbent: int) -> None:
        weight, sites, rows = merged.weights[0], merged.cover.shape[0], merged.rows
        deepest = int(np.diff(merged.by_row.indptr).max(initial=1)) + 1
        bits = _WORD - max(1, int(weight.sum()).bit_length()) - deepest.bit_length()
        self.fits = bits >= 0
        """Whether sums keep within a machine word."""
        fine = max(0, min(_FINEST, bits))
        units = np.ldexp(weight, fine).astype(np.int64)
        cut = np.ldexp(np.clip(np.nan_to_num(multipliers), 0.0, weight), fine)
        self._fine, self._start = fine, incumbent << fine
        self._ground = kernel.Ground(
            start=merged.cover.indptr.astype(np.int64),
            site_row=merged.cover.indices.astype(np.int64),
            weight=units,
            coarse=1 << fine,
        )
        self._node = kernel.Node(
            state=np.zeros(sites, np.int8),
            opened=np.zeros(rows, np.int64),
            free=np.diff(merged.by_row.indptr).astype(np.int64),
            score=np.array([0, p], np.int64),
        )
        self._best = kernel.Best(np.array([self._start], np.int64), np.zeros(sites, bool))
        self._stack = kernel.Stack(
            price=np.empty((sites + 2, rows), np.int64),
            site=np.zeros(sites + 2, np.int64),
            sides=np.zeros(sites + 2, np.int64),
            mark=np.zeros(sites + 2, np.int64),
            trail=np.zeros(sites + 1, np.int64),
            cursor=np.array([-1, 0, 0], np.int64),
        )
        self._desk = kernel.Desk(
            reward=np.zeros(sites, np.int64),
            times=np.zeros(rows, np.int64),
            average=np.zeros(sites),
        )
        self._stack.price[0] = np.minimum(np.rint(cut).astype(np.int64), units)

    @property
    def value(self) -> int:
        """Weight of the best plan, in units; the incumbent's when none is better."""
        return int(self._best.value[0]) >> self._fine

    @property
    def found(self) -> Ints | None:
        """Places of the sites of a plan that beats the incumbent; None when there is none so far."""
        return np.flatnonzero(self._best.sites) if self._best.value[0] > self._start else None

    @property
    def nodes(self) -> int:
        """How many nodes were explored."""
        return int(self._stack.cursor[kernel.NODES])

    def affordable(self, work: int) -> int:
        """Return how many nodes some work pays for, in entries of the cover that are looked at; at least one."""
        return 1 + work // (STEPS * (1 + len(self._ground.site_row)))

    def settle(self, opened: Ints, shut: Ints) -> None:
        """Open and shut sites before the tree is begun."""
        for site in opened:
            kernel.settle(int(site), kernel.OPEN, self._ground, self._node, self._stack)
        for site in shut:
            kernel.settle(int(site), kernel.SHUT, self._ground, self._node, self._stack)

    def grow(self, quota: int, enough: int | None = None) -> bool:
        """Explore some nodes."""
        stop = ENDLESS if enough is None else enough << self._fine
        stack, tree = self._stack, (self._ground, self._node, self._best, self._stack, self._desk)
        if self.nodes == 0:
            price = stack.price[0]
            branch = kernel.explored(self._ground, self._node, price, self._best, stack, self._desk, _ROOT_STEPS)
            stack.cursor[kernel.NODES] = 1
            if branch < 0:
                return True
            stack.site[0], stack.mark[0], stack.cursor[kernel.DEPTH] = branch, stack.cursor[kernel.TRAIL], 0
        return bool(kernel.search(*tree, STEPS, quota, stop))


class Equals:
    """Looks for the first among plans that cover as much: the fewest sites, then the lowest positions.

    Parameters
    ----------
    merged
        Rows with whole weights.
    multipliers
        Shape (rows,), where trees start from.
    value
        Weight, in units, that is proven to be the most.
    settled
        Places of sites that are open, and that are shut, in every such plan.
    """

    def __init__(self, merged: Merged, multipliers: Floats, value: int, settled: tuple[Ints, Ints]) -> None:
        self._merged, self._multipliers, self._value = merged, multipliers, value
        self._opened, self._shut = ([int(site) for site in part] for part in settled)
        self._work = 0

    def first(self, plan: Ints, over: Callable[[], bool]) -> tuple[Ints, bool]:
        """Find it."""
        while len(plan) > len(self._opened):
            fewer = self._ask(len(plan) - 1, over)
            if fewer is UNKNOWN:
                return plan, False
            if fewer is None:
                break
            plan = fewer
        few = len(plan)
        for site in range(self._merged.cover.shape[0]):
            if len(self._opened) == few:
                break
            if site in self._opened or site in self._shut:
                continue
            self._opened.append(site)
            if site in plan:
                continue
            found = self._ask(few, over)
            if found is UNKNOWN:
                return plan, False
            if found is None:
                self._shut.append(self._opened.pop())
            else:
                plan = found
        return plan, True

    def _ask(self, p: int, over: Callable[[], bool]) -> Ints | None:
        """Return such a plan of at most p sites, None if there is none, ``UNKNOWN`` if that is too much work."""
        if len(self._opened) > p:
            return None
        tree = Tree(self._merged, p, self._multipliers, self._value - 1)
        if over() or self._work > ASKED or not tree.fits:
            return UNKNOWN
        tree.settle(np.array(self._opened, np.int64), np.array(self._shut, np.int64))
        closed = tree.grow(tree.affordable(_EACH), self._value)
        self._work += tree.nodes * _EACH // tree.affordable(_EACH)
        if tree.found is not None:
            return tree.found
        return None if closed else UNKNOWN


UNKNOWN: Ints = np.empty(0, np.int64)


QUICK_ROUNDS, ROUNDS, LONG_ROUNDS = 100, 800, 8000
"""Kicks before the relaxation, after it, and before branch and bound."""
# ----------------------------------------------------------------------------------------------------------------------
# The fast way to maximal covering: search, multipliers, fixing, merging again, and branch and bound on the rest.


_CHUNK = 400
"""Kicks between two looks at the clock."""
MANY = 400
"""Sites left to the tree that make a long search beforehand worth its time."""
WORK, _BITE = 2_000_000_000, 50_000_000
"""What a tree of our own may cost before the solver is asked, and between two looks at the clock, in entries read."""
_HOPELESS = 10
"""By how much the tree is cut short where many sites are left: such trees seldom close."""
WORTHWHILE = 0.1
"""Share of the sites that a round has to settle for another one."""
_CUT_ROUNDS, _CUTS_WORTHWHILE = 30, 0.02
"""Rounds of cuts on one relaxation, and the share of its gap that a round has to close to be worth it."""
_STALE = 3
"""Rounds in a row that are not worth it, after which there is no other."""
_LARGE = {"mip_lp_solver": "ipx", "presolve": "off"}
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
        """Find the plan."""
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
        for _ in range(0, rounds, _CHUNK):
            if self._course.over or self._done:
                break
            search.improve(min(_CHUNK, rounds))
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
        for _ in range(_CUT_ROUNDS):
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
            stale = stale + 1 if left > (1.0 - _CUTS_WORTHWHILE) * before else 0
            if self._enough or stale == _STALE or self._settles(rest, best):
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
        closed, quota = False, tree.affordable(WORK // _HOPELESS if many else WORK)
        while tree.fits and not (closed or self._course.over) and tree.nodes < quota:
            closed = tree.grow(tree.affordable(_BITE))
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
        on_bound = self._course.listener("branch and bound", True, offset)
        start, options = _plan_values(rest, self._plan), _LARGE if many else None
        answer = solve_mip(program, self._course.left, start=start, on_bound=on_bound, options=options)
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
