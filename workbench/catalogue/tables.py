"""What each layer and ledger of a district must look like.

Coordinates are in the district's one projected CRS, metres. Areas are m², money 万元, lengths
metres. Missing means "not known", never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from workbench.catalogue.terms import AGE_BANDS, Access, StationKind
from workbench.hours import WEEKDAYS

# ----------------------------------------------------------------------------------------------------------------------
# The two nouns of a table specification: a field and a table.


Kind = Literal["text", "integer", "number", "flag", "date"]
"""What a column holds: ``text`` (str), ``integer`` (whole number), ``number`` (finite real), ``flag`` (bool), ``date``
(str, YYYY-MM-DD)."""

Shape = Literal["Point", "LineString", "Polygon", "Any", "Polygon or Point"]
"""Geometry a layer holds; ``Polygon`` admits MultiPolygon, ``Any`` admits all."""


@dataclass(frozen=True)
class Field:
    """One column of a layer or ledger.

    Parameters
    ----------
    name
        Column name.
    kind
        What it holds.
    means
        What it means, in one phrase; used in messages and in the documentation.
    required
        Whether the column must be there. An absent optional column is read as all missing.
    nullable
        Whether single values may be missing.
    unique
        Whether values must differ from row to row.
    at_least, at_most
        Smallest and largest value allowed.
    one_of
        The only values allowed, or empty.
    """

    name: str
    kind: Kind
    means: str
    required: bool = True
    nullable: bool = False
    unique: bool = False
    at_least: float | None = None
    at_most: float | None = None
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reference:
    """A column whose values must be identifiers of another table."""

    column: str
    table: str


@dataclass(frozen=True)
class Table:
    """What one layer (with geometry) or ledger (without) must look like.

    Parameters
    ----------
    name
        Name of the layer in ``ground.gpkg``, or stem of the ledger's CSV file.
    row
        What one row is.
    fields
        The columns; all others are kept but not read.
    shape
        Geometry type; None for a ledger.
    references
        Columns that point to another table; checked where that table is part of the district.
    required
        Whether a district must have the table at all.
    """

    name: str
    row: str
    fields: tuple[Field, ...]
    shape: Shape | None = None
    references: tuple[Reference, ...] = ()
    required: bool = False

    def field(self, name: str) -> Field:
        """Return the field called ``name``; KeyError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise KeyError(name)


# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of rooms must look like: rooms, the activities of a week, today's bookings, operators.
#
# Where an activity leaves noise, storey or needs empty, its function decides (`workbench.catalogue.functions`).


NOISE: Final = ("quiet", "ordinary", "loud")
"""What an activity makes and what the walls of a room bear, the least first."""

_USES: Final = ("resident", "office")
"""For whom a room is."""

_POWER: Final = ("ordinary", "strong")
"""Electric supply of a room: strong feeds cookers, kilns and studio lights."""

MOST_PRIORITY: Final = 3
"""Priorities run from 1, served first, to this."""

_ROOMS: Final = Table(
    "rooms",
    "a room of a station",
    (
        Field("id", "text", "identifier of the room", unique=True),
        Field("station", "text", "station it belongs to"),
        Field("sign", "text", "name on the sign at the door"),
        Field("function", "text", "what it is actually used for"),
        Field("storey", "integer", "storey, 1 = ground floor"),
        Field("area_m2", "number", "floor area", at_least=0),
        Field("capacity", "integer", "people it may hold", at_least=0),
        Field("equipment", "text", "equipment, separated by ';'", nullable=True),
        Field("water", "flag", "whether it has running water"),
        Field("sound", "text", "what its walls bear", one_of=NOISE),
        Field("private", "flag", "whether one can speak in confidence there"),
        Field("merges_with", "text", "adjacent room it can be joined with", nullable=True),
        Field("opening_hours", "text", "OSM opening_hours syntax; missing = as the station", nullable=True),
        Field("power", "text", "electric supply; missing = ordinary", False, nullable=True, one_of=_POWER),
        Field("use", "text", "for whom it is; missing = as its function says", False, nullable=True, one_of=_USES),
        Field("neighbours", "text", "rooms that share a wall with it, separated by ';'", False, nullable=True),
    ),
    references=(Reference("station", "stations"), Reference("merges_with", "rooms")),
)

