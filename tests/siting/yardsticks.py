"""Readers of the OR-Library instances of the p-median and of warehouse location."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.sparse.csgraph import shortest_path

Floats = NDArray[np.float64]


def read_pmed(path: Path) -> tuple[Floats, int]:
    """Return all shortest paths and p; an edge listed twice takes the later line."""
    numbers = np.array(path.read_text().split(), int)
    nodes, _, p = numbers[:3]
    length = np.zeros((nodes, nodes))
    for one, other, cost in numbers[3:].reshape(-1, 3):
        length[one - 1, other - 1] = length[other - 1, one - 1] = cost
    return shortest_path(sp.csr_array(length), directed=False), int(p)


def read_cap(path: Path) -> tuple[Floats, Floats, Floats]:
    """Return cost of serving all of each customer (sites, customers), cost of opening, and demand."""
    words = iter(path.read_text().split())
    sites, customers = int(next(words)), int(next(words))
    fixed = np.empty(sites)
    for i in range(sites):
        next(words)
        fixed[i] = float(next(words))
    cost, demand = np.empty((sites, customers)), np.empty(customers)
    for j in range(customers):
        demand[j] = float(next(words))
        cost[:, j] = [float(next(words)) for _ in range(sites)]
    return cost, fixed, demand


def optima(path: Path) -> dict[str, float]:
    """Return the published optima by instance."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    return {name.removesuffix(".txt"): float(value) for name, value in lines}
