"""What makes a district plausible: sizes, densities and shares, each with its unit.

The totals follow the speech and the domain study (1 district centre, 33 community centres, 38 posts, 156 rooms;
2.10 persons a household, about four compounds and seventy buildings a community); the sizes follow ordinary
Chinese practice. Nothing here was measured anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from workbench.arrays import apportioned

CRS: Final = "EPSG:4545"
"""CGCS2000, 3-degree zone, 108°E; the district lies near (500 000, 20 000): open sea at the equator."""
WEST_EAST_M: Final = 500_000.0
"""Easting of the middle of every synthetic district."""
SOUTH_M: Final = 20_000.0
"""Northing of the southern edge of every synthetic district, about."""
DATE: Final = "2026-11-01"

MOST_COMMUNITIES: Final = 3_000
CALIBRATED_COMMUNITIES: Final = 33
"""The totals below are those of a district of so many communities; others are in proportion."""


@dataclass(frozen=True)
class Totals:
    """What a district of 33 communities holds in all."""

    district_centres: int = 1
    posts: int = 38
    rooms: int = 156
    households: int = 118_000
    residents: int = 248_000
    candidates: int = 216

    def scaled(self, communities: int) -> Totals:
        """Return the totals of a district of another size; at least one of each."""

        def share(total: int) -> int:
            return max(1, round(total * communities / CALIBRATED_COMMUNITIES))

        return Totals(
            share(self.district_centres),
            share(self.posts),
            max(share(self.rooms), communities),
            share(self.households),
            share(self.residents),
            share(self.candidates),
        )


@dataclass(frozen=True)
class Lattice:
    """The grid of arterials; between them lie the communities."""

    town_cells: int = 6
    """Every so many columns and rows the pattern of core and edge begins anew."""
    core_spacing_m: float = 620.0
    spacing_growth_m: float = 100.0
    """Arterials stand farther apart by so much for each cell away from the core."""
    widest_m: float = 870.0
    jitter_m: float = 22.0
    rotation_deg: float = -7.0
    bend_m: float = 75.0
    """Amplitude of the gentle bend of all lines."""
    meander_m: float = 115.0
    """Amplitude of the river's own bend; streets near it follow."""
    meander_length_m: float = 3_300.0
    river_line: int = 3
    rail_line: int = 4
    corridor_period: int = 12
    """A river every so many columns, a railway every so many rows."""
    old_within: float = 1.40
    """Cells nearer to the core than this many cells are old town."""
    ordinary_within: float = 2.50
    avenue_half_m: float = 21.0
    """Centre line to footway of a wide arterial."""
    arterial_half_m: float = 16.0
    river_half_m: float = 105.0
    water_half_m: float = 48.0
    rail_half_m: float = 34.0
    crossing_spacing_m: float = 240.0
    """Crossings of an arterial stand at least about this far apart."""
    overpass_share: float = 0.16
    """Share of the mid-block crossings that are overpasses with steps."""


@dataclass(frozen=True)
class Housing:
    """How the residential buildings of a kind stand."""

    depth_m: float
    length_m: tuple[float, float]
    gap_m: tuple[float, float]
    """Free space between two buildings of a row."""
    pitch_m: tuple[float, float]
    """From row to row; the sun of the winter solstice sets it."""
    storeys: tuple[int, ...]
    flats_per_metre: float
    """Flats on one storey for each metre of length."""


@dataclass(frozen=True)
class Zone:
    """What one part of the city is like."""

    key: str
    block_m: float
    """Side of a block, street to street."""
    stagger_m: float
    """How far streets of neighbouring strips are off each other."""
    merged: float
    """Share of cross streets that are missing, so that two blocks become one."""
    street_half_m: float
    lane_half_m: float
    housing: tuple[Housing, ...]
    compounds: tuple[int, int]
    """Residential blocks of a community, from and to."""
    halved: float
    """Share of residential blocks with two compounds and a lane between them."""
    enclosed: float
    """Share of compounds with a wall."""
    gates: tuple[int, int]
    band_shares: tuple[float, ...]
    """Residents by age band, in the order of ``terms.AGE_BANDS``."""
    household_size: float
    occupied: float
    """Share of flats that are lived in."""
    post_weight: float
    """How well posts are provided, against the other zones."""


