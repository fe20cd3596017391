"""The numbers and tables of 一小区一阵地, each with its denominator and clause."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from workbench.coverage.quantities import share
from workbench.coverage.reading import MISSING, Column, for_reading
from workbench.results import Kpi
from workbench.terms import Mode, Post, ServiceLevel, label

if TYPE_CHECKING:
    from workbench.coverage.posts import PostsResult

_ALL = "全体居民"
_ANY = ServiceLevel.ANY
_NO_CLAUSE = "不涉及标准"
_ANSWERS: Final = {Post.OWN: "自有阵地的小区", Post.SHARED: "共享阵地的小区", Post.NONE: "无阵地的小区"}

MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)
"""The two ways to measure what is shared; never mixed."""

INHABITED: Final = "有居民的小区"
"""The compounds that are asked; those without residents are counted apart."""


def status_column(mode: Mode, level: ServiceLevel = ServiceLevel.ANY) -> str:
    """Return the column of ``PostsResult.by_compound`` that holds the answer of a mode and level."""
    return f"status_{mode}" if level is _ANY else f"status_{mode}_{level}"


def kpis(result: PostsResult) -> list[Kpi]:
    """Return the numbers, compliance first: own, shared, none, the gap; then what stands apart."""
    if not result.coverage.district.has("compounds"):
        key, words = "posts.share", "有阵地（自有或共享）的小区占比"
        return [
            Kpi(key, words, None, "%", "缺小区图层", None, mode, _ALL, _ANY, clause(result, mode)) for mode in MODES
        ]
    found: list[Kpi] = []
    for mode in MODES:
        for level in (_ANY, ServiceLevel.FULL, ServiceLevel.LITE):
            found += _of_level(result, mode, level)
        found += _gap(result, mode)
    return [*found, *_cases(result)]


def clause(result: PostsResult, mode: Mode) -> str:
    """Return what five minutes are in this mode, and from which share on a station counts as shared."""
    rules, register = result.scenario.coverage, result.scenario.register
    limit, least = register[rules.time if mode is Mode.EXPERIENCE else rules.distance], register[rules.compound_share]
    text = f"{limit.value:g} {limit.unit}；{limit.citation}"
    return f"{text}；居民 ≥ {least.value:.0%} 被覆盖计为共享 {least.citation}"


def _of_level(result: PostsResult, mode: Mode, level: ServiceLevel) -> list[Kpi]:
    count = {post: float(number) for post, number in result.counts(mode, level).items()}
    total = sum(count.values()) - count[Post.EMPTY]
    basis, found = clause(result, mode), []
    for post, words in _ANSWERS.items():
        key, cited = f"posts.{post.name.lower()}", _NO_CLAUSE if post is Post.OWN else basis
        found.append(Kpi(key, words, count[post], "个", INHABITED, total, mode, _ALL, level, cited))
    value, words = share(count[Post.OWN] + count[Post.SHARED], total), "有阵地（自有或共享）的小区占比"
    found.append(Kpi("posts.share", words, value, "%", INHABITED, total, mode, _ALL, level, basis))
    return [*found, _households(result, mode, level)]


def _households(result: PostsResult, mode: Mode, level: ServiceLevel) -> Kpi:
    """Return the share of households that live in a compound with a station of its own or a shared one."""
    key, words, basis = "posts.households.share", "有阵地的小区的住户占比", clause(result, mode)
    table = result.by_compound[result.by_compound["residents"] > 0]
    households = table["households"].to_numpy(np.float64)
    known = np.isfinite(households)
    if not known.any():
        return Kpi(key, words, None, "%", "缺户数", None, mode, _ALL, level, basis)
    has = (~table[status_column(mode, level)].isin([Post.NONE, Post.EMPTY])).to_numpy()
    total = float(households[known].sum())
    of = "小区内的户" if known.all() else "户数已知的小区的户"
    return Kpi(key, words, share(float(households[known & has].sum()), total), "%", of, total, mode, _ALL, level, basis)


def _gap(result: PostsResult, mode: Mode) -> list[Kpi]:
    table, basis = result.by_compound, clause(result, mode)
    total = float(table["residents"].sum())
    none = table[status_column(mode, _ANY)] == Post.NONE
    return [
        Kpi(key, words, float(value), "人", "小区内居民", total, mode, _ALL, _ANY, basis)
        for key, words, value in (
            ("posts.none.residents", "住在无阵地小区的居民", table.loc[none, "residents"].sum()),
            ("posts.gap.residents", "小区内未覆盖的居民", table[f"gap_{mode}"].sum()),
        )
    ]


def _cases(result: PostsResult) -> list[Kpi]:
    """Count what stands apart: residents outside compounds, compounds without residents, walls without a gate."""
    table = result.by_compound
    everybody = float(result.coverage.populace.residents.sum())
    outside = everybody - float(table["residents"].sum())
    walled = table[table["enclosed"].astype(bool)]
    empty, shut = float((table["residents"] <= 0).sum()), float((walled["open_gates"] == 0).sum())
    return [
        Kpi(key, words, value, unit, of, total, Mode.COMPLIANCE, _ALL, _ANY, _NO_CLAUSE)
        for key, words, value, unit, of, total in (
            ("posts.empty", "无居民的小区", empty, "个", "全部小区", float(len(table))),
            ("posts.no_gate", "没有居民可通行大门的封闭小区", shut, "个", "封闭小区", float(len(walled))),
            ("posts.outside.residents", "不属于任何小区的居民", outside, "人", "需求图层全体居民", everybody),
        )
    ]


_COMPOUND: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("小区", None),
    "community": ("社区", None),
    "subdistrict": ("街道", None),
    "households": ("户数（户）", 0),
    "residents": ("居民（人）", 0),
    "wall": ("围墙", None),
    "status_compliance": ("阵地·合规", None),
    "status_experience": ("阵地·体验", None),
    "status_compliance_full": ("中心·合规", None),
    "status_compliance_lite": ("驿家·合规", None),
    "own": ("自有阵地", None),
    "station": ("最近阵地", None),
    "p50_m": ("步行 P50（m）", 0),
    "p90_m": ("步行 P90（m）", 0),
    "covered_compliance": ("覆盖·合规（人）", 0),
    "gap_compliance": ("未覆盖·合规（人）", 0),
    "covered_experience": ("覆盖·体验（人）", 0),
    "gap_experience": ("未覆盖·体验（人）", 0),
    "unreachable": ("其中无路可达（人）", 0),
    "unsnapped": ("其中离路过远（人）", 0),
}
_GAP: Final = (
    "id", "name", "community", "households", "residents", "wall", "gap_compliance", "station", "p50_m", "p90_m",
    "unreachable", "unsnapped", "gap_experience",
)  # fmt: skip
_AREA: Final[dict[str, Column]] = {
    "id": ("编号", None),
    "name": ("名称", None),
    "compounds": ("有居民的小区（个）", 0),
    "own_post": ("自有（个）", 0),
    "shared_post": ("共享（个）", 0),
    "no_post": ("无（个）", 0),
    "no_residents": ("另：无居民（个）", 0),
    "residents_none": ("无阵地小区的居民（人）", 0),
}


def tables(result: PostsResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    names = result.coverage.district.communities.set_index("id")["name"].to_dict()
    by_community = result.by_area("community")
    by_community.insert(1, "name", by_community["id"].map(names))
    by_subdistrict = result.by_area("subdistrict").rename(columns={"id": "name"})
    found = {
        "一小区一阵地": for_reading(_worded(result, result.by_compound), _COMPOUND),
        "缺口清单（无阵地小区）": for_reading(_worded(result, result.gaps), {c: _COMPOUND[c] for c in _GAP}),
        "分社区": for_reading(by_community, _AREA),
        "分街道": for_reading(by_subdistrict, _AREA),
    }
    return {title: table for title, table in found.items() if len(table)}


def _worded(result: PostsResult, table: pd.DataFrame) -> pd.DataFrame:
    """Put names beside identifiers, and say in words what is not a number."""
    signs = result.coverage.district.stations.set_index("id")["name"].to_dict()
    table = table.copy()
    table["own"] = [_signs(text, signs) for text in table["own"]]
    table["station"] = [_signs(name, signs) or "不可达" for name in table["station"]]
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


def _signs(text: object, signs: Mapping[Hashable, str]) -> str:
    """Return the names of stations with their identifiers; empty where there is none."""
    return "、".join(f"{signs[name]}（{name}）" for name in text.split(", ")) if isinstance(text, str) else ""
