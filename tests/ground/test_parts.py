"""The arithmetic beneath: tracts, the web, shares, names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.arrays import apportioned
from workbench.ground.synthetic.character import NEW, OLD, ORDINARY, Housing, Names, settle
from workbench.ground.synthetic.compounds import rows_of
from workbench.ground.synthetic.tracts import Frame, Tract, Web, clipped, divided, inset, opposite, span, tract_of

SQUARE = Tract(((0.0, 0.0), (100.0, 0.0), (100.0, 100.0), (0.0, 100.0)), (10, 11, 12, 13))


def test_inset_takes_a_strip_along_every_side() -> None:
    left = inset(SQUARE, lambda line: {10: 5.0, 11: 10.0, 12: 15.0, 13: 20.0}[line])
    assert left is not None
    assert left.area == pytest.approx(70.0 * 80.0)
    assert sorted(left.sides) == [10, 11, 12, 13]
    assert inset(SQUARE, lambda _: 51.0) is None


@given(st.floats(5.0, 95.0), st.floats(5.0, 95.0))
def test_divided_land_adds_up(p: float, q: float) -> None:
    one, other = divided(SQUARE, 0, (p, 0.0), 2, (q, 100.0), 99)
    assert one is not None
    assert other is not None
    assert one.area + other.area == pytest.approx(SQUARE.area)
    assert one.area > 0
    assert other.area > 0
    assert 99 in one.sides
    assert 99 in other.sides
    assert 13 in one.sides
    assert 11 in other.sides


def test_a_cut_through_a_corner_leaves_no_sliver() -> None:
    one, other = divided(SQUARE, 0, (0.0, 0.0), 2, (100.0, 100.0), 99)
    assert one is not None
    assert other is not None
    assert len(one.corners) == len(other.corners) == 3
    assert tract_of([(0.0, 0.0), (0.1, 0.0), (0.1, 0.1)], [1, 2, 3]) is None


def test_clipping_keeps_the_inward_side() -> None:
    right = clipped(SQUARE, (60.0, 0.0), (1.0, 0.0), 7)
    assert right is not None
    assert right.area == pytest.approx(4_000.0)
    assert 7 in right.sides
    assert clipped(SQUARE, (200.0, 0.0), (1.0, 0.0), 7) is None


def test_a_ray_leaves_on_the_far_side() -> None:
    assert opposite(SQUARE, 0, (30.0, 0.0), (0.0, 1.0)) == (2, (30.0, 100.0))
    assert opposite(SQUARE, 0, (30.0, 0.0), (0.0, -1.0)) is None


def test_span_finds_both_sides() -> None:
    assert span(list(SQUARE.corners), 50.0) == (0.0, 100.0, 3, 1)
    assert span(list(SQUARE.corners), 120.0) is None


def test_a_frame_goes_there_and_back() -> None:
    frame = Frame((5.0, 7.0), math.cos(0.2), math.sin(0.2))
    assert frame.outside(*frame.inside((31.0, -4.0))) == pytest.approx((31.0, -4.0))


def test_rows_stay_inside_and_leave_the_middle_free() -> None:
    housing = Housing(12.0, (30.0, 40.0), (8.0, 10.0), (30.0, 30.0), (6,), 0.12)
    rows = rows_of(list(SQUARE.corners), housing, (50.0, 20.0), 5.0, np.random.default_rng(1))
    assert len(rows) == 3
    for building in (b for row in rows for b in row):
        assert building.west >= 0.0
        assert building.west + building.length <= 100.0
        assert building.south >= 0.0
        assert building.north <= 95.0
        assert building.west + building.length <= 40.0 or building.west >= 60.0


def test_marks_are_shared_when_they_are_near() -> None:
    web = Web()
    line = web.line([web.node((0.0, 0.0)), web.node((100.0, 0.0))], "street")
    middle = web.mark(line, (50.0, 3.0))
    assert web.nodes[middle] == (50.0, 0.0)
    assert web.mark(line, (51.0, 0.0)) == middle
    assert web.mark(line, (-20.0, 0.0)) == 0
    assert web.mark(line, (58.0, 0.0), snap_m=14.0) == middle
    found = web.segments()
    assert list(zip(found.u, found.v, strict=True)) == [(0, middle), (middle, 1)]


@given(st.integers(0, 10_000), st.lists(st.floats(0.01, 100.0), min_size=1, max_size=40))
def test_shares_add_up(total: int, weights: list[float]) -> None:
    shares = apportioned(total, np.array(weights))
    assert shares.sum() == total
    exact = total * np.array(weights) / sum(weights)
    assert (np.abs(shares - exact) < 1.0 + 1e-6).all()


def test_people_settle_to_the_last_person() -> None:
    rng = np.random.default_rng(4)
    flats = rng.integers(4, 120, 300).astype(np.int64)
    zones = [(OLD, ORDINARY, NEW)[k % 3] for k in range(300)]
    people = settle(flats, zones, 12_000, 25_200, rng)
    assert people.households.sum() == 12_000
    assert people.residents.sum() == 25_200
    assert (people.bands.sum(axis=1) == people.residents).all()
    assert (people.bands >= 0).all()


def test_zones_are_consistent() -> None:
    for zone in (OLD, ORDINARY, NEW):
        assert sum(zone.band_shares) == pytest.approx(1.0)
        assert 1 <= zone.gates[0] <= zone.gates[1] <= 4


def test_there_are_names_for_the_largest_district() -> None:
    names = Names(np.random.default_rng(0))
    subdistricts = names.subdistricts(520)
    communities = names.communities([k // 6 for k in range(3_000)])
    assert len(set(subdistricts)) == 520
    assert len(set(communities)) == 3_000
    with pytest.raises(ValueError, match="invented names"):
        names.communities([9] * 3_000)
