"""One report over many districts: a table, a row a district, whose sums are exact; a map; the worst first."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import shapely
from matplotlib.axes import Axes
from matplotlib.colors import Normalize

from workbench.catalogue.standards import register
from workbench.coverage.doors import share
from workbench.errors import OutputError, Problem
from workbench.folder import staged_folder
from workbench.fonts import wrapped
from workbench.ground.district import District
from workbench.ground.manifest import Manifest
from workbench.plot.figures import save_figure
from workbench.plot.style import axes_for, furnish_map, house_style
from workbench.province.split import Curve, Split, split_sum
from workbench.province.tally import added
from workbench.report.contents import WORKBOOK, Part, Shown
from workbench.report.page import PAGE, write_pages_of
from workbench.report.workbook import write_workbook
from workbench.results import DrawnFigure, present
from workbench.version import __version__

RECORD: Final = "districts.json"
"""The file that every folder of such a report holds."""

_MOST_NAMED = 3
_LABELLED = 5  # districts named on the map
_MOST_LABELLED = 40  # and as many at most are called by name at all
_BAND = 6  # letters of a name on the map before it breaks


# ----------------------------------------------------------------------------------------------------------------------
# Districts side by side.


@dataclass(frozen=True, eq=False)
class Districts:
    """What one scenario gave on many districts.

    Attributes
    ----------
    scenario
        Its name, with what a sweep sets.
    said
        What :func:`workbench.province.tally.counted` said of each, by cell.
    """

    scenario: str
    said: Mapping[str, Mapping[str, Any]]

    @cached_property
    def manifests(self) -> list[Manifest]:
        """What each district says of itself."""
        return [Manifest.model_validate(one["manifest"]) for one in self.said.values()]

    @cached_property
    def names(self) -> list[str]:
        """What each district is called: a part by its own name, without that of the whole."""
        return [one.name.removeprefix(f"{one.part.whole} · ") if one.part else one.name for one in self.manifests]

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a district, most uncovered residents first; exact. The last row is the sum of all."""
        rows = [
            _row(name, one["today"], one.get("planned"))
            for name, one in zip(self.names, self.said.values(), strict=True)
        ]
        planned = [one.get("planned", one["today"]) for one in self.said.values()]
        any_planned = any("planned" in one for one in self.said.values())
        whole = _row("合计", added(one["today"] for one in self.said.values()), added(planned) if any_planned else None)
        found = pd.DataFrame(rows).assign(cell=list(self.said))
        found = found.sort_values(["gap", "name"], ascending=[False, True], kind="stable")
        return pd.concat([found, pd.DataFrame([whole])], ignore_index=True)

    def conclusion(self) -> list[str]:
        """Say who is covered in all, and in which districts most of those live who are not."""
        *rows, whole = self.table.to_dict("records")
        limit = next(iter(self.said.values()))["limit_m"]
        percent = f"，占 {whole['share_compliance']:.1f}%" if whole["residents"] else ""
        people, covered = f"{whole['residents']:,.0f}", f"{whole['covered_compliance']:,.0f}"
        first = f"{len(rows)} 个区居民 {people} 人；步行 {limit:g} m 内有开放阵地的 {covered} 人{percent}。"
        worst = "、".join(f"{row['name']}（{row['gap']:,.0f} 人）" for row in rows[:_MOST_NAMED] if row["gap"] > 0)
        second = [f"未覆盖的居民最多的区是{worst}。"] if worst else []
        gained = whole.get("gained")
        third = [f"各区方案合计使覆盖居民净增 {gained:,.0f} 人（各区只计本区居民）。"] if gained is not None else []
        return [first, *second, *third]

    def curves(self, what: str) -> list[Curve]:
        """Return the curves of the districts by ``stations`` or ``money``.

        Raises
        ------
        OutputError
            If a district has none.
        """
        lack = [name for name, one in self.said.items() if what not in one]
        if lack:
            key = {"stations": "siting.curve", "money": "siting.frontiers.cost_points"}[what]
            mend = f"Run a scenario that sites stations by max_cover with {key} anew, with --again."
            raise OutputError(
                [Problem(name, f"the district has no curve of {what}", key=key, mend=mend) for name in lack]
            )
        found = []
        for name, one in zip(self.names, self.said.values(), strict=True):
            cost, worth, bound = np.array(one[what], np.float64).T
            found.append(Curve(name, cost, worth, bound))
        return found

    def split(self, what: str, most: float) -> tuple[Split, pd.DataFrame]:
        """Share stations or money out over the districts; return the split and one row a district, the most first."""
        curves = self.curves(what)
        ended = [one.get("stations_end", False) or what == "money" for one in self.said.values()]
        short = [one for one, end in zip(curves, ended, strict=True) if not end and one.cost.max() < most]
        if short:
            mend = "Run the scenario anew with a longer siting.curve, or share out fewer."
            what_short = "the curve of the district ends before the number that is shared out"
            raise OutputError(
                [Problem(one.name, what_short, key="siting.curve", expected=f"at least {most:g}",
                         found=f"{one.cost.max():g}", mend=mend) for one in short]
            )  # fmt: skip
        found = split_sum(curves, most)
        rows = [
            {"name": curve.name, "given": curve.cost[k], "worth": curve.worth[k],
             "gain": curve.worth[k] - curve.worth[0], "most": curve.worth.max()}
            for curve, k in zip(curves, found.plan.tolist(), strict=True)
        ]  # fmt: skip
        table = pd.DataFrame(rows).sort_values(["given", "name"], ascending=[False, True], kind="stable")
        return found, table.reset_index(drop=True)


