"""What is covered how often, and what a site more, a site less, or a swap would change: sparse sums, no solver."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike

from workbench.siting.check import weight_covered
from workbench.siting.problem import read_cover, read_weights, shares_only
from workbench.siting.rules import Floats, Gate, Ints


@dataclass(frozen=True, eq=False)
class Layers:
    """Who covers whom, with weights.

    Parameters
    ----------
    cover
        Shape (sites, demand), shares.
    weight
        Shape (demand,).
    needed
        How many sites must cover a demand for it to count.
    """

    cover: sp.csr_array
    weight: Floats
    needed: int

    @cached_property
    def site(self) -> Ints:
        """Site of each entry of the cover."""
        return np.repeat(np.arange(self.cover.shape[0]), np.diff(self.cover.indptr))

    @property
    def decays(self) -> bool:
        """Whether some site covers some demand in part only."""
        return bool((self.cover.data != 1.0).any())

    def by_site(self, worth: Floats) -> Floats:
        """Sum a worth of each entry over sites, (sites,)."""
        return np.asarray(np.bincount(self.site, worth, minlength=self.cover.shape[0]), np.float64)

    def reach(self) -> Floats:
        """Weight that each site reaches, as far as it covers it, (sites,)."""
        return self.by_site(self.weight[self.cover.indices] * self.cover.data)

    def under(self, plan: Ints) -> Counts | Shares:
        """Return what holds when these sites are open."""
        opened = self.cover[plan]
        if self.decays:
            return _shares(self, plan, opened)
        return Counts(self, np.bincount(opened.indices, minlength=self.cover.shape[1]).astype(np.int64))


@dataclass(frozen=True, eq=False)
class Counts:
    """A plan where a demand counts once enough sites cover it.

    Parameters
    ----------
    layers
        Who covers whom.
    count
        Shape (demand,), how many open sites cover it.
    """

    layers: Layers
    count: Ints

    @property
    def share(self) -> Floats:
        """To what share each demand is covered."""
        return (self.count >= self.layers.needed).astype(np.float64)

    @property
    def covered(self) -> float:
        """Weight that is covered."""
        return weight_covered(self.layers.weight, self.share)

    @property
    def _on_edge(self) -> tuple[Floats, Floats]:
        """Weight that one site more would win, and that one site less could lose, (demand,) each."""
        weight, needed = self.layers.weight, self.layers.needed
        return weight * (self.count == needed - 1), weight * (self.count == needed)

    def gains(self) -> Floats:
        """Return what each site that is not open would add, (sites,)."""
        return np.asarray(self.layers.cover @ self._on_edge[0])

    def losses(self, chosen: Ints) -> Floats:
        """Return what is lost without each of these open sites, (chosen,)."""
        return np.asarray(self.layers.cover[chosen] @ self._on_edge[1])

    def swaps(self, others: Ints, chosen: Ints) -> Floats:
        """Return what each of the others would add once a chosen site is shut, (others, chosen)."""
        win, lose = self._on_edge
        change = lose - win  # a demand on the edge of being lost is won again, one on the edge of being won is farther
        seen = np.flatnonzero(change)
        cover = self.layers.cover
        table = cover[others][:, seen] @ sp.csr_array(cover[chosen][:, seen] * change[seen]).T
        return np.asarray(self.gains()[others][:, None] + table.toarray())


@dataclass(frozen=True, eq=False)
class Shares:
    """A plan where a demand is covered to the largest share of an open site.

    Parameters
    ----------
    layers
        Who covers whom.
    best, second
        Shape (demand,), the two largest shares of open sites; 0 where there is none.
    owner
        Shape (demand,), the site with the largest share, the lowest of equals; -1 where there is none.
    """

    layers: Layers
    best: Floats
    second: Floats
    owner: Ints

    @property
    def share(self) -> Floats:
        """To what share each demand is covered."""
        return self.best

    @property
    def covered(self) -> float:
        """Weight that is covered."""
        return weight_covered(self.layers.weight, self.best)

    def gains(self) -> Floats:
        """Return what each site that is not open would add, (sites,)."""
        return self.layers.by_site(self._beyond(self.best))

    def losses(self, chosen: Ints) -> Floats:
        """Return what is lost without each of these open sites, (chosen,)."""
        owned = self.owner >= 0
        worth = self.layers.weight * (self.best - self.second)
        sites = self.layers.cover.shape[0]
        return np.asarray(np.bincount(self.owner[owned], worth[owned], minlength=sites)[chosen])

    def swaps(self, others: Ints, chosen: Ints) -> Floats:
        """Return what each of the others would add once a chosen site is shut, (others, chosen)."""
        layers, sites = self.layers, self.layers.cover.shape[0]
        owner = self.owner[layers.cover.indices]
        more = self._beyond(self.second) - self._beyond(self.best)
        seen = np.flatnonzero((owner >= 0) & (more > 0.0))
        table = sp.csr_array((more[seen], (layers.site[seen], owner[seen])), shape=(sites, sites))
        return np.asarray(self.gains()[others][:, None] + table[others][:, chosen].toarray())

    def _beyond(self, share: Floats) -> Floats:
        """Weight that each entry of the cover is worth beyond a share that is there, (entries,)."""
        column = self.layers.cover.indices
        return self.layers.weight[column] * np.maximum(self.layers.cover.data - share[column], 0.0)


def _shares(layers: Layers, plan: Ints, opened: sp.csr_array) -> Shares:
    demand = layers.cover.shape[1]
    table = sp.coo_array(opened)
    order = np.lexsort((table.row, -table.data, table.col))
    column, data, site = table.col[order], table.data[order], plan[table.row[order]]
    first = np.diff(column, prepend=-1) > 0
    runner_up = np.flatnonzero(~first & np.concatenate(([False], first[:-1])))
    best, second = np.zeros(demand), np.zeros(demand)
    owner = np.full(demand, -1, np.int64)
    best[column[first]], owner[column[first]] = data[first], site[first]
    second[column[runner_up]] = data[runner_up]
    return Shares(layers, best, second, owner)


def read_layers(where: str, cover: Any, weight: ArrayLike | None, cover_at_least: int) -> tuple[Gate, Layers]:
    """Read who covers whom; problems but those of the matrix itself go to the gate.

    Parameters
    ----------
    where
        Name of the verb.
    cover, weight, cover_at_least
        As :func:`workbench.siting.max_cover` takes them.

    Returns
    -------
    tuple of Gate and Layers
        The layers mean nothing if anything is wrong.

    Raises
    ------
    SitingError
        If the cover is no matrix, has no sites or no demand, or is dense and huge.
    """
    matrix = read_cover(where, cover)
    gate = Gate(where, *matrix.shape)
    shares_only(gate, matrix)
    needed = gate.count("cover_at_least", cover_at_least, 1)
    layers = Layers(matrix, read_weights(gate, weight), needed)
    if needed > 1 and layers.decays:
        gate.wrong("cover_at_least", "backup cover and decaying cover cannot be asked together")
    return gate, layers
