"""Gates tried on random towns of a few nodes: what is claimed is what a new network says, to the last bit."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.depth import draws
from tests.network.street_oracle import Door, Gate, Way
from tests.network.towns import NUMBER, snap_of, streets_of, towns
from workbench.catalogue.terms import GateMeasure, ServiceLevel
from workbench.coverage.doors import Doors
from workbench.coverage.gate_trials import GateLinks, Trial, shorter_walks
from workbench.network.walking import METRES, Audience

Town = tuple[list[Way], list[Gate], list[Door], list[Door], list[bool]]

NO_LINKS = GateLinks(np.empty(0, object), np.empty((0, 2), np.int64), np.empty(0))


def ground_of(town: Town, gateways: int = 0) -> Doors:
    ways, gates, homes, stations, public = town
    compound = [np.array([NUMBER[ways[door.way].compound] for door in some]) for some in (stations, homes)]
    audience = Audience(np.array(public), *compound)
    levels = np.array([ServiceLevel.FULL] * len(stations), object)
    return Doors(
        streets_of(ways, gates, gateways), snap_of(homes), snap_of(stations), audience, np.arange(len(stations)), levels
    )


def nearest(ground: Doors) -> list[float]:
    return ground.walks(METRES).nearest(ground.demand, ground.stations, ground.audience)[0].tolist()


def claimed(ground: Doors, links: GateLinks, trial: Trial) -> list[float]:
    walk = np.array(nearest(ground))
    _, point, cost = shorter_walks(ground, links, [trial], METRES)
    walk[point] = np.minimum(walk[point], cost)
    return walk.tolist()


@given(towns(), st.data())
@settings(max_examples=draws(60))
def test_opening_a_gate_in_a_wall(town: Town, data: st.DataObject) -> None:
    ways, gates, *rest = town
    walls = [n for n, gate in enumerate(gates) if gate.compound and gate.access != "public"]
    assume(walls)
    row = data.draw(st.sampled_from(walls))
    gate = gates[row]
    to = data.draw(st.sampled_from(["members", "public"] if gate.access == "closed" else ["public"]))
    measure = GateMeasure.VISITORS if gate.access == "members" else GateMeasure.LONGER
    trial = Trial(measure, "G", str(gate.compound), to, None, row, -1, gate.node, gate.node)
    edited = [dataclasses.replace(g, access=to) if n == row else g for n, g in enumerate(gates)]
    assert claimed(ground_of(town), NO_LINKS, trial) == nearest(ground_of((ways, edited, *rest)))


@given(towns(), st.integers(0, 2), st.integers(0, 2), st.sampled_from(["K1", "K2"]))
@settings(max_examples=draws(60))
def test_a_new_gate(town: Town, behind: int, before: int, compound: str) -> None:
    """From node 9, at the end of a street, to node 8, at the end of a path inside."""
    ways, gates, homes, *stations = town
    ways = [*ways, Way(behind, 8, 2.0, compound, private=True), Way(before, 9, 2.0, None)]
    homes = [*homes, Door(len(ways) - 2, 1.0)]
    ground = ground_of((ways, gates, homes, *stations))
    outside, inside = (int(np.flatnonzero(ground.streets.node == n)[0]) for n in (9, 8))
    links = GateLinks(np.array([compound], object), np.array([[outside, inside]]), np.array([3.0]))
    trial = Trial(GateMeasure.NEW, "new", compound, "members", None, -1, 0, 8, 9)
    edited = ([*ways, Way(9, 8, 3.0, None)], [*gates, Gate(compound, 8, "members")], homes, *stations)
    assert claimed(ground, links, trial) == nearest(ground_of(edited, gateways=1))
