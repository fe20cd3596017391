"""A real city: reading it from OSM, and walking in it.

Porto Alegre is not part of the project; it is looked for in ``$WORKBENCH_SHARED_DATA``, or in ``shared/data``
beside the checkout. Its ways are raced as a plain graph without gates: that is what the peers can hold.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.clock import Row, peak_bytes, race
from benchmarks.grounds import Ground
from benchmarks.network import absent, nearest, reach
from benchmarks.peers import installed
from workbench.coverage.doors import Doors, place_doors
from workbench.ground.sources import import_district
from workbench.ground.sources.osm import OsmWays, read_osm_ways
from workbench.network.walking import METRES
from workbench.scenario import load_scenario

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("WORKBENCH_SHARED_DATA") or ROOT.parent / "shared" / "data")
RECIPE = ROOT / "scenarios" / "recipes" / "porto-alegre.yaml"
PBF = SHARED / "real" / "porto-alegre" / "poa_osm.pbf"
PLACE = "Porto Alegre"

READER = "**read_osm_ways**, ways with gates and barriers"
WHOLE = "import_district, the whole recipe"
BARE = "pyosmium FileProcessor, highways only"
LINES = "pyogrio, layer lines"
OSMNX = "osmnx graph_from_xml"
UNCUT = "the same with simplify=False"


def place_races(quick: bool = False) -> Iterator[Row]:
    """Read Porto Alegre, walk from every node of it, and to its health care."""
    if not PBF.exists():
        yield Row(PLACE, "", None, note=f"{PBF.name} is not there: set WORKBENCH_SHARED_DATA")
        return
    yield from _load(quick)
    doors = place_doors(import_district(RECIPE), load_scenario(ROOT / "scenarios" / "porto-alegre.yaml"))
    streets = doors.streets
    ground = Ground(streets.xy, streets.edges, streets.length_m, PLACE)
    yield from reach(ground, ground.sources(ground.n), quick)
    yield from nearest(ground, [_health_care(doors)], quick)


def _health_care(doors: Doors) -> Any:
    """Nodes nearest to the doors of the stations: the peers start at nodes."""
    node, cost = doors.walks(METRES).ends(doors.stations)
    near = node[np.arange(len(node)), cost.argmin(axis=1)]
    return np.unique(near[np.isfinite(cost).any(axis=1)])


def _load(quick: bool) -> Iterator[Row]:
    """Race for the ways of the city; what each leaves out is in the notes."""
    task = f"{PLACE}, OSM load"
    with tempfile.TemporaryDirectory() as folder:
        contenders: dict[str, Callable[[], Any]] = {
            READER: lambda: read_osm_ways(PBF),
            WHOLE: lambda: import_district(RECIPE),
            BARE: _bare,
            LINES: _lines,
        }
        osmnx = installed("osmnx").get("osmnx")
        if osmnx:
            xml = _as_xml(Path(folder) / "place.osm")
            contenders[OSMNX] = lambda: osmnx.graph_from_xml(xml, retain_all=True)
            contenders[UNCUT] = lambda: osmnx.graph_from_xml(xml, retain_all=True, simplify=False)
        times = race(contenders, 1 if quick else 3, collecting=True)
        notes = _notes(contenders)
        for name, seconds in times.items():
            note = f"{notes[name]}; {peak_bytes(contenders[name]) / 1e6:,.0f} MB at the height"
            yield Row(task, name, seconds, seconds / times[READER], note=note)
    yield from absent(task, "osmnx", "pyrosm")


def _as_xml(path: Path) -> Path:
    """Unpack the file: all that OSMnx reads."""
    import osmium

    with osmium.SimpleWriter(str(path)) as writer:
        for thing in osmium.FileProcessor(str(PBF)):
            writer.add(thing)
    return path


def _bare() -> int:
    """Read the highways with their places and nothing else: what reading costs by itself."""
    import osmium

    highways = osmium.FileProcessor(str(PBF), osmium.osm.NODE | osmium.osm.WAY).with_locations()
    highways.with_filter(osmium.filter.EntityFilter(osmium.osm.WAY))
    highways.with_filter(osmium.filter.KeyFilter("highway"))
    return sum(1 for _ in highways)


def _lines() -> Any:
    import pyogrio

    return pyogrio.read_dataframe(PBF, layer="lines")


def _notes(contenders: dict[str, Callable[[], Any]]) -> dict[str, str]:
    """Say of each what it keeps and what it loses."""
    ours: OsmWays = contenders[READER]()
    city = contenders[WHOLE]()
    notes = {
        READER: f"{len(ours.ways):,} pieces between junctions, {len(ours.gates):,} gates and barriers on them",
        WHOLE: f"in metres, with {len(city.demand):,} demand points and {len(city.stations):,} stations, all checked",
        BARE: f"{contenders[BARE]():,} ways; no rules, no junctions: what reading costs by itself",
        LINES: f"{len(contenders[LINES]()):,} lines of all kinds; loses node ids, and with them junctions and gates",
    }
    if OSMNX in contenders:
        graph = contenders[UNCUT]()
        nodes = np.union1d(ours.ways["u"], ours.ways["v"])
        shared = sum(node in graph for node in nodes.tolist())
        kept = f"{shared:,} of our {len(nodes):,} nodes are in it"
        notes[UNCUT] = f"{len(graph.edges):,} edges both ways; {kept}"
        notes[OSMNX] = (
            f"{len(contenders[OSMNX]().edges):,} edges both ways; no filter: {_unfiltered(graph)}; no gates; from XML"
        )
    return notes


def _unfiltered(graph: Any) -> str:
    """Count the ways that nobody may walk on."""
    kinds: Counter[str] = Counter()
    ways = {data["osmid"]: data for _, _, data in graph.edges(data=True)}
    for data in ways.values():
        kinds["motorways and trunk roads"] += str(data.get("highway")).startswith(("motorway", "trunk"))
        kinds["private or closed ways"] += data.get("access") in ("private", "no")
        kinds["ways that are no highway"] += "highway" not in data
    return "keeps " + ", ".join(f"{count:,} {name}" for name, count in kinds.items())
