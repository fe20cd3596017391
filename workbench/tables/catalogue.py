"""What each layer and ledger of a district must look like.

Coordinates are in the district's one projected CRS, metres. Areas are m², money 万元, lengths
metres. Missing means "not known", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workbench.tables.fields import Field, Reference, Table
from workbench.tables.room_ledgers import ACTIVITIES, BOOKINGS, OPERATORS, ROOMS
from workbench.terms import AGE_BANDS, Access, StationKind

_ACCESS = tuple(Access)


MOST_PEOPLE: Final = 1e7
"""People or households of one row; more is a mark for "no data" (3.4e38, 1e20, 2147483647), or a whole city."""


def _identifier(means: str) -> Field:
    return Field("id", "text", means, unique=True)


def _optional(name: str, kind: str, means: str, at_least: float | None = None, at_most: float | None = None) -> Field:
    return Field(name, kind, means, required=False, nullable=True, at_least=at_least, at_most=at_most)  # type: ignore[arg-type]


COMMUNITIES: Final = Table(
    "communities",
    "a community (社区)",
    (
        _identifier("identifier of the community"),
        Field("name", "text", "name of the community"),
        Field("subdistrict", "text", "name of the subdistrict (街道) it belongs to"),
    ),
    shape="Polygon",
)

COMPOUNDS: Final = Table(
    "compounds",
    "a residential compound (小区)",
    (
        _identifier("identifier of the compound"),
        Field("name", "text", "name of the compound"),
        Field("community", "text", "community it belongs to", nullable=True),
        Field("enclosed", "flag", "whether a wall with gates surrounds it"),
        Field("households", "number", "households that live in it", nullable=True, at_least=0, at_most=MOST_PEOPLE),
    ),
    shape="Polygon or Point",
    references=(Reference("community", "communities"),),
)

GATES: Final = Table(
    "gates",
    "a gate in a wall or across a way",
    (
        _identifier("identifier of the gate"),
        Field("compound", "text", "compound it opens, missing for a barrier across a way", nullable=True),
        Field("access", "text", "who may pass", one_of=_ACCESS),
        Field("opening_hours", "text", "when it is open, OSM opening_hours syntax; missing = always", nullable=True),
        Field("node", "integer", "node of the ways on which it stands"),
    ),
    shape="Point",
    references=(Reference("compound", "compounds"),),
)

DEMAND: Final = Table(
    "demand",
    "a residential building or a population cell",
    (
        _identifier("identifier of the demand point"),
        Field("compound", "text", "compound it stands in, missing on open ground", nullable=True),
        Field("community", "text", "community it belongs to", nullable=True),
        Field("households", "number", "households", nullable=True, at_least=0, at_most=MOST_PEOPLE),
        Field("residents", "number", "residents", at_least=0, at_most=MOST_PEOPLE),
        *(_optional(band, "number", "residents of this age", 0, MOST_PEOPLE) for band in AGE_BANDS),
    ),
    shape="Point",
    references=(Reference("compound", "compounds"), Reference("community", "communities")),
    required=True,
)

WAYS: Final = Table(
    "ways",
    "a walkable segment between two nodes",
    (
        _identifier("identifier of the way"),
        Field("u", "integer", "node at the start of the line"),
        Field("v", "integer", "node at the end of the line"),
        Field("kind", "text", "street, footway, crossing, steps, bridge, interior …"),
        Field("access", "text", "who may walk it", one_of=_ACCESS),
        Field("level", "number", "level above ground, 0 on the ground", nullable=True),
        Field("steps", "flag", "whether it is a flight of steps"),
        Field("compound", "text", "compound whose interior it belongs to, missing outside", nullable=True),
        _optional("name", "text", "name of the street"),
    ),
    shape="LineString",
    references=(Reference("compound", "compounds"),),
    required=True,
)

STATIONS: Final = Table(
    "stations",
    "a centre or a neighbourhood post (驿家)",
    (
        _identifier("identifier of the station"),
        Field("name", "text", "name on the sign"),
        Field("kind", "text", "what it is", one_of=tuple(StationKind)),
        Field("community", "text", "community it belongs to", nullable=True),
        Field("access", "text", "whom it serves: public, or members of its compound only", one_of=_ACCESS),
        Field("opening_hours", "text", "OSM opening_hours syntax", nullable=True),
        _optional("compound", "text", "compound it stands in"),
        _optional("floor_area_m2", "number", "floor area", at_least=0),
        _optional("resident_area_m2", "number", "floor area that residents use", at_least=0),
        _optional("services", "text", "services of the catalogue of scenes, separated by ';'; missing = not known"),
    ),
    shape="Point",
    references=(Reference("community", "communities"), Reference("compound", "compounds")),
)

CANDIDATES: Final = Table(
    "candidates",
    "a place that could become a station",
    (
        _identifier("identifier of the candidate site"),
        Field("name", "text", "what it is today"),
        Field("community", "text", "community it belongs to", nullable=True),
        Field("floor_area_m2", "number", "floor area", nullable=True, at_least=0),
        Field("capex", "number", "cost to open it, 万元", nullable=True, at_least=0),
        Field("opex", "number", "cost to run it for a year, 万元", nullable=True, at_least=0),
        Field("veto", "text", "why it cannot be used; missing = it can", nullable=True),
        _optional("compound", "text", "compound it stands in"),
        _optional("storey", "integer", "storey, 1 = ground floor"),
    ),
    shape="Point",
    references=(Reference("community", "communities"), Reference("compound", "compounds")),
)

BUILDINGS: Final = Table(
    "buildings",
    "a building footprint, for maps",
    (
        _identifier("identifier of the building"),
        Field("kind", "text", "residential, commercial, public …"),
        _optional("levels", "number", "storeys above ground", at_least=0),
        _optional("compound", "text", "compound it stands in"),
        _optional("name", "text", "name"),
    ),
    shape="Polygon",
    references=(Reference("compound", "compounds"),),
)

BACKDROP: Final = Table(
    "backdrop",
    "a feature that maps draw beneath everything",
    (
        _identifier("identifier of the feature"),
        Field(
            "kind",
            "text",
            "what it is",
            one_of=("extent", "water", "rail", "tram", "viaduct", "motorway", "green", "square", "wall"),
        ),
        _optional("name", "text", "name"),
    ),
    shape="Any",
)

LAYERS: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (
            COMMUNITIES,
            COMPOUNDS,
            GATES,
            DEMAND,
            WAYS,
            STATIONS,
            CANDIDATES,
            BUILDINGS,
            BACKDROP,
        )
    }
)
"""Tables with geometry, in the order in which they are written."""

LEDGERS: Final[Mapping[str, Table]] = MappingProxyType(
    {table.name: table for table in (ROOMS, ACTIVITIES, BOOKINGS, OPERATORS)}
)
"""Tables without geometry."""

TABLES: Final[Mapping[str, Table]] = MappingProxyType({**LAYERS, **LEDGERS})
