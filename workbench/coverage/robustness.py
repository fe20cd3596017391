"""稳健性: how surely residents are covered, if a station shuts or an assumption is off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.arrays import Floats, Ints
from workbench.catalogue.terms import Mode, ServiceLevel, label
from workbench.coverage import draws as choice
from workbench.coverage.doors import SECONDS_A_MINUTE, Doors, share, within
from workbench.coverage.draws import (
    AT_LEAST,
    QUANTILES,
    Band,
    Bar,
    Choice,
    Ranges,
    Shares,
    band,
    by_parameter,
    choices,
    headline,
    ranges_of,
    residents_lost,
    tornado,
)
from workbench.coverage.fairness import MODES
from workbench.coverage.measure import Area, CoverageResult, CoverageStudy
from workbench.network.walking import METRES, Manner
from workbench.privacy import WITHHELD
from workbench.results import Value, present

# ----------------------------------------------------------------------------------------------------------------------
# The numbers and tables of a robustness result, each with its denominator and clause.


_ANY = ServiceLevel.ANY
_UNIT = {Mode.COMPLIANCE: "m", Mode.EXPERIENCE: "min"}
_PERCENTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)

SHAPES: Final = {"triangular": "三角分布", "uniform": "均匀分布", "normal": "截断正态分布"}
NOT_KNOWN: Final = "不适用"


def total_residents(result: RobustnessResult) -> float:
    """Return how many residents there are."""
    return float(result.coverage.populace.residents.sum())


def _backup(result: RobustnessResult, mode: Mode) -> Iterator[Value]:
    total, table = total_residents(result), result.by_depth
    table = table[table["mode"] == mode]
    people = {int(n): float(x) for n, x in zip(table["stations"], table["residents"], strict=True)}
    for n in AT_LEAST[1:]:
        yield Value(f"backup.{n}", people[n], total, mode=mode)
        yield Value(f"backup.{n}.share", share(people[n], total), total, mode=mode)
    yield Value("backup.single.share", share(people[1] - people[2], total), total, mode=mode)


def _closures(result: RobustnessResult, mode: Mode) -> Iterator[Value]:
    total, table = total_residents(result), result.by_closure
    table = table[table["mode"] == mode]
    loss = result.scenario.register[result.scenario.robustness.critical_loss].value
    worst = float(table["lost"].max()) if len(table) else None
    yield Value("closures.worst", worst, total, mode=mode)
    yield Value("closures.worst.share", None if worst is None else share(worst, total), total, mode=mode)
    yield Value("closures.critical", table["critical"].sum(), len(table), mode=mode, loss=f"{loss:.1%}")


def _widest(result: RobustnessResult, mode: Mode) -> Iterator[Value]:
    table = result.by_parameter
    table = table[(table["mode"] == mode) & table["swing"].notna()]
    widest = f"参数：{table['label'].iloc[0]}" if len(table) else "无居民"
    yield Value("tornado.swing", table["swing"].iloc[0] if len(table) else None, mode=mode, widest=widest)


def draw_words(result: RobustnessResult) -> str:
    """Say how the draws were made."""
    rules = result.scenario.robustness
    return f"抽样 {rules.draws:,} 次，种子 {rules.seed}，{SHAPES[rules.shape]}"


def _draws(result: RobustnessResult, mode: Mode) -> Iterator[Value]:
    band, total, stations = result.band, total_residents(result), result.coverage.station_rows
    for q in QUANTILES:
        yield Value(f"band.p{100 * q:.0f}", band.quantile(mode, q), total, mode=mode)
    if result.target is not None:
        chance, target = band.probability(mode, result.target), f"{result.target:g}"
        note = "（目标为合规口径而设，仅作对照）" if mode is Mode.EXPERIENCE else ""
        yield Value("band.target", chance, len(band.drawn), mode=mode, target=target, note=note)
    sure = result.scenario.register[result.scenario.robustness.critical_draws].value
    yield Value("band.critical", (band.critical[mode][stations] >= sure).sum(), len(stations), mode=mode)


_DEPTH: Final = ("mode", "stations@depth", "residents", "share@residents")
_AREA: Final = (
    "id", "name@community", "residents",
    "within1_compliance", "within2_compliance", "within3_compliance",
    "within1_experience", "within2_experience", "within3_experience", "share2_compliance", "share2_experience",
)  # fmt: skip
_CLOSURE: Final = (
    "rank", "id", "name@station", "kind", "community", "lost", "lost_share", "kept", "nearest", "extra_lost",
    "extra_kept", "extra_all", "cut_off", "critical", "often",
)  # fmt: skip
_BAR: Final = (
    "label@parameter", "range", "mode", "share_low", "share_base", "share_high", "effect_low", "effect_high", "swing",
)  # fmt: skip


def tables(result: RobustnessResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title; empty ones are left out."""
    names = community_names(result)
    areas = result.by_area("community")
    found = {
        "备份覆盖": present(result.by_depth, _DEPTH),
        "备份覆盖·分社区": present(areas.assign(name=areas["id"].map(names)), _AREA),
        "停用影响·合规": _closure_table(result, Mode.COMPLIANCE),
        "停用影响·体验": _closure_table(result, Mode.EXPERIENCE),
        "单参数敏感性": _bar_table(result),
        "覆盖率抽样分布": _band_table(result),
        "抽样参数": _range_table(result),
    }
    return {title: table for title, table in found.items() if len(table)}


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def community_names(result: RobustnessResult) -> dict[str, str]:
    """Return the names of communities by identifier."""
    return dict(result.coverage.district.communities.set_index("id")["name"])


