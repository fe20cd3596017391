"""Which group reaches which scene: by foot within five minutes, and at an hour at which it is free."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import cached_property
from typing import ClassVar, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from workbench.arrays import Flags, Floats, Ints
from workbench.catalogue.functions import day_start
from workbench.catalogue.scenes import Catalogue, Scene, catalogue, services_of
from workbench.catalogue.terms import Access, Mode, label
from workbench.coverage.doors import share
from workbench.coverage.measure import CoverageResult, CoverageStudy, pairs
from workbench.coverage.timetable import WEEK_MINUTES, States, Timetable, declared_timetable
from workbench.errors import Problem, ScenarioError, did_you_mean
from workbench.ground.district import District
from workbench.hours import DAY_MINUTES, WEEKDAYS
from workbench.privacy import WITHHELD, in_company, is_small, stand_in, withheld
from workbench.results import Value, kpi_table, rounded
from workbench.scenario import Scenario

# ----------------------------------------------------------------------------------------------------------------------
# What a scene can be to a resident.


WHOLE = "whole"
"""Name of the row of all residents, each at the pace of the group it belongs to."""


class Verdict(IntEnum):
    """What a scene is to a resident; exactly one holds."""

    TIMELY = 0
    """A station within reach offers it at hours at which the group is free."""
    UNTIMED = 1
    """A station within reach offers it, but whether at the right hours is not known."""
    WRONG_HOURS = 2
    """Every station within reach that offers it is shut when the group is free and the scene is on."""
    UNSURE = 3
    """No station within reach is known to offer it, but the services of some are not known."""
    BEYOND = 4
    """No station within reach offers it."""


REACHED: Final = slice(Verdict.TIMELY, Verdict.UNSURE)
"""The verdicts of those who reach a station that offers the scene."""


# ----------------------------------------------------------------------------------------------------------------------
# Which numbers of a scene matrix are of too few people to be published.


def _makeup(matrix: SceneMatrix) -> dict[str, Mapping[str, float]]:
    """Return the bands of each group that is counted by age; the others have nothing to withhold."""
    groups = matrix.coverage.populace.groups
    return {
        name: {str(band): share for band, share in group.ages.items()} for name, group in groups.items() if group.ages
    }


def _withheld_cells(matrix: SceneMatrix) -> dict[str, Flags]:
    """Tell which shares of a group must not be published, shape (2, n): within reach, and timely as well.

    A share is withheld where it tells of too few people, or leaves too few over, or would give such a
    number away; see :func:`workbench.privacy.withheld`.
    """
    makeup, smallest = _makeup(matrix), matrix.coverage.withheld.smallest
    hidden = {group: np.zeros((2, len(matrix.catalogue)), bool) for group in matrix.people}
    totals = {name: matrix.people[name].sum(axis=0) for name in makeup}
    for place in range(len(matrix.catalogue)):
        sizes = {name: float(total[place].sum()) for name, total in totals.items()}
        reached = {name: float(total[place, REACHED].sum()) for name, total in totals.items()}
        timely = {name: float(total[place, Verdict.TIMELY]) for name, total in totals.items()}
        of_reach = withheld(reached, smallest, makeup, wholes=sizes)
        of_time = withheld(timely, smallest, makeup, wholes=sizes)
        for name in makeup:
            never = name in matrix.coverage.withheld.residents
            late = is_small(reached[name] - timely[name], smallest)
            hidden[name][:, place] = never or name in of_reach, never or name in of_time or late
    return hidden


def _withheld_communities(matrix: SceneMatrix, group: str, residents: Floats, part: Floats) -> tuple[Flags, Flags]:
    """Tell which numbers of a group must not be published by community."""
    if group == WHOLE or not matrix.coverage.populace.groups[group].ages:
        return np.zeros(residents.shape, bool), np.zeros(part.shape, bool)
    small = np.vectorize(lambda count: is_small(float(count), matrix.coverage.withheld.smallest), otypes=[bool])
    few = in_company(small(residents), residents)
    hidden = few[:, None] | small(part) | small(residents[:, None] - part)
    return few, np.column_stack([in_company(column, residents) for column in hidden.T])


# ----------------------------------------------------------------------------------------------------------------------
# The cells of a scene matrix: who is served, why a cell is empty, and what each community lacks.


_MOST_NAMED = 3
"""Communities that are named beside an empty cell."""


class Reason(StrEnum):
    """What a cell of group and scene comes to; all but ``SERVED`` leave it without anybody who is served."""

    SERVED = "served"
    OFFERED_NOWHERE = "offered_nowhere"
    OUT_OF_REACH = "out_of_reach"
    WRONG_HOURS = "wrong_hours"
    NOT_KNOWN = "not_known"
    NOBODY = "nobody"


EMPTY = (Reason.OFFERED_NOWHERE, Reason.OUT_OF_REACH, Reason.WRONG_HOURS, Reason.NOT_KNOWN)
"""Reasons for which a cell that is needed counts as empty."""


def group_label(matrix: SceneMatrix, group: str) -> str:
    """Return the Chinese name of a row of the matrix."""
    return label("everyone") if group == WHOLE else matrix.coverage.populace.label(group)


def needs_of(matrix: SceneMatrix, group: str) -> tuple[str, ...]:
    """Return the scenes that a row of the matrix needs; none for all residents."""
    return () if group == WHOLE else matrix.coverage.populace.groups[group].needs


@dataclass(frozen=True)
class _Knowledge:
    """What is known of the services of the open stations of a district.

    Attributes
    ----------
    offered
        Which scenes some station is known to offer, shape (n,).
    some, every
        Whether the services of any station, and of every one, are known; both where there are no stations.
    """

    offered: Flags
    some: bool
    every: bool


def knowledge(matrix: SceneMatrix) -> _Knowledge:
    """Return what is known of the services of the open stations."""
    offers = matrix.offers[matrix.serving]
    known = np.asarray((offers >= 0).all(axis=1), bool)
    return _Knowledge(
        np.asarray((offers == 1).any(axis=0), bool), bool(known.any() or not known.size), bool(known.all())
    )


def served(counts: Floats, known: _Knowledge) -> tuple[Floats, Floats]:
    """Return the residents who reach a scene, and those for whom it is timely as well.

    Missing where no services are known, and instead of a zero that what is not known could lift.
    """
    reached, timely = counts[..., REACHED].sum(axis=-1), counts[..., Verdict.TIMELY]
    unsure = counts[..., Verdict.UNSURE] > 0
    untimed = unsure | (counts[..., Verdict.UNTIMED] > 0)
    missing = np.full(reached.shape, not known.some)
    return (
        np.where(missing | ((reached == 0) & unsure), np.nan, reached),
        np.where(missing | ((timely == 0) & untimed), np.nan, timely),
    )


def cells(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a group and scene, exact; see :attr:`SceneMatrix.cells`.

    ``residents``, ``reached``, ``timely``, ``untimed`` and ``unsure`` are people. ``reached`` and
    ``timely`` are lower bounds where some are ``unsure`` (whether a station in reach offers the scene
    is not known) or ``untimed`` (whether it does so at the right hours is not known).
    """
    known = knowledge(matrix)
    hidden = _withheld_cells(matrix)
    return pd.concat([_group_cells(matrix, group, known, hidden[group]) for group in matrix.people], ignore_index=True)


