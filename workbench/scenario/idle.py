"""Settings that change nothing, or next to nothing, and what overrides them: whoever sets one wants to know."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.errors import Problem
from workbench.scenario.keys import named_standards
from workbench.scenario.schema import Scenario


def idle_settings(scenario: Scenario) -> list[Problem]:
    """List the keys that a file or the call sets and another key overrides.

    Parameters
    ----------
    scenario
        A loaded scenario: its ``origins`` tell which keys were set, and where.

    Returns
    -------
    list of Problem
        One a key: who set it, why it counts for nothing, and what to set instead.
    """
    return [
        Problem(scenario.origins[key], f"the setting changes {what}", key=key, found=why, mend=mend)
        for prefix, what, why, mend in _overridden(scenario)
        for key in scenario.origins
        if key == prefix or (prefix.endswith(".") and key.startswith(prefix) and key != "rooms.plan")
    ]


def _overridden(scenario: Scenario) -> Iterator[tuple[str, str, str, str]]:
    """Yield keys, or beginnings of keys, that count for nothing here: key, for whom, why, and what to do."""
    groups, hours = scenario.groups, scenario.hours
    if groups:
        own = ", ".join(f"groups.{name}.pace" for name in groups)
        mend = "Set walking.pace_factor for everybody, or the pace of a group."
        yield "walking.pace", "households and residents of unknown age only", f"{own}, which hold for the others", mend
    walkers = [*groups.values(), *scenario.focus.values()]
    if walkers and all(group.steps != "slow" for group in walkers):
        why = "groups that walk steps like a street, or not at all"
        yield "walking.steps_factor", "nothing", why, "Set steps: slow for a group."
    if hours.week is None:
        for key in ("hours.make_up_days", "hours.holidays"):
            yield key, "nothing", "hours.week: null, a week without holidays", "Set hours.week to a date."
    if "weekend" not in hours.extend:
        yield "hours.six_days", "nothing", "hours.extend without weekend", "Set hours.extend: [weekend]."
    if not scenario.rooms.plan:
        yield "rooms.", "nothing", "rooms.plan: false", "Set rooms.plan: true."
    named = {item.standard for item in named_standards(scenario) if not item.key.startswith("standards.")}
    for key in scenario.standards:
        if key not in named:
            why = "no key of the scenario that names this standard"
            yield f"standards.{key}", "nothing", why, "Name it where it is to hold, such as walking.pace_factor."
