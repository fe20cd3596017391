"""The rooms of a district as timetabled: numbers, tables and proof as a planner reads them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from workbench.cache import Cache
from workbench.catalogue.functions import Catalogue, catalogue, parts_of
from workbench.catalogue.scenes import catalogue as scenes
from workbench.catalogue.terms import label, unit
from workbench.ground.district import District
from workbench.hours import WEEKDAYS, hhmm
from workbench.progress import SILENT, Progress
from workbench.results import MISSING, Result, Value, amount, present
from workbench.rooms.instance import asked_district, centres_of
from workbench.rooms.problem import CELL_MIN, DAY_CELLS, Centre
from workbench.rooms.stages import CentrePlan, plan_centre
from workbench.rooms.week import DistrictWeek, use_of
from workbench.scenario import Scenario
from workbench.solving import Status, heeded_interrupt
from workbench.version import __version__


def station_layer(district: District, table: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return a table of one row a station, by its column ``station``, as a map layer of these stations."""
    stations = district.stations[["id", "name", "kind", "geometry"]]
    merged = stations.merge(table.rename(columns={"station": "id"}), on="id", how="inner", validate="one_to_one")
    return gpd.GeoDataFrame(merged, geometry="geometry", crs=district.crs)


# ----------------------------------------------------------------------------------------------------------------------
# How exact tables become tables that a planner reads: a heading for each column, and how its values are shown.


Shown = Callable[[Any], object]
"""Returns what is shown of a value."""
NOTHING: Final = "—"


def read(table: pd.DataFrame, columns: Iterable[str], shown: Mapping[str, Shown]) -> pd.DataFrame:
    """Return columns of a table as they are read; a word that is missing reads 缺数据 as a number does."""
    return present(table, columns, shown, blank=MISSING).infer_objects()


def named(words: Mapping[Any, str]) -> Shown:
    """Show a key by its name; itself where it has none."""
    return lambda key: words.get(key, key)


def listed(words: Mapping[str, str]) -> Shown:
    """Show keys, separated by ``;``, by their names."""

    def shown(text: object) -> object:
        return MISSING if not isinstance(text, str) else "、".join(words.get(p, p) for p in parts_of(text)) or NOTHING

    return shown


def stations_of(district: District) -> Shown:
    """Show a station by its name."""
    return named(dict(zip(district.stations["id"], district.stations["name"], strict=True)))


def rules(text: object) -> str:
    """Show rules, separated by ``;``, by their names."""
    return "、".join(label(f"rule.{rule}") for rule in parts_of(text)) or NOTHING


def in_order(sessions: pd.DataFrame, *by: str) -> pd.DataFrame:
    """Return sessions in the order of some columns; ``place`` is that of the day in the week."""
    day = sessions["day"].map({name: place for place, name in enumerate(WEEKDAYS)})
    return sessions.assign(place=day).sort_values(list(by), kind="stable")


# ----------------------------------------------------------------------------------------------------------------------
# The tables of the rooms as a planner reads them: rounded, in Chinese.


def tables(result: TimetableResult) -> dict[str, pd.DataFrame]:
    """Return all tables by title, in Chinese; empty ones are left out."""
    functions = listed({key: function.label for key, function in result.functions.items()})
    everyday: dict[str, Shown] = {
        "station@rooms": stations_of(result.district),
        "group": named({key: word.label for key, word in scenes().audiences.items()}),
        "function": functions,
        "functions_before": functions,
        "functions_after": functions,
        **dict.fromkeys(("rules@more", "rules@any", "together", "conflict", "rule@broken", "offers"), rules),
    }
    centres = read(result.by_centre, _CENTRES, everyday)
    if not result.solved:
        return {"逐中心结果": centres}
    week = in_order(result.sessions, "station", "room", "place", "start", "activity")
    stages = {"stage": lambda name: label(f"stage.{name}")}
    found = {
        _LOSSES: read(result.losses, _LOST, everyday),
        "房间整合前后对照表": read(_used(result.by_room), _BEFORE_AFTER, {**everyday, "fate": _fate}),
        "房间周课表": read(week, _WEEK, {**everyday, "standing": _STANDING.__getitem__}),
        "停课日期": read(result.days_out, _DAYS_OUT, {**everyday, "date": lambda date: date.isoformat()}),
        "逐中心结果": centres,
        "逐阶段证明": read(_stage_totals(result), _STAGES, stages),
        "未满足需求及原因": read(result.unserved, _UNSERVED, everyday),
        "现行排期不合规之处": read(result.breaches_today, _BREACHES, {**everyday, "activities@touched": listed({})}),
        "释放房间及恢复条件": read(result.released, _RELEASED, everyday | _released(result.functions)),
        "人群用房": read(result.by_group, _GROUPS, everyday),
        "场景用房": read(result.by_scene, _SCENES, {**everyday, "functions": _carriers(functions), "scene": _scene}),
        "门牌核对": read(result.signs, _SIGNS, {**everyday, "true": _verdict, "suits": _verdict, "advice": _advice}),
    }
    return {title: table for title, table in found.items() if len(table)}