def _group_cells(matrix: SceneMatrix, group: str, known: _Knowledge, hidden: Flags) -> pd.DataFrame:
    counts = matrix.people[group].sum(axis=0)
    residents = counts.sum(axis=1)
    reached, timely = served(counts, known)
    inhabited = np.where(residents > 0, residents, np.nan)
    needs = needs_of(matrix, group)
    return pd.DataFrame(
        {
            "group": group,
            "label": group_label(matrix, group),
            "scene": list(matrix.catalogue),
            "scene_label": [scene.label for scene in matrix.catalogue.values()],
            "needed": [key in needs for key in matrix.catalogue],
            "residents": residents,
            "reached": reached,
            "share": 100 * reached / inhabited,
            "share_withheld": hidden[0],
            "timely": timely,
            "share_timely": 100 * timely / inhabited,
            "share_timely_withheld": hidden[1],
            "untimed": counts[:, Verdict.UNTIMED],
            "unsure": counts[:, Verdict.UNSURE],
            "reason": [str(_reason(row, bool(on), known)) for row, on in zip(counts, known.offered, strict=True)],
        }
    )


def _reason(counts: Floats, offered: bool, known: _Knowledge) -> Reason:
    if counts.sum() == 0:
        return Reason.NOBODY
    if counts[Verdict.TIMELY] > 0:
        return Reason.SERVED
    if counts[REACHED].sum() > 0:
        return Reason.NOT_KNOWN if counts[Verdict.UNTIMED] > 0 else Reason.WRONG_HOURS
    if not offered:
        return Reason.OFFERED_NOWHERE if known.every else Reason.NOT_KNOWN
    return Reason.NOT_KNOWN if counts[Verdict.UNSURE] > 0 else Reason.OUT_OF_REACH