_ACTIVITIES: Final = Table(
    "activities",
    "an activity that asks for a room, once or several times a week",
    (
        Field("id", "text", "identifier of the activity", unique=True),
        Field("station", "text", "station at which it is asked for"),
        Field("name", "text", "name of the activity"),
        Field("function", "text", "its function, by key of the catalogue of functions"),
        Field("group", "text", "for whom it is, by key of the catalogue of scenes"),
        Field("attendance", "integer", "people who come", at_least=1),
        Field("duration_min", "integer", "length of one session, minutes", at_least=1),
        Field("sessions", "integer", "sessions a week", at_least=1),
        Field("priority", "integer", f"1 (served first) to {MOST_PRIORITY}", at_least=1),
        Field("windows", "text", "when it may take place, OSM opening_hours; missing = whenever open", False, True),
        Field("prefers", "text", "when it had best take place, OSM opening_hours", False, nullable=True),
        Field("days_apart", "integer", "least days from one session to the next; missing = 1", False, True, False, 0),
        Field("equipment", "text", "equipment it takes, separated by ';'", False, nullable=True),
        Field("needs", "text", "water, power, private, separated by ';', besides what its function needs", False, True),
        Field("noise", "text", "noise it makes; missing = as its function", False, nullable=True, one_of=NOISE),
        Field("highest_storey", "integer", "highest storey; missing = as its function", False, True, False, 1),
        Field("setup_min", "integer", "minutes to set up; missing = none", False, nullable=True, at_least=0),
        Field("clear_min", "integer", "minutes to clear away; missing = none", False, nullable=True, at_least=0),
        Field("organiser", "text", "who holds it; one organiser is in one place at a time", False, nullable=True),
    ),
    references=(Reference("station", "stations"),),
)

_BOOKINGS: Final = Table(
    "bookings",
    "a session of an activity as the published timetable has it",
    (
        Field("id", "text", "identifier of the booking", unique=True),
        Field("activity", "text", "activity it belongs to"),
        Field("room", "text", "room in which it takes place"),
        Field("day", "text", "day of the week", one_of=WEEKDAYS),
        Field("start", "text", 'when it begins, "HH:MM"'),
        Field("fixed", "flag", "whether it may not be moved"),
        Field("joined_with", "text", "room that is joined for it", False, nullable=True),
    ),
    references=(Reference("activity", "activities"), Reference("room", "rooms"), Reference("joined_with", "rooms")),
)

OPERATORS: Final = Table(
    "operators",
    "an operator who would give services for space (以场地换服务)",
    (
        Field("id", "text", "identifier of the operator", unique=True),
        Field("name", "text", "name of the operator"),
        Field("function", "text", "what it would do there, by key of the catalogue of functions"),
        Field("hours", "number", "hours of space asked for, a week", at_least=0),
        Field("owed_hours", "number", "hours of public service owed in return, a week", at_least=0),
        Field("least_area_m2", "number", "smallest room that will do", at_least=0),
        Field("station", "text", "station it asks for; missing = any", False, nullable=True),
        Field("windows", "text", "when it would come, OSM opening_hours; missing = whenever open", False, True),
        Field("fulfilled_hours", "number", "hours of public service given last week", False, True, False, 0),
    ),
    references=(Reference("station", "stations"),),
)


# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of service halls must look like: what is handled, who comes when, which windows and clerks there are.


