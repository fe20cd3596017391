"""What is tried out in one browser: edits one by one, what they change, and the scenario that says them. No page.

Everything is measured by :class:`workbench.coverage.WhatIf`, so that the numbers are those of a run of the scenario
that :meth:`Session.to_yaml` writes, to the last bit.
"""

from __future__ import annotations

import dataclasses
import io
import math
import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from ruamel.yaml import YAML

from workbench.arrays import Floats, Ints
from workbench.catalogue.terms import Access, Mode, label, printable
from workbench.coverage import CoverageResult, WhatIf
from workbench.coverage.doors import Doors, place_doors, within
from workbench.coverage.measure import manner_of, measured, walking_groups
from workbench.coverage.whatif import MOST_STEPS
from workbench.documents import build
from workbench.errors import GeodataError, OutputError, Problem, ScenarioError
from workbench.ground.district import District
from workbench.ground.edits import bounds_of, station_row, with_edits
from workbench.ground.places import where_is
from workbench.scenario import Scenario
from workbench.scenario.edits import Edits, MovedStation, NewStation, OpenedGate
from workbench.scenario.schema import Group

MODES: Final = (Mode.COMPLIANCE, Mode.EXPERIENCE)
"""The two ways to measure five minutes, both shown at once."""

_KEPT_HOURS = 12  # of the week, whose doors are kept
_DIGITS = 2  # of a coordinate, metres
_Kept = TypeVar("_Kept")

# ----------------------------------------------------------------------------------------------------------------------
# The ground that all sessions share, and the hour and limits that each of them may choose.


@dataclass(frozen=True)
class Settings:
    """What the sliders say; all of it can be said in a scenario.

    Attributes
    ----------
    weekday, at
        Hour of the week.
    standards
        Local values for standards: limits and paces, by key.
    """

    weekday: str
    at: str
    standards: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, scenario: Scenario) -> Settings:
        """Return what a scenario says."""
        return cls(scenario.clock.weekday, scenario.clock.at, dict(scenario.standards))

    def on(self, scenario: Scenario) -> Scenario:
        """Return a scenario under these settings."""
        clock = build(type(scenario.clock), {"weekday": self.weekday, "at": self.at}, "clock")
        return scenario.model_copy(update={"clock": clock, "standards": dict(self.standards)})


@dataclass(frozen=True)
class Station:
    """A station as the map shows it.

    Attributes
    ----------
    id, name, kind, hours
        What it is.
    x, y
        Where it stands, metres in the district's CRS.
    fate
        ``standing``, ``new``, ``moved`` or ``gone``.
    """

    id: str
    name: str
    kind: str
    hours: str | None
    x: float
    y: float
    fate: str = "standing"


