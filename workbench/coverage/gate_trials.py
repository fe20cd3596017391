"""What each gate that might be opened would gain: exact, by one search for all of them.

Gates only lead inwards. A gate opened to residents changes no walk outside its wall, so a walk from inside becomes
the shorter of the one it was and the one through the gate: the walk from the gate's outer side, which is known, and on
from its inner side. A gate opened to visitors gives the stations behind it one more place to start from outside.
Sums are taken in the order in which a new measurement would take them, so that both agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import Access, GateMeasure, Mode, ServiceLevel
from workbench.coverage.doors import SECONDS_A_MINUTE, Doors, within
from workbench.coverage.measure import CoverageResult
from workbench.ground.district import District
from workbench.network.streets import PUBLIC, UNCROSSED, access_under
from workbench.network.topology import Seeds
from workbench.network.walking import METRES, Manner, Walks, columns

# ----------------------------------------------------------------------------------------------------------------------
# Where a wall could be opened: closed gates, and places where a path inside comes near a street outside.


@dataclass(frozen=True, eq=False)
class GateLinks:
    """Places for new gates.

    Attributes
    ----------
    compound
        Identifier of the compound of each, shape (c,).
    nodes
        Nodes of the streets graph outside and inside, shape (c, 2).
    length_m
        Straight way between them, shape (c,).
    """

    compound: npt.NDArray[np.object_]
    nodes: Ints
    length_m: Floats

    def __len__(self) -> int:
        return len(self.length_m)


def gate_links(district: District, doors: Doors, longest_m: float) -> GateLinks:
    """Find where a wall could get a new gate.

    A place is a node of a path inside an enclosed compound together with the nearest node of a street outside, if
    the straight way between them is short enough and crosses nothing but the compound's own wall: no building, no
    other compound, no water, no railway, no motorway. A node that has a gate or barrier already, or where ways of two
    zones end, is none.

    Parameters
    ----------
    district, doors
        The ground, and its network.
    longest_m
        Longest way from a new gate to the street, metres.

    Returns
    -------
    GateLinks
        Sorted by compound, then by inside node. Ties go to the street node of the lowest number.
    """
    streets = doors.streets
    names = np.array(sorted(streets.zone_of_compound, key=streets.zone_of_compound.__getitem__), object)
    inside, zone = _inside_nodes(district, doors)
    outside = _street_nodes(doors)
    if not len(inside) or not len(outside):
        return GateLinks(np.empty(0, object), np.empty((0, 2), np.int64), np.empty(0))
    points = np.asarray(shapely.points(streets.xy), object)
    tree = shapely.STRtree(points[outside])
    at, near = tree.query(points[inside], predicate="dwithin", distance=longest_m)
    gap = np.asarray(shapely.distance(points[inside[at]], points[outside[near]]), np.float64)
    ends = np.stack([streets.xy[outside[near]], streets.xy[inside[at]]], axis=1)
    lines = np.asarray(shapely.linestrings(ends), object)
    free = (gap > 0) & _crosses_own_wall_only(district, lines, names[zone[at]])
    at, near, gap = at[free], near[free], gap[free]
    order = np.lexsort((streets.node[outside[near]], gap, at))
    first = np.ones(len(order), bool)
    first[1:] = at[order][1:] != at[order][:-1]
    chosen = order[first]
    inner, outer = inside[at[chosen]], outside[near[chosen]]
    rank = np.lexsort((streets.node[inner], names[zone[at[chosen]]].astype(str)))
    return GateLinks(names[zone[at[chosen]]][rank], np.column_stack([outer, inner])[rank], gap[chosen][rank])


def _inside_nodes(district: District, doors: Doors) -> tuple[Ints, Ints]:
    """Nodes of paths in walled compounds at which nothing else is, no gate and no other way, and the zone of each."""
    streets = doors.streets
    walled = (streets.zone >= 0) & (streets.zone < len(streets.zone_of_compound))
    node, first = np.unique(streets.edges[walled].ravel(), return_index=True)
    zone = np.repeat(streets.zone[walled], 2)[first]
    number, count = np.unique(streets.node, return_counts=True)
    taken = np.concatenate([number[count > 1], district.gates["node"].to_numpy(np.int64)])
    free = ~np.isin(streets.node[node], taken)
    return node[free], zone[free]


def _street_nodes(doors: Doors) -> Ints:
    """Nodes on the ground outside walls at which a way could begin: where doors open, and at no crossing."""
    streets = doors.streets
    street = streets.door & (streets.zone == PUBLIC)
    crossed = np.unique(streets.edges[streets.crossing_share > 0])
    return np.setdiff1d(np.unique(streets.edges[street]), crossed)


def _crosses_own_wall_only(district: District, lines: npt.NDArray[np.object_], own: npt.NDArray[np.object_]) -> Flags:
    compounds, backdrop = district.compounds, district.layer("backdrop")
    free = np.ones(len(lines), bool)
    tree = shapely.STRtree(np.asarray(compounds.geometry.array, dtype=object))
    line, polygon = tree.query(lines, predicate="intersects")
    foreign = compounds["id"].to_numpy(object)[polygon] != own[line]
    free[line[foreign]] = False
    barred = np.asarray(backdrop[backdrop["kind"].isin(UNCROSSED)].geometry.array, dtype=object)
    for shapes in (np.asarray(district.layer("buildings").geometry.array, dtype=object), barred):
        if len(shapes):
            hit, _ = shapely.STRtree(shapes).query(lines, predicate="intersects")
            free[hit] = False
    return free


# ----------------------------------------------------------------------------------------------------------------------
# What each gate that might be opened would gain: exact, by one search for all of them.


Starts = tuple[Ints, Ints, Floats]
"""Trial, node and cost of places from which walks begin."""

_ANY = ServiceLevel.ANY
_PERSON_METRES_DIGITS = 1
_PEOPLE_DIGITS = 6


@dataclass(frozen=True)
class Trial:
    """One gate that is tried.

    Attributes
    ----------
    measure
        What is done.
    gate
        Identifier of the gate, or of the one that is new.
    compound
        The compound in whose wall it is.
    access, hours
        Who may pass it then, and when (OSM syntax; None = always).
    row
        Row of the gates layer, −1 for a new gate.
    link
        Number of the place of a new gate, −1 for one that is there.
    inside, outside
        Nodes of the ways layer on both sides of a new gate; the gate's own node for one that is there.
    """

    measure: GateMeasure
    gate: str
    compound: str
    access: str
    hours: str | None
    row: int
    link: int
    inside: int
    outside: int


def trials_of(coverage: CoverageResult, links: GateLinks) -> list[Trial]:
    """List the gates that can be tried: closed ones, those that their hours shut, new ones, members' gates.

    A closed gate is tried for residents, one shut by its hours for those whom it serves by day, a new one for
    residents; a members' gate is tried for visitors where a station inside its compound serves the public.
    """
    walled, node = coverage.doors.streets.zone_of_compound, coverage.doors.streets.node
    found = [trial for trial in _at_gates(coverage) if trial.compound in walled]
    for number, (compound, pair) in enumerate(zip(links.compound, links.nodes, strict=True)):
        outside, inside = (int(n) for n in node[pair])
        name = f"new-{compound}-{inside}"
        members = str(Access.MEMBERS)
        found.append(Trial(GateMeasure.NEW, name, compound, members, None, -1, number, inside, outside))
    rank = {measure: place for place, measure in enumerate(GateMeasure)}
    return sorted(found, key=lambda trial: (trial.compound, rank[trial.measure], trial.gate))


def _at_gates(coverage: CoverageResult) -> Iterator[Trial]:
    gates = coverage.district.gates
    rule, served = coverage.doors.streets.rule, _compounds_that_serve(coverage)
    rows = zip(gates["id"], gates["compound"], gates["access"], gates["opening_hours"], gates["node"], strict=True)
    for row, (name, compound, access, text, node) in enumerate(rows):
        hours = text if isinstance(text, str) else None
        now = access_under(rule, access, hours)
        if now == Access.CLOSED == access:
            measure, to, when = GateMeasure.OPEN, Access.MEMBERS, None
        elif now == Access.CLOSED:
            measure, to, when = GateMeasure.LONGER, Access(access), None
        elif now == Access.MEMBERS and compound in served:
            measure, to, when = GateMeasure.VISITORS, Access.PUBLIC, hours
        else:
            continue
        yield Trial(measure, name, compound, str(to), when, row, -1, int(node), int(node))


def _compounds_that_serve(coverage: CoverageResult) -> set[str]:
    """Return the walled compounds in which a station for the public stands."""
    ground = coverage.doors
    edge = ground.stations.edge[ground.stations.joined & ground.audience.public]
    zones = set(ground.streets.zone[edge].tolist())
    return {name for name, zone in ground.streets.zone_of_compound.items() if zone in zones}


def gains_of(coverage: CoverageResult, links: GateLinks, trials: list[Trial]) -> pd.DataFrame:
    """Measure what each trial by itself would gain."""
    populace = coverage.populace
    experience = np.zeros(len(trials))
    trial, point, walk = shorter_walks(coverage.doors, links, trials, METRES)
    home = coverage.district.demand["compound"].to_numpy(object)
    names = np.array([t.compound for t in trials], object)
    own = home[point] == names[trial]
    old, new_in = _newly(coverage, Mode.COMPLIANCE, None, point, walk)
    people, linked = populace.residents[point], np.isfinite(old)

    def total(mask: npt.NDArray[np.bool_], each: Floats = people) -> Floats:
        return np.bincount(trial[mask], each[mask], minlength=len(trials)).astype(np.float64)

    for manner in dict.fromkeys(coverage.manners[name] for name in populace.whole):
        which, at, cost = shorter_walks(coverage.doors, links, trials, manner)
        for name in (n for n in populace.whole if coverage.manners[n] == manner):
            _, newly = _newly(coverage, Mode.EXPERIENCE, name, at, cost / SECONDS_A_MINUTE)
            experience += np.bincount(which[newly], populace.weight[name][at[newly]], minlength=len(trials))
    shorter = linked & (walk < old)
    saved = np.where(shorter, people * (np.where(linked, old, walk) - walk), 0.0)
    table = pd.DataFrame(
        {
            "compliance": total(new_in).round(_PEOPLE_DIGITS),
            "own": total(new_in & own).round(_PEOPLE_DIGITS),
            "experience": experience.round(_PEOPLE_DIGITS),
            "connected": total(~linked).round(_PEOPLE_DIGITS),
            "shortened": total(shorter).round(_PEOPLE_DIGITS),
            "saved": total(shorter, saved).round(_PERSON_METRES_DIGITS),
        }
    )
    return table.assign(mean_saved=(table["saved"] / table["shortened"]).where(table["shortened"] > 0).round(2))


def _newly(
    coverage: CoverageResult, mode: Mode, group: str | None, point: Ints, walk: Floats
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the walks as they were, and which of the new ones are within the limit as the old ones were not."""
    reach = coverage.minutes[group] if group else coverage.distance
    old, limit = reach[_ANY].walk[point], coverage.limit(mode)
    return old, within(walk, limit) & ~within(old, limit)


