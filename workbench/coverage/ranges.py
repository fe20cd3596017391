"""How far the assumptions under coverage may be off, and values drawn from between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from workbench.coverage.result import CoverageResult
from workbench.errors import Problem, ScenarioError
from workbench.scenario import Scenario

Floats = npt.NDArray[np.float64]

Shape = Literal["triangular", "uniform", "normal"]

_SIGMAS = 2.0  # standard deviations from the scenario's own value to the farther end


@dataclass(frozen=True)
class Range:
    """Where a value may lie.

    Parameters
    ----------
    low, high
        Its ends.
    base
        What the scenario says; not necessarily between them.
    """

    low: float
    base: float
    high: float

    def drawn(self, chance: Floats, shape: Shape) -> Floats:
        """Turn even draws between 0 and 1 into values of the range, by the inverse of its distribution.

        Parameters
        ----------
        chance
            Any shape, from 0 to 1.
        shape
            ``triangular`` with its peak at the scenario's own value, ``uniform``, or ``normal`` about that
            value, cut off at both ends.
        """
        low, base, high = self.low, self.base, self.high
        if high == low:
            return np.full(chance.shape, low)
        if shape == "uniform":
            value = low + chance * (high - low)
        elif shape == "triangular":
            rising = low + np.sqrt(chance * (high - low) * (base - low))
            falling = high - np.sqrt((1 - chance) * (high - low) * (high - base))
            value = np.where(chance * (high - low) < base - low, rising, falling)
        else:
            sigma = max(high - base, base - low) / _SIGMAS
            first, last = ndtr((low - base) / sigma), ndtr((high - base) / sigma)
            value = base + sigma * ndtri(first + chance * (last - first))
        return np.clip(np.asarray(value, np.float64), low, high)


@dataclass(frozen=True)
class Ranges:
    """The ranges that a scenario declares.

    Attributes
    ----------
    pace
        Walking paces in m/s by standard, those of the groups that make up the population.
    limit, population
        Factors on the longest walk and on counts of residents.
    crossing_delay
        Seconds at each crossing.
    steps_factor
        Factor on the time a flight of steps takes.
    winter
        Factor on every pace; its base is 1 where the scenario has no winter.
    snap_limit
        Metres from a door to its way.
    """

    pace: Mapping[str, Range]
    limit: Range
    population: Range
    crossing_delay: Range
    steps_factor: Range
    winter: Range
    snap_limit: Range


def ranges_of(coverage: CoverageResult) -> Ranges:
    """Read the ranges of a scenario.

    Raises
    ------
    ScenarioError
        If a spread would let a value vanish, a range is upside down, or the scenario's own value lies outside a
        range that it declares; all problems at once. A range that is not declared stretches to the value.
    """
    scenario = coverage.scenario
    problems: list[Problem] = []
    paces = sorted({coverage.populace.groups[name].pace for name in coverage.populace.whole})
    pace, limit, population = (_spread(scenario, key, problems) for key in ("pace", "limit", "population"))
    walking = scenario.walking
    found = Ranges(
        pace={key: _about(scenario.standard(key), pace) for key in paces},
        limit=_about(1.0, limit),
        population=_about(1.0, population),
        crossing_delay=_between(scenario, "crossing_delay", walking.crossing_delay, problems),
        steps_factor=_between(scenario, "steps_factor", walking.steps_factor, problems),
        winter=_between(scenario, "winter", None, problems),
        snap_limit=_between(scenario, "snap_limit", walking.snap_limit, problems),
    )
    if problems:
        raise ScenarioError(problems)
    return found


def _about(base: float, spread: float) -> Range:
    return Range(base * (1 - spread), base, base * (1 + spread))


def _spread(scenario: Scenario, name: str, problems: list[Problem]) -> float:
    standard = getattr(scenario.robustness, name)
    spread = scenario.standard(standard)
    if not 0 <= spread < 1:
        problems.append(
            Problem(
                _where(scenario, f"robustness.{name}", standard),
                "the spread would let the value vanish",
                key=f"robustness.{name}",
                expected="a share from 0 to less than 1, such as 0.1",
                found=f"{standard} = {spread:g}",
            )
        )
    return spread


def _between(scenario: Scenario, name: str, own: str | None, problems: list[Problem]) -> Range:
    rules = scenario.robustness
    keys = [getattr(rules, f"{name}_{end}") for end in ("low", "high")]
    low, high = (scenario.standard(key) for key in keys)
    base = scenario.standard(own) if own else 1.0
    if name == "winter":
        factor = scenario.walking.pace_factor
        base = scenario.standard(factor) if factor else 1.0
    said = f"{keys[0]} = {low:g} and {keys[1]} = {high:g}"
    place = _where(scenario, f"robustness.{name}_low", keys[0])
    if low > high:
        problems.append(Problem(place, "the range is upside down", key=f"robustness.{name}_low", found=said))
    elif own and not {f"{name}_low", f"{name}_high"} & rules.model_fields_set:
        low, high = min(low, base), max(high, base)  # nobody chose the range for this value
    elif own and not low <= base <= high:
        problems.append(
            Problem(
                place,
                "the scenario's own value lies outside its range",
                key=f"robustness.{name}_low",
                expected=f"{own} = {base:g} in between",
                found=said,
                mend=f"Widen the range with robustness.{name}_low and robustness.{name}_high.",
            )
        )
    return Range(low, base, high)


def _where(scenario: Scenario, key: str, standard: str) -> str:
    origins = scenario.origins
    return origins.get(key) or origins.get(f"standards.{standard}") or scenario.name
