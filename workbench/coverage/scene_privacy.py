"""Which numbers of a scene matrix are of too few people to be published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from workbench.coverage.scene_verdicts import REACHED, WHOLE, Verdict
from workbench.privacy import is_small, withheld

if TYPE_CHECKING:
    from workbench.coverage.scenes import SceneMatrix

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def _makeup(matrix: SceneMatrix) -> dict[str, Mapping[str, float]]:
    """Return the bands of each group that is counted by age; the others have nothing to withhold."""
    groups = matrix.coverage.populace.groups
    return {
        name: {str(band): share for band, share in group.ages.items()} for name, group in groups.items() if group.ages
    }


def withheld_cells(matrix: SceneMatrix) -> dict[str, Flags]:
    """Tell which shares of a group must not be published, shape (2, n): within reach, and timely as well.

    A share is withheld where it tells of too few people, or leaves too few over, or would give such a
    number away; see :func:`workbench.privacy.withheld`.
    """
    makeup, smallest = _makeup(matrix), matrix.coverage.withheld.smallest
    hidden = {group: np.zeros((2, len(matrix.catalogue)), bool) for group in matrix.people}
    totals = {name: matrix.people[name].sum(axis=0) for name in makeup}
    for place in range(len(matrix.catalogue)):
        sizes = {name: float(total[place].sum()) for name, total in totals.items()}
        reached = {name: float(total[place, REACHED].sum()) for name, total in totals.items()}
        timely = {name: float(total[place, Verdict.TIMELY]) for name, total in totals.items()}
        of_reach = withheld(reached, smallest, makeup, wholes=sizes)
        of_time = withheld(timely, smallest, makeup, wholes=sizes)
        for name in makeup:
            never = name in matrix.coverage.withheld.residents
            late = is_small(reached[name] - timely[name], smallest)
            hidden[name][:, place] = never or name in of_reach, never or name in of_time or late
    return hidden


def withheld_communities(matrix: SceneMatrix, group: str, residents: Floats, part: Floats) -> tuple[Flags, Flags]:
    """Tell which numbers of a group must not be published by community.

    Parameters
    ----------
    matrix
        What was measured.
    group
        The group; all residents together are always published.
    residents, part
        Residents of the group, shape (a,), and those who reach each scene, shape (a, n).

    Returns
    -------
    few : ndarray of bool, shape (a,)
        Communities in which the group is too small.
    hidden : ndarray of bool, shape (a, n)
        Shares that are withheld. Where one community alone would be, another keeps it company:
        else it could be had by subtracting the rest from the district.
    """
    if group == WHOLE or not matrix.coverage.populace.groups[group].ages:
        return np.zeros(residents.shape, bool), np.zeros(part.shape, bool)
    small = np.vectorize(lambda count: is_small(float(count), matrix.coverage.withheld.smallest), otypes=[bool])
    few = _in_company(small(residents), residents)
    hidden = few[:, None] | small(part) | small(residents[:, None] - part)
    return few, np.column_stack([_in_company(column, residents) for column in hidden.T])


def _in_company(hidden: Flags, residents: Floats) -> Flags:
    """Hide the smallest of the others as well where one is hidden alone; the first on a tie."""
    others = np.flatnonzero(~hidden & (residents > 0))
    if hidden.sum() != 1 or not others.size:
        return hidden
    more = hidden.copy()
    more[others[np.argmin(residents[others])]] = True
    return more
