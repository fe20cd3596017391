"""A good plan quickly: what the compiled search works on, and how it is started and continued."""

from __future__ import annotations

import numpy as np

from workbench.siting import swap_kernel as kernel
from workbench.siting.merging import Merged
from workbench.siting.rules import Floats, Ints

STRONGEST_KICK = 4
SEED = 88172645463325252
"""Start of the xorshift of Marsaglia (2003); the seed of a caller is added."""
LEAST = 0.5
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
        self._desk = kernel.Desk(
            overlap=np.zeros(self._sites),
            met=np.empty(self._sites, np.int64),
            queue=np.empty(self._sites, np.int64),
            dirty=np.zeros(self._sites, bool),
            kept=np.zeros(self._sites, bool),
            tail=np.zeros(1, np.int64),
            chance=np.array([SEED + seed], np.int64),
        )
        self._best = self._shut()
        self.value = 0.0

    @property
    def sites(self) -> Ints:
        """Positions of the open sites of the best plan so far."""
        return np.flatnonzero(self._best.opened)

    def start(self, ranking: Ints | None = None) -> float:
        """Start from a ranking of sites, or greedily; keep the result if it is better than what there was.

        Parameters
        ----------
        ranking
            Positions of sites, the best first; None for the greedy choice.

        Returns
        -------
        float
            The weight that the best plan covers.
        """
        state, value = self._shut(), 0.0
        for site in () if ranking is None else ranking[: self._p]:
            value += state.gain[site]
            kernel.open_site(int(site), self._instance, state)
        value += kernel.greedy(self._instance, state, self._p - int(state.opened.sum()))
        for site in range(self._sites):
            self._desk.queue[site], self._desk.dirty[site] = site, True
        self._desk.tail[0] = self._sites
        value += kernel.swaps(self._instance, state, self._desk, LEAST)
        if value > self.value:
            self.value = value
            kernel.copy(state, self._best)
        return self.value

    def improve(self, rounds: int) -> float:
        """Kick the best plan and mend it, some times over.

        Parameters
        ----------
        rounds
            How many times.

        Returns
        -------
        float
            The weight that the best plan covers.
        """
        opened = int(self._best.opened.sum())
        if 0 < opened < self._sites and len(self._instance.weight):
            state = self._shut()
            kernel.copy(self._best, state)
            strongest = min(STRONGEST_KICK, opened)  # a kick shuts as many of the sites that were open as it opens
            self.value += kernel.iterated(self._instance, state, self._best, self._desk, rounds, strongest, LEAST)
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
