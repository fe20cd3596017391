"""Indicators that a scenario may aim at or weigh, known before anything is measured."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from workbench.errors import Problem
from workbench.scenario.keys import named_standards
from workbench.scenario.schema import Scenario

_NO_STANDARD = (
    "coverage.residents", "coverage.residents_full", "coverage.households", "coverage.compounds",
    "coverage.land", "access.residents", "access.stations", "groups.least", "groups.gap",
    "posts.share", "posts.full_share", "posts.households",
    "gates.night", "gates.closed", "gates.helped",
    "capacity.area_any", "capacity.centres", "capacity.overloaded", "capacity.none",
    "fairness.gini", "fairness.worst", "fairness.own_community",
    "hours.worst", "hours.accessible", "hours.onsite", "hours.evening", "hours.weekend",
    "scenes.offered", "scenes.share", "scenes.timely",
    "robustness.backup", "robustness.worst_closure", "robustness.band_low",
)  # fmt: skip

INDICATORS: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(_NO_STANDARD, ""),
        "walk.distance.p50": "coverage.distance",
        "walk.distance.p90": "coverage.distance",
        "walk.time.p90": "coverage.time",
        "capacity.area_full": "capacity.area",
        "capacity.area_full_target": "capacity.area_target",
        "capacity.resident_share": "capacity.resident_share",
    }
)
"""Every indicator of a run, and the key of the scenario that names its standard; empty where no standard sets it."""


def aim_problems(scenario: Scenario) -> list[Problem]:
    """List the targets and weights of a scenario that go nowhere in a run.

    Parameters
    ----------
    scenario
        The intent.

    Returns
    -------
    list of Problem
        See :func:`misplaced_aims`.
    """
    named = {item.key: item.standard for item in named_standards(scenario)}
    return misplaced_aims(scenario, {key: named.get(place, "") for key, place in INDICATORS.items()})


def misplaced_aims(scenario: Scenario, known: Mapping[str, str]) -> list[Problem]:
    """List targets and weights that go nowhere: a typing error would else change nothing, and nobody would know.

    Parameters
    ----------
    scenario
        The intent.
    known
        Indicators that are measured, each with the standard that sets it; empty where none does.

    Returns
    -------
    list of Problem
        One for each target or weight of an indicator that is not measured, with near matches, and for each target
        where a standard stands.
    """
    problems = []
    for section, keys in (("targets", scenario.targets), ("axes.indicators", scenario.axes.indicators)):
        for key in keys:
            name = f"{section}.{key}"
            where = next((f for k, f in scenario.origins.items() if k == name or k.startswith(f"{name}.")), "")
            where = where or scenario.name
            if key not in known:
                near = difflib.get_close_matches(key, known, n=2)
                mend = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(sorted(known))}."
                problems.append(Problem(where, "no study measures such an indicator", key=name, mend=mend))
            elif section == "targets" and known[key]:
                mend = f"Set a local value with its origin: 'standards: {{{known[key]}: …}}'."
                problems.append(Problem(where, "a standard sets this indicator", key=name, found="a target", mend=mend))
    return problems
