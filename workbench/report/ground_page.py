"""The page of an import: what came from where, what was guessed and assumed, and what to mend on the ground first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pandas as pd

from workbench.catalogue.terms import label, printable
from workbench.coverage.ground_quality import GroundQuality
from workbench.ground.manifest import ASSUMED, SourceNote
from workbench.report.contents import Part, Shown
from workbench.report.page import write_pages_of
from workbench.results import DrawnFigure

_KINDS: Final[Mapping[str, str]] = {
    "assumed": f"推定【{ASSUMED}】",
    "guessed": "推测",
    "warning": "存疑",
    "left_out": "略去",
    "changed": "改写",
}
"""What was done to a source, what matters most first."""
_REST: Final = "同一文件夹的 manifest.yaml"
_FOOT: Final = "本页全部说明见同一文件夹的 manifest.yaml，图层见 ground.gpkg；workbench validate 列出同样的内容。"


def write_ground_page(path: Path, quality: GroundQuality, figures: Sequence[DrawnFigure] = ()) -> Path:
    """Write the page: one file, nothing loaded from anywhere.

    Parameters
    ----------
    path
        Where to.
    quality
        What was found of the ground.
    figures
        Its map.
    """
    manifest = quality.district.manifest
    notes = [f"坐标系 {manifest.crs}；数据日期 {manifest.date}", *manifest.credit_notes]
    title = f"{manifest.name} · 底数质量"
    write_pages_of(path, title, manifest.notice, _conclusion(quality), _parts(quality, figures), notes, foot=_FOOT)
    return path


def _conclusion(quality: GroundQuality) -> list[str]:
    """Return what a planner should know first."""
    district, notes = quality.district, quality.district.manifest.sources
    counts = "、".join(f"{label(name)} {len(frame):,}" for name, frame in district.tables.items())
    said = [f"{len(notes):,} 个来源，得到 {counts}。"]
    totals = district.control_totals()
    off = totals[totals["相差"] != 0]
    if len(totals):
        words = "、".join(
            f"{row['项目']}相差 {row['相差']:+,.10g}（{row['相差比例']}）"
            if pd.notna(row["相差"])
            else f"{row['项目']}底数没有这一项"
            for _, row in off.iterrows()
        )
        said.append(f"控制数 {len(totals):,} 项，" + (f"{words}。" if words else "全部相符。"))
    waiting = sum(len(note.unplaced) for note in notes)
    if waiting:
        said.append(f"{waiting:,} 行没有落点，没有采用，见“待补坐标”；阵地也可用 workbench app 在地图上点。")
    assumed = sum(len(note.assumed) for note in notes)
    if assumed:
        said.append(f"{assumed:,} 项推定【{ASSUMED}】，写在本区的每张图、每张表上。")
    islands = quality.pieces[~quality.pieces["leads"]]
    said.append(
        f"路网 {len(quality.pieces):,} 片，最大一片占总长 {quality.pieces['share'].iloc[0]:.1%}；"
        f"{len(islands):,} 片孤立，共 {islands['metres'].sum():,.0f} m。"
    )
    people, total = float(quality.off["residents"].sum()), float(district.demand["residents"].sum())
    stations = int((quality.off["layer"] == label("stations")).sum())
    share = f"（{people / total:.1%}）" if total else ""
    said.append(
        f"接不上路网：居民 {people:,.0f} 人{share}，阵地 {stations:,} 处；无门的封闭小区 {len(quality.shut):,} 个；"
        f"区外 {len(quality.outside):,} 处。"
    )
    return said


def _parts(quality: GroundQuality, figures: Sequence[DrawnFigure]) -> list[Part]:
    notes, totals = quality.district.manifest.sources, quality.district.control_totals()
    waiting = pd.DataFrame(
        [{"表": label(note.layer), "行": words} for note in notes for words in note.unplaced], columns=["表", "行"]
    )
    by_hand = (
        "这些行没有采用。两种办法：在网上地图拾取坐标填回表里，并写明来自哪种地图；或改正名称、地址，使它认得出来。"
        "改好后重新导入。"
    )
    parts = [
        _part("map", "地图", list(figures), []),
        _part("sources", "来自何处", [], [Shown("来源", _sources(notes), _REST)]),
        _part("totals", "控制数", [], [Shown("底数与控制数", _whole(totals))]),
        _part("said", "推定、推测与改写", [], [Shown("处理说明", _said(notes), _REST)]),
        _part("unplaced", "待补坐标", [], [Shown("没有落点的行", waiting, _REST)], [by_hand]),
        _part("network", "路网与门", [], _ground_tables(quality)),
    ]
    return [part for part in parts if part.figures or part.tables]


def _part(key: str, title: str, figures: list[DrawnFigure], tables: list[Shown], said: Sequence[str] = ()) -> Part:
    shown = [table for table in tables if table.count]
    return Part(key, title, "", list(said), figures, shown, Shown("", pd.DataFrame()), [], _REST, [])


def _sources(notes: Sequence[SourceNote]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "表": label(note.layer),
                "文件": note.note.rpartition("; ")[2].partition(" sha256")[0],
                "来源": note.source,
                "日期": note.date,
                "坐标": " ".join(filter(None, (note.crs, note.datum))),
                "原有行": note.held,
                "进入行": note.rows,
                "推测": len(note.guessed),
                "推定": len(note.assumed),
                "待落点": len(note.unplaced),
            }
            for note in notes
        ]
    )


def _whole(totals: pd.DataFrame) -> pd.DataFrame:
    """Return control totals as people write them: whole numbers without a decimal point."""
    numbers = {
        name: [int(value) if float(value).is_integer() else round(value, 6) for value in totals[name]]
        for name in ("控制数", "底数", "相差")
    }
    return totals.assign(**{name: pd.Series(values, totals.index, object) for name, values in numbers.items()})


def _said(notes: Sequence[SourceNote]) -> pd.DataFrame:
    rows = [
        {"类别": word, "表": label(note.layer), "说明": printable(words)}
        for kind, word in _KINDS.items()
        for note in notes
        for words in getattr(note, kind)
    ]
    return pd.DataFrame(rows, columns=["类别", "表", "说明"])


def _ground_tables(quality: GroundQuality) -> list[Shown]:
    pieces = quality.pieces.assign(leads=quality.pieces["leads"].map({True: "", False: "孤立"}))
    pieces["share"] = (100 * pieces["share"]).round(2)
    off, shut, outside = quality.off, quality.shut, quality.outside
    return [
        Shown("路网各片", _renamed(pieces, rank="片", ways="路段", metres="长度（m）", share="占总长（%）", leads="")),
        Shown(
            "接不上路网的",
            _renamed(off, layer="层", id="编号", name="名称", residents="居民（人）", reason="原因", leg_m="离路（m）"),
        ),
        Shown(
            "没有可开大门的封闭小区", _renamed(shut, id="编号", name="名称", community="社区", residents="居民（人）")
        ),
        Shown("在区外的", _renamed(outside, layer="层", id="编号", name="名称", away_m="离区界（m）")),
    ]


def _renamed(frame: pd.DataFrame, **names: str) -> pd.DataFrame:
    return pd.DataFrame(frame[[name for name in names if name in frame]]).rename(columns=names)
