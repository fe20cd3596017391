"""Places that could become stations: from the ledger, from vacant rooms, from shopfronts, or every street corner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from workbench.catalogue.terms import Access
from workbench.errors import Problem, ScenarioError, did_you_mean
from workbench.ground.district import District, node_places
from workbench.ground.places import area_at
from workbench.scenario import Scenario
from workbench.scenario.siting import Candidates, Source

_COLUMNS = ("id", "name", "community", "compound", "floor_area_m2", "capex", "opex", "veto", "geometry")


@dataclass(frozen=True, eq=False)
class CandidateSites:
    """Candidate sites of a district, by identifier.

    Attributes
    ----------
    stations
        Each as the row of the stations layer that it would become.
    ledger
        One row each, in the same order: ``id``, ``name``, ``source``, ``community``, ``subdistrict``,
        ``floor_area_m2``, ``capex`` and ``opex`` (万元; missing where not known), and ``veto``, why it cannot be
        used; empty where it can.
    """

    stations: gpd.GeoDataFrame
    ledger: pd.DataFrame

    def __len__(self) -> int:
        return len(self.ledger)


def candidate_sites(district: District, scenario: Scenario, rules: Candidates) -> CandidateSites:
    """Gather the candidate sites that a scenario asks for.

    Parameters
    ----------
    district
        The ground.
    scenario
        Its register holds the least floor area.
    rules
        Where candidates come from, and what they would be.

    Returns
    -------
    CandidateSites
        Those with a veto among them, with the reason.

    Raises
    ------
    ScenarioError
        If a source gives none, an identifier is used twice, or a place that is named does not exist.
    """
    found = [_SOURCES[source](district, rules).assign(source=source) for source in rules.sources]
    empty = [source for source, places in zip(rules.sources, found, strict=True) if places.empty]
    if empty:
        raise ScenarioError([_nothing_from(source) for source in empty])
    places = pd.concat(found, ignore_index=True).sort_values("id", kind="stable", ignore_index=True)
    _check_names(places, district, rules)
    places["veto"] = _vetoes(places, scenario, rules)
    stations = gpd.GeoDataFrame(
        {
            "id": places["id"],
            "name": places["name"],
            "kind": rules.opens,
            "community": places["community"],
            "access": str(Access.PUBLIC),
            "opening_hours": rules.opening_hours,
            "compound": places["compound"],
            "floor_area_m2": places["floor_area_m2"],
            "services": rules.services,
        },
        geometry=gpd.GeoSeries(places["geometry"], crs=district.crs),
        crs=district.crs,
    )
    ledger = places[["id", "name", "source", "community", "floor_area_m2", "capex", "opex", "veto"]].copy()
    communities = district.communities
    part_of = dict(zip(communities["id"], communities["subdistrict"], strict=True))
    ledger.insert(4, "subdistrict", ledger["community"].map(part_of))
    return CandidateSites(stations, ledger)


def _from_ledger(district: District, rules: Candidates) -> pd.DataFrame:
    return _conformed(district.candidates) if district.has("candidates") else _conformed(pd.DataFrame())


def _from_rooms(district: District, rules: Candidates) -> pd.DataFrame:
    """Return the stations with vacant rooms, with the area of these."""
    if not district.has("rooms"):
        return _conformed(pd.DataFrame())
    rooms, stations = district.ledger("rooms"), district.stations
    vacant = rooms[rooms["function"].isin(rules.vacant)].groupby("station")["area_m2"].sum()
    here = stations[stations["id"].isin(vacant.index)]
    frame = pd.DataFrame(
        {
            "id": here["id"] + "-rooms",
            "name": here["name"] + "闲置房间",
            "community": here["community"],
            "compound": here.get("compound"),
            "floor_area_m2": here["id"].map(vacant).astype(np.float64),
            "geometry": here.geometry,
        }
    )
    return _conformed(frame)


def _from_shopfronts(district: District, rules: Candidates) -> pd.DataFrame:
    if not district.has("buildings"):
        return _conformed(pd.DataFrame())
    buildings = district.layer("buildings")
    shops = buildings[buildings["kind"].isin(rules.shopfront_kinds)]
    points = shops.geometry.representative_point()
    frame = pd.DataFrame(
        {
            "id": shops["id"],
            "name": shops.get("name", pd.Series(index=shops.index, dtype=object)).fillna("沿街商铺 " + shops["id"]),
            "compound": shops.get("compound"),
            "community": area_at(district.communities, points),
            "geometry": points,
        }
    )
    return _conformed(frame)


def _from_corners(district: District, rules: Candidates) -> pd.DataFrame:
    """Return every node of the ways that are open to the public, where ways meet or end."""
    ways = _public_ways(district)
    place = node_places(ways) if len(ways) else {}
    number = np.array(sorted(place), np.int64)
    xy = np.array([place[n] for n in number.tolist()], np.float64).reshape(-1, 2)
    points = gpd.GeoSeries(shapely.points(xy), crs=district.crs)
    names = pd.Series(number).astype(str)
    frame = pd.DataFrame(
        {
            "id": "node-" + names.str.zfill(len(str(number.max())) if len(number) else 1),
            "name": "路口 " + names,
            "community": area_at(district.communities, points),
            "geometry": points,
        }
    )
    return _conformed(frame)


def _from_bends(district: District, rules: Candidates) -> pd.DataFrame:
    """Return every vertex of the ways that are open to the public, once, from west to east."""
    lines = np.asarray(_public_ways(district).geometry.array, object)
    xy = np.unique(shapely.get_coordinates(lines), axis=0)
    points = gpd.GeoSeries(shapely.points(xy), crs=district.crs)
    names = pd.Series(np.arange(1, len(xy) + 1)).astype(str)
    frame = pd.DataFrame(
        {
            "id": "bend-" + names.str.zfill(len(str(len(xy)))),
            "name": "街道节点 " + names,
            "community": area_at(district.communities, points),
            "geometry": points,
        }
    )
    return _conformed(frame)


def _public_ways(district: District) -> gpd.GeoDataFrame:
    ways = district.ways
    return ways[ways["access"] == Access.PUBLIC]


_SOURCES: Mapping[Source, Callable[[District, Candidates], pd.DataFrame]] = {
    "ledger": _from_ledger,
    "rooms": _from_rooms,
    "shopfronts": _from_shopfronts,
    "corners": _from_corners,
    "bends": _from_bends,
}
_MENDS: Mapping[Source, str] = {
    "ledger": "Add a candidates layer, or take corners.",
    "rooms": "Add a room ledger, or name under 'vacant' how it says that a room stands vacant.",
    "shopfronts": "Add buildings, or name under 'shopfront_kinds' how their layer calls shops.",
    "corners": "The ways of the district are all closed to the public.",
    "bends": "The ways of the district are all closed to the public.",
}


def _nothing_from(source: Source) -> Problem:
    what = f"the district has no candidate from {source}"
    return Problem("siting", what, key="siting.candidates.sources", mend=_MENDS[source])


def _conformed(places: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of a candidate, missing where a source has none."""
    frame = pd.DataFrame(places).reindex(columns=list(_COLUMNS)).reset_index(drop=True)
    numbers = ["floor_area_m2", "capex", "opex"]
    frame[numbers] = frame[numbers].astype(np.float64)
    return frame.astype({name: object for name in _COLUMNS if name not in numbers})


