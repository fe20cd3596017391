"""Districts that several tests look at, made once a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, dijkstra

from workbench.ground import synthetic
from workbench.ground.district import District
from workbench.ground.sources import read_district

EMBEDDED = Path(__file__).parents[2] / "geodata" / "x-district"


@cache
def embedded() -> District:
    """As it is kept; test_embedded compares it with what the generator makes, which takes longer."""
    return read_district(EMBEDDED)


@cache
def small(seed: int, communities: int) -> District:
    return synthetic.district(seed, communities=communities)


class Walks:
    """The ways of a district as plain scipy graphs, apart from the package's own network."""

    def __init__(self, district: District) -> None:
        ways = district.ways
        self.u, self.v = ways["u"].to_numpy(), ways["v"].to_numpy()
        self.length = ways.length.to_numpy()
        self.outside = ways["compound"].isna().to_numpy()
        self.size = int(max(self.u.max(), self.v.max())) + 1

    def graph(self, chosen: npt.NDArray[np.bool_]) -> coo_array:
        shape = (self.size, self.size)
        return coo_array((self.length[chosen], (self.u[chosen], self.v[chosen])), shape=shape)

    def nodes(self, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.unique(np.concatenate([self.u[chosen], self.v[chosen]]))

    def pieces(self, chosen: npt.NDArray[np.bool_]) -> list[int]:
        """Sizes of the connected pieces, largest first."""
        _, label = connected_components(self.graph(chosen), directed=False)
        return sorted(np.unique(label[self.nodes(chosen)], return_counts=True)[1].tolist(), reverse=True)

    def distance(self, chosen: npt.NDArray[np.bool_], start: int) -> npt.NDArray[np.float64]:
        return np.asarray(dijkstra(self.graph(chosen).tocsr(), directed=False, indices=start))
