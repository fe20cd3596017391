"""Exact merging: demand rows that the same sites cover are one row to every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from workbench.siting.merge_kernel import groups, summed
from workbench.siting.rules import Floats, Ints


@dataclass(frozen=True, eq=False)
class Merged:
    """Demand after merging.

    Parameters
    ----------
    cover
        Shape (sites, rows).
    by_row
        Shape (rows, sites), the same by rows.
    weights
        Shape (kinds, rows), summed.
    group
        Shape (demand,), which row a demand went into; -1 where no site covers it.
    """

    cover: sp.csr_array
    by_row: sp.csr_array
    weights: Floats
    group: Ints

    @property
    def rows(self) -> int:
        """How many rows are left."""
        return int(self.by_row.shape[0])


def merge(cover: sp.csr_array, weights: Floats) -> Merged:
    """Merge demand rows with equal cover sets, and drop those that nothing covers.

    Parameters
    ----------
    cover
        Shape (sites, demand); rows are equal when sites and shares are.
    weights
        Shape (kinds, demand).

    Returns
    -------
    Merged
        Rows in the order of their first demand.
    """
    table = cover.tocsc()
    table.sort_indices()
    demand = cover.shape[1]
    slots = np.full(1 << max(3, (2 * demand - 1).bit_length()), -1, np.int64)
    first, group = np.empty(demand, np.int64), np.empty(demand, np.int64)
    start, site = table.indptr.astype(np.int64), table.indices.astype(np.int64)
    count = groups(start, site, table.data.view(np.uint64), slots, first, group)
    total = np.zeros((len(weights), count))
    summed(group, np.ascontiguousarray(weights), total)
    by_row = sp.csr_array(table.T)[first[:count]]
    return Merged(sp.csr_array(by_row.T), by_row, total, group)


def unmerged(cover: sp.csr_array, weights: Floats) -> Merged:
    """Give every demand a row of its own, where merging would lose who is served."""
    group = np.arange(cover.shape[1], dtype=np.int64)
    return Merged(cover, sp.csr_array(cover.T), np.ascontiguousarray(weights), group)