def _check_names(places: pd.DataFrame, district: District, rules: Candidates) -> None:
    known = list(places["id"])
    taken = sorted(set(known) & set(district.stations["id"]))
    twice = sorted(places.loc[places["id"].duplicated(), "id"])
    both = sorted(set(rules.required) & set(rules.forbidden))
    mend = "Identifiers of candidates are their own: rename one of the two."
    problems = [Problem("candidates", "a station has the same identifier", i, "id", mend=mend) for i in taken]
    problems += [Problem("candidates", "two candidates have one identifier", i, "id", mend=mend) for i in twice]
    problems += [
        Problem("siting", "a required site is also forbidden", key="siting.candidates", found=i, mend="Drop it once.")
        for i in both
    ]
    for key in ("required", "forbidden"):
        problems += unknown_names(getattr(rules, key), known, f"siting.candidates.{key}", "candidate")
    vetoed = places[places["id"].isin(rules.required) & places["veto"].notna()]
    problems += [
        Problem(
            "siting", "a required site is vetoed", key="siting.candidates.required", found=f"{row.id}: {row.veto}",
            mend="Lift the veto in the ledger, or require another.",
        )
        for row in vetoed.itertuples()
    ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)


_MOST_NAMED = 5  # names that a message offers


def unknown_names(names: Iterable[str], known: Iterable[str], key: str, what: str) -> list[Problem]:
    """Return a problem for each name that is not known, with near matches."""
    there = sorted(set(known))
    problems = []
    for name in sorted(set(names) - set(there)):
        expected = f"one of {', '.join(there[:_MOST_NAMED])}{' …' if len(there) > _MOST_NAMED else ''}" if there else ""
        mend = did_you_mean(name, there)
        problems.append(
            Problem("siting", f"there is no such {what}", key=key, expected=expected, found=name, mend=mend)
        )
    return problems


def _vetoes(places: pd.DataFrame, scenario: Scenario, rules: Candidates) -> list[str]:
    """Return why each place cannot be used; empty where it can."""
    least = None if rules.least_area is None else scenario.standard(rules.least_area)
    found = []
    for identifier, veto, area in zip(places["id"], places["veto"], places["floor_area_m2"], strict=True):
        reasons = [veto] if isinstance(veto, str) and veto else []
        if identifier in rules.forbidden:
            reasons.append("情景排除")
        if least is not None and not area >= least:
            reasons.append(f"面积不足 {least:g} ㎡" if area == area else f"面积不详（须 ≥{least:g} ㎡）")
        found.append("；".join(reasons))
    return found
