"""Junctions as they are drawn: barriers on them, and places where ways cross without one.

Mappers put the gate of a driveway onto the node where it leaves the street. A barrier there would cut the street too.
Where some ways plainly go straight through, the barrier is moved onto the others, a step from the junction; where none
do (crossroads of equals, a fork) it stays, and cuts them all.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.sources.assignment import cut_ways
from workbench.sources.reading import Remark
from workbench.sources.topology import Pieces, Shapes, halves, unmet
from workbench.terms import Access

BESIDE_M: Final = 1.0
"""How far from the junction a barrier is put onto a side way; on a shorter one, in its middle."""

_AHEAD_M: Final = 10.0  # a way's direction at a junction is that of its first metres
_STRAIGHT: Final = -np.cos(np.radians(45))  # two ways that bend by less go straight through
_JUNCTION: Final = 3  # ends of ways
_CLASSES: Final = [
    *("trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "road", "street", "living_street"),
    *("pedestrian", "service", "lane", "track", "cycleway", "bridleway", "path", "footway", "platform", "steps"),
    "crossing",
]
MANY_UNMET: Final = 0.01
"""Crossings without a junction, as a share of all ways, from which on a network is hardly noded."""

_OFF_GROUND: Final = ("bridge", "tunnel", "underpass", "square")
_PLACES_NAMED: Final = 3
_PIECE: Final = re.compile(r"([.+]\d+)+$")


@dataclass(frozen=True)
class _End:
    """One end of a way at a junction."""

    way: int
    last: bool
    line: str
    rank: tuple[bool, int]
    name: str
    ahead: tuple[float, float]


def off_junctions(
    ways: gpd.GeoDataFrame, gates: gpd.GeoDataFrame, fresh_node: Callable[[], int]
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, list[Remark]]:
    """Move barriers that stand on a junction onto the ways that they bar.

    Parameters
    ----------
    ways, gates
        Layers of the district. Gates of compounds stay where they are: zones say what they part.
    fresh_node
        Gives the next number for a node that must be made.

    Returns
    -------
    ways, gates, remarks
        The ways, cut where a barrier now stands; the gates, one for each way barred; what was moved and what was not.
    """
    said = gates.reindex(columns=["compound", "opening_hours"]).notna()
    barring = (gates["access"] != Access.PUBLIC) | said["opening_hours"]
    rows = np.flatnonzero((barring & ~said["compound"]).to_numpy())
    ends_at = _ends(ways, set(gates["node"].iloc[rows].tolist()))
    lines: list[Any] = list(ways.geometry)
    u, v, owner = ways["u"].tolist(), ways["v"].tolist(), list(range(len(ways)))
    made: list[dict[str, Any]] = []
    gone, unclear = [], []
    for row in rows.tolist():
        gate: dict[str, Any] = {str(name): value for name, value in gates.iloc[row].items()}
        ends = ends_at.get(gate["node"], [])
        if len(ends) < _JUNCTION:
            continue
        through = _through(ends)
        if not through:
            unclear.append(str(gate["id"]))
            continue
        gone.append(row)
        for count, end in enumerate(end for end in ends if end not in through):
            node, line = fresh_node(), lines[end.way]
            step = min(BESIDE_M, line.length / 2)
            front, back = halves(line, line.length - step if end.last else step)
            lines[end.way] = front if end.last else back
            added: tuple[tuple[list[Any], Any], ...] = (
                (lines, back if end.last else front),
                (u, node if end.last else u[end.way]),
                (v, v[end.way] if end.last else node),
                (owner, end.way),
            )
            for column, value in added:
                column.append(value)
            (v if end.last else u)[end.way] = node
            place = shapely.Point(front.coords[-1])
            made.append(
                {**gate, "id": f"{gate['id']}.{count}" if count else gate["id"], "node": node, "geometry": place}
            )
    remarks = _remarks(len(gone), unclear)
    if not gone:
        return ways, gates, remarks
    pieces = Pieces(np.array([*lines, None], object)[:-1], *(np.array(part, np.int64) for part in (u, v, owner)))
    moved = gpd.GeoDataFrame(pd.DataFrame(made), geometry="geometry", crs=gates.crs)[gates.columns]
    kept = gates.drop(index=gates.index[gone])
    both = gpd.GeoDataFrame(pd.concat([kept, moved.astype(gates.dtypes.to_dict())], ignore_index=True), crs=gates.crs)
    return cut_ways(ways, pieces), both, remarks


def _remarks(moved: int, unclear: list[str]) -> list[Remark]:
    said = []
    if moved:
        words = f"{moved:,} barriers on a junction moved onto the side ways they bar, {BESIDE_M:g} m from it"
        said.append(Remark("guessed", words))
    if unclear:
        words = f"{len(unclear):,} barriers on a junction where no way plainly goes through cut all of them"
        said.append(Remark("guessed", f"{words} ({', '.join(unclear[:3])})"))
    return said


def _ends(ways: gpd.GeoDataFrame, nodes: set[int]) -> dict[int, list[_End]]:
    """Return the ends of walked ways at some nodes."""
    found: dict[int, list[_End]] = {}
    walked = (ways["access"] != Access.CLOSED).to_numpy()
    for last, column in ((False, "u"), (True, "v")):
        for way in np.flatnonzero(walked & ways[column].isin(nodes).to_numpy()).tolist():
            row = ways.iloc[way]
            line = row["geometry"]
            ahead = line.interpolate(min(_AHEAD_M, line.length / 2) * (-1 if last else 1))
            here = shapely.Point(line.coords[-1 if last else 0])
            gap = here.distance(ahead) or 1.0
            kind = row.get("highway")
            kind = kind.removesuffix("_link") if isinstance(kind, str) else str(row["kind"])
            rank = _CLASSES.index(kind) if kind in _CLASSES else len(_CLASSES)
            name = row.get("name")
            end = _End(
                way,
                last,
                _PIECE.sub("", str(row["id"])),
                (row["access"] != Access.PUBLIC, rank),
                name if isinstance(name, str) else "",
                ((ahead.x - here.x) / gap, (ahead.y - here.y) / gap),
            )
            found.setdefault(int(row[column]), []).append(end)
    return found


def _through(ends: list[_End]) -> list[_End]:
    """Return the ends that go straight through a junction: those of the best class, if nothing equal crosses them."""
    strands = [[end for end in ends if end.line == line] for line in sorted({end.line for end in ends})]
    strands = [strand for strand in strands if len(strand) > 1]
    single = [end for end in ends if not any(end in strand for strand in strands)]
    for a, b in itertools.combinations(single, 2):
        alike = a.rank == b.rank and (a.name == b.name or not a.name or not b.name)
        if (alike or (a.name and a.name == b.name)) and a.ahead[0] * b.ahead[0] + a.ahead[1] * b.ahead[1] < _STRAIGHT:
            strands.append([a, b])
    strands.sort(key=lambda strand: max(end.rank for end in strand))
    if not strands or len(strands[0]) == len(ends):
        return []
    best = max(end.rank for end in strands[0])
    rivals = [strand for strand in strands[1:] if max(end.rank for end in strand) == best]
    return [] if rivals else strands[0]


def unmet_ways(ways: gpd.GeoDataFrame) -> Shapes:
    """Return the points where walked ways cross or touch on one level and have no node in common.

    A bridge, tunnel or underpass passes over or beneath whatever its level says, and the straight ways across a square
    cross one another.
    """
    walked = ways[(ways["access"] != Access.CLOSED) & ~ways["kind"].isin(_OFF_GROUND)]
    lines = np.asarray(walked.geometry.array, dtype=object)
    level = walked["level"].fillna(0).to_numpy(np.float64) if "level" in walked else np.zeros(len(walked))
    return unmet(lines, walked["u"].to_numpy(np.int64), walked["v"].to_numpy(np.int64), level)


def unmet_remark(ways: gpd.GeoDataFrame) -> Remark | None:
    """Count the crossings without a junction, and name the first of them; None where there are none."""
    points = unmet_ways(ways)
    if not len(points):
        return None
    named = ", ".join(f"({p.x:.0f}, {p.y:.0f})" for p in points[:_PLACES_NAMED])
    words = f"ways cross at {len(points):,} places on one level without meeting, such as {named}: nobody turns there"
    many = len(points) >= MANY_UNMET * len(ways)
    return Remark(
        "warning", f"{words}. Node the lines (cut both where they cross) unless one is a bridge" if many else words
    )
