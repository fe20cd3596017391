"""Coverage by group of residents, and which of its numbers are too small to publish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.coverage.quantities import quantile, share
from workbench.privacy import WITHHELD, stand_in, withheld
from workbench.terms import Mode, ServiceLevel

if TYPE_CHECKING:
    from workbench.coverage.result import CoverageResult


@dataclass(frozen=True)
class Withheld:
    """Numbers of groups that are not published, see :func:`workbench.privacy.withheld`.

    Attributes
    ----------
    smallest
        Counts below this are withheld.
    residents
        Groups whose size is withheld, and with it everything else that is known of them.
    covered, unreachable
        Groups whose covered or unreachable residents are withheld, by level of service.
    """

    smallest: float
    residents: frozenset[str]
    covered: Mapping[ServiceLevel, frozenset[str]]
    unreachable: Mapping[ServiceLevel, frozenset[str]]


def by_group(result: CoverageResult) -> pd.DataFrame:
    """Coverage of each group at its own pace; exact, not for publication."""
    rows = []
    for name in result.populace.groups:
        weight = result.populace.weight[name]
        total = float(weight.sum())
        for level in ServiceLevel:
            walk = result.minutes[name][level].walk
            covered = float(weight[result.covered(Mode.EXPERIENCE, level, name)].sum())
            rows.append(
                {
                    "group": name,
                    "label": result.populace.label(name),
                    "level": str(level),
                    "residents": total,
                    "covered": covered,
                    "share": share(covered, total),
                    "p50_min": quantile(walk, weight, 0.5),
                    "p90_min": quantile(walk, weight, 0.9),
                    "unreachable": float(weight[~np.isfinite(walk)].sum()),
                }
            )
    return pd.DataFrame(rows).astype({"share": "float64", "p50_min": "float64", "p90_min": "float64"})


def withheld_groups(result: CoverageResult) -> Withheld:
    """Find the numbers of groups that are too small to publish, or would give such a number away."""
    smallest = result.scenario.standard(result.scenario.coverage.smallest_cell)
    # a group without age bands is counted without regard to age: nothing to withhold
    makeup = {name: {str(b): s for b, s in g.ages.items()} for name, g in result.populace.groups.items() if g.ages}
    table = result.by_group
    table = table[table["group"].isin(makeup)]
    sizes = dict(zip(table["group"], table["residents"], strict=True))
    of: dict[str, dict[ServiceLevel, frozenset[str]]] = {"covered": {}, "unreachable": {}}
    for level in ServiceLevel:
        part = table[table["level"] == level]
        for column, found in of.items():
            counts = dict(zip(part["group"], part[column], strict=True))
            found[level] = withheld(counts, smallest, makeup, wholes=sizes)
    return Withheld(smallest, withheld(sizes, smallest, makeup), of["covered"], of["unreachable"])


def published(result: CoverageResult) -> dict[str, pd.Series]:
    """Return what stands for the withheld cells of :func:`by_group`, by column; empty text for all others."""
    table, hidden = result.by_group, result.withheld
    whole = table["group"].isin(hidden.residents)
    levels = [ServiceLevel(level) for level in table["level"]]
    rows = list(zip(table["group"], levels, strict=True))
    masks = {
        "residents": whole,
        "covered": whole | pd.Series([group in hidden.covered[level] for group, level in rows], dtype=bool),
        "unreachable": whole | pd.Series([group in hidden.unreachable[level] for group, level in rows], dtype=bool),
        "p50_min": whole,
        "p90_min": whole,
    }
    masks["share"] = masks["covered"]
    counts = ("residents", "covered", "unreachable")
    return {
        column: pd.Series(
            [
                "" if not hide else stand_in(value, hidden.smallest) if column in counts else WITHHELD
                for hide, value in zip(mask, table[column], strict=True)
            ],
            dtype=object,
        )
        for column, mask in masks.items()
    }
