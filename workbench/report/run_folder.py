"""One run, one folder: KPIs, tables, layers, figures and the record that lets it be repeated."""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.catalogue.standards import Certainty, Standard
from workbench.folder import staged_folder
from workbench.ground.district import District
from workbench.ground.sources.package import write_geopackage
from workbench.progress import SILENT, Progress
from workbench.report.standards_list import standards_table
from workbench.results import DrawnFigure, Result
from workbench.scenario import Scenario
from workbench.scenario.keys import named_standards
from workbench.study import Study
from workbench.version import __version__

if TYPE_CHECKING:
    from workbench.circuits.result import CircuitsResult
    from workbench.coverage.measure import Area
    from workbench.programme.result import ProgrammeResult
    from workbench.report.atlas import DrawAreas
    from workbench.rooms.result import TimetableResult
    from workbench.roster.result import RosterResult

RECORD, ANSWER = "run.json", "answer.json"

_BASIS = "依据"  # the sheet that lists every standard the scenario rests on

_CALCULATING = ("geopandas", "numba", "numpy", "pandas", "pyproj", "scipy", "shapely")

_DrawFigures = Callable[[Path], AbstractContextManager[Callable[[], list[DrawnFigure]]]]
_DrawMap = Callable[[], Mapping[str, Any]]


