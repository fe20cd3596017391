"""What a scenario says of service areas: up to which walks they are drawn, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.keys import Metres, Minutes


class ServiceAreaRules(Frozen):
    """Up to which walks service areas are drawn, and how. They are for looking, and decide nothing."""

    distances: Annotated[tuple[Metres, ...], Field(strict=False, min_length=1)] = (
        "gb50180.five_minute.walk_distance",
        "gb50180.ten_minute.walk_distance",
        "gb50180.fifteen_minute.walk_distance",
    )
    """Compliance: walks along the network, shortest first, metres."""
    times: Annotated[tuple[Minutes, ...], Field(strict=False, min_length=1)] = (
        "gb50180.five_minute.walk_time",
        "gb50180.ten_minute.walk_time",
        "gb50180.fifteen_minute.walk_time",
    )
    """Experience: walks at the group's own pace, shortest first, minutes."""
    buffer: Metres = "service_area.buffer"
    """Depth of ground on either side of a way that is drawn as belonging to it, metres."""
    cell: Metres = "service_area.cell"
    """Side of a cell of the grid on which areas are drawn, metres; ``service_area.cell_fine`` is finer, and slower."""