_MATTERS: Final = Table(
    "matters",
    "a matter that service halls handle (事项)",
    (
        Field("id", "text", "identifier of the matter", unique=True),
        Field("name", "text", "name of the matter"),
        Field("department", "text", "department whose matter it is"),
        Field("mean_min", "number", "mean handling time of a clerk of that department, minutes", at_least=0),
        Field("spread_min", "number", "standard deviation of the handling time, minutes", at_least=0),
        Field("weight", "number", "its cases, in proportion to those of the other matters", at_least=0),
        Field("online_share", "number", "share of its cases that are handled online", at_least=0, at_most=1),
        Field("assist", "flag", "whether it needs help (帮办代办)"),
        Field("package", "text", "matters handled together (一件事) name one package", False, nullable=True),
    ),
)

_HALLS: Final = Table(
    "halls",
    "a service hall",
    (
        Field("id", "text", "identifier of the hall", unique=True),
        Field("station", "text", "station it belongs to", unique=True),
        Field("cases", "number", "cases a year, online too; missing = as its profile has them", False, True, False, 0),
        Field("profile", "text", "profile of its arrivals; missing = not known", False, nullable=True),
        Field("patience_min", "number", "mean time until somebody who waits leaves, minutes", False, True, False, 0),
        Field("elder_share", "number", "share of elders among those who come", False, True, False, 0, 1),
    ),
    references=(Reference("station", "stations"),),
)

_ARRIVALS: Final = Table(
    "arrivals",
    "a quarter-hour of a week of a profile: how many would come",
    (
        Field("id", "text", "identifier of the row", unique=True),
        Field("profile", "text", "profile it belongs to"),
        Field("season", "text", "season of the year"),
        Field("weeks", "number", "weeks of the year that are so, the same in all rows of the season", at_least=0),
        Field("day", "text", "day of the week", one_of=WEEKDAYS),
        Field("start", "text", 'when the quarter-hour begins, "HH:MM"'),
        Field("cases", "number", "people who would come then, open or not", at_least=0),
    ),
)

_WINDOWS: Final = Table(
    "windows",
    "a window of a service hall as it is today",
    (
        Field("id", "text", "identifier of the window", unique=True),
        Field("hall", "text", "hall it belongs to"),
        Field("name", "text", "name over the window"),
        Field("departments", "text", "departments, or matters, it serves, by ';'; missing = all", False, nullable=True),
    ),
    references=(Reference("hall", "halls"),),
)

_CLERKS: Final = Table(
    "clerks",
    "a clerk of a service hall, with what she or he can handle",
    (
        Field("id", "text", "pseudonym, no name", unique=True),
        Field("hall", "text", "hall that she or he works at"),
        Field("skills", "text", "departments, or matters, that she or he can handle; missing = all", nullable=True),
    ),
    references=(Reference("hall", "halls"),),
)

_OF_HALLS: Final = (_MATTERS, _HALLS, _ARRIVALS, _WINDOWS, _CLERKS)


# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of order must look like: signs, volunteers, tools that are lent, study bases and the classes there.


_SIGNS: Final = Table(
    "signs",
    "a sign or a wall of a station: a name board, the sign at a door, what is shown on a wall",
    (
        Field("id", "text", "identifier of the sign", unique=True),
        Field("station", "text", "station it belongs to"),
        Field("room", "text", "room at whose door it is; missing = at none", False, nullable=True),
        Field("kind", "text", "what it is", one_of=("board", "door", "wall")),
        Field("text", "text", "what it says; of a wall its topic"),
        Field("worn", "flag", "whether it is faded, damaged or loose"),
        Field("made", "text", 'day on which it was put up, "YYYY-MM-DD"; missing = not known', False, nullable=True),
        Field("valid_until", "text", 'last day on which it is true, "YYYY-MM-DD"; missing = always', False, True),
    ),
    references=(Reference("station", "stations"), Reference("room", "rooms")),
)

_VOLUNTEERS: Final = Table(
    "volunteers",
    "a community with its law-literate volunteers (法律明白人); nobody is named",
    (
        Field("id", "text", "identifier of the row", unique=True),
        Field("community", "text", "community", unique=True),
        Field("volunteers", "integer", "how many there are", at_least=0),
        Field("grids", "integer", "grids of the community; missing = not known", False, True, False, 1),
    ),
    references=(Reference("community", "communities"),),
)

