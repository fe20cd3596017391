"""All assumptions at once: the headline number, drawn many times, each time measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import area_of_points
from workbench.coverage.choice import Choice, residents_lost, residents_with
from workbench.coverage.costs import SECONDS_A_MINUTE
from workbench.coverage.crossings import CrossingWalks
from workbench.coverage.quantities import LIMIT_TOLERANCE, share
from workbench.coverage.ranges import Ranges
from workbench.coverage.result import CoverageResult
from workbench.coverage.tornado import with_standards
from workbench.coverage.walkers import MODES
from workbench.progress import Tell, silent
from workbench.scenario import Scenario
from workbench.terms import Mode

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles that the band is told by."""

_LIMIT, _DELAY = "limit", "crossing_delay"


@dataclass(frozen=True, eq=False)
class Drawn:
    """Assumptions drawn at random.

    Attributes
    ----------
    coverage
        The measurement about which they are drawn.
    pace
        Metres a second before the winter factor, by standard; shape (n,) each.
    limit
        Factor on the longest walk, metres and minutes alike, shape (n,).
    crossing_delay
        Seconds, shape (n,).
    communities
        Communities in the order of their identifiers.
    population
        Factor on the residents of each community, shape (n, communities).
    """

    coverage: CoverageResult
    pace: Mapping[str, Floats]
    limit: Floats
    crossing_delay: Floats
    communities: tuple[str, ...]
    population: Floats

    def __len__(self) -> int:
        return len(self.limit)

    @cached_property
    def _home(self) -> Ints:
        """Community of each demand point by number, shape (k,); the last number stands for none."""
        number = {name: place for place, name in enumerate(self.communities)}
        home = area_of_points(self.coverage, "community").map(number)
        return np.asarray(home.fillna(len(number)), np.int64)

    def factor(self, draw: int) -> Floats:
        """Return the factor on the residents of each demand point, shape (k,); 1 where no community is known."""
        return np.append(self.population[draw], 1.0)[self._home]

    def scenario(self, draw: int) -> Scenario:
        """Return the scenario with the values of one draw; residents are those of :meth:`factor`."""
        coverage, scenario = self.coverage, self.coverage.scenario
        rules, factor = scenario.coverage, self.limit[draw]
        values = {key: float(pace[draw]) for key, pace in self.pace.items()}
        values[scenario.walking.crossing_delay] = float(self.crossing_delay[draw])
        values[rules.distance] = float(factor * coverage.distance_limit_m)
        values[rules.time] = float(factor * coverage.time_limit_min)
        return with_standards(scenario, values)


def drawn(coverage: CoverageResult, ranges: Ranges) -> Drawn:
    """Draw assumptions: paces, limit and crossing delay each by itself, residents of each community by themselves.

    Every draw takes its even numbers in one order: paces by the key of their standard, limit, delay,
    communities by identifier. So the first draws stay what they are when more are asked for.
    """
    rules = coverage.scenario.robustness
    communities = tuple(sorted(set(area_of_points(coverage, "community").dropna())))
    own = len(ranges.pace)
    chance = np.random.default_rng(rules.seed).random((rules.draws, own + 2 + len(communities)))
    pace = {key: ranges.pace[key].drawn(chance[:, n], rules.shape) for n, key in enumerate(sorted(ranges.pace))}
    return Drawn(
        coverage,
        pace,
        ranges.limit.drawn(chance[:, own], rules.shape),
        ranges.crossing_delay.drawn(chance[:, own + 1], rules.shape),
        communities,
        ranges.population.drawn(chance[:, own + 2 :], rules.shape),
    )


@dataclass(frozen=True, eq=False)
class Band:
    """What the draws gave.

    Attributes
    ----------
    drawn
        The assumptions.
    share
        Residents covered by any station, percent of all, by mode; shape (n,), NaN where nobody lives.
    critical
        Share of the draws in which each station, by row of the stations layer, is critical, by mode; shape (s,).
    measured
        How many times, of the draws and ways of walking, the enclosure did not decide every walk.
    """

    drawn: Drawn
    share: Mapping[Mode, Floats]
    critical: Mapping[Mode, Floats]
    measured: int

    def quantile(self, mode: Mode, q: float) -> float | None:
        """Return the share that a part q of the draws does not exceed; None where nobody lives."""
        shares = self.share[mode]
        return None if np.isnan(shares).any() else float(np.quantile(shares, q, method="inverted_cdf"))

    def probability(self, mode: Mode, aim: float) -> float | None:
        """Return the part of the draws, in percent, that reach an aim; None where nobody lives."""
        shares = self.share[mode]
        return None if np.isnan(shares).any() else 100 * float(np.mean(shares >= aim - 1e-9 * max(1.0, abs(aim))))

    def frame(self) -> pd.DataFrame:
        """Return one row a draw: paces (m/s), factor on the limit, delay (s) and both shares (%), unrounded."""
        drawn = self.drawn
        shares = {f"share_{mode}": shares for mode, shares in self.share.items()}
        return pd.DataFrame({**drawn.pace, _LIMIT: drawn.limit, _DELAY: drawn.crossing_delay, **shares})


