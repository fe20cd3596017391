"""Random towns of a few nodes: walls, private ways and barriers in every combination."""

from __future__ import annotations

from dataclasses import fields

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from hypothesis import strategies as st

from tests import pocket
from tests.network.street_oracle import Door, Gate, Way
from workbench.network.streets import Snap, Streets, build_streets

WALLED = ("K1", "K2")
_COMPOUNDS = (None, None, "K1", "K2", "K3")
_KEPT = ("public", "members", "closed")
NUMBER = {"K1": 0, "K2": 1, "K3": 2, None: -1}


@st.composite
def towns(draw: st.DrawFn) -> tuple[list[Way], list[Gate], list[Door], list[Door], list[bool]]:
    """Walls, private ways and barriers in every combination; K3 has no wall."""
    nodes = draw(st.integers(3, 7))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda e: e[0] != e[1])
    ways = [
        Way(
            *draw(ends), float(draw(st.integers(1, 6))), draw(st.sampled_from(_COMPOUNDS)), draw(st.integers(0, 3)) == 0
        )
        for _ in range(draw(st.integers(2, 12)))
    ]
    gate = st.builds(Gate, st.sampled_from([None, "K1", "K2"]), st.integers(0, nodes - 1), st.sampled_from(_KEPT))
    gates = draw(st.lists(gate, max_size=7))
    door = st.integers(0, len(ways) - 1).flatmap(
        lambda w: st.builds(Door, st.just(w), st.integers(0, int(ways[w].length)).map(float))
    )
    stations = draw(st.lists(door, min_size=1, max_size=3))
    public = draw(st.lists(st.booleans(), min_size=len(stations), max_size=len(stations)))
    return ways, gates, draw(st.lists(door, min_size=1, max_size=4)), stations, public


def streets_of(ways: list[Way], gates: list[Gate], gateways: int = 0) -> Streets:
    """Build the streets of a town; the last so many ways lead to new gates."""
    angle = {n: (np.cos(n), np.sin(n)) for n in range(10)}
    frame = gpd.GeoDataFrame(
        {
            "id": [f"{i:03d}" for i in range(len(ways))],
            "u": [w.u for w in ways],
            "v": [w.v for w in ways],
            "kind": ["street"] * (len(ways) - gateways) + ["gateway"] * gateways,
            "access": ["members" if w.private or w.compound in WALLED else "public" for w in ways],
            "level": 0.0,
            "steps": False,
            "compound": [w.compound for w in ways],
        },
        geometry=[shapely.LineString([angle[w.u], angle[w.v]]) for w in ways],
        crs=pocket.CRS,
    )
    compounds = gpd.GeoDataFrame(
        {"id": ["K1", "K2", "K3"], "enclosed": [True, True, False]},
        geometry=[shapely.Point(0, 0).buffer(1)] * 3,
        crs=pocket.CRS,
    )
    table = gpd.GeoDataFrame(
        {
            "id": [f"G{i}" for i in range(len(gates))],
            "compound": pd.Series([g.compound for g in gates], dtype=object),
            "access": [g.access for g in gates],
            "opening_hours": [None] * len(gates),
            "node": np.array([g.node for g in gates], np.int64),
        },
        geometry=[shapely.Point(angle[g.node]) for g in gates],
        crs=pocket.CRS,
    )
    made = build_streets(frame, compounds, table)
    lengths = np.array([w.length for w in ways])
    return Streets(**{**{f.name: getattr(made, f.name) for f in fields(made)}, "length_m": lengths})


def snap_of(doors: list[Door]) -> Snap:
    return Snap(np.array([d.way for d in doors]), np.array([d.along for d in doors]), np.zeros(len(doors)))
