"""Gaps between groups, and who and where the worst off are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.areas import Area, area_of_points
from workbench.coverage.measure import EVERYONE
from workbench.coverage.result import CoverageResult
from workbench.coverage.walkers import Walkers, all_numbers, walkers
from workbench.privacy import is_small, withheld
from workbench.terms import Mode, ServiceLevel

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_ANY = ServiceLevel.ANY
_COUNTS = ("residents", "reached", "unreachable")
_WALKS = ("mean", "p50", "p90", "share", "gini", "gap", "gap_p90", "gap_share", "ratio", "ratio_m")


def by_group(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Compare each group at its own pace with everybody, each at their own.

    Parameters
    ----------
    coverage
        The five-minute circle.
    worst
        Share of residents that counts as the worst off.

    Returns
    -------
    pandas.DataFrame
        ``mean``, ``p50``, ``p90`` minutes, ``share`` within the limit; ``gap``, ``gap_p90``, ``gap_share``
        and ``ratio`` against everybody; ``ratio_m``, the same ratio in metres, says how much of it is
        where the group lives, the rest is how it walks. NaN where a number would be of too few people
        to publish, or give such a number away (:func:`workbench.coverage.groups.withheld_groups`).
    """
    everybody = walkers(coverage, Mode.EXPERIENCE).figures(worst)
    metres = walkers(coverage, Mode.COMPLIANCE).figures(worst)
    rows = []
    for name in coverage.populace.groups:
        own = _of_group(coverage, name, Mode.EXPERIENCE).figures(worst)
        far = _of_group(coverage, name, Mode.COMPLIANCE).figures(worst)
        row = {key: own[key] for key in (*_COUNTS, "mean", "p50", "p90", "share", "gini")}
        row |= {
            "gap": _minus(own["mean"], everybody["mean"]),
            "gap_p90": _minus(own["p90"], everybody["p90"]),
            "gap_share": _minus(own["share"], everybody["share"]),
            "ratio": _over(own["mean"], everybody["mean"]),
            "ratio_m": _over(far["mean"], metres["mean"]),
        }
        row |= dict.fromkeys(unpublished(coverage, name) & set(row))
        rows.append({"group": name, "label": coverage.populace.label(name), **row})
    return all_numbers(pd.DataFrame(rows))


def reached_residents(coverage: CoverageResult, group: str) -> float:
    """Return how many residents of a group can reach a station; exact, not for publication."""
    return float(coverage.populace.weight[group][np.isfinite(coverage.minutes[group][_ANY].walk)].sum())


def unpublished(coverage: CoverageResult, group: str) -> frozenset[str]:
    """Return the columns of :func:`by_group` that are not published for a group."""
    hidden, reached = coverage.withheld, reached_residents(coverage, group)
    if group in hidden.residents or (group != EVERYONE and is_small(reached, hidden.smallest)):
        return frozenset({*_COUNTS, *_WALKS})
    # beside the size of the group, one of the two gives the other away
    return frozenset({"reached", "unreachable"} if group in hidden.unreachable[_ANY] else ())


def _of_group(coverage: CoverageResult, name: str, mode: Mode) -> Walkers:
    weight = coverage.populace.weight[name]
    reach = coverage.minutes[name] if mode is Mode.EXPERIENCE else coverage.distance
    points = np.arange(len(weight))
    return Walkers(points, np.zeros_like(points), reach[_ANY].walk, weight, coverage.limit(mode))


def worst_by_group(coverage: CoverageResult, worst: float) -> pd.DataFrame:
    """Say who the worst-off residents are, each group at its own pace.

    Returns
    -------
    pandas.DataFrame
        One row a group of the population: ``residents`` among the worst off, their ``share`` of them,
        the group's ``share_of_all`` and ``over``, the one ÷ the other. NaN where a count is of too few
        people to publish, or would give such a count away (:func:`workbench.privacy.withheld`).
    """
    everybody = walkers(coverage, Mode.EXPERIENCE)
    names = coverage.populace.whole
    last = _by_number(everybody.group, everybody.in_tail(worst), len(names))
    whole = _by_number(everybody.group, np.where(everybody.reached, everybody.people, 0.0), len(names))
    makeup = {n: {str(b): s for b, s in coverage.populace.groups[n].ages.items()} for n in names if n != EVERYONE}
    counts, wholes = (dict(zip(names, part.tolist(), strict=True)) for part in (last, whole))
    least = coverage.scenario.standard(coverage.scenario.coverage.smallest_cell)
    hidden = withheld({n: counts[n] for n in makeup}, least, makeup, wholes=wholes)
    shown = np.where([name in hidden for name in names], np.nan, last)
    of_worst, of_all = max(float(last.sum()), 1e-300), max(float(whole.sum()), 1e-300)
    table = pd.DataFrame(
        {
            "group": names,
            "label": [coverage.populace.label(name) for name in names],
            "residents": shown,
            "share": 100 * shown / of_worst,
            "share_of_all": np.where(np.isnan(shown), np.nan, 100 * whole / of_all),
        }
    )
    return table.assign(over=table["share"] / table["share_of_all"].where(table["share_of_all"] > 0))


def worst_by_area(coverage: CoverageResult, worst: float, area: Area, mode: Mode) -> pd.DataFrame:
    """Say where the worst-off residents live, most first.

    Returns
    -------
    pandas.DataFrame
        ``id``, ``residents`` among the worst off, of ``all`` residents there, ``share`` in percent and
        their ``mean`` walk; areas without any are left out.
    """
    everybody = walkers(coverage, mode)
    last = everybody.in_tail(worst)
    frame = pd.DataFrame(
        {
            "id": area_of_points(coverage, area).to_numpy(object)[everybody.point],
            "residents": last,
            "walked": last * np.where(last > 0, everybody.walk, 0.0),
            "all": everybody.people,
        }
    )
    table = frame.groupby("id", sort=True).sum().reset_index()
    table = table[table["residents"] > 0]
    table = table.assign(share=100 * table["residents"] / table["all"], mean=table["walked"] / table["residents"])
    table = table.sort_values(["residents", "id"], ascending=[False, True], kind="stable", ignore_index=True)
    return table.drop(columns="walked")


def _by_number(number: Ints, people: Floats, size: int) -> Floats:
    return np.asarray(np.bincount(number, people, minlength=size), np.float64)


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _over(a: float | None, b: float | None) -> float | None:
    return None if a is None or not b else a / b