_LOSSES: Final = "现有服务减少"
"""The first table: who loses what they have today. It is left out where nobody does."""


_LOST: Final = (
    "function", "group", "before", "after", "lost@rooms", "person_hours@lost", "barred", "outbid", "rules@more",
)  # fmt: skip
_BEFORE_AFTER: Final = (
    "id@room", "station@rooms", "storey", "area_m2", "sign", "function@actual", "functions_before", "functions_after",
    "hours_before", "hours_after", "utilisation_before", "utilisation_after", "fate",
)  # fmt: skip
_WEEK: Final = (
    "station@rooms", "room", "day", "start", "end", "name@activity", "function", "group", "attendance", "standing",
)  # fmt: skip
_DAYS_OUT: Final = ("station@rooms", "date", "label@day", "room", "start", "name@activity")
_CENTRES: Final = (
    "station@rooms", "rooms", "rooms_before", "rooms_after", "load_bound", "sessions", "sessions_before",
    "sessions_after", "changes", "status@solved", "conflict",
)  # fmt: skip
_STAGES: Final = ("stage", "unit@stage", "value", "bound@stage", "proven", "centres")
_UNSERVED: Final = (
    "station@rooms", "name@activity", "group", "priority", "attendance", "sessions", "today", "missing", "hopeless",
    "rules@any", "together",
)  # fmt: skip
_BREACHES: Final = ("station@rooms", "rule@broken", "breaches", "activities@touched")
_RELEASED: Final = (
    "station@rooms", "room", "area_m2", "seats", "equipment", "offers", "activity", "spare",
)  # fmt: skip
_GROUPS: Final = ("group", "asked@group", "served_before", "served_after", "space_before", "space_after")
_SCENES: Final = (
    "scene", "functions", "stations_before", "stations_after", "sessions_asked", "sessions_before", "sessions_after",
    "person_hours_before", "person_hours_after",
)  # fmt: skip
_SIGNS: Final = (
    "id@room", "station@rooms", "sign", "function@actual", "true", "functions_after", "suits", "advice",
)  # fmt: skip
_STANDING: Final = {"kept": "不变", "moved": "调整", "new": "新增"}


def _used(rooms: pd.DataFrame) -> pd.DataFrame:
    """Put utilisation in percent; a room that is never open has none."""
    part = {key: 100 * rooms[key] for key in ("utilisation_before", "utilisation_after")}
    return rooms.assign(**{key: value.astype(object).where(value.notna(), NOTHING) for key, value in part.items()})


def _fate(fate: object) -> str:
    return label(f"fate.{fate}") if isinstance(fate, str) else MISSING


def _released(known: Catalogue) -> dict[str, Shown]:
    equipment = listed({key: word.label for key, word in known.equipment.items()})
    return {"seats": lambda seats: int(seats) or NOTHING, "equipment": equipment}


def _carriers(functions: Shown) -> Shown:
    return lambda text: functions(text) if text else "不用功能室（大厅、室外或驿家）"


def _scene(key: str) -> str:
    return scenes()[key].label