class Ground:
    """A district and what is measured of it, shared by all sessions and changed by none.

    Parameters
    ----------
    district
        The ground as its ledgers have it.
    scenario
        Where every session starts; its edits are the first that can be taken back.
    file
        The scenario's file, where it has one; scenarios are saved beside it.
    folder
        District folder that was named instead of the scenario's.
    """

    def __init__(
        self, district: District, scenario: Scenario, file: Path | None = None, folder: Path | None = None
    ) -> None:
        with_edits(district, scenario.edits)  # refuses what does not fit before anybody sees a page
        self.district, self.scenario, self.file, self.folder = district, scenario, file, folder
        self._bare = scenario.model_copy(update={"edits": Edits()})
        self._doors: OrderedDict[str, Doors] = OrderedDict()
        self._measured: OrderedDict[str, CoverageResult] = OrderedDict()
        self._one_at_a_time = threading.Lock()

    def measured(self, settings: Settings) -> CoverageResult:
        """Measure the ledgers' district as the scenario would have hours and gates; kept for the last few settings."""
        return self._at(settings.on(self._bare))

    def today(self, settings: Settings) -> CoverageResult:
        """Measure the district as its ledgers have it."""
        scenario = settings.on(self._bare)
        return self._at(scenario.as_today or scenario)

    def _at(self, scenario: Scenario) -> CoverageResult:
        """Measure; where nothing but limits is other than before, the walks stay."""
        groups, _ = walking_groups(self.district, scenario)
        default = Group(label="", ages={}, pace=scenario.walking.pace, steps="walk")
        manners = [manner_of(scenario, group) for group in (*groups.values(), default)]
        with self._one_at_a_time:
            hour, doors = self._doors_at(scenario)
            key = f"{hour} {manners}"
            if key not in self._measured:
                self._measured[key] = measured(self.district, scenario, doors)
            found = _latest(self._measured, key)
        same = found.scenario.fingerprint == scenario.fingerprint
        return found if same else dataclasses.replace(found, scenario=scenario)

    def _doors_at(self, scenario: Scenario) -> tuple[str, Doors]:
        """Join everything to the network at an hour, and say which; who walks there does not matter."""
        parts = {"clock", "gates", "hours", "walking"}
        key = scenario.model_copy(update={"standards": {}}).model_dump_json(include=parts)
        if key not in self._doors:
            self._doors[key] = place_doors(self.district, scenario)
        return key, _latest(self._doors, key)

    @cached_property
    def stations(self) -> tuple[Station, ...]:
        """The stations of the ledgers."""
        layer = self.district.layer("stations")
        texts = (["" if pd.isna(value) else str(value) for value in layer[name]] for name in _STATION)
        xy = layer.geometry.get_coordinates().to_numpy().tolist()
        rows = zip(*texts, xy, strict=True)
        return tuple(Station(id_, name or id_, kind, hours or None, x, y) for id_, name, kind, hours, (x, y) in rows)

    @cached_property
    def plain_hours(self) -> Mapping[str, str]:
        """The opening hours that most stations of a kind keep today, by kind; a new one keeps them too."""
        known = self.district.stations.dropna(subset=["opening_hours"])
        found: dict[str, str] = {}
        for kind, hours in known.groupby("kind")["opening_hours"]:
            count = hours.value_counts()
            found[str(kind)] = min(count.index[count == count.max()])
        wish = self.scenario.siting
        if wish is not None and wish.candidates.opening_hours is not None:
            found[wish.candidates.opens] = wish.candidates.opening_hours
        return found

    @cached_property
    def areas(self) -> _Areas:
        """What gaps and losses are listed by."""
        return _Areas.of(self.district)


def _latest(kept: OrderedDict[str, _Kept], key: str) -> _Kept:
    """Return one of what is kept, and drop what was not asked for longest."""
    kept.move_to_end(key)
    while len(kept) > _KEPT_HOURS:
        kept.popitem(last=False)
    return kept[key]


@dataclass(frozen=True, eq=False)
class _Areas:
    """Compounds of a district, or communities where it has none, and which of them each demand point is in.

    Attributes
    ----------
    what
        小区, 社区 or 居民点.
    names
        Name of each, with its community.
    of_point
        Its number at each demand point; the last stands for points in none.
    """

    what: str
    names: list[str]
    of_point: Ints

    @classmethod
    def of(cls, district: District) -> _Areas:
        """Take the finest division that the district has names for."""
        demand, communities = district.demand, district.communities
        community = dict(zip(communities["id"], communities["name"], strict=True)) if len(communities) else {}
        if len(compounds := district.compounds) and demand["compound"].notna().any():
            home = [community.get(one, "") for one in compounds["community"]]
            pairs = zip(compounds["name"], home, strict=True)
            names = [f"{name}（{where}）" if where else str(name) for name, where in pairs]
            number = pd.Index(compounds["id"]).get_indexer(pd.Index(demand["compound"]))
            return cls("小区", [*names, "不在小区内的居民"], np.where(number < 0, len(names), number))
        if len(communities) and demand["community"].notna().any():
            number = pd.Index(communities["id"]).get_indexer(pd.Index(demand["community"]))
            names = [str(name) for name in communities["name"]]
            return cls("社区", [*names, "不在社区内的居民"], np.where(number < 0, len(names), number))
        return cls("居民点", [], np.arange(len(demand)))

    def sums(self, people: Floats) -> Floats:
        """Add people up by area."""
        return np.asarray(np.bincount(self.of_point, people, minlength=len(self.names)), np.float64)


# ----------------------------------------------------------------------------------------------------------------------
# What is tried out, and what it changes.


@dataclass(frozen=True)
class LiveNumber:
    """One number of the strip, today and now.

    Attributes
    ----------
    key
        What it is, in one word, with its mode.
    label, unit
        The same for reading.
    today, now
        Its value, in the unit; NaN where there is nobody to count.
    of, whole
        Denominator in words, and as a number; 0 where there is none.
    better
        Whether more is better, less is, or neither: 1, −1, 0.
    """

    key: str
    label: str
    unit: str
    today: float
    now: float
    of: str
    whole: float
    better: int = 1


