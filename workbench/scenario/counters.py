"""What a scenario says of service halls (一窗受理): how long a wait may be, which windows there are, what is tried."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.documents import Frozen
from workbench.scenario.hours import HoursText, Trial
from workbench.scenario.keys import Minutes, Ratio
from workbench.scenario.sections import Seed

_Windows = Annotated[int, Field(ge=0, le=12)]
_Weight = Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)]


def _usual_peaks() -> dict[str, float]:
    return {"Mo-Fr 09:00-11:00": 2.0, "Mo-Fr 12:00-14:00": 1.5, "Mo-Fr 17:30-19:00": 1.5, "Sa,Su 09:00-12:00": 1.2}


class Counters(Frozen):
    """Whether the windows of the service halls are enough, and when which of them has to be open."""

    target: Minutes = "counters.wait_target"
    """Longest wait that still counts as served in time, minutes."""
    served: Ratio = "counters.served_share"
    """Least share that must be served in time, in each season by itself."""
    general: Annotated[int, Field(ge=1, le=12)] = 1
    """Windows for all matters (综合服务) of the pooled hall."""
    assist: _Windows = 1
    """Windows for matters that need help (帮办代办) of the pooled hall."""
    flexible: bool = True
    """Whether a free window helps out at the other's matters; its own come first."""
    elders_first: bool = True
    """Whether elders are called before others that wait for the same window."""
    arrivals: Ratio = "counters.arrivals"
    """How many times as many people come as the ledgers say: enquiries and second visits are no cases."""
    slowdown: Ratio = "counters.slowdown"
    """Factor on the handling time where a clerk handles all matters instead of those of one department."""
    patience: Minutes = "counters.patience"
    """Mean time after which somebody who still waits leaves, where the hall does not say; minutes."""
    returns: Ratio = "counters.returns"
    """Share of those for whom the hall is shut when they would come that come at another time of the week; the others
    go online or give up."""
    tries: Annotated[tuple[Trial, ...], Field(strict=False)] = ("lunch", "evening", "weekend")
    """Longer hours of which the smallest plan may make use, each as ``hours`` says it."""
    extra_windows: _Windows = 1
    """Windows that are open in longer hours where those are priced."""
    most_windows: Annotated[int, Field(ge=2, le=12)] = 6
    """Most windows of a hall that are tried."""
    tidal: bool = False
    """Whether the plan keeps the windows above and the hours of the ledger, and opens one window more by the
    quarter-hour (潮汐窗口), instead of the smallest plan of fixed windows and hours."""
    least_open: Annotated[int, Field(ge=15, le=480, multiple_of=15)] = 60
    """Least time for which the tidal window is open at a stretch, minutes."""
    visits: Ratio = "counters.visit_share"
    """Share of the cases that need help which are handled at home (上门)."""
    visit_time: Minutes = "counters.visit_time"
    """Time of a visit, way included, minutes."""
    package_share: Ratio = "counters.package_share"
    """Share of the cases of the rarest matter of a package (高效办成一件事) that are handled with all others of it."""
    package_saving: Ratio = "counters.package_saving"
    """Share of the handling time that is saved where the matters of a package are handled together."""
    wishes: HoursText = "Mo-Su 08:00-20:00"
    """When residents would come where only the cases of a year are known; an assumption 【推】."""
    peaks: dict[HoursText, _Weight] = Field(default_factory=_usual_peaks)
    """How many times as many would come at some hours then; an assumption 【推】."""
    precision: Ratio = "counters.precision"
    """Half the width of the confidence interval at which a simulation may stop."""
    confidence: Ratio = "counters.confidence"
    """Confidence of that interval."""
    weeks: Annotated[int, Field(ge=32, le=8192)] = 512
    """Most weeks that are simulated of a season of a hall."""
    seed: Seed = 20261129
    """Seed of the draws: same seed, same draws; every plan meets the same residents."""
