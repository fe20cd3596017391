"""The peers, each asked the way its own users would ask for the most speed.

A peer that is not installed is left out, and the table says so. Slow ones answer for some of the sources
and are scaled up; the table says that too.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.clock import cpu
from benchmarks.grounds import Ground

Ball = dict[int, float]
"""Nodes within the limit of one source, and how far they are."""

_FARTHEST_M = 1e6
"""Stands for no limit where a peer insists on one."""

_MOST_FOR_PANDANA = 100_000
"""Nodes; its hierarchy takes minutes to build beyond this."""


@dataclass(frozen=True)
class Peer:
    """Somebody else's answer to the same question.

    Parameters
    ----------
    name
        Who, and by which call.
    ask
        ``ask(sources, limit)`` answers; what it returns is only looked at by ``balls`` or ``walks``.
    read
        Makes the answer comparable: one ball a source, or the distance of every node.
    sample
        Sources it can be asked for in reasonable time.
    note
        What else must be said, build time for one.
    exact
        Whether it claims to be.
    """

    name: str
    ask: Callable[[NDArray[np.int64], float], Any]
    read: Callable[[Any], Any]
    sample: int
    note: str = ""
    exact: bool = True


def installed(*names: str) -> dict[str, Any]:
    """Import what is there of some modules."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.import_module(name)
        except ImportError:
            continue
    return found


def sparse(ground: Ground) -> Any:
    """Lay a ground out as scipy wants it."""
    from scipy.sparse import csr_array

    ends = np.r_[ground.edges, ground.edges[:, ::-1]]
    return csr_array((np.r_[ground.length_m, ground.length_m], (ends[:, 0], ends[:, 1])), shape=(ground.n, ground.n))


def networkx_graph(networkx: Any, ground: Ground) -> Any:
    """Lay a ground out as networkx wants it."""
    graph = networkx.Graph()
    graph.add_nodes_from(range(ground.n))
    ends = ground.edges.tolist()
    graph.add_weighted_edges_from((a, b, w) for (a, b), w in zip(ends, ground.length_m.tolist(), strict=True))
    return graph


def reach_peers(ground: Ground, quick: bool) -> Iterator[Peer]:
    """Peers that can say which nodes lie within a walk of each source."""
    big = ground.n > _MOST_FOR_PANDANA
    yield _scipy_reach(ground, 10 if big else 500 if quick else 5000)
    libraries = installed("networkx", "rustworkx", "pandana")
    if "networkx" in libraries:
        yield _networkx_reach(libraries["networkx"], ground, 200 if quick else 2000)
    if "rustworkx" in libraries:
        yield _rustworkx_reach(libraries["rustworkx"], ground, 200 if quick else 2000)
    if "pandana" in libraries and not big and not quick:
        yield from _pandana_reach(libraries["pandana"], ground)


def _scipy_reach(ground: Ground, sample: int) -> Peer:
    from scipy.sparse.csgraph import dijkstra

    graph = sparse(ground)

    def ask(sources: NDArray[np.int64], limit: float) -> Any:
        return dijkstra(graph, indices=sources, limit=limit)

    def read(answer: Any) -> list[Ball]:
        return [{int(v): float(row[v]) for v in np.flatnonzero(np.isfinite(row))} for row in answer]

    # One call for all is the fastest way to ask, but its answer is dense: two gigabytes at 50,000 nodes.
    return Peer("scipy dijkstra(limit=)", ask, read, sample)


def _networkx_reach(networkx: Any, ground: Ground, sample: int) -> Peer:
    graph = networkx_graph(networkx, ground)
    within = networkx.single_source_dijkstra_path_length

    def ask(sources: NDArray[np.int64], limit: float) -> list[Ball]:
        return [within(graph, source, cutoff=limit) for source in sources.tolist()]

    return Peer("networkx (= OSMnx)", ask, lambda answer: answer, sample)


def _rustworkx_graph(rustworkx: Any, ground: Ground) -> Any:
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(ground.n))
    ends = ground.edges.tolist()
    graph.add_edges_from([(a, b, w) for (a, b), w in zip(ends, ground.length_m.tolist(), strict=True)])
    return graph


def _rustworkx_search(rustworkx: Any, graph: Any) -> Callable[[int, float], Ball]:
    """Stop at the limit: of what rustworkx offers, only a visitor can."""

    class Within(rustworkx.visit.DijkstraVisitor):  # type: ignore[misc]
        def __init__(self, limit: float) -> None:
            self.limit = limit
            self.ball: Ball = {}

        def discover_vertex(self, node: int, metres: float) -> None:
            if metres > self.limit:
                raise rustworkx.visit.StopSearch
            self.ball[node] = metres

    def within(source: int, limit: float) -> Ball:
        visitor = Within(limit)
        rustworkx.dijkstra_search(graph, [source], float, visitor)
        return visitor.ball

    return within


def _rustworkx_reach(rustworkx: Any, ground: Ground, sample: int) -> Peer:
    within = _rustworkx_search(rustworkx, _rustworkx_graph(rustworkx, ground))

    def ask(sources: NDArray[np.int64], limit: float) -> list[Ball]:
        return [within(source, limit) for source in sources.tolist()]

    return Peer("rustworkx dijkstra_search", ask, lambda answer: answer, sample)


