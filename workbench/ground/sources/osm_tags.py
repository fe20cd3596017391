"""What OpenStreetMap tags mean to someone on foot: the rules as data, and one function that reads them.

The order in which tags decide, strongest first:

1. ``foot`` (``no`` and ``use_sidepath``: not walked here);
2. ``access`` (``no``: closed; ``private``, ``customers`` …: members);
3. the ``highway`` value itself: walked, walked only when invited, or never; ``motorroad=yes`` makes any of
   them one that is walked only when invited.

``foot:conditional``, ``access:conditional`` and ``opening_hours`` say at which hours that holds. Values are
read without stray capitals and blanks; of several, separated by semicolons, the first that is known counts.

``oneway`` is not looked at: nobody walks one-way. ``vehicle``, ``motor_vehicle`` and ``bicycle`` are
none of our business. What :mod:`osmnx` does otherwise: it keeps no ``highway=cycleway`` even when
``foot=designated``, drops ``access=private`` even when ``foot=yes``, and does not see barrier nodes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np

from workbench.catalogue.terms import LENT, Access
from workbench.hours import DAY_MINUTES, parses, week_minutes, week_text


class WayClass(NamedTuple):
    """What a way is to someone on foot."""

    kind: str
    access: str
    steps: bool
    level: float
    hours: str | None = None
    unread: str | None = None


class Hours(NamedTuple):
    """Who may pass, and when; ``unread`` is a condition that could not be read."""

    access: str
    hours: str | None = None
    unread: str | None = None


WALKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "primary": "street",
        "primary_link": "street",
        "secondary": "street",
        "secondary_link": "street",
        "tertiary": "street",
        "tertiary_link": "street",
        "unclassified": "street",
        "residential": "street",
        "road": "street",
        "service": "street",
        "living_street": "living_street",
        "pedestrian": "pedestrian",
        "footway": "footway",
        "path": "path",
        "track": "track",
        "bridleway": "path",
        "steps": "steps",
        "platform": "platform",
        "crossing": "crossing",
    }
)
"""Highways that are walked unless a tag says otherwise, and the kind they become."""

ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "motorway": "street",
        "motorway_link": "street",
        "trunk": "street",
        "trunk_link": "street",
        "busway": "street",
        "cycleway": "cycleway",
    }
)
"""Highways that are walked only when ``foot``, a sidewalk or (cycleways) ``access`` invites to it."""

# Everything else is never walked: construction, proposed, planned, abandoned, razed, corridor and elevator
# (indoors: their doors are not on the street network), raceway, bus_guideway, rest_area, services, no …

_ON_FOOT: Final = frozenset({"footway", "path", "pedestrian", "cycleway", "living_street", "track"})
"""Kinds that become ``bridge`` or ``tunnel`` when they are one; a street on a bridge stays a street."""

_ACCESS_OF: Final[Mapping[str, Access]] = MappingProxyType(
    {
        "yes": Access.PUBLIC,
        "designated": Access.PUBLIC,
        "official": Access.PUBLIC,
        "permissive": Access.PUBLIC,
        "public": Access.PUBLIC,
        "destination": Access.PUBLIC,  # one may walk there; that one may not walk through is not a matter of who
        "discouraged": Access.PUBLIC,
        "unknown": Access.PUBLIC,
        "private": Access.MEMBERS,
        "residents": Access.MEMBERS,
        "members": Access.MEMBERS,
        "customers": Access.MEMBERS,  # a shop's own ground is no right of way
        "permit": Access.MEMBERS,
        "students": Access.MEMBERS,
        "employees": Access.MEMBERS,
        "no": Access.CLOSED,
        "delivery": Access.CLOSED,
        "agricultural": Access.CLOSED,
        "forestry": Access.CLOSED,
        "agricultural;forestry": Access.CLOSED,
        "emergency": Access.CLOSED,
        "military": Access.CLOSED,
        "staff": Access.CLOSED,
    }
)
"""Who may pass, by the value of ``foot`` or ``access``; a value not listed says nothing."""

_INVITES: Final = frozenset({"yes", "designated", "official", "permissive"})
"""Values of ``foot`` that open what is otherwise not walked."""

_NOT_HERE: Final = frozenset({"no", "use_sidepath"})
"""Values of ``foot`` that say: not on this line. The way is left out, it is not a closed door."""

_SIDEWALK_KEYS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")

WAY_KEYS: Final = (
    "highway",
    "foot",
    "access",
    *_SIDEWALK_KEYS,
    "footway",
    "path",
    "cycleway",
    "bridge",
    "tunnel",
    "level",
    "layer",
    "motorroad",
    "barrier",
    "locked",
    "opening_hours",
    "foot:conditional",
    "access:conditional",
)
"""Every key that :func:`classify` reads."""

GATES: Final = frozenset(
    {
        "gate",
        "lift_gate",
        "swing_gate",
        "sliding_gate",
        "wicket_gate",
        "kissing_gate",
        "hampshire_gate",
        "bump_gate",
        "turnstile",
        "full-height_turnstile",
        "sally_port",
        "entrance",
        "toll_booth",
        "border_control",
        "checkpoint",
    }
)
"""Barrier nodes that become a row of ``gates`` in any case: they can be opened and closed."""

WALLS: Final = frozenset(
    {"wall", "city_wall", "fence", "hedge", "retaining_wall", "guard_rail", "handrail", "ditch", "cable_barrier"}
)
"""Barriers nobody walks through: closed as a node without ``foot`` or ``access``, a wall as a line."""

# Any other barrier node (bollard, block, chain, kerb, cycle_barrier, stile, cattle_grid …) stops cars, not people.


def classify(tags: Mapping[str, str]) -> WayClass | None:
    """Say what a way is to someone on foot."""
    get = tags.get
    return classified(tuple([get(key) for key in WAY_KEYS]))


@lru_cache(maxsize=65536)
def classified(values: tuple[str | None, ...]) -> WayClass | None:
    """Classify by the values of :data:`WAY_KEYS`, None where there is none; a city has few thousand combinations."""
    tags = plain({key: value for key, value in zip(WAY_KEYS, values, strict=True) if value is not None})
    highway, foot = _highway(tags.get("highway", "")), _first_word(tags.get("foot"))
    invited = foot in _INVITES
    kind = WALKED.get(highway)
    if kind is None or tags.get("motorroad") == "yes":
        kind = kind or ASKED.get(highway)
        if kind is None or not (invited or _invites(highway, tags)):
            return None
    if _sidewalk_apart(tags) and not invited:
        return None
    plainly = str(Access.CLOSED) if foot in _NOT_HERE else _access(foot, tags)
    may = at_hours(tags, plainly)
    if foot in _NOT_HERE and may.access == Access.CLOSED:
        return None
    lent = plainly == Access.CLOSED != may.access  # a bus corridor on Sundays: walked then, and nobody's front door
    kind = LENT if lent else _kind(kind, tags)
    return WayClass(kind, may.access, highway == "steps", level_of(tags), may.hours, may.unread)


def _highway(value: str) -> str:
    """Return the value that decides of several: stairs, else the first that is walked, else the first."""
    words = [word.strip() for word in value.split(";")]
    walked = [word for words_of in (("steps",), WALKED, ASKED) for word in words if word in words_of]
    return (walked or words)[0]


def _invites(highway: str, tags: Mapping[str, str]) -> bool:
    """Whether something besides ``foot`` invites: a sidewalk, or a cycleway that is open to all."""
    if highway == "cycleway":
        return _first_word(tags.get("access")) in _INVITES
    return _has_sidewalk(tags)


def _first_word(value: str | None) -> str:
    """Return the first of several values separated by semicolons, in lower case."""
    return (value or "").split(";")[0].strip().lower()


def plain(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags without stray blanks and capitals; hours keep theirs."""
    return {
        key: value.strip() if key.endswith((":conditional", "opening_hours")) else value.strip().lower()
        for key, value in tags.items()
    }


