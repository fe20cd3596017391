"""What a scenario says of ledgers in order: age of signs, how many volunteers, which tools, what scenes cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.keys import Metres, Minutes, Ratio, StandardKey, Unit
from workbench.scenario.roster import DateText, Days

_Words = Annotated[tuple[str, ...], Field(strict=False)]
_Cost = Annotated[float, Field(ge=0, strict=False, allow_inf_nan=False)]


class Ledgers(Frozen):
    """Whether signs, volunteers, tools, scenes and study bases are in order, and what would mend them."""

    as_of: DateText | None = None
    """The day on which signs are judged; the date of the district's data when not given."""
    sign_age: Annotated[StandardKey, Unit("年")] = "ledgers.sign_age"
    """Years after which a sign counts as worn (陈旧)."""
    reminder: Days = "ledgers.reminder"
    """Days before the last one of a wall's content on which its keeper is reminded."""
    topics: _Words = ()
    """Topics that a wall of every centre shows, such as 惠民账."""
    volunteer_floor: Annotated[StandardKey, Unit("人/千人")] = "ledgers.volunteer_floor"
    """Least volunteers for 1,000 residents of each community."""
    volunteer_reach: Metres = "ledgers.volunteer_reach"
    """Farthest, in a straight line between the middles of two communities, that a volunteer helps out."""
    tools: _Words = ()
    """Tools that each compound needs within five minutes; all that are lent anywhere when none is named."""
    scene_share: Ratio = "ledgers.scene_share"
    """Share of a community's residents that must reach a scene elsewhere for it to count as shared."""
    service_cost: Annotated[StandardKey, Unit("万元")] = "ledgers.service_cost"
    """What it costs to begin a service at a station."""
    service_costs: dict[str, _Cost] = Field(default_factory=dict)
    """The same by service, where it is known, 万元."""
    class_walk: Minutes = "ledgers.class_walk"
    """Longest walk of a class to its study base at the default pace."""
