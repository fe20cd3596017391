"""A district with the edits of a scenario: stations opened, moved and closed, and gates opened to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from workbench.catalogue.terms import Access
from workbench.errors import GeodataError, Problem, ScenarioError, did_you_mean
from workbench.ground.district import District
from workbench.ground.places import area_at
from workbench.scenario.edits import Edits, MovedStation, NewStation

_MOST_NAMED = 5  # identifiers that a message offers
_AROUND_M = 200.0  # beyond the last way; no door may be so far from one
_NEAR = "Take a place on the district, in metres of its CRS."


def with_edits(district: District, edits: Edits) -> District:
    """Return a district as a scenario's edits would have it; the same where there are none.

    Parameters
    ----------
    district
        The ground as its ledgers have it.
    edits
        What opens, moves, closes.

    Raises
    ------
    ScenarioError
        With every edit that does not fit the district.
    """
    if not len(edits):
        return district
    problems = [*_problems(district, edits)]
    if problems:
        raise ScenarioError(problems)
    rows = [station_row(district, one) for one in edits.placed]
    try:
        if rows:
            frame = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=district.crs)
            district = district.with_stations(frame, replacing=True)
        if edits.close:
            district = district.without_stations(edits.close)
        for gate in edits.gates:
            district = district.with_gate(gate.id, gate.access, gate.opening_hours)
    except GeodataError as error:
        raise ScenarioError(error.problems) from error
    return district


def station_row(district: District, edit: NewStation | MovedStation) -> dict[str, Any]:
    """Return the row of the stations layer that an edit makes: in the compound and the community where it stands.

    Parameters
    ----------
    district
        The ground as its ledgers have it.
    edit
        A station that opens, or one that moves and keeps everything else.
    """
    point = gpd.GeoSeries([shapely.Point(edit.x, edit.y)], crs=district.crs)
    compound = area_at(district.compounds, point).iloc[0]
    community = area_at(district.communities, point).iloc[0]
    if compound is not None:
        community = district.compounds.set_index("id").loc[compound, "community"]
    where = {"compound": compound, "community": community, "geometry": point.iloc[0]}
    if isinstance(edit, NewStation):
        said = edit.model_dump(exclude={"x", "y"})
        return {**said, "name": edit.name or edit.id, **where}
    stations = district.layer("stations")
    known = stations[stations["id"] == edit.id].iloc[0]
    return {**{str(name): value for name, value in known.items() if not pd.isna(value)}, **where}


def bounds_of(district: District) -> tuple[float, float, float, float]:
    """Return west, south, east and north of where a station may stand: its ways, and a little around them."""
    west, south, east, north = (float(value) for value in district.ways.total_bounds)
    return west - _AROUND_M, south - _AROUND_M, east + _AROUND_M, north + _AROUND_M


def _problems(district: District, edits: Edits) -> Iterator[Problem]:
    """List the edits that name what is not there or is there already, or stand where nothing can."""
    stations, gates = district.layer("stations"), district.gates
    known, of_walls = list(stations["id"]), list(gates.loc[gates["compound"].notna(), "id"])
    for place, new in enumerate(edits.open):
        if new.id in known:
            mend = "Choose another, or write it under edits.move."
            what = "a station of the district has this identifier"
            yield Problem("edits", what, key=f"edits.open.{place}.id", found=new.id, mend=mend)
        yield from _misplaced(district, new, f"edits.open.{place}")
        yield from _homeless(district, new, f"edits.open.{place}.access")
    for place, moved in enumerate(edits.move):
        if moved.id in known:
            yield from _misplaced(district, moved, f"edits.move.{place}")
            yield from _homeless(district, moved, f"edits.move.{place}")
    named = [("move", moved.id, known, "station") for moved in edits.move]
    named += [("close", name, known, "station") for name in edits.close]
    named += [("gates", gate.id, of_walls, "gate in a wall") for gate in edits.gates]
    for key, name, there, what in named:
        if name not in there:
            mend, more = did_you_mean(name, there), " …" if len(there) > _MOST_NAMED else ""
            some = f"one of {', '.join(sorted(there)[:_MOST_NAMED])}{more}" if there else "none: the district has none"
            yield Problem("edits", f"there is no such {what}", "", "", some, name, mend, f"edits.{key}")


def _misplaced(district: District, edit: NewStation | MovedStation, key: str) -> Iterator[Problem]:
    """Say that a station lies off the district."""
    west, south, east, north = bounds_of(district)
    if not (west <= edit.x <= east and south <= edit.y <= north):
        expected = f"x from {west:,.0f} to {east:,.0f}, y from {south:,.0f} to {north:,.0f}"
        found = f"{edit.x:,.1f}, {edit.y:,.1f}"
        yield Problem(
            "edits", "the place lies outside the district", key=key, expected=expected, found=found, mend=_NEAR
        )


def _homeless(district: District, edit: NewStation | MovedStation, key: str) -> Iterator[Problem]:
    """Say that nobody is a member of what a station is for."""
    row = station_row(district, edit)
    if row["access"] == Access.MEMBERS and row["compound"] is None:
        what, expected = (
            "a station for members only stands in no compound",
            "a place in the compound whose members it serves",
        )
        mend = "Put it there, or make its access public."
        yield Problem("edits", what, key=key, expected=expected, found=f"{edit.x:,.1f}, {edit.y:,.1f}", mend=mend)