_WALK_UP = Housing(10.5, (32.0, 46.0), (5.0, 8.0), (22.0, 25.0), (5, 6, 6), 0.19)
_SLAB = Housing(11.5, (40.0, 58.0), (8.5, 12.0), (28.0, 33.0), (6, 6, 6, 7), 0.165)
_MID_RISE = Housing(12.5, (36.0, 48.0), (12.0, 16.0), (37.0, 43.0), (9, 11, 11), 0.155)
_TOWER = Housing(16.5, (26.0, 33.0), (17.0, 27.0), (50.0, 57.0), (15, 18, 18), 0.18)
COURTYARD: Final = Housing(8.0, (22.0, 32.0), (2.5, 4.0), (19.0, 22.0), (1, 1, 2), 0.28)
"""Single-storey courtyards along the lanes of the old town; they stand in no compound."""

OLD: Final = Zone(
    "old", 125.0, 15.0, 0.10, 6.0, 3.5, (_WALK_UP,), (6, 6), 0.0, 0.72, (1, 3),
    (0.045, 0.085, 0.560, 0.245, 0.065), 1.95, 0.94, 1.7,
)  # fmt: skip
ORDINARY: Final = Zone(
    "ordinary", 235.0, 8.0, 0.10, 10.0, 6.0, (_SLAB, _SLAB, _MID_RISE), (3, 5), 0.0, 1.0, (3, 4),
    (0.058, 0.107, 0.640, 0.162, 0.033), 2.08, 0.90, 1.25,
)  # fmt: skip
NEW: Final = Zone(
    "new", 405.0, 4.0, 0.0, 13.0, 6.0, (_MID_RISE, _TOWER), (2, 2), 0.5, 1.0, (3, 4),
    (0.092, 0.140, 0.668, 0.085, 0.015), 2.22, 0.66, 0.7,
)  # fmt: skip

TOTALS: Final = Totals()
LATTICE: Final = Lattice()

LANE_HOUSE_BLOCKS: Final = 2
"""Blocks of courtyards in an old-town community."""
FOOTWAY_VERGE_M: Final = 4.5
"""From the line that people walk along an arterial to the property line."""
STREET_VERGE_M: Final = 2.5
"""From the edge of a street to the property line."""
RING_INSET_M: Final = 5.0
"""From the wall to the path behind it."""
BUILDING_INSET_M: Final = 10.5
"""From the wall to the nearest building."""
LANE_OFFSET_M: Final = 5.0
"""From the north face of a building to the path before its doors."""
AXIS_FROM_M: Final = 150.0
"""Compounds wider than this have a path down the middle."""
AXIS_GAP_M: Final = 16.0
SMALLEST_COMPOUND_M2: Final = 7_500.0
DOOR_SPACING_M: Final = 10.5


# ----------------------------------------------------------------------------------------------------------------------
# Who lives in the buildings: households, residents and their ages. Counts only, never persons.


_Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class People:
    """Counts for each residential building."""

    households: _Integers
    residents: _Integers
    bands: _Integers
    """Shape (buildings, 5), in the order of ``terms.AGE_BANDS``; rows add up to the residents."""


def settle(flats: _Integers, zones: list[Zone], households: int, residents: int, rng: np.random.Generator) -> People:
    """Let people live in the buildings.

    Parameters
    ----------
    flats
        Flats of each building.
    zones
        The part of the city in which each building stands.
    households, residents
        Totals, met exactly.
    rng
        Source of all chance.
    """
    occupied = np.array([zone.occupied for zone in zones])
    size = np.array([zone.household_size for zone in zones])
    wanted = flats * occupied * rng.uniform(0.92, 1.04, len(flats))
    homes = apportioned(households, wanted, least=1)
    people = apportioned(residents, homes * size * rng.uniform(0.95, 1.05, len(flats)), least=1)
    shares = np.array([zone.band_shares for zone in zones])
    shares = shares * rng.uniform(0.8, 1.2, shares.shape)
    shares /= shares.sum(axis=1, keepdims=True)
    return People(homes, people, _bands(people, shares))


