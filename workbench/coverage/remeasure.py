"""The headline number measured again under other assumptions, on the network that is there."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from workbench.coverage.costs import SECONDS_A_MINUTE
from workbench.coverage.doors import Doors
from workbench.coverage.measure import manner_of
from workbench.coverage.quantities import share, within
from workbench.coverage.result import CoverageResult, Populace
from workbench.coverage.walkers import MODES
from workbench.network.walking import METRES, Manner, Walks
from workbench.scenario import Scenario
from workbench.terms import Mode, ServiceLevel

Floats = npt.NDArray[np.float64]

Shares = dict[Mode, float | None]
"""Residents covered by any station, percent of all, by mode; None where nobody lives."""


def headline(coverage: CoverageResult) -> Shares:
    """Return the share of residents covered by any station, both modes."""
    total = float(coverage.populace.residents.sum())
    return {mode: share(float(coverage.covered_residents(mode).sum()), total) for mode in MODES}


@dataclass(eq=False)
class Remeasure:
    """Measures again what a changed assumption touches, and nothing else.

    The answers are those of :func:`workbench.coverage.assess_coverage` on the changed scenario, to the last bit.

    Parameters
    ----------
    coverage
        The measurement to start from.
    """

    coverage: CoverageResult
    _known: dict[tuple[Mode, Manner], Floats] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        coverage = self.coverage
        self._known[Mode.COMPLIANCE, METRES] = coverage.distance[ServiceLevel.ANY].walk
        for name, manner in coverage.manners.items():
            self._known[Mode.EXPERIENCE, manner] = coverage.minutes[name][ServiceLevel.ANY].walk

    def shares(self, scenario: Scenario, *, doors: Doors | None = None, populace: Populace | None = None) -> Shares:
        """Return the share of residents covered by any station, both modes.

        Parameters
        ----------
        scenario
            The changed scenario; groups and gates as before.
        doors
            Other places of the doors on the same network.
        populace
            Other counts of residents.
        """
        people = populace or self.coverage.populace
        metres = scenario.standard(scenario.coverage.distance)
        minutes = scenario.standard(scenario.coverage.time)
        parts = []
        for name in people.whole:
            walk = self._walk(Mode.EXPERIENCE, manner_of(scenario, people.groups[name]), doors)
            parts.append(np.where(within(walk, minutes), people.weight[name], 0.0))
        near = np.where(within(self._walk(Mode.COMPLIANCE, METRES, doors), metres), people.residents, 0.0)
        total = float(people.residents.sum())
        soon = np.asarray(np.sum(parts, axis=0), np.float64)
        return {
            Mode.COMPLIANCE: share(float(near.sum()), total),
            Mode.EXPERIENCE: share(float(soon.sum()), total),
        }

    def _walk(self, mode: Mode, manner: Manner, doors: Doors | None) -> Floats:
        """Metres, or minutes, to the nearest station."""
        if doors is None and (mode, manner) in self._known:
            return self._known[mode, manner]
        ground = doors or self.coverage.ground
        # a manner that is tried once is not kept among those of the ground
        cost, _ = Walks(ground.streets, manner).nearest(ground.demand, ground.stations, ground.audience)
        walk = cost / SECONDS_A_MINUTE if mode is Mode.EXPERIENCE else cost
        if doors is None:
            self._known[mode, manner] = walk
        return walk
