"""Odd-cycle inequalities of maximal covering: what the linear relaxation does not know of rows that overlap.

Take an odd number of rows T. One site covers several of them at most as often as it stands in them, so that half of
all "a row is covered only if one of its sites is open", added up with half of "a row is covered once", rounds to

    sum of z over T  <=  (|T| - 1) / 2  +  sum over sites of ceil(n / 2) x,    n = rows of T that the site covers

(Chvátal 1973; the zero-half cuts of Caprara and Fischetti 1996). It is violated by half of what is missing to 1 of

    sum over T of |x(row) - 1|  +  sum of x over sites in an odd number of the rows.

Rows joined at shared sites to a closed walk of odd length have every inner site twice: the shortest such walk, found
in a graph with two copies of each site (Grötschel, Lovász and Schrijver 1988), gives the most violated of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import dijkstra

from workbench.siting.rules import Floats, Ints

FRACTIONAL = 1e-3
"""How far from 0 and 1 a site has to be to be a node of the graph."""
LEAST = 0.02
"""Least that has to be missing to 1."""
WIDEST = 8
"""Most fractional sites of a row that is looked at; wider rows cost too much to be in a short walk."""
NEXT_TO_NOTHING = 1e-7
"""Length added to every edge, so that of walks as long the one of fewer rows is taken."""

DIGITS = 6
"""Decimals to which rows cost the same: an interior point is no more exact."""

Cut = tuple[int, ...]
"""Rows of an inequality, ascending, an odd number of them."""


@dataclass(frozen=True, eq=False)
class Cuts:
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


def cuts_of(by_row: sp.csr_array, chosen: Sequence[Cut]) -> Cuts:
    """Write inequalities as matrices.

    Parameters
    ----------
    by_row
        Shape (rows, sites), who covers whom.
    chosen
        The rows of each.
    """
    size = np.array([len(cut) for cut in chosen], np.int64)
    ptr = np.concatenate([[0], np.cumsum(size)])
    rows = np.array([row for cut in chosen for row in cut], np.int64)
    inside = sp.csr_array((np.ones(len(rows), np.int64), rows, ptr), shape=(len(chosen), by_row.shape[0]))
    pattern = sp.csr_array((np.ones(by_row.nnz, np.int64), by_row.indices, by_row.indptr), shape=by_row.shape)
    sites = sp.csr_array(inside @ pattern)
    sites.data = (sites.data + 1) // 2
    return Cuts(inside, sites, (size - 1) // 2)


def followed(cuts: Sequence[Cut], row_of: Ints) -> list[Cut]:
    """Return inequalities on rows that have merged, or gone, since.

    Parameters
    ----------
    cuts
        The rows of each as they were.
    row_of
        Which row each of those is now; -1 where it is no question any more.

    Returns
    -------
    list of Cut
        Rows that went into one count once if they are odd in number; what is left of an inequality that lost a row is
        no odd cycle any more, and is dropped.
    """
    found: dict[Cut, None] = {}
    for cut in cuts:
        times = Counter(row_of[list(cut)].tolist())
        if -1 not in times:
            rows = tuple(sorted(row for row, count in times.items() if count % 2))
            if len(rows) > 1:
                found.setdefault(rows)
    return list(found)


def violated(by_row: sp.csr_array, weight: Floats, opened: Floats) -> list[Cut]:
    """Find inequalities that a solution of the relaxation violates.

    Parameters
    ----------
    by_row
        Shape (rows, sites).
    weight
        Shape (rows,); of rows that cost as much the heaviest is taken, for a cut is worth no more than its lightest.
    opened
        Shape (sites,), to what share each site is open.

    Returns
    -------
    list of Cut
        One for each fractional site at most, the most violated first.
    """
    nodes = np.flatnonzero((opened > FRACTIONAL) & (opened < 1.0 - FRACTIONAL))
    row_of, length = _edges(by_row, weight, opened, nodes)
    if not row_of:
        return []
    count = len(nodes)
    ends = np.array(list(row_of), np.int64)
    start, end = ends[:, 0], ends[:, 1]
    heads = np.concatenate([start, end, start + count, end + count])
    tails = np.concatenate([end + count, start + count, end, start])
    graph = sp.csr_array((np.tile(length, 4), (heads, tails)), shape=(2 * count, 2 * count))
    far, before = dijkstra(graph, indices=np.arange(count), return_predecessors=True, limit=1.0 - LEAST)
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
    for row in np.flatnonzero((apart < 1.0 - LEAST) & (width >= 2) & (width <= WIDEST)).tolist():
        inside = place[by_row.indices[by_row.indptr[row] : by_row.indptr[row + 1]]]
        inside = np.sort(inside[inside >= 0])
        shares = opened[nodes[inside]]
        for i, one in enumerate(inside[:-1].tolist()):
            for j, other in enumerate(inside[i + 1 :].tolist(), i + 1):
                cost = round(max(float(apart[row] + reached[row] - shares[i] - shares[j]), 0.0), DIGITS)
                if cost < 1.0 - LEAST:
                    rank = (cost, -float(weight[row]), row)
                    best[one, other] = min(best.get((one, other), rank), rank)
    length = np.array([cost for cost, _, _ in best.values()]) + NEXT_TO_NOTHING
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
