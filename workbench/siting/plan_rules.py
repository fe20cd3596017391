"""Which sets of sites may be a plan, whoever they serve: the rules on sites, as rows of one matrix."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from workbench.siting.rules import NO_SITES, ROUNDING, Floats, Gate, Ints, Rules, as_array

NAMES = ("p", "required", "forbidden", "budget", "at_most", "spacing", "capacity")
"""Rules that a conflict can name."""

ELSEWHERE = {
    "floors": "Everybody is served here; max_cover holds the share of a group within a walk.",
    "at_least": "Require the sites themselves; max_cover and set_cover know it.",
    "cover_at_least": "The nearest site counts here; max_cover and set_cover know backup cover within a walk.",
}
"""Rules of covering problems that mean nothing where everybody goes to the nearest site, and what to do instead."""


@dataclass(frozen=True, eq=False)
class PlanRules:
    """Which sets of sites may be a plan.

    Parameters
    ----------
    sites
        How many sites there are.
    p
        How many open; None if any number may.
    up_to
        Whether fewer than ``p`` may open: where opening costs, or a rule may leave no room for more.
    spending
        What each site takes of the budget, (sites,); None without a budget.
    budget
        Largest sum of ``spending``.
    rules
        The side rules.
    """

    sites: int
    p: int | None
    up_to: bool
    spending: Floats | None
    budget: float
    rules: Rules

    @property
    def size(self) -> tuple[int, int]:
        """Fewest and most sites of a plan."""
        if self.p is None:
            return 0, self.sites
        return (0 if self.up_to else self.p), self.p

    @property
    def allowed(self) -> Ints:
        """Positions of the sites that are not forbidden, ascending."""
        return np.setdiff1d(np.arange(self.sites), self.rules.forbidden)

    @property
    def pairs(self) -> Ints:
        """Pairs of sites that may not both open, (pairs, 2)."""
        return np.empty((0, 2), np.int64) if self.rules.spacing is None else self.rules.spacing

    @property
    def on(self) -> tuple[str, ...]:
        """Names of the rules in force."""
        given = (
            self.p is not None, len(self.rules.required), len(self.rules.forbidden), self.spending is not None,
            len(self.rules.at_most), len(self.pairs), self.rules.capacity is not None,
        )  # fmt: skip
        return tuple(name for name, force in zip(NAMES, given, strict=True) if force)

    def without(self, name: str) -> PlanRules:
        """Return the rules without one of them."""
        if name == "p":
            return replace(self, p=None)
        if name == "budget":
            return replace(self, spending=None, budget=np.inf)
        gone: dict[str, Any] = {
            "required": NO_SITES, "forbidden": NO_SITES, "at_most": (), "spacing": None, "capacity": None,
        }  # fmt: skip
        return replace(self, rules=replace(self.rules, **{name: gone[name]}))

    def rows(self) -> tuple[sp.csc_array, Floats]:
        """Return matrix and limits of budget, groups and spacing: ``matrix @ plan <= limits``."""
        parts: list[tuple[Ints, Floats, float]] = []
        if self.spending is not None:
            most = self.budget * (1 + ROUNDING)  # twice the budget is as much too dear as any cost above it
            amounts = np.where(self.spending > most, 2.0 * most or 1.0, self.spending)
            parts.append((np.arange(self.sites), amounts, most))
        for cap in self.rules.at_most:
            members = np.asarray(cap.sites, np.int64)
            parts.append((members, np.ones(len(members)), float(cap.most)))
        parts += [(pair, np.ones(2), 1.0) for pair in self.pairs]
        if not parts:
            return sp.csc_array((0, self.sites), dtype=np.float64), np.empty(0)
        row = np.repeat(np.arange(len(parts)), [len(members) for members, _, _ in parts])
        column, amount = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
        matrix = sp.csc_array((amount, (row, column)), shape=(len(parts), self.sites))
        matrix.eliminate_zeros()
        return matrix, np.array([limit for _, _, limit in parts])

    def broken(self, plan: Ints) -> tuple[str, ...]:
        """Return the names of the rules on sites that a plan breaks, from the rules as they were given."""
        chosen = {int(i) for i in plan}
        fewest, most = self.size
        spent = 0.0 if self.spending is None else float(self.spending[sorted(chosen)].sum())
        wrong = {
            "p": not fewest <= len(chosen) <= most,
            "required": not chosen.issuperset(self.rules.required.tolist()),
            "forbidden": not chosen.isdisjoint(self.rules.forbidden.tolist()),
            "budget": spent > self.budget * (1 + 2 * ROUNDING),
            "at_most": any(len(chosen.intersection(np.asarray(c.sites).tolist())) > c.most for c in self.rules.at_most),
            "spacing": any(chosen.issuperset(pair) for pair in self.pairs.tolist()),
        }
        return tuple(name for name in NAMES if wrong.get(name))


def plan_rules(
    gate: Gate, p: int | None, rules: Rules, given: dict[str, Any], site_cost: Floats | None, budget: float | None
) -> PlanRules:
    """Put the rules on sites together; what is wrong with them goes to the gate.

    Parameters
    ----------
    gate
        Gathers the problems.
    p
        How many sites open, or None.
    rules
        The side rules, read.
    given
        The side rules as they were given.
    site_cost
        What opening costs, (sites,), read; None if nothing.
    budget
        Most that the sites may cost, or None.

    Returns
    -------
    PlanRules
        Means nothing if anything is wrong.
    """
    for name, mend in ELSEWHERE.items():
        value = given.get(name)
        if not (value is None or as_array(value).size == 0 or (name == "cover_at_least" and value == 1)):
            gate.wrong(name, f"this rule is not for {gate.where}", mend=mend)
    p = None if p is None else gate.count("p", p, 1)
    budget = None if budget is None else gate.budget(budget)
    up_to = site_cost is not None or bool(rules.at_most) or rules.spacing is not None
    made = PlanRules(
        sites=gate.sites, p=min(p, gate.sites) if p is not None and up_to else p, up_to=up_to,
        spending=None if budget is None else site_cost, budget=np.inf if budget is None else budget, rules=rules,
    )  # fmt: skip
    if p is not None:
        _check_number(gate, made, p)
    if budget is not None:
        _check_budget(gate, made, budget, site_cost)
    return made


def _check_number(gate: Gate, rules: PlanRules, p: int) -> None:
    required, allowed = len(rules.rules.required), len(rules.allowed)
    if p > gate.sites and not rules.up_to:
        gate.wrong("p", "there are not so many sites", f"at most {gate.sites}", p)
    elif p > allowed and not rules.up_to:
        gate.wrong("p", "not so many sites are allowed", f"at most {allowed}", p, "Lower p, or forbid fewer sites.")
    if required > p:
        gate.wrong("p", "more sites are required than may open", f"at least {required}", p)


def _check_budget(gate: Gate, rules: PlanRules, budget: float, cost: Floats | None) -> None:
    if cost is None:
        gate.wrong("budget", "a budget without costs", mend="Give site_cost too.")
        return
    cheapest = cost[rules.allowed].min() if len(rules.allowed) else 0.0
    bound = cost[rules.rules.required].sum()
    if budget < cheapest * (1 - ROUNDING):
        gate.wrong("budget", "the budget does not pay for the cheapest site", f"at least {cheapest:g}", budget)
    elif bound > budget * (1 + ROUNDING):
        gate.wrong("budget", "the budget does not pay for the required sites", f"at least {bound:g}", budget)
