"""Coordinates as ledgers hold them: every row read, placed in the district's CRS, and what was done to it said.

A cell may hold degrees with decimals or degrees, minutes and seconds, one number or two; a pair may be exchanged, be
metres of a CGCS2000 zone with its number or without, or kilometres. Which of these a pair is, its size tells in part,
and the rest is told by where it would lie: a reading that puts the row into the district is right, one that puts it a
thousand kilometres away is not. What a sheet says most rows are is tried first in each.

Datums are not told by place, for they differ by a few hundred metres: a row says its own, or the recipe says that of
the sheet. Rows that look as if they were in another one are listed (:func:`odd_ones`), never moved.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Final, Literal

import numpy as np
import pandas as pd
import pyproj
import shapely

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.places import PlaceWords, datum_in, place_words, plain
from workbench.errors import GeodataError, Problem
from workbench.ground.intake.ledger import Finding, FindingKind, Ledger
from workbench.ground.sources.placement import (
    FROM_WGS84,
    TO_WGS84,
    inside_china,
    minutes_as_decimals,
    minutes_joined,
    seconds_as_decimals,
    transformed,
    zone_before,
)
from workbench.ground.sources.reading import Shapes
from workbench.ground.sources.table import LINE

# ----------------------------------------------------------------------------------------------------------------------
# Cells: what numbers stand in one, and what is said beside them.


Axis = Literal["east", "north", ""]
"""Whether a number is an easting or longitude, a northing or latitude, or does not say."""


@dataclass(frozen=True)
class Number:
    """A number of a cell.

    Attributes
    ----------
    value
        Degrees or metres; negative in the west and the south.
    axis
        What the cell says that it is.
    sexagesimal
        Whether it was written as degrees, minutes and seconds.
    """

    value: float
    axis: Axis = ""
    sexagesimal: bool = False


_SIGNS: Final = str.maketrans(
    {"º": "°", "˚": "°", "″": '"', "”": '"', "“": '"', "〃": '"', "′": "'", "’": "'", "‘": "'", "、": ",", "；": ";"}
)
_PARTS: Final = (
    r"(?P<sign>(?<![\d.°'\"])[-+])?(?:"
    r"(?P<d>\d{1,3}(?:\.\d+)?)\s*[°度]\s*"  # 116°23'50.2", 116度23分50.2秒, 116.397°
    r"(?:(?P<m>\d{1,2}(?:\.\d+)?)(?![\d.]*\s*[°度])\s*(?:['分]\s*"
    r"(?:(?P<s>\d{1,2}(?:\.\d+)?)(?![\d.]*\s*[°度])\s*(?:\"|''|秒)?)?)?)?"
    r"|(?P<ld>\d{1,3})(?P<by>[\s:\-])\s*(?P<lm>[0-5]?\d)(?P=by)\s*(?P<ls>[0-5]?\d(?:\.\d+)?)(?![\d.])"  # 116 23 50.2
    r"|(?P<n>\d+(?:\.\d+)?))"
)
_BETWEEN: Final = re.compile(r"[\s,;:/|\-=。.]*")
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,2}")
_COMMA: Final = re.compile(r"\s*[+-]?\d{1,3},\d+\s*")  # one cell of a column of one number: a decimal comma


@cache
def _value_in() -> re.Pattern[str]:
    """Return the pattern of a number with the words that say its axis, before or after it."""
    words = place_words()
    east, north = (sorted([*a, *b], key=len, reverse=True) for a, b in _axes(words))
    names = "|".join(re.escape(word) for word in sorted([*east, *north], key=len, reverse=True))
    return re.compile(rf"(?P<pre>{names})?[\s:=]*{_PARTS}\s*(?P<post>[EWNS](?![A-Za-z]))?", re.IGNORECASE)


def _axes(words: PlaceWords) -> tuple[tuple[Sequence[str], Sequence[str]], tuple[Sequence[str], Sequence[str]]]:
    return (words.east, words.west), (words.north, words.south)


def numbers_in(cell: str, *, single: bool = True) -> list[Number] | None:
    """Return the coordinates of a cell, one or two; None where it holds anything else.

    Parameters
    ----------
    cell
        Text as people write it; empty gives an empty list.
    single
        Whether one number is expected: then 116,397 is one with a decimal comma.
    """
    text = unicodedata.normalize("NFKC", cell.translate(_SIGNS)).translate(_SIGNS).strip()
    if not text:
        return []
    if _SCIENTIFIC.fullmatch(text):
        return [Number(float(text))]
    if single and _COMMA.fullmatch(text):
        return [Number(float(text.replace(",", ".")))]
    for word in place_words().wrapping:
        text = re.sub(re.escape(unicodedata.normalize("NFKC", word)), " ", text, flags=re.IGNORECASE)
    found, end = [], 0
    for match in _value_in().finditer(text):
        if not _BETWEEN.fullmatch(text[end : match.start()]):
            return None
        number = _number(match)
        if number is None:
            return None
        found.append(number)
        end = match.end()
    return found if _BETWEEN.fullmatch(text[end:]) and 0 < len(found) <= 2 else None


def _number(match: re.Match[str]) -> Number | None:
    """Read one number; None where minutes or seconds are more than sixty."""
    degrees = match["d"] or match["ld"]
    minutes, seconds = (float(match[a] or match[b] or 0) for a, b in (("m", "lm"), ("s", "ls")))
    if minutes >= 60 or seconds >= 60:
        return None
    value = float(match["n"]) if degrees is None else float(degrees) + minutes / 60 + seconds / 3600
    said = plain(match["pre"] or "") or plain(match["post"] or "")
    words = place_words()
    axis: Axis = ""
    for name, (one, other) in zip(("east", "north"), _axes(words), strict=True):
        if said in map(plain, [*one, *other]):
            axis = "east" if name == "east" else "north"
    against = said in map(plain, [*words.west, *words.south])
    sexagesimal = degrees is not None and any(match[part] for part in ("m", "s", "lm"))
    return Number(-value if against or match["sign"] == "-" else value, axis, sexagesimal)


# ----------------------------------------------------------------------------------------------------------------------
# Readings: what a pair of numbers may mean.


_Read = Callable[[Floats], Floats]
_Fits = Callable[[Floats], Flags]


@dataclass(frozen=True)
class _Meaning:
    """One thing that pairs of numbers may be.

    Attributes
    ----------
    fits
        Which pairs can be it, by their size alone.
    read
        From pairs to coordinates of ``crs``, easting or longitude first.
    crs
        What they are then; of degrees the datum is undone afterwards.
    why
        What was done, in Chinese; empty for numbers that are what they look like.
    sure
        Whether the numbers tell it by themselves, and not the place where they would lie.
    """

    fits: _Fits
    read: _Read
    crs: pyproj.CRS
    why: str = ""
    sure: bool = False


_DEGREES: Final = pyproj.CRS.from_epsg(4326)
_EASTING: Final = (1.0e5, 9.0e5)  # of a zone, without its number
_NORTHING: Final = (1.0e5, 6.5e6)  # China reaches from 3° to 54° north
_ZONES: Final = ((range(25, 46), 4513, "三度带"), (range(13, 24), 4491, "六度带"))
"""Numbers of the zones of CGCS2000, the EPSG code of the first with its number before the eastings, what they are."""
_THREE: Final = _ZONES[0][0]
_FIRST_MERIDIAN: Final = 4534  # EPSG code of the first three-degree zone without its number
_NEAR_MERIDIANS: Final = 3  # that are tried for metres without a zone
_KM: Final = 1000.0
_SWAP_DEGREES: Final = "经纬度填反，对调后落在本区内"
_SWAP_METRES: Final = "纵横坐标次序相反（测量习惯以 X 为北），已对调"


def _as_is(pairs: Floats) -> Floats:
    return pairs


def _turned(pairs: Floats) -> Floats:
    return pairs[:, ::-1]


def _in_km(pairs: Floats) -> Floats:
    return pairs * _KM


def _all(flags: Flags) -> Flags:
    return np.asarray(flags.all(axis=1), np.bool_)


def _is_degrees(pairs: Floats) -> Flags:
    return _all(np.abs(pairs) <= (180.0, 90.0))


def _has_minutes(pairs: Floats) -> Flags:
    """Tell which pairs can be degrees whose first two decimals are minutes."""
    return _is_degrees(pairs) & _all(np.round(np.abs(pairs) % 1.0, 9) < 0.6)


def _has_seconds(pairs: Floats) -> Flags:
    """Tell which pairs can have seconds after their minutes: none, if one of the sheet has more than sixty."""
    minutes = _has_minutes(pairs)
    seconds = _all(np.round(np.abs(pairs) * 100.0 % 1.0, 7) < 0.6)
    return minutes & bool(seconds[minutes].all())


def _has_joined_minutes(pairs: Floats) -> Flags:
    sizes = np.abs(pairs)
    return _all((sizes >= 100.0) & (sizes <= (18_000.0, 9_000.0)) & (sizes % 100.0 < 60.0))


def _is_metres(zone: int, pairs: Floats) -> Flags:
    local = pairs - (zone * 1.0e6, 0.0)
    return _all((local >= (_EASTING[0], _NORTHING[0])) & (local < (_EASTING[1], _NORTHING[1])))


def _fits_after(first: _Read, fits: _Fits, pairs: Floats) -> Flags:
    return fits(first(pairs))


def _read_after(first: _Read, read: _Read, pairs: Floats) -> Floats:
    return read(first(pairs))


def _meanings(pairs: Floats, extent: shapely.Geometry, crs: pyproj.CRS, own: pyproj.CRS | None) -> Iterator[_Meaning]:
    """Yield what pairs may mean, the plain first."""
    written = (
        (_is_degrees, _as_is, ""),
        (_has_seconds, seconds_as_decimals, "小数是分和秒（度.分秒），换算成度后落在本区内；若是度.分，请改写成度"),
        (_has_minutes, minutes_as_decimals, "小数是分（度.分），换算成度后落在本区内"),
        (_has_joined_minutes, minutes_joined, "度和分连写，换算成度后落在本区内"),
    )
    for turn, of_turn in ((_as_is, ""), (_turned, _SWAP_DEGREES)):
        for fits, read, why in written:
            both = "；".join(filter(None, (of_turn, why)))
            yield _Meaning(partial(_fits_after, turn, fits), partial(_read_after, turn, read), _DEGREES, both)
    if not (np.abs(pairs) >= min(_EASTING) / _KM).any():
        return
    for projected, zone, why in _projections(pairs, extent, crs, own):
        for scale, of_scale in ((_as_is, ""), (_in_km, "单位是公里，已乘以 1000")):
            for turn, of_turn in ((_as_is, ""), (_turned, _SWAP_METRES)):
                read = partial(_read_after, turn, scale)
                both = "；".join(filter(None, (of_scale, of_turn, why)))
                fits = partial(_fits_after, read, partial(_is_metres, zone))
                yield _Meaning(fits, read, projected, both, sure=bool(zone))


def _projections(
    pairs: Floats, extent: shapely.Geometry, crs: pyproj.CRS, own: pyproj.CRS | None
) -> Iterator[tuple[pyproj.CRS, int, str]]:
    """Yield the CRS that metres may be in: as stated, that of the district, then zones by number and by meridian."""
    for known in dict.fromkeys(one for one in (own, crs) if one is not None and one.is_projected):
        yield known, zone_before(known), ""
    sizes = np.concatenate([pairs.ravel(), pairs.ravel() * _KM])
    begun = set((sizes // 1.0e6).tolist())
    for zones, code, words in _ZONES:
        for zone in (zone for zone in zones if zone in begun):
            why = f"东坐标前两位 {zone} 是带号，按 CGCS2000 {words}第 {zone} 带换算"
            yield pyproj.CRS.from_epsg(code + zone - zones[0]), zone, why
    middle = shapely.get_coordinates(shapely.centroid(extent))
    longitude = float(transformed(middle, crs, _DEGREES)[0, 0])
    for zone in sorted(_THREE, key=lambda zone: abs(3 * zone - longitude))[:_NEAR_MERIDIANS]:
        why = f"没有带号，按 CGCS2000 中央经线 {3 * zone}° 换算后落在本区内"
        yield pyproj.CRS.from_epsg(_FIRST_MERIDIAN + zone - _THREE[0]), 0, why


# ----------------------------------------------------------------------------------------------------------------------
# Rows: placed in the CRS of the district.


NEAR_M: Final = 5000.0
"""A row that lies no farther outside the district than this is placed and doubted; farther away is another place."""

_MUST_BEAT: Final = 1.25  # times as many rows inside, for a reading that is not plain to come first in a sheet


@dataclass(frozen=True)
class Placed:
    """Rows of a ledger on the ground.

    Attributes
    ----------
    shapes
        Point of each row in the CRS of the district, shape (n,); None where it has none.
    findings
        What was changed, guessed and refused, row by row, in Chinese.
    unplaced
        Rows without a point, by position: those that give no coordinates, and those whose coordinates are refused.
    mixed
        Those of the findings that tell of rows which look as if they were in another datum than the rest.
    """

    shapes: Shapes
    findings: tuple[Finding, ...]
    unplaced: Ints
    mixed: tuple[Finding, ...] = ()


@dataclass
class _Rows:
    """The cells of a ledger that say where its rows are, and what is found in them."""

    ledger: Ledger
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.x, self.y, self.xy, self.datum = (self._texts(column) for column in ("_x", "_y", "_xy", "_datum"))
        self.lines = [int(line) for line in self.ledger.rows[LINE]]

    def _texts(self, column: str) -> list[str]:
        rows = self.ledger.rows
        cells = rows[column] if column in rows else pd.Series("", index=rows.index)
        return ["" if pd.isna(cell) else str(cell).strip() for cell in cells]

    def say(self, row: int, kind: FindingKind, why: str, took: str = "") -> Finding:
        found = "，".join(filter(None, (self.x[row], self.y[row], self.xy[row])))
        said = Finding(self.ledger.sheet, self.lines[row], _COLUMN, kind, found, took, why)
        self.findings.append(said)
        return said

    def pairs(self) -> Floats:
        """Return the two numbers of each row, easting or longitude first as far as the cells say; NaN where none."""
        pairs = np.full((len(self.lines), 2), np.nan)
        for row in range(len(pairs)):
            numbers = self._numbers(row)
            if len(numbers) != 2:
                continue
            one, other = numbers
            if not np.isfinite((one.value, other.value)).all():
                self.say(row, "refused", "看不懂的坐标")
                continue
            turned = one.axis == "north" or other.axis == "east"
            if one.axis and one.axis == other.axis:
                self.say(row, "refused", "两个数都写成同一方向（都是经度或都是纬度）")
                continue
            pairs[row] = (other.value, one.value) if turned else (one.value, other.value)
            words = ["按格内所写的方向对调"] if turned else []
            words += ["度分秒化为度"] if one.sexagesimal or other.sexagesimal else []
            if words:
                self.say(row, "changed", "；".join(words), _written(pairs[row]))
        return pairs

    def _numbers(self, row: int) -> list[Number]:
        """Return the numbers of a row: none where it has no coordinates, or has any that cannot be read."""
        x, y, both = self.x[row], self.y[row], self.xy[row]
        apart = [numbers_in(x), numbers_in(y)]
        together = numbers_in(both or x or y, single=False)
        if x and y and all(one is not None and len(one) == 1 for one in apart):
            return [one[0] for one in apart if one]
        if together is not None and len(together) == 2 and (both or not (x and y)):
            if not both:
                self.say(row, "changed", "两个数写在一格，已拆开", "，".join(f"{one.value:.10g}" for one in together))
            return together
        if x or y or both:
            halves = bool(x) != bool(y) and not both and numbers_in(x or y)
            self.say(row, "refused", "只有一个数，缺另一个" if halves else "看不懂的坐标")
        return []

    def datums(self, stated: str | None) -> list[str]:
        """Return the datum of each row, empty where nobody says it, "other" where it cannot be converted here."""
        found = []
        for row, text in enumerate(self.datum):
            datum = datum_in(text)
            if text and datum is None:
                self.say(row, "doubtful", f"看不出“{text}”是哪种坐标系，按整张表的坐标系读")
            found.append(datum or stated or "")
        return found


_COLUMN: Final = "坐标"
_UNSAID_MEND: Final = (
    "在表里加一列“坐标来源”，写明高德、百度、GPS 或国家2000；或在配方里给这个来源写 datum：gcj02（高德、腾讯）、"
    "bd09（百度）、wgs84（GPS、OSM）或 cgcs2000（测绘、天地图）。"
    "网上地图的坐标偏 300 到 1,400 米；不知道来源的，请问制表人"
)


def placed_rows(
    ledger: Ledger,
    *,
    crs: pyproj.CRS,
    datum: str | None,
    extent: shapely.Geometry,
    ways: Shapes | None = None,
    walls: Shapes | None = None,
    own: pyproj.CRS | None = None,
    homes: Shapes | None = None,
) -> Placed:
    """Place the rows of a ledger by the coordinates they give.

    Parameters
    ----------
    ledger
        Rows with the columns ``_x``, ``_y``, ``_xy`` and ``_datum``, as far as the sheet has them: text, unread.
    crs
        CRS of the district, metres.
    datum
        Datum of rows that do not say theirs: ``wgs84``, ``cgcs2000``, ``gcj02`` or ``bd09``; None when not known.
    extent
        Where the district lies, in its CRS.
    ways
        Lines of the walking network, beside which a mix of datums shows; looked for by ``homes`` alone without them.
    walls
        Edges of compounds, beside which stations stand at more of a distance of their own than beside ways.
    own
        CRS of coordinates in metres, where it is known.
    homes
        Area that each row says it lies in, shape (n,); None where it says none, or none is known.

    Returns
    -------
    Placed
        A row whose coordinates cannot be read, or that lies in another city, has no point, and a finding says why.

    Raises
    ------
    GeodataError
        If degrees inside China are of a datum that neither their rows nor ``datum`` say.
    """
    rows = _Rows(ledger)
    pairs, datums = rows.pairs(), np.array(rows.datums(datum), object)
    given = np.isfinite(pairs).all(axis=1)
    for other in np.flatnonzero(given & (datums == "other")):
        rows.say(int(other), "refused", f"“{rows.datum[other]}”的坐标要由测绘部门转换成 CGCS2000，不能直接用")
    asked = np.flatnonzero(given & (datums != "other"))
    meanings = list(_meanings(pairs[asked], extent, crs, own))
    shapes: Shapes = np.full(len(pairs), None, object)
    mixed: list[Finding] = []
    if len(asked):
        found = _meant(pairs[asked], datums[asked], meanings, extent, crs)
        if (found.of_degrees & (datums[asked] == "") & inside_china(found.raw)).any():
            raise GeodataError(Problem(str(ledger.path), "没有写明坐标是哪种坐标系", key="datum", mend=_UNSAID_MEND))
        for place, row in enumerate(map(int, asked)):
            shapes[row] = _told(rows, row, found, place, meanings, str(datums[row]))
        stands = np.array([shape is not None for shape in shapes[asked]], bool)
        open_ones = np.array([datum_in(rows.datum[row]) is None for row in asked], bool)
        tested = np.flatnonzero(found.of_degrees & stands & open_ones)
        areas = np.array(
            [extent if homes is None or homes[row] is None else homes[row] for row in asked[tested]], object
        )
        beside = [shapes for shapes in (ways, walls) if shapes is not None] if ways is not None else []
        for odd in odd_ones(found.raw[tested], datum or "wgs84", crs, areas, beside):
            mixed += [rows.say(int(asked[tested[odd.row]]), "doubtful", odd.why)]
    findings = sorted(rows.findings, key=lambda finding: finding.line)
    unplaced = np.flatnonzero([shape is None for shape in shapes])
    return Placed(shapes, tuple(findings), unplaced, tuple(mixed))


@dataclass(frozen=True)
class _Meant:
    """What pairs were taken for.

    Attributes
    ----------
    meaning
        Which of the meanings, shape (n,); −1 where none fits.
    raw
        Coordinates as read, in the CRS of the meaning and before a datum is undone, shape (n, 2).
    xy
        The same in the CRS of the district, shape (n, 2).
    away_m
        How far outside the district they lie, shape (n,).
    of_degrees
        Whether they are degrees, shape (n,).
    """

    meaning: Ints
    raw: Floats
    xy: Floats
    away_m: Floats
    of_degrees: Flags


def _meant(
    pairs: Floats,
    datums: Shapes,
    meanings: Sequence[_Meaning],
    extent: shapely.Geometry,
    crs: pyproj.CRS,
) -> _Meant:
    """Choose what each pair means: what puts it inside, of several what puts most rows of the sheet inside."""
    shape = (len(meanings), len(pairs))
    raw, xy = np.full((*shape, 2), np.nan), np.full((*shape, 2), np.nan)
    away = np.full(shape, np.inf)
    shapely.prepare(extent)
    for place, meaning in enumerate(meanings):
        which = np.flatnonzero(meaning.fits(pairs))
        if not len(which):
            continue
        raw[place, which] = meaning.read(pairs[which])
        xy[place, which] = _on_ground(raw[place, which], datums[which], meaning.crs, crs)
        which = which[np.isfinite(xy[place, which]).all(axis=1)]  # some are off the map that their meridian draws
        away[place, which] = shapely.distance(extent, shapely.points(xy[place, which]))
    fits, inside = np.isfinite(away), away == 0
    votes = inside.sum(axis=1) * np.array([1.0 if not m.why or m.sure else 1.0 / _MUST_BEAT for m in meanings])
    order = np.argsort(-votes, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    worth = np.where(inside, 0, np.where(away <= NEAR_M, 1, np.where(fits, 2, 3))) * len(meanings) + rank[:, None]
    best = worth.argmin(axis=0)
    rows = np.arange(len(pairs))
    known = fits[best, rows]
    degrees = np.array([meaning.crs is _DEGREES for meaning in meanings], bool)
    return _Meant(np.where(known, best, -1), raw[best, rows], xy[best, rows], away[best, rows], known & degrees[best])


def _on_ground(raw: Floats, datums: Shapes, own: pyproj.CRS, crs: pyproj.CRS) -> Floats:
    """Bring coordinates into the CRS of the district, each undone by its own datum."""
    xy = np.empty_like(raw)
    for code in set(datums.tolist()):
        rows = datums == code
        if TO_WGS84.get(code, TO_WGS84["wgs84"]) is TO_WGS84["wgs84"]:
            xy[rows] = transformed(raw[rows], own, crs)
        else:
            xy[rows] = transformed(TO_WGS84[code](transformed(raw[rows], own, _DEGREES)), _DEGREES, crs)
    return xy


def _told(
    rows: _Rows, row: int, found: _Meant, place: int, meanings: Sequence[_Meaning], datum: str
) -> shapely.Point | None:
    """Say of a row what was made of it, and return its point; None where it is refused."""
    if found.meaning[place] < 0:
        rows.say(row, "refused", "两个数既不像经纬度，也不像国家 2000 平面坐标")
        return None
    meaning, away = meanings[found.meaning[place]], float(found.away_m[place])
    x, y = found.xy[place].tolist()
    if away > NEAR_M:
        rows.say(row, "refused", f"不在本区：离本区约 {away / _KM:,.0f} 公里，可能是别的城市的坐标，或坐标系、带号不对")
        return None
    took = _written(found.raw[place])
    if meaning.why:
        rows.say(row, "changed" if meaning.sure else "guessed", meaning.why, took)
    if datum_in(rows.datum[row]) is not None and datum in ("gcj02", "bd09"):
        rows.say(
            row, "changed", f"注明来自“{rows.datum[row]}”，按 {_NAMES[datum]} 还原为国家 2000 坐标", f"{x:.1f}，{y:.1f}"
        )
    if away > 0:
        rows.say(row, "doubtful", f"在本区界外 {away:,.0f} 米", took)
    return shapely.Point(x, y)


def _written(pair: Floats) -> str:
    return "，".join(f"{number:.10g}" for number in pair.tolist())


# ----------------------------------------------------------------------------------------------------------------------
# A sheet with a mix of datums: which of its rows look as if they were in another one than the rest.
#
# Of rows that are where they should be, the distances to the nearest way have a shape of their own (buildings stand
# beside streets, never on them); of rows that are moved by some hundred metres they are as chance has them. So the rows
# are taken for a mixture: each is in one of the datums, where its distance is drawn from the shape of the right ones,
# while at the places where the other datums would put it distances are as on a ring round it. Shape and shares are
# found together by expectation and maximisation. A row that says in which community it lies tells more: in its own
# datum it lies there. A mix is believed where it explains the sheet much better than one datum for all rows does.


_NAMES: Final = {"wgs84": "WGS 84", "cgcs2000": "CGCS2000", "gcj02": "GCJ-02", "bd09": "BD-09"}
_FEWEST: Final = 8
"""Fewer rows say nothing of a mix."""
_GAIN: Final = 4.0
"""Logarithm of the odds by which a mix must explain a sheet better than one datum, for each layer it stands beside;
of 216 sheets of one datum that were drawn from the embedded district, none reached it (decision 0027)."""
_BINS: Final = 8  # of distances, equally likely by chance
_ROUNDS: Final = 50
_START: Final = 0.7  # share of the datum from which a search starts
_AT_HOME: Final = 0.98  # of the rows that are right lie in the area they name
_RING_M: Final = (60.0, 100.0, 150.0)
_BEARINGS: Final = 8


@dataclass(frozen=True)
class Odd:
    """A row that looks as if it were in another datum.

    Attributes
    ----------
    row
        Its position.
    datum
        The datum that it looks like.
    why
        What tells, in Chinese.
    """

    row: int
    datum: str
    why: str


def odd_ones(lonlat: Floats, stated: str, crs: pyproj.CRS, areas: Shapes, beside: Sequence[Shapes] = ()) -> list[Odd]:
    """Look for rows that are in another datum than the rest of their sheet.

    Parameters
    ----------
    lonlat
        Degrees as the sheet has them, shape (n, 2).
    stated
        Datum that the sheet is said to be in.
    crs
        CRS of the ground.
    areas
        Where each row lies: its community, or the district; shape (n,).
    beside
        What rows stand beside: lines of the walking network, then walls of compounds; none where they are not known.

    Returns
    -------
    list of Odd
        Empty where the sheet is of one datum, or too short to tell.
    """
    if len(lonlat) < _FEWEST or not inside_china(lonlat).all():
        return []
    plain_one = "wgs84" if stated == "cgcs2000" else stated
    codes = [plain_one, *(code for code in FROM_WGS84 if code not in (plain_one, "cgcs2000"))]
    xy = np.stack([transformed(TO_WGS84[code](lonlat), _DEGREES, crs) for code in codes])
    at_home = np.asarray(shapely.intersects(areas[None], shapely.points(xy)), np.bool_)
    usual = float(np.clip(at_home.mean(), 1.0 - _AT_HOME, _AT_HOME))
    inside, outside = np.log(_AT_HOME / usual), np.log((1.0 - _AT_HOME) / (1.0 - usual))
    evidence = np.asarray(np.where(at_home, inside, outside), np.float64)
    there = [shapes[~shapely.is_empty(shapes)] for shapes in beside]  # a compound that is a point has no wall
    binned = [_binned(xy, shapely.STRtree(shapes)) for shapes in there if len(shapes)]
    bins = [one for one, _ in binned]
    away = binned[0][1] if binned else np.full(xy.shape[:2], np.nan)
    alone = [_single([one[k] for one in bins], evidence[k]) for k in range(len(codes))]
    mixed = max((_mixture(bins, evidence, start) for start in range(len(codes))), key=lambda found: found[0])
    if mixed[0] - max(alone) < _GAIN * max(1, len(bins)):  # walls and ways run side by side: they say much the same
        return []
    likely = mixed[1].argmax(axis=0)
    odd = np.flatnonzero(likely != 0)
    return [
        Odd(int(row), codes[likely[row]], _why(codes, int(likely[row]), at_home[:, row], away[:, row])) for row in odd
    ]


def _why(codes: Sequence[str], likely: int, at_home: Flags, away: Floats) -> str:
    said = []
    if at_home[likely] and not at_home[0]:
        said.append("才落在所属范围内")
    if np.isfinite(away).all():
        said.append(f"离最近道路 {away[likely]:.0f} 米（现在 {away[0]:.0f} 米）")
    return f"与同表其他行像是不同坐标系：按 {_NAMES[codes[0]]} 不合，按 {_NAMES[codes[likely]]} {'，'.join(said)}"


def _binned(xy: Floats, tree: shapely.STRtree) -> tuple[Ints, Floats]:
    """Sort distances to the nearest shape into bins that are equally likely by chance."""
    bearing = np.linspace(0.0, 2.0 * np.pi, _BEARINGS, endpoint=False)
    ring = np.concatenate([radius * np.column_stack([np.cos(bearing), np.sin(bearing)]) for radius in _RING_M])
    around = _nearest((xy[:, :, None] + ring).reshape(-1, 2), tree)
    away = _nearest(xy.reshape(-1, 2), tree)
    cuts = np.quantile(around, np.arange(1, _BINS) / _BINS)
    return np.searchsorted(cuts, away).reshape(xy.shape[:2]).astype(np.int64), away.reshape(xy.shape[:2])


def _nearest(xy: Floats, tree: shapely.STRtree) -> Floats:
    far: Floats = tree.query_nearest(shapely.points(xy), return_distance=True, all_matches=False)[1]
    return far


def _shape_of(bins: Ints, weight: Floats) -> Floats:
    """Return how much likelier than by chance each bin is, as a logarithm; one row is thought into each bin."""
    count = np.bincount(bins.ravel(), weight.ravel(), minlength=_BINS)
    return np.asarray(np.log(_BINS * (count + 1.0) / (count.sum() + _BINS)), np.float64)


def _single(bins: Sequence[Ints], evidence: Floats) -> float:
    """Return how well one datum explains all rows: the logarithm of its odds against chance."""
    return float(evidence.sum() + sum(_shape_of(one, np.ones(len(one)))[one].sum() for one in bins))


def _mixture(bins: Sequence[Ints], evidence: Floats, start: int) -> tuple[float, Floats]:
    """Return how well a mixture explains the rows, and the probability of each datum for each row."""
    datums, n = evidence.shape
    weight = np.full((datums, n), (1.0 - _START) / (datums - 1))
    weight[start] = _START
    odds = 0.0
    for _ in range(_ROUNDS):
        shares = (weight.sum(axis=1) + 1.0) / (n + datums)
        each = np.log(shares)[:, None] + evidence
        for one in bins:
            each += _shape_of(one, weight)[one]
        top = each.max(axis=0)
        weight = np.exp(each - top)
        total = weight.sum(axis=0)
        weight /= total
        odds = float((np.log(total) + top).sum())
    return odds, weight
