"""One assumption at a time: what the headline number does when it lies lower or higher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import area_of_points
from workbench.coverage.doors import doors_on
from workbench.coverage.measure import populace
from workbench.coverage.quantities import share
from workbench.coverage.ranges import Range, Ranges
from workbench.coverage.remeasure import Remeasure, Shares, headline
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import MODES
from workbench.privacy import withheld
from workbench.scenario import Scenario
from workbench.terms import AGE_BANDS, Mode, label

Floats = npt.NDArray[np.float64]

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
    again = Remeasure(coverage)
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


def _walking_bars(coverage: CoverageResult, ranges: Ranges, again: Remeasure) -> list[Bar]:
    scenario = coverage.scenario
    walking, rules, spread = scenario.walking, scenario.coverage, scenario.robustness

    def bar(key: str, range_: Range, unit: str, modes: frozenset[Mode], ends: list[Scenario]) -> Bar:
        low, high = (again.shares(end) for end in ends)
        return Bar(key, LABELS[key], range_, unit, modes, low, high)

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


LABELS: Final[Mapping[str, str]] = {
    "pace": "步速（各人群同增减）",
    "limit": "步行限值",
    "winter": "冬季步速系数",
    "crossing_delay": "每处过街等待",
    "steps_factor": "台阶步行时间系数",
    "snap_limit": "门到道路的最大距离",
    "population": "人口：全体同增减",
    "population.community": "人口：各社区最不利与最有利的组合",
}


def _snap_bar(coverage: CoverageResult, ranges: Ranges, again: Remeasure) -> Bar:
    key, limits = "snap_limit", ranges.snap_limit
    low, high = (
        again.shares(
            coverage.scenario, doors=doors_on(coverage.ground.streets, coverage.district, coverage.scenario, metres)
        )
        for metres in (limits.low, limits.high)
    )
    return Bar(key, LABELS[key], limits, "m", _BOTH, low, high)


def _population_bars(coverage: CoverageResult, ranges: Ranges, again: Remeasure) -> list[Bar]:
    spread = ranges.population
    demand = coverage.district.demand
    hidden = _hidden_bands(coverage)
    bars = [_counted(coverage, "population", LABELS["population"], spread, again, list(AGE_BANDS))]
    if len(set(area_of_points(coverage, "community").dropna())) > 1:
        bars.append(_communities_bar(coverage, spread))
    for band in AGE_BANDS:
        if demand[band].notna().any():
            key = f"population.{band}"
            bars.append(_counted(coverage, key, f"人口：{label(band)}", spread, again, [band], hidden=band in hidden))
    return bars


def _counted(
    coverage: CoverageResult, key: str, name: str, spread: Range, again: Remeasure, bands: list[str], *,
    hidden: bool = False,
) -> Bar:  # fmt: skip
    """Count the residents of some age bands low and high."""
    people = coverage.populace
    ends = []
    for factor in (spread.low, spread.high):
        demand = coverage.district.demand
        demand[bands] *= factor
        known = demand[list(AGE_BANDS)].notna().all(axis=1)
        unknown = demand["residents"] * (factor if len(bands) == len(AGE_BANDS) else 1.0)
        demand["residents"] = demand[list(AGE_BANDS)].sum(axis=1).where(known, unknown)
        ends.append(again.shares(coverage.scenario, populace=populace(demand, people.groups, people.whole)))
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
    return Bar(key, LABELS[key], spread, "×", _BOTH, low, high)


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