def shorter_walks(ground: Doors, links: GateLinks, trials: list[Trial], manner: Manner) -> tuple[Ints, Ints, Floats]:
    """Return the walks through each tried gate; with it open, a walk is the shorter of this one and the one it was."""
    walks = ground.walks(manner)
    parts = [_inwards(ground, links, trials, walks), _outwards(ground, trials, walks)]
    source, start, offset = (np.concatenate(part) for part in zip(*parts, strict=True))
    seeds = Seeds.gathered(source, start, offset, len(trials))
    trial, point, cost = walks.to_doors(walks.network.reach_from(seeds, np.inf), ground.demand)
    order = np.lexsort((cost, point, trial))
    trial, point, cost = trial[order], point[order], cost[order]
    first = np.isfinite(cost)
    first[1:] &= (trial[1:] != trial[:-1]) | (point[1:] != point[:-1])
    return trial[first], point[first], cost[first]


def _inwards(ground: Doors, links: GateLinks, trials: list[Trial], walks: Walks) -> Starts:
    """Begin on the inner side of each gate that is opened to residents, at the walk from its outer side."""
    serving = ground.audience.public
    label, _ = walks.network.nearest_from(walks.seeds(ground.stations.only(serving), serving), np.inf)
    opening, trial = _openings(ground, trials, [n for n, t in enumerate(trials) if t.measure != GateMeasure.VISITORS])
    outer, inner = ground.streets.openings.nodes[opening].T
    new = np.array([n for n, t in enumerate(trials) if t.link >= 0], np.int64)
    place = np.array([trials[n].link for n in new], np.int64)
    before, behind = links.nodes[place].T
    through = label[before] + links.length_m[place] / walks.manner.pace_m_s
    return np.concatenate([trial, new]), np.concatenate([inner, behind]), np.concatenate([label[outer], through])


