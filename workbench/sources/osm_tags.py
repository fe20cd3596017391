"""What OpenStreetMap tags mean to someone on foot: the rules as data, and one function that reads them.

The order in which tags decide, strongest first:

1. ``foot`` (``no`` and ``use_sidepath``: not walked here);
2. ``access`` (``no``: closed; ``private``, ``customers`` …: members);
3. the ``highway`` value itself: walked, walked only when invited, or never.

``oneway`` is not looked at: nobody walks one-way. ``vehicle``, ``motor_vehicle`` and ``bicycle`` are
none of our business. What :mod:`osmnx` does otherwise: it keeps no ``highway=cycleway`` even when
``foot=designated``, drops ``access=private`` even when ``foot=yes``, and does not see barrier nodes.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from workbench.terms import Access


class WayClass(NamedTuple):
    """What a way is to someone on foot."""

    kind: str
    access: str
    steps: bool
    level: float


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

ON_FOOT: Final = frozenset({"footway", "path", "pedestrian", "cycleway", "living_street", "track"})
"""Kinds that become ``bridge`` or ``tunnel`` when they are one; a street on a bridge stays a street."""

ACCESS_OF: Final[Mapping[str, Access]] = MappingProxyType(
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

INVITES: Final = frozenset({"yes", "designated", "official", "permissive"})
"""Values of ``foot`` that open what is otherwise not walked."""

NOT_HERE: Final = frozenset({"no", "use_sidepath"})
"""Values of ``foot`` that say: not on this line. The way is left out, it is not a closed door."""

SIDEWALK_KEYS: Final = ("sidewalk", "sidewalk:both", "sidewalk:left", "sidewalk:right")

WAY_KEYS: Final = (
    "highway",
    "foot",
    "access",
    *SIDEWALK_KEYS,
    "footway",
    "path",
    "cycleway",
    "bridge",
    "tunnel",
    "level",
    "layer",
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
    """Say what a way is to someone on foot.

    Parameters
    ----------
    tags
        Tags of the way.

    Returns
    -------
    WayClass or None
        Kind, access (public, members, closed), whether it is a flight of steps, and the level above
        ground; None when it is not walked at all.
    """
    get = tags.get
    return classified(tuple([get(key) for key in WAY_KEYS]))


@lru_cache(maxsize=65536)
def classified(values: tuple[str | None, ...]) -> WayClass | None:
    """Classify by the values of :data:`WAY_KEYS`, None where there is none; a city has few thousand combinations."""
    tags = {key: value for key, value in zip(WAY_KEYS, values, strict=True) if value is not None}
    highway, foot = tags.get("highway", ""), first_word(tags.get("foot"))
    invited = foot in INVITES
    kind = WALKED.get(highway)
    if kind is None:
        if highway not in ASKED or not (invited or _invites(highway, tags)):
            return None
        kind = ASKED[highway]
    if foot in NOT_HERE or (_sidewalk_apart(tags) and not invited):
        return None
    steps = highway == "steps"
    return WayClass(_kind(kind, tags), _access(foot, tags.get("access")), steps, level_of(tags))


def _invites(highway: str, tags: Mapping[str, str]) -> bool:
    """Whether something besides ``foot`` invites: a sidewalk, or a cycleway that is open to all."""
    if highway == "cycleway":
        return first_word(tags.get("access")) in INVITES
    return _has_sidewalk(tags)


def first_word(value: str | None) -> str:
    """Return the first of several values separated by semicolons, in lower case."""
    return (value or "").split(";")[0].strip().lower()


def _access(foot: str, access: str | None) -> str:
    if foot in ACCESS_OF:
        return str(ACCESS_OF[foot])
    return str(ACCESS_OF.get(first_word(access), Access.PUBLIC))


def _kind(kind: str, tags: Mapping[str, str]) -> str:
    if "crossing" in (tags.get("footway"), tags.get("path"), tags.get("cycleway")):
        return "crossing"
    if kind in ON_FOOT and tags.get("bridge", "no") != "no":
        return "bridge"
    if kind in ON_FOOT and tags.get("tunnel", "no") not in ("no", "building_passage"):
        return "tunnel"
    return kind


def _sides(tags: Mapping[str, str]) -> set[str]:
    """Return what is said of the sidewalks: both, left, right, yes, no, none, separate."""
    return {word.strip() for key in SIDEWALK_KEYS if key in tags for word in tags[key].split(";")}


def _has_sidewalk(tags: Mapping[str, str]) -> bool:
    return bool(_sides(tags) & {"both", "left", "right", "yes"})


def _sidewalk_apart(tags: Mapping[str, str]) -> bool:
    """Whether people walk on lines of their own beside this carriageway, and nowhere on it."""
    return "separate" in _sides(tags) and not _has_sidewalk(tags)


def level_of(tags: Mapping[str, str]) -> float:
    """Return the level above ground, 0 on the ground.

    ``level`` decides, then ``layer``, then ``bridge`` (1) and ``tunnel`` (-1); a passage through a
    building is on the ground. Stairs from 0 to 1 (``level=0;1``) are at 0.5.
    """
    for key in ("level", "layer"):
        if key in tags:
            try:
                floors = [float(word) for word in tags[key].split(";")]
            except ValueError:
                continue
            mean = sum(floors) / len(floors)
            if abs(mean) < 1000:  # also false for nan
                return mean
    if tags.get("bridge", "no") != "no":
        return 1.0
    return -1.0 if tags.get("tunnel", "no") not in ("no", "building_passage") else 0.0


def barrier_access(tags: Mapping[str, str]) -> str:
    """Say who may pass a barrier node on foot.

    ``foot`` decides, then ``access``, then ``locked=yes`` (closed), then what it is: walls and fences
    are closed, gates and everything that stops only cars are open.
    """
    for key in ("foot", "access"):
        word = first_word(tags.get(key))
        if word in ACCESS_OF:
            return str(ACCESS_OF[word])
    if tags.get("locked") == "yes" or tags.get("barrier") in WALLS:
        return str(Access.CLOSED)
    return str(Access.PUBLIC)


def is_gate(tags: Mapping[str, str]) -> bool:
    """Whether a barrier node on a way deserves a row of ``gates``: it opens, or it stops someone."""
    return tags.get("barrier") in GATES or barrier_access(tags) != Access.PUBLIC
