"""How good any assignment of activities to centres could be."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from workbench.rooms.linking.loads import Floats, Loads
from workbench.rooms.linking.units import Links
from workbench.rooms.model import Row
from workbench.rooms.problem import PRIORITIES
from workbench.rooms.stages import CentrePlan
from workbench.solving import solve_mip

NEEDS: Final = tuple(f"need_{priority}" for priority in PRIORITIES)
_NODES: Final = 2000
"""Branches that HiGHS may search for one bound: a count, because a time would depend on the machine."""
_ROUNDING: Final = 1e-3
Part = tuple[str, ...]


def district_bounds(links: Links, plans: Mapping[str, CentrePlan]) -> dict[str, int]:
    """Return bounds on need and release for any assignment within the walks, each centre being planned in its stages.

    No assignment is worth less in a stage than its bound, if it is as good as these plans in the stages of need before
    it. Need: what no reachable centre could hold, were it alone, or what their rooms together cannot bear. Release: the
    rooms, or the area, that bear the loads of as much need. Sets of centres between which nothing may move are bounded
    one by one; a centre that nothing can leave or enter is as its plan has proven it.

    Parameters
    ----------
    links
        What may move.
    plans
        The plans found, by station.

    Returns
    -------
    dict
        ``need_1``, ``need_2``, ``need_3``, ``release``.
    """
    parts = links.parts()
    loads = {part: Loads(links, part) for part in parts if any(unit.home in part for unit in links.units)}
    least: dict[str, dict[Part, int]] = {}
    rows: dict[Part, list[Row]] = {part: [] for part in loads}
    for name in (*NEEDS, "release"):
        worth = {part: [_worth(plans, part, name), _worth(plans, part, name, "bound")] for part in parts}
        for part, program in loads.items():
            worth[part][1] = _bound(links, program, part, name, worth[part][0], rows[part])
        least[name] = {part: bound for part, (_, bound) in worth.items()}
        if name in NEEDS:
            spare = sum(value - bound for value, bound in worth.values())
            for part, program in loads.items():
                # what this part may leave unserved, if all others are as good as they can be
                most = least[name][part] + spare
                rows[part].append(program.need_at_most(PRIORITIES[NEEDS.index(name)], most))
    return {name: sum(found.values()) for name, found in least.items()}


def _worth(plans: Mapping[str, CentrePlan], part: Part, name: str, what: str = "value") -> int:
    return sum(getattr(stage, what) for station in part for stage in plans[station].stages if stage.name == name)


def _bound(links: Links, loads: Loads, part: Part, name: str, value: int, rows: Sequence[Row]) -> int:
    """Return the bound of one set of linked centres on one stage; no program is solved where it is met without."""
    if name == "release":
        return min(value, max(0, _least(loads, loads.rooms_open(), 0, rows)))
    priority = PRIORITIES[NEEDS.index(name)]
    hopeless = _hopeless(links, part, priority)
    if hopeless >= value:
        return value
    return min(value, max(hopeless, _least(loads, -loads.served(priority), loads.asked(priority), rows)))


def _least(loads: Loads, cost: Floats, offset: int, rows: Sequence[Row]) -> int:
    answer = solve_mip(loads.program(cost, rows), options={"mip_max_nodes": _NODES})
    return math.ceil(answer.bound - _ROUNDING) + offset if math.isfinite(answer.bound) else 0


def _hopeless(links: Links, part: Part, priority: int) -> int:
    """Return the person-minutes of a priority that no reachable centre could hold, whatever else takes place."""
    reach = {a: (unit.home, *unit.reach) for unit in links.units for a in unit.activities}
    least = 0
    for name in part:
        for activity in links.centres[name].activities:
            if activity.priority == priority:
                most = max(links.possible(activity.id, to) for to in reach.get(activity.id, (name,)))
                least += (activity.sessions - most) * activity.weight
    return least