def write_run(
    folder: Path,
    district: District,
    scenario: Scenario,
    result: Result,
    *,
    draw: _DrawFigures | None = None,
    district_map: _DrawMap | None = None,
    every_table: bool = False,
    slides: bool = False,
    atlas: Area | None = None,
    draw_areas: DrawAreas | None = None,
    seconds: Mapping[str, float] | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write the outputs of a run, complete or not at all.

    Parameters
    ----------
    folder
        Where to. A folder of an earlier run is replaced; anything else is refused.
    district, scenario, result
        What was run, and what came out.
    draw
        Begins to draw the figures into a folder, beside everything else, and gives what waits for them.
    district_map
        Makes the interactive map of the page.
    every_table
        Write the tables of all studies, and not only those of what is asked for, where something is planned.
    slides
        Whether to write the page for leaders as slides too, ``brief.pptx``.
    atlas
        Of what there is a page each in an atlas, ``atlas.html``; none is written when not given.
    draw_areas
        Draws the maps of the atlas.
    seconds
        Timings by stage; kept apart from everything else, for they differ from run to run.
    progress
        Told of each file.

    Returns
    -------
    pathlib.Path
        The folder, with ``kpi.json``, ``tables.xlsx``, ``layers.gpkg``, ``figures/``, ``run.json``, ``timings.json``;
        for a study also ``answer.json``, ``report.html`` and ``report.docx``; where rooms are planned, also
        ``timetables.xlsx`` and ``calendars/``; where staff is rostered, ``duties.xlsx`` and ``calendars/``; where
        crews go round or a season is planned, ``calendars/``.

    Raises
    ------
    OutputError
        If the folder cannot be written.
    """
    with staged_folder(folder, marker=RECORD) as staging, _begun(draw, staging / "figures") as finished:
        from workbench.report.atlas import ATLAS, write_atlas  # loaded while figures are drawn
        from workbench.report.contents import Contents
        from workbench.report.map_styles import write_styles
        from workbench.report.page import PAGE, write_page
        from workbench.report.word import WORD, write_word
        from workbench.report.workbook import write_workbook

        progress.step("outputs", 0, 5)
        _write_json(staging / "kpi.json", _kpi_records(result))
        if isinstance(result, Study):
            _write_json(staging / ANSWER, _answer_record(result))
        notes = _run_notes(district, scenario, result)
        basis = standards_table(_used_standards(scenario))
        tables = result.asked_tables() if isinstance(result, Study) and not every_table else result.tables()
        conclusion = result.conclusion()
        write_workbook(staging / "tables.xlsx", {**tables, _BASIS: basis}, notes, conclusion)
        rooms = planned_rooms(result)
        if rooms is not None:
            from workbench.report.timetables import write_calendars, write_timetables

            write_timetables(staging / "timetables.xlsx", rooms, notes)
            (staging / "calendars").mkdir()
            write_calendars(staging / "calendars", rooms)
        roster = rostered(result)
        if roster is not None:
            from workbench.report.duties import write_duties, write_duty_calendars

            write_duties(staging / "duties.xlsx", roster, notes)
            (staging / "calendars").mkdir(exist_ok=True)
            write_duty_calendars(staging / "calendars", roster)
        season = _programmed(result)
        if season is not None:
            from workbench.report.timetables import write_season_calendars

            (staging / "calendars").mkdir(exist_ok=True)
            write_season_calendars(staging / "calendars", season)
        rounds = _going_round(result)
        if rounds is not None:
            from workbench.report.timetables import write_round_calendars

            (staging / "calendars").mkdir(exist_ok=True)
            write_round_calendars(staging / "calendars", rounds)
        progress.step("outputs", 1, 5)
        layers = result.layers()
        write_geopackage(staging / "layers.gpkg", layers)
        if layers:
            groups = {**scenario.groups, **scenario.focus}
            write_styles(staging / "layers.gpkg", {name: group.label for name, group in groups.items()})
        progress.step("outputs", 2, 5)
        drawn_map = {} if district_map is None else district_map()
        figures = finished()
        progress.step("outputs", 3, 5)
        if isinstance(result, Study):
            contents = Contents(result, figures, notes, basis, every_table, "" if atlas is None else ATLAS)
            if atlas is not None:
                write_atlas(staging / ATLAS, contents, atlas, draw_areas)
            write_page(staging / PAGE, contents, drawn_map)
            write_word(staging / WORD, contents)
            if slides:
                from workbench.report.slides import SLIDES, write_slides

                write_slides(staging / SLIDES, contents)
        progress.step("outputs", 4, 5)
        names = sorted(figure.path.name for figure in figures)
        _write_json(staging / RECORD, _run_record(district, scenario, result, names))
        _write_json(staging / "timings.json", {k: round(v, 3) for k, v in (seconds or {}).items()})
        progress.step("outputs", 5, 5)
    return folder


def _begun(draw: _DrawFigures | None, folder: Path) -> AbstractContextManager[Callable[[], list[DrawnFigure]]]:
    """Begin to draw, so that figures are drawn while everything else is written."""
    if draw is None:
        return nullcontext(list)
    folder.mkdir()
    return draw(folder)


def _kpi_records(result: Result) -> list[dict[str, Any]]:
    """Return every number: as the scenario sets things, and as the ledgers and the plan have them where they differ."""
    records = [{**kpi.as_record(), "state": "scenario"} for kpi in result.kpis()]
    states = {"today": result.today, "planned": result.planned} if isinstance(result, Study) else {}
    for name, state in states.items():
        for part in (state.coverage, *state.parts.values()) if state is not None else ():
            records += [{**kpi.as_record(), "state": name} for kpi in part.kpis()]
    return records


def _answer_record(study: Study) -> dict[str, Any]:
    """Return the first answer, and every indicator with what it is held against."""
    return {
        "conclusion": list(study.conclusion()),
        "headlines": [row.as_record() for row in study.headlines()],
        "indicators": [row.as_record() for row in study.appraisal.rows()],
    }


def planned_rooms(result: Result) -> TimetableResult | None:
    """Return the timetable of rooms that a result is or holds; None where there is none, or no centre has one."""
    part = result.parts.get("rooms") if isinstance(result, Study) else result
    if part is None:
        return None
    from workbench.rooms.result import TimetableResult

    return part if isinstance(part, TimetableResult) and part.solved else None


def rostered(result: Result) -> RosterResult | None:
    """Return the roster that a result is or holds; None where there is none, or no centre has one."""
    part = result.parts.get("roster") if isinstance(result, Study) else result
    if part is None:
        return None
    from workbench.roster.result import RosterResult

    return part if isinstance(part, RosterResult) and part.solved else None


def _programmed(result: Result) -> ProgrammeResult | None:
    """Return the season's programme that a result is or holds; None where there is none, or nothing is on."""
    part = result.parts.get("programme") if isinstance(result, Study) else result
    if part is None:
        return None
    from workbench.programme.result import ProgrammeResult

    return part if isinstance(part, ProgrammeResult) and part.plan.events else None


def _going_round(result: Result) -> CircuitsResult | None:
    """Return the rounds that a result is or holds; None where there are none."""
    part = result.parts.get("circuits") if isinstance(result, Study) else result
    if part is None:
        return None
    from workbench.circuits.result import CircuitsResult

    return part if isinstance(part, CircuitsResult) and len(part.calendar) else None


def _run_notes(district: District, scenario: Scenario, result: Result) -> list[str]:
    """Return the lines that stand on every table."""
    ground = f"{district.manifest.name}；数据日期 {district.manifest.date}；坐标系 {district.manifest.crs}"
    notes = [
        f"情景：{scenario.title or scenario.name}（{scenario.name}）",
        f"底数：{ground}",
        f"指纹：{result.fingerprint[:16]}；工作台 {__version__}",
        *_basis_notes(scenario),
    ]
    return [district.manifest.notice, *notes, *district.manifest.credit_notes]


def _basis_notes(scenario: Scenario) -> list[str]:
    """Cite the limits that every table rests on, and say where the rest stands and which are doubtful."""
    limits = scenario.register.cited([scenario.coverage.distance, scenario.coverage.time])
    doubtful = [item.label for item in _used_standards(scenario) if item.certainty is Certainty.DOUBTFUL]
    notes = [f"依据 {note}" for note in limits] + [f"其余依据见“{_BASIS}”表"]
    return [*notes, f"含【疑】值，须核对原文：{'、'.join(doubtful)}"] if doubtful else notes


def _used_standards(scenario: Scenario) -> list[Standard]:
    """Return every standard that the scenario names or sets, by key."""
    return [scenario.register[key] for key in sorted({named.standard for named in named_standards(scenario)})]


def _run_record(district: District, scenario: Scenario, result: Result, figures: list[str]) -> dict[str, Any]:
    """Return everything needed to repeat a run and to know it was repeated."""
    return {
        "fingerprint": result.fingerprint,
        "status": result.status,
        "workbench": __version__,
        "scenario": scenario.model_dump(mode="json", exclude={"district"}),
        "origins": dict(scenario.origins),
        "standards": {item.key: item.model_dump(mode="json", exclude={"key"}) for item in _used_standards(scenario)},
        "ground": district.sealed.manifest.model_dump(mode="json", exclude_none=True),
        "figures": figures,
        "versions": {name: metadata.version(name) for name in _CALCULATING} | {"python": platform.python_version()},
    }


def _write_json(path: Path, content: object) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")