def _verdict(value: object) -> str:
    return NOTHING if value is None else "相符" if value else "不符"


def _advice(word: object) -> object:
    return word if isinstance(word, str) else NOTHING


def _stage_totals(result: TimetableResult) -> pd.DataFrame:
    """Return one row a stage: sums over the centres (the largest for the floors of groups), and how many are proven."""
    rows = []
    for name, part in result.by_stage.groupby("stage", sort=False):
        most = name == "floors"
        value, bound = ((part[key].max() if most else part[key].sum()) for key in ("value", "bound"))
        proven = int((part["status"] == Status.OPTIMAL).sum())
        by_area = name == "release" and result.scenario.rooms.release == "area"
        scale = 10.0 if by_area else 1.0
        of = "㎡" if by_area else "个" if name == "release" else unit(f"stage.{name}")
        rows.append((name, of, value / scale, bound / scale, proven, len(part)))
    return pd.DataFrame(rows, columns=["stage", "unit", "value", "bound", "proven", "centres"])


# ----------------------------------------------------------------------------------------------------------------------
# The numbers of the rooms, each with its denominator.


_WHENS = (("before", "现状"), ("after", "规划"))


def _ratio(part: float, whole: float) -> float | None:
    return 100 * part / whole if whole else None


def _dropped(result: TimetableResult) -> Iterator[Value]:
    """Measure what is held no more of what is published today, all of it and by function and group."""
    table, known = result.losses, scenes().audiences
    yield Value("plan.dropped", table["lost"].sum(), _published(result))
    for row in table.to_dict("records"):
        function, group = row["function"], row["group"]
        what, who = result.functions[function].label, known[group].label if group in known else group
        words = {"function": function, "group_key": group, "what": what, "who": who, "left": row["after"]}
        yield Value("plan.dropped.{function}.{group_key}", row["lost"], row["before"], **words)


def _published(result: TimetableResult) -> float:
    """Count the sessions of today at the centres that have a plan."""
    centres = result.by_centre
    return float(centres.loc[centres["changes"].notna(), "sessions_before"].sum())


def _rooms(result: TimetableResult) -> Iterator[Value]:
    table = result.by_room[result.by_room["fate"].notna()]
    used = {when: table[f"hours_{when}"] > 0 for when, _ in _WHENS}
    for when, name in _WHENS:
        yield Value("rooms.used_{when}", used[when].sum(), len(table), when=when, name=name)
    released = table[table["fate"] == "released"]
    yield Value("rooms.released", len(released), len(table))
    yield Value("rooms.released_area", released["area_m2"].sum(), table["area_m2"].sum())
    yield Value("rooms.load_bound", result.by_centre["load_bound"].sum(), len(table))
    for when, name in _WHENS:
        busy = table.loc[used[when], f"functions_{when}"].map(lambda text: len(parts_of(text)))
        mean = busy.mean() if len(busy) else None
        yield Value("rooms.functions_{when}", mean, len(busy), when=when, name=name)


def _need(result: TimetableResult) -> Iterator[Value]:
    table, groups = result.by_centre[result.by_centre["sessions_after"].notna()], result.by_group
    asked, hours = float(table["sessions"].sum()), float(groups["asked"].sum())
    for when, name in _WHENS:
        held = _ratio(float(table[f"sessions_{when}"].sum()), asked)
        yield Value("need.sessions_{when}", held, asked, when=when, name=name)
        served = _ratio(float(groups[f"served_{when}"].sum()), hours)
        yield Value("need.person_hours_{when}", served, hours, when=when, name=name)


def _held(result: TimetableResult) -> Iterator[Value]:
    table = result.by_scene
    for when, name in _WHENS:
        held = (table[f"sessions_{when}"] > 0).sum()
        yield Value("scenes.held_{when}", held, table["sessions_after"].notna().sum(), when=when, name=name)


