"""The timetable and the works of one centre as one program: a flag for each work, and rows that sessions wait in.

A session takes one work of each of its lots. Sessions of one lot are all in one room, so that those that overlap share
a row; and an activity takes place no more often than asked, so that its sessions of one lot share a row too. Both are
needed: the first bounds the use of a room, the second keeps a fraction of a work from serving whole activities.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.rooms.model import Columns, Row, at_most, columns, costs_at_most, peaks, program, stacked
from workbench.rooms.problem import Ints
from workbench.rooms.works.choices import Lot, WorkedChoices
from workbench.rooms.works.problem import Work
from workbench.solving import LinearProgram

Floats = npt.NDArray[np.float64]


class WorkColumns:
    """The variables: those of the timetable, then a flag for each work.

    Parameters
    ----------
    made
        What could be.
    """

    def __init__(self, made: WorkedChoices) -> None:
        self.made = made
        self.timetable: Columns = columns(made.choices)

    @property
    def works(self) -> tuple[Work, ...]:
        """The works."""
        return self.made.works

    @property
    def count(self) -> int:
        """How many variables there are."""
        return self.timetable.count + len(self.works)

    def work(self, number: int) -> int:
        """Whether a work is done."""
        return self.timetable.count + number

    def over(self, of_choices: Floats) -> Floats:
        """Return a cost of choices as one of all variables."""
        return np.concatenate((of_choices, np.zeros(self.count - len(of_choices))))

    def of_works(self, values: list[int]) -> Floats:
        """Return a cost of works as one of all variables."""
        return np.concatenate((np.zeros(self.timetable.count), np.array(values, np.float64)))

    def done(self, values: Floats) -> tuple[Work, ...]:
        """Return the works that values of the variables stand for."""
        return tuple(work for n, work in enumerate(self.works) if values[self.work(n)] > 0.5)


def work_program(made: WorkColumns, most_days: int | None) -> LinearProgram:
    """Put the rules of the timetable and of the works together; budget and objective are left open.

    Parameters
    ----------
    made
        The variables.
    most_days
        Most days of work; None for as many as it takes.

    Returns
    -------
    LinearProgram
    """
    base = program(made.timetable)
    rows = [*_wait(made), *_one_pair(made)]
    if most_days is not None and made.works:
        rows.append(costs_at_most(made.of_works([work.days for work in made.works]), most_days))
    matrix, most = stacked(rows, made.count)
    count = len(made.works)
    wide = sp.csr_array(sp.hstack([base.rows, sp.csr_array((base.rows.shape[0], count))]))
    return replace(
        base,
        cost=np.zeros(made.count),
        rows=sp.csr_array(sp.vstack([wide, matrix])),
        row_lower=np.append(base.row_lower, np.full(len(most), -np.inf)),
        row_upper=np.append(base.row_upper, most),
        lower=np.append(base.lower, np.zeros(count)),
        upper=np.append(base.upper, np.ones(count)),
        integer=np.ones(made.count, np.bool_),
    )


def _wait(made: WorkColumns) -> list[Row]:
    """Let a session take place only when a work of each of its lots is done."""
    choices, found = made.made.choices, []
    shares = np.array([bool(word) for word in made.timetable.word], bool)
    for lot, at in made.made.lots:
        found += [_waiting(made, here, lot, 1) for here in _cliques(made, at[~shares[at]])]
        for a in np.unique(choices.activity[at]):
            own = at[choices.activity[at] == a]
            found.append(_waiting(made, own, lot, made.timetable.centre.activities[a].sessions))
            found += [_waiting(made, here, lot, 1) for here in _cliques(made, own[shares[own]])]
    return found


def _cliques(made: WorkColumns, at: Ints) -> list[Ints]:
    """Return the maximal sets of choices that overlap."""
    begins, ends = made.made.choices.begins[at], made.made.choices.ends[at]
    return [at[(begins <= cell) & (cell < ends)] for cell in peaks(begins, ends)]


def _waiting(made: WorkColumns, at: Ints, lot: Lot, times: int) -> Row:
    """Let sessions take place so many times together if a work of the lot is done, else not at all."""
    works = [made.work(n) for n in sorted(lot)]
    amounts = np.append(np.ones(len(at)), np.full(len(works), -float(times)))
    return at_most(np.append(at, works), amounts, 0.0)


def _one_pair(made: WorkColumns) -> list[Row]:
    """Join no room with two others."""
    joins = [(n, w.rooms) for n, w in enumerate(made.works) if w.gives == "join"]
    found: list[Row] = []
    for room in sorted({r for _, rooms in joins for r in rooms}):
        at = [made.work(n) for n, rooms in joins if room in rooms]
        if len(at) > 1:
            found.append(at_most(at, 1.0, 1.0))
    return found
