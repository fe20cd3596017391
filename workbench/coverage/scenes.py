"""Which group reaches which scene: by foot within five minutes, and at an hour at which it is free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.coverage import scene_cells, scene_tables
from workbench.coverage.gate_hours import pairs
from workbench.coverage.longer_hours import declared_timetable
from workbench.coverage.result import CoverageResult
from workbench.coverage.scene_verdicts import WHOLE, Verdict
from workbench.coverage.timetable import WEEK_MINUTES, States, Timetable
from workbench.district import District
from workbench.errors import Problem, ScenarioError
from workbench.functions.session_limits import day_start
from workbench.hours import DAY_MINUTES, WEEKDAYS
from workbench.results import Kpi, kpi_table
from workbench.scenario import Scenario
from workbench.scenes import Catalogue, catalogue, services_of
from workbench.scenes.vocabulary import near
from workbench.terms import Access, Mode

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Trits = npt.NDArray[np.int8]
"""Answers that may be missing: 1 yes, 0 no, −1 not known."""


@dataclass(frozen=True, eq=False, repr=False)
class SceneMatrix:
    """Groups × scenes as measured; made by :func:`scene_matrix`.

    Attributes
    ----------
    coverage
        The measurement of coverage that it stands on.
    catalogue
        The scenes, n of them.
    offers
        Whether each station offers each scene, by its services or by sessions in its rooms, shape (s, n): 1, 0, or −1
        where no session does and its services are not known. One row a station of the layer, closed ones included.
    timetable
        When the stations are open, with the longer hours that the scenario takes as given.
    areas
        Communities with residents, by identifier.
    people
        Residents of each group, and of :data:`WHOLE`, by community, scene and :class:`Verdict`,
        shape (len(areas) + 1, n, 5); the last row holds those whose community is not known.
    """

    coverage: CoverageResult
    catalogue: Catalogue
    offers: Trits
    timetable: Timetable
    areas: tuple[str, ...]
    people: Mapping[str, Floats]
    status: str = field(default="MEASURED", init=False)

    def __repr__(self) -> str:
        ground = self.coverage.district.manifest.key
        return (
            f"<SceneMatrix {self.scenario.name} on {ground}: {len(self.people)} groups × {len(self.catalogue)} scenes>"
        )

    @property
    def scenario(self) -> Scenario:
        """The intent that was measured."""
        return self.coverage.scenario

    @property
    def fingerprint(self) -> str:
        """Hash of scenario, ground, package version and catalogue."""
        listed = json.dumps(self.catalogue.document, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(f"{self.coverage.fingerprint}\n{listed}".encode()).hexdigest()

    @cached_property
    def serving(self) -> Flags:
        """Stations that are open to anybody at all, shape (s,)."""
        return np.asarray(self.coverage.district.stations["access"] != Access.CLOSED, bool)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row a group and scene: residents, reached, timely, shares, reason; exact, not for publication."""
        return scene_cells.cells(self)

    @cached_property
    def empty(self) -> pd.DataFrame:
        """The cells that a group needs and that are empty, with the reason and where most people lack them."""
        return scene_cells.empty_cells(self)

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """One row a community: scene coverage of its residents, and the scenes that none of them reaches."""
        return scene_cells.by_community(self)

    def community_shares(self, group: str = WHOLE, *, timely: bool = False) -> pd.DataFrame:
        """Return the share of a group that reaches each scene, by community, percent.

        Parameters
        ----------
        group
            Name of a group; all residents when not given.
        timely
            Count only those who reach it at hours at which they are free.

        Returns
        -------
        pandas.DataFrame
            One row a community: ``id``, ``name``, ``residents``, ``suppressed`` and one column a scene.
            Numbers of too few people (``privacy.smallest_cell``), and those that would give one away,
            are missing, and the community is marked as suppressed.
        """
        return scene_cells.community_shares(self, group, timely=timely)

    def kpis(self) -> list[Kpi]:
        """Return the numbers."""
        return scene_tables.kpis(self)

    def summary(self) -> pd.DataFrame:
        """Return the KPI table, rounded, in Chinese."""
        return kpi_table(self.kpis())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return scene_tables.reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name."""
        return scene_tables.map_layers(self)


def scene_matrix(result: CoverageResult, scenes: Catalogue | None = None) -> SceneMatrix:
    """Measure which group reaches which scene within five minutes at its own pace, and when.

    A scene is within reach of a resident if one station within the five-minute limit of the experience mode, through
    the gates open while the scene is on, offers it: declares all it takes, or holds a session of it in its timetable of
    today (:meth:`workbench.scenes.Scene.held_by`). It is timely if, at one such station, the group is free, the scene
    is on and the station is open at once for ``scene.least_overlap`` minutes of the scenario's week, longer hours that
    the scenario takes as given included; where only sessions offer it, during these sessions.

    Parameters
    ----------
    result
        The five-minute circle as measured.
    scenes
        Catalogue of scenes; the one that comes with the workbench by default.

    Returns
    -------
    SceneMatrix
        Services or hours that are not known count neither as there nor as lacking: they are reported apart.

    Raises
    ------
    ScenarioError
        If a group needs a scene that the catalogue does not hold.
    """
    scenes = catalogue() if scenes is None else scenes
    _refuse_unknown_needs(result.scenario, scenes)
    stations = result.district.stations
    declared = _offers(stations["services"], scenes)
    held = sessions_held(result.district, scenes)
    offers = declared.copy()
    for key in held:
        offers[key] = 1
    hours = result.scenario.hours
    calendar, timetable = hours.calendar, declared_timetable(stations, hours)
    windows = np.array([calendar.open_minutes(scene.window).ravel() for scene in scenes.values()])
    least = result.scenario.standard(result.scenario.scenes.least_overlap)
    areas, area = _areas(result)
    people = {}
    groups = result.populace.groups
    always = np.ones(WEEK_MINUTES, bool)
    frees = [calendar.open_minutes(group.free).ravel() if group.free else always for group in groups.values()]
    spans = _spans(np.vstack([timetable.weeks, windows, *frees]), result.week.gates.of_minute)
    for name, at_leisure in zip(groups, frees, strict=True):
        free = windows & at_leisure

        def fits(then: Flags, free: Flags = free) -> Trits:
            found = _fits(timetable, free & then, least, spans)
            for (row, scene), minutes in held.items():
                enough = int((minutes & free[scene] & then).sum() >= least)
                found[row, scene] = max(found[row, scene], enough) if declared[row, scene] == 1 else enough
            return found

        verdict = _verdicts(*_in_time(result, name, offers, windows, fits))
        people[name] = _tally(verdict, result.populace.weight[name], area, len(areas) + 1)
    people[WHOLE] = np.sum([people[name] for name in result.populace.whole], axis=0)
    return SceneMatrix(result, scenes, offers, timetable, areas, people)


def _refuse_unknown_needs(scenario: Scenario, scenes: Catalogue) -> None:
    problems = [
        Problem(
            scenario.origins.get(f"{section}.{name}.needs", scenario.name),
            "the catalogue holds no such scene",
            key=f"{section}.{name}.needs",
            expected="one of " + ", ".join(scenes),
            found=scene,
            mend=near(scene, scenes),
        )
        for section, groups in (("groups", scenario.groups), ("focus", scenario.focus))
        for name, group in groups.items()
        for scene in group.needs
        if scene not in scenes
    ]
    if problems:
        raise ScenarioError(problems)


def _offers(declared: pd.Series, scenes: Catalogue) -> Trits:
    """Tell which station offers which scene, shape (s, n)."""
    offers = np.full((len(declared), len(scenes)), -1, np.int8)
    for row, text in enumerate(declared):
        services = services_of(text)
        if services is not None:
            offers[row] = [scene.offered_by(services) for scene in scenes.values()]
    return offers


def sessions_held(district: District, scenes: Catalogue) -> dict[tuple[int, int], Flags]:
    """Return when sessions that are published today make a scene of their station.

    Parameters
    ----------
    district
        With the ledgers ``activities`` and ``bookings``; without them nothing is held.
    scenes
        The scenes.

    Returns
    -------
    dict
        Minutes of the week, shape (10080,), by row of the stations layer and position of the scene.
    """
    rows = {name: row for row, name in enumerate(district.stations["id"])}
    table = district.ledger("bookings").merge(district.ledger("activities"), left_on="activity", right_on="id")
    held: dict[tuple[int, int], Flags] = {}
    for row in table.to_dict("records"):
        begin = WEEKDAYS.index(row["day"]) * DAY_MINUTES + (day_start(row["start"]) or 0)
        minutes = int(row["duration_min"])
        for place, scene in enumerate(scenes.values()):
            if scene.held_by(row["function"], row["group"], np.array([begin]), minutes).any():
                week = held.setdefault((rows[row["station"]], place), np.zeros(WEEK_MINUTES, bool))
                week[begin : begin + minutes] = True
    return held


def _spans(weeks: Flags, gates: Ints) -> tuple[Ints, Ints]:
    """Return one minute of each kind in which neither these weeks nor the gates differ, and how many are of it."""
    _, first, count = np.unique(States.of(weeks, gates).of_minute, return_index=True, return_counts=True)
    return first, count


def _fits(timetable: Timetable, wanted: Flags, least: float, spans: tuple[Ints, Ints]) -> Trits:
    """Tell which station is open long enough in the wanted minutes of the week, shape (s, n).

    Parameters
    ----------
    timetable
        When the stations are open.
    wanted
        Minutes in which each scene is on and the group is free, shape (n, 10080).
    least
        Minutes that are enough.
    spans
        Minutes that stand for all, and how many each stands for.
    """
    minute, count = spans
    overlap = timetable.weeks[:, minute].astype(np.float32) @ (wanted[:, minute] * count).T.astype(np.float32)
    enough = np.vstack([overlap >= least, np.zeros((1, len(wanted)), bool)])[timetable.of_station.clip(min=-1)]
    return np.where(timetable.known[:, None], enough, -1).astype(np.int8)


def _areas(result: CoverageResult) -> tuple[tuple[str, ...], Ints]:
    """Return the communities with demand points, and which of them each point lies in; the last + 1 where none."""
    codes, names = pd.factorize(result.district.demand["community"], sort=True)
    return tuple(str(name) for name in names), np.where(codes < 0, len(names), codes).astype(np.int64)


def _in_time(
    result: CoverageResult, group: str, offers: Trits, windows: Flags, fits: Callable[[Flags], Trits]
) -> tuple[csr_array, Trits, Trits]:
    """Return what each demand point reaches, through the gates open when scenes are on.

    A station counts once for each set of states of the gates under which it is reached: what it offers while they
    hold, and whether it is open long enough then.

    Returns
    -------
    within : csr_array, shape (k, c)
        Which of them each demand point reaches, as ones.
    offers, fits : ndarray of int8, shape (c, n)
        Which scenes each offers, and when.
    """
    week, number = result.week, len(offers)
    station, point, gates = pairs(week.walks[Mode.EXPERIENCE, group])
    kinds, kind = np.unique(gates, axis=0, return_inverse=True)
    ones, column = np.ones(len(point), np.int32), kind.ravel() * number + station
    within = csr_array((ones, (point, column)), shape=(len(result.doors), max(len(kinds), 1) * number))
    open_then = [through[week.gates.of_minute] for through in kinds] or [np.zeros(windows.shape[1], bool)]
    offered = [np.where((windows & minutes).any(axis=1), offers, 0) for minutes in open_then]
    timely = np.concatenate([fits(minutes) for minutes in open_then])
    return within, np.concatenate(offered).astype(np.int8), timely


def _verdicts(within: csr_array, offers: Trits, fits: Trits) -> Trits:
    """Judge every demand point and scene, shape (k, n)."""

    def some(stations: Flags) -> Flags:
        return np.asarray(within @ stations.astype(np.int32) > 0)

    timely = (offers == 1) & (fits == 1)
    perhaps_timely = (offers != 0) & (fits != 0) & ~timely
    reached = some(offers == 1)
    beside = np.where(some(offers == -1), Verdict.UNSURE, Verdict.BEYOND)
    late = np.where(some(perhaps_timely), Verdict.UNTIMED, Verdict.WRONG_HOURS)
    return np.where(some(timely), Verdict.TIMELY, np.where(reached, late, beside)).astype(np.int8)


def _tally(verdict: Trits, weight: Floats, area: Ints, areas: int) -> Floats:
    """Add residents up by area, scene and verdict."""
    scenes, kinds = verdict.shape[1], len(Verdict)
    slot = (area[:, None] * scenes + np.arange(scenes)) * kinds + verdict
    total = np.bincount(slot.ravel(), np.repeat(weight, scenes), minlength=areas * scenes * kinds)
    return np.asarray(total, np.float64).reshape(areas, scenes, kinds)
