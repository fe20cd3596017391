"""一小区一阵地: which compounds have a station of their own, share one within five minutes, or have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.catalogue.terms import LEVEL_OF_KIND, Access, Mode, Post, ServiceLevel, label
from workbench.coverage.doors import share
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.ground.places import name_with_code
from workbench.network.streets import compound_at
from workbench.results import MISSING, Value, present

# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of 一小区一阵地, each with its denominator and clause.


_ALL = "全体居民"
# ----------------------------------------------------------------------------------------------------------------------
# 一小区一阵地: which compounds have a station of their own, share one within five minutes, or have none.


_ANY = ServiceLevel.ANY
MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)
"""The two ways to measure what is shared; never mixed."""


def status_column(mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> str:
    """Return the column of ``PostsResult.by_compound`` that holds the answer of a mode and level."""
    return f"status_{mode}" if level is _ANY else f"status_{mode}_{level}"


def _of_level(result: PostsResult, mode: Mode, level: ServiceLevel) -> Iterator[Value]:
    count = {post: float(number) for post, number in result.counts(mode, level).items()}
    total = sum(count.values()) - count[Post.EMPTY]
    for post in (Post.OWN, Post.SHARED, Post.NONE):
        yield Value(f"posts.{post.name.lower()}", count[post], total, mode=mode, level=level)
    yield Value("posts.share", share(count[Post.OWN] + count[Post.SHARED], total), total, mode=mode, level=level)
    table = result.by_compound[result.by_compound["residents"] > 0]
    households = table["households"].to_numpy(np.float64)
    known = np.isfinite(households)
    has = (~table[status_column(mode, level)].isin([Post.NONE, Post.EMPTY])).to_numpy()
    total = float(households[known].sum())
    value = share(float(households[known & has].sum()), total)
    whose = "小区内的户" if known.all() else "户数已知的小区的户"
    whole = total if known.any() else None
    yield Value("posts.households.share", value, whole, mode=mode, level=level, whose=whose)


def _gap(result: PostsResult, mode: Mode) -> Iterator[Value]:
    table = result.by_compound
    total, none = table["residents"].sum(), table[status_column(mode, _ANY)] == Post.NONE
    yield Value("posts.none.residents", table.loc[none, "residents"].sum(), total, mode=mode)
    yield Value("posts.gap.residents", table[f"gap_{mode}"].sum(), total, mode=mode)


def _cases(result: PostsResult) -> Iterator[Value]:
    """Count what stands apart: residents outside compounds, compounds without residents, walls without a gate."""
    table, mode = result.by_compound, Mode.COMPLIANCE
    everybody = float(result.coverage.populace.residents.sum())
    walled = table[table["enclosed"].astype(bool)]
    yield Value("posts.empty", (table["residents"] <= 0).sum(), len(table), mode=mode)
    yield Value("posts.no_gate", (walled["open_gates"] == 0).sum(), len(walled), mode=mode)
    yield Value("posts.outside.residents", everybody - float(table["residents"].sum()), everybody, mode=mode)


_COMPOUND: Final = (
    "id", "name@compound", "community", "subdistrict", "households@posts", "residents", "wall", "status_compliance",
    "status_experience", "status_compliance_full", "status_compliance_lite", "own", "station", "p50_m@posts",
    "p90_m@posts", "covered_compliance@posts", "gap_compliance", "covered_experience@posts", "gap_experience",
    "unreachable@posts", "unsnapped@posts",
)  # fmt: skip
_GAP: Final = (
    "id", "name@compound", "community", "households@posts", "residents", "wall", "gap_compliance", "station",
    "p50_m@posts", "p90_m@posts", "unreachable@posts", "unsnapped@posts", "gap_experience",
)  # fmt: skip
_AREA: Final = ("compounds", "own_post", "shared_post", "no_post", "no_residents", "residents_none")


def tables(result: PostsResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    names = result.coverage.district.communities.set_index("id")["name"].to_dict()
    by_community = result.by_area("community")
    by_community.insert(1, "name", by_community["id"].map(names))
    by_subdistrict = result.by_area("subdistrict").rename(columns={"id": "name"})
    found = {
        "一小区一阵地": present(_worded(result, result.by_compound), _COMPOUND),
        "缺口清单（无阵地小区）": present(_worded(result, result.gaps), _GAP),
        "分社区": present(by_community, ("id", "name", *_AREA)),
        "分街道": present(by_subdistrict, ("name", *_AREA)),
    }
    return {title: table for title, table in found.items() if len(table)}


def _worded(result: PostsResult, table: pd.DataFrame) -> pd.DataFrame:
    """Put names beside identifiers, and say in words what is not a number."""
    district = result.coverage.district
    table, sign = table.copy(), name_with_code(district.stations)
    table["own"] = ["、".join(str(sign(name)) for name in str(text).split(", ")) for text in table["own"].fillna("")]
    table["station"] = [sign(name) or "不可达" for name in table["station"]]
    table["community"] = table["community"].map(name_with_code(district.communities))
    table["wall"] = [
        "无围墙" if not enclosed else f"大门 {gates} 处，居民可通行 {opened} 处" if gates else "无大门"
        for enclosed, gates, opened in zip(table["enclosed"], table["gates"], table["open_gates"], strict=True)
    ]
    empty = table["residents"] <= 0
    for column in ("station", "p50_m", "p90_m"):
        table[column] = table[column].astype(object).where(~empty, label(Post.EMPTY))
    reached = table["residents"] > table["unreachable"] + table["unsnapped"]
    for column in ("p50_m", "p90_m"):
        table[column] = table[column].where(empty | reached, "不可达").fillna(MISSING)
    return table


_SHARE_TOLERANCE = 1e-9
_PEOPLE_DIGITS = 6  # sums over groups are not whole


@dataclass(frozen=True, eq=False, repr=False)
class PostsResult(CoverageStudy):
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
        ``own``, identifiers of the stations in it (missing where none is); an answer (:class:`terms.Post`)
        for each mode and level of service, in the column that :func:`workbench.coverage.posts.status_column`
        names; ``station``, the nearest one of most residents, with ``p50_m`` and ``p90_m`` of the walk; residents
        ``covered_*`` and not covered, ``gap_*``, by mode; those of the gap that no walk leads to a station,
        ``unreachable``, or that are on no way, ``unsnapped``.
    """

    least_share: float
    by_compound: pd.DataFrame
    study: ClassVar[str] = "posts"
    answer: ClassVar[str] = "by_compound"

    def __repr__(self) -> str:
        count = self.counts(Mode.COMPLIANCE)
        parts = ", ".join(f"{count[post]} {post.name.lower()}" for post in Post)
        return f"<PostsResult {self.scenario.name}: {parts}>"

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
            :class:`workbench.catalogue.terms.Post`, and the residents of those without (``residents_none``).
        """
        table = self.by_compound
        status = table[status_column(mode, level)]
        counts = pd.DataFrame({str(post): (status == post).astype(np.int64) for post in Post})
        counts.insert(0, "compounds", (status != Post.EMPTY).astype(np.int64))
        counts["residents_none"] = table["residents"].where(status == Post.NONE, 0.0)
        counts["id"] = table[area]
        return counts.dropna(subset="id").groupby("id", sort=True).sum().reset_index()

    def values(self) -> Iterator[Value]:
        """Measure the numbers, compliance first: own, shared, none, the gap; then what stands apart."""
        if not self.coverage.district.has("compounds"):
            yield from (Value("posts.share", None, mode=mode) for mode in MODES)
            return
        for mode in MODES:
            for level in (_ANY, ServiceLevel.FULL, ServiceLevel.LITE):
                yield from _of_level(self, mode, level)
            yield from _gap(self, mode)
        yield from _cases(self)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

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
    """Return every compound of the ledger with its gates, its residents and their walks."""
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
    compound, openings = coverage.district.gates["compound"], coverage.doors.streets.openings
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
