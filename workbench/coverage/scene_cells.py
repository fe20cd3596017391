"""The cells of a scene matrix: who is served, why a cell is empty, and what each community lacks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.terms import label

if TYPE_CHECKING:
    from workbench.coverage.scenes import SceneMatrix

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_NAMED = 3
"""Communities that are named beside an empty cell."""

WHOLE = "whole"
"""Name of the row of all residents, each at the pace of the group it belongs to."""


class Verdict(IntEnum):
    """What a scene is to a resident; exactly one holds."""

    TIMELY = 0
    """A station within reach offers it at hours at which the group is free."""
    UNTIMED = 1
    """A station within reach offers it, but whether at the right hours is not known."""
    WRONG_HOURS = 2
    """Every station within reach that offers it is shut when the group is free and the scene is on."""
    UNSURE = 3
    """No station within reach is known to offer it, but the services of some are not known."""
    BEYOND = 4
    """No station within reach offers it."""


REACHED: Final = slice(Verdict.TIMELY, Verdict.UNSURE)
"""The verdicts of those who reach a station that offers the scene."""


class Reason(StrEnum):
    """What a cell of group and scene comes to; all but ``SERVED`` leave it without anybody who is served."""

    SERVED = "served"
    OFFERED_NOWHERE = "offered_nowhere"
    OUT_OF_REACH = "out_of_reach"
    WRONG_HOURS = "wrong_hours"
    NOT_KNOWN = "not_known"
    NOBODY = "nobody"
    SUPPRESSED = "suppressed"


EMPTY = (Reason.OFFERED_NOWHERE, Reason.OUT_OF_REACH, Reason.WRONG_HOURS, Reason.NOT_KNOWN)
"""Reasons for which a cell that is needed counts as empty."""


def group_label(matrix: SceneMatrix, group: str) -> str:
    """Return the Chinese name of a row of the matrix."""
    return label("everyone") if group == WHOLE else matrix.coverage.populace.label(group)


def needs_of(matrix: SceneMatrix, group: str) -> tuple[str, ...]:
    """Return the scenes that a row of the matrix needs; none for all residents."""
    return () if group == WHOLE else matrix.coverage.populace.groups[group].needs


def _smallest(matrix: SceneMatrix) -> float:
    return matrix.scenario.standard(matrix.scenario.coverage.smallest_cell)


def _hidden(matrix: SceneMatrix, group: str, residents: Floats) -> Flags:
    """Tell which counts of a group are too few to be published; all residents together are always published."""
    if group == WHOLE:
        return np.zeros(residents.shape, bool)
    return np.asarray((residents > 0) & (residents < _smallest(matrix)), bool)


@dataclass(frozen=True)
class Knowledge:
    """What is known of the services of the open stations of a district.

    Attributes
    ----------
    offered
        Which scenes some station is known to offer, shape (n,).
    some, every
        Whether the services of any station, and of every one, are known; both where there are no stations.
    """

    offered: Flags
    some: bool
    every: bool


def knowledge(matrix: SceneMatrix) -> Knowledge:
    """Return what is known of the services of the open stations."""
    offers = matrix.offers[matrix.serving]
    known = np.asarray((offers >= 0).all(axis=1), bool)
    return Knowledge(
        np.asarray((offers == 1).any(axis=0), bool), bool(known.any() or not known.size), bool(known.all())
    )


def served(counts: Floats, known: Knowledge) -> tuple[Floats, Floats]:
    """Return the residents who reach a scene, and those for whom it is timely as well.

    Missing where no services are known, and instead of a zero that what is not known could lift.

    Parameters
    ----------
    counts
        Residents by verdict, shape (…, 5).
    known
        What is known of services.
    """
    reached, timely = counts[..., REACHED].sum(axis=-1), counts[..., Verdict.TIMELY]
    unsure = counts[..., Verdict.UNSURE] > 0
    untimed = unsure | (counts[..., Verdict.UNTIMED] > 0)
    missing = np.full(reached.shape, not known.some)
    return (
        np.where(missing | ((reached == 0) & unsure), np.nan, reached),
        np.where(missing | ((timely == 0) & untimed), np.nan, timely),
    )


def cells(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a group and scene; see :attr:`SceneMatrix.cells`.

    ``residents``, ``reached``, ``timely``, ``untimed`` and ``unsure`` are people. ``reached`` and
    ``timely`` are lower bounds where some are ``unsure`` (whether a station in reach offers the scene
    is not known) or ``untimed`` (whether it does so at the right hours is not known).
    """
    known = knowledge(matrix)
    return pd.concat([_group_cells(matrix, group, known) for group in matrix.people], ignore_index=True)


