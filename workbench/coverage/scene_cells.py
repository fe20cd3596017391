"""The cells of a scene matrix: who is served, why a cell is empty, and what each community lacks."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.coverage.quantities import share
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
    return (residents > 0) & (residents < _smallest(matrix))


def cells(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a group and scene; see :attr:`SceneMatrix.cells`.

    Counts are residents; ``reached`` and ``timely`` are missing where services, or hours, are not
    known at all, and lower bounds where ``unsure`` and ``untimed`` residents are reported beside them.
    """
    offered, open_known, all_known = knowledge(matrix)
    rows = []
    for group, people in matrix.people.items():
        total = people.sum(axis=0)
        needs = needs_of(matrix, group)
        for place, (key, scene) in enumerate(matrix.catalogue.items()):
            counts = total[place]
            residents = float(counts.sum())
            reason = _reason(counts, bool(offered[place]), all_known)
            reached: float | None = float(counts[REACHED].sum())
            timely: float | None = float(counts[Verdict.TIMELY])
            if bool(_hidden(matrix, group, np.array(residents))):
                reached, timely, reason = None, None, Reason.SUPPRESSED
            elif not open_known:
                reached, timely = None, None
            elif timely == 0 and counts[Verdict.UNTIMED] > 0:
                timely = None
            published = reason is not Reason.SUPPRESSED
            rows.append(
                {
                    "group": group,
                    "label": group_label(matrix, group),
                    "scene": key,
                    "scene_label": scene.label,
                    "needed": key in needs,
                    "residents": residents if published else None,
                    "reached": reached,
                    "share": None if reached is None else share(reached, residents),
                    "timely": timely,
                    "share_timely": None if timely is None else share(timely, residents),
                    "untimed": float(counts[Verdict.UNTIMED]) if published else None,
                    "unsure": float(counts[Verdict.UNSURE]) if published else None,
                    "reason": str(reason),
                }
            )
    numbers = ["residents", "reached", "share", "timely", "share_timely", "untimed", "unsure"]
    return pd.DataFrame(rows).astype(dict.fromkeys(numbers, "float64"))


def knowledge(matrix: SceneMatrix) -> tuple[Flags, bool, bool]:
    """Return which scenes some open station offers, and whether services of any, and of all, are known."""
    offers = matrix.offers[matrix.serving]
    known = np.asarray((offers >= 0).all(axis=1), bool)
    return (offers == 1).any(axis=0), bool(known.any()) or not known.size, bool(known.all())


def _reason(counts: Floats, offered: bool, all_known: bool) -> Reason:
    if counts.sum() == 0:
        return Reason.NOBODY
    if counts[Verdict.TIMELY] > 0:
        return Reason.SERVED
    if counts[REACHED].sum() > 0:
        return Reason.NOT_KNOWN if counts[Verdict.UNTIMED] > 0 else Reason.WRONG_HOURS
    if not offered:
        return Reason.OFFERED_NOWHERE if all_known else Reason.NOT_KNOWN
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
    residents = counts.sum(axis=2)[:, 0] if len(matrix.catalogue) else np.zeros(len(counts))
    hidden = _hidden(matrix, group, residents)
    _, open_known, _ = knowledge(matrix)
    part = counts[:, :, Verdict.TIMELY] if timely else counts[:, :, REACHED].sum(axis=2)
    missing = hidden | (residents == 0) | (not open_known)
    whole = np.where(missing, np.nan, residents)
    table = pd.DataFrame(100 * part / whole[:, None], columns=list(matrix.catalogue))
    table.insert(0, "id", list(matrix.areas))
    table.insert(1, "name", _community_names(matrix))
    table.insert(2, "residents", np.where(hidden, np.nan, residents))
    table.insert(3, "suppressed", hidden)
    return table


def by_community(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a community; see :attr:`SceneMatrix.by_community`.

    ``scene_share`` (场景覆盖率) is the mean over all scenes of the share of residents who reach them,
    percent; ``lacking`` are the keys of the scenes that no resident reaches, in the catalogue's order.
    """
    reached, timely = (community_shares(matrix, WHOLE, timely=flag) for flag in (False, True))
    keys = list(matrix.catalogue)
    shares = reached[keys]
    table = reached[["id", "name", "residents"]].copy()
    table["scene_share"] = shares.mean(axis=1)
    table["scene_share_timely"] = timely[keys].mean(axis=1)
    table["lacking"] = [
        None if row.isna().all() else ";".join(key for key in keys if row[key] == 0) for _, row in shares.iterrows()
    ]
    return table