def _use(result: TimetableResult) -> Iterator[Value]:
    """Measure frequency, occupancy and utilisation over all rooms for residents, used or not."""
    table = result.by_room[result.by_room["fate"].notna()]
    for when, name in _WHENS:
        rooms = table[~table["fate"].isin(_OFFICES[when])]
        open_h, used = float(rooms["open_hours"].sum()), rooms[f"hours_{when}"]
        seats = float((used * rooms["capacity"]).sum())
        taken = float((used * rooms["capacity"] * rooms[f"occupancy_{when}"].fillna(0.0)).sum())
        frequency, occupancy = _ratio(float(used.sum()), open_h), _ratio(taken, seats)
        both = None if frequency is None else frequency * (occupancy or 0.0) / 100
        busy = float(rooms.loc[used > 0, "open_hours"].sum())
        for key, value, of in (
            ("open_hours", open_h, float(table["open_hours"].sum())),
            ("frequency", frequency, open_h),
            ("occupancy", occupancy, seats),
            ("utilisation", both, open_h),
            ("frequency_used", _ratio(float(used.sum()), busy), busy),
        ):
            yield Value(f"use.{key}_{{when}}", value, of, when=when, name=name)


_OFFICES: Final = {"before": ["office", "given", "given_idle"], "after": ["office"]}
"""Fates of rooms that are offices today, and that stay offices."""


def _peaks(result: TimetableResult) -> Iterator[Value]:
    """Measure the most rooms in use at once, over the whole district."""
    rooms = result.by_room["fate"].notna().sum()
    for when, name in _WHENS:
        uses = [use_of(*(result.today(c.id) if when == "before" else (c, t))).at_once for c, t in result.planned]
        total = np.sum(uses, axis=0)
        cell = int(total.argmax())
        hour = f"{label(WEEKDAYS[cell // DAY_CELLS])} {hhmm(CELL_MIN * (cell % DAY_CELLS))}"
        yield Value("use.peak_{when}", total[cell], rooms, when=when, name=name, hour=hour)


def _plan(result: TimetableResult) -> Iterator[Value]:
    centres = result.by_centre
    yield Value("plan.changes", centres["changes"].sum(), _published(result))
    yield Value("plan.breaches_today", result.breaches_today["breaches"].sum(), centres["sessions_before"].sum())
    yield _proven(result)


def _proven(result: TimetableResult) -> Value:
    return Value("plan.proven", sum(plan.status is Status.OPTIMAL for plan in result.plans), len(result.plans))


def _offices(result: TimetableResult) -> Iterator[Value]:
    """Measure the share of the ledger's rooms that are no offices, and how much floor area the ledger leaves out."""
    table = result.by_room[result.by_room["fate"].notna()]
    whole = float(table["area_m2"].sum())
    for when, name in _WHENS:
        kept = float(table.loc[table["fate"].isin(_OFFICES[when]), "area_m2"].sum())
        yield Value("offices.resident_share_{when}", _ratio(whole - kept, whole), whole, when=when, name=name)
    stations = result.district.stations
    floor = float(stations.loc[stations["id"].isin(table["station"]), "floor_area_m2"].sum(skipna=False))
    yield Value("offices.outside_ledger", floor - whole, floor)


def _signs(result: TimetableResult) -> Iterator[Value]:
    table = result.signs
    planned = table[table["suits"].notna()]
    yield Value("signs.true", _ratio(float(table["true"].sum()), len(table)), len(table))
    suits = _ratio(float(planned["suits"].astype(bool).sum()), len(planned))
    yield Value("signs.suits", suits, len(planned))


# ----------------------------------------------------------------------------------------------------------------------
# What follows from a timetable: in a sentence, and in the ledgers of the district.


def _proposed(result: TimetableResult) -> str:
    """Say in a sentence what the timetable does."""
    if not result.solved:
        rules = sorted({label(f"rule.{rule}") for plan in result.plans for rule in plan.conflict})
        why = f"互相矛盾的规则：{'、'.join(rules)}" if rules else "时限内未得到方案"
        return f"没有一个中心排得出课表（{why}）。"
    of = {(kpi.key): kpi for kpi in result.kpis()}
    before, after = (amount(of[f"need.sessions_{when}"].value, "%") for when in ("before", "after"))
    used = [of[f"rooms.used_{when}"].rounded for when in ("before", "after")]
    dropped = of["plan.dropped"].rounded or 0
    proven = sum(plan.status is Status.OPTIMAL for plan in result.plans)
    lost = f"；现行排期中有 {dropped:,} 场不再安排，须先与有关人群商定" if dropped else "，现行排期一场不减"
    return (
        f"按方案排课，每周需求场次安排 {before} → {after}，使用房间 {used[0]:,} → {used[1]:,} 间{lost}"
        f"；{len(result.plans)} 个中心中 {proven} 个已证最优。"
    )


