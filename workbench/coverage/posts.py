"""一小区一阵地: which compounds have a station of their own, share one within five minutes, or have none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage import posts_reading
from workbench.coverage.posts_reading import MODES, status_column
from workbench.coverage.result import CoverageResult
from workbench.network.streets import compound_at
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.terms import LEVEL_OF_KIND, Access, Mode, Post, ServiceLevel

_ANY = ServiceLevel.ANY
_SHARE_TOLERANCE = 1e-9
_PEOPLE_DIGITS = 6  # sums over groups are not whole


@dataclass(frozen=True, eq=False, repr=False)
class PostsResult:
    """What every compound has; made by :func:`assess_posts`.

    Attributes
    ----------
    coverage
        The five-minute circle that decides what is shared.
    least_share
        Share of a compound's residents from which on a station counts as shared.
    by_compound
        One row a compound, sorted by identifier: ``id``, ``name``, ``community``, ``subdistrict``, ``enclosed``;
        ``gates`` in its wall and ``open_gates`` of them that residents may pass; ``households`` and ``residents``;
        ``own``, identifiers of the stations in it (missing where none is); an answer (:class:`workbench.terms.Post`)
        for each mode and level of service, in the column that :func:`workbench.coverage.posts_reading.status_column`
        names; ``station``, the nearest one of most residents, with ``p50_m`` and ``p90_m`` of the walk; residents
        ``covered_*`` and not covered, ``gap_*``, by mode; those of the gap that no walk leads to a station,
        ``unreachable``, or that are on no way, ``unsnapped``.
    """

    coverage: CoverageResult
    least_share: float
    by_compound: pd.DataFrame
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        count = self.counts(Mode.COMPLIANCE)
        parts = ", ".join(f"{count[post]} {post.name.lower()}" for post in Post)
        return f"<PostsResult {self.scenario.name}: {parts}>"

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground and package version."""
        return self.coverage.fingerprint

    def counts(self, mode: Mode, level: ServiceLevel = _ANY) -> Mapping[Post, int]:
        """Count the compounds by what they have of a level of service."""
        found = self.by_compound[status_column(mode, level)]
        return {post: int((found == post).sum()) for post in Post}

    @cached_property
    def gaps(self) -> pd.DataFrame:
        """Compounds without a post in the compliance mode, those with most uncovered residents first."""
        table = self.by_compound
        table = table[table[status_column(Mode.COMPLIANCE)] == Post.NONE]
        order = ["gap_compliance", "id"]
        return table.sort_values(order, ascending=[False, True], kind="stable", ignore_index=True)

    def by_area(self, area: str, mode: Mode = Mode.COMPLIANCE, level: ServiceLevel = _ANY) -> pd.DataFrame:
        """Count the compounds of each community or subdistrict by what they have.

        Parameters
        ----------
        area
            ``community`` or ``subdistrict``; compounds of which it is not known are left out.
        mode, level
            What is asked.

        Returns
        -------
        pandas.DataFrame
            One row an area: ``id``, ``compounds`` with residents, the number of each
            :class:`workbench.terms.Post`, and the residents of those without (``residents_none``).
        """
        table = self.by_compound
        status = table[status_column(mode, level)]
        counts = pd.DataFrame({str(post): (status == post).astype(np.int64) for post in Post})
        counts.insert(0, "compounds", (status != Post.EMPTY).astype(np.int64))
        counts["residents_none"] = table["residents"].where(status == Post.NONE, 0.0)
        counts["id"] = table[area]
        return counts.dropna(subset="id").groupby("id", sort=True).sum().reset_index()

    def kpis(self) -> list[Kpi]:
        """Return the numbers, compliance first."""
        return posts_reading.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return posts_reading.tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: the compounds."""
        compounds = self.coverage.district.compounds
        if compounds.empty:
            return {}
        known = self.by_compound.drop(columns=["name", "community", "enclosed"])
        joined = compounds[["id", "name", "community", "enclosed", "geometry"]].merge(known, on="id")
        numbers = joined.select_dtypes("float").columns
        joined[numbers] = joined[numbers].round(2)
        return {"posts": gpd.GeoDataFrame(joined, geometry="geometry", crs=compounds.crs)}


def assess_posts(coverage: CoverageResult) -> PostsResult:
    """Say what each compound has: a station of its own, one shared within five minutes, or none.

    A station is a compound's own if it is not closed and stands in it: names it, or names none and lies in its
    polygon. A compound without one shares a station if at least ``coverage.compound_share`` of its residents are
    covered; a station for members only covers nobody else, and one behind a wall only those who come in by a gate
    that visitors may pass. Compounds without a wall are asked alike.

    Parameters
    ----------
    coverage
        The five-minute circle.

    Returns
    -------
    PostsResult
        In both modes, for any station, for centres and for posts (驿家) apart. A compound without residents is
        neither with nor without.
    """
    least = coverage.scenario.standard(coverage.scenario.coverage.compound_share)
    table = compounds_of(coverage)
    own = _own_stations(coverage)
    table["own"] = pd.Series([", ".join(own.get((name, _ANY), [])) or None for name in table["id"]], dtype=object)
    for mode in MODES:
        for level in ServiceLevel:
            suffix = "" if level is _ANY else f"_{level}"
            has = np.array([(name, level) in own for name in table["id"]], bool)
            covered, residents = (table[c].to_numpy(np.float64) for c in (f"covered_{mode}{suffix}", "residents"))
            table[status_column(mode, level)] = _status(has, covered, residents, least)
    return PostsResult(coverage, least, table)


def _status(
    own: npt.NDArray[np.bool_], covered: npt.NDArray[np.float64], residents: npt.NDArray[np.float64], least: float
) -> npt.NDArray[np.object_]:
    enough = covered >= (least - _SHARE_TOLERANCE) * residents
    return np.select([residents <= 0, own, enough], [Post.EMPTY, Post.OWN, Post.SHARED], Post.NONE).astype(object)


def compounds_of(coverage: CoverageResult) -> pd.DataFrame:
    """Return every compound of the ledger with its gates, its residents and their walks.

    Returns
    -------
    pandas.DataFrame
        The columns of :attr:`PostsResult.by_compound` without stations and answers; a compound in which nobody lives
        has zero residents and no walk.
    """
    compounds, communities = coverage.district.compounds, coverage.district.communities
    table = pd.DataFrame(compounds[["id", "name", "community", "enclosed", "households"]])
    table = table.rename(columns={"households": "ledger"})
    where = communities.set_index("id")["subdistrict"].to_dict()
    table.insert(3, "subdistrict", table["community"].map(where))
    gates, opened = _gates(coverage)
    table["gates"], table["open_gates"] = (table["id"].map(c).fillna(0).astype(np.int64) for c in (gates, opened))
    walks = coverage.by_compound
    columns = [str(c) for c in walks if c != "id"]
    table = table.merge(walks, on="id", how="left") if len(walks) else table.reindex(columns=[*table, *columns])
    people = [c for c in columns if c == "residents" or c.startswith(("covered_", "un"))]
    table[people] = table[people].fillna(0.0)
    table["households"] = table["households"].fillna(table["ledger"]).astype(np.float64)
    for mode in MODES:
        gap = table["residents"] - table[f"covered_{mode}"]
        table[f"gap_{mode}"] = gap.round(_PEOPLE_DIGITS)
    return table.drop(columns="ledger")


def _gates(coverage: CoverageResult) -> tuple[pd.Series, pd.Series]:
    """Count the gates in the wall of each compound, and those of them that residents may pass."""
    compound, openings = coverage.district.gates["compound"], coverage.ground.streets.openings
    passable = np.unique(openings.gate[openings.open & (openings.gate >= 0)])
    return compound.value_counts(), compound.iloc[passable].value_counts()


def _own_stations(coverage: CoverageResult) -> Mapping[tuple[str, ServiceLevel], list[str]]:
    """List the stations that stand in each compound, by level of service."""
    stations = coverage.district.stations
    stations = stations[stations["access"] != Access.CLOSED]
    found: dict[tuple[str, ServiceLevel], list[str]] = {}
    places = compound_at(stations, coverage.district.compounds)
    for name, kind, compound in zip(stations["id"], stations["kind"], places, strict=True):
        if isinstance(compound, str):
            for level in (LEVEL_OF_KIND[kind], _ANY):
                found.setdefault((compound, level), []).append(name)
    return found