def _closure_table(result: RobustnessResult, mode: Mode) -> pd.DataFrame:
    """Closures of one mode; where nobody walks on, how much farther is no question."""
    table = result.by_closure
    table = table[table["mode"] == mode].reset_index(drop=True)
    table["community"] = table["community"].map(community_names(result))
    row_of = {name: row for row, name in enumerate(result.coverage.district.stations["id"])}
    table["often"] = [100 * result.band.critical[mode][row_of[name]] for name in table["id"]]
    table["critical"] = ["是" if critical else "" for critical in table["critical"]]
    for column in ("extra_lost", "extra_kept", "extra_all"):
        table[column] = table[column].astype(object).where(table[column].notna(), "—")
    return present(table, _CLOSURE, unit=_UNIT[mode])


def range_words(row: Mapping[str, Any]) -> str:
    """Write a range: low, the scenario's own value, high; or its value apart where it lies outside."""
    factor = row["unit"] == "×"
    low, base, high = (f"×{row[end]:g}" if factor else f"{row[end]:g}" for end in ("low", "base", "high"))
    inside = row["low"] <= row["base"] <= row["high"]
    words = f"{low}—{base}—{high}" if inside else f"{low}—{high}，现值 {base}"
    return words if factor else f"{words} {row['unit']}"


def _bar_table(result: RobustnessResult) -> pd.DataFrame:
    table = result.by_parameter.copy()
    table["range"] = [range_words(row) for row in _records(table)]
    for column in ("share_low", "share_high", "effect_low", "effect_high", "swing"):
        values = table[column].astype(object).where(table["known"], NOT_KNOWN)
        table[column] = values.where(~table["hidden"], WITHHELD)
    return present(table, _BAR)


def _band_table(result: RobustnessResult) -> pd.DataFrame:
    rows = []
    for mode in MODES:
        values = {f"P{100 * q:.0f}": result.band.quantile(mode, q) for q in _PERCENTILES}
        base = result.headline[mode]
        rows.append({"mode": str(mode), "base": np.nan if base is None else base, **values})
    table = pd.DataFrame(rows)
    return present(table.astype(dict.fromkeys(table.columns.drop("mode"), "float64")), table.columns)


def _range_table(result: RobustnessResult) -> pd.DataFrame:
    ranges, register = result.ranges, result.scenario.register
    shape = SHAPES[result.scenario.robustness.shape]
    drawn = [
        *((register[key].label, "m/s", each) for key, each in sorted(ranges.pace.items())),
        ("步行限值", "×", ranges.limit),
        (register[result.scenario.walking.crossing_delay].label, "s", ranges.crossing_delay),
    ]
    if result.band.drawn.communities:
        drawn.append((f"{label('community')}人口（每个社区各抽一次）", "×", ranges.population))
    rows = [
        {"参数": name, "单位": unit, "低": f"{x.low:g}", "现值": f"{x.base:g}", "高": f"{x.high:g}", "分布": shape}
        for name, unit, x in drawn
    ]
    return pd.DataFrame(rows)


# ----------------------------------------------------------------------------------------------------------------------
# What happens if one station alone is shut: who loses coverage, and how much farther everybody walks.


_EXTRAS = ("lost", "kept", "all")


def by_closure(coverage: CoverageResult, found: Mapping[Mode, Sequence[Choice]], critical: float) -> pd.DataFrame:
    """Shut every open station by itself, both modes.

    Who loses coverage has this one station within the limit and no other. How much farther those walk for whom it
    is the nearest is the walk to the next one.
    """
    stations = coverage.district.stations
    total = float(coverage.populace.residents.sum())
    next_best: dict[Manner, Floats] = {}
    lost = {mode: residents_lost(found[mode], len(stations)) for mode in MODES}
    rows = []
    for row in coverage.station_rows:
        place = stations.iloc[int(row)]
        for mode in MODES:
            gone = float(lost[mode][row])
            rows.append(
                {
                    **{name: place[name] for name in ("id", "name", "kind", "community")},
                    "mode": str(mode),
                    **_without(coverage, next_best, mode, int(row)),
                    "lost": gone,
                    "lost_share": share(gone, total),
                    "critical": total > 0 and gone >= critical * total,
                }
            )
    return _ranked(pd.DataFrame(rows, columns=COLUMNS[1:]))


