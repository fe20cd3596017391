"""16 个场景 × 社区: which is there, which is shared, which is missing, and the cheapest way to have all.

A community has a scene if a station in it offers it; it shares it if enough of its residents walk to one elsewhere
within the limit. To complete a community, services begin at its stations until one of them offers each scene that is
missing. A post (驿家) is open only to scenes that are held at posts or in the open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.catalogue.scenes import Scene, services_of
from workbench.catalogue.terms import StationKind
from workbench.coverage.scenes import REACHED, WHOLE, SceneMatrix, Verdict
from workbench.solving import LinearProgram, Rows, Status, solve_integers

_AT_POSTS: Final = {"L", "O"}
"""Kinds of space that a post has."""
_YUAN: Final = 10_000


class Presence(IntEnum):
    """How a community has a scene."""

    MISSING = 0
    UNKNOWN = 1
    SHARED = 2
    PRESENT = 3


_BY_OFFER: Final = (Presence.UNKNOWN, Presence.MISSING, Presence.PRESENT)
"""How a community has a scene by what a station in it offers: not known, no, yes."""


@dataclass(frozen=True)
class Opening:
    """Services that begin at the stations of a community so that no scene is missing.

    Attributes
    ----------
    services
        Pairs of station and service, in order.
    cost
        What that costs, 万元.
    left
        Scenes that no station of the community can hold.
    proven
        Whether nothing cheaper is proven to do.
    """

    services: tuple[tuple[str, str], ...]
    cost: float
    left: tuple[str, ...] = ()
    proven: bool = True


def presence(matrix: SceneMatrix, least: float) -> npt.NDArray[np.int8]:
    """Say how each community has each scene.

    Parameters
    ----------
    matrix
        The scenes as measured.
    least
        Share of the residents that must reach a scene elsewhere for it to count as shared.

    Returns
    -------
    numpy.ndarray of int8
        :class:`Presence`, shape (communities, scenes), in the order of ``matrix.areas`` and of the catalogue.
    """
    rows = {name: row for row, name in enumerate(matrix.areas)}
    found = np.full((len(matrix.areas), len(matrix.catalogue)), Presence.MISSING, np.int8)
    tally = matrix.people[WHOLE][:-1]
    residents = tally.sum(axis=2)
    for verdicts, kind in ((slice(Verdict.UNSURE + 1), Presence.UNKNOWN), (REACHED, Presence.SHARED)):
        share = tally[:, :, verdicts].sum(axis=2)
        found[(residents > 0) & (share >= least * residents)] = kind
    communities = matrix.district.stations["community"]
    for offers, community, open_ in zip(matrix.offers, communities, matrix.serving, strict=True):
        if open_ and community in rows:
            own = found[rows[community]]
            own[:] = np.maximum(own, np.choose(offers + 1, _BY_OFFER))
    return found


def openings(
    stations: Mapping[str, tuple[bool, frozenset[str]]],
    missing: Sequence[Scene],
    cost: Callable[[str], float],
) -> Opening:
    """Return the cheapest services to begin at the stations of a community so that one of them offers each scene.

    Parameters
    ----------
    stations
        By identifier: whether it is a post, and the services that it has.
    missing
        Scenes that no station offers.
    cost
        What it costs to begin a service, 万元.

    Returns
    -------
    Opening
        Of several that cost the same the one with the fewest services, then the first in order.
    """
    held = [(name, scene) for scene in missing for name in sorted(stations) if _can_hold(stations[name][0], scene)]
    able = {scene.key for _, scene in held}
    begun = sorted({(name, service) for name, scene in held for service in _lacking(stations[name][1], scene)})
    if not held:
        return Opening((), 0.0, tuple(scene.key for scene in missing))
    at, first = {pair: place for place, pair in enumerate(begun)}, len(begun)
    rows = Rows(first + len(held))
    for key in sorted(able):
        own = np.array([first + place for place, (_, scene) in enumerate(held) if scene.key == key], np.int64)
        rows.line(own, np.ones(len(own)), lower=1.0)
    for place, (name, scene) in enumerate(held):
        has = stations[name][1]
        for service in scene.services.all_of:
            if service not in has:
                rows.line(np.array([at[name, service], first + place]), np.array([1.0, -1.0]), lower=0.0)
        if scene.services.any_of and not has.intersection(scene.services.any_of):
            some = np.array([at[name, service] for service in scene.services.any_of] + [first + place], np.int64)
            rows.line(some, np.append(np.ones(len(some) - 1), -1.0), lower=0.0)
    price = np.rint([_YUAN * cost(service) for _, service in begun])
    # dear before cheap, then few before many, then the first in order
    order = np.arange(first, dtype=np.float64)
    weight = (price * (first + 1) + 1.0) * (order.sum() + 1.0) + order
    program = LinearProgram(
        cost=np.append(weight, np.zeros(len(held))),
        rows=rows.matrix,
        row_lower=rows.lower,
        row_upper=rows.upper,
        lower=np.zeros(rows.columns),
        upper=np.ones(rows.columns),
    )
    answer = solve_integers(program)
    if answer.values is None:  # stopped before anything was found
        return Opening((), math.nan, tuple(scene.key for scene in missing), proven=False)
    chosen = np.flatnonzero(answer.values[:first] > 0.5)
    return Opening(
        tuple(begun[place] for place in chosen.tolist()),
        float(price[chosen].sum()) / _YUAN,
        tuple(scene.key for scene in missing if scene.key not in able),
        answer.status is Status.OPTIMAL,
    )


def _can_hold(post: bool, scene: Scene) -> bool:
    return not post or not _AT_POSTS.isdisjoint(scene.spaces)


def _lacking(has: Collection[str], scene: Scene) -> list[str]:
    """Return the services of which a station would have to begin some for a scene."""
    lack = [service for service in scene.services.all_of if service not in has]
    return lack if set(has) & set(scene.services.any_of) else [*lack, *scene.services.any_of]


def completions(matrix: SceneMatrix, how: npt.NDArray[np.int8], cost: Callable[[str], float]) -> dict[str, Opening]:
    """Return by community the cheapest services that complete it; communities that lack nothing are left out."""
    table, scenes = matrix.district.stations[matrix.serving], list(matrix.catalogue.values())
    own: dict[str, dict[str, tuple[bool, frozenset[str]]]] = {}
    for row in table[["id", "community", "kind", "services"]].to_dict("records"):
        has = services_of(row["services"]) or frozenset()
        own.setdefault(row["community"], {})[row["id"]] = (row["kind"] == StationKind.POST, has)
    found = {}
    for place, area in enumerate(matrix.areas):
        missing = [scenes[n] for n in np.flatnonzero(how[place] == Presence.MISSING)]
        if missing:
            found[area] = openings(own.get(area, {}), missing, cost)
    return found


def by_community(matrix: SceneMatrix, how: npt.NDArray[np.int8], plans: Mapping[str, Opening]) -> pd.DataFrame:
    """Return one row a community: scenes present, shared, missing, not known; what completing it takes and costs."""
    words = dict(zip(*(matrix.district.stations[name] for name in ("id", "name")), strict=True))
    rows = []
    for place, area in enumerate(matrix.areas):
        counts = {kind.name.lower(): int((how[place] == kind).sum()) for kind in Presence}
        plan = plans.get(area, Opening((), 0.0))
        begun: dict[str, list[str]] = {}
        for station, service in plan.services:
            begun.setdefault(words[station], []).append(matrix.catalogue.services[service].label)
        told = "；".join(f"{station}：{'、'.join(services)}" for station, services in begun.items())
        left = "、".join(matrix.catalogue[key].short for key in plan.left)
        rows.append(
            {"community": area, **counts, "begun": len(plan.services), "cost": plan.cost, "plan": told, "left": left}
        )
    return pd.DataFrame(rows)
