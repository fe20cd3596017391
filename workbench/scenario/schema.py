"""What a scenario may say. Field docstrings are the reference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from operator import not_
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from workbench.calendars import Moment
from workbench.catalogue.standards import Register, register
from workbench.catalogue.terms import AGE_BANDS
from workbench.documents import Frozen, ShortName, misfit
from workbench.scenario.circuits import Circuits
from workbench.scenario.counters import Counters
from workbench.scenario.edits import Edits
from workbench.scenario.hours import Hours
from workbench.scenario.keys import Metres, Minutes, Pace, People, Ratio, Seconds, StandardKey
from workbench.scenario.ledgers import Ledgers
from workbench.scenario.programme import Programme
from workbench.scenario.rooms import RoomRules
from workbench.scenario.roster import Roster
from workbench.scenario.sections import (
    Axes,
    Capacity,
    Clock,
    Fairness,
    FreeHours,
    Gates,
    GateStudy,
    Robustness,
    SceneKeys,
    SceneRules,
    ServiceAreaRules,
    Target,
)
from workbench.scenario.siting import Siting
from workbench.scenario.visits import Visits

_AgeBand = Literal["age_0_6", "age_7_17", "age_18_59", "age_60_79", "age_80_plus"]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]
_LocalValue = Annotated[float, Field(strict=False, gt=0, allow_inf_nan=False)]

_SHARE_TOLERANCE, _SHARE_DIGITS = 1e-9, 9


class Group(Frozen):
    """A group of residents: who belongs to it, how it walks, when it can come and what it needs."""

    label: str
    """Its name on tables and figures, in Chinese."""
    ages: dict[_AgeBand, Share]
    """Share of each age band that belongs to the group; bands not named do not."""
    pace: Pace = "pace.adult"
    """Standard that holds its walking pace, m/s."""
    steps: Literal["walk", "slow", "closed"] = "slow"
    """Steps: walked like a street, slowed by ``walking.steps_factor``, or closed to the group."""
    free: FreeHours | None = None
    """When the group can come, OSM opening_hours of an ordinary week; null = at any time."""
    needs: SceneKeys = ()
    """Scenes of the catalogue that the group needs."""
    share_basis: str = ""
    """What the shares of age bands rest on, in Chinese, with its certainty, such as 【推】; printed beside them."""

    @property
    def assumed(self) -> bool:
        """Whether the group is a part of some age band, so that its size rests on an assumed share."""
        return any(0 < share < 1 for share in self.ages.values())


class Walking(Frozen):
    """How people walk, whoever they are."""

    pace: Pace = "pace.adult"
    """Pace of residents whose age is not known."""
    pace_factor: Ratio | None = None
    """Standard by which every pace is multiplied, such as ``pace.winter_factor``."""
    crossing_delay: Seconds = "walk.crossing_delay"
    """Seconds lost at each crossing; counts in the experience mode only."""
    steps_factor: Ratio = "walk.steps_factor"
    """Factor on the time a flight of steps takes; counts in the experience mode only."""
    snap_limit: Metres = "walk.snap_limit"
    """Farthest a demand point or station may lie from a way that is open to it, metres."""
    island_share: Ratio = "walk.island_share"
    """Ways that hang together with less than this share of all nodes lead nowhere: doors take other ways first."""
    island_length: Metres = "walk.island_length"
    """So do ways that hang together and are shorter than this altogether, metres."""


class _CoverageRules(Frozen):
    """By what coverage is measured."""

    distance: Metres = "gb50180.five_minute.walk_distance"
    """Compliance: longest walk along the network, metres."""
    distance_next: Metres = "gb50180.ten_minute.walk_distance"
    """Compliance: longest walk that is shown as "near", metres."""
    time: Minutes = "gb50180.five_minute.walk_time"
    """Experience: longest walk at the group's own pace, minutes."""
    time_next: Minutes = "gb50180.ten_minute.walk_time"
    """Experience: longest walk that is shown as "near", minutes."""
    compound_share: Ratio = "compound.covered_share"
    """Share of a compound's residents from which on the compound counts as covered."""
    smallest_cell: People = "privacy.smallest_cell"
    """Counts of people by age below this are not published."""