def access_word(value: object) -> str | None:
    """Return who may pass by the first of several values that says so; None when none does."""
    words = [word.strip().lower() for word in value.split(";")] if isinstance(value, str) else []
    return next((str(_ACCESS_OF[word]) for word in words if word in _ACCESS_OF), None)


def _access(foot: str, tags: Mapping[str, str]) -> str:
    if foot in _ACCESS_OF:
        return str(_ACCESS_OF[foot])
    if tags.get("barrier") in GATES:
        return barrier_access(tags)  # a way drawn through a gate
    return access_word(tags.get("access")) or str(Access.PUBLIC)


def at_hours(tags: Mapping[str, str], access: str) -> Hours:
    """Say who may pass at which hours."""
    conditional = tags.get("foot:conditional")
    if conditional is None and _first_word(tags.get("foot")) not in _ACCESS_OF:
        conditional = tags.get("access:conditional")
    if conditional is not None:
        found = _conditional(conditional, access)
        if found is None:
            return Hours(access, None, conditional)
        if found != Hours(access):
            return found
    hours = tags.get("opening_hours")
    if hours is None or access == Access.CLOSED:
        return Hours(access)
    return Hours(access, hours) if parses(hours) else Hours(access, None, hours)


_CLAUSE: Final = re.compile(r"\s*([^@;]+?)\s*@\s*(\([^()]*\)|[^;()]+?)\s*(?:;|$)")


