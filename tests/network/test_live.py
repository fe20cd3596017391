"""An answer that is kept true equals the one computed anew, to the last bit, after any edits."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.network.oracle import LENGTHS, seeds_of
from workbench.network import WalkNetwork
from workbench.network.live import LiveNearest

INF = float("inf")


@st.composite
def estates(draw: st.DrawFn):
    """A street of nodes, and compounds behind it that are entered through openings only."""
    metres = draw(st.sampled_from(LENGTHS))
    out, inn = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    street, inside = st.integers(0, out - 1), st.integers(out, out + inn - 1)
    edges = draw(st.lists(st.tuples(street, street) | st.tuples(inside, inside), max_size=16))
    gates = draw(st.lists(st.tuples(street, inside), min_size=1, max_size=4))
    length = [draw(metres) for _ in edges]
    one = st.lists(st.tuples(st.integers(0, out + inn - 1), metres), max_size=2)
    seeds = draw(st.lists(one, max_size=4))
    opened = [draw(st.booleans()) for _ in gates]
    edit = st.one_of(
        st.tuples(st.just("add"), st.integers(0, 9), one),
        st.tuples(st.just("remove"), st.integers(0, 9), st.none()),
        st.tuples(st.just("open"), st.integers(0, 3), metres),
        st.tuples(st.just("shut"), st.integers(0, 3), st.none()),
        st.tuples(st.just("undo"), st.integers(0, 9), st.none()),
    )
    return out + inn, edges, length, gates, opened, seeds, draw(st.lists(edit, max_size=8))


def anew(nodes, edges, length, gates, lengths, seeds):
    net = WalkNetwork.from_edges(
        np.zeros((nodes, 2)),
        [*edges, *gates],
        np.zeros(len(edges) + len(gates)),
        oneway=[False] * len(edges) + [True] * len(gates),
    ).with_lengths([*length, *lengths])
    keys = sorted(seeds)
    distance, index = net.nearest_from(seeds_of([seeds[key] for key in keys]), INF)
    return net, distance, np.where(index >= 0, np.array([*keys, -1])[index], -1)


@given(estates())
@settings(max_examples=250, deadline=None)
def test_edits_equal_a_new_answer(case) -> None:
    nodes, edges, length, gates, opened, seeds, edits = case
    sources = {2 * key: starts for key, starts in enumerate(seeds)}  # odd keys are free for newcomers
    lengths = [0.0 if is_open else INF for is_open in opened]
    net, *_ = anew(nodes, edges, length, gates, lengths, sources)
    live = LiveNearest(net, np.arange(len(gates)) + len(edges), np.array([*length, *lengths]))
    live.begin({key: ([n for n, _ in starts], [o for _, o in starts]) for key, starts in sources.items()})
    past: list[tuple] = []
    for what, number, given_value in edits:
        before = (live.mark, dict(sources), list(lengths))
        gate = number % len(gates)
        if what == "add" and number not in sources:
            sources[number] = given_value
            live.add(number, [n for n, _ in given_value], [o for _, o in given_value])
        elif what == "remove" and number in sources:
            del sources[number]
            live.remove(number)
        elif what == "open" and lengths[gate] == INF:
            lengths[gate] = given_value
            live.open(len(edges) + gate, given_value)
        elif what == "shut" and lengths[gate] < INF:
            lengths[gate] = INF
            live.shut(len(edges) + gate)
        elif what == "undo" and past:
            mark, old, openings = past.pop()
            live.undo(mark)
            known = {**dict.fromkeys(sources), **old}
            starts = {k: None if s is None else ([n for n, _ in s], [o for _, o in s]) for k, s in known.items()}
            live.restore(starts, {len(edges) + g: x for g, x in enumerate(openings)})
            sources, lengths = old, openings
        else:
            continue
        if what != "undo":
            past.append(before)
        _, distance, index = anew(nodes, edges, length, gates, lengths, sources)
        assert live.distance.tolist() == distance.tolist()
        assert live.index.tolist() == index.tolist()
        assert {k: list(zip(*live.starts(k), strict=True)) for k in sources} == sources
