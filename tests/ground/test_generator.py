"""Seeds, sizes and refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.ground.grounds import Walks, small
from workbench.errors import GeodataError
from workbench.ground import synthetic
from workbench.ground.synthetic.character import TOTALS
from workbench.ground.synthetic.plan import RAIL, RIVER, draw_plan


def test_the_same_seed_gives_the_same_district() -> None:
    first, second = synthetic.district(11, communities=3), synthetic.district(11, communities=3)
    assert dict(first.checksums) == dict(second.checksums)
    assert first.manifest == second.manifest


def test_another_seed_gives_another_district() -> None:
    first, second = small(11, 3), small(12, 3)
    invented = set(first.tables) - {"organisers", "event_types"}  # the same kinds of events everywhere
    assert all(first.checksums[name] != second.checksums[name] for name in invented)


def test_a_numpy_integer_is_a_seed() -> None:
    assert synthetic.district(np.int64(5), communities=np.int32(1)).fingerprint == small(5, 1).fingerprint


@pytest.mark.parametrize("communities", [1, 3, 12])
def test_totals_are_in_proportion(communities: int) -> None:
    district, totals = small(3, communities), TOTALS.scaled(communities)
    assert len(district.communities) == communities
    kinds = district.stations["kind"].value_counts()
    assert kinds["community_centre"] == communities
    assert kinds["post"] == totals.posts
    assert kinds["district_centre"] == totals.district_centres
    assert len(district.ledger("rooms")) == totals.rooms
    assert len(district.candidates) == totals.candidates
    assert int(district.demand["households"].sum()) == totals.households
    assert int(district.demand["residents"].sum()) == totals.residents


def test_the_embedded_totals_are_those_of_the_speech() -> None:
    assert TOTALS.scaled(33) == TOTALS


@settings(max_examples=draws(8), suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**63), communities=st.integers(1, 5))
def test_any_seed_and_size_passes_the_gate_in_one_piece(seed: int, communities: int) -> None:
    district = synthetic.district(seed, communities=communities)
    walks = Walks(district)
    assert len(walks.pieces(np.ones(len(walks.u), bool))) == 1
    assert len(walks.pieces(walks.outside)) == 1


@pytest.mark.parametrize("communities", [1, 2, 5, 11, 13, 17, 21, 33, 37, 150, 1000])
def test_every_plan_hangs_together(communities: int) -> None:
    plan = draw_plan(communities, np.random.default_rng(communities))
    assert [cell.number for cell in plan.cells] == list(range(communities))
    reached, open_ends = {0}, [0]
    beside: dict[int, set[int]] = {cell.number: set() for cell in plan.cells}
    for link in plan.links:
        beside[link.cell_a].add(link.cell_b)
        beside[link.cell_b].add(link.cell_a)
    while open_ends:
        fresh = beside[open_ends.pop()] - reached
        reached |= fresh
        open_ends += fresh
    assert len(reached) == communities


def test_a_district_of_33_has_one_river_and_one_railway() -> None:
    plan = draw_plan(33, np.random.default_rng(0))
    assert (len(plan.rivers), len(plan.railways)) == (1, 1)
    kinds = {border.kind for cell in plan.cells for border in cell.borders}
    assert {RIVER, RAIL} <= kinds


def test_a_pocket_has_neither() -> None:
    plan = draw_plan(1, np.random.default_rng(0))
    assert (plan.rivers, plan.railways, plan.links) == ((), (), ())


BAD: list[tuple[Any, Any, str]] = [
    (-1, 33, "the seed is not valid"),
    (1.5, 33, "the seed is not valid"),
    ("7", 33, "the seed is not valid"),
    (True, 33, "the seed is not valid"),
    (None, 33, "the seed is not valid"),
    (1, 0, "the number of communities is not valid"),
    (1, -3, "the number of communities is not valid"),
    (1, 3001, "the number of communities is not valid"),
    (1, 2.0, "the number of communities is not valid"),
    (1, True, "the number of communities is not valid"),
]


@pytest.mark.parametrize(("seed", "communities", "message"), BAD)
def test_bad_arguments_are_refused(seed: Any, communities: Any, message: str) -> None:
    with pytest.raises(GeodataError, match=message) as caught:
        synthetic.district(seed, communities=communities)
    assert "expected a whole number" in str(caught.value)


def test_all_bad_arguments_are_named_at_once() -> None:
    with pytest.raises(GeodataError) as caught:
        synthetic.district(-1, communities=0)
    assert len(caught.value.problems) == 2