COLUMNS = [
    "rank", "id", "name", "kind", "community", "mode", "nearest", "lost", "lost_share", "kept", "extra_lost",
    "extra_kept", "extra_all", "cut_off", "critical",
]  # fmt: skip


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    numbers = dict.fromkeys(
        ("nearest", "lost", "lost_share", "kept", "extra_lost", "extra_kept", "extra_all", "cut_off"), "float64"
    )
    table = table.astype({**numbers, "critical": "bool"})
    table = table.sort_values(["mode", "lost", "id"], ascending=[True, False, True], kind="stable", ignore_index=True)
    table["rank"] = table.groupby("mode").cumcount() + 1
    return table[COLUMNS]


def _walk_to_the_next(ground: Doors, manner: Manner, nearest: Ints) -> Floats:
    """Return the walk from each demand point to the nearest of all stations but the one that is nearest to it.

    Whatever other station it is, its number differs from that of the nearest in one binary digit at least. So all that
    have a digit in common spread together, twice for each digit, and not once without each station.

    Parameters
    ----------
    ground, manner
        Where demand points and stations stand, and how one walks.
    nearest
        Row of the nearest station, shape (k,); −1 where none.
    """
    walks = ground.walks(manner)
    entries, ends = walks.entries(ground.demand, ground.stations, ground.audience), walks.ends(ground.demand)
    number = np.arange(len(entries))
    own, walk = np.searchsorted(ground.station_rows, nearest), np.full(len(nearest), np.inf)
    for digit in range(len(entries).bit_length()):
        for value in (0, 1):
            cost, _ = walks.spread(entries.take(np.flatnonzero(number >> digit & 1 == value)), ends)
            walk = np.where(own >> digit & 1 == value, walk, np.minimum(walk, cost))
    return walk


def _without(coverage: CoverageResult, next_best: dict[Manner, Floats], mode: Mode, row: int) -> dict[str, float]:
    """Sum up the walks of those who are nearest to a station that is shut now."""
    populace, limit = coverage.populace, coverage.limit(mode)
    sums = dict.fromkeys(("nearest", "kept", "cut_off"), 0.0)
    people, walked = dict.fromkeys(_EXTRAS, 0.0), dict.fromkeys(_EXTRAS, 0.0)
    for name in populace.whole if mode is Mode.EXPERIENCE else (None,):
        reach = coverage.minutes[name][_ANY] if name else coverage.distance[_ANY]
        weight = populace.weight[name] if name else populace.residents
        manner = coverage.manners[name] if name else METRES
        if manner not in next_best:
            next_best[manner] = _walk_to_the_next(coverage.doors, manner, reach.station)
        mine = np.flatnonzero((reach.station == row) & (weight > 0))
        before, after, who = reach.walk[mine], next_best[manner][mine], weight[mine]
        after = after / SECONDS_A_MINUTE if name else after
        inside, still = within(before, limit), within(after, limit)
        sums["nearest"] += float(who.sum())
        sums["kept"] += float(who[still].sum())
        sums["cut_off"] += float(who[~np.isfinite(after)].sum())
        there = np.isfinite(after)
        for part, mask in (("lost", inside & ~still & there), ("kept", still), ("all", there)):
            people[part] += float(who[mask].sum())
            walked[part] += float(who[mask] @ (after - before)[mask])
    extras = {f"extra_{part}": walked[part] / people[part] if people[part] else np.nan for part in _EXTRAS}
    return {**sums, **extras}


# ----------------------------------------------------------------------------------------------------------------------
# 稳健性: how surely residents are covered, if a station shuts or an assumption is off.


_HEADLINE: Final = "coverage.residents"
"""Indicator whose target the draws are held against."""


