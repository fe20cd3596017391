"""What the walking network must equal: Dijkstra's algorithm, written down as plainly as it goes."""

import heapq
import math
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from workbench.network import Seeds, WalkNetwork


@dataclass
class Case:
    """A network as its edges were given, and what to ask of it."""

    nodes: int
    edges: list[tuple[int, int]]
    length: list[float]
    oneway: list[bool]
    seeds: list[list[tuple[int, float]]] = field(default_factory=list)
    limit: float = math.inf
    spot: int = 0

    def network(self) -> WalkNetwork:
        xy = np.random.default_rng(self.spot).integers(0, 50, (self.nodes, 2))
        return WalkNetwork.from_edges(xy, self.edges, self.length, oneway=self.oneway)

    def sources(self) -> Seeds:
        return seeds_of(self.seeds)

    def walks(self, source: int) -> list[float]:
        return walks(self.nodes, self.edges, self.length, self.oneway, self.seeds[source], self.limit)


def seeds_of(starts: list[list[tuple[int, float]]]) -> Seeds:
    ptr = np.cumsum([0] + [len(one) for one in starts])
    flat = [start for one in starts for start in one]
    return Seeds(ptr, [node for node, _ in flat], [offset for _, offset in flat])


def walks(nodes, edges, length, oneway, starts, limit) -> list[float]:
    """Distance of every node from one source, infinite beyond the limit."""
    ways = [[] for _ in range(nodes)]
    for (tail, head), metres, only in zip(edges, length, oneway, strict=True):
        ways[tail].append((head, metres))
        if not only:
            ways[head].append((tail, metres))
    distance = [math.inf] * nodes
    heap = [(offset, node) for node, offset in starts if offset <= limit]
    heapq.heapify(heap)
    while heap:
        so_far, here = heapq.heappop(heap)
        if so_far >= distance[here]:
            continue
        distance[here] = so_far
        for node, metres in ways[here]:
            if so_far + metres <= limit and so_far + metres < distance[node]:
                heapq.heappush(heap, (so_far + metres, node))
    return distance


def reach_of(case: Case) -> list[tuple[list[int], list[float]]]:
    """Columns and values of every row."""
    rows = []
    for source in range(len(case.seeds)):
        distance = case.walks(source)
        columns = [node for node in range(case.nodes) if distance[node] < math.inf]
        rows.append((columns, [distance[node] for node in columns]))
    return rows


def nearest_of(case: Case) -> tuple[list[float], list[int]]:
    """Minimum over the sources, and the first place of it."""
    distance, index = [math.inf] * case.nodes, [-1] * case.nodes
    for source in range(len(case.seeds)):
        for node, walk in enumerate(case.walks(source)):
            if walk < distance[node]:
                distance[node], index[node] = walk, source
    return distance, index


LENGTHS = (
    st.integers(0, 3).map(float),  # ties, and lengths of zero
    st.integers(0, 9).map(lambda tenth: tenth / 10),  # sums that depend on their order
    st.sampled_from([0.1, 0.2, 0.3, 1e-17, 1e16, 0.0]),  # lengths that vanish beside others
    st.floats(0, 1e3),
)


@st.composite
def cases(draw, sources: int = 6) -> Case:
    """Small networks with everything that is awkward: pieces, loops, parallels, one-way, ties, offsets."""
    nodes = draw(st.integers(1, 12))
    node = st.integers(0, nodes - 1)
    metres = draw(st.sampled_from(LENGTHS))
    edges = draw(st.lists(st.tuples(node, node), max_size=30))
    length = draw(st.lists(metres, min_size=len(edges), max_size=len(edges)))
    flag = draw(st.sampled_from([st.just(False), st.booleans()]))
    oneway = draw(st.lists(flag, min_size=len(edges), max_size=len(edges)))
    one = st.lists(st.tuples(node, metres | st.just(0.0)), max_size=3)
    seeds = draw(st.lists(one, max_size=sources))
    limit = draw(st.sampled_from([0.0, 0.3, 1.0, 2.0, 4.5, 1e16, math.inf]))
    return Case(nodes, edges, length, oneway, seeds, limit, draw(st.integers(0, 99)))