def _published_in(result: TimetableResult, district: District) -> District:
    """Return a district with the plan as its published timetable, held where the plan holds it."""
    open_here = set(district.layer("stations")["id"])
    planned = {centre.id for centre, _ in result.planned} & open_here
    activities = result.activities[result.activities["station"].isin(open_here)].set_index("id", drop=False)
    now = result.sessions[result.sessions["station"].isin(planned)]
    at = now.drop_duplicates("activity").set_index("activity")["station"]
    activities["station"] = at.reindex(activities.index).fillna(activities["station"])
    today = result.district.ledger("bookings")
    kept = today[today["activity"].map(activities["station"]).isin(open_here - planned)]
    places = now["room"].str.split("+", n=2)
    new = pd.DataFrame(
        {
            "id": [f"plan-{number:05d}" for number in range(1, len(now) + 1)], "activity": now["activity"].to_numpy(),
            "room": places.str[0].to_numpy(), "day": now["day"].to_numpy(), "start": now["start"].to_numpy(),
            "fixed": False, "joined_with": places.str[1].to_numpy(),
        }
    )  # fmt: skip
    bookings = pd.concat([kept, new], ignore_index=True) if len(kept) else new
    rooms = result.district.ledger("rooms")  # with the hours that the scenario gives them
    return district.with_ledgers(
        rooms=rooms[rooms["station"].isin(open_here)], activities=activities.reset_index(drop=True), bookings=bookings
    )


# ----------------------------------------------------------------------------------------------------------------------
# The rooms of a district as timetabled: plans of all centres, before and after, with proof and reasons.


WORKERS = 2
"""Centres that are solved at once; the plans do not depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class TimetableResult(DistrictWeek):
    """The rooms of a district as timetabled; made by :func:`timetable_rooms`."""

    study: ClassVar[str] = "rooms"
    answer: ClassVar[str] = "by_room"
    on_terminal: ClassVar[tuple[str, ...]] = (
        _LOSSES,
        "逐中心结果",
        "逐阶段证明",
        "未满足需求及原因",
    )

    def __repr__(self) -> str:
        proven = sum(plan.status is Status.OPTIMAL for plan in self.plans)
        return f"<TimetableResult {self.scenario.name}: {proven} of {len(self.plans)} centres proven, {self.status}>"

    @cached_property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and catalogue of functions."""
        listed = json.dumps(self.functions.document, sort_keys=True, ensure_ascii=False)
        parts = (self.scenario.fingerprint, self.district.fingerprint, __version__, listed)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def answered(self) -> bool:
        """Whether any centre has a timetable."""
        return self.solved

    def values(self) -> Iterator[Value]:
        """Measure rooms, need, use, changes, proof; where no centre has a timetable, only how many are proven."""
        if not self.solved:
            yield _proven(self)
            return
        for part in (_dropped, _rooms, _need, _held, _use, _peaks, _plan, _offices, _signs):
            yield from part(self)

    def with_plan(self, district: District) -> District:
        """Return a district whose published timetable is the plan; centres without one keep theirs."""
        return _published_in(self, district)

    def conclusion(self) -> tuple[str, ...]:
        """Return what the timetable gains, how many rooms it takes, what it no longer holds, and how sure that is."""
        return (_proposed(self),)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese; empty ones are left out.

        Where no centre has a timetable there is only what each centre came to, with its rules in conflict.
        """
        return tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers by name: the stations with rooms, and what their plan gives."""
        return {"rooms_by_station": station_layer(self.district, self.by_centre)}


