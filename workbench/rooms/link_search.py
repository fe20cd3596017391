"""The search for a better assignment of activities to centres, from everything at home, never to a worse one.

Each step moves what is not served to where it would be, or what keeps a room open to where rooms are open anyway
(:mod:`workbench.rooms.link_moves`). The centres that a step touches are planned anew, each in its stages, and the step
stands only if the district is strictly better in the order of the stages.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from workbench.progress import Tell, silent
from workbench.rooms.link_moves import Clearance, Moves, Standing, emptying, making_room, serving
from workbench.rooms.link_units import Assignment, Links
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.solving import Interrupt

WORKERS = 2
"""Centres that are planned at once; the plans do not depend on it."""
Vector = tuple[int, ...]


def district_vector(plans: Mapping[str, CentrePlan]) -> dict[str, int]:
    """Return what the centres together are worth, stage by stage: the largest shortfall of a group, else the sum."""
    found: dict[str, int] = {}
    for plan in plans.values():
        for stage in plan.stages:
            before = found.get(stage.name, 0)
            found[stage.name] = max(before, stage.value) if stage.name == "floors" else before + stage.value
    return found


class Search:
    """The best assignment so far, and the plans of all centres under it.

    Parameters
    ----------
    links
        What may move.
    plans
        The plans with everything at home, by station.
    effort
        Most work on one stage of one centre.
    trials
        Most steps that are tried by planning centres anew.
    interrupt
        Whether Ctrl-C was pressed; then nothing more is tried.
    progress
        Told of each step that is tried.
    """

    def __init__(
        self,
        links: Links,
        plans: Mapping[str, CentrePlan],
        effort: float,
        trials: int,
        interrupt: Interrupt | None = None,
        progress: Tell = silent,
    ) -> None:
        self.links, self._effort, self._interrupt, self._progress = links, effort, interrupt or Interrupt(), progress
        self._trials, self.tried = trials, 0
        self._known = {(name, frozenset[int]()): plans[name] for name in links.centres}
        self.assignment: Assignment = links.home
        self.plans: dict[str, CentrePlan] = {name: plans[name] for name in links.centres}
        self._clearances = [Clearance(links, part) for part in links.parts() if len(part) > 1]

    @property
    def vector(self) -> Vector:
        """What the best assignment is worth, in the order of the stages."""
        return tuple(district_vector(self.plans).values())

    def run(self) -> None:
        """Search until no step is an improvement, or the trials are used up."""
        while self._serve() or self._release() or self._bring_home():
            pass

    def attempt(self, moves: Moves) -> bool:
        """Plan the touched centres anew; take the step if the district is strictly better, and tell whether it is."""
        wanted = tuple(moves.get(n, at) for n, at in enumerate(self.assignment))
        keys = {(name, self.links.there(name, wanted)) for name in self.links.centres}
        new = sorted((key for key in keys if key not in self._known), key=lambda key: (key[0], sorted(key[1])))
        if wanted == self.assignment or (new and (self._interrupt.asked or self.tried >= self._trials)):
            return False
        if new:
            self.tried += 1
            self._progress("links", self.tried, self._trials)
            centres = [self.links.centre(name, wanted) for name, _ in new]
            with ThreadPoolExecutor(WORKERS) as pool:
                found = pool.map(lambda centre: plan_centre(centre, self._effort, self._interrupt), centres)
            self._known |= dict(zip(new, found, strict=True))
        plans = {name: self._known[name, self.links.there(name, wanted)] for name in self.links.centres}
        if any(plan.timetable is None for plan in plans.values()):
            return False
        if tuple(district_vector(plans).values()) >= self.vector:
            return False
        self.assignment, self.plans = wanted, plans
        return True

    def _standing(self) -> Standing:
        return Standing(self.links, self.assignment, self.plans)

    def _serve(self) -> bool:
        """Take what is not served to where it would be; as it stands, else after something there has made room."""
        standing = self._standing()
        return any(map(self.attempt, serving(standing))) or any(map(self.attempt, making_room(standing)))

    def _release(self) -> bool:
        """Empty one room: into the gaps of other open rooms, else by planning anew where their loads allow it."""
        standing = self._standing()
        if any(map(self.attempt, emptying(standing))):
            return True
        # a step that was found before another one was taken is seldom spoilt by it: go through all of them
        return sum(self.attempt(moves) for part in self._clearances for moves in part.closing(standing)) > 0

    def _bring_home(self) -> bool:
        """Take back what has moved for nothing."""
        pairs = enumerate(zip(self.links.units, self.assignment, strict=True))
        away = [n for n, (unit, at) in pairs if at != unit.home]
        return any(self.attempt({n: self.links.units[n].home}) for n in away)