def _pandana_network(pandana: Any, ground: Ground) -> tuple[Any, str]:
    """Build its network, and say what that took."""
    import pandas as pd

    built: list[Any] = []

    def build() -> None:
        x, y = pd.Series(ground.xy[:, 0]), pd.Series(ground.xy[:, 1])
        a, b = pd.Series(ground.edges[:, 0]), pd.Series(ground.edges[:, 1])
        built.append(pandana.Network(x, y, a, b, pd.DataFrame({"metres": ground.length_m})))

    return built, f"built in {cpu(build, repeats=1, warm=False):.1f} s; lengths cut to millimetres"


def _pandana_reach(pandana: Any, ground: Ground) -> Iterator[Peer]:
    [network], note = _pandana_network(pandana, ground)
    names = np.arange(ground.n, dtype=np.int64)

    def raw(sources: NDArray[np.int64], limit: float) -> Any:
        return network.net.nodes_in_range(sources, limit, 0, names)

    def table(sources: NDArray[np.int64], limit: float) -> Any:
        return network.nodes_in_range(sources, limit)

    yield Peer("pandana, its C++ call", raw, lambda answer: [dict(ball) for ball in answer], 5000, note, exact=False)
    yield Peer("pandana nodes_in_range", table, lambda answer: None, 5000, note, exact=False)


def _pandana_nearest(pandana: Any, ground: Ground) -> Peer:
    [network], note = _pandana_network(pandana, ground)

    def ask(sources: NDArray[np.int64], limit: float) -> Any:
        far = min(limit, _FARTHEST_M)
        network.set_pois("stations", far, 1, ground.xy[sources, 0], ground.xy[sources, 1])
        return network.nearest_pois(far, "stations", num_pois=1), far

    def read(answer: Any) -> NDArray[np.float64]:
        found, far = answer
        walks = found[1].to_numpy(float)
        return np.where(walks < far, walks, np.inf)  # it puts whoever reaches nothing at the limit

    return Peer("pandana set_pois, nearest_pois", ask, read, 10**9, note, exact=False)


def nearest_peers(ground: Ground, along_curve: NDArray[np.uint32], quick: bool) -> Iterator[Peer]:
    """Peers that can say how far every node is from the nearest source."""
    from scipy.sparse.csgraph import dijkstra

    graph = sparse(ground)

    def ask(sources: NDArray[np.int64], limit: float) -> Any:
        return dijkstra(graph, indices=sources, limit=limit, min_only=True, return_predecessors=True)

    yield Peer("scipy min_only", ask, lambda answer: answer[0], 10**9)

    # The same, handed a network that somebody else has put in order: more than its users get.
    sorted_graph = sparse(
        Ground(ground.xy[np.argsort(along_curve)], along_curve[ground.edges].astype(np.int64), ground.length_m)
    )

    def ask_sorted(sources: NDArray[np.int64], limit: float) -> Any:
        home = np.sort(along_curve[sources].astype(np.int64))
        return dijkstra(sorted_graph, indices=home, limit=limit, min_only=True, return_predecessors=True)

    yield Peer("scipy min_only, network in Z-order", ask_sorted, lambda answer: answer[0][along_curve], 10**9)
    libraries = {} if quick else installed("networkx", "rustworkx", "pandana")
    if "networkx" in libraries:
        yield _networkx_nearest(libraries["networkx"], ground)
    if "rustworkx" in libraries:
        yield _rustworkx_nearest(libraries["rustworkx"], ground)
    if "pandana" in libraries and ground.n <= _MOST_FOR_PANDANA:
        yield _pandana_nearest(libraries["pandana"], ground)


def _networkx_nearest(networkx: Any, ground: Ground) -> Peer:
    graph = networkx_graph(networkx, ground)

    def ask(sources: NDArray[np.int64], limit: float) -> Ball:
        found: Ball = networkx.multi_source_dijkstra_path_length(graph, set(sources.tolist()), cutoff=limit)
        return found

    return Peer("networkx (= OSMnx)", ask, lambda answer: _walks(answer, ground.n), 10**9)


def _rustworkx_nearest(rustworkx: Any, ground: Ground) -> Peer:
    """Search from one node more, that is no way from every source: it knows no other way to ask for many."""
    graph = _rustworkx_graph(rustworkx, ground)
    within = _rustworkx_search(rustworkx, graph)

    def ask(sources: NDArray[np.int64], limit: float) -> Ball:
        root = graph.add_node(ground.n)
        graph.add_edges_from([(root, source, 0.0) for source in sources.tolist()])
        ball = within(root, limit)
        graph.remove_node(root)
        del ball[root]
        return ball

    return Peer("rustworkx dijkstra_search", ask, lambda answer: _walks(answer, ground.n), 10**9)


def _walks(ball: Ball, n: int) -> NDArray[np.float64]:
    walks = np.full(n, np.inf)
    walks[list(ball)] = list(ball.values())
    return walks