def empty_cells(matrix: SceneMatrix) -> pd.DataFrame:
    """Cells that a group needs and in which nobody is served; see :attr:`SceneMatrix.empty`."""
    table = matrix.cells
    table = table[table["needed"] & table["reason"].isin([str(reason) for reason in EMPTY])]
    worst = [
        "" if reason == Reason.NOT_KNOWN else _worst_communities(matrix, group, scene)
        for group, scene, reason in zip(table["group"], table["scene"], table["reason"], strict=True)
    ]
    columns = ["group", "label", "scene", "scene_label", "reason", "residents", "reached", "timely"]
    return table[columns].assign(communities=worst).reset_index(drop=True)


def _worst_communities(matrix: SceneMatrix, group: str, scene: str) -> str:
    """Name the communities where most of a group lack a scene, most first; too few people stay uncounted."""
    counts = matrix.people[group][:-1, list(matrix.catalogue).index(scene)]
    lacking = counts.sum(axis=1) - counts[:, Verdict.TIMELY]
    names = community_names(matrix)
    smallest = matrix.coverage.withheld.smallest
    shown = [row for row, count in enumerate(lacking) if count > 0 and not is_small(float(count), smallest)]
    order = sorted(shown, key=lambda row: (-lacking[row], matrix.areas[row]))
    return "、".join(f"{names[row]}（{lacking[row]:,.0f} 人）" for row in order[:_MOST_NAMED])


def community_names(matrix: SceneMatrix) -> list[str]:
    """Return the name of each community; its identifier where the district does not name it."""
    known = dict(matrix.coverage.district.communities[["id", "name"]].itertuples(index=False, name=None))
    return [str(known.get(area, area)) for area in matrix.areas]


def community_shares(matrix: SceneMatrix, group: str, *, timely: bool) -> pd.DataFrame:
    """Return shares by community and scene; see :meth:`SceneMatrix.community_shares`."""
    counts = matrix.people[group][:-1]
    residents = np.asarray(counts.sum(axis=2).max(axis=1, initial=0.0), np.float64)  # alike for every scene
    part = served(counts, knowledge(matrix))[1 if timely else 0]
    few, hidden = _withheld_communities(matrix, group, residents, part)
    whole = np.where(residents > 0, residents, np.nan)
    table = pd.DataFrame(np.where(hidden, np.nan, 100 * part / whole[:, None]), columns=list(matrix.catalogue))
    table.insert(0, "id", list(matrix.areas))
    table.insert(1, "name", community_names(matrix))
    table.insert(2, "residents", np.where(few, np.nan, residents))
    table.insert(3, "suppressed", few | hidden.any(axis=1))
    return table


def by_community(matrix: SceneMatrix) -> pd.DataFrame:
    """One row a community; see :attr:`SceneMatrix.by_community`.

    ``scene_share`` (场景覆盖率) is the mean over all scenes of the share of residents who reach them,
    percent, missing where one of them is; ``lacking`` are the keys of the scenes that no resident
    reaches, in the catalogue's order, separated by ``;``.
    """
    reached, timely = (community_shares(matrix, WHOLE, timely=flag) for flag in (False, True))
    keys = list(matrix.catalogue)
    shares = reached[keys]
    table = reached[["id", "name", "residents"]].copy()
    table["scene_share"] = shares.mean(axis=1, skipna=False)
    table["scene_share_timely"] = timely[keys].mean(axis=1, skipna=False)
    table["lacking"] = [
        None if row.isna().all() else ";".join(key for key in keys if row[key] == 0) for _, row in shares.iterrows()
    ]
    return table


# ----------------------------------------------------------------------------------------------------------------------
# Numbers, tables and map layers of a scene matrix, for reading.


