"""A ledger as people keep it, as a source of a recipe: read, placed or matched by name, and all that was done told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyproj
import shapely

from workbench.catalogue.intake import intake
from workbench.catalogue.places import plain
from workbench.catalogue.tables import TABLES, Table
from workbench.catalogue.terms import AGE_BANDS, label
from workbench.errors import GeodataError, Problem
from workbench.ground.intake.coordinates import Placed, placed_rows
from workbench.ground.intake.ledger import Finding, Ledger, read_ledger
from workbench.ground.intake.matching import Match, Places, matched
from workbench.ground.sources.reading import Kind, Reading, Remark, Shapes
from workbench.ground.sources.table import LINE

_STANDS: Final = ("Point", "Polygon or Point")
_DIGITS: Final = re.compile(r"\d[\d,.]*")
_AS_REMARK: Final[Mapping[str, Kind]] = {
    "changed": "changed",
    "guessed": "guessed",
    "doubtful": "warning",
    "refused": "warning",
}
_MIXED_MEND: Final = (
    "在表里加一列“坐标系”，给这些行写上来源（高德、百度、GPS 或国家2000）；若已在地图上看过、确实无误，"
    "在配方里给这个来源写 datum_confirmed: true"
)
_REFUSED_MEND: Final = "改正这一格；或在配方里给这个来源写 refused: leave_out，读不懂的行和格就略去并列出"


@dataclass(frozen=True)
class Surroundings:
    """What is known of the ground when a ledger is placed on it.

    Attributes
    ----------
    crs
        CRS of the district.
    extent
        Where it lies.
    ways
        Lines of its walking network; None where there are none.
    walls
        Edges of its compounds; None where they are not known.
    communities
        Communities with ``id``, ``name`` and ``geometry``; None where they are not known.
    places
        Gives the known places; asked only when a row has no coordinates.
    """

    crs: pyproj.CRS
    extent: shapely.Geometry
    ways: Shapes | None
    walls: Shapes | None
    communities: pd.DataFrame | None
    places: Callable[[], Places]


@dataclass(frozen=True)
class Manner:
    """How a ledger is read, as a recipe states it.

    Attributes
    ----------
    sheet, encoding
        Of the file; found out when not given.
    where
        Condition that rows must satisfy.
    own, datum
        CRS and datum of coordinates, as far as they are known.
    confirmed
        Whether the datum is right although rows look as if they were in another one.
    leave_out
        Whether rows and cells that cannot be read are left out, instead of stopping the import.
    stands
        Whether rows have a place: those of which only numbers matter need none.
    """

    sheet: str | None = None
    encoding: str | None = None
    where: str | None = None
    own: pyproj.CRS | None = None
    datum: str | None = None
    confirmed: bool = False
    leave_out: bool = False
    stands: bool = True


def read_source(path: Path, table: Table, around: Surroundings, manner: Manner) -> tuple[Reading, set[str]]:
    """Read a ledger as a source of a table.

    Parameters
    ----------
    path
        The file.
    table
        What its rows are.
    around
        The ground.
    manner
        How it is read.

    Returns
    -------
    Reading
        Rows in the columns of the house; points in the CRS of the district where rows stand somewhere. Rows without a
        place are left out, each told by a remark of the kind ``unplaced``.
    set of str
        Identifiers and names of the rows without a place: what names them elsewhere cannot come either.

    Raises
    ------
    SourceError, GeodataError
        If the file is no ledger; if cells are refused and not to be left out; if it mixes datums.
    """
    whole = read_ledger(path, table.name, sheet=manner.sheet, encoding=manner.encoding)
    as_read = Reading(path, whole.rows, None, "", _names(whole)).filtered(manner.where)
    gone = set(whole.rows[LINE]) - set(as_read.rows[LINE])
    ledger = replace(whole, rows=as_read.rows, findings=tuple(f for f in whole.findings if f.line not in gone))
    shapes: Shapes | None = None
    told = list(ledger.findings)
    lost: dict[int, str] = {}
    if manner.stands and (table.shape in _STANDS or table.name == "communities"):
        shapes, said, lost = _placed(path, ledger, around, manner)
        told += said
    _refuse(path, [finding for finding in told if finding.kind == "refused" and not manner.leave_out])
    lines = {0, *ledger.rows[LINE]}
    out = [f for f in told if not f.column and f.kind in ("left_out", "refused") and f.line not in lines]
    remarks = [*as_read.remarks, *_left_out(out), *_told(finding for finding in told if finding not in out)]
    rows = ledger.rows.drop(columns=[column for column in ledger.rows if str(column).startswith("_")])
    if table.name == "demand":
        rows, partial = _whole_bands(rows)
        remarks += partial
    reading = Reading(path, rows, shapes, around.crs.to_wkt() if shapes is not None else "", as_read.lines)
    reading = replace(reading, remarks=tuple(remarks), held=whole.held)
    if not lost:
        return reading, set()
    gone_names = {_cell(ledger, column, row) for column in ("id", "name") for row in lost} - {""}
    keep = np.array([row not in lost for row in range(len(rows))], bool)
    reading = reading.take(keep, "没有落点，须补坐标或改正名称、地址", " 行：")
    told_of = tuple(Remark("unplaced", words) for words in lost.values())
    return replace(reading, remarks=(*reading.remarks, *told_of)), gone_names


def _names(ledger: Ledger) -> list[str]:
    of = f"工作表“{ledger.sheet}”" if ledger.sheet else ""
    return [f"{of}第 {line} 行" for line in ledger.rows[LINE]]


def _cell(ledger: Ledger, column: str, row: int) -> str:
    if column not in ledger.rows:
        return ""
    cell = ledger.rows[column].iloc[row]
    return "" if pd.isna(cell) else str(cell).strip()


# ----------------------------------------------------------------------------------------------------------------------
# Where rows stand: by their coordinates, else by their names.


def _placed(
    path: Path, ledger: Ledger, around: Surroundings, manner: Manner
) -> tuple[Shapes, list[Finding], dict[int, str]]:
    """Return the point of each row, what was found, and the rows that have none with what may be meant."""
    by_numbers = placed_rows(
        ledger,
        crs=around.crs,
        datum=manner.datum,
        extent=around.extent,
        ways=around.ways,
        walls=around.walls,
        own=manner.own,
        homes=_homes(ledger, around.communities),
    )
    if by_numbers.mixed and not manner.confirmed:
        raise GeodataError(_mixed(path, by_numbers))
    shapes, findings = by_numbers.shapes.copy(), list(by_numbers.findings)
    asking = by_numbers.unplaced.tolist()
    if not asking:
        return shapes, findings, {}
    places = around.places()
    names, addresses = ([_cell(ledger, column, row) for row in asking] for column in ("name", "_address"))
    lost = {}
    for row, match in zip(asking, matched(names, addresses, places), strict=True):
        if match.place < 0:
            lost[row] = _by_hand(ledger, row, match, places)
            continue
        shapes[row] = places.points[match.place]
        why = f"没有可用的坐标，按名称、地址放在{_place(places, match.place)}，相似 {match.score:.0f} 分"
        asked = _cell(ledger, "name", row) or _cell(ledger, "_address", row)
        line = int(ledger.rows[LINE].iloc[row])
        findings.append(Finding(ledger.sheet, line, "坐标", "guessed", asked, places.names[match.place], why))
    return shapes, findings, lost


def _homes(ledger: Ledger, communities: pd.DataFrame | None) -> Shapes | None:
    """Return the community that each row says it lies in, as far as it is known."""
    if communities is None or "community" not in ledger.rows:
        return None
    shapes = np.asarray(communities["geometry"].array, dtype=object)
    known = dict(zip(communities["name"].astype("str").map(plain), shapes, strict=True))
    known |= dict(zip(communities["id"].astype("str"), shapes, strict=True))
    said = [_cell(ledger, "community", row) for row in range(len(ledger.rows))]
    return np.array([known.get(text, known.get(plain(text))) for text in said], object)


def _place(places: Places, place: int) -> str:
    return f"“{places.names[place]}”（{places.kinds[place]}）"


def _by_hand(ledger: Ledger, row: int, match: Match, places: Places) -> str:
    """Say of a row without a place what it is called and what it may be."""
    address = _cell(ledger, "_address", row)
    called = f"第 {int(ledger.rows[LINE].iloc[row])} 行“{_cell(ledger, 'name', row)}”"
    called += f"（{address}）" if address else ""
    offered = "、".join(_place(places, place) for place in match.offered)
    if match.tie:
        return f"{called}：同样像 {offered}，{match.score:.0f} 分，不能判定"
    return f"{called}：最像 {offered}，只有 {match.score:.0f} 分" if offered else f"{called}：没有相像的地名"


def _mixed(path: Path, placed: Placed) -> list[Problem]:
    return [
        Problem(
            str(path),
            finding.why,
            row=f"第 {finding.line} 行",
            column=finding.column,
            expected="整张表一种坐标系，或每行注明",
            found=finding.found,
            mend=_MIXED_MEND,
        )
        for finding in placed.mixed
    ]


# ----------------------------------------------------------------------------------------------------------------------
# What was done, in the words of an import.


def _refuse(path: Path, findings: Sequence[Finding]) -> None:
    problems = [
        Problem(
            str(path),
            finding.why,
            row=f"第 {finding.line} 行" if finding.line else "",
            column=finding.column,
            found=finding.found,
            mend=_REFUSED_MEND,
        )
        for finding in findings
    ]
    if problems:
        raise GeodataError(problems)


def _whole_bands(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Remark]]:
    """Leave out the age bands of rows that do not give all of them: what the others are cannot be known."""
    bands = [band for band in AGE_BANDS if band in rows]
    known = rows[bands].notna()
    partial = (known.any(axis=1) & ~(known.all(axis=1) & (len(bands) == len(AGE_BANDS)))).to_numpy(bool)
    if not partial.any():
        return rows, []
    given = "、".join(label(band) for band in bands)
    words = f"{int(partial.sum()):,} 行只给了部分年龄段（{given}），年龄段未采用；要按人群测算须五段都有"
    return rows.assign(**{band: rows[band].mask(partial) for band in bands}), [Remark("warning", words)]


def _left_out(findings: Sequence[Finding]) -> list[Remark]:
    """Tell of the lines of a sheet that did not come, by reason."""
    whys: dict[str, list[Finding]] = defaultdict(list)
    for finding in {finding.line: finding for finding in findings}.values():
        whys[finding.why].append(finding)
    return [
        Remark("left_out", f"{len(same):,} 行：{why}（第 {_some(same)} 行）", len(same)) for why, same in whys.items()
    ]


def _some(findings: Sequence[Finding], most: int = 5) -> str:
    lines = "、".join(str(finding.line) for finding in findings[:most])
    return f"{lines} 等 {len(findings)}" if len(findings) > most else lines


_FOR_CLERKS: Final[Mapping[str, tuple[str, str]]] = {
    "the value is missing": ("没有填写", "填上这一格，或删去这一行"),
    "the identifier stands more than once": ("编号重复", "给每一行各自的编号"),
    "the value is too small": ("数值太小", "改正这一格；不知道的留空"),
    "the value is too large": ("数值太大", "改正这一格；不知道的留空"),
    "the value is not known": ("不认识的写法", "从模板这一列的下拉里选"),
    "the value is of the wrong kind": ("填写的内容不合这一列", "改正这一格"),
    "only some age bands are given": ("年龄段没有填全", "五个年龄段都填，或都不填"),
    "the age bands do not add up to the residents": ("各年龄段之和与居民数不符", "核对年龄段与总数"),
    "a station for members only names no compound": ("只对小区内部开放的阵地没有写所属小区", "写上所属小区"),
    "a station has more area for residents than floor": ("居民活动面积大于建筑面积", "改正其中一个，都以㎡计"),
    "the station stands in a compound of another community": ("阵地所在小区属于另一个社区", "改正其中一个"),
    "the point lies far off the district": ("位置离本区太远", "核对坐标"),
}
"""What the gate says of a cell, as who keeps the ledger reads it, and what to do."""


def for_clerks(problem: Problem) -> Problem:
    """Put what the gate says of a row of a ledger into the words of who keeps it."""
    table, what, mend = TABLES[problem.where], problem.what, ""
    for reference in table.references:
        if what == f"the {reference.column} is not in the {reference.table} table":
            what, mend = f"{label(reference.table)}里没有这一个", "改正编号或名称，或补上它"
    what, mend = _FOR_CLERKS.get(what, (what, mend))
    if not mend:
        return problem
    headings = intake().headings_of(table.name)
    column = headings.get(problem.column, (problem.column,))[0]
    return replace(problem, what=what, column=column, expected="", mend=mend)


def _told(findings: Iterable[Finding]) -> list[Remark]:
    """Tell of cells, those of one column and one reason together, with the first as an example.

    What a cell that was refused holds may be anything, a name for a count of people too: it is told by its line only.
    """
    alike: dict[tuple[str, str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.kind in _AS_REMARK:
            alike[finding.kind, finding.column, _DIGITS.sub("#", finding.why)].append(finding)
    remarks = []
    for (kind, column, _), same in alike.items():
        first = same[0]
        of = f"{column}：" if column else ""
        example = "" if kind == "refused" else " → ".join(filter(None, (first.found, first.took)))
        beside = "，".join(filter(None, (example, f"第 {_some(same)} 行" if first.line else "")))
        remarks.append(Remark(_AS_REMARK[kind], f"{of}{first.why}{f'（{beside}）' if beside else ''}"))
    return remarks