_TOOLS: Final = Table(
    "tools",
    "a tool that a station lends (小修小补)",
    (
        Field("id", "text", "identifier of the row", unique=True),
        Field("station", "text", "station that lends it"),
        Field("tool", "text", "name of the tool"),
        Field("stock", "integer", "how many it has", at_least=0),
        Field("loans", "number", "how often it was lent last year; missing = not known", False, True, False, 0),
    ),
    references=(Reference("station", "stations"),),
)

_STUDY_BASES: Final = Table(
    "study_bases",
    "a study base (学习教育阵地) at a station",
    (
        Field("id", "text", "identifier of the base", unique=True),
        Field("name", "text", "name of the base"),
        Field("station", "text", "station it belongs to"),
        Field("capacity", "integer", "people of one class it can take", at_least=0),
        Field("sessions", "number", "classes a month it can take", at_least=0),
    ),
    references=(Reference("station", "stations"),),
)

_STUDY_CLASSES: Final = Table(
    "study_classes",
    "a class that is booked at a study base",
    (
        Field("id", "text", "identifier of the booking", unique=True),
        Field("base", "text", "base that is booked"),
        Field("compound", "text", "compound that the class walks from"),
        Field("people", "integer", "people of the class", at_least=1),
        Field("sessions", "number", "times a month", at_least=0),
    ),
    references=(Reference("base", "study_bases"), Reference("compound", "compounds")),
)

_OF_ORDER: Final = (_SIGNS, _VOLUNTEERS, _TOOLS, _STUDY_BASES, _STUDY_CLASSES)


# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of the season's programme must look like: kinds of events, organisers, requests, yards, and who came.


_ORGANISERS: Final = Table(
    "organisers",
    "somebody who brings events to several communities",
    (
        Field("id", "text", "identifier of the organiser", unique=True),
        Field("name", "text", "name of the body; no person"),
        Field("teams", "integer", "places at which it can be on one day", at_least=1),
    ),
)

_EVENT_TYPES: Final = Table(
    "event_types",
    "a kind of event (夜校, 夜市, 集市, 直播, 培训, 节日)",
    (
        Field("id", "text", "identifier of the kind", unique=True),
        Field("name", "text", "name of the kind"),
        Field("place", "text", "where it takes place", one_of=("room", "yard")),
        Field("function", "text", "function of the room that it takes; missing = in a yard", False, nullable=True),
        Field("hours", "text", "when it may be on, season and weekdays included, OSM opening_hours"),
        Field("duration_min", "integer", "how long it takes, setting up and clearing included", at_least=15),
        Field("noise", "text", "noise that it makes", one_of=NOISE),
        Field("audience", "text", "group that it is for"),
        Field("organiser", "text", "organiser; missing = the community itself", False, nullable=True),
        Field("attendance", "integer", "people who come", at_least=1),
        Field("big", "flag", "whether two of them near each other take each other's visitors"),
        Field("training", "flag", "whether it is training, kept out of the hours of the school run"),
        Field("orders", "integer", "places that employers ordered (订单式); missing = none", False, True, False, 0),
        Field("festival", "text", "festival to which it belongs; missing = none", False, nullable=True),
        Field("cost_yuan", "number", "cost of one event, yuan", at_least=0),
    ),
    references=(Reference("organiser", "organisers"),),
)

_EVENT_REQUESTS: Final = Table(
    "event_requests",
    "a community that asks for events of a kind in a season",
    (
        Field("id", "text", "identifier of the request", unique=True),
        Field("community", "text", "community that asks"),
        Field("type", "text", "kind of event"),
        Field("sessions", "integer", "how many in the season", at_least=1),
        Field("priority", "integer", "1 is served first", at_least=1, at_most=MOST_PRIORITY),
    ),
    references=(Reference("community", "communities"), Reference("type", "event_types")),
)

