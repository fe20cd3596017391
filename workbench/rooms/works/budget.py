"""How money is shared out among centres: one step of each, the best need in all, by priority, for every amount.

A multiple-choice knapsack, solved exactly by the merging of chains. Worth is added up and compared by priority, and
that order survives adding; so a sum that costs as much as another, and is worth less, stays so whatever is added.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.rooms.works.problem import Worth


@dataclass(frozen=True)
class Step:
    """An amount of money, and the best that it can do.

    Parameters
    ----------
    cost
        Yuan.
    worth
        What is not served then, all centres together.
    chosen
        The option of each centre, by position.
    """

    cost: int
    worth: Worth
    chosen: tuple[int, ...]


_Trail = tuple["_Trail", int] | None


def steps(options: Sequence[Sequence[tuple[int, Worth]]], most: int) -> tuple[Step, ...]:
    """Return every amount of money that does more than any smaller one.

    Parameters
    ----------
    options
        Cost and worth of the options of each centre, one of which is taken.
    most
        Most money, yuan.

    Returns
    -------
    tuple of Step
        By cost, ascending, each worth more than the one before. Among equals, the money is spent in the later centres,
        so that the choice is always the same one.
    """
    chain: list[tuple[int, Worth, _Trail]] = [(0, (0, 0, 0, 0), None)]
    for own in options:
        sums = [
            (cost + more, _plus(worth, then), (trail, number))
            for cost, worth, trail in chain
            for number, (more, then) in enumerate(own)
            if cost + more <= most
        ]
        sums.sort(key=lambda item: item[:2])
        chain = []
        for cost, worth, trail in sums:
            if not chain or worth < chain[-1][1]:
                chain.append((cost, worth, trail))
    return tuple(Step(cost, worth, _walked(trail)) for cost, worth, trail in chain)


def added(worths: Iterable[Worth]) -> Worth:
    """Add worths up."""
    total: Worth = (0, 0, 0, 0)
    for worth in worths:
        total = _plus(total, worth)
    return total


def _plus(one: Worth, other: Worth) -> Worth:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2], one[3] + other[3]


def _walked(trail: _Trail) -> tuple[int, ...]:
    """Return the options along a trail, the first centre first."""
    found = []
    while trail is not None:
        trail, number = trail
        found.append(number)
    return tuple(reversed(found))


def best_within(chain: Sequence[Step], money: int) -> Step:
    """Return the best step of a chain that some money pays for."""
    return [step for step in chain if step.cost <= money][-1]