class Scenario(Frozen):
    """One resolved scenario. Load it with :func:`workbench.scenario.load_scenario`."""

    name: ShortName
    """Short name, for file names."""
    title: str = ""
    """Title on tables and figures, in Chinese; ``{siting.stations}`` stands for the value of that key."""
    note: str = ""
    """What the scenario is for."""
    district: str | None = None
    """District folder, relative to the file that names it; --district overrides it."""
    standards: dict[StandardKey, _LocalValue] = Field(default_factory=dict)
    """Local values for standards of the register, by key; they keep their origin."""
    groups: dict[str, Group] = Field(default_factory=dict)
    """Groups that together are the whole population: the shares of each age band add up to 1."""
    focus: dict[str, Group] = Field(default_factory=dict)
    """Groups looked at besides, which may overlap, such as 一老 and 一小."""
    walking: Walking = Walking()
    """How people walk."""
    clock: Clock = Clock()
    """The moment that every number holds at."""
    gates: Gates = Gates()
    """Which gates are open."""
    gate_study: GateStudy = GateStudy()
    """What is tried with gates."""
    coverage: _CoverageRules = _CoverageRules()
    """By what coverage is measured."""
    service_areas: ServiceAreaRules = ServiceAreaRules()
    """Up to which walks service areas are drawn, and how."""
    capacity: Capacity = Capacity()
    """How much room there is for whom."""
    fairness: Fairness = Fairness()
    """How unevenness is looked at."""
    robustness: Robustness = Robustness()
    """How far the assumptions may be off, and how often that is tried."""
    scenes: SceneRules = SceneRules()
    """By what scenes are measured."""
    targets: dict[str, Target] = Field(default_factory=dict)
    """Aims of the plan for indicators that no standard sets, by key of the indicator, in its unit."""
    axes: Axes = Axes()
    """How indicators make up the radar of the four qualities."""
    hours: Hours = Hours()
    """When stations are open, and longer hours to try."""
    edits: Edits = Field(default=Edits(), exclude_if=not_)
    """Stations opened, moved and closed by hand, and gates: a plan that is there already."""
    siting: Siting | None = None
    """Where the next stations go; null = nothing is sited."""
    rooms: RoomRules = RoomRules()
    """How rooms are timetabled."""
    counters: Counters | None = Field(default=None, exclude_if=not_)
    """Whether the windows of the service halls are enough; null = not asked, and no part of the fingerprint."""
    roster: Roster | None = Field(default=None, exclude_if=not_)
    """Who is on duty when; null = nobody is rostered, and no part of the fingerprint."""
    programme: Programme | None = Field(default=None, exclude_if=not_)
    """What is on this season; null = not asked, and no part of the fingerprint."""
    visits: Visits | None = Field(default=None, exclude_if=not_)
    """Whether those who came came back; null = not asked, and no part of the fingerprint."""
    ledgers: Ledgers | None = Field(default=None, exclude_if=not_)
    """Whether signs, volunteers, tools, scenes and study bases are in order; null = not asked, and no part of the
    fingerprint."""
    circuits: Circuits | None = Field(default=None, exclude_if=not_)
    """When trades go round; null = none does, and no part of the fingerprint."""

    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _groups_make_a_whole(self) -> Self:
        wrong = []
        for band in AGE_BANDS if self.groups else ():
            total = sum(group.ages.get(band, 0.0) for group in self.groups.values())
            if abs(total - 1) > _SHARE_TOLERANCE:
                mend = "Groups that overlap belong under 'focus'."
                words = "shares of all groups that add up to 1"
                wrong.append(misfit(words, ("groups", "*", "ages", band), round(total, _SHARE_DIGITS), mend))
        twice = sorted(set(self.groups) & set(self.focus))
        wrong += [misfit("a name that does not stand under 'groups' too", ("focus", name), name) for name in twice]
        if wrong:
            raise ValidationError.from_exception_data("Scenario", wrong)
        return self

    @property
    def origins(self) -> Mapping[str, str]:
        """File that set each dotted key; keys not in it keep their default."""
        return MappingProxyType(dict(self._origins))

    @property
    def register(self) -> Register:
        """The register of standards with the scenario's own values in it."""
        own = ((key, value, self._origins.get(f"standards.{key}")) for key, value in self.standards.items())
        return _with_own(register(), tuple(own))

    @property
    def as_today(self) -> Scenario | None:
        """The same intent on the ground as the ledgers have it: hours, gates and stations as kept; None where it is."""
        changed = {
            "edits": Edits(),
            "hours": self.hours.model_copy(update={"extend": ()}),
            "gates": self.gates.model_copy(update={"policy": "as_is"}),
        }
        today = self.model_copy(update=changed)
        return None if today == self else today

    @property
    def moment(self) -> Moment:
        """The minute of the week that the clock shows."""
        return Moment.at(self.clock.weekday, self.clock.at, self.hours.calendar)

    def standard(self, key: str) -> float:
        """Return the value of a standard for a calculation; warns when it is marked 【疑】."""
        return self.register[key].used()

    @property
    def fingerprint(self) -> str:
        """Hash of everything the scenario decides; not of where its files lie."""
        decided = self.model_dump(mode="json", exclude={"district"})
        return hashlib.sha256(json.dumps(decided, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@lru_cache(maxsize=16)  # every number asks for it
def _with_own(standards: Register, own: tuple[tuple[str, float, str | None], ...]) -> Register:
    """Return a register with values of a scenario's own: key, value, and the file that sets it, where one does."""
    files = {key: file for key, _, file in own if file is not None}
    return standards.overridden({key: value for key, value, _ in own}, files)
