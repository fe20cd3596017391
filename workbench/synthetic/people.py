"""Who lives in the buildings: households, residents and their ages. Counts only, never persons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workbench.synthetic.character import Zone

Integers = npt.NDArray[np.int64]


def apportioned(total: int, weights: npt.NDArray[np.float64], least: int = 0) -> Integers:
    """Share a whole number out by weight, so that the shares add up to it exactly (largest remainder).

    Parameters
    ----------
    total
        What is shared out.
    weights
        Non-negative weights, at least one of them positive.
    least
        What everyone gets in any case; ``total`` must be enough for that.

    Returns
    -------
    ndarray of int64
        One share for each weight; of equal remainders the first goes before.
    """
    exact = (total - least * len(weights)) * weights / weights.sum()
    shares = np.floor(exact).astype(np.int64)
    missing = total - least * len(weights) - int(shares.sum())
    order = np.argsort(-(exact - shares), kind="stable")
    shares[order[:missing]] += 1
    return np.asarray(shares + least, np.int64)


@dataclass(frozen=True)
class People:
    """Counts for each residential building."""

    households: Integers
    residents: Integers
    bands: Integers
    """Shape (buildings, 5), in the order of ``terms.AGE_BANDS``; rows add up to the residents."""


def settle(flats: Integers, zones: list[Zone], households: int, residents: int, rng: np.random.Generator) -> People:
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


def _bands(people: Integers, shares: npt.NDArray[np.float64]) -> Integers:
    """Largest remainder, row by row; the rows already carry their chance."""
    exact = people[:, None] * shares
    bands = np.floor(exact).astype(np.int64)
    missing = people - bands.sum(axis=1)
    rank = np.argsort(np.argsort(-(exact - bands), axis=1, kind="stable"), axis=1, kind="stable")
    bands += rank < missing[:, None]
    return np.asarray(bands, np.int64)