def _row(name: str, today: Mapping[str, float], planned: Mapping[str, float] | None) -> dict[str, Any]:
    residents = today["residents"]
    row: dict[str, Any] = {"name": name, "residents": residents}
    for mode in ("compliance", "experience"):
        row[f"covered_{mode}"] = today[f"covered·{mode}·any"]
        row[f"share_{mode}"] = share(row[f"covered_{mode}"], residents)
    row |= {"gap": residents - row["covered_compliance"], "unsnapped": today["residents.unsnapped"]}
    row |= {"compounds": today.get("compounds", math.nan), "stations": today["stations"]}
    row["compounds_covered"] = today.get("compounds.covered·compliance", math.nan)
    if planned is not None:
        row["covered_planned"] = planned["covered·compliance·any"]
        row["gained"] = row["covered_planned"] - row["covered_compliance"]
    return row


def read_districts(folder: Path) -> list[Districts]:
    """Read what the cells of a folder say, one for each scenario on more than one district.

    Parameters
    ----------
    folder
        Made by ``workbench run`` of several districts.

    Raises
    ------
    OutputError
        If it is no such folder.
    """
    path = folder / "cells.json"
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        mend = "Name the --out folder of 'workbench run' with several districts."
        raise OutputError(Problem(str(path), "the index of cells cannot be read", mend=mend)) from error
    groups: dict[str, dict[str, Any]] = {}
    for name, cell in cells.items():
        if cell.get("counts"):
            settings = [f"{key}={value}" for key, value in cell["settings"].items()]
            groups.setdefault("~".join([cell["scenario"], *settings]), {})[name] = cell["counts"]
    return [Districts(scenario, MappingProxyType(said)) for scenario, said in groups.items() if len(said) > 1]


# ----------------------------------------------------------------------------------------------------------------------
# The report.


