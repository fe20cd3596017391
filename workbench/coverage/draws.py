"""All assumptions at once: the headline number, drawn many times, each time measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.terms import AGE_BANDS, Mode, ServiceLevel, label
from workbench.coverage.doors import LIMIT_TOLERANCE, SECONDS_A_MINUTE, Doors, doors_on, share, within
from workbench.coverage.fairness import MODES
from workbench.coverage.measure import Area, CoverageResult, Populace, area_of_points, manner_of, populace_of
from workbench.errors import Problem, ScenarioError
from workbench.network.walking import METRES, Audience, Manner, Walks
from workbench.privacy import withheld
from workbench.progress import SILENT, Progress
from workbench.scenario import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# Every walk at every pace and crossing delay, from a few searches.
#
# A walk of m metres over c crossings takes m ÷ pace + c · delay seconds. In metres at the walker's pace that is m + c
# · x, with x = delay · pace the metres that one could have walked while waiting. The cheapest walk between a station
# and a demand point is the least of such straight lines: a function of x that never falls and is concave. So searches
# at a few x enclose it everywhere else. Below it lie its chords; above it lie the chords next to them, drawn on, and
# its own value at the next x. Where both ends of the enclosure are on one side of the limit, the answer is certain.
# Where they are not, the walk is measured.


SEARCHES: Final = 9
"""Crossing costs that are searched. More make fewer walks doubtful; the answer is the same."""

_GUARD_M = 1e-5
"""Metres between an enclosure and the limit below which a walk is measured: far more than the rounding of sums."""


@dataclass(eq=False)
class CrossingWalks:
    """The walks of people who take steps in one way, at any pace and crossing delay.

    Attributes
    ----------
    station, point
        Position among the open stations, and row of the demand layer, of every walk that may be within a
        limit; shape (p,).
    measured
        How many times :meth:`within` was in doubt about some walk, and measured it.
    """

    station: Ints
    point: Ints
    measured: int
    _ground: Doors
    _manner: Manner
    _at: Floats
    _least: Floats
    _most: Floats

    @classmethod
    def of(cls, ground: Doors, manner: Manner, crossing_m: tuple[float, float], longest_m: float) -> CrossingWalks:
        """Search at some crossing costs.

        Parameters
        ----------
        ground
            Where demand points and stations stand.
        manner
            How steps are taken; pace and delay do not matter.
        crossing_m
            Least and highest crossing cost that will be asked for, metres: delay · pace.
        longest_m
            Longest limit that will be asked for, metres: limit · pace.
        """
        low, high = crossing_m
        bound = longest_m + 3 * _GUARD_M
        at = np.linspace(low, high, SEARCHES) if high > low else np.array([low])
        keys: Ints = np.empty(0, np.int64)
        least = np.empty((len(at), 0))
        for place, crossing in enumerate(at):
            walks = Walks(ground.streets, replace(manner, pace_m_s=1.0, crossing_delay_s=float(crossing)))
            found = walks.costs(ground.demand, ground.stations, ground.audience, bound)
            row = np.repeat(np.arange(found.shape[0]), np.diff(found.indptr))
            own = row * found.shape[1] + found.indices.astype(np.int64)
            if not place:  # costs never fall: what is beyond the bound here is so everywhere
                keys, least = own, np.full((len(at), len(own)), bound)
            least[place, np.searchsorted(keys, own)] = found.data
        most = np.where(least < bound, least, np.inf)
        points = len(ground.demand)
        return cls(keys // points, keys % points, 0, ground, manner, at, least, most)

    def within(self, pace_m_s: Floats, delay_s: Floats, limit_min: Floats) -> Flags:
        """Tell which walks are within a limit, as the cost matrix of that manner does.

        Parameters
        ----------
        pace_m_s, delay_s
            Paces and crossing delays, shape (n,); their products within the costs that were searched.
        limit_min
            Longest walks, minutes, up to the rounding that is allowed for everywhere; shape (n,).

        Returns
        -------
        ndarray of bool, shape (n, p)
        """
        limit_m = ((limit_min + LIMIT_TOLERANCE) * SECONDS_A_MINUTE * pace_m_s)[:, None]
        low, high = self._enclosed(delay_s * pace_m_s)
        inside = np.asarray(high <= limit_m - _GUARD_M, bool)
        doubtful = ~inside & (low <= limit_m + _GUARD_M)
        for n in np.flatnonzero(doubtful.any(axis=1)).tolist():
            manner = replace(self._manner, pace_m_s=float(pace_m_s[n]), crossing_delay_s=float(delay_s[n]))
            which = np.flatnonzero(doubtful[n])
            inside[n, which] = self._measured(which, manner, float(limit_min[n]))
        return inside

    def _enclosed(self, crossing_m: Floats) -> tuple[Floats, Floats]:
        """Return what no walk falls below and what none exceeds at each crossing cost, metres, shape (n, p)."""
        at, least, most = self._at, self._least, self._most
        if len(at) == 1:
            return least[np.zeros(len(crossing_m), np.int64)], most[np.zeros(len(crossing_m), np.int64)]
        k = np.clip(np.searchsorted(at, crossing_m, side="right") - 1, 0, len(at) - 2)
        t = ((crossing_m - at[k]) / (at[k + 1] - at[k]))[:, None]
        low = least[k] + t * (least[k + 1] - least[k])
        high = most[k + 1]
        with np.errstate(invalid="ignore"):  # walks beyond the bound have no chord to draw on
            later = np.flatnonzero(k)
            i = k[later]
            high[later] = np.fmin(high[later], most[i] + t[later] * (most[i] - most[i - 1]))
            early = np.flatnonzero(k + 2 < len(at))
            i = k[early]
            back = most[i + 1] - (1 - t[early]) * (most[i + 2] - most[i + 1])
            high[early] = np.where(np.isfinite(most[i + 2]), np.fmin(high[early], back), high[early])
        return low, high

    def _measured(self, which: Ints, manner: Manner, limit_min: float) -> Flags:
        """Walk between some stations and demand points, and tell who is within the limit."""
        self.measured += 1
        ground, audience = self._ground, self._ground.audience
        stations, row = np.unique(self.station[which], return_inverse=True)
        points, column = np.unique(self.point[which], return_inverse=True)
        longest = limit_min + LIMIT_TOLERANCE
        some = Audience(audience.public[stations], audience.compound[stations], audience.home[points])
        bound = np.nextafter(longest * SECONDS_A_MINUTE, np.inf)  # the product may be rounded down
        walks = Walks(ground.streets, manner)
        cost = walks.costs(ground.demand.take(points), ground.stations.take(stations), some, bound)
        near = np.zeros(cost.shape, np.bool_)
        near[np.repeat(np.arange(len(stations)), np.diff(cost.indptr)), cost.indices] = (
            cost.data / SECONDS_A_MINUTE <= longest
        )
        return near[row, column]


# ----------------------------------------------------------------------------------------------------------------------
# How far the assumptions under coverage may be off, and values drawn from between.


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


# ----------------------------------------------------------------------------------------------------------------------
# The headline number measured again under other assumptions, on the network that is there.


Shares = dict[Mode, float | None]
"""Residents covered by any station, percent of all, by mode; None where nobody lives."""


def headline(coverage: CoverageResult) -> Shares:
    """Return the share of residents covered by any station, both modes."""
    total = float(coverage.populace.residents.sum())
    return {mode: share(float(coverage.covered_residents(mode).sum()), total) for mode in MODES}


@dataclass(eq=False)
class _Remeasure:
    """Measures again what a changed assumption touches, and nothing else.

    The answers are those of :func:`workbench.coverage.assess_coverage` on the changed scenario, to the last bit.

    Parameters
    ----------
    coverage
        The measurement to start from.
    """

    coverage: CoverageResult
    _known: dict[tuple[Mode, Manner], Floats] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        coverage = self.coverage
        self._known[Mode.COMPLIANCE, METRES] = coverage.distance[ServiceLevel.ANY].walk
        for name, manner in coverage.manners.items():
            self._known[Mode.EXPERIENCE, manner] = coverage.minutes[name][ServiceLevel.ANY].walk

    def shares(self, scenario: Scenario, *, doors: Doors | None = None, populace: Populace | None = None) -> Shares:
        """Return the share of residents covered by any station, both modes.

        Parameters
        ----------
        scenario
            The changed scenario; groups and gates as before.
        doors
            Other places of the doors on the same network.
        populace
            Other counts of residents.
        """
        people = populace or self.coverage.populace
        metres = scenario.standard(scenario.coverage.distance)
        minutes = scenario.standard(scenario.coverage.time)
        parts = []
        for name in people.whole:
            walk = self._walk(Mode.EXPERIENCE, manner_of(scenario, people.groups[name]), doors)
            parts.append(np.where(within(walk, minutes), people.weight[name], 0.0))
        near = np.where(within(self._walk(Mode.COMPLIANCE, METRES, doors), metres), people.residents, 0.0)
        total = float(people.residents.sum())
        soon = np.asarray(np.sum(parts, axis=0), np.float64)
        return {
            Mode.COMPLIANCE: share(float(near.sum()), total),
            Mode.EXPERIENCE: share(float(soon.sum()), total),
        }

    def _walk(self, mode: Mode, manner: Manner, doors: Doors | None) -> Floats:
        """Metres, or minutes, to the nearest station."""
        if doors is None and (mode, manner) in self._known:
            return self._known[mode, manner]
        ground = doors or self.coverage.doors
        # a manner that is tried once is not kept among those of the ground
        cost, _ = Walks(ground.streets, manner).nearest(ground.demand, ground.stations, ground.audience)
        walk = cost / SECONDS_A_MINUTE if mode is Mode.EXPERIENCE else cost
        if doors is None:
            self._known[mode, manner] = walk
        return walk


# ----------------------------------------------------------------------------------------------------------------------
# One assumption at a time: what the headline number does when it lies lower or higher.


_BOTH: Final = frozenset(MODES)
_TIME: Final = frozenset({Mode.EXPERIENCE})
_SAME = 9  # decimals to which two swings count as one: the rest is the rounding of sums


@dataclass(frozen=True, eq=False)
class Bar:
    """One assumption and what the headline share does at the ends of its range.

    Attributes
    ----------
    key, label
        Which assumption, and its Chinese name.
    range
        Low, the scenario's own value, high; counts and limits as factors.
    unit
        Unit of the range; ``×`` for a factor.
    modes
        Modes that know the assumption at all.
    low, high
        Headline shares at both ends, percent, by mode; where the mode does not know the assumption, its own share.
    hidden
        Whether the shares would tell of too few people, and are missing.
    """

    key: str
    label: str
    range: Range
    unit: str
    modes: frozenset[Mode]
    low: Shares
    high: Shares
    hidden: bool = False


def tornado(coverage: CoverageResult, ranges: Ranges) -> list[Bar]:
    """Measure the headline share at both ends of every assumption, all others as the scenario has them.

    Pace, limit, crossing delay, winter, steps and snap limit are measured on the network again, population is
    counted again. Where all counts of residents are off by one factor a share does not move at all; it moves
    where some are off and others are not: each age band by itself, or communities of good and of poor coverage in
    opposite directions, chosen so that the share moves as far as it can.

    Returns
    -------
    list of Bar
        In a fixed order; :func:`by_parameter` sorts them.
    """
    again = _Remeasure(coverage)
    bars = [*_walking_bars(coverage, ranges, again), _snap_bar(coverage, ranges, again)]
    return [*bars, *_population_bars(coverage, ranges, again)]


def by_parameter(coverage: CoverageResult, bars: list[Bar]) -> pd.DataFrame:
    """Return one row a bar and mode, the widest first in each mode.

    Returns
    -------
    pandas.DataFrame
        ``key``, ``label``, ``unit``, ``low``, ``base``, ``high``, ``mode``, ``known`` (to this mode), ``hidden``;
        ``share_low``, ``share_base``, ``share_high`` in percent, ``effect_low``, ``effect_high`` against the
        base and ``swing``, the widest of the three against each other, in percentage points; NaN where the mode
        does not know the parameter, nobody lives, or too few people would be told of.
    """
    base = headline(coverage)
    rows = []
    for bar in bars:
        for mode in MODES:
            known = mode in bar.modes
            shown = known and not bar.hidden
            ends = [bar.low[mode] if shown else None, base[mode], bar.high[mode] if shown else None]
            low, middle, high = (np.nan if end is None else end for end in ends)
            rows.append(
                {
                    "key": bar.key, "label": bar.label, "unit": bar.unit,
                    "low": bar.range.low, "base": bar.range.base, "high": bar.range.high,
                    "mode": str(mode), "known": known, "hidden": bar.hidden and known,
                    "share_low": low, "share_base": middle, "share_high": high,
                    "effect_low": low - middle, "effect_high": high - middle,
                    "swing": max(low, middle, high) - min(low, middle, high) if shown else np.nan,
                }
            )  # fmt: skip
    table = pd.DataFrame(rows)
    table["order"] = -table["swing"].round(_SAME)
    table = table.sort_values(["mode", "known", "order"], ascending=[True, False, True], kind="stable")
    return table.drop(columns="order").reset_index(drop=True)


def with_standards(scenario: Scenario, values: Mapping[str, float]) -> Scenario:
    """Return a scenario that sets some standards to other values."""
    return scenario.model_copy(update={"standards": {**scenario.standards, **values}})


def _walking_bars(coverage: CoverageResult, ranges: Ranges, again: _Remeasure) -> list[Bar]:
    scenario = coverage.scenario
    walking, rules, spread = scenario.walking, scenario.coverage, scenario.robustness

    def bar(key: str, range_: Range, unit: str, modes: frozenset[Mode], ends: list[Scenario]) -> Bar:
        low, high = (again.shares(end) for end in ends)
        return Bar(key, _LABELS[key], range_, unit, modes, low, high)

    def set_to(*values: dict[str, float]) -> list[Scenario]:
        return [with_standards(scenario, value) for value in values]

    pace = [{key: getattr(each, end) for key, each in ranges.pace.items()} for end in ("low", "high")]
    share_of_pace = scenario.standard(spread.pace)
    limits = [
        {rules.distance: factor * coverage.distance_limit_m, rules.time: factor * coverage.time_limit_min}
        for factor in (ranges.limit.low, ranges.limit.high)
    ]
    winters = [
        scenario.model_copy(update={"walking": walking.model_copy(update={"pace_factor": key})})
        for key in (spread.winter_low, spread.winter_high)
    ]
    delay, steps = ranges.crossing_delay, ranges.steps_factor
    return [
        bar("pace", Range(1 - share_of_pace, 1.0, 1 + share_of_pace), "×", _TIME, set_to(*pace)),
        bar("limit", ranges.limit, "×", _BOTH, set_to(*limits)),
        bar("winter", ranges.winter, "×", _TIME, winters),
        bar(
            "crossing_delay", delay, "s", _TIME,
            set_to({walking.crossing_delay: delay.low}, {walking.crossing_delay: delay.high}),
        ),
        bar(
            "steps_factor", steps, "×", _TIME,
            set_to({walking.steps_factor: steps.low}, {walking.steps_factor: steps.high}),
        ),
    ]  # fmt: skip


_LABELS: Final[Mapping[str, str]] = {
    "pace": "步速（各人群同增减）",
    "limit": "步行限值",
    "winter": "冬季步速系数",
    "crossing_delay": "每处过街等待",
    "steps_factor": "台阶步行时间系数",
    "snap_limit": "门到道路的最大距离",
    "population": "人口：全体同增减",
    "population.community": "人口：各社区最不利与最有利的组合",
}


def _snap_bar(coverage: CoverageResult, ranges: Ranges, again: _Remeasure) -> Bar:
    key, limits = "snap_limit", ranges.snap_limit
    low, high = (
        again.shares(
            coverage.scenario, doors=doors_on(coverage.doors.streets, coverage.district, coverage.scenario, metres)
        )
        for metres in (limits.low, limits.high)
    )
    return Bar(key, _LABELS[key], limits, "m", _BOTH, low, high)


def _population_bars(coverage: CoverageResult, ranges: Ranges, again: _Remeasure) -> list[Bar]:
    spread = ranges.population
    demand = coverage.district.demand
    hidden = _hidden_bands(coverage)
    bars = [_counted(coverage, "population", _LABELS["population"], spread, again, list(AGE_BANDS))]
    if len(set(area_of_points(coverage, "community").dropna())) > 1:
        bars.append(_communities_bar(coverage, spread))
    for band in AGE_BANDS:
        if demand[band].notna().any():
            key = f"population.{band}"
            bars.append(_counted(coverage, key, f"人口：{label(band)}", spread, again, [band], hidden=band in hidden))
    return bars


def _counted(
    coverage: CoverageResult, key: str, name: str, spread: Range, again: _Remeasure, bands: list[str], *,
    hidden: bool = False,
) -> Bar:  # fmt: skip
    """Count the residents of some age bands low and high."""
    people = coverage.populace
    now = pd.DataFrame(coverage.district.demand)[list(AGE_BANDS)].to_numpy(np.float64)
    known = ~np.isnan(now).any(axis=1)
    ends = []
    for factor in (spread.low, spread.high):
        then = now * np.where([band in bands for band in AGE_BANDS], factor, 1.0)
        unknown = people.residents * (factor if len(bands) == len(AGE_BANDS) else 1.0)
        residents = np.where(known, then.sum(axis=1), unknown)
        populace = populace_of(then, residents, people.households, people.groups, people.whole)
        ends.append(again.shares(coverage.scenario, populace=populace))
    low, high = ends
    return Bar(key, name, spread, "×", _BOTH, low, high, hidden)


def _hidden_bands(coverage: CoverageResult) -> frozenset[str]:
    """Find the age bands of which, or of whose covered residents, too few are there to tell."""
    bands = coverage.district.demand[list(AGE_BANDS)].fillna(0)
    makeup = {band: {band: 1.0} for band in AGE_BANDS}
    sizes = {band: float(bands[band].sum()) for band in AGE_BANDS}
    smallest = coverage.scenario.standard(coverage.scenario.coverage.smallest_cell)
    hidden = withheld(sizes, smallest, makeup)
    for mode in MODES:
        within = dict.fromkeys(AGE_BANDS, 0.0)
        for name in coverage.populace.whole:
            inside = coverage.covered(mode, group=name)
            ages = dict(coverage.populace.groups[name].ages)
            for band in AGE_BANDS:
                part = ages.get(band, 0.0)
                within[band] += part * float(bands.loc[inside, band].sum())
        hidden |= withheld(within, smallest, makeup, wholes=sizes)
    return hidden


def _communities_bar(coverage: CoverageResult, spread: Range) -> Bar:
    """Let communities of poor coverage grow and those of good coverage shrink, and the other way round."""
    key = "population.community"
    low, high = ({mode: _moved(coverage, mode, spread, up) for mode in MODES} for up in (False, True))
    return Bar(key, _LABELS[key], spread, "×", _BOTH, low, high)


def _moved(coverage: CoverageResult, mode: Mode, spread: Range, up: bool) -> float | None:
    """Return the lowest or highest share that counts off by so much in each community can make.

    A ratio of sums is at its extreme where every community is at one end, those on one side of some share at
    the low end and the others at the high one; so as many combinations as there are communities are looked at.
    """
    residents, covered = coverage.populace.residents, coverage.covered_residents(mode)
    home = area_of_points(coverage, "community")
    table = pd.DataFrame({"home": home, "residents": residents, "covered": covered})
    known = table[home.notna()].groupby("home", sort=True).sum()
    known = known[known["residents"] > 0]
    order = np.argsort((known["covered"] / known["residents"]).to_numpy() * (-1 if up else 1), kind="stable")
    people, inside = (known[name].to_numpy(np.float64)[order] for name in ("residents", "covered"))
    grown = np.tri(len(order) + 1, len(order), -1, dtype=bool)  # the first none, one, two … of them
    factor = np.where(grown, spread.high, spread.low)
    rest = table[home.isna()]
    whole = factor @ people + float(rest["residents"].sum())
    part = factor @ inside + float(rest["covered"].sum())
    if not (whole > 0).all():
        return None
    best = int(np.argmax(part / whole) if up else np.argmin(part / whole))
    return share(float(part[best]), float(whole[best]))


# ----------------------------------------------------------------------------------------------------------------------
# Which stations residents can choose from within the limit, and what hangs on each single one.


AT_LEAST = (1, 2, 3)
"""Numbers of stations within reach that are told of."""


@dataclass(frozen=True, eq=False)
class Choice:
    """The stations within the limit of people who walk alike.

    Attributes
    ----------
    people
        How many of them live at each demand point, shape (k,).
    station, point
        Row of the station and of the demand point of each walk within the limit, shape (p,).
    """

    people: Floats
    station: Ints
    point: Ints

    @cached_property
    def count(self) -> Ints:
        """Stations within the limit of each demand point, shape (k,)."""
        return np.bincount(self.point, minlength=len(self.people))

    def with_at_least(self, stations: int) -> Floats:
        """Return the people of each demand point who have so many stations within the limit, shape (k,)."""
        return np.where(self.count >= stations, self.people, 0.0)

    def lost(self, stations: int) -> Floats:
        """Return the people who lose coverage if a station alone is shut, for each row of the stations, shape (s,)."""
        alone = self.count[self.point] == 1
        people = np.bincount(self.station[alone], self.people[self.point[alone]], minlength=stations)
        return np.asarray(people, np.float64)


def choices(coverage: CoverageResult, mode: Mode) -> list[Choice]:
    """Return what each group of the population can choose from, at its own pace; in compliance all as one."""
    populace = coverage.populace
    if mode is Mode.COMPLIANCE:
        return [Choice(populace.residents, *_pairs(coverage, mode, None))]
    pairs: dict[Manner, tuple[Ints, Ints]] = {}
    for name in populace.whole:
        manner = coverage.manners[name]
        pairs[manner] = pairs.get(manner) or _pairs(coverage, mode, name)
    return [Choice(populace.weight[name], *pairs[coverage.manners[name]]) for name in populace.whole]


def _pairs(coverage: CoverageResult, mode: Mode, group: str | None) -> tuple[Ints, Ints]:
    walks = coverage.cost_matrix(mode, group)
    station = np.repeat(np.arange(walks.shape[0]), np.diff(walks.indptr))
    return station, walks.indices.astype(np.int64)


@dataclass(frozen=True, eq=False)
class _Draws:
    """The stations within the limit of people who walk alike, draw by draw.

    Attributes
    ----------
    people
        How many of them live at each demand point, shape (n, k).
    draw, station, point
        Draw, row of the station and of the demand point of each walk within the limit, draw by draw; shape (p,).
    """

    people: Floats
    draw: Ints
    station: Ints
    point: Ints

    @cached_property
    def _count(self) -> Ints:
        """Stations within the limit of each demand point, flat."""
        return np.bincount(self.draw * self.people.shape[1] + self.point, minlength=self.people.size)

    @property
    def covered(self) -> Floats:
        """The people of each demand point with a station within the limit, shape (n, k)."""
        return np.where(self._count.reshape(self.people.shape) > 0, self.people, 0.0)

    def lost(self, stations: int) -> Floats:
        """Return the people who lose coverage if a station alone is shut, shape (n, s)."""
        alone = self._count[self.draw * self.people.shape[1] + self.point] == 1
        draw, station, point = self.draw[alone], self.station[alone], self.point[alone]
        draws = len(self.people)
        lost = np.bincount(draw * stations + station, self.people[draw, point], minlength=draws * stations)
        return np.asarray(lost.reshape(draws, stations), np.float64)


def _residents_with(found: Sequence[Choice], stations: int) -> Floats:
    """Return the residents of each demand point with at least so many stations within the limit, shape (k,)."""
    return np.asarray(np.sum([choice.with_at_least(stations) for choice in found], axis=0), np.float64)


def residents_lost(found: Sequence[Choice], stations: int) -> Floats:
    """Return the residents who lose coverage with each station, shape (s,)."""
    return np.asarray(np.sum([choice.lost(stations) for choice in found], axis=0), np.float64)


def by_depth(coverage: CoverageResult, found: dict[Mode, list[Choice]]) -> pd.DataFrame:
    """Count the residents with at least one, two, three stations within the limit, both modes."""
    total = float(coverage.populace.residents.sum())
    rows = []
    for mode in MODES:
        for stations in AT_LEAST:
            people = float(_residents_with(found[mode], stations).sum())
            rows.append({"mode": str(mode), "stations": stations, "residents": people, "share": share(people, total)})
    return pd.DataFrame(rows).astype({"share": "float64"})


def depth_by_area(coverage: CoverageResult, found: dict[Mode, list[Choice]], area: Area) -> pd.DataFrame:
    """Count the residents with at least one, two, three stations within the limit in each area, both modes.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``residents``; for each mode ``within1_…``, ``within2_…``, ``within3_…`` and ``share2_…``, percent of
        the residents there, missing where nobody lives. Points that belong to no area are left out.
    """
    frame = pd.DataFrame({"id": area_of_points(coverage, area), "residents": coverage.populace.residents})
    for mode in MODES:
        for stations in AT_LEAST:
            frame[f"within{stations}_{mode}"] = _residents_with(found[mode], stations)
    table = frame[frame["id"].notna()].groupby("id", sort=True).sum().reset_index()
    inhabited = table["residents"].where(table["residents"] > 0)
    for mode in MODES:
        table[f"share2_{mode}"] = 100 * table[f"within2_{mode}"] / inhabited
    return table


# ----------------------------------------------------------------------------------------------------------------------
# All assumptions at once: the headline number, drawn many times, each time measured.


QUANTILES = (0.05, 0.5, 0.95)
"""Quantiles that the band is told by."""

_LIMIT, _DELAY = "limit", "crossing_delay"
_BLOCK = 50  # draws that are counted at once


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
        return np.asarray(self.factors(slice(draw, draw + 1))[0])

    def factors(self, draws: slice) -> Floats:
        """Return the same for some of the draws, shape (n, k)."""
        known = self.population[draws]
        return np.take(np.column_stack([known, np.ones(len(known))]), self._home, axis=1)

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


def band(coverage: CoverageResult, ranges: Ranges, critical: float, *, progress: Progress = SILENT) -> Band:
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
    for first in range(0, len(values), _BLOCK):
        progress.step("draws", first, len(values))
        draws = slice(first, first + _BLOCK)
        factor = values.factors(draws)
        total = (people.residents * factor).sum(axis=1)
        for mode, found in (
            (Mode.COMPLIANCE, metres.choices(draws, factor)),
            (Mode.EXPERIENCE, walkers.choices(draws, factor)),
        ):
            covered = np.sum([each.covered for each in found], axis=0).sum(axis=1)
            lost = np.sum([each.lost(stations) for each in found], axis=0)
            known = total > 0
            shares[mode][draws][known] = 100 * covered[known] / total[known]
            often[mode] += (lost >= critical * total[:, None])[known].sum(axis=0)
    progress.step("draws", len(values), len(values))
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

    def choices(self, draws: slice, factor: Floats) -> list[_Draws]:
        """Return who can choose from what in some of the draws."""
        coverage = self.values.coverage
        limit = self.values.limit[draws] * coverage.distance_limit_m
        draw, walk = np.nonzero(self.cost <= (limit + LIMIT_TOLERANCE)[:, None])
        return [_Draws(coverage.populace.residents * factor, draw, self.station[walk], self.point[walk])]


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
                tables[group.pace, group.steps] = CrossingWalks.of(coverage.doors, manner, ends, longest)
        return cls(values, slow, tables)

    def choices(self, draws: slice, factor: Floats) -> list[_Draws]:
        """Return what each group can choose from in some of the draws."""
        values, coverage = self.values, self.values.coverage
        populace, rows = coverage.populace, coverage.station_rows
        limit, delay = values.limit[draws] * coverage.time_limit_min, values.crossing_delay[draws]
        near: dict[tuple[str, str], tuple[Ints, Ints, Ints]] = {}
        for (pace, steps), table in self.tables.items():
            draw, walk = np.nonzero(table.within(values.pace[pace][draws] * self.slow, delay, limit))
            near[pace, steps] = draw, rows[table.station[walk]], table.point[walk]
        groups = [(name, populace.groups[name]) for name in populace.whole]
        return [_Draws(populace.weight[name] * factor, *near[group.pace, group.steps]) for name, group in groups]
