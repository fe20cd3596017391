"""What a scenario may say of scenes: which of them a group needs, when it can come, and what counts as coming."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from workbench.catalogue.scenes import catalogue, hours_fault
from workbench.catalogue.terms import Quality
from workbench.documents import Frozen, written
from workbench.errors import did_you_mean
from workbench.scenario.keys import Metres, Minutes, Ratio, Seconds, StandardKey, Unit

# ----------------------------------------------------------------------------------------------------------------------
# What a plan aims at where no standard says, and how indicators make up the four qualities.


Target = Annotated[float, Field(strict=False, gt=0, allow_inf_nan=False)]
Weight = Annotated[float, Field(strict=False, ge=0, allow_inf_nan=False)]


class _AxisShare(Frozen):
    """Where one indicator stands on the radar, and how much it counts there."""

    axis: Annotated[Quality, Field(strict=False)] | None = None
    """Quality it tells of; null = the one its study proposes."""
    weight: Weight = 1.0
    """Its weight on that axis; 0 takes it off the radar."""


class Axes(Frozen):
    """The radar of the four qualities (四化): which indicators make up each, and by what weight."""

    indicators: dict[str, _AxisShare] = Field(default_factory=dict)
    """Indicators that are moved or weighed, by key; those not named count 1 on the axis their study proposes."""
    weight_step: str = "axes.weight_step"
    """Share by which each weight is moved, one at a time, to see how far the score follows."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of capacity: area standards, and how floating catchments are drawn.


AreaPer100 = Annotated[StandardKey, Unit("㎡/百户")]
Area = Annotated[StandardKey, Unit("㎡")]
_UnitWeight = Annotated[float, Field(ge=0, le=1, strict=False)]
Reach = Annotated[float, Field(gt=0, le=1, strict=False)]


class Step(Frozen):
    """One ring of a stepwise decay."""

    upto: Reach
    """Outer edge of the ring, as a share of the catchment; the edge belongs to the ring."""
    weight: _UnitWeight
    """What a resident of this ring counts."""


class Decay(Frozen):
    """How a walk within the catchment counts less the longer it is; x is the walk ÷ the catchment."""

    shape: Literal["steps", "gaussian", "linear", "exponential"] = "steps"
    """``steps`` as listed; ``gaussian`` exp(−½ (x/b)²); ``exponential`` exp(−x/b); ``linear`` 1 − x."""
    bandwidth: Annotated[float, Field(gt=0, strict=False, allow_inf_nan=False)] = 0.5
    """b of the gaussian and the exponential, as a share of the catchment."""
    steps: Annotated[tuple[Step, ...], Field(strict=False)] = (
        Step(upto=1 / 3, weight=1.0),
        Step(upto=2 / 3, weight=0.68),
        Step(upto=1, weight=0.22),
    )
    """Rings from the inside out; by default the three of Luo and Qi (2009), slow decay."""

    @model_validator(mode="after")
    def _rings_fill_the_catchment(self) -> Self:
        edges = [step.upto for step in self.steps]
        weights = [step.weight for step in self.steps]
        if not edges or edges[-1] != 1 or any(a >= b for a, b in pairwise(edges)):
            raise ValueError(f"rings whose 'upto' rises and ends at 1 (they are {_listed(edges)})")
        if weights[0] == 0 or any(a < b for a, b in pairwise(weights)):
            raise ValueError(f"weights that start above 0 and never rise (they are {_listed(weights)})")
        return self


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values) or "none"


class Capacity(Frozen):
    """How much room there is for whom."""

    area: AreaPer100 = "guobanfa_2021_56.area_per_100_households"
    """Least floor area of community facilities for 100 households, ㎡."""
    area_target: AreaPer100 = "embedded_services.area_per_100_households"
    """The same where conditions allow, ㎡."""
    resident_share: Ratio = "guobanfa_2021_56.resident_area_share"
    """Least share of the floor area that residents use."""
    centre_area: Area = "gb50180.five_minute.station.floor_area_min"
    """Least floor area of a full centre, ㎡; posts (驿家) are never judged by it."""
    supply: Literal["resident_area_m2", "floor_area_m2"] = "resident_area_m2"
    """Column of the stations that is shared out in floating catchments."""
    fallback: Literal["none", "floor_area_m2"] = "none"
    """What stands in where the resident area of a station is not known; ``none`` = the station's supply is missing."""
    demand: Literal["residents", "households"] = "residents"
    """Who asks for it."""
    mode: Literal["compliance", "experience"] = "compliance"
    """Catchments and loads in metres, or in minutes at the default pace."""
    catchment: StandardKey | None = None
    """Size of the floating catchments, in the unit of the mode; null = the five-minute limit of the mode."""
    decay: Decay = Decay()
    """Decay of the enhanced method (E2SFCA); the plain one (2SFCA) has none."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of fairness.


class Fairness(Frozen):
    """How unevenness is looked at."""

    worst_share: Ratio = "fairness.worst_share"
    """Share of residents with the longest walks that is looked at by itself."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of gates: which are open, and what is tried with them.


