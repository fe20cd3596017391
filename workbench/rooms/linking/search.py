"""The search for a better assignment of activities to centres, from everything at home, never to a worse one.

Each step moves what is not served to where it would be, or what keeps a room open to where rooms are open anyway
(:mod:`workbench.rooms.linking.moves`). The centres that a step touches are planned anew, each in its stages, and the
step stands only if the district is strictly better in the order of the stages.
"""

from __future__ import annotations

from collections.abc import Mapping

from workbench.progress import Tell, silent
from workbench.rooms.check import opened
from workbench.rooms.linking.moves import Clearance, Moves, Standing, emptying, making_room, returning, serving
from workbench.rooms.linking.units import Assignment, Links
from workbench.rooms.problem import PRIORITIES
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.solving import Interrupt

Vector = tuple[int, ...]


def in_use(plan: CentrePlan) -> int:
    """Return how many rooms a centre uses."""
    return 0 if plan.timetable is None else len(opened(plan.centre, plan.timetable))


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
    rooms_kept
        Rooms that each centre keeps in use at the least, as far as it uses so many at home.
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
        rooms_kept: int = 0,
        interrupt: Interrupt | None = None,
        progress: Tell = silent,
    ) -> None:
        self.links, self._effort, self._interrupt, self._progress = links, effort, interrupt or Interrupt(), progress
        self._trials, self.tried = trials, 0
        self._known = {(name, frozenset[int]()): plans[name] for name in links.centres}
        self._least = {name: min(rooms_kept, in_use(plans[name])) for name in links.centres}
        self.assignment: Assignment = links.home
        self.plans: dict[str, CentrePlan] = {name: plans[name] for name in links.centres}
        self._clearances = [Clearance(links, part) for part in links.parts() if len(part) > 1]

    @property
    def vector(self) -> Vector:
        """What the best assignment is worth, in the order of the stages."""
        return tuple(district_vector(self.plans).values())

    def run(self) -> None:
        """Search until no step is an improvement, or the trials are used up."""
        while not self._spent and (self._serve() or self._release() or self._bring_home()):
            pass

    @property
    def _spent(self) -> bool:
        return self._interrupt.asked or self.tried >= self._trials

    def attempt(self, moves: Moves) -> bool:
        """Plan the touched centres anew; take the step if the district is strictly better, and tell whether it is.

        Of two that are equal in all stages, the one with fewer moves is better.
        """
        wanted = tuple(moves.get(n, at) for n, at in enumerate(self.assignment))
        keys = {name: self.links.there(name, wanted) for name in self.links.centres}
        new = [name for name, units in keys.items() if (name, units) not in self._known]
        if wanted == self.assignment or (new and self._spent):
            return False
        if new:
            self.tried += 1
            self._progress("links", self.tried, self._trials)
        plans = {name: self._known[name, keys[name]] for name in keys if name not in new}
        # who takes in most is planned first: most steps fail there, and then the others need no plan
        for name in sorted(new, key=lambda name: (-len(self._guests(name, keys[name])), name)):
            plans[name] = plan_centre(self.links.centre(name, wanted), self._effort, self._interrupt)
            self._known[name, keys[name]] = plans[name]
            if plans[name].timetable is None or self._at_best(plans, wanted) > self.vector[: len(PRIORITIES)]:
                return False
        if any(plan.timetable is None for plan in plans.values()) or any(map(self._emptied, plans.values())):
            return False
        if self._worth(plans, wanted) >= self._worth(self.plans, self.assignment):
            return False
        self.assignment, self.plans = wanted, {name: plans[name] for name in self.links.centres}
        return True

    def _emptied(self, plan: CentrePlan) -> bool:
        """Tell whether a centre would keep fewer rooms in use than it has to."""
        return in_use(plan) < self._least[plan.centre.id]

    def _guests(self, name: str, units: frozenset[int]) -> list[int]:
        return [n for n in units if self.links.units[n].home != name]

    def _worth(self, plans: Mapping[str, CentrePlan], assignment: Assignment) -> Vector:
        """Return what plans are worth in the order of the stages, and last how many activities are not at home."""
        pairs = zip(self.links.units, assignment, strict=True)
        away = sum(len(unit.activities) for unit, at in pairs if at != unit.home)
        return (*district_vector(plans).values(), away)

    def _at_best(self, plans: Mapping[str, CentrePlan], assignment: Assignment) -> Vector:
        """Return the least that the stages of need can come to with some plans made, and nothing after them."""
        least = dict.fromkeys(PRIORITIES, 0)
        for name in self.links.centres:
            if name in plans:
                for priority in PRIORITIES:
                    least[priority] += sum(s.value for s in plans[name].stages if s.name == f"need_{priority}")
                continue
            for asked in self.links.centre(name, assignment).activities:
                least[asked.priority] += (asked.sessions - self.links.possible(asked.id, name)) * asked.weight
        return tuple(least.values())

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
        parts = [part for part in self._clearances if not self._spent]
        return sum(self.attempt(moves) for part in parts for moves in part.closing(standing, self._interrupt)) > 0

    def _bring_home(self) -> bool:
        """Take back what has moved for nothing."""
        return sum(map(self.attempt, returning(self._standing()))) > 0