def _shown(value: float, unit: str, reason: str = Reason.NOT_KNOWN) -> float | str:
    """Round a number as its unit asks; say why where there is none."""
    if np.isfinite(value):
        return rounded(value, unit)
    return label(Reason.NOBODY if reason == Reason.NOBODY else Reason.NOT_KNOWN)


def _size(matrix: SceneMatrix, group: str, residents: float) -> float | str:
    """Return the size of a group for reading, or what stands for it where it is not published."""
    hidden = matrix.coverage.withheld
    return stand_in(residents, hidden.smallest) if group in hidden.residents else rounded(residents, "人")


def _wide(matrix: SceneMatrix, column: str) -> pd.DataFrame:
    """Return a share of the cells as groups × scenes, rounded, with short Chinese headings."""
    table = matrix.cells
    rows = []
    for group in matrix.people:
        part = table[table["group"] == group]
        head = {"人群": part["label"].iloc[0], "居民（人）": _size(matrix, group, part["residents"].iloc[0])}
        shares = [
            WITHHELD if hide else _shown(value, "%", reason)
            for value, hide, reason in zip(part[column], part[f"{column}_withheld"], part["reason"], strict=True)
        ]
        rows.append(head | dict(zip(_shorts(matrix), shares, strict=True)))
    return pd.DataFrame(rows)


def _shorts(matrix: SceneMatrix) -> list[str]:
    return [scene.short for scene in matrix.catalogue.values()]


def _scene_list(matrix: SceneMatrix) -> pd.DataFrame:
    scenes = matrix.catalogue

    def words(keys: Sequence[str], known: str) -> str:
        return "、".join(getattr(scenes, known)[key].label for key in keys)

    def takes(scene: Scene) -> str:
        parts = [
            words(scene.services.all_of, "services"),
            "或".join(words([k], "services") for k in scene.services.any_of),
        ]
        return "；".join(part for part in parts if part)

    return pd.DataFrame(
        [
            {
                "场景": scene.label,
                "为谁": words(scene.audience, "audiences"),
                "时窗": scene.window,
                "何时开展": scene.season or "每周",
                "所需服务": takes(scene),
                "空间": words(scene.spaces, "spaces"),
                "不可同刻相邻": "、".join(scenes[key].label for key in scene.conflicts),
                "指标": scene.indicator,
                "发言所据": scene.speech or "发言未及",
                "注意": scene.note,
                "性质": scenes.note,
            }
            for scene in scenes.values()
        ]
    )


def _group_list(matrix: SceneMatrix) -> pd.DataFrame:
    register = matrix.scenario.register
    return pd.DataFrame(
        [
            {
                "人群": group.label,
                "占年龄段比例的依据": group.share_basis or ("未注明【推】" if group.assumed else "按年龄段整计"),
                "步速": f"{register[group.pace].value:g} m/s 【{register[group.pace].certainty}】",
                "何时可到": "任何时间" if group.free is None else f"{group.free}【推】",
                "所需场景": "、".join(matrix.catalogue[key].label for key in group.needs),
            }
            for group in matrix.coverage.populace.groups.values()
        ]
    )


def _reading_communities(matrix: SceneMatrix) -> pd.DataFrame:
    table, shares = matrix.by_community, community_shares(matrix, WHOLE, timely=False)
    short = dict(zip(matrix.catalogue, _shorts(matrix), strict=True))
    reason = np.where(table["residents"] == 0, Reason.NOBODY, Reason.NOT_KNOWN)
    columns: dict[str, list[float | str]] = {
        "编号": [*table["id"]],
        "社区": [*table["name"]],
        "居民（人）": [_shown(value, "人") for value in table["residents"]],
    }
    percents = {"场景覆盖率（%）": table["scene_share"], "时段相合（%）": table["scene_share_timely"]}
    for title, values in {**percents, **{short[key]: shares[key] for key in short}}.items():
        columns[title] = [_shown(value, "%", why) for value, why in zip(values, reason, strict=True)]
    columns["无人可及的场景"] = [
        "、".join(short[key] for key in keys.split(";") if key) if isinstance(keys, str) else label(why)
        for keys, why in zip(table["lacking"], reason, strict=True)
    ]
    return pd.DataFrame(columns)