def timetable_rooms(
    district: District,
    scenario: Scenario,
    *,
    functions: Catalogue | None = None,
    progress: Progress = SILENT,
    cache: Cache | None = None,
) -> TimetableResult:
    """Timetable the rooms of all centres for an ordinary week.

    Each centre is a problem of its own: its rooms serve its activities, in lexicographic stages
    (:func:`workbench.rooms.stages.plan_centre`). Centres are solved side by side; every solve is deterministic, so the
    plans depend neither on the number of workers nor on the speed of the machine.

    Parameters
    ----------
    district
        With the ledgers ``rooms``, ``activities`` and, where there is a published timetable, ``bookings``.
    scenario
        The intent; its section ``rooms``.
    functions
        Catalogue of functions; the one that comes with the workbench by default.
    progress
        Told of each centre that is done.
    cache
        Where the timetables of centres are kept that are proven, and found again while nothing changes of a centre and
        what is asked of it; nowhere when not given.

    Returns
    -------
    TimetableResult
        A centre whose rules contradict each other has no timetable but the names of these rules. After Ctrl-C, what is
        found so far, with its bounds.

    Raises
    ------
    RoomsError
        If there are no rooms, or a fixed booking begins off the grid.
    ScenarioError, GeodataError
        If what the scenario adds does not fit (:func:`workbench.rooms.instance.asked_district`).
    """
    known = catalogue() if functions is None else functions
    ground = asked_district(district, scenario)
    centres = centres_of(ground, scenario, known)
    effort = scenario.rooms.effort
    keys = [None if cache is None else _fingerprint(centre, effort, cache) for centre in centres]
    plans = [_kept(centre, key, cache) for centre, key in zip(centres, keys, strict=True)]
    left = [at for at, plan in enumerate(plans) if plan is None]
    progress.step("rooms", len(centres) - len(left), len(centres))
    with heeded_interrupt() as interrupt, ThreadPoolExecutor(WORKERS) as pool:
        planned = pool.map(lambda at: plan_centre(centres[at], effort, interrupt), left)
        for done, (at, plan) in enumerate(zip(left, planned, strict=True), 1):
            plans[at] = plan
            progress.step("rooms", len(centres) - len(left) + done, len(centres))
            proven = plan.status in (Status.OPTIMAL, Status.INFEASIBLE) and not interrupt.asked
            if cache is not None and (key := keys[at]) is not None and proven:
                cache.put(key, plan, {"centre": plan.centre})
    return TimetableResult(ground, scenario, known, tuple(plan for plan in plans if plan is not None))


def _kept(centre: Centre, key: str | None, cache: Cache | None) -> CentrePlan | None:
    """Return the plan of a centre that is kept, if any is."""
    if cache is None or key is None:
        return None
    found: CentrePlan | None = cache.find(key, {"centre": centre})
    return found


def _fingerprint(centre: Centre, effort: float, cache: Cache) -> str:
    """Hash all that the timetable of a centre depends on."""
    return cache.key("centre", json.dumps(asdict(centre), default=_plainly), effort)


def _plainly(value: Any) -> object:
    return sorted(value) if isinstance(value, frozenset) else np.asarray(value).tolist()


# ----------------------------------------------------------------------------------------------------------------------
# What every study of a timetable shares: its scenario, its ground, its fingerprint.


@dataclass(frozen=True, eq=False, repr=False)
class RoomStudy(Result):
    """A study of a timetable.

    Attributes
    ----------
    base
        The timetable that it starts from.
    """

    base: TimetableResult
    study: ClassVar[str] = ""

    @property
    def scenario(self) -> Scenario:
        """The intent."""
        return self.base.scenario

    @property
    def district(self) -> District:
        """The ground."""
        return self.base.district

    @property
    def status(self) -> str:
        """MEASURED for a measurement; OPTIMAL, FEASIBLE or INFEASIBLE for a decision."""
        return self.base.status

    @property
    def answered(self) -> bool:
        """Whether any centre has a timetable."""
        return self.base.solved

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version, catalogue of functions and the name of the study."""
        return hashlib.sha256(f"{self.base.fingerprint}\n{self.study}".encode()).hexdigest()