def _conditional(text: str, access: str) -> Hours | None:
    """Read ``value @ (hours); …``; None where it cannot be read or said with one access and its hours."""
    clauses = _CLAUSE.findall(text)
    if not clauses or _CLAUSE.sub("", text).strip():
        return None
    said = [(access_word(value), hours.strip("() ")) for value, hours in clauses]
    if len(said) == 1 and said[0][0] == Access.PUBLIC and access == Access.CLOSED and parses(said[0][1]):
        return Hours(str(Access.PUBLIC), said[0][1])
    during = str(Access.PUBLIC) if access == Access.CLOSED else access
    week = np.full((7, DAY_MINUTES), access != Access.CLOSED)
    for value, hours in said:
        minutes = week_minutes(hours)
        if minutes is None or value not in (during, Access.CLOSED):
            return None
        week[minutes] = value == during
    if week.all():
        return Hours(during)
    return Hours(during, week_text(week)) if week.any() else Hours(str(Access.CLOSED))


def _kind(kind: str, tags: Mapping[str, str]) -> str:
    if "crossing" in (tags.get("footway"), tags.get("path"), tags.get("cycleway")):
        return "crossing"
    if kind in _ON_FOOT and tags.get("bridge", "no") != "no":
        return "bridge"
    if kind in _ON_FOOT and tags.get("tunnel", "no") not in ("no", "building_passage"):
        return "tunnel"
    return kind


def _sides(tags: Mapping[str, str]) -> set[str]:
    """Return what is said of the sidewalks: both, left, right, yes, no, none, separate."""
    return {word.strip() for key in _SIDEWALK_KEYS if key in tags for word in tags[key].split(";")}


def _has_sidewalk(tags: Mapping[str, str]) -> bool:
    return bool(_sides(tags) & {"both", "left", "right", "yes"})


def _sidewalk_apart(tags: Mapping[str, str]) -> bool:
    """Whether people walk on lines of their own beside this carriageway, and nowhere on it."""
    return "separate" in _sides(tags) and not _has_sidewalk(tags)


def level_of(tags: Mapping[str, str]) -> float:
    """Return the level above ground, 0 on the ground.

    ``level`` decides, then ``bridge`` and ``tunnel``, which are as high or as deep as their ``layer`` says, else
    1 and -1; a passage through a building is on the ground. ``layer`` by itself is no storey: it only says what
    is drawn on top. Stairs from 0 to 1 (``level=0;1``) are at 0.5.
    """
    level, layer = _mean(tags.get("level")), _mean(tags.get("layer"))
    if level is not None:
        return level
    if tags.get("bridge", "no") != "no":
        return layer if layer is not None and layer > 0 else 1.0
    if tags.get("tunnel", "no") not in ("no", "building_passage"):
        return layer if layer is not None and layer < 0 else -1.0
    return 0.0


def _mean(value: str | None) -> float | None:
    try:
        floors = [float(word) for word in (value or "").split(";")]
    except ValueError:
        return None
    mean = sum(floors) / len(floors)
    return mean if abs(mean) < 1000 else None  # also None for nan


def barrier_access(tags: Mapping[str, str]) -> str:
    """Say who may pass a barrier node on foot.

    ``foot`` decides, then ``access``, then ``locked=yes`` (closed), then what it is: walls and fences
    are closed, gates and everything that stops only cars are open.
    """
    said = access_word(tags.get("foot")) or access_word(tags.get("access"))
    if said is not None:
        return said
    if tags.get("locked") == "yes" or tags.get("barrier") in WALLS:
        return str(Access.CLOSED)
    return str(Access.PUBLIC)


def is_gate(tags: Mapping[str, str]) -> bool:
    """Whether a barrier node on a way deserves a row of ``gates``: it opens, or it stops someone."""
    if tags.get("barrier") in GATES or barrier_access(tags) != Access.PUBLIC:
        return True
    return at_hours(tags, str(Access.PUBLIC)) != Hours(str(Access.PUBLIC))
