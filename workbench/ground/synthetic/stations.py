"""Centres, posts and candidate sites of one community."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from workbench.catalogue.terms import Access, StationKind
from workbench.ground.synthetic.community import Community
from workbench.ground.synthetic.compounds import HOUSES, Compound
from workbench.ground.synthetic.tracts import Point


@dataclass(frozen=True)
class Station:
    """A station; compounds are numbered within the community, -1 for none.

    ``compound`` is the one it stands in, ``near`` the one before whose gate it stands.
    """

    kind: StationKind
    place: Point
    compound: int
    near: int
    access: Access
    hours: str
    floor_area_m2: float
    resident_area_m2: float
    services: str


@dataclass(frozen=True)
class Site:
    """A candidate site."""

    name: str
    place: Point
    compound: int
    floor_area_m2: float
    capex: float
    opex: float
    storey: int
    veto: str


_REACH_M = 250.0
_APART_M = 350.0
_INSIDE_SHARE = 0.25
"""Share of posts that stand inside a compound; half of those in walled ones are for its residents only."""

_OFFICE_HOURS = "Mo-Fr 08:30-12:00,14:30-17:30"
_CENTRE_HOURS = (
    _OFFICE_HOURS,
    _OFFICE_HOURS,
    "Mo-Fr 08:30-12:00,14:30-17:30; Sa,Su 09:00-12:00,14:30-17:00",
    "Mo-Fr 08:30-12:00,14:30-17:30; Sa,Su 09:00-16:00",
    "Mo-Su 08:30-17:30",
    "Mo-Fr 08:30-18:30; Sa 09:00-16:00",
)
_POST_HOURS = (
    "Mo-Su 07:00-21:00",
    "Mo-Su 08:00-20:00",
    "Mo-Su 06:30-22:00",
    "Mo-Sa 08:30-18:30",
    "Mo-Fr 08:30-12:00,14:30-18:00; Sa 09:00-12:00",
    "24/7",
)
_CENTRE_SERVICES = ("counter", "agency", "legal_advice", "repair_corner", "meeting")
_CENTRE_EXTRA = ("reading", "elder_activities", "child_activities", "fitness", "night_school", "livestream", "canteen")
_POST_SERVICES = ("rest", "water", "charging")
_POST_EXTRA = ("parcel", "reading", "repair_corner", "elder_activities", "child_corner", "self_service", "first_aid")


def _services(always: tuple[str, ...], extra: tuple[str, ...], rng: np.random.Generator) -> str:
    count = int(rng.integers(1, 5))
    chosen = sorted(int(k) for k in rng.permutation(len(extra))[:count])
    return ";".join((*always, *(extra[k] for k in chosen)))


def _gate_place(community: Community, compound: Compound, rank: int, rng: np.random.Generator) -> Point:
    """Return a place at the foot of the wall, a few steps beside a gate, on the side of the street."""
    gate = compound.gates[rank]
    x, y = community.web.nodes[gate.node]
    aside = float(rng.uniform(7.0, 14.0)) * (1.0 if rng.uniform() < 0.5 else -1.0)
    ox, oy = gate.outward
    return round(x + ox * 1.5 - oy * aside, 2), round(y + oy * 1.5 + ox * aside, 2)


def _inner_place(community: Community, compound: Compound, rank: int) -> Point:
    x, y = community.web.nodes[compound.inner_nodes[rank]]
    ox, oy = compound.gates[rank].outward
    return round(x - ox * 2.5, 2), round(y - oy * 2.5, 2)


def _within_reach(place: Point, community: Community) -> float:
    """Flats behind gates near a place, nearer gates counting more: where a community would put its centre."""
    total = 0.0
    for compound in community.compounds:
        nearest = min(math.dist(place, community.web.nodes[gate.node]) for gate in compound.gates)
        total += sum(b.flats for b in compound.buildings) * max(0.0, 1.0 - nearest / _REACH_M)
    return total


def _frontages(community: Community) -> list[Point]:
    return [f.place for f in community.ground.frontages if f.use in HOUSES]


def _places(community: Community, rng: np.random.Generator) -> list[Point]:
    """Return where something public could stand: houses, else the walls beside gates, else a street corner."""
    beside = [_gate_place(community, compound, 0, rng) for compound in community.compounds]
    return _frontages(community) or beside or [community.web.nodes[0]]


def place_centre(
    community: Community, kind: StationKind, inside: bool, taken: list[Point], rng: np.random.Generator
) -> Station:
    """Place a centre on a frontage that is fairly central and not beside another one, or inside a compound."""
    places = _places(community, rng)
    places = [p for p in places if all(math.dist(p, other) > _REACH_M for other in taken)] or places
    compound = -1
    if inside and community.compounds:
        compound = int(rng.integers(len(community.compounds)))
        place = _inner_place(community, community.compounds[compound], 0)
    else:
        ranked = sorted(places, key=lambda p: -_within_reach(p, community))
        place = ranked[int(rng.integers(max(1, len(ranked) // 12)))]
    district = kind is StationKind.DISTRICT_CENTRE
    area = float(rng.integers(180, 260) * 10) if district else float(rng.integers(60, 141) * 10)
    hours = _CENTRE_HOURS[4] if district else _CENTRE_HOURS[int(rng.integers(len(_CENTRE_HOURS)))]
    share = float(rng.uniform(0.45, 0.75))
    services = _services(_CENTRE_SERVICES, _CENTRE_EXTRA, rng)
    return Station(kind, place, compound, compound, Access.PUBLIC, hours, area, float(round(area * share)), services)


def place_posts(community: Community, count: int, taken: list[Point], rng: np.random.Generator) -> list[Station]:
    """Place posts near gates, rather away from what is there already; some stand inside."""
    posts: list[Station] = []
    taken = list(taken)
    for _ in range(count):
        options: list[tuple[float, Point, int, int, Access]] = []
        for number, compound in enumerate(community.compounds):
            for rank in range(len(compound.gates)):
                within = bool(rng.uniform() < _INSIDE_SHARE)
                place = (
                    _inner_place(community, compound, rank) if within else _gate_place(community, compound, rank, rng)
                )
                access = Access.MEMBERS if within and compound.enclosed and rng.uniform() < 0.5 else Access.PUBLIC
                away = min((math.dist(place, p) for p in taken), default=_APART_M)
                appeal = min(away, _APART_M) * _within_reach(place, community) * float(rng.uniform(0.7, 1.0))
                options.append((appeal, place, number if within else -1, number, access))
        if not options:
            places = _places(community, rng)
            options = [(1.0, places[int(rng.integers(len(places)))], -1, -1, Access.PUBLIC)]
        _, place, compound_number, near, access = max(options, key=lambda o: o[0])
        taken.append(place)
        area = float(rng.integers(12, 41) * 5)
        share = float(rng.uniform(0.45, 0.75))
        hours = _POST_HOURS[int(rng.integers(len(_POST_HOURS)))]
        services = _services(_POST_SERVICES, _POST_EXTRA, rng)
        posts.append(
            Station(
                StationKind.POST,
                place,
                compound_number,
                near,
                access,
                hours,
                area,
                float(round(area * share)),
                services,
            )
        )
    return posts


_INSIDE = ("物业用房", "闲置门卫室", "架空层活动角", "原售楼处", "小区会所", "自行车棚改造")
_OUTSIDE = (
    "沿街商铺",
    "底商空置铺面",
    "原社区警务室",
    "闲置报刊亭",
    "银行旧网点",
    "菜市场二层",
    "便民市场摊位区",
    "职工活动室",
)
_VETOES = ("无产权", "消防不达标", "二层以上无电梯", "面积不足", "无独立出入口", "产权纠纷", "租期不足三年")


def place_sites(community: Community, count: int, rng: np.random.Generator) -> list[Site]:
    """Name candidate sites: rooms at gates and empty shops on streets; about a third cannot be used."""
    places = _frontages(community)
    order = [int(k) for k in rng.permutation(len(places))]
    sites: list[Site] = []
    for k in range(count):
        inside = bool(community.compounds) and (k % 2 == 0 or not order)
        if inside:
            number = int(rng.integers(len(community.compounds)))
            compound = community.compounds[number]
            rank = int(rng.integers(len(compound.gates)))
            if rng.uniform() < 0.4:
                place, name = _inner_place(community, compound, rank), _INSIDE[int(rng.integers(len(_INSIDE)))]
            else:
                place, name, number = _gate_place(community, compound, rank, rng), "门前商铺", -1
        else:
            spot = places[order.pop()] if order else _places(community, rng)[0]
            place, name, number = spot, _OUTSIDE[int(rng.integers(len(_OUTSIDE)))], -1
        sites.append(_site(name, place, number, rng))
    return sites


def _site(name: str, place: Point, compound: int, rng: np.random.Generator) -> Site:
    area = float(rng.integers(8, 61) * 5)
    storey = 1 if rng.uniform() < 0.8 else 2
    veto = ""
    if area < 50.0:
        veto = "面积不足"
    elif storey > 1 and rng.uniform() < 0.6:
        veto = "二层以上无电梯"
    elif rng.uniform() < 0.24:
        veto = _VETOES[(0, 1, 4, 5, 6)[int(rng.integers(5))]]
    rent = 0.045 if "商铺" in name or "铺面" in name or "网点" in name else 0.02  # 万元 a year and m²
    capex = round(area * float(rng.uniform(0.12, 0.26)) + 3.0, 1)
    opex = round(area * rent + float(rng.uniform(6.0, 11.0)), 1)
    return Site(name, place, compound, area, capex, opex, storey, veto)
