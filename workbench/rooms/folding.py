"""Days that are alike, folded into one: a smaller program whose optimum bounds that of the week.

Two days are alike where the same sessions could be at the same hours. To exchange them changes neither rules nor need,
so that flags of such days may be added up: one whole number says on how many of them a session takes place. The rows
of these days are added up as well. What is left is a relaxation (which session is on which day is forgotten), as tight
as the linear one of the week at least, far smaller, and free of the symmetry that keeps a search from its proof.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.rooms.choices import Choices
from workbench.rooms.model import Columns
from workbench.rooms.problem import DAY_CELLS, DAYS, Ints
from workbench.solving import LinearProgram

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_SAME = 1e-9


def alike(made: Choices) -> Ints:
    """Return for each day of the week the first day that is like it, shape (7,)."""
    first: dict[tuple[bytes, bytes, bytes], int] = {}
    found = []
    for day in range(DAYS):
        own = made.day == day
        key = (made.activity[own].tobytes(), (made.start[own] % DAY_CELLS).tobytes(), made.place[own].tobytes())
        found.append(first.setdefault(key, day))
    return np.array(found, np.int64)


@dataclass(frozen=True, eq=False)
class Folding:
    """Which variables of the week are one variable of the folded week.

    Parameters
    ----------
    orbit
        Shape (n,), the folded variable of each.
    size
        Shape (k,), how many variables each folded one stands for.
    """

    orbit: Ints
    size: Ints

    @classmethod
    def of(cls, made: Columns) -> Folding | None:
        """Return how the week of a centre folds; None if no two days on which anything could be are alike."""
        like = alike(made.choices)
        days = np.unique(made.choices.day)
        if len(np.unique(like[days])) == len(days):
            return None
        found = made.choices
        at = np.arange(made.count)
        keys = np.stack([np.full(made.count, -1), at, np.zeros_like(at), np.zeros_like(at)], axis=1)
        keys[: found.count] = np.stack([found.activity, found.start % DAY_CELLS, found.place, like[found.day]], axis=1)
        words = {word: n for n, word in enumerate(sorted({s.word for s in made.shared}))}
        for number, use in enumerate(made.shared):
            day, cell = divmod(use.cell, DAY_CELLS)
            keys[made.share(number)] = (-2 - words[use.word], use.room, cell, like[day])
        _, orbit, size = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        return cls(orbit.reshape(-1).astype(np.int64), size.astype(np.int64))

    @property
    def count(self) -> int:
        """How many folded variables there are."""
        return len(self.size)

    def cost(self, cost: Floats) -> Floats:
        """Return the least cost of the variables of each folded one, shape (k,)."""
        least = np.full(self.count, np.inf)
        np.minimum.at(least, self.orbit, cost)
        return least

    def fold(self, program: LinearProgram) -> LinearProgram:
        """Return the program of the folded week; its cost is empty.

        Rows that are the same once folded are added up. A variable of a row takes the least amount of those that it
        stands for: as none is negative, the row holds for every solution of the week.

        Parameters
        ----------
        program
            Rows with an upper side only.
        """
        onto = sp.csr_array((np.ones(len(self.orbit)), (np.arange(len(self.orbit)), self.orbit)))
        folded = sp.csr_array(program.rows @ onto)
        folded.sort_indices()
        group, sides = _groups(folded, program.row_upper)
        adding = sp.csr_array((np.ones(len(group)), (group, np.arange(len(group)))), shape=(len(sides), len(group)))
        total = sp.csr_array(adding @ program.rows)
        rows = sp.csr_array(total @ onto)
        rows.data = rows.data / self.size[rows.indices]
        uneven = abs(sp.csr_array(total - rows @ onto.T)).max(axis=1).toarray().ravel() > _SAME
        if uneven.any():
            least = [self.cost(total[[row]].toarray().ravel()) for row in np.flatnonzero(uneven)]
            rows = sp.csr_array(sp.vstack([rows[np.flatnonzero(~uneven)], sp.csr_array(np.array(least))]))
            sides = np.concatenate((sides[~uneven], sides[uneven]))
        rows.eliminate_zeros()
        upper = np.bincount(self.orbit, program.upper, self.count).astype(np.float64)
        none, every = np.zeros(self.count), np.ones(self.count, np.bool_)
        return LinearProgram(none, rows, np.full(len(sides), -np.inf), sides, none, upper, every)


def _groups(rows: sp.csr_array, most: Floats) -> tuple[Ints, Floats]:
    """Return the group of each row, rows alike being one group, and the sides of each group added up."""
    known: dict[tuple[bytes, bytes, float], int] = {}
    group = np.empty(rows.shape[0], np.int64)
    ends = rows.indptr.tolist()
    for row, side in enumerate(most.tolist()):
        here = slice(ends[row], ends[row + 1])
        key = (rows.indices[here].tobytes(), rows.data[here].tobytes(), side)
        group[row] = known.setdefault(key, len(known))
    return group, np.bincount(group, most, len(known)).astype(np.float64)
