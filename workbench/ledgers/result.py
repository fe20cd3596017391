"""台账核对: signs, volunteers, tools, scenes and study bases: what is out of order, and what would mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.arrays import Flags, Ints
from workbench.catalogue.scenes import catalogue
from workbench.catalogue.terms import StationKind, label
from workbench.coverage.fairness import gini
from workbench.coverage.measure import CoverageResult, CoverageStudy
from workbench.coverage.scenes import SceneMatrix, scene_matrix
from workbench.errors import Problem, ScenarioError, did_you_mean
from workbench.ground.district import District
from workbench.ledgers.learning import bases_table, classes_table
from workbench.ledgers.scenes import Opening, Presence, by_community, completions, presence
from workbench.ledgers.signs import FAULTS, missing_walls, sign_faults
from workbench.ledgers.tools import Lending, lending, serving
from workbench.ledgers.volunteers import (
    THOUSAND,
    Allocation,
    VolunteerProblem,
    allocate_volunteers,
    moves_table,
    volunteer_problem,
)
from workbench.results import MISSING, Value, present
from workbench.scenario import Scenario
from workbench.scenario.ledgers import Ledgers
from workbench.solving import Status

_NAMED: Final = 3
"""Places that a sentence names."""


def _said(scenario: Scenario) -> Ledgers:
    if scenario.ledgers is None:
        what, mend = "the scenario asks nothing of ledgers", "Say 'ledgers: {}' for the defaults."
        raise ScenarioError(Problem(scenario.name, what, key="ledgers", mend=mend))
    return scenario.ledgers


def refuse_unknown(scenario: Scenario) -> None:
    """Refuse costs of services that the catalogue does not hold; see :func:`audit_ledgers`."""
    key, known = "ledgers.service_costs", catalogue().services
    expected = "one of " + ", ".join(known)
    where = scenario.origins.get(key, scenario.name)
    problems = [
        Problem(
            where,
            "the service is not known",
            key=f"{key}.{name}",
            expected=expected,
            found=name,
            mend=did_you_mean(name, known),
        )
        for name in _said(scenario).service_costs
        if name not in known
    ]
    if problems:
        raise ScenarioError(problems)


def day_of(district: District, scenario: Scenario) -> dt.date:
    """Return the day on which signs are judged; see :func:`audit_ledgers`."""
    said = _said(scenario)
    day = dt.date.fromisoformat(said.as_of) if said.as_of else district.manifest.day
    if day is None:
        what = "neither the scenario nor the district's data has a day on which signs are judged"
        mend = 'Say as_of: "YYYY-MM-DD".'
        found = district.manifest.date
        raise ScenarioError(Problem(scenario.name, what, key="ledgers.as_of", expected="a day", found=found, mend=mend))
    return day


@dataclass(frozen=True, eq=False, repr=False)
class LedgersResult(CoverageStudy):
    """The ledgers of a district as audited; made by :func:`audit_ledgers`. A part is None where its ledger is absent.

    Attributes
    ----------
    day
        The day on which signs are judged.
    signs
        One row a sign; see :func:`workbench.ledgers.sign_faults`.
    walls
        Topics that no wall of a centre shows: ``station``, ``topic``.
    volunteers, allocation
        The communities, and who helps out or is trained.
    compounds
        Compounds with residents, by identifier.
    reached
        Those that some open station serves, shape (compounds,).
    lent
        One of each tool.
    scenes
        Scenes as measured.
    presence
        How each community has each scene, shape (communities, scenes), values of ``Presence``.
    completions
        By community the cheapest services that complete it.
    bases, classes
        One row a study base, and a class.
    """

    coverage: CoverageResult
    day: dt.date
    signs: pd.DataFrame | None
    walls: pd.DataFrame | None
    volunteers: VolunteerProblem | None
    allocation: Allocation | None
    compounds: tuple[str, ...]
    reached: Flags
    lent: tuple[Lending, ...] | None
    scenes: SceneMatrix
    presence: npt.NDArray[np.int8]
    completions: Mapping[str, Opening]
    bases: pd.DataFrame | None
    classes: pd.DataFrame | None
    study: ClassVar[str] = "ledgers"
    answer: ClassVar[str] = "by_part"
    on_terminal: ClassVar[tuple[str, ...]] = ("台账核对总表", "标牌清理清单", "工具出借点")

    @property
    def status(self) -> str:
        """OPTIMAL where every list of what mends is proven to be the least; else FEASIBLE."""
        proven = all(one.plan.status == Status.OPTIMAL for one in self.lent or () if one.plan)
        return "OPTIMAL" if proven and all(plan.proven for plan in self.completions.values()) else "FEASIBLE"

    @property
    def said(self) -> Ledgers:
        """The section of the scenario."""
        return _said(self.scenario)

    @cached_property
    def names(self) -> dict[str, str]:
        """Names of stations, communities and compounds by identifier."""
        layers = [
            self.district.layer(name) for name in ("stations", "communities", "compounds") if self.district.has(name)
        ]
        return {key: name for layer in layers for key, name in zip(layer["id"], layer["name"], strict=True)}

    @cached_property
    def cleanup(self) -> pd.DataFrame:
        """The signs to be mended, by station."""
        assert self.signs is not None
        return self.signs[self.signs["faulty"]].reset_index(drop=True)

    @cached_property
    def due(self) -> pd.DataFrame:
        """What walls and signs show that is true for a few days more, the first to run out first."""
        assert self.signs is not None
        near = self.signs["days"].between(0, self.scenario.standard(self.said.reminder))
        return self.signs[near].sort_values(["days", "station", "id"], ignore_index=True)

    @cached_property
    def by_volunteers(self) -> pd.DataFrame:
        """One row a community, the fewest for 1,000 residents first."""
        problem, plan = self.volunteers, self.allocation
        assert problem is not None
        assert plan is not None
        table = pd.DataFrame(
            {
                "community": problem.communities,
                "residents": problem.residents,
                "volunteers": problem.volunteers,
                "per_thousand": problem.per_thousand(problem.volunteers),
                "per_grid": problem.volunteers / problem.grids,
                "needed": problem.needed,
                "sent": plan.moved.sum(axis=1),
                "came": plan.moved.sum(axis=0),
                "trained": plan.trained,
                "after": plan.after(problem),
            }
        )
        return table.sort_values(["per_thousand", "community"], ignore_index=True)

    @cached_property
    def by_tool(self) -> pd.DataFrame:
        """One row a tool: where it is lent, whom that serves, where else it should be, what must be bought."""
        stations = list(self.district.stations["id"])
        rows = [
            {"tool": one.tool, "points": len(one.points), "stock": one.stock, "loans": one.loans}
            | {"served": int(one.served.sum()), "share": _percent(one.served.sum(), len(self.compounds))}
            | {"added": len(one.added), "bought": one.bought}
            | {"where": "、".join(self.names[stations[row]] for row in one.added)}
            for one in self.lent or ()
        ]
        return pd.DataFrame(rows)

    @cached_property
    def by_scene(self) -> pd.DataFrame:
        """One row a scene: communities in which it is present, shared, missing, not known."""
        counts = {kind.name.lower(): (self.presence == kind).sum(axis=0) for kind in Presence}
        return pd.DataFrame({"scene": [scene.label for scene in self.scenes.catalogue.values()], **counts})

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """One row a community: how it has the scenes, and the cheapest services that complete it."""
        return by_community(self.scenes, self.presence, self.completions)

    @property
    def by_part(self) -> pd.DataFrame:
        """One row a ledger: entries, entries in order, and what is to be done."""
        return pd.DataFrame(list(self._parts()), columns=["part", "entries", "sound", "todo"])

    def _parts(self) -> Iterator[tuple[str, int, int, str]]:
        if self.signs is not None and self.walls is not None:
            todo = f"清理 {len(self.cleanup)} 块，提醒更新 {len(self.due)} 处，补齐上墙内容 {len(self.walls)} 项"
            yield label("ledgers.signs"), len(self.signs), len(self.signs) - len(self.cleanup), todo
        if self.volunteers is not None and self.allocation is not None:
            fine = int((self.volunteers.volunteers >= self.volunteers.needed).sum())
            todo = f"相邻调剂 {self.allocation.moved.sum()} 人，新培训 {self.allocation.trained.sum()} 人"
            yield label("ledgers.volunteers"), len(self.volunteers.communities), fine, todo
        if self.lent is not None:
            added, bought = (int(self.by_tool[name].sum()) for name in ("added", "bought"))
            todo = f"新增出借 {added} 项，须添置 {bought} 件"
            yield label("ledgers.tools"), len(self.compounds), int(self._all_tools().sum()), todo
        whole = int(self.complete.sum())
        begun = sum(len(plan.services) for plan in self.completions.values())
        todo = f"新开服务 {begun} 项，{self._cost:.1f} 万元"
        yield label("ledgers.scenes"), len(self.presence), whole, todo
        if self.classes is not None:
            moved = int(self.classes["instead"].notna().sum())
            yield label("ledgers.classes"), len(self.classes), int(self._good().sum()), f"可改约更合适的阵地 {moved} 班"

    @property
    def _cost(self) -> float:
        return float(sum(plan.cost for plan in self.completions.values()))

    def _all_tools(self) -> Flags:
        parts = [np.ones(len(self.compounds), bool), *(one.served for one in self.lent or ())]
        return np.asarray(np.logical_and.reduce(parts), bool)

    @property
    def complete(self) -> Flags:
        """Communities that have, or share, every scene, shape (communities,)."""
        return np.asarray((self.presence >= Presence.SHARED).all(axis=1), bool)

    def _good(self) -> Flags:
        assert self.classes is not None
        return (self.classes["fits"] & self.classes["near"]).to_numpy(bool)

    def values(self) -> Iterator[Value]:
        """Measure what is out of order in each ledger, and what mending it takes."""
        yield from self._of_signs()
        yield from self._of_volunteers()
        yield from self._of_tools()
        areas = len(self.presence)
        yield Value("ledgers.scenes.complete", int(self.complete.sum()), areas)
        for kind in Presence:
            name = kind.name.lower()
            count = int((self.presence == kind).sum())
            yield Value(
                "ledgers.scenes.{presence}", count, self.presence.size, presence=name, what=label(f"presence.{name}")
            )
        yield Value("ledgers.scenes.begun", sum(len(plan.services) for plan in self.completions.values()), areas)
        yield Value("ledgers.scenes.cost", self._cost, len(self.completions))
        if self.bases is not None and self.classes is not None:
            full = (self.bases["booked"] > self.bases["sessions"]).sum()
            yield Value("ledgers.bases.over", int(full), len(self.bases))
            yield Value("ledgers.classes.good", int(self._good().sum()), len(self.classes))
            near = self.classes[self.classes["near"]]
            yield Value("ledgers.classes.walk", float(near["minutes"].mean()) if len(near) else None, len(near))

    def _of_signs(self) -> Iterator[Value]:
        if self.signs is None or self.walls is None:
            yield Value("ledgers.signs.faulty", None)
            return
        yield Value("ledgers.signs.faulty", len(self.cleanup), len(self.signs))
        for fault in FAULTS:
            count = int(self.signs[fault].sum())
            yield Value("ledgers.signs.{fault}", count, len(self.signs), fault=fault, what=label(f"fault.{fault}"))
        yield Value("ledgers.signs.due", len(self.due), int(self.signs["days"].notna().sum()))
        if self.said.topics:
            centres = (self.district.stations["kind"] != StationKind.POST).sum()
            yield Value("ledgers.walls", len(self.walls), int(centres) * len(self.said.topics))

    def _of_volunteers(self) -> Iterator[Value]:
        problem, plan = self.volunteers, self.allocation
        if problem is None or plan is None:
            yield Value("ledgers.volunteers.below", None)
            return
        table, total = self.by_volunteers, float(problem.residents.sum())
        count = int(problem.volunteers.sum())
        yield Value("ledgers.volunteers", count, len(table))
        yield Value("ledgers.volunteers.mean", THOUSAND * count / total if total else None, total)
        first = self.names[table["community"][0]] if len(table) else MISSING
        least = table["per_thousand"].min()
        yield Value("ledgers.volunteers.least", least, len(table), community=first)
        below = int((problem.volunteers < problem.needed).sum())
        yield Value("ledgers.volunteers.below", below, len(table))
        for when, state in {"before": problem.volunteers, "after": plan.after(problem)}.items():
            value = _gini(problem, state)
            yield Value("ledgers.volunteers.gini_{when}", value, total, when=when, what=label(f"when.{when}"))
        lack = int((problem.needed - problem.volunteers).clip(min=0).sum())
        yield Value("ledgers.volunteers.moved", int(plan.moved.sum()), lack)
        yield Value("ledgers.volunteers.trained", int(plan.trained.sum()), lack)

    def _of_tools(self) -> Iterator[Value]:
        if self.lent is None:
            yield Value("ledgers.tools.all", None)
            return
        whole = len(self.compounds)
        yield Value("ledgers.tools.all", int(self._all_tools().sum()), whole)
        for one in self.lent:
            served = _percent(one.served.sum(), whole)
            yield Value("ledgers.tools.{tool}", served, whole, tool=one.tool)
        yield Value("ledgers.tools.added", sum(len(one.added) for one in self.lent), len(self.lent))
        yield Value("ledgers.tools.bought", sum(one.bought for one in self.lent), len(self.lent))
        yield Value("ledgers.tools.beyond", int((~self.reached).sum()), whole)

    def conclusion(self) -> tuple[str, ...]:
        """Return what is out of order and what mends it: signs and volunteers, tools and study bases, scenes."""
        people = [part for part in (self._signs_said(), self._volunteers_said()) if part]
        places = [part for part in (self._tools_said(), self._classes_said()) if part]
        said = ("；".join(people), "；".join(places), self._scenes_said())
        return tuple(f"{part}。" for part in said if part)

    def _signs_said(self) -> str:
        if self.signs is None or self.walls is None:
            return "标牌台账缺数据"
        kinds = [f"{label(f'fault.{name}')} {count}" for name in FAULTS if (count := int(self.signs[name].sum()))]
        if not kinds:
            return f"{len(self.signs)} 块标牌均合规"
        also = "，一块可兼有数项" if sum(self.signs[name].sum() for name in FAULTS) > len(self.cleanup) else ""
        return f"{len(self.signs)} 块标牌中 {len(self.cleanup)} 块须清理（{'、'.join(kinds)}{also}）"

    def _volunteers_said(self) -> str:
        problem, plan = self.volunteers, self.allocation
        if problem is None or plan is None:
            return "法律明白人台账缺数据"
        below = self.by_volunteers[self.by_volunteers["volunteers"] < self.by_volunteers["needed"]]
        total, floor = int(problem.volunteers.sum()), f"每千人 {problem.floor:g} 人"
        if below.empty:
            return f"法律明白人 {total} 人，各社区均达{floor}"
        first = "、".join(self.names[key] for key in below["community"][:_NAMED]) + (
            "等" if len(below) > _NAMED else ""
        )
        moved, trained = int(plan.moved.sum()), int(plan.trained.sum())
        ways = [f"相邻社区调剂 {moved} 人"] * bool(moved) + [f"新培训 {trained} 人"] * bool(trained)
        return f"法律明白人 {total} 人，{len(below)} 个社区不足{floor}（{first}），{'、'.join(ways)}即可"

    def _tools_said(self) -> str:
        if self.lent is None:
            return "工具台账缺数据"
        whole, table = len(self.compounds), self.by_tool
        if not whole or table.empty:
            return "没有可核对的小区或工具"
        beyond = int((~self.reached).sum())
        rest = f"，另有 {beyond} 个小区 5 分钟内无阵地可借" if beyond else ""
        none = "、".join(table["tool"][table["points"] == 0])
        lent = f"（{none}尚无处出借）" if none else ""
        now = f"{whole} 个小区中 {int(self._all_tools().sum())} 个 5 分钟内借得到全部 {len(table)} 种工具{lent}"
        added, bought = int(table["added"].sum()), int(table["bought"].sum())
        if not added:
            return f"{now}{rest}"
        places = len({int(row) for one in self.lent for row in one.added})
        buy = f"、添置 {bought} 件" if bought else "、调拨现有库存"
        return f"{now}，在 {places} 处阵地增设 {added} 项出借{buy}可使 {int(self.reached.sum())} 个小区都借得到{rest}"

    def _classes_said(self) -> str:
        if self.classes is None or self.bases is None:
            return ""
        good, full = int(self._good().sum()), int((self.bases["booked"] > self.bases["sessions"]).sum())
        instead = int(self.classes["instead"].notna().sum())
        words = f"学习教育 {len(self.classes)} 班中 {good} 班坐得下、走得到"
        words += f"，{instead} 班可改约" if instead else ""
        return words + (f"，{full} 处阵地约满" if full else "")

    def _scenes_said(self) -> str:
        whole, kinds = self.presence.shape
        if not whole:
            return "社区缺数据，不核对场景"
        told = f"{whole} 个社区中 {int(self.complete.sum())} 个 {kinds} 个场景齐全（本社区有或步行可及）"
        if not self.completions:
            return told
        known = {area: plan for area, plan in self.completions.items() if plan.services and not plan.left}
        if not known:
            return f"{told}；缺项在本社区现有阵地内补不齐"
        area = min(known, key=lambda name: (known[name].cost, name))
        begun = sum(len(plan.services) for plan in self.completions.values())
        first = f"最省的是{self._name(area)}（{len(known[area].services)} 项，{known[area].cost:.1f} 万元【推】）"
        return f"{told}，补齐其余须新开服务 {begun} 项、{self._cost:.1f} 万元【推】，{first}"

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; those of absent ledgers are left out."""
        found: dict[str, tuple[pd.DataFrame, tuple[str, ...]]] = {
            "台账核对总表": (self.by_part, ("part", "entries", "sound", "todo"))
        }
        if self.signs is not None and self.walls is not None:
            found["标牌清理清单"] = (self.cleanup.assign(faults=_faults(self.cleanup)), _CLEANUP)
            found["内容更新提醒"] = (self.due, ("station@sign", "kind@sign", "text@sign", "days@left"))
            found["上墙内容缺项"] = (self.walls, ("station@sign", "topic"))
        if self.volunteers is not None and self.allocation is not None:
            found["法律明白人"] = (self.by_volunteers, _VOLUNTEERS)
            found["法律明白人调剂"] = (moves_table(self.volunteers, self.allocation), _MOVES)
        if self.lent is not None:
            found["工具出借点"] = (self.by_tool, _TOOLS)
        found["场景分布"] = (self.by_scene, ("scene@name", *(f"{kind.name.lower()}@scene" for kind in Presence)))
        found["社区场景补齐"] = (self.by_community, _COMMUNITIES)
        if self.bases is not None and self.classes is not None:
            bases = dict(zip(self.bases["id"], self.bases["name"], strict=True))
            found["学习教育阵地"] = (self.bases.assign(used=100 * self.bases["used"]), _BASES)
            table = self.classes.assign(**{name: self.classes[name].map(bases) for name in ("base", "instead")})
            found["学习班次"] = (table, _CLASSES)
        longest = self.scenario.standard(self.said.class_walk)
        walk = {"minutes@class": lambda minutes: round(minutes, 1) if np.isfinite(minutes) else f"> {longest:g}"}
        shown = {**_SHOWN, **dict.fromkeys(_NAMES, self._name), **walk}
        return {
            title: present(table, columns, shown, blank=MISSING).infer_objects()
            for title, (table, columns) in found.items()
            if len(table)
        }

    def _name(self, key: Any) -> object:
        return self.names.get(key, key)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: stations with signs to mend and tools to come, communities with scenes."""
        stations = self.district.stations[["id", "name", "kind", "geometry"]].copy()
        faulty = self.cleanup["station"].value_counts() if self.signs is not None else pd.Series(dtype=np.int64)
        stations["signs_faulty"] = stations["id"].map(faulty).fillna(0).astype(np.int64)
        added: Ints = np.concatenate([one.added for one in self.lent or ()] or [np.empty(0, np.int64)])
        stations["tools_added"] = np.bincount(added, minlength=len(stations))
        layers = {"ledgers_by_station": gpd.GeoDataFrame(stations, geometry="geometry", crs=self.district.crs)}
        if self.district.has("communities"):
            table = self.by_community[["community", "present", "shared", "missing", "begun", "cost"]]
            own = self.district.layer("communities")[["id", "name", "geometry"]]
            merged = own.merge(table.rename(columns={"community": "id"}), on="id", how="inner")
            layers["ledgers_by_community"] = gpd.GeoDataFrame(merged, geometry="geometry", crs=self.district.crs)
        return layers


def audit_ledgers(coverage: CoverageResult) -> LedgersResult:
    """Audit the ledgers of order of a district.

    Parameters
    ----------
    coverage
        The five-minute circle; its scenario has the section ``ledgers``. What its district has of the ledgers
        ``signs``, ``volunteers``, ``tools``, ``study_bases`` and ``study_classes`` is audited; scenes always are.

    Raises
    ------
    ScenarioError
        If the scenario asks nothing of ledgers, prices a service that is not known, or no day is known on which signs
        are judged.
    """
    district, scenario = coverage.district, coverage.scenario
    said = _said(scenario)
    refuse_unknown(scenario)
    day = day_of(district, scenario)
    standard = scenario.standard
    signs = walls = volunteers = allocation = lent = bases = classes = None
    if district.has("signs"):
        signs, walls = sign_faults(district, day, standard(said.sign_age)), missing_walls(district, said.topics)
    if district.has("volunteers") and district.has("communities"):
        volunteers = volunteer_problem(district, standard(said.volunteer_floor), standard(said.volunteer_reach))
        allocation = allocate_volunteers(volunteers)
    compounds, cover = serving(coverage)
    if district.has("tools"):
        lent = tuple(lending(district, cover, said.tools))
    matrix, usual = scene_matrix(coverage), standard(said.service_cost)
    how = presence(matrix, standard(said.scene_share))
    plans = completions(matrix, how, lambda service: said.service_costs.get(service, usual))
    if district.has("study_bases") and district.has("study_classes"):
        bases, classes = bases_table(coverage), classes_table(coverage, standard(said.class_walk))
    reached = np.asarray(cover.sum(axis=0)).ravel() > 0
    return LedgersResult(
        coverage=coverage,
        day=day,
        signs=signs,
        walls=walls,
        volunteers=volunteers,
        allocation=allocation,
        compounds=compounds,
        reached=reached,
        lent=lent,
        scenes=matrix,
        presence=how,
        completions=plans,
        bases=bases,
        classes=classes,
    )


# ----------------------------------------------------------------------------------------------------------------------
# How the answers are read.


_CLEANUP: Final = ("station@sign", "kind@sign", "text@sign", "faults", "should", "years@sign")
_VOLUNTEERS: Final = (
    "community@ledger", "residents", "volunteers", "per_thousand", "per_grid", "needed@volunteers", "sent", "came@help",
    "trained", "after@volunteers",
)  # fmt: skip
_MOVES: Final = ("source@ledger", "community@ledger", "count@moved", "metres@moved")
_TOOLS: Final = (
    "tool",
    "points@tool",
    "stock",
    "loans",
    "served@compounds",
    "share@compounds",
    "added@tool",
    "bought",
    "where@tool",
)
_COMMUNITIES: Final = (
    "community@ledger",
    "present@scene",
    "shared@scene",
    "missing@scene",
    "begun",
    "cost@begun",
    "plan@begun",
    "left@scene",
)
_BASES: Final = ("name@base", "station@sign", "capacity@base", "sessions@base", "booked", "used@base", "largest")
_CLASSES: Final = (
    "id@class",
    "base@class",
    "compound@class",
    "people@class",
    "minutes@class",
    "fits@class",
    "near@class",
    "instead",
)
_NAMES: Final = ("station@sign", "community@ledger", "source@ledger", "compound@class")


def _percent(part: float, whole: float) -> float | None:
    return 100 * float(part) / whole if whole else None


def _gini(problem: VolunteerProblem, volunteers: Ints) -> float | None:
    lived = problem.residents > 0
    return gini(problem.per_thousand(volunteers)[lived], problem.residents[lived]) if lived.any() else None


def _faults(table: pd.DataFrame) -> list[str]:
    return ["、".join(label(f"fault.{name}") for name in FAULTS if row[name]) for row in table.to_dict("records")]


def _yes(found: Any) -> str:
    return "是" if found else "否"


def _or_dash(found: Any) -> str:
    return found if isinstance(found, str) and found else "—"


_SHOWN: Final[Mapping[str, Callable[[Any], object]]] = {
    "kind@sign": lambda kind: label(f"sign.{kind}"),
    **dict.fromkeys(("should", "where@tool", "plan@begun", "left@scene", "instead"), _or_dash),
    "fits@class": _yes,
    "near@class": _yes,
}