def reading_tables(matrix: SceneMatrix) -> dict[str, pd.DataFrame]:
    """All tables by title; empty ones are left out."""
    empty = matrix.empty
    gaps = pd.DataFrame(
        {
            "人群": empty["label"],
            "场景": empty["scene_label"],
            "缘由": empty["reason"].map(label),
            "居民（人）": [_size(matrix, *row) for row in zip(empty["group"], empty["residents"], strict=True)],
            "缺者最多的社区": empty["communities"],
        }
    )
    found = {
        "场景指标": kpi_table(matrix.kpis(), as_text=False),
        "人群×场景·可及（%）": _wide(matrix, "share"),
        "人群×场景·时段相合（%）": _wide(matrix, "share_timely"),
        "空缺格": gaps,
        "社区×场景（%）": _reading_communities(matrix),
        "场景目录": _scene_list(matrix),
        "人群口径": _group_list(matrix),
    }
    return {title: table for title, table in found.items() if len(table)}


def map_layers(matrix: SceneMatrix) -> dict[str, gpd.GeoDataFrame]:
    """Communities with their scene coverage; nothing where the district has no communities."""
    layer = matrix.coverage.district.communities
    if layer.empty:
        return {}
    joined = layer[["id", "name", "geometry"]].merge(matrix.by_community.drop(columns="name"), on="id", how="left")
    return {"scene_communities": gpd.GeoDataFrame(joined, geometry="geometry", crs=layer.crs)}


# ----------------------------------------------------------------------------------------------------------------------
# Which group reaches which scene: by foot within five minutes, and at an hour at which it is free.


_Trits = npt.NDArray[np.int8]
"""Answers that may be missing: 1 yes, 0 no, −1 not known."""


@dataclass(frozen=True, eq=False, repr=False)
class SceneMatrix(CoverageStudy):
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

    catalogue: Catalogue
    offers: _Trits
    timetable: Timetable
    areas: tuple[str, ...]
    people: Mapping[str, Floats]
    study: ClassVar[str] = "scenes"
    answer: ClassVar[str] = "by_community"

    def __repr__(self) -> str:
        ground = self.coverage.district.manifest.key
        return (
            f"<SceneMatrix {self.scenario.name} on {ground}: {len(self.people)} groups × {len(self.catalogue)} scenes>"
        )

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
        return cells(self)

    @cached_property
    def empty(self) -> pd.DataFrame:
        """The cells that a group needs and that are empty, with the reason and where most people lack them."""
        return empty_cells(self)

    @cached_property
    def by_community(self) -> pd.DataFrame:
        """One row a community: scene coverage of its residents, and the scenes that none of them reaches."""
        return by_community(self)

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
        return community_shares(self, group, timely=timely)

    def words(self) -> Mapping[str, str]:
        """Return what the catalogue of scenes says of itself."""
        return {"listed": self.catalogue.note}

    def values(self) -> Iterator[Value]:
        """Measure the scenes offered, mean scene coverage, cells that are needed and empty."""
        known, whole = knowledge(self), self.people[WHOLE].sum(axis=(0, 1))
        pairs = float(whole.sum())
        reached, timely = (None if np.isnan(part) else share(float(part), pairs) for part in served(whole, known))
        yield Value("scenes.offered", known.offered.sum() if known.some else None, len(self.catalogue))
        yield Value("scenes.share", reached, pairs)
        yield Value("scenes.share.timely", timely, pairs)
        yield Value("scenes.unsure", share(float(whole[Verdict.UNSURE]), pairs), pairs)
        needed = self.cells[self.cells["needed"]]
        for reason in EMPTY:
            count = (needed["reason"] == str(reason)).sum() if known.some or reason is Reason.NOT_KNOWN else None
            key = "scenes.empty.{reason}" + ("@hours" if reason is Reason.WRONG_HOURS else "")
            yield Value(key, count, len(needed), reason=reason, words=label(reason))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return all tables by title, rounded, in Chinese."""
        return reading_tables(self)

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Return the map layers of the result by name."""
        return map_layers(self)