def band(coverage: CoverageResult, ranges: Ranges, critical: float, *, progress: Tell = silent) -> Band:
    """Measure the headline share under assumptions drawn at random.

    Each share is the one that :func:`workbench.coverage.assess_coverage` finds with the drawn values, to the last
    bit; no draw is interpolated. Residents are the measured ones times the factor of their community.

    Parameters
    ----------
    coverage
        The five-minute circle.
    ranges
        What is drawn from.
    critical
        Share of all residents who lose coverage from which on a station is critical.
    progress
        Told of the draws.
    """
    values = drawn(coverage, ranges)
    people, stations = coverage.populace, len(coverage.district.stations)
    metres, walkers = _Metres.of(values), _Walkers.of(values)
    shares = {mode: np.full(len(values), np.nan) for mode in MODES}
    often = {mode: np.zeros(stations) for mode in MODES}
    for draw in range(len(values)):
        if draw % 100 == 0:
            progress("draws", draw, len(values))
        factor = values.factor(draw)
        total = float((people.residents * factor).sum())
        for mode, found in (
            (Mode.COMPLIANCE, metres.choices(draw, factor)),
            (Mode.EXPERIENCE, walkers.choices(draw, factor)),
        ):
            part = share(float(residents_with(found, 1).sum()), total)
            if part is not None:
                shares[mode][draw] = part
                often[mode] += residents_lost(found, stations) >= critical * total
    progress("draws", len(values), len(values))
    parts = {mode: count / len(values) for mode, count in often.items()}
    return Band(values, shares, parts, sum(table.measured for table in walkers.tables.values()))


@dataclass(frozen=True, eq=False)
class _Metres:
    """All walks up to the longest limit drawn, compliance."""

    values: Drawn
    station: Ints
    point: Ints
    cost: Floats

    @classmethod
    def of(cls, values: Drawn) -> _Metres:
        coverage = values.coverage
        longest = float(values.limit.max()) * coverage.distance_limit_m
        found = coverage.cost_matrix(Mode.COMPLIANCE, limit=longest)
        row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
        return cls(values, row, found.indices.astype(np.int64), found.data)

    def choices(self, draw: int, factor: Floats) -> list[Choice]:
        """Return who can choose from what in one draw."""
        coverage = self.values.coverage
        limit = self.values.limit[draw] * coverage.distance_limit_m
        inside = self.cost <= limit + LIMIT_TOLERANCE
        return [Choice(coverage.populace.residents * factor, self.station[inside], self.point[inside])]


@dataclass(frozen=True, eq=False)
class _Walkers:
    """All walks in time: one table for each pace and way to take steps."""

    values: Drawn
    slow: float
    tables: Mapping[tuple[str, str], CrossingWalks]

    @classmethod
    def of(cls, values: Drawn) -> _Walkers:
        coverage = values.coverage
        scenario, populace = coverage.scenario, coverage.populace
        winter = scenario.walking.pace_factor
        slow = scenario.standard(winter) if winter else 1.0
        tables: dict[tuple[str, str], CrossingWalks] = {}
        for name in populace.whole:
            group = populace.groups[name]
            if (group.pace, group.steps) not in tables:
                pace = values.pace[group.pace] * slow
                crossing = values.crossing_delay * pace
                minutes = values.limit * coverage.time_limit_min + LIMIT_TOLERANCE
                longest = float((minutes * SECONDS_A_MINUTE * pace).max())
                ends = float(crossing.min()), float(crossing.max())
                manner = coverage.manners[name]
                tables[group.pace, group.steps] = CrossingWalks.of(coverage.ground, manner, ends, longest)
        return cls(values, slow, tables)

    def choices(self, draw: int, factor: Floats) -> list[Choice]:
        """Return what each group can choose from in one draw."""
        values, coverage = self.values, self.values.coverage
        populace, rows = coverage.populace, coverage.station_rows
        limit, delay = values.limit[draw] * coverage.time_limit_min, float(values.crossing_delay[draw])
        near: dict[tuple[str, str], tuple[Ints, Ints]] = {}
        for (pace, steps), table in self.tables.items():
            inside = table.within(float(values.pace[pace][draw]) * self.slow, delay, float(limit))
            near[pace, steps] = rows[table.station[inside]], table.point[inside]
        groups = [(name, populace.groups[name]) for name in populace.whole]
        return [Choice(populace.weight[name] * factor, *near[group.pace, group.steps]) for name, group in groups]
