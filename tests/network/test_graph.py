"""The walking network as its callers see it."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from tests.depth import draws
from tests.network.oracle import Case, cases, nearest_of, reach_of, seeds_of
from workbench.errors import NetworkError
from workbench.network import Seeds, WalkNetwork
from workbench.network.topology import morton_order, ranks, sorting_order

some = settings(max_examples=draws(100))

# A street of four corners, 100 m apart, and a fifth corner that no way leads to.
CORNERS = [[0, 0], [100, 0], [200, 0], [300, 0], [0, 900]]
STREET = [[0, 1], [1, 2], [2, 3]]


@pytest.fixture
def street():
    return WalkNetwork.from_edges(CORNERS, STREET, [100, 100, 100])


# Answers that can be checked by hand


def test_reach_holds_exactly_the_nodes_within_the_limit(street):
    rows = street.reach([1, 4], 100)
    assert isinstance(rows, csr_array)
    assert rows.shape == (2, 5)
    assert rows.indptr.tolist() == [0, 3, 4]
    assert rows.indices.tolist() == [0, 1, 2, 4]
    assert rows.data.tolist() == [100, 0, 100, 0]
    assert rows.indices.dtype == np.int32
    assert rows.data.dtype == np.float64
    assert rows.data.nbytes + rows.indices.nbytes == 12 * rows.nnz
    assert rows.has_sorted_indices
    rows.check_format(full_check=True)


def test_the_limit_is_included_to_the_last_bit(street):
    assert street.reach([0], 100.0).nnz == 2
    assert street.reach([0], np.nextafter(100.0, 0.0)).nnz == 1
    assert street.reach([0], 0).data.tolist() == [0.0]
    assert street.reach([0], math.inf).nnz == 4


def test_nearest_of_two_stations(street):
    distance, index = street.nearest([3, 0], math.inf)
    assert distance.tolist() == [0, 100, 100, 0, math.inf]
    assert index.tolist() == [1, 1, 0, 0, -1]


def test_no_station_is_an_answer(street):
    distance, index = street.nearest([], 300)
    assert np.isinf(distance).all()
    assert (index == -1).all()
    assert street.reach([], 300).shape == (0, 5)
    assert street.nearest_from(seeds_of([[], []]), 300)[1].tolist() == [-1] * 5
    assert street.reach_from(seeds_of([[], []]), 300).nnz == 0


def test_parallel_ways_keep_the_shortest_and_loops_are_dropped():
    net = WalkNetwork.from_edges([[0, 0], [9, 0]], [[0, 1], [1, 0], [0, 0], [0, 1]], [5, 3, 1, 4])
    assert net.n_arcs == 2
    assert net.reach([0], 9).data.tolist() == [0, 3]
    other = net.with_lengths([1, 3, 0, 4])
    assert other.reach([0], 9).data.tolist() == [0, 1]
    assert net.reach([0], 9).data.tolist() == [0, 3]


def test_one_way_is_walked_one_way():
    net = WalkNetwork.from_edges([[0, 0], [9, 0]], [[0, 1], [0, 1]], [5, 7], oneway=[True, False])
    assert net.n_arcs == 2
    assert net.reach([0, 1], 9).toarray().tolist() == [[0, 5], [7, 0]]
    assert WalkNetwork.from_edges([[0, 0], [9, 0]], [[1, 0]], [5], oneway=[True]).reach([0, 1], 9).nnz == 3


def test_an_infinite_length_closes_a_way(street):
    closed = street.with_lengths([100, math.inf, 100])
    assert closed.reach([0], math.inf).indices.tolist() == [0, 1]
    assert closed.nearest([0], math.inf)[1].tolist() == [0, 0, -1, -1, -1]
    assert closed.components().tolist() == [0, 0, 0, 0, 1]
    assert not np.isfinite(closed.with_lengths([math.inf] * 3).nearest([0], 9)[0][1:]).any()


def test_pieces_are_numbered_by_their_lowest_node():
    net = WalkNetwork.from_edges(np.zeros((6, 2)), [[5, 1], [4, 2], [2, 0]], [1, 1, 1], oneway=[True, True, False])
    assert net.components().tolist() == [0, 1, 0, 2, 0, 1]


def test_a_network_without_ways_or_nodes():
    bare = WalkNetwork.from_edges([[0, 0], [1, 1]], [], [])
    assert (bare.n_nodes, bare.n_arcs) == (2, 0)
    assert bare.reach([1, 0], math.inf).toarray().tolist() == [[0, 0], [0, 0]]
    assert bare.reach([1], math.inf).indices.tolist() == [1]
    empty = WalkNetwork.from_edges([], [], [])
    assert (empty.n_nodes, empty.n_arcs) == (0, 0)
    assert empty.components().tolist() == []
    assert empty.nearest([], 9)[0].shape == (0,)
    assert empty.reach([], 9).shape == (0, 0)


def test_what_a_network_says_of_itself(street):
    assert street.n_nodes == 5
    assert street.n_arcs == 6
    assert street.xy.tolist() == CORNERS
    assert not street.xy.flags.writeable
    assert 0 < street.nbytes < 1000


def test_the_arrays_handed_in_stay_the_callers():
    xy = np.array(CORNERS, float)
    net = WalkNetwork.from_edges(xy, STREET, [100.0, 100.0, 100.0])
    xy[0] = 7.0
    assert net.xy[0].tolist() == [0, 0]
    node = np.array([1, 2])
    seeds = Seeds.at_nodes(node)
    node[0] = 99
    assert seeds.node.tolist() == [1, 2]


def test_a_network_can_be_sent_to_another_process(street):
    copy = pickle.loads(pickle.dumps(street))
    assert copy.reach([1], 100).indices.tolist() == [0, 1, 2]


# Seeds


def test_seeds_pick_and_close():
    seeds = Seeds(ptr=[0, 2, 2, 3], node=[4, 5, 6], offset_m=[1.0, 2.0, 3.0])
    assert len(seeds) == 3
    picked = seeds.take([2, 0, 0, 1])
    assert picked.ptr.tolist() == [0, 1, 3, 5, 5]
    assert picked.node.tolist() == [6, 4, 5, 4, 5]
    assert picked.offset_m.tolist() == [3, 1, 2, 1, 2]
    closed = seeds.without(0)
    assert closed.ptr.tolist() == [0, 0, 0, 1]
    assert closed.node.tolist() == [6]
    assert len(Seeds.at_nodes([])) == 0


def test_seeds_gathered_by_source():
    seeds = Seeds.gathered([2, 0, 0, 2], [7, 5, 4, 6], [1.0, 2.0, 3.0, float("inf")], 4)
    assert seeds.ptr.tolist() == [0, 2, 2, 3, 3]  # the second and the last start nowhere
    assert seeds.node.tolist() == [4, 5, 7]
    assert seeds.offset_m.tolist() == [3, 2, 1]
    assert len(seeds.take([])) == 0


def test_a_start_beyond_the_limit_reaches_nothing(street):
    seeds = seeds_of([[(0, 120.0)], [(0, 100.0)]])
    assert street.reach_from(seeds, 100).toarray().tolist() == [[0] * 5, [100, 0, 0, 0, 0]]
    assert street.nearest_from(seeds, 100)[1].tolist() == [1, -1, -1, -1, -1]


# What must hold whatever the network


def relabelled(case: Case, name: list[int]) -> Case:
    edges = [(name[a], name[b]) for a, b in case.edges]
    seeds = [[(name[node], offset) for node, offset in one] for one in case.seeds]
    return Case(case.nodes, edges, case.length, case.oneway, seeds, case.limit, case.spot + 1)


@some
@given(cases(), st.data())
def test_other_names_for_the_nodes_change_only_the_names(case, data):
    name = data.draw(st.permutations(range(case.nodes)))
    distance, index = case.network().nearest_from(case.sources(), case.limit)
    other = relabelled(case, name)
    renamed_distance, renamed_index = other.network().nearest_from(other.sources(), case.limit)
    assert renamed_distance[name].tolist() == distance.tolist()
    assert renamed_index[name].tolist() == index.tolist()
    rows = other.network().reach_from(other.sources(), case.limit)
    for row, (columns, values) in enumerate(reach_of(case)):
        part = slice(rows.indptr[row], rows.indptr[row + 1])
        expected = dict(zip((name[node] for node in columns), values, strict=True))
        assert dict(zip(rows.indices[part].tolist(), rows.data[part].tolist(), strict=True)) == expected


@some
@given(cases())
def test_rows_come_in_the_order_of_the_sources(case):
    network, seeds = case.network(), case.sources()
    rows = network.reach_from(seeds, case.limit)
    backwards = network.reach_from(seeds.take(np.arange(len(seeds))[::-1]), case.limit)
    for row in range(len(seeds)):
        there = slice(rows.indptr[row], rows.indptr[row + 1])
        back = slice(backwards.indptr[-row - 2], backwards.indptr[len(seeds) - row])
        assert rows.indices[there].tolist() == backwards.indices[back].tolist()
        assert rows.data[there].tolist() == backwards.data[back].tolist()


@some
@given(cases())
def test_more_sources_and_longer_walks_never_lengthen_a_walk(case):
    network, seeds = case.network(), case.sources()
    distance, _ = network.nearest_from(seeds, case.limit)
    for fewer in range(len(seeds)):
        assert (network.nearest_from(seeds.without(fewer), case.limit)[0] >= distance).all()
    shorter, _ = network.nearest_from(seeds, case.limit / 2)
    assert (shorter >= distance).all()
    assert (shorter[shorter < math.inf] == distance[shorter < math.inf]).all()


@some
@given(cases(), st.data())
def test_other_lengths_are_another_network_on_the_same_ways(case, data):
    network = case.network()
    case.length = data.draw(st.lists(st.integers(0, 5).map(float), min_size=len(case.edges), max_size=len(case.edges)))
    distance, index = network.with_lengths(case.length).nearest_from(case.sources(), case.limit)
    assert (distance.tolist(), index.tolist()) == nearest_of(case)


@some
@given(cases())
def test_pieces_are_what_can_be_walked_both_ways(case):
    piece = case.network().components()
    case.oneway, case.limit = [False] * len(case.edges), math.inf
    for node in range(case.nodes):
        case.seeds = [[(node, 0.0)]]
        assert np.flatnonzero(piece == piece[node]).tolist() == reach_of(case)[0][0]
    first = np.unique(piece, return_index=True)[1]
    assert (np.diff(first) > 0).all()


# The Z-curve


def test_the_curve_visits_quarter_after_quarter():
    square = np.array([[x, y] for y in range(4) for x in range(4)], float)
    first_quarter = {0, 1, 4, 5}
    assert set(morton_order(square)[:4].tolist()) == first_quarter
    assert morton_order(np.zeros((3, 2))).tolist() == [0, 1, 2]
    assert morton_order(np.array([[1e308, 0.0], [-1e308, 0.0]])).tolist() == [1, 0]


@given(st.lists(st.integers(0, 5)))
def test_sorting_keeps_equals_in_order(keys):
    order = sorting_order(np.array(keys, np.uint32))
    assert order.tolist() == sorted(range(len(keys)), key=keys.__getitem__)
    assert ranks(order)[order].tolist() == list(range(len(keys)))


# Bad input: one clear message


BAD_NETWORKS = {
    "xy: wrong shape; expected (n, 2); found (3,)": {"xy": [1, 2, 3]},
    "row 1, column xy: a coordinate that is not finite": {"xy": [[0, 0], [math.nan, 0], [1, 1], [2, 2], [3, math.inf]]},
    "found [nan  0.] and 1 more": {"xy": [[0, 0], [math.nan, 0], [1, 1], [2, 2], [3, math.inf]]},
    "xy: wrong type; expected numbers; found <U1": {"xy": [["a", "b"]]},
    "xy: not an array; expected rows of one length": {"xy": [[0, 0], [1]]},
    "edges: wrong type; expected whole numbers; found float64": {"edges": [[0.0, 1.0], [1, 2], [2, 3]]},
    "edges: wrong type; expected whole numbers; found bool": {"edges": [[True, False]]},
    "edges: wrong shape; expected (m, 2); found (3, 3)": {"edges": [[0, 1, 2]] * 3},
    "row 2, column edges: a node that does not exist; expected 0 to 4; found [2 5]": {
        "edges": [[0, 1], [1, 2], [2, 5]]
    },
    "row 0, column edges: a node that does not exist; expected 0 to 4; found [-1  1]": {
        "edges": [[-1, 1], [1, 2], [2, 3]]
    },
    "row 1, column length_m: a length that is no length; expected finite and not negative; found -1.0": {
        "length_m": [1, -1.0, 1]
    },
    "found nan and 2 more": {"length_m": [math.nan, math.inf, -1]},
    "length_m: wrong shape; expected (3,); found (2,)": {"length_m": [1, 2]},
    "oneway: wrong type; expected true or false; found int64": {"oneway": [0, 1, 0]},
    "oneway: wrong shape; expected (3,); found (1,)": {"oneway": [True]},
}


@pytest.mark.parametrize("message", BAD_NETWORKS)
def test_a_bad_network_says_what_is_wrong(message):
    given = {"xy": CORNERS, "edges": STREET, "length_m": [100, 100, 100]} | BAD_NETWORKS[message]
    oneway = given.pop("oneway", None)
    with pytest.raises(NetworkError) as caught:
        WalkNetwork.from_edges(**given, oneway=oneway)
    assert "WalkNetwork.from_edges" in str(caught.value)
    assert message in str(caught.value)


def test_a_network_too_big_to_number_is_refused(monkeypatch):
    monkeypatch.setattr("workbench.network.topology.MOST_NODES", 4)
    monkeypatch.setattr("workbench.network.topology.MOST_EDGES", 2)
    with pytest.raises(NetworkError, match="too many nodes; expected at most 4; found 5"):
        WalkNetwork.from_edges(CORNERS, STREET, [100, 100, 100])
    with pytest.raises(NetworkError, match="too many edges; expected at most 2; found 3"):
        WalkNetwork.from_edges(CORNERS[:4], STREET, [100, 100, 100])


def test_all_problems_of_a_call_come_at_once(street):
    with pytest.raises(NetworkError) as caught:
        WalkNetwork.from_edges([[0, math.nan]], [[0, 3]], [-1.0], oneway=[1])
    assert [problem.column for problem in caught.value.problems] == ["xy", "edges", "length_m", "oneway"]
    with pytest.raises(NetworkError, match="2 problems"):
        street.reach([9], math.nan)
    assert isinstance(caught.value, ValueError)


BAD_QUESTIONS = {
    "row 1, column sources: a position outside the network; expected 0 to 4; found 5": ([0, 5], 1.0),
    "found -1": ([-1], 1.0),
    "sources: wrong type; expected whole numbers; found float64": ([0.0], 1.0),
    "sources: wrong shape; expected (k,); found ()": (0, 1.0),
    "limit_m: no limit; expected a number, not negative; found -1.0": ([0], -1.0),
    "limit_m: no limit; expected a number, not negative; found nan": ([0], math.nan),
    "found '300'": ([0], "300"),
    "found None. Use math.inf to walk without a limit.": ([0], None),
}


@pytest.mark.parametrize("message", BAD_QUESTIONS)
def test_a_bad_question_says_what_is_wrong(street, message):
    for ask in (street.reach, street.nearest):
        with pytest.raises(NetworkError) as caught:
            ask(*BAD_QUESTIONS[message])
        assert message in str(caught.value)


def test_bad_seeds_say_what_is_wrong(street):
    bad = {
        "ptr: not a pointer; expected numbers that never fall, from 0 to 2; found 0 to 1": ([0, 1], [1, 2], [0, 0]),
        "found nothing": ([], [], []),
        "found 0 to 2": ([0, 2, 1, 2], [1, 2], [0, 0]),
        "row 1, column offset_m: a length that is no length": ([0, 2], [1, 2], [0, -1]),
        "offset_m: wrong shape; expected (2,); found (1,)": ([0, 2], [1, 2], [0]),
        "node: wrong type": ([0, 1], [1.5], [0]),
    }
    for message, parts in bad.items():
        with pytest.raises(NetworkError) as caught:
            Seeds(*parts)
        assert message in str(caught.value)
    for ask in (street.reach_from, street.nearest_from):
        with pytest.raises(NetworkError, match="outside the network"):
            ask(Seeds.at_nodes([5]), 1.0)
    with pytest.raises(NetworkError, match="expected 0 to 0"):
        Seeds.at_nodes([1]).take([1])
    with pytest.raises(NetworkError, match="expected none"):
        Seeds.at_nodes([]).without(0)
    with pytest.raises(NetworkError, match="whole numbers"):
        Seeds.at_nodes([0.5])


def test_other_lengths_are_checked_too(street):
    with pytest.raises(NetworkError, match="infinite where closed; found nan"):
        street.with_lengths([1, math.nan, 1])
    with pytest.raises(NetworkError, match="expected \\(3,\\)"):
        street.with_lengths([1])