def _bands(people: _Integers, shares: npt.NDArray[np.float64]) -> _Integers:
    """Largest remainder, row by row; the rows already carry their chance."""
    exact = people[:, None] * shares
    bands = np.floor(exact).astype(np.int64)
    missing = people - bands.sum(axis=1)
    rank = np.argsort(np.argsort(-(exact - bands), axis=1, kind="stable"), axis=1, kind="stable")
    bands += rank < missing[:, None]
    return np.asarray(bands, np.int64)


# ----------------------------------------------------------------------------------------------------------------------
# Names: those that the speech gives, and invented ones for everything else.
#
# An invented name joins two characters, one of each list below; a test keeps them apart from the names of real
# communities. The names of the speech are kept where a district is large enough to hold them.


_FIRST = (
    "云晴澄松柳杏棠桐槐梧枫榆竹芦荷菱兰蕙芷萱鹤鹭雁鹿麟汀溪泉澜汐沁沐听揽栖倚邀采拾晓暮朗霁岚峦砚墨琴笙晖昙苔菀珩瑾璟"
)
_SECOND = (
    "庭屿湾畔浦洲渚埠坡垣川泽塘堤榭阁坊郡舒珂岑屏崖麓畴陌峪溆涧滩隐黛歌笛绮韵辰旸曜霏"
    "霖渺汊浔涟漪湄皋薮圃畦畹磐砾樾槿蔓芃苓茗芩蔚菁芊"
)

SPOKEN_SUBDISTRICTS = ("白音席勒街道", "沙河街道", "赛汗街道")
"""Subdistricts that the speech names."""
SPOKEN_COMMUNITIES = (("鸿翔",), ("锦溪", "恒大"), ("富力",), ("兴元", "振翔"), ("黄金", "开元"), ("花园",))
"""Communities that the speech names, by subdistrict; the last three are placed at our choice."""
SPOKEN_PLACES = ("红柏红色研学基地", "农大新村村史馆")
"""Places of learning that the speech names."""

_OLD_COMPOUND = ("里", "坊", "新村", "大院", "一区", "二区")
_COMPOUND = ("小区", "家园", "苑", "花园", "佳苑", "雅居", "名苑", "嘉园")
_NEW_COMPOUND = ("府", "华府", "名邸", "云境", "公馆", "江城", "壹号院", "天玺")


class Names:
    """Stems in a random order, handed out one after the other.

    Parameters
    ----------
    rng
        Source of the order.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        stems = [a + b for a in _FIRST for b in _SECOND if a != b]
        self._stems = [stems[int(k)] for k in rng.permutation(len(stems))]
        self._next = 0

    def stem(self) -> str:
        """Return the next stem; they begin anew when all are used."""
        stem = self._stems[self._next % len(self._stems)]
        self._next += 1
        return stem

    def subdistricts(self, count: int) -> list[str]:
        """Return names of subdistricts, those of the speech first."""
        return [*SPOKEN_SUBDISTRICTS, *(f"{self.stem()}街道" for _ in range(count - 3))][:count]

    def communities(self, subdistrict: list[int]) -> list[str]:
        """Return a name for each community, given the number of its subdistrict.

        Raises
        ------
        ValueError
            If there are more communities than names.
        """
        spoken = [list(names) for names in SPOKEN_COMMUNITIES]
        if len(subdistrict) > len(self._stems) - self._next:
            raise ValueError(f"there are only {len(self._stems)} invented names")
        return [
            f"{spoken[group].pop(0)}社区" if group < len(spoken) and spoken[group] else f"{self.stem()}社区"
            for group in subdistrict
        ]

    def arterial(self, way: str) -> str:
        """Return a name for an arterial: 大街 from west to east, 路 from south to north."""
        return self.stem() + ("大街" if way == "h" else "路")


def streets(stems: list[str], rng: np.random.Generator) -> Iterator[str]:
    """Return names for the streets of one community, without end."""
    k = 0
    while True:
        yield stems[k % len(stems)] + ("东街", "街", "路", "巷", "北路", "西街")[int(rng.integers(6))]
        k += 1


def compound_name(stem: str, zone: str, rng: np.random.Generator) -> str:
    """Return a name for a compound that suits its age."""
    words = {"old": _OLD_COMPOUND, "ordinary": _COMPOUND, "new": _NEW_COMPOUND}[zone]
    return stem + words[int(rng.integers(len(words)))]
