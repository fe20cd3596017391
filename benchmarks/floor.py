"""The floor: breadth first over the same nodes, without lengths, order or limit.

No bounded search can be much faster than looking at each node and each arc once. Two are given, as most
would write it and without branches that depend on the data, which is the fastest known here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np

from workbench.network import WalkNetwork
from workbench.network.search import Search


@numba.njit(nogil=True, cache=True)
def plain(start, head, source, count, epoch, met, column, hops):  # type: ignore[no-untyped-def]
    tail = np.uint64(0)
    for i in range(source.size):
        epoch += 1
        stop = tail + np.uint64(count[i])
        first = tail
        met[source[i]] = epoch
        column[tail] = source[i]
        hops[tail] = 0
        tail += np.uint64(1)
        while first < tail:
            here, far = column[first], hops[first]
            first += np.uint64(1)
            for arc in range(start[here], start[here + np.uint32(1)]):
                node = head[arc]
                if met[node] != epoch and tail < stop:
                    met[node] = epoch
                    column[tail] = node
                    hops[tail] = far + 1
                    tail += np.uint64(1)
    return tail


@numba.njit(nogil=True, cache=True)
def branchless(start, head, source, count, epoch, met, column, hops):  # type: ignore[no-untyped-def]
    tail = np.uint64(0)
    for i in range(source.size):
        epoch += 1
        stop = tail + np.uint64(count[i])
        first = tail
        met[source[i]] = epoch
        column[tail] = source[i]
        hops[tail] = 0
        tail += np.uint64(1)
        while first < tail:
            here, far = column[first], hops[first]
            first += np.uint64(1)
            for arc in range(start[here], start[here + np.uint32(1)]):
                node = head[arc]
                new = (met[node] != epoch) & (tail < stop)
                met[node] = epoch if new else met[node]
                column[tail] = node
                hops[tail] = far + 1
                tail += np.uint64(new)
    return tail


def inside(network: WalkNetwork) -> Search:
    """Open a network up: what is measured here lies below its public face."""
    return network._search  # noqa: SLF001


def floors(network: WalkNetwork, sources: Any, counts: Any) -> dict[str, Callable[[], object]]:
    """Breadth-first searches along the Z-curve that visit as many nodes for each source as it reaches.

    They write rows as they find them: internal numbers, unsorted, sources along the curve, into memory
    that is there already. What :meth:`WalkNetwork.reach` does beyond that is part of its time.
    """
    topology = inside(network).topology
    home = topology.internal_id[sources]
    order = np.argsort(home)
    home, counts = home[order], counts[order]
    pairs = int(counts.sum())
    column, hops = np.empty(pairs + 64, np.uint32), np.empty(pairs + 64, np.int32)
    met, epoch = np.zeros(network.n_nodes, np.int32), [0]

    def run(kernel: Any) -> Callable[[], None]:
        def search() -> None:
            found = kernel(topology.start, topology.head, home, counts, epoch[0], met, column, hops)
            epoch[0] += len(home)
            assert found == pairs, "the floor did not visit as many nodes"

        return search

    return {"floor: breadth first, plain": run(plain), "floor: breadth first, without branches": run(branchless)}
