"""The atlas: a page of A4 for each 街道 or 社区: its map, its numbers, its gaps, and what the plan does for it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from jinja2 import Environment

from workbench.catalogue.terms import label, printable
from workbench.coverage import CoverageResult
from workbench.coverage.measure import Area, area_of_points, by_area
from workbench.ground.places import where_is
from workbench.report.contents import Contents, Shown
from workbench.report.page import css_string, html_table
from workbench.results import MISSING, amount
from workbench.study import Study

ATLAS: Final = "atlas.html"

DrawAreas = Callable[[Area], Mapping[str, bytes]]
"""Draws a map of each area (:func:`workbench.plot.atlas_maps`)."""

_TEMPLATE = Path(__file__).with_suffix(".html")
_MOST_GAPS, _MOST_DONE = 6, 6  # rows of a table on a page
_KINDS: Final[Mapping[Area, str]] = {"subdistrict": "街道", "community": "社区", "compound": "小区"}


@dataclass(frozen=True, eq=False)
class _Leaf:
    """One page: an area, its map, numbers, gaps, and what the plan does."""

    name: str
    picture: str
    numbers: Shown
    gaps: Shown
    gap_words: str
    done: Shown
    done_words: str


def write_atlas(path: Path, contents: Contents, area: Area, draw: DrawAreas | None = None) -> None:
    """Write the atlas of a run: one file for print and screen, nothing loaded from anywhere.

    Parameters
    ----------
    path
        Where to.
    contents
        What the reports of the run hold.
    area
        Of what there is a page each: ``subdistrict`` or ``community``.
    draw
        Draws the maps; none are shown when not given.
    """
    study, manifest = contents.study, contents.study.district.manifest
    leaves = list(_leaves(contents, area, {} if draw is None else draw(area)))
    environment = Environment(autoescape=True)
    environment.globals |= {"table": html_table}
    title = f"{contents.title} · 分{_KINDS[area]}图册"
    page = environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        title=title,
        running=css_string(f"{title}　{manifest.notice}"),
        notice=manifest.notice,
        kind=_KINDS[area],
        leaves=leaves,
        limit=f"{study.coverage.distance_limit_m:g} m",
        when=study.scenario.moment.title,
        notes=[printable(note) for note in contents.notes],
    )
    path.write_text(page, encoding="utf-8")


def _leaves(contents: Contents, area: Area, maps: Mapping[str, bytes]) -> Iterator[_Leaf]:
    """Return the pages, in the order of the identifiers of their areas."""
    study = contents.study
    before, after = study.before_after or (study.coverage, None)
    states = [before] if after is None else [before, after]
    layer, column = before.district.communities, "id" if area == "community" else "subdistrict"
    if layer.empty:
        return
    named = dict(zip(layer[column], layer["name"] if area == "community" else layer["subdistrict"], strict=True))
    tables = [by_area(one, area).set_index("id") for one in states]
    compounds, owner = _compounds(states), _owners(before, area)
    changes = _changes(before, after)
    in_area = layer.set_index("id")[column] if area == "subdistrict" else layer.set_index("id", drop=False)["id"]
    for identifier in sorted(named, key=str):
        own = compounds[compounds["编号"].map(owner) == identifier].drop(columns="编号")
        short = own[own["未覆盖（人）"] > 0].sort_values("未覆盖（人）", ascending=False, kind="stable")
        done = changes[changes["community"].map(in_area) == identifier].drop(columns="community")
        png = maps.get(str(identifier))
        yield _Leaf(
            name=printable(str(named[identifier])),
            picture="" if png is None else base64.b64encode(png).decode("ascii"),
            numbers=Shown("数字", _numbers(identifier, tables, before, in_area)),
            gaps=Shown("差距", short.head(_MOST_GAPS)),
            gap_words=_gap_words(own, short, before),
            done=Shown("方案", done.head(_MOST_DONE)),
            done_words=_done_words(identifier, tables, done, after, _idle(study)),
        )


def _numbers(identifier: object, tables: Sequence[pd.DataFrame], circle: CoverageResult, of: pd.Series) -> pd.DataFrame:
    """Return the numbers of an area, today's and with the plan, each with its denominator."""
    stations = circle.district.stations.iloc[circle.station_rows]
    own = stations[stations["community"].map(of) == identifier]
    rows = []
    for key, words, unit, denominator in _NUMBERS:
        said = [_of(table, identifier, key) for table in tables]
        if len(said) == 2:
            rows.append(
                {"指标": words, "现状": amount(said[0], unit), "方案": amount(said[1], unit), "分母": denominator}
            )
        else:
            rows.append({"指标": words, "现状": amount(said[0], unit), "分母": denominator})
    kinds = (
        "、".join(f"{label(str(kind))} {count}" for kind, count in own["kind"].value_counts(sort=False).items())
        or "没有"
    )
    rows.append(
        {
            "指标": "今有阵地（处）",
            "现状": kinds,
            **({"方案": "见下"} if len(tables) == 2 else {}),
            "分母": "开放的阵地",
        }
    )
    return pd.DataFrame(rows)


