"""The pocket district against the arithmetic of its docstring."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ground.grounds import Walks
from workbench.ground import synthetic
from workbench.ground.district import District


@pytest.fixture(scope="module")
def pocket() -> District:
    return synthetic.pocket()


def test_it_holds_what_it_says(pocket: District) -> None:
    sizes = {name: len(frame) for name, frame in pocket.tables.items()}
    assert sizes["compounds"] == 2
    assert sizes["gates"] == 4
    assert sizes["demand"] == 6
    assert sizes["stations"] == sizes["rooms"] == 2
    assert sizes["candidates"] == 3
    walks = Walks(pocket)
    assert len(walks.nodes(np.ones(len(walks.u), bool))) == 25
    assert pocket.manifest.fictional


def test_distances_are_those_on_paper(pocket: District) -> None:
    walks = Walks(pocket)
    closed_off = np.isin(walks.u, [33]) | np.isin(walks.v, [33])  # g4 is shut
    open_ways = ~closed_off
    from_s1 = walks.distance(open_ways, 6) + 10.0
    doors = {"d1": (23, 10), "d2": (24, 10), "d3": (25, 0), "d4": (34, 10), "d5": (35, 10), "d6": (2, 20)}
    found = {name: from_s1[node] + walk for name, (node, walk) in doors.items()}
    assert found == {"d1": 320, "d2": 320, "d3": 360, "d4": 570, "d5": 570, "d6": 230}
    inside = walks.distance(~walks.outside, 32)
    assert (inside[34] + 10, inside[35] + 10) == (60, 60)


def test_straight_lines_are_those_on_paper(pocket: District) -> None:
    centre = pocket.stations.geometry.iloc[0]
    away = pocket.demand.geometry.distance(centre).round(1)
    assert list(away) == [72.1, 164.9, 120.8, 260.2, 360.1, 162.8]
    assert pocket.demand["residents"].sum() == 500
    assert pocket.demand["residents"][away <= 300].sum() == 420


def test_each_call_gives_the_same(pocket: District) -> None:
    assert synthetic.pocket().fingerprint == pocket.fingerprint
