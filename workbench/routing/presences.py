"""Presences: on which half days somebody sits at each of her or his places, for each place always in the same half.

A presence is a visit that takes the half day, the way there included; nobody is at two places in one half day. Knows no
district. Plans are small programs of whole numbers, stage by stage: none is left out, gaps are even, then no day and no
half day has more presences than it must.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from workbench.arrays import Flags, Ints
from workbench.errors import CheckError, Problem
from workbench.progress import SILENT, Progress
from workbench.routing.rounds import gaps, regular_days
from workbench.solving import LinearProgram, Stage, StagedSearch, isolating_weights


class PresenceRule(StrEnum):
    """The rules that no plan breaks; each is named in faults by this word."""

    DUE = "due"
    MAY = "may"
    REGULAR = "regular"
    AT_ONCE = "at_once"


class HalfDays(NamedTuple):
    """The half in which somebody is at a place, and on which days of the horizon, ascending."""

    half: int
    days: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class PresenceProblem:
    """Places that somebody sits at.

    Parameters
    ----------
    who
        Who sits at each place, shape (n,).
    may
        Whether that may be, by place, half, and day of the horizon, after which the plan begins again; shape (n, h, d).
    wanted
        Half days of each place in the horizon.
    slack
        By how many days more than needed gaps may differ from even ones.
    """

    who: Ints
    may: Flags
    wanted: int
    slack: float = 0.0

    @cached_property
    def due(self) -> Ints:
        """Half days of each place, shape (n,): those wanted, or as many as there are for all places of one person."""
        most = self.may.sum(axis=2).max(axis=1, initial=0)
        for person in np.unique(self.who):
            own = self.who == person
            most[own] = np.minimum(most[own], max(1, int(self.may[own].any(axis=0).sum()) // int(own.sum())))
        return np.asarray(np.minimum(most, self.wanted), np.int64)

    @cached_property
    def options(self) -> tuple[tuple[HalfDays, ...], ...]:
        """Ways to sit at each place, as regular as each half lets them be."""
        horizon = self.may.shape[2]
        return tuple(
            tuple(
                HalfDays(half, days)
                for half, row in enumerate(may)
                for days in regular_days(horizon, np.flatnonzero(row).tolist(), int(due), self.slack)
            )
            for may, due in zip(self.may, self.due, strict=True)
        )


@dataclass(frozen=True)
class PresencePlan:
    """When somebody sits at each place (None = never), and what each stage is worth."""

    choice: tuple[HalfDays | None, ...]
    stages: tuple[Stage, ...] = ()


def plan_presences(of: PresenceProblem, *, seed: int = 0, progress: Progress = SILENT) -> PresencePlan:
    """Say when somebody sits at each place.

    Parameters
    ----------
    of
        The places.
    seed
        Seed of the weights that choose among plans that are alike.
    progress
        Told of each stage.

    Returns
    -------
    PresencePlan
        Its stages: ``missed`` half days, longest ``gaps`` of all places in days, and the most presences of a ``day``
        and of a ``half`` day.

    Raises
    ------
    CheckError
        If the plan breaks a rule after all, which would be a fault of this package.
    """
    n, (halves, horizon) = len(of.who), of.may.shape[1:]
    options = [(i, one) for i, own in enumerate(of.options) for one in own]
    m, people = len(options), np.unique(of.who, return_inverse=True)[1]
    first = [(people[i] * halves + one.half) * horizon for i, one in options]
    at = [(first[j] + day, j) for j, (_, one) in enumerate(options) for day in one.days]
    slots = (int(people.max(initial=0)) + 1, halves * horizon)
    taken = _flags(at, slots[0] * slots[1], m)
    by_half = sp.kron(np.ones((1, slots[0])), sp.eye(slots[1])) @ taken
    by_day = sp.kron(np.ones((1, halves)), sp.eye(horizon)) @ by_half
    each = _flags([(i, j) for j, (i, _) in enumerate(options)], n, m)
    blocks: list[list[Any]] = [
        [each, sp.eye(n), None, None],
        [taken, None, None, None],
        [by_day, None, -np.ones((horizon, 1)), None],
        [by_half, None, None, -np.ones((slots[1], 1))],
    ]
    high = np.concatenate([np.ones(n + slots[0] * slots[1]), np.zeros(horizon + slots[1])])
    low = np.concatenate([np.ones(n), np.full(len(high) - n, -np.inf)])
    width = m + n + 2
    upper = np.concatenate([np.ones(m + n), np.full(2, float(n))])
    program = LinearProgram(
        np.zeros(width), sp.csr_array(sp.block_array(blocks)), low, high, np.zeros(width), upper, np.ones(width, bool)
    )
    costs = {name: np.zeros(width) for name in ("missed", "gaps", "day", "half")}
    costs["missed"][m : m + n] = of.due
    costs["gaps"][:m] = [max(gaps(horizon, one.days)) for _, one in options]
    costs["gaps"][m : m + n] = horizon
    costs["day"][m + n] = costs["half"][m + n + 1] = 1
    search = StagedSearch(program, progress=progress)
    search.begin()
    for name, cost in costs.items():
        search.minimise(name, cost)
    search.choose(isolating_weights(seed, width))
    choice: list[HalfDays | None] = [None] * n
    for j in np.flatnonzero(np.rint(search.found[:m])).tolist():
        choice[options[j][0]] = options[j][1]
    plan = PresencePlan(tuple(choice), tuple(search.stages))
    found = presence_faults(of, plan.choice)
    if found:
        raise CheckError(found)
    return plan


def _flags(at: list[tuple[int, int]], rows: int, columns: int) -> sp.csr_array:
    """Return ones at these places."""
    row, column = np.array(at, np.int64).reshape(-1, 2).T
    return sp.csr_array((np.ones(len(at)), (row, column)), shape=(rows, columns))


def presence_faults(of: PresenceProblem, choice: tuple[HalfDays | None, ...]) -> list[Problem]:
    """Return every rule that presences break, without a solver; ``key`` is the rule."""
    found = []

    def broken(rule: PresenceRule, what: str) -> None:
        found.append(Problem("presences", "a plan breaks a rule", what, key=str(rule)))

    held = [(i, one) for i, one in enumerate(choice) if one is not None]
    for i, one in held:
        if len(set(one.days)) != of.due[i]:
            broken(PresenceRule.DUE, f"place {i}: {len(one.days)} half days, not {of.due[i]}")
        elif not of.may[i, one.half, list(one.days)].all():
            broken(PresenceRule.MAY, f"place {i}: half {one.half}, days {one.days}")
        elif one not in of.options[i]:
            broken(PresenceRule.REGULAR, f"place {i}: days {one.days}")
    at = Counter((int(of.who[i]), one.half, day) for i, one in held for day in one.days)
    for (person, half, day), count in sorted(at.items()):
        if count > 1:
            broken(PresenceRule.AT_ONCE, f"person {person}: {count} places in half {half} of day {day}")
    return found