_NUMBERS = (
    ("residents", "居民", "人", "需求图层中属于它的居民"),
    ("covered_compliance", "覆盖居民（合规）", "人", "其全部居民"),
    ("share_compliance", "居民覆盖率（合规）", "%", "其全部居民"),
    ("share_experience", "居民覆盖率（体验，各人群步速）", "%", "其全部居民"),
    ("p50_m", "到最近阵地步行距离 P50", "m", "能到达阵地的居民"),
    ("p90_m", "到最近阵地步行距离 P90", "m", "能到达阵地的居民"),
    ("unreachable", "无路可达的居民", "人", "其全部居民"),
)


def _of(table: pd.DataFrame, identifier: object, key: str) -> float | None:
    value = dict(zip(table.index, table[key], strict=True)).get(identifier, np.nan)
    return float(value) if np.isfinite(value) else None


def _compounds(states: Sequence[CoverageResult]) -> pd.DataFrame:
    """Return who is covered of each compound, and who is not at last; none where there are no compounds."""
    layer = states[0].district.compounds
    names = dict(zip(layer["id"], layer["name"], strict=True)) if len(layer) else {}
    tables = [one.by_compound.set_index("id") for one in states]
    found = pd.DataFrame({"编号": tables[0].index, "小区": [printable(str(names.get(i, i))) for i in tables[0].index]})
    found["居民（人）"] = [round(value) for value in tables[0]["residents"]]
    for name, table in zip(("现状覆盖（人）", "方案覆盖（人）"), tables, strict=False):
        found[name] = [round(value) for value in table["covered_compliance"].reindex(tables[0].index)]
    found["未覆盖（人）"] = found["居民（人）"] - found.iloc[:, -1]
    return found


def _owners(circle: CoverageResult, area: Area) -> dict[Any, Any]:
    """Return the area of each compound: that of most of its demand points."""
    pairs = pd.DataFrame(
        {"compound": circle.district.demand["compound"], "area": area_of_points(circle, area)}
    ).dropna()
    most = pairs.value_counts().reset_index().sort_values(["count", "area"], ascending=[False, True], kind="stable")
    return dict(most.drop_duplicates("compound")[["compound", "area"]].itertuples(index=False, name=None))


def _changes(before: CoverageResult, after: CoverageResult | None) -> pd.DataFrame:
    """Return what a plan does with stations: what it opens, closes, and keeps open longer."""
    columns = ["community", "做什么", "阵地", "位置"]
    if after is None:
        return pd.DataFrame(columns=columns)
    then, now = before.district.stations, after.district.stations
    same = now.merge(then[["id", "opening_hours"]], on="id", suffixes=("", "_then"))
    moved = same["opening_hours"].fillna("") != same["opening_hours_then"].fillna("")
    parts = []
    for what, layer in (
        ("新增", now[~now["id"].isin(then["id"])]),
        ("撤并", then[~then["id"].isin(now["id"])]),
        ("调整开放时间", now[now["id"].isin(same.loc[moved, "id"])]),
    ):
        where = where_is(before.district, layer.geometry)
        names = [printable(str(name)) for name in layer["name"]]
        parts.append(pd.DataFrame({"community": layer["community"].to_numpy(object), "做什么": what, "阵地": names,
                                   "位置": where}))  # fmt: skip
    return pd.concat(parts, ignore_index=True)[columns]


def _gap_words(own: pd.DataFrame, short: pd.DataFrame, circle: CoverageResult) -> str:
    if circle.district.compounds.empty:
        return f"{MISSING}：本区没有小区图层，不能说明差距在哪些小区。"
    if own.empty:
        return f"{MISSING}：没有登记属于它的小区。"
    if short.empty:
        return "有居民的小区全部居民都在限内。"
    more = f"，此处列未覆盖居民最多的 {_MOST_GAPS} 个" if len(short) > _MOST_GAPS else ""
    return f"{len(own)} 个有居民的小区中，{len(short)} 个仍有居民未覆盖，共 {short['未覆盖（人）'].sum():,} 人{more}。"


def _idle(study: Study) -> str:
    """Say why no plan changes the circle."""
    if not study.decided:
        return "本情景只评估现状，没有方案。"
    return "方案不改变阵地与步行圈。" if any(part.answered for part in study.decided) else "按所列规则没有可行的方案。"


def _done_words(
    identifier: object, tables: Sequence[pd.DataFrame], done: pd.DataFrame, after: CoverageResult | None, idle: str
) -> str:
    if after is None:
        return idle
    then, now = (_of(table, identifier, "covered_compliance") for table in tables)
    what = "、".join(f"{kind} {count} 处" for kind, count in done["做什么"].value_counts(sort=False).items())
    said = f"方案在此{what}" if what else "方案不在此动工"
    if then is None or now is None:
        return f"{said}；没有登记居民，覆盖无从谈起。"
    gain = round(now) - round(then)
    change = f"覆盖居民净增 {gain:,} 人" if gain > 0 else f"覆盖居民净减 {-gain:,} 人" if gain < 0 else "覆盖居民不变"
    more = f"；此处列前 {_MOST_DONE} 处" if len(done) > _MOST_DONE else ""
    return f"{said}，{change}{more}。"
