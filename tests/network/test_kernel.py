"""The search, its guards and its claims, against plain Dijkstra, bit for bit."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.network.oracle import Case, cases, nearest_of, reach_of, seeds_of
from workbench.network import Seeds, WalkNetwork, kernel
from workbench.network.search import Tuning

CRAMPED = Tuning(log_room=1, flood_room=0, batch=2, claim_room=64, row_room=0, kept_pairs=0, patience=math.inf)
"""Every log is full at once and must grow; no search is handed to the heap."""
HASTY = Tuning(log_room=1, flood_room=0, batch=2, claim_room=0, row_room=0, kept_pairs=0, patience=-1.0)
"""Every search whose log is full is handed to the heap."""
TUNINGS = st.sampled_from([Tuning(), CRAMPED, HASTY])

many = settings(max_examples=draws(150))


def assert_reach(network: WalkNetwork, case: Case) -> None:
    found = network.reach_from(case.sources(), case.limit)
    expected = reach_of(case)
    assert found.shape == (len(case.seeds), case.nodes)
    for row, (columns, values) in enumerate(expected):
        part = slice(found.indptr[row], found.indptr[row + 1])
        assert found.indices[part].tolist() == columns
        assert found.data[part].tolist() == values


def assert_clean(network: WalkNetwork) -> None:
    for work in network._search.desk.free:
        assert np.isinf(work.label).all()
        assert (work.owner == -1).all()


@many
@given(cases(), TUNINGS)
def test_reach_is_dijkstra(case, tuning):
    network = case.network().tuned(tuning)
    assert_reach(network, case)
    assert_clean(network)


@many
@given(cases(), TUNINGS)
def test_nearest_is_the_first_minimum_over_dijkstra(case, tuning):
    network = case.network().tuned(tuning)
    distance, index = network.nearest_from(case.sources(), case.limit)
    assert (distance.tolist(), index.tolist()) == nearest_of(case)
    assert distance.dtype == np.float64
    assert index.dtype == np.int64
    assert_clean(network)


@many
@given(cases(), TUNINGS, st.data())
def test_the_claim_of_a_source_equals_asking_again(case, tuning, data):
    if not case.seeds:
        return
    position = data.draw(st.integers(0, len(case.seeds) - 1))
    network, seeds = case.network().tuned(tuning), case.sources()
    distance, index = network.nearest_from(seeds.without(position), case.limit)
    kept = distance.copy(), index.copy()
    search, one = network._search, seeds.take([position])
    [(node, *before)] = search.claim(one, (position,), case.limit, search.slack(seeds, case.limit), distance, index)
    assert (distance.tolist(), index.tolist()) == nearest_of(case)
    assert sorted(node) == np.flatnonzero((distance != kept[0]) | (index != kept[1])).tolist()
    distance[node], index[node] = before
    assert (distance.tolist(), index.tolist()) == (kept[0].tolist(), kept[1].tolist())
    assert_clean(network)


def test_rounding_does_not_give_a_node_to_the_wrong_source():
    # At the fork source 1 is nearer by one unit in the last place. The last step rounds that away, so
    # beyond it both are equally far and the lower position owns it.
    near, far = 0.3, 0.1 + 0.2
    assert near < far
    assert near + 1.0 == far + 1.0 or near + 4.0 == far + 4.0
    case = Case(
        nodes=4,
        edges=[(0, 2), (1, 2), (2, 3)],
        length=[far, near, 4.0],
        oneway=[False] * 3,
        seeds=[[(0, 0.0)], [(1, 0.0)]],
    )
    for spot in range(20):  # whichever of the two comes first along the Z-curve
        case.spot = spot
        _, index = case.network().nearest_from(case.sources(), math.inf)
        assert index.tolist() == [0, 1, 1, 0]
        assert nearest_of(case)[1] == [0, 1, 1, 0]


@pytest.mark.parametrize("tuning", [Tuning(), CRAMPED, HASTY])
def test_positions_decide_ties_whatever_the_order_on_the_ground(tuning):
    steps = 20
    middle = steps // 2
    line = Case(steps + 1, [(i, i + 1) for i in range(steps)], [1.0] * steps, [False] * steps)
    for spot in range(20):
        line.spot = spot
        network = line.network().tuned(tuning)
        assert network.nearest([0, steps], 99)[1].tolist() == [0] * (middle + 1) + [1] * middle
        assert network.nearest([steps, 0], 99)[1].tolist() == [1] * middle + [0] * (middle + 1)
        assert network.nearest([middle] * 3, 99)[1].tolist() == [0] * (steps + 1)


@pytest.mark.parametrize("tuning", [Tuning(), CRAMPED, HASTY])
def test_more_starts_than_the_log_has_room_for(tuning):
    starts = [[(0, 3.0), (0, 0.0), (0, 1.0)], [(0, 2.0)] * 3, [(0, 0.0)] * 9]
    case = Case(1, [], [], [], starts)
    network = case.network().tuned(tuning)
    assert network.nearest_from(case.sources(), math.inf)[1].tolist() == [0]
    assert network.reach_from(case.sources(), math.inf).data.tolist() == [0, 2, 0]


def ladder(steps: int) -> tuple[list[tuple[int, int]], list[float]]:
    """Build a network that makes a first-in-first-out search wander: every shortcut is found too early."""
    edges, length = [], []
    for i in range(steps):
        edges += [(i, i + 1), (i, i + 2)]
        length += [1.0, 2.0 + 2.0 ** (steps - i)]
    return edges, length


@pytest.mark.parametrize("patience", [-1.0, 0.5, 4.0, math.inf])
def test_a_search_that_wanders_still_ends_right(patience):
    edges, length = ladder(40)
    xy = np.c_[np.arange(42), np.zeros(42)]
    network = WalkNetwork.from_edges(xy, edges, length).tuned(Tuning(log_room=8, flood_room=0, patience=patience))
    expected = [float(i) for i in range(41)]
    assert network.reach([0], math.inf).data.tolist()[:41] == expected
    assert network.nearest([0], math.inf)[0].tolist()[:41] == expected


def grid(side: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    corner = np.arange(side * side).reshape(side, side)
    edges = np.r_[np.c_[corner[:, :-1].ravel(), corner[:, 1:].ravel()], np.c_[corner[:-1].ravel(), corner[1:].ravel()]]
    xy = np.c_[np.divmod(np.arange(side * side), side)] * 100.0
    name = random.permutation(side * side)
    placed = np.empty_like(xy)
    placed[name] = xy
    return placed, name[edges], np.round(random.uniform(80, 140, len(edges)), 1)


@pytest.mark.parametrize("tuning", [Tuning(), CRAMPED, HASTY])
def test_rows_of_any_length_are_sorted_and_right(tuning):
    xy, edges, length = grid(20, seed=5)
    network = WalkNetwork.from_edges(xy, edges, length).tuned(tuning)
    sources = [3, 399, 7, 3, 120]
    for limit in (0.0, 250.0, 700.0, 1500.0, math.inf):  # from one node, past MOST_COUNTED, to all
        case = Case(400, edges.tolist(), length.tolist(), [False] * len(edges), [[(s, 0.0)] for s in sources], limit)
        assert_reach(network, case)
        distance, index = network.nearest(sources, limit)
        assert (distance.tolist(), index.tolist()) == nearest_of(case)


def test_every_kernel_is_compiled_once():
    # A second set of types would double the wait of a first run and hide a conversion.
    kernels = kernel.reach_rows, kernel.compact, kernel.arrange, kernel.flood, kernel.hand_over
    for function in (*kernels, kernel.finish, kernel.claim_near, kernel.claim_far):
        assert len(function.signatures) <= 1, function.__name__


def test_the_text_of_the_kernels_is_what_is_compiled():
    # The same lines as plain Python: what a debugger steps through gives the same answer.
    arcs = kernel.Arcs(
        np.array([0, 1, 3, 4], np.uint32), np.array([1, 0, 2, 1], np.uint32), np.array([1.0, 1.0, 2.0, 2.0])
    )
    log = kernel.Log(np.empty(16, np.uint32), np.empty(16))
    label = np.full(3, np.inf)
    label[0], log.node[0], log.distance[0] = 0.0, 0, 0.0
    zero, one = np.uint64(0), np.uint64(1)
    head, tail = kernel.spread.py_func(arcs, 9.0, label, log, zero, one, np.uint64(12))
    assert (int(head), int(tail)) == (3, 3)
    assert label.tolist() == [0.0, 1.0, 3.0]


def test_searches_in_two_threads_do_not_meet():
    from concurrent.futures import ThreadPoolExecutor

    xy, edges, length = grid(20, seed=6)
    network = WalkNetwork.from_edges(xy, edges, length)
    alone = [network.reach([source], 900.0) for source in range(40)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda source: network.reach([source], 900.0), range(40)))
    for one, other in zip(alone, together, strict=True):
        assert one.indices.tolist() == other.indices.tolist()
        assert one.data.tolist() == other.data.tolist()
    assert_clean(network)


def test_a_source_between_nodes_starts_at_both():
    case = Case(
        3, [(0, 1), (1, 2)], [100.0, 100.0], [False] * 2, [[(0, 30.0), (1, 70.0)], [], [(2, 5.0), (2, 1.0)]], 150.0
    )
    network = case.network()
    assert_reach(network, case)
    assert network.reach_from(case.sources(), 150.0).toarray().tolist() == [[30, 70, 0], [0, 0, 0], [0, 101, 1]]
    assert network.nearest_from(seeds_of(case.seeds), 150.0)[1].tolist() == [0, 0, 2]
    assert isinstance(case.sources(), Seeds)


def test_a_kernel_that_is_not_on_disk_is_told_of_once() -> None:
    told: list[str] = []
    with kernel.told_of_compiling(lambda: told.append("once")):
        for number in range(2):
            numba.njit(lambda x, number=number: x + number)(1)
    assert told == ["once"]
