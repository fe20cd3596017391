"""The search of one centre: stages over its week, with bounds from its folded days and timetables mended day by day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from workbench.arrays import Flags, Floats
from workbench.rooms.check import objectives, possible_sessions
from workbench.rooms.model import Columns, Folding, columns, program, timetable
from workbench.rooms.problem import Centre, Timetable, choices
from workbench.solving import Interrupt, LinearProgram, Stage, StagedSearch, Status, with_rows, without
from workbench.solving.staged import Way, priced_out, rounded_up

_FIRST = 0.25
"""Share of the effort that CP-SAT has where days differ, to find the easy."""
_LAYING = 0.25
"""Share of the effort for each try to lay a folded plan out over the days."""
_FREED, _ROUNDS = 2, 3
"""Days that may change at a time when a timetable is mended, and most rounds of the week."""
_ROUNDING = 1e-3
"""How far a bound may be off; what is bounded is whole."""


class Search(StagedSearch):
    """The timetable of one centre so far, and the rows that earlier stages have added.

    Parameters
    ----------
    centre
        The centre.
    effort
        Most work of CP-SAT on one search, deterministic seconds.
    interrupt
        Whether Ctrl-C was pressed; then no further search is begun.
    week
        Variables and rows, where they are not those of the centre by itself.
    """

    def __init__(
        self, centre: Centre, effort: float, interrupt: Interrupt, week: tuple[Columns, LinearProgram] | None = None
    ) -> None:
        self.centre = centre
        self.columns: Columns = columns(choices(centre)) if week is None else week[0]
        whole = program(self.columns) if week is None else week[1]
        super().__init__(whole, effort=effort, interrupt=interrupt, worth=self._objectives)
        self.possible = possible_sessions(self.columns.choices)
        self._folding = Folding.of(self.columns)
        self._folded = None if self._folding is None else self._folding.fold(self.program)
        self._plan: Floats | None = None
        self._alike, self._tried = True, False

    def _objectives(self, values: Floats) -> dict[str, int]:
        return objectives(self.centre, timetable(self.columns, values), self.possible)

    def begin_with(self, known: Timetable) -> None:
        """Take in a timetable that is known, with whatever flags go with it."""
        at = self.columns.choices.values(known)
        if at is None:
            raise AssertionError("a timetable that is known cannot be")
        others, cost = np.arange(self.columns.count) < self.columns.choices.count, np.zeros(self.columns.count)
        others[at], cost[at] = False, -1.0
        answer = self.solve(without(replace(self.program, cost=cost), others), 1.0, None)
        if answer.values is not None and round(-answer.objective) == len(at):
            self.values = answer.values

    def minimise(
        self, name: str, cost: Floats, offset: int = 0, least: int = 0, *, alike: bool = True, tried: bool = False
    ) -> Stage:
        """Go through one stage; ``alike``: days that are alike cost the same. ``tried``: CP-SAT was asked already."""
        self._alike, self._tried = alike, tried
        return super().minimise(name, cost, offset, least)

    def ways(self) -> Sequence[Way]:
        """Return what is tried: the folded week, or what the costs of days leave of the week; then the week itself."""
        if self._alike:
            return self._folds, self._mended, self.prove
        first = () if self._tried else (self._first,)
        return *first, self._mended, self._narrowed, self.prove

    def _folds(self, cost: Floats, bound: int) -> int:
        return max(bound, rounded_up(self.foreseen(cost), cost))

    def _first(self, cost: Floats, bound: int) -> int:
        """Ask CP-SAT for the easy; what is taken out says nothing of the steps of the cost."""
        cost = self._paid(cost)
        answer = self.ask(cost, _FIRST)
        if answer.status is Status.INFEASIBLE:
            raise AssertionError("a solver finds no timetable where there is one")
        return max(bound, rounded_up(answer.bound, cost))

    def _narrowed(self, cost: Floats, bound: int) -> int:
        return self.narrow(self._paid(cost), bound)

    def prove(self, cost: Floats, bound: int) -> int:
        """Search the week as it stands."""
        return super().prove(cost if self._alike else self._paid(cost), bound)

    def _paid(self, cost: Floats) -> Floats:
        return np.where(self.program.upper > 0, cost, 0.0)

    def foreseen(self, cost: Floats) -> float:
        """Return a bound from the folded week; take in its plan as far as it can be laid out over the days."""
        folding, folded = self._folding, self._folded
        if folding is None or folded is None or self.interrupt.asked:
            return -math.inf
        self._plan, bound = self.settle(replace(folded, cost=folding.cost(cost)), self._plan)
        if self._plan is not None:
            self._lay_out(cost, self._plan[folding.orbit] > 0.5, bound)
        return bound

    def _lay_out(self, cost: Floats, used: npt.NDArray[np.bool_], bound: float) -> None:
        """Look for a timetable among the sessions of a folded plan; then among all in the places that it gives each."""
        choices = self.columns.choices
        place = choices.activity * len(self.centre.places) + choices.place
        wider = used.copy()
        wider[: choices.count] = np.isin(place, place[used[: choices.count]])
        wider[choices.count :] = True
        for allowed in (used, wider):
            laid = without(replace(self.program, cost=cost), ~allowed)
            answer = self.solve(laid, _LAYING, None)
            if answer.values is not None and (self.values is None or cost @ answer.values < cost @ self.values - 0.5):
                self.values = answer.values
            if self.values is not None and cost @ self.values <= bound + _ROUNDING:
                return

    def _mended(self, cost: Floats, bound: int) -> int:
        """Better the incumbent by letting only some days change at a time, as long as a round of the week helps."""
        cost = cost if self._alike else self._paid(cost)
        choices, days = self.columns.choices, np.unique(self.columns.choices.day).tolist()
        for _ in range(_ROUNDS):
            before = cost @ self.values if self.values is not None else math.inf
            for first in range(len(days)):
                if self.values is None or cost @ self.values <= bound:
                    return bound
                freed = [days[(first + step) % len(days)] for step in range(_FREED)]
                still = self.values < 0.5
                still[choices.count :] = False
                still[: choices.count] &= ~np.isin(choices.day, freed)
                answer = self.solve(without(replace(self.program, cost=cost), still), _LAYING, self.values)
                if answer.values is not None and cost @ answer.values < cost @ self.values - 0.5:
                    self.values = answer.values
            if self.values is None or cost @ self.values > before - 0.5:
                break
        return bound

    def bind(self, cost: Floats, most: int) -> None:
        """Let no later stage be worse; the folded plan stays where the next search begins."""
        plan = self._plan
        super().bind(cost, most)
        self._plan = plan

    def add(self, rows: sp.csr_array, most: Floats) -> None:
        """Add rows that bind from now on."""
        super().add(rows, most)
        if self._folding is not None and self._folded is not None:
            least = [self._folding.cost(row) for row in rows.toarray()]
            self._folded = with_rows(self._folded, sp.csr_array(np.array(least)), most)
            self._plan = None

    def priced(self, cost: Floats, most: int) -> Flags:
        """Return which variables no timetable has that costs no more than so much."""
        if not self._alike or self._folding is None or self._folded is None:
            return super().priced(cost, most)
        return priced_out(replace(self._folded, cost=self._folding.cost(cost)), most)[self._folding.orbit]

    def take_out(self, gone: Flags) -> None:
        """Let some variables be 0 from now on."""
        super().take_out(gone)
        if self._folding is not None and self._folded is not None:
            left = np.bincount(self._folding.orbit, self.program.upper, self._folding.count).astype(np.float64)
            self._folded = replace(self._folded, upper=left)