_YARDS: Final = Table(
    "yards",
    "an outdoor ground of a station",
    (
        Field("id", "text", "identifier of the ground", unique=True),
        Field("station", "text", "station it belongs to"),
        Field("capacity", "integer", "people it may hold", at_least=0),
    ),
    references=(Reference("station", "stations"),),
)

_VISITS: Final = Table(
    "visits",
    "a counted visit, under a salted pseudonym",
    (
        Field("id", "text", "identifier of the visit", unique=True),
        Field("visitor", "text", "salted pseudonym; no name, number or card"),
        Field("station", "text", "station that was visited"),
        Field("date", "text", 'day of the visit, "YYYY-MM-DD"'),
        Field("compound", "text", "compound that the visitor lives in; missing = elsewhere, or not told", False, True),
        Field("type", "text", "kind of event that was visited; missing = none", False, nullable=True),
    ),
    references=(
        Reference("station", "stations"),
        Reference("compound", "compounds"),
        Reference("type", "event_types"),
    ),
)

_LIKES: Final = Table(
    "likes",
    "a broadcast or post of a station's channel, with what the platform counted; no visits, and nobody is told",
    (
        Field("id", "text", "identifier of the broadcast or post", unique=True),
        Field("station", "text", "station whose channel it is"),
        Field("date", "text", 'day of it, "YYYY-MM-DD"'),
        Field("type", "text", "kind of event that was shown; missing = none", False, nullable=True),
        Field("views", "integer", "times it was opened; missing = not counted", False, True, False, 0),
        Field("likes", "integer", "taps on the thumb; one viewer may tap many times", at_least=0),
    ),
    references=(Reference("station", "stations"), Reference("type", "event_types")),
)

_OF_SEASON: Final = (_ORGANISERS, _EVENT_TYPES, _EVENT_REQUESTS, _YARDS, _VISITS, _LIKES)


# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of people on duty must look like. Nobody is named: identifiers are pseudonyms.


_STAFF: Final = Table(
    "staff",
    "somebody who can be on duty at a station, under a pseudonym",
    (
        Field("id", "text", "pseudonym, no name", unique=True),
        Field("station", "text", "station at which she or he works"),
        Field("skills", "text", "posts that she or he can hold, separated by ';'"),
        Field("pair", "text", "A/B pair (AB岗) that she or he is one of the two of", nullable=True),
        Field("weekly_hours", "number", "hours a week of the contract", at_least=0, at_most=168),
        Field("least_hours", "number", "fewest hours a week on average; missing = none", False, True, False, 0, 168),
        Field("last_days", "text", "the days before the roster, yesterday last: D duty, N night, - off", False, True),
        Field("weekends", "integer", "days of duty at weekends so far this quarter", False, True, False, 0),
        Field("nights", "integer", "nights so far this quarter", False, True, False, 0),
        Field("holidays", "integer", "days of duty on public holidays so far this quarter", False, True, False, 0),
    ),
    references=(Reference("station", "stations"),),
)

_OF_STAFF: Final = (Reference("staff", "staff"),)

_LEAVE: Final = Table(
    "leave",
    "days on which somebody is away",
    (
        Field("id", "text", "identifier of the row", unique=True),
        Field("staff", "text", "who is away"),
        Field("first", "date", "first day"),
        Field("last", "date", "last day"),
    ),
    references=_OF_STAFF,
)

_WISHES: Final = Table(
    "wishes",
    "a day that somebody would have free, or a shift that she or he would have",
    (
        Field("id", "text", "identifier of the wish", unique=True),
        Field("staff", "text", "whose wish it is"),
        Field("date", "date", "the day"),
        Field("shift", "text", "shift that is wished for; missing = the day free", False, nullable=True),
    ),
    references=_OF_STAFF,
)