@dataclass(frozen=True, eq=False, repr=False)
class RobustnessResult(CoverageStudy):
    """How robust the five-minute circle is; made by :func:`assess_robustness`.

    Everything is of any station, full or lite, and of all residents; each part is measured when first asked for.

    Attributes
    ----------
    coverage
        The five-minute circle that was looked at.
    ranges
        How far its assumptions may be off.
    critical_loss
        Share of all residents who lose coverage from which on a station is critical.
    critical_draws
        Share of the draws in which a station must be critical to be surely so.
    """

    ranges: Ranges
    critical_loss: float
    critical_draws: float
    study: ClassVar[str] = "robustness"
    answer: ClassVar[str] = "by_closure"

    def __repr__(self) -> str:
        table = self.by_depth
        people = table.loc[(table["mode"] == Mode.COMPLIANCE) & (table["stations"] == 2), "residents"].iloc[0]
        return f"<RobustnessResult {self.scenario.name}: {people:,.0f} residents within the limit of two stations>"

    @cached_property
    def headline(self) -> Shares:
        """Share of residents covered as the scenario has it, percent, by mode."""
        return headline(self.coverage)

    @property
    def target(self) -> float | None:
        """Aim of the plan for the headline share, percent; it is one for the compliance mode."""
        return self.scenario.targets.get(_HEADLINE)

    @cached_property
    def choices(self) -> dict[Mode, list[Choice]]:
        """Which stations are within the limit of whom, both modes."""
        return {mode: choices(self.coverage, mode) for mode in MODES}

    @cached_property
    def by_depth(self) -> pd.DataFrame:
        """Residents with at least one, two, three stations within the limit, both modes."""
        return choice.by_depth(self.coverage, self.choices)

    def by_area(self, area: Area = "community") -> pd.DataFrame:
        """Return the same for each area; see :func:`workbench.coverage.draws.depth_by_area`."""
        return choice.depth_by_area(self.coverage, self.choices, area)

    @cached_property
    def by_closure(self) -> pd.DataFrame:
        """Each open station shut by itself, both modes; see :func:`workbench.coverage.robustness.by_closure`."""
        return by_closure(self.coverage, self.choices, self.critical_loss)

    def critical(self, mode: Mode) -> list[str]:
        """Return the critical stations, the gravest first."""
        table = self.by_closure
        return [str(name) for name in table.loc[(table["mode"] == mode) & table["critical"], "id"]]

    @cached_property
    def bars(self) -> list[Bar]:
        """One assumption at a time, at both ends of its range."""
        return tornado(self.coverage, self.ranges)

    @cached_property
    def by_parameter(self) -> pd.DataFrame:
        """The same as a table, widest first; see :func:`workbench.coverage.draws.by_parameter`."""
        return by_parameter(self.coverage, self.bars)

    @cached_property
    def band(self) -> Band:
        """All assumptions at once, drawn at random."""
        return band(self.coverage, self.ranges, self.critical_loss)

    def words(self) -> Mapping[str, str]:
        """Return how the draws were made."""
        return {"draws": draw_words(self)}

    def values(self) -> Iterator[Value]:
        """Measure the numbers, compliance first: backup, closures, the widest bar, draws."""
        for mode in MODES:
            for part in (_backup, _closures, _widest, _draws):
                yield from part(self, mode)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out."""
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name: stations with their loss, points with their choice."""
        demand, stations = self.coverage.district.demand, self.coverage.district.stations
        columns = {
            "id": demand["id"],
            "residents": demand["residents"],
            "stations_compliance": self.choices[Mode.COMPLIANCE][0].count,
            "stations_experience": self._at_default_pace,
        }
        layers = {"robustness_points": gpd.GeoDataFrame(columns, geometry=demand.geometry, crs=demand.crs)}
        table = self.by_closure
        if len(table):
            sides = [
                table.loc[table["mode"] == mode, ["id", "lost", "lost_share", "extra_all", "cut_off", "critical"]]
                .set_index("id").round(2).add_suffix(f"_{mode}")
                for mode in MODES
            ]  # fmt: skip
            shut = stations[["id", "kind", "geometry"]].merge(sides[0].join(sides[1]).reset_index(), on="id")
            layers["robustness_stations"] = gpd.GeoDataFrame(shut, geometry="geometry", crs=stations.crs)
        return layers

    @property
    def _at_default_pace(self) -> np.ndarray:
        """Stations within the limit at the default pace: a point of the layer tells of no ages."""
        walks = self.coverage.cost_matrix(Mode.EXPERIENCE)
        return np.bincount(walks.indices, minlength=walks.shape[1])


def assess_robustness(coverage: CoverageResult) -> RobustnessResult:
    """Look at how far the five-minute circle depends on single stations and on assumptions.

    Parameters
    ----------
    coverage
        The five-minute circle; section ``robustness`` of its scenario says how far assumptions may be off.

    Returns
    -------
    RobustnessResult
        In both modes: metres along the network, and minutes with each group at its own pace.

    Raises
    ------
    ScenarioError
        If a spread or range of the scenario makes no sense; all problems at once.
    """
    scenario, rules = coverage.scenario, coverage.scenario.robustness
    return RobustnessResult(
        coverage,
        ranges_of(coverage),
        scenario.standard(rules.critical_loss),
        scenario.standard(rules.critical_draws),
    )
