"""Sharing out money: equal to trying every combination, and the same choice every time."""

from __future__ import annotations

from itertools import pairwise, product

from hypothesis import given
from hypothesis import strategies as st

from workbench.rooms.works.search import Step, added, best_within, steps

NUMBER = st.integers(0, 4)
OPTION = st.tuples(st.integers(0, 6), st.tuples(st.integers(0, 1), NUMBER, NUMBER, NUMBER))
CENTRES = st.lists(st.lists(OPTION, max_size=3).map(lambda more: [(0, (0, 4, 4, 4)), *more]), max_size=4)


@given(CENTRES, st.integers(0, 20))
def test_every_amount_of_money_does_the_best_it_can(options: list, most: int) -> None:
    chain = steps(options, most)
    for money in range(most + 1):
        every = [
            (added(worth for _, worth in picked), sum(cost for cost, _ in picked))
            for picked in product(*options)
            if sum(cost for cost, _ in picked) <= money
        ]
        step = best_within(chain, money)
        assert (step.worth, step.cost) == min(every)
        picked = [own[number] for own, number in zip(options, step.chosen, strict=True)]
        assert (added(worth for _, worth in picked), sum(cost for cost, _ in picked)) == (step.worth, step.cost)
    assert all(a.cost < b.cost and a.worth > b.worth for a, b in pairwise(chain))


def test_the_first_priority_comes_first_whatever_the_rest_costs() -> None:
    options = [[(0, (0, 10, 0, 0)), (5, (0, 9, 0, 0))], [(0, (0, 0, 900, 0)), (5, (0, 0, 0, 0))]]
    assert best_within(steps(options, 5), 5) == Step(5, (0, 9, 900, 0), (1, 0))
    assert best_within(steps(options, 10), 10).chosen == (1, 1)


def test_among_equals_the_later_centre_gets_the_money() -> None:
    alike = [(0, (0, 7, 0, 0)), (5, (0, 0, 0, 0))]
    assert best_within(steps([alike, alike], 5), 5).chosen == (0, 1)