_REQUIREMENTS: Final = Table(
    "requirements",
    "how many people a post asks for on a day of the week; rows of one post add up",
    (
        Field("id", "text", "identifier of the row", unique=True),
        Field("station", "text", "station of the post"),
        Field("post", "text", "the post, such as 综合窗口"),
        Field("weekday", "text", "day of the week", one_of=WEEKDAYS),
        Field("start", "integer", "minute of the day from which on, 0 = midnight", at_least=0, at_most=1439),
        Field("end", "integer", "minute of the day until when, 1440 = midnight (24:00)", at_least=1, at_most=1440),
        Field("staff", "integer", "people asked for", at_least=1),
    ),
    references=(Reference("station", "stations"),),
)

_DUTIES: Final = Table(
    "duties",
    "a duty of the published roster",
    (
        Field("id", "text", "identifier of the duty", unique=True),
        Field("staff", "text", "who is on duty"),
        Field("date", "date", "the day"),
        Field("shift", "text", "the shift"),
    ),
    references=_OF_STAFF,
)

_OF_PEOPLE: Final = (_STAFF, _LEAVE, _WISHES, _REQUIREMENTS, _DUTIES)


# ----------------------------------------------------------------------------------------------------------------------
# What each layer and ledger of a district must look like.


_ACCESS = tuple(Access)


_MOST_PEOPLE: Final = 1e7
"""People or households of one row; more is a mark for "no data" (3.4e38, 1e20, 2147483647), or a whole city."""


def _identifier(means: str) -> Field:
    return Field("id", "text", means, unique=True)


def _optional(name: str, kind: str, means: str, at_least: float | None = None, at_most: float | None = None) -> Field:
    return Field(name, kind, means, required=False, nullable=True, at_least=at_least, at_most=at_most)  # type: ignore[arg-type]


_COMMUNITIES: Final = Table(
    "communities",
    "a community (社区)",
    (
        _identifier("identifier of the community"),
        Field("name", "text", "name of the community"),
        Field("subdistrict", "text", "name of the subdistrict (街道) it belongs to"),
    ),
    shape="Polygon",
)

_COMPOUNDS: Final = Table(
    "compounds",
    "a residential compound (小区)",
    (
        _identifier("identifier of the compound"),
        Field("name", "text", "name of the compound"),
        Field("community", "text", "community it belongs to", nullable=True),
        Field("enclosed", "flag", "whether a wall with gates surrounds it"),
        Field("households", "number", "households that live in it", nullable=True, at_least=0, at_most=_MOST_PEOPLE),
        _optional("beyond", "number", "1 = beyond the edge of a part that was cut out of a district", 1, 1),
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
        Field("households", "number", "households", nullable=True, at_least=0, at_most=_MOST_PEOPLE),
        Field("residents", "number", "residents", at_least=0, at_most=_MOST_PEOPLE),
        *(_optional(band, "number", "residents of this age", 0, _MOST_PEOPLE) for band in AGE_BANDS),
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
        _optional("piece", "number", "in a part: rank of its piece of the whole drawing, 0 = the largest", 0),
        _optional("piece_share", "number", "share of all nodes of the whole drawing in that piece", 0, 1),
        _optional("piece_m", "number", "length of that piece, metres", 0),
        _optional("barred", "number", "barriers for members before it in the whole drawing", 0),
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
        _optional("beyond", "number", "1 = beyond the edge of a part that was cut out of a district", 1, 1),
    ),
    shape="Point",
    references=(Reference("community", "communities"), Reference("compound", "compounds")),
)