def districts_map(result: Districts, ax: Axes | None = None) -> Axes:
    """Map the share of residents covered in each district; those with most people uncovered are named."""
    manifest = result.manifests[0]
    table = result.table.iloc[:-1]
    order = list(result.said)
    shapes = [shapely.from_wkb(result.said[cell]["outline"]) for cell in table["cell"]]
    crs = [result.manifests[order.index(cell)].crs for cell in table["cell"]]
    placed = [
        gpd.GeoSeries([shape], crs=own).to_crs(manifest.crs).iloc[0] for shape, own in zip(shapes, crs, strict=True)
    ]
    frame = gpd.GeoDataFrame(table, geometry=placed, crs=manifest.crs)
    with house_style():
        ax = axes_for(ax, (9.6, 7.4))
        norm = Normalize(0, 100)
        frame.plot(ax=ax, column="share_compliance", cmap="YlGn", norm=norm, edgecolor="white", linewidth=0.8,
                   missing_kwds={"color": "#dddddd"})  # fmt: skip
        worst = frame[frame["gap"] > 0].head(min(_LABELLED, max(1, len(frame) // 3)))
        if len(worst):
            worst.boundary.plot(ax=ax, color="#b03a2e", linewidth=1.6)
        if len(frame) <= _MOST_LABELLED:
            others = frame.drop(worst.index)
            for point, name in zip(others.geometry.representative_point(), others["name"], strict=True):
                place = shapely.get_coordinates(point)[0]
                ax.annotate(wrapped(name, 2 * _BAND), place, ha="center", va="center", fontsize=7, color="#333333")
        spots = shapely.get_coordinates(worst.geometry.representative_point().to_numpy()).tolist()
        for rank, (spot, name, gap) in enumerate(zip(spots, worst["name"], worst["gap"], strict=True), 1):
            words = f"{wrapped(name, 2 * _BAND)}\n未覆盖 {gap:,.0f} 人 · 第 {rank}"
            ax.annotate(words, spot, ha="center", va="center", fontsize=8,
                        bbox={"boxstyle": "round,pad=0.2", "fc": "white", "ec": "none", "alpha": 0.8})  # fmt: skip
        bar = ax.figure.colorbar(plt.cm.ScalarMappable(norm, "YlGn"), ax=ax, shrink=0.7)
        bar.set_label("居民覆盖率·合规（%）")
        whole = result.table.iloc[-1]
        furnish_map(
            ax, District(manifest, MappingProxyType({})), note=f"分母：各区全体居民，共 {whole['residents']:,.0f} 人"
        )
        ax.set_title("各区步行覆盖；红框为未覆盖居民最多的区")
    return ax


_SUMS = "合计为各区计数之和，逐人相加；区为裁片时只计本区居民，界外阵地照常服务。"
_COLUMNS = (
    "name@district", "residents", "covered_compliance", "share_compliance", "gap", "covered_experience",
    "share_experience", "unsnapped", "compounds", "compounds_covered", "stations@own",
)  # fmt: skip


def write_districts(
    result: Districts, folder: Path, *, stations: float | None = None, money: float | None = None
) -> tuple[Path, list[str]]:
    """Write a report over districts, complete or not at all.

    Parameters
    ----------
    result
        What one scenario gave on many districts.
    folder
        Where to. A folder of an earlier report is replaced; anything else is refused.
    stations, money
        What to share out over them, in stations and in 万元; nothing when not given.

    Returns
    -------
    folder : pathlib.Path
        The folder, with ``report.html``, ``tables.xlsx``, ``districts.parquet``, ``districts.json``, ``map.png``.
    conclusion : list of str
        What follows.

    Raises
    ------
    OutputError
        If it cannot be written, or a district has no curve of what is to be shared out.
    """
    planned = ("covered_planned", "gained@planned") if "gained" in result.table else ()
    tables = {"各区": present(result.table, (*_COLUMNS, *planned))}
    said, manifest = result.conclusion(), result.manifests[0]
    record: dict[str, Any] = {"workbench": __version__, "scenario": result.scenario, "cells": list(result.said)}
    for what, most, unit, title in (("stations", stations, "处新站", "分站"), ("money", money, "万元", "分资金")):
        if most is None:
            continue
        found, table = result.split(what, most)
        tables[title] = present(table, ("name@district", f"given@{what}", "worth@split", "gain@split", "most@split"))
        sure = "已证最优" if found.bound <= found.worth else f"上界 {found.bound:,.0f} 人"
        said.append(
            f"{most:,g} {unit}按各区曲线精确分配，用去 {found.cost:,g}，覆盖 {found.worth:,.0f} 人（{sure}；凹包络上界 "
            f"{found.envelope:,.0f} 人）；每区只计本区居民，跨区所得另计。"
        )  # fmt: skip
        record[what] = {"most": most, "cost": found.cost, "worth": found.worth, "bound": found.bound,
                        "envelope": found.envelope}  # fmt: skip
    notes = [manifest.notice, f"数据日期 {manifest.date}；坐标系 {manifest.crs}；工作台 {__version__}", _SUMS]
    notes += manifest.credit_notes
    with staged_folder(folder, marker=RECORD) as staging:
        (staging / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        result.table.to_parquet(staging / "districts.parquet", index=False)
        write_workbook(staging / "tables.xlsx", tables, notes, said)
        (path,) = save_figure(districts_map(result), staging, "map", svg=False)
        figure = DrawnFigure("map", "", "各区步行覆盖", path)
        clauses = [register()["gb50180.five_minute.walk_distance"].citation]
        shown = [Shown(title, table) for title, table in tables.items()]
        part = Part("districts", "各区", "", [], [figure], shown, Shown("", pd.DataFrame()), [], WORKBOOK, clauses)
        write_pages_of(
            staging / PAGE, f"{len(result.said)} 个区 · {result.scenario}", manifest.notice, said, [part], notes, RECORD
        )
    return folder, said


def write_all(folder: Path, *, stations: float | None = None, money: float | None = None) -> list[str]:
    """Write the report of every scenario on more than one district; return what is to be said of each.

    Parameters
    ----------
    folder
        Made by ``workbench run`` of several districts.
    stations, money
        As :func:`write_districts` takes them.
    """
    lines: list[str] = []
    for result in read_districts(folder):
        name = re.sub(r"[^\w.=+\-~]+", "_", result.scenario)
        place, said = write_districts(result, folder / "districts" / name, stations=stations, money=money)
        lines += [f"各区 {place}", *said]
    return lines


def missing_districts(folder: Path) -> OutputError:
    """Say that a folder holds nothing to report over."""
    mend = "Run one scenario on several districts into it: workbench run S.yaml --district D1 --district D2 --out DIR."
    return OutputError(Problem(str(folder), "no scenario was run on more than one district", mend=mend))