@dataclass(frozen=True)
class Spot:
    """An area in a list: where, how many people, of how many who live there."""

    where: str
    people: float
    of: float


@dataclass(frozen=True)
class _Step:
    """What stands after an edit, and what it is called."""

    edits: Edits
    words: str


class Session:
    """One planner's edits on a ground.

    Parameters
    ----------
    ground
        Shared and not changed.

    Notes
    -----
    Every edit either holds, or raises and changes nothing. ``revision`` rises with whatever changes the numbers.
    """

    def __init__(self, ground: Ground) -> None:
        self.ground, self.revision = ground, 0
        self._listed: tuple[Edits, tuple[Station, ...]] | None = None
        self.settings = Settings.of(ground.scenario)
        self._past: list[_Step] = [_Step(Edits(), "现状")]
        self._at = 0
        if len(ground.scenario.edits):
            self._past.append(_Step(ground.scenario.edits, "情景已有的改动"))
            self._at = 1
        self._measure()

    # What stands now

    @property
    def edits(self) -> Edits:
        """What is changed on the ground, as a scenario says it."""
        return self._past[self._at].edits

    @property
    def what(self) -> WhatIf:
        """The measurement that follows the edits; to be asked, not edited."""
        return self._what

    @property
    def base(self) -> CoverageResult:
        """The measurement without edits, under the settings of this session."""
        return self._base

    @property
    def scenario(self) -> Scenario:
        """The scenario of this session: the ground's, with settings and edits, and nothing sited."""
        changed = {"edits": self.edits, "siting": None}
        return self.settings.on(self.ground.scenario).model_copy(update=changed)

    @property
    def district(self) -> District:
        """The edited district, made anew as a run makes it."""
        return with_edits(self.ground.district, self.edits)

    @property
    def waiting(self) -> tuple[str, ...]:
        """Names of stations that a ledger has without a place, and nobody has placed here yet."""
        placed = {one.name for one in self.edits.open}
        notes = (note for note in self.ground.district.manifest.sources if note.layer == "stations")
        return tuple(name for note in notes for name in note.waiting if name not in placed)

    def stations(self) -> tuple[Station, ...]:
        """Return the stations as they stand, those of the ledgers first, and those that closed among them."""
        if self._listed is None or self._listed[0] is not self.edits:
            moved, gone = {one.id: one for one in self.edits.move}, set(self.edits.close)
            found = []
            for one in self.ground.stations:
                if (there := moved.get(one.id)) is not None:
                    found.append(dataclasses.replace(one, x=there.x, y=there.y, fate="moved"))
                else:
                    found.append(dataclasses.replace(one, fate="gone") if one.id in gone else one)
            new = (
                Station(one.id, one.name or one.id, one.kind, one.opening_hours, one.x, one.y, "new")
                for one in self.edits.open
            )
            self._listed = self.edits, (*found, *new)
        return self._listed[1]

    def station_near(self, x: float, y: float, reach: float) -> str | None:
        """Return the nearest station that stands within a distance of a place, metres; None where there is none."""
        standing = [one for one in self.stations() if one.fate != "gone"]
        return _nearest([one.id for one in standing], [(one.x, one.y) for one in standing], x, y, reach)

    def gate_near(self, x: float, y: float, reach: float) -> str | None:
        """Return the nearest gate of a compound within a distance of a place, metres; None where there is none."""
        gates = self.ground.district.gates
        gates = gates[gates["compound"].notna()]
        return _nearest(gates["id"].tolist(), gates.geometry.get_coordinates().to_numpy().tolist(), x, y, reach)

    def classes(self, mode: Mode, group: str | None = None) -> npt.NDArray[np.object_]:
        """Return the class of each demand point on the map, by the walk to its nearest station, shape (k,).

        Parameters
        ----------
        mode
            Compliance, or experience.
        group
            For experience the group that walks; the default pace when not given.
        """
        walk, scenario = self._what.walks(mode, group), self._base.scenario
        rules = scenario.coverage
        farther = scenario.standard(rules.time_next if mode is Mode.EXPERIENCE else rules.distance_next)
        near = np.where(within(walk, farther), "near", "beyond")
        found = np.where(within(walk, self._base.limit(mode)), "within", near)
        return np.where(self._base.unsnapped, "unsnapped", found).astype(object)

    def gate_access(self) -> dict[str, tuple[str, str | None]]:
        """Return access and hours of the gates that are edited, by identifier."""
        return {gate.id: (gate.access, gate.opening_hours) for gate in self.edits.gates}

    def headlines(self) -> list[LiveNumber]:
        """Return the numbers of the strip: covered residents in both modes, who loses, and stations."""
        populace, found = self.base.populace, []
        total = float(populace.residents.sum())
        whole = f"需求图层全体居民 {total:,.0f} 人"
        for mode in MODES:
            today, now = float(self._today[mode].sum()), float(self._covered(mode).sum())
            limit = self.base.limit(mode)
            words = f"步行 {limit:g} m 内（合规）" if mode is Mode.COMPLIANCE else f"步行 {limit:g} 分钟内（体验）"
            was, is_now = (100 * value / total if total else math.nan for value in (today, now))
            found.append(LiveNumber(f"share.{mode}", f"居民覆盖率 · {words}", "%", was, is_now, whole, total))
            found.append(LiveNumber(f"covered.{mode}", f"覆盖居民 · {words}", "人", today, now, whole, total))
        lost = float(self.lost(Mode.COMPLIANCE).sum())
        found.append(LiveNumber("lost", "失去覆盖的居民（合规）", "人", 0.0, lost, whole, total, -1))
        there = float(sum(one.fate != "gone" for one in self.stations()))
        standing = float(len(self.ground.stations))
        found.append(LiveNumber("stations", "阵地", "处", standing, there, "阵地台账与本页新增", 0.0, 0))
        return found

    def gaps(self, mode: Mode = Mode.COMPLIANCE, most: int = 8) -> list[Spot]:
        """Return where most residents live who are not covered now."""
        return self._spots(self.base.populace.residents - self._covered(mode), most)

    def losers(self, mode: Mode = Mode.COMPLIANCE, most: int = 5) -> list[Spot]:
        """Return where most residents live who are covered today and not now."""
        return self._spots(self.lost(mode), most)

    def lost(self, mode: Mode) -> Floats:
        """Return how many residents of each demand point are covered today and not now, shape (k,)."""
        return np.maximum(self._today[mode] - self._covered(mode), 0.0)

    def share_of_areas(self, mode: Mode = Mode.COMPLIANCE) -> Floats:
        """Return the share of residents covered now in each area, percent; NaN where nobody lives."""
        areas, everybody = self.ground.areas, self.base.populace.residents
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(100 * areas.sums(self._covered(mode)) / areas.sums(everybody), np.float64)

    def _spots(self, people: Floats, most: int) -> list[Spot]:
        areas, everybody = self.ground.areas, self.base.populace.residents
        sums, whole = areas.sums(people), areas.sums(everybody)
        order = np.lexsort((np.arange(len(sums)), -sums))[:most]
        chosen = [place for place in order.tolist() if sums[place] >= _LEAST]
        if not areas.names and chosen:
            points = gpd.GeoSeries(self.ground.district.demand.geometry.iloc[chosen])
            names = dict(zip(chosen, where_is(self.ground.district, points), strict=True))
        else:
            names = {place: areas.names[place] for place in chosen}
        return [Spot(names[place], float(sums[place]), float(whole[place])) for place in chosen]

    def _covered(self, mode: Mode) -> Floats:
        if mode not in self._now:
            self._now[mode] = self._what.covered_at(mode)
        return self._now[mode]

    # Edits

    def open_station(self, x: float, y: float, kind: str = "post", **said: Any) -> str:
        """Open a station, and return its identifier; it keeps the hours that most of its kind keep.

        Parameters
        ----------
        x, y
            Where its door is, metres in the district's CRS.
        kind
            What it is.
        **said
            Fields of :class:`workbench.scenario.edits.NewStation`.

        Raises
        ------
        ScenarioError
            If it cannot stand there; nothing has changed then.
        """
        name = self._free_name()
        number = name.rpartition("-")[2]
        plain = {"name": f"新{_SHORT.get(kind, '阵地')} {number}", "opening_hours": self.ground.plain_hours.get(kind)}
        given = {"id": name, "x": round(float(x), _DIGITS), "y": round(float(y), _DIGITS), "kind": kind}
        new = build(NewStation, {**plain, **said, **given}, "edits.open")
        edits = self.edits.model_copy(update={"open": (*self.edits.open, new)})
        self._try(edits, f"新增 {new.name}", new)
        return name

    def move_station(self, identifier: str, x: float, y: float) -> None:
        """Move a station, one of today or one that was opened here.

        Raises
        ------
        ScenarioError
            If there is none, or it cannot stand there; nothing has changed then.
        """
        x, y = round(float(x), _DIGITS), round(float(y), _DIGITS)
        for place, one in enumerate(self.edits.open):
            if one.id == identifier:
                moved: NewStation | MovedStation = build(NewStation, {**one.model_dump(), "x": x, "y": y}, "edits.open")
                opened = (*self.edits.open[:place], moved, *self.edits.open[place + 1 :])
                edits = self.edits.model_copy(update={"open": opened})
                break
        else:
            moved = build(MovedStation, {"id": identifier, "x": x, "y": y}, "edits.move")
            others = tuple(one for one in self.edits.move if one.id != identifier)
            edits = self.edits.model_copy(update={"move": (*others, moved)})
            self._refuse_unknown(identifier)
        self._try(edits, f"移动 {self._name(identifier)}", moved)

    def close_station(self, identifier: str) -> None:
        """Close a station of today, or take away one that was opened here.

        Raises
        ------
        ScenarioError
            If there is none.
        """
        opened = tuple(one for one in self.edits.open if one.id != identifier)
        words = f"关闭 {self._name(identifier)}"
        if len(opened) < len(self.edits.open):
            changed: dict[str, object] = {"open": opened}
        else:
            self._refuse_unknown(identifier)
            moved = tuple(one for one in self.edits.move if one.id != identifier)
            changed = {"close": (*self.edits.close, identifier), "move": moved}
        self._what.close_station(identifier)
        self._took(self.edits.model_copy(update=changed), words)

    def set_gate(self, identifier: str, access: str | None = None, opening_hours: str | None = None) -> str:
        """Open a gate to others, and return to whom; without ``access`` the next of public, members, closed.

        Raises
        ------
        ScenarioError
            If there is no such gate in a wall.
        """
        gates = self.ground.district.gates
        rows = gates[(gates["id"] == identifier) & gates["compound"].notna()]
        if rows.empty:
            what = "there is no such gate in a wall"
            raise ScenarioError(Problem("edits", what, key="edits.gates", found=identifier))
        own = str(rows["access"].iloc[0]), None if pd.isna(hours := rows["opening_hours"].iloc[0]) else str(hours)
        now = self.gate_access().get(identifier, own)
        if access is None:
            access = _CYCLE[(_CYCLE.index(now[0]) + 1) % len(_CYCLE)]
            opening_hours = own[1] if access == own[0] else opening_hours
        then = build(OpenedGate, {"id": identifier, "access": access, "opening_hours": opening_hours}, "edits.gates")
        others = tuple(gate for gate in self.edits.gates if gate.id != identifier)
        back = (then.access, then.opening_hours) == own
        self._what.set_gate(identifier, then.access, then.opening_hours)
        edits = self.edits.model_copy(update={"gates": others if back else (*others, then)})
        self._took(edits, f"大门 {identifier} 改为{label(access)}")
        return access

    def adopt(self, stations: Sequence[NewStation], closes: Sequence[str] = ()) -> None:
        """Do in one step what a plan proposes.

        Parameters
        ----------
        stations
            What opens, with identifiers of :meth:`free_names`.
        closes
            Stations that close.

        Raises
        ------
        ScenarioError
            If something of it cannot be; nothing has changed then.
        """
        gone = set(closes)
        moved = tuple(one for one in self.edits.move if one.id not in gone)
        kept = tuple(one for one in self.edits.open if one.id not in gone)
        close = (*self.edits.close, *(name for name in closes if name not in {one.id for one in self.edits.open}))
        changed = {"open": (*kept, *stations), "close": close, "move": moved}
        self._try(
            self.edits.model_copy(update=changed), f"采用方案（新增 {len(stations)} 处）", *stations, closes=closes
        )

    def free_names(self, count: int) -> list[str]:
        """Return identifiers that no station has."""
        taken = {one.id for one in self.ground.stations} | {one.id for step in self._past for one in step.edits.open}
        found: list[str] = []
        number = 0
        while len(found) < count:
            number += 1
            if (name := f"new-{number}") not in taken:
                found.append(name)
        return found

    def _free_name(self) -> str:
        return self.free_names(1)[0]

    def _name(self, identifier: str) -> str:
        return next((one.name for one in self.stations() if one.id == identifier), identifier)

    def _refuse_unknown(self, identifier: str) -> None:
        there = {one.id for one in self.ground.stations} - set(self.edits.close)
        if identifier not in there:
            raise ScenarioError(Problem("edits", "there is no such station", key="edits", found=identifier))

    def _try(self, edits: Edits, words: str, *placed: NewStation | MovedStation, closes: Sequence[str] = ()) -> None:
        """Put stations in their places; if one cannot stand there, everything is as before."""
        then = self._what.now
        try:
            for one in placed:
                self._stand_on_a_way(one)
            for name in closes:
                self._what.close_station(name)
        except (GeodataError, ScenarioError) as error:
            self._what.back_to(then)
            raise ScenarioError(error.problems) from error
        self._took(edits, words)

    def _stand_on_a_way(self, one: NewStation | MovedStation) -> None:
        """Put a station in its place; ScenarioError or GeodataError if it cannot stand there."""
        west, south, east, north = self._bounds
        if not (west <= one.x <= east and south <= one.y <= north):
            raise ScenarioError(_nowhere(one.id, "outside"))
        self._place(one)
        if not self._what.joined(one.id):
            raise ScenarioError(_nowhere(one.id, "off_network"))

    def _place(self, one: NewStation | MovedStation) -> None:
        row = {name: value for name, value in station_row(self.ground.district, one).items() if name != "geometry"}
        identifier, kind, access = (str(row.pop(name)) for name in ("id", "kind", "access"))
        self._what.open_station(identifier, one.x, one.y, kind=kind, access=access, replacing=True, **row)

    def _took(self, edits: Edits, words: str) -> None:
        del self._past[self._at + 1 :]
        self._past.append(_Step(edits, words))
        self._at += 1
        self._keep()
        self._changed()

    def _changed(self) -> None:
        self._now: dict[Mode, Floats] = {}
        self.revision += 1

    # Taking back, and other hours and limits

    @property
    def can_undo(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._past[self._at].words if self._at else ""

    @property
    def can_redo(self) -> str:
        """What redo would do again; empty when there is nothing."""
        return self._past[self._at + 1].words if self._at + 1 < len(self._past) else ""

    def undo(self) -> bool:
        """Take back the last edit, and tell whether there was one."""
        return self._go(self._at - 1)

    def redo(self) -> bool:
        """Do again what was taken back last, and tell whether there was anything."""
        return self._go(self._at + 1)

    def reset(self) -> bool:
        """Return to the district of the ledgers, as an edit that can be taken back itself."""
        if not len(self.edits):
            return False
        del self._past[self._at + 1 :]
        self._past.append(_Step(Edits(), "全部重置"))
        return self._go(self._at + 1)

    def _go(self, step: int) -> bool:
        if not 0 <= step < len(self._past):
            return False
        self._at = step
        self._stand()
        self._changed()
        return True

    def _stand(self) -> None:
        """Let the measurement stand where the edits are: where it was before, or by making them anew."""
        if self.edits in self._states:
            self._what.back_to(self._states[self.edits])
        else:
            self._what.back_to(self._bare)
            for one in self.edits.placed:
                self._place(one)
            for name in self.edits.close:
                self._what.close_station(name)
            for gate in self.edits.gates:
                self._what.set_gate(gate.id, gate.access, gate.opening_hours)
        self._keep()

    def _keep(self) -> None:
        """Remember what stands now, and forget what stood longest ago."""
        self._states[self.edits] = self._what.now
        self._states.move_to_end(self.edits)
        while len(self._states) > MOST_STEPS:
            self._states.popitem(last=False)

    def set(self, settings: Settings) -> None:
        """Measure at another hour, or by other limits and paces; edits stay, and no undo is lost.

        Raises
        ------
        ScenarioError
            If the scenario cannot say so.
        """
        before = self.settings
        self.settings = settings
        try:
            self._measure()
        except ScenarioError:
            self.settings = before
            raise

    def _measure(self) -> None:
        self._base = self.ground.measured(self.settings)
        today = self.ground.today(self.settings)
        self._today = {mode: today.covered_residents(mode) for mode in MODES}
        self._what = WhatIf(self._base)
        self._bounds = bounds_of(self.ground.district)
        self._bare: object = self._what.now
        self._states: OrderedDict[Edits, object] = OrderedDict()
        self._stand()
        self._changed()

    # The scenario

    def to_yaml(self, name: str, title: str = "", folder: Path = Path()) -> str:
        """Return a scenario that ``workbench run`` repeats to the numbers shown.

        Parameters
        ----------
        name
            Short name, as a scenario has it.
        title
            Title in Chinese.
        folder
            Where it is to lie: it extends the scenario's file where there is one, else it says everything.

        Raises
        ------
        ScenarioError
            If the name does not fit.
        """
        base, mine = self.ground.scenario, self.scenario
        plain = printable(title or f"{base.title or base.name}（试算）").translate(_NO_BRACES)
        named = {"name": build(Scenario, {"name": name}, "scenario").name, "title": plain}
        said = mine.edits.model_dump(mode="json", exclude_defaults=True)
        edits = {key: said.get(key, []) for key in Edits.model_fields}
        if self.ground.file is None:
            whole = mine.model_dump(mode="json", exclude_defaults=True, exclude={"note"})
            place = self.ground.folder or (Path(mine.district) if mine.district else None)
            there = {} if place is None else {"district": _relative(place, folder)}
            return _written({**whole, **named, **there, "edits": edits})
        document: dict[str, Any] = {"extends": _relative(self.ground.file, folder), **named}
        if self.ground.folder is not None:
            document["district"] = _relative(self.ground.folder, folder)
        if mine.clock != base.clock:
            document["clock"] = {"weekday": mine.clock.weekday, "at": mine.clock.at}
        changed = {key: value for key, value in mine.standards.items() if base.standards.get(key) != value}
        if changed:
            document["standards"] = changed
        if base.siting is not None:
            document["siting"] = None
        return _written({**document, "edits": edits})

    def save(self, name: str, title: str = "", folder: Path | None = None) -> Path:
        """Write the scenario beside the one that it extends, or into another folder; never over a file that is there.

        Raises
        ------
        ScenarioError
            If the name does not fit.
        OutputError
            If there is such a file already, or it cannot be written.
        """
        place = folder or (self.ground.file.parent if self.ground.file is not None else Path())
        text, path = self.to_yaml(name, title, place), place / f"{name}.yaml"
        try:
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except FileExistsError:
            mend = "Choose another name."
            raise OutputError(Problem(str(path), "there is such a file already", found=name, mend=mend)) from None
        except OSError as error:
            raise OutputError(Problem(str(path), "the file cannot be written", found=str(error.strerror))) from error
        return path


_NO_BRACES: Final = str.maketrans("{}", "（）")  # a title names keys in braces
_STATION: Final = ("id", "name", "kind", "opening_hours")
_LEAST = 0.5  # residents that a list names
_CYCLE: Final = (Access.PUBLIC, Access.MEMBERS, Access.CLOSED)
_SHORT: Final = {"post": "驿家", "community_centre": "中心", "district_centre": "区级中心", "facility": "设施"}
_NOWHERE: Final = {
    "outside": ("the place lies outside the district", "Take a place within the ways of the district."),
    "off_network": ("no way near the place leads anywhere", "Take a place nearer to a street."),
}


def _nearest(names: list[str], places: Sequence[Sequence[float]], x: float, y: float, reach: float) -> str | None:
    away = [math.hypot(there[0] - x, there[1] - y) for there in places]
    place = min(range(len(away)), key=away.__getitem__, default=None)
    return names[place] if place is not None and away[place] <= reach else None


def _nowhere(identifier: str, why: str) -> Problem:
    what, mend = _NOWHERE[why]
    return Problem("edits", what, identifier, key=why, mend=mend)


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _written(document: Mapping[str, Any]) -> str:
    """Write YAML as scenarios are written: each edit on a line of its own."""
    writer = YAML()
    writer.default_flow_style = None
    writer.width = 1_000_000
    writer.allow_unicode = True
    stream = io.StringIO()
    writer.dump(dict(document), stream)
    return stream.getvalue()