_CANDIDATES: Final = Table(
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

# ----------------------------------------------------------------------------------------------------------------------
# What the ledgers of trades that go round (低频刚需) and of legal advisers must look like.


_TRADES: Final = Table(
    "trades",
    "a trade that comes to a place from time to time: cobbler, key-cutter, hairdresser, legal adviser",
    (
        _identifier("identifier of the trade"),
        Field("name", "text", "name of the trade"),
        Field("travel", "text", "how its crews get about", one_of=("walk", "drive")),
        Field("days", "text", "days of the week on which it may come, Mo to Su, separated by ';'"),
        Field("start", "text", "when crews set out, HH:MM"),
        Field("end", "text", "when they have to be back, HH:MM"),
        Field("people", "text", "who needs it", one_of=("residents", *AGE_BANDS)),
        Field("cases_per_1000", "number", "cases a month of a thousand of them", at_least=0),
        Field("service_min", "number", "minutes for a case", at_least=0),
        Field("setup_min", "number", "minutes to set up and clear away at each visit", at_least=0),
        Field("longest_min", "number", "most minutes of cases at one visit", at_least=1, at_most=720),
    ),
)

_CREWS: Final = Table(
    "crews",
    "a crew of a trade",
    (
        _identifier("identifier of the crew"),
        Field("trade", "text", "trade of the crew"),
        Field("station", "text", "station from which it sets out and to which it returns"),
        _optional("days", "text", "days of the week on which it works, separated by ';'; missing = those of the trade"),
    ),
    references=(Reference("trade", "trades"), Reference("station", "stations")),
)

_STOPS: Final = Table(
    "stops",
    "a station at which a trade is wanted",
    (
        _identifier("identifier of the stop"),
        Field("trade", "text", "trade that is wanted"),
        Field("station", "text", "station at which it is wanted"),
        _optional("cases", "number", "cases a month; missing = by the people of its community", 0),
        _optional("visits", "integer", "visits in four weeks; missing = as many as the cases ask for", 1, 28),
        _optional("days", "text", "days of the week on which it may come here; missing = those of the trade"),
    ),
    references=(Reference("trade", "trades"), Reference("station", "stations")),
)

_BLACKOUTS: Final = Table(
    "blackouts",
    "days on which no trade, or one of them, goes round",
    (
        _identifier("identifier of the row"),
        Field("trade", "text", "trade that stays away; missing = all", nullable=True),
        Field("first", "text", "first day, YYYY-MM-DD"),
        Field("last", "text", "last day, YYYY-MM-DD"),
        _optional("occasion", "text", "why, such as a festival"),
    ),
    references=(Reference("trade", "trades"),),
)

_ADVISERS: Final = Table(
    "advisers",
    "a legal adviser of communities, under a pseudonym",
    (
        Field("id", "text", "pseudonym, no name", unique=True),
        Field("station", "text", "station nearest to the office"),
        Field("most", "integer", "most communities that she or he takes on", at_least=1, at_most=60),
        _optional("last_year", "text", "communities of last year, separated by ';'"),
        _optional("days", "text", "days of the week on which she or he comes, separated by ';'; missing = Mo to Fr"),
    ),
    references=(Reference("station", "stations"),),
)

_OF_ROUNDS: Final = (_TRADES, _CREWS, _STOPS, _BLACKOUTS, _ADVISERS)


# ----------------------------------------------------------------------------------------------------------------------
# All of them.


LAYERS: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (
            _COMMUNITIES,
            _COMPOUNDS,
            GATES,
            DEMAND,
            WAYS,
            STATIONS,
            _CANDIDATES,
            BUILDINGS,
            BACKDROP,
        )
    }
)
"""Tables with geometry, in the order in which they are written."""

LEDGERS: Final[Mapping[str, Table]] = MappingProxyType(
    {
        table.name: table
        for table in (
            *(_ROOMS, _ACTIVITIES, _BOOKINGS, OPERATORS),
            *_OF_HALLS,
            *_OF_PEOPLE,
            *_OF_ORDER,
            *_OF_ROUNDS,
            *_OF_SEASON,
        )
    }
)
"""Tables without geometry."""

TABLES: Final[Mapping[str, Table]] = MappingProxyType({**LAYERS, **LEDGERS})

COUNTED: Final = ("residents", "households", *AGE_BANDS)
"""Columns of demand that count people or households."""
