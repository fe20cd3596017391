"""What makes a district plausible: sizes, densities and shares, each with its unit.

The totals follow the speech and the domain study (1 district centre, 33 community centres, 38 posts, 156 rooms;
2.10 persons a household, about four compounds and seventy buildings a community); the sizes follow ordinary
Chinese practice. Nothing here was measured anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
