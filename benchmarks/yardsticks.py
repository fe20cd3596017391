"""Readers and makers of published instances."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree


def set_covering(path: Path) -> tuple[sp.csr_array, np.ndarray]:
    """Read an instance of the OR-Library: cover (columns × rows) and the costs of the columns."""
    numbers = iter(map(int, path.read_text().split()))
    rows, columns = next(numbers), next(numbers)
    cost = np.array([next(numbers) for _ in range(columns)], float)
    at = [(next(numbers) - 1, row) for row in range(rows) for _ in range(next(numbers))]
    site, demand = np.array(at).T
    return sp.csr_array((np.ones(len(site), bool), (site, demand)), shape=(columns, rows)), cost


def p_median_instance(path: Path) -> tuple[np.ndarray, int]:
    """Read an instance of the OR-Library: all shortest paths, and p; an edge listed twice takes the later line."""
    numbers = np.array(path.read_text().split(), int)
    nodes, _, p = numbers[:3]
    length = np.zeros((nodes, nodes))
    for one, other, cost in numbers[3:].reshape(-1, 3):
        length[one - 1, other - 1] = length[other - 1, one - 1] = cost
    return shortest_path(sp.csr_array(length), directed=False), int(p)


def warehouses(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read an instance of the OR-Library: cost of all of a customer (sites × customers), of opening, and demand."""
    numbers = np.array(path.read_text().split(), float)
    sites, customers = int(numbers[0]), int(numbers[1])
    opening = numbers[3 : 2 + 2 * sites : 2]
    rows = numbers[2 + 2 * sites :].reshape(customers, 1 + sites)
    return rows[:, 1:].T.copy(), opening, rows[:, 0]


CENTERS = {
    "pmed1": 127, "pmed3": 93, "pmed5": 48, "pmed7": 64, "pmed9": 37, "pmed11": 59, "pmed13": 36, "pmed15": 18,
    "pmed17": 39, "pmed19": 18, "pmed21": 40, "pmed23": 22, "pmed25": 11, "pmed27": 32, "pmed29": 13, "pmed31": 30,
    "pmed33": 15, "pmed35": 30, "pmed36": 27, "pmed37": 15, "pmed38": 29, "pmed39": 23,
}  # fmt: skip
"""Optima of the p-center on the p-median instances, as the literature has them (Elloumi, Labbé and Pochet 2004)."""


def optima(folder: Path) -> dict[str, float]:
    """Read the published optima of a folder."""
    lines = (folder / "optima.txt").read_text().splitlines()
    named = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {name.removesuffix(".txt"): float(least) for name, least, *_ in named}


class GlibcRand:
    """``rand`` of the GNU C library after ``srand(seed)``: its additive feedback generator, in whole arrays."""

    def __init__(self, seed: int) -> None:
        state = [seed]
        for _ in range(30):
            state.append((16807 * state[-1]) % 2147483647)
        for i in range(31, 34):
            state.append(state[i - 31])
        for i in range(34, 344):
            state.append((state[i - 31] + state[i - 3]) & 0xFFFFFFFF)
        self._last = np.array(state[-31:], np.uint32)

    def draw(self, count: int) -> np.ndarray:
        """Return the next numbers, between 0 and 2**31 - 1."""
        ring = [int(word) for word in self._last]
        out = np.empty(count, np.int64)
        for i in range(count):
            word = (ring[i % 31] + ring[(i + 28) % 31]) & 0xFFFFFFFF
            ring[i % 31] = word
            out[i] = word >> 1
        turn = count % 31
        self._last = np.array(ring[turn:] + ring[:turn], np.uint32)
        return out


RAND_MAX = 2147483647


def cordeau(customers: int, locations: int, radius: float, seed: int) -> tuple[sp.csr_array, np.ndarray]:
    """Make an instance as Cordeau, Furini and Ljubić (EJOR 2019) do: cover (locations × customers) and demands."""
    rand = GlibcRand(seed)
    places = rand.draw(2 * locations).reshape(-1, 2) / RAND_MAX * 30
    people = rand.draw(2 * customers).reshape(-1, 2) / RAND_MAX * 30
    rand.draw(locations)  # the costs of the locations, which maximal covering does not use
    demand = rand.draw(customers) % 100 + 1
    near = cKDTree(people).query_ball_point(places, radius * (1 - 1e-12), return_sorted=True)
    start = np.concatenate([[0], np.cumsum([len(one) for one in near])])
    return sp.csr_array((np.ones(start[-1], bool), np.concatenate(near), start), shape=(locations, customers)), demand


def scattered(demand: int, sites: int, share: float, seed: int = 0) -> tuple[sp.csr_array, np.ndarray]:
    """Scatter demand and sites in a square, each site covering a share of it: cover, and weights of 1 to 100."""
    draw = np.random.default_rng(seed)
    people, places = draw.random((demand, 2)), draw.random((sites, 2))
    near = cKDTree(people).query_ball_point(places, np.sqrt(share / np.pi), return_sorted=True)
    start = np.concatenate([[0], np.cumsum([len(one) for one in near])])
    cover = sp.csr_array(
        (np.ones(start[-1], bool), np.concatenate(near).astype(np.int64), start), shape=(sites, demand)
    )
    return cover, draw.integers(1, 101, demand).astype(float)