def _group_cells(matrix: SceneMatrix, group: str, known: Knowledge) -> pd.DataFrame:
    counts = matrix.people[group].sum(axis=0)
    total = counts.sum(axis=1)
    hidden = _hidden(matrix, group, total)
    residents = np.where(hidden, np.nan, total)
    reached, timely = (np.where(hidden, np.nan, part) for part in served(counts, known))
    inhabited = np.where(total > 0, residents, np.nan)
    reasons = [_reason(row, bool(offered), known) for row, offered in zip(counts, known.offered, strict=True)]
    needs = needs_of(matrix, group)
    return pd.DataFrame(
        {
            "group": group,
            "label": group_label(matrix, group),
            "scene": list(matrix.catalogue),
            "scene_label": [scene.label for scene in matrix.catalogue.values()],
            "needed": [key in needs for key in matrix.catalogue],
            "residents": residents,
            "reached": reached,
            "share": 100 * reached / inhabited,
            "timely": timely,
            "share_timely": 100 * timely / inhabited,
            "untimed": np.where(hidden, np.nan, counts[:, Verdict.UNTIMED]),
            "unsure": np.where(hidden, np.nan, counts[:, Verdict.UNSURE]),
            "reason": [str(Reason.SUPPRESSED if few else why) for few, why in zip(hidden, reasons, strict=True)],
        }
    )


def _reason(counts: Floats, offered: bool, known: Knowledge) -> Reason:
    if counts.sum() == 0:
        return Reason.NOBODY
    if counts[Verdict.TIMELY] > 0:
        return Reason.SERVED
    if counts[REACHED].sum() > 0:
        return Reason.NOT_KNOWN if counts[Verdict.UNTIMED] > 0 else Reason.WRONG_HOURS
    if not offered:
        return Reason.OFFERED_NOWHERE if known.every else Reason.NOT_KNOWN
    return Reason.NOT_KNOWN if counts[Verdict.UNSURE] > 0 else Reason.OUT_OF_REACH


def empty_cells(matrix: SceneMatrix) -> pd.DataFrame:
    """Cells that a group needs and in which nobody is served; see :attr:`SceneMatrix.empty`."""
    table = matrix.cells
    table = table[table["needed"] & table["reason"].isin([str(reason) for reason in EMPTY])]
    worst = [
        "" if reason == Reason.NOT_KNOWN else _worst_communities(matrix, group, scene)
        for group, scene, reason in zip(table["group"], table["scene"], table["reason"], strict=True)
    ]
    columns = ["group", "label", "scene", "scene_label", "reason", "residents", "reached", "timely"]
    return table[columns].assign(communities=worst).reset_index(drop=True)


def _worst_communities(matrix: SceneMatrix, group: str, scene: str) -> str:
    """Name the communities where most of a group lack a scene, most first; too few people stay uncounted."""
    counts = matrix.people[group][:-1, list(matrix.catalogue).index(scene)]
    lacking = counts.sum(axis=1) - counts[:, Verdict.TIMELY]
    names = _community_names(matrix)
    shown = np.flatnonzero((lacking > 0) & ~_hidden(matrix, group, lacking))
    order = sorted(shown, key=lambda row: (-lacking[row], matrix.areas[row]))
    return "、".join(f"{names[row]}（{lacking[row]:,.0f} 人）" for row in order[:MOST_NAMED])


def _community_names(matrix: SceneMatrix) -> list[str]:
    known = dict(matrix.coverage.district.communities[["id", "name"]].itertuples(index=False, name=None))
    return [str(known.get(area, area)) for area in matrix.areas]


def community_shares(matrix: SceneMatrix, group: str, *, timely: bool) -> pd.DataFrame:
    """Return shares by community and scene; see :meth:`SceneMatrix.community_shares`."""
    counts = matrix.people[group][:-1]
    residents = np.asarray(counts.sum(axis=2).max(axis=1, initial=0.0), np.float64)  # alike for every scene
    hidden = _hidden(matrix, group, residents)
    part = served(counts, knowledge(matrix))[1 if timely else 0]
    whole = np.where(hidden | (residents == 0), np.nan, residents)
    table = pd.DataFrame(100 * part / whole[:, None], columns=list(matrix.catalogue))
    table.insert(0, "id", list(matrix.areas))
    table.insert(1, "name", _community_names(matrix))
    table.insert(2, "residents", np.where(hidden, np.nan, residents))
    table.insert(3, "suppressed", hidden)
    return table


def by_community(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a community; see :attr:`SceneMatrix.by_community`.

    ``scene_share`` (场景覆盖率) is the mean over all scenes of the share of residents who reach them,
    percent, missing where one of them is; ``lacking`` are the keys of the scenes that no resident
    reaches, in the catalogue's order, separated by ``;``.
    """
    reached, timely = (community_shares(matrix, WHOLE, timely=flag) for flag in (False, True))
    keys = list(matrix.catalogue)
    shares = reached[keys]
    table = reached[["id", "name", "residents"]].copy()
    table["scene_share"] = shares.mean(axis=1, skipna=False)
    table["scene_share_timely"] = timely[keys].mean(axis=1, skipna=False)
    table["lacking"] = [
        None if row.isna().all() else ";".join(key for key in keys if row[key] == 0) for _, row in shares.iterrows()
    ]
    return table