def _outwards(ground: Doors, trials: list[Trial], walks: Walks) -> Starts:
    """Begin outside each gate that is opened to visitors, at the walk from the nearest station behind it."""
    openings = ground.streets.openings
    opening, trial = _openings(ground, trials, [n for n, t in enumerate(trials) if t.access == Access.PUBLIC])
    behind = ground.streets.zone[np.maximum(ground.stations.edge, 0)] != PUBLIC
    stations = ground.stations.only(ground.audience.public & behind)
    kept = ~openings.guarded[opening]
    opening, trial = opening[kept], trial[kept]
    node, cost = walks.ends(stations)
    source = np.repeat(np.arange(len(stations)), 2)
    inside, _ = walks.way_out.nearest_from(Seeds.gathered(source, node.ravel(), cost.ravel(), len(stations)), np.inf)
    outer, inner = openings.nodes[opening].T
    walk = inside[inner]
    on = walks.way_out.reach_from(Seeds.gathered(np.arange(len(walk)), outer, walk, len(walk)), np.inf)
    exits = openings.nodes[openings.public & openings.open]  # where a private way lies before the gate
    row, further, place = columns(on, exits[:, 1])
    return (
        np.concatenate([trial, trial[row]]),
        np.concatenate([outer, exits[place, 0]]),
        np.concatenate([walk, further]),
    )


def _openings(ground: Doors, trials: list[Trial], which: list[int]) -> tuple[Ints, Ints]:
    """Return the openings of the gates of some trials that no barrier bars, and the trial of each."""
    openings = ground.streets.openings
    trial_of = np.full(int(openings.gate.max(initial=-1)) + 2, -1, np.int64)  # the last is for openings without a gate
    for number in which:
        if 0 <= trials[number].row < len(trial_of) - 1:
            trial_of[trials[number].row] = number
    found = np.flatnonzero((trial_of[openings.gate] >= 0) & ~openings.barred)
    return found, trial_of[openings.gate[found]]