_ClockTime = Annotated[str, written("([01][0-9]|2[0-3]):[0-5][0-9]", 'a time of day, "HH:MM"')]
_Weekday = Literal["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]


class Clock(Frozen):
    """The one moment that every number holds at: gates, stations and the online service are open or shut as then.

    It lies in the week of ``hours.week``, an ordinary one by default.
    """

    weekday: _Weekday = "We"
    """Day of the week."""
    at: _ClockTime = "10:00"
    """Time of day, "HH:MM"."""


class Gates(Frozen):
    """Which gates are open, beside what their hours say."""

    moved: ClassVar[Mapping[str, str]] = {
        "at": 'Write clock: {at: "22:30"}: gates, stations and the online service follow one time.',
        "weekday": "Write clock: {weekday: Sa}: gates, stations and the online service follow one time.",
    }

    policy: Literal["as_is", "all_open"] = "as_is"
    """Gates as the ledger has them at the hour of the ``clock``, or every gate open to residents and visitors alike."""


class GateStudy(Frozen):
    """What is tried with gates: an hour of the night beside that of the clock, and new gates."""

    night: _ClockTime = "22:30"
    """Time of day that stands for the night where it is compared with the ``clock``, "HH:MM"."""
    weekday: _Weekday = "We"
    """Day of the week that goes with ``night``."""
    link: Metres = "gate.link_limit"
    """Longest straight way from a new gate to the street, metres."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of robustness: how far each assumption may be off, and how often that is tried.


_DrawCount = Annotated[int, Field(ge=1, le=100_000)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Robustness(Frozen):
    """Ranges of the assumptions that coverage rests on, and how they are drawn."""

    pace: Ratio = "robustness.pace_spread"
    """Share by which every walking pace may be off, either way."""
    limit: Ratio = "robustness.limit_spread"
    """Share by which the longest walk, metres and minutes alike, may be off, either way."""
    population: Ratio = "robustness.population_spread"
    """Share by which a count of residents may be off, either way."""
    crossing_delay_low: Seconds = "walk.crossing_delay_min"
    """Least time lost at each crossing."""
    crossing_delay_high: Seconds = "walk.crossing_delay_max"
    """Most time lost at each crossing."""
    winter_low: Ratio = "pace.winter_factor_min"
    """Factor on every pace in a hard winter; the winter is tried by itself and not drawn."""
    winter_high: Ratio = "pace.winter_factor_max"
    """The same in a mild winter."""
    steps_factor_low: Ratio = "walk.steps_factor_min"
    """Least factor on the time a flight of steps takes; not drawn."""
    steps_factor_high: Ratio = "walk.steps_factor_max"
    """Most of it."""
    snap_limit_low: Metres = "walk.snap_limit_min"
    """Least distance at which a door still counts as on its way; not drawn."""
    snap_limit_high: Metres = "walk.snap_limit_max"
    """Most of it."""
    critical_loss: Ratio = "robustness.critical_loss"
    """Share of all residents who lose coverage from which on a station is critical."""
    critical_draws: Ratio = "robustness.critical_draws"
    """Share of the draws in which a station must be critical to count as surely so."""
    draws: _DrawCount = 1000
    """How many draws."""
    seed: Seed = 20261101
    """Seed of the draws: same seed, same draws."""
    shape: Literal["triangular", "uniform", "normal"] = "triangular"
    """Draws between low and high: peaked at the scenario's own value, even, or normal with two σ to the farther end."""


# ----------------------------------------------------------------------------------------------------------------------
# What a scenario says of service areas: up to which walks they are drawn, and how.


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


def _known_scene(key: str) -> str:
    if key not in catalogue():
        words = "a scene of the catalogue, one of " + ", ".join(catalogue())
        hint = did_you_mean(key, catalogue())
        raise PydanticCustomError("scene", "{words}", {"words": f"{words}. {hint}".strip()})
    return key


def _each_once(keys: tuple[str, ...]) -> tuple[str, ...]:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise PydanticCustomError("twice", "{words}", {"words": f"each scene once; {', '.join(twice)} stands twice"})
    return keys


def _readable_hours(text: str) -> str:
    fault = hours_fault(text)
    if fault:
        words = f'OSM opening_hours, such as "Mo-Fr 18:00-22:00; Sa,Su 09:00-21:00"; this {fault}'
        raise PydanticCustomError("hours", "{words}", {"words": words})
    return text


_SceneKey = Annotated[str, AfterValidator(_known_scene)]
"""Key of a scene of the catalogue."""
SceneKeys = Annotated[tuple[_SceneKey, ...], Field(strict=False), AfterValidator(_each_once)]
"""Keys of scenes, each once."""
FreeHours = Annotated[str, AfterValidator(_readable_hours)]
"""OSM opening_hours that parse and are open at some time of an ordinary week."""


class SceneRules(Frozen):
    """By what scenes are measured."""

    least_overlap: Minutes = "scene.least_overlap"
    """Minutes a week for which the group must be free, the scene on and the station open at once."""