def scene_matrix(result: CoverageResult, scenes: Catalogue | None = None) -> SceneMatrix:
    """Measure which group reaches which scene within five minutes at its own pace, and when.

    A scene is within reach of a resident if one station within the five-minute limit of the experience mode, through
    the gates open while the scene is on, offers it: declares all it takes, or holds a session of it in its timetable of
    today (:meth:`Scene.held_by`). It is timely if, at one such station, the group is free, the scene
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

        def fits(then: Flags, free: Flags = free) -> _Trits:
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
            mend=did_you_mean(scene, scenes),
        )
        for section, groups in (("groups", scenario.groups), ("focus", scenario.focus))
        for name, group in groups.items()
        for scene in group.needs
        if scene not in scenes
    ]
    if problems:
        raise ScenarioError(problems)


def _offers(declared: pd.Series, scenes: Catalogue) -> _Trits:
    """Tell which station offers which scene, shape (s, n)."""
    offers = np.full((len(declared), len(scenes)), -1, np.int8)
    for row, text in enumerate(declared):
        services = services_of(text)
        if services is not None:
            offers[row] = [scene.offered_by(services) for scene in scenes.values()]
    return offers


def sessions_held(district: District, scenes: Catalogue) -> dict[tuple[int, int], Flags]:
    """Return when sessions that are published today make a scene of their station."""
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


def _fits(timetable: Timetable, wanted: Flags, least: float, spans: tuple[Ints, Ints]) -> _Trits:
    """Tell which station is open long enough in the wanted minutes of the week, shape (s, n)."""
    minute, count = spans
    overlap = timetable.weeks[:, minute].astype(np.float32) @ (wanted[:, minute] * count).T.astype(np.float32)
    enough = np.vstack([overlap >= least, np.zeros((1, len(wanted)), bool)])[timetable.of_station.clip(min=-1)]
    return np.where(timetable.known[:, None], enough, -1).astype(np.int8)


def _areas(result: CoverageResult) -> tuple[tuple[str, ...], Ints]:
    """Return the communities with demand points, and which of them each point lies in; the last + 1 where none."""
    codes, names = pd.factorize(result.district.demand["community"], sort=True)
    return tuple(str(name) for name in names), np.where(codes < 0, len(names), codes).astype(np.int64)


def _in_time(
    result: CoverageResult, group: str, offers: _Trits, windows: Flags, fits: Callable[[Flags], _Trits]
) -> tuple[csr_array, _Trits, _Trits]:
    """Return what each demand point reaches, through the gates open when scenes are on.

    A station counts once for each set of states of the gates under which it is reached: what it offers while they
    hold, and whether it is open long enough then.
    """
    week, number = result.week, len(offers)
    station, point, gates = pairs(week.walks[Mode.EXPERIENCE, group])
    kinds, kind = np.unique(gates, axis=0, return_inverse=True)
    ones, column = np.ones(len(point), np.int32), kind.ravel() * number + station
    within = csr_array((ones, (point, column)), shape=(len(result.demand_doors), max(len(kinds), 1) * number))
    open_then = [through[week.gates.of_minute] for through in kinds] or [np.zeros(windows.shape[1], bool)]
    offered = [np.where((windows & minutes).any(axis=1), offers, 0) for minutes in open_then]
    timely = np.concatenate([fits(minutes) for minutes in open_then])
    return within, np.concatenate(offered).astype(np.int8), timely


def _verdicts(within: csr_array, offers: _Trits, fits: _Trits) -> _Trits:
    """Judge every demand point and scene, shape (k, n)."""

    def some(stations: Flags) -> Flags:
        return np.asarray(within @ stations.astype(np.int32) > 0)

    timely = (offers == 1) & (fits == 1)
    perhaps_timely = (offers != 0) & (fits != 0) & ~timely
    reached = some(offers == 1)
    beside = np.where(some(offers == -1), Verdict.UNSURE, Verdict.BEYOND)
    late = np.where(some(perhaps_timely), Verdict.UNTIMED, Verdict.WRONG_HOURS)
    return np.where(some(timely), Verdict.TIMELY, np.where(reached, late, beside)).astype(np.int8)


def _tally(verdict: _Trits, weight: Floats, area: Ints, areas: int) -> Floats:
    """Add residents up by area, scene and verdict."""
    scenes, kinds = verdict.shape[1], len(Verdict)
    slot = (area[:, None] * scenes + np.arange(scenes)) * kinds + verdict
    total = np.bincount(slot.ravel(), np.repeat(weight, scenes), minlength=areas * scenes * kinds)
    return np.asarray(total, np.float64).reshape(areas, scenes, kinds)
