"""What a whole district must be: tables that are right, agree with each other, and lie where they should."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from workbench.catalogue.functions import room_problems
from workbench.catalogue.halls import hall_problems
from workbench.catalogue.scenes import service_problems
from workbench.catalogue.staff import staff_problems
from workbench.catalogue.tables import TABLES
from workbench.catalogue.validation import problems_of, relation_problems
from workbench.errors import Problem
from workbench.ground.manifest import Manifest

INSIDE_SHARE = 0.99
"""Share of demand points and stations that must lie inside the district's communities, if it has any."""


CHINA = (72.004, 0.8293, 137.8347, 55.8271)
"""Box outside which GCJ-02 and BD-09 shift nothing: west, south, east, north, degrees."""

# ----------------------------------------------------------------------------------------------------------------------
# Signs and tools.


_Row = Mapping[Any, Any]


def _ledger_problems(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """List what is wrong with signs and tools: days that are none, doors without a room, tools listed twice."""
    rows = {name: tables[name].to_dict("records") for name in ("signs", "tools") if name in tables}
    rooms = dict(zip(tables["rooms"]["id"], tables["rooms"]["station"], strict=True)) if "rooms" in tables else {}
    return [*_signs(rows.get("signs", []), rooms), *_tools(rows.get("tools", []))]


def _signs(rows: Iterable[_Row], rooms: Mapping[str, str]) -> Iterator[Problem]:
    for row in rows:
        days = {name: _day(row[name]) for name in ("made", "valid_until")}
        for name, day in days.items():
            if day is None:
                mend = "Write the day of the calendar, or nothing where it is not known."
                yield Problem("signs", "the day is none", row["id"], name, 'a day, "YYYY-MM-DD"', repr(row[name]), mend)
        made, until = (day or dt.date.min for day in days.values())
        if dt.date.min < until < made:
            what, mend = "it is out of date before it is put up", "Look whether the two days are swapped."
            yield Problem("signs", what, row["id"], "valid_until", f"{made} or later", str(until), mend)
        room, door = row["room"], row["kind"] == "door"
        if door and not isinstance(room, str):
            mend = "Name the room, or call it a board or a wall."
            yield Problem(
                "signs", "the sign of a door has no room", row["id"], "room", "a room of the station", "", mend
            )
        elif isinstance(room, str) and rooms.get(room, row["station"]) != row["station"]:
            what, mend = "the room is at another station", "Mend the room or the station."
            yield Problem(
                "signs", what, row["id"], "room", f"a room of {row['station']}", f"{room}, of {rooms[room]}", mend
            )


def _day(text: object) -> dt.date | None:
    """Return the day; the first of all days where nothing is said, None where it is no day."""
    if not isinstance(text, str):
        return dt.date.min
    try:
        return dt.date.fromisoformat(text) if len(text) == len("2026-01-01") else None
    except ValueError:
        return None


def _tools(rows: Iterable[_Row]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["station"], row["tool"])
        if key in seen:
            what, mend = "the tool is listed twice for one station", "Put both into one row; add the stock up."
            found = f"{row['tool']} in {seen[key]} too"
            yield Problem("tools", what, row["id"], "tool", "one row a station and tool", found, mend)
        seen.setdefault(key, row["id"])


# ----------------------------------------------------------------------------------------------------------------------
# The district.


_JUDGES: Final[tuple[tuple[frozenset[str], Callable[[Mapping[str, pd.DataFrame]], list[Problem]]], ...]] = (
    (frozenset({"stations", "rooms", "activities", "bookings", "operators"}), room_problems),
    (frozenset({"matters", "halls", "arrivals", "windows", "clerks"}), hall_problems),
    (frozenset({"rooms", "signs", "tools"}), _ledger_problems),
    (frozenset({"staff", "leave", "requirements"}), staff_problems),
)
"""What tables owe each other beyond references, asked anew where one of them is new."""
_OF_PLACES = {"communities", "demand"}


def district_problems(
    manifest: Manifest,
    tables: Mapping[str, pd.DataFrame],
    *,
    changed: Collection[str] | None = None,
    grown: Collection[str] = (),
) -> list[Problem]:
    """List everything wrong with a district: every problem of every table, at once.

    Of a sound district some of whose tables changed, only these are asked about; tables that have grown owe the others
    what they owed before.
    """
    found = [
        Problem("district", "the table is not known", name, expected="one of " + ", ".join(TABLES))
        for name in tables
        if name not in TABLES
    ]
    found += [
        Problem(table.name, "the layer is missing", expected=f"one row for {table.row}", mend="Add the layer.")
        for table in TABLES.values()
        if table.required and table.name not in tables and not (manifest.network_only and table.name == "demand")
    ]
    found += _crs_problems(manifest, tables)
    new = set(tables) if changed is None else set(changed)
    sound: dict[str, pd.DataFrame] = {}
    for name, frame in tables.items():
        if name not in TABLES:
            continue
        own = problems_of(TABLES[name], frame) if name in new else []
        if name in ("demand", "ways") and frame.empty:
            own.append(Problem(name, "the layer is empty", expected=f"at least {TABLES[name].row}", found="0 rows"))
        if not own:
            sound[name] = frame
        found += own
    relations = relation_problems(sound, changed=new, grown=grown)
    found += relations
    for owing, judge in _JUDGES:
        if not relations and (new - set(grown)) & owing:
            found += judge(sound)
    if "stations" in sound and "stations" in new:
        found += service_problems(sound["stations"])
    if not found and new & _OF_PLACES:
        found += _outside(tables)
    return found


def _crs_problems(manifest: Manifest, tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    try:
        crs = pyproj.CRS.from_user_input(manifest.crs)
    except pyproj.exceptions.CRSError:
        return [Problem("manifest", "the CRS is not known", column="crs", expected="EPSG:code", found=manifest.crs)]
    if not crs.is_projected or any(axis.unit_name != "metre" for axis in crs.axis_info):
        return [
            Problem(
                "manifest",
                "the CRS is not a projected one in metres",
                column="crs",
                expected="a projected CRS, such as EPSG:4546",
                found=manifest.crs,
                mend="Distances in degrees are no distances: choose the 3-degree zone of the district.",
            )
        ]
    found: list[Problem] = []
    for name, frame in tables.items():
        if not isinstance(frame, gpd.GeoDataFrame):
            continue
        if frame.crs is None:
            found.append(
                Problem(name, "the layer has no CRS", expected=manifest.crs, mend="State it; it is not guessed.")
            )
        elif frame.crs != crs:
            found.append(
                Problem(name, "the layer is in another CRS", expected=manifest.crs, found=frame.crs.to_string())
            )
    return found


def datum_hint(crs: pyproj.CRS, x: float, y: float) -> str:
    """Return what to say of shifted datums of a place that lies wrong: nothing outside China, where there are none."""
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    west, south, east, north = CHINA
    within = west <= lon <= east and south <= lat <= north
    return " (GCJ-02 is off by about 500 m, BD-09 by 1,300 m)" if within else ""


def _outside(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """At least 99 % of the demand must lie inside the communities: a datum mistake moves it all."""
    communities, demand = tables.get("communities"), tables.get("demand")
    if not isinstance(communities, gpd.GeoDataFrame) or not isinstance(demand, gpd.GeoDataFrame) or communities.empty:
        return []
    ground = shapely.union_all(np.asarray(communities.geometry.array, dtype=object), grid_size=0.01)
    shapely.prepare(ground)
    inside = shapely.contains(ground, np.asarray(demand.geometry.array, dtype=object))
    if inside.mean() >= INSIDE_SHARE:
        return []
    x, y = shapely.get_coordinates(demand.geometry.iloc[int(np.argmin(inside))])[0]
    assert demand.crs is not None
    hint = datum_hint(demand.crs, x, y)
    return [
        Problem(
            "demand",
            "too many points lie outside the communities",
            expected=f"at least {INSIDE_SHARE:.0%} inside",
            found=f"{inside.mean():.1%} of {len(inside):,} inside; first outside: "
            + ", ".join(demand["id"][~inside].head(3)),
            mend=f"Check CRS{' and datum' if hint else ''}{hint}, and the order of x and y.",
        )
    ]
