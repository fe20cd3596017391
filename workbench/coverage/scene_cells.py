"""The cells of a scene matrix: who is served, why a cell is empty, and what each community lacks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.scene_privacy import withheld_cells, withheld_communities
from workbench.coverage.scene_verdicts import REACHED, WHOLE, Verdict
from workbench.privacy import is_small
from workbench.terms import label

if TYPE_CHECKING:
    from workbench.coverage.scenes import SceneMatrix

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MOST_NAMED = 3
"""Communities that are named beside an empty cell."""


class Reason(StrEnum):
    """What a cell of group and scene comes to; all but ``SERVED`` leave it without anybody who is served."""

    SERVED = "served"
    OFFERED_NOWHERE = "offered_nowhere"
    OUT_OF_REACH = "out_of_reach"
    WRONG_HOURS = "wrong_hours"
    NOT_KNOWN = "not_known"
    NOBODY = "nobody"


EMPTY = (Reason.OFFERED_NOWHERE, Reason.OUT_OF_REACH, Reason.WRONG_HOURS, Reason.NOT_KNOWN)
"""Reasons for which a cell that is needed counts as empty."""


def group_label(matrix: SceneMatrix, group: str) -> str:
    """Return the Chinese name of a row of the matrix."""
    return label("everyone") if group == WHOLE else matrix.coverage.populace.label(group)


def needs_of(matrix: SceneMatrix, group: str) -> tuple[str, ...]:
    """Return the scenes that a row of the matrix needs; none for all residents."""
    return () if group == WHOLE else matrix.coverage.populace.groups[group].needs


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
    """One row a group and scene, exact; see :attr:`SceneMatrix.cells`.

    ``residents``, ``reached``, ``timely``, ``untimed`` and ``unsure`` are people. ``reached`` and
    ``timely`` are lower bounds where some are ``unsure`` (whether a station in reach offers the scene
    is not known) or ``untimed`` (whether it does so at the right hours is not known).
    """
    known = knowledge(matrix)
    hidden = withheld_cells(matrix)
    return pd.concat([_group_cells(matrix, group, known, hidden[group]) for group in matrix.people], ignore_index=True)


def _group_cells(matrix: SceneMatrix, group: str, known: Knowledge, hidden: Flags) -> pd.DataFrame:
    counts = matrix.people[group].sum(axis=0)
    residents = counts.sum(axis=1)
    reached, timely = served(counts, known)
    inhabited = np.where(residents > 0, residents, np.nan)
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
            "share_withheld": hidden[0],
            "timely": timely,
            "share_timely": 100 * timely / inhabited,
            "share_timely_withheld": hidden[1],
            "untimed": counts[:, Verdict.UNTIMED],
            "unsure": counts[:, Verdict.UNSURE],
            "reason": [str(_reason(row, bool(on), known)) for row, on in zip(counts, known.offered, strict=True)],
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
    names = community_names(matrix)
    smallest = matrix.coverage.withheld.smallest
    shown = [row for row, count in enumerate(lacking) if count > 0 and not is_small(float(count), smallest)]
    order = sorted(shown, key=lambda row: (-lacking[row], matrix.areas[row]))
    return "、".join(f"{names[row]}（{lacking[row]:,.0f} 人）" for row in order[:MOST_NAMED])


def community_names(matrix: SceneMatrix) -> list[str]:
    """Return the name of each community; its identifier where the district does not name it."""
    known = dict(matrix.coverage.district.communities[["id", "name"]].itertuples(index=False, name=None))
    return [str(known.get(area, area)) for area in matrix.areas]


def community_shares(matrix: SceneMatrix, group: str, *, timely: bool) -> pd.DataFrame:
    """Return shares by community and scene; see :meth:`SceneMatrix.community_shares`."""
    counts = matrix.people[group][:-1]
    residents = np.asarray(counts.sum(axis=2).max(axis=1, initial=0.0), np.float64)  # alike for every scene
    part = served(counts, knowledge(matrix))[1 if timely else 0]
    few, hidden = withheld_communities(matrix, group, residents, part)
    whole = np.where(residents > 0, residents, np.nan)
    table = pd.DataFrame(np.where(hidden, np.nan, 100 * part / whole[:, None]), columns=list(matrix.catalogue))
    table.insert(0, "id", list(matrix.areas))
    table.insert(1, "name", community_names(matrix))
    table.insert(2, "residents", np.where(few, np.nan, residents))
    table.insert(3, "suppressed", few | hidden.any(axis=1))
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
